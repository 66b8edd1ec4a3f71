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

from fashionmirror_core.body.proportions import Body
from fashionmirror_core.cloth.measures import ARMPIT, BUST, CROTCH, EASE, SKIRT_WAIST, WAIST, Measures
from fashionmirror_core.cloth.splines import NOWHERE, STEP, ControlPoints, Path, reach_along, row_extent, step_down
from fashionmirror_core.cloth.tailoring import Tailoring
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.vocabulary import LEG_PARTS, Category, Part, Side

PART_OF_PIECE = {
    "body": Part.TRUNK, "sleeve_r": Part.R_ARM, "sleeve_l": Part.L_ARM, "leg_r": Part.R_LEG, "leg_l": Part.L_LEG,
}  # fmt: skip
TIGHT = 0.8  # of the width of the standing legs, within which a hem below the crotch may hold them
LOOSE = 0.92  # share of a garment's extra width that is kept when worn: a flat lay is wider than the worn piece

# Length over waist in the picture, from which trousers are full-length.
FLAT_WHOLE_LEG, WORN_WHOLE_LEG = 1.7, 2.9
OVER_HAND = 1.12  # lengths of the arm that a lengthened sleeve may reach


@dataclass(frozen=True)
class Sizing:
    """The sizing network's corrections of a fit: natural logarithms of factors, 0 leaves the analytic fit as it is.

    rise: of lengths along the body, from the armpits or the waist down. chest, middle, hem: of the half-widths at the
    upper end, halfway and at the lower end of what hangs on the trunk. shoulder: of the shoulders' reach from the middle.
    sleeve: of its length; cuff, trouser: of the widths along a sleeve or leg. (The length of trouser legs and the depth of a
    neckline were tried, too: the network predicted them no better than the fit does.)
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


class Fitter:
    """Lays a measured garment on a body."""

    def __init__(
        self, measures: Measures, body: Body, size: tuple[int, int], floor: float, tailoring: Tailoring, sizing: Sizing
    ) -> None:
        """body: in stage pixels. size: the stage's (H, W). floor: the row of the ground, stage pixels."""
        self.body, self.size, self.floor, self.tailoring, self.sizing = body, size, floor, tailoring, sizing
        self.measures = measures
        self.marks, self.masks, self.middle = measures.marks, measures.masks, measures.middle
        self.across, self.along = measures.across, measures.along
        self.bare = np.maximum.reduce([body.silhouette(part, size) for part in (Part.TRUNK, *LEG_PARTS)]) > 0.5
        self.lengths: dict[str, float] = {}
        self.kept: dict[str, np.ndarray] = {}  # piece -> (Hg, Wg) in [0, 1], where a shortened one remains

    @property
    def drop(self) -> float:
        """Stage pixels per garment pixel along the trunk, sized."""
        return self.along * float(np.exp(self.sizing.rise))

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

    def shoulder_line(self, side: Side, lateral: float) -> np.ndarray:
        """The point on top of the shoulder at a distance from the middle line."""
        neck, tip = self.body.neck_side(side), self.body.shoulder_tip(side)
        near = side.sign * float((neck - self.body.neck) @ self.body.across)
        far = side.sign * float((tip - self.body.neck) @ self.body.across)
        t = (lateral - near) / max(far - near, 1e-3)
        return neck + np.clip(t, 0.0, 1.08) * (tip - neck)

    def fit(self) -> dict[str, np.ndarray]:
        """The pieces' maps on the stage."""
        return self.fit_lower() if self.measures.category is Category.LOWER else self.fit_top()

    def fit_top(self) -> dict[str, np.ndarray]:
        marks, body = self.marks, self.body
        pieces: dict[str, np.ndarray] = {}
        pairs = ControlPoints()
        armpit_y, neck_y = self.measures.row("armpit"), self.measures.row("neck")
        strapless = self.measures.is_strapless
        top_share = ARMPIT
        if strapless:
            armpit_y, top_share = neck_y, BUST
            crest = float(np.nonzero((self.masks["body"] > 0.5).any(1))[0][0])  # the bodice's upper edge is a dome
            pairs.add(body.on_axis(BUST - (neck_y - crest) * self.drop / body.spine), [self.middle, crest])
        else:
            self._shoulders(pairs)
        share_of = self._levels(armpit_y, top_share)
        bottom = self.measures.row("hem")
        for t in np.linspace(0.02, 1, 9):
            y = armpit_y + t * (bottom - armpit_y)
            self._row(pairs, y, share_of(y), t)
        self._take_up(armpit_y, bottom, share_of)
        if "neck_c" in marks and not strapless and all(self.measures.is_strap(side) for side in Side):
            pairs.add(body.on_axis(self._above_armpits(marks["neck_c"][1])), [self.middle, marks["neck_c"][1]])
        elif "neck_c" in marks and not strapless:
            depth = float(marks["neck_c"][1] - neck_y) * self.along
            throat = (body.neck_side(Side.RIGHT) + body.neck_side(Side.LEFT)) / 2 + depth * body.down
            pairs.add(throat, [self.middle, marks["neck_c"][1]])
        pieces["body"] = pairs.spline(self.size)
        for side in Side:
            if f"sleeve_{side}" in self.masks and f"cuff_outer_{side}" in marks and not strapless:
                pieces[f"sleeve_{side}"] = self._sleeve(side, pairs)
        return pieces

    def _shoulders(self, pairs: ControlPoints) -> None:
        body, marks = self.body, self.marks
        for side in Side:
            neck = marks[f"neck_{side}"]
            lateral = abs(neck[0] - self.middle) * self.across
            if self.measures.is_strap(side):
                share = self._above_armpits(neck[1])
                pairs.add(body.on_axis(share) + side.sign * lateral * body.across_at(share), neck)
            else:
                pairs.add(self.shoulder_line(side, lateral), neck)
            if f"shoulder_{side}" in marks:
                tip = marks[f"shoulder_{side}"]
                lateral = abs(tip[0] - self.middle) * self.across
                reach = abs(float((body.shoulder_tip(side) - body.neck) @ body.across))
                # A set-in sleeve starts at the tip whatever the garment's ease; a strap stays where it is cut.
                lateral = reach if f"sleeve_{side}" in self.masks else min(lateral, reach)
                lateral *= float(np.exp(self.sizing.shoulder))
                pairs.add(self.shoulder_line(side, lateral), tip)
            armpit = marks[f"armpit_{side}"]
            half = self.worn(abs(armpit[0] - self.middle) * self.across, float(body.torso_half_width(ARMPIT)))
            half *= self.ease(0)
            pairs.add(body.on_axis(ARMPIT) + side.sign * half * body.across_at(ARMPIT), armpit)

    def _above_armpits(self, y: float) -> float:
        """The share of the spine on which a row between shoulders and armpits lies."""
        return ARMPIT - (self.measures.row("armpit") - float(y)) * self.drop / self.body.spine

    def _levels(self, top_y: float, top_share: float) -> Callable[[float], float]:
        """Where a row of the garment below the armpits goes: row -> share of the spine."""
        per_row = self.drop / self.body.spine
        bottom = self.measures.row("hem")
        knots_y, knots_share = [top_y], [top_share]
        waist = self.measures.width("waist")
        if waist:
            waist_y = self.measures.row("waist")
            chest = self.measures.width("armpit") or waist
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
        """Cuts the hem of what hangs from row ``top`` to row ``bottom``, along its own line: an even strip goes."""
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
        self.kept["body"] = step_down(np.arange(len(mask))[:, None], rows[0] + share * (line - rows[0]))

    def _row(self, pairs: ControlPoints, y: float, share: float, place: float) -> None:
        """Both edges and the middle of one row of the garment's body; place: see ``ease``."""
        extent = row_extent(self.masks["body"], y)
        if extent is None:
            return
        center, across = self.body.on_axis(share), self.body.across_at(share)
        bare = self.bare_half_widths(share)
        if share > CROTCH:  # a narrow hem holds the legs together
            bare = (TIGHT * bare[0], TIGHT * bare[1])
        ease = self.ease(place)
        right = ease * self.worn((self.middle - extent[0]) * self.across, bare[0])
        left = ease * self.worn((extent[1] - self.middle) * self.across, bare[1])
        pairs.add(center - right * across, [extent[0], y])
        pairs.add(center + left * across, [extent[1], y])
        # The middle stays in the middle of the cloth, so that a print doesn't lean to one side.
        pairs.add(center + (left - right) / 2 * across, [(extent[0] + extent[1]) / 2, y])

    def _sleeve(self, side: Side, body_pairs: ControlPoints) -> np.ndarray:
        marks, body = self.marks, self.body
        mask = self.masks[f"sleeve_{side}"]
        shoulder, armpit = marks[f"shoulder_{side}"], marks[f"armpit_{side}"]
        outer, inner = marks[f"cuff_outer_{side}"], marks[f"cuff_inner_{side}"]
        hole, cuff = (shoulder + armpit) / 2, (outer + inner) / 2
        bend = marks.get(f"elbow_{side}", (hole + cuff) / 2)
        cut = Path([hole, bend, cuff], shoulder)

        _, elbow, wrist = body.arm(side)
        tip, pit = body.shoulder_tip(side), body.armpit(side)
        arm = Path([(tip + pit) / 2, elbow, wrist], tip)
        length = cut.length * self.along
        length = 0.99 * arm.length if 0.8 * arm.length < length < 1.4 * arm.length else min(length, arm.length)
        length *= float(np.exp(self.sizing.sleeve))
        length = min(length * max(self.tailoring.sleeve, 1.0), OVER_HAND * arm.length)
        wide = float(np.exp(self.sizing.cuff))
        self._shorten(f"sleeve_{side}", cut, length, self.tailoring.sleeve)
        _, half = body.limb(Part.arm(side), steps=9)

        pairs = ControlPoints()
        pairs.add(tip, shoulder)
        pairs.add(pit, armpit)
        pairs.add((tip + pit) / 2, hole)
        for t in (0.25, 0.5, 0.75, 1.0):
            point, normal = cut.at(t * cut.length)
            if t == 1.0:
                reach_out, reach_in = np.hypot(*(outer - cuff)), np.hypot(*(inner - cuff))
            else:
                limit = 0.8 * float(np.hypot(*(shoulder - armpit)))
                reach_out, reach_in = reach_along(mask, point, normal, limit), reach_along(mask, point, -normal, limit)
            reach_out, reach_in = max(reach_out, 1.0), max(reach_in, 1.0)
            on_arm, arm_normal = arm.at(t * length)
            bare = 1.12 * float(np.interp(t * length / arm.length, np.linspace(0, 1, 9), half))
            pairs.add(on_arm + wide * max(reach_out * self.across, bare) * arm_normal, point + reach_out * normal)
            pairs.add(on_arm - wide * max(reach_in * self.across, bare) * arm_normal, point - reach_in * normal)
            pairs.add(on_arm, point + (reach_out - reach_in) / 2 * normal)
        # Inside the armhole the sleeve's map runs on into the body's.
        neck = marks[f"neck_{side}"]
        pairs.add(self.shoulder_line(side, abs(neck[0] - self.middle) * self.across), neck)
        return pairs.spline(self.size)

    def _shorten(self, piece: str, cut: Path, length: float, factor: float) -> None:
        """Notes how far a sleeve or a leg reaches on the body, and cut it off at ``factor`` of its path in the picture."""
        self.lengths[piece] = length * min(factor, 1.0)
        if factor < 1:
            height, width = self.masks[piece].shape
            x, y = np.meshgrid(np.arange(width), np.arange(height))
            arc = cut.arc_of(np.stack([x.ravel(), y.ravel()], -1)).reshape(height, width)
            self.kept[piece] = step_down(arc, np.asarray(factor * cut.length))

    def fit_lower(self) -> dict[str, np.ndarray]:
        marks, body = self.marks, self.body
        waist_y = self.measures.row("waist")
        trousers = self.measures.is_trousers
        if trousers:
            rise = float(marks["crotch"][1] - waist_y) * self.drop / body.spine
            waist_share = float(np.clip(CROTCH - rise, 0.55, 0.92))
            crotch_y = float(marks["crotch"][1])
        else:
            waist_share, crotch_y = SKIRT_WAIST, 0.0
        bottom = self.measures.row("hem")

        def share_of(y: float) -> float:
            if trousers:
                return float(np.interp(y, [waist_y, crotch_y], [waist_share, CROTCH]))
            length = (bottom - waist_y) * self.drop / body.spine
            end = self._hem_share(waist_share, waist_share + length)
            return float(np.interp(y, [waist_y, max(bottom, waist_y + 1)], [waist_share, end]))

        pairs = ControlPoints()
        last = crotch_y if trousers else bottom
        for t in np.linspace(0, 1, 4 if trousers else 9):
            y = waist_y + 1 + t * (last - waist_y - 1)
            self._row(pairs, y, share_of(y), t)
        if not trousers:
            self._take_up(waist_y, bottom, share_of)
        pieces: dict[str, np.ndarray] = {}
        if trousers:
            pairs.add(body.crotch(), marks["crotch"])
            for side in Side:
                if f"leg_{side}" in self.masks:
                    pieces[f"leg_{side}"] = self._trouser_leg(side, pairs)
        pieces["body"] = pairs.spline(self.size)
        return pieces

    def _trouser_leg(self, side: Side, body_pairs: ControlPoints) -> np.ndarray:
        marks, body = self.marks, self.body
        mask = self.masks[f"leg_{side}"]
        crotch = marks["crotch"]
        outer, inner = marks[f"hem_{side}"], marks.get(f"hem_inner_{side}", marks[f"hem_{side}"])
        hem = (outer + inner) / 2
        columns = row_extent(mask, crotch[1] + 0.06 * (hem[1] - crotch[1]))
        top = np.array([np.mean(columns) if columns else (crotch[0] + outer[0]) / 2, crotch[1]])
        hip, knee, ankle = body.leg(side)
        fork = body.crotch()
        share = np.clip((fork[1] - hip[1]) / max(knee[1] - hip[1], 1e-3), 0.0, 0.5)
        leg = Path([hip + share * (knee - hip), knee, ankle], hip + self._outward(side))
        cut = Path([top, (top + hem) / 2, hem], top + (outer - inner))
        length = cut.length * self.along
        # Trousers made for the whole leg reach the ankle at any scale.
        # An elastic waist is gathered: the hips tell its width.
        waist = max(self.measures.width("waist") or 0.0, 0.7 * (self.measures.width("hip") or 0.0)) or np.inf
        whole = hem[1] - marks[f"waist_{side}"][1] > (FLAT_WHOLE_LEG if self.measures.flat else WORN_WHOLE_LEG) * waist
        length = leg.length if whole or length > 0.82 * leg.length else length
        wide = float(np.exp(self.sizing.trouser))
        length = min(length * max(self.tailoring.hem, 1.0), leg.length + max(0.0, float(self.floor - ankle[1])))
        self._shorten(f"leg_{side}", cut, length, self.tailoring.hem)
        _, half = body.limb(Part.leg(side), steps=17)

        pairs = ControlPoints()
        for stage, garment in zip(body_pairs.stage, body_pairs.garment, strict=True):
            pairs.add(stage, garment)
        for t in (0.12, 0.35, 0.6, 0.8, 1.0):
            point, normal = cut.at(t * cut.length)
            limit = 0.75 * max(float(np.hypot(*(outer - inner))), abs(float(top[0] - crotch[0])) * 2, 8.0)
            reach_out, reach_in = reach_along(mask, point, normal, limit), reach_along(mask, point, -normal, limit)
            reach_out, reach_in = max(reach_out, 1.0), max(reach_in, 1.0)
            on_leg, leg_normal = leg.at(t * length)
            place = share / 2 + (1 - share / 2) * t * length / leg.length
            bare = 1.05 * float(np.interp(place, np.linspace(0, 1, 17), half))
            pairs.add(
                on_leg + wide * self.worn(reach_out * self.across, bare) * leg_normal,
                point + reach_out * normal,
            )
            pairs.add(on_leg - wide * self.worn(reach_in * self.across, bare) * leg_normal, point - reach_in * normal)
            pairs.add(on_leg, point + (reach_out - reach_in) / 2 * normal)
        return pairs.spline(self.size)

    def _outward(self, side: Side) -> np.ndarray:
        return self.body.across_at(1.0) * 30.0 * side.sign


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
    measures = Measures(garment, body)
    fitter = Fitter(measures, body, size, floor, tailoring or Tailoring(), sizing or Sizing())
    pieces = fitter.fit()
    masks = {piece: _share(fitter.masks[piece], garment.alpha) * fitter.kept.get(piece, 1) for piece in pieces}
    return GarmentFit(pieces, masks, measures.across, fitter.lengths)


def adjusted_fit(fit: GarmentFit, residual: np.ndarray) -> GarmentFit:
    """The fit with a residual (H, W, 2), garment pixels on the stage, added to every piece's map."""
    on_grid = residual[::STEP, ::STEP].astype(np.float32)
    maps = {name: np.where(places > NOWHERE / 2, places + on_grid, places) for name, places in fit.maps.items()}
    return replace(fit, maps=maps)


def _share(mask: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """A piece's share of the garment, (Hg, Wg) in [0, 1], carried a little beyond the garment's soft edge."""
    return np.clip(cv2.blur(mask, (7, 7)) / np.maximum(cv2.blur(alpha, (7, 7)), 1e-3), 0, 1).astype(np.float32)
