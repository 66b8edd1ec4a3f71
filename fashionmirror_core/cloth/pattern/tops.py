"""Tops and dresses are constructed: trunk, armholes, straight sleeves and neck, with the measures of picture and body.

All of it is symmetric, so shapes are those of the wearer's left (x > 0). Metres, dress space (see ``cloth.mannequin``).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.ndimage import gaussian_filter1d

from fashionmirror_core.cloth.collar import Neckline, has_deep_front, has_hood, has_lapels, is_jacket
from fashionmirror_core.cloth.pattern.girths import Girths
from fashionmirror_core.cloth.pattern.laid import Laid, laid
from fashionmirror_core.cloth.pattern.strips import polyline_length
from fashionmirror_core.cloth.pattern.waist import flared, stiffness
from fashionmirror_core.cloth.tailoring import Cut, Tailoring
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.vocabulary import Category, Side

SLEEVE_ANGLES = (50.0, 66.0)  # degrees from the vertical between which sleeves are laid
_STRAPS = (0.015, 0.09), (0.76, 0.96)
"""Of straps so broad, metres: how far out on the shoulders they lie at most, of the way to the shoulders' ends."""
_OVER_SKIN = 0.008  # metres from skin to cloth at the shoulders


@dataclass(frozen=True)
class _Weights:
    """Of what armpits, shoulders and the whole length say of a picture's scale."""

    armpit: float
    shoulder: float
    length: float


_LENGTHS = {Category.UPPER: 0.40, Category.DRESS: 0.56}  # of the stature, from the neck points down
_KINDS_LENGTHS = {"coat": 0.56, "blazer": 0.43, "vest": 0.38}  # the same of kinds that are longer or shorter
_OUTER, _OUTER_EASE = ("coat", "jacket", "blazer", "vest"), 1.06  # kinds that are worn over others, and so much wider
_BELOW_ARMPITS = {
    False: 0.08,
    True: 0.22,
}  # metres that a front's opening reaches, and a jacket's or between lapels
_UNUSUAL = (
    0.2  # logarithm of what lengths differ by: one that is farther from the usual is a cropped top's or a tunic's own
)
_UNUSUAL_DRESS = 0.3  # the same of dresses
_WEIGHTS = {True: _Weights(1.0, 1.5, 1.0), False: _Weights(3.0, 0.7, 0.4)}
"""By whether a garment lies flat: in a worn one's picture the body is as wide as it is, whatever the garment's length."""
_NARROW = 1.1, 1.4  # width of a dress's hem over that at its armpits: of one that clings, and of one that doesn't
_DRESS_LENGTH = 0.5, 1.2  # weight of a dress's usual length, of wide and of narrow ones
_WIDEST_HEM = 0.65  # metres, half of a dress's hem as it lies flat
_BUST_BELOW = 0.15  # of the width between the armpits: how far the bust lies below them
_WAIST = 0.7  # weight of where a dress's waist is
_OVER_BUST = 1.1  # of the height from waist to shoulder: the cloth's way over the bust
_SHORTEST = 0.12  # of the stature
_LONGEST = {False: 0.48, True: 0.66}  # of the stature: tops, and what is worn over them
_ROUND = 1.03  # least girth of the trunk over the body's
_BUST = 0.07  # metres below the row of the largest girth over which a trunk is as wide as there
_NARROWEST_HEM = 0.7  # of a dress's least width at the hips: in less nobody walks
_ROUND_HIPS = 0.12  # metres above and below the hips along which a dress's side is rounded
_LEVELLED = 0.7  # how much of the way a flaring dress's hem, level as it lies, is cut to be level as it hangs
_LARGER = 1.5  # by how much a dress is made larger from the waist down at most
_ROOMIEST, _BULGE = 1.8, 1.05  # most that a flat top's width is widened by; its sides beyond straight ones
_ARM_EASE = 1.06  # least girth of a sleeve over the arm's
_LONG_SLEEVE = (0.80, 1.12)  # factors within which a long sleeve's length yields to the arm's
_SHORTENED = 0.35  # most of a short sleeve's length that a deeper armhole takes from it
_THREE_QUARTER = {True: 0.25, False: 0.12}  # more than that: it is meant to be shorter; by whether it lies flat
_ROUND_CHEST = 1.06  # of its width as it is seen: the cloth before a chest, which is round
_THIN_STRAP = 0.035  # metres: tops with narrower straps are as low at the back as in front
_OPEN = 0.5  # of the length: where a front ends that is open all the way, or would be without its lowest buttons
_DEEP = 0.2  # of the length: from there on the front of a jacket is so open that a top is seen under it
_COLLARS = 0.03, 0.13  # metres between which closed collars stand up
_OPEN_COLLARS = 0.025, 0.05  # metres between which collars of an open neck do
_HOODS = 0.04, 0.06  # metres between which a hood that hangs down does, around the neck
_INFLATION = 1.22, 1.5  # least and most that a worn garment's width in its picture is widened to half its girth
_WORN_LENGTH = (
    1.02  # of a worn dress's length by the scale of its width: so much too long it came out in 50 rendered ones
)
_TO_ARMHOLE = 0.07  # metres from the shoulder's end to the middle of the armhole, where sleeves are measured from
_PAST_WRIST = 0.03  # metres
_BENT, _STRAIGHTER = 35.0, 15.0  # degrees: a sleeve bent by more is given up for one that is straighter by that
_LITTLE = 0.5  # of the other sleeve's cloth: less is seen of a sleeve that is given up


