"""A user's own photos and videos as clips."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fashionmirror_core.errors import InputError
from fashionmirror_core.media.images import write_image
from fashionmirror_core.person.labels import MASKS, Parsing
from fashionmirror_core.person.skin import SkinColor
from fashionmirror_core.training.clips import Clip, DataError, LookSpec
from fashionmirror_core.training.sources import open_source
from fashionmirror_core.training.sources.photos import label_map, reduced
from fashionmirror_core.training.sources.videos import spread
from fashionmirror_core.vocabulary import Label


@pytest.fixture(scope="module")
def video_clip(videos_folder: Path) -> Clip:
    return open_source("videos", videos_folder)[0]


# ----------------------------------------------------------------------------------------------------------------- photos


def test_a_photo_is_understood_by_the_engine(photos_folder: Path) -> None:
    source = open_source("photos", photos_folder, licence="with permission", commercial=False)
    clip = source[0]
    assert (source.ids, source.licence, source.commercial) == (("lilac",), "with permission", False)
    take = clip.takes["photo"]
    assert take.frames.shape == (1, 384, 288, 3)
    assert list(clip.garments) == ["own_dress"]
    assert clip.looks == (LookSpec(("photo", 0), ("own_dress",), ("photo", 0), "photo", "reconstruction"),)
    inside, labelled = take.mattes[0] > 127, take.labels[0] > 0
    assert (inside & labelled).sum() > 0.95 * (inside | labelled).sum()
    x, y = take.joints[0, [1, 8], :2].mean(0).round().astype(int)
    assert take.labels[0, y, x] == Label.DRESS


def test_labels_beside_the_photos_are_used(photos_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(photos_folder, tmp_path / "photos"))
    labels = np.zeros((384, 288), np.uint8)
    labels[100:200, 100:180] = Label.UPPER
    (folder / "labels").mkdir()
    write_image(folder / "labels" / "lilac.png", labels)
    clip = open_source("photos", folder)[0]
    np.testing.assert_array_equal(clip.takes["photo"].labels[0], labels)
    assert list(clip.garments) == ["own_upper"]
    write_image(folder / "labels" / "lilac.png", labels[:100])
    with pytest.raises(DataError, match=r"labels.lilac\.png: is 288 x 100"):
        open_source("photos", folder)[0]


def test_photos_that_show_nobody_or_are_damaged_are_named(tmp_path: Path) -> None:
    write_image(tmp_path / "wall.png", np.full((300, 200, 3), 180, np.uint8))
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    source = open_source("photos", tmp_path)
    assert source.ids == ("broken", "wall")
    for index, file in enumerate(("broken.jpg", "wall.png")):
        with pytest.raises(DataError) as caught:
            source[index]
        assert str(caught.value).count(file) == 1


def test_folders_without_photos_or_with_two_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no photo"):
        open_source("photos", tmp_path)
    (tmp_path / ".hidden.jpg").write_bytes(b"x")
    (tmp_path / "notes.txt").write_bytes(b"x")
    with pytest.raises(InputError, match="no photo"):
        open_source("photos", tmp_path)
    (tmp_path / "a.jpg").write_bytes(b"x")
    (tmp_path / "a.png").write_bytes(b"x")
    with pytest.raises(InputError, match=r"a\.jpg"):
        open_source("photos", tmp_path)


@given(st.integers(1, 2000), st.integers(1, 900))
def test_photos_are_reduced_to_768_rows_in_proportion(height: int, width: int) -> None:
    found = reduced(np.zeros((height, width, 3), np.uint8)).shape[:2]
    assert found[0] == min(height, 768)
    assert abs(found[1] - width * found[0] / height) <= 0.5 or found[1] == 1


def parsing(one_piece: float, **masks: float) -> Parsing:
    """One pixel."""
    skin = SkinColor(np.zeros(3), np.ones(3), np.zeros(3), False)
    filled = {name: np.full((1, 1), masks.get(name, 0.0), np.float32) for name in MASKS}
    return Parsing(**filled, one_piece=one_piece, skin=skin)


@pytest.mark.parametrize(
    ("found", "label"),
    [
        (parsing(0.0, upper=0.4, lower=0.3), Label.UPPER),
        (parsing(0.9, upper=0.4, lower=0.3), Label.DRESS),
        (parsing(0.9, torso=0.6, lower=0.3), Label.TORSO),
        (parsing(0.0, accessory=0.8), Label.ACCESSORY),
        (parsing(0.0, shoes=0.4), Label.BACKGROUND),
        (replace(parsing(0.2, lower=1.0), one_piece=0.51), Label.DRESS),
    ],
)
def test_a_parsing_becomes_its_likeliest_label(found: Parsing, label: Label) -> None:
    assert label_map(found) == [[label]]
    assert label_map(found).dtype == np.uint8


# ----------------------------------------------------------------------------------------------------------------- videos


def test_a_video_is_a_take_of_the_frames_that_show_somebody(video_clip: Clip) -> None:
    take = video_clip.takes["video"]
    assert len(take) == 4  # of five: one is an empty room
    assert take.fps == pytest.approx(5)
    assert (take.labels > 0).mean() > 0.05
    hips = take.joints[:, 8, :2].round().astype(int)
    assert all(take.mattes[frame, y, x] > 127 for frame, (x, y) in enumerate(hips))


def test_every_frame_but_the_one_cut_from_is_a_source(video_clip: Clip) -> None:
    assert set(video_clip.garments) == {"own_upper", "own_lower"}
    assert len(video_clip.looks) == 3
    for look in video_clip.looks:
        assert look.garments == ("own_lower", "own_upper")
        assert look.dressed == look.source
        assert look.target == "video"
    assert len({look.source for look in video_clip.looks}) == 3


def test_the_category_can_be_given(videos_folder: Path) -> None:
    clip = open_source("videos", videos_folder, category="dress", max_frames=2)[0]
    assert list(clip.garments) == ["own_dress"]
    assert not np.isin(clip.takes["video"].labels, (Label.UPPER, Label.LOWER)).any()
    assert len(clip.takes["video"]) == 2
    assert clip.takes["video"].fps == pytest.approx(1.25)  # the first and the last of five


def test_bad_options_and_videos_are_refused(videos_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="hat"):
        open_source("videos", videos_folder, category="hat")
    with pytest.raises(InputError, match="at least 2"):
        open_source("videos", videos_folder, max_frames=1)
    with pytest.raises(InputError, match="no video"):
        open_source("videos", tmp_path)
    whole = (videos_folder / "walk.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.mp4").write_bytes(b"not a video")
    source = open_source("videos", tmp_path)
    for index, file in enumerate(("cut.mp4", "text.mp4")):
        with pytest.raises(DataError) as caught:
            source[index]
        assert str(caught.value).count(file) == 1


@given(st.integers(0, 400), st.integers(2, 20))
def test_frames_are_spread_over_the_whole(total: int, count: int) -> None:
    frames = [np.full(1, number) for number in range(total)]
    picks = [int(frame[0]) for frame in spread(iter(frames), count)]
    assert len(picks) == min(total, count)
    assert picks == sorted(set(picks))
    if picks:
        assert picks[0] == 0
        assert total - 1 - picks[-1] <= total / count  # about the last
        steps = np.diff(picks)
        assert not len(steps) or steps.max() <= 2 * steps.min()
