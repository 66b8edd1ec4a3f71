"""The two stages behind the public API: looks, poses, frames, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from fashionmirror_core.cloth.tailoring import Cut, Tailoring
from fashionmirror_core.drawing.background import Backdrop
from fashionmirror_core.drawing.falling import DrapeStep
from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.look import Look
from fashionmirror_core.media.images import read_image
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.person.person import Person
from fashionmirror_core.skeleton import Pose
from fashionmirror_core.tryon import TryOn, _inside_out
from fashionmirror_core.vocabulary import Part


def own_pose(look: Look, **changes: tuple[float, float, float]) -> Motion:
    """One frame: the photo's own pose, with joints changed by name ("j4" is the right wrist)."""
    joints = look.person.pose.joints.copy()
    for name, joint in changes.items():
        joints[int(name[1:])] = joint
    return Motion(joints[None], look.source_points[None, :, 2], 25, look.size)


def test_a_look_is_of_the_photos_size(look: Look) -> None:
    height, width = look.person.image.shape[:2]
    assert look.size == (width, height)
    assert look.still.shape == (height, width, 3)
    assert look.still.dtype == np.uint8
    for mask in (look.removed_mask, look.clothing_mask):
        assert mask.shape == (height, width)
        assert mask.dtype == np.float32
        assert mask.min() >= 0
        assert mask.max() <= 1


def test_the_photo_given_is_not_changed(tryon: TryOn, sample_person: Callable[[str], Person], look: Look) -> None:
    person = sample_person("tank-top")
    photo, matte, garment = person.image.copy(), person.matte.copy(), look.garments[0].image.copy()
    tryon.prepare(person, look.garments)
    np.testing.assert_array_equal(person.image, photo)
    np.testing.assert_array_equal(person.matte, matte)
    np.testing.assert_array_equal(look.garments[0].image, garment)


def test_who_waits_for_a_look_sees_its_cloth_fall(
    tryon: TryOn, sample_person: Callable[[str], Person], look: Look
) -> None:
    seen: list[np.ndarray] = []

    def watch(step: DrapeStep) -> None:
        if not seen or step.share == 1:
            seen.append(step.image)

    again = tryon.prepare(look.person, look.garments, on_drape=watch)
    first, last = (image.astype(int) for image in seen)
    assert first.shape == last.shape == again.still.shape
    assert np.abs(last - again.still).mean() < 4  # but for light and shadow
    assert np.abs(first - again.still).mean() > 2 * np.abs(last - again.still).mean()


