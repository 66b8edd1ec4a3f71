"""What the clothes encoder sees in a picture of a garment: kind, condition, landmarks and parts, each with a certainty.

The network looks twice, as in a mirror, at the picture in a square of 256 pixels. A picture that hangs sideways or
upside down is turned first; everything here is in the pixels of the upright picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import torch
from torch import Tensor

from fashionmirror_core.networks import weights
from fashionmirror_core.networks.garment_encoder import (
    ATTRIBUTES,
    LANDMARKS,
    MIRRORED_LANDMARKS,
    MIRRORED_PARTS,
    PARTS,
    SIZE,
    GarmentEncoder,
    GarmentReader,
    GarmentViews,
    places,
)

GROUND = 255  # grey level under a picture with alpha
HOOD_WIDTH, HOOD_HEIGHT = 2.0, 2.2  # of the neck's width: a box that holds a hood
UNSURE = 0.1  # probability of cloth that says neither yes nor no
WEARER = {"left": "r", "right": "l"}  # the picture's side is the wearer's other
_SURE_TURN = 0.9  # chance from which on a picture is turned without being asked
_SWAPPED = {"left_sleeve": "right_sleeve", "right_sleeve": "left_sleeve"}
_MIRRORED_TURN = [0, 3, 2, 1]  # a picture turned by 90 degrees is turned by 270 in the mirror


@dataclass(frozen=True)
class Sight:
    """One picture, upright.

    quarters: quarter turns clockwise that made it upright. answers: attribute -> choice -> probability (see
    ``networks.garment_encoder.ATTRIBUTES``). points: landmark -> (x, y) in pixels; left and right are the picture's.
    exists, seen: landmark -> probability that the garment has it, and that it isn't hidden. certainty: landmark -> share
    of the network's weight that lies near the point. parts: (h, w, 7) float32, probabilities of ``PARTS`` in a smaller
    copy of the picture; all three sizes have the picture's proportions.
    """

    quarters: int
    answers: dict[str, dict[str, float]]
    points: dict[str, tuple[float, float]]
    exists: dict[str, float]
    seen: dict[str, float]
    certainty: dict[str, float]
    parts: np.ndarray
    size: tuple[int, int]  # of the upright picture, width and height

    def answer(self, attribute: str) -> str:
        """The likeliest choice."""
        choices = self.answers[attribute]
        return max(choices, key=lambda choice: choices[choice])

    def chance(self, attribute: str, choice: str = "yes") -> float:
        return self.answers[attribute][choice]

    def cloth(self, size: tuple[int, ...]) -> np.ndarray:
        """(H, W) float32 in [0, 1]: how likely each pixel of the upright picture, of this size, is the garment's."""
        cloth = np.clip(cv2.resize(1 - self.parts[..., 0], (size[1], size[0]), interpolation=cv2.INTER_CUBIC), 0, 1)
        return np.maximum(cloth, self._hood(size)) if self.chance("hood") > 0.5 else cloth

    def _hood(self, size: tuple[int, ...]) -> np.ndarray:
        """(H, W) float32: where a hood may lie, of which the encoder knows little; the picture's colours decide there."""
        left, right = (np.array(self.points[f"neck_{side}"]) * size[1] / self.size[0] for side in ("left", "right"))
        across = right - left
        up = np.array([across[1], -across[0]])
        middle = (left + right) / 2 + HOOD_HEIGHT / 2 * up
        axes = HOOD_WIDTH / 2 * float(np.hypot(*across)), HOOD_HEIGHT / 2 * float(np.hypot(*across))
        place = np.zeros(size[:2], np.uint8)
        turn = float(np.degrees(np.arctan2(across[1], across[0])))
        cv2.ellipse(place, (tuple(map(float, middle)), (2 * axes[0], 2 * axes[1]), turn), 1, -1)  # type: ignore[call-overload]
        return place * np.float32(UNSURE)

    def part(self, name: str, size: tuple[int, ...], origin: tuple[float, float]) -> np.ndarray:
        """(H, W) float32 in [0, 1]: how likely each pixel belongs to a part; of a cut-out of this size, whose first pixel
        lies at ``origin`` in the upright picture.
        """
        scale = self.parts.shape[1] / self.size[0]
        matrix = np.array([[scale, 0, (origin[0] + 0.5) * scale - 0.5], [0, scale, (origin[1] + 0.5) * scale - 0.5]])
        share = np.ascontiguousarray(self.parts[..., PARTS.index(name)])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return cv2.warpAffine(share, matrix, (size[1], size[0]), flags=flags, borderMode=cv2.BORDER_CONSTANT)

    def sleeves(self, size: tuple[int, ...], origin: tuple[float, float]) -> dict[str, np.ndarray]:
        """How likely the cloth at each pixel is a sleeve's and no other part's: "sleeve_r", "sleeve_l" (the wearer's
        right and left) -> (H, W) float32 in [0, 1]; of a cut-out, as in ``part``.
        """
        cloth = np.maximum(sum(self.part(name, size, origin) for name in PARTS[1:]), 1e-3)
        return {f"sleeve_{own}": self.part(f"{side} sleeve", size, origin) / cloth for side, own in WEARER.items()}

    def sleeve_shares(self) -> dict[str, np.ndarray]:
        """As ``sleeves``, (h, w) as ``parts`` is, of the whole picture."""
        cloth = np.maximum(self.parts[..., 1:].sum(-1), 1e-3)
        return {f"sleeve_{own}": self.parts[..., PARTS.index(f"{side} sleeve")] / cloth for side, own in WEARER.items()}


