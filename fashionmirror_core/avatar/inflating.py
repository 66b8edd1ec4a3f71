"""How deep each piece of the photo is: its inflation between a front and a back sheet, by the body that it is worn on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d, grey_opening
from scipy.spatial import cKDTree

from fashionmirror_core.avatar.anatomy import LEG_BONES, Anatomy
from fashionmirror_core.avatar.hems import ShoeHem, below_level, hem
from fashionmirror_core.avatar.pieces import Piece
from fashionmirror_core.avatar.sheets import Grid, Inflation, inflate, raised, sampled
from fashionmirror_core.avatar.shoulders import depths
from fashionmirror_core.body.fitted import ARM_OF, Bone
from fashionmirror_core.imaging.boxes import Box
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.vocabulary import Part, Side

CELL = 1 / 230  # statures: of a sheet's grid
LOOSENESS, LOOSE_DEPTH = 0.4, 0.03  # of the width beside the body, gained in depth; at most, statures
THING_DEPTH, THING_HALF = 0.2, (0.006, 0.03)  # half a thing's depth: of its smaller side; bounds, statures
THING_FULL = 0.5  # exponent of its profile: fuller than an ellipse
THING_HIDES = 0.08  # of a thing, from which on what it hides tells its depth
SKIRT_LENGTH = 0.08  # statures below the hips, from which a trunk is one with a skirt
RAGGED = 0.05  # statures above the lowest point of a hem, within which it begins
OPEN_FROM = 0.02  # statures above the hips, from which down the trunk's lower rim is a hem
HEM_SAGS = 0.03  # statures that the middle of a level hem may lie lower than its sides in the photo
SEAT = (0.03, 0.12)  # statures below the hips, over which a leg's sheet leaves the seat's depth
HEM_REACH = 0.16  # statures that a hem goes on for the inflation
HANGS = 0.006  # statures of gain in depth from which on cloth hangs from bust and shoulder blades
HANGING_DEPTH = 0.012  # statures that such cloth gains at most besides
SKIRT_DEPTH, SKIRT_FULL = 0.64, 0.8  # of its width, or of how far it stands off the legs at the sides; its exponent
FLARED = 0.35  # of the hips' width, by which a skirt is wider that is as deep as it is wide
SKIRT_BUMP = 0.12  # statures: what stands out of a skirt's side over less of its height is none of it
SKIRT_FROM = 0.04  # statures below the hips, where the body's depth has become the skirt's
WIDE_SKIRT = 0.02  # statures off the legs at the sides, from which a skirt goes round both
HALVES = 0.05  # statures from the middle, over which a skirt's left half becomes its right
SKIRT_SLOPE = 0.3  # of the way down that a skirt comes nearer to the legs below belly and seat


@dataclass(frozen=True)
class Sheets:
    """A piece inflated, before it becomes a mesh: its grid and its depth. open: (h, w) bool, nodes of the rim where front
    and back don't meet, for another sheet goes on there. dropped: (h, w) bool, nodes never seen. goes: (h, w) bool, nodes
    seen in the photo's pose alone. straight: (h, w) float in [0, 1], how much nodes show the photo's pixel at their place
    from the side, too, for the surface goes on there in another sheet. None: nowhere. stands: (h, w), the plane that the
    body's own arm keeps to, which stands in for it; None: the sheet's. bone: what alone moves it, if it is rigid.
    ends: where a leg's cloth ends over a shoe of its own; None: as the photo shows it.
    """

    piece: Piece
    grid: Grid
    inflation: Inflation
    dropped: np.ndarray | None = None
    open: np.ndarray | None = None
    goes: np.ndarray | None = None
    straight: np.ndarray | None = None
    stands: np.ndarray | None = None
    bone: Bone | None = None
    ends: ShoeHem | None = None

    def covers(self, box: Box, places: np.ndarray) -> np.ndarray:
        """Of places (..., 2), photo pixels, bool: where its front hides what is under it."""
        there = sampled(self.piece.front.picture[..., 3] / np.float32(255), box, places) > 0.5
        return there & (self.at(self.grid.inside.astype(np.float32), places, 0.0) > 0.5)

    def at(self, field: np.ndarray, places: np.ndarray, outside: float) -> np.ndarray:
        """A field of the grid at places (..., 2), photo pixels; ``outside`` where the piece isn't."""
        x = ((places[..., 0] - self.grid.x[0]) / self.grid.cell).astype(np.float32)
        y = ((places[..., 1] - self.grid.y[0]) / self.grid.cell).astype(np.float32)
        values = cv2.remap(field.astype(np.float32), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        there = cv2.remap(self.grid.inside.astype(np.float32), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        return np.where(there > 0.5, values, outside).reshape(places.shape[:-1])


def inflated_sheets(anatomy: Anatomy, piece: Piece, box: Box, shod: bool = False) -> Sheets:
    """A piece as sheets. shod: whether a shoe of its own stands in for a leg's foot as soon as the person turns."""
    grid = Grid.over(piece.domain, box, CELL * anatomy.stature)
    if piece.name == Part.TRUNK:
        skirt = below_level(grid, anatomy.hips + SKIRT_LENGTH * anatomy.stature, HEM_SAGS * anatomy.stature)
        low = hem(grid, anatomy.hips - OPEN_FROM * anatomy.stature)
        return Sheets(piece, grid, _trunk(anatomy, grid), open=low, goes=skirt)
    part = Part(piece.name)
    return Sheets(piece, grid, _arm(anatomy, grid, part.side) if part.is_arm else _leg(anatomy, grid, part.side, shod))


def thing_sheets(anatomy: Anatomy, piece: Piece, box: Box, hand: Side | None, parts: Iterable[Sheets]) -> Sheets:
    """A thing that is carried: a cushion before what it hides in the photo. hand: whose it goes with; None: it hangs from
    the trunk. parts: trunk and legs.
    """
    grid = Grid.over(piece.domain, box, CELL * anatomy.stature)
    bone = Bone.PELVIS if hand is None else ARM_OF[hand][-1]
    height = raised(grid, grid.distance)
    full = np.clip(height / max(float(height[grid.inside].max(initial=0)), 1e-3), 0, 1) ** THING_FULL
    size = float(min(np.ptp(grid.place[grid.inside], axis=0))) if grid.inside.any() else 0.0
    least, most = (share * anatomy.stature for share in THING_HALF)
    half = float(np.clip(THING_DEPTH * size, least, most))
    fronts = [part.at(part.inflation.front, grid.place, np.inf) for part in parts]
    hidden = np.min([np.full(grid.inside.shape, np.inf), *fronts], axis=0)
    hidden = hidden[grid.inside & np.isfinite(hidden)]
    depth = float(anatomy.body.joints[bone, 2])
    if len(hidden) > THING_HIDES * grid.inside.sum():
        depth = min(depth, float(np.percentile(hidden, 25)) - half)
    plane = np.full(grid.inside.shape, depth)
    inflation = Inflation(plane - half * full, plane + half * full, plane, np.zeros(plane.shape), full)
    return Sheets(piece, grid, inflation, bone=bone)


def _trunk(anatomy: Anatomy, grid: Grid) -> Inflation:
    hem = float(grid.y[np.flatnonzero(grid.inside.any(1))[-1]])
    skirt = hem >= anatomy.hips + SKIRT_LENGTH * anatomy.stature
    # Below the hips the thighs are the sides of what isn't a skirt.
    first = 0 if skirt else 1
    limbs = anatomy.on(*(bone for side in Side for bone in (*ARM_OF[side][1:], *LEG_BONES[side][first:])))
    upper_arms = anatomy.on(*(ARM_OF[side][0] for side in Side))
    chosen = (limbs < 0.5) & (upper_arms < 0.65) & (anatomy.on(Bone.HEAD) < 0.5)
    pelvis = anatomy.body.joints[Bone.PELVIS, :2]
    far = np.array([pelvis[0], float(grid.y[-1]) + 10])
    # A hem doesn't close: it is inflated as if the cloth went on.
    reach = round(HEM_REACH * anatomy.stature / grid.cell)
    endless = np.pad(grid.distance, ((0, reach), (0, 0)), constant_values=-1.0)
    for column in np.flatnonzero(grid.inside.any(0)):
        low = int(np.flatnonzero(grid.inside[:, column])[-1])
        if grid.y[low] > anatomy.hips - OPEN_FROM * anatomy.stature:
            endless[low + 1 : low + reach, column] = np.maximum(endless[low + 1 : low + reach, column], 1.0)
    spine = anatomy.spine(Bone.NECK, Bone.PELVIS, end=far)
    inflation = inflate(
        grid,
        anatomy.skin[chosen],
        spine,
        LOOSENESS,
        HANGING_DEPTH * anatomy.stature,
        endless,
        HANGS * anatomy.stature,
        float(spine.coordinates(np.array([[anatomy.middle, anatomy.hips]]))[0][0]),
    )
    return _skirt(anatomy, grid, inflation, hem) if skirt else inflation


def _skirt(anatomy: Anatomy, grid: Grid, inflation: Inflation, hem: float) -> Inflation:
    """Below the hips the trunk is a skirt: it hangs from belly and seat, around the legs, as far from them before and
    behind as the photo shows it beside them; it is rounder than a body.
    """
    y = grid.place[..., 1]
    below = smoothstep(y, anatomy.hips - 0.06 * anatomy.stature, anatomy.hips + SKIRT_FROM * anatomy.stature)
    rows = np.flatnonzero(grid.inside.any(1))
    widths = np.array([np.ptp(grid.place[row, grid.nodes[row], 0]) for row in rows]) / 2
    ragged = grid.y[rows] > hem - RAGGED * anatomy.stature
    widths[ragged] = np.maximum.accumulate(widths[ragged])
    # A cuff or a flap that stands out is no part of how far a skirt or a coat is from the legs.
    widths = grey_opening(widths, max(1, round(SKIRT_BUMP * anatomy.stature / grid.cell)), mode="nearest")
    half = gaussian_filter1d(widths, 4, mode="nearest")
    legs, sides = anatomy.around_legs(grid.y[rows])
    off = SKIRT_DEPTH * np.clip(half - legs, 0, None)
    at_hips = int(np.argmin(np.abs(grid.y - anatomy.hips)))
    hips = grid.inside[at_hips]
    flared = np.clip((half / half[np.abs(rows - at_hips).argmin()] - 1) / FLARED, 0, 1)
    fall = SKIRT_SLOPE * np.clip(grid.y[rows] - anatomy.hips, 0, None)
    # Each half of a narrow skirt goes with its leg: they stand apart in depth, too. A wide one is round them both.
    wide = np.clip(off / (WIDE_SKIRT * anatomy.stature), 0, 1)
    both = np.stack([sides[:, 0].min(0), sides[:, 1].max(0)])
    sides = sides + wide * (both - sides)
    right_of_picture = smoothstep((grid.place[..., 0] - anatomy.middle) / anatomy.stature, -HALVES, HALVES)
    shares = (1 - right_of_picture, right_of_picture)
    front, back = np.zeros(y.shape), np.zeros(y.shape)
    for share, (before, behind) in zip(shares, sides, strict=True):
        more = flared * np.clip(SKIRT_DEPTH * half - off - (behind - before) / 2, 0, None)
        before, behind = before - off - more, behind + off + more
        if hips.any():
            before = np.minimum(before, inflation.front[at_hips][hips].min() + fall)
            behind = np.maximum(behind, inflation.back[at_hips][hips].max() - fall)
        front += share * np.interp(y, grid.y[rows], before)
        back += share * np.interp(y, grid.y[rows], behind)
    plane = inflation.plane + below * ((front + back) / 2 - inflation.plane)
    full = inflation.fullness**SKIRT_FULL
    return replace(
        inflation,
        plane=plane,
        front=inflation.front + below * (plane - full * (plane - front) - inflation.front),
        back=inflation.back + below * (plane + full * (back - plane) - inflation.back),
    )


def _arm(anatomy: Anatomy, grid: Grid, side: Side) -> Inflation:
    chosen = anatomy.on(*ARM_OF[side]) > 0.5
    return inflate(grid, anatomy.skin[chosen], anatomy.arm_spine(side), LOOSENESS, LOOSE_DEPTH * anatomy.stature)


def _leg(anatomy: Anatomy, grid: Grid, side: Side, shod: bool) -> Inflation:
    thigh, shin, foot, toes = LEG_BONES[side]
    # What hangs over a shoe goes on straight down: it doesn't reach for the toes.
    chosen = anatomy.on(*((thigh, shin) if shod else LEG_BONES[side])) > 0.5
    inflation = inflate(grid, anatomy.skin[chosen], anatomy.leg_spine(side), LOOSENESS, LOOSE_DEPTH * anatomy.stature)
    inflation = _seat(anatomy, grid, inflation, thigh)
    return inflation if shod else _foot(anatomy, grid, inflation, foot, toes)


def _seat(anatomy: Anatomy, grid: Grid, inflation: Inflation, thigh: Bone) -> Inflation:
    """Near the hips a leg reaches as far back as the seat, which isn't the leg's own; the other thigh is none of it."""
    near = 1 - smoothstep(grid.place[..., 1], *(anatomy.hips + anatomy.stature * share for share in SEAT))
    own = anatomy.on(Bone.PELVIS, thigh) > 0.5
    front, back = depths(grid, (near > 0) & grid.nodes, anatomy.skin[own], anatomy.normals[own], anatomy.stature)
    share = near * np.clip(2 * inflation.fullness, 0, 1)
    return replace(
        inflation,
        front=inflation.front + share * np.minimum(front - inflation.front, 0),
        back=inflation.back + share * np.maximum(back - inflation.back, 0),
    )


def _foot(anatomy: Anatomy, grid: Grid, inflation: Inflation, foot: Bone, toes: Bone) -> Inflation:
    """From the ankle down the front sheet reaches forward to the toes as the body's foot does, the sole closes it."""
    own = anatomy.skin[anatomy.on(foot, toes) > 0.6]
    ankle = anatomy.body.joints[foot]
    places = grid.place.reshape(-1, 2)
    _, nearest = cKDTree(own[:, :2]).query(places, 10)
    instep = own[nearest, 2].min(1).reshape(grid.inside.shape)
    instep = cv2.GaussianBlur(instep, (0, 0), 1.2)
    heel = float(own[:, 2].max())
    y = grid.place[..., 1]
    low = smoothstep(y, ankle[1] - 0.012 * anatomy.stature, ankle[1] + 0.016 * anatomy.stature)
    front = inflation.front + low * (instep - inflation.front)
    round_back = np.minimum(1, 1.5 * inflation.fullness)
    back = inflation.back + low * (front + round_back * (heel - front) - inflation.back)
    plane = inflation.plane + low * (front - inflation.plane)
    return replace(inflation, front=front, back=back, plane=plane)
