"""The worker thread's side of the engine: reads, dresses, renders and exports, one thing at a time.

Between two steps and two frames it asks the desk whether something newer is wanted. All results leave by signals.
The core, which brings torch and MediaPipe, is imported when it is first needed, in this thread.
"""

from __future__ import annotations

import os
import statistics
import sys
import threading
import time
import traceback
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Signal, SignalInstance, Slot

from app.engine import exports, plan
from app.engine.desk import Desk, ExportJob, RenderJob, StateJob
from app.engine.exports import ExportKind, ExportRequest
from app.engine.frames import StoredFrame
from app.engine.loading import preload_torch
from app.engine.notes import Note
from app.engine.views import EngineInfo, GarmentView, LookView, MotionView, PersonView, Reports
from app.model.input_files import inputs
from app.model.limits import MAX_FRAMES
from app.model.state import GarmentInput, LookState, MotionInput, PersonInput, Quality
from fashionmirror_core.errors import Cancelled as ReadingCancelled
from fashionmirror_core.errors import InputError
from fashionmirror_core.media.files import Change
from fashionmirror_core.media.targets import check_outputs

if TYPE_CHECKING:
    from fashionmirror_core.garment.garment import Garment
    from fashionmirror_core.look import Frame, Look
    from fashionmirror_core.motion.motion import Motion
    from fashionmirror_core.person.person import Person
    from fashionmirror_core.tryon import TryOn

_KEPT = {"person": 8, "garment": 24, "motion": 12, "look": 4, "performance": 8}
_RECENT = 12  # frames whose time tells what is left


class Cancelled(Exception):
    """The user has stopped it."""


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


@dataclass(frozen=True, eq=False)
class Clip:
    """All that a frame is made of. performed: with the user's edits; keys: one for each frame."""

    state: LookState
    look: Look
    performed: plan.Clip
    keys: tuple[str, ...]

    @property
    def poses(self) -> Motion:
        return self.performed.poses


