"""What a photo shows of a shoe: where it is, whether the instep is seen in its opening, and its colours alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from fashionmirror_core.avatar.last import Foot
from fashionmirror_core.imaging.alpha import colors_of
from fashionmirror_core.imaging.boxes import Box, bounding_box, grown, window
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.imaging.fill import push_pull
from fashionmirror_core.imaging.levels import to_8bit

FEWEST, LEAST = 7.5e-5, 12  # statures squared, and pixels, of a shoe that is seen, and of an instep
SOFT = (5, 3)  # pixels across, by which a shoe's are cut back, if enough are left
RIM = 0.1  # of the photo's width of a shoe, at its sides, that doesn't tell its colour
BESIDE = 0.010  # statures beside the body's foot: what lies farther out is the floor's shadow
ENDS_BELOW, SHOWN = -0.008, 0.03  # statures below the ankle at least that a low shoe ends; above it, what tells colours
NARROWEST = 3  # pixels of a row of what comes out of a shoe
OF_FLOOR = 0.5  # of a shoe's pixels that look like the floor, from which on it has the floor's colour, or shows floor
SKIN_HUE, SKIN_SHADE = 9.0, (-25.0, 15.0)  # Lab units of hue and of brightness from the leg's, of the foot in a sandal
OF_SANDAL = (0.2, 0.7)  # of its pixels that are the foot's: fewer are light, more are a shoe of skin's colour
FEW = 15  # pixels of a leg that tell its colour
SPUR = 0.45  # of the shoe's size: what is narrower doesn't count for it
SOLE_SHADE = 0.75  # of the shoe's colour, for a sole that the photo doesn't show
UNLIKE = 14.0  # Lab units between the colours of two shoes that can't be a pair


@dataclass(frozen=True)
class ShoePicture:
    """colors: (h, w, 3) float32 around the shoe, continued over all of it, the sole darker; skin: the same of the foot in
    its opening. origin: (2,), the photo place of their first pixel. instep: (h, w) bool, the foot in its opening;
    none: the shoe shows none. across: photo x of
    its left and right. bottom: photo y of its lowest row. row: photo y of the lower end of its opening, or of its upper end.
    top: photo y of the highest place of it, a boot's shaft included. color: (3,), in Lab. size: pixels that tell them.
    depth: statures that its tip lies below the ankle. like_floor: whether most of it looks like the floor.
    """

    colors: np.ndarray
    skin: np.ndarray
    origin: np.ndarray
    instep: np.ndarray
    across: tuple[float, float]
    bottom: float
    row: float
    top: float
    color: np.ndarray
    size: int
    depth: float
    like_floor: bool = False

    @classmethod
    def of(
        cls,
        foot: Foot,
        mask: np.ndarray,
        skin: np.ndarray,
        floor: np.ndarray,
        picture: np.ndarray,
        box: Box,
        stature: float,
    ) -> ShoePicture | None:
        """None where the photo shows none.

        mask, skin: (h, w) float32 in [0, 1] on ``box``, where the shoe and the bare leg are seen: an instep in the opening
        of a shoe is a part of its picture. floor: (h, w) bool, what looks like the floor. picture: (h, w, 4), premultiplied.
        """
        seen = _largest((mask > 0.5) & (foot.silhouette(mask.shape, box, BESIDE * stature) > 0))
        like_floor = (floor & (seen > 0)).sum() > OF_FLOOR * seen.sum()
        fewest = max(FEWEST * stature**2, LEAST)
        toes = _foot_in(seen, skin > 0.5, picture, foot, box, stature)
        cores = (*(cv2.erode(seen, np.ones((size, size), np.uint8)) for size in SOFT), seen)
        core = next((core for core in cores if core.sum() >= fewest), None)
        if core is None:
            return None
        # Straps above and tongues of floor below don't tell the shoe's size.
        wide = round(SPUR * float(np.sqrt(core.sum()))) | 1
        around = window(grown(bounding_box(seen) or (0, 0, 1, 1), wide, seen.shape))
        body = np.zeros_like(seen)
        body[around] = cv2.morphologyEx(
            seen[around], cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (wide, wide))
        )
        core &= body if (core & body).sum() > fewest else core
        y, x = np.nonzero(body if body.any() else seen)
        left, right = np.percentile(x, [1, 99]) + box[0]
        # Floor and the other shoe shimmer through at the sides.
        rim = np.ones((1, 2 * round(RIM * (right - left)) + 1), np.uint8)
        for part in (cv2.erode(seen, rim), 1 - toes, (~floor | like_floor).astype(np.uint8)):
            within = core & part
            core = within if within.sum() > fewest else core
        bottom = float(np.percentile(y, 99.5) + box[1])
        instep = _above(skin > 0.5, seen, (float(left), float(right)), foot, box, stature) | toes
        if instep.sum() > fewest:
            row = float(np.flatnonzero(instep.sum(1) >= NARROWEST)[-1]) + box[1]
        else:
            instep[:] = 0
            row = float(np.percentile(np.nonzero(seen)[0], 2)) + box[1]
        area = grown(bounding_box(seen) or (0, 0, 1, 1), 4, seen.shape)
        here = window(area)
        colors = colors_of(picture[here])
        lab = cv2.cvtColor(to_8bit(colors), cv2.COLOR_RGB2LAB)[core[here] > 0].astype(float)
        of_skin, own = instep[here].astype(np.float32), core[here].astype(np.float32)
        return cls(
            colors=_with_sole(push_pull(colors, own), core[here]),
            skin=push_pull(colors, of_skin) if of_skin.any() else colors,
            origin=np.array(box[:2], np.float32) + np.array(area[:2], np.float32),
            instep=instep[here] > 0,
            across=(float(left), float(right)),
            bottom=bottom,
            row=row,
            top=box[1] + float(np.argmax(_largest(mask > 0.5).any(1))),
            color=np.median(lab, 0) * (100 / 255, 1, 1),
            size=int(core.sum()),
            depth=(bottom - float(foot.ankle[1])) / stature,
            like_floor=bool(like_floor),
        )

    @property
    def is_low(self) -> bool:
        """Whether it shows the instep."""
        return bool(self.instep.any())

    def mirrored(self, own: Foot, other: Foot) -> ShoePicture:
        """As the picture of the other foot's shoe."""
        middle, down = float(own.ankle[0] + other.ankle[0]), float(other.ankle[1] - own.ankle[1])
        last = self.colors.shape[1] - 1
        return replace(
            self,
            colors=np.ascontiguousarray(self.colors[:, ::-1]),
            skin=np.ascontiguousarray(self.skin[:, ::-1]),
            origin=np.array([middle - self.origin[0] - last, self.origin[1] + down], np.float32),
            instep=np.ascontiguousarray(self.instep[:, ::-1]),
            across=(middle - self.across[1], middle - self.across[0]),
            bottom=self.bottom + down,
            row=self.row + down,
            top=self.top + down,
        )

    def like(self, other: ShoePicture) -> bool:
        """Whether two shoes may be a pair."""
        return self.is_low == other.is_low and float(np.linalg.norm(self.color - other.color)) < UNLIKE


