"""Video in and out through ffmpeg, one frame at a time: a long 4K video never fills memory.

Reading asks ffmpeg once what the video is (``probe``) and then streams raw frames through a pipe; writing streams them
the other way into a file beside the target, which is renamed when whole. The arguments come from pure functions.
Only local files are opened: the protocol and the container are whitelisted, so that a playlist or a script disguised as
a video reaches neither the network nor other files.
"""

from __future__ import annotations

import abc
import contextlib
import math
import os
import re
import shutil
import subprocess
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import IO

import numpy as np

from fashionmirror_core.errors import InputError
from fashionmirror_core.media.files import Change, try_target
from fashionmirror_core.media.images import check_pixels, check_source, on_white, write_image
from fashionmirror_core.media.targets import check_outputs, named, unwritable

_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif,apng,mpegts,mpeg,mpegvideo,m4v,flv,live_flv,asf,ogg,h264,hevc,obu,ivf,"
    "mxf,nut,dv,rm,wtv,yuv4mpegpipe"
)
_READABLE = "MP4, MOV, WebM, MKV, AVI or GIF"
CLIP_SUFFIXES = (".mp4", ".webm", ".gif")
_NEEDED_BYTES = 64 * 2**20
_GIF_RATE = 50  # browsers slow a GIF down to a tenth where a frame takes less than 2/100 s
# What demuxers and decoders say, at exit code 0, of a stream that breaks off or decodes to garbage.
_DAMAGE = re.compile(
    r"ended prematurely|partial file|invalid as first byte|exceeds (containing|max)|error while decoding|corrupt", re.I
)


def ffmpeg_program() -> str:
    """The ffmpeg that imageio-ffmpeg ships or finds."""
    import imageio_ffmpeg  # it runs the binary once to try it

    return str(imageio_ffmpeg.get_ffmpeg_exe())


# --- arguments, pure ----------------------------------------------------------------------------------------------


def exact_rate(fps: float) -> Fraction:
    """Frames a second as a fraction: 29.97 -> 30000/1001, 25 -> 25."""
    for whole in (24, 30, 48, 60, 120, 240):
        if abs(fps - whole / 1.001) < 0.006:
            return Fraction(whole * 1000, 1001)
    return Fraction(fps).limit_denominator(1001)


def scale_filter(max_side: int | None) -> str:
    """Scales to square pixels, and down to ``max_side`` pixels on the longer side; never up."""
    shrink = "1" if max_side is None else f"min(1,{max_side}/max(iw*sar,ih))"
    size = f"w='max(1,round(iw*sar*{shrink}))':h='max(1,round(ih*{shrink}))'"
    return f"scale={size}:flags=bicubic+accurate_rnd+full_chroma_int,setsar=1"


def input_arguments(path: Path) -> list[str]:
    """Opens one local video; ``file:`` keeps ffmpeg from reading a name such as ``http:a.mp4`` as an address."""
    guards = ["-protocol_whitelist", "file,pipe", "-format_whitelist", _CONTAINERS]
    return ["-hide_banner", "-nostdin", *guards, "-i", f"file:{os.path.abspath(path)}"]


def probe_arguments(path: Path, max_side: int | None) -> list[str]:
    """Decodes one frame; the framecrc header tells the exact rate and the size after rotation and scaling."""
    filters = ["-map", "0:V:0", "-frames:v", "1", "-vf", scale_filter(max_side), "-fps_mode", "cfr"]
    return [*input_arguments(path), *filters, "-f", "framecrc", "pipe:1"]


def decode_arguments(path: Path, rate: Fraction, max_side: int | None) -> list[str]:
    """All frames at a constant rate as raw RGB on stdout, without sound; stops at the first broken frame."""
    filters = ["-map", "0:V:0", "-vf", f"fps={rate},{scale_filter(max_side)},format=rgb24", "-fps_mode", "passthrough"]
    return ["-loglevel", "error", "-xerror", *input_arguments(path), *filters, "-f", "rawvideo", "pipe:1"]


def read_metadata_arguments(path: Path) -> list[str]:
    """What the file says about itself, as ffmpeg's text on stdout; nothing is decoded."""
    return ["-loglevel", "error", *input_arguments(path), "-map_metadata", "0", "-f", "ffmetadata", "pipe:1"]


