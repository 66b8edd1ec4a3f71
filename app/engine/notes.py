"""What the engine remarks on what it was given, in two parts: the remark, and which button mends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.engine.remarks import shown

Remedy = Literal[
    "", "turn", "category", "cutout", "crop", "again", "pick", "looser", "cut", "fabric", "landmarks"
]  # fmt: skip

# Words of the core's remarks -> the remedy that the studio has for them; the first that is found counts.
_REMEDIES: tuple[tuple[str, Remedy], ...] = (
    ("turn the picture upright", "turn"),
    ("was turned upright", "turn"),
    ("which way up", "turn"),
    ("category is doubtful", "category"),
    ("cut-out is doubtful", "cutout"),
    ("No garment found", "cutout"),
    ("fills the whole picture", "cutout"),
    ("outline has no two sides", "cutout"),
    ("No sleeves are seen", "cutout"),
    ("choose its category", "category"),
    ("doubtful whether this is", "category"),
    ("pick another, crop", "pick"),
    ("Several garments", "cutout"),
    ("Somebody wears the garment", "cutout"),
    ("Several people", "crop"),
    ("too small in the picture", "crop"),
    ("has no cloth", "cutout"),
    ("choose a looser fit", "looser"),
    ("choose a heavier fabric", "fabric"),
    ("and its landmarks", "landmarks"),
    ("is none of the category", "cut"),
    ("choose another cut", "cut"),
)


@dataclass(frozen=True)
class Note:
    """One line for the user. remedy: what the studio can do about it, "" where only another picture helps.

    turn: a quarter turn of the picture; category: choose the garment's; cutout: paint it; crop: cut one person out;
    again: go on with what was stopped; pick: the next of several garments; looser: the next looser fit; cut, fabric: choose
    it; landmarks: move them.
    """

    text: str
    remedy: Remedy = ""

    @classmethod
    def of(cls, remark: object) -> Note:
        """A note of a warning or of an InputError of the core, in the user's language."""
        text = str(remark)
        return cls(shown(text), next((remedy for words, remedy in _REMEDIES if words in text), ""))

    @property
    def about_garment(self) -> bool:
        """Whether the garment, and not the person, is to be mended."""
        return self.remedy in ("category", "cutout", "looser", "cut", "fabric", "landmarks")

    @property
    def doubts_category(self) -> bool:
        return self.remedy == "category"
