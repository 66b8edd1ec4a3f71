"""How reading a motion tells its progress, and how it is stopped."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int | None], None]
"""Takes the frames read so far, and how many there are if that is known."""
Cancel = Callable[[], bool]
"""Asked before each frame: True stops."""
