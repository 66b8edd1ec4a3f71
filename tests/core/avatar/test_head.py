"""The head: the photo's own sheet in front, skull and hair all round, of the person's colours alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest
from scipy.ndimage import binary_fill_holes, gaussian_filter
from scipy.spatial.transform import Rotation

from fashionmirror_core.avatar import head as head_module
from fashionmirror_core.avatar.head import HAIR, INSIDE, RIM_GOES, ROUND_COMES, SHEET_GOES, SKULL, Head, HeadPhoto
from fashionmirror_core.avatar.skull import skin_pictures, skull_of, turn_to
from fashionmirror_core.avatar.surface import Fade, Surface
from fashionmirror_core.body.fit import fit_body
from fashionmirror_core.body.fitted import Bone, FittedBody
from fashionmirror_core.body.model import BodyModel
from fashionmirror_core.drawing.renderer import Renderer
from fashionmirror_core.person import face as mesh
from fashionmirror_core.person.person import Person
from fashionmirror_core.skeleton import Joint

SCALE, SIZE = 400.0, (200, 240)  # pixels a metre; width, height of the photo
SKIN, BROWN, BLUE, GREEN = (220, 170, 140), (90, 60, 40), (30, 60, 220), (0, 220, 0)


def body(degrees: float = 0) -> FittedBody:
    """A body at rest, turned by so much, whose head is in the middle of the photo."""
    model = BodyModel.load()
    posed = model.posed(np.zeros(14), np.tile(np.eye(3), (22, 1, 1)))
    turn = Rotation.from_euler("y", degrees, degrees=True).as_matrix()
    landmarks, joints, vertices = (
        SCALE * points @ turn.T for points in (model.body_25(posed), posed.joints, posed.place(model.skin))
    )
    shift = np.array([SIZE[0] / 2, 0.45 * SIZE[1], 0]) - landmarks[Joint.NOSE]
    return FittedBody(
        shape=np.zeros(14, np.float32),
        rotations=np.tile(turn.astype(np.float32), (22, 1, 1)),
        joints=(joints + shift).astype(np.float32),
        vertices=(vertices + shift).astype(np.float32),
        landmarks=(landmarks + shift).astype(np.float32),
        scale=SCALE,
        up=np.array([0, -1, 0], np.float32),
    )


def photo(fitted: FittedBody, long: bool) -> HeadPhoto:
    """A face with blue eyes and brown hair before a green screen."""
    width, height = SIZE
    skull = skull_of(fitted, BodyModel.load(), None)
    person, hair = np.zeros((height, width), np.uint8), np.zeros((height, width), np.uint8)
    for triangle in np.round(skull.vertices[skull.triangles][..., :2]).astype(np.int32):
        cv2.fillConvexPoly(person, triangle, 1)
    ears, nose = fitted.landmarks[[Joint.R_EAR, Joint.L_EAR]], fitted.landmarks[Joint.NOSE]
    middle, half = ears[:, :2].mean(0), abs(float(np.ptp(ears[:, 0]))) / 2
    ellipse = tuple(int(v) for v in middle)
    cv2.ellipse(hair, ellipse, (int(1.3 * half), int(1.9 * half)), 0, 180, 360, 1, -1)
    if long:
        cv2.rectangle(
            hair, (ellipse[0] - int(1.3 * half), ellipse[1]), (ellipse[0] + int(1.3 * half), height - 30), 1, -1
        )
    face = np.zeros_like(hair)
    cv2.ellipse(face, (int(nose[0]), int(nose[1])), (int(0.75 * half), int(1.1 * half)), 0, 0, 360, 1, -1)
    hair[face > 0] = 0
    person |= hair
    colors = np.full((height, width, 3), GREEN, np.float32)
    colors[person > 0] = SKIN
    colors[hair > 0] = BROWN
    for eye in fitted.landmarks[[Joint.R_EYE, Joint.L_EYE], :2]:
        cv2.circle(colors, tuple(int(v) for v in np.round(eye)), 2, BLUE, -1)
    colors = cv2.GaussianBlur(colors, (0, 0), 0.8)  # the edge has the screen's colour in it
    own = (person > 0) & (np.arange(height)[:, None] < nose[1] + 1.6 * half)
    own |= hair > 0
    skin = (person > 0) & (hair == 0) & (cv2.erode(person, np.ones((3, 3), np.uint8)) > 0)
    shares, tone = (hair.astype(np.float32), skin.astype(np.float32)), np.array(SKIN, np.float32)
    tied = np.zeros(own.shape, bool)
    return HeadPhoto(colors, own, person > 0, shares[0], tied, shares[1], tone, np.zeros(2))


def nothing(places: np.ndarray, outside: float) -> np.ndarray:
    return np.full(places.shape[:-1], outside)


@pytest.fixture(scope="module")
def surfaces() -> Callable[[bool], dict[str, Surface]]:
    """Long hair or short -> skull and hair, made once."""
    made: dict[bool, dict[str, Surface]] = {}

    def get(long: bool) -> dict[str, Surface]:
        if long not in made:
            fitted, model = body(), BodyModel.load()
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(head_module.mesh, "face_points", lambda *_: None)  # a drawing has no face
                head = Head.of(photo(fitted, long), fitted, model, nothing, nothing)
            own = head.surfaces(fitted, model, float(fitted.landmarks[Joint.NOSE, 1]) + 30, 30.0)
            made[long] = {surface.name: surface for surface in own}
        return made[long]

    return get


def turned(degrees: float) -> np.ndarray:
    """(22, 3, 4): the head turned about the vertical in the middle of the photo."""
    rotation = Rotation.from_euler("y", degrees, degrees=True).as_matrix()
    middle = np.array([SIZE[0] / 2, SIZE[1] / 2, 0])
    transform = np.concatenate([rotation, (middle - rotation @ middle)[:, None]], 1)
    return np.tile(transform.astype(np.float32), (len(Bone), 1, 1))


@pytest.mark.parametrize("long", [False, True])
def test_from_no_side_does_the_head_have_the_backgrounds_colour(
    surfaces: Callable[[bool], dict[str, Surface]], long: bool
) -> None:
    renderer = Renderer(list(surfaces(long).values()), SIZE)
    for degrees in (40, 90, 135, 180, 250):
        image = renderer.draw(turned(degrees)).image.astype(int)
        solid = image[image[..., 3] > 200]
        assert len(solid) > 3000
        assert (solid[:, 1] <= np.maximum(solid[:, 0], solid[:, 2]) + 8).all()


@pytest.mark.parametrize("long", [False, True])
def test_eyes_are_seen_from_in_front_alone(surfaces: Callable[[bool], dict[str, Surface]], long: bool) -> None:
    renderer = Renderer(list(surfaces(long).values()), SIZE)

    def blue(degrees: float) -> int:
        image = renderer.draw(turned(degrees)).image.astype(int)
        return int((image[..., 2] > image[..., 0] + 30).sum())

    assert blue(30) > 10
    assert [blue(degrees) for degrees in (120, 180, 240)] == [0, 0, 0]


@pytest.mark.parametrize("degrees", [-55, 55])
def test_what_a_turned_face_hides_looks_as_its_other_side(degrees: float) -> None:
    fitted, model = body(degrees), BodyModel.load()
    shown = photo(fitted, False)
    eyes = sorted((Joint.R_EYE, Joint.L_EYE), key=lambda eye: fitted.landmarks[eye, 2])
    colors = np.full_like(shown.colors, SKIN)
    colors[shown.hair > 0.5] = BROWN
    cv2.circle(colors, tuple(int(v) for v in np.round(fitted.landmarks[eyes[0], :2])), 3, BLUE, -1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(head_module.mesh, "face_points", lambda *_: None)
        head = Head.of(replace(shown, colors=colors), fitted, model, nothing, nothing)
    own = head.surfaces(fitted, model, float(fitted.landmarks[Joint.NOSE, 1]) + 30, 30.0)
    image = Renderer(own, SIZE).draw(turned(-degrees)).image.astype(int)
    for eye in eyes:
        x, y, _ = turned(-degrees)[Bone.HEAD] @ np.r_[fitted.landmarks[eye], 1]
        around = image[round(y) - 5 : round(y) + 6, round(x) - 5 : round(x) + 6]
        assert (around[..., 2] > around[..., 0] + 20).sum() > 5
        assert (np.abs(around[..., :3] - BROWN).max(-1) < 30).mean() < 0.1  # no hair hangs over it


@pytest.mark.parametrize(("half", "low"), [(4, 6), (8, 30)])
def test_dark_frames_and_glasses_do_not_run_over_temple_and_cheek(half: int, low: int) -> None:
    fitted, model = body(), BodyModel.load()
    shown = photo(fitted, False)
    skull = skull_of(fitted, model, None)
    right, left = fitted.landmarks[[Joint.R_EYE, Joint.L_EYE], :2]
    features = shown.polygon(
        np.add([right, left, left, right], [[-6, -6], [6, -6], [6, low], [-6, low]])  # down to the mouth
    )
    colors = np.full_like(shown.colors, SKIN)
    rows = slice(int(right[1]) - 4, int(right[1]) + 5)
    colors[rows] = 10.0  # from ear to ear
    lenses = slice(int(right[1]) - half, int(right[1]) + half + 1), slice(int(right[0]) - 9, int(left[0]) + 10)
    colors[lenses] = 10.0
    seen = np.ones(features.shape, np.float32)
    front, back = skin_pictures(skull, colors, seen, features, np.zeros(2))
    assert (front[rows][features[rows]] < 60).mean() > 0.9
    ear = round(float(fitted.landmarks[Joint.R_EAR, 0]))
    assert np.abs(front[rows, ear - 3 : ear + 4] - SKIN).max() < 12
    assert np.abs(back - SKIN).max() < 12


def test_the_back_of_the_head_is_hair_and_the_nape_of_short_hair_is_skin(
    surfaces: Callable[[bool], dict[str, Surface]],
) -> None:
    fitted = body()
    ear = fitted.landmarks[[Joint.R_EAR, Joint.L_EAR], 1].mean()
    heights = (ear - 25, ear + 45)
    for long, expected in ((False, (BROWN, SKIN)), (True, (BROWN, BROWN))):
        image = Renderer(list(surfaces(long).values()), SIZE).draw(turned(180)).image
        for height, color in zip(heights, expected, strict=True):
            seen = image[int(height) - 2 : int(height) + 3, SIZE[0] // 2 - 4 : SIZE[0] // 2 + 5, :3].reshape(-1, 3)
            assert np.abs(np.median(seen, axis=0) / color - 1).max() < 0.35


def test_behind_a_cap_is_a_cap_and_the_hair_below_it_is_hair() -> None:
    fitted, model = body(), BodyModel.load()
    shown, red = photo(fitted, True), np.array([200, 40, 50], np.float32)
    edge = int(fitted.landmarks[[Joint.R_EAR, Joint.L_EAR], 1].mean()) - 8
    shown.colors[:edge][shown.hair[:edge] > 0] = red
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(head_module.mesh, "face_points", lambda *_: None)
        head = Head.of(shown, fitted, model, nothing, nothing)
    own = head.surfaces(fitted, model, float(fitted.landmarks[Joint.NOSE, 1]) + 30, 30.0)
    image = Renderer(own, SIZE).draw(turned(180)).image
    for row, color in ((edge - 16, red), (edge + 22, np.array(BROWN))):
        seen = image[row - 2 : row + 3, SIZE[0] // 2 - 4 : SIZE[0] // 2 + 5, :3].reshape(-1, 3)
        assert np.abs(np.median(seen, axis=0) - color).max() < 40, row


@pytest.mark.parametrize(("gap", "wide", "goes_on"), [(0, 1.0, True), (8, 1.0, False), (0, 0.35, False)])
def test_hair_that_ends_where_the_shoulders_begin_goes_on_behind_them(gap: int, wide: float, goes_on: bool) -> None:
    """wide: the share of the hair below the chin that the shoulders meet: of a bob, a tip may."""
    fitted, model = body(), BodyModel.load()
    shown = photo(fitted, long=True)
    stature = float(np.ptp(fitted.vertices[:, 1]))
    end = round(float(np.flatnonzero((shown.own & (shown.hair == 0)).any(1))[-1]) + 0.03 * stature)
    hair, own, person = (field.copy() for field in (shown.hair, shown.own, shown.person))
    hair[end:] = own[end:] = person[end:] = 0
    person[end + gap :] = True
    columns = np.flatnonzero(hair[end - 1])
    beyond = np.isin(np.arange(hair.shape[1]), columns[round(wide * len(columns)) :])
    person[end:, beyond] = False
    person[end + 8 :, beyond] = True
    shown = replace(shown, hair=hair, own=own, person=person)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(head_module.mesh, "face_points", lambda *_: None)
        head = Head.of(shown, fitted, model, nothing, nothing)
    assert head.hair is not None
    low = head.hair.vertices[: len(head.hair.alpha)][head.hair.alpha > 0.5]
    assert (low[:, 1].max() > end + 0.1 * stature) == goes_on
    if goes_on:
        far = low[low[:, 1] > end + 0.05 * stature]
        trunk = fitted.vertices[np.abs(fitted.vertices[:, 1] - end - 0.05 * stature) < 5, 2]
        assert far[:, 2].min() > (trunk.min() + trunk.max()) / 2  # on the back, not on the chest
        jaw = low[np.abs(low[:, 1] - fitted.landmarks[Joint.NOSE, 1] - 0.03 * stature) < 3]
        assert jaw[:, 2].min() > fitted.landmarks[Joint.R_EAR, 2] - 0.01 * stature  # cheek and jaw are free


@pytest.mark.parametrize("row", range(4))
def test_hair_down_the_back_may_hang_on_one_side_alone(row: int) -> None:
    """On the other it ends beside the ear, in any row of the shell."""
    fitted, model = body(), BodyModel.load()
    shown = photo(fitted, long=True)
    stature = float(np.ptp(fitted.vertices[:, 1]))
    ears = fitted.landmarks[[Joint.R_EAR, Joint.L_EAR]]
    first = float(ears[:, 1].mean()) - 0.0175 * stature  # the first row of hair that hangs
    end = round(float(np.flatnonzero((shown.own & (shown.hair == 0)).any(1))[-1]) + 0.03 * stature)
    hair, own, person = (field.copy() for field in (shown.hair, shown.own, shown.person))
    hair[end:] = own[end:] = person[end:] = 0
    person[end:] = True
    short = slice(round(first + 0.006 * stature * (row + 0.5)), None), slice(0, round(float(ears[:, 0].mean())) + 3)
    own[short] &= hair[short] == 0
    hair[short] = 0
    shown = replace(shown, hair=hair, own=own, person=person)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(head_module.mesh, "face_points", lambda *_: None)
        head = Head.of(shown, fitted, model, nothing, nothing)
    assert head.hair is not None
    assert np.isfinite(head.hair.vertices).all()


@pytest.mark.parametrize("long", [False, True])
def test_frames_one_degree_apart_differ_little(surfaces: Callable[[bool], dict[str, Surface]], long: bool) -> None:
    renderer = Renderer(list(surfaces(long).values()), SIZE)
    frames = [renderer.draw(turned(degrees)).image.astype(int) for degrees in range(0, 61, 1)]
    jumps = [np.abs(b - a).mean() for a, b in pairwise(frames)]
    assert not frames[0].any()  # at rest the photo's own sheet is alone
    assert max(jumps[int(ROUND_COMES[1]) + 1 :]) < 3


def test_sheet_and_round_head_take_turns_without_a_gap() -> None:
    sheet, inside = Fade(Bone.HEAD, *SHEET_GOES), Fade(Bone.HEAD, *ROUND_COMES, comes=True)
    shares = np.array([(sheet.opacity(turned(d)), inside.opacity(turned(d))) for d in np.arange(0, 181, 0.5)])
    assert shares[0].tolist() == [1, 0]
    assert shares[-1].tolist() == [0, 1]
    assert (shares.max(1) > 0.999).all()
    assert (np.diff(shares[:, 0]) <= 0).all()
    assert (np.diff(shares[:, 1]) >= 0).all()
    assert sheet.opacity(1.4 * turned(30)) == pytest.approx(sheet.opacity(turned(30)))  # nearer to the camera


def test_the_rim_of_the_photos_sheet_goes_before_its_middle_and_never_before_the_round_head_is_there() -> None:
    angles = np.arange(0, 61, 0.5)
    rim, middle = (Fade(Bone.HEAD, *goes) for goes in (RIM_GOES, SHEET_GOES))
    both = Fade(Bone.HEAD, *(np.array(ends) for ends in zip(RIM_GOES, SHEET_GOES, strict=True)))
    for angle in angles:
        transforms = turned(angle)
        assert both.opacity(transforms).tolist() == [rim.opacity(transforms), middle.opacity(transforms)]
        assert rim.opacity(transforms) <= middle.opacity(transforms)
    assert RIM_GOES[0] >= ROUND_COMES[1]


def test_the_arrays_of_skull_and_hair_belong_together(surfaces: Callable[[bool], dict[str, Surface]]) -> None:
    for long in (False, True):
        for surface in surfaces(long).values():
            height, width = surface.texture.clothing.shape
            used = surface.texel[np.unique(surface.triangles)]
            assert used.min() >= 0
            assert (used <= (width - 1, height - 1)).all()
            assert np.isfinite(surface.vertices).all()
            assert surface.weights.sum(1) == pytest.approx(1, abs=1e-5)
            assert not surface.texture.clothing.any()


def test_one_looks_at_the_inside_of_hair_through_the_face(surfaces: Callable[[bool], dict[str, Surface]]) -> None:
    own = surfaces(True)
    alpha = Renderer([own[HAIR], own[INSIDE]], SIZE).draw(turned(30)).image[..., 3] > 127
    assert (binary_fill_holes(alpha) & ~alpha).sum() < 0.02 * alpha.sum()


@pytest.mark.parametrize(("grain", "frizzy"), [((1.5, 1.5), True), ((40.0, 1.2), False)])
def test_curls_have_a_soft_edge_and_strands_have_none(
    grain: tuple[float, float], frizzy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted, model = body(), BodyModel.load()
    shown = photo(fitted, True)
    relief = gaussian_filter(np.random.default_rng(0).normal(size=shown.hair.shape), grain)
    shown.colors[shown.hair > 0] *= (1 + 0.1 * relief / relief.std())[shown.hair > 0, None]
    monkeypatch.setattr(head_module.mesh, "face_points", lambda *_: None)
    head = Head.of(shown, fitted, model, nothing, nothing)
    own = {surface.name: surface for surface in head.surfaces(fitted, model, 130.0, 30.0)}
    layers = [surface for name, surface in own.items() if name not in (SKULL, HAIR, INSIDE)]
    assert bool(layers) == frizzy
    shell, whole = (
        Renderer(drawn, SIZE).draw(turned(180)).image[..., 3].astype(int)
        for drawn in ([own[HAIR]], [own[HAIR], *layers])
    )
    assert (((whole > shell + 10) & (whole < 230)).sum() > 50) == frizzy
    heights = [np.linalg.norm(layer.vertices - own[HAIR].vertices[: len(layer.vertices)], axis=1) for layer in layers]
    assert all(np.median(low) < np.median(high) for low, high in pairwise(heights))


def test_a_bald_head_has_no_hair() -> None:
    fitted = body()
    shown = photo(fitted, False)
    bald = replace(shown, hair=np.zeros_like(shown.hair))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(head_module.mesh, "face_points", lambda *_: None)
        own = Head.of(bald, fitted, BodyModel.load(), nothing, nothing)
    assert [surface.name for surface in own.surfaces(fitted, BodyModel.load(), 150.0, 30.0)] == [SKULL]


@pytest.mark.parametrize("long", [False, True])
def test_hair_behind_has_the_light_of_the_front_whose_colours_it_has(
    surfaces: Callable[[bool], dict[str, Surface]], long: bool
) -> None:
    hair = surfaces(long)[HAIR]
    assert hair.lit_from is not None
    assert np.allclose(np.linalg.norm(hair.lit_from, axis=1), 1, atol=1e-3)
    behind = hair.vertices[:, 2] > np.percentile(hair.vertices[:, 2], 80)
    assert hair.lit_from[behind, 2].max() < -0.9


def test_the_head_turns_and_leans_as_the_faces_points_say() -> None:
    drawn = Rotation.from_euler("zy", [8, 11], degrees=True)
    face, (left, right) = np.zeros((mesh.POINTS, 3)), np.array(mesh.ACROSS).T
    wide = np.linspace(10, 30, len(left))[:, None]
    face[left], face[right] = wide * drawn.apply([1, 0, 0]), -wide * drawn.apply([1, 0, 0])
    fitted = Rotation.from_euler("x", 20, degrees=True).as_matrix()  # a head that is bent forward stays so
    turned_by = Rotation.from_matrix(turn_to(fitted, face + 100.0))
    assert np.allclose(turned_by.apply(fitted[:, 0]), drawn.apply([1, 0, 0]), atol=1e-6)
    assert np.degrees(turned_by.magnitude()) < 14


def test_long_strands_fall_from_the_back_of_the_head(surfaces: Callable[[bool], dict[str, Surface]]) -> None:
    hair = surfaces(True)[HAIR].vertices
    ear = body().landmarks[Joint.R_EAR, 1]

    def behind(row: float) -> float:
        return float(hair[np.abs(hair[:, 1] - row) < 2, 2].max())

    assert behind(ear) - behind(ear + 40) < 0.12 * 40


def test_hair_that_goes_on_from_the_top_hangs_over_the_face_and_dark_glasses_do_not() -> None:
    seen = photo(body(), False)
    column, top = SIZE[0] // 2, int(np.flatnonzero(seen.hair[:, SIZE[0] // 2] > 0.6)[0])
    end = int(np.flatnonzero(seen.hair[:, column] > 0.6)[-1])
    seen.hair[end + 10 : end + 20, column] = 1.0
    hanging = seen.hanging[:, column]
    assert hanging[top : end + 1].all()
    assert not hanging[end + 1 :].any()
    seen.hair[: end + 1, column] = 0.0  # a bald head with dark glasses
    assert not seen.hanging[:, column].any()


@pytest.mark.parametrize("degrees", [-50, 50])
def test_a_fringe_has_no_holes_over_the_temples(degrees: float) -> None:
    fitted, model = body(), BodyModel.load()
    shown = photo(fitted, False)
    ears, nose = fitted.landmarks[[Joint.R_EAR, Joint.L_EAR]], fitted.landmarks[Joint.NOSE]
    half = abs(float(np.ptp(ears[:, 0]))) / 2
    brows = round(float(ears[:, 1].mean())) - 8
    fringe = np.zeros_like(shown.hair)
    cv2.ellipse(fringe, (int(nose[0]), brows), (int(1.35 * half), int(1.7 * half)), 0, 180, 360, 1, -1)
    shown.hair[:] = np.maximum(shown.hair * (np.arange(len(fringe))[:, None] < brows), fringe)
    shown.own[fringe > 0] = shown.person[fringe > 0] = True
    shown.colors[fringe > 0] = BROWN
    shown.skin[fringe > 0] = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(head_module.mesh, "face_points", lambda *_: None)
        head = Head.of(shown, fitted, model, nothing, nothing)
    own = head.surfaces(fitted, model, float(nose[1]) + 30, half)
    image = Renderer(own, SIZE).draw(turned(degrees)).image
    above = round(float(ears[:, 1].mean())) - 14
    seen = image[above - 20 : above]
    seen = seen[seen[..., 3] > 200][:, :3].astype(float)
    share = (np.abs(seen - SKIN).sum(1) < np.abs(seen - BROWN).sum(1)).mean()
    assert share < 0.04


def test_the_head_stands_a_little_behind_where_the_fit_has_it(sample_person: Callable[[str], Person]) -> None:
    person = sample_person("red-top")
    fitted, model = fit_body(person.pose, person.matte, crown=person.crown), BodyModel.load()
    nose, height = fitted.landmarks[Joint.NOSE], person.pose.height
    points = mesh.face_points(person.image, (float(nose[0]), float(nose[1])), 0.09 * height)
    assert points is not None
    behind = skull_of(fitted, model, points).ears[:, 2].mean() - fitted.landmarks[[Joint.R_EAR, Joint.L_EAR], 2].mean()
    assert 0.003 * height < behind < 0.008 * height


def test_the_points_of_a_face_lie_on_the_photos_face(sample_person: Callable[[str], Person]) -> None:
    person = sample_person("red-top")
    nose, height = person.pose.points[Joint.NOSE], person.pose.height
    points = mesh.face_points(person.image, (float(nose[0]), float(nose[1])), 0.09 * height)
    assert points is not None
    assert np.hypot(*(points[mesh.NOSE_TIP, :2] - nose)) < 0.012 * height
    assert points[mesh.CHIN, 1] > points[mesh.NOSE_TIP, 1]
    nobody = mesh.face_points(np.full((100, 100, 3), 200, np.uint8), (50.0, 50.0), 40.0)
    assert nobody is None


def test_dark_glasses_that_are_labelled_hair_tell_nothing_of_it() -> None:
    fitted, model = body(), BodyModel.load()
    seen = photo(fitted, False)
    top = int(np.flatnonzero(seen.hair.any(1))[0])
    seen.hair[top + 15 :], seen.colors[top + 15 :][seen.hair[top + 15 :] > 0] = 0.0, SKIN  # a shaven head
    right, left = fitted.landmarks[[Joint.R_EYE, Joint.L_EYE], :2].astype(int)
    glasses = (slice(right[1] - 6, right[1] + 7), slice(min(right[0], left[0]) - 10, max(right[0], left[0]) + 11))
    seen.colors[glasses], seen.hair[glasses] = 4.0, 1.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(head_module.mesh, "face_points", lambda *_: None)
        head = Head.of(seen, fitted, model, nothing, nothing)
    (hair,) = (own for own in head.surfaces(fitted, model, float(right[1]) + 60, 30.0) if own.name == head_module.HAIR)
    solid = hair.texture.picture[hair.texture.picture[..., 3] > 250][:, :3]
    assert np.median(solid.astype(int).sum(1)) > 0.8 * sum(BROWN)
