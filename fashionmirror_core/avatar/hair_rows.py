"""The colours that hair has at each height, from what the photo shows of it: behind, it has the same."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d

from fashionmirror_core.imaging.channels import averaged

ROW_TELLS = 20  # texels seen that tell a row's colour
LIT = (
    35,
    75,
)  # percentiles of a row's brightness: neither the shade beside face and neck nor highlights tell its colour
ROWS_ALIKE, ROWS_FAR = 25.0, 70.0
"""Deviation over which rows have one colour, and over which their brightness is compared."""
BRIGHTER, DARKER = 1.2, 0.85  # the most that a row differs from those around
ROOTS = 85  # rows that may be darker than the rest
CAP_HUE = (12.0, 7.5)  # difference of hue (a and b of Lab) that makes a cap: of a crown as warm as hair, and of another
EDGE_ROWS = (2, 12)  # rows above and below an edge that are compared
AS_BRIGHT, MOST_GAIN = 110.0, 3.0  # the grey at which hues are compared; black has none
FACE_ROWS, FEW_ROWS = 170, 20.0  # rows beside the face, and how many of them tell the hair's hue
OTHER_HUE = 14.0  # difference of hue from that, from which on it is no hair
WARM = 3.0  # b of Lab, from which on a crown is as warm as hair
TELLS_HUE = (22.0, 215.0)  # grey of a crown that has a hue: neither black nor washed out by the light
CROWN_ROWS, EDGES = 30, (105, 140)  # rows that tell its hue; between which a cap ends, from the brows to the ears


def row_colors(shown: np.ndarray, seen: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """(h, 3): the colour of each row of the shell's picture (h, w, 3), from what the photo shows of it, ``seen`` (h, w)
    bool: behind, roots are as dark as in front, ends as pale, and a cap is a cap. usual: (3,), where it shows little.
    """
    counts = seen.sum(1)
    weight = np.minimum(counts / ROW_TELLS, 1) * (counts > 0.1 * ROW_TELLS)
    if not weight.any():
        return np.broadcast_to(usual, (len(seen), 3))
    colors = np.array([_lit(own[here]) if here.any() else usual for own, here in zip(shown, seen, strict=True)])
    edge = _edge(colors, weight)
    weight = weight * _of_hair(colors, weight, edge)
    result = np.empty_like(colors)
    for own in (slice(0, edge), slice(edge, None)) if edge else (slice(None),):
        near, far = (_along(colors[own], weight[own], reach) for reach in (ROWS_ALIKE, ROWS_FAR))
        grey = averaged(near)
        # Ends are paler than roots at times; darker ones lie in the shade of face and collar.
        mean = float((grey * weight[own]).sum() / max(float(weight[own].sum()), 1e-6))
        least = DARKER * np.maximum(averaged(far), np.where(np.arange(len(grey)) > ROOTS, mean, 0))
        result[own] = near * (np.clip(grey, least, BRIGHTER * averaged(far)) / np.maximum(grey, 1))[:, None]
    return np.minimum(result, 255)


def _of_hair(colors: np.ndarray, weight: np.ndarray, edge: int) -> np.ndarray:
    """(h,) bool: the rows that have the hue of the hair beside the face. Below, a collar is taken for hair at times.

    colors: (h, 3), weight: (h,). edge: the row at which a cap ends.
    """
    hue, beside = _hues(_as_bright(colors)), weight.copy()
    beside[:edge] = 0
    beside[edge + FACE_ROWS :] = 0
    if beside.sum() < FEW_ROWS:
        return np.ones(len(weight), bool)
    usual = (hue * beside[:, None]).sum(0) / beside.sum()
    return (np.arange(len(weight)) < edge + FACE_ROWS) | (np.hypot(*(hue - usual).T) < OTHER_HUE)


def _as_bright(colors: np.ndarray) -> np.ndarray:
    """Colours (h, 3) at one brightness: hair in the shade has less of a hue than in the light, but then the same one."""
    return np.minimum(colors * np.minimum(AS_BRIGHT / np.maximum(averaged(colors), 1), MOST_GAIN)[:, None], 255)


def _hues(colors: np.ndarray) -> np.ndarray:
    """(h, 2): a and b of Lab."""
    return np.asarray(cv2.cvtColor((colors[None] / 255).astype(np.float32), cv2.COLOR_RGB2LAB)[0, :, 1:])


def _lit(colors: np.ndarray) -> np.ndarray:
    """(3,): the colour of a row's pixels (n, 3) in the light."""
    low, high = (len(colors) * share // 100 for share in LIT)
    return np.asarray(colors[np.argsort(averaged(colors))[low : max(high, low + 1)]].mean(0))


def _along(colors: np.ndarray, weight: np.ndarray, reach: float) -> np.ndarray:
    """(h, 3): the rows' colours (h, 3), weighted (h,), smoothed over ``reach`` rows; what is nearest goes on."""
    near = gaussian_filter1d(weight, reach, mode="constant")
    known = gaussian_filter1d(colors * weight[:, None], reach, axis=0, mode="constant")
    sure = np.flatnonzero(near > 0.02)
    nearest = np.clip(np.arange(len(near)), sure[0], sure[-1])
    return np.asarray((known / np.maximum(near, 1e-6)[:, None])[nearest])


def _edge(colors: np.ndarray, weight: np.ndarray) -> int:
    """The row from which on hair comes out of a cap; 0: there is none. A cap has one hue from the crown on, which changes at
    once at its edge; roots and ends change slowly, and glasses on the hair leave the crown free.

    colors: (h, 3) of the rows. weight: (h,), how much each tells.
    """
    if len(colors) <= 2 * EDGE_ROWS[1]:
        return 0
    crown = np.median(colors[np.flatnonzero(weight > 0.5)[:CROWN_ROWS]], axis=0) if (weight > 0.5).any() else None
    if crown is None or not TELLS_HUE[0] < crown.mean() < TELLS_HUE[1]:
        return 0
    least = CAP_HUE[0] if _hues(_as_bright(crown[None]))[0, 1] > WARM else CAP_HUE[1]
    steps = np.minimum(*(_steps(own, weight) for own in (colors, _as_bright(colors))))
    return EDGES[0] + int(steps.argmax()) if len(steps) and steps.max() > least else 0


def _steps(colors: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """By how much the hue changes at each row at which a cap can end, from the crown's to another."""
    hue = _hues(colors)
    wide = EDGE_ROWS[1] - EDGE_ROWS[0]
    window = np.ones(wide)
    mass = np.convolve(weight, window, "valid")  # of the rows from each one on
    mean = np.stack([np.convolve(own * weight, window, "valid") for own in hue.T], -1) / np.maximum(mass, 1e-6)[:, None]
    edges = np.arange(EDGES[0], min(len(hue) - EDGE_ROWS[1], EDGES[1]))
    above, below = edges - EDGE_ROWS[1], edges + EDGE_ROWS[0]
    crown = np.median(hue[np.flatnonzero(weight > 0.5)[:CROWN_ROWS]], axis=0) if (weight > 0.5).any() else hue[0]
    step = np.hypot(*(mean[above] - mean[below]).T)
    of_crown = np.hypot(*(mean[above] - crown).T) < np.hypot(*(mean[below] - crown).T)
    return np.asarray(step * (np.minimum(mass[above], mass[below]) > 0.3 * wide) * of_crown)
