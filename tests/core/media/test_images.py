"""read_image: whatever a picture file brings becomes an upright 8-bit sRGB array, or one line that says why not."""

from __future__ import annotations

import os
import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageFile, PngImagePlugin

from fashionmirror_core.errors import InputError
from fashionmirror_core.media import decoding
from fashionmirror_core.media.decoding import turned
from fashionmirror_core.media.images import on_white, read_image, shrunk, write_image

WIDTH, HEIGHT = 24, 16


@pytest.fixture
def colours() -> np.ndarray:
    """(16, 24, 3) uint8: smooth, and different in every corner, so that turns and channel swaps show."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return np.dstack([x * 10, y * 15, (x + y) * 4 + 40]).astype(np.uint8)


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    stream = BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, depth: int, colour_type: int, rows: bytes, extra: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    body = chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def deep_png(samples: np.ndarray, colour_type: int, extra: bytes = b"") -> bytes:
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    return png(samples.shape[1], samples.shape[0], 16, colour_type, rows, extra)


def tiff(samples: np.ndarray, photometric: int, sample_format: int, extra: dict[int, int] | None = None) -> bytes:
    """An uncompressed little-endian TIFF of one strip; independent of the libraries under test."""
    pixels = samples.astype(samples.dtype.newbyteorder("<")).tobytes()
    height, width = samples.shape[:2]
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    bits = samples.dtype.itemsize * 8
    tags = {256: width, 257: height, 258: bits, 259: 1, 262: photometric, 273: 8, 277: channels, 278: height}
    tags |= {279: len(pixels), 284: 1, 339: sample_format} | (extra or {})
    offset = 8 + len(pixels)
    outside = offset + 2 + 12 * len(tags) + 4  # values of more than four bytes stand behind the directory
    entries, values = b"", b""
    for tag, value in sorted(tags.items()):
        if tag in (258, 339) and channels > 2:
            entries += struct.pack("<HHII", tag, 3, channels, outside + len(values))
            values += struct.pack("<H", value) * channels
        else:
            kind = 4 if tag in (273, 279) else 3
            entries += struct.pack("<HHI", tag, kind, 1) + struct.pack("<I", value)
    directory = struct.pack("<H", len(tags)) + entries + struct.pack("<I", 0) + values
    return b"II*\0" + struct.pack("<I", offset) + pixels + directory


# --- formats -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["PNG", "TIFF", "BMP", "WEBP"])
def test_lossless_formats_come_back_to_the_bit(form: str, colours: np.ndarray) -> None:
    options = {"lossless": True} if form == "WEBP" else {}
    assert np.array_equal(read_image(encoded(Image.fromarray(colours), form, **options)), colours)


@pytest.mark.parametrize("form", ["JPEG", "AVIF", "HEIF"])
def test_lossy_formats_come_close(form: str, colours: np.ndarray) -> None:
    if form == "HEIF":
        pillow_heif = pytest.importorskip("pillow_heif")
        pillow_heif.register_heif_opener()
    Image.init()
    if form not in Image.SAVE:
        pytest.skip(f"this Pillow doesn't write {form}")
    back = read_image(encoded(Image.fromarray(colours), form, quality=95))
    assert back.shape == colours.shape
    assert np.abs(back.astype(int) - colours).mean() < 5


def test_a_path_may_be_text_or_path_with_any_name(tmp_path: Path, colours: np.ndarray) -> None:
    path = tmp_path / "Größe 50% #1 人.png"
    write_image(path, colours)
    assert np.array_equal(read_image(path), colours)
    assert np.array_equal(read_image(str(path)), colours)


def test_the_content_counts_not_the_suffix(tmp_path: Path, colours: np.ndarray) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(encoded(Image.fromarray(colours), "PNG"))
    assert np.array_equal(read_image(path), colours)


def test_an_animation_gives_its_first_frame(colours: np.ndarray) -> None:
    frames = [Image.fromarray(colours), Image.fromarray(255 - colours)]
    data = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    assert np.array_equal(read_image(data), colours)


# --- orientation ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_once(form: str, orientation: int, colours: np.ndarray) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options: dict[str, object] = {"JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"lossless": True}}.get(form, {})
    upright = read_image(encoded(Image.fromarray(colours), form, exif=exif, **options))
    expected = turned(colours, orientation)
    assert upright.shape == expected.shape
    assert np.abs(upright.astype(int) - expected).mean() < 3


def test_orientation_six_stands_a_phone_photo_up(colours: np.ndarray) -> None:
    """6: the phone was held upright; the stored picture is to be turned a quarter clockwise."""
    assert np.array_equal(turned(colours, 6), np.rot90(colours, -1))
    assert np.array_equal(turned(colours, 8), np.rot90(colours))
    assert np.array_equal(turned(colours, 3), np.rot90(colours, 2))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_deep_tiff_is_turned_once_too(orientation: int, colours: np.ndarray) -> None:
    data = tiff(colours.astype(np.uint16) * 257, 2, 1, {274: orientation})
    assert np.array_equal(read_image(data), turned(colours, orientation))


# --- alpha ---------------------------------------------------------------------------------------------------------


def test_alpha_is_kept_where_something_shows_through(colours: np.ndarray) -> None:
    alpha = np.full(colours.shape[:2], 255, np.uint8)
    alpha[:4] = 90
    rgba = np.dstack([colours, alpha])
    assert np.array_equal(read_image(encoded(Image.fromarray(rgba), "PNG")), rgba)


def test_an_opaque_alpha_is_dropped(colours: np.ndarray) -> None:
    rgba = np.dstack([colours, np.full(colours.shape[:2], 255, np.uint8)])
    assert np.array_equal(read_image(encoded(Image.fromarray(rgba), "PNG")), colours)


def test_a_palette_with_a_transparent_entry_has_alpha() -> None:
    indices = np.repeat(np.arange(4, dtype=np.uint8)[None], 4, axis=0)
    picture = Image.frombytes("P", (4, 4), indices.tobytes())
    picture.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9])
    read = read_image(encoded(picture, "PNG", transparency=2))
    assert read[0].tolist() == [[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 0], [9, 9, 9, 255]]
    assert read_image(encoded(picture, "PNG")).shape == (4, 4, 3)


def test_a_transparent_colour_of_an_rgb_png_has_alpha(colours: np.ndarray) -> None:
    read = read_image(encoded(Image.fromarray(colours), "PNG", transparency=tuple(int(v) for v in colours[3, 5])))
    assert read[3, 5, 3] == 0
    assert read[3, 6, 3] == 255


def test_grey_with_alpha(colours: np.ndarray) -> None:
    grey, alpha = colours[..., 0], colours[..., 1]
    picture = Image.merge("LA", [Image.fromarray(grey), Image.fromarray(alpha)])
    assert np.array_equal(read_image(encoded(picture, "PNG")), np.dstack([grey, grey, grey, alpha]))


# --- depth, grey, CMYK, profiles -------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["1", "L", "I;16"])
def test_grey_pictures_become_rgb(mode: str) -> None:
    levels = np.tile(np.array([0, 255], np.uint8), (6, 4))
    if mode == "I;16":
        data = deep_png(levels.astype(np.uint16) * 257, 0)
    else:
        data = encoded(Image.fromarray(levels).convert(mode), "PNG")
    assert np.array_equal(read_image(data), np.repeat(levels[..., None], 3, axis=2))


@pytest.mark.parametrize(("colour_type", "channels"), [(0, [0]), (2, [0, 1, 2]), (4, [0, 3]), (6, [0, 1, 2, 3])])
def test_sixteen_bit_pngs_are_rounded_not_cut(colour_type: int, channels: list[int]) -> None:
    samples = np.random.default_rng(0).integers(0, 65536, (6, 8, 4), dtype=np.uint16)
    expected = np.rint(samples / 257.0).astype(np.uint8)
    if len(channels) < 3:
        expected = expected[..., [0, 0, 0, 3]]
    expected = expected[..., : 4 if 3 in channels else 3]
    assert np.array_equal(read_image(deep_png(samples[..., channels], colour_type)), expected)


@pytest.mark.parametrize(("colour_type", "channels"), [(0, 1), (2, 3)])
def test_a_transparent_value_of_a_sixteen_bit_png(colour_type: int, channels: int) -> None:
    samples = np.random.default_rng(1).integers(0, 65536, (6, 8, channels), dtype=np.uint16)
    key = chunk(b"tRNS", samples[2, 3].astype(">u2").tobytes())
    read = read_image(deep_png(samples, colour_type, key))
    assert read[2, 3, 3] == 0
    assert (read[..., 3] == 255).sum() == 6 * 8 - 1


@pytest.mark.parametrize(
    ("dtype", "white", "sample_format"),
    [
        ("u2", 65535, 1),
        ("i2", 32767, 2),
        ("u4", 2**32 - 1, 1),
        ("f4", 1, 3),
        ("f4", 255, 3),
        ("f4", 65535, 3),
        ("f8", 1, 3),
    ],
)
def test_deep_grey_tiffs_are_scaled_by_their_white(dtype: str, white: float, sample_format: int) -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    samples = (levels.astype(np.float64) * (white / 255)).astype(dtype)
    read = read_image(tiff(samples, 1, sample_format))
    assert np.abs(read[..., 0].astype(int) - levels).max() <= (1 if dtype == "i2" else 0)


def test_a_tiff_where_white_is_zero() -> None:
    levels = np.arange(256, dtype=np.uint16).reshape(16, 16)
    read = read_image(tiff((255 - levels) * 257, 0, 1))
    assert np.array_equal(read[..., 0], levels)


@pytest.mark.parametrize(("dtype", "white", "sample_format"), [("u2", 65535, 1), ("f4", 1, 3)])
def test_deep_colour_tiffs(dtype: str, white: float, sample_format: int, colours: np.ndarray) -> None:
    samples = (colours.astype(np.float64) * (white / 255)).astype(dtype)
    assert np.array_equal(read_image(tiff(samples, 2, sample_format)), colours)


def test_premultiplied_alpha_becomes_straight(colours: np.ndarray) -> None:
    alpha = np.full(colours.shape[:2], 0.5)
    samples = np.dstack([colours / 255 * alpha[..., None], alpha]) * 65535
    read = read_image(tiff(np.rint(samples).astype(np.uint16), 2, 1, {338: 1}))
    assert np.abs(read[..., :3].astype(int) - colours).max() <= 1
    assert set(np.unique(read[..., 3])) == {128}


def test_not_a_number_is_black() -> None:
    samples = np.full((4, 4), 0.5, np.float32)
    samples[0, 0] = np.nan
    assert read_image(tiff(samples, 1, 3))[0, :2, 0].tolist() == [0, 128]


@pytest.mark.parametrize("form", ["JPEG", "TIFF"])
def test_cmyk_is_the_colour_that_was_printed(form: str) -> None:
    inks = Image.new("CMYK", (16, 16), (0, 255, 255, 0))  # magenta and yellow: red
    red, green, blue = read_image(encoded(inks, form))[8, 8]
    assert red > 220
    assert max(green, blue) < 60


def test_an_embedded_profile_is_converted() -> None:
    """LAB's own profile stands for every profile that isn't sRGB: mid-grey, and a red."""
    lab = Image.new("LAB", (8, 8), (136, 128, 128))
    grey = read_image(encoded(lab, "TIFF"))[4, 4].astype(int)
    assert np.abs(grey - 128).max() < 6


def swapped_profile() -> bytes:
    """sRGB with the names of its red and blue primaries exchanged, so that a conversion can't be missed."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = profile.index(b"rXYZ"), profile.index(b"bXYZ")
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return bytes(profile).replace("sRGB built-in".encode("utf-16-be"), "swap built-in".encode("utf-16-be"))


