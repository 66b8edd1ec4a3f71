"""A top that stays, at the waist of new trousers or a new skirt: over it, or tucked into it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.ndimage import gaussian_filter1d

from fashionmirror_core.avatar.meshes import clipped
from fashionmirror_core.avatar.rings import ANGLES, Rings
from fashionmirror_core.avatar.skinning import strongest
from fashionmirror_core.avatar.surface import Surface
from fashionmirror_core.body.fitted import Bone
from fashionmirror_core.imaging.easing import smoothstep

ROW = 0.008  # statures between rings
OVER, WITHIN = 0.004, 0.003  # statures that a top stands off what it hangs over, and lies inside a waistband
FADE = 0.06  # statures above a waistband, over which a top that hangs over it becomes as wide
BLOUSES = 0.035  # statures above a waistband, over which a top that is tucked into it comes out again
HEM = 0.02  # statures of the hem that are seen in the photo's pose, too: there the photo's own ends in steps of its labels
WIDER = 1.25  # of its own reach: a top becomes no wider


def at_waist(top: Surface, cloth: np.ndarray, band: np.ndarray, hangs: bool, stature: float) -> Surface:
    """A kept top, with its lower end around what it hangs over, or gathered to the waistband that it is tucked into.

    cloth: (N, 3), photo space, of the new garment in the photo's pose. band: (K, 3), of its waist. stature: photo pixels.
    """
    points = top.vertices.astype(np.float64)
    start = float(np.median(band[:, 1]))
    step = ROW * stature
    rows = np.arange(start, max(start + 3 * step, min(points[:, 1].max(), cloth[:, 1].max())) + step, step)
    centre = (band[:, [0, 2]].min(0) + band[:, [0, 2]].max(0)) / 2
    rings = Rings.around(cloth, rows, np.tile(centre, (len(rows), 1)))
    radius = gaussian_filter1d(np.maximum(rings.radius, 1.0), 1.0, axis=1, mode="wrap")
    under = rings.read(radius, points)
    away = rings.places(points)[2]
    down = (points[:, 1] - start) / stature
    if hangs:
        cut = np.ones(len(points))
        near = smoothstep(down, -FADE, 0)
        wanted = np.maximum(away, np.minimum(under + OVER * stature, WIDER * away))
    else:
        near = smoothstep(down, -BLOUSES, 0)
        wanted = np.clip(under - WITHIN * stature, away, WIDER * away)
        turn = rings.places(band)[1] % ANGLES
        order = np.argsort(turn)
        level = np.interp(rings.places(points)[1] % ANGLES, turn[order], band[order, 1], period=ANGLES)
        cut = level + WITHIN * stature - points[:, 1]
    moved = rings.at(away + near * (wanted - away), points)
    if hangs and top.shown is not None:
        hem = moved[:, 1] > moved[:, 1].max() - HEM * stature
        return replace(top, vertices=moved.astype(np.float32), shown=np.where(hem, 0, top.shown).astype(np.int8))
    return _above(replace(top, vertices=moved.astype(np.float32)), cut)


def _above(surface: Surface, field: np.ndarray) -> Surface:
    """What of a surface, all of which comes or goes at once, lies where a field (N,) is above zero."""
    if (field > 0).all():
        return surface
    count = len(surface.vertices)
    weights = np.zeros((count, len(Bone)))
    np.add.at(weights, (np.arange(count)[:, None], surface.bones), surface.weights)
    lit_from = surface.vertices if surface.lit_from is None else surface.lit_from
    parts = (surface.vertices, weights, surface.texel, surface.source, lit_from)
    faces, values = clipped(surface.triangles, np.column_stack(parts), field)
    vertices, weights, texel, source, facing = np.split(values, np.cumsum([part.shape[1] for part in parts])[:-1], 1)
    vertices = vertices.astype(np.float32)
    _, first, number = np.unique(vertices, axis=0, return_index=True, return_inverse=True)
    bones, shares = strongest(weights)
    return replace(
        surface,
        vertices=vertices,
        triangles=faces.astype(np.int32),
        weld=first[number.ravel()].astype(np.int32),
        bones=bones,
        weights=shares,
        texel=texel.astype(np.float32),
        source=source.astype(np.float32),
        lit_from=None if surface.lit_from is None else facing.astype(np.float32),
        shown=None if surface.shown is None else np.full(len(vertices), surface.shown[0], np.int8),
    )
