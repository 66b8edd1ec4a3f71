"""Remarks of the core in Chinese: the table has the core's own sentences, and their places are filled."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import fashionmirror_core
from app.engine import remarks
from app.engine.notes import Note
from app.widgets.language import install
from app.widgets.tiles import first_words
from fashionmirror_core.cloth import verdict
from fashionmirror_core.garment import doubts
from fashionmirror_core.garment.garment import OF_BACK

CORE = Path(fashionmirror_core.__file__).parent
# Their remarks reach every user of the studio: all of them are in the table.
HEARD = (
    *("garment/doubts.py", "garment/cutout.py", "garment/unfolding.py", "body/doubts.py"),
    *("cloth/verdict.py", "cloth/pattern/tops.py", "cloth/pattern/trousers.py", "cloth/pattern/skirts.py"),
)
PLACE = re.compile(r"\{[^}]*\}")
HAN = re.compile("[一-鿿]")


@cache
def sentences(file: str) -> tuple[str, ...]:
    """What a module of the core says: texts that are sentences, with {} for what is put in."""
    found = []
    tree = ast.parse((CORE / file).read_text(encoding="utf-8"))
    parts = {id(value) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for value in node.values}
    spoken = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings are for readers
    for node in ast.walk(tree):
        if id(node) in parts or id(node) in spoken:
            continue
        if isinstance(node, ast.JoinedStr):
            text = "".join(value.value if isinstance(value, ast.Constant) else "{}" for value in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = PLACE.sub("{}", node.value)
        else:
            continue
        if text.endswith((".", ": ")) and len(text.split()) > 2:
            found.append(text)
    return tuple(found)


def all_sentences() -> Iterator[str]:
    for file in sorted(CORE.rglob("*.py")):
        yield from sentences(str(file.relative_to(CORE)))


def instance(template: str, general: str) -> bool:
    """Whether ``template`` is what the core's sentence may become."""
    return re.fullmatch("(.+?)".join(map(re.escape, general.split("{}"))), template) is not None


@pytest.fixture
def chinese(qtbot: QtBot) -> Iterator[None]:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    install(application, "zh_TW")
    yield
    install(application, "en")


def test_the_table_has_sentences_of_the_core_alone() -> None:
    said = {sentence for sentence in all_sentences() if len(sentence.replace("{}", "")) > 8}
    strange = [
        template
        for template in remarks.TEMPLATES
        if template != f"{OF_BACK}{{0}}" and not any(instance(PLACE.sub("{}", template), general) for general in said)
    ]
    assert strange == []


def test_what_every_user_may_hear_is_in_the_table() -> None:
    known = [PLACE.sub("{}", template) for template in remarks.TEMPLATES]
    missing = [
        sentence
        for file in HEARD
        for sentence in sentences(file)
        if sentence not in known and not any(instance(template, sentence) for template in known)
    ]
    assert missing == []


@pytest.mark.parametrize(
    ("remark", "parts"),
    [
        (verdict.FALLEN.format(40.2), ["40", "公分"]),
        (verdict.TIGHT.format(0.62), ["62%"]),
        (doubts.SEVERAL.format("the left one", 1, 2), ["左邊那件", "第 1 件"]),
        (f"The back's picture: {doubts.TURNED.format(90)}", ["背面圖片", "90"]),
        ("The left arm and the right leg don't fit a body in this pose; "
         "a photo with arms and legs in view works better.", ["左臂、右腿"]),
        ("The category is doubtful: looks like upper, perhaps dress; choose it if it is wrong.", ["上衣", "洋裝"]),
        ("a; b's {0}.jpg doesn't exist; check the path.", ["a; b's {0}.jpg"]),
    ],
)  # fmt: skip
def test_remarks_are_said_in_chinese(chinese: None, remark: str, parts: list[str]) -> None:
    told = Note.of(remark).text
    for part in parts:
        assert part in told
    assert HAN.search(told)
    assert not re.search(r"\b(the|is|it|and)\b", PLACE.sub("", told), re.IGNORECASE)


def test_the_remedy_is_known_in_every_language(chinese: None) -> None:
    note = Note.of(doubts.WHICH_WAY_UP)
    assert note.remedy == "turn"
    assert HAN.match(first_words(note.text))
    assert "；" not in first_words(note.text)


def test_a_remark_that_nobody_knows_and_english_stay_as_they_are() -> None:
    assert remarks.shown("Whatever {0} says.") == "Whatever {0} says."
    for template in remarks.TEMPLATES:
        assert remarks.shown(template) == template
