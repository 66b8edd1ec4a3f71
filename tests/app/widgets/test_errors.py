"""Errors: cause, remedy and details; one dialog however many come, from every thread; and the log keeps them."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.model.settings import Settings
from app.widgets.errors import Banner, ErrorDialog, ErrorReporter, Problem, install_excepthook, log, log_file, start_log
from app.widgets.preferences import Preferences


@pytest.fixture
def reporter(qtbot: QtBot) -> Iterator[ErrorReporter]:
    window = QWidget()
    qtbot.addWidget(window)
    reporter = ErrorReporter(window)
    yield reporter
    if reporter.dialog is not None:
        reporter.dialog.close()


@pytest.fixture
def hooked(reporter: ErrorReporter) -> Iterator[ErrorReporter]:
    before = sys.excepthook, threading.excepthook
    install_excepthook(reporter)
    yield reporter
    sys.excepthook, threading.excepthook = before


def fail(message: str = "the roof is on fire") -> None:
    raise RuntimeError(message)


@pytest.mark.parametrize(
    ("message", "cause", "remedy"),
    [
        ("The disk is full; make room on it.", "The disk is full", "Make room on it."),
        ("It broke.", "It broke.", ""),
        ("A; b; c", "A", "B; c"),
        ("", "", ""),
    ],
)
def test_a_message_is_cause_and_remedy(message: str, cause: str, remedy: str) -> None:
    assert Problem.of(message) == Problem(cause, remedy)


def test_the_dialog_says_cause_remedy_and_where_the_log_is(reporter: ErrorReporter) -> None:
    reporter.report("The disk is full; make room on it.", "Traceback: here")
    dialog = reporter.dialog
    assert dialog is not None
    assert dialog.isVisible()
    assert not dialog.isModal()
    assert dialog.cause.text() == "The disk is full"
    assert dialog.remedy.text() == "Make room on it."
    labels = " ".join(label.text() for label in dialog.findChildren(type(dialog.cause)))
    assert str(log_file()) in labels


def test_copy_details_copies_all_of_it(reporter: ErrorReporter) -> None:
    reporter.report("One thing; mend it", "Traceback: first")
    reporter.report("Another thing", "Traceback: second")
    assert reporter.dialog is not None
    reporter.dialog.copy_details()
    text = QGuiApplication.clipboard().text()
    for part in ("One thing", "Mend it", "Traceback: first", "Another thing", "Traceback: second", "Python"):
        assert part in text


def test_many_errors_share_one_dialog(reporter: ErrorReporter) -> None:
    for k in range(50):
        reporter.report(f"Error {k}")
    dialogs = [w for w in QApplication.topLevelWidgets() if isinstance(w, ErrorDialog) and w.isVisible()]
    assert dialogs == [reporter.dialog]
    assert dialogs[0].cause.text() == "Error 49"
    assert "49" in dialogs[0].more.text()


def test_a_closed_dialog_opens_again_without_the_old_errors(reporter: ErrorReporter) -> None:
    reporter.report("Old")
    assert reporter.dialog is not None
    reporter.dialog.close()
    reporter.report("New")
    assert reporter.dialog.isVisible()
    assert "Old" not in reporter.dialog.text


def test_a_file_name_is_no_markup(reporter: ErrorReporter) -> None:
    reporter.report("<b>bold</b>.png is damaged; choose another")
    assert reporter.dialog is not None
    assert reporter.dialog.cause.text().startswith("<b>")
    assert reporter.dialog.cause.textFormat().name == "PlainText"


def test_an_exception_in_a_slot_reaches_the_dialog(hooked: ErrorReporter, qtbot: QtBot) -> None:
    with qtbot.captureExceptions(), qtbot.waitSignal(hooked.reported) as reported:
        install_excepthook(hooked)  # pytest-qt has put its own in place
        QTimer.singleShot(0, fail)
    assert "RuntimeError: the roof is on fire" in reported.args[0].cause
    assert "in fail" in reported.args[0].details


def test_an_exception_in_a_thread_is_shown_on_the_gui_thread(hooked: ErrorReporter, qtbot: QtBot) -> None:
    places: list[threading.Thread] = []
    hooked.reported.connect(lambda _: places.append(threading.current_thread()))
    with qtbot.waitSignal(hooked.reported):
        thread = threading.Thread(target=fail)
        thread.start()
    thread.join()
    assert places == [threading.main_thread()]


def test_ctrl_c_is_no_error(hooked: ErrorReporter, capsys: pytest.CaptureFixture[str]) -> None:
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert hooked.dialog is None
    assert "KeyboardInterrupt" in capsys.readouterr().err


@pytest.fixture
def logging_to_file() -> Iterator[None]:
    log.handlers.clear()  # another test's, which writes elsewhere
    start_log()
    yield
    for handler in list(log.handlers):
        handler.close()
        log.removeHandler(handler)


@pytest.mark.usefixtures("logging_to_file")
def test_every_error_is_in_the_log(reporter: ErrorReporter) -> None:
    reporter.report("The disk is full; make room on it.", "Traceback: here")
    for handler in log.handlers:
        handler.flush()
    text = log_file().read_text(encoding="utf-8")
    assert "The disk is full" in text
    assert "Traceback: here" in text


def test_a_log_that_cannot_be_written_does_not_stop_the_program() -> None:
    log_file().parent.parent.mkdir(parents=True, exist_ok=True)
    log_file().parent.write_text("a file where the folder should be") if not log_file().parent.exists() else None
    start_log()
    try:
        assert all(type(handler) is logging.StreamHandler for handler in log.handlers)
    finally:
        log.handlers.clear()


def test_what_only_informs_goes_by_itself(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """It lies over the person's feet; a warning stays until it is mended or closed, and so does what is being read."""
    monkeypatch.setattr("app.widgets.errors._INFORMED", 30)
    window = QWidget()
    qtbot.addWidget(window)
    banner = Banner(window)
    monkeypatch.setattr(banner, "underMouse", lambda: False)
    window.show()
    window.setFocus()
    banner.tell("ana.jpg went to Person.", "info", "undo", "Undo")
    qtbot.waitUntil(lambda: not banner.isVisible())
    banner.tell("ana.jpg went to Person.", "info", "undo", "Undo")
    banner.tell("Two pictures are missing.", "warning", "find", "Find them…")
    qtbot.wait(120)
    assert banner.isVisible()
    monkeypatch.setattr(banner, "underMouse", lambda: True)
    banner.tell("ana.jpg went to Person.", "info", "undo", "Undo")
    qtbot.wait(120)
    assert banner.isVisible()


