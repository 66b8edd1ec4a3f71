"""The command line. Heavy imports happen inside the commands, so that ``--help`` answers at once.

Exit codes: 0 done, 2 bad input (one line on stderr), 130 cancelled, 1 our fault (with where the log is).
"""

from __future__ import annotations

import os
import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fashionmirror_core import memory
from fashionmirror_core.cli.checks import check_engine, check_folder, check_motion, may_replace
from fashionmirror_core.cli.evaluate import evaluate_app
from fashionmirror_core.cli.garment import garment_command
from fashionmirror_core.cli.inputs import Overwrite, weights_files
from fashionmirror_core.cli.motion import MotionFormat, motion_app, read_motion
from fashionmirror_core.cli.process import any_console, ended_by_signals, flush
from fashionmirror_core.cli.sharing import with_shared_options
from fashionmirror_core.cli.telling import CANCELLED, ProgressBar, exit_code, say, tell
from fashionmirror_core.cli.train import train_app
from fashionmirror_core.cli.wearing import Sewing, Wearing
from fashionmirror_core.errors import InputError
from fashionmirror_core.media.redo_log import heal

if TYPE_CHECKING:
    import numpy as np

    from fashionmirror_core.tryon import TryOn

PICTURES = (".png", ".jpg", ".webp")
MAX_TURN = 3600  # degrees
# Before numpy is imported: its products are tiny here, and BLAS threads that wait for them take the cores from OpenCV,
# torch and the data processes of training.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

