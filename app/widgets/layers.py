"""What lies over the picture: masks, attention, flow and skeleton, each turned into something that can be painted.

The functions here take the engine's arrays and know no widget. A picture or an overlay becomes a QImage once
(``layer_image``) and is kept by the viewer; skeleton and arrows are lines, drawn at the screen's own sharpness. Colour is
never the only signal: the removed mask is hatched, the clothing mask dotted and outlined, the person's left side dashed.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

LAYERS = ("source", "result", "removed", "clothing", "attention", "flow", "skeleton")
"""From the bottom to the top."""
MASKS = ("removed", "clothing")

REMOVED_COLOR = QColor(224, 62, 62)
CLOTHING_COLOR = QColor(46, 124, 246)
LEFT_COLOR, RIGHT_COLOR, MIDDLE_COLOR = QColor(86, 180, 255), QColor(255, 150, 50), QColor(255, 255, 255)
HALO = QColor(0, 0, 0, 150)
CONFIDENT = 0.3  # from this confidence on a joint counts as seen

_FLOW_SIDE = 256  # pixels of the longer side that colours of a flow are computed at: it is smooth
_PLAIN, _PATTERN, _OUTLINE = 0, 256, 512  # parts of a mask's colour table

_NAMES = (
    QT_TRANSLATE_NOOP("Joint", "Nose"),
    QT_TRANSLATE_NOOP("Joint", "Neck"),
    QT_TRANSLATE_NOOP("Joint", "Right shoulder"),
    QT_TRANSLATE_NOOP("Joint", "Right elbow"),
    QT_TRANSLATE_NOOP("Joint", "Right wrist"),
    QT_TRANSLATE_NOOP("Joint", "Left shoulder"),
    QT_TRANSLATE_NOOP("Joint", "Left elbow"),
    QT_TRANSLATE_NOOP("Joint", "Left wrist"),
    QT_TRANSLATE_NOOP("Joint", "Middle of the hips"),
    QT_TRANSLATE_NOOP("Joint", "Right hip"),
    QT_TRANSLATE_NOOP("Joint", "Right knee"),
    QT_TRANSLATE_NOOP("Joint", "Right ankle"),
    QT_TRANSLATE_NOOP("Joint", "Left hip"),
    QT_TRANSLATE_NOOP("Joint", "Left knee"),
    QT_TRANSLATE_NOOP("Joint", "Left ankle"),
    QT_TRANSLATE_NOOP("Joint", "Right eye"),
    QT_TRANSLATE_NOOP("Joint", "Left eye"),
    QT_TRANSLATE_NOOP("Joint", "Right ear"),
    QT_TRANSLATE_NOOP("Joint", "Left ear"),
    QT_TRANSLATE_NOOP("Joint", "Left big toe"),
    QT_TRANSLATE_NOOP("Joint", "Left small toe"),
    QT_TRANSLATE_NOOP("Joint", "Left heel"),
    QT_TRANSLATE_NOOP("Joint", "Right big toe"),
    QT_TRANSLATE_NOOP("Joint", "Right small toe"),
    QT_TRANSLATE_NOOP("Joint", "Right heel"),
)
JOINT_NAMES = tuple(str(name) for name in _NAMES)
"""The joints of BODY_25, in its order."""


def round_pen(color: QColor, width: float) -> QPen:
    """A pen with round ends."""
    return QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)


def joint_name(joint: int) -> str:
    """The joint's name in the user's language."""
    return QCoreApplication.translate("Joint", JOINT_NAMES[joint])


def joint_side(joint: int) -> str:
    """ "left", "right" or "middle": the person's own sides."""
    first = JOINT_NAMES[joint].split()[0].lower()
    return first if first in ("left", "right") else "middle"


# ---------------------------------------------------------------------------------------------------- pictures


