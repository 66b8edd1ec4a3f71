"""Rendered people as they are met in the street: other fabrics, open coats, tights, boots, bags, belts, long hair, hats.

`parsing` learns from them: rendered clips have exact labels but neither coats nor accessories, and photos have them
everywhere. All is painted over a small picture and its label map alike. Pictures are (H, W, 3) float32
RGB in [0, 1], label maps (H, W) uint8, values of ``Label``; joints (25, 3) in pixels. The inputs are left as they are.

See docs/method.md, "Learning".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from fashionmirror_core.skeleton import Joint
from fashionmirror_core.training.clips import GarmentPicture
from fashionmirror_core.training.synthesis.corruption import draped, fabric_of, recoloured, redressed
from fashionmirror_core.vocabulary import Category, Label

# Shares of the pictures in which each thing is done.
COAT, TIGHTS, BOOTS, BAG, SCARF, HAT, GLASSES, TAN = 0.3, 0.4, 0.15, 0.3, 0.12, 0.1, 0.2, 0.3
BELT, LONG_HAIR = 0.2, 0.3
MATCHING, SAME_SHOES = 0.12, 0.2  # top and lower, trousers and shoes of one cloth
NUDE = 0.1  # cloth of the skin's colour
CLOSED = 0.45  # of the coats
RECOLOURED, REDRESSED = 0.35, 0.4  # of garments; the rest stays as it is
OF_GARMENTS = 0.6  # of the regions that are painted over: with the cloth of a garment's picture
OF_ITS_KIND = 0.7  # of these garments: of the same category
DRAPED, DYED = 0.6, 0.4  # of such cloth: the whole picture instead of a piece of it; in another colour
CLOTHES = (Label.UPPER, Label.LOWER, Label.DRESS)
SKIN = (Label.HEAD, Label.ARMS, Label.LEGS, Label.TORSO)


@dataclass
class _Figure:
    """A picture, its labels and the person's joints while they are painted over. unit: the trunk's length in pixels."""

    image: np.ndarray
    labels: np.ndarray
    points: np.ndarray
    unit: float
    garments: Sequence[GarmentPicture]
    rng: np.random.Generator

    def mask(self, *labels: Label) -> np.ndarray:
        return np.isin(self.labels, labels)

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def garment(self, label: Label | None) -> GarmentPicture:
        """One of them, mostly of the label's kind."""
        alike = [garment for garment in self.garments if Category(garment.category).label == label]
        offered = alike if alike and self.chance(OF_ITS_KIND) else self.garments
        return offered[int(self.rng.integers(len(offered)))]

    def dye(self, region: np.ndarray) -> None:
        """The region in another colour, its light and folds kept."""
        self.image = np.clip(recoloured(self.image, _soft(region), self.rng), 0, 1)

    def cover(
        self, region: np.ndarray, label: Label | None, opacity: float = 1.0, color: np.ndarray | None = None
    ) -> None:
        """A garment's cloth, or one colour (3,), over a region (H, W) bool, which then counts as ``label``, if given."""
        if not region.any():
            return
        share = _soft(region) * np.float32(opacity)
        if color is None and self.garments and self.chance(OF_GARMENTS):
            picture = self.garment(label).image
            fabric = fabric_of(picture)
            if min(fabric.shape[:2]) < 8 or self.chance(DRAPED):
                self.image = draped(self.image, share, picture, self.rng)
            else:
                self.image = redressed(self.image, share, fabric, self.rng)
            if self.chance(DYED):
                self.dye(region)
        else:
            color = _plain_color(self.rng) if color is None else color
            light = self.image @ np.array([0.299, 0.587, 0.114], np.float32)
            shade = np.clip(light / max(float(light[region].mean()), 0.05), 0.5, 1.5) ** self.rng.uniform(0, 1)
            grain = 1 + self.rng.normal(0, self.rng.uniform(0, 0.12), region.shape)
            paint = np.clip(color * (shade * grain)[..., None], 0, 1).astype(np.float32)
            self.image = self.image + share[..., None] * (paint - self.image)
        if label is not None:
            self.labels = np.where(region, np.uint8(label), self.labels)


