"""The mean body as a mannequin, as if it had stood for a photo at 400 pixels a metre."""

import numpy as np
import pytest

from fashionmirror_core.body.fitted import FittedBody
from fashionmirror_core.body.model import SHAPES, BodyModel
from fashionmirror_core.cloth.mannequin import Mannequin
from fashionmirror_core.cloth.pattern.girths import Girths

SCALE = 400.0


@pytest.fixture(scope="session")
def mannequin() -> Mannequin:
    model = BodyModel.load()
    rest = np.tile(np.eye(3), (22, 1, 1))
    posed = model.posed(np.zeros(SHAPES), rest)
    body = FittedBody(
        shape=np.zeros(SHAPES, np.float32),
        rotations=rest.astype(np.float32),
        joints=(SCALE * posed.joints).astype(np.float32),
        vertices=(SCALE * posed.place(model.skin)).astype(np.float32),
        landmarks=(SCALE * model.body_25(posed)).astype(np.float32),
        scale=SCALE,
        up=np.array([0.0, -1.0, 0.0], np.float32),
    )
    return Mannequin(body, model)


@pytest.fixture(scope="session")
def girths(mannequin: Mannequin) -> Girths:
    return Girths(mannequin)
