"""Stage I: the human encoder, co-attention, M_c^s, and the multi-frame branch."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from fashionmirror_core.networks.blocks import resize, warp
from fashionmirror_core.networks.garment_encoder import TOKEN_CHANNELS, TOKENS
from fashionmirror_core.networks.stage_one import (
    CLOTH,
    PARSED_HEIGHT,
    SUMMARY,
    Clothes,
    CoAttentionMasks,
    Human,
    HumanEncoder,
    MultiFrameMasks,
    bone_flow,
    places_by_bones,
    token_places,
    token_targets,
)
from fashionmirror_core.skeleton import Joint
from fashionmirror_core.vocabulary import Label


def person(height: int = 256, width: int = 192) -> tuple[Tensor, Tensor, Tensor]:
    """Smooth enough that a larger stage shows nothing that a smaller one doesn't."""
    rows, columns = torch.meshgrid(torch.linspace(0, 3, height), torch.linspace(0, 2, width), indexing="ij")
    image = torch.stack([torch.sin(rows), torch.cos(columns), torch.sin(rows + columns)])[None] / 2 + 0.5
    matte = ((rows > 0.5) & (columns > 0.4) & (columns < 1.6)).float()[None, None]
    joints = torch.rand(1, 25, 3, generator=torch.Generator().manual_seed(3)) * torch.tensor([width - 1, height - 1, 1])
    return image, matte, joints


def human(batch: int = 1) -> Human:
    return Human(
        torch.zeros(batch, len(Label), 96, 72),
        torch.randn(batch, 96, 24, 18),
        torch.randn(batch, 96, 48, 36),
        torch.randn(batch, 32, 96, 72),
        pose().expand(batch, -1, -1),
    )


def lying() -> Tensor:
    """Somebody who stands upright in a garment's square, as large as it."""
    joints = pose()
    return torch.cat(((joints[..., :2] + 0.5) / 192, joints[..., 2:]), -1)


def clothes(batch: int = 1) -> Clothes:
    tokens = torch.cat(
        (torch.randn(batch, TOKEN_CHANNELS - 1, TOKENS, TOKENS), torch.ones(batch, 1, TOKENS, TOKENS)), 1
    )
    return Clothes(tokens, lying().expand(batch, -1, -1), torch.ones(batch, 1, CLOTH, CLOTH))


# ------------------------------------------------------------------------------------------------- the human encoder


def test_untrained_the_human_encoder_says_nothing() -> None:
    network = HumanEncoder().eval()
    with torch.no_grad():
        found = network(*person())
    assert network.idle
    assert found.labels.shape == (1, len(Label), 96, 72)
    assert found.eighth.shape == (1, 96, 24, 18)
    assert not found.labels.any()


def test_the_parser_sees_twice_the_rows(perturbed) -> None:
    network = perturbed(HumanEncoder(size=2, height=PARSED_HEIGHT), 0.01).eval()
    with torch.no_grad():
        assert network(*person()).labels.shape == (1, len(Label), 192, 144)


def test_a_larger_stage_is_seen_alike(perturbed) -> None:
    network = perturbed(HumanEncoder(), 0.01).eval()
    image, matte, joints = person()
    placed = torch.cat([(joints[..., :2] + 0.5) * 2 - 0.5, joints[..., 2:]], -1)
    with torch.no_grad():
        small = network(image, matte, joints).labels
        large = network(*(resize(picture, (512, 384)) for picture in (image, matte)), placed).labels
    assert small.shape == large.shape
    assert (small.softmax(1) - large.softmax(1)).abs().mean() < 0.02
    assert not network.idle


def test_what_is_behind_the_person_is_not_seen(perturbed) -> None:
    network = perturbed(HumanEncoder(), 0.01).eval()
    image, matte, joints = person()
    with torch.no_grad():
        here = network(image, matte, joints).labels
        assert torch.equal(here, network(torch.where(matte > 0, image, 1 - image), matte, joints).labels)


def test_a_joint_that_is_not_there_is_not_looked_at(perturbed) -> None:
    network = perturbed(HumanEncoder(), 0.01).eval()
    image, matte, joints = person()
    joints[0, 4, 2] = 0
    moved = joints.clone()
    moved[0, 4, :2] = 5
    with torch.no_grad():
        assert torch.equal(network(image, matte, joints).labels, network(image, matte, moved).labels)


