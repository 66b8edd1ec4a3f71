"""The last of a shoe: the body's foot, the outline around it at each height, and how high a shoe goes up there."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter

from fashionmirror_core.avatar.heel import Bend, heel_block
from fashionmirror_core.body.feet import levelling
from fashionmirror_core.body.fitted import FittedBody
from fashionmirror_core.imaging.boxes import Box
from fashionmirror_core.imaging.easing import smoothstep

ANGLES, RINGS, LEVELS = 40, 10, 16  # points of a ring; rings above the sole; heights at which the foot is measured
INNER = 0.006  # statures above a low shoe that the foot in it is seen at least
DEEPER = 0.014  # statures that a foot in a low shoe lies deeper under the leg's skin, farther up
INNER_RINGS = 6  # of what comes out of it, closer to each other near its edge
SOLE, UPPER, WELT = 0.0065, 0.0028, 0.0012  # statures: thickness of sole and leather, and how far the sole stands out
HIGH = 0.075  # statures, at which a shoe ends at the latest; a boot's shaft is the leg's
TOP_FRONT, TOP_BACK = (0.1, 0.9), (0.2, 0.9)  # cosines from the toes, and from the heel, over which those heights pass
BALL_TO_HEEL = 0.11  # statures, from the ball of a foot to its heel
FLATTEST = 0.09  # radians at which a camera looks down on a foot in a heel at least
TOE_BOX = 0.004  # statures that a ring looks down: toes are covered
RAYS = np.stack([np.cos(_TURN := np.linspace(0, 2 * np.pi, ANGLES, endpoint=False)), np.sin(_TURN)], -1)


@dataclass(frozen=True)
class Foot:
    """The body's foot. points: (n, 3), photo space, with weights (n, 22). ahead: (3,), the unit vector towards the toes, and
    beside, (3,): both level. ground: the height of the sole. lower: (n,) bool, without the shin. vertex: (n,), of the body.
    tilt: sine of the angle at which the photo's camera looks down on the floor. bend: how it stands on its shoe's heel; all
    else is the flat foot. ankle: (3,). seen: (n, 2), its points as the fit has them in the photo.
    """

    points: np.ndarray
    weights: np.ndarray
    up: np.ndarray
    ahead: np.ndarray
    beside: np.ndarray
    ground: float
    lower: np.ndarray
    vertex: np.ndarray
    tilt: float
    bend: Bend
    ankle: np.ndarray
    seen: np.ndarray

    @classmethod
    def of(cls, body: FittedBody, weights: np.ndarray, foot: int, toes: int, shin: int, lift: float = 0.0) -> Foot:
        """lift: statures that its shoe's heel lifts it."""
        up = body.up.astype(np.float64)
        skin = body.vertices.astype(np.float64)
        lower = weights[:, [foot, toes]].sum(1) > 0.5
        ankle = body.joints[foot].astype(np.float64)
        raised = float(np.degrees(np.arcsin(min(lift / BALL_TO_HEEL, 1.0))))
        level = levelling(body.rotations[foot].astype(np.float64), up, raised)
        skin = ankle + (skin - ankle) @ level.T
        ground = float((skin[lower] @ up).min())
        stature = float(np.ptp(skin[:, 1]))
        chosen = lower | ((weights[:, shin] > 0.3) & (skin @ up < ground + 2 * HIGH * stature))
        ahead = skin[weights[:, toes] > 0.5].mean(0) - body.joints[foot].astype(np.float64)
        ahead -= (ahead @ up) * up
        ahead /= max(float(np.linalg.norm(ahead)), 1e-6)
        beside, vertex = np.cross(up, ahead), np.flatnonzero(chosen)
        ball = float((ankle + (body.joints[toes] - ankle) @ level.T) @ ahead)
        bend = Bend.of(
            np.array([ankle @ ahead, ankle @ up - ground]), ball, float((skin[lower] @ ahead).min()), lift, stature
        )
        tilt = max(0.0, -float(ahead @ level @ up))
        if bend.angle:
            tilt = float(np.sin(max(np.arcsin(tilt) - bend.angle, FLATTEST)))
        return cls(
            skin[chosen],
            weights[chosen],
            up,
            ahead,
            beside,
            ground,
            lower[chosen],
            vertex,
            tilt,
            bend,
            ankle,
            body.vertices[chosen, :2],
        )

    @property
    def height(self) -> np.ndarray:
        return self.points @ self.up - self.ground

    def silhouette(self, size: tuple[int, ...], box: Box, reach: float) -> np.ndarray:
        """(h, w) uint8 on a box: the foot and the ankle, level and as the photo shows them, grown by ``reach``
        pixels.
        """
        mask = np.zeros(size[:2], np.uint8)
        for places in (self.points[:, :2], self.seen):
            outline = cv2.convexHull((places - np.array(box[:2])).astype(np.float32))[:, 0]
            cv2.fillConvexPoly(mask, np.round(outline).astype(np.int32), 1)
        width = 2 * round(reach) + 1
        return cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width)))

    @property
    def floor(self) -> float:
        """The height of the floor under its shoe."""
        return self.ground - self.bend.drop

    def placed(self, level: np.ndarray, height: np.ndarray) -> np.ndarray:
        """(n, 3) of level coordinates (n, 2), ahead and beside, and heights (n,) above the flat foot's floor."""
        return level[:, :1] * self.ahead + level[:, 1:] * self.beside + (height + self.ground)[:, None] * self.up

    def bent(self, level: np.ndarray, height: np.ndarray) -> np.ndarray:
        """(n, 3) of places of the flat foot, as in ``placed``, as they are on the heel."""
        if not self.bend.angle:
            return self.placed(level, height)
        places = self.bend(np.stack([level[:, 0], height], -1))
        return self.placed(np.stack([places[:, 0], level[:, 1]], -1), places[:, 1])

    def standing(self) -> np.ndarray:
        """(n, 3): the foot's points as they are on the heel."""
        return self.bent(np.stack([self.points @ self.ahead, self.points @ self.beside], -1), self.height)


