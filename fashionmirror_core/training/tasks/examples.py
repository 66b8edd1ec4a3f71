"""Training examples: a prepared look and some frames of it as tensors, the same for the same seed, epoch and number.

Keys, shapes and units are those of ``Example``. Only OpenCV, numpy and torch's CPU part are needed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict, cast

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import Dataset

from fashionmirror_core.errors import InputError
from fashionmirror_core.imaging.levels import to_8bit
from fashionmirror_core.training.clips import worn_mask
from fashionmirror_core.training.losses import PATCH_PIXELS
from fashionmirror_core.training.sets.packed import FLOW_STEP_PIXELS, PackedClip, PreparedLook, gathered, open_set
from fashionmirror_core.training.synthesis.corruption import (
    damaged,
    fabric_of,
    misread,
    photographed,
    random_light,
    recoloured,
    redressed,
)
from fashionmirror_core.training.tasks.task import terms_of
from fashionmirror_core.vocabulary import Category

PATCHES = 3  # Eq. 4: patches a picture


class Example(TypedDict):
    """One item, small enough to travel between processes; a batch adds a leading N and ``expanded`` makes it what the
    objective takes. H x W is the stage, n frames; without frames (n = 0) an item has the keys of the still alone.

    uint8 pictures and masks are 0..255 here and float32 in [0, 1] once expanded; pixels are stage pixels. Where
    ``has_dressed`` is 0 what it speaks of is not known and must not be learned from.
    """

    id: str
    image: Tensor  # (3, H, W) uint8, the source human
    matte: Tensor  # (1, H, W) uint8
    joints: Tensor  # (25, 3) float32, of the source
    clothes: Tensor  # (4, H, W) uint8, a garment, premultiplied, letterboxed
    category: Tensor  # (3,) float32, one-hot
    prior: Tensor  # (2, H, W) uint8, analytic M_r, and M_c as the drape has it
    garment_flow: Tensor  # (2, H / 2, W / 2) float32, stage -> letterboxed garment, the drape's; expanded: (2, H, W)
    removed: Tensor  # (1, H, W) uint8, true M_r
    clothing: Tensor  # (1, H, W) uint8, true M_c of the source's pose
    has_dressed: Tensor  # () float32
    dressed_truth: Tensor  # (3, H, W) uint8
    patches: Tensor  # (3, 2) int64, y, x of 64 x 64 patches within the clothes of the source's picture
    light: Tensor  # (3, 4) float32, of all pictures of the item, rgb -> light @ (rgb, 1); applied when expanded
    still: Tensor  # (4, H, W) uint8, the engine's dressed source, and the person's share
    worn: Tensor  # (1, H, W) uint8, M_c of the still
    engine: Tensor  # (n, 3, H, W) uint8, the engine's frames
    cover: Tensor  # (n, 1, H, W) uint8, the person's share
    worn_frames: Tensor  # (n, 1, H, W) uint8, M_c^t
    unseen: Tensor  # (n, 1, H, W) uint8
    normals: Tensor  # (n, 3, H, W) uint8, -1..1 once expanded
    flow: Tensor  # (n, 2, H / 2, W / 2) float32, F, frame -> source; expanded: (n, 2, H, W)
    back: Tensor  # (n, 2, H / 2, W / 2) float32, frame -> previous frame; expanded: (n, 2, H, W)
    target_joints: Tensor  # (n, 25, 3) float32
    target: Tensor  # (n, 3, H, W) uint8
    target_labels: Tensor  # (n, H, W) uint8, values of Label
    target_clothing: Tensor  # (n, 1, H, W) uint8, true M_c^t
    target_patches: Tensor  # (3, 2) int64, as patches, in the target's frames
    use_truth: Tensor  # () float32, 1 where the previous frame is the truth instead of the network's own


LABELS = ("target_labels",)
PICTURES = ("image", "dressed_truth", "engine", "target")  # lit by the item's light, as are clothes
FLOWS = ("garment_flow", "flow", "back")
RECOLOURED, REDRESSED = 0.3, 0.25  # shares of items whose source wears other old clothes than the photo's
DAMAGED, MISREAD = 0.5, 0.4  # ... whose analytic masks err more than they do anyway; whose M_r is wrong in whole parts
FORGOTTEN = 0.35  # ... whose M_r says nothing: the network has to tell clothes by itself, too
WORSE = 0.5  # ... whose source is softer and has grain


def expanded(batch: dict[str, Any]) -> dict[str, Any]:
    """A batch of examples, on any device, as the objective takes it: floats, whole flows, lit."""
    result = {
        key: value.float() / 255
        if isinstance(value, Tensor) and value.dtype == torch.uint8 and key not in LABELS
        else value
        for key, value in batch.items()
    }
    light = batch["light"]
    result |= {key: _lit(result[key], light) for key in PICTURES if key in result}
    result["clothes"] = _lit_rgba(result["clothes"], light)
    result |= {key: _enlarged(result[key]) for key in FLOWS if key in result}
    if "still" in result:
        result["still"] = torch.cat([_lit(result["still"][:, :3], light), result["still"][:, 3:]], 1)
        normals = 2 * result["normals"] - 1
        result["normals"] = normals * (normals.square().sum(2, keepdim=True) > 0.25)  # there are none where nobody is
    return result


def _lit(rgb: Tensor, light: Tensor, limit: Tensor | float = 1.0) -> Tensor:
    """(N, ..., 3, H, W) in each item's light (N, 3, 4); ``limit`` is white, for premultiplied colours their alpha."""
    shape = (len(light), *(1,) * (rgb.ndim - 4), 3, 1, 1)
    channels = rgb.unbind(-3)
    lit = sum(light[:, :, k].view(shape) * channels[k].unsqueeze(-3) for k in range(3))
    return torch.minimum((lit + light[:, :, 3].view(shape) * limit).clamp_min(0), torch.as_tensor(limit))


