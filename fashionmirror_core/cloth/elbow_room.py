"""Arms make room for clothes: a motion's arms are swung out about their shoulders until wide cloth lets them pass.

A motion was made for another body in other clothes; on a person in a wide skirt its hands would swing through the cloth.
Clothes are taken as they hang at rest: around the vertical through the hips, how far out they reach at each height in each
direction. Soft cloth gives way a little. The arm keeps its shape.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from scipy.ndimage import gaussian_filter1d, maximum_filter, maximum_filter1d

from fashionmirror_core.cloth.draping import Drape
from fashionmirror_core.cloth.mannequin import CLOTH, L_LEG, R_LEG, TRUNK, DressSpace
from fashionmirror_core.cloth.placing import SLEEVES
from fashionmirror_core.motion.performing import heading
from fashionmirror_core.motion.rotations import about, apply, unit
from fashionmirror_core.motion.sequence import PoseSequence
from fashionmirror_core.skeleton import ARM, TRUNK_BONE, Joint
from fashionmirror_core.vocabulary import Side

Sequence = TypeVar("Sequence", bound=PoseSequence)

SLICE, SECTORS = 0.04, 24  # metres of height and directions, by which clothes are told apart
GIVES = 0.03  # metres that cloth is pressed in
HAND = 0.14  # metres from the wrist to the fingers' middle joints, along the forearm
# Points of an arm: share of the forearm, metres beyond the wrist, and how thick it is there (metres).
SAMPLES = ((0.5, 0.0, 0.035), (0.8, 0.0, 0.03), (1.0, 0.0, 0.025), (1.0, 0.07, 0.015), (1.0, HAND, 0.01))
ROUNDS = 6  # in each of which what an arm still lacks is added, smoothly over time
SECONDS = 0.1  # of smoothing
FARTHEST = 0.22  # metres that a hand is moved at most
CENTRE = 0.08  # metres from the axis, within which no direction leads out


def with_elbow_room(motion: Sequence, source: np.ndarray, drape: Drape, eased: int) -> Sequence:
    """The motion with arms that don't pass through wide clothes.

    motion: as ``motion.performing.perform`` makes it, photo pixels. source: (25, 3), the person's joints in the photo, photo
    space. eased: frames in which the photo's pose passes into the motion; the first one stays as it is.
    """
    room = _Room.of(drape)
    points = np.concatenate([motion.joints[..., :2], motion.depth[..., None]], -1).astype(np.float64)
    frames = _Frames.of(points, np.asarray(source, np.float64), room.space)
    share = np.minimum(np.arange(len(points)) / max(eased, 1), 1.0) if eased else np.ones(len(points))
    local = frames.inward(points)
    changed = False
    for side in Side:
        shoulder, elbow, wrist = ARM[side]
        arm = local[:, [shoulder, elbow, wrist]]
        moved = _cleared(arm, room, motion.fps, motion.loop, share)
        if moved is not None:
            local[:, [elbow, wrist]] = moved[:, 1:]
            changed = True
    if not changed:
        return motion
    joints, depth, arms = motion.joints.copy(), motion.depth.copy(), [joint for side in Side for joint in ARM[side][1:]]
    back = frames.outward(local)
    joints[:, arms, :2], depth[:, arms] = back[:, arms, :2], back[:, arms, 2]
    return replace(motion, joints=joints, depth=depth)


@dataclass(frozen=True)
class _Room:
    """radii: (heights, SECTORS), metres, how far clothes reach from the vertical between the hips; 0 where there are none.
    top: metres, dress space, where the first slice begins.
    """

    space: DressSpace
    radii: np.ndarray
    top: float

    @classmethod
    def of(cls, drape: Drape) -> _Room:
        form, space = drape.form, drape.mannequin.space
        skin, worn = form.underneath, [*drape.garments]
        firm = np.isin(skin.regions, (TRUNK, R_LEG, L_LEG, CLOTH))
        points = [space.inward(skin.vertices[firm])]
        less = [np.zeros(len(points[0]))]
        for garment in worn:
            trunk = ~np.isin(garment.sewn.pattern.piece, SLEEVES)
            points.append(garment.positions[trunk].astype(np.float64))
            less.append(np.full(len(points[-1]), GIVES))
        every, give = np.concatenate(points), np.concatenate(less)
        far = np.maximum(np.hypot(every[:, 0], every[:, 2]) - give, 0)
        top, low = every[:, 1].min(), every[:, 1].max()
        radii = np.zeros((int((low - top) / SLICE) + 1, SECTORS))
        row = ((every[:, 1] - top) / SLICE).astype(int)
        sector = np.floor(np.arctan2(every[:, 2], every[:, 0]) / (2 * np.pi) * SECTORS).astype(int) % SECTORS
        np.maximum.at(radii, (row, sector), far)
        # Some cells lie between vertices.
        filled = maximum_filter(radii, (3, 3), mode=("nearest", "wrap"))
        return cls(space, np.where(radii > 0, radii, filled), float(top))

    def lacking(self, points: np.ndarray, thick: float) -> np.ndarray:
        """(T,) metres that points (T, 3), dress space, are too far in; 0 outside."""
        row = (points[:, 1] - self.top) / SLICE - 0.5
        turn = np.arctan2(points[:, 2], points[:, 0]) / (2 * np.pi) * SECTORS - 0.5
        y0, x0 = np.floor(row).astype(int), np.floor(turn).astype(int)
        v, u = row - y0, turn - x0
        reach = np.zeros(len(points))
        for dy, dx, weight in ((0, 0, (1 - v) * (1 - u)), (0, 1, (1 - v) * u), (1, 0, v * (1 - u)), (1, 1, v * u)):
            y = y0 + dy
            inside = (y >= 0) & (y < len(self.radii))
            reach += weight * np.where(inside, self.radii[np.clip(y, 0, len(self.radii) - 1), (x0 + dx) % SECTORS], 0)
        out = np.hypot(points[:, 0], points[:, 2])
        return np.where(reach > 0, np.maximum(reach + thick - out, 0), 0)


@dataclass(frozen=True)
class _Frames:
    """Photo space and dress space with the body turned as in the photo, frame by frame.

    hips: (T, 3), turn: (T, 3, 3), scale: (T,) pixels a metre.
    """

    hips: np.ndarray
    turn: np.ndarray
    scale: np.ndarray
    upright: np.ndarray

    @classmethod
    def of(cls, points: np.ndarray, source: np.ndarray, space: DressSpace) -> _Frames:
        first, last = TRUNK_BONE
        larger = np.linalg.norm(points[:, last] - points[:, first], axis=-1)
        larger /= max(float(np.linalg.norm(source[last] - source[first])), 1e-6)
        yaw = heading(points @ space.upright.T) - heading((source @ space.upright.T)[None])[0]
        turn = about(np.broadcast_to([0.0, -1.0, 0.0], (len(points), 3)), yaw)
        # The hips of the skeleton lie a little off the axis between the thighs.
        off = source[Joint.MID_HIP] - space.origin
        hips = points[:, Joint.MID_HIP] - larger[:, None] * (apply(turn, off @ space.upright.T) @ space.upright)
        return cls(hips, turn, space.scale * larger, space.upright)

    def inward(self, points: np.ndarray) -> np.ndarray:
        upright = (points - self.hips[:, None]) @ self.upright.T / self.scale[:, None, None]
        return np.asarray(upright @ self.turn)

    def outward(self, points: np.ndarray) -> np.ndarray:
        turned = points @ self.turn.swapaxes(-1, -2)
        return np.asarray(turned @ self.upright * self.scale[:, None, None] + self.hips[:, None])


def _cleared(arm: np.ndarray, room: _Room, fps: float, loop: bool, share: np.ndarray) -> np.ndarray | None:
    """Shoulder, elbow and wrist (T, 3, 3), dress space, where the arm goes; None if nothing is in its way.

    share: (T,) in [0, 1], of the way that a frame's arm may go.
    """
    out = arm[:, 2] * [1, 0, 1]
    out = unit(out) * np.minimum(np.linalg.norm(out, axis=-1, keepdims=True) / CENTRE, 1)
    mode = "wrap" if loop else "nearest"
    length = np.linalg.norm(arm[:, 2] - arm[:, 0], axis=-1)
    way, moved = np.zeros(len(arm)), arm
    for _ in range(ROUNDS):
        lacks = np.zeros(len(arm))
        forearm = moved[:, 2] - moved[:, 1]
        for along, beyond, thick in SAMPLES:
            point = moved[:, 1] + along * forearm + beyond * unit(forearm)
            lever = np.linalg.norm(point - arm[:, 0], axis=-1) / np.maximum(length, 1e-6)
            lacks = np.maximum(lacks, room.lacking(point, thick) / np.maximum(lever, 0.5))
        if lacks.max() < 1e-3:
            break
        spread = maximum_filter1d(lacks, 2 * round(SECONDS * fps) + 1, mode=mode)
        way += gaussian_filter1d(spread, max(SECONDS * fps, 0.3), mode=mode)
        angle = np.minimum(way, FARTHEST) * share / np.maximum(length, 1e-6)
        axis = unit(np.cross(arm[:, 2] - arm[:, 0], out))
        turn = about(axis, angle * np.linalg.norm(out, axis=-1))
        moved = arm.copy()
        for joint in (1, 2):
            moved[:, joint] = arm[:, 0] + apply(turn, arm[:, joint] - arm[:, 0])
    return moved if way.any() else None
