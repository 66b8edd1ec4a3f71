"""From a coarse person mask to a matte at the photo's resolution: fingers, shoes, hair, gaps between arm and body.

Two steps. At a small working size every pixel is judged anew by what the coarse mask says, by *local* colour models
of person and background (a five-dimensional grid over place and colour, as in Maerki et al., Bilateral Space Video
Segmentation, CVPR 2016) and by how well the background's continuation predicts it; edge-preserving least squares
(Min et al., Fast Global Image Smoothing, 2014) make one region of it. At full resolution the pixels of the edge get
their share of the person by projection onto the line between the extrapolated colours of both sides.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage

from fashionmirror_core import skeleton
from fashionmirror_core.imaging.boxes import bounding_box, grown, window
from fashionmirror_core.imaging.channels import spread, summed
from fashionmirror_core.imaging.fill import push_pull
from fashionmirror_core.imaging.levels import to_8bit
from fashionmirror_core.skeleton import Joint, Pose

_WORK_HEIGHT = 352  # pixels of the person's box while colours are judged
_ROUNDS = 2
_LOGIT_LIMIT = 3.2  # of the coarse mask's log-odds: beyond it the mask is not more often right
_EVIDENCE_LIMIT = 3.5  # of one pixel's colour
_EVIDENCE_GAIN = (0.15, 2.5)  # of the colour's log-odds, where it tells nothing .. where it tells all
_GAIN_POWER = 6.0  # how fast the gain falls where colours and mask disagree, before a lively background
_PLAIN_AGREEMENT = (0.25, 0.6)  # before a plain one it falls between these: a gap's own disagreement is no reason
_COLOR_STEP = (13.0, 8.0, 8.0)  # of the grid, in OpenCV's 8-bit Lab
_PREDICTED_SHARE = 0.3  # of the background's density that follows its continuation instead of its histogram
_PLAIN_VARIANCE = 20.0  # of Lab, round a continuation that is good enough to mean something
_PRIOR_COUNT = 5.0  # pixels' worth of "any colour" in every cell
_BONE_ODDS = 2.0  # log-odds in favour of the person along a bone
_LIMBS = (  # (from, to, half-width in person heights), kept thinner than the thinnest limb
    (Joint.NECK, Joint.MID_HIP, 0.012),
    (Joint.R_SHOULDER, Joint.R_ELBOW, 0.008),
    (Joint.R_ELBOW, Joint.R_WRIST, 0.006),
    (Joint.L_SHOULDER, Joint.L_ELBOW, 0.008),
    (Joint.L_ELBOW, Joint.L_WRIST, 0.006),
    (Joint.R_HIP, Joint.R_KNEE, 0.012),
    (Joint.R_KNEE, Joint.R_ANKLE, 0.008),
    (Joint.L_HIP, Joint.L_KNEE, 0.012),
    (Joint.L_KNEE, Joint.L_ANKLE, 0.008),
)
_SHOES = ((Joint.R_HEEL, Joint.R_BIG_TOE, 0.022), (Joint.L_HEEL, Joint.L_BIG_TOE, 0.022))
_SHOE_ODDS = 3.0  # along a shoe that has the floor's colour
_HUES_APART = 6.0  # of Lab's a and b between person and background, from which on the hue tells them apart
_HUE_SHARE = 0.35  # of the person's hue, where a pixel is half the person's: skin in the light has less hue
_SMALL_HOLE = 0.0004  # of the person's height squared: smaller ones are buttons, not gaps


def refine(image: np.ndarray, coarse: np.ndarray, pose: Pose) -> np.ndarray:
    """The person's matte at the photo's resolution.

    Args:
        image: (H, W, 3) uint8 RGB.
        coarse: (H, W) float in [0, 1], an estimator's mask, roughly right.
        pose: BODY_25 in the photo's pixels.

    Returns:
        (H, W) float32 in [0, 1]: one person with what hangs on it; zero if ``coarse`` shows nobody.
    """
    coarse = np.clip(coarse, 0, 1).astype(np.float32)
    matte = np.zeros(image.shape[:2], np.float32)
    box = _person_box(coarse, pose)
    if box is None:
        return matte
    cut, mask = np.ascontiguousarray(image[box]), np.ascontiguousarray(coarse[box])
    local = pose.transformed(1.0, (-float(box[1].start), -float(box[0].start)))
    region = _without_pinholes(_connected(_region(cut, mask, local), local))
    matte[box] = _soft_edge(cut, region, local)
    return matte


def foreground_colors(image: np.ndarray, matte: np.ndarray) -> np.ndarray:
    """The person's own colours, (H, W, 3) uint8 RGB: at the matte's edge, without the background mixed in.

    Inside they are the photo's; at the edge they continue the inside; beyond it they run on, so that a picture that
    is resampled with its matte takes up no background either.
    """
    inside = ndimage.minimum_filter(matte, size=3)
    own = np.clip((inside - 0.85) / 0.13, 0, 1).astype(np.float32)
    if not own.any():
        own = np.clip(matte, 0, 1).astype(np.float32)
    box = _window(matte > 0.004, margin=8)
    result = image.copy()
    if box is not None:
        result[box] = to_8bit(push_pull(image[box], own[box]))
    return result


Window = tuple[slice, slice]


def _window(mask: np.ndarray, margin: int) -> Window | None:
    box = bounding_box(mask)
    return None if box is None else window(grown(box, margin, mask.shape))


def _person_box(coarse: np.ndarray, pose: Pose) -> Window | None:
    """Where to look: mask and joints with a margin that shows enough background."""
    seen = coarse > 0.3
    if not seen.any():
        return None
    height, width = coarse.shape
    for x, y, confidence in pose.joints:
        if confidence >= skeleton.CONFIDENT and 0 <= x < width - 1 and 0 <= y < height - 1:
            seen[round(float(y)), round(float(x))] = True
    rows = np.flatnonzero(seen.any(1))
    return _window(seen, margin=max(8, int(0.1 * (rows[-1] - rows[0]))))


def _disc(radius: float) -> np.ndarray:
    size = 2 * max(1, round(radius)) + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))


def _logit(p: np.ndarray) -> np.ndarray:
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return np.clip(np.log(p / (1 - p)), -_LOGIT_LIMIT, _LOGIT_LIMIT)


def _region(image: np.ndarray, coarse: np.ndarray, pose: Pose) -> np.ndarray:
    """(H, W) float32: how surely each pixel is the person's, by mask, local colours and skeleton."""
    size = image.shape[1::-1]
    scale = min(1.0, _WORK_HEIGHT / image.shape[0])
    if scale < 1:
        small = (max(8, round(size[0] * scale)), max(8, round(size[1] * scale)))
        image = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
        coarse = cv2.resize(coarse, small, interpolation=cv2.INTER_AREA)
        pose = pose.transformed(scale, (0.5 * scale - 0.5, 0.5 * scale - 0.5))
    tall = image.shape[0] / 1.2  # the box has a margin of a tenth on both ends
    colors = _ColorGrid.of(image, cell=0.08 * tall)
    bones = _BONE_ODDS * _capsules(pose, _LIMBS, coarse.shape, tall)
    shoes = [_capsules(pose, (shoe,), coarse.shape, tall) > 0 for shoe in _SHOES]
    near = cv2.dilate((coarse > 0.1).astype(np.uint8), _disc(0.06 * tall)) > 0
    prior = _logit(coarse) + bones
    smoother = cv2.ximgproc.createFastGlobalSmootherFilter(image, 8.0, 12.0)
    p = coarse
    for _ in range(_ROUNDS):
        evidence, plain = colors.evidence(p, tall)
        said = _gain(evidence, plain, coarse, tall) * evidence
        odds = _with_pale_shoes(prior, said, shoes, 0.006 * tall)
        vote = (1 / (1 + np.exp(-np.where(near, odds, -6)))).astype(np.float32)
        trust = np.abs(2 * vote - 1) + np.float32(0.02)
        p = smoother.filter(vote * trust) / np.maximum(smoother.filter(trust), 1e-6)
    return np.clip(cv2.resize(p, size, interpolation=cv2.INTER_LINEAR), 0, 1)


