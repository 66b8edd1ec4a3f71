"""People, garments and looks that the engine's tests share, at a size at which everything is quick."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import cv2
import known
import numpy as np
import pytest

from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.look import Look
from fashionmirror_core.media.images import read_image, write_image
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.person.person import Person
from fashionmirror_core.skeleton import Pose
from fashionmirror_core.training.synthesis.skeletal_flow import SkeletalFlow
from fashionmirror_core.tryon import TryOn

PHOTO_SIZE = (288, 384)  # width, height of the small sample photos
STAGE = (256, 192)  # height, width

# A mannequin on the stage (BODY_25): arms a little away from the trunk, feet apart.
JOINTS = np.array([
    *[(96, 42), (96, 62), (73, 64), (60, 100), (50, 132), (119, 64), (132, 100), (142, 132), (96, 128)],
    *[(84, 128), (81, 178), (79, 226), (108, 128), (111, 178), (113, 226)],
    *[(92, 38), (100, 38), (86, 40), (106, 40), (120, 238), (122, 237), (112, 232), (72, 238), (70, 237), (80, 232)],
], np.float64)  # fmt: skip
LIMBS = {  # part -> joints of its axis, half-width
    "r_arm": ((2, 3, 4), 8),
    "l_arm": ((5, 6, 7), 8),
    "r_leg": ((9, 10, 11, 22), 12),
    "l_leg": ((12, 13, 14, 19), 12),
}


@dataclass(frozen=True)
class Mannequin:
    """joints: (25, 2) stage pixels. masks: part -> (H, W) float32. flow: its skeletal flow."""

    joints: np.ndarray
    masks: dict[str, np.ndarray]
    flow: SkeletalFlow

    def pose(self, joints: np.ndarray, depth: np.ndarray | None = None) -> Pose:
        """A pose of seen joints."""
        seen = np.concatenate([joints, np.ones((25, 1))], 1)
        return Pose(seen, np.zeros(25) if depth is None else depth)


def _drawn_masks() -> dict[str, np.ndarray]:
    masks = {}
    for part, (axis, half_width) in LIMBS.items():
        mask = np.zeros(STAGE, np.uint8)
        cv2.polylines(mask, [JOINTS[list(axis)].astype(np.int32)], False, 1, 2 * half_width)
        masks[part] = mask.astype(np.float32)
    trunk = np.zeros(STAGE, np.uint8)
    cv2.fillConvexPoly(trunk, JOINTS[[2, 5, 12, 9]].astype(np.int32), 1)
    cv2.circle(trunk, (96, 40), 16, 1, -1)
    cv2.line(trunk, (96, 42), (96, 70), 1, 12)
    return masks | {"trunk": trunk.astype(np.float32)}


@pytest.fixture(scope="session")
def mannequin() -> Mannequin:
    masks = _drawn_masks()
    return Mannequin(JOINTS.copy(), masks, SkeletalFlow(JOINTS, masks, np.zeros(STAGE, np.float32)))


@cache
def _small_photo(path: Path) -> np.ndarray:
    return cv2.resize(read_image(path), PHOTO_SIZE, interpolation=cv2.INTER_AREA)


@cache
def _person(name: str) -> Person:
    return Person.from_photo(_small_photo(known.PERSONS[name]))


@cache
def _garment(name: str) -> Garment:
    return Garment.from_photo(known.GARMENTS[name])


@pytest.fixture(scope="session")
def sample_person() -> Callable[[str], Person]:
    """The person of that name (see ``known``), from a photo of PHOTO_SIZE."""
    return _person


@pytest.fixture(scope="session")
def sample_garment() -> Callable[[str], Garment]:
    """The built-in garment of that name."""
    return _garment


@pytest.fixture(scope="session")
def tryon() -> TryOn:
    return TryOn.load(device="cpu", weights=None)


@pytest.fixture(scope="session")
def look(dressed: Callable[..., Look]) -> Look:
    """Long sleeves and trousers become a dress with short sleeves."""
    return dressed(known.PERSON.stem, known.DRESS.stem)


@pytest.fixture(scope="session")
def dressed(tryon: TryOn) -> Callable[..., Look]:
    """Names of a person and of garments -> the look; dressing takes seconds, so the last few are kept."""
    return lru_cache(8)(lambda person, *garments: tryon.prepare(_person(person), [_garment(name) for name in garments]))


@pytest.fixture(scope="session")
def walk() -> Motion:
    """Six frames of the catwalk."""
    return Motion.template("catwalk").take(6)


@pytest.fixture(scope="session")
def person_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's person as a small photo on disk."""
    path = tmp_path_factory.mktemp("photo") / "person.png"
    write_image(path, _small_photo(known.PERSON))
    return path


@pytest.fixture(scope="session")
def garment_file() -> Path:
    return known.DRESS
