"""Counting the parser's tables (``person.label_prior``) on labelled pictures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import cv2
import numpy as np

from fashionmirror_core.body.coordinates import ACROSS, ACROSS_RANGE, ALONG, BodyCoordinates, BoneKind, cell_of
from fashionmirror_core.person.label_prior import (
    ACCESSORY,
    ARMS,
    LEGS,
    LOWER,
    PARSED,
    SHADE_RANGE,
    TEXTURE_CELLS,
    TEXTURE_RANGE,
    TONE_CELLS,
    TONE_RANGE,
    TORSO,
    UPPER,
)
from fashionmirror_core.person.skin import log_roughness, log_tones, measure_skin
from fashionmirror_core.skeleton import Pose
from fashionmirror_core.vocabulary import Category, Label

# Accessories may lie anywhere: they are not counted.
_COLUMN: dict[Label, int] = {label: column for column, label in enumerate(PARSED) if column != ACCESSORY}
_COLUMN |= dict.fromkeys(Category.DRESS.labels, UPPER)  # all clothes are counted as one


def count_tables(examples: Iterable[tuple[np.ndarray, np.ndarray, Pose]]) -> dict[str, np.ndarray]:
    """Counts the tables of ``Prior`` on examples (image uint8 (H, W, 3), labels uint8 (H, W), pose).

    Returns the arrays as they are stored: place and split uint8, tone and texture float16. Only data whose licence
    allows it may be used: the tables that ship come from the catwalk train split (CC0 1.0).
    """
    cells = (len(BoneKind), ALONG, ACROSS)
    place = np.zeros((*cells, ACCESSORY))
    pieces = np.zeros((*cells, 2))
    tone = np.zeros((len(PARSED), TONE_CELLS, TONE_CELLS))
    texture = np.zeros((len(PARSED), TEXTURE_CELLS))
    for image, labels, pose in examples:
        body = BodyCoordinates.from_pose(pose)
        ys, xs = np.nonzero(np.isin(labels, list(_COLUMN)))
        points, ids = np.stack([xs, ys], 1).astype(np.float32), labels[ys, xs]
        columns = np.array([_COLUMN.get(label, ACCESSORY) for label in Label])[ids]
        two_pieces = not (ids == Label.DRESS).any()
        for bone, own, weight, row, column in body.cells(points):
            index = (np.full(len(own), bone.kind), np.rint(row).astype(int), np.rint(column).astype(int))
            np.add.at(place, (*index, columns[own]), weight)
            if two_pieces:
                worn = np.isin(ids[own], (Label.UPPER, Label.LOWER))
                np.add.at(pieces, (*(i[worn] for i in index), ids[own][worn] - Label.UPPER), weight[worn])
        if body.faces_camera:
            _count_colors(tone, texture, image, labels, body)
    return _tables(place, pieces, tone, texture)


def _count_colors(
    tone: np.ndarray, texture: np.ndarray, image: np.ndarray, labels: np.ndarray, body: BodyCoordinates
) -> None:
    matte = (labels > 0).astype(np.float32)
    skin = measure_skin(image, matte, log_tones(image), body)
    if not skin.measured:
        return
    # Real light varies more between face and limbs than the renderer's: the measured skin is put off a little.
    noise = np.random.default_rng(int(tone.sum())).normal(0, (0.08, 0.10, 0.35))
    skin = replace(skin, mean=skin.mean + noise.astype(np.float32))
    tones, roughness = log_tones(cv2.GaussianBlur(image, (3, 3), 0)), log_roughness(image, matte > 0)
    for label, column in _COLUMN.items():
        chroma, shade = skin.distance(tones[labels == label])
        row = np.rint(cell_of(chroma, TONE_RANGE, TONE_CELLS)).astype(int)
        np.add.at(tone[column], (row, np.rint(cell_of(shade, SHADE_RANGE, TONE_CELLS)).astype(int)), 1)
        np.add.at(
            texture[column], np.rint(cell_of(roughness[labels == label], TEXTURE_RANGE, TEXTURE_CELLS)).astype(int), 1
        )


def _tables(place: np.ndarray, pieces: np.ndarray, tone: np.ndarray, texture: np.ndarray) -> dict[str, np.ndarray]:
    """Counts -> smoothed probabilities and log ratios, in their stored types."""

    def smooth(counts: np.ndarray) -> np.ndarray:
        planes = counts.reshape(len(BoneKind), ALONG, ACROSS, -1)
        return np.stack([cv2.GaussianBlur(plane, (0, 0), 0.7) for plane in planes]).reshape(planes.shape)

    counts = smooth(place)
    overall = counts.sum((1, 2), keepdims=True)
    probability = counts + 30 * overall / overall.sum(3, keepdims=True)
    across = np.abs(np.linspace(*ACROSS_RANGE, ACROSS))
    probability[1:, :, across > 1.2, UPPER] += 150  # what is so far from a bone is loose clothes, not a limb
    probability /= probability.sum(3, keepdims=True)
    shares = smooth(pieces) + 5 * np.array([[0.5, 0.5]])
    split = shares[..., 0] / shares.sum(3)
    return {
        "place": np.rint(probability * 255).astype(np.uint8),
        "split": np.rint(split * 255).astype(np.uint8),
        "tone": _log_likelihoods(np.stack([cv2.GaussianBlur(plane, (0, 0), 0.8) for plane in tone])).astype(np.float16),
        "texture": _log_likelihoods(texture).astype(np.float16),
    }


def _log_likelihoods(counts: np.ndarray) -> np.ndarray:
    """Counts (9, ...) -> log of each label's density against their mean; all bare skin below the neck counts as one."""
    counts = counts.copy()
    counts[[ARMS, LEGS, TORSO]] = counts[[ARMS, LEGS, TORSO]].sum(0)
    counts[LOWER] = counts[UPPER]
    known = [k for k in range(len(PARSED)) if k != ACCESSORY]
    density = counts[known] / counts[known].reshape(len(known), -1).sum(1).reshape(-1, *[1] * (counts.ndim - 1))
    density = density + 0.03 / density[0].size
    result = np.zeros(counts.shape)
    result[known] = np.log(density / density.mean(0))
    return result
