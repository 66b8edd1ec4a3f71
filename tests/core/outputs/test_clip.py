"""A clip: progress, cancel, what is written beside it, the report, and the same bytes again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from crashes import every_crash
from PIL import Image

from fashionmirror_core.cloth.verdict import Verdict
from fashionmirror_core.errors import InputError
from fashionmirror_core.look import Look
from fashionmirror_core.media import manifest
from fashionmirror_core.media.images import read_image
from fashionmirror_core.media.reading import VideoReader
from fashionmirror_core.media.redo_log import heal
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.outputs.clip import (
    STAGES,
    Cancelled,
    ClipSettings,
    Report,
    mask_clip,
    peak_memory,
    render_clip,
    timed_motion,
)
from fashionmirror_core.outputs.clip import report as made_report
from fashionmirror_core.tryon import TryOn


@pytest.fixture
def rendered(tryon: TryOn, look: Look, walk: Motion, tmp_path: Path) -> Any:
    """Renders the sample into tmp_path / name with these settings -> (report, path)."""

    def render(name: str = "clip.mp4", **settings: Any) -> tuple[Report, Path]:
        path = tmp_path / name
        callbacks = {key: settings.pop(key) for key in ("progress", "cancelled") if key in settings}
        return render_clip(tryon, look, walk, ClipSettings(path, **settings), **callbacks), path

    return render


def names(folder: Path) -> list[str]:
    """Everything in a folder, hidden names too, but for the list of what is ours."""
    return sorted(path.name for path in folder.iterdir() if path.name != manifest.NAME)


def test_a_clip_has_the_motions_frames_rate_and_the_photos_size(rendered: Any, look: Look, walk: Motion) -> None:
    report, path = rendered()
    with VideoReader(path) as video:
        frames = list(video)
        assert video.fps == walk.fps
    assert len(frames) == len(walk) == report.frames
    assert frames[0].shape == look.person.image.shape
    assert names(path.parent) == ["clip.mp4"]


def test_progress_counts_every_frame(rendered: Any) -> None:
    seen: list[tuple[int, int | None]] = []
    rendered(progress=lambda done, total: seen.append((done, total)))
    assert seen == [(k, 6) for k in range(1, 7)]


@pytest.mark.parametrize("name", ["clip.mp4", "clip.webm", "clip.gif", "frames"])
def test_cancel_stops_within_a_frame_and_leaves_nothing(rendered: Any, tmp_path: Path, name: str) -> None:
    done: list[int] = []
    folders = {"masks_folder": tmp_path / "masks", "frames_folder": tmp_path / "pictures"}
    with pytest.raises(Cancelled):
        rendered(name, cancelled=lambda: len(done) == 2, progress=lambda k, _: done.append(k), **folders)
    assert done == [1, 2]
    assert names(tmp_path) == []


def test_a_cancelled_clip_leaves_the_earlier_one_as_it_was(rendered: Any, tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"the earlier clip")
    (tmp_path / "masks").mkdir()
    with pytest.raises(Cancelled):
        rendered(cancelled=lambda: True, masks_folder=tmp_path / "masks", overwrite=True)
    assert (tmp_path / "clip.mp4").read_bytes() == b"the earlier clip"
    assert names(tmp_path) == ["clip.mp4", "masks"]
    assert names(tmp_path / "masks") == []


def test_an_error_on_the_way_leaves_nothing(rendered: Any, tmp_path: Path) -> None:
    def fails(done: int, total: int | None) -> None:
        if done == 3:
            raise RuntimeError("the display has gone")

    with pytest.raises(RuntimeError, match="display"):
        rendered(progress=fails, masks_folder=tmp_path / "masks", frames_folder=tmp_path / "frames")
    assert names(tmp_path) == []


def test_masks_and_frames_are_written_at_the_outputs_size(rendered: Any, look: Look, tmp_path: Path) -> None:
    rendered(masks_folder=tmp_path / "masks", frames_folder=tmp_path / "frames")
    assert names(tmp_path / "masks") == [f"clothing_{k:04d}.png" for k in range(6)] + ["removed.png"]
    assert names(tmp_path / "frames") == [f"{k:04d}.png" for k in range(6)]
    for folder in ("masks", "frames"):
        for file in (tmp_path / folder).glob("*.png"):
            picture = read_image(file)
            assert picture.shape == look.person.image.shape, file.name
            assert picture.dtype == np.uint8
    removed = read_image(tmp_path / "masks" / "removed.png")[..., 0]
    np.testing.assert_allclose(removed / 255, look.removed_mask, atol=0.5 / 255 + 1e-6)


def test_a_folder_of_an_earlier_clip_keeps_the_users_files_and_loses_our_frames(rendered: Any, tmp_path: Path) -> None:
    folders = {"frames_folder": tmp_path / "frames", "masks_folder": tmp_path / "masks"}
    rendered(frames=4, **folders)
    (tmp_path / "frames" / "notes.txt").write_text("mine")
    (tmp_path / "frames" / "20240115.png").write_text("mine, too")
    with pytest.raises(InputError, match="--overwrite"):
        rendered("other.mp4", frames=2, **folders)
    rendered(frames=2, overwrite=True, **folders)
    assert names(tmp_path / "frames") == ["0000.png", "0001.png", "20240115.png", "notes.txt"]
    assert names(tmp_path / "masks") == ["clothing_0000.png", "clothing_0001.png", "removed.png"]
    assert names(tmp_path) == ["clip.mp4", "frames", "masks"]


@pytest.mark.parametrize("option", ["frames_folder", "masks_folder", "output"])
def test_a_folder_of_the_users_pictures_is_left_as_it_is(
    tryon: TryOn, look: Look, walk: Motion, tmp_path: Path, option: str
) -> None:
    folder = tmp_path / "holiday"
    folder.mkdir()
    for name in ("0002.png", "20240115.png", "clothing_0001.png", "removed.png"):
        (folder / name).write_text("mine")
    settings = {"output": tmp_path / "clip.mp4", option: folder, "overwrite": True}
    with pytest.raises(InputError, match="holds other files; choose an empty or a new one"):
        render_clip(tryon, look, walk, ClipSettings(**settings))
    assert names(folder) == ["0002.png", "20240115.png", "clothing_0001.png", "removed.png"]
    assert names(tmp_path) == ["holiday"]


def test_outputs_are_not_in_each_others_way(rendered: Any, tmp_path: Path) -> None:
    frames = tmp_path / "frames"
    for other in (
        {"masks_folder": frames},
        {"masks_folder": frames / "masks"},
        {"masks_folder": tmp_path / "FRAMES"},
        {"report_file": frames / "r.json"},
        {"report_file": tmp_path / "clip.mp4"},
    ):
        with pytest.raises(InputError, match="can't be in one place"):
            rendered(frames_folder=frames, **other)
    assert names(tmp_path) == []


def test_a_kill_anywhere_leaves_the_outputs_of_one_clip(
    tryon: TryOn, walk: Motion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clip, frames, masks and report: all of the earlier clip or all of the new one."""
    monkeypatch.setattr("fashionmirror_core.places.state", lambda: tmp_path / "state")
    mask, seconds = np.zeros((8, 8), np.float32), dict.fromkeys(STAGES, 0.1)
    look: Any = SimpleNamespace(size=(8, 8), removed_mask=mask, seconds={}, warnings=[], garments=(), verdicts=())

    def drawn(_: object, moving: Motion, **__: object) -> Iterator[Any]:
        for index in range(len(moving)):
            image = np.full((8, 8, 3), len(moving), np.uint8)
            yield SimpleNamespace(index=index, image=image, clothing_mask=mask, seconds=seconds)

    monkeypatch.setattr(tryon, "render", drawn)

    def written(folder: Path, count: int) -> None:
        settings = ClipSettings(
            folder / "clip",
            frames=count,
            frames_folder=folder / "frames",
            masks_folder=folder / "masks",
            report_file=folder / "report.json",
            overwrite=True,
        )
        render_clip(tryon, look, walk, settings)

    seen = []
    for folder in every_crash(tmp_path, lambda folder: written(folder, 1), lambda folder: written(folder, 2)):
        heal()
        counts = {len(names(folder / "clip")), len(names(folder / "frames")), len(names(folder / "masks")) - 1}
        counts |= {json.loads((folder / "report.json").read_text())["frames"]}
        counts |= {int(read_image(folder / "frames" / "0000.png")[0, 0, 0])}
        assert len(counts) == 1, (folder.name, counts)
        assert names(folder) == ["clip", "frames", "masks", "report.json"]
        seen += counts
    assert seen == sorted(seen)
    assert set(seen) == {1, 2}


