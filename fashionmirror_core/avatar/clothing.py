"""Simulated cloth as surfaces, and what of the avatar it hides for good (docs/method.md, "Clothing")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import cKDTree

from fashionmirror_core.avatar.avatar import Avatar
from fashionmirror_core.avatar.head import HAIR
from fashionmirror_core.avatar.kept_top import TAIL, TOP, UNDER_TOP
from fashionmirror_core.avatar.limbs import body_name, sleeve_name
from fashionmirror_core.avatar.skin import skin_name
from fashionmirror_core.avatar.skinning import strongest
from fashionmirror_core.avatar.surface import Surface, Texture
from fashionmirror_core.avatar.things import is_thing
from fashionmirror_core.body.fitted import ARM_OF, LEG_OF, Bone, FittedBody
from fashionmirror_core.body.model import BodyModel
from fashionmirror_core.cloth.pattern.pattern import SEAM, Pattern
from fashionmirror_core.cloth.pictures import ClothPictures
from fashionmirror_core.cloth.underneath import Obstacle
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.person.subject import Subject
from fashionmirror_core.person.undressing import below_hips
from fashionmirror_core.vocabulary import ARM_PARTS, LEG_PARTS, Category, Part, Side

GAP = 4  # texels between front and back picture
FINEST = 1.3  # texels a photo pixel, where the garment's picture has as many: nearer views stay sharp
UPPER_ARMS, WITH_ARM = [Bone.R_UPPER_ARM, Bone.L_UPPER_ARM], 0.15  # weight from which on cloth goes along with an arm
INSIDE_SHOWS = 0.09  # metres from an opening, within which the inside of the cloth may be seen
DIM = 0.72  # brightness of the inside
BEFORE, BEHIND = -0.009, 0.012  # statures: the outside and the inside in the order of depth
OVER_CLOTH = -0.022  # statures: a kept top and the arms lie before a skirt or trousers
THING_COVERED, THING_MOVES = 0.1, 0.15  # of a thing that new cloth would hide; statures that it comes forward at most
HANDS_AHEAD = 0.022  # statures that hands lie before any cloth,
BEYOND_CUFF = (0.012, 0.035)  # over so many statures from the wrist on: cuffs lie on the wrist;
ON_FOREARM, SKIN_LESS = (-0.15, -0.1), 0.008  # from the elbow on so much less does the body's skin that old sleeves hid
WAISTBAND, IN_WAIST = 0.01, 0.045
"""Metres below the waist of trousers or a skirt that stay: from where on they are seen before a top that is tucked in, and
where it ends; it counts as farther away by as much.
"""
HANGS = 0.017  # statures below a waistband that a kept top which hangs over it reaches at least
WIDER_TOP = 1.2  # of its own width: a kept top becomes no wider over what it hangs over
ROW_OF_TOP, ROW_OF_CLOTH = 0.0045, 0.01  # statures up and down, within which the outlines of both are measured
OVER, OVER_NEAR = 0.003, (0.012, 0.06)
"""Statures that a kept top stands off what it hangs over, and from that cloth, over which it becomes its own again."""
BESIDE_TOP, GAP_BESIDE = 0.06, 0.012
"""Statures beside a kept top within which nothing under it is seen, unless old trousers are within the second."""
CORNERS = 0.96  # of a top's width: less is where the corners of its hem begin
HEM_OF_TOP = 0.012, 0.02  # statures above a kept top's hem, from which it hides what is beside it, and what is under it


@dataclass(frozen=True)
class Clothing:
    """One garment as it is drawn.

    outside, inside: its surfaces, whose textures hold the front's picture and, beside it, the back's. vertex: (K,) int32,
    the pattern's vertex that each of theirs is: the seams' stand in both panels. corner: (2, 2), of front and back, texels
    of the garment picture's first pixel. scale: texels a pixel of the garment's picture. relief: (N,), photo pixels by
    which the cloth is drawn thicker, see ``Pattern``.
    """

    outside: Surface
    inside: Surface
    vertex: np.ndarray
    corner: np.ndarray
    scale: float
    relief: np.ndarray | None = None

    @property
    def surfaces(self) -> tuple[Surface, Surface]:
        return self.outside, self.inside

    def without(self, vertices: np.ndarray) -> list[Surface]:
        """The surfaces without triangles all of whose vertices are among these of the pattern's, (N,) bool."""
        dropped = vertices[self.vertex]
        return [
            replace(surface, triangles=np.ascontiguousarray(surface.triangles[~dropped[surface.triangles].all(1)]))
            for surface in self.surfaces
        ]

    def tucked(self, depth: np.ndarray, metre: float) -> Clothing:
        """Worn inside of trousers or a skirt that stay: they are seen before it. depth: (N,), of the pattern's vertices, how
        far below their waist each lies, metres. metre: in photo pixels.
        """
        deep = depth[self.vertex]
        ahead = (-IN_WAIST * metre * smoothstep(deep / WAISTBAND)).astype(np.float32)
        outside, inside = (
            replace(surface, triangles=surface.triangles[(deep[surface.triangles] < IN_WAIST).all(1)], ahead=ahead)
            for surface in self.surfaces
        )
        return replace(self, outside=outside, inside=inside)

    def placed(self, positions: np.ndarray) -> dict[str, np.ndarray]:
        """Surface -> (K, 3): where its vertices are, for positions (N, 3) of the pattern's."""
        points = raised(positions, self.outside.triangles, self.vertex, self.relief)
        return {surface.name: points for surface in self.surfaces}

    def on_garment(self, texels: np.ndarray) -> np.ndarray:
        """(..., 2), pixels of the garment's picture, for texels (..., 2) of the surfaces; NaN stays."""
        behind = texels[..., :1] >= self.corner[1, 0] - GAP / 2 - self.margin
        return (texels - np.where(behind, self.corner[1], self.corner[0])) / self.scale

    @property
    def margin(self) -> float:
        """Texels left of the garment's picture on each of the two."""
        return float(self.corner[0, 0])


