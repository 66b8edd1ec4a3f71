"""The task "dressing": the garment's appearance flow, and the body that appears where old clothes went."""

from __future__ import annotations

import torch

from fashionmirror_core.networks.blocks import resize, warp
from fashionmirror_core.training import losses
from fashionmirror_core.training.tasks.looks import LookPass, LookTask
from fashionmirror_core.training.tasks.settings import TaskSettings
from fashionmirror_core.training.tasks.task import Outcome
from fashionmirror_core.vocabulary import Label

SOLID = 0.98  # alpha of a body without the background in it


class DressingTask(LookTask):
    """The garment as it lies on the truth, at every level of the flow; the body where no cloth lies any more."""

    name = "dressing"
    perceptual = True

    def trains(self, parameter: str, settings: TaskSettings) -> bool:
        return parameter.startswith("dressing.")

    def outcome(self, forward: LookPass) -> Outcome:
        batch, outcome = forward.batch, Outcome()
        weights, known = forward.settings.spatial_weights, batch["has_dressed"]
        removed, clothing = forward.masks.removed.detach(), forward.masks.clothing.detach()
        pose = forward.small_maps(batch["joints"])
        result = forward.networks.dressing(
            batch["clothes"], batch["dressed"], batch["erased"], removed, clothing, removed, pose, batch["garment_flow"]
        )
        truth, labels, cloth = batch["dressed_truth"], batch["dressed_labels"], batch["clothing"]
        bare = losses.showing(labels, Label.BACKGROUND, Label.TORSO, Label.LEGS, Label.SHOES)
        share = weights.l1 / len(result.level_flows)
        for level, flow in enumerate(result.level_flows):
            placed = warp(batch["clothes"], flow)
            outcome.losses[f"level{level}"] = share * losses.masked_l1(placed[:, :3], truth, cloth, known)
            # Cloth where the truth shows it, none where it shows labels that never lie over cloth (arms and hair do).
            missing = losses.masked_l1(placed[:, 3:], cloth, torch.maximum(cloth, bare), known)
            outcome.losses[f"silhouette{level}"] = share * missing
        height, width = forward.size
        residual = resize(result.flow - batch["garment_flow"], (height // 4, width // 4))
        outcome.losses["smoothness"] = weights.smoothness * losses.flow_smoothness(residual, known)

        skin = losses.showing(labels, Label.ARMS, Label.LEGS, Label.TORSO, Label.HEAD)
        # Where both took old clothes away and a body was invented, less its soft rim, into which the background shines.
        appeared = skin * (batch["removed"] > 0.5) * (batch["prior"][:, :1] > 0.5) * (batch["body"] > SOLID)
        outcome.losses["body"] = weights.body * losses.masked_l1(result.body, truth, appeared, known)
        placed = warp(batch["clothes"], result.flow)[:, :3]
        terms = forward.perceptual(placed, cloth, truth, cloth, batch["patches"], known)
        outcome.losses |= losses.spatial_objective(terms, weights)
        outcome.pictures["worn"] = (placed * clothing + truth * (1 - clothing)).detach()
        outcome.pictures["body"] = result.body.detach()
        outcome.pictures["truth"] = truth
        return outcome
