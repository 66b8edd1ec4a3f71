"""The sewing patterns of tops and dresses: a front and a back panel, or two fronts that meet in the middle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from fashionmirror_core.cloth.collar import Neckline, front_edge
from fashionmirror_core.cloth.pattern.girths import Girths
from fashionmirror_core.cloth.pattern.laid import Laid, laid
from fashionmirror_core.cloth.pattern.mesh import SPACING, Mesh, Panel, Stretch, sew
from fashionmirror_core.cloth.pattern.pattern import BACK, FRONT, SEAM, Cone, Pattern, Piece
from fashionmirror_core.cloth.pattern.picturing import beside_parting, sleeve_places, trunk_places
from fashionmirror_core.cloth.pattern.skirts import LEAST_FLARE
from fashionmirror_core.cloth.pattern.sleeve import SleeveShape
from fashionmirror_core.cloth.pattern.tops import TopShape, shaped
from fashionmirror_core.cloth.rib import HOOD
from fashionmirror_core.cloth.tailoring import Tailoring
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.vocabulary import Category, Side

MOST_VERTICES = 3000  # about so many, so that draping a long dress takes no longer than a coat
SIDE_TO_SLEEVE = 0.6  # of the way from the armpit straight down to the sleeve: no wider is the trunk beside a sleeve
HOOD_DEPTH, HOOD_RIM, HOOD_RIM_WIDTH = 0.06, 0.012, 0.05
"""Metres: how thick a hood is that hangs down, at its back and around the neck, and how far it lies on the shoulders."""
COLLAR_LIFT, HOOD_LIFT = 0.008, 0.02  # metres that a collar and a hood's rim stand off the neck
FROM_WAIST = 0.05  # metres below the waist over which a skirt that stands becomes stiff, and one that flares a cone
LEAST_CONE = 0.2  # metres: shorter is no skirt
CONE_SHARE = 0.65  # how much of a cone a flaring dress is
CONE_STIFFNESS = 8.0  # how many times as stiff as its fabric
COLLAR_TAPER = 0.4  # of the way down an open collar: how broad it is at least
_MIRROR = np.array([-1.0, 1.0])
_SLEEVES = {Side.RIGHT: Piece.R_SLEEVE, Side.LEFT: Piece.L_SLEEVE}


def cut_top(garment: Garment, girths: Girths, tailoring: Tailoring) -> Pattern:
    """The pattern of a top or a dress."""
    picture = laid(garment)
    shape = shaped(picture, girths, garment, tailoring, neckline_of(garment, picture))
    mesh = sew(_fronts(shape), [_panel(shape, shape.back_depth, max(shape.bend, 2.2), back=True)], _spacing(shape))
    pattern = patterned(shape, picture, mesh)
    cone = _cone(shape, pattern, girths) if garment.flat and garment.category == Category.DRESS else None
    if cone is None:
        return pattern
    return replace(pattern, cone=cone, stiffness=CONE_STIFFNESS ** (cone.share / CONE_SHARE))


def neckline_of(garment: Garment, picture: Laid) -> Neckline:
    """As the picture shows it, in the frame."""
    found = front_edge(garment)
    if found is not None:
        return found
    depth = float(picture.marks["neck_c"][1] - picture.mid("neck")[1]) if "neck_c" in picture.marks else 0.0
    return Neckline(np.zeros((0, 2)), depth, 2.2)


def _spacing(shape: TopShape) -> float:
    """Metres between vertices: wider for so much cloth that it would have more than MOST_VERTICES."""
    return spacing_of(area_of(shape))


def spacing_of(area: float) -> float:
    """The same for so many square metres of cloth."""
    return SPACING * max(1.0, float(np.sqrt(area / (np.sqrt(0.75) * SPACING**2) / MOST_VERTICES)))


def area_of(shape: TopShape) -> float:
    """Square metres of cloth, both panels."""
    area = 4 * float(np.mean(shape.half)) * (shape.rows[-1] - shape.rows[0]) + 4 * shape.half[0] * 0.2
    if shape.sleeve is not None:
        width = np.hypot(*(shape.sleeve.outer - shape.sleeve.inner).T)
        area += 4 * float(width.mean()) * shape.sleeve.along[-1]
    return area


def _line(*points: np.ndarray) -> np.ndarray:
    return np.array(points, float)


def _curve(end: np.ndarray, depth: float, bend: float, base: np.ndarray | None = None) -> np.ndarray:
    """(n, 2): a neckline to its left end (2,) from the mirrored one. base: (2,), down to which it is a strap's edge."""
    share = np.linspace(-1, 1, 49)
    if base is not None:
        between = np.stack([share * base[0], base[1] + (end[1] + depth - base[1]) * (1 - np.abs(share) ** bend)], 1)
        return np.concatenate([[end * _MIRROR], between, [end]])
    return np.stack([share * end[0], end[1] + depth * (1 - np.abs(share) ** bend)], 1)


