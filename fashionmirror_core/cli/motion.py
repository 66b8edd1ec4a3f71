"""``fashionmirror motion``: the templates, motions from videos, and what a motion holds. Heavy imports happen inside."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fashionmirror_core.cli.inputs import Overwrite
from fashionmirror_core.cli.telling import ProgressBar, tell
from fashionmirror_core.errors import InputError

if TYPE_CHECKING:
    from fashionmirror_core.motion.motion import Motion

motion_app = typer.Typer(
    help="Motions: list the templates, extract one from a video, look at one.", no_args_is_help=True
)

MotionFormat = Annotated[
    str,
    typer.Option(
        metavar="FORMAT",
        help="What a motion of another program doesn't tell: its joints (COCO_18), its picture's size (480x640), its rate "
        "(30fps), or several, parted by commas.",
    ),
]


def read_motion(spec: str, form: str, frames: int | None = None, fps: float | None = None) -> Motion:
    """The motion, or of a video only as much as ``frames`` at ``fps`` need."""
    from fashionmirror_core.motion.motion import Motion

    with ProgressBar("Reading poses", "frame") as progress:
        return Motion.open(spec, format_name=form, progress=progress, frames=frames, rate=fps)


@motion_app.command("list")
def motion_list() -> None:
    """The built-in templates."""
    from fashionmirror_core.motion import templates

    width = max(map(len, templates.NAMES))
    for name in templates.NAMES:
        moving = templates.motion(name)
        typer.echo(f"{name:{width}}  {len(moving) / moving.fps:4.1f} s  {templates.description(name)}")


@motion_app.command("extract")
def motion_extract(
    video: Annotated[Path, typer.Argument(metavar="VIDEO", help="A video of one person.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The motion file to write (.motion.json).")
    ],
    overwrite: Overwrite = False,
) -> None:
    """Turn a video into a motion file, and report frames without a person."""
    from fashionmirror_core.media.files import Change, try_target
    from fashionmirror_core.media.targets import check_outputs

    if output.suffix.lower() != ".json":  # what the name of a video or a picture could overwrite
        raise InputError(f"{output} is no name for a motion file; let it end in .motion.json.")
    check_outputs({"--output": output}, [video])
    try_target(output, overwrite=overwrite)

    from fashionmirror_core.motion import files
    from fashionmirror_core.motion.extraction import extract

    with ProgressBar("Reading poses", "frame") as progress:
        moving, found = extract(video, progress=progress)
    with Change(overwrite=overwrite) as change:
        files.save(moving, change.file(output))
    tell(f"{output}: {len(moving)} frames at {moving.fps:g} fps, {len(found.without_person)} without a person.")
    for warning in moving.warnings:
        tell(f"note: {warning}", err=True)


@motion_app.command("show")
def motion_show(
    motion: Annotated[
        str, typer.Argument(metavar="MOTION", help="A template, a motion file, BVH, a folder or a video.")
    ],
    motion_format: MotionFormat = "auto",
) -> None:
    """What a motion holds."""
    moving = read_motion(motion, motion_format)
    seen = (moving.joints[..., 2] > 0.3).mean()
    typer.echo(f"{moving.name or motion}: {len(moving)} frames at {moving.fps:g} fps, {len(moving) / moving.fps:.1f} s")
    typer.echo(f"frame size {moving.size[0]}x{moving.size[1]}, {'loops' if moving.loop else 'ends'}, "
               f"{100 * seen:.0f} % of the joints seen")  # fmt: skip
    for warning in moving.warnings:
        tell(f"note: {warning}", err=True)
