"""Training examples: a prepared look and some frames of it as tensors, the same for the same seed, epoch and number.

Keys, shapes and units are those of ``Example``. Only OpenCV, numpy and torch's CPU part are needed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import Dataset

from fashionmirror_core.errors import InputError
from fashionmirror_core.skeleton import MIRROR
from fashionmirror_core.training.clips import worn_mask
from fashionmirror_core.training.losses import PATCH_PIXELS
from fashionmirror_core.training.sets.packed import FLOW_STEP_PIXELS, PackedClip, gathered, open_set
from fashionmirror_core.training.synthesis.corruption import random_light
from fashionmirror_core.training.tasks.task import terms_of

PATCHES = 3  # Eq. 4: patches a picture
FINISHED_PATCHES = 2  # Eq. 12: patches an item of ``finish``
TRIES = 4  # of an item's first frame, until it shows what the source didn't
LEAST_UNSEEN = 0.01  # of the stage


class Example(TypedDict):
    """One item, small enough to travel between processes; a batch adds a leading N and ``expanded`` makes it what the
    objective takes. H x W is the stage, n frames.

    uint8 pictures and masks are 0..255 here and float32 in [0, 1] once expanded; pixels are stage pixels.
    """

    id: str
    still: Tensor  # (4, H, W) uint8, the engine's dressed source, and the person's share
    worn: Tensor  # (1, H, W) uint8, M_c^s of the still
    engine: Tensor  # (n, 3, H, W) uint8, the engine's frames
    cover: Tensor  # (n, 1, H, W) uint8, the person's share
    clothing: Tensor  # (n, 1, H, W) uint8, M_c^t
    unseen: Tensor  # (n, 1, H, W) uint8
    normals: Tensor  # (n, 3, H, W) uint8; expanded: unit, or zero where nobody is
    flow: Tensor  # (n, 2, H / 2, W / 2) float32, F, frame -> source; expanded: (n, 2, H, W)
    back: Tensor  # (n, 2, H / 2, W / 2) float32, frame -> previous frame; expanded: (n, 2, H, W)
    joints: Tensor  # (n, 25, 3) float32
    target: Tensor  # (n, 3, H, W) uint8
    target_labels: Tensor  # (n, H, W) uint8, values of Label
    target_clothing: Tensor  # (n, 1, H, W) uint8, true M_c^t
    patches: Tensor  # (2, 2) int64, y, x of 64 x 64 patches within what the source didn't show of the first frame
    use_truth: Tensor  # () float32, 1 where the previous frame is the truth instead of the network's own
    light: Tensor  # (3, 4) float32, of all pictures of the item, rgb -> light @ (rgb, 1); applied when expanded
    mirrored: Tensor  # () float32, 1 where left and right are exchanged; applied when expanded


PICTURES = ("engine", "target")  # lit by the item's light, as is the still
FLOWS = ("flow", "back")


def expanded(batch: dict[str, Any]) -> dict[str, Any]:
    """A batch of examples, on any device, as the objective takes it: floats, whole flows, lit."""
    result = {
        key: value.float() / 255
        if isinstance(value, Tensor) and value.dtype == torch.uint8 and key != "target_labels"
        else value
        for key, value in batch.items()
    }
    light = batch["light"]
    result |= {key: _lit(result[key], light) for key in PICTURES}
    result |= {key: _enlarged(result[key]) for key in FLOWS}
    result["still"] = torch.cat([_lit(result["still"][:, :3], light), result["still"][:, 3:]], 1)
    normals = 2 * result["normals"] - 1
    result["normals"] = normals * (normals.square().sum(2, keepdim=True) > 0.25)
    return _mirrored(result)


MASKS = ("cover", "clothing", "unseen", "target_labels", "target_clothing")


def _mirrored(batch: dict[str, Any]) -> dict[str, Any]:
    """The items that ask for it as in a mirror; the others as they are."""
    width = batch["still"].shape[-1]

    def chosen(value: Tensor, flipped: Tensor) -> Tensor:
        return torch.where(batch["mirrored"].view(-1, *(1,) * (value.ndim - 1)) > 0.5, flipped, value)

    result = dict(batch)
    for key in ("still", "worn", *PICTURES, *MASKS, "normals", *FLOWS):
        flipped = batch[key].flip(-1)
        if key in (*FLOWS, "normals"):
            across = torch.ones(flipped.shape[2], device=flipped.device)
            across[0] = -1
            flipped = flipped * across.view(1, 1, -1, 1, 1)
        result[key] = chosen(batch[key], flipped)
    joints = batch["joints"][:, :, MIRROR.tolist()].clone()
    joints[..., 0] = width - 1 - joints[..., 0]
    result["joints"] = chosen(batch["joints"], joints)
    patches = batch["patches"].clone()
    patches[..., 1] = width - PATCH_PIXELS - patches[..., 1]
    result["patches"] = chosen(batch["patches"], patches)
    return result


def _lit(rgb: Tensor, light: Tensor) -> Tensor:
    """(N, ..., 3, H, W) in each item's light (N, 3, 4)."""
    shape = (len(light), *(1,) * (rgb.ndim - 4), 3, 1, 1)
    channels = rgb.unbind(-3)
    lit = sum(light[:, :, k].view(shape) * channels[k].unsqueeze(-3) for k in range(3))
    return (lit + light[:, :, 3].view(shape)).clamp(0, 1)


