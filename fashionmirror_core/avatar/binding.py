"""Which bones move which place of a sheet."""

from __future__ import annotations

import numpy as np

from fashionmirror_core.avatar.anatomy import CLAVICLE, LEG_BONES, Anatomy
from fashionmirror_core.avatar.head import HEAD, hair_weights
from fashionmirror_core.avatar.inflating import SKIRT_LENGTH, Sheets
from fashionmirror_core.avatar.pieces import HeadPlace
from fashionmirror_core.avatar.sheets import Grid
from fashionmirror_core.avatar.skinning import smoothed, weights_near
from fashionmirror_core.body.fitted import ARM_OF, Bone
from fashionmirror_core.cloth.hanging import Hanging
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.vocabulary import Part, Side


def bone_weights(anatomy: Anatomy, sheets: Sheets) -> np.ndarray:
    """(h, w, 22) on the sheet's grid."""
    piece, grid, own = sheets.piece, sheets.grid, sheets.inflation
    arms, hands = (
        anatomy.on(*(b for s in Side for b in ARM_OF[s])),
        anatomy.on(*(b for s in Side for b in ARM_OF[s][1:])),
    )
    shins = anatomy.on(*(b for s in Side for b in LEG_BONES[s][1:]))
    points = np.dstack([grid.place, own.plane]).reshape(-1, 3)
    if sheets.bone is not None:
        weights = np.zeros((*grid.inside.shape, anatomy.weights.shape[1]))
        weights[..., sheets.bone] = 1
        return weights
    if piece.name == HEAD:
        weights = hair_weights(
            points,
            anatomy.body,
            anatomy.model,
            HeadPlace.of(anatomy.body, anatomy.model).chin,
            HeadPlace.of(anatomy.body, anatomy.model).half,
        )
        return smoothed(weights.reshape(*grid.inside.shape, -1), grid.nodes, 2.0)
    if piece.name == Part.TRUNK:
        allowed, sigma = (hands < 0.3) & (arms < 0.8) & (anatomy.on(Bone.HEAD) < 0.5) & (shins < 0.3), 3.0
    else:
        part = Part(piece.name)
        side = part.side
        kept = (*ARM_OF[side], CLAVICLE[side]) if part.is_arm else (*LEG_BONES[side], Bone.PELVIS)
        allowed, sigma = anatomy.on(*kept) > 0.35, 1.5
    weights = np.zeros((*grid.inside.shape, anatomy.weights.shape[1]))
    weights[grid.nodes] = weights_near(points[grid.nodes.ravel()], anatomy.skin, anatomy.weights, allowed, 2.0)
    if piece.name == Part.TRUNK:
        weights = _skirt_weights(anatomy, grid, weights)
    return smoothed(weights, grid.nodes, sigma)


def hanging(anatomy: Anatomy, sheets: Sheets, vertices: np.ndarray) -> Hanging | None:
    """How a trunk's vertices (N, 3) hang below the hips, where it is one with a skirt."""
    hem = _hem(sheets.grid)
    if sheets.piece.name != Part.TRUNK or hem < anatomy.hips + SKIRT_LENGTH * anatomy.stature:
        return None
    body = anatomy.body
    pivot = body.joints[[Bone.L_THIGH, Bone.R_THIGH]].mean(0).astype(np.float64)
    return Hanging.of(vertices, pivot, body.up.astype(np.float64), hem, anatomy.stature)


def _hem(grid: Grid) -> float:
    return float(grid.y[np.flatnonzero(grid.inside.any(1))[-1]])


def _skirt_weights(anatomy: Anatomy, grid: Grid, weights: np.ndarray) -> np.ndarray:
    """A skirt hangs from the pelvis and swings with the thighs, the more the lower."""
    hem = _hem(grid)
    if hem < anatomy.hips + SKIRT_LENGTH * anatomy.stature:
        return weights
    x, y = grid.place[..., 0], grid.place[..., 1]
    reach = np.clip(hem - anatomy.hips, 0.08 * anatomy.stature, 0.26 * anatomy.stature)
    low = np.clip((y - anatomy.hips) / reach, 0, 1) ** 0.8
    half = np.array([max(np.ptp(grid.x[row]) / 2, 5.0) if row.any() else 5.0 for row in grid.inside])
    aside = np.clip((x - anatomy.middle) / np.interp(y, grid.y, half), -1.2, 1.2)
    steep = 5.0 if hem - anatomy.hips < 0.2 * anatomy.stature else 3.0
    right_of_picture = 1 / (1 + np.exp(-steep * aside))
    left_thigh_right = anatomy.body.joints[Bone.L_THIGH, 0] > anatomy.body.joints[Bone.R_THIGH, 0]
    left = right_of_picture if left_thigh_right else 1 - right_of_picture
    hanging = np.zeros_like(weights)
    hanging[..., Bone.PELVIS] = 1 - 0.88 * low
    hanging[..., Bone.L_THIGH] = 0.88 * low * left
    hanging[..., Bone.R_THIGH] = 0.88 * low * (1 - left)
    share = smoothstep(y, anatomy.hips - 0.06 * anatomy.stature, anatomy.hips + 0.02 * anatomy.stature)[..., None]
    return weights + share * (hanging - weights)
