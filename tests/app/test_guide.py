"""The guide's table of keys is the one of the actions; where they differ, the failure shows the table as it should be."""

from __future__ import annotations

import re
from pathlib import Path

from app.widgets.actions import CONTEXTS, by_menu

GUIDE = Path(__file__).parents[2] / "docs" / "studio.md"
BEGIN, END = re.compile(r"<!-- keys: .* -->\n"), "<!-- end of keys -->"


def wanted() -> str:
    """All actions that have a key, as a Markdown table."""
    rows = ["| keys | does | menu | where |", "| --- | --- | --- | --- |"]
    for menu, specs in by_menu().items():
        for spec in specs:
            if spec.shortcut:
                keys = " or ".join(f"`{key}`" for key in spec.shortcut.split("; "))
                place = f"{menu.replace('/', ', ')}, {spec.text.removesuffix('...')}"
                rows.append(f"| {keys} | {spec.tip} | {place} | {CONTEXTS[spec.context].lower()} |")
    return "\n".join([*rows, ""])


def test_the_guide_names_every_key() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    begin = BEGIN.search(text)
    assert begin is not None
    given = text[begin.end() : text.index(END)]
    assert given == wanted(), f"put this between the two comments of {GUIDE.name}:\n{wanted()}"


def test_keys_in_the_guides_prose_are_keys_of_actions() -> None:
    prose = BEGIN.split(GUIDE.read_text(encoding="utf-8"))[0]
    known = {key for specs in by_menu().values() for spec in specs for key in spec.shortcut.split("; ")}
    named = set(re.findall(r"`((?:Ctrl|Alt|F\d|Esc|Space|[0-9A-Z\[\]])(?:\+\w+)*)`", prose)) - {"Ctrl"}
    assert {"Ctrl+B", "X", "[", "0"} <= named <= known


def test_pictures_and_files_that_the_guide_shows_are_there() -> None:
    shown = re.findall(r"\]\(([^)]+)\)", GUIDE.read_text(encoding="utf-8"))
    assert shown
    assert [name for name in shown if not (GUIDE.parent / name).is_file()] == []
