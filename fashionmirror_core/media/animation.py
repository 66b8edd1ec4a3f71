"""Animations are pictures, too: the first frame that shows something is the picture. Many begin black or blank."""

from __future__ import annotations

import contextlib

import numpy as np
from PIL import Image

_FORMATS = ("GIF", "WEBP", "PNG", "AVIF")  # others hold pages, views and thumbnails
BLANK = 24
"""Levels of 255: a frame whose brightness varies less shows nothing."""
_ENOUGH = 0.75  # of the strongest contrast: a fade-in is over, or nearly
_MOST_FRAMES, _MOST_PIXELS = 100, 500_000_000
_GRID = (128, 128)


def is_animation(picture: Image.Image) -> bool:
    return picture.format in _FORMATS and bool(getattr(picture, "is_animated", False))


def shown_frame(picture: Image.Image) -> tuple[str, ...]:
    """Moves an animation to the first frame that shows something -> a note that names it; () for other pictures."""
    if not is_animation(picture):
        return ()
    contrasts = [_contrast(picture)]
    if contrasts[0] < BLANK:
        limit = min(_MOST_FRAMES, max(2, _MOST_PIXELS // (picture.width * picture.height)))
        with contextlib.suppress(EOFError, OSError, SyntaxError, ValueError):  # the end, or a damaged rest
            while len(contrasts) < limit:
                picture.seek(len(contrasts))
                contrasts.append(_contrast(picture))
    best = max(contrasts)
    index = 0 if best < BLANK else next(k for k, contrast in enumerate(contrasts) if contrast >= _ENOUGH * best)
    if index == 0 and len(contrasts) == 1:
        picture.seek(0)
        return ("The picture is an animation; its first frame is used.",)
    picture.seek(index)
    if best < BLANK:
        return ("The picture is an animation that shows nothing in its first frames; the first one is used.",)
    return (f"The picture is an animation; frame {index + 1} is used, the first that shows something.",)


def _contrast(picture: Image.Image) -> float:
    """How much the brightest channel varies, 0..255; what is transparent is grey."""
    small = np.asarray(picture.resize(_GRID, Image.Resampling.NEAREST).convert("RGBA"), np.float32)
    seen = 128 + (small[..., :3] - 128) * (small[..., 3:] / 255)
    low, high = np.percentile(seen.reshape(-1, 3), (1, 99), axis=0)
    return float((high - low).max())
