"""The analytic answers: the engine without networks. ``learned.Learned`` has the same methods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from fashionmirror_core.avatar.dressing import Refinement
from fashionmirror_core.cloth.attention import fit_attention, garment_flow
from fashionmirror_core.cloth.fitting import GarmentFit, Sizing
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.inference.first_sight import FirstSight
from fashionmirror_core.person.subject import Subject
from fashionmirror_core.skeleton import Pose


@dataclass(frozen=True)
class Dressed:
    """How a person is dressed, on the stage.

    removed: M_r, (H, W) float32. fits: one a garment. refinement: of the layers. attention: (hw, hw), rows sum to one, of
    the outermost garment. clothes_features: of the outermost garment, for the networks that run in frames; None without.
    """

    removed: np.ndarray
    fits: tuple[GarmentFit, ...]
    refinement: Refinement
    attention: np.ndarray
    clothes_features: Tensor | None = None


class Analytic:
    """The engine without networks: it parses by rules, and has no idea of a garment on a person before it is draped."""

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

    def sizing(self, garment: Garment, subject: Subject) -> Sizing:
        """By which factors the garment's analytic fit is corrected."""
        return Sizing()

    def dressed(
        self,
        subject: Subject,
        pose: Pose,
        garments: tuple[Garment, ...],
        fits: tuple[GarmentFit, ...],
        removed: np.ndarray,
        colors: np.ndarray,
    ) -> Dressed:
        """Masks and fits, from the analytic ``removed`` (M_r) and ``fits``.

        garments: from the undermost to the outermost. colors: (H, W, 3) uint8, the subject's own on the stage.
        """
        attention = fit_attention(*garment_flow(fits[-1], garments[-1], subject.size))
        return Dressed(removed, fits, Refinement.none(len(garments), subject.size), attention)
