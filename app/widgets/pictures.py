"""Small pictures for wells and gallery: arrays as QImages, thumbnails decoded off the GUI thread, skeletons drawn."""

from __future__ import annotations

import os
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, QRectF, QSize, Qt, QThreadPool, Signal
from PySide6.QtGui import QColor, QImage, QImageReader, QPainter, QPen, QTransform

from app.engine.loading import preload_engine
from fashionmirror_core.media.suffixes import MOTIONS, PICTURES, VIDEOS

if TYPE_CHECKING:
    import numpy as np

THUMBNAIL = 320
"""Pixels along the longer side of what is kept of a picture; sharp at scale 2 in a tile of 160."""

_KEPT = 200
_LATER = 1 << 20  # motions, which wait for libraries, come after all pictures, of which the newest comes first
LEFT, RIGHT, TRUNK = QColor(208, 104, 24), QColor(38, 132, 196), QColor(128, 128, 128)  # seen on light and on dark


def to_image(pixels: np.ndarray) -> QImage:
    """uint8 (H, W), (H, W, 3) or (H, W, 4) straight alpha -> a QImage that owns its pixels."""
    import numpy as np

    forms = {1: QImage.Format.Format_Grayscale8, 3: QImage.Format.Format_RGB888, 4: QImage.Format.Format_RGBA8888}
    whole = np.ascontiguousarray(pixels)
    height, width = whole.shape[:2]
    form = forms[1 if whole.ndim == 2 else whole.shape[2]]
    return QImage(whole.data, width, height, whole.strides[0], form).copy()


def read_pixels(path: Path) -> np.ndarray | None:
    """(H, W, 3) uint8 of a picture's file, read by Qt alone; None where that can't be."""
    import numpy as np

    image = QImage(str(path)).convertToFormat(QImage.Format.Format_RGB888)
    if image.isNull():
        return None
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def small_image(pixels: np.ndarray, side: int = THUMBNAIL) -> QImage:
    """``pixels`` at most ``side`` long. Rows and columns are dropped first: 12 megapixels take a millisecond, too."""
    step = max(1, max(pixels.shape[:2]) // (2 * side))
    image = to_image(pixels[::step, ::step])
    if max(image.width(), image.height()) <= side:
        return image
    return image.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)


def turned(image: QImage, turns: int) -> QImage:
    """``image`` after quarter turns clockwise."""
    return image.transformed(QTransform().rotate(90 * turns)) if turns % 4 else image


def pose_bounds(joints: np.ndarray) -> QRectF:
    """The box of all joints that are seen in (T, 25, 3), with a margin; never empty."""
    import numpy as np

    seen = joints[joints[..., 2] > 0.1][:, :2]
    if not len(seen):
        return QRectF(0, 0, 1, 1)
    (left, top), (right, bottom) = np.min(seen, 0), np.max(seen, 0)
    margin = 0.06 * max(right - left, bottom - top, 1.0)
    return QRectF(
        float(left - margin), float(top - margin), float(right - left + 2 * margin), float(bottom - top + 2 * margin)
    )


def draw_pose(painter: QPainter, pose: np.ndarray, source: QRectF, target: QRectF, width: float = 2.0) -> None:
    """A BODY_25 pose (25, 3) with ``source``, pixels of the motion, fitted into ``target``; width: of its lines.

    The left side (anatomical) is dashed besides its colour, so that the sides are told apart without it.
    """
    from fashionmirror_core import skeleton

    scale = min(target.width() / source.width(), target.height() / source.height())
    shift = target.center() - source.center() * scale
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for a, b in skeleton.BONES:
        if min(pose[a, 2], pose[b, 2]) <= 0.1:
            continue
        side = "".join(sorted({skeleton.NAMES[a][0], skeleton.NAMES[b][0]} & {"L", "R"}))
        pen = QPen({"L": LEFT, "R": RIGHT}.get(side, TRUNK), width)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap if side == "L" else Qt.PenCapStyle.RoundCap)
        if side == "L":
            pen.setDashPattern([2.5, 0.8])
        painter.setPen(pen)
        ends = [QPointF(float(pose[j, 0]), float(pose[j, 1])) * scale + shift for j in (a, b)]
        painter.drawLine(*ends)


