"""What the studio's tests share: no display, folders of their own, and a small look made of the built-in sample."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import known
import platformdirs
import pytest
from PySide6.QtCore import QSettings
from PySide6.QtGui import QGuiApplication

from app.model.state import ClipSettings, GarmentInput, LookState, MotionInput, PersonInput, Quality
from fashionmirror_core.media.images import read_image, write_image

# OpenCV has pointed Qt at plugins of its own. Children of the tests, too, run without a display.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["LC_ALL"] = "C.UTF-8"  # the studio follows the system's language; tests read its English
for _variable in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
    os.environ.pop(_variable, None)

PHOTO_SIZE = (288, 384)  # width, height of the small sample photo


@pytest.fixture(autouse=True)
def user_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache, config, data, log and state folders, fresh for each test; children of the test get them too."""
    root = tmp_path_factory.mktemp("user")
    for kind in ("cache", "config", "data", "log", "state"):
        folder = root / kind
        monkeypatch.setenv(f"XDG_{kind.upper()}_HOME", str(folder))
        # As platformdirs does it on Linux, so that a child, which has only the variables, finds the same places.
        monkeypatch.setattr(platformdirs, f"user_{kind}_dir", lambda app="", *_, at=folder, **__: str(at / app))
        monkeypatch.setattr(platformdirs, f"user_{kind}_path", lambda app="", *_, at=folder, **__: at / app)
    for form in (QSettings.Format.NativeFormat, QSettings.Format.IniFormat):
        QSettings.setPath(form, QSettings.Scope.UserScope, str(root / "config"))
    return root


@pytest.fixture(autouse=True)
def clipboard() -> Iterator[None]:
    """Nothing stays on it: Qt would destroy what Python made after Python itself, and the process ends with a signal."""
    yield
    if isinstance(QGuiApplication.instance(), QGuiApplication):
        QGuiApplication.clipboard().clear()


@pytest.fixture(scope="session")
def sample_photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's person as a small photo, PHOTO_SIZE."""
    path = tmp_path_factory.mktemp("photo") / "ana.png"
    photo = read_image(known.PERSON)
    write_image(path, cv2.resize(photo, PHOTO_SIZE, interpolation=cv2.INTER_AREA))
    return path


@pytest.fixture
def sample_state(sample_photo: Path) -> LookState:
    """The built-in sample as a look, small and short: a person in a dress on four frames of the catwalk, as a draft."""
    return LookState(
        person=PersonInput(path=sample_photo),
        garments=(GarmentInput(path=known.DRESS),),
        motion=MotionInput(template="catwalk"),
        clip=ClipSettings(frames=4, quality=Quality.draft),
    )
