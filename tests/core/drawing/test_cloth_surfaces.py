"""Surfaces that are placed vertex by vertex, and the light on cloth whose picture was taken flat."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from meshes import ball, moved, noise, plain, sheet, still, surface, texture, yaw

from fashionmirror_core.avatar.surface import Surface
from fashionmirror_core.drawing.light import Light
from fashionmirror_core.drawing.renderer import Renderer

SIZE = (90, 70)
GREY = plain((150, 150, 150, 255))


def lit(made: Surface, **changes: object) -> Surface:
    return replace(made, lit=True, **changes)  # type: ignore[arg-type]


def folded(depth: float = 6.0, step: float = 2.0) -> Surface:
    """A grey cloth with upright folds, one every 20 pixels."""
    made = sheet((5, 5, 85, 65), GREY, step=step)
    wave = depth * np.cos(made.vertices[:, 0] * 2 * np.pi / 20)
    return lit(replace(made, vertices=made.vertices + np.stack([0 * wave, 0 * wave, wave], -1).astype(np.float32)))


# ------------------------------------------------------------------------------------------------------------ places


@pytest.mark.parametrize("cloth", [False, True])
def test_a_surface_that_is_placed_where_it_lies_is_drawn_as_without(cloth: bool) -> None:
    made = replace(sheet((10, 8, 70, 58), noise(1, (51, 61)), name="a"), lit=cloth)
    renderer = Renderer([made, sheet((60, 10, 88, 60), GREY, z=3, name="b")], SIZE)
    drawing, placed = renderer.draw(still()), renderer.draw(still(), placed={"a": made.vertices})
    assert np.array_equal(drawing.image, placed.image)
    assert np.array_equal(drawing.part, placed.part)


def test_a_surface_goes_where_it_is_placed_and_the_others_with_their_bones() -> None:
    free, bound = (
        sheet((10, 10, 40, 40), plain((200, 0, 0, 255)), name="free"),
        sheet((60, 10, 80, 40), GREY, name="bone"),
    )
    renderer = Renderer([free, bound], SIZE)
    to = free.vertices + np.array((20, 25, 0), np.float32)
    drawing = renderer.draw(moved(np.eye(3), by=(0, 25, 0)), placed={"free": to})
    alone = Renderer(
        [replace(free, vertices=to), replace(bound, vertices=bound.vertices + np.array((0, 25, 0), np.float32))], SIZE
    )
    assert np.array_equal(drawing.image, alone.draw(still()).image)
    assert np.allclose(drawing.points[: len(to)], to)
    assert np.array_equal(renderer.draw(still()).image, renderer.draw(still(), placed={}).image)  # for one frame only


def test_places_that_do_not_fit_are_refused() -> None:
    made = sheet((10, 10, 40, 40), GREY)
    renderer = Renderer([made], SIZE)
    with pytest.raises(ValueError, match="no surface 'skirt'; there are sheet"):
        renderer.draw(still(), placed={"skirt": made.vertices})
    with pytest.raises(ValueError, match="vertices of shape"):
        renderer.draw(still(), placed={"sheet": made.vertices[1:]})
    with pytest.raises(ValueError, match="vertices of shape"):
        renderer.draw(still(), placed={"sheet": made.vertices[:, :2]})


def test_vertices_that_are_nowhere_are_not_drawn() -> None:
    made = lit(sheet((10, 10, 40, 40), GREY))
    lost = made.vertices.copy()
    lost[: len(lost) // 2] = np.nan
    image = Renderer([made], SIZE).draw(still(), placed={"sheet": lost}).image
    assert image[38, 20, 3] == 255
    assert not image[12, 20].any()


def test_each_pixel_knows_its_place_on_the_garment() -> None:
    """At every pixel or coarsely; nowhere where a hand lies before it, nor beside it."""
    cloth = lit(
        replace(
            sheet((10, 10, 70, 60), noise(1, (51, 61), soft=False), name="cloth"),
            vertices=np.zeros((63, 3), np.float32),
        )
    )
    placed = sheet((10, 10, 70, 60), GREY).vertices
    drawing = Renderer([cloth, sheet((50, 5, 80, 65), GREY, z=-5, name="hand")], SIZE).draw(
        still(), placed={"cloth": placed}
    )
    places = drawing.texels_at("cloth", 1)
    y, x = np.mgrid[11:60, 11:49]
    assert np.allclose(places[11:60, 11:49], np.stack([x - 10, y - 10], -1), atol=1e-3)
    seen = drawing.part == 0
    assert np.isfinite(places[seen]).all()
    assert np.isnan(places[~seen]).all()
    coarse = drawing.texels_at("cloth", 4)
    assert coarse.shape == (18, 23, 2)
    assert np.array_equal(coarse, places[::4, ::4], equal_nan=True)
    with pytest.raises(ValueError, match="no surface 'skirt'"):
        drawing.texels_at("skirt", 4)


# ------------------------------------------------------------------------------------------------------------- light


def test_cloth_that_faces_the_viewer_has_its_pictures_colours() -> None:
    """From wherever the lamp shines: a flat picture doesn't tell of this light."""
    made = lit(sheet((10, 8, 70, 58), noise(1, (51, 61))))
    renderer = Renderer([made], SIZE)
    for light in (Light(), Light((0.8, -0.2, -0.5), 0.5, 0.45), Light((0, -0.9, -0.3), 0.9, 0.08)):
        renderer.light = light
        image = renderer.draw(still()).image[9:58, 11:70].astype(int)
        assert np.abs(image - made.texture.picture[1:-1, 1:-1]).max() <= 1


