"""OpenPose's JSON and its relatives: one frame, a list of frames (DWPose, ComfyUI), frames by picture (AlphaPose).

A frame is an object with ``people``, each with ``pose_keypoints_2d``: x, y, confidence of each joint, one after the
other; DWPose adds ``canvas_width`` and ``canvas_height``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fashionmirror_core.media.files import Change
from fashionmirror_core.motion.files import rounded
from fashionmirror_core.motion.foreign import Sighting, canvas_of
from fashionmirror_core.motion.numbering import natural_key
from fashionmirror_core.motion.sequence import PoseSequence

_PEOPLE = {"people": ("pose_keypoints_2d", "pose_keypoints"), "bodies": ("joints",)}
"""Where OpenPose (new, old) and AlphaPose's CMU format keep people, and a person's joints."""


def sightings(data: Any, name: str) -> list[Sighting] | None:
    """The frames in a JSON value, in order of time; None where it is none of OpenPose's.

    name: of the file; a frame of several is named by its number or its picture.
    """
    if _is_frame(data):
        return [_sighting(data, name)]
    if isinstance(data, list) and data and all(map(_is_frame, data)):
        return [_sighting(frame, f"{name} [{index}]") for index, frame in enumerate(data)]
    if isinstance(data, dict) and data and all(map(_is_frame, data.values())):
        return [
            _sighting(data[picture], picture[:200]) for picture in sorted(data, key=lambda key: natural_key(key[:200]))
        ]
    return None


def write_folder(motion: PoseSequence, folder: Path) -> None:
    """Writes one OpenPose JSON a frame (BODY_25) into a new or empty folder, whole or not at all."""
    with Change(overwrite=False) as change:
        partial = change.folder(folder, listed=False)
        for index, joints in enumerate(motion.joints):
            person = {"person_id": [-1], "pose_keypoints_2d": rounded(joints.ravel())}
            file = partial / f"{motion.name or 'motion'}_{index:012d}_keypoints.json"
            file.write_text(json.dumps({"version": 1.3, "people": [person]}), encoding="utf-8")


def _is_frame(data: Any) -> bool:
    return isinstance(data, dict) and any(isinstance(data.get(key), list) for key in _PEOPLE)


def _sighting(frame: dict[str, Any], name: str) -> Sighting:
    found = Sighting(name, canvas_of(frame.get("canvas_width"), frame.get("canvas_height")))
    for key, fields in _PEOPLE.items():
        people = frame.get(key)
        for person in people if isinstance(people, list) else []:
            if isinstance(person, dict):
                found.add(next((person[field] for field in fields if field in person), None))
            elif person is not None:
                found.problem = found.problem or f"'{key}' holds something that is no person; export the motion again"
    return found
