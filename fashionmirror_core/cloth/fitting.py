"""The analytic garment flow: from the garment's landmarks to the body's, piece by piece.

A garment is fitted in pieces (body, sleeves or trouser legs), each with a thin-plate spline from the stage back into the
garment's picture. Pieces share the landmarks of their seam, so a print runs on across it, yet a sleeve may lie over the
body of its own garment. The garment keeps its own cut: one scale for the whole picture, from shoulders and chest (or
waist and hips), and it yields to the body only where it would be narrower than the body is.

See docs/method.md, "Fitting".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import RBFInterpolator

from fashionmirror_core.body.proportions import SHOULDERS, Body
from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.skeleton import ARM, LEG

PART_OF_PIECE = {
    "body": "trunk", "sleeve_r": "r_arm", "sleeve_l": "l_arm", "leg_r": "r_leg", "leg_l": "l_leg",
}  # fmt: skip
STEP = 2  # stage pixels between the samples of a garment map: splines are smooth
MARGIN = 6  # stage pixels by which a garment map goes on beyond its control points
NOWHERE = -1e4  # garment coordinates of stage pixels that a piece doesn't reach
EASE = 0.97  # half-widths of cloth over half-widths of the body where the cloth lies close
TIGHT = 0.8  # of the width of the standing legs, within which a hem below the crotch may hold them
LOOSE = 0.92  # share of a garment's extra width that is kept when worn: a flat lay is wider than the worn piece

# Garment pixels are longer along the body than across by this: a flat lay shows half the girth, half as wide again as the
# body is seen from the front; the worn pictures' factor is fitted on the rendered catwalk set.
FLAT_LENGTH = 1.3
WORN_LENGTH = {"upper": 0.9, "dress": 0.9, "lower": 1.02}

FLAT_LEG, WORN_LEG = 1.7, 2.9  # length over waist in the picture, from which trousers are full-length
FACTORS = (0.3, 2.0)  # what a tailor may make of a length
OVER_HAND = 1.12  # lengths of the arm that a lengthened sleeve may reach
MAX_PATCHES = 9  # of even colour in the inside of a collar: stripes, a label, a seam

BUST, ARMPIT, WAIST, SKIRT_WAIST, CROTCH = 0.17, 0.30, 0.55, 0.66, 1.16  # shares of the spine


@dataclass(frozen=True)
class Tailoring:
    """Factors on the lengths that the fit gives a garment; 1 leaves them.

    sleeve: of the sleeves, from the shoulder. hem: of what hangs below the armpits (upper, dress), of a skirt from its
    waist, of trouser legs from the crotch. What is taken up is cut off, so that a print keeps its shape; what is let out
    is stretched, no sleeve far over the hand, no hem below the ground.
    """

    sleeve: float = 1.0
    hem: float = 1.0

    def __post_init__(self) -> None:
        for name, factor in (("sleeve", self.sleeve), ("hem", self.hem)):
            if not FACTORS[0] <= factor <= FACTORS[1]:  # NaN too
                raise InputError(f"A {name} can't be {factor:g} times as long; give {FACTORS[0]:g} to {FACTORS[1]:g}.")


@dataclass(frozen=True)
class Sizing:
    """What the sizing network corrects of a fit: natural logarithms of factors, 0 leaves the analytic fit as it is.

    rise: of lengths along the body, from the armpits or the waist down. chest, middle, hem: of the half-widths at the
    upper end, halfway and at the lower end of what hangs on the trunk. shoulder: of the shoulders' reach from the middle.
    sleeve: of its length; cuff, trouser: of the widths along a sleeve or leg. (The length of trouser legs and the depth of a
    neckline were tried, too: nothing that is seen of a garment and a body tells them better than the fit.)
    """

    rise: float = 0.0
    chest: float = 0.0
    middle: float = 0.0
    hem: float = 0.0
    shoulder: float = 0.0
    sleeve: float = 0.0
    cuff: float = 0.0
    trouser: float = 0.0


@dataclass(frozen=True)
class GarmentFit:
    """A garment on a body.

    maps: piece -> (h, w, 2) float32, garment pixels (x, y) for the stage pixels (STEP * column, STEP * row).
    masks: piece -> (Hg, Wg) float32 in [0, 1], the piece in the garment's picture.
    scale: stage pixels per garment pixel. lengths: sleeve or leg piece -> how far it reaches along the limb, stage pixels.
    """

    maps: dict[str, np.ndarray]
    masks: dict[str, np.ndarray]
    scale: float
    lengths: dict[str, float]

    def on_stage(self, piece: str, size: tuple[int, int]) -> np.ndarray:
        """A piece's map drawn up to the stage (H, W): (H, W, 2) float32, garment pixels."""
        matrix = np.array([[1 / STEP, 0, 0], [0, 1 / STEP, 0]])  # knots stand at every STEP-th pixel, from the first
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return cv2.warpAffine(
            self.maps[piece], matrix, (size[1], size[0]), flags=flags, borderMode=cv2.BORDER_REPLICATE
        )


