"""A photo becomes a Person: pose, matte and the checks that say whether it can be dressed and driven."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from fashionmirror_core import skeleton
from fashionmirror_core.body.doubts import CHILD, is_child
from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.content import Shows, content_of
from fashionmirror_core.imaging.transparency import read_alpha
from fashionmirror_core.media.images import Picture, of_pillow, on_white, read_picture
from fashionmirror_core.motion.people import Estimate, find_people
from fashionmirror_core.person.cropped import ENDS, continued, guessed_below
from fashionmirror_core.person.matte import refine
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.skeleton import Joint, Pose

MAX_SIDE = 2160
"""Longer photos are reduced to this: beyond it a frame costs time and shows nothing more."""
MIN_HEIGHT = 150
"""Crown to heel in pixels: below it neither face nor hands hold enough to be shown."""

_HIDDEN = 0.3  # confidence of a joint below which it counts as hidden
_LOST = 0.05  # ... as not there at all
_HEAD_ROOM = 0.48  # trunk lengths above the neck; a head needs 0.6 to 0.8
_BENT = 0.55  # vertical length of the thigh over the shin's; about 1 when standing
_SHORT_LEGS = 1.2
"""Height of the hips above the ankles over the trunk's length; 1.35 to 2.0 of who stands in the street."""

TURN = "turn the picture upright and try again"
A_GARMENT = "This picture shows a garment and no person; give it as the garment, and a photo of a person as the person."


@dataclass
class Person:
    """A person cut out of a photo.

    image: (H, W, 3) uint8 RGB, the photo. matte: (H, W) float32 in [0, 1]. pose: BODY_25 in the photo's pixels.
    warnings: one line each, what may look worse than it could and what to do about it. seconds: what finding the pose
    and the matte took. placement: where the photo's file lies in ``image``, as a scale and an offset (x, y):
    ``image = file * scale + offset``. cropped: the photo ends above the feet; joints below its edge are the fitted body's.
    """

    image: np.ndarray
    matte: np.ndarray
    pose: Pose
    warnings: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    placement: tuple[float, tuple[float, float]] = (1.0, (0.0, 0.0))
    cropped: bool = False

    @classmethod
    def from_photo(cls, source: str | Path | bytes | np.ndarray | Picture | Image.Image) -> Person:
        """The largest person of a photo: a file, its bytes, a picture as it was read, Pillow's, or (H, W, 3 or 4) uint8.

        An alpha that outlines somebody bounds the matte, and the picture is composited on white; one that is no more than
        a frame is taken off (``imaging.transparency``).
        One that ends at the hips or the legs is ``cropped``.
        Raises InputError if the photo can't be read, shows nobody, no head or no hips, or too small a person.
        """
        picture = _picture(source)
        reading = read_alpha(picture.pixels)
        warnings = [*picture.notes, *reading.notes]
        photo = _reduced(Picture(reading.picture, picture.scale), warnings)
        shrunk = photo.shape[0] / reading.picture.shape[0]
        scale = picture.scale * shrunk
        image = np.ascontiguousarray(on_white(photo))
        started = time.perf_counter()
        people = find_people(image, limit=2)
        seconds = {"pose": time.perf_counter() - started}
        try:
            if not people or not people[0].is_person:
                raise InputError(_nobody(image))
            _check_pose(people[0].pose, (image.shape[0], image.shape[1]), scale)
        except InputError as error:
            lies = (
                bool(people)
                and people[0].is_person
                and not _upright(people[0].pose)
                and upright_turns(image) is not None
            )
            if not lies and content_of(image).shows is Shows.GARMENT:
                raise InputError(A_GARMENT) from error
            raise
        pose = people[0].pose
        if len(people) > 1:
            warnings.append("Several people are in the photo: the largest is dressed; a photo of one person is safer.")
        started = time.perf_counter()
        coarse = _without_others(people)
        matte = _within_alpha(coarse, photo[..., 3]) if photo.shape[2] == 4 else refine(image, coarse, pose)
        if not (matte > 0.5).any():
            raise InputError("The person can't be told from the background; take a photo before a plainer one.")
        seconds["matte"] = time.perf_counter() - started
        middle = (scale - 1) / 2  # pixel centres at integers
        placement = (scale, (middle - shrunk * reading.offset[0], middle - shrunk * reading.offset[1]))
        person = cls(image, matte, pose, warnings, seconds, placement, _cropped(pose, matte))
        if person.cropped:
            person.pose = guessed_below(pose, matte, person.crown)
        warnings += _doubts(person)
        return person

    @property
    def crown(self) -> float:
        """The y of the top of the head (hair included), photo pixels."""
        nose, height = self.pose.points[Joint.NOSE], self.pose.height
        left, right = (round(float(nose[0] + side * 0.08 * height)) for side in (-1, 1))
        strip = self.matte[: max(1, round(float(nose[1]))), max(0, left) : max(1, right + 1)]
        rows = np.flatnonzero((strip > 0.5).any(1)) if strip.size else np.empty(0, int)
        guess = _crown_from_joints(self.pose)
        return float(np.clip(rows[0], guess - 0.12 * height, guess + 0.06 * height)) if len(rows) else guess

    @property
    def heel(self) -> float:
        """The y on which the person stands: the lowest of matte and feet, photo pixels."""
        feet = [*_ANKLES, *skeleton.FEET]
        joints = float(self.pose.points[feet, 1].max())
        if self.cropped:
            return joints
        rows = np.flatnonzero((self.matte > 0.5).any(1))
        low = float(rows[-1]) if len(rows) else joints
        return float(np.clip(low, joints - 0.03 * self.pose.height, joints + 0.06 * self.pose.height))

    @property
    def whole(self) -> tuple[np.ndarray, np.ndarray]:
        """``image`` and ``matte``; those of a cropped photo go on below its edge (see ``cropped.continued``)."""
        return continued(self.image, self.matte, self.pose) if self.cropped else (self.image, self.matte)

    def stage(self, height: int = 256, width: int = 192) -> Stage:
        """The upright picture around this person: crown to heel takes 88 % of its height, the hips its middle."""
        return Stage.around(self.crown, self.heel, float(self.pose.points[Joint.MID_HIP, 0]), height, width)

    def framed(self, width: int, height: int) -> Person:
        """The same person in a photo of this size: scaled, and cropped or continued at its edges to the new shape.

        What is cut off is cut beside or above and below the person, as far as the person leaves room.
        """
        old_height, old_width = self.image.shape[:2]
        scale = max(width / old_width, height / old_height)
        low = old_height if self.cropped else self.heel
        tall = 1.12 * (low - self.crown)
        if tall * scale > height:  # the whole person before a full frame
            scale = max(height / tall, min(width / old_width, height / old_height))
        x = _window_start(float(self.pose.points[Joint.MID_HIP, 0]) * scale, old_width * scale, width)
        y = _window_start((self.crown + low) / 2 * scale, old_height * scale, height)
        if self.cropped:  # the photo's lower edge stays the frame's
            y = old_height * scale - height
        # Pixel centres at integers: new = (old + 0.5) * scale - 0.5 - start.
        offset = (0.5 * scale - 0.5 - x, 0.5 * scale - 0.5 - y)
        stage = Stage(height, width, scale, offset)
        return replace(
            self,
            image=stage.crop(self.image, cv2.BORDER_REPLICATE),
            matte=stage.crop(self.matte),
            pose=self.pose.transformed(scale, offset),
            placement=(
                scale * self.placement[0],
                (scale * self.placement[1][0] + offset[0], scale * self.placement[1][1] + offset[1]),
            ),
        )


