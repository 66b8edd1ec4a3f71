"""The co-attention that worn cloth implies: where on the garment's picture each place of the person looks.

Places on the garment are pixels of its picture letterboxed into the stage's size.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import torch

from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.imaging.fill import push_pull
from fashionmirror_core.networks import attention_prior
from fashionmirror_core.person.stage import Stage


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
    prior = attention_prior(torch.from_numpy(flow)[None], torch.from_numpy(cloth)[None, None])
    return prior.softmax(dim=2)[0].numpy()
