"""Which files of a folder this program wrote: a hidden list in the folder, with each file's size and hash.

Only a file that is listed and still as it was written is ever removed. What the user put there or changed is the
user's.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path

NAME = ".fashionmirror.json"
STAGING = re.compile(r"\.fashionmirror-[0-9a-f]{12}\.part")
"""Hidden folders of changes that aren't in place yet, see ``files``."""
_FORMAT = "FashionMirror folder"
_LARGEST = 64 << 20
# What a file manager leaves in a folder that somebody looked at.
_DROPPINGS = (".DS_Store", "Thumbs.db", "desktop.ini")


_known: dict[tuple[int, ...], str] = {}  # a file's identity -> its entry


def entry(file: Path) -> str:
    """How the list describes a file: its size in bytes and its hash."""
    with open(file, "rb") as stream:
        status = os.fstat(stream.fileno())
        identity = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
        if identity not in _known:
            digest, size = hashlib.blake2b(digest_size=16), 0
            while piece := stream.read(1 << 20):
                digest.update(piece)
                size += len(piece)
            _known[identity] = f"{size} {digest.hexdigest()}"
    return _known[identity]


def listed(folder: Path) -> dict[str, str] | None:
    """Name -> entry of all files that were written here; None where the folder isn't ours."""
    try:
        with open(folder / NAME, "rb") as stream:
            data = json.loads(stream.read(_LARGEST))
    except (OSError, ValueError, RecursionError):
        return None
    files = data.get("files") if isinstance(data, dict) and data.get("format") == _FORMAT else None
    if not isinstance(files, dict):
        return None
    return {name: text for name, text in files.items() if isinstance(text, str) and Path(name).name == name}


def as_text(files: dict[str, str]) -> str:
    """The list as it is written down; name -> entry."""
    return json.dumps({"format": _FORMAT, "version": 1, "files": dict(sorted(files.items()))}, indent=0) + "\n"


def write(folder: Path) -> None:
    """Lists all files of a folder that was just filled."""
    files = {file.name: entry(file) for file in folder.iterdir() if file.name != NAME}
    (folder / NAME).write_text(as_text(files), encoding="utf-8")


def sorted_out(folder: Path) -> tuple[set[str] | None, set[str]]:
    """Names of the files in the folder that are ours and unchanged, and of everything else but what hides.

    The first is None where the folder has no list. Raises OSError where it can't be read.
    """
    present = {item.name for item in os.scandir(folder)}
    files = listed(folder)
    ours = None if files is None else {name for name in present & files.keys() if unchanged(folder, name, files)}
    others = present - (ours or set()) - {NAME, *_DROPPINGS}
    return ours, {name for name in others if not STAGING.fullmatch(name)}


def unchanged(folder: Path, name: str, files: dict[str, str]) -> bool:
    """Whether a file is listed and as it was written."""
    file = folder / name
    try:
        size = files.get(name, "").partition(" ")[0]
        if file.is_symlink() or not file.is_file() or str(file.stat().st_size) != size:
            return False
        return entry(file) == files[name]
    except OSError:
        return False
