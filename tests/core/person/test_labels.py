"""Parsing: skin, hair, shoes and clothes of a dressed person, the removed mask by category, and the limbs."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fashionmirror_core.errors import InputError
from fashionmirror_core.person.label_prior import PARSED, load_prior
from fashionmirror_core.person.labels import Parsing, parse
from fashionmirror_core.person.limbs import limbs
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.skeleton import Pose
from fashionmirror_core.vocabulary import Part

ROOT = Path(__file__).resolve().parents[3]
CATWALK_VAL = ROOT / ".." / "shared" / "data" / "catwalk" / "val"
PERSONS = ROOT / "tests" / "samples" / "persons"

SKIN, HAIR, TOP, BOTTOM, SHOE = (224, 178, 150), (60, 40, 28), (40, 90, 190), (60, 60, 66), (170, 30, 40)
ARM, LEG = 8, 12  # half-widths of the mannequin, pixels on the 256 x 192 stage

# The mannequin's joints (BODY_25): arms a little away from the trunk, feet apart.
JOINTS = [
    *[(96, 42), (96, 62), (73, 64), (60, 100), (50, 132), (119, 64), (132, 100), (142, 132), (96, 128)],
    *[(84, 128), (81, 178), (79, 226), (108, 128), (111, 178), (113, 226)],
    *[(92, 38), (100, 38), (86, 40), (106, 40), (120, 238), (122, 237), (112, 232), (72, 238), (70, 237), (80, 232)],
]


def pose_of(points: list[tuple[int, int]] | np.ndarray, confidence: float = 1.0) -> Pose:
    points = np.asarray(points, np.float32)
    joints = np.concatenate([points, np.full((25, 1), confidence, np.float32)], axis=1)
    return Pose(joints=joints, depth=np.zeros(25, np.float32))


def line(mask: np.ndarray, *joints: int, half_width: int) -> None:
    points = np.array([JOINTS[joint] for joint in joints], np.int32)
    cv2.polylines(mask, [points], False, 1, 2 * half_width)


class Mannequin:
    """A drawn person in a T-shirt and trousers, with the truth of each region (bool masks)."""

    def __init__(self, top: tuple[int, int, int] = TOP, bottom: tuple[int, int, int] = BOTTOM) -> None:
        self.pose = pose_of(JOINTS)
        self.regions = {name: np.zeros((256, 192), np.uint8) for name in ("hair", "skin", "upper", "lower", "shoes")}
        self._draw_regions()
        colors = {"hair": HAIR, "skin": SKIN, "upper": top, "lower": bottom, "shoes": SHOE}
        self.image = np.full((256, 192, 3), 236, np.uint8)
        for name, color in colors.items():
            self.image[self.regions[name] > 0] = color
        noise = np.random.default_rng(3).normal(0, 3, self.image.shape)
        self.image = np.clip(self.image + noise, 0, 255).astype(np.uint8)
        self.matte = cv2.GaussianBlur(np.max(list(self.regions.values()), axis=0).astype(np.float32), (3, 3), 0)

    def _draw_regions(self) -> None:
        hair, skin, upper, lower, shoes = self.regions.values()
        cv2.ellipse(hair, (96, 36), (16, 20), 0, 0, 360, 1, -1)
        cv2.ellipse(skin, (96, 42), (12, 15), 0, 0, 360, 1, -1)
        cv2.rectangle(skin, (90, 50), (102, 64), 1, -1)
        line(skin, 3, 4, half_width=ARM - 2)
        line(skin, 6, 7, half_width=ARM - 2)
        cv2.fillConvexPoly(upper, np.array([(72, 58), (120, 58), (116, 124), (76, 124)]), 1)
        line(upper, 2, 3, half_width=ARM)
        line(upper, 5, 6, half_width=ARM)
        cv2.fillConvexPoly(lower, np.array([(76, 124), (116, 124), (120, 142), (72, 142)]), 1)
        line(lower, 9, 10, 11, half_width=LEG)
        line(lower, 12, 13, 14, half_width=LEG)
        for x in (76, 116):
            cv2.ellipse(shoes, (x, 236), (11, 8), 0, 0, 360, 1, -1)
        for above, below in ((skin, hair), (upper, skin), (lower, upper), (lower, skin), (shoes, lower)):
            below[above > 0] = 0
        skin[(hair > 0)] = 0


@pytest.fixture(scope="module")
def mannequin() -> Mannequin:
    return Mannequin()


@pytest.fixture(scope="module")
def parsing(mannequin: Mannequin) -> Parsing:
    return parse(mannequin.image, mannequin.matte, mannequin.pose)


def iou(mask: np.ndarray, truth: np.ndarray) -> float:
    mask, truth = mask > 0.5, truth > 0
    return float((mask & truth).sum() / max((mask | truth).sum(), 1))


def check_invariants(parsing: Parsing, matte: np.ndarray) -> None:
    stack = parsing.stack()
    assert stack.dtype == np.float32
    assert stack.shape == (len(PARSED), *matte.shape)
    assert stack.min() >= 0
    assert stack.max() <= 1
    assert (stack.sum(0) <= matte + 1e-4).all()
    assert 0 <= parsing.one_piece <= 1
    kept = parsing.head + parsing.hair + parsing.arms + parsing.legs + parsing.torso + parsing.shoes
    for category in ("upper", "lower", "dress"):
        assert (parsing.removed(category) + kept <= matte + 1e-4).all()


def test_the_regions_of_a_drawn_person_are_found(mannequin: Mannequin, parsing: Parsing) -> None:
    skin = parsing.head + parsing.arms + parsing.legs + parsing.torso
    assert iou(parsing.upper, mannequin.regions["upper"]) > 0.85
    assert iou(parsing.lower, mannequin.regions["lower"]) > 0.85
    assert iou(skin, mannequin.regions["skin"]) > 0.7
    assert iou(parsing.hair, mannequin.regions["hair"]) > 0.6
    assert iou(parsing.shoes, mannequin.regions["shoes"]) > 0.6


def test_masks_stay_inside_the_matte_and_the_removed_mask_spares_the_body(
    mannequin: Mannequin, parsing: Parsing
) -> None:
    check_invariants(parsing, mannequin.matte)


def test_the_face_is_never_removed(parsing: Parsing) -> None:
    for category in ("upper", "lower", "dress"):
        assert parsing.removed(category)[34:50, 90:103].max() < 0.1


def test_the_removed_mask_follows_the_category(parsing: Parsing) -> None:
    upper, lower, dress = (parsing.removed(category) for category in ("upper", "lower", "dress"))
    np.testing.assert_allclose(dress, upper + lower, atol=1e-5)
    assert upper[90, 96] > 0.8
    assert upper[180, 81] < 0.2
    assert lower[180, 81] > 0.8


def test_an_unknown_category_is_refused_by_name(parsing: Parsing) -> None:
    with pytest.raises(InputError, match="hat"):
        parsing.removed("hat")


def test_one_colour_from_shoulder_to_hem_looks_more_like_one_piece(parsing: Parsing) -> None:
    same = Mannequin(top=TOP, bottom=TOP)
    assert parse(same.image, same.matte, same.pose).one_piece > parsing.one_piece + 0.3


def labels_of(mannequin: Mannequin) -> np.ndarray:
    """(11, H, W): what a network that is hardly ever wrong would see, half as sharp."""
    names = ("background", "hair", "skin", "", "", "", "upper", "lower", "", "shoes", "")
    nothing = np.zeros(mannequin.matte.shape, np.float32)
    maps = [np.float32(mannequin.regions.get(name, nothing) > 0) for name in names]
    seen = np.stack([cv2.resize(cv2.resize(region, (96, 128)), (192, 256)) for region in maps])
    return seen / np.maximum(seen.sum(0), 1) * 0.9 + 0.1 / 11


def test_what_a_network_sees_counts_and_colours_say_where_it_ends(mannequin: Mannequin) -> None:
    found = parse(mannequin.image, mannequin.matte, mannequin.pose, predicted=labels_of(mannequin))
    check_invariants(found, mannequin.matte)
    for name in ("upper", "lower", "hair", "shoes"):
        assert iou(getattr(found, name), mannequin.regions[name]) > 0.85, name
    assert found.one_piece < 0.2


def test_a_network_may_call_a_piece_what_the_analytic_parser_never_would(mannequin: Mannequin) -> None:
    seen = labels_of(mannequin)
    seen[[8, 6]] = seen[[6, 8]]  # the top is a dress
    seen[[8, 7]] = np.stack([seen[7] + seen[8], np.zeros_like(seen[7])])  # ... and the trousers are a part of it
    dress = parse(mannequin.image, mannequin.matte, mannequin.pose, predicted=seen)
    both = np.maximum(mannequin.regions["upper"], mannequin.regions["lower"])
    assert iou(dress.removed("dress"), both) > 0.85
    assert dress.one_piece > 0.7
    assert dress.upper[90, 96] > 0.8  # divided at the waist
    assert dress.lower[180, 81] > 0.8
    seen = labels_of(mannequin)
    seen[[10, 7]] = seen[[7, 10]]  # the trousers are thick tights
    tights = parse(mannequin.image, mannequin.matte, mannequin.pose, predicted=seen)
    assert tights.accessory[180, 81] > 0.8
    assert tights.removed("dress")[180, 81] < 0.2


def test_a_sleeve_is_never_the_trousers(mannequin: Mannequin) -> None:
    """Whatever a network calls it: a panel in the trousers' fabric is replaced with the top."""
    seen = labels_of(mannequin)
    sleeve = np.zeros((256, 192), np.uint8)
    line(sleeve, 5, 6, half_width=ARM)
    panel = (sleeve > 0) & (mannequin.regions["upper"] > 0)
    seen[:, panel] = 0.1 / 11
    seen[7, panel] = 0.9
    found = parse(mannequin.image, mannequin.matte, mannequin.pose, predicted=seen)
    arm = cv2.erode(panel.astype(np.uint8), np.ones((3, 3))) > 0
    rows = np.arange(256)[:, None]
    upper_arm = arm & (rows > JOINTS[5][1] + 8) & (rows < JOINTS[6][1] - 4)
    assert upper_arm.sum() > 50
    assert found.upper[upper_arm].mean() > 0.8
    assert found.removed("lower")[upper_arm].mean() < 0.2