def test_a_colour_profile_changes_the_colours_and_not_the_alpha() -> None:
    rgba = np.full((8, 8, 4), (255, 0, 0, 77), np.uint8)
    read = read_image(encoded(Image.fromarray(rgba), "PNG", icc_profile=swapped_profile()))
    assert read[4, 4].tolist() == [0, 0, 255, 77]


@pytest.mark.parametrize("profile", [b"no profile at all", b"\0" * 200])
def test_a_broken_profile_is_ignored(profile: bytes, colours: np.ndarray) -> None:
    assert np.array_equal(read_image(encoded(Image.fromarray(colours), "PNG", icc_profile=profile)), colours)


# --- bad input -------------------------------------------------------------------------------------------------------


def refusal(source: str | Path | bytes) -> str:
    with pytest.raises(InputError) as caught:
        read_image(source)
    line = str(caught.value)
    assert "\n" not in line
    assert ";" in line  # what is wrong; what to do
    return line


def test_a_missing_file(tmp_path: Path) -> None:
    assert "doesn't exist" in refusal(tmp_path / "none.png")
    assert "doesn't exist" in refusal("")


def test_a_folder(tmp_path: Path) -> None:
    assert "is a folder" in refusal(tmp_path)


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.jpg"
    path.touch()
    assert "is empty" in refusal(path)
    assert "is empty" in refusal(b"")


