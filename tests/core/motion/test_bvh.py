"""BVH: skeletons of any make, in any units and with any axis up, become the same motion."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from fashionmirror_core.errors import InputError
from fashionmirror_core.media.suffixes import MOTIONS
from fashionmirror_core.motion import bvh
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.motion.performing import heading
from fashionmirror_core.skeleton import Joint

# Part: (parent, offset in metres, y up, facing +z, arms out). END marks the end of a limb.
RIG = {
    "hips": (None, (0, 0.95, 0)),
    "spine": ("hips", (0, 0.2, 0)),
    "neck": ("spine", (0, 0.3, 0)),
    "head": ("neck", (0, 0.1, 0.01)),
    "head END": ("head", (0, 0.2, 0)),
}
for side, x in (("L", 1), ("R", -1)):
    RIG |= {
        f"{side} collar": ("spine", (0.03 * x, 0.24, 0)),
        f"{side} arm": (f"{side} collar", (0.13 * x, 0, 0)),
        f"{side} forearm": (f"{side} arm", (0.28 * x, 0, 0)),
        f"{side} hand": (f"{side} forearm", (0.25 * x, 0, 0)),
        f"{side} hand END": (f"{side} hand", (0.15 * x, 0, 0)),
        f"{side} thigh": ("hips", (0.09 * x, -0.05, 0)),
        f"{side} shin": (f"{side} thigh", (0, -0.42, 0)),
        f"{side} foot": (f"{side} shin", (0, -0.41, 0)),
        f"{side} toes": (f"{side} foot", (0, -0.06, 0.13)),
        f"{side} toes END": (f"{side} toes", (0, 0, 0.05)),
    }
PARTS = [part for part in RIG if not part.endswith("END")]


def named(hips: str, pattern: str, sides: tuple[str, str], words: Sequence[str], middle: str = "{}") -> dict[str, str]:
    """Part -> a program's name for it. words: of collar, arm, forearm, hand, thigh, shin, foot, toes."""
    names = {"hips": hips, **{part: middle.format(part.capitalize()) for part in ("spine", "neck", "head")}}
    keys = ("collar", "arm", "forearm", "hand", "thigh", "shin", "foot", "toes")
    for letter, side in zip("LR", sides, strict=True):
        names |= {
            f"{letter} {key}": pattern.format(side=side, word=word) for key, word in zip(keys, words, strict=True)
        }
    return names


both = ("Left", "Right")
mixamo = ("Shoulder", "Arm", "ForeArm", "Hand", "UpLeg", "Leg", "Foot", "ToeBase")
biped = ("Clavicle", "UpperArm", "Forearm", "Hand", "Thigh", "Calf", "Foot", "Toe0")
lower = ("collar", "upper_arm", "forearm", "hand", "thigh", "shin", "foot", "toe")
NAMES = {
    "mixamo": named("mixamorig:Hips", "mixamorig:{side}{word}", both, mixamo, "mixamorig:{}"),
    "cmu": named("Hips", "{side}{word}", both, mixamo),
    "asf": named(
        "root", "{side}{word}", ("l", "r"), ("clavicle", "humerus", "radius", "wrist", "femur", "tibia", "foot", "toes")
    ),
    "biped": named("Bip01 Pelvis", "Bip01 {side} {word}", ("L", "R"), biped, "Bip01 {}"),
    "blender": named("spine", "{word}.{side}", ("L", "R"), lower),
    "rokoko": named(
        "Hips", "{side}{word}", both, ("Shoulder", "Arm", "ForeArm", "Hand", "Thigh", "Shin", "Foot", "Toe")
    ),
    "unreal": named(
        "pelvis",
        "{word}_{side}",
        ("l", "r"),
        ("clavicle", "upperarm", "lowerarm", "hand", "thigh", "calf", "foot", "ball"),
    ),
    "daz": named(
        "hip", "{side}{word}", ("l", "r"), ("Collar", "Shldr", "ForeArm", "Hand", "Thigh", "Shin", "Foot", "Toe")
    ),
    "classic": named(
        "Hips", "{side}{word}", both, ("Collar", "Shoulder", "Elbow", "Wrist", "Hip", "Knee", "Ankle", "Foot")
    ),
    "vrm": named(
        "J_Bip_C_Hips",
        "J_Bip_{side}_{word}",
        ("L", "R"),
        ("Shoulder", "UpperArm", "LowerArm", "Hand", "UpperLeg", "LowerLeg", "Foot", "ToeBase"),
    ),
}


