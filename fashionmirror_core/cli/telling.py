"""What a command tells its user: lines, a progress bar, and why it ended.

Needs nothing but typer; a bar brings tqdm along.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from fashionmirror_core.cli.train import absent_part
from fashionmirror_core.errors import Cancelled

if TYPE_CHECKING:
    from tqdm import tqdm

    from fashionmirror_core.outputs.clip import Progress

CANCELLED = 130


class ProgressBar:
    """A progress bar on a terminal, nothing elsewhere; calling it sets (done, total)."""

    def __init__(self, title: str, unit: str) -> None:
        self.title, self.unit = title, unit

    def __enter__(self) -> Progress:
        self.bar: tqdm[NoReturn] | None = None
        return self._set

    def _set(self, done: int, total: int | None) -> None:
        if self.bar is None:
            from tqdm import tqdm

            # What is done at the first call says nothing about the time left: it may have been there before.
            self.bar = tqdm(total=total, initial=done, desc=self.title, unit=self.unit, disable=None, leave=False)
        self.bar.update(done - self.bar.n)

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.close()


def say(message: str) -> None:
    """One line on stderr."""
    tell("fashionmirror: " + " ".join(message.split()), err=True)


def tell(line: str, err: bool = False) -> None:
    """A line about what is done already: that nobody can read it changes nothing."""
    with contextlib.suppress(OSError, ValueError):
        typer.echo(line, err=err)


def exit_code(error: Exception) -> int:
    """The exit code of an error, after saying what it was."""
    if isinstance(error, Cancelled):
        say("Cancelled.")
        return CANCELLED
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(error.ctx.get_help())  # type: ignore[attr-defined]
        return 0
    if hasattr(error, "format_message"):  # a usage error, of click or of the copy of it that newer typers carry
        message = error.format_message().replace(": Value error, ", ": ").rstrip(".")
        say(f"{message}{'' if message.endswith('?') else '.'} See fashionmirror --help.")
        return 2
    if (part := absent_part(error)) is not None:
        say(f"{part} isn't installed, which training needs; install it with: pip install '.[train]'.")
        return 2
    return _our_fault(error)


def _our_fault(error: Exception) -> int:
    """Log the traceback and say where."""
    import traceback

    try:
        import platformdirs

        folder = Path(platformdirs.user_log_dir("fashionmirror", appauthor=False))
    except ModuleNotFoundError:  # a GPU server that only trains
        folder = Path.cwd()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        log = folder / "last-error.log"
        log.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
        where = f"the details are in {log}"
    except OSError:
        where = "the log could not be written"
    say(f"Something went wrong on our side ({type(error).__name__}: {error}); {where}.")
    return 1
