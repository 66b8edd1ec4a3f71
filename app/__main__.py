"""The studio as a program: its arguments, its event loop, and its end."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app import startup
from fashionmirror_core import memory

if TYPE_CHECKING:
    from app.studio.studio import Studio


def main(argv: Sequence[str] | None = None) -> int:
    """0 when the window was closed, 2 for arguments that can't be, 1 where ``--smoke`` failed, 128 + the signal that ended
    it.
    """
    memory.keep_little()
    arguments = _parsed(argv)
    if arguments.smoke is not None:
        from app.smoke import smoke

        return smoke(arguments.smoke)
    if arguments.path is not None and not os.path.exists(arguments.path):
        print(f"{arguments.path} isn't there or may not be read; check the path.", file=sys.stderr)
        return 2
    from PySide6.QtCore import QTimer

    from app.ending import Ending

    application = startup.make_application()
    ending = Ending(application)
    window = startup.make_window(application)
    if arguments.path is None:
        startup.show_sample(window)
    window.show()
    studios: list[Studio] = []
    # When the window has been painted: the event loop's first turn comes before that.
    QTimer.singleShot(30, window, lambda: startup.begin(window, arguments.path, studios.append))
    code = application.exec()
    for studio in studios:
        studio.close(keep_unsaved=ending.number is not None)
    ending.close()
    return code


def _parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="fashionmirror", description="The studio of FashionMirror.")
    parser.add_argument("path", nargs="?", type=Path, help="a look, an exported clip, a picture or a motion to open")
    parser.add_argument("--smoke", metavar="FOLDER", type=Path, help="without a display: render, export, and end")
    # Called by the command line without arguments, whose own are not the studio's.
    return parser.parse_args([] if argv is None else list(argv))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
