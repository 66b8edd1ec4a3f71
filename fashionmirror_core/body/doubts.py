"""What a grown-up's body can't explain: notes for the user, one sentence each."""

from __future__ import annotations

import numpy as np

from fashionmirror_core.body.fitted import FittedBody
from fashionmirror_core.skeleton import ARM, CONFIDENT, FACING, LEG, Joint, Pose, shoulder_span
from fashionmirror_core.vocabulary import Part, Side

_OFF = 0.035  # distance of a joint that is seen from the body's, in heights; fits to photos of adults stay under 0.016
# A child's head is large. The trunk's length over the distance of the ears is 2.5 of grown-ups, 1.6 to 1.9 from four to
# seven years; the distance of the ears over the eyes' height above the ankles is 0.12, and more where the camera looks down.
# Both are passed by 1 of 763 grown-ups in the street.
_CHILD_TRUNK, _CHILD_HEAD = 1.95, 0.155

CHILD = "The person seems to be a child; bodies are fitted as grown-ups', so expect a wrong look."


def unexplained(body: FittedBody, pose: Pose) -> list[Part]:
    """The arms and legs whose joints, where they are seen, lie far from the fitted body's."""
    height = float(np.ptp(body.vertices[:, 1]))
    off = np.linalg.norm(body.landmarks[:, :2] - pose.points, axis=1)
    wrong = (off > _OFF * height) & (pose.confidence >= CONFIDENT)
    limbs = [(Part.arm(side), ARM[side]) for side in Side] + [(Part.leg(side), LEG[side]) for side in Side]
    return [part for part, chain in limbs if wrong[list(chain)].any()]


def fit_notes(body: FittedBody, pose: Pose) -> list[str]:
    """A sentence that names the limbs that the body can't explain; empty where it explains all."""
    parts = unexplained(body, pose)
    if not parts:
        return []
    names = [f"the {part.side.name.lower()} {'arm' if part.is_arm else 'leg'}" for part in parts]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    verb = "doesn't" if len(names) == 1 else "don't"
    sentence = f"{listed} {verb} fit a body in this pose; a photo with arms and legs in view works better."
    return [sentence[0].upper() + sentence[1:]]


def is_child(pose: Pose) -> bool:
    """Whether the head is as large against the trunk and the stature as no grown-up's, of a person who faces the camera."""
    points, confidence = pose.points.astype(float), pose.confidence
    ears, eyes, ankles = ([Joint[f"{side}_{name}"] for side in "RL"] for name in ("EAR", "EYE", "ANKLE"))
    if confidence[[*ears, *eyes, *ankles]].min() < CONFIDENT or shoulder_span(points) < FACING:
        return False
    head = float(np.linalg.norm(points[ears[0]] - points[ears[1]]))
    trunk = float(np.linalg.norm(points[Joint.NECK] - points[Joint.MID_HIP]))
    stature = float(points[ankles, 1].mean() - points[eyes, 1].mean())
    sits = points[ankles, 1].mean() - points[Joint.MID_HIP, 1] < 0.9 * trunk
    return not sits and trunk < _CHILD_TRUNK * head and head > _CHILD_HEAD * stature