def _lit_rgba(rgba: Tensor, light: Tensor) -> Tensor:
    """The same for premultiplied RGBA (N, ..., 4, H, W)."""
    rgb, alpha = rgba.split([3, 1], -3)
    return torch.cat([_lit(rgb, light, alpha), alpha], -3)


def _enlarged(flow: Tensor) -> Tensor:
    """A stored flow, sampled at even pixels (..., 2, H / 2, W / 2) -> (..., 2, H, W)."""
    flat = flow.flatten(0, -4)
    right = torch.cat([flat, flat[..., -1:]], 3)
    whole = torch.cat([right, right[..., -1:, :]], 2)
    size = (FLOW_STEP_PIXELS * flow.shape[-2] + 1, FLOW_STEP_PIXELS * flow.shape[-1] + 1)
    enlarged = F.interpolate(whole, size=size, mode="bilinear", align_corners=True)[..., :-1, :-1]
    return enlarged.view(*flow.shape[:-3], *enlarged.shape[-3:])


@dataclass(frozen=True)
class _Entry:
    packed: int
    clip: int
    look: int


class TrainingSet(Dataset[Example]):
    """The looks of prepared sets.

    Args:
        folders: prepared sets of one stage size.
        frames: n, consecutive frames an item; a shorter take repeats its last. Looks whose frames weren't drawn are left
            out. 0 leaves out everything that moves, for the tasks that need a still only.
        seed: with the epoch and the number it decides every draw.
        skip: leave out clips that can't be opened and name them in ``skipped``, instead of raising DataError.
        corrupted: draw another light, other old clothes and damaged masks (``corruption``); off to measure.

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
            known = [k for k in range(len(clip.looks)) if not frames or clip.drawn_frames(k)]
            return [_Entry(number, index, look) for look in known]

        self.entries, self.skipped = gathered(self.sets, usable, skip)
        if not self.entries:
            raise InputError("The prepared sets hold no look to learn from; prepare them again.")

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
    spec, size = look.spec, clip.stage
    take, frame = spec.source
    labels = clip.labels(take, frame)
    image = clip.frame(take, frame)
    which = int(rng.integers(len(spec.garments)))
    categories = [clip.table["garments"][key] for key in spec.garments]
    true_take, true_frame = spec.dressed or spec.source
    clothing = worn_mask(clip.labels(true_take, true_frame), [categories[which]])
    one_hot = np.zeros(len(Category), np.float32)
    one_hot[list(Category).index(categories[which])] = 1
    removed = worn_mask(labels, categories)
    priors = [look.removed, look.cloths[which]]
    light = np.eye(3, 4, dtype=np.float32)
    if corrupted:
        image = _in_other_clothes(image, removed, clip, rng)
        priors = [damaged(prior, rng).astype(np.uint8) if rng.random() < DAMAGED else prior for prior in priors]
        draw = rng.random()
        if draw < FORGOTTEN:
            priors[0] = look.matte // 2
        elif draw < FORGOTTEN + MISREAD:
            wrong = misread(priors[0].astype(np.float32) / 255, look.matte.astype(np.float32) / 255, rng)
            priors[0] = (wrong * 255 + 0.5).astype(np.uint8)
        if rng.random() < WORSE:
            image = (photographed(image.astype(np.float32) / 255, rng) * 255 + 0.5).astype(np.uint8)
        drawn = random_light(rng)
        light = np.concatenate([drawn.matrix, np.full((3, 1), drawn.lift, np.float32)], 1)
    still: dict[str, str | Tensor] = {
        "id": f"{clip.path.stem}/{number}",
        "image": _picture(image),
        "matte": _mask(look.matte),
        "joints": _floats(clip.joints(take)[frame]),
        "clothes": torch.from_numpy(_letterboxed(clip.garment(spec.garments[which]).image, size)),
        "category": torch.from_numpy(one_hot),
        "prior": torch.cat([_mask(prior) for prior in priors]),
        "garment_flow": _floats(look.flows[which]),
        "removed": _mask(removed),
        "light": torch.from_numpy(light),
        "clothing": _mask(clothing),
        "has_dressed": torch.tensor(float(spec.dressed is not None)),
        "dressed_truth": _picture(clip.frame(true_take, true_frame)),
        "patches": torch.from_numpy(patches_within(clothing, rng)),
    }
    return cast(Example, still if not frames else {**still, **_moving(clip, number, look, categories, frames, rng)})


def _moving(
    clip: PackedClip, number: int, look: PreparedLook, categories: list[str], frames: int, rng: np.random.Generator
) -> dict[str, Tensor]:
    """The keys of an item's frames."""
    take = look.spec.target
    assert take is not None
    count = clip.drawn_frames(number)
    start = int(rng.integers(max(1, count - frames + 1)))
    indices = [min(start + k, count - 1) for k in range(frames)]
    found: dict[str, list[Tensor]] = {}
    for index in indices:
        drawn, labels = clip.drawn(number, index), clip.labels(take, index)
        values = {
            "engine": _picture(drawn.image),
            "cover": _mask(drawn.cover),
            "worn_frames": _mask(drawn.clothing),
            "unseen": _mask(drawn.unseen),
            "normals": _picture(drawn.normals),
            "flow": _floats(drawn.flow),
            "back": _floats(drawn.back),
            "target_joints": _floats(clip.joints(take)[index]),
            "target": _picture(clip.frame(take, index)),
            "target_labels": torch.from_numpy(labels),
            "target_clothing": _mask(worn_mask(labels, categories)),
        }
        for key, value in values.items():
            found.setdefault(key, []).append(value)
    clothing = found["target_clothing"][0][0].numpy() > 127
    worn = np.maximum.reduce(look.cloths)
    return {key: torch.stack(values) for key, values in found.items()} | {
        "still": torch.cat([_picture(look.still), _mask(look.cover)]),
        "worn": _mask(worn),
        "target_patches": torch.from_numpy(patches_within(clothing, rng)),
        "use_truth": torch.tensor(float(rng.random() < 0.5)),
    }


