"""The two stages behind the public API: prepare a look once, then render frames.

``TryOn.prepare`` does everything that a person and a garment need once: masks, fit, layers, skinning. ``TryOn.render``
then moves the layers through a motion, one frame at a time. Without weights both give the analytic answer; with weights
the networks of ``fashionmirror_core.networks`` adjust masks, fit, flow and colours (``fashionmirror_core.inference``).

See docs/method.md, "The method, as built".
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
import torch

from fashionmirror_core.avatar.dressing import Refinement, build_layers
from fashionmirror_core.avatar.flows import LayerFlow
from fashionmirror_core.avatar.layers import Layer, Show, flattened, flow_domains
from fashionmirror_core.avatar.skeletal_flow import SkeletalFlow, bone_transforms
from fashionmirror_core.body.proportions import Body
from fashionmirror_core.cloth.attention import attention_along, fit_attention, garment_flow, letterbox
from fashionmirror_core.cloth.fitting import GarmentFit, Tailoring, adjusted_fit, fit_garment
from fashionmirror_core.drawing.background import fill_behind
from fashionmirror_core.drawing.composition import Compositor
from fashionmirror_core.drawing.edits import Cloth, Ground, MaskEdits, edited_frame, edited_mask
from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.inference.learned import (
    Learned,
    LearnedFrame,
    LearnedLook,
    LearnedMasks,
    apply_change,
    changed_mask,
)
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.motion.retarget import completed, retarget
from fashionmirror_core.networks import TryOnNetworks
from fashionmirror_core.networks import weights as weights_files
from fashionmirror_core.person.labels import parse
from fashionmirror_core.person.limbs import limbs
from fashionmirror_core.person.matte import foreground_colors
from fashionmirror_core.person.person import Person
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.person.subject import Subject
from fashionmirror_core.person.undressing import removed_mask, tidy_parts
from fashionmirror_core.skeleton import Pose
from fashionmirror_core.vocabulary import DRESSING_ORDER, LIMB_PARTS

STAGE_SIZES = ((256, 192), (512, 384))  # (H, W)
FLOW_STEP = 4  # pixels of ``Frame.coarse_flow``
KEPT = 0.4  # of the analytic cloth, from which on M_c lets it stay
PIECE = (5, 5)  # stage pixels, the smallest that M_c takes away
SOFT = 1.5  # stage pixels, how far M_c's edges are smoothed
TRANSITION = 8  # frames in which a clip eases from the photo's pose into the motion


@dataclass
class Look:
    """A person in a garment, ready to move.

    still: (H, W, 3) uint8, the dressed person in the photo's own pose and place.
    removed_mask, clothing_mask: M_r and M_c^s, (H, W) float32 in [0, 1], in the photo's pixels.
    attention: (hw, hw) float32, rows sum to one: where on the garment's picture (letterboxed to the stage, 16-pixel
    cells row by row) each 16-pixel cell of the person's stage looks.
    seconds: what each part of the preparation took.
    """

    person: Person
    garments: tuple[Garment, ...]
    stage: Stage
    subject: Subject
    fits: tuple[GarmentFit, ...]
    layers: list[Layer]
    flow: SkeletalFlow
    plate: np.ndarray
    removed_mask: np.ndarray
    attention: np.ndarray
    seconds: dict[str, float]
    warnings: list[str] = field(default_factory=list)
    learned: LearnedLook | None = field(default=None, repr=False)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the photo and of every frame."""
        return self.person.image.shape[1], self.person.image.shape[0]

    @cached_property
    def compositor(self) -> Compositor:
        return Compositor(self.layers, self.stage, self.size)

    @cached_property
    def cloth(self) -> Cloth:
        """The new clothes without an end, for what a user paints beyond them."""
        return Cloth(self.compositor.groups, self.size)

    @property
    def pose(self) -> Pose:
        """The source pose on the stage."""
        return self.person.pose.transformed(self.stage.scale, self.stage.offset)

    @cached_property
    def at_rest(self) -> LayerFlow:
        """The flow of the photo's own pose: nothing moves."""
        points = self.pose.points
        return self.flow(bone_transforms(points, points[None])[0], self.pose)

    @cached_property
    def still(self) -> np.ndarray:
        return np.ascontiguousarray(self.compositor.compose(self.at_rest, opaque(self.plate))[..., :3])

    @cached_property
    def clothing_mask(self) -> np.ndarray:
        return self.compositor.clothing_mask(self.at_rest)


