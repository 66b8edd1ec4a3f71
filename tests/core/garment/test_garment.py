"""A picture becomes a garment: cut out, named, with its landmarks where a tailor would put them."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.cutout import cut_out, decontaminated
from fashionmirror_core.garment.garment import ANOTHER_KIND, LONGEST_SIDE, OF_BACK, PLAIN_RECTANGLE, Garment
from fashionmirror_core.imaging.transparency import FRAMED
from fashionmirror_core.media.images import Picture

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared"
SAMPLES = {
    "dress-floral": "dress",
    "dress-print": "dress",
    "dress-red": "dress",
    "skirt-mint": "lower",
    "skirt-navy": "lower",
    "tee-bloom": "upper",
    "top-floral": "upper",
    "trousers-plaid": "lower",
}
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared folder with samples and data is not here")

TSHIRT = {
    "neck_r": (165, 60),
    "shoulder_r": (115, 75),
    "cuff_outer_r": (40, 150),
    "cuff_inner_r": (75, 185),
    "armpit_r": (115, 150),
    "hem_r": (115, 310),
}
TROUSERS = {"waist_r": (150, 50), "hem_r": (120, 450), "hem_inner_r": (175, 450), "crotch": (200, 190)}
DRESS = {"neck_r": (170, 40), "shoulder_r": (140, 50), "hem_r": (70, 460), "waist_r": (150, 190)}


def mirrored(points: dict[str, tuple[float, float]], width: int = 400) -> dict[str, tuple[float, float]]:
    """The points with their counterparts on the other side of a picture of ``width``."""
    return points | {name[:-1] + "l": (width - x, y) for name, (x, y) in points.items() if name.endswith("_r")}


def drawn(half: list[tuple[float, float]], width: int = 400, height: int = 500) -> np.ndarray:
    """RGBA picture of the polygon whose left half as seen is given, from the middle of the top downward."""
    polygon = half + [(width - x, y) for x, y in reversed(half)]
    alpha = np.zeros((height, width), np.uint8)
    cv2.fillPoly(alpha, [np.array(polygon, np.int32)], 255)
    colour = np.full((height, width, 3), (60, 90, 170), np.uint8)
    return np.dstack([colour, alpha])


def tshirt() -> np.ndarray:
    names = ("neck_r", "shoulder_r", "cuff_outer_r", "cuff_inner_r", "armpit_r", "hem_r")
    return drawn([(200, 78), *(TSHIRT[name] for name in names)])


def trousers() -> np.ndarray:
    names = ("waist_r", "hem_r", "hem_inner_r", "crotch")
    return drawn([TROUSERS[names[0]], (135, 130), *(TROUSERS[name] for name in names[1:])])


def dress() -> np.ndarray:
    return drawn([(200, 80), DRESS["neck_r"], DRESS["shoulder_r"], (135, 120), DRESS["waist_r"], DRESS["hem_r"]])


def offset(garment: Garment, picture: np.ndarray) -> np.ndarray:
    """Where the garment's crop begins in the picture, from both alphas' first rows and columns."""
    full, crop = picture[..., 3] > 127, garment.image[..., 3] > 127
    return np.array([np.argmax(m.any(0)) - np.argmax(c.any(0)) for m, c in ((full, crop), (full.T, crop.T))])


@pytest.mark.parametrize(
    ("picture", "category", "corners", "reach"),
    [(tshirt(), "upper", TSHIRT, 10), (trousers(), "lower", TROUSERS, 8), (dress(), "dress", DRESS, 12)],
    ids=["t-shirt", "trousers", "dress"],
)
def test_landmarks_of_a_drawn_garment_are_at_its_corners(
    picture: np.ndarray, category: str, corners: dict[str, tuple[float, float]], reach: float
) -> None:
    garment = Garment.from_photo(picture)
    assert garment.category == category
    shift = offset(garment, picture)
    for name, (x, y) in mirrored(corners).items():
        found = np.array(garment.landmarks[name]) + shift
        assert np.hypot(*(found - (x, y))) < reach, f"{name} is at {found}, drawn at {(x, y)}"


@settings(max_examples=8, deadline=None)
@given(angle=st.floats(-12, 12), scale=st.floats(0.5, 1.6))
def test_landmarks_turn_and_grow_with_the_picture(angle: float, scale: float) -> None:
    size = round(560 * scale)
    matrix = cv2.getRotationMatrix2D((200, 250), angle, scale)
    matrix[:, 2] += size / 2 - np.array([200, 250])
    picture = cv2.warpAffine(tshirt(), matrix, (size, size))
    garment = Garment.from_photo(picture, "upper")
    shift = offset(garment, picture)
    for name in ("armpit_r", "armpit_l", "hem_r", "hem_l", "cuff_inner_r", "cuff_inner_l"):
        x, y = mirrored(TSHIRT)[name]
        expected = matrix @ [x, y, 1]
        assert np.hypot(*(np.array(garment.landmarks[name]) + shift - expected)) < 16 * scale, name


def test_a_mirrored_garment_has_mirrored_landmarks() -> None:
    picture = tshirt()
    one, other = Garment.from_photo(picture), Garment.from_photo(picture[:, ::-1].copy())
    for name, (x, y) in one.landmarks.items():
        twin = {"_r": "_l", "_l": "_r"}.get(name[-2:], name[-2:])
        assert other.landmarks[name[:-2] + twin] == pytest.approx((one.image.shape[1] - 1 - x, y), abs=6)


def test_parts_of_a_t_shirt_add_up_and_lie_on_their_sides() -> None:
    garment = Garment.from_photo(tshirt())
    parts = garment.part_masks()
    assert set(parts) == {"body", "sleeve_r", "sleeve_l"}
    np.testing.assert_allclose(sum(parts.values()), garment.alpha, atol=1e-4)
    shares = {name: part.sum() / garment.alpha.sum() for name, part in parts.items()}
    assert 0.03 < shares["sleeve_r"] < 0.2
    assert shares["sleeve_r"] == pytest.approx(shares["sleeve_l"], abs=0.02)
    middle = garment.image.shape[1] / 2
    assert np.average(np.arange(garment.image.shape[1]), weights=parts["sleeve_r"].sum(0)) < middle


def test_parts_are_made_once_for_all_who_ask() -> None:
    garment = Garment.from_photo(tshirt())
    body = garment.part_masks().pop("body")
    assert garment.part_masks()["body"] is body
    with pytest.raises(ValueError, match="read-only"):
        body[0] = 1
    assert set(replace(garment, landmarks={}).part_masks()) == {"body"}  # another garment has its own


def test_parts_of_trousers_are_the_legs_below_the_crotch() -> None:
    garment = Garment.from_photo(trousers())
    parts = garment.part_masks()
    assert set(parts) == {"body", "leg_r", "leg_l"}
    crotch = round(garment.landmarks["crotch"][1])
    assert parts["body"][crotch + 20 :].max() < 0.05
    assert parts["leg_r"][: crotch - 20].max() < 0.05


def test_sleeves_are_told_apart() -> None:
    assert Garment.from_photo(tshirt()).sleeves == "short"
    assert Garment.from_photo(dress()).sleeves == "none"


def test_a_long_sleeve_has_an_elbow_between_shoulder_and_cuff() -> None:
    half = [(200, 78), (165, 60), (130, 70), (20, 270), (55, 290), (130, 150), (130, 320)]
    garment = Garment.from_photo(drawn(half), "upper")
    assert garment.sleeves == "long"
    at = garment.landmarks
    assert at["shoulder_r"][1] < at["elbow_r"][1] < at["cuff_inner_r"][1]
    assert at["cuff_outer_r"][0] < at["elbow_r"][0] < at["shoulder_r"][0]


def test_a_skirt_has_no_crotch() -> None:
    skirt = drawn([(150, 60), (80, 420)])
    garment = Garment.from_photo(skirt)
    assert garment.category == "lower"
    assert "crotch" not in garment.landmarks
    assert set(garment.part_masks()) == {"body"}


def test_the_given_category_is_taken_as_it_is() -> None:
    assert Garment.from_photo(tshirt(), "dress").category == "dress"


@pytest.mark.parametrize("background", [(255, 255, 255), (205, 208, 212)])
def test_a_plain_background_is_removed_without_a_fringe(background: tuple[int, int, int]) -> None:
    picture = tshirt()
    rgb = np.where(picture[..., 3:] > 0, picture[..., :3], np.uint8(background)).astype(np.uint8)
    cutout = cut_out(rgb)
    truth = picture[..., 3] > 0
    assert iou(cutout.alpha > 0.5, truth) > 0.98
    shown = decontaminated(rgb, cutout.alpha)[cutout.alpha > 0.1]
    assert np.abs(shown.astype(int) - (60, 90, 170)).max() < 12


def test_a_white_garment_on_a_white_page_is_found() -> None:
    picture = tshirt()
    rgb = np.where(picture[..., 3:] > 0, np.uint8(246), np.uint8(255)).repeat(3, axis=2)[..., :3]
    assert iou(cut_out(np.ascontiguousarray(rgb)).alpha > 0.5, picture[..., 3] > 0) > 0.95


def test_a_garment_on_a_patterned_floor_is_found() -> None:
    rng = np.random.default_rng(1)
    boards = np.repeat(rng.normal(0, 10, (25, 1, 1)), 20, axis=0) + rng.normal(0, 4, (500, 400, 1))
    floor = np.clip(np.array([170, 130, 85]) + boards, 0, 255).astype(np.uint8)
    picture = tshirt()
    rgb = np.where(picture[..., 3:] > 0, picture[..., :3], floor)
    assert iou(cut_out(rgb).alpha > 0.5, picture[..., 3] > 0) > 0.93


def iou(found: np.ndarray, truth: np.ndarray) -> float:
    return float((found & truth).sum() / (found | truth).sum())


def test_the_gap_between_arm_and_body_stays_open_and_a_white_print_stays_closed() -> None:
    rgb = np.full((500, 400, 3), 255, np.uint8)
    cv2.rectangle(rgb, (60, 60), (340, 440), (150, 40, 60), -1)
    cv2.rectangle(rgb, (85, 200), (105, 420), (255, 255, 255), -1)  # between sleeve and body
    cv2.circle(rgb, (200, 160), 30, (255, 255, 255), -1)  # a print on the chest
    alpha = cut_out(rgb).alpha
    assert alpha[300, 95] < 0.1
    assert alpha[160, 200] > 0.9


def on_wall(garment: np.ndarray) -> np.ndarray:
    """A garment (H, W, 4) before a wall in uneven light: no studio."""
    rng = np.random.default_rng(2)
    height, width = garment.shape[:2]
    light = cv2.resize(rng.normal(0, 7, (25, 20)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    wall = np.clip(np.array([215, 200, 180]) + (light + rng.normal(0, 3, light.shape))[..., None], 0, 255)
    return np.where(garment[..., 3:] > 0, garment[..., :3], wall.astype(np.uint8)).astype(np.uint8)


def test_a_nearly_closed_gap_beside_a_sleeve_is_no_cloth() -> None:
    """Long sleeves hang close to the body: what is between them has the wall's colour, and the armpit is above it."""
    half = [(200, 70), (160, 60), (115, 80), (50, 360), (88, 370), (120, 190), (112, 375), (112, 440)]
    picture = drawn(half)
    closed = picture.copy()
    cv2.line(closed, (88, 364), (112, 364), (60, 90, 170, 255), 7)  # the cuff touches the body
    cv2.line(closed, (312, 364), (288, 364), (60, 90, 170, 255), 7)
    for shown in (picture, closed):
        garment = Garment.from_photo(on_wall(shown), "upper")
        shift = offset(garment, shown)
        assert iou(cut_out(on_wall(shown)).alpha > 0.5, shown[..., 3] > 0) > 0.95
        for name, x in (("armpit_r", 120), ("armpit_l", 280)):
            assert np.hypot(*(np.array(garment.landmarks[name]) + shift - (x, 190))) < 30, name


