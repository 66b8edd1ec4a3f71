"""Builds the frozen application with PyInstaller and tries it: ``python packaging/build.py``.

The program is tried in an empty folder without this repository's environment: it starts without a display, shows the
sample's still, renders four frames and exports them. Exit codes: 0 built and works, 1 it doesn't, 2 can't be built here.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 600  # the program gives up by itself after 300; a cold disk may be slow before that


class CannotBuild(Exception):
    """What is missing here, and how to get it."""


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Build the frozen application and try it.")
    parser.add_argument("--dist", type=Path, default=ROOT / "dist", help="where the folder fashionmirror/ is put")
    parser.add_argument(
        "--work", type=Path, default=ROOT / "build", help="PyInstaller's own files, kept for the next time"
    )
    parser.add_argument("--clean", action="store_true", help="forget what an earlier build left")
    parser.add_argument("--smoke-only", action="store_true", help="try what was built before")
    parser.add_argument("--with-cuda", action="store_true", help="take a CUDA build of torch, several GB")
    options = parser.parse_args(argv)
    try:
        if not options.smoke_only:
            check(options.with_cuda)
            build(options.dist, options.work, options.clean)
        seconds = smoke(executable(options.dist))
    except CannotBuild as error:
        print(error, file=sys.stderr)
        return 2
    except (subprocess.SubprocessError, RuntimeError) as error:
        print(f"It doesn't work: {error}", file=sys.stderr)
        return 1
    folder = options.dist / "fashionmirror"
    print(f"{folder}: {size(folder) / 1e6:.0f} MB; started, rendered and exported the sample in {seconds:.1f} s")
    return 0


def check(with_cuda: bool) -> None:
    """Raises CannotBuild without PyInstaller, or with a CUDA torch that wasn't asked for."""
    if importlib.util.find_spec("PyInstaller") is None:
        raise CannotBuild('PyInstaller is missing: pip install -e ".[package]"')
    code = "import torch; print(torch.version.cuda or '')"
    cuda = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    if cuda and not with_cuda:
        raise CannotBuild(
            f"torch here is built for CUDA {cuda}, and its Python library is linked with all of it: several GB that can't "
            "be left out. Build in an environment with a CPU build of torch, or pass --with-cuda."
        )


def build(dist: Path, work: Path, clean: bool) -> None:
    """Runs PyInstaller on the recipe."""
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    command += ["--distpath", str(dist), "--workpath", str(work), *(["--clean"] if clean else [])]
    subprocess.run([*command, str(ROOT / "fashionmirror.spec")], cwd=ROOT, check=True)


def executable(dist: Path) -> Path:
    """The program in the folder that was built."""
    path = dist / "fashionmirror" / ("fashionmirror.exe" if sys.platform == "win32" else "fashionmirror")
    if not path.is_file():
        raise CannotBuild(f"{path} isn't there; build it first.")
    return path


def smoke(program: Path) -> float:
    """Seconds until the program had started, rendered the sample, exported it and ended. RuntimeError if it didn't."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        command = [str(program.resolve()), "--smoke", str(Path(folder) / "out")]
        done = subprocess.run(
            command, cwd=folder, env=bare(os.environ), capture_output=True, text=True, timeout=SECONDS, check=False
        )
        seconds = time.perf_counter() - begun
        clip = Path(folder) / "out" / "smoke.mp4"
        if done.returncode or not clip.is_file():
            raise RuntimeError(f"the program ended with {done.returncode}\n{done.stderr[-4000:]}")
    return seconds


def bare(environment: os._Environ[str] | dict[str, str]) -> dict[str, str]:
    """The environment without what would lend the program modules, libraries or plugins of this one's."""
    lenders = ("PYTHON", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "DYLD_", "QT_", "IMAGEIO_")
    return {name: value for name, value in environment.items() if not name.startswith(lenders)}


def size(folder: Path) -> int:
    """Bytes of the files in a folder, each counted once."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


if __name__ == "__main__":
    sys.exit(main())