def clothing(
    name: str,
    pattern: Pattern,
    pictures: ClothPictures,
    positions: np.ndarray,
    body: FittedBody,
    layer: int = 0,
    hidden: np.ndarray | None = None,
) -> Clothing:
    """A garment's surfaces. positions: (N, 3), photo space, in the photo's pose. layer: how many garments it is worn over.
    hidden: (H, W) bool, where kept clothes lie over it.
    """
    stature = float(np.ptp(body.vertices[:, 1]))
    texture, corner, scale = _atlas(pictures, _density(pattern, positions))
    triangles = pattern.triangles
    count = len(pattern.flat)
    twin = np.full(count, -1)
    on_back = np.unique(triangles[pattern.front :])
    on_front = np.zeros(count, bool)
    on_front[np.unique(triangles[: pattern.front])] = True
    shared = on_back[on_front[on_back]]
    twin[shared] = count + np.arange(len(shared))
    vertex = np.concatenate([np.arange(count), shared]).astype(np.int32)
    behind = np.concatenate([~on_front, np.ones(len(shared), bool)])
    back = triangles[pattern.front :]
    mesh = np.concatenate([triangles[: pattern.front], np.where(twin[back] >= 0, twin[back], back)]).astype(np.int32)
    texel = (pattern.texel[vertex] * scale + (scale - 1) / 2 + np.where(behind[:, None], corner[1], corner[0])).astype(
        np.float32
    )
    relief = None if pattern.relief is None else pattern.relief * _unit(pattern, positions)
    points = raised(positions, mesh, vertex, relief)
    if hidden is not None:
        x, y = np.clip(np.round(points[:, :2]).astype(int), 0, np.array(hidden.shape[::-1]) - 1).T
        mesh = np.ascontiguousarray(mesh[~hidden[y, x][mesh].all(1)])
    _, nearest = cKDTree(body.vertices).query(points)
    bones, weights = strongest(BodyModel.load().skin.weights[nearest])
    outside = Surface(
        name=name,
        vertices=points,
        triangles=mesh,
        weld=vertex.copy(),
        bones=bones,
        weights=weights,
        texel=texel,
        source=points[:, :2].copy(),
        texture=texture,
        bias=(BEFORE - 0.001 * layer) * stature,
        lit=True,
    )
    # All of the inside of an open front is seen from some side.
    near = (from_openings(pattern)[vertex] < INSIDE_SHOWS) | is_open(pattern)
    inside = replace(
        outside,
        name=f"{name} inside",
        triangles=np.ascontiguousarray(mesh[near[mesh].all(1)][:, [0, 2, 1]]),
        bias=BEHIND * stature,
        dim=DIM,
    )
    return Clothing(outside, inside, vertex, corner, scale, relief)


