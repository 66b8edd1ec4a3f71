"""The networks of both stages. They never read files; ``fashionmirror_core.networks.weights`` does.

Every learned part moves an analytic prior and starts at exactly zero effect. Tensors are float32 (N, C, H, W) on a
stage of 256 x 192 or another multiple of 16; flows are displacements in stage pixels, target -> source (see
``blocks``).

See docs/method.md, "The learned parts".
"""

from fashionmirror_core.networks.blocks import count_macs, count_parameters, resize, resize_flow, warp
from fashionmirror_core.networks.discriminators import SpatialDiscriminator, TemporalDiscriminator
from fashionmirror_core.networks.generator import (
    FeatureEncoder,
    FeatureRemapping,
    FrameGuides,
    Generator,
    GeneratorOutput,
    Previous,
    Selection,
)
from fashionmirror_core.networks.pose_maps import pose_maps
from fashionmirror_core.networks.tryon_networks import NetworkConfig, TryOnNetworks

__all__ = [
    "FeatureEncoder",
    "FeatureRemapping",
    "FrameGuides",
    "Generator",
    "GeneratorOutput",
    "NetworkConfig",
    "Previous",
    "Selection",
    "SpatialDiscriminator",
    "TemporalDiscriminator",
    "TryOnNetworks",
    "count_macs",
    "count_parameters",
    "pose_maps",
    "resize",
    "resize_flow",
    "warp",
]
