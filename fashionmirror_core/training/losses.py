"""The losses: one function an equation of the supplement (Eq. 1 to 15), and those beyond it.

Everywhere: a scalar is the mean over the batch of a value per item, times the item's ``weight`` (N,) where one is given
(0 for an item whose truth isn't known; it still counts in the mean), so that processes with parts of a batch find the
gradients of the whole. The supplement's sums over pixels, channels and patches are means here, so that a weight means
the same at every size; its sums over layers, regions and terms stay sums. Computed in float32 whatever the inputs.
Nothing is drawn at random: patches come with the item.

See docs/method.md, "Losses".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from fashionmirror_core.networks.blocks import warp
from fashionmirror_core.skeleton import CONFIDENT, Joint
from fashionmirror_core.vocabulary import Label

PATCH_PIXELS = 64  # pixels; Eq. 4
HAND_REACH_HEIGHTS = 0.06  # of the height: from a wrist, in every direction
HAND_LENGTH_HEIGHTS = 0.12  # of the height: from a wrist, away from the elbow
POSITIONS = 1024  # at once where every position is compared with every other, to bound memory
LEAST_NORM = 1e-3  # of a feature vector with a direction; below, gradients would explode
CHARBONNIER_PIXELS = 1e-3  # pixels

FeatureMaps = Callable[[Tensor], Sequence[Tensor]]


@dataclass(frozen=True)
class MaskWeights:
    """Of Eq. 1."""

    l1: float = 1.0
    bce: float = 1.0
    patch: float = 1.0


@dataclass(frozen=True)
class SpatialWeights:
    """Of Eq. 6, and of salient regions and what the source didn't show. ``content`` and ``style`` also weigh the two
    halves of the clothing patches against each other, which ``patch`` weighs against the rest.
    """

    gan: float = 2.0
    l1: float = 5.0
    body: float = 5.0
    content: float = 0.5
    style: float = 500.0
    patch: float = 1.0
    salient: float = 5.0
    unseen: float = 5.0


@dataclass(frozen=True)
class TemporalWeights:
    """Of Eq. 13, and of the shading's smoothness."""

    gan: float = 2.0
    patch_gan: float = 2.0
    smoothness: float = 0.01


# ------------------------------------------------------------------------------------------------------------- stage I


def mask_objective(
    masks: Tensor, logits: Tensor, truths: Tensor, patches: Tensor, weights: MaskWeights, weight: Tensor | None = None
) -> dict[str, Tensor]:
    """Eq. 1: the terms l1, bce and patch, weighted; their sum is minimised.

    masks, truths: (N, C, H, W) in [0, 1]; logits: the masks' (N, C, H, W); patches: (N, K, 2), see ``crop_patches``.
    """
    terms = {
        "l1": mask_l1(masks, truths, weight),
        "bce": mask_bce(logits, truths, weight),
        "patch": mask_patches(masks, truths, patches, weight),
    }
    return _weighted(terms, weights)


def mask_l1(masks: Tensor, truths: Tensor, weight: Tensor | None = None) -> Tensor:
    """Eq. 2: L1 of masks (N, C, H, W) in [0, 1]."""
    return _mean((masks.float() - truths.float()).abs(), weight)


def mask_bce(logits: Tensor, truths: Tensor, weight: Tensor | None = None) -> Tensor:
    """Eq. 3: binary cross entropy of masks (N, C, H, W), from their logits, which stays finite at 0 and 1.

    As printed the terms with 1 - M lack their minus sign, a misprint: this is the ordinary one.
    """
    return _mean(F.binary_cross_entropy_with_logits(logits.float(), truths.float(), reduction="none"), weight)


def mask_patches(masks: Tensor, truths: Tensor, patches: Tensor, weight: Tensor | None = None) -> Tensor:
    """Eq. 4: L1 of masks (N, C, H, W) on patches (N, K, 2) within the clothes."""
    crops = crop_patches(masks, patches).float() - crop_patches(truths, patches).float()
    return _mean(crops.abs().unflatten(0, patches.shape[:2]), weight)


