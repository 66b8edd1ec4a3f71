"""Faults and variety in the inputs of training: wrong masks, trembling joints, another light, other old clothes.

The truth stays as it is. Pictures are (H, W, 3) float32 RGB in [0, 1], masks (H, W) float32 in [0, 1].
Everything takes a millisecond or two and depends on nothing but its arguments; the inputs are left as they are.

See docs/method.md, "Pair synthesis".
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from fashionmirror_core.errors import InputError
from fashionmirror_core.imaging import boxes
from fashionmirror_core.imaging.nearest import nearest_known

# At a stage height of 256; all grow with the stage.
REACH_PIXELS = 3  # pixels by which an analytic mask may be too wide or too narrow
HOLES, HOLE_PIXELS = 2, (2.0, 9.0)  # at most so many, of these half axes in pixels

BLOBS, BLOB_PIXELS = 3, (8.0, 34.0)  # misread parts of the person: at most so many, of these half axes
GAIN, TINT, SATURATION, LIFT = 0.25, 0.08, 0.4, 0.06  # of a light: photos differ more than rendered clips do
NOISE, BLUR_PIXELS = 0.03, 1.2  # at most: standard deviation of the grain; sigma in pixels
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def trembling(joints: np.ndarray, sigma: float, rng: np.random.Generator) -> np.ndarray:
    """Joints (..., 25, 3) moved by normal noise of ``sigma`` pixels; confidences as they are."""
    moved = joints.astype(np.float32).copy()
    moved[..., :2] += rng.normal(0, sigma, moved[..., :2].shape)
    return moved


def damaged(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A mask (H, W) as an analytic prior may get it wrong: too wide or too narrow, at times with holes in it."""
    unit = mask.shape[0] / 256
    reach = round(float(rng.uniform(-REACH_PIXELS, REACH_PIXELS)) * unit)
    result = mask.astype(np.float32)
    if reach:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * abs(reach) + 1,) * 2)
        result = cv2.dilate(result, kernel) if reach > 0 else cv2.erode(result, kernel)
    inside = np.argwhere(result > 0.5)
    holes = np.ones(mask.shape, np.float32)
    for _ in range(int(rng.integers(0, HOLES + 1)) if len(inside) else 0):
        y, x = (int(value) for value in inside[rng.integers(len(inside))])
        axes = np.maximum(1, np.round(rng.uniform(*HOLE_PIXELS, 2) * unit)).astype(int)
        cv2.ellipse(holes, (x, y), (int(axes[0]), int(axes[1])), float(rng.uniform(0, 180)), 0, 360, (0.0,), -1)
    return result * cv2.GaussianBlur(holes, (3, 3), 0)


def misread(mask: np.ndarray, matte: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A mask (H, W) of a parser that took whole parts of the person (matte, (H, W)) for clothes, or clothes for skin.

    The analytic engine errs so with open coats and with clothes of a skin's colour, but hardly ever on rendered clips.
    """
    unit = mask.shape[0] / 256
    result, inside = mask.astype(np.float32), np.argwhere(matte > 0.5)
    for _ in range(int(rng.integers(1, BLOBS + 1)) if len(inside) else 0):
        y, x = (int(value) for value in inside[rng.integers(len(inside))])
        axes = np.maximum(1, np.round(rng.uniform(*BLOB_PIXELS, 2) * unit)).astype(int)
        value = 1.0 if rng.random() < 0.5 else 0.0
        cv2.ellipse(result, (x, y), (int(axes[0]), int(axes[1])), float(rng.uniform(0, 180)), 0, 360, (value,), -1)
    return np.minimum(result, np.maximum(mask, matte)).astype(np.float32)


def photographed(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The picture as a worse lens and sensor would have it: a little soft, with grain."""
    soft = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.3, BLUR_PIXELS)) * image.shape[0] / 256)
    grain = rng.standard_normal(image.shape, np.float32) * np.float32(rng.uniform(0, NOISE))
    return np.clip(soft + grain, 0, 1)


@dataclass(frozen=True)
class Light:
    """A change of light, the same for every picture that it falls on: rgb -> matrix @ rgb + lift.

    matrix: (3, 3) float32. lift: added in the dark, of full white.
    """

    matrix: np.ndarray
    lift: float

    def on(self, rgb: np.ndarray, alpha: np.ndarray | None = None) -> np.ndarray:
        """Pictures (..., 3) float32 in this light. alpha: (...) where the colours are premultiplied by it."""
        limit = np.float32(1) if alpha is None else alpha[..., None].astype(np.float32)
        flat = np.ascontiguousarray(rgb, np.float32).reshape(-1, rgb.shape[-2], 3)
        lit = cv2.transform(flat, self.matrix).reshape(rgb.shape)
        lit += self.lift * limit
        np.minimum(lit, limit, out=lit)
        return np.maximum(lit, 0, out=lit)


