"""One person's skin: the light that fell on it in the photo is taken out of skin that is going to turn.

A photo lights a cheek otherwise than a neck, and the rim of an arm otherwise than its middle. On a body that turns these
colours would stay where they were. So skin keeps its pattern, but gets one tone, and the frame's light falls on it.
"""

from __future__ import annotations

import cv2
import numpy as np

from fashionmirror_core.imaging.channels import averaged, joined, spread, summed
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.person.subject import Subject

EVEN = 0.85  # of the photo's slow changes of brightness and hue that go
OTHER_HUE = (
    12.0,
    28.0,
)  # difference of hue (a and b of Lab) from the face, over which a limb is none of its skin: tights
OF_LEG = 0.25  # of the person's tone that a leg takes
TELLS = (30, 75)  # percentiles of brightness: neither shadows nor highlights tell skin's tone
DARK = 0.6  # of the bright skin's brightness, below which it is none
FEW = 30  # pixels of a face that tell its tone
UNLIKE = (0.55, 0.78)  # of the brightness around: brows, lips and eyes, and hair over skin, don't tell it
SHINES = (1.06, 1.2)  # of the brightness around, between which skin shines
GAIN = (0.5, 2.2)  # bounds of the change
LIGHT_NEAR = 0.014  # statures, over which the light on skin hardly changes


def person_tone(subject: Subject) -> np.ndarray:
    """(3,) float32 RGB: half the face's tone, half that of other bare skin, as far as it is of the same hue."""
    parsing, tones = subject.parsing, []
    for share in (parsing.head, np.maximum.reduce([parsing.torso, parsing.arms, parsing.legs])):
        core = cv2.erode((share > 0.75).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        if core.sum() > FEW:
            tones.append(_typical(subject.image[core].astype(np.float32)))
    if not tones:
        return np.asarray(parsing.skin_color, np.float32)
    face, other = tones[0], tones[-1]
    return face + np.float32(0.5 * _alike(face, other)) * (other - face)


def evened(colors: np.ndarray, skin: np.ndarray, tone: np.ndarray, near: float, leg: bool = False) -> np.ndarray:
    """A picture of skin in even light, (h, w, 3) float32: lips, freckles and folds stay, shade, rims and highlights go.

    colors: (h, w, 3), RGB. skin: (h, w) in [0, 1], what tells the light. tone: (3,), the person's. near: pixels, over which
    the light hardly changes.
    """
    rgb = colors.astype(np.float32)
    sure = skin > 0.5
    if sure.sum() < FEW:
        return rgb
    usual = _around(rgb, skin, near)
    ratio = averaged(rgb) / np.maximum(averaged(usual), 1)
    tells = skin * smoothstep(ratio, *UNLIKE) * (1 - smoothstep(ratio, *SHINES))
    usual = np.maximum(_around(rgb, tells.astype(np.float32), near), 1)
    ratio = averaged(rgb) / averaged(usual)
    rgb = rgb + spread(smoothstep(ratio, *SHINES)) * (usual * SHINES[0] - rgb)
    own = _typical(usual[sure])
    target = own + np.float32((OF_LEG if leg else 1) * _alike(own, tone)) * (tone - own)
    return np.clip(rgb * np.clip((target / usual) ** np.float32(EVEN), *GAIN), 0, 255).astype(np.float32)


def lit_evenly(count: int) -> np.ndarray:
    """(count, 3) float32: the normals with which even skin counts as lit, those of what faces the viewer."""
    return np.tile(np.array([0, 0, -1], np.float32), (count, 1))


def _around(rgb: np.ndarray, weight: np.ndarray, near: float) -> np.ndarray:
    """The weighted mean around each pixel, with little that is farther off where there is nothing near."""
    total = np.zeros_like(rgb)
    mass = np.zeros(rgb.shape[:2], np.float32)
    for reach, share in ((near, 1.0), (4 * near, 1e-3), (16 * near, 1e-6)):
        small = max(1, int(reach / 4))  # a wide blur needs no fine grid
        size = (max(1, rgb.shape[1] // small), max(1, rgb.shape[0] // small))
        stacked = cv2.resize(joined(rgb * spread(weight), weight), size, interpolation=cv2.INTER_AREA)
        blurred = cv2.GaussianBlur(stacked, (0, 0), max(reach / small, 0.5))
        blurred = cv2.resize(blurred, rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        total += np.float32(share) * blurred[..., :3]
        mass += np.float32(share) * blurred[..., 3]
    return total / spread(np.maximum(mass, np.float32(1e-12)))


def _typical(rgb: np.ndarray) -> np.ndarray:
    """(3,): of colours (n, 3), the median of those that are neither dark nor bright. Dark glasses and beards don't count."""
    grey = summed(rgb)
    rgb = rgb[grey >= DARK * np.percentile(grey, TELLS[1])]
    grey = summed(rgb)
    low, high = np.percentile(grey, TELLS)
    return np.median(rgb[(grey >= low) & (grey <= high)], axis=0).astype(np.float32)


def _alike(one: np.ndarray, other: np.ndarray) -> float:
    """In [0, 1]: whether two colours (3,) can be one person's skin, in whatever light."""
    lab = cv2.cvtColor(np.stack([one, other])[None] / np.float32(255), cv2.COLOR_RGB2LAB)[0]
    return 1 - float(smoothstep(np.hypot(*(lab[0] - lab[1])[1:]), *OTHER_HUE))
