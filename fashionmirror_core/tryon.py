"""The pipeline: prepare a look once, then render frames.

``TryOn.prepare`` does everything that a person and a garment need once: labels, masks, fit, layers, body, avatar.
``TryOn.render`` then moves the avatar through a motion, one frame at a time. Each step stands in a folder of its own, in
the order in which it is called here. ``TryOn.inference`` lets networks adjust the analytic answers; without weights
it returns them as they are.

See docs/method.md, "The method, as built".
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch

from fashionmirror_core.avatar.avatar import Avatar, build_avatar
from fashionmirror_core.avatar.clothing import clothing, hangs_over, kept_obstacles, under_kept_top
from fashionmirror_core.avatar.dressing import build_layers, kept_waist
from fashionmirror_core.avatar.feet import shoe_name
from fashionmirror_core.body.coordinates import BodyCoordinates
from fashionmirror_core.body.doubts import fit_notes
from fashionmirror_core.body.feet import on_level_floor
from fashionmirror_core.body.fit import fit_body
from fashionmirror_core.body.fitted import FittedBody
from fashionmirror_core.body.lift import lift
from fashionmirror_core.body.model import BodyModel
from fashionmirror_core.body.posing import bone_transforms
from fashionmirror_core.cloth.dressing import dress
from fashionmirror_core.cloth.elbow_room import with_elbow_room
from fashionmirror_core.cloth.form import DressForm
from fashionmirror_core.cloth.mannequin import Mannequin
from fashionmirror_core.cloth.pattern.worn_over import goes_over, goes_over_closed
from fashionmirror_core.cloth.pictures import ClothPictures, cloth_pictures
from fashionmirror_core.cloth.tailoring import Tailoring
from fashionmirror_core.cloth.verdict import Verdict
from fashionmirror_core.drawing.background import Backdrop, fill_behind
from fashionmirror_core.drawing.drawing import Drawing
from fashionmirror_core.drawing.edits import MaskEdits, edited_frame
from fashionmirror_core.drawing.falling import DrapeStep, FallingCloth
from fashionmirror_core.drawing.guides import Guide
from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.inference.analytic import Analytic
from fashionmirror_core.inference.device import pick_device
from fashionmirror_core.inference.finishing import Finisher
from fashionmirror_core.inference.first_sight import DISAGREES, FirstSight, Sketch, disagreement, sketch
from fashionmirror_core.inference.learned import Learned
from fashionmirror_core.look import Frame, Look, source_points
from fashionmirror_core.meanwhile import meanwhile
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.motion.performing import completed, perform
from fashionmirror_core.networks import TryOnNetworks
from fashionmirror_core.networks import weights as weights_files
from fashionmirror_core.networks.weights import UnusableWeights
from fashionmirror_core.person.hair_colors import with_hair
from fashionmirror_core.person.limbs import wears_skirt
from fashionmirror_core.person.matte import foreground_colors
from fashionmirror_core.person.person import Person
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.person.subject import Subject
from fashionmirror_core.person.undressing import below_hips, removed_mask, tucked_in, under_closed, with_rests
from fashionmirror_core.recent import Recent
from fashionmirror_core.skeleton import Joint, Pose
from fashionmirror_core.vocabulary import DRESSING_ORDER, Category, Part, Side

STAGE_SIZES = ((256, 192), (512, 384))  # (H, W)
TRANSITION_FRAMES = 8  # in which a clip eases from the photo's pose into the motion


@dataclass(frozen=True)
class _Undressed:
    """A person without the clothes that go, kept from one look to the next: another garment of the kind or another length
    changes nothing of it.
    """

    person: Person
    stage: Stage
    removed: np.ndarray
    categories: tuple[Category, ...]
    avatar: Avatar
    form: DressForm
    plate: np.ndarray

    def fits(self, person: Person, stage: Stage, removed: np.ndarray, categories: Sequence[Category]) -> bool:
        same = person is self.person and stage == self.stage and tuple(categories) == self.categories
        return same and np.array_equal(removed, self.removed)


class TryOn:
    """The engine. ``TryOn.load()`` finds the weights that ship; without any it is analytic."""

    def __init__(
        self,
        device: torch.device,
        stage_size: tuple[int, int] = STAGE_SIZES[0],
        networks: TryOnNetworks | None = None,
        weights_id: str = "analytic",
        notes: Sequence[str] = (),
    ) -> None:
        """networks: None is the analytic engine. weights_id: which weights they carry, for reports. notes: what every look
        should say of the engine.
        """
        self.device = device
        self.stage_size = stage_size
        self.has_networks = networks is not None
        self.inference = Analytic() if networks is None else Learned(networks, device)
        self.weights_id = weights_id
        self.notes = tuple(notes)
        self._undressed: _Undressed | None = None
        self._seen: Recent[tuple[Pose, Subject]] = Recent(1)
        self._pictures: Recent[ClothPictures] = Recent(3)
        self._sighted: Recent[FirstSight | None] = Recent(3)

    @classmethod
    def load(
        cls,
        device: str = "auto",
        stage_size: tuple[int, int] = STAGE_SIZES[0],
        weights: str | Path | None = "default",
    ) -> TryOn:
        """
        Args:
            device: auto, cpu, cuda or mps.
            stage_size: (H, W) of the stage on which masks and flows are computed.
            weights: a name among the weights that ship (the engine is analytic where "default" doesn't), a file, or
                None for the analytic engine. With weights that don't fit or aren't whole the engine is analytic, too, and
                every look says so.

        Raises:
            InputError: no such device, stage or weights.
        """
        if stage_size not in STAGE_SIZES:
            names = " or ".join(f"{h}x{w}" for h, w in STAGE_SIZES)
            raise InputError(f"A stage of {stage_size[0]}x{stage_size[1]} is not supported; use {names}.")
        picked = pick_device(device)
        if weights is None:
            return cls(picked, stage_size)
        path = weights_files.located(weights)
        if str(path) == "default":  # none ship
            return cls(picked, stage_size)
        try:
            return cls(picked, stage_size, weights_files.load(path), path.stem)
        except UnusableWeights as error:
            return cls(picked, stage_size, notes=(f"{error} The engine goes on without them.",))

    # ------------------------------------------------------------------------------------------------ once a look

    def prepare(
        self,
        person: Person | str | Path,
        garment: Garment | str | Path | Sequence[Garment | str | Path],
        removed: np.ndarray | None = None,
        stage: Stage | None = None,
        tailoring: Tailoring | Sequence[Tailoring] = (),
        on_drape: Callable[[DrapeStep], None] | None = None,
    ) -> Look:
        """Dress ``person`` in ``garment`` (or in several: a top and a skirt). Both may be given as the paths of pictures.

        removed: M_r as the user painted it, (H, W) float32 in the photo's pixels; None finds it. stage: where the person
        stands on the stage; None places the person as ``Person.stage`` does. tailoring: one for all garments, or one for
        each, in the order in which they are given; none leaves every garment as it is. on_drape: is told of the cloth on its
        way to rest, some twenty times, in this thread; what it raises goes through.
        """
        if not isinstance(person, Person):
            person = Person.from_photo(person)
        worn_over = [garment] if isinstance(garment, Garment | str | Path) else garment
        clothes = [worn if isinstance(worn, Garment) else Garment.from_photo(worn) for worn in worn_over]
        garments, tailoring = _inside_out(clothes, tailoring)
        if removed is not None and removed.shape != person.matte.shape:
            raise InputError(f"The mask is {removed.shape}, the photo {person.matte.shape}; paint it on this photo.")
        clock = _Clock(dict(person.seconds))
        pictures = meanwhile(partial(self._pictures_of, garments))  # nothing needs them until the cloth is to be seen

        stage = stage or person.stage(*self.stage_size)
        pose, subject = self.seen(person, stage)
        below = len(person.whole[0]) - len(person.image)
        painted = (
            None if removed is None else stage.crop(np.pad(removed.astype(np.float32), ((0, below), (0, 0)), "edge"))
        )
        categories = _replaced(garments, tailoring)
        m_r = _removed(subject, garments, tailoring) if painted is None else painted
        clock.lap("masks")

        size = (person.image.shape[1], person.image.shape[0])
        kept = self._undressed
        if kept is None or not kept.fits(person, stage, m_r, categories):
            kept = self._undress(person, stage, pose, subject, m_r, categories, clock)
            self._undressed = kept
        body, avatar, plate = kept.avatar.body, kept.avatar, kept.plate
        only_lower = all(worn.category == Category.LOWER for worn in garments)
        hidden = under_kept_top(subject, stage, size) if only_lower else None
        watched = None if on_drape is None else FallingCloth(avatar, pictures, hidden, plate, on_drape)
        draped = dress(kept.form, garments, tailoring, watched)
        if hidden is not None:
            band = draped.still()[-1][draped.garments[-1].sewn.pattern.openings["waist"]]
            if not hangs_over(hidden, band, float(np.ptp(body.vertices[:, 1]))):
                hidden = None  # the waistband lies over a top that is tucked in
        surfaces = tuple(
            clothing(f"garment {number}", own.sewn.pattern, own_pictures, rest, body, number, hidden)
            for number, (own_pictures, own, rest) in enumerate(
                zip(pictures(), draped.garments, draped.still(), strict=True)
            )
        )
        clock.lap("cloth")
        look = Look(
            person=person,
            garments=garments,
            stage=stage,
            subject=subject,
            avatar=avatar,
            drape=draped,
            clothes=surfaces,
            plate=plate,
            removed_mask=np.clip(stage.uncrop(m_r, size), 0, 1) if removed is None else removed,
            seconds=clock.seconds,
            top_hangs=hidden is not None,
            verdicts=tuple(Verdict.of(settled) for settled in draped.garments),
            warnings=[
                *self.notes,
                *person.warnings,
                *fit_notes(body, person.pose),
                *(w for g in garments for w in g.warnings),
            ],
        )
        sights = self._sights(subject, pose, garments)
        if sights and disagreement(sights, stage.crop(look.clothing_mask)):
            look.warnings.append(DISAGREES)
        return look

    def _undress(
        self,
        person: Person,
        stage: Stage,
        pose: Pose,
        subject: Subject,
        m_r: np.ndarray,
        categories: Sequence[Category],
        clock: _Clock,
    ) -> _Undressed:
        fitted = meanwhile(lambda: _fitted(person, stage, pose, subject))
        behind = meanwhile(lambda: fill_behind(person.image, person.matte))
        photo, whole_matte = person.whole
        hair = stage.uncrop(subject.parsing.hair, (photo.shape[1], photo.shape[0]))
        colors = with_hair(foreground_colors(photo, whole_matte), photo, whole_matte, hair)
        layers = build_layers(colors, whole_matte, stage, subject, m_r, categories)
        clock.lap("undress")
        body = fitted()
        clock.lap("body")
        avatar = build_avatar(layers, subject, stage, body, m_r, categories, photo)
        mannequin = Mannequin(body, BodyModel.load())
        waist = kept_waist(subject, m_r, categories)
        height = None if waist is None else mannequin.height_of(float(stage.to_photo(np.array([0.0, waist]))[1]))
        form = DressForm(mannequin, tuple(kept_obstacles(avatar, categories)), height)
        clock.lap("avatar")
        plate = behind()
        clock.lap("background")
        return _Undressed(person, stage, m_r, tuple(categories), avatar, form, plate)

    def _pictures_of(self, garments: Sequence[Garment]) -> list[ClothPictures]:
        return [self._pictures.get(partial(cloth_pictures, worn, worn.back), worn) for worn in garments]

    def first_sight(self, person: Person, garment: Garment | Sequence[Garment]) -> Sketch | None:
        """A first picture of a look, from the mask network alone, in a fraction of a second; None where no network knows
        enough. ``prepare`` then needn't look at the person or the garment again.
        """
        garments, tailoring = _inside_out([garment] if isinstance(garment, Garment) else garment, ())
        stage = person.stage(*self.stage_size)
        pose, subject = self.seen(person, stage)
        sights = self._sights(subject, pose, garments)
        if not sights:
            return None
        return sketch(person.image, stage, _removed(subject, garments, tailoring), garments, sights)

    def _sights(self, subject: Subject, pose: Pose, garments: Sequence[Garment]) -> list[FirstSight]:
        """What the mask network says of each garment on the person; empty where no network knows."""
        found = [
            self._sighted.get(
                partial(self.inference.first_sight, subject.image, subject.matte, pose, worn), subject.image, pose, worn
            )
            for worn in garments
        ]
        return [sight for sight in found if sight is not None]

    def seen(self, person: Person, stage: Stage) -> tuple[Pose, Subject]:
        """What is seen of the person on the stage: their pose there, and labels, parts and proportions."""
        return self._seen.get(partial(self._look_at, person, stage), person, stage)

    def _look_at(self, person: Person, stage: Stage) -> tuple[Pose, Subject]:
        pose = person.pose.transformed(stage.scale, stage.offset)
        photo, whole_matte = person.whole
        image, matte = stage.crop(photo, cv2.BORDER_REPLICATE), stage.crop(whole_matte)
        return pose, Subject.found(image, matte, pose, self.inference.labels(image, matte, pose))

    # --------------------------------------------------------------------------------------------------- each frame

    @property
    def finishes(self) -> bool:
        """Whether the weights hold a trained generator."""
        return self.inference.finishes

    def check_finishes(self) -> None:
        """Raises InputError where they don't."""
        if not self.finishes:
            raise InputError(
                f"The weights {self.weights_id} hold no trained generator; give weights that do, or don't ask to finish."
            )

    def finisher(self, look: Look) -> Finisher:
        """What finishes frames of this look. Raises InputError where the weights hold no trained generator."""
        self.check_finishes()
        stage = look.stage.resized(*STAGE_SIZES[0])  # on which the generator learned
        guide = Guide(look.renderer, look.at_rest, look.removed_mask, stage)
        return Finisher(self.inference, guide, look.still, look.clothing_mask, look.plate)

    def poses(
        self,
        look: Look,
        motion: Motion,
        retargeted: bool = True,
        transition: int = TRANSITION_FRAMES,
        turn: float = 0.0,
    ) -> Motion:
        """The motion as the look's person performs it, see ``performed``; retargeted arms make room for wide clothes."""
        result = self.performed(look.person, look.body, motion, retargeted, transition, turn)
        return with_elbow_room(result, look.source_points, look.drape, transition) if retargeted else result

    def performed(
        self,
        person: Person,
        body: FittedBody,
        motion: Motion,
        retargeted: bool = True,
        transition: int = TRANSITION_FRAMES,
        turn: float = 0.0,
    ) -> Motion:
        """The motion as this person performs it, in the photo's pixels; in place where the photo is cropped.

        retargeted: False takes the motion's joints as pixels of the photo's file, as they are. A motion without depth gets
        one from the lengths of bones. turn: degrees by which the person turns evenly over the clip, beside what the
        motion does.
        """
        size = (person.image.shape[1], person.image.shape[0])
        if not motion.depth.any():
            whole = motion.fill_gaps()
            motion = replace(motion, depth=lift(whole.joints, motion.fps, motion.loop))
        if turn:
            motion = motion.turned(np.linspace(0, turn, len(motion)))
        if not retargeted:
            scale, offset = person.placement
            joints = motion.joints * np.array([scale, scale, 1], np.float32) + np.array([*offset, 0], np.float32)
            placed = replace(motion, joints=joints, depth=motion.depth * np.float32(scale), size=size)
            return completed(placed, person.pose)
        own = source_points(person, body)
        joints = np.column_stack([own[:, :2], person.pose.confidence])
        source = replace(person.pose, joints=joints, depth=own[:, 2])
        return perform(motion, source, transition, size, body.up, in_place=person.cropped)

    def masks(
        self,
        person: Person,
        garment: Garment | Sequence[Garment],
        motion: Motion,
        *,
        retargeted: bool = True,
        transition: int = TRANSITION_FRAMES,
        turn: float = 0.0,
    ) -> Iterator[np.ndarray]:
        """M_c^t alone, the paper's own way: M_c^s from the photo, then from pose to pose by the multi-frame branch, without
        a drape: (H, W) float32 in [0, 1], the photo's pixels. The arguments of ``render``.

        Raises InputError where no network knows.
        """
        garments, _ = _inside_out([garment] if isinstance(garment, Garment) else garment, ())
        stage = person.stage(*self.stage_size)
        pose, subject = self.seen(person, stage)
        sights = self._sights(subject, pose, garments)
        if not sights:
            raise InputError(
                "No mask network is there to follow the poses; use the default weights, or render the clip."
            )
        size = (person.image.shape[1], person.image.shape[0])
        body = _fitted(person, stage, pose, subject)
        poses = self.performed(person, body, motion, retargeted, transition, turn)
        before, masks = pose.joints.astype(np.float32), [sight.clothing for sight in sights]
        for joints in poses.joints:
            following = joints.astype(np.float32).copy()
            following[:, :2] = stage.from_photo(joints[:, :2])
            away = following[Joint.MID_HIP, :2] - pose.joints[Joint.MID_HIP, :2]
            following[:, :2] -= away  # who walks away takes the stage along
            for number, (mask, sight) in enumerate(zip(masks, sights, strict=True)):
                found = self.inference.next_mask(mask, before, following, sight)
                if found is None:
                    raise InputError(
                        "The weights know no masks of other poses; use the default ones, or render the clip."
                    )
                masks[number] = found
            moved = replace(stage, offset=(stage.offset[0] - float(away[0]), stage.offset[1] - float(away[1])))
            yield np.clip(moved.uncrop(np.max(masks, 0), size), 0, 1)
            before = following

    def render(
        self,
        look: Look,
        motion: Motion | str | Path,
        *,
        retargeted: bool = True,
        transition: int = TRANSITION_FRAMES,
        turn: float = 0.0,
        background: str | np.ndarray = "keep",
        draft: bool = False,
        finish: bool = False,
    ) -> Iterator[Frame]:
        """The frames of a clip, one at a time: stop iterating to cancel. See ``poses`` and ``frames``.

        motion: a motion, or whatever ``Motion.open`` takes: a template's name, a motion file, a video.
        """
        if not isinstance(motion, Motion):
            motion = Motion.open(motion)
        poses = self.poses(look, motion, retargeted, transition, turn)
        return self.frames(look, poses, background=background, draft=draft, stretch=not retargeted, finish=finish)

    def frames(
        self,
        look: Look,
        poses: Motion,
        *,
        indices: Sequence[int] | None = None,
        background: str | np.ndarray = "keep",
        draft: bool = False,
        stretch: bool = False,
        finish: bool = False,
        mask_edits: Mapping[int, np.ndarray] | None = None,
    ) -> Iterator[Frame]:
        """Frames of the clip in which the person takes these poses, one at a time: stop iterating to cancel.

        Args:
            poses: from ``poses``, or those with joints moved; the photo's pixels.
            indices: which frames to make, in this order; None makes all.
            background: "keep" (the photo's own, filled in behind the person), "white", "transparent", or a picture
                (h, w, 3) uint8, which is scaled to cover the frame.
            draft: without the shadow on the ground, which takes a part of the time.
            finish: whether the generator paints what neither photo nor garment showed and has turned to the viewer since;
                not in a draft.
            stretch: whether bones are stretched until the joints are where the poses have them, as a camera saw them (see
                ``on_level_floor``), or keep their lengths.
            mask_edits: frame -> (H, W) float32 in [-1, 1], the change painted there on M_c^t: 1 shows cloth, -1 the
                layers under it. It holds from that frame on, carried by the flow, until the next frame in here.

        Raises InputError for a frame that isn't there, and see ``finisher``.
        """
        finisher = self.finisher(look) if finish and not draft else None
        indices = range(len(poses)) if indices is None else indices
        for index in indices:
            if not 0 <= index < len(poses):
                raise InputError(f"There is no frame {index}; the clip has {len(poses)}, from 0 on.")
        posing = _Clock({})
        points = np.concatenate([poses.joints[..., :2], poses.depth[..., None]], -1)
        if stretch:
            shod = [side for side in Side if shoe_name(Part.leg(side)) in look.renderer.scene.names]
            points = on_level_floor(points, look.source_points, look.body, shod)
        transforms = bone_transforms(look.body, look.source_points, points, stretch)
        posing.lap("pose")
        pose_seconds = posing.seconds["pose"] / len(poses)
        backdrop = Backdrop.of(background, look.plate)
        movement = look.moved(transforms, poses.fps, draft)

        def draw(index: int) -> Drawing:
            return look.renderer.draw(transforms[index], placed=look.placed(movement.at(index)))

        edits = MaskEdits(mask_edits or {}, look.size, draw)
        for number, index in enumerate(indices, 1):
            clock = _Clock({"pose": pose_seconds})
            cloth = movement.at(index)
            if number < len(indices) and look.renderer.scene.threads > 1:
                movement.begin(indices[number])  # while this one is drawn
            clock.lap("cloth")
            drawing = look.renderer.draw(transforms[index], placed=look.placed(cloth))
            behind = backdrop.picture if draft else look.behind(drawing, backdrop)
            canvas = look.composed(drawing, behind, backdrop, transforms[index])
            clock.lap("drawing")
            if finisher is not None:
                canvas = finisher.on(canvas, drawing, poses.joints[index])
            clock.lap("finish")
            painted = edits.change(index, drawing)
            if painted is not None:
                canvas = edited_frame(
                    canvas, painted, look.undressed.draw(transforms[index]).image, look.cloth_of(drawing), behind
                )
            clock.lap("masks")
            image = backdrop.finished(canvas)
            clock.seconds["total"] = sum(clock.seconds.values())
            yield Frame(index, image, poses[index], clock.seconds, painted, drawing, look)


def _fitted(person: Person, stage: Stage, pose: Pose, subject: Subject) -> FittedBody:
    """The body of a person who is seen as ``subject`` in ``pose`` on the stage."""
    size = (person.image.shape[1], person.image.shape[0])
    hangs = wears_skirt(subject.parsing, BodyCoordinates.from_pose(pose))
    return fit_body(
        person.pose,
        person.matte,
        crown=person.crown,
        loose=stage.uncrop(subject.parsing.lower, size) if hangs else None,
        hair=stage.uncrop(subject.parsing.hair, size),
        clothed=stage.uncrop(subject.parsing.upper + subject.parsing.lower, size),
    )


def _replaced(garments: Sequence[Garment], tailoring: Sequence[Tailoring]) -> list[Category]:
    """The categories of old clothes that go: what is worn open over others replaces nothing."""
    worn = zip(garments, tailoring, strict=True)
    return [Category(garment.category) for garment, wish in worn if not goes_over(garment, wish)]


def _removed(subject: Subject, garments: Sequence[Garment], tailoring: Sequence[Tailoring]) -> np.ndarray:
    """M_r on the stage, (H, W) float32 in [0, 1], for garments with their tailoring."""
    categories = _replaced(garments, tailoring)
    found = (
        removed_mask(subject.parsing, categories, subject.body) if categories else np.zeros(subject.size, np.float32)
    )
    if all(category == Category.LOWER for category in categories):
        if categories:
            found = np.minimum(found, 1 - tucked_in(subject.parsing, subject.body))
        if any(goes_over_closed(*worn) for worn in zip(garments, tailoring, strict=True)):
            found = np.maximum(found, under_closed(subject.parsing, subject.body))
    if any(category != Category.UPPER for category in categories):
        found = np.maximum(found, below_hips(subject.parts[Part.TRUNK], subject.parsing, subject.body))
    return with_rests(found, subject.parsing, subject.matte, subject.body) if found.any() else found


def _inside_out(
    garments: Sequence[Garment], tailoring: Tailoring | Sequence[Tailoring]
) -> tuple[tuple[Garment, ...], tuple[Tailoring, ...]]:
    """The garments from the undermost to the outermost, each with its tailoring.

    Raises InputError where none is given, and for a cut that a garment can't have.
    """
    if not garments:
        raise InputError("There is no garment to wear; give at least one.")
    if isinstance(tailoring, Tailoring):
        tailoring = [tailoring] * len(garments)
    if len(tailoring) not in (0, len(garments)):
        raise InputError(f"There are {len(garments)} garments and {len(tailoring)} tailorings; give one for each.")
    tailored = list(zip(garments, tailoring or [Tailoring()] * len(garments), strict=True))
    for worn, changes in tailored:
        changes.check(worn.category)
    tailored.sort(key=lambda pair: _layer(*pair))
    return tuple(worn for worn, _ in tailored), tuple(changes for _, changes in tailored)


def _layer(worn: Garment, changes: Tailoring) -> int:
    """A garment's place among others, from the undermost; a top that is tucked in lies under the skirt or trousers."""
    return -1 if changes.tucked and worn.category == Category.UPPER else DRESSING_ORDER.index(worn.category)


class _Clock:
    """Seconds by name, each since the last lap."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds = seconds
        self.since = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.seconds[name] = self.seconds.get(name, 0.0) + now - self.since
        self.since = now
