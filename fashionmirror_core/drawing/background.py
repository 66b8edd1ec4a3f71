"""The scene without the person, which appears where a person moves away from their place in the photo.

Plain backgrounds are continued smoothly, along the rows more than along the columns, so that the seam of wall and
floor stays a line. Textured ones are completed with the photo's own pixels by a few dominant shifts (the idea of He
and Sun, Statistics of Patch Offsets for Image Completion, ECCV 2012), chosen at a small size by filtered patch costs
and applied at full resolution.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from fashionmirror_core.errors import InputError
from fashionmirror_core.imaging.alpha import opaque, straight
from fashionmirror_core.imaging.boxes import bounding_box, window
from fashionmirror_core.imaging.channels import averaged, spread, summed
from fashionmirror_core.imaging.fill import push_pull
from fashionmirror_core.imaging.levels import to_8bit
from fashionmirror_core.imaging.nearest import nearest_known

_MARGIN = 0.01  # of the person's height: the matte's own softness and the light it spills
_SHOE_ROWS, _SHOE_MARGIN = 0.06, 0.022  # the same for the shoes: their contact shadow goes too
_SMALL = 320  # pixels of the picture's height for everything smooth
_SQUEEZE = 4  # rows are shortened by this while filling: values run along them that much farther
_PLAIN = 7.0  # grey levels (root mean square) by which the surroundings may differ from a smooth picture
_SHIFT_HEIGHTS = (80, 160)  # pixels of the picture's height while shifts are chosen, coarse to fine
_PATCH = 9  # pixels of a patch at those sizes
_SHIFTS_KEPT = 24
_SEAM = 0.012  # of the picture's height: the ring in which copied pixels are compared with the photo's
_SEAM_LIGHT = 40.0  # grey levels by which their light is corrected at most


@dataclass(frozen=True)
class Backdrop:
    """The picture behind the person in frames.

    picture: (H, W, 4) uint8, premultiplied. transparent: whether finished frames keep their alpha. own: whether it is the
    photo's, without the person.
    """

    picture: np.ndarray
    transparent: bool = False
    own: bool = False

    @classmethod
    def of(cls, background: str | np.ndarray, plate: np.ndarray) -> Backdrop:
        """background: "keep", which is the ``plate`` (H, W, 3) uint8, "white", "transparent", or a picture (h, w, 3)
        uint8, which is scaled to cover the frame. Raises InputError for another name.
        """
        height, width = plate.shape[:2]
        if isinstance(background, np.ndarray):
            return cls(opaque(covering(background[..., :3], (width, height))))
        if background == "keep":
            return cls(opaque(plate), own=True)
        if background == "white":
            return cls(np.full((height, width, 4), 255, np.uint8))
        if background == "transparent":
            return cls(np.zeros((height, width, 4), np.uint8), transparent=True)
        raise InputError(f"The background {background!r} is not known; use keep, white, transparent or a picture.")

    def finished(self, canvas: np.ndarray) -> np.ndarray:
        """A frame (H, W, 4) uint8 premultiplied -> (H, W, 3), or (H, W, 4) straight where the backdrop is transparent."""
        return straight(canvas) if self.transparent else cv2.cvtColor(canvas, cv2.COLOR_RGBA2RGB)


def covering(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """``image`` scaled and cropped about its middle to cover ``size`` (width, height)."""
    height, width = image.shape[:2]
    factor = max(size[0] / width, size[1] / height)
    wide, tall = min(width, max(1, round(size[0] / factor))), min(height, max(1, round(size[1] / factor)))
    x, y = (width - wide) // 2, (height - tall) // 2
    interpolation = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return cv2.resize(image[y : y + tall, x : x + wide], size, interpolation=interpolation)


def fill_behind(image: np.ndarray, matte: np.ndarray) -> np.ndarray:
    """The photo with the person replaced by a continued background.

    image: (H, W, 3) uint8 RGB. matte: (H, W) float in [0, 1]. Returns (H, W, 3) uint8: the photo's own pixels except
    at the person and a margin of about 1 % of their height, wider at the shoes, whose contact shadow goes too; the
    soft part of the shadow stays: it grounds the person who stands there next. A photo that the person fills wholly comes
    back as it is, for nothing is known of its background.
    """
    rows = np.flatnonzero((matte > 0.05).any(1))
    if not len(rows):
        return image.copy()
    tall = float(rows[-1] - rows[0] + 1)
    hole = _hole(matte, tall)
    if hole.all():
        return image.copy()
    scene = image.astype(np.float32)
    smooth = _continued(scene, hole)
    rough = _roughness(scene, hole, tall) > _PLAIN
    filled = _shifted(scene, hole, smooth) if rough else smooth + spread(_grain(scene, hole, tall))
    blend = np.maximum(cv2.GaussianBlur(hole.astype(np.float32), (0, 0), max(1.0, 0.002 * tall)), hole)
    here, result = window(bounding_box(blend > 0) or (0, 0, 1, 1)), image.copy()
    share = spread(blend[here])
    result[here] = to_8bit(scene[here] * (1 - share) + filled[here] * share)
    return result


def _grown(mask: np.ndarray, radius: float) -> np.ndarray:
    """(H, W) bool: the mask dilated by a disc."""
    if not mask.any():
        return mask.copy()
    return cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5) <= max(1.0, radius)


def _hole(matte: np.ndarray, tall: float) -> np.ndarray:
    """(H, W) bool: the person with a margin; at the shoes a wider one, with the dark floor between them."""
    body = matte > 0.02
    feet = body.copy()
    feet[: max(0, int(np.flatnonzero((matte > 0.05).any(1))[-1]) - round(_SHOE_ROWS * tall))] = False
    reach = _SHOE_ROWS * tall
    padded = np.pad(feet, round(reach) + 2)  # closing needs room beyond the picture's border
    closed = ~_grown(~_grown(padded, reach), reach - _SHOE_MARGIN * tall)
    room = slice(round(reach) + 2, -round(reach) - 2)
    return _grown(body, _MARGIN * tall) | closed[room, room]


def _scaled(shape: tuple[int, ...], height: int) -> tuple[int, int]:
    """(width, height) of a picture reduced to at most ``height``."""
    scale = min(1.0, height / shape[0])
    return max(4, round(shape[1] * scale)), max(4, round(shape[0] * scale))


def _known(hole: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(h, w) float32 at a smaller size: 1 where no part of the hole lies below the pixel."""
    return (cv2.resize(hole.astype(np.float32), size, interpolation=cv2.INTER_AREA) < 1e-3).astype(np.float32)


