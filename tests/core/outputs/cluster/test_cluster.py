"""A look-book on a Ray of this computer with two workers: the same files as without, whatever happens to a worker."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from cluster_fakes import FakeCells, dying_engine, no_engine

from fashionmirror_core.cli import main as cli
from fashionmirror_core.errors import Cancelled, InputError
from fashionmirror_core.media.images import read_image, write_image
from fashionmirror_core.outputs.clip import ClipSettings
from fashionmirror_core.outputs.cluster import connection, crew
from fashionmirror_core.outputs.cluster.connection import Cluster, check_address, connected
from fashionmirror_core.outputs.cluster.crew import Crew
from fashionmirror_core.outputs.cluster.grid import answered, make_lookbook_on
from fashionmirror_core.outputs.cluster.worker import identity
from fashionmirror_core.outputs.lookbook import Lookbook, fill, make_lookbook
from fashionmirror_core.tryon import TryOn

needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray isn't installed (it has no package for every system)"
)


@pytest.fixture(scope="module")
def cluster(repository: Path) -> Iterator[Cluster]:
    """With room for two crews of two; their workers can import ``cluster_fakes``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{repository}{os.pathsep}{repository / 'tests'}")
        before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        with connected("auto", workers=4, device="cpu") as found:
            assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
            yield found


def pictures(folder: Path, contents: Sequence[str]) -> list[Path]:
    """Files whose content tells ``FakeCells`` what becomes of them."""
    folder.mkdir(exist_ok=True)
    for content in contents:
        (folder / f"{content}.png").write_text(content)
    return [folder / f"{content}.png" for content in contents]


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("notes")


@pytest.fixture(scope="module")
def hands(cluster: Cluster, notes: Path) -> Iterator[Crew]:
    """Two workers for those tests that let them live: a new one takes a second."""
    with Crew(cluster, FakeCells(str(notes)), 2) as made:
        yield made


def booked(hands: Crew, folder: Path, persons: Sequence[str], garments: Sequence[str], **options: Any) -> Lookbook:
    """A look-book by the fake, of persons and garments that are called by what they hold."""
    inputs = pictures(folder.parent / "persons", persons), pictures(folder.parent / "garments", garments)
    return fill(folder, lambda cells: answered(hands, cells, ClipSettings(folder), **options), *inputs, ["catwalk"])


def calls(notes: Path, kind: str, of: str) -> Counter[str]:
    """How often what was made, or read, whose name has ``of`` in it."""
    names = (path.name.removeprefix(f"{kind} ").split(" #")[0] for path in notes.glob(f"{kind} *"))
    return Counter(name for name in names if of in name)


# --- with a stand-in for the engine ---------------------------------------------------------------------------------


@needs_ray
def test_an_input_is_read_once_for_all_workers(hands: Crew, notes: Path, tmp_path: Path) -> None:
    book = booked(hands, tmp_path / "book", ["ana", "ana two"], ["ana dress", "ana skirt"])
    assert len(book.made) == 4
    clip = tmp_path / "book" / "ana two_ana skirt_catwalk.mp4"
    assert clip.read_bytes() == b"ana two ana skirt ana two_ana skirt_catwalk.mp4"
    assert set(calls(notes, "read", "ana").values()) == {1}
    assert len(calls(notes, "read", "ana")) == 4


