"""A sewing pattern is put around the mannequin: start positions that hold the body inside, and what each vertex may touch.

Below the armholes the trunk is a tube with an elliptic section around everything that it has to hold; sleeves and trouser
legs are such tubes around their limbs. Between the armholes and the neck front and back follow the skin's own relief.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import (
    distance_transform_edt,
    gaussian_filter,
    gaussian_filter1d,
    maximum_filter,
    maximum_filter1d,
    minimum_filter,
)

from fashionmirror_core.body.fitted import ARM_OF, LEG_OF, Bone
from fashionmirror_core.cloth import solver
from fashionmirror_core.cloth.mannequin import CLOTH, ELSE, L_ARM, L_LEG, PALMS, R_ARM, R_LEG, TRUNK, Mannequin
from fashionmirror_core.cloth.pattern.pattern import SEAM, Pattern, Piece
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.vocabulary import Side

MARGIN = 0.014  # metres between skin and cloth at the start
ROW = 0.01  # metres between sections, and between the cells of the relief
ARMHOLE_FADE, CROTCH_FADE = 0.07, 0.08  # metres over which sleeves and legs become tubes
YOKE_FADE = 0.10  # metres over which the trunk's tube becomes front and back
YOKE_ARM = 0.16  # metres of the upper arm that front and back have room for
ARMS_REACH = (
    -0.10
)  # dress space's y down to which arms push cloth; lower down a hand that swings would pull trousers off the hips
LONG = 0.15  # dress space's y that skirts, dresses and coats reach, which hands push; a tee's hem would be torn
BESIDE = 0.55  # of a skirt's half width, from which on cloth hangs beside the body, where hands are
NEAR_SKIN = 0.04  # metres from the skin's surface, within which a vertex may lie under it by accident
LIFT = 0.007  # metres of the shoulder seams over the shoulders' ridge
NECK_PIN, ARM_PIN = 0.12, 0.03  # shares of the way to their place by which a substep moves the shoulder seams' ends
NECK_REACH = np.array([0.1, 0.075])  # metres across and along from its joint, within which skin is the neck's
COLLAR_PIN = 0.05  # the same of a collar
STANDS = 0.015  # metres above the shoulder seams that all of an opening lies, where a closed collar stands
FORWARD = 0.03  # metres by which a shoulder seam lies before the ridge at the neck, as tailors put it
NARROWEST_NECK = 0.055  # metres from the axis to where a shoulder seam begins, at least

_LIMBS = {
    Piece.R_SLEEVE: (Side.RIGHT, ARM_OF[Side.RIGHT], R_ARM),
    Piece.L_SLEEVE: (Side.LEFT, ARM_OF[Side.LEFT], L_ARM),
    Piece.R_LEG: (Side.RIGHT, LEG_OF[Side.RIGHT], R_LEG),
    Piece.L_LEG: (Side.LEFT, LEG_OF[Side.LEFT], L_LEG),
}
SLEEVES = (Piece.R_SLEEVE, Piece.L_SLEEVE)


@dataclass(frozen=True)
class Worn:
    """What a garment is put over. vertices: (V, 3), dress space. triangles: (M, 3). regions: (V,), as the skin has them."""

    vertices: np.ndarray
    triangles: np.ndarray
    regions: np.ndarray

    def samples(self) -> tuple[np.ndarray, np.ndarray]:
        """Points (K, 3) on the surface, closer together than its vertices, and their regions (K,)."""
        a, b, c = (self.vertices[self.triangles[:, corner]] for corner in range(3))
        points = np.concatenate([self.vertices, (a + b) / 2, (b + c) / 2, (c + a) / 2])
        of_triangle = [self.regions[self.triangles[:, corner]] for corner in range(3)]
        return points, np.concatenate([self.regions, *of_triangle])


@dataclass(frozen=True)
class _Tube:
    """A tube around a straight line in the frontal plane, with elliptic sections.

    start: (2,), down, out: (2,) unit vectors, dress space's x and y: where the line begins, runs, and what is across it.
    rows: (R,), metres down the line. centre, half: (R, 2), metres across it and away from the viewer: of the sections.
    """

    start: np.ndarray
    down: np.ndarray
    out: np.ndarray
    rows: np.ndarray
    centre: np.ndarray
    half: np.ndarray

    def at(self, depth: np.ndarray, share: np.ndarray, side: np.ndarray) -> np.ndarray:
        """(N, 3), dress space: so far down the line, at shares in [-1, 1] of the way from the inner to the outer seam,
        on the front (-1), a seam (0) or the back (1).
        """
        centre, half = (
            np.stack([np.interp(depth, self.rows, each[:, axis]) for axis in (0, 1)], 1)
            for each in (self.centre, self.half)
        )
        turn = np.pi / 2 * np.clip(share, -1, 1)
        across = centre[:, 0] + half[:, 0] * np.sin(turn)
        away = centre[:, 1] + side * half[:, 1] * np.cos(turn)
        return np.column_stack([self.start + depth[:, None] * self.down + across[:, None] * self.out, away])


@dataclass(frozen=True)
class Fitting:
    """A pattern on a mannequin, before it is let go.

    positions: (N, 3), dress space. slots: two (N,) uint8, the regions that a vertex may touch (``solver.bits``), two sets
    for cloth between two limbs. pinned: (k,) int32, vertices of the shoulder seams and of a collar; places: (k, 3), dress
    space, where they belong; hold: (k,), the share of the way there that one substep takes; lift: (k,), metres that they
    are held above the skin.
    """

    positions: np.ndarray
    slots: tuple[np.ndarray, np.ndarray]
    pinned: np.ndarray
    places: np.ndarray
    hold: np.ndarray
    lift: np.ndarray


def fitting(pattern: Pattern, mannequin: Mannequin, worn: Worn) -> Fitting:
    """A pattern put over the mannequin's skin and what it wears already; worn: all of that, in the mannequin's pose."""
    points, regions = worn.samples()
    skin = solver.Skin(worn.triangles, worn.regions)
    touching = slots(pattern, mannequin)
    pinned, places, hold = _shoulders(pattern, mannequin, points[np.isin(regions, [TRUNK, R_ARM, L_ARM, CLOTH])])
    places = _lifted(places, skin, worn.vertices, touching[0][pinned] | touching[1][pinned])
    positions = _around_trunk(pattern, mannequin, points, regions)
    positions[pinned] = places
    for piece in _LIMBS:
        own = pattern.piece == piece
        if not own.any():
            continue
        tube = _limb(pattern, mannequin, piece, points, regions)
        depth = (pattern.flat[own] - tube.start) @ tube.down
        there = tube.at(depth, pattern.across[own], pattern.side[own])
        share = smoothstep(pattern.along[own] / (ARMHOLE_FADE if piece in SLEEVES else CROTCH_FADE))[:, None]
        positions[own] += share * (there - positions[own])
    positions = _lifted(positions, skin, worn.vertices, touching[0] | touching[1], only_sunk=True)
    collar = pattern.collar
    if pattern.relief is None:  # a hood lies on the shoulders
        positions[collar] = _round_neck(pattern, mannequin, positions[collar])
    pinned, places = np.concatenate([pinned, collar]), np.concatenate([places, positions[collar]])
    lift = np.repeat([LIFT, pattern.collar_lift], [len(hold), len(collar)])
    hold = np.concatenate([hold, np.full(len(collar), COLLAR_PIN)])
    return Fitting(positions, touching, pinned, places, hold, lift)


def armpit(pattern: Pattern) -> float:
    """Dress space's y of the lowest point of the armholes; -inf without any."""
    sleeves = np.isin(pattern.piece, SLEEVES) & (pattern.along < 0.03)
    openings = [pattern.flat[pattern.openings[name], 1] for name in ("arm_r", "arm_l") if name in pattern.openings]
    return float(np.max(np.concatenate([pattern.flat[sleeves, 1], *openings, [-np.inf]])))