class _Pairs:
    """Control points: where they are on the stage, and where in the garment's picture."""

    def __init__(self) -> None:
        self.stage: list[np.ndarray] = []
        self.garment: list[np.ndarray] = []

    def add(self, stage: ArrayLike, garment: ArrayLike) -> None:
        self.stage.append(np.asarray(stage, float))
        self.garment.append(np.asarray(garment, float))

    def spline(self, size: tuple[int, int]) -> np.ndarray:
        """The backward map on the stage grid, (ceil(H / STEP), ceil(W / STEP), 2) float32."""
        stage, garment = np.array(self.stage), np.array(self.garment)
        _, unique = np.unique(np.round(stage, 2), axis=0, return_index=True)
        stage, garment = stage[unique], garment[unique]
        spline = RBFInterpolator(stage, garment, kernel="thin_plate_spline", smoothing=0.5, degree=1)
        y, x = np.mgrid[0 : size[0] : STEP, 0 : size[1] : STEP]
        places = spline(np.stack([x.ravel(), y.ravel()], -1).astype(float)).reshape(*x.shape, 2).astype(np.float32)
        # A spline says nothing beyond its control points: out there it may fold back into the picture.
        known = np.zeros(x.shape, np.uint8)
        cv2.fillConvexPoly(known, cv2.convexHull(np.round(stage / STEP).astype(np.int32)), 1)
        places[cv2.dilate(known, np.ones((2 * MARGIN // STEP + 1,) * 2, np.uint8)) == 0] = NOWHERE
        return places


def _extent(mask: np.ndarray, y: float) -> tuple[float, float] | None:
    """First and last column of the mask in row ``y``."""
    row = mask[int(np.clip(round(y), 0, len(mask) - 1))]
    columns = np.nonzero(row > 0.5)[0]
    return (float(columns[0]), float(columns[-1])) if len(columns) > 1 else None


def _ray(mask: np.ndarray, start: np.ndarray, direction: np.ndarray, limit: float) -> float:
    """How far the mask reaches from ``start`` along ``direction`` (unit), at most ``limit``."""
    distances = np.arange(0.0, max(limit, 2.0), 1.0)
    points = np.round(start + distances[:, None] * direction).astype(int)
    inside = (points >= 0).all(1) & (points[:, 0] < mask.shape[1]) & (points[:, 1] < mask.shape[0])
    points = np.clip(points, 0, [mask.shape[1] - 1, mask.shape[0] - 1])
    hit = inside & (mask[points[:, 1], points[:, 0]] > 0.5)
    reached = np.nonzero(hit)[0]
    return float(distances[reached[-1]]) if len(reached) else 0.0


class _Path:
    """A polyline by arc length, with the unit normal on a chosen side."""

    def __init__(self, points: list[np.ndarray], toward: np.ndarray) -> None:
        self.points = np.array(points, float)
        steps = np.hypot(*np.diff(self.points, axis=0).T)
        self.arc = np.concatenate([[0], np.cumsum(steps)])
        first = (self.points[1] - self.points[0]) / max(steps[0], 1e-6)
        self.side = 1.0 if (toward - self.points[0]) @ np.array([-first[1], first[0]]) >= 0 else -1.0

    @property
    def length(self) -> float:
        return float(self.arc[-1])

    def at(self, arc: float) -> tuple[np.ndarray, np.ndarray]:
        """Point and outward unit normal at an arc length; beyond the end the last segment goes on."""
        k = int(np.clip(np.searchsorted(self.arc, arc, side="right") - 1, 0, len(self.points) - 2))
        a, b = self.points[k], self.points[k + 1]
        segment = (b - a) / max(self.arc[k + 1] - self.arc[k], 1e-6)
        # Round the bend: average the directions near an inner joint.
        direction = segment
        for joint in range(1, len(self.points) - 1):
            span = 0.18 * self.length
            if abs(arc - self.arc[joint]) < span:
                before = self.points[joint] - self.points[joint - 1]
                after = self.points[joint + 1] - self.points[joint]
                before, after = before / np.hypot(*before), after / np.hypot(*after)
                t = 0.5 + 0.5 * (arc - self.arc[joint]) / span
                direction = (1 - t) * before + t * after
                direction /= max(np.hypot(*direction), 1e-6)
        return a + segment * (arc - self.arc[k]), self.side * np.array([-direction[1], direction[0]])

    def arc_of(self, points: np.ndarray) -> np.ndarray:
        """How far along the path each of the points (n, 2) is, (n,); the first and last segments go on for ever."""
        best, nearest = np.zeros(len(points)), np.full(len(points), np.inf)
        last = len(self.points) - 2
        for k in range(last + 1):
            a, step = self.points[k], self.points[k + 1] - self.points[k]
            t = (points - a) @ step / max(float(step @ step), 1e-6)
            t = np.clip(t, -np.inf if k == 0 else 0, np.inf if k == last else 1)
            distance = np.hypot(*(points - a - t[:, None] * step).T)
            closer = distance < nearest
            best = np.where(closer, self.arc[k] + t * float(np.hypot(*step)), best)
            nearest = np.where(closer, distance, nearest)
        return best


def _until(value: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """1 up to ``limit`` and 0 beyond, float32, with an edge one unit wide."""
    return np.clip(limit - value + 0.5, 0, 1).astype(np.float32)


class UnfitGarment:
    """One garment, one body and the scale between them, from which the fit is made; ``size`` is the stage's (H, W)."""

    def __init__(
        self,
        garment: Garment,
        body: Body,
        size: tuple[int, int],
        floor: float,
        tailoring: Tailoring,
        sizing: Sizing,
    ) -> None:
        self.body, self.size, self.floor, self.tailoring, self.sizing = body, size, floor, tailoring, sizing
        self.masks = garment.part_masks()
        self.marks = {name: np.array(point, float) for name, point in garment.landmarks.items()}
        self.category = garment.category
        self.whole_leg = FLAT_LEG if garment.flat else WORN_LEG
        self.length = FLAT_LENGTH if garment.flat else WORN_LENGTH[garment.category]
        trunk = np.maximum.reduce([body.silhouette(p, size) for p in ("trunk", "r_leg", "l_leg")])
        self.bare = trunk > 0.5
        self.middle = self._middle()
        self.scale = 1.0  # stage pixels per garment pixel, across
        self.rise = 1.0  # and along the body
        self.lengths: dict[str, float] = {}
        self.kept: dict[str, np.ndarray] = {}  # piece -> (Hg, Wg) in [0, 1], what a tailor left of it

    def _middle(self) -> float:
        """The garment's own middle line, a column of its picture."""
        pairs = [("neck_r", "neck_l"), ("shoulder_r", "shoulder_l"), ("armpit_r", "armpit_l"), ("waist_r", "waist_l"),
                 ("hip_r", "hip_l"), ("hem_r", "hem_l")]  # fmt: skip
        middles = [(self.marks[a][0] + self.marks[b][0]) / 2 for a, b in pairs if a in self.marks and b in self.marks]
        return float(np.median(middles)) if middles else self.masks["body"].shape[1] / 2

    def width(self, name: str) -> float | None:
        """Distance between a landmark's two sides in the garment's picture."""
        if f"{name}_r" not in self.marks or f"{name}_l" not in self.marks:
            return None
        return float(np.hypot(*(self.marks[f"{name}_l"] - self.marks[f"{name}_r"])))

    # ------------------------------------------------------------------------------------------------ body outline

    def bare_half_widths(self, share: float) -> tuple[float, float]:
        """How far the bare body reaches to its right and left of the middle line at a share of the spine."""
        center = self.body.on_axis(share)
        if share <= 1.15:
            half = float(self.body.torso_half_width(share))
            return half, half
        columns = np.nonzero(self.bare[int(np.clip(round(center[1]), 0, self.size[0] - 1))])[0]
        if len(columns) < 2:
            return 0.0, 0.0
        return float(center[0] - columns[0]), float(columns[-1] - center[0])

    def ease(self, place: float) -> float:
        """The sizing's factor on the half-widths of the trunk's cloth; place: 0 at its upper end, 1 at its hem."""
        sizing = self.sizing
        return float(np.exp(np.interp(place, [0, 0.5, 1], [sizing.chest, sizing.middle, sizing.hem])))

    def worn(self, cloth: float, bare: float) -> float:
        """Half-width of the worn cloth, from its half-width in the picture (already scaled) and the body's."""
        bare = bare * EASE
        return bare if cloth < bare else bare + LOOSE * (cloth - bare)

    def shoulder_line(self, side: str, lateral: float) -> np.ndarray:
        """The point on top of the shoulder at a distance from the middle line."""
        sign = 1.0 if side == "l" else -1.0
        neck, tip = self.body.neck_side(side), self.body.shoulder_tip(side)
        near = sign * float((neck - self.body.joints[1]) @ self.body.across)
        far = sign * float((tip - self.body.joints[1]) @ self.body.across)
        t = (lateral - near) / max(far - near, 1e-3)
        return neck + np.clip(t, 0.0, 1.08) * (tip - neck)

    def measure(self) -> None:
        """Find the scale across and along the body."""
        if self.category == "lower":
            self.scale, self.rise = self._lower_scale()
        else:
            self.scale, self.rise = self._top_scale()

    @property
    def drop(self) -> float:
        """Stage pixels per garment pixel along the trunk, sized."""
        return self.rise * float(np.exp(self.sizing.rise))

    def extent(self, y: float) -> tuple[float, float] | None:
        """First and last column of the garment's body in row ``y`` of its picture."""
        return _extent(self.masks["body"], y)

    def fit(self) -> dict[str, np.ndarray]:
        """The pieces' maps on the stage."""
        self.measure()
        return self.fit_lower() if self.category == "lower" else self.fit_top()

    # ------------------------------------------------------------------------------------------------- upper, dress

    def fit_top(self) -> dict[str, np.ndarray]:
        marks, body = self.marks, self.body
        pieces: dict[str, np.ndarray] = {}
        pairs = _Pairs()
        armpit_y = float(np.mean([marks[f"armpit_{s}"][1] for s in "rl"]))
        neck_y = float(np.mean([marks[f"neck_{s}"][1] for s in "rl"]))
        strapless = self._strapless()
        top_share = ARMPIT
        if strapless:
            armpit_y, top_share = neck_y, BUST
            crest = float(np.nonzero((self.masks["body"] > 0.5).any(1))[0][0])  # the bodice's upper edge is a dome
            pairs.add(body.on_axis(BUST - (neck_y - crest) * self.drop / body.spine), [self.middle, crest])
        else:
            self._shoulders(pairs)
        share_of = self._levels(armpit_y, top_share)
        bottom = float(np.mean([marks[f"hem_{s}"][1] for s in "rl"]))
        for t in np.linspace(0.02, 1, 9):
            y = armpit_y + t * (bottom - armpit_y)
            self._row(pairs, y, share_of(y), t)
        self._take_up(armpit_y, bottom, share_of)
        if "neck_c" in marks and not strapless and self._is_strap("r") and self._is_strap("l"):
            pairs.add(body.on_axis(self._above_armpits(marks["neck_c"][1])), [self.middle, marks["neck_c"][1]])
        elif "neck_c" in marks and not strapless:
            depth = float(marks["neck_c"][1] - neck_y) * self.rise
            pairs.add(
                (body.neck_side("r") + body.neck_side("l")) / 2 + depth * body.down, [self.middle, marks["neck_c"][1]]
            )
        pieces["body"] = pairs.spline(self.size)
        for side in "rl":
            if f"sleeve_{side}" in self.masks and f"cuff_outer_{side}" in marks and not strapless:
                pieces[f"sleeve_{side}"] = self._sleeve(side, pairs)
        return pieces

    def _strapless(self) -> bool:
        """Whether the garment ends level at the bust: it has no shoulders."""
        return "shoulder_r" not in self.marks and "shoulder_l" not in self.marks

    def _top_scale(self) -> tuple[float, float]:
        """Stage pixels per garment pixel, across and along the body, from the shoulders and the chest."""
        body = self.body
        chest, shoulders = self.width("armpit"), self.width("shoulder")
        own, average = [], []
        if chest:
            own.append(2 * EASE * float(body.torso_half_width(ARMPIT)) / chest)
            average.append(2 * EASE * body.average_half_width(ARMPIT) / chest)
        armhole = float(np.mean([self.marks[f"armpit_{s}"][1] - self.marks[f"shoulder_{s}"][1] for s in "rl"
                                 if f"shoulder_{s}" in self.marks] or [0.0]))  # fmt: skip
        sleeved = "sleeve_r" in self.masks or "sleeve_l" in self.masks
        # A strap says nothing of the shoulders' width.
        if shoulders and chest and shoulders > (0.75 if sleeved else 0.84) * chest and armhole > 0.1 * chest:
            tips = float(np.hypot(*(body.shoulder_tip("l") - body.shoulder_tip("r"))))
            own.append(tips / shoulders)
            average.append((SHOULDERS + 0.016) * body.stature / shoulders)
        if not own:
            waist = self.width("waist") or self.width("hem") or float(self.masks["body"].shape[1])
            own.append(2 * EASE * float(body.torso_half_width(WAIST)) / waist)
            average.append(2 * EASE * body.average_half_width(WAIST) / waist)
        return float(np.exp(np.log(own).mean())), self.length * float(np.exp(np.log(average).mean()))

    def _shoulders(self, pairs: _Pairs) -> None:
        body, marks = self.body, self.marks
        for side in "rl":
            sign = 1.0 if side == "l" else -1.0
            neck = marks[f"neck_{side}"]
            lateral = abs(neck[0] - self.middle) * self.scale
            if self._is_strap(side):
                share = self._above_armpits(neck[1])
                pairs.add(body.on_axis(share) + sign * lateral * body.across_at(share), neck)
            else:
                pairs.add(self.shoulder_line(side, lateral), neck)
            if f"shoulder_{side}" in marks:
                tip = marks[f"shoulder_{side}"]
                lateral = abs(tip[0] - self.middle) * self.scale
                reach = abs(float((body.shoulder_tip(side) - body.joints[1]) @ body.across))
                # A set-in sleeve starts at the tip whatever the garment's ease; a strap stays where it is cut.
                lateral = reach if f"sleeve_{side}" in self.masks else min(lateral, reach)
                lateral *= float(np.exp(self.sizing.shoulder))
                pairs.add(self.shoulder_line(side, lateral), tip)
            armpit = marks[f"armpit_{side}"]
            half = self.worn(abs(armpit[0] - self.middle) * self.scale, float(body.torso_half_width(ARMPIT)))
            half *= self.ease(0)
            pairs.add(body.on_axis(ARMPIT) + sign * half * body.across_at(ARMPIT), armpit)

    def _is_strap(self, side: str) -> bool:
        """Whether a shoulder is a strap: its neck mark is the corner where it meets the bodice, below the shoulder."""
        shoulder = self.marks.get(f"shoulder_{side}")
        return shoulder is not None and float(shoulder[1]) < float(self.marks[f"neck_{side}"][1])

    def _above_armpits(self, y: float) -> float:
        """The share of the spine on which a row between shoulders and armpits lies."""
        armpit_y = float(np.mean([self.marks[f"armpit_{s}"][1] for s in "rl"]))
        return ARMPIT - (armpit_y - float(y)) * self.drop / self.body.spine

    def _levels(self, top_y: float, top_share: float) -> Callable[[float], float]:
        """Where a row of the garment below the armpits goes: row -> share of the spine."""
        marks, body = self.marks, self.body
        per_row = self.drop / body.spine
        bottom = float(np.mean([marks[f"hem_{s}"][1] for s in "rl"]))
        knots_y, knots_share = [top_y], [top_share]
        waist = self.width("waist")
        if waist:
            waist_y = float(np.mean([marks[f"waist_{s}"][1] for s in "rl"]))
            chest = self.width("armpit") or waist
            shaped = waist < 0.93 * chest
            natural = top_share + (waist_y - top_y) * per_row
            if waist_y > top_y + 2:
                goal = WAIST if shaped else natural
                knots_y.append(waist_y)
                knots_share.append(
                    float(
                        np.clip(goal, top_share + 0.75 * (natural - top_share), top_share + 1.3 * (natural - top_share))
                    )
                )
        last_y, last_share = knots_y[-1], knots_share[-1]
        knots_y.append(max(bottom, last_y + 1.0))
        knots_share.append(self._hem_share(top_share, last_share + max(bottom - last_y, 1.0) * per_row))
        return lambda y: float(np.interp(y, knots_y, knots_share))

    def _hem_share(self, top: float, end: float) -> float:
        """The share of the spine on which a hem lies that would lie on ``end``, for cloth that begins on ``top``."""
        floor = 1 + (self.floor - self.body.on_axis(1.0)[1]) / self.body.spine
        end = min(end, floor)
        return min(end + (max(self.tailoring.hem, 1.0) - 1) * (end - top), floor)

    def _take_up(self, top: float, bottom: float, share_of: Callable[[float], float]) -> None:
        """Cut the hem of what hangs from row ``top`` to row ``bottom``, along its own line: an even strip goes."""
        if self.tailoring.hem >= 1:
            return
        rows = np.linspace(top, max(bottom, top + 1), 100)
        shares = np.array([share_of(row) for row in rows])
        end = np.interp(shares[0] + self.tailoring.hem * (shares[-1] - shares[0]), shares, rows)
        mask = self.masks["body"] > 0.5
        columns = np.flatnonzero(mask[round(top) :].any(0))
        if not len(columns):
            return
        lowest = len(mask) - 1 - np.argmax(mask[::-1, columns], axis=0)
        width = max(3, len(columns) // 8) | 1  # frills and threads are no part of the line
        lowest = np.convolve(np.pad(lowest, width // 2, mode="edge"), np.ones(width) / width, "valid")
        line = np.interp(np.arange(mask.shape[1]), columns, lowest)
        share = (end - rows[0]) / (rows[-1] - rows[0])
        self.kept["body"] = _until(np.arange(len(mask))[:, None], rows[0] + share * (line - rows[0]))

    def _row(self, pairs: _Pairs, y: float, share: float, place: float) -> None:
        """Both edges and the middle of one row of the garment's body; place: see ``ease``."""
        extent = _extent(self.masks["body"], y)
        if extent is None:
            return
        center, across = self.body.on_axis(share), self.body.across_at(share)
        bare = self.bare_half_widths(share)
        if share > CROTCH:  # a narrow hem holds the legs together
            bare = (TIGHT * bare[0], TIGHT * bare[1])
        ease = self.ease(place)
        right = ease * self.worn((self.middle - extent[0]) * self.scale, bare[0])
        left = ease * self.worn((extent[1] - self.middle) * self.scale, bare[1])
        pairs.add(center - right * across, [extent[0], y])
        pairs.add(center + left * across, [extent[1], y])
        # The middle stays in the middle of the cloth, so that a print doesn't lean to one side.
        pairs.add(center + (left - right) / 2 * across, [(extent[0] + extent[1]) / 2, y])

    def _sleeve(self, side: str, body_pairs: _Pairs) -> np.ndarray:
        marks, body = self.marks, self.body
        mask = self.masks[f"sleeve_{side}"]
        shoulder, armpit = marks[f"shoulder_{side}"], marks[f"armpit_{side}"]
        outer, inner = marks[f"cuff_outer_{side}"], marks[f"cuff_inner_{side}"]
        hole, cuff = (shoulder + armpit) / 2, (outer + inner) / 2
        bend = marks.get(f"elbow_{side}", (hole + cuff) / 2)
        cut = _Path([hole, bend, cuff], shoulder)

        joints = [body.joints[k] for k in ARM[side]]
        tip, pit = body.shoulder_tip(side), body.armpit(side)
        arm = _Path([(tip + pit) / 2, joints[1], joints[2]], tip)
        length = cut.length * self.rise
        length = 0.99 * arm.length if 0.8 * arm.length < length < 1.4 * arm.length else min(length, arm.length)
        length *= float(np.exp(self.sizing.sleeve))
        length = min(length * max(self.tailoring.sleeve, 1.0), OVER_HAND * arm.length)
        wide = float(np.exp(self.sizing.cuff))
        self._shorten(f"sleeve_{side}", cut, length, self.tailoring.sleeve)
        _, half = body.limb(f"{side}_arm", steps=9)

        pairs = _Pairs()
        pairs.add(tip, shoulder)
        pairs.add(pit, armpit)
        pairs.add((tip + pit) / 2, hole)
        for t in (0.25, 0.5, 0.75, 1.0):
            point, normal = cut.at(t * cut.length)
            if t == 1.0:
                reach_out, reach_in = np.hypot(*(outer - cuff)), np.hypot(*(inner - cuff))
            else:
                limit = 0.8 * float(np.hypot(*(shoulder - armpit)))
                reach_out, reach_in = _ray(mask, point, normal, limit), _ray(mask, point, -normal, limit)
            reach_out, reach_in = max(reach_out, 1.0), max(reach_in, 1.0)
            on_arm, arm_normal = arm.at(t * length)
            bare = 1.12 * float(np.interp(t * length / arm.length, np.linspace(0, 1, 9), half))
            pairs.add(on_arm + wide * max(reach_out * self.scale, bare) * arm_normal, point + reach_out * normal)
            pairs.add(on_arm - wide * max(reach_in * self.scale, bare) * arm_normal, point - reach_in * normal)
            pairs.add(on_arm, point + (reach_out - reach_in) / 2 * normal)
        # Inside the armhole the sleeve's map runs on into the body's.
        neck = marks[f"neck_{side}"]
        pairs.add(self.shoulder_line(side, abs(neck[0] - self.middle) * self.scale), neck)
        return pairs.spline(self.size)

    def _shorten(self, piece: str, cut: _Path, length: float, factor: float) -> None:
        """Note how far a sleeve or a leg reaches on the body, and cut it off at ``factor`` of its path in the picture."""
        self.lengths[piece] = length * min(factor, 1.0)
        if factor < 1:
            height, width = self.masks[piece].shape
            x, y = np.meshgrid(np.arange(width), np.arange(height))
            arc = cut.arc_of(np.stack([x.ravel(), y.ravel()], -1)).reshape(height, width)
            self.kept[piece] = _until(arc, np.asarray(factor * cut.length))

    # -------------------------------------------------------------------------------------------------------- lower

    def _lower_scale(self) -> tuple[float, float]:
        """Stage pixels per garment pixel, across and along the body, from the hips or the waist."""
        hip, waist = self.width("hip"), self.width("waist")
        if "crotch" in self.marks:
            measure, at = (hip, 1.05) if hip else (waist, 0.75)
        else:
            measure, at = waist, SKIRT_WAIST
        per_pixel = 2 * EASE / max(measure or 1.0, 1.0)
        return per_pixel * float(
            self.body.torso_half_width(at)
        ), self.length * per_pixel * self.body.average_half_width(at)

    def fit_lower(self) -> dict[str, np.ndarray]:
        marks, body = self.marks, self.body
        waist_y = float(np.mean([marks[f"waist_{s}"][1] for s in "rl"]))
        trousers = "crotch" in marks
        if trousers:
            rise = float(marks["crotch"][1] - waist_y) * self.drop / body.spine
            waist_share = float(np.clip(CROTCH - rise, 0.55, 0.92))
            crotch_y = float(marks["crotch"][1])
        else:
            waist_share, crotch_y = SKIRT_WAIST, 0.0
        bottom = float(np.mean([marks[f"hem_{s}"][1] for s in "rl"]))

        def share_of(y: float) -> float:
            if trousers:
                return float(np.interp(y, [waist_y, crotch_y], [waist_share, CROTCH]))
            length = (bottom - waist_y) * self.drop / body.spine
            end = self._hem_share(waist_share, waist_share + length)
            return float(np.interp(y, [waist_y, max(bottom, waist_y + 1)], [waist_share, end]))

        pairs = _Pairs()
        last = crotch_y if trousers else bottom
        for t in np.linspace(0, 1, 4 if trousers else 9):
            y = waist_y + 1 + t * (last - waist_y - 1)
            self._row(pairs, y, share_of(y), t)
        if not trousers:
            self._take_up(waist_y, bottom, share_of)
        pieces: dict[str, np.ndarray] = {}
        if trousers:
            pairs.add(body.crotch(), marks["crotch"])
            for side in "rl":
                if f"leg_{side}" in self.masks:
                    pieces[f"leg_{side}"] = self._trouser_leg(side, pairs)
        pieces["body"] = pairs.spline(self.size)
        return pieces

    def _trouser_leg(self, side: str, body_pairs: _Pairs) -> np.ndarray:
        marks, body = self.marks, self.body
        mask = self.masks[f"leg_{side}"]
        crotch = marks["crotch"]
        outer, inner = marks[f"hem_{side}"], marks.get(f"hem_inner_{side}", marks[f"hem_{side}"])
        hem = (outer + inner) / 2
        columns = _extent(mask, crotch[1] + 0.06 * (hem[1] - crotch[1]))
        top = np.array([np.mean(columns) if columns else (crotch[0] + outer[0]) / 2, crotch[1]])
        hip, knee, ankle = (body.joints[k] for k in LEG[side])
        fork = body.crotch()
        share = np.clip((fork[1] - hip[1]) / max(knee[1] - hip[1], 1e-3), 0.0, 0.5)
        leg = _Path([hip + share * (knee - hip), knee, ankle], hip + self._outward(side))
        cut = _Path([top, (top + hem) / 2, hem], top + (outer - inner))
        length = cut.length * self.rise
        # Trousers made for the whole leg reach the ankle, whatever the scale says.
        # An elastic waist is gathered: what it was sewn to tells more of the width.
        waist = max(self.width("waist") or 0.0, 0.7 * (self.width("hip") or 0.0)) or np.inf
        whole = hem[1] - marks[f"waist_{side}"][1] > self.whole_leg * waist
        length = leg.length if whole or length > 0.82 * leg.length else length
        wide = float(np.exp(self.sizing.trouser))
        length = min(length * max(self.tailoring.hem, 1.0), leg.length + max(0.0, float(self.floor - ankle[1])))
        self._shorten(f"leg_{side}", cut, length, self.tailoring.hem)
        _, half = body.limb(f"{side}_leg", steps=17)

        pairs = _Pairs()
        for stage, garment in zip(body_pairs.stage, body_pairs.garment, strict=True):
            pairs.add(stage, garment)
        for t in (0.12, 0.35, 0.6, 0.8, 1.0):
            point, normal = cut.at(t * cut.length)
            limit = 0.75 * max(float(np.hypot(*(outer - inner))), abs(float(top[0] - crotch[0])) * 2, 8.0)
            reach_out, reach_in = _ray(mask, point, normal, limit), _ray(mask, point, -normal, limit)
            reach_out, reach_in = max(reach_out, 1.0), max(reach_in, 1.0)
            on_leg, leg_normal = leg.at(t * length)
            place = share / 2 + (1 - share / 2) * t * length / leg.length
            bare = 1.05 * float(np.interp(place, np.linspace(0, 1, 17), half))
            pairs.add(on_leg + wide * self.worn(reach_out * self.scale, bare) * leg_normal, point + reach_out * normal)
            pairs.add(on_leg - wide * self.worn(reach_in * self.scale, bare) * leg_normal, point - reach_in * normal)
            pairs.add(on_leg, point + (reach_out - reach_in) / 2 * normal)
        return pairs.spline(self.size)

    def _outward(self, side: str) -> np.ndarray:
        return self.body.across_at(1.0) * (30.0 if side == "l" else -30.0)


def fit_garment(
    garment: Garment,
    body: Body,
    size: tuple[int, int],
    floor: float,
    tailoring: Tailoring | None = None,
    sizing: Sizing | None = None,
) -> GarmentFit:
    """Fit ``garment`` on ``body``.

    Args:
        body: the person's body, in stage pixels.
        size: the stage's (H, W).
        floor: the row of the ground, stage pixels: no hem goes below it.
        tailoring: longer or shorter than the fit would have it.
        sizing: the network's corrections; None leaves the analytic fit.
    """
    fitter = UnfitGarment(garment, body, size, floor, tailoring or Tailoring(), sizing or Sizing())
    pieces = fitter.fit()
    masks = {piece: _share(fitter.masks[piece], garment.alpha) * fitter.kept.get(piece, 1) for piece in pieces}
    return GarmentFit(pieces, masks, fitter.scale, fitter.lengths)


def adjusted_fit(fit: GarmentFit, residual: np.ndarray) -> GarmentFit:
    """The fit with a residual (H, W, 2), garment pixels on the stage, added to every piece's map."""
    on_grid = residual[::STEP, ::STEP].astype(np.float32)
    maps = {name: np.where(places > NOWHERE / 2, places + on_grid, places) for name, places in fit.maps.items()}
    return replace(fit, maps=maps)


def _share(mask: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """A piece's share of the garment, (Hg, Wg) in [0, 1], carried a little beyond the garment's soft edge."""
    return np.clip(cv2.blur(mask, (7, 7)) / np.maximum(cv2.blur(alpha, (7, 7)), 1e-3), 0, 1).astype(np.float32)


def collar_cut(garment: Garment) -> np.ndarray:
    """(Hg, Wg) float32: 0 where the picture shows the inside of the back collar, which the worn piece hides, else 1."""
    height, width = garment.image.shape[:2]
    keep = np.ones((height, width), np.float32)
    collar = {"neck_r", "neck_l", "neck_c", "shoulder_r", "shoulder_l"}
    if garment.category == "lower" or not collar <= garment.landmarks.keys():
        return keep
    right, left, middle = (np.array(garment.landmarks[k], float) for k in ("neck_r", "neck_l", "neck_c"))
    span, rim = (left[0] - right[0]) / 2, (right[1] + left[1]) / 2
    if span < 4:
        return keep
    inside = _inside_of_collar(garment, right, left)
    if inside is not None:
        return keep - inside
    if middle[1] - rim < 3:
        return keep
    t = np.linspace(-1, 1, 41)
    x = right[0] + (t + 1) * span
    y = middle[1] - (middle[1] - (right[1] + (t + 1) / 2 * (left[1] - right[1]))) * np.abs(t) ** 2.0
    outline = np.concatenate([np.stack([x, y], -1), [[x[-1], 0], [x[0], 0]]])
    hole = np.zeros((height, width), np.uint8)
    cv2.fillPoly(hole, [np.round(outline * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return keep - hole.astype(np.float32) / 255


def _inside_of_collar(garment: Garment, right: np.ndarray, left: np.ndarray) -> np.ndarray | None:
    """The inside of the back collar as the picture shows it, (Hg, Wg) float32, or None where there is no such patch.

    From the middle of the collar's upper edge downward, patch by patch of even colour: as long as a patch ends within the
    neck opening it is the collar's inside; the first that runs out under the shoulders is the front. The whole must be as
    wide as the neck at its top and narrow at its bottom.
    """
    height, width = garment.image.shape[:2]
    span = left[0] - right[0]
    x = int(np.clip(round((right[0] + left[0]) / 2), 0, width - 1))
    column = np.nonzero(garment.image[:, x, 3] > 200)[0]
    if not len(column):
        return None
    pad = int(0.06 * span)
    low, high = max(0, int(right[0]) - pad), min(width, int(left[0]) + pad)
    top, floor = int(column[0]), min(height, int(column[0] + 1.2 * span))
    smooth = cv2.bilateralFilter(np.ascontiguousarray(garment.image[:floor, low:high, :3]), 5, 20, 3)
    lab = cv2.cvtColor(smooth, cv2.COLOR_RGB2LAB)
    opaque = garment.image[:floor, low:high, 3] > 128
    inside = np.zeros(lab.shape[:2], bool)
    # Three columns, for a seam or a label in the middle is no more than itself.
    columns = {int(np.clip(x - low + share * span, 1, lab.shape[1] - 2)) for share in (-0.14, 0.0, 0.14)}
    patches = 0
    for y in range(top + 2, floor - 2, 3):
        for seed in [c for c in columns if opaque[y, c] and not inside[y, c]]:
            patch = _even_patch(lab, opaque, (seed, y))
            if patch[:, [0, -1]].any() or patch[-1].any():
                columns.discard(seed)  # this column has come to the front
            else:
                inside |= patch
                patches += 1
    rows = np.nonzero(inside.any(1))[0]
    lively = patches > MAX_PATCHES and len(rows) > 0.6 * span  # such a fabric is all patches, front and back
    if len(rows) < 0.12 * span or lively:
        return None
    hole = np.zeros((height, width), np.float32)
    widths = []
    for row in rows:  # with the prints in its midst
        ends = np.nonzero(inside[row])[0]
        hole[row, low + ends[0] : low + ends[-1] + 1] = 1
        widths.append(ends[-1] - ends[0])
    upper, lower = max(widths[: len(rows) // 2 + 1]), float(np.mean(widths[-max(1, len(rows) // 8) :]))
    if upper < 0.5 * span or lower > 0.55 * upper:
        return None
    # The collar's own edge above goes with it; the soft rim of the front stays with the front.
    hole = np.cumsum(hole[::-1], axis=0)[::-1] > 0
    hole = cv2.morphologyEx(hole.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    return cv2.GaussianBlur(cv2.dilate(hole, np.ones((3, 3), np.uint8)).astype(np.float32), (0, 0), 0.8)


def _even_patch(lab: np.ndarray, inside: np.ndarray, seed: tuple[int, int]) -> np.ndarray:
    """What can be reached from ``seed`` without crossing an edge of ``lab`` or leaving ``inside``: (H, W) bool."""
    barrier = np.ones((lab.shape[0] + 2, lab.shape[1] + 2), np.uint8)
    barrier[1:-1, 1:-1] = ~inside
    flags = (
        4 | (2 << 8) | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE
    )  # soft edges would let a floating one out
    cv2.floodFill(lab, barrier, seed, (0, 0, 0), (14, 6, 6), (14, 6, 6), flags)
    return barrier[1:-1, 1:-1] == 2
