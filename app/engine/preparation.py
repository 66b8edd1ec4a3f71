"""Turns a state of the document into a clip that can be rendered: reads, dresses and poses, and tells the window.

Everything is remembered by the key of what it depends on (``app.engine.plan``). The core, which brings torch and
MediaPipe, is imported when it is first needed, in the worker thread.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QCoreApplication, SignalInstance

from app.engine import plan
from app.engine.falling import FallingPictures
from app.engine.loading import preload_engine, without_collections
from app.engine.mailbox import ExportJob, JobMailbox, RenderJob, StateJob
from app.engine.notes import Note
from app.engine.reports import WorkerReports
from app.engine.views import EngineInfo, GarmentView, LookView, MotionView, PersonView
from app.model.limits import MAX_FRAMES
from app.model.state import GarmentInput, LookState, MotionInput, PersonInput
from fashionmirror_core.errors import Cancelled, InputError
from fashionmirror_core.vocabulary import Category

if TYPE_CHECKING:
    from fashionmirror_core.garment.garment import Garment
    from fashionmirror_core.look import Look
    from fashionmirror_core.motion.motion import Motion
    from fashionmirror_core.person.person import Person
    from fashionmirror_core.tryon import TryOn

translate = QCoreApplication.translate

_KEPT = {"person": 8, "garment": 24, "motion": 12, "look": 4, "doubts": 4, "performance": 8}


class Memory:
    """The results of a kind that were used last, by key. An InputError is a result too: asking again wouldn't help."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._results: OrderedDict[str, Any] = OrderedDict()

    def get(self, key: str, make: Callable[[], Any]) -> Any:
        if key not in self._results:
            self._results[key] = make()
            while len(self._results) > self._size:
                self._results.popitem(last=False)
        self._results.move_to_end(key)
        return self._results[key]

    def forget(self, key: str) -> None:
        self._results.pop(key, None)


class Stopped(InputError):
    """The user stopped the reading of a video: it can be taken up again."""


@dataclass(frozen=True, eq=False)
class Clip:
    """Everything that a frame is made of. posed: with the user's edits; keys: one for each frame."""

    state: LookState
    look: Look
    posed: plan.PosedClip
    keys: tuple[str, ...]

    @property
    def poses(self) -> Motion:
        return self.posed.poses


