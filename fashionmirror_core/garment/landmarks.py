"""Where a garment's shoulders, armpits, cuffs, waist and hem are, read off its silhouette.

The fit lays these points on the same places of the body (docs/method.md, "Fitting"). Everything is measured in an
upright, size-normalised silhouette: the garment is turned until its halves mirror each other best, the outline is
resampled evenly, and each landmark is a geometric event on it: an armpit is the sharpest notch that opens downward, a
neck point the farthest from the chord between shoulder and neckline, a cuff the far end of what lies beyond the armhole
line.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.outline import Outline, Point
from fashionmirror_core.vocabulary import Category

LOPSIDED = (
    "The garment's outline has no two sides; use a picture of the whole garment, upright and seen from the front."
)
HIDDEN_SLEEVES = (
    "No sleeves are seen. If the garment has some, they lie against it: use a picture with the sleeves apart from the "
    "body, or paint the gap between them into the cut-out."
)
LONG_SLEEVE = 1.1  # sleeve length over the body's width at the armpits from which on a sleeve covers the elbow
Landmarks = dict[str, Point]


def find_landmarks(outline: Outline, category: Category) -> tuple[Landmarks, list[str]]:
    """Landmarks in pixels of the picture that ``outline`` was taken from, and warnings.

    "_r" is the wearer's right, the picture's left. Points that the garment
    does not have are absent; ``seam_r``/``seam_l`` say where a sleeve that lies against the body leaves it.
    """
    found, warnings = _lower(outline) if category == Category.LOWER else _upper(outline, category == Category.DRESS)
    return {name: outline.to_picture(point) for name, point in found.items()}, warnings


# --- upper garments and dresses ----------------------------------------------------------------------------------


@dataclass
class _Side:
    """One side of an upper garment; the left one as seen. Points are on or near ``path``.

    ``path``: (n, 2), the outline from the middle of the neckline down this side to the middle of the hem.
    ``armpit``: index of the notch between sleeve and body, or None. ``notch``: how sharp, in degrees.
    """

    path: np.ndarray
    turn: np.ndarray
    armpit: int | None = None
    notch: float = 0.0
    window: Point | None = None  # the upper end of a gap that sleeve and body enclose

    def first_below(self, y: float) -> int:
        below = np.flatnonzero(self.path[:, 1] >= y)
        return int(below[0]) if len(below) else len(self.path) - 1


def _upper(outline: Outline, dress: bool) -> tuple[Landmarks, list[str]]:
    """Landmarks of an upper garment or dress, both sides, one repaired from the other where it must be."""
    views = {"r": outline, "l": outline.mirrored()}
    sides = {name: _open_side(view) for name, view in views.items()}
    width = _torso_width(views, sides)
    warnings = _agree(views, sides, width)
    found: Landmarks = {}
    for name, view in views.items():
        points = _side_landmarks(view, sides[name], width)
        found |= {f"{key}_{name}": _unmirrored(outline, point, name) for key, point in points.items()}
    if not any("cuff_outer_" + name in found for name in "rl"):
        found |= _level_armholes(outline, found)
        if not dress and _may_hide_sleeves(outline, found):
            warnings.append(HIDDEN_SLEEVES)
    found["neck_c"] = _neck_center(outline, found, width)
    found |= _waist_and_hip(outline, found, sides, width, dress)
    return found, warnings


def _may_hide_sleeves(outline: Outline, found: Landmarks) -> bool:
    """Sides that run straight or bulge from the shoulders down, wider than those: no armhole draws them in."""
    if "shoulder_r" not in found or "shoulder_l" not in found:
        return False
    _, top, _, bottom = outline.box
    spans = np.array([_span(outline, y) for y in range(top, bottom + 1)])
    upper, middle = round(0.12 * len(spans)), round(0.6 * len(spans))
    straight = np.linspace(spans[upper], spans[middle], middle - upper)
    hollow = (straight - spans[upper:middle]).max() / spans.max()
    shoulders = abs(found["shoulder_l"][0] - found["shoulder_r"][0])
    widest = spans[round(0.5 * len(spans)) : round(0.95 * len(spans))].max()
    return bool(hollow < 0.006 and 1.15 * shoulders < widest < 2.1 * shoulders)


def silhouette_events(outline: Outline) -> np.ndarray:
    """(8,) what tells categories apart besides the filled area.

    Sides with a sleeve's notch; 1 for two legs; a neckline's depth and the breadth at it, and how far the sides bow in
    and out from a straight line between top and hem, all four by the width; 1 for nothing but straight sides, as skirts
    have them; the logarithm of length over the body's width at the armpits.
    """
    views = {"r": outline, "l": outline.mirrored()}
    sides = {name: _open_side(view) for name, view in views.items()}
    notches = sum(side.armpit is not None or side.window is not None for side in sides.values())
    left, top, right, bottom = outline.box
    width, height = right - left + 1, bottom - top + 1
    axis = round(outline.axis)
    middle = outline.tops[max(left, axis - 2) : min(right, axis + 2) + 1]
    dip = (float(np.median(middle)) - top) / width
    level = outline.mask[min(top + round(0.06 * width), outline.mask.shape[0] - 1)]
    columns = np.flatnonzero(level)
    breadth = (columns[-1] - columns[0]) / width if len(columns) else 0.0
    rows = outline.mask[top + round(0.04 * height) : bottom - round(0.06 * height) + 1]
    extent = (rows.shape[1] - rows.argmax(1) - rows[:, ::-1].argmax(1)) / width
    bow = extent - np.linspace(extent[0], extent[-1], len(extent))
    straight = notches == 0 and dip < 0.03 and -bow.min() < 0.03
    legs = _crotch(outline) is not None
    length = np.log(height / max(_torso_width(views, sides), 1.0))
    return np.array([notches, legs, dip, breadth, -bow.min(), bow.max(), straight, length], dtype=float)


def _unmirrored(outline: Outline, point: Point, side: str) -> Point:
    return point if side == "r" else (outline.mask.shape[1] - 1 - point[0], point[1])


def _open_side(view: Outline) -> _Side:
    """The left side's path and the notch between sleeve and body on it, if there is one."""
    curve, axis = view.curve, view.axis
    central = np.abs(curve[:, 0] - axis) < 3
    upper_end = _extreme_index(curve, central, lowest=False)
    lower_end = _extreme_index(curve, central, lowest=True)
    count = (lower_end - upper_end) % len(curve) + 1
    order = (upper_end + np.arange(count)) % len(curve)
    side = _Side(curve[order], view.turning(8)[order])
    _find_notch(view, side, order)
    return side


