"""Tops and dresses are constructed: trunk, armholes, straight sleeves and neck, with the measures of picture and body.

All of it is symmetric, so shapes are those of the wearer's left (x > 0). Metres, dress space (see ``cloth.mannequin``).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.ndimage import gaussian_filter1d

from fashionmirror_core.cloth.collar import Neckline, has_deep_front, has_hood
from fashionmirror_core.cloth.pattern.girths import Girths
from fashionmirror_core.cloth.pattern.laid import Laid
from fashionmirror_core.cloth.pattern.scale import scale_of
from fashionmirror_core.cloth.pattern.sleeve import SleeveShape, chosen_sleeves, cut_sleeve, sleeves_of
from fashionmirror_core.cloth.pattern.trunk import cut_trunk, from_hips, least_widths, over_hips, roomy
from fashionmirror_core.cloth.pattern.waist import stiffness
from fashionmirror_core.cloth.pattern.worn_over import is_open
from fashionmirror_core.cloth.tailoring import Cut, Tailoring
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.vocabulary import Category, Side, SleeveChoice

_STRAPS = (0.015, 0.09), (0.76, 0.96)
"""Of straps so broad, metres: how far out on the shoulders they lie at most, of the way to the shoulders' ends."""
_STRAPS_APART, _SHORTEST_STRAP = 0.85, 0.02  # of the armpit's distance from the middle, at most; metres
_STRAP_END = 0.03  # metres over which a strap that the cut-out lacks widens into the top's upper edge
_OVER_SKIN = 0.008  # metres from skin to cloth at the shoulders
_BELOW_ARMPITS = {False: 0.08, True: 0.22}  # metres that a front's opening reaches, and a jacket's or between lapels
_STRAIGHT = 1.12  # of its half width at the armpits: a jacket's or a blazer's anywhere below, at most
_UNEVEN = 0.03, 0.06  # metres that a hem hangs lower at its sides: of one that is level, and of one that is cut so
_LEVELLED = 0.7  # how much of the way a flaring dress's hem, level as it lies, is cut to be level as it hangs
_ROUND_CHEST = 1.06  # of its width as it is seen: the cloth before a chest, which is round
_THIN_STRAP = 0.035  # metres: tops with narrower straps are as low at the back as in front
_COLLARS = 0.03, 0.13  # metres between which closed collars stand up
_OPEN_COLLARS = 0.025, 0.05  # metres between which collars of an open neck do
_HOODS = 0.04, 0.06  # metres between which a hood that hangs down does, around the neck


@dataclass
class TopShape:
    """neck, shoulder, armpit: (2,), ends of the shoulder seam and of the armhole. armhole: (k, 2), from shoulder to armpit.
    rows, half: (R,), y and half the trunk's width from armpit to hem. picture_rows: (R,), the rows of the frame there.
    hem: (n,), y of the hem at shares from the middle to the side. depth, back_depth: of the neckline below the neck
    points; bend: its exponent, 1 for a V. collar: metres that a collar stands up above the neck points; collar_half: its
    half width at the top; collar_open: the front's edge begins there; collar_rise: pixels of the collar. hood: it is the
    rim of a hood that hangs down. lift: metres by which the hem's ends lie higher than in the picture. base: (2,), where
    straps that the picture lacks meet the front's upper edge, on their inside. scale: metres a pixel. shown: share of the
    length below the armpits that is left. stiffness: of the cloth below the waist, y of dress space, where a skirt stands
    (see ``waist``).
    """

    neck: np.ndarray
    shoulder: np.ndarray
    armpit: np.ndarray
    armhole: np.ndarray
    rows: np.ndarray
    half: np.ndarray
    picture_rows: np.ndarray
    hem: np.ndarray
    depth: float
    back_depth: float
    bend: float
    scale: float
    kind: str
    sleeve: SleeveShape | None = None
    collar: float = 0.0
    collar_half: float = 0.0
    collar_open: bool = False
    collar_rise: float = 0.0
    hood: bool = False
    lift: float = 0.0
    strapless: bool = False
    base: np.ndarray | None = None
    open: bool = False
    shown: float = 1.0
    stiffness: float = 1.0
    waist: float = 0.0
    lengths: dict[str, float] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)

    def half_at(self, y: np.ndarray) -> np.ndarray:
        """Half the width of the trunk without sleeves in rows y."""
        arm = self.armhole
        ys = np.concatenate([arm[:, 1], self.rows[1:]])
        order = np.argsort(ys, kind="stable")
        return np.interp(y, ys[order], np.concatenate([arm[:, 0], self.half[1:]])[order])

    def top_at(self, x: np.ndarray) -> np.ndarray:
        """Row of the line from neck point to neck point and along the shoulder seams, at |x|."""
        if self.strapless:
            return np.full(np.shape(x), self.neck[1])
        return np.interp(np.abs(x), [self.neck[0], self.shoulder[0]], [self.neck[1], self.shoulder[1]])


