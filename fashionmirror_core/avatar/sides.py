"""What cloth around a trunk shows on its sides, which the photo shows hardly: its front, mirrored along the surface."""

from __future__ import annotations

import numpy as np

from fashionmirror_core.imaging.easing import smoothstep

KNEE, OUTMOST = 0.74, 0.94  # of half the width: from there outward the picture is mirrored; the farthest that it begins
ROUNDNESS = 0.85  # of a trunk: depth over width
LEAST_ASIDE, STRIP = 0.12, 0.05  # how far to the middle a mirror shows it; how broad a strip it shows at least
FACING = 0.5  # of a normal's z: no rim of the photo is darker than its light on this


def shown_at(
    points: np.ndarray,
    normals: np.ndarray,
    middle: np.ndarray,
    half: np.ndarray,
    opening: np.ndarray,
    below: np.ndarray,
    arms: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """x and y in the photo of what points (n, 3) of cloth show, (n, 2), and the normals that the photo's light fell on
    there, (n, 3).

    normals: (n, 3). middle, half: (n,), of the trunk at their rows, and its width on their side. opening: (n,) pixels, how
    far from the middle the cloth begins on their side, where it is open in front. below, arms: (n,) in [0, 1], how much they
    are the trunk's below the armpits, and an arm's.
    """
    aside = points[:, 0] - middle
    share, least = (np.clip(each / np.maximum(half, 1), 0, 1) for each in (np.abs(aside), opening))
    knee = np.clip((1 + least) / 2, KNEE, OUTMOST)
    strip = np.maximum(knee - np.maximum(least, LEAST_ASIDE), STRIP)
    beyond = ROUNDNESS * (np.arcsin(np.maximum(share, knee)) - np.arcsin(knee))
    folded = strip - np.abs(beyond % (2 * strip) - strip)  # a side broader than that reads it back and forth
    read_at = np.where(share > knee, knee - folded, share)
    texel = points[:, :2].copy()
    texel[:, 0] += below * (middle + np.sign(aside) * read_at * half - points[:, 0])
    facing = np.column_stack([normals[:, :2], -np.maximum(np.abs(normals[:, 2]), FACING)])
    straight = np.column_stack(
        [np.sign(aside) * read_at, normals[:, 1], -np.sqrt(np.maximum(1 - read_at**2, FACING**2))]
    )
    facing += (below * (share > knee))[:, None] * (straight - facing)
    # The back has no light of its own, but for its sleeves.
    straight = smoothstep(normals[:, 2], 0, FACING) * (1 - arms)
    facing += straight[:, None] * (np.array([0.0, 0.0, -1.0]) - facing)
    return texel, facing / np.maximum(np.linalg.norm(facing, axis=1, keepdims=True), 1e-6)
