"""The networks, wired into the engine: stage I once a person, once a garment, once a pair, and once a frame of masks; stage
II once a frame that is finished.

A part that has learned nothing isn't run: the analytic answer is its answer. See docs/method.md, "The learned parts".
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

import cv2
import numpy as np
import torch
from torch import Tensor

from fashionmirror_core.drawing.guides import Guides
from fashionmirror_core.garment.attended import Attended, attended
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.imaging.fill import push_pull
from fashionmirror_core.inference.analytic import Analytic
from fashionmirror_core.inference.finishing import Changes, DressedSource
from fashionmirror_core.inference.first_sight import FirstSight
from fashionmirror_core.networks import FrameGuides, TryOnNetworks, pose_maps
from fashionmirror_core.networks.blocks import resize
from fashionmirror_core.networks.garment_encoder import SIZE
from fashionmirror_core.networks.generator import Features
from fashionmirror_core.networks.stage_one import HEIGHT, STRIDE, Clothes, Human, token_places
from fashionmirror_core.skeleton import MIRROR, Pose
from fashionmirror_core.vocabulary import Category

PARSER_TRUST = 0.6  # of the labels; the rest is the human encoder's, which errs elsewhere
KEPT = 8  # people and garments that stay in memory, a few MB in all
COVERED = 0.5  # of a place of the co-attention: from here on it looks at the garment

Found = TypeVar("Found")


class _Recent(Generic[Found]):
    """The last few results, by the arrays that they were computed from."""

    def __init__(self) -> None:
        self.found: OrderedDict[bytes, Found] = OrderedDict()

    def get(self, arrays: tuple[np.ndarray, ...], compute: Callable[[], Found]) -> Found:
        digest = hashlib.blake2b(digest_size=16)
        for array in arrays:
            digest.update(str(array.shape).encode())
            digest.update(np.ascontiguousarray(array).data)
        key = digest.digest()
        if key not in self.found:
            self.found[key] = compute()
            while len(self.found) > KEPT:
                self.found.popitem(last=False)
        self.found.move_to_end(key)
        return self.found[key]


class Learned(Analytic):
    """The networks on a device."""

    def __init__(self, networks: TryOnNetworks, device: torch.device) -> None:
        self.networks = networks.to(device).for_inference()
        self.device = device
        self._people: _Recent[Human] = _Recent()
        self._clothes: _Recent[Attended] = _Recent()
        self._sources: _Recent[tuple[Features, Features]] = _Recent()

    @torch.inference_mode()
    def labels(self, image: np.ndarray, matte: np.ndarray, pose: Pose) -> np.ndarray | None:
        if self.networks.human.idle:
            return super().labels(image, matte, pose)
        size = (matte.shape[0], matte.shape[1])
        found = _agreed(self._person(image, matte, pose), size)
        if not self.networks.parser.idle:
            closely = _agreed(self.networks.parser(*self._mirrored(image, matte, pose)), size)
            found = found + PARSER_TRUST * (closely - found)
        return found.cpu().numpy()

    def _person(self, image: np.ndarray, matte: np.ndarray, pose: Pose) -> Human:
        """The person as they are and as in a mirror, seen once."""
        return self._people.get(
            (image, matte, pose.joints), lambda: self.networks.human(*self._mirrored(image, matte, pose))
        )

    def _mirrored(self, image: np.ndarray, matte: np.ndarray, pose: Pose) -> tuple[Tensor, Tensor, Tensor]:
        """The input of a human encoder: the person as they are and as in a mirror."""
        picture, alpha = _tensor(image.astype(np.float32) / 255, self.device), _tensor(matte, self.device)
        joints = torch.from_numpy(pose.joints.astype(np.float32))[None].to(self.device)
        mirrored = joints[:, MIRROR.tolist()].clone()
        mirrored[..., 0] = matte.shape[1] - 1 - mirrored[..., 0]
        return torch.cat([picture, picture.flip(3)]), torch.cat([alpha, alpha.flip(3)]), torch.cat([joints, mirrored])

    @torch.inference_mode()
    def first_sight(self, image: np.ndarray, matte: np.ndarray, pose: Pose, garment: Garment) -> FirstSight | None:
        if self.networks.human.idle or self.networks.pair.idle:
            return super().first_sight(image, matte, pose, garment)
        kind = np.array([list(Category).index(garment.category), garment.flat])
        marks = np.array([garment.landmarks[name] for name in sorted(garment.landmarks)])
        seen = self._clothes.get(
            (garment.image, kind, marks),
            lambda: attended(garment.image, garment.landmarks, garment.category, garment.flat),
        )
        clothes = Clothes(*(part.to(self.device) for part in seen.clothes))
        category = torch.zeros(1, len(Category), device=self.device)
        category[0, list(Category).index(garment.category)] = 1
        person = Human(*(features[:1] for features in self._person(image, matte, pose)))
        pair = self.networks.pair(person, clothes, category)
        height, width = matte.shape
        clothing = resize(pair.clothing.sigmoid(), (height, width))[0, 0].cpu().numpy() * matte
        attention = pair.attention
        rows = HEIGHT // STRIDE
        shape = (rows, attention.shape[1] // rows)
        there = (1 - attention[0, :, -1]).view(shape).cpu().numpy()
        places = token_places(attention)[0].view(*shape, 2).cpu().numpy()
        coarse = push_pull((places * SIZE - seen.offset) / seen.factor - 0.5, (there > COVERED).astype(np.float32))
        coarse = cv2.GaussianBlur(coarse, (0, 0), 1.0)  # neighbours wear neighbouring places
        fine = cv2.resize(coarse.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
        fine[clothing < 0.5] = np.nan
        return FirstSight(clothing.astype(np.float32), fine, pair.summary)

    @torch.inference_mode()
    def next_mask(
        self, mask: np.ndarray, pose: np.ndarray, following: np.ndarray, sight: FirstSight
    ) -> np.ndarray | None:
        height, width = mask.shape
        scale = HEIGHT / height
        size = (HEIGHT, round(width * scale / 16) * 16)
        joints = []
        for points in (pose, following):
            placed = np.array(points, np.float32)
            placed[:, :2] = (placed[:, :2] + 0.5) * (size[1] / width, scale) - 0.5
            joints.append(torch.from_numpy(placed)[None].to(self.device))
        small = resize(_tensor(mask, self.device), size)
        found, _ = self.networks.next_mask(small, *joints, sight.summary)
        return resize(found, (height, width))[0, 0].cpu().numpy()

    @property
    def finishes(self) -> bool:
        return not self.networks.generator.idle

    @torch.inference_mode()
    def finish(self, source: DressedSource, picture: np.ndarray, guides: Guides, joints: np.ndarray) -> Changes:
        if not self.finishes:
            return super().finish(source, picture, guides, joints)
        height, width = picture.shape[:2]

        def encoded() -> tuple[Features, Features]:
            still = _tensor(source.still.astype(np.float32) / 255, self.device)
            return self.networks.encode_source(
                still, _tensor(source.cover, self.device), _tensor(source.clothing, self.device)
            )

        known = FrameGuides(
            picture=_tensor(picture.astype(np.float32) / 255, self.device),
            **{name: _tensor(getattr(guides, name), self.device) for name in ("cover", "clothing", "unseen")},
            **{
                name: torch.from_numpy(getattr(guides, name))[None].to(self.device)
                for name in ("normals", "flow", "back")
            },
        )
        pose = pose_maps(torch.from_numpy(joints)[None].to(self.device), height, width, stride=4)
        features = self._sources.get((source.still, source.cover, source.clothing), encoded)
        found = self.networks.finish(features, known, pose)
        gain = torch.exp(resize(found.log_gain, (height, width)) * known.unseen)[0, 0]
        color = (resize(found.color, (height, width)) * known.unseen)[0].permute(1, 2, 0)
        return Changes(gain.cpu().numpy(), np.ascontiguousarray(color.cpu().numpy()))


def _agreed(person: Human, size: tuple[int, int]) -> Tensor:
    """Probabilities (11, H, W) of the labels: those of the picture and of its mirror image, averaged, for labels on which
    both agree are surer.
    """
    one, other = person.labels.softmax(1)
    return resize((one + other.flip(2))[None] / 2, size)[0]


def _tensor(picture: np.ndarray, device: torch.device) -> Tensor:
    """(H, W[, C]) -> (1, C, H, W) float32."""
    if picture.ndim == 2:
        picture = picture[..., None]
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1), np.float32))[None].to(device)
