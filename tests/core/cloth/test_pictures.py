"""What the two pictures of a garment's cloth show, on small drawn garments."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from fashionmirror_core.cloth import backs
from fashionmirror_core.cloth.collar import front_edge
from fashionmirror_core.cloth.even_back import goes_round, ribbed, soft_folds
from fashionmirror_core.cloth.ground import has_pattern
from fashionmirror_core.cloth.pictures import ClothPictures, _Side, cloth_pictures
from fashionmirror_core.cloth.rib import with_collar
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.garment.sight import Sight
from fashionmirror_core.vocabulary import Category
from tests.core.cloth.pattern import garments

SIZE = 160
TEE = [(0.30, 0.14), (0.70, 0.14), (0.95, 0.32), (0.84, 0.44), (0.74, 0.36), (0.74, 0.92), (0.26, 0.92), (0.26, 0.36),
       (0.16, 0.44), (0.05, 0.32)]  # fmt: skip
TEE_LANDMARKS = {
    "neck_r": (0.42, 0.14), "neck_l": (0.58, 0.14), "neck_c": (0.5, 0.22),
    "shoulder_r": (0.28, 0.16), "shoulder_l": (0.72, 0.16), "armpit_r": (0.26, 0.37), "armpit_l": (0.74, 0.37),
    "cuff_outer_r": (0.05, 0.32), "cuff_inner_r": (0.16, 0.44), "cuff_outer_l": (0.95, 0.32), "cuff_inner_l": (0.84, 0.44),
    "hem_r": (0.26, 0.92), "hem_l": (0.74, 0.92),
}  # fmt: skip
BLUE = (60, 90, 170)
CHEST, BELLY = (slice(60, 95), slice(60, 100)), (slice(70, 140), slice(50, 110))


def cloth(colour: tuple[int, int, int] = BLUE, noise: float = 2.0) -> np.ndarray:
    """(SIZE, SIZE, 3) float: a plain weave."""
    return np.array(colour) + np.random.default_rng(3).normal(0, noise, (SIZE, SIZE, 1))


def tee(picture: np.ndarray) -> Garment:
    """A tee of this cloth, whose neck shows the inside of its back, darker, with a white label."""
    image = np.zeros((SIZE, SIZE, 4), np.uint8)
    image[..., :3] = np.clip(picture, 0, 255)
    cv2.fillPoly(image_alpha := np.zeros((SIZE, SIZE), np.uint8), [np.int32(np.round(np.array(TEE) * SIZE))], (255,))
    neck = [TEE_LANDMARKS[name] for name in ("neck_r", "neck_c", "neck_l")]
    cv2.fillPoly(hole := np.zeros((SIZE, SIZE), np.uint8), [np.int32(np.round(np.array(neck) * SIZE))], (1,))
    image[hole > 0, :3] //= 3
    image[24:28, 77:83, :3] = 255
    image[..., 3] = image_alpha
    landmarks = {name: (x * SIZE, y * SIZE) for name, (x, y) in TEE_LANDMARKS.items()}
    return Garment(image, Category.UPPER, landmarks)


def seen_as(kind: str, front: str, garment: Garment) -> Garment:
    """The garment with an encoder that is sure of its kind and of its front."""
    kinds = ("tee", "shirt", "polo", "blouse", "blazer", "coat", "jacket")
    answers = {"kind": dict.fromkeys(kinds, 0.0) | {kind: 1.0},
               "front": dict.fromkeys(("closed", "buttoned", "open"), 0.0) | {front: 1.0},
               "hood": {"no": 1.0, "yes": 0.0}}  # fmt: skip
    return replace(garment, sight=Sight(0, answers, {}, {}, {}, {}, np.zeros((8, 8, 7), np.float32), (SIZE, SIZE)))


def over(pictures: ClothPictures, picture: np.ndarray) -> np.ndarray:
    """The part of a picture that lies over the garment's own, RGB as integers."""
    x, y = pictures.offset
    return picture[y : y + SIZE, x : x + SIZE, :3].astype(int)


