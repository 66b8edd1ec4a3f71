"""Writing a clip of a prepared set; ``packed`` has the format and reads it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from fashionmirror_core.media.files import write_whole
from fashionmirror_core.training.clips import Clip
from fashionmirror_core.training.sets.packed import FLOW_UNITS_PER_PIXEL, SUFFIX, Draped, DrawnFrame, PreparedLook

QUALITY = 92  # of WebP colours; alpha and masks are lossless


def write_clip(folder: Path, clip: Clip, looks: Sequence[PreparedLook], drapes: Sequence[Draped] = ()) -> None:
    """clip: takes on the stage; its garments as the engine cut them out; its looks are those it offers."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_STORED) as archive:
        table: dict[str, Any] = {
            "id": clip.id,
            "takes": {name: len(take) for name, take in clip.takes.items()},
            "fps": {name: take.fps for name, take in clip.takes.items()},
            "garments": {key: garment.category for key, garment in clip.garments.items()},
            "flat": [key for key, garment in clip.garments.items() if garment.flat],
            "landmarks": {key: garment.landmarks for key, garment in clip.garments.items() if garment.landmarks},
            "looks": [],
            "offers": [asdict(spec) for spec in clip.looks],
            "draped": [{"source": drape.source, "garment": drape.garment, "told": drape.told} for drape in drapes],
        }
        for name, take in clip.takes.items():
            for index in range(len(take)):
                stem = f"takes/{name}/{index:03}"
                _add(archive, f"{stem}.webp", _webp(take.frames[index]))
                _add(archive, f"{stem}_labels.png", _png(take.labels[index]))
                _add(archive, f"{stem}_matte.png", _png(take.mattes[index]))
            _add(archive, f"takes/{name}/joints.npy", _npy(take.joints.astype(np.float32)))
            _add(archive, f"takes/{name}/depth.npy", _npy(take.depth.astype(np.float32)))
        for key, garment in clip.garments.items():
            _add(archive, f"garments/{key}.webp", _webp(garment.image))
        for index, look in enumerate(looks):
            _write_look(archive, f"looks/{index:03}", look)
            table["looks"].append(asdict(look.spec) | {"drawn": len(look.drawn)})
        for index, draped in enumerate(drapes):
            arrays = io.BytesIO()
            np.savez_compressed(arrays, places=draped.places.astype(np.float16), clothing=draped.clothing)
            _add(archive, f"draped/{index:03}.npz", arrays.getvalue())
        _add(archive, "clip.json", json.dumps(table))
    write_whole(folder / f"{clip.id}{SUFFIX}", memory.getvalue())


def _write_look(archive: zipfile.ZipFile, stem: str, look: PreparedLook) -> None:
    _add(archive, f"{stem}/masks.png", _png(np.concatenate([look.cover, look.clothing])))
    _add(archive, f"{stem}/still.webp", _webp(look.still))
    for number, frame in enumerate(look.drawn):
        _write_frame(archive, f"{stem}/{number:03}", frame)


def _write_frame(archive: zipfile.ZipFile, stem: str, frame: DrawnFrame) -> None:
    _add(archive, f"{stem}.webp", _webp(frame.image))
    _add(archive, f"{stem}_normals.webp", _webp(frame.normals))
    _add(archive, f"{stem}_masks.png", _png(np.concatenate([frame.cover, frame.clothing, frame.unseen])))
    _add(archive, f"{stem}_flows.npz", _flows([frame.flow, frame.back]))


def _flows(flows: Sequence[np.ndarray]) -> bytes:
    """(2, H / 2, W / 2) each, in whole parts of a pixel."""
    whole = np.clip(np.round(np.stack(flows) * FLOW_UNITS_PER_PIXEL), -32767, 32767).astype(np.int16)
    memory = io.BytesIO()
    np.savez_compressed(memory, flows=whole)
    return memory.getvalue()


def _add(archive: zipfile.ZipFile, member: str, data: bytes | str) -> None:
    """Without the time of day: the same clip gives the same file."""
    archive.writestr(zipfile.ZipInfo(member), data)


def _encoded(suffix: str, image: np.ndarray, *options: int) -> bytes:
    good, data = cv2.imencode(suffix, image, options)
    if not good:
        raise ValueError(f"a picture of {image.shape} cannot be written as {suffix}")
    return data.tobytes()


def _webp(rgb: np.ndarray) -> bytes:
    code = cv2.COLOR_RGBA2BGRA if rgb.shape[2] == 4 else cv2.COLOR_RGB2BGR
    return _encoded(".webp", cv2.cvtColor(np.ascontiguousarray(rgb), code), cv2.IMWRITE_WEBP_QUALITY, QUALITY)


def _png(mask: np.ndarray) -> bytes:
    return _encoded(".png", np.ascontiguousarray(mask), cv2.IMWRITE_PNG_COMPRESSION, 3)


def _npy(array: np.ndarray) -> bytes:
    memory = io.BytesIO()
    np.save(memory, array)
    return memory.getvalue()