@dataclass
class Frame:
    """One frame of a clip.

    image: (H, W, 3) uint8, or (H, W, 4) with straight alpha where the background is transparent.
    pose: the driving pose in the photo's pixels. seconds: by stage, "total" among them.
    """

    index: int
    image: np.ndarray
    pose: Pose
    seconds: dict[str, float]
    layer_flow: LayerFlow = field(repr=False)
    _compositor: Compositor = field(repr=False)
    _source_attention: np.ndarray = field(repr=False)
    _learned: LearnedFrame | None = field(default=None, repr=False)
    _painted: np.ndarray | None = field(default=None, repr=False)

    @cached_property
    def clothing_mask(self) -> np.ndarray:
        """M_c^t, (H, W) float32 in [0, 1]: where the new clothes are seen, with what the user painted."""
        mask = self._compositor.clothing_mask(self.layer_flow)
        if self._learned is not None:
            mask = changed_mask(self._learned, mask, self._compositor)
        return mask if self._painted is None else edited_mask(mask, self._painted)

    @cached_property
    def flow(self) -> np.ndarray:
        """F, (2, H, W) float32, photo pixels, target -> source: the foremost layer's; zero where there is none."""
        return self._compositor.flow(self.layer_flow)

    @cached_property
    def coarse_flow(self) -> np.ndarray:
        """F at every FLOW_STEP-th pixel, for what needs no more: it is smooth, and the whole takes longer."""
        return self._compositor.flow(self.layer_flow, FLOW_STEP)

    @cached_property
    def attention(self) -> np.ndarray:
        """Where on the garment each 16-pixel cell of the stage looks in this frame: ``Look.attention`` along the flow."""
        return attention_along(self._source_attention, self.coarse_flow, self._compositor.stage, FLOW_STEP)


