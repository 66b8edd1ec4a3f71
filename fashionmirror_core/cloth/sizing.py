"""What the sizing network sees of a garment and a body: numbers that don't depend on the size of either picture.

The analytic fit gives a garment one scale, from shoulders and chest or from the waist. How long and how wide it is worn
then hangs on how the picture was taken and on a cut that one scale can't tell; the network corrects a handful of lengths
and widths (``fitting.Sizing``), so the cloth's edges stay as crisp as the fit makes them.
"""

from __future__ import annotations

import numpy as np

from fashionmirror_core.body.proportions import Body
from fashionmirror_core.cloth.fitting import Sizing, Tailoring, UnfitGarment
from fashionmirror_core.garment.garment import CATEGORIES, Garment
from fashionmirror_core.networks.sizing import FACTORS, FEATURES
from fashionmirror_core.skeleton import ARM, LEG

PAIRED = (
    "neck", "shoulder", "armpit", "seam", "elbow", "cuff_outer", "cuff_inner", "waist", "hip", "knee", "hem", "hem_inner",
)  # fmt: skip
SINGLE = ("neck_c", "crotch")
ROWS = 9  # of the garment's body, from its upper end to its hem
LEVELS = (0.17, 0.3, 0.55, 0.8, 1.05)  # of the spine, where the body is measured


def sizing_features(garment: Garment, body: Body, size: tuple[int, int], floor: float) -> np.ndarray:
    """(FEATURES,) float32: the garment as the analytic fit would scale it, and the body; lengths as shares of the stature.

    body, floor: in pixels of a stage of ``size`` (H, W), as ``fit_garment`` takes them.
    """
    fit = UnfitGarment(garment, body, size, floor, Tailoring(), Sizing())
    fit.measure()
    marks, unit = fit.marks, body.stature
    anchor = "waist" if garment.category == "lower" else "armpit"
    top = float(np.mean([marks[f"{anchor}_{side}"][1] for side in "rl"]))
    bottom = float(np.mean([marks[f"hem_{side}"][1] for side in "rl"]))
    found: list[float] = []
    for name in PAIRED:
        points = [marks[f"{name}_{side}"] for side in "rl" if f"{name}_{side}" in marks]
        across = float(np.mean([abs(x - fit.middle) for x, _ in points])) * fit.scale / unit if points else 0.0
        along = (float(np.mean([y for _, y in points])) - top) * fit.rise / unit if points else 0.0
        found += [across, along, float(bool(points))]
    for name in SINGLE:
        found += [(float(marks[name][1]) - top) * fit.rise / unit, 1.0] if name in marks else [0.0, 0.0]
    for row in np.linspace(top + 0.02 * (bottom - top), bottom, ROWS):
        extent = fit.extent(row)
        found.append(0.0 if extent is None else (extent[1] - extent[0]) / 2 * fit.scale / unit)
    found += [float(body.torso_half_width(level)) / unit for level in LEVELS]
    joints = body.joints

    def length(*chain: int) -> float:
        return float(np.hypot(*np.diff(joints[list(chain)], axis=0).T).sum()) / unit

    found += [
        *(float(garment.category == category) for category in CATEGORIES),
        float(garment.flat),
        float("sleeve_r" in fit.masks or "sleeve_l" in fit.masks),
        fit.scale * fit.length / max(fit.rise, 1e-6),  # this body's girth against the average's
        body.spine / unit,
        length(2, 5),
        length(9, 12),
        (length(*ARM["r"]) + length(*ARM["l"])) / 2,
        (length(*LEG["r"]) + length(*LEG["l"])) / 2,
        (floor - float(body.on_axis(1.0)[1])) / unit,
        float(body.down[0]),
        float(np.mean(body.girth.get("r_arm", [1.0]))),
        float(np.mean(body.girth.get("r_leg", [1.0]))),
    ]
    features = np.clip(np.array(found, np.float32), -4, 4)
    assert features.shape == (FEATURES,)
    return features


def sizing_of(factors: np.ndarray) -> Sizing:
    """The network's answer (FACTORS,) for a fit."""
    return Sizing(**dict(zip(FACTORS, factors.tolist(), strict=True)))