class Workshop(Reports):
    """Lives in the worker thread; ``work`` does whatever lies on the desk."""

    performed = Signal(str, object)
    """(poses_key, plan.Performance): with it the GUI thread knows the frames' keys as soon as a joint is dragged."""
    frame_begun = Signal(object)
    """The key of the frame that is being made; None when none is."""
    frame_made = Signal(str, object)
    """(key, StoredFrame)"""
    frame_failed = Signal(str)

    def __init__(self, desk: Desk, device: str, stage_size: tuple[int, int], threads: int | None) -> None:
        super().__init__()
        self._desk = desk
        self._wanted = (device, stage_size, threads)
        self._tryon: TryOn | None = None
        self._memories = {kind: Memory(size) for kind, size in _KEPT.items()}
        self._told: dict[object, object] = {}  # what the window knows already: slot -> key
        self._stopped_motion: str | None = None  # a video whose reading was cancelled is not begun again by itself

    @Slot()
    def work(self) -> None:
        """Everything on the desk; an exception ends the job that it came from and no other."""
        while (job := self._desk.take()) is not None:
            try:
                if isinstance(job, StateJob):
                    self._prepare(job)
                elif isinstance(job, RenderJob):
                    self._render(job)
                else:
                    self._export(job)
            except Exception as error:
                self._report(error)
        self.status.emit("")

    def _report(self, error: Exception) -> None:
        if isinstance(error, InputError):
            self.failed.emit(str(error), "")
        else:
            details = "".join(traceback.format_exception(type(error), error, error.__traceback__))
            self.failed.emit(self.tr("Something went wrong in FashionMirror."), details)

    # --- the core ---

    @property
    def _engine(self) -> TryOn:
        if self._tryon is None:
            self.status.emit(self.tr("Getting ready"))
            _step_aside()
            preload_torch()
            import torch

            from fashionmirror_core.networks import weights
            from fashionmirror_core.tryon import TryOn

            device, stage_size, threads = self._wanted
            if threads is not None:
                torch.set_num_threads(threads)
            self._tryon = TryOn.load(device, stage_size)
            path = weights.find(self._tryon.weights_id)
            licence = "" if path is None or not self._tryon.has_networks else str(weights.card(path).get("licence", ""))
            self.ready.emit(
                EngineInfo(str(self._tryon.device), torch.get_num_threads(), self._tryon.weights_id, licence)
            )
        return self._tryon

    # --- a state ---

    def _prepare(self, job: StateJob) -> Clip | None:
        """All that this state needs and the window doesn't have; None where something is missing or newer."""
        tryon = self._engine
        look = self._dress(job)
        motion = None if self._desk.outdated(job.version) else self._motion(job)
        if look is None or motion is None or self._desk.outdated(job.version):
            return None
        clip = self._clip(tryon, job.state, look, motion)
        if clip is not None:
            self._tell_look(job.state, look, clip.poses)
        return clip

    def _newest_clip(self, job: RenderJob | ExportJob) -> tuple[StateJob, Clip | None]:
        """The clip of the newest state; None where something is missing, or the job was cancelled."""
        while True:
            now = self._desk.take_newest()
            clip = self._prepare(now)
            if clip is not None or self._desk.cancelled(job) or not self._desk.outdated(now.version):
                return now, clip

    def _dress(self, job: StateJob) -> Look | None:
        """Person, garments and look, told as they come."""
        tryon, state = self._engine, job.state
        person = self._person(state.person)
        if self._desk.outdated(job.version):
            return None
        garments = [self._garment(place, garment) for place, garment in enumerate(state.garments)]
        worn = [garment for garment in garments if garment is not None]
        for slot in [slot for slot in self._told if isinstance(slot, tuple) and slot[1] >= len(garments)]:
            del self._told[slot]
        key = plan.look_key(state)
        if key is None:
            self._told.pop("look", None)
        if person is None or key is None or len(worn) < len(garments) or self._desk.outdated(job.version):
            return None
        self.status.emit(self.tr("Dressing"))
        found = self._memories["look"].get(key, lambda: self._outcome(lambda: _dressed(tryon, person, worn, state)))
        if isinstance(found, Exception):
            self._tell("look", (key, "failed"), lambda: self.input_failed.emit("person", state.person, Note.of(found)))
            return None
        look: Look = found
        self._tell_look(state, look, None)
        return look

    def _person(self, given: PersonInput | None) -> Person | None:
        if given is None:
            self._told.pop("person", None)
            return None

        def read() -> tuple[Person, PersonView]:
            self.status.emit(self.tr("Looking at the person"))
            person = _read_person(given)
            return person, PersonView(person.image, person.matte, person.pose, _notes(person.warnings))

        return self._known("person", "person", plan.person_key(given), given, read, self.person_ready)

    def _garment(self, place: int, given: GarmentInput) -> Garment | None:
        def read() -> tuple[Garment, GarmentView]:
            self.status.emit(self.tr("Looking at the garment"))
            return _read_garment(given, self.tr("The painted cut-out belongs to another picture and is not used."))

        return self._known("garment", ("garment", place), plan.garment_key(given), given, read, self.garment_ready)

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
            self.status.emit(self.tr("Reading the motion"))
            motion = self._read_motion(given, job)
            return motion, MotionView(motion, motion.seconds, motion.fps, _notes(motion.warnings))

        try:
            return self._known("motion", "motion", key, given, read, self.motion_ready)
        except Cancelled:
            return None

    def _read_motion(self, given: MotionInput, job: StateJob) -> Motion:
        """A video takes long: meanwhile the rest of the look keeps up with the document."""
        from fashionmirror_core.motion.motion import Motion

        if given.template is not None:
            return Motion.template(given.template)
        if given.path is None:
            raise InputError(self.tr("There is no motion; choose one."))
        begun, seen = self._desk.round, job

        def cancelled() -> bool:
            return self._desk.round != begun or (
                self._desk.outdated(seen.version) and self._desk.newest.state.motion != given
            )

        def progress(done: int, total: int | None) -> None:
            nonlocal seen
            self.motion_progress.emit(given, done, total or 0)
            if self._desk.outdated(seen.version) and not self._desk.closing:
                newest = self._desk.newest
                if newest.state.motion == given:
                    seen = newest
                    self._dress(newest)

        try:
            return Motion.open(given.path, progress=progress, cancel=cancelled)
        except ReadingCancelled:
            if self._desk.round == begun:  # another motion is wanted
                raise Cancelled from None
            self._stopped_motion = plan.motion_key(given)
            raise InputError(
                self.tr("Reading the video was stopped; choose it again, or render, to read it.")
            ) from None

    def _known(
        self, kind: str, slot: object, key: str, given: object, read: Callable[[], Any], ready: SignalInstance
    ) -> Any:
        """What ``read`` gave for this key, now or before, as (thing, view); the window is told once. None if it failed."""
        found = self._memories[kind].get(key, lambda: self._outcome(read))
        if isinstance(found, Exception):
            self._tell(slot, key, lambda: self.input_failed.emit(kind, given, Note.of(found)))
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
            self._report(error)
            return InputError(self.tr("This can't be used because of a fault in FashionMirror; try another file."))

    def _tell(self, slot: object, key: object, emit: Callable[[], None]) -> None:
        if self._told.get(slot) != key:
            self._told[slot] = key
            emit()

    def _tell_look(self, state: LookState, look: Look, poses: Motion | None) -> None:
        """The look, and once more when its poses are there or have changed."""
        key = (plan.look_key(state), None if poses is None else (plan.poses_key(state), repr(state.joint_edits)))
        told = self._told.get("look")
        if poses is None and isinstance(told, tuple) and told[0] == key[0]:
            return

        def emit() -> None:
            notes = list(_notes(look.warnings))
            if state.removed_edit is not None and state.removed_edit.pixels.shape != look.person.matte.shape:
                notes.append(Note(self.tr("The painted mask belongs to another photo and is not used.")))
            self.look_ready.emit(
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
                )
            )

        self._tell("look", key, emit)

    def _clip(self, tryon: TryOn, state: LookState, look: Look, motion: Motion) -> Clip | None:
        from fashionmirror_core.outputs.clip import timed_motion

        key = plan.poses_key(state)
        assert key is not None

        def perform() -> plan.Performance:
            timed = timed_motion(motion, state.clip.fps, state.clip.frames)
            if len(timed) > MAX_FRAMES:
                text = self.tr("This motion makes a clip of {0} frames; {1} are possible. Set Frames to fewer.")
                raise InputError(text.format(len(timed), MAX_FRAMES))
            performance = plan.Performance(
                tryon.poses(look, timed, state.clip.retarget, state.clip.transition), look.person.pose
            )
            _ = performance.clip  # computed here, and not when the window asks for it
            return performance

        performance = self._memories["performance"].get(key, lambda: self._outcome(perform))
        if isinstance(performance, Exception):
            told = Note.of(performance)
            self._tell("performance", (key, "failed"), lambda: self.input_failed.emit("motion", state.motion, told))
            return None
        self._tell("performance", key, lambda: self.performed.emit(key, performance))
        performed = performance.edited(state.joint_edits)
        return Clip(state, look, performed, plan.frame_keys(state, performed))

    # --- frames ---

    def _frames(self, clip: Clip, indices: Collection[int]) -> Iterator[tuple[str, Frame]]:
        """Frames at ``indices``, ascending, each announced while it is made."""
        ordered = sorted(indices)
        if not ordered:
            return
        made = self._engine.frames(
            clip.look,
            clip.poses,
            indices=ordered,
            background=self._background(clip.state.clip.background),
            draft=clip.state.clip.quality is Quality.draft,
            mask_edits=_mask_edits(clip),
        )
        index = ordered[0]
        try:
            for index in ordered:
                self.frame_begun.emit(clip.keys[index])
                yield clip.keys[index], next(made)
        except GeneratorExit:
            raise
        except Exception:
            self.frame_failed.emit(clip.keys[index])
            raise
        finally:
            self.frame_begun.emit(None)

    def _background(self, given: str) -> str | np.ndarray:
        if given in plan.BACKGROUNDS:
            return given
        from fashionmirror_core.media.images import on_white, read_image

        return on_white(read_image(Path(given)))

    def _render(self, job: RenderJob) -> None:
        """The wanted frames that aren't there, of the newest state, also when it changes meanwhile."""
        have, done = set(job.have), 0
        times: deque[float] = deque(maxlen=_RECENT)
        finished = False
        try:
            while not finished and not self._desk.cancelled(job):
                now, clip = self._newest_clip(job)
                if clip is None:
                    break
                wanted = _first_of_each(clip, job.indices, have)
                total = done + len(wanted)
                self.render_progress.emit(done, total, _left(times, len(wanted)))
                self.status.emit(self.tr("Rendering"))
                last = time.perf_counter()
                frames = self._frames(clip, wanted)
                for key, frame in frames:
                    self.frame_made.emit(key, StoredFrame.of(frame))
                    have.add(key)
                    done += 1
                    times.append(time.perf_counter() - last)
                    last = time.perf_counter()
                    self.render_progress.emit(done, total, _left(times, total - done))
                    if self._desk.outdated(now.version) or self._desk.cancelled(job) or self._desk.render_waits:
                        break
                frames.close()  # type: ignore[attr-defined]
                finished = done == total and not self._desk.outdated(now.version)
                if self._desk.render_waits:
                    break
        except Exception as error:  # told before the end is
            self._report(error)
        if not self._desk.render_waits:
            self.render_finished.emit(finished)

    # --- exports ---

    def _export(self, job: ExportJob) -> None:
        written: Path | None = None
        try:
            if not self._desk.cancelled(job):
                written = self._write(job)
        except Cancelled:
            pass
        except Exception as error:
            self._report(error)
        self.export_finished.emit(written)

    def _write(self, job: ExportJob) -> Path:
        """Raises Cancelled; InputError for what can't be written or isn't there."""
        from fashionmirror_core.media.images import write_image

        request = job.request
        now, clip = self._newest_clip(job)
        if self._desk.cancelled(job):
            raise Cancelled
        check_outputs({self.tr("The export"): request.target}, [path for _, path in inputs(now.state)])
        if request.kind is ExportKind.still and request.first is None:
            look = self._dress(now)
            if look is None:
                raise InputError(self.tr("There is no look to export; give a person and a garment."))
            still = self._own_still(now.state, look, request)
            return self._picture(request, now.state, still)
        if clip is None:
            raise InputError(self.tr("There is no clip to export; give a person, a garment and a motion."))
        clip = self._final(clip, request)
        fps = clip.poses.fps
        shots = exports.schedule(request, len(clip.poses), fps)
        self.status.emit(self.tr("Exporting"))
        pictures = self._shots(job, clip, shots)
        if request.kind is ExportKind.still:
            return self._picture(request, now.state, next(pictures)[1])
        if request.kind is ExportKind.sheet:
            named = [(f"{index + 1}   {index / fps:.2f} s", image) for index, image, _ in pictures]
            return self._picture(request, now.state, exports.contact_sheet(named, _title(now.state)), scale=1)
        if request.kind is ExportKind.masks:
            with Change(overwrite=request.overwrite) as change:
                folder = change.folder(request.target)
                write_image(folder / "removed.png", exports.scaled(_eight_bit(clip.look.removed_mask), request.scale))
                for index, _, mask in pictures:
                    pixels = exports.scaled(_eight_bit(mask), request.scale)
                    write_image(folder / f"clothing_{index:04d}.png", pixels)
            return request.target
        return self._encode(request, now.state, clip, pictures)

    def _encode(
        self,
        request: ExportRequest,
        state: LookState,
        clip: Clip,
        pictures: Iterator[tuple[int, np.ndarray, np.ndarray]],
    ) -> Path:
        from fashionmirror_core.media.writing import open_clip

        text = exports.described(state)
        width, height = clip.look.size
        size = (max(1, round(width * request.scale)), max(1, round(height * request.scale)))
        fps, told = request.fps or clip.poses.fps, {"comment": text}
        with Change(overwrite=request.overwrite) as change:
            whole = request.kind is ExportKind.png
            place = change.folder(request.target) if whole else change.file(request.target)
            with open_clip(place, size, fps, crf=request.crf, metadata=told) as file:
                for _, image, _ in pictures:
                    file.write(exports.scaled(image, request.scale))
            exports.put_text(place, text)
        return request.target

    def _picture(self, request: ExportRequest, state: LookState, image: np.ndarray, scale: float | None = None) -> Path:
        from fashionmirror_core.media.images import write_image

        with Change(overwrite=request.overwrite) as change:
            place = change.file(request.target)
            write_image(place, exports.scaled(image, request.scale if scale is None else scale))
            exports.put_text(place, exports.described(state))
        if request.kind is ExportKind.still:
            self.export_progress.emit(1, 1)
        return request.target

    def _own_still(self, state: LookState, look: Look, request: ExportRequest) -> np.ndarray:
        """The dressed person in the photo's own pose, before the wanted background."""
        return look.still_before(self._background(request.background or state.clip.background))

    def _final(self, clip: Clip, request: ExportRequest) -> Clip:
        """The same clip at final quality before the wanted background."""
        changes = {"quality": Quality.final, "background": request.background or clip.state.clip.background}
        state = clip.state.model_copy(update={"clip": clip.state.clip.model_copy(update=changes)})
        return Clip(state, clip.look, clip.performed, plan.frame_keys(state, clip.performed))

    def _shots(self, job: ExportJob, clip: Clip, shots: list[int]) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """(index, image, clothing mask) for each of ``shots``, ascending; frames that aren't there are made, and kept."""
        have: dict[str, StoredFrame] = {} if job.request.kind.exact else dict(job.frames)
        missing = _first_of_each(clip, tuple(shots), set(have))
        frames = self._frames(clip, missing)
        current: tuple[int, np.ndarray, np.ndarray] | None = None
        try:
            for number, index in enumerate(shots):
                self.export_progress.emit(number, len(shots))
                if self._desk.cancelled(job):
                    raise Cancelled
                key = clip.keys[index]
                if current is None or current[0] != index:
                    if missing and missing[0] == index:
                        missing = missing[1:]
                        _, frame = next(frames)
                        have[key] = StoredFrame.of(frame)
                        self.frame_made.emit(key, have[key])
                        current = index, frame.image, frame.clothing_mask
                    else:
                        current = index, have[key].decoded_image(), have[key].decoded_clothing()
                yield current
            self.export_progress.emit(len(shots), len(shots))
        finally:
            frames.close()  # type: ignore[attr-defined]


