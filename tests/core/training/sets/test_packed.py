"""Prepared sets: what is written comes back, whole or not at all, and what is broken is named."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from fashionmirror_core.errors import InputError
from fashionmirror_core.training.clips import Clip, DataError, GarmentPicture, LookSpec, Take
from fashionmirror_core.training.sets.packed import DrawnFrame, PackedSet, PreparedLook, SetInfo, open_set
from fashionmirror_core.training.sets.packing import write_clip

STAGE = (64, 48)


def _smooth(rng: np.random.Generator, height: int, width: int, channels: int) -> np.ndarray:
    """A picture that survives lossy compression."""
    coarse = rng.integers(40, 215, (4, 4, channels), np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def _take(rng: np.random.Generator, n: int) -> Take:
    labels = np.zeros((n, *STAGE), np.uint8)
    labels[:, 10:50, 12:36] = 6
    return Take(
        np.stack([_smooth(rng, *STAGE, 3) for _ in range(n)]),
        labels,
        rng.uniform(0, 48, (n, 25, 3)).astype(np.float32),
        rng.normal(0, 5, (n, 25)).astype(np.float32),
        np.where(labels > 0, 255, 0).astype(np.uint8),
        fps=3.5,
    )


def _look(rng: np.random.Generator, spec: LookSpec) -> PreparedLook:
    def mask() -> np.ndarray:
        return rng.integers(0, 256, STAGE, np.uint8)

    def flow() -> np.ndarray:
        return rng.uniform(-30, 30, (2, 32, 24)).astype(np.float32)

    def picture() -> np.ndarray:
        return _smooth(rng, *STAGE, 3)

    drawn = [DrawnFrame(picture(), mask(), mask(), mask(), picture(), flow(), flow()) for _ in range(3)]
    return PreparedLook(
        spec=spec,
        still=picture(),
        cover=mask(),
        clothing=mask(),
        drawn=tuple(drawn) if spec.target else (),
    )


@pytest.fixture
def made(tmp_path: Path) -> tuple[PackedSet, Clip, list[PreparedLook]]:
    rng = np.random.default_rng(0)
    garments = {
        "top": GarmentPicture(np.dstack([_smooth(rng, 30, 20, 3), np.full((30, 20), 255, np.uint8)]), "upper"),
        "skirt": GarmentPicture(np.dstack([_smooth(rng, 40, 30, 3), np.full((40, 30), 128, np.uint8)]), "lower"),
    }
    specs = (
        LookSpec(("A", 1), ("skirt", "top"), ("B", 1), "B", "swap"),
        LookSpec(("A", 0), ("top",), None, None, "swap"),
    )
    clip = Clip("walk", {"A": _take(rng, 3), "B": _take(rng, 3)}, garments, specs)
    looks = [_look(rng, spec) for spec in specs]
    SetInfo("drawn", "CC0-1.0", True, STAGE, "analytic").write(tmp_path)
    write_clip(tmp_path, clip, looks)
    return open_set(tmp_path), clip, looks


def test_masks_labels_joints_and_layouts_come_back_exactly(made: tuple[PackedSet, Clip, list[PreparedLook]]) -> None:
    packed, clip, looks = made
    back = packed[0]
    assert back.id == "walk"
    assert back.looks == clip.looks
    for name, take in clip.takes.items():
        assert (back.takes[name].labels == take.labels).all()
        assert (back.takes[name].mattes == take.mattes).all()
        assert (back.takes[name].joints == take.joints).all()
        assert (back.takes[name].depth == take.depth).all()
        assert back.takes[name].fps == take.fps
    with packed.open(0) as opened:
        for number, look in enumerate(looks):
            again = opened.look(number)
            for name in ("cover", "clothing"):
                assert (getattr(again, name) == getattr(look, name)).all(), name
            assert opened.drawn_frames(number) == len(look.drawn)
            for k, frame in enumerate(look.drawn):
                for name in ("cover", "clothing", "unseen"):
                    assert (getattr(opened.drawn(number, k), name) == getattr(frame, name)).all(), name


def test_colours_and_flows_come_back_nearly(made: tuple[PackedSet, Clip, list[PreparedLook]]) -> None:
    packed, clip, looks = made
    back = packed[0]
    assert np.abs(back.takes["A"].frames.astype(int) - clip.takes["A"].frames).mean() < 3
    skirt = back.garments["skirt"].image
    assert (skirt[..., 3] == 128).all()
    with packed.open(0) as opened:
        look = opened.look(0)
        assert np.abs(look.still.astype(int) - looks[0].still).mean() < 3
        again, frame = opened.drawn(0, 2), looks[0].drawn[2]
        for name in ("flow", "back"):
            assert np.abs(getattr(again, name) - getattr(frame, name)).max() <= 1 / 32 + 1e-6
        for name in ("image", "normals"):
            assert np.abs(getattr(again, name).astype(int) - getattr(frame, name)).mean() < 3


def test_a_folder_without_a_set_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no prepared set.*train prepare"):
        open_set(tmp_path)


def test_a_set_of_another_version_is_refused(made: tuple[PackedSet, Clip, list[PreparedLook]]) -> None:
    path = made[0].folder / "set.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": 99}))
    with pytest.raises(DataError, match=r"set\.json.*version 99"):
        open_set(made[0].folder)


def test_a_clip_that_was_cut_short_is_named(made: tuple[PackedSet, Clip, list[PreparedLook]]) -> None:
    file = made[0].files[0]
    file.write_bytes(file.read_bytes()[:-400])
    with pytest.raises(DataError, match=r"walk\.clip.*not a whole clip"):
        made[0].open(0)


def _without(file: Path, member: str, instead: bytes | None = None) -> None:
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    assert members.pop(member, None) is not None
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        if instead is not None:
            archive.writestr(member, instead)


def _png(mask: np.ndarray) -> bytes:
    return cv2.imencode(".png", mask)[1].tobytes()


@pytest.mark.parametrize(
    ("member", "instead", "message"),
    [
        ("takes/A/001.webp", None, r"walk\.clip/takes/A/001\.webp.*missing"),
        ("takes/A/001.webp", b"no picture", r"takes/A/001\.webp.*broken"),
        ("takes/B/002_labels.png", _png(np.full(STAGE, 11, np.uint8)), r"002_labels\.png.*label 11"),
        ("takes/B/002_labels.png", _png(np.zeros((10, 10), np.uint8)), r"002_labels\.png.*broken"),
        ("takes/A/joints.npy", b"", r"takes/A/joints\.npy.*broken"),
        ("looks/000/still.webp", b"PK", r"still\.webp.*broken"),
        ("looks/000/000_masks.png", None, r"000_masks\.png.*missing"),
        ("looks/000/000_flows.npz", b"", r"000_flows\.npz.*broken"),
    ],
)
def test_a_broken_member_is_named(
    made: tuple[PackedSet, Clip, list[PreparedLook]], member: str, instead: bytes | None, message: str
) -> None:
    _without(made[0].files[0], member, instead)
    with made[0].open(0) as opened, pytest.raises(DataError, match=message):
        (opened.clip(), opened.look(0), opened.drawn(0, 0))


def test_a_wrong_number_of_joints_is_named(made: tuple[PackedSet, Clip, list[PreparedLook]], tmp_path: Path) -> None:
    np.save(tmp_path / "j.npy", np.zeros((3, 17, 3), np.float32))
    _without(made[0].files[0], "takes/A/joints.npy", (tmp_path / "j.npy").read_bytes())
    with pytest.raises(DataError, match=r"takes/A/joints\.npy.*\(3, 17, 3\), expected \(3, 25, 3\)"):
        made[0][0]
