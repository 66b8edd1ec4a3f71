"""Restyled people: pictures and labels stay true to each other, faces and hands stay what they are."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fashionmirror_core.training.clips import GarmentPicture
from fashionmirror_core.training.synthesis import figure, restyling
from fashionmirror_core.training.synthesis.restyling import restyled
from fashionmirror_core.vocabulary import Label
from tests.core.training.conftest import JOINTS, mannequin

CHANGES = (
    "TIGHTS", "BOOTS", "SAME_SHOES", "BELT", "COAT", "LONG_HAIR", "SCARF", "HAT", "GLASSES", "BAG", "HELD", "STRANDS",
    "NECKLINE", "MIDRIFF", "SIDE_LIGHT", "SUN",
)  # fmt: skip


def person(outfit: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    image, labels = mannequin(outfit)
    return image.astype(np.float32) / 255, labels, np.concatenate([JOINTS, np.ones((25, 1), np.float32)], 1)


def only(monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    for name in (*CHANGES, "TAN", "MATCHING", "NUDE", "RECOLOURED", "REDRESSED"):
        monkeypatch.setattr(restyling, name, 1.0 if name == change else 0.0)


@given(seed=st.integers(0, 2**32 - 1), outfit=st.sampled_from(["red top", "dress"]), fabric=st.booleans())
@settings(max_examples=40, deadline=None)
def test_any_draw_gives_a_picture_with_labels(seed: int, outfit: str, fabric: bool) -> None:
    image, labels, joints = person(outfit)
    before = image.copy(), labels.copy()
    rng = np.random.default_rng(seed)
    garments = [GarmentPicture(rng.integers(0, 256, (height, 20, 4), np.uint8), "upper") for height in (1, 30)]
    garments[1].image[4:-4, 4:-4, 3] = 255
    picture, changed = restyled(image, labels, joints, garments if fabric else [], rng)
    assert picture.shape == image.shape
    assert picture.dtype == np.float32
    assert 0 <= picture.min() <= picture.max() <= 1
    assert set(np.unique(changed)) <= {int(label) for label in Label}
    assert (np.flatnonzero(changed == 0).size) <= np.flatnonzero(labels == 0).size  # nobody gets smaller
    assert np.array_equal(image, before[0])
    assert np.array_equal(labels, before[1])
    with pytest.MonkeyPatch.context() as patch:  # light falls on all
        patch.setattr(restyling, "SUN", 0.0)
        patch.setattr(restyling, "SIDE_LIGHT", 0.0)
        picture, changed = restyled(image, labels, joints, garments if fabric else [], np.random.default_rng(seed))
    untouched = (changed == labels) & (labels == 0) & (np.abs(picture - image).max(-1) > 0.02)
    assert untouched.mean() < 0.05  # the soft rim of what was painted beside it


@pytest.mark.parametrize(
    ("change", "new", "old"),
    [
        ("COAT", Label.UPPER, {Label.DRESS, Label.BACKGROUND, Label.ARMS}),
        ("BAG", Label.ACCESSORY, {Label.DRESS, Label.BACKGROUND, Label.ARMS, Label.SHOES, Label.LEGS, Label.TORSO}),
        ("HELD", Label.ACCESSORY, {Label.DRESS, Label.BACKGROUND, Label.ARMS, Label.LEGS}),
        ("NECKLINE", Label.TORSO, {Label.DRESS}),
        ("MIDRIFF", Label.TORSO, {Label.DRESS}),
        ("SCARF", Label.ACCESSORY, {Label.DRESS, Label.HEAD, Label.HAIR}),
        ("HAT", Label.ACCESSORY, {Label.HAIR, Label.HEAD, Label.BACKGROUND}),
        ("GLASSES", Label.ACCESSORY, {Label.HEAD}),
        ("BELT", Label.ACCESSORY, {Label.DRESS}),
        ("LONG_HAIR", Label.HAIR, {Label.HEAD, Label.DRESS, Label.ARMS, Label.TORSO, Label.BACKGROUND}),
    ],
)
def test_each_thing_lies_where_it_is_worn(
    monkeypatch: pytest.MonkeyPatch, change: str, new: Label, old: set[Label]
) -> None:
    only(monkeypatch, change)
    image, labels, joints = person("dress")
    touched = 0
    for seed in range(8):
        picture, changed = restyled(image, labels, joints, [], np.random.default_rng(seed))
        where = changed != labels
        assert set(np.unique(changed[where])) <= {int(new)}
        assert set(np.unique(labels[where])) <= {int(label) for label in old}
        assert not where.any() or np.abs(picture - image)[where].max() > 0
        touched += where.any()
    assert touched >= (4 if change == "NECKLINE" else 6)  # a shallow one ends above this dress


def test_tights_and_boots_cover_legs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    image, labels, joints = person("red top")
    bare = np.where(labels == Label.LOWER, np.uint8(Label.LEGS), labels)
    for change, new in (("TIGHTS", Label.ACCESSORY), ("BOOTS", Label.SHOES)):
        only(monkeypatch, change)
        _, changed = restyled(image, bare, joints, [], np.random.default_rng(1))
        assert (changed != bare).any()
        assert set(np.unique(bare[changed != bare])) == {int(Label.LEGS)}
        assert set(np.unique(changed[changed != bare])) == {int(new)}


@pytest.mark.parametrize("change", ["MATCHING", "NUDE", "SAME_SHOES", "STRANDS"])
def test_other_fabrics_leave_every_label(monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    only(monkeypatch, change)
    image, labels, joints = person("red top")
    for seed in range(6):
        picture, changed = restyled(image, labels, joints, [], np.random.default_rng(seed))
        assert np.array_equal(changed, labels)
        face = cv2.erode((labels == Label.HEAD).astype(np.uint8), np.ones((7, 7))) > 0  # less the soft rim of a collar
        assert np.array_equal(picture[face], image[face])
    if change == "NUDE":
        tones = [
            np.abs(
                restyled(image, labels, joints, [], np.random.default_rng(k))[0][labels == Label.UPPER].mean(0) - 0.9
            )
            for k in range(6)
        ]
        assert min(tone.max() for tone in tones) < 0.45  # like the skin


def test_light_changes_the_picture_and_no_label(monkeypatch: pytest.MonkeyPatch) -> None:
    image, labels, joints = person("red top")
    for change in ("SUN", "SIDE_LIGHT"):
        only(monkeypatch, change)
        picture, changed = restyled(image, labels, joints, [], np.random.default_rng(2))
        assert np.array_equal(changed, labels)
        assert 0.01 < np.abs(picture - image).mean() < 0.4


def test_a_coat_is_open_or_closed_but_no_mask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Face and hair stay in sight, and so does something of the dress under it, mostly."""
    only(monkeypatch, "COAT")
    image, labels, joints = person("dress")
    shares = []
    for seed in range(12):
        _, changed = restyled(image, labels, joints, [], np.random.default_rng(seed))
        for label in (Label.HEAD, Label.HAIR, Label.SHOES):
            assert np.array_equal(changed == label, labels == label)
        shares.append((changed == Label.DRESS).sum() / (labels == Label.DRESS).sum())
    assert 0.1 < np.median(shares) < 0.9


