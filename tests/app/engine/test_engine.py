"""The engine off the GUI thread: what it tells, what it makes again, and how it stops. The real core, a small photo."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.engine import plan
from app.engine.engine import Engine
from app.engine.frames import FrameState
from app.engine.notes import Note
from app.model.state import (
    GarmentInput,
    JointEdit,
    LookState,
    MaskEdit,
    MotionInput,
    Painting,
    PersonInput,
    Quality,
)
from fashionmirror_core import samples
from fashionmirror_core.garment.doubts import (
    MAY_BE_NONE,
    NO_GARMENT,
    SEVERAL,
    SEVERAL_TOUCH,
    TURNED,
    WHICH_WAY_UP,
    WORN,
)
from fashionmirror_core.garment.landmarks import HIDDEN_SLEEVES
from fashionmirror_core.media.images import read_image, write_image
from fashionmirror_core.media.reading import VideoReader
from fashionmirror_core.media.writing import open_clip
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.skeleton import Pose
from fashionmirror_core.vocabulary import CategoryChoice

LONG = 60_000  # milliseconds; two slow cores may be busy


@pytest.fixture
def engine(qtbot: QtBot) -> Iterator[Engine]:
    made = Engine(device="cpu")
    yield made
    made.close()


def _rendered(qtbot: QtBot, engine: Engine, indices: list[int] | None = None) -> list[int]:
    """Renders, and tells which frames were made for it."""
    made: list[int] = []
    engine.frame_ready.connect(made.append)
    with qtbot.waitSignal(engine.render_finished, timeout=LONG) as told:
        engine.render(indices)
    engine.frame_ready.disconnect(made.append)
    assert told.args == [True]
    return made


def _states(engine: Engine) -> list[str]:
    return [engine.frames.state(index).value for index in range(engine.frames.count)]


def _painted(state: LookState, frame: int, value: int = 255) -> LookState:
    change = np.full((384, 288), 128, np.uint8)
    change[150:200, 120:170] = value
    edits = {**state.clothing_edits, frame: MaskEdit(change=Painting.of(change))}
    return state.model_copy(update={"clothing_edits": edits})


def test_a_look_is_dressed_as_soon_as_its_parts_are_there(
    qtbot: QtBot, engine: Engine, sample_state: LookState
) -> None:
    told: dict[str, Any] = {}
    for name in ("ready", "person_ready", "garment_ready", "motion_ready"):
        getattr(engine, name).connect(lambda *values, name=name: told.update({name: values}))
    falling: list[np.ndarray] = []
    engine.still_falling.connect(lambda state, image: falling.append(image))
    with qtbot.waitSignal(engine.look_ready, timeout=LONG, check_params_cb=lambda view: view.poses is not None) as look:
        engine.set_state(sample_state)
    (view,) = look.args
    assert told["ready"][0].device == "cpu"
    assert told["ready"][0].threads >= 1
    given, person = told["person_ready"]
    assert given == sample_state.person
    assert person.image.shape == (384, 288, 3)
    assert person.matte.shape == (384, 288)
    assert told["garment_ready"][1].category == "dress"
    assert told["garment_ready"][1].image.shape[2] == 4
    assert told["motion_ready"][1].fps == 25
    assert view.size == (288, 384)
    assert len(view.poses) == 4
    assert view.clothing_mask[200:260].max() > 0.9
    changed = np.abs(view.still.astype(int) - person.image).max(2) > 30
    assert changed[view.clothing_mask > 0.9].mean() > 0.5
    assert 1 <= len(falling) <= 12
    assert all(image.shape == view.still.shape for image in falling)
    assert _states(engine) == ["missing"] * 4


def test_render_fills_the_clip_and_undo_finds_its_frames_again(
    qtbot: QtBot, engine: Engine, sample_state: LookState
) -> None:
    engine.set_state(sample_state)
    assert _rendered(qtbot, engine) == [0, 1, 2, 3]
    assert _states(engine) == ["fresh"] * 4
    image, mask = engine.frames.image(2), engine.frames.clothing_mask(2)
    assert image is not None
    assert image.shape == (384, 288, 3)
    assert mask is not None
    assert 0.02 < mask.mean() < 0.6
    assert _rendered(qtbot, engine) == []

    painted = _painted(sample_state, 2)
    engine.set_state(painted)
    assert _states(engine) == ["fresh", "fresh", "stale", "stale"]
    assert [engine.frames.edited(index) for index in range(4)] == [False, False, True, False]
    assert _rendered(qtbot, engine) == [2, 3]
    changed = engine.frames.clothing_mask(2)
    assert changed is not None
    assert changed[160:190, 130:160].mean() > 0.9

    engine.set_state(sample_state)
    assert _states(engine) == ["fresh"] * 4


def test_a_dragged_joint_makes_no_frame_before_it_stale(qtbot: QtBot, engine: Engine, sample_state: LookState) -> None:
    clip = sample_state.clip.model_copy(update={"frames": 16})
    state = sample_state.model_copy(update={"clip": clip})
    engine.set_state(state)
    _rendered(qtbot, engine, [0, 8, 14, 15])
    poses = engine.frames.pose(15)
    assert poses is not None
    x, y, _ = (float(value) for value in poses[4])
    engine.set_state(state.model_copy(update={"joint_edits": {15: {4: JointEdit(x=x + 20, y=y)}}}))
    assert [engine.frames.state(index).value for index in (0, 8, 14, 15)] == ["fresh", "fresh", "stale", "stale"]
    _rendered(qtbot, engine, [15])
    moved = engine.frames.pose(15)
    assert moved is not None
    assert abs(moved[4, 0] - x - 20) < 0.01


def test_the_background_and_the_quality_are_every_frame_s(
    qtbot: QtBot, engine: Engine, sample_state: LookState
) -> None:
    engine.set_state(sample_state)
    _rendered(qtbot, engine, [0])
    for change in ({"background": "transparent"}, {"quality": Quality.final}):
        state = sample_state.model_copy(update={"clip": sample_state.clip.model_copy(update=change)})
        engine.set_state(state)
        assert engine.frames.state(0) is FrameState.stale
    with_alpha = sample_state.clip.model_copy(update={"background": "transparent"})
    engine.set_state(sample_state.model_copy(update={"clip": with_alpha}))
    _rendered(qtbot, engine, [0])
    image = engine.frames.image(0)
    assert image is not None
    assert image.shape[2] == 4
    assert image[0, 0, 3] == 0


def test_cancel_ends_within_a_frame_and_keeps_what_came(qtbot: QtBot, engine: Engine, sample_state: LookState) -> None:
    state = sample_state.model_copy(update={"clip": sample_state.clip.model_copy(update={"frames": 200})})
    engine.set_state(state)
    with qtbot.waitSignal(engine.frame_ready, timeout=LONG):
        engine.render()
    with qtbot.waitSignal(engine.render_finished, timeout=LONG) as told:
        engine.cancel()
    assert told.args == [False]
    states = _states(engine)
    assert len(states) == 200
    assert 1 <= states.count("fresh") < 100
    assert "rendering" not in states
    assert states[0] == "fresh"


def test_a_render_follows_the_document_that_changes_meanwhile(
    qtbot: QtBot, engine: Engine, sample_state: LookState
) -> None:
    engine.set_state(sample_state)
    with qtbot.waitSignal(engine.render_finished, timeout=LONG) as told:
        engine.render()
        white = sample_state.clip.model_copy(update={"background": "white"})
        engine.set_state(sample_state.model_copy(update={"clip": white}))
    if _states(engine) != ["fresh"] * 4:  # it was done before the change came
        _rendered(qtbot, engine)
    assert told.args == [True]
    image = engine.frames.image(3)
    assert image is not None
    assert (image[:4, :4] > 250).all()


def test_progress_counts_up_and_tells_what_is_left(qtbot: QtBot, engine: Engine, sample_state: LookState) -> None:
    steps: list[tuple[int, int, float]] = []
    engine.render_progress.connect(lambda *step: steps.append(step))
    engine.set_state(sample_state)
    _rendered(qtbot, engine)
    assert [(done, total) for done, total, _ in steps] == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
    assert steps[1][2] > 0
    assert steps[-1][2] == 0


def test_a_sideways_photo_is_told_with_its_remedy_and_turned(
    qtbot: QtBot, engine: Engine, sample_photo: Path, tmp_path: Path
) -> None:
    sideways = tmp_path / "sideways.png"
    write_image(sideways, np.ascontiguousarray(np.rot90(read_image(sample_photo))))  # a quarter turn the other way
    with qtbot.waitSignal(engine.input_failed, timeout=LONG) as told:
        engine.set_state(LookState(person=PersonInput(path=sideways)))
    kind, given, note = told.args
    assert kind == "person"
    assert given.path == sideways
    assert isinstance(note, Note)
    assert note.remedy == "turn"
    with qtbot.waitSignal(engine.person_ready, timeout=LONG) as found:
        engine.set_state(LookState(person=PersonInput(path=sideways, turns=1)))
    assert found.args[1].image.shape == (384, 288, 3)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("person", {"person": PersonInput(path=Path("nowhere.jpg"))}),
        ("garment", {"garments": (GarmentInput(path=Path("nowhere.webp"), category=CategoryChoice.DRESS),)}),
        ("motion", {"motion": MotionInput(path=Path("nowhere.mp4"))}),
        ("motion", {"motion": MotionInput(template="moonwalk")}),
    ],
)
def test_a_bad_input_is_named_once(qtbot: QtBot, engine: Engine, kind: str, given: dict[str, Any]) -> None:
    told: list[tuple[Any, ...]] = []
    engine.input_failed.connect(lambda *values: told.append(values))
    with qtbot.waitSignal(engine.input_failed, timeout=LONG):
        engine.set_state(LookState(**given))
    with qtbot.waitSignal(engine.render_finished, timeout=LONG) as ended:
        engine.set_state(LookState(**given, in_point=0))
        engine.render()
    assert ended.args == [False]
    assert [values[0] for values in told] == [kind]
    assert told[0][2].text


def test_a_fault_of_ours_reaches_the_window_with_its_traceback(
    qtbot: QtBot, engine: Engine, sample_state: LookState, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fashionmirror_core.tryon import TryOn

    engine.set_state(sample_state)
    _rendered(qtbot, engine, [0])

    def broken(*_: object, **__: object) -> Iterator[None]:
        raise RuntimeError("a wire is loose")
        yield

    monkeypatch.setattr(TryOn, "frames", broken)
    with qtbot.waitSignal(engine.failed, timeout=LONG) as told, qtbot.waitSignal(engine.render_finished) as ended:
        engine.render([1])
    assert ended.args == [False]
    message, details = told.args
    assert message
    assert "a wire is loose" in details
    assert "Traceback" in details
    assert engine.frames.state(1) is FrameState.failed
    monkeypatch.undo()
    assert _rendered(qtbot, engine, [1]) == [1]


def test_nothing_of_the_core_runs_on_the_gui_thread(
    qtbot: QtBot, engine: Engine, sample_state: LookState, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fashionmirror_core.tryon import TryOn

    threads: list[threading.Thread] = []
    prepare = TryOn.prepare

    def watched(self: TryOn, *args: Any, **kwargs: Any) -> Any:
        threads.append(threading.current_thread())
        return prepare(self, *args, **kwargs)

    monkeypatch.setattr(TryOn, "prepare", watched)
    with qtbot.waitSignal(engine.look_ready, timeout=LONG):
        engine.set_state(sample_state)
    assert threads
    assert threading.main_thread() not in threads


def test_sleeves_and_hem_make_another_look_and_going_back_is_instant(
    qtbot: QtBot, engine: Engine, sample_state: LookState, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fashionmirror_core.tryon import TryOn

    def still(state: LookState) -> np.ndarray:
        with qtbot.waitSignal(
            engine.look_ready, timeout=LONG, check_params_cb=lambda view: view.state == state and view.poses is not None
        ) as told:
            engine.set_state(state)
        return told.args[0].still

    shorter = sample_state.garments[0].model_copy(update={"hem": 0.6})
    first = still(sample_state)
    second = still(sample_state.model_copy(update={"garments": (shorter,)}))
    assert (first != second).any(2).mean() > 0.01
    monkeypatch.setattr(TryOn, "prepare", lambda *_, **__: pytest.fail("it was dressed before"))
    assert (still(sample_state) == first).all()


def test_closing_in_the_middle_of_a_render_ends_the_thread(qtbot: QtBot, sample_state: LookState) -> None:
    engine = Engine(device="cpu")
    engine.set_state(sample_state.model_copy(update={"clip": sample_state.clip.model_copy(update={"frames": 200})}))
    with qtbot.waitSignal(engine.frame_ready, timeout=LONG):
        engine.render()
    engine.close()
    assert not engine._thread.isRunning()
    engine.close()
    engine.set_state(LookState())
    engine.render()


def test_reading_a_video_tells_its_progress_and_can_be_cancelled(
    qtbot: QtBot, engine: Engine, sample_state: LookState
) -> None:
    video = samples.motions()[0]
    state = sample_state.model_copy(update={"motion": MotionInput(path=video)})
    with qtbot.waitSignal(engine.motion_progress, timeout=LONG) as progress:
        engine.set_state(state)
    assert progress.args[0] == state.motion
    assert progress.args[1] == 1
    # The garment changes while the video is read: the look does not wait for the motion.
    other = samples.garments()[-1]
    with qtbot.waitSignal(engine.look_ready, timeout=LONG) as look:
        engine.set_state(state.model_copy(update={"garments": (GarmentInput(path=other),)}))
    assert look.args[0].state.garments[0].path == other
    with qtbot.waitSignal(engine.input_failed, timeout=LONG) as told:
        engine.cancel()
    assert told.args[0] == "motion"
    with qtbot.waitSignal(engine.motion_progress, timeout=LONG):
        engine.reread()


@pytest.fixture(scope="module")
def short_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "walk.mp4"
    with VideoReader(samples.motions()[-1], max_side=480) as video, open_clip(path, video.size, 25) as clip:
        for frame in itertools.islice(video, 12):
            clip.write(frame)
    return path


@pytest.mark.parametrize("change", ["garments", "motion"])
def test_what_changes_while_a_video_is_read_counts_in_the_end(
    qtbot: QtBot, engine: Engine, sample_state: LookState, short_video: Path, change: str
) -> None:
    reading = sample_state.model_copy(update={"motion": MotionInput(path=short_video)})
    changes = {"garments": (GarmentInput(path=samples.garments()[-1]),), "motion": MotionInput(template="idle")}
    changed = reading.model_copy(update={change: changes[change]})
    with qtbot.waitSignal(engine.motion_progress, timeout=LONG):
        engine.set_state(reading)
    with qtbot.waitSignal(
        engine.look_ready, timeout=LONG, check_params_cb=lambda view: view.state == changed and view.poses is not None
    ):
        engine.set_state(changed)


def test_a_motion_that_the_person_cannot_perform_is_told_at_its_well(
    qtbot: QtBot, engine: Engine, sample_state: LookState, tmp_path: Path
) -> None:
    joints = np.zeros((6, 25, 3), np.float32)
    joints[:, 4] = (10, 200, 1)  # a wrist and nothing else
    path = tmp_path / "wrist.motion.json"
    Motion(joints, np.zeros((6, 25)), 25.0, (288, 384)).save(path)
    with qtbot.waitSignal(engine.input_failed, timeout=LONG) as told:
        engine.set_state(sample_state.model_copy(update={"motion": MotionInput(path=path)}))
    assert told.args[0] == "motion"


def test_a_window_need_not_wait_for_the_core() -> None:
    heavy = "('torch', 'mediapipe', 'scipy', 'fashionmirror_core.tryon')"
    program = f"import sys, app.engine.engine; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- what depends on what -----------------------------------------------------------------------------------------


def _standing(frames: int = 20) -> Motion:
    joints = np.zeros((frames, 25, 3), np.float32)
    joints[..., :2] = np.random.default_rng(3).uniform(50, 300, (1, 25, 2))
    joints[..., 2] = 0.9
    return Motion(joints, np.zeros((frames, 25), np.float32), 25.0, (288, 384))


def test_a_dragged_joint_is_exact_at_its_frame_and_eases_off() -> None:
    motion = _standing()
    own = Pose(motion.joints[0])
    x, y = (float(value) for value in motion.joints[0, 4, :2])
    moved = plan.edited_poses(motion, own, {10: {4: JointEdit(x=x + 12, y=y)}}).joints[:, 4, 0] - x
    assert abs(moved[10] - 12) < 1e-4
    assert (np.diff(moved[3:11]) > 0).all()
    assert (np.diff(moved[10:18]) < 0).all()
    assert (moved[: 10 - plan.EASE] == 0).all()
    assert (moved[11 + plan.EASE :] == 0).all()


def test_two_edits_of_a_joint_close_together_hold_each_at_its_frame() -> None:
    motion = _standing()
    own = Pose(motion.joints[0])
    edits = {8: {4: JointEdit(x=10, y=20)}, 11: {4: JointEdit(x=200, y=90)}, 99: {4: JointEdit(x=0, y=0)}}
    joints = plan.edited_poses(motion, own, edits).joints
    assert np.allclose(joints[8, 4, :2], (10, 20), atol=1e-3)
    assert np.allclose(joints[11, 4, :2], (200, 90), atol=1e-3)


def test_a_hidden_joint_is_guessed_from_the_frames_beside_it() -> None:
    motion = _standing()
    motion.joints[10, 7, :2] += 100  # a jump that the user hides
    moved = plan.edited_poses(motion, Pose(motion.joints[0]), {10: {7: JointEdit(hidden=True)}})
    assert np.allclose(moved.joints[10, 7, :2], motion.joints[9, 7, :2], atol=1e-3)
    assert (np.delete(moved.joints, 10, 0) == np.delete(motion.joints, 10, 0)).all()


def test_a_file_that_changes_on_disk_counts_as_another(tmp_path: Path, sample_state: LookState) -> None:
    photo = tmp_path / "photo.png"
    cv2.imwrite(str(photo), np.zeros((8, 8, 3), np.uint8))
    before = plan.person_key(PersonInput(path=photo))
    cv2.imwrite(str(photo), np.zeros((9, 9, 3), np.uint8))
    assert plan.person_key(PersonInput(path=photo)) != before
    assert plan.person_key(PersonInput(path=photo, turns=1)) != plan.person_key(PersonInput(path=photo))


@pytest.mark.parametrize(
    ("remark", "remedy"),
    [
        ("The photo lies on its side; turn the picture upright and try again.", "turn"),
        ("The category is doubtful: looks like dress, perhaps upper; choose it if it is wrong.", "category"),
        ("The cut-out is doubtful: the garment hardly differs from its background; look at it.", "cutout"),
        (HIDDEN_SLEEVES, "cutout"),
        (TURNED.format(180), "turn"),
        (WHICH_WAY_UP, "turn"),
        (NO_GARMENT, "category"),
        (MAY_BE_NONE, "category"),
        (WORN, "cutout"),
        (SEVERAL.format("the left one", 1, 2), "pick"),
        (SEVERAL_TOUCH, "cutout"),
        ("Several people are in the photo: the largest is dressed; a photo of one person is safer.", "crop"),
        ("The head is cut off; take a photo of the whole person, from head to feet.", ""),
    ],
)
def test_a_remark_of_the_core_finds_its_remedy(remark: str, remedy: str) -> None:
    assert Note.of(remark) == Note(remark, remedy)
