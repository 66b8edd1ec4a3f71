"""Where the studio keeps what is its own: caches that may go, state that should stay, settings."""

from __future__ import annotations

from pathlib import Path

import platformdirs

NAME = "fashionmirror"


def cache() -> Path:
    """What can be made again, such as inputs unpacked from projects."""
    return Path(platformdirs.user_cache_dir(NAME, appauthor=False))


def state() -> Path:
    """What lasts between sessions: recovery files and the list of recent files."""
    return Path(platformdirs.user_state_dir(NAME, appauthor=False))


def config() -> Path:
    """What the user chose."""
    return Path(platformdirs.user_config_dir(NAME, appauthor=False))