def slots(pattern: Pattern, mannequin: Mannequin) -> tuple[np.ndarray, np.ndarray]:
    """Two (N,) uint8: the regions that each vertex may touch, see ``solver.bits``; the first counts more."""

    def bits(*regions: int) -> int:
        return solver.bits(*regions, CLOTH)

    x, y = pattern.flat.T
    first = np.full(len(x), bits(TRUNK, R_LEG, L_LEG))
    second = np.zeros(len(x), np.int64)
    has_legs = np.isin(pattern.piece, (Piece.R_LEG, Piece.L_LEG)).any()
    has_sleeves = np.isin(pattern.piece, SLEEVES).any()
    on_trunk = pattern.piece == Piece.TRUNK
    hangs = any(len(seam) for seam in pattern.shoulders.values())
    if not has_legs:
        # Each leg has a slot of its own: cloth between the legs touches both.
        low = on_trunk & (y > -0.03)
        first[low], second[low] = bits(TRUNK, R_LEG), bits(TRUNK, L_LEG)
    high = on_trunk & (y < armpit(pattern) + 0.02)
    shoulder = abs(mannequin.joints[Bone.L_UPPER_ARM][0])
    for side, arm, leg in ((Side.RIGHT, R_ARM, R_LEG), (Side.LEFT, L_ARM, L_LEG)):
        beside = on_trunk & (side.sign * x > 0.6 * shoulder) & (y < ARMS_REACH)
        if hangs:
            second[beside] = bits(arm)
        if not has_legs and y.max() > LONG:
            wide = on_trunk & (side.sign * x > BESIDE * _reach(pattern, side.sign)) & (y > ARMS_REACH)
            first[wide], second[wide] = bits(TRUNK, leg), bits(arm, PALMS)
        if hangs and has_sleeves:
            first[beside & high], second[beside & high] = bits(TRUNK, arm), 0
    for piece, (_, _, region) in _LIMBS.items():
        own = pattern.piece == piece
        if piece in SLEEVES:
            joint = own & (pattern.along < 0.04)
            first[own], second[own] = bits(region, PALMS), bits(TRUNK)
            first[joint], second[joint] = bits(TRUNK, region), 0
        else:
            # Not the other leg: between two legs that pass each other cloth was caught and torn.
            first[own], second[own] = bits(region), 0
            first[own & (pattern.along < 0.05)] = bits(TRUNK, region)
    return first.astype(np.uint8), second.astype(np.uint8)


