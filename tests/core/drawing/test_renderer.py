"""The z-buffer: exact where nothing moves, in the order of depth, antialiased, the same with any number of threads."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from meshes import ball, moved, noise, plain, sheet, still, surface, texture, yaw

from fashionmirror_core.drawing.drawing import Drawing
from fashionmirror_core.drawing.light import Light
from fashionmirror_core.drawing.renderer import Renderer
from fashionmirror_core.imaging import alpha as imaging

SIZE = (90, 70)
RED, BLUE = (200, 0, 0, 255), (0, 0, 200, 255)


def over(front: np.ndarray, back: np.ndarray) -> np.ndarray:
    return front + back * (1 - front[..., 3:] / 255)


# ------------------------------------------------------------------------------------------- at the photo's own pose


@pytest.mark.parametrize("threads", [1, 3])
def test_a_sheet_that_does_not_move_is_its_picture(threads: int) -> None:
    """Soft alpha and all, to one grey level; beyond it nothing is drawn."""
    shown = noise(1, (51, 61))
    drawing = Renderer([sheet((10, 8, 70, 58), shown)], SIZE, threads=threads).draw(still())
    inside = (slice(9, 58), slice(11, 70))  # the outermost pixels are half off the sheet
    assert np.abs(drawing.image[inside].astype(int) - shown.picture[1:-1, 1:-1]).max() <= 1
    assert np.abs(drawing.clothing_mask[inside] - shown.clothing[1:-1, 1:-1] / 255).max() <= 1 / 255
    beyond = np.ones(SIZE[::-1], bool)
    beyond[7:60, 9:72] = False
    assert not drawing.image[beyond].any()
    assert not drawing.clothing_mask[beyond].any()


def test_a_closed_mesh_that_does_not_move_is_its_picture_up_to_its_rim() -> None:
    """The light doesn't change there, and no opacity is added, though normals turn away at the rim."""
    shown = noise(2, (61, 61))
    made = ball((45, 35, 0), 30, shown)
    drawing = Renderer([made], SIZE).draw(still())
    away = np.hypot(*np.meshgrid(np.arange(90) - 45, np.arange(70) - 35))
    image = np.zeros((70, 90, 4), np.uint8)
    image[5:66, 15:76] = shown.picture
    # The ball is a polyhedron: its rim, where texels and places part, lies inside the last pixel.
    assert np.abs(drawing.image.astype(int) - image)[away < 28.5].max() <= 1
    assert not drawing.image[away > 31].any()
    assert np.isfinite(drawing.source).all(-1)[away < 28.5].any()


def test_it_knows_where_its_pixels_come_from() -> None:
    drawing = Renderer([sheet((10, 8, 70, 58), noise(3, (51, 61), soft=False), z=4)], SIZE).draw(
        moved(np.eye(3), by=(6, -3, 2))
    )
    ys, xs = np.mgrid[6:55, 17:76]
    assert np.allclose(drawing.source[6:55, 17:76], np.stack([xs - 6, ys + 3], -1), atol=1e-3)
    assert np.allclose(drawing.depth[6:55, 17:76], 6)
    assert np.allclose(drawing.normals[6:55, 17:76], (0, 0, -1), atol=1e-6)
    assert (drawing.part[6:55, 17:76] == 0).all()
    nothing = drawing.part == -1
    assert nothing[:3].all()
    assert (np.isnan(drawing.source).all(-1) == nothing).all()
    assert (np.isnan(drawing.depth) == nothing).all()
    assert (np.isnan(drawing.normals).all(-1) == nothing).all()
    assert np.array_equal(drawing.source_at(4), drawing.source[::4, ::4], equal_nan=True)


# -------------------------------------------------------------------------------------------------- several surfaces


def test_the_nearer_surface_covers_the_farther_one_whatever_their_order() -> None:
    near = sheet((10, 10, 50, 50), plain(RED), z=-5, name="near")
    far = sheet((30, 30, 70, 60), plain(BLUE), z=5, name="far")
    images = []
    for order in ([near, far], [far, near]):
        drawing = Renderer(order, SIZE).draw(still())
        assert tuple(drawing.image[40, 40]) == RED
        assert tuple(drawing.image[55, 60]) == BLUE
        assert order[drawing.part[40, 40]].name == "near"
        images.append(drawing.image)
    assert np.array_equal(*images)


