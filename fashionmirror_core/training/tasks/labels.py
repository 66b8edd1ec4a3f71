"""The task "labels": the label of each of the person's pixels, learned by the human encoder and the parser from single
frames of prepared sets with their label maps, restyled and misplaced at random.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import Dataset

from fashionmirror_core.errors import InputError
from fashionmirror_core.networks.blocks import resize
from fashionmirror_core.networks.stage_one import FROZEN, PARSED_HEIGHT
from fashionmirror_core.skeleton import MIRROR, Joint
from fashionmirror_core.training.sets.packed import PackedClip, gathered, open_set
from fashionmirror_core.training.synthesis.corruption import damaged, misread, photographed, random_light, trembling
from fashionmirror_core.training.synthesis.restyling import restyled
from fashionmirror_core.training.tasks.settings import TaskSettings
from fashionmirror_core.training.tasks.task import ForwardPass, Items, Outcome, Task, terms_of
from fashionmirror_core.vocabulary import Label

RESTYLED, WORSE, MISCUT = 0.85, 0.6, 0.5  # shares of frames in other clothes; softer, with grain; with a wrong matte
BESIDE, CUT_OFF, COMPRESSED = 0.15, 0.12, 0.5
"""Shares of frames: somebody stands behind them; the photo ends at their legs; it is a JPEG."""
QUALITY = (35, 92)  # of the JPEG
ZOOM, TURN_DEGREES, SHIFT_HEIGHTS = 0.15, 8.0, 0.05  # at most: of the scale, degrees, of the height
CLOTH = "cloth"  # how the pictures of photographed garments are named
GARMENTS = 3  # pictures whose cloth a person may be given
TREMBLE_HEIGHTS = 0.012
"""At most: of the height, deviation of the joints; a renderer's lie elsewhere than an estimator's."""

ENCODERS = ("human", "parser")  # both learn from the same frames, each looks at them in its own size
SMALL = (Label.HAIR, Label.HEAD, Label.ARMS, Label.LEGS, Label.TORSO, Label.SHOES, Label.ACCESSORY)
SMALL_WEIGHT = 1.5  # of their pixels
ENCODER_RATE = 0.2  # of the learning rate: held back, it keeps seeing photos as ImageNet taught it
LABEL_SMOOTHING = 0.03  # the parser weighs the network against the colours: it must not be too sure


class LabelsTask(Task[ForwardPass]):
    """Cross-entropy of the labels within the matte; small and often overlooked ones count more."""

    name = "labels"
    items = Items(lambda _, settings, folders: LabelledSet(folders, settings.seed, skip=settings.skips), ForwardPass)

    def trains(self, parameter: str, settings: TaskSettings) -> bool:
        network, _, layer = parameter.partition(".")
        return network in ENCODERS and not layer.startswith(FROZEN)

    def rate(self, parameter: str) -> float:
        return ENCODER_RATE if parameter.startswith(tuple(f"{network}.stages." for network in ENCODERS)) else 1.0

    def outcome(self, forward: ForwardPass) -> Outcome:
        batch = forward.batch
        image, matte, labels = batch["image"].float() / 255, batch["matte"].float() / 255, batch["labels"].long()
        weights = torch.ones(len(Label), device=image.device)
        weights[list(SMALL)] = SMALL_WEIGHT
        inside = F.max_pool2d(matte, 3, 1, 1)[:, 0]
        losses, metrics = {}, {}
        for name in ENCODERS:
            encoder = forward.networks.get_submodule(name)
            logits = resize(encoder(image, matte, batch["joints"]).labels, (labels.shape[1], labels.shape[2]))
            error = F.cross_entropy(logits, labels, weights, reduction="none", label_smoothing=LABEL_SMOOTHING)
            losses[name] = _mean_within(error, inside)
            found = logits.detach().argmax(1)
            metrics[f"{name}_accuracy"] = _mean_within((found == labels).float(), matte[:, 0])
        return Outcome(
            losses=losses,
            metrics=metrics,
            pictures={"image": image, "found": _coloured(found) * matte, "truth": _coloured(labels)},
        )


def _mean_within(values: Tensor, mask: Tensor) -> Tensor:
    """Mean of values (N, H, W), weighted by a mask (N, H, W); 0 where it is empty."""
    return (values * mask).sum() / mask.sum().clamp_min(1)


def _coloured(labels: Tensor) -> Tensor:
    """Labels (N, H, W) -> (N, 3, H, W), a colour each."""
    hue = torch.arange(len(Label), device=labels.device) * 0.618 % 1
    palette = (0.5 + 0.5 * torch.cos(2 * torch.pi * (hue[:, None] + torch.tensor([0, 1 / 3, 2 / 3]).to(hue)))) * 0.9
    palette[0] = 0
    return palette[labels].movedim(-1, 1)


# ------------------------------------------------------------------------------------------------------------- the data


class LabelledSet(Dataset[dict[str, Any]]):
    """Frames of prepared sets, ``PARSED_HEIGHT`` rows high. Arguments as of ``examples.TrainingSet``.

    Items: id; image (3, h, w) and matte (1, h, w) uint8; joints (25, 3) float32, pixels; labels (h, w) uint8, values of
    ``Label``.
    """

    def __init__(self, folders: Sequence[Path], seed: int = 0, corrupted: bool = True, skip: bool = False) -> None:
        self.sets = [open_set(folder) for folder in folders]
        self.sources = terms_of(self.sets)
        self.seed, self.epoch, self.corrupted = seed, 0, corrupted

        def frames(number: int, index: int, clip: PackedClip) -> list[tuple[int, int, str, int]]:
            return [(number, index, take, k) for take in clip.table["takes"] for k in range(clip.frames(take))]

        self.entries, self.skipped = gathered(self.sets, frames, skip)
        if not self.entries:
            raise InputError("The prepared sets hold no frame to learn from; prepare them again.")

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Raises DataError, which names the file, for a clip that is damaged."""
        number, clip_index, take, frame = self.entries[index]
        rng = np.random.default_rng([self.seed, self.epoch, index])
        with self.sets[number].open(clip_index) as clip:
            return labelled(clip, take, frame, rng, self.corrupted)


