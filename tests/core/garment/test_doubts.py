"""What is not one garment that hangs upright is told, refused, or turned; never worn without a word."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import known
import numpy as np
import pytest

from fashionmirror_core import places, samples
from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.doubts import NO_GARMENT, STILL_WORN, WORN, pieces, usual_piece
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.media.images import on_white, read_image
from fashionmirror_core.motion.faces import shows_face_or_hand


def sample(name: str) -> np.ndarray:
    """(500, w, 4): a built-in garment, small."""
    picture = read_image(places.resources() / "samples" / "garments" / f"{name}.webp")
    return cv2.resize(picture, (round(500 * picture.shape[1] / picture.shape[0]), 500), interpolation=cv2.INTER_AREA)


def person(name: str = "red-top") -> np.ndarray:
    picture = read_image(known.PERSONS[name])
    return cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


# ------------------------------------------------------------------------------------------------------------ turned


@pytest.mark.parametrize(
    ("name", "quarters"), [("tee-bloom", 1), ("trousers-plaid", 2), ("dress-red", 3), ("skirt-mint", 2)]
)
def test_a_garment_that_lies_on_its_side_or_head_is_turned_upright_and_told(name: str, quarters: int) -> None:
    upright = Garment.from_photo(sample(name))
    found = Garment.from_photo(np.ascontiguousarray(np.rot90(sample(name), quarters)))
    assert upright.turns == 0
    assert upright.warnings == []
    assert found.turns == quarters
    assert [f"by {90 * quarters} degrees" in warning for warning in found.warnings] == [True]
    assert found.category == upright.category
    np.testing.assert_array_equal(found.image.shape, upright.image.shape)
    for point, place in upright.landmarks.items():
        assert found.landmarks[point] == pytest.approx(place, abs=6)


def test_a_turn_that_somebody_chose_is_kept_without_a_word() -> None:
    given = sample("tee-bloom")
    found = Garment.from_photo(given, "upper", turns=1)
    assert found.turns == 1
    assert not any("turn" in warning for warning in found.warnings)
    height, width = Garment.from_photo(given).image.shape[:2]
    # Sleeves that hang sideways may be laid out a little.
    assert found.image.shape[:2] == pytest.approx((width, height), rel=0.01)


def test_a_painted_cut_out_is_turned_with_its_picture() -> None:
    turned = np.ascontiguousarray(np.rot90(sample("trousers-plaid")))
    painted = turned[..., 3].copy()
    found = Garment.from_photo(np.ascontiguousarray(on_white(turned)), alpha=painted)
    assert found.turns == 1
    assert found.category == "lower"
    assert found.image.shape[0] > found.image.shape[1]


# ----------------------------------------------------------------------------------------------------------- several


def beside(*pictures: np.ndarray) -> np.ndarray:
    return np.hstack(pictures)


def below(upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    width = max(upper.shape[1], lower.shape[1])
    parts = []
    for part in (upper, lower):
        spare = width - part.shape[1]
        parts.append(np.pad(part, ((0, 0), (spare // 2, spare - spare // 2), (0, 0))))
    return np.vstack(parts)


def smaller(picture: np.ndarray) -> np.ndarray:
    return cv2.copyMakeBorder(
        cv2.resize(picture, None, fx=0.8, fy=0.8, interpolation=cv2.INTER_AREA),
        *(0, picture.shape[0] - round(0.8 * picture.shape[0]), 0, 0),
        cv2.BORDER_CONSTANT,
    )


SEVERAL: dict[str, tuple[Callable[[], np.ndarray], str, str]] = {
    "front and back": (lambda: beside(sample("tee-bloom"), sample("tee-bloom")[:, ::-1]), "the left one", "upper"),
    "a top and trousers": (lambda: below(sample("top-floral"), sample("trousers-plaid")), "one is worn", ""),
    "the larger on the right": (
        lambda: beside(smaller(sample("dress-red")), sample("dress-print")),
        "the right one",
        "dress",
    ),
}


@pytest.mark.parametrize("alpha", [True, False], ids=["cut out", "on white"])
@pytest.mark.parametrize("case", SEVERAL)
def test_of_several_garments_one_is_worn_and_named(case: str, alpha: bool) -> None:
    make, name, category = SEVERAL[case]
    both = np.ascontiguousarray(make())
    found = Garment.from_photo(both if alpha else on_white(both))
    assert [name in warning for warning in found.warnings] == [True]
    assert found.warnings[0].startswith("Several garments")
    pieces = cv2.connectedComponentsWithStats((found.alpha > 0.5).astype(np.uint8))[2][1:, cv2.CC_STAT_AREA]
    assert sorted(pieces)[-1] > 0.97 * pieces.sum()
    assert found.category == (category or found.category)
    assert max(found.image.shape[:2]) < 0.75 * max(both.shape[:2]) + 60


def test_a_garment_that_a_belt_parts_is_one_garment() -> None:
    alpha = sample("dress-red")[..., 3] / np.float32(255)
    alpha[240:252] = 0
    assert pieces(alpha) == []


def test_small_pieces_go_with_the_garment_they_are_beside() -> None:
    alpha = np.zeros((100, 200), np.float32)
    alpha[10:90, 10:70] = alpha[10:90, 130:190] = 1
    alpha[40:50, 75:80] = alpha[40:50, 120:125] = 1
    found = pieces(alpha)
    assert [piece.name for piece in found] == ["the left one", "the right one"]
    piece = found[usual_piece(found)]
    assert piece is found[0]
    assert piece.alpha[45, 77] == 1
    assert not piece.alpha[:, 100:].any()


@pytest.mark.parametrize("alpha", [True, False], ids=["cut out", "on white"])
def test_any_of_several_garments_is_picked_with_its_own_cut_out(alpha: bool) -> None:
    both = np.ascontiguousarray(beside(smaller(sample("dress-red")), sample("trousers-plaid")))
    given = both if alpha else on_white(both)
    left, right = (Garment.from_photo(given, pick=number) for number in (1, 2))
    assert (left.category, right.category) == ("dress", "lower")
    assert left.pieces == right.pieces == ("the left one", "the right one")
    for found in (left, right):
        assert not any("Several" in warning for warning in found.warnings)
        areas = cv2.connectedComponentsWithStats((found.alpha > 0.5).astype(np.uint8))[2][1:, cv2.CC_STAT_AREA]
        assert max(areas) > 0.97 * sum(areas)
    with pytest.raises(InputError, match="There is no garment 3: 2 garments are seen apart"):
        Garment.from_photo(given, pick=3)
    with pytest.raises(InputError, match="There is no garment 2: one garment is seen"):
        Garment.from_photo(sample("dress-red"), pick=2)


def test_four_garments_are_told_apart_by_their_places() -> None:
    alpha = np.zeros((60, 260), np.float32)
    for left in (10, 70, 130, 190):
        alpha[10:50, left : left + 40] = 1
    assert [piece.name for piece in pieces(alpha)] == ["the left one", "the 2. one", "the 3. one", "the right one"]


def test_what_somebody_trusts_is_taken_as_one_garment() -> None:
    """Whatever it looks like: a person in it, something else, or two garments."""
    both = np.ascontiguousarray(beside(smaller(sample("dress-red")), sample("dress-print")))
    found = Garment.from_photo(both, trusted=True)
    assert found.pieces == ()
    assert found.image.shape[1] > 0.9 * both.shape[1]
    for shown in (nothing()["a beanie"], person("red-top")[120:480]):
        with pytest.raises(InputError):
            Garment.from_photo(np.ascontiguousarray(shown))
        trusted = Garment.from_photo(np.ascontiguousarray(shown), "upper", trusted=True)
        assert not set(trusted.warnings) & {NO_GARMENT, STILL_WORN, WORN}


# ------------------------------------------------------------------------------------------------- no garment, worn


@pytest.mark.parametrize("crop", ["whole", "head and trunk", "without a head"])
@pytest.mark.parametrize("name", ["red-top", "lilac-dress"])
def test_a_picture_of_somebody_who_wears_the_garment_is_refused(name: str, crop: str) -> None:
    picture = person(name)
    rows = {"whole": slice(None), "head and trunk": slice(0, 330), "without a head": slice(120, 480)}[crop]
    with pytest.raises(InputError, match="Somebody wears") as refused:
        Garment.from_photo(np.ascontiguousarray(picture[rows]))
    assert str(refused.value) == WORN


def nothing() -> dict[str, np.ndarray]:
    draw = np.random.default_rng(0)
    clouds = cv2.resize(draw.uniform(90, 230, (7, 5, 3)).astype(np.float32), (300, 420), interpolation=cv2.INTER_CUBIC)
    disc, beanie = np.full((300, 300, 3), 230, np.uint8), np.full((320, 400, 3), 235, np.uint8)
    cv2.circle(disc, (150, 150), 100, (90, 40, 40), -1)
    cv2.ellipse(beanie, (200, 200), (110, 120), 0, 180, 360, (120, 60, 40), -1)
    cv2.rectangle(beanie, (90, 195), (310, 230), (90, 40, 30), -1)
    return {
        "clouds": np.clip(clouds, 0, 255).astype(np.uint8),
        "a disc": disc,
        "a beanie": beanie,
        "noise": draw.integers(0, 255, (300, 220, 3), np.uint8),
    }


@pytest.mark.parametrize("case", nothing())
def test_what_is_no_garment_is_refused_in_one_line(case: str) -> None:
    with pytest.raises(InputError) as refused:
        Garment.from_photo(nothing()[case])
    assert "\n" not in str(refused.value)


def test_a_chosen_category_wears_what_looks_like_no_garment_and_says_so() -> None:
    odd = nothing()["a beanie"]
    with pytest.raises(InputError) as refused:
        Garment.from_photo(odd)
    assert str(refused.value) == NO_GARMENT
    found = Garment.from_photo(odd, "upper")
    assert STILL_WORN in found.warnings
    assert found.category == "upper"


@pytest.mark.parametrize("path", samples.garments(), ids=lambda path: path.stem)
def test_garments_are_worn_without_a_word(path: object) -> None:
    picture = read_image(str(path))
    for shown in (picture, on_white(picture)):
        assert Garment.from_photo(shown).warnings == []


def test_faces_and_hands_are_seen() -> None:
    assert shows_face_or_hand(person())
    assert not shows_face_or_hand(on_white(sample("tee-bloom")))
