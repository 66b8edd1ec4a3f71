"""The worker thread's side of the engine: prepares, renders and exports, one job at a time.

Between two steps and two frames it asks the mailbox whether something newer is wanted. All results leave by signals.
"""

from __future__ import annotations

import statistics
import time
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Slot

from app.engine import exports, plan
from app.engine.exports import ExportKind, ExportRequest
from app.engine.frames import StoredFrame
from app.engine.mailbox import ExportJob, JobMailbox, RenderJob, StateJob, TurnJob
from app.engine.preparation import Clip, Preparation
from app.engine.reports import WorkerReports
from app.model.input_files import inputs
from app.model.state import LookState, Quality
from fashionmirror_core.errors import Cancelled, InputError
from fashionmirror_core.media.files import Change
from fashionmirror_core.media.targets import check_outputs

if TYPE_CHECKING:
    from fashionmirror_core.look import Frame, Look

_KEPT = {"person": 8, "garment": 24, "motion": 12, "look": 4, "performance": 8}
_RECENT = 12  # frames whose time tells what is left


class EngineWorker(WorkerReports):
    """Lives in the worker thread; ``work`` does the jobs in the mailbox."""

    def __init__(self, mailbox: JobMailbox, device: str, stage_size: tuple[int, int], threads: int | None) -> None:
        super().__init__()
        self._mailbox = mailbox
        self._preparation = Preparation(self, mailbox, device, stage_size, threads)

    @Slot()
    def work(self) -> None:
        """Does every job that waits; an exception ends the job that it came from and no other."""
        while (job := self._mailbox.take()) is not None:
            try:
                if isinstance(job, StateJob):
                    self._preparation.clip(job)
                elif isinstance(job, TurnJob):
                    self._turn(job)
                elif isinstance(job, RenderJob):
                    self._render(job)
                else:
                    self._export(job)
            except Exception as error:
                self.report(error)
        self.status.emit("")

    def _turn(self, job: TurnJob | None) -> None:
        now = self._mailbox.newest
        if job is not None and (look := self._preparation.look(now)) is not None:
            finisher = self._preparation.tryon.finisher(look) if self._finishes(now.state) else None
            self.still_turned.emit(now.state, job.degrees, look.still_before("keep", job.degrees, finisher))

    def _finishes(self, state: LookState) -> bool:
        """Where the weights hold no trained generator the switch has no effect, and the inspector says so."""
        return state.clip.finished and state.clip.quality is Quality.final and self._preparation.tryon.finishes

    # --- frames ---

    def _frames(self, clip: Clip, indices: Collection[int]) -> Iterator[tuple[str, Frame]]:
        """Frames at ``indices``, ascending, each announced while it is made."""
        ordered = sorted(indices)
        if not ordered:
            return
        made = self._preparation.tryon.frames(
            clip.look,
            clip.poses,
            indices=ordered,
            background=self._background(clip.state.clip.background),
            draft=clip.state.clip.quality is Quality.draft,
            finish=self._finishes(clip.state),
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
            while not finished and not self._mailbox.cancelled(job):
                now, clip = self._preparation.newest_clip(job)
                if clip is None:
                    break
                clip = replace(clip, keys=plan.frame_keys(clip.state, clip.posed, have))
                wanted = _first_of_each(clip, job.indices, have)
                total = done + len(wanted)
                self.render_progress.emit(done, total, _left(times, len(wanted)))
                self.status.emit(self.tr("Rendering"))
                last = time.perf_counter()
                frames = self._frames(clip, wanted)
                for key, frame in frames:
                    self.frame_made.emit(key, StoredFrame.of(frame))
                    self._turn(self._mailbox.take_turn())
                    have.add(key)
                    done += 1
                    times.append(time.perf_counter() - last)
                    last = time.perf_counter()
                    self.render_progress.emit(done, total, _left(times, total - done))
                    if (
                        self._mailbox.outdated(now.version)
                        or self._mailbox.cancelled(job)
                        or self._mailbox.render_waits
                    ):
                        break
                frames.close()  # type: ignore[attr-defined]
                finished = done == total and not self._mailbox.outdated(now.version)
                if self._mailbox.render_waits:
                    break
        except Exception as error:  # reported before the end of the render
            self.report(error)
        if not self._mailbox.render_waits:
            self.render_finished.emit(finished)

    # --- exports ---

    def _export(self, job: ExportJob) -> None:
        written: Path | None = None
        try:
            if not self._mailbox.cancelled(job):
                written = self._write(job)
        except Cancelled:
            pass
        except Exception as error:
            self.report(error)
        self.export_finished.emit(written)

    def _write(self, job: ExportJob) -> Path:
        """Raises Cancelled; InputError for what can't be written or isn't there."""
        from fashionmirror_core.media.images import write_image

        request = job.request
        now, clip = self._preparation.newest_clip(job)
        if self._mailbox.cancelled(job):
            raise Cancelled
        check_outputs({self.tr("The export"): request.target}, [path for _, path in inputs(now.state)])
        if request.kind is ExportKind.still and request.first is None:
            look = self._preparation.look(now)
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
        return Clip(state, clip.look, clip.posed, plan.frame_keys(state, clip.posed))

    def _shots(self, job: ExportJob, clip: Clip, shots: list[int]) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """(index, image, clothing mask) for each of ``shots``, ascending; frames that aren't there are made, and kept."""
        have: dict[str, StoredFrame] = {} if job.request.kind.exact else dict(job.frames)
        missing = _first_of_each(clip, tuple(shots), set(have))
        frames = self._frames(clip, missing)
        current: tuple[int, np.ndarray, np.ndarray] | None = None
        try:
            for number, index in enumerate(shots):
                self.export_progress.emit(number, len(shots))
                if self._mailbox.cancelled(job):
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
