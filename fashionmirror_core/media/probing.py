"""What a video is: its size, its rate, about how many frames it has, and what stands in its metadata."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from fashionmirror_core.errors import InputError
from fashionmirror_core.media.ffmpeg import MAX_FRAME_PIXELS, STALL, Waiting, asked, exact_rate, input_arguments
from fashionmirror_core.media.images import check_source
from fashionmirror_core.media.suffixes import READABLE_VIDEOS
from fashionmirror_core.media.targets import named
from fashionmirror_core.media.timing import Timing, frames_of, timing_of

PACKETS = 1000
"""How many packets tell the rate: half a minute; a long video isn't read twice."""
_PIXEL_ASPECT = (0.25, 4)  # width to height of a pixel; what lies outside is damage


def scale_filter(max_side: int | None) -> str:
    """Scales to square pixels, and down to ``max_side`` pixels on the longer side; never up."""
    low, high = _PIXEL_ASPECT
    width = f"iw*if(between(sar,{low},{high}),sar,1)"
    shrink = "1" if max_side is None else f"min(1,{max_side}/max({width},ih))"
    size = f"w='max(1,round({width}*{shrink}))':h='max(1,round(ih*{shrink}))'"
    return f"scale={size}:flags=bicubic+accurate_rnd+full_chroma_int,setsar=1"


def probe_arguments(path: Path, max_side: int | None) -> list[str]:
    """Decodes one frame; the framecrc header tells the exact rate and the size after rotation and scaling."""
    filters = ["-map", "0:V:0", "-frames:v", "1", "-vf", scale_filter(max_side), "-fps_mode", "cfr"]
    return [*input_arguments(path), *filters, "-f", "framecrc", "pipe:1"]


def packet_arguments(path: Path) -> list[str]:
    """The first packets as framecrc lists them, with their times; nothing is decoded."""
    packets = ["-map", "0:V:0", "-c", "copy", "-frames:v", str(PACKETS), "-f", "framecrc", "pipe:1"]
    return ["-loglevel", "error", *input_arguments(path), *packets]


def read_metadata_arguments(path: Path) -> list[str]:
    """What the file says about itself, as ffmpeg's text on stdout; nothing is decoded."""
    return ["-loglevel", "error", *input_arguments(path), "-map_metadata", "0", "-f", "ffmetadata", "pipe:1"]


@dataclass(frozen=True)
class VideoFacts:
    """What ``probe`` finds: how it is read, (width, height) as frames will come, about how many frames there are."""

    timing: Timing
    size: tuple[int, int]
    frame_count: int | None

    @property
    def rate(self) -> Fraction:
        """Frames a second, as they will come."""
        return self.timing.rate


def probe(path: str | Path, max_side: int | None = None, waiting: Waiting | None = None) -> VideoFacts:
    """Looks at a video and decodes its first frame. waiting: see ``VideoReader``.

    Raises InputError where there is no frame to be had.
    """
    source = check_source(path)
    name = named(path)
    found = asked(probe_arguments(source, max_side), waiting)
    packets = None if found is None else asked(packet_arguments(source), waiting)
    if found is None or packets is None:
        raise InputError(f"{name} gives no frame within {STALL:.0f} s; convert it to MP4 or copy it to a faster disk.")
    _, header, log = found
    if "Input #0" not in log:
        raise InputError(f"{name} is not a video that can be read; use {READABLE_VIDEOS}.")
    stream = re.search(r"^\s*Stream #0:\S+.*: Video:.*", log, re.M)
    if stream is None or "matches no streams" in log:
        raise InputError(f"{name} has no picture in it, only sound or data; choose a video.")
    if not re.search(r"^0,", header, re.M):
        size = re.search(r"\b(\d{3,})x(\d{3,}) exceeds", log) or re.search(r", (\d{3,})x(\d{3,})\b", stream[0])
        if size and int(size[1]) * int(size[2]) > MAX_FRAME_PIXELS:
            raise InputError(f"{name} is too large ({size[1]} x {size[2]}); scale it down to at most 8192 x 4320.")
        raise InputError(f"{name} has no frame that can be decoded; convert it to MP4 and try again.")
    return parse_probe(header, log, parse_packets(packets[1]), whole=not packets[2])


def parse_probe(header: str, log: str, times: list[float], whole: bool = True) -> VideoFacts:
    """The facts from framecrc's header, from ffmpeg's log of the same run and from the packets' times in seconds.

    whole: the packets are all that the video has, where they are fewer than PACKETS; not those of one that is cut off.
    """
    tick = re.search(r"^#tb 0: (\d+)/(\d+)", header, re.M)
    size = re.search(r"^#dimensions 0: (\d+)x(\d+)", header, re.M)
    if tick is None or size is None or int(tick[1]) == 0:
        raise InputError("The video says neither its size nor its rate; convert it to MP4 and try again.")
    timing = timing_of(Fraction(int(tick[2]), int(tick[1])), _average_rate(log), times)
    length = re.search(r"Duration: (\d+):(\d+):(\d+(?:\.\d+)?)", log)
    count = None
    if whole and 0 < len(times) < PACKETS:
        count = frames_of(timing.seconds, timing.rate)
    elif length is not None:
        count = frames_of(int(length[1]) * 3600 + int(length[2]) * 60 + float(length[3]), timing.rate)
    return VideoFacts(timing, (int(size[1]), int(size[2])), count)


def parse_packets(listing: str) -> list[float]:
    """The times of framecrc's packets in seconds, in the order of the file; packets without a time are left out."""
    tick = re.search(r"^#tb 0: (\d+)/(\d+)", listing, re.M)
    if tick is None or int(tick[2]) == 0:
        return []
    times = re.findall(
        r"^0,\s*(?:NOPTS|-?\d+),\s*(-?\d{1,17}),", listing, re.M
    )  # NOPTS has 19 digits where it is a number
    return [int(time) * int(tick[1]) / int(tick[2]) for time in times]


def _average_rate(log: str) -> Fraction | None:
    used = re.search(r"^\s*Stream #(0:\d+) -> #0:0", log, re.M)
    stream = re.search(rf"^\s*Stream #{used[1]}\b.*? ([\d.]+) fps", log, re.M) if used else None
    return exact_rate(float(stream[1])) if stream and float(stream[1]) > 0 else None


def read_metadata(path: str | Path) -> dict[str, str]:
    """What ``open_clip`` was given as ``metadata``, and what else stands in the file; keys in lower case.

    An MP4 keeps only the keys that its format knows, ``comment`` and ``title`` among them; a GIF keeps none. Raises
    InputError where the file is missing or no video.
    """
    source = check_source(path)
    done = asked(read_metadata_arguments(source))
    if done is None or done[0] != 0 or not done[1].startswith(";FFMETADATA"):
        raise InputError(f"{named(path)} is not a video that can be read; use {READABLE_VIDEOS}.")
    return parse_metadata(done[1])


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
