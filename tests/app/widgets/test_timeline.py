"""The timeline: what it shows of each frame, scrubbing, points, zoom, and what it tells those who can't see it."""

from __future__ import annotations

import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.engine.frames import FrameState
from app.model.limits import MAX_FRAMES
from app.widgets import picture_row
from app.widgets import timeline as module
from app.widgets.theme import DARK, LIGHT, Theme, apply_theme, contrast
from app.widgets.timeline import WIDEST, Timeline
from app.widgets.timeline_painting import paint_state
from app.widgets.timeline_scale import LANES

COUNT = 96
STRIP_Y, RULER_Y, BAND_Y = 50, 10, 80


@pytest.fixture
def timeline(qtbot: QtBot, qapp: QApplication) -> Timeline:
    apply_theme(qapp, "light")
    widget = Timeline()
    qtbot.addWidget(widget)
    widget.resize(1000, widget.sizeHint().height())
    widget.set_clip(COUNT, 25)
    widget.show()
    return widget


def at(timeline: Timeline, frame: float, y: int = STRIP_Y) -> QPoint:
    """The widget's point at the middle of a frame."""
    return QPoint(round(timeline.scale.x(frame + 0.5)), y)


def edge(timeline: Timeline, frame: int) -> QPoint:
    """The ruler's point where a frame begins."""
    return QPoint(round(timeline.scale.x(frame)), RULER_Y)


def drag(qtbot: QtBot, timeline: Timeline, *points: QPoint) -> None:
    qtbot.mousePress(timeline, Qt.MouseButton.LeftButton, pos=points[0])
    for point in points[1:]:
        qtbot.mouseMove(timeline, point)
    qtbot.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=points[-1])


def wheel(timeline: Timeline, x: float, turn: QPoint) -> None:
    place = QPointF(x, STRIP_Y)
    none = Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        place, place, QPoint(), turn, Qt.MouseButton.NoButton, none, Qt.ScrollPhase.NoScrollPhase, False
    )
    QApplication.sendEvent(timeline, event)


def colors(timeline: Timeline, left: float, right: float, top: int, bottom: int) -> set[str]:
    picture = timeline.grab().toImage()
    return {picture.pixelColor(x, y).name() for x in range(round(left), round(right)) for y in range(top, bottom)}


def plain(color: tuple[int, int, int]) -> np.ndarray:
    return np.full((96, 72, 3), color, np.uint8)


def test_a_click_asks_for_the_frame_under_it(qtbot: QtBot, timeline: Timeline) -> None:
    with qtbot.waitSignal(timeline.frame_requested, timeout=1000) as asked:
        qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=at(timeline, 40))
    assert asked.args == [40]
    assert timeline.frame == 40


def test_scrubbing_asks_for_the_newest_frame_only(qtbot: QtBot, timeline: Timeline) -> None:
    asked: list[int] = []
    timeline.frame_requested.connect(asked.append)
    drag(qtbot, timeline, *(at(timeline, frame) for frame in range(10, 61, 5)))
    assert asked[-1] == 60
    assert len(asked) < 11, "frames on the way are skipped"
    assert asked == sorted(asked)


def test_scrubbing_past_the_ends_stays_in_the_clip(qtbot: QtBot, timeline: Timeline) -> None:
    drag(qtbot, timeline, at(timeline, 40), QPoint(5000, STRIP_Y))
    assert timeline.frame == COUNT - 1
    drag(qtbot, timeline, at(timeline, 40), QPoint(-500, STRIP_Y))
    assert timeline.frame == 0


def test_being_told_a_frame_asks_for_nothing(qtbot: QtBot, timeline: Timeline) -> None:
    with qtbot.assertNotEmitted(timeline.frame_requested, wait=20):
        timeline.set_frame(30)
    assert timeline.frame == 30


def test_handles_are_dragged_and_never_cross(qtbot: QtBot, timeline: Timeline) -> None:
    drag(qtbot, timeline, edge(timeline, 0), edge(timeline, 20))
    assert timeline.points == (20, None)
    drag(qtbot, timeline, edge(timeline, COUNT), edge(timeline, 60))
    assert timeline.points == (20, 59)
    drag(qtbot, timeline, edge(timeline, 20), edge(timeline, 90))
    assert timeline.points == (59, 59)


def test_points_are_said_and_given_up_by_a_double_click(qtbot: QtBot, timeline: Timeline) -> None:
    timeline.set_points(20, 59)
    with qtbot.waitSignal(timeline.points_changed, timeout=1000) as said:
        qtbot.mouseDClick(timeline, Qt.MouseButton.LeftButton, pos=edge(timeline, 20))
    assert said.args == [None, 59]