@needs_ray
def test_a_worker_that_dies_costs_its_cell_which_is_tried_again(
    hands: Crew, notes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert crew.RETRIES == 3
    monkeypatch.setattr(crew, "RETRIES", 1)
    book = booked(hands, tmp_path / "book", ["once eva", "deadly eva", "eva"], ["cape"])
    assert [path.name for path in book.made] == ["once eva_cape_catwalk.mp4", "eva_cape_catwalk.mp4"]
    assert calls(notes, "make", "eva") == {
        "once eva_cape.png": 1, "once eva_cape_catwalk.mp4": 2, "deadly eva_cape.png": 1, "deadly eva_cape_catwalk.mp4": 2,
        "eva_cape.png": 1, "eva_cape_catwalk.mp4": 1,
    }  # fmt: skip
    assert book.skipped == ["deadly eva_cape_catwalk.mp4 can't be made (its worker ended, 2 times)."]
    assert capfd.readouterr() == ("", "")


@needs_ray
def test_a_worker_that_is_killed_in_the_middle_is_replaced(hands: Crew, notes: Path, tmp_path: Path) -> None:
    killed: list[int] = []

    def kill_the_first() -> bool:
        at_work = [int(path.name.rpartition(" ")[2]) for path in notes.glob("make *slow liz*")]
        if at_work and not killed:
            killed.append(at_work[0])
            os.kill(at_work[0], signal.SIGKILL)
        return False

    book = booked(hands, tmp_path / "book", ["slow liz"], ["dress", "skirt"], cancelled=kill_the_first)
    assert killed
    assert len(book.made) == 2
    assert not book.skipped
    workers = {path.name.rpartition(" ")[2] for path in notes.glob("make *slow liz*")}
    assert len(workers) >= 2, "the killed one, and who came after it"


@needs_ray
def test_the_drivers_memory_stays_flat_over_a_thousand_cells(hands: Crew, tmp_path: Path) -> None:
    persons = pictures(tmp_path / "persons", [f"large {n}" for n in range(20)])
    garments = pictures(tmp_path / "garments", [f"garment {n}" for n in range(25)])
    held: list[int] = []
    folder = tmp_path / "book"
    fill(
        folder, lambda cells: answered(hands, cells, ClipSettings(folder)), persons, garments, ["catwalk"],
        lambda done, total: held.append(psutil.Process().memory_info().rss),
    )  # fmt: skip
    assert len(held) == 500, "looks, each a still and a clip"
    assert max(held[100:]) - held[100] < 40e6, "160 MB of clips went through it meanwhile"


@needs_ray
def test_what_is_whole_stays_when_it_is_cancelled_and_the_next_run_goes_on(
    cluster: Cluster, notes: Path, tmp_path: Path
) -> None:
    folder, given = tmp_path / "book", (tmp_path / "book", ["slow mia", "slow mia two"], ["dress"])
    fake = FakeCells(str(notes))
    with Crew(cluster, fake, 1) as hands, pytest.raises(Cancelled):
        booked(hands, *given, cancelled=lambda: bool(list(folder.glob("*.mp4"))))
    there = {path.name: path.stat().st_mtime_ns for path in folder.glob("[!.]*")}
    assert sorted(there) == ["slow mia_dress.png", "slow mia_dress_catwalk.mp4"]
    before = calls(notes, "make", "mia")
    with Crew(cluster, fake, 1) as hands:
        book = booked(hands, *given)
    assert [len(book.made), len(book.kept)] == [1, 1]
    assert not (calls(notes, "make", "mia") - before).keys() & there.keys()
    assert all((folder / name).stat().st_mtime_ns == changed for name, changed in there.items())


@needs_ray
def test_a_fault_of_ours_ends_it_with_its_name(cluster: Cluster, tmp_path: Path) -> None:
    with (
        Crew(cluster, FakeCells(), 1) as hands,
        pytest.raises(RuntimeError, match=r"ZeroDivisionError on .*a fault of ours"),
    ):
        booked(hands, tmp_path / "book", ["bug"], ["dress"])


@needs_ray
def test_a_worker_of_another_version_is_refused_by_name(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = replace(identity(), version="9.9")
    monkeypatch.setattr(crew, "identity", lambda: ours)
    refused = pytest.raises(InputError, match=rf"worker on {platform.node()} runs .*, this computer 9\.9")
    with Crew(cluster, FakeCells(), 1) as hands, refused:
        booked(hands, tmp_path / "book", ["ana"], ["dress"])


def test_other_weights_and_a_changed_program_are_named() -> None:
    ours = identity()
    assert ours.refusal("far", ours) == ""
    assert "worker on far runs a changed FashionMirror" in ours.refusal("far", replace(ours, code="other"))
    for weights in ({}, {"default.safetensors": "0123456789abcdef"}):
        text = replace(ours, weights={"default.safetensors": "fedc"}).refusal("far", replace(ours, weights=weights))
        assert "worker on far has other weights default.safetensors" in text
        assert "copy the same" in text


@needs_ray
def test_workers_that_cannot_begin_are_refused(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "RETRIES", 1)
    for engine, words in (
        (no_engine, r"FileNotFoundError.*install FashionMirror"),
        (dying_engine, "end while they begin"),
    ):
        with Crew(cluster, engine, 1) as hands, pytest.raises(InputError, match=words):
            booked(hands, tmp_path / "book", ["ana"], ["dress"])


# --- with the engine ------------------------------------------------------------------------------------------------


@needs_ray
def test_a_grid_of_two_by_two_is_the_same_bit_for_bit(
    cluster: Cluster, tryon: TryOn, person_file: Path, garment_file: Path, tmp_path: Path
) -> None:
    """Also with a broken picture among them, and a motion that isn't there."""
    photo = read_image(person_file)
    persons, garments = tmp_path / "persons", tmp_path / "garments"
    for folder in (persons, garments):
        folder.mkdir()
    write_image(persons / "ana.png", photo)
    write_image(persons / "eva.png", photo[:, ::-1])
    (persons / "no picture.png").write_bytes(b"no picture")
    shutil.copy(garment_file, garments / garment_file.name)
    write_image(garments / "second.png", read_image(garment_file))
    given = sorted(persons.iterdir()), sorted(garments.iterdir()), ["catwalk", "no-such-walk"]
    settings = ClipSettings(tmp_path, frames=3, draft=True)
    books = [
        make_lookbook(tryon, *given, tmp_path / "alone", settings),
        make_lookbook_on("auto", *given, tmp_path / "together", settings, workers=2, device="cpu", weights=None),
    ]
    alone, together = ({path.name: path.read_bytes() for path in book.sheet.parent.iterdir()} for book in books)
    assert len(books[0].made) == 4
    assert alone == together, "pictures, clips, the sheet and the hidden list"
    assert [book.skipped for book in books] == [books[0].skipped] * 2
    assert len(books[0].skipped) == 2


# --- beginning and ending -------------------------------------------------------------------------------------------

SCRIPT = """
import sys
from pathlib import Path
from cluster_fakes import FakeCells
from fashionmirror_core.cli.process import ended_by_signals
from fashionmirror_core.outputs.clip import ClipSettings
from fashionmirror_core.outputs.cluster.connection import connected
from fashionmirror_core.outputs.cluster.crew import Crew
from fashionmirror_core.outputs.cluster.grid import answered
from fashionmirror_core.outputs.lookbook import fill

folder, inputs = Path(sys.argv[1]), [Path(path) for path in sys.argv[2:]]
with ended_by_signals(), connected("auto", 2, "cpu") as cluster, Crew(cluster, FakeCells()) as hands:
    crew = lambda cells: answered(hands, cells, ClipSettings(folder))
    fill(folder, crew, inputs, inputs, ["catwalk"])
"""


@needs_ray
def test_nothing_stays_behind_after_control_c(tmp_path: Path, repository: Path) -> None:
    inputs, folder = pictures(tmp_path / "inputs", [f"slow {n}" for n in range(6)]), tmp_path / "book"
    (tmp_path / "script.py").write_text(SCRIPT)
    environment = os.environ | {"PYTHONPATH": f"{repository}{os.pathsep}{repository / 'tests'}"}
    command = [sys.executable, str(tmp_path / "script.py"), str(folder), *map(str, inputs)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as driver:
        _until(lambda: driver.poll() is not None or bool(list(folder.glob("*.mp4"))), 180)
        processes = psutil.Process(driver.pid).children(recursive=True)
        assert len(processes) >= 4, "Ray's own, and two workers"
        driver.send_signal(signal.SIGINT)
        out, _ = driver.communicate(timeout=30)
    assert out == ""
    assert driver.returncode != 0
    _until(lambda: not any(process.is_running() for process in processes), 20)
    whole = list(folder.glob("*.mp4"))
    assert whole
    assert all(path.read_bytes().endswith(path.name.encode()) for path in whole)


def _until(done: Any, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.05)


def refused(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *arguments: object) -> str:
    """What the command line says when it refuses."""
    monkeypatch.setattr(sys, "argv", ["fashionmirror", "lookbook", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    return capfd.readouterr().err


def test_without_ray_one_sentence_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    given = ("--persons", tmp_path, "--garments", tmp_path, "-o", tmp_path / "book")
    assert "--ray auto" in refused(monkeypatch, capfd, *given, "--workers", 2)
    monkeypatch.setattr(connection.importlib.util, "find_spec", lambda name: None)
    text = refused(monkeypatch, capfd, *given, "--ray", "auto")
    assert text.count("\n") == 1
    assert "pip install '.[cluster]'" in text


@pytest.mark.parametrize("address", ["nonsense", "http://host:1", "host", "ray://host:1", "a b:1", ""])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InputError, match="no address of a cluster"):
        check_address(address)


@needs_ray
def test_a_cluster_that_does_not_answer_is_refused_soon() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = time.monotonic()
    with pytest.raises(InputError, match="No cluster answers"), connected(f"127.0.0.1:{port}"):
        raise AssertionError("there is none")
    assert time.monotonic() - started < 10
    with pytest.raises(InputError, match="no GPU"), connected("auto", 1, "cuda"):
        raise AssertionError("there is none")