def _first_of_each(clip: Clip, indices: tuple[int, ...] | None, have: Collection[str]) -> list[int]:
    """The wanted frames that have to be made, ascending: of frames that show the same only the first."""
    count = len(clip.keys)
    wanted = range(count) if indices is None else sorted(index for index in set(indices) if 0 <= index < count)
    first: dict[str, int] = {}
    for index in wanted:
        if clip.keys[index] not in have:
            first.setdefault(clip.keys[index], index)
    return list(first.values())


def _left(times: Collection[float], frames: int) -> float:
    """Seconds that so many frames will take, by those made last; 0 before the first."""
    return statistics.median(times) * frames if times else 0.0


def _notes(warnings: Collection[str]) -> tuple[Note, ...]:
    return tuple(Note.of(warning) for warning in dict.fromkeys(warnings))


def _read_person(given: PersonInput) -> Person:
    from fashionmirror_core.media.images import read_picture
    from fashionmirror_core.person.person import Person

    return Person.from_photo(read_picture(given.path).turned(given.turns))


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
    garment = Garment.from_photo(read, given.category.value, alpha, given.turns)
    notes += _notes(garment.warnings)
    doubtful = any(note.doubts_category for note in notes)
    return garment, GarmentView(garment.image, picture, garment.category, doubtful, tuple(notes), garment.turns)