def test_the_wheel_zooms_at_the_mouse(timeline: Timeline) -> None:
    place = at(timeline, 70).x()
    for _ in range(4):
        wheel(timeline, place, QPoint(0, 120))
    assert timeline.scale.frame_at(place) == 70
    assert timeline._bar.isVisible()
    for _ in range(40):
        wheel(timeline, place, QPoint(0, 120))
    assert timeline.scale.wide == pytest.approx(WIDEST)
    for _ in range(60):
        wheel(timeline, place, QPoint(0, -120))
    assert timeline.scale.wide * COUNT == pytest.approx(timeline.scale.tracks.width())
    assert not timeline._bar.isVisible()


def test_the_view_follows_the_playhead(timeline: Timeline) -> None:
    timeline.zoom(8)
    for frame in (95, 3, 60):
        timeline.set_frame(frame)
        assert frame in timeline.scale.seen
        assert timeline.scale.tracks.contains(at(timeline, frame))


def test_a_long_clip_draws_only_the_thumbnails_that_fit(timeline: Timeline) -> None:
    timeline.set_clip(600, 25)
    for frame in range(600):
        timeline.set_thumbnail(frame, plain((200, 0, 0)))
    assert sum(1 for _ in timeline.scale.slots(42)) < 40
    assert QColor(200, 0, 0).name() in colors(timeline, timeline.scale.x(300), timeline.scale.x(330), 30, 60)


def test_a_long_clip_costs_no_more_a_frame_than_a_short_one(timeline: Timeline) -> None:
    """Quadratic, as it once was, this takes a minute."""
    timeline.set_clip(MAX_FRAMES, 25)
    picture, begun = plain((200, 0, 0)), time.process_time()
    for frame in range(MAX_FRAMES):
        timeline.set_state(frame, FrameState.rendering)
        timeline.set_state(frame, FrameState.fresh)
        timeline.set_thumbnail(frame, picture)
        timeline.set_lane("clothing", frame, picture)
    timeline.grab()
    assert time.process_time() - begun < 5


def test_only_pictures_that_are_drawn_are_scaled(timeline: Timeline, monkeypatch: pytest.MonkeyPatch) -> None:
    scaled: list[np.ndarray] = []
    scale = picture_row.scaled
    monkeypatch.setattr(picture_row, "scaled", lambda *given: scaled.append(given[0]) or scale(*given))
    timeline.set_clip(600, 25)
    for frame in range(600):
        timeline.set_thumbnail(frame, plain((200, 0, 0)))
        timeline.set_lane("clothing", frame, np.full((9, 9), frame % 256, np.uint8))
    assert not scaled
    timeline.grab()
    drawn = len(scaled)
    assert 0 < drawn < 150
    timeline._repaint()
    timeline.grab()
    assert len(scaled) == drawn


def test_a_slot_shows_the_first_frame_there_that_has_a_thumbnail(timeline: Timeline) -> None:
    timeline.set_thumbnail(2, plain((0, 200, 0)))
    assert QColor(0, 200, 0).name() in colors(timeline, timeline.scale.x(0), timeline.scale.x(3), 30, 60)
    timeline.set_thumbnail(2, None)
    assert QColor(0, 200, 0).name() not in colors(timeline, timeline.scale.x(0), timeline.scale.x(3), 30, 60)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_states_differ_without_their_colours(qapp: QApplication, theme: Theme) -> None:
    """Reduced to where they put ink at all, no two states look alike."""

    def ink(state: FrameState) -> bytes:
        picture = QImage(40, 8, QImage.Format.Format_RGB32)
        picture.fill(theme.color("base"))
        painter = QPainter(picture)
        paint_state(painter, QRectF(0, 0, 40, 8), state, theme)
        painter.end()
        pixels = [picture.pixelColor(x, y).name() for y in range(2, 6) for x in range(2, 38)]
        strongest = max(pixels, key=lambda color: contrast(color, theme.base))
        return bytes(pixel == strongest != theme.base for pixel in pixels)

    seen = {state: ink(state) for state in FrameState}
    assert len(set(seen.values())) == len(FrameState)


def test_running_frames_move_and_others_do_not(qtbot: QtBot, timeline: Timeline) -> None:
    timeline.set_state(5, FrameState.rendering)
    assert timeline._pulse.isActive()
    before = timeline._phase
    qtbot.waitUntil(lambda: timeline._phase != before, timeout=1000)
    timeline.set_state(5, FrameState.fresh)
    assert not timeline._pulse.isActive()


