"""The engine without networks: what learned answers begin with, and what it gives where there are none.

``learned.Learned`` replaces its answers where networks have learned something.
"""

from __future__ import annotations

import numpy as np

from fashionmirror_core.skeleton import Pose


class Analytic:
    """The engine without networks."""

    def labels(self, image: np.ndarray, matte: np.ndarray, pose: Pose) -> np.ndarray | None:
        """Probabilities of the labels on the stage, as ``labels.parse`` takes them; None where no network sees any.

        image: (H, W, 3) uint8; matte: (H, W).
        """
        return None