@dataclass(frozen=True)
class SleeveShape:
    """outer, inner: (k, 2), from armhole to cuff at the same lengths along. along: (k,), metres. down: (2,) unit vector.
    shown: share of the picture's sleeve that is left, 1 unless it is cut off.
    """

    outer: np.ndarray
    inner: np.ndarray
    along: np.ndarray
    down: np.ndarray
    shown: float


@dataclass
class TopShape:
    """neck, shoulder, armpit: (2,), ends of the shoulder seam and of the armhole. armhole: (k, 2), from shoulder to armpit.
    rows, half: (R,), y and half the trunk's width from armpit to hem. picture_rows: (R,), the rows of the frame there.
    hem: (n,), y of the hem at shares from the middle to the side. depth, back_depth: of the neckline below the neck
    points; bend: its exponent, 1 for a V. collar: metres that a collar stands up above the neck points; collar_half: its
    half width at the top; collar_open: the front's edge begins there; collar_rise: pixels of the collar. hood: it is the
    rim of a hood that hangs down. lift: metres by which the hem's ends lie higher than in the picture. scale: metres a
    pixel. shown: share of the length below the armpits that is left.
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


def sleeves_of(garment: Garment, tailoring: Tailoring) -> str:
    """ "none", "short" or "long"."""
    if tailoring.cut in (Cut.TANK, Cut.STRAPLESS):
        return "none"
    if tailoring.cut in (Cut.LONG_SLEEVE, Cut.COAT):
        return "long"
    if tailoring.cut is Cut.TEE:
        return "short"
    if garment.sleeves == "long" and garment.sight is not None and garment.sight.answer("sleeves") == "elbow":
        return "short"
    return garment.sleeves


def is_open(garment: Garment, picture: Laid, tailoring: Tailoring) -> bool:
    """Whether the front is worn open from the neck to the hem, as a coat; a closed zip or buttons are a closed front."""
    if tailoring.cut is not None:
        return tailoring.cut is Cut.COAT
    if garment.sight is None or garment.sight.answer("front") != "open" or "neck_c" not in picture.marks:
        return False
    length = picture.hem - float(picture.mid("neck")[1])
    deep = float(picture.marks["neck_c"][1] - picture.mid("neck")[1]) > _OPEN * length
    return deep or picture.parting is not None


def goes_over(garment: Garment, tailoring: Tailoring) -> bool:
    """Whether it is worn over what else is worn and shows that: what is open in front, what has lapels, a vest that is done
    up, and a jacket or a cardigan that is so below a deep opening.
    """
    if garment.category != Category.UPPER or tailoring.cut is not None or garment.sight is None:
        return garment.category == Category.UPPER and tailoring.cut is Cut.COAT
    sight = garment.sight
    if sight.chance("front", "open") > 0.5 or has_lapels(garment):
        return True
    return is_jacket(garment) and (sight.chance("kind", "vest") > 0.5 or opening(garment) > _DEEP)


def goes_over_closed(garment: Garment, tailoring: Tailoring) -> bool:
    """Whether it is worn over what else is worn, and hides that below the chest."""
    if not goes_over(garment, tailoring) or tailoring.cut is Cut.COAT:
        return False
    if garment.sight is None or garment.sight.answer("front") != "open":
        return True
    return opening(garment) <= _OPEN and not is_open(garment, laid(garment), tailoring)


def opening(garment: Garment) -> float:
    """How far down the front is open: a share of its length."""
    marks = garment.landmarks
    if not {"neck_r", "neck_l", "neck_c", "hem_r", "hem_l"} <= marks.keys():
        return 0.0
    neck, hem = ((marks[f"{name}_r"][1] + marks[f"{name}_l"][1]) / 2 for name in ("neck", "hem"))
    return float((marks["neck_c"][1] - neck) / max(hem - neck, 1.0))


def better_sleeve(picture: Laid) -> dict[Side, Side]:
    """For each side the sleeve of the picture whose cloth it gets; empty where none is seen."""
    seen = {side: sleeve for side, sleeve in picture.sleeves.items() if sleeve.seen > 0}
    if not seen:
        return {}
    chosen = {}
    for side in Side:
        own, other = seen.get(side), seen.get(side.other)
        if own is None:
            chosen[side] = side.other
        elif other is None:
            chosen[side] = side
        else:
            bent = own.bend > _BENT and own.bend - other.bend > _STRAIGHTER
            chosen[side] = side.other if bent or own.seen < _LITTLE * other.seen else side
    return chosen


def shaped(picture: Laid, girths: Girths, garment: Garment, tailoring: Tailoring, neckline: Neckline) -> TopShape:
    """A top or dress for a body. neckline: as its picture shows it."""
    depth, bend = neckline.depth, neckline.bend
    category = Category(garment.category)
    strapless = tailoring.cut is Cut.STRAPLESS or not picture.has("shoulder")
    sleeves = "none" if strapless else sleeves_of(garment, tailoring)
    scale = _scale(picture, girths, garment, sleeves, strapless, category)
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
    rows, half, picture_rows, shown, lean = _trunk(picture, girths, garment, tailoring, scale, start, pit, category)
    half = half * min(ease, 1.0)
    least = _least(girths, rows)
    if category is Category.DRESS:
        half, least = _over_hips(rows, half, least, girths)
    elif garment.flat:
        half = _roomy(rows, half, least)
    half = np.maximum(half, least) * max(ease, 1.0)
    if category is Category.DRESS:
        half = _from_hips(rows, half, girths)
    armpit = np.array([half[0], pit])
    if strapless:
        neck = shoulder = armpit
    armhole = np.stack([np.linspace(shoulder[0], armpit[0], 15), np.linspace(shoulder[1], armpit[1], 15)], 1)
    sleeve = None
    if sleeves != "none":
        # In a worn garment's picture the armpit is the body's; the flat pattern's lies farther out, and the sleeve with it.
        aside = 0.0 if garment.flat else max(float(armpit[0]) - scale * picture.span("armpit") / 2, 0.0) / 2
        sleeve, armpit, armhole = _sleeve(picture, girths, scale, sleeves, shoulder, armpit, aside, tailoring)
        if armpit[1] > pit:  # the arm needs a deeper armhole
            rows = np.linspace(armpit[1], rows[-1], len(rows)) if rows[-1] > armpit[1] + 0.1 else rows + armpit[1] - pit
            pit = armpit[1]
    vertical = (pit - neck[1]) / max(armpit_row - float(picture.mid("neck")[1]), 1.0)
    lower = _BELOW_ARMPITS[has_deep_front(garment)]
    front = 0.0 if strapless else float(np.clip(depth * vertical, 0.015, pit - neck[1] + lower))
    strap = shoulder[0] - neck[0]
    if sleeves == "none" and not strapless:
        armhole[:, 0] += scale * hollow(picture, len(armhole))
        if not garment.flat:  # before the body it is no wider than it is seen; under the arm it goes round to the side
            seen = _ROUND_CHEST * scale * armhole_edge(picture, len(armhole))
            armhole[1:-1, 0] = np.minimum(armhole, seen[:, None])[1:-1, 0]
        inner = np.clip(1 - (armhole[:, 1] - neck[1]) / front, 0, 1) ** (1 / bend) * neck[0]
        armhole[1:-1, 0] = np.maximum(armhole[1:-1, 0], (inner + strap)[1:-1])
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
    kind = _kind(category, sleeves, strapless, opened)
    shape = TopShape(
        neck=neck, shoulder=shoulder, armpit=armpit, armhole=armhole, rows=rows, half=half, picture_rows=picture_rows,
        hem=hem, depth=front, back_depth=back, bend=bend, scale=scale, kind=kind, sleeve=sleeve,
        strapless=strapless, open=opened, shown=shown, doubts=doubts,
        collar=collar, collar_half=max(round_neck, 0.9 * neck[0]), collar_open=not neckline.closed,
        collar_rise=neckline.rise, hood=hood, lift=lift, stiffness=stiffness(lean), waist=float(girths.waist_row),
    )  # fmt: skip
    shape.lengths = _lengths(shape)
    return shape


def _kind(category: Category, sleeves: str, strapless: bool, opened: bool) -> str:
    what = "dress" if category is Category.DRESS else "top"
    if opened:
        what = "coat"
    if strapless:
        return f"strapless {what}"
    return {"none": f"sleeveless {what}", "short": f"short-sleeved {what}", "long": f"long-sleeved {what}"}[sleeves]


def _scale(picture: Laid, girths: Girths, garment: Garment, sleeves: str, strapless: bool, category: Category) -> float:
    """Metres a pixel: what shoulders, armpits, length and long sleeves say, as a geometric mean."""
    said: list[tuple[float, float]] = []
    across = girths.chest / 2 if garment.flat else girths.width(girths.chest_row)
    kinds = garment.sight.answers["kind"] if garment.sight is not None and category is Category.UPPER else {}
    outer = sum(kinds.get(kind, 0.0) for kind in _OUTER)
    ease = 1.04 * _OUTER_EASE**outer
    dress = category is Category.DRESS and garment.flat
    # Where there are no sleeves, how broad the shoulders are is the garment's own choice.
    weights = _WEIGHTS[garment.flat]
    said.append(
        (
            ease * across / _chest(picture, dress and sleeves == "none"),
            weights.armpit * (1.0 if dress or sleeves != "none" else 1.5),
        )
    )
    if not strapless:
        if sleeves != "none":
            said.append((girths.shoulder_width / max(picture.span("shoulder"), 1.0), weights.shoulder))
        usual = _LENGTHS[category]
        usual += sum(kinds.get(kind, 0.0) * (length - usual) for kind, length in _KINDS_LENGTHS.items())
        length = picture.hem - float(picture.mid("neck")[1])
        by_length = usual * girths.stature / max(length, 1.0)
        if dress:
            said.append(_by_dress_length(picture, by_length, said))
            said += _by_waist(picture, girths)
        else:
            own = weights.length * (1.0 if category is Category.UPPER else 0.5)
            said.append((by_length, own / (1 + _unlike(by_length, said) ** 2)))
    elif dress:
        above = girths.armpit_row - girths.shoulder_top(0.24 * girths.shoulder_width)
        length = picture.hem - float(picture.mid("neck")[1])
        by_length = (_LENGTHS[category] * girths.stature - above) / max(length, 1.0)
        said.append(_by_dress_length(picture, by_length, said))
    if sleeves == "long" and garment.sleeves == "long" and picture.sleeves:
        longest = max(sleeve.length for sleeve in picture.sleeves.values())
        by_sleeve = (girths.arm - _TO_ARMHOLE) / max(longest, 1.0)
        own = 1.5 if garment.flat else 0.5
        said.append((by_sleeve, own / (1 + _unlike(by_sleeve, said) ** 2)))  # it may end above the wrist
    scale = _mean(said)
    length = max(picture.hem - float(picture.mid("neck")[1]), 1.0)
    if category is Category.UPPER:
        return float(
            np.clip(scale, _SHORTEST * girths.stature / length, _LONGEST[outer > 0.5] * girths.stature / length)
        )
    if dress:
        scale = min(scale, _WIDEST_HEM / max(float(picture.half[-1]), 1.0))
    return min(scale, (girths.floor - 0.06 - girths.shoulder_points[Side.LEFT][1]) / length)


def _chest(picture: Laid, below: bool) -> float:
    """Pixels between the armpits. below: or a little lower, where that is more: armholes without sleeves may end beside
    the bust, where a dress is narrower than around it.
    """
    across = picture.span("armpit")
    bust = float(picture.mid("armpit")[1]) + _BUST_BELOW * across
    return max(across, 2 * float(np.interp(bust, picture.rows, picture.half)) if below else 1.0, 1.0)


def _by_dress_length(picture: Laid, by_length: float, said: list[tuple[float, float]]) -> tuple[float, float]:
    """What a dress's length says, and its weight: long dresses are wide at the hem; a narrow one stretches, and ends at the
    knee, for one walks in it.
    """
    hem = 2 * float(picture.half[-1]) / max(picture.span("armpit"), 1.0)
    narrow = 1 - float(smoothstep(np.array((hem - _NARROW[0]) / (_NARROW[1] - _NARROW[0]))))
    unlike = (1 - narrow) * (_unlike(by_length, said) * _UNUSUAL / _UNUSUAL_DRESS) ** 2
    return by_length, (_DRESS_LENGTH[0] + narrow * (_DRESS_LENGTH[1] - _DRESS_LENGTH[0])) / (1 + unlike)


def _by_waist(picture: Laid, girths: Girths) -> list[tuple[float, float]]:
    """What the place of a dress's waist says, if it lies lower in the picture than the body's: higher ones are a matter of
    cut.
    """
    pit, across = float(picture.mid("armpit")[1]), picture.span("armpit")
    rows = np.linspace(pit, picture.hem, 120)
    half = np.interp(rows, picture.rows, picture.half)
    inner = (rows > pit + _BUST_BELOW * across) & (rows < pit + 1.1 * across)
    if not inner.any():
        return []
    at = int(np.flatnonzero(inner)[half[inner].argmin()])
    if not _drawn_in(half, at):
        return []
    body = _OVER_BUST * (girths.waist_row - girths.shoulder_top(0.24 * girths.shoulder_width))
    below_neck = max(float(rows[at] - picture.mid("neck")[1]), 1.0)
    return [(body / below_neck, _WAIST)] if body / below_neck * across < girths.chest / 2 else []


def _drawn_in(half: np.ndarray, at: int) -> bool:
    """Whether half widths (R,) from the armpits to the hem have a waist at a row."""
    return bool(half[at] <= 0.94 * half[0] and half[at] <= 0.9 * half[at:].max())


def _mean(said: list[tuple[float, float]]) -> float:
    """The geometric mean of values with weights."""
    values, weights = np.array(said).T
    return float(np.exp((weights * np.log(values)).sum() / weights.sum()))


def _unlike(value: float, said: list[tuple[float, float]]) -> float:
    """How far a value is from the mean of others."""
    return float(np.log(value / _mean(said))) / _UNUSUAL


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


def _least(girths: Girths, rows: np.ndarray) -> np.ndarray:
    """(R,): half widths below which cloth is too narrow for the body."""
    measured = np.linspace(rows[0], rows[-1], 24)
    round_it = [
        girths.girth(row) if row < girths.crotch_row else 1.9 * girths.leg_girth(row) for row in measured.tolist()
    ]
    bare = np.interp(rows, measured, round_it) / 4
    bare[rows < girths.chest_row + _BUST] = girths.chest / 4
    return np.asarray(gaussian_filter1d(_ROUND * bare, 2, mode="nearest"))


def _trunk(
    picture: Laid, girths: Girths, garment: Garment, tailoring: Tailoring, scale: float, start: float, top: float,
    category: Category,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, float]:  # fmt: skip
    """y, half widths and the picture's rows from the armpits to the hem, the share of the picture that is left, and by how
    much a worn dress's skirt leans out.
    """
    count = 60
    picture_rows = np.linspace(start, max(picture.hem, start + 4), count)
    half = scale * np.interp(picture_rows, picture.rows, picture.half)
    rows = top + scale * (picture_rows - picture_rows[0])
    lean = 0.0
    if category is Category.DRESS:
        rows = _waisted(rows, half, girths)
        if not garment.flat:
            rows = rows[0] + (rows - rows[0]) / _WORN_LENGTH
            below = rows > girths.waist_row
            if below.sum() > 1:
                lean = float((half[-1] - half[below][0]) / (rows[-1] - rows[below][0]))
            rows = _slanting(rows, half, girths)
    if not garment.flat:
        half = half * _inflation(rows, half, girths, lean)
    pit = scale * picture.span("armpit") / 2 * (1.0 if garment.flat else 1.25)
    half = np.clip(half, 0.6 * pit, (1.5 if category is Category.UPPER else 5.0) * pit)
    length = rows[-1] - rows[0]
    wanted = tailoring.hem_length(length)
    wanted = min(wanted, girths.floor - 0.02 - rows[0])
    shown = min(wanted / length, 1.0)
    if shown < 1:
        new = np.linspace(rows[0], rows[0] + wanted, count)
        return new, np.interp(new, rows, half), np.interp(new, rows, picture_rows), shown, lean
    return rows[0] + (rows - rows[0]) * wanted / length, half, picture_rows, shown, lean


def _roomy(rows: np.ndarray, half: np.ndarray, least: np.ndarray) -> np.ndarray:
    """Half widths (R,) of a flat top's picture, widened evenly to what the body needs at chest and hips, so that a straight
    top stays straight: on a hanger, or under sleeves that lie against it, a trunk looks narrower than it is, and cloth that
    was as wide as the body in each row would show its waist. The sides bulge little beyond straight lines.
    """
    share = (rows - rows[0]) / max(float(rows[-1] - rows[0]), 1e-3)
    need = least / np.maximum(half, 1e-3)
    chest, hips = (
        float(np.clip(need[part].max(), 1.0, _ROOMIEST)) for part in (share < 0.4, (share > 0.4) & (share < 0.93))
    )
    half = half * np.interp(share, [0.2, 0.8], [chest, hips])
    straight = half[0] + share * (float(np.median(half[share > 0.9])) - half[0])
    return np.minimum(half, np.maximum(_BULGE * straight, least))


def _over_hips(rows: np.ndarray, half: np.ndarray, least: np.ndarray, girths: Girths) -> tuple[np.ndarray, np.ndarray]:
    """Half widths (R,) of a dress's picture and least ones. A dress whose hips are too narrow for the body is made larger
    from the waist down, so that its skirt keeps its shape; below the hips it only has to leave room to walk.
    """
    waist, hip = float(girths.waist_row), float(girths.hip_row)
    below = (rows - hip) / max(float(rows[-1]) - hip, 0.05)
    hips = float(np.interp(hip, rows, least))
    least = np.where(below > 0, np.minimum(least, hips * (1 - (1 - _NARROWEST_HEM) * smoothstep(below))), least)
    seat = (rows > waist + 0.5 * (hip - waist)) & (rows < hip + 0.01)
    if not seat.any() or waist < rows[0]:
        return half, least
    larger = float(np.clip((least / np.maximum(half, 1e-3))[seat].max(), 1.0, _LARGER))
    return half * (1 + (larger - 1) * smoothstep((rows - waist) / (hip - waist))), least


def _from_hips(rows: np.ndarray, half: np.ndarray, girths: Girths) -> np.ndarray:
    """Half widths (R,) whose side goes on straight below the hips, or bends inwards to a narrower hem: on a body with other
    hips than the picture's the side would stand out or fall in there.
    """
    hip = float(girths.hip_row)
    if rows[-1] < hip + 0.05:
        return half
    at_hips = float(np.interp(hip, rows, half))
    straight = at_hips + max(float(half[-1]) - at_hips, 0.0) * (rows - hip) / (rows[-1] - hip)
    low = rows > hip
    capped = np.minimum(half, straight)[low]
    side = np.column_stack([np.append(hip, rows[low]), np.append(at_hips, capped)])
    bulging = np.concatenate([half[~low], _bulging(side)[1:]])
    near = np.exp(-(((rows - hip) / _ROUND_HIPS) ** 2))
    return bulging + near * (gaussian_filter1d(bulging, 3, mode="nearest") - bulging)


def _bulging(side: np.ndarray) -> np.ndarray:
    """(n,): the least values over those of a line (n, 2), from its first to its last point, that nowhere fall in."""
    kept = [0]
    for place in range(1, len(side)):
        while len(kept) > 1:
            (ax, ay), (bx, by), (cx, cy) = side[kept[-2]], side[kept[-1]], side[place]
            if (by - ay) * (cx - ax) > (cy - ay) * (bx - ax):
                break
            kept.pop()
        kept.append(place)
    return np.asarray(np.interp(side[:, 0], *side[kept].T))


def _inflation(rows: np.ndarray, half: np.ndarray, girths: Girths, lean: float) -> np.ndarray:
    """(R,): half a body's girth over its width as it is seen from the front, and so a worn garment's; where that flares,
    half (R,) its width, half a circle's (see ``flared``).
    """
    measured = np.linspace(rows[0], rows[-1], 12)
    held = np.minimum(measured, girths.hip_row).tolist()
    ratio = [girths.girth(row) / 2 / max(girths.width(row), 1e-3) for row in held]
    own = np.interp(rows, measured, np.clip(ratio, *_INFLATION))
    body = np.interp(rows, measured, [girths.width(row) for row in held])
    flare = smoothstep((2 * half / np.maximum(body, 1e-3) - 1.05) / 0.5) * (rows > girths.waist_row)
    return np.asarray(own + flare * np.maximum(flared(lean) - own, 0))


def _waisted(rows: np.ndarray, half: np.ndarray, girths: Girths) -> np.ndarray:
    """Rows of a dress whose waist is drawn in, so that it lies at the body's."""
    length = rows[-1] - rows[0]
    inner = (rows > rows[0] + 0.08) & (rows < rows[0] + min(0.5, 0.6 * length))
    if not inner.any():
        return rows
    at = int(np.flatnonzero(inner)[half[inner].argmin()])
    if not _drawn_in(half, at):
        return rows
    factor = float(np.clip((girths.waist_row - rows[0]) / (rows[at] - rows[0]), 0.8, 1.25))
    moved = rows.copy()
    moved[: at + 1] = rows[0] + factor * (rows[: at + 1] - rows[0])
    moved[at:] += moved[at] - rows[at]
    moved[at] = rows[0] + factor * (rows[at] - rows[0])
    return np.maximum.accumulate(moved)


