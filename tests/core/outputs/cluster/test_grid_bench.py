"""What the benchmark of a grid prints; no test looks at how fast it is."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from fashionmirror_core.cli import main as cli
from fashionmirror_core.outputs.cluster import bench
from fashionmirror_core.outputs.cluster.bench import GridResults, GridRun, table


def results(grid: list[float]) -> GridResults:
    runs = [
        GridRun(workers=n + 1, start=5, grid=seconds, driver=0.32, processor=38, received=1_600_000, worker_memory=1234)
        for n, seconds in enumerate(grid)
    ]
    return GridResults(
        version="1",
        cpu="A CPU",
        cores=2,
        system="Linux",
        device="cpu",
        persons=4,
        garments=2,
        frames=12,
        cells=16,
        runs=runs,
    )


def test_the_table_compares_each_run_with_one_worker() -> None:
    lines = table(results([40.0, 22.0])).splitlines()
    assert lines[-2].split() == [
        "1",
        "5.0",
        "s",
        "40.0",
        "s",
        "1.00",
        "38.0",
        "s",
        "20",
        "ms",
        "100",
        "kB",
        "1234",
        "MB",
    ]
    assert lines[-1].split() == [
        "2",
        "5.0",
        "s",
        "22.0",
        "s",
        "0.55",
        "38.0",
        "s",
        "20",
        "ms",
        "100",
        "kB",
        "1234",
        "MB",
    ]


@pytest.mark.parametrize("as_json", [False, True])
def test_the_command_line_measures_one_worker_and_several(
    as_json: bool, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(bench, "measure", lambda *given: asked.append(given) or results([40.0, 15.0]))
    monkeypatch.setattr("fashionmirror_core.outputs.cluster.connection.check_installed", lambda: None)
    given = ["bench", "--lookbook", "--workers", "3", "--frames", "12", *(["--json"] if as_json else [])]
    monkeypatch.setattr(sys, "argv", ["fashionmirror", *given])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    assert asked == [((1, 3), 12, "auto")]
    out = capfd.readouterr().out
    assert (json.loads(out)["cells"] if as_json else out.count("16 cells")) == (16 if as_json else 1)


def test_the_samples_are_enough_for_the_grid() -> None:
    from fashionmirror_core import samples

    assert len(samples.persons()) >= bench.PERSONS
    assert len(samples.garments()) >= bench.GARMENTS
    assert all(isinstance(path, Path) for path in samples.persons())
