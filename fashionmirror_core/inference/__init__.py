"""The networks, wired into the engine."""
