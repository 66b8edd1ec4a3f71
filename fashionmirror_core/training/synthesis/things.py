"""What rendered people don't carry and photographed ones do: bags, held things, belts, scarves, hats, glasses. Each counts
as an accessory and casts a little shadow; hands that hold it stay before it.
"""

from __future__ import annotations

import cv2
import numpy as np

from fashionmirror_core.skeleton import Joint
from fashionmirror_core.training.synthesis.figure import (
    Figure,
    box,
    capsule,
    dilated,
    ellipse,
    plain_color,
    polygon,
    rows,
    soft,
)
from fashionmirror_core.vocabulary import Label

CLOTHES = (Label.UPPER, Label.LOWER, Label.DRESS)
LEATHER = 0.75  # of the bags; the rest is of a garment's cloth, or plain
BEHIND = 0.25  # of bags that hang beside the body: behind it
BRIM, PEAK = 0.4, 0.25  # of the hats
_LEATHERS = (
    (20, 19, 20),
    (40, 38, 42),
    (92, 58, 38),
    (140, 94, 58),
    (178, 132, 90),
    (225, 214, 196),
    (120, 28, 34),
    (196, 186, 178),
)
_SIDES = (
    (Joint.L_SHOULDER, Joint.L_ELBOW, Joint.L_WRIST, Joint.L_HIP),
    (Joint.R_SHOULDER, Joint.R_ELBOW, Joint.R_WRIST, Joint.R_HIP),
)


def bag(figure: Figure) -> None:
    """In a hand, in the crook of an arm, from a shoulder, across the body, under an arm, on the back."""
    rng = figure.rng
    ways = (_in_a_hand, _in_a_crook, _from_a_shoulder, _across, _clutched, _on_the_back)
    ways[int(rng.choice(len(ways), p=(0.27, 0.15, 0.22, 0.16, 0.12, 0.08)))](figure)


def held(figure: Figure) -> None:
    """A telephone, a cup, papers, a bottle, flowers: a small thing at a hand."""
    rng, unit = figure.rng, figure.unit
    hand, _, _ = _hand(figure, int(rng.integers(2)))
    middle = hand + rng.normal(0, 0.04, 2) * unit
    axes = (rng.uniform(0.04, 0.14) * unit, rng.uniform(0.06, 0.2) * unit)
    shape = figure.labels.shape
    region = (
        ellipse(shape, middle, axes, 0) if figure.chance(0.3) else box(shape, middle, axes, float(rng.normal(0, 35)))
    )
    figure.lay(region & ~_fingers(figure, hand), Label.ACCESSORY)


def _in_a_hand(figure: Figure) -> None:
    hand, _, outward = _hand(figure, int(figure.rng.integers(2)))
    _hung(figure, hand, outward, figure.rng.uniform(0.05, 0.3))


def _in_a_crook(figure: Figure) -> None:
    rng = figure.rng
    side = int(rng.integers(2))
    _, elbow, _, _ = _SIDES[side]
    hand, _, outward = _hand(figure, side)
    crook = figure.points[elbow] + rng.uniform(0, 0.5) * (hand - figure.points[elbow])
    _hung(figure, crook, outward, rng.uniform(0.1, 0.35))


def _hung(figure: Figure, grip: np.ndarray, outward: float, drop: float) -> None:
    """By two handles from a point: beside or before the body, at times behind it."""
    rng, unit, shape = figure.rng, figure.unit, figure.labels.shape
    axes = _size(figure)
    middle = grip + np.array([outward * rng.uniform(-0.08, 0.12) * unit, axes[1] + drop * unit])
    body, corners = _body(figure, middle, axes, float(rng.normal(0, 8)))
    straps = np.zeros(shape, bool)
    thick = rng.uniform(0.012, 0.03) * unit
    for corner in corners:
        straps |= capsule(shape, grip, corner, thick)
    behind = figure.chance(BEHIND)
    kept = figure.labels > 0 if behind else _fingers(figure, grip)
    _leather(figure, body & ~kept, straps & ~kept)


