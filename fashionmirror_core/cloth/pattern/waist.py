"""What skirts and trousers have in common: the waist, the measures of the body below it, a pattern out of a mesh."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fashionmirror_core.cloth.pattern.girths import Girths
from fashionmirror_core.cloth.pattern.mesh import Mesh
from fashionmirror_core.cloth.pattern.pattern import Pattern
from fashionmirror_core.imaging.easing import smoothstep

ROW = 0.01  # metres between the rows of an outline
WAIST_EASE = 1.02  # of a waistband over the body's girth
HIP_EASE = 1.04  # of flat cloth over the body's girth at the hips
LEAST_EASE = 1.02  # of cloth over the body's girth anywhere above the crotch
WIDEST_WAIST = 1.25  # of a waistband that is gathered, over the body's girth
ABOVE_WAIST = 0.01  # metres that a waistband may lie above the body's waist
PROJECTION = 1.22, 1.5  # half girth over width, as seen from the front, of cloth that lies on the body: least and most
BELOW_SEAT = 0.1  # metres below the hips by which a worn skirt hangs around the legs
LEANS = 0.12, 0.3, 0.5  # metres a metre that a worn skirt's sides lean out: in folds, standing by itself, sagging
FLARED = 1.75, 1.52, 1.7  # half its girth over its width, as seen from the front, there
STANDS = (
    0.5,
    0.3,
)  # wider than the body, as a share, where worn skirts stand around it: with straight, with leaning sides
STIFFEST = 700.0  # times its fabric: what holds a wide cone of cotton
WORN_LENGTH = 1.03
"""Of a worn skirt's length by the scale of its width: so much too long it came out in 39 rendered ones."""

Widths = Callable[[np.ndarray], np.ndarray]


def half_girths(girths: Girths, rows: np.ndarray) -> np.ndarray:
    """(k,): half the girth of the trunk, or of both legs, at rows (k,)."""
    known = np.arange(girths.waist_row - 0.05, girths.crotch_row + 0.02, 0.02)
    return np.interp(rows, known, [girths.girth(row) / 2 for row in known])


def projection(girths: Girths) -> float:
    """Half the girth over the width of the body at the hips: by how much worn cloth is wider than its picture."""
    row = girths.hip_row
    return float(np.clip(girths.girth(row) / 2 / max(girths.width(row), 1e-6), *PROJECTION))


def around_legs(girths: Girths, rows: np.ndarray, width: np.ndarray) -> np.ndarray:
    """(k,): half the girth over the width (k,) of a worn skirt that hangs around the legs, as seen from the front, at rows
    (k,) below the hips: as deep as they are, and wherever it is wider than they, so much deeper.
    """
    known = np.arange(girths.crotch_row + 0.02, girths.floor - 0.1, 0.04)
    deep, legs = (np.interp(rows, known, [of(row) for row in known]) for of in (girths.leg_girth, girths.width))
    deep = deep / np.pi + np.maximum(width - legs, 0)
    return np.asarray(1 + (np.pi / 2 - 1) * deep / np.maximum(width, 1e-3))


def flared(lean: float) -> float:
    """Half the girth over the width of a worn skirt whose sides lean out by so many metres a metre."""
    return float(np.interp(lean, LEANS, FLARED))


def stands(lean: float) -> float:
    """By how much, as a share, a worn skirt whose sides lean out by so many metres a metre is wider than the body where it
    stands around it: a cone does so from close below the hips on, what bulges only at the hips lies on them.
    """
    return float(np.interp(lean, (LEANS[0], sum(LEANS[:2]) / 2), STANDS))


def stiffness(lean: float) -> float:
    """How many times as stiff as its fabric a worn skirt is whose sides lean out by so many metres a metre: soft cloth that
    wide falls into folds and hangs narrower than it is pictured.
    """
    return float(STIFFEST ** smoothstep(np.array(lean), *LEANS[:2]))


def waist_row(girths: Girths, half_width: float, lowest: float) -> float:
    """Where a waistband of this half width lies: where the body's girth fits it best.

    lowest: share of the way from the body's waist down to its hip joints that it may lie below the waist.
    """
    rows = np.arange(girths.waist_row - ABOVE_WAIST, girths.waist_row * (1 - lowest) + 1e-6, ROW / 2)
    return float(rows[np.abs(half_girths(girths, rows) * WAIST_EASE - half_width).argmin()])


def worn_waist_row(girths: Girths, width: float, lowest: float) -> float:
    """The same of a waistband that is this wide on a body, as seen from the front."""
    rows = np.arange(girths.waist_row - ABOVE_WAIST, girths.waist_row * (1 - lowest) + 1e-6, ROW / 2)
    return float(rows[np.abs(np.array([girths.width(row) for row in rows]) - width).argmin()])


def ring_edges(ring: np.ndarray) -> np.ndarray:
    """(k, 2) int32: the edges of a closed ring of vertices."""
    return np.stack([ring, np.roll(ring, -1)], 1).astype(np.int32)


def made(
    mesh: Mesh,
    *,
    piece: np.ndarray,
    texel: np.ndarray,
    along: np.ndarray,
    across: np.ndarray,
    kind: str,
    lengths: dict[str, float],
    doubts: list[str],
    stiffness: np.ndarray | None = None,
    cut: np.ndarray | None = None,
) -> Pattern:
    """A pattern that an elastic holds at its waist."""
    ring = mesh.openings["waist"]
    return Pattern(
        flat=mesh.flat,
        side=mesh.side,
        piece=piece.astype(np.int8),
        triangles=mesh.triangles,
        front=mesh.front,
        texel=texel,
        along=along,
        across=across,
        openings=mesh.openings,
        shoulders={"r": np.zeros(0, np.int32), "l": np.zeros(0, np.int32)},
        taped=ring_edges(ring),
        held=ring,
        kind=kind,
        lengths={name: round(float(length), 4) for name, length in lengths.items()},
        doubts=doubts,
        stiffness=stiffness,
        cut=cut,
    )
