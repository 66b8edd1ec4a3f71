"""From data sets to prepared ones: the engine's own looks, resumable, the same whoever works, nothing lost silently."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from fashionmirror_core.cli.main import app
from fashionmirror_core.errors import InputError
from fashionmirror_core.training.clips import Clip, DataError, LookSpec, Take
from fashionmirror_core.training.sets import preparing
from fashionmirror_core.training.sets.packed import open_set
from fashionmirror_core.training.sets.pairs import CLOTH_PICTURES, CLOTH_ROWS, facing, with_frontal_sources
from fashionmirror_core.training.sets.preparing import Preparation, prepare
from fashionmirror_core.training.sources import open_source
from fashionmirror_core.training.sources.garments import GarmentPhotos
from fashionmirror_core.training.tasks.examples import TrainingSet
from fashionmirror_core.training.tasks.labels import LabelledSet
from fashionmirror_core.vocabulary import Label

Rewrite = Callable[[Path, str, "bytes | None"], None]
HOW = Preparation(swaps=1, reconstructions=1, seed=3)
FEW = Preparation(swaps=1, reconstructions=1, stills=True)


@pytest.fixture(scope="module")
def prepared(catwalk_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    assert prepare(open_source("catwalk", catwalk_folder), folder, HOW, workers=1).clips == 2
    return folder


def test_every_kind_of_look_is_prepared_and_can_be_learned_from(prepared: Path) -> None:
    looks = [look for clip in open_set(prepared) for look in clip.looks]  # type: ignore[attr-defined]
    assert {look.kind for look in looks} == {"swap", "reconstruction"}
    for clip in open_set(prepared):  # co-attention begins with where the garments' landmarks are
        assert all(clip.garments[key].landmarks for look in clip.looks for key in look.garments)  # type: ignore[attr-defined]
    items = TrainingSet([prepared], frames=2, corrupted=False)
    assert len(items) == len(looks)
    item = items[0]
    assert item["target"].shape == item["engine"].shape == (2, 3, 256, 192)
    assert item["unseen"].max() > 127  # bytes; the first frame is chosen for showing what the photo didn't


@pytest.mark.parametrize("kind", ["catwalk", "street"])
def test_labels_alone_are_prepared_without_the_engine(
    kind: str, catwalk_folder: Path, street_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "_tryon", None)  # would fail where it is asked for
    source = open_source(kind, catwalk_folder if kind == "catwalk" else street_folder)
    done = prepare(source, tmp_path, Preparation(labels_only=True), workers=1)
    assert (done.clips, done.looks, done.skipped) == (2, 0, [])
    assert prepare(source, tmp_path, Preparation(labels_only=True), workers=1).there == 2
    assert len(LabelledSet([tmp_path])) == (12 if kind == "catwalk" else 2)
    with pytest.raises(InputError, match="no look"):
        TrainingSet([tmp_path])


def test_labels_alone_take_the_cloth_of_garment_photos_along(
    catwalk_folder: Path, garments_folder: Path, tmp_path: Path
) -> None:
    photos = GarmentPhotos(garments_folder)
    prepare(open_source("catwalk", catwalk_folder), tmp_path, Preparation(labels_only=True), photos, workers=1)
    with open_set(tmp_path).open(0) as clip:
        garments = [clip.garment(key) for key in clip.table["garments"] if key.startswith("cloth")]
    assert 1 <= len(garments) <= CLOTH_PICTURES
    assert {garment.category for garment in garments} <= set(photos.categories)
    assert all(garment.image.shape[0] <= CLOTH_ROWS for garment in garments)
    assert {item["labels"].max().item() for item in LabelledSet([tmp_path])} <= set(range(11))


def test_the_person_stands_on_the_stage_as_in_use(prepared: Path) -> None:
    with open_set(prepared).open(0) as opened:
        joints = opened.joints("A")[0]
        labels = opened.labels("A", 0)
    rows = np.flatnonzero((labels > 0).any(1))
    assert rows[-1] - rows[0] == pytest.approx(0.88 * 256, abs=6)
    assert joints[8, 0] == pytest.approx(96, abs=8)


def test_prepared_again_nothing_is_done_twice(prepared: Path, catwalk_folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in prepared.iterdir()}
    done = prepare(open_source("catwalk", catwalk_folder), prepared, HOW, workers=1)
    assert (done.there, done.clips) == (2, 0)
    assert {path: path.stat().st_mtime_ns for path in prepared.iterdir()} == before


def test_a_set_that_was_cut_off_is_gone_on_with_to_the_same_bytes(prepared: Path, catwalk_folder: Path) -> None:
    (gone, *_) = sorted(prepared.glob("*.clip"))
    before = gone.read_bytes()
    gone.unlink()
    done = prepare(open_source("catwalk", catwalk_folder), prepared, HOW, workers=2)
    assert (done.there, done.clips) == (1, 1)
    assert gone.read_bytes() == before


def test_another_set_or_another_way_is_not_mixed_in(prepared: Path, street_folder: Path, catwalk_folder: Path) -> None:
    for kind, folder in (("street", street_folder), ("catwalk", catwalk_folder)):
        with pytest.raises(InputError, match="another set"):
            prepare(open_source(kind, folder), prepared, FEW, workers=1)


def test_a_fault_of_the_engine_is_named_with_its_clip_and_the_others_go_on(
    catwalk_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = preparing.staged

    def faulty(clip: Clip, size: tuple[int, int]) -> Clip:
        if clip.id == "top":
            raise IndexError("out of bounds")
        return whole(clip, size)

    monkeypatch.setattr(preparing, "staged", faulty)
    done = prepare(open_source("catwalk", catwalk_folder), tmp_path / "skip", FEW, workers=1)
    assert done.clips == 1
    assert done.skipped == ["top: the engine failed on it (IndexError: out of bounds)."]
    with pytest.raises(DataError, match=r"top: the engine failed"):
        prepare(
            open_source("catwalk", catwalk_folder), tmp_path / "refuse", dataclasses.replace(FEW, refuse=True), None, 1
        )


def test_a_photo_is_learned_from_by_bending_it(street_folder: Path, tmp_path: Path) -> None:
    done = prepare(open_source("street", street_folder), tmp_path, Preparation(bends=2, stills=True), workers=1)
    assert done.clips >= 1, done.skipped
    clip = open_set(tmp_path)[0]
    assert {"photo", "bent0", "bent1"} == set(clip.takes)
    assert all(look.source[0].startswith("bent") and look.target == "photo" for look in clip.looks)
    assert not np.array_equal(clip.takes["bent0"].joints, clip.takes["photo"].joints)
    assert Label.UPPER in clip.takes["bent0"].labels or Label.DRESS in clip.takes["bent0"].labels


def test_a_broken_clip_is_named_and_skipped_or_refused(
    catwalk_folder: Path, rewrite_member: Rewrite, tmp_path: Path
) -> None:
    broken = tmp_path / "train"
    broken.mkdir()
    for path in catwalk_folder.iterdir():
        (broken / path.name).write_bytes(path.read_bytes())
    rewrite_member(broken / "train_000.zip", "top/A_01.webp", None)
    source = open_source("catwalk", broken)
    done = prepare(source, tmp_path / "skip", FEW, workers=1)
    assert done.clips == 1
    assert any("A_01.webp" in line for line in done.skipped)
    for workers in (1, 2):
        refuse = dataclasses.replace(FEW, refuse=True)
        with pytest.raises(DataError, match=r"A_01\.webp"):
            prepare(source, tmp_path / f"refuse{workers}", refuse, workers=workers)


def _clip(across: list[float]) -> Clip:
    """Frames whose shoulders are so far apart, of a trunk of 100 pixels."""
    n = len(across)
    joints = np.zeros((n, 25, 3), np.float32)
    joints[:, 8, 1] = 100
    joints[:, 5, 0] = across
    zeros = np.zeros((n, 4, 4), np.uint8)
    take = Take(np.zeros((n, 4, 4, 3), np.uint8), zeros, joints, np.zeros((n, 25), np.float32), zeros)
    looks = tuple(LookSpec(("A", k), (), ("A", k), "A", "swap") for k in range(n))
    return Clip("turning", {"A": take}, {}, looks)


def test_sources_face_the_camera_and_frames_turn_as_they_like() -> None:
    kept = with_frontal_sources(_clip([70, 20, -60, 50, 55]))
    assert len(kept.takes["A"]) == 5
    assert [look.source[1] for look in kept.looks] == [0, 3, 4]
    with pytest.raises(InputError, match="faces the camera"):
        with_frontal_sources(_clip([-70, 10]))


def test_labels_are_learned_from_frames_that_face_the_camera() -> None:
    kept = facing(_clip([70, 20, -60, 50, 55]))
    assert kept.takes["A"].joints[:, 5, 0].tolist() == [50, 55]  # the longest run: what is left has no gap
    assert [look.source[1] for look in kept.looks] == [0, 1]
    with pytest.raises(InputError, match="faces the camera"):
        facing(_clip([-70, 10]))


def test_the_engines_frames_lie_on_the_true_ones(prepared: Path) -> None:
    """The mannequin's step to the side is the frames' and the flow's; as it doesn't turn, little is there to be painted."""
    with open_set(prepared).open(0) as opened:
        number = next(k for k in range(len(opened.looks)) if opened.drawn_frames(k))
        spec, frames = opened.looks[number], opened.drawn_frames(number)
        drawn = [opened.drawn(number, k) for k in range(frames)]
        mattes = [opened.matte(spec.target, k) for k in range(frames)]
        joints = opened.joints(spec.target)
    step = joints[frames - 1, 8, 0] - joints[spec.source[1], 8, 0]
    for frame, matte in zip(drawn, mattes, strict=True):
        here, true = frame.cover > 127, matte > 127
        assert (here & true).sum() / (here | true).sum() > 0.7
        assert (frame.unseen > 127).sum() < 0.05 * here.sum()  # folds of the cloth that swings
    middle = drawn[-1].flow[:, drawn[-1].clothing[::2, ::2] > 200]
    np.testing.assert_allclose(np.median(middle[0]), -step, atol=3)  # the cloth sways
    assert not drawn[0].back.any()
    assert drawn[1].back.any()


def test_the_command_prepares_and_says_what_it_left_out(catwalk_folder: Path, tmp_path: Path) -> None:
    arguments = ["train", "prepare", "catwalk", str(catwalk_folder), "-o", str(tmp_path / "set"), "--swaps", "1"]
    done = CliRunner().invoke(app, [*arguments, "--reconstructions", "0", "--workers", "1", "--stills"])
    assert done.exit_code == 0, done.output
    assert "2 clips with 2 looks written" in done.output


def test_the_command_refuses_terms_for_a_set_that_has_its_own(catwalk_folder: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, ["train", "prepare", "catwalk", str(catwalk_folder), "-o", str(tmp_path), "--licence", "mine"]
    )
    assert isinstance(done.exception, InputError)
    assert "terms of catwalk are known" in str(done.exception)
