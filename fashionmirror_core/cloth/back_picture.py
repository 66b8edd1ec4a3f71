"""The back of a garment from a picture of its own: mirrored, for it was taken from behind, and laid onto the front."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.interpolate import RBFInterpolator

from fashionmirror_core.garment.garment import Garment

_GRID = 48  # samples of the map along the longer side: splines are smooth
_DIFFERENT = ("neck_c",)  # landmarks that lie elsewhere on a garment's back
_SMOOTHING = 1.0  # pixels squared: how closely landmarks are followed
_LEAST = 3  # landmarks that both have
_SAME = 9.0  # Lab units: colours that are this near are the same cloth in other light


def laid_on_front(back: Garment, rgb: np.ndarray, cloth: np.ndarray, front: Garment) -> tuple[np.ndarray, np.ndarray]:
    """A picture of the back in the coordinates of the front's picture, as if the garment were seen through.

    rgb: (h, w, C) float32, in the coordinates of ``back.image``; cloth: (h, w) bool, where it is certain. Returns
    (H, W, C) float32 and (H, W) bool.
    """
    height, width = front.image.shape[:2]
    step = max(height, width) / _GRID
    x, y = np.meshgrid(np.arange(0, width + step, step), np.arange(0, height + step, step))
    places = _to_back(back, front)(np.stack([x.ravel(), y.ravel()], -1)).reshape(*x.shape, 2).astype(np.float32)
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32) / step, np.arange(height, dtype=np.float32) / step)
    place = cv2.remap(places, columns.astype(np.float32), rows.astype(np.float32), cv2.INTER_LINEAR)
    laid = cv2.remap(rgb, place, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    known = cv2.remap(cloth.astype(np.float32), place, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT) > 0.99
    return laid, known


def in_light_of(rgb: np.ndarray, known: np.ndarray, front: np.ndarray, cloth: np.ndarray) -> np.ndarray:
    """``rgb`` (H, W, 3) where it is ``known`` as bright as the front's ``cloth``, if it is the same cloth; else as it is."""
    shared = known & cloth
    if not shared.any():
        return rgb
    own, other = np.median(rgb[shared], 0), np.median(front[shared], 0)
    lab = cv2.cvtColor(np.stack([own, other])[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0]
    if float(np.linalg.norm(lab[0] - lab[1])) > _SAME:
        return rgb
    return np.clip(rgb * (other / np.maximum(own, 1)).astype(np.float32), 0, 255)


def _to_back(back: Garment, front: Garment) -> RBFInterpolator:
    """What takes points of the front's picture to the back's: a thin-plate spline through the landmarks of both."""
    onto = [name for name in sorted(front.landmarks) if name not in _DIFFERENT and _across(name) in back.landmarks]
    here = np.array([front.landmarks[name] for name in onto], float).reshape(-1, 2)
    there = np.array([back.landmarks[_across(name)] for name in onto], float).reshape(-1, 2)
    here, first = np.unique(here, axis=0, return_index=True)
    there = there[first]
    if len(here) < _LEAST:  # no landmarks in common: the outlines' boxes, mirrored
        here, there = _box(front), _box(back)[[1, 0, 3, 2]]
    return RBFInterpolator(here, there, kernel="thin_plate_spline", smoothing=_SMOOTHING, degree=1)


def _across(name: str) -> str:
    """The landmark of the picture from behind that is this one of the front: left and right are the picture's."""
    swapped = {"_r": "_l", "_l": "_r"}
    return name[:-2] + swapped[name[-2:]] if name[-2:] in swapped else name


def _box(garment: Garment) -> np.ndarray:
    """(4, 2): the corners of the cut-out, top left, top right, bottom left, bottom right."""
    rows, columns = np.nonzero(garment.image[..., 3] > 127)
    return np.array([(x, y) for y in (rows.min(), rows.max()) for x in (columns.min(), columns.max())], float)
