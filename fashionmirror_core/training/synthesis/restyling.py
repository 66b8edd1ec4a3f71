"""Rendered people as they are met in the street: other fabrics, open coats, tights, boots, bags, belts, long hair, hats.

`parsing` learns from them: rendered clips have exact labels but neither coats nor accessories, and photos have them
everywhere. All is painted over a small picture and its label map alike. Pictures are (H, W, 3) float32
RGB in [0, 1], label maps (H, W) uint8, values of ``Label``; joints (25, 3) in pixels. The inputs are left as they are.

See docs/method.md, "Learning".
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from fashionmirror_core.skeleton import Joint
from fashionmirror_core.training.clips import GarmentPicture
from fashionmirror_core.training.synthesis import things
from fashionmirror_core.training.synthesis.figure import Figure, capsule, dilated, ellipse, plain_color, rows, soft
from fashionmirror_core.training.synthesis.things import CLOTHES
from fashionmirror_core.vocabulary import Label

# Shares of the pictures in which each thing is done.
COAT, TIGHTS, BOOTS, BAG, HELD, SCARF, HAT, GLASSES, TAN = 0.3, 0.35, 0.2, 0.5, 0.12, 0.12, 0.15, 0.2, 0.3
BELT, LONG_HAIR, STRANDS, NECKLINE, MIDRIFF = 0.2, 0.3, 0.5, 0.2, 0.06
SUN, SIDE_LIGHT = 0.2, 0.3
MATCHING, SAME_SHOES = 0.12, 0.2  # top and lower, trousers and shoes of one cloth
NUDE = 0.1  # cloth of the skin's colour
CLOSED = 0.45  # of the coats
RECOLOURED, REDRESSED = 0.35, 0.4  # of garments; the rest stays as it is
SKIN = (Label.HEAD, Label.ARMS, Label.LEGS, Label.TORSO)
_HAIR = ((24, 20, 18), (58, 40, 28), (98, 66, 42), (150, 108, 66), (206, 170, 112), (128, 52, 28), (150, 146, 142))


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
    figure = Figure(image.astype(np.float32), labels, points, unit, garments, rng)
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
        (NECKLINE, _neckline), (MIDRIFF, _midriff), (TIGHTS, _tights), (BOOTS, _boots), (SAME_SHOES, _same_shoes),
        (BELT, things.belt), (COAT, _coat), (STRANDS, _strands), (LONG_HAIR, _long_hair), (SCARF, things.scarf),
        (HAT, things.hat), (GLASSES, things.glasses), (BAG, things.bag), (HELD, things.held),
        (SIDE_LIGHT, _side_light), (SUN, _sun),
    )  # fmt: skip
    for share, change in changes:
        if figure.chance(share):
            change(figure)
    return np.clip(figure.image, 0, 1).astype(np.float32), figure.labels


def _tan(figure: Figure) -> None:
    """All skin lighter, darker, redder alike."""
    if figure.chance(TAN):
        gain = figure.rng.uniform(0.55, 1.2) * figure.rng.uniform(0.92, 1.08, 3)
        share = soft(figure.mask(*SKIN))[..., None]
        figure.image = figure.image * (1 + share * (gain.astype(np.float32) - 1))


def _tights(figure: Figure) -> None:
    """Bare legs, or all of them below a random height (stockings), in a sheer or a thick fabric."""
    legs = figure.mask(Label.LEGS)
    if figure.chance(0.3):
        knee = figure.points[[Joint.L_KNEE, Joint.R_KNEE], 1].min()
        legs &= rows(legs.shape) > knee + figure.rng.uniform(-0.4, 0.2) * figure.unit
    figure.cover(legs, Label.ACCESSORY, opacity=figure.rng.uniform(0.5, 1.0))


def _boots(figure: Figure) -> None:
    """Shoes that reach up the shank, over skin, tights and trousers."""
    height = figure.rng.uniform(0.15, 0.85)
    region = figure.mask(Label.SHOES)
    reach = region.copy()
    for knee, ankle in ((Joint.L_KNEE, Joint.L_ANKLE), (Joint.R_KNEE, Joint.R_ANKLE)):
        top = figure.points[ankle] + height * (figure.points[knee] - figure.points[ankle])
        reach |= capsule(region.shape, top, figure.points[ankle], 0.26 * figure.unit)
    over = figure.mask(Label.LEGS, Label.ACCESSORY)
    lower = figure.mask(Label.LOWER)
    shank = round(float(figure.points[[Joint.L_KNEE, Joint.R_KNEE, Joint.L_ANKLE, Joint.R_ANKLE], 1].mean()))
    if 0 <= shank < len(lower) and lower[shank].sum() < 0.7 * figure.unit:  # trousers, and no skirt
        over |= lower
    region |= reach & over
    figure.cover(region, Label.SHOES)


def _same_shoes(figure: Figure) -> None:
    """Shoes alike to the clothes above them, mostly dark: the end of a trouser leg is hard to see then."""
    above = Label.ACCESSORY if figure.chance(0.3) else Label.LOWER
    color = plain_color(figure.rng) * np.float32(figure.rng.uniform(0.2, 1))
    figure.cover(figure.mask(Label.SHOES, above), None, color=color)


def _long_hair(figure: Figure) -> None:
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
            region |= capsule(hair.shape, start, bend, radius) | capsule(hair.shape, bend, end, radius)
    face = ellipse(hair.shape, points[Joint.NOSE], (0.15 * unit, 0.22 * unit), 0) & figure.mask(Label.HEAD)
    tone = figure.image[hair].mean(0) * rng.uniform(0.8, 1.2)
    region &= ~face & ~figure.mask(Label.ACCESSORY)
    figure.lay(region, Label.HAIR, color=tone.astype(np.float32), flat=True)
    figure.image = np.where(region[..., None], figure.image * _streaks(figure)[..., None], figure.image)


def _coat(figure: Figure) -> None:
    """A coat or jacket, mostly open: the old clothes show between its edges."""
    rng, unit, points = figure.rng, figure.unit, figure.points
    shape = figure.labels.shape
    width = float(rng.uniform(0.02, 0.12)) * unit  # by which it stands off the body
    arms = np.zeros(shape, bool)
    sleeve = rng.uniform(0.3, 1.0)
    for shoulder, elbow, wrist in ((Joint.L_SHOULDER, Joint.L_ELBOW, Joint.L_WRIST),
                                   (Joint.R_SHOULDER, Joint.R_ELBOW, Joint.R_WRIST)):  # fmt: skip
        end = points[elbow] + (2 * sleeve - 1) * (points[wrist] - points[elbow])
        arms |= capsule(shape, points[shoulder], points[elbow], 0.15 * unit + width)
        if sleeve > 0.5:
            arms |= capsule(shape, points[elbow], end, 0.12 * unit + width)
    hem = points[Joint.MID_HIP, 1] + rng.uniform(-0.3, 1.5) * unit
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    body = dilated((figure.labels > 0) & ~arms, width)
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
    figure.lay((trunk | (arms & dilated(figure.labels > 0, width))) & ~beyond & ~hands, Label.UPPER)


def _strands(figure: Figure) -> None:
    """The hair in another natural colour, in strands with a gleam."""
    rng, hair = figure.rng, figure.mask(Label.HAIR)
    if not hair.any():
        return
    color = np.array(_HAIR[int(rng.integers(len(_HAIR)))], np.float32) / 255 * rng.uniform(0.7, 1.3)
    light = figure.image @ np.array([0.299, 0.587, 0.114], np.float32)
    shade = np.clip(light / max(float(light[hair].mean()), 0.03), 0.5, 1.8) ** rng.uniform(0.2, 1)
    paint = np.clip(color * (shade * _streaks(figure))[..., None], 0, 1)
    figure.image = figure.image + soft(hair)[..., None] * (paint - figure.image)


def _streaks(figure: Figure) -> np.ndarray:
    """(H, W), about 1: noise drawn out downward."""
    rng = figure.rng
    noise = rng.standard_normal(figure.labels.shape, np.float32)
    drawn = cv2.GaussianBlur(noise, (0, 0), sigmaX=0.012 * figure.unit + 0.3, sigmaY=0.12 * figure.unit)
    return 1 + drawn / max(float(drawn.std()), 1e-6) * np.float32(rng.uniform(0.05, 0.3))


def _skin_over(figure: Figure, region: np.ndarray) -> None:
    """Bare skin of the trunk in the face's tone, the light of what was there kept in part."""
    face = figure.mask(Label.HEAD)
    if face.any() and region.any():
        tone = figure.image[face].mean(0) * figure.rng.uniform(0.9, 1.1)
        figure.cover(region, Label.TORSO, color=tone.astype(np.float32))


