"""The body's own skin: only where old clothes went, in the person's tone."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from scipy.spatial import cKDTree

from fashionmirror_core.avatar.avatar import _Builder
from fashionmirror_core.avatar.sheets import Grid
from fashionmirror_core.avatar.skin import ALWAYS, LIMB_RUNS_ON, bare_skin, skin_name
from fashionmirror_core.avatar.surface import Surface
from fashionmirror_core.body.fitted import Bone
from fashionmirror_core.body.model import BodyModel
from fashionmirror_core.look import Look
from fashionmirror_core.vocabulary import Category, Part


def skin_surfaces(look: Look, removed: np.ndarray, in_shoe: np.ndarray | None = None) -> list[Surface]:
    """The bare skin when M_r is ``removed``. in_shoe: (V,) int8; None: nothing."""
    hidden = np.zeros(len(look.body.vertices), np.int8) if in_shoe is None else in_shoe
    model, dress = BodyModel.load(), [Category.DRESS]
    return bare_skin(look.body, model, look.subject, look.stage, removed, dress, {}, hidden)


def skin_of(look: Look, removed: np.ndarray, in_shoe: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """Surface -> (n, 2), where on the stage its vertices are; arguments as of ``skin_surfaces``."""
    surfaces = skin_surfaces(look, removed, in_shoe)
    return {surface.name: look.stage.from_photo(surface.vertices[:, :2]) for surface in surfaces}


def test_no_skin_comes_out_of_a_shoe(look: Look) -> None:
    foot = BodyModel.load().skin.weights[:, [Bone.R_FOOT, Bone.R_TOES]].sum(1) > 0.5
    everything = np.ones_like(look.subject.matte)
    bare, shod = (skin_of(look, everything, hidden)[skin_name(Part.R_LEG)] for hidden in (None, ALWAYS * foot))
    ankle = look.stage.from_photo(look.body.joints[Bone.R_FOOT, :2])[1]
    assert bare[:, 1].max() > ankle + 4
    assert shod[:, 1].max() < ankle + 4


def test_the_whole_of_a_part_is_skin_where_all_its_clothes_went(look: Look) -> None:
    drawn = {surface.name: surface for surface in look.avatar.surfaces}
    for part in Part:
        surface = drawn[skin_name(part)]
        assert len(surface.triangles) > 100
        assert surface.lit_from is not None
        np.testing.assert_allclose(np.linalg.norm(surface.lit_from, axis=1), 1, atol=1e-3)
        assert (surface.texture.picture[..., 3] == 255).all()
        assert not surface.texture.clothing.any()
        np.testing.assert_allclose(surface.weights.sum(1), 1, atol=1e-3)


def test_the_trunks_skin_goes_on_behind_the_arms_so_that_no_slit_opens_between_them(look: Look) -> None:
    found = {surface.name: surface for surface in skin_surfaces(look, np.ones_like(look.subject.matte))}
    trunk = found[skin_name(Part.TRUNK)]
    reach = np.ptp(trunk.vertices[:, 1])
    for arm in (found[skin_name(part)] for part in (Part.R_ARM, Part.L_ARM)):
        shared = cKDTree(trunk.vertices).query(arm.vertices)[0] < 1e-3 * reach
        assert shared[arm.triangles].all(1).sum() > 20
        assert shared.mean() < 0.5
        assert arm.bias < trunk.bias


def test_skin_lies_where_clothes_were_removed_and_hardly_runs_on_from_there(look: Look) -> None:
    """Only the upper body is undressed: legs that the photo shows stay as they are."""
    removed = look.stage.crop(look.removed_mask)
    hips = float(look.pose.points[8, 1])
    rows = np.arange(len(removed))[:, None]
    found = skin_of(look, np.where(rows < hips, removed, 0).astype(np.float32))
    reach = 1.2 * LIMB_RUNS_ON * look.subject.body.stature
    knees = look.pose.points[[10, 13], 1].min()
    for part in (Part.R_LEG, Part.L_LEG):
        below = found.get(skin_name(part), np.zeros((0, 2)))[:, 1]
        assert (below < max(hips + reach, 0.5 * (hips + knees))).all()
    assert len(found[skin_name(Part.TRUNK)]) > 100


def test_under_a_bare_belly_the_skin_goes_on(look: Look) -> None:
    """Between a cropped top and low trousers the photo's sheet shows it; where that ends in a turn, no gap opens."""
    removed = look.stage.crop(look.removed_mask).astype(np.float32)
    chest, hips = look.stage.from_photo(look.body.joints[[Bone.CHEST, Bone.PELVIS], :2])[:, 1]
    rows = np.arange(len(removed))[:, None] + np.zeros_like(removed)
    belly = (rows > chest + 0.3 * (hips - chest)) & (rows < hips - 0.2 * (hips - chest)) & (removed > 0.5)
    parsing = replace(look.subject.parsing, torso=np.maximum(look.subject.parsing.torso, belly).astype(np.float32))
    bare = replace(look, subject=replace(look.subject, parsing=parsing))
    middle = float(rows[belly].mean())
    for worn, shown in ((look, False), (bare, True)):
        trunk = skin_of(worn, removed * ~belly)[skin_name(Part.TRUNK)]
        assert (np.abs(trunk[:, 1] - middle) < 2).any() == shown


