"""The person, cut into layers, without the old clothes (docs/method.md, "Layers").

Every part of the body (trunk, arms, legs) becomes one layer at the photo's own resolution, with what was hidden behind
other parts filled in: skin where old clothes went, cloth where cloth was kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from fashionmirror_core.avatar.layers import Layer
from fashionmirror_core.avatar.sheets import Spine
from fashionmirror_core.body.proportions import Body
from fashionmirror_core.imaging.alpha import over, premultiplied
from fashionmirror_core.imaging.boxes import Box, bounding_box
from fashionmirror_core.imaging.channels import spread, summed
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.imaging.fill import push_pull
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.person.subject import Subject
from fashionmirror_core.vocabulary import ARM_PARTS, LEG_PARTS, Category, Part, Side

BEHIND_ARM = 0.09  # statures: how broad an arm may be behind which kept cloth goes on
SPUR_REACH_PIXELS = 13  # stage pixels around what was removed of a limb, within which its last rests are looked for
HEM_SLICES, HEM_GONE = 48, 0.02  # of a leg; of such a slice that went, from which on the old hem reaches down to it
HEM_FADE = 0.016  # statures below it, over which a bare leg comes out of the body's own
LIMB_END = 0.86  # of a limb's length, where the hand or the foot begins
SKIN_REACH_STATURES = (0.03, 0.25)  # statures from bare skin, within which invented skin becomes less like it
FEW_SKIN = 12  # stage pixels of skin that tell its colour
UNSHADED = 0.3  # of a part's bare skin that must lie out of the shade to tell the colour alone
NECK_FADE = (0.002, 0.010)  # statures from removed cloth, over which the photo's neck comes out of the body's own
BARE_IN_TIGHTS = 0.2  # of the tights' pixels, that a leg which wears them is bare beside them at most
TIGHTS_REACH = (0.01, 0.06)  # statures from what is seen of them, over which they take their usual colour
SKIN_SEEN_PIXELS = 300.0  # stage pixels of a part's own bare skin, from which it counts more than the person's mean
WAIST_BETWEEN = (0.6, 1.1)  # of the spine: where the waist of what stays is looked for
WAISTBAND_SPINE = 0.8  # of the spine from neck to hips: where skirts and trousers are taken to begin
STANDS = (0.6, 0.95)  # share of what a place hides that isn't skin, between which it begins to be drawn and is whole
STRIP = 0.004  # statures squared: a smaller piece of the trunk is no part of it
FAINT = 0.12  # alpha below which nothing is drawn: a turned surface has no soft edge


@dataclass(frozen=True)
class DressedPart:
    """One part of the person without the old clothes: (h, w, 4) uint8, premultiplied, on ``box``, photo pixels."""

    box: Box
    human: np.ndarray


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
    held = (subject.parsing.accessory > 0.5) & (arms > 0.5)
    behind_arms = np.minimum(np.maximum(_closed(kept, subject), _hanging(kept, subject)), arms * ~held)
    extents[Part.TRUNK] = np.maximum(extents[Part.TRUNK], behind_arms)
    hangs = (kept > 0.5).any(1)[:, None]
    for part in LEG_PARTS:  # what stands out from a skirt behind an arm would be no leg
        kept, own = subject.parts[part] * (1 - removed), extents[part]
        behind = np.minimum(np.where(hangs, _closed(kept, subject), own), arms - behind_arms)
        extents[part] = np.maximum.reduce([kept, np.minimum(own, 1 - arms), behind])
    return extents


def _closed(kept: np.ndarray, subject: Subject) -> np.ndarray:
    """What is kept of a part, (H, W), and what lies in it that is no broader than an arm."""
    reach = int(BEHIND_ARM * subject.body.stature) | 1
    return cv2.morphologyEx(kept, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))


def _hanging(kept: np.ndarray, subject: Subject) -> np.ndarray:
    """(H, W) of 0 and 1: a skirt, a coat or a hem is convex from the waist down. kept: (H, W), the trunk's cloth."""
    waist = int(subject.body.on_axis(WAISTBAND_SPINE)[1])
    result = np.zeros(kept.shape, np.uint8)
    solid = cv2.morphologyEx((kept[waist:] > 0.5).astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid)
    if count > 1:  # the largest patch: a rim of a bag is none of it
        points = cv2.findNonZero((labels == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())).astype(np.uint8))
        cv2.fillConvexPoly(result, cv2.convexHull(points) + np.array([0, waist]), 1)
    return result.astype(np.float32)