def test_a_bias_lifts_a_surface_before_another() -> None:
    near = sheet((10, 10, 50, 50), plain(RED), z=-5, name="near")
    far = sheet((30, 30, 70, 60), plain(BLUE), z=5, name="far", bias=-20)
    drawing = Renderer([near, far], SIZE).draw(still())
    assert tuple(drawing.image[40, 40]) == BLUE
    assert drawing.depth[40, 40] == 5  # where it is, not where it is sorted


def test_surfaces_that_cross_are_sorted_pixel_by_pixel() -> None:
    flat = sheet((10, 10, 80, 60), plain(RED), name="flat")
    tilted = sheet((10, 10, 80, 60), plain(BLUE), name="tilted")
    tilted.vertices[:, 2] = (tilted.vertices[:, 0] - 45) * 0.5
    image = Renderer([flat, tilted], SIZE).draw(still()).image
    assert (image[15:55, 15:44] == BLUE).all()
    assert (image[15:55, 47:75] == RED).all()


def test_soft_surfaces_are_blended_from_front_to_back() -> None:
    front, back = noise(4, (41, 41)), noise(5, (41, 41))
    drawing = Renderer(
        [sheet((20, 20, 60, 60), back, name="back", z=3), sheet((20, 20, 60, 60), front, name="front")], SIZE
    ).draw(still())
    inside = (slice(21, 60), slice(21, 60))
    blended = over(front.picture.astype(float), back.picture.astype(float))[1:-1, 1:-1]
    assert np.abs(drawing.image[inside] - blended).max() <= 1
    through = 1 - front.picture[..., 3] / 255
    worn = (front.clothing + through * back.clothing)[1:-1, 1:-1] / 255
    assert np.abs(drawing.clothing_mask[inside] - worn).max() <= 0.01
    shares = {name: drawing.texels(name)[1][inside] for name in ("front", "back")}
    seen_most = np.where(shares["front"] > shares["back"], 1, 0)
    clear = np.abs(shares["front"] - shares["back"]) > 0.01
    assert (drawing.part[inside] == seen_most)[clear].all()


def test_two_surfaces_that_meet_leave_no_gap() -> None:
    """Their edge crosses pixels; each covers the samples that the other doesn't."""
    left, right = (
        sheet((10.3, 10, 40.6, 60), plain(RED), name="left"),
        sheet((40.6, 10, 70, 60), plain(BLUE), name="right"),
    )
    turned = moved([[np.cos(0.3), -np.sin(0.3), 0], [np.sin(0.3), np.cos(0.3), 0], [0, 0, 1]], about=(40, 35, 0))
    image = Renderer([left, right], SIZE).draw(turned).image
    assert (image[28:42, 20:60, 3] == 255).all()


# --------------------------------------------------------------------------------------------------------- painting


def test_painted_textures_are_seen_where_the_surface_is() -> None:
    front, back = plain((100, 100, 100, 128), (41, 41)), plain(BLUE, (41, 41))
    surfaces = [sheet((20, 20, 60, 60), front, name="front"), sheet((20, 20, 60, 60), back, name="back", z=3)]
    drawing = Renderer(surfaces, SIZE).draw(still())
    texel, share = drawing.texels("back")
    ys, xs = np.mgrid[21:60, 21:60]
    assert np.allclose(texel[21:60, 21:60], np.stack([xs - 20, ys - 20], -1), atol=1e-3)
    assert np.allclose(share[21:60, 21:60], 127 / 255, atol=1e-5)
    assert np.isnan(texel[:18]).all()
    assert not share[:18].any()
    painted = np.zeros((41, 41), np.float32)
    painted[10:30, 10:30] = -1
    seen = drawing.sampled({"back": painted})
    assert np.allclose(seen[30:50, 30:50], -127 / 255, atol=1e-5)
    assert np.allclose(seen[21:29, 21:60], 0)
    both = drawing.sampled({"back": np.ones((41, 41), np.float32), "front": np.ones((41, 41), np.float32)})
    assert np.allclose(both[21:60, 21:60], 1, atol=1e-5)
    with pytest.raises(ValueError, match="side"):
        drawing.texels("side")
    with pytest.raises(ValueError, match="map for 'back'"):
        drawing.sampled({"back": np.ones((3, 3), np.float32)})


