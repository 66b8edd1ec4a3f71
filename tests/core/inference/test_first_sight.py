"""What the mask network tells before there is a drape: a first picture, masks that follow poses, a doubt about a drape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from fashionmirror_core.body.fit import fit_body
from fashionmirror_core.body.fitted import FittedBody
from fashionmirror_core.errors import InputError
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.inference.first_sight import LEAST_AGREEMENT, FirstSight, agreement, disagreement
from fashionmirror_core.motion.motion import Motion
from fashionmirror_core.networks import TryOnNetworks
from fashionmirror_core.person.person import Person
from fashionmirror_core.tryon import TryOn


@pytest.fixture(scope="module")
def knowing() -> TryOn:
    """An engine whose networks know something, whatever it is."""
    networks = TryOnNetworks.default()
    generator = torch.Generator().manual_seed(1)
    for head in (networks.human.labels, networks.pair.head, networks.next_mask.head):
        head.weight.data.copy_(0.02 * torch.randn(head.weight.shape, generator=generator))
    networks.pair.head.bias.data.fill_(2.0)
    return TryOn(torch.device("cpu"), networks=networks, weights_id="something")


def mask(*rows: int) -> np.ndarray:
    found = np.zeros((256, 192), np.float32)
    found[rows[0] : rows[1], 60:130] = 1
    return found


def sight(clothing: np.ndarray) -> FirstSight:
    return FirstSight(clothing, np.zeros((256, 192, 2), np.float32), torch.zeros(1))


def test_a_drape_where_it_is_expected_is_not_doubted() -> None:
    assert agreement([sight(mask(50, 150))], mask(50, 150)) == 1
    assert not disagreement([sight(mask(50, 150))], mask(60, 160))


def test_a_drape_elsewhere_is_doubted() -> None:
    assert agreement([sight(mask(50, 100))], mask(150, 200)) == 0
    assert disagreement([sight(mask(50, 120))], mask(100, 200))
    assert 0 < LEAST_AGREEMENT < 1


def test_garments_are_judged_together() -> None:
    assert agreement([sight(mask(50, 100)), sight(mask(100, 150))], mask(50, 150)) == 1


def test_the_first_picture_comes_before_any_drape(
    knowing: TryOn, sample_person: Callable[[str], Person], sample_garment: Callable[[str], Garment],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("fashionmirror_core.tryon.dress", None)
    person, garment = sample_person("red-top"), sample_garment("dress-red")
    found = knowing.first_sight(person, garment)
    assert found is not None
    assert found.image.shape == person.image.shape
    assert found.image.dtype == np.uint8
    for part in (found.removed_mask, found.clothing_mask):
        assert part.shape == person.matte.shape
        assert 0 <= part.min() <= part.max() <= 1
    assert found.clothing_mask.max() > 0.5
    changed = np.abs(found.image.astype(int) - person.image).max(2) > 8
    assert not changed[(found.clothing_mask < 0.01) & (found.removed_mask < 0.01)].any()
    np.testing.assert_allclose(found.attention.sum(1), 1, rtol=1e-4)


def test_person_and_garment_are_seen_once(
    knowing: TryOn, sample_person: Callable[[str], Person], sample_garment: Callable[[str], Garment],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    person, garment = sample_person("red-top"), sample_garment("dress-red")
    knowing.first_sight(person, garment)
    for part in ("human", "pair"):
        monkeypatch.setattr(getattr(knowing.inference.networks, part), "forward", None)  # type: ignore[attr-defined]
    monkeypatch.setattr("fashionmirror_core.inference.learned.attended", None)
    assert knowing.first_sight(person, garment) is not None


def test_masks_follow_the_poses_without_a_drape(
    knowing: TryOn, sample_person: Callable[[str], Person], sample_garment: Callable[[str], Garment],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("fashionmirror_core.tryon.dress", None)
    fits: list[dict[str, np.ndarray]] = []

    def recorded(*given: Any, **evidence: Any) -> FittedBody:
        fits.append(evidence)
        return fit_body(*given, **evidence)

    monkeypatch.setattr("fashionmirror_core.tryon.fit_body", recorded)
    person, motion = sample_person("red-top"), Motion.template("step-touch").take(3)
    masks = list(knowing.masks(person, sample_garment("dress-red"), motion))
    assert len(masks) == 3
    assert all(found.shape == person.matte.shape and 0 <= found.min() <= found.max() <= 1 for found in masks)
    (fit,) = fits
    assert fit["clothed"].any()  # the body that a drape would have: it lies within its clothes


def test_without_networks_there_is_neither(
    sample_person: Callable[[str], Person], sample_garment: Callable[[str], Garment]
) -> None:
    analytic = TryOn(torch.device("cpu"))
    person, garment = sample_person("red-top"), sample_garment("dress-red")
    assert analytic.first_sight(person, garment) is None
    with pytest.raises(InputError, match="default weights"):
        next(analytic.masks(person, garment, Motion.template("catwalk").take(2)))
