"""What the frozen application's recipe promises, read without building: its data, what it leaves out, where it begins."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from app import launch
from fashionmirror_core import compiling

ROOT = Path(__file__).resolve().parents[1]


class Recorder:
    """Stands in for PyInstaller's targets; remembers what each was called with."""

    def __init__(self, collected: list[tuple[str, str, str]]) -> None:
        self.collected = collected
        self.given: dict[str, Any] = {}

    def target(self, name: str) -> Any:
        def called(*parts: Any, **options: Any) -> SimpleNamespace:
            self.given[name] = SimpleNamespace(parts=parts, options=options)
            return SimpleNamespace(pure=[], scripts=[], binaries=list(self.collected), datas=list(self.collected))

        return called


def read_spec(collected: tuple[str, ...] = ()) -> Recorder:
    """The recipe carried out, with files of these names found by the analysis."""
    recorder = Recorder([(name, f"/somewhere/{name}", "DATA") for name in collected])
    targets = {name: recorder.target(name) for name in ("Analysis", "PYZ", "EXE", "COLLECT", "BUNDLE")}
    source = (ROOT / "fashionmirror.spec").read_text(encoding="utf-8")
    exec(compile(source, "fashionmirror.spec", "exec"), {"SPECPATH": str(ROOT), **targets})
    return recorder