def test_cloth_is_lit_by_its_own_normals_whatever_its_first_place_was() -> None:
    """The same place gives the same picture, however it was come to; the photo's surfaces know their first normals."""
    folds = folded()
    flat = replace(folds, vertices=folds.vertices * np.array((1, 1, 0), np.float32))
    first = Renderer([folds], SIZE).draw(still()).image
    assert np.array_equal(first, Renderer([flat], SIZE).draw(still(), placed={"sheet": folds.vertices}).image)


@pytest.mark.parametrize(("light", "contrast"), [(Light(), 25), (Light((-0.1, -0.2, -0.97), 0.95, 0.08), 12)])
def test_folds_show(light: Light, contrast: float) -> None:
    """Also under a light that the photo shows hardly any direction of."""
    row = Renderer([folded()], SIZE, light).draw(still()).image[35, 10:81, 0].astype(float)
    assert row.max() - row.min() > contrast
    assert row.max() <= 1.15 * 150 + 1
    assert row.min() >= 0.45 * 150 - 1


def test_cloth_turned_to_the_lamp_is_lighter_than_turned_away() -> None:
    cloth = lit(sheet((20, 10, 70, 60), GREY))

    def seen(light: Light, turn: float) -> int:
        return int(Renderer([cloth], SIZE, light).draw(moved(yaw(turn), about=(45, 35, 0))).image[35, 45, 0])

    left, right = Light((-0.7, -0.2, -0.7), 0.6, 0.4), Light((0.7, -0.2, -0.7), 0.6, 0.4)
    assert seen(left, 40) != pytest.approx(seen(left, -40), abs=20)
    assert seen(left, 40) == pytest.approx(seen(right, -40), abs=1)


def test_light_comes_from_above() -> None:
    level = Light((0, 0, -1), 0.7, 0.3)
    round_ = lit(ball((45, 35, 0), 30, GREY))
    column = Renderer([round_], SIZE, level).draw(still()).image[:, 45, 0].astype(int)
    assert column[15] > column[55] + 4


