"""The objective of a step: the losses of the run's tasks on one batch (docs/method.md, "Losses")."""

from __future__ import annotations

from torch import nn

from fashionmirror_core.networks import TryOnNetworks
from fashionmirror_core.training.features import VGGFeatures
from fashionmirror_core.training.tasks import chosen, is_trained
from fashionmirror_core.training.tasks.adversaries import Adversaries
from fashionmirror_core.training.tasks.settings import TaskSettings
from fashionmirror_core.training.tasks.task import Batch, Outcome


class Objective(nn.Module):
    """The networks with their losses. Only parameters that the run's tasks train have gradients.

    features: VGG features, None without perceptual losses. adversaries: None without; they take part while
    ``adversarial`` is set.
    """

    def __init__(
        self,
        networks: TryOnNetworks,
        settings: TaskSettings,
        features: VGGFeatures | None = None,
        adversaries: Adversaries | None = None,
    ) -> None:
        super().__init__()
        self.networks = networks
        self.settings = settings
        self.tasks = chosen(settings.tasks)
        self.features = features
        self.adversary = [adversaries]  # in a list: not a part of this module, its parameters are trained elsewhere
        self.adversarial = False
        for name, parameter in networks.named_parameters():
            parameter.requires_grad_(is_trained(name, settings))

    def forward(self, batch: Batch) -> Outcome:
        """batch: items of the tasks' data with a leading N. Losses, pictures and metrics are named "task/term"."""
        adversaries = self.adversary[0] if self.adversarial else None
        forward = self.tasks[0].items.forward(self.networks, self.settings, batch, self.features, adversaries)
        outcome = Outcome()
        for task in self.tasks:
            outcome.add(task.name, task.outcome(forward))
        return outcome
