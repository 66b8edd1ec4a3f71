"""Which pixels of a dressed person are skin, hair, shoes and clothes: an analytic parser, alone or led by a network.

The networks of stage I learn the removed mask M_r; they start from the answer of this module (docs/method.md, "Parsing").
Three sources of evidence are combined per pixel in a small conditional random field:

* where the pixel lies on the body: a table of label frequencies in coordinates along and across the nearest bones
  (``label_prior``), or, where there is one, a network's labels, which are coarse and stop short of the edges
  (``networks.parsing``);
* whether it has the colour of the person's own face, tolerant of shading (log-chromaticity);
* which part of the person wears its colour: one colour distribution per label on a palette of the picture itself,
  estimated by expectation maximisation (the idea of GrabCut: Rother, Kolmogorov, Blake, SIGGRAPH 2004).

Neighbours of like colour agree by mean-field iterations (Krähenbühl and Koltun, NIPS 2011, with a short-range kernel).
Without a network the border between upper and lower clothes is then the best curve from side to side, found by dynamic
programming (``waistline``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from fashionmirror_core.body.coordinates import ARM_BONES, BodyCoordinates, BoneKind
from fashionmirror_core.errors import InputError
from fashionmirror_core.imaging import boxes
from fashionmirror_core.imaging.channels import spread, summed
from fashionmirror_core.imaging.palette import palette
from fashionmirror_core.person.label_prior import (
    ACCESSORY,
    ARMS,
    HEAD,
    LEGS,
    LOWER,
    PARSED,
    SKIN,
    UPPER,
    Prior,
    load_prior,
)
from fashionmirror_core.person.skin import SkinColor, log_roughness, log_tones, measure_skin
from fashionmirror_core.person.waistline import divide_clothes, waist_row
from fashionmirror_core.skeleton import Pose
from fashionmirror_core.vocabulary import Category, Label

MASKS = tuple(label.name.lower() for label in PARSED)
"""The names of the masks of a ``Parsing``, in the order of ``PARSED``."""

PALETTE_SIZE = 28
EM_ROUNDS = 5
PLACE_TRUST, NEIGHBOUR_TRUST, ACCESSORY_SHARE = 0.8, 3.0, 0.02
# With a network: how much its labels count, and how much the rest beside them.
LED_TRUST, LED_PLACE_TRUST, LED_SKIN_TRUST, LED_COLOR_TRUST = 1.5, 0.4, 0.5, 1.2
LED_FLOOR, LED_ACCESSORY_SHARE = 0.01, 0.2
COLOR_TRUST = np.ones(len(PARSED), np.float32)
COLOR_TRUST[ACCESSORY] = 0  # places alone tell too little of bags to know their colours
SURE_LABEL, FEWEST_SURE = 0.9, 30
"""Probability and number of pixels whose colours the trunk's cloth and the face are known by."""
CLOTH_FLOOR, SKIN_FLOOR = (8.0, 2.0, 2.0), (12.0, 4.0, 4.0)  # Lab, least deviations: both have light and shade
SLEEVE_LIKE, SLEEVE_TRUST = 6.0, 4.0  # farthest a sleeve is from the trunk's cloth, squared; what it adds at most
SHOD = 3.0  # log odds by which a foot wears a shoe rather than a bag: what is left of one tears the shoe when it turns
HEM_TRUST, EDGE_TRUST, CLOTHES_BIAS, SURE_PLACE = 3.0, 0.6, 0.3, 0.9


@dataclass(frozen=True)
class Parsing:
    """Soft masks (H, W) float32 in [0, 1] that sum to at most the matte, with the measures they rest on.

    The masks are those of the labels ``PARSED``. A dress is shared between ``upper`` and ``lower`` at the waist;
    ``one_piece`` (0..1) tells how much both look like one.
    """

    hair: np.ndarray
    head: np.ndarray
    arms: np.ndarray
    legs: np.ndarray
    torso: np.ndarray
    upper: np.ndarray
    lower: np.ndarray
    shoes: np.ndarray
    accessory: np.ndarray
    one_piece: float
    skin: SkinColor = field(repr=False)

    @property
    def skin_color(self) -> np.ndarray:
        """(3,) float32 mean RGB of the face's skin, 0..255."""
        return self.skin.rgb

    def removed(self, category: str) -> np.ndarray:
        """M_r (H, W) float32 in [0, 1]: where the old clothes must go for a garment of ``category``.

        Raises InputError for an unknown category.
        """
        worn = [self.mask(label) for label in Category.named(category).labels if label in PARSED]
        return np.clip(np.sum(worn, axis=0), 0, 1)

    def mask(self, label: Label) -> np.ndarray:
        """(H, W), of one of ``PARSED``."""
        return getattr(self, label.name.lower())

    def stack(self) -> np.ndarray:
        """(9, H, W) float32, in the order of ``PARSED``."""
        return np.stack([self.mask(label) for label in PARSED])


