"""Pictures of results: labelled grids, masks as tints, and where on the garment the attention looks.

Places on a garment have colours: across it the hue turns from blue to red, down it the lightness falls. A garment
painted in its own places is the key to a person painted in the places that the person's cells attend to.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from fashionmirror_core.media.files import write_whole
from fashionmirror_core.person.stage import Stage

CAPTION_PIXELS = 16  # pixels above a picture for its name
GAP_PIXELS = 4
PAPER, INK = 255, (30, 30, 30)
TINT = (230, 40, 120)

Captioned = tuple[str, np.ndarray | None]


def fitted(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A picture (h, w, 3 or 4) uint8 inside ``size`` (H, W), unstretched, on white: (H, W, 3)."""
    if picture.shape[2] == 4:
        alpha = picture[..., 3:] / np.float32(255)
        picture = (picture[..., :3] * alpha + PAPER * (1 - alpha) + 0.5).astype(np.uint8)
    scale = min(size[0] / picture.shape[0], size[1] / picture.shape[1])
    height, width = max(1, round(picture.shape[0] * scale)), max(1, round(picture.shape[1] * scale))
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    canvas = np.full((*size, 3), PAPER, np.uint8)
    y, x = (size[0] - height) // 2, (size[1] - width) // 2
    canvas[y : y + height, x : x + width] = small
    return canvas


def captioned(text: str, picture: np.ndarray) -> np.ndarray:
    """A picture (H, W, 3) with a line above: (H + CAPTION_PIXELS, W, 3)."""
    strip = np.full((CAPTION_PIXELS, picture.shape[1], 3), PAPER, np.uint8)
    cv2.putText(strip, text, (2, CAPTION_PIXELS - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.38, INK, 1, cv2.LINE_AA)
    return np.concatenate([strip, picture])


def grid(title: str, rows: Sequence[Sequence[Captioned]], size: tuple[int, int] = (256, 192)) -> np.ndarray:
    """Rows of captioned pictures, each inside ``size`` (H, W), below a title; None leaves its place empty."""
    columns = max(len(row) for row in rows)
    empty = np.full((size[0] + CAPTION_PIXELS, size[1] + GAP_PIXELS, 3), PAPER, np.uint8)
    lines = []
    for row in rows:
        cells = [empty.copy() for _ in range(columns)]
        for cell, (text, picture) in zip(cells, row, strict=False):
            if picture is not None:
                cell[:, : size[1]] = captioned(text, fitted(picture, size))
        lines.append(np.concatenate(cells, 1))
    return captioned(title, np.concatenate(lines))


def stacked(sheets: Sequence[np.ndarray]) -> np.ndarray:
    """Sheets of any width (h, w, 3), one below the other."""
    width = max(sheet.shape[1] for sheet in sheets)
    return np.concatenate([
        np.pad(sheet, ((0, GAP_PIXELS), (0, width - sheet.shape[1]), (0, 0)), constant_values=PAPER) for sheet in sheets
    ])  # fmt: skip


def tinted(picture: np.ndarray, mask: np.ndarray, color: tuple[int, int, int] = TINT) -> np.ndarray:
    """A picture (H, W, 3) uint8 with a soft mask (H, W) in [0, 1] laid over it."""
    weight = 0.6 * np.clip(mask, 0, 1).astype(np.float32)[..., None]
    return (picture * (1 - weight) + np.array(color, np.float32) * weight + 0.5).astype(np.uint8)


# ----------------------------------------------------------------------------------------------------------- attention


def place_colors(places: np.ndarray) -> np.ndarray:
    """Colours of places (..., 2), x and y in [0, 1] of the letterboxed garment: (..., 3) uint8 RGB."""
    x, y = np.clip(places[..., 0], 0, 1), np.clip(places[..., 1], 0, 1)
    hsv = np.stack([120 * (1 - x), np.full_like(x, 200), 255 - 150 * y], -1)
    return cv2.cvtColor(hsv.reshape(1, -1, 3).astype(np.uint8), cv2.COLOR_HSV2RGB).reshape(*x.shape, 3)


def painted_places(garment: np.ndarray) -> np.ndarray:
    """The key: a letterboxed garment (H, W, 4), premultiplied in [0, 1], half in the colours of its places; uint8."""
    height, width = garment.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    colors = place_colors(np.stack([x / (width - 1), y / (height - 1)], -1))
    alpha = garment[..., 3:]
    picture = (garment[..., :3] + 1 - alpha) * 255
    return (picture * (1 - 0.7 * alpha) + 0.7 * alpha * colors + 0.5).astype(np.uint8)


def painted_attention(picture: np.ndarray, mask: np.ndarray, attention: np.ndarray, stage: Stage) -> np.ndarray:
    """A person's picture (H, W, 3) in the colours of the places attended to, where ``mask`` (H, W) is.

    attention: (hw, hw), rows sum to one, of the stage's cells; a cell's place is the mean of all, weighted by attention.
    """
    rows, columns = _cells(attention, stage)
    y, x = np.mgrid[0:rows, 0:columns]
    cells = np.stack([(x + 0.5) / columns, (y + 0.5) / rows], -1).reshape(-1, 2)
    places = (attention @ cells).reshape(rows, columns, 2).astype(np.float32)
    on_stage = cv2.resize(places, (stage.width, stage.height), interpolation=cv2.INTER_LINEAR)
    seen = stage.uncrop(on_stage, (picture.shape[1], picture.shape[0]), cv2.BORDER_REPLICATE)
    weight = 0.7 * np.clip(mask, 0, 1)[..., None]
    return (picture * (1 - weight) + place_colors(seen) * weight + 0.5).astype(np.uint8)


def attention_heat(garment: np.ndarray, attention: np.ndarray, stage: Stage, point: np.ndarray) -> np.ndarray:
    """Where the cell of a body point (x, y in stage pixels) looks: heat over the letterboxed garment (H, W, 4); uint8."""
    rows, columns = _cells(attention, stage)
    x = int(np.clip(point[0] * columns / stage.width, 0, columns - 1))
    y = int(np.clip(point[1] * rows / stage.height, 0, rows - 1))
    seen = attention[y * columns + x].reshape(rows, columns)
    heat = cv2.resize(seen / max(float(seen.max()), 1e-9), (garment.shape[1], garment.shape[0])).astype(np.float32)
    picture = ((garment[..., :3] + 1 - garment[..., 3:]) * 255).astype(np.uint8)
    return tinted(picture, heat, (255, 60, 0))


def _cells(attention: np.ndarray, stage: Stage) -> tuple[int, int]:
    """Rows and columns of the attention's cells."""
    side = (stage.height * stage.width / len(attention)) ** 0.5
    return round(stage.height / side), round(stage.width / side)


def write_png(path: Path, picture: np.ndarray) -> None:
    """(H, W, 3) uint8 RGB, whole or not at all."""
    good, data = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    if not good:
        raise ValueError(f"a picture of {picture.shape} cannot be written as PNG")
    write_whole(path, data.tobytes())