def turned(picture: np.ndarray) -> np.ndarray:
    """(SIZE, SIZE, 3) mirrored about the tee's middle column."""
    return picture[:, np.clip(SIZE - np.arange(SIZE), 0, SIZE - 1)]


def farthest(picture: np.ndarray, colour: tuple[int, ...] = BLUE) -> int:
    return int(np.abs(picture - colour).max())


def test_cloth_covers_the_whole_picture_and_a_margin() -> None:
    pictures = cloth_pictures(tee(cloth()))
    assert pictures.front.shape == pictures.back.shape
    assert min(pictures.offset) >= 0.12 * SIZE
    assert (pictures.front[..., 3] == 255).all()
    assert (pictures.back[..., 3] == 255).all()
    assert farthest(pictures.front[..., :3].astype(int)) < 20


def test_floor_between_sleeve_and_body_is_no_cloth_and_letters_beside_it_are() -> None:
    picture = cloth()
    gap = np.array([(114, 59), (124, 64), (118, 70), (112, 69)])
    cv2.fillPoly(picture, [gap.astype(np.int32)], (235, 230, 215))
    assert farthest(over(floor := cloth_pictures(tee(picture)), floor.front)[60:68, 114:118]) < 60
    letters = cloth()
    cv2.putText(letters, "ab", (100, 62), cv2.FONT_HERSHEY_PLAIN, 0.8, (240, 210, 60), 1)
    assert farthest(over(kept := cloth_pictures(tee(letters)), kept.front)[50:64, 98:114]) > 80


def test_what_is_seen_of_the_back_below_the_fronts_hem_is_no_hem() -> None:
    picture = cloth()
    arc = np.array([(52, 148), (80, 142), (108, 148)])
    cv2.fillPoly(picture, [arc.astype(np.int32)], (18, 26, 50))
    pictures = cloth_pictures(tee(picture))
    assert farthest(over(pictures, pictures.front)[136:147, 60:100]) < 45


def test_the_front_is_the_pictures_own() -> None:
    garment = tee(cloth())
    pictures = cloth_pictures(garment)
    front = over(pictures, pictures.front)
    assert np.abs(front[BELLY] - garment.image[BELLY][..., :3]).max() <= 4


def test_the_back_has_neither_the_necks_inside_nor_its_label() -> None:
    pictures = cloth_pictures(tee(cloth()))
    assert farthest(over(pictures, pictures.back)[20:40, 60:100]) < 20


def test_a_print_on_the_chest_is_on_the_front_alone() -> None:
    picture = cloth()
    picture[65:90, 66:94] = (230, 210, 60)
    picture[70:80, 70:90] = (200, 30, 30)
    pictures = cloth_pictures(tee(picture))
    assert farthest(over(pictures, pictures.back)[BELLY]) < 20
    assert np.abs(over(pictures, pictures.front)[72:78, 72:88] - (200, 30, 30)).max() <= 4


