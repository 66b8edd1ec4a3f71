"""What colour hair has behind, from the rows of it that the photo shows."""

from __future__ import annotations

import numpy as np

from fashionmirror_core.avatar.hair_rows import row_colors

RED_BROWN, COLLAR, CAP = np.array([150, 95, 60.0]), np.array([40, 60, 110.0]), np.array([40, 60, 130.0])
ROWS, WIDE = 300, 60


def rows(*parts: tuple[int, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The shell's picture: so many rows of each colour, and where it is seen: everywhere but on the last hundred rows."""
    shown = np.concatenate([np.tile(color, (count, WIDE, 1)) for count, color in parts])
    seen = np.ones(shown.shape[:2], bool)
    seen[ROWS - 100 :] = False
    return shown, seen


def test_shade_beside_the_face_makes_no_band_and_no_dark_ends() -> None:
    shown, seen = rows((120, RED_BROWN), (40, 0.4 * RED_BROWN), (140, 0.5 * RED_BROWN))
    grey = row_colors(shown, seen, RED_BROWN).mean(1)
    assert grey.min() > 0.6 * grey.max()
    assert np.abs(np.diff(grey)).max() < 3


def test_half_a_row_in_the_shade_does_not_tell_its_colour() -> None:
    shown, seen = rows((ROWS, RED_BROWN))
    shown[:, : WIDE // 3] *= 0.3
    assert np.abs(row_colors(shown, seen, RED_BROWN) - RED_BROWN).max() < 5


def test_a_collar_that_was_taken_for_hair_dyes_no_ends() -> None:
    shown, seen = rows((180, RED_BROWN), (120, COLLAR))
    ends = row_colors(shown, seen, RED_BROWN)[-1]
    assert ends[0] > ends[1] > ends[2]


def test_pale_ends_stay_pale_and_a_cap_ends_at_once() -> None:
    shown, seen = rows((120, 0.5 * RED_BROWN), (180, RED_BROWN))
    found = row_colors(shown, seen, RED_BROWN)
    assert found[190].mean() > 1.3 * found[40].mean()
    shown, seen = rows((120, CAP), (180, RED_BROWN))
    found = row_colors(shown, seen, RED_BROWN)
    assert np.abs(found[108] - CAP).max() < 15
    assert np.abs(found[132] - RED_BROWN).max() < 15
