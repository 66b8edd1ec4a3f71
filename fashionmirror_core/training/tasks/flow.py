"""The task "flow": the skeletal flow's residual alone (supplement, Eq. 5, without a generator)."""

from __future__ import annotations

from fashionmirror_core.networks.blocks import resize
from fashionmirror_core.training import losses
from fashionmirror_core.training.flat_layers.driving import DressedSource, composed, steer
from fashionmirror_core.training.tasks.examples import layer_stack
from fashionmirror_core.training.tasks.looks import LookPass, LookTask, add_frame
from fashionmirror_core.training.tasks.settings import TaskSettings
from fashionmirror_core.training.tasks.task import Outcome


class FlowTask(LookTask):
    """The layers, moved along the refined flow, against each true frame by itself."""

    name = "flow"
    perceptual = True
    moving = True

    def trains(self, parameter: str, settings: TaskSettings) -> bool:
        return parameter.startswith("flow.")

    def outcome(self, forward: LookPass) -> Outcome:
        batch, outcome = forward.batch, Outcome()
        known, weights = batch["has_target"], forward.settings.spatial_weights
        source = DressedSource.of(layer_stack(batch["layers"]), forward.small_maps(batch["joints"]))
        height, width = forward.size
        for t in range(forward.frames):
            flow = forward.frame_flow(t)
            steered = steer(forward.networks, source, flow, forward.small_maps(batch["target_joints"][:, t]))
            frame, clothing = composed(source, steered, flow, batch["scene"][:, t])
            truth, labels, true_clothing = (
                batch[name][:, t] for name in ("target", "target_labels", "target_clothing")
            )
            salient = losses.salient_masks(labels, batch["target_joints"][:, t])
            residual = resize(steered.refined.residual, (height // 4, width // 4))
            terms = {
                "l1": weights.l1 * losses.pixel_l1(frame, truth, known),
                "body": weights.body * losses.body_l1(frame, truth, labels, known),
                "salient": weights.salient * losses.salient_l1(frame, truth, salient, known),
                "clothing": forward.mask_weights.l1 * losses.mask_l1(clothing, true_clothing, known),
                "smoothness": weights.smoothness * losses.flow_smoothness(residual, known),
            }
            seen = forward.perceptual(frame, clothing, truth, true_clothing, batch["target_patches"], known)
            add_frame(outcome.losses, terms | losses.spatial_objective(seen, weights), forward.frames)
        outcome.pictures["frame"] = frame.detach().clamp(0, 1)
        outcome.pictures["truth"] = batch["target"][:, -1]
        return outcome
