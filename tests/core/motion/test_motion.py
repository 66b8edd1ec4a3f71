"""Motions: files and folders, bad files, gaps, smoothing, timing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fashionmirror_core import skeleton
from fashionmirror_core.errors import InputError
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.skeleton import Joint

SAMPLES = Path(__file__).resolve().parents[3] / ".." / "shared" / "samples"
W = Joint.R_WRIST


def standing() -> np.ndarray:
    """A person facing the camera, (25, 3), all joints confident."""
    upper = [(100, 40), (100, 70), (80, 70), (75, 105), (72, 135), (120, 70), (125, 105), (128, 135)]
    legs = [(100, 150), (90, 150), (90, 200), (90, 250), (110, 150), (110, 200), (110, 250)]
    face = [(96, 36), (104, 36), (90, 38), (110, 38)]
    feet = [(111, 262), (116, 261), (110, 255), (89, 262), (84, 261), (90, 255)]
    return np.array([(x, y, 1.0) for x, y in upper + legs + face + feet], np.float32)


def waving(frames: int = 40, fps: float = 25.0, loop: bool = False) -> Motion:
    """A standing person whose right wrist goes round once in the clip."""
    joints = np.repeat(standing()[None], frames, 0)
    phase = 2 * np.pi * np.arange(frames) / frames
    joints[:, W, 0] += 20 * np.cos(phase)
    joints[:, W, 1] += 20 * np.sin(phase)
    depth = np.zeros((frames, 25), np.float32)
    depth[:, W] = 5 * np.sin(phase)
    return Motion(joints, depth, fps, (200, 300), "waving", loop)


# Files


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


def test_saving_into_a_missing_folder_is_the_users_to_mend(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="doesn't exist"):
        waving().save(tmp_path / "missing" / "a.motion.json")


@pytest.mark.parametrize(("format_name", "count"), [("COCO_17", 17), ("COCO_18", 18)])
def test_other_formats_are_read_by_their_name(tmp_path: Path, format_name: str, count: int) -> None:
    joints = skeleton.from_body25(waving().joints, format_name)
    assert joints.shape[1] == count
    file = tmp_path / "a.json"
    file.write_text(json.dumps({"format": format_name, "fps": 25, "width": 9, "height": 9, "joints": joints.tolist()}))
    np.testing.assert_allclose(Motion.load(file).joints[:, :15], waving().joints[:, :15], atol=1e-3)


def test_joints_without_confidence_or_version_are_read() -> None:
    file = SAMPLES / "motion-walk.joints.json"
    if not file.exists():
        pytest.skip("the shared samples are not here")
    motion = Motion.load(file)
    assert len(motion) == 82
    assert (motion.size, motion.fps, motion.name) == ((480, 640), 25, "motion-walk")
    assert (motion.joints[..., 2] == 1).all()


def _content(**changes: Any) -> dict[str, Any]:
    joints = waving(3).joints.tolist()
    data = {"version": 1, "format": "BODY_25", "fps": 25, "width": 200, "height": 300, "joints": joints}
    return {key: value for key, value in {**data, **changes}.items() if value is not ...}


def _with_number(number: Any) -> list[Any]:
    joints = waving(3).joints.tolist()
    joints[1][4][0] = number
    return joints


BAD = {
    "wrong version": (_content(version=7), "version 7"),
    "true version": (_content(version=True), "version"),
    "no format": (_content(format=...), "joint format"),
    "unknown format": (_content(format="BODY_135"), "BODY_135"),
    "format as list": (_content(format=[1]), "joint format"),
    "NaN": (_content(joints=_with_number(float("nan"))), "NaN or infinite numbers among the joints .frame 1."),
    "infinity": (_content(joints=_with_number(float("inf"))), "NaN or infinite"),
    "null": (_content(joints=_with_number(None)), "not a number"),
    "a word": (_content(joints=_with_number("12")), "not a number"),
    "a list": (_content(joints=_with_number([1, 2])), "ragged"),
    "huge": (_content(joints=_with_number(1e30)), "1e.30 pixels"),
    "huge integer": (_content(joints=_with_number(10**400)), "bad.json"),
    "wrong count": (_content(joints=[frame[:18] for frame in waving(3).joints.tolist()]), "frame 0 has 18 joints"),
    "one frame short": (_content(joints=[*waving(2).joints.tolist(), [[0, 0, 0]]]), "frame 2 has 1 joints"),
    "frame is no list": (_content(joints=[5]), "no joints"),
    "joints are a word": (_content(joints="many"), "list of frames"),
    "flat joints": (_content(joints=[[1] * 25]), "x, y"),
    "no frames": (_content(joints=[]), "zero frames"),
    "nobody": (_content(joints=(waving(3).joints * [1, 1, 0.1]).tolist()), "no joint is confident"),
    "normalised": (_content(joints=(waving(3).joints * [1e-3, 1e-3, 1]).tolist()), "in pixels"),
    "percent": (_content(joints=(waving(3).joints * [1, 1, 90]).tolist()), "confidences"),
    "zero fps": (_content(fps=0), "frames per second"),
    "absurd fps": (_content(fps=1e6), "frames per second"),
    "no fps": (_content(fps=...), "frames per second"),
    "word fps": (_content(fps="25"), "frames per second"),
    "no size": (_content(width=...), "width and height"),
    "negative size": (_content(height=-4), "width and height"),
    "short depth": (_content(depth=[[0] * 25]), "depth"),
    "loop as word": (_content(loop="yes"), "loop"),
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


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00\x01", b"[" * 100_000])
def test_a_file_that_is_no_json_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bad.motion.json"
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"bad.motion.json: not valid JSON"):
        Motion.load(file)


# Folders of OpenPose JSON


def test_a_folder_written_comes_back(tmp_path: Path) -> None:
    motion = waving(12)
    motion.to_openpose_folder(tmp_path / "out")
    assert len(list((tmp_path / "out").iterdir())) == 12
    assert [file.name for file in tmp_path.iterdir()] == ["out"]
    back = Motion.from_openpose_folder(tmp_path / "out", fps=25)
    np.testing.assert_allclose(back.joints, motion.joints, atol=1e-3)
    assert back.warnings == ()


def test_a_folder_with_something_in_it_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(InputError, match="choose an empty or a new one"):
        waving(2).to_openpose_folder(tmp_path)


def _write_frame(file: Path, *people: np.ndarray) -> None:
    file.write_text(json.dumps({"people": [{"pose_keypoints_2d": person.ravel().tolist()} for person in people]}))


def test_frames_are_in_natural_order_and_the_largest_person_counts(tmp_path: Path) -> None:
    for index in (2, 10, 1):
        person = standing()
        person[:, 0] += index
        _write_frame(tmp_path / f"frame_{index}.json", person * [0.3, 0.3, 1], person)
    motion = Motion.from_openpose_folder(tmp_path)
    np.testing.assert_allclose(motion.joints[:, Joint.NECK, 0], [101, 102, 110])


def test_frames_without_a_person_are_named_and_filled(tmp_path: Path) -> None:
    for index in range(5):
        _write_frame(tmp_path / f"{index}.json", *([] if index in (1, 2) else [standing()]))
    motion = Motion.open(tmp_path)
    assert "2 of 5 frames show no person (frames 1-2)" in motion.warnings[0]
    np.testing.assert_allclose(motion.joints[1, :, :2], standing()[:, :2])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"people": [{"pose_keypoints_2d": [1, 2, 3]}]}', "1 joints, but BODY_25 has 25"),
        ('{"people": [{}]}', "no pose_keypoints_2d"),
        ('{"persons": []}', "not an OpenPose file"),
        ("[]", "not an OpenPose file"),
        ("nonsense", "not valid JSON"),
    ],
)
def test_a_bad_frame_is_named(tmp_path: Path, text: str, message: str) -> None:
    _write_frame(tmp_path / "1.json", standing())
    (tmp_path / "2.json").write_text(text)
    with pytest.raises(InputError, match=f"2.json: .*{message}"):
        Motion.from_openpose_folder(tmp_path)


def test_folders_that_hold_no_motion_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no OpenPose JSON"):
        Motion.open(tmp_path)
    _write_frame(tmp_path / "1.json")
    with pytest.raises(InputError, match="no joint is confident"):
        Motion.open(tmp_path)
    with pytest.raises(InputError, match="cannot be read as a folder"):
        Motion.from_openpose_folder(tmp_path / "missing")


# What the user names


def test_open_takes_files_and_template_names(tmp_path: Path) -> None:
    waving().save(tmp_path / "a.motion.json")
    assert Motion.open(tmp_path / "a.motion.json").name == "waving"
    templates = pytest.importorskip("fashionmirror_core.motion.templates")
    name = templates.NAMES[0]
    assert len(Motion.open(name)) == len(Motion.template(name))


def test_an_unknown_template_suggests_the_nearest() -> None:
    pytest.importorskip("fashionmirror_core.motion.templates")
    with pytest.raises(InputError, match="did you mean 'catwalk'"):
        Motion.open("catwlak")


@pytest.mark.parametrize("spec", ["", " ", "missing/a.motion.json", "missing.mp4", "x\0y/z", "a/" + "b" * 5000])
def test_a_motion_that_is_not_there_is_refused(spec: str) -> None:
    with pytest.raises(InputError, match="no such motion"):
        Motion.open(spec)


# Gaps


def test_a_short_gap_is_bridged_without_a_word() -> None:
    motion = waving()
    holed = motion.joints.copy()
    holed[10:14, W] = 0
    filled = Motion(holed, motion.depth, 25, (200, 300)).fill_gaps()
    assert np.abs(filled.joints[:, W, :2] - motion.joints[:, W, :2]).max() < 3
    assert (filled.joints[:, W, 2] == 1).all()
    assert filled.warnings == ()


def test_a_long_gap_is_bridged_and_reported() -> None:
    motion = waving()
    holed = motion.joints.copy()
    holed[10:30, W] = 0
    filled = Motion(holed, motion.depth, 25, (200, 300)).fill_gaps()
    assert "RWrist 0.4-1.2 s" in filled.warnings[0]
    assert (filled.joints[10:30, W, 2] == 0.5).all()


def test_a_gap_at_the_end_holds_still_but_a_loop_goes_on_to_its_start() -> None:
    motion = waving()
    holed = motion.joints.copy()
    holed[35:, W, 2] = 0
    still = Motion(holed, motion.depth, 25, (200, 300)).fill_gaps()
    np.testing.assert_allclose(still.joints[35:, W, 0], motion.joints[34, W, 0])
    looped = Motion(holed, motion.depth, 25, (200, 300), loop=True).fill_gaps()
    assert abs(looped.joints[39, W, 0] - motion.joints[0, W, 0]) < 2


def test_feet_that_a_format_lacks_follow_a_filled_ankle() -> None:
    joints = skeleton.from_body25(np.repeat(standing()[None], 9, 0), "COCO_18")
    joints[4] = 0
    filled = Motion(skeleton.to_body25(joints, "COCO_18"), np.zeros((9, 25)), 25, (200, 300)).fill_gaps()
    np.testing.assert_allclose(filled.joints[4], filled.joints[3], atol=1e-3)


# Smoothing


def test_smoothing_calms_noise_and_keeps_the_movement() -> None:
    motion = waving(100)
    noisy = motion.joints.copy()
    noisy[..., :2] += np.random.default_rng(1).normal(0, 1.5, noisy[..., :2].shape)
    rough = Motion(noisy, motion.depth, 25, (200, 300))

    def error(candidate: Motion) -> float:
        return float(np.abs(candidate.joints[..., :2] - motion.joints[..., :2]).mean())

    calm = rough.smoothed(0.5)
    assert error(calm) < 0.7 * error(rough)
    assert np.abs(np.diff(rough.smoothed(1.0).joints, axis=0)).mean() < np.abs(np.diff(calm.joints, axis=0)).mean()
    np.testing.assert_array_equal(calm.joints[..., 2], rough.joints[..., 2])


def test_smoothing_does_not_lag() -> None:
    motion = waving(50, loop=True)
    calm = motion.smoothed(0.5)
    lag = np.angle(np.vdot(motion.joints[:, W] @ [1, 1j, 0] - 92, calm.joints[:, W] @ [1, 1j, 0] - 92))
    assert abs(lag) < 0.2


def test_strength_zero_changes_nothing_and_others_are_checked() -> None:
    np.testing.assert_array_equal(waving().smoothed(0).joints, waving().joints)
    for strength in (-0.1, 1.1, float("nan")):
        with pytest.raises(InputError, match="0 to 1"):
            waving().smoothed(strength)


@settings(max_examples=20)
@given(scale=st.floats(0.5, 8), x=st.floats(-300, 300), strength=st.floats(0, 1))
def test_smoothing_does_not_depend_on_the_size_or_place_of_the_person(scale: float, x: float, strength: float) -> None:
    motion = waving(12)
    moved = motion.joints.copy()
    moved[..., :2] = moved[..., :2] * scale + x
    expected = motion.smoothed(strength).joints[..., :2] * scale + x
    found = Motion(moved, motion.depth, 25, (200, 300)).smoothed(strength).joints[..., :2]
    np.testing.assert_allclose(found, expected, atol=0.02 * scale)


# Timing


def test_resampling_keeps_the_path_and_the_duration() -> None:
    motion = waving(50)
    double = motion.resampled(50)
    assert (len(double), double.fps) == (99, 50)
    np.testing.assert_allclose(double.joints[::2], motion.joints, atol=1e-4)
    radius = np.linalg.norm(double.joints[:, W, :2] - standing()[W, :2], axis=-1)
    assert np.abs(radius[2:-2] - 20).max() < 0.05, "between frames it follows the circle, not the chord"


def test_a_resampled_loop_closes() -> None:
    half = waving(50, loop=True).resampled(15)
    assert len(half) == 30
    steps = np.linalg.norm(np.diff(half.joints[:, W, :2], axis=0, append=half.joints[:1, W, :2]), axis=-1)
    np.testing.assert_allclose(steps, steps.mean(), rtol=0.01)


@given(frames=st.integers(1, 20), fps=st.floats(1, 240), loop=st.booleans())
def test_any_motion_can_be_resampled(frames: int, fps: float, loop: bool) -> None:
    motion = waving(frames, loop=loop).resampled(fps)
    assert np.isfinite(motion.joints).all()
    assert len(motion) >= 1
    np.testing.assert_allclose(motion.joints[0], waving(frames).joints[0], atol=1e-3)


def test_take_goes_round_in_a_loop_and_ends_otherwise() -> None:
    assert len(waving(10).take(25)) == 10
    assert len(waving(10).take(4)) == 4
    looped = waving(10, loop=True).take(25)
    assert len(looped) == 25
    np.testing.assert_array_equal(looped.joints[20], looped.joints[0])
    assert not looped.loop
    assert waving(10, loop=True).take(20).loop
    with pytest.raises(InputError, match="at least 1"):
        waving().take(0)


def test_a_motion_gives_poses_and_needs_frames() -> None:
    motion = waving(10)
    np.testing.assert_array_equal(motion[3].joints, motion.joints[3])
    assert motion.seconds == pytest.approx(0.4)
    with pytest.raises(ValueError, match="25"):
        Motion(np.zeros((0, 25, 3)), np.zeros((0, 25)), 25, (1, 1))