def behind_thing(subject: Subject, thing: np.ndarray, removed: np.ndarray) -> dict[Part, np.ndarray]:
    """Of each part, (H, W) float32 of 0 and 1 on the stage: where it goes on behind a thing (H, W) bool that is carried:
    clothes to their convex outline, legs as the body's; nowhere where they go. Arms hold it. removed: M_r.
    """
    stays = thing & (push_pull(removed, ((subject.matte > 0.5) & ~thing).astype(np.float32)) < 0.5)
    behind = {part: np.zeros(thing.shape, np.float32) for part in Part}
    outline = {part: subject.body.silhouette(part, subject.size) for part in (Part.TRUNK, *LEG_PARTS)}
    trunk = subject.parts[Part.TRUNK] * ~thing
    hangs = (trunk > 0.5).any(1)[:, None]  # a skirt or a coat is before the legs
    clothed = np.maximum(outline[Part.TRUNK], np.maximum(*(outline[part] for part in LEG_PARTS)) * hangs)
    reach = np.maximum.reduce([_closed(trunk, subject), _hanging(trunk, subject), clothed])
    trunk_behind = stays & (reach > 0.5)
    behind[Part.TRUNK] = trunk_behind.astype(np.float32)
    for part in LEG_PARTS:
        kept = subject.parts[part] * ~thing
        own = np.maximum(_closed(kept, subject), outline[part] * ~hangs) > 0.5
        behind[part] = (stays & own & ~trunk_behind).astype(np.float32)
    return behind


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


def _shade_of_hem(own: np.ndarray, gone: np.ndarray, axis: np.ndarray, stature: float) -> np.ndarray:
    """(h, w) in [0, 1]: how much of a bare leg goes, for it lies close below an old hem: the hem's shadow and last rests,
    cut off across the leg and not along the ragged edge that M_r has there.

    own, gone: (h, w), the leg's pixels, and what of them goes anyway. axis: (n, 2), its middle, from above, in their pixels.
    """
    y, x = np.nonzero(own > 0.1)
    step = float(np.linalg.norm(np.diff(axis, axis=0), axis=1).mean())
    along, _ = Spine(axis).coordinates(np.stack([x, y], -1))
    number = np.clip((along / step).astype(int), 0, len(axis) - 1)
    total = np.bincount(number, own[y, x], len(axis))
    lost = np.bincount(number, own[y, x] * gone[y, x], len(axis))
    result = np.zeros(own.shape, np.float32)
    whole = np.flatnonzero(total > 0)
    reached = lost[whole] > HEM_GONE * total[whole]
    if len(whole) and reached[:2].any():
        hem = step * (1 + whole[int(np.argmin(np.append(reached[1:], False)))])
        result[y, x] = 1 - smoothstep(along, hem, hem + HEM_FADE * stature)
    return result


def _core(mask: np.ndarray) -> np.ndarray:
    """The certain inside of a mask, (H, W) float32 of 0 and 1."""
    return cv2.erode((mask > 0.75).astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.float32)


def _below_chin(subject: Subject) -> np.ndarray:
    """(H, 1) of 0 and 1: the face has lips and eyes, which are no skin to carry on."""
    rows = np.arange(subject.size[0])[:, None]
    chin = 0.35 * subject.body.nose[1] + 0.65 * subject.body.neck[1]
    return (rows > chin - 0.02 * subject.body.stature).astype(np.float32)


def skin_colors(
    subject: Subject, part: Part, shaded: np.ndarray | None = None, even: tuple[np.ndarray, np.ndarray] | None = None
) -> np.ndarray:
    """(H, W, 3) float32 RGB: this part's own skin carried over all of it. shaded: (H, W) of 0 and 1, skin in the shadow of
    clothes, which doesn't count. even: a picture (H, W, 3) to be read in place of the photo, with the person's tone (3,).
    """
    picture = subject.image.astype(np.float32) if even is None else even[0]
    parsing = subject.parsing
    core = _core(own_skin(subject, part)) * _below_chin(subject)
    if shaded is not None and (core * (1 - shaded)).sum() > max(FEW_SKIN, UNSHADED * core.sum()):
        core = core * (1 - shaded)
    everywhere = _core(np.maximum.reduce([parsing.head, parsing.arms, parsing.legs, parsing.torso]))
    seen = picture[everywhere > 0]
    if even is not None:
        mean = even[1]
    elif len(seen) > 30:
        # Neither the shadows under hair and chin nor the highlights are the skin's colour.
        low, high = np.percentile(summed(seen), [40, 85])
        mean = np.median(seen[(summed(seen) >= low) & (summed(seen) <= high)], axis=0)
    else:
        mean = np.asarray(parsing.skin_color, np.float32)
    fill = np.broadcast_to(mean, picture.shape).astype(np.float32)
    if core.sum() > FEW_SKIN:
        # A hand in the shade or in the sun tells its forearm's colour; the rest of the arm leans to the person's own.
        own = push_pull(picture, core)
        away = cv2.distanceTransform((core == 0).astype(np.uint8), cv2.DIST_L2, 5) / subject.body.stature
        near = 1 - smoothstep(away, *SKIN_REACH_STATURES)
        share = near + (1 - near) * core.sum() / (core.sum() + SKIN_SEEN_PIXELS)
        fill = fill + spread(share) * (own - fill)
    return fill


