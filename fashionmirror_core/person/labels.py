"""Which pixels of a dressed person are skin, hair, shoes and which clothes: an analytic parser, with or without a network.

The networks of stage I learn the removed mask M_r; this module is the answer they start from. Three
sources of evidence are combined per pixel in a small conditional random field:

* where the pixel lies on the body: a table of label frequencies in coordinates along and across the nearest bones,
  counted on the CC0 catwalk set (``fit_prior``; ``labels_prior.npz``); or, where there is one, what a network sees
  there, small and without a sense for edges (``networks.parsing``);
* whether it has the colour of the person's own face, tolerant of shading (log-chromaticity);
* which part of the person wears its colour: one colour distribution per label on a palette of the picture itself,
  estimated by expectation maximisation (the idea of GrabCut: Rother, Kolmogorov, Blake, SIGGRAPH 2004).

Neighbours of like colour agree by mean-field iterations (Krähenbühl and Koltun, NIPS 2011, with a short-range kernel).
The border between upper and lower clothes is then the best curve from side to side, found by dynamic programming.

See docs/method.md, "Parsing".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from fashionmirror_core.body.coordinates import (
    ACROSS,
    ACROSS_RANGE,
    ALONG,
    KINDS,
    BodyCoordinates,
    cell_of,
)
from fashionmirror_core.errors import InputError
from fashionmirror_core.person.skin import SkinColor, log_roughness, log_tones, measure_skin
from fashionmirror_core.skeleton import Joint, Pose

LABELS = ("hair", "head", "arms", "legs", "torso_skin", "upper", "lower", "shoes", "other")
HAIR, HEAD, ARMS, LEGS, TORSO_SKIN, UPPER, LOWER, SHOES, OTHER = range(len(LABELS))
SKIN = (HEAD, ARMS, LEGS, TORSO_SKIN)
CATEGORIES = ("upper", "lower", "dress")

# The person's skin: cells of chroma distance x relative brightness (both in spreads of the face).
TONE_CELLS = 14
TONE_RANGE = (0.0, 7.0)
SHADE_RANGE = (-5.0, 5.0)
TEXTURE_CELLS = 12
TEXTURE_RANGE = (-1.5, 3.5)  # log of the lightness' standard deviation nearby

PALETTE_SIZE = 28
EM_ROUNDS = 5
PRIOR_TRUST, SKIN_TRUST, TEXTURE_TRUST, COLOR_TRUST, NEIGHBOUR_TRUST, OTHER_SHARE = 0.8, 0.7, 0.3, 1.0, 3.0, 0.02
# Where a network looked at the person: how much it counts, and how much the rest beside it.
SEEN_TRUST, SEEN_PLACE_TRUST, SEEN_SKIN_TRUST, SEEN_COLOR_TRUST = 1.0, 0.4, 0.5, 1.2
SEEN_FLOOR, SEEN_OTHER_SHARE = 0.01, 0.1
HEM_TRUST, EDGE_TRUST, CLOTHES_BIAS, SURE_PLACE = 3.0, 0.6, 0.3, 0.9


@dataclass(frozen=True)
class Parsing:
    """Soft masks (H, W) float32 in [0, 1] that sum to at most the matte, and what was measured on the way.

    ``head`` is the skin of face and neck, ``arms`` and ``legs`` bare skin with hands, ``torso_skin`` décolleté and
    midriff, ``other`` what is none of these (bags, hats, tights). A dress is shared between ``upper`` and ``lower`` at
    the waist; ``one_piece`` (0..1) tells how much both look like one.
    """

    hair: np.ndarray
    head: np.ndarray
    arms: np.ndarray
    legs: np.ndarray
    torso_skin: np.ndarray
    upper: np.ndarray
    lower: np.ndarray
    shoes: np.ndarray
    other: np.ndarray
    one_piece: float
    skin: SkinColor = field(repr=False)

    @property
    def skin_color(self) -> np.ndarray:
        """(3,) float32 mean RGB of the face's skin, 0..255."""
        return self.skin.rgb

    def removed(self, category: str) -> np.ndarray:
        """M_r (H, W) float32 in [0, 1]: where the old clothes must go for a garment of ``category``."""
        if category == "upper":
            return self.upper.copy()
        if category == "lower":
            return self.lower.copy()
        if category == "dress":
            return np.clip(self.upper + self.lower, 0, 1)
        raise InputError(f"Unknown garment category {category!r}; use one of {', '.join(CATEGORIES)}.")

    def stack(self) -> np.ndarray:
        """(9, H, W) float32, in the order of ``LABELS``."""
        return np.stack([getattr(self, name) for name in LABELS])