def written(
    poses: Sequence[dict[str, Rotation]],
    path: Sequence[tuple[float, float, float]] | None = None,
    names: dict[str, str] = NAMES["mixamo"],
    order: str = "ZXY",
    turn: Rotation | None = None,
    unit: float = 100.0,
    fps: float = 30.0,
    left_out: Sequence[str] = (),
) -> str:
    """A BVH file. poses: each frame's rotations by part; path: the hips' way; turn: the world, as the file has it."""
    turn = turn or Rotation.identity()
    lines = ["HIERARCHY"]

    def node(part: str, depth: int) -> None:
        indent = "\t" * depth
        end = part.endswith("END")
        parent, offset = RIG[part]
        x, y, z = turn.apply(np.array(offset) * unit)
        head = "End Site" if end else f"{'JOINT' if parent else 'ROOT'} {names[part]}"
        lines.extend([indent + head, indent + "{", f"{indent}\tOFFSET {x:.6f} {y:.6f} {z:.6f}"])
        if not end:
            places = "" if parent else "Xposition Yposition Zposition "
            rotations = " ".join(f"{axis}rotation" for axis in order)
            lines.append(f"{indent}\tCHANNELS {3 if parent else 6} {places}{rotations}")
        for child in RIG:
            if RIG[child][0] == part and child not in left_out:
                node(child, depth + 1)
        lines.append(indent + "}")

    node("hips", 0)
    listed = [line.split(maxsplit=1)[1] for line in lines if "JOINT" in line or "ROOT" in line]
    parts = {name: part for part, name in names.items()}
    lines += ["MOTION", f"Frames: {len(poses)}", f"Frame Time: {1 / fps:.7f}"]
    for frame, pose in enumerate(poses):
        values = list(turn.apply(np.array((path or [(0, 0.95, 0)] * len(poses))[frame]) * unit))
        for name in listed:
            local = turn * pose.get(parts[name], Rotation.identity()) * turn.inv()
            values.extend(local.as_euler(order, degrees=True))
        lines.append(" ".join(f"{value:.5f}" for value in values))
    return "\n".join(lines) + "\n"


def degrees(axis: str, angle: float) -> Rotation:
    return Rotation.from_euler(axis, angle, degrees=True)


def walking(frames: int = 12) -> list[dict[str, Rotation]]:
    """Arms down, legs and arms swinging, the trunk turning a little."""
    poses = []
    for phase in np.linspace(0, 2 * np.pi, frames, endpoint=False):
        swing = 25 * np.sin(phase)
        poses.append(
            {
                "hips": degrees("y", 6 * np.sin(phase)),
                "neck": degrees("y", 12 * np.cos(phase)),
                "L arm": degrees("z", -80) * degrees("y", 0.4 * swing),
                "R arm": degrees("z", 80) * degrees("y", 0.4 * swing),
                "L forearm": degrees("y", -20),
                "R forearm": degrees("y", 20),
                "L thigh": degrees("x", swing),
                "R thigh": degrees("x", -swing),
                "L shin": degrees("x", 20 + 15 * np.cos(phase)),
                "R shin": degrees("x", 20 - 15 * np.cos(phase)),
            }
        )
    return poses


def read(text: str, name: str = "walk.bvh") -> Motion:
    return Motion.of(bvh.parse(text, Path(name)))


def space(motion: Motion) -> np.ndarray:
    """(T, 25, 3) about the hips: x, y and depth."""
    points = np.concatenate([motion.joints[..., :2], motion.depth[..., None]], -1).astype(np.float64)
    return points - points[:, 8:9]


PLAIN = space(read(written(walking())))