def own_skin(subject: Subject, part: Part) -> np.ndarray:
    """(H, W) float32 in [0, 1]: where the photo shows a part bare; of the trunk, head and chest."""
    parsing = subject.parsing
    if part is Part.TRUNK:
        return np.maximum(parsing.torso, parsing.head)
    return (parsing.arms if part.is_arm else parsing.legs) * subject.parts[part]


def stockings(subject: Subject, part: Part, removed: np.ndarray) -> np.ndarray | None:
    """(H, W, 3) float32 RGB: the tights of a leg, carried on over it: where its old clothes go, they go on. None where it
    wears none, or socks, above which the photo shows it bare or which end below the middle of the shin. removed: M_r.
    """
    if not part.is_leg:
        return None
    seen = subject.parts[part] * (1 - removed) > 0.5
    worn, bare = seen & (subject.parsing.accessory > 0.5), seen & (subject.parsing.legs > 0.5)
    rows = np.flatnonzero(worn.any(1))
    _, knee, ankle = subject.body.leg(part.side)[:3]
    if not len(rows) or rows[0] > (knee[1] + ankle[1]) / 2 or bare.sum() > BARE_IN_TIGHTS * worn.sum():
        return None
    core = _core(worn.astype(np.float32))
    if core.sum() <= FEW_SKIN:
        return None
    picture = subject.image.astype(np.float32)
    away = cv2.distanceTransform((core == 0).astype(np.uint8), cv2.DIST_L2, 5) / subject.body.stature
    near = spread(1 - smoothstep(away, *TIGHTS_REACH).astype(np.float32))
    usual = np.median(picture[core > 0], axis=0)
    return usual + near * (push_pull(picture, core) - usual)


def invented_skin(subject: Subject, part: Part) -> np.ndarray:
    """(H, W, 3) float32 RGB: ``skin_colors``, shaded round like a limb."""
    fill = skin_colors(subject, part)
    bare = (subject.body.silhouette(part, subject.size) > 0.5).astype(np.uint8)
    depth = cv2.distanceTransform(bare, cv2.DIST_L2, 3)
    half = max(float(depth.max()), 1.0) if part is Part.TRUNK else np.maximum(cv2.dilate(depth, np.ones((9, 9))), 1.0)
    rim = np.clip(depth / (half if part is not Part.TRUNK else 0.6 * half), 0, 1)
    shade = 0.88 + 0.14 * np.sqrt(np.clip(1 - (1 - rim) ** 2, 0, 1))
    return np.clip(fill * spread(cv2.GaussianBlur(shade.astype(np.float32), (0, 0), 1.0)), 0, 255)


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


def kept_waist(subject: Subject, removed: np.ndarray, categories: Sequence[Category]) -> float | None:
    """The stage's row at which trousers or a skirt that stay begin, seen or hidden by the old top; None without any."""
    found = waistband_under(subject, removed, categories)
    if found is None:
        return None
    arms = np.maximum(*(subject.parts[part] for part in ARM_PARTS))
    trunk = (subject.matte > 0.5) & (arms < 0.5)
    lower = (np.maximum(subject.parsing.lower * (1 - removed), found[0]) > 0.5) & trunk
    share = lower.sum(1) / np.maximum(trunk.sum(1), 1)
    first, last = (int(subject.body.on_axis(place)[1]) for place in WAIST_BETWEEN)
    rows = np.flatnonzero(share[max(first, 0) : last + 1] > 0.5)
    return float(max(first, 0) + rows[0]) if len(rows) else None


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


