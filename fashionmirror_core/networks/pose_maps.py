"""Poses as input of the networks: one Gaussian heatmap a joint (docs/method.md, "The learned parts")."""

from __future__ import annotations

import torch
from torch import Tensor

JOINTS = 25  # BODY_25
SIGMA = 1 / 64  # of the stage's height


def pose_maps(joints: Tensor, height: int, width: int, stride: int = 1) -> Tensor:
    """Heatmaps of the joints of a pose.

    joints: (N, 25, 3), x and y in stage pixels, confidence in [0, 1]. height, width: the stage's size. stride: 1 for
    maps of that size, 4 for what the per-frame networks need. Returns (N, 25, height / stride, width / stride) in [0,
    1]: a Gaussian of sigma height / 64, scaled by the confidence; a joint without confidence gives an empty map
    wherever it lies.
    """
    if joints.ndim != 3 or joints.shape[1:] != (JOINTS, 3):
        raise ValueError(f"A batch of poses is (N, {JOINTS}, 3), not {tuple(joints.shape)}.")
    sigma = SIGMA * height
    confidence = joints[..., 2:].clamp(0, 1)
    across = _profile(joints[..., 0], width, stride, sigma)
    down = _profile(joints[..., 1], height, stride, sigma) * confidence
    return down.unsqueeze(-1) * across.unsqueeze(-2)


def _profile(center: Tensor, length: int, stride: int, sigma: float) -> Tensor:
    """The Gaussian along one axis: (N, 25) -> (N, 25, length / stride), sampled at the centres of the coarse pixels."""
    positions = torch.arange(length // stride, device=center.device, dtype=center.dtype) * stride + (stride - 1) / 2
    return torch.exp(-((positions - center.unsqueeze(-1)) ** 2) / (2 * sigma**2))
