"""The head without its hair: the body's own head and neck, ears and all, drawn onto the photo's face.

It is what a head shows from the side and from behind, where the photo's own sheet gives out (see ``avatar.head``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, cached_property

import cv2
import numpy as np
from scipy import sparse
from scipy.interpolate import LinearNDInterpolator
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from fashionmirror_core.body.fitted import Bone, FittedBody
from fashionmirror_core.body.model import BodyModel
from fashionmirror_core.imaging.channels import spread, summed
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.imaging.fill import push_pull
from fashionmirror_core.imaging.masks import disc
from fashionmirror_core.person import face as mesh
from fashionmirror_core.skeleton import Joint

LEAST_WEIGHT = 0.35  # of head and neck bone: from there on a vertex belongs to the head's surface
CLOSER = (
    0.19,
    0.14,
    0.10,
    0.075,
)  # of the face's width: over how far a point of the face pulls the skin, pass after pass
DIVES = 0.008  # statures
HOLD = 0.25  # weight with which the skin stays where it is
DEPTHS = (0.8, 1.25)  # what the face mesh's depth may be stretched by
STRETCH = (0.85, 1.18)  # what the body's face may be stretched by to reach from eyes to chin, and from eye to eye
DARK = 0.72  # of the skin's brightness: less is none of it
ASLANT = 0.25  # of a normal's z: so much more must what is dark face the viewer
FRINGE = 0.008  # statures: half the breadth from which on what is dark on a face is hair
TURNS = 20.0  # degrees, the most by which the face's points turn the fitted head
GLASSES = 0.45, 0.012  # share of each eye's surroundings that dark glasses cover; statures that they reach beyond
BACK = 0.0055  # statures by which a fitted head stands too far forward: 0.8 cm in 10 of 11 rendered training clips
EAR = 0.0175  # statures: half the height of an ear


@dataclass(frozen=True)
class Skull:
    """Vertices (n, 3) in photo space, triangles (m, 3), bone weights (n, 22); ears: (2, 3), the right one first.
    stature: crown to heel, photo pixels. turned: (3, 3), from the head's own axes (as the body's at rest) to the photo's.
    """

    vertices: np.ndarray
    triangles: np.ndarray
    weights: np.ndarray
    ears: np.ndarray
    stature: float
    turned: np.ndarray

    @cached_property
    def normals(self) -> np.ndarray:
        return normals_of(self.vertices, self.triangles)

    @cached_property
    def near_ear(self) -> np.ndarray:
        """(n,) bool: the vertices of the ears, which stand off the head."""
        local = self.local(self.vertices)
        ears = self.local(self.ears)
        reach = 1.5 * EAR * self.stature
        near = np.min([np.hypot(*(local - ear)[:, 1:].T) for ear in ears], 0) < reach
        return near & (np.abs(local[:, 0]) > np.abs(ears[:, 0]).mean() - 0.006 * self.stature)

    def local(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 3) of photo space in the head's axes, from between the ears."""
        return (points - self.ears.mean(0)) @ self.turned

    def placed(self, local: np.ndarray) -> np.ndarray:
        """The reverse of ``local``."""
        return local @ self.turned.T + self.ears.mean(0)

    @cached_property
    def mirrored(self) -> np.ndarray:
        """(n, 3): the place of each vertex on the other side of the head."""
        return self.placed(self.local(self.vertices) * (-1, 1, 1))

    @cached_property
    def facing(self) -> np.ndarray:
        """(n, 2) in [-1, 1]: how much the head faces the viewer at each vertex, and at its place on the other side: by where
        it lies around the axis between the ears, whatever folds mouth and eyes have."""
        outward: np.ndarray = self.local(self.vertices) * np.array([1.0, 0.0, 1.0])
        outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-9)
        return -np.stack([outward, outward * (-1, 1, 1)], 1) @ self.turned[2]

    @cached_property
    def head(self) -> np.ndarray:
        """(k, 3): in the head's axes, without ears and neck."""
        return self.local(self.vertices)[~self.near_ear & (self.weights[:, Bone.HEAD] > 0.5)]

    @cached_property
    def center(self) -> np.ndarray:
        """(3,): in the head's axes, the middle of what is above the ears, at their upper end."""
        ear = EAR * self.stature
        above = self.head[self.head[:, 1] < -ear + 0.01 * self.stature, 2]
        return np.array([0.0, -ear, (above.min() + above.max()) / 2])

    @cached_property
    def sides(self) -> tuple[float, float]:
        """The angles around the head, from 0 behind to a quarter at the person's left, that the photo shows as its outline
        on the left and on the right."""
        x, _, z = self.turned[0]
        return float(np.arctan2(-x, -z)), float(np.arctan2(x, z))

    def with_ears_flat(self) -> Skull:
        """The skull of long hair, which lies over the ears."""
        local, near = self.local(self.vertices), self.near_ear
        beside = ~near & (np.abs(local[:, 1:]) < 1.5 * EAR * self.stature).all(1)
        if not beside.any():
            return self
        wide = float(np.percentile(np.abs(local[beside, 0]), 80))
        local[near, 0] = np.clip(local[near, 0], -wide, wide)
        return replace(self, vertices=self.placed(local))

    @cached_property
    def front(self) -> LinearNDInterpolator:
        """At places (..., 2) of the photo: depth of the front, and the z of its normal; NaN beside the head."""
        chosen = self.normals[:, 2] < -0.05
        values = np.c_[self.vertices[chosen, 2], self.normals[chosen, 2]]
        return LinearNDInterpolator(self.vertices[chosen, :2], values)


