"""What an installation promises: its files, its dependencies, its walls between packages, a quick command line."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

import fashionmirror_core

ROOT = Path(__file__).resolve().parents[1]
CORE = Path(fashionmirror_core.__file__).resolve().parent
SOURCES = sorted(CORE.rglob("*.py"))
HEAVY = ("torch", "torchvision", "cv2", "mediapipe", "PySide6", "scipy", "numba")

# Import name -> distribution, where they differ.
DISTRIBUTIONS = {
    "cv2": "opencv-contrib-python",
    "PIL": "pillow",
    "pillow_heif": "pillow-heif",
    "imageio_ffmpeg": "imageio-ffmpeg",
    "skimage": "scikit-image",
}


def name(path: Path) -> str:
    return path.relative_to(CORE).as_posix()


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it, with its dots."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls(path: Path) -> Iterator[str]:
    """What a file calls, as written: ``open``, ``torch.load``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def section(title: str) -> str:
    """One table of pyproject.toml, as text (Python 3.10 has no reader for it)."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return text.split(f"\n[{title}]\n", 1)[1].split("\n[", 1)[0]


def run_elsewhere(code: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``code`` in a new interpreter in another folder, with this very package."""
    environment = {**os.environ, "PYTHONPATH": str(CORE.parent)}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


# ------------------------------------------------------------------------------------------------------- the project


def test_the_version_is_the_same_everywhere() -> None:
    version = fashionmirror_core.__version__
    assert f'\nversion = "{version}"\n' in section("project")
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_an_installation_has_the_same_version() -> None:
    try:
        installed = metadata.version("fashionmirror")
    except metadata.PackageNotFoundError:
        pytest.skip("fashionmirror runs from its sources here, it isn't installed")
    assert installed == fashionmirror_core.__version__


def test_only_one_distribution_owns_cv2() -> None:
    assert set(metadata.packages_distributions()["cv2"]) == {"opencv-contrib-python"}


def test_the_console_script_exists() -> None:
    script = re.search(r'^fashionmirror = "([\w.]+):(\w+)"$', section("project.scripts"), re.MULTILINE)
    assert script
    assert run_elsewhere(f"from {script[1]} import {script[2]}; assert callable({script[2]})", ROOT).returncode == 0


def test_the_wheel_carries_resources_and_weights() -> None:
    included = section("tool.hatch.build.targets.wheel.force-include")
    for folder in ("resources", "weights"):
        assert (ROOT / folder).is_dir()
        assert f'"{folder}" = "fashionmirror_core/_data/{folder}"' in included


def named(requirements: str) -> set[str]:
    """The distributions of a list of requirements, one a line."""
    return {name.lower() for name in re.findall(r'^    "([\w-]+)', requirements, re.MULTILINE)}


def test_every_third_party_import_is_a_declared_dependency() -> None:
    declared = named(section("project").split("dependencies = [", 1)[1])
    extra = named(section("project.optional-dependencies").split("train = [", 1)[1].split("]", 1)[0])
    for path in SOURCES:
        third_party = {module.split(".")[0] for module in imports(path)} - set(sys.stdlib_module_names)
        used = {DISTRIBUTIONS.get(module, module).lower() for module in third_party - {"fashionmirror_core"}}
        rooms = path.relative_to(ROOT).parts
        allowed = declared | (extra if "training" in rooms else {"ray"} if "cluster" in rooms else set())
        assert used <= allowed, path


def test_the_readme_has_exactly_two_set_up_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    demo, tests = re.findall(r"^python3 -m venv .+$", readme, re.MULTILINE)
    assert demo.endswith("&& .venv/bin/fashionmirror demo")
    assert tests.endswith("&& .venv/bin/python -m pytest")


def test_the_readme_links_to_files_that_are_there() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
        assert [link for link in links if not (page.parent / link).exists()] == []


# ------------------------------------------------------------------------------------------------------ the data files


def test_the_shipped_files_are_found_from_another_folder(tmp_path: Path) -> None:
    code = (
        "from fashionmirror_core import places, samples\n"
        "look = samples.sample_look()\n"
        "assert look.person.is_file() and look.garment.is_file()\n"
        "assert samples.persons() and samples.garments() and samples.motions()\n"
        "assert places.weights().is_dir()\n"
    )
    result = run_elsewhere(code, tmp_path)
    assert result.returncode == 0, result.stderr


def test_a_frozen_bundle_finds_its_own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fashionmirror_core import places

    (tmp_path / "resources").mkdir()
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert places.resources() == tmp_path / "resources"


def test_a_missing_folder_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from fashionmirror_core import places

    monkeypatch.setattr(places, "__file__", str(tmp_path / "package" / "places.py"))
    with pytest.raises(FileNotFoundError, match="'resources' is missing"):
        places.resources()


# ---------------------------------------------------------------------------------------------------- a quick start


@pytest.mark.parametrize(
    "code",
    [
        "import fashionmirror_core",
        "from fashionmirror_core.cli.main import main\ntry:\n    main()\nexcept SystemExit as end:\n    assert not end.code",
    ],
    ids=["import", "--help"],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(code: str, tmp_path: Path) -> None:
    report = f"\nimport sys\nprint('loaded:', *[name for name in {HEAVY!r} if name in sys.modules])"
    result = run_elsewhere(code + report, tmp_path, "--help")
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1].split() == ["loaded:"]


