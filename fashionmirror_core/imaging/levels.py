"""Numbers of pictures and the 8-bit levels that stand for them."""

from __future__ import annotations

import numpy as np


def to_8bit(levels: np.ndarray) -> np.ndarray:
    """Levels of any float type, 0..255, rounded to uint8; what lies beyond is limited."""
    return np.clip(levels + 0.5, 0, 255).astype(np.uint8)
