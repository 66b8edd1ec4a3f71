"""Cloth in motion: a drape moved through the frames of a clip, each frame simulated once and kept.

Cloth lives in dress space, which goes along with the hips and with the figure's size, so that a person may walk towards the
camera. Each frame goes on from the kept state of the one before, as it was rounded for keeping: a frame's result depends on
the transforms up to it alone, not on what was asked for before.
"""

from __future__ import annotations

import copy
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from scipy.spatial.transform import Rotation

from fashionmirror_core.body.fitted import PARENTS
from fashionmirror_core.cloth.draping import Drape
from fashionmirror_core.cloth.mannequin import DressSpace, between_poses, orthogonal, passed_poses
from fashionmirror_core.cloth.solver import GRAVITY, Cloth
from fashionmirror_core.cloth.underneath import Underneath
from fashionmirror_core.imaging.easing import smoothstep

SUBSTEP, DRAFT_SUBSTEP = 0.002, 0.0032  # seconds, at most
FEWEST_SUBSTEPS = 8  # in a step
LONGEST_STEP = 0.06  # seconds: what is longer between two frames passes through poses in between
EASING = 12  # steps out of the photo's pose into the first frame's, at least
TURN_A_STEP = 8.0  # degrees that a bone turns in such a step, about
EASING_STEP = 0.04  # seconds
HUSH = 4  # steps of rest in the first frame's pose
EASING_DRAG = 3.0  # 1/s
LEVELS = 65535  # of a kept coordinate, over the garment's extent


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "cloth")


if hasattr(os, "register_at_fork"):  # a child process has none of its parent's threads
    os.register_at_fork(after_in_child=_pool.cache_clear)


