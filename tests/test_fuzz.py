"""A thousand damaged files, the same in every run: each is read or refused in one line, in bounds, and nothing is written.

Pictures 400, videos 130, motions 220, OpenPose files 60, projects 120, weights 70. Found in one: the message names the
file, its number and its seed; ``fuzzing.mutants`` makes it again.
"""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Callable
from io import BytesIO
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from fuzzing import MOST_MEMORY, Mutant, judged, mutants, nothing_outside
from PIL import Image

from fashionmirror_core import places
from fashionmirror_core.media.ffmpeg import ffmpeg_program
from fashionmirror_core.media.images import read_picture
from fashionmirror_core.media.reading import VideoReader
from fashionmirror_core.motion.motion import Motion
from tests.core.media.test_images import tiff

Run = Callable[..., None]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Reads mutants of whole files, as files of their own names below ``tmp_path`` -> every failure at once."""
    monkeypatch.setattr(places, "state", lambda: tmp_path / "state")

    def judge(whole: dict[str, bytes], count: int, seed: int, read: Callable[[Path], object]) -> None:
        def of_file(mutant: Mutant) -> object:
            path = tmp_path / mutant.name
            path.write_bytes(mutant.data)
            return read(path)

        for name, data in whole.items():  # what is whole is read: else every refusal would pass
            (tmp_path / name).write_bytes(data)
            read(tmp_path / name)
        with nothing_outside(tmp_path) as changes:
            failures = [line for mutant in mutants(whole, count, seed) if (line := judged(mutant, of_file))]
        assert failures == []
        assert changes == []

    return judge


# --- pictures ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pictures() -> dict[str, bytes]:
    Image.init()
    pytest.importorskip("pillow_heif").register_heif_opener()
    y, x = np.mgrid[:40, :56]
    colours = np.dstack([x * 4, y * 6, (x + y) * 2]).astype(np.uint8)
    rgb = Image.fromarray(colours)
    rgba = rgb.copy()
    rgba.putalpha(Image.fromarray((y * 6).astype(np.uint8)))
    moving = [rgb.point(lambda level, k=k: level * k // 3) for k in range(4)]
    exif = Image.Exif()
    exif[0x0112] = 6
    files = {
        "plain.jpg": (rgb, "JPEG", {"exif": exif}),
        "progressive.jpg": (rgb, "JPEG", {"progressive": True, "subsampling": 0}),
        "rgba.png": (rgba, "PNG", {}),
        "palette.png": (rgb.quantize(16), "PNG", {"transparency": 3}),
        "moving.png": (moving[0], "PNG", {"save_all": True, "append_images": moving[1:]}),
        "lossy.webp": (rgba, "WEBP", {}),
        "moving.webp": (moving[0], "WEBP", {"save_all": True, "append_images": moving[1:]}),
        "moving.gif": (moving[0], "GIF", {"save_all": True, "append_images": moving[1:]}),
        "plain.bmp": (rgb, "BMP", {}),
        "lzw.tif": (rgba, "TIFF", {"compression": "tiff_lzw"}),
        "deep.tif": (Image.fromarray((x * 1000).astype(np.uint16)), "TIFF", {}),
        "still.avif": (rgb, "AVIF", {}),
        "still.heic": (rgb, "HEIF", {}),
    }
    return {name: _encoded(*file) for name, file in files.items() if file[1] in Image.SAVE} | {
        "deep.png": _encoded(Image.fromarray((x * 1000).astype(np.uint16)), "PNG", {}),
        "deep-colours.tif": tiff(colours.astype(np.uint16) * 257, 2, 1),
    }


def _encoded(image: Image.Image, form: str, options: dict[str, object]) -> bytes:
    stream = BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


@pytest.mark.parametrize("seed", range(4))
def test_pictures(pictures: dict[str, bytes], run: Run, seed: int) -> None:
    def read(path: Path) -> None:
        pixels = read_picture(path).pixels
        assert pixels.dtype == np.uint8
        assert pixels.ndim == 3
        assert pixels.shape[2] in (3, 4)

    run(pictures, 100, seed, read)


# --- videos -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    import subprocess

    folder = tmp_path_factory.mktemp("videos")
    codecs = {
        "h264.mp4": ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", "+faststart"),
        "h264.mkv": ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-bf", "0"),
        "vp8.webm": ("-c:v", "libvpx", "-deadline", "realtime"),
        "mjpeg.avi": ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p"),
        "mpeg2.mpg": ("-c:v", "mpeg2video",),
        "h264.ts": ("-c:v", "libx264", "-pix_fmt", "yuv420p"),
        "small.gif": (),
    }  # fmt: skip
    source = ("-f", "lavfi", "-i", "testsrc2=s=96x64:r=25", "-frames:v", "12")
    for name, codec in codecs.items():
        command = [ffmpeg_program(), "-loglevel", "error", "-nostdin", *source, *codec, str(folder / name)]
        subprocess.run(command, check=True)
    return {name: (folder / name).read_bytes() for name in codecs}


@pytest.mark.parametrize("seed", range(5))
def test_videos(videos: dict[str, bytes], run: Run, seed: int) -> None:
    def read(path: Path) -> None:
        with VideoReader(path, max_side=64) as video:
            assert 1 <= video.fps <= 240
            for frame in islice(video, 300):
                assert frame.shape == (video.size[1], video.size[0], 3)

    before = _largest_child()
    run(videos, 26, 100 + seed, read)
    assert _largest_child() <= max(MOST_MEMORY, before)


def _largest_child() -> float:
    """Bytes that the largest of all children so far has held, or this process itself: a child begins as its copy."""
    if sys.platform != "linux":
        return 0
    import resource

    return 1024 * max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF))


# --- motions ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def motions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("motions")
    walk = Motion.template("catwalk").take(3)
    walk.save(folder / "walk.motion.json")
    people = [{"pose_keypoints_2d": joints.ravel().tolist()} for joints in walk.joints]
    (folder / "openpose.json").write_text(json.dumps({"version": 1.3, "people": people[:1]}))
    (folder / "frames.json").write_text(json.dumps([{"people": [person], "canvas_width": 512} for person in people]))
    keypoints = {"image_id": 0, "category_id": 1, "keypoints": walk.joints[0, :17].ravel().tolist(), "score": 0.9}
    (folder / "coco.json").write_text(json.dumps([keypoints]))
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("seed", range(2))
def test_motions(motions: dict[str, bytes], run: Run, seed: int) -> None:
    def read(path: Path) -> None:
        motion = Motion.open(path)
        assert np.isfinite(motion.joints).all()
        assert np.isfinite(motion.depth).all()

    run(motions, 110, 200 + seed, read)


def test_folders_of_openpose_files(motions: dict[str, bytes], run: Run) -> None:
    def read(path: Path) -> None:
        (path.parent / "a_000000_keypoints.json").write_bytes(motions["openpose.json"])
        motion = Motion.open(path.parent)
        assert np.isfinite(motion.joints).all()

    run({"a_000001_keypoints.json": motions["openpose.json"]}, 60, 300, read)


# --- projects ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, pictures: dict[str, bytes]) -> dict[str, bytes]:
    """A project as it is saved, and what its parts are, so that they are damaged behind a valid checksum, too."""
    pytest.importorskip("PySide6")
    from app.model.project import save_project
    from app.model.state import GarmentInput, JointEdit, LookState, MaskEdit, MotionInput, Painting, PersonInput

    folder = tmp_path_factory.mktemp("project")
    (folder / "ana.png").write_bytes(pictures["rgba.png"])
    mask = Painting.of(np.full((40, 56), 9, np.uint8))
    state = LookState(
        person=PersonInput(path=folder / "ana.png"),
        garments=(GarmentInput(path=folder / "ana.png", cutout=mask),),
        motion=MotionInput(template="catwalk"),
        clothing_edits={2: MaskEdit(change=mask)},
        joint_edits={1: {4: JointEdit(x=3.5, hidden=True)}},
    )
    save_project(state, folder / "good.fmirror", np.zeros((4, 4, 3), np.uint8))
    return {"good.fmirror": (folder / "good.fmirror").read_bytes()}


@pytest.mark.parametrize("part", ["", "project.json"])
def test_projects(
    project: dict[str, bytes], run: Run, part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.model import folders
    from app.model.project import load_project

    monkeypatch.setattr(folders, "cache", lambda: tmp_path / "cache")
    if not part:
        run(project, 60, 400, load_project)
        return
    with zipfile.ZipFile(BytesIO(project["good.fmirror"])) as zipped:
        entries = {name: zipped.read(name) for name in zipped.namelist()}

    def read(path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "look.fmirror", "w") as packed:
            for name, data in (entries | {part: path.read_bytes()}).items():
                packed.writestr(name, data)
        load_project(tmp_path / "look.fmirror")

    run({part: entries[part]}, 60, 401, read)


# --- weights ----------------------------------------------------------------------------------------------------------


def test_weights(run: Run, tmp_path: Path) -> None:
    """With a hash that fits, or nothing behind it would be read."""
    from fashionmirror_core.networks import NetworkConfig, TryOnNetworks, weights

    small = NetworkConfig(feature_widths=(4, 4, 4), source_encoder_depth=1, generator_widths=(4, 4, 4))
    weights.save(TryOnNetworks(small), tmp_path / "small.safetensors", {"licence": "Apache-2.0"})

    def read(path: Path) -> None:
        weights.hash_path(path).write_text(weights.sha256(path), encoding="utf-8")
        weights.load(path)

    run({"small.safetensors": (tmp_path / "small.safetensors").read_bytes()}, 70, 500, read)