def test_a_garments_picture_is_worn_by_what_it_is_a_picture_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Red on its left, blue on its right; as a coat and as a top it keeps both sides, and no trousers get it."""
    only(monkeypatch, "REDRESSED")
    for name in ("OF_GARMENTS", "DRAPED", "OF_ITS_KIND"):
        monkeypatch.setattr(figure, name, 1.0)
    monkeypatch.setattr(figure, "DYED", 0.0)
    cloth = np.full((40, 30, 4), 255, np.uint8)
    cloth[:, :15, :3], cloth[:, 15:, :3] = (230, 20, 20), (20, 20, 230)
    plain = np.full((40, 30, 4), 255, np.uint8)
    plain[..., :3] = (20, 230, 20)
    garments = [GarmentPicture(cloth, "upper"), GarmentPicture(plain, "lower")]
    image, labels, joints = person("red top")
    picture, changed = restyled(image, labels, joints, garments, np.random.default_rng(3))
    assert np.array_equal(changed, labels)
    inside = cv2.erode((labels == Label.UPPER).astype(np.uint8), np.ones((3, 3))) > 0
    for channel in (0, 2):
        assert 0.15 < (picture[inside].argmax(1) == channel).mean() < 0.85
    lower = cv2.erode((labels == Label.LOWER).astype(np.uint8), np.ones((3, 3))) > 0
    assert (picture[lower].argmax(1) == 1).all()