def raised(positions: np.ndarray, triangles: np.ndarray, vertex: np.ndarray, relief: np.ndarray | None) -> np.ndarray:
    """(K, 3) float32: where the vertices of a surface are, for positions (N, 3) of the pattern's; see ``Clothing``."""
    if relief is None:
        return positions[vertex].astype(np.float32)
    corners = vertex[triangles]
    a, b, c = (positions[corners[:, k]] for k in range(3))
    faces = np.cross(b - a, c - a)
    normals = np.stack(
        [sum(np.bincount(corners[:, k], faces[:, axis], len(positions)) for k in range(3)) for axis in range(3)], 1
    )
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    return np.asarray((positions + relief[:, None] * normals)[vertex], np.float32)


def _unit(pattern: Pattern, positions: np.ndarray) -> float:
    """Photo pixels a metre of the pattern."""
    a, b = pattern.triangles[:, 0], pattern.triangles[:, 1]
    flat = pattern.distances(a, b)
    return float(np.median(np.linalg.norm(positions[a] - positions[b], axis=1) / np.maximum(flat, 1e-9)))


def is_open(pattern: Pattern) -> bool:
    """Whether a garment's front is open from the neck to the hem."""
    return "front_r" in pattern.openings


def from_openings(pattern: Pattern) -> np.ndarray:
    """(N,) metres from each vertex to the nearest opening, on the flat pattern."""
    rims = np.unique(np.concatenate([np.zeros(0, np.int64), *pattern.openings.values()]))
    if not len(rims):
        return np.full(len(pattern.flat), np.inf)
    return np.asarray(cKDTree(pattern.flat[rims]).query(pattern.flat)[0])


def _density(pattern: Pattern, positions: np.ndarray) -> float:
    """Photo pixels a pixel of the garment's picture, where it is seen best."""
    a, b, c = (pattern.triangles[:, k] for k in range(3))
    flat = [np.linalg.norm(pattern.texel[i] - pattern.texel[j], axis=1) for i, j in ((a, b), (b, c), (c, a))]
    drawn = [np.linalg.norm(positions[i] - positions[j], axis=1) for i, j in ((a, b), (b, c), (c, a))]
    ratio = np.concatenate(drawn) / np.maximum(np.concatenate(flat), 1e-6)
    return float(np.percentile(ratio, 70))


def _atlas(pictures: ClothPictures, density: float) -> tuple[Texture, np.ndarray, float]:
    """Front and back beside each other at the scale at which they are shown; see ``Clothing.corner`` and ``scale``."""
    scale = min(1.0, FINEST * density)
    front, back = pictures.front, pictures.back
    if scale < 0.95:
        height, width = front.shape[:2]
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        front, back = (cv2.resize(picture, size, interpolation=cv2.INTER_AREA) for picture in (front, back))
    else:
        scale = 1.0
    gap = np.zeros((len(front), GAP, 4), np.uint8)
    picture = np.concatenate([front, gap, back], 1)
    margin = scale * np.array(pictures.offset, float)
    corner = np.stack([margin, margin + np.array([front.shape[1] + GAP, 0])])
    return Texture(np.ascontiguousarray(picture), np.ascontiguousarray(picture[..., 3])), corner, scale


# --------------------------------------------------------------------------------------------------- what cloth hides