def _soft(region: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(region.astype(np.float32), (0, 0), 0.6)


def _plain_color(rng: np.random.Generator) -> np.ndarray:
    """(3,) float32: greys, browns and blacks are worn more often than bright colours are."""
    value, saturation = rng.uniform(0.03, 1.0) ** 1.3, rng.uniform(0, 1) ** 2 * 0.9
    return np.array(value * (1 - saturation * rng.uniform(0, 1, 3)), np.float32)


def restyled(
    image: np.ndarray,
    labels: np.ndarray,
    joints: np.ndarray,
    garments: Sequence[GarmentPicture],
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """The person in other clothes and with other things on. garments: pictures whose cloth is worn.

    Returns picture and labels; a coat, a bag or a hat may reach beyond the person's outline.
    """
    points = joints[:, :2].astype(np.float32)
    unit = max(float(np.linalg.norm(points[Joint.MID_HIP] - points[Joint.NECK])), 4.0)
    figure = _Figure(image.astype(np.float32), labels, points, unit, garments, rng)
    _tan(figure)
    for label in (*CLOTHES, Label.HAIR, Label.SHOES):
        region, draw = figure.mask(label), rng.random()
        if region.any():
            if draw < RECOLOURED:
                figure.dye(region)
            elif draw < RECOLOURED + REDRESSED and label != Label.HAIR:
                figure.cover(region, label)
    if figure.chance(MATCHING):
        figure.cover(figure.mask(Label.UPPER, Label.LOWER), None)
    if figure.chance(NUDE) and (skin := figure.mask(Label.HEAD, Label.ARMS)).any():
        tone = figure.image[skin].mean(0) * figure.rng.uniform(0.85, 1.15, 3)
        figure.cover(figure.mask(CLOTHES[int(figure.rng.integers(len(CLOTHES)))]), None, color=tone.astype(np.float32))
    changes = (
        (TIGHTS, _tights), (BOOTS, _boots), (SAME_SHOES, _same_shoes), (BELT, _belt), (COAT, _coat), (LONG_HAIR, _long_hair),
        (SCARF, _scarf), (HAT, _hat), (GLASSES, _glasses), (BAG, _bag),
    )  # fmt: skip
    for share, change in changes:
        if figure.chance(share):
            change(figure)
    return np.clip(figure.image, 0, 1).astype(np.float32), figure.labels


def _tan(figure: _Figure) -> None:
    """All skin lighter, darker, redder alike."""
    if figure.chance(TAN):
        gain = figure.rng.uniform(0.55, 1.2) * figure.rng.uniform(0.92, 1.08, 3)
        share = _soft(figure.mask(*SKIN))[..., None]
        figure.image = figure.image * (1 + share * (gain.astype(np.float32) - 1))


def _tights(figure: _Figure) -> None:
    """Bare legs, or all of them below a random height (stockings), in a sheer or a thick fabric."""
    legs = figure.mask(Label.LEGS)
    if figure.chance(0.3):
        knee = figure.points[[Joint.L_KNEE, Joint.R_KNEE], 1].min()
        legs &= _rows(legs.shape) > knee + figure.rng.uniform(-0.4, 0.2) * figure.unit
    figure.cover(legs, Label.ACCESSORY, opacity=figure.rng.uniform(0.5, 1.0))


def _boots(figure: _Figure) -> None:
    """Shoes that reach up the shank, over skin, tights and trousers."""
    height = figure.rng.uniform(0.15, 0.85)
    region = figure.mask(Label.SHOES)
    reach = region.copy()
    for knee, ankle in ((Joint.L_KNEE, Joint.L_ANKLE), (Joint.R_KNEE, Joint.R_ANKLE)):
        top = figure.points[ankle] + height * (figure.points[knee] - figure.points[ankle])
        reach |= _capsule(region.shape, top, figure.points[ankle], 0.26 * figure.unit)
    over = figure.mask(Label.LEGS, Label.ACCESSORY)
    lower = figure.mask(Label.LOWER)
    shank = round(float(figure.points[[Joint.L_KNEE, Joint.R_KNEE, Joint.L_ANKLE, Joint.R_ANKLE], 1].mean()))
    if 0 <= shank < len(lower) and lower[shank].sum() < 0.7 * figure.unit:  # trousers, and no skirt
        over |= lower
    region |= reach & over
    figure.cover(region, Label.SHOES)


def _same_shoes(figure: _Figure) -> None:
    """Shoes alike to the clothes above them, mostly dark: the end of a trouser leg is hard to see then."""
    above = Label.ACCESSORY if figure.chance(0.3) else Label.LOWER
    color = _plain_color(figure.rng) * np.float32(figure.rng.uniform(0.2, 1))
    figure.cover(figure.mask(Label.SHOES, above), None, color=color)


def _belt(figure: _Figure) -> None:
    """Around the waist, over whatever is worn there: it divides dresses, too."""
    rng, points, unit = figure.rng, figure.points, figure.unit
    middle = points[Joint.NECK] + rng.uniform(0.6, 1.05) * (points[Joint.MID_HIP] - points[Joint.NECK])
    across = np.array([0.6 * unit, rng.normal(0, 0.04) * unit])
    band = _capsule(figure.labels.shape, middle - across, middle + across, rng.uniform(0.025, 0.06) * unit)
    for elbow, wrist in ((Joint.L_ELBOW, Joint.L_WRIST), (Joint.R_ELBOW, Joint.R_WRIST)):
        band &= ~_capsule(band.shape, points[elbow], points[wrist], 0.1 * unit)
    figure.cover(band & figure.mask(*CLOTHES), Label.ACCESSORY)


def _long_hair(figure: _Figure) -> None:
    """Down over the shoulders, in the hair's own colour, beside the face."""
    rng, points, unit = figure.rng, figure.points, figure.unit
    hair = figure.mask(Label.HAIR)
    if not hair.any():
        return
    region = np.zeros(hair.shape, bool)
    length = rng.uniform(0.15, 0.8)
    for ear, shoulder in ((Joint.L_EAR, Joint.L_SHOULDER), (Joint.R_EAR, Joint.R_SHOULDER)):
        if figure.chance(0.85):
            start = points[ear] + np.array([0, 0.05 * unit])
            end = points[Joint.NECK] + rng.uniform(0.35, 0.75) * (points[shoulder] - points[Joint.NECK])
            end = end + np.array([0, length * rng.uniform(0.8, 1.2) * unit])
            bend = np.array([0.5 * (start[0] + end[0]) + rng.normal(0, 0.03) * unit, points[Joint.NECK, 1]])
            radius = rng.uniform(0.06, 0.14) * unit
            region |= _capsule(hair.shape, start, bend, radius) | _capsule(hair.shape, bend, end, radius)
    face = _ellipse(hair.shape, points[Joint.NOSE], (0.15 * unit, 0.22 * unit), 0) & figure.mask(Label.HEAD)
    tone = figure.image[hair].mean(0) * rng.uniform(0.8, 1.2)
    figure.cover(region & ~face & ~figure.mask(Label.ACCESSORY), Label.HAIR, color=tone.astype(np.float32))


def _coat(figure: _Figure) -> None:
    """A coat or jacket, mostly open: the old clothes show between its edges."""
    rng, unit, points = figure.rng, figure.unit, figure.points
    shape = figure.labels.shape
    width = float(rng.uniform(0.02, 0.12)) * unit  # by which it stands off the body
    arms = np.zeros(shape, bool)
    sleeve = rng.uniform(0.3, 1.0)
    for shoulder, elbow, wrist in ((Joint.L_SHOULDER, Joint.L_ELBOW, Joint.L_WRIST),
                                   (Joint.R_SHOULDER, Joint.R_ELBOW, Joint.R_WRIST)):  # fmt: skip
        end = points[elbow] + (2 * sleeve - 1) * (points[wrist] - points[elbow])
        arms |= _capsule(shape, points[shoulder], points[elbow], 0.15 * unit + width)
        if sleeve > 0.5:
            arms |= _capsule(shape, points[elbow], end, 0.12 * unit + width)
    hem = points[Joint.MID_HIP, 1] + rng.uniform(-0.3, 1.5) * unit
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    body = _dilated((figure.labels > 0) & ~arms, width)
    trunk = body & (y > points[Joint.NECK, 1] - 0.05 * unit) & (y < hem)
    # Between the lapels: an opening that widens from the collar down to the hem, about the body's middle line.
    down = np.clip((y - points[Joint.NECK, 1]) / unit, 0, None)
    middle = points[Joint.NECK, 0] + (points[Joint.MID_HIP, 0] - points[Joint.NECK, 0]) * np.clip(down, 0, 1)
    aside = np.abs(x - middle - rng.normal(0, 0.04) * unit)
    closed = figure.chance(CLOSED)
    deep = rng.uniform(0.15, 0.6)
    half = rng.uniform(0.04, 0.26) + rng.uniform(0, 0.12) * down if not closed else 0.16 * (1 - down / deep)
    trunk &= aside > half * unit
    beyond = ~figure.mask(*CLOTHES, Label.ARMS, Label.TORSO, Label.LEGS, Label.BACKGROUND, Label.ACCESSORY)
    hands = figure.mask(Label.ARMS) & ~arms
    figure.cover((trunk | (arms & _dilated(figure.labels > 0, width))) & ~beyond & ~hands, Label.UPPER)


def _scarf(figure: _Figure) -> None:
    """Around the neck, over clothes and hair that hangs there; at times an end hangs down."""
    rng, neck, unit = figure.rng, figure.points[Joint.NECK], figure.unit
    region = _ellipse(
        figure.labels.shape, neck - np.array([0, 0.08 * unit]), (0.28 * unit, rng.uniform(0.1, 0.22) * unit), 0
    )
    if figure.chance(0.6):
        end = neck + np.array([rng.normal(0, 0.12), rng.uniform(0.3, 1.0)]) * unit
        region |= _capsule(region.shape, neck, end.astype(np.float32), rng.uniform(0.06, 0.14) * unit)
    figure.cover(region & (figure.labels > 0), Label.ACCESSORY)


def _hat(figure: _Figure) -> None:
    """Over the crown of the head."""
    head = figure.mask(Label.HAIR, Label.HEAD)
    rows = np.flatnonzero(head.any(1))
    if len(rows):
        eyes = float(figure.points[[Joint.L_EYE, Joint.R_EYE], 1].mean())
        brim = eyes - figure.rng.uniform(0.06, 0.16) * figure.unit
        top = head & (_rows(head.shape) < brim)
        figure.cover(_dilated(top, figure.rng.uniform(0, 0.06) * figure.unit), Label.ACCESSORY)


def _glasses(figure: _Figure) -> None:
    """Dark, over both eyes."""
    left, right = figure.points[Joint.L_EYE], figure.points[Joint.R_EYE]
    region = _capsule(
        figure.labels.shape, left + 0.4 * (left - right), right + 0.4 * (right - left), 0.045 * figure.unit
    )
    region &= figure.mask(Label.HEAD)
    figure.image = figure.image * (1 - np.float32(0.85) * _soft(region)[..., None])
    figure.labels = np.where(region, np.uint8(Label.ACCESSORY), figure.labels)


def _bag(figure: _Figure) -> None:
    """Hanging from a hand by its handles, or on a hip, at times with a strap over the other shoulder."""
    rng, unit, points = figure.rng, figure.unit, figure.points
    left = figure.chance(0.5)
    hand = points[Joint.L_WRIST if left else Joint.R_WRIST]
    carried = figure.chance(0.6)
    place = hand if carried else points[Joint.L_HIP if left else Joint.R_HIP]
    axes = (rng.uniform(0.1, 0.42) * unit, rng.uniform(0.1, 0.36) * unit)
    drop = axes[1] + rng.uniform(0.05, 0.3) * unit if carried else rng.uniform(0.05, 0.45) * unit
    middle = place + np.array([rng.normal(0, 0.12) * unit, drop])
    shape, turn = figure.labels.shape, float(rng.normal(0, 15))
    region = _ellipse(shape, middle, axes, turn) if figure.chance(0.4) else _box(shape, middle, axes, turn)
    if carried:
        for side in (-1, 1):
            end = middle + np.array([0.6 * side * axes[0], -0.8 * axes[1]])
            region |= _capsule(shape, hand, end.astype(np.float32), 0.02 * unit)
    elif figure.chance(0.6):
        shoulder = points[Joint.R_SHOULDER if left or figure.chance(0.5) else Joint.L_SHOULDER]
        strap = _capsule(shape, shoulder, middle.astype(np.float32), 0.02 * unit)
        region |= strap & ~figure.mask(Label.HEAD, Label.HAIR)
    if figure.chance(0.7):  # the fingers hold it
        region &= ~(figure.mask(Label.ARMS) & _ellipse(shape, hand, (0.1 * unit, 0.12 * unit), 0))
    figure.cover(region, Label.ACCESSORY)


def _rows(shape: tuple[int, ...]) -> np.ndarray:
    """(H, 1): the number of each row."""
    return np.arange(shape[0], dtype=np.float32)[:, None]


def _dilated(region: np.ndarray, reach: float) -> np.ndarray:
    size = 2 * round(reach) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return cv2.dilate(region.astype(np.uint8), kernel) > 0


def _canvas(shape: tuple[int, ...]) -> np.ndarray:
    return np.zeros(shape[:2], np.uint8)


def _capsule(shape: tuple[int, ...], start: np.ndarray, end: np.ndarray, radius: float) -> np.ndarray:
    (x0, y0), (x1, y1) = (tuple(map(round, point.tolist())) for point in (start, end))
    return cv2.line(_canvas(shape), (x0, y0), (x1, y1), (1,), max(1, round(2 * radius))) > 0


def _ellipse(shape: tuple[int, ...], middle: np.ndarray, axes: tuple[float, float], turn: float) -> np.ndarray:
    x, y = map(round, np.asarray(middle).tolist())
    reach = (max(1, round(axes[0])), max(1, round(axes[1])))
    return cv2.ellipse(_canvas(shape), (x, y), reach, turn, 0, 360, (1,), -1) > 0


def _box(shape: tuple[int, ...], middle: np.ndarray, axes: tuple[float, float], turn: float) -> np.ndarray:
    corners = cv2.boxPoints(((float(middle[0]), float(middle[1])), (2 * axes[0], 2 * axes[1]), turn))
    return cv2.fillConvexPoly(_canvas(shape), np.round(corners).astype(np.int32), (1,)) > 0
