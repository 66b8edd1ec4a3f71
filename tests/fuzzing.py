"""Damaged files for readers: the same ones in every run, each with a word on what was done to it.

``mutants`` damages files as disks, networks and strangers do. ``judged`` reads one and says what is wrong with how that
went: nothing, where the reader returned or raised an InputError, in time, within memory, and wrote nowhere else.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fashionmirror_core.errors import InputError

MOST_MEMORY = 1.5e9
"""Bytes that the process may hold while it reads."""
LIBRARIES = 0.7e9
"""Bytes that a process holds which has loaded every reader and read nothing."""
MOST_SECONDS = 20.0
"""For one file; a busy machine is slow."""

_CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod")


@dataclass(frozen=True)
class Mutant:
    """A damaged file. name: of the whole file it was. how: what was done, in words."""

    name: str
    data: bytes
    how: str


def mutants(whole: Mapping[str, bytes], count: int, seed: int) -> Iterator[Mutant]:
    """``count`` damaged copies of the files, the same for the same ``seed``; each file in turn."""
    random = np.random.default_rng(seed)
    names = list(whole)
    for index in range(count):
        name = names[index % len(names)]
        if name.endswith(".json") and random.random() < 0.7:  # most of what breaks a text makes it none
            text, word = _rewritten(whole[name], random)
            yield Mutant(name, text, f"{name}, {index} of seed {seed}: {word}")
            continue
        steps = [_STEPS[int(random.integers(len(_STEPS)))] for _ in range(int(random.integers(1, 4)))]
        data, others = bytearray(whole[name]), list(whole.values())
        words = []
        for step in steps:
            words.append(step(data, others, random))
        yield Mutant(name, bytes(data), f"{name}, {index} of seed {seed}: {', '.join(words)}")


def _truncated(data: bytearray, _: list[bytes], random: np.random.Generator) -> str:
    keep = int(len(data) * random.random() ** 0.5)
    del data[keep:]
    return f"cut to {keep} bytes"


def _flipped(data: bytearray, _: list[bytes], random: np.random.Generator) -> str:
    count = int(random.integers(1, 20))
    for _ in range(count if data else 0):
        data[int(random.integers(len(data)))] ^= 1 << int(random.integers(8))
    return f"{count} bits flipped"


def _flipped_in_front(data: bytearray, _: list[bytes], random: np.random.Generator) -> str:
    count, front = int(random.integers(1, 8)), min(len(data), 256)
    for _ in range(count if data else 0):
        data[int(random.integers(front))] ^= 1 << int(random.integers(8))
    return f"{count} bits flipped in the header"


def _overwritten(data: bytearray, _: list[bytes], random: np.random.Generator) -> str:
    start, length = _place(data, random)
    data[start : start + length] = random.bytes(length)
    return f"{length} bytes of noise at {start}"


def _zeroed(data: bytearray, _: list[bytes], random: np.random.Generator) -> str:
    start, length = _place(data, random)
    data[start : start + length] = bytes(length)
    return f"{length} zeros at {start}"


def _lost(data: bytearray, _: list[bytes], random: np.random.Generator) -> str:
    start, length = _place(data, random)
    del data[start : start + length]
    return f"{length} bytes lost at {start}"


def _doubled(data: bytearray, _: list[bytes], random: np.random.Generator) -> str:
    start, length = _place(data, random)
    data[start:start] = data[start : start + length]
    return f"{length} bytes doubled at {start}"


def _extreme(data: bytearray, _: list[bytes], random: np.random.Generator) -> str:
    """Sizes and offsets at the ends of their range."""
    value = (
        b"\xff\xff\xff\xff",
        b"\x7f\xff\xff\xff",
        b"\xff\xff\xff\x7f",
        b"\0\0\0\0",
        b"\x80\0\0\0",
        b"\xff\xff",
        b"\0\1",
    )
    chosen = value[int(random.integers(len(value)))]
    start = int(random.integers(max(1, min(len(data), 2048))))
    data[start : start + len(chosen)] = chosen
    return f"{chosen.hex()} at {start}"


def _foreign_head(data: bytearray, others: list[bytes], random: np.random.Generator) -> str:
    other, length = others[int(random.integers(len(others)))], int(random.integers(4, 200))
    data[:length] = other[:length]
    return f"the first {length} bytes of another file"


def _foreign_tail(data: bytearray, others: list[bytes], random: np.random.Generator) -> str:
    other, start = others[int(random.integers(len(others)))], int(len(data) * random.random())
    data[start:] = other[start:]
    return f"another file from {start} on"


def _renumbered(data: bytearray, _: list[bytes], random: np.random.Generator) -> str:
    """A number in a text that is none, or far too large; other files get noise."""
    numbers = list(re.finditer(rb"(?<=[\[,:\s])-?\d+(\.\d+)?", bytes(data[:200_000])))
    if not numbers:
        return _overwritten(data, [], random)
    found = numbers[int(random.integers(len(numbers)))]
    values = (
        b"NaN",
        b"-Infinity",
        b"1e999",
        b"-1",
        b"9" * 400,
        b"null",
        b'"7"',
        b"[[[[]]]]",
        b"true",
        b"{}",
        b"[" * 5000,
    )
    chosen = values[int(random.integers(len(values)))]
    data[found.start() : found.end()] = chosen
    return f"{chosen[:12]!r} for the number at {found.start()}"


_ODD: tuple[Any, ...] = (
    *(None, True, "", "7", "NaN", 0, -1, 0.5, 1e9, 10**40, float("nan"), float("inf"), [], {}, [[]], [None]),
    *([0.0] * 75, [[0.0, 0.0, 1.0]] * 25, "x" * 10_000, "a\0b", {"joints": []}, 2**63, -(2**31), 1e-300),
)


def _rewritten(text: bytes, random: np.random.Generator) -> tuple[bytes, str]:
    """JSON that is whole, with one to three of its values lost, doubled or replaced by what doesn't belong there."""
    data, words = json.loads(text), []
    for _ in range(int(random.integers(1, 4))):
        holder: Any = [data]
        key: Any = 0
        while isinstance(holder[key], (dict, list)) and holder[key] and random.random() < 0.8:
            holder = holder[key]
            keys = list(holder) if isinstance(holder, dict) else range(len(holder))
            key = keys[int(random.integers(len(keys)))]
        kind = int(random.integers(4))
        if kind == 0 and holder[key] is not data:
            del holder[key]
        elif kind == 1 and isinstance(holder, list) and holder[key] is not data:
            holder.append(deepcopy(holder[key]))
        elif holder[key] is not data:
            holder[key] = deepcopy(_ODD[int(random.integers(len(_ODD)))])
        words.append(f"{('lost', 'doubled', 'odd', 'odd')[kind]} {key!r}")
    return json.dumps(data).encode(), ", ".join(words)