def shaped(
    picture: Laid, girths: Girths, garment: Garment, tailoring: Tailoring, neckline: Neckline, ends: float | None = None
) -> TopShape:
    """A top or dress for a body. neckline: as its picture shows it. ends: the row of the body where the trunk ends, of what
    goes on in legs.
    """
    depth, bend = neckline.depth, neckline.bend
    category = Category(garment.category)
    strapless = tailoring.cut is Cut.STRAPLESS or not picture.has("shoulder")
    sleeves = "none" if strapless else sleeves_of(garment, tailoring)
    scale = scale_of(picture, girths, garment, sleeves, strapless, category, ends)
    doubts: list[str] = []
    collar = 0.0 if strapless else scale * neckline.rise
    round_neck = girths.girth(girths.neck_row - 0.02) / 4 * 1.06
    neck, shoulder = _shoulder(picture, girths, scale, sleeves, round_neck if neckline.closed else 0.0)
    armpit_row = float(picture.mid("armpit")[1])
    start = armpit_row if picture.has("shoulder") else float(picture.mid("neck")[1])
    ease = tailoring.ease
    if strapless:
        top = girths.armpit_row + 0.015
        pit = top
    else:
        deep = (armpit_row - float(picture.mid("shoulder")[1])) * scale
        low, room = (0.02, 0.05) if sleeves == "none" else (0.03, 0.08)
        if shoulder[0] - neck[0] < _THIN_STRAP:
            room = 0.005  # straps are adjusted
        least = girths.armpit_row + low - shoulder[1]
        pit = shoulder[1] + float(np.clip(deep, least, least + room))
    bottom = None
    if garment.flat and category is Category.UPPER and not strapless:
        bottom = float(neck[1] + scale * (picture.hem - picture.mid("neck")[1]))
    rows, half, picture_rows, shown, lean = cut_trunk(
        picture, girths, garment, tailoring, scale, start, pit, category, ends, bottom
    )
    half = half * min(ease, 1.0)
    least = least_widths(girths, rows)
    if category is Category.DRESS:
        half, least = over_hips(rows, half, least, girths)
    elif garment.flat:
        half = roomy(rows, half, least)
        if has_deep_front(garment):  # vents and fronts that are spread out make it look as if it flared
            half = np.minimum(half, _STRAIGHT * half[0])
    half = np.maximum(half, least) * max(ease, 1.0)
    if category is Category.DRESS:
        half = from_hips(rows, half, girths)
    armpit = np.array([half[0], pit])
    if strapless:
        neck = shoulder = armpit
    armhole = np.stack([np.linspace(shoulder[0], armpit[0], 15), np.linspace(shoulder[1], armpit[1], 15)], 1)
    sleeve = None
    if sleeves != "none":
        # In a worn garment's picture the armpit is the body's; the flat pattern's lies farther out, and the sleeve with it.
        aside = 0.0 if garment.flat else max(float(armpit[0]) - scale * picture.span("armpit") / 2, 0.0) / 2
        choice = chosen_sleeves(garment, tailoring)
        sleeve, armpit, armhole = cut_sleeve(
            picture, girths, scale, sleeves, shoulder, armpit, aside, tailoring, choice
        )
        if armpit[1] > pit:  # the arm needs a deeper armhole
            rows = np.linspace(armpit[1], rows[-1], len(rows)) if rows[-1] > armpit[1] + 0.1 else rows + armpit[1] - pit
            pit = armpit[1]
    vertical = (pit - neck[1]) / max(armpit_row - float(picture.mid("neck")[1]), 1.0)
    lower = _BELOW_ARMPITS[has_deep_front(garment)]
    front = 0.0 if strapless else float(np.clip(depth * vertical, 0.015, pit - neck[1] + lower))
    base = None
    if picture.tips is not None and not strapless and sleeves == "none":
        base = _strap_base(picture, scale, vertical, neck, armpit)
        low = pit - (armpit_row - float(picture.marks["neck_c"][1])) * vertical - neck[1]
        front = float(np.clip(low, base[1] - neck[1] + 0.005, pit - neck[1] + lower))
    strap = shoulder[0] - neck[0]
    if sleeves == "none" and not strapless:
        armhole[:, 0] += scale * hollow(picture, len(armhole))
        if not garment.flat:  # before the body it is no wider than it is seen; under the arm it goes round to the side
            seen = _ROUND_CHEST * scale * armhole_edge(picture, len(armhole))
            armhole[1:-1, 0] = np.minimum(armhole, seen[:, None])[1:-1, 0]
        inner = np.clip(1 - (armhole[:, 1] - neck[1]) / front, 0, 1) ** (1 / bend) * neck[0]
        if base is None:
            armhole[1:-1, 0] = np.maximum(armhole[1:-1, 0], (inner + strap)[1:-1])
        if base is not None:
            armhole[1:-1, 0] = _beside_straps(armhole, neck, base, front, bend, strap)[1:-1]
    back = min(0.03, 0.42 * front) if strap > _THIN_STRAP else 0.8 * front
    hem = _hem(picture, rows, picture_rows, shown, start)
    lift = _slant(rows, half, girths)
    if garment.flat:
        own = float(hem[0] - hem[-1])
        lift = _LEVELLED * max(lift - max(own, 0.0), 0.0) if category is Category.DRESS else 0.0
    hem = hem - lift * np.linspace(0, 1, len(hem)) ** 2
    opened = not strapless and is_open(garment, picture, tailoring)
    hood = has_hood(garment) and collar > 0
    if collar:
        low, high = _COLLARS if neckline.closed else _HOODS if hood else _OPEN_COLLARS
        # A closed one goes round the neck as a tube, which begins higher on the shoulders than its flat half width.
        start = girths.shoulder_top(2 / np.pi * neck[0]) if neckline.closed else neck[1]
        collar = float(np.clip(collar, low, min(max(min(start, neck[1]) - girths.collar_row, low), high)))
    if garment.sight is not None and garment.sight.answer("straps") == "one-shoulder":
        doubts.append("The top has one shoulder in its picture; it is cut with two.")
    if sleeves != "none" and not picture.sleeves:
        doubts.append("No sleeves are seen: they are cut from the trunk's cloth.")
    if strapless and chosen_sleeves(garment, tailoring) in (SleeveChoice.SHORT, SleeveChoice.LONG):
        doubts.append("Without shoulders in its picture it gets no sleeves; use another picture for them.")
    kind = _kind(category, sleeves, strapless, opened)
    shape = TopShape(
        neck=neck, shoulder=shoulder, armpit=armpit, armhole=armhole, rows=rows, half=half, picture_rows=picture_rows,
        hem=hem, depth=front, back_depth=back, bend=bend, scale=scale, kind=kind, sleeve=sleeve,
        strapless=strapless, open=opened, shown=shown, doubts=doubts,
        collar=collar, collar_half=max(round_neck, 0.9 * neck[0]), collar_open=not neckline.closed,
        collar_rise=neckline.rise, hood=hood, lift=lift, base=base, stiffness=stiffness(lean), waist=float(girths.waist_row),
    )  # fmt: skip
    shape.lengths = _lengths(shape)
    return shape


