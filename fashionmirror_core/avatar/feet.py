"""Shoes: the body's foot in a simple last, with a flat sole and a toe box (docs/method.md, "The avatar").

A foot that points to the viewer has no side in the photo, so its sheet is a wedge as soon as it turns. A shoe is built of
level rings around the body's foot instead: as wide as the photo's shoe, up to where that ends, in its colours alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.spatial.transform import Rotation

from fashionmirror_core.avatar.skinning import strongest, weights_near
from fashionmirror_core.avatar.surface import Surface, Texture
from fashionmirror_core.body.fitted import FittedBody
from fashionmirror_core.imaging.alpha import colors_of, opaque
from fashionmirror_core.imaging.boxes import Box, bounding_box, grown, window
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.imaging.fill import push_pull
from fashionmirror_core.imaging.levels import to_8bit
from fashionmirror_core.person.subject import Subject

FEWEST = 60  # pixels of a shoe that is seen
ANGLES, RINGS = 40, 12  # points of a ring; rings above the sole
FEWEST_OF_RING = 6  # of the body's points, that tell a ring
SOLE, UPPER, WELT = 0.0065, 0.0028, 0.0012  # statures: thickness of sole and leather, and how far the sole stands out
LOW, HIGH = 0.030, 0.075  # statures between which a shoe ends; a boot's shaft is the leg's
TOE_BOX = 0.004  # statures that a ring looks down: toes are covered
WIDTH = (0.9, 1.4)  # bounds of the photo's width of a shoe, in the foot's
BESIDE = 0.010  # statures beside the body's foot: what lies farther out is the floor's shadow
LEVEL = (22.0, 38.0)  # degrees of a sole from level, over which it is believed
GRABCUT_ROUNDS = 3
SPUR = 0.45  # of the shoe's size: what is narrower doesn't count for it
STILL_SHOE = 0.45  # of the shoes' pixels that are left, or else they can't be told from the floor
FORWARD = 0.45  # of a row's height above the sole: at least so much lower the heel reads its colour, below an opening
MOVED = 0.015  # statures that a shoe is moved at most to lie where the photo has it
SOLE_SHADE = 0.75  # of the shoe's colour, for a sole that the photo doesn't show


@dataclass(frozen=True)
class Foot:
    """The body's foot. points: (n, 3), photo space, with weights (n, 22). ahead: (3,), the unit vector towards the toes, and
    beside, (3,): both level. ground: the height of the sole. lower: (n,) bool, without the shin. vertex: (n,), of the body.
    """

    points: np.ndarray
    weights: np.ndarray
    up: np.ndarray
    ahead: np.ndarray
    beside: np.ndarray
    ground: float
    lower: np.ndarray
    vertex: np.ndarray

    @classmethod
    def of(cls, body: FittedBody, weights: np.ndarray, foot: int, toes: int, shin: int) -> Foot:
        up = body.up.astype(np.float64)
        skin = body.vertices.astype(np.float64)
        lower = weights[:, [foot, toes]].sum(1) > 0.5
        ankle = body.joints[foot].astype(np.float64)
        skin = ankle + (skin - ankle) @ _levelling(body.rotations[foot].astype(np.float64), up).T
        ground = float((skin[lower] @ up).min())
        stature = float(np.ptp(skin[:, 1]))
        chosen = lower | ((weights[:, shin] > 0.3) & (skin @ up < ground + 2 * HIGH * stature))
        ahead = skin[weights[:, toes] > 0.5].mean(0) - body.joints[foot].astype(np.float64)
        ahead -= (ahead @ up) * up
        ahead /= max(float(np.linalg.norm(ahead)), 1e-6)
        return cls(
            skin[chosen], weights[chosen], up, ahead, np.cross(up, ahead), ground, lower[chosen], np.flatnonzero(chosen)
        )

    @property
    def height(self) -> np.ndarray:
        return self.points @ self.up - self.ground

    def below(self, end: float) -> np.ndarray:
        """The body's vertices below a height: those in a shoe that ends there, however the foot stands."""
        return np.asarray(self.vertex[self.height <= end])

    def silhouette(self, size: tuple[int, ...], box: Box, reach: float) -> np.ndarray:
        """(h, w) uint8 on a box: the foot and the ankle as the photo shows them, grown by ``reach`` pixels."""
        mask = np.zeros(size[:2], np.uint8)
        outline = cv2.convexHull((self.points[:, :2] - np.array(box[:2])).astype(np.float32))[:, 0]
        cv2.fillConvexPoly(mask, np.round(outline).astype(np.int32), 1)
        width = 2 * round(reach) + 1
        return cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width)))

    def placed(self, level: np.ndarray, height: np.ndarray) -> np.ndarray:
        """(n, 3) of level coordinates (n, 2), ahead and beside, and heights (n,)."""
        return level[:, :1] * self.ahead + level[:, 1:] * self.beside + (height + self.ground)[:, None] * self.up


