"""Videos and frames that the tests of this folder make and look at."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest

from fashionmirror_core.media.ffmpeg import ffmpeg_program

Make = Callable[..., Path]


def ffmpeg(*arguments: str | Path) -> None:
    command = [ffmpeg_program(), "-hide_banner", "-nostdin", "-y", "-loglevel", "error", *map(str, arguments)]
    subprocess.run(command, check=True)


def described(path: Path) -> str:
    """What ffmpeg says about a file."""
    done = subprocess.run([ffmpeg_program(), "-hide_banner", "-i", str(path)], capture_output=True, check=False)
    return done.stderr.decode("utf-8", "replace")


def children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes a video of 20 frames of 160 x 120; the arguments go between the test picture and the file's name."""

    def build(name: str, *arguments: str, source: str = "testsrc=s=160x120:r=25", frames: int = 20) -> Path:
        path = tmp_path / name
        ffmpeg("-f", "lavfi", "-i", source, "-frames:v", str(frames), *arguments, path)
        return path

    return build


def picture(index: int, size: tuple[int, int] = (64, 48)) -> np.ndarray:
    """A smooth frame (H, W, 3) with a bright square that moves to the right."""
    x, y = np.meshgrid(np.linspace(0, 200, size[0]), np.linspace(0, 200, size[1]))
    frame = np.dstack([x, y, 200 - x]).astype(np.uint8)
    frame[10:20, 2 * index : 2 * index + 10] = (250, 240, 40)
    return frame
