"""The analytic answers: the engine without networks. ``learned.Learned`` has the same methods."""

from __future__ import annotations

import numpy as np

from fashionmirror_core.drawing.guides import Guides
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.inference.finishing import Changes, DressedSource
from fashionmirror_core.inference.first_sight import FirstSight
from fashionmirror_core.skeleton import Pose


class Analytic:
    """The engine without networks: it parses by rules, has no idea of a garment on a person before it is draped, and leaves
    frames as they are drawn.
    """

    def labels(self, image: np.ndarray, matte: np.ndarray, pose: Pose) -> np.ndarray | None:
        """Probabilities of the labels on the stage, as ``labels.parse`` takes them; None where no network sees any.

        image: (H, W, 3) uint8; matte: (H, W).
        """
        return None

    def first_sight(self, image: np.ndarray, matte: np.ndarray, pose: Pose, garment: Garment) -> FirstSight | None:
        """How a garment will lie on a person, at a glance; None where no network knows."""
        return None

    def next_mask(
        self, mask: np.ndarray, pose: np.ndarray, following: np.ndarray, sight: FirstSight
    ) -> np.ndarray | None:
        """M_c of the next pose, (H, W) float32 in [0, 1], from that of a pose; None where no network knows.

        pose, following: joints (25, 3), in pixels of the mask.
        """
        return None

    @property
    def finishes(self) -> bool:
        """Whether ``finish`` changes anything."""
        return False

    def finish(self, source: DressedSource, picture: np.ndarray, guides: Guides, joints: np.ndarray) -> Changes:
        """What the generator changes of a frame. picture: (H, W, 3) uint8, on the stage; joints: (25, 3), there."""
        height, width = picture.shape[:2]
        return Changes(np.ones((height, width), np.float32), np.zeros((height, width, 3), np.float32))