def test_the_statistics_of_imagenet_stay_in_training() -> None:
    network = HumanEncoder().train()
    before = network.stages[3][0].depthwise[1].running_mean.clone()
    network(*person())
    assert torch.equal(network.stages[3][0].depthwise[1].running_mean, before)
    assert network.up4.mix[1].training


def test_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 16"):
        HumanEncoder()(*person(100, 96))


# ------------------------------------------------------------------------------------------------------ co-attention


def test_every_place_of_the_person_spreads_its_attention_over_the_clothes_and_nothing(perturbed) -> None:
    network = perturbed(CoAttentionMasks())
    pair = network(human(2), clothes(2), torch.eye(3)[:2])
    assert pair.attention.shape == (2, 24 * 18, TOKENS * TOKENS + 1)
    torch.testing.assert_close(pair.attention.sum(2), torch.ones(2, 24 * 18))
    assert pair.clothing.shape == (2, 1, 96, 72)
    assert pair.summary.shape == (2, SUMMARY, TOKENS, TOKENS)


def test_nobody_looks_where_the_picture_shows_no_cloth() -> None:
    network, garment = CoAttentionMasks().eval(), clothes()
    garment.tokens[:, -1, :, :4] = 0
    with torch.no_grad():
        seen = network(human(), garment, torch.eye(3)[:1]).attention[..., :-1].unflatten(2, (TOKENS, TOKENS))
    assert seen[..., :4].max() < 1e-6


def test_the_mask_depends_on_garment_and_kind_once_trained(perturbed) -> None:
    network, seen, garment = perturbed(CoAttentionMasks()).eval(), human(), clothes()
    with torch.no_grad():
        mask = network(seen, garment, torch.eye(3)[:1]).clothing
        turned = garment._replace(tokens=garment.tokens.flip(-1))
        assert not torch.equal(network(seen, turned, torch.eye(3)[:1]).clothing, mask)
        assert not torch.equal(network(seen, garment, torch.eye(3)[1:2]).clothing, mask)


def test_without_co_attention_the_garment_is_its_mean(perturbed) -> None:
    network, seen, garment = perturbed(CoAttentionMasks(attends=False)).eval(), human(), clothes()
    with torch.no_grad():
        mask = network(seen, garment, torch.eye(3)[:1]).clothing
        garment = garment._replace(tokens=garment.tokens.flip(-1), joints=garment.joints / 2)
        turned = network(seen, garment, torch.eye(3)[:1]).clothing
    torch.testing.assert_close(mask, turned, atol=1e-4, rtol=1e-4)


def test_cloth_goes_along_with_the_bones_beside_it() -> None:
    """A garment in which somebody just like the person would stand lies over them place by place, whatever its size."""
    for size in (1.0, 0.5):
        places = places_by_bones(torch.cat((lying()[..., :2] * size, lying()[..., 2:]), -1), pose(), (96, 72), 192)
        rows, columns = torch.meshgrid(torch.arange(96) + 0.5, torch.arange(72) + 0.5, indexing="ij")
        expected = torch.stack((columns, rows), -1) / 96 * size
        torch.testing.assert_close(places[0], expected, atol=0.005, rtol=0)


def test_untrained_each_place_looks_where_the_bones_lead() -> None:
    network = CoAttentionMasks().eval()
    with torch.no_grad():
        attention = network(human(), clothes(), torch.eye(3)[:1]).attention
    by_bones = places_by_bones(lying(), pose(), (24, 18), 192).flatten(1, 2)
    inside = ((by_bones > 0.1) & (by_bones < 0.9)).all(2)
    assert inside.sum() > 200
    assert (token_places(attention) - by_bones)[inside].abs().max() < 0.5 / TOKENS


