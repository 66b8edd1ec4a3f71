"""A look-book's cells on a cluster: inputs are read once by some worker and shared, files come back as bytes."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable, Generator, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

from fashionmirror_core.cloth.options import GarmentOptions
from fashionmirror_core.errors import Cancelled, InputError
from fashionmirror_core.motion import templates
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.networks import weights as weights_files
from fashionmirror_core.outputs.cells import Answer, Cell, Refusal, refused_input
from fashionmirror_core.outputs.clip import ClipSettings, Progress
from fashionmirror_core.outputs.cluster.connection import connected
from fashionmirror_core.outputs.cluster.crew import Crew, Task
from fashionmirror_core.outputs.cluster.worker import Parcel, packed, remote_cells
from fashionmirror_core.outputs.lookbook import Lookbook, fill

Key = tuple[str, str]
"""(person, garment or motion; its source)"""


def make_lookbook_on(
    address: str,
    persons: Sequence[str | Path],
    garments: Sequence[str | Path],
    motions: Sequence[str],
    folder: Path,
    settings: ClipSettings | None = None,
    options: GarmentOptions | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    *,
    workers: int | None = None,
    device: str = "auto",
    weights: str | None = "default",
) -> Lookbook:
    """As ``lookbook.make_lookbook``, on the workers of a cluster: the same files, and the same lines of what is skipped.

    address, workers, device: see ``connection.connected``. weights: as ``TryOn.load`` takes them; a file travels.
    cancelled: asked several times a second.

    Raises:
        InputError: as ``make_lookbook`` and ``connected``; a worker of another version or with other weights.
    """
    settings = settings or ClipSettings(folder)
    make = partial(remote_cells, device, sent_weights(weights), settings, options or GarmentOptions())

    def crew(cells: Sequence[Cell]) -> Generator[Answer, None, None]:
        if cells:
            with connected(address, workers, device) as cluster, Crew(cluster, make, len(cells)) as hands:
                yield from answered(hands, cells, settings, cancelled)

    return fill(folder, crew, persons, garments, motions, progress)


def sent_weights(weights: str | None) -> str | Parcel | None:
    """Weights that ship are on every worker, under their name; a user's own file goes there, with its hash and card."""
    path = None if weights is None else weights_files.located(weights)
    if path is None or str(path) == "default" or weights_files.find(str(weights)) == path:
        return weights
    try:
        return Parcel.of(path, weights_files.hash_path(path), weights_files.card_path(path))
    except OSError as error:
        raise InputError(f"{path}: there is no such weights file; check the name.") from error


def answered(
    crew: Crew, cells: Sequence[Cell], settings: ClipSettings, cancelled: Callable[[], bool] | None = None
) -> Generator[Answer, None, None]:
    """Answers the cells as they come. crew: each of it with a ``worker.RemoteCells`` or one like it."""
    agenda = Grid(cells, crew.put, settings)
    for _ in crew.work(agenda):
        if cancelled is not None and cancelled():
            raise Cancelled
        yield from agenda.collected()


@dataclass
class _Input:
    """state: unread, with a worker, here (value: a reference to it) or refused."""

    state: Literal["unread", "reading", "here", "refused"] = "unread"
    value: Any = None
    refusal: Refusal | None = None


@dataclass
class _LookCells:
    """The cells of a look that no worker has yet. tried: it could be prepared, so that its cells may go to several
    workers; else one goes ahead.
    """

    cells: deque[Cell] = field(default_factory=deque)
    away: int = 0
    tried: bool = False