def _from_a_shoulder(figure: Figure) -> None:
    """Beside the trunk, between arm and body or before the arm."""
    rng, unit, points, shape = figure.rng, figure.unit, figure.points, figure.labels.shape
    side = int(rng.integers(2))
    shoulder, elbow, wrist, hip = _SIDES[side]
    _, _, outward = _hand(figure, side)
    axes = _size(figure)
    start = points[shoulder] + np.array([-outward * rng.uniform(0, 0.12) * unit, -0.04 * unit])
    along = rng.uniform(0.35, 1.15)
    middle = (
        points[shoulder]
        + along * (points[hip] - points[shoulder])
        + np.array([outward * rng.uniform(0.02, 0.3), 0]) * unit
    )
    body, corners = _body(figure, middle, axes, float(rng.normal(0, 12)))
    straps = np.zeros(shape, bool)
    for corner in corners:
        straps |= capsule(shape, start, corner, rng.uniform(0.012, 0.035) * unit)
    kept = figure.mask(Label.HEAD, Label.HAIR)
    if figure.chance(0.7):  # the arm lies over it
        arm = capsule(shape, points[shoulder], points[elbow], 0.11 * unit) | capsule(
            shape, points[elbow], points[wrist], 0.09 * unit
        )
        kept = kept | (arm & (figure.labels > 0) & ~straps) | figure.mask(Label.ARMS)
    _leather(figure, body & ~kept, straps & ~figure.mask(Label.HEAD, Label.HAIR))


def _across(figure: Figure) -> None:
    """A strap over one shoulder, the bag on the other hip."""
    rng, unit, points, shape = figure.rng, figure.unit, figure.points, figure.labels.shape
    side = int(rng.integers(2))
    hip = points[_SIDES[side][3]]
    _, _, outward = _hand(figure, side)
    axes = tuple(rng.uniform(0.5, 0.9) * value for value in _size(figure))
    middle = hip + np.array([outward * rng.uniform(-0.05, 0.25), rng.uniform(-0.35, 0.25)]) * unit
    body, corners = _body(figure, middle, (axes[0], axes[1]), float(rng.normal(0, 10)))
    start = points[_SIDES[1 - side][0]] + np.array([outward * 0.08, -0.05]) * unit
    strap = capsule(shape, start, corners[0 if outward > 0 else 1], rng.uniform(0.01, 0.03) * unit) & (
        figure.labels > 0
    )
    kept = figure.mask(Label.ARMS, Label.HEAD, Label.HAIR)
    _leather(figure, body & ~kept, strap & ~kept)


def _clutched(figure: Figure) -> None:
    """A flat one in a hand or under an arm."""
    rng, unit = figure.rng, figure.unit
    hand, elbow, _ = _hand(figure, int(rng.integers(2)))
    middle = hand + rng.uniform(-0.1, 0.5) * (elbow - hand) + rng.normal(0, 0.04, 2) * unit
    axes = (rng.uniform(0.16, 0.3) * unit, rng.uniform(0.09, 0.18) * unit)
    body, _ = _body(figure, middle, axes, float(rng.normal(0, 30)))
    _leather(figure, body & ~_fingers(figure, hand), np.zeros_like(body))


def _on_the_back(figure: Figure) -> None:
    """Its two straps over the shoulders, and at times its sides beside the trunk."""
    rng, unit, points, shape = figure.rng, figure.unit, figure.points, figure.labels.shape
    straps, beside = np.zeros(shape, bool), np.zeros(shape, bool)
    for shoulder, _, _, hip in _SIDES:
        start = (
            points[shoulder]
            + rng.uniform(0.15, 0.35) * (points[Joint.NECK] - points[shoulder])
            - np.array([0, 0.06 * unit])
        )
        end = points[shoulder] + rng.uniform(0.35, 0.6) * (points[hip] - points[shoulder])
        straps |= capsule(shape, start, end.astype(np.float32), rng.uniform(0.025, 0.05) * unit)
    if figure.chance(0.6):
        middle = (points[Joint.NECK] + points[Joint.MID_HIP]) / 2 + np.array([rng.normal(0, 0.12) * unit, 0])
        beside = ellipse(shape, middle, (rng.uniform(0.4, 0.6) * unit, rng.uniform(0.4, 0.6) * unit), 0) & (
            figure.labels == 0
        )
    kept = figure.mask(Label.HEAD, Label.HAIR, Label.ARMS)
    _leather(figure, beside & ~kept, straps & (figure.labels > 0) & ~kept)


def _hand(figure: Figure, side: int) -> tuple[np.ndarray, np.ndarray, float]:
    """The middle of a hand, the elbow, and which way is outward in the picture: -1 or 1."""
    shoulder, elbow, wrist, _ = _SIDES[side]
    points = figure.points
    hand = points[wrist] + 0.25 * (points[wrist] - points[elbow])
    outward = 1.0 if points[shoulder][0] >= points[Joint.NECK][0] else -1.0
    return hand.astype(np.float32), points[elbow], outward


