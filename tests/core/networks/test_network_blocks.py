"""Pose maps, warps, and how a prior is moved."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fashionmirror_core.networks import pose_maps, resize, resize_flow, warp
from fashionmirror_core.networks.blocks import adjust_mask, check_stage, clamp_straight_through


@settings(max_examples=25, deadline=None)
@given(x=st.integers(0, 95), y=st.integers(0, 127), confidence=st.floats(0.1, 1))
def test_a_joints_map_peaks_at_the_joint_with_its_confidence(x: int, y: int, confidence: float) -> None:
    joints = torch.zeros(1, 25, 3)
    joints[0, 4] = torch.tensor([x, y, confidence])
    maps = pose_maps(joints, 128, 96)
    assert maps.shape == (1, 25, 128, 96)
    assert divmod(int(maps[0, 4].argmax()), 96) == (y, x)
    assert maps[0, 4].max().item() == pytest.approx(confidence, abs=1e-5)


def test_joints_without_confidence_leave_empty_maps() -> None:
    joints = torch.full((2, 25, 3), 40.0)
    joints[..., 2] = 0
    assert not pose_maps(joints, 128, 96).any()


def test_coarse_pose_maps_agree_with_averaged_fine_ones(stage) -> None:
    joints = stage(height=256, width=192).joints()
    coarse = pose_maps(joints, 256, 192, stride=4)
    fine = resize(pose_maps(joints, 256, 192), coarse)
    assert coarse.shape == (1, 25, 64, 48)
    assert (coarse - fine).abs().max() < 0.1


def test_pose_maps_refuse_other_skeletons() -> None:
    with pytest.raises(ValueError, match="25"):
        pose_maps(torch.zeros(1, 18, 3), 128, 96)


def test_a_stage_is_a_multiple_of_sixteen() -> None:
    with pytest.raises(ValueError, match="multiple of 16"):
        check_stage(torch.zeros(1, 1, 250, 192))


def test_a_flow_points_from_target_to_source() -> None:
    picture = torch.rand(1, 3, 32, 48)
    flow = torch.zeros(1, 2, 32, 48)
    flow[:, 0] = 5
    flow[:, 1] = -2
    torch.testing.assert_close(warp(picture, flow)[..., 2:, :-5], picture[..., :-2, 5:], atol=1e-5, rtol=0)


def test_zero_flow_is_the_identity() -> None:
    picture = torch.rand(2, 3, 32, 48)
    torch.testing.assert_close(warp(picture, torch.zeros(2, 2, 32, 48)), picture, atol=1e-5, rtol=0)


def test_a_resized_flow_keeps_pointing_at_the_same_place() -> None:
    flow = torch.zeros(1, 2, 64, 48)
    flow[:, 0], flow[:, 1] = 8, -16
    coarse = resize_flow(flow, (16, 6))
    torch.testing.assert_close(coarse[0, :, 3, 3], torch.tensor([1.0, -4.0]))


def test_resizing_by_half_averages() -> None:
    x = torch.rand(1, 3, 32, 48)
    torch.testing.assert_close(resize(x, (16, 24)), torch.nn.functional.avg_pool2d(x, 2))


def test_a_mask_prior_without_residual_comes_back_bit_for_bit() -> None:
    prior = torch.cat((torch.tensor([0.0, 1.0, 1e-6, 1 - 1e-6]), torch.rand(1000))).view(1, 1, 2, -1)
    mask, _ = adjust_mask(prior, torch.zeros_like(prior))
    assert torch.equal(mask, prior)


@settings(max_examples=50, deadline=None)
@given(prior=st.floats(0, 1), residual=st.floats(-30, 30))
def test_a_moved_mask_stays_a_mask_and_follows_the_residual(prior: float, residual: float) -> None:
    start = torch.tensor([[[[prior]]]])
    mask, _ = adjust_mask(start, torch.full_like(start, residual))
    assert 0 <= mask.item() <= 1
    assert (mask - start).item() * residual >= -1e-6


def test_a_certain_prior_can_still_be_overruled() -> None:
    prior = torch.tensor([[[[0.0, 1.0]]]])
    mask, _ = adjust_mask(prior, torch.tensor([[[[12.0, -12.0]]]]))
    assert mask[..., 0] > 0.98
    assert mask[..., 1] < 0.02


def test_a_value_on_its_bound_still_has_a_gradient() -> None:
    x = torch.tensor([-0.5, 0.0, 0.5, 1.5], requires_grad=True)
    y = clamp_straight_through(x)
    y.sum().backward()
    assert torch.equal(y.detach(), torch.tensor([0.0, 0.0, 0.5, 1.0]))
    assert torch.equal(x.grad, torch.ones(4))
