"""``fashionmirror train``. Heavy imports happen inside the commands."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fashionmirror_core.cli.inputs import weights_files
from fashionmirror_core.cli.prepare import prepare_command
from fashionmirror_core.errors import InputError
from fashionmirror_core.media.files import try_target
from fashionmirror_core.media.targets import check_outputs

if TYPE_CHECKING:
    from fashionmirror_core.training.config import TrainConfig

# Parts that an installation may lack: the packages of the extra "train"; in the frozen program, training itself.
OPTIONAL = ("fashionmirror_core.training", "lightning_fabric", "torchmetrics", "skimage")

train_app = typer.Typer(help="Train the networks on prepared sets.", invoke_without_command=True)
train_app.command("prepare")(prepare_command)


@train_app.callback()
def train(
    context: typer.Context,
    data: Annotated[
        list[Path] | None, typer.Option(metavar="FOLDER", help="A prepared set; may be given several times.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The run's folder.")] = None,
    config: Annotated[Path | None, typer.Option(help="A configuration (JSON); other options change it.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where the run in this folder was.")] = False,
    init: Annotated[Path | None, typer.Option(help="Weights to begin with (.safetensors).")] = None,
    start: Annotated[
        list[Path] | None,
        typer.Option(help="ImageNet weights for new human encoders: EfficientNet-Lite0's, and again with -Lite2's."),
    ] = None,
    vgg_weights: Annotated[Path | None, typer.Option(help="VGG19 for the perceptual losses.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    profile: Annotated[bool, typer.Option("--profile", help="Only measure where the time goes.")] = False,
    tasks: Annotated[str | None, typer.Option(help="One or several, such as labels or masks.")] = None,
    steps: Annotated[int | None, typer.Option(help="Optimizer steps.")] = None,
    batch: Annotated[int | None, typer.Option(help="Items of a batch, for each process.")] = None,
    accumulate: Annotated[int | None, typer.Option(help="Batches of a step.")] = None,
    frames: Annotated[int | None, typer.Option(help="Consecutive frames of an item.")] = None,
    seed: Annotated[int | None, typer.Option(help="Decides every draw.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="At its peak.")] = None,
    precision: Annotated[str | None, typer.Option(help="auto, 32-true or bf16-mixed.")] = None,
    workers: Annotated[int | None, typer.Option(help="Data processes.")] = None,
    bad_data: Annotated[str | None, typer.Option(help="A damaged clip: refuse (ends the run) or skip.")] = None,
    checkpoint_every: Annotated[int | None, typer.Option(help="Steps between checkpoints.")] = None,
    picture_every: Annotated[int | None, typer.Option(help="Steps between pictures.")] = None,
    perceptual: Annotated[str | None, typer.Option(help="VGG losses on: none, patches or whole.")] = None,
    no_perceptual: Annotated[bool, typer.Option("--no-perceptual", help="The same as --perceptual none.")] = False,
    no_adversary: Annotated[bool, typer.Option("--no-adversary", help="Without discriminators.")] = False,
    no_clothing_patch_loss: Annotated[
        bool, typer.Option("--no-clothing-patch-loss", help="Ablation: no losses on patches of the clothes.")
    ] = False,
    no_co_attention: Annotated[
        bool, typer.Option("--no-co-attention", help="Ablation: person and garment never meet.")
    ] = False,
) -> None:
    """Train the networks on prepared sets, on a CPU, a GPU, or several with torchrun."""
    if context.invoked_subcommand is not None:
        return
    if not data:
        raise InputError("There are no data to train on; give a prepared set with --data.")
    if output is None and not profile:
        raise InputError("The run needs a folder; give one with --output.")
    if no_perceptual and perceptual not in (None, "none"):
        raise InputError(f"--no-perceptual contradicts --perceptual {perceptual}; give one of them.")
    given: dict[str, Any] = {
        "tasks": None if tasks is None else [task.strip() for task in tasks.split(",")],
        "steps": steps,
        "batch": batch,
        "accumulate": accumulate,
        "frames": frames,
        "seed": seed,
        "learning_rate": learning_rate,
        "precision": precision,
        "workers": workers,
        "bad_data": bad_data,
        "checkpoint_every": checkpoint_every,
        "picture_every": picture_every,
        "perceptual": "none" if no_perceptual else perceptual,
        "adversary": False if no_adversary else None,
        "clothing_patch_loss": False if no_clothing_patch_loss else None,
        "co_attention": False if no_co_attention else None,
    }
    if output is not None:
        check_outputs(
            {"--output": output},
            [*data, config, *(start or ()), vgg_weights, *(weights_files(init) if init else ())],
            whole=False,
        )
    settings = _settings(config, output if resume else None, given)

    from fashionmirror_core.training.loop import run

    if profile:
        typer.echo(run.profile(settings, data, init_weights=init, start=start or (), vgg=vgg_weights, device=device))
        return
    assert output is not None
    written = run.train(
        settings, data, output, resume=resume, init_weights=init, start=start or (), vgg=vgg_weights, device=device
    )  # fmt: skip
    if os.environ.get("RANK", "0") == "0":  # one of several processes speaks for all
        typer.echo(f"{written}: {settings.steps} steps of {', '.join(settings.tasks)}.")


@train_app.command("assemble")
def assemble_command(
    runs: Annotated[
        list[Path], typer.Argument(help="Weights of runs; of a network that several trained, the last counts.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The .safetensors file; hash and card come beside it.")
    ],
    report: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="A report.json of evaluate, for the card.")
    ] = None,
    failure: Annotated[
        list[str] | None, typer.Option(metavar="SENTENCE", help="A known failure, for the card.")
    ] = None,
    idle: Annotated[
        list[str] | None, typer.Option(metavar="LAYER", help="A last layer that goes back to zero effect.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace earlier weights.")] = False,
) -> None:
    """Put the networks of several runs into one file that can ship."""
    read = [file for run in runs for file in weights_files(run)]
    for file in weights_files(output)[:3]:
        check_outputs({f"The output {file.name}": file}, [*read, *(report or ())])
        try_target(file, overwrite=overwrite)
    from fashionmirror_core.training.assembling import assemble

    card = assemble(runs, output, report or (), failure or (), idle or ())
    typer.echo(f"{output}: {', '.join(card['tasks'])}; {card['licence']}.")


@train_app.command("recipe")
def recipe_command(
    data: Annotated[Path, typer.Argument(help="The folder that holds catwalk, street and garments.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The .safetensors file; hash and card come beside it.")
    ],
    work: Annotated[Path, typer.Option(help="For sets, runs and reports; unfinished work is continued.")],
    street: Annotated[bool, typer.Option("--street", help="Learn from the street photos, too: research only.")] = False,
    scale: Annotated[float, typer.Option(min=1e-4, help="Of the steps of every run.")] = 1.0,
    start: Annotated[
        list[Path] | None,
        typer.Option(help="ImageNet weights to start from: EfficientNet-Lite0's, and again with -Lite2's."),
    ] = None,
    vgg_weights: Annotated[Path | None, typer.Option(help="VGG19's weights; without, no VGG distance.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Looks to measure on each set.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes that prepare; one a core.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
) -> None:
    """From the data to measured weights with a card: prepare, train, measure, with written-down seeds and steps."""
    check_outputs({"--work": work, "--output": output}, [data, *(start or ()), vgg_weights], whole=False)
    from fashionmirror_core.training.recipe import make_weights

    card = make_weights(
        data,
        work,
        output,
        street=street,
        scale=scale,
        start=start or (),
        vgg=vgg_weights,
        limit=limit,
        workers=workers,
        device=device,
        say=typer.echo,
    )
    typer.echo(f"{output}: {', '.join(card['tasks'])}; {card['licence']}.")


def _settings(path: Path | None, run: Path | None, given: dict[str, Any]) -> TrainConfig:
    """The options given, on top of a file, of the resumed run's configuration, or of the defaults."""
    from fashionmirror_core.training.config import TrainConfig
    from fashionmirror_core.training.loop.trainer import CONFIG

    if path is None and run is not None and (run / CONFIG).is_file():
        path = run / CONFIG
    base = TrainConfig() if path is None else TrainConfig.read(path)
    return TrainConfig.from_dict(base.to_dict() | {name: value for name, value in given.items() if value is not None})


