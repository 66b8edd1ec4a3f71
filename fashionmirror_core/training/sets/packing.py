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

from fashionmirror_core.imaging.boxes import bounding_box
from fashionmirror_core.media.files import write_whole
from fashionmirror_core.training.clips import Clip
from fashionmirror_core.training.sets.packed import FLOW_UNITS_PER_PIXEL, SUFFIX, Draped, PreparedLook

QUALITY = 92  # of WebP colours; alpha and masks are lossless


def write_clip(folder: Path, clip: Clip, looks: Sequence[PreparedLook], drapes: Sequence[Draped] = ()) -> None:
    """clip: takes on the stage; its garments as the engine cut them out; its looks are those it offers."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_STORED) as archive:
        table: dict[str, Any] = {
            "id": clip.id,
            "takes": {name: len(take) for name, take in clip.takes.items()},
            "garments": {key: garment.category for key, garment in clip.garments.items()},
            "flat": [key for key, garment in clip.garments.items() if garment.flat],
            "looks": [],
            "offers": [asdict(spec) for spec in clip.looks],
            "draped": [{"source": draped.source, "garment": draped.garment} for draped in drapes],
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
            entry = asdict(look.spec) | {"boxes": _write_look(archive, f"looks/{index:03}", look)}
            if look.sizing:
                entry["sizing"] = [
                    found and {"features": found.features.tolist(), "factors": found.factors} for found in look.sizing
                ]
            table["looks"].append(entry)
        for index, draped in enumerate(drapes):
            arrays = io.BytesIO()
            np.savez_compressed(arrays, places=draped.places.astype(np.float16), clothing=draped.clothing)
            _add(archive, f"draped/{index:03}.npz", arrays.getvalue())
        _add(archive, "clip.json", json.dumps(table))
    write_whole(folder / f"{clip.id}{SUFFIX}", memory.getvalue())


def _write_look(archive: zipfile.ZipFile, stem: str, look: PreparedLook) -> list[list[int]]:
    """Returns the boxes (x0, y0, x1, y1) of the atlas's pieces, one a layer."""
    masks = np.concatenate([look.matte, look.hair, look.removed, *look.cloths])
    _add(archive, f"{stem}/masks.png", _png(masks))
    _add(archive, f"{stem}/plate.webp", _webp(look.plate))
    _add(archive, f"{stem}/joints.npy", _npy(np.concatenate([look.joints, look.depth[:, None]], 1).astype(np.float32)))
    flows = np.clip(np.round(np.stack(look.garment_flows) * FLOW_UNITS_PER_PIXEL), -32767, 32767).astype(np.int16)
    memory = io.BytesIO()
    np.savez_compressed(memory, flows=flows)
    _add(archive, f"{stem}/flows.npz", memory.getvalue())
    boxes = [_box(layer[3]) for layer in look.layers]
    width = max(1, *(x1 - x0 for x0, _, x1, _ in boxes))
    rows = [
        np.pad(layer[:, y0:y1, x0:x1].transpose(1, 2, 0), ((0, 0), (0, width - (x1 - x0)), (0, 0)))
        for layer, (x0, y0, x1, y1) in zip(look.layers, boxes, strict=True)
    ]
    atlas = np.concatenate([*rows, np.zeros((1, width, 4), np.uint8)])  # a picture has at least one row
    _add(archive, f"{stem}/layers.webp", _webp(np.ascontiguousarray(atlas)))
    return boxes


def _add(archive: zipfile.ZipFile, member: str, data: bytes | str) -> None:
    """Without the time of day: the same clip gives the same file."""
    archive.writestr(zipfile.ZipInfo(member), data)


def _box(alpha: np.ndarray) -> list[int]:
    return list(bounding_box(alpha) or (0, 0, 0, 0))


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
