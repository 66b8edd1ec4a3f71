"""Pictures in and out: every common format becomes the same upright 8-bit sRGB array (``decoding``).

What may not come in (truncation, bombs, things that aren't pictures) ends here, as an InputError with one line.
"""

from __future__ import annotations

import contextlib
import os
import stat
import threading
import warnings
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, PngImagePlugin

from fashionmirror_core.errors import InputError
from fashionmirror_core.media.budget import MAX_PIXELS
from fashionmirror_core.media.decoding import Picture, decoded
from fashionmirror_core.media.files import written_whole
from fashionmirror_core.media.targets import named

__all__ = ["MAX_PIXELS", "Picture", "of_pillow", "read_image", "read_picture", "write_image"]

_WRITABLE = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}

_quiet_lock = threading.Lock()


def of_pillow(picture: Image.Image) -> np.ndarray:
    """A Pillow image as (H, W, 3) uint8 RGB, or (H, W, 4) with straight alpha where it has one."""
    return np.asarray(picture.convert("RGBA" if picture.has_transparency_data else "RGB"))


def read_image(source: str | Path | bytes, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """The pixels of ``read_picture``, for those who need neither its notes nor the file's own size."""
    return read_picture(source, max_pixels).pixels


def read_picture(source: str | Path | bytes, max_pixels: int = MAX_PIXELS) -> Picture:
    """A picture file, or its bytes, as uint8 sRGB: (H, W, 3), or (H, W, 4) straight alpha if something shows through.

    JPEG, PNG, WebP, TIFF, BMP, GIF, HEIC and AVIF; of an animation the first frame that shows something. EXIF orientation
    is applied, an embedded ICC profile is converted to sRGB, 16 bits are rounded to 8. Float samples count as 0..1, or
    0..255 or 0..65535 where they go beyond. Very large pictures are scaled down by a whole number (``Picture.scale``).

    Raises InputError where the source is missing, unreadable, empty, not a picture, damaged, without pixels, larger than
    ``max_pixels`` or than memory allows (which is decided on the header, before anything is decoded).
    """
    name = named(source)
    with _opened(source, name) as stream:
        try:
            with _quiet():
                return decoded(stream, name, max_pixels)
        except InputError:
            raise
        except MemoryError as error:
            raise InputError(f"{name} needs more memory than there is; make the picture smaller.") from error
        except Exception as error:  # on damaged data a decoder may raise anything
            raise InputError(f"{name} is damaged or cut short; save or copy the picture again.") from error


def write_image(
    path: str | Path, image: np.ndarray, quality: int = 95, metadata: Mapping[str, str] | None = None
) -> None:
    """Writes uint8 (H, W), (H, W, 3) or (H, W, 4) straight alpha as PNG, JPEG or WebP, by the suffix.

    ``metadata`` goes into a PNG's text chunks, for ``read_metadata``; the other formats leave it out.
    The file appears whole or not at all, and replaces what is there. JPEG has no alpha: such pixels are composited on
    white. Raises InputError where the suffix is unknown or the place can't be written.
    """
    path = Path(path)
    form = _WRITABLE.get(path.suffix.lower())
    if form is None:
        raise InputError(f"{named(path)} doesn't end in a picture format; use {', '.join(_WRITABLE)}.")
    check_pixels(image)
    pixels = on_white(image) if form == "JPEG" else image
    options: dict[str, Any] = {
        "PNG": {"compress_level": 4},
        "JPEG": {"quality": quality, "subsampling": 0},
        "WEBP": {"quality": quality, "method": 4, "exact": True},
    }[form]
    if metadata and form == "PNG":
        options["pnginfo"] = text = PngImagePlugin.PngInfo()
        for key, value in metadata.items():
            text.add_itxt(key, value, zip=len(value) > 1000)
    with written_whole(path) as partial:
        Image.fromarray(np.ascontiguousarray(pixels)).save(partial, format=form, **options)


def read_metadata(path: str | Path) -> dict[str, str]:
    """The text in a PNG, as ``write_image`` was given it; empty for a picture without any.

    Raises InputError where the file is missing or no picture.
    """
    source = check_source(path)
    try:
        with _quiet(), Image.open(source, formats=["PNG"]) as picture:
            return {key: str(value) for key, value in picture.text.items()}  # type: ignore[attr-defined]
    except (OSError, ValueError, SyntaxError) as error:  # ValueError: text beyond Pillow's limit
        raise InputError(f"{named(path)} is not a PNG that can be read; choose another picture.") from error


def on_white(image: np.ndarray) -> np.ndarray:
    """RGBA straight alpha (H, W, 4) uint8 composited on white -> (H, W, 3); other pictures come back as they are."""
    if image.ndim != 3 or image.shape[2] != 4:
        return image
    alpha = image[..., 3:].astype(np.uint16)
    return ((image[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def shrunk(image: np.ndarray, factor: int) -> np.ndarray:
    """A uint8 picture (H, W, 3) or (H, W, 4) scaled down by a whole number: each pixel is the mean of a square. Colours
    count as much as they are opaque.
    """
    height, width = (-(-side // factor) for side in image.shape[:2])
    small = np.empty((height, width, image.shape[2]), np.uint8)
    for row in range(0, height, 64):  # in strips: Pillow makes copies
        strip = np.ascontiguousarray(image[row * factor : (row + 64) * factor])
        small[row : row + 64] = np.asarray(Image.fromarray(strip).reduce(factor))
    return small


def check_pixels(image: np.ndarray) -> None:
    """ValueError, the caller's fault, unless the array is a uint8 picture: (H, W), (H, W, 3) or (H, W, 4)."""
    if image.dtype != np.uint8 or not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (3, 4))):
        raise ValueError(f"a picture is uint8 (H, W), (H, W, 3) or (H, W, 4), not {image.dtype} {image.shape}")
    if image.size == 0:
        raise ValueError(f"a picture needs pixels; its shape is {image.shape}")


def check_source(path: str | Path) -> Path:
    """The path of an ordinary, readable file with something in it; else InputError."""
    name = named(path)
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise InputError(f"{name} is a folder; choose a file.")
        if not stat.S_ISREG(status.st_mode):  # a pipe or a device could block or never end
            raise InputError(f"{name} isn't an ordinary file; choose a file on disk.")
        if status.st_size == 0:
            raise InputError(f"{name} is empty (0 bytes); copy or download it again.")
        with open(path, "rb"):
            return Path(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(f"{name} doesn't exist; check the path.") from error
    except PermissionError as error:
        raise InputError(f"{name} may not be read; change its permissions.") from error
    except OSError as error:
        raise InputError(f"{name} can't be read ({error.strerror or error}); check the path and the disk.") from error
    except InputError:
        raise
    except ValueError as error:  # a null character in the path
        raise InputError(f"{name!a} isn't a file name; check the path.") from error


@contextlib.contextmanager
def _opened(source: str | Path | bytes, name: str) -> Iterator[BinaryIO]:
    if isinstance(source, bytes):
        if not source:
            raise InputError(f"{name} is empty (0 bytes); copy or download it again.")
        yield BytesIO(source)
        return
    with open(check_source(source), "rb") as stream:
        yield stream


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Holds back Pillow's warnings (sizes near its own limit, odd tags): the user gets a picture or one line.

    catch_warnings isn't thread-safe, hence one picture at a time.
    """
    with _quiet_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
