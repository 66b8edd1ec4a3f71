"""One person is followed through time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fashionmirror_core.motion.following import MOST_PEOPLE, follow, others

Standing = Callable[[], np.ndarray]


def at(person: np.ndarray, x: float, scale: float = 1.0) -> np.ndarray:
    moved = person.copy()
    moved[:, :2] = moved[:, :2] * scale + [x, 0]
    return moved


def walkers(
    standing: np.ndarray, *paths: tuple[np.ndarray, float], noise: float = 1.0, seed: int = 0
) -> list[list[np.ndarray]]:
    """People on paths (x over time, size), each frame in another order; NaN in a path where somebody isn't seen."""
    draw = np.random.default_rng(seed)
    frames = []
    for frame in range(len(paths[0][0])):
        people = [(index, at(standing, path[frame], size)) for index, (path, size) in enumerate(paths)]
        people = [(index, person) for index, person in people if np.isfinite(person).all()]
        for index, person in people:
            person[:, :2] += draw.normal(0, 1, (25, 2))
            person[:, 2] = 0.9 - 0.01 * index  # tells the tests who it is
        draw.shuffle(people)
        frames.append([person for _, person in people])
    return frames


def who(frames: list[list[np.ndarray]], chosen: np.ndarray) -> list[int]:
    return [
        -1 if index < 0 else round(float(0.9 - frames[frame][index][0, 2]) * 100) for frame, index in enumerate(chosen)
    ]


def steady(frames: int, x: float = 0.0) -> np.ndarray:
    return np.full(frames, x)


def test_a_larger_passer_by_is_not_followed(standing: Standing) -> None:
    near = np.full(60, np.nan)
    near[20:35] = np.linspace(-150, 250, 15)
    frames = walkers(standing(), (steady(60), 1.0), (near, 1.4))
    chosen = follow(frames, 25)
    assert who(frames, chosen) == [0] * 60
    assert others(frames, chosen) == list(range(20, 35))


@pytest.mark.parametrize("seed", range(5))
def test_two_people_who_cross_keep_their_ways(standing: Standing, seed: int) -> None:
    left, right = np.linspace(0, 300, 50), np.linspace(300, 0, 50)
    frames = walkers(standing(), (left, 1.02), (right, 1.0), seed=seed)
    kept = who(frames, follow(frames, 25))
    assert kept[:20] == [0] * 20
    assert kept[30:] == [0] * 20, "in the middle both are in one place, and either will do"


def test_who_is_hidden_by_another_is_found_again_behind(standing: Standing) -> None:
    left, right = np.linspace(0, 300, 50), np.linspace(300, 0, 50)
    left[22:28] = np.nan
    frames = walkers(standing(), (left, 1.15), (right, 1.0))
    kept = who(frames, follow(frames, 25))
    assert kept[:22] == [0] * 22
    assert set(kept[22:28]) == {-1}
    assert kept[28:] == [0] * 22


def test_sizes_that_alternate_do_not_swap_people(standing: Standing) -> None:
    frames = []
    for frame in range(24):
        breath = 0.03 * (-1) ** frame
        frames.append([at(standing(), 0, 1 + breath), at(standing(), 180, 1 - breath)])
    assert len(set(follow(frames, 25))) == 1


def test_another_person_far_away_is_not_taken_for_the_lost_one(standing: Standing) -> None:
    frames = [[at(standing(), 0)]] * 10 + [[at(standing(), 400)]] * 4 + [[at(standing(), 5)]] * 10
    chosen = follow(frames, 25)
    assert who(frames, chosen)[:10] != [-1] * 10
    assert (chosen == -1).nonzero()[0].tolist() == [10, 11, 12, 13]
    assert others(frames, chosen) == [10, 11, 12, 13]


def test_a_person_found_twice_in_one_place_is_one(standing: Standing) -> None:
    frames = [[at(standing(), 0), at(standing(), 2)] for _ in range(5)]
    assert others(frames, follow(frames, 25)) == []


def test_ghosts_and_crowds_are_bounded(standing: Standing) -> None:
    ghost = standing() * [1, 1, 0.01]
    crowd = [at(standing(), 300 * index, 1.0 if index == 7 else 0.5) for index in range(10 * MOST_PEOPLE)]
    chosen = follow([[ghost], crowd, [], crowd], 25)
    assert chosen.tolist() == [-1, 7, -1, 7]
    assert follow([[], []], 25).tolist() == [-1, -1]
    assert follow([], 25).tolist() == []


@given(st.lists(st.lists(st.integers(0, 2**32 - 1), max_size=3), max_size=8), st.floats(1, 240))
def test_any_people_are_followed_within_their_frames(seeds: list[list[int]], fps: float) -> None:
    frames = [
        [np.random.default_rng(seed).uniform(-1e5, 1e5, (25, 3)).astype(np.float32) * [1, 1, 1e-5] for seed in frame]
        for frame in seeds
    ]
    for frame, index in zip(frames, follow(frames, fps), strict=True):
        assert -1 <= index < len(frame)
