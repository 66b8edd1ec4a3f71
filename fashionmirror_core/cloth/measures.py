"""A garment's landmarks as measures, and the scale at which a body wears it.

A garment keeps its own cut: one scale for the whole picture, from shoulders and chest or from waist and hips. Lengths
grow with the stature and not with the girth, so the scale along the body is that of an average body of this stature.
"""

from __future__ import annotations

import numpy as np

from fashionmirror_core.body.proportions import SHOULDERS, Body
from fashionmirror_core.cloth.splines import row_extent
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.vocabulary import Category, Side

EASE = 0.97  # half-widths of cloth over half-widths of the body where the cloth lies close

# Garment pixels are longer along the body than across by this: a flat lay shows half the girth, half as wide again as the
# body is seen from the front; the worn pictures' factor is fitted on the rendered catwalk set.
FLAT_LENGTH = 1.3
WORN_LENGTH = {Category.UPPER: 0.9, Category.DRESS: 0.9, Category.LOWER: 1.02}

BUST, ARMPIT, WAIST, SKIRT_WAIST, CROTCH = 0.17, 0.30, 0.55, 0.66, 1.16  # shares of the spine

_PAIRED = ("neck", "shoulder", "armpit", "waist", "hip", "hem")  # the landmarks that tell the middle line


class Measures:
    """A garment against a body, before it is fitted.

    marks: landmark -> (2,), garment pixels. masks: piece -> (Hg, Wg) in [0, 1]. middle: the garment's own middle line, a
    column of its picture. across, along: stage pixels per garment pixel, across and along the body. lengthening: of the
    picture along the body against across. flat: laid out flat, not worn.
    """

    def __init__(self, garment: Garment, body: Body) -> None:
        """body: in stage pixels."""
        self.masks = garment.part_masks()
        self.marks = {name: np.array(point, float) for name, point in garment.landmarks.items()}
        self.category = Category(garment.category)
        self.flat = garment.flat
        self.lengthening = FLAT_LENGTH if garment.flat else WORN_LENGTH[self.category]
        self.middle = self._middle()
        self.across, self.along = self._lower(body) if self.category is Category.LOWER else self._top(body)

    def _middle(self) -> float:
        pairs = [(self.marks.get(f"{name}_r"), self.marks.get(f"{name}_l")) for name in _PAIRED]
        middles = [(right[0] + left[0]) / 2 for right, left in pairs if right is not None and left is not None]
        return float(np.median(middles)) if middles else self.masks["body"].shape[1] / 2

    def width(self, name: str) -> float | None:
        """Distance between a landmark's two sides in the garment's picture."""
        if f"{name}_r" not in self.marks or f"{name}_l" not in self.marks:
            return None
        return float(np.hypot(*(self.marks[f"{name}_l"] - self.marks[f"{name}_r"])))

    def row(self, name: str) -> float:
        """The row of a paired landmark in the garment's picture, the mean of its two sides."""
        return float(np.mean([self.marks[f"{name}_{side}"][1] for side in Side]))

    def extent(self, y: float) -> tuple[float, float] | None:
        """First and last column of the garment's body in row ``y`` of its picture."""
        return row_extent(self.masks["body"], y)

    @property
    def is_strapless(self) -> bool:
        """Whether the garment ends level at the bust: it has no shoulders."""
        return "shoulder_r" not in self.marks and "shoulder_l" not in self.marks

    def is_strap(self, side: Side) -> bool:
        """Whether a shoulder is a strap: its neck mark is the corner where it meets the bodice, below the shoulder."""
        shoulder = self.marks.get(f"shoulder_{side}")
        return shoulder is not None and float(shoulder[1]) < float(self.marks[f"neck_{side}"][1])

    @property
    def is_trousers(self) -> bool:
        return "crotch" in self.marks

    def _top(self, body: Body) -> tuple[float, float]:
        """Stage pixels per garment pixel, across and along the body, from the shoulders and the chest."""
        chest, shoulders = self.width("armpit"), self.width("shoulder")
        own, average = [], []
        if chest:
            own.append(2 * EASE * float(body.torso_half_width(ARMPIT)) / chest)
            average.append(2 * EASE * body.average_half_width(ARMPIT) / chest)
        sides = [side for side in Side if f"shoulder_{side}" in self.marks]
        armholes = [self.marks[f"armpit_{side}"][1] - self.marks[f"shoulder_{side}"][1] for side in sides]
        armhole = float(np.mean(armholes or [0.0]))
        sleeved = "sleeve_r" in self.masks or "sleeve_l" in self.masks
        # Straps are narrower than the shoulders and don't tell their width.
        if shoulders and chest and shoulders > (0.75 if sleeved else 0.84) * chest and armhole > 0.1 * chest:
            tips = float(np.hypot(*(body.shoulder_tip(Side.LEFT) - body.shoulder_tip(Side.RIGHT))))
            own.append(tips / shoulders)
            average.append((SHOULDERS + 0.016) * body.stature / shoulders)
        if not own:
            waist = self.width("waist") or self.width("hem") or float(self.masks["body"].shape[1])
            own.append(2 * EASE * float(body.torso_half_width(WAIST)) / waist)
            average.append(2 * EASE * body.average_half_width(WAIST) / waist)
        return float(np.exp(np.log(own).mean())), self.lengthening * float(np.exp(np.log(average).mean()))

    def _lower(self, body: Body) -> tuple[float, float]:
        """Stage pixels per garment pixel, across and along the body, from the hips or the waist."""
        hip, waist = self.width("hip"), self.width("waist")
        if self.is_trousers:
            measure, at = (hip, 1.05) if hip else (waist, 0.75)
        else:
            measure, at = waist, SKIRT_WAIST
        per_pixel = 2 * EASE / max(measure or 1.0, 1.0)
        across = per_pixel * float(body.torso_half_width(at))
        return across, self.lengthening * per_pixel * body.average_half_width(at)
