"""What a clip or a picture says about itself is read back as it was written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fashionmirror_core.errors import InputError
from fashionmirror_core.media import images
from fashionmirror_core.media.probing import parse_metadata, read_metadata
from fashionmirror_core.media.writing import open_clip

SAID = '{"path": "C:\\\\photos\\\\ana.jpg", "note": "a=b; #1\nsecond line [x] 中文"}\n[STREAM]\nend\\'


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_a_clips_comment_comes_back(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"clip{suffix}"
    with open_clip(path, (32, 32), 25, metadata={"comment": SAID, "title": "ünï"}) as clip:
        clip.write(np.zeros((32, 32, 3), np.uint8))
    read = read_metadata(path)
    assert read["comment"] == SAID
    assert read["title"] == "ünï"


def test_entries_end_where_the_first_section_begins() -> None:
    text = ";FFMETADATA1\ntitle=one\\\ntwo\nCOMMENT=a\\=b\\;\\#\\\\\n[STREAM]\ntitle=of the stream\n"
    assert parse_metadata(text) == {"title": "one\ntwo", "comment": "a=b;#\\"}


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no video")
    with pytest.raises(InputError, match="not a video"):
        read_metadata(tmp_path / "a.mp4")
    with pytest.raises(InputError):
        read_metadata(tmp_path / "missing.mp4")


def test_a_pictures_text_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "still.png"
    picture = np.zeros((8, 8, 3), np.uint8)
    images.write_image(path, picture, metadata={"comment": SAID})
    assert images.read_metadata(path) == {"comment": SAID}
    images.write_image(path, picture)
    assert images.read_metadata(path) == {}
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match="not a PNG"):
        images.read_metadata(tmp_path / "a.png")
