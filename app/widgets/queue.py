"""The queue as a panel: what waits, what is being rendered, what is done, and what can be done about it.

One line of buttons acts on the jobs that are chosen in the list, so that everything is reached by keyboard.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    QUrl,
)
from PySide6.QtGui import QDesktopServices, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListView,
    QMenu,
    QSizePolicy,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.engine.queue import LookQueue
from app.model.lookbook import Job, JobState
from app.widgets.icons import icon
from app.widgets.theme import GAP, GRID, ICON, RADIUS, current

Index = QModelIndex | QPersistentModelIndex
JOB = Qt.ItemDataRole.UserRole
MARKS = {
    JobState.waiting: ("clip", "muted"),
    JobState.working: ("render", "accent"),
    JobState.done: ("check", "good"),
    JobState.failed: ("error", "error"),
    JobState.cancelled: ("cancel", "muted"),
}
"""State -> the icon's name and the role of its colour."""


def state_words(job: Job) -> str:
    """What is with a job, in few words."""
    if job.state is JobState.working and job.total:
        percent = QCoreApplication.translate("Queue", "{percent} %").format(percent=100 * job.done // job.total)
        return f"{percent}, {time_left(job.left)}" if job.left else percent
    if job.state is JobState.working:
        return job.message or QCoreApplication.translate("Queue", "Beginning")
    return {
        JobState.waiting: QCoreApplication.translate("Queue", "Waiting"),
        JobState.done: QCoreApplication.translate("Queue", "Done"),
        JobState.failed: job.message or QCoreApplication.translate("Queue", "Failed"),
        JobState.cancelled: QCoreApplication.translate("Queue", "Cancelled"),
    }[job.state]


def time_left(seconds: float) -> str:
    """Seconds as somebody would say them."""
    if seconds < 60:
        return QCoreApplication.translate("Queue", "{n} s left").format(n=max(1, round(seconds)))
    return QCoreApplication.translate("Queue", "{n} min left").format(n=round(seconds / 60))


class _Jobs(QAbstractListModel):
    """The queue's jobs, as the list shows them."""

    def __init__(self, queue: LookQueue, parent: QWidget) -> None:
        super().__init__(parent)
        self._queue = queue
        self._jobs = queue.jobs
        queue.changed.connect(self._job_changed)

    def renew(self) -> None:
        self.beginResetModel()
        self._jobs = self._queue.jobs
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._jobs)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not 0 <= index.row() < len(self._jobs):
            return None
        job = self._jobs[index.row()]
        if role == JOB:
            return job
        if role == Qt.ItemDataRole.DisplayRole:
            return job.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{job.title}\n{state_words(job)}\n{job.target}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{job.title}: {state_words(job)}"
        return None

    def _job_changed(self, number: int) -> None:
        self._jobs = self._queue.jobs
        for row, job in enumerate(self._jobs):
            if job.id == number:
                self.dataChanged.emit(self.index(row), self.index(row))


class _JobDelegate(QStyledItemDelegate):
    """A job: its mark, its title, and under it what is with it, as a bar while it works."""

    def sizeHint(self, option: Any, index: Index) -> QSize:
        return QSize(25 * GRID, 2 * option.fontMetrics.height() + 2 * GRID)

    def paint(self, painter: QPainter, option: Any, index: Index) -> None:
        job: Job = index.data(JOB)
        theme = current()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        box = option.rect.adjusted(2, 1, -2, -1)
        if chosen:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("accent", 0.18))
            painter.drawRoundedRect(box, RADIUS, RADIUS)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(theme.color("accent"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box, RADIUS, RADIUS)
        name, role = MARKS[job.state]
        mark = QRect(box.left() + GRID, box.top(), ICON, box.height())
        icon(name, role).paint(painter, mark)
        room = box.adjusted(GRID + ICON + GRID, GAP, -GRID, -GAP)
        line = option.fontMetrics.height()
        painter.setPen(theme.color("text"))
        _line(painter, option, QRect(room.left(), room.top(), room.width(), line), job.title)
        below = QRect(room.left(), room.bottom() - line + 1, room.width(), line)
        words = state_words(job)
        if job.state is JobState.working and job.total:
            wide = option.fontMetrics.horizontalAdvance(words) + GRID
            bar = QRect(below.left(), below.center().y() - 2, max(0, below.width() - wide), GAP)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("line"))
            painter.drawRoundedRect(bar, 2, 2)
            painter.setBrush(theme.color("accent"))
            painter.drawRoundedRect(bar.adjusted(0, 0, -bar.width() + bar.width() * job.done // job.total, 0), 2, 2)
            below.setLeft(bar.right() + GRID)
        painter.setPen(theme.color("error" if job.state is JobState.failed else "muted"))
        _line(painter, option, below, words)
        painter.restore()


def _line(painter: QPainter, option: Any, box: QRect, text: str) -> None:
    short = option.fontMetrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, short)


class _List(QListView):
    """Delete takes jobs out of the list."""

    def __init__(self, remove: Callable[[], None], parent: QWidget) -> None:
        super().__init__(parent)
        self._remove = remove

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Delete):
            self._remove()
        else:
            super().keyPressEvent(event)


