"""The pictures of the things that the person carries (``person.things``; docs/method.md, "The avatar").

A thing becomes a piece of its own, which goes with the hand that holds it; what it hid is carried on under it.
"""

from __future__ import annotations

import cv2
import numpy as np

from fashionmirror_core.avatar.surface import Texture
from fashionmirror_core.imaging.alpha import colors_of, premultiplied
from fashionmirror_core.imaging.boxes import bounding_box, grown, window
from fashionmirror_core.imaging.channels import spread
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.imaging.fill import push_pull
from fashionmirror_core.imaging.levels import to_8bit
from fashionmirror_core.imaging.masks import disc
from fashionmirror_core.imaging.patching import patched

RIM = 0.006  # statures beside a thing, in which its colours may have spilled over what is beside it
FEWEST_KNOWN, LIGHT = 200, 0.15  # pixels that a pattern is told by; of the longer side: what is coarser is light
AROUND_PIXELS, SOLID_ALPHA, SEEN = 24, 0.9, 0.7  # around a thing: where what is behind it has its colours from


def thing_name(number: int) -> str:
    """The name of the surface of a thing."""
    return f"thing {number}"


def is_thing(name: str) -> bool:
    """Whether a surface's name is that of a thing."""
    return name.startswith("thing ")


def taken_out(
    fronts: dict[str, Texture],
    visible: dict[str, np.ndarray],
    mask: np.ndarray,
    behind: dict[str, np.ndarray],
    stature: float,
) -> Texture:
    """The picture of a thing; ``fronts``, the parts' pictures, lose it and go on behind it.

    visible: of each part, (h, w) in [0, 1], what of it the photo shows. mask: (h, w) in [0, 1], the thing. behind: of each
    part, (h, w) bool, where it goes on behind the thing. stature: pixels.
    """
    share = smoothstep(mask, 0.35, 0.65).astype(np.float32)
    picture = np.zeros((*mask.shape, 4), np.float32)
    covered = np.zeros(mask.shape, np.float32)
    first = np.stack([visible[name] for name in fronts]).argmax(0)
    near = cv2.dilate((share > 0).astype(np.uint8), disc(RIM * stature)) > 0
    for number, (name, texture) in enumerate(list(fronts.items())):
        own = first == number
        picture[own], covered[own] = texture.picture[own], texture.clothing[own]
        fronts[name] = _without(texture, visible[name] > SEEN, share, near, behind[name])
    return Texture(to_8bit(picture * spread(share, 4)), to_8bit(covered * share))


def _without(texture: Texture, seen: np.ndarray, share: np.ndarray, near: np.ndarray, behind: np.ndarray) -> Texture:
    """A part without a thing before it. seen: (h, w) bool, where the photo shows the part. share: (h, w) in [0, 1], the
    thing; near: (h, w) bool, it and its rim. behind: (h, w) bool, where the part goes on behind it.
    """
    box = bounding_box(near & ((texture.picture[..., 3] > 0) | behind))
    if box is None:
        return texture
    around = window(grown(box, AROUND_PIXELS, near.shape))
    alpha = texture.picture[around][..., 3] / np.float32(255)
    known = (alpha > SOLID_ALPHA) & seen[around] & ~near[around]
    solid = np.where(behind[around] & known.any(), np.maximum(alpha, share[around]), alpha * (1 - share[around]))
    colors = colors_of(texture.picture[around])
    if known.any():
        spilled = near[around] & ((share[around] > 0) | (alpha < SOLID_ALPHA))
        colors = np.where(spread(spilled), push_pull(colors, known.astype(np.float32)), colors)
        hidden = spilled & behind[around]
        if hidden.any() and known.sum() > FEWEST_KNOWN:  # its pattern goes on, too
            colors = patched(colors.astype(np.float32), hidden, known, LIGHT * max(known.shape))
    picture, clothing = texture.picture.copy(), texture.clothing.copy()
    changed = share[around] > 0
    picture[around][changed] = premultiplied(np.clip(colors, 0, 255), solid.astype(np.float32))[changed]
    clothing[around] = to_8bit(clothing[around] * (1 - share[around]))
    return Texture(picture, clothing)