def test_no_finger_of_the_bodys_hand_stands_beside_the_photos_hand(look: Look) -> None:
    """Where the photo's skin melts into the body's, the body's hand is there; in the photo's pose it isn't seen."""
    removed = look.stage.crop(look.removed_mask)
    hands = {Part.R_ARM: Bone.R_HAND, Part.L_ARM: Bone.L_HAND}
    for surface in skin_surfaces(look, removed):
        part = next((part for part in hands if surface.name == skin_name(part)), None)
        if part is None:
            continue
        x, y = np.round(look.stage.from_photo(surface.vertices[:, :2])).astype(int).T
        hand = (surface.weights * (surface.bones == hands[part])).sum(1) > 0.6
        assert surface.shown is not None
        assert (surface.shown[hand & (removed[y, x] < 0.5)] == 1).all()


def test_the_skin_has_the_tone_of_the_face(look: Look) -> None:
    drawn = {surface.name: surface for surface in look.avatar.surfaces}
    parsing, image = look.subject.parsing, look.subject.image
    face = cv2.erode(((parsing.head > 0.9) & (parsing.hair < 0.05)).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    tone = np.median(image[face], 0)
    for part in (Part.TRUNK, Part.R_ARM, Part.L_ARM):
        surface = drawn[skin_name(part)]
        x, y = np.clip(np.round(surface.texel).astype(int), 0, np.array(surface.texture.picture.shape[1::-1]) - 1).T
        assert np.abs(np.median(surface.texture.picture[y, x, :3], 0) - tone).max() < 45, part


def test_only_a_neck_whose_old_clothes_went_leaves_the_trunk_when_it_turns(look: Look) -> None:
    """Where a hand hides a skirt or a kept top the labels see no cloth, either, and no skin stands in there."""
    cutting, body = look.avatar.cutting, look.avatar.body
    builder = _Builder(body, BodyModel.load())
    grid = Grid.over(np.ones(cutting.shape, np.float32), cutting.box, float(np.ptp(body.vertices[:, 1])) / 100)
    nothing = np.zeros(cutting.shape, np.float32)
    assert not builder.own_neck(grid, cutting, nothing, np.zeros(look.subject.size, np.float32)).any()
    neck = builder.own_neck(grid, cutting, nothing, np.ones(look.subject.size, np.float32))
    assert neck.any()
    assert grid.place[grid.nodes][neck, 1].max() < body.joints[[Bone.R_UPPER_ARM, Bone.L_UPPER_ARM], 1].max() + 1


def test_what_is_left_of_the_trunk_beside_taken_off_clothes_is_gone_once_it_turns(look: Look) -> None:
    """Slivers and a bag's rests beside the hips would become slabs as deep as the body; a skirt that stays is no rest."""
    cutting, body = look.avatar.cutting, look.avatar.body
    builder = _Builder(body, BodyModel.load())
    stature = float(np.ptp(body.vertices[:, 1]))
    grid = Grid.over(np.ones(cutting.shape, np.float32), cutting.box, stature / 100)
    middle, rows = builder.anatomy.middle, np.indices(look.subject.size)[0]
    beside = look.stage.from_photo(np.array([[middle + 0.07 * stature, 0]]))[0, 0]
    below = np.float32(rows > look.subject.body.mid_hip[1])
    for lower, stay in ((below, True), (below * (np.indices(look.subject.size)[1] > beside), False)):
        parsing = replace(look.subject.parsing, lower=lower, upper=0 * lower, accessory=0 * lower)
        kept = replace(cutting, subject=replace(look.subject, parsing=parsing), removed=np.zeros_like(lower))
        goes = builder.rests(grid, kept)
        y = grid.place[grid.nodes][:, 1]
        low, high = y > builder.anatomy.hips + 0.05 * stature, np.abs(y - body.joints[Bone.CHEST, 1]) < 0.05 * stature
        assert goes[low].all() != stay
        assert goes[low].any() != stay
        assert goes[high].all()