Capsule = tuple[int, int, float]


def _capsules(pose: Pose, capsules: tuple[Capsule, ...], shape: tuple[int, ...], tall: float) -> np.ndarray:
    """(H, W) float32: 1 along those bones whose ends are seen."""
    canvas = np.zeros(shape, np.uint8)
    for start, end, half_width in capsules:
        if min(pose.confidence[start], pose.confidence[end]) >= skeleton.CONFIDENT:
            ends = [(round(float(x)), round(float(y))) for x, y in pose.points[[start, end]]]
            cv2.line(canvas, ends[0], ends[1], 1, max(1, round(2 * half_width * tall)))
    return canvas.astype(np.float32)


def _with_pale_shoes(prior: np.ndarray, said: np.ndarray, shoes: list[np.ndarray], spread: float) -> np.ndarray:
    """Prior plus what the colours ``said``, all log-odds; but a shoe that they do not confirm has the floor's colour.

    There mask and skeleton know better; elsewhere the colours tell a shoe from its shadow.
    """
    odds = prior + said
    for shoe in shoes:
        if shoe.any() and said[shoe].mean() < 1.0:
            around = cv2.dilate(shoe.astype(np.uint8), _disc(spread)) > 0
            odds = np.where(around, prior + np.maximum(said, -0.3), odds)
            odds = np.where(shoe, np.maximum(odds, _SHOE_ODDS), odds)
    return odds


