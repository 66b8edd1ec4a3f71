"""What geometry knows of a frame beside its picture, on the stage. The generator is guided by it, in training and in use
(docs/method.md, "The learned parts").
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fashionmirror_core.drawing.drawing import Drawing
from fashionmirror_core.drawing.renderer import Renderer
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.person.stage import Stage

FACING = (0.05, 0.35)  # cosine to the viewer, between which the photo begins to show a surface and shows it well
TURNED = (0.26, 0.5)  # by how much more a surface faces the viewer than in the photo: sines of 15 and of 30 degrees
BEHIND = 0.012  # statures behind what the photo shows, from which on something lay hidden


@dataclass(frozen=True)
class Guides:
    """On the stage (H, W), float32; flows are displacements in stage pixels.

    cover: the person's share of a pixel. clothing: M_c^t. unseen: 1 where neither the photo nor the garment's picture showed
    the surface and it has turned to the viewer since; 0 where one did, and where it has turned by less than 15 degrees.
    normals: (3, H, W), unit, photo space; zero where nobody is. flow: F, (2, H, W), frame -> source; back: (2, H, W),
    frame -> previous frame; both zero where nobody is, back also without a previous one.
    """

    cover: np.ndarray
    clothing: np.ndarray
    unseen: np.ndarray
    normals: np.ndarray
    flow: np.ndarray
    back: np.ndarray


class Guide:
    """Finds the guides of one look's frames."""

    def __init__(self, renderer: Renderer, rest: Drawing, removed: np.ndarray, stage: Stage) -> None:
        """rest: the drawing in the photo's pose. removed: M_r, (H, W) in the photo's pixels. stage: the photo's."""
        self.renderer, self.rest, self.removed, self.stage = renderer, rest, removed, stage

    @cached_property
    def hidden(self) -> np.ndarray:
        """(N, 1) float32 in [0, 1]: whether each vertex of the surfaces is hidden in the photo's own pose."""
        places, normals = self.renderer.scene.rest, self.renderer.scene.source_normals
        height, width = self.rest.depth.shape
        x = np.clip(np.round(places[:, 0]).astype(int), 0, width - 1)
        y = np.clip(np.round(places[:, 1]).astype(int), 0, height - 1)
        before = np.nan_to_num(self.rest.depth[y, x], nan=np.inf)  # beside the person's edge nothing hides it
        shown = smoothstep(-normals[:, 2], *FACING) * (places[:, 2] <= before + BEHIND * self.renderer.scene.height)
        return (1 - shown).astype(np.float32)[:, None]

    @cached_property
    def _at_rest(self) -> np.ndarray:
        """(N, 4) float32, of each vertex: ``hidden``, and its normal in the photo."""
        return np.concatenate([self.hidden, self.renderer.scene.source_normals], 1)

    def of(self, drawing: Drawing, previous: Drawing | None = None) -> Guides:
        """Of one frame. previous: the frame before it, None where there is none."""
        step = max(1, int(0.5 / self.stage.scale))  # the photo's pixels are far finer than the stage's
        columns, rows = self._pixels(step)
        here = rows // step, columns // step
        source = drawing.source_at(step)[here]
        inside = np.isfinite(source[..., 0])
        hidden, *normal = np.clip(np.nan_to_num(drawing.carried(self._at_rest, step)[here]), -1, 1).transpose(2, 0, 1)
        normals = np.nan_to_num(drawing.normals_at(step)[here]).transpose(2, 0, 1)
        before = -normal[2] / np.maximum(np.linalg.norm(normal, axis=0), 1e-6)
        clothing, cover = self.stage.crop(drawing.clothing_mask), self.stage.crop(drawing.image[..., 3])
        unseen = np.maximum(hidden, self._invented(source) * (clothing < 0.5)) * smoothstep(
            -normals[2] - before, *TURNED
        )
        return Guides(
            cover=cover.astype(np.float32) / 255,
            clothing=clothing.astype(np.float32),
            unseen=(unseen * inside).astype(np.float32),
            normals=np.ascontiguousarray(normals),
            flow=self._displacement(source, columns, rows),
            back=np.zeros((2, *rows.shape), np.float32)
            if previous is None
            else self._displacement(drawing.carried(previous.points[:, :2], step)[here], columns, rows),
        )

    def _pixels(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """The photo's pixel, column and row, at the middle of each of the stage's: the nearest that divide by ``step``."""
        height, width = ((side - 1) // step for side in self.removed.shape)
        y, x = np.mgrid[0 : self.stage.height, 0 : self.stage.width]
        places = np.round(self.stage.to_photo(np.stack([x, y], -1).astype(np.float64)) / step).astype(int)
        return np.clip(places[..., 0], 0, width) * step, np.clip(places[..., 1], 0, height) * step

    def _invented(self, source: np.ndarray) -> np.ndarray:
        """(H, W): where the old clothes hid what a pixel shows. source: (H, W, 2), its place in the photo."""
        height, width = self.removed.shape
        x, y = (np.nan_to_num(source[..., axis], nan=-1).round().astype(int) for axis in (0, 1))
        there = (x >= 0) & (y >= 0) & (x < width) & (y < height)
        return np.where(there, self.removed[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)], 0)

    def _displacement(self, places: np.ndarray, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(2, H, W), stage pixels: from the stage's pixels to places (H, W, 2) of the photo; zero where they are NaN."""
        moved = (places - np.stack([columns, rows], -1)) * self.stage.scale
        return np.ascontiguousarray(np.nan_to_num(moved).astype(np.float32).transpose(2, 0, 1))
