"""Free memory goes back to the system."""

import subprocess
import sys

import pytest

# Pictures that are given back while something small, made after them, lives on.
_WORK = """
import sys
from pathlib import Path
import numpy as np
from fashionmirror_core import memory

if sys.argv[1] == "little":
    memory.keep_little()
np.ones(30_000_000, np.uint8)  # what glibc has seen once, it keeps a place for
pictures = [np.ones(10_000_000, np.uint8) for _ in range(12)]
small = [bytes(600) for _ in range(1000)]
del pictures
status = Path("/proc/self/status").read_text().splitlines()
print(next(line.split()[1] for line in status if line.startswith("RssAnon")))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' allocators return it by themselves")
def test_a_process_that_keeps_little_gives_its_pictures_back() -> None:
    held = {
        mode: int(
            subprocess.run([sys.executable, "-c", _WORK, mode], check=True, capture_output=True, text=True).stdout
        )
        for mode in ("all", "little")
    }
    assert held["little"] < held["all"] - 100_000  # kB of 120,000
