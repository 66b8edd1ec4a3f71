"""The light of the scene, as far as it changes when a person turns in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_STEP = 3  # every third pixel is enough for a direction
_FEWEST = 200  # of those pixels, to fit anything
_FACING = -0.25  # normal's z from which on a pixel isn't the rim, whose normal and colour are uncertain
_DARK, _BRIGHT = 15, 243  # grey levels between which brightness isn't cut off
_UNLIKE = 0.12  # share of a region's brightness by which a pixel's own colour differs: a print, a seam, a fold
_ROUNDS = 8
_PRIOR = 0.012  # weight of the default lamp, as a variance of normals that would speak for it
_DIFFUSE = (0.08, 0.45)  # what a fit may end in


@dataclass(frozen=True)
class Light:
    """One soft lamp and the light from everywhere. The default lamp is above the viewer's left shoulder.

    direction: (3,), towards the lamp in photo space. ambient, diffuse: the brightness of a surface that faces away, and what
    one that faces the lamp has besides.
    """

    direction: tuple[float, float, float] = (-0.25, -0.45, -0.86)
    ambient: float = 0.72
    diffuse: float = 0.28

    def packed(self) -> np.ndarray:
        """(5,) float32: the unit direction, ambient, diffuse."""
        direction = np.asarray(self.direction, np.float64)
        return np.array([*direction / np.linalg.norm(direction), self.ambient, self.diffuse], np.float32)

    @classmethod
    def fitted(cls, photo: np.ndarray, normals: np.ndarray, regions: np.ndarray) -> Light:
        """The lamp under which the photo's brightness follows the normals.

        photo: (H, W, 3) uint8. normals: (H, W, 3) float, photo space, NaN where there is none. regions: (H, W) int, places
        of one number are of about one colour (skin, one garment); below 0 they are left out.

        Colours of a region that differ from most are left out step by step, and the default lamp counts as an observation:
        where the photo says little, it stays.
        """
        normals = normals[::_STEP, ::_STEP].astype(np.float64)
        grey = photo[::_STEP, ::_STEP].astype(np.float64) @ (0.299, 0.587, 0.114)
        region = regions[::_STEP, ::_STEP]
        with np.errstate(invalid="ignore"):
            usable = (normals[..., 2] < _FACING) & (region >= 0) & (grey > _DARK) & (grey < _BRIGHT)
        if usable.sum() < _FEWEST:
            return cls()
        normals, grey = normals[usable], grey[usable]
        _, region = np.unique(region[usable], return_inverse=True)
        typical = np.array([np.median(grey[region == k]) for k in range(region.max() + 1)])
        slope = _slope(normals, grey / typical[region], region, cls().packed().astype(np.float64))
        strength = float(np.linalg.norm(slope))
        direction = slope / max(strength, 1e-9)
        if direction[2] > _FACING:  # from the side at most: a photo doesn't tell of light from behind
            direction[2] = _FACING
            direction /= np.linalg.norm(direction)
        diffuse = float(np.clip(strength, *_DIFFUSE))
        x, y, z = direction.tolist()
        return cls((x, y, z), 1 - diffuse * float(np.maximum(normals @ direction, 0).mean()), diffuse)


def _slope(normals: np.ndarray, brightness: np.ndarray, region: np.ndarray, lamp: np.ndarray) -> np.ndarray:
    """(3,) change of brightness with the normal, within regions; iteratively reweighted, with the lamp as prior."""
    prior = slope = lamp[:3] * lamp[4]
    ridge = _PRIOR * np.eye(3)
    weight = np.ones(len(normals))
    for _ in range(_ROUNDS):
        total = np.maximum(np.bincount(region, weight), 1e-9)

        def centred(values: np.ndarray, weight: np.ndarray = weight, total: np.ndarray = total) -> np.ndarray:
            return values - (np.bincount(region, weight * values) / total)[region]

        across, light = np.stack([centred(axis) for axis in normals.T], 1), centred(brightness)
        weighted = across * weight[:, None] / weight.sum()
        slope = np.linalg.solve(weighted.T @ across + ridge, weighted.T @ light + ridge @ prior)
        weight = 1 / (1 + ((light - across @ slope) / _UNLIKE) ** 2) ** 2
    return slope
