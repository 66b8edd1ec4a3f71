"""A person who stands and waves, and ways to write them down."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from fashionmirror_core.motion.joint_formats import FORMATS
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.skeleton import Joint


def _standing() -> np.ndarray:
    upper = [(100, 40), (100, 70), (80, 70), (75, 105), (72, 135), (120, 70), (125, 105), (128, 135)]
    legs = [(100, 150), (90, 150), (90, 200), (90, 250), (110, 150), (110, 200), (110, 250)]
    face = [(96, 36), (104, 36), (90, 38), (110, 38)]
    feet = [(111, 262), (116, 261), (110, 255), (89, 262), (84, 261), (90, 255)]
    return np.array([(x, y, 1.0) for x, y in upper + legs + face + feet], np.float32)


@pytest.fixture(scope="session")
def standing() -> Callable[[], np.ndarray]:
    """Makes a person facing the camera, (25, 3), all joints confident."""
    return _standing


@pytest.fixture(scope="session")
def waving() -> Callable[..., Motion]:
    """Makes a standing person whose right wrist goes round once in the clip: (frames, fps, loop) -> motion."""

    def make(frames: int = 40, fps: float = 25.0, loop: bool = False) -> Motion:
        joints = np.repeat(_standing()[None], frames, 0)
        phase = 2 * np.pi * np.arange(frames) / frames
        joints[:, Joint.R_WRIST, 0] += 20 * np.cos(phase)
        joints[:, Joint.R_WRIST, 1] += 20 * np.sin(phase)
        depth = np.zeros((frames, 25), np.float32)
        depth[:, Joint.R_WRIST] = 5 * np.sin(phase)
        return Motion(joints, depth, fps, (200, 300), "waving", loop)

    return make


@pytest.fixture(scope="session")
def written() -> Callable[[np.ndarray, str], np.ndarray]:
    """Writes BODY_25 joints (..., 25, 3) in another format, (..., J, 3); joints that only one of both has are zero."""

    def write(joints: np.ndarray, name: str) -> np.ndarray:
        result = np.zeros((*joints.shape[:-2], FORMATS[name].count, 3), np.float32)
        for source, parts in enumerate(FORMATS[name].recipe):
            if len(parts) == 1:
                result[..., parts[0], :] = joints[..., source, :]
        return result

    return write
