"""The networks, wired into the analytic engine: the person's labels, once a photo.

A network that has learned nothing changes nothing. See docs/method.md, "The learned parts".
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from fashionmirror_core.inference.analytic import Analytic
from fashionmirror_core.networks import TryOnNetworks
from fashionmirror_core.networks.blocks import resize
from fashionmirror_core.skeleton import MIRROR, Pose


def _tensor(picture: np.ndarray, device: torch.device) -> Tensor:
    """(H, W[, C]) -> (1, C, H, W) float32."""
    if picture.ndim == 2:
        picture = picture[..., None]
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1), np.float32))[None].to(device)


def _joints(pose: Pose, device: torch.device) -> Tensor:
    return torch.from_numpy(pose.joints.astype(np.float32))[None].to(device)


class Learned(Analytic):
    """The networks on a device. A network that has learned nothing isn't run: the analytic answer is its answer."""

    def __init__(self, networks: TryOnNetworks, device: torch.device) -> None:
        self.networks = networks.to(device).for_inference()
        self.device = device

    @torch.inference_mode()
    def labels(self, image: np.ndarray, matte: np.ndarray, pose: Pose) -> np.ndarray | None:
        if self.networks.parsing.idle:
            return super().labels(image, matte, pose)
        picture = _tensor(image.astype(np.float32) / 255, self.device)
        pictures = torch.cat([picture, picture.flip(3)])
        alpha = _tensor(matte, self.device)
        joints = _joints(pose, self.device)
        mirrored = joints[:, MIRROR.tolist()]
        mirrored[..., 0] = matte.shape[1] - 1 - mirrored[..., 0]
        # The picture and its mirror image are averaged: labels on which both agree are surer.
        found = self.networks.parsing(pictures, torch.cat([alpha, alpha.flip(3)]), torch.cat([joints, mirrored]))
        one, other = found.softmax(1)
        seen = (one + other.flip(2)) / 2
        return resize(seen[None], (matte.shape[0], matte.shape[1]))[0].cpu().numpy()