def _levelling(rotation: np.ndarray, up: np.ndarray) -> np.ndarray:
    """(3, 3): turns a foot's sole level. A camera near by sees the toes below the heel, and a fit without perspective takes
    that for a foot that points down. rotation: (3, 3) of the foot from rest.
    """
    sole = rotation @ np.array([0.0, -1.0, 0.0])
    axis = np.cross(sole, up)
    angle = float(np.arctan2(np.linalg.norm(axis), sole @ up))
    share = 1 - float(smoothstep(np.array(np.degrees(angle)), *LEVEL))
    return Rotation.from_rotvec(axis / max(float(np.linalg.norm(axis)), 1e-9) * angle * share).as_matrix()


def shoe(
    name: str, foot: Foot, mask: np.ndarray, skin: np.ndarray, picture: np.ndarray, box: Box, stature: float
) -> tuple[Surface, float] | None:
    """A shoe, and the height (pixels above the sole) at which it ends; None where the photo shows none.

    mask, skin: (h, w) float32 in [0, 1] on ``box``, where the shoe and the bare leg are seen: an instep in the opening of a
    shoe is a part of its picture. picture: (h, w, 4), premultiplied.
    """
    seen = _largest((mask > 0.5) & (foot.silhouette(mask.shape, box, BESIDE * stature) > 0))
    core = cv2.erode(seen, np.ones((5, 5), np.uint8))
    if core.sum() < FEWEST:
        core = seen
    if core.sum() < FEWEST:
        return None
    # Straps above and tongues of floor below don't tell the shoe's size.
    wide = round(SPUR * float(np.sqrt(core.sum()))) | 1
    body = cv2.morphologyEx(seen, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (wide, wide)))
    core &= body if (core & body).sum() > FEWEST else core
    y, x = np.nonzero(body if body.any() else seen)
    left, right = np.percentile(x, [1, 99]) + box[0]
    bottom = float(np.percentile(y, 99.5) + box[1])
    top = float(np.percentile(np.nonzero(seen)[0], 2) + box[1])
    end = float(np.clip(bottom - top, LOW * stature, HIGH * stature))
    vertices, triangles, heights = _rings(foot, end, stature)
    vertices = _moved(vertices, heights, (left, right), bottom, stature)
    near = weights_near(vertices, foot.points, foot.weights, np.ones(len(foot.points), bool), 1.0)
    bones, shares = strongest(near)

    area = grown(bounding_box(seen) or (0, 0, 1, 1), 4, seen.shape)
    colors = colors_of(picture[window(area)])
    instep = cv2.erode((skin > 0.5).astype(np.uint8), np.ones((3, 3), np.uint8)) & _hull(seen)
    known = (core | instep)[window(area)].astype(np.float32)
    colors = _with_sole(push_pull(colors, known), core[window(area)])
    origin = np.array(box[:2], np.float32) + np.array(area[:2], np.float32)
    texel = vertices[:, :2] - origin
    low = float(bottom - origin[1] - 1)
    along = vertices @ foot.ahead
    rear = 1 - smoothstep((along - along.min()) / max(float(np.ptp(along)), 1e-3), 0.3, 0.6)
    opening = np.flatnonzero(instep[window(area)].any(1))
    below = (low - opening[-1] - 2) / max(low - float(texel[:, 1].min()), 1.0) if len(opening) else 1.0
    texel[:, 1] = low - np.clip(low - texel[:, 1], 0, None) * (1 - max(FORWARD, 1 - below) * rear)
    surface = Surface(
        name=name,
        vertices=vertices.astype(np.float32),
        triangles=triangles,
        weld=np.arange(len(vertices), dtype=np.int32),
        bones=bones,
        weights=shares,
        texel=texel.astype(np.float32),
        source=vertices[:, :2].astype(np.float32),
        texture=Texture(opaque(to_8bit(colors)), np.zeros(colors.shape[:2], np.uint8)),
        bias=0.0,
        shown=np.ones(len(vertices), np.int8),
    )
    return surface, end


