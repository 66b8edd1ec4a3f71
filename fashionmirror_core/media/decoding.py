"""Picture files decoded: any common format becomes the same upright 8-bit sRGB array.

What a file may bring (EXIF orientation, palettes, 16 bits, floats, CMYK, colour profiles, animation) ends here. A picture
is converted in strips of rows: besides what the decoder holds, there is only the result.
"""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from io import BytesIO
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageCms, JpegImagePlugin

from fashionmirror_core.errors import InputError
from fashionmirror_core.media import budget
from fashionmirror_core.media.animation import is_animation, shown_frame
from fashionmirror_core.media.budget import check_memory, check_size, needed_memory, reduction
from fashionmirror_core.media.deep import (
    STRIP,
    Rows,
    Strip,
    TiffLayout,
    by_opencv,
    check_png_chunks,
    deep_grey,
    deep_png,
    deep_png_channels,
    deep_tiff,
    tiff_layout,
)
from fashionmirror_core.media.suffixes import READABLE_PICTURES

_FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "TIFF", "BMP", "DIB", "GIF", "AVIF", "HEIF")
# Their plug-ins, imported with this module: whoever imports one in a thread while another thread opens torch's libraries
# waits for the system's loader with Python's lock held, and the studio's window with it, for as long as a second.
for _plugin in ("Jpeg", "Mpo", "Png", "WebP", "Tiff", "Bmp", "Gif", "Avif"):
    with contextlib.suppress(ImportError):  # AVIF came with Pillow 11.3
        import_module(f"PIL.{_plugin}ImagePlugin")
