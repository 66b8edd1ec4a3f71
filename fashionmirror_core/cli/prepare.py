"""``fashionmirror train prepare``: a data set, or a user's own pictures and videos, becomes a prepared set."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from fashionmirror_core.cli.inputs import weights_files
from fashionmirror_core.errors import InputError
from fashionmirror_core.media.targets import check_outputs


class SourceKind(str, Enum):
    catwalk = "catwalk"
    street = "street"
    photos = "photos"
    videos = "videos"


class StageSize(str, Enum):
    small = "256x192"
    large = "512x384"


class OnError(str, Enum):
    skip = "skip"
    refuse = "refuse"


def prepare_command(
    kind: Annotated[SourceKind, typer.Argument(help="The kind of data in the folder.")],
    folder: Annotated[Path, typer.Argument(help="The data set, or your photos or videos.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The prepared set; an unfinished one is continued.")],
    stage: Annotated[
        StageSize, typer.Option(help="Height x width of the pictures that the networks see.")
    ] = StageSize.small,
    swaps: Annotated[int, typer.Option(min=0, help="Looks a clip in other clothes.")] = 4,
    reconstructions: Annotated[int, typer.Option(min=0, help="Looks a clip in the person's own clothes.")] = 1,
    bends: Annotated[int, typer.Option(min=1, help="Bent sources made from each photo.")] = 2,
    garments: Annotated[
        Path | None, typer.Option(help="A folder of garment photos with index.json: more garments.")
    ] = None,
    stills: Annotated[
        bool, typer.Option("--stills", help="Dress the looks without drawing their frames: enough to evaluate.")
    ] = False,
    weights: Annotated[
        str, typer.Option(help="The weights that dress the looks; none is the analytic engine.")
    ] = "none",
    labels_only: Annotated[
        bool, typer.Option("--labels-only", help="Frames and label maps without looks: enough for stage I.")
    ] = False,
    drapes: Annotated[
        int, typer.Option(min=0, help="Garments a clip that the cloth puts on a person, for co-attention.")
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Decides every draw.")] = 0,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; one a core.")] = None,
    on_error: Annotated[
        OnError, typer.Option(help="A broken clip: skip it, or refuse (end the preparation).")
    ] = OnError.skip,
    licence: Annotated[
        str | None, typer.Option(help="Terms of your own photos or videos, for the weights' card.")
    ] = None,
    non_commercial: Annotated[
        bool,
        typer.Option("--non-commercial", help="Weights learned from your own photos may not be used commercially."),
    ] = False,
) -> None:
    """Run the engine over a data set once, so that training needs no engine. An interrupted preparation continues."""
    from tqdm import tqdm

    from fashionmirror_core.training.sets.preparing import Preparation, prepare
    from fashionmirror_core.training.sources import open_source
    from fashionmirror_core.training.sources.garments import GarmentPhotos

    check_outputs({"--output": output}, [folder, garments, *weights_files(weights)], whole=False)
    height, width = (int(side) for side in stage.value.split("x"))
    how = Preparation(
        stage=(height, width),
        swaps=swaps,
        reconstructions=reconstructions,
        bends=bends,
        stills=stills,
        seed=seed,
        weights=None if weights == "none" else weights,
        labels_only=labels_only,
        drapes=drapes,
        refuse=on_error is OnError.refuse,
    )
    own = kind in (SourceKind.photos, SourceKind.videos)
    if not own and (licence or non_commercial):
        raise InputError(f"The terms of {kind.value} are known; give --licence for your own photos or videos only.")
    terms = {"licence": licence or "the user's own", "commercial": not non_commercial} if own else {}
    source = open_source(kind.value, folder, **terms)
    pictures = None if garments is None else GarmentPhotos(garments)
    with tqdm(total=len(source), desc="Preparing", unit="clip", disable=None) as bar:
        done = prepare(source, output, how, pictures, workers, lambda count, _: bar.update(count - bar.n))
    for line in done.skipped:
        typer.echo(f"left out: {line}", err=True)
    typer.echo(f"{output}: {done.clips} clips with {done.looks} looks written, {done.there} were there before.")
    if not done.clips and not done.there:
        raise InputError(f"Nothing in {folder} could be prepared.")