# --------------------------------------------------------------------------------------------------------------- pieces


def _in_other_clothes(image: np.ndarray, old: np.ndarray, clip: PackedClip, rng: np.random.Generator) -> np.ndarray:
    """The source (H, W, 3) uint8 in old clothes of another colour or fabric, at times: they may look like anything."""
    draw = rng.random()
    if draw >= RECOLOURED + REDRESSED or not old.any():
        return image
    picture, mask = image.astype(np.float32) / 255, cv2.GaussianBlur(old.astype(np.float32), (0, 0), 0.7)
    if draw < RECOLOURED:
        other = recoloured(picture, mask, rng)
    else:
        keys = sorted(clip.table["garments"])
        other = redressed(picture, mask, fabric_of(clip.garment(keys[int(rng.integers(len(keys)))]).image), rng)
    return to_8bit(other * 255)


def patches_within(region: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(PATCHES, 2) int64: y, x of the top left corners of patches whose middles lie in a region (H, W) bool, moved
    inside the picture; anywhere where the region is empty (Eq. 4).
    """
    size = np.array(region.shape)
    inside = np.argwhere(region)
    middles = inside[rng.integers(len(inside), size=PATCHES)] if len(inside) else rng.integers(0, size, (PATCHES, 2))
    return np.clip(middles - PATCH_PIXELS // 2, 0, size - PATCH_PIXELS).astype(np.int64)


def _letterboxed(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(4, H, W) uint8, premultiplied; laid out as by ``attention.letterbox``."""
    height, width = image.shape[:2]
    scale = min(size[0] / height, size[1] / width)
    alpha = cv2.merge([image[..., 3]] * 3 + [np.full_like(image[..., 3], 255)])
    rgba = cv2.multiply(image, alpha, scale=1 / 255)
    small = cv2.resize(rgba, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    matrix = np.array([[1, 0, (size[1] - width * scale) / 2], [0, 1, (size[0] - height * scale) / 2]])
    return np.ascontiguousarray(cv2.warpAffine(small, matrix, (size[1], size[0])).transpose(2, 0, 1))


def _picture(rgb: np.ndarray) -> Tensor:
    """(H, W, 3) uint8 -> (3, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1)))


def _mask(mask: np.ndarray) -> Tensor:
    """(H, W) uint8 or bool -> (1, H, W) uint8 of 0..255."""
    return torch.from_numpy(np.ascontiguousarray(mask if mask.dtype == np.uint8 else mask * np.uint8(255)))[None]


def _floats(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, np.float32))