def test_rows_of_the_attention_sum_to_one(look: Look) -> None:
    cells = (256 // 16) * (192 // 16)
    assert look.attention.shape == (cells, cells)
    assert look.attention.min() >= 0
    np.testing.assert_allclose(look.attention.sum(1), 1, atol=1e-4)


def test_the_attention_of_the_chest_is_above_that_of_the_hem(look: Look) -> None:
    rows = np.repeat(np.arange(16), 12)
    looked_at = (look.attention @ rows).reshape(16, 12)
    neck, hip = look.pose.points[1], look.pose.points[8]
    chest = (0.6 * neck + 0.4 * hip) / 16
    skirt = np.add(hip, (0, 40)) / 16
    assert looked_at[int(chest[1]), int(chest[0])] + 2 < looked_at[int(skirt[1]), int(skirt[0])]


def test_the_own_pose_gives_the_still(tryon: TryOn, look: Look) -> None:
    """The cloth's places are rounded where a movement keeps them: by so little that hardly a pixel changes."""
    (frame,) = tryon.render(look, own_pose(look), retargeted=False, transition=0)
    change = np.abs(frame.image.astype(int) - look.still).max(-1)
    assert (change > 2).sum() <= 20, "of 110,592: at creases and edges"
    assert change.mean() < 0.01
    assert (np.abs(frame.clothing_mask - look.clothing_mask) > 0.01).sum() <= 5
    flow = np.abs(frame.flow).max(0)
    assert (flow > 0.05).mean() < 0.004, "more than pixels at edges, which show a place beside them"
    assert flow.max() < 4


def test_the_still_is_the_photo_where_no_clothes_change(look: Look) -> None:
    changed = cv2.dilate(np.maximum(look.removed_mask, look.clothing_mask), np.ones((5, 5))) > 0.02
    difference = np.abs(look.still.astype(int) - look.person.image).max(-1)
    person = (cv2.erode(look.person.matte, np.ones((3, 3))) > 0.95) & ~changed
    assert person.sum() > 1000
    assert difference[person].mean() < 1
    assert (difference[person] > 16).mean() < 0.01


def test_the_photo_itself_is_around_who_has_not_moved(look: Look) -> None:
    """Away from changed clothes; the plate takes its place as they leave."""
    near = cv2.dilate(np.maximum(look.removed_mask, look.clothing_mask), np.ones((41, 41))) > 0.02
    beside = (look.person.matte < 0.02) & ~near
    made_up = beside & (np.abs(look.plate.astype(int) - look.person.image).max(-1) > 2)
    assert made_up.sum() > 100
    np.testing.assert_array_equal(look.still[beside], look.person.image[beside])
    turned, drawing = look.still_before("keep", turn=40), look.renderer.draw(look.turned(40))
    empty = made_up & (drawing.image[..., 3] == 0)
    behind = look.behind(drawing, Backdrop.of("keep", look.plate))[..., :3]
    assert empty.sum() > 30
    np.testing.assert_array_equal(turned[empty], behind[empty])


def test_the_photos_own_shadow_lies_at_the_feet(look: Look) -> None:
    """Nearer to the photo than the plate, from which it was taken; none on transparency."""
    bare = look.person.matte < 0.02
    bare[: int(look.person.pose.points[:, 1].max()) - 20] = False
    photo = look.person.image.astype(int)
    with_shadow, without = (
        np.abs(picture[bare].astype(int) - photo[bare]).mean() for picture in (look.still, look.plate)
    )
    assert with_shadow < 0.8 * without
    matte = look.still_before("transparent")[..., 3]
    assert matte[bare].mean() < 1


@pytest.mark.parametrize("degrees", [25, 90, 180, 270])
def test_a_turned_still_shows_the_whole_person(look: Look, degrees: float) -> None:
    turned = look.still_before("transparent", turn=degrees)[..., 3] > 127
    rows = np.flatnonzero(turned.any(1))
    own = np.flatnonzero((look.person.matte > 0.5).any(1))
    assert abs(rows[0] - own[0]) < 0.03 * np.ptp(own)
    assert abs(rows[-1] - own[-1]) < 0.06 * np.ptp(own)
    inside = cv2.morphologyEx(turned.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) > 0
    assert (inside & ~turned).sum() < 0.01 * turned.sum(), "holes"


def test_a_whole_turn_is_the_still(look: Look) -> None:
    np.testing.assert_array_equal(look.still_before("keep", turn=360), look.still)


def test_a_transition_starts_in_the_photos_pose(tryon: TryOn, look: Look, walk: Motion) -> None:
    poses = tryon.poses(look, walk, transition=4)
    np.testing.assert_allclose(poses[0].points, look.person.pose.points, atol=0.5)
    first = next(tryon.render(look, walk, transition=4)).image
    assert np.abs(first.astype(int) - look.still).mean() < 0.5


def test_without_retargeting_the_joints_are_taken_as_they_are(tryon: TryOn, look: Look, walk: Motion) -> None:
    frame = next(tryon.render(look, walk, retargeted=False, transition=0))
    np.testing.assert_array_equal(frame.pose.joints, walk[0].joints)


def test_frames_come_one_at_a_time_with_their_seconds(tryon: TryOn, look: Look, walk: Motion) -> None:
    frames = tryon.render(look, walk)
    first = next(frames)
    second = next(frames)
    assert (first.index, second.index) == (0, 1)
    parts = {name: value for name, value in first.seconds.items() if name != "total"}
    assert set(parts) == {"pose", "cloth", "drawing", "finish", "masks"}
    assert first.seconds["total"] == pytest.approx(sum(parts.values()))
    frames.close()  # type: ignore[attr-defined]


def test_frames_of_a_walk_differ_and_show_a_person(tryon: TryOn, look: Look, walk: Motion) -> None:
    images = [frame.image.astype(int) for frame in tryon.render(look, walk, background="white")]
    for before, after in pairwise(images):
        assert np.abs(after - before).max() > 20
    for image in images:
        assert 0.08 < (image.min(-1) < 250).mean() < 0.7


@pytest.mark.parametrize("weights", [None, "default"])
def test_a_larger_stage_gives_the_same_look_finer(look: Look, weights: str | None) -> None:
    if weights is not None:
        look = TryOn.load(device="cpu", weights=weights).prepare(look.person, look.garments)
    larger = TryOn.load(device="cpu", stage_size=(512, 384), weights=weights).prepare(look.person, look.garments)
    assert larger.still.shape == look.still.shape
    both = (larger.clothing_mask > 0.5) & (look.clothing_mask > 0.5)
    either = (larger.clothing_mask > 0.5) | (look.clothing_mask > 0.5)
    assert both.sum() / either.sum() > 0.9


def test_a_joint_that_was_never_seen_does_not_pull_at_its_limb(tryon: TryOn, look: Look) -> None:
    lost = own_pose(look, j4=(0.0, 0.0, 0.0))
    (frame,) = tryon.render(look, lost, retargeted=False, transition=0)
    arm = look.stage.uncrop(look.subject.parts[Part.R_ARM], look.size) > 0.5
    assert arm.sum() > 500
    assert np.abs(frame.image.astype(int) - look.still)[arm].mean() < 3


@pytest.mark.parametrize("joints", ["one point", "far away", "upside down", "tiny"])
def test_strange_poses_give_a_picture(tryon: TryOn, look: Look, joints: str) -> None:
    pose = look.person.pose.joints.copy()
    if joints == "one point":
        pose[:, :2] = (140, 200)
    elif joints == "far away":
        pose[:, :2] += 90_000
    elif joints == "upside down":
        pose[:, 1] = 384 - pose[:, 1]
    else:
        pose[:, :2] = pose[:, :2] * 0.001 + 100
    motion = Motion(pose[None], np.zeros((1, 25)), 25, look.size)
    for retargeted in (True, False):
        (frame,) = tryon.render(look, motion, retargeted=retargeted, transition=0)
        assert frame.image.shape == look.still.shape
        assert np.isfinite(frame.flow).all()


def test_a_person_who_fills_the_photo_can_be_dressed(tryon: TryOn, look: Look) -> None:
    """A matte of one everywhere leaves no background to know anything of."""
    person = Person(look.person.image, np.ones_like(look.person.matte), look.person.pose)
    assert tryon.prepare(person, look.garments).still.shape == look.still.shape


def test_a_depth_of_zeros_is_unknown_not_wrong(tryon: TryOn, look: Look) -> None:
    flat = Person(look.person.image, look.person.matte, Pose(look.person.pose.joints))
    own = tryon.prepare(flat, look.garments)
    cloth = [each.clothing_mask > 0.5 for each in (own, look)]
    # A hem that swings against a hand, and a print, may be shifted by one percent of the height.
    around = [cv2.dilate(mask.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0 for mask in cloth]
    assert (cloth[0] & ~around[1]).sum() + (cloth[1] & ~around[0]).sum() < 0.01 * (cloth[0] | cloth[1]).sum()
    beside = ~(cloth[0] | cloth[1])
    assert np.abs(own.still.astype(int) - look.still)[beside].mean() < 1
    pictures = [cv2.blur(each.still, (9, 9)).astype(int) for each in (own, look)]
    assert np.abs(pictures[0] - pictures[1]).mean() < 3


def test_what_cannot_be_used_is_refused(tryon: TryOn, look: Look, walk: Motion) -> None:
    with pytest.raises(InputError, match="at least one"):
        tryon.prepare(look.person, [])
    with pytest.raises(InputError, match="background"):
        next(tryon.render(look, walk, background="plaid"))
    with pytest.raises(InputError, match="stage"):
        TryOn.load(stage_size=(100, 100))
    with pytest.raises(InputError, match="tpu"):
        TryOn.load(device="tpu")
    with pytest.raises(InputError, match="negative"):
        next(tryon.render(look, walk, transition=-1))


def test_warnings_of_person_and_garment_are_the_looks(tryon: TryOn, look: Look) -> None:
    person = Person(look.person.image, look.person.matte, look.person.pose, ["The feet are cut."])
    own = look.garments[0]
    garment = Garment(own.image, own.category, own.landmarks, ["The cut-out is doubtful."])
    assert tryon.prepare(person, garment).warnings == ["The feet are cut.", "The cut-out is doubtful."]


def test_untrained_networks_change_no_pixel(look: Look) -> None:
    """Every learned part starts at zero effect: the engine with them is the analytic engine."""
    from fashionmirror_core.networks import TryOnNetworks

    learned = TryOn(torch.device("cpu"), networks=TryOnNetworks.default(), weights_id="untrained")
    own = learned.prepare(look.person, look.garments)
    np.testing.assert_array_equal(own.still, look.still)
    motion = Motion.template("catwalk").take(3)
    analytic = TryOn.load(device="cpu", weights=None)
    for a, b in zip(analytic.render(look, motion), learned.render(own, motion), strict=True):
        np.testing.assert_array_equal(a.image, b.image)
        np.testing.assert_array_equal(a.flow, b.flow)


def test_networks_that_learned_something_change_the_picture(look: Look) -> None:
    from fashionmirror_core.networks import TryOnNetworks

    networks = TryOnNetworks.default()
    torch.manual_seed(0)
    for name, parameter in networks.named_parameters():
        if name.startswith("human.labels"):
            parameter.data.add_(torch.randn_like(parameter))
    learned = TryOn(torch.device("cpu"), networks=networks, weights_id="noise")
    own = learned.prepare(look.person, look.garments)
    assert np.abs(own.removed_mask - look.removed_mask).max() > 0.01
    frames = [frame.image for frame in learned.render(own, Motion.template("catwalk").take(2))]
    assert np.abs(frames[1].astype(int) - look.still).mean() > 0.5
    again = [frame.image for frame in learned.render(own, Motion.template("catwalk").take(2))]
    np.testing.assert_array_equal(frames[1], again[1])


def test_two_clips_of_a_look_do_not_disturb_each_other(look: Look) -> None:
    """A frame leans on the one before it in its own clip, whatever is rendered in between."""
    from fashionmirror_core.networks import TryOnNetworks

    networks = TryOnNetworks.default()
    torch.manual_seed(0)
    for name, parameter in networks.named_parameters():
        if "head" in name:
            parameter.data.add_(0.01 * torch.randn_like(parameter))
    tryon = TryOn(torch.device("cpu"), networks=networks, weights_id="noise")
    own = tryon.prepare(look.person, look.garments)
    motion, other = Motion.template("catwalk").take(3), Motion.template("step-touch").take(3)
    alone = [frame.image for frame in tryon.render(own, motion)]
    together = [first.image for first, _ in zip(tryon.render(own, motion), tryon.render(own, other), strict=True)]
    for a, b in zip(alone, together, strict=True):
        np.testing.assert_array_equal(a, b)


def test_what_the_human_encoder_sees_is_what_goes(look: Look) -> None:
    from fashionmirror_core.networks import TryOnNetworks

    networks = TryOnNetworks.default()
    networks.human.labels.bias[6] = 8.0  # all is a top
    learned = TryOn(torch.device("cpu"), networks=networks, weights_id="all tops")
    own = learned.prepare(look.person, look.garments)
    matte = look.person.matte > 0.9
    assert own.subject.parsing.upper.sum() > 0.9 * own.subject.matte.sum()
    assert (own.removed_mask > 0.5)[matte].mean() > 0.9
    networks.human.labels.bias[6] = -8.0
    networks.human.labels.bias[10] = 8.0  # all is a bag
    other = TryOn(torch.device("cpu"), networks=networks, weights_id="all bags")
    assert (other.prepare(look.person, look.garments).removed_mask > 0.5)[matte].mean() < 0.1


def test_a_painted_mask_of_another_photo_is_refused(tryon: TryOn, look: Look) -> None:
    with pytest.raises(InputError, match="paint it on this photo"):
        tryon.prepare(look.person, look.garments, removed=np.zeros((5, 5), np.float32))


def test_a_frame_carries_the_attention_along(tryon: TryOn, look: Look) -> None:
    (still,) = tryon.render(look, own_pose(look), retargeted=False, transition=0)
    np.testing.assert_allclose(still.attention, look.attention, atol=1e-3)
    moved = list(tryon.render(look, Motion.template("step-touch").take(30)))[-1]
    np.testing.assert_allclose(moved.attention.sum(1), 1, rtol=1e-4)
    assert (moved.attention != look.attention).any()


def test_joints_of_the_file_follow_a_photo_that_is_framed_anew(tryon: TryOn, look: Look) -> None:
    framed = look.person.framed(192, 256)
    small = tryon.prepare(framed, look.garments)
    motion = Motion(look.person.pose.joints[None], np.full((1, 25), 8.0), 25, look.size)
    moved = tryon.poses(small, motion, retargeted=False)
    np.testing.assert_allclose(moved[0].points, framed.pose.points, atol=0.01)
    np.testing.assert_allclose(moved.depth, 8 * framed.pose.extent / look.person.pose.extent, rtol=1e-4)
    assert moved.size == (192, 256)


def test_natural_guesses_work(tryon: TryOn, look: Look, person_file: Path, garment_file: Path, tmp_path: Path) -> None:
    """Paths instead of values, a template's name, and pictures that save themselves."""
    own = tryon.prepare(str(person_file), garment_file)
    own.save(tmp_path / "still.png")
    np.testing.assert_array_equal(read_image(tmp_path / "still.png"), own.still)
    frame = next(tryon.render(own, "idle"))
    frame.save(tmp_path / "frame.png")
    np.testing.assert_array_equal(read_image(tmp_path / "frame.png"), frame.image)
    with pytest.raises(InputError, match="did you mean 'idle'"):
        next(tryon.render(own, "idel"))
    with pytest.raises(InputError):
        tryon.prepare(person_file, [garment_file, tmp_path / "nothing.png"])


def test_pillow_images_are_pictures(person_file: Path, garment_file: Path) -> None:
    for kind, file in ((Person, person_file), (Garment, garment_file)):
        with Image.open(file) as picture:
            np.testing.assert_array_equal(kind.from_photo(picture).image, kind.from_photo(file).image)


# ------------------------------------------------------------------------------------------------- a photo without feet


@pytest.fixture(scope="module")
def cropped(tryon: TryOn, sample_person: Callable[[str], Person], sample_garment: Callable[[str], Garment]) -> Look:
    """A photo that ends at the knees."""
    photo = sample_person("red-top").image[:277]
    return tryon.prepare(Person.from_photo(photo), sample_garment("tee-bloom"))


def test_a_cropped_look_is_of_the_photos_size_and_says_so(
    cropped: Look, sample_person: Callable[[str], Person]
) -> None:
    assert cropped.still.shape == (*cropped.removed_mask.shape, 3) == (277, 288, 3)
    assert any("ends above the feet" in warning for warning in cropped.warnings)
    legs = cropped.person.matte[220:] > 0.9
    kept = cropped.clothing_mask[220:] < 0.02
    difference = np.abs(cropped.still[220:].astype(int) - cropped.person.image[220:])[legs & kept]
    assert difference.mean() < 2


def test_a_cropped_person_goes_on_to_the_edge_in_every_pose(tryon: TryOn, cropped: Look) -> None:
    """Legs never end inside the frame, and the hips stay where they were."""
    motion = Motion.template("catwalk", fps=8)
    poses = tryon.poses(cropped, motion)
    for frame in tryon.frames(cropped, poses, indices=range(0, len(poses), 7), background="transparent"):
        solid = frame.image[..., 3] > 127
        assert solid[-1].sum() > 15
        hips, y = frame.pose.points[8].round().astype(int)
        assert solid[y - 5, hips]
        width = solid[-12:].sum(1)
        assert width.min() > 0.75 * width.max()
    for degrees in (45, 90, 180):
        assert (cropped.still_before("transparent", degrees)[-1, :, 3] > 127).sum() > 15


def test_no_shadow_falls_where_no_feet_are(tryon: TryOn, cropped: Look) -> None:
    frame = next(tryon.render(cropped, Motion.template("walk").take(1), transition=0))
    away = frame.drawing.image[..., 3] == 0
    np.testing.assert_array_equal(frame.image[away], cropped.plate[away])


def test_a_mask_that_is_painted_on_a_cropped_photo_counts(tryon: TryOn, cropped: Look) -> None:
    painted = np.zeros(cropped.removed_mask.shape, np.float32)
    painted[100:] = cropped.person.matte[100:] > 0.5
    again = tryon.prepare(cropped.person, cropped.garments, removed=painted)
    np.testing.assert_array_equal(again.removed_mask, painted)
    poses = tryon.poses(again, Motion.template("walk").take(3))
    edit = np.zeros_like(painted)
    edit[150:] = -1
    frames = list(tryon.frames(again, poses, mask_edits={0: edit}))
    assert frames[0].clothing_mask[150:].max() == 0
    assert frames[2].clothing_mask[160:].mean() < 0.05 * again.clothing_mask[160:].mean()


def test_a_top_that_is_tucked_in_lies_under_the_skirt(sample_garment: Callable[[str], Garment]) -> None:
    clothes = [sample_garment("tee-bloom"), sample_garment("skirt-mint")]
    worn = [_inside_out(clothes, Tailoring(tucked=tucked))[0] for tucked in (None, True)]
    assert [[each.category for each in order] for order in worn] == [["lower", "upper"], ["upper", "lower"]]


def test_a_garment_is_cut_as_what_it_can_be(tryon: TryOn, look: Look) -> None:
    with pytest.raises(InputError, match="The cut shorts is none of the category dress; choose tee, "):
        tryon.prepare(look.person, look.garments, tailoring=Tailoring(cut=Cut.SHORTS))


def test_a_changed_length_leaves_the_avatar_as_it_is(tryon: TryOn, look: Look) -> None:
    """Another garment of the kind or another length is worn by the same undressed person, made once."""
    once = tryon.prepare(look.person, look.garments)
    again = tryon.prepare(look.person, look.garments, tailoring=Tailoring(hem=0.9))
    assert again.avatar is once.avatar
    assert again.drape.form is once.drape.form
    painted = np.zeros(look.person.matte.shape, np.float32)
    assert tryon.prepare(look.person, look.garments, removed=painted).avatar is not once.avatar


def test_a_changed_length_looks_at_nothing_again(tryon: TryOn, look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither at the person nor at the garment's picture: the user waits for the cloth alone."""
    once = tryon.prepare(look.person, look.garments)
    monkeypatch.setattr("fashionmirror_core.tryon.cloth_pictures", lambda *_: pytest.fail("the garment again"))
    monkeypatch.setattr("fashionmirror_core.tryon.Subject", None)
    again = tryon.prepare(look.person, look.garments, tailoring=Tailoring(hem=0.9))
    assert again.subject is once.subject
    assert not np.array_equal(again.still, once.still)