def hanging(apart: bool) -> np.ndarray:
    """RGBA of a long-sleeved top whose sleeves hang against its body, or apart from it by a painted gap."""
    picture = drawn([(200, 60), (160, 52), (120, 72), (78, 250), (66, 450), (110, 450), (122, 430)])
    if apart:
        for x in (122, 278):
            cv2.line(picture, (x, 200), (x, 460), (60, 90, 170, 0), 7)
    return picture


def test_sleeves_against_the_body_are_asked_for_and_a_painted_gap_sets_them_free() -> None:
    """The painted cut-out keeps what was known of the picture: it lies flat, and its lengths are those of a flat lay."""
    photo = on_wall(hanging(apart=False))
    found = Garment.from_photo(photo, "upper")
    assert found.sleeves == "none"
    assert any("No sleeves are seen" in warning for warning in found.warnings)
    mended = Garment.from_photo(photo, "upper", hanging(apart=True)[..., 3])
    assert mended.sleeves == "long"
    assert not mended.warnings
    assert found.flat
    assert mended.flat
    studio = np.where(hanging(False)[..., 3:] > 0, hanging(False)[..., :3], np.uint8(255))
    assert not Garment.from_photo(studio, "upper", hanging(apart=True)[..., 3]).flat


def test_a_screenshot_of_a_window_is_no_cut_out() -> None:
    """Round corners and a soft shadow around a photo: the garment in it is cut out by its colours."""
    photo = on_wall(tshirt())
    height, width = photo.shape[:2]
    window = np.zeros((height + 100, width + 100), np.uint8)
    window[60:-60, 60:-60] = 255
    window = cv2.dilate(window, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (21, 21)))
    shadow = cv2.GaussianBlur(np.roll(window, 10, axis=0), (0, 0), 16) // 2
    screenshot = np.dstack([cv2.copyMakeBorder(photo, 50, 50, 50, 50, cv2.BORDER_CONSTANT), np.maximum(window, shadow)])
    found, plain = Garment.from_photo(screenshot), Garment.from_photo(photo)
    assert found.warnings == [FRAMED]
    assert found.flat
    assert found.category == "upper"
    assert found.image.shape == pytest.approx(plain.image.shape, abs=2)
    assert found.landmarks["armpit_r"] == pytest.approx(plain.landmarks["armpit_r"], abs=4)


