"""The rib of a round neck: where the front has one, it runs on around the back."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d

_SEEN = np.arange(
    0.01, 0.30, 0.005
)  # of the neck's width: distances from the neckline at which a rib's end is looked for
_NARROW, _BROAD = 0.035, 0.18  # of the neck's width: ribs that there are
_CLEAR = 6.0  # Lab units by which a rib differs from the cloth beside it
_ALIKE = 12.0  # Lab units within which a rib has one colour all along
_DEPTH, _DEEPEST = 0.42, 0.18  # of the front's depth, of the neck's width: how low a back's neckline is
_BEND = 2.2  # of a back's neckline, as patterns have it
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
