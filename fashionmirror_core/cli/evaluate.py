"""``fashionmirror evaluate``: a prepared set in, a report out. Heavy imports happen inside."""

from __future__ import annotations

import os
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from fashionmirror_core.cli.inputs import weights_files
from fashionmirror_core.errors import InputError
from fashionmirror_core.media.targets import check_outputs, check_target


class Kind(str, Enum):
    swap = "swap"
    reconstruction = "reconstruction"
    both = "both"


evaluate_app = typer.Typer(no_args_is_help=True)


@evaluate_app.callback(invoke_without_command=True)
def evaluate_command(
    context: typer.Context,
    data: Annotated[Path | None, typer.Option(help="A prepared set, see: fashionmirror train prepare.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The folder for report.md, report.json, sheet.png.")
    ] = None,
    weights: Annotated[
        list[str] | None,
        typer.Option(help="default, another name, a .safetensors file, or none; given again, they are compared."),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Looks at most, spread over the clips.")] = None,
    kind: Annotated[Kind, typer.Option(help="Other clothes, the person's own, or both.")] = Kind.both,
    estimated: Annotated[bool, typer.Option("--estimated", help="Find pose and matte as in a user's photo.")] = False,
    vgg_weights: Annotated[Path | None, typer.Option(help="VGG19's weights; without, no VGG distance.")] = None,
    seed: Annotated[int, typer.Option(help="Of the choice of looks.")] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier report.")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
) -> None:
    """Measure the engine on data with known truth, beside the unchanged source and the analytic engine."""
    if context.invoked_subcommand is not None:
        return
    if data is None or output is None:
        raise InputError("An evaluation needs a prepared set and a folder; give them with --data and --output.")

    from tqdm import tqdm

    from fashionmirror_core.training.evaluation.evaluation import EvaluationOptions, evaluate
    from fashionmirror_core.training.evaluation.metrics import lpips_at_hand
    from fashionmirror_core.training.evaluation.report import KINDS
    from fashionmirror_core.training.evaluation.systems import engines
    from fashionmirror_core.training.sets.packed import open_set

    given = weights or ["default"]
    for name in ("report.json", "report.md", "sheet.png"):
        check_outputs(
            {f"The {name}": output / name}, [data, vgg_weights, *(f for w in given for f in weights_files(w))]
        )
        if os.path.isdir(output):  # it is made otherwise
            check_target(output / name, overwrite=overwrite)
    features = None
    if vgg_weights is not None:
        from fashionmirror_core.training.features import load_features

        features = load_features(vgg_weights)
    options = EvaluationOptions(
        limit=limit,
        kinds=KINDS if kind is Kind.both else (kind.value,),
        estimated=estimated,
        seed=seed,
        features=features,
        lpips=lpips_at_hand(),
    )
    source = open_set(data)  # refused before the engines are loaded
    systems = engines([name for name in given if name != "none"], device)
    with tqdm(total=limit, desc="Measuring", unit="look", disable=None, leave=False) as bar:
        report = evaluate(source, systems, options, lambda done: bar.update(done - bar.n))
    report.write(output)
    typer.echo(report.table())
    typer.echo(f"{output}: {len(report.looks)} looks measured, {len(report.skipped)} left out.")


@evaluate_app.command("garments")
def evaluate_garments_command(
    photos: Annotated[Path, typer.Argument(help="Labelled garment photos: landmarks.json, photos and masks.")],
    not_garments: Annotated[Path | None, typer.Option(help="Pictures of other things: shoes, hats.")] = None,
    people: Annotated[Path | None, typer.Option(help="Rendered clips: people in their clothes.")] = None,
    details: Annotated[bool, typer.Option("--details", help="Also landmarks by name and condition.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Measure how well garments are seen and cut out, on photos that nothing was learned from."""
    from tqdm import tqdm

    from fashionmirror_core.training.evaluation.garments import evaluate_garments

    with tqdm(desc="Looking", unit="photo", disable=None, leave=False) as bar:
        report = evaluate_garments(photos, not_garments, people, progress=lambda done: bar.update(done - bar.n))
    if as_json:
        typer.echo(report.to_json())
        return
    typer.echo(report.table())
    for name, said in report.wrong.items():
        typer.echo(f"{name}: {said}")
    if details:
        typer.echo("\n" + report.details())


@evaluate_app.command("turns")
def evaluate_turns_command(
    data: Annotated[Path, typer.Argument(help="Rendered clips: a split of the catwalk set.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for turns.json and turns.md.")],
    clips: Annotated[int | None, typer.Option(min=1, help="Clips at most; those that turn come first.")] = None,
    weights: Annotated[str, typer.Option(help="default, another name, a .safetensors file, or none.")] = "default",
    estimated: Annotated[bool, typer.Option("--estimated", help="Find pose and matte as in a user's photo.")] = False,
    vgg_weights: Annotated[Path | None, typer.Option(help="VGG19's weights; without, no VGG distance.")] = None,
    seed: Annotated[int, typer.Option(help="Of the clips' order.")] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Measure anew what the folder holds.")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
) -> None:
    """Measure frames against the truth by how far the person is turned.

    A run that was cut off goes on where it stopped when it is given again.
    """
    from tqdm import tqdm

    from fashionmirror_core.training.evaluation.turning import FILES, TurningOptions, Turns, measure_turns
    from fashionmirror_core.training.features import load_features
    from fashionmirror_core.training.sources.catwalk import Catwalk
    from fashionmirror_core.tryon import STAGE_SIZES, TryOn

    for name in FILES:
        check_outputs({f"The {name}": output / name}, [data, vgg_weights, *weights_files(weights)])
    source = Catwalk(data)  # refused before the engine is loaded
    options = TurningOptions(clips, seed, estimated)
    tryon = TryOn.load(device, STAGE_SIZES[-1], None if weights == "none" else weights)
    features = None if vgg_weights is None else load_features(vgg_weights)
    settings = {"data": source.name, "weights": tryon.weights_id, "estimated": estimated, "vgg": features is not None}
    report = Turns(settings) if overwrite else Turns.open(output, settings)
    total = min(clips or len(source), len(source))
    with tqdm(total=total, desc="Measuring", unit="clip", disable=None, leave=False) as bar:

        def done(report: Turns) -> None:
            report.write(output)
            bar.update(len(report.clips) - bar.n)

        measure_turns(source, tryon, report, options, features, done)
    report.write(output)
    typer.echo(report.table())
    typer.echo(f"{output}: {len(report.clips)} clips measured, {len(report.skipped)} left out.")
