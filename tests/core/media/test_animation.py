"""Of an animation, the first frame that shows something is the picture, and a note names it."""

from __future__ import annotations

import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from fashionmirror_core.media.images import read_picture

FORMATS = ["GIF", "WEBP", "PNG", "AVIF"]


@pytest.fixture
def scene() -> np.ndarray:
    """(48, 64, 3) uint8 with a bright shape on grey."""
    picture = np.full((48, 64, 3), 90, np.uint8)
    picture[10:40, 20:40] = (240, 200, 60)
    return picture


def animation(frames: list[np.ndarray], form: str) -> bytes:
    Image.init()
    if form not in Image.SAVE:
        pytest.skip(f"this Pillow doesn't write {form}")
    options = {"GIF": {"disposal": 2}, "WEBP": {"lossless": True}, "AVIF": {"quality": 95}}.get(form, {})
    first, *rest = map(Image.fromarray, frames)
    stream = BytesIO()
    first.save(stream, form, save_all=True, append_images=rest, duration=40, **options)
    return stream.getvalue()


@pytest.mark.parametrize("form", FORMATS)
def test_a_first_frame_that_shows_something_is_the_picture(form: str, scene: np.ndarray) -> None:
    read = read_picture(animation([scene, 255 - scene], form))
    assert np.abs(read.pixels.astype(int) - scene).mean() < 3
    assert read.notes == ("The picture is an animation; its first frame is used.",)


@pytest.mark.parametrize("form", FORMATS)
def test_black_frames_at_the_beginning_are_passed_over(form: str, scene: np.ndarray) -> None:
    fade = [(scene * (k / 8)).astype(np.uint8) for k in range(9)]
    read = read_picture(animation(fade, form))
    index = int(re.findall(r"frame (\d+) is used", read.notes[0])[0]) - 1
    assert index in (6, 7)
    assert np.abs(read.pixels.astype(int) - fade[index]).mean() < 3


def test_transparent_frames_at_the_beginning_are_passed_over(scene: np.ndarray) -> None:
    clear = np.zeros((48, 64, 4), np.uint8)
    opaque = np.dstack([scene, np.full((48, 64), 255, np.uint8)])
    assert "frame 2 is used" in read_picture(animation([clear, opaque], "WEBP")).notes[0]


def test_an_animation_that_shows_nothing_is_its_first_frame() -> None:
    frames = [np.full((48, 64, 3), level, np.uint8) for level in (0, 3, 200)]
    read = read_picture(animation(frames, "WEBP"))
    assert read.pixels.max() == 0
    assert "shows nothing" in read.notes[0]


def test_a_damaged_rest_leaves_the_frames_before_it(scene: np.ndarray) -> None:
    noise = np.random.default_rng(0).integers(0, 128, (48, 64, 3), dtype=np.uint8)
    data = animation([np.zeros_like(scene), scene, noise, noise[::-1]], "GIF")
    read = read_picture(data[: len(data) * 2 // 3])
    assert "frame 2 is used" in read.notes[0]


def test_pages_and_single_pictures_have_no_note(scene: np.ndarray) -> None:
    stream = BytesIO()
    Image.fromarray(scene).save(stream, "TIFF", save_all=True, append_images=[Image.fromarray(scene)])
    assert read_picture(stream.getvalue()).notes == ()
    stream = BytesIO()
    Image.fromarray(scene).save(stream, "WEBP")
    assert read_picture(stream.getvalue()).notes == ()
