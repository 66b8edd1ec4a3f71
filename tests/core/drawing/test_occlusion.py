"""The shade at cloth: where it lies over skin or other cloth, under hands, in its folds; and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from meshes import moved, noise, plain, sheet, still

from fashionmirror_core.avatar.surface import Surface
from fashionmirror_core.drawing.light import Light
from fashionmirror_core.drawing.renderer import Renderer

SIZE = (160, 120)
HEIGHT = 400.0  # of a person, pixels: a shade reaches some ten
GREY = plain((150, 150, 150, 255))
ABOVE = Light((0, -0.5, -0.86))


def cloth(box: tuple[float, float, float, float], z: float = 0, name: str = "cloth") -> Surface:
    return replace(sheet(box, GREY, z=z, name=name), lit=True)


def skin(z: float = 0, box: tuple[float, float, float, float] = (5, 5, 155, 115), name: str = "skin") -> Surface:
    return sheet(box, GREY, z=z, name=name)


def drawn(*surfaces: Surface, threads: int = 1, light: Light = ABOVE) -> np.ndarray:
    """(H, W) int, of grey surfaces."""
    renderer = Renderer(surfaces, SIZE, light, threads=threads, height=HEIGHT)
    return renderer.draw(still()).image[..., 0].astype(int)


def test_cloth_shades_the_skin_at_its_edge_and_no_farther() -> None:
    photo = noise(1, (111, 151), soft=False)
    under = sheet((5, 5, 155, 115), photo, z=4, name="skin")
    with_cloth = Renderer([under, cloth((50, 10, 110, 60))], SIZE, ABOVE, height=HEIGHT).draw(still()).image
    without = Renderer([under], SIZE, ABOVE, height=HEIGHT).draw(still()).image
    assert np.array_equal(with_cloth[..., 3], without[..., 3])
    lighter = with_cloth.astype(int) - without
    assert not any(part.any() for part in (lighter[:, :30], lighter[85:], lighter[:, 130:]))
    assert lighter[62:66, 55:105, :3].sum() < -0.15 * without[62:66, 55:105, :3].sum()


def test_the_shade_is_soft_and_falls_away_from_the_lamp() -> None:
    image = drawn(skin(4), cloth((50, 40, 110, 80)))
    below, over = 150 - image[81:100, 80], 150 - image[20:40, 80][::-1]
    assert below[0] > 30
    assert (np.diff(below) <= 1).all()
    assert np.abs(np.diff(below)).max() < 14
    assert below.sum() > 1.3 * over.sum() > 0


def test_cloth_that_touches_shades_more_than_cloth_far_before() -> None:
    darkness = [150 - int(drawn(skin(z), cloth((50, 40, 110, 80)))[82, 80]) for z in (3, 60, 200)]
    assert darkness[0] > 3 * darkness[1] > 9 * darkness[2] > 0


def test_what_lies_over_cloth_shades_it_and_cloth_shades_cloth() -> None:
    for over in (skin(0, (50, 40, 110, 80), "hand"), cloth((50, 40, 110, 80), name="jacket")):
        image = drawn(cloth((5, 5, 155, 115), z=9, name="shirt"), over)
        assert image[82, 80] < 130
        assert (image[100:110, 20:140] == 150).all()
        assert (image[45:75, 55:105] == 150).all()  # itself it isn't shaded


def test_skin_that_comes_out_of_cloth_does_not_shade_it() -> None:
    """An arm out of its sleeve lies lower than the sleeve, and a neck in its neckline."""
    image = drawn(cloth((20, 20, 90, 100)), skin(6, (80, 30, 150, 90), "arm"))
    assert (image[40:80, 60:89] == 150).all()


def test_lit_skin_is_skin() -> None:
    """A body's own skin in one tone doesn't shade the photo's beside it, and cloth shades it like the photo's."""
    bare = replace(GREY, clothing=np.zeros_like(GREY.clothing))
    tone = replace(skin(4, (20, 20, 140, 100), "tone"), texture=bare, lit=True)
    assert (drawn(skin(6), tone)[22:99, 8:150] == 150).all()
    top = cloth((50, 40, 110, 80))
    assert np.array_equal(drawn(skin(6), tone, top), drawn(skin(6), replace(tone, lit=False), top))


def test_folds_are_darker_in_their_depth() -> None:
    """Under a lamp beside the camera, which by itself makes ridge and valley alike."""
    made = replace(sheet((5, 5, 155, 115), GREY, step=2), lit=True)
    wave = 5 * np.cos(made.vertices[:, 0] * 2 * np.pi / 30)
    folds = replace(made, vertices=made.vertices + np.stack([0 * wave, 0 * wave, wave], -1).astype(np.float32))
    row = drawn(folds, light=Light((0, 0, -1)))[60]
    valleys, ridges = row[30:121:30], row[45:136:30]
    assert (valleys < ridges - 5).all()


def test_a_smooth_cloth_alone_has_no_shade() -> None:
    image = drawn(cloth((20, 20, 140, 100)))
    assert (image[22:99, 22:139] == 150).all()


def test_the_shade_grows_with_the_person() -> None:
    """Who comes nearer by half has a shade as much wider."""
    renderer = Renderer([skin(4), cloth((50, 20, 110, 60))], SIZE, ABOVE, height=HEIGHT)
    reach = [
        int((renderer.draw(moved(scale * np.eye(3), about=(80, 60, 0))).image[61:110, 80, 0] < 148).sum())
        for scale in (1.0, 2.0)
    ]
    assert reach[1] == pytest.approx(2 * reach[0], rel=0.35)


def test_many_threads_give_the_same() -> None:
    scene = (skin(4), cloth((50, 20, 110, 60)), cloth((30, 50, 90, 100), 2, "skirt"))
    assert np.array_equal(drawn(*scene), drawn(*scene, threads=3))


def test_what_is_wholly_transparent_shades_nothing() -> None:
    """Cloth that isn't worn: for what is under it."""
    gone = replace(cloth((50, 20, 110, 60)), texture=plain((0, 0, 0, 0)))
    assert np.array_equal(drawn(skin(4), gone), drawn(skin(4)))


@pytest.mark.parametrize("by", [1, 2, 3])
def test_shades_do_not_shimmer_when_the_person_moves(by: int) -> None:
    """What is looked up in coarse cells moves with the picture, pixel by pixel."""
    scene = (
        skin(4, (-40, -40, 200, 160)), cloth((50.3, 40.2, 110.6, 80.9)), skin(-6, (60, 20, 75, 60), "hand"),
    )  # fmt: skip
    renderer = Renderer(scene, SIZE, ABOVE, height=900)
    before, after = (renderer.draw(moved(np.eye(3), by=(n, n, 0))).image[..., 0].astype(int) for n in (0, by))
    assert np.abs(after[by:, by:] - before[:-by, :-by])[8:-8, 8:-8].max() <= 2
