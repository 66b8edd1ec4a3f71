"""Five hundred random acts of a user on the real window, over a core that answers at once; after each, all must agree."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import quick_core
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QUndoStack, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from app.model.document import Document
from app.model.input_files import inputs, may_travel, with_paths
from app.model.project import load_project, save_project
from app.model.recovery import Autosave
from app.model.settings import Settings
from app.model.state import ClipSettings, GarmentInput, LookState, MotionInput, PersonInput, Quality
from app.startup import make_application, make_window
from app.studio import studio as studio_module
from app.studio.studio import Studio
from fashionmirror_core import samples
from fashionmirror_core.media.images import read_image, write_image
from fashionmirror_core.motion.motion import Motion

ACTS = 500
SEED = 14
LEFT_OUT = {"file.quit"}  # ends the walk


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """What the user has at hand: photos, garments, motions, a project, and what can't be used."""
    folder = tmp_path / "files"
    folder.mkdir()
    sample = samples.sample_look()
    photo = cv2.resize(read_image(sample.person), (48, 64), interpolation=cv2.INTER_AREA)
    garment = cv2.resize(read_image(sample.garment)[..., :3], (40, 56), interpolation=cv2.INTER_AREA)
    write_image(folder / "ana.png", photo)
    write_image(folder / "eva.png", np.ascontiguousarray(photo[:, ::-1]))
    write_image(folder / "dress.png", garment)
    write_image(folder / "coat.png", np.ascontiguousarray(garment[..., ::-1]))
    Motion.template("catwalk").take(9).save(folder / "walk.json")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "letter.txt").write_text("no picture")
    look = LookState(
        person=PersonInput(path=folder / "eva.png"),
        garments=(GarmentInput(path=folder / "coat.png"),),
        motion=MotionInput(path=folder / "walk.json"),
        clip=ClipSettings(quality=Quality.draft),
    )
    save_project(look, folder / "eva.fmirror")
    return sorted(folder.iterdir())


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path, files: list[Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    quick_core.install(monkeypatch)
    monkeypatch.setattr(studio_module, "install_excepthook", lambda reporter: None)  # qtbot has its own
    window = make_window(make_application(), Settings(tmp_path / "studio.ini"))
    window.settings.clips_folder = str(tmp_path / "clips")
    window.resize(700, 520)
    window.show()
    made = Studio(window)
    yield made
    made.close()
    window.hide()
    window.deleteLater()
    QTest.qWait(0)


def wait_until(reached: Callable[[], bool], seconds: float = 20) -> None:
    end = time.perf_counter() + seconds
    while not reached():
        QTest.qWait(1)
        assert time.perf_counter() < end, "in time"


class Walk:
    """A user without a plan. ``told``: every act, so that a failure can be read."""

    def __init__(self, studio: Studio, files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
        self.studio, self.window, self.files = studio, studio.window, files
        self.project = next(path for path in files if path.suffix == ".fmirror")
        self.whole = self.project.read_bytes()
        self.chance = random.Random(SEED)
        self.told: list[str] = []
        self.problems: list[str] = []
        self.actions = [name for name in self.window.actions_by_id if name not in LEFT_OUT]
        studio.reporter.reported.connect(lambda problem: self.problems.append(f"{problem.cause} {problem.details}"))
        studio.collection.ask = lambda waits: True
        monkeypatch.setattr(QFileDialog, "open", lambda dialog, *_: self._choose(dialog))
        for name in ("about", "question", "warning", "information"):
            monkeypatch.setattr(QMessageBox, name, lambda *_: QMessageBox.StandardButton.Yes)
        monkeypatch.setattr(QMessageBox, "exec", lambda *_: 0)
        monkeypatch.setattr(QDesktopServices, "openUrl", lambda *_: True)
        self.acts: list[tuple[int, Callable[[], str]]] = [
            (50, self._action),
            (8, self._drop),
            (6, self._render),
            (10, self._drag_on_the_picture),
            (6, self._drag_on_the_timeline),
            (4, self._wheel),
            (6, self._key),
            (6, self._inspect),
            (4, self._undo_several),
            (4, self._wait),
        ]

    def act(self) -> None:
        weights, acts = zip(*self.acts, strict=True)
        act = self.chance.choices(acts, weights)[0]
        self.told.append(act.__name__.strip("_"))
        self.told[-1] += " " + act()
        QApplication.processEvents()
        self._end_dialogs()
        QApplication.processEvents()

    def begin_anew(self) -> None:
        """Opens the project and renders it, or most walks would end with a look that can't be dressed."""
        self.told.append("begin anew")
        studio = self.studio
        studio.projects.ask = lambda: "discard"
        studio.collection.show(False)
        wait_until(lambda: not studio.background.busy)  # a save that is under way would come after
        self.project.write_bytes(self.whole)  # it may have been saved over with anything
        studio.projects.open(self.project)
        studio.projects.ask = lambda: self.chance.choice(["save", "discard", "cancel"])
        wait_until(lambda: not studio.background.busy and studio.engine.frames.count == 9)
        studio.rendering.start()
        wait_until(lambda: studio.engine.frames.count == 9 and not studio.engine.frames.unrendered)

    # --- acts

    def _action(self) -> str:
        name = self.chance.choice(self.actions)
        self.window.actions_by_id[name].trigger()  # does nothing where it is disabled
        return name

    def _render(self) -> str:
        """And waits, for once."""
        self.window.actions_by_id["render.start"].trigger()
        end = time.perf_counter() + self.chance.choice([0, 0.3])
        while self.studio.rendering.busy and time.perf_counter() < end:
            QTest.qWait(1)
        return ""

    def _drop(self) -> str:
        chosen = self.chance.sample(self.files, self.chance.choice([1, 1, 1, 2]))
        if self.chance.random() < 0.5:  # a user without a plan still wants a look
            useful = self.chance.choice(["eva.fmirror", "coat.png"])
            chosen = [next(path for path in self.files if path.name == useful)]
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path)) for path in chosen])
        well = self.chance.choice(["window", "person", "garment", "motion"])
        if well == "window":
            self.window.dropped.emit(mime)
        elif chosen[0].suffix in (".png", ".json"):
            self.studio.inputs.fill(well, chosen[0], self.chance.choice([-1, 0]))
        return f"{well} {[path.name for path in chosen]}"

    def _drag_on_the_picture(self) -> str:
        return self._drag(self.window.viewer)

    def _drag_on_the_timeline(self) -> str:
        return self._drag(self.window.timeline)

    def _drag(self, widget: QWidget) -> str:
        points = [self._point(widget) for _ in range(3)]
        button = self.chance.choice([Qt.MouseButton.LeftButton] * 3 + [Qt.MouseButton.MiddleButton])
        if self.chance.random() < 0.15:
            QTest.mouseDClick(widget, button, pos=points[0])
        QTest.mousePress(widget, button, pos=points[0])
        for point in points[1:]:
            QTest.mouseMove(widget, point)
        QTest.mouseRelease(widget, button, pos=points[-1])
        return f"{button.name} {[point.toTuple() for point in points]}"

    def _point(self, widget: QWidget) -> QPoint:
        return QPoint(self.chance.randrange(-5, widget.width() + 5), self.chance.randrange(-5, widget.height() + 5))

    def _wheel(self) -> str:
        widget = self.chance.choice([self.window.viewer, self.window.timeline])
        place, none = QPointF(self._point(widget)), Qt.KeyboardModifier.NoModifier
        turn = QPoint(0, self.chance.choice([-120, 120]))
        phase = Qt.ScrollPhase.NoScrollPhase
        event = QWheelEvent(place, place, QPoint(), turn, Qt.MouseButton.NoButton, none, phase, False)
        QApplication.sendEvent(widget, event)
        return str(turn.y())

    def _key(self) -> str:
        keys = Qt.Key
        key = self.chance.choice(
            [keys.Key_Escape, keys.Key_Tab, keys.Key_Delete, keys.Key_Space, keys.Key_Left, keys.Key_End, keys.Key_I]
        )
        QTest.keyClick(QApplication.focusWidget() or self.window.viewer, key)
        return key.name

    def _inspect(self) -> str:
        """A setting of the look, as the inspector gives it."""
        clip = self.studio.document.state.clip
        update: dict[str, Any] = self.chance.choice(
            [
                {"frames": self.chance.choice([None, 1, 3, 12])},
                {"fps": self.chance.choice([None, 12.0, 50.0])},
                {"background": self.chance.choice(["keep", "white", "transparent", str(self.files[0])])},
                {"transition": self.chance.choice([0, 8])},
                {"retarget": self.chance.choice([True, False])},
            ]
        )
        self.window.inspector.changed.emit({"clip": clip.model_copy(update=update)}, "clip", "Clip")
        return str(update)

    def _undo_several(self) -> str:
        stack, steps = self.studio.document.undo_stack, self.chance.randrange(1, 6)
        step = self.chance.choice([QUndoStack.undo, QUndoStack.redo])
        for _ in range(steps):
            step(stack)
        return f"{step.__name__} {steps}"

    def _wait(self) -> str:
        QTest.qWait(self.chance.choice([1, 10, 80]))
        return ""

    # --- dialogs

    def _choose(self, dialog: QFileDialog) -> None:
        """The user picks a file, or saves under a new name, or thinks better of it."""
        if self.chance.random() < 0.3:
            return
        if dialog.acceptMode() is QFileDialog.AcceptMode.AcceptSave:
            file = self.files[0].parent / f"saved-{self.chance.randrange(3)}.fmirror"
        else:
            file = self.chance.choice(self.files)
        self.told[-1] += f" ({file.name})"
        dialog.fileSelected.emit(str(file))

    def _end_dialogs(self) -> None:
        for widget in QApplication.topLevelWidgets():
            if isinstance(widget, QDialog) and widget.isVisible():
                self.told[-1] += f" [{type(widget).__name__}]"
                if self.chance.random() < 0.3 and not isinstance(widget, QFileDialog):
                    widget.accept()
                widget.close()

    # --- what must hold

    def check(self, number: int, folder: Path) -> None:
        studio, window = self.studio, self.window
        state, frames = studio.document.state, studio.engine.frames
        assert self.problems == []
        assert LookState.model_validate(state) == state, "a project could hold it"
        assert window.transport.points == (state.in_point, state.out_point)
        assert window.timeline.points == window.transport.points
        assert window.timeline.count == window.transport.count == frames.count
        states = [frames.state(k) for k in range(frames.count)]
        assert [window.timeline.state(k) for k in range(frames.count)] == states
        assert frames.unrendered == sum(one.value != "fresh" for one in states)
        assert window.isWindowModified() == studio.document.modified
        mode = studio.editing.mode
        checked = [
            name for name, action in window.actions_by_id.items() if name.startswith("paint.") and action.isChecked()
        ]
        assert checked == ([f"paint.{mode}"] if mode else [])
        assert not window.viewer.painting or window.viewer.painting == mode
        if number % 10 == 0:
            self._check_undo()
        if number % 25 == 0:
            self._check_file(folder / f"{number}.fmirror")

    def _check_undo(self) -> None:
        """There and back again is nothing, and so is back and there again."""
        document, stack = self.studio.document, self.studio.document.undo_stack
        before = document.state
        for forth, back, possible in (
            (stack.undo, stack.redo, stack.canUndo()),
            (stack.redo, stack.undo, stack.canRedo()),
        ):
            if possible:
                forth()
                assert document.state != before
                back()
            assert document.state == before

    def _check_file(self, path: Path) -> None:
        state = self.studio.document.state

        def plain(look: LookState) -> LookState:
            return with_paths(look, lambda kind, file: Path(file.name))

        save_project(state, path)
        loaded = load_project(path)
        misused = [file for kind, file in inputs(state) if not may_travel(file, kind)]  # a text chosen for a photo
        assert set(loaded.missing) <= set(misused)
        assert plain(loaded.state) == plain(state)


def test_five_hundred_random_acts(
    studio: Studio, files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    (tmp_path / "checked").mkdir()
    walk = Walk(studio, files, monkeypatch)
    studio.start()
    begun = time.perf_counter()
    seen: set[str] = set()
    try:
        with qtbot.captureExceptions() as exceptions:
            for number in range(ACTS):
                walk.act()
                assert exceptions == []
                walk.check(number, tmp_path / "checked")
                seen.update(one.value for one in map(studio.engine.frames.state, range(studio.engine.frames.count)))
                if number % 100 == 50:
                    walk.begin_anew()
                    seen.update(one.value for one in map(studio.engine.frames.state, range(studio.engine.frames.count)))
    except BaseException:
        print(f"\nseed {SEED}, after {len(walk.told)} acts in {time.perf_counter() - begun:.0f} s:")
        print("\n".join(walk.told[-12:]))
        raise
    assert {"missing", "fresh", "stale"} <= seen, "the walk got around"

    state, modified = studio.document.state, studio.document.modified
    studio.close(keep_unsaved=True)
    keeper = Autosave(Document())
    left = keeper.pending()
    assert len(left) == modified
    if modified:
        assert keeper.recover(left[0]).state == state
    keeper.close()