class QueuePanel(QWidget):
    """The list of jobs, buttons for those that are chosen, and where clips go."""

    def __init__(self, queue: LookQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self.setAccessibleName(self.tr("Queue"))
        self._model = _Jobs(queue, self)
        self.list = _List(self._remove, self)
        self.list.setModel(self._model)
        self.list.setItemDelegate(_JobDelegate(self.list))
        self.list.setAccessibleName(self.tr("Queued clips"))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._menu_wanted)
        self.list.activated.connect(self._open)
        self.list.selectionModel().selectionChanged.connect(self._show_buttons)
        self._build()
        queue.changed.connect(self._show_buttons)
        queue.changed.connect(self._show_summary)
        queue.reordered.connect(self._renew)
        queue.paused_changed.connect(self._show_summary)
        queue.folder_changed.connect(self._show_summary)
        self._renew()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GAP)
        head = QHBoxLayout()
        self.summary = QLabel()
        self.summary.setMinimumWidth(GRID)
        self.summary.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        head.addWidget(self.summary, 1)
        self.pause = QToolButton()
        self.pause.setCheckable(True)
        self.pause.setAutoRaise(True)
        self.pause.setIconSize(QSize(ICON, ICON))
        self.pause.toggled.connect(self._queue.pause)
        head.addWidget(self.pause)
        column.addLayout(head)

        self._stack = QStackedWidget()
        nothing = QLabel(
            self.tr("Nothing is queued.\nRender looks in the look-book,\nor queue this look (Render menu).")
        )
        nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        nothing.setWordWrap(True)
        nothing.setProperty("muted", True)
        self._stack.addWidget(nothing)
        self._stack.addWidget(self.list)
        column.addWidget(self._stack, 1)

        row = QHBoxLayout()
        row.setSpacing(0)
        self.cancel = self._button("cancel", self.tr("Cancel"), self._cancel)
        self.retry = self._button("loop", self.tr("Try again"), self._retry)
        self.earlier = self._button("chevron-down", self.tr("Earlier"), lambda: self._move(-1))
        self.later = self._button("chevron-down", self.tr("Later"), lambda: self._move(1))
        self.earlier.setArrowType(Qt.ArrowType.UpArrow)
        self.later.setArrowType(Qt.ArrowType.DownArrow)
        self.show_file = self._button("open", self.tr("Show in folder"), self._show_in_folder)
        self.remove = self._button("trash", self.tr("Remove from the list"), self._remove)
        for button in (self.cancel, self.retry, self.earlier, self.later):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.show_file)
        row.addWidget(self.remove)
        column.addLayout(row)

        foot = QHBoxLayout()
        self.place = QLabel()
        self.place.setProperty("muted", True)
        self.place.setMinimumWidth(GRID)
        self.place.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        foot.addWidget(self.place, 1)
        self.change_place = QToolButton()
        self.change_place.setText(self.tr("Change…"))
        self.change_place.setAutoRaise(True)
        self.change_place.setAccessibleName(self.tr("Change the folder for clips"))
        self.change_place.clicked.connect(self._choose_folder)
        foot.addWidget(self.change_place)
        column.addLayout(foot)

    def _button(self, drawing: str, text: str, act: Callable[[], None]) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon(drawing))
        button.setIconSize(QSize(ICON, ICON))
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.setText(text)
        button.setToolTip(text)
        button.setAccessibleName(text)
        button.clicked.connect(act)
        return button

    # --- what it shows ---

    @property
    def chosen(self) -> list[Job]:
        """The jobs that are selected, in their order."""
        rows = sorted(index.row() for index in self.list.selectionModel().selectedRows())
        return [self._model.index(row).data(JOB) for row in rows]

    def choose(self, *numbers: int) -> None:
        """Selects the jobs with these ids."""
        model = self.list.selectionModel()
        model.clearSelection()
        for row, job in enumerate(self._queue.jobs):
            if job.id in numbers:
                model.select(self._model.index(row), QItemSelectionModel.SelectionFlag.Select)
                model.setCurrentIndex(self._model.index(row), QItemSelectionModel.SelectionFlag.NoUpdate)

    def _renew(self) -> None:
        chosen = [job.id for job in self.chosen]
        self._model.renew()
        self.choose(*chosen)
        self._stack.setCurrentIndex(1 if self._queue.jobs else 0)
        self._show_buttons()
        self._show_summary()

    def _show_buttons(self, *_: object) -> None:
        jobs, states = self.chosen, {job.state for job in self.chosen}
        self.cancel.setEnabled(bool(states & {JobState.waiting, JobState.working}))
        self.retry.setEnabled(bool(states & {JobState.failed, JobState.cancelled}))
        self.show_file.setEnabled(JobState.done in states)
        self.remove.setEnabled(bool(jobs))
        for button in (self.earlier, self.later):
            button.setEnabled(len(jobs) == 1 and jobs[0].state is JobState.waiting)

    def _show_summary(self, *_: object) -> None:
        jobs = self._queue.jobs
        done = sum(job.state is JobState.done for job in jobs)
        failed = sum(job.state is JobState.failed for job in jobs)
        text = self.tr("{done} of {all} clips done").format(done=done, all=len(jobs)) if jobs else self.tr("Queue")
        if failed:
            text += ", " + self.tr("{n} failed").format(n=failed)
        paused = self._queue.paused
        if paused and jobs:
            text += ", " + self.tr("paused")
        self.summary.setText(text)
        words = self.tr("Go on") if paused else self.tr("Pause the queue")
        self.pause.setIcon(icon("play" if paused else "pause"))
        self.pause.setToolTip(words)
        self.pause.setAccessibleName(words)
        with suppress(RuntimeError):
            self.pause.setChecked(paused)
        folder = str(self._queue.folder)
        self.place.setToolTip(folder)
        self.place.setText(self.tr("Clips go to {folder}").format(folder=self._queue.folder.name or folder))

    # --- what is done ---

    def _cancel(self) -> None:
        for job in reversed(self.chosen):  # the one that works last, or the next would begin
            self._queue.cancel(job.id)

    def _retry(self) -> None:
        for job in self.chosen:
            self._queue.retry(job.id)

    def _remove(self) -> None:
        for job in reversed(self.chosen):
            self._queue.remove(job.id)

    def _move(self, by: int) -> None:
        for job in self.chosen:
            self._queue.move(job.id, by)

    def _show_in_folder(self) -> None:
        folders = {job.target.parent for job in self.chosen if job.state is JobState.done}
        for folder in folders:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def _open(self, index: QModelIndex) -> None:
        """Plays a finished clip in the player that the system has for it."""
        job: Job | None = index.data(JOB)
        if job is not None and job.state is JobState.done:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(job.target)))

    def _choose_folder(self) -> None:
        from pathlib import Path

        start = self._queue.folder
        chosen = QFileDialog.getExistingDirectory(
            self, self.tr("Folder for clips"), str(start if os.path.isdir(start) else start.parent)
        )
        if chosen:
            self._queue.folder = Path(chosen)

    def _menu_wanted(self, where: QPoint) -> None:
        self.menu().popup(self.list.viewport().mapToGlobal(where))

    def menu(self) -> QMenu:
        """What a right click offers: the buttons again, by name, and what concerns all jobs."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for button in (self.cancel, self.retry, self.earlier, self.later, self.show_file, self.remove):
            menu.addAction(button.icon(), button.text(), button.click).setEnabled(button.isEnabled())
        menu.addSeparator()
        some = any(not job.state.over for job in self._queue.jobs)
        menu.addAction(self.tr("Cancel All"), self._queue.cancel_all).setEnabled(some)
        over = any(job.state.over for job in self._queue.jobs)
        menu.addAction(self.tr("Clear Finished"), self._queue.clear_finished).setEnabled(over)
        return menu
