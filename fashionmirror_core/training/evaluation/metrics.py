"""How good a try-on is, in numbers: pure functions on pictures (H, W, 3) uint8 and masks (H, W).

A metric is NaN where there is nothing to measure, such as the shoes of a frame without shoes; means over frames and
looks leave it out. The motion between frames (``true_motion``) is always that of the true frames, so that every
system is judged along the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from skimage.color import deltaE_ciede2000
from torch import Tensor

from fashionmirror_core.imaging.boxes import bounding_box, grown, window
from fashionmirror_core.skeleton import CONFIDENT, HEAD, Joint
from fashionmirror_core.training.losses import salient_masks
from fashionmirror_core.vocabulary import Label

NAN = float("nan")
FACE_PIXELS = 48  # pixels: an aligned face is this wide and tall
BEST_PSNR_DB = 100.0  # dB; equal pictures have no finite one
CONSISTENT_PIXELS = 1.0  # pixels that the motion forwards and backwards may disagree by
LPIPS_BACKBONE = "alexnet-owt-7be5be79.pth"

# ------------------------------------------------------------------------------------------------- against the truth


def ssim_map(frame: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Structural similarity around every pixel, (H, W) float32 in [-1, 1], 1 is equal; mean of the three channels.

    Wang et al., 2004: Gaussian windows of 11 x 11 pixels and a deviation of 1.5, K = 0.01 and 0.03.
    """
    x, y = frame.astype(np.float32) / 255, truth.astype(np.float32) / 255

    def blurred(picture: np.ndarray) -> np.ndarray:
        return cv2.GaussianBlur(picture, (11, 11), 1.5, borderType=cv2.BORDER_REFLECT)

    mean_x, mean_y = blurred(x), blurred(y)
    variances = blurred(x * x + y * y) - mean_x**2 - mean_y**2
    covariance = blurred(x * y) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + 0.01**2) / (mean_x**2 + mean_y**2 + 0.01**2)
    return (luminance * (2 * covariance + 0.03**2) / (variances + 0.03**2)).mean(-1)


def mean_in(values: np.ndarray, region: np.ndarray | None = None) -> float:
    """Mean of (H, W) where ``region`` is above a half, or everywhere; NaN where the region is empty."""
    if region is None:
        return float(values.mean())
    inside = region > 0.5
    return float(values[inside].mean()) if inside.any() else NAN


def ssim(frame: np.ndarray, truth: np.ndarray, region: np.ndarray | None = None) -> float:
    """Mean of ``ssim_map`` over a region; in [-1, 1], 1 is equal."""
    return mean_in(ssim_map(frame, truth), region)


def psnr(frame: np.ndarray, truth: np.ndarray, region: np.ndarray | None = None) -> float:
    """Peak signal-to-noise ratio over a region, in dB; more is nearer, BEST_PSNR_DB is equal."""
    difference = (frame.astype(np.float32) - truth.astype(np.float32)) / 255
    error = mean_in((difference**2).mean(-1), region)
    return float(min(BEST_PSNR_DB, -10 * np.log10(max(error, 1e-12)))) if np.isfinite(error) else NAN


def feature_distance(found: Sequence[Tensor], truth: Sequence[Tensor]) -> Tensor:
    """(N,): mean over layers of mean |found - truth| / mean |truth|; 0 is equal, 1 about as far as black.

    found, truth: a feature extractor's maps (N, C, h, w), one per layer. The division makes layers, and extractors of
    another scale, count alike.
    """
    layers = [
        (x - y).abs().mean((1, 2, 3)) / y.abs().mean((1, 2, 3)).clamp_min(1e-6)
        for x, y in zip(found, truth, strict=True)
    ]
    return torch.stack(layers).mean(0)


def lpips_at_hand() -> Callable[[Tensor, Tensor], Tensor] | None:
    """LPIPS (AlexNet), pictures (N, 3, H, W) in [0, 1] -> their mean distance; None where its backbone was never
    downloaded to torch's cache. Nothing is downloaded here.
    """
    if not Path(torch.hub.get_dir(), "checkpoints", LPIPS_BACKBONE).is_file():
        return None
    from torchmetrics.image.lpip import LearnedPerceptualImagePatchSimilarity

    return LearnedPerceptualImagePatchSimilarity("alex", normalize=True).eval()


