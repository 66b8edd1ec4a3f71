"""How large a picture may be: decided on its header, by the memory that decoding takes."""

from __future__ import annotations

import json
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fashionmirror_core.errors import InputError
from fashionmirror_core.media import budget
from fashionmirror_core.media.budget import check_memory, check_size, reduction
from fashionmirror_core.media.images import read_picture
from tests.core.media.test_images import deep_png, png, tiff


def refusal(data: bytes) -> str:
    with pytest.raises(InputError) as caught:
        read_picture(data)
    line = str(caught.value)
    assert ";" in line
    assert line.count(". ") == 0, "one sentence"
    return line


def header(width: int, height: int, depth: int, colour_type: int) -> bytes:
    return png(width, height, depth, colour_type, b"")


def test_sixteen_bits_count_more_than_eight() -> None:
    assert "would take 2.1 GB" in refusal(header(12_000, 10_000, 16, 6))
    assert "8 bits" in refusal(header(12_000, 10_000, 16, 6))
    float_tiff = tiff(np.zeros((1, 1, 3), np.float32), 2, 3, {256: 10_000, 257: 9_000})
    assert "would take" in refusal(float_tiff)


@pytest.mark.parametrize("size", [(1, 120_000_000), (120_000_000, 1), (70_000, 3)])
def test_absurd_shapes_are_refused(size: tuple[int, int]) -> None:
    assert "is too long" in refusal(header(*size, 8, 0))


@pytest.mark.parametrize("bytes_a_pixel", [5.0, 8.0, 12.0, 17.0, 25.0])
@pytest.mark.parametrize("channels", [3, 4])
def test_the_limit_that_a_message_names_is_accepted(bytes_a_pixel: float, channels: int) -> None:
    with pytest.raises(InputError, match=r"scale it down to (\d+) megapixels") as caught:
        check_memory((12_000, 10_000), bytes_a_pixel, "a.png", channels)
    megapixels = int(str(caught.value).split("scale it down to ")[1].split()[0])
    check_memory((1000, megapixels * 1000), bytes_a_pixel, "a.png", channels)


def test_usual_large_photos_fit() -> None:
    phone, camera = (8064, 6048), (9504, 6336)
    check_memory(phone, 4 + budget.DECODERS["HEIF"], "a.heic", 3)
    check_memory(camera, 4, "a.png", 3)
    check_size(camera, "a.png", budget.MAX_PIXELS)


def test_only_very_large_pictures_are_scaled_down() -> None:
    assert reduction((8064, 6048), 3) == 1
    assert reduction((8064, 6048), 4) == 2
    assert reduction((12_000, 10_000), 3) == 2
    assert reduction((65_535, 1_000), 3) == 2
    assert reduction((1, 1), 4) == 1


