"""What a garment is, once it is cut out: the encoder's word and the outline's together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fashionmirror_core.garment.sight import Sight, network
from fashionmirror_core.networks.outline import chances

# Counted on sixty photos that neither network learned from: the likelihood is best between 0.5 and 1.
_TRUST = 0.7  # power of the outline's odds beside the encoder's
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
