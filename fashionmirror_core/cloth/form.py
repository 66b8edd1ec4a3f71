"""What garments are cut for and draped on: a mannequin with the clothes that it keeps. It outlives a garment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from fashionmirror_core.cloth.mannequin import Mannequin
from fashionmirror_core.cloth.pattern.girths import Girths
from fashionmirror_core.cloth.underneath import Obstacle, Underneath
from fashionmirror_core.imaging.easing import smoothstep

POSING = 24  # steps in which the mannequin takes the photo's pose


@dataclass(frozen=True, eq=False)
class DressForm:
    """Everything is found once, and stays for the next garment, length or fabric.

    obstacles: clothes that stay, on which new ones rest. waist: dress space's y at which trousers or a skirt that stay
    begin, into which a top can be tucked; None without any.
    """

    mannequin: Mannequin
    obstacles: tuple[Obstacle, ...] = ()
    waist: float | None = None

    @cached_property
    def feet_together(self) -> DressForm:
        """The same as it stands in a skirt."""
        return replace(self, mannequin=Mannequin(self.mannequin.body, self.mannequin.model, together=True))

    @cached_property
    def girths(self) -> Girths:
        return Girths(self.mannequin)

    @cached_property
    def body(self) -> Underneath:
        return Underneath.body(self.mannequin)

    @cached_property
    def underneath(self) -> Underneath:
        """The body and what it keeps."""
        return self.body.joined(self.obstacles)

    @cached_property
    def poses(self) -> list[np.ndarray]:
        """POSING + 1 of (22, 3, 4) float64, photo space: the way from the mannequin's pose into the photo's, eased."""
        return [self.mannequin.towards_photo(float(share)) for share in smoothstep(np.arange(POSING + 1) / POSING)]

    @cached_property
    def body_way(self) -> list[np.ndarray]:
        """Of each pose the body's vertices (V, 3) float32, dress space."""
        return [self.body.at(pose, self.mannequin.space) for pose in self.poses]

    @cached_property
    def way(self) -> list[np.ndarray]:
        """Of each pose the vertices (V, 3) float32 of the body and of what it keeps, dress space."""
        if not self.obstacles:
            return self.body_way
        return [self.underneath.at(pose, self.mannequin.space) for pose in self.poses]
