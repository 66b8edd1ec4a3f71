"""Video in: ffmpeg streams raw frames through a pipe, so that a long 4K video never fills memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import IO

import numpy as np

from fashionmirror_core.errors import InputError
from fashionmirror_core.media.ffmpeg import Ffmpeg, input_arguments, pipe_of, reason_of
from fashionmirror_core.media.images import named
from fashionmirror_core.media.probing import probe, scale_filter

# What demuxers and decoders say, at exit code 0, of a stream that breaks off or decodes to garbage.
_DAMAGE = re.compile(
    r"ended prematurely|partial file|invalid as first byte|exceeds (containing|max)|error while decoding|corrupt", re.I
)


def decode_arguments(path: Path, rate: Fraction, max_side: int | None) -> list[str]:
    """All frames at a constant rate as raw RGB on stdout, without sound; stops at the first broken frame."""
    filters = ["-map", "0:V:0", "-vf", f"fps={rate},{scale_filter(max_side)},format=rgb24", "-fps_mode", "passthrough"]
    return ["-loglevel", "error", "-xerror", *input_arguments(path), *filters, "-f", "rawvideo", "pipe:1"]


class VideoReader:
    """A video's frames, streamed: ``with VideoReader(path) as video: for frame in video: ...``

    Frames are (H, W, 3) uint8 RGB, upright, with square pixels, at the constant rate ``fps``; ``max_side`` has ffmpeg
    scale them down on its side of the pipe. Sound is ignored. Iterating again starts from the first frame; leaving
    early ends ffmpeg.

    Raises InputError for a file that is missing or no video, has no picture or no frame; and while iterating, where
    the stream breaks off or decodes to garbage, with the frame at which that is.
    """

    def __init__(self, path: str | Path, max_side: int | None = None) -> None:
        if max_side is not None and max_side < 1:
            raise ValueError(f"max_side is at least 1 pixel, not {max_side}")
        self.path = Path(path)
        self._max_side = max_side
        self._facts = probe(path, max_side)
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
        """About how many frames there are, by the file's duration; None where it doesn't tell."""
        return self._facts.frame_count

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends every ffmpeg that still reads for this object."""
        while self._running:
            self._running.pop().kill()

    def __iter__(self) -> Iterator[np.ndarray]:
        ffmpeg = Ffmpeg(decode_arguments(self.path, self._facts.rate, self._max_side), writes=False)
        self._running.append(ffmpeg)
        count = 0
        try:
            while (frame := self._next_frame(pipe_of(ffmpeg.process.stdout), count)) is not None:
                count += 1
                yield frame
            if ffmpeg in self._running:  # else closed from outside: nothing to judge
                self._judge_end(*ffmpeg.finish(), count)
        finally:
            ffmpeg.kill()
            if ffmpeg in self._running:
                self._running.remove(ffmpeg)

    def _next_frame(self, pipe: IO[bytes], index: int) -> np.ndarray | None:
        width, height = self.size
        frame = np.empty((height, width, 3), np.uint8)
        try:
            got = pipe.readinto(frame.data.cast("B"))  # type: ignore[attr-defined]
        except ValueError:  # closed from outside
            return None
        return frame if got == frame.size else None

    def _judge_end(self, code: int, lines: list[str], count: int) -> None:
        damage = next((line for line in lines if _DAMAGE.search(line)), None)
        if code == 0 and damage is None and count > 0:
            return
        if count == 0:
            raise InputError(f"{named(self.path)} has no frame that can be decoded; convert it to MP4 and try again.")
        reason = reason_of([damage] if damage else lines)
        raise InputError(f"{named(self.path)} is broken at frame {count} ({reason}); export or download it again.")
