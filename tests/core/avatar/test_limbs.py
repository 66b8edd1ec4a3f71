"""Where a limb is the body's own: bare skin, and nothing that clothes hide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from fashionmirror_core.avatar.avatar import build_avatar
from fashionmirror_core.avatar.dressing import build_layers
from fashionmirror_core.avatar.limbs import Bare, BodyLimb, of_one_colour, sleeve_name, vertex_normals
from fashionmirror_core.avatar.sheets import SLICES
from fashionmirror_core.avatar.surface import Surface
from fashionmirror_core.body.fitted import Bone
from fashionmirror_core.body.model import BodyModel
from fashionmirror_core.look import Look
from fashionmirror_core.vocabulary import Part

SIDES = 12  # of a tube


def slices(*bare: float) -> np.ndarray:
    """The slices of a limb that are the body's, of shares of bare skin in tenths of its length."""
    share = np.repeat(bare, SLICES // len(bare))
    nothing = None
    return Bare(nothing, nothing, nothing, (0.0, 1.0), np.zeros((1, 1), np.float32), share).slices  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("bare", "expected"),
    [
        ((1, 1, 0, 0, 0, 0, 0, 0, 0, 0), 0),  # trousers: the skin above their legs is hidden
        ((1, 1, 0, 0, 1, 1, 1, 1, 1, 0), 5),  # shorts
        ((1, 1, 1, 1, 1, 1, 1, 1, 1, 0), 9),  # a dress and shoes
        ((1, 1, 1, 1, 1, 0, 0, 0, 0, 0), 5),  # a dress and boots
        ((1,) * 10, 10),
        ((0,) * 10, 0),
    ],
)
def test_skin_above_trouser_legs_is_hidden(bare: tuple[float, ...], expected: int) -> None:
    assert slices(*bare).sum() == expected * SLICES // 10


