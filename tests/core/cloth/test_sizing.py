"""How long and wide garments are worn: what the network sees, what it changes, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fashionmirror_core.avatar.layers import Show, flattened
from fashionmirror_core.body.proportions import Body
from fashionmirror_core.cloth.attention import piece_coverage
from fashionmirror_core.cloth.fitting import Sizing, fit_garment
from fashionmirror_core.cloth.sizing import sizing_features, sizing_of
from fashionmirror_core.cloth.tailoring import Tailoring
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.networks import SizingNetwork, TryOnNetworks, weights
from fashionmirror_core.networks.sizing import FACTORS, FEATURES, MAX_LOG_FACTOR
from fashionmirror_core.person.person import Person
from fashionmirror_core.training.flat_layers.looks import flat_look
from fashionmirror_core.training.sets.tailor import factors_of, sizing_target
from fashionmirror_core.tryon import TryOn

SIZE = (256, 192)
GARMENTS = ["dress-floral", "skirt-mint", "tee-bloom", "trousers-plaid"]


@pytest.fixture(scope="module")
def stage(sample_person: Callable[[str], Person]) -> tuple[Body, float]:
    person = sample_person("lilac-dress")
    place = person.stage(*SIZE)
    pose = person.pose.transformed(place.scale, place.offset)
    rows = np.flatnonzero((place.crop(person.matte) > 0.5).any(1))
    return Body(pose.points.astype(float)), float(rows[-1])


def cloth(
    garment: Garment, stage: tuple[Body, float], sizing: Sizing, tailoring: Tailoring | None = None
) -> np.ndarray:
    """(H, W) bool: where the garment lies."""
    fit = fit_garment(garment, stage[0], SIZE, stage[1], tailoring, sizing)
    return np.maximum.reduce(list(piece_coverage(fit, garment, SIZE).values())) > 0.5


def bottom(mask: np.ndarray) -> int:
    return int(np.flatnonzero(mask.any(1))[-1])


def test_the_factors_are_the_fits_own() -> None:
    assert tuple(field.name for field in fields(Sizing)) == FACTORS


@pytest.mark.parametrize("name", GARMENTS)
def test_no_correction_is_the_analytic_fit(
    sample_garment: Callable[[str], Garment], stage: tuple[Body, float], name: str
) -> None:
    garment = sample_garment(name)
    plain = fit_garment(garment, stage[0], SIZE, stage[1])
    same = fit_garment(garment, stage[0], SIZE, stage[1], sizing=Sizing())
    assert all(same.maps[piece].tobytes() == plain.maps[piece].tobytes() for piece in plain.maps)


def test_a_longer_skirt_ends_lower_and_a_wider_hem_is_wider(
    sample_garment: Callable[[str], Garment], stage: tuple[Body, float]
) -> None:
    skirt = sample_garment("skirt-mint")
    plain, longer = cloth(skirt, stage, Sizing()), cloth(skirt, stage, Sizing(rise=0.15))
    assert bottom(longer) > bottom(plain) + 4
    wider = cloth(skirt, stage, Sizing(hem=0.3))
    row = bottom(plain) - 3
    assert wider[row].sum() == pytest.approx(np.exp(0.3) * plain[row].sum(), rel=0.12)
    assert bottom(wider) == pytest.approx(bottom(plain), abs=2)


def test_a_user_shortens_what_the_network_found(
    sample_garment: Callable[[str], Garment], stage: tuple[Body, float]
) -> None:
    skirt = sample_garment("skirt-mint")
    whole, short = (cloth(skirt, stage, Sizing(rise=0.15), Tailoring(hem=hem)) for hem in (1.0, 0.6))
    top = int(np.flatnonzero(whole.any(1))[0])
    assert bottom(short) - top == pytest.approx(0.6 * (bottom(whole) - top), abs=4)


@pytest.mark.parametrize("name", GARMENTS)
def test_features_dont_depend_on_the_picture_or_the_stages_size(
    sample_garment: Callable[[str], Garment], stage: tuple[Body, float], name: str
) -> None:
    garment = sample_garment(name)
    body, floor = stage
    found = sizing_features(garment, body, floor)
    half = cv2.resize(garment.image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    marks = {key: (x / 2 - 0.25, y / 2 - 0.25) for key, (x, y) in garment.landmarks.items()}
    smaller = sizing_features(replace(garment, image=half, landmarks=marks), body, floor)
    np.testing.assert_allclose(smaller, found, atol=0.02)
    large = replace(body, joints=body.joints * 2 + 0.5)
    doubled = sizing_features(garment, large, 2 * floor + 0.5)
    np.testing.assert_allclose(doubled, found, atol=0.02)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-50, 50, width=32), min_size=FEATURES, max_size=FEATURES), st.integers(0, 5))
def test_the_network_stays_in_bounds_whatever_it_sees(features: list[float], seed: int) -> None:
    torch.manual_seed(seed)
    network = SizingNetwork().eval()
    assert network.idle
    assert not network(torch.tensor([features])).any()
    torch.nn.init.normal_(network.head.weight, std=3)
    assert not network.idle
    found = network(torch.tensor([features]))
    assert found.isfinite().all()
    assert found.abs().max() <= MAX_LOG_FACTOR


def test_a_trained_size_changes_the_flat_look_and_goes_through_a_file(
    sample_garment: Callable[[str], Garment], sample_person: Callable[[str], Person], tmp_path: Path
) -> None:
    networks = TryOnNetworks.default()
    with torch.no_grad():
        networks.sizing.head.bias[FACTORS.index("rise")] = 0.2
    path = tmp_path / "longer.safetensors"
    weights.save(networks, path, {"licence": "CC0-1.0"})
    person, skirt = sample_person("lilac-dress"), sample_garment("skirt-mint")
    plain, sized = (
        flattened(
            flat_look(TryOn.load("cpu", weights=source), person, [skirt]).layers, person.matte.shape, Show.CLOTHING
        )
        for source in (None, path)
    )
    assert bottom(sized[..., 3] > 127) > bottom(plain[..., 3] > 127) + 10


@pytest.mark.parametrize("name", ["skirt-mint", "tee-bloom"])
def test_the_tailor_finds_how_a_garment_is_worn(
    sample_garment: Callable[[str], Garment], stage: tuple[Body, float], name: str
) -> None:
    garment = sample_garment(name)
    true = Sizing(rise=0.2, hem=-0.1)
    label = 7 if garment.category == "lower" else 6
    labels = (cloth(garment, stage, true) * label).astype(np.uint8)
    target = sizing_target(garment, stage[0], SIZE, stage[1], labels)
    assert target.features.shape == (FEATURES,)
    assert set(target.factors) == set(factors_of(garment)) <= set(FACTORS)
    assert target.factors["rise"] == pytest.approx(0.2, abs=0.08)
    found = cloth(garment, stage, Sizing(**target.factors))
    worn, plain = labels > 0, cloth(garment, stage, Sizing())
    assert (found & worn).sum() / (found | worn).sum() > 0.93 > (plain & worn).sum() / (plain | worn).sum()


def test_what_is_hidden_is_not_corrected(sample_garment: Callable[[str], Garment], stage: tuple[Body, float]) -> None:
    """A top tucked into a skirt: nobody knows where it ends."""
    top = sample_garment("tee-bloom")
    worn = cloth(top, stage, Sizing())
    labels = (worn * 6).astype(np.uint8)
    waist = int(stage[0].on_axis(0.8)[1])
    labels[waist:][worn[waist:]] = 7
    assert abs(sizing_target(top, stage[0], SIZE, stage[1], labels).factors["rise"]) < 0.1


def test_factors_become_a_sizing() -> None:
    values = np.linspace(-0.4, 0.3, len(FACTORS), dtype=np.float32)
    sizing = sizing_of(values)
    assert sizing.rise == pytest.approx(-0.4)
    assert getattr(sizing, FACTORS[-1]) == pytest.approx(0.3)


def test_what_has_learned_nothing_isnt_computed(
    sample_garment: Callable[[str], Garment], sample_person: Callable[[str], Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    networks = TryOnNetworks.default()
    tryon = TryOn(torch.device("cpu"), networks=networks)

    def fail(*_: object) -> None:
        raise AssertionError("an idle network was run")

    for network in (networks.mask, networks.dressing, networks.sizing, networks.parsing, networks.flow):
        monkeypatch.setattr(network, "forward", fail)
    flat_look(tryon, sample_person("lilac-dress"), [sample_garment("skirt-mint")])