def _inside_collar(curve: np.ndarray, top: np.ndarray, neck: np.ndarray) -> np.ndarray:
    """A neckline (n, 2) that leaves some of the collar between its upper end (2,) and the neck point (2,)."""
    down = np.clip(curve[:, 1] - top[1], 0, neck[1] - top[1])
    most = np.interp(curve[:, 1], [top[1], neck[1]], [top[0], neck[0]]) - COLLAR_TAPER * down
    return np.column_stack([np.clip(curve[:, 0], -most, most), curve[:, 1]])


def upper_half(shape: TopShape) -> list[Stretch]:
    """The left half of both panels' outlines from the neck point to the armpit."""
    stretches = []
    if shape.collar > 0:
        stretches.append(
            Stretch("collar_l", _line(np.array([shape.collar_half, shape.neck[1] - shape.collar]), shape.neck), True)
        )
    if not shape.strapless:
        stretches.append(Stretch("shoulder_l", _line(shape.neck, shape.shoulder), True))
    sleeve = shape.sleeve
    if sleeve is not None:
        stretches += [
            Stretch("outer_l", sleeve.outer, True),
            Stretch("cuff_l", _line(sleeve.outer[-1], sleeve.inner[-1])),
            Stretch("inner_l", sleeve.inner[::-1], True),
        ]
    elif not shape.strapless:
        stretches.append(Stretch("arm_l", shape.armhole))
    return stretches


def side_of(shape: TopShape, end: float) -> np.ndarray:
    """(n, 2): the left side seam between the armpit and a row, without these."""
    between = (shape.rows > shape.armpit[1] + 1e-4) & (shape.rows < end - 0.004)
    side = np.stack([shape.half, shape.rows], 1)[between]
    if shape.sleeve is not None:
        side[:, 0] = np.minimum(side[:, 0], _beside_sleeve(shape.sleeve.inner, side[:, 1]))
    return side


def _half(shape: TopShape) -> list[Stretch]:
    """The left half of both panels' outlines from the neck point to the hem."""
    end = float(shape.hem[-1])
    corner = np.array([float(shape.half_at(np.array(end))), end])
    side = np.concatenate([[shape.armpit], side_of(shape, end), [corner]])
    return [*upper_half(shape), Stretch("side_l", side, True)]