class Preparation:
    """Lives in the worker thread."""

    def __init__(
        self,
        reports: WorkerReports,
        mailbox: JobMailbox,
        device: str,
        stage_size: tuple[int, int],
        threads: int | None,
    ) -> None:
        self._reports, self._mailbox = reports, mailbox
        self._settings = (device, stage_size, threads)
        self._tryon: TryOn | None = None
        self._memories = {kind: Memory(size) for kind, size in _KEPT.items()}
        self._told: dict[object, object] = {}  # what the window knows already: slot -> key
        self._stopped_motion: str | None = None  # a video whose reading was cancelled is not begun again by itself

    # --- the core ---

    @property
    def tryon(self) -> TryOn:
        if self._tryon is None:
            self._reports.status.emit(translate("Preparation", "Getting ready"))
            _step_aside()
            with without_collections():
                self._tryon, info = _loaded(*self._settings)
            self._reports.ready.emit(info)
        return self._tryon

    # --- a state ---

    def clip(self, job: StateJob) -> Clip | None:
        """All that this state needs and the window doesn't have; None where something is missing or newer."""
        tryon = self.tryon
        look = self.look(job)
        motion = None if self._mailbox.outdated(job.version) else self._motion(job)
        if look is None or motion is None or self._mailbox.outdated(job.version):
            return None
        clip = self._posed(tryon, job.state, look, motion)
        if clip is not None:
            self._tell_look(job.state, look, clip.poses)
        return clip

    def newest_clip(self, job: RenderJob | ExportJob) -> tuple[StateJob, Clip | None]:
        """The clip of the newest state; None where something is missing, or the job was cancelled."""
        while True:
            now = self._mailbox.take_newest()
            clip = self.clip(now)
            if clip is not None or self._mailbox.cancelled(job) or not self._mailbox.outdated(now.version):
                return now, clip

    def look(self, job: StateJob) -> Look | None:
        """Person, garments and look, told as they come; None where one is missing, can't be used, or is outdated."""
        tryon, state = self.tryon, job.state
        person = self._person(state.person)
        if self._mailbox.outdated(job.version):
            return None
        garments = [self._garment(place, garment) for place, garment in enumerate(state.garments)]
        worn = [garment for garment in garments if garment is not None]
        for slot in [slot for slot in self._told if isinstance(slot, tuple) and slot[1] >= len(garments)]:
            del self._told[slot]
        key = plan.look_key(state)
        if key is None:
            self._told.pop("look", None)
        if self._mailbox.outdated(job.version):
            return None
        if person is None or key is None or len(worn) < len(garments):
            self._told.pop("look", None)  # nothing of it is shown any more
            return None
        self._reports.status.emit(translate("Preparation", "Dressing"))
        falling = FallingPictures(
            partial(self._reports.still_falling.emit, state), lambda: self._wants_another(job, key)
        )
        try:
            with falling:
                found = self._memories["look"].get(
                    key, lambda: self._outcome(lambda: _dressed(tryon, person, worn, state, falling))
                )
        except Cancelled:
            return None
        if isinstance(found, Exception):
            note = Note.of(found)
            failed = ("garment", state.garments[0]) if note.about_garment else ("person", state.person)
            self._tell("look", (key, "failed"), lambda: self._reports.input_failed.emit(*failed, note))
            return None
        look: Look = found
        self._memories["doubts"].get(key, lambda: _doubts(look, worn))
        self._tell_look(state, look, None)
        return look

    def _wants_another(self, job: StateJob, key: str) -> bool:
        """Whether a newer state has another look than ``key``."""
        return self._mailbox.outdated(job.version) and (
            self._mailbox.closing or plan.look_key(self._mailbox.newest.state) != key
        )

    def _person(self, given: PersonInput | None) -> Person | None:
        if given is None:
            self._told.pop("person", None)
            return None

        def read() -> tuple[Person, PersonView]:
            self._reports.status.emit(translate("Preparation", "Looking at the person"))
            person = _read_person(given)
            return person, PersonView(person.image, person.matte, person.pose, _notes(person.warnings))

        return self._known("person", "person", plan.person_key(given), given, read, self._reports.person_ready)

    def _garment(self, place: int, given: GarmentInput) -> Garment | None:
        def read_front() -> tuple[Garment, GarmentView]:
            self._reports.status.emit(translate("Preparation", "Looking at the garment"))
            return _read_garment(
                given, translate("Preparation", "The painted cut-out belongs to another picture and is not used.")
            )

        def read() -> tuple[Garment, GarmentView]:
            if given.back is None:
                return read_front()
            front = self._memories["garment"].get(plan.front_key(given), lambda: self._outcome(read_front))
            if isinstance(front, Exception):
                raise front
            garment, view = front
            return _with_back(garment, view, given.back)

        garment: Garment | None = self._known(
            "garment", ("garment", place), plan.garment_key(given), given, read, self._reports.garment_ready
        )
        try:
            if garment is not None:
                given.tailoring.check(Category(garment.category))
        except InputError as error:
            note = Note.of(error)
            self._tell(
                ("cut", place), (plan.garment_key(given), given.cut),
                lambda: self._reports.input_failed.emit("garment", given, note),
            )  # fmt: skip
            return None
        self._told.pop(("cut", place), None)
        return garment

    def _motion(self, job: StateJob) -> Motion | None:
        given = job.state.motion
        key = None if given is None else plan.motion_key(given)
        if self._stopped_motion is not None and (key != self._stopped_motion or job.again):
            self._memories["motion"].forget(self._stopped_motion)
            self._stopped_motion = None
            self._told.pop("motion", None)
        if given is None or key is None:
            self._told.pop("motion", None)
            return None

        def read() -> tuple[Motion, MotionView]:
            self._reports.status.emit(translate("Preparation", "Reading the motion"))
            motion = self._read_motion(given, job)
            return motion, MotionView(motion, motion.seconds, motion.fps, _notes(motion.warnings))

        try:
            return self._known("motion", "motion", key, given, read, self._reports.motion_ready)
        except Cancelled:
            return None

    def _read_motion(self, given: MotionInput, job: StateJob) -> Motion:
        """A video takes long: meanwhile the rest of the look keeps up with the document."""
        from fashionmirror_core.motion.motion import Motion

        if given.template is not None:
            return Motion.template(given.template)
        if given.path is None:
            raise InputError(translate("Preparation", "There is no motion; choose one."))
        begun, seen = self._mailbox.round, job

        def cancelled() -> bool:
            return self._mailbox.round != begun or (
                self._mailbox.outdated(seen.version) and self._mailbox.newest.state.motion != given
            )

        def progress(done: int, total: int | None) -> None:
            nonlocal seen
            self._reports.motion_progress.emit(given, done, total or 0)
            if self._mailbox.outdated(seen.version) and not self._mailbox.closing:
                newest = self._mailbox.newest
                if newest.state.motion == given:
                    seen = newest
                    self.look(newest)

        try:
            return Motion.open(given.path, progress=progress, cancel=cancelled)
        except Cancelled:
            if self._mailbox.round == begun:  # another motion is wanted
                raise
            self._stopped_motion = plan.motion_key(given)
            raise Stopped(
                translate("Preparation", "Reading the video was stopped; choose it again, or render, to read it.")
            ) from None

    def _known(
        self, kind: str, slot: object, key: str, given: object, read: Callable[[], Any], ready: SignalInstance
    ) -> Any:
        """What ``read`` gave for this key, now or before, as (thing, view); the window is told once. None if it failed."""
        found = self._memories[kind].get(key, lambda: self._outcome(read))
        if isinstance(found, Exception):
            note = Note(str(found), "again") if isinstance(found, Stopped) else Note.of(found)
            self._tell(slot, key, lambda: self._reports.input_failed.emit(kind, given, note))
            return None
        thing, view = found
        self._tell(slot, key, lambda: ready.emit(given, view))
        return thing

    def _outcome(self, make: Callable[[], Any]) -> Any:
        """What ``make`` gives, or why it can't; our own faults are reported once, and the input then counts as bad."""
        try:
            return make()
        except Cancelled:
            raise
        except InputError as error:
            return error.with_traceback(None)  # it would keep every picture alive that it passed
        except Exception as error:
            self._reports.report(error)
            return InputError(
                translate("Preparation", "This can't be used because of a fault in FashionMirror; try another file.")
            )

    def _tell(self, slot: object, key: object, emit: Callable[[], None]) -> None:
        if self._told.get(slot) != key:
            self._told[slot] = key
            emit()

    def _tell_look(self, state: LookState, look: Look, poses: Motion | None) -> None:
        """The look, and once more when its poses are there or have changed."""
        doubts = self._memories["doubts"].get(plan.look_key(state) or "", tuple)
        key = (plan.look_key(state), None if poses is None else (plan.poses_key(state), repr(state.joint_edits)))
        told = self._told.get("look")
        if poses is None and isinstance(told, tuple) and told[0] == key[0]:
            return

        def emit() -> None:
            notes = list(_notes(look.warnings))
            if state.removed_edit is not None and state.removed_edit.pixels.shape != look.person.matte.shape:
                notes.append(
                    Note(translate("Preparation", "The painted mask belongs to another photo and is not used."))
                )
            self._reports.look_ready.emit(
                LookView(
                    state=state,
                    still=look.still,
                    removed_mask=look.removed_mask,
                    clothing_mask=look.clothing_mask,
                    attention=look.attention,
                    stage=look.stage,
                    size=look.size,
                    poses=poses,
                    notes=tuple(notes),
                    doubts=doubts,
                )
            )

        self._tell("look", key, emit)

    def _posed(self, tryon: TryOn, state: LookState, look: Look, motion: Motion) -> Clip | None:
        from fashionmirror_core.outputs.clip import timed_motion

        key = plan.poses_key(state)
        assert key is not None

        def perform() -> plan.Performance:
            timed = timed_motion(motion, state.clip.fps, state.clip.frames)
            if len(timed) > MAX_FRAMES:
                text = translate(
                    "Preparation", "This motion makes a clip of {0} frames; {1} are possible. Set Frames to fewer."
                )
                raise InputError(text.format(len(timed), MAX_FRAMES))
            performance = plan.Performance(
                tryon.poses(look, timed, state.clip.retarget, state.clip.transition), look.person.pose
            )
            _ = performance.clip  # computed here, and not when the window asks for it
            return performance

        performance = self._memories["performance"].get(key, lambda: self._outcome(perform))
        if isinstance(performance, Exception):
            told = Note.of(performance)
            self._tell(
                "performance", (key, "failed"), lambda: self._reports.input_failed.emit("motion", state.motion, told)
            )
            return None
        self._tell("performance", key, lambda: self._reports.performed.emit(key, performance))
        posed = performance.edited(state.joint_edits)
        return Clip(state, look, posed, plan.frame_keys(state, posed))