def test_a_straight_skirt_is_no_frame_around_something_else() -> None:
    skirt = drawn([(130, 60), (130, 440)])
    found = Garment.from_photo(skirt)
    assert found.category == "lower"
    assert found.alpha.mean() > 0.8
    assert found.warnings == [PLAIN_RECTANGLE]


@pytest.mark.parametrize("level", [18, 23])
def test_haze_does_not_blow_the_garment_up(level: int) -> None:
    picture = tshirt()
    clean = Garment.from_photo(picture)
    picture[..., 3] = np.maximum(picture[..., 3], level)
    found = Garment.from_photo(picture)
    assert ["haze" in warning for warning in found.warnings] == [True]
    assert found.image.shape == clean.image.shape
    np.testing.assert_allclose(found.alpha, clean.alpha, atol=0.1)


def test_an_evenly_sheer_garment_is_worn_and_told() -> None:
    picture = tshirt()
    picture[..., 3] = np.round(0.42 * picture[..., 3])
    found = Garment.from_photo(picture)
    assert ["42 % opaque" in warning for warning in found.warnings] == [True]
    np.testing.assert_allclose(found.alpha, Garment.from_photo(tshirt()).alpha, atol=0.02)


def test_a_painted_cut_out_of_another_size_is_refused() -> None:
    with pytest.raises(InputError, match="paint it on this picture"):
        Garment.from_photo(on_wall(tshirt()), "upper", np.zeros((10, 10), np.uint8))


