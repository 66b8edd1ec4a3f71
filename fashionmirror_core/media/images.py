"""Pictures in and out: every common format becomes the same upright 8-bit sRGB array (house.md, ``media/``).

What a file may bring (EXIF orientation, palettes, 16 bits, floats, CMYK, colour profiles) ends here; what it may not
(truncation, bombs, things that aren't pictures) ends here too, as an InputError with one line.
"""

from __future__ import annotations

import contextlib
import os
import stat
import struct
import threading
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin, TiffImagePlugin

from fashionmirror_core.errors import InputError
from fashionmirror_core.media.files import written_whole
from fashionmirror_core.media.suffixes import READABLE_PICTURES
from fashionmirror_core.media.targets import named

MAX_PIXELS = 120_000_000

_FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "TIFF", "BMP", "DIB", "GIF", "AVIF", "HEIF")
_WRITABLE = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
_ORIENTATION = 0x0112  # the EXIF tag
# Profiles that are sRGB by name: the transform would only add rounding.
_SRGB_NAMES = ("sRGB IEC61966-2", "sRGB built-in")
_PROFILE_SPACES = {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK", "LAB": "Lab"}

_quiet_lock = threading.Lock()


def read_image(source: str | Path | bytes, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """A picture file, or its bytes, as uint8 sRGB: (H, W, 3), or (H, W, 4) straight alpha if something shows through.

    JPEG, PNG, WebP, TIFF, BMP, GIF, HEIC and AVIF; the first frame of an animation. EXIF orientation is applied, an
    embedded ICC profile is converted to sRGB, 16 bits are rounded to 8. Float samples count as 0..1, or 0..255 or
    0..65535 where they go beyond (see ``_float_white``).

    Raises InputError where the source is missing, unreadable, empty, not a picture, damaged, without pixels or larger
    than ``max_pixels`` (which is decided on the header, before anything is decoded).
    """
    name = named(source)
    with _opened(source, name) as stream:
        try:
            with _quiet():
                return _decoded(stream, name, max_pixels)
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


def _decoded(stream: BinaryIO, name: str, max_pixels: int) -> np.ndarray:
    _refuse_size(_declared_size(stream), name, max_pixels)
    tiff = _tiff_layout(stream)
    if tiff is not None:
        _refuse_size((tiff.width, tiff.height), name, max_pixels)
        if tiff.planar and tiff.samples > 1 and tiff.bits > 8:  # Pillow and cv2 both mix such planes up
            raise InputError(f"{name} keeps {tiff.bits}-bit channels in separate planes; save it as PNG instead.")
        if tiff.for_opencv:
            colour, alpha = _deep_tiff(stream, tiff)
            return _joined(_in_srgb(colour, tiff.profile), alpha)
    with _identified(stream, name, max_pixels) as picture:
        _refuse_size(picture.size, name, max_pixels)
        picture.load()
        if _is_deep_png(stream):
            colour, alpha = _deep_png(stream, picture)
        elif picture.mode[0] in "IF":
            colour, alpha = _deep_grey(picture, tiff)
        else:
            colour, alpha = _eight_bit(picture)
        rgb = _in_srgb(colour, picture.info.get("icc_profile"))
        return turned(_joined(rgb, alpha), _orientation(picture))


def turned(image: np.ndarray, orientation: int) -> np.ndarray:
    """The picture (H, W, ...) as it stands upright; ``orientation`` is EXIF's 1..8, anything else leaves it alone."""
    if orientation in (5, 6, 7, 8):
        image = np.swapaxes(image, 0, 1)
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    return np.ascontiguousarray(image)


def _orientation(picture: Image.Image) -> int:
    """Read after load(): Pillow turns a TIFF itself while loading and then drops the tag."""
    try:
        return int(picture.getexif().get(_ORIENTATION, 1))
    except Exception:  # broken EXIF data says nothing about the pixels
        return 1


def _joined(rgb: np.ndarray, alpha: np.ndarray | None) -> np.ndarray:
    """Colour (H, W, 3) and alpha (H, W), which stays only where something shows through."""
    if alpha is None or alpha.min() == 255:
        return rgb
    return np.dstack([rgb, alpha])


def _eight_bit(picture: Image.Image) -> tuple[Image.Image, np.ndarray | None]:
    """Colour in a mode that a profile may describe (L, RGB, CMYK, LAB), and alpha."""
    if picture.has_transparency_data:
        rgba = picture.convert("RGBA")
        grey = picture.mode in ("LA", "La")
        colour = picture.convert("LA").getchannel(0) if grey else rgba.convert("RGB")
        return colour, np.array(rgba.getchannel("A"))
    if picture.mode == "1":
        return picture.convert("L"), None
    return (picture if picture.mode in _PROFILE_SPACES else picture.convert("RGB")), None


def _in_srgb(colour: Image.Image, profile: bytes | None) -> np.ndarray:
    """Colour as (H, W, 3) uint8 sRGB; a profile that is broken or made for other channels is ignored."""
    source = _source_profile(colour.mode, profile)
    if source is not None:
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
            flags = ImageCms.Flags.BLACKPOINTCOMPENSATION
            intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
            srgb = ImageCms.createProfile("sRGB")
            turned_srgb = ImageCms.profileToProfile(colour, source, srgb, intent, outputMode="RGB", flags=flags)
            return np.array(turned_srgb)
    return np.array(colour.convert("RGB"))


def _source_profile(mode: str, profile: bytes | None) -> ImageCms.ImageCmsProfile | None:
    if not profile:
        return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")) if mode == "LAB" else None
    with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        name = (source.profile.profile_description or "").strip()
        fits = source.profile.xcolor_space.strip() == _PROFILE_SPACES[mode]
        return source if fits and not name.startswith(_SRGB_NAMES) else None
    return None


def _refuse_size(size: tuple[int, int] | None, name: str, max_pixels: int) -> None:
    if size is None:
        return
    width, height = size
    if width <= 0 or height <= 0:
        raise InputError(f"{name} has no pixels ({width} x {height}); choose another picture.")
    if width * height > max_pixels:
        limit = f"{max_pixels / 1e6:g} megapixels"
        raise InputError(f"{name} is too large ({width} x {height}); scale it down to at most {limit}.")


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


def _identified(stream: BinaryIO, name: str, max_pixels: int) -> Image.Image:
    Image.init()
    _know_heif(stream)
    stream.seek(0)
    try:
        return Image.open(stream, formats=[form for form in _FORMATS if form in Image.OPEN])
    except Image.DecompressionBombError as error:
        limit = f"{max_pixels / 1e6:g} megapixels"
        raise InputError(f"{name} is too large; scale it down to at most {limit}.") from error
    except Image.UnidentifiedImageError as error:
        raise InputError(f"{name} is not a picture that can be read; use {READABLE_PICTURES}.") from error


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


# --- samples of more than 8 bits ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _TiffLayout:
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


def _tiff_layout(stream: BinaryIO) -> _TiffLayout | None:
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

    return _TiffLayout(
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


def _by_opencv(stream: BinaryIO) -> np.ndarray:
    """The samples at their full depth, (H, W), (H, W, 3) RGB or (H, W, 4) RGBA. cv2 turns a TIFF upright itself."""
    import cv2  # only here: most pictures don't need it

    stream.seek(0)
    level = cv2.setLogLevel(0)  # it would tell the terminal about damaged files; the caller does
    try:
        samples = cv2.imdecode(np.frombuffer(stream.read(), np.uint8), cv2.IMREAD_UNCHANGED)
    finally:
        cv2.setLogLevel(level)
    if samples is None:
        raise OSError("cv2 can't decode it")
    return samples if samples.ndim == 2 else samples[..., [2, 1, 0, 3][: samples.shape[2]]]


def _deep_tiff(stream: BinaryIO, tiff: _TiffLayout) -> tuple[Image.Image, np.ndarray | None]:
    samples = _by_opencv(stream)
    white = _float_white(samples[..., :3]) if tiff.sample_format == 3 else tiff.white
    if samples.ndim == 2:
        return Image.fromarray(_to_bytes(white - samples if tiff.photometric == 0 else samples, white)), None
    if samples.shape[2] == 3:
        return Image.fromarray(_to_bytes(samples, white)), None
    opaque = tiff.white if tiff.sample_format == 1 else 1.0
    colour, alpha = samples[..., :3], samples[..., 3]
    if tiff.premultiplied:
        colour = colour * (opaque / np.maximum(alpha, opaque / 65535))[..., None].astype(np.float32)
    return Image.fromarray(_to_bytes(colour, white)), _to_bytes(alpha, opaque)


def _is_deep_png(stream: BinaryIO) -> bool:
    stream.seek(0)
    head = stream.read(25)
    return head.startswith(b"\x89PNG") and head[24:25] == b"\x10"


def _deep_png(stream: BinaryIO, picture: Image.Image) -> tuple[Image.Image, np.ndarray | None]:
    samples = _by_opencv(stream)
    if samples.ndim == 3:
        alpha = _to_bytes(samples[..., 3], 65535) if samples.shape[2] == 4 else None
        return Image.fromarray(_to_bytes(samples[..., :3], 65535)), alpha
    transparent = picture.info.get("transparency")  # the one grey value that stands for nothing
    alpha = None if transparent is None else np.where(samples == transparent, 0, 255).astype(np.uint8)
    return Image.fromarray(_to_bytes(samples, 65535)), alpha


def _deep_grey(picture: Image.Image, tiff: _TiffLayout | None) -> tuple[Image.Image, np.ndarray | None]:
    """Pillow's single-band modes I;16, I (32 bits) and F."""
    samples = np.array(picture)
    if picture.mode == "F":
        white = _float_white(samples)
    else:
        white = tiff.white if tiff is not None else 65535.0
        if tiff is not None and tiff.sample_format == 1 and tiff.bits == 32:
            samples = samples.view(np.uint32)  # Pillow holds unsigned values in signed ones
    if tiff is not None and tiff.photometric == 0:
        samples = white - samples.astype(np.float32)
    return Image.fromarray(_to_bytes(samples, white)), None


def _float_white(samples: np.ndarray) -> float:
    """What float samples call white: 1, 255 or 65535, the smallest that the picture stays within.

    Values up to 4 still count as a 0..1 picture with highlights: as 0..255 it would be black.
    """
    finite = samples[np.isfinite(samples)]
    brightest = float(finite.max()) if finite.size else 0.0
    return 1.0 if brightest <= 4 else 255.0 if brightest <= 255 else max(65535.0, brightest)


def _to_bytes(samples: np.ndarray, white: float) -> np.ndarray:
    """Samples of any depth, 0..white, rounded to uint8; not-a-number is black."""
    image = np.empty(samples.shape, np.uint8)
    for top in range(0, len(samples), 256):  # in strips: the float copy of a large picture would be large
        strip = samples[top : top + 256].astype(np.float64) * (255.0 / white)
        np.nan_to_num(strip, copy=False, nan=0.0, posinf=255.0, neginf=0.0)
        image[top : top + 256] = np.rint(strip).clip(0, 255)
    return image