def test_not_an_image(tmp_path: Path) -> None:
    path = tmp_path / "letter\n.jpg"
    path.write_text("Dear Ana, ...")
    assert "is not a picture" in refusal(path)


def test_a_null_character_in_the_path() -> None:
    assert "isn't a file name" in refusal("a\0b.png")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name here")
def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert "isn't an ordinary file" in refusal(tmp_path / "pipe.png")


def test_a_file_that_may_not_be_read(tmp_path: Path, colours: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    write_image(tmp_path / "locked.png", colours)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)  # root may read everything, so permission bits can't show it
    assert "may not be read" in refusal(tmp_path / "locked.png")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF"])
@pytest.mark.parametrize("kept", [0.3, 0.8])
def test_a_truncated_file(form: str, kept: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(noise), form)
    refusal(data[: int(len(data) * kept)])


@pytest.mark.parametrize("data", [deep_png(np.zeros((40, 40, 3), np.uint16), 2), None])
def test_a_truncated_deep_picture_says_nothing_else(data: bytes | None, capfd: pytest.CaptureFixture[str]) -> None:
    noise = np.random.default_rng(0).random((40, 40, 3)).astype(np.float32)
    data = tiff(noise, 2, 3) if data is None else data
    refusal(data[: len(data) * 2 // 3])
    assert capfd.readouterr().err == ""


def test_a_chunk_longer_than_its_file_makes_no_room_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytearray(deep_png(np.zeros((4, 4, 3), np.uint16), 2))
    data[33:37] = b"\xd0\0\0\0"
    monkeypatch.setattr(decoding, "by_opencv", lambda _: pytest.fail("cv2 would take 3 GB"))
    assert "cut short" in refusal(bytes(data))


@pytest.mark.parametrize("size", [(0, 0), (0, 5), (5, 0)])
def test_a_picture_without_pixels(size: tuple[int, int]) -> None:
    assert "has no pixels" in refusal(png(*size, 8, 2, b""))
    assert "has no pixels" in refusal(tiff(np.zeros((size[1], size[0], 3), np.uint8), 2, 1))


@pytest.mark.parametrize("make", [lambda w, h: png(w, h, 1, 0, b""), lambda w, h: tiff_header(w, h)])
def test_a_decompression_bomb_is_refused_by_its_header(make) -> None:  # type: ignore[no-untyped-def]
    assert "too large" in refusal(make(30_000, 30_000))
    assert "too large" in refusal(make(12_000, 10_001))


def tiff_header(width: int, height: int) -> bytes:
    return tiff(np.zeros((1, 1, 3), np.uint8), 2, 1, {256: width, 257: height})


def test_the_limit_is_the_callers_to_lower(colours: np.ndarray) -> None:
    data = encoded(Image.fromarray(colours), "PNG")
    assert read_image(data, max_pixels=WIDTH * HEIGHT).shape == colours.shape
    with pytest.raises(InputError, match="too large"):
        read_image(data, max_pixels=WIDTH * HEIGHT - 1)


def test_pillows_settings_stay_as_they_are() -> None:
    before = (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, PngImagePlugin.MAX_TEXT_CHUNK)
    refusal(png(30_000, 30_000, 1, 0, b""))
    refusal(encoded(Image.new("RGB", (64, 64)), "PNG")[:60])
    assert before == (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, PngImagePlugin.MAX_TEXT_CHUNK)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), form=st.sampled_from(["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF"]))