@pytest.mark.parametrize("sleeves", [True, False])
def test_sleeves_in_the_tone_of_pale_skin_are_told_by_the_trunk(sleeves: bool) -> None:
    """A network that takes them for arms is overruled by their colour, unless the arms are as bare as the face."""
    pale = Mannequin(top=(206, 193, 180))
    seen = labels_of(pale)
    upper = np.zeros((256, 192), np.uint8)
    line(upper, 2, 3, half_width=ARM)
    line(upper, 5, 6, half_width=ARM)
    arms = (upper > 0) & (pale.regions["upper"] > 0)
    arms[:, 72:121] = False
    seen[:, arms] = 0
    seen[3, arms], seen[6, arms] = 0.85, 0.15
    image = pale.image.copy()
    if not sleeves:
        image[arms] = SKIN
    found = parse(image, pale.matte, pale.pose, predicted=seen)
    assert (found.upper[arms] > 0.5).mean() > 0.9 if sleeves else (found.upper[arms] > 0.5).mean() < 0.1


def test_a_network_that_sees_nothing_is_survived(mannequin: Mannequin) -> None:
    for value in (0.0, 1 / 11):
        seen = np.full((11, *mannequin.matte.shape), value, np.float32)
        found = parse(mannequin.image, mannequin.matte, mannequin.pose, predicted=seen)
        check_invariants(found, mannequin.matte)
        assert np.isfinite(found.stack()).all()


