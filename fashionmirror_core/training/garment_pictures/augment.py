"""Batches of garment pictures, varied while they are learned from: place, turn, mirror image, light, floor.

Everything happens on tensors, on whatever device the pictures are.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from fashionmirror_core.networks.garment_encoder import ATTRIBUTES, MIRRORED_LANDMARKS, MIRRORED_PARTS, PARTS, SIZE
from fashionmirror_core.training.garment_pictures.records import UNKNOWN

_TURN = list(ATTRIBUTES).index("turn")
_CUT = list(ATTRIBUTES).index("cut")
_SLEEVES = [list(ATTRIBUTES).index(f"{side}_sleeve") for side in ("left", "right")]


@dataclass
class Batch:
    """pictures: (N, 3, S, S) float in [0, 1]. parts: (N, S', S') long, UNKNOWN is not counted. points: (N, K, 2) pixels
    of the picture. state: (N, K), 0 not there, 1 guessed, 2 seen, 3 unknown. attributes: (N, A) long, -1 unknown.
    """

    pictures: Tensor
    parts: Tensor
    points: Tensor
    state: Tensor
    attributes: Tensor


def varied(batch: Batch, floors: Tensor, generator: torch.Generator, strength: float = 1.0) -> Batch:
    """Another view of each picture at SIZE x SIZE. floors: (F, 3, S, S) in [0, 1] to lie on instead of its own.

    strength: 1 for training; 0 leaves every picture as it is, at the network's size.
    """
    pictures, device = batch.pictures, batch.pictures.device
    count, side = len(pictures), pictures.shape[-1]

    def draw(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator, device=device)

    def spread(low: float, high: float) -> Tensor:
        return low + (high - low) * draw(count)

    if strength > 0:
        pictures = _on_other_floors(pictures, batch.parts, floors, draw)
    angle = torch.zeros(count, device=device)
    quarter = torch.zeros(count, dtype=torch.long, device=device)
    mirror = torch.zeros(count, dtype=torch.bool, device=device)
    matrix = torch.eye(2, device=device).repeat(count, 1, 1)
    shift = torch.zeros(count, 2, device=device)
    tilt = torch.zeros(count, 2, device=device)
    if strength > 0:
        wide = draw(count) < 0.25
        angle = torch.where(wide, spread(-45, 45), spread(-14, 14)) * strength
        quarter = torch.where(
            draw(count) < 0.3, torch.randint(0, 4, (count,), generator=generator, device=device), quarter
        )
        mirror = draw(count) < 0.5
        scale = torch.where(draw(count) < 0.2, spread(1.2, 1.6), spread(0.75, 1.2))  # of the square that is looked at
        stretch, shear = torch.exp(spread(-0.13, 0.13)), spread(-0.1, 0.1)
        stretched = torch.stack(
            (torch.stack((stretch, shear), 1), torch.stack((torch.zeros_like(shear), 1 / stretch), 1)), 1
        )
        matrix = stretched * scale[:, None, None]
        shift = (draw(count, 2) - 0.5) * 0.35
        tilt = (draw(count, 2) - 0.5) * 0.24 * (draw(count, 1) < 0.4)
    radians = (angle + 90.0 * quarter) * math.pi / 180
    turn = torch.stack(
        (torch.stack((radians.cos(), -radians.sin()), 1), torch.stack((radians.sin(), radians.cos()), 1)), 1
    )
    flip = torch.diag_embed(torch.stack((1 - 2 * mirror.float(), torch.ones(count, device=device)), 1))
    # From places of the new picture (-1 .. 1) to those of the old: p -> flip(turn(matrix p + shift)), over 1 + tilt . p.
    linear = flip @ turn @ matrix
    offset = (flip @ turn @ shift[..., None])[..., 0]
    homography = torch.zeros(count, 3, 3, device=device)
    homography[:, :2, :2], homography[:, :2, 2] = linear, offset
    homography[:, 2, :2], homography[:, 2, 2] = tilt, 1
    grid = _through(homography, _places(SIZE, device).expand(count, -1, -1)).view(count, SIZE, SIZE, 2)
    seen = F.grid_sample(pictures, grid, mode="bilinear", padding_mode="border", align_corners=False)
    half = _through(homography, _places(SIZE // 2, device).expand(count, -1, -1)).view(count, SIZE // 2, SIZE // 2, 2)
    known = (
        F.grid_sample((batch.parts + 1).float().unsqueeze(1), half, mode="nearest", align_corners=False)[:, 0].long()
        - 1
    )
    parts = torch.where(known < 0, torch.zeros_like(known), known)

    old = (batch.points + 0.5) * (2 / side) - 1
    new = _through(torch.linalg.inv(homography), old)
    points = (new + 1) * (SIZE / 2) - 0.5
    state, attributes = batch.state.clone(), batch.attributes.clone()
    outside = ((points < -3) | (points > SIZE + 2)).any(-1)
    state[outside & ((state == 1) | (state == 2))] = 3
    cut = outside & ((batch.state == 1) | (batch.state == 2))
    attributes[cut.any(1), _CUT] = torch.where(attributes[cut.any(1), _CUT] >= 0, 1, -1)
    attributes[:, _TURN] = torch.where(attributes[:, _TURN] >= 0, _turned(attributes[:, _TURN], quarter, mirror), -1)
    attributes[_askew(angle), _TURN] = -1
    order = torch.tensor(MIRRORED_LANDMARKS, device=device)
    points = torch.where(mirror[:, None, None], points[:, order], points)
    state = torch.where(mirror[:, None], state[:, order], state)
    swapped = attributes.clone()
    swapped[:, _SLEEVES] = attributes[:, _SLEEVES[::-1]]
    attributes = torch.where(mirror[:, None], swapped, attributes)
    table = torch.tensor([*MIRRORED_PARTS, *range(len(PARTS), UNKNOWN + 1)], device=device)
    parts = torch.where(mirror[:, None, None], table[parts], parts)
    if strength > 0:
        seen = _in_other_light(seen, draw)
    return Batch(seen.clamp(0, 1), parts, points, state, attributes)


def _askew(angle: Tensor) -> Tensor:
    """Where a picture is turned so far that it is neither upright nor on its side."""
    return angle.abs() > 32


def _turned(turn: Tensor, quarter: Tensor, mirror: Tensor) -> Tensor:
    """The label "turn" (quarter turns clockwise that make it upright) after looking at it through ``quarter`` turns.

    A look turned by +90 degrees (y points down: clockwise) shows the picture turned counter-clockwise, which one more
    clockwise turn makes upright. A mirror image turns the other way.
    """
    own = torch.where(mirror, (4 - turn) % 4, turn)
    return (own + quarter) % 4


def _places(side: int, device: torch.device) -> Tensor:
    """(side * side, 2) pixel centres in -1 .. 1, x then y."""
    line = (torch.arange(side, device=device, dtype=torch.float32) + 0.5) * (2 / side) - 1
    y, x = torch.meshgrid(line, line, indexing="ij")
    return torch.stack((x, y), -1).view(-1, 2)


def _through(homography: Tensor, places: Tensor) -> Tensor:
    """places (N, P, 2) through (N, 3, 3)."""
    moved = places @ homography[:, :2, :2].transpose(1, 2) + homography[:, None, :2, 2]
    return moved / (places @ homography[:, 2, :2, None] + homography[:, None, 2, 2:]).clamp_min(0.2)


def _on_other_floors(pictures: Tensor, parts: Tensor, floors: Tensor, draw: Callable[..., Tensor]) -> Tensor:
    count = len(pictures)
    known = (parts != UNKNOWN).flatten(1).all(1) & (parts > 0).flatten(1).any(1)
    swap = known & (draw(count) < 0.35)
    cloth = (parts > 0).float().unsqueeze(1)
    cloth = F.interpolate(cloth, size=pictures.shape[-2:], mode="bilinear", align_corners=False)
    cloth = F.avg_pool2d(F.pad(cloth, (1, 1, 1, 1), mode="replicate"), 3, 1)
    pick = floors[(draw(count) * len(floors)).long().clamp_max(len(floors) - 1)]
    pick = torch.where((draw(count) < 0.5)[:, None, None, None], pick.flip(-1), pick)
    flat = draw(count, 3)[..., None, None].expand_as(pick)
    white = torch.ones_like(flat)
    chance = draw(count)[:, None, None, None]
    ground = torch.where(chance < 0.6, pick, torch.where(chance < 0.85, white, flat))
    return torch.where(swap[:, None, None, None], cloth * pictures + (1 - cloth) * ground, pictures)


def _in_other_light(pictures: Tensor, draw: Callable[..., Tensor]) -> Tensor:
    count = len(pictures)

    def each(low: float, high: float) -> Tensor:
        return (low + (high - low) * draw(count))[:, None, None, None]

    x = pictures.clamp(1e-3, 1) ** torch.exp(each(-0.35, 0.35))
    x = (x - 0.5) * each(0.75, 1.25) + 0.5 + each(-0.1, 0.1)
    x = x * (1 + (draw(count, 3)[..., None, None] - 0.5) * 0.24)
    grey = x.mean(1, keepdim=True)
    x = grey + (x - grey) * each(0.6, 1.4)
    order = torch.argsort(draw(count, 3), dim=1)
    recoloured = torch.gather(x, 1, order[..., None, None].expand_as(x))
    x = torch.where((draw(count) < 0.2)[:, None, None, None], recoloured, x)
    coarse = F.interpolate(x, scale_factor=0.5, mode="area")
    blurred = F.interpolate(coarse, size=x.shape[-2:], mode="bilinear", align_corners=False)
    x = torch.where((draw(count) < 0.2)[:, None, None, None], blurred, x)
    slope = (draw(count, 2) - 0.5) * 0.5
    line = torch.linspace(-1, 1, x.shape[-1], device=x.device)
    shade = 1 + slope[:, 0, None, None] * line[None, None, :] + slope[:, 1, None, None] * line[None, :, None]
    x = x * shade.clamp(0.4, 1.6).unsqueeze(1)
    return x + (draw(*x.shape) - 0.5) * each(0.0, 0.08)