def test_places_survive_the_way_through_tokens() -> None:
    generator = torch.Generator().manual_seed(1)
    places = torch.rand(2, 5, 4, 2, generator=generator) * 0.9 + 0.05
    target = token_targets(places, torch.ones(2, 5, 4))
    torch.testing.assert_close(target.sum(2), torch.ones(2, 20))
    torch.testing.assert_close(token_places(target), places.flatten(1, 2), atol=1e-4, rtol=0)
    assert torch.equal(token_targets(places, torch.zeros(2, 5, 4))[..., -1], torch.ones(2, 20))


def test_gradient_reaches_every_parameter(perturbed, parameters_without_gradient) -> None:
    network = perturbed(CoAttentionMasks())
    pair = network(human(), clothes(), torch.eye(3)[:1])
    assert parameters_without_gradient(network, torch.cat((pair.clothing.flatten(), pair.summary.flatten()))) == []


# ------------------------------------------------------------------------------------------------ the multi-frame branch


def pose(height: int = 192, width: int = 144) -> Tensor:
    """Somebody who stands upright."""
    places = {
        Joint.NOSE: (72, 25), Joint.NECK: (72, 40), Joint.MID_HIP: (72, 100),
        Joint.R_SHOULDER: (58, 42), Joint.R_ELBOW: (52, 70), Joint.R_WRIST: (50, 95),
        Joint.L_SHOULDER: (86, 42), Joint.L_ELBOW: (92, 70), Joint.L_WRIST: (94, 95),
        Joint.R_HIP: (64, 100), Joint.R_KNEE: (63, 135), Joint.R_ANKLE: (62, 170),
        Joint.L_HIP: (80, 100), Joint.L_KNEE: (81, 135), Joint.L_ANKLE: (82, 170),
    }  # fmt: skip
    joints = torch.zeros(1, 25, 3)
    for joint, (x, y) in places.items():
        joints[0, joint] = torch.tensor([x, y, 1.0])
    return joints


def test_who_stands_still_takes_nothing_along() -> None:
    assert bone_flow(pose(), pose(), 192, 144).abs().max() < 1e-3


def test_who_steps_aside_takes_everything_along() -> None:
    moved = pose() + torch.tensor([7.0, -3.0, 0.0])
    flow = bone_flow(pose(), moved, 192, 144)
    torch.testing.assert_close(flow[0, :, 60, 72], torch.tensor([-7.0, 3.0]), atol=1e-2, rtol=0)


def test_a_raised_arm_takes_its_sleeve_along() -> None:
    raised = pose()
    raised[0, Joint.R_ELBOW, :2] = torch.tensor([30.0, 42.0])
    raised[0, Joint.R_WRIST, :2] = torch.tensor([5.0, 42.0])
    mask = torch.zeros(1, 1, 192, 144)
    mask[..., 45:68, 50:57] = 1  # along the upper arm
    seen = warp(mask, bone_flow(pose(), raised, 192, 144))
    rows, columns = torch.nonzero(seen[0, 0] > 0.5, as_tuple=True)
    assert float(rows.float().mean()) < 53, "it hung around row 56"
    assert int(columns.min()) < 40


def test_untrained_the_next_mask_is_the_carried_one() -> None:
    network, mask = MultiFrameMasks().eval(), torch.zeros(1, 1, 192, 144)
    mask[..., 40:110, 50:90] = 1
    with torch.no_grad():
        following, logits = network(mask, pose(), pose(), torch.randn(1, SUMMARY, TOKENS, TOKENS))
    assert network.idle
    assert ((following > 0.5) == (mask > 0.5)).float().mean() > 0.98
    assert logits.shape == mask.shape
    assert all(math.isfinite(value) for value in (float(logits.min()), float(logits.max())))


def test_the_next_mask_depends_on_poses_and_clothes_once_trained(perturbed, parameters_without_gradient) -> None:
    network = perturbed(MultiFrameMasks())
    mask = torch.rand(1, 1, 192, 144)
    inputs = [mask, pose(), pose() + torch.tensor([4.0, 0.0, 0.0]), torch.randn(1, SUMMARY, TOKENS, TOKENS)]
    found, logits = network(*inputs)
    for position, other in ((0, 1 - mask), (1, inputs[2]), (2, inputs[1]), (3, -inputs[3])):
        changed = list(inputs)
        changed[position] = other
        assert not torch.equal(network(*changed)[0], found)
    assert parameters_without_gradient(network, logits) == []
