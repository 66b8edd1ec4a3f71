"""The benchmark measures every stage of the built-in sample and says on what; no test looks at how fast it is."""

from __future__ import annotations

import json

import pytest

from fashionmirror_core.errors import InputError
from fashionmirror_core.outputs import bench
from fashionmirror_core.outputs.bench import BenchResults, SizeResult, table
from fashionmirror_core.outputs.clip import Spread


@pytest.fixture(scope="module")
def results() -> BenchResults:
    return bench.run(frames=5, threads=1, device="cpu", sizes=((256, 192),), repeats=1)


def drawn(stage: tuple[int, int], peak: float) -> SizeResult:
    """A result with known numbers."""
    seconds = {"pose": 0.02, "cloth": 0.005, "masks": 0.005, "drawing": 0.03, "total": 0.04}
    seconds |= {"total_from_video": 0.06, "two_garments": 0.055}
    return SizeResult(
        stage=stage,
        frames=60,
        weights="analytic",
        once={"pose": 0.5, "undress": 1.0, "total": 1.5},
        first=2.25,
        per_frame={name: Spread(median=value, p95=2 * value) for name, value in seconds.items()},
        frames_per_second={"total": 25.0, "total_from_video": 16.7, "two_garments": 18.2},
        peak_memory=peak,
    )


@pytest.fixture
def known(results: BenchResults) -> BenchResults:
    sizes = [drawn((256, 192), 900.0), drawn((512, 384), 1234.0)]
    return results.model_copy(update={"cpu": "A CPU", "device_name": "A CPU", "sizes": sizes})


def test_every_stage_of_a_frame_is_measured(results: BenchResults) -> None:
    (size,) = results.sizes
    assert size.stage == (256, 192)
    assert size.frames == 5
    assert set(size.per_frame) == {"pose", "cloth", "drawing", "masks", "total", "total_from_video", "two_garments"}
    assert all(0 < spread.median <= spread.p95 for spread in size.per_frame.values())


def test_a_frame_is_as_long_as_its_stages(results: BenchResults) -> None:
    (size,) = results.sizes
    part, whole = size.per_frame, size.per_frame["total"]
    assert whole.median >= max(part["masks"].median, part["drawing"].median)
    assert part["total_from_video"].median >= max(whole.median, part["pose"].median)
    assert size.frames_per_second["total"] > size.frames_per_second["total_from_video"] > 0


def test_what_happens_once_is_counted_apart(results: BenchResults) -> None:
    once = dict(results.sizes[0].once)
    total = once.pop("total")
    assert {"pose", "matte", "garment", "masks", "undress", "cloth", "body", "avatar", "background", "retarget"} <= set(
        once
    )
    assert all(seconds >= 0 for seconds in once.values())
    assert total == pytest.approx(sum(once.values()))
    assert once["other"] < 0.5 * total


def test_the_machine_and_the_settings_are_named(results: BenchResults) -> None:
    assert (results.device, results.threads, results.opencv_threads) == ("cpu", 1, 1)
    assert results.photo == bench.PHOTO_SIZE
    assert results.cpu
    assert results.device_name
    assert results.torch
    assert results.sizes[0].weights
    assert results.sizes[0].peak_memory > 100


def test_the_results_survive_json(results: BenchResults) -> None:
    text = results.model_dump_json()
    assert BenchResults.model_validate_json(text) == results
    assert json.loads(text)["sizes"][0]["per_frame"]["total"].keys() == {"median", "p95"}


def test_the_table_shows_each_size_beside_the_supplement(known: BenchResults) -> None:
    text = table(known)
    assert "256x192" in text
    assert "512x384" in text
    assert "0.0400 (0.0800)" in text
    assert "0.0550 (0.1100)" in text
    assert "1234 MB" in text
    assert "A CPU" in text
    assert "weights: analytic" in text
    assert "FashionMirror (paper)" in text
    assert "0.3775" in text


def test_the_columns_of_the_table_line_up(known: BenchResults) -> None:
    rows = [line for line in table(known).splitlines() if line.startswith("  ")]
    widths = [len(row) for row in rows]
    assert len(rows) == 3 + 3 + 1 + len(bench.SUPPLEMENT)
    assert len(set(widths[:3])) == len(set(widths[3:6])) == len(set(widths[6:])) == 1


@pytest.mark.parametrize("row", bench.SUPPLEMENT, ids=lambda row: row[0])
def test_the_supplements_rows_add_up(row: bench.Row) -> None:
    assert sum(row[1:4]) == pytest.approx(row[4], abs=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"frames": 1}, "too few to measure"),
        ({"repeats": 0}, "at least one"),
        ({"sizes": ()}, "at least one"),
    ],
)
def test_nothing_to_measure_is_refused(arguments: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        bench.run(**arguments)


def test_an_unknown_device_is_refused_from_the_other_process() -> None:
    with pytest.raises(InputError, match="not available here"):
        bench.run(frames=5, device="abacus", sizes=((256, 192),), repeats=1)