# --- the prior -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Prior:
    """Tables counted on labelled pictures.

    ``place``: (kinds, ALONG, ACROSS, 8) float32, probability of the first eight labels on a body part, clothes as one
    (in the slot UPPER; LOWER is zero); ``split``: (kinds, ALONG, ACROSS) probability that clothes there are the upper
    piece of two; ``tone``: (9, TONE_CELLS, TONE_CELLS) log-likelihood of each label by distance from the person's skin,
    against the mean of the labels; ``texture``: (9, TEXTURE_CELLS) the same by roughness.
    """

    place: np.ndarray
    split: np.ndarray
    tone: np.ndarray
    texture: np.ndarray

    def on(self, body: BodyCoordinates, points: np.ndarray) -> np.ndarray:
        """(N, 9): label probabilities of points (N, 2) by their place on the body alone."""
        result = np.zeros((len(points), len(LABELS)), np.float32)
        share = np.zeros(len(points), np.float32)
        for bone, mine, weight, row, column in body.cells(points):
            result[mine, :OTHER] += weight[:, None] * _interpolated(self.place[bone.kind], row, column)
            share[mine] += weight * _interpolated(self.split[bone.kind][..., None], row, column)[:, 0]
        clothes = result[:, UPPER].copy()
        result[:, UPPER], result[:, LOWER] = clothes * share, clothes * (1 - share)
        return result

    def evidence(self, skin: SkinColor, tones: np.ndarray, roughness: np.ndarray) -> np.ndarray:
        """(N, 9) log-likelihoods of the labels for pixels with these tones (N, 3) and this roughness (N,)."""
        chroma, shade = skin.distance(tones)
        row, column = cell_of(chroma, TONE_RANGE, TONE_CELLS), cell_of(shade, SHADE_RANGE, TONE_CELLS)
        rough = cell_of(roughness, TEXTURE_RANGE, TEXTURE_CELLS)
        by_texture = _interpolated(np.stack([self.texture.T] * 2, 1), rough, np.zeros_like(rough))
        by_tone = _interpolated(np.moveaxis(self.tone, 0, -1), row, column)
        return SKIN_TRUST * by_tone + TEXTURE_TRUST * by_texture


