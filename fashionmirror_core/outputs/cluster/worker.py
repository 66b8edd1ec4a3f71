"""What runs in a worker's process: an engine that is loaded once, and the calls that it answers.

A worker needs no disk in common with the driver: files come as ``Parcel``s and results leave as bytes. Engine and
libraries are imported in the calls, so that a worker of another version can be refused before it loads them.
"""

from __future__ import annotations

import hashlib
import os
import platform
import tempfile
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fashionmirror_core
from fashionmirror_core import places
from fashionmirror_core.cloth.options import GarmentOptions
from fashionmirror_core.errors import InputError

if TYPE_CHECKING:
    from fashionmirror_core.garment.garment import Garment
    from fashionmirror_core.motion.motion import Motion
    from fashionmirror_core.outputs.cells import Cell, CellMaker
    from fashionmirror_core.outputs.clip import ClipSettings
    from fashionmirror_core.person.person import Person

LARGEST_BYTES = 2 << 30  # of an input that is sent
LIBRARIES = ("OMP", "OPENBLAS", "MKL", "NUMBA")
"""Whose thread counts are variables of the environment, read when the library is imported."""


@dataclass(frozen=True)
class Parcel:
    """A file with what belongs beside it, or a folder, as bytes. files: path below where it is unpacked -> content; the
    first one is the file that is meant, or lies in the folder that is.
    """

    files: dict[str, bytes]

    @classmethod
    def of(cls, *paths: Path) -> Parcel:
        """Raises OSError where the first can't be read; others may be missing."""
        return cls({path.name: path.read_bytes() for n, path in enumerate(paths) if n == 0 or path.is_file()})

    def unpacked(self, folder: Path) -> Path:
        for name, content in self.files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)
        return folder / Path(next(iter(self.files))).parts[0]

    @property
    def digest(self) -> str:
        whole = hashlib.sha256()
        for name, content in self.files.items():
            whole.update(f"{name}\0{len(content)}\0".encode(errors="surrogateescape") + content)
        return whole.hexdigest()


def packed(source: str | Path) -> Parcel:
    """An input's file, or the files of its folder. Raises InputError where it can't be read, or is too large to be sent."""
    from fashionmirror_core.media.images import check_source
    from fashionmirror_core.media.targets import named

    try:
        if os.path.isdir(source):
            files = [path for path in sorted(Path(source).iterdir()) if path.is_file()]
        else:
            files = [check_source(source)]
        if not files or sum(path.stat().st_size for path in files) > LARGEST_BYTES:
            limit = f"{LARGEST_BYTES >> 30} GB"
            raise InputError(f"{named(source)} is empty, or too large for a cluster; make it smaller than {limit}.")
        folder = f"{Path(source).name}/" if os.path.isdir(source) else ""
        return Parcel({f"{folder}{path.name}": path.read_bytes() for path in files})
    except OSError as error:
        raise InputError(f"{named(source)} can't be read ({error.strerror}); change its permissions.") from error


@dataclass(frozen=True)
class Identity:
    """What decides on a picture beside the inputs. code: a digest of the package. weights: file -> its hash."""

    version: str
    code: str
    weights: dict[str, str]

    def refusal(self, host: str, other: Identity) -> str:
        """Why the worker ``other`` on ``host`` can't work for this one; empty where it can."""
        if other.version != self.version:
            return (
                f"The worker on {host} runs FashionMirror {other.version}, this computer {self.version}; "
                "install the same version on both."
            )
        if other.code != self.code:
            return f"The worker on {host} runs a changed FashionMirror {other.version}; install the same one on both."
        names = sorted(self.weights.keys() | other.weights.keys())
        for name in (name for name in names if self.weights.get(name) != other.weights.get(name)):
            theirs, ours = (given.weights.get(name, "none")[:12] for given in (other, self))
            return f"The worker on {host} has other weights {name} ({theirs}, here {ours}); copy the same to both."
        return ""