def test_another_texture_is_shown_for_one_frame() -> None:
    renderer = Renderer(
        [sheet((10, 10, 50, 50), plain(RED), name="a"), sheet((55, 10, 80, 50), plain(RED), name="b")], SIZE
    )
    plainly = renderer.draw(still())
    image = plainly.showing({"b": plain(BLUE)}).image
    assert tuple(image[30, 30]) == RED
    assert tuple(image[30, 60]) == BLUE
    assert tuple(plainly.image[30, 60]) == RED
    with pytest.raises(ValueError, match="no surface 'c'"):
        plainly.showing({"c": plain(BLUE)})
    with pytest.raises(ValueError, match="texture for 'b'"):
        plainly.showing({"b": plain(BLUE, (5, 4))})


# ---------------------------------------------------------------------------------------------------------- turning


@pytest.mark.parametrize("degrees", [25, 45, 90, 135, 180])
def test_a_ball_stays_round_and_whole_when_it_turns(degrees: float) -> None:
    center = (45.0, 35.0, 0.0)
    drawing = Renderer([ball(center, 30, plain((200, 200, 200, 255)))], SIZE).draw(moved(yaw(degrees), about=center))
    away = np.hypot(*np.meshgrid(np.arange(90) - 45, np.arange(70) - 35))
    assert (drawing.image[..., 3][away < 28.5] == 255).all()
    assert not drawing.image[away > 31].any()
    # Its area, in pixels and parts of them: a polygon's of 48 corners.
    assert drawing.image[..., 3].sum() / 255 == pytest.approx(np.pi * 30**2, rel=0.01)
    ys, xs = np.nonzero(away < 27)
    depth = -np.sqrt(30**2 - (xs - 45) ** 2 - (ys - 35) ** 2)
    assert np.abs(drawing.depth[ys, xs] - depth).max() < 0.5
    outward = np.stack([xs - 45, ys - 35, depth], -1) / 30
    assert np.einsum("nc,nc->n", drawing.normals[ys, xs], outward).min() > 0.99


def test_a_surface_that_shows_its_back_is_not_drawn() -> None:
    renderer = Renderer([sheet((10, 10, 50, 50), plain(RED))], SIZE)
    assert not renderer.draw(moved(yaw(180), about=(30, 30, 0))).image.any()
    assert not renderer.draw(moved(yaw(90), about=(30, 30, 0))).image.any()


def test_edges_are_antialiased() -> None:
    """A turned square covers, all pixels added up, exactly its area within the samples' grain."""
    turn = np.array([[np.cos(0.2), -np.sin(0.2), 0], [np.sin(0.2), np.cos(0.2), 0], [0, 0, 1]])
    alpha = Renderer([sheet((30, 20, 60, 50), plain(RED))], SIZE).draw(moved(turn, about=(45, 35, 0))).image[..., 3]
    assert alpha.sum() / 255 == pytest.approx(900, rel=0.005)
    assert len(np.unique(alpha)) == 5


def test_a_soft_edge_is_closed_when_it_turns_to_the_middle() -> None:
    """Half transparent as the photo's edge may be, a ball that turns is opaque; what was empty stays empty."""
    half = plain((60, 50, 40, 128), (61, 61))
    half.picture[:, :20] = 0
    center = (45.0, 35.0, 0.0)
    renderer = Renderer([ball(center, 30, half)], SIZE)
    assert tuple(renderer.draw(still()).image[35, 50]) == (60, 50, 40, 128)
    turned = renderer.draw(moved(yaw(180), about=center)).image
    assert turned[35, 20:50, 3].min() == 255
    assert not turned[35, 60:70].any()
    color = turned[35, 40].astype(float)  # unmixed: twice the premultiplied colour, under about the same light
    assert color[:3] == pytest.approx((120, 100, 80), rel=0.05)


