"""The console script in a test: what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fashionmirror_core.media import manifest


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """Of stderr, empty ones too."""
        return self.err.splitlines()


def refused(result: Result, *words: str) -> None:
    """Bad input: code 2 and one line on stderr that holds the words."""
    assert result.code == 2, result
    assert len(result.lines) == 1, result.err
    assert result.lines[0].startswith("fashionmirror: ")
    assert "Traceback" not in result.err
    assert "error" not in result.err.lower(), "an exception's name tells the user nothing"
    for word in words:
        assert word.lower() in result.err.lower(), result.err


def contents(folder: Path) -> list[str]:
    """Everything in it, hidden names too, but for the lists of what is ours."""
    return sorted(path.name for path in folder.rglob("*") if path.name != manifest.NAME)
