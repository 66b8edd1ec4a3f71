"""Which sheet lies over which: a leg hangs from the seat and reaches nowhere near the other one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import cv2
import numpy as np
import pytest

from fashionmirror_core.avatar.anatomy import LEG_BONES, Anatomy
from fashionmirror_core.avatar.inflating import inflated_sheets
from fashionmirror_core.avatar.order import in_order
from fashionmirror_core.avatar.pieces import Cutting, Piece
from fashionmirror_core.avatar.surface import Texture
from fashionmirror_core.body import rotations
from fashionmirror_core.body.anatomy import REST_TURNS
from fashionmirror_core.body.fitted import PARENTS, Bone, FittedBody
from fashionmirror_core.body.model import SHAPES, BodyModel
from fashionmirror_core.vocabulary import LEG_PARTS, Part

SCALE, HEIGHT, WIDTH = 240.0, 480, 320
OFF = 0.02  # statures that trousers stand off the leg at most


def walking(ahead: float, inward: float) -> Anatomy:
    """A body in mid-step, seen from the front. ahead: radians that either thigh swings; inward: that either crosses."""
    model, turns = BodyModel.load(), REST_TURNS.copy()
    turns[Bone.R_THIGH], turns[Bone.L_THIGH] = (-ahead, 0, -inward), (ahead, 0, inward)
    world = rotations.matrices(turns)
    for bone, parent in enumerate(PARENTS):
        if parent >= 0:
            world[bone] = world[parent] @ world[bone]
    posed = model.posed(np.zeros(SHAPES), world)
    skin, landmarks = (
        (posed.place(points) * SCALE + [WIDTH / 2, 270, 0]).astype(np.float32)
        for points in (model.skin, model.landmarks)
    )
    joints = (posed.joints * SCALE + [WIDTH / 2, 270, 0]).astype(np.float32)
    up = np.array([0, -1, 0], np.float32)
    body = FittedBody(np.zeros(SHAPES, np.float32), world.astype(np.float32), joints, skin, landmarks, SCALE, up)
    return Anatomy.of(body, model)


def piece(anatomy: Anatomy, name: str, vertices: np.ndarray) -> Piece:
    """A piece in one colour where the body's ``vertices`` (V,) bool are seen."""
    seen = np.zeros((HEIGHT, WIDTH), np.uint8)
    faces = anatomy.model.faces[vertices[anatomy.model.faces].all(1)]
    for triangle in np.rint(anatomy.skin[faces, :2]).astype(np.int32):
        cv2.fillConvexPoly(seen, triangle, 1)
    texture = Texture(np.dstack([seen * 255] * 4), np.zeros_like(seen))
    return Piece(name, texture, texture, cv2.GaussianBlur(seen.astype(np.float32), (0, 0), 1.5))


@pytest.mark.parametrize(("ahead", "inward"), [(0.0, 0.0), (0.55, 0.3)])
def test_the_legs_of_trousers_span_no_other_leg_in_mid_step(ahead: float, inward: float) -> None:
    anatomy = walking(ahead, inward)
    legs = {part: anatomy.on(*LEG_BONES[part.side]) > 0.5 for part in LEG_PARTS}
    above = ~np.any(list(legs.values()), axis=0) & (anatomy.skin[:, 1] < anatomy.hips)
    pieces = [piece(anatomy, Part.TRUNK, above), *(piece(anatomy, part, own) for part, own in legs.items())]
    box = (0, 0, WIDTH, HEIGHT)
    cutting = cast(Cutting, SimpleNamespace(lower=np.ones((HEIGHT, WIDTH), np.float32), box=box))
    sheets = in_order(anatomy, {one.name: inflated_sheets(anatomy, one, box, shod=True) for one in pieces}, cutting)
    rows = np.arange(anatomy.hips + 0.1 * anatomy.stature, anatomy.hips + 0.35 * anatomy.stature, 4)
    for part, own in legs.items():
        grid, made = sheets[part].grid, sheets[part].inflation
        for row in rows:
            near = own & (np.abs(anatomy.skin[:, 1] - row) < 0.02 * anatomy.stature)
            nodes = grid.inside & (np.abs(grid.place[..., 1] - row) < 2)
            depth = anatomy.skin[near, 2]
            assert made.front[nodes].min() > depth.min() - OFF * anatomy.stature
            assert made.back[nodes].max() < depth.max() + OFF * anatomy.stature
