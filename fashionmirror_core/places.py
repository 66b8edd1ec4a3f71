"""Where the files that ship with the program are: in a clone, in an installed wheel, in a frozen bundle."""

from __future__ import annotations

import sys
from pathlib import Path


def _shipped(name: str) -> Path:
    package = Path(__file__).resolve().parent
    candidates = [package / "_data" / name, package.parent / name]
    if bundle := getattr(sys, "_MEIPASS", None):
        candidates.insert(0, Path(bundle) / name)
    for candidate in candidates:
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"The installation is incomplete: its folder {name!r} is missing; install it again.")


def resources() -> Path:
    """The folder of built-in samples, icons and translations."""
    return _shipped("resources")


def weights() -> Path:
    """The folder of the weights that ship, each with its card."""
    return _shipped("weights")


def state() -> Path:
    """The user's folder for what lasts between runs; it may not be there yet."""
    try:
        import platformdirs
    except ModuleNotFoundError:  # a GPU server that only trains
        return Path.home() / ".local" / "state" / "fashionmirror"
    return Path(platformdirs.user_state_dir("fashionmirror", appauthor=False))


def cache() -> Path:
    """The user's folder for what can be made again; it may not be there yet."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("fashionmirror", appauthor=False))
