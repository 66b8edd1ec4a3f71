"""``python -m app.bench``: how fast the studio is, by its own limits: window, event loop, scrubbing, memory, render.

Three kinds of processes, so that nothing that one part loads makes the next one quicker: some that only start the
studio, and one that lives through the sample look with the real window and the real engine, on Qt's offscreen platform
unless QT_QPA_PLATFORM says otherwise. Settings and folders are fresh ones; the user's are not touched.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from app.model.state import LookState
    from app.studio.studio import Studio
    from app.widgets.window import StudioWindow

FRAMES, SIZE = 300, (768, 1024)  # of the clip; width, height
STARTS = 5  # after one that warms the disk's cache
JUMPS = 100
BEAT = 5  # milliseconds
PATIENCE = 1800.0  # seconds for a phase; a busy machine takes its time
PHASES = ("start", "loading", "preparation", "changes", "render")
LIMITS = {  # seconds, frames a second and megabytes
    **{"first_window": 0.8, "photo": 5.0, "garment": 2.5, "length": 1.2, "gap": 0.1, "jump": 0.016},
    **{"rate": 10.0, "memory": 2000.0},
}
SHORTER = 0.85  # of a garment's length


@dataclass(frozen=True)
class Beat:
    """From one turn of the event loop to the next, seconds. busy: what the GUI thread computed; queued: how long it waited
    for a core that another thread or program had (Linux; else 0). The rest it slept, or waited for the interpreter's lock.
    """

    seconds: float
    busy: float
    queued: float


@dataclass(frozen=True)
class Gap:
    """The event loop's pauses in a phase of the studio's life. late: how many were over the limit."""

    longest: Beat
    p99: float
    late: int

    @classmethod
    def of(cls, beats: Sequence[Beat]) -> Gap:
        seconds = [beat.seconds for beat in beats]
        return cls(
            longest=max(beats, key=lambda beat: beat.seconds, default=Beat(0, 0, 0)),
            p99=percentile(seconds, 99),
            late=sum(interval > LIMITS["gap"] for interval in seconds),
        )


@dataclass(frozen=True)
class StudioResults:
    """What was measured, on what. Times in seconds, memory in megabytes (1e6 bytes).

    first_window: process start to the window painted, median. gaps: by phase; "loading" is while the engine's libraries
    are imported. first_still: window painted to the engine's own still of the sample, whose shipped one is there from the
    start. photo: a photo of ``size`` given to its still; prepare: and to its poses. length, garment: of a garment changed to
    the still. jump, jump_p95: a frame asked for on the timeline to its picture painted; of that ``jump_decode`` to have the
    frame's pixels (medians). stored: what the compressed clip takes.
    """

    system: str
    python: str
    cores: int
    qt_platform: str
    device: str
    threads: int
    weights: str
    size: tuple[int, int]
    frames: int
    first_window: float
    first_windows: tuple[float, ...]
    first_still: float
    photo: float
    prepare: float
    length: float
    garment: float
    gaps: Mapping[str, Gap]
    rendered: int
    frames_per_second: float
    jump: float
    jump_p95: float
    jump_decode: float
    stored: float
    memory: float


def run(frames: int = FRAMES, size: tuple[int, int] = SIZE, starts: int = STARTS, jumps: int = JUMPS) -> StudioResults:
    """Measures all of it. size: (width, height) of the photo, and so of the clip. ValueError for nothing to measure.

    It starts Python processes, so a script calls it below ``if __name__ == "__main__":``.
    """
    if frames < 2 or starts < 1 or jumps < 1 or min(size) < 64:
        raise ValueError("There is nothing to measure; ask for 2 frames, a start, a jump and 64 pixels at least.")
    windows = first_windows(starts)
    from fashionmirror_core.workers import worker_processes

    with worker_processes(1) as pool:
        lived = pool.submit(_live, frames, size, jumps).result()
    return StudioResults(
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        size=size,
        frames=frames,
        first_window=statistics.median(windows),
        first_windows=tuple(windows),
        **lived,
    )


# ------------------------------------------------------------------------------------------------- the first window

# As ``app.__main__.main`` up to the painted window; the studio behind it isn't made.
_TO_THE_WINDOW = """
import sys
from app import __main__ as program, startup

make, painted = startup.make_window, []

def watched(application):
    from pathlib import Path
    from PySide6.QtCore import QEvent, QObject, QTimer
    from app.model.settings import Settings

    class Watch(QObject):
        def eventFilter(self, watched, event):
            if event.type() == QEvent.Type.Paint and not painted:
                painted.append(True)
                QTimer.singleShot(0, lambda: (print("painted", flush=True), application.exit(0)))
            return False

    window = make(application, Settings(Path(sys.argv[1]) / "studio.ini"))
    window.watch = Watch()
    window.viewer.installEventFilter(window.watch)
    return window

