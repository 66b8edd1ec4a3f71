"""The door, for the installed script and the frozen application: the studio, or a command of the command line.

It stands here because the core knows nothing of the studio, and imports neither until it is chosen.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Sequence

from fashionmirror_core.cli.process import any_console


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code. The studio opens without arguments, for a file and for ``--smoke``; the rest are commands.

    A file is told from a command by its dot or its folder: ``ana.fmirror``, ``./ana``.
    """
    any_console()
    multiprocessing.freeze_support()  # ``bench`` starts the frozen program again for each of its processes
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    first = arguments[0] if arguments else "--smoke"
    if first != "--smoke" and (first.startswith("-") or not set(first) & set("./\\")):
        from fashionmirror_core.cli.main import main as command_line

        command_line()  # ends with sys.exit
    try:
        from PySide6 import QtWidgets  # noqa: F401  its system libraries may be missing where its files are there

        from app.__main__ import main as studio
    except ImportError as error:
        return _without_window(str(error))
    shown = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"} & set(os.environ) or arguments[:1] == ["--smoke"]
    if sys.platform == "linux" and not shown:  # Qt would end the process
        return _without_window("there is no display")
    return studio(arguments)


def _without_window(reason: str) -> int:
    print(
        f"fashionmirror: The studio can't open here ({reason}); the README says what it needs. "
        "The commands work without it: fashionmirror --help.",
        file=sys.stderr,
    )
    return 2


if __name__ == "__main__":
    sys.exit(main())
