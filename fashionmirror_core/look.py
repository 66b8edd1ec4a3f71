"""The engine's results: a dressed person, and the frames in which they move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from fashionmirror_core.avatar.avatar import Avatar
from fashionmirror_core.avatar.clothing import (
    Clothing,
    before_cloth,
    cover,
    hung_over,
    with_hands_ahead,
    without_hidden,
)
from fashionmirror_core.avatar.kept_top import TAIL, TOP
from fashionmirror_core.avatar.skin import skin_name
from fashionmirror_core.avatar.surface import Surface, Texture
from fashionmirror_core.avatar.waists import at_waist
from fashionmirror_core.body.fit import guessed
from fashionmirror_core.body.fitted import Bone, FittedBody
from fashionmirror_core.cloth.attention import attention_seen
from fashionmirror_core.cloth.draping import Drape
from fashionmirror_core.cloth.movement import Movement
from fashionmirror_core.cloth.pattern.pattern import Piece
from fashionmirror_core.cloth.verdict import Verdict
from fashionmirror_core.drawing.background import Backdrop
from fashionmirror_core.drawing.drawing import Drawing
from fashionmirror_core.drawing.edits import edited_mask
from fashionmirror_core.drawing.guides import Guide
from fashionmirror_core.drawing.light import Light
from fashionmirror_core.drawing.renderer import Renderer
from fashionmirror_core.drawing.shadow import GroundShadow
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.imaging.alpha import colors_of
from fashionmirror_core.imaging.channels import spread
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.imaging.levels import to_8bit
from fashionmirror_core.imaging.masks import disc
from fashionmirror_core.inference.finishing import Finisher
from fashionmirror_core.media.images import write_image
from fashionmirror_core.person.person import Person
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.person.subject import Subject
from fashionmirror_core.skeleton import Pose
from fashionmirror_core.vocabulary import LEG_PARTS, Category, Part

_UNMOVED = np.tile(np.eye(3, 4, dtype=np.float32), (len(Bone), 1, 1))
FLOW_STEP = 4  # pixels between the samples of ``Frame.coarse_flow``
CHANGED, GONE = 24.0, 0.2  # of 255, and of the matte: more of a difference between person and photo is a change,
THIN = 0.006  # but for the matte's soft edges, which are less than twice as many statures wide
AWAY = (0.012, 0.024)  # statures from changes, over which the photo itself is the background
LEAVES = 0.008  # statures that a joint moves until the plate is


@dataclass
class Look:
    """A person in a garment, ready to move.

    still: (H, W, 3) uint8, the dressed person in the photo's own pose and place.
    removed_mask, clothing_mask: M_r and M_c^s, (H, W) float32 in [0, 1], in the photo's pixels.
    attention: (hw, hw) float32, rows sum to one: where on the garment's picture (letterboxed to the stage, 16-pixel
    cells row by row) each 16-pixel cell of the person's stage looks.
    avatar: the person without the old clothes, as surfaces around the fitted body. drape: the garments' cloth, at rest in
    the photo's pose; clothes: its surfaces, from the undermost garment to the outermost. plate: (H, W, 3) uint8, the
    photo without the person.
    seconds: of each part of the preparation. verdicts: how each garment lies, in the order of ``garments``.
    top_hangs: whether a kept top hangs over the new trousers or skirt.
    """

    person: Person
    garments: tuple[Garment, ...]
    stage: Stage
    subject: Subject
    avatar: Avatar
    drape: Drape
    clothes: tuple[Clothing, ...]
    plate: np.ndarray
    removed_mask: np.ndarray
    seconds: dict[str, float]
    warnings: list[str] = field(default_factory=list)
    verdicts: tuple[Verdict, ...] = ()
    top_hangs: bool = False
    _movements: dict[bool, Movement] = field(default_factory=dict, repr=False)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the photo and of every frame."""
        return self.person.image.shape[1], self.person.image.shape[0]

    def verdict_of(self, garment: Garment) -> Verdict | None:
        """How this one of ``garments`` lies; None for any other."""
        pairs = zip(self.garments, self.verdicts, strict=False)
        return next((verdict for worn, verdict in pairs if worn is garment), None)

    @property
    def body(self) -> FittedBody:
        """The body fitted to the photo."""
        return self.avatar.body

    @cached_property
    def renderer(self) -> Renderer:
        """Of the dressed person's surfaces, under the photo's light."""
        stature = float(np.ptp(self.body.vertices[:, 1]))
        waist = self.drape.form.waist
        covers = [
            cover(each.sewn.pattern, positions, *_depths(worn.without(each.below(waist))[0], self.size), self.body)
            for each, positions, worn in zip(self.drape.garments, self.drape.still(), self.clothes, strict=True)
        ]
        clothes = []
        for number, (worn, own) in enumerate(zip(self.clothes, self.drape.garments, strict=True), 1):
            if waist is not None and own.sewn.tucked:
                trunk = own.sewn.pattern.piece == Piece.TRUNK
                worn = worn.tucked(np.where(trunk, own.positions[:, 1] - waist, -1.0), float(self.body.scale))
            tucked = np.zeros(len(own.positions), bool)
            for over in self.drape.garments[number:]:
                tucked |= own.inside(over.sewn)
            clothes += without_hidden(worn.without(tucked), covers[number:])
        only_lower = all(garment.category == Category.LOWER for garment in self.garments)
        under = (skin_name(Part.TRUNK),) if self.top_hangs else (skin_name(Part.TRUNK), Part.TRUNK)
        over_cloth = [
            s.name
            for s in self.avatar.surfaces
            if only_lower and not s.name.startswith(LEG_PARTS) and s.name not in under
        ]
        surfaces = [before_cloth(surface, covers) for surface in self.avatar.surfaces]
        if not any(garment.category == Category.LOWER for garment in self.garments):
            surfaces = [s for s in surfaces if s.name != TAIL]  # a kept top ends at its hem, over the kept trousers
        if only_lower:
            pattern, cloth = self.drape.garments[-1].sewn.pattern, self.drape.still()[-1]
            band = cloth[pattern.openings["waist"]]
            if self.top_hangs:
                surfaces = [s for s in surfaces if s.name != TAIL]
                surfaces = [hung_over(s, pattern, cloth, stature) if s.name == Part.TRUNK else s for s in surfaces]
            surfaces = [
                at_waist(s, cloth, band, self.top_hangs, stature) if s.name in (TOP, TAIL) else s for s in surfaces
            ]
        if not only_lower:
            surfaces = [with_hands_ahead(surface, self.body) for surface in surfaces]
        renderer = Renderer([*without_hidden(surfaces, covers, over_cloth), *clothes], self.size, height=stature)
        rest = renderer.draw(_UNMOVED)
        hair = self.stage.uncrop(self.subject.parsing.hair, self.size) > 0.2
        of_the_photo = np.where((rest.clothing_mask < 0.05) & ~hair, rest.part, -1)
        renderer.light = Light.fitted(self.person.image, rest.normals, of_the_photo)
        return renderer

    @cached_property
    def guide(self) -> Guide:
        """What geometry knows of the frames beside their pictures."""
        return Guide(self.renderer, self.at_rest, self.removed_mask, self.stage)

    @cached_property
    def undressed(self) -> Renderer:
        """Of the person alone, without the old clothes, as if there were no new ones."""
        return Renderer(self.avatar.surfaces, self.size, self.renderer.light)

    def moved(self, transforms: np.ndarray, fps: float, draft: bool = False) -> Movement:
        """The cloth's movement while the bones take transforms (T, 22, 3, 4), ``fps`` of them a second. What an earlier
        movement has simulated up to the first pose that differs is kept. draft: simulated less finely.
        """
        before = self._movements.get(draft)
        movement = Movement(self.drape, transforms, 1 / fps, draft=draft, after=before)
        if before is not None and len(before) == len(movement) == before.same_until(movement):
            return before
        self._movements[draft] = movement
        return movement

    def placed(self, positions: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
        """Cloth surface -> where its vertices are, for the positions (N, 3) of each garment's pattern, photo space."""
        result: dict[str, np.ndarray] = {}
        for worn, own in zip(self.clothes, positions, strict=True):
            result |= worn.placed(own)
        return result

    def cloth_of(self, drawing: Drawing) -> np.ndarray:
        """(H, W, 4) uint8, premultiplied: the new clothes of a frame alone, as if there were no person before them."""
        blank = {
            name: Texture(np.zeros((*shape, 4), np.uint8), np.zeros(shape, np.uint8))
            for name, shape in zip(drawing.names, drawing.shapes, strict=True)
            if not any(name == surface.name for worn in self.clothes for surface in worn.surfaces)
        }
        return drawing.showing(blank).image

    def attention_in(self, drawing: Drawing) -> np.ndarray:
        """The attention in a frame, as ``attention`` has it: of the outermost garment."""
        worn, garment = self.clothes[-1], self.garments[-1]
        places = worn.on_garment(drawing.texels_at(worn.outside.name, FLOW_STEP))
        return attention_seen(places, garment, self.stage, FLOW_STEP)

    @cached_property
    def attention(self) -> np.ndarray:
        return self.attention_in(self.at_rest)

    @cached_property
    def shadow(self) -> GroundShadow:
        """What the feet cast."""
        feet = GroundShadow.of(self.renderer, self.body.up, float(np.ptp(self.body.vertices @ self.body.up)))
        return feet.photographed(self.person.image, self.plate, self.person.matte)

    def behind(self, drawing: Drawing, backdrop: Backdrop) -> np.ndarray:
        """(H, W, 4) uint8, premultiplied: the background of a frame, with the shadow on it unless it is transparent or the
        feet stand below the photo.
        """
        if backdrop.transparent or self.person.cropped:
            return backdrop.picture
        return self.shadow.under(drawing, backdrop.picture, backdrop.own)

    def composed(self, drawing: Drawing, behind: np.ndarray, backdrop: Backdrop, transforms: np.ndarray) -> np.ndarray:
        """(H, W, 4) uint8, premultiplied: a drawing, of the pose that bone transforms (22, 3, 4) make, before a background.
        Before the photo's own, who hasn't moved has the photo itself around them, soft hair and all; the plate, which is
        made up there, takes its place as they leave.
        """
        canvas = drawing.over(behind)
        joints = self.body.joints.astype(np.float64)
        moved = np.einsum("bij,bj->bi", transforms[..., :3], joints) + transforms[..., 3] - joints
        there = 1 - float(smoothstep(np.linalg.norm(moved, axis=1).max() / np.ptp(self.body.vertices[:, 1]), 0, LEAVES))
        if not backdrop.own or there == 0:
            return canvas
        share = spread(there * self.unchanged * (drawing.image[..., 3] < 255))
        canvas[..., :3] = to_8bit(canvas[..., :3] + share * (self.person.image - canvas[..., :3].astype(np.float32)))
        return canvas

    @cached_property
    def unchanged(self) -> np.ndarray:
        """(H, W) float32 in [0, 1]: where the photo's own pose shows nothing else than the photo, away from clothes that
        have changed and from what went with them.
        """
        stature = float(np.ptp(self.body.vertices[:, 1]))
        person = self.at_rest.image
        differs = np.abs(colors_of(person) - self.person.image).max(-1) > CHANGED
        gone = self.person.matte - person[..., 3] / np.float32(255) > GONE
        other = ((differs & (person[..., 3] == 255)) | gone).astype(np.uint8)
        other = cv2.morphologyEx(other, cv2.MORPH_OPEN, disc(THIN * stature))
        changed = (np.maximum(self.removed_mask, self.clothing_mask) > 0.02) | (other > 0)
        away = cv2.distanceTransform((~changed).astype(np.uint8), cv2.DIST_L2, 5)
        return smoothstep(away / stature, *AWAY).astype(np.float32)

    @property
    def pose(self) -> Pose:
        """The source pose on the stage."""
        return self.person.pose.transformed(self.stage.scale, self.stage.offset)

    @property
    def source_points(self) -> np.ndarray:
        """See the function of this name."""
        return source_points(self.person, self.body)

    @cached_property
    def at_rest(self) -> Drawing:
        """The photo's own pose."""
        return self.renderer.draw(_UNMOVED)

    def still_before(
        self, background: str | np.ndarray, turn: float = 0.0, finisher: Finisher | None = None
    ) -> np.ndarray:
        """The still before another background (see ``Backdrop.of``): (H, W, 3) uint8, (H, W, 4) if transparent. turn:
        degrees by which the person is turned about the vertical, to the picture's right first. finisher: from
        ``TryOn.finisher``; None leaves the picture as it is drawn.
        """
        backdrop = Backdrop.of(background, self.plate)
        if turn % 360 == 0:  # nothing has turned that could be finished
            return backdrop.finished(
                self.composed(self.at_rest, self.behind(self.at_rest, backdrop), backdrop, _UNMOVED)
            )
        transforms = self.turned(turn)
        drawing = self.renderer.draw(transforms)
        canvas = self.composed(drawing, self.behind(drawing, backdrop), backdrop, transforms)
        if finisher is not None:
            points = self.source_points @ transforms[0, :, :3].T + transforms[0, :, 3]
            joints = np.column_stack([points[:, :2], self.person.pose.confidence])
            canvas = finisher.on(canvas, drawing, joints)
        return backdrop.finished(canvas)

    def turned(self, degrees: float) -> np.ndarray:
        """(22, 3, 4) float32: the photo's pose turned about the body's vertical through the hips."""
        rotation = Rotation.from_rotvec(np.radians(degrees) * self.body.up.astype(np.float64)).as_matrix()
        hips = self.body.joints[[Bone.L_THIGH, Bone.R_THIGH]].mean(0)
        transform = np.concatenate([rotation, (hips - rotation @ hips)[:, None]], 1)
        return np.tile(transform.astype(np.float32), (len(Bone), 1, 1))

    @cached_property
    def still(self) -> np.ndarray:
        return self.still_before("keep")

    def save(self, path: str | Path) -> None:
        """Writes the still (see ``media.images.write_image``), by the suffix."""
        write_image(path, self.still)

    @cached_property
    def clothing_mask(self) -> np.ndarray:
        return self.at_rest.clothing_mask


@dataclass
class Frame:
    """One frame of a clip.

    image: (H, W, 3) uint8, or (H, W, 4) with straight alpha where the background is transparent.
    pose: the driving pose in the photo's pixels. seconds: by stage, "total" among them. painted: the user's change of
    the clothing mask that holds here, (H, W) float32 in [-1, 1]; None without one. drawing: with depth, normals and parts.
    """

    index: int
    image: np.ndarray
    pose: Pose
    seconds: dict[str, float]
    painted: np.ndarray | None = field(repr=False)
    drawing: Drawing = field(repr=False)
    _look: Look = field(repr=False)

    def save(self, path: str | Path) -> None:
        """Writes the image (see ``media.images.write_image``), by the suffix."""
        write_image(path, self.image)

    @cached_property
    def clothing_mask(self) -> np.ndarray:
        """M_c^t, (H, W) float32 in [0, 1]: where the new clothes are seen, with what the user painted."""
        return edited_mask(self.drawing.clothing_mask, self.painted)

    @cached_property
    def flow(self) -> np.ndarray:
        """F, (2, H, W) float32, photo pixels, target -> source: the foremost surface's; zero where there is none."""
        return _flow(self.drawing.source, 1)

    @cached_property
    def coarse_flow(self) -> np.ndarray:
        """F at every FLOW_STEP-th pixel, which is smooth: quicker than the whole, and enough for display."""
        return _flow(self.drawing.source_at(FLOW_STEP), FLOW_STEP)

    @cached_property
    def attention(self) -> np.ndarray:
        """Where on the garment each 16-pixel cell of the stage looks in this frame, like ``Look.attention``."""
        return self._look.attention_in(self.drawing)


def source_points(person: Person, body: FittedBody) -> np.ndarray:
    """(25, 3) float32, photo space: the joints that the photo shows, with the fitted body's depth; others are its."""
    hidden = guessed(person.pose.confidence)[:, None]
    points = np.where(hidden, body.landmarks[:, :2], person.pose.points)
    return np.concatenate([points, body.landmarks[:, 2:]], 1).astype(np.float32)


def _flow(source: np.ndarray, step: int) -> np.ndarray:
    """(2, h, w): sources (h, w, 2) of every ``step``-th pixel, less the pixels' own places; zero where they are NaN."""
    height, width = source.shape[:2]
    places = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).astype(np.float32) * step
    return np.ascontiguousarray(np.nan_to_num(source - places).transpose(2, 0, 1))


def _depths(surface: Surface, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """(H, W) each: a surface's depth where it faces the viewer, and where it faces away; NaN where it doesn't."""
    mirrored = replace(
        surface,
        vertices=surface.vertices * np.array([1, 1, -1], np.float32),
        triangles=np.ascontiguousarray(surface.triangles[:, [0, 2, 1]]),
    )
    front, back = (Renderer([side], size).draw(_UNMOVED).depth for side in (surface, mirrored))
    return front, -back