def _fingers(figure: Figure, hand: np.ndarray) -> np.ndarray:
    """The hand at a point stays before what it holds, mostly."""
    if figure.chance(0.2):
        return np.zeros(figure.labels.shape, bool)
    return figure.mask(Label.ARMS) & ellipse(figure.labels.shape, hand, (0.13 * figure.unit, 0.15 * figure.unit), 0)


def _size(figure: Figure) -> tuple[float, float]:
    """Half width and half height in pixels: small bags are more common than large ones."""
    rng = figure.rng
    half = 0.12 + 0.3 * rng.uniform(0, 1) ** 1.6
    return half * figure.unit, half * rng.uniform(0.55, 1.15) * figure.unit


def _body(
    figure: Figure, middle: np.ndarray, axes: tuple[float, float], turn: float
) -> tuple[np.ndarray, list[np.ndarray]]:
    """A bag's outline, a box whose corners are rounded and whose top is narrower, a crescent or a bucket, and where its
    straps begin.
    """
    rng = figure.rng
    top, roundness = rng.uniform(0.55, 1.05), rng.uniform(2.2, 8)
    if figure.chance(0.2):
        roundness = 1.9  # soft bags
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    x, y = np.cos(angles), np.sin(angles)
    reach = (np.abs(x) ** roundness + np.abs(y) ** roundness) ** (-1 / roundness)
    x, y = x * reach, y * reach
    x *= 1 + (top - 1) * (1 - y) / 2  # y is downward
    y = np.where(y < 0, y * (1 - rng.uniform(0, 0.5) * (1 - x**2)), y)  # an opening that sags
    radians = np.radians(turn)
    frame = np.array([[np.cos(radians), -np.sin(radians)], [np.sin(radians), np.cos(radians)]])
    outline = np.stack([x * axes[0], y * axes[1]], 1) @ frame.T + middle
    starts = (
        np.array([[-0.7 * top * axes[0], -0.8 * axes[1]], [0.7 * top * axes[0], -0.8 * axes[1]]]) @ frame.T + middle
    )
    return polygon(figure.labels.shape, outline), list(starts.astype(np.float32))


def _leather(figure: Figure, body: np.ndarray, straps: np.ndarray) -> None:
    """Bag and straps painted: round towards the edges, with a flap, seams, a gleam and buckles."""
    rng = figure.rng
    region = body | straps
    if not region.any():
        return
    color = None
    if figure.chance(LEATHER):
        color = np.array(_LEATHERS[int(rng.integers(len(_LEATHERS)))], np.float32) / 255
        color = np.clip(color * rng.uniform(0.7, 1.3) * rng.uniform(0.92, 1.08, 3), 0, 1)
        if figure.chance(0.2):
            color = plain_color(rng)
    figure.lay(region, Label.ACCESSORY, color=None if color is None else color.astype(np.float32), flat=True)
    if not body.any():
        return
    inside = cv2.distanceTransform(body.astype(np.uint8), cv2.DIST_L2, 3)
    depth = np.clip(inside / max(float(inside.max()), 1.0), 0, 1)
    ys, xs = np.nonzero(body)
    y, x = rows(body.shape), np.arange(body.shape[1], dtype=np.float32)[None]
    down = np.clip((y - ys.min()) / max(np.ptp(ys), 1), 0, 1)
    across = np.clip((x - xs.min()) / max(np.ptp(xs), 1), 0, 1)
    shade = (
        (1 - rng.uniform(0, 0.45) * (1 - depth) ** 2)
        * (1 + rng.uniform(-0.3, 0.3) * (down - 0.5))
        * (1 + rng.uniform(-0.4, 0.4) * (across - 0.5))
    )
    if figure.chance(0.5):  # a flap's edge
        edge = rng.uniform(0.25, 0.65) + rng.uniform(-0.1, 0.1) * (2 * across - 1) ** 2
        shade *= 1 - rng.uniform(0.1, 0.5) * np.exp(-(((down - edge) / 0.04) ** 2))
    shade = np.where(body, shade, 1).astype(np.float32)
    gleam = np.zeros_like(shade)
    if figure.chance(0.5):
        spot = ellipse(
            body.shape,
            np.array([rng.choice(xs), rng.choice(ys)]),
            (0.08 * figure.unit, 0.05 * figure.unit),
            float(rng.uniform(0, 180)),
        )
        gleam = (
            cv2.GaussianBlur(spot.astype(np.float32), (0, 0), 0.03 * figure.unit)
            * body
            * np.float32(rng.uniform(0.1, 0.5))
        )
    image = figure.image * shade[..., None]
    figure.image = np.clip(image + gleam[..., None] * (1 - image), 0, 1)
    for _ in range(int(rng.integers(0, 4))):  # buckles, rings, a charm
        spot = (
            ellipse(
                body.shape, np.array([rng.choice(xs), rng.choice(ys)]), (0.015 * figure.unit, 0.015 * figure.unit), 0
            )
            & body
        )
        metal = np.array(((0.85, 0.7, 0.35), (0.85, 0.86, 0.88), (0.1, 0.1, 0.1))[int(rng.integers(3))], np.float32)
        figure.image = np.where(spot[..., None], metal, figure.image)


