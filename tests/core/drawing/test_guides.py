"""What geometry knows of a frame: above all, where the photo showed nothing of what is seen now."""

from __future__ import annotations

import numpy as np
import pytest

from fashionmirror_core.drawing.guides import Guides
from fashionmirror_core.look import Look


@pytest.fixture(scope="module")
def turned(look: Look) -> dict[int, Guides]:
    """By degrees that the whole person is turned."""
    return {angle: look.guide.of(look.renderer.draw(look.turned(angle))) for angle in (0, 12, 60, 180)}


def test_nobody_who_turned_less_than_fifteen_degrees_is_painted_anew(turned: dict[int, Guides]) -> None:
    for angle in (0, 12):
        assert (turned[angle].unseen > 0.1).sum() < 10  # of the stage's 49,152 pixels


def test_the_farther_somebody_turns_the_more_was_never_seen(turned: dict[int, Guides]) -> None:
    share = {angle: guides.unseen.sum() / guides.cover.sum() for angle, guides in turned.items()}
    assert 0.1 < share[60] < 0.6
    assert share[180] > 0.75  # cloth; skin, hair and shoes are made for all sides


def test_only_the_person_is_unseen(turned: dict[int, Guides]) -> None:
    for guides in turned.values():
        assert not guides.unseen[guides.cover == 0].any()
        assert guides.unseen.min() >= 0
        assert guides.unseen.max() <= 1


def test_normals_are_unit_on_the_person_and_zero_elsewhere(turned: dict[int, Guides]) -> None:
    lengths = np.linalg.norm(turned[60].normals, axis=0)
    here = turned[60].cover == 1
    assert lengths[here] == pytest.approx(1, abs=1e-3)
    assert not lengths[turned[60].cover == 0].any()
