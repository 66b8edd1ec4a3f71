"""The learned half of both stages: the networks, wired into the analytic engine.

Once a look, the co-attention mask network adjusts M_r and M_c and the dressing network the garment's flow and the body
that appears. Every frame, the skeletal flow's residual moves the layers, the multi-frame network adjusts M_c^t, and the
generator says how to blend human, garment and new pixels. Everything starts from the analytic answer; a network that has
learned nothing changes nothing.

See docs/method.md, "The learned parts".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from fashionmirror_core.avatar.dressing import Refinement, build_layers
from fashionmirror_core.avatar.layers import Show, flattened
from fashionmirror_core.cloth.attention import fit_attention, garment_flow, letterbox, letterboxed
from fashionmirror_core.cloth.fitting import GarmentFit, Sizing, adjusted_fit
from fashionmirror_core.cloth.sizing import sizing_features, sizing_of
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.inference.analytic import Analytic, Dressed
from fashionmirror_core.networks import TryOnNetworks, attention_prior, pose_maps
from fashionmirror_core.networks.blocks import resize
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.person.subject import Subject
from fashionmirror_core.skeleton import MIRROR, Pose
from fashionmirror_core.vocabulary import Category

KEPT_SHARE = 0.4  # of the analytic cloth, from which on M_c lets it stay
PIECE_PIXELS = (5, 5)  # stage pixels, the smallest that M_c takes away
SOFT_PIXELS = 1.5  # stage pixels, how far M_c's edges are smoothed


def _tensor(picture: np.ndarray, device: torch.device) -> Tensor:
    """(H, W[, C]) -> (1, C, H, W) float32."""
    if picture.ndim == 2:
        picture = picture[..., None]
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1), np.float32))[None].to(device)


def _joints(pose: Pose, device: torch.device) -> Tensor:
    return torch.from_numpy(pose.joints.astype(np.float32))[None].to(device)


@dataclass(frozen=True)
class LearnedMasks:
    """The single-frame CMN's answer; (H, W) float32 masks on the stage.

    clothing: one M_c^s a garment. attention: (hw, hw), rows sum to one, of the outermost garment. clothes_features: of
    the outermost garment, for the multi-frame network; None where no network runs in frames.
    """

    removed: np.ndarray
    clothing: tuple[np.ndarray, ...]
    attention: np.ndarray
    clothes_features: Tensor | None


@dataclass(frozen=True)
class LearnedDressing:
    """The dressing network's answer for one garment.

    flow_residual: (H, W, 2), letterboxed garment pixels. body_residual: (H, W, 3) in [-1, 1].
    """

    flow_residual: np.ndarray
    body_residual: np.ndarray


class Learned(Analytic):
    """The networks on a device. A network that has learned nothing isn't run: the analytic answer is its answer."""

    def __init__(self, networks: TryOnNetworks, device: torch.device) -> None:
        self.networks = networks.to(device).for_inference()
        self.device = device
        self.drives = self.networks.blends or not self.networks.flow.idle
        self.refines = self.drives or not (self.networks.mask.idle and self.networks.dressing.idle)

    @torch.inference_mode()
    def labels(self, image: np.ndarray, matte: np.ndarray, pose: Pose) -> np.ndarray | None:
        if self.networks.parsing.idle:
            return super().labels(image, matte, pose)
        picture = _tensor(image.astype(np.float32) / 255, self.device)
        pictures = torch.cat([picture, picture.flip(3)])
        alpha = _tensor(matte, self.device)
        joints = _joints(pose, self.device)
        mirrored = joints[:, MIRROR.tolist()]
        mirrored[..., 0] = matte.shape[1] - 1 - mirrored[..., 0]
        # The picture and its mirror image are averaged: labels on which both agree are surer.
        found = self.networks.parsing(pictures, torch.cat([alpha, alpha.flip(3)]), torch.cat([joints, mirrored]))
        one, other = found.softmax(1)
        seen = (one + other.flip(2)) / 2
        return resize(seen[None], (matte.shape[0], matte.shape[1]))[0].cpu().numpy()

    @torch.inference_mode()
    def sizing(self, garment: Garment, subject: Subject) -> Sizing:
        if self.networks.sizing.idle:
            return super().sizing(garment, subject)
        features = sizing_features(garment, subject.body, subject.floor)
        return sizing_of(self.networks.sizing(torch.from_numpy(features)[None].to(self.device))[0].cpu().numpy())

    @torch.inference_mode()
    def predict_masks(
        self,
        subject: Subject,
        pose: Pose,
        garments: Sequence[Garment],
        removed: np.ndarray,
        flows: Sequence[tuple[np.ndarray, np.ndarray]],
    ) -> LearnedMasks:
        """removed: the analytic M_r. flows: ``garment_flow`` of each garment, its flow and cloth (analytic M_c)."""
        size = subject.size
        if self.networks.mask.idle and not self.drives:  # masks and attention are their priors
            clothing, attention = tuple(cloth for _, cloth in flows), fit_attention(*flows[-1])
            return LearnedMasks(removed, clothing, attention, clothes_features=None)
        human = torch.cat(
            [
                _tensor(subject.image.astype(np.float32) / 255, self.device),
                _tensor(subject.matte, self.device),
                pose_maps(_joints(pose, self.device), *size),
            ],
            1,
        )
        found = []
        for garment, (flow, cloth) in zip(garments, flows, strict=True):
            category = torch.zeros(1, len(Category), device=self.device)
            category[0, list(Category).index(garment.category)] = 1
            prior = torch.cat([_tensor(removed, self.device), _tensor(np.clip(cloth, 0, 1), self.device)], 1)
            seen = attention_prior(torch.from_numpy(flow)[None].to(self.device), prior[:, 1:])
            clothes = _tensor(letterboxed(garment, size), self.device)
            found.append(self.networks.mask(human, clothes, category, prior, seen))
        return LearnedMasks(
            removed=torch.stack([masks.removed for masks in found]).amax(0)[0, 0].cpu().numpy(),
            clothing=tuple(masks.clothing[0, 0].cpu().numpy() for masks in found),
            attention=found[-1].attention.maps[0].cpu().numpy(),
            clothes_features=found[-1].clothes_features if self.drives else None,
        )

    @torch.inference_mode()
    def predict_dressing(
        self,
        size: tuple[int, int],
        pose: Pose,
        garment: Garment,
        dressed: np.ndarray,
        erased: np.ndarray,
        removed: np.ndarray,
        clothing: np.ndarray,
        hole: np.ndarray,
        flow: np.ndarray,
    ) -> LearnedDressing:
        """dressed, erased: (H, W, 3) uint8 on the stage; removed, clothing, hole: (H, W); flow: (2, H, W)."""
        start = torch.from_numpy(flow)[None].to(self.device)
        result = self.networks.dressing(
            _tensor(letterboxed(garment, size), self.device),
            _tensor(dressed.astype(np.float32) / 255, self.device),
            _tensor(erased.astype(np.float32) / 255, self.device),
            _tensor(removed, self.device),
            _tensor(clothing, self.device),
            _tensor(hole, self.device),
            pose_maps(_joints(pose, self.device), *size, stride=4),
            start,
        )
        flow_residual = (result.flow - start)[0].permute(1, 2, 0)
        return LearnedDressing(flow_residual.cpu().numpy(), result.residual[0].permute(1, 2, 0).cpu().numpy())

    def dressed(
        self,
        subject: Subject,
        pose: Pose,
        garments: tuple[Garment, ...],
        fits: tuple[GarmentFit, ...],
        removed: np.ndarray,
        colors: np.ndarray,
    ) -> Dressed:
        if not self.refines:
            return super().dressed(subject, pose, garments, fits, removed, colors)
        size = subject.size
        flows = [garment_flow(fit, garment, size) for fit, garment in zip(fits, garments, strict=True)]
        masks = self.predict_masks(subject, pose, garments, removed, flows)
        # The analytic try-on at the stage's own size is the dressing network's starting point.
        itself, nothing = Stage(*size, 1.0, (0.0, 0.0)), Refinement.none(len(garments), size)
        categories = [garment.category for garment in garments]
        analytic = build_layers(
            colors, subject.matte, itself, subject, masks.removed, categories, garments, fits, nothing
        )
        dressed, erased = (flattened(analytic, size, show)[..., :3] for show in (Show.ALL, Show.PERSON))
        body = np.zeros((*size, 3), np.float32)
        refined, keep = [], []
        for garment, fit, (flow, cloth), clothing in zip(garments, fits, flows, masks.clothing, strict=True):
            dressing = self.predict_dressing(
                size, pose, garment, dressed, erased, masks.removed, clothing, masks.removed, flow
            )
            refined.append(adjusted_fit(fit, dressing.flow_residual / letterbox(garment, size)[0]))
            keep.append(kept_cloth(clothing, cloth))
            body += dressing.body_residual / len(garments)
        refinement = Refinement(tuple(keep), body)
        return Dressed(masks.removed, tuple(refined), refinement, masks.attention, masks.clothes_features)


def kept_cloth(clothing: np.ndarray, cloth: np.ndarray) -> np.ndarray:
    """The share of the analytic cloth (H, W) that the network's M_c (H, W) leaves: (H, W) float32, above one half it stays.

    A mask in doubt would leave veils, so cloth goes where most of it goes; and it would fray edges, which are sharper than
    the stage can tell, so only pieces go, with an edge that is smooth enough to be enlarged.
    """
    gone = (cloth > 0.5) & (clothing < KEPT_SHARE * cloth)
    pieces = cv2.morphologyEx(
        gone.astype(np.uint8), cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, PIECE_PIXELS)
    )
    return 1 - cv2.GaussianBlur(pieces.astype(np.float32), (0, 0), SOFT_PIXELS)