@cache
def identity() -> Identity:
    """This installation's."""
    package = Path(fashionmirror_core.__file__).resolve().parent
    sources = [path for path in sorted(package.rglob("*")) if path.suffix in (".py", ".npz")]
    code = hashlib.sha256()
    for path in (path for path in sources if "_data" not in path.parts):
        code.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    weights = {path.name: _digest(path) for path in sorted(places.weights().glob("*.safetensors"))}
    return Identity(fashionmirror_core.__version__, code.hexdigest(), weights)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


class Worker:
    """An actor. A call answers with a small value for the driver and with a payload, which stays in the object store
    until somebody asks for it.
    """

    def __init__(self) -> None:
        self._maker: Any = None

    def begin(self, wanted: Identity, make: Callable[[], Any]) -> tuple[str, str]:
        """Loads what does the work; (this computer's name, why it can't work or "")."""
        for library in LIBRARIES:
            os.environ[f"{library}_NUM_THREADS"] = "1"
        host = platform.node()
        refusal = wanted.refusal(host, identity())
        if not refusal:
            try:
                self._maker = make()
            except InputError as error:
                refusal = f"The worker on {host}: {error}"
        return host, refusal

    def call(self, method: str, *arguments: Any) -> tuple[Any, Any]:
        return getattr(self._maker, method)(*arguments)

    def usage(self) -> tuple[float, float]:
        """(the most memory that it has held, megabytes; processor seconds, with those of its ended children)."""
        from fashionmirror_core.outputs.clip import peak_memory

        times = os.times()
        return peak_memory(), times.user + times.system + times.children_user + times.children_system


class RemoteCells:
    """``CellMaker`` for one who is elsewhere: inputs come and go as bytes."""

    def __init__(self, maker: CellMaker) -> None:
        self._maker = maker
        self._dressed: tuple[Any, Any] = (None, None)  # the last look's key and the look: its cells follow each other

    def read(self, kind: str, source: str, parcel: Parcel) -> tuple[str, Any]:
        """(why it can't be used or "", the input). source: how the driver's user calls it."""
        with tempfile.TemporaryDirectory(prefix="fashionmirror-") as folder:
            path = parcel.unpacked(Path(folder))
            try:
                return "", self._maker.read(kind, str(path))
            except InputError as error:
                return str(error).replace(str(path), source), None

    def make(self, cell: Cell, person: Person, garment: Garment, motion: Motion | None) -> tuple[Any, bytes]:
        """(the refusal of the look or None, the cell's file)."""
        from fashionmirror_core.outputs.cells import Refusal

        if self._dressed[0] != cell.look:
            self._dressed = (None, None)  # before the next one is made: a look is large
            # Copies: arrays that lie in the object store can't be written to.
            self._dressed = cell.look, self._maker.dressed(cell, deepcopy(person), deepcopy(garment))
        look = self._dressed[1]
        if isinstance(look, Refusal):
            return look, b""
        with tempfile.TemporaryDirectory(prefix="fashionmirror-") as folder:
            path = Path(folder) / cell.file
            self._maker.fill(look, deepcopy(motion), path)
            return None, path.read_bytes()


def one_thread() -> None:
    """Each worker takes one core: threads that wait for each other would take the next worker's."""
    import cv2
    import torch

    torch.set_num_threads(1)
    cv2.setNumThreads(1)


def remote_cells(
    device: str, weights: str | Parcel | None, settings: ClipSettings, options: GarmentOptions
) -> RemoteCells:
    """What a worker of a look-book begins with; weights: a Parcel where they are the user's own file."""
    from fashionmirror_core.outputs.cells import CellMaker

    one_thread()
    return RemoteCells(CellMaker(loaded(device, weights), settings, options))


def loaded(device: str, weights: str | Parcel | None) -> Any:
    """The engine."""
    from fashionmirror_core.tryon import TryOn

    if not isinstance(weights, Parcel):
        return TryOn.load(device=device, weights=weights)
    with tempfile.TemporaryDirectory(prefix="fashionmirror-") as folder:
        return TryOn.load(device=device, weights=weights.unpacked(Path(folder)))
