"""A photo that ends above the feet: the pose goes on below its edge, and so do the pixels that a moving person may show.

The frame stays the photo's. What lies below it is only seen in part, when a leg or a hem rises: the body that is fitted to
the rest says where knees and feet are, the photo's last row is carried down to them.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from fashionmirror_core.body.coordinates import ARM_BONES, BodyCoordinates
from fashionmirror_core.body.fit import fit_body
from fashionmirror_core.body.proportions import Body
from fashionmirror_core.skeleton import LEG, Pose
from fashionmirror_core.vocabulary import LEG_PARTS

ENDS = (
    "The photo ends above the feet: the person moves in place, and the picture's edge cuts what hangs below it; a photo "
    "from head to feet shows the whole look."
)
"""The note on such a photo."""

_GUESSED = 0.15  # confidence of a joint that the fitted body says: enough to be used, too little to count as seen
_LEAST = 0.12  # of the body's height: the photo goes on at least as far
_PARTED = 0.04  # statures below the crotch, from which down legs are apart unless a skirt hides them
_WITHIN = 1.1  # half-widths of an arm, up to which the last row of a cut hand goes on


def guessed_below(pose: Pose, matte: np.ndarray, crown: float | None) -> Pose:
    """The pose with the joints below the photo's edge where the fitted body has them.

    matte: (H, W) float32 in [0, 1]; crown: as for ``fit_body``. Raises InputError where nothing can be fitted.
    """
    body = fit_body(pose, matte, crown=crown)
    below = pose.points[:, 1] > len(matte) - 1
    joints, depth = pose.joints.copy(), pose.depth.copy()
    joints[below, :2] = body.landmarks[below, :2]
    joints[below, 2] = np.minimum(joints[below, 2], _GUESSED)
    depth[below] = body.landmarks[below, 2]
    return replace(pose, joints=joints, depth=depth)


def continued(image: np.ndarray, matte: np.ndarray, pose: Pose) -> tuple[np.ndarray, np.ndarray]:
    """The photo (H, W, 3) and the matte (H, W) with rows added below, down to the pose's ankles: same pixels, same places.

    The last row is carried along the legs, as wide as legs are; a skirt's goes straight down, a cut hand's ends where the
    arm does.
    """
    height, width = matte.shape
    ankles = pose.points[[chain[2] for chain in LEG.values()], 1].max()
    rows = round(max(float(ankles) - height, _LEAST * pose.height))
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, height + rows, dtype=np.float32))
    along, there = _along_legs(matte, pose, x, y)
    body = BodyCoordinates.from_pose(pose)
    is_arm = body.share_on(np.stack([x[0], np.full(width, height - 1)], -1), ARM_BONES) > 0.5
    arms = [bone for bone in body.bones if bone.kind in ARM_BONES]
    below = np.stack([x, y], -1).reshape(-1, 2)
    near = np.min([bone.coordinates(below)[2] for bone in arms], 0).reshape(x.shape) < _WITHIN
    hand = is_arm & near & (matte[-1] > 0.05)
    source = np.where(hand, x, along)
    legs = np.where(is_arm, 0, matte[-1])
    edge = np.zeros_like(source)
    added = cv2.remap(legs[None].astype(np.float32), source, edge, cv2.INTER_LINEAR) * there
    own = np.where(there, source, x)
    colors = cv2.remap(image[-1:], own, edge, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.concatenate([image, colors]), np.concatenate([matte, np.where(hand, matte[-1], added)])


def _along_legs(matte: np.ndarray, pose: Pose, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of places below the photo's edge: the x at the edge that continues there, float32, and whether anything does, bool."""
    body, edge = Body(pose.points.astype(np.float64)), len(matte) - 1.0
    legs = [body.limb(part) for part in LEG_PARTS]
    centres = [float(np.interp(edge, axis[:, 1], axis[:, 0])) for axis, _ in legs]
    middle = float(np.mean(centres))
    inner = int(np.clip(round(middle), 0, matte.shape[1] - 1))
    if edge > body.crotch()[1] + _PARTED * body.stature and matte[-1, inner] > 0.5:  # a skirt
        return x, np.ones(x.shape, bool)
    sources, distances = [], []
    for (axis, half), centre in zip(legs, centres, strict=True):
        aside = x - np.interp(y, axis[:, 1], axis[:, 0])
        wide = np.interp(y, axis[:, 1], half)
        sources.append(centre + aside * np.interp(edge, axis[:, 1], half) / np.maximum(wide, 1e-3))
        distances.append(np.abs(aside) / np.maximum(wide, 1e-3))
    nearer = distances[1] < distances[0]
    source = np.where(nearer, sources[1], sources[0])
    outer = np.where(nearer, centres[1] - middle, centres[0] - middle)
    return source.astype(np.float32), (source - middle) * outer > 0  # the legs part