def opaque(rgb: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 -> (H, W, 4) with full alpha."""
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2RGBA)


def straight(premultiplied: np.ndarray) -> np.ndarray:
    """Premultiplied (H, W, 4) uint8 -> straight alpha."""
    alpha = premultiplied[..., 3:].astype(np.float32)
    rgb = np.clip(premultiplied[..., :3] * (255 / np.maximum(alpha, 1)) + 0.5, 0, 255)
    return np.concatenate([rgb.astype(np.uint8), premultiplied[..., 3:]], -1)


def pick_device(name: str = "auto") -> torch.device:
    """ "auto" takes CUDA, then Apple's GPU, then the CPU. Raises InputError for a device that isn't there."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    there = ["cpu"]
    if torch.cuda.is_available():
        there += ["cuda", *(f"cuda:{index}" for index in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        there.append("mps")
    if name not in there:
        raise InputError(f"The device {name!r} is not available here; use auto or one of: {', '.join(there)}.")
    return torch.device(name)


class TryOn:
    """The engine. ``TryOn.load()`` finds the weights that ship; without any it is analytic."""

    def __init__(
        self,
        device: torch.device,
        stage_size: tuple[int, int] = STAGE_SIZES[0],
        networks: TryOnNetworks | None = None,
        weights_id: str = "analytic",
    ) -> None:
        """networks: None is the analytic engine. weights_id: which weights they carry, for reports."""
        self.device = device
        self.stage_size = stage_size
        self.learned = None if networks is None else Learned(networks, device)
        self.weights_id = weights_id

    @classmethod
    def load(
        cls,
        device: str = "auto",
        stage_size: tuple[int, int] = STAGE_SIZES[0],
        weights: str | Path | None = "default",
    ) -> TryOn:
        """
        Args:
            device: auto, cpu, cuda or mps.
            stage_size: (H, W) of the stage on which masks and flows are computed.
            weights: a name among the weights that ship (the engine is analytic where "default" doesn't), a file, or
                None for the analytic engine.

        Raises:
            InputError: no such device, stage or weights; WeightsError: weights that don't fit or aren't whole.
        """
        if stage_size not in STAGE_SIZES:
            names = " or ".join(f"{h}x{w}" for h, w in STAGE_SIZES)
            raise InputError(f"A stage of {stage_size[0]}x{stage_size[1]} is not supported; use {names}.")
        picked = pick_device(device)
        if weights is None:
            return cls(picked, stage_size)
        path = weights_files.located(weights)
        if str(path) == "default":  # none ship
            return cls(picked, stage_size)
        return cls(picked, stage_size, weights_files.load(path), path.stem)

    def prepare(
        self,
        person: Person,
        garment: Garment | Sequence[Garment],
        removed: np.ndarray | None = None,
        stage: Stage | None = None,
        tailoring: Sequence[Tailoring] = (),
    ) -> Look:
        """Dress ``person`` in ``garment`` (or in several: a top and a skirt).

        removed: M_r as the user painted it, (H, W) float32 in the photo's pixels; None finds it. stage: where the person
        stands on the stage; None places the person as ``Person.stage`` does. tailoring: one for each garment, in the
        order in which they are given; none leaves every length as it is.
        """
        garments = (garment,) if isinstance(garment, Garment) else tuple(garment)
        if not garments:
            raise InputError("There is no garment to wear; give at least one.")
        if len(tailoring) not in (0, len(garments)):
            raise InputError(f"There are {len(garments)} garments and {len(tailoring)} tailorings; give one for each.")
        tailored = zip(garments, tailoring or [Tailoring()] * len(garments), strict=True)
        garments, tailoring = zip(
            *sorted(tailored, key=lambda pair: DRESSING_ORDER.index(pair[0].category)), strict=True
        )
        if removed is not None and removed.shape != person.matte.shape:
            raise InputError(f"The mask is {removed.shape}, the photo {person.matte.shape}; paint it on this photo.")
        clock = _Clock(dict(person.seconds))

        stage = stage or person.stage(*self.stage_size)
        pose = person.pose.transformed(stage.scale, stage.offset)
        image = stage.crop(person.image, cv2.BORDER_REPLICATE)
        matte = stage.crop(person.matte)
        predicted = None if self.learned is None else self.learned.labels(image, matte, pose)
        parsing = parse(image, matte, pose, predicted=predicted)
        body = Body(pose.points.astype(float))
        parts = tidy_parts(limbs(matte, pose, image, parsing), matte, parsing, body)
        bare = {part: parts[part] * (parsing.arms if part.is_arm else parsing.legs) for part in LIMB_PARTS}
        body = body.measured(bare)
        subject = Subject(image, matte, parts, parsing, body)
        categories = [worn.category for worn in garments]
        m_r = removed_mask(parsing, categories, body) if removed is None else stage.crop(removed.astype(np.float32))
        clock.lap("masks")

        fits = tuple(self.fit(worn, subject, lengths) for worn, lengths in zip(garments, tailoring, strict=True))
        colors = foreground_colors(person.image, person.matte)
        masks, refinement = None, None
        if self.learned is not None and self.learned.refines:
            masks, fits, refinement = self._refined(
                subject, pose, garments, fits, m_r, stage.crop(colors, cv2.BORDER_REPLICATE)
            )
            m_r = masks.removed if removed is None else m_r
        layers = build_layers(colors, person.matte, stage, subject, m_r, garments, fits, refinement)
        clock.lap("dress")

        size = (person.image.shape[1], person.image.shape[0])
        flow = SkeletalFlow(pose.points, flow_domains(layers, stage, size), parsing.hair, self.device)
        clock.lap("skinning")
        plate = fill_behind(person.image, person.matte)
        clock.lap("background")
        attention = (
            fit_attention(*garment_flow(fits[-1], garments[-1], self.stage_size)) if masks is None else masks.attention
        )
        learned = None
        if self.learned is not None and masks is not None and masks.clothes_features is not None:
            learned = self.learned.begin(layers, flow.names, stage, plate, pose, masks.clothes_features)
        return Look(
            person=person,
            garments=garments,
            stage=stage,
            subject=subject,
            fits=fits,
            layers=layers,
            flow=flow,
            plate=plate,
            removed_mask=np.clip(stage.uncrop(m_r, size), 0, 1) if removed is None else removed,
            attention=attention,
            seconds=clock.seconds,
            warnings=[*person.warnings, *(w for g in garments for w in g.warnings)],
            learned=learned,
        )

    def fit(self, garment: Garment, subject: Subject, tailoring: Tailoring | None = None) -> GarmentFit:
        """The garment on the subject, sized by the network where there is one, before its flow is refined."""
        sizing = None if self.learned is None else self.learned.sizing(garment, subject)
        return fit_garment(garment, subject.body, subject.size, subject.floor, tailoring, sizing)

    def _refined(
        self,
        subject: Subject,
        pose: Pose,
        garments: tuple[Garment, ...],
        fits: tuple[GarmentFit, ...],
        m_r: np.ndarray,
        colors: np.ndarray,
    ) -> tuple[LearnedMasks, tuple[GarmentFit, ...], Refinement]:
        """What the networks make of the analytic masks and fits. colors: (H, W, 3) uint8, the subject's own on the stage."""
        assert self.learned is not None
        size = subject.size
        flows = [garment_flow(fit, garment, size) for fit, garment in zip(fits, garments, strict=True)]
        masks = self.learned.masks(subject, pose, garments, m_r, flows)
        # The analytic try-on at the stage's own size shows the dressing network what it starts from.
        itself = Stage(*size, 1.0, (0.0, 0.0))
        analytic = build_layers(colors, subject.matte, itself, subject, masks.removed, garments, fits)
        dressed, erased = (flattened(analytic, size, show)[..., :3] for show in (Show.ALL, Show.PERSON))
        body = np.zeros((*size, 3), np.float32)
        refined, keep = [], []
        for garment, fit, (flow, cloth), clothing in zip(garments, fits, flows, masks.clothing, strict=True):
            dressing = self.learned.dressing(
                size, pose, garment, dressed, erased, masks.removed, clothing, masks.removed, flow
            )
            refined.append(adjusted_fit(fit, dressing.flow_residual / letterbox(garment, size)[0]))
            keep.append(kept_cloth(clothing, cloth))
            body += dressing.body_residual / len(garments)
        return masks, tuple(refined), Refinement(tuple(keep), body)

    def poses(self, look: Look, motion: Motion, retargeted: bool = True, transition: int = TRANSITION) -> Motion:
        """The motion as this person performs it, in the photo's pixels.

        retargeted: False takes the motion's joints as pixels of the photo's file, as they are.
        """
        if not retargeted:
            scale, offset = look.person.placement
            joints = motion.joints * np.array([scale, scale, 1], np.float32) + np.array([*offset, 0], np.float32)
            placed = replace(motion, joints=joints, depth=motion.depth * np.float32(scale), size=look.size)
            return completed(placed, look.person.pose)
        return retarget(motion, look.person.pose, transition, look.size)

    def render(
        self,
        look: Look,
        motion: Motion,
        *,
        retargeted: bool = True,
        transition: int = TRANSITION,
        background: str | np.ndarray = "keep",
        draft: bool = False,
    ) -> Iterator[Frame]:
        """The frames of a clip, one at a time: stop iterating to cancel. See ``poses`` and ``frames``."""
        poses = self.poses(look, motion, retargeted, transition)
        return self.frames(look, poses, background=background, draft=draft)

    def frames(
        self,
        look: Look,
        poses: Motion,
        *,
        indices: Sequence[int] | None = None,
        background: str | np.ndarray = "keep",
        draft: bool = False,
        mask_edits: Mapping[int, np.ndarray] | None = None,
    ) -> Iterator[Frame]:
        """Frames of the clip in which the person takes these poses, one at a time: stop iterating to cancel.

        Args:
            poses: from ``poses``, or those with joints moved; the photo's pixels.
            indices: which frames to make, in this order; None makes all. With networks running a frame leans on the one
                before it; where that isn't made just before, the frame starts anew like the first of a clip.
            background: "keep" (the photo's own, filled in behind the person), "white", "transparent", or a picture
                (h, w, 3) uint8, which is scaled to cover the frame.
            draft: bilinear instead of bicubic sampling.
            mask_edits: frame -> (H, W) float32 in [-1, 1], what is painted there on M_c^t: 1 shows cloth, -1 what is
                under it. It holds from that frame on, carried by the flow, until the next frame in here.
        """
        indices = range(len(poses)) if indices is None else indices
        for index in indices:
            if not 0 <= index < len(poses):
                raise InputError(f"There is no frame {index}; the clip has {len(poses)}, from 0 on.")
        points = look.stage.from_photo(poses.joints[..., :2])
        bones = bone_transforms(look.pose.points, points)
        behind = backdrop(background, look)
        compositor = look.compositor.draft if draft else look.compositor
        see_through = isinstance(background, str) and background == "transparent"

        def on_stage(index: int) -> Pose:
            return poses[index].transformed(look.stage.scale, look.stage.offset)

        edits = MaskEdits(mask_edits or {}, compositor, lambda index: look.flow(bones[index], on_stage(index)))
        before: int | None = None
        for index in indices:
            clock = _Clock({})
            staged = on_stage(index)
            clock.lap("pose")
            learned: LearnedFrame | None = None
            if self.learned is None or look.learned is None:
                analytic = flow = look.flow(bones[index], staged)
                clock.lap("masks")
                canvas = compositor.compose(flow, behind)
            else:
                follows = before is not None and index == before + 1
                if not follows:
                    look.learned.restart()
                analytic = look.flow(bones[index], staged, bones[index - 1] if follows else None)
                learned = self.learned.frame(look.learned, analytic, staged)
                flow = learned.flow
                clock.lap("masks")
                canvas = apply_change(learned, compositor.compose(flow, behind), compositor, behind)
            ground = Ground(compositor, analytic)
            painted = edits.change(index, ground)
            if painted is not None:
                shown = ground if learned is None else Ground(compositor, flow)
                canvas = edited_frame(canvas, painted, shown, look.cloth, behind)
            image = straight(canvas) if see_through else cv2.cvtColor(canvas, cv2.COLOR_RGBA2RGB)
            clock.lap("tryon")
            clock.seconds["total"] = sum(clock.seconds.values())
            before = index
            yield Frame(index, image, poses[index], clock.seconds, flow, compositor, look.attention, learned, painted)


def kept_cloth(clothing: np.ndarray, cloth: np.ndarray) -> np.ndarray:
    """What of the analytic cloth (H, W) the network's M_c (H, W) leaves: (H, W) float32, cloth stays above one half.

    A mask in doubt would leave veils, so cloth goes where most of it goes; and it would fray edges, which are sharper than
    the stage can tell, so only pieces go, with an edge that is smooth enough to be enlarged.
    """
    gone = (cloth > 0.5) & (clothing < KEPT * cloth)
    pieces = cv2.morphologyEx(
        gone.astype(np.uint8), cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, PIECE)
    )
    return 1 - cv2.GaussianBlur(pieces.astype(np.float32), (0, 0), SOFT)


def backdrop(background: str | np.ndarray, look: Look) -> np.ndarray:
    """What stands behind the person, (H, W, 4) uint8 premultiplied."""
    width, height = look.size
    if isinstance(background, np.ndarray):
        return opaque(covering(background[..., :3], (width, height)))
    if background == "keep":
        return opaque(look.plate)
    if background == "white":
        return np.full((height, width, 4), 255, np.uint8)
    if background == "transparent":
        return np.zeros((height, width, 4), np.uint8)
    raise InputError(f"The background {background!r} is not known; use keep, white, transparent or a picture.")


def covering(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """``image`` scaled and cropped about its middle to cover ``size`` (width, height)."""
    height, width = image.shape[:2]
    factor = max(size[0] / width, size[1] / height)
    wide, tall = min(width, max(1, round(size[0] / factor))), min(height, max(1, round(size[1] / factor)))
    x, y = (width - wide) // 2, (height - tall) // 2
    interpolation = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return cv2.resize(image[y : y + tall, x : x + wide], size, interpolation=interpolation)


class _Clock:
    """Seconds by name, each since the last lap."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds = seconds
        self.since = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.seconds[name] = self.seconds.get(name, 0.0) + now - self.since
        self.since = now
