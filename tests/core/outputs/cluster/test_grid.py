"""The order in which a look-book's cells are handed to workers, without any: a crew in this process plays them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest
from cluster_fakes import FakeCells
from hypothesis import given, settings
from hypothesis import strategies as st

from fashionmirror_core.errors import InputError
from fashionmirror_core.outputs.cells import Answer, Cell, Entry, one_by_one
from fashionmirror_core.outputs.clip import ClipSettings
from fashionmirror_core.outputs.cluster import worker
from fashionmirror_core.outputs.cluster.crew import RETRIES, Task
from fashionmirror_core.outputs.cluster.grid import Grid, sent_weights
from fashionmirror_core.outputs.cluster.worker import Parcel, packed
from fashionmirror_core.outputs.lookbook import fill

SETTINGS = ClipSettings(Path("unused"), frames=2)


def played(
    cells: Sequence[Cell], workers: int = 2, deaths: float = 0.0, seed: int = 0
) -> tuple[list[Answer], list[Task]]:
    """The answers, and the tasks that were handed out. deaths: how often a worker ends at its task."""
    chance, fake, failures = random.Random(seed), FakeCells(), Counter[Any]()
    agenda = Grid(cells, lambda value: value, SETTINGS)
    at_work: list[Task | None] = [None] * workers
    groups: list[Any] = [None] * workers
    answers: list[Answer] = []
    handed: list[Task] = []
    for _ in range(10_000):
        for place in range(workers):
            if at_work[place] is None and (task := agenda.take(groups[place])) is not None:
                at_work[place], groups[place] = task, task.group
                handed.append(task)
        answers += agenda.collected()
        if agenda.over:
            return answers, handed
        place = chance.choice([place for place in range(workers) if at_work[place] is not None])
        task, at_work[place] = at_work[place], None
        assert task is not None
        if chance.random() < deaths:
            failures[task.subject] += 1
            if failures[task.subject] > RETRIES:
                agenda.given_up(task, "its worker ended")
            else:
                agenda.again(task, inputs_lost=chance.random() < 0.5)
        else:
            agenda.done(task, *getattr(fake, task.method)(*task.arguments))
    raise AssertionError("it never ends")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, list[str]]:
    """Persons and garments: files whose content decides what becomes of them."""
    contents = {"persons": ["ana", "broken", "eva"], "garments": ["dress", "broken too", "tee clash"]}
    made: dict[str, list[str]] = {}
    for kind, texts in contents.items():
        (tmp_path / kind).mkdir()
        made[kind] = [str(tmp_path / kind / f"{text.replace(' ', '-')}.png") for text in texts]
        for path, text in zip(made[kind], texts, strict=True):
            Path(path).write_text(text)
    return made


def cells_of(files: dict[str, list[str]], motions: Sequence[str]) -> list[Cell]:
    def entry(path: str) -> Entry:
        return Entry(Path(path).stem, path)

    grid = [(entry(person), entry(garment)) for person in files["persons"] for garment in files["garments"]]
    wanted = [None, *(Entry(motion, motion) for motion in motions)]
    return [Cell(*look, motion) for look in grid for motion in wanted]


def test_every_input_is_read_once_and_every_cell_is_answered_once(files: dict[str, list[str]]) -> None:
    cells = cells_of(files, ["catwalk", "idle"])
    answers, handed = played(cells)
    assert sorted(answer.cell.file for answer in answers) == sorted(cell.file for cell in cells)
    read = [task.subject for task in handed if task.method == "read"]
    assert sorted(read) == sorted(
        {("person", path) for path in files["persons"]} | {("garment", p) for p in files["garments"]}
    )
    made = [task.subject.file for task in handed if task.method == "make"]
    assert sorted(made) == sorted(
        [f"{person}_dress{end}" for person in ("ana", "eva") for end in (".png", "_catwalk.mp4", "_idle.mp4")]
        + [f"{person}_tee-clash.png" for person in ("ana", "eva")]
    ), "what can't be worn is tried once"


def test_a_worker_stays_with_a_look_and_one_without_work_joins_in(files: dict[str, list[str]]) -> None:
    files = {"persons": files["persons"][:1], "garments": files["garments"][:1]}
    motions = ["catwalk", "idle", "turn", "step-touch"]
    agenda = Grid(cells_of(files, motions), lambda value: value, SETTINGS)
    fake = FakeCells()
    for _ in range(2):
        task = agenda.take(None)
        assert task is not None
        agenda.done(task, *fake.read(*task.arguments))
    ahead = agenda.take(None)
    assert ahead is not None
    assert ahead.subject.file == "ana_dress.png"
    assert agenda.take(None) is None, "nobody knows yet whether it can be worn"
    agenda.done(ahead, *fake.make(*ahead.arguments))
    assert [agenda.take(group).subject.file for group in (ahead.group, None)] == [  # type: ignore[union-attr]
        "ana_dress_catwalk.mp4",
        "ana_dress_idle.mp4",
    ]


@given(workers=st.integers(1, 5), seed=st.integers(0, 1000), deaths=st.sampled_from([0.0, 0.2, 0.5]))
@settings(max_examples=20, deadline=None)
def test_whoever_dies_every_cell_is_answered_once_and_no_input_is_kept(workers: int, seed: int, deaths: float) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        made = {kind: [str(Path(folder) / f"{kind}-{n}.png") for n in range(3)] for kind in ("persons", "garments")}
        for path in made["persons"] + made["garments"]:
            Path(path).write_text(Path(path).stem)
        cells = cells_of(made, ["catwalk"])
        answers, _ = played(cells, workers, deaths, seed)
    assert sorted(answer.cell.file for answer in answers) == sorted(cell.file for cell in cells)
    refused = [refusal.line for answer in answers for refusal in answer.refusals]
    assert all("its worker ended" in line for line in refused)
    assert deaths or not refused


def test_values_go_when_no_cell_needs_them_any_more(files: dict[str, list[str]]) -> None:
    cells = cells_of({"persons": files["persons"][:1], "garments": files["garments"][:2]}, ["catwalk"])
    agenda = Grid(cells, lambda value: value, SETTINGS)
    fake = FakeCells()
    while (task := agenda.take(None)) is not None:
        agenda.done(task, *getattr(fake, task.method)(*task.arguments))
        list(agenda.collected())
    assert agenda.over
    assert {found.value for found in agenda._inputs.values()} == {None}
    assert not agenda._looks


def test_what_is_skipped_is_told_as_without_workers(files: dict[str, list[str]], tmp_path: Path) -> None:
    """The same lines in the same order, whoever finds them out first."""

    class InTurn(FakeCells):  # for ``one_by_one``
        def read(self, kind: str, source: str) -> bytes:  # type: ignore[override]
            if kind == "motion":
                from fashionmirror_core.motion.motion import Motion

                return bytes(Motion.open(source).name, "utf-8")
            reason, value = super().read(kind, source, Parcel.of(Path(source)))
            if reason:
                raise InputError(reason)
            return value

        def dressed(self, cell: Cell, person: bytes, garment: bytes) -> Any:
            refusal, _ = self.make(cell, person, garment, None)
            return refusal or (cell, person, garment)

        def fill(self, look: Any, motion: bytes | None, path: Path) -> None:
            path.write_bytes(self.make(*look, motion)[1])

    def crew(cells: Sequence[Cell]) -> Generator[Answer, None, None]:
        yield from played(cells, workers=3)[0]

    def alone(cells: Sequence[Cell]) -> Generator[Answer, None, None]:
        yield from one_by_one(InTurn(), cells)  # type: ignore[arg-type]

    books = []
    for name, way in (("one", alone), ("many", crew)):
        progress: list[int] = []
        book = fill(
            tmp_path / name, way, files["persons"], files["garments"], ["no-such-walk", "idle"],
            lambda done, total, told=progress: told.append(done),
        )  # fmt: skip
        books.append(([path.name for path in book.made], book.skipped))
        assert sorted(progress) == [2, 4, 6, 8, 10, 12, 14, 16, 18]
    assert books[0] == books[1]
    assert len(books[0][1]) == 5
    assert [line.split()[0] for line in books[0][1] if "can't wear" in line] == ["ana", "eva"]


def test_an_input_that_is_too_large_to_be_sent_is_named(
    files: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "LARGEST_BYTES", 4)
    answers, _ = played(cells_of({"persons": files["persons"][:1], "garments": files["garments"][:1]}, []))
    assert "too large for a cluster" in answers[0].refusals[0].line
    assert "dress.png" in answers[0].refusals[0].line


def test_weights_of_ones_own_travel_with_their_hash_and_card(tmp_path: Path) -> None:
    assert sent_weights(None) is None
    assert sent_weights("default") == "default"
    own = tmp_path / "mine.safetensors"
    with pytest.raises(InputError, match="no such weights file"):
        sent_weights(str(own))
    own.write_bytes(b"numbers")
    own.with_suffix(".sha256").write_text("hash")
    sent = sent_weights(str(own))
    assert isinstance(sent, Parcel)
    assert sent.files == {"mine.safetensors": b"numbers", "mine.sha256": b"hash"}
    (tmp_path / "there").mkdir()
    assert sent.unpacked(tmp_path / "there").read_bytes() == b"numbers"


def test_a_folder_travels_with_its_files(tmp_path: Path) -> None:
    (tmp_path / "poses" / "inner").mkdir(parents=True)
    for name in ("0001.json", "0000.json"):
        (tmp_path / "poses" / name).write_text(name)
    (tmp_path / "there").mkdir()
    sent = packed(tmp_path / "poses")
    assert sent.digest == packed(tmp_path / "poses").digest != Parcel({"poses/0000.json": b""}).digest
    assert sorted(path.name for path in sent.unpacked(tmp_path / "there").iterdir()) == ["0000.json", "0001.json"]
    with pytest.raises(InputError, match="empty"):
        packed(tmp_path / "poses" / "inner")