def test_damage_gives_a_picture_or_one_line(data: st.DataObject, form: str) -> None:
    """Whatever bytes change: an image within the limits or an InputError, never another exception."""
    source = bytearray(encoded(Image.fromarray(np.arange(300, dtype=np.uint8).reshape(10, 10, 3)), form))
    for _ in range(data.draw(st.integers(1, 6))):
        source[data.draw(st.integers(0, len(source) - 1))] = data.draw(st.integers(0, 255))
    try:
        image = read_image(bytes(source), max_pixels=1_000_000)
    except InputError:
        return
    assert image.dtype == np.uint8
    assert image.ndim == 3
    assert image.shape[2] in (3, 4)


# --- writing ---------------------------------------------------------------------------------------------------------


def test_png_round_trips_with_alpha_and_as_grey(tmp_path: Path, colours: np.ndarray) -> None:
    rgba = np.dstack([colours, colours[..., 0]])
    write_image(tmp_path / "a.png", rgba)
    assert np.array_equal(read_image(tmp_path / "a.png"), rgba)
    write_image(tmp_path / "mask.PNG", colours[..., 0])
    assert np.array_equal(read_image(tmp_path / "mask.PNG")[..., 1], colours[..., 0])


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".webp"])
def test_lossy_files_come_close(tmp_path: Path, suffix: str, colours: np.ndarray) -> None:
    write_image(tmp_path / f"a{suffix}", colours)
    assert np.abs(read_image(tmp_path / f"a{suffix}").astype(int) - colours).mean() < 4