def load(path: str) -> ModuleType:
    """A file of packaging/ as a module; that folder is no package."""
    spec = importlib.util.spec_from_file_location(f"frozen_{Path(path).stem}", ROOT / "packaging" / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def analysis() -> dict[str, Any]:
    return read_spec().given["Analysis"].options


# -------------------------------------------------------------------------------------------------------- the recipe


def test_the_entry_is_ours_and_every_path_exists() -> None:
    given = read_spec().given["Analysis"]
    assert [Path(script) for script in given.parts[0]] == [ROOT / "app" / "launch.py"]
    for path in [*given.parts[0], *given.options["hookspath"], *(source for source, _ in given.options["datas"])]:
        assert Path(path).exists(), path


def test_every_folder_of_data_lies_where_the_program_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """places.py asks the bundle's root; other files lie beside the module that opens them."""
    data = {Path(source).relative_to(ROOT).as_posix(): target for source, target in analysis()["datas"]}
    assert data["resources"] == "resources"
    assert data["weights"] == "weights"
    beside = {
        path.relative_to(ROOT)
        for package in ("app", "fashionmirror_core")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc") and "training" not in path.relative_to(ROOT).parts
    }
    assert beside == {Path("fashionmirror_core/person/labels_prior.npz")}
    for path in beside:
        assert data[path.as_posix()] == path.parent.as_posix()


def test_modules_that_are_imported_by_name_come_along() -> None:
    hidden = set(analysis()["hiddenimports"])
    assert {
        "app.__main__",
        "app.smoke",
        "app.widgets.window",
        "fashionmirror_core",
        "fashionmirror_core.cli.main",
    } <= hidden
    assert {"fashionmirror_core.motion.estimator", "mediapipe"} <= hidden
    assert not any(name.startswith("fashionmirror_core.training") for name in hidden)


def test_kernels_come_along_as_source() -> None:
    """Without a file numba would keep nothing of them, and compile at every start."""
    assert analysis()["module_collection_mode"] == dict.fromkeys(compiling.MODULES, "py")


def test_what_the_program_never_imports_stays_behind() -> None:
    excludes = set(analysis()["excludes"])
    assert {"jax", "jaxlib", "matplotlib", "tensorboard", "lightning_fabric", "torchmetrics", "torchvision"} <= excludes
    assert {"fashionmirror_core.training", "PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtPdf"} <= excludes
    assert not excludes & {"torch", "scipy", "cv2", "mediapipe", "PySide6.QtSvg", "PySide6.QtWidgets", "app"}


@pytest.mark.parametrize(
    "name",
    [
        "cv2/qt/plugins/platforms/libqxcb.so",
        "cv2\\qt\\fonts\\DejaVuSans.ttf",
        "torch/bin/test_api",
        "torch/test/cpp/api",
        "PySide6/Qt/lib/libQt6Quick.so.6",
    ],
)
def test_files_that_are_never_opened_are_dropped(name: str) -> None:
    _, binaries, data = read_spec((name,)).given["COLLECT"].parts
    assert (binaries, data) == ([], [])


@pytest.mark.parametrize(
    "name",
    [
        "cv2/cv2.abi3.so",
        "torch/bin/torch_shm_manager",
        "torch/lib/libtorch_cpu.so",
        "PySide6/Qt/plugins/platforms/libqxcb.so",
        "PySide6/Qt/plugins/platforms/libqoffscreen.so",
        "mediapipe/modules/pose_landmark/pose_landmark_cpu.binarypb",
        "PySide6/Qt/translations/qtbase_zh_TW.qm",
        "PySide6/translations/qtbase_zh_TW.qm",
        "resources/samples/persons/amara.jpg",
        "resources/translations/studio_zh_TW.qm",
    ],
)
def test_files_that_are_needed_are_kept(name: str) -> None:
    _, binaries, data = read_spec((name,)).given["COLLECT"].parts
    assert [entry[0] for entry in binaries] == [entry[0] for entry in data] == [name]


# MediaPipe is not imported as a whole, neither here nor by the program.
BLOCKED = """
import importlib, sys

class LeftOut:
    def find_spec(self, name, path=None, target=None):
        if any(name == left or name.startswith(left + ".") for left in sys.argv[1].split(",")):
            raise ModuleNotFoundError("left out: " + name, name=name)

sys.meta_path.insert(0, LeftOut())
for name in sys.argv[2].split(","):
    importlib.import_module(name)
from fashionmirror_core.motion.mediapipe_loading import solution
for name in ("pose", "face_detection", "face_mesh", "hands"):
    solution(name)
"""


@pytest.mark.slow
def test_every_module_imports_without_what_is_left_out() -> None:
    options = analysis()
    names = [name for name in options["hiddenimports"] if not name.startswith(("app.bench", "mediapipe"))]
    command = [sys.executable, "-c", BLOCKED, ",".join(options["excludes"]), ",".join(names)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_mediapipes_hook_names_files_that_the_wheel_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """Graph and models of each solution that the program uses; a pattern that matches nothing would be left out unseen."""
    hooks = SimpleNamespace(collect_data_files=lambda _, includes: includes, collect_dynamic_libs=lambda _: [])
    monkeypatch.setitem(sys.modules, "PyInstaller", ModuleType("PyInstaller"))
    monkeypatch.setitem(sys.modules, "PyInstaller.utils", ModuleType("PyInstaller.utils"))
    monkeypatch.setitem(sys.modules, "PyInstaller.utils.hooks", hooks)
    hook = load("hooks/hook-mediapipe.py")
    root = Path(str(importlib.metadata.distribution("mediapipe").locate_file("mediapipe")))  # imported or not
    files = {pattern: list(root.glob(pattern)) for pattern in hook.datas}
    assert all(files.values()), files
    assert len({path.parent.name for found in files.values() for path in found}) == 6
    assert {f"mediapipe.python.solutions.{name}" for name in ("pose", "face_detection", "face_mesh", "hands")} <= set(
        hook.hiddenimports
    )


# ---------------------------------------------------------------------------------------------------------- the entry


@pytest.mark.parametrize("arguments", [["demo"], ["--help"], ["rendr"], ["motion", "list"]])
def test_words_and_options_go_to_the_command_line(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fashionmirror_core.cli.main.main", lambda: sys.exit(3))
    with pytest.raises(SystemExit) as ended:
        launch.main(arguments)
    assert ended.value.code == 3


@pytest.mark.parametrize("arguments", [[], ["ana.fmirror"], ["./ana"], ["--smoke", "out"]])
def test_nothing_files_and_the_trial_go_to_the_studio(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    came: list[object] = []
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setattr("app.__main__.main", lambda given: came.append(given) or 0)
    assert launch.main(arguments) == 0
    assert came == [arguments]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there always is one")
def test_without_a_display_it_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert launch.main([]) == 2
    assert "no display" in capsys.readouterr().err


def test_without_qt_the_commands_are_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "PySide6", None)
    assert launch.main([]) == 2
    told = capsys.readouterr().err
    assert "fashionmirror --help" in told
    assert told.count("\n") == 1


# --------------------------------------------------------------------------------------------------------- the script


def test_a_program_that_fails_or_writes_nothing_is_told(tmp_path: Path) -> None:
    build = load("build.py")
    for body, message in (("echo no weights >&2; exit 1", "no weights"), ("exit 0", "ended with 0")):
        program = tmp_path / "fashionmirror"
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)
        with pytest.raises(RuntimeError, match=message):
            build.smoke(program)


def test_a_program_that_writes_the_clip_passes(tmp_path: Path) -> None:
    program = tmp_path / "fashionmirror"
    program.write_text('#!/bin/sh\nmkdir -p "$2" && echo clip > "$2/smoke.mp4"\n')
    program.chmod(0o755)
    assert load("build.py").smoke(program) >= 0


def test_the_program_is_tried_without_this_environment() -> None:
    lent = {"PYTHONPATH": "x", "VIRTUAL_ENV": "x", "QT_PLUGIN_PATH": "x", "LD_LIBRARY_PATH": "x", "HOME": "/home/ana"}
    assert load("build.py").bare(lent) == {"HOME": "/home/ana"}


def test_nothing_built_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert load("build.py").main(["--smoke-only", "--dist", str(tmp_path)]) == 2
    assert "build it first" in capsys.readouterr().err


def test_the_folder_does_not_hide_the_package_of_its_name() -> None:
    """Without __init__.py, ``import packaging`` still finds the library that PyInstaller and its hooks use."""
    assert not (ROOT / "packaging" / "__init__.py").exists()
