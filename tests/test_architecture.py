"""The house stands: folders import downward only, and no module needs itself to be imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CORE = "fashionmirror_core"

# The rooms of the core, in the order in which data flows: each imports from those above it only.
ROOMS = (
    "errors",
    "places",
    "memory",  # what a process gives back
    "compiling",
    "recent",
    "meanwhile",  # what another thread does
    "vocabulary",
    "imaging",
    "media",
    "samples",
    "workers",  # processes that die with their parent
    "skeleton",
    "networks",  # they know tensors alone, and every room that asks one stands below them
    "motion",
    "body",  # before the person: labels, skin and limbs are found in the body's own coordinates
    "garment",
    "person",
    "cloth",  # before the avatar: the person's layers are cut together with the clothes fitted on them
    "avatar",
    "drawing",
    "inference",  # where the networks meet the engine: beside the analytic answers, which are their priors
    "look",
    "tryon",
    "training",
    "outputs",
    "cli",
    "__main__",
    "__init__",  # the public names
)


# Known for the moment, and being moved: a module and the module below its room that it imports.
REACHING_DOWN: set[str] = set()


@cache
def modules() -> dict[str, Path]:
    """Dotted name -> file, of all modules of the core and the app."""
    found = {}
    for package in (CORE, "app"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def _imports(node: ast.AST, known: set[str], guarded: bool = False) -> Iterator[tuple[str, bool]]:
    """The known modules that a piece of code imports, at any place in it, and whether for annotations alone."""
    if isinstance(node, ast.Import):
        yield from ((alias.name, guarded) for alias in node.names if alias.name in known)
    elif isinstance(node, ast.ImportFrom) and node.module:
        for name in (f"{node.module}.{alias.name}" for alias in node.names):
            if name in known or node.module in known:
                yield name if name in known else node.module, guarded
    elif isinstance(node, ast.stmt):
        guarded = guarded or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
        for inner in ast.iter_child_nodes(node):
            if isinstance(inner, (ast.stmt, ast.ExceptHandler, ast.match_case)):
                yield from _imports(inner, known, guarded)
    elif isinstance(node, (ast.Module, ast.ExceptHandler, ast.match_case)):
        for inner in node.body:
            yield from _imports(inner, known, guarded)


@cache
def _found() -> dict[str, list[tuple[str, bool]]]:
    known = set(modules())
    return {
        name: list(_imports(ast.parse(path.read_text(encoding="utf-8")), known)) for name, path in modules().items()
    }


def graph(typing: bool) -> dict[str, set[str]]:
    """Module -> the modules that it imports, at once or later; ``typing``: also those for annotations alone."""
    return {name: {other for other, guarded in found if typing or not guarded} for name, found in _found().items()}


def room(module: str) -> str:
    return module.removeprefix(CORE).strip(".").split(".")[0] or "__init__"


def circle(edges: dict[str, set[str]]) -> list[str]:
    """A circle of modules that import each other, empty without one."""
    try:
        list(TopologicalSorter(edges).static_order())
    except CycleError as error:
        return list(error.args[1])
    return []


def test_every_module_of_the_core_has_its_room() -> None:
    assert {room(name) for name in modules() if name.startswith(CORE)} == set(ROOMS)


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_imports_from_those_above_it(name: str) -> None:
    """Anyone may ask the package itself for its version."""
    wrong = {
        f"{module} -> {other}"
        for module, others in graph(typing=True).items()
        if module.startswith(CORE) and room(module) == name
        for other in others - {CORE}
        if not other.startswith(CORE) or ROOMS.index(room(other)) > ROOMS.index(name)
    }
    assert not wrong - REACHING_DOWN, f"{name} reaches down: move what it needs up, or the room"


def test_no_module_imports_itself_in_a_circle() -> None:
    assert not circle(graph(typing=False))


def test_no_module_of_the_studio_does_so_for_annotations() -> None:
    """Its controllers share a context, which knows none of them."""
    assert not circle({name: others for name, others in graph(typing=True).items() if name.startswith("app")})


def test_circles_are_found() -> None:
    assert not circle({"a": {"b"}, "b": {"c"}, "c": set()})
    assert set(circle({"a": {"b"}, "b": {"c"}, "c": {"b"}})) == {"b", "c"}