def _interpolated(table: np.ndarray, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Bilinear look-up of table (R, C, K) at fractional rows and columns (N,) -> (N, K)."""
    top = np.minimum(row.astype(np.intp), table.shape[0] - 2)
    left = np.minimum(column.astype(np.intp), table.shape[1] - 2)
    down, right = (row - top)[:, None].astype(np.float32), (column - left)[:, None].astype(np.float32)
    upper = table[top, left] * (1 - right) + table[top, left + 1] * right
    lower = table[top + 1, left] * (1 - right) + table[top + 1, left + 1] * right
    return upper * (1 - down) + lower * down


@lru_cache(maxsize=1)
def load_prior() -> Prior:
    """The tables that ship with the package."""
    with np.load(Path(__file__).with_name("labels_prior.npz"), allow_pickle=False) as tables:
        place, split = (tables[name].astype(np.float32) / 255 for name in ("place", "split"))
        return Prior(place, split, *(tables[name].astype(np.float32) for name in ("tone", "texture")))


# Label ids of the data sets (shared/data/README.md) -> slots of ``LABELS``; the dress counts as clothes.
_DATASET_SLOTS = {1: HAIR, 2: HEAD, 3: ARMS, 4: LEGS, 5: TORSO_SKIN, 6: UPPER, 7: UPPER, 8: UPPER, 9: SHOES}


def fit_prior(examples: Iterable[tuple[np.ndarray, np.ndarray, Pose]]) -> dict[str, np.ndarray]:
    """Count the tables of ``Prior`` on examples (image uint8 (H, W, 3), labels uint8 (H, W), pose).

    Returns the arrays as they are stored: place and split uint8, tone and texture float16. Only data whose licence
    allows it may be used: the tables that ship come from the catwalk train split (CC0 1.0).
    """
    cells = (len(KINDS), ALONG, ACROSS)
    place = np.zeros((*cells, OTHER))
    pieces = np.zeros((*cells, 2))
    tone = np.zeros((len(LABELS), TONE_CELLS, TONE_CELLS))
    texture = np.zeros((len(LABELS), TEXTURE_CELLS))
    for image, labels, pose in examples:
        body = BodyCoordinates.from_pose(pose)
        ys, xs = np.nonzero((labels > 0) & (labels < 10))
        points, ids = np.stack([xs, ys], 1).astype(np.float32), labels[ys, xs]
        slots = np.array([_DATASET_SLOTS.get(int(k), OTHER) for k in range(11)])[ids]
        two_pieces = not (ids == 8).any()
        for bone, mine, weight, row, column in body.cells(points):
            index = (np.full(len(mine), bone.kind), np.rint(row).astype(int), np.rint(column).astype(int))
            np.add.at(place, (*index, slots[mine]), weight)
            if two_pieces:
                worn = np.isin(ids[mine], (6, 7))
                np.add.at(pieces, (*(i[worn] for i in index), ids[mine][worn] - 6), weight[worn])
        if body.faces_camera:
            _count_colors(tone, texture, image, labels, body)
    return _tables(place, pieces, tone, texture)


def _count_colors(
    tone: np.ndarray, texture: np.ndarray, image: np.ndarray, labels: np.ndarray, body: BodyCoordinates
) -> None:
    matte = (labels > 0).astype(np.float32)
    skin = measure_skin(image, matte, log_tones(image), body)
    if not skin.measured:
        return
    # Real light varies more between face and limbs than the renderer's: the measured skin is put off a little.
    noise = np.random.default_rng(int(tone.sum())).normal(0, (0.08, 0.10, 0.35))
    skin = replace(skin, mean=skin.mean + noise.astype(np.float32))
    tones, roughness = log_tones(cv2.GaussianBlur(image, (3, 3), 0)), log_roughness(image, matte > 0)
    for label, slot in _DATASET_SLOTS.items():
        chroma, shade = skin.distance(tones[labels == label])
        row = np.rint(cell_of(chroma, TONE_RANGE, TONE_CELLS)).astype(int)
        np.add.at(tone[slot], (row, np.rint(cell_of(shade, SHADE_RANGE, TONE_CELLS)).astype(int)), 1)
        np.add.at(
            texture[slot], np.rint(cell_of(roughness[labels == label], TEXTURE_RANGE, TEXTURE_CELLS)).astype(int), 1
        )


def _tables(place: np.ndarray, pieces: np.ndarray, tone: np.ndarray, texture: np.ndarray) -> dict[str, np.ndarray]:
    """Counts -> smoothed probabilities and log ratios, in their stored types."""

    def smooth(counts: np.ndarray) -> np.ndarray:
        planes = counts.reshape(len(KINDS), ALONG, ACROSS, -1)
        return np.stack([cv2.GaussianBlur(plane, (0, 0), 0.7) for plane in planes]).reshape(planes.shape)

    counts = smooth(place)
    overall = counts.sum((1, 2), keepdims=True)
    probability = counts + 30 * overall / overall.sum(3, keepdims=True)
    across = np.abs(np.linspace(*ACROSS_RANGE, ACROSS))
    probability[1:, :, across > 1.2, UPPER] += 150  # seldom seen so far from a bone: then loose clothes, not a limb
    probability /= probability.sum(3, keepdims=True)
    shares = smooth(pieces) + 5 * np.array([[0.5, 0.5]])
    split = shares[..., 0] / shares.sum(3)
    return {
        "place": np.rint(probability * 255).astype(np.uint8),
        "split": np.rint(split * 255).astype(np.uint8),
        "tone": _log_likelihoods(np.stack([cv2.GaussianBlur(plane, (0, 0), 0.8) for plane in tone])).astype(np.float16),
        "texture": _log_likelihoods(texture).astype(np.float16),
    }


def _log_likelihoods(counts: np.ndarray) -> np.ndarray:
    """Counts (9, ...) -> log of each label's density against their mean; all bare skin below the neck counts as one."""
    counts = counts.copy()
    counts[[ARMS, LEGS, TORSO_SKIN]] = counts[[ARMS, LEGS, TORSO_SKIN]].sum(0)
    counts[LOWER] = counts[UPPER]
    known = [k for k in range(len(LABELS)) if k != OTHER]
    density = counts[known] / counts[known].reshape(len(known), -1).sum(1).reshape(-1, *[1] * (counts.ndim - 1))
    density = density + 0.03 / density[0].size
    result = np.zeros(counts.shape)
    result[known] = np.log(density / density.mean(0))
    return result


# --- colours ---------------------------------------------------------------------------------------------------------


def _palette_memberships(lab: np.ndarray) -> np.ndarray:
    """Lab (N, 3) -> (N, PALETTE_SIZE): soft membership of each pixel in the person's own palette; rows sum to 1."""
    scaled: np.ndarray = lab * np.array([0.6, 1.0, 1.0], np.float32)  # shading changes lightness first
    sample = scaled[:: max(1, len(scaled) // 4000)]
    count = min(PALETTE_SIZE, len(sample))
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 12, 0.5)
    cv2.setRNGSeed(1)  # the same picture gives the same palette
    _, _, centres = cv2.kmeans(sample, count, np.empty(0, np.int32), criteria, 1, cv2.KMEANS_PP_CENTERS)
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
            difference = ((lab[here] - lab[there]) ** 2).sum(-1)
            weight = np.exp(-difference / (2 * 6.0**2)) * (inside[here] & inside[there])
            weight = weight.astype(np.float32)
            self.pairs.append((here, there, weight))
            self.total[here] += weight
            self.total[there] += weight

    def __call__(self, probabilities: np.ndarray) -> np.ndarray:
        """(H, W, K) -> (H, W, K)."""
        result = np.zeros_like(probabilities)
        for here, there, weight in self.pairs:
            result[here] += weight[..., None] * probabilities[there]
            result[there] += weight[..., None] * probabilities[here]
        return result / self.total[..., None]


def _shifted(shape: tuple[int, ...], dy: int, dx: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    height, width = shape[:2]
    here = (slice(0, height - dy), slice(max(0, -dx), width - max(0, dx)))
    there = (slice(dy, height), slice(max(0, dx), width - max(0, -dx)))
    return here, there


_STEPS_PER_BONE = 8
_NO_HEM = 12.0  # Lab units that stand for an edge where a limb is bare or covered altogether
HEM_TEMPERATURE = 0.01  # pixels of a limb are far from independent


@dataclass(frozen=True)
class _LimbProfile:
    """Sleeves and legs of clothes end once: from the trunk outwards a limb is covered, then bare, and stays bare.

    Both sides of the body are taken together, as clothes are cut. ``step`` (M,) counts along the limb for the pixels
    ``mine`` (indices, (M,)) that lie on it with ``weight`` (M,).
    """

    skin: int
    mine: np.ndarray
    step: np.ndarray
    weight: np.ndarray
    edges: np.ndarray  # (sections + 1,): colour contrast where each section begins, Lab units; a hem is an edge

    @classmethod
    def on(cls, body: BodyCoordinates, points: np.ndarray, lab: np.ndarray) -> tuple[_LimbProfile, ...]:
        """The profiles of the arms (with hands) and of the legs (without feet) over points (N, 2) with Lab (N, 3)."""
        weights = body.weights(points)
        owner = weights.argmax(0)
        profiles = []
        for skin, kinds in ((ARMS, ("upper_arm", "forearm", "hand")), (LEGS, ("thigh", "shank"))):
            parts = []
            for index, bone in enumerate(body.bones):
                if KINDS[bone.kind] in kinds:
                    mine = np.nonzero((owner == index) & (weights[index] > 0.5))[0]
                    along, _, distance = bone.coordinates(points[mine])
                    step = (kinds.index(KINDS[bone.kind]) + np.clip(along, 0, 0.999)) * _STEPS_PER_BONE
                    parts.append((mine, step.astype(np.intp), weights[index][mine] * np.exp(-(distance**2) / 2)))
            mine, step, weight = (np.concatenate([part[k] for part in parts]) for k in range(3))
            edges = _section_edges(step, weight, lab[mine], len(kinds) * _STEPS_PER_BONE)
            profiles.append(cls(skin, mine, step, weight, edges))
        return tuple(profiles)

    def add_to(self, logits: np.ndarray) -> None:
        """Add to logits (N, 9), in place, what the whole limb says about each of its sections."""
        clothes = np.logaddexp(logits[self.mine, UPPER], logits[self.mine, LOWER])
        odds = np.clip(logits[self.mine, self.skin] - clothes, -3, 3)
        section = np.bincount(self.step, self.weight * odds, len(self.edges) - 1)
        bare_from = np.concatenate([np.cumsum(section[::-1])[::-1], [0.0]])  # score of each first bare section
        scores = HEM_TEMPERATURE * (2 * bare_from - bare_from[0]) + EDGE_TRUST * self.edges
        chance = np.exp(scores - scores.max())
        bare = np.cumsum(chance / chance.sum())[:-1]
        vote = np.clip(np.log((bare + 1e-3) / (1 - bare + 1e-3)), -HEM_TRUST, HEM_TRUST)
        logits[self.mine, self.skin] += (self.weight * vote[self.step]).astype(logits.dtype)


def _section_edges(step: np.ndarray, weight: np.ndarray, lab: np.ndarray, count: int) -> np.ndarray:
    """(count + 1,): Lab distance between the two sections before and the two after each section's beginning."""
    total = np.bincount(step, weight, count)
    sums = np.stack([np.bincount(step, weight * lab[:, k], count) for k in range(3)], axis=1)
    edges = np.full(count + 1, _NO_HEM)
    for first in range(1, count):
        before, after = slice(max(0, first - 2), first), slice(first, first + 2)
        means = [sums[part].sum(0) / max(float(total[part].sum()), 1e-3) for part in (before, after)]
        edges[first] = np.linalg.norm(means[0] - means[1]) if min(total[before].sum(), total[after].sum()) > 1 else 0
    return edges


def parse(
    image: np.ndarray, matte: np.ndarray, pose: Pose, prior: Prior | None = None, seen: np.ndarray | None = None
) -> Parsing:
    """Parse one upright person: image (H, W, 3) uint8 RGB, matte (H, W) float32 in [0, 1], pose in the same pixels.

    seen: (11, H, W), the probabilities of the data sets' labels as the network sees them (``Learned.labels``). Then limbs
    and the border of the clothes are its business, the place counts little, and colours say where its parts end.

    Meant for the stage (256 x 192 or 512 x 384). Raises InputError for a pose without a trunk, an empty matte, or
    shapes that don't match.
    """
    check_inputs(image, matte)
    if seen is not None and seen.shape[1:] != matte.shape:
        raise InputError(f"What is seen {seen.shape} and the matte {matte.shape} don't fit; give both on one stage.")
    body = BodyCoordinates.from_pose(pose)
    prior = prior or load_prior()
    window = _window(matte)
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
    profiles: tuple[_LimbProfile, ...] = ()
    if seen is None:
        profiles, color_trust = _LimbProfile.on(body, points, lab[inside]), COLOR_TRUST
        logits, first = _by_place(place, evidence, memberships, weights)
    else:
        found, one_piece = _from_labels(seen[:, window[0], window[1]][:, inside], body, points)
        logits, color_trust = _by_sight(found, place, evidence), SEEN_COLOR_TRUST
        first = _softmax(logits)
    posterior = _settled(first, logits, color_trust, memberships, profiles, smoother, inside, weights)
    if seen is None:
        one_piece = _divide_clothes(posterior, memberships, lab, inside, body, points)
    masks = np.zeros((len(LABELS), *matte.shape), np.float32)
    masks[:, window[0], window[1]][:, inside] = posterior.T
    masks *= np.clip(matte, 0, 1)
    return Parsing(**dict(zip(LABELS, masks, strict=True)), one_piece=one_piece, skin=skin)


def check_inputs(image: np.ndarray, matte: np.ndarray) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.shape[:2] != matte.shape:
        raise InputError(
            f"Picture {image.shape} and matte {matte.shape} don't fit; give RGB (H, W, 3) and a matte (H, W)."
        )
    if not np.isfinite(matte).all() or (matte > 0.5).sum() < 50:
        raise InputError("The matte shows no person; use a photo with one whole person.")


def _window(matte: np.ndarray) -> tuple[slice, slice]:
    rows, columns = np.nonzero((matte > 0.05).any(1))[0], np.nonzero((matte > 0.05).any(0))[0]
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _by_sight(found: np.ndarray, place: np.ndarray, evidence: np.ndarray) -> np.ndarray:
    """Logits (N, 9) of the pixels inside, from what the network found (N, 9) and, less trusted, the analytic evidence."""
    place = place.copy()
    place[:, OTHER] = SEEN_OTHER_SHARE
    place[:, (UPPER, LOWER)] = place[:, UPPER : LOWER + 1].sum(1, keepdims=True)  # clothes, whichever they are
    logits = SEEN_TRUST * np.log(found + SEEN_FLOOR) + SEEN_SKIN_TRUST * evidence
    logits += SEEN_PLACE_TRUST * np.log(place + 0.02)
    logits[:, (UPPER, LOWER)] += CLOTHES_BIAS
    return logits


def _by_place(
    place: np.ndarray, evidence: np.ndarray, memberships: np.ndarray, matte: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Logits (N, 9) of the pixels inside, and the probabilities to begin with."""
    place = place.copy()
    place[:, OTHER] = OTHER_SHARE
    by_place = PRIOR_TRUST * np.log(place + 0.004)
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
    color_trust: float,
    memberships: np.ndarray,
    profiles: tuple[_LimbProfile, ...],
    smoother: _Smoother,
    inside: np.ndarray,
    matte: np.ndarray,
) -> np.ndarray:
    """Label probabilities (N, 9) once they agree with the logits, the labels' own colours, neighbours and limbs, by
    expectation maximisation with mean-field smoothing.
    """
    grid = np.zeros((*inside.shape, len(LABELS)), np.float32)
    for _ in range(EM_ROUNDS):
        color = _color_evidence(memberships, probabilities * matte[:, None])
        grid[inside] = probabilities
        local = logits + color_trust * color + NEIGHBOUR_TRUST * smoother(grid)[inside]
        for profile in profiles:
            profile.add_to(local)
        probabilities = _softmax(local)
    return probabilities


def _from_labels(seen: np.ndarray, body: BodyCoordinates, points: np.ndarray) -> tuple[np.ndarray, float]:
    """Probabilities (11, N) of the data sets' labels -> those of ``LABELS`` (N, 9), and how much is one piece (0..1)."""
    upper, lower, dress = seen[6:9]
    below = points[:, 1] - _waist(body)
    above = 1 / (1 + np.exp(np.clip(below / (0.03 * body.unit), -30, 30)))
    weights = body.weights(points)

    def on(*kinds: str) -> np.ndarray:
        """(N,): 1 well within such limbs."""
        share = weights[[KINDS[bone.kind] in kinds for bone in body.bones]].sum(0)
        return np.clip(2 * share - 0.5, 0, 1)

    above = np.maximum(above, on("upper_arm", "forearm"))  # sleeves are no lower half of a dress ...
    astray = lower * on("upper_arm")  # ... nor trousers
    found = np.stack([*seen[1:6], upper + astray + dress * above, lower - astray + dress * (1 - above), *seen[9:]], 1)
    total = found.sum(1, keepdims=True)
    one_piece = float(dress.sum() / max(float((upper + lower + dress).sum()), 1e-6))
    return (found / np.maximum(total, 1e-6)).astype(np.float32), min(one_piece, 1.0)


def _waist(body: BodyCoordinates) -> float:
    """The row at which a dress is divided."""
    return float(body.points[Joint.NECK, 1] + 0.62 * (body.points[Joint.MID_HIP, 1] - body.points[Joint.NECK, 1]))


def _color_evidence(memberships: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(N, 9): log of how much more often each label wears a pixel's colour than the whole person does.

    ``weights`` (N, 9): label probabilities times matte. All skin of a person shares one colour distribution.
    """
    seen = memberships.T @ weights  # (palette, labels)
    overall = seen.sum(1, keepdims=True) / max(float(seen.sum()), 1e-6)
    seen[:, SKIN] = (seen[:, SKIN].sum(1) + seen[:, HEAD])[:, None]  # the face is the surest
    ratio = (seen / (seen.sum(0) + 20) + 0.05 * overall) / (overall + 1e-6)
    evidence = np.log(np.clip(memberships @ ratio, 0.02, 50))
    evidence[:, OTHER] = 0
    return evidence


def _softmax(logits: np.ndarray) -> np.ndarray:
    weights = np.exp(logits - logits.max(1, keepdims=True))
    return (weights / weights.sum(1, keepdims=True)).astype(np.float32)


# --- upper and lower clothes -----------------------------------------------------------------------------------------

CUT_TRUST, CONTRAST_TRUST, CUT_BEND, ONE_PIECE = 1.0, 0.5, 1.0, 0.85


def _divide_clothes(
    posterior: np.ndarray,
    memberships: np.ndarray,
    lab: np.ndarray,
    inside: np.ndarray,
    body: BodyCoordinates,
    points: np.ndarray,
) -> float:
    """Redistribute ``posterior`` (N, 9), in place, between upper and lower clothes by one curve from side to side.

    Returns how much both look like one piece (0..1); such a dress is divided straight at the waist.
    """
    clothes = posterior[:, UPPER] + posterior[:, LOWER]
    weights = body.weights(points)
    on_arms = [KINDS[bone.kind] in ("upper_arm", "forearm", "hand") for bone in body.bones]
    sleeves = weights[on_arms].sum(0)
    body_clothes = clothes * (1 - sleeves)
    ratio = np.log((posterior[:, UPPER] + 1e-3) / (posterior[:, LOWER] + 1e-3))
    votes, worn = np.zeros(inside.shape, np.float32), np.zeros(inside.shape, np.float32)
    votes[inside], worn[inside] = body_clothes * np.clip(ratio, -2, 2), body_clothes
    top = points[:, 1].min()
    axis = body.points[Joint.MID_HIP, 1] - body.points[Joint.NECK, 1]
    first = int(body.points[Joint.NECK, 1] + 0.30 * axis - top)
    last = int(body.points[Joint.MID_HIP, 1] + 0.9 * body.unit - top)
    rows = np.clip([first, last], 1, inside.shape[0] - 1)
    if rows[1] - rows[0] < 4 or worn.sum() < 20:
        return 0.0
    border, contrast = _best_cut(votes, worn, lab, slice(int(rows[0]), int(rows[1])), body.unit)
    columns = (points[:, 0] - points[:, 0].min()).astype(np.intp)
    below = points[:, 1] - top - border[columns]
    one_piece = _one_piece(memberships, body_clothes, below / body.unit, contrast)
    if one_piece > ONE_PIECE:
        below = points[:, 1] - _waist(body)
    side = np.clip(-below / (0.03 * body.unit), -1, 1)
    logit = (10 * side) if one_piece > ONE_PIECE else ratio + CUT_TRUST * side
    upper = 1 / (1 + np.exp(-logit))
    keep = np.clip(sleeves * 2, 0, 1)
    upper = keep * posterior[:, UPPER] / np.maximum(clothes, 1e-6) + (1 - keep) * upper
    posterior[:, UPPER], posterior[:, LOWER] = clothes * upper, clothes * (1 - upper)
    return one_piece


def _best_cut(
    votes: np.ndarray, worn: np.ndarray, lab: np.ndarray, rows: slice, unit: float
) -> tuple[np.ndarray, float]:
    """The border row of every column (W,) and the colour contrast across it (Lab units).

    Maximises, by dynamic programming over columns, the votes above (upper) minus those below, plus the contrast.
    """
    total = np.cumsum(votes, 0)
    gain = (2 * total - total[-1])[rows]
    contrast = _contrast(worn, lab, max(2, round(0.05 * unit)))[rows]
    score = 2 * gain + CONTRAST_TRUST * contrast
    height, width = score.shape
    best, back = score[:, 0].copy(), np.zeros((height, width), np.int16)
    steps = np.arange(-3, 4)
    candidates = np.clip(np.arange(height)[:, None] + steps, 0, height - 1)
    for x in range(1, width):
        reach = best[candidates] - CUT_BEND * np.abs(steps)
        choice = reach.argmax(1)
        back[:, x] = candidates[np.arange(height), choice]
        best = score[:, x] + reach[np.arange(height), choice]
    border = np.zeros(width, np.intp)
    border[-1] = best.argmax()
    for x in range(width - 1, 0, -1):
        border[x - 1] = back[border[x], x]
    here = worn[rows][border, np.arange(width)]
    mean = float((contrast[border, np.arange(width)] * here).sum() / max(float(here.sum()), 1.0))
    return border + rows.start + 0.5, mean


def _contrast(worn: np.ndarray, lab: np.ndarray, size: int) -> np.ndarray:
    """(H, W): distance in Lab between the clothes in ``size`` rows up to a row and those below it."""
    kernel = np.zeros((2 * size + 1, 3), np.float32)
    kernel[: size + 1] = 1
    sides = []
    for half in (kernel, 1 - kernel):
        count = cv2.filter2D(worn, -1, half, borderType=cv2.BORDER_CONSTANT)
        sums = cv2.filter2D(lab * worn[..., None], -1, half, borderType=cv2.BORDER_CONSTANT)
        sides.append((sums / np.maximum(count, 1e-3)[..., None], count))
    both = np.minimum(sides[0][1], sides[1][1]) / kernel.sum()
    return np.linalg.norm(sides[0][0] - sides[1][0], axis=-1) * np.clip(2 * both, 0, 1)


def _one_piece(memberships: np.ndarray, worn: np.ndarray, below: np.ndarray, contrast: float) -> float:
    """0..1 from the likeness of the colours on both sides of the cut (Bhattacharyya) and the contrast along it."""
    above, under = (worn * ((side > 0) & (side < 0.7)) for side in (-below, below))
    if min(above.sum(), under.sum()) < 10:
        return 0.0
    p, q = memberships.T @ above / above.sum(), memberships.T @ under / under.sum()
    likeness = float(np.sqrt(np.maximum(p * q, 0)).sum())
    return float(1 / (1 + np.exp(-(9 * (likeness - 0.72) - 0.15 * (contrast - 12)))))