@dataclass(frozen=True)
class Top:
    """How high a shoe goes up, pixels above the floor: in front, beside and behind the foot."""

    front: float
    beside: float
    behind: float

    def at(self, forward: np.ndarray) -> np.ndarray:
        """Heights, for cosines of the angle from the toes."""
        return (
            self.beside
            + smoothstep(forward, *TOP_FRONT) * (self.front - self.beside)
            + smoothstep(-forward, *TOP_BACK) * (self.behind - self.beside)
        )


@dataclass(frozen=True)
class Last:
    """The form of a shoe around a foot: its outline at each height. heights: (n,), pixels above the floor, the sole's
    underside first. centers: (n, 2) and radii: (n, ANGLES), level coordinates, of the foot's own outlines.
    """

    foot: Foot
    heights: np.ndarray
    centers: np.ndarray
    radii: np.ndarray
    stature: float

    @classmethod
    def of(cls, foot: Foot, stature: float) -> Last:
        sole = SOLE * stature
        level = np.stack([foot.points @ foot.ahead, foot.points @ foot.beside], -1)
        height = foot.height
        at = sole + (HIGH * stature - sole) * np.arange(LEVELS) / (LEVELS - 1)
        centers, radii = np.empty((LEVELS, 2)), np.empty((LEVELS, ANGLES))
        for index, own in enumerate(at):
            inside = max(own - sole, 0.0)
            high = max(inside + 0.004 * stature, 0.012 * stature)
            band = (height <= high) & (height >= min(inside, high) - TOE_BOX * stature)
            if band.sum() < 3:  # above the last vertex
                band = height >= np.sort(height)[-8]
            hull = cv2.convexHull(level[band].astype(np.float32))[:, 0].astype(np.float64)
            centers[index] = (hull.min(0) + hull.max(0)) / 2
            radii[index] = _reach(hull - centers[index], RAYS)
        radii = gaussian_filter(radii, (1.0, 0.8), mode=("nearest", "wrap"))
        centers = gaussian_filter(centers, (1.0, 0), mode="nearest")
        return cls(foot, at, centers, radii, stature)

    def front_at(self, height: np.ndarray | float) -> np.ndarray:
        """How far ahead the foot reaches at heights."""
        return np.interp(height, self.heights, self.centers[:, 0] + self.radii[:, 0])

    def height_at(self, above: float) -> float:
        """The height of the foot's front that the photo shows so many pixels above the tip of the shoe: a camera that looks
        down sees what is farther behind higher up.
        """
        tilt, bend = self.foot.tilt, self.foot.bend
        ahead, heights = bend(np.stack([self.front_at(self.heights), self.heights], -1)).T
        seen = (heights + bend.drop) * np.sqrt(1 - tilt**2) + (ahead.max() - ahead) * tilt
        return float(np.interp(above, np.maximum.accumulate(seen), self.heights))

    def outline(self, heights: np.ndarray, grown_by: np.ndarray) -> np.ndarray:
        """(n, ANGLES, 2) level coordinates at heights (n, ANGLES), farther out by so many pixels, (n, ANGLES)."""
        column = np.arange(ANGLES)
        place = np.interp(heights, self.heights, np.arange(len(self.heights)))
        low = np.minimum(place.astype(int), len(self.heights) - 2)
        share = place - low
        radii = (1 - share) * self.radii[low, column] + share * self.radii[low + 1, column] + grown_by
        centers = (1 - share)[..., None] * self.centers[low] + share[..., None] * self.centers[low + 1]
        return np.asarray(centers + np.maximum(radii, 0)[..., None] * RAYS)

    def within(self, top: Top, margin: float) -> np.ndarray:
        """The vertices of the body that lie in a shoe, by a margin below its upper edge, however the foot stands."""
        foot = self.foot
        level = np.stack([foot.points @ foot.ahead, foot.points @ foot.beside], -1)
        center = np.stack([np.interp(foot.height, self.heights, self.centers[:, k]) for k in range(2)], -1)
        away = level - center
        forward = away[:, 0] / np.maximum(np.hypot(*away.T), 1e-6)
        return np.asarray(foot.vertex[foot.height <= top.at(forward) - margin])

    def rings(self, top: Top, inner: float, off: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Vertices (n, 3), triangles (m, 3) and heights (n,), above the flat foot's floor, of a closed shoe;
        and (n,) bool, which are those of what comes out of it, an instep or a sock, up to the height ``inner`` and so many
        pixels off the skin.
        """
        foot, stature = self.foot, self.stature
        sole, upper, welt = (share * stature for share in (SOLE, UPPER, WELT))
        ends = top.at(RAYS[:, 0])
        steps = (np.arange(RINGS) + 1)[:, None] / RINGS
        heights = [np.full((1, ANGLES), each) for each in (0.0, 0.9 * sole, sole)] + [sole + (ends - sole) * steps]
        grown_by = [upper - welt, upper + welt, *([upper] * (RINGS + 1))]
        rise = np.linspace(0, 1, INNER_RINGS)[:, None] ** 2
        heights.append(ends + rise * np.maximum(inner - ends, 0) - 0.001 * stature * (rise == 0))
        deeper = DEEPER * stature if off < 0 else 0.0
        grown_by += [off - deeper * min(1.0, 8 * float(share)) for share in rise[:, 0]]
        at = np.concatenate(heights)
        outlines = self.outline(at, np.repeat(np.array(grown_by)[:, None], ANGLES, 1))
        count = len(at)
        # The sole's middle, and the bottom of the opening, a little lower than its edge.
        middle = np.stack([outlines[0].mean(0), outlines[-1].mean(0)])
        flat = np.append(at.ravel(), [0.0, max(float(at[-1].min()) - 0.006 * stature, sole)])
        vertices = foot.bent(np.concatenate([outlines.reshape(-1, 2), middle]), flat)
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
        foots = np.arange(len(flat)) >= (3 + RINGS) * ANGLES
        foots[last] = False
        return vertices, (triangles[:, ::-1] if inward else triangles).astype(np.int32), flat, foots

    def heel(self, low_shoe: bool) -> tuple[np.ndarray, np.ndarray] | None:
        """Vertices (n, 3) and triangles (m, 3) of the heel under the shoe; None for a flat one."""
        sole = SOLE * self.stature
        outline = self.outline(np.full((1, ANGLES), sole), np.full((1, ANGLES), UPPER * self.stature))[0]
        made = heel_block(outline, self.foot.bend, low_shoe, sole)
        if made is None:
            return None
        level, heights, triangles = made
        vertices = self.foot.placed(level, heights)
        first = vertices[triangles]
        outward = np.einsum(
            "ni,ni->", first[:, 0] - vertices.mean(0), np.cross(first[:, 1] - first[:, 0], first[:, 2] - first[:, 0])
        )
        return vertices, triangles if outward > 0 else triangles[:, ::-1]


def _reach(hull: np.ndarray, rays: np.ndarray) -> np.ndarray:
    """How far a convex outline (n, 2) around the origin reaches along unit rays (m, 2), (m,)."""
    side = np.roll(hull, -1, 0) - hull
    denominator = rays[:, :1] * side[None, :, 1] - rays[:, 1:] * side[None, :, 0]
    cross = hull[:, 0] * side[:, 1] - hull[:, 1] * side[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = cross[None] / denominator
    distance = np.where(distance > 0, distance, np.inf)
    return distance.min(1)
