"""The body model is whole, and a damaged file is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fashionmirror_core import places
from fashionmirror_core.body.fitted import Bone
from fashionmirror_core.body.model import BONES, SHAPES, BodyModel
from fashionmirror_core.errors import InputError
from fashionmirror_core.skeleton import MIRROR, Joint

STRAIGHT = np.tile(np.eye(3), (BONES, 1, 1))


@pytest.fixture(scope="module")
def model() -> BodyModel:
    return BodyModel.load()


def test_the_body_at_rest_is_the_mean(model: BodyModel) -> None:
    posed = model.posed(np.zeros(SHAPES), STRAIGHT)
    assert posed.place(model.skin) == pytest.approx(model.skin.rest, abs=1e-5)
    assert 1.5 < model.stature < 2.0


def test_a_turned_bone_takes_what_hangs_on_it_along(model: BodyModel) -> None:
    about = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1.0]])
    posed = model.posed(np.zeros(SHAPES), np.tile(about, (BONES, 1, 1)))
    centre = model.skeleton.rest[0]
    assert posed.place(model.skin) == pytest.approx((model.skin.rest - centre) @ about.T + centre, abs=1e-4)


def test_the_landmarks_are_those_of_body_25(model: BodyModel) -> None:
    points = model.body_25(model.posed(np.zeros(SHAPES), STRAIGHT))
    assert points[MIRROR] == pytest.approx(points * [-1, 1, 1], abs=0.004)
    assert points[Joint.L_SHOULDER, 0] > 0 > points[Joint.R_SHOULDER, 0]
    assert points[Joint.NOSE, 1] < points[Joint.NECK, 1] < points[Joint.MID_HIP, 1] < points[Joint.L_HEEL, 1]
    assert points[Joint.NOSE, 2] < points[Joint.L_EAR, 2]
    assert points[Joint.L_BIG_TOE, 2] < points[Joint.L_HEEL, 2]
    assert points[Joint.L_SMALL_TOE, 0] > points[Joint.L_BIG_TOE, 0]


def test_the_skin_faces_outward(model: BodyModel) -> None:
    corners = model.skin.rest[model.faces].astype(float)
    volume = np.einsum("fi,fi->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6
    assert 0.05 < volume < 0.1  # cubic metres


@pytest.mark.parametrize(
    ("shape", "grown"), [(10, (Joint.L_HIP, Joint.L_ANKLE)), (12, (Joint.R_SHOULDER, Joint.R_WRIST))]
)
def test_limbs_have_lengths_of_their_own(model: BodyModel, shape: int, grown: tuple[Joint, Joint]) -> None:
    longer = np.eye(SHAPES)[shape]
    before, after = (model.body_25(model.posed(s, STRAIGHT)) for s in (np.zeros(SHAPES), longer))
    lengths = [np.linalg.norm(np.subtract(*points[list(grown)])) for points in (before, after)]
    assert lengths[1] == pytest.approx(1.08 * lengths[0], rel=0.01)
    assert after[Joint.NOSE] == pytest.approx(before[Joint.NOSE])


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "body.npz"
    with pytest.raises(InputError, match="missing or damaged"):
        BodyModel.read(path)
    path.write_bytes(b"PK no archive")
    with pytest.raises(InputError, match="install the program again"):
        BodyModel.read(path)
    with np.load(places.resources() / "body.npz") as file:
        data = {name: file[name] for name in file.files}
    np.savez(path, **{**data, "weights": data["weights"][:, :21]})
    with pytest.raises(InputError, match="weights"):
        BodyModel.read(path)
    np.savez(path, **{**data, "faces": data["faces"] + 100})
    with pytest.raises(InputError, match="faces"):
        BodyModel.read(path)


@pytest.mark.parametrize("hand", [Bone.L_HAND, Bone.R_HAND])
def test_hands_are_at_ease(model: BodyModel, hand: Bone) -> None:
    """The thumb lies beside the fingers, and these are bent a little."""
    skin = model.skin.rest[model.skin.weights[:, hand] > 0.5]
    wrist = model.skeleton.rest[hand]
    away = np.linalg.norm(skin - wrist, axis=1)
    along = skin[away.argmax()] - wrist
    along /= np.linalg.norm(along)
    aside = skin - wrist - np.outer((skin - wrist) @ along, along)
    assert 0.17 < away.max() < 0.2
    assert np.linalg.norm(aside, axis=1).max() < 0.08