def test_jpeg_has_white_where_nothing_was(tmp_path: Path) -> None:
    write_image(tmp_path / "a.jpg", np.full((16, 16, 4), (0, 0, 0, 0), np.uint8))
    assert (read_image(tmp_path / "a.jpg") > 250).all()


def test_compositing_on_white_is_exact() -> None:
    pixels = np.array([[[10, 20, 30, 255], [10, 20, 30, 0], [0, 100, 255, 128]]], np.uint8)
    assert on_white(pixels).tolist() == [[[10, 20, 30], [255, 255, 255], [127, 177, 255]]]


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing(
    tmp_path: Path, colours: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_image(tmp_path / "a.png", colours)

    def full(_: Image.Image, path: Path, **__: object) -> None:
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(InputError, match="No space left"):
        write_image(tmp_path / "a.png", 255 - colours)
    monkeypatch.undo()
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.png"]
    assert np.array_equal(read_image(tmp_path / "a.png"), colours)


def test_places_that_cannot_be_written(tmp_path: Path, colours: np.ndarray) -> None:
    with pytest.raises(InputError, match="doesn't exist"):
        write_image(tmp_path / "no" / "a.png", colours)
    with pytest.raises(InputError, match=r"use \.png"):
        write_image(tmp_path / "a.tga", colours)
    (tmp_path / "b.png").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        write_image(tmp_path / "b.png", colours)
    assert [entry.name for entry in tmp_path.iterdir()] == ["b.png"]


def test_arrays_that_are_no_pictures_are_the_callers_fault(tmp_path: Path) -> None:
    for wrong in (np.zeros((4, 4, 3)), np.zeros((4, 4, 2), np.uint8), np.zeros((0, 4, 3), np.uint8)):
        with pytest.raises(ValueError, match="picture"):
            write_image(tmp_path / "a.png", wrong)


def test_shrinking_counts_colours_as_much_as_they_are_opaque() -> None:
    pixels = np.zeros((5, 4, 4), np.uint8)
    pixels[:, ::2] = (200, 100, 50, 255)
    small = shrunk(pixels, 2)
    assert small.shape == (3, 2, 4)
    assert np.abs(small[0, 0].astype(int) - (200, 100, 50, 128)).max() <= 2
    assert np.array_equal(shrunk(pixels[..., :3], 1), pixels[..., :3])
