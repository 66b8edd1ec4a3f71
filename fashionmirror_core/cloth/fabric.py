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
    """weight: kilograms a square metre. stretch: compliance of the threads, metres a newton, for an edge of the mesh.
    bend: compliance of bending. friction: Coulomb's coefficient on skin and on other cloth. damping: share of the relative
    speed of neighbours that is lost in a substep.
    """

    weight: float
    stretch: float
    bend: float
    friction: float
    damping: float
