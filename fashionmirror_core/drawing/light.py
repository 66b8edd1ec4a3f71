"""The light of the scene, as far as it changes when a person turns in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Light:
    """One soft lamp and the light from everywhere. The default lamp is above the viewer's left shoulder.

    direction: (3,), towards the lamp in photo space. ambient, diffuse: of a surface that faces away and, besides, one that
    faces the lamp.
    """

    direction: tuple[float, float, float] = (-0.25, -0.45, -0.86)
    ambient: float = 0.72
    diffuse: float = 0.28

    def packed(self) -> np.ndarray:
        """(5,) float32: the unit direction, ambient, diffuse."""
        direction = np.asarray(self.direction, np.float64)
        return np.array([*direction / np.linalg.norm(direction), self.ambient, self.diffuse], np.float32)
