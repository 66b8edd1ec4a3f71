"""Joints that weren't seen for a while are interpolated over time, and long gaps are named."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fashionmirror_core import skeleton
from fashionmirror_core.skeleton import JOINT_COUNT

LONG_GAP = 0.5
"""Seconds; a longer gap is interpolated too, but reported."""


def filled(
    joints: np.ndarray, depth: np.ndarray, below: float, fps: float, loop: bool
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Joints (T, 25, 3) and depth (T, 25) with each joint of a confidence under ``below`` interpolated over time.

    Before the first and after the last sighting (unless it loops) the joint stays where it was. Interpolated joints
    get the neighbours' confidence, half of it in gaps longer than LONG_GAP. Joints never seen stay as they are.
    Returns the notes for the long gaps with them.
    """
    joints, depth = joints.copy(), depth.copy()
    lost = joints[..., 2] < below
    period = len(joints) if loop else None
    long_gaps: dict[tuple[int, int], list[int]] = {}
    for joint in range(JOINT_COUNT):
        if lost[:, joint].all() or not lost[:, joint].any():
            continue
        seen = np.flatnonzero(~lost[:, joint])
        missing = np.flatnonzero(lost[:, joint])
        for channel in range(3):
            values = joints[:, joint, channel]
            values[missing] = np.interp(missing, seen, values[seen], period=period)
        depth[missing, joint] = np.interp(missing, seen, depth[seen, joint], period=period)
        for start, stop in runs(missing):
            if (stop - start) / fps > LONG_GAP:
                joints[start:stop, joint, 2] *= 0.5
                long_gaps.setdefault((start, stop), []).append(joint)
    return joints, depth, _long_gap_notes(long_gaps, fps)


def frames_named(frames: Sequence[int]) -> str:
    """Sorted frame numbers, counted from 0, in a few words: "frames 3-8, 12" or "frame 5"."""
    spans = [f"{start}" if stop - start == 1 else f"{start}-{stop - 1}" for start, stop in runs(np.asarray(frames))]
    shown = ", ".join(spans[:8]) + (" ..." if len(spans) > 8 else "")
    return f"{'frame' if len(frames) == 1 else 'frames'} {shown}"


def personless(frames: Sequence[int], total: int) -> tuple[str, ...]:
    """The note for frames (counted from 0) in which nobody was found; nothing if there are none."""
    if not frames:
        return ()
    named = frames_named(frames)
    return (f"{len(frames)} of {total} frames show no person ({named}); their poses are interpolated.",)


def runs(indices: np.ndarray) -> list[tuple[int, int]]:
    """Sorted indices -> [start, stop) runs of neighbours."""
    breaks = np.flatnonzero(np.diff(indices) > 1)
    starts = np.concatenate([indices[:1], indices[breaks + 1]])
    stops = np.concatenate([indices[breaks], indices[-1:]]) + 1
    return [(int(start), int(stop)) for start, stop in zip(starts, stops, strict=True)]


def _long_gap_notes(gaps: dict[tuple[int, int], list[int]], fps: float) -> tuple[str, ...]:
    """One line for long gaps, given as [start, stop) frames -> the joints that share them."""
    if not gaps:
        return ()
    named = []
    for (start, stop), joints in sorted(gaps.items()):
        who = ", ".join(skeleton.NAMES[joint] for joint in joints) if len(joints) <= 4 else f"{len(joints)} joints"
        named.append(f"{who} {start / fps:.1f}-{stop / fps:.1f} s")
    shown = "; ".join(named[:6]) + (f" and {len(named) - 6} more" if len(named) > 6 else "")
    return (f"Unseen for more than {LONG_GAP} s and guessed: {shown}.",)
