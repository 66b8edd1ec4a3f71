"""``fashionmirror train garment``: the clothes encoder learns from labelled photos; a run that is ended goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from fashionmirror_core.errors import InputError
from fashionmirror_core.networks import weights as weights_files
from fashionmirror_core.networks.efficientnet import Lite
from fashionmirror_core.networks.garment_encoder import GarmentEncoder, GarmentReader
from fashionmirror_core.training.garment_pictures.alone import cut_outs
from fashionmirror_core.training.garment_pictures.augment import Batch, varied, varied_alone
from fashionmirror_core.training.garment_pictures.fitting import Fit, fitted, holds_run
from fashionmirror_core.training.garment_pictures.measuring import measured
from fashionmirror_core.training.garment_pictures.outlines import learned
from fashionmirror_core.training.garment_pictures.pictures import gathered, read_labelled

WHOLE, CLOSE = "whole", "close"  # folders of the two networks' runs


@dataclass(frozen=True)
class GarmentRun:
    """whole, close: how the network learns that sees whole pictures, and the one that sees cut-outs."""

    whole: Fit
    close: Fit


@dataclass(frozen=True)
class Starts:
    """ImageNet weights of EfficientNet-Lite0 and of -Lite2 (their packages' .pth, or .safetensors), to begin the two
    networks with; None begins with nothing.
    """

    whole: Path | None = None
    close: Path | None = None


NOTHING = Starts()


def train(
    run: GarmentRun,
    output: Path,
    photos: Path,
    *,
    not_garments: Path | None = None,
    people: Path | None = None,
    starts: Starts = NOTHING,
    resume: bool = False,
    device: str = "cpu",
    say: Callable[[str], None] = print,
) -> Path:
    """Learn, and write ``output/garment.safetensors`` with hash and card.

    photos: the labelled set. not_garments, people: folders of things that are no garments and of rendered clips.
    Raises InputError.
    """
    output.mkdir(parents=True, exist_ok=True)
    if not resume and any(holds_run(output / name) for name in (WHOLE, CLOSE)):
        raise InputError(f"{output} holds a run; go on with --resume, or choose another folder.")
    target = torch.device(device)
    encoder = GarmentEncoder()

    pictures = gathered(photos, not_garments, people, run.whole.seed, say)
    floors = torch.from_numpy(pictures.floors).permute(0, 3, 1, 2).to(target).float() / 255

    def of_whole(indices: Tensor, generator: torch.Generator) -> Batch:
        return varied(pictures.batch(indices, target), floors, generator)

    start = _begun(GarmentReader, starts.whole, run.whole.seed)
    whole = fitted(start, of_whole, pictures.weights, run.whole, output / WHOLE, target, say)
    encoder.load_state_dict(encoder.state_dict() | whole.state_dict())

    found = cut_outs(photos, "train", whole.cpu().eval(), run.close.seed, say)

    def of_close(indices: Tensor, generator: torch.Generator) -> Batch:
        return varied_alone(*found.batch(indices, target), generator)

    start = _begun(partial(GarmentReader, size=2), starts.close, run.close.seed)
    close = fitted(start, of_close, found.pictures.weights, run.close, output / CLOSE, target, say)
    encoder.close = close.cpu()
    encoder.outline = learned(read_labelled(photos, "train"), run.whole.seed)
    metrics = measured(encoder.to(target).eval(), read_labelled(photos, "val"), target)
    say(", ".join(f"{name} {value:.3f}" for name, value in metrics.items()))
    written = output / f"{weights_files.GARMENT_ENCODER}{weights_files.SUFFIX}"
    weights_files.save_garment_encoder(
        encoder.cpu(), written, _card(run, photos, not_garments, people, starts, metrics)
    )
    return written


def _begun(build: Callable[[], GarmentReader], start: Path | None, seed: int) -> GarmentReader:
    torch.manual_seed(seed)
    reader = build()
    if start is not None:
        begin_from([reader], start)
    return reader


def begin_from(networks: Sequence[Lite], file: Path) -> None:
    """Gives the ImageNet weights of an EfficientNet-Lite to those of the networks that are over it. Raises InputError for a
    file that fits none.
    """
    try:
        if file.suffix == ".safetensors":
            from safetensors.torch import load_file

            source = load_file(file)
        else:
            source = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:
        cause = type(error).__name__
        raise InputError(
            f'{file}: can\'t be read as weights ({cause}); see docs/training.md, "EfficientNet-Lite".'
        ) from error
    theirs = [value for name, value in source.items() if name.startswith(("_conv_stem", "_bn0", "_blocks"))]
    begun = False
    for network in networks:
        own = {name: value for name, value in network.state_dict().items() if name.startswith(("stem", "stages"))}
        if [value.shape for value in own.values()] == [value.shape for value in theirs]:
            network.load_state_dict(network.state_dict() | dict(zip(own, theirs, strict=True)))
            begun = True
    if not begun:
        wanted = " or ".join(f"EfficientNet-Lite{network.size}" for network in networks)
        raise InputError(f'{file}: is not {wanted}; see docs/training.md, "EfficientNet-Lite".')


def _card(
    run: GarmentRun,
    photos: Path,
    not_garments: Path | None,
    people: Path | None,
    starts: Starts,
    found: dict[str, float],
) -> dict[str, Any]:
    folders = [folder for folder in (photos, not_garments, people) if folder is not None]
    begun = [start.name for start in (starts.whole, starts.close) if start is not None]
    card: dict[str, Any] = {
        "name": "FashionMirror clothes encoder",
        "licence": "Apache-2.0" if begun else "CC0-1.0",
        "commercial": True,
        "data": [{"name": folder.name, "licence": "CC0-1.0", "commercial": True} for folder in folders],
        "tasks": ["garment"],
        "run": asdict(run),
        "metrics": {"val": {name: round(value, 4) for name, value in found.items()}},
    }
    if begun:
        card["start"] = {"name": f"EfficientNet-Lite, ImageNet ({', '.join(begun)})", "licence": "Apache-2.0"}
    return card
