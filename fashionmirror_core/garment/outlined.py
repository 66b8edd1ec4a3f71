"""What a garment is, once it is cut out: the encoder's word and the outline's together."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import torch

from fashionmirror_core.garment.sight import Sight, network
from fashionmirror_core.networks.outline import SHAPES, SIDE, OutlineNetwork

# Counted on sixty photos that neither network learned from: the likelihood is best between 0.5 and 1.
_TRUST = 0.35  # power of the outline's odds beside the encoder's
_OUTLINE_ERRS, _ENCODER_ERRS = 0.03, 0.01  # the least chance that is given to anything
_LOWER = ("skirt", "trousers", "shorts")
_DRESS = ("dress", "jumpsuit")


def weighed(sight: Sight, cloth: np.ndarray) -> Sight:
    """The sight with "kind" and "category" as the encoder and the outline see them together. cloth: (H, W) in [0, 1].

    A kind has a category, so the encoder's two answers are first made one. Bayes' rule joins it with the outline's.
    """
    kinds, categories = sight.answers["kind"], sight.answers["category"]
    groups: dict[str, list[str]] = {name: [] for name in categories}
    for kind in kinds:
        groups[_category(kind)].append(kind)
    shape = chances(network().outline, cloth)
    joint = {}
    for category, members in groups.items():
        told = sum(kinds[kind] for kind in members)
        share = (categories[category] + told) / 2 + _ENCODER_ERRS
        for kind in members:
            within = kinds[kind] / told if told > 1e-6 else 1 / len(members)
            joint[kind] = share * within * (_of_shape(shape, kind) + _OUTLINE_ERRS) ** _TRUST
    total = sum(joint.values())
    kinds = {kind: joint[kind] / total for kind in kinds}
    categories = {category: sum(kinds[kind] for kind in members) for category, members in groups.items()}
    return replace(sight, answers=sight.answers | {"kind": kinds, "category": categories})


def _category(kind: str) -> str:
    return "lower" if kind in _LOWER else "dress" if kind in _DRESS else "upper"


def _of_shape(shape: dict[str, float], kind: str) -> float:
    if kind == "jumpsuit":  # between a dress and trousers
        return shape["dress"] + shape["trousers"]
    return shape.get(kind, shape["top"])


def squeezed(cloth: np.ndarray) -> tuple[np.ndarray, float]:
    """(H, W) cloth in [0, 1] or bool, some of it 0.5 or more -> its box in (32, 32) float32, and the box's log aspect."""
    solid = cloth >= 0.5
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    box = np.ascontiguousarray(cloth[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], np.float32)
    return cv2.resize(box, (SIDE, SIDE), interpolation=cv2.INTER_AREA), float(np.log(box.shape[1] / box.shape[0]))


def chances(network: OutlineNetwork, cloth: np.ndarray) -> dict[str, float]:
    """Shape -> probability of a cut-out (H, W) in [0, 1], upright; as the outline and its mirror image say on the mean."""
    outline, aspect = squeezed(cloth)
    picture = torch.from_numpy(outline)[None, None]
    with torch.inference_mode():
        logits = network(torch.cat((picture, picture.flip(-1))), torch.full((2, 1), aspect))
    return dict(zip(SHAPES, logits.softmax(1).mean(0).tolist(), strict=True))