INSIDE = 0.035  # statures before the front and behind the back of the cloth that still count as within
UNDER = 0.003  # statures that what goes on under cloth lies inside of it
ON_CLOTH = 0.010  # statures that hair lies outside of it: cloth that swings stays below
UNDERMOST_HAIR = 0.2  # of the depth of hair that was sunk in cloth, in which it stays below other hair
EDGE = 5  # pixels: the cloth's own silhouette counts less this much
SHOWS_NEAR = {"neck": 0.03, "hem": 0.06, "waist": 0.03, "front": 0.12}
"""Statures from an opening, within which what is under the cloth may come into view; 0.02 at cuffs and armholes."""
UNDER_COAT = 0.01, 0.016
"""Statures in the order of depth, by which a kept top and what is worn with it, and its sleeves, lie farther behind under
what is worn over them."""
ARMPIT, ARMPITS_BEHIND = (0.005, 0.05), 0.05  # weight of an upper arm at which cloth is an armpit's; statures
SHOWS_ELSE = 0.02
TUBE_START, TUBE_END = 0.06, 0.02  # statures from the hip and from the hem or cuff, between which a tube hides the limb
SHOULDER = 0.05  # statures down the arm from the joint, within which it doesn't lie before cloth without sleeves
SKIRT_FROM, SKIRT_END = 0.1, 0.05  # statures down the leg that a skirt reaches at least, and from its hem


@dataclass(frozen=True)
class Tube:
    """A sleeve or a leg of trousers, in which a limb is hidden; or a skirt, which hides both legs.

    parts: whose surfaces. line: (K, 3), photo space, the joints down the limb. span: pixels down the line, between which all
    of the limb is inside; an empty one is an armhole, above which the shoulder goes on under the cloth. neck: (n, 3), photo
    space, vertices of the opening at whose side nothing is, for ``reach`` pixels.
    """

    parts: tuple[Part, ...]
    line: np.ndarray
    span: tuple[float, float]
    neck: np.ndarray = field(default_factory=lambda: np.zeros((0, 3)))
    reach: float = 0.0

    def hides(self, points: np.ndarray) -> np.ndarray:
        """(n,) bool, for points (n, 3) of these parts."""
        down = along(points, self.line)
        hidden = (down >= self.span[0]) & (down < self.span[1])
        if len(self.neck):
            hidden &= cKDTree(self.neck).query(points)[0] > self.reach
        return hidden


def along(points: np.ndarray, line: np.ndarray) -> np.ndarray:
    """(n,) pixels: how far down a line (K, 3) the nearest place of it lies, for points (n, 3)."""
    best = np.full(len(points), np.inf)
    result = np.zeros(len(points))
    start = 0.0
    for first, second in pairwise(line):
        way = second - first
        length = float(np.linalg.norm(way))
        share = np.clip((points - first) @ way / max(length**2, 1e-9), 0, 1)
        away = np.linalg.norm(points - first - share[:, None] * way, axis=1)
        nearer = away < best
        best[nearer], result[nearer] = away[nearer], start + share[nearer] * length
        start += length
    return result


def tubes(pattern: Pattern, positions: np.ndarray, body: FittedBody) -> list[Tube]:
    """The tubes of a garment. positions: (N, 3), photo space, in the photo's pose."""
    stature = float(np.ptp(body.vertices[:, 1]))
    margin = TUBE_END * stature
    neck = positions[pattern.openings["neck"]] if "neck" in pattern.openings else np.zeros((0, 3))
    result = []
    for side in Side:
        arm, leg = (body.joints[list(bones[side])].astype(float) for bones in (ARM_OF, LEG_OF))
        if f"arm_{side}" in pattern.openings:
            end = (SHOULDER - TUBE_END) * stature
            result.append(Tube((Part.arm(side),), arm, (end, end)))
        for opening, part, line in ((f"cuff_{side}", Part.arm(side), arm), (f"hem_{side}", Part.leg(side), leg)):
            if opening in pattern.openings:
                end = float(np.percentile(along(positions[pattern.openings[opening]], line), 20))
                start = 0.0 if part.is_arm else TUBE_START * stature
                result.append(Tube((part,), line, (start, end - margin), neck, SHOWS_NEAR["neck"] * stature))
    skirt = "hem" in pattern.openings and "neck" not in pattern.openings
    if "hem" in pattern.openings and not is_open(pattern):
        for side in Side:
            line = body.joints[list(LEG_OF[side])].astype(float)
            end = float(np.percentile(along(positions[pattern.openings["hem"]], line), 10))
            if skirt or end > SKIRT_FROM * stature:
                result.append(Tube((Part.leg(side),), line, (0.0, end - SKIRT_END * stature)))
    return result


