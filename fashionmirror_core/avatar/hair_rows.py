"""The colours that hair has at each height, from what the photo shows of it: behind, it has the same."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d

ROW_TELLS = 20  # texels seen that tell a row's colour
ROWS_ALIKE, ROWS_OF_HAIR = 3.0, 25.0  # deviation over which rows have one colour: with a cap, and without
CAP_HUE, EDGE_ROWS = 12.0, (2, 12)  # difference of hue (a and b of Lab) over so many rows, from which on there is a cap
CROWN_ROWS, EDGE_ABOVE = 30, 190  # rows that tell its hue, and from which on no cap ends


def row_colors(shown: np.ndarray, seen: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """(h, 3): the colour of each row of the shell's picture (h, w, 3), from what the photo shows of it, ``seen`` (h, w)
    bool: behind, roots are as dark as in front, ends as pale, and a cap is a cap. usual: (3,), where it shows little.
    """
    counts = seen.sum(1)
    weight = np.minimum(counts / ROW_TELLS, 1) * (counts > 0.1 * ROW_TELLS)
    if not weight.any():
        return np.broadcast_to(usual, (len(seen), 3))
    colors = np.array(
        [np.median(own[here], axis=0) if here.any() else usual for own, here in zip(shown, seen, strict=True)]
    )
    edge = _edge(colors, weight)
    alike, pieces = (ROWS_ALIKE, (slice(0, edge), slice(edge, None))) if edge else (ROWS_OF_HAIR, (slice(None),))
    result = np.empty_like(colors)
    for own in pieces:
        near = gaussian_filter1d(weight[own], alike, mode="nearest")
        known = gaussian_filter1d(colors[own] * weight[own, None], alike, axis=0, mode="nearest")
        sure = np.flatnonzero(near > 0.02)
        nearest = np.clip(np.arange(len(near)), sure[0], sure[-1])  # above and below goes on what is nearest
        result[own] = (known / np.maximum(near, 1e-6)[:, None])[nearest]
    return result


def _edge(colors: np.ndarray, weight: np.ndarray) -> int:
    """The row from which on hair comes out of a cap; 0: there is none. A cap has one hue from the crown on, which changes at
    once at its edge; roots and ends change slowly, and glasses on the hair leave the crown free.

    colors: (h, 3) of the rows. weight: (h,), how much each tells.
    """
    hue = cv2.cvtColor((colors[None] / 255).astype(np.float32), cv2.COLOR_RGB2LAB)[0, :, 1:]
    wide = EDGE_ROWS[1] - EDGE_ROWS[0]
    if len(hue) <= 2 * EDGE_ROWS[1]:
        return 0
    window = np.ones(wide)
    mass = np.convolve(weight, window, "valid")  # of the rows from each one on
    mean = np.stack([np.convolve(own * weight, window, "valid") for own in hue.T], -1) / np.maximum(mass, 1e-6)[:, None]
    edges = np.arange(EDGE_ROWS[1], min(len(hue) - EDGE_ROWS[1], EDGE_ABOVE))
    above, below = edges - EDGE_ROWS[1], edges + EDGE_ROWS[0]
    crown = np.median(hue[np.flatnonzero(weight > 0.5)[:CROWN_ROWS]], axis=0) if (weight > 0.5).any() else hue[0]
    step = np.hypot(*(mean[above] - mean[below]).T)
    of_crown = np.hypot(*(mean[above] - crown).T) < np.hypot(*(mean[below] - crown).T)
    step = step * (np.minimum(mass[above], mass[below]) > 0.3 * wide) * of_crown
    return int(edges[step.argmax()]) if len(step) and step.max() > CAP_HUE else 0