def _strap_base(picture: Laid, scale: float, vertical: float, neck: np.ndarray, armpit: np.ndarray) -> np.ndarray:
    """See ``TopShape.base``. vertical: metres a pixel above the armpit."""
    assert picture.tips is not None
    x, y = picture.tips
    row = armpit[1] - (float(picture.mid("armpit")[1]) - y) * vertical
    return np.array([
        np.clip(scale * x, neck[0], _STRAPS_APART * armpit[0]),
        np.clip(row, neck[1] + _SHORTEST_STRAP, armpit[1] - _SHORTEST_STRAP),
    ])  # fmt: skip


def _beside_straps(
    armhole: np.ndarray, neck: np.ndarray, base: np.ndarray, front: float, bend: float, strap: float
) -> np.ndarray:
    """(k,): x of an armhole (k, 2) that begins as the outer edge of a strap, so broad, and goes over into the upper edge."""
    y = armhole[:, 1]
    edge = neck[0] + np.clip((y - neck[1]) / (base[1] - neck[1]), 0, 1) * (base[0] - neck[0])
    deeper = np.clip((y - base[1]) / max(neck[1] + front - base[1], 1e-3), 0, 1)
    inner = np.where(deeper > 0, base[0] * (1 - deeper) ** (1 / bend), edge)
    outer = edge + strap + smoothstep((y - base[1]) / _STRAP_END) * (armhole[:, 0] - edge - strap)
    return np.asarray(np.maximum(outer, inner + strap))


def _kind(category: Category, sleeves: str, strapless: bool, opened: bool) -> str:
    what = "dress" if category is Category.DRESS else "top"
    if opened:
        what = "coat"
    if strapless:
        return f"strapless {what}"
    return {"none": f"sleeveless {what}", "short": f"short-sleeved {what}", "long": f"long-sleeved {what}"}[sleeves]