app = typer.Typer(
    name="fashionmirror",
    help="A virtual try-on studio: a photo of a person, a picture of a garment and a motion become a catwalk clip.\n\n"
    "Without a command the studio opens.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(motion_app, name="motion")
app.command("garment")(garment_command)
app.add_typer(train_app, name="train")
app.add_typer(evaluate_app, name="evaluate")


class Switch(str, Enum):
    on = "on"
    off = "off"


Weights = Annotated[
    str, typer.Option(metavar="WEIGHTS", help="default, another name that ships, a .safetensors file, or none.")
]
Finish = Annotated[
    bool,
    typer.Option("--finish", help="Let the generator paint what the photo didn't show, once the person has turned."),
]
Device = Annotated[str, typer.Option(metavar="DEVICE", help="auto, cpu, cuda or mps.")]


def _say_version(wanted: bool) -> None:
    if wanted:
        from fashionmirror_core import __version__

        typer.echo(f"FashionMirror {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """What stands before a command."""


@app.command()
def demo(
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="CLIP", help="The clip to write; demo.mp4, or demo-2.mp4 where that is taken."
        ),
    ] = None,
    frames: Annotated[int, typer.Option(metavar="N", min=1, help="How many frames.")] = 48,
    device: Device = "auto",
    overwrite: Overwrite = False,
) -> None:
    """Render the built-in sample, without a window."""
    from fashionmirror_core.compiling import are_cached
    from fashionmirror_core.media.redo_log import free_name
    from fashionmirror_core.samples import sample_look

    if not are_cached():
        tell(
            "note: What draws the frames is compiled for this computer first; that takes some seconds, once.", err=True
        )
    look = sample_look()
    target = output or (Path("demo.mp4") if overwrite else free_name(Path("demo.mp4")))
    worn = Wearing(look.person, [look.garment])
    _render(worn, Sewing(), look.motion, target, frames=frames, device=device, overwrite=overwrite)


@app.command()
@with_shared_options
def render(
    wearing: Wearing,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="CLIP", help=".mp4, .webm, .gif, or a folder for PNG frames.")
    ],
    sewing: Sewing,
    motion: Annotated[
        str,
        typer.Option(
            metavar="MOTION", help="A template's name, a motion file, BVH, a folder of OpenPose JSON, or a video."
        ),
    ] = "catwalk",
    motion_format: MotionFormat = "auto",
    frames: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=100_000, help="How many frames; the motion's own.")
    ] = None,
    fps: Annotated[
        float | None, typer.Option(metavar="FPS", min=1, max=240, help="Frames a second; the motion's own.")
    ] = None,
    background: Annotated[
        str, typer.Option(metavar="BACKGROUND", help="keep, white, transparent, or a picture.")
    ] = "keep",
    device: Device = "auto",
    weights: Weights = "default",
    draft: Annotated[bool, typer.Option("--draft", help="Faster, without the shadow on the ground.")] = False,
    finish: Finish = False,
    retarget: Annotated[
        Switch, typer.Option(help="off takes the motion's joints as pixels of the photo, as they are.")
    ] = Switch.on,
    transition: Annotated[
        int, typer.Option(metavar="N", min=0, max=1000, help="Frames that ease from the photo's pose.")
    ] = 8,
    turn: Annotated[
        float,
        typer.Option(metavar="DEGREES", help="How far the person turns over the clip, beside what the motion does."),
    ] = 0.0,
    crf: Annotated[int, typer.Option(metavar="N", min=0, max=51, help="Quality of the video, lower is better.")] = 18,
    masks_dir: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Also write the masks here, as PNG.")] = None,
    frames_dir: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Also write the frames here, as PNG.")
    ] = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write a report here, as JSON.")] = None,
    masks_only: Annotated[
        bool,
        typer.Option(
            "--masks-only",
            help="Only where the clothes will be seen, by the mask network; nothing is draped.",
        ),
    ] = False,
    overwrite: Overwrite = False,
) -> None:
    """Dress a person in a garment and let them walk."""
    _render(
        wearing, sewing, motion, output, motion_format=motion_format, frames=frames, fps=fps, background=background,
        device=device, weights=weights, draft=draft, finish=finish, retargeted=retarget is Switch.on,
        transition=transition, turn=turn, crf=crf, masks_folder=masks_dir, frames_folder=frames_dir,
        report_file=report, masks_only=masks_only, overwrite=overwrite,
    )  # fmt: skip


def _render(
    wearing: Wearing,
    sewing: Sewing,
    motion: str,
    output: Path,
    *,
    motion_format: str = "auto",
    frames: int | None = None,
    fps: float | None = None,
    background: str = "keep",
    device: str = "auto",
    weights: str = "default",
    draft: bool = False,
    finish: bool = False,
    retargeted: bool = True,
    transition: int = 8,
    turn: float = 0.0,
    crf: int = 18,
    masks_folder: Path | None = None,
    frames_folder: Path | None = None,
    report_file: Path | None = None,
    masks_only: bool = False,
    overwrite: bool = False,
) -> None:
    from fashionmirror_core.media.writing import check_clip

    # What can be refused without loading anything heavy is refused first.
    options = wearing.options(sewing)
    if masks_only and (masks_folder or frames_folder or report_file):
        raise InputError("--masks-only writes masks alone; leave out --masks-dir, --frames-dir and --report.")
    if finish and (draft or masks_only):
        raise InputError(f"--finish is for final frames; leave out {'--draft' if draft else '--masks-only'}.")
    check_motion(motion)
    check_engine(device, weights)
    _check_turn(turn)
    overwrite = may_replace(output, overwrite)
    check_clip(
        output, [*wearing.pictures, motion, background, *weights_files(weights)], masks_folder=masks_folder,
        frames_folder=frames_folder, report_file=report_file, overwrite=overwrite,
    )  # fmt: skip
    behind = _background(background, output)

    from fashionmirror_core.outputs.clip import ClipSettings, mask_clip, render_clip

    tryon = _engine(device, weights, finish)
    moving = read_motion(motion, motion_format, frames, fps)
    subject, clothes = wearing.read(options)
    settings = ClipSettings(
        output=output, fps=fps, frames=frames, crf=crf, retargeted=retargeted, transition=transition, turn=turn,
        background=behind, draft=draft, finish=finish, masks_folder=masks_folder, frames_folder=frames_folder,
        report_file=report_file, overwrite=overwrite,
    )  # fmt: skip
    if masks_only:
        for note in [*tryon.notes, *subject.warnings, *moving.warnings]:
            tell(f"note: {note}", err=True)
        with ProgressBar("Following", "frame") as progress:
            count = mask_clip(tryon, subject, clothes, moving, settings, progress)
        tell(f"{output}: {wearing.told(clothes)}, masks of {count} frames, weights: {tryon.weights_id}.")
        return
    look = tryon.prepare(subject, clothes, tailoring=[chosen.tailoring for chosen in options])
    for warning in [*look.warnings, *wearing.doubts(look, clothes), *moving.warnings]:
        tell(f"note: {warning}", err=True)
    with ProgressBar("Rendering", "frame") as progress:
        result = render_clip(tryon, look, moving, settings, progress)
    tell(
        f"{output}: {wearing.told(clothes)}, {result.frames} frames of {result.size[0]}x{result.size[1]} at "
        f"{result.fps:g} fps; {1000 * result.per_frame['total'].median:.0f} ms a frame on {result.device}, "
        f"weights: {result.weights}."
    )


@app.command()
@with_shared_options
def still(
    wearing: Wearing,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="PICTURE", help="A picture; with several angles one of each is written."
        ),
    ],
    sewing: Sewing,
    turn: Annotated[str, typer.Option(metavar="DEGREES", help="How far the person is turned, such as 0,90,180.")] = "0",
    background: Annotated[
        str, typer.Option(metavar="BACKGROUND", help="keep, white, transparent, or a picture.")
    ] = "keep",
    device: Device = "auto",
    weights: Weights = "default",
    finish: Finish = False,
    overwrite: Overwrite = False,
) -> None:
    """Dress a person in a garment in the photo's own pose: from the front, the side, the back."""
    from fashionmirror_core.media.files import Change
    from fashionmirror_core.media.images import write_image
    from fashionmirror_core.media.targets import check_outputs

    angles = _angles(turn)
    files = [output] if len(angles) == 1 else [output.with_stem(f"{output.stem}-{angle:g}") for angle in angles]
    if output.suffix.lower() not in PICTURES:
        raise InputError(f"{output.name} is no picture; give a name that ends in {', '.join(PICTURES)}.")
    options = wearing.options(sewing)
    check_engine(device, weights)
    check_outputs(
        {f"--output {file.name}": file for file in files}, [*wearing.pictures, background, *weights_files(weights)]
    )
    behind = _background(background, output)
    if isinstance(behind, str) and behind == "transparent" and output.suffix.lower() == ".jpg":
        raise InputError(".jpg can't be transparent; write a .png or a .webp.")
    tryon = _engine(device, weights, finish)
    subject, clothes = wearing.read(options)
    look = tryon.prepare(subject, clothes, tailoring=[chosen.tailoring for chosen in options])
    for warning in [*look.warnings, *wearing.doubts(look, clothes)]:
        tell(f"note: {warning}", err=True)
    finisher = tryon.finisher(look) if finish else None
    with Change(overwrite=overwrite) as change:
        for file, angle in zip(files, angles, strict=True):
            write_image(change.file(file), look.still_before(behind, angle, finisher))
    tell(f"{', '.join(map(str, files))}: {wearing.told(clothes)}.")


def _angles(spec: str) -> list[float]:
    """Degrees, each once, in the order given."""
    try:
        angles = [float(text) for text in spec.split(",")]
    except ValueError:
        raise InputError(f"The turn {spec!r} is no list of degrees; write it like 0,90,180.") from None
    for angle in angles:
        _check_turn(angle)
    return list(dict.fromkeys(angles))


def _check_turn(degrees: float) -> None:
    if not -MAX_TURN <= degrees <= MAX_TURN:  # NaN isn't, either
        raise InputError(f"A turn of {degrees:g} degrees is too far; give {-MAX_TURN} to {MAX_TURN}.")


@app.command()
@with_shared_options
def lookbook(
    persons: Annotated[Path, typer.Option(metavar="FOLDER", help="A folder of full-body photos.")],
    garments: Annotated[Path, typer.Option(metavar="FOLDER", help="A folder of garment pictures.")],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FOLDER", help="The folder to fill; what is there already is kept."),
    ],
    sewing: Sewing,
    motions: Annotated[
        str, typer.Option(metavar="MOTIONS", help="Motions, parted by commas, as render takes them.")
    ] = "catwalk",
    frames: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=100_000, help="How many frames; the motion's own.")
    ] = None,
    fps: Annotated[
        float | None, typer.Option(metavar="FPS", min=1, max=240, help="Frames a second; the motion's own.")
    ] = None,
    device: Device = "auto",
    weights: Weights = "default",
    draft: Annotated[bool, typer.Option("--draft", help="Faster, without the shadow on the ground.")] = False,
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="On many workers: auto for this computer's, or a Ray cluster's HOST:PORT."
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="How many workers, with --ray; one a core.")
    ] = None,
) -> None:
    """Dress every person in every garment: stills, clips and a contact sheet. Run again, it goes on where it was."""
    names = [name.strip() for name in motions.split(",") if name.strip()]
    if not names:
        raise InputError("There is no motion; name one or more, such as catwalk,idle.")
    if workers is not None and ray is None:
        raise InputError("--workers is for --ray; add --ray auto for workers on this computer.")

    from fashionmirror_core.media.targets import check_outputs

    if ray is not None:
        from fashionmirror_core.outputs.cluster.connection import check_address, check_installed

        check_installed()
        check_address(ray)
    options = sewing.all_alike()
    for folder in (persons, garments):
        check_folder(folder)
    for name in names:
        check_motion(name)
    check_engine(device, weights)
    check_outputs({"--output": output}, [persons, garments, *names, *weights_files(weights)])

    from fashionmirror_core.outputs.clip import ClipSettings
    from fashionmirror_core.outputs.lookbook import left_out, make_lookbook, pictures_in

    photos, pictures = pictures_in(persons), pictures_in(garments)
    for line in [*left_out(persons), *left_out(garments)]:
        tell(f"note: {line}", err=True)
    settings = ClipSettings(output, fps=fps, frames=frames, draft=draft)
    if ray is None:
        tryon = _engine(device, weights)
        with ProgressBar("Dressing", "clip") as progress:
            book = make_lookbook(tryon, photos, pictures, names, output, settings, options, progress)
    else:
        from fashionmirror_core.outputs.cluster.grid import make_lookbook_on

        _tell_licence(weights)
        given = None if weights == "none" else weights
        with ProgressBar("Dressing", "clip") as progress:
            book = make_lookbook_on(
                ray, photos, pictures, names, output, settings, options, progress,
                workers=workers, device=device, weights=given,
            )  # fmt: skip
    for line in book.skipped:
        tell(f"note: skipped: {' '.join(line.split())}", err=True)
    tell(f"{output}: {len(book.made)} clips made, {len(book.kept)} kept; {book.sheet.name} shows the looks.")


