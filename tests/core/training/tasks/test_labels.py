"""Single frames with labels: the same for the same seed, true to the set where nothing is drawn, mirrored as a whole."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from fashionmirror_core.errors import InputError
from fashionmirror_core.skeleton import MIRROR, NAMES
from fashionmirror_core.training.clips import DataError
from fashionmirror_core.training.sets.packed import open_set
from fashionmirror_core.training.sets.preparing import Preparation, prepare
from fashionmirror_core.training.sources import open_source
from fashionmirror_core.training.tasks.labels import LabelledSet
from fashionmirror_core.vocabulary import Label


@pytest.fixture(scope="module")
def folder(catwalk_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("labels")
    prepare(open_source("catwalk", catwalk_folder), path, Preparation(labels_only=True), workers=1)
    return path


def test_without_draws_it_is_the_set_resized(folder: Path) -> None:
    item = LabelledSet([folder], corrupted=False)[0]
    with open_set(folder).open(0) as clip:
        labels, joints = clip.labels("A", 0), clip.joints("A")[0]
    assert item["image"].shape == (3, 384, 288)
    assert item["matte"].shape == (1, 384, 288)
    assert np.array_equal(item["labels"].numpy(), cv2.resize(labels, (288, 384), interpolation=cv2.INTER_NEAREST))
    np.testing.assert_allclose(item["joints"][:, :2].numpy(), (joints[:, :2] + 0.5) * 1.5 - 0.5, atol=1e-4)
    outside = item["matte"][0] == 0
    assert not item["labels"][outside].any()


def test_draws_depend_on_seed_and_epoch_alone(folder: Path) -> None:
    one, same, other = LabelledSet([folder], 1), LabelledSet([folder], 1), LabelledSet([folder], 2)
    for key in ("image", "matte", "joints", "labels"):
        assert torch.equal(one[3][key], same[3][key])
    assert not torch.equal(one[3]["image"], other[3]["image"])
    same.set_epoch(1)
    assert not torch.equal(one[3]["image"], same[3]["image"])


def test_joints_stay_on_the_person_that_was_moved(folder: Path) -> None:
    """Also where the picture is mirrored: the right hand stays the person's own."""
    data = LabelledSet([folder])
    for index in range(len(data)):
        item = data[index]
        x, y = item["joints"][4, :2].round().long().clamp(min=0).tolist()
        near = item["labels"][max(0, y - 6) : y + 7, max(0, x - 6) : x + 7]
        assert near.numel() == 0 or (near > 0).any()


def test_the_mirror_swaps_left_and_right() -> None:
    for joint, twin in enumerate(MIRROR):
        name = NAMES[joint]
        sided = name[0] in "LR" and name[1].isupper()
        assert NAMES[twin] == ({"L": "R", "R": "L"}[name[0]] + name[1:] if sided else name)


def test_labels_are_those_of_the_data_sets(folder: Path) -> None:
    data = LabelledSet([folder])
    assert all(int(data[k]["labels"].max()) <= max(Label) for k in range(len(data)))


def test_a_damaged_clip_is_named(folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (broken, *_) = sorted(tmp_path.glob("*.clip"))
    broken.write_bytes(broken.read_bytes()[:100])
    with pytest.raises(DataError, match=broken.name):
        LabelledSet([tmp_path])
    rest = LabelledSet([tmp_path], skip=True)
    assert len(rest) == 6
    assert broken.name in rest.skipped[0]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="prepare"):
        LabelledSet([tmp_path])