def normals_of(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(n, 3) unit normals, outward."""
    a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
    across = np.cross(b - a, c - a)
    total = np.stack(
        [np.bincount(triangles.ravel(), np.repeat(across[:, axis], 3), len(vertices)) for axis in range(3)], -1
    )
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-9)


@cache
def _outer_skin() -> np.ndarray:
    """(V,) bool: the model's skin and eyes, without what is inside of the mouth."""
    model = BodyModel.load()
    faces, count = model.faces, len(model.skin)
    edges = sparse.coo_matrix((np.ones(faces.size), (faces.ravel(), np.roll(faces, 1, 1).ravel())), (count, count))
    _, label = connected_components(edges, directed=False)
    sizes = np.bincount(label)
    eyes = np.sort(sizes)[0]
    return (sizes == sizes.max())[label] | (sizes == eyes)[label]


def skull_of(body: FittedBody, model: BodyModel, face: np.ndarray | None) -> Skull:
    """The body's head, moved onto the points of the photo's face (468, 3), photo pixels; as fitted without them."""
    weight = model.skin.weights[:, [Bone.HEAD, Bone.NECK]].sum(1)
    chosen = (weight > LEAST_WEIGHT) & _outer_skin()
    number = np.full(len(weight), -1)
    number[chosen] = np.arange(chosen.sum())
    triangles = number[model.faces[chosen[model.faces].all(1)]].astype(np.int32)
    vertices = body.vertices[chosen].astype(np.float64)
    head = smoothstep(model.skin.weights[chosen, Bone.HEAD], 0.2, 0.7)[:, None]
    stature = float(np.ptp(body.vertices[:, 1]))
    ears = body.landmarks[[Joint.R_EAR, Joint.L_EAR]].astype(np.float64)
    skull = Skull(
        vertices, triangles, model.skin.weights[chosen], ears, stature, body.rotations[Bone.HEAD].astype(np.float64)
    )
    # The lower end of the neck dives under clothes and chest.
    low = 1 - smoothstep(weight[chosen], LEAST_WEIGHT, 0.8)
    vertices = vertices - (DIVES * stature * low)[:, None] * normals_of(vertices, triangles)
    if face is None:
        return replace(skull, vertices=vertices)
    features = body.landmarks[[Joint.R_EYE, Joint.L_EYE, Joint.NOSE]].astype(np.float64)
    turn, middle = turn_to(skull.turned, face).T, ears.mean(0)
    upright, features, ears = ((points - middle) @ turn + middle for points in (vertices, features, ears))
    turned = turn.T @ skull.turned
    moved = _aligned(upright, features, face, turned)
    ears = _aligned(ears, features, face, turned, upright)
    vertices = vertices + head * (moved - vertices)
    vertices = _pulled(vertices, triangles, head[:, 0], face.astype(np.float64))
    vertices[:, 2:] += BACK * stature * head
    ears[:, 2] += BACK * stature
    return Skull(vertices, triangles, skull.weights, ears, stature, turned)


def turn_to(turned: np.ndarray, face: np.ndarray) -> np.ndarray:
    """(3, 3): the shortest rotation by which the head's axis from ear to ear (``turned``, (3, 3)) lies as that of the face's
    points (468, 3). The body's fit sees five points of a head, and misses how that turns and leans by 6 degrees on average.
    """
    left, right = np.array(mesh.ACROSS).T
    across = (face[left] - face[right]).astype(np.float64).mean(0)
    own, across = turned[:, 0], across / np.linalg.norm(across)
    axis = np.cross(own, across)
    sine = float(np.linalg.norm(axis))
    angle = min(float(np.arctan2(sine, own @ across)), np.radians(TURNS))
    return Rotation.from_rotvec(axis / max(sine, 1e-9) * angle).as_matrix()


def _chin(vertices: np.ndarray) -> np.ndarray:
    before = vertices[vertices[:, 2] < np.percentile(vertices[:, 2], 35)]
    return before[before[:, 1].argmax()]


def _aligned(
    points: np.ndarray, features: np.ndarray, face: np.ndarray, turned: np.ndarray, skin: np.ndarray | None = None
) -> np.ndarray:
    """Points moved and stretched so that the body's eyes (features: right, left, nose) and chin lie on the photo's."""
    eyes = np.stack([face[list(corners), :2].mean(0) for corners in (mesh.RIGHT_EYE, mesh.LEFT_EYE)])
    own = features[:2, :2]
    chin = _chin(points if skin is None else skin)[:2]
    axes = turned[:2, :2]  # across and down the head, in the photo
    across, down = (axis / max(float(np.hypot(*axis)), 1e-6) for axis in axes.T)
    start, target = own.mean(0), eyes.mean(0)
    wide = abs(np.ptp(eyes @ across)) / max(abs(np.ptp(own @ across)), 1e-6)
    tall = float((face[mesh.CHIN, :2] - target) @ down) / max(float((chin - start) @ down), 1e-6)
    wide, tall = (float(np.clip(value, *STRETCH)) for value in (wide, tall))
    offset = points[:, :2] - start
    result = points.copy()
    frame = np.stack([across, down], 1)
    result[:, :2] = target + (offset @ np.linalg.inv(frame).T) * (wide, tall) @ frame.T
    return result


def _pulled(vertices: np.ndarray, triangles: np.ndarray, head: np.ndarray, face: np.ndarray) -> np.ndarray:
    """Vertices near the face moved softly onto its points; head: (n,), how much each may move."""
    wide = float(np.ptp(face[:, 0]))
    result = vertices.copy()
    facing = np.flatnonzero((head > 0.5) & (normals_of(result, triangles)[:, 2] < -0.2))
    _, nearest = cKDTree(result[facing, :2]).query(face[:, :2])
    depth = result[facing[nearest], 2]
    central = np.abs(face[:, 0] - face[mesh.NOSE_TIP, 0]) < 0.33 * wide
    stretch = float(np.clip(np.polyfit(face[central, 2], depth[central], 1)[0], *DEPTHS))
    target = face * (1, 1, stretch)
    target[:, 2] += np.median((depth - target[:, 2])[central])
    movable = np.flatnonzero(head > 0)
    flat = np.array([1, 1, 0.6])
    for share in CLOSER:
        facing = np.flatnonzero((head > 0.5) & (normals_of(result, triangles)[:, 2] < 0.1))
        _, nearest = cKDTree(result[facing] * flat).query(target * flat)
        start = result[facing[nearest]]
        reach = 3 * share * wide
        own = movable[cKDTree(start).query(result[movable], distance_upper_bound=reach)[0] < reach]
        apart = ((result[own] ** 2).sum(1)[:, None] - 2 * result[own] @ start.T) + (start**2).sum(1)
        weight = np.exp(np.minimum(-apart, 0).astype(np.float32) / np.float32(2 * (share * wide) ** 2))
        result[own] += head[own, None] * (weight @ (target - start)) / (weight.sum(1, keepdims=True) + HOLD)
    return result


def _typical(colors: np.ndarray, where: np.ndarray) -> float:
    """The usual brightness, R + G + B, of a picture (h, w, 3) where a mask (h, w) says so; 0 where that is empty."""
    return float(np.median(colors[where].sum(-1))) if where.any() else 0.0


def wears_dark_glasses(colors: np.ndarray, skin: np.ndarray, features: np.ndarray) -> bool:
    """Whether something dark covers both eyes, in the upper part of the ``features`` (h, w) bool: a fringe that labels miss
    ends above, or hangs over one. colors: (h, w, 3) float32; skin: (h, w) float32 in [0, 1].
    """
    y, x = np.nonzero(features)
    if not len(x):
        return False
    dark = summed(colors) < DARK * _typical(colors, (skin > 0.75) & ~features)
    eyes = y < y.min() + 0.45 * np.ptp(y)
    sides = (eyes & (x < np.median(x)), eyes & (x >= np.median(x)))
    return all(side.any() and dark[y[side], x[side]].mean() > GLASSES[0] for side in sides)


def skin_pictures(
    skull: Skull, colors: np.ndarray, skin: np.ndarray, features: np.ndarray, origin: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What the head shows in front and behind, (h, w, 3) float32 each, without hair.

    colors: (h, w, 3) float32, the photo; origin: (2,), its place in photo space. skin: (h, w) float32 in [0, 1], where it
    shows skin; features: (h, w) bool, brows, eyes and mouth, which are shown once. Where the head turns away from the
    viewer, and where the photo shows no skin, the nearest skin's smooth colours go on.
    """
    height, width = skin.shape
    step = max(1, round(skull.stature / 500))
    x, y = np.meshgrid(np.arange(0, width, step), np.arange(0, height, step))
    facing = -np.nan_to_num(skull.front(np.stack([x, y], -1) + origin)[..., 1])
    facing = cv2.GaussianBlur(facing.astype(np.float32), (0, 0), max(1.0, 0.004 * skull.stature / step))
    facing = cv2.resize(facing, (width, height), interpolation=cv2.INTER_LINEAR)
    # What is dark beside the features, frames of glasses, smears where it is seen from the side.
    dark = summed(colors) < DARK * _typical(colors, (facing > 0.62) & (skin > 0.75) & ~features)
    # A fringe that the labels take for skin is broader than those, and goes on.
    fringe = cv2.morphologyEx(dark.astype(np.uint8), cv2.MORPH_OPEN, disc(FRINGE * skull.stature)) > 0
    if wears_dark_glasses(colors, skin, features):
        fringe &= cv2.dilate(features.astype(np.uint8), disc(GLASSES[1] * skull.stature)) == 0
    dark &= ~fringe
    aslant = np.where(dark & ~features, ASLANT, 0.0).astype(np.float32)
    shown = smoothstep(facing - cv2.GaussianBlur(aslant, (0, 0), 0.002 * skull.stature), 0.3, 0.62) * skin
    soft = 0.006 * skull.stature
    # Eyes, brows and dark glasses would run over temple and cheek.
    sure = (shown > 0.75) & (fringe | ~(features | dark))
    smooth = cv2.GaussianBlur(push_pull(colors, sure.astype(np.float32)), (0, 0), soft)
    plain = cv2.GaussianBlur(smooth, (0, 0), 3 * soft)
    return spread(shown) * colors + spread(1 - shown) * smooth, plain