# --- colours ---------------------------------------------------------------------------------------------------------


def _palette_memberships(lab: np.ndarray) -> np.ndarray:
    """Lab (N, 3) -> (N, PALETTE_SIZE): soft membership of each pixel in the person's own palette; rows sum to 1."""
    scaled: np.ndarray = lab * np.array([0.6, 1.0, 1.0], np.float32)  # shading changes lightness first
    sample = scaled[:: max(1, len(scaled) // 4000)]
    _, centres = palette(sample, PALETTE_SIZE, 12, 0.5)
    squared = (scaled**2).sum(1)[:, None] - 2 * scaled @ centres.T + (centres**2).sum(1)
    logits = -(squared - squared.min(1, keepdims=True)) / (2 * 4.0**2)
    memberships = np.exp(logits)
    return memberships / memberships.sum(1, keepdims=True)


# --- the random field ------------------------------------------------------------------------------------------------

_NEIGHBOURS = tuple((dy * step, dx * step) for step in (1, 3) for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)))


class _Smoother:
    """Averages label probabilities over neighbours of like colour (the message of one mean-field iteration)."""

    def __init__(self, lab: np.ndarray, inside: np.ndarray) -> None:
        """lab (H, W, 3) float32, inside (H, W) bool."""
        self.pairs = []
        self.total = np.full(inside.shape, 1e-6, np.float32)
        for dy, dx in _NEIGHBOURS:
            here, there = _shifted(inside.shape, dy, dx)
            difference = summed((lab[here] - lab[there]) ** 2)
            weight = np.exp(-difference / (2 * 6.0**2)) * (inside[here] & inside[there])
            weight = weight.astype(np.float32)
            self.pairs.append((here, there, weight))
            self.total[here] += weight
            self.total[there] += weight

    def __call__(self, probabilities: np.ndarray) -> np.ndarray:
        """(H, W, K) -> (H, W, K)."""
        result = np.zeros_like(probabilities)
        for here, there, weight in self.pairs:
            weight = spread(weight, probabilities.shape[-1])
            result[here] += weight * probabilities[there]
            result[there] += weight * probabilities[here]
        return result / spread(self.total, probabilities.shape[-1])


