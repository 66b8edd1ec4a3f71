"""How well stage I does on sets that nothing was learned from: M_c^s, co-attention, and M_c^{t+1} over several frames."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fashionmirror_core.errors import InputError
from fashionmirror_core.networks import TryOnNetworks
from fashionmirror_core.networks.blocks import resize, warp
from fashionmirror_core.networks.stage_one import bone_flow, token_places
from fashionmirror_core.training.loop.stream import collated
from fashionmirror_core.training.tasks.masks import CLOSE, PairSet, clothes_of, iou, seen
from fashionmirror_core.training.tasks.next_mask import SequenceSet

FRAMES = 10  # how far the multi-frame branch is followed


def measured(
    networks: TryOnNetworks, folders: Sequence[Path], limit: int | None = None, seed: int = 0
) -> dict[str, float]:
    """Means over the sets' looks, over ``limit`` of each kind at most.

    clothing: IoU of M_c^s with the label map, in swaps. clothing_draped: with the engine's drape. right: of the places that
    wear a draped garment, how many look within 8 % of its larger side; right_told: in swaps whose frames tell. next: IoU of
    M_c^{t+1} ten frames on, from the true first mask; carried: of bones alone.
    """
    networks.eval().requires_grad_(False)
    data = PairSet(folders, corrupted=False)
    kinds = {"draped": data.draped, "told": data.told, "swap": data.swaps}
    rng = np.random.default_rng(seed)
    found: dict[str, list[float]] = {}
    for kind, entries in kinds.items():
        for number in rng.permutation(len(entries))[:limit].tolist():
            entry = entries[number]
            with data.sets[entry.set].open(entry.clip) as clip:
                batch = collated([data._item(entry, clip, rng)])
            person = seen(networks, batch["image"].float() / 255, batch["matte"].float() / 255, batch["joints"])
            pair = networks.pair(person, clothes_of(batch), batch["category"])
            mask = resize(pair.clothing, (batch["image"].shape[2], batch["image"].shape[3])) > 0
            name = "clothing_draped" if kind == "draped" else "clothing"
            if kind != "told":  # which are swaps
                found.setdefault(name, []).append(float(iou(mask, batch["clothing"] > 127)))
            if kind != "swap":
                far = (token_places(pair.attention) - batch["places"].flatten(1, 2)).norm(dim=2) / batch["side"][
                    :, None
                ]
                worn = batch["cover"].flatten(1) > 0.5
                found.setdefault("right" if kind == "draped" else "right_told", []).append(
                    float(((far < CLOSE) & worn).sum() / worn.sum().clamp_min(1))
                )
    try:
        rows = SequenceSet(folders, FRAMES, corrupted=False)
    except InputError:
        rows = None
    for number in rng.permutation(0 if rows is None else len(rows))[:limit].tolist():
        assert rows is not None
        batch = collated([rows[number]])
        person = seen(networks, batch["image"].float() / 255, batch["matte"].float() / 255, batch["joints"][:, 0])
        summary = networks.pair(person, clothes_of(batch), batch["category"]).summary
        mask = carried = batch["masks"].float() / 255
        truth = batch["true_masks"].float() / 255
        if not bool((truth[:, -1] > 0.5).any()):
            continue
        height, width = mask.shape[2:]
        for k in range(FRAMES):
            joints, following = batch["joints"][:, k], batch["joints"][:, k + 1]
            mask, _ = networks.next_mask(mask, joints, following, summary)
            carried = warp(carried, bone_flow(joints, following, height, width))
        last = truth[:, -1:] > 0.5
        found.setdefault("next", []).append(float(iou(mask > 0.5, last)))
        found.setdefault("carried", []).append(float(iou(carried > 0.5, last)))
    return {name: float(np.mean(values)) for name, values in found.items()} | {
        f"{name}_count": float(len(values)) for name, values in found.items()
    }