def _neckline(figure: Figure) -> None:
    """A deeper one: round, a V, or from shoulder to shoulder."""
    rng, points, unit = figure.rng, figure.points, figure.unit
    y, x = np.mgrid[: figure.labels.shape[0], : figure.labels.shape[1]].astype(np.float32)
    neck = points[Joint.NECK]
    wide = float(np.abs(points[Joint.L_SHOULDER, 0] - points[Joint.R_SHOULDER, 0])) / 2 + 1
    depth, half = rng.uniform(0.08, 0.45) * unit, rng.uniform(0.3, 1.0) * wide
    down = np.clip((y - neck[1] + 0.08 * unit) / depth, 0, None)
    power = (1.0, 2.0, 6.0)[int(rng.integers(3))]
    inside = (np.abs(x - neck[0]) < half * np.clip(1 - down**power, 0, 1)) & (y > neck[1] - 0.12 * unit)
    _skin_over(figure, inside & figure.mask(Label.UPPER, Label.DRESS))


def _midriff(figure: Figure) -> None:
    """A bare belly between top and trousers or skirt."""
    rng, points, unit = figure.rng, figure.points, figure.unit
    down = points[Joint.MID_HIP] - points[Joint.NECK]
    start = points[Joint.NECK] + rng.uniform(0.55, 0.75) * down
    end = start + rng.uniform(0.1, 0.25) * down
    y = rows(figure.labels.shape)
    across = np.abs(np.arange(figure.labels.shape[1]) - points[Joint.MID_HIP, 0])[None] < 0.5 * unit
    _skin_over(figure, (y > start[1]) & (y < end[1]) & across & figure.mask(Label.UPPER, Label.DRESS))


def _side_light(figure: Figure) -> None:
    """One side of the person brighter than the other."""
    x = (np.arange(figure.labels.shape[1], dtype=np.float32) - figure.points[Joint.MID_HIP, 0]) / figure.unit
    figure.image = figure.image * np.clip(1 + figure.rng.uniform(-0.9, 0.9) * x, 0.45, 1.5)[None, :, None].astype(
        np.float32
    )


def _sun(figure: Figure) -> None:
    """Spots of sun between shadows, as under trees and beside houses."""
    rng = figure.rng
    height, width = figure.labels.shape
    cells = int(rng.integers(2, 9))
    noise = cv2.resize(
        rng.standard_normal((cells + 1, max(2, cells * width // height)), np.float32),
        (width, height),
        interpolation=cv2.INTER_CUBIC,
    )
    lit = 1 / (1 + np.exp(-np.clip((noise - rng.normal(0, 0.5)) * rng.uniform(4, 40), -30, 30)))
    dark = rng.uniform(0.35, 0.8)
    figure.image = figure.image * (dark + (rng.uniform(1.0, 1.5) - dark) * lit)[..., None].astype(np.float32)