def absent_part(error: Exception) -> str | None:
    """The part of ``OPTIONAL`` that isn't installed; None for every other error, such as a broken import of our own."""
    return error.name if isinstance(error, ModuleNotFoundError) and error.name in OPTIONAL else None


@train_app.command("garment")
def garment_command(
    photos: Annotated[Path, typer.Argument(help="Labelled garment photos: landmarks.json, photos and masks.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The run's folder.")],
    not_garments: Annotated[Path | None, typer.Option(help="Pictures of other things: shoes, hats.")] = None,
    people: Annotated[Path | None, typer.Option(help="Rendered clips: people in their clothes.")] = None,
    start: Annotated[Path | None, typer.Option(help="EfficientNet-Lite0's ImageNet weights to start from.")] = None,
    start_close: Annotated[Path | None, typer.Option(help="EfficientNet-Lite2's, for the second look.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where the run in this folder was.")] = False,
    steps: Annotated[int, typer.Option(min=1, help="Optimizer steps.")] = 1850,
    close_steps: Annotated[int, typer.Option(min=1, help="Optimizer steps of the second look.")] = 2200,
    batch: Annotated[int, typer.Option(min=1, help="Pictures of a step.")] = 160,
    learning_rate: Annotated[float, typer.Option(min=1e-8, max=1.0, help="At its peak.")] = 1.5e-3,
    seed: Annotated[int, typer.Option(min=0, help="Decides every draw.")] = 5,
    device: Annotated[str, typer.Option(help="cpu, cuda or mps.")] = "cpu",
) -> None:
    """Train the clothes encoder on labelled garment photos."""
    check_outputs({"--output": output}, [photos, not_garments, people, start, start_close], whole=False)
    from fashionmirror_core.training.garment_pictures.fitting import Fit
    from fashionmirror_core.training.garment_pictures.learning import GarmentRun, Starts, train

    whole = Fit(steps, batch, learning_rate, seed=seed)
    run = GarmentRun(whole, replace(whole, steps=close_steps, ema=0.998))
    written = train(
        run, output, photos,
        not_garments=not_garments, people=people, starts=Starts(start, start_close), resume=resume, device=device,
        say=typer.echo,
    )  # fmt: skip
    typer.echo(f"{written}: {steps} and {close_steps} steps.")