def _shoulder(
    picture: Laid, girths: Girths, scale: float, sleeves: str, least_neck: float
) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the shoulder seam: on the body's own line from neck to shoulder."""
    end = girths.shoulder_points[Side.LEFT]
    inner = 0.24 * girths.shoulder_width
    start = np.array([inner, girths.shoulder_top(inner)])
    slope = (end[1] - start[1]) / (end[0] - start[0])

    def at(x: float) -> np.ndarray:
        return np.array([x, start[1] + slope * (x - start[0]) - _OVER_SKIN])

    if not picture.has("shoulder"):
        return at(inner), at(end[0])
    broad = scale * abs(picture.marks["shoulder_l"][0] - picture.marks["shoulder_r"][0]) / 2
    most = 1.22 if sleeves != "none" else 1.1
    broad = float(np.clip(broad, (0.92 if sleeves != "none" else 0.4) * end[0], most * end[0]))
    narrow = scale * abs(picture.marks["neck_l"][0] - picture.marks["neck_r"][0]) / 2
    if sleeves == "none":  # a hanger draws straps apart; on a body they don't lie on its shoulders' edge
        strap = max(broad - narrow, 0.0)
        inward = max(broad - end[0] * float(np.interp(strap, *_STRAPS)), 0.0)
        broad, narrow = broad - inward, narrow - inward
    least = max(0.165 * girths.shoulder_width, least_neck)
    narrow = float(np.clip(narrow, least, max(broad - 0.022, least)))
    return at(narrow), at(max(broad, narrow + 0.02))


def hollow(picture: Laid, count: int) -> np.ndarray:
    """(count,): pixels by which a sleeveless armhole lies inside the line from shoulder to armpit, negative; both sides'
    mean.
    """
    shares = np.linspace(0, 1, count)
    ends = [np.mean([abs(picture.marks[f"{name}_{side}"][0]) for side in Side]) for name in ("shoulder", "armpit")]
    bulge = armhole_edge(picture, count) - (ends[0] + shares * (ends[1] - ends[0]))
    reach = 0.45 * picture.span("armpit") / 2
    bulge = np.clip(bulge, -reach, 0.02 * reach) * np.minimum(1, 8 * shares * (1 - shares))
    bulge = gaussian_filter1d(bulge, 1)
    bulge[[0, -1]] = 0.0
    return np.asarray(bulge)


def armhole_edge(picture: Laid, count: int) -> np.ndarray:
    """(count,): pixels from the middle to the edge of a sleeveless armhole, from shoulder to armpit; both sides' mean."""
    found = []
    for side, edge in ((Side.RIGHT, -picture.right), (Side.LEFT, picture.left)):
        ends = picture.marks[f"shoulder_{side}"], picture.marks[f"armpit_{side}"]
        found.append(np.interp(np.linspace(ends[0][1], ends[1][1], count), picture.rows, edge))
    return np.asarray(np.mean(found, axis=0))


def _hem(picture: Laid, rows: np.ndarray, picture_rows: np.ndarray, shown: float, start: float) -> np.ndarray:
    """(n,): y of the hem from the middle to the side."""
    both = even_hem(picture)
    stretch = (rows[-1] - rows[0]) / max(picture_rows[-1] - picture_rows[0], 1.0)
    hem = rows[-1] + (both - picture.hem) * stretch
    droops = max(float(hem[-1] - hem[0]), 0.0)  # a little at its sides: it lies unevenly; much: it is cut so
    meant = float(smoothstep(np.array((droops - _UNEVEN[0]) / (_UNEVEN[1] - _UNEVEN[0]))))
    return np.asarray(hem if droops == 0 else hem.mean() + meant * (hem - hem.mean()))


def _slant(rows: np.ndarray, half: np.ndarray, girths: Girths) -> float:
    """Metres by which the side of a flaring dress is longer than its middle: a worn one's hem is level, its cloth isn't."""
    flaring = rows > max(girths.waist_row, rows[0])
    if flaring.sum() < 2:
        return 0.0
    side = np.stack([half, rows], 1)[flaring]
    return float(np.hypot(*(side[-1] - side[0])) - (side[-1, 1] - side[0, 1]))


def even_hem(picture: Laid) -> np.ndarray:
    """(n,): rows of the picture's hem from the middle to the side, mean of both halves, as an even parabola."""
    count = len(picture.bottom) // 2
    halves = picture.bottom[count:], picture.bottom[count::-1]
    mean = np.mean(halves, axis=0)
    shares = np.linspace(0, 1, count + 1)
    design = np.stack([np.ones(count + 1), shares**2], 1)[: int(0.92 * count)]
    fit, *_ = np.linalg.lstsq(design, mean[: int(0.92 * count)], rcond=None)
    return np.asarray(fit[0] + fit[1] * shares**2)


def _lengths(shape: TopShape) -> dict[str, float]:
    lengths = {
        "chest": 4 * float(shape.half[0]),
        "hem": 4 * float(shape.half[-1]),
        "length": float(shape.hem[0] - shape.neck[1]),
        "shoulders": 2 * float(shape.shoulder[0]),
    }
    if shape.sleeve is not None:
        lengths["sleeve"] = float(shape.sleeve.along[-1])
    return lengths