@pytest.mark.parametrize(
    "picture", [tshirt(), drawn([(200, 110), (165, 60), (140, 62), (150, 125), (118, 175), (112, 440)])]
)
def test_tops_with_armholes_and_free_sleeves_are_not_asked_about(picture: np.ndarray) -> None:
    assert not any("sleeves" in warning for warning in Garment.from_photo(picture, "upper").warnings)


def test_spots_of_the_walls_colour_stay() -> None:
    wall, spots = (214, 200, 181), tshirt()
    inside = spots[..., 3].copy()
    for y in range(110, 300, 45):
        for x in range(130, 280, 45):
            cv2.circle(spots, (x, y), 15, (*wall, 255), -1)
    spots[..., 3] = inside
    assert iou(cut_out(on_wall(spots)).alpha > 0.5, inside > 0) > 0.95


def test_a_stripe_of_the_walls_colour_never_cuts_a_garment_apart() -> None:
    striped = tshirt()
    inside = striped[..., 3] > 0
    striped[210:235, :, :3] = (214, 200, 181)
    assert iou(cut_out(on_wall(striped)).alpha > 0.5, inside) > 0.93


def test_a_pictures_notes_become_the_garments() -> None:
    garment = Garment.from_photo(Picture(tshirt(), notes=("The picture is an animation; frame 3 is used.",)))
    assert garment.warnings[0] == "The picture is an animation; frame 3 is used."


