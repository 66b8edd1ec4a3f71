"""How a garment is truly worn: the corrections of the analytic fit that cover the true cloth best.

The fit isn't differentiable, but quick: each correction in turn is moved while that helps, in steps that halve.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from fashionmirror_core.body.proportions import Body
from fashionmirror_core.cloth.collar import collar_cut
from fashionmirror_core.cloth.fitting import GarmentFit, Sizing, fit_garment
from fashionmirror_core.cloth.sizing import sizing_features
from fashionmirror_core.cloth.splines import STEP
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.training.clips import worn_mask
from fashionmirror_core.training.sets.packed import SizingTarget
from fashionmirror_core.vocabulary import Label

TOP = ("rise", "chest", "middle", "hem", "shoulder")
SLEEVES = ("sleeve", "cuff")
SKIRT = ("rise", "chest", "middle", "hem")
TROUSERS = ("rise", "chest", "hem", "trouser")
# Labels that never lie over cloth: where they are seen, there is none. Arms, hair and other garments may hide cloth.
BARE = (Label.BACKGROUND, Label.HEAD, Label.LEGS, Label.TORSO, Label.SHOES)
FIRST_STEP, ROUNDS, STRIDES = 0.16, 4, 4  # of the search; a step's size is halved after each round
FARTHEST = 0.9
PRICE, USUAL = 0.03, 0.2  # of corrections, against shares of the cloth's area: those that help little stay at zero


def sizing_target(
    garment: Garment, body: Body, size: tuple[int, int], floor: float, labels: np.ndarray
) -> SizingTarget:
    """labels: (H, W), the person of ``body`` in the garment. The other arguments are those of ``fit_garment``."""
    cloth = worn_mask(labels, (garment.category,))[::STEP, ::STEP].astype(np.float32)
    bare = np.isin(labels, BARE)[::STEP, ::STEP].astype(np.float32)
    alpha = garment.alpha * collar_cut(garment)
    names = factors_of(garment)

    def price(factors: np.ndarray) -> float:
        sizing = Sizing(**dict(zip(names, factors.tolist(), strict=True)))
        covered = _covered(fit_garment(garment, body, size, floor, sizing=sizing), alpha)
        wrong = float(((1 - covered) * cloth).sum() + (covered * bare).sum())
        return wrong / max(float(cloth.sum()), 1.0) + PRICE * float(np.square(factors / USUAL).mean())

    factors = np.zeros(len(names))
    best, step = price(factors), FIRST_STEP
    for _ in range(ROUNDS):
        for index in range(len(names)):
            factors, best = _moved(price, factors, best, index, step)
        step /= 2
    return SizingTarget(sizing_features(garment, body, floor), dict(zip(names, factors.tolist(), strict=True)))


def factors_of(garment: Garment) -> tuple[str, ...]:
    """The corrections that mean something for a garment."""
    if garment.category == "lower":
        return TROUSERS if "crotch" in garment.landmarks else SKIRT
    return TOP if garment.sleeves == "none" else TOP + SLEEVES


def _moved(
    price: Callable[[np.ndarray], float], factors: np.ndarray, best: float, index: int, step: float
) -> tuple[np.ndarray, float]:
    """One factor, moved up or down as long as that is cheaper."""
    for direction in (step, -step):
        start = best
        for _ in range(STRIDES):
            tried = factors.copy()
            tried[index] = np.clip(tried[index] + direction, -FARTHEST, FARTHEST)
            if (found := price(tried)) >= best - 1e-5:
                break
            factors, best = tried, found
        if best < start:
            break
    return factors, best


def _covered(fit: GarmentFit, alpha: np.ndarray) -> np.ndarray:
    """(H / STEP, W / STEP): where any piece of the garment lies."""
    pieces = [cv2.remap(alpha * mask, fit.maps[piece], None, cv2.INTER_LINEAR) for piece, mask in fit.masks.items()]
    return np.maximum.reduce(pieces)
