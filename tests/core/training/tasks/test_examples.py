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
from fashionmirror_core.networks import warp
from fashionmirror_core.training.clips import Clip, GarmentPicture, LookSpec, Take
from fashionmirror_core.training.sets.packed import DrawnFrame, PreparedLook, SetInfo
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
    """The trunk in red cloth; in frame k everything lies 6 k pixels to the right."""

    def flow(x: float, y: float) -> np.ndarray:
        return np.stack([np.full((128, 96), x), np.full((128, 96), y)]).astype(np.float32)

    cloth = ((mannequin.masks["trunk"] > 0.5) * 255).astype(np.uint8)
    still = np.full((*STAGE, 3), 230, np.uint8)
    still[cloth > 0] = (RED, 0, 0)
    normals = np.full((*STAGE, 3), 128, np.uint8)
    normals[cloth > 0] = (128, 128, 0)
    drawn = [
        DrawnFrame(
            np.roll(still, 6 * k, 1), *[np.roll(cloth, 6 * k, 1)] * 2, np.roll(cloth, 6 * k, 1) // 2,
            np.roll(normals, 6 * k, 1), flow(-6 * k, 0), flow(-6 if k else 0, 0),
        )
        for k in range(4)
    ]  # fmt: skip
    return PreparedLook(spec, still, cloth, cloth, tuple(drawn) if spec.target else ())


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


def test_the_flows_bring_the_pixels_of_the_still_and_of_the_frame_before(folder: Path) -> None:
    items = TrainingSet([folder], frames=3, corrupted=False)
    batch = expanded(default_collate([items[0]]))
    assert batch["target"].shape == batch["engine"].shape == (1, 3, 3, *STAGE)
    for t in range(3):
        brought = warp(batch["still"][:, :3], batch["flow"][:, t])
        inside = batch["clothing"][:, t] > 0.5
        inside[..., :1] = False
        assert ((brought - batch["engine"][:, t]).abs() * inside).mean() < 0.005
        if t:
            before = warp(batch["engine"][:, t - 1], batch["back"][:, t])
            assert ((before - batch["engine"][:, t]).abs() * inside).mean() < 0.005


def test_normals_are_unit_vectors_where_somebody_is(folder: Path) -> None:
    batch = expanded(default_collate([TrainingSet([folder], frames=1, corrupted=False)[0]]))
    share = torch.nn.functional.avg_pool2d(batch["cover"][:, 0], 17, 1, 8)[0, 0]  # lossy at the edge
    lengths = batch["normals"][0, 0].norm(dim=0)
    assert torch.allclose(lengths[share == 1], torch.ones(()), atol=0.05)
    assert not lengths[share == 0].any()


def test_a_look_whose_truth_nobody_knows_has_no_frames(folder: Path) -> None:
    assert len(TrainingSet([folder], frames=2)) == 1


def test_a_take_that_is_too_short_stands_still(folder: Path) -> None:
    item = TrainingSet([folder], frames=6)[0]
    assert torch.equal(item["target"][4], item["target"][5])


def test_worker_processes_read_the_same_items(folder: Path) -> None:
    items = TrainingSet([folder, folder], frames=1, seed=5)
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