def random_light(rng: np.random.Generator) -> Light:
    """Brighter or darker, warmer or colder, more or less colourful, a little."""
    gain = rng.uniform(1 - GAIN, 1 + GAIN) * rng.uniform(1 - TINT, 1 + TINT, 3)
    grey = np.tile(_LUMA, (3, 1))
    saturation = rng.uniform(1 - SATURATION, 1 + SATURATION)
    matrix = gain[:, None] * (grey + saturation * (np.eye(3) - grey))
    return Light(matrix.astype(np.float32), float(rng.uniform(-LIFT, LIFT)))


def recoloured(image: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The picture with the region of a mask in another colour: its hue turned, its lightness changed, folds kept."""
    axis = np.full(3, np.radians(rng.uniform(40, 320)) / np.sqrt(3))
    turned = cv2.Rodrigues(axis)[0]
    grey = np.tile(_LUMA, (3, 1))
    dye = rng.uniform(0.6, 1.4, 3)
    lift = float(rng.uniform(0, 0.35))
    matrix = (1 - lift) * dye[:, None] * (grey + rng.uniform(0.5, 1.3) * turned @ (np.eye(3) - grey))
    glow = lift * (dye / dye.max()).astype(np.float32)
    window = _window(mask)
    dyed = cv2.transform(np.ascontiguousarray(image[window], np.float32), matrix.astype(np.float32)) + glow
    result = image.copy()
    result[window] = _laid(image[window], np.clip(dyed, 0, 1), mask[window])
    return result


def _window(mask: np.ndarray) -> tuple[slice, slice]:
    """The box around a mask (H, W); a single pixel where it is empty."""
    return boxes.window(boxes.bounding_box(mask > 0) or (0, 0, 1, 1))


def fabric_of(garment: np.ndarray) -> np.ndarray:
    """A piece of the garment's picture (h, w, 4) uint8 from where its cloth is thickest, (h', w', 3) float32 in [0, 1]."""
    inside = cv2.distanceTransform((garment[..., 3] > 250).astype(np.uint8), cv2.DIST_C, 3)
    y, x = np.unravel_index(int(inside.argmax()), inside.shape)
    reach = max(4, int(inside[y, x]) - 1)
    piece = garment[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1, :3]
    return piece.astype(np.float32) / 255


def redressed(image: np.ndarray, mask: np.ndarray, fabric: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The picture with the region of a mask made of another fabric (h, w, 3), in the light and folds that are there.

    Raises InputError for a fabric smaller than 8 x 8 pixels.
    """
    if fabric.ndim != 3 or fabric.shape[2] != 3 or min(fabric.shape[:2]) < 8:
        raise InputError(f"A fabric of {fabric.shape} can't be worn; give at least 8 x 8 pixels of RGB.")
    window = _window(mask)
    worn, share = image[window].astype(np.float32), mask[window].astype(np.float32)
    light = worn @ _LUMA
    mean = float((light * share).sum() / max(float(share.sum()), 1e-6))
    shade = np.clip((light + 0.1) / (mean + 0.1), 0.5, 1.5)
    result = image.copy()
    result[window] = _laid(
        worn, np.clip(_swatch(fabric, (share.shape[0], share.shape[1]), rng) * shade[..., None], 0, 1), share
    )
    return result


def draped(image: np.ndarray, mask: np.ndarray, garment: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The picture with the region of a mask covered by a garment's picture (h, w, 4) uint8, stretched over it, with the
    folds, seams and buttons that it has itself. An empty garment changes nothing.
    """
    cloth = garment[_window(garment[..., 3] > 250)]
    window = _window(mask)
    worn, share = image[window].astype(np.float32), mask[window].astype(np.float32)
    height, width = share.shape
    small = cv2.resize(cloth, (width, height), interpolation=cv2.INTER_AREA)
    inside = small[..., 3] >= 250
    if not inside.any():
        return image.copy()
    filled = small[..., :3].reshape(-1, 3)[nearest_known(inside)[0]].astype(np.float32) / 255
    zoom, shift = rng.uniform(0.8, 1.25, 2), rng.uniform(-0.15, 0.15, 2) * (width, height)
    side = 1 if rng.random() < 0.5 else -1
    matrix = np.array([[side * zoom[0], 0, shift[0] + (width - 1) * (side < 0)], [0, zoom[1], shift[1]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(filled, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    light = worn @ _LUMA
    shade = np.clip((light + 0.1) / (float(light[share > 0].mean()) + 0.1), 0.5, 1.5) ** rng.uniform(0, 0.8)
    result = image.copy()
    result[window] = _laid(worn, np.clip(moved * shade[..., None], 0, 1).astype(np.float32), share)
    return result


def _swatch(fabric: np.ndarray, size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """A piece of a fabric at a random place, scale and side, (H, W, 3) float32, mirrored where the fabric is too small."""
    height, width = size
    scale = float(rng.uniform(0.5, 1.5)) * max(height, width) / max(fabric.shape[:2])
    start = rng.uniform(0, 1, 2) * np.array(fabric.shape[1::-1])
    side = 1 if rng.random() < 0.5 else -1
    matrix = np.array([[side / scale, 0, start[0]], [0, 1 / scale, start[1]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(
        fabric.astype(np.float32), matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REFLECT
    )


def _laid(image: np.ndarray, over: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return (image + mask[..., None] * (over - image)).astype(np.float32)
