"""A core that answers at once, for tests of the studio in which what is computed isn't the point.

Persons, garments and frames have the right shapes and types and follow what the user asked for, but nothing is fitted:
the garment is a block of its mean colour on the body, which a pose moves. Files are really read, so that missing and
damaged ones are refused as ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.look import FLOW_STEP
from fashionmirror_core.media.decoding import Picture
from fashionmirror_core.media.images import on_white
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.person.person import Person
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.skeleton import Pose
from fashionmirror_core.tryon import TryOn


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts the quick core in place of the real one until the test ends."""
    monkeypatch.setattr(TryOn, "load", lambda *_, **__: QuickTryOn())
    monkeypatch.setattr(Person, "from_photo", quick_person)
    monkeypatch.setattr(Garment, "from_photo", quick_garment)


def quick_person(picture: Picture) -> Any:
    image = on_white(picture.pixels)
    height, width = image.shape[:2]
    matte = np.zeros((height, width), np.float32)
    matte[height // 8 :, width // 4 : -width // 4] = 1
    joints = np.full((25, 3), 0.9, np.float32)
    joints[:, 0] = width * (0.5 + 0.2 * np.sin(np.arange(25)))
    joints[:, 1] = np.linspace(0.15, 0.9, 25) * height
    return SimpleNamespace(image=image, matte=matte, pose=Pose(joints), warnings=picture.notes)


def quick_garment(
    picture: Picture,
    category: str,
    alpha: np.ndarray | None = None,
    turns: int | None = None,
    pick: int | None = None,
    **_: object,
) -> Any:
    pixels = picture.pixels
    if alpha is None:
        alpha = pixels[..., 3] if pixels.shape[2] == 4 else np.full(pixels.shape[:2], 255, np.uint8)
    upright = np.rot90(np.dstack([pixels[..., :3], alpha]), -(turns or 0))
    garment = SimpleNamespace(
        image=np.ascontiguousarray(upright),
        category="dress" if category == "auto" else category,
        turns=turns or 0,
        warnings=picture.notes,
        pieces=("the left one", "the right one") if pick else (),
        picked=pick or 0,
        seen_parts=lambda size: np.zeros(size, np.uint8),
        in_picture={"neck_r": (pixels.shape[1] / 4, pixels.shape[0] / 4)},
    )
    garment.with_back = lambda back: SimpleNamespace(**vars(garment) | {"back": back})
    return garment


@dataclass
class QuickLook:
    person: Any
    still: np.ndarray
    removed_mask: np.ndarray
    clothing_mask: np.ndarray
    stage: Stage
    colour: np.ndarray
    warnings: list[str] = field(default_factory=list)

    def verdict_of(self, garment: Any) -> Any:
        return None

    @property
    def size(self) -> tuple[int, int]:
        return self.still.shape[1], self.still.shape[0]

    @property
    def attention(self) -> np.ndarray:
        cells = self.stage.height // 16 * (self.stage.width // 16)
        return np.full((cells, cells), 1 / cells, np.float32)

    def still_before(self, background: str | np.ndarray, turn: float = 0.0, finisher: None = None) -> np.ndarray:
        return (
            np.dstack([self.still, _alpha(self)])
            if isinstance(background, str) and background == "transparent"
            else self.still
        )


def _alpha(look: QuickLook) -> np.ndarray:
    return np.rint(255 * look.person.matte).astype(np.uint8)


class QuickTryOn:
    device, weights_id, has_networks, finishes = "cpu", "analytic", False, False

    def prepare(
        self, person: Any, garments: Sequence[Any], removed: np.ndarray | None, tailoring: Any, on_drape: Any = None
    ) -> QuickLook:
        height, width = person.image.shape[:2]
        clothing = np.zeros((height, width), np.float32)
        clothing[height // 4 : height // 2, width // 3 : -width // 3] = 1
        colour = np.mean([garment.image[..., :3].reshape(-1, 3).mean(0) for garment in garments], 0)
        still = person.image.copy()
        still[clothing > 0] = colour
        for share in np.linspace(0, 1, 21)[1:] if on_drape is not None else ():
            on_drape(SimpleNamespace(share=share, image=(still * share).astype(np.uint8)))
        stage = Stage.around(height / 8, height * 0.95, width / 2)
        return QuickLook(person, still, clothing if removed is None else removed, clothing, stage, colour)

    def poses(self, look: QuickLook, motion: Motion, retarget: bool, transition: int) -> Motion:
        scale = np.array([look.size[0] / motion.size[0], look.size[1] / motion.size[1], 1], np.float32)
        return replace(motion, joints=motion.joints * scale, size=look.size)

    def frames(
        self,
        look: QuickLook,
        poses: Motion,
        *,
        indices: Sequence[int],
        background: str | np.ndarray,
        draft: bool,
        mask_edits: Mapping[int, np.ndarray],
        finish: bool = False,
    ) -> Iterator[Any]:
        width, height = look.size
        for index in indices:
            shift = round(float(poses.joints[index, 8, 0] - poses.joints[0, 8, 0]))
            mask = np.roll(look.clothing_mask, shift, 1)
            painted = next((mask_edits[frame] for frame in sorted(mask_edits, reverse=True) if frame <= index), None)
            if painted is not None:
                mask = np.clip(mask + painted, 0, 1)
            image = look.person.image.copy()
            image[mask > 0.5] = look.colour
            if isinstance(background, str) and background == "transparent":
                image = np.dstack([image, _alpha(look)])
            yield SimpleNamespace(
                index=index,
                image=image,
                clothing_mask=mask,
                coarse_flow=np.zeros((2, -(-height // FLOW_STEP), -(-width // FLOW_STEP)), np.float32),
                attention=look.attention,
                pose=poses[index],
                painted=painted,
            )
