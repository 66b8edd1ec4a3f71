"""BVH, the motion files of animators, read by hand: the format is small, and libraries for it need compiled ones.

What the skeleton's joints mean is told by ``rigs``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from fashionmirror_core.errors import InputError
from fashionmirror_core.media.images import check_source
from fashionmirror_core.motion import rigs
from fashionmirror_core.motion.rigs import Node
from fashionmirror_core.motion.sequence import FPS_RANGE, MAX_FRAMES, PoseSequence

SUFFIX = ".bvh"
_MAX_BYTES = 256 * 2**20
_MAX_JOINTS = 1000
_MAX_VALUES = 30_000_000
_BLOCK = 5000  # lines of numbers read at once


def load(path: Path) -> PoseSequence:
    """The motion in a BVH file, before a camera that the figure faces in its first frame.

    Joints that the file doesn't have are imagined where its pose at rest is that of a standing figure, else their
    confidence is 0. Raises InputError that names the file and what is wrong in it.
    """
    return parse(_text(path), path)


def parse(text: str, path: Path) -> PoseSequence:
    """The motion in a BVH file's text; ``path`` names it."""
    try:
        nodes, rest = _hierarchy(text)
        values, fps, notes = _values(rest, sum(len(node.channels) for node in nodes))
        values, dropped = _without_rest_pose(values, nodes)
        points, confidence = rigs.body25(nodes, values)
        joints, depth, size = rigs.before_camera(points)
    except ValueError as error:
        raise InputError(f"{path.name}: {error}.") from None
    joints = np.concatenate([joints, np.broadcast_to(confidence[:, None], (*joints.shape[:2], 1))], -1)
    return PoseSequence(joints, depth, fps, size, path.stem, warnings=notes + dropped)


def _text(path: Path) -> str:
    check_source(path)
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path.") from error
    if len(content) > _MAX_BYTES:
        raise InputError(f"{path.name}: too large for a motion; split it into shorter ones.")
    return content.decode("utf-8-sig", errors="replace")


# ---- the file --------------------------------------------------------------------------------------------------------


def _hierarchy(text: str) -> tuple[list[Node], str]:
    """The skeleton, parents before children, and the text that follows it. ValueError says what is wrong, as below."""
    parts = re.split(r"^\s*MOTION\s*$", text, maxsplit=1, flags=re.IGNORECASE | re.MULTILINE)
    if "HIERARCHY" not in parts[0].upper():
        raise ValueError("this isn't a BVH file (no HIERARCHY); export the motion again")
    if len(parts) < 2:
        raise ValueError("it holds a skeleton, but no MOTION; export it with its animation")
    nodes: list[Node] = []
    open_nodes: list[int] = []
    pending = False
    for words in _lines(parts[0]):
        key = words[0].upper()
        if key in ("ROOT", "JOINT", "END"):
            name = " ".join(words[1:]) if key != "END" else ""
            nodes.append(Node(name, open_nodes[-1] if open_nodes else -1))
            pending = True
        elif key == "{" and pending:
            open_nodes.append(len(nodes) - 1)
            pending = False
        elif key == "}" and open_nodes:
            open_nodes.pop()
        elif key == "OFFSET" and open_nodes:
            nodes[open_nodes[-1]].offset = _numbers(words[1:], 3)
        elif key == "CHANNELS" and open_nodes:
            nodes[open_nodes[-1]].channels = _channels(words[1:])
        elif key != "HIERARCHY":
            raise ValueError(f"{' '.join(words)[:40]!r} is no part of a BVH skeleton; export the motion again")
        if len(nodes) > _MAX_JOINTS:
            raise ValueError(f"more than {_MAX_JOINTS} joints; export the body's alone")
    if open_nodes or pending or not nodes:
        raise ValueError("its skeleton ends before its time; export the motion again")
    return nodes, parts[1]


def _lines(text: str) -> Iterator[list[str]]:
    """The words of each line that has some; braces stand alone."""
    for line in re.sub(r"([{}])", r"\n\1\n", text).splitlines():
        words = line.split()
        if words:
            yield words


