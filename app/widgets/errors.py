"""Errors as the user meets them: what happened, what to do about it, and the details to copy.

One dialog at a time, never modal: what comes while it is open joins it. Every error also goes to the log file.
"""

from __future__ import annotations

import logging
import logging.handlers
import sys
import threading
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, QSize, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.widgets.icons import icon
from app.widgets.inspector import Collapsible
from app.widgets.theme import GAP, GRID, ICON

_LOG_BYTES = 1 << 20
_KEPT = 20  # errors whose details the dialog holds
_INFORMED = 15_000  # milliseconds that a banner stays which only informs

log = logging.getLogger("fashionmirror.studio")


@dataclass(frozen=True)
class Problem:
    """cause and remedy: one line each; details: a traceback, or ""."""

    cause: str
    remedy: str = ""
    details: str = ""

    @classmethod
    def of(cls, message: str, details: str = "") -> Problem:
        """From the engine's one line, "what is wrong; what to do"."""
        cause, _, remedy = message.strip().partition("; ")
        return cls(cause, remedy[:1].upper() + remedy[1:], details)


def log_file() -> Path:
    """Where errors are logged."""
    import platformdirs

    return Path(platformdirs.user_log_dir("fashionmirror", appauthor=False)) / "studio.log"


def start_log() -> None:
    """Writes the program's log to ``log_file`` from now on; without a writable place, to stderr."""
    if log.handlers:
        return
    handler: logging.Handler
    try:
        log_file().parent.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            log_file(), maxBytes=_LOG_BYTES, backupCount=1, encoding="utf-8", delay=True
        )
    except OSError:
        handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)


class ErrorDialog(QDialog):
    """What went wrong, newest in front, with the details of all of them to copy."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Something went wrong"))
        self.setModal(False)
        self._problems: list[Problem] = []
        self.count = 0
        column = QVBoxLayout(self)
        column.setSpacing(GRID)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        head = QHBoxLayout()
        head.setSpacing(2 * GRID)
        mark = QLabel()
        mark.setPixmap(icon("error", "error").pixmap(QSize(2 * ICON, 2 * ICON)))
        head.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        self.cause, self.remedy, self.more, where = (QLabel() for _ in range(4))
        font = self.cause.font()
        font.setWeight(font.Weight.DemiBold)
        self.cause.setFont(font)
        for label in (self.cause, self.remedy, self.more, where):
            label.setWordWrap(True)
            # Plain: a file's name in a message is no mark-up.
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            words.addWidget(label)
        self.more.setProperty("muted", True)
        where.setProperty("muted", True)
        where.setText(self.tr("The log is in {file}").format(file=log_file()))
        head.addLayout(words, 1)
        column.addLayout(head)
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setTabChangesFocus(True)
        self.details.setAccessibleName(self.tr("Details"))
        self.details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.details.setMinimumHeight(20 * GRID)
        column.addWidget(Collapsible(self.tr("Details"), self.details, opened=False))
        column.addStretch(1)
        column.addWidget(self._build_buttons())
        self.setMinimumWidth(60 * GRID)

    def _build_buttons(self) -> QWidget:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = buttons.addButton(self.tr("Copy details"), QDialogButtonBox.ButtonRole.ActionRole)
        copy.setIcon(icon("copy"))
        copy.clicked.connect(self.copy_details)
        folder = buttons.addButton(self.tr("Open log folder"), QDialogButtonBox.ButtonRole.ActionRole)
        folder.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_file().parent))))
        buttons.rejected.connect(self.reject)
        return buttons

    def add(self, problem: Problem) -> None:
        """Shows ``problem``, besides those that are shown already."""
        self.count += 1
        self._problems = [*self._problems, problem][-_KEPT:]
        self.cause.setText(problem.cause)
        self.remedy.setText(problem.remedy)
        self.remedy.setVisible(bool(problem.remedy))
        self.more.setVisible(self.count > 1)
        self.more.setText(self.tr("%n more before it; their details are below.", "", self.count - 1))
        self.details.setPlainText(self.text)

    @property
    def text(self) -> str:
        """All that "Copy details" copies."""
        parts = ["\n".join(filter(None, (p.cause, p.remedy, p.details))) for p in reversed(self._problems)]
        return "\n\n".join([*parts, f"Python {sys.version.split()[0]}, {sys.platform}"])

    def copy_details(self) -> None:
        QGuiApplication.clipboard().setText(self.text)


class ErrorReporter(QObject):
    """Takes errors from any thread and shows them in the one dialog."""

    reported = Signal(object)
    """Problem, on the GUI thread."""
    _arrived = Signal(object)

    def __init__(self, window: QWidget | None = None) -> None:
        super().__init__(window)
        self._window = window
        self.dialog: ErrorDialog | None = None
        self._arrived.connect(self._show)

    def report(self, message: str, details: str = "") -> None:
        """message: one line, "what is wrong; what to do"; details: traceback. Fits ``Engine.failed``."""
        log.error("%s\n%s", message, details)
        self._arrived.emit(Problem.of(message, details))

    def report_exception(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """An exception that nobody caught: our fault."""
        said = " ".join(str(error).split())[:300]
        message = self.tr("This didn't work because of a fault in the program ({fault})").format(
            fault=f"{kind.__name__}: {said}" if said else kind.__name__
        )
        remedy = self.tr("your look is kept; try again, or save it and start the program again")
        self.report(f"{message}; {remedy}", "".join(traceback.format_exception(kind, error, trace)))

    def _show(self, problem: Problem) -> None:
        if self.dialog is None or not self.dialog.isVisible():
            if self.dialog is not None:
                self.dialog.deleteLater()
            self.dialog = ErrorDialog(self._window)
        self.dialog.add(problem)
        self.dialog.show()
        self.reported.emit(problem)


def install_excepthook(reporter: ErrorReporter) -> None:
    """Exceptions that reach the top, of slots and of threads, go to ``reporter``; Ctrl+C still ends the program."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        try:
            reporter.report_exception(kind, error, trace)
        except RuntimeError:  # the window is gone already
            sys.__excepthook__(kind, error, trace)

    def thread_hook(facts: threading.ExceptHookArgs) -> None:
        if facts.exc_value is not None and not isinstance(facts.exc_value, SystemExit):
            hook(facts.exc_type, facts.exc_value, facts.exc_traceback)

    sys.excepthook = hook
    threading.excepthook = thread_hook


