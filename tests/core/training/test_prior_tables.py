"""Counting the parser's tables on labelled pictures."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from fashionmirror_core.body.coordinates import BodyCoordinates, BoneKind
from fashionmirror_core.person.label_prior import ARMS, HEAD, PARSED, UPPER, Prior, load_prior
from fashionmirror_core.skeleton import ARM, LEG, Joint, Pose
from fashionmirror_core.training.prior_tables import count_tables
from fashionmirror_core.vocabulary import Label, Side

SKIN, CLOTH = (224, 178, 150), (40, 90, 190)
POINTS = [
    *[(48, 21), (48, 31), (36, 32), (30, 50), (25, 66), (60, 32), (66, 50), (71, 66), (48, 64)],
    *[(42, 64), (40, 89), (39, 113), (54, 64), (56, 89), (57, 113)],
    *[(46, 19), (50, 19), (43, 20), (53, 20), (60, 119), (61, 118), (56, 116), (36, 119), (35, 118), (40, 116)],
]


def example(label: Label = Label.UPPER) -> tuple[np.ndarray, np.ndarray, Pose]:
    """A drawn person, 128 x 96, with bare arms, in clothes of one label."""
    pose = Pose(np.column_stack([POINTS, np.ones(25)]))
    labels = np.zeros((128, 96), np.uint8)
    for side in Side:
        cv2.polylines(labels, [pose.points[list(LEG[side])].astype(np.int32)], False, int(label), 10)
        cv2.polylines(labels, [pose.points[list(ARM[side])].astype(np.int32)], False, int(Label.ARMS), 6)
    cv2.line(labels, (48, 34), (48, 62), int(label), 20)
    cv2.circle(labels, (48, 19), 12, int(Label.HAIR), -1)
    cv2.circle(labels, (48, 21), 9, int(Label.HEAD), -1)
    for x in (38, 58):
        cv2.circle(labels, (x, 117), 5, int(Label.SHOES), -1)
    image = np.full((128, 96, 3), 236, np.uint8)
    image[np.isin(labels, (Label.HEAD, Label.ARMS))] = SKIN
    image[labels == label] = CLOTH
    noise = np.random.default_rng(5).normal(0, 3, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8), labels, pose


@pytest.fixture(scope="module")
def prior() -> Prior:
    tables = count_tables([example()])
    place, split = (tables[name].astype(np.float32) / 255 for name in ("place", "split"))
    return Prior(place, split, tables["tone"].astype(np.float32), tables["texture"].astype(np.float32))


def test_the_tables_are_of_the_shape_that_ships(prior: Prior) -> None:
    shipped = load_prior()
    for name in ("place", "split", "tone", "texture"):
        assert getattr(prior, name).shape == getattr(shipped, name).shape, name
    assert prior.place.shape[0] == len(BoneKind)
    np.testing.assert_allclose(prior.place.sum(-1), 1, atol=0.03)


def test_a_place_is_what_was_seen_there(prior: Prior) -> None:
    _, _, pose = example()
    body = BodyCoordinates.from_pose(pose)
    forearm = (pose.points[Joint.R_ELBOW] + pose.points[Joint.R_WRIST]) / 2
    found = prior.on(body, np.array([pose.points[Joint.NOSE], forearm, (48, 50)], np.float32))
    assert found.shape == (3, len(PARSED))
    assert found.argmax(1).tolist() == [HEAD, ARMS, UPPER]


def test_a_dress_says_nothing_about_where_two_pieces_part() -> None:
    two, one = (count_tables([example(label)])["split"] for label in (Label.UPPER, Label.DRESS))
    assert (two[BoneKind.TRUNK] > 200).any()
    assert np.ptp(one) <= 1
