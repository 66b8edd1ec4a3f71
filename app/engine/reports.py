"""The signals by which results leave the worker thread."""

from __future__ import annotations

import traceback

from PySide6.QtCore import QObject, Signal

from fashionmirror_core.errors import InputError


class Reports(QObject):
    """The signals that the worker sends and the engine passes on, in the GUI thread."""

    ready = Signal(object)
    """EngineInfo, once the core is loaded."""
    status = Signal(str)
    """What is being done, one line; "" when nothing is."""
    person_ready = Signal(object, object)
    """(PersonInput, PersonView)"""
    garment_ready = Signal(object, object)
    """(GarmentInput, GarmentView)"""
    motion_ready = Signal(object, object)
    """(MotionInput, MotionView)"""
    motion_progress = Signal(object, int, int)
    """(MotionInput, frames read, frames in all or 0 where nobody knows)"""
    input_failed = Signal(str, object, object)
    """("person", "garment" or "motion", the input, Note)"""
    look_ready = Signal(object)
    """LookView; again when its poses have come or changed, and not for what only frames depend on."""
    still_falling = Signal(object, object)
    """(LookState, (H, W, 3) uint8): the look while its cloth falls into place; ``look_ready`` follows, or a newer look."""
    still_turned = Signal(object, float, object)
    """(LookState, degrees, (H, W, 3) uint8): the dressed person in the photo's pose, turned about the vertical."""
    render_progress = Signal(int, int, float)
    """Frames done, frames in all, seconds left."""
    render_finished = Signal(bool)
    """True when all are done; else it was cancelled, or something is missing."""
    failed = Signal(str, str)
    """(message, details): our fault; without details it is the user's to mend, and the message says how."""
    export_progress = Signal(int, int)
    """Pictures written, pictures in all."""
    export_finished = Signal(object)
    """Path, or None where nothing was written."""


class WorkerReports(Reports):
    """Also what the engine keeps for itself."""

    performed = Signal(str, object)
    """(poses_key, plan.Performance): with it the GUI thread knows the frames' keys as soon as a joint is dragged."""
    frame_begun = Signal(object)
    """The key of the frame that is being made; None when none is."""
    frame_made = Signal(str, object)
    """(key, StoredFrame)"""
    frame_failed = Signal(str)

    def report(self, error: Exception) -> None:
        """Sends ``failed``."""
        if isinstance(error, InputError):
            self.failed.emit(str(error), "")
        else:
            details = "".join(traceback.format_exception(type(error), error, error.__traceback__))
            self.failed.emit(self.tr("Something went wrong in FashionMirror."), details)
