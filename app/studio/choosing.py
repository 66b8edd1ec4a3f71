"""Who of several people in a photo is dressed: the user clicks one, and the photo is cropped to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject

from app.model.state import LookState, PersonInput
from app.studio.placing import unmended
from app.studio.playback import Playback
from app.widgets.actions import reach
from app.widgets.people import Box, PeopleFrames

if TYPE_CHECKING:
    from app.studio.context import Context

_MOST = 6  # people that are looked for
_ASIDE, _ABOVE = 0.35, 0.06  # room round a person, in units of their height
_KEYS = ("paint.done",)


class Choosing(QObject):
    """``busy``: the user is asked, or the people are being looked for."""

    def __init__(self, context: Context, playback: Playback) -> None:
        super().__init__(context.window)
        self._context, self._playback = context, playback
        self._person: PersonInput | None = None
        self._size = (0, 0)
        self.frames = PeopleFrames(context.window.viewer)
        self.frames.chosen.connect(self._chosen)
        context.document.changed.connect(self._state_changed)

    @property
    def busy(self) -> bool:
        return self._person is not None

    def begin(self) -> None:
        """Looks for the people in the photo, and asks which of them is meant."""
        person = self._context.document.state.person
        if person is None:
            return
        self.end()
        self._person = person
        self._context.window.busy.tell("choosing", self.tr("Looking for the people in the photo"))
        self._context.background.run(
            lambda: _people(person), lambda found: self._found(person, *found), self._context.tell
        )

    def end(self) -> None:
        """Back to the look, without a choice."""
        if self._person is None:
            return
        self._person = None
        window = self._context.window
        window.busy.tell("choosing", "")
        self.frames.show_boxes(())
        window.banner.hide()
        reach(window.actions_by_id, _KEYS, False)
        self._playback.come_back()
        self._playback.refresh()
        window.viewer.setFocus()

    def _found(self, person: PersonInput, photo: np.ndarray, boxes: list[Box]) -> None:
        self._context.window.busy.tell("choosing", "")
        if person != self._person:
            return
        self._size = (photo.shape[1], photo.shape[0])
        if not boxes:
            self.end()
            self._context.tell(self.tr("Nobody was found in the photo; choose another one."), "warning")
            return
        self._boxes = boxes
        if len(boxes) == 1:
            self._chosen(boxes[0])
            return
        self._playback.show_instead(photo)
        self.frames.show_boxes(boxes)
        reach(self._context.window.actions_by_id, _KEYS, True)
        text = self.tr("Click the person who is to be dressed.")
        self._context.tell(text, "person", self.tr("Cancel"), self.end, lasting=True)

    def _chosen(self, box: Box) -> None:
        person, state = self._person, self._context.document.state
        self.end()
        if person is None or state.person != person:
            return
        crop = room_around(box, self._boxes, self._size)
        cropped = person.model_copy(update={"crop": None if crop == (0, 0, *self._size) else crop})
        self._context.document.apply(
            state.model_copy(update={"person": cropped} | unmended(state)), self.tr("Choose Person")
        )

    def _state_changed(self, old: LookState, new: LookState) -> None:
        if self._person is not None and new.person != self._person:
            self.end()


def room_around(box: Box, people: Sequence[Box], size: tuple[int, int]) -> Box:
    """The part of a photo of ``size`` (width, height) that is kept round one of its people: room on all sides, but none
    of the others as far as they stand apart.
    """
    x, y, width, height = box
    left, right = x - _ASIDE * height, x + width + _ASIDE * height
    for other in people:
        if other[0] >= x + width:
            right = min(right, (x + width + other[0]) / 2)
        elif other[0] + other[2] <= x:
            left = max(left, (other[0] + other[2] + x) / 2)
    top, bottom = y - _ABOVE * height, y + height + _ABOVE * height
    first = max(0, round(left)), max(0, round(top))
    last = min(size[0], round(right)), min(size[1], round(bottom))
    return (*first, last[0] - first[0], last[1] - first[1])


def _people(person: PersonInput) -> tuple[np.ndarray, list[Box]]:
    """The whole photo (H, W, 3) uint8, upright as the user has it, and a box for each person in it. On another thread."""
    from app.engine.loading import preload_torch

    preload_torch()
    from fashionmirror_core.media.images import on_white, read_picture
    from fashionmirror_core.motion.people import find_people

    photo = np.ascontiguousarray(on_white(read_picture(person.path).turned(person.turns).pixels))
    boxes: list[Box] = []
    for found in find_people(photo, limit=_MOST):
        if not found.is_person:
            continue
        rows, columns = np.flatnonzero((found.matte > 0.5).any(1)), np.flatnonzero((found.matte > 0.5).any(0))
        boxes.append((int(columns[0]), int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1))
    return photo, boxes
