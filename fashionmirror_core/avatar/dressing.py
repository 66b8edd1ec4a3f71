"""Dress once: the person, cut into layers, without the old clothes and in the new garment (docs/method.md, "Layers").

Every part of the body (trunk, arms, legs) becomes one layer at the photo's own resolution, with what was hidden behind
other parts filled in: skin where old clothes went, cloth where cloth was kept. The garment's pixels are sampled once
from its picture; frames only move these layers, so colour and print cannot drift.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from fashionmirror_core.avatar.layers import FAR, Layer
from fashionmirror_core.body.proportions import Body
from fashionmirror_core.cloth.collar import collar_cut
from fashionmirror_core.cloth.fitting import PART_OF_PIECE, GarmentFit
from fashionmirror_core.cloth.splines import NOWHERE, STEP
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.imaging.alpha import over, premultiplied
from fashionmirror_core.imaging.boxes import Box, bounding_box, window
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.imaging.fill import push_pull
from fashionmirror_core.imaging.levels import to_8bit
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.person.subject import Subject
from fashionmirror_core.vocabulary import ARM_PARTS, Category, Part, Side

SPUR_REACH_PIXELS = 13  # stage pixels around what was removed of a limb, within which its last rests are looked for
LIMB_END = 0.86  # of a limb's length, where the hand or the foot begins
SKIN_REACH_STATURES = (0.03, 0.25)  # statures from bare skin, within which invented skin becomes less like it
FEW_SKIN = 12  # stage pixels of skin that tell its colour
SKIN_SEEN_PIXELS = 300.0  # stage pixels of a part's own bare skin, from which it counts more than the person's mean
NO_BODY_BESIDE_CLOTH = 0.4  # of the spine from neck to hips: from there on no guessed body shows beside the cloth
WAISTBAND_SPINE = 0.8  # of the spine from neck to hips: where skirts and trousers are taken to begin
STANDS = (0.6, 0.95)  # share of what a place hides that isn't skin, between which it begins to be drawn and is whole
STRIP = 0.004  # statures squared: a smaller piece of the trunk is no part of it
FAINT = 0.12  # alpha below which nothing is drawn: a turned surface has no soft edge
CRISP = (0.2, 0.8)  # of a cut-out's alpha, between which the edge of new clothes goes from clear to whole
EDGE = 5  # pixels across which new clothes take the colour from inside
KEEP = (0.35, 0.65)  # of ``Refinement.keep``, at which cloth begins to stay and stays whole


def enlarge_map(values: np.ndarray, matrix: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A coarse sampling map (h, w, 2) float32, drawn up to ``size`` (width, height) by output -> coarse ``matrix``.

    NaN means "nowhere": whatever touches it (or lies outside) becomes a place far outside of any picture. A number
    there would be interpolated with its neighbours, and somewhere between them hit the picture: specks.
    """
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    enlarged = cv2.warpAffine(values.astype(np.float32), matrix, size, flags=flags, borderValue=(np.nan, np.nan))
    cv2.patchNaNs(enlarged, FAR)
    return enlarged


@dataclass(frozen=True)
class Refinement:
    """The networks' corrections of the layers, on the stage.

    keep: per garment, (H, W) float32 in [0, 1], smooth; its cloth stays where that is above one half. body: (H, W, 3) in
    [-1, 1], RGB added to the body that was invented.
    """

    keep: tuple[np.ndarray, ...]
    body: np.ndarray

    @classmethod
    def none(cls, garments: int, size: tuple[int, int]) -> Refinement:
        """All cloth stays, and the body as it is. size: (H, W) of the stage."""
        return cls((np.ones(size, np.float32),) * garments, np.zeros((*size, 3), np.float32))


@dataclass(frozen=True)
class DressedPart:
    """One part of the person and the new clothes on it; (h, w, 4) uint8, premultiplied, on ``box``, photo pixels.

    human: without the old clothes. garment: less what lies over it inside the part (hair).
    """

    box: Box
    human: np.ndarray
    garment: np.ndarray


def clothing_name(part: Part) -> str:
    """The name of the layer of the new clothes on a part."""
    return f"{part} clothing"


# -------------------------------------------------------------------------------------------------------------- human


def _beyond_edge(mask: np.ndarray, matte: np.ndarray) -> np.ndarray:
    """A mask within the matte, carried on past the matte's soft edge and leaning outward: no rim of old cloth stays."""
    share = push_pull(mask / np.maximum(matte, 0.05), (matte > 0.7).astype(np.float32))
    rim = 1 - cv2.erode((matte > 0.9).astype(np.float32), np.ones((5, 5), np.uint8))
    return np.where(rim > 0, smoothstep(share, 0.2, 0.6), smoothstep(share, 0.25, 0.75)).astype(np.float32)


