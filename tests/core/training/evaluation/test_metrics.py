"""The metrics against published numbers, other implementations and cases worked out by hand."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fashionmirror_core.training.evaluation import metrics
from fashionmirror_core.vocabulary import Label

SIZE = (72, 64)  # H, W


def noise(seed: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """A smooth random picture."""
    rough = np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)
    return cv2.GaussianBlur(rough, (7, 7), 2)


def face_joints(shift: tuple[float, float] = (0, 0), scale: float = 1.0) -> np.ndarray:
    joints = np.zeros((25, 3), np.float32)
    for joint, place in {0: (32, 30), 1: (32, 55), 15: (26, 25), 16: (38, 25), 17: (20, 28), 18: (44, 28)}.items():
        joints[joint] = (*(np.array(place) * scale + shift), 1)
    return joints


def test_ssim_agrees_with_scikit_image() -> None:
    structural_similarity = pytest.importorskip("skimage.metrics").structural_similarity
    frame, truth = noise(0), noise(1)
    mean, full = structural_similarity(
        frame, truth, channel_axis=-1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
        data_range=255, full=True,
    )  # fmt: skip
    found = metrics.ssim_map(frame, truth)
    np.testing.assert_allclose(found, full.mean(-1), atol=2e-4)
    assert found[5:-5, 5:-5].mean() == pytest.approx(mean, abs=2e-4)


@given(seed=st.integers(0, 1000))
def test_equal_pictures_are_best(seed: int) -> None:
    picture = noise(seed, (24, 24))
    assert metrics.ssim(picture, picture) == pytest.approx(1, abs=1e-4)
    assert metrics.psnr(picture, picture) == metrics.BEST_PSNR_DB


def test_psnr_of_a_constant_error() -> None:
    truth = np.full((8, 8, 3), 100, np.uint8)
    assert metrics.psnr(truth + 51, truth) == pytest.approx(20 * np.log10(5))  # 51 / 255 is a fifth


def test_a_region_sees_only_itself() -> None:
    truth, region = noise(2), np.zeros(SIZE)
    region[:20] = 1
    frame = truth.copy()
    frame[40:] = 0
    assert metrics.ssim(frame, truth, region) == pytest.approx(1, abs=1e-4)
    assert metrics.psnr(frame, truth, region) == metrics.BEST_PSNR_DB
    assert metrics.ssim(frame, truth) < 0.8
    assert np.isnan(metrics.ssim(frame, truth, np.zeros(SIZE)))
    assert np.isnan(metrics.psnr(frame, truth, np.zeros(SIZE)))


def test_feature_distance_is_relative_and_per_item() -> None:
    truth = [torch.full((2, 3, 4, 4), 2.0), torch.full((2, 5, 2, 2), 10.0)]
    found = [truth[0].clone(), truth[1].clone()]
    found[0][1] += 1  # half of the truth in one of two layers
    torch.testing.assert_close(metrics.feature_distance(found, truth), torch.tensor([0.0, 0.25]))


def test_lpips_is_not_downloaded(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    assert metrics.lpips_at_hand() is None


def test_iou_by_hand() -> None:
    mask, truth = np.zeros((4, 4)), np.zeros((4, 4))
    mask[:2], truth[1:3] = 0.9, 1.0
    assert metrics.iou(mask, truth) == pytest.approx(4 / 12)
    assert metrics.iou(mask * 0.5, truth) == 0  # below a half
    assert metrics.iou(mask, truth, np.eye(4, dtype=bool)) == pytest.approx(1 / 3)
    assert np.isnan(metrics.iou(np.zeros((4, 4)), np.zeros((4, 4))))


def test_the_box_is_tight_and_stays_inside() -> None:
    first, second = np.zeros((20, 20)), np.zeros((20, 20))
    first[5, 6], second[12, 1] = 1, 1
    box = metrics.box_mask([first, second], 3)
    assert box[2:16, 0:10].all()
    assert box.sum() == 14 * 10


def test_salient_regions() -> None:
    labels = np.full((100, 80), Label.ARMS, np.uint8)
    labels[90:], labels[:10] = Label.SHOES, Label.HEAD
    joints = np.ones((25, 3))
    joints[4, :2], joints[7, :2] = (20, 50), (60, 50)
    joints[3, :2], joints[6, :2] = (20, 40), (60, 40)
    found = metrics.salient_regions(labels, joints)
    assert found["shoes"].sum() == found["face"].sum() == 800
    assert found["hands"][50, 20]
    assert found["hands"][50, 60]
    assert not found["hands"][50, 40]
    assert not found["hands"][labels != Label.ARMS].any()


def garment(color: tuple[int, int, int]) -> np.ndarray:
    picture = np.zeros((40, 40, 4), np.uint8)
    picture[5:35, 5:35] = (*color, 255)
    return picture


def test_garment_color_ignores_edges_and_highlights() -> None:
    frame, mask = np.zeros((*SIZE, 3), np.uint8), np.zeros(SIZE)
    mask[10:50, 10:50] = 1
    frame[11:49, 11:49] = (180, 40, 60)  # the mask is one pixel too wide
    frame[20:22] = 255  # a highlight, 5 % of it
    assert metrics.garment_color_difference(frame, mask, garment((180, 40, 60))) < 0.1
    assert metrics.garment_color_difference(frame, mask, garment((40, 40, 180))) > 30
    assert np.isnan(metrics.garment_color_difference(frame, np.zeros(SIZE), garment((1, 2, 3))))


def test_the_difference_of_colors_is_ciede2000() -> None:
    mask = np.ones(SIZE)
    black, red = np.zeros((*SIZE, 3), np.uint8), np.full((*SIZE, 3), (255, 0, 0), np.uint8)
    assert metrics.garment_color_difference(black, mask, garment((255, 255, 255))) == pytest.approx(100, abs=0.01)
    assert metrics.garment_color_difference(red, mask, garment((0, 0, 255))) == pytest.approx(52.88, abs=0.01)


def test_a_moved_and_scaled_face_is_the_same_face() -> None:
    source = noise(3)
    matrix = np.array([[1.5, 0, 7], [0, 1.5, 4]])
    moved = cv2.warpAffine(source, matrix, (110, 120))
    kept = metrics.face_similarity(moved, face_joints((7, 4), 1.5), source, face_joints())
    misplaced = metrics.face_similarity(moved, face_joints((13, 4), 1.5), source, face_joints())
    assert kept > 0.97
    assert misplaced < 0.8


def test_no_face_without_its_joints() -> None:
    hidden = face_joints()
    hidden[16, 2] = 0
    assert np.isnan(metrics.face_similarity(noise(0), hidden, noise(0), face_joints()))


def test_a_face_is_seen_where_nose_and_eyes_are_skin() -> None:
    labels = np.full(SIZE, Label.HEAD, np.uint8)
    assert metrics.face_seen(labels, face_joints())
    assert not metrics.face_seen(labels, face_joints((100, 0)))
    labels[25, 38] = Label.HAIR  # the left eye
    assert not metrics.face_seen(labels, face_joints())


@given(
    angle=st.floats(-3, 3), scale=st.floats(0.3, 3), x=st.floats(-50, 50), y=st.floats(-50, 50)
)  # fmt: skip
def test_similarity_recovers_turn_scale_and_shift(angle: float, scale: float, x: float, y: float) -> None:
    points = np.array([(0.0, 0), (10, 2), (3, 8), (-4, 5)])
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    found = metrics.similarity(points, points @ turn.T + (x, y))
    np.testing.assert_allclose(found, np.column_stack([turn, (x, y)]), atol=1e-6)


def sliding(count: int = 4, step: int = 2) -> np.ndarray:
    wide = noise(4, (72, 96))
    return np.stack([wide[:, step * t : step * t + 64] for t in range(count)])


def test_true_motion_follows_what_slides() -> None:
    motion = metrics.true_motion(sliding())
    places = np.stack(np.meshgrid(np.arange(64), np.arange(72)), -1)
    inner = (slice(None), slice(10, 60), slice(10, 50))
    assert motion.known[inner].mean() > 0.95
    np.testing.assert_allclose((motion.maps - places)[inner], np.broadcast_to((2, 0), (3, 50, 40, 2)), atol=0.5)


def test_flow_warp_error_tells_steady_from_flickering() -> None:
    frames = sliding()
    motion = metrics.true_motion(frames)
    everywhere = [np.ones(SIZE)] * 4
    steady = metrics.flow_warp_error(list(frames), motion, everywhere)
    flickering = [np.clip(frame.astype(int) + 30 * (t % 2), 0, 255).astype(np.uint8) for t, frame in enumerate(frames)]
    assert steady < 0.02
    assert metrics.flow_warp_error(flickering, motion, everywhere) == pytest.approx(30 / 255, abs=0.02)
    assert np.isnan(metrics.flow_warp_error(list(frames), motion, [np.zeros(SIZE)] * 4))


def test_mask_consistency_follows_the_motion() -> None:
    motion = metrics.true_motion(sliding())
    moving = np.zeros((4, *SIZE))
    for t in range(4):
        moving[t, 20:50, 30 - 2 * t : 50 - 2 * t] = 1  # what slides to the left, slides along
    still = np.repeat(moving[:1], 4, 0)
    assert metrics.mask_consistency(list(moving), motion) > 0.97
    assert metrics.mask_consistency(list(still), motion) == pytest.approx(18 / 22, abs=0.03)


def test_means_leave_out_what_was_not_measured() -> None:
    assert metrics.mean_of([1.0, float("nan"), 3.0]) == 2
    assert np.isnan(metrics.mean_of([float("nan")]))