def _numbers(words: list[str], count: int) -> np.ndarray:
    try:
        numbers = np.array(words, np.float64)
    except ValueError:
        raise ValueError(f"{' '.join(words)[:40]!r} are no numbers; export the motion again") from None
    if len(numbers) != count or not np.isfinite(numbers).all() or np.abs(numbers).max() > 1e6:
        raise ValueError(f"{' '.join(words)[:40]!r} is no place in space; export the motion again")
    return numbers


def _channels(words: list[str]) -> tuple[str, ...]:
    """As "xp" (position along x) and "zr" (rotation about z)."""
    names = [re.fullmatch(r"([XYZ])(position|rotation)", word, re.IGNORECASE) for word in words[1:]]
    found = tuple(f"{name[1]}{name[2][0]}".lower() for name in names if name)
    if not words or not words[0].isdecimal() or len(found) != len(names) or int(words[0]) != len(found):
        raise ValueError(f"the channels {' '.join(words)[:60]!r} aren't those of BVH; export the motion again")
    turns = [name for name in found if name[1] == "r"]
    if len(set(found)) != len(found) or len(turns) > 3:
        raise ValueError(f"the channels {' '.join(words)[:60]!r} name one twice; export the motion again")
    return found


def _values(text: str, width: int) -> tuple[np.ndarray, float, tuple[str, ...]]:
    """The channels' values (T, width), the frame rate, and notes."""
    head = re.match(r"\s*Frames:\s*(\S+)\s*Frame\s+Time:\s*(\S+)[^\n]*\n?", text, re.IGNORECASE)
    if not head:
        raise ValueError("the lines 'Frames:' and 'Frame Time:' are missing; export the motion again")
    try:
        count, seconds = int(head[1]), float(head[2])
    except ValueError:
        raise ValueError("'Frames:' and 'Frame Time:' are no numbers; export the motion again") from None
    if not seconds > 0 or not FPS_RANGE[0] <= 1 / seconds <= 10_000:
        raise ValueError(f"a frame time of {head[2]:.12} seconds makes no motion; export it again")
    if width == 0:
        raise ValueError("its skeleton has no channels, so nothing moves; export the motion again")
    if count > MAX_FRAMES or count * width > _MAX_VALUES:
        raise ValueError(f"more than {MAX_FRAMES} frames; split the motion")
    lines = text[head.end() :].split("\n")
    blocks = []
    for start in range(0, len(lines), _BLOCK):
        try:
            blocks.append(np.array(" ".join(lines[start : start + _BLOCK]).split(), np.float64))
        except ValueError:
            raise ValueError("something among its values is no number; export the motion again") from None
    numbers = np.concatenate(blocks)[: max(count, 0) * width]
    frames = len(numbers) // width
    if not frames:
        raise ValueError("the motion has zero frames; export it again")
    values = numbers[: frames * width].reshape(frames, width)
    if not np.isfinite(values).all() or np.abs(values).max() > 1e7:
        raise ValueError("its values hold NaN or huge numbers; export the motion again")
    short = (f"The file ends after {frames} of {count} frames.",) if frames < count else ()
    step = int(np.ceil(1 / seconds / FPS_RANGE[1] - 1e-3))  # faster ones are read at a fraction of their rate
    return values[::step], _rate(1 / seconds / step), short


def _rate(fps: float) -> float:
    """A whole rate, where the frame time was only rounded off."""
    return float(round(fps)) if abs(fps - round(fps)) < 0.002 * fps else fps


def _without_rest_pose(values: np.ndarray, nodes: list[Node]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Many files begin with one frame of the skeleton's pose at rest, arms out, before the motion."""
    turns = np.array([name[1] == "r" and node.parent >= 0 for node in nodes for name in node.channels])
    angles = np.abs(values[:3, turns])
    if len(values) > 2 and turns.any() and angles[0].max() < 1e-3 and angles[1].max() > 5 and angles[2].max() > 5:
        return values[1:], ("The first frame is the skeleton's pose at rest; it is left out.",)
    return values, ()