@dataclass(frozen=True)
class _State:
    """One garment in one frame, kept small.

    low: (3,), extent: (3,) float32, metres: of the garment. positions: (N, 3) uint16, shares of the extent. velocities,
    winds: (N, 3) float16, metres a second.
    """

    low: np.ndarray
    extent: np.ndarray
    positions: np.ndarray
    velocities: np.ndarray
    winds: np.ndarray

    @classmethod
    def of(cls, positions: np.ndarray, velocities: np.ndarray, winds: np.ndarray) -> _State:
        low = positions.min(0)
        extent = np.maximum(positions.max(0) - low, np.float32(1e-3))
        shares = (positions - low) / extent
        kept = np.rint(LEVELS * shares).astype(np.uint16)
        return cls(low, extent, kept, velocities.astype(np.float16), winds.astype(np.float16))

    def unpacked(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Positions, velocities and winds, (N, 3) float32, dress space."""
        shares = self.positions.astype(np.float32) / np.float32(LEVELS)
        return self.low + shares * self.extent, self.velocities.astype(np.float32), self.winds.astype(np.float32)


class Movement:
    """A drape moved by the bones of a clip."""

    def __init__(
        self,
        drape: Drape,
        transforms: np.ndarray,
        seconds_per_frame: float,
        *,
        draft: bool = False,
        after: Movement | None = None,
    ) -> None:
        """transforms: (T, 22, 3, 4), photo space, out of the photo's pose, as ``body.posing`` has them. draft: fewer
        substeps. after: an earlier movement; what it has of frames before the first transform that differs is taken over.
        """
        self.drape = drape
        self.transforms = np.asarray(transforms)
        self.seconds_per_frame = seconds_per_frame
        self.draft = draft
        self._states: list[list[_State]] = []
        self._lock = threading.Lock()
        self._last: tuple[np.ndarray | None, dict[int, np.ndarray]] = None, {}
        self._cloths = [_copied(garment.cloth) for garment in drape.garments]
        if after is not None:
            with after._lock:
                self._states = after._states[: after.same_until(self)]

    def __len__(self) -> int:
        return len(self.transforms)

    def same_until(self, other: Movement) -> int:
        """The first frame that may differ in another movement."""
        if other.drape is not self.drape or other.draft != self.draft:
            return 0
        if other.seconds_per_frame != self.seconds_per_frame:
            return 0
        count = min(len(self), len(other))
        differs = (self.transforms[:count] != other.transforms[:count]).any((1, 2, 3))
        return int(differs.argmax()) if differs.any() else count

    @property
    def known(self) -> int:
        """How many frames, from the first, are simulated."""
        return len(self._states)

    def at(self, index: int) -> list[np.ndarray]:
        """(N, 3) float32 of each garment, photo space, in a frame; simulates what lies before it and isn't known yet.

        Raises IndexError for a frame that there isn't. Any thread may call it.
        """
        if not 0 <= index < len(self):
            raise IndexError(f"frame {index} of {len(self)}")
        if len(self._states) <= index:  # what is known is read while another thread simulates on
            with self._lock:
                while len(self._states) <= index:
                    self._states.append(self._next())
        states = self._states[index]
        space = self._space(self.transforms[index])
        return [space.outward(each.unpacked()[0].astype(np.float64)).astype(np.float32) for each in states]

    def begin(self, index: int) -> None:
        """Simulates the first frame that isn't known, if it is this one, in another thread, for ``at`` to wait less for it.
        What fails there fails again in ``at``.
        """
        if index == self.known < len(self):
            _pool().submit(self.at, index)

    # ---- simulation --------------------------------------------------------------------------------------------------

    def _next(self) -> list[_State]:
        """The garments in the first frame that isn't known."""
        index = len(self._states)
        if index == 0:
            for cloth, garment in zip(self._cloths, self.drape.garments, strict=True):
                cloth.restore(garment.positions, garment.velocities)
            self._ease()
        else:
            for cloth, state in zip(self._cloths, self._states[-1], strict=True):
                cloth.restore(*state.unpacked())
            self._pass(*self.transforms[index - 1 : index + 1])
        return [_State.of(*cloth.state()) for cloth in self._cloths]

    def _ease(self) -> None:
        """Out of the photo's pose, at rest, into the first frame's."""
        photo = np.tile(np.eye(3, 4), (len(PARENTS), 1, 1))
        goal = self.transforms[0].astype(np.float64)
        if np.array_equal(photo, goal):
            return
        turns = Rotation.from_matrix(orthogonal(goal[..., :3])[0]).magnitude()
        count = max(EASING, int(np.ceil(1.5 * np.degrees(turns.max()) / TURN_A_STEP)))
        before = photo
        for share in smoothstep(np.arange(1, count + 1) / count):
            now = goal if share == 1 else between_poses(self.drape.mannequin.body.joints, goal, float(share))
            self._step(before, now, EASING_STEP, EASING_DRAG)
            before = now
        for _ in range(HUSH):
            self._step(goal, goal, EASING_STEP, EASING_DRAG)

    def _pass(self, before: np.ndarray, now: np.ndarray) -> None:
        """From one frame's pose into the next one's; those in between aren't kept."""
        steps = max(1, int(np.ceil(self.seconds_per_frame / LONGEST_STEP - 1e-6)))
        between = passed_poses(self.drape.mannequin.body, before, now, steps - 1)
        for start, end in pairwise([before, *between, now]):
            self._step(start, end, self.seconds_per_frame / steps)

    def _step(self, before: np.ndarray, now: np.ndarray, seconds: float, drag: float | None = None) -> None:
        """All garments, from the undermost; each rests on the body and on those under it."""
        longest = DRAFT_SUBSTEP if self.draft else SUBSTEP
        substeps = max(FEWEST_SUBSTEPS, int(np.ceil(seconds / longest - 1e-6)))
        # A substep twice as long stretches cloth under its weight four times as much; lighter, it has the same shape.
        gravity = GRAVITY * min(1.0, (SUBSTEP * substeps / seconds) ** 2)
        drape = self.drape
        worn_on = [drape.form.body if garment.sewn.tucked else drape.form.underneath for garment in drape.garments]
        starts, ends = self._skins(before, worn_on), self._skins(now, worn_on)
        paths: list[tuple[np.ndarray, np.ndarray]] = []
        for cloth, own in zip(self._cloths, map(id, worn_on), strict=True):
            start, end = (np.concatenate(parts) for parts in zip((starts[own], ends[own]), *paths, strict=True))
            positions = cloth.positions.copy()
            cloth.step(start, end, seconds, substeps=substeps, gravity=gravity, drag=drag, calmed=drag is None)
            paths.append((positions, cloth.positions.copy()))

    def _skins(self, transforms: np.ndarray, wanted: list[Underneath]) -> dict[int, np.ndarray]:
        """By its id, where each of these is, dress space; that of the last pose isn't computed twice."""
        pose, skins = self._last
        if pose is None or not np.array_equal(pose, transforms):
            space = self._space(transforms)
            skins = {id(each): each.at(transforms, space) for each in {id(each): each for each in wanted}.values()}
            self._last = transforms, skins
        return skins

    def _space(self, transforms: np.ndarray) -> DressSpace:
        return DressSpace.of(self.drape.mannequin.body, transforms)


def _copied(cloth: Cloth) -> Cloth:
    """Its own state, the same skin."""
    return copy.deepcopy(cloth, {id(cloth.skin): cloth.skin})