def pose_picture(joints: np.ndarray, side: int = THUMBNAIL) -> QImage:
    """A pose of a motion (T, 25, 3) on transparent ground, ``side`` tall and narrower."""
    image = QImage(side * 5 // 8, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    pose = joints[len(joints) // 3]
    painter = QPainter(image)
    draw_pose(painter, pose, pose_bounds(pose[None]), QRectF(image.rect()), side / 40)
    painter.end()
    return image


class Thumbnails(QObject):
    """Thumbnails of files and of motion templates, made on a thread of its own, newest request first."""

    ready = Signal(str, QImage)
    """(``key_of`` the source, picture); a null picture where the file can't be read."""
    _made = Signal(str, QImage)  # by the other thread; ``ready`` follows when the picture is kept

    _shared: Thumbnails | None = None

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(1)
        self._kept: OrderedDict[str, QImage] = OrderedDict()
        self._asked: set[str] = set()
        self._closed = False
        self._requests = 0
        self._made.connect(self._keep)

    @classmethod
    def shared(cls) -> Thumbnails:
        """The one of the program; wells and gallery show the same files."""
        if cls._shared is None or cls._shared._closed:
            cls._shared = Thumbnails()
        return cls._shared

    def request(self, source: Path | str) -> QImage | None:
        """The thumbnail of a file (Path) or of a motion template (str), if it is there; else ``ready`` tells."""
        key = key_of(source)
        if (image := self._kept.get(key)) is not None:
            return image
        if key not in self._asked and not self._closed:
            self._asked.add(key)
            self._requests += 1
            later = _LATER if _is_motion(source) else 0
            self._pool.start(lambda: self._make(key, source), self._requests - later)
        return None

    def close(self) -> None:
        """Drops what waits and waits for what runs."""
        self._closed = True
        self._pool.clear()
        self._pool.waitForDone(5000)

    def _make(self, key: str, source: Path | str) -> None:  # on the pool's thread
        if self._closed:
            return
        try:
            image = read_thumbnail(source)
        except Exception:  # whatever a decoder makes of a damaged file: the gallery shows its name without a picture
            image = QImage()
        with suppress(RuntimeError):  # the program ended meanwhile
            self._made.emit(key, image)

    def _keep(self, key: str, image: QImage) -> None:
        self._asked.discard(key)
        self._kept[key] = image
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        self.ready.emit(key, image)


def _is_motion(source: Path | str) -> bool:
    return isinstance(source, str) or source.suffix.lower() in MOTIONS or os.path.isdir(source)


def key_of(source: Path | str) -> str:
    """What tells a picture from its earlier self: a file's path, time and size."""
    if isinstance(source, str):
        return f"template:{source}"
    try:
        facts = source.stat()
    except OSError:
        return f"{source}|missing"
    return f"{source}|{facts.st_mtime_ns}|{facts.st_size}"


def read_thumbnail(source: Path | str) -> QImage:
    """A picture, a video's first frame or a motion's pose; InputError or a null picture where it can't be read.

    Motions import libraries; ``preload_engine`` tells why they wait for it.
    """
    if isinstance(source, str) or _is_motion(source):
        preload_engine()
        from fashionmirror_core.motion import templates
        from fashionmirror_core.motion.motion import Motion

        motion = templates.motion(source) if isinstance(source, str) else Motion.open(source)
        return pose_picture(motion.joints)
    suffix = source.suffix.lower()
    if suffix in VIDEOS and suffix not in PICTURES:
        from fashionmirror_core.media.reading import VideoReader

        with VideoReader(source, max_side=THUMBNAIL) as video:
            return small_image(next(iter(video)))
    reader = QImageReader(str(source))
    # By its name: the SVG plug-in, asked whether a file is one, waits for a lock of Qt's with Python's in its hand.
    reader.setAutoDetectImageFormat(False)
    reader.setAutoTransform(True)
    size = reader.size()
    if not reader.canRead() or not size.isValid():  # HEIC, AVIF and the like
        from fashionmirror_core.media.images import read_image

        return small_image(read_image(source))
    if max(size.width(), size.height()) > THUMBNAIL:
        reader.setScaledSize(size.scaled(QSize(THUMBNAIL, THUMBNAIL), Qt.AspectRatioMode.KeepAspectRatio))
    return reader.read()