def _loaded(device: str, stage_size: tuple[int, int], threads: int | None) -> tuple[TryOn, EngineInfo]:
    """The core, imported. See ``Engine`` for the arguments."""
    preload_engine()
    import cv2
    import torch

    from fashionmirror_core.networks import weights
    from fashionmirror_core.tryon import TryOn

    if threads is not None:
        torch.set_num_threads(threads)
        cv2.setNumThreads(threads)  # the renderer takes as many
    tryon = TryOn.load(device, stage_size)
    path = weights.find(tryon.weights_id)
    licence = "" if path is None or not tryon.has_networks else str(weights.card(path).get("licence", ""))
    return tryon, EngineInfo(str(tryon.device), torch.get_num_threads(), tryon.weights_id, licence, tryon.finishes)


def _notes(warnings: Iterable[str]) -> tuple[Note, ...]:
    return tuple(Note.of(warning) for warning in dict.fromkeys(warnings))


def _read_person(given: PersonInput) -> Person:
    from fashionmirror_core.media.images import read_picture
    from fashionmirror_core.person.person import Person

    picture = read_picture(given.path).turned(given.turns)
    if given.crop is not None:
        x, y, width, height = given.crop
        part = picture.pixels[y : y + height, x : x + width]
        if min(part.shape[:2]) < 2:
            raise InputError(translate("Preparation", "The crop lies outside of the photo; choose the photo again."))
        picture = replace(picture, pixels=np.ascontiguousarray(part))
    return Person.from_photo(picture)