def test_stripes_and_dots_all_over_are_on_the_back_too() -> None:
    y, x = np.indices((SIZE, SIZE))
    stripes = np.where((y // 6 % 2)[..., None] > 0, (240, 240, 235), BLUE)
    dots = np.where(((x % 14 - 7) ** 2 + (y % 14 - 7) ** 2 < 12)[..., None], (240, 240, 235), BLUE)
    for pattern in (stripes, dots):
        pictures = cloth_pictures(tee(pattern))
        assert np.abs(over(pictures, pictures.back) - turned(pattern))[BELLY].mean() < 6
        assert over(pictures, pictures.back)[22:34, 60:100].std() > 40  # also where the neck was


def test_a_pattern_is_no_mirror_image_at_the_side_seams_unless_the_sides_have_their_own_colours() -> None:
    x = np.indices((SIZE, SIZE))[1]
    stripes = np.where((((x - 42) % 20) < 6)[..., None], (240, 240, 235), BLUE)
    halves = np.where((x < 80)[..., None], stripes, 0.3 * stripes)
    for pattern, expected in ((stripes, turned(stripes)), (halves, halves)):
        pictures = cloth_pictures(tee(pattern))
        assert np.abs(over(pictures, pictures.back) - expected)[90:130, 46:114].mean() < 12


def test_a_print_on_stripes_goes_and_the_stripes_stay() -> None:
    y = np.indices((SIZE, SIZE))[0]
    stripes = np.where((y // 6 % 2)[..., None] > 0, (240, 240, 235), BLUE)
    printed = stripes.copy()
    printed[64:92, 64:96] = (190, 40, 150)
    pictures = cloth_pictures(tee(printed))
    assert np.abs(over(pictures, pictures.back) - stripes)[66:90, 66:94].mean() < 30


def test_bands_of_colour_go_on_across_the_back_where_letters_and_buttons_were() -> None:
    y, x = np.indices((SIZE, SIZE))
    line = y - 0.05 * (x - 80)  # it lies a little aslant
    bands = np.select([line < 58, line < 74], [0, 1], 2)
    shirt = np.array([(30, 40, 90), (240, 240, 235), (120, 150, 190)], float)[bands] + cloth((0, 0, 0), 1.0)
    printed = shirt.copy()
    for left in (60, 66, 86, 92):  # letters on the white band, on both sides of a placket
        printed[63:70, left : left + 3] = (190, 40, 60)
    printed[30:86, 78:82] = (30, 40, 90)
    pictures = cloth_pictures(seen_as("polo", "closed", tee(printed)))
    wanted = np.abs(over(pictures, pictures.back) - turned(shirt))
    assert wanted[40:110, 52:108].mean() < 7
    assert wanted[62:70, 56:104].mean() < 14  # the white band


def test_quilting_goes_on_across_a_fastened_jackets_back_and_its_zip_does_not() -> None:
    y = np.indices((SIZE, SIZE))[0]
    seams = 45 * np.exp(-(((y % 18) - 9.0) ** 2) / 6)[..., None]
    picture = cloth() - seams
    picture[20:148, 77:83] = 15
    back = over(pictures := cloth_pictures(seen_as("jacket", "open", tee(picture))), pictures.back)
    wanted = np.array(BLUE) - seams
    assert np.abs(back - wanted)[60:130, 50:110].mean() < 8
    assert np.abs(back - wanted)[60:130, 76:84].mean() < 8
    assert back[60:130, 78:82].mean(axis=(1, 2)).std() > 0.6 * wanted[60:130, 78:82].mean(axis=(1, 2)).std()


def test_a_fastened_front_hands_its_soft_folds_to_its_back_but_not_its_buttons() -> None:
    x = np.indices((SIZE, SIZE))[1]
    folds = 1 + 0.12 * np.sin(x / 2.0)[..., None]
    picture = cloth() * folds
    for y in range(40, 140, 16):
        cv2.circle(picture, (80, y), 3, (240, 240, 240), -1)
    back = over(pictures := cloth_pictures(seen_as("shirt", "buttoned", tee(picture))), pictures.back)
    beside = back[70:130, 50:70].mean(axis=(0, 2))
    assert beside.std() > 0.03 * beside.mean()
    assert np.corrcoef(beside, folds[0, 50:70, 0])[0, 1] > 0.8
    assert farthest(back[60:130, 72:88]) < 60


def test_washed_out_streaks_are_no_folds_of_the_back() -> None:
    streaks = 0.5 + 0.5 * np.sin(np.indices((SIZE, SIZE))[1] / 2.0)[..., None]
    everywhere = np.ones((SIZE, SIZE), bool)
    washed, shaded = (np.float32(BLUE + streaks * np.array(by)) for by in ((60, 30, -30), (12, 18, 34)))
    assert (soft_folds(washed, everywhere, everywhere, plain=False) == 1).all()
    assert soft_folds(shaded, everywhere, everywhere, plain=False).std() > 0.02


def test_a_hems_and_cuffs_border_goes_round_behind_a_fastening_too() -> None:
    red = np.array((170, 40, 50))
    picture = cloth()
    picture[134:148] = red
    picture[20:148, 78:82] = 15
    back = over(pictures := cloth_pictures(seen_as("jacket", "open", tee(picture))), pictures.back)
    assert np.abs(back[138:145, 46:114] - red).mean() < 25
    assert np.abs(back[138:145, 76:84] - red).mean() < 25
    assert np.abs(back[100:126, 46:114] - BLUE).mean() < 12


def test_regular_stripes_go_on_between_straps() -> None:
    y = np.indices((SIZE, SIZE))[0]
    stripes = np.where((y // 7 % 2)[..., None] > 0, (240, 240, 235), BLUE).astype(float)
    garment = tee(stripes)
    image = garment.image.copy()
    image[:55, 64:97, 3] = 0  # a deep neckline
    pictures = cloth_pictures(replace(garment, image=image, landmarks=garment.landmarks | {"neck_c": (80.0, 55.0)}))
    assert np.abs(over(pictures, pictures.back) - turned(stripes))[30:54, 68:92].mean() < 25


def test_a_print_from_side_to_side_goes_where_the_sleeves_are_plain() -> None:
    picture = cloth()
    for number, place in enumerate(np.random.default_rng(5).uniform((46, 66), (114, 140), (24, 2))):
        cv2.circle(picture, np.int32(place).tolist(), 7, ((230, 210, 60), (200, 30, 30), (30, 120, 40))[number % 3], -1)
    pictures = cloth_pictures(tee(picture))
    assert farthest(over(pictures, pictures.front)[BELLY]) > 80
    assert farthest(over(pictures, pictures.back)[BELLY]) < 30


def test_a_row_of_buttons_goes() -> None:
    picture = cloth()
    for y in range(45, 145, 14):
        picture[y : y + 4, 78:82] = 15
    picture[36:147, 84] -= 25  # the placket's edge
    pictures = cloth_pictures(seen_as("shirt", "buttoned", tee(picture)))
    assert farthest(over(pictures, pictures.back)[45:140, 60:100]) < 20


def test_lustre_and_pockets_of_a_jacket_are_on_its_front_alone() -> None:
    x = np.linspace(0, 3.5 * np.pi, SIZE)
    picture = cloth() * (1 + 0.75 * np.sin(x) * np.sin(1.3 * x)[:, None])[..., None]
    picture[100:104, 56:72] = (20, 25, 50)
    jacket = seen_as("jacket", "buttoned", tee(picture))
    pictures = cloth_pictures(jacket)
    front, back = (over(pictures, each)[40:140, 46:114] for each in (pictures.front, pictures.back))
    assert front.mean(-1).std() > 20
    assert back.mean(-1).std() < 6
    assert np.abs(back.mean((0, 1)) - np.median(front, axis=(0, 1))).max() < 25


def test_large_checks_of_a_shirt_are_on_its_back_too() -> None:
    y, x = np.indices((SIZE, SIZE)) // 16 % 2
    picture = cloth((150, 148, 145)) * cv2.GaussianBlur(0.4 + 0.5 * x + 0.5 * y, (0, 0), 3)[..., None]
    pictures = cloth_pictures(seen_as("shirt", "buttoned", tee(picture)))
    front, back = (over(pictures, each)[70:140, 50:110] for each in (pictures.front, pictures.back))
    assert back.mean(-1).std() > 0.6 * front.mean(-1).std()


def test_sleeves_of_another_colour_keep_it_on_a_jackets_back() -> None:
    picture = cloth()
    picture[:, :40] = picture[:, 120:] = (210, 205, 200)
    back = cloth_pictures(seen_as("jacket", "buttoned", tee(picture)))
    seen = over(back, back.back)
    assert farthest(seen[70:120, 50:110]) < 30
    assert seen[58:62, 20:30].min() > 170


def test_both_rows_of_a_double_breasted_coats_buttons_go_and_its_stripes_stay() -> None:
    y = np.indices((SIZE, SIZE))[0]
    stripes = np.where((y // 6 % 2)[..., None] > 0, (240, 240, 235), BLUE).astype(float)
    picture = stripes.copy()
    for row in range(66, 140, 14):
        for column in (68, 90):
            picture[row : row + 4, column : column + 4] = 15
    pictures = cloth_pictures(seen_as("coat", "buttoned", tee(picture)))
    back = over(pictures, pictures.back)
    assert back[60:140, 60:100].min() > 40
    assert np.abs(back - stripes)[60:140, 60:100].mean() < 20


def test_a_collar_of_another_colour_goes_on_at_the_back() -> None:
    worn = garments.shirt()
    worn.image[..., :3] = BLUE
    worn.image[76:122, 225:375, :3] = (230, 220, 60)
    pictures = cloth_pictures(worn)
    x, y = pictures.offset
    back = pictures.back[y:, x:, :3].astype(int)
    assert farthest(back[84:96, 265:335], (230, 220, 60)) < 30
    assert farthest(back[160:400, 200:400]) < 20
    front, edge = worn.image[..., :3].astype(np.float32), front_edge(worn)
    assert edge is not None
    without = (worn.image[..., 3] > 0) & (front[..., 2] > 100)  # where the collar passes for a print
    collared, collar = with_collar(front, front, without, edge)
    assert farthest(np.median(collared[collar], axis=0), (230, 220, 60)) < 30


def test_a_hem_of_another_colour_stays() -> None:
    picture = cloth()
    picture[141:] = (230, 220, 210)
    pictures = cloth_pictures(tee(picture))
    assert farthest(over(pictures, pictures.back)[143:146, 55:105], (230, 220, 210)) < 20


def test_a_dresss_belt_goes_round_and_its_print_does_not() -> None:
    for columns, stays in ((slice(0, SIZE), True), (slice(70, 92), False)):
        picture = cloth()
        picture[86:94, columns] = (230, 220, 60)
        dress = replace(tee(picture), category=Category.DRESS)
        back = over(pictures := cloth_pictures(dress), pictures.back)[88:92, 74:88]
        assert (farthest(back, (230, 220, 60)) < 30) == stays
        assert (farthest(back) < 30) != stays


def test_gathers_above_a_dresss_waist_are_on_its_front_alone() -> None:
    x = np.indices((SIZE, SIZE))[1]
    picture = cloth() + 14 * np.sin(x / 2.2)[..., None]
    worn = tee(picture)
    worn.landmarks |= {"waist_r": (41.0, 84.0), "waist_l": (118.0, 84.0)}
    above, below = ((slice(low, low + 12), slice(70, 90)) for low in (62, 122))
    pictures = cloth_pictures(replace(worn, category=Category.DRESS))
    front, back = (over(pictures, side) for side in (pictures.front, pictures.back))
    assert back[above].std(1).mean() < 0.6 * front[above].std(1).mean()
    assert back[below].std(1).mean() > 0.8 * front[below].std(1).mean()


def test_faint_outlines_and_a_pocket_of_a_plain_top_are_on_its_front_alone() -> None:
    picture = cloth()
    cv2.rectangle(picture, (60, 70), (100, 110), (84, 114, 194), 1)
    back = over(pictures := cloth_pictures(tee(picture)), pictures.back)
    assert np.abs(over(pictures, pictures.front)[70, 64:96] - BLUE).mean() > 15
    assert np.abs(back[66:114, 56:104].mean(2) - np.mean(BLUE)).max() < 15


def test_a_colour_at_both_sides_of_a_top_goes_round_it_and_a_print_or_a_hem_does_not() -> None:
    for where, round_it in (((80, 90, 0, SIZE), True), ((80, 110, 60, 100), False), ((141, SIZE, 0, SIZE), False)):
        picture = cloth()
        picture[where[0] : where[1], where[2] : where[3]] = (230, 220, 60)
        side = _Side.of(garment := tee(picture))
        assert goes_round(side.rgb, side.cloth, garment, side.ground) == round_it
    nothing = np.zeros((SIZE, SIZE), bool)
    assert not goes_round(side.rgb, nothing, garment, side.ground)


def test_a_knits_ribs_are_on_its_back_too() -> None:
    y, x = np.indices((SIZE, SIZE))
    ribs, net = 9 * np.sin(x / 0.7), 5 * np.sin(x / 0.7) + 5 * np.sin(y / 0.7)
    everywhere = np.ones((SIZE, SIZE), bool)
    knit = (cloth() + ribs[..., None]).astype(np.float32)
    assert ribbed(knit, everywhere)
    assert not ribbed((cloth() + net[..., None]).astype(np.float32), everywhere)
    assert not ribbed(knit, ~everywhere)
    back = over(pictures := cloth_pictures(seen_as("tee", "buttoned", tee(knit))), pictures.back)
    assert back[80:130, 60:100].mean(0).std(0).mean() > 3


def test_the_shades_of_a_coats_one_colour_are_no_pattern() -> None:
    light = 0.55 + 0.45 * np.sin(np.indices((SIZE, SIZE))[0] / 9)[..., None] ** 2
    picture = (cloth((235, 40, 160)) * light).astype(np.float32)
    everywhere = np.ones((SIZE, SIZE), bool)
    assert not has_pattern(picture, everywhere)
    picture[:, ::16] = (230, 220, 60)
    assert has_pattern(picture, everywhere)


def test_a_dark_fold_on_a_sleeve_is_no_print() -> None:
    picture = cloth()
    cv2.line(picture, (136, 44), (142, 56), (14, 20, 44), 4)
    front = over(pictures := cloth_pictures(tee(picture)), pictures.front)
    assert front[46:54, 136:143].mean() > 0.8 * np.mean(BLUE)


def test_a_jackets_back_has_its_trunks_colour_where_light_sleeves_have_their_own() -> None:
    picture = cloth((40, 44, 60)) + 14 * np.sin(np.indices((SIZE, SIZE))[0] / 20)[..., None]
    picture[:, :38] = picture[:, 122:] = (120, 200, 225)
    back = over(pictures := cloth_pictures(seen_as("jacket", "buttoned", tee(picture))), pictures.back)
    assert farthest(np.median(back[70:130, 60:100], axis=(0, 1)), (40, 44, 60)) < 20


def test_the_shade_of_sleeves_that_lie_against_the_body_goes_and_a_print_beside_it_stays() -> None:
    picture = cloth()
    for x in (41, 118):
        cv2.line(picture, (x, 26), (x, 62), (16, 20, 36), 5)
    picture[70:90, 70:90] = (240, 210, 60)
    front = over(pictures := cloth_pictures(tee(picture)), pictures.front)
    assert farthest(front[34:56, 36:46].mean((0, 1))) < 12
    assert farthest(front[74:86, 74:86], (240, 210, 60)) < 20


def test_sleeves_of_another_colour_are_no_shade() -> None:
    picture = cloth((225, 222, 215))
    picture[:, :41] = picture[:, 119:] = (60, 60, 64)
    front = over(pictures := cloth_pictures(tee(picture)), pictures.front)
    assert farthest(front[46:54, 24:34].mean((0, 1)), (60, 60, 64)) < 25
    assert farthest(front[46:54, 50:60].mean((0, 1)), (225, 222, 215)) < 12


def test_a_zip_above_a_dresss_waist_goes_and_its_belt_stays_whole() -> None:
    y = np.indices((SIZE, SIZE))[0]
    stripes = np.where((y // 6 % 2)[..., None] > 0, (200, 205, 215), BLUE)
    picture = stripes.copy()
    picture[30:62, 79:82] = 10
    picture[82:90] = (190, 40, 60)
    worn = replace(seen_as("dress", "closed", tee(picture)), category=Category.DRESS)
    worn.landmarks |= {"waist_r": (41.0, 86.0), "waist_l": (118.0, 86.0)}
    back = over(cloth_pictures(worn), cloth_pictures(worn).back)
    assert farthest(back[40:60, 76:85], (170, 170, 190)) < 150
    assert farthest(back[84:88, 60:100], (190, 40, 60)) < 30


def test_the_same_garment_gives_the_same_pictures() -> None:
    picture = cloth()
    picture[65:90, 66:94] = (230, 210, 60)
    one, other = (cloth_pictures(tee(picture)) for _ in range(2))
    assert np.array_equal(one.front, other.front)
    assert np.array_equal(one.back, other.back)


def test_the_mean_colour_stays_and_light_is_flattened() -> None:
    x = np.indices((SIZE, SIZE))[1][..., None]
    shaded = cloth() * (1.15 - 0.5 * x / SIZE)
    pictures = cloth_pictures(tee(shaded))
    before, after = np.clip(shaded, 0, 255)[BELLY], over(pictures, pictures.front)[BELLY]
    assert np.ptp(after.mean((0, 2))) < 0.7 * np.ptp(before.mean((0, 2)))
    inside = tee(shaded).image[..., 3] > 0
    inside[20:40] = False  # the neck's inside is on no front
    means = [picture[inside].mean(0) for picture in (np.clip(shaded, 0, 255), over(pictures, pictures.front))]
    assert np.abs(means[0] - means[1]).max() < 2


def test_floor_at_the_outline_is_no_cloth() -> None:
    picture = cloth()
    picture[75:, 40:44] = (200, 180, 120)
    pictures = cloth_pictures(tee(picture))
    assert farthest(over(pictures, pictures.front)[70:140, 38:60]) < 25


def test_sheer_cloth_stays_sheer_and_is_premultiplied() -> None:
    garment = tee(cloth())
    garment.image[90:, :, 3] = np.where(garment.image[90:, :, 3] > 0, 128, 0)
    pictures = cloth_pictures(garment)
    x, y = pictures.offset
    for picture in (pictures.front, pictures.back):
        lower, upper = picture[y + 110 : y + 140, x + 50 : x + 110], picture[y + 50 : y + 70, x + 50 : x + 110]
        assert np.abs(lower[..., 3].astype(int) - 128).max() <= 2
        assert farthest(lower[..., :3].astype(int), tuple(round(0.5 * level) for level in BLUE)) < 15
        assert (upper[..., 3] == 255).all()


def test_a_picture_of_the_back_is_mirrored_and_laid_on_the_front() -> None:
    picture = cloth()
    picture[60:70, 100:110] = (220, 40, 40)  # at the right of a picture from behind: at the wearer's right
    behind = tee(picture)
    behind.landmarks = {name: (x * 0.5, y * 0.5) for name, (x, y) in behind.landmarks.items()}
    behind.image = cv2.resize(behind.image, (SIZE // 2, SIZE // 2), interpolation=cv2.INTER_AREA)
    pictures = cloth_pictures(tee(cloth()), behind)
    back = over(pictures, pictures.back)
    assert np.abs(back[63:67, 53:57] - (220, 40, 40)).max() < 40
    assert farthest(back[60:70, 100:110]) < 25


def test_a_back_of_another_colour_keeps_it() -> None:
    red = (170, 40, 50)
    pictures = cloth_pictures(tee(cloth()), tee(cloth(red)))
    assert np.abs(over(pictures, pictures.back)[BELLY].mean((0, 1)) - red).max() < 3


def test_the_necks_rib_runs_around_the_back() -> None:
    picture, white = cloth(), (235, 232, 225)
    edge = np.array([TEE_LANDMARKS[name] for name in ("neck_r", "neck_c", "neck_l")]) * SIZE
    band = np.zeros((SIZE, SIZE), np.uint8)
    cv2.polylines(band, [np.int32(np.round(edge))], False, (1,), 7)
    picture[band > 0] = white
    pictures = cloth_pictures(tee(picture))
    back = over(pictures, pictures.back)
    assert farthest(np.median(back[24:26, 74:86], (0, 1)), white) < 30  # just below the back's own neckline
    assert farthest(back[36:40, 74:86].mean((0, 1))) < 5  # where the front has it


def test_sparse_motifs_at_both_sides_are_on_the_back_too() -> None:
    picture = cloth()
    y, x = np.indices((SIZE, SIZE))
    flowers = (np.abs(x % 20 - 10) < 4) & (np.abs(y % 20 - 10) < 4)
    picture[flowers] = (230, 60, 90)
    pictures = cloth_pictures(tee(picture))
    assert np.abs(over(pictures, pictures.back) - picture)[BELLY].mean() < 6


def test_tiny_motifs_strewn_over_plain_cloth_are_on_the_back_too() -> None:
    picture = cloth()
    y, x = np.indices((SIZE, SIZE))
    picture[((x + 5) % 18 < 3) & (y % 18 < 3)] = (230, 60, 90)
    pictures = cloth_pictures(tee(picture))
    assert np.abs(over(pictures, pictures.back) - turned(picture))[BELLY].mean() < 3


def test_nothing_is_filled_with_the_shade_between_body_and_sleeves(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = []

    def filled(values: np.ndarray, hole: np.ndarray, source: np.ndarray, *_: object) -> np.ndarray:
        sources.append(source)
        return values

    monkeypatch.setattr(backs, "patched", filled)
    cloth_pictures(replace(tee(cloth()), category=Category.DRESS))
    (source,) = sources
    assert not source[40:55, 41:44].any()
    assert source[70:140, 50:110].all()
    assert source[50:58, 18:28].any()  # a sleeve


def test_a_place_where_light_falls_on_stripes_is_no_print() -> None:
    y, x = np.indices((SIZE, SIZE))
    stripes = np.where((y // 6 % 2)[..., None] > 0, (200.0, 200.0, 200.0), (110.0, 110.0, 110.0))
    lit = stripes * (1 + 0.2 * np.exp(-(((x - 80) / 14) ** 2 + ((y - 90) / 14) ** 2)))[..., None]
    pictures = cloth_pictures(tee(lit))
    assert np.abs(over(pictures, pictures.back) - np.clip(lit, 0, 255))[BELLY].mean() < 1


def trousers(picture: np.ndarray) -> Garment:
    """Straight trousers of this cloth."""
    outline = [(0.25, 0.06), (0.75, 0.06), (0.85, 0.95), (0.55, 0.95), (0.5, 0.35), (0.45, 0.95), (0.15, 0.95)]
    alpha = np.zeros((SIZE, SIZE), np.uint8)
    cv2.fillPoly(alpha, [np.int32(np.round(np.array(outline) * SIZE))], (255,))
    image = np.dstack([np.clip(picture, 0, 255).astype(np.uint8), alpha])
    places = {"waist_r": outline[0], "waist_l": outline[1], "hem_l": outline[2], "hem_inner_l": outline[3],
              "crotch": outline[4], "hem_inner_r": outline[5], "hem_r": outline[6]}  # fmt: skip
    return Garment(image, Category.LOWER, {name: (x * SIZE, y * SIZE) for name, (x, y) in places.items()})


def test_fly_and_drawstring_are_on_the_front_alone() -> None:
    picture = cloth()
    picture[12:40, 79:82] = 240
    pictures = cloth_pictures(trousers(picture))
    assert farthest(over(pictures, pictures.back)[12:50, 60:100]) < 20
    assert over(pictures, pictures.front)[20:34, 80].min() > 200


def test_a_hangers_clips_are_no_cloth() -> None:
    picture = cloth()
    picture[8:19, 46:58] = 12
    picture[8:19, 102:114] = 12
    pictures = cloth_pictures(trousers(picture))
    for side in (pictures.front, pictures.back):
        assert farthest(over(pictures, side)[8:22, 44:116]) < 40
