"""What leaves the studio: files of every kind, made at final quality, and the look that comes back out of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from crashes import contents
from PIL import Image
from pytestqt.qtbot import QtBot

from app.engine.engine import Engine
from app.engine.exports import (
    SHEET_FRAMES,
    ExportKind,
    ExportRequest,
    contact_sheet,
    described,
    put_text,
    restore_from,
    scaled,
    schedule,
    understood,
)
from app.model.state import GarmentInput, JointEdit, LookState, MaskEdit, Painting, Quality
from fashionmirror_core.errors import InputError
from fashionmirror_core.media.images import read_image, write_image
from fashionmirror_core.media.reading import VideoReader

LONG = 60_000


@pytest.fixture(scope="module")
def shared_engine(qapp: object) -> Iterator[Engine]:
    """One for all files: what is dressed and rendered for one need not be for the next."""
    engine = Engine(device="cpu")
    yield engine
    engine.close()


def _exported(qtbot: QtBot, engine: Engine, state: LookState, request: ExportRequest) -> Path | None:
    engine.set_state(state)
    with qtbot.waitSignal(engine.export_finished, timeout=LONG) as told:
        engine.export(request)
    return told.args[0]


@pytest.mark.parametrize("kind", [ExportKind.mp4, ExportKind.webm, ExportKind.gif])
def test_a_clip_is_written_and_brings_its_look_back(
    qtbot: QtBot, shared_engine: Engine, sample_state: LookState, tmp_path: Path, kind: ExportKind
) -> None:
    steps: list[tuple[int, int]] = []
    shared_engine.export_progress.connect(lambda *step: steps.append(step))
    path = _exported(qtbot, shared_engine, sample_state, ExportRequest(kind, tmp_path / "clip", scale=0.5))
    assert path == tmp_path / f"clip.{kind.value}"
    with VideoReader(path) as video:
        frames = list(video)
        assert abs(video.fps - 25) < 0.1
    assert len(frames) == 4
    assert frames[0].shape[:2] == (192, 144)
    assert restore_from(path) == sample_state
    assert steps[0] == (0, 4)
    assert steps[-1] == (4, 4)


def test_a_webm_can_be_transparent(
    qtbot: QtBot, shared_engine: Engine, sample_state: LookState, tmp_path: Path
) -> None:
    request = ExportRequest(ExportKind.webm, tmp_path / "clip.webm", background="transparent", last=0)
    path = _exported(qtbot, shared_engine, sample_state, request)
    assert path is not None
    assert b"\x53\xc0\x81\x01" in path.read_bytes()


def test_png_frames_are_exact_and_transparent_where_asked(
    qtbot: QtBot, shared_engine: Engine, sample_state: LookState, tmp_path: Path
) -> None:
    request = ExportRequest(ExportKind.png, tmp_path / "frames", background="transparent", first=1, last=2)
    folder = _exported(qtbot, shared_engine, sample_state, request)
    assert folder is not None
    assert [path.name for path in sorted(folder.glob("[!.]*"))] == ["0000.png", "0001.png"]
    image = read_image(folder / "0001.png")
    assert image.shape == (384, 288, 4)
    assert image[0, 0, 3] == 0
    assert image[..., 3].max() == 255
    assert restore_from(folder / "0001.png") == sample_state


def test_masks_are_a_folder_of_grey_pictures(
    qtbot: QtBot, shared_engine: Engine, sample_state: LookState, tmp_path: Path
) -> None:
    folder = _exported(qtbot, shared_engine, sample_state, ExportRequest(ExportKind.masks, tmp_path / "masks"))
    assert folder is not None
    names = [path.name for path in sorted(folder.glob("[!.]*"))]
    assert names == [*(f"clothing_{index:04d}.png" for index in range(4)), "removed.png"]
    mask = np.array(Image.open(folder / "clothing_0003.png"))
    assert mask.shape == (384, 288)
    assert mask.max() == 255
    assert mask.min() == 0


def test_a_still_is_the_photo_s_pose_or_a_frame(
    qtbot: QtBot, shared_engine: Engine, sample_state: LookState, tmp_path: Path
) -> None:
    own = _exported(qtbot, shared_engine, sample_state, ExportRequest(ExportKind.still, tmp_path / "own.png"))
    frame = _exported(qtbot, shared_engine, sample_state, ExportRequest(ExportKind.still, tmp_path / "3.jpg", first=3))
    assert own is not None
    assert read_image(own).shape == (384, 288, 3)
    assert frame is not None
    assert frame.suffix == ".jpg"
    assert read_image(frame).shape == (384, 288, 3)
    assert restore_from(own) == sample_state


def test_a_still_needs_no_motion(qtbot: QtBot, shared_engine: Engine, sample_state: LookState, tmp_path: Path) -> None:
    bare = sample_state.model_copy(update={"motion": None})
    request = ExportRequest(ExportKind.still, tmp_path / "still.png", background="transparent")
    path = _exported(qtbot, shared_engine, bare, request)
    assert path is not None
    assert read_image(path).shape == (384, 288, 4)


def test_a_contact_sheet_shows_the_clip(
    qtbot: QtBot, shared_engine: Engine, sample_state: LookState, tmp_path: Path
) -> None:
    path = _exported(qtbot, shared_engine, sample_state, ExportRequest(ExportKind.sheet, tmp_path / "sheet.png"))
    assert path is not None
    page = read_image(path)
    assert page.shape[0] > 360
    assert page.shape[1] > 2 * 270
    assert restore_from(path) == sample_state


def test_an_export_is_made_at_final_quality(
    qtbot: QtBot, shared_engine: Engine, sample_state: LookState, tmp_path: Path
) -> None:
    final = sample_state.model_copy(
        update={"clip": sample_state.clip.model_copy(update={"quality": Quality.final, "background": "white"})}
    )
    request = ExportRequest(ExportKind.mp4, tmp_path / "a.mp4", background="white", first=1, last=1)
    _exported(qtbot, shared_engine, sample_state, request)
    shared_engine.set_state(final)
    states = [shared_engine.frames.state(index).value for index in range(4)]
    assert states[1] == "fresh"


def test_a_place_that_cannot_be_written_is_named_and_nothing_stays(
    qtbot: QtBot, shared_engine: Engine, sample_state: LookState, tmp_path: Path
) -> None:
    with qtbot.waitSignal(shared_engine.failed, timeout=LONG) as told:
        path = _exported(
            qtbot, shared_engine, sample_state, ExportRequest(ExportKind.mp4, tmp_path / "gone" / "clip.mp4")
        )
    assert path is None
    message, details = told.args
    assert "gone" in message
    assert "\n" not in message
    assert details == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", [ExportKind.still, ExportKind.masks])
def test_an_input_or_a_folder_of_the_users_is_never_replaced(
    qtbot: QtBot, shared_engine: Engine, sample_state: LookState, tmp_path: Path, kind: ExportKind
) -> None:
    if kind is ExportKind.still:
        person = tmp_path / "ana.png"
        shutil.copy(sample_state.person.path, person)  # type: ignore[union-attr]
        state = sample_state.model_copy(update={"person": sample_state.person.model_copy(update={"path": person})})  # type: ignore[union-attr]
        target, reason = person, "read as an input"
    else:
        state, target, reason = sample_state, tmp_path / "holiday", "holds other files"
        target.mkdir()
        (target / "clothing_0000.png").write_text("mine")
    before = contents(tmp_path)
    with qtbot.waitSignal(shared_engine.failed, timeout=LONG) as told:
        assert _exported(qtbot, shared_engine, state, ExportRequest(kind, target, overwrite=True)) is None
    assert reason in told.args[0]
    assert contents(tmp_path) == before


def test_a_cancelled_export_leaves_nothing(
    qtbot: QtBot, shared_engine: Engine, sample_state: LookState, tmp_path: Path
) -> None:
    long = sample_state.model_copy(update={"clip": sample_state.clip.model_copy(update={"frames": 200})})
    shared_engine.set_state(long)
    with qtbot.waitSignal(shared_engine.export_progress, timeout=LONG):
        shared_engine.export(ExportRequest(ExportKind.mp4, tmp_path / "clip.mp4"))
    with qtbot.waitSignal(shared_engine.export_finished, timeout=LONG) as told:
        shared_engine.cancel()
    assert told.args == [None]
    assert list(tmp_path.iterdir()) == []


def test_without_a_clip_there_is_nothing_to_export(qtbot: QtBot, shared_engine: Engine, tmp_path: Path) -> None:
    with qtbot.waitSignal(shared_engine.failed, timeout=LONG):
        assert _exported(qtbot, shared_engine, LookState(), ExportRequest(ExportKind.mp4, tmp_path / "a.mp4")) is None


# --- parts --------------------------------------------------------------------------------------------------------


def _request(**values: object) -> ExportRequest:
    return ExportRequest(**{"kind": "mp4", "path": "clip.mp4", **values})  # type: ignore[arg-type]


def test_another_frame_rate_keeps_the_clip_s_length() -> None:
    assert schedule(_request(), 5, 25) == [0, 1, 2, 3, 4]
    assert schedule(_request(fps=50.0), 3, 25) == [0, 0, 1, 1, 2, 2]
    assert schedule(_request(fps=12.5), 6, 25) == [0, 2, 4]
    assert schedule(_request(first=2, last=99), 5, 25) == [2, 3, 4]
    sheet = schedule(_request(kind="sheet"), 300, 25)
    assert len(sheet) == SHEET_FRAMES
    assert sheet[0] == 0
    assert sheet[-1] == 299


@pytest.mark.parametrize("bad", [{"scale": 9.0}, {"first": 4, "last": 2}, {"fps": 0.0}, {"fps": float("nan")}])
def test_settings_that_cannot_be_are_refused_in_one_line(bad: dict[str, float]) -> None:
    with pytest.raises(InputError) as told:
        schedule(_request(**bad), 10, 25)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("kind", "given", "target"),
    [
        ("mp4", "a.mp4", "a.mp4"),
        ("mp4", "ana v1.2", "ana v1.2.mp4"),
        ("still", "a.jpg", "a.jpg"),
        ("sheet", "a.jpg", "a.jpg.png"),
        ("png", "frames", "frames"),
    ],
)
def test_a_file_gets_the_suffix_of_its_kind(kind: str, given: str, target: str) -> None:
    assert _request(kind=kind, path=given).target == Path(target)


def test_scaling_does_not_bleed_hidden_colours() -> None:
    image = np.zeros((40, 40, 4), np.uint8)
    image[..., 0] = 255  # red where nothing is seen
    image[:, 20:] = (0, 255, 0, 255)
    small = scaled(image, 0.35)
    assert small.shape == (14, 14, 4)
    assert small[small[..., 3] > 40][:, 0].max() < 10


def test_the_look_travels_without_what_was_painted(sample_state: LookState) -> None:
    painting = Painting.of(np.zeros((4, 4), np.uint8))
    garment = GarmentInput(path=sample_state.garments[0].path, cutout=painting, hem=0.8)
    edited = sample_state.model_copy(
        update={
            "garments": (garment,),
            "removed_edit": painting,
            "clothing_edits": {1: MaskEdit(change=painting)},
            "joint_edits": {2: {4: JointEdit(x=1.5, y=2.5)}},
        }
    )
    back = understood(described(edited))
    assert back is not None
    assert back.garments[0].hem == 0.8
    assert back.garments[0].cutout is None
    assert back.joint_edits == edited.joint_edits
    assert back.removed_edit is None
    assert back.clothing_edits == {}


def test_metadata_stays_short_enough_for_a_command_line(sample_state: LookState) -> None:
    many = {frame: {joint: JointEdit(x=0.123, y=4.567) for joint in range(25)} for frame in range(300)}
    text = described(sample_state.model_copy(update={"joint_edits": many}))
    assert len(text) < 30_000
    assert understood(text) == sample_state


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a holiday film",
        "FashionMirror look",
        '{"mark": "FashionMirror look"}',
        '{"mark": "FashionMirror look", "version": 99, "look": {}}',
        '{"mark": "FashionMirror look", "version": 1, "look": {"person": 3}}',
        '{"mark": "FashionMirror look", "version": 1, "look": {"unknown": 1}}',
        '["FashionMirror look"]',
        '{"mark": "FashionMirror look", "look": ' + "[" * 100_000,
    ],
)
def test_other_people_s_texts_are_no_looks(text: str) -> None:
    assert understood(text) is None


def test_files_without_a_look_give_none(tmp_path: Path, sample_photo: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    clip = tmp_path / "broken.mp4"
    clip.write_bytes(b"nothing")
    other = tmp_path / "a.txt"
    other.write_text(json.dumps({"mark": "FashionMirror look"}))
    for path in (sample_photo, broken, clip, other, tmp_path / "missing.gif", tmp_path):
        assert restore_from(path) is None


def test_a_text_in_a_picture_leaves_its_pixels_alone(tmp_path: Path) -> None:
    pixels = np.random.default_rng(5).integers(0, 255, (20, 30, 3), np.uint8)
    png, gif = tmp_path / "a.png", tmp_path / "a.gif"
    write_image(png, pixels)
    Image.fromarray(pixels[..., 0]).save(gif)
    before = np.array(Image.open(gif))
    for path in (png, gif):
        put_text(path, "x" * 1000)
    assert (read_image(png) == pixels).all()
    assert (np.array(Image.open(gif)) == before).all()
    assert Image.open(gif).info["comment"] == b"x" * 1000
    assert Image.open(png).info["Comment"] == "x" * 1000


def test_a_contact_sheet_holds_every_picture(qapp: object) -> None:
    red = np.zeros((100, 50, 4), np.uint8)
    red[...] = (255, 0, 0, 255)
    page = contact_sheet([(str(n), red) for n in range(5)], "ana × dress", cell=80)
    redness = (page == (255, 0, 0)).all(2).sum()
    assert redness == 5 * 80 * 40
    assert (page[:32] < 100).any()  # the caption
