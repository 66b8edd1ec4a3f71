"""The parametric body is fitted to a photo: Levenberg-Marquardt on the joints, then on the silhouette too.

The unknowns are a rotation vector a bone, the body's shape, and a scaled orthographic camera. Lengths are in units of the
person's height, so that weights and tolerances mean the same in every photo.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import cv2
import numpy as np
from scipy.spatial import cKDTree

from fashionmirror_core.body import rotations
from fashionmirror_core.body.anatomy import LIMITS, PRIOR, REST_TURNS
from fashionmirror_core.body.fitted import PARENTS, Bone, FittedBody
from fashionmirror_core.body.hands import resting
from fashionmirror_core.body.model import BONES, LIMB_JOINTS, SHAPES, BodyModel, Points, Posed
from fashionmirror_core.errors import InputError
from fashionmirror_core.skeleton import ARM, CONFIDENT, FEET, HEAD, JOINT_COUNT, LEG, Joint, Pose
from fashionmirror_core.vocabulary import Side

_TURNS, _SHAPE = slice(0, 3 * BONES), slice(3 * BONES, 3 * BONES + SHAPES)
_SCALE = _SHAPE.stop
_SHIFT = slice(_SCALE + 1, _SCALE + 3)
_UNKNOWNS = _SHIFT.stop

_HEIGHT = 280  # rows of the small matte that the person takes
_SHORTEST = 40  # pixels from crown to heel below which nothing can be fitted

_JOINTS = [*LIMB_JOINTS]
_CROWN = JOINT_COUNT  # its row in the model's landmarks
_USED = [*_JOINTS, *HEAD, *FEET]
_ROW = {joint: row for row, joint in enumerate(_USED)}

# Weights of squared distances in heights, and the distances from which on a joint counts as an outlier.
_POINT_WEIGHTS = {**dict.fromkeys(_JOINTS, 400.0), **dict.fromkeys((*HEAD, *FEET), 200.0)}
_POINT_REACH = {**dict.fromkeys(_JOINTS, 0.05), **dict.fromkeys((*HEAD, *FEET), 0.04)}
_CROWN_WEIGHT, _CROWN_REACH = 60.0, 0.02
_HAIR = 0.01  # it stands this far above the skull, in heights
_DEPTH_WEIGHT, _DEPTH_REACH = 8.0, 0.08
_FACE_DEPTH_WEIGHT, _FACE_DEPTH_REACH = 60.0, 0.03
_SHAPE_WEIGHT, _SHAPE_MEAN = 0.01, -0.4  # the first shape is size: an average adult is a little smaller than the mean
_LIMIT_WEIGHT = 30.0
_PAST_GUESS = 0.6  # confidence below which a wrist past a guessed elbow is a guess, too
_HIDDEN = 8.0  # the prior's weight on bones that end outside of the picture, against that on others
_BALANCE_WEIGHT, _AHEAD = 30.0, 0.012  # who stands has the shoulders above the feet, a little nearer to the toes
_OUTSIDE_WEIGHT, _OUTSIDE_REACH = 10000.0, 0.06
_CONTOUR_WEIGHT, _CONTOUR_REACH = 2500.0, 0.02
_LOOSE = 0.15  # weight of a contour that is cloth's or hair's, not the body's
_TANGENTIAL = 0.3  # weight of a distance along the contour
_CLOTH = 0.002  # heights from the contour of clothes that lie on the body to its skin: what new ones lie on it, too


@dataclass(frozen=True)
class _State:
    """A body before the camera. turns: (22, 3), rotation vectors in the parent's axes; start: (3, 3), the rotation that the
    pelvis's is added to; scale: heights a metre; shift: (2,), heights.
    """

    turns: np.ndarray
    shape: np.ndarray
    log_scale: float
    shift: np.ndarray
    start: np.ndarray

    def moved(self, step: np.ndarray) -> _State:
        return replace(
            self,
            turns=self.turns + step[_TURNS].reshape(BONES, 3),
            shape=np.clip(self.shape + step[_SHAPE], -2.5, 2.5),
            log_scale=self.log_scale + float(step[_SCALE]),
            shift=self.shift + step[_SHIFT],
        )

    @property
    def scale(self) -> float:
        return float(np.exp(self.log_scale))

    @cached_property
    def rotations(self) -> np.ndarray:
        """(22, 3, 3), from rest in the model's axes."""
        local = rotations.matrices(self.turns)
        local[0] = local[0] @ self.start
        world = local.copy()
        for bone, parent in enumerate(PARENTS):
            if parent >= 0:
                world[bone] = world[parent] @ local[bone]
        return world