def _window_start(middle: float, extent: float, window: float) -> float:
    """Where a window begins that shows ``middle`` centrally without leaving the picture; centred where it must leave."""
    if extent <= window:
        return (extent - window) / 2
    return float(np.clip(middle - window / 2, 0, extent - window))


def _picture(source: str | Path | bytes | np.ndarray | Picture | Image.Image) -> Picture:
    if isinstance(source, Picture):
        return source
    if isinstance(source, Image.Image):
        source = of_pillow(source)
    if not isinstance(source, np.ndarray):
        return read_picture(source)
    if source.dtype != np.uint8 or source.ndim != 3 or source.shape[2] not in (3, 4) or 0 in source.shape:
        raise InputError(
            f"A picture is (height, width, 3 or 4) of 8-bit numbers, this one is {source.shape} of {source.dtype}; "
            "convert it first."
        )
    return Picture(source)


def _reduced(picture: Picture, warnings: list[str]) -> np.ndarray:
    height, width = picture.pixels.shape[:2]
    scale = MAX_SIDE / max(height, width)
    if scale >= 1:
        return picture.pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    file = f"{round(width / picture.scale)} x {round(height / picture.scale)}"
    warnings.append(f"The photo was reduced from {file} to {size[0]} x {size[1]} pixels; nothing to do.")
    return cv2.resize(picture.pixels, size, interpolation=cv2.INTER_AREA)


def _nobody(image: np.ndarray) -> str:
    """Why nobody was found; a photo that lies on its side is recognised by turning it."""
    if upright_turns(image, (1, 3)) is not None:
        return f"The photo lies on its side; {TURN}."
    return "No person was found; take a photo of one whole person, standing, seen from the front."


def upright_turns(image: np.ndarray, turns: Sequence[int] = (1, 3, 2)) -> int | None:
    """Which of these quarter turns clockwise makes somebody in a photo (H, W, 3) uint8 stand upright; None if none does."""
    for quarters in turns:
        people = find_people(np.ascontiguousarray(np.rot90(image, -quarters)), limit=1, closer=False)
        if people and people[0].is_person and _upright(people[0].pose):
            return quarters
    return None


def _upright(pose: Pose) -> bool:
    along = pose.points[Joint.MID_HIP] - pose.points[Joint.NECK]
    return bool(along[1] > abs(along[0]))


