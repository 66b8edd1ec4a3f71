"""Posing: each bone's rigid motion from the photo's pose to a frame's, given as points in space."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from fashionmirror_core.body.fitted import Bone, FittedBody
from fashionmirror_core.body.posing import bone_transforms
from fashionmirror_core.motion import templates
from fashionmirror_core.skeleton import ARM, LEG, LIMB_BONES, MIRROR, Joint
from fashionmirror_core.vocabulary import Side

# fmt: off
STANDING = np.array([
    (300, 118, -42), (300, 190, 0), (252, 192, 4), (236, 285, 14), (222, 368, -6), (348, 189, 4), (372, 280, 10),
    (382, 362, -12), (302, 350, 0), (273, 352, 2), (268, 500, -4), (258, 642, 16), (331, 349, -2), (338, 497, -8),
    (345, 640, 12), (290, 108, -32), (311, 108, -32), (277, 116, 6), (324, 115, 6), (352, 672, -44), (370, 668, -28),
    (343, 655, 30), (250, 675, -40), (233, 669, -24), (260, 657, 34),
], dtype=np.float64)
# fmt: on
TALL = 600.0
SEATS = [Joint.MID_HIP, Joint.NECK, *(joint for side in Side for joint in (*ARM[side], *LEG[side]))]


def body_of(points: np.ndarray) -> FittedBody:
    """A body whose bones begin where the joints are."""
    at = {joint.name: points[joint] for joint in Joint}
    spine = [
        points[Joint.MID_HIP] + share * (points[Joint.NECK] - points[Joint.MID_HIP]) for share in (0, 0.3, 0.6, 0.8)
    ]
    joints = [*spine, at["NECK"], points[[Joint.R_EAR, Joint.L_EAR]].mean(0)]
    for letter in "LR":
        joints += [0.8 * at["NECK"] + 0.2 * at[f"{letter}_SHOULDER"]]
        joints += [at[f"{letter}_{name}"] for name in ("SHOULDER", "ELBOW", "WRIST")]
    for letter in "LR":
        joints += [at[f"{letter}_{name}"] for name in ("HIP", "KNEE", "ANKLE", "BIG_TOE")]
    order = np.stack(joints).astype(np.float32)
    none = np.zeros((0, 3), np.float32)
    rest = np.broadcast_to(np.eye(3, dtype=np.float32), (22, 3, 3))
    return FittedBody(np.zeros(10), rest, order, none, points.astype(np.float32), 350.0, np.array([0, -1, 0]))


BODY = body_of(STANDING)
turns = st.tuples(*[st.floats(-np.pi, np.pi)] * 3).map(lambda angles: Rotation.from_euler("YXZ", angles).as_matrix())
shifts = st.tuples(*[st.floats(-500, 500)] * 3).map(np.array)


def moved(transforms: np.ndarray, bone: Bone, points: np.ndarray) -> np.ndarray:
    """Points (3,) carried by a bone in each frame: (T, 3)."""
    return transforms[:, bone, :, :3] @ points + transforms[:, bone, :, 3]


def figures(name: str, fps: float = 25) -> np.ndarray:
    """(T, 25, 3): a template in photo space."""
    motion = templates.motion(name, fps)
    return np.concatenate([motion.joints[..., :2], motion.depth[..., None]], -1).astype(np.float64)


def test_the_photos_own_pose_moves_nothing():
    result = bone_transforms(BODY, STANDING, np.stack([STANDING, STANDING + 1, STANDING]))
    assert result.shape == (3, 22, 3, 4)
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result[[0, 2]], np.broadcast_to(np.eye(3, 4), (2, 22, 3, 4)))


@settings(max_examples=40, deadline=None)
@given(turn=turns, shift=shifts, size=st.floats(0.4, 2.5), stretch=st.booleans())
def test_a_figure_that_is_turned_moved_and_enlarged_as_a_whole_moves_every_bone_so(turn, shift, size, stretch):
    points = size * (STANDING @ turn.T) + shift
    result = bone_transforms(BODY, STANDING, points[None], stretch)[0]
    np.testing.assert_allclose(result[..., :3], np.broadcast_to(size * turn, (22, 3, 3)), atol=1e-3)
    for bone in Bone:
        np.testing.assert_allclose(
            moved(result[None], bone, BODY.joints[bone]), [size * turn @ BODY.joints[bone] + shift], atol=0.2
        )


def bent(seed: int) -> np.ndarray:
    """A figure in another pose: limbs swung by up to 60 degrees, bone lengths kept."""
    generator = np.random.default_rng(seed)
    points = STANDING.copy()
    for parent, child in LIMB_BONES:
        swing = Rotation.from_rotvec(generator.uniform(-0.6, 0.6, 3)).as_matrix()
        points[child] = points[parent] + swing @ (STANDING[child] - STANDING[parent])
    for side, foot in ((Side.LEFT, (19, 20, 21)), (Side.RIGHT, (22, 23, 24))):
        ankle = LEG[side][2]
        points[list(foot)] = points[ankle] + STANDING[list(foot)] - STANDING[ankle]
    return points


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), turn=turns)
def test_limbs_reach_the_points_and_stay_as_long_as_they_are(seed, turn):
    points = bent(seed) @ turn.T
    result = bone_transforms(BODY, STANDING, points[None])
    for bone, joint in ((Bone.L_HAND, Joint.L_WRIST), (Bone.R_HAND, Joint.R_WRIST), (Bone.L_FOOT, Joint.L_ANKLE)):
        np.testing.assert_allclose(moved(result, bone, STANDING[joint])[0], points[joint], atol=0.5)
    stiff = result[..., :3].astype(np.float64)
    np.testing.assert_allclose(stiff @ stiff.swapaxes(-1, -2), np.broadcast_to(np.eye(3), stiff.shape), atol=1e-4)
    assert (np.linalg.det(stiff) > 0).all()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), turn=turns)
def test_a_figure_in_the_mirror_moves_as_in_the_mirror(seed, turn):
    mirror = np.diag([-1.0, 1.0, 1.0])
    points = (bent(seed) @ turn.T)[None]
    other = STANDING[MIRROR] @ mirror
    plain = bone_transforms(BODY, STANDING, points)[0]
    result = bone_transforms(body_of(other), other, points[:, MIRROR] @ mirror)[0]
    for bone in Bone:
        name = bone.name
        twin = (
            Bone["R" + name[1:]] if name.startswith("L_") else Bone["L" + name[1:]] if name.startswith("R_") else bone
        )
        np.testing.assert_allclose(result[twin, :, :3], mirror @ plain[bone, :, :3] @ mirror, atol=2e-3)


def test_the_head_turns_on_its_own_past_the_profile():
    turn = Rotation.from_euler("y", 80, degrees=True).as_matrix()
    points = STANDING.copy()
    face, ears = [0, 15, 16, 17, 18], STANDING[[17, 18]].mean(0)
    points[face] = (STANDING[face] - ears) @ turn.T + ears
    result = bone_transforms(BODY, STANDING, points[None])[0]
    np.testing.assert_allclose(result[Bone.HEAD, :, :3], turn, atol=0.02)
    np.testing.assert_allclose(result[Bone.CHEST, :, :3], np.eye(3), atol=1e-6)
    half = Rotation.from_matrix(result[Bone.NECK, :, :3]).magnitude()
    assert np.degrees(half) == pytest.approx(40, abs=6)


def test_the_spine_shares_the_turn_of_the_shoulders_against_the_hips():
    turn = Rotation.from_euler("y", 45, degrees=True).as_matrix()
    points = STANDING.copy()
    top = [*range(8), 15, 16, 17, 18]
    points[top] = (STANDING[top] - STANDING[1]) @ turn.T + STANDING[1]
    result = bone_transforms(BODY, STANDING, points[None])[0]
    angles = [np.degrees(Rotation.from_matrix(result[bone, :, :3]).magnitude()) for bone in range(4)]
    np.testing.assert_allclose(angles, [0, 15, 30, 45], atol=1.5)


def test_a_leg_that_turns_out_with_a_bent_knee_turns_the_thigh_about_itself():
    out = Rotation.from_euler("y", -40, degrees=True).as_matrix()
    knee_up = STANDING.copy()
    hip, knee, ankle = LEG[Side.LEFT]
    long, short = np.linalg.norm(STANDING[knee] - STANDING[hip]), np.linalg.norm(STANDING[ankle] - STANDING[knee])
    knee_up[knee] = knee_up[hip] + long * np.array([0, np.cos(1.2), -np.sin(1.2)])
    knee_up[ankle] = knee_up[knee] + [0, short, 0]
    aside = knee_up.copy()
    for joint in (knee, ankle):
        aside[joint] = knee_up[hip] + out @ (knee_up[joint] - knee_up[hip])
    result = bone_transforms(BODY, STANDING, np.stack([knee_up, aside]))[:, Bone.L_THIGH, :, :3]
    np.testing.assert_allclose(result[1] @ result[0].T, out, atol=0.25)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_stretched_bones_hit_points_that_no_rigid_body_reaches(seed):
    points = bent(seed)
    points[SEATS] += np.random.default_rng(seed).normal(0, 15, (len(SEATS), 3))
    drawn, standing = (
        np.array([np.linalg.norm(each[b] - each[a]) for a, b in LIMB_BONES]) for each in (points, STANDING)
    )
    assume((drawn > 0.4 * standing).all())  # shorter than a quarter of its length no bone becomes
    result = bone_transforms(BODY, STANDING, points[None], stretch=True)
    for letter in "LR":
        for bone, joint in (
            ("UPPER_ARM", "SHOULDER"),
            ("UPPER_ARM", "ELBOW"),
            ("FOREARM", "WRIST"),
            ("HAND", "WRIST"),
            ("THIGH", "HIP"),
            ("THIGH", "KNEE"),
            ("SHIN", "ANKLE"),
            ("FOOT", "ANKLE"),
        ):
            at = Joint[f"{letter}_{joint}"]
            np.testing.assert_allclose(moved(result, Bone[f"{letter}_{bone}"], STANDING[at])[0], points[at], atol=0.01)
    np.testing.assert_allclose(moved(result, Bone.CHEST, STANDING[Joint.NECK])[0], points[Joint.NECK], atol=0.01)


def steps(points: np.ndarray) -> np.ndarray:
    """(T - 1, 22) degrees that each bone turns from frame to frame."""
    result = bone_transforms(BODY, STANDING, points)[..., :3].astype(np.float64)
    result /= np.cbrt(np.linalg.det(result))[..., None, None]
    return np.degrees(
        Rotation.from_matrix((result[1:] @ result[:-1].swapaxes(-1, -2)).reshape(-1, 3, 3)).magnitude()
    ).reshape(-1, 22)


@pytest.mark.parametrize("name", templates.NAMES)
def test_no_bone_flips_in_any_template(name):
    assert steps(figures(name, 100)).max() < 12


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), limb=st.sampled_from([ARM[Side.LEFT], ARM[Side.RIGHT], LEG[Side.LEFT]]))
def test_a_limb_that_is_straightened_and_bent_the_other_way_does_not_flip(seed, limb):
    generator = np.random.default_rng(seed)
    upper, middle, end = limb
    points = np.repeat(STANDING[None], 200, 0)
    axis = np.cross(STANDING[middle] - STANDING[upper], generator.normal(size=3))
    axis /= np.linalg.norm(axis)
    for frame, angle in enumerate(np.linspace(-1.0, 1.0, 200)):
        bend = Rotation.from_rotvec(angle * axis).as_matrix()
        points[frame, end] = STANDING[middle] + bend @ (STANDING[middle] - STANDING[upper])
    assert steps(points).max() < 12


@settings(max_examples=40, deadline=None)
@given(
    lost=st.sets(st.integers(0, 24), max_size=25),
    unseen=st.sets(st.integers(0, 24), max_size=6),
    flat=st.booleans(),
    stretch=st.booleans(),
)
def test_unknown_points_never_make_nan_and_leave_the_known_bones_alone(lost, unseen, flat, stretch):
    source, points = STANDING.copy(), np.stack([bent(1), bent(2)])
    if flat:
        points[..., 2] = 0
    source[list(unseen)] = np.nan
    points[:, list(lost)] = np.nan
    result = bone_transforms(BODY, source, points, stretch)
    assert np.isfinite(result).all()
    assert np.abs(moved(result, Bone.HEAD, BODY.joints[Bone.HEAD]) - STANDING[0]).max() < 3 * TALL


@pytest.mark.parametrize("lost", [[15, 16, 17, 18], [0, 15, 16, 17, 18], [19, 20, 21, 22, 23, 24], [3, 4], [10, 11]])
def test_what_is_unknown_turns_with_what_is_there(lost):
    turn = Rotation.from_euler("y", 130, degrees=True).as_matrix()
    points = STANDING @ turn.T
    points[lost] = np.nan
    result = bone_transforms(BODY, STANDING, points[None])[0]
    np.testing.assert_allclose(result[..., :3], np.broadcast_to(turn, (22, 3, 3)), atol=1e-3)


def test_points_that_all_fall_together_are_survived():
    for points in (np.zeros((1, 25, 3)), np.repeat(STANDING[None, :1], 25, 1), np.full((1, 25, 3), np.nan)):
        assert np.isfinite(bone_transforms(BODY, STANDING, points)).all()
        assert np.isfinite(bone_transforms(BODY, STANDING, points, stretch=True)).all()


def test_a_thousand_frames_take_a_moment():
    points = figures("catwalk")
    points = points[np.arange(1000) % len(points)]
    start = time.process_time()
    bone_transforms(BODY, STANDING, points)
    assert time.process_time() - start < 0.3
