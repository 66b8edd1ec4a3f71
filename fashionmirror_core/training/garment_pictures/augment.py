"""Batches of garment pictures, varied while they are learned from: place, turn, mirror image, light, floor, cloth.

Everything happens on tensors, on whatever device the pictures are.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from fashionmirror_core.garment.close import GROUND, OF_PICTURE
from fashionmirror_core.networks.garment_encoder import ATTRIBUTES, MIRRORED_LANDMARKS, MIRRORED_PARTS, PARTS, SIZE
from fashionmirror_core.training.garment_pictures.records import UNKNOWN

_TURN = list(ATTRIBUTES).index("turn")
_CUT = list(ATTRIBUTES).index("cut")
_OF_SURROUNDINGS = [list(ATTRIBUTES).index(name) for name in OF_PICTURE]
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


@dataclass(frozen=True)
class _Ways:
    """How far pictures are moved while they are learned from.

    turn: degrees either way; wide: the share of pictures that turn by up to the second number. quarters: share that is
    turned by quarter turns. scale: of the square that is looked at; far: the share for which it is far larger. stretch:
    logarithm, either way. shift: of the square. tilt: of the perspective.
    """

    turn: float
    wide: tuple[float, float]
    quarters: float
    scale: tuple[float, float]
    far: tuple[float, float, float]
    stretch: float
    shift: float
    tilt: float


_WHOLE = _Ways(14, (0.25, 45), 0.3, (0.75, 1.2), (0.2, 1.2, 1.6), 0.13, 0.35, 0.24)
_ALONE = _Ways(9, (0.15, 25), 0.0, (0.95, 1.18), (0.0, 1.0, 1.0), 0.16, 0.14, 0.2)


@dataclass(frozen=True)
class _View:
    """homography: (N, 3, 3), places of the new picture (-1 .. 1) to those of the old: p -> flip(turn(matrix p + shift)),
    over 1 + tilt . p. angle: (N,) degrees; quarter: (N,) quarter turns; mirror: (N,) bool.
    """

    homography: Tensor
    angle: Tensor
    quarter: Tensor
    mirror: Tensor


def varied(batch: Batch, floors: Tensor, generator: torch.Generator, strength: float = 1.0) -> Batch:
    """Another view of each picture at SIZE x SIZE. floors: (F, 3, S, S) in [0, 1] to lie on instead of its own.

    strength: 1 for training; 0 leaves every picture as it is, at the network's size.
    """
    draw = _drawing(generator, batch.pictures.device)
    pictures = _on_other_floors(batch.pictures, batch.parts, floors, draw) if strength > 0 else batch.pictures
    view = _viewed(len(pictures), batch.pictures.device, _WHOLE if strength > 0 else None, generator, draw)
    seen = _sampled(pictures, view.homography)
    if strength > 0:
        seen = _in_other_light(seen, draw)
    return _moved(batch, view, seen.clamp(0, 1))


def varied_alone(batch: Batch, alphas: Tensor, generator: torch.Generator, strength: float = 1.0) -> Batch:
    """Another view of each cut-out on grey. alphas: (N, 1, S, S) in [0, 1], what the program cut out; where the parts
    are known, some are cut out by them instead. What is told by a garment's surroundings isn't asked.
    """
    draw = _drawing(generator, alphas.device)
    count = len(alphas)
    if strength > 0:
        known = (batch.parts != UNKNOWN).flatten(1).all(1)
        true = _softened((batch.parts > 0).float().unsqueeze(1))
        alphas = torch.where((known & (draw(count) < 0.35))[:, None, None, None], true, alphas)
        alphas = _cut_badly(alphas, draw)
    hidden = (batch.parts > 0) & (alphas[:, 0] < 0.1)
    batch = replace(batch, parts=torch.where(hidden, UNKNOWN, batch.parts), attributes=batch.attributes.clone())
    batch.attributes[:, _OF_SURROUNDINGS] = -1
    view = _viewed(count, alphas.device, _ALONE if strength > 0 else None, generator, draw)
    seen = _sampled(batch.pictures, view.homography)
    share = _sampled(alphas, view.homography, "zeros")
    if strength > 0:
        seen = _in_other_cloth(_in_other_light(seen, draw).clamp(0, 1), share, generator, draw)
    return _moved(batch, view, (seen * share + GROUND / 255 * (1 - share)).clamp(0, 1))


def _drawing(generator: torch.Generator, device: torch.device) -> Callable[..., Tensor]:
    return lambda *shape: torch.rand(*shape, generator=generator, device=device)


def _viewed(
    count: int, device: torch.device, ways: _Ways | None, generator: torch.Generator, draw: Callable[..., Tensor]
) -> _View:
    def spread(low: float, high: float) -> Tensor:
        return low + (high - low) * draw(count)

    angle = torch.zeros(count, device=device)
    quarter = torch.zeros(count, dtype=torch.long, device=device)
    mirror = torch.zeros(count, dtype=torch.bool, device=device)
    matrix = torch.eye(2, device=device).repeat(count, 1, 1)
    shift = torch.zeros(count, 2, device=device)
    tilt = torch.zeros(count, 2, device=device)
    if ways is not None:
        often, far = ways.wide
        angle = torch.where(draw(count) < often, spread(-far, far), spread(-ways.turn, ways.turn))
        quarters = torch.randint(0, 4, (count,), generator=generator, device=device)
        quarter = torch.where(draw(count) < ways.quarters, quarters, quarter)
        mirror = draw(count) < 0.5
        scale = torch.where(draw(count) < ways.far[0], spread(*ways.far[1:]), spread(*ways.scale))
        stretch, shear = torch.exp(spread(-ways.stretch, ways.stretch)), spread(-0.1, 0.1)
        stretched = torch.stack(
            (torch.stack((stretch, shear), 1), torch.stack((torch.zeros_like(shear), 1 / stretch), 1)), 1
        )
        matrix = stretched * scale[:, None, None]
        shift = (draw(count, 2) - 0.5) * ways.shift
        tilt = (draw(count, 2) - 0.5) * ways.tilt * (draw(count, 1) < 0.4)
    radians = (angle + 90.0 * quarter) * math.pi / 180
    turn = torch.stack(
        (torch.stack((radians.cos(), -radians.sin()), 1), torch.stack((radians.sin(), radians.cos()), 1)), 1
    )
    flip = torch.diag_embed(torch.stack((1 - 2 * mirror.float(), torch.ones(count, device=device)), 1))
    homography = torch.zeros(count, 3, 3, device=device)
    homography[:, :2, :2], homography[:, :2, 2] = flip @ turn @ matrix, (flip @ turn @ shift[..., None])[..., 0]
    homography[:, 2, :2], homography[:, 2, 2] = tilt, 1
    return _View(homography, angle, quarter, mirror)


def _sampled(pictures: Tensor, homography: Tensor, beyond: str = "border") -> Tensor:
    grid = _through(homography, _places(SIZE, pictures.device).expand(len(pictures), -1, -1))
    return F.grid_sample(pictures, grid.view(-1, SIZE, SIZE, 2), "bilinear", beyond, align_corners=False)


def _moved(batch: Batch, view: _View, pictures: Tensor) -> Batch:
    """What is known of the batch, as it is in these pictures of it, (N, 3, SIZE, SIZE)."""
    count, device, side = len(pictures), pictures.device, batch.pictures.shape[-1]
    homography, mirror = view.homography, view.mirror
    half = _through(homography, _places(SIZE // 2, device).expand(count, -1, -1)).view(count, SIZE // 2, SIZE // 2, 2)
    known = (
        F.grid_sample((batch.parts + 1).float().unsqueeze(1), half, mode="nearest", align_corners=False)[:, 0].long()
        - 1
    )
    parts = torch.where(known < 0, torch.zeros_like(known), known)

    old = (batch.points + 0.5) * (2 / side) - 1
    points = (_through(torch.linalg.inv(homography), old) + 1) * (SIZE / 2) - 0.5
    state, attributes = batch.state.clone(), batch.attributes.clone()
    outside = ((points < -3) | (points > SIZE + 2)).any(-1)
    state[outside & ((state == 1) | (state == 2))] = 3
    cut = outside & ((batch.state == 1) | (batch.state == 2))
    attributes[cut.any(1), _CUT] = torch.where(attributes[cut.any(1), _CUT] >= 0, 1, -1)
    turned = _turned(attributes[:, _TURN], view.quarter, mirror)
    attributes[:, _TURN] = torch.where(attributes[:, _TURN] >= 0, turned, -1)
    attributes[_askew(view.angle), _TURN] = -1
    order = torch.tensor(MIRRORED_LANDMARKS, device=device)
    points = torch.where(mirror[:, None, None], points[:, order], points)
    state = torch.where(mirror[:, None], state[:, order], state)
    swapped = attributes.clone()
    swapped[:, _SLEEVES] = attributes[:, _SLEEVES[::-1]]
    attributes = torch.where(mirror[:, None], swapped, attributes)
    table = torch.tensor([*MIRRORED_PARTS, *range(len(PARTS), UNKNOWN + 1)], device=device)
    parts = torch.where(mirror[:, None, None], table[parts], parts)
    return Batch(pictures, parts, points, state, attributes)


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
    cloth = _softened(F.interpolate(cloth, size=pictures.shape[-2:], mode="bilinear", align_corners=False))
    pick = floors[(draw(count) * len(floors)).long().clamp_max(len(floors) - 1)]
    pick = torch.where((draw(count) < 0.5)[:, None, None, None], pick.flip(-1), pick)
    flat = draw(count, 3)[..., None, None].expand_as(pick)
    white = torch.ones_like(flat)
    chance = draw(count)[:, None, None, None]
    ground = torch.where(chance < 0.6, pick, torch.where(chance < 0.85, white, flat))
    return torch.where(swap[:, None, None, None], cloth * pictures + (1 - cloth) * ground, pictures)


def _softened(mask: Tensor) -> Tensor:
    return F.avg_pool2d(F.pad(mask, (1, 1, 1, 1), mode="replicate"), 3, 1)


def _cut_badly(alphas: Tensor, draw: Callable[..., Tensor]) -> Tensor:
    """Here and there, in some pictures, a rim of floor stays or a rim of cloth is lost."""
    wider, narrower = F.max_pool2d(alphas, 7, 1, 3), -F.max_pool2d(-alphas, 5, 1, 2)
    chance = draw(len(alphas))[:, None, None, None]
    there = (
        F.interpolate(draw(len(alphas), 1, 9, 9), size=alphas.shape[-2:], mode="bilinear", align_corners=False) > 0.62
    )
    return torch.where((chance < 0.15) & there, wider, torch.where((chance > 0.85) & there, narrower, alphas))


def _in_other_cloth(pictures: Tensor, share: Tensor, generator: torch.Generator, draw: Callable[..., Tensor]) -> Tensor:
    """Some garments in the cloth of another, with their own folds: their kind doesn't hang on their cloth."""
    count, quarter = len(pictures), SIZE // 4
    others = pictures[torch.randperm(count, generator=generator, device=pictures.device)]
    cloth = others[:, :, quarter:-quarter, quarter:-quarter]
    cloth = F.interpolate(cloth, size=pictures.shape[-2:], mode="bilinear", align_corners=False)
    light = pictures.mean(1, keepdim=True)
    usual = (light * share).sum((2, 3), keepdim=True) / share.sum((2, 3), keepdim=True).clamp_min(1)
    recut = (cloth * (light / (usual + 0.05)).clamp(0.4, 1.7)).clamp(0, 1)
    return torch.where((draw(count) < 0.12)[:, None, None, None], recut, pictures)


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