def _shifted(shape: tuple[int, ...], dy: int, dx: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    height, width = shape[:2]
    here = (slice(0, height - dy), slice(max(0, -dx), width - max(0, dx)))
    there = (slice(dy, height), slice(max(0, dx), width - max(0, -dx)))
    return here, there


_SECTIONS_PER_BONE = 8
_NO_HEM = 12.0  # Lab units: the contrast of a limb that is bare or covered altogether, which has no hem
HEM_TEMPERATURE = 0.01  # pixels of a limb are far from independent


@dataclass(frozen=True)
class _LimbProfile:
    """Sleeves and legs of clothes end once: from the trunk outwards a limb is covered, then bare, and stays bare.

    Both sides of the body are taken together, as clothes are cut.

    skin: the limb's column. own: (M,), indices of the pixels on the limb. section: (M,), the section of the limb in which
    each lies, from the trunk outwards. weight: (M,), how surely it lies there. edges: (sections + 1,), the colour contrast
    where each section begins, Lab units; a hem is an edge.
    """

    skin: int
    own: np.ndarray
    section: np.ndarray
    weight: np.ndarray
    edges: np.ndarray

    @classmethod
    def on(cls, body: BodyCoordinates, points: np.ndarray, lab: np.ndarray) -> tuple[_LimbProfile, ...]:
        """The profiles of the arms (with hands) and of the legs (without feet) over points (N, 2) with Lab (N, 3)."""
        weights = body.weights(points)
        owner = weights.argmax(0)
        profiles = []
        for skin, kinds in ((ARMS, ARM_BONES), (LEGS, (BoneKind.THIGH, BoneKind.SHIN))):
            parts = []
            for index, bone in enumerate(body.bones):
                if bone.kind in kinds:
                    own = np.nonzero((owner == index) & (weights[index] > 0.5))[0]
                    along, _, distance = bone.coordinates(points[own])
                    section = (kinds.index(bone.kind) + np.clip(along, 0, 0.999)) * _SECTIONS_PER_BONE
                    parts.append((own, section.astype(np.intp), weights[index][own] * np.exp(-(distance**2) / 2)))
            own, section, weight = (np.concatenate([part[k] for part in parts]) for k in range(3))
            edges = _section_edges(section, weight, lab[own], len(kinds) * _SECTIONS_PER_BONE)
            profiles.append(cls(skin, own, section, weight, edges))
        return tuple(profiles)

    def add_to(self, logits: np.ndarray) -> None:
        """Adds the whole limb's vote on each of its sections to logits (N, 9), in place."""
        clothes = np.logaddexp(logits[self.own, UPPER], logits[self.own, LOWER])
        odds = np.clip(logits[self.own, self.skin] - clothes, -3, 3)
        by_section = np.bincount(self.section, self.weight * odds, len(self.edges) - 1)
        bare_from = np.concatenate([np.cumsum(by_section[::-1])[::-1], [0.0]])  # score of each first bare section
        scores = HEM_TEMPERATURE * (2 * bare_from - bare_from[0]) + EDGE_TRUST * self.edges
        chance = np.exp(scores - scores.max())
        bare = np.cumsum(chance / chance.sum())[:-1]
        vote = np.clip(np.log((bare + 1e-3) / (1 - bare + 1e-3)), -HEM_TRUST, HEM_TRUST)
        logits[self.own, self.skin] += (self.weight * vote[self.section]).astype(logits.dtype)


def _section_edges(section: np.ndarray, weight: np.ndarray, lab: np.ndarray, count: int) -> np.ndarray:
    """(count + 1,): Lab distance between the two sections before and the two after each section's beginning."""
    total = np.bincount(section, weight, count)
    sums = np.stack([np.bincount(section, weight * lab[:, k], count) for k in range(3)], axis=1)
    edges = np.full(count + 1, _NO_HEM)
    for first in range(1, count):
        before, after = slice(max(0, first - 2), first), slice(first, first + 2)
        means = [sums[part].sum(0) / max(float(total[part].sum()), 1e-3) for part in (before, after)]
        edges[first] = np.linalg.norm(means[0] - means[1]) if min(total[before].sum(), total[after].sum()) > 1 else 0
    return edges


def parse(
    image: np.ndarray, matte: np.ndarray, pose: Pose, prior: Prior | None = None, predicted: np.ndarray | None = None
) -> Parsing:
    """Parses one upright person.

    Meant for the stage (256 x 192 or 512 x 384).

    Args:
        image: (H, W, 3) uint8 RGB.
        matte: (H, W) float32 in [0, 1].
        pose: in the image's pixels.
        prior: None takes the tables that ship.
        predicted: (11, H, W), the human encoder's probabilities of each ``Label`` (``Learned.labels``). The encoder then
            decides about limbs and about the border between upper and lower clothes, the place on the body counts little,
            and colours say where each label ends.

    Raises:
        InputError: a pose without a trunk, an empty matte, or shapes that don't match.
    """
    check_inputs(image, matte)
    if predicted is not None and predicted.shape[1:] != matte.shape:
        raise InputError(f"The labels {predicted.shape} and the matte {matte.shape} don't fit; give both on one stage.")
    body = BodyCoordinates.from_pose(pose)
    prior = prior or load_prior()
    person = boxes.bounding_box(matte > 0.05)
    assert person is not None  # see check_inputs
    window = boxes.window(person)
    inside = matte[window] > 0.05
    ys, xs = np.nonzero(inside)
    points = np.stack([xs + window[1].start, ys + window[0].start], 1).astype(np.float32)
    picture = cv2.GaussianBlur(image, (3, 3), 0)[window]
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    skin = measure_skin(image, matte, log_tones(image), body)
    roughness = log_roughness(image, matte > 0.5)[window][inside]
    evidence = prior.evidence(skin, log_tones(picture[inside]), roughness)
    memberships = _palette_memberships(lab[inside])
    smoother, weights = _Smoother(lab, inside), matte[window][inside]
    place = prior.on(body, points)
    if not body.faces_camera:
        place[:, HEAD] *= 0.15
    profiles = _LimbProfile.on(body, points, lab[inside])
    if predicted is None:
        color_trust: np.ndarray | float = COLOR_TRUST
        logits, first = _by_place(place, evidence, memberships, weights)
    else:
        found, one_piece = _from_labels(predicted[:, window[0], window[1]][:, inside], body, points)
        logits, color_trust = _by_network(found, place, evidence), LED_COLOR_TRUST
        logits[:, UPPER] += _in_the_cloth_of_the_trunk(lab[inside], found, body, points)
        logits[:, ACCESSORY] -= SHOD * body.share_on(points, (BoneKind.FOOT,))
        first = _softmax(logits)
    posterior = _settled(first, logits, color_trust, memberships, profiles, smoother, inside, weights)
    if predicted is None:
        one_piece = divide_clothes(posterior, memberships, lab, inside, body, points)
    masks = np.zeros((len(PARSED), *matte.shape), np.float32)
    masks[:, window[0], window[1]][:, inside] = posterior.T
    masks *= np.clip(matte, 0, 1)
    return Parsing(**dict(zip(MASKS, masks, strict=True)), one_piece=one_piece, skin=skin)


def check_inputs(image: np.ndarray, matte: np.ndarray) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.shape[:2] != matte.shape:
        raise InputError(
            f"Picture {image.shape} and matte {matte.shape} don't fit; give RGB (H, W, 3) and a matte (H, W)."
        )
    if not np.isfinite(matte).all() or (matte > 0.5).sum() < 50:
        raise InputError("The matte shows no person; use a photo with one whole person.")


def _by_network(found: np.ndarray, place: np.ndarray, evidence: np.ndarray) -> np.ndarray:
    """Logits (N, 9) of the pixels inside, from the network's labels (N, 9) and, less trusted, the analytic evidence."""
    place = place.copy()
    place[:, ACCESSORY] = LED_ACCESSORY_SHARE
    place[:, (UPPER, LOWER)] = place[:, UPPER : LOWER + 1].sum(1, keepdims=True)  # clothes, whichever they are
    logits = LED_TRUST * np.log(found + LED_FLOOR) + LED_SKIN_TRUST * evidence
    logits += LED_PLACE_TRUST * np.log(place + 0.02)
    logits[:, (UPPER, LOWER)] += CLOTHES_BIAS
    return logits


def _in_the_cloth_of_the_trunk(
    lab: np.ndarray, found: np.ndarray, body: BodyCoordinates, points: np.ndarray
) -> np.ndarray:
    """(N,), at least 0: how much a pixel on an arm speaks for a sleeve, for it has the colour of the trunk's cloth and not
    the face's. The network alone takes sleeves in the tone of pale skin for arms.

    lab: (N, 3). found: (N, 9), the network's labels.
    """
    arms = body.share_on(points, ARM_BONES)
    cloth, face = (found[:, UPPER] > SURE_LABEL) & (arms < 0.2), found[:, HEAD] > SURE_LABEL
    if min(cloth.sum(), face.sum()) < FEWEST_SURE:
        return np.zeros(len(lab), np.float32)
    unlike = [_unlike(lab, lab[sure], floor) for sure, floor in ((cloth, CLOTH_FLOOR), (face, SKIN_FLOOR))]
    return np.asarray(
        arms * (unlike[0] < SLEEVE_LIKE) * np.clip((unlike[1] - unlike[0]) / 2, 0, SLEEVE_TRUST), np.float32
    )


def _unlike(lab: np.ndarray, sure: np.ndarray, floor: Sequence[float]) -> np.ndarray:
    """(N,): squared distance of colours (N, 3) from sure ones (M, 3), in their deviations, each at least ``floor``."""
    middle = np.median(sure, axis=0)
    spread = np.maximum(1.4826 * np.median(np.abs(sure - middle), axis=0), floor)
    return np.asarray((((lab - middle) / spread) ** 2).sum(1))


def _by_place(
    place: np.ndarray, evidence: np.ndarray, memberships: np.ndarray, matte: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Logits (N, 9) of the pixels inside, and the probabilities to begin with."""
    place = place.copy()
    place[:, ACCESSORY] = ACCESSORY_SHARE
    by_place = PLACE_TRUST * np.log(place + 0.004)
    logits = by_place + evidence
    logits[:, (UPPER, LOWER)] += CLOTHES_BIAS  # old cloth left standing shows; skin taken for cloth is drawn anew
    # The first colour model is that of the sure places (face, chest, feet), before a pixel is called skin by its tone.
    sure = _softmax(2 * by_place)
    sure[sure < SURE_PLACE] = 0
    color = _color_evidence(memberships, sure * matte[:, None])
    return logits, _softmax(logits + COLOR_TRUST * color)


def _settled(
    probabilities: np.ndarray,
    logits: np.ndarray,
    color_trust: np.ndarray | float,
    memberships: np.ndarray,
    profiles: tuple[_LimbProfile, ...],
    smoother: _Smoother,
    inside: np.ndarray,
    matte: np.ndarray,
) -> np.ndarray:
    """Label probabilities (N, 9) once they agree with the logits, the labels' own colours, neighbours and limbs, by
    expectation maximisation with mean-field smoothing.
    """
    grid = np.zeros((*inside.shape, len(PARSED)), np.float32)
    for _ in range(EM_ROUNDS):
        color = _color_evidence(memberships, probabilities * matte[:, None])
        grid[inside] = probabilities
        local = logits + color_trust * color + NEIGHBOUR_TRUST * smoother(grid)[inside]
        for profile in profiles:
            profile.add_to(local)
        probabilities = _softmax(local)
    return probabilities


def _from_labels(predicted: np.ndarray, body: BodyCoordinates, points: np.ndarray) -> tuple[np.ndarray, float]:
    """Probabilities (11, N) of each ``Label`` -> those of ``PARSED`` (N, 9), and how much is one piece (0..1)."""
    upper, lower, dress = predicted[[Label.UPPER, Label.LOWER, Label.DRESS]]
    below = points[:, 1] - waist_row(body)
    above = 1 / (1 + np.exp(np.clip(below / (0.03 * body.unit), -30, 30)))

    def within(*kinds: BoneKind) -> np.ndarray:
        """(N,): 1 well within such limbs."""
        return np.clip(2 * body.share_on(points, kinds) - 0.5, 0, 1)

    above = np.maximum(above, within(BoneKind.UPPER_ARM, BoneKind.FOREARM))  # sleeves are no lower half of a dress ...
    astray = lower * within(BoneKind.UPPER_ARM)  # ... nor trousers
    worn = [upper + astray + dress * above, lower - astray + dress * (1 - above)]
    found = np.stack([*predicted[Label.HAIR : Label.UPPER], *worn, *predicted[Label.SHOES :]], 1)
    total = found.sum(1, keepdims=True)
    one_piece = float(dress.sum() / max(float((upper + lower + dress).sum()), 1e-6))
    return (found / np.maximum(total, 1e-6)).astype(np.float32), min(one_piece, 1.0)


def _color_evidence(memberships: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(N, 9): log of how much more often each label wears a pixel's colour than the whole person does.

    weights: (N, 9), label probabilities times matte. All skin of a person shares one colour distribution.
    """
    worn = memberships.T @ weights  # (palette, labels)
    overall = worn.sum(1, keepdims=True) / max(float(worn.sum()), 1e-6)
    worn[:, SKIN] = (worn[:, SKIN].sum(1) + worn[:, HEAD])[:, None]  # the face is the surest
    ratio = (worn / (worn.sum(0) + 20) + 0.05 * overall) / (overall + 1e-6)
    evidence = np.log(np.clip(memberships @ ratio, 0.02, 50))
    return evidence


def _softmax(logits: np.ndarray) -> np.ndarray:
    weights = np.exp(logits - logits.max(1, keepdims=True))
    return (weights / weights.sum(1, keepdims=True)).astype(np.float32)
