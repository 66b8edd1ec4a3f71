"""Fabrics: how heavy, stretchy, stiff and slippery cloth is."""

from __future__ import annotations

from dataclasses import dataclass

from fashionmirror_core.vocabulary import Word


class FabricName(Word):
    """The fabrics that the program knows."""

    COTTON = "cotton"
    SILK = "silk"
    DENIM = "denim"
    KNIT = "knit"
    LEATHER = "leather"
    TULLE = "tulle"


@dataclass(frozen=True)
class Fabric:
    """weight: kilograms a square metre. stretch: compliance of the threads, metres a newton, for an edge of the mesh of any
    length. bend: bending rigidity, newton metres. friction: Coulomb's coefficient on skin and on other cloth. damping: share
    of the relative speed of neighbours that is lost in 2 ms.
    """

    weight: float
    stretch: float
    bend: float
    friction: float
    damping: float


FABRICS = {
    FabricName.COTTON: Fabric(weight=0.16, stretch=1.0e-3, bend=3e-5, friction=0.40, damping=0.12),
    FabricName.SILK: Fabric(weight=0.08, stretch=1.5e-3, bend=6e-6, friction=0.25, damping=0.06),
    FabricName.DENIM: Fabric(weight=0.40, stretch=4.0e-4, bend=2e-4, friction=0.50, damping=0.15),
    FabricName.KNIT: Fabric(weight=0.24, stretch=3.0e-3, bend=1.5e-5, friction=0.50, damping=0.15),
    FabricName.LEATHER: Fabric(weight=0.60, stretch=4.0e-4, bend=4e-4, friction=0.50, damping=0.18),
    FabricName.TULLE: Fabric(weight=0.05, stretch=1.0e-3, bend=3e-5, friction=0.30, damping=0.10),
}
"""Weights are those of clothes; rigidities are some times those of the cloth alone, for a mesh of 20 mm."""
