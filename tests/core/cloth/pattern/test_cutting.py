"""Patterns of tops and dresses, of drawn garments for a mean body: symmetric, closed, and they show their own cloth."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fashionmirror_core.cloth.mannequin import ARMS_OUT
from fashionmirror_core.cloth.pattern.cutting import cut
from fashionmirror_core.cloth.pattern.girths import Girths
from fashionmirror_core.cloth.pattern.pattern import BACK, FRONT, SEAM, Pattern, Piece
from fashionmirror_core.cloth.pattern.worn_over import goes_over, goes_over_closed
from fashionmirror_core.cloth.tailoring import Cut, Tailoring
from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.vocabulary import Category, Side, SleeveChoice
from tests.core.cloth.pattern import garments

KINDS: dict[str, Callable[[], Garment]] = {
    "tee": garments.tee,
    "long": garments.long_sleeved,
    "tank": garments.tank,
    "dress": garments.dress,
    "strapless": garments.strapless,
    "turtleneck": garments.turtleneck,
    "camisole": garments.camisole,
    "capped": garments.capped,
    "shirt": garments.shirt,
    "hoodie": garments.hoodie,
}
SLEEVED = ("tee", "long", "turtleneck", "capped", "shirt", "hoodie")
COLLARED = ("turtleneck", "shirt", "hoodie")


@pytest.fixture(scope="module")
def patterns(girths: Girths) -> dict[str, Pattern]:
    return {name: cut(make(), girths) for name, make in KINDS.items()}


def edges(pattern: Pattern) -> np.ndarray:
    sides = pattern.triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    return np.unique(np.sort(sides, axis=1), axis=0)


def _armpit(pattern: Pattern) -> int:
    """The vertex where trunk, armhole and the left sleeve's inner seam meet."""
    seam = np.flatnonzero((pattern.side == SEAM) & (pattern.piece == Piece.TRUNK) & (pattern.flat[:, 0] > 0))
    seam = np.setdiff1d(seam, pattern.shoulders["l"])
    return int(seam[pattern.flat[seam, 1].argmin()])