def _engine(device: str, weights: str, finish: bool = False) -> TryOn:
    """The engine with these weights; says so where they may not be used commercially. Raises InputError where frames should
    be finished and they can't.
    """
    from fashionmirror_core.compiling import compile_in_background
    from fashionmirror_core.tryon import TryOn

    compile_in_background()
    tryon = TryOn.load(device=device, weights=None if weights == "none" else weights)
    if finish:
        tryon.check_finishes()
    _tell_licence(weights)
    return tryon


def _tell_licence(weights: str) -> None:
    """Says so where weights may not be used commercially."""
    from fashionmirror_core.networks import weights as files

    path = files.located(weights)
    if weights != "none" and path.is_file() and files.card_path(path).is_file():
        try:
            card = files.card(path)
        except files.WeightsError:
            return  # the engine says what is wrong with them
        if card.get("commercial") is False:
            tell(f"note: The weights {path.stem} are for research only: {card.get('licence')}.", err=True)


def _background(spec: str, output: Path) -> str | np.ndarray:
    """A known word, or the picture at that path."""
    if spec == "transparent" and output.suffix.lower() in (".mp4", ".gif"):
        raise InputError(f"{output.suffix} can't be transparent; write a .webm or a folder of PNG frames.")
    if spec in ("keep", "white", "transparent"):
        return spec
    from fashionmirror_core.media.images import on_white, read_image

    if not Path(spec).exists():
        raise InputError(f"The background {spec!r} is neither keep, white, transparent nor a picture that is there.")
    return on_white(read_image(spec))


