"""Weights that ship: the networks of several runs in one file, with a card with all that is known about them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from fashionmirror_core.errors import InputError
from fashionmirror_core.networks import TryOnNetworks, weights
from fashionmirror_core.training.config import TrainConfig
from fashionmirror_core.training.tasks import is_trained


def assemble(
    runs: Sequence[Path],
    output: Path,
    reports: Sequence[Path] = (),
    failures: Sequence[str] = (),
    idle: Sequence[str] = (),
) -> dict[str, Any]:
    """Takes every network from the last of the runs' weights that trained it, writes the file and returns its card.

    runs: weights files as a run leaves them, or as this function does: such a file gives all networks that it holds, and its
    card's runs, metrics and failures. reports: ``report.json`` of evaluations, whose means go on the card.
    failures: known failures of the weights, in sentences. idle: last layers, such as ``mask.removed_decoder.head``, that go
    back to zero effect because they learned worse than the analytic answer; a network without any effect is left out.
    Raises InputError for files that don't belong together (other widths, a card without tasks and data) and
    for a layer that isn't there.
    """
    if not runs:
        raise InputError("There are no runs to take networks from; give one or more weights files.")
    cards = [weights.card(run) for run in runs]
    loaded = [weights.load(run) for run in runs]
    whole = TryOnNetworks.default(config=loaded[0].config)
    if any(networks.config != whole.config for networks in loaded):
        raise InputError("The networks of these runs have different widths; train them with the same configuration.")
    state = whole.state_dict()
    for run, card, networks in zip(runs, cards, loaded, strict=True):
        if "runs" in card:
            state |= weights.learned(networks)
            continue
        config = _configuration(run, card)
        state |= {name: tensor for name, tensor in networks.state_dict().items() if is_trained(name, config)}
    for layer in idle:
        numbers = [name for name in state if name == layer or name.startswith(f"{layer}.")]
        if not numbers:
            raise InputError(f"There is no layer {layer}; name one as the weights file does.")
        state |= {name: torch.zeros_like(state[name]) for name in numbers}
    whole.load_state_dict(state)
    made = TryOnNetworks.default(config=whole.config)
    for name, network in whole.named_children():
        if getattr(network, "idle", False):  # as it was made it isn't written
            network.load_state_dict(made.get_submodule(name).state_dict())
    own = [source for card in cards for source in card["data"] if not str(source["name"]).startswith("weights ")]
    data = list({json.dumps(source, sort_keys=True): source for source in own}.values())
    card = {
        "name": "FashionMirror try-on networks",
        "licence": "; ".join(sorted({str(source["licence"]) for source in data})) or "unknown",
        "commercial": bool(data) and all(card.get("commercial") is True for card in cards),
        "data": data,
        "tasks": list(dict.fromkeys(task for card in cards for task in card["tasks"])),
        "runs": [
            {key: value for key, value in run.items() if key not in ("name", "data")}
            for card in cards
            for run in card.get("runs", [card])
        ],
        "metrics": [*_kept(cards, "metrics"), *map(_metrics, reports)],
        "idle": [*_kept(cards, "idle"), *idle],
        "known_failures": [*_kept(cards, "known_failures"), *failures],
    }
    weights.save(whole, output, card)
    return card


def _kept(cards: Sequence[dict[str, Any]], entry: str) -> list[Any]:
    """What assembled files say already."""
    return [value for card in cards for value in card.get(entry, ())]


def _configuration(run: Path, card: dict[str, Any]) -> TrainConfig:
    if not {"data", "tasks", "config"} <= set(card):
        raise InputError(f"{run}: its card doesn't say what was trained on which data; give weights of a run.")
    return TrainConfig.from_dict(card["config"])


def _metrics(report: Path) -> dict[str, Any]:
    try:
        found = json.loads(report.read_text(encoding="utf-8"))
        return {key: found[key] for key in ("data", "counts", "means")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{report} isn't the report.json of an evaluation; give one.") from error
