"""What a video is: its size, its rate, about how many frames it has, and what stands in its metadata."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from fashionmirror_core.errors import InputError
from fashionmirror_core.media.ffmpeg import exact_rate, ffmpeg_program, input_arguments
from fashionmirror_core.media.images import check_source, named
from fashionmirror_core.media.suffixes import READABLE_VIDEOS


def scale_filter(max_side: int | None) -> str:
    """Scales to square pixels, and down to ``max_side`` pixels on the longer side; never up."""
    shrink = "1" if max_side is None else f"min(1,{max_side}/max(iw*sar,ih))"
    size = f"w='max(1,round(iw*sar*{shrink}))':h='max(1,round(ih*{shrink}))'"
    return f"scale={size}:flags=bicubic+accurate_rnd+full_chroma_int,setsar=1"


def probe_arguments(path: Path, max_side: int | None) -> list[str]:
    """Decodes one frame; the framecrc header tells the exact rate and the size after rotation and scaling."""
    filters = ["-map", "0:V:0", "-frames:v", "1", "-vf", scale_filter(max_side), "-fps_mode", "cfr"]
    return [*input_arguments(path), *filters, "-f", "framecrc", "pipe:1"]


def read_metadata_arguments(path: Path) -> list[str]:
    """What the file says about itself, as ffmpeg's text on stdout; nothing is decoded."""
    return ["-loglevel", "error", *input_arguments(path), "-map_metadata", "0", "-f", "ffmetadata", "pipe:1"]


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
        raise InputError(f"{named(path)} is not a video that can be read; use {READABLE_VIDEOS}.")
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
        raise InputError(f"{named(path)} is not a video that can be read; use {READABLE_VIDEOS}.")
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
