"""Where the garment's landmarks are, and which it has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fashionmirror_core import samples
from fashionmirror_core.garment.landmarks import place_landmarks
from fashionmirror_core.garment.sight import look
from fashionmirror_core.media.images import read_image
from fashionmirror_core.vocabulary import Category

TEE = next(path for path in samples.garments() if path.stem.startswith("tee"))


@pytest.mark.parametrize(("sleeves", "cuffs", "elbows"), [("long", True, True), ("short", True, False)])
def test_sleeves_that_are_surely_seen_are_made_whatever_their_landmarks_say(sleeves, cuffs, elbows) -> None:
    sight = look(read_image(TEE))
    unsure = {name: 0.2 if name.startswith("cuff") else value for name, value in sight.exists.items()}
    odds = dict.fromkeys(sight.answers["sleeves"], 0.01) | {sleeves: 0.96}
    seen = replace(sight, answers=sight.answers | {"sleeves": odds}, exists=unsure)
    cloth = sight.cloth((sight.size[1], sight.size[0]))
    placed, _ = place_landmarks(seen, cloth, (0.0, 0.0), Category.UPPER)
    assert ("cuff_outer_r" in placed, "elbow_r" in placed) == (cuffs, elbows)
