"""Where the studio keeps its own files: caches that may go, state that should stay, settings."""

from __future__ import annotations

from pathlib import Path

import platformdirs

NAME = "fashionmirror"


def cache() -> Path:
    """For files that can be made again, such as inputs unpacked from projects."""
    return Path(platformdirs.user_cache_dir(NAME, appauthor=False))


def state() -> Path:
    """For files that last between sessions: recovery files, the look-book, the list of recent files."""
    return Path(platformdirs.user_state_dir(NAME, appauthor=False))


def recovery() -> Path:
    """The folder of recovery files."""
    return state() / "recovery"


def lookbook() -> Path:
    """The file in which the look-book waits for the next session."""
    return state() / "lookbook.json"


def config() -> Path:
    """For the user's settings."""
    return Path(platformdirs.user_config_dir(NAME, appauthor=False))