def test_what_is_seen_at_another_size_is_refused(mannequin: Mannequin) -> None:
    with pytest.raises(InputError, match="stage"):
        parse(mannequin.image, mannequin.matte, mannequin.pose, predicted=np.zeros((11, 64, 48), np.float32))


def test_the_skin_colour_is_the_faces(parsing: Parsing) -> None:
    assert parsing.skin.measured
    np.testing.assert_allclose(parsing.skin_color, SKIN, atol=10)


def test_the_same_picture_gives_the_same_parsing(mannequin: Mannequin, parsing: Parsing) -> None:
    again = parse(mannequin.image, mannequin.matte, mannequin.pose)
    np.testing.assert_array_equal(again.stack(), parsing.stack())


def test_the_larger_stage_gives_the_same_regions(mannequin: Mannequin) -> None:
    image = cv2.resize(mannequin.image, (384, 512), interpolation=cv2.INTER_LINEAR)
    matte = cv2.resize(mannequin.matte, (384, 512), interpolation=cv2.INTER_LINEAR)
    large = parse(image, matte, pose_of(np.array(JOINTS) * 2 + 0.5))
    truth = cv2.resize(mannequin.regions["upper"], (384, 512), interpolation=cv2.INTER_NEAREST)
    assert iou(large.upper, truth) > 0.85