def _foot_in(
    shoe: np.ndarray, leg: np.ndarray, picture: np.ndarray, foot: Foot, box: Box, stature: float
) -> np.ndarray:
    """(h, w) uint8: the bare foot between a sandal's straps, which the labels count as shoe; nothing of another shoe.

    shoe: (h, w) uint8. leg: (h, w) bool, bare. picture: (h, w, 4), premultiplied.
    """
    none = np.zeros_like(shoe)
    around = bounding_box(shoe > 0)
    if around is None:
        return none
    here = window(grown(around, round(SHOWN * stature), shoe.shape))
    lab = cv2.cvtColor(colors_of(picture[here]).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    if leg[here].sum() < FEW:
        return none
    shade, *hue = np.moveaxis(lab - np.median(lab[leg[here]], axis=0), -1, 0)
    alike = (np.hypot(*hue) < SKIN_HUE) & (shade > SKIN_SHADE[0]) & (shade < SKIN_SHADE[1]) & (shoe[here] > 0)
    share = alike.sum() / shoe.sum()
    if OF_SANDAL[0] < share < OF_SANDAL[1]:
        none[here] = alike
    return none


def _above(
    leg: np.ndarray, shoe: np.ndarray, across: tuple[float, float], foot: Foot, box: Box, stature: float
) -> np.ndarray:
    """(h, w) uint8: the foot that comes out of a low shoe (h, w), which ends below the ankle; nothing of a boot. leg:
    (h, w) bool."""
    low, high = (round(float(foot.ankle[1]) - box[1] + share * stature) for share in (ENDS_BELOW, -SHOWN))
    near = cv2.erode(leg.astype(np.uint8), np.ones((3, 3), np.uint8))
    near[: max(0, high)] = 0
    left, right = (round(x - box[0]) for x in across)
    near[:, : max(0, left)], near[:, right + 1 :] = 0, 0
    _, labels = cv2.connectedComponents(near)
    touching = np.unique(labels[cv2.dilate(shoe, np.ones((7, 7), np.uint8)) > 0])
    near *= np.isin(labels, touching[touching > 0]).astype(np.uint8)
    rows = np.flatnonzero(near.sum(1) >= NARROWEST)
    return near if len(rows) and rows[-1] >= low else np.zeros_like(near)


def _largest(mask: np.ndarray) -> np.ndarray:
    """(h, w) uint8: the largest patch of a mask."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count < 3:
        return mask.astype(np.uint8)
    return (labels == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())).astype(np.uint8)


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