def raw_input_arguments(size: tuple[int, int], rate: Fraction, pixels: str) -> list[str]:
    """Raw frames on stdin; ``pixels`` is rgb24 or rgba."""
    layout = ["-f", "rawvideo", "-pix_fmt", pixels, "-s", f"{size[0]}x{size[1]}", "-r", str(rate)]
    return ["-hide_banner", "-loglevel", "error", "-xerror", "-y", *layout, "-i", "pipe:0", "-an"]


def metadata_arguments(metadata: Mapping[str, str] | None) -> list[str]:
    """``-metadata key=value`` for each entry; keys are plain words such as ``comment`` or ``title``."""
    arguments: list[str] = []
    for key, value in (metadata or {}).items():
        if not re.fullmatch(r"\w+", key) or "\0" in value:
            raise ValueError(f"not a metadata entry: {key!r}={value!r}")
        arguments += ["-metadata", f"{key}={value}"]
    return arguments


# The tags are set on the frames: ffmpeg's options of the same names no longer reach the encoder.
_TO_BT709 = (
    "scale=out_color_matrix=bt709:out_range=tv:flags=bicubic+accurate_rnd+full_chroma_inp,format={pixels},"
    "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
)


def mp4_arguments(crf: int) -> list[str]:
    """H.264 that every player plays: yuv420p, tagged BT.709, the index in front.

    The preset leaves the processor to the rendering; on our clips slower ones were neither smaller nor closer.
    """
    codec = ["-c:v", "libx264", "-preset", "veryfast", "-crf", str(crf), "-pix_fmt", "yuv420p"]
    return ["-vf", _TO_BT709.format(pixels="yuv420p"), *codec, "-movflags", "+faststart", "-f", "mp4"]


def webm_arguments(crf: int) -> list[str]:
    """VP9 with an alpha plane. libvpx has no alternate reference frames beside alpha; its CRF runs to 63."""
    quality = ["-crf", str(round(crf * 63 / 51)), "-b:v", "0", "-deadline", "good", "-cpu-used", "4", "-row-mt", "1"]
    codec = ["-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p", "-auto-alt-ref", "0", *quality]
    return ["-vf", _TO_BT709.format(pixels="yuva420p"), *codec, "-f", "webm"]


def gif_arguments(rate: Fraction) -> list[str]:
    """One palette for the whole clip, made from what moves; error diffusion that doesn't shimmer between frames.

    ffmpeg holds the frames until the palette is known: 3 bytes a pixel and frame.
    """
    slower = f"fps={_GIF_RATE}," if rate > _GIF_RATE else ""
    palette = "palettegen=stats_mode=diff[palette];[frames][palette]paletteuse=dither=sierra2_4a:diff_mode=rectangle"
    return ["-filter_complex", f"{slower}split[frames][seen];[seen]{palette}", "-loop", "0", "-f", "gif"]


# --- ffmpeg's process ---------------------------------------------------------------------------------------------


class _Ffmpeg:
    """One running ffmpeg. A thread keeps the last lines of its stderr, so that a full pipe never blocks it."""

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
        self._lines: deque[str] = deque(maxlen=40)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        for line in _pipe(self.process.stderr):
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


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("this pipe wasn't opened")
    return pipe


def _reason(lines: list[str]) -> str:
    """The most telling of ffmpeg's last lines, without the addresses in front."""
    telling = [re.sub(r"^(\[[^\]]*\] ?)+", "", line) for line in lines]
    telling = [line for line in telling if line and not line.startswith(("Last message", "Conversion failed", "Task "))]
    for line in telling:
        if "No space left" in line:
            return "no space left on the disk"
    return telling[0].rstrip(".") if telling else "ffmpeg gave no reason"


# --- reading ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class VideoFacts:
    """What ``probe`` finds: the constant rate to read at, (width, height) as frames will come, frames as a guess."""

    rate: Fraction
    size: tuple[int, int]
    frame_count: int | None


