"""The words of the trade, each defined once: sides, parts of the body, labels of pixels, categories of garments.

Words that are written to files are strings and compare equal to their text; labels are the numbers of label maps. A
person's right and left are anatomical: the right hand is on the picture's left in a front view.
"""

from __future__ import annotations

from enum import Enum, IntEnum

from fashionmirror_core.errors import InputError


class Word(str, Enum):
    """A string of a fixed set. It is its text wherever it is formatted, compared, hashed or written."""

    __str__ = str.__str__


class Side(Word):
    """A person's right or left."""

    RIGHT = "r"
    LEFT = "l"

    @property
    def other(self) -> Side:
        return Side.LEFT if self is Side.RIGHT else Side.RIGHT

    @property
    def sign(self) -> float:
        """-1 for the right and +1 for the left: the direction of x in a front view."""
        return 1.0 if self is Side.LEFT else -1.0


class Part(Word):
    """A part of the person that moves as one layer; from back to front when the arms hang before the body."""

    R_LEG = "r_leg"
    L_LEG = "l_leg"
    TRUNK = "trunk"
    R_ARM = "r_arm"
    L_ARM = "l_arm"

    @classmethod
    def arm(cls, side: str) -> Part:
        return cls.R_ARM if side == Side.RIGHT else cls.L_ARM

    @classmethod
    def leg(cls, side: str) -> Part:
        return cls.R_LEG if side == Side.RIGHT else cls.L_LEG

    @property
    def is_arm(self) -> bool:
        return self in ARM_PARTS

    @property
    def is_leg(self) -> bool:
        return self in LEG_PARTS

    @property
    def side(self) -> Side:
        """Of an arm or a leg. Raises ValueError for the trunk, which has none."""
        return Side(self[0])


ARM_PARTS = (Part.R_ARM, Part.L_ARM)
LEG_PARTS = (Part.R_LEG, Part.L_LEG)
LIMB_PARTS = ARM_PARTS + LEG_PARTS
"""All parts but the trunk."""


class Label(IntEnum):
    """What a pixel of a label map shows; the numbers of the data sets and of the parsing network's channels."""

    BACKGROUND = 0
    HAIR = 1
    HEAD = 2  # skin of face and neck
    ARMS = 3  # bare skin, with hands
    LEGS = 4  # bare skin
    TORSO = 5  # bare skin: décolleté, midriff
    UPPER = 6
    LOWER = 7
    DRESS = 8
    SHOES = 9
    ACCESSORY = 10  # bags, hats, tights


class Category(Word):
    """What a garment is; in the order of the networks' one-hot."""

    UPPER = "upper"
    LOWER = "lower"
    DRESS = "dress"

    @classmethod
    def named(cls, text: str) -> Category:
        """Raises InputError for a text that is no category."""
        if text not in list(cls):
            raise InputError(f"Unknown garment category {text!r}; use one of {', '.join(cls)}.")
        return cls(text)

    @property
    def labels(self) -> tuple[Label, ...]:
        """The clothes that a garment of this category replaces."""
        return _REPLACED[self]

    @property
    def label(self) -> Label:
        """The label of a garment of this category where it is worn."""
        return Label[self.name]


_REPLACED = {
    Category.UPPER: (Label.UPPER,),
    Category.LOWER: (Label.LOWER,),
    Category.DRESS: (Label.UPPER, Label.LOWER, Label.DRESS),
}

DRESSING_ORDER = (Category.LOWER, Category.DRESS, Category.UPPER)
"""Garments from the undermost to the outermost, in whatever order they are given."""


class CategoryChoice(Word):
    """A category, or that it is told from the garment's shape."""

    AUTO = "auto"
    UPPER = Category.UPPER.value
    LOWER = Category.LOWER.value
    DRESS = Category.DRESS.value


class SleeveChoice(Word):
    """How long sleeves are, or that it is seen."""

    AUTO = "auto"
    NONE = "none"
    SHORT = "short"
    LONG = "long"
