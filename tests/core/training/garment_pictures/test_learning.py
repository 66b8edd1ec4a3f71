"""The clothes encoder learns from labelled photos: what is read, what is made of it, and a run that goes on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.outlined import chances
from fashionmirror_core.media.images import write_image
from fashionmirror_core.networks import weights
from fashionmirror_core.networks.garment_encoder import ATTRIBUTES, LANDMARKS, PARTS, SIZE, GarmentEncoder
from fashionmirror_core.training.garment_pictures.alone import cut_outs
from fashionmirror_core.training.garment_pictures.augment import Batch, varied, varied_alone
from fashionmirror_core.training.garment_pictures.fitting import Fit
from fashionmirror_core.training.garment_pictures.learning import GarmentRun, begin_from, train
from fashionmirror_core.training.garment_pictures.measuring import measured
from fashionmirror_core.training.garment_pictures.outlines import learned
from fashionmirror_core.training.garment_pictures.pictures import Pictures, gathered, read_labelled
from fashionmirror_core.training.garment_pictures.records import NONE, SIDE, UNKNOWN, Record

LONG_SLEEVES = {
    "neck_left": (165, 60), "shoulder_left": (130, 70), "cuff_left_outer": (20, 270), "cuff_left_inner": (55, 290),
    "armpit_left": (130, 150), "hem_left": (130, 320),
}  # fmt: skip
LABEL = {
    "type": "longsleeve", "category": "upper", "view": "front", "turn": 0, "support": "flat", "sleeves": "long",
    "left_sleeve": "spread", "right_sleeve": "spread", "front": "closed", "hood": False, "straps": "none",
    "folded": False, "cut": False, "crumpled": False, "count": 1,
}  # fmt: skip


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four drawn long-sleeved tops on a grainy floor: three to learn from, one to measure on."""
    folder = tmp_path_factory.mktemp("photos")
    (folder / "masks").mkdir()
    rng = np.random.default_rng(0)
    entries = {}
    mirrored = {name.replace("left", "right"): (400 - x, y) for name, (x, y) in LONG_SLEEVES.items()}
    points = LONG_SLEEVES | mirrored | {"neck_front": (200, 78), "hem_middle": (200, 320)}
    left = [(200, 78), *LONG_SLEEVES.values()]
    outline = np.array(left + [(400 - x, y) for x, y in reversed(left)], np.int32)
    for number in range(4):
        mask = np.zeros((380, 400), np.uint8)
        cv2.fillPoly(mask, [outline], 255)
        floor = np.clip(rng.normal(170, 12, (380, 400, 3)), 0, 255).astype(np.uint8)
        write_image(folder / f"top{number}.jpg", np.where(mask[..., None] > 0, np.uint8((60, 90, 40 * number)), floor))
        write_image(folder / "masks" / f"top{number}.png", np.repeat(mask[..., None], 3, 2))
        entries[f"top{number}"] = LABEL | {
            "points": {name: [x / 400, y / 380, 2] for name, (x, y) in points.items()},
            "split": "val" if number == 3 else "train",
        }
    (folder / "landmarks.json").write_text(json.dumps({"pictures": entries}))
    return folder


def test_sleeves_and_body_are_parts_of_their_own(photos: Path) -> None:
    (record,) = read_labelled(photos, "val")
    at = dict(zip(LANDMARKS, record.points, strict=True))
    for side in ("left", "right"):
        cuff = (at[f"cuff_{side}_outer"] + at[f"cuff_{side}_inner"]) / 2
        hole = (at[f"shoulder_{side}"] + at[f"armpit_{side}"]) / 2
        x, y = (0.3 * hole + 0.7 * cuff).round().astype(int)
        assert PARTS[record.parts[y, x]] == f"{side} sleeve"
    x, y = ((at["hem_left"] + at["neck_right"]) / 2).round().astype(int)
    assert PARTS[record.parts[y, x]] == "body"
    assert record.parts[2, 2] == NONE


def test_copies_with_sleeves_on_the_body_and_pairs_are_made(photos: Path) -> None:
    pictures = gathered(photos, seed=3)
    turned = [record for record in pictures.records if record.name.endswith("+sleeves")]
    assert turned
    for record in turned:
        states = {ATTRIBUTES["left_sleeve"][record.attributes[f"{side}_sleeve"]] for side in ("left", "right")}
        assert states <= {"against", "over"}
        moved, spread = (
            np.abs(r.points[LANDMARKS.index("cuff_left_outer")] - r.points[LANDMARKS.index("hem_left")]).sum()
            for r in (record, pictures.records[0])
        )
        assert moved < spread
    assert any(record.attributes.get("several") == 1 for record in pictures.records)
    assert any(record.attributes == {"garment": 0} for record in pictures.records)