def names_of(part: Part) -> tuple[str, ...]:
    """The names of a limb's surfaces."""
    return part, body_name(part), skin_name(part), sleeve_name(part)


def is_hair(surface: Surface) -> bool:
    return surface.name.startswith(HAIR)


OF_SLEEVE = 0.3  # weight of the arm's bones, from which on a kept top is in the sleeve that is worn over it
SLEEVES = tuple(sleeve_name(part) for part in ARM_PARTS)
KEPT_TOP = (TOP, TAIL, UNDER_TOP, *SLEEVES)
UNDER_CLOTH = [Part.TRUNK, skin_name(Part.TRUNK), *(name for part in LEG_PARTS for name in names_of(part))]


@dataclass(frozen=True)
class Cover:
    """Where cloth covers what is under it in the photo's pose.

    front, back: (H, W) float32, its nearest and farthest depth; NaN where it isn't. openings: (K, 3) photo space, vertices
    of its openings, and reach: (K,), photo pixels around each in which something may be seen.
    """

    front: np.ndarray
    back: np.ndarray
    openings: np.ndarray
    reach: np.ndarray
    stature: float
    tubes: tuple[Tube, ...] = ()

    def hides_of(self, surface: Surface) -> np.ndarray:
        """(N,) bool: a surface's vertices that it hides."""
        if is_hair(surface):
            return np.zeros(len(surface.vertices), bool)
        hidden = self.hides(surface.vertices)
        if any(surface.name in names_of(arm) for arm in ARM_PARTS):  # beside or before the cloth, unless in a sleeve
            fore = np.isin(surface.bones, [bone for side in Side for bone in ARM_OF[side][1:]])
            hidden &= (surface.weights * fore).sum(1) < 0.5
        for tube in self.tubes:
            if any(surface.name in names_of(part) for part in tube.parts):
                hidden |= tube.hides(surface.vertices.astype(np.float64))
            elif surface.name == TOP and tube.parts[0].is_arm:  # the upper half of its sleeve is its own
                own = np.isin(surface.bones, ARM_OF[tube.parts[0].side])
                hidden |= ((surface.weights * own).sum(1) > OF_SLEEVE) & tube.hides(surface.vertices.astype(np.float64))
        return hidden

    def hides(self, points: np.ndarray) -> np.ndarray:
        """(n,) bool: which points (n, 3), photo space, lie under the cloth and far from its openings."""
        height, width = self.front.shape
        x = np.round(points[:, 0]).astype(int)
        y = np.round(points[:, 1]).astype(int)
        there = (x >= 0) & (y >= 0) & (x < width) & (y < height)
        x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
        slack = INSIDE * self.stature
        with np.errstate(invalid="ignore"):
            within = (points[:, 2] > self.front[y, x] - slack) & (points[:, 2] < self.back[y, x] + slack)
        hidden = there & within
        if len(self.openings) and hidden.any():
            own = np.flatnonzero(hidden)
            for reach in np.unique(self.reach):
                chosen = cKDTree(self.openings[self.reach == reach])
                hidden[own] &= chosen.query(points[own])[0] > reach
        return hidden

    def tucked(self, surface: Surface) -> np.ndarray:
        """(N, 3) float32: a surface's vertices, those beside the cloth's openings moved inside of it: what goes on under a
        hem or a cuff lies under it in the photo's pose, too, however wide the photo's limb is. Hair down the back lies
        outside of it.
        """
        points = surface.vertices
        inside = np.zeros(len(points), bool)
        if any(surface.name in names_of(arm) for arm in ARM_PARTS):
            for tube in self.tubes:
                if any(surface.name in names_of(part) for part in tube.parts):
                    inside |= along(points.astype(np.float64), tube.line) < tube.span[1] + TUBE_END * self.stature
        elif surface.name in UNDER_CLOTH:
            inside[:] = True
        height, width = self.front.shape
        x, y = np.round(points[:, :2]).astype(int).T
        there = (x >= 0) & (y >= 0) & (x < width) & (y < height)
        inside &= there
        x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
        front, back = self.front[y, x], self.back[y, x]
        if is_hair(surface):
            over = back + ON_CLOTH * self.stature
            sunk = there & (points[:, 2] > (front + back) / 2) & (points[:, 2] < over)
            result = points.copy()
            result[sunk, 2] = (over + UNDERMOST_HAIR * (points[:, 2] - over))[sunk]
            return result
        slack, gap = INSIDE * self.stature, np.minimum(UNDER * self.stature, (back - front) / 2)
        with np.errstate(invalid="ignore"):
            inside &= (points[:, 2] > front - slack) & (points[:, 2] < back + slack)
            depth = np.clip(points[:, 2], front + gap, back - gap)
        result = points.copy()
        result[inside, 2] = depth[inside]
        return result