def _place(data: bytearray, random: np.random.Generator) -> tuple[int, int]:
    start = int(len(data) * random.random())
    return start, int(min(len(data) - start, 1 + random.exponential(len(data) / 20 + 8)))


_STEPS = (
    *(_truncated, _flipped, _flipped_in_front, _overwritten, _zeroed, _lost, _doubled),
    *(_extreme, _foreign_head, _foreign_tail, _renumbered),
)


# --- reading them -----------------------------------------------------------------------------------------------------


class _Watch:
    """Changes of the disk outside of a folder, by Python's audit events; a hook can't be taken off again."""

    def __init__(self) -> None:
        self.root: str | None = None
        self.changes: list[str] = []

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.root is None or (event != "open" and event not in _CHANGES):
            return
        path = arguments[0]
        if event == "open":
            flags = arguments[2]
            if not isinstance(flags, int) or not flags & (os.O_WRONLY | os.O_RDWR):
                return
        if isinstance(path, (str, bytes, os.PathLike)):
            name = os.path.abspath(os.fsdecode(path))
            if not name.startswith(self.root) and not name.startswith(("/dev/", "/proc/")) and name != os.devnull:
                self.changes.append(f"{event} {name}")


_watch = _Watch()
_hooked = False


@contextmanager
def nothing_outside(folder: Path) -> Iterator[list[str]]:
    """Within it, what is changed on the disk outside of ``folder`` is noted in the list."""
    global _hooked
    if not _hooked:
        sys.addaudithook(_watch.hook)
        _hooked = True
    _watch.root, _watch.changes = str(folder), []
    try:
        yield _watch.changes
    finally:
        _watch.root = None


def judged(mutant: Mutant, read: Callable[[Mutant], object]) -> str:
    """Reads a damaged file; "" if it was read or refused as it should be, else what went wrong."""
    start, before = time.monotonic(), _memory("VmRSS")  # other tests may have left much in this process
    _forget_peak()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)  # numpy's, on the user's terminal
            read(mutant)
    except InputError as error:
        line = str(error)
        if "\n" in line or len(line) > 1000 or line != line.strip():
            return f"{mutant.how}: not one line: {line[:300]!r}"
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"{mutant.how}: {error!r:.300} at {Path(where.filename).name}:{where.lineno}"
    taken, held = time.monotonic() - start, LIBRARIES + _memory("VmHWM") - before
    if taken > MOST_SECONDS:
        return f"{mutant.how}: took {taken:.0f} s"
    return f"{mutant.how}: a process would hold {held / 1e9:.2f} GB" if held > MOST_MEMORY else ""


def _forget_peak() -> None:
    """Has the process's peak of memory measured from now on, where the system can."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _memory(field: str) -> float:
    """Bytes, from Linux's account of this process; 0 elsewhere."""
    try:
        found = re.search(rf"^{field}:\s*(\d+) kB", Path("/proc/self/status").read_text(), re.M)
    except OSError:
        return 0.0
    return int(found[1]) * 1024.0 if found else 0.0