def test_a_standing_figure_faces_the_camera() -> None:
    motion = read(written([{}] * 3))
    at = {joint: space(motion)[0, joint] for joint in Joint}
    assert at[Joint.L_WRIST][0] > at[Joint.L_SHOULDER][0] > 0 > at[Joint.R_SHOULDER][0]
    assert at[Joint.NOSE][1] < at[Joint.NECK][1] < 0 < at[Joint.L_KNEE][1] < at[Joint.L_ANKLE][1] < at[Joint.L_HEEL][1]
    assert at[Joint.NOSE][2] < at[Joint.L_EYE][2] < at[Joint.L_EAR][2]
    assert at[Joint.L_BIG_TOE][2] < at[Joint.L_SMALL_TOE][2] < at[Joint.L_ANKLE][2] < at[Joint.L_HEEL][2]
    assert at[Joint.L_BIG_TOE][0] < at[Joint.L_SMALL_TOE][0]
    assert at[Joint.R_BIG_TOE][0] > at[Joint.R_SMALL_TOE][0]
    assert at[Joint.L_BIG_TOE][1] == pytest.approx(at[Joint.L_HEEL][1], abs=1)
    assert (motion.joints[..., 2] >= 0.5).all()
    assert motion.fps == 30
    assert 400 < np.ptp(motion.joints[0, :, 1]) < 640
    width, height = motion.size
    assert ((motion.joints[..., :2] > 0) & (motion.joints[..., :2] < (width, height))).all()


@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
def test_joints_are_known_by_the_names_of_every_program(names: dict[str, str]) -> None:
    np.testing.assert_allclose(space(read(written(walking(), names=names))), PLAIN, atol=0.05)


@pytest.mark.parametrize("order", ["XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX"])
def test_angles_may_come_in_any_order(order: str) -> None:
    np.testing.assert_allclose(space(read(written(walking(), order=order))), PLAIN, atol=0.05)


@pytest.mark.parametrize(
    "turn",
    [
        degrees("x", 90),
        degrees("x", -90),
        degrees("x", 180),
        degrees("z", 90),
        degrees("xz", (90, 120)),
        degrees("y", 140),
    ],
    ids=["z up", "z down", "y down", "x up", "z up and aside", "aside"],
)
def test_any_axis_may_be_up_and_the_figure_may_face_anywhere(turn: Rotation) -> None:
    np.testing.assert_allclose(space(read(written(walking(), turn=turn))), PLAIN, atol=0.05)


@settings(max_examples=15, deadline=None)
@given(unit=st.floats(0.01, 1000))
def test_units_do_not_matter(unit: float) -> None:
    np.testing.assert_allclose(space(read(written(walking(4), unit=max(unit, 0.1)))), PLAIN[[0, 3, 6, 9]], atol=0.6)


def test_who_turns_round_turns_round() -> None:
    turning = [{"hips": degrees("y", angle)} for angle in np.linspace(0, 360, 37)]
    motion = read(written(turning))
    np.testing.assert_allclose(np.degrees(heading(space(motion))), np.linspace(0, 360, 37), atol=0.5)
    back = space(motion)[18]
    assert back[Joint.NOSE, 2] > back[Joint.L_EAR, 2]
    assert back[Joint.L_BIG_TOE, 2] > back[Joint.L_HEEL, 2]


def test_who_comes_near_grows_and_who_goes_aside_goes_aside() -> None:
    nearing = read(written([{}] * 9, path=[(0, 0.95, 0.4 * frame) for frame in range(9)]))
    tall = np.ptp(nearing.joints[..., 1], axis=1)
    assert tall[0] / tall[-1] == pytest.approx(11 / 14.2, abs=0.01)
    assert nearing.joints[0, 11, 1] < nearing.joints[-1, 11, 1] - 40
    aside = read(written([{}] * 9, path=[(0.1 * frame, 0.95, 0) for frame in range(9)]))
    np.testing.assert_allclose(np.ptp(aside.joints[..., 1], axis=1), np.ptp(aside.joints[0, :, 1]), rtol=1e-4)
    assert np.diff(aside.joints[:, 8, 0]).min() > 25


def test_a_first_frame_with_the_arms_out_is_left_out() -> None:
    motion = read(written([{}, *walking()]))
    np.testing.assert_allclose(space(motion), PLAIN, atol=0.05)
    assert "at rest" in motion.warnings[0]


def test_a_skeleton_without_hands_toes_and_head_is_read_too() -> None:
    left_out = ["L hand", "R hand", "L toes", "R toes", "head", "neck"]
    motion = read(written(walking(), left_out=left_out))
    assert (motion.joints[:, [0, 4, 7, 15], 2] == 0).all()
    known = [1, 2, 3, 5, 6, 8, 9, 10, 11, 12, 13, 14]
    np.testing.assert_allclose(space(motion)[:, known], PLAIN[:, known], atol=0.05)
    assert (motion.joints[:, 19:, 2] == 0.5).all()


