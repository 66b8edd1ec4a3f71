"""Keys: what a change makes stale, and how little a step of a slider costs on a long clip."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine import plan
from app.model.state import GarmentInput, JointEdit, LookState, MaskEdit, Painting, PersonInput, Quality
from fashionmirror_core.cloth.fabric import FabricName
from fashionmirror_core.cloth.tailoring import Cut, Fit
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.skeleton import Pose

PAINTINGS = [Painting.of(np.full((4, 3), value, np.uint8)) for value in range(3)]


def performance(frames: int, different: int = 5) -> plan.Performance:
    """A walk in which every ``different``-th frame is the same again."""
    joints = np.zeros((frames, 25, 3), np.float32)
    joints[..., 0] = (np.arange(frames) % different)[:, None]
    joints[..., 2] = 0.9
    motion = Motion(joints, np.zeros((frames, 25), np.float32), 25.0, (288, 384))
    return plan.Performance(motion, Pose(joints[0]))


def keys(state: LookState, frames: int = 12) -> tuple[str, ...]:
    return plan.frame_keys(state, performance(frames).edited(state.joint_edits))


def test_frames_with_equal_poses_differ_by_what_was_before() -> None:
    """Cloth swings on: a pose that comes again finds it elsewhere."""
    assert len(set(keys(LookState()))) == 12
    assert keys(LookState(), 12)[:8] == keys(LookState(), 8)


def test_cloth_swings_otherwise_at_another_rate() -> None:
    slow = performance(12)
    fast = plan.Performance(replace(slow.poses, fps=50.0), slow.own)
    assert not set(slow.clip.marks) & set(fast.clip.marks)


PAINTED = st.dictionaries(st.integers(0, 15), st.integers(0, 2), max_size=5)


@settings(deadline=None, max_examples=40)
@given(one=PAINTED, other=PAINTED)
def test_a_painted_mask_counts_from_its_frame_to_the_next(one: dict[int, int], other: dict[int, int]) -> None:
    def last(edits: dict[int, int], frame: int) -> tuple[int, int] | None:
        """(frame, painting) of the last painted frame up to this one: it decides."""
        before = [edit for edit in edits if edit <= frame]
        return (max(before), edits[max(before)]) if before else None

    states = [
        LookState(clothing_edits={frame: MaskEdit(change=PAINTINGS[n]) for frame, n in edits.items()})
        for edits in (one, other)
    ]
    for frame, (first, second) in enumerate(zip(*map(keys, states), strict=True)):
        assert (first == second) == (last(one, frame) == last(other, frame))


def test_a_dragged_joint_changes_the_keys_from_there_on() -> None:
    edited = LookState(joint_edits={20: {4: JointEdit(x=9.0, y=9.0)}})
    plain, made = keys(LookState(), 60), keys(edited, 60)
    changed = [frame for frame in range(60) if plain[frame] != made[frame]]
    assert changed == list(range(20 - plan.EASE, 60))


def test_the_same_edits_are_worked_out_once() -> None:
    made = performance(30)
    edits = {5: {4: JointEdit(x=9.0, y=9.0)}}
    assert made.edited(edits) is made.edited(dict(edits))
    assert made.edited({}) is made.clip
    assert made.edited({5: {4: JointEdit(x=8.0, y=9.0)}}) is not made.edited(edits)


def test_a_draft_takes_the_final_frames_that_an_export_made(sample_state: LookState) -> None:
    clip = performance(3).clip
    draft = sample_state
    final = draft.model_copy(update={"clip": draft.clip.model_copy(update={"quality": Quality.final})})
    finals, drafts = plan.frame_keys(final, clip), plan.frame_keys(draft, clip)
    assert plan.frame_keys(draft, clip, {finals[1]}) == (drafts[0], finals[1], drafts[2])
    assert plan.frame_keys(final, clip, {drafts[1]}) == finals


def test_finishing_makes_other_final_frames_and_the_same_drafts(sample_state: LookState) -> None:
    clip = performance(3).clip
    finished = sample_state.model_copy(update={"clip": sample_state.clip.model_copy(update={"finished": True})})
    assert plan.frame_keys(sample_state, clip) == plan.frame_keys(finished, clip)
    finals = [
        plan.frame_keys(
            state.model_copy(update={"clip": state.clip.model_copy(update={"quality": Quality.final})}), clip
        )
        for state in (sample_state, finished)
    ]
    assert not set(finals[0]) & set(finals[1])


def test_how_a_garment_is_worn_is_the_looks_and_its_back_the_garments(tmp_path: Path) -> None:
    front, back = tmp_path / "front.png", tmp_path / "back.png"
    plain = GarmentInput(path=front)
    state = LookState(person=PersonInput(path=front), garments=(plain,))
    for change in ({"fabric": FabricName.SILK}, {"fit": Fit.LOOSE}, {"cut": Cut.TANK}, {"tucked": True}, {"hem": 0.9}):
        changed = plain.model_copy(update=change)
        assert plan.garment_key(changed) == plan.garment_key(plain)
        assert changed.unworn == plain
        assert plan.look_key(state.model_copy(update={"garments": (changed,)})) != plan.look_key(state), change
    turned = plain.model_copy(update={"back": back})
    assert plan.garment_key(turned) != plan.garment_key(plain)
    assert plan.front_key(turned) == plan.garment_key(plain)
    assert turned.unworn == turned
    key = plan.garment_key(turned)
    back.write_bytes(b"another picture")
    assert plan.garment_key(turned) != key


def test_a_dragged_joint_turns_its_bone_in_depth_and_takes_the_foot_along() -> None:
    motion = Motion.template("walk").take(20)
    own = Pose(motion.joints[0])
    x, y = (float(value) for value in motion.joints[10, 11, :2])
    edited = plan.edited_poses(motion, own, {10: {11: JointEdit(x=x, y=y - 60)}})

    def shin(poses: Motion) -> float:
        places = np.concatenate([poses.joints[10, :, :2], poses.depth[10, :, None]], -1)
        return float(np.linalg.norm(places[11] - places[10]))

    assert np.isclose(shin(edited), shin(motion), rtol=1e-3)
    foot = [22, 23, 24]
    assert np.allclose(
        edited.joints[10, foot, 1] - edited.joints[10, [11], 1], motion.joints[10, foot, 1] - y, atol=1e-3
    )
    assert np.array_equal(edited.depth[:3], motion.depth[:3])
    kept = plan.edited_poses(motion, own, {10: {11: JointEdit(x=x, y=y - 60), 22: JointEdit(x=5.0, y=6.0)}})
    assert np.allclose(kept.joints[10, 22, :2], (5, 6))
