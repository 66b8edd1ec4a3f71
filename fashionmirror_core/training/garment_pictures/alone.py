"""What the second look (``garment/close``) learns from: labelled garments alone, as the program cuts them out.

Strapless and one-shouldered garments are rare in photos: they are made of sleeveless ones, cut from armpit to armpit or
from one side of the neck to the other armpit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.close import box, window
from fashionmirror_core.garment.cutout import cut_out
from fashionmirror_core.garment.sight import read
from fashionmirror_core.networks.garment_encoder import ATTRIBUTES, LANDMARKS, GarmentReader
from fashionmirror_core.training.garment_pictures.augment import Batch
from fashionmirror_core.training.garment_pictures.pictures import LabelledPhoto, Pictures, labelled_photos
from fashionmirror_core.training.garment_pictures.records import NONE, SIDE, UNKNOWN, Record, in_square, labelled
from fashionmirror_core.training.garment_pictures.synthesis import moved_sleeves

CLOSE_TO_TRUE = 0.93  # IoU of the program's cut-out and the labelled one, under which both are learned from
_TURNED_SLEEVES, _ONE_SHOULDER = 0.45, 0.75  # of those that can be: share of which such a copy is made
_PROGRAM, _TRUE, _SLEEVES, _STRAPLESS, _ONE = 1.0, 0.5, 0.4, 0.35, 0.2  # how often each is drawn
_LEAST_LEFT = 0.35  # of the cloth, once its shoulders are cut off
_SHOULDERLESS = ("dress", "tank", "top", "vest")  # kinds whose shoulders can be cut off


@dataclass
class CutOuts:
    """pictures: garments that fill their squares. alphas: (SIDE, SIDE) uint8 of each."""

    pictures: Pictures
    alphas: list[np.ndarray]

    def batch(self, indices: Tensor, device: torch.device) -> tuple[Batch, Tensor]:
        """The records and their alphas (N, 1, SIDE, SIDE) in [0, 1]."""
        alphas = np.stack([self.alphas[int(index)] for index in indices])
        return self.pictures.batch(indices, device), torch.from_numpy(alphas).to(device).float().unsqueeze(1) / 255


def cut_outs(
    photos: str | Path, split: str, reader: GarmentReader, seed: int = 0, say: Callable[[str], None] = lambda line: None
) -> CutOuts:
    """The labelled photos of a split as ``reader`` cuts them out; of "train", what is made of them too.

    Raises InputError.
    """
    rng = np.random.default_rng(seed)
    found: list[tuple[Record, np.ndarray, float]] = []
    for photo in labelled_photos(photos, split):
        if photo.label["category"] == "other":
            continue
        upright = _upright(photo)
        true = None if upright.mask is None else upright.mask.astype(np.float32)
        own = _cut_by(reader, upright.picture, true)
        if own is None:
            continue
        record, alpha = _filling(upright, own)
        found.append((record, alpha, _PROGRAM))
        if split != "train" or true is None:
            continue
        if _overlap(own, true) < CLOSE_TO_TRUE:
            found.append((*_filling(upright, true), _TRUE))
        if rng.random() < _TURNED_SLEEVES and (turned := moved_sleeves(record, rng)) is not None:
            found.append((turned, _solid(turned.parts), _SLEEVES))
        if _can_be_strapless(record, photo):
            found.append((*_without_straps(record, rng), _STRAPLESS))
            if rng.random() < _ONE_SHOULDER:
                found.append((*_with_one_shoulder(record, rng), _ONE))
    found = [(record, alpha, odds) for record, alpha, odds in found if (alpha > 127).any()]
    if not found:
        raise InputError(f"{photos}: no garment of {split} can be cut out; use the labelled set.")
    say(f"{len(found)} cut-outs.")
    records, alphas, odds = (list(column) for column in zip(*found, strict=True))
    return CutOuts(Pictures(records, odds, np.zeros((1, 8, 8, 3), np.uint8)), alphas)


def _cut_by(reader: GarmentReader, picture: np.ndarray, true: np.ndarray | None) -> np.ndarray | None:
    """(H, W) in [0, 1]: the program's cut-out, the labelled one where it finds nothing."""
    try:
        own = cut_out(picture, read(reader, picture)).alpha
    except InputError:
        return true
    return own if (own >= 0.5).any() else true


def _upright(photo: LabelledPhoto) -> LabelledPhoto:
    quarters = photo.label["turn"] // 90

    def turned(x: float, y: float) -> tuple[float, float]:
        for _ in range(quarters):  # clockwise, in fractions of the picture
            x, y = 1 - y, x
        return x, y

    points = {name: [*turned(x, y), seen] for name, (x, y, seen) in photo.label["points"].items()}
    return replace(
        photo,
        picture=np.ascontiguousarray(np.rot90(photo.picture, -quarters)),
        mask=None if photo.mask is None else np.ascontiguousarray(np.rot90(photo.mask, -quarters)),
        label=photo.label | {"turn": 0, "points": points},
    )


