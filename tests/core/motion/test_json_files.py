"""JSON from files that may be anything."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fashionmirror_core.errors import InputError
from fashionmirror_core.motion import json_files
from fashionmirror_core.motion.json_files import read_json
from fashionmirror_core.motion.motion import Motion


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe\x00\x01", b"[" * 100_000, b'{"a":' * 100_000, b"1" * 5000])
def test_a_file_that_is_no_json_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bad.motion.json"
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"bad.motion.json: not valid JSON"):
        read_json(file)


@pytest.mark.parametrize("open_it", [read_json, Motion.load, Motion.open])
def test_an_empty_file_is_refused(tmp_path: Path, open_it: object) -> None:
    file = tmp_path / "bad.motion.json"
    file.touch()
    with pytest.raises(InputError, match=r"bad.motion.json is empty"):
        open_it(file)  # type: ignore[operator]


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no devices here")
@pytest.mark.parametrize("spec", ["/dev/zero", "/dev/null"])
def test_devices_are_refused_at_once(spec: str) -> None:
    with pytest.raises(InputError, match=r"isn't an ordinary file|is empty|no such motion"):
        Motion.open(spec)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "walk.motion.json"
    os.mkfifo(pipe)
    started = time.monotonic()
    with pytest.raises(InputError, match="isn't an ordinary file"):
        Motion.open(pipe)
    with pytest.raises(InputError, match="no OpenPose JSON"):
        Motion.open(tmp_path)
    assert time.monotonic() - started < 5


def test_a_link_to_a_device_is_one(tmp_path: Path) -> None:
    link = tmp_path / "walk.json"
    link.symlink_to("/dev/zero")
    with pytest.raises(InputError, match="isn't an ordinary file"):
        Motion.open(link)


def test_a_file_that_grows_beyond_bounds_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_files, "MAX_BYTES", 100)
    file = tmp_path / "a.json"
    file.write_text("[" + "0," * 60 + "0]")
    with pytest.raises(InputError, match="too large"):
        read_json(file)


BOMBS = {"objects": b'{"a":0},', "words": b'"ab",'}


@pytest.mark.skipif(sys.platform != "linux", reason="measures a Linux process")
@pytest.mark.slow
@pytest.mark.parametrize("piece", BOMBS)
def test_no_file_takes_more_than_a_gigabyte_and_a_half(tmp_path: Path, piece: str) -> None:
    file = tmp_path / "bomb.json"
    part = BOMBS[piece]
    largest = min(json_files.MAX_BYTES // len(part), json_files._MAX_MEMORY // json_files._memory(part))
    file.write_bytes(b"[" + part * (largest - 1) + b"0]")
    code = (
        "import sys; from pathlib import Path\n"
        "from fashionmirror_core.motion.motion import Motion\n"
        "try: Motion.open(sys.argv[1])\n"
        "except ValueError as error: print(error)\n"
        "print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "bomb.json: this JSON holds no motion" in done.stdout
    kilobytes = int(done.stdout.split("VmHWM:")[1].split()[0])  # of that process alone, not of what it was forked from
    assert kilobytes < 1.5 * 2**20
