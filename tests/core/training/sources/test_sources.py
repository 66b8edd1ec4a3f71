"""Sources of clips: what they yield from tiny sets in their layouts, and how they refuse broken ones."""

from __future__ import annotations

import io
import json
import multiprocessing
import pickle
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from fashionmirror_core.errors import InputError
from fashionmirror_core.training.clips import Clip, ClipSource, DataError, LookSpec
from fashionmirror_core.training.sources import GarmentPhotos, open_source, valid_clips
from fashionmirror_core.training.sources.catwalk import Catwalk, focal_length
from fashionmirror_core.training.sources.reading import checked_joints, decoded_labels
from fashionmirror_core.training.sources.street import Street
from fashionmirror_core.vocabulary import Label

Rewrite = Callable[[Path, str, "bytes | None"], None]


@pytest.fixture
def catwalk_copy(catwalk_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(catwalk_folder, tmp_path / "train"))


@pytest.fixture
def street_copy(street_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(street_folder, tmp_path / "train"))


def png(labels: np.ndarray) -> bytes:
    memory = io.BytesIO()
    Image.fromarray(labels).save(memory, "PNG")
    return memory.getvalue()


def changed_index(folder: Path, change: Callable[[list[dict]], object]) -> None:
    path = folder / "index.json"
    table = json.loads(path.read_text())
    change(table["clips"] if isinstance(table, dict) else table)
    path.write_text(json.dumps(table))


# ---------------------------------------------------------------------------------------------------------------- catwalk


def test_a_catwalk_clip_has_both_outfits_with_their_truth(catwalk_folder: Path) -> None:
    source = open_source("catwalk", catwalk_folder)
    clip = source[0]
    assert (source.ids, source.licence, source.commercial) == (("top", "dress"), "CC0-1.0", True)
    a, b = clip.takes["A"], clip.takes["B"]
    assert a.frames.shape == (3, 256, 192, 3)
    differs = (np.abs(a.frames.astype(int) - b.frames).max(-1) > 60).mean((1, 2))
    assert (differs > 0.02).all()
    assert (a.labels == b.labels).all()  # another top of the same cut
    assert ((a.mattes == 255) == (a.labels > 0)).all()
    np.testing.assert_array_equal(a.joints[..., :2], b.joints[..., :2])
    assert a.fps == b.fps == pytest.approx(5)


def test_hidden_joints_keep_their_place_with_less_confidence(catwalk_folder: Path) -> None:
    takes = Catwalk(catwalk_folder)[0].takes
    assert (takes["A"].joints[..., 2] == 1).all()
    assert (takes["B"].joints[:, 4, 2] == 0.5).all()
    assert (np.delete(takes["B"].joints[..., 2], 4, axis=1) == 1).all()


def test_depth_is_in_pixels_from_the_hips_and_nearer_is_smaller(catwalk_folder: Path) -> None:
    depth = Catwalk(catwalk_folder)[0].takes["A"].depth
    assert (depth[:, 8] == 0).all()
    assert (depth[:, 4] < -5).all()
    assert (np.delete(depth, 4, axis=1) == 0).all()


def test_looks_wear_what_the_source_does_not(catwalk_folder: Path) -> None:
    top, dress = (Catwalk(catwalk_folder)[index] for index in (0, 1))
    assert sorted(top.garments) == ["A_lower", "A_upper", "B_upper"]  # B's trousers are A's
    for clip, swaps, own in (
        (top, {"A": ("B_upper",), "B": ("A_upper",)}, {"A": ("A_lower", "A_upper"), "B": ("A_lower", "B_upper")}),
        (dress, {"A": ("B_lower", "B_upper"), "B": ("A_dress",)}, {"A": ("A_dress",), "B": ("B_lower", "B_upper")}),
    ):
        expected = set()
        for outfit, other in ("AB", "BA"):
            for frame in range(3):
                expected.add(LookSpec((outfit, frame), swaps[outfit], (other, frame), other, "swap"))
                expected.add(LookSpec((outfit, frame), own[outfit], (outfit, frame), outfit, "reconstruction"))
        assert set(clip.looks) == expected
        assert len(clip.looks) == len(expected)