def iou(mask: np.ndarray, truth: np.ndarray, region: np.ndarray | None = None) -> float:
    """Intersection over union of two soft masks at a half, in [0, 1]; NaN where both are empty."""
    a, b = mask > 0.5, truth > 0.5
    if region is not None:
        a, b = a & region, b & region
    union = (a | b).sum()
    return float((a & b).sum() / union) if union else NAN


def box_mask(masks: Sequence[np.ndarray], margin: int) -> np.ndarray:
    """The tight box around everything above a half in (H, W) masks, and ``margin`` pixels: (H, W) bool."""
    together = np.any([mask > 0.5 for mask in masks], axis=0)
    box = np.zeros_like(together)
    tight = bounding_box(together)
    if tight is not None:
        box[window(grown(tight, margin, box.shape))] = True
    return box


def salient_regions(labels: np.ndarray, joints: np.ndarray) -> dict[str, np.ndarray]:
    """The places that an eye falls on and clothes don't cover: (H, W) bool by name, from ``losses.salient_masks``.

    labels: (H, W) uint8. joints: (25, 3).
    """
    masks = salient_masks(torch.from_numpy(labels)[None], torch.from_numpy(joints)[None])
    return dict(zip(("shoes", "hands", "face"), masks[0].numpy() > 0, strict=True))


# -------------------------------------------------------------------------------------------------------------- colour


def lab(rgb: np.ndarray) -> np.ndarray:
    """sRGB (..., 3) uint8 -> CIELAB (..., 3) float32 under D65."""
    flat = rgb.reshape(1, -1, 3).astype(np.float32) / 255
    return cv2.cvtColor(flat, cv2.COLOR_RGB2LAB).reshape(rgb.shape)


def garment_color(rgb: np.ndarray, mask: np.ndarray) -> np.ndarray | None:
    """A garment's colour in CIELAB, (3,); None where it shows fewer than 16 pixels.

    The mean over the inside of the mask (two pixels are taken off its edge, where colours mix), without the darkest and
    the brightest tenth of it: folds and highlights belong to the light, not to the cloth.
    """
    inside = cv2.erode((mask > 0.5).astype(np.uint8), np.ones((5, 5), np.uint8), borderValue=0) > 0
    if inside.sum() < 16:
        return None
    colors = lab(rgb[inside])
    low, high = np.percentile(colors[:, 0], (10, 90))
    return colors[(colors[:, 0] >= low) & (colors[:, 0] <= high)].mean(0)


def garment_color_difference(frame: np.ndarray, mask: np.ndarray, garment: np.ndarray) -> float:
    """CIEDE2000 between a garment as worn (frame (H, W, 3), mask (H, W)) and its picture (h, w, 4); 0 is equal."""
    worn, own = garment_color(frame, mask), garment_color(garment[..., :3], garment[..., 3] / 255)
    return NAN if worn is None or own is None else float(deltaE_ciede2000(worn.astype(float), own.astype(float)))


# ---------------------------------------------------------------------------------------------------------------- face


def face_similarity(frame: np.ndarray, joints: np.ndarray, source: np.ndarray, source_joints: np.ndarray) -> float:
    """SSIM of a frame's face and the source's, both brought to FACE_PIXELS by a similarity of nose, eyes, ears and neck;
    in [-1, 1].

    joints: (25, 3), of either picture. NaN where nose, eyes or neck lack confidence; see also ``face_seen``.
    """
    needed = [Joint.NOSE, Joint.R_EYE, Joint.L_EYE, Joint.NECK]
    if min(joints[needed, 2].min(), source_joints[needed, 2].min()) < CONFIDENT:
        return NAN
    both = [
        joint for joint in (*HEAD, Joint.NECK) if joints[joint, 2] >= CONFIDENT and source_joints[joint, 2] >= CONFIDENT
    ]
    to_source = similarity(joints[both, :2], source_joints[both, :2])
    upright = _face_window(source_joints)
    whole = (np.vstack([upright, [0, 0, 1]]) @ np.vstack([to_source, [0, 0, 1]]))[:2]
    return ssim(_face(frame, whole), _face(source, upright))


