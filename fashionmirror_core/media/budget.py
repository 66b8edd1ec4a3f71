"""How large a picture may be: by its pixels, its sides, and by the memory that decoding it takes.

Everything is decided on the header. The numbers are measured (tests/core/media/test_budget.py measures the worst).
"""

from __future__ import annotations

from fashionmirror_core.errors import InputError

MAX_PIXELS = 120_000_000
MAX_JPEG_PIXELS = 3 * MAX_PIXELS
"""A JPEG is decoded at a half, a quarter or an eighth of its size where it is large."""
MAX_SIDE = 65_535
KEPT_PIXELS = {3: 50_000_000, 4: 16_000_000}
"""By channels: larger pictures are scaled down by a whole number while they are read. The engine works on 5 megapixels at
most, and what it asks of an alpha takes 30 bytes a pixel.
"""
MEMORY = 490 * 10**6
"""Bytes that reading one picture may take; the whole program then stays under 1.5 GB."""

# Bytes a pixel that decoders hold besides the pixels themselves.
DECODERS = {"WEBP": 9.0, "AVIF": 7.0, "HEIF": 3.0}
DEEP_HEIF = 8.0  # of more than 8 bits
ANIMATED = 6.0  # the frame before, and the one to be
DEEP_PNG, DEEP_TIFF = 9.0, 6.0  # cv2's


def check_size(size: tuple[int, int] | None, name: str, max_pixels: int) -> None:
    """Raises InputError for (width, height) without pixels, with too many, or of an absurd shape; None tells nothing."""
    if size is None:
        return
    width, height = size
    if width <= 0 or height <= 0:
        raise InputError(f"{name} has no pixels ({width} x {height}); choose another picture.")
    if width * height > max_pixels:
        limit = f"{max_pixels / 1e6:g} megapixels"
        raise InputError(f"{name} is too large ({width} x {height}); scale it down to at most {limit}.")
    if max(size) > MAX_SIDE:
        raise InputError(f"{name} is too long ({width} x {height}); crop it, a side may have {MAX_SIDE} pixels.")


def needed_memory(size: tuple[int, int], bytes_a_pixel: float, channels: int = 4, held: float = 0.0) -> float:
    """Bytes that decoding (width, height) takes. bytes_a_pixel: of the decoder and its pixels. channels: of the result.
    held: besides them, such as the file itself.
    """
    return size[0] * size[1] * (bytes_a_pixel + channels / reduction(size, channels) ** 2) + held


def check_memory(size: tuple[int, int], bytes_a_pixel: float, name: str, channels: int = 4, held: float = 0.0) -> None:
    """Raises InputError where decoding would take more than ``MEMORY``; see ``needed_memory``."""
    needed = needed_memory(size, bytes_a_pixel, channels, held)
    if needed > MEMORY:
        raise InputError(
            f"{name} would take {needed / 1e9:.1f} GB to read ({size[0]} x {size[1]} at {bytes_a_pixel:.0f} bytes a "
            f"pixel); scale it down to {_fitting(bytes_a_pixel, channels)} megapixels or save it with 8 bits as JPEG."
        )


def _fitting(bytes_a_pixel: float, channels: int) -> int:
    """How many megapixels fit into ``MEMORY``."""
    most = MAX_PIXELS // 10**6
    return next(n for n in range(most, 0, -1) if needed_memory((1000, 1000 * n), bytes_a_pixel, channels) <= MEMORY)


def reduction(size: tuple[int, int], channels: int) -> int:
    """The whole number that a picture of (width, height) is scaled down by: 1 up to ``KEPT_PIXELS``."""
    factor = 1
    while (size[0] // factor) * (size[1] // factor) > KEPT_PIXELS[channels]:
        factor += 1
    return factor