def layer_image(name: str, pixels: np.ndarray, halvings: int = 0) -> QImage:
    """A layer as a picture of its own memory; ``halvings`` times half as large, for a view that is zoomed out.

    pixels: source, result (H, W, 3|4) or (H, W) uint8; masks and attention (H, W) uint8 or float in [0, 1]; flow
    (2, H, W), pixels. ValueError for anything else.
    """
    check_layer(name, pixels)
    if name == "flow":
        return _argb(flow_colors(pixels))
    pixels = _halved(pixels, halvings)
    if name in MASKS:
        return _argb(tinted(name, pixels))
    if name == "attention":
        return _argb(heat_table()[eight_bit(pixels)])
    return picture_image(pixels)


def check_layer(name: str, pixels: np.ndarray) -> None:
    """ValueError where ``pixels`` can't be the layer ``name``; see ``layer_image``, and (25, 2|3) for the skeleton."""
    shape = np.shape(pixels)
    if name in ("source", "result"):
        good = pixels.dtype == np.uint8 and (len(shape) == 2 or (len(shape) == 3 and shape[2] in (3, 4)))
    elif name in (*MASKS, "attention"):
        good = len(shape) == 2
    elif name == "flow":
        good = len(shape) == 3 and shape[0] == 2
    elif name == "skeleton":
        good = len(shape) == 2 and shape[0] == len(JOINT_NAMES) and shape[1] in (2, 3)
    else:
        raise ValueError(f"there is no layer {name!r}; there are {', '.join(LAYERS)}")
    if not good or 0 in shape:
        raise ValueError(f"pixels of {shape}, {pixels.dtype} can't be the layer {name!r}")


def picture_image(pixels: np.ndarray) -> QImage:
    """(H, W), (H, W, 3) or (H, W, 4) uint8 with straight alpha -> a QImage that owns its memory."""
    pixels = np.ascontiguousarray(pixels)
    formats = {3: QImage.Format.Format_RGB888, 4: QImage.Format.Format_RGBA8888}
    kind = QImage.Format.Format_Grayscale8 if pixels.ndim == 2 else formats[pixels.shape[2]]
    image = QImage(pixels.data, pixels.shape[1], pixels.shape[0], pixels.strides[0], kind)
    painted = QImage.Format.Format_ARGB32_Premultiplied if image.hasAlphaChannel() else QImage.Format.Format_RGB32
    return image.convertToFormat(painted)


def eight_bit(mask: np.ndarray) -> np.ndarray:
    """A mask in [0, 1] as uint8; uint8 is left as it is."""
    if mask.dtype == np.uint8:
        return mask
    return (np.clip(mask, 0, 1) * 255 + 0.5).astype(np.uint8)


def _argb(colors: np.ndarray) -> QImage:
    """(H, W) uint32, premultiplied ARGB -> a QImage that owns its memory."""
    return wrapped(np.ascontiguousarray(colors)).copy()


def wrapped(colors: np.ndarray) -> QImage:
    """A QImage over the memory of ``colors`` (H, W) uint32 itself: what is written there is seen. Keep ``colors``."""
    kind = QImage.Format.Format_ARGB32_Premultiplied
    return QImage(colors.data, colors.shape[1], colors.shape[0], colors.strides[0], kind)


def _halved(pixels: np.ndarray, times: int) -> np.ndarray:
    """Area-averaged to 1 / 2**times, so that fine cloth doesn't shimmer when a large photo is seen small."""
    if times <= 0:
        return pixels
    import cv2

    height, width = pixels.shape[:2]
    size = (max(1, width >> times), max(1, height >> times))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


# ------------------------------------------------------------------------------------------------------- masks


def tinted(name: str, mask: np.ndarray, rows: slice = slice(None), columns: slice = slice(None)) -> np.ndarray:
    """A part of a mask as premultiplied ARGB (h, w) uint32: removed is red and hatched, clothing blue, dotted, outlined."""
    height, width = mask.shape
    top, bottom, _ = rows.indices(height)
    left, right, _ = columns.indices(width)
    values = eight_bit(mask[top:bottom, left:right])
    index = _pattern(name, height, width)[top:bottom, left:right] + values
    if name == "clothing":
        index[_outline(mask, top, bottom, left, right)] = _OUTLINE
    return _mask_table(name)[index]


