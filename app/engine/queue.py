"""The queue: looks that are rendered into files one after another, while the designer goes on with another look.

It drives an engine of its own, which comes with a worker thread and remembers persons, garments and looks; made with the
first wish, because it loads the core. Stills of a look-book are wished for by the view and come before any clip.

Two renders at once would share the cores and make both slow, and the window with them: ``hold`` stops the queue at the
next frame, ``release`` goes on. What was rendered before stays in the engine, so that going on only encodes it again.

With a cluster, clips are made there, several at once (``app.engine.cluster``); stills are made here in any case.
"""

from __future__ import annotations

import os
import statistics
import time
from collections import OrderedDict, deque
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from app.engine import plan
from app.engine.book_sheet import BookSheet
from app.engine.cluster import ClusterLink, Wish
from app.engine.engine import STAGE_SIZE, Engine
from app.engine.exports import ExportKind, ExportRequest
from app.engine.notes import Note
from app.engine.views import LookView
from app.model.lookbook import Job, JobState, LookBook, free_target
from app.model.state import LookState, Quality
from fashionmirror_core.errors import InputError
from fashionmirror_core.outputs.cluster.connection import HERE

PICTURE = (288, 384)
"""Width and height, at most, of the stills and of the frames that stand for a clip: sharp at scale 2, and on a sheet."""
_PICTURES = 240
_REST = 300  # milliseconds that the studio must be idle before the queue goes on
_RECENT = 12  # frames whose time tells what is left


@dataclass(eq=False)
class _ActiveJob:
    """What the engine is at. job: None for a still. stopped: it was told to; what it says then is no failure."""

    look: LookState
    job: int | None = None
    stopped: bool = False
    message: str = ""
    last: float = field(default_factory=time.perf_counter)
    times: deque[float] = field(default_factory=lambda: deque(maxlen=_RECENT))