def marked() -> Batch:
    """A record whose landmarks are white dots, each in a part map of its own side."""
    picture, parts = np.zeros((SIDE, SIDE, 3), np.uint8), np.full((SIDE, SIDE), UNKNOWN, np.uint8)
    points, state = np.zeros((len(LANDMARKS), 2), np.float32), np.zeros(len(LANDMARKS), np.uint8)
    for name, place in (("shoulder_left", (110, 120)), ("hem_right", (200, 210))):
        index = LANDMARKS.index(name)
        points[index], state[index] = place, 2
        cv2.circle(picture, place, 4, (255, 255, 255), -1)
    record = Record("dots", picture, points, state, parts, {"turn": 0})

    return Pictures([record], [1.0], np.zeros((1, 8, 8, 3), np.uint8)).batch(
        torch.zeros(6, dtype=torch.long), torch.device("cpu")
    )


@pytest.mark.parametrize("seed", range(4))
def test_landmarks_go_where_the_picture_goes(seed: int) -> None:
    floors = torch.zeros(1, 3, SIDE, SIDE)
    view = varied(marked(), floors, torch.Generator().manual_seed(seed))
    for picture, points, state in zip(view.pictures, view.points, view.state, strict=True):
        for point in points[state == 2]:
            x, y = point.round().long().tolist()
            if 4 < x < SIZE - 5 and 4 < y < SIZE - 5:
                near, far = picture[:, y - 1 : y + 2, x - 1 : x + 2].mean(), picture.mean()
                assert near > far + 0.2


def test_a_mirrored_view_swaps_left_and_right() -> None:
    floors = torch.zeros(1, 3, SIDE, SIDE)
    for seed in range(8):
        view = varied(marked(), floors, torch.Generator().manual_seed(seed))
        for state in view.state:
            names = {LANDMARKS[index] for index in torch.nonzero((state == 2) | (state == 3))[:, 0].tolist()}
            assert names in ({"shoulder_left", "hem_right"}, {"shoulder_right", "hem_left"})


def test_a_run_that_was_ended_goes_on_to_the_same_weights(photos: Path, tmp_path: Path) -> None:
    fit = Fit(steps=3, batch=2, checkpoint_every=1, seed=1)
    run = GarmentRun(fit, fit)
    lines: list[str] = []
    whole = train(run, tmp_path / "whole", photos, say=lines.append)
    interrupted = tmp_path / "parts"
    train(run, interrupted, photos, say=lines.append)
    for name in ("whole", "close"):
        for file in (interrupted / name).glob("checkpoint-*3.safetensors"):
            file.unlink()
        assert len(list((interrupted / name).glob("checkpoint-*.safetensors"))) == 1
    again = train(run, interrupted, photos, resume=True, say=lines.append)
    first, second = load_file(whole), load_file(again)  # not the files' bytes: safetensors shuffles their header
    assert all(torch.equal(first[name], second[name]) for name in first | second)
    network = weights.load_garment_encoder(whole)
    found = measured(network, read_labelled(photos, "val"), torch.device("cpu"))
    assert 0 <= found["landmarks"] <= 1
    assert weights.card(whole)["licence"] == "CC0-1.0"
    with pytest.raises(InputError, match="--resume"):
        train(run, tmp_path / "whole", photos)