def test_a_large_picture_is_limited_and_alpha_is_straight() -> None:
    large = cv2.resize(tshirt(), None, fx=4, fy=4, interpolation=cv2.INTER_NEAREST)
    garment = Garment.from_photo(large)
    assert max(garment.image.shape[:2]) <= LONGEST_SIDE + 60
    edge = (garment.image[..., 3] > 0) & (garment.image[..., 3] < 255)
    assert np.abs(garment.image[edge][:, :3].astype(int) - (60, 90, 170)).max() < 8


def bad_pictures() -> dict[str, np.ndarray]:
    dot = np.full((200, 200, 3), 255, np.uint8)
    dot[100, 100] = 0
    ramp = np.repeat(np.linspace(180, 240, 200).astype(np.uint8)[None, :, None], 200, axis=0).repeat(3, axis=2)
    return {
        "one colour": np.full((200, 200, 3), 90, np.uint8),
        "a gradient": ramp,
        "one pixel": dot,
        "fully transparent": np.zeros((200, 200, 4), np.uint8),
        "one opaque pixel": np.dstack([np.zeros((200, 200, 3), np.uint8), (dot[..., 0] == 0) * np.uint8(255)]),
        "tiny": np.zeros((4, 4, 3), np.uint8),
        "floats": np.zeros((200, 200, 3)),
    }


@pytest.mark.parametrize("name", bad_pictures())
def test_a_picture_without_a_garment_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(InputError) as refused:
        Garment.from_photo(bad_pictures()[name])
    assert "\n" not in str(refused.value)


def test_an_unknown_category_is_refused() -> None:
    with pytest.raises(InputError, match="upper, lower or dress"):
        Garment.from_photo(tshirt(), "hat")


@needs_shared
@pytest.mark.parametrize("name", SAMPLES)
def test_samples_get_their_category_and_landmarks_in_order(name: str) -> None:
    garment = Garment.from_photo(np.array(Image.open(SHARED / "samples" / f"{name}.webp")))
    assert garment.category == SAMPLES[name]
    assert not garment.warnings
    at = garment.landmarks
    for point, (x, _) in at.items():
        if point.endswith("_r"):
            assert x < at[point[:-1] + "l"][0], point
    lower = ["waist_r", "hip_r", "hem_r"]
    heights = lower if garment.category == "lower" else ["neck_r", "armpit_r", "waist_r", "hem_r"]
    assert [at[point][1] for point in heights] == sorted(at[point][1] for point in heights)
    if name == "trousers-plaid":
        assert at["hip_r"][1] < at["crotch"][1] < at["knee_r"][1]


@needs_shared
def test_in_shop_pictures_on_white_are_cut_as_their_masks() -> None:
    folder = SHARED / "data" / "catwalk" / "val"
    clips = json.loads((folder / "index.json").read_text())["clips"][:4]
    overlaps = []
    with zipfile.ZipFile(folder / clips[0]["archive"]) as archive:
        for clip in clips:
            for garment in clip["garments"].values():
                if f"{clip['id']}/{garment['image']}" not in archive.namelist():
                    continue
                rgb, mask = (
                    np.array(Image.open(io.BytesIO(archive.read(f"{clip['id']}/{garment[key]}"))).convert(mode))
                    for key, mode in (("image", "RGB"), ("mask", "L"))
                )
                overlaps.append(iou(cut_out(rgb).alpha > 0.5, mask > 127))
    assert np.mean(overlaps) > 0.97
    assert min(overlaps) > 0.93