@settings(max_examples=8, deadline=None)
@given(
    top=st.tuples(*[st.integers(0, 255)] * 3),
    bottom=st.tuples(*[st.integers(0, 255)] * 3),
    shift=st.tuples(st.integers(-15, 15), st.integers(-6, 6)),
)
def test_invariants_hold_for_any_colours_and_places(
    top: tuple[int, int, int], bottom: tuple[int, int, int], shift: tuple[int, int]
) -> None:
    drawn = Mannequin(top, bottom)
    move = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
    image = cv2.warpAffine(drawn.image, move, (192, 256), borderMode=cv2.BORDER_REPLICATE)
    matte = cv2.warpAffine(drawn.matte, move, (192, 256))
    check_invariants(parse(image, matte, pose_of(np.array(JOINTS) + shift)), matte)


def test_missing_faces_feet_and_hands_are_survived(mannequin: Mannequin) -> None:
    joints = mannequin.pose.joints.copy()
    joints[[0, 4, 7, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24]] = 0
    parsing = parse(mannequin.image, mannequin.matte, Pose(joints=joints, depth=np.zeros(25, np.float32)))
    check_invariants(parsing, mannequin.matte)
    assert iou(parsing.upper, mannequin.regions["upper"]) > 0.7


def test_a_pose_without_hips_is_refused(mannequin: Mannequin) -> None:
    joints = mannequin.pose.joints.copy()
    joints[[8, 9, 12]] = 0
    with pytest.raises(InputError, match="whole person"):
        parse(mannequin.image, mannequin.matte, Pose(joints=joints, depth=np.zeros(25, np.float32)))


def test_an_empty_matte_is_refused(mannequin: Mannequin) -> None:
    with pytest.raises(InputError, match="no person"):
        parse(mannequin.image, np.zeros_like(mannequin.matte), mannequin.pose)


def test_a_matte_of_another_size_is_refused(mannequin: Mannequin) -> None:
    with pytest.raises(InputError, match="don't fit"):
        parse(mannequin.image, mannequin.matte[:-1], mannequin.pose)


def test_limbs_divide_the_matte(mannequin: Mannequin, parsing: Parsing) -> None:
    parts = limbs(mannequin.matte, mannequin.pose, mannequin.image, parsing)
    assert tuple(sorted(parts)) == tuple(sorted(Part))
    np.testing.assert_allclose(np.sum(list(parts.values()), axis=0), mannequin.matte, atol=1e-4)


def test_each_limb_owns_its_own_joints(mannequin: Mannequin, parsing: Parsing) -> None:
    parts = limbs(mannequin.matte, mannequin.pose, mannequin.image, parsing)
    places = {"r_arm": (3, 4), "l_arm": (6, 7), "r_leg": (10, 11), "l_leg": (13, 14), "trunk": (0, 1, 8)}
    for name, joints in places.items():
        for joint in joints:
            x, y = JOINTS[joint]
            assert parts[name][y - 1, x] > 0.5, (name, joint)


def test_plain_trousers_are_parted_in_the_middle_whatever_a_fold_says(mannequin: Mannequin) -> None:
    """A crease inside one thigh is a stronger edge than the seam between both."""
    image = mannequin.image.copy()
    thighs = np.zeros(image.shape[:2], bool)
    thighs[128:165, 103:] = mannequin.regions["lower"][128:165, 103:] > 0
    image[thighs] = np.minimum(image[thighs].astype(int) + 60, 255)
    parts = limbs(mannequin.matte, mannequin.pose, image, parse(image, mannequin.matte, mannequin.pose))
    for y in (142, 148):
        assert parts["r_leg"][y, 92] > 0.5, y
        assert parts["l_leg"][y, 100] > 0.5, y


def test_the_nearer_of_an_arm_and_the_trunk_owns_the_crossing(mannequin: Mannequin, parsing: Parsing) -> None:
    points = np.array(JOINTS, np.float32)
    points[3], points[4] = (66, 98), (96, 100)  # the right forearm across the belly
    crossed = pose_of(points)
    behind = Pose(joints=crossed.joints, depth=np.where(np.isin(np.arange(25), (3, 4)), 60, 0).astype(np.float32))
    in_front = limbs(mannequin.matte, crossed, mannequin.image, parsing)
    hidden = limbs(mannequin.matte, behind, mannequin.image, parsing)
    assert in_front["r_arm"][99, 86] > 0.5
    assert hidden["trunk"][99, 90] > 0.5


