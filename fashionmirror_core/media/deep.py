"""Pictures of more than 8 bits a sample: what Pillow can't hold is decoded by cv2, and both are rounded to 8 bits.

Samples come in strips of rows, so that a large picture is never there twice.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from PIL import Image, TiffImagePlugin

STRIP = 64  # rows

Strip = tuple[Image.Image, "np.ndarray | None"]
"""Colour in a mode that a profile may describe (L, RGB, CMYK, LAB), and alpha (h, w) uint8 or None."""
Rows = Callable[[int, int], Strip]
"""The rows [top, bottom) of a picture."""


@dataclass(frozen=True)
class TiffLayout:
    """A TIFF's first directory. bits: a sample's. profile: the ICC profile."""

    width: int
    height: int
    samples: int
    bits: int
    sample_format: int  # 1 unsigned, 2 signed, 3 float
    photometric: int  # 0 white is zero, 1 black is zero, 2 RGB, 5 CMYK
    premultiplied: bool
    planar: bool
    profile: bytes | None

    @property
    def for_opencv(self) -> bool:
        """RGB(A) beyond 8 bits, where Pillow drops the low byte or gives up, and 64-bit floats; cv2 reads both."""
        if self.photometric == 2 and self.samples in (3, 4):
            return (self.sample_format, self.bits) in ((1, 16), (3, 32), (3, 64))
        return self.photometric in (0, 1) and (self.samples, self.sample_format, self.bits) == (1, 3, 64)

    @property
    def white(self) -> float:
        """The sample value of white for integers."""
        return float(2 ** (self.bits - (self.sample_format == 2)) - 1)


def tiff_layout(stream: BinaryIO) -> TiffLayout | None:
    """The first directory of a TIFF; None for other formats."""
    stream.seek(0)
    head = stream.read(8)
    if head[:4] not in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return None
    if 43 in head[2:4]:  # BigTIFF
        head += stream.read(8)
    tags = TiffImagePlugin.ImageFileDirectory_v2(head)
    stream.seek(tags.next)
    tags.load(stream)

    def number(tag: int, default: int) -> int:
        value = tags.get(tag, default)
        return int(max(value) if isinstance(value, tuple) else value)

    return TiffLayout(
        width=number(256, 0),
        height=number(257, 0),
        samples=number(277, 1),
        bits=number(258, 1),
        sample_format=number(339, 1),
        photometric=number(262, 1),
        premultiplied=number(338, 0) == 1,
        planar=number(284, 1) == 2,
        profile=tags.get(34675),
    )


def deep_png_channels(stream: BinaryIO) -> int:
    """How many channels of 16 bits a PNG has; 0 for other pictures."""
    stream.seek(0)
    head = stream.read(26)
    if len(head) < 26 or not head.startswith(b"\x89PNG") or head[24] != 16:
        return 0
    return {0: 1, 2: 3, 4: 4, 6: 4}.get(head[25], 4)  # cv2 makes RGBA of grey with alpha


def check_png_chunks(stream: BinaryIO) -> None:
    """Raises OSError where a chunk says that it is longer than the file: cv2 would make room for it, up to 4 GB."""
    end = stream.seek(0, os.SEEK_END)
    place = 8
    while place < end:
        stream.seek(place)
        head = stream.read(8)
        place += 12 + int.from_bytes(head[:4], "big")
        if len(head) < 8 or place > end:
            raise OSError("a chunk is cut short")
        if head[4:] == b"IEND":
            return


def by_opencv(stream: BinaryIO) -> np.ndarray:
    """The samples at their full depth, (H, W), (H, W, 3) BGR or (H, W, 4) BGRA. cv2 turns a TIFF upright itself."""
    import cv2  # only here: most pictures don't need it

    stream.seek(0)
    level = cv2.setLogLevel(0)  # it would tell the terminal about damaged files; the caller does
    try:
        samples = cv2.imdecode(np.frombuffer(stream.read(), np.uint8), cv2.IMREAD_UNCHANGED)
    finally:
        cv2.setLogLevel(level)
    if samples is None:
        raise OSError("cv2 can't decode it")
    return samples


def deep_tiff(samples: np.ndarray, tiff: TiffLayout) -> Rows:
    """What ``by_opencv`` made of such a TIFF."""
    white = _float_white(samples[top:bottom, ..., :3] for top, bottom in _strips(len(samples)))
    white = white if tiff.sample_format == 3 else tiff.white
    opaque = tiff.white if tiff.sample_format == 1 else 1.0

    def rows(top: int, bottom: int) -> Strip:
        strip = samples[top:bottom]
        if strip.ndim == 2:
            return Image.fromarray(_to_bytes(white - strip if tiff.photometric == 0 else strip, white)), None
        colour, alpha = strip[..., 2::-1], strip[..., 3] if strip.shape[2] == 4 else None
        if alpha is not None and tiff.premultiplied:
            colour = colour * (opaque / np.maximum(alpha, opaque / 65535))[..., None].astype(np.float32)
        return Image.fromarray(_to_bytes(colour, white)), None if alpha is None else _to_bytes(alpha, opaque)

    return rows


def deep_png(samples: np.ndarray, picture: Image.Image) -> Rows:
    """What ``by_opencv`` made of a 16-bit PNG."""
    transparent = picture.info.get("transparency")  # the one grey value that stands for nothing

    def rows(top: int, bottom: int) -> Strip:
        strip = samples[top:bottom]
        if strip.ndim == 2:
            alpha = None if transparent is None else np.where(strip == transparent, 0, 255).astype(np.uint8)
            return Image.fromarray(_to_bytes(strip, 65535)), alpha
        alpha = _to_bytes(strip[..., 3], 65535) if strip.shape[2] == 4 else None
        return Image.fromarray(_to_bytes(strip[..., 2::-1], 65535)), alpha

    return rows


def deep_grey(picture: Image.Image, tiff: TiffLayout | None) -> Rows:
    """Pillow's single-band modes I;16, I (32 bits) and F, of a loaded picture."""
    unsigned = picture.mode == "I" and tiff is not None and tiff.sample_format == 1 and tiff.bits == 32

    def samples(top: int, bottom: int) -> np.ndarray:
        strip = np.array(picture.crop((0, top, picture.width, bottom)))
        return strip.view(np.uint32) if unsigned else strip  # Pillow holds unsigned values in signed ones

    if picture.mode == "F":
        white = _float_white(samples(*span) for span in _strips(picture.height))
    else:
        white = tiff.white if tiff is not None else 65535.0

    def rows(top: int, bottom: int) -> Strip:
        strip = samples(top, bottom)
        if tiff is not None and tiff.photometric == 0:
            strip = white - strip.astype(np.float32)
        return Image.fromarray(_to_bytes(strip, white)), None

    return rows


def _strips(height: int) -> Iterator[tuple[int, int]]:
    return ((top, min(top + STRIP, height)) for top in range(0, height, STRIP))


def _float_white(strips: Iterator[np.ndarray]) -> float:
    """What float samples call white: 1, 255 or 65535, the smallest that the picture stays within.

    Values up to 4 still count as a 0..1 picture with highlights: as 0..255 it would be black.
    """
    brightest = 0.0
    for strip in strips:
        finite = strip[np.isfinite(strip)]
        brightest = max(brightest, float(finite.max()) if finite.size else 0.0)
    return 1.0 if brightest <= 4 else 255.0 if brightest <= 255 else max(65535.0, brightest)


def _to_bytes(samples: np.ndarray, white: float) -> np.ndarray:
    """Samples of any depth, 0..white, rounded to uint8; not-a-number is black."""
    scaled = samples.astype(np.float64) * (255.0 / white)
    np.nan_to_num(scaled, copy=False, nan=0.0, posinf=255.0, neginf=0.0)
    return np.rint(scaled).clip(0, 255).astype(np.uint8)
