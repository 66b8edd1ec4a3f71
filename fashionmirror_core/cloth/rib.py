"""What runs round a neck: where the front has a rib, a collar or a hood, it goes on at the back."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d

from fashionmirror_core.cloth.collar import Neckline
from fashionmirror_core.imaging.fill import push_pull

_SEEN = np.arange(
    0.01, 0.30, 0.005
)  # of the neck's width: distances from the neckline at which a rib's end is looked for
_NARROW, _BROAD = 0.035, 0.18  # of the neck's width: ribs that there are
_CLEAR = 6.0  # Lab units by which a rib differs from the cloth beside it
_ALIKE = 12.0  # Lab units within which a rib has one colour all along
_DEPTH, _DEEPEST = 0.42, 0.18  # of the front's depth, of the neck's width: how low a back's neckline is
_BEND = 2.2  # of a back's neckline, as patterns have it
_COLLAR_DEPTH = 0.1  # of the neck's width: how far below the neck points a collar's lower edge lies at the back
_LEAF = (
    0.08,
    0.4,
)  # of half the front's edge, from its upper end on: the part of it from which a collar's cloth is taken
_LEAF_WAY = np.array([0.35, 0.94])  # outwards and down, from a collar's fold to its edge
_SHADE, _SHADE_REACH = 0.3, 0.05  # how much darker cloth is right under an edge, and its reach, of the neck's width
HOOD = (0.72, 0.25, 0.95)
"""Of the neck's width: half the width of a hood that hangs down, and how far below the neck points its widest row and, from
there, its lower edge lie.
"""
_ENDS = 4  # samples at the ends of a neckline where shoulders begin


def with_rib(back: np.ndarray, front: np.ndarray, neckline: np.ndarray, width: float) -> np.ndarray:
    """``back`` (H, W, 3) float32 with the rib, ``width`` pixels broad, that the front has along its neckline (N, 2)."""
    span = float(np.hypot(*(neckline[-1] - neckline[0])))
    normal = _normals(neckline)
    behind = _back_neckline(neckline, span)
    low = np.floor(behind.min(0) - 2 * width).astype(int)
    high = np.ceil(behind.max(0) + 2 * width).astype(int) + 1
    x0, y0 = np.maximum(low, 0)
    x1, y1 = np.minimum(high, back.shape[1::-1])
    if x1 <= x0 or y1 <= y0:
        return back
    x, y = np.meshgrid(np.arange(x0, x1, dtype=np.float32), np.arange(y0, y1, dtype=np.float32))
    inward = _normals(behind)
    place = ((x[..., None] - behind[:, 0]) ** 2 + (y[..., None] - behind[:, 1]) ** 2).argmin(2)
    away = (x - behind[place, 0]) * inward[place, 0] + (y - behind[place, 1]) * inward[place, 1]
    depth = np.clip(away, 0.12 * width, width)
    source = (neckline[place] + normal[place] * depth[..., None]).astype(np.float32)
    rib = cv2.remap(front, source, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    soft = max(1.0, 0.1 * width)
    share = np.clip((width + soft / 2 - away) / soft, 0, 1) * np.clip((away + 2 * width) / soft, 0, 1)
    share *= (place > _ENDS) & (place < len(behind) - 1 - _ENDS)
    result = back.copy()
    result[y0:y1, x0:x1] += (rib - result[y0:y1, x0:x1]) * share[..., None]
    return result


def rib_width(front: np.ndarray, neckline: np.ndarray) -> float:
    """How broad the front's rib is, pixels; 0 where no edge runs along the neckline."""
    span = float(np.hypot(*(neckline[-1] - neckline[0])))
    normal = _normals(neckline)
    inner = slice(_ENDS, -_ENDS)
    points = (neckline[inner] + normal[inner] * (_SEEN * span)[:, None, None]).astype(np.float32)
    colours = cv2.remap(front, points, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    around = cv2.cvtColor(colours / 255, cv2.COLOR_RGB2LAB)
    lab = np.median(around, 1)
    smooth = gaussian_filter1d(lab, 1.2, axis=0)
    steps = 3
    change = np.linalg.norm(smooth[2 * steps :] - smooth[: -2 * steps], axis=1)
    at = _SEEN[steps:-steps]
    change[(at < _NARROW) | (at > _BROAD)] = 0
    best = int(change.argmax())
    rib, cloth = lab[1 : max(best + 1, 2)].mean(0), lab[best + 2 * steps :].mean(0)
    varied = np.linalg.norm(around[1 : max(best + 1, 2)] - rib, axis=2)
    if np.median(varied) > _ALIKE or change[best] < _CLEAR or np.linalg.norm(rib - cloth) < _CLEAR:
        return 0.0
    return float(at[best] * span)


def with_collar(
    back: np.ndarray, front: np.ndarray, cloth: np.ndarray, edge: Neckline
) -> tuple[np.ndarray, np.ndarray]:
    """``back`` (H, W, 3) float32 with the collar that stands open at the front, in its own cloth, from the neck points up;
    and (H, W) bool, where it is now. cloth: (H, W) bool, where the front shows some.
    """
    place, up, span = _round_neck(back.shape, edge)
    share = np.clip(up / edge.rise, 0, 1)
    leaf = _leaf(front, cloth, edge, 1 - np.abs(place), 1 - share)
    region = (np.abs(place) <= 1) & (up >= 0) & (up < 1.6 * edge.rise)
    share = cv2.GaussianBlur(region.astype(np.float32), (0, 0), max(0.01 * span, 0.5)) * region
    result = back + share[..., None] * (leaf - back)
    return _shaded(result, np.where(np.abs(place) < 1.1, -up / span, -1.0)), region


def _leaf(front: np.ndarray, cloth: np.ndarray, edge: Neckline, inward: np.ndarray, deep: np.ndarray) -> np.ndarray:
    """(H, W, 3) float32: the cloth of the better leaf of the collar, continued beyond it.

    inward, deep: (H, W) shares, from the neck points to the middle, and from the fold to the leaf's edge. The better leaf
    is the one that looks more like the rest of the garment: the other may be turned up. Where both have one colour it is
    the collar's, be it another one than the cloth's.
    """
    middle = len(edge.curve) // 2
    usual = np.median(front[cloth], axis=0)
    low = np.maximum(np.floor(edge.curve.min(0) - 2 * edge.rise).astype(int), 0)
    high = np.ceil(edge.curve.max(0) + 2 * edge.rise).astype(int) + 1
    window = (slice(low[1], high[1]), slice(low[0], high[0]))
    known = front.copy()
    known[window] = push_pull(front[window], cloth[window].astype(np.float32))
    near = (inward > 0) & (inward < 1) & (deep > 0) & (deep < 1)
    leaves, seen = [], []
    for sign, line in ((-1, edge.curve[: middle + 1]), (1, edge.curve[::-1][: middle + 1])):
        steps = (_LEAF[0] + np.clip(inward, 0, 1) * (_LEAF[1] - _LEAF[0])) * middle
        fold = np.stack([np.interp(steps, np.arange(middle + 1), line[:, axis]) for axis in (0, 1)], -1)
        source = (fold + np.clip(deep, 0.12, 1)[..., None] * edge.rise * _LEAF_WAY * [sign, 1]).astype(np.float32)
        found = cv2.remap(known, source, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        leaves.append((float(np.linalg.norm(np.median(found[near], axis=0) - usual)), found))
        seen.append(cv2.remap(front, source, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
    colours = np.array([np.median(leaf[near], axis=0) for leaf in seen], np.float32)[None] / 255
    if np.linalg.norm(np.diff(cv2.cvtColor(colours, cv2.COLOR_RGB2LAB), axis=1)) < _ALIKE:
        return seen[0]
    return min(leaves, key=lambda leaf: leaf[0])[1]


def with_hood(back: np.ndarray, edge: Neckline) -> np.ndarray:
    """``back`` (H, W, 3) float32 with the shade of a hood that hangs down on it; see ``HOOD``."""
    place, up, span = _round_neck(back.shape, edge)
    width, low, deep = (share * span for share in HOOD)
    x, y = place * span / 2, -up - low
    away = np.hypot(x / width, np.maximum(y, 0) / deep)
    return _shaded(back, np.where(y > -low, (away - 1) * min(width, deep) / span, -1.0))


def _round_neck(shape: tuple[int, ...], edge: Neckline) -> tuple[np.ndarray, np.ndarray, float]:
    """For each pixel of a picture: its place across the neck, -1 and 1 at the neck points, and pixels above a collar's lower
    edge at the back; both (H, W). And the neck's width in pixels.
    """
    right, left = edge.curve[0] + [0, edge.rise], edge.curve[-1] + [0, edge.rise]
    span = float(left[0] - right[0])
    x, y = np.meshgrid(np.arange(shape[1], dtype=np.float64), np.arange(shape[0], dtype=np.float64))
    place = 2 * (x - right[0]) / span - 1
    base = right[1] + (left[1] - right[1]) * (place + 1) / 2
    bow = _COLLAR_DEPTH * span * np.maximum(1 - np.abs(place) ** _BEND, 0)
    return place, base + bow - y, span


def _shaded(picture: np.ndarray, beyond: np.ndarray) -> np.ndarray:
    """A picture with the soft shade of an edge. beyond: (H, W), neck's widths from the edge, negative where nothing is."""
    dark = np.where(beyond >= 0, np.exp(-np.maximum(beyond, 0) / _SHADE_REACH), 0.0)
    return np.asarray(picture * (1 - _SHADE * cv2.GaussianBlur(dark, (0, 0), 1.0))[..., None], np.float32)


def _back_neckline(neckline: np.ndarray, span: float) -> np.ndarray:
    """(N, 2): round, from the right to the left neck point."""
    right, left = neckline[0], neckline[-1]
    t = np.linspace(-1, 1, len(neckline))
    depth = min(_DEPTH * float((neckline[:, 1] - (right[1] + left[1]) / 2).max()), _DEEPEST * span)
    line = right + (left - right) * ((t + 1) / 2)[:, None]
    line[:, 1] += max(depth, 0.0) * (1 - np.abs(t) ** _BEND)
    return line


def _normals(curve: np.ndarray) -> np.ndarray:
    """(N, 2): unit vectors across a curve that runs to the right, downwards, into the cloth."""
    along = np.gradient(curve, axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], 1)
    return across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-9)
