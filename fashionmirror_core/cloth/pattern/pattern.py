"""What a sewing pattern is: one mesh, front and back panel sewn at the seams, laid flat over the mannequin."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np


class Piece(IntEnum):
    """Where a vertex of a pattern belongs."""

    TRUNK = 0  # a skirt, and trousers above the crotch, too
    R_SLEEVE = 1
    L_SLEEVE = 2
    R_LEG = 3
    L_LEG = 4


FRONT, SEAM, BACK = -1, 0, 1
"""Sides of a pattern, by the sign of z in dress space."""


@dataclass(frozen=True)
class Cone:
    """A part that hangs round the body as a cone, its flare all round, sewn to one that is cut flat; of N vertices.

    beside: (N,) in [-1, 1], from the right side seam to the left one. down: (N,) metres below the cone's upper edge, along
    the cloth. half: (N,) metres, half the girth there. share: (N,) in [0, 1], how much of it is cut so; 0 on the rest.
    """

    beside: np.ndarray
    down: np.ndarray
    half: np.ndarray
    share: np.ndarray

    def distances(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        """(n,) metres along the cone between neighbouring vertices (n,) and (n,)."""
        across = (self.half[one] + self.half[other]) / 2 * (self.beside[one] - self.beside[other])
        return np.hypot(across, self.down[one] - self.down[other])


@dataclass(frozen=True)
class Pattern:
    """One garment as it is cut for one body: N vertices, M triangles.

    flat: (N, 2) float64, metres, dress space's x and y (see ``cloth.mannequin``): where the vertex lies when the sewn
    garment is laid flat over the mannequin, sleeves straight along its arms, legs straight along its legs. Distances are
    those of the cloth at rest, unless ``cut`` has them.
    side: (N,) int8, FRONT, SEAM (on both panels) or BACK. piece: (N,) int8, see ``Piece``.
    triangles: (M, 3) int32, the front's first; cross(b - a, c - a) points out of the garment once it is worn.
    front: how many of the triangles are the front's.
    texel: (N, 2) float64, the place in the garment's picture (pixels of ``Garment.image``) that the vertex shows; the back's
    picture has the same coordinates, as if the garment were seen through. It may lie beside the cut-out.
    along: (N,) float64, metres down the sleeve from its armhole or down the leg from the crotch; 0 on the trunk.
    across: (N,) float64 in [-1, 1], over a sleeve or leg: -1 at its inner, 1 at its outer seam; 0 on the trunk.
    openings: name -> (k,) int32, its vertices, in order round it: "neck" and "hem"; "cuff_r", "cuff_l" of sleeves, or
    "arm_r", "arm_l" where there is none; or "waist" with "hem", or with "hem_r", "hem_l". An open front: "front_r",
    "front_l".
    shoulders: side "r", "l" -> its vertices (k,) int32 on the shoulder seam, from the neck to the arm; empty for strapless.
    taped: (T, 2) int32, edges that don't stretch: shoulder seams, necklines, waistbands.
    held: (k,) int32, vertices of the opening that holds the garment up by an elastic (waist, strapless edge); else empty.
    kind: what it is cut as, for people ("long-sleeved top", "pencil skirt"). lengths: sizes in metres, by name, for reports.
    doubts: one line each, what was guessed. relief: (N,), metres by which it is drawn thicker than its cloth: a hood that
    hangs down on the back; None for none. collar: (k,) int32, vertices of the back half of a collar or hood that stands
    open around the neck; collar_lift: metres that it stands off the neck. stiffness: (N,), how many times as stiff against
    bending as its fabric the cloth is; None: as stiff everywhere. cut: (N, 2), metres: where the vertices are on
    panels that don't lie flat once they are sewn, as trousers at their fork; only distances within a triangle count. cone:
    a dress's skirt that flares; None: it doesn't.
    """

    flat: np.ndarray
    side: np.ndarray
    piece: np.ndarray
    triangles: np.ndarray
    front: int
    texel: np.ndarray
    along: np.ndarray
    across: np.ndarray
    openings: dict[str, np.ndarray]
    shoulders: dict[str, np.ndarray]
    taped: np.ndarray
    held: np.ndarray
    kind: str
    lengths: dict[str, float] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)
    relief: np.ndarray | None = None
    collar: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int32))
    collar_lift: float = 0.0
    stiffness: np.ndarray | None = None
    cut: np.ndarray | None = None
    cone: Cone | None = None

    def distances(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        """(n,) metres of cloth at rest between neighbouring vertices (n,) and (n,)."""
        flat = np.linalg.norm(self.at_rest[one] - self.at_rest[other], axis=1)
        if self.cone is None:
            return np.asarray(flat)
        share = (self.cone.share[one] + self.cone.share[other]) / 2
        return np.asarray(flat + share * (self.cone.distances(one, other) - flat))

    @property
    def at_rest(self) -> np.ndarray:
        """(N, 2), metres: where ``cone`` has no share, distances within a triangle are those of the cloth at rest."""
        return self.flat if self.cut is None else self.cut