def test_a_shop_picture_is_cut_out_by_its_mask(catwalk_folder: Path) -> None:
    garment = Catwalk(catwalk_folder)[0].garments["B_upper"]
    assert garment.category == "upper"
    assert garment.image.shape == (256, 192, 4)
    inside = garment.image[garment.image[..., 3] == 255]
    assert np.abs(inside[:, :3].astype(int) - (40, 170, 60)).mean() < 5
    assert (garment.image[:30, :, 3] == 0).all()


def _first_pixel(source: ClipSource) -> int:
    return int(source[0].takes["A"].frames[0, 0, 0, 0])


@pytest.mark.parametrize(
    "method", [name for name in ("fork", "spawn") if name in multiprocessing.get_all_start_methods()]
)
def test_a_source_with_an_open_archive_goes_to_another_process(catwalk_folder: Path, method: str) -> None:
    source = open_source("catwalk", catwalk_folder)
    here = _first_pixel(source)
    with multiprocessing.get_context(method).Pool(1) as pool:
        assert pool.apply(_first_pixel, (source,)) == here


def test_sources_travel_light(catwalk_folder: Path, street_folder: Path) -> None:
    source = open_source("catwalk", catwalk_folder)
    assert source[0].id == "top"
    assert len(pickle.dumps(source)) < 1000
    assert pickle.loads(pickle.dumps(open_source("street", street_folder)))[1].id == "0002"


@pytest.mark.parametrize(
    ("member", "data", "words"),
    [
        ("top/A_01.webp", None, "isn't in the archive"),
        ("top/A_01.webp", b"RIFF....WEBPnothing", "top/A_01.webp"),
        ("top/B_labels.png", b"\x89PNG\r\n\x1a\n", "damaged"),
        ("top/B_labels.png", png(np.zeros((256, 192), np.uint8)), "192 x 256 pixels, not 192 x 768"),
        ("top/B_labels.png", png(np.full((768, 192), 11, np.uint8)), "label 11"),
        ("top/B_labels.png", png(np.zeros((768, 192, 3), np.uint8)), "mode RGB"),
        ("top/A_02.webp", png(np.zeros((90, 80, 3), np.uint8)), "(90, 80)"),
        ("top/shop_B_upper.png", png(np.zeros((9, 9), np.uint8)), "9 x 9"),
    ],
)
def test_a_broken_member_is_named(
    catwalk_copy: Path, rewrite_member: Rewrite, member: str, data: bytes | None, words: str
) -> None:
    rewrite_member(catwalk_copy / "train_000.zip", member, data)
    source = open_source("catwalk", catwalk_copy)
    with pytest.raises(DataError, match=member) as caught:
        source[0]
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert source[1].id == "dress"


def test_a_flipped_byte_is_noticed(catwalk_copy: Path) -> None:
    path = catwalk_copy / "train_000.zip"
    data = bytearray(path.read_bytes())
    data[data.index(b"top/A_00.webp") + 400] ^= 255
    path.write_bytes(bytes(data))
    with pytest.raises(DataError, match=r"train_000\.zip:top/A_00\.webp"):
        open_source("catwalk", catwalk_copy)[0]


@pytest.mark.parametrize("kept", [0, 100, 5000])
def test_an_archive_cut_short_is_named(catwalk_copy: Path, kept: int) -> None:
    path = catwalk_copy / "train_000.zip"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DataError, match=r"train_000\.zip: is not a whole zip archive"):
        open_source("catwalk", catwalk_copy)[0]