def belt(figure: Figure) -> None:
    """Around the waist, over whatever is worn there: it divides dresses, too."""
    rng, points, unit = figure.rng, figure.points, figure.unit
    middle = points[Joint.NECK] + rng.uniform(0.6, 1.05) * (points[Joint.MID_HIP] - points[Joint.NECK])
    across = np.array([0.6 * unit, rng.normal(0, 0.04) * unit])
    band = capsule(figure.labels.shape, middle - across, middle + across, rng.uniform(0.025, 0.06) * unit)
    for elbow, wrist in ((Joint.L_ELBOW, Joint.L_WRIST), (Joint.R_ELBOW, Joint.R_WRIST)):
        band &= ~capsule(band.shape, points[elbow], points[wrist], 0.1 * unit)
    figure.lay(band & figure.mask(*CLOTHES), Label.ACCESSORY)


def scarf(figure: Figure) -> None:
    """Around the neck, over clothes and hair that hangs there; at times an end hangs down."""
    rng, neck, unit = figure.rng, figure.points[Joint.NECK], figure.unit
    region = ellipse(
        figure.labels.shape, neck - np.array([0, 0.08 * unit]), (0.28 * unit, rng.uniform(0.1, 0.22) * unit), 0
    )
    if figure.chance(0.6):
        end = neck + np.array([rng.normal(0, 0.12), rng.uniform(0.3, 1.0)]) * unit
        region |= capsule(region.shape, neck, end.astype(np.float32), rng.uniform(0.06, 0.14) * unit)
    figure.lay(region & (figure.labels > 0), Label.ACCESSORY)


def hat(figure: Figure) -> None:
    """Over the crown of the head: a cap, at times with a peak, a beanie, or a hat with a brim all round."""
    rng, unit = figure.rng, figure.unit
    head = figure.mask(Label.HAIR, Label.HEAD)
    seen = np.flatnonzero(head.any(1))
    if not len(seen):
        return
    eyes = figure.points[[Joint.L_EYE, Joint.R_EYE]]
    level = float(eyes[:, 1].mean()) - rng.uniform(0.04, 0.16) * unit
    top = head & (rows(head.shape) < level)
    region = dilated(top, rng.uniform(0, 0.06) * unit)
    columns = np.flatnonzero(top.any(0))
    if len(columns):
        middle = np.array([(columns[0] + columns[-1]) / 2, level], np.float32)
        half = (columns[-1] - columns[0]) / 2
        if figure.chance(BRIM):
            region |= ellipse(
                head.shape,
                middle,
                (half * rng.uniform(1.3, 2.2), rng.uniform(0.03, 0.09) * unit),
                float(rng.normal(0, 5)),
            )
            region |= ellipse(
                head.shape, middle - np.array([0, 0.1 * unit]), (half * 1.05, rng.uniform(0.12, 0.24) * unit), 0
            ) & (rows(head.shape) < level)
        elif figure.chance(PEAK):
            ahead = float(figure.points[Joint.NOSE, 0] - middle[0])
            region |= ellipse(
                head.shape, middle + np.array([ahead, 0.02 * unit]), (0.8 * half, rng.uniform(0.03, 0.07) * unit), 0
            )
    figure.lay(region, Label.ACCESSORY)


def glasses(figure: Figure) -> None:
    """Dark, over both eyes."""
    left, right = figure.points[Joint.L_EYE], figure.points[Joint.R_EYE]
    region = capsule(
        figure.labels.shape, left + 0.4 * (left - right), right + 0.4 * (right - left), 0.045 * figure.unit
    )
    region &= figure.mask(Label.HEAD)
    figure.image = figure.image * (1 - np.float32(0.85) * soft(region)[..., None])
    figure.labels = np.where(region, np.uint8(Label.ACCESSORY), figure.labels)
