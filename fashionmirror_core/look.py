"""The engine's results: a dressed person, and the frames in which they move."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from fashionmirror_core.avatar.flows import LayerFlow
from fashionmirror_core.avatar.layers import Layer
from fashionmirror_core.avatar.skeletal_flow import SkeletalFlow, bone_transforms
from fashionmirror_core.cloth.attention import attention_along
from fashionmirror_core.cloth.fitting import GarmentFit
from fashionmirror_core.drawing.background import Backdrop
from fashionmirror_core.drawing.composition import Compositor
from fashionmirror_core.drawing.edits import Cloth, edited_mask
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.inference.analytic import AnalyticMovement, FrameAnswer
from fashionmirror_core.person.person import Person
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.person.subject import Subject
from fashionmirror_core.skeleton import Pose

FLOW_STEP = 4  # pixels between the samples of ``Frame.coarse_flow``


@dataclass
class Look:
    """A person in a garment, ready to move.

    still: (H, W, 3) uint8, the dressed person in the photo's own pose and place.
    removed_mask, clothing_mask: M_r and M_c^s, (H, W) float32 in [0, 1], in the photo's pixels.
    attention: (hw, hw) float32, rows sum to one: where on the garment's picture (letterboxed to the stage, 16-pixel
    cells row by row) each 16-pixel cell of the person's stage looks.
    layers: the person's and the garments', in the photo's frame. plate: (H, W, 3) uint8, the photo without the person.
    seconds: of each part of the preparation.
    """

    person: Person
    garments: tuple[Garment, ...]
    stage: Stage
    subject: Subject
    fits: tuple[GarmentFit, ...]
    layers: list[Layer]
    movement: AnalyticMovement
    plate: np.ndarray
    removed_mask: np.ndarray
    attention: np.ndarray
    seconds: dict[str, float]
    warnings: list[str] = field(default_factory=list)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the photo and of every frame."""
        return self.person.image.shape[1], self.person.image.shape[0]

    @property
    def flow(self) -> SkeletalFlow:
        """The analytic flow that moves the layers."""
        return self.movement.flow

    @cached_property
    def compositor(self) -> Compositor:
        return Compositor(self.layers, self.stage, self.size)

    @cached_property
    def cloth(self) -> Cloth:
        """The new clothes, continued beyond their edges: a user may paint there."""
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

    def still_before(self, background: str | np.ndarray) -> np.ndarray:
        """The still before another background (see ``Backdrop.of``): (H, W, 3) uint8, (H, W, 4) if transparent."""
        backdrop = Backdrop.of(background, self.plate)
        return backdrop.finished(self.compositor.compose(self.at_rest, backdrop.picture))

    @cached_property
    def still(self) -> np.ndarray:
        return self.still_before("keep")

    @cached_property
    def clothing_mask(self) -> np.ndarray:
        return self.compositor.clothing_mask(self.at_rest)


@dataclass
class Frame:
    """One frame of a clip.

    image: (H, W, 3) uint8, or (H, W, 4) with straight alpha where the background is transparent.
    pose: the driving pose in the photo's pixels. seconds: by stage, "total" among them. painted: the user's change of
    the clothing mask that holds here, (H, W) float32 in [-1, 1]; None without one.
    """

    index: int
    image: np.ndarray
    pose: Pose
    seconds: dict[str, float]
    painted: np.ndarray | None = field(repr=False)
    _look: Look = field(repr=False)
    _answer: FrameAnswer = field(repr=False)

    @cached_property
    def clothing_mask(self) -> np.ndarray:
        """M_c^t, (H, W) float32 in [0, 1]: where the new clothes are seen, with what the user painted."""
        return edited_mask(self._answer.clothing_mask(self._look.compositor), self.painted)

    @cached_property
    def flow(self) -> np.ndarray:
        """F, (2, H, W) float32, photo pixels, target -> source: the foremost layer's; zero where there is none."""
        return self._look.compositor.flow(self._answer.flow)

    @cached_property
    def coarse_flow(self) -> np.ndarray:
        """F at every FLOW_STEP-th pixel, which is smooth: quicker than the whole, and enough for display."""
        return self._look.compositor.flow(self._answer.flow, FLOW_STEP)

    @cached_property
    def attention(self) -> np.ndarray:
        """Where on the garment each 16-pixel cell of the stage looks in this frame: ``Look.attention`` along the flow."""
        return attention_along(self._look.attention, self.coarse_flow, self._look.stage, FLOW_STEP)