@pytest.mark.parametrize("key", ["archive", "joints_row", "frames", "times", "garments"])
def test_an_entry_that_lacks_something_is_named(catwalk_copy: Path, key: str) -> None:
    changed_index(catwalk_copy, lambda clips: clips[1].pop(key))
    source = open_source("catwalk", catwalk_copy)
    assert source[0].id == "top"
    with pytest.raises(DataError, match=rf'index\.json: clip dress has no "{key}"'):
        source[1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda clips: clips[0].update(archive="../other.zip"), "other.zip"),
        (lambda clips: clips[0].update(archive="none.zip"), r"none\.zip"),
        (lambda clips: clips[0].update(joints_row=7), "no row 7"),
        (lambda clips: clips[0].update(joints_row=-1), "no row -1"),
        (lambda clips: clips[0].update(frames=4, times=[0, 1, 2, 3]), "4 frames"),
        (lambda clips: clips[0].update(times=[0, 1]), "times of clip top"),
        (lambda clips: clips[0].update(times=[0, 1, "2"]), "times of clip top"),
        (lambda clips: clips[0].update(times=[2, 1, 0]), "-2.0 seconds"),
        (lambda clips: clips[0]["garments"]["A_upper"].update(slot="hat"), "'hat'"),
        (lambda clips: clips[0]["garments"]["A_upper"].pop("mask"), "mask"),
        (lambda clips: clips[0]["garments"]["B_lower"].update(same_as="A_dress"), "A_dress"),
        (lambda clips: clips[0]["garments"].update(C_upper={}), "C_upper"),
    ],
)
def test_an_impossible_entry_is_refused(catwalk_copy: Path, change: Callable[[list[dict]], object], words: str) -> None:
    changed_index(catwalk_copy, change)
    with pytest.raises(DataError, match=words):
        open_source("catwalk", catwalk_copy)[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda found: found.update(depth_m=found["depth_m"][..., :24]), "depth_m"),
        (lambda found: found.update(xy=found["xy"][:, :, :24]), "xy"),
        (lambda found: found.update(visible=found["visible"][..., :1]), "visible"),
        (lambda found: found.pop("xy"), "xy"),
        (lambda found: found["xy"].__setitem__((0, 0, 0, 0), np.nan), "impossible"),
        (lambda found: found["depth_m"].__setitem__((0, 0, 0), 0), "impossible"),
    ],
)
def test_wrong_joints_are_refused(catwalk_copy: Path, change: Callable[[dict], object], words: str) -> None:
    path = catwalk_copy / "joints.npz"
    with np.load(path) as stored:
        found = dict(stored)
    change(found)
    np.savez(path, **found)
    with pytest.raises(DataError, match=rf"joints\.npz: .*{words}"):
        open_source("catwalk", catwalk_copy)[0]


def test_joints_cut_short_are_refused(catwalk_copy: Path) -> None:
    path = catwalk_copy / "joints.npz"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DataError, match=r"joints\.npz"):
        open_source("catwalk", catwalk_copy)[0]


