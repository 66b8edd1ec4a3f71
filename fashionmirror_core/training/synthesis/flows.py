"""The flows of a frame: where the pixels of its layers come from. Motion makes them, drawing samples along them."""

from __future__ import annotations

from dataclasses import dataclass

import torch

CELL = 2  # stage pixels of one cell of a flow: displacements are smooth, their grid may be coarse
MARGIN = (48, 32)  # stage pixels (x, y) of a flow's window beyond the stage: room for raised arms and wide steps
OUTSIDE = -1e4  # displacement, stage pixels, of cells that a flow doesn't reach: sampling there falls off the picture


@dataclass(frozen=True)
class LayerFlow:
    """Where the pixels of the layers come from in one frame, and how deep the layers lie: P flows, each with a name.

    displacement: (P, 2, h, w) float32, stage pixels: source = target + displacement, on a grid of CELL-sized cells whose
    cell (row, column) has its centre at stage pixel ``origin + CELL * (column, row)``; OUTSIDE where a flow's layers
    aren't. occupied: (P, h, w) bool. origin: (x, y) stage pixels. order: indices from back to front.
    """

    names: tuple[str, ...]
    displacement: torch.Tensor
    occupied: torch.Tensor
    origin: tuple[float, float]
    order: tuple[int, ...]

    @property
    def back_to_front(self) -> list[tuple[int, str]]:
        """Index and name of each flow, in the order of depth."""
        return [(index, self.names[index]) for index in self.order]
