"""Evaluation on a hand-made data set whose truth is what the analytic engine makes: that engine must score best."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from fashionmirror_core.cli.evaluate import evaluate_command
from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.networks import NetworkConfig, TryOnNetworks, weights
from fashionmirror_core.person.person import Person
from fashionmirror_core.training.clips import Clip, DataError, GarmentPicture, LookSpec, Take
from fashionmirror_core.training.evaluation import sheets
from fashionmirror_core.training.evaluation.evaluation import EvaluationOptions, chosen, evaluate
from fashionmirror_core.training.evaluation.scenes import person_of
from fashionmirror_core.training.evaluation.systems import (
    ANALYTIC,
    SOURCE,
    TRUTH,
    Engine,
    SourceUnchanged,
    engines,
)
from fashionmirror_core.tryon import TryOn
from fashionmirror_core.vocabulary import Label

FRAMES = 3


@dataclass
class Clips:
    """A source of clips from memory; an InputError among them is raised when it is read."""

    clips: list[Clip | InputError]
    name: str = "hand-made"
    licence: str = "CC0-1.0"
    commercial: bool = True

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(str(index) for index in range(len(self.clips)))

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, index: int) -> Clip:
        clip = self.clips[index]
        if isinstance(clip, InputError):
            raise clip
        return clip


def take(frames: np.ndarray, labels: np.ndarray, joints: np.ndarray, depth: np.ndarray) -> Take:
    mattes = (labels > 0).astype(np.uint8) * 255
    return Take(frames, labels.astype(np.uint8), joints.astype(np.float32), depth.astype(np.float32), mattes)


def photo_take(person: Person) -> Take:
    """One frame: the person in a dress from hips to knees, everything else skin of the head."""
    labels = np.where(person.matte > 0.5, Label.HEAD, Label.BACKGROUND)
    hips, knees = (int(person.pose.points[joint, 1]) for joint in (8, 10))
    labels[hips:knees][labels[hips:knees] > 0] = Label.DRESS
    return take(person.image[None], labels[None], person.pose.joints[None], person.pose.depth[None])


@pytest.fixture(scope="module")
def clip(sample_person: Callable[[str], Person], sample_garment: Callable[[str], Garment], walk: Motion) -> Clip:
    """One swap; the target's frames are the analytic engine's own."""
    picture = sample_garment("dress-red")
    garments = {"red": GarmentPicture(picture.image, picture.category)}
    spec = LookSpec(("A", 0), ("red",), ("still", 0), "B", "swap")
    source = photo_take(sample_person("tank-top"))
    made = Clip("walk", {"A": source}, garments, (spec,))
    tryon = TryOn.load("cpu", weights=None)
    look = tryon.prepare(person_of(made, spec, False), Garment.from_photo(picture.image, picture.category))
    motion = tryon.poses(look, walk.take(FRAMES))
    frames = list(tryon.render(look, motion, retargeted=False, transition=0))
    size = look.size[::-1]
    labels = np.full((FRAMES + 1, *size), Label.HEAD, np.uint8)
    for mask, seen in zip([*(frame.clothing_mask for frame in frames), look.clothing_mask], labels, strict=True):
        seen[mask > 0.5] = Label.DRESS
    target = take(np.stack([frame.image for frame in frames]), labels[:FRAMES], motion.joints, motion.depth)
    still = take(look.still[None], labels[FRAMES:], source.joints, source.depth)
    return replace(made, takes=made.takes | {"B": target, "still": still})


def test_whose_answer_is_the_truth_scores_best(clip: Clip, tmp_path: Path) -> None:
    report = evaluate(Clips([clip]), engines([], "cpu"), EvaluationOptions())
    mean = partial(report.mean, "swap")
    for metric in ("ssim", "ssim_person", "ssim_clothes", "still_ssim_person", "iou_clothing", "iou_clothing_source"):
        assert mean(ANALYTIC, metric) == pytest.approx(1, abs=1e-3), metric
    assert mean(ANALYTIC, "psnr") == 100
    assert mean(SOURCE, "ssim_person") < 0.9
    assert mean(SOURCE, "color_difference") > 2 * mean(ANALYTIC, "color_difference")
    assert mean(SOURCE, "face_identity") == pytest.approx(1, abs=1e-3)
    for metric in ("color_difference", "face_identity", "flow_warp_error", "mask_consistency"):
        assert mean(ANALYTIC, metric) == pytest.approx(mean(TRUTH, metric), abs=0.02), metric
    assert mean(ANALYTIC, "flow_warp_ratio") == pytest.approx(1, abs=1e-3)
    assert mean(ANALYTIC, "seconds_frame") > 0
    assert np.isnan(mean(SOURCE, "iou_clothing"))
    assert np.isnan(mean(ANALYTIC, "vgg_person"))  # no weights, not measured

    report.write(tmp_path / "report")
    written = json.loads((tmp_path / "report" / "report.json").read_text())
    assert written["means"]["swap"][ANALYTIC]["ssim"] == pytest.approx(1, abs=1e-3)
    assert written["counts"] == {"swap": 1}
    table = (tmp_path / "report" / "report.md").read_text()
    assert f"| | {TRUTH} | {SOURCE} | {ANALYTIC} |" in table
    assert f"1 looks, {FRAMES} frames" in table
    sheet = cv2.imread(str(tmp_path / "report" / "sheet.png"))
    assert sheet.shape[0] > 3 * 256
    assert sheet.shape[1] == 6 * (192 + sheets.GAP_PIXELS)


def test_deep_features_are_measured_where_given(clip: Clip) -> None:
    options = EvaluationOptions(features=lambda picture: [picture], lpips=lambda one, other: (one - other).abs().mean())
    report = evaluate(Clips([clip]), [SourceUnchanged(), Engine(TryOn.load("cpu", weights=None), ANALYTIC)], options)
    for metric in ("vgg_person", "lpips_person"):
        assert report.mean("swap", ANALYTIC, metric) == 0
        assert report.mean("swap", SOURCE, metric) > 0


def test_what_is_broken_or_refused_is_named_and_left_out(clip: Clip, tmp_path: Path) -> None:
    bare = replace(clip.garments["red"], image=np.zeros((40, 40, 4), np.uint8))
    refused = replace(clip, id="bare", garments={"red": bare})
    broken = DataError("lost.clip", "is not a whole clip")
    report = evaluate(Clips([broken, refused, clip]), [SourceUnchanged()], EvaluationOptions())
    assert [look.clip for look in report.looks] == ["walk"]
    assert any(line.startswith("lost.clip: ") for line in report.skipped)
    assert any(line.startswith("bare, look 0: ") and "transparent" in line for line in report.skipped)
    assert "Left out: 2." in report.markdown()
    with pytest.raises(InputError, match=r"lost\.clip"):
        evaluate(Clips([broken]), [SourceUnchanged()], EvaluationOptions())
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="another place"):
        report.write(tmp_path / "file" / "report")


def test_a_look_without_truth_counts_for_the_removed_mask_alone(clip: Clip) -> None:
    unknown = replace(clip, looks=(replace(clip.looks[0], target=None, dressed=None),))
    report = evaluate(Clips([unknown]), [Engine(TryOn.load("cpu", weights=None), ANALYTIC)], EvaluationOptions())
    values = report.looks[0].values[ANALYTIC]
    assert set(values) == {"iou_removed", "seconds_prepare"}
    assert 0 < values["iou_removed"] < 1
    assert report.sheet is None


def many(clips: int, looks: int) -> Clips:
    tiny = take(np.zeros((1, 8, 8, 3), np.uint8), np.zeros((1, 8, 8)), np.zeros((1, 25, 3)), np.zeros((1, 25)))
    kinds = ["swap", "reconstruction"] * looks
    specs = tuple(LookSpec(("A", 0), (), None, None, kind) for kind in kinds[:looks])
    return Clips([Clip(str(index), {"A": tiny}, {}, specs) for index in range(clips)])


def choice(source: Clips, **options: object) -> list[tuple[str, int, str]]:
    found = chosen(source, EvaluationOptions(**options), [])  # type: ignore[arg-type]
    return [(clip.id, index, clip.looks[index].kind) for clip, indices in found for index in indices]


def test_a_limit_is_spread_over_the_clips_and_kinds() -> None:
    source = many(5, 8)
    few = choice(source, limit=4)
    assert len({clip for clip, _, _ in few}) == 4
    assert {kind for _, _, kind in few} == {"swap", "reconstruction"}
    twelve = choice(source, limit=12)
    assert len(twelve) == 12
    assert len({clip for clip, _, _ in twelve}) == 5
    assert len(choice(source)) == 40
    assert {kind for _, _, kind in choice(source, kinds=("swap",))} == {"swap"}


def test_the_choice_follows_from_the_seed() -> None:
    source = many(6, 6)
    assert choice(source, limit=7, seed=3) == choice(source, limit=7, seed=3)
    assert choice(source, limit=7, seed=3) != choice(source, limit=7, seed=4)


def test_a_limit_is_reached_although_a_clip_is_broken() -> None:
    source = many(4, 4)
    source.clips[2] = DataError("2.clip", "is broken")
    assert len(choice(source, limit=8)) == 8


def test_the_command_refuses_what_is_no_set(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no prepared set"):
        evaluate_command(SimpleNamespace(invoked_subcommand=None), tmp_path, tmp_path / "report")  # type: ignore[arg-type]


def test_places_have_colours_of_their_own() -> None:
    corners = sheets.place_colors(np.array([[0.0, 0], [1, 0], [0, 1], [1, 1]])).astype(int)
    assert min(np.abs(corners[i] - corners[j]).sum() for i in range(4) for j in range(i)) > 80


def test_attention_is_painted_where_the_mask_is() -> None:
    from fashionmirror_core.person.stage import Stage

    stage = Stage(64, 48, 1.0, (0.0, 0.0))
    picture, mask = np.full((64, 48, 3), 128, np.uint8), np.zeros((64, 48))
    mask[32:] = 1
    identity = np.eye(12, dtype=np.float32)
    painted = sheets.painted_attention(picture, mask, identity, stage)
    assert (painted[:32] == 128).all()
    assert painted[60, 2, 2] > painted[60, 2, 0]  # the garment's left is blue, its right is red
    assert painted[60, 45, 0] > painted[60, 45, 2]
    garment = np.zeros((64, 48, 4), np.float32)
    heat = sheets.attention_heat(garment, identity, stage, np.array([40, 8])).astype(int)
    assert heat[8, 40, 2] < 200  # hot where that cell looks
    assert (heat[40:] == 255).all()


def test_several_weights_are_compared_by_name(tmp_path: Path) -> None:
    card = {"licence": "CC0-1.0"}
    tiny = NetworkConfig((4,) * 3, 1, (4,) * 3)
    for name in ("first", "second"):
        weights.save(TryOnNetworks.default(config=tiny), tmp_path / f"{name}.safetensors", card)
    files = [tmp_path / "first.safetensors", tmp_path / "second.safetensors"]
    assert [system.name for system in engines(files, "cpu")][-2:] == ["first", "second"]
    assert [system.name for system in engines(files[:1], "cpu")][-1] == "trained"
    with pytest.raises(InputError, match="same name"):
        engines([files[0], files[0]], "cpu")
