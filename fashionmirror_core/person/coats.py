"""A coat that reaches below the hips is one piece, told from the trousers under it by its colours (docs/method.md,
"Parsing").

The networks know two pieces, and take the skirts of a long coat for a dress's or for the trousers. A new top would be worn
over half an old coat.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from fashionmirror_core.body.proportions import Body
from fashionmirror_core.imaging.masks import disc
from fashionmirror_core.imaging.palette import palette
from fashionmirror_core.person.labels import Parsing
from fashionmirror_core.vocabulary import LEG_PARTS, Part, Side

SHIN_HALF = 0.014  # statures to each side of a shin's bone, where trousers are sure
TROUSERS = 0.5  # of the shins, above the shoes, that are called trousers
SKIN_HUES, SKIN_DARKER, BARE = 14.0, -35.0, 0.5
"""In Lab, from the face's skin: hue and lightness of skin; and its share, from which legs called trousers are bare."""
COLORS, ROUNDS = 16, 8  # of the clothes' palette
MORE_OFTEN, AS_OFTEN = 3.0, 1.0  # that the top has a colour than the shins, before and after there is a coat for sure
LIGHTNESS = 0.6  # of its difference, that counts: shade changes it first
GRAIN = 0.008  # statures: finer patches are noise or a pattern
BELOW_HIPS = 0.08  # statures that a coat reaches at least
SMALLEST = 0.012  # statures squared, of its skirts
BESIDE = 0.3  # of them that lies beside the legs: the thighs of old jeans are paler than their shins


def with_whole_coat(parsing: Parsing, image: np.ndarray, body: Body) -> Parsing:
    """The labels with the skirts of a coat over trousers called upper clothes.

    image: (H, W, 3) uint8, the stage. body: in its pixels.
    """
    skirts = _skirts(parsing, image, body)
    if not skirts.any():
        return parsing
    moved = parsing.lower * skirts
    return replace(parsing, upper=parsing.upper + moved, lower=parsing.lower - moved)


def _skirts(parsing: Parsing, image: np.ndarray, body: Body) -> np.ndarray:
    """(H, W) float32 of 0 and 1: what of the lower clothes is a coat's."""
    stature, nothing = body.stature, np.zeros(parsing.lower.shape, np.float32)
    upper, lower = parsing.upper > 0.5, parsing.lower > 0.5
    shins = np.zeros(lower.shape, np.uint8)
    for side in Side:
        knee, ankle = (np.round(joint).astype(int).tolist() for joint in body.leg(side)[1:3])
        cv2.line(shins, knee, ankle, (1,), 2 * round(SHIN_HALF * stature) + 1)
    shown = (shins > 0) & (parsing.shoes < 0.5)
    trousers = lower & shown
    if not upper.any() or trousers.sum() < max(TROUSERS * shown.sum(), 1):
        return nothing
    hue, light = parsing.skin.apart(image)
    if ((hue < SKIN_HUES) & (light > SKIN_DARKER))[trousers].mean() > BARE:
        return nothing
    clothes = upper | lower
    color = _palette(image, clothes)
    top, shin = (np.bincount(color[mask], minlength=COLORS) / mask.sum() for mask in (upper, trousers))
    legs = np.maximum.reduce(
        [body.silhouette(part, (lower.shape[0], lower.shape[1])) for part in (Part.TRUNK, *LEG_PARTS)]
    )
    sure = _hanging(lower & (top > MORE_OFTEN * shin + 1e-3)[color], upper, lower, stature)
    low = sure & (np.arange(len(lower))[:, None] > body.mid_hip[1] + BELOW_HIPS * stature)
    if low.sum() < SMALLEST * stature**2 or (low & (legs < 0.5)).sum() < BESIDE * low.sum():
        return nothing
    # There is a coat: now the likelier one has each colour.
    own = _hanging(lower & (top > AS_OFTEN * shin)[color], upper, lower, stature)
    return own.astype(np.float32)


def _hanging(found: np.ndarray, upper: np.ndarray, lower: np.ndarray, stature: float) -> np.ndarray:
    """(H, W) bool: the patches of lower clothes (H, W) bool, without their grain, that hang on upper ones."""
    patches = found.astype(np.uint8)
    for change in (cv2.MORPH_CLOSE, cv2.MORPH_OPEN):
        patches = cv2.morphologyEx(patches, change, disc(GRAIN * stature))
    patches &= lower
    _, pieces = cv2.connectedComponents(patches)
    touching = cv2.dilate(upper.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return np.isin(pieces, np.setdiff1d(pieces[touching], [0]))


def _palette(image: np.ndarray, where: np.ndarray) -> np.ndarray:
    """(H, W): the number of each pixel's colour among ``COLORS`` of those where (H, W) bool; elsewhere 0."""
    lab = cv2.cvtColor(cv2.GaussianBlur(image, (3, 3), 0).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    lab *= np.array([LIGHTNESS, 1, 1], np.float32)
    result = np.zeros(where.shape, np.intp)
    result[where], _ = palette(lab[where], COLORS, ROUNDS, 0.5)
    return result
