"""What a user may name as a motion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fashionmirror_core.errors import InputError
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.motion.upright import turned

Waving = Callable[..., Motion]


def test_open_takes_files_and_template_names(tmp_path: Path, waving: Waving) -> None:
    waving().save(tmp_path / "a.motion.json")
    motion = Motion.open(tmp_path / "a.motion.json")
    assert motion.name == "waving"
    assert type(motion) is Motion
    for name in Motion.templates():
        assert len(Motion.open(name)) == len(Motion.template(name))


def test_a_file_with_a_templates_name_needs_a_path(
    tmp_path: Path, waving: Waving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    waving(3).to_openpose_folder("catwalk")
    assert len(Motion.open("catwalk")) == len(Motion.template("catwalk"))
    assert len(Motion.open("./catwalk")) == 3
    assert len(Motion.open(Path("catwalk"))) == 3


def test_a_file_that_lies_on_its_side_is_turned(tmp_path: Path, waving: Waving) -> None:
    turned(waving(), 1).save(tmp_path / "a.motion.json")
    motion = Motion.open(tmp_path / "a.motion.json")
    np.testing.assert_allclose(motion.joints, waving().joints, atol=1e-2)
    assert "it was turned upright" in motion.warnings[0]
    assert Motion.load(tmp_path / "a.motion.json").warnings == (), "loading alone leaves it as it is"


def test_legs_that_are_never_seen_are_said_to_be_guessed(tmp_path: Path, waving: Waving) -> None:
    joints = waving().joints.copy()
    joints[:, [10, 11, 13, 14, *range(19, 25)], 2] = 0
    replace(waving(), joints=joints).save(tmp_path / "half.motion.json")
    (note,) = Motion.open(tmp_path / "half.motion.json").warnings
    assert note == "The legs are never seen and are guessed; a motion of a whole person works better."


def test_an_unknown_template_suggests_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'catwalk'"):
        Motion.open("catwlak")


@pytest.mark.parametrize("spec", ["", " ", "missing/a.motion.json", "missing.mp4", "x\0y/z", "a/" + "b" * 5000])
def test_a_motion_that_is_not_there_is_refused(spec: str) -> None:
    with pytest.raises(InputError, match="no such motion"):
        Motion.open(spec)


def test_a_motion_gives_poses_and_needs_frames(waving: Waving) -> None:
    motion = waving(10)
    np.testing.assert_array_equal(motion[3].joints, motion.joints[3])
    assert motion.seconds == pytest.approx(0.4)
    with pytest.raises(ValueError, match="25"):
        Motion(np.zeros((0, 25, 3)), np.zeros((0, 25)), 25, (1, 1))


@pytest.mark.parametrize(
    "change", [Motion.fill_gaps, lambda m: m.smoothed(0.5), lambda m: m.resampled(30), lambda m: m.take(3)]
)
def test_a_changed_motion_is_a_motion(waving: Waving, change: Callable[[Motion], Motion]) -> None:
    assert type(change(waving())) is Motion
