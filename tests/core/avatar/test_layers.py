"""The list of layers: what lies over what, merged by flow, on photos and on the stage."""

from __future__ import annotations

import numpy as np
import pytest

from fashionmirror_core.avatar.layers import (
    Layer,
    Show,
    flattened,
    flow_domains,
    grouped,
    on_stage,
)
from fashionmirror_core.person.stage import Stage

SIZE = (40, 30)  # height, width of the photo
ITSELF = Stage(40, 30, 1.0, (0.0, 0.0))
RED, BLUE = (200, 0, 0), (0, 0, 150)


def layer(
    name: str, flow: str, box: tuple[int, int, int, int], color: tuple[int, int, int] = RED, **how: bool
) -> Layer:
    picture = np.full((box[3] - box[1], box[2] - box[0], 4), (*color, 255), np.uint8)
    return Layer(name, picture, box, flow, **how)


ARM, SLEEVE = layer("arm", "arm", (5, 5, 15, 35)), layer("sleeve", "arm", (8, 0, 20, 20), BLUE, clothing=True)
HEAD = layer("head", "head", (0, 0, 10, 10))


def test_layers_of_one_flow_are_merged_on_a_box_around_them() -> None:
    groups = grouped([ARM, HEAD, SLEEVE])
    assert list(groups) == ["arm", "head"]
    group = groups["arm"]
    assert group.box == (5, 0, 20, 35)
    canvas = np.zeros((*SIZE, 4), np.uint8)
    for own in (ARM, SLEEVE):
        x0, y0, x1, y1 = own.box
        canvas[y0:y1, x0:x1] = own.picture
    np.testing.assert_array_equal(group.picture(), canvas[0:35, 5:20])
    assert group.picture(Show.CLOTHING)[..., 3].astype(bool).sum() == 12 * 20
    np.testing.assert_array_equal(group.picture(Show.PERSON)[5:, :10], ARM.picture)
    assert not groups["head"].picture(Show.CLOTHING).any()


@pytest.mark.parametrize("order", [("arm", "sleeve"), ("sleeve", "arm")])
def test_the_clothes_of_a_group_are_seen_as_far_as_nothing_of_it_covers_them(order: tuple[str, str]) -> None:
    by_name = {"arm": ARM, "sleeve": SLEEVE}
    (group,) = grouped(by_name[name] for name in order).values()
    clothing, everything = group.alphas[..., 0] > 0, group.alphas[..., 1] > 0
    both = 7 * 15  # pixels of the box that arm and sleeve share
    assert clothing.sum() == 12 * 20 - (both if order[-1] == "arm" else 0)
    assert everything.sum() == 10 * 30 + 12 * 20 - both


def test_flattened_layers_lie_over_each_other_flow_after_flow() -> None:
    picture = flattened([ARM, HEAD, SLEEVE], SIZE)
    np.testing.assert_array_equal(picture[7, 9, :3], RED)  # the head's flow is named after the arm's
    np.testing.assert_array_equal(picture[12, 12, :3], BLUE)
    assert not flattened([ARM, HEAD], SIZE, Show.CLOTHING).any()


def test_a_flows_domain_is_where_any_of_its_layers_has_pixels() -> None:
    domains = flow_domains([ARM, HEAD, SLEEVE], ITSELF, SIZE[::-1])
    assert domains.keys() == {"arm", "head"}
    assert (domains["arm"] > 0.5).sum() == 10 * 30 + 12 * 20 - 7 * 15
    assert (domains["head"] > 0.5).sum() == 100


def test_the_stage_gets_every_layer_in_the_order_of_the_list() -> None:
    stack = on_stage([SLEEVE, ARM], ITSELF)
    assert stack.shape == (2, 4, *SIZE)
    np.testing.assert_array_equal(stack[0].transpose(1, 2, 0)[0:20, 8:20], SLEEVE.picture)
    assert stack[1, 3].astype(bool).sum() == 10 * 30
