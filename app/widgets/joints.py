"""A person's joints over the picture: handles that are dragged, nudged and hidden."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, QPointF, Signal
from PySide6.QtWidgets import QWidget

from app.widgets import layers
from app.widgets.handles import JointHandle


class JointLayer(QObject):
    """The joints that can be taken hold of over a viewer's picture.

    moved: (joint, x, y), pixels of the picture, when one was let go of or nudged. hidden: a joint that is to be hidden.
    """

    moved = Signal(int, float, float)
    hidden = Signal(int)

    def __init__(
        self, viewer: QWidget, to_widget: Callable[[QPointF], QPointF], to_picture: Callable[[QPointF], QPointF]
    ) -> None:
        """to_widget, to_picture: from pixels of the picture to places on the viewer, and back."""
        super().__init__(viewer)
        self._viewer, self._to_widget, self._to_picture = viewer, to_widget, to_picture
        self._joints: np.ndarray | None = None
        self.handles: list[JointHandle] = []

    @property
    def editable(self) -> bool:
        return self._joints is not None

    def show_joints(self, joints: np.ndarray | None) -> None:
        """(25, 3) of BODY_25, pixels of the picture, which a drag changes in place; None for nothing to drag."""
        self._joints = joints
        if self.editable and not self.handles:
            self.handles = [self._handle(joint) for joint in range(len(layers.JOINT_NAMES))]

    def place(self, shown: bool) -> None:
        """The handles stand at their joints; shown: whether there is a picture to drag them on."""
        for handle in self.handles:
            if shown and self._joints is not None:
                x, y, confidence = self._joints[handle.joint].tolist()
                handle.place(self._to_widget(QPointF(x, y)), confidence >= layers.CONFIDENT)
            handle.setVisible(shown and self.editable)

    def _handle(self, joint: int) -> JointHandle:
        handle = JointHandle(joint, self._viewer)
        handle.dragged.connect(lambda at: self._move(joint, self._to_picture(at)))
        handle.released.connect(lambda: self._tell(joint))
        handle.nudged.connect(lambda right, down: self._nudge(joint, right, down))
        handle.hide_requested.connect(lambda: self.hidden.emit(joint))
        return handle

    def _move(self, joint: int, to: QPointF) -> None:
        if self._joints is not None:
            self._joints[joint] = to.x(), to.y(), 1.0  # one that was hidden is seen again
            self.place(True)
            self._viewer.update()

    def _nudge(self, joint: int, right: int, down: int) -> None:
        if self._joints is not None:
            self._move(joint, QPointF(self._joints[joint, 0] + right, self._joints[joint, 1] + down))
            self._tell(joint)

    def _tell(self, joint: int) -> None:
        if self._joints is not None:
            self.moved.emit(joint, float(self._joints[joint, 0]), float(self._joints[joint, 1]))