@given(
    focal=st.floats(500, 1600),
    away=st.floats(4, 7.5),
    size=st.floats(0.7, 1.3),
    turn=st.floats(0.4, 1.2),
    seed=st.integers(0, 99),
)
def test_the_focal_length_follows_from_rigid_bones(
    focal: float, away: float, size: float, turn: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    right = rng.normal(0, 0.4, (25, 3))
    for a, b in ((2, 5), (3, 6), (4, 7), (9, 12), (10, 13), (11, 14)):
        right[b] = right[a] * (-1, 1, 1)
    angles = np.linspace(-turn, turn, 6)
    rotation = np.array([[[np.cos(t), 0, np.sin(t)], [0, 1, 0], [-np.sin(t), 0, np.cos(t)]] for t in angles])
    points = size * np.einsum("tij,kj->tki", rotation, right) + (0.1, 0.2, away)
    metres = points[..., 2]
    xy = focal * points[..., :2] / metres[..., None] + ((288 - 1) / 2, (384 - 1) / 2)
    found = focal_length(xy, metres.astype(np.float32), (384, 288))
    assert found == pytest.approx(focal, rel=0.01)


# ----------------------------------------------------------------------------------------------------------------- street


def test_a_street_photo_puts_its_own_clothes_on_again(street_folder: Path) -> None:
    source = open_source("street", street_folder)
    separates, dress = source[0], source[1]
    assert not source.commercial
    assert "research" in source.licence
    assert list(separates.garments) == ["own_lower", "own_upper"]
    assert list(dress.garments) == ["own_dress"]
    place = ("photo", 0)
    assert separates.looks == (LookSpec(place, ("own_lower", "own_upper"), place, "photo", "reconstruction"),)
    take = separates.takes["photo"]
    assert len(take) == 1
    assert (take.depth == 0).all()
    assert ((take.mattes > 0) == (take.labels > 0)).all()


def test_the_cut_out_garment_is_the_one_worn(street_folder: Path) -> None:
    clip = Street(street_folder)[0]
    garment = clip.garments["own_upper"]
    solid = garment.image[..., 3] == 255
    assert np.abs(garment.image[solid].mean(0)[:3] - (200, 40, 40)).max() < 12
    worn = int((clip.takes["photo"].labels[0] == Label.UPPER).sum())
    assert 0.8 * worn < solid.sum() <= worn
    assert (garment.image[[0, -1]][..., 3] == 0).all()
    assert (garment.image[:, [0, -1], 3] == 0).all()


def _relabelled(folder: Path, change: Callable[[np.ndarray], object]) -> Clip:
    path = folder / "0001.png"
    labels = np.array(Image.open(path))
    change(labels)
    path.write_bytes(png(labels))
    return open_source("street", folder)[0]


def test_a_garment_hardly_seen_or_in_pieces_is_not_cut_out(street_copy: Path) -> None:
    def hide(labels: np.ndarray) -> None:
        labels[(labels == Label.LOWER) & (np.arange(256)[:, None] > 118)] = Label.ACCESSORY
        stripes = (np.arange(192) // 8 % 2 == 0) & (labels == Label.UPPER)
        labels[stripes] = Label.ACCESSORY

    clip = _relabelled(street_copy, hide)
    assert clip.garments == {}
    assert clip.looks == ()


def test_a_strap_does_not_part_a_garment(street_copy: Path) -> None:
    def strap(labels: np.ndarray) -> None:
        labels[95:97] = np.where(labels[95:97] > 0, Label.ACCESSORY, 0)

    assert "own_upper" in _relabelled(street_copy, strap).garments


@pytest.mark.parametrize(
    ("file", "data", "words"),
    [
        ("0001.jpg", None, "can't be read"),
        ("0001.jpg", b"\xff\xd8\xff", "picture"),
        ("0001.png", None, "can't be read"),
        ("0001.png", b"", "damaged"),
        ("0001.png", png(np.zeros((255, 192), np.uint8)), "192 x 255"),
        ("0001.png", png(np.full((256, 192), 12, np.uint8)), "label 12"),
    ],
)
def test_a_broken_street_file_is_named(street_copy: Path, file: str, data: bytes | None, words: str) -> None:
    if data is None:
        (street_copy / file).unlink()
    else:
        (street_copy / file).write_bytes(data)
    with pytest.raises(DataError, match=file) as caught:
        open_source("street", street_copy)[0]
    assert words in str(caught.value)


def test_a_photo_cut_short_is_refused(street_copy: Path) -> None:
    path = street_copy / "0001.jpg"
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(DataError, match=r"0001\.jpg"):
        open_source("street", street_copy)[0]


@given(arrays(np.uint8, st.tuples(st.integers(1, 20), st.integers(1, 20)), elements=st.integers(0, 14)))
def test_label_maps_come_through_unless_a_value_is_no_label(labels: np.ndarray) -> None:
    if labels.max() <= 10:
        np.testing.assert_array_equal(decoded_labels(png(labels), "map", labels.shape), labels)
    else:
        with pytest.raises(DataError, match="label"):
            decoded_labels(png(labels), "map", labels.shape)


@pytest.mark.parametrize(
    "joints",
    [
        [[0, 0, 1]] * 24,
        [[0, 0]] * 25,
        [[0, 0, 1]] * 24 + [[0, 0]],
        [[0, 0, float("nan")]] * 25,
        [[0, 0, 90]] * 25,
        [["a", "b", "c"]] * 25,
    ],
)
def test_wrong_joint_tables_are_refused(joints: list) -> None:
    with pytest.raises(DataError, match=r"index\.json: .* of 0047"):
        checked_joints(joints, "index.json", "0047")


# --------------------------------------------------------------------------------------------------------------- garments


def test_garment_photos_are_cut_out(garments_folder: Path) -> None:
    source = GarmentPhotos(garments_folder)
    assert len(source) == 2
    shirt = source[0]
    assert shirt.category == "upper"
    assert np.abs(shirt.image[shirt.image[..., 3] == 255].mean(0)[:3] - (200, 40, 40)).max() < 15


def test_refused_garments_are_named_or_skipped_when_told(garments_folder: Path) -> None:
    with pytest.raises(DataError, match=r"wall\.jpg"):
        list(valid_clips(GarmentPhotos(garments_folder)))
    skipped: list[str] = []
    kept = list(valid_clips(GarmentPhotos(garments_folder), "skip", skipped.append))
    assert [index for index, _ in kept] == [0]
    assert [Path(line.split(": ")[0]).name for line in skipped] == ["wall.jpg"]


# ---------------------------------------------------------------------------------------------------------------- opening


@pytest.mark.parametrize("kind", ["catwalk", "street"])
def test_a_folder_of_another_kind_is_refused_by_what_it_lacks(kind: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"index\.json"):
        open_source(kind, tmp_path)
    with pytest.raises(InputError, match="isn't a folder"):
        open_source(kind, tmp_path / "nowhere")


def test_catwalk_needs_its_joints(catwalk_copy: Path) -> None:
    (catwalk_copy / "joints.npz").unlink()
    with pytest.raises(InputError, match=r"joints\.npz"):
        open_source("catwalk", catwalk_copy)


def test_unknown_kinds_and_options_are_refused(street_folder: Path) -> None:
    with pytest.raises(InputError, match="catwalk, street, photos, videos"):
        open_source("paintings", street_folder)
    with pytest.raises(InputError, match="licence"):
        open_source("street", street_folder, licence="mine")


@pytest.mark.parametrize(
    "text", ["", "{", "{}", '[{"joints": []}]', '[{"id": "../x"}]', '[{"id": 3}]', '[{"id": "a"}, {"id": "a"}]', "[3]"]
)
def test_a_broken_index_is_refused_at_once(tmp_path: Path, text: str) -> None:
    (tmp_path / "index.json").write_text(text)
    with pytest.raises(DataError, match=r"index\.json"):
        open_source("street", tmp_path)


def test_valid_clips_refuse_or_skip(street_copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (street_copy / "0001.png").unlink()
    source = open_source("street", street_copy)
    with pytest.raises(DataError, match=r"0001\.png"):
        list(valid_clips(source))
    skipped: list[str] = []
    assert [(index, clip.id) for index, clip in valid_clips(source, "skip", skipped.append)] == [(1, "0002")]
    assert len(skipped) == 1
    assert "0001.png" in skipped[0]
    assert len(list(valid_clips(source, "skip"))) == 1
    assert "0001.png" in capsys.readouterr().err
    with pytest.raises(InputError, match="refuse, skip"):
        list(valid_clips(source, "ignore"))


# ---------------------------------------------------------------------------------------------------------- the real sets


def test_the_rendered_set_is_read_quickly(shared: Path) -> None:
    folder = shared / "data" / "catwalk" / "val"
    if not folder.is_dir():
        pytest.skip("the catwalk set is not here")
    source = open_source("catwalk", folder)
    assert len(source) == 20
    assert source[0].takes["A"].frames.shape == (12, 384, 288, 3)
    started = time.process_time()
    clips = [source[index] for index in (1, 2, 3)]
    assert time.process_time() - started < 3 * 0.3  # 0.09 s each on a quiet machine
    for clip in clips:
        take = clip.takes["A"]
        at = np.round(take.joints[:, 8, :2]).astype(int)
        assert all(take.labels[frame, y, x] > 0 for frame, (x, y) in enumerate(at))
        tall = np.ptp(take.joints[..., 1], axis=1)
        assert (np.abs(take.depth).max(1) < tall).all()


def test_the_street_set_is_read(shared: Path) -> None:
    folder = shared / "data" / "street" / "val"
    if not folder.is_dir():
        pytest.skip("the street set is not here")
    source = open_source("street", folder)
    clips = [source[index] for index in range(3)]
    assert all(clip.garments and clip.takes["photo"].frames.shape == (1, 384, 288, 3) for clip in clips)