def test_a_soft_edge_is_closed_at_once_where_a_side_comes_round() -> None:
    """In small turns the photo's edge would be a torn line between its front and the side; where none does it stays soft."""
    rows, columns = np.indices((61, 61))
    edge = np.clip(30 - np.hypot(rows - 30, columns - 30), 0, 4) / 4
    soft = plain((200, 0, 0, 255), (61, 61))
    soft.picture[:] = np.round(soft.picture * edge[..., None]).astype(np.uint8)
    center = (45.0, 35.0, 0.0)
    made = ball(center, 30, soft)
    inner = made.texel.mean(0) + 0.8 * (made.texel - made.texel.mean(0))
    renderer = Renderer([replace(made, turned_texel=inner.astype(np.float32))], SIZE)
    comes, goes = (renderer.draw(moved(yaw(turn), about=center)).image[35, :, 3] for turn in (12, -12))
    left = slice(16, 25)
    closed, soft_edge = sorted((row[left].min() for row in (comes, goes)), reverse=True)
    assert closed == 255
    assert soft_edge < 240


@pytest.mark.parametrize("degrees", [50, 65, 74])
def test_a_pattern_that_is_squeezed_does_not_turn_into_another(degrees: float) -> None:
    """Stripes too fine to be seen from the side become even, as far as four samples can."""
    stripes = plain((240, 240, 240, 255), (51, 121))
    stripes.picture[:, ::2, :3] = 0
    made = sheet((-15, 8, 105, 58), stripes)
    turned = Renderer([made], SIZE).draw(moved(yaw(degrees), about=(45, 35, 0))).image
    seen = turned[35, turned[35, :, 3] == 255][2:-2, 0].astype(float)
    seen /= seen.mean()  # turned from the lamp
    assert len(seen) > 20
    assert seen.std() < 0.25  # one sample a pixel: 0.6
    shape = turned[35, :, 3].astype(float).sum() / 255
    assert shape == pytest.approx(120 * np.cos(np.radians(degrees)), abs=0.5)


def test_a_side_reads_the_texture_along_the_surface_once_it_has_turned() -> None:
    halves = plain(RED, (61, 61))
    halves.picture[:, 31:] = BLUE
    center = (45.0, 35.0, 0.0)
    made = ball(center, 30, halves)
    made = replace(made, turned_texel=np.full_like(made.texel, 5))
    renderer = Renderer([made], SIZE)
    assert renderer.draw(still()).image[35, 60, 2] == 200
    turned = renderer.draw(moved(yaw(90), about=center)).image
    assert (turned[20:50, 35:60, 2] == 0).all()
    assert (turned[20:50, 35:60, 0] > 120).all()


@pytest.mark.parametrize("degrees", [30, 60, 90, 120])
def test_a_sheet_that_has_turned_lets_nothing_through_at_its_seam(degrees: float) -> None:
    """What faced half left and faces half right now has turned as well, though it is as steep as before."""
    center = (45.0, 35.0, 0.0)
    made = ball(center, 30, plain((60, 50, 40, 128), (61, 61)))
    made = replace(made, turned_texel=made.texel)
    turned = Renderer([made], SIZE).draw(moved(yaw(degrees), about=center)).image
    away = np.hypot(*np.meshgrid(np.arange(90) - 45, np.arange(70) - 35))
    assert turned[away < 28, 3].min() == 255


def test_what_was_seen_elsewhere_in_the_photo_is_in_its_own_light_here() -> None:
    """Colours of skin in full light, on a side that turns away from the lamp, are darker at rest; others are the photo's."""
    own = plain((120, 120, 120, 255))
    facing = sheet((10, 8, 70, 58), own)
    light = Light(direction=(0.0, 0.0, -1.0), ambient=0.7, diffuse=0.3)

    def shown(normal: tuple[float, float, float] | None) -> int:
        lit_from = None if normal is None else np.tile(np.array(normal, np.float32), (len(facing.vertices), 1))
        drawing = Renderer([replace(facing, lit_from=lit_from)], SIZE, light).draw(still())
        return int(drawing.image[30, 40, 0])

    assert shown(None) == shown((0, 0, -1)) == 120
    assert shown((1, 0, 0)) == pytest.approx(120 * 1.12, abs=1)  # turned away there, faces the lamp here


