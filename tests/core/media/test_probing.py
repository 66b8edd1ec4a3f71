"""What a video is said to be: its rate and its size."""

from __future__ import annotations

from fractions import Fraction

import pytest

from fashionmirror_core.media.probing import VideoFacts, constant_rate, parse_probe, scale_filter


@pytest.mark.parametrize(
    ("nominal", "average", "read_at"),
    [
        (30, 29.9, 30),
        (30, 13.3, 30),
        (60, None, 60),
        (100, 10, 10),
        (240, 239.8, 240),
        (1000, 14.5, 14.5),
        (1000, None, 240),
    ],
)
def test_the_tick_of_a_clock_is_no_frame_rate(nominal: int, average: float | None, read_at: float) -> None:
    mean = None if average is None else Fraction(average).limit_denominator(100)
    assert float(constant_rate(Fraction(nominal), mean)) == pytest.approx(read_at)


def test_the_probe_is_read_from_ffmpegs_words() -> None:
    header = "#tb 0: 1001/30000\n#dimensions 0: 320x180\n#sar 0: 1/1\n0, 0, 0, 1, 86400, 0xb5\n"
    log = "  Duration: 00:01:40.10, start: 0.0\n  Stream #0:0: Video: h264, 29.97 fps\n  Stream #0:0 -> #0:0 (h)\n"
    facts = parse_probe(header, log)
    assert facts == VideoFacts(Fraction(30000, 1001), (320, 180), 3000)
    assert parse_probe(header, log.replace("00:01:40.10", "N/A")).frame_count is None


def test_frames_are_only_scaled_down() -> None:
    assert "min(1,640/" in scale_filter(640)
