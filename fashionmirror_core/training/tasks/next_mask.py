"""The task "next_mask": stage I, the multi-frame branch, which carries M_c from one frame to the next (Eq. 1)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from fashionmirror_core.errors import InputError
from fashionmirror_core.networks.stage_one import HEIGHT
from fashionmirror_core.training import losses
from fashionmirror_core.training.sets.packed import PackedClip, gathered
from fashionmirror_core.training.synthesis.corruption import damaged, trembling
from fashionmirror_core.training.tasks.examples import patches_within
from fashionmirror_core.training.tasks.labels import TREMBLE_HEIGHTS
from fashionmirror_core.training.tasks.masks import PairSet, _Entry, _scaling, clothes_of, iou, seen, tinted
from fashionmirror_core.training.tasks.settings import TaskSettings
from fashionmirror_core.training.tasks.task import ForwardPass, Items, Outcome, Task
from fashionmirror_core.vocabulary import Category


class NextMaskTask(Task[ForwardPass]):
    """Several frames in a row, each from the network's own answer for the one before."""

    name = "next_mask"
    items = Items(
        lambda _, settings, folders: SequenceSet(folders, settings.frames, settings.seed, skip=settings.skips),
        ForwardPass,
    )

    def trains(self, parameter: str, settings: TaskSettings) -> bool:
        return parameter.startswith(("next_mask.", "pair.summary."))

    def outcome(self, forward: ForwardPass) -> Outcome:
        batch, networks = forward.batch, forward.networks
        person = seen(networks, batch["image"].float() / 255, batch["matte"].float() / 255, batch["joints"][:, 0])
        summary = networks.pair(person, clothes_of(batch), batch["category"]).summary
        masks, truth = batch["masks"].float() / 255, batch["true_masks"].float() / 255
        mask, outcome, frames = masks, Outcome(), truth.shape[1]
        for k in range(frames):
            mask, logits = networks.next_mask(mask, batch["joints"][:, k], batch["joints"][:, k + 1], summary)
            terms = losses.mask_objective(
                mask, logits, truth[:, k : k + 1], batch["patches"][:, k], forward.settings.mask_weights
            )
            for name, value in terms.items():
                outcome.losses[name] = outcome.losses.get(name, torch.zeros_like(value)) + value / frames
        outcome.metrics["iou"] = iou(mask.detach() > 0.5, truth[:, -1:] > 0.5)
        outcome.pictures = {
            "last": tinted(batch["image"].float() / 255, mask),
            "truth": tinted(batch["image"] / 255, truth[:, -1:]),
        }
        return outcome


class SequenceSet(PairSet):
    """Frames in a row of a take, with the garment that it wears. frames: after the first.

    Items: those of ``PairSet``, of the first frame, but for masks (1, h, w), M_c^t, a little damaged; true_masks (frames, h,
    w) and patches (frames, 3, 2) of the frames after it; joints (1 + frames, 25, 3).
    """

    def __init__(
        self, folders: Sequence[Path], frames: int = 4, seed: int = 0, corrupted: bool = True, skip: bool = False
    ) -> None:
        self.frames = frames
        super().__init__(folders, seed, corrupted, skip)
        self.rows, _ = gathered(self.sets, self._rows, skip)
        if not self.rows:
            raise InputError(f"The prepared sets hold no {frames + 1} frames in a row; prepare clips.")

    def _rows(self, number: int, index: int, clip: PackedClip) -> list[_Entry]:
        found = {
            (offer.dressed[0], key) for offer in clip.offers if offer.dressed is not None for key in offer.garments
        }
        return [
            _Entry(number, index, None, (take, first), key, take)
            for take, key in sorted(found)
            for first in range(clip.frames(take) - self.frames)
        ]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        entry = self.rows[index]
        rng = np.random.default_rng([self.seed, self.epoch, index])
        with self.sets[entry.set].open(entry.clip) as clip:
            item = self._item(entry, clip, rng, placed=False)
            return item | self._following(entry, clip, rng)

    def _following(self, entry: _Entry, clip: PackedClip, rng: np.random.Generator) -> dict[str, Tensor]:
        take, first = entry.source
        label = int(Category(clip.table["garments"][entry.garment]).label)
        matrix = _scaling(clip.stage)
        size = (round(clip.stage[1] * HEIGHT / clip.stage[0]), HEIGHT)
        masks = [
            cv2.warpAffine(
                (clip.labels(take, first + k) == label).astype(np.uint8) * 255, matrix, size, flags=cv2.INTER_AREA
            )
            for k in range(self.frames + 1)
        ]
        joints = clip.joints(take)[first : first + self.frames + 1].copy()
        joints[..., :2] = joints[..., :2] @ matrix[:, :2].T + matrix[:, 2]
        start = masks[0].astype(np.float32) / 255
        if self.corrupted:
            start = damaged(start, rng)
            joints = trembling(joints, float(rng.uniform(0, TREMBLE_HEIGHTS / 2)) * HEIGHT, rng)
        return {
            "masks": torch.from_numpy((np.clip(start, 0, 1) * 255 + 0.5).astype(np.uint8))[None],
            "true_masks": torch.from_numpy(np.stack(masks[1:])),
            "joints": torch.from_numpy(joints.astype(np.float32)),
            "patches": torch.from_numpy(np.stack([patches_within(mask > 127, rng) for mask in masks[1:]])),
        }