def build_layers(
    image: np.ndarray,
    matte: np.ndarray,
    stage: Stage,
    subject: Subject,
    removed: np.ndarray,
    categories: Sequence[Category],
) -> list[Layer]:
    """The person in layers, one a part, without what garments of these categories replace.

    Args:
        image: (H, W, 3) uint8, the photo with the background's colour taken out of the matte's edge.
        matte: (H, W) float32 at the photo's resolution.
        removed: M_r on the stage.
        categories: of the new clothes.
    """
    removed = _beyond_edge(removed, subject.matte)
    extents = _extent_of_parts(subject, removed)
    only_lower = all(category == Category.LOWER for category in categories)
    waistband = waistband_under(subject, removed, categories)
    dressed: dict[Part, DressedPart] = {}
    photo_size = (image.shape[1], image.shape[0])
    large = replace(subject.body, joints=stage.to_photo(subject.body.joints))
    for part in Part:
        reach = extents[part]
        if part.is_arm:
            reach = np.maximum(reach, subject.body.silhouette(part, subject.size))
        box = _box_of(reach, stage, photo_size)
        native = NativeBox(stage, image, box)
        x0, y0, x1, y1 = box
        own_matte = matte[y0:y1, x0:x1]

        shown, shade = np.minimum(native.mask(subject.parts[part]), own_matte), np.zeros_like(own_matte)
        # A hand before old trousers loses nothing of itself.
        lost = np.zeros_like(removed) if part.is_arm and only_lower else removed
        gone = native.mask(lost)
        if part is not Part.TRUNK:
            # Skin fades into skin: past the end of a sleeve or hem lie its shadow and its rim.
            gone = np.maximum(gone, native.up(_faded(lost * subject.parts[part])))
            spurs = _spurs(subject, part, lost)
            lost = np.maximum(lost, spurs)
            bare_limb = large.silhouette(part, photo_size[::-1])[y0:y1, x0:x1]
            if part.is_leg:  # behind a hand hangs the skirt
                bare_limb = bare_limb * (native.up(extents[part]) > 0.3)
            rests = native.up(cv2.dilate(spurs, np.ones((3, 3), np.uint8))) * (1 - bare_limb)
            gone = np.maximum(gone, rests)
            if part.is_leg:
                axis = large.limb(part, HEM_SLICES)[0] - box[:2]
                bare = native.up(subject.parsing.legs) > 0.5
                shade = _shade_of_hem(shown * bare, gone, axis, large.stature)
        if part is Part.TRUNK and (gone > 0.5).any():
            away = cv2.distanceTransform((gone < 0.5).astype(np.uint8), cv2.DIST_L2, 5) / large.stature
            neck = native.up(own_skin(subject, part) * _below_chin(subject))
            shade = (1 - smoothstep(away, *NECK_FADE)) * smoothstep(neck, 0.3, 0.7)
        kept = shown * (1 - gone)
        # The stage's soft edge is several photo pixels wide: an invented limb is as crisp as a real one.
        if part is Part.TRUNK:
            crisp = smoothstep(native.up(extents[part]), 0.3, 0.7).astype(np.float32)
        else:
            seen = native.up(subject.parts[part] * (1 - lost))
            crisp = np.maximum(smoothstep(seen, 0.3, 0.7).astype(np.float32), bare_limb)
        alpha = np.maximum(kept, np.minimum(crisp, own_matte))
        tights = stockings(subject, part, removed)
        skin = native.up(invented_skin(subject, part) if tights is None else tights)
        cloth = native.up(kept_colors(subject, part, removed))
        undressed = native.up(undressed_share(subject, part, removed, only_lower))
        behind = spread(undressed) * skin + spread(1 - undressed) * cloth
        if waistband is not None and not part.is_arm:
            hidden, cloth = (native.up(picture) for picture in waistband)
            behind += spread(hidden) * (cloth - behind)
        # Where there is no more than skin, the body's own surface stands.
        alpha = np.maximum(kept, np.minimum(alpha, smoothstep(1 - undressed, *STANDS))) * (1 - shade)
        alpha = np.where(alpha < FAINT, 0, alpha).astype(np.float32)
        if part is Part.TRUNK:
            alpha = _without_strips(alpha, STRIP * large.stature**2)
        share = (kept / np.maximum(alpha, 1e-3)).clip(0, 1)
        if part.is_arm:  # where the shoulder reaches into the trunk, it shows what the photo shows there
            beside = native.mask(subject.parts[Part.TRUNK] * (1 - removed))
            share = np.maximum(share, beside * (1 - gone))
        human = premultiplied(spread(share) * native.image + spread(1 - share) * behind, alpha)
        dressed[part] = DressedPart(box, human)
    dressed = with_both_feet(dressed, stage, subject.body, photo_size)
    return [Layer(part, own.human, own.box) for part, own in dressed.items()]


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
    canvas[y - box[1] : y - box[1] + height, x - box[0] : x - box[0] + width] = mirrored
    own = (slice(y0 - box[1], y1 - box[1]), slice(x0 - box[0], x1 - box[0]))
    canvas[own] = over(leg.human, canvas[own])
    left, top = max(0, -int(box[0])), max(0, -int(box[1]))
    inside = (slice(top, photo_size[1] - int(box[1])), slice(left, photo_size[0] - int(box[0])))
    canvas = np.ascontiguousarray(canvas[inside])
    x0, y0 = int(box[0]) + left, int(box[1]) + top
    whole = (x0, y0, x0 + canvas.shape[1], y0 + canvas.shape[0])
    return {**dressed, Part.leg(hidden): DressedPart(whole, canvas)}


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
