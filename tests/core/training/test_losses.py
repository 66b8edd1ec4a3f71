"""Every equation against a small case worked out by hand, and what all losses share: the mean over the batch is a mean
of items, unknown items count as nothing, and gradients are finite at the ends of the range.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from fashionmirror_core.skeleton import Joint
from fashionmirror_core.training import losses
from fashionmirror_core.training.losses import MaskWeights, Regions, SpatialWeights, TemporalWeights
from fashionmirror_core.vocabulary import Label

CORNER = torch.zeros(1, 1, 2, dtype=torch.int64)


def tensor(values: list) -> Tensor:
    """(h, w) of numbers -> (1, 1, h, w)."""
    return torch.tensor(values, dtype=torch.float32)[None, None]


def plain(value: float, channels: int = 1, size: tuple[int, int] = (64, 64), items: int = 1) -> Tensor:
    return torch.full((items, channels, *size), float(value))


def colors(picture: Tensor) -> list[Tensor]:
    """Features that can be worked out by hand: the colours themselves, and twice as much at half the size."""
    return [picture, 2 * F.avg_pool2d(picture, 2)]


# ------------------------------------------------------------------------------------------------------- Eq. 1 to 4


def test_eq_2_is_the_mean_distance_of_both_masks() -> None:
    masks = torch.tensor([[[[0.0, 1.0]], [[0.5, 0.5]]]])  # M_r and M_c of 1 x 2 pixels
    truths = torch.tensor([[[[1.0, 1.0]], [[0.5, 0.0]]]])
    # (1 + 0 + 0 + 0.5) / 4
    assert losses.mask_l1(masks, truths).item() == pytest.approx(0.375)


def test_eq_3_is_the_ordinary_cross_entropy() -> None:
    logits = tensor([[0.0, math.log(3), math.log(3)]])  # M = 1/2, 3/4, 3/4
    truths = tensor([[1.0, 1.0, 0.0]])
    # (ln 2 + ln 4/3 + ln 4) / 3; as printed the last term would be -ln 4
    assert losses.mask_bce(logits, truths).item() == pytest.approx((math.log(2) + math.log(4 / 3) + math.log(4)) / 3)


def test_eq_4_looks_at_the_patches_alone() -> None:
    masks, truths = plain(0, size=(64, 130)), plain(0, size=(64, 130))
    truths[..., :16] = 1  # a quarter of the first patch, none of the second
    corners = torch.tensor([[[0, 0], [0, 66]]])
    assert losses.mask_patches(masks, truths, corners).item() == pytest.approx((0.25 + 0) / 2)


def test_eq_1_weighs_its_three_terms() -> None:
    terms = losses.mask_objective(plain(0.5), plain(0), plain(1), CORNER, MaskWeights(l1=2, bce=3, patch=4))
    assert {name: value.item() for name, value in terms.items()} == pytest.approx(
        {"l1": 2 * 0.5, "bce": 3 * math.log(2), "patch": 4 * 0.5}
    )


def test_patches_land_where_they_are_asked_for() -> None:
    picture = torch.arange(2 * 80 * 90.0).view(2, 1, 80, 90)  # every pixel has a number of its own
    corners = torch.tensor([[[0, 0], [16, 26]], [[3, 5], [7, 11]]])
    crops = losses.crop_patches(picture, corners)
    assert crops.shape == (4, 1, 64, 64)
    for crop, (item, y, x) in zip(crops, [(0, 0, 0), (0, 16, 26), (1, 3, 5), (1, 7, 11)], strict=True):
        assert torch.equal(crop, picture[item, :, y : y + 64, x : x + 64])


def test_patches_hand_gradients_back_to_their_pixels() -> None:
    picture = torch.zeros(1, 1, 5, 5, requires_grad=True)
    losses.crop_patches(picture, torch.tensor([[[0, 0], [1, 1]]]), size=3).sum().backward()
    assert picture.grad is not None
    # two 3 x 3 patches that share the 2 x 2 pixels from (1, 1) on
    expected = [[1, 1, 1, 0, 0], [1, 2, 2, 1, 0], [1, 2, 2, 1, 0], [0, 1, 1, 1, 0], [0, 0, 0, 0, 0]]
    assert picture.grad[0, 0].tolist() == expected


def test_patches_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="64 pixels"):
        losses.crop_patches(torch.zeros(1, 1, 63, 80), CORNER)
    with pytest.raises(IndexError):
        losses.crop_patches(torch.zeros(1, 1, 64, 64), CORNER + 1)


# ------------------------------------------------------------------------------------------------------- Eq. 5 to 9


def test_eq_5_6_and_13_weigh_terms_and_keep_them_apart() -> None:
    one = torch.tensor(1.0)
    spatial = losses.spatial_objective({"gan": one, "l1": 2 * one}, SpatialWeights(gan=3, l1=5))
    temporal = losses.temporal_objective({"gan": one, "patch_gan": one}, TemporalWeights(gan=7, patch_gan=11))
    together = losses.tryon_objective(spatial, temporal)
    assert {name: value.item() for name, value in together.items()} == {
        "spatial/gan": 3, "spatial/l1": 10, "temporal/gan": 7, "temporal/patch_gan": 11
    }  # fmt: skip


def test_a_term_without_a_weight_is_an_error() -> None:
    with pytest.raises(AttributeError, match="style"):
        losses.temporal_objective({"style": torch.tensor(1.0)}, TemporalWeights())


def test_eq_7_14_and_15_are_least_squares() -> None:
    real, fake = torch.tensor([[1.0, 0.5]]), torch.tensor([[0.0, 2.0]])
    # generator: ((0 - 1)^2 + (2 - 1)^2) / 2
    assert losses.adversarial_generator(fake).item() == pytest.approx(1.0)
    # discriminator: half of (0^2 + 0.5^2) / 2 + (0^2 + 2^2) / 2
    assert losses.adversarial_discriminator(real, fake).item() == pytest.approx((0.125 + 2) / 2)
    assert losses.adversarial_discriminator(torch.ones(1, 4), torch.zeros(1, 4)).item() == 0


def test_eq_8_is_the_mean_distance_of_pixels() -> None:
    assert losses.pixel_l1(tensor([[0.0, 1.0]]), tensor([[0.5, 0.75]])).item() == pytest.approx((0.5 + 0.25) / 2)


def test_eq_9_counts_limbs_and_background_by_their_room() -> None:
    labels = torch.tensor([[[Label.ARMS, Label.LEGS, Label.TORSO, Label.BACKGROUND], [Label.UPPER, Label.HEAD] * 2]])
    frame = tensor([[0.1, 0.2, 0.3, 0.4], [1.0, 1.0, 1.0, 1.0]])
    # (0.1 + 0.2 + 0.3) / 8 of the limbs and 0.4 / 8 of the background
    assert losses.body_l1(frame, torch.zeros_like(frame), labels).item() == pytest.approx(1.0 / 8)
    everywhere = torch.full_like(labels, Label.DRESS)
    assert losses.body_l1(frame, torch.zeros_like(frame), everywhere).item() == 0


# ------------------------------------------------------------------------------------------------------ Eq. 10 to 12


def test_a_gram_matrix_is_over_channels_times_positions() -> None:
    features = torch.tensor([[[[1.0, 2.0]], [[3.0, 0.0]]]])  # two channels at two positions
    # [[1 + 4, 3], [3, 9]] / (2 * 2)
    assert losses.gram(features)[0].tolist() == [[1.25, 0.75], [0.75, 2.25]]


def region_pair() -> tuple[Regions, Regions]:
    """Grey 0.5 against 0.25; the predicted clothes are the upper half, the true ones the left, the head one quarter."""
    upper, left, head = plain(0, 1, (4, 4)), plain(0, 1, (4, 4)), plain(0, 1, (4, 4))
    upper[..., :2, :], left[..., :2], head[..., :2, :2] = 1, 1, 1
    return Regions(plain(0.5, 3, (4, 4)), upper, head), Regions(plain(0.25, 3, (4, 4)), left, head)


def test_eq_10_compares_the_whole_the_clothes_and_the_head() -> None:
    rendered, real = region_pair()
    # whole: 0.25. clothes, by quarters: both 0.25, rendered alone 0.5, real alone 0.25, neither 0 -> mean 0.25.
    # head: 0.25 in one quarter -> 0.0625. The second layer holds twice as much.
    assert losses.content(colors, rendered, real).item() == pytest.approx(3 * (0.25 + 0.25 + 0.0625))


def test_eq_11_compares_gram_matrices_and_forgets_places() -> None:
    rendered, real = region_pair()
    # All entries of a Gram matrix of three equal channels v are mean(v^2) / 3, four times that in the second layer.
    whole, clothes, head = 0.5**2 - 0.25**2, (0.5**2 - 0.25**2) / 2, (0.5**2 - 0.25**2) / 4
    assert losses.style(colors, rendered, real).item() == pytest.approx(5 / 3 * (whole + clothes + head))
    moved = replace(real, frame=real.frame.flip(2))
    assert losses.style(colors, real, moved).item() == pytest.approx(0, abs=1e-7)


def test_features_of_regions_are_found_once_for_both() -> None:
    seen: list[Tensor] = []

    def features(picture: Tensor) -> list[Tensor]:
        seen.append(picture)
        return [picture]

    rendered, real = region_pair()
    losses.content(features, rendered, real)
    losses.style(features, rendered, real)
    assert len(seen) == 2


def test_eq_12_compares_the_clothes_of_patches() -> None:
    frame, truth = plain(1, 3, (64, 128)), plain(1, 3, (64, 128))
    clothing, true_clothing = plain(0, 1, (64, 128)), plain(1, 1, (64, 128))
    clothing[..., 32:] = 1  # misses half of the first patch, none of the second
    corners = torch.tensor([[[0, 0], [0, 64]]])
    arguments = (colors, frame, clothing, truth, true_clothing, corners)
    # content: half of 1 in the first layer, half of 2 in the second; mean of both patches
    content = losses.clothing_patches(*arguments, SpatialWeights(content=10, style=0))
    assert content.item() == pytest.approx(10 * (0.5 + 1.0) / 2)
    # style: a Gram entry is 1/3 in the truth and half of it in the frame, four times that in the second layer
    style = losses.clothing_patches(*arguments, SpatialWeights(content=0, style=10))
    assert style.item() == pytest.approx(10 * (1 / 6 + 4 / 6) / 2)


# -------------------------------------------------------------------------------------------------------------- flow


def one_hot_features(height: int = 2, width: int = 3) -> Tensor:
    """A direction of its own at every position: the cosine of two positions is 1 or 0."""
    return torch.eye(height * width).view(1, height * width, height, width)


def test_correctness_is_nothing_for_the_true_flow_and_largest_for_one_that_finds_nothing() -> None:
    features = one_hot_features()
    at_rest = torch.zeros(1, 2, 2, 3)
    assert losses.sampling_correctness(features, features, at_rest).item() == pytest.approx(0, abs=1e-6)
    to_the_right = at_rest.clone()
    to_the_right[:, 0] = 1
    # every cosine 0: exp(0) - 1/e
    wrong = losses.sampling_correctness(features, features, to_the_right)
    assert wrong.item() == pytest.approx(1 - math.exp(-1))
    # the source moved by one: right again but for the last column, which lies outside
    moved = features.roll(1, 3)
    assert losses.sampling_correctness(moved, features, to_the_right).item() == pytest.approx((1 - math.exp(-1)) / 3)


def test_correctness_is_measured_by_the_best_that_there_is() -> None:
    source = torch.tensor([[[[1.0, 1.0]], [[0.0, 1.0]]]])  # (1, 0) and (1, 1)
    truth = torch.tensor([[[[0.0, 1.0]], [[2.0, 0.0]]]])  # (0, 2) and (1, 0)
    # first: cos 0, best 1/sqrt 2 -> exp(0); second: cos 1/sqrt 2, best 1 -> exp(-1/sqrt 2)
    expected = (1 + math.exp(-(0.5**0.5))) / 2 - math.exp(-1)
    assert losses.sampling_correctness(source, truth, torch.zeros(1, 2, 1, 2)).item() == pytest.approx(expected)


def test_correctness_inside_a_mask_only() -> None:
    features, flow = one_hot_features(), torch.zeros(1, 2, 2, 3)
    flow[:, 1, 1] = -1  # the lower row is wrong
    upper = tensor([[1, 1, 1], [0, 0, 0]])
    assert losses.sampling_correctness(features, features, flow, upper).item() == pytest.approx(0, abs=1e-6)
    lower = losses.sampling_correctness(features, features, flow, 1 - upper)
    assert lower.item() == pytest.approx(1 - math.exp(-1))
    assert losses.sampling_correctness(features, features, flow, 0 * upper).item() == 0


def test_the_best_match_is_the_same_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    source, truth, flow = torch.rand(2, 4, 5, 6), torch.rand(2, 4, 5, 6), torch.randn(2, 2, 5, 6)
    whole = losses.sampling_correctness(source, truth, flow)
    monkeypatch.setattr(losses, "POSITIONS", 7)
    assert losses.sampling_correctness(source, truth, flow).item() == pytest.approx(whole.item())


def test_correctness_pulls_a_flow_to_where_it_belongs() -> None:
    x = torch.arange(8.0)
    ramp = torch.stack([x, 8 - x]).view(1, 2, 1, 8).expand(1, 2, 8, 8)  # its direction changes steadily with x
    flow = torch.zeros(1, 2, 8, 8)
    flow[:, 0] = 0.5
    flow.requires_grad_()
    losses.sampling_correctness(ramp, ramp, flow).backward()
    assert flow.grad is not None
    assert (flow.grad[0, 0, :, 1:6] > 0).all()
    assert torch.isfinite(flow.grad).all()


def test_an_affine_flow_is_smooth() -> None:
    loss = losses.flow_smoothness
    y, x = torch.meshgrid(torch.arange(6.0), torch.arange(7.0), indexing="ij")
    affine = torch.stack([3 + 2 * x - y, 1 - 0.5 * x + 0.25 * y])[None]
    assert loss(affine).item() == pytest.approx(0, abs=1e-5)
    assert loss(affine + torch.sin(3 * x)).item() > 0.1
    with pytest.raises(ValueError, match="2, 7"):
        loss(affine[:, :, :2])


def test_smoothness_is_the_size_of_second_differences() -> None:
    flow = torch.zeros(1, 2, 3, 3)
    flow[0, 0, :, 1] = 1  # second differences along x: -2 in each of 3 rows, of 6 in both components
    expected = 3 / 6 * (math.sqrt(4 + losses.CHARBONNIER_PIXELS**2) - losses.CHARBONNIER_PIXELS)
    assert losses.flow_smoothness(flow).item() == pytest.approx(expected)


# ------------------------------------------------------------------------------------------------------------- regions


def test_regions_count_by_their_own_size() -> None:
    frame, truth = plain(0, 3, (4, 4)), plain(0, 3, (4, 4))
    frame[..., 0, 0], frame[..., 3, :] = 0.5, 1.0
    shoes, hands, face = torch.zeros(3, 4, 4)
    shoes[0, :2] = 1  # 0.5 and 0
    face[2:] = 1  # half of it 1
    masks = torch.stack([shoes, hands, face])[None]
    assert losses.salient_l1(frame, truth, masks).item() == pytest.approx((0.25 + 0 + 0.5) / 3)


def salient_scene() -> tuple[Tensor, Tensor]:
    """100 x 60 pixels of arm with shoes and a head; the right forearm hangs straight down to its wrist at (30, 50)."""
    labels = torch.full((1, 100, 60), int(Label.ARMS), dtype=torch.uint8)
    labels[:, :10], labels[:, 90:] = Label.HEAD, Label.SHOES
    joints = torch.zeros(1, 25, 3)
    joints[0, Joint.R_ELBOW], joints[0, Joint.R_WRIST] = torch.tensor([30.0, 30, 1]), torch.tensor([30.0, 50, 1])
    return labels, joints


def test_hands_reach_beyond_the_wrist() -> None:
    labels, joints = salient_scene()
    shoes, hands, face = losses.salient_masks(labels, joints)[0]
    assert shoes.sum() == 10 * 60
    assert face.sum() == 10 * 60
    assert hands[45, 30] == 1  # 5 pixels up the forearm
    assert hands[43, 30] == 0  # 7 pixels: forearm
    assert hands[61, 30] == 1  # 11 pixels down
    assert hands[63, 30] == 0
    assert hands[:, :18].sum() == 0


def test_hands_need_a_wrist_that_is_believed_in_and_skin() -> None:
    labels, joints = salient_scene()
    joints[0, Joint.L_WRIST] = torch.tensor([10.0, 50, 0.1])
    assert losses.salient_masks(labels, joints)[0, 1, 50, 10] == 0
    joints[0, Joint.R_ELBOW, 2] = 0  # nobody knows which way is beyond
    hands = losses.salient_masks(labels, joints)[0, 1]
    assert (hands[55, 30], hands[57, 30]) == (1, 0)
    assert losses.salient_masks(torch.full_like(labels, Label.UPPER), joints).sum() == 0


# --------------------------------------------------------------------------------------------------- what all share

Loss = Callable[[Tensor, Tensor, "Tensor | None"], Tensor]


def _in_regions(loss: Callable[..., Tensor]) -> Loss:
    def found(x: Tensor, y: Tensor, weight: Tensor | None) -> Tensor:
        return loss(colors, Regions(x, x[:, :1], y[:, 1:2]), Regions(y, y[:, :1], y[:, 1:2]), weight)

    return found


def _corners(x: Tensor) -> Tensor:
    return torch.tensor([[[0, 0], [1, 2]]]).expand(len(x), -1, -1)


# x and y: (N, 3, 66, 66) in [0, 1]
LOSSES: dict[str, Loss] = {
    "Eq. 1": lambda x, y, w: torch.stack(
        list(losses.mask_objective(x, 4 * x - 2, y, _corners(x), MaskWeights(), w).values())
    ).sum(),
    "Eq. 2": losses.mask_l1,
    "Eq. 3": lambda x, y, w: losses.mask_bce(4 * x - 2, y, w),
    "Eq. 4": lambda x, y, w: losses.mask_patches(x, y, _corners(x), w),
    "Eq. 7 G": lambda x, y, w: losses.adversarial_generator(x, w),
    "Eq. 7 D": losses.adversarial_discriminator,
    "Eq. 8": losses.pixel_l1,
    "Eq. 9": lambda x, y, w: losses.body_l1(x, y, (11 * y[:, 0]).byte(), w),
    "Eq. 10": _in_regions(losses.content),
    "Eq. 11": _in_regions(losses.style),
    "Eq. 12": lambda x, y, w: losses.clothing_patches(
        colors, x, x[:, :1], y, y[:, :1], _corners(x), SpatialWeights(content=1, style=1), w
    ),
    "L_corr": lambda x, y, w: losses.sampling_correctness(y[..., :9, :9], x[..., :9, :9], x[:, :2, :9, :9], None, w),
    "L_corr, masked": lambda x, y, w: losses.sampling_correctness(
        y[..., :9, :9], x[..., :9, :9], x[:, :2, :9, :9], y[:, :1, :9, :9], w
    ),
    "smoothness": lambda x, y, w: losses.flow_smoothness(x[:, :2], w),
    "salient": lambda x, y, w: losses.salient_l1(x, y, (y > 0.5), w),
}


def _pictures(seed: int, items: int) -> tuple[Tensor, Tensor]:
    """Items of different difficulty: their losses differ."""
    generator = torch.Generator().manual_seed(seed)
    x, y = torch.rand(2, items, 3, 66, 66, generator=generator)
    return x * torch.linspace(0.1, 1, items).view(-1, 1, 1, 1), y


@pytest.mark.parametrize("name", LOSSES)
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 2**20), known=st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=2, max_size=2))
def test_a_batch_is_the_mean_of_its_halves(name: str, seed: int, known: list[float]) -> None:
    x, y = _pictures(seed, 2)
    weight = torch.tensor(known)
    whole = LOSSES[name](x, y, weight)
    halves = [LOSSES[name](x[i : i + 1], y[i : i + 1], weight[i : i + 1]) for i in range(2)]
    assert whole.item() == pytest.approx(torch.stack(halves).mean().item(), rel=1e-4, abs=1e-7)
    assert whole.shape == ()


@pytest.mark.parametrize("name", LOSSES)
def test_an_unknown_item_counts_as_nothing_in_the_mean(name: str) -> None:
    x, y = _pictures(0, 2)
    first = LOSSES[name](x[:1], y[:1], None).item()
    assert first != 0
    assert LOSSES[name](x, y, torch.tensor([1.0, 0.0])).item() == pytest.approx(first / 2, rel=1e-4)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("value", [0.0, 1.0])
@pytest.mark.parametrize("truth", [0.0, 1.0])
def test_gradients_are_finite_at_the_ends_of_the_range(name: str, value: float, truth: float) -> None:
    x, y = plain(value, 3, (66, 66)).requires_grad_(), plain(truth, 3, (66, 66))
    loss = LOSSES[name](x, y, None)
    (gradient,) = torch.autograd.grad(loss, x)
    assert torch.isfinite(loss)
    assert torch.isfinite(gradient).all()


def test_cross_entropy_is_finite_where_a_mask_is_quite_sure() -> None:
    logits = tensor([[-1000.0, 1000.0, 1000.0]]).requires_grad_()
    loss = losses.mask_bce(logits, tensor([[1.0, 0.0, 1.0]]))
    (gradient,) = torch.autograd.grad(loss, logits)
    assert loss.item() == pytest.approx(2000 / 3)
    assert torch.isfinite(gradient).all()


@pytest.mark.parametrize("name", LOSSES)
def test_mixed_precision_leaves_the_sums_in_float32(name: str) -> None:
    x, y = _pictures(1, 1)
    exact = LOSSES[name](x, y, None)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = LOSSES[name](x, y, None)
    assert mixed.dtype == torch.float32
    assert mixed.item() == pytest.approx(exact.item(), rel=1e-5)
