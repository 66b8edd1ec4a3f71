"""Processes that share work: all results come, and no process outlives the one that started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

import fashionmirror_core
from fashionmirror_core.errors import InputError
from fashionmirror_core.training.sets.workers import shared_out

SCRIPT = """
import os, sys, time
from pathlib import Path
from fashionmirror_core.training.sets.workers import shared_out

def work(job):
    Path(sys.argv[1], str(os.getpid())).touch()
    time.sleep(60)

def nothing():
    pass

if __name__ == "__main__":
    print(list(shared_out(work, range(9), 2, nothing)))
"""


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def within(seconds: float, condition: object) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.skipif(os.name == "nt", reason="there are no such signals")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"])
def test_no_worker_outlives_its_parent(name: str, tmp_path: Path) -> None:
    script, pids = tmp_path / "share.py", tmp_path / "pids"
    script.write_text(SCRIPT)
    pids.mkdir()
    environment = os.environ | {"PYTHONPATH": str(Path(fashionmirror_core.__file__).parents[1])}
    parent = subprocess.Popen([sys.executable, script, pids], env=environment, stderr=subprocess.DEVNULL)
    try:
        assert within(60, lambda: len(list(pids.iterdir())) == 2)
        parent.send_signal(getattr(signal, name))
        parent.wait(20)
        assert within(20, lambda: not any(alive(int(path.name)) for path in pids.iterdir()))
    finally:
        for pid in (parent.pid, *(int(path.name) for path in pids.iterdir())):
            if alive(pid):
                os.kill(pid, signal.SIGKILL)


def test_all_results_come(tmp_path: Path) -> None:
    assert sorted(shared_out(abs, [-3, 2, -1, 0, 5], 2, os.getpid)) == [0, 1, 2, 3, 5]


def test_what_a_job_raises_comes_here_and_ends_the_others() -> None:
    began = time.monotonic()
    with pytest.raises(TypeError):
        list(shared_out(time.sleep, [30, "half an hour"], 2, os.getpid))
    assert time.monotonic() - began < 25


def test_a_killed_worker_is_told() -> None:
    with pytest.raises(InputError, match=r"killed.*fewer --workers"):
        list(shared_out(os._exit, [9], 2, os.getpid))