class Nobody:
    def close(self, **_): pass

startup.make_window, startup.bring_to_life = watched, lambda *_: Nobody()
sys.exit(program.main([]))
"""


def first_windows(starts: int) -> list[float]:
    """Seconds from the start of a process to its painted window, for each of ``starts`` after one that isn't counted."""
    with tempfile.TemporaryDirectory() as folder:
        return [_first_window(folder) for _ in range(starts + 1)][1:]


def _first_window(folder: str) -> float:
    environment = {**os.environ, "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}
    command = [sys.executable, "-c", _TO_THE_WINDOW, folder]
    root = Path(__file__).parents[1]
    begun = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=root
    ) as child:
        assert child.stdout is not None
        line = child.stdout.readline()
        seconds = time.perf_counter() - begun
        problem = child.communicate()[1]
    if line.strip() != "painted":
        raise RuntimeError(f"the window didn't come:\n{problem}")
    return seconds


# --------------------------------------------------------------------------------------------- a life in the studio


class Heartbeat:
    """A timer of the GUI thread's event loop: how far its beats lie apart tells how long the window stood still."""

    def __init__(self, parent: QObject) -> None:
        from PySide6.QtCore import Qt, QTimer

        self.beats: dict[str, list[Beat]] = {}
        self.problems: list[str] = []
        self._phase = ""
        self._last: tuple[float, float, float] | None = None
        self._until: Callable[[], bool] = lambda: True
        self._timer = QTimer(parent, interval=BEAT, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def during(self, phase: str, until: Callable[[], bool], first: Callable[[], Any] | None = None) -> float:
        """Runs the event loop, with ``first`` done in it, until ``until`` says so -> seconds.

        RuntimeError where something was reported to ``problems``, or PATIENCE ended.
        """
        from PySide6.QtCore import QEventLoop, QTimer

        loop = QEventLoop()
        begun = time.perf_counter()

        def over() -> bool:
            return until() or bool(self.problems) or time.perf_counter() - begun > PATIENCE

        self._phase, self._until, self._quit = phase, over, loop.quit
        self._last = None
        self._timer.start()
        if first is not None:
            QTimer.singleShot(2 * BEAT, first)  # after a beat, so that what it takes is seen
        loop.exec()
        self._timer.stop()
        if self.problems:
            raise RuntimeError(f"{phase}: " + "\n".join(self.problems))
        if not until():
            raise RuntimeError(f"{phase} didn't end in {PATIENCE:.0f} s")
        return time.perf_counter() - begun

    def _beat(self) -> None:
        now = time.perf_counter(), time.thread_time(), _queued()
        if self._last is not None:
            passed = Beat(*(new - old for new, old in zip(now, self._last, strict=True)))
            self.beats.setdefault(self._phase, []).append(passed)
        self._last = now
        if self._until():
            self._quit()


def _queued() -> float:
    """Seconds that this thread has waited for a core so far; 0 where the system doesn't tell."""
    facts = Path("/proc/thread-self/schedstat")
    return int(facts.read_bytes().split()[1]) / 1e9 if facts.exists() else 0.0


def _live(frames: int, size: tuple[int, int], jumps: int) -> dict[str, Any]:
    """The part of ``StudioResults`` that needs a studio, in a process of its own."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as private:
        for kind in ("CACHE", "CONFIG", "DATA", "STATE"):
            os.environ[f"XDG_{kind}_HOME"] = str(Path(private) / kind.lower())
        with _window(Path(private)) as (window, application):
            return _lived(window, application, Path(private), frames, size, jumps)


@contextmanager
def _window(private: Path) -> Iterator[tuple[StudioWindow, Any]]:
    from app.model.settings import Settings
    from app.startup import make_application, make_window, show_sample

    application = make_application()
    window = make_window(application, Settings(private / "studio.ini"))
    show_sample(window)
    window.resize(1440, 900)
    window.show()
    application.processEvents()
    yield window, application
    window.hide()


def _lived(
    window: StudioWindow, application: Any, private: Path, frames: int, size: tuple[int, int], jumps: int
) -> dict[str, Any]:
    from app import startup

    beat = Heartbeat(window)
    studios: list[Studio] = []
    known: dict[str, Any] = {}

    def begin(studio: Studio) -> None:
        studio.engine.ready.connect(lambda info: known.update(info=info))
        studio.engine.look_ready.connect(lambda view: known.update(look=view))
        studio.engine.failed.connect(lambda *said: beat.problems.append("\n".join(said)))
        studio.engine.input_failed.connect(lambda kind, given, note: beat.problems.append(f"{kind}: {note.text}"))
        studio.engine.render_finished.connect(lambda done: known.update(finished=done))
        studio.engine.render_progress.connect(lambda done, total, left: known.update(total=total))
        studio.reporter.reported.connect(lambda problem: beat.problems.append(f"{problem.cause}\n{problem.details}"))
        studios.append(studio)

    try:
        first_still = beat.during("start", lambda: bool(studios), lambda: startup.begin(window, None, begin))
        (studio,) = studios
        first_still += beat.during("loading", lambda: "info" in known)
        first_still += beat.during("preparation", lambda: _has_poses(known))
        state = _sized(studio.document.state, private, frames, size)
        known.pop("look")
        photo = beat.during("preparation", lambda: "look" in known, lambda: studio.document.replace(state, None))
        prepare = photo + beat.during("preparation", lambda: _has_poses(known))
        shorter, other = _changed(state)
        length, garment = (_until_dressed(beat, studio, known, changed) for changed in (shorter, other))
        _until_dressed(beat, studio, known, state)  # remembered
        beat.during("settling", lambda: studio.engine.frames.count == frames)
        seconds = beat.during("render", lambda: "finished" in known, studio.rendering.start)
        if not known["finished"]:
            raise RuntimeError("the render didn't finish")
        beat.during("settling", _later(1.0))  # lanes of the timeline are still being drawn
        scrubbed = scrub(studio, application, jumps)
        return {
            "qt_platform": application.platformName(),
            "device": known["info"].device,
            "threads": known["info"].threads,
            "weights": known["info"].weights,
            "first_still": first_still,
            "photo": photo,
            "prepare": prepare,
            "length": length,
            "garment": garment,
            "gaps": {phase: Gap.of(beat.beats.get(phase, [])) for phase in PHASES},
            "rendered": known["total"],
            "frames_per_second": known["total"] / seconds,
            "jump": statistics.median(scrubbed),
            "jump_p95": percentile(scrubbed, 95),
            "jump_decode": _decoding(studio, jumps),
            "stored": studio.engine.frames.weight / 1e6,
            "memory": _peak_memory(),
        }
    finally:
        for studio in studios:
            studio.close()


def scrub(studio: Studio, application: Any, jumps: int) -> list[float]:
    """Seconds from a request of the timeline to the end of the event loop's turn in which the picture was painted."""
    from PySide6.QtCore import QEvent, QEventLoop, QObject

    painted: list[bool] = []

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:
                painted.append(True)
            return False

    window = studio.window
    watch = Watch()
    window.viewer.installEventFilter(watch)
    dice = random.Random(0)
    seconds = []
    for _ in range(jumps):
        there = window.transport.frame
        frame = dice.choice([index for index in range(studio.engine.frames.count) if index != there])
        application.processEvents()
        painted.clear()
        begun = time.perf_counter()
        window.timeline.frame_requested.emit(frame)
        while not painted:
            application.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 1000)
        seconds.append(time.perf_counter() - begun)
    window.viewer.removeEventFilter(watch)
    return seconds