@pytest.mark.parametrize("category", ["upper", "lower", "dress"])
def test_ragged_cut_outs_are_taken_or_refused_but_never_break(category: str) -> None:
    """Ellipses strewn over small pictures: fragments, slivers, shapes on one side only."""
    rng = np.random.default_rng(0)
    for _ in range(25):
        height, width = int(rng.integers(40, 200)), int(rng.integers(30, 160))
        alpha = np.zeros((height, width), np.uint8)
        for _ in range(int(rng.integers(1, 6))):
            center = (int(rng.integers(width)), int(rng.integers(height)))
            axes = (int(rng.integers(2, width // 2)), int(rng.integers(2, height // 2)))
            cv2.ellipse(alpha, center, axes, float(rng.uniform(0, 180)), 0, 360, (255,), -1)
        picture = np.dstack([np.full((height, width, 3), 120, np.uint8), alpha])
        with contextlib.suppress(InputError):
            assert Garment.from_photo(picture, category=category).category == category


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
@pytest.mark.parametrize("scale", [1, 3])
def test_landmarks_are_known_in_the_picture_as_it_was_given(quarters: int, scale: int) -> None:
    """Turned, enlarged beyond what is kept, and cropped; and one that is moved there is taken at its new place."""
    big = cv2.resize(np.pad(tshirt(), ((30, 0), (0, 90), (0, 0))), None, fx=scale, fy=scale)
    given = np.ascontiguousarray(np.rot90(big, quarters))
    found = Garment.from_photo(given, "upper", turns=quarters)
    height, width = big.shape[:2]
    for name, (x, y) in mirrored(TSHIRT).items():
        x, y = scale * x, scale * (y + 30)
        drawn_at = [(x, y), (y, width - 1 - x), (width - 1 - x, height - 1 - y), (height - 1 - y, x)][quarters]
        assert np.hypot(*np.subtract(found.in_picture[name], drawn_at)) < 14 * scale, name
    x, y = found.in_picture["armpit_r"]
    moved = Garment.from_photo(given, "upper", turns=quarters, moved={"armpit_r": (x + 9 * scale, y), "crotch": (0, 0)})
    assert moved.in_picture["armpit_r"] == pytest.approx((x + 9 * scale, y), abs=1e-3)
    assert "crotch" not in moved.landmarks
    shift = np.subtract(moved.landmarks["armpit_r"], found.landmarks["armpit_r"])
    assert np.hypot(*shift) == pytest.approx(9 * scale * min(1, 1024 / max(given.shape[:2])), rel=0.02)
    assert {k: v for k, v in moved.landmarks.items() if k != "armpit_r"} == {
        k: v for k, v in found.landmarks.items() if k != "armpit_r"
    }
    far = Garment.from_photo(given, "upper", turns=quarters, moved={"armpit_r": (-500.0, 1e5)})
    assert 0 <= far.landmarks["armpit_r"][0] < far.image.shape[1]
    assert 0 <= far.landmarks["armpit_r"][1] < far.image.shape[0]


def test_sleeves_are_as_they_are_chosen() -> None:
    assert Garment.from_photo(tshirt(), sleeves="none").sleeves == "none"
    assert Garment.from_photo(tshirt(), sleeves="long").sleeves == "long"
    photo = on_wall(hanging(apart=False))
    assert Garment.from_photo(photo, "upper").sleeves == "none"
    chosen = Garment.from_photo(photo, "upper", sleeves="long")
    assert chosen.sleeves == "long"
    assert not any("No sleeves are seen" in warning for warning in chosen.warnings)
    assert {"sleeve_r", "sleeve_l"} <= set(chosen.part_masks())
    with pytest.raises(InputError, match="Unknown sleeves"):
        Garment.from_photo(tshirt(), sleeves="wide")


def test_a_sleeve_whose_cuff_is_moved_is_cut_along_its_landmarks() -> None:
    found = Garment.from_photo(tshirt())
    x, y = found.in_picture["cuff_outer_r"]
    moved = Garment.from_photo(tshirt(), moved={"cuff_outer_r": (x + 30, y + 4)})
    assert moved.part_masks()["sleeve_r"].sum() < found.part_masks()["sleeve_r"].sum()
    np.testing.assert_allclose(moved.part_masks()["sleeve_l"], found.part_masks()["sleeve_l"], atol=1e-3)


def test_a_garment_has_a_back_of_its_own_where_one_is_given() -> None:
    picture = np.flip(drawn([(200, 40), *DRESS.values()]), 1)
    garment = Garment.from_photo(drawn([(200, 40), *DRESS.values()]), "dress", back=picture)
    assert garment.back is not None
    assert garment.back.category == "dress"
    assert garment.back.back is None
    assert [note for note in garment.warnings if note.startswith("The back's picture: ")] == [
        f"The back's picture: {note}" for note in garment.back.warnings
    ]
    again = garment.with_back(garment.back)
    assert again.warnings == garment.warnings
    with pytest.raises(InputError, match="two pictures of one garment"):
        garment.with_back(Garment.from_photo(picture, "lower"))


def test_a_back_of_another_kind_is_told() -> None:
    """Its category is the front's; trousers on the back of a T-shirt were worn without a word."""
    told = f"{OF_BACK}{ANOTHER_KIND}"
    assert told in Garment.from_photo(tshirt(), back=trousers()).warnings
    assert told not in Garment.from_photo(tshirt(), back=np.flip(tshirt(), 1)).warnings