def _extreme_index(curve: np.ndarray, among: np.ndarray, lowest: bool) -> int:
    indices = np.flatnonzero(among)
    if len(indices) == 0:
        indices = np.arange(len(curve))
    y = curve[indices, 1]
    return int(indices[np.argmax(y) if lowest else np.argmin(y)])


def _find_notch(view: Outline, side: _Side, order: np.ndarray) -> None:
    """Set the armpit where the outline has a sharp notch that opens downward and has a sleeve outside it."""
    left, top, right, bottom = view.box
    height, width = bottom - top, right - left
    path = side.path
    sharp = np.minimum(view.turning(12), view.turning(7))[order]
    reach = 10
    middle = (np.roll(view.curve, reach, axis=0) + np.roll(view.curve, -reach, axis=0))[order] / 2
    opening = middle - path
    opening /= np.maximum(np.linalg.norm(opening, axis=1, keepdims=True), 1e-6)
    outermost = np.minimum.accumulate(path[:, 0])
    possible = (
        (sharp < -38)
        & (opening[:, 1] > 0.25)
        & (opening[:, 0] < 0.45)
        & (path[:, 0] - outermost > 0.035 * width)
        & (path[:, 0] < view.axis - 0.06 * width)
        & (path[:, 1] > top + 0.07 * height)
        & (path[:, 1] < top + 0.92 * height)
    )
    indices = np.array([i for i in np.flatnonzero(possible) if _body_goes_on(view, path, i)], int)
    if len(indices):
        strong = indices[sharp[indices] <= 0.6 * sharp[indices].min()]
        group = strong[strong - strong[0] < 25]
        side.armpit = int(group[np.argmin(sharp[group])])
        side.notch = float(-sharp[side.armpit])
    side.window = _window(view)


