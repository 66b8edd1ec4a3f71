"""Training examples from a prepared set: the same for the same seed, epoch and number, and true to the frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import DataLoader, default_collate

from fashionmirror_core.errors import InputError
from fashionmirror_core.training.clips import Clip, GarmentPicture, LookSpec, Take
from fashionmirror_core.training.sets.packed import LAYERS, PreparedLook, SetInfo
from fashionmirror_core.training.sets.packing import write_clip
from fashionmirror_core.training.tasks.examples import PATCH_PIXELS, PATCHES, TrainingSet, expanded, patches_within
from fashionmirror_core.vocabulary import Label, Part
from tests.core.conftest import STAGE, Mannequin

GREY, RED = 120, 200


def _take(mannequin: Mannequin, n: int, step: float) -> Take:
    """A grey mannequin with an upper garment on its trunk, moving ``step`` pixels to the right from frame to frame."""
    labels = np.zeros((n, *STAGE), np.uint8)
    frames = np.full((n, *STAGE, 3), 230, np.uint8)
    joints = np.ones((n, 25, 3), np.float32)
    for k in range(n):
        shift = int(step * k)
        for part in Part:
            solid = np.roll(mannequin.masks[part] > 0.5, shift, 1)
            labels[k][solid] = Label.UPPER if part == "trunk" else Label.ARMS
            frames[k][solid] = GREY
        joints[k, :, :2] = mannequin.joints + np.array([shift, 0])
    return Take(frames, labels, joints, np.zeros((n, 25), np.float32), np.where(labels > 0, 255, 0).astype(np.uint8))


def _look(mannequin: Mannequin, spec: LookSpec) -> PreparedLook:
    layers = np.zeros((len(LAYERS), 4, *STAGE), np.uint8)
    for layer, (part, clothing) in zip(layers, LAYERS, strict=True):
        solid = mannequin.masks[part] > 0.5
        if not clothing:
            layer[:3, solid] = GREY
            layer[3, solid] = 255
        elif part == "trunk":
            layer[0, solid] = RED
            layer[3, solid] = 255
    flow = np.stack([np.full((128, 96), 3.0), np.full((128, 96), -2.0)]).astype(np.float32)
    cloth = ((mannequin.masks["trunk"] > 0.5) * 255).astype(np.uint8)
    return PreparedLook(
        spec=spec,
        joints=np.concatenate([mannequin.joints, np.ones((25, 1))], 1).astype(np.float32),
        depth=np.zeros(25, np.float32),
        matte=cloth,
        hair=np.zeros(STAGE, np.uint8),
        removed=cloth,
        garment_flows=(flow,),
        cloths=(cloth,),
        layers=layers,
        plate=np.full((*STAGE, 3), 230, np.uint8),
    )


@pytest.fixture(scope="module")
def folder(mannequin: Mannequin, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("set")
    SetInfo("drawn", "CC0-1.0", True, STAGE, "analytic").write(path)
    picture = np.dstack([np.full((80, 60, 3), RED, np.uint8), np.full((80, 60), 255, np.uint8)])
    specs = (
        LookSpec(("A", 0), ("top",), ("B", 0), "B", "swap"),
        LookSpec(("A", 1), ("top",), None, None, "swap"),
    )
    takes = {"A": _take(mannequin, 4, 0), "B": _take(mannequin, 4, 6)}
    clip = Clip("drawn", takes, {"top": GarmentPicture(picture, "upper")}, specs)
    write_clip(path, clip, [_look(mannequin, spec) for spec in specs])
    return path


def test_the_same_seed_epoch_and_number_give_the_same_item(folder: Path) -> None:
    one, two = TrainingSet([folder], frames=2, seed=3), TrainingSet([folder], frames=2, seed=3)
    for a, b in zip(one[0].items(), two[0].items(), strict=True):
        assert a[0] == b[0]
        assert torch.equal(a[1], b[1]) if isinstance(a[1], torch.Tensor) else a[1] == b[1]
    two.set_epoch(1)
    assert not torch.equal(one[0]["patches"], two[0]["patches"])


def test_frames_follow_the_target_and_the_flow_brings_its_pixels(folder: Path) -> None:
    items = TrainingSet([folder], frames=3, corrupted=False)
    batch = expanded(default_collate([items[0]]))
    assert batch["target"].shape == (1, 3, 3, *STAGE)
    # The window follows the hips, so in it the mannequin stands still and the picture moves behind.
    hips = batch["target_joints"][0, :, 8, :2]
    assert torch.allclose(hips, hips[:1].expand_as(hips), atol=1.0)
    trunk = batch["flow"][0, :, list(Part).index(Part.TRUNK), :, 45, 48]
    there = batch["target_joints"][0, :, 8, :2] + trunk
    assert torch.allclose(there, torch.tensor([96.0, 128.0]).expand_as(there), atol=1.5)


def test_a_look_that_nobody_wears_teaches_the_removed_mask_only(folder: Path) -> None:
    items = TrainingSet([folder], frames=2)
    unknown = items[1]
    assert float(unknown["has_dressed"]) == float(unknown["has_target"]) == 0
    assert float(items[0]["has_dressed"]) == float(items[0]["has_target"]) == 1
    assert len(TrainingSet([folder], frames=2, only_targets=True)) == 1


def test_a_take_that_is_too_short_stands_still(folder: Path) -> None:
    item = TrainingSet([folder], frames=6)[0]
    assert torch.equal(item["target"][4], item["target"][5])


def test_without_frames_an_item_holds_the_still_look_only(folder: Path) -> None:
    item = TrainingSet([folder], frames=0)[0]
    assert "target" not in item
    assert item["image"].shape == (3, *STAGE)


def test_expanded_pictures_show_the_try_on_and_the_bare_person(folder: Path) -> None:
    batch = expanded(default_collate([TrainingSet([folder], corrupted=False)[0]]))
    assert batch["dressed"][0, 0, 100, 96] == pytest.approx(RED / 255, abs=0.02)
    assert batch["erased"][0, 0, 100, 96] == pytest.approx(GREY / 255, abs=0.02)
    assert batch["dressed"][0, :, 5, 5].abs().max() == 0  # layers only, no scene
    assert batch["garment_flow"].shape == (1, 2, *STAGE)
    assert torch.allclose(batch["garment_flow"][0, :, 77, 33], torch.tensor([3.0, -2.0]))
    assert batch["target_labels"].dtype == torch.uint8


def test_worker_processes_read_the_same_items(folder: Path) -> None:
    items = TrainingSet([folder], frames=1, seed=5)
    (batch,) = DataLoader(items, batch_size=2, num_workers=1)
    alone = default_collate([items[0], items[1]])
    assert batch["id"] == alone["id"]
    assert torch.equal(batch["flow"], alone["flow"])
    assert torch.equal(batch["target"], alone["target"])


def test_sets_of_different_stages_are_refused(folder: Path, tmp_path: Path) -> None:
    SetInfo("large", "CC0-1.0", True, (512, 384), "analytic").write(tmp_path)
    with pytest.raises(InputError, match="one stage size"):
        TrainingSet([folder, tmp_path])


@given(st.integers(0, 191), st.integers(0, 255), st.integers(1, 60), st.integers(0, 1000))
def test_patches_stay_inside_the_picture_and_touch_the_clothes(x: int, y: int, size: int, seed: int) -> None:
    region = np.zeros(STAGE, bool)
    region[y : y + size, x : x + size] = True
    corners = patches_within(region, np.random.default_rng(seed))
    assert corners.shape == (PATCHES, 2)
    assert (corners >= 0).all()
    assert (corners <= np.array(STAGE) - PATCH_PIXELS).all()
    for top, left in corners:
        assert region[top : top + PATCH_PIXELS, left : left + PATCH_PIXELS].any()
