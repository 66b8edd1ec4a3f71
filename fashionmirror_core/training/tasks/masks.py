"""The task "masks": stage I, co-attention and M_c^s of the single-frame branch (supplement, Eq. 1 to 4).

The encoders are as they were trained before. What is learned from: swaps, the same frame in the garment's own outfit, for
M_c^s; draped looks, which say for each place of the person which place of the garment it wears, for both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.attended import attended
from fashionmirror_core.networks import TryOnNetworks
from fashionmirror_core.networks.blocks import resize
from fashionmirror_core.networks.stage_one import (
    CLOTH,
    HEIGHT,
    NO_CLOTH,
    STRIDE,
    Clothes,
    Human,
    token_places,
    token_targets,
)
from fashionmirror_core.skeleton import MIRROR
from fashionmirror_core.training import losses
from fashionmirror_core.training.clips import DataError
from fashionmirror_core.training.sets.packed import PackedClip, gathered, open_set
from fashionmirror_core.training.synthesis.corruption import damaged, photographed, random_light, trembling
from fashionmirror_core.training.tasks.examples import patches_within
from fashionmirror_core.training.tasks.labels import TREMBLE_HEIGHTS, WORSE
from fashionmirror_core.training.tasks.settings import TaskSettings
from fashionmirror_core.training.tasks.task import ForwardPass, Items, Outcome, Task, terms_of
from fashionmirror_core.vocabulary import Category

RECONSTRUCTIONS = 0.25  # of the looks from label maps: the person's own garment
DRAPED = 0.5  # of the items: places on the garment are known
ZOOM, SHIFT_HEIGHTS = 0.1, 0.04  # at most
CLOSE = 0.08  # of the garment's larger side: a place within it is the right one
ATTENTION_WEIGHT = 2.0


class MasksTask(Task[ForwardPass]):
    """Eq. 1 of M_c^s, and the cross-entropy of S where a drape says what it should be."""

    name = "masks"
    items = Items(lambda _, settings, folders: PairSet(folders, settings.seed, skip=settings.skips), ForwardPass)

    def trains(self, parameter: str, settings: TaskSettings) -> bool:
        return parameter.startswith("pair.") and not parameter.startswith("pair.summary.")

    def outcome(self, forward: ForwardPass) -> Outcome:
        batch, networks, settings = forward.batch, forward.networks, forward.settings
        image = batch["image"].float() / 255
        person = seen(networks, image, batch["matte"].float() / 255, batch["joints"])
        networks.pair.attends = settings.co_attention
        pair = networks.pair(person, clothes_of(batch), batch["category"])
        size = (image.shape[2], image.shape[3])
        logits, truth = resize(pair.clothing, size), batch["clothing"].float() / 255
        weights = settings.mask_weights if settings.clothing_patch_loss else replace(settings.mask_weights, patch=0.0)
        terms = losses.mask_objective(logits.sigmoid(), logits, truth, batch["patches"], weights)
        outcome = Outcome(losses={f"clothing_{name}": value for name, value in terms.items()})
        places, cover, draped = batch["places"], batch["cover"], batch["draped"]
        if settings.co_attention:
            target = token_targets(places, cover) * (pair.scores > NO_CLOTH / 2)
            error = -(target * pair.scores.log_softmax(2)).sum(2).mean(1)
            outcome.losses["attention"] = ATTENTION_WEIGHT * (error * draped).mean()
        found = token_places(pair.attention.detach())
        far = (found - places.flatten(1, 2)).norm(dim=2) / batch["side"][:, None]
        clothed = (cover.flatten(1) > 0.5) * draped[:, None]
        outcome.metrics["right"] = ((far < CLOSE) * clothed).sum() / clothed.sum().clamp_min(1)
        outcome.metrics["clothing_iou"] = iou(logits.detach() > 0, truth > 0.5)
        outcome.pictures = {"clothing": tinted(image, logits.sigmoid()), "truth": tinted(image, truth)}
        return outcome


def seen(networks: TryOnNetworks, image: Tensor, matte: Tensor, joints: Tensor) -> Human:
    """The person as the human encoder, which doesn't learn here, sees them."""
    with torch.no_grad():
        return networks.human.eval()(image, matte, joints)


def clothes_of(batch: dict[str, Any]) -> Clothes:
    """The batch's garments."""
    return Clothes(batch["clothes"].float(), batch["lying"], batch["cloth"].float())


def iou(found: Tensor, true: Tensor) -> Tensor:
    """Intersection over union of masks (N, 1, H, W) bool, mean over the items; 0 where both are empty."""
    union = (found | true).sum((1, 2, 3)).clamp_min(1)
    return ((found & true).sum((1, 2, 3)) / union).mean()