def _continued(scene: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """(H, W, 3) float32: the smooth continuation into the hole, seamless at its border.

    A membrane (Laplace's equation) on a picture squeezed sideways: there sixteen times as stiff along the rows.
    """
    size = _scaled(hole.shape, _SMALL)
    known = _known(hole, size)
    calm = _normalised_blur(cv2.resize(scene, size, interpolation=cv2.INTER_AREA), known, 1.5)
    narrow = (max(4, size[0] // _SQUEEZE), size[1])
    weight = cv2.resize(known, narrow, interpolation=cv2.INTER_AREA)
    squeezed = cv2.resize(calm * spread(known), narrow, interpolation=cv2.INTER_AREA)
    squeezed = squeezed / spread(np.maximum(weight, 1e-3))
    membrane = _membrane(squeezed, (weight > 0.3).astype(np.float32))
    filled = cv2.resize(membrane, size, interpolation=cv2.INTER_CUBIC)
    # What the squeezed picture lacks at the border fades out into the hole: no outline of the person remains.
    filled += _membrane(calm - filled, known, rounds=60)
    return cv2.resize(filled, hole.shape[::-1], interpolation=cv2.INTER_CUBIC)


def _membrane(values: np.ndarray, known: np.ndarray, rounds: int = 240) -> np.ndarray:
    """Laplace's equation where ``known`` is 0, by Jacobi's iteration from the push-pull fill."""
    outside = (known > 0).astype(np.uint8)
    filled = push_pull(values, known)
    cross = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32) / 4
    for _ in range(rounds):
        filled = cv2.copyTo(values, outside, cv2.filter2D(filled, -1, cross, borderType=cv2.BORDER_REPLICATE))
    return filled


def _normalised_blur(values: np.ndarray, known: np.ndarray, sigma: float) -> np.ndarray:
    """A Gaussian mean over the known pixels only."""
    weight = cv2.GaussianBlur(known, (0, 0), sigma)
    channels = values.shape[-1]
    total = cv2.GaussianBlur(values * spread(known, channels), (0, 0), sigma).reshape(values.shape)
    return total / spread(np.maximum(weight, 1e-4), channels)


def _ring(hole: np.ndarray, reach: float) -> np.ndarray:
    return _grown(hole, reach) & ~hole


def _roughness(scene: np.ndarray, hole: np.ndarray, tall: float) -> float:
    """Root mean square difference from a smooth picture beside the hole, grey levels."""
    size = _scaled(hole.shape, _SMALL)
    scale = size[1] / hole.shape[0]
    known = _known(hole, size)
    ring = _ring(known == 0, 0.06 * tall * scale) & (known > 0)
    if not ring.any():
        return 0.0
    grey = averaged(cv2.resize(scene, size, interpolation=cv2.INTER_AREA))[..., None]
    lacking = grey - _normalised_blur(grey, known, 6.0)
    return float(np.sqrt(np.mean(lacking[ring] ** 2)))


def _grain(scene: np.ndarray, hole: np.ndarray, tall: float) -> np.ndarray:
    """(H, W) float32: noise as strong as the photo's beside the hole; the same for the same picture."""
    grey = scene[..., 1]
    fine = grey - cv2.GaussianBlur(grey, (0, 0), 1.2)
    edge = _ring(hole, max(2.0, 0.01 * tall))
    strength = 1.4826 * float(np.median(np.abs(fine[edge]))) if edge.any() else 0.0
    if strength < 0.2:
        return np.zeros(hole.shape, np.float32)
    noise = np.random.default_rng(0).standard_normal(hole.shape, dtype=np.float32)
    noise -= cv2.GaussianBlur(noise, (0, 0), 1.2)
    return noise * (strength / max(float(noise.std()), 1e-6))


def _shifted(scene: np.ndarray, hole: np.ndarray, smooth: np.ndarray) -> np.ndarray:
    """(H, W, 3) float32: every pixel of the hole copied from elsewhere by one of a few shifts."""
    guess = np.where(spread(hole), smooth, scene)
    shifts = _candidates(hole.shape)
    labels = None
    for height in _SHIFT_HEIGHTS:
        size = _scaled(hole.shape, height)
        known = _known(hole, size)
        small = cv2.resize(guess, size, interpolation=cv2.INTER_AREA)
        labels, small = _choose(small, known, shifts, scale=size[1] / hole.shape[0])
        if labels is None:
            return smooth
        used, counts = np.unique(labels[known == 0], return_counts=True)
        kept = used[np.argsort(-counts)][:_SHIFTS_KEPT]
        if height != _SHIFT_HEIGHTS[-1]:
            shifts = shifts[kept]
            large = cv2.resize(small, hole.shape[::-1], interpolation=cv2.INTER_LINEAR)
            guess = np.where(spread(hole), large, scene)
    known = _known(hole, (size[0], size[1]))
    labels = np.asarray(labels).reshape(-1)[nearest_known(known == 0)[0]]  # on over what is known
    wide = _grown(hole, _SEAM * hole.shape[0])
    filled = _gathered(scene, hole, wide, guess, shifts, labels)
    return filled + _seam(scene - filled, hole, wide & ~hole)


def _seam(lacking: np.ndarray, hole: np.ndarray, ring: np.ndarray) -> np.ndarray:
    """(H, W, 3) float32: the correction of the copied pixels' light to that of the surroundings, inside the hole.

    lacking (H, W, 3): by how much the copy misses the photo in the ring around the hole. A membrane carries it inward, as
    in seamless cloning (Pérez, Gangnet, Blake: Poisson Image Editing, SIGGRAPH 2003): no outline of the person remains.
    """
    size = _scaled(hole.shape, _SMALL)
    seen = cv2.resize(ring.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    missed = cv2.resize(np.clip(lacking, -_SEAM_LIGHT, _SEAM_LIGHT) * spread(ring), size, interpolation=cv2.INTER_AREA)
    missed = _normalised_blur(missed / spread(np.maximum(seen, 1e-3)), seen, _SEAM * size[1])
    correction = _membrane(missed, _known(hole, size), rounds=60)
    return cv2.resize(correction, hole.shape[::-1], interpolation=cv2.INTER_LINEAR) * spread(hole)


def _candidates(shape: tuple[int, ...]) -> np.ndarray:
    """(N, 2) int: shifts dy, dx in photo pixels; mostly sideways: level places in a photo lie at one distance."""
    height, width = shape
    sideways = [round(sign * part * width) for part in np.linspace(0.08, 0.7, 14) for sign in (-1, 1)]
    upright = [round(part * height) for part in (0.0, -0.02, 0.02, -0.06, 0.06)]
    return np.array([(dy, dx) for dx in sideways for dy in upright])


def _moved(values: np.ndarray, shift: np.ndarray, scale: float, fill: float) -> np.ndarray:
    """``values`` read at (y + dy, x + dx), the shift scaled and rounded; ``fill`` from beyond the picture."""
    dy, dx = (round(float(part) * scale) for part in shift)
    height, width = values.shape[:2]
    result = np.full_like(values, fill)
    if abs(dy) < height and abs(dx) < width:
        to = (slice(max(0, -dy), min(height, height - dy)), slice(max(0, -dx), min(width, width - dx)))
        of = (slice(max(0, dy), min(height, height + dy)), slice(max(0, dx), min(width, width + dx)))
        result[to] = values[of]
    return result


def _choose(
    image: np.ndarray, known: np.ndarray, shifts: np.ndarray, scale: float, rounds: int = 2
) -> tuple[np.ndarray | None, np.ndarray]:
    """The best shift per pixel, (h, w) int, and the picture completed by it; None where no shift reaches everything.

    A shift costs the difference of its source from the present estimate over a patch; the known pixels count in full.
    """
    hole = known == 0
    estimate = image
    best = np.zeros(known.shape, np.int64)
    for turn in range(rounds):
        weight = np.where(hole, 0.15 + 0.25 * turn, 1.0).astype(np.float32)
        total = cv2.blur(weight, (_PATCH, _PATCH))
        lowest = np.full(known.shape, np.inf, np.float32)
        copied = estimate.copy()
        for label, shift in enumerate(shifts):
            source, valid = _moved(image, shift, scale, 0.0), _moved(known, shift, scale, 0.0)
            difference = weight * np.minimum(summed((source - estimate) ** 2), 8000.0)
            cost = cv2.blur(difference, (_PATCH, _PATCH)) / total
            better = (cost < lowest) & (valid > 0) & hole
            lowest[better], best[better] = cost[better], label
            copied[better] = source[better]
        if np.isinf(lowest[hole]).mean() > 0.2:
            return None, image
        estimate = copied
    return best, estimate


def _gathered(
    scene: np.ndarray, hole: np.ndarray, wide: np.ndarray, guess: np.ndarray, shifts: np.ndarray, labels: np.ndarray
) -> np.ndarray:
    """(H, W, 3) float32: the chosen shifts applied at full resolution in ``wide``, their seams feathered."""
    height, width = hole.shape
    y, x = np.nonzero(wide)
    total = 1e-4 * guess[y, x]
    weight = np.full(len(y), 1e-4, np.float32)
    for label in np.unique(labels):
        dy, dx = shifts[label]
        share = cv2.resize((labels == label).astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)[y, x]
        wanted = np.flatnonzero((share > 0.02) & (y + dy >= 0) & (y + dy < height) & (x + dx >= 0) & (x + dx < width))
        wanted = wanted[~hole[y[wanted] + dy, x[wanted] + dx]]
        part = share[wanted] ** 2
        total[wanted] += part[:, None] * scene[y[wanted] + dy, x[wanted] + dx]
        weight[wanted] += part
    filled = guess.copy()
    filled[y, x] = total / weight[:, None]
    return filled