def test_a_side_that_turns_from_the_lamp_darkens() -> None:
    grey = plain((150, 150, 150, 255))
    roof = sheet((20, 20, 70, 50), grey)
    lamp_above = np.array([[1, 0, 0], [0, np.cos(0.9), -np.sin(0.9)], [0, np.sin(0.9), np.cos(0.9)]])
    images = [
        Renderer([roof], SIZE).draw(moved(turn, about=(45, 35, 0))).image[35, 45] for turn in (lamp_above, lamp_above.T)
    ]
    values = sorted(int(image[0]) for image in images)
    assert values[0] < 140
    assert values[1] > values[0] + 20
    assert values[1] <= 150 * 1.12 + 1


# ------------------------------------------------------------------------------------------------ whatever comes in


def scene() -> list:
    return [
        ball((40, 30, 0), 25, noise(6, (40, 40)), "one"),
        ball((55, 40, 8), 22, noise(7, (40, 40)), "two"),
        ball((60, 25, -8), 18, noise(8, (40, 40)), "three", bias=3),
    ]


def everything(drawing: Drawing) -> list[np.ndarray]:
    return [
        drawing.image, drawing.clothing_mask, drawing.source, drawing.depth, drawing.normals, drawing.part,
        *drawing.texels("two"), drawing.sampled({"one": np.ones((40, 40), np.float32)}),
    ]  # fmt: skip


def test_the_number_of_threads_changes_no_bit() -> None:
    transforms = moved(yaw(33), about=(45, 35, 0))
    alone = everything(Renderer(scene(), SIZE, threads=1).draw(transforms))
    for threads in (2, 3, 7):
        for mine, other in zip(
            alone, everything(Renderer(scene(), SIZE, threads=threads).draw(transforms)), strict=True
        ):
            assert np.array_equal(mine, other, equal_nan=True)


def test_a_process_that_takes_one_thread_draws_in_one() -> None:
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(1)
        assert Renderer(scene(), SIZE).scene.threads == 1
    finally:
        cv2.setNumThreads(before)


@pytest.mark.parametrize("by", [(0, 0, 0), (-30, 20, 0), (500, 0, 0)])
def test_it_lies_over_a_background(by: tuple[float, float, float]) -> None:
    background = noise(10, SIZE[::-1]).picture
    before = background.copy()
    drawing = Renderer(scene(), SIZE).draw(moved(np.eye(3), by=by))
    assert np.array_equal(drawing.over(background), imaging.over(drawing.image, background))
    assert np.array_equal(background, before)


def test_what_is_computed_is_kept() -> None:
    drawing = Renderer(scene(), SIZE).draw(still())
    assert drawing.image is drawing.image
    assert drawing.depth is drawing.depth


@pytest.mark.parametrize("by", [(-60, 0, 0), (70, 0, 0), (0, 55, 0), (0, -55, 0), (60, 50, 0)])
def test_what_leaves_the_frame_is_cut_by_it(by: tuple[float, float, float]) -> None:
    """As if a larger frame had been cut."""
    shown = noise(9, (51, 61), soft=False)
    around = 80
    small = Renderer([sheet((10, 8, 70, 58), shown)], SIZE).draw(moved(np.eye(3), by=by)).image
    shifted = (by[0] + around, by[1] + around, 0)
    large = Renderer([sheet((10, 8, 70, 58), shown)], (SIZE[0] + 2 * around, SIZE[1] + 2 * around)).draw(
        moved(np.eye(3), by=shifted)
    )
    cut = large.image[around : around + SIZE[1], around : around + SIZE[0]]
    assert small.any()
    assert np.abs(small.astype(int) - cut).max() <= 1


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 1e30])
def test_a_vertex_that_is_nowhere_takes_its_triangles_along_and_no_others(wrong: float) -> None:
    made = sheet((10, 10, 70, 60), plain(RED))
    made.vertices[0] = wrong
    image = Renderer([made], SIZE).draw(still()).image
    assert (image[25:58, 25:68] == RED).all()
    assert not image[10:14, 10:14, 3].all()


def test_triangles_without_an_area_are_passed_over() -> None:
    made = sheet((10, 10, 70, 60), plain(RED))
    flat = replace(made, triangles=np.concatenate([made.triangles, [[0, 0, 0], [0, 1, 1], [0, 1, 2]]]).astype(np.int32))
    assert np.array_equal(*(Renderer([s], SIZE).draw(still()).image for s in (made, flat)))