def outline_width(height: int) -> int:
    """Pixels of the line round the clothing mask."""
    return max(1, round(height / 400))


def _outline(mask: np.ndarray, top: int, bottom: int, left: int, right: int) -> np.ndarray:
    """Where the inner edge of the mask runs within a rectangle: (bottom - top, right - left) bool."""
    import cv2

    reach = outline_width(mask.shape[0])
    y, x = max(top - reach, 0), max(left - reach, 0)
    around = eight_bit(mask[y : bottom + reach, x : right + reach])
    inside = (around > 127).astype(np.uint8)
    inner = cv2.erode(inside, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    edge = inside != inner
    return edge[top - y : bottom - y, left - x : right - x]


@lru_cache(maxsize=6)
def _pattern(name: str, height: int, width: int) -> np.ndarray:
    """(H, W) uint16: which part of the colour table each pixel takes: diagonal lines, or dots in a quincunx."""
    period = max(6, round(height / 64))
    y, x = np.ogrid[0:height, 0:width]
    if name == "removed":
        lines = (x + y) % period
        on = lines < max(2, period // 4)
    else:
        shifted = x + (y // period % 2) * (period // 2)
        on = (shifted % period - period / 2) ** 2 + (y % period - period / 2) ** 2 < (0.22 * period) ** 2
    return np.where(on, _PATTERN, _PLAIN).astype(np.uint16)


@lru_cache(maxsize=2)
def _mask_table(name: str) -> np.ndarray:
    """(513,) uint32: colours of values 0..255 in the plain part, in the pattern, and of the outline."""
    color = REMOVED_COLOR if name == "removed" else CLOTHING_COLOR
    rgb = np.array([color.red(), color.green(), color.blue()], np.float64)
    value = np.linspace(0, 1, 256)
    plain = _premultiplied(np.tile(rgb, (256, 1)), 0.45 * value)
    light = rgb + (255 - rgb) * (0.0 if name == "removed" else 0.7)
    pattern = _premultiplied(np.tile(light, (256, 1)), 0.95 * value)
    outline = _premultiplied(rgb[None], np.ones(1))
    return np.concatenate([plain, pattern, outline])


def _premultiplied(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """(N, 3) in 0..255 and (N,) in [0, 1] -> (N,) uint32 ARGB."""
    channels = np.concatenate([alpha[:, None] * 255, rgb * alpha[:, None]], 1)
    a, r, g, b = np.clip(channels + 0.5, 0, 255).astype(np.uint32).T
    return a << 24 | r << 16 | g << 8 | b


# -------------------------------------------------------------------------------------------- attention and flow


def oklch(lightness: np.ndarray, chroma: np.ndarray, hue: np.ndarray) -> np.ndarray:
    """Oklab's lightness in [0, 1], chroma and hue (radians), each (N,) -> sRGB (N, 3) in 0..255, clipped to its gamut."""
    a, b = chroma * np.cos(hue), chroma * np.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = np.stack(
        [
            4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
        ],
        -1,
    ).clip(0, 1)
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


@lru_cache(maxsize=1)
def heat_colors() -> np.ndarray:
    """(256, 3) in 0..255: from a dark violet over red to a light yellow, evenly lighter all the way."""
    t = np.linspace(0, 1, 256)
    hue = np.radians(300 + 170 * t)  # violet, magenta, red, orange, yellow
    return oklch(0.30 + 0.64 * t, 0.06 + 0.13 * np.sin(np.pi * (0.15 + 0.75 * t)), hue)


@lru_cache(maxsize=1)
def heat_table() -> np.ndarray:
    """(256,) uint32 premultiplied ARGB: nothing where there is no heat, so that the picture stays what is seen."""
    return _premultiplied(heat_colors(), 0.9 * np.linspace(0, 1, 256) ** 0.6)


@lru_cache(maxsize=1)
def _wheel() -> np.ndarray:
    """(256, 3) in 0..255: directions as hues of one lightness."""
    turn = np.linspace(0, 2 * np.pi, 256, endpoint=False)
    return oklch(np.full(256, 0.75), np.full(256, 0.125), turn)


def flow_colors(flow: np.ndarray) -> np.ndarray:
    """(2, H, W), pixels -> (h, w) uint32 premultiplied ARGB, smaller: hue is the direction, strength the length."""
    step = max(1, max(flow.shape[1:]) // _FLOW_SIDE)
    x, y = np.asarray(flow[:, ::step, ::step], np.float32)
    length = np.hypot(x, y)
    longest = max(float(np.percentile(length, 99)), 1e-6)
    strength = np.clip(length / longest, 0, 1) * (length > 0.1)
    direction = (np.arctan2(y, x) * (128 / np.pi)).astype(np.int32) & 255
    return _premultiplied(_wheel()[direction].reshape(-1, 3), 0.85 * strength.ravel()).reshape(length.shape)


def arrows(flow: np.ndarray, spacing: float) -> np.ndarray:
    """Arrows of movement on a grid of ``spacing`` photo pixels: (N, 2, 2), tail and head (x, y), photo pixels.

    A flow tells where a pixel was found, target -> source; the arrow points the way that the cloth went, at most as long
    as the grid is wide.
    """
    height, width = flow.shape[1:]
    y, x = np.mgrid[spacing / 2 : height : spacing, spacing / 2 : width : spacing].reshape(2, -1)
    moved = -flow[:, y.astype(int), x.astype(int)].T
    length = np.hypot(*moved.T)
    seen = length > 0.5
    center = np.stack([x, y], -1)[seen]
    half = moved[seen] * np.minimum(1, 0.85 * spacing / length[seen])[:, None] / 2
    return np.stack([center - half, center + half], 1)


def draw_arrows(painter: QPainter, lines: Sequence[tuple[QPointF, QPointF]]) -> None:
    """Arrows from tail to head, in the painter's coordinates."""
    for width, color in ((3.0, HALO), (1.25, MIDDLE_COLOR)):
        painter.setPen(round_pen(color, width))
        for tail, head in lines:
            along = head - tail
            across = QPointF(-along.y(), along.x())
            painter.drawLine(tail, head)
            painter.drawLine(head, head - along * 0.3 + across * 0.2)
            painter.drawLine(head, head - along * 0.3 - across * 0.2)


# ---------------------------------------------------------------------------------------------------- skeleton


def draw_skeleton(painter: QPainter, points: Sequence[QPointF], confidence: np.ndarray) -> None:
    """BODY_25 in the painter's coordinates: the person's right solid and orange, left dashed and blue.

    Bones with an end that isn't seen are dotted and faint; their joints are hollow.
    """
    from fashionmirror_core.skeleton import BONES

    seen = np.asarray(confidence) >= CONFIDENT
    for parent, child in BONES:
        halo = round_pen(HALO, 5.0)
        pen = round_pen(side_color(child), 2.5)
        if joint_side(child) == "left":
            pen.setStyle(Qt.PenStyle.CustomDashLine)
            pen.setDashPattern([3.0, 2.2])
        if not (seen[parent] and seen[child]):
            pen = QPen(side_color(child), 1.5, Qt.PenStyle.DotLine)
            halo = QPen(HALO, 2.5, Qt.PenStyle.DotLine)
        for stroke in (halo, pen):
            painter.setPen(stroke)
            painter.drawLine(points[parent], points[child])
    for joint, point in enumerate(points):
        color = side_color(joint)
        painter.setPen(QPen(HALO if seen[joint] else color, 1.25))
        painter.setBrush(color if seen[joint] else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(point, 3.5, 3.5)


def side_color(joint: int) -> QColor:
    """The colour of a joint's side of the body."""
    return {"left": LEFT_COLOR, "right": RIGHT_COLOR, "middle": MIDDLE_COLOR}[joint_side(joint)]


def draw_spot(painter: QPainter, at: QPointF, radius: float = 5) -> None:
    """A ring that is seen on light and on dark. radius: logical pixels."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for width, color in ((3.5, QColor(0, 0, 0, 160)), (1.5, QColor(255, 255, 255))):
        painter.setPen(QPen(color, width))
        painter.drawEllipse(at, radius, radius)