def _check_pose(pose: Pose, size: tuple[int, int], scale: float) -> None:
    """InputError for what can't be dressed and driven; ``size``: (height, width); ``scale``: of the file to get there."""
    if not _upright(pose):
        raise InputError(f"The person lies on the side or stands on the head; {TURN}.")
    neck, trunk = float(pose.points[Joint.NECK, 1]), _trunk(pose)
    if _missing(pose, Joint.NOSE, size) or neck < _HEAD_ROOM * trunk:
        raise InputError("The head is cut off; take a photo of the whole person, from head to feet.")
    if all(_missing(pose, hip, size) for hip in (Joint.L_HIP, Joint.R_HIP)):
        raise InputError("The hips are cut off; take a photo from the head to the hips at least, better to the feet.")
    if pose.height < MIN_HEIGHT:
        large_enough = pose.height / scale >= MIN_HEIGHT
        raise InputError(
            f"The person is too small in the picture: {max(0, round(pose.height))} pixels tall, at least {MIN_HEIGHT} are "
            f"needed; {'crop the picture to the person' if large_enough else 'take a larger picture, from closer'}."
        )


_ANKLES = (Joint.L_ANKLE, Joint.R_ANKLE)


def _cropped(pose: Pose, matte: np.ndarray) -> bool:
    """Whether the photo ends above the feet. InputError where they are not in view for another reason."""
    if not all(_missing(pose, ankle, (matte.shape[0], matte.shape[1])) for ankle in _ANKLES):
        return False
    if not (matte[-1] > 0.5).any():
        raise InputError("The legs are hidden; take a photo of the whole person, from head to feet.")
    return True


def _trunk(pose: Pose) -> float:
    return float(np.linalg.norm(pose.points[Joint.MID_HIP] - pose.points[Joint.NECK]))


def _missing(pose: Pose, joint: int, size: tuple[int, int]) -> bool:
    """Outside of the picture by more than the estimator's own error, or not believed in at all."""
    x, y, confidence = pose.joints[joint]
    slack = 0.01 * max(pose.height, 1.0)
    inside = -slack <= x <= size[1] - 1 + slack and -slack <= y <= size[0] - 1 + slack
    return bool(not inside or confidence < _LOST)


def _without_others(people: list[Estimate]) -> np.ndarray:
    """The first person's coarse matte, (H, W) float32, less what belongs to another."""
    matte = people[0].matte
    for other in people[1:]:
        matte = np.where(other.matte > np.maximum(matte, 0.5), 0, matte)
    return matte.astype(np.float32)


def _within_alpha(coarse: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """A cut-out's own edge is better than any found anew; the mask only removes what is far from the person."""
    reach = max(3, round(0.05 * coarse.shape[0]))
    near = cv2.dilate((coarse > 0.3).astype(np.uint8), np.ones((reach, reach), np.uint8))
    return (near * (alpha / np.float32(255))).astype(np.float32)


def _crown_from_joints(pose: Pose) -> float:
    """The heel less the body's height (``skeleton.body_height``): where the crown should be."""
    return float(pose.points[[Joint.L_HEEL, Joint.R_HEEL], 1].max()) - pose.height


def _doubts(person: Person) -> list[str]:
    """Warnings for what will work, but worse than it could."""
    pose, points, confidence = person.pose, person.pose.points, person.pose.confidence
    height, width = person.matte.shape
    found = []
    shoulders = float(skeleton.shoulder_span(points))
    if abs(shoulders) < skeleton.FACING:
        found.append("The person is seen from the side; a photo from the front works better.")
    elif shoulders < 0:
        found.append("The person seems to be seen from behind; a photo from the front works better.")
    if person.matte[0].max() > 0.5 and person.crown <= 1:
        found.append("The top of the head is cut off; leave some room above the head.")
    toes = [Joint.L_BIG_TOE, Joint.R_BIG_TOE, Joint.L_HEEL, Joint.R_HEEL]
    if person.cropped:
        found.append(ENDS)
    elif points[toes, 1].max() > height - 1 or person.matte[-1].max() > 0.5:
        found.append("The feet touch the picture's edge or are cut a little; leave some room below them.")
    wrists = points[[Joint.R_WRIST, Joint.L_WRIST]]
    outside = ((wrists < 0) | (wrists > (width - 1, height - 1))).any()
    if outside or confidence[[Joint.R_WRIST, Joint.L_WRIST]].min() < _HIDDEN:
        found.append("An arm or hand is hidden; let both arms hang free of the body.")
    if is_child(pose):
        found.append(CHILD)
    if not person.cropped and _sits(pose):
        found.append("The person seems to sit or crouch; a standing person works better.")
    return found


def _sits(pose: Pose) -> bool:
    y = pose.points[:, 1]
    thighs = y[[Joint.L_KNEE, Joint.R_KNEE]] - y[[Joint.L_HIP, Joint.R_HIP]]
    shins = y[[Joint.L_ANKLE, Joint.R_ANKLE]] - y[[Joint.L_KNEE, Joint.R_KNEE]]
    legs = float((y[list(_ANKLES)] - y[Joint.MID_HIP]).mean())
    return bool((thighs < _BENT * np.maximum(shins, 1)).all()) or legs < _SHORT_LEGS * _trunk(pose)