def _enlarged(flow: Tensor) -> Tensor:
    """A stored flow, sampled at even pixels (N, n, 2, H / 2, W / 2) -> (N, n, 2, H, W)."""
    flat = flow.flatten(0, 1)
    right = torch.cat([flat, flat[..., -1:]], 3)
    whole = torch.cat([right, right[..., -1:, :]], 2)
    size = (FLOW_STEP_PIXELS * flow.shape[-2] + 1, FLOW_STEP_PIXELS * flow.shape[-1] + 1)
    enlarged = F.interpolate(whole, size=size, mode="bilinear", align_corners=True)[..., :-1, :-1]
    return enlarged.unflatten(0, flow.shape[:2])


@dataclass(frozen=True)
class _Entry:
    packed: int
    clip: int
    look: int


class TrainingSet(Dataset[Example]):
    """The looks of prepared sets whose frames were drawn.

    Args:
        folders: prepared sets of one stage size.
        frames: n, consecutive frames an item; a shorter take repeats its last.
        seed: with the epoch and the number it decides every draw.
        skip: leave out clips that can't be opened and name them in ``skipped``, instead of raising DataError.
        corrupted: draw another light and mirror images; off to measure.

    Raises InputError where a folder holds no prepared set or the stages differ.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        frames: int = 1,
        seed: int = 0,
        corrupted: bool = True,
        skip: bool = False,
    ) -> None:
        self.sets = [open_set(folder) for folder in folders]
        self.sources = terms_of(self.sets)
        stages = {packed.info.stage for packed in self.sets}
        if len(stages) != 1:
            raise InputError(
                "Prepared sets of one stage size are trained on together; give one set, or sets that agree."
            )
        self.stage = stages.pop()
        self.frames, self.seed, self.epoch, self.corrupted = frames, seed, 0, corrupted

        def usable(number: int, index: int, clip: PackedClip) -> list[_Entry]:
            return [_Entry(number, index, look) for look in range(len(clip.looks)) if clip.drawn_frames(look)]

        self.entries, self.skipped = gathered(self.sets, usable, skip)
        if not self.entries:
            raise InputError("The prepared sets hold no look with frames; prepare them again, without --stills.")

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: int) -> Example:
        """Raises DataError, which names the file, for a clip that is damaged."""
        entry = self.entries[index]
        rng = np.random.default_rng([self.seed, self.epoch, index])
        with self.sets[entry.packed].open(entry.clip) as clip:
            return example(clip, entry.look, self.frames, rng, self.corrupted)


def example(clip: PackedClip, number: int, frames: int, rng: np.random.Generator, corrupted: bool) -> Example:
    """One item of a clip's look."""
    look = clip.look(number)
    take, count = look.spec.target, clip.drawn_frames(number)
    assert take is not None
    categories = [clip.table["garments"][key] for key in look.spec.garments]
    start = _start(clip, number, max(1, count - frames + 1), rng)
    found: dict[str, list[Tensor]] = {}
    for index in (min(start + k, count - 1) for k in range(frames)):
        drawn, labels = clip.drawn(number, index), clip.labels(take, index)
        values = {
            "engine": _picture(drawn.image),
            "cover": _mask(drawn.cover),
            "clothing": _mask(drawn.clothing),
            "unseen": _mask(drawn.unseen),
            "normals": _picture(drawn.normals),
            "flow": torch.from_numpy(drawn.flow),
            "back": torch.from_numpy(drawn.back),
            "joints": torch.from_numpy(clip.joints(take)[index]),
            "target": _picture(clip.frame(take, index)),
            "target_labels": torch.from_numpy(labels),
            "target_clothing": _mask(worn_mask(labels, categories)),
        }
        for key, value in values.items():
            found.setdefault(key, []).append(value)
    light = np.eye(3, 4, dtype=np.float32)
    if corrupted:
        drawn_light = random_light(rng)
        light = np.concatenate([drawn_light.matrix, np.full((3, 1), drawn_light.lift, np.float32)], 1)
    whole: dict[str, str | Tensor] = {
        "id": f"{clip.path.stem}/{number}",
        "still": torch.cat([_picture(look.still), _mask(look.cover)]),
        "worn": _mask(look.clothing),
        "patches": torch.from_numpy(patches_within(found["unseen"][0][0].numpy() > 127, rng, FINISHED_PATCHES)),
        "use_truth": torch.tensor(float(rng.random() < 0.5)),
        "light": torch.from_numpy(light.astype(np.float32)),
        "mirrored": torch.tensor(float(corrupted and rng.random() < 0.5)),
    }
    return cast(Example, whole | {key: torch.stack(values) for key, values in found.items()})


def _start(clip: PackedClip, number: int, starts: int, rng: np.random.Generator) -> int:
    """The number of an item's first frame: one that shows what the source didn't, where there are many."""
    for _ in range(TRIES):
        start = int(rng.integers(starts))
        if (clip.drawn(number, start).unseen > 127).mean() > LEAST_UNSEEN:
            break
    return start


# --------------------------------------------------------------------------------------------------------------- pieces


def patches_within(region: np.ndarray, rng: np.random.Generator, count: int = PATCHES) -> np.ndarray:
    """(count, 2) int64: y, x of the top left corners of patches whose middles lie in a region (H, W) bool, moved
    inside the picture; anywhere where the region is empty (Eq. 4).
    """
    size = np.array(region.shape)
    inside = np.argwhere(region)
    middles = inside[rng.integers(len(inside), size=count)] if len(inside) else rng.integers(0, size, (count, 2))
    return np.clip(middles - PATCH_PIXELS // 2, 0, size - PATCH_PIXELS).astype(np.int64)


def _picture(rgb: np.ndarray) -> Tensor:
    """(H, W, 3) uint8 -> (3, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1)))


def _mask(mask: np.ndarray) -> Tensor:
    """(H, W) uint8 or bool -> (1, H, W) uint8 of 0..255."""
    return torch.from_numpy(np.ascontiguousarray(mask if mask.dtype == np.uint8 else mask * np.uint8(255)))[None]
