"""What leaves the studio: clips, frames, masks, stills and contact sheets, and the look that travels inside them.

A file says in its metadata how it was made (paths and settings, without what was painted), so that dropping it back
restores the look: MP4 and WebM as their comment, GIF as its comment block, PNG as a text chunk.
"""

from __future__ import annotations

import json
import math
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
from pydantic import ValidationError
from PySide6.QtCore import QCoreApplication

from app.model.state import LookState
from fashionmirror_core.errors import InputError
from fashionmirror_core.media.files import write_whole

MARK = "FashionMirror look"
VERSION = 1
SHEET_FRAMES = 24
_LONGEST = 24_000
"""Characters of metadata: it is handed to ffmpeg on its command line, which Windows limits to 32,767."""
_LARGEST_READ = 2**20

translate = QCoreApplication.translate


class ExportKind(str, Enum):
    mp4 = "mp4"
    webm = "webm"
    gif = "gif"
    png = "png"
    masks = "masks"
    still = "still"
    sheet = "sheet"

    @property
    def suffix(self) -> str:
        """Of the file's name; none for a folder of pictures."""
        return {"png": "", "masks": "", "still": ".png", "sheet": ".png"}.get(self.value, f".{self.value}")

    @property
    def exact(self) -> bool:
        """Made of frames as they are computed, and not of those kept for the screen."""
        return self in (ExportKind.png, ExportKind.still)


@dataclass(frozen=True)
class ExportRequest:
    """What to write and where.

    path: a file; for png and masks a folder. scale: of the photo's size, 0.25 to 2. fps: None is the clip's own; others
    leave out or repeat frames. crf: 0 (best) to 51. background: None is the look's own. first, last: frames, both
    included, None is the clip's first and last; a still with a ``first`` is that frame, else the photo's own pose.
    overwrite: the user agreed that what is there is replaced.
    """

    kind: ExportKind
    path: Path
    scale: float = 1.0
    fps: float | None = None
    crf: int = 18
    background: str | None = None
    first: int | None = None
    last: int | None = None
    overwrite: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", ExportKind(self.kind))
        object.__setattr__(self, "path", Path(self.path))

    @property
    def target(self) -> Path:
        """The path with the suffix that the kind needs. A still may be a JPEG or a WebP."""
        suffix = self.path.suffix.lower()
        fits = suffix == self.kind.suffix or (self.kind is ExportKind.still and suffix in (".jpg", ".jpeg", ".webp"))
        return self.path if fits or not self.kind.suffix else self.path.with_name(self.path.name + self.kind.suffix)


def schedule(request: ExportRequest, count: int, fps: float) -> list[int]:
    """Which frame of a clip of ``count`` frames at ``fps`` each written one shows, ascending.

    Raises InputError for a scale or a range that can't be.
    """
    if not 0.25 <= request.scale <= 2:
        text = translate("Exports", "A size of {0} times the photo's is not possible; choose 0.25 to 2.")
        raise InputError(text.format(f"{request.scale:g}"))
    first = max(0, request.first or 0)
    last = min(count - 1, count - 1 if request.last is None else request.last)
    if first > last:
        text = translate("Exports", "There is no frame from {0} to {1}; move the in and out points.")
        raise InputError(text.format(first + 1, last + 1))
    frames = last - first + 1
    if request.kind is ExportKind.still:
        return [first]
    if request.kind is ExportKind.sheet:
        return sorted({first + round(x) for x in np.linspace(0, frames - 1, min(frames, SHEET_FRAMES))})
    if request.kind is ExportKind.masks or request.fps is None:
        return list(range(first, last + 1))
    if not (math.isfinite(request.fps) and 1 <= request.fps <= 240):
        text = translate("Exports", "A clip can't have {0} frames a second; choose 1 to 240.")
        raise InputError(text.format(f"{request.fps:g}"))
    return [
        first + min(frames - 1, int(n * fps / request.fps)) for n in range(max(1, round(frames / fps * request.fps)))
    ]


def scaled(image: np.ndarray, scale: float) -> np.ndarray:
    """A picture (H, W[, 3 or 4]) uint8 at another size; colours of transparent pixels don't bleed into the others."""
    import cv2

    if scale == 1:
        return image
    height, width = image.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    if image.ndim == 2 or image.shape[2] == 3:
        return cv2.resize(image, size, interpolation=how)
    alpha = image[..., 3:].astype(np.float32) / 255
    small = cv2.resize(np.dstack([image[..., :3] * alpha, alpha]), size, interpolation=how)
    colour = small[..., :3] / np.maximum(small[..., 3:], 1 / 255)
    return np.rint(np.clip(np.dstack([colour, small[..., 3] * 255]), 0, 255)).astype(np.uint8)


