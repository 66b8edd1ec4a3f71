"""Bounds of what a look may hold. Nothing is imported here: the first window, which doesn't wait for pydantic, asks too."""

from __future__ import annotations

MAX_FRAMES = 20_000
"""Frames of a clip, 13 minutes at 25 a second: the window keeps up with so many, and memory holds them."""
MAX_JOINT_EDITS = 20_000