def tinted(picture: Tensor, mask: Tensor) -> Tensor:
    """A picture (N, 3, H, W) in [0, 1] with a mask (N, 1, H, W) laid over it in red."""
    red = torch.tensor([1.0, 0.1, 0.2], device=picture.device).view(1, 3, 1, 1)
    return (picture + 0.5 * mask.detach() * (red - picture)).clamp(0, 1)


# ------------------------------------------------------------------------------------------------------------- the data


@dataclass(frozen=True)
class _Entry:
    """A look of a clip: the number of its draped ones, which may be told, or source, garment and the take that wears it."""

    set: int
    clip: int
    draped: int | None = None
    source: tuple[str, int] = ("", 0)
    garment: str = ""
    worn: str = ""
    told: bool = False


class PairSet(Dataset[dict[str, Any]]):
    """Looks of prepared sets, ``HEIGHT`` rows high. Arguments as of ``examples.TrainingSet``.

    Items: id; image (3, h, w), matte, clothing (1, h, w) uint8; joints (25, 3) float32, pixels; clothes (193, 16, 16)
    float16, lying (25, 3), cloth (1, 64, 64) float16: see ``stage_one.Clothes``; category (3,); places (h / 8, w / 8, 2),
    cover (h / 8, w / 8), draped: see ``token_targets``, and whether they are known; side: the garment's, as a share of its
    square; patches (3, 2).
    """

    def __init__(self, folders: Sequence[Path], seed: int = 0, corrupted: bool = True, skip: bool = False) -> None:
        self.sets = [open_set(folder) for folder in folders]
        self.sources = terms_of(self.sets)
        self.seed, self.epoch, self.corrupted = seed, 0, corrupted
        self.seen: dict[tuple[int, int, str, bool], dict[str, Tensor]] = {}
        entries, self.skipped = gathered(self.sets, _looks, skip)
        self.draped = [entry for entry in entries if entry.draped is not None and not entry.told]
        self.told = [entry for entry in entries if entry.told]
        self.swaps = [entry for entry in entries if entry.draped is None and entry.worn != entry.source[0]]
        self.own = [entry for entry in entries if entry.draped is None and entry.worn == entry.source[0]]
        if not entries:
            raise InputError("The prepared sets hold no looks to learn from; prepare them with --labels-only.")

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.draped) + len(self.told) + len(self.swaps) + len(self.own)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Raises DataError, which names the file, for a clip that is damaged."""
        rng = np.random.default_rng([self.seed, self.epoch, index])
        entry = self._drawn(index, rng)
        with self.sets[entry.set].open(entry.clip) as clip:
            return self._item(entry, clip, rng)

    def _drawn(self, index: int, rng: np.random.Generator) -> _Entry:
        """In training by the shares above, whatever the counts; else each in its turn."""
        if not self.corrupted:
            return [*self.draped, *self.told, *self.swaps, *self.own][index]
        known = [entries for entries in (self.draped, self.told) if entries]
        unknown = [entries for entries in (self.swaps, self.own) if entries]
        if known and (not unknown or rng.random() < DRAPED):
            kind = known[int(rng.integers(len(known)))]
        else:
            kind = unknown[-1 if rng.random() < RECONSTRUCTIONS else 0]
        return kind[int(rng.integers(len(kind)))]

    def _item(self, entry: _Entry, clip: PackedClip, rng: np.random.Generator, placed: bool = True) -> dict[str, Any]:
        """placed: whether the person is moved and mirrored at random."""
        height, width = clip.stage
        if entry.draped is not None:
            drape = clip.draped(entry.draped)
            source, key, clothing, places = drape.source, drape.garment, drape.clothing, drape.places
            category = str(clip.table["garments"][key])
        else:
            source, key = entry.source, entry.garment
            category = str(clip.table["garments"][key])
            labels = clip.labels(entry.worn, source[1])
            clothing = np.isin(labels, [int(Category(category).label)]).astype(np.uint8) * 255
            places = np.full((height, width, 2), np.nan, np.float32)
        take, frame = source
        matrix, mirrored = _placing(clip.stage, rng) if self.corrupted and placed else (_scaling(clip.stage), False)
        size = (round(width * HEIGHT / height), HEIGHT)

        def moved(picture: np.ndarray, border: int = cv2.BORDER_CONSTANT) -> np.ndarray:
            return cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_AREA, borderMode=border)

        image = moved(clip.frame(take, frame), cv2.BORDER_REPLICATE).astype(np.float32) / 255
        matte = moved(clip.matte(take, frame)).astype(np.float32) / 255
        joints = clip.joints(take)[frame].copy()
        joints[:, :2] = joints[:, :2] @ matrix[:, :2].T + matrix[:, 2]
        joints = joints[MIRROR] if mirrored else joints
        if self.corrupted:
            matte = damaged(matte, rng) if rng.random() < 0.4 else matte
            image = photographed(image, rng) if rng.random() < WORSE else image
            image = random_light(rng).on(image ** np.float32(rng.uniform(0.75, 1.35)))
            joints = trembling(joints, float(rng.uniform(0, TREMBLE_HEIGHTS)) * HEIGHT, rng)
        mask = moved(clothing)
        looking, cover = _coarse(places, matrix, size, mirrored)
        one_hot = torch.zeros(len(Category))
        one_hot[list(Category).index(Category(category))] = 1
        return {
            "id": f"{clip.path.stem}/{take} {frame} {key}",
            "image": torch.from_numpy(_bytes(image).transpose(2, 0, 1).copy()),
            "matte": torch.from_numpy(_bytes(matte))[None],
            "joints": torch.from_numpy(joints.astype(np.float32)),
            "clothing": torch.from_numpy(mask)[None],
            "category": one_hot,
            "places": torch.from_numpy(looking),
            "cover": torch.from_numpy(cover),
            "draped": torch.tensor(float(entry.draped is not None)),
            "patches": torch.from_numpy(patches_within(mask > 127, rng)),
            **self._clothes(entry, clip, key, mirrored),
        }

    def _clothes(self, entry: _Entry, clip: PackedClip, key: str, mirrored: bool) -> dict[str, Tensor]:
        """A garment is looked at once."""
        place = (entry.set, entry.clip, key, mirrored)
        if place not in self.seen:
            picture = clip.garment(key)
            clothes = attended(picture.image, picture.landmarks, picture.category, picture.flat, mirrored)[0]
            rows, columns = np.nonzero(clothes.cloth[0, 0].numpy() > 0.5)
            side = max(np.ptp(rows), np.ptp(columns)) + 1 if len(rows) else CLOTH
            self.seen[place] = {
                "clothes": clothes.tokens[0].half(),
                "lying": clothes.joints[0],
                "cloth": clothes.cloth[0].half(),
                "side": torch.tensor(float(side) / CLOTH),
            }
        return self.seen[place]


def _looks(number: int, index: int, clip: PackedClip) -> list[_Entry]:
    """Those of garments whose landmarks are known; raises DataError for a set that has none."""
    known = clip.table.get("landmarks")
    if known is None:
        raise DataError(clip.path, "knows no landmarks of its garments; prepare the set again.")
    found = [_Entry(number, index, draped=k, told=told) for k, told in enumerate(clip.drapes)]
    for offer in clip.offers:
        if offer.dressed is not None and offer.source[1] == offer.dressed[1]:
            worn = [key for key in offer.garments if key in known]
            found += [_Entry(number, index, None, offer.source, key, offer.dressed[0]) for key in worn]
    return found


def _scaling(stage: tuple[int, int]) -> np.ndarray:
    scale = HEIGHT / stage[0]
    return np.array([[scale, 0, (scale - 1) / 2], [0, scale, (scale - 1) / 2]])


def _placing(stage: tuple[int, int], rng: np.random.Generator) -> tuple[np.ndarray, bool]:
    """Larger or smaller, beside the middle, and mirrored at times: stage -> picture."""
    mirrored = bool(rng.random() < 0.5)
    zoom = 1 + rng.uniform(-ZOOM, ZOOM)
    height, width = stage
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    turn = np.diag([-zoom if mirrored else zoom, zoom])
    shift = middle + rng.uniform(-SHIFT_HEIGHTS, SHIFT_HEIGHTS, 2) * height - turn @ middle
    scaling = _scaling(stage)
    return np.column_stack([scaling[:, :2] @ turn, scaling[:, :2] @ shift + scaling[:, 2]]), mirrored


def _coarse(
    places: np.ndarray, matrix: np.ndarray, size: tuple[int, int], mirrored: bool
) -> tuple[np.ndarray, np.ndarray]:
    """The stage's places on the garment, means over the co-attention's places: (h, w, 2), and how much is cloth, (h, w)."""
    known = np.isfinite(places[..., 0])
    layers = np.dstack([np.where(known[..., None], places, 0), known]).astype(np.float32)
    moved = cv2.warpAffine(layers, matrix, size, flags=cv2.INTER_LINEAR)
    small = cv2.resize(moved, (size[0] // STRIDE, size[1] // STRIDE), interpolation=cv2.INTER_AREA)
    cover = small[..., 2]
    looking = small[..., :2] / np.maximum(cover, 1e-6)[..., None]
    if mirrored:
        looking[..., 0] = 1 - looking[..., 0]
    return np.where(cover[..., None] > 0.02, looking, 0.5).astype(np.float32), np.clip(cover, 0, 1)


def _bytes(picture: np.ndarray) -> np.ndarray:
    return (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
