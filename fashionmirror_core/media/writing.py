"""Video out: frames go through a pipe to ffmpeg, into a file that appears under its name when it is whole.

The arguments come from pure functions.
"""

from __future__ import annotations

import abc
import math
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import numpy as np

from fashionmirror_core.errors import InputError
from fashionmirror_core.media.ffmpeg import Ffmpeg, exact_rate, pipe_of, reason_of
from fashionmirror_core.media.files import Change, try_target
from fashionmirror_core.media.images import check_pixels, on_white, write_image
from fashionmirror_core.media.targets import check_outputs, named, unwritable

CLIP_SUFFIXES = (".mp4", ".webm", ".gif")
_NEEDED_BYTES = 64 * 2**20
_H264_THREADS = 3  # x264's bytes depend on their number: left to itself, it takes it from the machine's cores
_GIF_RATE = 50  # browsers slow a GIF down to a tenth where a frame takes less than 2/100 s


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
    codec += ["-threads", str(_H264_THREADS)]
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
            self._ffmpeg = Ffmpeg([*arguments, *encoder, target], writes=True)
        except BaseException:
            self._change.cancel()
            raise

    def _append(self, frame: np.ndarray) -> None:
        pixels = self._padded(_opaque_alpha(frame) if self._alpha else on_white(frame))
        try:
            pipe_of(self._ffmpeg.process.stdin).write(np.ascontiguousarray(pixels).data.cast("B"))
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
            f"{named(self.path)} can't be written ({reason_of(lines)}); make room or choose another folder."
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
        raise InputError(f"A clip can't have {fps:g} frames a second; choose 1 to 240 (--fps).")
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
