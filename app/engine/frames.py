"""The frames of the current clip, compressed: what the timeline marks and the viewer shows.

Frames are kept by the key of what they depend on (``app.engine.plan``). The clip says which key it wants at each
place; a place whose key isn't there yet shows the frame that it showed last, and that is stale.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from fashionmirror_core.look import Frame

BUDGET = 400 * 2**20
"""Bytes of compressed frames; over it those that the clip doesn't want go, the longest unused first."""
DECODED = 24  # pictures that are kept ready to be drawn
THUMBNAIL = 96  # pixels, the longer side
_QUALITY = 95


class FrameState(Enum):
    missing = "missing"
    fresh = "fresh"
    stale = "stale"
    rendering = "rendering"
    failed = "failed"


@dataclass(frozen=True, eq=False)
class StoredFrame:
    """A frame as bytes; every thread may read it.

    colour: JPEG at quality 95 without chroma subsampling. alpha: PNG where the background is transparent, else None.
    clothing: PNG. flow: every fourth pixel as float16, deflated. attention: 8 bits of each row's peak, deflated.
    pose: (25, 3) float32, photo pixels. thumbnail: (h, w, 3) uint8. size: (width, height). change: of the clothing mask,
    painted here or carried from an earlier frame; PNG with 128 as none, None without any.
    """

    colour: bytes
    alpha: bytes | None
    clothing: bytes
    flow: bytes
    attention: bytes
    peaks: np.ndarray
    pose: np.ndarray
    thumbnail: np.ndarray
    size: tuple[int, int]
    change: bytes | None = None

    @classmethod
    def of(cls, frame: Frame) -> StoredFrame:
        import cv2

        image = frame.image
        height, width = image.shape[:2]
        attention = np.asarray(frame.attention, np.float32)
        peaks = np.maximum(attention.max(1, keepdims=True), 1e-12)
        flow = frame.coarse_flow.astype(np.float16)
        return cls(
            colour=_encoded(".jpg", np.ascontiguousarray(image[..., 2::-1])),
            alpha=_encoded(".png", np.ascontiguousarray(image[..., 3])) if image.shape[2] == 4 else None,
            clothing=_encoded(".png", cv2.convertScaleAbs(np.maximum(frame.clothing_mask, 0), alpha=255)),
            flow=zlib.compress(flow.tobytes(), 1),
            attention=zlib.compress(np.rint(attention / peaks * 255).astype(np.uint8).tobytes(), 1),
            peaks=peaks,
            pose=np.array(frame.pose.joints, np.float32),
            thumbnail=thumbnail(image),
            size=(width, height),
            change=None if frame.painted is None else _encoded(".png", _signed(frame.painted)),
        )

    @property
    def weight(self) -> int:
        """Bytes that it takes."""
        parts = (self.colour, self.alpha or b"", self.clothing, self.flow, self.attention, self.change or b"")
        return sum(map(len, parts)) + self.peaks.nbytes + self.pose.nbytes + self.thumbnail.nbytes

    def decoded_image(self) -> np.ndarray:
        """(H, W, 3) uint8, or (H, W, 4) with straight alpha."""
        import cv2

        bgr = cv2.imdecode(np.frombuffer(self.colour, np.uint8), cv2.IMREAD_COLOR)
        if self.alpha is None:
            return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        rgba = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGBA)
        rgba[..., 3] = cv2.imdecode(np.frombuffer(self.alpha, np.uint8), cv2.IMREAD_GRAYSCALE)
        return rgba

    def decoded_clothing(self) -> np.ndarray:
        """(H, W) float32 in [0, 1]."""
        import cv2

        mask = cv2.imdecode(np.frombuffer(self.clothing, np.uint8), cv2.IMREAD_GRAYSCALE)
        return mask.astype(np.float32) / 255

    def decoded_change(self) -> np.ndarray | None:
        """(H, W) float32 in [-1, 1]."""
        if self.change is None:
            return None
        import cv2

        pixels = cv2.imdecode(np.frombuffer(self.change, np.uint8), cv2.IMREAD_GRAYSCALE)
        return np.clip((pixels.astype(np.float32) - 128) / 127, -1, 1)

    def decoded_flow(self) -> np.ndarray:
        """(2, H, W) float32, photo pixels, target -> source."""
        import cv2

        from fashionmirror_core.look import FLOW_STEP

        width, height = self.size
        shape = (2, -(-height // FLOW_STEP), -(-width // FLOW_STEP))
        coarse = np.frombuffer(zlib.decompress(self.flow), np.float16).reshape(shape).astype(np.float32)
        return np.stack([cv2.resize(axis, self.size, interpolation=cv2.INTER_LINEAR) for axis in coarse])

    def decoded_attention(self) -> np.ndarray:
        """(hw, hw) float32, rows sum to one."""
        rows = len(self.peaks)
        rough = np.frombuffer(zlib.decompress(self.attention), np.uint8).reshape(rows, -1) * self.peaks
        return rough / np.maximum(rough.sum(1, keepdims=True), 1e-12)


def thumbnail(image: np.ndarray) -> np.ndarray:
    """A small (h, w, 3) uint8 of a picture (H, W, 3 or 4) uint8; what is transparent shows white."""
    import cv2

    height, width = image.shape[:2]
    scale = THUMBNAIL / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    if small.shape[2] == 4:
        alpha = small[..., 3:].astype(np.float32) / 255
        small = np.rint(small[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
    return np.ascontiguousarray(small)


def _signed(change: np.ndarray) -> np.ndarray:
    """(H, W) float32 in [-1, 1] -> uint8, 128 is none."""
    return np.clip(np.rint(128 + 127 * change), 0, 255).astype(np.uint8)


def _encoded(suffix: str, pixels: np.ndarray) -> bytes:
    """JPEG of BGR, or a quick PNG."""
    import cv2

    options = [cv2.IMWRITE_PNG_COMPRESSION, 1]
    if suffix == ".jpg":
        whole = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
        options = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, whole]
    done, data = cv2.imencode(suffix, pixels, options)
    if not done:
        raise ValueError(f"pixels of {pixels.shape}, {pixels.dtype} can't be kept")
    return data.tobytes()


class FrameStore(QObject):
    """Lives on the GUI thread. ``image(i)`` and its like give what place i shows now, fresh or stale, or None."""

    changed = Signal(object)
    """list[int], ascending: the places whose picture or state is another one now."""
    reset = Signal()
    """Another clip: count and everything else."""

    def __init__(self, parent: QObject | None = None, budget: int = BUDGET) -> None:
        super().__init__(parent)
        self._budget = budget
        self._frames: OrderedDict[str, StoredFrame] = OrderedDict()  # the longest unused first
        self._weight = 0
        self._wanted: list[str | None] = []
        self._shown: list[str | None] = []
        self._places: dict[str, list[int]] = {}
        self._fresh = 0  # places whose wanted frame is there
        self._edited: frozenset[int] = frozenset()
        self._failed: set[str] = set()
        self._rendering: str | None = None
        self._subject = ""
        self._decoded: OrderedDict[tuple[str, str], np.ndarray] = OrderedDict()

    # What it shows

    @property
    def count(self) -> int:
        return len(self._wanted)

    def state(self, index: int) -> FrameState:
        wanted = self._wanted[index]
        if wanted is not None:
            if wanted in self._frames:
                return FrameState.fresh
            if wanted == self._rendering:
                return FrameState.rendering
            if wanted in self._failed:
                return FrameState.failed
        return FrameState.missing if self.shown(index) is None else FrameState.stale

    @property
    def unrendered(self) -> int:
        """How many places aren't fresh."""
        return self.count - self._fresh

    def unrendered_in(self, first: int, last: int) -> int:
        """How many places from ``first`` to ``last``, both included, aren't fresh."""
        if first <= 0 and last >= self.count - 1:
            return self.unrendered
        return sum(key is None or key not in self._frames for key in self._wanted[first : last + 1])

    def shown(self, index: int) -> str | None:
        """The key of the frame that a place shows, fresh or stale; None where there is none."""
        key = self._shown[index]
        return key if key in self._frames else None

    def edited(self, index: int) -> bool:
        """Whether the user painted or dragged something at this very frame."""
        return index in self._edited

    def image(self, index: int) -> np.ndarray | None:
        """(H, W, 3) uint8, or (H, W, 4) with straight alpha. Not to be written to."""
        return self._read(index, "image", StoredFrame.decoded_image)

    def clothing_mask(self, index: int) -> np.ndarray | None:
        """(H, W) float32 in [0, 1]."""
        return self._read(index, "clothing", StoredFrame.decoded_clothing)

    def change(self, index: int) -> np.ndarray | None:
        """(H, W) float32 in [-1, 1]: what was painted on the clothing mask here, or is carried here; None for nothing."""
        frame = self._frame(index)
        return None if frame is None else frame.decoded_change()

    def flow(self, index: int) -> np.ndarray | None:
        """(2, H, W) float32, photo pixels, target -> source."""
        return self._read(index, "flow", StoredFrame.decoded_flow)

    def attention(self, index: int) -> np.ndarray | None:
        """(hw, hw) float32, rows sum to one."""
        return self._read(index, "attention", StoredFrame.decoded_attention)

    def pose(self, index: int) -> np.ndarray | None:
        """(25, 3) float32: x, y in photo pixels and confidence."""
        frame = self._frame(index)
        return None if frame is None else frame.pose

    def thumbnail(self, index: int) -> np.ndarray | None:
        """(h, w, 3) uint8, at most THUMBNAIL pixels long."""
        frame = self._frame(index)
        return None if frame is None else frame.thumbnail

    @property
    def weight(self) -> int:
        """Bytes of all compressed frames."""
        return self._weight

    # What the engine tells it

    def want(self, keys: Sequence[str | None], subject: str = "", edited: Collection[int] = ()) -> None:
        """The clip as it should be: a key for each place, None where it isn't known yet.

        subject: whose clip it is; frames of another one are not shown as stale ones. edited: places edited by hand.
        """
        before = None if len(keys) != self.count or subject != self._subject else self._look()
        shown = self._shown if subject == self._subject else []
        self._subject = subject
        self._wanted = list(keys)
        self._edited = frozenset(edited)
        self._shown = [*shown[: len(keys)], *[None] * (len(keys) - len(shown))]
        self._places = {}
        self._fresh = 0
        for index, key in enumerate(keys):
            if key is not None:
                self._places.setdefault(key, []).append(index)
                if key in self._frames:
                    self._shown[index] = key
                    self._fresh += 1
        self._shrink()
        if before is None:
            self.reset.emit()
            return
        now = self._look()
        self._announce(index for index in range(self.count) if before[index] != now[index])

    def put(self, key: str, frame: StoredFrame) -> list[int]:
        """Keeps a frame that has been made; tells at which places it is shown."""
        self._failed.discard(key)
        places = self._places.get(key, [])
        if key in self._frames:
            self._weight -= self._frames.pop(key).weight
        else:
            self._fresh += len(places)
        self._frames[key] = frame
        self._weight += frame.weight
        for index in places:
            self._shown[index] = key
        self._shrink()
        self._announce(places)
        return places

    def mark_rendering(self, key: str | None) -> None:
        """The frame that is being made now; None when nothing is."""
        before, self._rendering = self._rendering, key
        self._announce(index for one in {before, key} if one is not None for index in self._places.get(one, []))

    def mark_failed(self, key: str) -> None:
        self._failed.add(key)
        self._announce(self._places.get(key, []))

    @property
    def keys(self) -> frozenset[str]:
        """The frames that are there."""
        return frozenset(self._frames)

    @property
    def kept(self) -> Mapping[str, StoredFrame]:
        """A copy of what is there, for another thread to read."""
        return dict(self._frames)

    # Inside

    def _announce(self, places: Iterable[int]) -> None:
        if changed := sorted(places):
            self.changed.emit(changed)

    def _look(self) -> list[tuple[FrameState, str | None, bool]]:
        return [(self.state(index), self._shown[index], index in self._edited) for index in range(self.count)]

    def _frame(self, index: int) -> StoredFrame | None:
        key = self._shown[index] if 0 <= index < self.count else None
        if key is None or key not in self._frames:
            return None
        self._frames.move_to_end(key)
        return self._frames[key]

    def _read(self, index: int, what: str, decode: Callable[[StoredFrame], np.ndarray]) -> np.ndarray | None:
        frame = self._frame(index)
        if frame is None:
            return None
        place = (self._shown[index] or "", what)
        if place not in self._decoded:
            self._decoded[place] = decode(frame)
            while len(self._decoded) > DECODED:
                self._decoded.popitem(last=False)
        self._decoded.move_to_end(place)
        return self._decoded[place]

    def _shrink(self) -> None:
        """Drops what no place wants or shows until the budget holds; the clip itself always stays whole."""
        if self._weight <= self._budget:
            return
        needed = {*self._wanted, *self._shown}
        for key in [key for key in self._frames if key not in needed]:
            self._weight -= self._frames.pop(key).weight
            if self._weight <= self._budget:
                return
