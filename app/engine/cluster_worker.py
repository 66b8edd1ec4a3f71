"""What a worker of a cluster does for the queue: it makes a look's clip with the studio's own engine, without a window."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from app.engine.exports import ExportKind, ExportRequest
from app.engine.mailbox import JobMailbox
from app.engine.notes import Note
from app.engine.preparation import Clip
from app.engine.worker import EngineWorker
from app.model.input_files import inputs, with_paths
from app.model.state import LookState
from fashionmirror_core.outputs.cluster.worker import Parcel, one_thread


def paths_of(look: LookState) -> list[Path]:
    """The files and folders of a look, each once; their parcels come in this order."""
    return list(dict.fromkeys(path for _, path in inputs(look)))


class _Exporter(EngineWorker):
    """described: the look as its user knows it, with the paths of the driver's computer."""

    described: LookState

    def _encode(
        self,
        request: ExportRequest,
        state: LookState,
        clip: Clip,
        pictures: Iterator[tuple[int, np.ndarray, np.ndarray]],
    ) -> Path:
        return super()._encode(request, self.described, clip, pictures)


class ClipMaker:
    """Lives as long as its worker, and remembers inputs and looks as the studio's engine does."""

    def __init__(self, device: str, stage_size: tuple[int, int]) -> None:
        one_thread()
        self._folder = tempfile.TemporaryDirectory(prefix="fashionmirror-")
        self._mailbox = JobMailbox()
        self._exporter = _Exporter(self._mailbox, device, stage_size, 1)
        self._told: list[tuple[str, str]] = []
        self._exporter.failed.connect(lambda message, details: self._told.append((message, details)))
        self._exporter.input_failed.connect(self._input_failed)

    def render(self, look: LookState, *parcels: Parcel) -> tuple[tuple[str, str], bytes]:
        """((why there is no clip or "", a traceback where the fault is ours), the MP4)."""
        self._told.clear()
        here = {path: self._unpacked(parcel) for path, parcel in zip(paths_of(look), parcels, strict=True)}
        self._exporter.described = look
        self._mailbox.put_state(with_paths(look, lambda _, path: here[path]), again=True)
        with tempfile.TemporaryDirectory(prefix="fashionmirror-") as folder:
            target = Path(folder) / "clip.mp4"
            request = ExportRequest(ExportKind.mp4, target, first=look.in_point, last=look.out_point)
            self._mailbox.put_export(request, {})
            self._exporter.work()
            if target.is_file():
                return ("", ""), target.read_bytes()
        return self._told[0] if self._told else ("It was stopped.", ""), b""

    def _unpacked(self, parcel: Parcel) -> Path:
        """The same place for the same content: what the engine remembers of a file depends on its path."""
        folder = Path(self._folder.name) / parcel.digest
        if folder.is_dir():
            return folder / Path(next(iter(parcel.files))).parts[0]
        folder.mkdir()
        return parcel.unpacked(folder)

    def _input_failed(self, kind: str, given: Any, note: Note) -> None:
        self._told.append((note.text, ""))