def _gain(evidence: np.ndarray, plain: np.ndarray, coarse: np.ndarray, tall: float) -> np.ndarray:
    """How far colours can be believed here: high where nearby they agree with the mask on both of its sides."""
    sure = (2 * coarse - 1) ** 2
    around = cv2.dilate((coarse > 0.2).astype(np.uint8), _disc(0.05 * tall)) > 0
    sigma = 0.06 * tall
    agreements = []
    for side, sign in ((coarse > 0.5, 1.0), ((coarse <= 0.5) & around, -1.0)):
        weight = np.where(side, sure, 0).astype(np.float32)
        agreed = cv2.GaussianBlur((weight * np.clip(sign * evidence, -1, 1)).astype(np.float32), (0, 0), sigma)
        agreements.append(agreed / (cv2.GaussianBlur(weight, (0, 0), sigma) + 1e-3))
    agreement = np.clip(np.minimum(*agreements), 0, 1)
    start, end = _PLAIN_AGREEMENT
    belief = plain * np.clip((agreement - start) / (end - start), 0, 1) + (1 - plain) * agreement**_GAIN_POWER
    low, high = _EVIDENCE_GAIN
    return low + (high - low) * belief


@dataclass(frozen=True)
class _ColorGrid:
    """Colour histograms that vary over the picture; each pixel knows its cell."""

    lab: np.ndarray  # (H, W, 3) float32, OpenCV's 8-bit Lab
    cell: np.ndarray  # (H, W) int, index into the flattened grid
    shape: tuple[int, ...]  # rows, columns, L, a, b

    @classmethod
    def of(cls, image: np.ndarray, cell: float) -> _ColorGrid:
        lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32)
        height, width = lab.shape[:2]
        rows = np.rint(np.arange(height) / cell).astype(np.int64)[:, None]
        columns = np.rint(np.arange(width) / cell).astype(np.int64)[None]
        bins = np.rint(lab / np.array(_COLOR_STEP, np.float32)).astype(np.int64)
        bins -= bins.min((0, 1))
        shape = (int(rows.max()) + 1, int(columns.max()) + 1, *(int(n) + 1 for n in bins.max((0, 1))))
        index = np.ravel_multi_index((rows, columns, bins[..., 0], bins[..., 1], bins[..., 2]), shape)
        return cls(lab, index, shape)

    def density(self, weight: np.ndarray) -> np.ndarray:
        """(H, W): how probable the pixel's colour bin is among the weighted pixels nearby."""
        total = int(np.prod(self.shape))
        grid = np.bincount(self.cell.ravel(), weight.ravel(), total).reshape(self.shape).astype(np.float32)
        for axis, sigma in enumerate((1.0, 1.0, 0.6, 0.6, 0.6)):
            grid = ndimage.gaussian_filter1d(grid, sigma, axis, mode="constant", truncate=2.0)
        count = grid.sum((2, 3, 4), keepdims=True)
        uniform = _PRIOR_COUNT / (11 * 13 * 13)
        return ((grid + uniform) / (count + _PRIOR_COUNT)).ravel()[self.cell]

    def evidence(self, p: np.ndarray, tall: float) -> tuple[np.ndarray, np.ndarray]:
        """Log-odds of person against background by colour given the belief ``p``; how plain the background is, 0..1."""
        continued, match, plain = self._continued(p, 0.03 * tall)
        # What looks just like the background's continuation may be a gap: it doesn't teach the person's colours.
        person = self.density(np.where(p > 0.8, p * (1 - plain * match), 0))
        behind = self.density(np.where(p < 0.3, 1 - p, 0))
        behind = (1 - _PREDICTED_SHARE) * behind + _PREDICTED_SHARE * continued
        return np.clip(np.log(person / behind), -_EVIDENCE_LIMIT, _EVIDENCE_LIMIT), plain

    def _continued(self, p: np.ndarray, sigma: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """If the background just goes on behind the pixel: its bin's probability, its match, how plain it is there."""
        known = cv2.erode((p < 0.1).astype(np.uint8), _disc(2)).astype(np.float32)
        share = cv2.GaussianBlur(known, (0, 0), sigma) + np.float32(1e-3)
        mean = cv2.GaussianBlur(self.lab * spread(known), (0, 0), sigma) / spread(share)
        residual = summed((self.lab - mean) ** 2) * known
        variance = push_pull(cv2.GaussianBlur(residual, (0, 0), sigma) / share, known) / 3 + 6.0
        distance = summed((self.lab - push_pull(self.lab, known)) ** 2) / variance
        match, plain = np.exp(-0.5 * distance), np.exp(-((variance / _PLAIN_VARIANCE) ** 2))
        volume = float(np.prod(_COLOR_STEP))
        return np.minimum(match / (2 * np.pi * variance) ** 1.5 * volume, 1.0), match, plain


def _connected(region: np.ndarray, pose: Pose) -> np.ndarray:
    """The region without what isn't connected with the body: passers-by, spots."""
    solid = (region > 0.5).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    if count <= 2:
        return region
    largest = int(stats[1:, cv2.CC_STAT_AREA].max())
    on_body = _labels_under_joints(labels, pose)
    keep = np.zeros(count, bool)
    for label in range(1, count):
        area = stats[label, cv2.CC_STAT_AREA]
        keep[label] = area == largest or (label in on_body and area > 0.001 * largest)
    # What is dropped takes its soft fringe along: only pixels nearer to something kept may stay.
    distance_kept = cv2.distanceTransform((~keep[labels]).astype(np.uint8), cv2.DIST_L2, 3)
    dropped = (solid > 0) & ~keep[labels]
    if not dropped.any():
        return region
    distance_dropped = cv2.distanceTransform((~dropped).astype(np.uint8), cv2.DIST_L2, 3)
    return np.where(distance_kept <= distance_dropped, region, 0).astype(np.float32)


def _without_pinholes(region: np.ndarray) -> np.ndarray:
    """The region with holes filled that are too small for a gap between limbs."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((region <= 0.5).astype(np.uint8), connectivity=4)
    limit = _SMALL_HOLE * (region.shape[0] / 1.2) ** 2
    tiny = np.arange(count) > 0
    tiny &= stats[:, cv2.CC_STAT_AREA] < limit
    hole = cv2.dilate(tiny[labels].astype(np.uint8), _disc(2)) > 0
    return np.where(hole, np.maximum(region, 0.95), region).astype(np.float32)


def _labels_under_joints(labels: np.ndarray, pose: Pose) -> set[int]:
    height, width = labels.shape
    found = set()
    for x, y, confidence in pose.joints:
        column, row = round(float(x)), round(float(y))
        if confidence >= 0.5 and 0 <= column < width and 0 <= row < height:
            found.add(int(labels[row, column]))
    return found - {0}


def _soft_edge(image: np.ndarray, region: np.ndarray, pose: Pose) -> np.ndarray:
    """(H, W) float32: the region's edge resolved at full resolution; wider where hair is."""
    tall = image.shape[0] / 1.2
    solid = (region > 0.5).astype(np.uint8)
    radius = max(2.0, 0.006 * tall)
    reach = np.where(_head(pose, solid.shape, tall), 2.0 * radius, radius).astype(np.float32)
    inner = cv2.distanceTransform(solid, cv2.DIST_L2, 5)
    outer = cv2.distanceTransform(1 - solid, cv2.DIST_L2, 5)
    band = np.maximum(inner, outer) <= reach
    person = push_pull(image, ((inner > reach) & (region > 0.8)).astype(np.float32))
    behind = push_pull(image, ((outer > reach) & (region < 0.2)).astype(np.float32))
    guided = _along_edges(image, region, band, max(2, round(radius)))
    own, there, far = (picture.reshape(-1, 3)[band.ravel()] for picture in (image, person, behind))
    across = there - far
    contrast = summed(across**2)
    share = summed((own - far) * across) / np.maximum(contrast, 1.0)
    # The projection is believed where the two sides differ by much more than their own texture.
    off_line = summed((own - far - share[:, None] * across) ** 2)
    trust = contrast / (contrast + 2 * off_line + 40.0**2)
    alpha = np.zeros(band.shape, np.float32)
    alpha[band] = trust * np.clip(share, 0, 1) + (1 - trust) * np.clip(guided[band], 0, 1)
    # Of skin in the light, as bright as a wall behind it, the hue tells more; hair may let a wall of any hue through.
    hue = np.zeros(band.shape, np.float32)
    hue[band] = _share_by_hue(own, there, far)
    # JPEG spills hues over an edge: what isn't connected with the person is none.
    connected = _connected_alpha(np.maximum(alpha, hue), inner > 0.5 * reach, round(6 * radius))
    alpha = np.where(_head(pose, solid.shape, tall), alpha, connected)
    # Fades to the region's own answer at the band's rim, so that texture inside leaves no holes there.
    signed = np.where(solid > 0, inner, -outer) / np.maximum(reach, 1e-3)
    alpha = np.clip(alpha, np.clip(1.5 * signed - 0.5, 0, 1), np.clip(1.5 * signed + 1.5, 0, 1))
    alpha = np.where(band, alpha, solid)
    return np.clip((alpha - 0.06) / 0.88, 0, 1).astype(np.float32)


def _along_edges(image: np.ndarray, region: np.ndarray, band: np.ndarray, radius: int) -> np.ndarray:
    """(H, W) float32: the region (H, W) in a band (H, W) bool, led by the picture's edges."""
    box = _window(band, margin=4 * radius)
    guided = region.copy()
    if box is not None:
        cut = np.ascontiguousarray(image[box]), np.ascontiguousarray(region[box])
        guided[box] = cv2.ximgproc.guidedFilter(*cut, radius, 60.0)
    return guided


def _connected_alpha(alpha: np.ndarray, seed: np.ndarray, steps: int) -> np.ndarray:
    """(H, W) float32: no more alpha than all pixels have on some way of at most so many ``steps`` from the seed, (H, W)
    bool: grayscale reconstruction by dilation."""
    most = to_8bit(255 * alpha)
    found = np.where(seed, np.uint8(255), np.uint8(0))
    most = np.maximum(most, found)
    for _ in range(steps):
        found = np.minimum(cv2.dilate(found, np.ones((3, 3), np.uint8)), most)
    return np.minimum(alpha, (found.astype(np.float32) + 1) / 255)


def _share_by_hue(image: np.ndarray, person: np.ndarray, behind: np.ndarray) -> np.ndarray:
    """(...) in [0, 1]: the person's share of colours by hue alone; 0 where both sides (..., 3) have about the same."""
    own, there, far = (
        cv2.cvtColor(to_8bit(colors).reshape(-1, 1, 3), cv2.COLOR_RGB2LAB)[..., 1:].astype(np.float32)
        for colors in (image, person, behind)
    )
    across, step = there - far, own - far
    contrast = summed(across**2)
    share = summed(step * across) / np.maximum(contrast, 1.0)
    off_line = summed((step - share[..., None] * across) ** 2)
    trust = np.clip(contrast / _HUES_APART**2 - 1, 0, 1) * contrast / np.maximum(contrast + 4 * off_line, 1.0)
    return np.asarray(trust * np.clip(share / (2 * _HUE_SHARE), 0, 1)).reshape(image.shape[:-1])


def _head(pose: Pose, shape: tuple[int, ...], tall: float) -> np.ndarray:
    """(H, W) bool: a disc around head and shoulder-long hair."""
    canvas = np.zeros(shape, np.uint8)
    x, y = pose.points[Joint.NOSE]
    if pose.confidence[Joint.NOSE] >= skeleton.CONFIDENT:
        cv2.circle(canvas, (round(float(x)), round(float(y))), max(2, round(0.11 * tall)), 1, -1)
    return canvas > 0