class Banner(QFrame):
    """One line over the picture for what isn't worth a dialog: what is so, a way to mend it, and a close button.

    What only informs goes by itself, for it lies over the feet; not while the pointer or the focus is on it.
    """

    mend_requested = Signal(str)
    """The remedy's name as given to ``tell``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._remedy = ""
        self.setAutoFillBackground(True)
        self.setAccessibleName(self.tr("Message"))
        row = QHBoxLayout(self)
        row.setContentsMargins(GRID, GAP, GAP, GAP)
        row.setSpacing(GRID)
        self._mark = QLabel()
        self.label = QLabel()
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.button = QPushButton()
        self.button.clicked.connect(lambda: self.mend_requested.emit(self._remedy))
        self.close_button = QToolButton()
        self.close_button.setIcon(icon("close"))
        self.close_button.setAutoRaise(True)
        self.close_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.close_button.setAccessibleName(self.tr("Close the message"))
        self.close_button.clicked.connect(self.hide)
        row.addWidget(self._mark)
        row.addWidget(self.label, 1)
        row.addWidget(self.button)
        row.addWidget(self.close_button)
        self._told_long_enough = QTimer(self, singleShot=True, interval=_INFORMED)
        self._told_long_enough.timeout.connect(self._go)
        self.hide()

    def tell(self, text: str, drawing: str = "info", remedy: str = "", action: str = "") -> None:
        """drawing: info, warning or error; action: what the button says, "" for none; remedy: what it emits."""
        role = drawing if drawing in ("warning", "error") else "text"
        self._mark.setPixmap(icon(drawing, role).pixmap(QSize(ICON, ICON)))
        self.label.setText(text)
        self.label.setAccessibleName(text)
        self._remedy = remedy
        self.button.setText(action)
        self.button.setAccessibleName(action)
        self.button.setVisible(bool(action))
        self.show()
        if drawing == "info":
            self._told_long_enough.start()
        else:
            self._told_long_enough.stop()

    def _go(self) -> None:
        focus = QApplication.focusWidget()
        if self.underMouse() or (focus is not None and self.isAncestorOf(focus)):
            self._told_long_enough.start()
        else:
            self.hide()
