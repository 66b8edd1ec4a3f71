"""The dressed layers, cut into the pieces that become surfaces: limbs, trunk and head, each with a front and a back picture.

The head parts from the trunk here: the neck goes on under the chin, clothes go on under hair, the back of the head is hair
and the back of the clothes has no neckline. All pictures lie on one box of the photo.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np

from fashionmirror_core.avatar.behind import Worn, not_hidden, plain_behind, rimless
from fashionmirror_core.avatar.dressing import behind_thing
from fashionmirror_core.avatar.head import HEAD, HeadPhoto
from fashionmirror_core.avatar.layers import Layer
from fashionmirror_core.avatar.surface import Texture
from fashionmirror_core.avatar.tail import BesideNeck, hanging_tail
from fashionmirror_core.avatar.things import taken_out, thing_name
from fashionmirror_core.avatar.tone import LIGHT_NEAR, evened, person_tone
from fashionmirror_core.body.fitted import Bone, FittedBody
from fashionmirror_core.body.model import BodyModel
from fashionmirror_core.imaging.alpha import colors_of, premultiplied
from fashionmirror_core.imaging.boxes import Box, bounding_box, grown, window
from fashionmirror_core.imaging.channels import joined, spread
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.imaging.fill import push_pull
from fashionmirror_core.imaging.levels import to_8bit
from fashionmirror_core.person.floor import like_floor
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.person.subject import Subject
from fashionmirror_core.person.things import Thing
from fashionmirror_core.skeleton import Joint
from fashionmirror_core.vocabulary import ARM_PARTS, Part

SOLID = 242  # of 255: less alpha than this is the soft rim
FAINT = 8  # of 255: less alpha than this has no colour that could be trusted
ISLAND = 0.02  # of a part's area: a patch apart from it that is smaller belongs to the part beside it
SLIVER = 0.004  # statures: what is thinner is no part of a limb, and would stick out of it once its edge isn't soft
ABOVE_EYES, ON_TOP = 0.35, 2.2
"""Halves of the head above the eyes and beside its middle: what is worn there is on the head."""
NEAR_NAPE = 0.03  # statures around the bare nape that tell its light
HAIRLINE, HAIRLINE_CONTRAST = 0.006, 12.0  # statures and grey levels over which the photo's edges draw the hairline


@dataclass(frozen=True)
class Piece:
    """One part of the dressed person, all on one box of the photo. front, back: what its two sheets show. domain: (h, w)
    float32 in [0, 1], the part's outline: wherever one of the two has pixels.
    """

    name: str
    front: Texture
    back: Texture
    domain: np.ndarray


@dataclass(frozen=True)
class HeadPlace:
    """Where the fitted head is, photo pixels. middle: x between the ears; ear, chin: y; half: from the middle to an ear;
    stature: crown to heel.
    """

    middle: float
    ear: float
    chin: float
    half: float
    stature: float

    @classmethod
    def of(cls, body: FittedBody, model: BodyModel) -> HeadPlace:
        ears = body.landmarks[[Joint.R_EAR, Joint.L_EAR]]
        skull = body.vertices[model.skin.weights[:, Bone.HEAD] > 0.8]
        before = skull[skull[:, 2] < np.percentile(skull[:, 2], 35)]
        half = max(float(np.abs(np.diff(ears[:, 0]))[0]) / 2, 0.35 * float(np.ptp(skull[:, 0])))
        stature = float(np.ptp(body.vertices[:, 1]))
        return cls(float(ears[:, 0].mean()), float(ears[:, 1].mean()), float(before[:, 1].max()), half, stature)

    def above_jaw(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """How far points lie above the line of the jaw, pixels: a half ellipse from ear to ear by way of the chin."""
        across = np.clip((x - self.middle) / (1.25 * self.half), -1, 1)
        return self.ear + (self.chin - self.ear) * np.sqrt(1 - across**2) - y


@dataclass(frozen=True)
class Cutting:
    """How a person's layers are cut into pieces. layers: by part. removed: M_r on the stage. photo: (H, W, 3) uint8, in
    which a ponytail is looked for; None: nowhere.
    """

    layers: dict[str, Layer]
    subject: Subject
    stage: Stage
    body: FittedBody
    model: BodyModel
    removed: np.ndarray
    photo: np.ndarray | None = None

    @classmethod
    def of(
        cls,
        layers: Iterable[Layer],
        subject: Subject,
        stage: Stage,
        body: FittedBody,
        model: BodyModel,
        removed: np.ndarray,
        photo: np.ndarray | None = None,
    ) -> Cutting:
        return cls({layer.name: layer for layer in layers}, subject, stage, body, model, removed, photo)

    @cached_property
    def box(self) -> Box:
        """The box of the photo on which all pieces lie."""
        x0, y0, x1, y1 = zip(*(layer.box for layer in self.layers.values()), strict=True)
        return min(x0), min(y0), max(x1), max(y1)

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the box."""
        return self.box[3] - self.box[1], self.box[2] - self.box[0]

    @cached_property
    def head(self) -> HeadPlace:
        """Where the head is on the box."""
        head = HeadPlace.of(self.body, self.model)
        x, y = self.box[:2]
        return replace(head, middle=head.middle - x, ear=head.ear - y, chin=head.chin - y)

    @cached_property
    def hair(self) -> np.ndarray:
        """(h, w) float32 in [0, 1] on the box: the hair that grows on the head, and what is worn on it; a fur collar or a
        dark lining doesn't.
        """
        parsing = self.subject.parsing
        hair, worn = self.on_box(parsing.hair), self.on_box(np.maximum(parsing.hair, parsing.accessory))
        brows = self.body.landmarks[[Joint.R_EYE, Joint.L_EYE], 1].mean() - self.box[1] - ABOVE_EYES * self.head.half
        x, y = np.arange(self.shape[1]), np.arange(self.shape[0])[:, None]
        on_top = (y < brows) & (np.abs(x - self.head.middle) < ON_TOP * self.head.half)
        hair = np.where(on_top, worn, hair)
        _, labels, stats, _ = cv2.connectedComponentsWithStats((hair > 0.3).astype(np.uint8))
        grows = stats[:, cv2.CC_STAT_TOP] < self.head.ear
        grows[0] = True
        return hair * grows[labels]

    @cached_property
    def tied(self) -> np.ndarray:
        """(h, w) bool on the box: hair beside the neck that the labels miss: a ponytail."""
        if self.photo is None:
            return np.zeros(self.shape, bool)
        parsing, place = self.subject.parsing, self.head
        worn = np.maximum.reduce([parsing.upper, parsing.lower, parsing.accessory, parsing.arms, parsing.hair])
        around = BesideNeck(
            self.photo[window(self.box)],
            self.hair,
            self.on_box(worn) > 0.5,
            self.on_box(self.subject.matte) < 0.05,
            np.arange(self.shape[1]) - place.middle,
            np.arange(self.shape[0]) - place.ear,
            place.half,
        )
        return hanging_tail(around, self.tone, place.stature)

    @cached_property
    def shoes(self) -> np.ndarray:
        """(h, w) float32 in [0, 1] on the box: where the photo shows shoes."""
        return self.on_box(self.subject.parsing.shoes)

    @cached_property
    def floor(self) -> np.ndarray:
        """(h, w) bool on the box: what looks like the floor around the shoes."""
        if self.photo is None:
            return np.zeros(self.shape, bool)
        return like_floor(
            self.photo[window(self.box)], self.on_box(self.subject.matte), self.shoes, self.subject.body.stature
        )

    @cached_property
    def bare_legs(self) -> np.ndarray:
        """(h, w) float32 in [0, 1] on the box: where the photo shows bare legs."""
        return self.on_box(self.subject.parsing.legs)

    @cached_property
    def lower(self) -> np.ndarray:
        """(h, w) float32 in [0, 1] on the box: where the photo shows a skirt or trousers."""
        return self.on_box(self.subject.parsing.lower)

    def clothed(self) -> np.ndarray:
        """(h, w) float32 in [0, 1] on the box: where the photo shows clothes, those that stay or those that go."""
        return np.maximum(self.kept_cloth(), self.on_box(self.removed))

    def undressed(self, removed: np.ndarray, part: Part) -> np.ndarray:
        """(h, w) of 0 and 1 on the box: where a part's old clothes went; specks don't count. removed: M_r on the stage, or
        what of it is the part's.
        """
        gone = (removed * self.subject.parts[part] > 0.5).astype(np.uint8)
        ellipse = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
        return (self.on_box(cv2.morphologyEx(gone, cv2.MORPH_OPEN, ellipse).astype(np.float32)) > 0.5).astype(np.uint8)

    def kept_cloth(self) -> np.ndarray:
        """(h, w) float32 in [0, 1] on the box: old clothes that stay, and what is held."""
        parsing = self.subject.parsing
        return self.on_box((parsing.upper + parsing.lower) * (1 - self.removed) + parsing.accessory)

    @cached_property
    def tone(self) -> np.ndarray:
        """(3,) RGB: the person's skin."""
        return person_tone(self.subject)

    @cached_property
    def head_mask(self) -> np.ndarray:
        """(h, w) float32 in [0, 1] on the box: what turns with the head."""
        return _head_mask(self._fronts[Part.TRUNK], self.hair, self.head)

    @cached_property
    def head_photo(self) -> HeadPhoto:
        """What the photo shows of head and neck."""
        whole, parsing = self._fronts[Part.TRUNK], self.subject.parsing
        reach = round(0.35 * self.head.half)
        x0, y0, x1, y1 = grown(bounding_box(self.head_mask > 0) or (0, 0, 1, 1), reach, self.shape)
        box = (x0, y0, x1, min(max(y1, round(self.head.chin + 1.5 * self.head.half)), self.shape[0]))
        here = window(box)
        picture = whole.picture[here]
        alpha = picture[..., 3].astype(np.float32) / 255
        bare = 1 - whole.clothing[here].astype(np.float32) / np.maximum(picture[..., 3], 1)
        tied = self.tied[here]
        skin = self.on_box(parsing.head + parsing.torso)[here] * bare * (alpha > 0.9) * ~tied
        own = (alpha > 0.5) & (self.head_mask[here] > 0.5)
        colors, near = colors_of(picture), max(2, round(HAIRLINE * self.head.stature))
        # The labels are coarser than the photo: the hairline follows its pixels.
        fine = cv2.ximgproc.guidedFilter(to_8bit(colors), self.hair[here], near, HAIRLINE_CONTRAST**2)
        hair = np.clip(fine, 0, 1) * self.head_mask[here]
        return HeadPhoto(
            colors,
            own,
            (alpha > 0.5) | (self.on_box(self.subject.matte)[here] > 0.5),
            hair,
            tied,
            skin,
            self.tone,
            np.array([box[0] + self.box[0], box[1] + self.box[1]], float),
        )

    def _evened(self, worn: Worn) -> Texture:
        """The trunk from behind, the bare nape in even light."""
        back = worn.back()
        cloth, alpha = self.on_box(self.subject.parsing.upper), back.picture[..., 3]
        bare = (cloth < 0.3) & (alpha > FAINT) & (back.clothing < 0.5 * alpha)
        bare[: max(0, round(self.head.ear))] = False
        bare &= ~worn.below_neck((slice(0, self.shape[0]), slice(0, self.shape[1])))
        here = window(grown(bounding_box(bare) or (0, 0, 1, 1), round(NEAR_NAPE * self.head.stature), self.shape))
        colors, picture = colors_of(back.picture[here]), back.picture.copy()
        even = evened(colors, bare[here].astype(np.float32), self.tone, LIGHT_NEAR * self.head.stature)
        share = cv2.GaussianBlur(bare[here].astype(np.float32), (0, 0), 1.0)
        picture[here] = premultiplied(colors + spread(share) * (even - colors), alpha[here] / np.float32(255))
        return Texture(picture, back.clothing)

    def on_box(self, mask: np.ndarray) -> np.ndarray:
        """A mask of the stage on the box."""
        shifted = replace(self.stage, offset=tuple(self.stage.from_photo(np.array(self.box[:2], float))))
        return shifted.uncrop(mask, self.shape[::-1])

    def _here(self, layer: Layer) -> tuple[slice, slice]:
        (left, top, right, bottom), (x, y) = layer.box, self.box[:2]
        return window((left - x, top - y, right - x, bottom - y))

    @property
    def things(self) -> tuple[Thing, ...]:
        """What the person carries, in the order of the pieces that show it."""
        return self.subject.things

    @property
    def _fronts(self) -> dict[str, Texture]:
        """Of each part, what the photo shows of it, without what is carried before it."""
        return self._cut[0]

    @cached_property
    def _cut(self) -> tuple[dict[str, Texture], list[Texture]]:
        """The fronts of the parts and of the things."""
        fronts: dict[str, Texture] = {}
        for name, layer in self.layers.items():
            picture = np.zeros((*self.shape, 4), np.uint8)
            picture[self._here(layer)] = layer.picture
            fronts[name] = Texture(picture, np.zeros(self.shape, np.uint8))
        _move_islands(fronts)
        visible = {name: self.on_box(self.subject.parts[Part(name)]) for name in fronts} if self.things else {}
        things = []
        for thing in self.things:
            under = behind_thing(self.subject, thing.mask, self.removed)
            behind = {name: self.on_box(under[Part(name)]) > 0.5 for name in fronts}
            mask = self.on_box(thing.mask.astype(np.float32))
            things.append(taken_out(fronts, visible, mask, behind, self.head.stature))
        return fronts, things

    def pieces(self) -> list[Piece]:
        """The pieces of the layers."""
        fronts = {name: texture for name, texture in self._fronts.items() if name != Part.TRUNK}
        whole, mask = self._fronts[Part.TRUNK], self.head_mask
        own_head = Texture(_faded(whole.picture, mask), _faded(whole.clothing, mask))
        weights = self.model.skin.weights
        neck = weights[:, [Bone.NECK, Bone.CHEST, Bone.L_CLAVICLE, Bone.R_CLAVICLE]].sum(1) > 0.5
        faces = self.model.faces[neck[self.model.faces].all(1)]
        corners = self.body.vertices[faces, :2] - np.array(self.box[:2])
        trunk, trunk_domain = _without_head(whole, mask, self.head, corners)
        sliver = max(3, round(SLIVER * self.head.stature)) | 1
        upper = self.on_box(self.subject.parsing.upper * (1 - self.removed))
        sleeves = [fronts[part] for part in ARM_PARTS if part in fronts]
        backs = {name: rimless(texture, self.head.stature) for name, texture in fronts.items()}
        backs[Part.TRUNK] = self._evened(Worn(trunk, sleeves, upper, upper + self.lower, self.body, self.box))
        stays = self.subject.parsing.lower * (1 - self.removed)
        worn = {name: self.on_box(stays * self.subject.parts[Part(name)]) for name in backs if name not in ARM_PARTS}
        worn[Part.TRUNK] = not_hidden(worn[Part.TRUNK], trunk, backs[Part.TRUNK])
        backs |= plain_behind({name: backs[name] for name in worn}, worn, self.head.stature)
        pieces = [Piece(name, texture, backs[name], _outline(texture, sliver)) for name, texture in fronts.items()]
        back = backs[Part.TRUNK]
        pieces.append(Piece(Part.TRUNK, trunk, back, np.maximum(trunk_domain, _outline(back))))
        pieces.append(Piece(HEAD, own_head, own_head, _outline(own_head)))
        for number, texture in enumerate(self._cut[1]):
            pieces.append(Piece(thing_name(number), texture, rimless(texture, self.head.stature), _outline(texture)))
        return pieces


