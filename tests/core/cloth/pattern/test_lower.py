from dataclasses import replace

import cv2
import numpy as np
import pytest

from fashionmirror_core.cloth.pattern.cutting import cut as cut_any
from fashionmirror_core.cloth.pattern.girths import Girths
from fashionmirror_core.cloth.pattern.pattern import BACK, FRONT, SEAM, Pattern, Piece
from fashionmirror_core.cloth.tailoring import Cut, Tailoring
from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.garment.sight import Sight
from fashionmirror_core.vocabulary import Category

SIZE = 400  # pixels, of the pictures


def garment(
    outline: list[tuple[float, float]], landmarks: dict[str, tuple[float, float]], flat: bool = True
) -> Garment:
    """An outline in a picture whose red and green are the place: x and y, halved."""
    alpha = np.zeros((SIZE, SIZE), np.uint8)
    cv2.fillPoly(alpha, [np.round(outline).astype(np.int32)], (255,))
    y, x = np.mgrid[:SIZE, :SIZE]
    image = np.dstack([x // 2, y // 2, np.zeros_like(x), alpha]).astype(np.uint8)
    return Garment(image=image, category=Category.LOWER, landmarks=landmarks, flat=flat)


def trousers(
    *,
    crotch: float = 95,
    hem: float = 265,
    spread: float = 30,
    shorter: float = 0,
    leg: float = 50,
    inner: bool = True,
    flat: bool = True,
) -> Garment:
    """Waist at row 20, 90 pixels wide; hips 110. spread: pixels that a hem lies further out than the hips. shorter: rows
    that the right leg lacks. inner: whether a gap is cut out between the legs.
    """
    right, left = 145 - spread, 255 + spread
    short = hem - shorter
    outline = [
        (155, 20), (245, 20), (255, crotch - 25), (left, hem), (left - leg, hem), (200, crotch if inner else hem),
        (right + leg, short), (right, short), (145, crotch - 25),
    ]  # fmt: skip
    marks = {
        "waist_r": (155.0, 20.0), "waist_l": (245.0, 20.0), "crotch": (200.0, float(crotch)),
        "hem_r": (float(right), float(short)), "hem_inner_r": (float(right + leg), float(short)),
        "hem_l": (float(left), float(hem)), "hem_inner_l": (float(left - leg), float(hem)),
    }  # fmt: skip
    return garment(outline, marks, flat)


def shorts() -> Garment:
    """Hems that slant up to the outer seams, which end above the crotch."""
    outline = [(150, 50), (250, 50), (310, 190), (215, 240), (200, 210), (185, 240), (90, 190)]
    marks = {
        "waist_r": (150.0, 50.0), "waist_l": (250.0, 50.0), "crotch": (200.0, 210.0),
        "hem_r": (90.0, 190.0), "hem_inner_r": (185.0, 240.0), "hem_l": (310.0, 190.0), "hem_inner_l": (215.0, 240.0),
    }  # fmt: skip
    return garment(outline, marks)


def legs_of(girths: Girths) -> float:
    """Metres from crotch to floor."""
    return girths.floor - girths.crotch_row


def skirt(
    *, waist: float = 80, hip: float = 105, hem: float = 110, length: float = 180, sag: float = 0, bite: float = 0,
    belt: float = 0, flat: bool = True,
) -> Garment:  # fmt: skip
    """Widths and length in pixels. bite: of the lower right corner, folded in. belt: an end that hangs out at the left."""
    bottom = 50 + length
    outline = [(200 - waist / 2, 50), (200 + waist / 2, 50), (200 + hip / 2, 110)]
    if belt:
        outline += [(200 + hip / 2 + belt, 112), (200 + hip / 2 + belt, 122), (200 + hip / 2, 122)]
    outline += [(200 + hem / 2, bottom), (200, bottom + sag), (200 - hem / 2 + bite, bottom)]
    outline += [(200 - hem / 2, bottom - bite), (200 - hip / 2, 110)]
    marks = {
        "waist_r": (200 - waist / 2, 50.0), "waist_l": (200 + waist / 2, 50.0),
        "hem_r": (200 - hem / 2, bottom), "hem_l": (200 + hem / 2, bottom),
    }  # fmt: skip
    return garment(outline, marks, flat)


_CUT: dict[tuple, tuple[Garment, Pattern]] = {}


def cut(worn: Garment, girths: Girths, **wishes: object) -> Pattern:
    """Cut once for each garment and its wishes."""
    key = (id(worn), *wishes.items())
    if key not in _CUT:
        _CUT[key] = worn, cut_any(worn, girths, Tailoring(**wishes))  # type: ignore[arg-type]
    return _CUT[key][1]


def width(pattern: Pattern, row: float, piece: Piece = Piece.TRUNK) -> float:
    """Of the flat pattern near a row."""
    near = (np.abs(pattern.flat[:, 1] - row) < 0.015) & (pattern.piece == piece) & (pattern.side == SEAM)
    return float(np.ptp(pattern.flat[near, 0]))


ANY = pytest.mark.parametrize(
    "worn",
    [trousers(), trousers(flat=False), shorts(), skirt(), skirt(hem=220, sag=20), skirt(flat=False)],
    ids=["trousers", "worn trousers", "shorts", "pencil", "flared", "worn skirt"],
)


@ANY
def test_a_pattern_has_what_draping_needs(worn, girths):
    pattern = cut(worn, girths)
    count = len(pattern.flat)
    for array in (pattern.side, pattern.piece, pattern.texel, pattern.along, pattern.across):
        assert len(array) == count
    assert np.isfinite(pattern.texel).all()
    assert set(pattern.openings) == ({"waist", "hem_r", "hem_l"} if "crotch" in worn.landmarks else {"waist", "hem"})
    assert np.array_equal(pattern.held, pattern.openings["waist"])
    assert len(pattern.taped) == len(pattern.held)
    for ring in pattern.openings.values():
        assert {FRONT, BACK} <= set(pattern.side[ring].tolist())


@ANY
def test_cloth_goes_round_waist_and_hips(worn, girths: Girths):
    pattern = cut(worn, girths)
    waist = pattern.flat[pattern.held[pattern.side[pattern.held] != BACK]]
    assert girths.waist_row - 0.02 < waist[:, 1].min() < 0
    for row in np.arange(waist[:, 1].max() + 0.04, girths.hip_row, 0.03):
        assert 2 * width(pattern, row) > 1.01 * girths.girth(row)


@ANY
def test_cloth_is_taken_from_inside_of_the_cutout(worn, girths):
    pattern = cut(worn, girths)
    x, y = np.round(pattern.texel).astype(int).T
    assert worn.alpha[y.clip(0, SIZE - 1), x.clip(0, SIZE - 1)].mean() > 0.97


@ANY
def test_the_picture_is_neither_mirrored_nor_folded_on_the_pattern(worn, girths):
    pattern = cut(worn, girths)
    front = pattern.triangles[: pattern.front]
    area = [np.cross(*(at[front[:, i]] - at[front[:, 0]] for i in (1, 2))) for at in (pattern.flat, pattern.texel)]
    assert (np.sign(area[0]) == np.sign(area[1])).mean() > 0.99


def test_legs_lie_straight_along_the_wearers_and_are_equally_long(girths: Girths):
    pattern = cut(trousers(shorter=40), girths)
    for piece, side in ((Piece.R_LEG, "r"), (Piece.L_LEG, "l")):
        leg = pattern.piece == piece
        ankle = girths.leg_joints(side)[2]
        low = leg & (np.abs(pattern.flat[:, 1] - ankle[1]) < 0.03)
        assert pattern.flat[low, 0].mean() == pytest.approx(ankle[0], abs=0.03)
        assert pattern.across[leg].min() == pytest.approx(-1, abs=0.02)
        assert pattern.across[leg].max() == pytest.approx(1, abs=0.02)
    lowest = [pattern.flat[pattern.openings[name], 1].max() for name in ("hem_r", "hem_l")]
    assert lowest[0] == pytest.approx(lowest[1], abs=1e-6)


def test_a_folded_leg_takes_the_cloth_of_the_other(girths):
    pattern = cut(trousers(shorter=60), girths)
    assert (pattern.texel[pattern.piece == Piece.R_LEG, 0] > 195).all()
    assert any("longer" in doubt for doubt in pattern.doubts)


def crossed(*sides: str) -> Garment:
    """Trousers with cloth of another leg beside the knee of these legs."""
    worn = trousers()
    for side in sides:
        columns = slice(60, 180) if side == "r" else slice(220, 340)
        worn.image[130:220, columns, 3] = 255
    return worn


def test_a_leg_that_another_one_crosses_takes_the_shape_of_the_other(girths: Girths) -> None:
    spoilt, plain = cut(crossed("r"), girths), cut(trousers(), girths)
    for row in np.linspace(girths.crotch_row + 0.1, plain.flat[:, 1].max() - 0.1, 8):
        assert width(spoilt, row, Piece.R_LEG) == pytest.approx(width(plain, row, Piece.R_LEG), rel=0.05)
    assert any("folded" in doubt for doubt in spoilt.doubts)


def test_legs_whose_outlines_are_no_legs_are_cut_straight_and_long(girths: Girths) -> None:
    pattern = cut(crossed("r", "l"), girths)
    legs = [float(pattern.lengths["inseam"]), girths.floor - girths.crotch_row]
    assert legs[0] > 0.85 * legs[1]
    leg = pattern.piece == Piece.L_LEG
    rows = np.linspace(0.1, legs[0] - 0.05, 8)
    widths = [np.ptp(pattern.flat[leg & (np.abs(pattern.along - row) < 0.02), 0]) for row in rows]
    assert (np.diff(widths) < 0.01).all()
    assert any("folded" in doubt for doubt in pattern.doubts)


def test_inner_and_outer_seams_join_front_and_back_and_meet_at_the_crotch(girths: Girths):
    pattern = cut(trousers(), girths)
    seam = pattern.side == SEAM
    legs = pattern.piece != Piece.TRUNK
    assert (np.abs(pattern.across[seam & legs]) > 0.95).all()
    crotch = np.flatnonzero(seam & (np.abs(pattern.flat[:, 0]) < 0.001) & (pattern.along == 0))
    assert len(crotch) == 1
    assert pattern.flat[crotch[0], 1] == pytest.approx(girths.crotch_row + 0.015, abs=0.002)


def test_legs_hold_the_wearers(girths: Girths):
    pattern = cut(trousers(leg=20), girths)
    for row in np.arange(girths.crotch_row + 0.1, girths.crotch_row + 0.6, 0.1):
        assert 2 * width(pattern, row, Piece.L_LEG) > girths.leg_girth(row)


@pytest.mark.parametrize("hem", [280, 330])
def test_long_trousers_end_above_the_soles(hem, girths: Girths):
    pattern = cut(trousers(hem=hem), girths)
    assert pattern.kind == "trousers"
    assert girths.floor - 0.3 < pattern.flat[:, 1].max() < girths.floor - 0.085


def test_the_back_of_trousers_is_cut_higher_to_reach_over_the_seat(girths: Girths):
    pattern = cut(trousers(), girths)
    waist = pattern.openings["waist"]
    rows = [pattern.flat[waist[pattern.side[waist] == side], 1].min() for side in (FRONT, BACK)]
    assert 0.02 < rows[0] - rows[1] < 0.07
    assert rows[0] - rows[1] < girths.over_seat(rows[0], girths.crotch_row)


@pytest.mark.parametrize("leg", [35, 60])
def test_a_fork_goes_between_the_legs_and_the_sides_hang_straight(leg, girths: Girths):
    pattern = cut(trousers(leg=leg), girths)
    x, y = pattern.at_rest.T
    middle = np.abs(pattern.flat[:, 0]) < 1e-6
    deepest = x[middle & (np.abs(y - y[middle].max()) < 1e-6)]
    assert (deepest > -0.05 * girths.hip).all()
    assert (deepest < -0.02 * girths.hip).all()
    assert np.abs(x[middle & (y < girths.crotch_row - 0.17)]).max() < 1e-6
    sides = (pattern.side == SEAM) & (x > 0.1)
    hips, thighs = (x[sides & (np.abs(y - girths.crotch_row - at) < 0.02)].max() for at in (-0.1, 0.05))
    assert thighs < hips + 0.01
    across = np.sign(pattern.flat[pattern.triangles, 0])
    assert (np.abs(across.sum(1)) == np.abs(across).sum(1)).all()  # none reaches over the middle, where panels are sewn


def test_slender_trousers_that_end_a_little_short_reach_the_ankles(girths: Girths):
    slender, wide = (cut(trousers(hem=188, leg=leg), girths) for leg in (27, 52))
    assert slender.lengths["inseam"] > 1.1 * wide.lengths["inseam"]
    assert slender.flat[:, 1].max() < girths.floor - 0.085


def test_worn_trousers_that_end_at_the_calf_stay_so(girths: Girths):
    """Lying flat they would be taken for long ones in a picture whose scale is unsure; a worn pair shows where it ends."""
    long, cropped = (cut(trousers(hem=hem, spread=0, flat=False), girths) for hem in (275, 238))
    ends = [float(each.flat[each.openings["hem_l"], 1].max() - girths.crotch_row) for each in (long, cropped)]
    assert ends[0] > 0.85 * legs_of(girths)
    assert 0.5 * legs_of(girths) < ends[1] < 0.8 * legs_of(girths)
    assert cut(trousers(hem=238, spread=0, flat=False), girths).kind == "cropped trousers"


def test_a_narrow_worn_skirt_hangs_around_the_legs(girths: Girths):
    """As wide at the hem as at the hips, it is less deep there than at the seat."""
    straight = cut(skirt(hip=98, hem=98, length=130, flat=False), girths)
    hem, hips = straight.lengths["hem"], straight.lengths["hip"]
    assert 0.85 * hips < hem < 0.96 * hips


def test_a_crotch_that_is_too_low_in_the_picture_is_taken_further_up(girths):
    high, low = cut(trousers(), girths), cut(trousers(crotch=150, inner=False), girths)
    assert not high.doubts
    assert any("crotch is lower" in doubt for doubt in low.doubts)
    trunk = low.piece == Piece.TRUNK
    assert low.texel[trunk, 1].max() < 140


def test_the_wall_between_the_legs_is_no_cloth(girths):
    """The cut-out has no gap between the legs, but crotch and hems say where it is."""
    pattern = cut(trousers(inner=False), girths)
    low = (pattern.piece == Piece.R_LEG) & (pattern.along > 0.6 * pattern.lengths["inseam"])
    assert pattern.texel[low, 0].max() < 115 + 50 + 0.4 * 35 + 8


def test_short_trousers_whose_hems_slant_are_shorts(girths):
    pattern = cut(shorts(), girths)
    assert pattern.kind == "shorts"
    hem = pattern.openings["hem_l"]
    assert pattern.texel[hem, 0].min() < 225
    assert pattern.texel[hem, 0].max() > 295


@pytest.mark.parametrize(("kind", "shown"), [("shorts", trousers()), ("trousers", shorts())])
def test_what_is_seen_to_be_shorts_or_trousers_is_as_long_as_such_are(girths, kind, shown):
    """The scale of a gathered waist or a folded leg says otherwise."""
    seen = Sight(
        0, {"kind": {"shorts": 0.1, "trousers": 0.1} | {kind: 0.9}}, {}, {}, {}, {}, np.zeros((1, 1, 7)), (1, 1)
    )
    legs = legs_of(girths)
    share = cut(replace(shown, sight=seen), girths).lengths["inseam"] / legs
    assert share < 0.5 if kind == "shorts" else share > 0.5
    assert (cut(shown, girths).lengths["inseam"] / legs > 0.5) is (kind == "shorts")


def test_shorts_cut_from_trousers_are_cut_off(girths):
    long, short = cut(trousers(), girths), cut(trousers(), girths, cut=Cut.SHORTS)
    assert short.kind == "shorts"
    assert short.lengths["inseam"] < 0.5 * long.lengths["inseam"]
    assert short.texel[:, 1].max() < long.texel[:, 1].max() - 60


def test_trousers_without_a_crotch_are_made_from_what_is_seen_of_one_leg(girths):
    worn = trousers(leg=90, spread=-10)
    folded = garment(
        [(150, 20), (240, 20), (230, 350), (160, 350)],
        {name: worn.landmarks[name] for name in ("waist_r", "waist_l")}
        | {"hem_r": (160.0, 350.0), "hem_l": (230.0, 350.0)},
    )
    pattern = cut(folded, girths, cut=Cut.TROUSERS)
    assert {Piece.R_LEG, Piece.L_LEG} <= set(pattern.piece.tolist())
    assert any("folded" in doubt for doubt in pattern.doubts)


@pytest.mark.parametrize(
    ("worn", "kind"),
    [(skirt(hem=95), "pencil skirt"), (skirt(hem=130), "A-line skirt"), (skirt(hem=230), "flared skirt")],
    ids=["pencil", "A-line", "flared"],
)
def test_a_skirt_is_called_by_its_width(worn, kind, girths):
    assert cut(worn, girths).kind == kind


def test_a_skirt_is_the_same_on_both_sides(girths):
    pattern = cut(skirt(bite=25, belt=30), girths)
    for row in np.arange(0.0, 0.4, 0.05):
        near = (np.abs(pattern.flat[:, 1] - row) < 0.02) & (pattern.side == SEAM)
        assert pattern.flat[near, 0].min() == pytest.approx(-pattern.flat[near, 0].max(), abs=1e-6)


def test_folded_corners_and_ends_of_belts_do_not_bite(girths):
    plain, bitten = cut(skirt(), girths), cut(skirt(bite=25, belt=30), girths)
    bottom = min(plain.flat[:, 1].max(), bitten.flat[:, 1].max())
    for row in np.linspace(0.0, bottom - 0.01, 8):
        assert width(bitten, row) == pytest.approx(width(plain, row), rel=0.06)


def test_a_worn_skirt_is_wider_than_it_looks(girths):
    laid, worn = cut(skirt(hem=160), girths), cut(skirt(hem=160, flat=False), girths)
    assert worn.lengths["hem"] / worn.lengths["waist"] > 0.95 * laid.lengths["hem"] / laid.lengths["waist"]
    assert worn.lengths["length"] < 0.9 * laid.lengths["length"]


def test_a_worn_skirt_that_flares_stands_around_the_hips_too(girths):
    """Just below the hips it has as much of its hem's width as in its picture, but for a tenth: it doesn't hang first."""
    pattern = cut(skirt(hip=114, hem=150, flat=False), girths)
    hem = float(pattern.flat[pattern.openings["hem"], 1].min())
    upper, lower = (width(pattern, girths.hip_row + share * (hem - girths.hip_row)) for share in (0.1, 0.9))
    assert upper / lower > 0.9 * (114 + 0.1 * 36) / (114 + 0.9 * 36)


def test_a_worn_skirt_that_flares_has_a_level_hem(girths):
    pattern = cut(skirt(hem=220, flat=False), girths)
    down = pattern.flat[pattern.openings["hem"]]
    corner, middle = down[np.abs(down[:, 0]).argmax()], down[np.abs(down[:, 0]).argmin()]
    top, waist = pattern.flat[:, 1].min(), pattern.lengths["waist"] / 4
    side = float(np.hypot(abs(corner[0]) - waist, corner[1] - top))
    assert side == pytest.approx(middle[1] - top, abs=0.01)


def test_a_worn_skirts_cloth_is_longer_the_more_it_flares(girths):
    """It hangs aslant; a picture shows how far it reaches down."""
    narrow, wide = (cut(skirt(hem=hem, flat=False), girths).lengths["length"] for hem in (120, 220))
    assert wide > 1.03 * narrow


def test_a_worn_skirt_is_no_longer_because_its_hips_are_close(girths):
    """Its picture shows the body's own hips: cloth needs no ease there."""
    loose, close = (cut(skirt(hip=hip, hem=hip, flat=False), girths).lengths["length"] for hip in (112, 104))
    assert close < 1.03 * loose


def test_legs_that_are_not_surely_seen_are_no_trousers(girths):
    def seen(trousers_chance: float) -> Garment:
        answers = {"kind": {"trousers": trousers_chance, "shorts": 0.0, "jumpsuit": 0.0, "skirt": 1 - trousers_chance}}
        return replace(skirt(), sight=Sight(0, answers, {}, {}, {}, {}, np.zeros((1, 1, 7), np.float32), (1, 1)))

    assert "skirt" in cut(seen(0.65), girths).kind
    assert "inseam" in cut(seen(0.95), girths).lengths


def test_a_skirt_that_is_cut_as_trousers_is_not_said_to_lie_folded(girths):
    answers = {"kind": {"trousers": 0.1, "shorts": 0.0, "jumpsuit": 0.0, "skirt": 0.9}}
    worn = replace(skirt(), sight=Sight(0, answers, {}, {}, {}, {}, np.zeros((1, 1, 7), np.float32), (1, 1)))
    pattern = cut(worn, girths, cut=Cut.TROUSERS)
    assert {Piece.R_LEG, Piece.L_LEG} <= set(pattern.piece.tolist())
    assert pattern.doubts == []


def test_the_waist_of_worn_trousers_is_as_high_as_their_rise(girths: Girths):
    high, low = (cut(trousers(crotch=crotch, flat=False), girths).lengths["rise"] for crotch in (105, 95))
    assert high > low + 0.015


def test_a_narrow_skirt_with_a_small_waistband_is_no_longer_for_that(girths: Girths):
    narrow, wide = (cut(skirt(waist=66, hip=80, hem=hem, length=150), girths).lengths["length"] for hem in (84, 200))
    assert narrow < 0.95 * wide
    loose, close = (cut(skirt(hip=hip, hem=130, length=200), girths).lengths["length"] for hip in (112, 100))
    assert close == pytest.approx(loose, rel=0.04)  # cloth gives way at the hips, in width alone


def test_no_skirt_reaches_the_floor(girths: Girths):
    pattern = cut(skirt(waist=40, hip=52, hem=60, length=340), girths)
    assert pattern.flat[:, 1].max() < girths.floor - 0.03
    assert cut(skirt(), girths, hem_by=0.6).flat[:, 1].max() < girths.floor - 0.03


def test_a_curved_hem_hangs_lower_in_the_middle(girths):
    pattern = cut(skirt(hem=220, sag=20), girths)
    hem = pattern.flat[pattern.openings["hem"]]
    middle, ends = hem[np.abs(hem[:, 0]).argmin(), 1], hem[np.abs(hem[:, 0]).argmax(), 1]
    assert 0.02 < middle - ends < 0.15


@pytest.mark.parametrize("flat", [True, False], ids=["laid", "worn"])
def test_a_flaring_skirt_flares_all_round_and_is_equally_long_everywhere(flat, girths):
    pattern = cut(skirt(hem=220, flat=flat), girths)
    from_centre = {name: np.hypot(*pattern.at_rest[pattern.openings[name]].T) for name in ("waist", "hem")}
    assert all(np.ptp(radius) < 0.005 for radius in from_centre.values())
    assert from_centre["hem"].mean() - from_centre["waist"].mean() == pytest.approx(
        pattern.lengths["length"], abs=0.005
    )
    ring = pattern.at_rest[np.append(pattern.openings["waist"], pattern.openings["waist"][0])]
    assert np.hypot(*np.diff(ring, axis=0).T).sum() == pytest.approx(pattern.lengths["waist"], abs=0.01)


def test_a_worn_cone_whose_sides_are_straight_has_no_bulge_at_the_knee(girths):
    pattern = cut(skirt(hem=160, flat=False), girths)
    side = pattern.flat[(pattern.side == SEAM) & (pattern.flat[:, 0] > 0) & (pattern.flat[:, 1] > girths.hip_row)]
    rows, half = side[np.argsort(side[:, 1])].T[::-1]
    line = np.interp(rows, rows[[0, -1]], half[[0, -1]])
    assert (half - line).max() < 0.016


def test_gathers_that_spread_below_the_waistband_make_no_balloon(girths):
    gathered, plain = (cut(skirt(hip=hip, hem=200), girths) for hip in (190, 120))
    assert gathered.lengths["hip"] < 1.05 * plain.lengths["hip"]
    assert gathered.lengths["hem"] == pytest.approx(plain.lengths["hem"], rel=0.08)


@pytest.mark.parametrize("worn", [trousers(), skirt()], ids=["trousers", "skirt"])
def test_a_shortened_hem_is_cut_off(worn, girths):
    whole, shorter = cut(worn, girths), cut(worn, girths, hem_by=-0.1)
    assert shorter.flat[:, 1].max() == pytest.approx(whole.flat[:, 1].max() - 0.1, abs=0.02)
    row = 0.3
    texels = [each.texel[np.abs(each.flat[:, 1] - row) < 0.015, 1].mean() for each in (whole, shorter)]
    assert texels[0] == pytest.approx(texels[1], abs=4)


@pytest.mark.parametrize("worn", [trousers(), skirt()], ids=["trousers", "skirt"])
def test_ease_widens_what_hangs_and_leaves_the_waist(worn, girths):
    regular, loose = cut(worn, girths), cut(worn, girths, ease=1.2)
    assert loose.lengths["hip"] > 1.08 * regular.lengths["hip"]
    assert loose.lengths["hem"] > 1.1 * regular.lengths["hem"]
    assert loose.lengths["waist"] < 1.26 * regular.lengths["waist"]


def test_the_cut_of_a_skirt_can_be_chosen(girths):
    narrow, wide = (cut(skirt(hem=140), girths, cut=each) for each in (Cut.PENCIL, Cut.A_LINE))
    assert narrow.kind == "pencil skirt"
    assert wide.kind == "A-line skirt"


def test_a_picture_without_cloth_at_its_landmarks_is_refused(girths):
    empty = skirt()
    empty.image[..., 3] = 0
    with pytest.raises(InputError, match="no cloth"):
        cut(empty, girths)


def test_a_skirt_that_is_worn_wide_is_stiff_enough_to_stand_so(girths):
    laid, narrow, wide = (cut(each, girths) for each in (skirt(hem=220), skirt(flat=False), skirt(hem=300, flat=False)))
    assert laid.stiffness is None
    assert narrow.stiffness is None
    assert wide.stiffness is not None
    assert wide.stiffness.min() > 100


def test_a_skirt_that_is_worn_as_wide_as_long_is_cut(girths):
    wide = cut(skirt(hem=500, flat=False), girths)
    assert np.isfinite(wide.flat).all()
    assert wide.lengths["hem"] > 2.5 * wide.lengths["hip"]


def test_a_flared_skirt_that_lies_with_a_straight_hem_hangs_level(girths):
    pattern = cut_any(skirt(waist=80, hip=120, hem=200, length=200), girths)
    hem = pattern.flat[pattern.openings["hem"]]
    top = pattern.flat[pattern.openings["waist"], 1].min()
    middle = hem[np.abs(hem[:, 0]).argmin()]
    side = hem[hem[:, 0].argmax()]
    slanting = np.hypot(side[0] - pattern.flat[pattern.openings["waist"], 0].max(), side[1] - top)
    assert slanting == pytest.approx(middle[1] - top, rel=0.03)
    assert pattern.texel[pattern.openings["hem"], 1] == pytest.approx(250, abs=6)