@pytest.fixture(scope="module")
def sleeveless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two drawn dresses with wide straps, the second one upside down."""
    folder = tmp_path_factory.mktemp("sleeveless")
    (folder / "masks").mkdir()
    points = {"neck_left": (160, 20), "shoulder_left": (130, 24), "armpit_left": (125, 110), "waist_left": (140, 180),
              "hem_left": (90, 350)}  # fmt: skip
    mirrored = {name.replace("left", "right"): (400 - x, y) for name, (x, y) in points.items()}
    outline = [(200, 70), *points.values()]
    mask = np.zeros((380, 400), np.uint8)
    cv2.fillPoly(mask, [np.array(outline + [(400 - x, y) for x, y in reversed(outline)], np.int32)], 255)
    floor = np.random.default_rng(1).normal(190, 6, (380, 400, 3)).clip(0, 255).astype(np.uint8)
    picture = np.where(mask[..., None] > 0, np.uint8((150, 20, 60)), floor)
    entries = {}
    for number, turn in enumerate((0, 180)):
        name = f"dress{number}"
        write_image(folder / f"{name}.jpg", np.ascontiguousarray(np.rot90(picture, turn // 90)))
        turned = np.ascontiguousarray(np.rot90(mask, turn // 90))
        write_image(folder / "masks" / f"{name}.png", np.repeat(turned[..., None], 3, 2))
        placed = {
            key: [x / 400, y / 380, 2] if turn == 0 else [1 - x / 400, 1 - y / 380, 2]
            for key, (x, y) in (points | mirrored | {"neck_front": (200, 70), "hem_middle": (200, 350)}).items()
        }
        entries[name] = LABEL | {
            "type": "dress", "category": "dress", "sleeves": "none", "left_sleeve": "none", "right_sleeve": "none",
            "straps": "wide", "turn": turn, "points": placed, "split": "train",
        }  # fmt: skip
    (folder / "landmarks.json").write_text(json.dumps({"pictures": entries}))
    return folder


def test_cut_outs_stand_upright_and_fill_their_squares(sleeveless: Path) -> None:
    found = cut_outs(sleeveless, "train", weights.load_garment_encoder())
    plain = [
        (record, alpha)
        for record, alpha in zip(found.pictures.records, found.alphas, strict=True)
        if "+" not in record.name
    ]
    assert {record.name for record, _ in plain} == {"dress0", "dress1"}
    for record, alpha in plain:
        at = dict(zip(LANDMARKS, record.points, strict=True))
        assert at["neck_left"][1] < at["hem_left"][1]
        assert at["hem_left"][0] < at["hem_right"][0]
        assert np.ptp(np.flatnonzero((alpha > 127).any(1))) > 0.8 * SIDE
        cloth = (record.parts != NONE) & (alpha > 127)
        assert cloth.sum() > 0.9 * (alpha > 127).sum()


def test_strapless_and_one_shouldered_garments_are_made(sleeveless: Path) -> None:
    found = cut_outs(sleeveless, "train", weights.load_garment_encoder(), seed=2)
    made = {straps: [record for record in found.pictures.records if record.name.endswith(f"+{straps}")]
            for straps in ("strapless", "one-shoulder")}  # fmt: skip
    assert all(made.values())
    lost = {"strapless": {"neck_left", "neck_right", "shoulder_left", "shoulder_right"}}
    for straps, records in made.items():
        for record in records:
            assert ATTRIBUTES["straps"][record.attributes["straps"]] == straps
            gone = {name for name, state in zip(LANDMARKS, record.state, strict=True) if state == 0}
            assert (lost["strapless"] <= gone) == (straps == "strapless")
            assert len(gone & lost["strapless"]) == (4 if straps == "strapless" else 2)
            x, y = record.points[LANDMARKS.index("armpit_left")].round().astype(int)
            assert record.parts[y + 12, x + 12] != NONE
    indices = torch.arange(len(found.alphas))
    view = varied_alone(*found.batch(indices, torch.device("cpu")), torch.Generator().manual_seed(0))
    assert view.pictures.shape == (len(indices), 3, SIZE, SIZE)
    assert (view.attributes[:, list(ATTRIBUTES).index("turn")] == -1).all()


def test_the_start_must_be_the_encoder_that_it_is_said_to_be(tmp_path: Path) -> None:
    network = GarmentEncoder()
    own = {name: value for name, value in network.state_dict().items() if name.startswith(("stem", "stages"))}
    theirs = {f"_blocks.{number}": torch.full_like(value, 0.5) if value.is_floating_point() else value
              for number, value in enumerate(own.values())}  # fmt: skip
    torch.save(theirs, tmp_path / "lite0.pth")
    begin_from([network], tmp_path / "lite0.pth")
    assert float(network.state_dict()["stem.0.weight"].mean()) == pytest.approx(0.5)
    torch.save({"_blocks.0": torch.zeros(3)}, tmp_path / "other.pth")
    with pytest.raises(InputError, match="EfficientNet-Lite0"):
        begin_from([network], tmp_path / "other.pth")
    (tmp_path / "broken.pth").write_bytes(b"nothing")
    with pytest.raises(InputError, match="can't be read"):
        begin_from([network], tmp_path / "broken.pth")


def test_outlines_alone_tell_trousers_from_skirts(photos: Path) -> None:
    rng = np.random.default_rng(0)
    (top,) = read_labelled(photos, "val")
    lower = {"kind": ATTRIBUTES["kind"].index("skirt"), "category": ATTRIBUTES["category"].index("lower"), "turn": 0}
    trousers = {"kind": ATTRIBUTES["kind"].index("trousers")}

    def drawn(legs: bool) -> Record:
        parts = np.zeros((SIDE, SIDE), np.uint8)
        wide, long = int(rng.integers(60, 110)), int(rng.integers(180, 260))
        parts[30 : 30 + long, 160 - wide // 2 : 160 + wide // 2] = 1
        if legs:
            parts[90 : 30 + long, 152:168] = 0
        return replace(top, parts=parts, attributes=lower | (trousers if legs else {}))

    network = learned([drawn(legs) for legs in (False, True) for _ in range(16)], seed=0)
    for legs, kind in ((False, "skirt"), (True, "trousers")):
        shape = chances(network, (drawn(legs).parts > 0).astype(np.float32))
        assert max(shape, key=lambda name: shape[name]) == kind


def test_a_folder_without_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"landmarks\.json"):
        read_labelled(tmp_path, "train")
