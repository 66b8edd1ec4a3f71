"""All networks that ship, in one container with one configuration."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from torch import Tensor, nn

from fashionmirror_core.networks.dressing import DressingNetwork
from fashionmirror_core.networks.flow import SkeletalFlowNetwork
from fashionmirror_core.networks.generator import (
    FeatureEncoder,
    FeatureRemapping,
    Features,
    Generator,
)
from fashionmirror_core.networks.masks import CoAttentionMaskNetwork, MultiFrameMaskNetwork
from fashionmirror_core.networks.sizing import SizingNetwork
from fashionmirror_core.networks.stage_one import CoAttentionMasks, HumanEncoder, MultiFrameMasks

MAX_WIDTH = 1024
MAX_FLOW_PIXELS = 64.0


@dataclass(frozen=True)
class NetworkConfig:
    """Channel widths, finest level (1/2) first; ``flow_max_pixels`` at a stage height of 256."""

    mask_widths: tuple[int, ...] = (32, 64, 128, 192)
    clothes_features: int = 64
    multi_mask_widths: tuple[int, ...] = (16, 32, 64, 96)
    flow_widths: tuple[int, ...] = (16, 32, 64)
    flow_max_pixels: float = 4.0
    dressing_widths: tuple[int, ...] = (32, 64, 96, 128)
    feature_widths: tuple[int, ...] = (8, 32, 64)
    source_encoder_depth: int = 2
    generator_widths: tuple[int, ...] = (16, 48, 64)
    sizing_width: int = 96

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, data: Any) -> NetworkConfig:
        """Checks every entry; a missing one has its default, as in files from before a network was added. Raises
        ValueError with the entry's name.
        """
        if not isinstance(data, dict):
            raise ValueError("the configuration is not a table")
        defaults = {field.name: field.default for field in fields(cls)}
        if unknown := sorted(set(data) - set(defaults)):
            raise ValueError(f"unknown entries {', '.join(map(str, unknown))}")
        return cls(**{name: _checked(name, value, defaults[name]) for name, value in data.items()})


def _checked(name: str, value: Any, default: Any) -> Any:
    if isinstance(default, tuple):
        if not isinstance(value, list) or len(value) != len(default) or not all(_is_width(item) for item in value):
            raise ValueError(f"{name} must be {len(default)} whole numbers from 1 to {MAX_WIDTH}")
        return tuple(value)
    if isinstance(default, float):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= MAX_FLOW_PIXELS:
            raise ValueError(f"{name} must be a number above 0, at most {MAX_FLOW_PIXELS:g}")
        return float(value)
    if not _is_width(value):
        raise ValueError(f"{name} must be a whole number from 1 to {MAX_WIDTH}")
    return value


def _is_width(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_WIDTH


class TryOnNetworks(nn.Module):
    """Both stages. Once a person: ``human``; once a look: ``pair``, ``sizing``, ``mask``, ``dressing``, ``encode_source``.
    Every frame: ``next_mask`` where masks follow poses alone, ``multi_mask``, ``flow``, ``previous_encoder``,
    ``remapping``, ``generator``.

    Untrained, every part returns its analytic prior; ``TryOnNetworks.default()`` is in inference mode on the CPU.
    """

    def __init__(self, config: NetworkConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or NetworkConfig()
        self.mask = CoAttentionMaskNetwork(config.mask_widths, config.clothes_features)
        self.sizing = SizingNetwork(config.sizing_width)
        self.dressing = DressingNetwork(config.dressing_widths)
        self.human_encoder = FeatureEncoder(config.feature_widths, config.source_encoder_depth)
        self.clothing_encoder = FeatureEncoder(config.feature_widths, config.source_encoder_depth)
        self.multi_mask = MultiFrameMaskNetwork(config.multi_mask_widths, config.clothes_features)
        self.flow = SkeletalFlowNetwork(config.flow_widths, config.flow_max_pixels)
        self.previous_encoder = FeatureEncoder(config.feature_widths)
        self.remapping = FeatureRemapping(config.feature_widths[1:])
        self.generator = Generator(config.feature_widths[1:], config.generator_widths)
        self.human = HumanEncoder()
        self.pair = CoAttentionMasks()
        self.next_mask = MultiFrameMasks()

    @classmethod
    def default(cls, seed: int = 0, config: NetworkConfig | None = None) -> TryOnNetworks:
        """Untrained networks, the same at every call; the global random state stays. config: None is the default one."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return cls(config).for_inference()

    @property
    def blends(self) -> bool:
        """Whether multi-frame masks or the generator have learned something: else the layers alone are the frame."""
        return not (self.multi_mask.idle and self.generator.idle)

    def for_inference(self) -> TryOnNetworks:
        """Evaluation mode, no gradients, channels_last (in place)."""
        self.eval().requires_grad_(False)
        return self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def encode_source(self, human: Tensor, clothing: Tensor) -> tuple[Features, Features]:
        """The dressed source's layers, each (N, 4, H, W), premultiplied RGB and alpha in [0, 1] -> their features,
        once a look.
        """
        return self.human_encoder(human), self.clothing_encoder(clothing)
