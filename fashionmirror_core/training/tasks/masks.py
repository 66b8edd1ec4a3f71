"""The task "masks": stage I, the single-frame co-attention mask network (supplement, Eq. 1 to 4)."""

from __future__ import annotations

from torch import Tensor

from fashionmirror_core.training import losses
from fashionmirror_core.training.tasks.looks import SUMMARY, LookPass, LookTask, tinted
from fashionmirror_core.training.tasks.settings import TaskSettings
from fashionmirror_core.training.tasks.task import Outcome


class MasksTask(LookTask):
    """M_r, and M_c^s where its truth is known."""

    name = "masks"

    def trains(self, parameter: str, settings: TaskSettings) -> bool:
        return parameter.startswith("mask.") and not parameter.startswith(SUMMARY)

    def outcome(self, forward: LookPass) -> Outcome:
        batch, masks, outcome = forward.batch, forward.masks, Outcome()
        pairs = ((0, masks.removed, "removed", None), (1, masks.clothing, "clothing", batch["has_dressed"]))
        for channel, mask, name, known in pairs:
            logits = masks.logits[:, channel : channel + 1]
            terms = losses.mask_objective(mask, logits, batch[name], batch["patches"], forward.mask_weights, known)
            outcome.losses |= {f"{name}_{term}": value for term, value in terms.items()}
        outcome.metrics["removed_iou"] = _iou(masks.removed.detach(), batch["removed"])
        outcome.pictures["removed"] = tinted(batch["image"], masks.removed)
        outcome.pictures["clothing"] = tinted(batch["dressed_truth"], masks.clothing)
        return outcome


def _iou(masks: Tensor, truths: Tensor) -> Tensor:
    """Intersection over union at a half of masks (N, 1, H, W), mean over the items; 0 where both are empty."""
    found, true = masks > 0.5, truths > 0.5
    union = (found | true).sum((1, 2, 3)).clamp_min(1)
    return ((found & true).sum((1, 2, 3)) / union).mean()