def _outline(texture: Texture, sliver: int = 1) -> np.ndarray:
    """Where a picture has colour, grown by a pixel; its ragged edge is smoothed. sliver: pixels, what is thinner is none of
    it.
    """
    solid = (texture.picture[..., 3] >= FAINT).astype(np.uint8)
    solid = cv2.morphologyEx(solid, cv2.MORPH_OPEN, np.ones((sliver, sliver), np.uint8))
    solid = cv2.dilate(solid, np.ones((3, 3), np.uint8))
    return cv2.GaussianBlur(solid.astype(np.float32), (0, 0), 1.5)


def _faded(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """A premultiplied picture (h, w[, 4]) times a mask (h, w)."""
    return to_8bit(picture * (mask if picture.ndim == 2 else spread(mask, picture.shape[2])))


def _move_islands(fronts: dict[str, Texture]) -> None:
    """Small patches apart from their part go to the part that they lie beside: a finger that was taken for a skirt."""
    solid = {name: (texture.picture[..., 3] >= FAINT).astype(np.uint8) for name, texture in fronts.items()}
    for name, texture in fronts.items():
        count, labels, stats, _ = cv2.connectedComponentsWithStats(solid[name])
        if count < 3:
            continue
        largest = stats[1:, cv2.CC_STAT_AREA].max()
        for label in range(1, count):
            if stats[label, cv2.CC_STAT_AREA] >= ISLAND * largest:
                continue
            x, y, width, height = stats[label, :4]
            margin = 12
            here = window((max(0, x - margin), max(0, y - margin), x + width + margin, y + height + margin))
            island = labels[here] == label
            around = cv2.dilate(island.astype(np.uint8), np.ones((2 * margin + 1, 2 * margin + 1), np.uint8))
            near = {other: int((around * solid[other][here]).sum()) for other in fronts if other != name}
            target = max(near, key=lambda other: near[other])
            if not near[target]:
                continue
            for moved, stays in (
                (fronts[target].picture, texture.picture),
                (fronts[target].clothing, texture.clothing),
            ):
                patch = np.where(island[..., None] if moved.ndim == 3 else island, stays[here], 0)
                moved[here] = np.maximum(moved[here], patch)
                stays[here][island] = 0


def _head_mask(trunk: Texture, hair: np.ndarray, place: HeadPlace) -> np.ndarray:
    """(h, w) float32 in [0, 1]: what turns with the head: all above the jaw near the face, and the hair that hangs below."""
    y, x = np.mgrid[: hair.shape[0], : hair.shape[1]].astype(np.float32)
    beside = np.abs(x - place.middle)
    above = smoothstep(place.above_jaw(x, y), -0.03 * place.half, 0.05 * place.half) * (beside < 2.2 * place.half)
    hanging = smoothstep(cv2.GaussianBlur(hair, (0, 0), 1.0), 0.4, 0.7) * (beside < 3.2 * place.half)
    hanging = hanging * (y < place.chin + 0.3 * place.stature)
    mask = np.maximum(above, hanging) * (trunk.picture[..., 3] > 0)
    _, labels, stats, _ = cv2.connectedComponentsWithStats((mask > 0.5).astype(np.uint8))
    if len(stats) > 2:  # a dark bag or button is no hair
        largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
        mask = mask * cv2.dilate((labels == largest).astype(np.uint8), np.ones((5, 5), np.uint8))
    # The soft rim of hair goes with it, and so does what it cuts off from the trunk.
    near = cv2.dilate((mask > 0.5).astype(np.uint8), np.ones((2 * round(0.008 * place.stature) + 1,) * 2, np.uint8)) > 0
    mask = np.where(near & (trunk.picture[..., 3] < SOLID) & (trunk.picture[..., 3] > 0), 1.0, mask)
    left = ((mask < 0.98) & (trunk.picture[..., 3] > 0)).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(left)
    if len(stats) > 2:
        largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
        mask = np.where(near & (labels != largest) & (left > 0), 1.0, mask)
    return mask.astype(np.float32)


def _without_head(whole: Texture, mask: np.ndarray, place: HeadPlace, neck: np.ndarray) -> tuple[Texture, np.ndarray]:
    """The trunk with neck and clothes carried on under chin and hair, and its outline. neck: (n, 3, 2), the body's
    triangles of neck and chest on the box.
    """
    height, width = mask.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    alpha = whole.picture[..., 3]
    silhouette = np.zeros(mask.shape, np.uint8)
    low, high = place.chin - 0.5 * place.half, place.chin + 0.3 * place.stature
    for triangle in np.round(neck[(neck[..., 1].max(1) > low) & (neck[..., 1].min(1) < high)]).astype(np.int32):
        cv2.fillConvexPoly(silhouette, triangle, 1)
    reach = max(3, int(0.05 * place.stature)) | 1
    body = 2 * round(0.015 * place.stature) + 1
    head = bounding_box(mask > 0) or (0, 0, 1, 1)
    around = window(grown(head, reach + body, mask.shape))  # elsewhere nothing is hidden by the head
    closed = np.zeros(mask.shape, np.uint8)
    closed[around] = cv2.morphologyEx(
        ((alpha > 127) & (mask < 0.5))[around].astype(np.uint8),
        cv2.MORPH_CLOSE,
        cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)),
    )
    closed[around] &= cv2.dilate(silhouette[around], cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (body, body)))
    under_chin = (np.abs(x - place.middle) < 0.8 * place.half) & (y > place.chin - 0.3 * place.half)
    hidden = (mask > 0.02) & ((silhouette > 0) | (closed > 0)) & (under_chin | (y > place.chin + 0.15 * place.half))
    hidden &= cv2.erode((alpha >= SOLID).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0  # nothing shines through
    seen = ((alpha > 230) & (mask < 0.02)).astype(np.float32)
    seen = cv2.erode(seen, np.ones((5, 5), np.uint8))
    covered = whole.clothing / np.maximum(alpha.astype(np.float32), 1)
    colors = colors_of(whole.picture)
    here = window(head)
    filled = push_pull(joined(colors, 255 * covered), seen)[here]
    own = ((mask < 0.98) * alpha.astype(np.float32) / 255)[here]
    share = np.maximum(own, cv2.GaussianBlur(hidden.astype(np.float32), (0, 0), 1.0)[here])
    kept = np.where(mask[here] < 0.98, 1.0, 0.0).astype(np.float32) * (own > 0.02)
    color = np.where(spread(kept > 0), colors[here], filled[..., :3])
    clothing = np.where(kept > 0, covered[here], filled[..., 3] / 255) * share
    picture = to_8bit(joined(np.clip(color, 0, 255) * spread(share), 255 * share))
    of_head = mask[here] > 0
    texture = Texture(whole.picture.copy(), whole.clothing.copy())
    texture.picture[here] = np.where(spread(of_head, 4), picture, whole.picture[here])
    texture.clothing[here] = np.where(of_head, to_8bit(255 * clothing), whole.clothing[here])
    return texture, _outline(texture)