def look(picture: np.ndarray, quarters: int | None = None) -> Sight:
    """Look at a picture (H, W, 3) or (H, W, 4) uint8 (straight alpha).

    quarters: quarter turns clockwise that make it upright, where somebody knows; None turns it where that is sure.
    """
    rgb = _opaque(picture)
    encoder = network()
    views, frame = _views(encoder, rgb)
    if quarters is None:
        turns = views.attributes["turn"][0]
        quarters = int(turns.argmax()) if float(turns.max()) > _SURE_TURN else 0
    if quarters:
        rgb = np.ascontiguousarray(np.rot90(rgb, -quarters))
        views, frame = _views(encoder, rgb)
    return _read(views, frame, quarters, (rgb.shape[1], rgb.shape[0]))


def read(reader: GarmentReader, rgb: np.ndarray) -> Sight:
    """What a network sees in an upright picture (H, W, 3) uint8."""
    return _read(*_views(reader, rgb), 0, (rgb.shape[1], rgb.shape[0]))


@dataclass(frozen=True)
class _Frame:
    """Where the picture lies in the square: (x, y) of the picture is (x + 0.5) * factor - 0.5 + offset."""

    factor: float
    offset: np.ndarray
    size: tuple[int, int]  # of the picture in the square, width and height


@cache
def network() -> GarmentEncoder:
    """The encoder that ships, read once."""
    return weights.load_garment_encoder()


def _opaque(picture: np.ndarray) -> np.ndarray:
    if picture.shape[2] == 3:
        return picture
    alpha = picture[..., 3:].astype(np.float32) / 255
    return np.round(picture[..., :3] * alpha + GROUND * (1 - alpha)).astype(np.uint8)


