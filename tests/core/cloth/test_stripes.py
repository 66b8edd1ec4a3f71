"""Lines of a pattern that goes across."""

from __future__ import annotations

import numpy as np

from fashionmirror_core.cloth.stripes import Lines, quilting

SIZE = 240


def striped(height: int, slope: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """A square of stripes (SIZE, SIZE, 3), each ``height`` rows high, and where it shows cloth (SIZE, SIZE) bool."""
    y, x = np.indices((SIZE, SIZE))
    picture = np.where((((y - slope * x) // height) % 2)[..., None] > 0, (60.0, 90.0, 150.0), (20.0, 25.0, 45.0))
    cloth = np.zeros((SIZE, SIZE), bool)
    cloth[12:228, 20:220] = True
    return (picture + np.random.default_rng(3).normal(0, 2, (SIZE, SIZE, 1))).astype(np.float32), cloth


def test_lines_are_followed_aslant_and_vertical_stripes_have_none() -> None:
    picture, cloth = striped(20, slope=0.08)
    lines = Lines.of(picture, cloth)
    assert lines is not None
    assert np.abs(lines.colours - picture)[cloth].mean() < 8
    assert Lines.of(picture.transpose(1, 0, 2), cloth.T) is None


def test_letters_lie_on_the_lines_and_lustre_does_not() -> None:
    picture, cloth = striped(30)
    y, x = np.indices((SIZE, SIZE))
    shine = np.exp(-((x - 160) ** 2 + (y - 105) ** 2) / 200)[..., None]
    picture = np.clip(picture * (1 + 0.5 * shine), 0, 255).astype(np.float32)
    for left in range(60, 90, 6):
        picture[98:112, left : left + 3] = (230, 220, 60)
    lines = Lines.of(picture, cloth)
    assert lines is not None
    assert lines.odd[100:110, 62:86].all()
    assert not lines.odd[:, 110:].any()


def test_only_regular_lines_are_quilting() -> None:
    y = np.indices((SIZE, SIZE))[0]
    cloth = striped(20)[1]
    rng = np.random.default_rng(5).normal(0, 2, (SIZE, SIZE, 1))

    def padded(seams: list[int]) -> np.ndarray:
        dark = np.max([np.exp(-((y - seam) ** 2) / 12) for seam in seams], axis=0)[..., None]
        return np.clip(np.array((90, 40, 60)) - 40 * dark + rng, 0, 255).astype(np.float32)

    found = quilting(padded(list(range(20, 230, 24))), cloth)
    assert found is not None
    assert found[20:220].mean(axis=(1, 2)).std() > 5
    assert quilting(padded([30, 48, 95, 170, 182]), cloth) is None