_DESCENDANTS = np.eye(BONES)
for _bone in reversed(range(1, BONES)):
    _DESCENDANTS[PARENTS[_bone]] += _DESCENDANTS[_bone]


class _Moving:
    """A state's body, and how its places move with the unknowns."""

    def __init__(self, model: BodyModel, state: _State) -> None:
        self.model, self.state = model, state
        self.posed: Posed = model.posed(state.shape, state.rotations)
        turned = state.rotations
        parents = np.concatenate([np.eye(3)[None], turned[list(PARENTS[1:])]])
        self.axes = parents @ rotations.left_jacobians(
            state.turns
        )  # rotation vectors in the parent's axes -> the world's
        shapes = model.skeleton.shapes  # how the joints move with the shape, at rest and posed
        self.joint_shapes = np.zeros_like(shapes)
        self.joint_shapes[:, 0] = shapes[:, 0]
        for bone, parent in enumerate(PARENTS[1:], 1):
            offset = shapes[:, bone] - shapes[:, parent]
            self.joint_shapes[:, bone] = self.joint_shapes[:, parent] + offset @ turned[parent].T

    def seen(self, points: Points) -> np.ndarray:
        """(N, 3): the points in the picture, in heights; z away from the viewer."""
        return self.framed(self.posed.place(points))

    def framed(self, places: np.ndarray) -> np.ndarray:
        """Places in the model's metres, in the picture."""
        return self.state.scale * places.astype(np.float64) + np.append(self.state.shift, 0)

    def derivatives(self, points: Points, directions: np.ndarray) -> np.ndarray:
        """(N, U): how far the points move in the directions (N, 3), in heights, for each unknown."""
        turned, joints = self.state.rotations, self.posed.joints
        weights = points.weights.astype(np.float64)
        relative = points.shaped(self.state.shape)[:, None] - self.posed.rest
        carried = weights[..., None] * (np.einsum("dij,ndj->ndi", turned, relative) + joints)
        lever = np.einsum("bd,ndi->nbi", _DESCENDANTS, carried) - (weights @ _DESCENDANTS.T)[..., None] * joints
        torque = np.cross(lever, directions[:, None])
        result = np.empty((len(points), _UNKNOWNS))
        result[:, _TURNS] = np.einsum("nbk,bkj->nbj", torque, self.axes).reshape(len(points), -1)
        blended = (weights @ turned.reshape(BONES, 9)).reshape(-1, 3, 3)
        pulled = np.einsum("ni,nij->nj", directions, blended)
        stays = self.joint_shapes - np.einsum("bij,kbj->kbi", turned, self.model.skeleton.shapes)
        shift = (weights @ stays.transpose(1, 0, 2).reshape(BONES, -1)).reshape(-1, SHAPES, 3)
        result[:, _SHAPE] = np.einsum("nc,knc->nk", pulled, points.shapes) + np.einsum("ni,nki->nk", directions, shift)
        result[:, _SCALE] = (directions * carried.sum(1)).sum(1)
        result[:, : _SCALE + 1] *= self.state.scale
        result[:, _SHIFT] = directions[:, :2]
        return result