def face_seen(labels: np.ndarray, joints: np.ndarray) -> bool:
    """Whether nose and both eyes lie on skin of the head in a label map (H, W): not from behind, nor quite from the side."""
    x, y = np.round(joints[[Joint.NOSE, Joint.R_EYE, Joint.L_EYE], :2]).astype(int).T
    inside = (x >= 0) & (y >= 0) & (x < labels.shape[1]) & (y < labels.shape[0])
    return bool(inside.all() and (labels[y, x] == Label.HEAD).all())


def similarity(points: np.ndarray, onto: np.ndarray) -> np.ndarray:
    """The turn, scale and shift that best brings (n, 2) onto (n, 2), by least squares: a (2, 3) matrix (no mirroring)."""
    middle, goal = points.mean(0), onto.mean(0)
    p, q = (points - middle).astype(float), (onto - goal).astype(float)
    size = max((p**2).sum(), 1e-9)
    a, b = (p * q).sum() / size, (p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]).sum() / size
    turn = np.array([[a, -b], [b, a]])
    return np.column_stack([turn, goal - turn @ middle])


def _face_window(joints: np.ndarray) -> np.ndarray:
    """Picture -> window of FACE_PIXELS around the face: 1.2 times the way from neck to nose each way."""
    reach = 1.2 * max(float(np.linalg.norm(joints[Joint.NECK, :2] - joints[Joint.NOSE, :2])), 4.0)
    scale = FACE_PIXELS / (2 * reach)
    middle = (FACE_PIXELS - 1) / 2
    return np.column_stack([scale * np.eye(2), middle - scale * joints[Joint.NOSE, :2]])


def _face(picture: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    return cv2.warpAffine(
        picture, matrix, (FACE_PIXELS, FACE_PIXELS), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


# ---------------------------------------------------------------------------------------------------------- over time


@dataclass(frozen=True)
class TrueMotion:
    """maps: (n - 1, H, W, 2) float32: where each pixel of frame t + 1 was in frame t, pixels. known: (n - 1, H, W) bool."""

    maps: np.ndarray
    known: np.ndarray


def true_motion(frames: np.ndarray) -> TrueMotion:
    """Optical flow (DIS) between true frames (n, H, W, 3) uint8; known where forwards and backwards agree."""
    estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]
    height, width = frames.shape[1:3]
    places = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).astype(np.float32)
    maps = np.zeros((len(frames) - 1, height, width, 2), np.float32)
    known = np.zeros(maps.shape[:3], bool)
    for t in range(len(frames) - 1):
        back = estimator.calc(grey[t + 1], grey[t], None)
        forth = estimator.calc(grey[t], grey[t + 1], None)
        maps[t] = places + back
        there = cv2.remap(forth, maps[t], None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        inside = ((maps[t] >= 0) & (maps[t] <= (width - 1, height - 1))).all(-1)
        known[t] = inside & (np.linalg.norm(back + there, axis=-1) < CONSISTENT_PIXELS)
    return TrueMotion(maps, known)


def flow_warp_error(frames: Sequence[np.ndarray], motion: TrueMotion, regions: Sequence[np.ndarray]) -> float:
    """Mean absolute difference, in [0, 1], between each frame and the one before it moved along the true motion, where
    that is known; compare with the same of the true frames.

    frames: n of (H, W, 3) uint8. regions: n of (H, W), where to look in each frame.
    """
    errors = []
    for t in range(len(frames) - 1):
        moved = cv2.remap(frames[t], motion.maps[t], None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        difference = cv2.absdiff(moved, frames[t + 1]).mean(-1) / 255
        errors.append(mean_in(difference, motion.known[t] & (regions[t + 1] > 0.5)))
    return mean_of(errors)


def mask_consistency(masks: Sequence[np.ndarray], motion: TrueMotion) -> float:
    """Mean IoU, in [0, 1], of M_c^t moved along the true motion with M_c^{t+1}, where that motion is known."""
    found = []
    for t in range(len(masks) - 1):
        moved = cv2.remap(masks[t].astype(np.float32), motion.maps[t], None, cv2.INTER_LINEAR)
        found.append(iou(moved, masks[t + 1], motion.known[t]))
    return mean_of(found)


def mean_of(values: Sequence[float]) -> float:
    """The mean of the values that aren't NaN; NaN where all are."""
    measured = [value for value in values if not np.isnan(value)]
    return float(np.mean(measured)) if measured else NAN