def _read_garment(given: GarmentInput, foreign_cutout: str) -> tuple[Garment, GarmentView]:
    """foreign_cutout: the note where the painted cut-out has not the picture's size."""
    from fashionmirror_core.garment.garment import Garment
    from fashionmirror_core.media.images import read_picture

    read = read_picture(given.path)
    picture = read.pixels
    notes: list[Note] = []
    alpha = None if given.cutout is None else given.cutout.pixels
    if alpha is not None and alpha.shape != picture.shape[:2]:
        alpha = None
        notes.append(Note(foreign_cutout, "cutout"))
    garment = Garment.from_photo(
        read,
        given.category.value,
        alpha,
        given.turns,
        pick=given.pick,
        sleeves=given.sleeves.value,
        moved={name: (x, y) for name, x, y in given.landmarks},
    )
    notes += _notes(garment.warnings)
    doubtful = any(note.doubts_category for note in notes)
    return garment, GarmentView(
        garment.image,
        picture,
        garment.category,
        doubtful,
        tuple(notes),
        garment.turns,
        landmarks=garment.in_picture,
        parts=garment.seen_parts(picture.shape[:2]),
        pieces=len(garment.pieces),
        picked=garment.picked,
    )


def _with_back(front: Garment, view: GarmentView, back: Path) -> tuple[Garment, GarmentView]:
    """The garment with the picture of its back, and what the window shows of it. Raises InputError."""
    from fashionmirror_core.garment.garment import Garment
    from fashionmirror_core.media.images import read_picture

    behind = Garment.from_photo(read_picture(back), front.category)
    whole = front.with_back(behind)
    notes = _notes(note for note in whole.warnings if note not in front.warnings)
    return whole, replace(view, notes=view.notes + notes, back=behind.image)


def _doubts(look: Look, garments: list[Garment]) -> tuple[tuple[Note, ...], ...]:
    """Of each garment, in their order; a look has them in the order of dressing."""
    verdicts = [look.verdict_of(garment) for garment in garments]
    return tuple(() if verdict is None else _notes(verdict.doubts) for verdict in verdicts)


def _dressed(tryon: TryOn, person: Person, garments: list[Garment], state: LookState, falling: FallingPictures) -> Look:
    """falling: is told of the drape, and may end it."""
    removed = None
    if state.removed_edit is not None and (painted := state.removed_edit.pixels).shape == person.matte.shape:
        removed = painted.astype(np.float32) / 255
    tailoring = tuple(garment.tailoring for garment in state.garments)
    look = tryon.prepare(person, garments, removed=removed, tailoring=tailoring, on_drape=falling)
    _ = look.still, look.clothing_mask  # computed here, and not when the window asks for them
    return look


def _step_aside() -> None:
    """This thread and those that it will begin give way to the window's; on Linux a QThread's priority does nothing."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 5)
