"""Where something may be written: names that fit, folders that can be entered, and nothing that is the user's.

Asked before the work starts, so that nothing fails after it. Needs nothing but the standard library: the command line
asks before anything heavy is loaded.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

from fashionmirror_core.errors import InputError
from fashionmirror_core.media import manifest


def named(source: str | Path | bytes) -> str:
    """How messages call a file: its path on one line, where it is or will be; 'The picture' for bytes."""
    if isinstance(source, bytes):
        return "The picture"
    return re.sub(rf"{manifest.STAGING.pattern}[\\/]", "", " ".join(str(source).split())) or "The empty file name"


def check_target(path: str | Path, *, folder: bool = False, overwrite: bool = False, whole: bool = True) -> None:
    """Raises InputError unless a file, or a folder of files, can be written at ``path``.

    overwrite: whether an earlier output there may be replaced. A folder that is neither empty nor one that this program
    filled is refused in any case. whole: a folder there is replaced, and not added to.
    """
    path, name = Path(path), named(path)
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        status = None
    except OSError as error:
        raise InputError(unwritable(path, error)) from error
    except ValueError as error:  # a null character
        raise InputError(f"{name!a} isn't a file name; choose another one.") from error
    if not os.path.isdir(os.path.dirname(os.path.realpath(path))):
        raise InputError(unwritable(path, NotADirectoryError()))
    if status is None:
        return
    if folder:
        if not stat.S_ISDIR(status.st_mode):
            raise InputError(f"{name} is a file; choose a folder.")
        _check_folder(path, overwrite)
        if whole:
            _check_replaceable(path)
    elif stat.S_ISDIR(status.st_mode):
        raise InputError(f"{name} is a folder; choose a file name.")
    elif not stat.S_ISREG(status.st_mode):
        raise InputError(f"{name} isn't an ordinary file; choose another name.")
    elif not overwrite:
        raise InputError(f"{name} is there already; choose another name, or replace it with --overwrite.")


def _check_folder(path: Path, overwrite: bool) -> None:
    """A folder that is there must be ours or empty."""
    name = named(path)
    try:
        ours, others = manifest.sorted_out(path)
    except OSError as error:
        raise InputError(unwritable(path, error)) from error
    if ours is None and others:
        raise InputError(f"The folder {name} holds other files; choose an empty or a new one.")
    if ours and not overwrite:
        raise InputError(f"{name} holds an earlier output; choose another folder, or replace it with --overwrite.")


def _check_replaceable(path: Path) -> None:
    name, real = named(path), os.path.realpath(path)
    if os.path.ismount(real) or os.path.realpath(os.curdir).startswith(os.path.join(real, "")):
        raise InputError(f"The folder {name} can't be replaced while it is in use; choose a new one inside it.")
    if os.path.realpath(os.curdir) == real:
        raise InputError(f"{name} is the folder that you are in; choose a new one inside it.")


def check_outputs(
    outputs: Mapping[str, Path | None], inputs: Iterable[str | Path | None], *, whole: bool = True
) -> None:
    """Raises InputError where an output is an input, lies where it would be taken for one, or is another output.

    outputs: by what messages call them, such as ``--report``; None where there is none. whole: a folder among them is
    replaced, and not added to. inputs: files and folders that are read; names that are no files, such as a template's,
    don't matter.
    """
    read = [Path(source) for source in inputs if source is not None and os.path.exists(source)]
    written = {name: Path(path) for name, path in outputs.items() if path is not None}
    for name, path in written.items():
        for source in read:
            if _same(path, source):
                raise InputError(f"{name} is {named(source)}, which is read as an input; choose another place for it.")
            if whole and _within(source, path):
                raise InputError(f"{name} is the folder of {named(source)}, which is an input; choose another folder.")
            if os.path.isdir(source) and not os.path.isdir(path) and path.suffix and _same(path.parent, source):
                raise InputError(f"{name} lies among the inputs in {named(source)}; choose another place for it.")
    places = list(written.items())
    for number, (name, path) in enumerate(places):
        for other_name, other in places[number + 1 :]:
            if _same(path, other) or _within(path, other) or _within(other, path):
                raise InputError(f"{name} and {other_name} can't be in one place ({named(path)}); choose two places.")


def _same(one: Path, other: Path) -> bool:
    """Whether two names lead to one file, by any spelling or link; also where it isn't there yet."""
    try:
        return os.path.samefile(one, other)
    except (OSError, ValueError):
        return _spelled(one) == _spelled(other)


def _within(inner: Path, outer: Path) -> bool:
    """Whether ``inner`` lies somewhere in the folder ``outer``."""
    return any(_same(parent, outer) for parent in Path(os.path.realpath(inner)).parents)


def _spelled(path: Path) -> str:
    """One spelling for all that some system takes for the same name: A and a, composed letters and accents apart."""
    return unicodedata.normalize("NFC", os.path.realpath(path)).casefold()


def _may(folder: Path, mode: int) -> bool:
    return os.access(folder, mode, effective_ids=os.access in os.supports_effective_ids)


def unwritable(path: Path, error: OSError) -> str:
    """The line that says why ``path`` can't be written, and what to do."""
    folder, name = named(path.parent), named(path)
    if error.errno in (errno.ENAMETOOLONG, errno.EINVAL):
        longest = max(path.parts, key=lambda part: len(os.fsencode(part)), default="")
        if (length := len(os.fsencode(longest))) > 255:
            return f"The name {named(longest)[:40]}... is too long ({length} bytes, 255 are possible); shorten it."
        if error.errno == errno.ENAMETOOLONG:
            return f"The path {name[:40]}... is too long ({len(os.fsencode(path))} bytes); choose a shorter one."
    if not os.path.isdir(path.parent):
        if os.path.exists(path.parent):
            return f"{folder} isn't a folder; choose another place for {named(path.name)}."
        if isinstance(error, PermissionError):
            return f"{folder} may not be entered; change the permissions or choose another folder."
        return f"The folder {folder} doesn't exist; create it or choose another one."
    if isinstance(error, IsADirectoryError):
        return f"{name} is a folder; choose a file name."
    if isinstance(error, PermissionError):
        if not _may(path.parent, os.X_OK):
            return f"The folder {folder} may not be entered; change its permissions or choose another one."
        if os.path.isdir(path) and not _may(path, os.R_OK | os.X_OK):
            return f"The folder {name} may not be read; change its permissions or choose another one."
        return f"The folder {folder} isn't writable; choose another one or change its permissions."
    return f"{name} can't be written ({error.strerror or error}); make room or choose another folder."