def cover(pattern: Pattern, positions: np.ndarray, front: np.ndarray, back: np.ndarray, body: FittedBody) -> Cover:
    """positions: (N, 3), photo space. front, back: (H, W), depth of the cloth drawn from before and from behind."""
    stature = float(np.ptp(body.vertices[:, 1]))
    rims, reach = [], []
    for name, vertices in pattern.openings.items():
        rims.append(positions[vertices])
        kind = name.split("_")[0]
        reach.append(np.full(len(vertices), SHOWS_NEAR.get(kind, SHOWS_ELSE) * stature))
    solid = np.isfinite(front) & np.isfinite(back)
    solid = cv2.erode(solid.astype(np.uint8), np.ones((EDGE, EDGE), np.uint8)) > 0
    return Cover(
        np.where(solid, front, np.nan).astype(np.float32),
        np.where(solid, back, np.nan).astype(np.float32),
        np.concatenate([np.zeros((0, 3)), *rims]),
        np.concatenate([np.zeros(0), *reach]),
        stature,
        tuple(tubes(pattern, positions, body)),
    )


def with_hands_ahead(surface: Surface, body: FittedBody) -> Surface:
    """A surface of an arm whose hand is seen before cloth that it presses on."""
    part = next((part for part in ARM_PARTS if surface.name.startswith(part)), None)
    if part is None:
        return surface
    _, forearm, hand = ARM_OF[part.side]
    stature = float(np.ptp(body.vertices[:, 1]))
    along = body.joints[hand] - body.joints[forearm]
    along = along / max(float(np.linalg.norm(along)), 1e-9)
    beyond = (surface.vertices - body.joints[hand]) @ along / stature
    ahead = HANDS_AHEAD * smoothstep(beyond, *BEYOND_CUFF)
    if surface.name == skin_name(part):  # what the photo shows of the hand stays before it
        ahead -= SKIN_LESS * smoothstep(beyond, *ON_FOREARM)
    return replace(surface, ahead=(stature * ahead).astype(np.float32))


def before_cloth(surface: Surface, covers: Sequence[Cover]) -> Surface:
    """A thing that is carried, moved before the new cloth that its place in the photo has: the old clothes that it was seen
    before were narrower. Any other surface as it is.
    """
    if not is_thing(surface.name):
        return surface
    columns, rows = np.round(surface.vertices[:, :2]).astype(int).T
    moved = 0.0
    for cover in covers:
        height, width = cover.front.shape
        x, y = np.clip(columns, 0, width - 1), np.clip(rows, 0, height - 1)
        cloth = cover.front[y, x]
        there = np.isfinite(cloth) & (x == columns) & (y == rows)
        if there.mean() > THING_COVERED:
            behind = float(surface.vertices[:, 2].max()) - float(np.percentile(cloth[there], 25))
            moved = max(moved, min(behind, THING_MOVES * cover.stature))
    return replace(surface, vertices=surface.vertices - np.array([0, 0, moved], np.float32)) if moved else surface


