"""Prepared sets: how the engine makes them of a source's clips, and how they are written and read."""
