"""Playing: real time whatever the drawing costs, the shuttle's keys, in and out, and what the bar shows."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.widgets.transport import FASTEST, Transport, TransportBar, timecode


class Clock:
    """Time that passes when a test says so."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def transport(qtbot: QtBot, clock: Clock) -> Transport:
    """96 frames, 25 a second; the timer is too slow to interfere."""
    transport = Transport(clock=clock)
    transport._timer.setInterval(10_000_000)
    transport.set_clip(96, 25)
    return transport


def after(transport: Transport, clock: Clock, seconds: float) -> int:
    clock.now += seconds
    transport.tick()
    return transport.frame


@pytest.mark.parametrize(
    ("frame", "fps", "text"), [(0, 25, "00:00.0"), (35, 25, "00:01.4"), (30, 30, "00:01.0"), (1500, 25, "01:00.0")]
)
def test_timecode(frame: int, fps: float, text: str) -> None:
    assert timecode(frame, fps) == text


def test_a_clip_plays_at_its_own_speed(transport: Transport, clock: Clock) -> None:
    transport.play()
    assert [after(transport, clock, 0.04) for _ in range(3)] == [1, 2, 3]
    assert after(transport, clock, 0.01) == 3


def test_frames_that_are_late_are_left_out_and_time_is_kept(transport: Transport, clock: Clock) -> None:
    seen: list[int] = []
    transport.frame_changed.connect(seen.append)
    transport.play()
    for _ in range(4):
        after(transport, clock, 0.21)
    assert seen == [5, 10, 15, 21]


def test_the_timer_plays(qtbot: QtBot) -> None:
    transport = Transport()
    transport.set_clip(100, 100)
    with qtbot.waitSignals([transport.frame_changed] * 3, timeout=2000):
        transport.play()
    transport.pause()


def test_a_loop_begins_again_and_a_clip_without_one_stops_at_its_end(transport: Transport, clock: Clock) -> None:
    transport.set_points(10, 19)
    transport.seek(15)
    transport.play()
    assert after(transport, clock, 0.24) == 11
    transport.set_loop(False)
    assert after(transport, clock, 5.0) == 19
    assert not transport.playing
    transport.play()
    assert transport.frame == 10, "from the end it begins again"


def test_the_shuttle_doubles_turns_and_stops(transport: Transport, clock: Clock) -> None:
    speeds = []
    for key in (1, 1, 1, 1, -1, -1, 0):
        transport.shuttle(key)
        speeds.append(transport.speed)
    assert speeds == [1, 2, FASTEST, FASTEST, -1, -2, 0]


def test_playing_backwards(transport: Transport, clock: Clock) -> None:
    transport.seek(50)
    transport.shuttle(-1)
    assert [after(transport, clock, 0.04) for _ in range(3)] == [49, 48, 47]
    transport.seek(0)
    assert after(transport, clock, 0.08) == 94, "round to the end"


def test_a_step_stops_and_stays_inside_the_clip(transport: Transport) -> None:
    transport.play()
    transport.step(10)
    assert (transport.frame, transport.speed) == (10, 0)
    transport.step(-50)
    assert transport.frame == 0
    transport.step(1000)
    assert transport.frame == 95


def test_home_and_end_go_to_the_part_and_then_to_the_clip(transport: Transport) -> None:
    transport.set_points(10, 19)
    transport.seek(15)
    places = []
    for go in (transport.to_start, transport.to_start, transport.to_end, transport.to_end):
        go()
        places.append(transport.frame)
    assert places == [10, 0, 19, 95]


def test_in_and_out_are_set_at_the_playhead_and_never_cross(transport: Transport) -> None:
    transport.seek(20)
    transport.set_in()
    transport.seek(30)
    transport.set_out()
    assert transport.points == (20, 30)
    transport.seek(40)
    transport.set_in()
    assert transport.points == (40, None)
    transport.seek(5)
    transport.set_out()
    assert transport.points == (None, 5)
    with pytest.raises(ValueError, match="after"):
        transport.set_points(9, 3)


def test_points_move_by_frames(transport: Transport) -> None:
    transport.set_points(10, 12)
    for _ in range(5):
        transport.nudge(in_by=1)
    assert transport.points == (12, 12)
    transport.nudge(out_by=200)
    assert transport.points == (12, 95)
    transport.nudge(in_by=-100)
    assert transport.points == (0, 95)


def test_another_clip_keeps_the_playhead_where_it_can(transport: Transport) -> None:
    transport.seek(80)
    transport.play()
    transport.set_clip(40, 12)
    assert transport.frame == 39
    transport.set_clip(0, 12)
    assert (transport.frame, transport.playing) == (0, False)
    transport.play()
    assert not transport.playing, "nothing to play"
    for count, fps in ((-1, 25), (5, 0), (5, float("nan"))):
        with pytest.raises(ValueError, match="clip"):
            transport.set_clip(count, fps)


def test_the_bar_shows_where_it_is(qtbot: QtBot, transport: Transport) -> None:
    bar = TransportBar(transport)
    qtbot.addWidget(bar)
    transport.seek(35)
    assert bar.time_label.text() == "00:01.4"
    assert bar.frame_label.text() == "frame 36 / 96"
    transport.shuttle(-1)
    transport.shuttle(-1)
    assert bar.speed_label.text() == "−2×"
    assert bar.play_button.accessibleName().startswith("Pause")
    bar.play_button.click()
    assert not transport.playing
    bar.loop_button.click()
    assert not transport.loop
    transport.set_clip(0, 25)
    assert not bar.play_button.isEnabled()
    assert bar.frame_label.text() == "frame 0 / 0"


def test_every_button_has_a_name_and_a_tip(qtbot: QtBot, transport: Transport) -> None:
    bar = TransportBar(transport)
    qtbot.addWidget(bar)
    assert len(bar._buttons) == 8
    for button in bar._buttons:
        assert button.accessibleName()
        assert button.toolTip()