def probe(path: str | Path, max_side: int | None = None) -> VideoFacts:
    """Looks at a video and decodes its first frame. Raises InputError where there is no frame to be had."""
    source = check_source(path)
    done = subprocess.run(
        [ffmpeg_program(), *probe_arguments(source, max_side)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    header, log = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    if "Input #0" not in log:
        raise InputError(f"{named(path)} is not a video that can be read; use {_READABLE}.")
    if not re.search(r"^\s*Stream #0:\S+.*: Video:", log, re.M) or "matches no streams" in log:
        raise InputError(f"{named(path)} has no picture in it, only sound or data; choose a video.")
    if not re.search(r"^0,", header, re.M):
        raise InputError(f"{named(path)} has no frame that can be decoded; convert it to MP4 and try again.")
    return parse_probe(header, log)


def parse_probe(header: str, log: str) -> VideoFacts:
    """The facts from framecrc's header and from ffmpeg's log of the same run."""
    tick = re.search(r"^#tb 0: (\d+)/(\d+)", header, re.M)
    size = re.search(r"^#dimensions 0: (\d+)x(\d+)", header, re.M)
    if tick is None or size is None:
        raise InputError("The video says neither its size nor its rate; convert it to MP4 and try again.")
    rate = constant_rate(Fraction(int(tick[2]), int(tick[1])), _average_rate(log))
    length = re.search(r"Duration: (\d+):(\d+):(\d+(?:\.\d+)?)", log)
    count = None
    if length is not None:
        seconds = int(length[1]) * 3600 + int(length[2]) * 60 + float(length[3])
        count = max(1, round(seconds * rate))
    return VideoFacts(rate, (int(size[1]), int(size[2])), count)


def _average_rate(log: str) -> Fraction | None:
    used = re.search(r"^\s*Stream #(0:\d+) -> #0:0", log, re.M)
    stream = re.search(rf"^\s*Stream #{used[1]}\b.*? ([\d.]+) fps", log, re.M) if used else None
    return exact_rate(float(stream[1])) if stream and float(stream[1]) > 0 else None


def constant_rate(nominal: Fraction, average: Fraction | None) -> Fraction:
    """The rate to read a video at.

    The nominal rate keeps every frame of a phone's varying rate. Screen recordings and GIFs name the tick of their
    clock instead (100, 1000 a second): they are read at their average.
    """
    if average is not None and nominal > 60 and nominal > average * Fraction(5, 4):
        return max(average, Fraction(1))
    return min(nominal, Fraction(240))


def read_metadata(path: str | Path) -> dict[str, str]:
    """What ``open_clip`` was given as ``metadata``, and what else stands in the file; keys in lower case.

    An MP4 keeps only the keys that its format knows, ``comment`` and ``title`` among them; a GIF keeps none. Raises
    InputError where the file is missing or no video.
    """
    source = check_source(path)
    done = subprocess.run(
        [ffmpeg_program(), *read_metadata_arguments(source)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    text = done.stdout.decode("utf-8", "replace")
    if done.returncode != 0 or not text.startswith(";FFMETADATA"):
        raise InputError(f"{named(path)} is not a video that can be read; use {_READABLE}.")
    return parse_metadata(text)


def parse_metadata(text: str) -> dict[str, str]:
    """The entries of ffmpeg's metadata text before its first [section]: ``key=value``, a backslash before each of
    ``= ; # \\`` and the end of a line that isn't the entry's own.
    """
    entries: dict[str, str] = {}
    for entry in re.findall(r"(?:\\.|[^\\\n])+", text, re.S):
        if entry.startswith("["):
            break
        parts = re.fullmatch(r"((?:\\.|[^\\=])+)=(.*)", entry, re.S)
        if parts and not entry.startswith((";", "#")):
            key, value = (re.sub(r"\\(.)", r"\1", part, flags=re.S) for part in parts.groups())
            entries[key.lower()] = value
    return entries


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
        self._running: list[_Ffmpeg] = []

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
        ffmpeg = _Ffmpeg(decode_arguments(self.path, self._facts.rate, self._max_side), writes=False)
        self._running.append(ffmpeg)
        count = 0
        try:
            while (frame := self._next_frame(_pipe(ffmpeg.process.stdout), count)) is not None:
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
        reason = _reason([damage] if damage else lines)
        raise InputError(f"{named(self.path)} is broken at frame {count} ({reason}); export or download it again.")


# --- writing ------------------------------------------------------------------------------------------------------


def check_output(path: str | Path, needed_bytes: int = _NEEDED_BYTES, *, overwrite: bool = False) -> None:
    """Raises InputError where a clip can't be written; called before the rendering starts. Leaves nothing behind.

    A path without suffix is a folder for a PNG sequence. overwrite: whether an earlier output may be replaced.
    """
    path = Path(path)
    _check_kind(path)
    try_target(path, folder=is_sequence(path), overwrite=overwrite)
    free = shutil.disk_usage(path.parent).free
    if free < needed_bytes:
        room = f"{free / 2**20:.0f} MB free, {needed_bytes / 2**20:.0f} MB needed"
        raise InputError(f"The folder {named(path.parent)} has no room ({room}); free some or choose another one.")


def check_clip(
    output: Path,
    inputs: Iterable[str | Path | None] = (),
    *,
    masks_folder: Path | None = None,
    frames_folder: Path | None = None,
    report_file: Path | None = None,
    overwrite: bool = False,
) -> None:
    """As ``check_output``, for a clip and what is written beside it: none may be an input or in the way of another one.

    inputs: files and folders that are read. Called before anything is loaded.
    """
    folders = {"--masks-dir": masks_folder, "--frames-dir": frames_folder}
    check_outputs({"--output": output, **folders, "--report": report_file}, inputs)
    check_output(output, overwrite=overwrite)
    for folder in filter(None, folders.values()):
        try_target(folder, folder=True, overwrite=overwrite)
    if report_file is not None:
        try_target(report_file, overwrite=overwrite)


def is_sequence(path: Path) -> bool:
    """Whether a clip at this path is a folder of PNGs."""
    return path.suffix == ""


def _check_kind(path: Path) -> None:
    name = named(path)
    if not path.name:
        raise InputError(f"{name} names no file; choose one ending in {', '.join(CLIP_SUFFIXES)}.")
    if is_sequence(path):
        if os.path.lexists(path) and not os.path.isdir(path):
            raise InputError(f"{name} is a file; add {', '.join(CLIP_SUFFIXES)} or choose a folder.")
    elif path.suffix.lower() not in CLIP_SUFFIXES:
        known = f"{', '.join(CLIP_SUFFIXES)}, or no suffix for a folder of PNGs"
        raise InputError(f"{name} has a suffix that can't be written; use {known}.")


class ClipWriter(abc.ABC):
    """A clip being written: a context manager with ``write``. Made by ``open_clip``.

    Leaving the block normally finishes the clip and gives it its name; leaving it by an exception (a cancel is one)
    removes what was written.
    """

    def __init__(self, path: Path, size: tuple[int, int], overwrite: bool) -> None:
        self.path = path
        self.size = size
        self.frame_count = 0
        self._change = Change(overwrite=overwrite)
        try:
            self._place = self._change.folder(path) if is_sequence(path) else self._change.file(path)
        except BaseException:
            self._change.cancel()
            raise

    def write(self, frame: np.ndarray) -> None:
        """Appends a frame: (H, W, 3) RGB or (H, W, 4) straight alpha, uint8, of the clip's size.

        MP4 and GIF have no alpha: such frames are composited on white. InputError where the disk is full.
        """
        check_pixels(frame)
        if frame.ndim != 3 or frame.shape[1::-1] != self.size:
            raise ValueError(f"the clip's frames are {self.size[0]} x {self.size[1]} in colour, not {frame.shape}")
        self._append(frame)
        self.frame_count += 1

    def __enter__(self) -> ClipWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                with self._change:
                    if self.frame_count == 0:
                        raise InputError(f"{named(self.path)} would have no frames; ask for at least one.")
                    self._finish()
        finally:
            self.close()

    def close(self) -> None:
        """Ends what still runs and removes the clip, unless it was finished."""
        self._change.cancel()

    @abc.abstractmethod
    def _append(self, frame: np.ndarray) -> None: ...

    @abc.abstractmethod
    def _finish(self) -> None:
        """Completes what was written at ``_place``."""


class _EncodedClip(ClipWriter):
    """A clip that ffmpeg encodes; ``even`` pads odd sizes by repeating the last column and row."""

    def __init__(
        self,
        path: Path,
        size: tuple[int, int],
        rate: Fraction,
        encoder: list[str],
        *,
        alpha: bool,
        even: bool,
        overwrite: bool,
    ) -> None:
        super().__init__(path, size, overwrite)
        self._alpha = alpha
        self._padding = (size[1] % 2, size[0] % 2) if even else (0, 0)
        coded = (size[0] + self._padding[1], size[1] + self._padding[0])
        arguments = raw_input_arguments(coded, rate, "rgba" if alpha else "rgb24")
        target = f"file:{os.path.abspath(self._place)}"
        try:
            self._ffmpeg = _Ffmpeg([*arguments, *encoder, target], writes=True)
        except BaseException:
            self._change.cancel()
            raise

    def _append(self, frame: np.ndarray) -> None:
        pixels = self._padded(_opaque_alpha(frame) if self._alpha else on_white(frame))
        try:
            _pipe(self._ffmpeg.process.stdin).write(np.ascontiguousarray(pixels).data.cast("B"))
        except OSError as error:  # ffmpeg has gone
            raise self._failure(self._ffmpeg.finish()[1]) from error

    def _padded(self, pixels: np.ndarray) -> np.ndarray:
        if not any(self._padding):
            return pixels
        return np.pad(pixels, ((0, self._padding[0]), (0, self._padding[1]), (0, 0)), mode="edge")

    def _finish(self) -> None:
        code, lines = self._ffmpeg.finish()
        if code != 0:
            raise self._failure(lines)

    def _failure(self, lines: list[str]) -> InputError:
        return InputError(
            f"{named(self.path)} can't be written ({_reason(lines)}); make room or choose another folder."
        )

    def close(self) -> None:
        self._ffmpeg.kill()
        super().close()


class _PngSequence(ClipWriter):
    """A folder of 0000.png, 0001.png ..., each with the clip's metadata."""

    def __init__(self, path: Path, size: tuple[int, int], metadata: Mapping[str, str] | None, overwrite: bool) -> None:
        super().__init__(path, size, overwrite)
        self._metadata = metadata

    def _append(self, frame: np.ndarray) -> None:
        try:
            write_image(self._place / f"{self.frame_count:04d}.png", frame, metadata=self._metadata)
        except OSError as error:
            raise InputError(unwritable(self.path, error)) from error

    def _finish(self) -> None:
        pass


def _opaque_alpha(frame: np.ndarray) -> np.ndarray:
    if frame.shape[2] == 4:
        return frame
    return np.dstack([frame, np.full(frame.shape[:2], 255, np.uint8)])


def open_clip(
    path: str | Path,
    size: tuple[int, int],
    fps: float,
    crf: int = 18,
    metadata: Mapping[str, str] | None = None,
    *,
    overwrite: bool = False,
) -> ClipWriter:
    """Starts a clip of frames of ``size`` (width, height) at ``fps`` frames a second -> context manager with ``write``.

    By suffix: .mp4 (H.264), .webm (VP9 with alpha), .gif, or none (a folder of PNGs, without rate). ``crf`` is x264's
    quality, 0 (lossless) to 51. MP4 pads odd sizes to even ones by repeating the edge. ``metadata`` goes into the file,
    e.g. ``{"comment": ...}``; a GIF has none. overwrite: whether an earlier output may be replaced.

    Raises InputError where the place can't be written, or the rate or the quality is out of range.
    """
    path = Path(path)
    check_output(path, overwrite=overwrite)
    if not (math.isfinite(fps) and 1 <= fps <= 240):
        raise InputError(f"A clip can't have {fps} frames a second; choose 1 to 240.")
    if not 0 <= crf <= 51:
        raise InputError(f"A quality (CRF) of {crf} doesn't exist; choose 0 (best) to 51, 18 is usual.")
    if min(size) < 1:
        raise ValueError(f"a clip's size is at least 1 x 1, not {size}")
    rate, tags = exact_rate(fps), metadata_arguments(metadata)
    suffix = path.suffix.lower()
    if suffix == ".mp4":
        return _EncodedClip(path, size, rate, [*tags, *mp4_arguments(crf)], alpha=False, even=True, overwrite=overwrite)
    if suffix == ".webm":
        return _EncodedClip(
            path, size, rate, [*tags, *webm_arguments(crf)], alpha=True, even=False, overwrite=overwrite
        )
    if suffix == ".gif":
        return _EncodedClip(
            path, size, rate, [*tags, *gif_arguments(rate)], alpha=False, even=False, overwrite=overwrite
        )
    return _PngSequence(path, size, metadata, overwrite)