def _slanting(rows: np.ndarray, half: np.ndarray, girths: Girths) -> np.ndarray:
    """Rows of a worn dress, whose cloth is longer than its picture below the waist, where it flares: it hangs aslant."""
    waist = max(girths.waist_row, float(rows[0]))
    length = float(rows[-1]) - waist
    if length < 0.1:
        return rows
    out = max(float(half[-1] - np.interp(waist, rows, half)), 0.0)
    return np.where(rows > waist, waist + (rows - waist) * float(np.hypot(length, out)) / length, rows)


def _sleeve(
    picture: Laid, girths: Girths, scale: float, sleeves: str, shoulder: np.ndarray, armpit: np.ndarray, aside: float,
    tailoring: Tailoring,
) -> tuple[SleeveShape, np.ndarray, np.ndarray]:  # fmt: skip
    """The left sleeve, the armpit that it needs, and the armhole.

    aside: metres by which the armhole's middle lies farther out than in the picture of a worn garment; 0 for one laid flat.
    """
    chosen = better_sleeve(picture)
    shares = np.linspace(0, 1, 13)
    if chosen:
        own = [picture.sleeves[side] for side in {*chosen.values()}]
        length = scale * max(sleeve.length for sleeve in own)
        width = scale * np.mean([np.interp(shares, np.linspace(0, 1, len(s.width)), s.width) for s in own], axis=0)
        width[:4] = width[4]  # nearer to the armhole the cross-lines lie aslant
    else:
        length = girths.arm - _TO_ARMHOLE if sleeves == "long" else 0.15
        width = np.zeros(len(shares))
    arm = _arm_from((shoulder + armpit) / 2, girths)
    lower = aside * float(np.sin(np.radians(np.mean(SLEEVE_ANGLES))))  # down the sleeve
    if sleeves == "long":
        reaches = (arm + lower) / length - _LONG_SLEEVE[1]
        three_quarter = float(smoothstep(np.array(reaches / _THREE_QUARTER[lower == 0])))
        length *= float(np.clip(arm / length, *_LONG_SLEEVE)) ** (1 - three_quarter)
        lower *= three_quarter
    if chosen:
        length = max(length - lower, (1 - _SHORTENED) * length)
    length = min(length, 1.12 * arm)
    full = length
    length = min(tailoring.sleeve_length(length), 1.15 * arm)
    shown = min(length / full, 1.0)
    along = shares * length
    bare = np.array([girths.arm_girth(0.06 + place) for place in along]) * _ARM_EASE / 2 + 0.008
    width = np.interp(shares * shown, shares, width)
    most = max(width[1:4].max(), bare[0])
    width = np.maximum(np.clip(width, 0.0, most), bare) * tailoring.ease
    width = np.maximum(width, bare)
    width[0] = np.clip(width[0], bare[0], 1.2 * bare[0] * tailoring.ease)
    width[1:] = np.minimum(width[1:], np.maximum(width[0] * 1.05, bare[1:] * 1.6))
    width = gaussian_filter1d(width, 1.0, mode="nearest")
    # The armhole is as long as makes the sleeve wide enough at an angle that arms have.
    low, high = np.radians(SLEEVE_ANGLES)
    lean = np.arctan2(armpit[0] - shoulder[0], armpit[1] - shoulder[1])
    hole = float(np.hypot(*(armpit - shoulder)))
    need = width[0] / np.sin(max(high - lean, 0.3))
    if hole < need:
        armpit = armpit + np.array([0.0, 1.0]) * (need - hole)
        lean = np.arctan2(armpit[0] - shoulder[0], armpit[1] - shoulder[1])
        hole = float(np.hypot(*(armpit - shoulder)))
    angle = float(np.clip(lean + np.arcsin(np.clip(width[0] / hole, 0, 1)), low, high))
    down = np.array([np.sin(angle), np.cos(angle)])
    out = np.array([down[1], -down[0]])
    start = (shoulder + armpit) / 2
    # The middle line begins at the armhole's middle; cross-lines turn from the armhole to the perpendicular.
    spread = (shoulder - armpit) / 2
    turning = max(0.12, 1.6 * abs(float(spread @ down)))  # or the inner seam would run back

    def edges(along: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        fade = np.clip(1 - along / turning, 0, 1)[:, None]
        straight = start + along[:, None] * down
        half = fade * spread + (1 - fade) * width[:, None] / 2 * out
        return straight + half, straight - half

    if sleeves == "short" and chosen:
        # A deeper armhole than the picture's lets the sleeve begin lower: its upper edge is as long as the picture says.
        pictured = scale * max(polyline_length(sleeve.outer) for sleeve in own) * length / full
        excess = polyline_length(edges(along)[0]) - pictured
        along = along * (1 - float(np.clip(excess / length, 0, _SHORTENED)))
    armhole = np.stack([np.linspace(shoulder[i], armpit[i], 15) for i in (0, 1)], 1)
    return SleeveShape(*edges(along), along, down, shown), armpit, armhole


def _arm_from(place: np.ndarray, girths: Girths) -> float:
    """Metres down the left arm from beside a place at its upper end to just beyond the wrist."""
    shoulder, _, wrist = girths.arm_joints(Side.LEFT)
    down = (wrist - shoulder) / np.hypot(*(wrist - shoulder))
    return float((wrist - place) @ down) + _PAST_WRIST


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
    return np.asarray(rows[-1] + (both - picture.hem) * stretch)


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
