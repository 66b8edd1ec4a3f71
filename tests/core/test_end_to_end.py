"""From two pictures and a motion to a clip: the built-in sample, a photo from the street, and exact truth."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import structural_similarity

from fashionmirror_core.cli import main as cli
from fashionmirror_core.look import Look
from fashionmirror_core.media.images import read_image, write_image
from fashionmirror_core.media.reading import VideoReader
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.outputs.clip import ClipSettings, render_clip
from fashionmirror_core.tryon import TryOn

STREET_PHOTO, STREET_GARMENT = "0024.jpg", "00588f87-cda1-46d7-93be-71f0fa889895.jpg"
CLIP = "val_0009"  # a walk in another top, seen from the front


def fashionmirror(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """The exit code of the console script, run in this process."""
    monkeypatch.setattr(sys, "argv", ["fashionmirror", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def test_the_built_in_sample_walks(
    monkeypatch: pytest.MonkeyPatch, person_file: Path, garment_file: Path, tmp_path: Path
) -> None:
    code = fashionmirror(
        monkeypatch, "render", "--person", person_file, "--garment", garment_file, "--motion", "catwalk",
        "--frames", 16, "--size", "256x192", "--background", "white", "--transition", 2, "-o", tmp_path / "clip.mp4",
    )  # fmt: skip
    assert code == 0
    with VideoReader(tmp_path / "clip.mp4") as video:
        frames = [frame.astype(int) for frame in video]
    assert len(frames) == 16
    assert frames[0].shape == (256, 192, 3)
    assert np.abs(frames[-1] - frames[0]).mean() > 1, "nobody moves"
    for frame in frames:
        person = frame.min(-1) < 235
        assert 0.05 < person.mean() < 0.6
        rows = np.flatnonzero(person.any(1))
        assert np.ptp(rows) > 0.75 * 256, "head or feet are missing"


def test_a_photo_from_the_street_walks(monkeypatch: pytest.MonkeyPatch, shared: Path, tmp_path: Path) -> None:
    photo, garment = shared / "data/street/val" / STREET_PHOTO, shared / "data/garments" / STREET_GARMENT
    if not (photo.is_file() and garment.is_file()):
        pytest.skip("the street photos or the garments are not here")
    code = fashionmirror(
        monkeypatch, "render", "--person", photo, "--garment", garment, "--motion", "walk-pause", "--frames", 8,
        "-o", tmp_path / "clip.mp4", "--masks-dir", tmp_path / "masks",
    )  # fmt: skip
    assert code == 0
    source = read_image(photo)
    with VideoReader(tmp_path / "clip.mp4") as video:
        frames = list(video)
    assert len(frames) == 8
    assert frames[0].shape == source.shape
    assert np.abs(frames[-1].astype(int) - frames[0]).max() > 40
    for k in (0, 7):
        cloth = read_image(tmp_path / "masks" / f"clothing_{k:04d}.png")[..., 0] > 127
        assert 0.02 < cloth.mean() < 0.4
        # In the masked region the frame shows other clothes than the photo did.
        assert np.abs(frames[k][cloth].mean(0) - source[cloth].mean(0)).max() > 10


@dataclass(frozen=True)
class Truth:
    """A rendered clip in two outfits. a, b: (T, H, W, 3) uint8. boxes: T x (x0, y0, x1, y1) of the person in B."""

    a: np.ndarray
    b: np.ndarray
    boxes: list[tuple[int, int, int, int]]
    motion: Motion
    shop: np.ndarray  # what B wears and A doesn't, (h, w, 4)


def load_truth(folder: Path, name: str, slot: str) -> Truth:
    clips = json.loads((folder / "index.json").read_text())["clips"]
    (clip,) = [clip for clip in clips if clip["id"] == name]
    joints = np.load(folder / "joints.npz")
    xy, depth = joints["xy"][clip["joints_row"]], joints["depth_m"][clip["joints_row"]].astype(np.float32)
    with zipfile.ZipFile(folder / clip["archive"]) as archive:

        def picture(member: str) -> np.ndarray:
            return np.array(Image.open(io.BytesIO(archive.read(f"{name}/{member}"))))

        a, b = (np.stack([picture(f"{o}_{k:02d}.webp")[..., :3] for k in range(len(xy))]) for o in "AB")
        labels = picture("B_labels.png").reshape(len(xy), *a.shape[1:3])
        garment = clip["garments"][f"B_{slot}"]
        shop = np.dstack([picture(garment["image"])[..., :3], picture(garment["mask"])])
    boxes = []
    for label in labels:
        y, x = np.nonzero(label)
        boxes.append((int(x.min()), int(y.min()), int(x.max()) + 1, int(y.max()) + 1))
    height = np.ptp(xy[:, :, 1], axis=1).mean()  # pixels, of about 1.6 m
    depth = (depth - depth[:, 8:9]) * height / 1.6
    seen = np.concatenate([xy, np.ones((*xy.shape[:2], 1))], -1)
    return Truth(a, b, boxes, Motion(seen, depth, 4, (a.shape[2], a.shape[1])), shop)


def likeness(frames: list[np.ndarray], truth: Truth) -> float:
    """Mean SSIM with the frames of outfit B in the person's box."""
    values = []
    for frame, true, (x0, y0, x1, y1) in zip(frames, truth.b, truth.boxes, strict=True):
        values.append(structural_similarity(frame[y0:y1, x0:x1], true[y0:y1, x0:x1], channel_axis=2))
    return float(np.mean(values))


def test_a_clip_is_closer_to_the_truth_than_the_photo(
    monkeypatch: pytest.MonkeyPatch, shared: Path, tmp_path: Path
) -> None:
    """The first frame in outfit A, the picture of B's garment and the true joints give B's frames, more or less."""
    folder = shared / "data/catwalk/val"
    if not folder.is_dir():
        pytest.skip("the catwalk clips are not here")
    truth = load_truth(folder, CLIP, "upper")
    write_image(tmp_path / "a.png", truth.a[0])
    write_image(tmp_path / "garment.png", truth.shop)
    truth.motion.save(tmp_path / "true.motion.json")
    code = fashionmirror(
        monkeypatch, "render", "--person", tmp_path / "a.png", "--garment", tmp_path / "garment.png", "--category",
        "upper", "--motion", tmp_path / "true.motion.json", "--retarget", "off", "--transition", 0,
        "-o", tmp_path / "clip.mp4", "--frames-dir", tmp_path / "frames",
    )  # fmt: skip
    assert code == 0
    frames = [read_image(file) for file in sorted((tmp_path / "frames").glob("*.png"))]
    assert len(frames) == len(truth.b), "frame k shows pose k"
    assert likeness(frames, truth) > likeness([truth.a[0]] * len(truth.b), truth) + 0.1


def test_a_look_renders_into_every_kind_of_clip(tryon: TryOn, look: Look, walk: Motion, tmp_path: Path) -> None:
    for name in ("clip.mp4", "clip.webm", "clip.gif"):
        render_clip(tryon, look, walk, ClipSettings(tmp_path / name, frames=3))
        with VideoReader(tmp_path / name) as video:
            assert video.size == look.size
            assert len(list(video)) == 3
