"""COCO's keypoints (annotations and results) and AlphaPose's results, which look like COCO's.

Results are a list of people, each with ``image_id`` and ``keypoints``; annotations are an object that lists pictures
and people apart, with visibility flags (0, 1, 2) where results have confidences.
"""

from __future__ import annotations

from typing import Any

from fashionmirror_core.motion.foreign import Sighting, canvas_of
from fashionmirror_core.motion.numbering import natural_key


def sightings(data: Any) -> list[Sighting] | None:
    """The frames in a JSON value in natural order of their pictures; None where it is none of COCO's."""
    if isinstance(data, list) and data and all(map(_is_person, data)):
        return _ordered(_grouped(data, {}, flags=_has_flags(data)))
    if isinstance(data, dict) and isinstance(data.get("annotations"), list):
        people = [person for person in data["annotations"] if _is_person(person)]
        if not people:
            return None
        listed = data.get("images")
        pictures = {
            _key(picture["id"]): Sighting(
                _name(picture.get("file_name", picture["id"])),
                canvas_of(picture.get("width"), picture.get("height")),
                flags=True,
            )
            for picture in (listed if isinstance(listed, list) else [])
            if isinstance(picture, dict) and "id" in picture
        }
        return _ordered(_grouped(people, pictures, flags=True))
    return None


def _is_person(value: Any) -> bool:
    return isinstance(value, dict) and "image_id" in value and "keypoints" in value


def _has_flags(people: list[dict[str, Any]]) -> bool:
    """Whether results carry visibility flags after all: only 0, 1 and 2, and 2 among them."""
    thirds: set[Any] = set()
    for person in people:
        joints = person["keypoints"]
        if isinstance(joints, list):
            thirds.update(value for value in joints[2::3] if isinstance(value, (int, float)))
            if not thirds <= {0, 1, 2}:
                return False
    return 2 in thirds


def _grouped(people: list[dict[str, Any]], pictures: dict[str, Sighting], flags: bool) -> list[Sighting]:
    for person in people:
        key = _key(person["image_id"])
        pictures.setdefault(key, Sighting(_name(person["image_id"]), flags=flags)).add(person["keypoints"])
    return list(pictures.values())


def _ordered(found: list[Sighting]) -> list[Sighting]:
    return sorted(found, key=lambda sighting: natural_key(sighting.name))


def _key(value: Any) -> str:
    """A picture's id as a text: a file may write 7 here and "7" there."""
    return str(value) if isinstance(value, (str, int)) else repr(type(value))


def _name(value: Any) -> str:
    return _key(value)[:200]
