"""The clothes that a photo's person wears, cut out and warped toward flat: the garment pictures of pair synthesis
(docs/method.md, "Pair synthesis").
"""

from __future__ import annotations

import cv2
import numpy as np

from fashionmirror_core.body.proportions import Body
from fashionmirror_core.imaging.alpha import over, premultiplied, straight
from fashionmirror_core.imaging.boxes import bounding_box, window
from fashionmirror_core.imaging.fill import push_pull
from fashionmirror_core.imaging.levels import to_8bit
from fashionmirror_core.skeleton import Pose, shoulder_span
from fashionmirror_core.training.clips import GarmentPicture, Take
from fashionmirror_core.training.synthesis.bending import Bendable, Piece, spread_pose
from fashionmirror_core.vocabulary import Category, Label

LEAST_WORN = 0.02  # of the person that a garment covers, else it is not worth a picture
LEAST_DRESS = 0.3  # share of the worn clothes that is one piece, where a dress is asked for
LEAST_SEEN = 0.55  # of a garment that the photo shows
LEAST_FRONTAL = 0.3  # width of the shoulders over the spine; an average body seen from the front has 0.69
LEAST_WHOLE = 0.6  # of a garment that is one piece
LEAST_PIECE = 0.15  # of the largest piece that another one has, else it is a crumb
MARGIN = 0.05  # round a garment's picture, of its longer side
BEND, LIGHT, HOLES = 0.008, 0.08, 2  # jitter: displacement over the longer side, gain, holes at most
_COVERS = (Label.HAIR, Label.ACCESSORY)  # they lie over clothes


def flattened_garment(take: Take, frame: int, category: str) -> GarmentPicture | None:
    """A garment that the person of a frame wears, cut out by its category and warped toward flat: see ``spread_pose``.

    None where it shows too little: hardly any of it is worn, much of it is hidden, it is seen in pieces, or the
    person stands sideways. Raises InputError where shoulders or hips aren't known.
    """
    labels, worn = take.labels[frame], list(Category(category).labels)
    wanted = np.isin(labels, worn)
    if category == "dress" and (labels == Label.DRESS).sum() < LEAST_DRESS * wanted.sum():
        return None  # a top and trousers are no dress
    frontal = abs(float(shoulder_span(take.joints[frame])))
    if wanted.sum() < LEAST_WORN * (labels > 0).sum() or frontal < LEAST_FRONTAL or not wanted.any():
        return None
    bendable = Bendable(take, frame)
    reach = int(0.08 * Body(take.joints[frame, :, :2].astype(float)).stature) | 1
    cloths = {part: _cloth(piece, worn, reach) for part, piece in bendable.pieces.items()}
    whole = sum(int((cloth[..., 3] > 127).sum()) for cloth in cloths.values())
    if wanted.sum() < LEAST_SEEN * whole:
        return None
    canvas = np.zeros((*labels.shape, 4), np.uint8)
    pose = Pose(spread_pose(take.joints[frame], labels.shape[1]))
    for placed, moved in bendable.placed(bendable.compositor(cloths), pose):
        x0, y0, x1, y1 = placed.box
        canvas[y0:y1, x0:x1] = over(moved, np.ascontiguousarray(canvas[y0:y1, x0:x1]))
    picture = _whole(canvas)
    return None if picture is None else GarmentPicture(_framed(picture), category)


def _cloth(piece: Piece, worn: list[Label], reach: int) -> np.ndarray:
    """A part's share of the garment, (H, W, 4) uint8 premultiplied, filled in where hair and bags hide it."""
    solid = piece.alpha > 0.5
    shown, covers = solid & np.isin(piece.labels, worn), solid & np.isin(piece.labels, _COVERS)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    inside = (cv2.morphologyEx(shown.astype(np.uint8), cv2.MORPH_CLOSE, kernel) > 0) | (piece.bare > 0.5)
    votes = push_pull(shown.astype(np.float32), (solid & ~covers).astype(np.float32))
    mask = shown | (covers & inside & (votes > 0.5))
    trusted = cv2.erode(shown.astype(np.uint8), np.ones((3, 3), np.uint8))
    color = piece.color
    if trusted.any():
        color = np.where(trusted[..., None] > 0, color, push_pull(color, trusted.astype(np.float32)))
    return premultiplied(color, np.minimum(cv2.GaussianBlur(mask.astype(np.float32), (3, 3), 0), 1))


def _whole(canvas: np.ndarray) -> np.ndarray | None:
    """A garment (H, W, 4) uint8 premultiplied -> straight, without cracks and crumbs; None where it is in pieces."""
    solid = (canvas[..., 3] > 127).astype(np.uint8)
    closed = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    _, names, stats, _ = cv2.connectedComponentsWithStats(closed)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if not len(areas) or areas.max() < LEAST_WHOLE * areas.sum():
        return None
    kept = np.isin(names, np.flatnonzero(areas >= LEAST_PIECE * areas.max()) + 1)
    alpha = canvas[..., 3].astype(np.float32) / 255
    color = straight(canvas)[..., :3].astype(np.float32)
    color = np.where(alpha[..., None] > 0.9, color, push_pull(color, alpha * (alpha > 0.5)))
    alpha = np.where(kept & (solid == 0), 1.0, alpha) * cv2.dilate(kept.astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.dstack([np.clip(color + 0.5, 0, 255), alpha * 255 + 0.5]).astype(np.uint8)


def _framed(picture: np.ndarray) -> np.ndarray:
    """A garment (H, W, 4) cropped, with a transparent margin."""
    shown = bounding_box(picture[..., 3] > 5)
    assert shown is not None
    crop = picture[window(shown)]
    margin = max(4, round(MARGIN * max(crop.shape[:2])))
    padded = cv2.copyMakeBorder(crop, margin, margin, margin, margin, cv2.BORDER_REPLICATE)
    padded[..., 3] = np.pad(crop[..., 3], margin)
    return padded


def jittered(picture: GarmentPicture, rng: np.random.Generator) -> GarmentPicture:
    """The garment as another photo might show it: bent a little, in a slightly other light, at times with holes where
    something lay over it.
    """
    height, width = picture.image.shape[:2]
    alpha = picture.image[..., 3].astype(np.float32) / 255
    rgba = premultiplied(picture.image[..., :3], alpha).astype(np.float32)
    knots = rng.normal(0, BEND * max(height, width), (4, 4, 2)).astype(np.float32)
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    at = np.stack([x, y], -1) + cv2.resize(knots, (width, height), interpolation=cv2.INTER_CUBIC)
    rgba = cv2.remap(rgba, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    light = (rng.uniform(1 - LIGHT, 1 + LIGHT) * rng.uniform(1 - LIGHT / 3, 1 + LIGHT / 3, 3)).astype(np.float32)
    rgba[..., :3] = np.minimum(rgba[..., :3] * light, rgba[..., 3:])
    open_ = np.ones((height, width), np.float32)
    for _ in range(int(rng.integers(0, HOLES + 1))):
        center = (int(rng.integers(width)), int(rng.integers(height)))
        axes = tuple(int(r) for r in rng.uniform(0.02, 0.08, 2) * max(height, width))
        cv2.ellipse(open_, center, (axes[0], axes[1]), float(rng.uniform(0, 180)), 0, 360, (0.0,), -1)
    rgba *= cv2.GaussianBlur(open_, (3, 3), 0)[..., None]
    return GarmentPicture(straight(to_8bit(rgba)), picture.category)