def test_nothing_is_drawn_of_nothing() -> None:
    hollow = surface(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros((0, 2)), plain(RED))
    far = moved(np.eye(3), by=(1000, 0, 0))
    for surfaces, transforms in (([], still()), ([hollow], still()), ([sheet((10, 10, 20, 20), plain(RED))], far)):
        drawing = Renderer(surfaces, SIZE).draw(transforms)
        assert not drawing.image.any()
        assert drawing.image.shape == (70, 90, 4)
        assert not drawing.clothing_mask.any()
        assert np.isnan(drawing.source).all()
        assert (drawing.part == -1).all()


def test_the_smallest_texture_and_the_smallest_frame() -> None:
    made = sheet((-5, -5, 5, 5), plain(RED, (1, 1)))
    assert tuple(Renderer([made], (1, 1)).draw(still()).image[0, 0]) == RED


def test_meshes_that_do_not_fit_together_are_refused() -> None:
    made = sheet((10, 10, 20, 20), plain(RED))
    wrong = {
        "triangles": np.array([[0, 1, 99]], np.int32),
        "weld": np.full(len(made.vertices), -1, np.int32),
        "weights": made.weights[:2],
        "bones": made.bones - 1,
        "texture": texture(np.zeros((0, 0, 4), np.uint8)),
    }
    for name, value in wrong.items():
        with pytest.raises(ValueError, match=name):
            Renderer([replace(made, **{name: value})], SIZE)
    with pytest.raises(ValueError, match="same name"):
        Renderer([made, made], SIZE)
    with pytest.raises(ValueError, match="empty"):
        Renderer([made], (0, 5))
    with pytest.raises(ValueError, match="bone 0"):
        Renderer([made], SIZE).draw(still()[:0])


def coming_and_going(bone: int, held: bool = False) -> Renderer:
    """A red surface of the photo's pose, for which a blue one comes as the bone turns. held: later."""
    flat, round_one = sheet((20, 20, 70, 50), plain(RED)), sheet((20, 20, 70, 50), plain(BLUE))
    round_one = replace(round_one, name="body", bias=1.0)
    count = len(flat.vertices)
    surfaces = [
        replace(flat, bones=np.full_like(flat.bones, bone), shown=np.full(count, -1 - held, np.int8)),
        replace(round_one, bones=np.full_like(flat.bones, bone), shown=np.full(count, 1 + held, np.int8)),
    ]
    return Renderer(surfaces, SIZE)


def test_a_surface_comes_or_goes_as_its_bones_turn_and_never_lets_the_background_through() -> None:
    renderer = coming_and_going(bone=1)
    alone = sheet((20, 20, 70, 50), plain(RED))
    pose = np.repeat(still()[:1], 2, 0)
    assert (renderer.draw(pose).image[25:45, 25:65] == Renderer([alone], SIZE).draw(still()).image[25:45, 25:65]).all()
    for degrees in (3, 6, 9, 12, 20):
        pose[1] = moved(yaw(degrees), about=(45, 35, 0))[0]
        image = renderer.draw(pose).image[25:45, 30:60]
        assert image[..., 3].min() > 220, degrees
    assert (image[..., 0] == 0).all()
    assert image[..., 2].min() > 100
    farther = renderer.draw(np.repeat(moved(0.7 * np.eye(3), about=(45, 35, 0))[:1], 2, 0)).image[30:40, 35:55]
    assert (farther == RED).all()  # who walks away hasn't turned


def test_who_turns_as_a_whole_shows_the_surfaces_of_the_photo_for_longer() -> None:
    """Up to 45 degrees most of what is seen was seen in the photo; from the side it wasn't."""
    renderer = coming_and_going(bone=1, held=True)
    for degrees in (20, 45, 48, 51, 54, 60):
        image = renderer.draw(np.repeat(moved(yaw(degrees), about=(45, 35, 0))[:1], 2, 0)).image[28:42, 38:52]
        assert image[..., 3].min() > 220, degrees
        assert degrees > 45 or not image[..., 2].any(), degrees
    assert (image[..., 0] == 0).all()
    pose = np.repeat(moved(yaw(30), about=(45, 35, 0))[:1], 2, 0)
    pose[0] = still()[0]
    assert (renderer.draw(pose).image[28:42, 38:52, 0] == 0).all()  # a limb that turns by itself