def _beside_sleeve(inner: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The widest that half a trunk may be in rows under the armpit: a wider one would cross the sleeve.

    inner: (n, 2), the sleeve's inner edge, from the armpit on.
    """
    order = np.argsort(inner[:, 1])
    within = np.interp(rows, inner[order, 1], inner[order, 0])
    below = np.maximum(rows - inner[:, 1].max(), 0.0)
    return np.asarray(inner[0, 0] + SIDE_TO_SLEEVE * (within - inner[0, 0]) + below)


def mirrored(stretches: list[Stretch]) -> list[Stretch]:
    return [
        Stretch(stretch.name.replace("_l", "_r"), (stretch.points * _MIRROR)[::-1], stretch.seam)
        for stretch in stretches[::-1]
    ]


def _hem_curve(shape: TopShape, corner: np.ndarray) -> np.ndarray:
    """(n, 2): the hem from the left side to the right one."""
    share = np.linspace(1, -1, 2 * len(shape.hem) - 1)
    return np.stack([share * corner[0], np.interp(np.abs(share), np.linspace(0, 1, len(shape.hem)), shape.hem)], 1)


def _panel(shape: TopShape, depth: float, bend: float, back: bool = False) -> Panel:
    left = _half(shape)
    neck = neck_edge(shape, left[0].points[0], depth, bend, back)
    hem = _hem_curve(shape, left[-1].points[-1])
    return [Stretch("neck", neck), *left, Stretch("hem", hem), *mirrored(left)]


def neck_edge(shape: TopShape, top: np.ndarray, depth: float, bend: float, back: bool = False) -> np.ndarray:
    """(n, 2): a panel's upper edge from the right to the left, of which top (2,) is the end."""
    if shape.collar > 0 and (back or not shape.collar_open):
        return _line(top * _MIRROR, top)
    neck = _curve(shape.neck if shape.strapless else top, depth + shape.collar, bend, None if back else shape.base)
    return _inside_collar(neck, top, shape.neck) if shape.collar > 0 else neck


def _fronts(shape: TopShape) -> list[Panel]:
    """One panel, or two that meet in the middle."""
    whole = _panel(shape, shape.depth, shape.bend)
    if not shape.open:
        return [whole]
    left = _half(shape)
    neck, hem = whole[0].points, _hem_curve(shape, left[-1].points[-1])
    neck, hem = neck[len(neck) // 2 :], hem[: len(hem) // 2 + 1]
    ends = [Stretch("neck", neck), *left, Stretch("hem", hem), Stretch("front_l", _line(hem[-1], neck[0]))]
    return [ends, mirrored(ends)]


def patterned(shape: TopShape, picture: Laid, mesh: Mesh) -> Pattern:
    """The mesh of a top's or dress's panels with its pieces and places in the picture."""
    count = len(mesh.flat)
    piece, along, across = np.zeros(count, np.int8), np.zeros(count), np.zeros(count)
    places = trunk_places(shape, picture, mesh.flat)
    if shape.open:
        fronts = mesh.flat.copy()
        fronts[mesh.openings["front_r"], 0] -= 1e-9  # its edge is the right front's
        places = np.where((mesh.side == FRONT)[:, None], beside_parting(shape, picture, places, fronts), places)
    for side in Side if shape.sleeve is not None else ():
        assert shape.sleeve is not None
        down, share = _strip(shape.sleeve, mesh.flat * [side.sign, 1.0])
        own = (down > 1e-4) & (share > -1.01)
        piece[own], along[own], across[own] = _SLEEVES[side], down[own], np.clip(share[own], -1, 1)
        places[own] = sleeve_places(shape, picture, side, along[own], across[own])
    neck = mesh.openings["neck"]
    shoulders = {
        str(side): _outward(mesh.flat, mesh.seams[f"shoulder_{side}"]) if not shape.strapless else _none()
        for side in Side
    }
    return Pattern(
        flat=mesh.flat, side=mesh.side, piece=piece, triangles=mesh.triangles, front=mesh.front,
        texel=picture.picture(places), along=along, across=across, openings=dict(mesh.openings),
        shoulders=shoulders, taped=_taped(shoulders, neck, not shape.open),
        held=neck if shape.strapless else _none(), kind=shape.kind, lengths=shape.lengths, doubts=shape.doubts,
        relief=_hood(shape, mesh) if shape.hood else None, collar=_collar(shape, mesh),
        collar_lift=HOOD_LIFT if shape.hood else COLLAR_LIFT, stiffness=_stiffness(shape, mesh),
    )  # fmt: skip


def _cone(shape: TopShape, pattern: Pattern, girths: Girths) -> Cone | None:
    """Of a dress that flares below its waist, or below the bust where it has none: equally long all round, so that its hem
    is level, and its flare goes all round; sides that slant on flat panels hang as two corners. See ``skirts``. Not wholly:
    a pure cone of soft cloth falls into two deep folds, in front and behind, and is narrow as seen from there.
    """
    below = shape.rows > girths.chest_row + FROM_WAIST
    if below.sum() < 2:
        return None
    begin = float(shape.rows[below][shape.half[below].argmin()])
    places = np.linspace(0, 1, len(shape.hem))
    designed = shape.hem + shape.lift * places**2  # as it lies, before it was made level
    length = float(shape.hem[0]) - begin
    hips = min(float(girths.hip_row), float(shape.rows[-1]) - LEAST_CONE)
    low = 2 * float(shape.half[-1] - shape.half_at(np.array(hips))) / float(shape.rows[-1] - hips)
    if length < LEAST_CONE or low < LEAST_FLARE:
        return None
    x, y = pattern.flat.T
    beside = np.clip(x / np.maximum(shape.half_at(y), 1e-3), -1, 1)
    end = np.interp(np.abs(beside), places, shape.hem)
    down = (y - begin) / np.maximum(end - begin, 1e-3)
    longer = max(float(designed[-1] - designed[0]), 0.0) * beside**2
    return Cone(
        beside=beside,
        down=down * (length + longer),
        half=np.interp(begin + np.clip(down, 0, 1) * (shape.rows[-1] - begin), shape.rows, shape.half),
        share=CONE_SHARE * smoothstep((y - begin) / FROM_WAIST) * (pattern.piece == Piece.TRUNK),
    )


def _stiffness(shape: TopShape, mesh: Mesh) -> np.ndarray | None:
    """Of a dress whose skirt is stiffer than its fabric."""
    if shape.stiffness == 1:
        return None
    skirt = smoothstep((mesh.flat[:, 1] - shape.waist) / FROM_WAIST)
    return np.asarray(shape.stiffness**skirt)


def _collar(shape: TopShape, mesh: Mesh) -> np.ndarray:
    """Vertices of the upper half of an open collar, behind and beside the neck."""
    if shape.collar <= 0 or not shape.collar_open:
        return _none()
    upper = mesh.flat[:, 1] < shape.neck[1] - 0.45 * shape.collar
    return np.flatnonzero(upper & ((mesh.side == BACK) | (mesh.side == SEAM))).astype(np.int32)


def _hood(shape: TopShape, mesh: Mesh) -> np.ndarray:
    """(N,) metres: a hood that hangs down, a pouch on the back that gets thinner around the neck."""
    x, y = np.abs(mesh.flat[:, 0]), mesh.flat[:, 1] - shape.neck[1]
    width, low, deep = (share * 2 * shape.neck[0] for share in HOOD)
    pouch = np.sqrt(np.maximum(1 - (x / width) ** 2 - (np.maximum(y - low, 0) / deep) ** 2, 0))
    upwards = smoothstep((low - y) / (low + shape.collar))
    from_neck = np.hypot(np.maximum(x - shape.neck[0], 0), np.maximum(y, 0))
    rim = HOOD_RIM * (1 - smoothstep(from_neck / HOOD_RIM_WIDTH))
    back = np.maximum(HOOD_DEPTH * (1 - upwards) * pouch, rim)
    return np.where(mesh.side == BACK, back, rim)


def _none() -> np.ndarray:
    return np.zeros(0, np.int32)


def _outward(flat: np.ndarray, seam: np.ndarray) -> np.ndarray:
    """The seam's vertices from the neck to the arm."""
    return seam if abs(flat[seam[0], 0]) <= abs(flat[seam[-1], 0]) else seam[::-1]


def _taped(shoulders: Mapping[str, np.ndarray], neck: np.ndarray, ring: bool) -> np.ndarray:
    chains = [*shoulders.values(), np.append(neck, neck[0]) if ring else neck]
    return np.concatenate([np.stack([chain[:-1], chain[1:]], 1) for chain in chains if len(chain) > 1]).astype(np.int32)


def _strip(sleeve: SleeveShape, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Metres along the left sleeve, 0 before its armhole, and shares across it, of points (N, 2)."""
    middle, half = (sleeve.outer + sleeve.inner) / 2, (sleeve.outer - sleeve.inner) / 2
    width = np.hypot(*half.T)
    unit = half / width[:, None]
    normal = np.stack([-unit[:, 1], unit[:, 0]], 1)  # down the sleeve
    ahead = np.einsum("nkx,kx->nk", points[:, None] - middle[None], normal)
    last = len(middle) - 2
    segment = np.clip((ahead > 0).sum(1) - 1, 0, last)
    at = np.arange(len(points))
    before, after = ahead[at, segment], ahead[at, segment + 1]
    share = np.clip(before / np.maximum(before - after, 1e-9), 0, 1)
    place = segment + share
    steps = np.arange(len(middle))

    def on(values: np.ndarray) -> np.ndarray:
        return np.stack([np.interp(place, steps, values[:, axis]) for axis in (0, 1)], 1)

    centre, across = on(middle), on(half)
    shift = ((points - centre) * across).sum(1) / np.maximum((across**2).sum(1), 1e-9)
    down = np.where(ahead[:, 0] <= 0, 0.0, np.interp(place, steps, sleeve.along))
    return down, shift
