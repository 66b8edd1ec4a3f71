"""The flows of a frame: where the pixels of its layers come from. Motion makes them, drawing samples along them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F

CELL = 2  # stage pixels of one cell of a flow: displacements are smooth, their grid may be coarse
MARGIN = (48, 32)  # stage pixels (x, y) of a flow's window beyond the stage: room for raised arms and wide steps
OUTSIDE = -1e4  # displacement, stage pixels, of cells that a flow doesn't reach: sampling there falls off the picture


@dataclass(frozen=True)
class LayerFlow:
    """Where the pixels of the layers come from in one frame, and how deep the layers lie: P flows, each with a name.

    displacement: (P, 2, h, w) float32, stage pixels: source = target + displacement, on a grid of CELL-sized cells whose
    cell (row, column) has its centre at stage pixel ``origin + CELL * (column, row)``; OUTSIDE where a flow's layers
    aren't. occupied: (P, h, w) bool. to_previous: (P, 2, h, w), stage pixels, previous frame's place = this frame's place
    + to_previous, where a previous frame is known. origin: (x, y) stage pixels. order: indices from back to front.
    """

    names: tuple[str, ...]
    displacement: torch.Tensor
    occupied: torch.Tensor
    origin: tuple[float, float]
    order: tuple[int, ...]
    to_previous: torch.Tensor | None = None

    @property
    def back_to_front(self) -> list[tuple[int, str]]:
        """Index and name of each flow, in the order of depth."""
        return [(index, self.names[index]) for index in self.order]

    def on_stage(self) -> LayerFlow:
        """The same flow on the stage's own window, without the margin around it, as the networks take it."""
        x, y = MARGIN[0] // CELL, MARGIN[1] // CELL
        inner = (slice(None), slice(None), slice(y, -y), slice(x, -x))
        return replace(
            self,
            displacement=self.displacement[inner],
            occupied=self.occupied[:, inner[2], inner[3]],
            origin=(self.origin[0] + MARGIN[0], self.origin[1] + MARGIN[1]),
            to_previous=None if self.to_previous is None else self.to_previous[inner],
        )

    def shifted(self, residual: torch.Tensor) -> LayerFlow:
        """This flow with a residual (1, 2, h, w), on the cells of the stage's own window, added to every flow."""
        x, y = MARGIN[0] // CELL, MARGIN[1] // CELL
        everywhere = F.pad(residual, (x, x, y, y), mode="replicate")
        there = self.displacement > OUTSIDE / 2
        return replace(self, displacement=torch.where(there, self.displacement + everywhere, self.displacement))
