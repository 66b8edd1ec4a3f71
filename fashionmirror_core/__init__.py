"""FashionMirror's engine: a photo of a person, a picture of a garment and a motion become a catwalk clip.

    from fashionmirror_core import Garment, Motion, Person, TryOn

    tryon = TryOn.load(device="auto")
    look = tryon.prepare(Person.from_photo("ana.jpg"), Garment.from_photo("dress.jpg"))
    for frame in tryon.render(look, Motion.template("catwalk")):
        frame.image

The public names are imported when they are first used: the command line answers before torch is loaded.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fashionmirror_core.errors import InputError
    from fashionmirror_core.garment.garment import Garment
    from fashionmirror_core.look import Frame, Look
    from fashionmirror_core.motion.motion import Motion
    from fashionmirror_core.person.person import Person
    from fashionmirror_core.tryon import TryOn

_HOME = {
    "Frame": "look",
    "Garment": "garment.garment",
    "InputError": "errors",
    "Look": "look",
    "Motion": "motion.motion",
    "Person": "person.person",
    "TryOn": "tryon",
}

__all__ = ["Frame", "Garment", "InputError", "Look", "Motion", "Person", "TryOn"]
__version__ = "0.1.0"


def __dir__() -> list[str]:
    return sorted({*__all__, *globals()})


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