def drawn(surface: Surface, size: tuple[int, int], zoom: int = 4) -> np.ndarray:
    """(H, W) in [0, 1]: a surface's silhouette. size: (width, height)."""
    canvas = np.zeros((size[1] * zoom, size[0] * zoom), np.uint8)
    corners = np.round((surface.vertices[:, :2] + 0.5) * zoom * 16).astype(np.int32)
    for triangle in corners[surface.triangles]:
        cv2.fillConvexPoly(canvas, triangle, 1, cv2.LINE_8, 4)
    return cv2.resize(canvas.astype(np.float32), size, interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("name", ["r_arm body", "l_arm body"])
def test_a_bare_arm_is_as_wide_as_in_the_photo(name: str, look: Look) -> None:
    (surface,) = (surface for surface in look.avatar.surfaces if surface.name == name)
    arm = drawn(surface, look.size)
    shown = look.at_rest.image[..., 3] / 255
    assert (arm * (1 - shown)).sum() < 0.1 * arm.sum()


@pytest.mark.parametrize("name", ["r_arm body", "l_arm body"])
def test_a_bare_hand_is_whole(name: str, look: Look) -> None:
    """The limb is one piece, and no thinner at the knuckles, although the photo's hand has a soft edge."""
    (surface,) = (surface for surface in look.avatar.surfaces if surface.name == name)
    arm = (drawn(surface, look.size, 8) > 0.3).astype(np.uint8)
    count, _, sizes, _ = cv2.connectedComponentsWithStats(arm)
    assert count >= 2
    assert sizes[1:, cv2.CC_STAT_AREA].max() > 0.97 * arm.sum()
    bone = Bone.R_HAND if name.startswith("r") else Bone.L_HAND
    wanted = (BodyModel.load().skin.weights[:, bone] > 0.9).sum()
    there = surface.weights[surface.bones == bone]
    assert (there > 0.9).sum() > 0.95 * wanted


@pytest.mark.parametrize("part", [Part.R_ARM, Part.L_ARM])
def test_a_sleeve_that_stays_is_a_tube_that_ends_at_its_cuff(part: Part, dressed: Callable[..., Look]) -> None:
    """It stands in for the sheet of the photo's pixels, which is torn from the side and from behind."""
    look = dressed("red-top", "skirt-navy")
    surfaces = {surface.name: surface for surface in look.avatar.surfaces}
    sleeve = surfaces[sleeve_name(part)]
    assert sleeve.shown is not None
    assert (sleeve.shown == 1).all()
    bone = Bone.R_HAND if part is Part.R_ARM else Bone.L_HAND
    x, y = np.clip(np.round(sleeve.texel).astype(int), 0, np.array(sleeve.texture.picture.shape[1::-1]) - 1).T
    alpha = sleeve.texture.picture[y, x, 3]
    upper = (sleeve.weights * (sleeve.bones == (Bone.R_UPPER_ARM if part is Part.R_ARM else Bone.L_UPPER_ARM))).sum(1)
    assert (alpha[upper > 0.9] > 200).mean() > 0.5
    assert not ((sleeve.weights * (sleeve.bones == bone)).sum(1) > 0.9)[alpha > 200].any()
    away = vertex_normals(sleeve.vertices.astype(float), sleeve.triangles)[:, 2]
    assert away.min() < -0.9
    assert away.max() > 0.9  # all round


def test_a_leg_is_bare_in_one_stretch_whatever_the_labels_speckle() -> None:
    share = np.repeat((0.0, 0.9, 1.0, 0.4, 1.0, 0.1, 0.0, 0.6, 0.0, 0.0), SLICES // 10)
    nothing = None
    leg = Bare(nothing, nothing, nothing, (0.0, 1.0), np.zeros((1, 1), np.float32), share, level=True)  # type: ignore[arg-type]
    assert np.flatnonzero(leg.slices).tolist() == list(range(SLICES // 10, SLICES // 2))


def test_what_stands_in_for_a_leg_is_told_slice_by_slice() -> None:
    """A sheet stays where nothing does, or the leg would have a gap."""
    spine = SimpleNamespace(coordinates=lambda points: (points[:, 1], points[:, 0]))
    share, mask = np.ones(SLICES), np.zeros((1, 1), np.float32)
    leg = Bare(None, None, spine, (100.0, 10.0 * SLICES), mask, share, level=True)  # type: ignore[arg-type]
    limb, boot = (np.array([[0.0, 100 + 10 * row + 5, 0.0] for row in rows]) for rows in ((3, 5), (12, 14)))
    assert np.flatnonzero(leg.holding([limb, boot])).tolist() == [2, 3, 4, 5, 6, 11, 12, 13, 14, 15]
    assert not leg.holding([]).any()


def test_a_hand_begins_where_its_sleeve_ends() -> None:
    """A sleeve over the hand is cut off at the wrist: between it and what the photo shows bare there would be a gap."""
    share = np.zeros(SLICES)
    share[SLICES - 3 :] = 1
    hand = Bare(None, None, None, (0.0, 1.0), np.zeros((1, 1), np.float32), share)  # type: ignore[arg-type]
    assert np.flatnonzero(hand.from_cuff(SLICES - 7.5).slices)[0] == SLICES - 8
    gloved = replace(hand, share=np.zeros(SLICES))
    assert not gloved.from_cuff(SLICES - 7.5).slices.any()


def test_trousers_show_no_rim_of_a_hand_before_them_from_behind(dressed: Callable[..., Look]) -> None:
    """In the photo's pose they do: there the frame is the photo."""
    look = dressed("red-top", "skirt-navy")
    subject, stage = look.subject, look.stage
    photo, matte = look.person.whole
    leg = subject.parts[Part.R_LEG]
    rows, columns = np.indices(subject.size)
    place = 0.5 * (subject.body.leg(Part.R_LEG.side)[0] + subject.body.leg(Part.R_LEG.side)[1])
    away = np.hypot(columns - place[0], rows - place[1]) / subject.body.stature
    hand = ((away < 0.02) & (leg > 0.5)).astype(np.float32)
    parts = {**subject.parts, Part.R_ARM: np.maximum(subject.parts[Part.R_ARM], hand), Part.R_LEG: leg * (1 - hand)}
    size = (photo.shape[1], photo.shape[0])
    photo = np.where(stage.uncrop((away < 0.032).astype(np.float32), size)[..., None] > 0.5, (255, 0, 255), photo)
    photo = photo.astype(np.uint8)
    subject, removed = replace(subject, parts=parts), np.zeros(subject.size, np.float32)
    layers = build_layers(photo, matte, stage, subject, removed, [])
    avatar = build_avatar(layers, subject, stage, look.body, removed, [])
    (own,) = (surface for surface in avatar.surfaces if surface.name == Part.R_LEG)
    picture = own.texture.picture.astype(int)
    magenta = (np.minimum(picture[..., 0], picture[..., 2]) - picture[..., 1]) > 100
    middle = picture.shape[1] // 2
    assert magenta[:, :middle].sum() > 20
    assert magenta[:, middle:].sum() < 0.05 * magenta[:, :middle].sum()


def limb_in_trousers() -> tuple[np.ndarray, BodyLimb, Bare]:
    """A tube down to y = 400, of whose lower half the photo shows what isn't cloth: vertices (V, 3), limb and bare part."""
    rings, sides = 40, SIDES
    height, turn = np.meshgrid(np.linspace(0, 400, rings), np.arange(sides) * 2 * np.pi / sides, indexing="ij")
    vertices = np.stack([60 + 15 * np.cos(turn), height, 15 * np.sin(turn)], -1).reshape(-1, 3)
    number = np.arange(rings * sides).reshape(rings, sides)
    ring, after, below = number[:-1], np.roll(number, -1, 1)[:-1], number[1:]
    next_below = np.roll(number, -1, 1)[1:]
    faces = np.concatenate(
        [np.stack(corners, -1).reshape(-1, 3) for corners in ((ring, after, below), (after, next_below, below))]
    )
    picture = np.zeros((420, 120, 4), np.uint8)
    picture[200:400, 40:80] = (40, 30, 20, 255)
    mask = (picture[..., 3] > 0).astype(np.float32)
    piece = SimpleNamespace(name=str(Part.L_LEG), front=SimpleNamespace(picture=picture))
    spine = SimpleNamespace(
        coordinates=lambda points: (points[:, 1], points[:, 0] - 60),
        across=lambda points: np.tile([-1.0, 0.0], (len(points), 1)),
    )
    own = Bare(piece, None, spine, (200.0, 200.0), mask, np.ones(SLICES), level=True)  # type: ignore[arg-type]
    box = (0, 0, 120, 420)
    weights = np.zeros((len(vertices), 22))
    weights[:, 0] = 1
    chosen = np.ones(len(vertices), bool)
    limb = BodyLimb(
        faces, weights, chosen, box, box, 800.0, np.zeros(3, np.float32), 0.0, lambda places: np.zeros(len(places))
    )
    return vertices, limb, own


def test_a_boot_ends_where_the_photo_shows_its_end() -> None:
    """The leg above it isn't in the picture, for its trousers were taken off."""
    vertices, limb, boot = limb_in_trousers()
    shaft = limb.shaft(boot, vertices)
    assert shaft is not None
    highest = shaft.vertices[:, 1].min()
    assert highest == pytest.approx(200, abs=1e-3)
    assert (shaft.vertices[:, 1] < highest + 0.1).sum() >= SIDES  # a level edge, though no ring of the body is there
    assert shaft.vertices[:, 1].max() > 390


def test_a_bare_leg_counts_as_farther_within_its_trouser_leg() -> None:
    """A calf is rounder than the back of a trouser leg: seen from behind it would stand out of it."""
    vertices, limb, bare = limb_in_trousers()
    bare = replace(bare, share=(np.arange(SLICES) >= 20).astype(float))  # from y = 300 down
    leg = limb.bare(bare, vertices, vertices, np.zeros((420, 120), np.uint8))
    assert leg is not None
    assert leg.ahead is not None
    y = leg.vertices[:, 1]
    assert (leg.ahead[y > 300] == 0).all()
    assert y.min() < 300
    assert (leg.ahead[y < 300] < -0.02 * 800).all()


@pytest.mark.parametrize(("cloth", "one"), [((44, 30, 24), True), ((90, 110, 160), False), (None, False)])
def test_leggings_of_a_boots_colour_are_told_from_its_shaft_by_no_edge(
    cloth: tuple[int, int, int] | None, one: bool
) -> None:
    """The labels part them anywhere. cloth: its colour above the shaft; None: there is none."""
    _, _, boot = limb_in_trousers()
    picture = boot.piece.front.picture
    own, above = (picture[..., 3] > 0).astype(np.float32), np.zeros(picture.shape[:2], np.float32)
    if cloth is not None:
        above[100:200, 40:80] = 1
        picture[100:200, 40:80] = (*cloth, 255)
    assert of_one_colour(boot.piece, (0, 0, 120, 420), own, above, (200.0, 300.0), 400.0) == one