def without_hidden(surfaces: Sequence[Surface], covers: Sequence[Cover], over: Sequence[str] = ()) -> list[Surface]:
    """The surfaces without triangles that cloth hides in the photo's pose, which it hides in every other, and tucked under
    it where they come out. over: names of those that lie over the cloth.
    """
    result = []
    top_stays = any(surface.name == TOP for surface in surfaces)
    for surface in surfaces:
        # What is carried lies before clothes, whichever.
        if covers and (surface.name in over or is_thing(surface.name)):
            result.append(replace(surface, bias=surface.bias + OVER_CLOTH * covers[0].stature))
            continue
        hidden = np.zeros(len(surface.vertices), bool)
        if covers and top_stays and surface.name in (*KEPT_TOP, *UNDER_CLOTH):
            behind = UNDER_COAT[surface.name in SLEEVES] * covers[0].stature
            surface = replace(surface, bias=surface.bias + behind)
            if surface.name == Part.TRUNK:
                surface = _armpits_behind(surface, covers[0].stature)
        inside = surface
        for own in covers:
            hidden |= own.hides_of(surface)
            inside = replace(inside, vertices=own.tucked(inside))
        triangles = surface.triangles[~hidden[surface.triangles].all(1)]
        result.append(replace(inside, triangles=np.ascontiguousarray(triangles)))
    return result


def _armpits_behind(surface: Surface, stature: float) -> Surface:
    """The sheet of a trunk whose cloth beside the arms, which goes along with them, lies behind what is worn over it."""
    of_arm = (surface.weights * np.isin(surface.bones, UPPER_ARMS)).sum(1)
    ahead = -ARMPITS_BEHIND * stature * smoothstep(of_arm, *ARMPIT)
    return replace(surface, ahead=ahead.astype(np.float32))


# --------------------------------------------------------------------------------------------- what cloth lies over


