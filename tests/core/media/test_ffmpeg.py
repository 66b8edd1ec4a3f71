"""The ffmpeg program: exact rates, and which files it may open."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from fashionmirror_core.media.ffmpeg import exact_rate, input_arguments


def test_rates_are_exact() -> None:
    assert exact_rate(29.97) == exact_rate(30000 / 1001) == Fraction(30000, 1001)
    assert exact_rate(23.98) == exact_rate(23.976) == Fraction(24000, 1001)
    assert exact_rate(25) == 25
    assert exact_rate(12.5) == Fraction(25, 2)


@given(st.floats(1, 240))
def test_every_rate_is_kept_to_a_hundredth(fps: float) -> None:
    assert abs(float(exact_rate(fps)) - fps) < 0.01


def test_only_local_files_in_known_containers_are_opened() -> None:
    arguments = input_arguments(Path("http:x.mp4"))
    assert arguments[arguments.index("-protocol_whitelist") + 1] == "file,pipe"
    assert {"hls", "concat", "image2", "tty", "dash"}.isdisjoint(
        arguments[arguments.index("-format_whitelist") + 1].split(",")
    )
    assert arguments[arguments.index("-i") + 1] == f"file:{os.path.abspath('http:x.mp4')}"
