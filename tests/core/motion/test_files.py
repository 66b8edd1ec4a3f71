"""Motion files: what is saved comes back, and what is wrong in a file is named in one line."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from crashes import every_crash
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fashionmirror_core.errors import InputError
from fashionmirror_core.media.redo_log import heal
from fashionmirror_core.motion.joint_formats import FORMATS
from fashionmirror_core.motion.motion import Motion

SAMPLES = Path(__file__).resolve().parents[3] / ".." / "shared" / "samples"
Waving = Callable[..., Motion]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    frames=st.integers(1, 6),
    fps=st.floats(1, 240),
    loop=st.booleans(),
    with_depth=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_saved_motion_comes_back(
    tmp_path: Path, frames: int, fps: float, loop: bool, with_depth: bool, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    joints = np.concatenate([draw.uniform(-500, 5000, (frames, 25, 2)), draw.uniform(0.5, 1, (frames, 25, 1))], -1)
    motion = Motion(joints, draw.normal(0, 50, (frames, 25)) * with_depth, fps, (640, 480), "näme", loop)
    motion.save(tmp_path / "a.motion.json")
    back = Motion.load(tmp_path / "a.motion.json")
    np.testing.assert_allclose(back.joints, motion.joints, atol=1e-3)
    np.testing.assert_allclose(back.depth, motion.depth, atol=1e-3)
    assert (back.fps, back.size, back.name, back.loop) == (motion.fps, (640, 480), "näme", loop)
    assert [file.name for file in tmp_path.iterdir()] == ["a.motion.json"], "nothing else is left"


def test_after_a_kill_anywhere_the_file_is_the_old_motion_or_the_new(tmp_path: Path, waving: Waving) -> None:
    def saved(frames: int) -> Callable[[Path], None]:
        return lambda folder: waving(frames).save(folder / "m.motion.json")

    lengths = []
    for folder in every_crash(tmp_path, saved(3), saved(5)):
        heal()
        lengths.append(len(Motion.load(folder / "m.motion.json")))
        assert [path.name for path in folder.iterdir()] == ["m.motion.json"]
    assert lengths == sorted(lengths)
    assert set(lengths) == {3, 5}


def test_saving_into_a_missing_folder_is_refused(tmp_path: Path, waving: Waving) -> None:
    with pytest.raises(InputError, match="doesn't exist; create it"):
        waving().save(tmp_path / "missing" / "a.motion.json")


@pytest.mark.parametrize("format_name", FORMATS)
def test_other_formats_are_read_by_their_name(
    tmp_path: Path, format_name: str, waving: Waving, written: Callable[..., np.ndarray]
) -> None:
    joints = written(waving().joints, format_name)
    file = tmp_path / "a.json"
    file.write_text(json.dumps({"format": format_name, "fps": 25, "width": 9, "height": 9, "joints": joints.tolist()}))
    np.testing.assert_allclose(Motion.load(file).joints[:, :15], waving().joints[:, :15], atol=1e-3)


def test_joints_without_confidence_or_version_are_read(tmp_path: Path, waving: Waving) -> None:
    file = tmp_path / "old walk.joints.json"
    file.write_text(
        json.dumps(
            {"format": "BODY_25", "fps": 30, "width": 480.0, "height": 640, "joints": waving().joints[..., :2].tolist()}
        )
    )
    motion = Motion.load(file)
    assert (len(motion), motion.size, motion.fps, motion.name, motion.loop) == (40, (480, 640), 30, "old walk", False)
    assert (motion.joints[..., 2] == 1).all()
    assert not motion.depth.any()


def test_the_samples_joints_are_read() -> None:
    file = SAMPLES / "motion-walk.joints.json"
    if not file.exists():
        pytest.skip("the shared samples are not here")
    motion = Motion.load(file)
    assert len(motion) == 82
    assert (motion.size, motion.fps, motion.name) == ((480, 640), 25, "motion-walk")


JOINTS = np.linspace(20, 180, 3 * 25 * 3).reshape(3, 25, 3) * [1, 1, 0] + [0, 0, 1]


def _content(**changes: Any) -> dict[str, Any]:
    data = {"version": 1, "format": "BODY_25", "fps": 25, "width": 200, "height": 300, "joints": JOINTS.tolist()}
    return {key: value for key, value in {**data, **changes}.items() if value is not ...}


def _with_number(number: Any) -> list[Any]:
    joints = JOINTS.tolist()
    joints[1][4][0] = number
    return joints


def _nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


BAD = {
    "wrong version": (_content(version=7), "version 7"),
    "true version": (_content(version=True), "version"),
    "deep version": (_content(version=_nested(900)), "version"),
    "no format": (_content(format=...), "joint format"),
    "unknown format": (_content(format="BODY_135"), "BODY_135"),
    "estimator's format": (_content(format="MEDIAPIPE_33"), "MEDIAPIPE_33"),
    "format as list": (_content(format=[1]), "joint format"),
    "a word": (_content(joints=_with_number("12")), "not a number"),
    "a long word": (_content(joints=_with_number("x" * 10**6)), "not a number"),
    "true": (_content(joints=_with_number(True)), "not a number"),
    "a list": (_content(joints=_with_number([1, 2])), "ragged"),
    "huge": (_content(joints=_with_number(1e30)), "1e.30 pixels"),
    "huge integer": (_content(joints=_with_number(10**400)), "bad.json"),
    "wrong count": (_content(joints=[frame[:18] for frame in JOINTS.tolist()]), "frame 0 has 18 joints"),
    "one frame short": (_content(joints=[*JOINTS.tolist()[:2], [[0, 0, 0]]]), "frame 2 has 1 joints"),
    "frame is no list": (_content(joints=[5]), "no joints"),
    "joints are a word": (_content(joints="many"), "list of frames"),
    "joints are deep": (_content(joints=_nested(900)), "joints"),
    "flat joints": (_content(joints=[[1] * 25]), "x, y"),
    "no frames": (_content(joints=[]), "zero frames"),
    "nobody": (_content(joints=(JOINTS * [1, 1, 0.1]).tolist()), "no joint is confident"),
    "all lost": (_content(joints=[[None] * 25]), "x, y and perhaps confidence"),
    "normalised": (_content(joints=(JOINTS * [1e-3, 1e-3, 1]).tolist()), "in pixels"),
    "percent": (_content(joints=(JOINTS * [1, 1, 90]).tolist()), "confidences"),
    "negative confidence": (_content(joints=(JOINTS * [1, 1, -1]).tolist()), "confidences"),
    "zero fps": (_content(fps=0), "0 frames per second"),
    "absurd fps": (_content(fps=1e6), "frames per second"),
    "NaN fps": (_content(fps=float("nan")), "frames per second"),
    "no fps": (_content(fps=...), "no frames per second"),
    "word fps": (_content(fps="25"), "'25' frames per second"),
    "deep fps": (_content(fps=_nested(900)), "frames per second"),
    "long fps": (_content(fps="2" * 10**6), "frames per second"),
    "no size": (_content(width=...), "width and height"),
    "negative size": (_content(height=-4), "width and height"),
    "infinite size": (_content(height=float("inf")), "width and height"),
    "short depth": (_content(depth=[[0] * 25]), "depth"),
    "narrow depth": (_content(depth=[[0] * 24] * 3), "depth"),
    "null depth": (_content(depth=[[None] * 25] * 3), "depth"),
    "loop as word": (_content(loop="yes"), "loop"),
    "name as number": (_content(name=3), "name"),
    "no joints": (_content(joints=...), "no 'joints'"),
    "a bare list": ([1, 2, 3], "no 'joints'"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_motion_file_is_named_in_one_line(tmp_path: Path, case: str) -> None:
    content, message = BAD[case]
    file = tmp_path / "bad.json"
    file.write_text(json.dumps(content))
    with pytest.raises(InputError, match=message) as error:
        Motion.load(file)
    assert "bad.json" in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 300


@pytest.mark.parametrize("number", [None, float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_none_loses_its_joint_with_a_note(tmp_path: Path, number: float | None) -> None:
    file = tmp_path / "a.motion.json"
    file.write_text(json.dumps(_content(joints=_with_number(number))))
    motion = Motion.load(file)
    assert motion.joints[1, 4].tolist() == [0, 0, 0]
    assert (np.delete(motion.joints.reshape(75, 3), 25 + 4, 0)[:, 2] == 1).all()
    assert motion.warnings == ("1 joint is null or NaN: lost there, and interpolated.",)


def test_joints_that_are_null_are_lost(tmp_path: Path) -> None:
    joints = JOINTS.tolist()
    joints[0][3] = joints[2][3] = None
    file = tmp_path / "a.motion.json"
    file.write_text(json.dumps(_content(joints=joints)))
    motion = Motion.load(file)
    assert motion.joints[:, 3, 2].tolist() == [0, 1, 0]
    assert "2 joints are null or NaN" in motion.warnings[0]


def test_ten_thousand_frames_are_read_quickly(tmp_path: Path) -> None:
    start, _, end = json.dumps(_content(joints=["..."])).partition('"..."')
    file = tmp_path / "long.motion.json"
    file.write_text(start + ",".join([json.dumps(JOINTS[0].round(3).tolist())] * 10_000) + end)
    started = time.process_time()
    assert len(Motion.open(file)) == 10_000
    assert time.process_time() - started < 4


# Any JSON

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner), max_leaves=8
)
FIELDS = st.fixed_dictionaries(
    {"joints": st.just(JOINTS.tolist()) | VALUES},
    optional={
        "version": st.just(1) | VALUES,
        "format": st.sampled_from([*FORMATS]) | VALUES,
        "fps": st.just(25) | VALUES,
        "width": st.just(200) | VALUES,
        "height": st.just(300) | VALUES,
        "name": VALUES,
        "loop": VALUES,
        "depth": st.just(np.zeros((3, 25)).tolist()) | VALUES,
    },
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=FIELDS | VALUES)
def test_any_json_is_a_motion_or_refused_in_one_line(tmp_path: Path, content: Any) -> None:
    file = tmp_path / "any.json"
    file.write_text(json.dumps(content))
    message = "any.json"
    try:
        assert len(Motion.open(file)) == 3
    except InputError as error:
        message = str(error)
    assert "any.json" in message
    assert "\n" not in message
    assert len(message) < 400


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_mutated_motion_file_is_a_motion_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(json.dumps(_content(joints=JOINTS.round(1).tolist())).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    file = tmp_path / "any.json"
    file.write_bytes(content)
    try:
        motion = Motion.open(file)
    except InputError:
        return
    assert np.isfinite(motion.joints).all()