# ---------------------------------------------------------------------------------------------------------- the walls


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_the_core_knows_neither_the_app_nor_qt(path: Path) -> None:
    foreign = {"app", "PySide6", "PySide2", "PyQt5", "PyQt6", "shiboken6", "qtpy"}
    assert foreign.isdisjoint(module.split(".")[0] for module in imports(path))


def is_call(node: ast.AST, function: str) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == function


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_nothing_reads_pickles(path: Path) -> None:
    assert {"pickle", "cPickle", "dill", "joblib", "marshal", "shelve"}.isdisjoint(imports(path))
    assert {"torch.jit.load", "torch.hub.load"}.isdisjoint(calls(path))
    loads = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if is_call(node, "torch.load")]
    for load in loads:  # torchvision's files are pickles: tensors may be taken out of them, nothing else
        assert "weights_only=True" in ast.unparse(load)
    assert "allow_pickle=True" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_nothing_goes_to_the_network(path: Path) -> None:
    """Only a cluster's own address is asked, which the user gives."""
    online = {"socket", "ssl", "http", "urllib", "requests", "httpx", "aiohttp", "ftplib", "webbrowser"}
    online -= {"socket"} if name(path) == "outputs/cluster/connection.py" else set()
    assert online.isdisjoint(module.split(".")[0] for module in imports(path))


NETWORKS = [path for path in sorted((CORE / "networks").glob("*.py")) if path.name != "weights.py"]


@pytest.mark.parametrize("path", NETWORKS, ids=name)
def test_the_networks_never_open_files(path: Path) -> None:
    assert {"os", "io", "pathlib", "shutil", "tempfile", "cv2", "PIL", "safetensors"}.isdisjoint(
        module.split(".")[0] for module in imports(path)
    )
    reading = {"open", "np.load", "numpy.load", "np.fromfile", "np.memmap", "torch.from_file", "torch.save"}
    assert reading.isdisjoint(calls(path))


ENGINE = [p for p in SOURCES if not {"training", "cli"} & set(p.relative_to(ROOT).parts)]


@pytest.mark.parametrize("path", ENGINE, ids=name)
def test_the_engine_knows_nothing_of_training(path: Path) -> None:
    assert not [module for module in imports(path) if module.startswith("fashionmirror_core.training")]


def test_the_command_line_works_where_training_is_not_installed(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.startswith('fashionmirror_core.training'):\n"
        "            raise ModuleNotFoundError(name, name=name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "sys.argv = ['fashionmirror', 'motion', 'list']\n"
        "from fashionmirror_core.cli.main import main\n"
        "main()\n"
    )
    done = run_elsewhere(code, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "catwalk" in done.stdout


TRAINING_COMMANDS = {  # with a module that each imports first
    ("train", "--data", "set", "--output", "run"): "config",
    ("train", "prepare", "photos", "mine", "--output", "set"): "sets",
    ("evaluate", "--data", "set", "--output", "report"): "evaluation",
}


@pytest.mark.parametrize("arguments", TRAINING_COMMANDS, ids=lambda words: " ".join(words[:2]))
@pytest.mark.parametrize("broken", [False, True], ids=["not installed", "broken"])
def test_only_a_missing_package_is_told_as_missing(arguments: tuple[str, ...], broken: bool, tmp_path: Path) -> None:
    """An import of ours that fails is our fault, and says so."""
    missing = "fashionmirror_core.training" + (f".{TRAINING_COMMANDS[arguments]}" if broken else "")
    code = (
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {missing!r}:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        f"sys.argv = ['fashionmirror', *{arguments!r}]\n"
        "from fashionmirror_core.cli.main import main\n"
        "main()\n"
    )
    done = run_elsewhere(code, tmp_path)
    (line,) = done.stderr.splitlines()
    if broken:
        assert done.returncode == 1
        assert f"on our side (ModuleNotFoundError: No module named '{missing}')" in line
    else:
        assert done.returncode == 2
        assert f"{missing} isn't installed, which training needs; install it with: pip install" in line


def test_training_runs_where_the_engine_is_not_installed(tmp_path: Path) -> None:
    """A GPU server has neither Qt nor MediaPipe nor what reads photos and videos, and a headless OpenCV."""
    code = (
        "import sys\n"
        "absent = ('mediapipe', 'PySide6', 'pydantic', 'platformdirs', 'pillow_heif', 'imageio_ffmpeg', 'numba')\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in absent:\n"
        "            raise ModuleNotFoundError(name, name=name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "import cv2\n"
        "del cv2.ximgproc\n"
        "from fashionmirror_core.cli import main as cli\n"
        "from fashionmirror_core.training import features, losses\n"
        "from fashionmirror_core.training.loop import objective, trainer\n"
        "from fashionmirror_core.training.tasks import examples\n"
        "from fashionmirror_core.networks import TryOnNetworks\n"
        "from fashionmirror_core.training.config import TrainConfig\n"
        "config = TrainConfig(perceptual='none', adversary=False)\n"
        "objective.Objective(TryOnNetworks(config.network), config)\n"
        "print('ready')\n"
    )
    done = run_elsewhere(code, tmp_path)
    assert done.stdout.strip() == "ready", done.stderr