def _decoding(studio: Studio, jumps: int) -> float:
    """Seconds to unpack a frame that isn't among those kept ready, median."""
    seconds = []
    for stored in list(studio.engine.frames.kept.values())[:jumps]:
        begun = time.perf_counter()
        stored.decoded_image()
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds)


def _until_dressed(beat: Heartbeat, studio: Studio, known: dict[str, Any], state: LookState) -> float:
    """Seconds from a change to the still of the look."""
    known.pop("look", None)
    return beat.during(
        "changes",
        lambda: "look" in known and known["look"].state.garments == state.garments,
        lambda: studio.document.apply(state, ""),
    )


def _changed(state: LookState) -> tuple[LookState, LookState]:
    """The look with its garment shorter, and in another garment that the studio ships."""
    from app.model.state import GarmentInput
    from fashionmirror_core.samples import garments

    worn = state.garments[0]
    other = next(path for path in garments() if path != worn.path)
    shorter = worn.model_copy(update={"hem": SHORTER})
    return tuple(  # type: ignore[return-value]
        state.model_copy(update={"garments": (garment,)}) for garment in (shorter, GarmentInput(path=other))
    )


def _has_poses(known: Mapping[str, Any]) -> bool:
    return "look" in known and known["look"].poses is not None


def _later(seconds: float) -> Callable[[], bool]:
    end = time.perf_counter() + seconds
    return lambda: time.perf_counter() > end