@app.command()
def bench(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    frames: Annotated[int, typer.Option(metavar="N", min=5, help="Measured frames for each size.")] = 60,
    threads: Annotated[int | None, typer.Option(metavar="N", min=1, help="CPU threads; torch's own choice.")] = None,
    device: Device = "auto",
    lookbook: Annotated[
        bool, typer.Option("--lookbook", help="A grid of the samples on one worker and on several, by Ray.")
    ] = False,
    workers: Annotated[
        int, typer.Option(metavar="N", min=2, help="How many, with --lookbook; each takes one thread.")
    ] = 2,
) -> None:
    """Seconds per frame by stage on the built-in sample, at 256x192 and 512x384; or what several workers save."""
    if lookbook:
        from fashionmirror_core.outputs.cluster.connection import check_installed

        check_installed()
        from fashionmirror_core.outputs.cluster import bench as grid

        measured = grid.measure((1, workers), frames, device)
        typer.echo(measured.model_dump_json(indent=2) if as_json else grid.table(measured))
        return
    from fashionmirror_core.outputs.bench import run, table

    results = run(frames=frames, threads=threads, device=device)
    typer.echo(results.model_dump_json(indent=2) if as_json else table(results))


def main() -> None:
    """The console script."""
    any_console()
    memory.keep_little()
    with ended_by_signals() as ended:
        code = _run()
    if ended.number is not None:
        code = 128 + ended.number
    flush()
    sys.exit(code)


def _run() -> int:
    """The exit code of the command, after saying why it failed."""
    try:
        heal()
        code = app(standalone_mode=False)
        if code == CANCELLED:  # typer answers Ctrl-C with this exit code itself
            say("Cancelled.")
        return code if isinstance(code, int) else 0
    except InputError as error:
        say(str(error))
        return 2
    except (KeyboardInterrupt, typer.Abort):
        say("Cancelled.")
        return CANCELLED
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # whoever read the output has seen enough
            return 0
        return end.code if isinstance(end.code, int) else 1
    except Exception as error:
        return exit_code(error)