@dataclass
class _Equations:
    """Weighted squares: the sum, and the normal equations of Gauss and Newton."""

    cost: float = 0.0

    def __post_init__(self) -> None:
        self.matrix, self.vector = np.zeros((_UNKNOWNS, _UNKNOWNS)), np.zeros(_UNKNOWNS)

    def add(self, rows: np.ndarray, residuals: np.ndarray, weights: np.ndarray) -> None:
        """rows (n, U): the residuals' (n,) derivatives."""
        weighted = rows * weights[:, None]
        self.matrix += rows.T @ weighted
        self.vector += weighted.T @ residuals


def _robust(squared: np.ndarray, reach: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """Geman and McClure's cost of squared distances, and its weights for least squares."""
    share = reach**2 / (squared + reach**2)
    return squared * share, share**2


@dataclass(frozen=True)
class _Evidence:
    """What the pose says, in heights from the mid-hip: points (26, 2), trust (26,), depth (25,) or None if unknown."""

    points: np.ndarray
    trust: np.ndarray
    depth: np.ndarray | None
    crown: float

    @cached_property
    def hidden(self) -> frozenset[Bone]:
        """Bones of arms and legs whose end isn't seen: the contour alone must not swing them."""
        bones = (bone for chains in (ARM, LEG) for chain in chains.values() for bone in pairwise(chain))
        return frozenset(LIMB_JOINTS[start] for start, end in bones if not self.trust[end])

    def add_to(self, equations: _Equations, moving: _Moving) -> None:
        landmarks = moving.model.landmarks[_USED]
        seen = moving.seen(landmarks)
        trust = self.trust[_USED]
        weights = np.array([_POINT_WEIGHTS[joint] for joint in _USED]) * trust
        reach = np.array([_POINT_REACH[joint] for joint in _USED])
        off = seen[:, :2] - self.points[_USED]
        cost, robust = _robust((off**2).sum(1), reach)
        equations.cost += float(weights @ cost)
        rows = [moving.derivatives(landmarks, np.tile(axis, (len(seen), 1))) for axis in np.eye(3)]
        for axis in range(2):
            equations.add(rows[axis], off[:, axis], weights * robust)
        if np.isfinite(self.crown):
            top = moving.model.landmarks[[_CROWN]]
            high = moving.seen(top)[:, 1] - (self.crown + _HAIR)
            cost, robust = _robust(high**2, _CROWN_REACH)
            equations.cost += _CROWN_WEIGHT * float(cost[0])
            equations.add(moving.derivatives(top, np.eye(3)[[1]]), high, _CROWN_WEIGHT * robust)
        self._add_balance(equations, moving, seen[:, 2], rows[2])
        if self.depth is not None:
            self._add_depth(equations, self.depth, seen[:, 2], rows[2])

    def _add_balance(self, equations: _Equations, moving: _Moving, z: np.ndarray, rows: np.ndarray) -> None:
        shoulders, ankles = ([_ROW[chain[side][end]] for side in Side] for chain, end in ((ARM, 0), (LEG, 2)))
        facing = -moving.state.rotations[Bone.PELVIS, 2, 2]  # -1: to the viewer
        lean = z[shoulders].mean(keepdims=True) - z[ankles].mean() - _AHEAD * facing
        equations.cost += _BALANCE_WEIGHT * float(lean[0] ** 2)
        slope = rows[shoulders].mean(0) - rows[ankles].mean(0)
        equations.add(slope[None], lean, np.array([_BALANCE_WEIGHT]))

    def _add_depth(self, equations: _Equations, depth: np.ndarray, z: np.ndarray, rows: np.ndarray) -> None:
        hips = [_ROW[LEG[side][0]] for side in Side]
        for joints, origin, weight, reach in (
            (_JOINTS, hips, _DEPTH_WEIGHT, _DEPTH_REACH),
            (HEAD, [_ROW[joint] for joint in HEAD], _FACE_DEPTH_WEIGHT, _FACE_DEPTH_REACH),
        ):
            chosen = [_ROW[joint] for joint in joints]
            told = depth[list(joints)] - depth[[_USED[row] for row in origin]].mean()
            off = z[chosen] - z[origin].mean() - told
            cost, robust = _robust(off**2, reach)
            weights = weight * self.trust[list(joints)]
            equations.cost += float(weights @ cost)
            equations.add(rows[chosen] - rows[origin].mean(0), off, weights * robust)


@dataclass(frozen=True)
class _Silhouette:
    """The matte, small. field: (h, w, 3) float32, distance outside the matte in heights and its slope in x and y.
    contour: (C, 2) in heights from the mid-hip; normals: (C, 2), outward; weights: (C,).
    """

    field: np.ndarray
    scale: float  # small pixels a height
    origin: np.ndarray  # small pixels of the mid-hip
    contour: np.ndarray
    normals: np.ndarray
    weights: np.ndarray
    skin: Points

    def add_to(self, equations: _Equations, moving: _Moving) -> None:
        seen = moving.seen(self.skin)
        self._add_outside(equations, moving, seen)
        self._add_contour(equations, moving, seen)

    def _add_outside(self, equations: _Equations, moving: _Moving, seen: np.ndarray) -> None:
        at = (seen[None, :, :2] * self.scale + self.origin).astype(np.float32)
        found = cv2.remap(self.field, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)[0].astype(np.float64)
        out = np.flatnonzero(found[:, 0] > 0)
        cost, robust = _robust(found[out, 0] ** 2, _OUTSIDE_REACH)
        weight = _OUTSIDE_WEIGHT / len(self.skin)
        equations.cost += weight * float(cost.sum())
        slopes = np.column_stack([found[out, 1:], np.zeros(len(out))])
        equations.add(moving.derivatives(self.skin[out], slopes), found[out, 0], weight * robust)

    def _add_contour(self, equations: _Equations, moving: _Moving, seen: np.ndarray) -> None:
        _, nearest = cKDTree(seen[:, :2]).query(self.contour)
        off = seen[nearest, :2] - self.contour
        tangents = np.stack([-self.normals[:, 1], self.normals[:, 0]], 1)
        across, along = (off * self.normals).sum(1), (off * tangents).sum(1)
        cost, robust = _robust(across**2 + _TANGENTIAL * along**2, _CONTOUR_REACH)
        weights = _CONTOUR_WEIGHT / len(self.contour) * self.weights
        equations.cost += float(weights @ cost)
        points = self.skin[nearest]
        for direction, residual, share in ((self.normals, across, 1.0), (tangents, along, _TANGENTIAL)):
            flat = np.column_stack([direction, np.zeros(len(direction))])
            equations.add(moving.derivatives(points, flat), residual, share * weights * robust)


def _add_prior(equations: _Equations, state: _State, hidden: frozenset[Bone]) -> None:
    """Bones near their usual turns, hidden ones nearer, within their limits; a shape near the mean."""
    for bone, precision in PRIOR.items():
        if bone in hidden:
            precision = _HIDDEN * precision
        off = state.turns[bone] - REST_TURNS[bone]
        pull = precision @ off
        equations.cost += float(off @ pull)
        rows = slice(3 * bone, 3 * bone + 3)
        equations.matrix[rows, rows] += precision
        equations.vector[rows] += pull
    for bone, axis, least in LIMITS:
        over = float(state.turns[bone] @ axis) - least
        if over < 0:
            equations.cost += _LIMIT_WEIGHT * over**2
            rows = slice(3 * bone, 3 * bone + 3)
            equations.matrix[rows, rows] += _LIMIT_WEIGHT * np.outer(axis, axis)
            equations.vector[rows] += _LIMIT_WEIGHT * over * axis
    off = state.shape.copy()
    off[0] -= _SHAPE_MEAN
    equations.cost += _SHAPE_WEIGHT * float(off @ off)
    equations.matrix[_SHAPE, _SHAPE] += _SHAPE_WEIGHT * np.eye(SHAPES)
    equations.vector[_SHAPE] += _SHAPE_WEIGHT * off


_Term = Callable[[_Equations, _Moving], None]


def _solved(
    model: BodyModel, state: _State, terms: list[_Term], hidden: frozenset[Bone], most: int, enough: float
) -> _State:
    """Levenberg and Marquardt: at most so many steps, or until one gains less than a share ``enough`` of the cost.

    hidden: bones whose end isn't seen.
    """

    def at(state: _State) -> _Equations:
        equations, moving = _Equations(), _Moving(model, state)
        for term in terms:
            term(equations, moving)
        _add_prior(equations, state, hidden)
        return equations

    damping, now = 1e-3, at(state)
    for _ in range(most):
        damped = now.matrix + damping * np.diag(np.maximum(np.diag(now.matrix), 0.05))
        step = -np.linalg.solve(damped, now.vector)
        step *= min(1.0, 0.6 / max(float(np.abs(step).max()), 1e-9))
        candidate = state.moved(step)
        then = at(candidate)
        if then.cost < now.cost:
            gain = now.cost - then.cost
            state, now, damping = candidate, then, max(damping / 5, 1e-6)
            if gain < enough * now.cost:
                break
        else:
            damping *= 8
            if damping > 1e4:
                break
    return state


def fit_body(
    pose: Pose,
    matte: np.ndarray,
    *,
    crown: float | None,
    loose: np.ndarray | None = None,
    hair: np.ndarray | None = None,
    clothed: np.ndarray | None = None,
) -> FittedBody:
    """The body of a photo's person.

    pose: in the photo's pixels; joints of confidence 0 or outside of the picture are the prior's. matte: (H, W) float32 in
    [0, 1]. crown: the y of the top of the head, hair included; None where it is cut off. loose: (H, W) in [0, 1] or bool,
    where clothes hang away from the body, as skirts and coats do; hair: (H, W) in [0, 1]. The photo's contour is followed
    less there. clothed: (H, W) in [0, 1], where clothes are: the body lies within their contour. Raises InputError where
    shoulders or hips are missing.
    """
    model = BodyModel.load()
    evidence, height, middle = _read(pose, matte.shape, crown, model)
    silhouette = _silhouette(matte, loose, hair, clothed, height, middle, model)
    state = _started(model, evidence)
    state = _solved(model, state, [evidence.add_to], evidence.hidden, 30, 1e-3)
    if silhouette is not None:
        state = _solved(model, state, [evidence.add_to, silhouette.add_to], evidence.hidden, 15, 2e-3)
    return _finished(model, state, height, middle)


def guessed(confidence: np.ndarray) -> np.ndarray:
    """(25,) bool: elbows and wrists that the photo hides, by the joints' confidence (25,): estimators put them anywhere."""
    result = np.zeros(JOINT_COUNT, bool)
    for _, elbow, wrist in ARM.values():
        result[elbow] = confidence[elbow] < CONFIDENT
        result[wrist] = confidence[wrist] < (_PAST_GUESS if result[elbow] else CONFIDENT)
    return result


def _read(
    pose: Pose, size: tuple[int, ...], crown: float | None, model: BodyModel
) -> tuple[_Evidence, float, np.ndarray]:
    """The evidence in heights, the person's height (of the body when it stands) and the mid-hip in photo pixels."""
    joints = pose.joints.astype(np.float64)
    points, trust = joints[:, :2], np.clip(joints[:, 2], 0.05, 1)
    known = np.isfinite(joints).all(1) & (joints[:, 2] > 0)
    girdle = [*(ARM[side][0] for side in Side), *(LEG[side][0] for side in Side)]
    if not known[girdle].all():
        raise InputError("Shoulders or hips are not in the picture; use a photo that shows the whole person.")
    points = np.where(known[:, None], points, 0)
    middle = points[[LEG[side][0] for side in Side]].mean(0)
    height = _height(points, known, model)
    if height < _SHORTEST:
        raise InputError("The person is too small in the picture; crop the picture to the person.")
    margin = 0.01 * height
    inside = ((points > -margin) & (points < np.array([size[1], size[0]]) - 1 + margin)).all(1)
    trust = np.where(known & inside & ~guessed(joints[:, 2]), trust, 0)
    depth = pose.depth.astype(np.float64) / height if np.any(pose.depth) else None
    top = np.nan if crown is None else (crown - middle[1]) / height
    points = (points - middle) / height
    if depth is not None:
        depth = resting(points, depth, trust)
    evidence = _Evidence(points, trust, depth, top)
    return evidence, height, middle


def _height(points: np.ndarray, known: np.ndarray, model: BodyModel) -> float:
    """Pixels from crown to sole of the standing body: bones that are foreshortened say too little, so a high one counts."""
    rest = model.landmarks.rest
    bones = [(Joint.NECK, Joint.MID_HIP), *((LEG[side][0], ARM[side][0]) for side in Side)]
    bones += [bone for side in Side for bone in pairwise(LEG[side])]
    shares = [
        np.linalg.norm(points[a] - points[b]) / np.linalg.norm(rest[a] - rest[b])
        for a, b in bones
        if known[a] and known[b]
    ]
    return float(np.quantile(shares, 0.75)) * model.stature


def _started(model: BodyModel, evidence: _Evidence) -> _State:
    """The mean body, turned as the trunk is, limbs along the joints."""
    depth = evidence.depth if evidence.depth is not None else np.zeros(JOINT_COUNT)
    space = np.column_stack([evidence.points, depth])
    across = sum(space[chain[Side.LEFT][0]] - space[chain[Side.RIGHT][0]] for chain in (ARM, LEG))
    yaw = _yaw(space, evidence, across)
    start = rotations.matrices(np.array([0, yaw, 0.0]))
    turns = REST_TURNS.copy()
    world = np.tile(start, (BONES, 1, 1))
    rest = model.landmarks.rest
    for chain in (*ARM.values(), *LEG.values()):
        for a, b in pairwise(chain):
            if not (evidence.trust[a] and evidence.trust[b]):
                continue
            bone = LIMB_JOINTS[a]
            parent = world[PARENTS[bone]]
            turn = rotations.between(parent @ (rest[b] - rest[a]), space[b] - space[a])
            world[bone] = turn @ parent
            turns[bone] = rotations.vectors(parent.T @ world[bone])
        world[LIMB_JOINTS[chain[2]]] = world[LIMB_JOINTS[chain[1]]]
    state = _State(turns, np.zeros(SHAPES), -np.log(model.stature), np.zeros(2), start)
    hips = _Moving(model, state).seen(model.landmarks[[Joint.MID_HIP]])[0, :2]
    return replace(state, shift=-hips)


def _yaw(space: np.ndarray, evidence: _Evidence, across: np.ndarray) -> float:
    """Radians about the vertical, from the girdles' direction."""
    if evidence.depth is not None:
        return float(np.arctan2(-across[2], across[0]))
    turn = float(np.arccos(np.clip(across[0] / 0.3, -1, 1)))  # 0.3 heights: both girdles of a front view
    ears = space[[Joint.R_EAR, Joint.L_EAR], 0].mean()
    return -turn if space[Joint.NOSE, 0] > ears else turn


def _silhouette(
    matte: np.ndarray,
    loose: np.ndarray | None,
    hair: np.ndarray | None,
    clothed: np.ndarray | None,
    height: float,
    middle: np.ndarray,
    model: BodyModel,
) -> _Silhouette | None:
    """None for an empty matte."""
    factor = min(1.0, _HEIGHT / height)
    small = _reduced(matte, factor)
    mask = (small > 0.5).astype(np.uint8)
    if not mask.any():
        return None
    scale = factor * height
    outside = cv2.distanceTransform(1 - mask, cv2.DIST_L2, 5)
    inside = cv2.distanceTransform(np.pad(mask, 1, mode="edge"), cv2.DIST_L2, 5)[1:-1, 1:-1]
    signed = cv2.GaussianBlur(
        (np.maximum(outside - 0.5, 0) - np.maximum(inside - 0.5, 0)).astype(np.float32), (0, 0), 1.0
    )
    slope_x, slope_y = (
        cv2.Sobel(signed, cv2.CV_32F, 1, 0, scale=1 / 8),
        cv2.Sobel(signed, cv2.CV_32F, 0, 1, scale=1 / 8),
    )
    distance = np.maximum(outside - 0.5, 0)
    field = np.dstack([distance / scale, slope_x, slope_y]).astype(np.float32)
    rims, _ = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    rim = np.concatenate([line[:, 0] for line in rims])
    h, w = mask.shape
    rim = rim[(rim[:, 0] > 0) & (rim[:, 1] > 0) & (rim[:, 0] < w - 1) & (rim[:, 1] < h - 1)]
    rim = rim[:: max(1, len(rim) // 350)]
    if not len(rim):
        return None
    at = rim[:, 1], rim[:, 0]

    def beside(*soft: np.ndarray | None) -> np.ndarray:
        """(C,) bool. A contour's own pixel may be half something else's: what lies within a few pixels counts."""
        found = np.zeros(mask.shape, np.float32)
        for one in soft:
            if one is not None:
                found = np.maximum(found, _reduced(one, factor))
        return np.asarray(cv2.dilate(found, np.ones((5, 5), np.uint8))[at] > 0.4)

    normals = np.stack([slope_x[at], slope_y[at]], 1)
    normals = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
    weights = np.where(beside(loose, hair), _LOOSE, 1.0)
    origin = (middle + 0.5) * factor - 0.5
    contour = (rim - origin) / scale - _CLOTH * beside(clothed)[:, None] * normals
    return _Silhouette(field, scale, origin, contour, normals, weights, model.outline)


def _reduced(mask: np.ndarray, factor: float) -> np.ndarray:
    mask = mask.astype(np.float32)
    if factor == 1.0:
        return mask
    size = (max(1, round(mask.shape[1] * factor)), max(1, round(mask.shape[0] * factor)))
    return cv2.resize(mask, size, interpolation=cv2.INTER_AREA)


def _finished(model: BodyModel, state: _State, height: float, middle: np.ndarray) -> FittedBody:
    moving = _Moving(model, state)
    landmarks = moving.framed(model.body_25(moving.posed))
    depth = landmarks[Joint.MID_HIP, 2]

    def photo(places: np.ndarray) -> np.ndarray:
        return ((places - [0, 0, depth]) * height + [*middle, 0]).astype(np.float32)

    landmarks = photo(landmarks)
    return FittedBody(
        shape=state.shape.astype(np.float32),
        rotations=state.rotations.astype(np.float32),
        joints=photo(moving.seen(model.skeleton)),
        vertices=photo(moving.seen(model.skin)),
        landmarks=landmarks,
        scale=state.scale * height,
        up=_up(landmarks),
    )


_MOST_PITCH = np.tan(np.radians(15))


def _up(landmarks: np.ndarray) -> np.ndarray:
    """Against gravity: who stands has the trunk above the feet. A camera's roll is not looked for."""
    feet = landmarks[[LEG[side][2] for side in Side]].mean(0)
    _, rise, away = landmarks[Joint.NECK] - feet
    pitch = np.clip(away / max(-rise, 1e-3), -_MOST_PITCH, _MOST_PITCH)
    up = np.array([0, -1, pitch])
    return (up / np.linalg.norm(up)).astype(np.float32)
