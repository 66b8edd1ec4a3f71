"""Shared by the tasks that learn from prepared looks: their data, and one pass over a batch of ``examples.Example``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from fashionmirror_core.networks import attention_prior, pose_maps
from fashionmirror_core.networks.masks import Masks
from fashionmirror_core.training import losses
from fashionmirror_core.training.tasks.examples import TrainingSet, expanded
from fashionmirror_core.training.tasks.settings import TaskSettings
from fashionmirror_core.training.tasks.task import ForwardPass, Items, Task
from fashionmirror_core.vocabulary import Label

SUMMARY = "mask.summarise_clothes."  # of the mask network, but only the multi-frame one reads it


@dataclass
class LookPass(ForwardPass):
    """One batch of looks on its way through the networks."""

    def __post_init__(self) -> None:
        self.batch = expanded(self.batch)

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) of the stage."""
        height, width = self.batch["image"].shape[-2:]
        return int(height), int(width)

    @property
    def frames(self) -> int:
        """Of each item."""
        return int(self.batch["target"].shape[1])

    @cached_property
    def masks(self) -> Masks:
        """The single-frame CMN's, computed as ``learned.Learned.masks`` does."""
        batch = self.batch
        human = torch.cat([batch["image"], batch["matte"], pose_maps(batch["joints"], *self.size)], 1)
        prior = attention_prior(batch["garment_flow"], batch["prior"][:, 1:])
        return self.networks.mask(human, batch["clothes"], batch["category"], batch["prior"], prior)

    @property
    def mask_weights(self) -> losses.MaskWeights:
        weights = self.settings.mask_weights
        return weights if self.settings.clothing_patch_loss else replace(weights, patch=0.0)

    def small_maps(self, joints: Tensor) -> Tensor:
        """Pose maps at a quarter of the stage, for all networks but the mask network."""
        return pose_maps(joints, *self.size, stride=4)

    def perceptual(
        self,
        frame: Tensor,
        mask: Tensor,
        truth: Tensor,
        true_mask: Tensor,
        patches: Tensor,
        known: Tensor,
        labels: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """The terms patch and, for the whole picture, content and style (Eq. 10 to 12); not weighted. Empty without
        features. labels: (N, H, W), None where only the patches are looked at.
        """
        found: dict[str, Tensor] = {}
        if self.features is None:
            return found
        if self.settings.clothing_patch_loss:
            weights = self.settings.spatial_weights
            found["patch"] = losses.clothing_patches(
                self.features, frame, mask, truth, true_mask, patches, weights, known
            )
        if self.settings.perceptual == "whole" and labels is not None:
            head = losses.showing(labels, Label.HAIR, Label.HEAD)
            rendered, real = losses.Regions(frame, mask, head), losses.Regions(truth, true_mask, head)
            found["content"] = losses.content(self.features, rendered, real, known)
            found["style"] = losses.style(self.features, rendered, real, known)
        return found


def _opened(tasks: Sequence[Task[Any]], settings: TaskSettings, folders: Sequence[Path]) -> TrainingSet:
    """Items without frames where nothing moves."""
    moving = any(isinstance(task, LookTask) and task.moving for task in tasks)
    return TrainingSet(folders, settings.frames if moving else 0, settings.seed, skip=settings.skips)


class LookTask(Task[LookPass]):
    """A task that learns from prepared looks. moving: from their frames, and not from the still alone."""

    items = Items(_opened, LookPass)
    moving: ClassVar[bool] = False


def tinted(picture: Tensor, mask: Tensor) -> Tensor:
    """A picture (N, 3, H, W) in [0, 1] with a mask (N, 1, H, W) laid over it in red."""
    red = torch.tensor([1.0, 0.1, 0.2], device=picture.device).view(1, 3, 1, 1)
    return (picture + 0.5 * mask.detach() * (red - picture)).clamp(0, 1)


def add_frame(total: dict[str, Tensor], terms: dict[str, Tensor], frames: int) -> None:
    """One of ``frames`` frames' terms, added to their mean."""
    for name, value in terms.items():
        total[name] = total.get(name, torch.zeros_like(value)) + value / frames