def under_kept_top(subject: Subject, stage: Stage, size: tuple[int, int]) -> np.ndarray:
    """(H, W) bool: where a top that stays hides new trousers or a skirt. size: (width, height) of the photo. Of a long one
    only what stays: its lower end goes with the old trousers or skirt.
    """
    kept = (subject.parsing.upper > 0.5) & (below_hips(subject.parts[Part.TRUNK], subject.parsing, subject.body) < 0.5)
    top = cv2.morphologyEx(kept.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    narrow, wide = (2 * max(1, round(share * subject.body.stature)) + 1 for share in HEM_OF_TOP)
    edge, inner = (cv2.erode(top, np.ones((reach, 3), np.uint8)) for reach in (narrow, wide))
    beside = _beside(edge, subject.parsing.lower, subject.body.stature)
    return stage.uncrop(np.maximum(inner, beside).astype(np.float32), size) > 0.5


def _beside(top: np.ndarray, lower: np.ndarray, stature: float) -> np.ndarray:
    """(H, W) of 0 and 1: what is beside a top (H, W), down to where its corners begin: what is wider than it under it isn't
    seen there. lower: (H, W) in [0, 1], the old trousers or skirt: where the photo shows them beside the top, it ends there.
    """
    result = np.zeros_like(top)
    reach, gap = (max(1, round(share * stature)) for share in (BESIDE_TOP, GAP_BESIDE))
    widest = 0.0
    for row in np.flatnonzero(top.any(1)):
        columns = np.flatnonzero(top[row])
        first, last = int(columns[0]), int(columns[-1])
        widest = max(0.98 * widest, float(last - first))
        if last - first < CORNERS * widest:
            continue
        if not (lower[row, max(0, first - gap) : first] > 0.5).any():
            result[row, max(0, first - reach) : first] = 1
        if not (lower[row, last + 1 : last + 1 + gap] > 0.5).any():
            result[row, last + 1 : last + 1 + reach] = 1
    return result


def hung_over(surface: Surface, pattern: Pattern, positions: np.ndarray, stature: float) -> Surface:
    """The sheet of a top that stays, as wide as what it hangs over, its front before and its back behind that. positions:
    (N, 3), photo space, of that garment's pattern in the photo's pose. stature: photo pixels.
    """
    points = _wide_as(surface.vertices.astype(np.float64), positions, stature)
    middle = surface.weld != np.arange(len(points))
    middle[surface.weld[middle]] = True  # the rim
    half = len(points) // 2  # the front's vertices come first
    for sign, own, side in ((-1, slice(0, half), pattern.side <= SEAM), (1, slice(half, None), pattern.side >= SEAM)):
        under = positions[side]
        away, nearest = cKDTree(under[:, :2]).query(points[own, :2], 6)
        share = 1 / (away + 0.004 * stature) ** 2
        depth = (under[nearest, 2] * share).sum(1) / share.sum(1) + sign * OVER * stature
        near = (1 - smoothstep(away[:, 0] / stature, *OVER_NEAR)) * ~middle[own]
        points[own, 2] += sign * near * np.maximum(sign * (depth - points[own, 2]), 0)
    return replace(surface, vertices=points.astype(np.float32))


def _wide_as(points: np.ndarray, cloth: np.ndarray, stature: float) -> np.ndarray:
    """A top's vertices (V, 3), moved aside where they lie within the outline of cloth (N, 3) under it, photo space."""
    middle, waist = float(np.median(cloth[:, 0])), float(cloth[:, 1].min())
    rows = np.arange(waist - OVER_NEAR[1] * stature, points[:, 1].max() + 1, 0.004 * stature)
    near = smoothstep((rows - waist) / stature, -OVER_NEAR[1], 0)
    result = points.copy()
    for sign in (-1, 1):
        outlines = []
        for each, height, more in ((points, ROW_OF_TOP, 0.0), (cloth, ROW_OF_CLOTH, OVER)):
            aside = sign * (each[:, 0] - middle)
            reach = [aside[np.abs(each[:, 1] - row) < height * stature].max(initial=0.0) for row in rows]
            outlines.append(np.array(reach) + more * stature)
        top, under = (np.maximum(reach, 1.0) for reach in outlines)
        wider = gaussian_filter1d(near * (np.clip(under / top, 1, WIDER_TOP) - 1), 1.0, mode="nearest")
        own = sign * (points[:, 0] - middle) > 0
        result[own, 0] += np.interp(points[own, 1], rows, wider) * (points[own, 0] - middle)
    return result


def hangs_over(hidden: np.ndarray, waist: np.ndarray, stature: float) -> bool:
    """Whether a kept top hangs over new trousers or a skirt; else it is tucked in. hidden: (H, W) bool, see
    ``under_kept_top``. waist: (K, 3), photo space, the new waistband. stature: photo pixels.
    """
    left, right = np.percentile(waist[:, 0], [15, 85])
    columns = np.arange(max(int(left), 0), min(int(right) + 1, hidden.shape[1]))
    row = int(np.median(waist[:, 1]) + HANGS * stature)
    return 0 <= row < len(hidden) and len(columns) > 0 and bool(hidden[row, columns].mean() > 0.5)


def kept_obstacles(avatar: Avatar, categories: Sequence[Category]) -> list[Obstacle]:
    """Old clothes that stay and lie under the new ones. categories: of the new clothes."""
    if any(category != Category.UPPER for category in categories):
        return []  # a kept top over new trousers is tucked into them
    cloth = avatar.cutting.kept_cloth()
    origin = np.array(avatar.cutting.box[:2])
    obstacles = []
    for surface in avatar.surfaces:
        if surface.name not in (Part.TRUNK, *LEG_PARTS, TOP):
            continue
        x, y = np.clip(np.round(surface.vertices[:, :2] - origin).astype(int), 0, np.array(cloth.shape[::-1]) - 1).T
        weights = np.zeros((len(surface.vertices), len(Bone)))
        np.add.at(weights, (np.arange(len(weights))[:, None], surface.bones), surface.weights)
        # Cloth that goes along with an arm would be a web beside it where the arms are held out, and catch sleeves.
        solid = (cloth[y, x] > 0.5) & (weights[:, UPPER_ARMS].sum(1) < WITH_ARM)
        if surface.name != TOP and surface.shown is not None:  # the kept top stands in for what goes
            solid &= surface.shown == 0
        triangles = surface.triangles[solid[surface.triangles].all(1)]
        if not len(triangles):
            continue
        obstacles.append(Obstacle(surface.vertices.astype(np.float64), triangles, weights, surface.hangs))
    return obstacles
