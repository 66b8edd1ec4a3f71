"""The tables that the parser starts from: which label stands where on a body, and how like the skin it looks.

They were counted on the CC0 catwalk set by ``training.prior_tables`` and ship as ``labels_prior.npz``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from fashionmirror_core.body.coordinates import BodyCoordinates, cell_of
from fashionmirror_core.person.skin import SkinColor
from fashionmirror_core.vocabulary import Label

PARSED: tuple[Label, ...] = tuple(label for label in Label if label not in (Label.BACKGROUND, Label.DRESS))
"""The labels that the parser tells apart; it shares a dress between upper and lower clothes."""
HAIR, HEAD, ARMS, LEGS, TORSO, UPPER, LOWER, SHOES, ACCESSORY = range(len(PARSED))
"""The columns of arrays of label probabilities, (N, 9), in the order of ``PARSED``."""
SKIN = (HEAD, ARMS, LEGS, TORSO)

# The person's skin: cells of chroma distance x relative brightness (both in spreads of the face).
TONE_CELLS = 14
TONE_RANGE = (0.0, 7.0)
SHADE_RANGE = (-5.0, 5.0)
TEXTURE_CELLS = 12
TEXTURE_RANGE = (-1.5, 3.5)  # log of the lightness' standard deviation nearby

TONE_TRUST, TEXTURE_TRUST = 0.7, 0.3


@dataclass(frozen=True)
class Prior:
    """Tables counted on labelled pictures.

    place: (kinds, ALONG, ACROSS, 8) float32, probability of all labels but ACCESSORY on a kind of bone; all clothes count
    as UPPER, and LOWER is zero. split: (kinds, ALONG, ACROSS), probability that clothes there are the upper piece of two.
    tone: (9, TONE_CELLS, TONE_CELLS), log-likelihood of each label by distance from the person's skin, against the mean of
    the labels. texture: (9, TEXTURE_CELLS), the same by roughness.
    """

    place: np.ndarray
    split: np.ndarray
    tone: np.ndarray
    texture: np.ndarray

    def on(self, body: BodyCoordinates, points: np.ndarray) -> np.ndarray:
        """(N, 9): label probabilities of points (N, 2) by their place on the body alone."""
        result = np.zeros((len(points), len(PARSED)), np.float32)
        share = np.zeros(len(points), np.float32)
        for bone, own, weight, row, column in body.cells(points):
            result[own, :ACCESSORY] += weight[:, None] * _interpolated(self.place[bone.kind], row, column)
            share[own] += weight * _interpolated(self.split[bone.kind][..., None], row, column)[:, 0]
        clothes = result[:, UPPER].copy()
        result[:, UPPER], result[:, LOWER] = clothes * share, clothes * (1 - share)
        return result

    def evidence(self, skin: SkinColor, tones: np.ndarray, roughness: np.ndarray) -> np.ndarray:
        """(N, 9) log-likelihoods of the labels for pixels with these tones (N, 3) and this roughness (N,)."""
        chroma, shade = skin.distance(tones)
        row, column = cell_of(chroma, TONE_RANGE, TONE_CELLS), cell_of(shade, SHADE_RANGE, TONE_CELLS)
        rough = cell_of(roughness, TEXTURE_RANGE, TEXTURE_CELLS)
        by_texture = _interpolated(np.stack([self.texture.T] * 2, 1), rough, np.zeros_like(rough))
        by_tone = _interpolated(np.moveaxis(self.tone, 0, -1), row, column)
        return TONE_TRUST * by_tone + TEXTURE_TRUST * by_texture


def _interpolated(table: np.ndarray, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Bilinear look-up of table (R, C, K) at fractional rows and columns (N,) -> (N, K)."""
    top = np.minimum(row.astype(np.intp), table.shape[0] - 2)
    left = np.minimum(column.astype(np.intp), table.shape[1] - 2)
    down, right = (row - top)[:, None].astype(np.float32), (column - left)[:, None].astype(np.float32)
    upper = table[top, left] * (1 - right) + table[top, left + 1] * right
    lower = table[top + 1, left] * (1 - right) + table[top + 1, left + 1] * right
    return upper * (1 - down) + lower * down


@lru_cache(maxsize=1)
def load_prior() -> Prior:
    """The tables that ship with the package."""
    with np.load(Path(__file__).with_name("labels_prior.npz"), allow_pickle=False) as tables:
        place, split = (tables[name].astype(np.float32) / 255 for name in ("place", "split"))
        return Prior(place, split, *(tables[name].astype(np.float32) for name in ("tone", "texture")))