def _reach(pattern: Pattern, sign: float) -> np.ndarray:
    """(N,) metres: half the width of the flat pattern at the height of each vertex, on the right (-1) or left (1) side."""
    rows, reach = _side_seams(pattern)[int(sign > 0)]
    return np.abs(np.interp(pattern.flat[:, 1], rows, reach))


def _lifted(
    points: np.ndarray, skin: solver.Skin, on: np.ndarray, allowed: np.ndarray, only_sunk: bool = False
) -> np.ndarray:
    """(N, 3): points (N, 3) LIFT above the closest place of a skin at ``on`` (V, 3), of the regions allowed (N,) for each.

    only_sunk: those that lie higher stay where they are.
    """
    triangles, shares = skin.closest(points, on, NEAR_SKIN, allowed)
    near = triangles >= 0
    corners, shares = skin.triangles[triangles[near]], shares[near][..., None]
    place = (shares * on[corners]).sum(1)
    normal = (shares * skin.normals(on)[corners]).sum(1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    height = ((points[near] - place) * normal).sum(1, keepdims=True)
    result = points.copy()
    result[near] = np.where((height < LIFT) | (not only_sunk), place + LIFT * normal, points[near])
    return result


# ---- the trunk -------------------------------------------------------------------------------------------------------


def _around_trunk(pattern: Pattern, mannequin: Mannequin, points: np.ndarray, regions: np.ndarray) -> np.ndarray:
    """(N, 3), dress space: every vertex as if sleeves and legs were parts of the trunk."""
    x, y = pattern.flat.T
    left, right = _side_seams(pattern)
    rows = np.arange(y.min() - 2 * ROW, y.max() + 2 * ROW, ROW)
    held = points[np.isin(regions, [TRUNK, R_LEG, L_LEG, CLOTH])]
    width = np.interp(rows, *right) - np.interp(rows, *left)
    axis = np.zeros(2), np.array([0.0, 1.0]), np.array([1.0, 0.0])
    tube = _tube(*axis, rows, held[:, [1, 0, 2]], width)
    low, high = np.interp(y, *left), np.interp(y, *right)
    share = 2 * (x - low) / np.maximum(high - low, 1e-6) - 1
    share = np.where((pattern.side == SEAM) & (np.abs(share) > 0.6), np.sign(share), share)
    around = tube.at(y, share, pattern.side)
    top = armpit(pattern)
    yoke = smoothstep((top + 0.02 - y) / YOKE_FADE) if np.isfinite(top) else np.zeros(len(y))
    if not yoke.any():
        return around
    front, middle, back = _relief(pattern, mannequin, points, regions)
    away = np.where(pattern.side == SEAM, middle, np.where(pattern.side < SEAM, front - MARGIN, back + MARGIN))
    return around + yoke[:, None] * (np.column_stack([x, y, away]) - around)


def _side_seams(pattern: Pattern) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """The trunk's left and right edge as the viewer sees them: y, rising, and x, of the vertices of the side seams."""
    x, y = pattern.flat.T
    outer = ((pattern.piece == Piece.R_LEG) | (pattern.piece == Piece.L_LEG)) & (pattern.across > 0.5)
    seam = (pattern.side == SEAM) & ((pattern.piece == Piece.TRUNK) | outer)
    for shoulder in pattern.shoulders.values():
        seam[shoulder] = False
    middle = (x.min() + x.max()) / 2
    edges = []
    for sign in (-1, 1):
        reach = np.abs(x[seam] - middle).max() if seam.any() else 0.0
        own = seam & (sign * (x - middle) > 0.4 * reach)
        if own.sum() < 2:
            own = np.isin(pattern.piece, (Piece.TRUNK, Piece.R_LEG, Piece.L_LEG))
            rows = np.round(y[own] / (2 * ROW)).astype(int)
            names, where = np.unique(rows, return_inverse=True)
            ends = np.full(len(names), -np.inf)
            np.maximum.at(ends, where, sign * x[own])
            edges.append((names * 2 * ROW, sign * ends))
            continue
        order = np.argsort(y[own], kind="stable")
        edges.append((y[own][order], x[own][order]))
    return edges[0], edges[1]


def _relief(
    pattern: Pattern, mannequin: Mannequin, points: np.ndarray, regions: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(N,) each, metres away from the viewer: the skin's front, middle and back behind each vertex as it lies flat, going
    over into the middle beside the body.
    """
    keep = np.isin(regions, [TRUNK, CLOTH])
    for side, arm in ((Side.RIGHT, R_ARM), (Side.LEFT, L_ARM)):
        shoulder, down, _ = _line(mannequin, ARM_OF[side])
        keep |= (regions == arm) & ((points[:, :2] - shoulder) @ down < YOKE_ARM)
    points = points[keep]
    corner = pattern.flat.min(0) - 0.05
    shape = tuple(np.ceil((pattern.flat.max(0) + 0.05 - corner) / ROW).astype(int)[::-1])

    def cells(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        column, row = ((places - corner) / ROW).astype(int).T
        return np.clip(row, 0, shape[0] - 1), np.clip(column, 0, shape[1] - 1)

    within = ((points[:, :2] > corner) & (points[:, :2] < corner + ROW * np.array(shape[::-1]))).all(1)
    points = points[within]
    front, back = np.full(shape, np.inf), np.full(shape, -np.inf)
    np.minimum.at(front, cells(points[:, :2]), points[:, 2])
    np.maximum.at(back, cells(points[:, :2]), points[:, 2])
    front, back = minimum_filter(front, 5), maximum_filter(back, 5)
    away, nearest = distance_transform_edt(~np.isfinite(front), return_indices=True)
    front, back = front[tuple(nearest)], back[tuple(nearest)]
    middle = gaussian_filter((front + back) / 2, 2)
    fade = np.exp(-((away * ROW / 0.05) ** 2))
    front, back = (gaussian_filter(middle + fade * (each - middle), 1) for each in (front, back))
    at = cells(pattern.flat)
    return front[at], middle[at], back[at]


def _shoulders(pattern: Pattern, mannequin: Mannequin, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices (k,) of the shoulder seams, where they belong on the ridge of the shoulders (k, 3), and how strongly (k,).

    points: (K, 3), of trunk and arms. Both sides begin equally far from the neck, whatever the picture says.
    """
    joint = abs(mannequin.joints[Bone.L_UPPER_ARM][0])
    seams = {name: seam for name, seam in pattern.shoulders.items() if len(seam) > 1}
    if not seams:
        return np.zeros(0, np.int32), np.zeros((0, 3)), np.zeros(0)
    neck = np.mean([abs(pattern.flat[seam[0], 0]) for seam in seams.values()])
    forward = FORWARD
    if _stands_closed(pattern, float(np.mean([pattern.flat[seam[0], 1] for seam in seams.values()]))):
        neck *= 2 / np.pi  # a tube round the neck, not an opening that lies on the shoulders
        forward = 0.0
    neck = float(np.clip(neck, NARROWEST_NECK, joint - 0.025))
    vertices, places, hold = [], [], []
    for name, seam in seams.items():
        steps = np.linalg.norm(np.diff(pattern.flat[seam], axis=0), axis=1)
        share = np.concatenate([[0.0], np.cumsum(steps)]) / max(steps.sum(), 1e-6)
        reach = neck + share * min(0.9 * steps.sum(), joint + 0.01 - neck)
        sign = -1 if name == "r" else 1
        for distance, part in zip(reach, share, strict=True):
            near = points[np.abs(points[:, 0] - sign * distance) < 0.014]
            ridge = near[near[:, 1] < near[:, 1].min() + 0.012].mean(0)
            ahead = ridge[2] - forward * (1 - part)
            there = near[np.abs(near[:, 2] - ahead) < 0.012]
            high = float(there[:, 1].min()) + 0.004 if len(there) else ridge[1]
            places.append([sign * distance, max(high, ridge[1]), ahead])
        vertices.append(seam)
        hold.append(NECK_PIN + share * (ARM_PIN - NECK_PIN))
    return np.concatenate(vertices).astype(np.int32), np.array(places), np.concatenate(hold)


def _round_neck(pattern: Pattern, mannequin: Mannequin, places: np.ndarray) -> np.ndarray:
    """(k, 3): where an open collar's vertices stand: around the neck from side to side. places: (k, 3), of them as they lie
    flat behind it.
    """
    flat = pattern.flat[pattern.collar]
    neck = mannequin.joints[Bone.NECK]
    skin = mannequin.vertices[np.isin(mannequin.regions, [ELSE, TRUNK])]
    skin = skin[(np.abs(skin - neck)[:, [0, 2]] < NECK_REACH).all(1)]
    result = places.copy()
    for row in np.unique(np.round(flat[:, 1] / ROW)):
        own = np.round(flat[:, 1] / ROW) == row
        near = skin[np.abs(skin[:, 1] - row * ROW) < ROW]
        reach = float(np.abs(flat[own, 0]).max())
        if len(near) < 6 or reach < 0.02:
            continue
        low, high = near[:, [0, 2]].min(0), near[:, [0, 2]].max(0)
        half = (high - low) / 2 + pattern.collar_lift
        half = half * max(1.0, 4 * reach / float(_girth(half[None])[0]))  # as wide as its cloth
        turn = np.pi / 2 * flat[own, 0] / reach
        middle = (low + high) / 2
        result[own, 0] = middle[0] + half[0] * np.sin(turn)
        result[own, 2] = middle[1] + half[1] * np.cos(turn)
    return result


def _stands_closed(pattern: Pattern, neck: float) -> bool:
    """Whether a collar stands up all round: the opening lies above the row where the shoulder seams begin."""
    return "neck" in pattern.openings and float(pattern.flat[pattern.openings["neck"], 1].max()) < neck - STANDS


# ---- tubes -----------------------------------------------------------------------------------------------------------


def _line(mannequin: Mannequin, bones: tuple[Bone, Bone, Bone]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Start (2,) of a limb, unit vectors down it and across it to its outer seam, in the frontal plane."""
    start, _, end = (mannequin.joints[bone][:2] for bone in bones)
    down = (end - start) / np.linalg.norm(end - start)
    across = np.array([down[1], -down[0]])
    return start, down, across * (np.sign(start[0]) or 1.0)


def _limb(pattern: Pattern, mannequin: Mannequin, piece: Piece, points: np.ndarray, regions: np.ndarray) -> _Tube:
    side, bones, region = _LIMBS[piece]
    start, down, out = _line(mannequin, bones)
    inside = np.isin(regions, [region, PALMS]) & (side.sign * points[:, 0] > 0)
    if piece not in SLEEVES:
        inside |= np.isin(regions, [TRUNK, CLOTH]) & (side.sign * points[:, 0] > 0)
    place = points[inside, :2] - start
    held = np.column_stack([place @ down, place @ out, points[inside, 2]])
    own = pattern.piece == piece
    depth, across = (pattern.flat[own] - start) @ down, (pattern.flat[own] - start) @ out
    rows = np.arange(depth.min() - 2 * ROW, depth.max() + 2 * ROW, ROW)
    edges = []
    for sign in (-1, 1):
        edge = sign * pattern.across[own] >= min(0.9, float((sign * pattern.across[own]).max()))
        order = np.argsort(depth[edge], kind="stable")
        edges.append(np.interp(rows, depth[edge][order], across[edge][order]))
    return _tube(start, down, out, rows, held, edges[1] - edges[0])


def _tube(
    start: np.ndarray, down: np.ndarray, out: np.ndarray, rows: np.ndarray, held: np.ndarray, width: np.ndarray
) -> _Tube:
    """A tube that holds points (K, 3), given as metres down, across and away from the viewer, and is as wide as cloth whose
    half girth is ``width`` (R,), metres, in rows (R,), evenly spaced.
    """
    row = np.round((held[:, 0] - rows[0]) / ROW).astype(int)
    near = (row >= 0) & (row < len(rows))
    row, held = row[near], held[near, 1:]
    low, high = np.full((len(rows), 2), np.inf), np.full((len(rows), 2), -np.inf)
    np.minimum.at(low, row, held)
    np.maximum.at(high, row, held)
    low, high = -maximum_filter1d(-low, 5, axis=0), maximum_filter1d(high, 5, axis=0)
    known = np.isfinite(low[:, 0])
    if not known.any():
        raise ValueError("No part of the body lies at the height of this part of the pattern.")
    low, high = (
        np.stack([np.interp(rows, rows[known], each[known, axis]) for axis in (0, 1)], 1) for each in (low, high)
    )
    centre = gaussian_filter1d((low + high) / 2, 2, axis=0, mode="nearest")
    half = np.maximum((high - low) / 2, 0.01)
    reach = np.ones(len(rows))
    np.maximum.at(reach, row, np.sqrt((((held - centre[row]) / half[row]) ** 2).sum(1)))
    half = half * maximum_filter1d(reach, 3)[:, None] + MARGIN
    half = gaussian_filter1d(maximum_filter1d(half, 5, axis=0), 1.5, axis=0, mode="nearest")
    spare = 2 * width - _girth(half)
    return _Tube(start, down, out, rows, centre, half + np.maximum(spare, 0.0)[:, None] / (2 * np.pi))


def _girth(half: np.ndarray) -> np.ndarray:
    """(R,): the girths of ellipses with half axes (R, 2), by Ramanujan's approximation."""
    a, b = half.T
    return np.pi * (3 * (a + b) - np.sqrt((3 * a + b) * (a + 3 * b)))