@pytest.mark.parametrize("kind", KINDS)
def test_edges_have_lengths_and_triangles_areas(patterns: dict[str, Pattern], kind: str) -> None:
    pattern = patterns[kind]
    lengths = np.linalg.norm(np.diff(pattern.flat[edges(pattern)], axis=1)[:, 0], axis=1)
    assert lengths.min() > 0.004
    assert lengths.max() < 0.045
    a, b, c = (pattern.flat[pattern.triangles[:, corner]] for corner in range(3))
    one, two = b - a, c - a
    areas = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]
    # Dress space's z points away from the viewer: the front's triangles face the viewer, the back's face away.
    assert (areas[: pattern.front] < 0).all()
    assert (areas[pattern.front :] > 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_front_and_back_share_their_seams_only(patterns: dict[str, Pattern], kind: str) -> None:
    pattern = patterns[kind]
    front = np.unique(pattern.triangles[: pattern.front])
    back = np.unique(pattern.triangles[pattern.front :])
    assert (pattern.side[np.intersect1d(front, back)] == SEAM).all()
    assert (pattern.side[np.setdiff1d(front, back)] == FRONT).all()
    assert (pattern.side[np.setdiff1d(back, front)] == BACK).all()


@pytest.mark.parametrize("kind", KINDS)
def test_openings_are_rings_of_the_mesh(patterns: dict[str, Pattern], kind: str) -> None:
    pattern = patterns[kind]
    sleeves = {"cuff_r", "cuff_l"} if kind in SLEEVED else {"arm_r", "arm_l"} if kind != "strapless" else set()
    assert set(pattern.openings) == {"neck", "hem"} | sleeves
    there = set(map(tuple, edges(pattern)))
    for ring in pattern.openings.values():
        assert len(set(ring)) == len(ring)
        following = np.roll(ring, -1)
        assert all((min(pair), max(pair)) in there for pair in zip(ring, following, strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_both_halves_are_alike(patterns: dict[str, Pattern], kind: str) -> None:
    pattern = patterns[kind]
    seams = pattern.flat[pattern.side == SEAM]
    mirrored = seams * [-1, 1]
    nearest = np.abs(seams[:, None] - mirrored[None]).max(2).min(1)
    assert nearest.max() < 1e-6


@pytest.mark.parametrize("kind", KINDS)
def test_the_trunk_holds_the_body_and_shows_the_garments_own_cloth(
    patterns: dict[str, Pattern], kind: str, girths: Girths
) -> None:
    pattern = patterns[kind]
    assert pattern.lengths["chest"] > girths.chest
    image = KINDS[kind]().image
    x, y = np.round(pattern.texel).astype(int).T
    # The drawn garments have no curved neck: the neckline is inside, seams lie on the outline.
    inner = np.ones(len(x), bool)
    inner[np.concatenate(list(pattern.openings.values()))] = False
    inner &= pattern.side != SEAM
    assert image[y[inner], x[inner], 3].mean() > 250


def test_a_garment_that_lies_aslant_is_cut_as_one_that_lies_straight(girths: Girths) -> None:
    straight, aslant = cut(garments.tee(), girths), cut(garments.tee(turn=12), girths)
    for name, length in straight.lengths.items():
        assert aslant.lengths[name] == pytest.approx(length, rel=0.05)
    # The same place of the cloth is at the same place of the pattern.
    for pattern, garment in ((straight, garments.tee()), (aslant, garments.tee(turn=12))):
        near = np.argmin(np.hypot(*(pattern.flat - [0.1, 0.0]).T))
        x, y = np.round(pattern.texel[near]).astype(int)
        assert garment.image[y, x, 0] == pytest.approx(255 * 345 / 640, abs=14)


def test_prints_in_the_middle_keep_their_shape(patterns: dict[str, Pattern]) -> None:
    pattern = patterns["tee"]
    middle = np.abs(pattern.flat[:, 0]) < 0.08
    middle &= (pattern.flat[:, 1] > -0.3) & (pattern.flat[:, 1] < 0.0) & (pattern.side == FRONT)
    across = np.polyfit(pattern.flat[middle, 0], pattern.texel[middle, 0], 1)[0]
    down = np.polyfit(pattern.flat[middle, 1], pattern.texel[middle, 1], 1)[0]
    assert across == pytest.approx(down, rel=0.08)


def test_sleeves_lie_straight_and_show_the_pictures_sleeves(patterns: dict[str, Pattern], girths: Girths) -> None:
    for kind in ("tee", "long"):
        pattern = patterns[kind]
        for side, piece in ((Side.RIGHT, Piece.R_SLEEVE), (Side.LEFT, Piece.L_SLEEVE)):
            own = pattern.piece == piece
            cuff = pattern.flat[pattern.openings[f"cuff_{side}"]].mean(0)
            hole = pattern.flat[own][np.argsort(pattern.along[own])[:8]].mean(0)
            angle = np.degrees(np.arctan2(side.sign * (cuff - hole)[0], (cuff - hole)[1]))
            assert angle == pytest.approx(ARMS_OUT + 8, abs=12)
            assert pattern.across[own].min() == -1
            assert pattern.across[own].max() == 1
            marks = KINDS[kind]().landmarks
            end = np.mean([marks[f"cuff_outer_{side}"], marks[f"cuff_inner_{side}"]], axis=0)
            shown = pattern.texel[pattern.openings[f"cuff_{side}"]].mean(0)
            assert shown == pytest.approx(end, abs=8)
    # Long sleeves end just beyond the wrist, whatever the picture's scale.
    wrist = girths.arm_joints(Side.LEFT)[2]
    down = wrist - girths.arm_joints(Side.LEFT)[0]
    pattern = patterns["long"]
    start = (pattern.flat[pattern.shoulders["l"][-1]] + pattern.flat[_armpit(pattern)]) / 2
    reach = (wrist - start) @ down / np.hypot(*down)
    assert pattern.lengths["sleeve"] == pytest.approx(reach + 0.03, abs=0.005)
    for kind in ("tank", "dress", "strapless"):
        assert (patterns[kind].piece == Piece.TRUNK).all()


@pytest.mark.parametrize("by_cut", [True, False])
def test_sleeves_are_as_long_as_somebody_wants_them(by_cut: bool, patterns: dict[str, Pattern], girths: Girths) -> None:
    def wanted(worn: Garment, choice: SleeveChoice) -> Pattern:
        if by_cut:
            return cut(worn, girths, Tailoring(cut=Cut.LONG_SLEEVE if choice is SleeveChoice.LONG else Cut.TEE))
        return cut(replace(worn, chosen_sleeves=choice), girths)

    longer = wanted(garments.tee(), SleeveChoice.LONG)
    shorter = wanted(garments.long_sleeved(), SleeveChoice.SHORT)
    assert longer.lengths["sleeve"] == pytest.approx(patterns["long"].lengths["sleeve"], rel=0.1)
    assert shorter.lengths["sleeve"] < 0.5 * patterns["long"].lengths["sleeve"]
    same = wanted(garments.tee(), SleeveChoice.SHORT)  # what is so anyway stays as it is
    np.testing.assert_array_equal(same.flat, patterns["tee"].flat)
    marks = garments.long_sleeved().landmarks
    end = shorter.texel[shorter.openings["cuff_l"]].mean(0)  # it is cut off, not drawn together
    assert np.hypot(*(end - marks["shoulder_l"])) < 0.6 * np.hypot(
        *np.subtract(marks["cuff_outer_l"], marks["shoulder_l"])
    )


def test_what_has_no_shoulders_gets_no_sleeves_and_says_so(girths: Girths) -> None:
    pattern = cut(garments.strapless(), girths, Tailoring(cut=Cut.LONG_SLEEVE))
    assert (pattern.piece == Piece.TRUNK).all()
    assert any("no sleeves" in doubt for doubt in pattern.doubts)
    assert not any("no sleeves" in doubt for doubt in cut(garments.strapless(), girths).doubts)


def test_a_sleeve_much_longer_than_its_picture_repeats_its_cloth(girths: Girths) -> None:
    """Drawn out, a print on a T-shirt's sleeve would be three times as long."""
    pattern = cut(garments.tee(), girths, Tailoring(cut=Cut.LONG_SLEEVE))
    own = (pattern.piece == Piece.L_SLEEVE) & (np.abs(pattern.across) < 0.2) & (pattern.side == FRONT)
    order = np.argsort(pattern.along[own])
    shown, made = pattern.texel[own][order], pattern.along[own][order]
    usual = cut(garments.tee(), girths)
    cuffs = [each.texel[each.openings["cuff_l"]].mean(0) for each in (pattern, usual)]
    assert cuffs[0] == pytest.approx(cuffs[1], abs=4)
    drawn = np.hypot(*np.diff(shown, axis=0).T).sum() / (made[-1] - made[0])
    length = np.hypot(*np.ptp(shown, axis=0)) / usual.lengths["sleeve"]
    assert drawn > 0.6 * length


def test_a_sleeve_that_is_seen_from_its_edge_folds_its_cloth_back_and_draws_it_out_little(girths: Girths) -> None:
    edgewise = garments.LONG | garments.both({"elbow": (192, 290), "cuff_outer": (262, 400), "cuff_inner": (248, 408)})
    pattern = cut(garments.drawn(edgewise, ["neck", "shoulder", "cuff_outer", "cuff_inner", "armpit", "hem"]), girths)
    low = (pattern.piece == Piece.L_SLEEVE) & (pattern.along > 0.7 * pattern.along.max()) & (pattern.side != BACK)
    edges_of_it = edges(pattern)
    edges_of_it = edges_of_it[low[edges_of_it].all(1)]
    one, other = edges_of_it.T
    across = np.abs(pattern.across[one] - pattern.across[other]) > 0.25
    shown = np.hypot(*(pattern.texel[one] - pattern.texel[other])[across].T)
    made = np.hypot(*(pattern.flat[one] - pattern.flat[other])[across].T)
    pixels = np.median(shown / made) * girths.shoulder_width
    assert pixels > 0.6 * 220  # as many as between the shoulders of the picture, for as much cloth


def test_shoulder_seams_go_from_the_neck_to_the_arm(patterns: dict[str, Pattern]) -> None:
    for kind, pattern in patterns.items():
        for name, sign in (("r", -1), ("l", 1)):
            seam = pattern.shoulders[name]
            if kind == "strapless":
                assert len(seam) == 0
                continue
            assert (np.diff(sign * pattern.flat[seam, 0]) > 0).all()
            assert (pattern.side[seam] == SEAM).all()
            assert (seam[0] in pattern.openings["neck"]) == (kind not in COLLARED)
    assert set(patterns["strapless"].held) == set(patterns["strapless"].openings["neck"])
    assert len(patterns["tee"].held) == 0


def test_the_back_is_higher_at_the_neck_than_the_front(patterns: dict[str, Pattern]) -> None:
    for kind in ("tee", "long", "tank", "dress"):
        pattern = patterns[kind]
        neck = pattern.openings["neck"]
        front, back = (pattern.flat[neck[pattern.side[neck] == side], 1].max() for side in (FRONT, BACK))
        top = pattern.flat[neck, 1].min()
        assert front - top > 0.02
        assert 0 < back - top < min(0.031, 0.5 * (front - top))


def test_a_closed_collar_stands_around_the_neck(patterns: dict[str, Pattern], girths: Girths) -> None:
    pattern = patterns["turtleneck"]
    ring = pattern.flat[pattern.openings["neck"]]
    assert np.ptp(ring[:, 1]) < 1e-6
    assert girths.collar_row - 0.001 < ring[0, 1] < pattern.flat[pattern.shoulders["l"][0], 1] - 0.029
    assert 2 * np.ptp(ring[:, 0]) > girths.girth(girths.neck_row - 0.02)
    shown = pattern.texel[pattern.openings["neck"], 1]
    assert 38 < shown.mean() < garments.LONG["neck_l"][1] - 10


@pytest.mark.parametrize("kind", ["shirt", "hoodie"])
def test_an_open_collar_stands_at_the_back_and_leaves_the_front_open(
    patterns: dict[str, Pattern], girths: Girths, kind: str
) -> None:
    pattern = patterns[kind]
    neck = pattern.openings["neck"]
    base = pattern.flat[pattern.shoulders["l"][0], 1]
    behind = pattern.flat[neck[pattern.side[neck] == BACK], 1]
    assert base - 0.065 < behind.min() <= behind.max() < base - 0.024
    assert behind.max() - behind.min() < 1e-6
    assert behind.min() > girths.collar_row - 0.001
    assert pattern.flat[neck[pattern.side[neck] == FRONT], 1].max() > base + 0.02
    held = pattern.collar
    assert len(held) > 5
    assert (pattern.side[held] != FRONT).all()
    assert (pattern.flat[held, 1] < base).all()


def test_a_collar_shows_the_cloth_of_the_pictures_collar(patterns: dict[str, Pattern]) -> None:
    pattern = patterns["shirt"]
    standing = pattern.flat[:, 1] < pattern.flat[pattern.shoulders["l"][0], 1] - 1e-6
    rows = pattern.texel[standing, 1]
    assert rows.min() < 82
    assert rows.max() < 105
    assert len(patterns["tee"].collar) == len(patterns["turtleneck"].collar) == 0


def test_a_hood_hangs_down_on_the_back(patterns: dict[str, Pattern]) -> None:
    pattern = patterns["hoodie"]
    thick = pattern.relief
    assert thick is not None
    base = pattern.flat[pattern.shoulders["l"][0], 1]
    middle = (pattern.side == BACK) & (np.abs(pattern.flat[:, 0]) < 0.03)
    down = pattern.flat[:, 1] - base
    assert thick[middle & (np.abs(down - 0.08) < 0.02)].min() > 0.04
    assert thick[down > 0.3].max() == 0
    assert thick[pattern.side == FRONT].max() < 0.015
    assert thick.min() >= 0
    assert not pattern.doubts
    assert all(patterns[kind].relief is None for kind in KINDS if kind != "hoodie")


def test_broad_shoulders_without_sleeves_make_a_garment_no_smaller(girths: Girths) -> None:
    narrow, broad = garments.tank(), garments.tank()
    broad.landmarks |= garments.both({"shoulder": (118, 104)})
    lengths = [cut(worn, girths).lengths["length"] for worn in (narrow, broad)]
    assert lengths[1] == pytest.approx(lengths[0], rel=0.01)


def test_a_cropped_top_is_cut_short_and_not_as_a_larger_one(girths: Girths) -> None:
    worn, cropped = garments.tee(), garments.tee()
    for name in ("hem_r", "hem_l"):
        cropped.landmarks[name] = (cropped.landmarks[name][0], 270.0)
    for name in ("waist_r", "waist_l"):
        cropped.landmarks.pop(name)
    cropped.image[270:, :, 3] = 0
    usual, short = (cut(each, girths).lengths for each in (worn, cropped))
    assert short["length"] < 0.56 * usual["length"]  # 170 of 360 pixels
    assert short["chest"] < 1.12 * usual["chest"]


def test_a_worn_tops_size_is_told_by_its_armpits_not_by_its_length(girths: Girths) -> None:
    worn, longer = replace(garments.tee(), flat=False), replace(garments.tee(), flat=False)
    for name in ("hem_r", "hem_l"):
        longer.landmarks[name] = (longer.landmarks[name][0], 400.0)
    longer.image[400:, :, 3] = 0
    one, other = (cut(each, girths).lengths for each in (worn, longer))
    assert other["shoulders"] == pytest.approx(one["shoulders"], rel=0.03)
    assert other["length"] == pytest.approx(300 / 360 * one["length"], rel=0.05)


def test_three_quarter_sleeves_stay_short_and_make_the_garment_no_larger(girths: Girths) -> None:
    whole, shorter = garments.long_sleeved(), garments.drawn(garments.THREE_QUARTER, garments.TEE_OUTLINE)
    usual, short = (cut(each, girths).lengths for each in (whole, shorter))
    assert short["sleeve"] < 0.8 * usual["sleeve"]
    assert short["chest"] < 1.06 * usual["chest"]


def test_a_worn_armhole_is_no_wider_than_it_is_seen_and_goes_round_to_the_side(girths: Girths) -> None:
    marks = dict(garments.TANK)
    for side, sign in (("r", -1), ("l", 1)):
        marks[f"low_{side}"] = (garments.MIDDLE + sign * 88, 205.0)  # where the strap ends and the side begins
    worn = replace(garments.drawn(marks, ["neck", "shoulder", "low", "armpit", "waist", "hem"]), flat=False)
    for side in "rl":
        worn.landmarks.pop(f"low_{side}")
    pattern = cut(worn, girths)
    hole = pattern.flat[pattern.openings["arm_l"]]
    pit = hole[hole[:, 1].argmax()]
    above = hole[(hole[:, 1] < pit[1] - 0.03) & (hole[:, 1] > hole[:, 1].min() + 0.02)]
    assert len(above) > 3
    assert above[:, 0].max() < 0.8 * pit[0]


def test_a_worn_dress_that_flares_is_as_long_at_its_sides(girths: Girths) -> None:
    laid, worn = (cut(replace(garments.dress(), flat=flat), girths) for flat in (True, False))

    def drop(pattern: Pattern) -> float:
        hem = pattern.flat[pattern.openings["hem"]]
        return float(hem[np.abs(hem[:, 0]).argmin(), 1] - hem[np.abs(hem[:, 0]).argmax(), 1])

    assert drop(worn) > drop(laid) + 0.02


def test_a_narrow_worn_dress_hangs_around_the_legs(girths: Girths) -> None:
    """As wide at the hem as at the hips, it is less deep there than at the seat."""
    outline = ["neck", "shoulder", "armpit", "waist", "hip", "hem"]
    straight = garments.DRESS | garments.both({"hip": (90, 300), "hem": (90, 560)})
    pattern = cut(replace(garments.drawn(straight, outline, Category.DRESS), flat=False), girths)
    side = pattern.flat[(pattern.side == SEAM) & (pattern.flat[:, 0] > 0.1)]
    hips = 4 * float(side[np.abs(side[:, 1] - girths.hip_row).argmin(), 0])
    assert 0.8 * hips < pattern.lengths["hem"] < 0.96 * hips


def test_a_coat_is_cut_longer_than_a_top_and_a_vest_wider(girths: Girths) -> None:
    long = garments.long_sleeved()
    for name in ("hem_r", "hem_l"):
        long.landmarks[name] = (long.landmarks[name][0], 600.0)
    long.image[460:600, 175:425, 3] = 255
    tee, coat = (cut(garments.seen(long, kind), girths).lengths for kind in ("tee", "coat"))
    assert coat["length"] > 1.04 * tee["length"]
    tank, vest = (cut(garments.seen(garments.tank(), kind), girths).lengths for kind in ("tank", "vest"))
    assert vest["chest"] >= tank["chest"]
    assert vest["length"] == pytest.approx(tank["length"], rel=0.06)


def test_kinds_that_hang_loosely_are_cut_larger(girths: Girths) -> None:
    tee, hoodie, shirt = (
        cut(garments.seen(garments.long_sleeved(), kind), girths).lengths for kind in ("tee", "hoodie", "shirt")
    )
    assert hoodie["shoulders"] > 1.03 * tee["shoulders"]
    assert shirt["length"] > 1.03 * tee["length"]


def test_a_top_with_deep_armholes_is_as_long_as_it_is_pictured(girths: Girths) -> None:
    usual = garments.long_sleeved()
    batwing = garments.drawn(garments.LONG | garments.both({"armpit": (120, 290)}), garments.TEE_OUTLINE)
    shares = []
    for garment in (usual, batwing):
        lengths = cut(garment, girths).lengths
        shares.append(lengths["length"] / lengths["shoulders"])
    assert shares[1] == pytest.approx(shares[0], rel=0.03)


def test_a_flaring_dress_hangs_as_a_cone_that_is_equally_long_all_round(
    patterns: dict[str, Pattern], girths: Girths
) -> None:
    flaring = patterns["dress"]
    assert flaring.cone is not None
    hem = flaring.openings["hem"]
    assert np.ptp(flaring.cone.down[hem]) < 0.01
    # Its side seams are shorter than on panels that lie flat: those would hang down as corners.
    seam = (flaring.side == SEAM) & (flaring.flat[:, 0] > 0) & (flaring.cone.share > 0)
    chain = np.flatnonzero(seam)[np.argsort(flaring.flat[seam, 1])]
    flat = np.linalg.norm(np.diff(flaring.flat[chain], axis=0), axis=1).sum()
    assert flaring.distances(chain[:-1], chain[1:]).sum() < flat - 0.001
    narrow = garments.DRESS | garments.both({"hem": (85, 560)})
    outline = ["neck", "shoulder", "armpit", "waist", "hip", "hem"]
    assert cut(garments.drawn(narrow, outline, Category.DRESS), girths).cone is None


def test_straps_are_as_low_at_the_back_as_in_front(patterns: dict[str, Pattern]) -> None:
    pattern = patterns["camisole"]
    neck = pattern.openings["neck"]
    front, back = (pattern.flat[neck[pattern.side[neck] == side], 1].max() for side in (FRONT, BACK))
    assert back - pattern.flat[neck, 1].min() > 0.7 * (front - pattern.flat[neck, 1].min())


def test_a_hem_that_hangs_lower_in_the_middle_is_as_wide_as_its_sides(girths: Girths) -> None:
    outline = ["neck", "shoulder", "armpit", "waist", "hip", "hem"]
    lower = garments.DRESS | garments.both({"hem": (146, 535), "lowest": (90, 560)})
    level, rounded = (
        cut(garments.drawn(marks, names, Category.DRESS), girths).lengths["hem"]
        for marks, names in ((garments.DRESS, outline), (lower, [*outline, "lowest"]))
    )
    assert rounded == pytest.approx(level, rel=0.05)


def test_a_straight_top_that_looks_narrow_is_cut_straight_and_not_like_the_body(girths: Girths) -> None:
    outline = ["neck", "shoulder", "armpit", "waist", "hem"]
    narrow = garments.TEE | garments.both({"armpit": (96, 220), "waist": (95, 330), "hem": (94, 460)})
    sleeveless = {name: point for name, point in narrow.items() if not name.startswith("cuff")}
    pattern = cut(garments.drawn(sleeveless, outline), girths)
    side = pattern.flat[(pattern.side == SEAM) & (pattern.flat[:, 0] > 0.1)]
    side = side[side[:, 1] > girths.chest_row]
    reach, row = side[side[:, 1].argsort()].T
    straight = reach[0] + (reach[-1] - reach[0]) * (row - row[0]) / (row[-1] - row[0])
    waist = int(np.abs(row - girths.waist_row).argmin())
    assert reach[waist] > 0.97 * straight[waist]
    assert reach[waist] > 1.1 * girths.waist / 4


def test_a_dress_with_narrow_hips_is_made_larger_below_the_waist_and_falls_in_nowhere(girths: Girths) -> None:
    outline = ["neck", "shoulder", "armpit", "waist", "hip", "hem"]
    narrow = garments.DRESS | garments.both({"hip": (66, 300), "hem": (85, 560)})
    pattern = cut(garments.drawn(narrow, outline, Category.DRESS), girths)
    side = pattern.flat[(pattern.side == SEAM) & (pattern.flat[:, 0] > 0.1)]
    low = side[side[:, 1] > girths.hip_row]
    reach, row = low[low[:, 1].argsort()].T
    assert reach[0] > girths.hip / 4
    straight = reach[0] + (reach[-1] - reach[0]) * (row - row[0]) / (row[-1] - row[0])
    assert (reach > straight - 0.004).all()
    assert pattern.lengths["hem"] / 4 > 1.05 * reach[0]  # as its picture flares


def test_a_dress_that_clings_is_cut_to_the_knee_and_a_wide_one_as_long_as_it_is(girths: Girths) -> None:
    outline = ["neck", "shoulder", "armpit", "hem"]
    lengths = []
    for hem in (100, 180):
        marks = garments.DRESS | garments.both(
            {"armpit": (95, 140), "waist": (95, 240), "hip": (95, 300), "hem": (hem, 580)}
        )
        lengths.append(cut(garments.drawn(marks, outline, Category.DRESS), girths).lengths["length"])
    assert lengths[0] < 0.97 * lengths[1]


def test_a_dress_whose_waist_lies_low_in_its_picture_is_smaller(girths: Girths) -> None:
    outline = ["neck", "shoulder", "armpit", "waist", "hem"]
    lengths = []
    for waist in (200, 290):
        marks = garments.DRESS | garments.both({"waist": (66, waist), "hip": (85, 330), "hem": (130, 560)})
        lengths.append(cut(garments.drawn(marks, outline, Category.DRESS), girths).lengths["length"])
    assert lengths[1] < 0.97 * lengths[0]


def test_a_waist_that_is_seen_lies_no_lower_than_the_bodys(girths: Girths) -> None:
    outline = ["neck", "armpit", "waist", "hem"]
    marks = garments.STRAPLESS | garments.both({"waist": (84, 250), "hem": (110, 600)})
    worn = garments.seen(garments.drawn(marks, outline, Category.DRESS), "dress")
    assert worn.sight is not None
    rows, lengths = [], []
    for sure in (0.5, 0.95):
        worn.sight.exists.update(waist_left=sure, waist_right=sure)
        pattern = cut(worn, girths)
        waist = np.abs(pattern.texel[:, 1] - 250) < 8
        rows.append(float(pattern.flat[waist, 1].mean()))
        lengths.append(pattern.lengths["length"])
    assert rows[0] > girths.waist_row + 0.05
    assert abs(rows[1] - girths.waist_row) < 0.035
    assert lengths[1] < lengths[0] - 0.04


def test_straps_that_a_hanger_draws_apart_lie_within_the_shoulders(girths: Girths) -> None:
    apart = garments.camisole()
    apart.landmarks |= garments.both({"neck": (108, 100), "shoulder": (120, 100)})
    pattern = cut(apart, girths)
    end = girths.shoulder_points[Side.LEFT][0]
    inner, outer = (abs(pattern.flat[pattern.shoulders["l"][place], 0]) for place in (0, -1))
    assert outer < 0.85 * end
    assert 0.015 < outer - inner < 0.05


def test_the_hem_of_a_flaring_dress_is_shorter_at_its_sides(girths: Girths) -> None:
    pattern = cut(garments.dress(), girths)
    hem = pattern.flat[pattern.openings["hem"]]
    assert hem[np.abs(hem[:, 0]).argmin(), 1] > hem[np.abs(hem[:, 0]).argmax(), 1] + 0.01


def test_what_is_open_in_front_is_worn_over_what_is_there() -> None:
    garment = garments.drawn(garments.LONG, ["neck", "shoulder", "cuff_outer", "cuff_inner", "armpit", "hem"])
    assert goes_over(garment, Tailoring(cut=Cut.COAT))
    assert not goes_over(garment, Tailoring())
    assert goes_over(garments.seen(garment, "sweater", front="open"), Tailoring())
    assert goes_over(garments.seen(garment, "blazer", front="buttoned"), Tailoring())
    assert not goes_over(garments.seen(garment, "jacket", front="buttoned"), Tailoring())
    assert not goes_over(garments.seen(garment, "blazer", front="buttoned"), Tailoring(cut=Cut.LONG_SLEEVE))


def test_a_vest_and_a_jacket_that_is_open_at_the_chest_go_over_a_top_and_hide_its_hem() -> None:
    garment = garments.drawn(garments.LONG, ["neck", "shoulder", "cuff_outer", "cuff_inner", "armpit", "hem"])
    middle = garment.landmarks["neck_c"][0]
    deep, unzipped = (replace(garment, landmarks=garment.landmarks | {"neck_c": (middle, y)}) for y in (230.0, 440.0))
    vest, jacket = garments.seen(garment, "vest", front="buttoned"), garments.seen(deep, "jacket", front="buttoned")
    assert goes_over(vest, Tailoring())
    assert goes_over_closed(vest, Tailoring())
    assert goes_over(jacket, Tailoring())
    assert goes_over_closed(jacket, Tailoring())
    assert not goes_over(garments.seen(deep, "blouse", front="buttoned"), Tailoring())
    assert not goes_over(garments.seen(garment, "vest"), Tailoring())
    assert not goes_over_closed(garments.seen(unzipped, "jacket", front="open"), Tailoring())
    assert goes_over_closed(garments.seen(deep, "blazer", front="buttoned"), Tailoring())


def test_between_lapels_and_in_jackets_the_front_is_open_below_the_armpits(girths: Girths) -> None:
    outline = ["neck", "shoulder", "cuff_outer", "cuff_inner", "armpit", "hem"]
    garment = garments.drawn(garments.LONG | {"neck_c": (garments.MIDDLE, 270.0)}, outline)

    def depth(kind: str) -> float:
        pattern = cut(garments.seen(garment, kind, front="buttoned"), girths)
        front = pattern.openings["neck"][pattern.side[pattern.openings["neck"]] == FRONT]
        return float(pattern.flat[front, 1].max() - pattern.flat[_armpit(pattern), 1])

    assert depth("blouse") < 0
    assert 0.02 < depth("blazer") < 0.2


def test_a_coat_is_open_from_the_neck_to_the_hem(girths: Girths) -> None:
    pattern = cut(garments.long_sleeved(), girths, Tailoring(cut=Cut.COAT))
    assert {"front_r", "front_l"} <= set(pattern.openings)
    right, left = pattern.openings["front_r"], pattern.openings["front_l"]
    assert not set(right) & set(left)
    for edge in (right, left):
        assert np.abs(pattern.flat[edge, 0]).max() < 1e-6
        assert {edge[0], edge[-1]} == {edge[0], edge[-1]} & (
            set(pattern.openings["neck"]) | set(pattern.openings["hem"])
        )
    ends = {pattern.openings["neck"][0], pattern.openings["neck"][-1]}
    assert ends <= set(right) | set(left)
    assert "coat" in pattern.kind


def test_lengths_and_widths_are_tailored(girths: Girths, patterns: dict[str, Pattern]) -> None:
    shorter = cut(garments.long_sleeved(), girths, Tailoring(sleeve=0.5, hem=0.7))
    assert shorter.lengths["sleeve"] == pytest.approx(0.5 * patterns["long"].lengths["sleeve"], rel=0.01)
    assert shorter.lengths["length"] < patterns["long"].lengths["length"] - 0.08
    # Cut off: what is left shows the same cloth as before.
    assert shorter.texel[shorter.openings["hem"], 1].mean() < garments.LONG["hem_l"][1] - 50
    longer = cut(garments.tee(), girths, Tailoring(hem_by=0.1))
    assert longer.lengths["length"] == pytest.approx(patterns["tee"].lengths["length"] + 0.1, abs=0.01)
    wider = cut(garments.tee(), girths, Tailoring(ease=1.3))
    assert wider.lengths["hem"] == pytest.approx(1.3 * patterns["tee"].lengths["hem"], rel=0.05)


def test_a_cut_may_be_chosen(girths: Girths) -> None:
    assert cut(garments.tee(), girths, Tailoring(cut=Cut.TANK)).kind == "sleeveless top"
    sleeved = cut(garments.tank(), girths, Tailoring(cut=Cut.LONG_SLEEVE))
    assert "cuff_r" in sleeved.openings
    assert "trunk's cloth" in " ".join(sleeved.doubts)
    # Its sleeves show the trunk's cloth, each that beside it.
    alpha = garments.tank().image[..., 3]
    for piece, sign in ((Piece.R_SLEEVE, -1), (Piece.L_SLEEVE, 1)):
        x, y = np.round(sleeved.texel[(sleeved.piece == piece) & (np.abs(sleeved.across) < 0.9)]).astype(int).T
        assert alpha[y, x].mean() > 240
        assert sign * (x[np.argsort(y)[:3]].mean() - garments.MIDDLE) > 0
    with pytest.raises(InputError, match="none of the category"):
        cut(garments.tee(), girths, Tailoring(cut=Cut.TROUSERS))


def test_a_trunk_as_wide_as_its_sleeves_reach_does_not_cross_them(
    girths: Girths, sample_garment: Callable[[str], Garment]
) -> None:
    """Where nothing tells the sleeves' cloth from the trunk's, a row holds both."""
    pattern = cut(replace(sample_garment("dress-floral"), sleeve_shares={}), girths)
    assert {"neck", "hem", "cuff_r", "cuff_l"} <= set(pattern.openings)


def test_straps_that_the_cut_out_lacks_are_narrow_down_to_the_upper_edge(girths: Girths) -> None:
    worn = garments.seen(garments.camisole(), kind="tank", straps="thin")
    image = worn.image.copy()
    image[:165, :, 3] = 0  # the straps, and what lies above the upper edge
    pattern = cut(replace(worn, image=image), girths)
    plain = cut(worn, girths)

    def across(each: Pattern, share: float) -> float:
        """Metres from the front's neckline to the armhole, that far down from the shoulder to the armpit."""
        arm, neck = each.openings["arm_l"], each.openings["neck"]
        neck = neck[(each.side[neck] == FRONT) & (each.flat[neck, 0] > 0)]
        arm = arm[each.side[arm] == FRONT]
        row = each.flat[arm, 1].min() + share * np.ptp(each.flat[arm, 1])
        ends = []
        for line in (neck, arm):
            order = np.argsort(each.flat[line, 1])
            ends.append(np.interp(row, each.flat[line][order, 1], each.flat[line][order, 0]))
        return float(ends[1] - ends[0])

    assert 0.015 < across(pattern, 0.25) < 0.04
    assert across(pattern, 0.8) > 0.05
    assert across(plain, 0.25) > 0.05
