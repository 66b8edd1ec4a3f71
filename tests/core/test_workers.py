"""Workers never outlive the process that they work for, and leave nothing half written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

SCRIPT = """
import os, sys, time
from pathlib import Path
from fashionmirror_core.cli.process import ended_by_signals
from fashionmirror_core.media.files import Change
from fashionmirror_core.workers import worker_processes

def work(folder):
    with Change() as change:
        change.file(Path(folder, f"{os.getpid()}.clip")).write_text("half")
        Path(folder, f"{os.getpid()}.pid").write_text("begun")
        time.sleep(600)

if __name__ == "__main__":
    with ended_by_signals():
        with worker_processes(2) as pool:
            jobs = [pool.submit(work, sys.argv[1]) for _ in range(5)]
            jobs[0].result()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_their_parent(tmp_path: Path, repository: Path, number: signal.Signals) -> None:
    script, out = tmp_path / "script.py", tmp_path / "out"
    script.write_text(SCRIPT)
    out.mkdir()
    environment = os.environ | {"PYTHONPATH": str(repository)}
    command = [sys.executable, str(script), str(out)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as parent:
        _until(lambda: len(list(out.glob("*.pid"))) == 2, 60)
        workers = [int(path.stem) for path in out.glob("*.pid")]
        assert all(map(psutil.pid_exists, workers))
        parent.send_signal(number)
        assert parent.wait(20) != 0
    _until(lambda: not any(map(_lives, workers)), 20)
    if number != signal.SIGKILL:  # else the next start does it
        assert [path.name for path in out.iterdir() if path.suffix != ".pid"] == []


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _until(done, seconds: float) -> None:  # type: ignore[no-untyped-def]
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)