def _extent_of_parts(subject: Subject, removed: np.ndarray) -> dict[Part, np.ndarray]:
    """Where each part's human layer has pixels: the kept pixels of the part, and its bare body where something hides it."""
    extents = {}
    visible = np.clip(subject.matte, 0, 1)
    for part in Part:
        kept = subject.parts[part] * (1 - removed)
        bare = subject.body.silhouette(part, subject.size)
        # Where the photo shows something else: the part's own old clothes, or another part of the person.
        extents[part] = np.maximum(kept, np.minimum(bare, visible - kept))
    # Kept cloth goes on behind an arm that lies against it: close the trunk over the arms.
    arms = np.maximum(*(subject.parts[part] for part in ARM_PARTS))
    kept = subject.parts[Part.TRUNK] * (1 - removed)
    reach = int(0.05 * subject.body.stature) | 1
    closed = cv2.morphologyEx(kept, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    extents[Part.TRUNK] = np.maximum(extents[Part.TRUNK], np.minimum(closed, arms))
    return extents


def _spurs(subject: Subject, part: Part, removed: np.ndarray) -> np.ndarray:
    """(H, W) of 0 and 1: beside a bare limb, near where its old clothes went: the last of a cuff or a hem, no limb.

    Hands and feet, which are wider than the limb's end, don't count.
    """
    near = cv2.dilate(
        (removed * subject.parts[part] > 0.5).astype(np.uint8),
        np.ones((SPUR_REACH_PIXELS, SPUR_REACH_PIXELS), np.uint8),
    )
    y, x = np.nonzero(near)
    axis, half = subject.body.limb(part)
    if not len(x):
        return near.astype(np.float32)
    distance = np.hypot(x[:, None] - axis[:, 0], y[:, None] - axis[:, 1])
    nearest = distance.argmin(1)
    outside = distance[np.arange(len(x)), nearest] > 1.05 * half[nearest] + 0.5
    spurs = np.zeros(near.shape, np.float32)
    spurs[y, x] = outside & (nearest < LIMB_END * len(axis))
    return spurs


def _core(mask: np.ndarray) -> np.ndarray:
    """The certain inside of a mask, (H, W) float32 of 0 and 1."""
    return cv2.erode((mask > 0.75).astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.float32)


def _below_chin(subject: Subject) -> np.ndarray:
    """(H, 1) of 0 and 1: the face has lips and eyes, which are no skin to carry on."""
    rows = np.arange(subject.size[0])[:, None]
    chin = 0.35 * subject.body.nose[1] + 0.65 * subject.body.neck[1]
    return (rows > chin - 0.02 * subject.body.stature).astype(np.float32)


def skin_colors(
    subject: Subject, part: Part, shaded: np.ndarray | None = None, beside: np.ndarray | None = None
) -> np.ndarray:
    """(H, W, 3) float32 RGB: this part's own skin carried over all of it. shaded: (H, W) of 0 and 1, skin in the shadow of
    clothes, which doesn't count. beside: (H, W, C), other values of the same pixels, which become channels of the result.
    """
    picture = subject.image.astype(np.float32)
    if beside is not None:
        picture = np.dstack([picture, beside.astype(np.float32)])
    parsing = subject.parsing
    own = {Part.TRUNK: np.maximum(parsing.torso, parsing.head)}.get(part, parsing.arms if part.is_arm else parsing.legs)
    core = _core(own * (subject.parts[part] if part is not Part.TRUNK else 1.0)) * _below_chin(subject)
    if shaded is not None and (core * (1 - shaded)).sum() > FEW_SKIN:
        core = core * (1 - shaded)
    everywhere = _core(np.maximum.reduce([parsing.head, parsing.arms, parsing.legs, parsing.torso]))
    seen = picture[everywhere > 0]
    if len(seen) > 30:
        # Neither the shadows under hair and chin nor the highlights are the skin's colour.
        low, high = np.percentile(seen[:, :3].sum(1), [40, 85])
        mean = np.median(seen[(seen[:, :3].sum(1) >= low) & (seen[:, :3].sum(1) <= high)], axis=0)
    else:
        mean = np.concatenate([parsing.skin_color, np.median(picture[..., 3:].reshape(-1, picture.shape[2] - 3), 0)])
    fill = np.broadcast_to(mean, picture.shape).astype(np.float32)
    if core.sum() > FEW_SKIN:
        # A hand in the shade or in the sun tells its forearm's colour; the rest of the arm leans to the person's own.
        own = push_pull(picture, core)
        away = cv2.distanceTransform((core == 0).astype(np.uint8), cv2.DIST_L2, 5) / subject.body.stature
        near = 1 - smoothstep(away, *SKIN_REACH_STATURES)
        share = near + (1 - near) * core.sum() / (core.sum() + SKIN_SEEN_PIXELS)
        fill = fill + share[..., None] * (own - fill)
    return fill


def invented_skin(subject: Subject, part: Part) -> np.ndarray:
    """(H, W, 3) float32 RGB: ``skin_colors``, shaded round like a limb."""
    fill = skin_colors(subject, part)
    bare = (subject.body.silhouette(part, subject.size) > 0.5).astype(np.uint8)
    depth = cv2.distanceTransform(bare, cv2.DIST_L2, 3)
    half = max(float(depth.max()), 1.0) if part is Part.TRUNK else np.maximum(cv2.dilate(depth, np.ones((9, 9))), 1.0)
    rim = np.clip(depth / (half if part is not Part.TRUNK else 0.6 * half), 0, 1)
    shade = 0.88 + 0.14 * np.sqrt(np.clip(1 - (1 - rim) ** 2, 0, 1))
    return np.clip(fill * cv2.GaussianBlur(shade.astype(np.float32), (0, 0), 1.0)[..., None], 0, 255)


def undressed_share(subject: Subject, part: Part, removed: np.ndarray, only_lower: bool) -> np.ndarray:
    """(H, W) float32 in [0, 1] on the stage: where a part is skin that the photo doesn't show.

    Removed clothes show skin; a place that another part hides is as its kept surroundings, or skin under removed clothes.
    removed: M_r. only_lower: whether the new clothes leave the top on.
    """
    bare = push_pull(removed, (subject.parts[part] > 0.5).astype(np.float32))
    if not (subject.parts[part] * (1 - removed)).max() > 0.5:
        bare = np.ones_like(removed)
    # Under a kept top, an arm hid cloth, not skin.
    doubt = (0.7, 0.95) if part is Part.TRUNK and only_lower else (0.3, 0.7)
    return np.maximum(smoothstep(bare, *doubt), removed).astype(np.float32)


def _without_strips(alpha: np.ndarray, least: float) -> np.ndarray:
    """An alpha (h, w) without pieces of fewer pixels than ``least``: what is left of a hem between old and kept clothes."""
    _, pieces, boxes, _ = cv2.connectedComponentsWithStats((alpha > 0).astype(np.uint8))
    small = boxes[:, cv2.CC_STAT_AREA] < least
    return np.where(small[pieces], 0, alpha).astype(np.float32)


def kept_colors(subject: Subject, part: Part, removed: np.ndarray) -> np.ndarray:
    """(H, W, 3) float32 RGB: the kept pixels of the part, continued behind whatever hides it."""
    kept = ((subject.parts[part] * (1 - removed)) > 0.9).astype(np.uint8)
    kept = cv2.erode(kept, np.ones((3, 3), np.uint8)).astype(np.float32)
    return push_pull(subject.image.astype(np.float32), kept)


def waistband_under(
    subject: Subject, removed: np.ndarray, categories: Sequence[Category]
) -> tuple[np.ndarray, np.ndarray] | None:
    """Where a removed top or coat hid the kept skirt or trousers, (H, W) in [0, 1], and what they look like there, (H, W, 3)
    float32 RGB: from the waist down, where they are what comes next. None where that is nowhere.
    """
    parsing, body = subject.parsing, subject.body
    if any(category != Category.UPPER for category in categories):
        return None
    # Away from the removed clothes: their shadow and their rests lie along them.
    kept = _core(parsing.lower * (1 - cv2.dilate(removed, np.ones((11, 11), np.uint8))))
    if kept.sum() < 30:
        return None
    waist = float(body.on_axis(WAISTBAND_SPINE)[1])
    below = smoothstep(np.arange(subject.size[0], dtype=float)[:, None], waist - 1.5, waist + 1.5)
    arms = np.maximum(*(subject.parts[part] for part in ARM_PARTS))
    seen = _core(np.clip(subject.matte, 0, 1) * (1 - removed) * (1 - arms)) * (below > 0.5)
    next_to = push_pull(parsing.lower, seen.astype(np.float32))
    where = below * smoothstep(next_to, 0.3, 0.6) * removed
    return where.astype(np.float32), push_pull(subject.image.astype(np.float32), kept)


def _faded(removed: np.ndarray) -> np.ndarray:
    """M_r on a limb, grown by two stage pixels and fading out over some more; a mere strip of it doesn't count."""
    removed = cv2.morphologyEx(removed, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    grown = cv2.dilate(removed, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    return cv2.GaussianBlur(grown, (0, 0), 1.5)


class NativeBox:
    """Carries stage pictures to the photo's resolution; masks snap to the photo's edges by a guided filter."""

    def __init__(self, stage: Stage, image: np.ndarray, box: Box) -> None:
        self.stage, self.box = stage, box
        x0, y0, x1, y1 = box
        self.size = (x1 - x0, y1 - y0)
        self.image = image[y0:y1, x0:x1]
        shift = np.array([[0, 0, stage.scale * x0], [0, 0, stage.scale * y0]])
        self.matrix = stage.matrix + shift  # box pixel -> stage pixel
        radius = max(2, round(1.5 / stage.scale))
        self.filter = cv2.ximgproc.createGuidedFilter(self.image, radius, (0.04 * 255) ** 2)

    def up(self, picture: np.ndarray, interpolation: int = cv2.INTER_LINEAR) -> np.ndarray:
        flags = interpolation | cv2.WARP_INVERSE_MAP
        return cv2.warpAffine(picture, self.matrix, self.size, flags=flags, borderMode=cv2.BORDER_REPLICATE)

    def mask(self, mask: np.ndarray) -> np.ndarray:
        """A mask that follows the photo's edges."""
        return np.clip(self.filter.filter(self.up(mask.astype(np.float32))), 0, 1)

    def places(self) -> np.ndarray:
        """(h, w, 2): where on the stage each of the box's pixels is."""
        x, y = np.meshgrid(np.arange(self.size[0]), np.arange(self.size[1]))
        return np.stack([x, y], -1) @ self.matrix[:, :2].T + self.matrix[:, 2]

    def garment_map(self, values: np.ndarray) -> np.ndarray:
        """A garment map (sampled every STEP stage pixels) -> (h, w, 2) for the box's pixels."""
        return enlarge_map(np.where(values > NOWHERE / 2, values, np.nan), self.matrix / STEP, self.size)


# ------------------------------------------------------------------------------------------------------------ garment


def _texture(garment: Garment, fit: GarmentFit, stage: Stage) -> tuple[np.ndarray, float]:
    """The garment's premultiplied picture (float32, 0..255), shrunk to the scale at which it will be shown."""
    factor = min(1.0, 1.15 * fit.scale / stage.scale)
    alpha = garment.image[..., 3].astype(np.float32) / 255 * collar_cut(garment)
    rgba = premultiplied(garment.image[..., :3], alpha)
    if factor < 0.95:
        rgba = cv2.resize(rgba, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return rgba, factor


def _pieces(fit: GarmentFit) -> dict[str, np.ndarray]:
    """Piece masks; the body runs on a little under its sleeves or legs, so that no seam opens between two soft edges."""
    masks = dict(fit.masks)
    body = masks["body"]
    reach = max(3, round(0.03 * body.shape[1])) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    masks["body"] = cv2.dilate(body, kernel)
    return masks


def _along_upper_arm(native: NativeBox, body: Body, side: Side) -> tuple[np.ndarray, float]:
    """How far each pixel (h, w) is down the upper arm from the shoulder, and the upper arm's length; stage pixels."""
    shoulder, elbow, _ = body.arm(side)
    length = max(float(np.hypot(*(elbow - shoulder))), 1e-3)
    return (native.places() - shoulder) @ ((elbow - shoulder) / length), length


def _shoulder_cap(native: NativeBox, body: Body, side: Side) -> np.ndarray:
    """(h, w) in [0, 1]: the share of an arm's layer that still belongs to the shoulder, where the garment's body lies on it.

    It fades away from the arm, too: where the layer's box cut it off, a seam would move over the chest.
    """
    along, length = _along_upper_arm(native, body, side)
    inward = -side.sign * body.across
    beside = (native.places() - body.arm(side)[0]) @ inward
    cap = (1 - smoothstep(along, 0.10 * length, 0.34 * length)) * (1 - smoothstep(beside, 0.08 * length, 0.30 * length))
    return cap.astype(np.float32)


def in_sleeve(native: NativeBox, body: Body, fits: Sequence[GarmentFit], side: Side) -> np.ndarray:
    """(h, w) in [0, 1]: where the arm is inside a new sleeve; zero without one."""
    sleeve = max((fit.lengths.get(f"sleeve_{side}", 0.0) for fit in fits), default=0.0)
    if sleeve <= 0:
        return np.zeros((native.size[1], native.size[0]), np.float32)
    along, length = _along_upper_arm(native, body, side)
    _, elbow, wrist = body.arm(side)
    forearm = (wrist - elbow) / max(float(np.hypot(*(wrist - elbow))), 1e-3)
    along = np.minimum(along, length) + np.maximum((native.places() - elbow) @ forearm, 0) * (along > 0.5 * length)
    # A short sleeve stands off the arm, a long one holds it.
    begin = float(np.interp(sleeve, [length, 1.5 * length], [0.5, 0.85])) * sleeve
    end = float(np.interp(sleeve, [length, 1.5 * length], [0.8, 0.95])) * sleeve
    return (1 - smoothstep(along, begin, end)).astype(np.float32)


def _below_waist(subject: Subject) -> np.ndarray:
    """(H, W) in [0, 1]: below the hem of the kept top, where a new skirt or trousers may begin to show."""
    columns = np.abs(np.arange(subject.size[1]) - subject.body.mid_hip[0]) < 0.05 * subject.body.stature
    rows = np.arange(subject.size[0], dtype=float)[:, None]
    top = (subject.parsing.upper > 0.5) & columns
    if not top.any():
        return np.ones(subject.size, np.float32)
    hem = float(np.median(np.max(np.where(top, rows, 0), axis=0)[top.any(0)]))
    return np.broadcast_to(smoothstep(rows, hem - 3, hem), subject.size).astype(np.float32)


def with_clean_edges(cloth: np.ndarray) -> np.ndarray:
    """New clothes (h, w, 4), premultiplied, with their own colour up to the edge.

    There the background of the garment's photo shines through: it would be a bright seam once the edge turns.
    """
    around = bounding_box(cloth[..., 3] > 0)
    if around is None:
        return cloth
    here = window(around)
    alpha = cloth[here][..., 3:].astype(np.float32)
    core = cv2.erode((alpha[..., 0] > 250).astype(np.uint8), np.ones((EDGE, EDGE), np.uint8), borderValue=0)
    if not core.any():
        return cloth
    colors = push_pull(cloth[here][..., :3] * (255 / np.maximum(alpha, 1)), core.astype(np.float32))
    # A cut-out that is enlarged has an edge many pixels wide, which would glow around the person.
    crisp = smoothstep(alpha / 255, *CRISP)
    own = to_8bit(255 * np.concatenate([colors / 255 * crisp, crisp], -1))
    result = cloth.copy()
    result[here][core == 0] = own[core == 0]
    return result


def _garment_layer(
    part: Part,
    garments: Sequence[Garment],
    fits: Sequence[GarmentFit],
    keep: Sequence[np.ndarray],
    native: NativeBox,
    body: Body,
) -> np.ndarray:
    """The new clothes on one part, (h, w, 4) uint8 premultiplied, the first garment undermost."""
    layer = np.zeros((native.size[1], native.size[0], 4), np.uint8)
    for garment, fit, kept in zip(garments, fits, keep, strict=True):
        texture, factor = _texture(garment, fit, native.stage)
        for piece, mask in _pieces(fit).items():
            on_cap = piece == "body" and part.is_arm and garment.category != Category.LOWER
            if PART_OF_PIECE[piece] != part and not on_cap:
                continue
            places = native.garment_map(fit.maps[piece])
            # Pixel centres: the shrunk picture's pixel is (x + 0.5) * factor - 0.5.
            at = (places + 0.5) * factor - 0.5
            warped = cv2.remap(texture, at, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT)
            share = cv2.remap(mask, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
            share = share * smoothstep(native.up(kept), *KEEP).astype(np.float32)
            if on_cap:
                share = share * _shoulder_cap(native, body, part.side)
            # Cubic sampling overshoots: premultiplied colour may not exceed alpha.
            warped[..., :3] = np.minimum(warped[..., :3], warped[..., 3:])
            layer = over(cv2.multiply(warped, cv2.merge([np.clip(share, 0, 1)] * 4), dtype=cv2.CV_8U), layer)
    return with_clean_edges(layer)


# ------------------------------------------------------------------------------------------------------------- layers


def _box_of(mask: np.ndarray, stage: Stage, size: tuple[int, int], margin: float = 6.0) -> Box:
    """The photo box around a stage mask, clipped to the photo (width, height)."""
    box = bounding_box(mask > 0.02)
    if box is None:
        return (0, 0, 1, 1)
    low = stage.to_photo(np.array(box[:2]) - margin)
    high = stage.to_photo(np.array(box[2:]) - 1 + margin)
    x0, y0 = np.clip(np.floor(low).astype(int), 0, [size[0] - 1, size[1] - 1])
    x1, y1 = np.clip(np.ceil(high).astype(int) + 1, 1, size)
    return (int(x0), int(y0), int(max(x1, x0 + 1)), int(max(y1, y0 + 1)))


def _coverage(fit: GarmentFit, garment: Garment, size: tuple[int, int]) -> dict[Part, np.ndarray]:
    """Where each part carries cloth of this garment, on the stage: part -> (H, W) float32."""
    cover: dict[Part, np.ndarray] = {}
    alpha = garment.image[..., 3].astype(np.float32) / 255 * collar_cut(garment)
    for piece, mask in _pieces(fit).items():
        places = fit.on_stage(piece, size)
        cover[PART_OF_PIECE[piece]] = cv2.remap(alpha * mask, places, None, cv2.INTER_LINEAR)
    return cover


def _beside_cloth(subject: Subject, cover: np.ndarray) -> np.ndarray:
    """(H, W) in [0, 1]: to both sides of the new cloth on the trunk, ``cover`` (H, W), from the armpits to its hem.

    A body is guessed, and cut a little wider than the cloth it would show as strips of skin along a dress.
    """
    size, body = subject.size, subject.body
    rows, columns = np.arange(size[0]), np.arange(size[1], dtype=np.float32)
    shares = np.interp(rows, body.on_axis(np.array([0.0, 1.0]))[:, 1], [0.0, 1.0])
    middle = np.clip(np.round(body.on_axis(shares)[:, 0]).astype(int), 0, size[1] - 1)
    worn = cover > 0.5
    covered = worn[rows, middle] & (rows > body.on_axis(NO_BODY_BESIDE_CLOTH)[1])
    if not covered.any():
        return np.zeros(size, np.float32)
    left, right = (np.where(covered, side, np.nan) for side in (worn.argmax(1), size[1] - 1 - worn[:, ::-1].argmax(1)))
    inside = np.minimum(columns - left[:, None], right[:, None] - columns)
    return np.where(covered[:, None], np.clip(1.5 - inside, 0, 1), 0).astype(np.float32)


def _overlay(subject: Subject, categories: Sequence[Category]) -> np.ndarray:
    """(H, W): the trunk's share over the new clothes: hair and face, and the kept top over a new skirt or trousers."""
    parsing, body = subject.parsing, subject.body
    rows = np.arange(subject.size[0])[:, None]
    chin = 0.45 * body.nose[1] + 0.55 * body.neck[1]
    face = parsing.head * (1 - smoothstep(rows.astype(float), chin - 0.012 * body.stature, chin + 0.012 * body.stature))
    front = np.maximum(parsing.hair, face)
    if all(category == Category.LOWER for category in categories):
        front = np.maximum(front, parsing.upper)
    return front.astype(np.float32)


def build_layers(
    image: np.ndarray,
    matte: np.ndarray,
    stage: Stage,
    subject: Subject,
    removed: np.ndarray,
    categories: Sequence[Category],
    garments: Sequence[Garment] = (),
    fits: Sequence[GarmentFit] = (),
    refinement: Refinement | None = None,
) -> list[Layer]:
    """The person in layers, one a part, without what garments of these categories replace. With flat garments one layer
    a part follows for the clothes on it.

    Each moves with its part's flow; a part's clothes follow the part in the list, so they lie over it.

    Args:
        image: (H, W, 3) uint8, the photo with the background's colour taken out of the matte's edge.
        matte: (H, W) float32 at the photo's resolution.
        removed: M_r on the stage.
        categories: of the new clothes.
        garments, fits: the new clothes where they are laid flat on the person, from the undermost to the outermost.
        refinement: of the networks; None without.
    """
    refinement = refinement or Refinement.none(len(garments), subject.size)
    removed = _beyond_edge(removed, subject.matte)
    if any(category != Category.UPPER for category in categories):
        # Below the hips the trunk is nothing but the old skirt or hem, and a bag.
        rows = np.arange(subject.size[0])[:, None]
        hem = smoothstep(rows.astype(float), *(subject.body.mid_hip[1] + subject.body.stature * np.array([0.02, 0.04])))
        hem = hem * (subject.parts[Part.TRUNK] > 0.02) * (1 - smoothstep(subject.parsing.accessory, 0.3, 0.7))
        removed = np.maximum(removed, hem.astype(np.float32))
    extents = _extent_of_parts(subject, removed)
    covers = [_coverage(fit, garment, subject.size) for garment, fit in zip(garments, fits, strict=True)]
    nowhere = np.zeros(subject.size, np.float32)
    beside = _beside_cloth(subject, np.maximum.reduce([nowhere, *(cover[Part.TRUNK] for cover in covers)]))
    front = _overlay(subject, categories)
    only_lower = all(category == Category.LOWER for category in categories)
    waistband = waistband_under(subject, removed, categories)
    dressed: dict[Part, DressedPart] = {}
    photo_size = (image.shape[1], image.shape[0])
    large = replace(subject.body, joints=stage.to_photo(subject.body.joints))
    for part in Part:
        reach = np.maximum.reduce([extents[part], *(c[part] for c in covers if part in c)])
        if part.is_arm:  # the shoulder's cap carries the garment's body
            reach = np.maximum(reach, subject.body.silhouette(part, subject.size))
        box = _box_of(reach, stage, photo_size)
        native = NativeBox(stage, image, box)
        x0, y0, x1, y1 = box
        own_matte = matte[y0:y1, x0:x1]

        shown = np.minimum(native.mask(subject.parts[part]), own_matte)
        # A hand before old trousers loses nothing of itself.
        lost = np.zeros_like(removed) if part.is_arm and only_lower else removed
        gone = native.mask(lost)
        if part is not Part.TRUNK:
            # Skin fades into skin: past the end of a sleeve or hem lie its shadow and its rim.
            gone = np.maximum(gone, native.up(_faded(lost * subject.parts[part])))
            spurs = _spurs(subject, part, lost)
            lost = np.maximum(lost, spurs)
            bare_limb = large.silhouette(part, photo_size[::-1])[y0:y1, x0:x1]
            rests = native.up(cv2.dilate(spurs, np.ones((3, 3), np.uint8))) * (1 - bare_limb)
            gone = np.maximum(gone, rests)
        kept = shown * (1 - gone)
        # The stage's soft edge is several photo pixels wide: an invented limb is as crisp as a real one.
        if part is Part.TRUNK:
            crisp = smoothstep(native.up(extents[part]), 0.3, 0.7).astype(np.float32)
        else:
            seen = native.up(subject.parts[part] * (1 - lost))
            crisp = np.maximum(smoothstep(seen, 0.3, 0.7).astype(np.float32), bare_limb)
        if not part.is_arm:
            crisp = crisp * (1 - native.up(beside))
        alpha = np.maximum(kept, np.minimum(crisp, own_matte))
        skin, cloth = native.up(invented_skin(subject, part)), native.up(kept_colors(subject, part, removed))
        undressed = native.up(undressed_share(subject, part, removed, only_lower))[..., None]
        behind = undressed * skin + (1 - undressed) * cloth
        if refinement.body.any():
            behind = np.clip(behind + 255 * native.up(refinement.body), 0, 255)
        if waistband is not None and not part.is_arm:
            hidden, cloth = (native.up(picture) for picture in waistband)
            behind += hidden[..., None] * (cloth - behind)
        if not garments:  # the body's own surface stands there
            alpha = np.maximum(kept, np.minimum(alpha, smoothstep(1 - undressed[..., 0], *STANDS)))
            alpha = np.where(alpha < FAINT, 0, alpha).astype(np.float32)
            if part is Part.TRUNK:
                alpha = _without_strips(alpha, STRIP * large.stature**2)
        share = (kept / np.maximum(alpha, 1e-3)).clip(0, 1)[..., None]
        if part.is_arm:  # where the shoulder's cap reaches into the trunk, it shows what the photo shows there
            beside = native.mask(subject.parts[Part.TRUNK] * (1 - removed))
            share = np.maximum(share, (beside * (1 - gone))[..., None])
        human = premultiplied(share * native.image + (1 - share) * behind, alpha)

        keep: Sequence[np.ndarray] = refinement.keep
        if not part.is_arm:  # M_c ends at an arm; the cloth goes on behind it, since the arm may move away
            arms = cv2.dilate(np.maximum(*(subject.parts[arm] for arm in ARM_PARTS)), np.ones((7, 7), np.uint8))
            keep = [np.maximum(kept, arms) for kept in keep]
        if part is Part.TRUNK:  # nor does M_c open the cloth over an invented body
            keep = [np.maximum(kept, removed) for kept in keep]
        garment = _garment_layer(part, garments, fits, keep, native, subject.body)
        if part is Part.TRUNK:
            uncovered = 1 - np.minimum(native.mask(front), own_matte)
            if only_lower:
                uncovered = np.minimum(uncovered, native.up(_below_waist(subject)))
            garment = cv2.multiply(garment, cv2.merge([uncovered] * 4), dtype=cv2.CV_8U)
        elif part.is_arm:
            # Inside a sleeve there is no skin beside the cloth.
            bare_arm = 1 - in_sleeve(native, subject.body, fits, part.side)
            shown_skin = np.maximum(bare_arm, garment[..., 3].astype(np.float32) / 255)
            human = cv2.multiply(human, cv2.merge([shown_skin] * 4), dtype=cv2.CV_8U)
        dressed[part] = DressedPart(box, human, garment)
    dressed = with_both_feet(dressed, stage, subject.body, photo_size)
    person = [Layer(part, own.human, own.box, flow=part) for part, own in dressed.items()]
    if not garments:
        return person
    clothes = [
        Layer(clothing_name(part), own.garment, own.box, flow=part, clothing=True) for part, own in dressed.items()
    ]
    return person + clothes


def with_both_feet(
    dressed: dict[Part, DressedPart], stage: Stage, body: Body, photo_size: tuple[int, int]
) -> dict[Part, DressedPart]:
    """Where the photo hides most of one foot behind the other, the other's mirror image stands in for it, as far as
    the photo (width, height) reaches.
    """
    ankles = {side: stage.to_photo(body.leg(side)[2]) for side in Side}
    reach = body.stature / stage.scale * np.array([0.085, 0.025, 0.085])  # beside, above and below the ankle
    feet = {side: _cut_out(dressed[Part.leg(side)], ankles[side], reach) for side in Side}
    area = {side: float(foot[..., 3].sum()) for side, foot in feet.items()}
    hidden = Side.RIGHT if area[Side.RIGHT] < area[Side.LEFT] else Side.LEFT
    shown = hidden.other
    if area[hidden] > 0.45 * area[shown]:
        return dressed
    leg = dressed[Part.leg(hidden)]
    mirrored = np.ascontiguousarray(feet[shown][:, ::-1])
    x, y = np.round(ankles[hidden] - reach[:2]).astype(int)
    height, width = mirrored.shape[:2]
    x0, y0, x1, y1 = leg.box
    box = (min(x0, x), min(y0, y), max(x1, x + width), max(y1, y + height))
    canvas = np.zeros((box[3] - box[1], box[2] - box[0], 4), np.uint8)
    garment = canvas.copy()
    canvas[y - box[1] : y - box[1] + height, x - box[0] : x - box[0] + width] = mirrored
    own = (slice(y0 - box[1], y1 - box[1]), slice(x0 - box[0], x1 - box[0]))
    canvas[own] = over(leg.human, canvas[own])
    garment[own] = leg.garment
    left, top = max(0, -int(box[0])), max(0, -int(box[1]))
    inside = (slice(top, photo_size[1] - int(box[1])), slice(left, photo_size[0] - int(box[0])))
    canvas, garment = np.ascontiguousarray(canvas[inside]), np.ascontiguousarray(garment[inside])
    x0, y0 = int(box[0]) + left, int(box[1]) + top
    whole = (x0, y0, x0 + canvas.shape[1], y0 + canvas.shape[0])
    return {**dressed, Part.leg(hidden): DressedPart(whole, canvas, garment)}


def _cut_out(part: DressedPart, center: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """The human around a point of the photo: ``reach`` beside, above and below it; empty where the part ends."""
    x, y = np.round(center - reach[:2]).astype(int)
    width, height = round(2 * reach[0]), round(reach[1] + reach[2])
    patch = np.zeros((height, width, 4), np.uint8)
    x0, y0, x1, y1 = part.box
    left, top, right, bottom = max(x, x0), max(y, y0), min(x + width, x1), min(y + height, y1)
    if right > left and bottom > top:
        patch[top - y : bottom - y, left - x : right - x] = part.human[top - y0 : bottom - y0, left - x0 : right - x0]
    return patch