class Grid:
    """The agenda of a look-book (see ``crew.Agenda``), row by row.

    put: places a value in the object store. A worker stays with a look while it has cells; one without work joins
    the first look that is being made elsewhere.
    """

    def __init__(self, cells: Sequence[Cell], put: Callable[[Any], Any], settings: ClipSettings) -> None:
        self._put, self._settings = put, settings
        self._looks: dict[Hashable, _LookCells] = {}
        self._inputs: dict[Key, _Input] = {}
        self._uses: Counter[Key] = Counter()
        self._open = len(cells)
        self._answers: deque[Answer] = deque()
        for cell in cells:
            self._looks.setdefault(cell.look, _LookCells()).cells.append(cell)
            self._uses.update(_keys(cell))
            self._inputs |= {key: _Input() for key in _keys(cell)}

    @property
    def over(self) -> bool:
        return self._open == 0

    def collected(self) -> Iterator[Answer]:
        """The answers that have come; each is given once, and kept no longer."""
        while self._answers:
            yield self._answers.popleft()

    def take(self, last: Hashable) -> Task | None:
        own = self._looks.get(last)
        if own is not None and (task := self._next(own)) is not None:
            return task
        for alone in (True, False):
            for look in [look for look in self._looks.values() if (look.away == 0) == alone]:
                if (task := self._next(look)) is not None:
                    return task
        return None

    def done(self, task: Task, answer: Any, payload: Any) -> None:
        if task.method == "read":
            found = self._inputs[task.subject]
            if answer:
                self._refuse(task.subject, answer)
            else:
                found.state, found.value = "here", payload
            return
        cell: Cell = task.subject
        look = self._looks[cell.look]
        look.away -= 1
        look.tried = True
        if isinstance(answer, Refusal):
            look.cells.append(cell)
            self._settle_look(look, (answer,))
        else:
            self._settle(Answer(cell, partial(_written, payload)))

    def again(self, task: Task, inputs_lost: bool) -> None:
        if task.method == "read":
            self._inputs[task.subject] = _Input()
            return
        cell: Cell = task.subject
        look = self._looks[cell.look]
        look.away -= 1
        look.cells.appendleft(cell)
        if inputs_lost:
            self._inputs |= {key: _Input() for key in _keys(cell) if self._inputs[key].state == "here"}

    def given_up(self, task: Task, reason: str) -> None:
        if task.method == "read":
            self._refuse(task.subject, f"it can't be read ({reason}).")
            return
        cell: Cell = task.subject
        self._looks[cell.look].away -= 1
        line = f"{cell.file} can't be made ({reason})."
        self._settle(Answer(cell, None, (Refusal(("cell", cell.file), line),)))

    # --- what comes next ---

    def _next(self, look: _LookCells) -> Task | None:
        """The next task of a look: to read what its cells need, or to make one of them."""
        if not look.cells:
            return None
        worn = [self._inputs[key] for key in _keys(look.cells[0])[:2]]
        for key, found in zip(_keys(look.cells[0]), worn, strict=False):
            if found.state == "unread" and (task := self._read(key)) is not None:
                return task
        if any(found.state == "reading" for found in worn) or (look.away and not look.tried):
            return None
        if refusals := tuple(found.refusal for found in worn if found.refusal is not None):
            self._settle_look(look, refusals)
            return None
        return next((task for cell in tuple(look.cells) if (task := self._made(look, cell, worn)) is not None), None)

    def _made(self, look: _LookCells, cell: Cell, worn: list[_Input]) -> Task | None:
        """The task that makes a cell, or reads its motion; None where that is under way, or there is no such motion."""
        motion = _Input() if cell.motion is None else self._inputs["motion", cell.motion.source]
        if cell.motion is not None and motion.state == "unread":
            if (task := self._read(("motion", cell.motion.source))) is not None:
                return task
            motion = self._inputs["motion", cell.motion.source]
        if motion.state == "reading":
            return None
        look.cells.remove(cell)
        if motion.refusal is not None:
            self._settle(Answer(cell, None, (motion.refusal,)))
            return None
        look.away += 1
        return Task("make", (cell, *(found.value for found in worn), motion.value), cell.look, True, cell)

    def _read(self, key: Key) -> Task | None:
        """The task that reads an input; None where it is read here: motions, except for the poses of a video."""
        kind, source = key
        found = self._inputs[key]
        try:
            if kind == "motion" and not _is_video(source):
                moving = Motion.open(source, frames=self._settings.frames, rate=self._settings.fps)
                found.state, found.value = "here", self._put(moving)
                return None
            parcel = self._put(packed(source))
        except InputError as error:
            self._refuse(key, str(error))
            return None
        found.state = "reading"
        return Task("read", (kind, source, parcel), None, False, key)

    # --- what came of it ---

    def _refuse(self, key: Key, reason: str) -> None:
        self._inputs[key] = _Input("refused", refusal=refused_input(*key, reason))

    def _settle_look(self, look: _LookCells, refusals: tuple[Refusal, ...]) -> None:
        while look.cells:
            self._settle(Answer(look.cells.popleft(), None, refusals))

    def _settle(self, answer: Answer) -> None:
        """Keeps nothing that no other cell needs: the object store, and this process, are only so large."""
        self._open -= 1
        self._answers.append(answer)
        look = self._looks[answer.cell.look]
        if not look.cells and not look.away:
            del self._looks[answer.cell.look]
        self._uses.subtract(_keys(answer.cell))
        for key in _keys(answer.cell):
            if self._uses[key] == 0:
                self._inputs[key].value = None


def _keys(cell: Cell) -> list[Key]:
    """Of the inputs that a cell needs."""
    keys = [("person", cell.person.source), ("garment", cell.garment.source)]
    return keys if cell.motion is None else [*keys, ("motion", cell.motion.source)]


def _is_video(source: str) -> bool:
    """Whether ``Motion.open`` takes it for a video, whose poses take long to find."""
    return source not in templates.NAMES and Path(source).suffix.lower() != ".json" and os.path.isfile(source)


def _written(content: bytes, path: Path) -> None:
    path.write_bytes(content)
