"""The body is found again from its own picture, and no knee bends backwards."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from fashionmirror_core.body import rotations
from fashionmirror_core.body.anatomy import REST_TURNS
from fashionmirror_core.body.fit import fit_body, guessed
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


def silhouette(vertices: np.ndarray) -> np.ndarray:
    """(H, W) float32, what the body covers."""
    matte = np.zeros((4 * SIZE[0], 4 * SIZE[1]), np.uint8)
    for triangle in np.rint((vertices[BodyModel.load().faces, :2] * 4 + 1.5) * 8).astype(int):
        cv2.fillConvexPoly(matte, triangle, 1, cv2.LINE_8, 3)
    return cv2.resize(matte.astype(np.float32), SIZE[::-1], interpolation=cv2.INTER_AREA)


def photographed(world: np.ndarray, shape: np.ndarray) -> tuple[Pose, np.ndarray, float, np.ndarray]:
    """A body before the camera: its pose, matte, crown and the true landmarks (25, 3), mid-hip at z = 0."""
    model = BodyModel.load()
    posed = model.posed(shape, world)
    places = [posed.place(points) * SCALE + [SIZE[1] / 2, 170, 0] for points in (model.landmarks, model.skin)]
    landmarks, skin = places[0], places[1]
    matte = silhouette(skin)
    landmarks[:, 2] -= landmarks[Joint.MID_HIP, 2]
    joints = np.column_stack([landmarks[:JOINT_COUNT, :2], np.ones(JOINT_COUNT)])
    pose = Pose(joints, landmarks[:JOINT_COUNT, 2])
    return pose, matte, float(skin[:, 1].min()), landmarks[:JOINT_COUNT]


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


def test_a_fit_is_the_same_every_time() -> None:
    pose, matte, crown, _ = photographed(turned(), np.zeros(SHAPES))
    first, second = (fit_body(pose, matte, crown=crown) for _ in range(2))
    assert np.array_equal(first.vertices, second.vertices)


def test_the_photos_resolution_does_not_matter() -> None:
    pose, matte, crown, _ = photographed(turned(), np.zeros(SHAPES))
    small = fit_body(pose, matte, crown=crown)
    size = (3 * SIZE[1], 3 * SIZE[0])
    large = fit_body(pose.transformed(3.0, (1.0, 1.0)), cv2.resize(matte, size), crown=3 * crown + 1)
    assert large.scale == pytest.approx(3 * small.scale, rel=0.02)
    assert np.abs(large.landmarks - 3 * small.landmarks - [1, 1, 0]).max() < 0.02 * 3 * SCALE


def test_the_body_lies_within_the_contour_of_its_clothes() -> None:
    pose, matte, crown, _ = photographed(turned(), np.zeros(SHAPES))
    clothes = np.ones_like(matte)
    bare, clothed = (silhouette(fit_body(pose, matte, crown=crown, clothed=worn).vertices) for worn in (None, clothes))
    assert 0.97 * bare.sum() < clothed.sum() < 0.998 * bare.sum()


@pytest.mark.parametrize("girth", [-1.5, 1.5])
def test_thin_and_thick_limbs_fill_the_matte(girth: float) -> None:
    shape = np.zeros(SHAPES)
    shape[[11, 13]] = girth  # of legs and arms
    pose, matte, crown, _ = photographed(turned(), shape)

    def off(found: FittedBody) -> float:
        return float(np.abs(silhouette(found.vertices) - matte).sum() / matte.sum())

    average = fit_body(pose, np.zeros_like(matte), crown=crown)  # without a silhouette
    assert off(fit_body(pose, matte, crown=crown)) < min(0.06, 0.6 * off(average))


@pytest.mark.parametrize("name", ["l_shin", "r_shin"])
def test_no_knee_bends_backwards_whatever_the_depth_says(name: str) -> None:
    pose, matte, crown, _ = photographed(turned(**{name: (0.6, 0, 0)}), np.zeros(SHAPES))
    wrong = Pose(pose.joints, -pose.depth)
    body = fit_body(wrong, matte, crown=crown)
    for thigh, shin in ((Bone.L_THIGH, Bone.L_SHIN), (Bone.R_THIGH, Bone.R_SHIN)):
        bend = rotations.vectors(body.rotations[thigh].astype(float).T @ body.rotations[shin])
        assert bend[0] > -0.25  # straight is -0.15: the knee is a little bent at rest


def test_legs_out_of_the_picture_are_the_priors() -> None:
    pose, matte, crown, truth = photographed(turned(l_thigh=(0, 0, -0.3)), np.zeros(SHAPES))
    cut = round(float(truth[Joint.L_KNEE, 1] - 0.15 * SCALE))
    body = fit_body(pose, matte[:cut], crown=crown)
    above = truth[:, 1] < cut - 10
    off = np.linalg.norm(body.landmarks[:, :2] - truth[:, :2], axis=1)
    assert off[above].max() < 0.02 * SCALE * BodyModel.load().stature
    assert body.landmarks[Joint.R_ANKLE, 1] == pytest.approx(truth[Joint.R_ANKLE, 1], abs=0.1 * SCALE)


def test_a_hem_at_the_pictures_edge_swings_no_leg_that_is_not_seen() -> None:
    pose, matte, crown, truth = photographed(turned(), np.zeros(SHAPES))
    cut = round(float(truth[Joint.L_KNEE, 1] - 0.15 * SCALE))
    hem = matte[:cut].copy()
    hem[-25:, round(float(truth[Joint.L_HIP, 0])) : round(float(truth[Joint.L_HIP, 0])) + 35] = 1  # on one side
    body = fit_body(pose, hem, crown=crown)
    assert body.landmarks[Joint.L_ANKLE, 0] == pytest.approx(truth[Joint.L_ANKLE, 0], abs=0.15 * SCALE)


def test_depth_may_be_unknown() -> None:
    pose, matte, crown, truth = photographed(turned(pelvis=(0.0, 0.8, 0.0)), np.zeros(SHAPES))
    body = fit_body(Pose(pose.joints), matte, crown=crown)
    assert np.linalg.norm(body.landmarks[:, :2] - truth[:, :2], axis=1).max() < 0.02 * SCALE
    assert np.sign(body.landmarks[Joint.L_SHOULDER, 2]) == np.sign(truth[Joint.L_SHOULDER, 2])


def test_who_stands_upright_has_the_vertical_up() -> None:
    body, _ = fit(turned())
    assert body.up @ [0, -1, 0] > np.cos(np.radians(3))
    assert np.linalg.norm(body.up) == pytest.approx(1, abs=1e-5)


def test_too_small_a_person_is_refused() -> None:
    pose, matte, crown, _ = photographed(turned(), np.zeros(SHAPES))
    with pytest.raises(InputError, match="too small"):
        fit_body(pose.transformed(0.1, (0, 0)), matte, crown=0.1 * crown)


def test_elbows_and_wrists_that_are_hidden_are_guesses() -> None:
    """A wrist past a hidden elbow needs more confidence: estimators put it anywhere."""
    confidence = np.ones(25)
    assert not guessed(confidence).any()
    confidence[[Joint.R_ELBOW, Joint.R_WRIST]] = 0.17, 0.38
    assert guessed(confidence).nonzero()[0].tolist() == [Joint.R_ELBOW, Joint.R_WRIST]
    confidence[Joint.R_ELBOW] = 0.9
    assert not guessed(confidence).any()
    confidence[Joint.R_KNEE] = 0.1
    assert not guessed(confidence).any()
