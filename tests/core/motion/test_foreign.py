"""Files and folders of other programs: OpenPose, DWPose and ComfyUI, COCO, AlphaPose."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fashionmirror_core.errors import Cancelled, InputError
from fashionmirror_core.motion.foreign import Hints
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.skeleton import Joint

Standing = Callable[[], np.ndarray]
Waving = Callable[..., Motion]
Written = Callable[[np.ndarray, str], np.ndarray]
FRAMES = 6


def person(joints: Any) -> dict[str, Any]:
    flat = joints.ravel().tolist() if isinstance(joints, np.ndarray) else joints
    return {"person_id": [-1], "pose_keypoints_2d": flat, "face_keypoints_2d": [], "pose_keypoints_3d": []}


def frame(*people: Any, **fields: Any) -> dict[str, Any]:
    return {"version": 1.3, "people": [person(joints) for joints in people], **fields}


def aside(joints: np.ndarray, distance: float) -> np.ndarray:
    """The same person so many pixels to the right."""
    return joints + np.array([distance, 0, 0], np.float32)


def write_folder(folder: Path, frames: list[Any], name: str = "walk_{:012d}_keypoints.json") -> Path:
    folder.mkdir(exist_ok=True)
    for index, content in enumerate(frames):
        if content is not None:
            (folder / name.format(index)).write_text(json.dumps(content))
    return folder


def write_file(folder: Path, content: Any, name: str = "clip.json") -> Path:
    (folder / name).write_text(json.dumps(content))
    return folder / name


@pytest.fixture
def walk(waving: Waving) -> np.ndarray:
    """(6, 25, 3)."""
    return waving(FRAMES).joints


def close(motion: Motion, joints: np.ndarray, **tolerance: float) -> None:
    """Whether all but the feet, which some formats lack, are the joints."""
    np.testing.assert_allclose(
        motion.joints[:, : Joint.L_BIG_TOE], joints[:, : Joint.L_BIG_TOE], **{"atol": 1e-3} | tolerance
    )


# OpenPose folders


def test_a_folder_written_comes_back(tmp_path: Path, waving: Waving) -> None:
    motion = waving(12)
    motion.to_openpose_folder(tmp_path / "out")
    assert len(list((tmp_path / "out").iterdir())) == 12
    assert [file.name for file in tmp_path.iterdir()] == ["out"]
    back = Motion.from_openpose_folder(tmp_path / "out", fps=25)
    np.testing.assert_allclose(back.joints, motion.joints, atol=1e-3)
    assert back.warnings == ()


def test_a_folder_with_something_in_it_is_not_written_into(tmp_path: Path, waving: Waving) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(InputError, match="choose an empty or a new one"):
        waving(2).to_openpose_folder(tmp_path)


@pytest.mark.parametrize("name", ["BODY_25", "COCO_18", "COCO_17", "HALPE_26", "COCO_133", "HALPE_136"])
def test_the_number_of_joints_tells_the_format(tmp_path: Path, walk: np.ndarray, written: Written, name: str) -> None:
    folder = write_folder(tmp_path, [frame(joints) for joints in written(walk, name)])
    motion = Motion.open(folder)
    close(motion, walk)
    assert motion.warnings == ()


def test_frames_are_in_natural_order_and_one_person_is_followed(tmp_path: Path, standing: Standing) -> None:
    for index in (2, 10, 6):
        near = standing()
        near[:, 0] += index
        write_file(tmp_path, frame(near * [0.3, 0.3, 1], near), f"frame_{index}.json")
    motion = Motion.from_openpose_folder(tmp_path)
    np.testing.assert_allclose(motion.joints[:, Joint.NECK, 0], [102, 106, 110])
    assert "More than one person is seen in 3 of 3 frames (frames 0-2)" in motion.warnings[0]


def test_a_passer_by_is_not_taken_for_the_person(tmp_path: Path, walk: np.ndarray) -> None:
    near = walk * [1.3, 1.3, 1] + [140, 0, 0]
    folder = write_folder(
        tmp_path,
        [
            frame(own, other) if 2 <= i < 4 else frame(own)
            for i, (own, other) in enumerate(zip(walk, near, strict=True))
        ],
    )
    motion = Motion.open(folder)
    close(motion, walk)
    assert "in 2 of 6 frames (frames 2-3)" in motion.warnings[0]


def test_frames_of_somebody_else_are_interpolated(tmp_path: Path, walk: np.ndarray) -> None:
    frames = [frame(aside(joints, 400) if index == 3 else joints) for index, joints in enumerate(walk)]
    motion = Motion.open(write_folder(tmp_path, frames))
    assert np.abs(motion.joints[3, :, 0] - walk[3, :, 0]).max() < 25
    assert any("1 of 6 frames show only somebody else (frame 3)" in note for note in motion.warnings)


def test_frames_without_a_person_are_named_and_filled(tmp_path: Path, standing: Standing) -> None:
    frames = [frame(*([] if index in (1, 2) else [standing()])) for index in range(5)]
    motion = Motion.open(write_folder(tmp_path, frames))
    assert motion.warnings == ("2 of 5 frames show no person (frames 1-2); their poses are interpolated.",)
    np.testing.assert_allclose(motion.joints[1, :, :2], standing()[:, :2])


def test_a_missing_number_is_a_lost_frame(tmp_path: Path, waving: Waving) -> None:
    joints = waving(24).joints
    folder = write_folder(tmp_path, [None if index in (8, 9, 20) else frame(own) for index, own in enumerate(joints)])
    motion = Motion.open(folder)
    assert len(motion) == 24
    assert motion.warnings == (
        "3 of 24 frames are missing in the numbering (frames 8-9, 20); their poses are interpolated.",
    )
    assert np.abs(motion.joints[:, Joint.R_WRIST] - joints[:, Joint.R_WRIST]).max() < 4


@pytest.mark.parametrize("nobody", [[], None])
def test_an_empty_person_is_nobody(tmp_path: Path, walk: np.ndarray, nobody: Any) -> None:
    frames = [frame(joints) for joints in walk]
    frames[1]["people"].append(person(nobody))
    frames[2] = frame(nobody)
    frames[3]["people"].append({"face_keypoints_2d": [1, 2, 0.5]})
    motion = Motion.open(write_folder(tmp_path, frames))
    assert motion.warnings == ("1 of 6 frames show no person (frame 2); their poses are interpolated.",)


@pytest.mark.parametrize("value", [float("nan"), None, float("inf")])
def test_a_number_that_is_none_loses_its_joint(tmp_path: Path, walk: np.ndarray, value: Any) -> None:
    frames = [frame(joints) for joints in walk]
    frames[2]["people"][0]["pose_keypoints_2d"][3 * Joint.R_WRIST] = value
    folder = write_folder(tmp_path, frames)
    assert Motion.from_openpose_folder(folder).joints[2, Joint.R_WRIST].tolist() == [0, 0, 0]
    motion = Motion.open(folder)
    between = (walk[1, Joint.R_WRIST, :2] + walk[3, Joint.R_WRIST, :2]) / 2
    np.testing.assert_allclose(motion.joints[2, Joint.R_WRIST, :2], between, atol=1e-3)
    assert motion.warnings == ("1 joint is null or NaN: lost there, and interpolated.",)


def test_what_is_no_frame_is_left_out_with_a_note(tmp_path: Path, walk: np.ndarray) -> None:
    folder = write_folder(tmp_path, [frame(joints) for joints in walk])
    (folder / "._walk_000000000000_keypoints.json").write_bytes(b"\0\5\26\7")
    (folder / ".hidden.json").write_text("{}")
    write_file(folder, {"fps": 25, "width": 480}, "metadata.json")
    (folder / "broken.json").write_text("{")
    (folder / "notes.txt").write_text("not JSON at all")
    (folder / "sub.json").mkdir()
    motion = Motion.open(folder)
    assert len(motion) == FRAMES
    assert len(motion.warnings) == 1
    assert "5 files are no frame of this motion and left out" in motion.warnings[0]


BAD = {
    "a joint": ({"people": [{"pose_keypoints_2d": [1, 2, 3]}]}, "a person of 1 joints is none of BODY_25 .25."),
    "odd numbers": ({"people": [{"pose_keypoints_2d": [1, 2, 3, 4]}]}, "4 numbers are no joints"),
    "words": ({"people": [{"pose_keypoints_2d": ["1", "2", "3"]}]}, "not a number"),
    "a word": ({"people": [{"pose_keypoints_2d": "many"}]}, "no list of numbers"),
    "no person": ({"people": [7]}, "no person"),
    "percent": ({"people": [{"pose_keypoints_2d": [1, 2, 80] * 25}]}, "confidences"),
    "far away": ({"people": [{"pose_keypoints_2d": [1e8, 2e8, 1] * 25}]}, "too far away"),
    "huge": ({"people": [{"pose_keypoints_2d": [10**400, 2, 1] * 25}]}, "too large"),
}


@pytest.mark.parametrize("case", BAD)
def test_one_bad_frame_is_lost_and_named(tmp_path: Path, walk: np.ndarray, case: str) -> None:
    content, message = BAD[case]
    frames = [frame(joints) for joints in walk]
    folder = write_folder(tmp_path, [*frames[:3], content, *frames[4:]])
    motion = Motion.open(folder)
    assert len(motion) == FRAMES
    assert "1 of 6 frames show no person (frame 3)" in motion.warnings[0]
    (note,) = motion.warnings[1:]
    assert "walk_000000000003_keypoints.json: " in note
    with pytest.raises(InputError, match=message) as error:  # where most are bad, nothing can be made of them
        Motion.open(write_folder(tmp_path / "most", [frames[0], content, content]))
    assert "walk_000000000001_keypoints.json" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_damaged_frame_is_lost_and_named(tmp_path: Path, walk: np.ndarray) -> None:
    folder = write_folder(tmp_path, [frame(joints) for joints in walk])
    (folder / "walk_000000000002_keypoints.json").write_text('{"people": [{"pose_keyp')
    motion = Motion.open(folder)
    assert len(motion) == FRAMES
    assert "walk_000000000002_keypoints.json: not valid JSON" in motion.warnings[1]


def test_folders_that_hold_no_motion_are_refused(tmp_path: Path, walk: np.ndarray) -> None:
    with pytest.raises(InputError, match="no OpenPose JSON"):
        Motion.open(tmp_path)
    write_file(tmp_path, {"fps": 25})
    with pytest.raises(InputError, match="no OpenPose JSON"):
        Motion.open(tmp_path)
    (tmp_path / "clip.json").write_text("nonsense")
    with pytest.raises(InputError, match=r"no OpenPose JSON in this folder \(clip.json: not valid JSON"):
        Motion.open(tmp_path)
    write_file(tmp_path, frame())
    with pytest.raises(InputError, match="no joint is confident"):
        Motion.open(tmp_path)
    with pytest.raises(InputError, match="cannot be read as a folder"):
        Motion.from_openpose_folder(tmp_path / "missing")
    clips = write_folder(tmp_path / "clips", [[frame(own) for own in walk]] * 2, "clip{}.json")
    with pytest.raises(InputError, match="several motions"):
        Motion.open(clips)


def test_the_longer_of_two_series_is_the_motion(tmp_path: Path, walk: np.ndarray) -> None:
    write_folder(tmp_path, [frame(joints) for joints in walk])
    write_folder(tmp_path, [frame(aside(joints, 300)) for joints in walk[:2]], "other_{}.json")
    motion = Motion.open(tmp_path)
    close(motion, walk)
    assert "other_0.json, other_1.json" in motion.warnings[0]


def test_names_that_are_not_alike_are_frames_in_order(tmp_path: Path, walk: np.ndarray) -> None:
    for name, joints in zip(("first", "second", "third"), walk, strict=False):
        write_file(tmp_path, frame(joints), f"{name}.json")
    assert len(Motion.open(tmp_path)) == 3


def test_a_folder_can_be_stopped_and_tells_its_progress(tmp_path: Path, walk: np.ndarray) -> None:
    folder = write_folder(tmp_path, [frame(joints) for joints in walk])
    calls: list[tuple[int, int | None]] = []
    Motion.open(folder, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(done, FRAMES) for done in range(1, FRAMES + 1)]
    with pytest.raises(Cancelled):
        Motion.open(folder, cancel=lambda: True)


def test_a_folder_of_two_thousand_frames_is_read_quickly(tmp_path: Path, standing: Standing) -> None:
    text = json.dumps(frame(standing()))
    for index in range(2000):
        (tmp_path / f"{index}.json").write_text(text)
    started = time.process_time()
    assert len(Motion.open(tmp_path)) == 2000
    assert time.process_time() - started < 6


# Single files


def test_a_list_of_frames_with_a_canvas_is_a_motion(tmp_path: Path, walk: np.ndarray, written: Written) -> None:
    frames = [frame(joints, canvas_width=480, canvas_height=640) for joints in written(walk, "COCO_18")]
    frames[0]["people"][0]["face_keypoints_2d"] = None
    motion = Motion.open(write_file(tmp_path, frames, "PoseKeypoint_00001.json"))
    close(motion, walk)
    assert (motion.size, motion.name, motion.warnings) == ((480, 640), "PoseKeypoint_00001", ())
    in_a_folder = Motion.open(tmp_path)
    np.testing.assert_array_equal(in_a_folder.joints, motion.joints)


def test_one_frame_is_a_still(tmp_path: Path, walk: np.ndarray) -> None:
    motion = Motion.open(write_file(tmp_path, frame(walk[0], canvas_width=480, canvas_height=640)))
    assert len(motion) == 1
    assert motion.warnings == ("The motion is a single frame; the person stands still.",)


def test_joints_as_lists_and_openposes_old_names_are_read(tmp_path: Path, walk: np.ndarray) -> None:
    nested = [{"people": [{"pose_keypoints_2d": joints.tolist()}]} for joints in walk]
    close(Motion.open(write_file(tmp_path, nested)), walk)
    old = [{"version": 0.1, "people": [{"pose_keypoints": joints.ravel().tolist()}]} for joints in walk]
    close(Motion.open(write_file(tmp_path, old)), walk)


def test_coordinates_from_0_to_1_are_scaled_by_the_canvas(tmp_path: Path, walk: np.ndarray) -> None:
    shares = walk / [480, 640, 1]
    frames = [frame(joints, canvas_width=480, canvas_height=640) for joints in shares]
    motion = Motion.open(write_file(tmp_path, frames))
    close(motion, walk)
    assert motion.size == (480, 640)
    bare = write_file(tmp_path, [frame(joints) for joints in shares], "bare.json")
    with pytest.raises(InputError, match="--motion-format 480x640"):
        Motion.open(bare)
    close(Motion.open(bare, format_name="480x640"), walk)
    middle = write_file(tmp_path, [frame(joints * [2, 2, 1] - [1, 1, 0]) for joints in shares], "middle.json")
    close(Motion.open(middle, format_name="480x640"), walk)


def coco(walk: np.ndarray, written: Written, image: Callable[[int], Any] = int) -> list[dict[str, Any]]:
    joints = written(walk, "COCO_17")
    return [
        {"image_id": image(index), "category_id": 1, "keypoints": own.ravel().tolist(), "score": 2.9, "idx": [1]}
        for index, own in enumerate(joints)
    ]


@pytest.mark.parametrize("image", [int, str, "{}.jpg".format, "frame_{:06d}.png".format])
def test_results_of_coco_and_alphapose_are_read(
    tmp_path: Path, waving: Waving, written: Written, image: Callable[[int], Any]
) -> None:
    walk = waving(12).joints
    people = coco(walk, written, image)
    people[3]["keypoints"][2] = 4.2  # AlphaPose's confidences go up to 6
    motion = Motion.open(write_file(tmp_path, [*people[6:], *people[:6]], "alphapose-results.json"))
    close(motion, walk)
    assert motion.warnings == ()
    gap = Motion.open(write_file(tmp_path, [*people[:4], *people[6:]]))
    assert len(gap) == 12
    assert "2 of 12 frames are missing in the numbering (frames 4-5)" in gap.warnings[0]


def test_annotations_of_coco_are_read_with_their_pictures(tmp_path: Path, walk: np.ndarray, written: Written) -> None:
    people = coco(walk, written, lambda index: 100 - index)
    for own in people:
        own["keypoints"][2::3] = [2] * 17
    people[2]["keypoints"][0:3] = [0, 0, 0]
    people[3]["keypoints"][2] = 1
    pictures = [
        {"id": 100 - index, "file_name": f"{index}.jpg", "width": 480, "height": 640} for index in range(FRAMES + 1)
    ]
    content = {"info": {}, "images": pictures, "annotations": people, "categories": []}
    motion = Motion.open(write_file(tmp_path, content))
    assert len(motion) == FRAMES + 1
    close(motion.take(2), walk[:2])
    assert motion.size == (480, 640)
    assert motion.joints[3, Joint.NOSE, 2] == 0.5
    assert "1 of 7 frames show no person (frame 6)" in motion.warnings[0]


def test_results_with_visibility_flags_are_known_by_them(tmp_path: Path, walk: np.ndarray, written: Written) -> None:
    people = coco(walk, written)
    for own in people:
        own["keypoints"][2::3] = [2] * 16 + [1]
    assert Motion.open(write_file(tmp_path, people)).joints[0, Joint.R_ANKLE, 2] == 0.5


@pytest.mark.parametrize(("people", "joints"), [("people", "pose_keypoints_2d"), ("bodies", "joints")])
def test_alphaposes_frames_by_picture_are_read(tmp_path: Path, walk: np.ndarray, people: str, joints: str) -> None:
    content = {
        f"{index}.jpg": {"version": 0.1, people: [{joints: own.ravel().tolist()}]} for index, own in enumerate(walk)
    }
    close(Motion.open(write_file(tmp_path, content)), walk)


@pytest.mark.parametrize(
    "content", [{}, [], 5, None, {"animals": []}, [{}], {"annotations": []}, {"people": 4}, [[frame()]]]
)
def test_other_json_is_refused_with_what_can_be_read(tmp_path: Path, content: Any) -> None:
    with pytest.raises(InputError, match=r"clip.json: .*(motion file|no joint is confident)"):
        Motion.open(write_file(tmp_path, content))


# What only the user knows


def test_hints_are_read_in_any_order() -> None:
    assert Hints.parse("auto") == Hints.parse("") == Hints()
    assert Hints.parse("30fps, COCO_18,480x640") == Hints("COCO_18", (480, 640), 30.0)


@pytest.mark.parametrize(
    "text", ["COCO", "480", "0x640", "x", "fps", "0fps", "1e5fps", "MEDIAPIPE_33", "18", "480X640"]
)
def test_unknown_hints_are_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"--motion-format|COCO_18, COCO_17|frames per second"):
        Hints.parse(text)


def test_a_named_format_and_rate_are_kept_to(tmp_path: Path, walk: np.ndarray, written: Written) -> None:
    file = write_file(tmp_path, [frame(joints) for joints in written(walk, "COCO_17")])
    motion = Motion.open(file, format_name="COCO_17,50fps")
    close(motion, walk)
    assert motion.fps == 50
    with pytest.raises(InputError, match="17 joints, but COCO_18 has 18"):
        Motion.open(file, format_name="COCO_18")


# Any JSON

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner), max_leaves=8
)
NUMBERS = st.floats(-2, 700) | st.none() | SCALARS
JOINTS = st.sampled_from([0, 1, 17, 18, 25]).flatmap(
    lambda count: st.lists(NUMBERS, min_size=3 * count, max_size=3 * count)
)
PEOPLE = st.lists(st.fixed_dictionaries({"pose_keypoints_2d": JOINTS | VALUES}) | VALUES, max_size=2)
FRAME = st.fixed_dictionaries(
    {"people": PEOPLE | VALUES},
    optional={"canvas_width": VALUES | st.just(480), "canvas_height": VALUES | st.just(640)},
)
RESULT = st.fixed_dictionaries({"image_id": VALUES | st.integers(0, 9), "keypoints": JOINTS | VALUES})
PICTURE = st.fixed_dictionaries({"id": VALUES | st.integers(0, 9)}, optional={"file_name": VALUES, "width": VALUES})
FILES = (
    FRAME
    | st.lists(FRAME, max_size=4)
    | st.lists(RESULT, max_size=4)
    | st.dictionaries(st.text(max_size=5), FRAME, max_size=3)
    | st.fixed_dictionaries(
        {"images": st.lists(PICTURE, max_size=3) | VALUES, "annotations": st.lists(RESULT, max_size=3)}
    )
    | VALUES
)


@settings(
    max_examples=80, deadline=5000, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(content=FILES)
def test_any_json_is_a_motion_or_refused_in_one_line(tmp_path: Path, content: Any) -> None:
    file = write_file(tmp_path, content)
    message = "clip.json"
    try:
        assert np.isfinite(Motion.open(file).joints).all()
    except InputError as error:
        message = str(error)
    assert "clip.json" in message
    assert "\n" not in message
    assert len(message) < 500


@settings(
    max_examples=40, deadline=5000, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(contents=st.lists(FILES, max_size=4))
def test_any_folder_is_a_motion_or_refused_in_one_line(tmp_path: Path, contents: list[Any]) -> None:
    for old in tmp_path.glob("*.json"):
        old.unlink()
    folder = write_folder(tmp_path, contents, "f_{}.json")
    message = ""
    try:
        assert np.isfinite(Motion.open(folder).joints).all()
    except InputError as error:
        message = str(error)
    assert "\n" not in message
    assert len(message) < 700
