"""Video in: ffmpeg streams raw frames through a pipe, so that a long 4K video never fills memory."""

from __future__ import annotations

import contextlib
import queue
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from fashionmirror_core.errors import InputError
from fashionmirror_core.media.ffmpeg import POLL, STALL, Ffmpeg, Waiting, input_arguments, pipe_of
from fashionmirror_core.media.probing import probe, scale_filter
from fashionmirror_core.media.targets import named
from fashionmirror_core.media.timing import Timing, steady_filter

_AHEAD = 2  # frames that are read before they are asked for
# What ffmpeg says of a stream that breaks off or decodes to garbage: every error, and warnings about corrupt data.
_DAMAGE = re.compile(r"\[(error|fatal|panic)\]|corrupt", re.I)
_CUT = re.compile(r"partial file|ended prematurely", re.I)


def decode_arguments(path: Path, timing: Timing, max_side: int | None) -> list[str]:
    """All frames at a constant rate as raw RGB on stdout, without sound.

    Frames are repeated last: what is repeated then is a reference, not a picture that is scaled again and queued.
    """
    steps = [steady_filter(timing), scale_filter(max_side), "format=rgb24", f"fps={timing.rate}"]
    filters = ["-map", "0:V:0", "-vf", ",".join(steps), "-fps_mode", "passthrough"]
    return ["-loglevel", "level+warning", *input_arguments(path), *filters, "-f", "rawvideo", "pipe:1"]


class VideoReader:
    """A video's frames, streamed: ``with VideoReader(path) as video: for frame in video: ...``

    Frames are (H, W, 3) uint8 RGB, upright, with square pixels, at the constant rate ``fps``; ``max_side`` has ffmpeg
    scale them down on its side of the pipe. Sound is ignored. Iterating again starts from the first frame; leaving
    early ends ffmpeg. waiting: called about ten times a second while ffmpeg is waited for; what it raises ends the
    reading.

    A video that is cut off or damaged gives the frames that can be decoded, and says so in ``warnings``. Raises InputError
    for a file that is missing or no video, has no picture or no frame; and while iterating, where ffmpeg stalls.
    """

    def __init__(self, path: str | Path, max_side: int | None = None, waiting: Waiting | None = None) -> None:
        if max_side is not None and max_side < 1:
            raise ValueError(f"max_side is at least 1 pixel, not {max_side}")
        self.path = Path(path)
        self._max_side, self._waiting = max_side, waiting
        self._facts = probe(path, max_side, waiting)
        self._damage = ""
        self._running: list[Ffmpeg] = []

    @property
    def fps(self) -> float:
        """Frames a second, as they come out of the iteration."""
        return float(self._facts.rate)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the frames, after rotation and scaling."""
        return self._facts.size

    @property
    def frame_count(self) -> int | None:
        """About how many frames there are; None where the file doesn't tell."""
        return self._facts.frame_count

    @property
    def warnings(self) -> tuple[str, ...]:
        """Lines for the user: gaps in time, a rate under 1; after the last frame also damage."""
        return (*self._facts.timing.notes, *filter(None, [self._damage]))

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends every ffmpeg that still reads for this object."""
        while self._running:
            self._running.pop().kill()

    def __iter__(self) -> Iterator[np.ndarray]:
        ffmpeg = Ffmpeg(decode_arguments(self.path, self._facts.timing, self._max_side), writes=False)
        self._running.append(ffmpeg)
        frames = _Frames(ffmpeg, self.size)
        count = 0
        try:
            while ffmpeg in self._running:  # else closed from outside: nothing to judge
                frame = self._next(frames)
                if frame is None:
                    self._judge_end(*ffmpeg.finish(), count)
                    return
                count += 1
                yield frame
        finally:
            frames.stop()
            if ffmpeg in self._running:
                self._running.remove(ffmpeg)

    def _next(self, frames: _Frames) -> np.ndarray | None:
        deadline = time.monotonic() + STALL
        while True:
            with contextlib.suppress(queue.Empty):
                return frames.queue.get(timeout=POLL)
            if self._waiting is not None:
                self._waiting()
            if time.monotonic() > deadline:
                raise InputError(f"{named(self.path)} gives no frame for {STALL:.0f} s; convert it to MP4.")

    def _judge_end(self, code: int, lines: list[str], count: int) -> None:
        if count == 0:
            raise InputError(f"{named(self.path)} has no frame that can be decoded; convert it to MP4 and try again.")
        expected = self.frame_count or 0
        read = f"{count} of about {expected}" if expected > count else f"{count}"
        if any(_CUT.search(line) for line in lines):
            self._damage = f"The video is cut off: {read} frames were read; copy or export it again for the rest."
        elif code != 0 or any(_DAMAGE.search(line) for line in lines):
            self._damage = f"The video is damaged: {read} frames were read, some may be wrong; copy or export it again."


class _Frames:
    """The frames of an ffmpeg's stdout, read by a thread of its own: who takes them can wait with an eye on the clock.

    queue: frames (H, W, 3) uint8, None after the last.
    """

    def __init__(self, ffmpeg: Ffmpeg, size: tuple[int, int]) -> None:
        self.queue: queue.Queue[np.ndarray | None] = queue.Queue(_AHEAD)
        self._ffmpeg, self._shape = ffmpeg, (size[1], size[0], 3)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends ffmpeg and the thread."""
        self._stopped.set()
        self._ffmpeg.process.kill()
        self._thread.join()
        self._ffmpeg.kill()

    def _read(self) -> None:
        pipe = pipe_of(self._ffmpeg.process.stdout)
        while not self._stopped.is_set():
            frame = np.empty(self._shape, np.uint8)
            try:
                whole = pipe.readinto(frame.data.cast("B")) == frame.size  # type: ignore[attr-defined]
            except (ValueError, MemoryError):  # closed from outside; no room
                whole = False
            self._put(frame if whole else None)
            if not whole:
                return

    def _put(self, frame: np.ndarray | None) -> None:
        while not self._stopped.is_set():
            with contextlib.suppress(queue.Full):
                return self.queue.put(frame, timeout=POLL)
