"""The store of a clip's frames: what each place shows, what is stale, and what it costs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from app.engine.frames import THUMBNAIL, FrameState, FrameStore, StoredFrame

SIZE = (48, 64)  # width, height


def _frame(shade: int = 100, alpha: bool = False, painted: np.ndarray | None = None) -> StoredFrame:
    """A smooth picture: JPEG is nearly exact on it."""
    width, height = SIZE
    image = np.full((height, width, 3), shade, np.uint8)
    image[..., 0] = np.linspace(0, 200, width)
    if alpha:
        image = np.dstack([image, np.where(np.arange(width) < 20, 0, 255)[None].repeat(height, 0).astype(np.uint8)])
    mask = np.zeros((height, width), np.float32)
    mask[10:30] = 0.6
    attention = np.random.default_rng(1).random((12, 12)).astype(np.float32)
    flow = np.stack([np.full((height, width), 3.25, np.float32), np.full((height, width), -7.5, np.float32)])
    made: Any = SimpleNamespace(
        image=image,
        clothing_mask=mask,
        flow=flow,
        coarse_flow=flow[:, ::4, ::4],
        attention=attention / attention.sum(1, keepdims=True),
        pose=SimpleNamespace(joints=np.full((25, 3), 0.5, np.float32)),
        painted=painted,
    )
    return StoredFrame.of(made)


ONE = _frame()


@pytest.fixture
def store(qapp: object) -> FrameStore:
    return FrameStore()


def test_a_stored_frame_comes_back_as_it_was(store: FrameStore) -> None:
    store.want(["a"])
    store.put("a", _frame())
    image, mask, flow, attention = store.image(0), store.clothing_mask(0), store.flow(0), store.attention(0)
    assert image is not None
    assert mask is not None
    assert flow is not None
    assert attention is not None
    assert image.shape == (64, 48, 3)
    assert np.abs(image[..., 0].astype(int) - np.linspace(0, 200, 48).astype(int)).max() <= 4
    assert mask.dtype == np.float32
    assert abs(mask[20, 5] - 0.6) < 0.003
    assert mask[0, 0] == 0
    assert flow.shape == (2, 64, 48)
    assert np.allclose(flow[:, 30, 30], (3.25, -7.5))
    assert np.allclose(attention.sum(1), 1, atol=1e-5)
    assert np.allclose(store.pose(0), 0.5)
    thumbnail = store.thumbnail(0)
    assert thumbnail is not None
    assert max(thumbnail.shape[:2]) == THUMBNAIL


def test_transparency_is_kept_without_loss(store: FrameStore) -> None:
    store.want(["a"])
    store.put("a", _frame(alpha=True))
    image, thumbnail = store.image(0), store.thumbnail(0)
    assert image is not None
    assert image.shape == (64, 48, 4)
    assert (image[:, :20, 3] == 0).all()
    assert (image[:, 20:, 3] == 255).all()
    assert thumbnail is not None
    assert (thumbnail[5, 5] > 250).all()


def test_a_place_without_a_frame_shows_nothing(store: FrameStore) -> None:
    store.want(["a", None])
    assert [store.state(0), store.state(1)] == [FrameState.missing, FrameState.missing]
    assert store.image(0) is None
    assert store.thumbnail(1) is None
    assert store.image(99) is None


def test_a_changed_place_goes_on_showing_its_old_frame_as_stale(store: FrameStore, qtbot: QtBot) -> None:
    store.want(["a", "b"])
    store.put("a", _frame(50))
    store.put("b", _frame(60))
    with qtbot.waitSignal(store.changed) as told:
        store.want(["a", "c"])
    assert told.args == [[1]]
    assert [store.state(0), store.state(1)] == [FrameState.fresh, FrameState.stale]
    image = store.image(1)
    assert image is not None
    assert abs(int(image[0, 0, 1]) - 60) <= 2


def test_a_frame_that_undo_brings_back_is_fresh_at_once(store: FrameStore) -> None:
    store.want(["a"])
    store.put("a", _frame(50))
    store.want(["b"])
    store.put("b", _frame(90))
    store.want(["a"])
    image = store.image(0)
    assert store.state(0) is FrameState.fresh
    assert image is not None
    assert abs(int(image[0, 0, 1]) - 50) <= 2


def test_frames_of_another_person_are_not_shown_as_stale_ones(store: FrameStore, qtbot: QtBot) -> None:
    store.want(["a"], "ana")
    store.put("a", _frame())
    with qtbot.waitSignal(store.reset):
        store.want(["b"], "eve")
    assert store.state(0) is FrameState.missing


def test_a_change_of_many_places_is_told_once(store: FrameStore) -> None:
    told: list[list[int]] = []
    store.want([f"a{k % 300}" for k in range(3000)])
    store.changed.connect(told.append)
    store.put("a7", _frame())
    assert told.pop() == list(range(7, 3000, 300))
    store.want([f"b{k}" for k in range(3000)])
    assert told == [list(range(7, 3000, 300))]  # missing places look as they did


@given(
    steps=st.lists(
        st.one_of(
            st.lists(st.sampled_from(["a", "b", "c", None]), max_size=6),
            st.sampled_from("abc"),
        ),
        max_size=12,
    )
)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_counts_what_is_not_rendered(qapp: object, steps: list[list[str | None] | str]) -> None:
    """A list is another clip, a letter a frame that was made."""
    store = FrameStore(budget=1)
    for step in steps:
        if isinstance(step, list):
            store.want(step)
        else:
            store.put(step, ONE)
        assert store.unrendered == sum(store.state(k) is not FrameState.fresh for k in range(store.count))


def test_equal_frames_are_kept_once_and_shown_at_every_place(store: FrameStore) -> None:
    store.want(["a", "b", "a"])
    assert store.put("a", _frame()) == [0, 2]
    assert [store.state(index) for index in range(3)] == [FrameState.fresh, FrameState.missing, FrameState.fresh]


def test_rendering_and_failed_places_are_told_apart(store: FrameStore) -> None:
    store.want(["a", "b"])
    store.mark_rendering("a")
    assert store.state(0) is FrameState.rendering
    store.mark_failed("b")
    assert store.state(1) is FrameState.failed
    store.mark_rendering(None)
    assert store.state(0) is FrameState.missing
    store.put("b", _frame())
    assert store.state(1) is FrameState.fresh


def test_places_edited_by_hand_are_marked(store: FrameStore) -> None:
    store.want(["a", "b"], edited={1})
    assert [store.edited(0), store.edited(1)] == [False, True]


def test_over_its_budget_it_drops_what_the_clip_does_not_need(qapp: object) -> None:
    weight = _frame().weight
    store = FrameStore(budget=3 * weight)
    for key in "abcdef":
        store.want([key, "z"])
        store.put(key, _frame())
    store.put("z", _frame())
    assert store.weight <= 3 * weight
    assert {"f", "z"} <= store.keys
    assert "a" not in store.keys
    assert store.weight == sum(frame.weight for frame in store.kept.values())


def test_the_clip_itself_stays_whole_beyond_the_budget(qapp: object) -> None:
    store = FrameStore(budget=1)
    store.want(["a", "b"])
    store.put("a", _frame())
    store.put("b", _frame())
    assert store.state(0) is store.state(1) is FrameState.fresh


def test_what_was_painted_is_kept_with_its_sign(store: FrameStore) -> None:
    painted = np.zeros((SIZE[1], SIZE[0]), np.float32)
    painted[5:10], painted[20:30] = -1, 0.5
    store.want(["a", "b"])
    store.put("a", _frame(painted=painted))
    store.put("b", _frame())
    change = store.change(0)
    assert change is not None
    np.testing.assert_allclose(change, painted, atol=0.005)
    assert store.change(1) is None