def _body_goes_on(view: Outline, path: np.ndarray, index: int) -> bool:
    """Below an armpit the side runs on downward; below the foot of a hood it runs outward to the shoulder."""
    x, y = path[index]
    body = 2 * (view.axis - x)
    below = path[index:]
    below = below[below[:, 1] < y + 0.35 * body]
    return bool(below[:, 0].min() > x - 0.2 * body)


def _window(view: Outline) -> Point | None:
    """The upper end of the largest gap that the left sleeve and the body enclose."""
    left, top, right, bottom = view.box
    contours, _ = cv2.findContours(view.mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros(view.mask.shape, np.uint8)
    cv2.drawContours(filled, contours, -1, (1,), -1)
    count, labels, stats, centers = cv2.connectedComponentsWithStats(filled & ~view.mask.astype(np.uint8) & 1)
    best, area = None, 0.002 * view.mask.sum()
    for index in range(1, count):
        x, y = centers[index]
        if (
            stats[index, cv2.CC_STAT_AREA] > area
            and x < view.axis - 0.1 * (right - left)
            and y > top + 0.2 * (bottom - top)
        ):
            area = stats[index, cv2.CC_STAT_AREA]
            rows, columns = np.nonzero(labels == index)
            best = (float(columns[np.argmin(rows)]), float(rows.min()))
    return best


def _torso_width(views: dict[str, Outline], sides: dict[str, _Side]) -> float:
    """Width of the body at the armpits in pixels: between the notches, else where the depth suits the width."""
    halves = []
    for name, side in sides.items():
        if side.armpit is not None:
            halves.append(views[name].axis - side.path[side.armpit, 0])
        elif side.window is not None:
            halves.append(views[name].axis - side.window[0])
    outline = views["r"]
    left, top, right, bottom = outline.box
    if halves:
        return 2 * float(np.mean(halves))
    for y in range(top, bottom + 1):
        columns = np.flatnonzero(outline.mask[y])
        if len(columns) and y - top >= 0.5 * (columns[-1] - columns[0]):
            return float(columns[-1] - columns[0])
    return float(right - left)


def _agree(views: dict[str, Outline], sides: dict[str, _Side], width: float) -> list[str]:
    """Let a side without a notch take the other's, mirrored, if that lands on its outline too."""
    for name, other in ("rl", "lr"):
        if sides[other].armpit is None and _sleeve_reach(sides[name]) < 0.15 * width:
            sides[name].armpit = None  # a fold or a frill on one side only
    with_notch = [name for name in "rl" if sides[name].armpit is not None]
    if len(with_notch) != 1:
        return []
    have = with_notch[0]
    miss = "l" if have == "r" else "r"
    source, target = sides[have], sides[miss]
    assert source.armpit is not None
    x, y = source.path[source.armpit]
    mirrored = np.array([views[miss].axis - (views[have].axis - x), y])
    distance = np.linalg.norm(target.path - mirrored, axis=1)
    sleeve = views[miss].axis - target.path[: int(np.argmin(distance)) + 1, 0].min()
    if sleeve < 0.62 * width:  # nothing sticks out on this side: the sleeve is folded behind or missing
        return ["One sleeve is hardly visible; its place is guessed from the other."]
    if distance.min() < 0.12 * width:
        target.armpit, target.notch = int(np.argmin(distance)), 20.0
    else:
        target.window = target.window or (float(mirrored[0]), float(mirrored[1]))
    return []


def _sleeve_reach(side: _Side) -> float:
    """How far, in pixels, the outline stands out sideways beyond the notch."""
    if side.armpit is None:
        return 0.0
    return float(side.path[side.armpit, 0] - side.path[: side.armpit + 1, 0].min())


def _side_landmarks(view: Outline, side: _Side, width: float) -> Landmarks:
    """The left side's shoulder, neck, armpit, cuff, elbow and hem, in the view's pixels."""
    path = side.path
    top = float(path[: max(2, side.first_below(path[:, 1].min() + width)), 1].min())
    sleeved = side.armpit is not None or side.window is not None
    shoulder = _sleeve_head(view, side, width) if sleeved else _shoulder_tip(side, top, width)
    points: Landmarks = {"neck": _at(path, _neck(side, shoulder, width))}
    armpit = _sleeved_armpit(side, path[shoulder], width) if sleeved else _armhole_end(side, shoulder, width)
    leaves = side.armpit if side.armpit is not None else int(np.argmin(((path - armpit) ** 2).sum(1)))
    if not sleeved and _is_strapless(view, top, width):
        points |= {"neck": _at(path, shoulder), "armpit": armpit}
    else:
        points |= {"shoulder": _at(path, shoulder), "armpit": armpit}
    if sleeved:
        points |= _cuff(side, shoulder, leaves, armpit, width)
        if np.hypot(*(path[leaves] - armpit)) > 0.15 * width:
            points["seam"] = _at(path, leaves)
    below = path[leaves:]
    hem = int(np.argmax(below[:, 1] - 0.8 * below[:, 0])) + leaves
    points["hem"] = _at(path, hem)
    return points


def _at(path: np.ndarray, index: int) -> Point:
    return float(path[index, 0]), float(path[index, 1])


def _sleeve_head(view: Outline, side: _Side, width: float) -> int:
    """Index where the shoulder turns into the sleeve: the outline's bend above the armpit, else just inside of it."""
    x = side.window[0] if side.window is not None else 0.0
    end = len(side.path) - 1
    if side.armpit is not None:
        x, end = max(x, float(side.path[side.armpit, 0])), side.armpit
    x = min(x, view.axis - 0.36 * width)
    part = side.path[: end + 1]
    expected = x + 0.05 * width
    first = np.flatnonzero(part[:, 0] <= expected)
    start = int(first[0]) if len(first) else int(np.argmin(part[:, 0]))
    near = np.flatnonzero(np.abs(part[: start + round(0.3 * width), 0] - expected) < 0.1 * width)
    if len(near) == 0:
        return start
    bend = side.turn[near] - 60 * np.abs(part[near, 0] - expected) / width
    return int(near[np.argmax(bend)]) if bend.max() > 10 else start


def _shoulder_tip(side: _Side, top: float, width: float) -> int:
    """Index of the outer end of a sleeveless shoulder or strap: the top's outermost upper corner."""
    zone = np.flatnonzero(side.path[:, 1] < top + 0.3 * width)
    if len(zone) == 0:
        return 0
    # The stretch with the highest point: between two straps the bodice may rise into the zone as well.
    stretches = np.split(zone, np.flatnonzero(np.diff(zone) > 1) + 1)
    zone = min(stretches, key=lambda stretch: float(side.path[stretch, 1].min()))
    part = side.path[zone]
    return int(zone[np.argmin(part[:, 0] * 0.8 + part[:, 1])])


def _neck(side: _Side, shoulder: int, width: float) -> int:
    """Index where the neckline meets the shoulder line: the foot of a standing collar or hood, else the farthest point
    from the chord between shoulder and the neckline's middle."""
    part = side.path[: shoulder + 1]
    if len(part) < 5:
        return shoulder
    inner = np.flatnonzero((part[:, 0] > part[-1, 0] + 0.08 * width) & (part[:, 0] < part[0, 0] - 0.08 * width))
    for index in inner[np.argsort(side.turn[inner])][:1]:
        rises = part[index, 1] - part[:index, 1].min()
        if side.turn[index] < -24 and rises > 0.07 * width and part[0, 1] < part[index, 1] - 0.03 * width:
            return int(index)
    chord = part[0] - part[-1]
    above = (part[:, 0] - part[-1, 0]) * chord[1] - (part[:, 1] - part[-1, 1]) * chord[0]
    return int(np.argmax(above))


def _level_armholes(outline: Outline, found: Landmarks) -> Landmarks:
    """Sleeveless armholes end softly: both sides at their common height, on the silhouette."""
    y = (found["armpit_r"][1] + found["armpit_l"][1]) / 2
    columns = np.flatnonzero(outline.mask[round(y)])
    if len(columns) == 0:
        return {}
    return {"armpit_r": (float(columns[0]), y), "armpit_l": (float(columns[-1]), y)}


def _sleeved_armpit(side: _Side, shoulder: np.ndarray, width: float) -> Point:
    """The notch; for a sleeve that lies against the body, where it would be if the sleeve hung free."""
    candidates = [side.window] if side.window is not None else []
    if side.armpit is not None:
        candidates.append(_at(side.path, side.armpit))
    x, y = min(candidates, key=lambda point: point[1])
    deepest = shoulder[1] + 0.72 * width
    if y > deepest:
        return x, float(shoulder[1] + 0.5 * width)
    return x, y


def _armhole_end(side: _Side, shoulder: int, width: float) -> Point:
    """The lower end of a sleeveless armhole: the outline's corner below the shoulder, else at the usual depth."""
    path, y = side.path, side.path[shoulder, 1]
    zone = np.arange(len(path))
    zone = zone[(zone > shoulder) & (path[:, 1] > y + 0.18 * width) & (path[:, 1] < y + 0.75 * width)]
    if len(zone) == 0:
        return _at(path, min(shoulder + 1, len(path) - 1))
    corner = zone[np.argmax(side.turn[zone])]
    if side.turn[corner] > 14 and path[corner, 0] < path[shoulder, 0] + 0.05 * width:
        return _at(path, int(corner))
    return _at(path, int(zone[np.argmin(np.abs(path[zone, 1] - y - 0.45 * width))]))


def _span(view: Outline, y: float) -> float:
    """From the first to the last column of a row."""
    columns = np.flatnonzero(view.mask[int(np.clip(round(y), 0, view.mask.shape[0] - 1))])
    return float(columns[-1] - columns[0]) if len(columns) else 0.0


def _is_strapless(view: Outline, top: float, width: float) -> bool:
    """A bodice that begins above the bust: its upper edge is solid (no neck opening, not even the inside of a collar),
    and either straight across or a low dome, narrower than shoulders and wider than a standing collar."""
    chest = float(np.median([_span(view, y) for y in np.arange(top, top + width)]))
    edge = _span(view, top + 0.03 * chest)
    columns = view.mask[int(np.clip(round(top + 0.03 * chest), 0, view.mask.shape[0] - 1))].sum()
    if chest < 1 or columns < 0.92 * edge:
        return False
    dome = 0.5 < _span(view, top + 0.1 * chest) / chest < 0.79 and _span(view, top + 0.2 * chest) > 0.9 * chest
    return bool(dome or edge > 0.8 * chest)


def _cuff(side: _Side, shoulder: int, leaves: int, armpit: Point, width: float) -> Landmarks:
    """The sleeve opening's ends and, for a long sleeve, its middle: the far corners beyond the armhole line.

    Of all pairs of far points, the corners span the largest quadrangle with shoulder and armpit.
    """
    sleeve = side.path[shoulder : leaves + 1]
    if len(sleeve) < 6:
        return {}
    armhole = (side.path[shoulder] + np.asarray(armpit)) / 2
    distance = np.linalg.norm(sleeve - armhole, axis=1)
    length = float(distance.max())
    x, y = sleeve.T
    area = abs(float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))) / 2
    thickness = area / max(length, 1.0)
    far = np.flatnonzero(distance > max(0.35 * length, length - 1.1 * thickness))
    far = far[:: max(1, len(far) // 60)]
    turn = np.clip(side.turn[shoulder + far], 0, 90) / 90
    a, b = sleeve[0], sleeve[-1]
    p, q = sleeve[far][:, None], sleeve[far][None]
    spanned = _cross(p - a, q - a) + _cross(q - a, b - a)
    score = -spanned / 2 + 0.12 * area * (turn[:, None] + turn[None])
    score[np.tril_indices(len(far))] = -np.inf
    first, second = np.unravel_index(int(np.argmax(score)), score.shape)
    outer, inner = int(far[first]), int(far[second])
    points: Landmarks = {"cuff_outer": _at(sleeve, outer), "cuff_inner": _at(sleeve, inner)}
    reach = float(np.hypot(*((sleeve[outer] + sleeve[inner]) / 2 - sleeve[0])))
    if reach > LONG_SLEEVE * width:
        points["elbow"] = _elbow(sleeve, outer, inner, armpit, 0.85 * width / reach)
    return points


def _elbow(sleeve: np.ndarray, outer: int, inner: int, armpit: Point, share: float) -> Point:
    """The sleeve's middle at the elbow's ``share`` of the way down: half-way for a full one, lower for a shorter."""
    share = float(np.clip(share, 0.5, 0.75))
    outer_edge = sleeve[round(outer * share)]
    if np.hypot(*(sleeve[-1] - armpit)) > 1.0:  # the inner edge lies on the body: straight from the armpit to the cuff
        inner_edge = (1 - share) * np.asarray(armpit) + share * sleeve[inner]
    else:
        inner_edge = sleeve[round(len(sleeve) - 1 - (len(sleeve) - 1 - inner) * share)]
    middle = (outer_edge + inner_edge) / 2
    return float(middle[0]), float(middle[1])


def _cross(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]


def _neck_center(outline: Outline, found: Landmarks, width: float) -> Point:
    """The front neckline's lowest point: the silhouette's dip, or an edge inside it, or a round neck's usual depth."""
    (rx, ry), (lx, ly) = found["neck_r"], found["neck_l"]
    x, level = (rx + lx) / 2, (ry + ly) / 2
    column = int(np.clip(round(x), 0, outline.mask.shape[1] - 1))
    top = int(outline.tops[column])
    if top > level + 0.1 * width:
        return x, float(top)
    half = max(2, round(0.05 * abs(lx - rx)))
    start, stop = top + 3, min(top + round(0.45 * width), outline.lab.shape[0] - 4)
    strip = np.median(outline.lab[start : stop + 4, column - half : column + half + 1], axis=1)
    if len(strip) > 12:
        step = np.linalg.norm(strip[6:] - strip[:-6], axis=1)
        step = step * np.exp(-0.5 * ((np.arange(len(step)) + 6 - 0.16 * width) / (0.16 * width)) ** 2)
        best = int(np.argmax(step))
        if step[best] > max(9.0, 2.5 * float(np.median(step))):
            return x, float(start + best + 3)
    return x, float(max(top, level + 0.12 * width))


def _waist_and_hip(outline: Outline, found: Landmarks, sides: dict[str, _Side], width: float, dress: bool) -> Landmarks:
    """Waist at the narrowest row between armpit and hip, else at its usual height; a dress's hip below it."""
    armpit = max(found["armpit_r"][1], found["armpit_l"][1])
    hem = (found["hem_r"][1] + found["hem_l"][1]) / 2
    rows = np.arange(outline.mask.shape[0])
    left = _body_edge(outline, sides["r"], found["armpit_r"], found.get("seam_r"), rows, outline.axis)
    mirror = outline.mask.shape[1] - 1
    armpit_l = (mirror - found["armpit_l"][0], found["armpit_l"][1])
    seam_l = (mirror - found["seam_l"][0], found["seam_l"][1]) if "seam_l" in found else None
    right = mirror - _body_edge(outline, sides["l"], armpit_l, seam_l, rows, mirror - outline.axis)
    body = np.convolve(right - left, np.ones(5) / 5, "same")

    first = round(armpit + 0.15 * width)
    last = round(min(hem - 0.08 * width, armpit + (0.95 if dress else 1.1) * width))
    usual = min(armpit + 0.62 * width, armpit + 0.6 * (hem - armpit)) if not dress else armpit + 0.55 * width
    waist = float(np.clip(usual, armpit + 1, max(hem - 2, armpit + 1)))
    if last - first > 4:
        narrow = first + int(np.argmin(body[first : last + 1]))
        below = body[narrow : round(min(hem - 2, narrow + 0.6 * width)) + 1]
        if body[narrow] < 0.96 * body[round(armpit + 2)] and len(below) and body[narrow] < 0.97 * below.max():
            waist = float(narrow)
    points = {"waist_r": (float(left[round(waist)]), waist), "waist_l": (float(right[round(waist)]), waist)}
    if dress:
        hip = min(waist + 0.5 * width, (waist + hem) / 2)
        points |= {"hip_r": (float(left[round(hip)]), hip), "hip_l": (float(right[round(hip)]), hip)}
    return points


def _body_edge(
    outline: Outline, side: _Side, armpit: Point, seam: Point | None, rows: np.ndarray, axis: float
) -> np.ndarray:
    """(h,): the body's left edge in each row below the armpit, in the view of ``side``."""
    start = side.armpit if side.armpit is not None else int(np.argmin(((side.path - armpit) ** 2).sum(1)))
    below = side.path[start:]
    edge = np.full(len(rows), np.nan)
    for x, y in below:
        row = round(float(y))
        if 0 <= row < len(rows) and x < axis and not edge[row] <= x:
            edge[row] = x
    if seam is not None:  # hidden behind the sleeve: straight from the armpit to where the sleeve leaves the body
        hidden = (rows >= armpit[1]) & (rows <= seam[1])
        share = (rows[hidden] - armpit[1]) / max(seam[1] - armpit[1], 1)
        edge[hidden] = armpit[0] + share * (seam[0] - armpit[0])
    known = np.flatnonzero(~np.isnan(edge))
    return np.interp(rows, known, edge[known]) if len(known) else np.full(len(rows), armpit[0])


# --- trousers, shorts, skirts ------------------------------------------------------------------------------------


def _lower(outline: Outline) -> tuple[Landmarks, list[str]]:
    """Landmarks of trousers, shorts (with a crotch) or a skirt (without)."""
    _, top, _, bottom = outline.box
    found: Landmarks = {}
    crotch = _crotch(outline)
    for name, view in (("r", outline), ("l", outline.mirrored())):
        points = _lower_side(view)
        found |= {f"{key}_{name}": _unmirrored(outline, point, name) for key, point in points.items()}
    waist = (found["waist_r"][1] + found["waist_l"][1]) / 2
    hem = (found["hem_r"][1] + found["hem_l"][1]) / 2
    if crotch is not None:
        found["crotch"] = crotch
        hip = waist + 0.72 * max(crotch[1] - waist, 2)
        found |= _inner_legs(outline, crotch, found)
    else:
        hip = waist + min(0.5 * (found["waist_l"][0] - found["waist_r"][0]), 0.5 * (hem - waist))
    columns = np.flatnonzero(outline.mask[int(np.clip(round(hip), top, bottom))])
    if len(columns):
        found |= {"hip_r": (float(columns[0]), float(hip)), "hip_l": (float(columns[-1]), float(hip))}
    return found, []


def _lower_side(view: Outline) -> Landmarks:
    _, top, _, bottom = view.box
    curve = view.curve
    upper = curve[(curve[:, 1] < top + 0.3 * (bottom - top)) & (curve[:, 0] < view.axis)]
    lower = curve[(curve[:, 1] > top + 0.5 * (bottom - top)) & (curve[:, 0] < view.axis)]
    if not len(upper) or not len(lower):
        raise InputError(LOPSIDED)
    waist = upper[np.argmin(upper[:, 0] * 0.7 + upper[:, 1])]
    hem = lower[np.argmin(0.8 * lower[:, 0] - lower[:, 1])]
    return {"waist": (float(waist[0]), float(waist[1])), "hem": (float(hem[0]), float(hem[1]))}


def _crotch(outline: Outline) -> Point | None:
    """The upper end of the gap between two legs, or None for a skirt.

    The gap may be closed below where the legs cross or touch; where they touch above it, the crotch is put at the
    usual rise below the waist.
    """
    left, top, right, bottom = outline.box
    height, width = bottom - top, right - left
    zone = slice(round(outline.axis - 0.22 * width), round(outline.axis + 0.22 * width) + 1)
    gap = np.zeros(outline.mask.shape, np.uint8)
    for y in range(top + round(0.12 * height), bottom + 1):
        row = outline.mask[y]
        columns = np.flatnonzero(row)
        if len(columns):
            gap[y, columns[0] : columns[-1] + 1] = ~row[columns[0] : columns[-1] + 1]
    middle = np.zeros_like(gap)
    middle[:, zone] = gap[:, zone]
    count, labels, stats, centers = cv2.connectedComponentsWithStats(middle)
    lowest = stats[:, cv2.CC_STAT_TOP] + stats[:, cv2.CC_STAT_HEIGHT]
    off_axis = np.abs(centers[:, 0] - outline.axis) / width
    tall = [
        i
        for i in range(1, count)
        if stats[i, cv2.CC_STAT_HEIGHT] > 0.06 * height and lowest[i] > top + 0.6 * height and off_axis[i] < 0.14
    ]
    if not tall:
        return None
    first = min(tall, key=lambda i: stats[i, cv2.CC_STAT_TOP])
    rows, columns = np.nonzero(labels == first)
    y_apex, x_apex = _apex(rows, columns, 0.12 * height)
    if y_apex > top + 0.8 * height and 1.0 * width < height < 2.2 * width:
        return None  # a slit or a curved hem
    rise = 0.95 * width
    if rows.min() > top + 1.35 * rise:  # the thighs touch above the gap
        return outline.axis, float(top + 0.8 * rise)
    return x_apex, y_apex


def _apex(rows: np.ndarray, columns: np.ndarray, reach: float) -> tuple[float, float]:
    """y, x of the upper end of a gap given by its pixels, continued upward where it narrows to a point.

    The silhouette's smoothing has closed the narrowest part; at most ``reach`` pixels are added.
    """
    first = int(rows.min())
    widths = np.bincount(rows - first)[:25].astype(float)
    x = float(columns[rows == first].mean())
    if len(widths) < 10:  # too short to tell
        return float(first), x
    slope, start = np.polyfit(np.arange(len(widths)), widths, 1)
    residual = np.median(np.abs(widths - start - slope * np.arange(len(widths))))
    missing = start / slope if slope > 0.02 else np.inf
    return float(first) - (float(missing) if residual < 0.7 and start < 6 and 0 < missing < reach else 0.0), x


def _inner_legs(outline: Outline, crotch: Point, found: Landmarks) -> Landmarks:
    """Inner ends of both hems, and the knees half-way down the legs where these are long."""
    points: Landmarks = {}
    left, _, right, bottom = outline.box
    for name, view in (("r", outline), ("l", outline.mirrored())):
        middle = crotch[0] if name == "r" else outline.mask.shape[1] - 1 - crotch[0]
        hem = found[f"hem_{name}"]
        outer = hem[0] if name == "r" else outline.mask.shape[1] - 1 - hem[0]
        curve = view.curve
        near = curve[(curve[:, 1] > hem[1] - 0.25 * (bottom - crotch[1])) & (curve[:, 0] < middle + 2)]
        near = near[near[:, 0] > outer + 2] if len(near) else near
        if len(near) == 0:
            continue
        inner = near[np.argmax(0.8 * near[:, 0] + near[:, 1])]
        points[f"hem_inner_{name}"] = _unmirrored(outline, (float(inner[0]), float(inner[1])), name)
        if bottom - crotch[1] > 0.9 * (right - left):
            y = crotch[1] + 0.45 * (hem[1] - crotch[1])
            columns = np.flatnonzero(view.mask[round(y), : round(middle) + 1])
            if len(columns):
                run = columns[: int(np.argmax(np.append(np.diff(columns) > 1, True))) + 1]
                points[f"knee_{name}"] = _unmirrored(outline, (float(run.mean()), y), name)
    return points
