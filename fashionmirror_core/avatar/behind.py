"""What a piece of the photo shows from behind (docs/method.md, "The avatar").

A limb shows its front again. A trunk shows the cloth of its outermost layer: without neckline, collar and lapels, without
the shirt that an open jacket or coat leaves free, and down to the hem all across.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage

from fashionmirror_core.avatar.plain import plain_cloth, without_light
from fashionmirror_core.avatar.surface import Texture
from fashionmirror_core.body.fitted import LEG_OF, Bone, FittedBody
from fashionmirror_core.cloth.ground import SIDE, in_palette, outer
from fashionmirror_core.imaging.alpha import colors_of, premultiplied
from fashionmirror_core.imaging.boxes import Box, bounding_box, grown, window
from fashionmirror_core.imaging.channels import joined, spread
from fashionmirror_core.imaging.levels import to_8bit
from fashionmirror_core.imaging.masks import disc
from fashionmirror_core.imaging.nearest import nearest_known
from fashionmirror_core.imaging.patching import patched

NECKLINE_DEPTH = 0.012  # statures below the base of the neck, to which the back of a neckline reaches
COLLAR = 0.022  # statures: how wide a front's collar or edging is
NECK_HALF = 0.045  # statures from the middle of a neckline at the back, at which it is at the neck's sides
SHALLOW = 0.10  # statures: how far down the chest a neckline is closed on the back
RIM = 0.005  # statures from the outline, within which colours have the background in them
SURE = 0.003  # statures from the outline, from which on cloth is certain
SOLID = 230  # of 255: alpha of a pixel that shows the piece alone
ROUNDED = 2  # of 255: colours that differ by no more are the same
FEWEST = 40  # pixels of cloth that a back is made of
OF_SLEEVES = 0.4  # of the trunk's sides that have the sleeves' colours, where both are one garment
SHOULDERS = 0.35  # of the top's height: there an open jacket is widest
PALETTE = 160  # pixels, longer side of the picture in which the two are compared
RARE, FEW = 0.1, 0.05  # share of the sleeves' colours, and of the outer layer's, that aren't taken for theirs
CENTRE = 0.03  # statures from the middle, within which an opening lies
PIECE = 0.01  # of the top: what is smaller is no opening, shirt or tie
BOTH_SIDES = 0.015  # statures from the middle, beyond which a garment must reach on either side to close behind
GAP = 0.03  # statures of its height, in which a garment isn't seen on both sides: something is held before it
FOLDS, EVENED = 0.02, 0.5
"""Statures: what is coarser on a plain skirt or trousers is light and folds; how much of it goes."""
LIGHT = 0.15  # of the longer side: what is coarser is light, not texture


def rimless(texture: Texture, stature: float) -> Texture:
    """The piece as seen from behind: its rim has the colours next to it, not the background's."""
    box = bounding_box(texture.picture[..., 3] > 0)
    if box is None:
        return texture
    here = window(grown(box, 1, texture.clothing.shape))
    picture = texture.picture[here]
    alpha = picture[..., 3]
    core = cv2.erode((alpha >= SOLID).astype(np.uint8), disc(RIM * stature))
    place, away = nearest_known(core, 5)
    changed = (alpha > 0) & (core == 0) & (away < 3 * max(1.0, RIM * stature) + 1)
    if not changed.any() or not core.any():
        return texture
    inner = picture.reshape(-1, 4)[place[changed]].astype(np.float32)
    result = texture.picture.copy()
    colors = inner[:, :3] / np.maximum(inner[:, 3:], 1) * alpha[changed][:, None]
    result[here][changed, :3] = to_8bit(colors)
    return Texture(result, texture.clothing)


def not_hidden(worn: np.ndarray, front: Texture, back: Texture) -> np.ndarray:
    """(h, w): clothes ``worn`` (h, w) in [0, 1] where a back shows them as its front does: an open coat hides them there."""
    same = cv2.absdiff(front.picture, back.picture).max(-1) <= ROUNDED
    return np.where(same, worn, 0).astype(np.float32)