def labelled(clip: PackedClip, take: str, frame: int, rng: np.random.Generator, corrupted: bool) -> dict[str, Any]:
    """One item: a frame of a take."""
    scale = PARSED_HEIGHT / clip.stage[0]
    size = (round(clip.stage[1] * scale), PARSED_HEIGHT)
    image = cv2.resize(clip.frame(take, frame), size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    labels = cv2.resize(clip.labels(take, frame), size, interpolation=cv2.INTER_NEAREST)
    matte = cv2.resize(clip.matte(take, frame), size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    joints = clip.joints(take)[frame].copy()
    joints[:, :2] = (joints[:, :2] + 0.5) * scale - 0.5
    if corrupted:
        image, labels, matte, joints = _misplaced(image, labels, matte, joints, rng)
        if rng.random() < RESTYLED:
            keys = sorted(clip.table["garments"])
            keys = [key for key in keys if key.startswith(CLOTH)] or keys
            garments = [clip.garment(key) for key in rng.permutation(keys)[:GARMENTS]]
            before = labels
            image, labels = restyled(image, labels, joints, garments, rng)
            matte = np.maximum(matte, (labels > 0) & (before == 0)).astype(np.float32)
        if rng.random() < BESIDE:
            image, matte = _beside(image, labels, matte, rng)
        if rng.random() < CUT_OFF:
            end = _below_the_hips(joints, rng)
            labels[end:], matte[end:] = 0, 0
        if rng.random() < MISCUT:
            wrong = misread(matte, np.ones_like(matte), rng) if rng.random() < 0.2 else matte
            matte = damaged(wrong, rng)
        if rng.random() < WORSE:
            image = photographed(image, rng)
        image = random_light(rng).on(np.clip(image, 0, 1) ** np.float32(rng.uniform(0.7, 1.4)))
        if rng.random() < COMPRESSED:
            image = _compressed(image, rng)
        joints = trembling(joints, float(rng.uniform(0, TREMBLE_HEIGHTS)) * PARSED_HEIGHT, rng)
    return {
        "id": f"{clip.path.stem}/{take} {frame}",
        "image": torch.from_numpy(
            np.ascontiguousarray((np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8).transpose(2, 0, 1))
        ),
        "matte": torch.from_numpy((np.clip(matte, 0, 1) * 255 + 0.5).astype(np.uint8))[None],
        "joints": torch.from_numpy(joints.astype(np.float32)),
        "labels": torch.from_numpy(np.ascontiguousarray(labels, np.uint8)),
    }


def _beside(
    image: np.ndarray, labels: np.ndarray, matte: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Behind the person their own mirror image, in another light, parts of which the matte takes for theirs."""
    height, width = labels.shape
    aside = rng.uniform(0.08, 0.3) * height * (1 if rng.random() < 0.5 else -1)
    flip = np.array([[-1, 0, width - 1 + aside], [0, 1, rng.normal(0, 0.03) * height]])
    theirs = cv2.warpAffine((labels > 0).astype(np.uint8), flip, (width, height)) > 0
    theirs &= labels == 0
    other = random_light(rng).on(cv2.warpAffine(image.astype(np.float32), flip, (width, height)))
    taken = misread(np.zeros_like(matte), theirs.astype(np.float32), rng) if rng.random() < 0.7 else theirs
    return np.where(theirs[..., None], other, image), np.maximum(matte, taken * theirs).astype(np.float32)


def _below_the_hips(joints: np.ndarray, rng: np.random.Generator) -> int:
    """A row between hips and ankles."""
    hips, ankles = joints[Joint.MID_HIP, 1], joints[[Joint.L_ANKLE, Joint.R_ANKLE], 1].max()
    return max(1, round(float(hips + rng.uniform(0.05, 1.0) * max(ankles - hips, 0))))


def _compressed(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As a JPEG file has it."""
    whole = (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)
    coded = cv2.imencode(".jpg", whole, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(*QUALITY))])[1]
    return cv2.imdecode(coded, cv2.IMREAD_COLOR).astype(np.float32) / 255


def _misplaced(
    image: np.ndarray, labels: np.ndarray, matte: np.ndarray, joints: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Larger or smaller, wider or narrower, turned, beside the middle, and mirrored at times."""
    height, width = labels.shape
    zoom = 1 + rng.uniform(-ZOOM, ZOOM) + np.array([rng.uniform(-ZOOM, ZOOM), 0]) / 2
    turn = np.radians(rng.uniform(-TURN_DEGREES, TURN_DEGREES))
    side = -1 if rng.random() < 0.5 else 1
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ np.diag(zoom * [side, 1])
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    moved = middle + rng.uniform(-SHIFT_HEIGHTS, SHIFT_HEIGHTS, 2) * height - matrix @ middle
    whole = np.concatenate([matrix, moved[:, None]], 1)
    size = (width, height)
    placed = joints.astype(np.float32).copy()
    placed[:, :2] = joints[:, :2] @ matrix.T + moved
    return (
        cv2.warpAffine(image, whole, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
        cv2.warpAffine(labels, whole, size, flags=cv2.INTER_NEAREST),
        cv2.warpAffine(matte, whole, size, flags=cv2.INTER_LINEAR),
        placed[MIRROR] if side < 0 else placed,
    )
