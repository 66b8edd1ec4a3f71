"""What comments and documents cite is there: headings of the docs, files, and anchors in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SOURCES = sorted(
    path for folder in ("fashionmirror_core", "app", "packaging") for path in (ROOT / folder).rglob("*.py")
)

CITED = re.compile(r'docs/([\w-]+\.md),\s+"([^"]+)"')
LINKED = re.compile(r"\]\((?!\w+://)([^)#\s]*)(?:#([\w-]+))?\)")


def headings(page: Path) -> list[str]:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)


def anchor(heading: str) -> str:
    """As GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_headings_that_comments_cite_exist() -> None:
    missing = [
        f'{name(path)}: docs/{page}, "{heading}"'
        for path in [*SOURCES, *PAGES]
        for page, heading in CITED.findall(path.read_text(encoding="utf-8"))
        if not (ROOT / "docs" / page).exists() or " ".join(heading.split()) not in headings(ROOT / "docs" / page)
    ]
    assert missing == []


def test_comments_cite_pages_by_heading() -> None:
    """A page without a heading sends the reader on a search."""
    vague = [
        f"{name(path)}: {line.strip()}"
        for path in SOURCES
        for line in CITED.sub("", path.read_text(encoding="utf-8")).splitlines()
        if re.search(r"\b(method|packaging|results|studio|training)\.md\b", line)
    ]
    assert vague == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    broken = []
    for target, fragment in LINKED.findall(page.read_text(encoding="utf-8")):
        linked = page.parent / target if target else page
        known = [anchor(heading) for heading in headings(linked)] if linked.suffix == ".md" and linked.exists() else []
        if not linked.exists() or (fragment and fragment not in known):
            broken.append(f"{target}#{fragment}")
    assert broken == []


def test_pages_are_cited_at_all() -> None:
    assert sum(len(CITED.findall(path.read_text(encoding="utf-8"))) for path in SOURCES) > 20


METHOD = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("module", "named"), sorted(set(re.findall(r"`([a-z_/]+): ([A-Za-z_.]+)", METHOD))))
def test_the_method_points_into_the_code(module: str, named: str) -> None:
    """`folder/module: Class.method` is a file below the package, and each of the names is defined there."""
    source = (ROOT / "fashionmirror_core" / f"{module}.py").read_text(encoding="utf-8")
    for word in named.rstrip(".").split("."):
        assert re.search(rf"^\s*(?:def|class) {word}\b|^{word}\b", source, flags=re.MULTILINE), f"{module}: {word}"


IMPORTED = re.compile(r"\bfrom (fashionmirror_core[\w.]*) import")
SCRIPTS = [ROOT / ".ci" / "run", *PAGES, *sorted((ROOT / "docs").rglob("*.py"))]


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_scripts_import_modules_that_are_there(path: Path) -> None:
    """No linter looks into a shell script or a page."""
    modules = [ROOT.joinpath(*module.split(".")) for module in IMPORTED.findall(path.read_text(encoding="utf-8"))]
    assert [str(module) for module in modules if not (module.is_dir() or module.with_suffix(".py").exists())] == []
