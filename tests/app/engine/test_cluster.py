"""The queue's clips on a cluster: what a worker makes, and what the queue does with it. Ray itself is tested in the core."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.engine import cluster
from app.engine.cluster import ClusterLink
from app.engine.cluster_worker import ClipMaker, paths_of
from app.engine.exports import restore_from
from app.engine.queue import LookQueue
from app.model.lookbook import JobState
from app.model.settings import Settings
from app.model.state import GarmentInput, LookState, MotionInput
from app.widgets.preferences import Preferences
from fashionmirror_core.errors import InputError
from fashionmirror_core.media.reading import VideoReader
from fashionmirror_core.media.writing import open_clip
from fashionmirror_core.outputs.cluster.worker import Parcel, packed

LONG = 60_000  # milliseconds


def clip_bytes(folder: Path, colour: int) -> bytes:
    with open_clip(folder / f"{colour}.mp4", (32, 32), 10) as clip:
        for _ in range(3):
            clip.write(np.full((32, 32, 3), colour, np.uint8))
    return (folder / f"{colour}.mp4").read_bytes()


class Here:
    """A crew in the link's own thread; ``answer`` makes the clips."""

    def __init__(self, answer: Callable[..., tuple[tuple[str, str], bytes]]) -> None:
        self._answer = answer

    def put(self, value: Any) -> Any:
        return value

    def work(self, agenda: Any) -> Iterator[None]:
        while not agenda.over:
            task = agenda.take(None)
            if task is not None:
                agenda.done(task, *self._answer(*task.arguments))
            time.sleep(0.01)
            yield


@pytest.fixture
def on_cluster(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., LookQueue]]:
    """Makes a queue whose cluster answers as it is told."""
    made: list[LookQueue] = []
    monkeypatch.setattr(cluster, "_REST_SECONDS", 0.2)

    def make(answer: Callable[..., Any], address: str = "far:1") -> LookQueue:
        monkeypatch.setattr(ClusterLink, "_crew", lambda _: contextlib.nullcontext(Here(answer)))
        queue = LookQueue(folder=tmp_path / "clips", device="cpu", cluster=address)
        made.append(queue)
        return queue

    yield make
    for queue in made:
        queue.close()


def moved(look: LookState, motion: str) -> LookState:
    return look.model_copy(update={"motion": MotionInput(template=motion)})


def states(queue: LookQueue) -> list[str]:
    return [job.state.value for job in queue.jobs]


def test_clips_are_made_there_and_written_here(
    qtbot: QtBot, on_cluster: Callable[..., LookQueue], sample_state: LookState, tmp_path: Path
) -> None:
    content = clip_bytes(tmp_path, 200)
    given: list[tuple[str, int]] = []

    def answer(look: LookState, *parcels: Parcel) -> Any:
        assert look.motion is not None
        given.append((look.motion.name, len(parcels)))
        return (("It is too dark.", "") if look.motion.name == "idle" else ("", "")), content

    queue = on_cluster(answer)
    seen: set[str] = set()
    queue.changed.connect(lambda number: seen.add(queue.job(number).state.value))  # type: ignore[union-attr]
    queue.hold()  # the studio computes: that is no matter to others
    for name in ("catwalk", "idle", "turn"):
        queue.add(moved(sample_state, name))
    qtbot.waitUntil(lambda: not queue.busy, timeout=LONG)
    assert states(queue) == ["done", "failed", "done"]
    assert queue.jobs[1].message == "It is too dark."
    assert given == [("catwalk", 2), ("idle", 2), ("turn", 2)], "in order, with a photo and a garment"
    assert "working" in seen
    assert queue.jobs[0].target.read_bytes() == content
    assert not queue.jobs[1].target.exists()
    picture = queue.clip_picture(queue.jobs[0].id)
    assert picture is not None
    assert abs(float(picture.mean()) - 200) < 8
    assert queue._engine is None, "nothing was computed here"


