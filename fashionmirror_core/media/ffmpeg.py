"""The ffmpeg program: where it is, how a local file is opened, and one running process of it.

Only local files are opened: the protocol and the container are whitelisted, so that a playlist or a script disguised as
a video reaches neither the network nor other files. A process that reads has bounds: pixels of a frame, memory, and time
without a sign of life.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import IO

MAX_FRAME_PIXELS = 36_000_000
"""8192 x 4320, the largest that cameras record."""
STALL = 60.0
"""Seconds; a process that brings nothing for so long is ended."""
POLL = 0.1
"""Seconds between two calls of ``waiting`` while a process is waited for."""

Waiting = Callable[[], None]
"""Called again and again while ffmpeg is waited for; what it raises ends the reading, and ffmpeg."""

_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif,apng,mpegts,mpeg,mpegvideo,m4v,flv,live_flv,asf,ogg,h264,hevc,obu,ivf,"
    "mxf,nut,dv,rm,wtv,yuv4mpegpipe"
)
_THREADS = 4  # each keeps frames of its own: 16 of them take 2 GB for 8K
_MAX_MEMORY = 3 * 2**30  # bytes; 8K HEVC of 10 bits takes 1.3 GB
_MAX_ANSWER = 16 * 2**20  # bytes of what a short run says


def ffmpeg_program() -> str:
    """The ffmpeg that imageio-ffmpeg ships or finds."""
    import imageio_ffmpeg  # it runs the binary once to try it

    return str(imageio_ffmpeg.get_ffmpeg_exe())


def exact_rate(fps: float) -> Fraction:
    """Frames a second as a fraction: 29.97 -> 30000/1001, 25 -> 25."""
    for whole in (24, 30, 48, 60, 120, 240):
        if abs(fps - whole / 1.001) < 0.006:
            return Fraction(whole * 1000, 1001)
    return Fraction(fps).limit_denominator(1001)


def input_arguments(path: Path) -> list[str]:
    """Opens one local video; ``file:`` keeps ffmpeg from reading a name such as ``http:a.mp4`` as an address."""
    guards = ["-protocol_whitelist", "file,pipe", "-format_whitelist", _CONTAINERS]
    bounds = ["-max_pixels", str(MAX_FRAME_PIXELS), "-threads", str(min(_THREADS, os.cpu_count() or 1))]
    return ["-hide_banner", "-nostdin", *guards, *bounds, "-i", f"file:{os.path.abspath(path)}"]


class Ffmpeg:
    """One running ffmpeg. A thread keeps the last lines of its stderr, so that a full pipe never blocks it.

    writes: it takes frames on stdin; otherwise it gives them on stdout, and its memory is bounded where the system can.
    """

    def __init__(self, arguments: list[str], writes: bool) -> None:
        self.process = subprocess.Popen(
            [ffmpeg_program(), *arguments],
            stdin=subprocess.PIPE if writes else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if writes else subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Ctrl-C is ours to handle: ffmpeg would end the file by itself.
            start_new_session=os.name == "posix",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        if not writes:
            _bound_memory(self.process.pid)
        self._lines: deque[str] = deque(maxlen=400)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        with contextlib.suppress(ValueError):  # closed from outside
            for line in pipe_of(self.process.stderr):
                self._lines.append(line.decode("utf-8", "replace").strip())

    def finish(self) -> tuple[int, list[str]]:
        """Waits for the end -> exit code and the last lines of stderr."""
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
        code = self.process.wait()
        self._listener.join()
        return code, list(self._lines)

    def kill(self) -> None:
        """Ends the process, if it still runs, and everything that belongs to it."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._listener.join()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def asked(arguments: list[str], waiting: Waiting | None = None) -> tuple[int, str, str] | None:
    """Runs ffmpeg to its end -> exit code, stdout and the last lines of stderr; None where it doesn't come to an end."""
    ffmpeg = Ffmpeg(arguments, writes=False)
    answer: list[bytes] = []
    reader = threading.Thread(
        target=lambda: answer.append(pipe_of(ffmpeg.process.stdout).read(_MAX_ANSWER)), daemon=True
    )
    reader.start()
    deadline = time.monotonic() + STALL
    try:
        while reader.is_alive():
            reader.join(POLL)
            if waiting is not None:
                waiting()
            if time.monotonic() > deadline:
                return None
        if len(answer[0]) == _MAX_ANSWER:
            ffmpeg.process.kill()  # it would wait for a reader
        code, lines = ffmpeg.finish()
        return code, answer[0].decode("utf-8", "replace"), "\n".join(lines)
    finally:
        ffmpeg.process.kill()
        reader.join()
        ffmpeg.kill()


def _bound_memory(pid: int) -> None:
    """A damaged file must not take the machine's memory. Linux alone bounds a process that runs already."""
    if sys.platform == "linux":
        import resource

        with contextlib.suppress(OSError, ValueError):  # it has ended already, or a lower bound holds
            resource.prlimit(pid, resource.RLIMIT_DATA, (_MAX_MEMORY, _MAX_MEMORY))


def pipe_of(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("this pipe wasn't opened")
    return pipe


def reason_of(lines: list[str]) -> str:
    """The most telling of ffmpeg's last lines, without the addresses and levels in front."""
    telling = [re.sub(r"^(\[[^\]]*\] ?)+", "", line) for line in lines]
    telling = [line for line in telling if line and not line.startswith(("Last message", "Conversion failed", "Task "))]
    for line in telling:
        if "No space left" in line:
            return "no space left on the disk"
    return telling[0].rstrip(".") if telling else "ffmpeg gave no reason"
