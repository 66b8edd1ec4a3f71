"""FashionMirror's engine: a photo of a person, a picture of a garment and a motion become a catwalk clip.

    from fashionmirror_core import ClipSettings, Garment, Motion, Person, TryOn, render_clip

    tryon = TryOn.load(device="auto")
    look = tryon.prepare(Person.from_photo("ana.jpg"), Garment.from_photo("dress.jpg"))
    look.save("still.png")
    for frame in tryon.render(look, Motion.template("catwalk")):
        frame.image
    longer = tryon.prepare("ana.jpg", "dress.jpg", tailoring=Tailoring.from_words(hem="+5cm", fabric="silk"))
    render_clip(tryon, look, Motion.template("turn"), ClipSettings(Path("ana.mp4")))

The public names are imported when they are first used: the command line answers before torch is loaded.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fashionmirror_core.cloth.fabric import FabricName
    from fashionmirror_core.cloth.tailoring import Cut, Fit, Tailoring
    from fashionmirror_core.errors import InputError
    from fashionmirror_core.garment.garment import Garment
    from fashionmirror_core.look import Frame, Look
    from fashionmirror_core.motion.motion import Motion
    from fashionmirror_core.outputs.clip import ClipSettings, render_clip
    from fashionmirror_core.person.person import Person
    from fashionmirror_core.tryon import TryOn

_HOME = {
    "ClipSettings": "outputs.clip",
    "Cut": "cloth.tailoring",
    "FabricName": "cloth.fabric",
    "Fit": "cloth.tailoring",
    "Frame": "look",
    "Garment": "garment.garment",
    "InputError": "errors",
    "Look": "look",
    "Motion": "motion.motion",
    "Person": "person.person",
    "Tailoring": "cloth.tailoring",
    "TryOn": "tryon",
    "render_clip": "outputs.clip",
}

__all__ = [
    "ClipSettings", "Cut", "FabricName", "Fit", "Frame", "Garment", "InputError", "Look", "Motion", "Person", "Tailoring",
    "TryOn", "render_clip",
]  # fmt: skip
__version__ = "0.1.0"


def __dir__() -> list[str]:
    return sorted({*__all__, *globals()})


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
