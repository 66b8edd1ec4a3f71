"""Errors reach the user; the window's panels, keys and title."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox
from pytestqt.qtbot import QtBot

from app.model.settings import Settings
from app.model.state import LookState, MotionInput
from app.startup import make_application, make_window
from app.studio.studio import Studio
from app.widgets.window import StudioWindow


def test_a_fault_reaches_the_dialog_and_a_mistake_the_banner(studio: Studio) -> None:
    studio.engine.failed.emit("The disk is full; make room.", "")
    assert "disk" in studio.window.banner.label.text()
    assert studio.reporter.dialog is None
    studio.engine.failed.emit("It broke; try again", "Traceback ...")
    assert studio.reporter.dialog is not None
    assert "Traceback" in studio.reporter.dialog.text


def test_an_exception_of_a_slot_reaches_the_dialog(
    qtbot: QtBot, window: StudioWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.widgets.errors import ErrorReporter, install_excepthook

    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    reporter = ErrorReporter(window)
    install_excepthook(reporter)
    try:
        raise RuntimeError("a slot broke")
    except RuntimeError:
        sys.excepthook(*sys.exc_info())
    qtbot.waitUntil(lambda: reporter.dialog is not None)
    assert "a slot broke" in reporter.dialog.text


def test_what_is_offered_does_something_and_every_control_has_a_name(studio: Studio) -> None:
    window = studio.window
    for name, action in window.actions_by_id.items():
        assert action.isVisible() == (name in window._handlers), name
    kinds = (QAbstractButton, QAbstractSlider, QComboBox, QAbstractSpinBox)
    for control in (child for kind in kinds for child in window.findChildren(kind)):
        if control.isVisible() and control.focusPolicy() & Qt.FocusPolicy.TabFocus:
            assert control.accessibleName() or (isinstance(control, QAbstractButton) and control.text()), control


def test_panels_fold_away_and_the_window_remembers(window: StudioWindow, tmp_path: Path) -> None:
    window.actions_by_id["view.inspector"].trigger()
    assert not window.inspector.isVisible()
    window.close()
    again = make_window(make_application(), Settings(tmp_path / "studio.ini"))
    again.show()
    assert not again.inspector.isVisible()
    assert not again.actions_by_id["view.inspector"].isChecked()
    assert again.left.isVisible()
    again.hide()
    again.deleteLater()


def test_transport_keys_work_on_the_picture_and_leave_buttons_their_own(qtbot: QtBot, dressed: Studio) -> None:
    window = dressed.window
    window.activateWindow()
    window.viewer.setFocus()
    QTest.keyClick(window.viewer, Qt.Key.Key_Right)
    assert window.transport.frame == 1
    QTest.keyClick(window.viewer, Qt.Key.Key_End)
    assert window.transport.frame == 3
    QTest.keyClick(window.viewer, Qt.Key.Key_I)
    assert dressed.document.state.in_point == 3
    slider = window.inspector.garments[0].hem.slider
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert window.transport.frame == 3
    assert dressed.document.state.garments[0].hem == pytest.approx(1.01)


def test_the_title_has_room_for_what_is_open(window: StudioWindow) -> None:
    for text in ("", "ana  ×  linen dress  ×  catwalk", "ana", "ana  ×  linen dress  ×  walk and pause"):
        window.show_title(text)
        QTest.qWait(1)
        assert window.title.isVisible()
        assert window.title.width() >= window.title.sizeHint().width(), text


def test_f10_goes_to_the_menus(qtbot: QtBot, window: StudioWindow) -> None:
    window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_F10)
    assert window.menuBar().activeAction() is window.menuBar().actions()[0]


def test_the_title_names_the_motion_in_the_users_language(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.widgets.language.template_name", {"catwalk": "走秀"}.__getitem__)
    studio.document.replace(LookState(motion=MotionInput(template="catwalk")), None)
    assert studio.window.title.text() == "走秀"
