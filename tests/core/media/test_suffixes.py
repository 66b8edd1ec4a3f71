"""One list of suffixes: each of them is really read, and everything that lists files asks this list."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fashionmirror_core.media.images import read_image
from fashionmirror_core.media.reading import VideoReader
from fashionmirror_core.media.suffixes import MOTIONS, PICTURES, VIDEOS
from tests.core.media.conftest import ffmpeg

FORMATS = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif"), "JPEG"),
    **dict.fromkeys((".png", ".apng"), "PNG"),
    **dict.fromkeys((".tif", ".tiff"), "TIFF"),
    **dict.fromkeys((".heic", ".heif", ".hif"), "HEIF"),
    **{".mpo": "MPO", ".webp": "WEBP", ".bmp": "BMP", ".dib": "DIB", ".gif": "GIF", ".avif": "AVIF"},
}


@pytest.mark.parametrize("suffix", PICTURES)
def test_every_picture_suffix_is_read(suffix: str, tmp_path: Path) -> None:
    Image.init()
    if FORMATS[suffix] == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
    if FORMATS[suffix] not in Image.SAVE:
        pytest.skip(f"nothing here writes {FORMATS[suffix]}")
    colours = np.zeros((32, 48, 3), np.uint8)
    colours[:, 24:] = (200, 100, 50)
    path = tmp_path / f"a{suffix.upper()}"
    Image.fromarray(colours).save(path, FORMATS[suffix])
    read = read_image(path)
    assert read.shape == colours.shape
    assert np.abs(read[8:24, 32:40].astype(int) - (200, 100, 50)).max() < 8


@pytest.mark.parametrize("suffix", VIDEOS)
def test_every_video_suffix_is_read(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix.upper()}"
    try:  # 352 x 288 at 25 a second is what every codec can, H.263 and MPEG-2 among them
        ffmpeg("-f", "lavfi", "-i", "testsrc=s=352x288:r=25", "-frames:v", "3", path)
    except subprocess.CalledProcessError:
        pytest.skip(f"this ffmpeg doesn't write {suffix}")
    with VideoReader(path, max_side=44) as video:
        assert video.size == (44, 36)
        assert len(list(video)) == 3


def test_the_lists_hold_plain_lower_case_suffixes_once() -> None:
    for suffixes in (PICTURES, VIDEOS, MOTIONS):
        assert len(set(suffixes)) == len(suffixes)
        assert all(re.fullmatch(r"\.[a-z0-9]+", suffix) for suffix in suffixes)


def test_no_other_list_stands_beside_it(repository: Path) -> None:
    """A literal with .jpg or .mp4 and a suffix that can't be written is a list of what can be read."""
    written = {".png", ".jpg", ".jpeg", ".webp", ".mp4", ".webm", ".gif"}
    lists = []
    for package in ("fashionmirror_core", "app"):
        for path in sorted((repository / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
                    words = {word.value for word in ast.walk(node) if isinstance(word, ast.Constant)}
                    known = words & {*PICTURES, *VIDEOS}
                    if known & {".jpg", ".mp4"} and known - written:
                        lists.append((path.name, node.lineno))
    assert {name for name, _ in lists} == {"suffixes.py"}
