"""The border between upper and lower clothes: the best curve from side to side, found by dynamic programming."""

from __future__ import annotations

import cv2
import numpy as np

from fashionmirror_core.body.coordinates import ARM_BONES, BodyCoordinates
from fashionmirror_core.imaging.channels import lengths, spread
from fashionmirror_core.person.label_prior import LOWER, UPPER

WAIST = 0.62  # of the spine from neck to mid-hip, where a dress is divided
CUT_TRUST, CONTRAST_TRUST = 1.0, 0.5
CUT_BEND = 1.0  # the cost of each row that the border moves from one column to the next
ONE_PIECE = 0.85  # from this likeness on the clothes above and below the cut count as one dress


def waist_row(body: BodyCoordinates) -> float:
    """The row at which a dress is divided, pixels."""
    return float(body.neck[1] + WAIST * (body.mid_hip[1] - body.neck[1]))


def divide_clothes(
    posterior: np.ndarray,
    memberships: np.ndarray,
    lab: np.ndarray,
    inside: np.ndarray,
    body: BodyCoordinates,
    points: np.ndarray,
) -> float:
    """Redistribute ``posterior`` (N, 9), in place, between upper and lower clothes by one curve from side to side.

    Returns how much both look like one piece (0..1); such a dress is divided straight at the waist.
    """
    clothes = posterior[:, UPPER] + posterior[:, LOWER]
    sleeves = body.share_on(points, ARM_BONES)
    body_clothes = clothes * (1 - sleeves)
    ratio = np.log((posterior[:, UPPER] + 1e-3) / (posterior[:, LOWER] + 1e-3))
    votes, worn = np.zeros(inside.shape, np.float32), np.zeros(inside.shape, np.float32)
    votes[inside], worn[inside] = body_clothes * np.clip(ratio, -2, 2), body_clothes
    top = points[:, 1].min()
    spine = body.mid_hip[1] - body.neck[1]
    first = int(body.neck[1] + 0.30 * spine - top)
    last = int(body.mid_hip[1] + 0.9 * body.unit - top)
    rows = np.clip([first, last], 1, inside.shape[0] - 1)
    if rows[1] - rows[0] < 4 or worn.sum() < 20:
        return 0.0
    border, contrast = _best_cut(votes, worn, lab, slice(int(rows[0]), int(rows[1])), body.unit)
    columns = (points[:, 0] - points[:, 0].min()).astype(np.intp)
    below = points[:, 1] - top - border[columns]
    one_piece = _one_piece(memberships, body_clothes, below / body.unit, contrast)
    if one_piece > ONE_PIECE:
        below = points[:, 1] - waist_row(body)
    side = np.clip(-below / (0.03 * body.unit), -1, 1)
    logit = (10 * side) if one_piece > ONE_PIECE else ratio + CUT_TRUST * side
    upper = 1 / (1 + np.exp(-logit))
    keep = np.clip(sleeves * 2, 0, 1)
    upper = keep * posterior[:, UPPER] / np.maximum(clothes, 1e-6) + (1 - keep) * upper
    posterior[:, UPPER], posterior[:, LOWER] = clothes * upper, clothes * (1 - upper)
    return one_piece


def _best_cut(
    votes: np.ndarray, worn: np.ndarray, lab: np.ndarray, rows: slice, unit: float
) -> tuple[np.ndarray, float]:
    """The border row of every column (W,) and the colour contrast across it (Lab units).

    Maximises, by dynamic programming over columns, the votes above (upper) minus those below, plus the contrast.
    """
    total = np.cumsum(votes, 0)
    gain = (2 * total - total[-1])[rows]
    contrast = _contrast(worn, lab, max(2, round(0.05 * unit)))[rows]
    score = 2 * gain + CONTRAST_TRUST * contrast
    height, width = score.shape
    best, back = score[:, 0].copy(), np.zeros((height, width), np.int16)
    steps = np.arange(-3, 4)
    candidates = np.clip(np.arange(height)[:, None] + steps, 0, height - 1)
    for x in range(1, width):
        reach = best[candidates] - CUT_BEND * np.abs(steps)
        choice = reach.argmax(1)
        back[:, x] = candidates[np.arange(height), choice]
        best = score[:, x] + reach[np.arange(height), choice]
    border = np.zeros(width, np.intp)
    border[-1] = best.argmax()
    for x in range(width - 1, 0, -1):
        border[x - 1] = back[border[x], x]
    here = worn[rows][border, np.arange(width)]
    mean = float((contrast[border, np.arange(width)] * here).sum() / max(float(here.sum()), 1.0))
    return border + rows.start + 0.5, mean


def _contrast(worn: np.ndarray, lab: np.ndarray, size: int) -> np.ndarray:
    """(H, W): distance in Lab between the clothes in ``size`` rows up to a row and those below it."""
    kernel = np.zeros((2 * size + 1, 3), np.float32)
    kernel[: size + 1] = 1
    sides = []
    for half in (kernel, 1 - kernel):
        count = cv2.filter2D(worn, -1, half, borderType=cv2.BORDER_CONSTANT)
        sums = cv2.filter2D(lab * spread(worn), -1, half, borderType=cv2.BORDER_CONSTANT)
        sides.append((sums / spread(np.maximum(count, 1e-3)), count))
    both = np.minimum(sides[0][1], sides[1][1]) / kernel.sum()
    return lengths(sides[0][0] - sides[1][0]) * np.clip(2 * both, 0, 1)


def _one_piece(memberships: np.ndarray, worn: np.ndarray, below: np.ndarray, contrast: float) -> float:
    """0..1 from the likeness of the colours on both sides of the cut (Bhattacharyya) and the contrast along it."""
    above, under = (worn * ((side > 0) & (side < 0.7)) for side in (-below, below))
    if min(above.sum(), under.sum()) < 10:
        return 0.0
    p, q = memberships.T @ above / above.sum(), memberships.T @ under / under.sum()
    likeness = float(np.sqrt(np.maximum(p * q, 0)).sum())
    return float(1 / (1 + np.exp(-(9 * (likeness - 0.72) - 0.15 * (contrast - 12)))))