MEASURE = """
import json, os, resource, sys
import cv2, numpy
cv2.resize(cv2.imdecode(cv2.imencode(".png", numpy.zeros((9, 9, 4), numpy.uint16))[1], -1), (3, 3))  # loaded once, too
from fashionmirror_core.media import budget, decoding
from fashionmirror_core.media.images import read_image

needed = []
def record(size, bytes_a_pixel, channels=4, held=0.0, plain=budget.needed_memory):
    needed.append(plain(size, bytes_a_pixel, channels, held))
    return needed[-1]
budget.needed_memory = decoding.needed_memory = record
read_image(sys.argv[1])  # loads what is loaded once
for path in sys.argv[1:]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    needed.clear()
    reader, writer = os.pipe()
    if os.fork() == 0:
        start = int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
        read_image(path)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        os.write(writer, json.dumps([path, max(needed), peak - start]).encode() + b"\\n")
        os._exit(0)
    os.wait()
    print(os.read(reader, 1000).decode(), end="")
"""


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[float, float]]:
    """File name -> (bytes that the limits reckon with, bytes that decoding took), of pictures of 6 megapixels."""
    if sys.platform != "linux":
        pytest.skip("measured by Linux's own counters")
    folder = tmp_path_factory.mktemp("large")
    Image.init()
    y, x = np.mgrid[:2000, :3000].astype(np.uint8)
    rgb = Image.fromarray(np.dstack([x, y, x ^ y]))
    rgba = rgb.copy()
    rgba.putalpha(Image.fromarray(y))
    rgb.save(folder / "first.bmp")
    rgb.save(folder / "rgb.png", compress_level=1)
    rgba.save(folder / "rgba.png", compress_level=1)
    rgb.convert("L").save(folder / "grey.png", compress_level=1)
    rgb.quantize(16, Image.Quantize.FASTOCTREE).save(folder / "palette.gif")
    rgb.save(folder / "progressive.jpg", progressive=True, subsampling=0)
    rgb.save(folder / "rgb.tif", compression="tiff_lzw")
    rgba.save(folder / "rgba.webp", method=0, quality=30)
    if "AVIF" in Image.SAVE:
        rgba.save(folder / "rgba.avif", speed=10)
    deep = np.dstack([x, y, x, y]).astype(np.uint16) * 257
    (folder / "deep.png").write_bytes(deep_png(deep, 6))
    (folder / "deep.tif").write_bytes(tiff(deep[..., :3], 2, 1))
    files = [str(folder / "first.bmp"), *map(str, sorted(folder.iterdir()))]
    done = subprocess.run([sys.executable, "-c", MEASURE, *files], check=True, capture_output=True, text=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {Path(path).name: (needed, taken) for path, needed, taken in lines}


def test_decoding_takes_no_more_than_the_limits_reckon_with(measured: dict[str, tuple[float, float]]) -> None:
    assert len(measured) >= 10
    over = {name: (f"{n / 1e6:.0f}", f"{t / 1e6:.0f}") for name, (n, t) in measured.items() if t > 1.1 * n + 8e6}
    assert over == {}


def test_large_jpegs_are_decoded_at_a_part_of_their_size(monkeypatch: pytest.MonkeyPatch) -> None:
    y, x = np.mgrid[:300, :401].astype(np.uint8)
    stream = BytesIO()
    Image.fromarray(np.dstack([x, y, y])).save(stream, "JPEG", quality=95)
    whole = read_picture(stream.getvalue())
    assert (whole.pixels.shape, whole.scale) == ((300, 401, 3), 1)
    monkeypatch.setattr(budget, "KEPT_PIXELS", {3: 40_000})
    half = read_picture(stream.getvalue())
    assert (half.pixels.shape, half.scale) == ((150, 201, 3), 0.5)
    means = whole.pixels[:, :400].reshape(150, 2, 200, 2, 3).mean((1, 3))
    assert np.abs(half.pixels[:, :200] - means).mean() < 2


def test_a_progressive_jpeg_that_doesnt_fit_whole_is_decoded_at_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = BytesIO()
    Image.effect_noise((400, 300), 80).convert("RGB").save(stream, "JPEG", progressive=True, subsampling=0)
    monkeypatch.setattr(budget, "MEMORY", 400 * 300 * 10)
    assert read_picture(stream.getvalue()).scale == 0.5
    monkeypatch.setattr(budget, "MEMORY", 400 * 300 * 5)
    assert "would take" in refusal(stream.getvalue())


@pytest.mark.parametrize("orientation", [1, 3, 6])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_other_large_pictures_are_scaled_down_by_a_whole_number(
    monkeypatch: pytest.MonkeyPatch, mode: str, orientation: int
) -> None:
    y, x = np.mgrid[:300, :399].astype(np.uint8)
    pixels = np.dstack([x, y, y, (y < 100) * np.uint8(255)])[..., : len(mode)]
    stream, exif = BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(stream, "PNG", exif=exif)
    whole = read_picture(stream.getvalue()).pixels
    monkeypatch.setattr(budget, "KEPT_PIXELS", {3: 14_000, 4: 14_000})
    third = read_picture(stream.getvalue())
    assert third.scale == pytest.approx(1 / 3)
    expected = np.asarray(Image.fromarray(whole).reduce(3))
    assert third.pixels.shape == expected.shape
    assert np.abs(third.pixels.astype(int) - expected).max() <= 1