def crop_patches(picture: Tensor, corners: Tensor, size: int = PATCH_PIXELS) -> Tensor:
    """Square patches of pictures (N, C, H, W) -> (N * K, C, size, size), an item's patches one after the other.

    corners: (N, K, 2) int64, y and x of the top left pixels; the patches must lie within the picture. Differentiable.
    Raises ValueError where no patch fits.
    """
    if min(picture.shape[-2:]) < size:
        raise ValueError(f"Patches of {size} pixels don't fit into pictures of {tuple(picture.shape[-2:])}.")
    reach = torch.arange(size, device=corners.device)
    rows = (corners[..., 0, None] + reach).unsqueeze(3)
    columns = (corners[..., 1, None] + reach).unsqueeze(2)
    items = torch.arange(len(picture), device=corners.device).view(-1, 1, 1, 1)
    return picture[items, :, rows, columns].flatten(0, 1).permute(0, 3, 1, 2)


# ------------------------------------------------------------------------------------------------------------ stage II


def tryon_objective(spatial: Mapping[str, Tensor], temporal: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Eq. 5: all weighted terms of ``spatial_objective`` and ``temporal_objective``, named "spatial/l1" and so on."""
    return {f"spatial/{name}": value for name, value in spatial.items()} | {
        f"temporal/{name}": value for name, value in temporal.items()
    }


def spatial_objective(terms: Mapping[str, Tensor], weights: SpatialWeights) -> dict[str, Tensor]:
    """Eq. 6: the terms, some of gan, l1, body, content, style, patch, salient and unseen, weighted."""
    return _weighted(terms, weights)


def temporal_objective(terms: Mapping[str, Tensor], weights: TemporalWeights) -> dict[str, Tensor]:
    """Eq. 13: the terms, some of gan, patch_gan and smoothness, weighted."""
    return _weighted(terms, weights)


def adversarial_generator(scores: Tensor, weight: Tensor | None = None) -> Tensor:
    """Eq. 7, 14, 15 for the generator: its pictures should be scored 1, as least squares (LSGAN).

    scores: (N, ...) of generated frames by D_s (Eq. 7), of clips by D_t (Eq. 14) or of clothing patches of clips
    (Eq. 15).
    """
    return _mean((scores.float() - 1).square(), weight)


def adversarial_discriminator(real: Tensor, fake: Tensor, weight: Tensor | None = None) -> Tensor:
    """Eq. 7, 14, 15 for a discriminator: real scores (N, ...) should be 1, fake ones 0, as least squares (LSGAN)."""
    return (_mean((real.float() - 1).square(), weight) + _mean(fake.float().square(), weight)) / 2


def pixel_l1(frame: Tensor, truth: Tensor, weight: Tensor | None = None) -> Tensor:
    """Eq. 8: L1 of pictures (N, C, H, W)."""
    return _mean((frame.float() - truth.float()).abs(), weight)


def body_l1(frame: Tensor, truth: Tensor, labels: Tensor, weight: Tensor | None = None) -> Tensor:
    """Eq. 9: L1 of pictures (N, C, H, W) where the truth shows limbs or the background; labels: (N, H, W).

    The mean is over the whole picture: a limb counts by the room that it takes.
    """
    seen = showing(labels, Label.ARMS, Label.LEGS, Label.TORSO, Label.BACKGROUND)
    return _mean((frame.float() - truth.float()).abs() * seen, weight)


@dataclass(frozen=True, eq=False)
class Regions:
    """The regions of a picture that Eq. 10 and 11 compare: all of it, its clothes and its head.

    frame: (N, 3, H, W) in [0, 1]; clothing: M_c^t (N, 1, H, W), the predicted one with a predicted frame and the true
    one with the true; head: (N, 1, H, W), hair and head.
    """

    frame: Tensor
    clothing: Tensor
    head: Tensor
    _found: dict[FeatureMaps, Sequence[Tensor]] = field(default_factory=dict, init=False, repr=False)

    def maps(self, features: FeatureMaps) -> Sequence[Tensor]:
        """A map a layer, (3N, C, h, w): whole pictures, clothes, heads. Found once, for Eq. 10 and Eq. 11 alike."""
        if features not in self._found:
            self._found[features] = features(
                torch.cat([self.frame, self.frame * self.clothing, self.frame * self.head])
            )
        return self._found[features]


def content(features: FeatureMaps, rendered: Regions, real: Regions, weight: Tensor | None = None) -> Tensor:
    """Eq. 10: L1 of features, summed over layers and over the whole picture, the clothes and the head."""
    return 3 * _content(rendered.maps(features), real.maps(features), _tiled(weight, 3))


def style(features: FeatureMaps, rendered: Regions, real: Regions, weight: Tensor | None = None) -> Tensor:
    """Eq. 11: L1 of the features' Gram matrices, summed as in Eq. 10."""
    return 3 * _style(rendered.maps(features), real.maps(features), _tiled(weight, 3))


def clothing_patches(
    features: FeatureMaps,
    frame: Tensor,
    clothing: Tensor,
    truth: Tensor,
    true_clothing: Tensor,
    patches: Tensor,
    weights: SpatialWeights,
    weight: Tensor | None = None,
) -> Tensor:
    """Eq. 12: content and style of patches (N, K, 2) of the clothes alone, mean over the patches.

    frame, truth: (N, 3, H, W) in [0, 1]; clothing, true_clothing: M_c^t (N, 1, H, W). Printed as a plain sum, the two
    differ by orders of magnitude: ``weights.content`` and ``weights.style`` balance them as they do in Eq. 6.
    """
    found = features(crop_patches(frame * clothing, patches))
    wanted = features(crop_patches(truth * true_clothing, patches))
    each = None if weight is None else weight.repeat_interleave(patches.shape[1])
    return weights.content * _content(found, wanted, each) + weights.style * _style(found, wanted, each)


def gram(features: Tensor) -> Tensor:
    """Features (N, C, h, w) -> their Gram matrices (N, C, C) float32, over channels times positions."""
    with torch.autocast(features.device.type, enabled=False):
        flat = features.float().flatten(2)
        return flat @ flat.transpose(1, 2) / (flat.shape[1] * flat.shape[2])


def _content(found: Sequence[Tensor], wanted: Sequence[Tensor], weight: Tensor | None) -> Tensor:
    layers = [_mean((x.float() - y.float()).abs(), weight) for x, y in zip(found, wanted, strict=True)]
    return torch.stack(layers).sum()


def _style(found: Sequence[Tensor], wanted: Sequence[Tensor], weight: Tensor | None) -> Tensor:
    layers = [_mean((gram(x) - gram(y)).abs(), weight) for x, y in zip(found, wanted, strict=True)]
    return torch.stack(layers).sum()


# ----------------------------------------------------------------------------------------------------------- the flow


def sampling_correctness(
    source: Tensor, truth: Tensor, flow: Tensor, mask: Tensor | None = None, weight: Tensor | None = None
) -> Tensor:
    """L_corr of Eq. 13: how much less alike the features are that a flow finds than the best ones in the source.

    source, truth: features v_s, v_t (N, C, h, w), not negative; flow: (N, 2, h, w), pixels of these maps, target ->
    source; mask: (N, 1, h, w) in [0, 1], where it counts. Mean of exp(-cos(warp(v_s, F), v_t) / max cos(v_s, v_t))
    - 1 / e, about 0 for the best flow and 1 - 1 / e for one that finds nothing.
    """
    wanted = _directions(truth)
    found = (_directions(warp(source.float(), flow)) * wanted).sum(1, keepdim=True)
    best = _best_cosines(_directions(source), wanted).clamp_min(LEAST_NORM)
    errors = torch.exp(-found / best) - math.exp(-1)
    return _mean(errors, weight) if mask is None else _weigh(_region_means(errors, mask).flatten(), weight)


def flow_smoothness(flow: Tensor, weight: Tensor | None = None) -> Tensor:
    """Second-order smoothness of a flow (N, 2, h, w), pixels: Charbonnier of its second differences, 0 where it is
    linear along rows and columns. Raises ValueError below 3 x 3.
    """
    if min(flow.shape[-2:]) < 3:
        raise ValueError(f"A flow of {tuple(flow.shape[-2:])} has no second differences.")
    flow = flow.float()
    along_y = flow[..., 2:, :] - 2 * flow[..., 1:-1, :] + flow[..., :-2, :]
    along_x = flow[..., 2:] - 2 * flow[..., 1:-1] + flow[..., :-2]
    return _mean(_charbonnier(along_y), weight) + _mean(_charbonnier(along_x), weight)


def _directions(features: Tensor) -> Tensor:
    return F.normalize(features.float(), dim=1, eps=LEAST_NORM)


@torch.no_grad()
def _best_cosines(source: Tensor, wanted: Tensor) -> Tensor:
    """Unit features (N, C, h, w) of both -> (N, 1, h, w): the largest cosine of each wanted one with any of the source."""
    rows, columns = source.flatten(2), wanted.flatten(2).transpose(1, 2)
    with torch.autocast(source.device.type, enabled=False):
        best = [(some @ rows).amax(2) for some in columns.split(POSITIONS, dim=1)]
    return torch.cat(best, 1).view(len(wanted), 1, *wanted.shape[-2:])


def _charbonnier(x: Tensor) -> Tensor:
    return (x.square() + CHARBONNIER_PIXELS**2).sqrt() - CHARBONNIER_PIXELS


# -------------------------------------------------------------------------------------------------------------- regions


def salient_l1(frame: Tensor, truth: Tensor, masks: Tensor, weight: Tensor | None = None) -> Tensor:
    """Appendix D: L1 of pictures (N, C, H, W) inside each of K regions (N, K, H, W) in [0, 1].

    A region's mean is over its own size, so that shoes count as much as a face; an empty one gives 0. Mean over K.
    """
    errors = (frame.float() - truth.float()).abs().mean(1, keepdim=True)
    return _mean(_region_means(errors, masks), weight)


@torch.no_grad()
def salient_masks(labels: Tensor, joints: Tensor) -> Tensor:
    """Shoes, hands and face, (N, 3, H, W) float32 of 0 and 1.

    labels: (N, H, W); joints: (N, 25, 3), BODY_25, pixels and confidence. Hands are the skin of arms around a wrist, and
    farther beyond it, as seen from the elbow.
    """
    height, width = labels.shape[-2:]
    wrists, elbows = (
        joints[:, [Joint.R_WRIST, Joint.L_WRIST]].float(),
        joints[:, [Joint.R_ELBOW, Joint.L_ELBOW]].float(),
    )
    x = torch.arange(width, device=labels.device) - wrists[..., 0, None, None]
    y = torch.arange(height, device=labels.device).unsqueeze(1) - wrists[..., 1, None, None]
    forearm = ((wrists - elbows) * (elbows[..., 2:] >= CONFIDENT))[..., None, None]
    distance = torch.hypot(*torch.broadcast_tensors(x, y))
    beyond = x * forearm[:, :, 0] + y * forearm[:, :, 1] > 0
    near = (distance < HAND_REACH_HEIGHTS * height) | (beyond & (distance < HAND_LENGTH_HEIGHTS * height))
    hands = (near & (wrists[..., 2, None, None] >= CONFIDENT)).any(1, keepdim=True)
    shoes, arms, face = (showing(labels, label) for label in (Label.SHOES, Label.ARMS, Label.HEAD))
    return torch.cat([shoes, arms * hands, face], 1)


def showing(labels: Tensor, *wanted: Label) -> Tensor:
    """(N, H, W) -> (N, 1, H, W) float32 of 0 and 1."""
    return torch.stack([labels == label for label in wanted]).any(0).unsqueeze(1).float()


def _region_means(values: Tensor, masks: Tensor) -> Tensor:
    """values (N, 1, H, W), masks (N, K, H, W) in [0, 1] -> (N, K), 0 for an empty mask."""
    masks = masks.float()
    return (values * masks).sum((2, 3)) / masks.sum((2, 3)).clamp_min(1)


# ------------------------------------------------------------------------------------------------- over items and terms


def _mean(values: Tensor, weight: Tensor | None) -> Tensor:
    """values: (N, ...)."""
    return _weigh(values.flatten(1).mean(1), weight)


def _weigh(items: Tensor, weight: Tensor | None) -> Tensor:
    """items, weight: (N,)."""
    return items.mean() if weight is None else (items * weight).mean()


def _tiled(weight: Tensor | None, times: int) -> Tensor | None:
    return None if weight is None else weight.repeat(times)


def _weighted(terms: Mapping[str, Tensor], weights: Any) -> dict[str, Tensor]:
    """Each term times the entry of its name."""
    return {name: getattr(weights, name) * value for name, value in terms.items()}
