"""Arms of a motion pass beside wide clothes, and stay as they are beside narrow ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fashionmirror_core.cloth.draping import Drape, Sewn, drape
from fashionmirror_core.cloth.elbow_room import with_elbow_room
from fashionmirror_core.cloth.fabric import FABRICS, FabricName
from fashionmirror_core.cloth.form import DressForm
from fashionmirror_core.cloth.mannequin import Mannequin
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.skeleton import ARM, JOINT_COUNT, Joint
from fashionmirror_core.vocabulary import Side
from tests.core.cloth import patterns

FRAMES = 30
MOVED = [joint for side in Side for joint in ARM[side][1:]]


def worn(flare: float, *, length: float = 0.5) -> Drape:
    mannequin = patterns.mannequin()
    pattern = patterns.skirt(mannequin, length, flare, spacing=0.05)
    return drape([Sewn(pattern, FABRICS[FabricName.DENIM])], DressForm(mannequin))


@pytest.fixture(scope="module")
def wide() -> Drape:
    return worn(2.6)


def standing(mannequin: Mannequin) -> np.ndarray:
    """(25, 3): joints of the photo."""
    return mannequin.body.landmarks[:JOINT_COUNT].astype(np.float64)


def swinging(source: np.ndarray) -> Motion:
    """Arms that hang straight down at the sides and swing to and fro."""
    points = np.tile(source, (FRAMES, 1, 1))
    for side, way in ((Side.LEFT, 1), (Side.RIGHT, -1)):
        shoulder, elbow, wrist = ARM[side]
        angle = way * np.radians(25) * np.sin(2 * np.pi * np.arange(FRAMES) / FRAMES)
        down = np.stack([np.zeros(FRAMES), np.cos(angle), -np.sin(angle)], -1)
        for start, end in ((shoulder, elbow), (elbow, wrist)):
            length = np.linalg.norm(source[end] - source[start])
            points[:, end] = points[:, start] + length * down
    joints = np.concatenate([points[..., :2], np.ones((FRAMES, JOINT_COUNT, 1))], -1)
    return Motion(joints, points[..., 2] - points[:, [Joint.MID_HIP], 2], 25.0, (600, 800), loop=True)


def wrists_aside(motion: Motion, source: np.ndarray) -> np.ndarray:
    """(T,): pixels from the middle to the nearer of the two wrists."""
    aside = motion.joints[:, [ARM[side][2] for side in Side], 0] - source[Joint.MID_HIP, 0]
    return np.asarray(np.abs(aside).min(1))


def test_hands_pass_beside_a_wide_skirt(wide: Drape) -> None:
    source = standing(wide.mannequin)
    motion = swinging(source)
    moved = with_elbow_room(motion, source, wide, 0)
    reach = np.ptp(wide.garments[0].positions[:, 0]) / 2 * patterns.SCALE
    assert wrists_aside(moved, source)[0] > wrists_aside(motion, source)[0] + 0.15 * reach  # the hands beside the hips
    others = np.delete(np.arange(JOINT_COUNT), MOVED)
    assert np.array_equal(moved.joints[:, others], motion.joints[:, others])
    assert np.array_equal(moved.depth[:, others], motion.depth[:, others])


def test_bones_keep_their_lengths_and_arms_move_smoothly(wide: Drape) -> None:
    source = standing(wide.mannequin)
    motion = swinging(source)
    moved = with_elbow_room(motion, source, wide, 0)
    for side in Side:
        for start, end in zip(ARM[side][:-1], ARM[side][1:], strict=True):
            lengths = [
                np.hypot(np.linalg.norm((m.joints[:, end] - m.joints[:, start])[:, :2], axis=1),
                         m.depth[:, end] - m.depth[:, start])
                for m in (motion, moved)
            ]  # fmt: skip
            assert lengths[1] == pytest.approx(lengths[0], rel=1e-3)
    way = moved.joints[:, MOVED, :2] - motion.joints[:, MOVED, :2]
    steps = np.abs(np.diff(np.concatenate([way, way[:1]]), axis=0)).max()  # across the loop's seam, too
    assert 0 < steps < 0.25 * np.abs(way).max()


def test_the_photos_pose_stays_and_the_arms_ease_out_of_it(wide: Drape) -> None:
    source = standing(wide.mannequin)
    motion = replace(swinging(source), loop=False)
    moved = with_elbow_room(motion, source, wide, 8)
    assert moved.joints[0] == pytest.approx(motion.joints[0], abs=1e-2)
    assert moved.depth[0] == pytest.approx(motion.depth[0], abs=1e-2)


def test_arms_beside_narrow_clothes_stay_as_they_are() -> None:
    short = worn(1.0, length=0.2)
    source = standing(short.mannequin)
    motion = swinging(source)
    out = np.array([1.0, 0, 0])
    joints = motion.joints.copy()
    for side, way in ((Side.LEFT, 1), (Side.RIGHT, -1)):
        for joint, share in zip(ARM[side][1:], (0.12, 0.22), strict=True):
            joints[:, joint, :2] += way * share * patterns.SCALE * out[:2]
    motion = replace(motion, joints=joints)
    assert with_elbow_room(motion, source, short, 0) is motion
