"""What a grown-up's body can't explain is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fashionmirror_core.body.doubts import fit_notes, is_child, unexplained
from fashionmirror_core.body.fitted import FittedBody
from fashionmirror_core.body.model import BodyModel
from fashionmirror_core.skeleton import HEAD, JOINT_COUNT, Joint, Pose
from fashionmirror_core.vocabulary import Part


def at_rest() -> tuple[FittedBody, Pose]:
    """The mean body, 100 pixels a metre, and a pose that agrees with it."""
    model = BodyModel.load()
    landmarks = (100 * model.landmarks.rest[:JOINT_COUNT]).astype(np.float32)
    body = FittedBody(
        np.zeros(14, np.float32),
        np.tile(np.eye(3, dtype=np.float32), (22, 1, 1)),
        (100 * model.skeleton.rest).astype(np.float32),
        100 * model.skin.rest,
        landmarks,
        100.0,
        np.array([0, -1, 0], np.float32),
    )
    return body, Pose(np.column_stack([landmarks[:, :2], np.ones(JOINT_COUNT)]))


def moved(pose: Pose, joint: Joint, by: tuple[float, float, float]) -> Pose:
    joints = pose.joints.copy()
    joints[joint] += by
    return replace(pose, joints=joints)


def test_a_body_that_fits_brings_no_note() -> None:
    assert fit_notes(*at_rest()) == []


def test_limbs_that_lie_elsewhere_are_named() -> None:
    body, pose = at_rest()
    pose = moved(moved(pose, Joint.L_WRIST, (10, 0, 0)), Joint.R_KNEE, (0, -12, 0))
    assert unexplained(body, pose) == [Part.L_ARM, Part.R_LEG]
    assert fit_notes(body, pose)[0].startswith("The left arm and the right leg don't fit a body")
    assert fit_notes(body, moved(at_rest()[1], Joint.L_WRIST, (10, 0, 0)))[0].startswith("The left arm doesn't fit")


def test_a_joint_that_is_not_seen_proves_nothing() -> None:
    body, pose = at_rest()
    assert unexplained(body, moved(pose, Joint.L_WRIST, (40, 0, -0.9))) == []


def test_a_large_head_is_a_childs() -> None:
    _, pose = at_rest()
    assert not is_child(pose)
    joints = pose.joints.copy()
    nose = joints[Joint.NOSE, :2].copy()
    joints[list(HEAD), :2] = nose + 2.0 * (joints[list(HEAD), :2] - nose)
    assert is_child(Pose(joints))
    joints[Joint.L_EAR, 2] = 0
    assert not is_child(Pose(joints))
