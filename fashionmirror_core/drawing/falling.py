"""Pictures of cloth on its way to rest, for whoever waits for a look."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from fashionmirror_core.avatar.avatar import Avatar
from fashionmirror_core.avatar.clothing import Clothing, clothing
from fashionmirror_core.cloth import draping
from fashionmirror_core.cloth.pictures import ClothPictures
from fashionmirror_core.drawing.background import Backdrop
from fashionmirror_core.drawing.renderer import Renderer

NEARER = -0.012  # statures in the order of depth: what cloth will hide isn't known yet, and mustn't come through


@dataclass(frozen=True)
class DrapeStep:
    """One step of a drape. share: of the way to rest, in (0, 1]; it begins anew where a wider pattern is tried."""

    share: float
    _draw: Callable[[], np.ndarray] = field(repr=False)

    @cached_property
    def image(self) -> np.ndarray:
        """(H, W, 3) uint8, the person, arms held out at first, with the clothes as they lie by now. Drawn when first asked
        for, which takes about as long as a frame: by any thread, while the drape goes on, but one step at a time.
        """
        return self._draw()


class FallingCloth:
    """Tells ``on_drape`` of a drape's steps."""

    def __init__(
        self,
        avatar: Avatar,
        pictures: Callable[[], Sequence[ClothPictures]],
        hidden: np.ndarray | None,
        plate: np.ndarray,
        on_drape: Callable[[DrapeStep], None],
    ) -> None:
        """pictures: gives those of each garment, from the undermost, which are waited for. hidden: (H, W) bool, where kept
        clothes lie over them. plate: (H, W, 3) uint8, the photo without the person.
        """
        self._hidden = hidden
        self._avatar, self._pictures, self._on_drape = avatar, pictures, on_drape
        self._backdrop = Backdrop.of("keep", plate)
        self._size = plate.shape[1], plate.shape[0]
        self._sewn: tuple[draping.Sewn, ...] = ()
        self._clothes: list[Clothing] = []
        self._renderer: Renderer | None = None

    def __call__(self, now: draping.Falling) -> None:
        self._on_drape(DrapeStep(now.share, lambda: self._drawn(now)))

    def _drawn(self, now: draping.Falling) -> np.ndarray:
        if self._renderer is None or now.sewn != self._sewn:
            self._sewn = now.sewn
            self._clothes = [
                clothing(
                    f"garment {number}", sewn.pattern, pictures, positions, self._avatar.body, number, self._hidden
                )
                for number, (sewn, pictures, positions) in enumerate(
                    zip(now.sewn, self._pictures(), now.positions, strict=False)
                )
            ]
            height = float(np.ptp(self._avatar.body.vertices[:, 1]))
            nearer = 0.0 if self._hidden is not None else NEARER * height  # a kept top stays before trousers
            surfaces = [
                surface
                for worn in self._clothes
                for surface in (replace(worn.outside, bias=worn.outside.bias + nearer), worn.inside)
            ]
            self._renderer = Renderer([*self._avatar.surfaces, *surfaces], self._size, height=height)
        placed = {
            name: points
            for worn, positions in zip(self._clothes, now.positions, strict=True)
            for name, points in worn.placed(positions).items()
        }
        drawing = self._renderer.draw(now.transforms.astype(np.float32), placed)
        return self._backdrop.finished(drawing.over(self._backdrop.picture))