def _sized(state: LookState, folder: Path, frames: int, size: tuple[int, int]) -> LookState:
    """The sample's look with its photo at ``size`` and a clip of ``frames``.

    The walk slowly drifts: a loop's rounds show the same frames, which would be made and kept only once.
    """
    import cv2
    import numpy as np

    from app.model.state import MotionInput, PersonInput
    from fashionmirror_core.media.images import read_image, write_image
    from fashionmirror_core.motion.motion import Motion

    assert state.person is not None
    assert state.motion is not None
    assert state.motion.template is not None
    photo, path = folder / state.person.path.with_suffix(".png").name, folder / "drift.motion.json"
    write_image(photo, cv2.resize(read_image(state.person.path)[..., :3], size, interpolation=cv2.INTER_AREA))
    walk = Motion.template(state.motion.template).take(frames)
    joints = walk.joints.copy()
    joints[..., 0] += np.linspace(0, 0.03 * walk.size[0], len(joints), dtype=np.float32)[:, None]
    replace(walk, joints=joints, loop=False).save(path)
    given = {"person": PersonInput(path=photo), "motion": MotionInput(path=path)}
    clip = state.clip.model_copy(update={"frames": frames})
    return state.model_copy(update={**given, "clip": clip})


def _peak_memory() -> float:
    """Megabytes. On Linux from the memory map's own high-water mark: rusage also counts what the parent held."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    from fashionmirror_core.outputs.clip import peak_memory

    return peak_memory()


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest of ``values`` that at least so many percent don't exceed; 0 for none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)] if ordered else 0.0


# --------------------------------------------------------------------------------------------------------- the table


def table(results: StudioResults) -> str:
    """The results as text, each beside its limit."""
    width, height = results.size
    r, gap = results, LIMITS["gap"]
    rows: list[tuple[str, str, str]] = [
        ("first window painted, the sample dressed in it", f"{r.first_window:.2f} s", _s(LIMITS["first_window"])),
        ("the engine's own still of it, after that", f"{r.first_still:.1f} s", ""),
        ("still of another photo", f"{r.photo:.1f} s", _s(LIMITS["photo"])),
        ("  and its poses", f"{r.prepare:.1f} s", ""),
        ("still of another garment", f"{r.garment:.1f} s", _s(LIMITS["garment"])),
        ("still of a changed length", f"{r.length:.1f} s", _s(LIMITS["length"])),
        ("render", f"{r.frames_per_second:.1f} frames/s", f"{LIMITS['rate']:.0f} frames/s"),
        ("cached frame on the screen, median", _ms(r.jump), _ms(LIMITS["jump"])),
        ("cached frame on the screen, 95th percentile", _ms(r.jump_p95), ""),
        ("  unpacking it, median", _ms(r.jump_decode), ""),
        ("the clip's frames, compressed", f"{r.stored:.0f} MB", ""),
        ("peak memory", f"{r.memory:.0f} MB", f"{LIMITS['memory']:.0f} MB"),
    ]
    pauses = [("event loop's longest pause", "it lasted", "computing", "no core", f"over {_ms(gap)}", "limit")]
    for phase, found in r.gaps.items():
        longest = found.longest
        parts = _ms(longest.seconds), _ms(longest.busy), _ms(longest.queued)
        pauses.append((phase, *parts, str(found.late), _ms(gap)))
    return "\n".join(
        [
            f"{r.system}, Python {r.python}, {r.cores} cores, {r.device} with {r.threads} threads, Qt {r.qt_platform}",
            f"{r.frames} frames of {width}x{height}, {r.rendered} of them rendered; weights: {r.weights}",
            "",
            *_aligned([("", "measured", "limit"), *rows]),
            "",
            *_aligned(pauses),
        ]
    )


def _s(seconds: float) -> str:
    return f"{seconds:.1f} s"


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.1f} ms" if seconds < 0.1 else f"{1000 * seconds:.0f} ms"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns of equal width: the first to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  "
        + "  ".join([row[0].ljust(widths[0]), *(v.rjust(w) for v, w in zip(row[1:], widths[1:], strict=True))]).rstrip()
        for row in rows
    ]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m app.bench", description="How fast the studio is on this machine.")
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    parser.add_argument("--frames", type=int, default=FRAMES, help="of the clip that is rendered")
    parser.add_argument("--size", type=_size, default=SIZE, metavar="WxH", help="of the photo, 768x1024 by default")
    parser.add_argument("--starts", type=int, default=STARTS, help="of which the median counts")
    arguments = parser.parse_args(argv)
    try:
        results = run(arguments.frames, arguments.size, arguments.starts)
    except ValueError as error:
        parser.error(str(error))
    print(json.dumps(asdict(results), indent=2) if arguments.json else table(results))
    return 0


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write it as 768x1024")
    return int(width), int(height)


if __name__ == "__main__":
    sys.exit(main())
