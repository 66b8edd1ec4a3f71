"""What wells are made of: the tile that is an invitation or the picture itself, the moving skeleton, a note."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHideEvent,
    QIcon,
    QImage,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from app.widgets.icons import icon
from app.widgets.pictures import draw_pose, pose_bounds
from app.widgets.theme import GAP, GRID, ICON, RADIUS, current

if TYPE_CHECKING:
    import numpy as np


class Tile(QAbstractButton):
    """A dashed outline with one line of invitation when empty, the picture itself when filled. Click or Enter opens."""

    menu_requested = Signal(QPoint)
    """At this global position."""
    remove_requested = Signal()
    paste_requested = Signal()

    def __init__(self, title: str, invitation: str, drawing: str, height: int, parent: QWidget | None = None) -> None:
        """title: the well's name; drawing: the icon's name over the invitation; height: device-independent pixels where
        there is room, half as much where there isn't.
        """
        super().__init__(parent)
        self.title, self.invitation, self.caption = title, invitation, ""
        self._icon: QIcon = icon(drawing, "muted")
        self._image = QImage()
        self._scaled = QImage()
        self._lit = self._hot = False
        self._height = height
        self.setMinimumHeight(height // 2)
        self.setMaximumHeight(height)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(9 * GRID)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.show_picture("", None)

    @property
    def filled(self) -> bool:
        return bool(self.caption)

    @property
    def image(self) -> QImage:
        """What is shown; null without a picture."""
        return self._image

    def show_picture(self, caption: str, image: QImage | None) -> None:
        """caption: the file's name; "" empties the tile. image: None while it is being read."""
        self.caption = caption
        self._image = image if caption and image is not None else QImage()
        self._scaled = QImage()
        self.setToolTip(caption or self.invitation)
        self.setAccessibleName(self.tr("{title}: {content}").format(title=self.title, content=self.toolTip()))
        self.update()

    def light(self, lit: bool, hot: bool = False) -> None:
        """lit: would take what is dragged over the window; hot: and the pointer is here."""
        if (lit, hot) != (self._lit, self._hot):
            self._lit, self._hot = lit, hot
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(24 * GRID, self._height)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.filled:
            self.remove_requested.emit()
        elif event.matches(QKeySequence.StandardKey.Paste):
            self.paste_requested.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        self.menu_requested.emit(self.mapToGlobal(self.rect().center()) if by_key else event.globalPos())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._scaled = QImage()
        super().resizeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, box = current(), QRectF(self.rect()).adjusted(1, 1, -1, -1)
        outline = QPainterPath()
        outline.addRoundedRect(box, RADIUS, RADIUS)
        if self._hot:
            painter.fillPath(outline, theme.color("accent", 0.22))
        elif self.filled:
            painter.fillPath(outline, theme.color("raised"))
        elif self.underMouse() and self.isEnabled():
            painter.fillPath(outline, theme.color("raised", 0.6))
        if self.filled:
            painter.save()
            painter.setClipPath(outline)
            self.paint_content(painter, box)
            painter.restore()
        else:
            self._paint_invitation(painter, box)
        self._paint_outline(painter, outline)

    def paint_content(self, painter: QPainter, box: QRectF) -> None:
        """The picture, whole, in ``box``; without one its name."""
        if self._image.isNull():
            self._paint_name(painter, box)
            return
        scaled = self._fitted(box)
        size = scaled.deviceIndependentSize()
        place = QRectF(0, 0, size.width(), size.height())
        place.moveCenter(box.center())
        if self._hot:
            painter.setOpacity(0.6)
        painter.drawImage(place, scaled)

    def _fitted(self, box: QRectF) -> QImage:
        """The picture at the size of ``box``, scaled once."""
        if self._scaled.isNull():
            ratio = self.devicePixelRatioF()
            inner = (box.adjusted(GAP, GAP, -GAP, -GAP).size() * ratio).toSize()
            self._scaled = self._image.scaled(
                inner, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
            self._scaled.setDevicePixelRatio(ratio)
        return self._scaled

    def _paint_name(self, painter: QPainter, box: QRectF) -> None:
        painter.setPen(current().color("muted"))
        room = box.adjusted(GRID, GRID, -GRID, -GRID)
        name = self.fontMetrics().elidedText(self.caption, Qt.TextElideMode.ElideMiddle, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, name)

    def _paint_invitation(self, painter: QPainter, box: QRectF) -> None:
        wide = box.width() > 14 * GRID
        icon_box = QRectF(0, 0, ICON + GAP, ICON + GAP)
        text_height = self.fontMetrics().height() * (
            2 if self.fontMetrics().horizontalAdvance(self.invitation) > box.width() - 2 * GRID else 1
        )
        block = icon_box.height() + GAP + text_height if wide else icon_box.height()
        icon_box.moveCenter(box.center())
        icon_box.moveTop(box.center().y() - block / 2)
        self._icon.paint(painter, icon_box.toRect())
        if wide:
            role = "accent" if self._lit else "muted"
            painter.setPen(current().color(role if self.isEnabled() else "disabled"))
            room = QRectF(box.left() + GRID, icon_box.bottom() + GAP, box.width() - 2 * GRID, text_height + GAP)
            align = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
            painter.drawText(room, int(align), self.invitation)

    def _paint_outline(self, painter: QPainter, outline: QPainterPath) -> None:
        theme = current()
        if self._lit or self._hot or self.hasFocus():
            pen = QPen(theme.color("accent"), 2)
        elif not self.filled:
            pen = QPen(theme.color("muted" if self.underMouse() else "line"), 1.25)
        else:
            return
        if not self.filled and not self._hot:
            pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(outline)


class SkeletonTile(Tile):
    """A tile whose content moves: the joints of a motion at its own rate, with a button that pauses."""

    def __init__(self, title: str, invitation: str, height: int, parent: QWidget | None = None) -> None:
        super().__init__(title, invitation, "motion", height, parent)
        self._joints: np.ndarray | None = None
        self._fps, self._started, self._shown = 25.0, 0.0, 0
        self._bounds = QRectF(0, 0, 1, 1)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._play = QToolButton(self)
        self._play.setAutoRaise(True)
        self._play.setCheckable(True)
        self._play.setIconSize(QSize(ICON - 4, ICON - 4))
        self._play.toggled.connect(self._play_toggled)
        self._play.hide()
        self._name_play()

    @property
    def playing(self) -> bool:
        return self._timer.isActive()

    @property
    def frame(self) -> int:
        """Index of the pose that is shown."""
        return self._shown

    def show_motion(self, caption: str, joints: np.ndarray | None, fps: float = 25.0) -> None:
        """joints: (T, 25, 3) BODY_25, pixels and confidence; None while they are being read."""
        self.show_picture(caption, None)
        if joints is not self._joints:
            self._joints, self._fps, self._shown = joints, fps, 0
            self._started = time.monotonic()
            if joints is not None:
                self._bounds = pose_bounds(joints)
        self._play.setVisible(bool(caption) and joints is not None)
        self._follow()

    def play(self, on: bool) -> None:
        self._play.setChecked(not on)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._follow()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._play.adjustSize()
        self._play.move(self.width() - self._play.width() - GAP, self.height() - self._play.height() - GAP)

    def paint_content(self, painter: QPainter, box: QRectF) -> None:
        if self._joints is None:
            self._paint_name(painter, box)
            return
        draw_pose(painter, self._joints[self._shown], self._bounds, box.adjusted(GRID, GAP, -GRID, -GAP))

    def _play_toggled(self) -> None:
        self._started = time.monotonic() - self._shown / self._fps
        self._name_play()
        self._follow()

    def _name_play(self) -> None:
        paused = self._play.isChecked()
        text = self.tr("Play the motion") if paused else self.tr("Pause the motion")
        self._play.setIcon(icon("play" if paused else "pause"))
        self._play.setToolTip(text)
        self._play.setAccessibleName(text)

    def _follow(self) -> None:
        runs = self._joints is not None and self.filled and not self._play.isChecked() and self.isVisible()
        if not runs:
            self._timer.stop()
        elif not self._timer.isActive():
            self._started = time.monotonic() - self._shown / self._fps
            self._timer.start(max(16, round(1000 / min(self._fps, 30.0))))
        self.update()

    def _tick(self) -> None:
        if self._joints is None:
            return
        frame = int((time.monotonic() - self._started) * self._fps) % len(self._joints)
        if frame != self._shown:
            self._shown = frame
            self.update()


class _Sentence(QLabel):
    """Text that keeps all its lines where there is little room: pictures give way.

    Its height is fixed once its width is known; a layout that asks for a height for a width takes from what is highest.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setWordWrap(True)

    def hasHeightForWidth(self) -> bool:
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setFixedHeight(self.heightForWidth(self.width()))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.setFixedHeight(self.heightForWidth(self.width()))


class NoteRow(QWidget):
    """A note under a well: icon, its first words, the remedy a click away. The whole sentence is in the tool tip."""

    remedy_chosen = Signal(str)

    def __init__(
        self, text: str, remedy: str = "", serious: bool = False, about: str = "", parent: QWidget | None = None
    ) -> None:
        """remedy: what the button does, as ``app.engine.notes.Note`` has it; serious: the input can't be used. about: which
        of several inputs is meant.
        """
        super().__init__(parent)
        self.text, self.remedy = text, remedy
        self._role = "error" if serious else "warning"
        grid = QGridLayout(self)
        grid.setContentsMargins(GRID, GAP, GAP, GAP)
        grid.setSpacing(GAP)
        self._mark = QLabel()
        self._draw_mark()
        grid.addWidget(self._mark, 0, 0, Qt.AlignmentFlag.AlignTop)
        # An input that can't be used says all of it; advice is short until it is pointed at.
        words = text if serious else first_words(text)
        self.label = _Sentence(self.tr("{0}: {1}").format(about, words) if about else words)
        self.label.setToolTip(text)
        self.label.setAccessibleName(text)
        self.label.setMinimumWidth(GRID)
        grid.addWidget(self.label, 0, 1)
        grid.setColumnStretch(1, 1)
        self.button: QPushButton | None = None
        if remedy:
            self.button = QPushButton(self._remedies().get(remedy, self.tr("Mend")))
            self.button.setAccessibleName(self.button.text())
            self.button.setAccessibleDescription(text)
            self.button.clicked.connect(lambda: self.remedy_chosen.emit(remedy))
            place = (1, 1) if serious else (0, 2)
            grid.addWidget(self.button, *place, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight)
        self.setAccessibleName(text)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_mark()
            self.update()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(current().color(self._role, 0.14))
        painter.drawRoundedRect(self.rect(), RADIUS, RADIUS)

    def _draw_mark(self) -> None:
        self._mark.setPixmap(icon(self._role, self._role).pixmap(QSize(ICON - 4, ICON - 4)))

    def _remedies(self) -> dict[str, str]:
        return {
            "turn": self.tr("Turn"),
            "category": self.tr("Choose"),
            "cutout": self.tr("Cut out"),
            "crop": self.tr("Crop"),
            "again": self.tr("Read it"),
            "pick": self.tr("Next one"),
            "looser": self.tr("Looser"),
            "cut": self.tr("Cut"),
            "fabric": self.tr("Fabric"),
            "landmarks": self.tr("Landmarks"),
        }


def first_words(text: str) -> str:
    """A note's first clause: what is so, without the advice that follows it."""
    head = text
    for mark in (": ", "; ", "：", "；"):
        head = head.split(mark, 1)[0]
    return head.rstrip(" .。")