def without_floor(subject: Subject) -> np.ndarray:
    """(H, W) float32 in [0, 1] on the stage: the shoes, less what has the floor's colours.

    A matte takes the floor between the shoes' shadows for a part of them.
    """
    shoes = subject.parsing.shoes
    around = bounding_box(shoes > 0.5)
    if around is None:
        return shoes
    here = window(grown(around, max(6, round(0.03 * subject.body.stature)), shoes.shape))
    mask = np.where(shoes[here] > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    mask[subject.matte[here] < 0.1] = cv2.GC_BGD
    if not (mask == cv2.GC_BGD).any():
        return shoes
    model = (np.zeros((1, 65)), np.zeros((1, 65)))
    image = np.ascontiguousarray(subject.image[here])
    cv2.setRNGSeed(1)
    cv2.grabCut(image, mask, None, *model, GRABCUT_ROUNDS, cv2.GC_INIT_WITH_MASK)
    own = shoes[here] > 0.5
    left = own & (mask == cv2.GC_PR_FGD)
    if left.sum() < STILL_SHOE * own.sum():  # shoes of the floor's colour
        return shoes
    result = shoes.copy()
    result[here] *= left
    return result


def _hull(mask: np.ndarray) -> np.ndarray:
    """(h, w) uint8: the convex hull of a mask."""
    result = np.zeros(mask.shape, np.uint8)
    cv2.fillConvexPoly(result, cv2.convexHull(cv2.findNonZero(mask)), 1)
    return result


def _largest(mask: np.ndarray) -> np.ndarray:
    """(h, w) uint8: the largest patch of a mask."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count < 3:
        return mask.astype(np.uint8)
    return (labels == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())).astype(np.uint8)


def _rings(foot: Foot, end: float, stature: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices (n, 3), triangles (m, 3) and heights (n,) of a closed shoe that ends at a height."""
    sole, upper, welt = (share * stature for share in (SOLE, UPPER, WELT))
    level = np.stack([foot.points @ foot.ahead, foot.points @ foot.beside], -1)
    height = foot.height
    angle = np.linspace(0, 2 * np.pi, ANGLES, endpoint=False)
    rays = np.stack([np.cos(angle), np.sin(angle)], -1)
    at = np.array([0.0, 0.9 * sole, sole, *(sole + (end - sole) * (np.arange(RINGS) + 1) / RINGS)])
    grown_by = np.array([upper - welt, upper + welt, upper, *([upper] * RINGS)])
    centers, radii = np.empty((len(at), 2)), np.empty((len(at), ANGLES))
    hull = cv2.convexHull(level[foot.lower].astype(np.float32))[:, 0].astype(np.float64)
    for index, own in enumerate(at):
        inner = max(own - sole, 0.0)
        high = max(inner + 0.004 * stature, 0.012 * stature)
        band = (height <= high) & (height >= min(inner, high) - TOE_BOX * stature)
        if band.sum() >= FEWEST_OF_RING:  # above the body's foot the shoe goes straight up
            hull = cv2.convexHull(level[band].astype(np.float32))[:, 0].astype(np.float64)
        centers[index] = (hull.min(0) + hull.max(0)) / 2
        radii[index] = _reach(hull - centers[index], rays)
    radii[2:] = gaussian_filter(radii[2:], (1.0, 0.8), mode=("nearest", "wrap"))
    radii[:2] = radii[2]
    centers[2:] = gaussian_filter(centers[2:], (1.0, 0), mode="nearest")
    centers[:2] = centers[2]
    radii += grown_by[:, None]
    rings = centers[:, None] + radii[..., None] * rays
    count = len(at)
    heights = np.repeat(at, ANGLES)
    # The sole's middle, and the bottom of the opening, a little lower than its edge.
    middle = np.stack([centers[0], centers[-1]])
    heights = np.append(heights, [0.0, max(end - 0.006 * stature, sole)])
    vertices = foot.placed(np.concatenate([rings.reshape(-1, 2), middle]), heights)
    number = np.arange(count * ANGLES).reshape(count, ANGLES)
    after = np.roll(number, -1, 1)
    a, b, c, d = (part.ravel() for part in (number[:-1], after[:-1], number[1:], after[1:]))
    last = count * ANGLES
    triangles = np.concatenate(
        [
            np.c_[a, b, c],
            np.c_[b, d, c],
            np.c_[after[0], number[0], np.full(ANGLES, last)],
            np.c_[number[-1], after[-1], np.full(ANGLES, last + 1)],
        ]
    )
    # Outward whichever way the axes of the rings turn.
    first = vertices[triangles[: 2 * ANGLES]]
    facing = np.cross(first[:, 1] - first[:, 0], first[:, 2] - first[:, 0])
    inward = ((first.mean(1) - vertices[last]) * facing).sum() < 0
    return vertices, (triangles[:, ::-1] if inward else triangles).astype(np.int32), heights


def _reach(hull: np.ndarray, rays: np.ndarray) -> np.ndarray:
    """How far a convex outline (n, 2) around the origin reaches along unit rays (m, 2), (m,)."""
    side = np.roll(hull, -1, 0) - hull
    denominator = rays[:, :1] * side[None, :, 1] - rays[:, 1:] * side[None, :, 0]
    cross = hull[:, 0] * side[:, 1] - hull[:, 1] * side[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = cross[None] / denominator
    distance = np.where(distance > 0, distance, np.inf)
    return distance.min(1)


def _moved(
    vertices: np.ndarray, heights: np.ndarray, across: tuple[float, float], bottom: float, stature: float
) -> np.ndarray:
    """The shoe as wide as the photo's, from ``across`` to across, with its sole at the row ``bottom``; its upper end stays
    around the ankle.
    """
    left, right = vertices[:, 0].min(), vertices[:, 0].max()
    wide = np.clip((across[1] - across[0]) / max(right - left, 1e-3), *WIDTH)
    shift = np.clip((across[0] + across[1]) / 2 - (left + right) / 2, -MOVED * stature, MOVED * stature)
    low = 1 - smoothstep(heights, 0.03 * stature, 0.06 * stature)
    result = vertices.copy()
    result[:, 0] += low * (shift + (wide - 1) * (vertices[:, 0] - (left + right) / 2))
    limit = MOVED * stature
    result[:, 1] += np.clip(bottom + 0.5 - vertices[heights < 1e-6, 1].max(), -limit, limit) * low
    return result


def _with_sole(colors: np.ndarray, core: np.ndarray) -> np.ndarray:
    """A shoe's colours with its sole: the photo's lowest rows, darker where they are like the rest."""
    rows = np.flatnonzero(core.any(1))
    band = max(1, round(0.14 * (rows[-1] - rows[0])))
    low, rest = (core[window] > 0 for window in (slice(rows[-1] - band, None), slice(None, rows[-1] - band)))
    if not low.any() or not rest.any():
        return colors
    sole, upper = np.median(colors[rows[-1] - band :][low], 0), np.median(colors[: rows[-1] - band][rest], 0)
    shade = SOLE_SHADE if np.abs(sole - upper).mean() < 0.12 * max(float(upper.mean()), 1.0) else 1.0
    below = smoothstep(np.arange(len(colors), dtype=float), rows[-1] - band - 1, rows[-1] - band + 1)
    return colors * (1 + (shade - 1) * below)[:, None, None]
