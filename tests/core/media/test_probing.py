"""What a video is said to be: its size, its times and its length."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from fashionmirror_core.media.probing import PACKETS, parse_packets, parse_probe, probe, scale_filter
from tests.core.media.conftest import Make

HEADER = "#tb 0: 1001/30000\n#dimensions 0: 320x180\n#sar 0: 1/1\n0, 0, 0, 1, 86400, 0xb5\n"
LOG = "  Duration: 00:01:40.10, start: 0.0\n  Stream #0:0: Video: h264, 29.97 fps\n  Stream #0:0 -> #0:0 (h)\n"


def test_the_probe_is_read_from_ffmpegs_words() -> None:
    facts = parse_probe(HEADER, LOG, [])
    assert (facts.rate, facts.size, facts.frame_count) == (Fraction(30000, 1001), (320, 180), 3000)
    assert parse_probe(HEADER, LOG.replace("00:01:40.10", "N/A"), []).frame_count is None


def test_all_packets_tell_the_length_the_first_ones_only_the_rate() -> None:
    times = [index / 25 for index in range(50)]
    assert parse_probe(HEADER, LOG, times).frame_count == 50
    assert parse_probe(HEADER, LOG, times, whole=False).frame_count == 2502
    assert parse_probe(HEADER, LOG, [index / 25 for index in range(PACKETS)]).frame_count == 2502


def test_packets_without_a_time_are_left_out() -> None:
    listing = "#tb 0: 1/1000\n0, -40, 0, 40, 1405, 0x9\n0, 0, -9223372036854775808, 40, 1, 0x9\n0, 40, 80, 0, 12, 0x9\n"
    assert parse_packets(listing) == [0.0, 0.08]
    assert parse_packets("") == []


def test_frames_are_only_scaled_down() -> None:
    assert "min(1,640/" in scale_filter(640)


def test_pixels_of_an_absurd_shape_count_as_square(make: Make) -> None:
    assert probe(make("a.mkv", "-vf", "setsar=1/900", "-c:v", "mpeg4", frames=2)).size == (160, 120)


@pytest.mark.parametrize("name", ["a.avi", "a.h264"])
def test_streams_without_times_have_a_rate(make: Make, name: str) -> None:
    path: Path = make(name, "-c:v", "libx264" if name == "a.h264" else "mpeg4", "-pix_fmt", "yuv420p")
    assert probe(path).rate == 25
