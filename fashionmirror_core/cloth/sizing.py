"""The sizing network's input: a garment and a body as numbers that don't depend on the size of either picture.

The analytic fit gives a garment one scale, from shoulders and chest or from the waist. Its length and width on the body
then depend on how the picture was taken and on a cut that one scale can't express. The network corrects a handful of
lengths and widths (``fitting.Sizing``), so the cloth's edges stay as crisp as the fit makes them.
"""

from __future__ import annotations

import numpy as np

from fashionmirror_core.body.proportions import Body
from fashionmirror_core.cloth.fitting import Sizing
from fashionmirror_core.cloth.measures import Measures
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.networks.sizing import FACTORS, FEATURES
from fashionmirror_core.skeleton import ARM, LEG, Joint
from fashionmirror_core.vocabulary import Category, Part, Side

PAIRED = (
    "neck", "shoulder", "armpit", "seam", "elbow", "cuff_outer", "cuff_inner", "waist", "hip", "knee", "hem", "hem_inner",
)  # fmt: skip
SINGLE = ("neck_c", "crotch")
ROWS = 9  # of the garment's body, from its upper end to its hem
LEVELS = (0.17, 0.3, 0.55, 0.8, 1.05)  # of the spine, where the body is measured


def sizing_features(garment: Garment, body: Body, floor: float) -> np.ndarray:
    """(FEATURES,) float32: the garment as the analytic fit would scale it, and the body; lengths as shares of the stature.

    body, floor: in stage pixels, as ``fit_garment`` takes them.
    """
    measures = Measures(garment, body)
    marks, unit = measures.marks, body.stature
    top = measures.row("waist" if measures.category is Category.LOWER else "armpit")
    bottom = measures.row("hem")
    found: list[float] = []
    for name in PAIRED:
        points = [marks[f"{name}_{side}"] for side in Side if f"{name}_{side}" in marks]
        across = (
            float(np.mean([abs(x - measures.middle) for x, _ in points])) * measures.across / unit if points else 0.0
        )
        along = (float(np.mean([y for _, y in points])) - top) * measures.along / unit if points else 0.0
        found += [across, along, float(bool(points))]
    for name in SINGLE:
        found += [(float(marks[name][1]) - top) * measures.along / unit, 1.0] if name in marks else [0.0, 0.0]
    for row in np.linspace(top + 0.02 * (bottom - top), bottom, ROWS):
        extent = measures.extent(row)
        found.append(0.0 if extent is None else (extent[1] - extent[0]) / 2 * measures.across / unit)
    found += [float(body.torso_half_width(level)) / unit for level in LEVELS]
    joints = body.joints

    def length(*chain: int) -> float:
        return float(np.hypot(*np.diff(joints[list(chain)], axis=0).T).sum()) / unit

    found += [
        *(float(garment.category == category) for category in Category),
        float(garment.flat),
        float("sleeve_r" in measures.masks or "sleeve_l" in measures.masks),
        measures.across * measures.lengthening / max(measures.along, 1e-6),  # this body's girth against the average's
        body.spine / unit,
        length(Joint.R_SHOULDER, Joint.L_SHOULDER),
        length(Joint.R_HIP, Joint.L_HIP),
        (length(*ARM[Side.RIGHT]) + length(*ARM[Side.LEFT])) / 2,
        (length(*LEG[Side.RIGHT]) + length(*LEG[Side.LEFT])) / 2,
        (floor - float(body.on_axis(1.0)[1])) / unit,
        float(body.down[0]),
        float(np.mean(body.girth.get(Part.R_ARM, 1.0))),
        float(np.mean(body.girth.get(Part.R_LEG, 1.0))),
    ]
    features = np.clip(np.array(found, np.float32), -4, 4)
    assert features.shape == (FEATURES,)
    return features


def sizing_of(factors: np.ndarray) -> Sizing:
    """The network's answer (FACTORS,) for a fit."""
    return Sizing(**dict(zip(FACTORS, factors.tolist(), strict=True)))
