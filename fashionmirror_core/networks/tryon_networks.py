"""All networks that ship, in one container with one configuration."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from torch import Tensor, nn

from fashionmirror_core.networks.generator import (
    FeatureEncoder,
    FeatureRemapping,
    Features,
    FrameGuides,
    Generator,
    GeneratorOutput,
    Previous,
    Selection,
)
from fashionmirror_core.networks.stage_one import PARSED_HEIGHT, CoAttentionMasks, HumanEncoder, MultiFrameMasks

MAX_WIDTH = 1024
RETIRED = {
    "mask_widths", "clothes_features", "multi_mask_widths", "flow_widths", "flow_max_pixels", "dressing_widths",
    "sizing_width", "parsing_widths",
}  # fmt: skip
"""Entries of earlier networks."""


@dataclass(frozen=True)
class NetworkConfig:
    """Channel widths, finest level (1/2) first."""

    feature_widths: tuple[int, ...] = (8, 32, 64)
    source_encoder_depth: int = 2
    generator_widths: tuple[int, ...] = (16, 48, 64)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, data: Any) -> NetworkConfig:
        """Checks every entry; a missing one has its default, as in files from before a network was added, and those of
        networks that are gone are passed over. Raises ValueError with the entry's name.
        """
        if not isinstance(data, dict):
            raise ValueError("the configuration is not a table")
        defaults = {field.name: field.default for field in fields(cls)}
        data = {name: value for name, value in data.items() if name not in RETIRED}
        if unknown := sorted(set(data) - set(defaults)):
            raise ValueError(f"unknown entries {', '.join(map(str, unknown))}")
        return cls(**{name: _checked(name, value, defaults[name]) for name, value in data.items()})


def _checked(name: str, value: Any, default: Any) -> Any:
    if isinstance(default, tuple):
        if not isinstance(value, list) or len(value) != len(default) or not all(_is_width(item) for item in value):
            raise ValueError(f"{name} must be {len(default)} whole numbers from 1 to {MAX_WIDTH}")
        return tuple(value)
    if not _is_width(value):
        raise ValueError(f"{name} must be a whole number from 1 to {MAX_WIDTH}")
    return value


def _is_width(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_WIDTH


class TryOnNetworks(nn.Module):
    """Both stages. Once a person: ``human`` and ``parser``; once a look: ``pair``, ``encode_source``. Every frame:
    ``next_mask`` where masks follow poses alone; in final quality ``previous_encoder`` and ``selection`` (where there is a
    previous frame), ``remapping`` and ``generator``, together ``finish``.

    Untrained, every part returns its analytic prior; ``TryOnNetworks.default()`` is in inference mode on the CPU.
    """

    def __init__(self, config: NetworkConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or NetworkConfig()
        self.human_encoder = FeatureEncoder(config.feature_widths, config.source_encoder_depth)
        self.clothing_encoder = FeatureEncoder(config.feature_widths, config.source_encoder_depth)
        self.previous_encoder = FeatureEncoder(config.feature_widths)
        self.selection = Selection()
        self.remapping = FeatureRemapping(config.feature_widths[1:])
        self.generator = Generator(config.feature_widths[1:], config.generator_widths)
        self.human = HumanEncoder()
        self.parser = HumanEncoder(size=2, height=PARSED_HEIGHT)
        self.pair = CoAttentionMasks()
        self.next_mask = MultiFrameMasks()

    @classmethod
    def default(cls, seed: int = 0, config: NetworkConfig | None = None) -> TryOnNetworks:
        """Untrained networks, the same at every call; the global random state stays. config: None is the default one."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return cls(config).for_inference()

    def for_inference(self) -> TryOnNetworks:
        """Evaluation mode, no gradients, channels_last (in place)."""
        self.eval().requires_grad_(False)
        return self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def encode_source(self, still: Tensor, cover: Tensor, clothing: Tensor) -> tuple[Features, Features]:
        """The dressed source (N, 3, H, W) in [0, 1], the person's share of it and M_c^s, both (N, 1, H, W) -> the features
        of the human and of the clothes, once a look.
        """
        human = self.human_encoder(torch.cat((still * cover, cover), dim=1))
        return human, self.clothing_encoder(torch.cat((still * clothing, clothing), dim=1))

    def finish(
        self, source: tuple[Features, Features], guides: FrameGuides, pose: Tensor, previous: Tensor | None = None
    ) -> GeneratorOutput:
        """One frame's changes. source: from ``encode_source``. pose: pose maps of the frame, at a stride of 4. previous:
        (N, 3, H, W), the finished frame before it; None in the first.
        """
        before = None
        if previous is not None:
            seen = self.previous_encoder(torch.cat((previous, torch.ones_like(previous[:, :1])), dim=1))
            before = Previous(seen, guides.back, self.selection(guides, previous))
        remapped = self.remapping(*source, guides.flow, guides.clothing, before)
        return self.generator(remapped, guides, pose)