def _filling(photo: LabelledPhoto, cloth: np.ndarray) -> tuple[Record, np.ndarray]:
    """An upright photo's garment as large as its square, and its alpha (SIDE, SIDE) uint8."""
    place = box(cloth)
    size, corner = np.array(photo.picture.shape[1::-1]), np.array(place[:2])
    window_size = np.array(place[2:]) - corner
    points = {
        name: [*((np.array([x, y]) * size - corner) / window_size), seen]
        for name, (x, y, seen) in photo.label["points"].items()
    }
    mask = None if photo.mask is None else window(photo.mask.astype(np.uint8), place, 0) > 0
    record = labelled(photo.name, window(photo.picture, place), photo.label | {"points": points}, mask)
    alpha, _, _ = in_square(window(np.round(255 * cloth).astype(np.uint8), place, 0))
    return record, alpha


def _can_be_strapless(record: Record, photo: LabelledPhoto) -> bool:
    label = photo.label
    return bool(
        (record.parts != UNKNOWN).all()
        and all(record.state[LANDMARKS.index(f"armpit_{side}")] for side in ("left", "right"))
        and label["type"] in _SHOULDERLESS
        and label["sleeves"] == "none"
        and label["straps"] not in ("strapless", "one-shoulder")
        and label["front"] != "open"
    )


def _without_straps(record: Record, rng: np.random.Generator) -> tuple[Record, np.ndarray]:
    """Cut off along a line from armpit to armpit: straight, curved, or heart-shaped."""
    left, right = (record.points[LANDMARKS.index(f"armpit_{side}")] for side in ("left", "right"))
    across = np.clip((np.arange(SIDE) - left[0]) / max(right[0] - left[0], 1), -0.1, 1.1)
    shapes = (
        np.zeros(SIDE),
        np.sin(np.clip(across, 0, 1) * np.pi) * rng.uniform(-0.08, 0.12),
        np.abs(np.sin(across * np.pi * 2)) * rng.uniform(0.03, 0.16),
    )
    above = rng.uniform(-0.02, 0.12) + shapes[int(rng.integers(len(shapes)))]
    edge = left[1] + across * (right[1] - left[1]) - abs(right[0] - left[0]) * above
    lost = [f"{place}_{side}" for place in ("neck", "shoulder") for side in ("left", "right")]
    middle = int(np.clip((left[0] + right[0]) / 2, 0, SIDE - 1))
    gone = np.arange(SIDE)[:, None] < edge
    return _cut_off(record, gone, lost, (middle, float(edge[middle]), 2), "strapless")


def _with_one_shoulder(record: Record, rng: np.random.Generator) -> tuple[Record, np.ndarray]:
    """Cut off along a line from one side of the neck to the other armpit, which may sag a little."""
    stays, goes = ("left", "right") if rng.random() < 0.5 else ("right", "left")
    neck, armpit = record.points[LANDMARKS.index(f"neck_{stays}")], record.points[LANDMARKS.index(f"armpit_{goes}")]
    along = (np.arange(SIDE) - neck[0]) / (armpit[0] - neck[0] or 1.0)
    edge = neck[1] + along * (armpit[1] - neck[1])
    edge += np.sin(np.clip(along, 0, 1) * np.pi) * rng.uniform(0, 0.08) * SIDE
    gone = (np.arange(SIDE)[:, None] < edge) & (along >= 0)
    middle = int(np.clip((neck[0] + armpit[0]) / 2, 0, SIDE - 1))
    return _cut_off(
        record, gone, [f"neck_{goes}", f"shoulder_{goes}"], (middle, float(edge[middle]), 1), "one-shoulder"
    )


def _cut_off(
    record: Record, gone: np.ndarray, lost: list[str], neck: tuple[float, float, int], straps: str
) -> tuple[Record, np.ndarray]:
    """The record without what is ``gone`` (SIDE, SIDE) bool, filling its square again; empty where little would be left.

    lost: landmarks that it has no more. neck: where the front of its neckline is now, x and y, and whether it is seen.
    """
    parts = np.where(gone, NONE, record.parts).astype(np.uint8)
    if (parts != NONE).sum() < _LEAST_LEFT * (record.parts != NONE).sum():
        return record, np.zeros((SIDE, SIDE), np.uint8)
    points, state, attributes = record.points.copy(), record.state.copy(), dict(record.attributes)
    state[[LANDMARKS.index(name) for name in lost]] = 0
    front = LANDMARKS.index("neck_front")
    points[front], state[front] = neck[:2], neck[2]
    attributes["straps"] = ATTRIBUTES["straps"].index(straps)
    if ATTRIBUTES["kind"][attributes["kind"]] == "tank":
        attributes["kind"] = ATTRIBUTES["kind"].index("top")
    left, top, right, bottom = box((parts != NONE).astype(np.float32))
    factor = SIDE / max(right - left, bottom - top)
    matrix = np.array([[factor, 0, 0], [0, factor, 0.0]])
    matrix[:, 2] = SIDE / 2 - 0.5 - factor * (np.array([left + right, top + bottom]) / 2 - 0.5)
    size = (SIDE, SIDE)
    picture = cv2.warpAffine(record.picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    parts = cv2.warpAffine(parts, matrix, size, flags=cv2.INTER_NEAREST)
    points = (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
    return Record(f"{record.name}+{straps}", picture, points, state, parts, attributes), _solid(parts)


def _solid(parts: np.ndarray) -> np.ndarray:
    return np.where(parts == NONE, 0, 255).astype(np.uint8)


def _overlap(one: np.ndarray, other: np.ndarray) -> float:
    first, second = one >= 0.5, other >= 0.5
    return float((first & second).sum() / max((first | second).sum(), 1))
