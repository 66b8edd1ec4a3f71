"""A garment as the co-attention sees it: its tokens, its cloth, and where its wearer's joints would be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from fashionmirror_core.garment.parts import Point
from fashionmirror_core.garment.sight import in_square, tokens
from fashionmirror_core.garment.wearer import wearers_joints
from fashionmirror_core.networks.garment_encoder import SIZE
from fashionmirror_core.networks.stage_one import CLOTH, Clothes
from fashionmirror_core.skeleton import MIRROR
from fashionmirror_core.vocabulary import Category


class Attended(NamedTuple):
    """clothes: of one garment. factor, offset: what takes (pixel + 0.5) of its picture into the square of 256."""

    clothes: Clothes
    factor: float
    offset: np.ndarray


def attended(
    image: np.ndarray, landmarks: Mapping[str, Point], category: str, flat: bool, mirrored: bool = False
) -> Attended:
    """image: (H, W, 4) uint8; landmarks, category, flat: see ``garment.Garment``. mirrored: as in a mirror, worn by somebody
    in a mirror.
    """
    square, factor, offset = in_square(image)
    joints = wearers_joints(landmarks, Category(category), flat)
    joints[:, :2] = ((joints[:, :2] + 0.5) * factor + offset) / SIZE
    if mirrored:
        square = np.ascontiguousarray(square[:, ::-1])
        joints = joints[MIRROR]
        joints[:, 0] = 1 - joints[:, 0]
    cloth = cv2.resize(square[..., 3], (CLOTH, CLOTH), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return Attended(Clothes(tokens(square), _one(joints), _one(cloth[None])), factor, offset)


def _one(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array))[None]