def test_the_prior_is_a_table_of_probabilities() -> None:
    prior = load_prior()
    np.testing.assert_allclose(prior.place.sum(-1), 1, atol=0.03)
    assert prior.split.min() >= 0
    assert prior.split.max() <= 1


def plain_background_matte(image: np.ndarray) -> np.ndarray:
    """The samples stand before a plain wall and floor: what differs from the picture's border, largest piece."""
    border = np.concatenate([image[:, :8], image[:, -8:]], axis=1).astype(np.float32)
    rows = np.median(border, axis=1)[:, None]
    different = np.abs(image - rows).max(-1) > 26
    different = cv2.morphologyEx(different.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(different)
    return (pieces == 1 + stats[1:, cv2.CC_STAT_AREA].argmax()).astype(np.float32)


def sample_pose(matte: np.ndarray) -> Pose:
    """The mannequin's standing pose, fitted to the silhouette's height and middle."""
    rows = np.nonzero(matte.any(1))[0]
    columns = np.nonzero(matte[rows[0] : rows[0] + np.ptp(rows) // 3].any(0))[0]
    points = np.array(JOINTS, np.float32)
    scale = np.ptp(rows) / (244 - 16)
    middle = (columns[0] + columns[-1]) / 2
    return pose_of((points - (96, 16)) * scale + (middle, rows[0]))


@pytest.mark.parametrize("name", ["lilac-dress", "red-top", "striped-dress", "tank-top"])
def test_clothes_of_the_sample_persons_are_removed_and_faces_are_not(name: str) -> None:
    file = PERSONS / f"{name}.jpg"
    if not file.exists():
        pytest.skip("the sample persons are not in resources/samples")
    photo = cv2.imread(str(file))[..., ::-1]
    photo = np.ascontiguousarray(cv2.resize(photo, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    whole = plain_background_matte(photo)
    rows = np.nonzero(whole.any(1))[0]
    pose = sample_pose(whole)
    stage = Stage.around(rows[0], rows[-1], float(pose.joints[8, 0]))
    image, matte = stage.crop(photo, cv2.BORDER_REPLICATE), np.clip(stage.crop(whole), 0, 1)
    joints = pose.joints.copy()
    joints[:, :2] = stage.from_photo(joints[:, :2])
    parsing = parse(image, matte, Pose(joints=joints, depth=pose.depth))
    check_invariants(parsing, matte)
    removed = parsing.removed("dress")
    chest = 0.6 * joints[1, :2] + 0.4 * joints[8, :2]
    face = joints[0, :2]
    assert removed[round(chest[1]), round(chest[0])] > 0.7
    assert removed[round(face[1]), round(face[0])] < 0.1
    assert 0.3 < removed.sum() / matte.sum() < 0.9


def catwalk_examples() -> Iterator[tuple[np.ndarray, np.ndarray, Pose]]:
    """The first eight validation clips on the stage: image, labels, pose."""
    clips = json.loads((CATWALK_VAL / "index.json").read_text())["clips"][:8]
    joints = np.load(CATWALK_VAL / "joints.npz")["xy"]
    with zipfile.ZipFile(CATWALK_VAL / clips[0]["archive"]) as archive:
        for clip in clips:
            k = clip["canon_frame"]
            packed = np.frombuffer(archive.read(f"{clip['id']}/A_labels.png"), np.uint8)
            labels = cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE).reshape(12, 384, 288)[k]
            packed = np.frombuffer(archive.read(f"{clip['id']}/A_{k:02d}.webp"), np.uint8)
            frame = cv2.imdecode(packed, cv2.IMREAD_COLOR)
            rows = np.nonzero(labels.any(1))[0]
            points = joints[clip["joints_row"], k]
            stage = Stage.around(rows[0], rows[-1], float(points[8, 0]))
            on_stage = cv2.warpAffine(labels, stage.matrix, (192, 256), flags=cv2.INTER_NEAREST)
            yield stage.crop(np.ascontiguousarray(frame[..., ::-1])), on_stage, pose_of(stage.from_photo(points))


def test_the_removed_mask_agrees_with_exact_labels() -> None:
    if not CATWALK_VAL.exists():
        pytest.skip("shared/data/catwalk/val is not beside this checkout")
    scores = []
    for image, labels, pose in catwalk_examples():
        parsing = parse(image, (labels > 0).astype(np.float32), pose)
        scores.append(iou(parsing.removed("dress"), np.isin(labels, (6, 7, 8))))
    assert np.mean(scores) > 0.88
