"""Where rendered people wear their garments, by the body template's coordinates."""

from __future__ import annotations

import numpy as np

from fashionmirror_core.training.clips import Clip, GarmentPicture, LookSpec, Take, Template
from fashionmirror_core.training.sets.templates import places_told, told_looks
from fashionmirror_core.vocabulary import Label

MARKS = {
    "neck_r": (85.0, 20.0), "neck_l": (115.0, 20.0), "shoulder_r": (60.0, 20.0), "shoulder_l": (140.0, 20.0),
    "armpit_r": (60.0, 60.0), "armpit_l": (140.0, 60.0), "hem_r": (60.0, 160.0), "hem_l": (140.0, 160.0),
    "cuff_outer_r": (0.0, 80.0), "cuff_inner_r": (20.0, 110.0),
    "cuff_outer_l": (200.0, 80.0), "cuff_inner_l": (180.0, 110.0),
}  # fmt: skip


def picture() -> GarmentPicture:
    """A trunk from row 20 to row 160, between columns 60 and 140, with sleeves."""
    alpha = np.zeros((180, 201), np.uint8)
    alpha[20:161, 60:141] = 255
    for step in np.linspace(0, 1, 200):
        for sign in (-1, 1):
            x, y = 100 + sign * (40 + 50 * step), 40 + 55 * step
            alpha[round(y) - 15 : round(y) + 15, max(round(x) - 6, 0) : round(x) + 6] = 255
    return GarmentPicture(np.dstack([np.full((180, 201, 3), 90, np.uint8), alpha]), "upper", landmarks=MARKS)


def template(height: int = 64, width: int = 96) -> np.ndarray:
    """Somebody seen from the front who covers the picture: x from -4.5 to 4.5, y from 5.77 down to 1."""
    rows, columns = np.mgrid[0:height, 0:width]
    x, y = -4.5 + 9 * columns / (width - 1), 5.77 - 4.77 * rows / (height - 1)
    return np.stack([x, y, np.ones_like(x)], -1).astype(np.float32)


def worn_by(places: np.ndarray) -> np.ndarray:
    """The trunk, and arms about a line from shoulder to wrist."""
    x, y = np.abs(places[..., 0]), places[..., 1]
    return (x < 1.6) | ((np.abs(y - (5.1 - 0.98 * (x - 1.6))) < 0.5) & (y > 1.9))


def test_trunks_go_from_neck_to_hem_and_from_edge_to_edge() -> None:
    places = template()
    worn = worn_by(places)
    found = places_told(places, worn, picture())
    assert np.isnan(found[~worn]).all()
    trunk = (np.abs(places[..., 0]) < 1.5) & worn
    free = trunk & (places[..., 1] < 2.2)  # of the sleeves
    np.testing.assert_allclose(found[free][:, 0], 100 + places[free][:, 0] / 1.6 * 40, atol=3)
    np.testing.assert_allclose(found[trunk][:, 1], 20 + (5.77 - places[trunk][:, 1]) / 4.77 * 140, atol=4)


def test_sleeves_go_from_armhole_to_cuff_on_their_own_sides() -> None:
    places = template()
    found = places_told(places, worn_by(places), picture())
    for wrist, cuff in ((4.2, (190, 95)), (-4.2, (10, 95))):
        away = np.hypot(places[..., 0] - wrist, places[..., 1] - 2.3)
        assert np.hypot(*(found[np.unravel_index(away.argmin(), away.shape)] - cuff)) < 25


def test_only_swaps_into_the_frame_that_tells_are_told() -> None:
    places = template(32, 48)
    labels = np.where(worn_by(places), Label.UPPER, 0).astype(np.uint8)[None].repeat(2, 0)
    take = Take(
        np.zeros((2, 32, 48, 3), np.uint8),
        labels,
        np.zeros((2, 25, 3), np.float32),
        np.zeros((2, 25), np.float32),
        labels,
    )
    specs = [LookSpec(("A", k), ("top",), ("B", k), "B", "swap") for k in (0, 1)]
    specs.append(LookSpec(("B", 1), ("top",), ("B", 1), "B", "reconstruction"))
    clip = Clip("c", {"A": take, "B": take}, {"top": picture()}, tuple(specs), {"B": Template(1, places)})
    (told,) = told_looks(clip)
    assert told.told
    assert told.source == ("A", 1)
    assert np.isfinite(told.places[told.clothing > 0]).all()
    assert np.nanmin(told.places) >= 0
    assert np.nanmax(told.places) <= 1
