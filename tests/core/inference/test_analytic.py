"""Without networks the pipeline's learned steps return what they were given."""

from __future__ import annotations

import numpy as np

from fashionmirror_core.cloth.fitting import Sizing
from fashionmirror_core.inference.analytic import Analytic
from fashionmirror_core.look import Look


def test_nothing_is_predicted(look: Look) -> None:
    subject = look.subject
    assert Analytic().labels(subject.image, subject.matte, look.pose) is None
    assert Analytic().sizing(look.garments[0], subject) == Sizing()


def test_masks_and_fits_come_back_as_they_are(look: Look) -> None:
    subject, removed = look.subject, np.random.default_rng(0).random(look.subject.size).astype(np.float32)
    dressed = Analytic().dressed(subject, look.pose, look.garments, look.fits, removed, subject.image)
    assert dressed.removed is removed
    assert dressed.fits is look.fits
    assert dressed.clothes_features is None
    assert all((keep == 1).all() for keep in dressed.refinement.keep)
    assert not dressed.refinement.body.any()
    np.testing.assert_array_equal(dressed.attention, look.attention)