def test_large_triangles_do_not_show_as_facets() -> None:
    """The vertices of simulated cloth are noisy; its brightness runs smoothly."""
    rng = np.random.default_rng(1)
    made = folded(0, step=5)
    bumpy = made.vertices + np.stack([np.zeros(len(made.vertices))] * 2 + [rng.normal(0, 2.5, len(made.vertices))], -1)
    row = (
        Renderer([made], SIZE, height=1000)
        .draw(still(), placed={"sheet": bumpy.astype(np.float32)})
        .image[20:50, 20:70, 0]
    )
    assert row.astype(float).std() < 4  # unsmoothed: 6


def test_a_seam_between_two_pieces_of_one_picture_has_one_normal() -> None:
    """Front and back lie beside each other in the texture: their vertices at the seam are two, and welded."""
    around = np.linspace(0, 2 * np.pi, 25)
    ring = np.stack([45 + 25 * np.cos(around), 0 * around, 25 * np.sin(around)], -1)
    rows = np.array([10.0, 35.0, 60.0])
    vertices = (ring[None] + np.array((0, 1, 0)) * rows[:, None, None]).reshape(-1, 3)
    cells = np.arange(len(vertices)).reshape(3, -1)
    a, b, c, d = (part.ravel() for part in (cells[:-1, :-1], cells[:-1, 1:], cells[1:, :-1], cells[1:, 1:]))
    triangles = np.concatenate([np.stack([a, c, b], -1), np.stack([b, c, d], -1)])
    corners = vertices[triangles[0]]
    if np.cross(corners[1] - corners[0], corners[2] - corners[0]) @ (corners.mean(0) - (45, 20, 0)) < 0:
        triangles = triangles[:, ::-1]
    tube = lit(surface(vertices, triangles, np.zeros((len(vertices), 2)), GREY))
    assert (tube.weld != np.arange(len(vertices))).sum() == 3
    drawing = Renderer([tube], SIZE).draw(moved(yaw(-90), about=(45, 35, 0)))
    row = drawing.image[35, 30:61, 0].astype(float)
    assert np.abs(np.diff(row)).max() < 4
    assert (drawing.image[35, 30:61, 3] == 255).all()


def test_the_inside_of_cloth_is_dim() -> None:
    inside = lit(sheet((10, 10, 60, 60), GREY), dim=0.55)
    assert Renderer([inside], SIZE).draw(still()).image[30, 30, 0] == pytest.approx(0.55 * 150, abs=1)


def test_sheer_cloth_stays_sheer_when_it_turns() -> None:
    tulle = lit(ball((45, 35, 0), 30, plain((60, 50, 40, 128))))
    turned = Renderer([tulle], SIZE).draw(moved(yaw(90), about=(45, 35, 0))).image
    assert (turned[20:50, 30:60, 3] == 128).all()


def test_the_bias_orders_what_lies_close() -> None:
    """Cloth on a body that it touches, its inside behind both, a hand before it."""
    box = (10, 10, 60, 60)
    height = 1000.0
    biases = {"body": 0.0, "cloth": -0.009, "inside": 0.012, "hand": -0.024, "kept": 0.022}
    colours = {name: (40 * k + 20, 0, 0, 255) for k, name in enumerate(biases)}
    made = {n: sheet(box, plain(colours[n]), z=2, name=n, bias=b * height) for n, b in biases.items()}

    def front(*names: str) -> int:
        return int(Renderer([made[name] for name in names], SIZE).draw(still()).image[30, 30, 0])

    assert front("body", "cloth", "inside") == colours["cloth"][0]
    assert front("body", "inside", "kept") == colours["body"][0]
    assert front("kept", "inside") == colours["inside"][0]
    assert front("cloth", "hand", "body") == colours["hand"][0]


def test_a_picture_of_two_halves_is_one_texture() -> None:
    picture = np.zeros((20, 40, 4), np.uint8)
    picture[:, :20], picture[:, 20:] = (200, 0, 0, 255), (0, 0, 200, 255)
    made = lit(sheet((10, 10, 49, 29), texture(picture)))
    image = Renderer([made], SIZE).draw(still()).image
    assert tuple(image[20, 15]) == (200, 0, 0, 255)
    assert tuple(image[20, 44]) == (0, 0, 200, 255)