def contact_sheet(pictures: Sequence[tuple[str, np.ndarray]], caption: str, cell: int = 360) -> np.ndarray:
    """Named pictures (h, w, 3 or 4) uint8 as a grid under a caption, on white: (H, W, 3) uint8. cell: their height."""
    from PySide6.QtCore import QRectF, Qt
    from PySide6.QtGui import QColor, QFont, QImage, QPainter

    from fashionmirror_core.media.images import on_white

    gap, line = cell // 20, max(12, cell // 16)
    small = [(name, scaled(on_white(picture), cell / picture.shape[0])) for name, picture in pictures]
    columns = max(1, min(len(small), math.ceil(math.sqrt(len(small) * 1.6))))
    rows = math.ceil(len(small) / columns)
    wide, tall = max(picture.shape[1] for _, picture in small) + gap, cell + line + gap
    page = np.full((rows * tall + gap + 3 * line, columns * wide + gap, 3), 255, np.uint8)
    top = gap + 2 * line
    corners = [(gap + n % columns * wide, top + n // columns * tall) for n in range(len(small))]
    for (x, y), (_, picture) in zip(corners, small, strict=True):
        page[y : y + picture.shape[0], x : x + picture.shape[1]] = picture
    canvas = QImage(page.data, page.shape[1], page.shape[0], page.strides[0], QImage.Format.Format_RGB888)
    painter = QPainter(canvas)
    try:
        font = QFont()
        font.setPixelSize(round(line * 1.1))
        painter.setFont(font)
        painter.setPen(QColor(30, 30, 30))
        middle = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(gap, gap / 2, page.shape[1] - 2 * gap, 2 * line), middle, caption)
        font.setPixelSize(round(line * 0.7))
        painter.setFont(font)
        painter.setPen(QColor(110, 110, 110))
        for (x, y), (name, picture) in zip(corners, small, strict=True):
            painter.drawText(QRectF(x, y + picture.shape[0], wide - gap, line), middle, name)
    finally:
        painter.end()
    return page


# --- the look inside a file ---------------------------------------------------------------------------------------


def described(state: LookState) -> str:
    """The look as text: paths and settings; what was painted is left out, and dragged joints where they are too many."""
    bare = state.model_copy(
        update={
            "garments": tuple(garment.model_copy(update={"cutout": None}) for garment in state.garments),
            "removed_edit": None,
            "clothing_edits": {},
        }
    )
    text = _marked(bare)
    return text if len(text) <= _LONGEST else _marked(bare.model_copy(update={"joint_edits": {}}))


def _marked(state: LookState) -> str:
    return json.dumps({"mark": MARK, "version": VERSION, "look": state.model_dump(mode="json")}, ensure_ascii=True)


def understood(text: str) -> LookState | None:
    """The look that ``described`` told, or None: the text may be anybody's."""
    if MARK not in text or len(text) > _LARGEST_READ:
        return None
    try:
        data = json.loads(text)
        if not isinstance(data, dict) or data.get("mark") != MARK or data.get("version") != VERSION:
            return None
        return LookState.model_validate(data.get("look"))
    except (ValueError, RecursionError, ValidationError):
        return None


def restore_from(path: Path) -> LookState | None:
    """The look that an exported file was made of; None for any other file."""
    try:
        return next((look for text in _texts(Path(path)) if (look := understood(text))), None)
    except (InputError, OSError, ValueError, SyntaxError):
        return None


def _texts(path: Path) -> Iterator[str]:
    suffix = path.suffix.lower()
    if suffix in (".png", ".gif"):
        from PIL import Image

        with Image.open(path, formats=["PNG", "GIF"]) as picture:
            values = [picture.info.get("comment", b"")] if suffix == ".gif" else picture.info.values()
            yield from (v.decode("ascii", "replace") if isinstance(v, bytes) else str(v) for v in values)
    elif suffix in (".mp4", ".webm"):
        from fashionmirror_core.media.probing import read_metadata

        yield from (text for key, text in read_metadata(path).items() if key.lower() == "comment")


def put_text(path: Path, text: str) -> None:
    """Writes an ASCII text into a PNG (as a chunk) or a GIF (as its comment block) that is already there, whole or not
    at all; other files stay as they are.
    """
    insert = {".png": _in_png, ".gif": _in_gif}.get(path.suffix.lower())
    if insert is not None:
        data = insert(path.read_bytes(), text.encode("ascii"))
        write_whole(path, data)


def _in_png(data: bytes, text: bytes) -> bytes:
    """After the header, which is 8 + 25 bytes."""
    body = b"zTXt" + b"Comment\0\0" + zlib.compress(text)
    return data[:33] + struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body)) + data[33:]


def _in_gif(data: bytes, text: bytes) -> bytes:
    """After the header and its palette."""
    flags = data[10]
    start = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    blocks = (text[at : at + 255] for at in range(0, len(text), 255))
    comment = b"!\xfe" + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"
    return b"GIF89a" + data[6:start] + comment + data[start:]
