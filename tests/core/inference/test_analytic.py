"""Without networks the pipeline's learned steps return what they were given."""

from __future__ import annotations

import numpy as np

from fashionmirror_core.cloth.fitting import Sizing
from fashionmirror_core.inference.analytic import Analytic
from fashionmirror_core.look import Look
from fashionmirror_core.training.flat_layers.looks import FlatLook


def test_nothing_is_predicted(look: Look) -> None:
    subject = look.subject
    assert Analytic().labels(subject.image, subject.matte, look.pose) is None
    assert Analytic().sizing(look.garments[0], subject) == Sizing()


def test_masks_and_fits_come_back_as_they_are(flat: FlatLook) -> None:
    subject, removed = flat.subject, np.random.default_rng(0).random(flat.subject.size).astype(np.float32)
    dressed = Analytic().dressed(subject, flat.pose, flat.garments, flat.fits, removed, subject.image)
    assert dressed.removed is removed
    assert dressed.fits is flat.fits
    assert dressed.clothes_features is None
    assert all((keep == 1).all() for keep in dressed.refinement.keep)
    assert not dressed.refinement.body.any()
    np.testing.assert_array_equal(dressed.attention, flat.attention)