def plain_behind(backs: Mapping[str, Texture], worn: Mapping[str, np.ndarray], stature: float) -> dict[str, Texture]:
    """Pieces from behind, on one box, whose skirt or trousers of one colour show nothing there of what is before them: fly,
    pockets, bags, nor the front's light. worn: of each, (h, w) in [0, 1], where the photo shows them. stature: pixels.
    """
    shape = next(iter(worn.values())).shape
    rgb, own = np.zeros((*shape, 3), np.float32), np.zeros(shape, bool)
    for name, texture in backs.items():
        seen = (texture.picture[..., 3] > SOLID) & (worn[name] > 0.5)
        rgb[seen], own[seen] = colors_of(texture.picture)[seen], True
    box = bounding_box(own)
    if box is None or own.sum() < FEWEST:
        return dict(backs)
    here = window(grown(box, round(RIM * stature) + 1, own.shape))
    own, front = own[here], to_8bit(rgb[here])
    clean = plain_cloth(front, own, np.zeros_like(own), stature)
    if clean is None or clean.sum() < FEWEST:
        return dict(backs)
    sigma = FOLDS * stature
    filled = to_8bit(patched(front.astype(np.float32), own & ~clean, clean, sigma))
    even = filled + EVENED * (without_light(filled, own, sigma)[0] - filled)
    result = {}
    for name, texture in backs.items():
        picture = texture.picture.copy()
        alpha = picture[here][..., 3].astype(np.float32) / 255
        colors = colors_of(picture[here])
        picture[here] = premultiplied(colors + spread(worn[name][here]) * (even - colors), alpha)
        result[name] = Texture(picture, texture.clothing)
    return result


@dataclass(frozen=True)
class Worn:
    """What the trunk wears, all on one box of the photo. trunk: its front; sleeves: the arms' fronts. upper, cloth: (h, w)
    in [0, 1], where the photo shows a top, coat or dress, and clothes of any kind.
    """

    trunk: Texture
    sleeves: Sequence[Texture]
    upper: np.ndarray
    cloth: np.ndarray
    body: FittedBody
    box: Box

    def back(self) -> Texture:
        """The trunk from behind. It may reach beyond its front: a coat is open in front alone."""
        alpha = self.trunk.picture[..., 3]
        top = (self.upper > 0.5) & (alpha > SOLID)
        around = bounding_box(top)
        if around is None or top.sum() < FEWEST:
            return rimless(self.trunk, self._stature)
        sleeves = np.zeros(top.shape, bool)
        rgb = colors_of(self.trunk.picture)
        for texture in self.sleeves:
            own = (self.upper > 0.5) & (texture.picture[..., 3] > SOLID) & ~top
            rgb[own] = colors_of(texture.picture)[own]
            sleeves |= own
        around = bounding_box(top | sleeves) or around
        here = window(grown(around, round(0.02 * self._stature) + 2, top.shape))
        rgb, top, sleeves = rgb[here], top[here], sleeves[here]
        sure = disc(SURE * self._stature)
        cloth = cv2.erode((top | sleeves).astype(np.uint8), sure) > 0
        rows = np.arange(here[0].start, here[0].stop)
        middle = np.abs(np.arange(top.shape[1])[None] + here[1].start - self._middle(rows)[:, None])
        odd = inner_layer(rgb, top & cloth, sleeves & cloth, middle < CENTRE * self._stature)
        spanned = self._spanned(top, (top | sleeves) & ~odd, here) & self.below_neck(here)
        goes = spanned & (odd | ~top | self._collar(here)) & ~sleeves
        source = cloth & ~goes & ~odd
        if not goes.any() or source.sum() < FEWEST:
            return rimless(self.trunk, self._stature)
        filled = patched(rgb, goes, source, LIGHT * max(top.shape))
        share = cv2.GaussianBlur(goes.astype(np.float32), (0, 0), max(0.8, 0.0015 * self._stature))
        share = spread(np.maximum(share, goes))
        front = self.trunk.picture[here]
        whole = np.maximum(front[..., 3].astype(np.float32), 255 * spanned)
        color = rgb + share * (filled - rgb)
        picture = self.trunk.picture.copy()
        picture[here] = to_8bit(joined(np.clip(color, 0, 255) * spread(whole / 255), whole))
        return rimless(Texture(picture, self.trunk.clothing), self._stature)

    @property
    def _stature(self) -> float:
        return float(np.ptp(self.body.vertices[:, 1]))

    def _middle(self, rows: np.ndarray) -> np.ndarray:
        """x of the spine at rows of the box, and straight down from the hips."""
        neck = self.body.joints[Bone.NECK, :2]
        hips = self.body.joints[[bones[0] for bones in LEG_OF.values()], :2].mean(0)
        return np.interp(rows + self.box[1], [neck[1], hips[1]], [neck[0], hips[0]]) - self.box[0]

    def _spanned(self, top: np.ndarray, own: np.ndarray, here: tuple[slice, slice]) -> np.ndarray:
        """(h, w) bool: what lies between the left and the right side of a top (h, w) bool, row by row, where the outermost
        layer ``own`` (h, w) bool is on both sides.
        """
        middle, apart = self._middle(np.arange(here[0].start, here[0].stop)) - here[1].start, BOTH_SIDES * self._stature
        (first, last), (left, right) = _ends(own), _ends(top)
        both = (first < middle - apart) & (last > middle + apart)
        gap = 2 * round(GAP * self._stature) + 1
        both = cv2.morphologyEx(both.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((gap, 1), np.uint8))[:, 0] > 0
        runs, _ = ndimage.label(both)
        rows = np.flatnonzero(top.any(1))
        chest = rows[0] + round(SHOULDERS * (rows[-1] - rows[0]))
        both &= np.isin(runs, runs[: chest + 1])  # clothes hang from the shoulders
        x = np.arange(own.shape[1])[None]
        return both[:, None] & (x >= left[:, None]) & (x <= right[:, None])

    def below_neck(self, here: tuple[slice, slice]) -> np.ndarray:
        """(h, w) bool: what the back of a neckline leaves covered."""
        y, x = (np.arange(part.start, part.stop, dtype=float) for part in here)
        neck = self.body.joints[Bone.NECK]
        aside = np.clip((x + self.box[0] - neck[0]) / (NECK_HALF * self._stature), -1.5, 1.5)
        low = neck[1] - self.box[1] + NECKLINE_DEPTH * self._stature * (1 - 2 * aside**2)
        return y[:, None] > low[None]

    def _collar(self, here: tuple[slice, slice]) -> np.ndarray:
        """(h, w) bool: neckline and collar of the front."""
        alpha, cloth = self.trunk.picture[here][..., 3], self.cloth[here]
        y = np.arange(here[0].start, here[0].stop, dtype=float)[:, None] + self.box[1]
        above = y < self.body.joints[Bone.NECK, 1] + SHALLOW * self._stature
        return (
            cv2.dilate(((cloth < 0.5) & (alpha > 127) & above).astype(np.uint8), disc(COLLAR / 2 * self._stature)) > 0
        )