def test_what_is_cancelled_while_it_is_made_is_not_written(
    qtbot: QtBot, on_cluster: Callable[..., LookQueue], sample_state: LookState, tmp_path: Path
) -> None:
    content, may_end = clip_bytes(tmp_path, 100), [False]

    def answer(*_: object) -> Any:
        while not may_end[0]:
            time.sleep(0.01)
        return ("", ""), content

    queue = on_cluster(answer)
    first, second = queue.add(sample_state), queue.add(moved(sample_state, "idle"))
    qtbot.waitUntil(lambda: queue.job(first).state is JobState.working, timeout=LONG)  # type: ignore[union-attr]
    queue.cancel(first)
    may_end[0] = True
    qtbot.waitUntil(lambda: not queue.busy, timeout=LONG)
    assert states(queue) == ["cancelled", "done"]
    assert [path.name for path in (tmp_path / "clips").glob("*")] == [queue.job(second).target.name]  # type: ignore[union-attr]
    queue.retry(first)
    qtbot.waitUntil(lambda: not queue.busy, timeout=LONG)
    assert states(queue) == ["done", "done"]


def test_a_cluster_that_cannot_be_used_fails_what_waits_with_its_reason(
    qtbot: QtBot, on_cluster: Callable[..., LookQueue], sample_state: LookState
) -> None:
    def answer(*_: object) -> Any:
        raise InputError("No cluster answers at far:1.")

    queue = on_cluster(answer)
    queue.hold()
    queue.pause()
    numbers = [queue.add(moved(sample_state, name)) for name in ("catwalk", "idle")]
    assert states(queue) == ["waiting", "waiting"], "paused"
    queue.pause(False)
    qtbot.waitUntil(lambda: not queue.busy, timeout=LONG)
    assert {job.message for job in queue.jobs} == {"No cluster answers at far:1."}
    assert [queue.job(number).state for number in numbers] == [JobState.failed] * 2  # type: ignore[union-attr]


def test_workers_of_this_computer_wait_for_the_studio(
    qtbot: QtBot, on_cluster: Callable[..., LookQueue], sample_state: LookState, tmp_path: Path
) -> None:
    content = clip_bytes(tmp_path, 50)
    queue = on_cluster(lambda *_: (("", ""), content), address="auto")
    queue.hold()
    queue.add(sample_state)
    qtbot.wait(100)
    assert states(queue) == ["waiting"]
    queue.release()
    qtbot.waitUntil(lambda: not queue.busy, timeout=LONG)
    assert states(queue) == ["done"]


def test_a_worker_makes_the_clip_as_the_studio_would(sample_state: LookState, tmp_path: Path) -> None:
    maker = ClipMaker("cpu", (256, 192))
    parcels = [packed(path) for path in paths_of(sample_state)]
    assert len(parcels) == 2
    (reason, details), content = maker.render(sample_state, *parcels)
    assert (reason, details) == ("", "")
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(content)
    with VideoReader(clip) as reader:
        assert len(list(reader)) == 4
    found = restore_from(clip)
    assert found is not None
    assert found.person == sample_state.person, "its user's path, and not the worker's"

    broken = tmp_path / "broken.png"
    cv2.imwrite(str(broken), np.zeros((40, 40, 3), np.uint8))
    refused = sample_state.model_copy(update={"garments": (GarmentInput(path=broken),)})
    (reason, details), content = maker.render(refused, *map(packed, paths_of(refused)))
    assert reason
    assert not details
    assert content == b""


def test_the_address_is_a_preference(qtbot: QtBot, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "studio.ini")
    dialog = Preferences(settings)
    qtbot.addWidget(dialog)
    assert settings.cluster == ""
    for text, kept, note in (
        ("192.0.2.1:6379", "192.0.2.1:6379", "started again"),
        ("nonsense", "192.0.2.1:6379", "no address"),
    ):
        dialog.cluster.setText(text)
        dialog.cluster.editingFinished.emit()
        assert settings.cluster == kept
        assert note in dialog.note.text()
    dialog.cluster.setText("")
    dialog.cluster.editingFinished.emit()
    assert settings.cluster == ""
