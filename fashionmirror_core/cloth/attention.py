"""The analytic appearance flow and co-attention that a fitted garment implies (docs/method.md, "Fitting").

The co-attention is what designers see under the attention layer, and both are the priors of the networks. Places on the
garment are pixels of its picture letterboxed into the stage's size.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import torch

from fashionmirror_core.cloth.fitting import GarmentFit
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


def piece_coverage(fit: GarmentFit, garment: Garment, size: tuple[int, int]) -> dict[str, np.ndarray]:
    """Where each piece of the garment lies on the stage: piece -> (H, W) float32 in [0, 1]."""
    alpha = garment.image[..., 3].astype(np.float32) / 255
    return {
        piece: cv2.remap(alpha * mask, fit.on_stage(piece, size), None, cv2.INTER_LINEAR)
        for piece, mask in fit.masks.items()
    }


def garment_flow(fit: GarmentFit, garment: Garment, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The appearance flow on the stage, of all pieces together.

    Returns (2, H, W) float32, stage pixels, stage -> letterboxed garment, carried smoothly beyond the cloth; and where
    the cloth is, (H, W) float32 in [0, 1].
    """
    scale, offset = letterbox(garment, size)
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(np.float32)
    flow = np.zeros((*size, 2), np.float32)
    cloth = np.zeros(size, np.float32)
    # Sleeves and legs are taken before the body, which runs on beneath them.
    for piece, cover in sorted(piece_coverage(fit, garment, size).items(), key=lambda item: item[0] != "body"):
        landing = fit.on_stage(piece, size) * scale + np.array(offset, np.float32)
        here = cover > 0.5
        flow[here] = (landing - np.stack([x, y], -1))[here]
        cloth = np.maximum(cloth, cover)
    filled = push_pull(flow, (cloth > 0.5).astype(np.float32))
    return np.ascontiguousarray(filled.transpose(2, 0, 1)), cloth


def fit_attention(flow: np.ndarray, cloth: np.ndarray) -> np.ndarray:
    """(hw, hw) float32, rows sum to one: where on the garment each 16-pixel cell of the person's stage looks.

    flow, cloth: from ``garment_flow``. A cell without cloth looks at the garment as a whole (uniformly).
    """
    prior = attention_prior(torch.from_numpy(flow)[None], torch.from_numpy(cloth)[None, None])
    return prior.softmax(dim=2)[0].numpy()


def attention_seen(places: np.ndarray, garment: Garment, stage: Stage, step: int = 1) -> np.ndarray:
    """(hw, hw) float32, rows sum to one: where on the garment each 16-pixel cell of the stage looks, in a frame.

    places: (h, w, 2) float32, the garment pixel that every ``step``-th photo pixel shows; NaN where it shows none.
    """
    shift = np.array(stage.offset) + stage.scale * (step - 1) / 2
    coarse = replace(stage, scale=stage.scale * step, offset=(float(shift[0]), float(shift[1])))
    seen = np.isfinite(places[..., 0]).astype(np.float32)
    cloth = coarse.crop(seen)
    scale, offset = letterbox(garment, (stage.height, stage.width))
    share = np.maximum(cloth, 1e-3)[..., None]
    landing = np.stack([coarse.crop(np.nan_to_num(places[..., axis])) for axis in (0, 1)], -1) / share
    y, x = np.mgrid[0 : stage.height, 0 : stage.width].astype(np.float32)
    flow = landing * scale + np.array(offset, np.float32) - np.stack([x, y], -1)
    filled = push_pull(flow.astype(np.float32), (cloth > 0.5).astype(np.float32))
    return fit_attention(np.ascontiguousarray(filled.transpose(2, 0, 1)), cloth)