_ORIENTATION = 0x0112  # the EXIF tag
# Profiles that are sRGB by name: the transform would only add rounding.
_SRGB_NAMES = ("sRGB IEC61966-2", "sRGB built-in")
_PROFILE_SPACES = {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK", "LAB": "Lab"}
_ONE_BYTE = ("1", "L", "P")  # modes that Pillow holds in a byte a pixel; most others take four


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture as it was read.

    pixels: uint8 sRGB, (H, W, 3), or (H, W, 4) straight alpha if something shows through. scale: of these pixels to the
    file's, 1 unless it was too large to be kept whole. notes: lines for the user.
    """

    pixels: np.ndarray
    scale: float = 1.0
    notes: tuple[str, ...] = ()

    def turned(self, quarters: int) -> Picture:
        """After quarter turns clockwise."""
        return Picture(np.ascontiguousarray(np.rot90(self.pixels, -quarters)), self.scale, self.notes)


def decoded(stream: BinaryIO, name: str, max_pixels: int) -> Picture:
    """The picture in a stream. Raises InputError for what its header rules out; on damaged data anything."""
    check_size(_declared_size(stream), name, max_pixels)
    tiff = tiff_layout(stream)
    if tiff is not None:
        check_size((tiff.width, tiff.height), name, max_pixels)
        if tiff.planar and tiff.samples > 1 and tiff.bits > 8:  # Pillow and cv2 both mix such planes up
            raise InputError(f"{name} keeps {tiff.bits}-bit channels in separate planes; save it as PNG instead.")
        if tiff.for_opencv:
            samples = _deep_samples(
                stream, (tiff.width, tiff.height), tiff.samples * tiff.bits / 8 + budget.DEEP_TIFF, name
            )
            return _assembled(deep_tiff(samples, tiff), (samples.shape[1], samples.shape[0]), tiff.profile)
    with _identified(stream, name) as picture:
        channels = deep_png_channels(stream)
        if not channels:
            _check(picture, name, max_pixels)
        drafted = _draft(picture, max_pixels) if isinstance(picture, JpegImagePlugin.JpegImageFile) else 1
        check_size(picture.size, name, max_pixels)
        notes: tuple[str, ...] = ()
        if channels:
            check_png_chunks(stream)
            samples = _deep_samples(stream, picture.size, 2 * channels + budget.DEEP_PNG, name)
            rows, size = deep_png(samples, picture), (samples.shape[1], samples.shape[0])
            orientation = _orientation(picture)
        else:
            notes = shown_frame(picture)
            picture.load()
            rows, size, orientation = _rows(picture, tiff), picture.size, _orientation(picture)
        found = _assembled(rows, size, picture.info.get("icc_profile"), orientation)
        return Picture(found.pixels, found.scale / drafted, notes)


def turned(image: np.ndarray, orientation: int) -> np.ndarray:
    """The picture (H, W, ...) as it stands upright; ``orientation`` is EXIF's 1..8, anything else leaves it alone."""
    if orientation in (5, 6, 7, 8):
        image = np.swapaxes(image, 0, 1)
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    return np.ascontiguousarray(image)


def _as_stored(upright: np.ndarray, orientation: int) -> np.ndarray:
    """A view of an upright picture whose rows are the file's: the inverse of ``turned``."""
    view = upright
    if orientation in (2, 3, 6, 7):
        view = view[:, ::-1]
    if orientation in (3, 4, 7, 8):
        view = view[::-1]
    return np.swapaxes(view, 0, 1) if orientation in (5, 6, 7, 8) else view


# --- what a header says --------------------------------------------------------------------------------------------


def _check(picture: Image.Image, name: str, max_pixels: int) -> None:
    if isinstance(picture, JpegImagePlugin.JpegImageFile):
        check_size(picture.size, name, budget.MAX_JPEG_PIXELS)
        smallest = budget.PILLOW / 8**2  # a JPEG is decoded at an eighth of its size if need be
        return check_memory(picture.size, smallest + _coefficients(picture), name, 3)
    check_size(picture.size, name, max_pixels)
    each = 1.0 if picture.mode in _ONE_BYTE else 2.0 if picture.mode.startswith("I;16") else budget.PILLOW
    if is_animation(picture) and picture.format != "WEBP":
        each = budget.PILLOW + budget.ANIMATED
    deep_heif = picture.format == "HEIF" and picture.info.get("bit_depth", 8) > 8
    each += budget.DEEP_HEIF if deep_heif else budget.DECODERS.get(picture.format or "", 0.0)
    check_memory(picture.size, each, name, 4 if picture.has_transparency_data else 3)


def _coefficients(picture: JpegImagePlugin.JpegImageFile) -> float:
    """Bytes a pixel of a progressive JPEG's coefficients, two each: all are held, whatever size it is decoded at."""
    if not picture.info.get("progressive"):
        return 0.0
    sampling = [(across, down) for _, across, down, _ in picture.layer]
    densest = max(across for across, _ in sampling) * max(down for _, down in sampling)
    return 2.0 * sum(across * down for across, down in sampling) / max(densest, 1)


def _draft(picture: JpegImagePlugin.JpegImageFile, max_pixels: int) -> int:
    """Has a large JPEG decoded at a half, a quarter or an eighth of its size, which is returned as 2, 4 or 8."""
    (width, height), held = picture.size, _coefficients(picture) * picture.width * picture.height
    for factor in (1, 2, 4, 8):
        size = (-(-width // factor), -(-height // factor))
        fits = needed_memory(size, budget.PILLOW, 3, held) <= budget.MEMORY
        if fits and size[0] * size[1] <= min(max_pixels, budget.KEPT_PIXELS[3]):
            break
    if factor > 1:
        picture.draft(None, (width // factor, height // factor))
    return round(width / picture.width)


def _deep_samples(stream: BinaryIO, size: tuple[int, int], bytes_a_pixel: float, name: str) -> np.ndarray:
    check_memory(size, bytes_a_pixel, name, held=float(stream.seek(0, os.SEEK_END)))
    samples = by_opencv(stream)
    if sorted(samples.shape[:2]) != sorted(size):  # a TIFF may be turned
        raise OSError("cv2 finds another picture")
    return samples


def _declared_size(stream: BinaryIO) -> tuple[int, int] | None:
    """Width and height as the header has them, for formats where Pillow doesn't tell 0 x 0 from 'not a picture'."""
    stream.seek(0)
    head = stream.read(32)
    stream.seek(0)
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR" and len(head) >= 24:
        return struct.unpack(">II", head[16:24])
    if head[:6] in (b"GIF87a", b"GIF89a") and len(head) >= 10:
        return struct.unpack("<HH", head[6:10])
    if head[:2] == b"BM" and len(head) >= 26 and struct.unpack("<I", head[14:18])[0] >= 40:
        width, height = struct.unpack("<ii", head[18:26])
        return width, abs(height)  # a negative height means top-down rows
    return None


def _identified(stream: BinaryIO, name: str) -> Image.Image:
    """The picture with its header read. Not by ``Image.open``, whose limit on pixels knows no memory and no draft."""
    _know_heif(stream)
    stream.seek(0)
    prefix = stream.read(16)
    for form in _FORMATS:
        factory, accept = Image.OPEN.get(form, (None, None))
        if factory is None or (accept is not None and accept(prefix) is not True):
            continue
        stream.seek(0)
        with contextlib.suppress(SyntaxError, IndexError, TypeError, struct.error):  # not this format after all
            return factory(stream, "")
    raise InputError(f"{name} is not a picture that can be read; use {READABLE_PICTURES}.")


def _know_heif(stream: BinaryIO) -> None:
    """Registers pillow-heif when the first such file comes along: it takes 0.2 s to import."""
    stream.seek(0)
    if stream.read(12)[4:8] != b"ftyp" or "HEIF" in Image.OPEN:
        return
    try:
        import pillow_heif
    except ImportError:
        return
    pillow_heif.register_heif_opener()
    if "AVIF" not in Image.OPEN and hasattr(pillow_heif, "register_avif_opener"):
        pillow_heif.register_avif_opener()


def _orientation(picture: Image.Image) -> int:
    """Read after load(): Pillow turns a TIFF itself while loading and then drops the tag."""
    try:
        return int(picture.getexif().get(_ORIENTATION, 1))
    except Exception:  # broken EXIF data says nothing about the pixels
        return 1


# --- pixels --------------------------------------------------------------------------------------------------------


def _rows(picture: Image.Image, tiff: TiffLayout | None) -> Rows:
    """A loaded picture's rows."""
    if picture.mode[0] in "IF":
        return deep_grey(picture, tiff)
    return lambda top, bottom: _eight_bit(picture.crop((0, top, picture.width, bottom)))


def _eight_bit(picture: Image.Image) -> Strip:
    if picture.has_transparency_data:
        rgba = picture.convert("RGBA")
        grey = picture.mode in ("LA", "La")
        colour = picture.convert("LA").getchannel(0) if grey else rgba.convert("RGB")
        return colour, np.array(rgba.getchannel("A"))
    if picture.mode == "1":
        return picture.convert("L"), None
    return (picture if picture.mode in _PROFILE_SPACES else picture.convert("RGB")), None


def _assembled(rows: Rows, size: tuple[int, int], profile: bytes | None, orientation: int = 1) -> Picture:
    """Rows of (width, height) as one picture in sRGB, scaled down where it is too large to be kept whole."""
    mode, channels = _layout(rows)
    factor = reduction(size, channels)
    width, height = (-(-side // factor) for side in size)
    shape = (width, height) if orientation in (5, 6, 7, 8) else (height, width)
    upright = np.empty((*shape, channels), np.uint8)
    to_srgb = _srgb_of("RGB" if channels == 4 and factor > 1 else mode, profile)
    step = STRIP * factor
    for top in range(0, size[1], step):
        colour, alpha = _reduced(*rows(top, min(top + step, size[1])), factor)
        strip = _as_stored(upright, orientation)[top // factor : top // factor + colour.height]
        strip[..., :3] = np.asarray(to_srgb(colour))
        if alpha is not None:
            strip[..., 3] = alpha
    if channels == 4 and upright[..., 3].min() == 255:  # alpha stays only where something shows through
        upright = np.ascontiguousarray(upright[..., :3])
    return Picture(upright, 1 / factor)


def _layout(rows: Rows) -> tuple[str, int]:
    """The mode of the colours, and how many channels there are with alpha."""
    colour, alpha = rows(0, 1)
    return colour.mode, 3 if alpha is None else 4


def _reduced(colour: Image.Image, alpha: np.ndarray | None, factor: int) -> Strip:
    """A strip scaled down by a whole number; colours count as much as they are opaque."""
    if factor == 1:
        return colour, alpha
    if alpha is None:
        return colour.reduce(factor), None
    rgba = colour.convert("RGB")
    rgba.putalpha(Image.fromarray(alpha))
    small = rgba.reduce(factor)
    return small.convert("RGB"), np.array(small.getchannel("A"))


def _srgb_of(mode: str, profile: bytes | None) -> Callable[[Image.Image], Image.Image]:
    """Turns colours of a mode into sRGB; a profile that is broken or made for other channels is ignored."""
    source = _source_profile(mode, profile)
    if source is not None:
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
            transform = ImageCms.buildTransform(
                source,
                ImageCms.createProfile("sRGB"),
                mode,
                "RGB",
                ImageCms.Intent.RELATIVE_COLORIMETRIC,
                ImageCms.Flags.BLACKPOINTCOMPENSATION,
            )
            return lambda colour: ImageCms.applyTransform(colour, transform) or colour
    return lambda colour: colour.convert("RGB")


def _source_profile(mode: str, profile: bytes | None) -> ImageCms.ImageCmsProfile | None:
    if not profile:
        return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")) if mode == "LAB" else None
    with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        name = (source.profile.profile_description or "").strip()
        fits = source.profile.xcolor_space.strip() == _PROFILE_SPACES[mode]
        return source if fits and not name.startswith(_SRGB_NAMES) else None
    return None
