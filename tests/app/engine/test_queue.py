"""The queue: clips one after another, held, cancelled and tried again; and its panel. The real engine, a small photo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from app.engine.exports import restore_from
from app.engine.queue import LookQueue
from app.model.lookbook import JobState, free_target
from app.model.state import ClipSettings, GarmentInput, LookState, MotionInput, PersonInput, Quality
from app.widgets.queue import QueuePanel, state_words, time_left
from fashionmirror_core import samples
from fashionmirror_core.errors import InputError
from fashionmirror_core.media.reading import VideoReader

LONG = 60_000  # milliseconds; two slow cores may be busy


@pytest.fixture
def queue(qtbot: QtBot, tmp_path: Path) -> Iterator[LookQueue]:
    made = LookQueue(folder=tmp_path / "clips", device="cpu")
    yield made
    made.close()


@pytest.fixture
def panel(qtbot: QtBot, queue: LookQueue) -> QueuePanel:
    widget = QueuePanel(queue)
    qtbot.addWidget(widget)
    widget.show()
    return widget


def states(queue: LookQueue) -> list[str]:
    return [job.state.value for job in queue.jobs]


def finish(qtbot: QtBot, queue: LookQueue) -> None:
    qtbot.waitUntil(lambda: not queue.busy, timeout=LONG)


def moved(look: LookState, motion: str) -> LookState:
    return look.model_copy(update={"motion": MotionInput(template=motion)})


def longer(look: LookState, frames: int) -> LookState:
    return look.model_copy(update={"clip": ClipSettings(frames=frames)})


# --- without the engine ---


def test_files_are_named_for_what_they_show_and_told_apart(sample_state: LookState, tmp_path: Path) -> None:
    first = free_target(tmp_path, sample_state, ())
    assert first == tmp_path / "ana_dress-floral_catwalk.mp4"
    assert free_target(tmp_path, sample_state, [first]).name == "ana_dress-floral_catwalk-2.mp4"
    first.write_bytes(b"somebody's")
    assert free_target(tmp_path, sample_state, ()).name == "ana_dress-floral_catwalk-2.mp4"


def test_a_file_is_never_named_outside_its_folder(tmp_path: Path) -> None:
    hostile = LookState(
        person=PersonInput(path=Path("/somewhere/..")),
        garments=(GarmentInput(path=Path('a<b>"c|.png')),),
        motion=MotionInput(template="../../walk"),
    )
    target = free_target(tmp_path, hostile, ())
    assert target.parent == tmp_path
    assert not set(target.name) & set('<>"|/\\:')


def test_what_lacks_a_part_is_refused(queue: LookQueue, sample_state: LookState) -> None:
    with pytest.raises(InputError, match="motion"):
        queue.add(sample_state.model_copy(update={"motion": None}))
    assert queue.jobs == ()


def test_nothing_begins_while_the_studio_is_busy(queue: LookQueue, sample_state: LookState) -> None:
    queue.hold()
    queue.add(sample_state)
    assert states(queue) == ["waiting"]
    assert queue.busy
    assert queue._engine is None


def test_the_same_look_is_queued_once(queue: LookQueue, sample_state: LookState) -> None:
    queue.hold()
    draft = queue.add(sample_state)
    final = sample_state.model_copy(update={"clip": ClipSettings(frames=4, quality=Quality.final)})
    assert queue.add(final) == draft  # clips of the queue are final
    assert queue.add(moved(sample_state, "idle")) != draft
    assert len(queue.jobs) == 2


def test_the_order_can_be_changed(queue: LookQueue, sample_state: LookState) -> None:
    queue.hold()
    numbers = [queue.add(moved(sample_state, name)) for name in ("catwalk", "idle", "turn")]
    queue.move(numbers[2], -1)
    assert [job.id for job in queue.jobs] == [numbers[0], numbers[2], numbers[1]]
    queue.move(numbers[0], -5)
    assert queue.jobs[0].id == numbers[0]


def test_another_folder_counts_for_what_waits(queue: LookQueue, sample_state: LookState, tmp_path: Path) -> None:
    queue.hold()
    queue.add(sample_state)
    queue.folder = tmp_path / "elsewhere"
    assert queue.jobs[0].target.parent == tmp_path / "elsewhere"


def test_a_folder_that_cannot_be_made_fails_the_job(queue: LookQueue, sample_state: LookState, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    queue.folder = tmp_path / "file" / "clips"
    queue.add(sample_state)
    assert states(queue) == ["failed"]
    assert "choose another" in queue.jobs[0].message
    assert not queue.busy


def test_time_left_is_said_in_words() -> None:
    assert time_left(0.2) == "1 s left"
    assert time_left(240) == "4 min left"


# --- with the engine ---


def test_clips_are_rendered_one_after_another(qtbot: QtBot, queue: LookQueue, sample_state: LookState) -> None:
    seen: list[tuple[int, int]] = []
    queue.changed.connect(lambda number: seen.append((number, queue.job(number).done)))  # type: ignore[union-attr]
    working: set[int] = set()
    queue.changed.connect(lambda _: working.add(sum(job.state is JobState.working for job in queue.jobs)))
    queue.add(sample_state)
    queue.add(moved(sample_state, "idle"))
    finish(qtbot, queue)
    assert states(queue) == ["done", "done"]
    assert max(working) == 1
    counted = [done for number, done in seen if number == 1 and done]
    assert counted == sorted(counted)
    assert set(counted) == {1, 2, 3, 4}
    for job in queue.jobs:
        with VideoReader(job.target) as video:
            assert len(list(video)) == 4
        kept = restore_from(job.target)
        assert kept is not None
        assert kept.motion == job.look.motion
        picture = queue.clip_picture(job.id)
        assert picture is not None
        assert picture.shape == (384, 288, 3)
    assert queue.still(sample_state) is not None


def test_held_in_the_middle_it_goes_on_where_it_was(qtbot: QtBot, queue: LookQueue, sample_state: LookState) -> None:
    number = queue.add(longer(sample_state, 8))
    qtbot.waitUntil(lambda: queue.jobs[0].done >= 2, timeout=LONG)
    queue.hold()
    assert states(queue) == ["waiting"]
    qtbot.waitUntil(lambda: queue._active is None, timeout=LONG)
    assert not queue.jobs[0].target.exists()
    assert queue._engine is not None
    made = len(queue._engine.frames.keys)
    assert 2 <= made < 8
    again: list[str] = []
    queue._engine._worker.frame_made.connect(lambda key, _: again.append(key))
    queue.release()
    finish(qtbot, queue)
    assert queue.job(number).state is JobState.done  # type: ignore[union-attr]
    assert len(again) == 8 - made


def test_a_cancelled_clip_leaves_no_file_and_the_next_one_begins(
    qtbot: QtBot, queue: LookQueue, sample_state: LookState
) -> None:
    first = queue.add(longer(sample_state, 40))
    queue.add(moved(sample_state, "idle"))
    qtbot.waitUntil(lambda: queue.jobs[0].done >= 1, timeout=LONG)
    queue.cancel(first)
    finish(qtbot, queue)
    assert states(queue) == ["cancelled", "done"]
    assert [path.name for path in queue.folder.iterdir()] == [queue.jobs[1].target.name]


def test_a_bad_input_fails_its_own_jobs_and_says_why(
    qtbot: QtBot, queue: LookQueue, sample_state: LookState, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    bad = sample_state.model_copy(update={"garments": (GarmentInput(path=broken),)})
    queue.add(bad)
    queue.add(moved(bad, "idle"))
    queue.add(sample_state)
    finish(qtbot, queue)
    assert states(queue) == ["failed", "failed", "done"]
    assert "broken.png" in queue.jobs[0].message
    assert queue.jobs[1].message == queue.jobs[0].message

    broken.write_bytes(samples.garments()[0].read_bytes())  # mended, and tried again
    queue.retry(1)
    finish(qtbot, queue)
    assert states(queue)[0] == "done"


def test_closing_in_the_middle_ends_cleanly(qtbot: QtBot, queue: LookQueue, sample_state: LookState) -> None:
    queue.add(longer(sample_state, 40))
    qtbot.waitUntil(lambda: queue.jobs[0].done >= 1, timeout=LONG)
    queue.close()
    assert list(queue.folder.iterdir()) == []


# --- the panel ---


def test_an_empty_panel_says_how_to_fill_it(panel: QueuePanel, queue: LookQueue, sample_state: LookState) -> None:
    assert not panel.list.isVisible()
    queue.hold()
    queue.add(sample_state)
    assert panel.list.isVisible()


def test_the_panel_acts_on_what_is_chosen(
    qtbot: QtBot, panel: QueuePanel, queue: LookQueue, sample_state: LookState
) -> None:
    queue.hold()
    numbers = [queue.add(moved(sample_state, name)) for name in ("catwalk", "idle", "turn")]
    assert not panel.cancel.isEnabled()
    panel.choose(numbers[1])
    qtbot.mouseClick(panel.earlier, Qt.MouseButton.LeftButton)
    assert [job.id for job in queue.jobs] == [numbers[1], numbers[0], numbers[2]]
    assert [job.id for job in panel.chosen] == [numbers[1]]
    qtbot.mouseClick(panel.cancel, Qt.MouseButton.LeftButton)
    assert states(queue) == ["cancelled", "waiting", "waiting"]
    assert not panel.cancel.isEnabled()
    qtbot.mouseClick(panel.retry, Qt.MouseButton.LeftButton)
    assert states(queue) == ["waiting"] * 3
    qtbot.keyClick(panel.list, Qt.Key.Key_Delete)
    assert [job.id for job in queue.jobs] == [numbers[0], numbers[2]]
    for action in panel.menu().findChildren(QAction):
        if action.text() == "Cancel All":
            action.trigger()
    assert states(queue) == ["cancelled"] * 2


def test_the_panel_pauses(qtbot: QtBot, panel: QueuePanel, queue: LookQueue, sample_state: LookState) -> None:
    qtbot.mouseClick(panel.pause, Qt.MouseButton.LeftButton)
    queue.add(sample_state)
    assert states(queue) == ["waiting"]
    assert "paused" in panel.summary.text()
    assert panel.pause.accessibleName() == "Go on"
    queue.cancel_all()
    qtbot.mouseClick(panel.pause, Qt.MouseButton.LeftButton)
    assert not queue.paused


def test_a_job_says_how_it_stands_without_its_colour(
    qtbot: QtBot, panel: QueuePanel, queue: LookQueue, sample_state: LookState
) -> None:
    queue.add(sample_state)
    finish(qtbot, queue)
    index = panel.list.model().index(0, 0)
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "ana × dress-floral × catwalk: Done"
    panel.choose(1)
    assert panel.show_file.isEnabled()
    job = queue.jobs[0].model_copy(update={"state": JobState.working, "done": 1, "left": 3.0})
    assert state_words(job) == "25 %, 3 s left"


def test_every_button_has_a_name_and_is_reached_by_tab(panel: QueuePanel) -> None:
    for button in (panel.cancel, panel.retry, panel.earlier, panel.later, panel.show_file, panel.remove, panel.pause):
        assert button.accessibleName()
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