def _views(reader: GarmentReader, rgb: np.ndarray) -> tuple[GarmentViews, _Frame]:
    """The network's two looks, their probabilities averaged; maps as logarithms."""
    square, frame = _in_square(rgb)
    picture = torch.from_numpy(square).permute(2, 0, 1)[None].float() / 255
    with torch.inference_mode():
        views = reader(torch.cat((picture, picture.flip(-1))))
    maps, exists, seen, parts, attributes = views
    maps = maps.flatten(2).softmax(-1).view_as(maps)
    maps = (maps[:1] + maps[1:].flip(-1)[:, MIRRORED_LANDMARKS]).clamp_min(1e-12).log()
    exists, seen = (_mean(p.sigmoid(), p.sigmoid()[:, MIRRORED_LANDMARKS]) for p in (exists, seen))
    parts = parts.softmax(1)
    parts = (parts[:1] + parts[1:].flip(-1)[:, MIRRORED_PARTS]) / 2
    odds = {name: logits.softmax(1) for name, logits in attributes.items()}
    mirrored = {name: odds[_SWAPPED.get(name, name)] for name in odds}
    mirrored["turn"] = odds["turn"][:, _MIRRORED_TURN]
    answers = {name: _mean(odds[name], mirrored[name]) for name in odds}
    return GarmentViews(maps, exists, seen, parts, answers), frame


def _mean(plain: Tensor, mirrored: Tensor) -> Tensor:
    return (plain[:1] + mirrored[1:]) / 2


def in_square(picture: np.ndarray) -> tuple[np.ndarray, float, np.ndarray]:
    """A cut-out (H, W, 4) uint8 as the co-attention looks at it: (256, 256, 4) uint8 on grey, RGB and alpha; with the factor
    and the offset (x, y) that take (pixel + 0.5) of the cut-out into the square.
    """
    rgb, frame = _in_square(_opaque(picture))
    alpha = cv2.resize(picture[..., 3], frame.size, interpolation=cv2.INTER_AREA)
    square = np.zeros((SIZE, SIZE, 4), np.uint8)
    square[..., :3] = rgb
    left, top = frame.offset.astype(int)
    square[top : top + frame.size[1], left : left + frame.size[0], 3] = alpha
    return square, frame.factor, frame.offset


def tokens(square: np.ndarray) -> Tensor:
    """(1, 193, 16, 16) float32: a garment's tokens for the co-attention, of a square from ``in_square``."""
    picture = torch.from_numpy(square).permute(2, 0, 1)[None].float() / 255
    with torch.inference_mode():
        return network().tokens(picture[:, :3].contiguous(memory_format=torch.channels_last), picture[:, 3:])


def _in_square(rgb: np.ndarray) -> tuple[np.ndarray, _Frame]:
    height, width = rgb.shape[:2]
    factor = SIZE / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)
    left, top = (SIZE - size[0]) // 2, (SIZE - size[1]) // 2
    square = cv2.copyMakeBorder(small, top, SIZE - size[1] - top, left, SIZE - size[0] - left, cv2.BORDER_REPLICATE)
    return square, _Frame(factor, np.array([left, top], np.float32), size)


def _read(views: GarmentViews, frame: _Frame, quarters: int, size: tuple[int, int]) -> Sight:
    found = places(views.maps)
    points = (found.points[0].numpy() + 0.5 - frame.offset) / frame.factor - 0.5
    half = SIZE // views.parts.shape[-1]
    left, top = (frame.offset / half).astype(int)
    width, height = max(1, frame.size[0] // half), max(1, frame.size[1] // half)
    parts = views.parts[0, :, top : top + height, left : left + width].permute(1, 2, 0).numpy()
    return Sight(
        quarters=quarters,
        answers={
            name: dict(zip(choices, views.attributes[name][0].tolist(), strict=True))
            for name, choices in ATTRIBUTES.items()
        },
        points={name: (float(x), float(y)) for name, (x, y) in zip(LANDMARKS, points, strict=True)},
        exists=dict(zip(LANDMARKS, views.exists[0].tolist(), strict=True)),
        seen=dict(zip(LANDMARKS, views.seen[0].tolist(), strict=True)),
        certainty=dict(zip(LANDMARKS, found.certainty[0].tolist(), strict=True)),
        parts=np.ascontiguousarray(parts),
        size=size,
    )
