"""The studio's benchmark measures all that has a limit, with the real window and engine; no test looks at how fast it is."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from app import bench
from app.bench import Beat, Gap, StudioResults, percentile, table

FRAMES, SIZE = 4, (192, 256)


@pytest.fixture(scope="module")
def results() -> StudioResults:
    return bench.run(frames=FRAMES, size=SIZE, starts=1, jumps=6)


def test_everything_with_a_limit_is_measured(results: StudioResults) -> None:
    assert 0 < results.first_window < 60
    assert 0 < results.jump <= results.jump_p95
    assert 0 < results.photo <= results.prepare
    assert results.length > 0.01
    assert results.garment > 0.01
    assert 100 < results.memory < 16_000
    assert set(results.gaps) == set(bench.PHASES)
    assert all(gap.longest.seconds >= gap.p99 > 0 for gap in results.gaps.values())


def test_a_pause_is_at_least_what_the_window_computed_in_it(results: StudioResults) -> None:
    for gap in results.gaps.values():
        assert 0 <= gap.longest.busy <= gap.longest.seconds + 0.01
        assert 0 <= gap.longest.queued <= gap.longest.seconds + 0.01


def test_every_frame_of_the_clip_is_rendered_and_kept(results: StudioResults) -> None:
    assert results.rendered == results.frames == FRAMES
    assert results.frames_per_second > 0
    assert 0 < results.stored < 50


def test_the_engine_is_named(results: StudioResults) -> None:
    assert results.qt_platform == "offscreen"
    assert results.device
    assert results.weights
    assert results.threads >= 1


def test_the_results_survive_json(results: StudioResults) -> None:
    told = json.loads(json.dumps(asdict(results)))
    assert told["gaps"]["render"]["longest"].keys() == {"seconds", "busy", "queued"}
    assert told["size"] == list(SIZE)


def test_the_table_shows_each_number_beside_its_limit(results: StudioResults) -> None:
    known = replace(
        results,
        first_window=0.875,
        photo=4.56,
        garment=2.34,
        length=1.23,
        jump=0.0123,
        memory=1234.0,
        gaps={"render": Gap(Beat(0.25, 0.031, 0.2), 0.05, 3)},
    )
    lines = table(known).splitlines()
    assert next(line for line in lines if "first window" in line).split()[-4:] == ["0.88", "s", "0.8", "s"]
    assert next(line for line in lines if "another photo" in line).split()[-4:] == ["4.6", "s", "5.0", "s"]
    assert next(line for line in lines if "another garment" in line).split()[-4:] == ["2.3", "s", "2.5", "s"]
    assert next(line for line in lines if "changed length" in line).split()[-4:] == ["1.2", "s", "1.2", "s"]
    assert next(line for line in lines if "screen, median" in line).split()[-4:] == ["12.3", "ms", "16.0", "ms"]
    assert next(line for line in lines if "peak" in line).split()[-4:] == ["1234", "MB", "2000", "MB"]
    pause = next(line for line in lines if line.startswith("  render ") and "frames/s" not in line)
    assert pause.split() == ["render", "250", "ms", "31.0", "ms", "200", "ms", "3", "100", "ms"]


def test_a_gap_is_the_longest_beat_and_counts_the_late_ones() -> None:
    beats = [Beat(0.005, 0, 0), Beat(0.3, 0.02, 0.1), Beat(0.12, 0.1, 0)]
    gap = Gap.of(beats)
    assert (gap.longest, gap.late) == (beats[1], 2)
    assert Gap.of([]).longest.seconds == 0


@pytest.mark.parametrize(("percent", "value"), [(50, 5.0), (95, 10.0), (90, 9.0), (100, 10.0)])
def test_a_percentile_is_one_of_the_values(percent: float, value: float) -> None:
    assert percentile([float(n) for n in range(10, 0, -1)], percent) == value
    assert percentile([], percent) == 0


@pytest.mark.parametrize(
    "arguments", [["--frames", "1"], ["--starts", "0"], ["--size", "12x9"], ["--size", "large"], ["--what"]]
)
def test_nothing_to_measure_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        bench.main(arguments)
    assert ended.value.code == 2
    assert "error" in capsys.readouterr().err
