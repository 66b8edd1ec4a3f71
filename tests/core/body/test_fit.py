"""The body is found again from its own picture, and no knee bends backwards."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from fashionmirror_core.body import rotations
from fashionmirror_core.body.anatomy import REST_TURNS
from fashionmirror_core.body.fit import fit_body
from fashionmirror_core.body.fitted import PARENTS, Bone, FittedBody
from fashionmirror_core.body.model import SHAPES, BodyModel
from fashionmirror_core.errors import InputError
from fashionmirror_core.skeleton import JOINT_COUNT, Joint, Pose

SCALE = 150  # pixels a metre
SIZE = (300, 200)


def turned(**changes: tuple[float, float, float]) -> np.ndarray:
    """(22, 3, 3): bones of a standing body, some with a rotation vector of their own."""
    turns = REST_TURNS.copy()
    for name, turn in changes.items():
        turns[Bone[name.upper()]] = turn
    world = rotations.matrices(turns)
    for bone, parent in enumerate(PARENTS):
        if parent >= 0:
            world[bone] = world[parent] @ world[bone]
    return world


def photographed(world: np.ndarray, shape: np.ndarray) -> tuple[Pose, np.ndarray, float, np.ndarray]:
    """A body before the camera: its pose, matte, crown and the true landmarks (25, 3), mid-hip at z = 0."""
    model = BodyModel.load()
    posed = model.posed(shape, world)
    places = [posed.place(points) * SCALE + [SIZE[1] / 2, 170, 0] for points in (model.landmarks, model.skin)]
    landmarks, skin = places[0], places[1]
    matte = np.zeros(SIZE, np.uint8)
    for triangle in np.rint(skin[model.faces, :2] * 8).astype(int):
        cv2.fillConvexPoly(matte, triangle, 1, cv2.LINE_8, 3)
    landmarks[:, 2] -= landmarks[Joint.MID_HIP, 2]
    joints = np.column_stack([landmarks[:JOINT_COUNT, :2], np.ones(JOINT_COUNT)])
    pose = Pose(joints, landmarks[:JOINT_COUNT, 2])
    return pose, matte.astype(np.float32), float(skin[:, 1].min()), landmarks[:JOINT_COUNT]


def fit(world: np.ndarray, shape: np.ndarray | None = None) -> tuple[FittedBody, np.ndarray]:
    pose, matte, crown, truth = photographed(world, np.zeros(SHAPES) if shape is None else shape)
    return fit_body(pose, matte, crown=crown), truth


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"l_thigh": (-0.5, 0.0, 0.0), "l_shin": (0.5, 0, 0)},
        {"pelvis": (0.0, 0.9, 0.0), "r_upper_arm": (0.3, 0.0, -0.2)},
        {"pelvis": (0.0, np.pi, 0.0)},
    ],
    ids=["standing", "walking", "turned", "from-behind"],
)
def test_a_body_is_found_again_from_its_own_picture(changes: dict[str, tuple[float, float, float]]) -> None:
    body, truth = fit(turned(**changes))
    height = BodyModel.load().stature * SCALE
    assert np.linalg.norm(body.landmarks[:, :2] - truth[:, :2], axis=1).max() < 0.01 * height
    assert np.abs(body.landmarks[:, 2] - truth[:, 2]).max() < 0.04 * height
    assert body.landmarks[Joint.MID_HIP, 2] == pytest.approx(0, abs=0.01)


def test_shoulders_and_hips_are_needed() -> None:
    pose, matte, crown, _ = photographed(turned(), np.zeros(SHAPES))
    joints = pose.joints.copy()
    joints[Joint.L_HIP, 2] = 0
    with pytest.raises(InputError, match="hips"):
        fit_body(Pose(joints), matte, crown=crown)
