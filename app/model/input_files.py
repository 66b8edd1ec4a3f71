"""The files that a look is made of: which they are, whether they are there, and other places for them."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path, PureWindowsPath
from typing import Any

from PIL import Image

from app.model.state import LookState
from fashionmirror_core.media.images import check_source
from fashionmirror_core.media.suffixes import MOTIONS, PICTURES, VIDEOS

SUFFIXES = {"picture": PICTURES, "motion": (*MOTIONS, *VIDEOS)}
BACKGROUNDS = ("keep", "white", "transparent")
"""Names of a clip's background; any other is the path of a picture."""
_CONTENTS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF")  # told by the first bytes


def inputs(state: LookState) -> Iterator[tuple[str, Path]]:
    """(kind, path) of each file that the look is made of; kind is picture or motion."""
    if state.person:
        yield "picture", state.person.path
    for garment in state.garments:
        yield "picture", garment.path
        if garment.back:
            yield "picture", garment.back
    if state.motion and state.motion.path:
        yield "motion", state.motion.path
    if state.clip.background not in BACKGROUNDS:
        yield "picture", Path(state.clip.background)


def with_paths(state: LookState, moved: Callable[[str, Path], Path]) -> LookState:
    """The look with each input's path replaced by ``moved(kind, path)``."""
    update: dict[str, Any] = {}
    if state.person:
        update["person"] = state.person.model_copy(update={"path": moved("picture", state.person.path)})
    update["garments"] = tuple(
        garment.model_copy(
            update={
                "path": moved("picture", garment.path),
                "back": None if garment.back is None else moved("picture", garment.back),
            }
        )
        for garment in state.garments
    )
    if state.motion and state.motion.path:
        update["motion"] = state.motion.model_copy(update={"path": moved("motion", state.motion.path)})
    if state.clip.background not in BACKGROUNDS:
        background = str(moved("picture", Path(state.clip.background)))
        update["clip"] = state.clip.model_copy(update={"background": background})
    return state.model_copy(update=update)


def missing_files(state: LookState) -> list[Path]:
    """Inputs of the look that aren't where it says, or in a folder that may not be entered."""
    return list(dict.fromkeys(path for _, path in inputs(state) if not os.path.exists(path)))


def relocate(state: LookState, old: Path, new: Path) -> LookState:
    """The look with the file ``old`` at ``new``; others that are missing too come along if they lie beside ``new``.

    Raises InputError where ``new`` isn't a readable file.
    """
    new = Path(new)
    if not os.path.isdir(new):  # a folder of OpenPose files is a motion
        check_source(new)

    def moved(_: str, path: Path) -> Path:
        if path == old:
            return new
        beside = new.parent / (base_name(path) or "..")
        return beside if not os.path.exists(path) and os.path.isfile(beside) else path

    return with_paths(state, moved)


def is_input(path: Path, kind: str) -> bool:
    """Whether an ordinary file, or a folder of poses, is there."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(mode) or (stat.S_ISDIR(mode) and kind == "motion")


def may_be_followed(path: Path, kind: str) -> bool:
    """Whether a path that may come from a stranger leads to an input: by its name one of the kind, not on the network.

    On Windows, merely asking for a network path tells its owner who asks.
    """
    return not on_network(path) and is_input(path, kind) and (is_named_as(path, kind) or os.path.isdir(path))


def may_travel(path: Path, kind: str) -> bool:
    """Whether a file may be put into a project: by its name or its content an input of its kind.

    A stranger's project may name any of the user's files, and the next save would carry it along.
    """
    if is_named_as(path, kind) or kind != "picture":
        return is_named_as(path, kind)
    try:
        with Image.open(path, formats=_CONTENTS):
            return True
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False


def on_network(path: Path) -> bool:
    return str(path).startswith(("//", "\\\\"))


def is_named_as(path: Path, kind: str) -> bool:
    """Whether the suffix is one of the kind's."""
    return path.suffix.lower() in SUFFIXES[kind]


def base_name(path: Path) -> str:
    """The last part of a path of any system; empty where it is none."""
    name = PureWindowsPath(path.name).name
    return "" if name in ("", ".", "..") else name


def known_suffix(name: str, kind: str) -> str:
    """The suffix of a file name in lower case, if it is one of the kind's; else empty."""
    return Path(name).suffix.lower() if is_named_as(Path(name), kind) else ""