def inner_layer(rgb: np.ndarray, top: np.ndarray, sleeves: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """(h, w) bool: what an open jacket or coat shows in the middle, and other things that only a front has there: it hasn't
    the colours of the sides, nor of the sleeves where these are of the same garment as the sides.
    """
    scale = min(1.0, PALETTE / max(top.shape))
    small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    lab = cv2.GaussianBlur(cv2.cvtColor(small / np.float32(255), cv2.COLOR_RGB2LAB), (0, 0), 0.8)

    def reduced(mask: np.ndarray, least: float) -> np.ndarray:
        return cv2.resize(mask.astype(np.float32), lab.shape[1::-1], interpolation=cv2.INTER_AREA) > least

    inside, beside = reduced(top, 0.5), reduced(outer(top, SIDE), 0.9)
    known = reduced(sleeves, 0.9)
    alike = in_palette(lab, known, RARE) if known.any() else ~inside
    if not beside.any():
        return np.zeros(top.shape, bool)
    rows = np.flatnonzero(inside.any(1))
    shoulders = beside & (np.arange(len(inside)) < rows[0] + SHOULDERS * (rows[-1] - rows[0]))[:, None]
    of_one = alike[shoulders if shoulders.any() else beside].mean() > OF_SLEEVES
    own = known | (beside & alike) if of_one else beside
    odd = inside & ~in_palette(lab, own, FEW)
    odd = cv2.morphologyEx(odd.astype(np.uint8), cv2.MORPH_CLOSE, disc(2))
    odd = cv2.morphologyEx(odd, cv2.MORPH_OPEN, disc(1))
    count, labels = cv2.connectedComponents(odd)
    area = np.bincount(labels.ravel(), minlength=count)
    central = np.bincount(labels.ravel(), reduced(middle, 0.5).ravel(), count) > 0
    chosen = central & (area > PIECE * inside.sum())
    chosen[0] = False
    found = cv2.dilate(chosen[labels].astype(np.uint8), disc(2))
    return cv2.resize(found, top.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0


def _ends(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first and the last column of each row of a mask (h, w), specks left out; none in an empty row."""
    solid = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, disc(1)) > 0
    there = solid.any(1)
    first, last = solid.argmax(1), mask.shape[1] - 1 - solid[:, ::-1].argmax(1)
    return np.where(there, first, mask.shape[1]), np.where(there, last, -1)
