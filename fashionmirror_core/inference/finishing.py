"""Stage II in use: the generator's changes of a frame, at the stage's size, put on the picture at its own.

It looks at one frame at a time, so that frames can be made in any order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fashionmirror_core.drawing.drawing import Drawing
from fashionmirror_core.drawing.guides import Guide, Guides
from fashionmirror_core.imaging.alpha import over
from fashionmirror_core.imaging.boxes import bounding_box, window
from fashionmirror_core.person.stage import Stage

if TYPE_CHECKING:
    from fashionmirror_core.inference.analytic import Analytic

LEAST = 1 / 512  # of a colour in [0, 1]: smaller changes aren't seen


@dataclass(frozen=True)
class DressedSource:
    """The dressed person in the photo's pose, on the stage. still: (H, W, 3) uint8. cover, clothing: (H, W) in [0, 1]."""

    still: np.ndarray
    cover: np.ndarray
    clothing: np.ndarray


@dataclass(frozen=True)
class Changes:
    """What the generator changes of a person's colours, on the stage: colour x ``gain`` + ``color``.

    gain: (H, W) float32. color: (H, W, 3) float32, RGB in [-1, 1]. Where nothing changes they are 1 and 0.
    """

    gain: np.ndarray
    color: np.ndarray

    def on(self, canvas: np.ndarray, person: np.ndarray, stage: Stage) -> np.ndarray:
        """The canvas (H, W, 4) uint8, premultiplied, of the photo's size, on which the person (the same) was drawn."""
        box = bounding_box((np.abs(self.gain - 1) > LEAST) | (np.abs(self.color).max(-1) > LEAST))
        if box is None:
            return canvas
        corners = stage.to_photo(np.array([[box[0] - 1, box[1] - 1], [box[2], box[3]]]))
        limits = np.array([canvas.shape[1], canvas.shape[0]])
        (left, top), (right, bottom) = np.clip([np.floor(corners[0]), np.ceil(corners[1]) + 1], 0, limits).astype(int)
        if left >= right or top >= bottom:  # beside the photo
            return canvas
        here = window((left, top, right, bottom))
        shifted = (stage.offset[0] + stage.scale * left, stage.offset[1] + stage.scale * top)
        part, size = replace(stage, offset=shifted), (int(right - left), int(bottom - top))
        changes = part.uncrop(np.dstack([self.color, self.gain - 1]), size)
        *color, gain = cv2.split(changes)
        *drawn, cover = cv2.split(np.ascontiguousarray(person[here]))
        *before, opaque = cv2.split(np.ascontiguousarray(canvas[here]))
        after = []
        for given, shown, added in zip(before, drawn, color, strict=True):
            change = cv2.multiply(cover, added, dtype=cv2.CV_32F)
            change += cv2.multiply(shown, gain, dtype=cv2.CV_32F)
            after.append(cv2.min(cv2.add(given, change, dtype=cv2.CV_8U), opaque))
        result = canvas.copy()
        result[here] = cv2.merge([*after, opaque])
        return result


class Finisher:
    """Finishes the frames of one look."""

    def __init__(
        self, inference: Analytic, guide: Guide, still: np.ndarray, clothing: np.ndarray, plate: np.ndarray
    ) -> None:
        """still: (H, W, 3) uint8, the dressed person in the photo; clothing: M_c^s; plate: the photo without the person."""
        self.inference, self.guide, self._plate = inference, guide, plate
        crop = guide.stage.crop
        self.source = DressedSource(
            crop(still, cv2.BORDER_REPLICATE), crop(guide.rest.image[..., 3]) / np.float32(255), crop(clothing)
        )

    @cached_property
    def _behind(self) -> np.ndarray:
        """(H, W, 4) uint8, premultiplied: the background on the stage."""
        plate = self.guide.stage.crop(self._plate, cv2.BORDER_REPLICATE)
        return np.dstack([plate, np.full(plate.shape[:2], 255, np.uint8)])

    def on(self, canvas: np.ndarray, drawing: Drawing, joints: np.ndarray) -> np.ndarray:
        """The canvas (H, W, 4) uint8, premultiplied, on which the drawing stands, finished. joints: the frame's (25, 3), in
        the photo's pixels.
        """
        guides = self.guide.of(drawing)
        if not guides.unseen.any():
            return canvas
        return self._changes(guides, drawing, joints).on(canvas, drawing.image, self.guide.stage)

    def _changes(self, guides: Guides, drawing: Drawing, joints: np.ndarray) -> Changes:
        stage = self.guide.stage
        picture = over(stage.crop(drawing.image), self._behind)[..., :3]
        placed = np.array(joints, np.float32)
        placed[:, :2] = stage.from_photo(placed[:, :2])
        return self.inference.finish(self.source, picture, guides, placed)