def test_fast_files_are_read_at_a_fraction_of_their_rate() -> None:
    motion = read(written(walking(12), fps=480.0))
    assert (motion.fps, len(motion)) == (240.0, 6)
    assert read(written(walking(4), fps=29.97)).fps == pytest.approx(29.97, abs=0.04)
    assert read(written(walking(4), fps=120)).fps == 120


def test_it_is_a_motion_wherever_one_is_read(tmp_path: Path) -> None:
    file = tmp_path / "Walk.BVH"
    file.write_bytes(b"\xef\xbb\xbf" + written(walking()).replace("\n", "\r\n").encode())
    motion = Motion.open(str(file))
    assert (motion.name, len(motion)) == ("Walk", 12)
    assert ".bvh" in MOTIONS


# Broken files


def broken(change: Callable[[str], str], words: str) -> None:
    with pytest.raises(InputError, match=words) as refused:
        read(change(written(walking(3))))
    assert str(refused.value).startswith("walk.bvh: ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda _: "", "isn't a BVH file"),
        (lambda _: "%PDF-1.4", "isn't a BVH file"),
        (lambda text: text.partition("MOTION")[0], "no MOTION"),
        (lambda text: text.replace("}", "", 1), "ends before its time"),
        (lambda text: text.replace("OFFSET", "OFFST", 1), "no part of a BVH skeleton"),
        (lambda text: text.replace("Zrotation", "Qrotation", 1), "channels"),
        (lambda text: text.replace("Xrotation", "Zrotation", 1), "twice"),
        (lambda text: text.replace("CHANNELS 6", "CHANNELS 5", 1), "channels"),
        (lambda text: text.replace("OFFSET 0", "OFFSET zero", 1), "no numbers"),
        (lambda text: text.replace("OFFSET 0.000000", "OFFSET nan", 1), "no place"),
        (lambda text: text.replace("Frames: 3", "Frames: many"), "no numbers"),
        (lambda text: text.replace("Frames: 3", "Frames: 0"), "zero frames"),
        (lambda text: text.replace("Frames: 3", "Frames: 900000000"), "split"),
        (lambda text: text.replace("Frame Time: 0.0333333", "Frame Time: 0"), "no motion"),
        (lambda text: text.replace("Frame Time:", "Time:"), "missing"),
        (lambda text: text[: text.index("Frame Time")] + "Frame Time: 0.04\n", "zero frames"),
        (lambda text: text[:-30] + " 1,5 2,5\n", "no number"),
        (lambda text: text[:-30] + " nan nan\n" + "1 " * 99, "NaN"),
        (lambda text: text.replace("UpLeg", "Wheel"), "no thighs"),
        (lambda text: text.replace("Arm", "Wing").replace("Shoulder", "Wing"), "no upper arms"),
        (lambda text: text.replace("LeftLeg", "LeftFin"), "no knees"),
    ],
)
def test_a_broken_file_is_refused_in_one_sentence(change: Callable[[str], str], words: str) -> None:
    broken(change, words)


@pytest.mark.parametrize(("limbs", "from_joint"), [("legs", "thigh"), ("arms", "collar")])
def test_a_skeleton_without_limbs_is_refused_for_what_it_lacks(limbs: str, from_joint: str) -> None:
    still: list[dict[str, Rotation]] = [{}] * 3
    text = written(still, left_out=[f"{side} {from_joint}" for side in "LR"])
    with pytest.raises(
        InputError, match=f"no {limbs} are found among its joints.*export the whole skeleton"
    ) as refused:
        read(text)
    assert "\n" not in str(refused.value)
    assert "no hips" not in str(refused.value)


def test_a_file_that_ends_early_is_read_as_far_as_it_goes() -> None:
    text = written(walking(6))
    motion = read(text[: text.rindex("\n", 0, -2) - 40])
    assert len(motion) == 4
    assert "4 of 6" in motion.warnings[0]


def test_a_skeleton_without_lengths_is_refused() -> None:
    broken(lambda text: re.sub(r"OFFSET .*", "OFFSET 0 0 0", text), "no length")


@settings(max_examples=60, deadline=None)
@given(place=st.integers(0, 3000), junk=st.text(max_size=12), length=st.integers(0, 40))
def test_damage_anywhere_is_either_read_or_refused(place: int, junk: str, length: int) -> None:
    text = written(walking(3))
    try:
        motion = read(text[:place] + junk + text[place + length :])
    except InputError:
        return
    assert np.isfinite(space(motion)).all()
