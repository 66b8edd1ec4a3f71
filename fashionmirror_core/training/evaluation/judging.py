"""One system's answer to one look in numbers: against the truth, and by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from fashionmirror_core.training.clips import worn_mask
from fashionmirror_core.training.evaluation import metrics
from fashionmirror_core.training.evaluation.scenes import Scene
from fashionmirror_core.training.evaluation.systems import TRUTH, Answer, Values

Features = Callable[[Tensor], Sequence[Tensor]]


class Judge:
    """Measures answers. features: a VGG's maps of pictures (N, 3, H, W) in [0, 1]; lpips: see ``metrics``. Both may be
    None: then they aren't measured.
    """

    def __init__(self, features: Features | None, lpips: Callable[[Tensor, Tensor], Tensor] | None) -> None:
        self.features, self.lpips = features, lpips

    def against_truth(self, answer: Answer, scene: Scene) -> Values:
        """Everything that compares with true frames and masks."""
        values = dict(answer.seconds)
        if answer.removed is not None:
            values["iou_removed"] = metrics.iou(answer.removed, scene.removed)
        if scene.dressed is not None and answer.still is not None:
            picture, matte, clothing = scene.dressed
            values["still_ssim_person"] = metrics.ssim(answer.still, picture, scene.box(matte))
            if answer.clothing is not None:
                values["iou_clothing_source"] = metrics.iou(answer.clothing, clothing)
        if scene.target is None:
            return values
        frames = [
            self._frame(frame, truth, regions)
            for frame, truth, regions in zip(answer.frames, scene.target.frames, scene.regions, strict=True)
        ]
        values |= {name: metrics.mean_of([frame[name] for frame in frames]) for name in frames[0]}
        if answer.clothing_masks is not None:
            pairs = zip(answer.clothing_masks, scene.clothing, strict=True)
            values["iou_clothing"] = metrics.mean_of([metrics.iou(mask, truth) for mask, truth in pairs])
        return values

    def _frame(self, frame: np.ndarray, truth: np.ndarray, regions: dict[str, np.ndarray]) -> Values:
        similar = metrics.ssim_map(frame, truth)
        values = {"ssim": metrics.mean_in(similar), "psnr": metrics.psnr(frame, truth)}
        values |= {f"ssim_{name}": metrics.mean_in(similar, region) for name, region in regions.items()}
        values["psnr_person"] = metrics.psnr(frame, truth, regions["person"])
        return values | self._perceived(frame, truth, regions["person"])

    @torch.inference_mode()
    def _perceived(self, frame: np.ndarray, truth: np.ndarray, box: np.ndarray) -> Values:
        """Distances of deep features inside the box."""
        window = np.ix_(np.flatnonzero(box.any(1)), np.flatnonzero(box.any(0)))
        found, wanted = as_tensor(frame[window]), as_tensor(truth[window])
        values = {}
        if self.features is not None:
            distance = metrics.feature_distance(self.features(found), self.features(wanted))
            values["vgg_person"] = float(distance)
        if self.lpips is not None:
            values["lpips_person"] = float(self.lpips(found, wanted))
        return values

    def own(self, answer: Answer, scene: Scene) -> Values:
        """Metrics that need no true frame to compare with: the true frames have them, too."""
        if scene.target is None:
            return {}
        count = len(answer.frames)
        values = {
            "face_identity": metrics.mean_of([self._face(answer, scene, k) for k in range(count)]),
            "color_difference": metrics.mean_of([self._color(answer.frames[k], scene, k) for k in range(count)]),
            "flow_warp_error": metrics.flow_warp_error(answer.frames, scene.motion, list(scene.target.mattes / 255)),
        }
        if answer.clothing_masks is not None:
            values["mask_consistency"] = metrics.mask_consistency(answer.clothing_masks, scene.motion)
        return values

    def _face(self, answer: Answer, scene: Scene, k: int) -> float:
        """Of frames whose truth shows the face, if the source does."""
        assert scene.target is not None
        if not scene.shows_face or not metrics.face_seen(scene.target.labels[k], scene.target.joints[k]):
            return metrics.NAN
        return metrics.face_similarity(answer.frames[k], answer.joints[k], scene.person.image, scene.person.pose.joints)

    def _color(self, frame: np.ndarray, scene: Scene, k: int) -> float:
        """Each garment where the truth wears it: old cloth that a system left there counts against it."""
        assert scene.target is not None
        differences = []
        for key in scene.spec.garments:
            garment = scene.clip.garments[key]
            here = worn_mask(scene.target.labels[k], (garment.category,))
            differences.append(metrics.garment_color_difference(frame, here, garment.image))
        return metrics.mean_of(differences)


def as_tensor(frame: np.ndarray) -> Tensor:
    """A picture (H, W, 3) uint8 as (1, 3, H, W) in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(frame.transpose(2, 0, 1))).float()[None] / 255


def judged(judge: Judge, scene: Scene, answers: dict[str, Answer]) -> dict[str, Values]:
    """Values by system, with the truth's own among them."""
    truth = judge.own(scene.truth, scene)
    values = {TRUTH: truth} | {
        name: judge.against_truth(answer, scene) | judge.own(answer, scene) for name, answer in answers.items()
    }
    for found in values.values():
        if truth.get("flow_warp_error"):
            found["flow_warp_ratio"] = found["flow_warp_error"] / truth["flow_warp_error"]
    return values
