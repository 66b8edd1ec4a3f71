"""What ``fashionmirror evaluate garments`` measures, on a built-in garment whose labels are known."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fashionmirror_core import samples
from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.close import looked_closely
from fashionmirror_core.garment.cutout import cut_out
from fashionmirror_core.garment.sight import look
from fashionmirror_core.media.images import read_image, write_image
from fashionmirror_core.networks.garment_encoder import LANDMARKS
from fashionmirror_core.training.evaluation import garments
from fashionmirror_core.training.evaluation.garments import evaluate_garments
from fashionmirror_core.training.garment_pictures import kept_out
from fashionmirror_core.training.garment_pictures.kept_out import HELD_OUT
from fashionmirror_core.training.garment_pictures.pictures import labelled_photos, read_not_garments


def entry(points: dict[str, list[float]], **answers: Any) -> dict[str, Any]:
    return {
        "type": "tee", "category": "upper", "view": "front", "turn": 0, "support": "flat", "sleeves": "short",
        "left_sleeve": "spread", "right_sleeve": "spread", "front": "closed", "hood": False, "straps": "none",
        "folded": False, "cut": False, "crumpled": False, "count": 1, "points": points, "split": "val",
    } | answers  # fmt: skip


@pytest.fixture(scope="module")
def photo() -> tuple[np.ndarray, np.ndarray]:
    """The sample on a grainy floor, 384 pixels high, and its mask."""
    sample = read_image(next(path for path in samples.garments() if path.stem == "tee-bloom"))
    sample = cv2.resize(sample, (384 * sample.shape[1] // sample.shape[0], 384), interpolation=cv2.INTER_AREA)
    floor = np.clip(np.random.default_rng(0).normal(150, 9, (*sample.shape[:2], 3)), 0, 255).astype(np.uint8)
    mask = sample[..., 3] > 127
    return np.where(mask[..., None], sample[..., :3], floor), mask


def written(folder: Path, photo: tuple[np.ndarray, np.ndarray], entries: dict[str, dict[str, Any]]) -> Path:
    picture, mask = photo
    (folder / "masks").mkdir()
    for name, label in entries.items():
        turned = -label["turn"] // 90  # the label says how to turn it upright
        write_image(folder / f"{name}.jpg", np.ascontiguousarray(np.rot90(picture, -turned)))
        grey = np.repeat(255 * mask.astype(np.uint8)[..., None], 3, 2)
        write_image(folder / "masks" / f"{name}.png", np.ascontiguousarray(np.rot90(grey, -turned)))
    (folder / "landmarks.json").write_text(json.dumps({"pictures": entries}))
    (folder / "masks.json").write_text(json.dumps({"pictures": {name: {"grade": 2} for name in entries}}))
    return folder


def places_of(picture: np.ndarray, off: float = 0.0) -> dict[str, list[float]]:
    """Where the program itself sees the landmarks, as labels; ``off`` of the height lower."""
    first, (height, width) = look(picture), picture.shape[:2]
    sight = looked_closely(first, picture, cut_out(picture, first).alpha)
    return {
        name: [(sight.points[name][0] + 0.5) / width, (sight.points[name][1] + 0.5) / height + off, 2]
        for name in LANDMARKS
        if sight.exists[name] > 0.5
    }


@pytest.fixture
def labelled(tmp_path: Path, photo: tuple[np.ndarray, np.ndarray]) -> Callable[..., Path]:
    return lambda **entries: written(tmp_path, photo, entries)


def test_what_the_labels_say_is_right_and_what_lies_beside_them_is_wrong(
    labelled: Callable[..., Path], photo: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(garments, "PAIRS", 2)
    exact, off = places_of(photo[0]), places_of(photo[0], 0.1)
    folder = labelled(right=entry(exact), wrong=entry(off, type="coat", sleeves="long"))
    report = evaluate_garments(folder, splits=["val"])
    assert report.found("val", "landmarks within 3 %") == 0.5
    assert report.found("val", "kind") == 0.5
    assert report.found("val", "category") == 1
    assert report.found("val", "sleeves' length") == 0.5
    assert report.found("val", "turn, four turned copies each") == 1
    cut = report.found("val", "cut-out, IoU")
    assert cut is not None
    assert cut > 0.95
    assert report.values["val"]["sleeves as they are cut off, IoU"][0] > 0.7
    assert len(report.values["val"]["several garments, told"]) == 2
    assert "| kind | 0.500 (2) | 0.85 |" in report.table()
    assert json.loads(report.to_json())["landmarks"]["val"]["sleeves short"] == 1


def test_a_turned_photo_is_measured_in_its_own_pixels(
    labelled: Callable[..., Path], photo: tuple[np.ndarray, np.ndarray]
) -> None:
    upright = places_of(photo[0])
    turned = {name: [y, 1 - x, seen] for name, (x, y, seen) in upright.items()}  # a quarter counter-clockwise
    report = evaluate_garments(labelled(turned=entry(turned, turn=90)), splits=["val"])
    found = report.found("val", "landmarks within 3 %")
    assert found is not None
    assert found > 0.9
    assert report.found("val", "turn, four turned copies each") == 1


def test_things_that_are_no_garments_are_refused_and_the_others_named(
    labelled: Callable[..., Path], photo: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    folder, things = labelled(right=entry(places_of(photo[0]))), tmp_path / "things"
    things.mkdir()
    kept = sorted(kept_out.NOT_GARMENTS)
    write_image(things / f"{kept[0]}.jpg", np.full((200, 150, 3), 90, np.uint8))
    write_image(things / f"{kept[1]}.jpg", photo[0])
    write_image(things / "learned.jpg", photo[0])
    assert [record.name for record in read_not_garments(things)] == ["learned"]
    report = evaluate_garments(folder, things, splits=["val"])
    assert report.values["val"]["no garments, refused or doubted"] == [1, 0]
    assert list(report.wrong) == [kept[1]]


def test_photos_that_are_kept_out_are_a_split_of_their_own(
    labelled: Callable[..., Path], photo: tuple[np.ndarray, np.ndarray]
) -> None:
    out, sample = f"{min(kept_out.GARMENTS)}-1", f"{min(kept_out.SAMPLES)}-1"
    points = places_of(photo[0])
    folder = labelled(**{name: entry(points, split="train") for name in (out, sample, "other")})
    assert [photo.name for photo in labelled_photos(folder, "train")] == ["other"]
    assert [photo.name for photo in labelled_photos(folder, HELD_OUT)] == [out]
    with pytest.raises(InputError, match="no labelled photo for val"):
        evaluate_garments(folder)