def test_a_banner_offers_its_remedy_and_goes(qtbot: QtBot) -> None:
    banner = Banner()
    qtbot.addWidget(banner)
    banner.tell("Two pictures are missing.", "warning", "find", "Find them…")
    assert banner.isVisible()
    with qtbot.waitSignal(banner.mend_requested) as asked:
        banner.button.click()
    assert asked.args == ["find"]
    banner.close_button.click()
    assert not banner.isVisible()


# Preferences


def test_a_preference_holds_at_once(qtbot: QtBot) -> None:
    settings = Settings()
    dialog = Preferences(settings)
    qtbot.addWidget(dialog)
    dialog.show()
    seen: list[str] = []
    settings.changed.connect(seen.append)
    dialog.theme.setCurrentIndex(dialog.theme.findData("dark"))
    dialog.theme.activated.emit(dialog.theme.currentIndex())
    dialog.animated.click()
    assert (settings.theme, settings.animated) == ("dark", False)
    assert seen == ["theme", "animated"]
    assert not dialog.note.isVisible()


def test_what_holds_only_after_a_new_start_says_so(qtbot: QtBot) -> None:
    settings = Settings()
    dialog = Preferences(settings)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.threads.setValue(1)
    assert settings.threads == 1
    assert dialog.note.isVisible()


def test_it_shows_what_was_chosen_before(qtbot: QtBot) -> None:
    settings = Settings()
    settings.language, settings.device, settings.threads = "zh_TW", "cpu", 200
    dialog = Preferences(settings)
    qtbot.addWidget(dialog)
    assert dialog.language.currentText() == "繁體中文"
    assert dialog.device.currentData() == "cpu"
    assert dialog.threads.value() == 200