class LookQueue(QObject):
    """Lives on the GUI thread and computes nothing there. ``close`` it before it goes."""

    changed = Signal(int)
    """The job with this id."""
    reordered = Signal()
    """Jobs were added, removed or moved."""
    still_changed = Signal(object)
    """A look (LookState without motion) whose ``still`` or ``refusal`` is known now."""
    busy_changed = Signal(bool)
    paused_changed = Signal(bool)
    folder_changed = Signal(object)
    failed = Signal(str, str)
    """(message, details): our fault, as of ``Engine``."""
    sheet_finished = Signal(object, str)
    """(Path of the contact sheet or None, why not)"""

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        folder: Path | None = None,
        device: str = "auto",
        stage_size: tuple[int, int] = STAGE_SIZE,
        threads: int | None = None,
        cluster: str = "",
    ) -> None:
        """folder: where clips go, by default FashionMirror in the user's videos. cluster: the address to which clips are
        handed (see ``fashionmirror_core.outputs.cluster.connection``), "" for none; the rest as of ``Engine``.
        """
        super().__init__(parent)
        self._folder = folder
        self._settings: dict[str, Any] = {"device": device, "stage_size": stage_size, "threads": threads}
        self._engine: Engine | None = None
        self._cluster = cluster
        self._link: ClusterLink | None = None
        self._jobs: list[Job] = []
        self._by_look: dict[Hashable, int] = {}
        self._ids = 0
        self._wishes: OrderedDict[str, LookState] = OrderedDict()
        self._stills: OrderedDict[str, np.ndarray] = OrderedDict()
        self._clip_pictures: OrderedDict[int, np.ndarray] = OrderedDict()
        self._accepted: set[str] = set()
        self._refused: dict[str, str] = {}
        self._active: _ActiveJob | None = None
        self._held = self._paused = self._closed = self._busy = False
        self._rest = QTimer(self, singleShot=True, interval=_REST)
        self._rest.timeout.connect(self._go_on)
        self._sheets = BookSheet(self, self.still, self._clip_picture_of)
        self._sheets.finished.connect(self.sheet_finished)

    # --- what there is ---

    @property
    def jobs(self) -> tuple[Job, ...]:
        """In the order in which they are worked on."""
        return tuple(self._jobs)

    def job(self, number: int) -> Job | None:
        return next((job for job in self._jobs if job.id == number), None)

    def job_of(self, look: LookState) -> Job | None:
        """The newest job that makes this very clip."""
        number = self._by_look.get(_identity(_final(look)))
        return None if number is None else self.job(number)

    def still(self, look: LookState) -> np.ndarray | None:
        """The dressed person in the photo's own pose, (h, w, 3) uint8 within PICTURE."""
        return self._stills.get(plan.look_key(look) or "")

    def clip_picture(self, number: int) -> np.ndarray | None:
        """A frame of a finished clip, (h, w, 3) uint8 within PICTURE."""
        return self._clip_pictures.get(number)

    def refusal(self, look: LookState) -> str:
        """Why this can't be made, as far as that is known; else ""."""
        return next((self._refused[key] for key in _keys(look) if key in self._refused), "")

    @property
    def busy(self) -> bool:
        """Whether it works, or would if it weren't held or paused."""
        return self._busy

    @property
    def paused(self) -> bool:
        return self._paused

    @property
    def held(self) -> bool:
        return self._held

    @property
    def folder(self) -> Path:
        """Where clips go; it is made with the first one."""
        if self._folder is None:
            import platformdirs

            self._folder = platformdirs.user_videos_path() / "FashionMirror"
        return self._folder

    @folder.setter
    def folder(self, folder: Path) -> None:
        """Jobs that wait go there, too."""
        self._folder = Path(folder)
        for job in self._jobs:
            if job.state is JobState.waiting:
                self._put(job, target=self._target(job.look, job))
        self.folder_changed.emit(self._folder)

    # --- what is wanted ---

    def add(self, look: LookState) -> int:
        """A clip of this look, at final quality, after the others; the job's number.

        One that is there already and failed or was cancelled is tried again instead. Raises InputError where something
        is missing.
        """
        if not look.renderable:
            raise InputError(self.tr("This look needs: {missing}.").format(missing=", ".join(look.missing)))
        look = _final(look)
        known = self.job_of(look)
        if known is not None and (known.state is not JobState.done or os.path.exists(known.target)):
            self.retry(known.id)
            return known.id
        self._ids += 1
        self._jobs.append(Job(id=self._ids, look=look, target=self._target(look)))
        self._by_look[_identity(look)] = self._ids
        self.reordered.emit()
        self._go_on()
        return self._ids

    def wish_stills(self, looks: Iterable[LookState]) -> None:
        """All the stills that are wanted now, in this order; earlier wishes are forgotten. A clip waits for them."""
        wished = ((plan.look_key(look), look.model_copy(update={"motion": None})) for look in looks)
        self._wishes = OrderedDict((key, look) for key, look in wished if key is not None and key not in self._stills)
        if self._wishes:
            self._stop_clip()
        self._go_on()

    def cancel(self, number: int) -> None:
        """Nothing of it stays but the frames in memory, from which ``retry`` goes on."""
        job = self.job(number)
        if job is None or job.state.over:
            return
        self._put(job, state=JobState.cancelled, left=0.0, message="")
        if self._active is not None and self._active.job == number:
            self._stop()
        if self._link is not None:
            self._link.forget(number)
        self._go_on()

    def cancel_all(self) -> None:
        for job in reversed(self.jobs):  # the one that works last, or the next would begin
            self.cancel(job.id)

    def retry(self, number: int) -> None:
        """Again, if it failed or was cancelled."""
        job = self.job(number)
        if job is None or job.state not in (JobState.failed, JobState.cancelled):
            return
        self._put(job, state=JobState.waiting, done=0, total=0, message="", target=self._target(job.look, job))
        self._go_on()

    def again(self, number: int) -> None:
        """Renders a finished clip once more into its file."""
        job = self.job(number)
        if job is not None and job.state is JobState.done:
            self._put(job, state=JobState.waiting, done=0, total=0)
            self._go_on()

    def remove(self, number: int) -> None:
        """From the list; a finished clip's file stays."""
        self.cancel(number)
        self._drop({number})

    def clear_finished(self) -> None:
        """Takes what is over out of the list."""
        self._drop({job.id for job in self._jobs if job.state.over})

    def move(self, number: int, by: int) -> None:
        """Earlier (by < 0) or later in the list."""
        job = self.job(number)
        if job is None:
            return
        before = self.jobs
        place = self._jobs.index(job)
        self._jobs.remove(job)
        self._jobs.insert(min(len(self._jobs), max(0, place + by)), job)
        if self.jobs != before:
            self.reordered.emit()
            self._go_on()

    # --- when it may work ---

    def hold(self) -> None:
        """The studio computes now. Cheap and may be called often."""
        self._rest.stop()
        if not self._held:
            self._held = True
            self._offer()
        self._stop_clip()

    def release(self) -> None:
        """The studio is idle again; the queue goes on when it stays so."""
        if self._held:
            self._held = False
            self._rest.start()

    def pause(self, on: bool = True) -> None:
        """The user's own wish to wait. Stills come nevertheless."""
        if on != self._paused:
            self._paused = on
            if on:
                self._stop_clip()
            self.paused_changed.emit(on)
            self._go_on()

    def close(self) -> None:
        """Stops, waits for the frame that is being made, and ends the threads. May be called twice."""
        self._closed = True
        self._rest.stop()
        if self._engine is not None:
            self._engine.close()
        if self._link is not None:
            self._link.close()
        self._sheets.close()

    # --- contact sheet ---

    def export_sheet(self, book: LookBook, path: Path) -> None:
        """Writes the look-book as one picture on a thread of its own; ``sheet_finished`` tells."""
        self._sheets.write(book, path)

    def _clip_picture_of(self, look: LookState) -> np.ndarray | None:
        job = self.job_of(look)
        return None if job is None else self.clip_picture(job.id)

    # --- working ---

    def _go_on(self) -> None:
        """Begins the next active if it may; the one place where work begins."""
        if self._active is None and not self._held and not self._closed and not self._rest.isActive():
            self._begin()
        self._offer()
        waits = any(not job.state.over for job in self._jobs)
        busy = self._active is not None or bool(self._wishes) or waits
        if busy != self._busy:
            self._busy = busy
            self.busy_changed.emit(busy)

    def _begin(self) -> None:
        while self._wishes and self._active is None:
            key, look = self._wishes.popitem(last=False)
            if key in self._stills or self.refusal(look):
                self.still_changed.emit(look)
                continue
            self._active = _ActiveJob(look)
            self._the_engine().set_state(look)
        while self._active is None and not self._paused and not self._cluster:
            job = next((job for job in self._jobs if job.state is JobState.waiting), None)
            if job is None:
                return
            if reason := self.refusal(job.look) or self._unfit_folder(job.target.parent):
                self._put(job, state=JobState.failed, message=reason)
                continue
            self._active = _ActiveJob(job.look, job.id)
            self._put(job, state=JobState.working, done=0, total=0, left=0.0, message="")
            engine = self._the_engine()
            engine.set_state(job.look)
            first, last = job.look.in_point, job.look.out_point
            engine.export(ExportRequest(ExportKind.mp4, job.target, first=first, last=last))

    # --- on a cluster ---

    def _offer(self) -> None:
        """Tells the cluster which clips are wanted; those that a worker has begun go on, whatever is wanted now."""
        if not self._cluster or self._closed:
            return
        on_this_computer = self._cluster == HERE
        may_begin = not self._paused and not (self._held and on_this_computer)
        waiting = [job for job in self._jobs if job.state is JobState.waiting] if may_begin else []
        for job in waiting:
            if reason := self.refusal(job.look):
                self._put(job, state=JobState.failed, message=reason)
        wishes = [Wish(job.id, job.look, job.target) for job in waiting if not self.refusal(job.look)]
        if wishes or self._link is not None:
            self._the_link().want(wishes)

    def _the_link(self) -> ClusterLink:
        if self._link is None:
            self._link = link = ClusterLink(self, self._cluster, self._settings["device"], self._settings["stage_size"])
            link.taken.connect(self._taken)
            link.finished.connect(self._finished)
            link.refused.connect(self._cluster_refused)
            link.failed.connect(self.failed)
        return self._link

    def _taken(self, number: int) -> None:
        job = self.job(number)
        if job is not None and job.state is JobState.waiting:
            self._put(job, state=JobState.working, done=0, total=0, left=0.0, message=self.tr("On the cluster"))

    def _finished(self, number: int, picture: np.ndarray | None, reason: str) -> None:
        job = self.job(number)
        if job is not None and job.state is JobState.working:
            if reason:
                self._put(job, state=JobState.failed, message=reason)
            else:
                if picture is not None:
                    self._keep(job, picture)
                self._put(job, state=JobState.done, message="")
        self._go_on()

    def _cluster_refused(self, reason: str) -> None:
        for job in self.jobs:
            if not job.state.over:
                self._put(job, state=JobState.failed, message=reason)
        self._go_on()

    # --- the engine of this computer ---

    def _the_engine(self) -> Engine:
        if self._engine is None:
            self._engine = engine = Engine(self, **self._settings)
            engine.status.connect(self._status)
            engine.look_ready.connect(self._look_ready)
            engine.person_ready.connect(lambda given, view: self._accepted.add(plan.person_key(given)))
            engine.motion_ready.connect(lambda given, view: self._accepted.add(plan.motion_key(given)))
            engine.input_failed.connect(self._input_failed)
            engine.failed.connect(self._engine_failed)
            engine.export_progress.connect(self._progress)
            engine.export_finished.connect(self._export_finished)
        return self._engine

    def _unfit_folder(self, folder: Path) -> str:
        """Makes the folder for a clip; tells why it can't."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or str(error)
            return self.tr("The folder {folder} can't be made ({reason}); choose another.").format(
                folder=folder, reason=reason
            )
        return ""

    def _stop_clip(self) -> None:
        """The clip that is being made goes back to wait, before all others."""
        active = self._active
        job = None if active is None or active.job is None else self.job(active.job)
        if job is not None and job.state is JobState.working:
            self._put(job, state=JobState.waiting, left=0.0, message="")
            self._stop()

    def _stop(self) -> None:
        if self._active is not None and self._engine is not None:
            self._active.stopped = True
            self._engine.cancel()

    def _end(self) -> None:
        self._active = None
        self._go_on()

    # --- what the engine says ---

    def _status(self, text: str) -> None:
        active = self._active
        if active is None:
            return
        if active.job is None and not text and self._refused_now(active):
            self._end()
        elif (job := self.job(active.job or 0)) is not None and job.state is JobState.working and text:
            self._put(job, message=text)

    def _refused_now(self, active: _ActiveJob) -> bool:
        """Whether a still came to nothing: what was refused is told, all else comes with ``look_ready``."""
        if not self.refusal(active.look):
            return False
        self.still_changed.emit(active.look)
        return True

    def _look_ready(self, view: LookView) -> None:
        key = plan.look_key(view.state)
        if key is not None:
            self._stills[key] = _small(view.still)
            self._stills.move_to_end(key)
            while len(self._stills) > _PICTURES:
                self._stills.popitem(last=False)
            self._wishes.pop(key, None)
            self.still_changed.emit(view.state.model_copy(update={"motion": None}))
        if self._active is not None and self._active.job is None and plan.look_key(self._active.look) == key:
            self._end()

    def _input_failed(self, kind: str, given: Any, note: Note) -> None:
        """The engine doesn't tell twice in a row that an input is bad, hence it is remembered; by what it depends on."""
        active = self._active
        if active is None or active.stopped:
            return
        look = active.look
        if kind == "garment":
            key: str | None = plan.garment_key(given)
        elif kind == "person":  # told of the look, too, when the person is well but can't be dressed so
            key = plan.person_key(given)
            key = plan.look_key(look) if key in self._accepted else key
        else:
            key = plan.motion_key(given)
            key = plan.poses_key(look) if key in self._accepted else key
        if key is not None and key in _keys(look):
            self._refused[key] = active.message = note.text
            if active.job is None:
                self.still_changed.emit(look)
                self._end()

    def _engine_failed(self, message: str, details: str) -> None:
        if details:
            self.failed.emit(message, details)
        if self._active is not None and not self._active.message:
            self._active.message = message
            if self._active.job is None:
                self._refused[plan.look_key(self._active.look) or ""] = message
                self._refused_now(self._active)
                self._end()

    def _progress(self, done: int, total: int) -> None:
        active = self._active
        job = self.job(active.job) if active is not None and active.job is not None else None
        if active is None or job is None or job.state is not JobState.working:
            return
        now = time.perf_counter()
        if done:
            active.times.append(now - active.last)
        active.last = now
        left = statistics.median(active.times) * (total - done) if active.times else 0.0
        self._put(job, done=done, total=total, left=left)

    def _export_finished(self, path: Path | None) -> None:
        active = self._active
        job = self.job(active.job) if active is not None and active.job is not None else None
        if active is not None and job is not None and job.state is JobState.working:
            if path is None:
                reason = active.message or self.tr("It was stopped.")
                self._put(job, state=JobState.failed, left=0.0, message=reason)
            else:
                self._keep_picture(job)
                self._put(job, state=JobState.done, done=job.total, left=0.0, message="", target=path)
        self._end()

    def _keep_picture(self, job: Job) -> None:
        """A frame from the clip's middle stands for it."""
        assert self._engine is not None
        frames = self._engine.frames
        image = frames.image(frames.count // 2)
        if image is not None:
            self._keep(job, image)

    def _keep(self, job: Job, image: np.ndarray) -> None:
        self._clip_pictures[job.id] = _small(image)
        while len(self._clip_pictures) > _PICTURES:
            self._clip_pictures.popitem(last=False)

    # --- jobs ---

    def _drop(self, gone: set[int]) -> None:
        self._jobs = [job for job in self._jobs if job.id not in gone]
        self._by_look = {_identity(job.look): job.id for job in self._jobs}
        for number in gone:
            self._clip_pictures.pop(number, None)
        self.reordered.emit()

    def _put(self, job: Job, **changes: Any) -> None:
        new = job.model_copy(update=changes)
        if new != job:
            self._jobs[next(place for place, known in enumerate(self._jobs) if known.id == job.id)] = new
            self.changed.emit(job.id)

    def _target(self, look: LookState, own: Job | None = None) -> Path:
        return free_target(self.folder, look, [job.target for job in self._jobs if job is not own])


def _final(look: LookState) -> LookState:
    return look.model_copy(update={"clip": look.clip.model_copy(update={"quality": Quality.final})})


def _identity(look: LookState) -> Hashable:
    """Equal for equal looks; a look itself, which holds dictionaries, can't be a key."""
    joints = tuple(sorted((frame, tuple(sorted(at.items()))) for frame, at in look.joint_edits.items()))
    painted = (look.removed_edit, tuple(sorted(look.clothing_edits.items())))
    return look.person, look.garments, look.motion, look.clip, look.in_point, look.out_point, painted, joints


def _keys(look: LookState) -> list[str]:
    """Of all that this look depends on."""
    keys = [plan.person_key(look.person)] if look.person else []
    keys += [plan.garment_key(garment) for garment in look.garments]
    keys += [plan.motion_key(look.motion)] if look.motion else []
    return [*keys, *(key for key in (plan.look_key(look), plan.poses_key(look)) if key is not None)]


def _small(image: np.ndarray) -> np.ndarray:
    """(H, W, 3 or 4) uint8 -> (h, w, 3) uint8 within PICTURE, on white. Rows and columns of large ones are dropped first,
    which keeps it within milliseconds.
    """
    import cv2

    factor = min(1.0, PICTURE[0] / image.shape[1], PICTURE[1] / image.shape[0])
    step = max(1, int(1 / factor) // 3)
    image = image[::step, ::step]
    size = (max(1, round(image.shape[1] * factor * step)), max(1, round(image.shape[0] * factor * step)))
    small = cv2.resize(np.ascontiguousarray(image), size, interpolation=cv2.INTER_AREA)
    if small.shape[2] == 3:
        return small
    alpha = small[..., 3:].astype(np.float32) / 255
    return np.rint(small[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