def test_a_folder_that_is_a_file_or_has_no_parent_is_refused(rendered: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="is a file"):
        rendered(masks_folder=tmp_path / "file")
    with pytest.raises(InputError, match="doesn't exist"):
        rendered(frames_folder=tmp_path / "no" / "frames")
    assert names(tmp_path) == ["file"]


def test_frames_are_the_same_bytes_again(rendered: Any, tmp_path: Path) -> None:
    for run in ("first", "second"):
        rendered(f"{run}.mp4", frames=3, frames_folder=tmp_path / run)
    for name in names(tmp_path / "first"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_a_transparent_sequence_has_alpha(rendered: Any) -> None:
    _, folder = rendered("frames", background="transparent", frames=2)
    assert names(folder) == ["0000.png", "0001.png"]
    picture = read_image(folder / "0001.png")
    assert picture.shape[2] == 4
    assert set(np.unique(picture[..., 3])) >= {0, 255}


def test_the_background_of_a_clip(rendered: Any) -> None:
    _, white = rendered("white", background="white", frames=1)
    assert (read_image(white / "0000.png")[:5] == 255).all()
    _, picture = rendered("picture", background=np.full((40, 30, 3), (10, 200, 90), np.uint8), frames=1)
    assert (read_image(picture / "0000.png")[:5] == (10, 200, 90)).all()
    with pytest.raises(InputError, match="background"):
        rendered("odd", background="plaid")


def test_masks_alone_are_white_on_black(
    tryon: TryOn, look: Look, walk: Motion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    masks = [np.clip(look.person.matte * share, 0, 1) for share in (0.0, 1.0)]
    monkeypatch.setattr(tryon, "masks", lambda *_, **__: iter(masks))
    count = mask_clip(tryon, look.person, look.garments, walk.take(2), ClipSettings(tmp_path / "masks"))
    assert count == 2
    dark, light = (np.asarray(Image.open(tmp_path / "masks" / name)) for name in sorted(names(tmp_path / "masks"))[:2])
    assert dark.max() == 0
    assert light.max() == 255


def test_a_draft_is_close_to_the_final_clip(rendered: Any) -> None:
    draft, final = (
        read_image(rendered(f"draft-{d}", draft=d, frames=4)[1] / "0003.png").astype(int) for d in (True, False)
    )
    assert 0 < np.abs(draft - final).mean() < 2


def test_the_report_says_what_was_made(rendered: Any, tryon: TryOn, look: Look) -> None:
    report, _ = rendered(frames=3, fps=12.5)
    data = json.loads(report.model_dump_json())
    assert data["frames"] == 3
    assert data["fps"] == 12.5
    assert tuple(data["size"]) == look.size
    assert data["device"] == "cpu"
    assert data["weights"] == tryon.weights_id
    assert {"masks", "cloth"} <= set(data["once"])
    assert set(data["per_frame"]) == set(STAGES)
    for spread in data["per_frame"].values():
        assert 0 <= spread["median"] <= spread["p95"]
    assert data["total"] >= sum(data["once"].values())
    assert 50 < data["peak_memory"] < 10_000
    assert data["warnings"] == look.warnings
    assert Report.model_validate_json(report.model_dump_json()) == report


def test_peak_memory_never_falls() -> None:
    before = peak_memory()
    block = np.ones(30_000_000, np.uint8)
    assert peak_memory() >= before
    assert block.all()


def test_frames_and_rate_of_a_loop_and_of_a_motion_that_ends() -> None:
    ends = Motion.template("idle").take(10)
    assert len(timed_motion(ends, None, 50)) == 10
    assert len(timed_motion(ends, 50.0, None)) == 19
    loop = Motion(ends.joints, ends.depth, ends.fps, ends.size, loop=True)
    assert len(timed_motion(loop, None, 31)) == 31


def test_the_report_says_how_each_garment_lies(tryon: TryOn, look: Look, walk: Motion) -> None:
    verdict = Verdict("A-line skirt", {"hem": 0.61}, 1.2, 0.001, 0.002, False, ("It slides down.",))
    judged = replace(look, verdicts=(verdict,))
    told = made_report(tryon, judged, walk, {name: [0.1] for name in STAGES}).model_dump()["garments"]
    assert told == [
        {
            "category": "dress", "pattern": "A-line skirt", "lengths": {"hem": 0.61}, "passed": False,
            "stretch_p99": 1.2, "penetration": 0.001, "speed": 0.002, "doubts": ["It slides down."],
        }
    ]  # fmt: skip
    assert judged.verdict_of(look.garments[0]) is verdict
    assert judged.verdict_of(replace(look.garments[0])) is None
