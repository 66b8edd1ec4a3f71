"""The one soft step that fades masks, skinning weights and motions."""

from __future__ import annotations

import numpy as np


def smoothstep(x: np.ndarray, low: float | np.ndarray = 0.0, high: float | np.ndarray = 1.0) -> np.ndarray:
    """0 below ``low``, 1 above ``high``, a cubic with level ends between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)
