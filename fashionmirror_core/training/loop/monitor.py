"""The output of a running training: a progress bar, scalars, grids of pictures, and the time that each phase takes."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from fashionmirror_core.media.files import write_whole

SCALARS = "scalars.jsonl"
PICTURES = "pictures"
ROWS = 4  # items of a grid


class Monitor:
    """Of the first process. Writes ``scalars.jsonl``, ``pictures/<step>.png`` and, where TensorBoard is installed, its
    events into the run's folder. Lines that a killed run wrote after ``step`` are removed.
    """

    def __init__(self, folder: Path, step: int, steps: int) -> None:
        self._scalars = _continued(folder / SCALARS, step)
        self._pictures = folder / PICTURES
        self._pictures.mkdir(exist_ok=True)
        self._board = _tensorboard(folder, step)
        self._bar = tqdm(total=steps, initial=step, desc="Training", unit="step", disable=None, dynamic_ncols=True)
        self._since, self._samples = time.monotonic(), 0

    def __enter__(self) -> Monitor:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._bar.close()
        self._scalars.close()
        if self._board is not None:
            self._board.close()

    def advanced(self, loss: float, samples: int) -> None:
        """One step with so many samples of all processes is done."""
        self._samples += samples
        self._bar.set_postfix({"loss": f"{loss:.4g}", "samples/s": f"{self.rate():.3g}"}, refresh=False)
        self._bar.update()

    def rate(self) -> float:
        """Samples a second since the run was started or resumed."""
        return self._samples / max(time.monotonic() - self._since, 1e-9)

    def scalars(self, step: int, values: dict[str, float]) -> None:
        print(json.dumps({"step": step, **values}), file=self._scalars, flush=True)
        if self._board is not None:
            for name, value in values.items():
                self._board.add_scalar(name, value, step)

    def pictures(self, step: int, pictures: dict[str, Tensor]) -> None:
        """pictures: each (N, 3, H, W) in [0, 1]; a column each, an item a row."""
        if not pictures:
            return
        picture = grid(pictures)
        cv2.imwrite(str(self._pictures / f"{step:08}.png"), picture[..., ::-1])
        if self._board is not None:
            self._board.add_image(" ".join(pictures), picture, step, dataformats="HWC")

    def say(self, line: str) -> None:
        """One line on stderr, above the bar."""
        tqdm.write(f"fashionmirror: {line}", file=sys.stderr)


def grid(pictures: dict[str, Tensor]) -> np.ndarray:
    """Pictures (N, 3, H, W) in [0, 1] of one size, a column each, the first items as rows -> (h, w, 3) uint8."""
    columns = [
        picture[:ROWS].float().clamp(0, 1).cpu().permute(0, 2, 3, 1).flatten(0, 1) for picture in pictures.values()
    ]
    return (torch.cat(columns, 1) * 255).round().to(torch.uint8).numpy()


def _continued(path: Path, step: int) -> Any:
    """The scalars, open for more, with the lines up to ``step``; a line cut off by a kill is dropped."""
    kept = []
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                known = json.loads(line)["step"] <= step
            except ValueError:
                break
            if known:
                kept.append(f"{line}\n")
    write_whole(path, "".join(kept).encode())
    return path.open("a", encoding="utf-8")


def _tensorboard(folder: Path, step: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        print("fashionmirror: TensorBoard is not installed; scalars go to scalars.jsonl alone.", file=sys.stderr)
        return None
    return SummaryWriter(str(folder / "events"), purge_step=step + 1)


class Stopwatch:
    """Where the time of a step goes: ``with stopwatch("forward"): ...``. Waits for the device at every end of a phase,
    so it is for profiling alone.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, phase: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        self.seconds[phase] = self.seconds.get(phase, 0.0) + time.perf_counter() - start

    def table(self, samples: int, pipeline: float) -> str:
        """samples: that were trained on meanwhile; pipeline: samples a second of the data alone."""
        total = sum(self.seconds.values())
        lines = [f"{'phase':<12} {'ms/sample':>10} {'share':>7}"]
        lines += [
            f"{phase:<12} {1000 * seconds / samples:>10.2f} {100 * seconds / total:>6.1f}%"
            for phase, seconds in self.seconds.items()
        ]
        lines.append(f"training: {samples / total:.2f} samples/s; the data alone: {pipeline:.2f} samples/s")
        return "\n".join(lines)
