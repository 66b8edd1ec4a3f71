"""Brings the studio's translations up to date with its sources: ``python packaging/translations.py [language ...]``.

Every ``studio_<language>.ts`` in ``resources/translations`` gets the texts that are new, unfinished, and loses those that
are gone; then its ``.qm``, which the studio loads, is made. A language that has no file yet gets one.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "resources" / "translations"


def tables() -> Iterator[tuple[str, str]]:
    """(context, text) of what the studio translates out of a table, where lupdate doesn't see it."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    from app.engine import remarks
    from app.widgets import actions
    from fashionmirror_core.motion import templates

    yield from (("Actions", text) for text in actions.texts())
    yield from (("Templates", text) for name in templates.NAMES for text in (name, templates.description(name)))
    yield from (("Remarks", text) for text in (*remarks.TEMPLATES, *remarks.PARTS, ", "))


def update(file: Path) -> None:
    """Makes or renews a .ts file; without places in the sources, which would change it with every edit."""
    with tempfile.TemporaryDirectory() as folder:
        marks = Path(folder) / "tables.py"
        lines = [f"QT_TRANSLATE_NOOP({json.dumps(context)}, {json.dumps(text)})\n" for context, text in tables()]
        marks.write_text("".join(lines), encoding="utf-8")
        language = file.stem.partition("_")[2]
        options = ("-extensions", "py", "-locations", "none", "-no-obsolete", "-source-language", "en")
        _tool("lupdate", *options, "-target-language", language, ROOT / "app", marks, "-ts", file)


def release(file: Path, target: Path) -> None:
    """The .qm of a .ts file."""
    _tool("lrelease", file, "-qm", target)


def _tool(name: str, *arguments: object) -> None:
    """Runs one of Qt's tools for translations, which come with PySide6."""
    found = shutil.which(f"pyside6-{name}", path=str(Path(sys.executable).parent)) or shutil.which(f"pyside6-{name}")
    if found is None:
        raise SystemExit(f"pyside6-{name} isn't there; install PySide6-Essentials.")
    subprocess.run([found, "-silent", *map(str, arguments)], check=True)


def main(languages: list[str]) -> None:
    new = [FOLDER / f"studio_{language}.ts" for language in languages]
    for file in sorted({*new, *FOLDER.glob("studio_*.ts")}):
        update(file)
        release(file, file.with_suffix(".qm"))
        missing = file.read_text(encoding="utf-8").count('type="unfinished"')
        print(f"{file.name}: {missing} texts to translate" if missing else f"{file.name}: complete")


if __name__ == "__main__":
    main(sys.argv[1:])
