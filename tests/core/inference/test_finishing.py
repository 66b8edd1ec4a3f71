"""Stage II in use: what the generator changes of a frame, where, and at which size."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from fashionmirror_core.errors import InputError
from fashionmirror_core.inference.finishing import Changes
from fashionmirror_core.look import Look
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.networks import TryOnNetworks
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.tryon import TryOn


@pytest.fixture(scope="module")
def finishing() -> TryOn:
    """An engine whose generator makes everything darker that it may paint."""
    networks = TryOnNetworks.default()
    networks.generator.head.bias.data.fill_(-3.0)
    return TryOn(torch.device("cpu"), networks=networks, weights_id="dark")


def flat(gain: float, color: float, stage: Stage) -> Changes:
    size = (stage.height, stage.width)
    return Changes(np.full(size, gain, np.float32), np.full((*size, 3), color, np.float32))


def test_changes_fall_on_the_person_alone() -> None:
    stage = Stage(64, 48, 0.25, (0.0, 0.0))
    person = np.zeros((256, 192, 4), np.uint8)
    person[50:200, 60:120] = (100, 50, 20, 255)
    canvas = np.full((256, 192, 4), 255, np.uint8)
    canvas[50:200, 60:120] = person[50:200, 60:120]
    found = flat(0.5, 0.1, stage).on(canvas, person, stage)
    assert np.abs(found[100, 100, :3].astype(int) - [75, 50, 35]).max() <= 1
    assert np.array_equal(found[person[..., 3] == 0], canvas[person[..., 3] == 0])


def test_what_is_transparent_stays_a_premultiplied_picture() -> None:
    stage = Stage(64, 48, 0.5, (4.0, 0.0))
    person = np.full((100, 80, 4), 60, np.uint8)
    found = flat(1.2, 0.5, stage).on(person.copy(), person, stage)
    assert (found[..., :3] <= found[..., 3:]).all()
    assert np.array_equal(found[..., 3], person[..., 3])


def test_changes_beside_the_photo_change_nothing() -> None:
    stage = Stage(64, 48, 1.0, (500.0, 0.0))
    canvas = np.full((50, 40, 4), 90, np.uint8)
    assert np.array_equal(flat(0.5, 0.0, stage).on(canvas, canvas, stage), canvas)


def test_who_faces_the_viewer_isnt_painted_and_who_turns_is_where_nothing_was_seen(
    finishing: TryOn, look: Look
) -> None:
    finisher = finishing.finisher(look)
    assert np.array_equal(look.still_before("keep", 0, finisher), look.still)
    near = [look.still_before("keep", 10, given).astype(int) for given in (None, finisher)]
    assert (np.abs(near[0] - near[1]).max(-1) > 8).mean() < 2e-4
    plain, finished = (look.still_before("keep", 70, given).astype(int) for given in (None, finisher))
    changed = np.abs(plain - finished).max(-1) > 8
    unseen = look.guide.of(look.renderer.draw(look.turned(70))).unseen > 0
    whole = look.stage.uncrop(unseen.astype(np.float32), look.size)
    assert changed.any()
    assert not changed[whole == 0].any()
    assert (finished <= plain + 1).all()


def test_frames_are_finished_in_any_order_and_never_in_a_draft(finishing: TryOn, look: Look) -> None:
    poses = finishing.poses(look, Motion.template("catwalk").take(4), turn=120)

    def frames(indices: list[int], **how: bool) -> list[np.ndarray]:
        return [frame.image for frame in finishing.frames(look, poses, indices=indices, **how)]

    plain, finished = frames([1, 3]), frames([1, 3], finish=True)
    assert not np.array_equal(plain[1], finished[1])
    assert np.array_equal(frames([3], finish=True)[0], finished[1])
    drafts = frames([3], draft=True), frames([3], draft=True, finish=True)
    assert np.array_equal(*(found[0] for found in drafts))


def test_the_size_of_the_stage_decides_nothing(finishing: TryOn, look: Look) -> None:
    """The generator has a stage of its own."""
    larger = dataclasses.replace(look, stage=look.stage.resized(512, 384))
    drawing = look.renderer.draw(look.turned(80))
    canvas, joints = np.full((*drawing.image.shape,), 255, np.uint8), look.person.pose.joints
    one, two = (finishing.finisher(each).on(canvas, drawing, joints).astype(int) for each in (look, larger))
    assert np.abs(one - two).mean() < 0.1


def test_weights_without_a_generator_say_so(tryon: TryOn, look: Look) -> None:
    with pytest.raises(InputError, match="hold no trained generator"):
        tryon.finisher(look)
    with pytest.raises(InputError, match="hold no trained generator"):
        next(tryon.frames(look, tryon.poses(look, Motion.template("catwalk").take(2)), finish=True))