def test_motion_can_be_off(timeline: Timeline) -> None:
    timeline.animated = False
    timeline.set_state(5, FrameState.rendering)
    assert not timeline._pulse.isActive()


def test_a_mended_frame_has_a_mark(timeline: Timeline) -> None:
    def marked() -> bool:
        return LIGHT.accent in colors(timeline, timeline.scale.x(40), timeline.scale.x(42), 65, 76)

    assert not marked()
    timeline.set_edited(40, True)
    assert marked()
    timeline.set_edited(40, False)
    assert not marked()


@pytest.mark.parametrize("name", LANES)
def test_a_lane_shows_levels_and_pictures(timeline: Timeline, name: str) -> None:
    row = timeline.scale.row(3 + LANES.index(name))

    def shown() -> set[str]:
        return colors(timeline, timeline.scale.x(40) + 1, timeline.scale.x(41) - 1, row.top() + 2, row.bottom())

    empty = shown()
    timeline.set_lane(name, 40, 1.0)
    assert not shown() & empty, "a full bar"
    timeline.set_lane(name, 40, None)
    assert shown() == empty
    timeline.set_lane(name, 40, np.full((96, 72), 255, np.uint8))
    timeline.set_lane(name, 41, np.full((96, 72), 0.0, np.float32))
    assert "#ffffff" in shown()


def test_it_says_what_a_frame_is(timeline: Timeline) -> None:
    timeline.set_state(35, FrameState.stale)
    timeline.set_edited(35, True)
    timeline.set_frame(35)
    assert timeline.describe(35) == "Frame 36 of 96, 00:01.4, changed since it was rendered, mended by hand"
    assert timeline.accessibleName() == "Timeline"
    assert timeline.accessibleDescription().startswith("Frame 36 of 96")
    assert len({timeline.describe(0)} | {_said(timeline, state) for state in FrameState}) == len(FrameState)


def _said(timeline: Timeline, state: FrameState) -> str:
    timeline.set_state(0, state)
    return timeline.describe(0)


def test_playing_repaints_the_playhead_only(timeline: Timeline) -> None:
    timeline.grab()
    kept = timeline._picture
    timeline.set_frame(20)
    timeline.grab()
    assert timeline._picture is kept


def test_a_new_theme_repaints_all(qapp: QApplication, timeline: Timeline) -> None:
    assert LIGHT.base in colors(timeline, timeline.scale.x(40), timeline.scale.x(60), 25, 70)
    apply_theme(qapp, "dark")
    assert DARK.base in colors(timeline, timeline.scale.x(40), timeline.scale.x(60), 25, 70)
    apply_theme(qapp, "light")


def test_an_empty_strip_says_what_fills_it(timeline: Timeline) -> None:
    def colours() -> set[int]:
        picture = timeline.grab().toImage()
        return {picture.pixel(x, y) for x in range(400, 700) for y in range(STRIP_Y - 10, STRIP_Y + 10)}

    assert len(colours()) > 5, "words"
    timeline.set_thumbnail(0, np.zeros((40, 30, 3), np.uint8))
    timeline._repaint()
    assert len(colours()) == 1


def test_without_a_clip_nothing_happens(qtbot: QtBot, timeline: Timeline) -> None:
    timeline.set_clip(0, 25)
    with qtbot.assertNotEmitted(timeline.frame_requested, wait=20):
        qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=QPoint(300, STRIP_Y))
        wheel(timeline, 300, QPoint(0, 120))
        timeline.zoom(2)
    timeline.grab()
    assert timeline.accessibleDescription() == "No clip"


def test_another_clip_forgets_the_last_one(timeline: Timeline) -> None:
    timeline.set_state(5, FrameState.rendering)
    timeline.set_frame(90)
    timeline.set_clip(10, 12)
    assert timeline.state(5) is FrameState.missing
    assert timeline.frame == 9
    assert not timeline._pulse.isActive()


def test_what_is_no_frame_lane_or_picture_is_refused(timeline: Timeline) -> None:
    for frame in (-1, COUNT):
        with pytest.raises(IndexError, match="96"):
            timeline.set_state(frame, FrameState.fresh)
    with pytest.raises(KeyError, match="shadow"):
        timeline.set_lane("shadow", 0, 1.0)
    with pytest.raises(ValueError, match="picture"):
        timeline.set_thumbnail(0, np.zeros((4, 4, 2), np.uint8))
    with pytest.raises(ValueError, match="clip"):
        timeline.set_clip(-1, 25)


def test_a_narrow_widget_still_paints(timeline: Timeline) -> None:
    timeline.resize(30, 30)
    timeline.zoom(3)
    timeline.grab()
    assert timeline.minimumSizeHint().width() > module.GRIP