def _dressed(tryon: TryOn, person: Person, garments: list[Garment], state: LookState) -> Look:
    from fashionmirror_core.cloth.fitting import Tailoring

    removed = None
    if state.removed_edit is not None and (painted := state.removed_edit.pixels).shape == person.matte.shape:
        removed = painted.astype(np.float32) / 255
    tailoring = tuple(Tailoring(sleeve=garment.sleeve, hem=garment.hem) for garment in state.garments)
    look = tryon.prepare(person, garments, removed=removed, tailoring=tailoring)
    _ = look.still, look.clothing_mask  # computed here, and not when the window asks for them
    return look


def _mask_edits(clip: Clip) -> Mapping[int, np.ndarray]:
    """Frame -> (H, W) float32 in [-1, 1]; what was painted on a photo of another size is left out."""
    edits = {}
    for frame, edit in clip.state.clothing_edits.items():
        change = edit.change.pixels
        if frame < len(clip.poses) and change.shape == clip.look.person.matte.shape:
            edits[frame] = np.clip((change.astype(np.float32) - 128) / 127, -1, 1)
    return edits


def _eight_bit(mask: np.ndarray) -> np.ndarray:
    """(H, W) in [0, 1] -> uint8."""
    return np.rint(np.clip(mask, 0, 1) * 255).astype(np.uint8)


def _title(state: LookState) -> str:
    names = [state.person.path.stem if state.person else "", *(garment.path.stem for garment in state.garments)]
    return "  ×  ".join([*names, state.motion.name if state.motion else ""])


def _step_aside() -> None:
    """This thread and those that it will begin give way to the window's; on Linux a QThread's priority does nothing."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 5)
