"""The co-attention that worn cloth implies: where on the garment's picture each place of the person looks.

Places on the garment are pixels of its picture letterboxed into the stage's size.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import torch
from torch import Tensor

from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.imaging.fill import push_pull
from fashionmirror_core.networks.blocks import STAGE_MULTIPLE, check_stage, resize, resize_flow
from fashionmirror_core.person.stage import Stage

PRIOR_STRENGTH = 10.0  # exp(10) outweighs the 768 tokens of a 512 x 384 stage


def letterbox(garment: Garment, size: tuple[int, int]) -> tuple[float, tuple[float, float]]:
    """How the garment's picture is laid into a stage of ``size`` (H, W): ``stage = garment * scale + offset``.

    Pixel centres have integer coordinates on both sides.
    """
    height, width = garment.image.shape[:2]
    scale = min(size[0] / height, size[1] / width)
    center = (scale - 1) / 2
    return scale, ((size[1] - width * scale) / 2 + center, (size[0] - height * scale) / 2 + center)


def letterboxed(garment: Garment, size: tuple[int, int]) -> np.ndarray:
    """The garment's premultiplied picture in [0, 1], laid into a stage of ``size``: (H, W, 4) float32."""
    scale, offset = letterbox(garment, size)
    rgba = garment.image.astype(np.float32) / 255
    rgba[..., :3] *= rgba[..., 3:]
    small = cv2.resize(rgba, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    shift = np.array(offset) - (scale - 1) / 2  # cv2.resize has moved the centres
    matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]])
    return cv2.warpAffine(small, matrix, (size[1], size[0]), flags=cv2.INTER_LINEAR)


def garment_flow(places: np.ndarray, garment: Garment, stage: Stage, step: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """The appearance flow of worn cloth, from the stage to the garment's picture.

    places: (h, w, 2) float32, the garment pixel that every ``step``-th photo pixel shows; NaN where it shows none.
    Returns (2, H, W) float32, stage pixels, stage -> letterboxed garment, carried smoothly beyond the cloth; and where
    the cloth is seen, (H, W) float32 in [0, 1].
    """
    shift = np.array(stage.offset) + stage.scale * (step - 1) / 2
    coarse = replace(stage, scale=stage.scale * step, offset=(float(shift[0]), float(shift[1])))
    cloth = coarse.crop(np.isfinite(places[..., 0]).astype(np.float32))
    scale, offset = letterbox(garment, (stage.height, stage.width))
    share = np.maximum(cloth, 1e-3)[..., None]
    landing = np.stack([coarse.crop(np.nan_to_num(places[..., axis])) for axis in (0, 1)], -1) / share
    y, x = np.mgrid[0 : stage.height, 0 : stage.width].astype(np.float32)
    flow = landing * scale + np.array(offset, np.float32) - np.stack([x, y], -1)
    filled = push_pull(flow.astype(np.float32), (cloth > 0.5).astype(np.float32))
    return np.ascontiguousarray(filled.transpose(2, 0, 1)), cloth


def attention_seen(places: np.ndarray, garment: Garment, stage: Stage, step: int = 1) -> np.ndarray:
    """(hw, hw) float32, rows sum to one: where on the garment each 16-pixel cell of the stage looks, in a frame. A cell
    without cloth looks at the garment as a whole (uniformly). Arguments as of ``garment_flow``.
    """
    flow, cloth = garment_flow(places, garment, stage, step)
    scores = _affinity(torch.from_numpy(flow)[None], torch.from_numpy(cloth)[None, None])
    return scores.softmax(dim=2)[0].numpy()


def _affinity(garment_flow: Tensor, clothing_mask: Tensor, sigma: float = 1.0) -> Tensor:
    """How strongly each place of the person agrees with each of the garment.

    garment_flow: (N, 2, H, W), stage pixels, from the stage to the garment's letterboxed picture of the same size.
    clothing_mask: (N, 1, H, W) in [0, 1], M_c of the source frame. sigma: in tokens (16 stage pixels).
    Returns (N, hw_human, hw_clothes), hw = H/16 * W/16: a Gaussian affinity, ``PRIOR_STRENGTH`` at its peak; zero
    (no opinion) for tokens of the human that carry no clothing.
    """
    height, width = check_stage(garment_flow)
    size = (height // STAGE_MULTIPLE, width // STAGE_MULTIPLE)
    coverage = resize(clothing_mask, size)
    # Averaged over the clothing only: the flow beside it means nothing.
    flow = resize_flow(garment_flow * clothing_mask, size) / coverage.clamp_min(1e-6)
    cells = _token_centers(size, garment_flow)
    landing = cells.unsqueeze(0) + flow.flatten(2).transpose(1, 2)
    distance = (landing.unsqueeze(2) - cells.view(1, 1, -1, 2)).square().sum(dim=-1)
    affinity = PRIOR_STRENGTH * torch.exp(-distance / (2 * sigma**2))
    return affinity * (coverage.flatten(2).transpose(1, 2) > 0.05)


def _token_centers(size: tuple[int, int], like: Tensor) -> Tensor:
    """(hw, 2): x, y of every token, in tokens."""
    y, x = torch.meshgrid(torch.arange(size[0]), torch.arange(size[1]), indexing="ij")
    return torch.stack((x, y), dim=-1).reshape(-1, 2).to(like)