@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.sampled_from([4.0, 20.0, 300.0]))
@settings(max_examples=25, deadline=None)
def test_the_nearest_triangle_is_seen_at_every_pixel(seed: int, surfaces: int, spread: float) -> None:
    """Against the definition, except on edges: there pixels show parts of several."""
    rng = np.random.default_rng(seed)
    width, height = 40, 30
    made = []
    for k in range(surfaces):
        middle = rng.uniform(-10, 50, (6, 1, 3))
        corners = (middle + rng.normal(0, spread, (6, 3, 3))).reshape(-1, 3)
        own = surface(corners, np.arange(18).reshape(6, 3), np.zeros((18, 2)), plain((50 * k + 50, 0, 0, 255)), str(k))
        made.append(replace(own, bias=float(rng.normal(0, 10))))
    drawing = Renderer(made, (width, height)).draw(still())
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    nearest = np.full((height, width), np.inf)
    depth, owner = np.full((height, width), np.nan), np.full((height, width), -1)
    second, edge = nearest.copy(), np.zeros((height, width), bool)
    for k, own in enumerate(made):
        corners = own.vertices.astype(np.float64)
        best, best_z = np.full((height, width), np.inf), np.full((height, width), np.inf)
        for a, b, c in corners.reshape(-1, 3, 3):
            area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
            if area >= -1e-3:
                continue
            sides = [
                ((q[0] - p[0]) * (y - p[1]) - (q[1] - p[1]) * (x - p[0])) / -np.hypot(*(q - p)[:2])
                for p, q in ((b, c), (c, a), (a, b))
            ]
            inside = np.minimum.reduce(sides)
            edge |= np.abs(inside) < 0.6
            shares = [
                side * np.hypot(*(q - p)[:2]) / -area
                for side, (p, q) in zip(sides, ((b, c), (c, a), (a, b)), strict=True)
            ]
            z = np.where(inside > 0, sum(share * p[2] for share, p in zip(shares, (a, b, c), strict=True)), np.inf)
            best_z = np.minimum(best_z, z)
        best = best_z + own.bias
        front = best < nearest
        second = np.where(front, nearest, np.minimum(second, best))
        depth, owner = np.where(front, best_z, depth), np.where(front, k, owner)
        nearest = np.minimum(nearest, best)
    with np.errstate(invalid="ignore"):  # nothing is infinitely before nothing
        clear = ~edge & ~(second - nearest < 0.01 * spread)
    assert (drawing.part == owner)[clear].all()
    there = clear & (owner >= 0)
    assert np.allclose(drawing.depth[there], depth[there], atol=0.02 * spread)
    assert (drawing.image[there][:, 0] == 50 * owner[there] + 50).all()
    assert (drawing.image[..., 3][clear & (owner < 0)] == 0).all()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_process_draws_too() -> None:
    """The threads of its parent aren't there."""
    code = (
        "import os, sys, numpy as np\n"
        "from meshes import ball, plain, still\n"
        "from fashionmirror_core.drawing.renderer import Renderer\n"
        "def draw():\n"
        "    renderer = Renderer([ball((45, 35, 0), 30, plain((9, 9, 9, 255)))], (90, 70), threads=3)\n"
        "    return int(renderer.draw(still()).image.sum())\n"
        "drawn = draw()\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    os._exit(0 if draw() == drawn else 1)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    root = Path(__file__).resolve().parents[3]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(root), str(root / "tests")))}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_vertices_that_lie_ahead_are_seen_before_others_and_stay_in_their_place() -> None:
    far = sheet((30, 30, 70, 60), plain(BLUE), z=5, name="far")
    near = sheet((30, 30, 70, 60), plain(RED), z=0, name="near")
    right = np.where(far.vertices[:, 0] > 50, 20, 0).astype(np.float32)
    drawn = Renderer([replace(far, ahead=right), near], SIZE).draw(still())
    assert drawn.image[45, 32].tolist() == list(RED)
    assert drawn.image[45, 68].tolist() == list(BLUE)
    assert drawn.image[45, 69, 3] == 255
    assert drawn.image[45, 72, 3] == 0
