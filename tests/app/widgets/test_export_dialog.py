"""The export dialog: the request says what was chosen, only what makes sense can be chosen, and it is remembered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QDialog, QFileDialog
from pytestqt.qtbot import QtBot

from app.engine.exports import ExportKind, ExportRequest
from app.model.settings import Settings
from app.widgets.export_dialog import ExportDialog, ExportSubject, estimated_bytes, size_in_words
from fashionmirror_core.media.files import Change

SUBJECT = ExportSubject(size=(864, 1152), frames=96, fps=25, first=10, last=49, current=34, name="ana in linen dress")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(tmp_path / "studio.ini")
    settings.remember_folder("export", tmp_path / "anything")
    return settings


@pytest.fixture
def dialog(qtbot: QtBot, settings: Settings) -> ExportDialog:
    return opened(qtbot, settings)


def opened(qtbot: QtBot, settings: Settings, subject: ExportSubject = SUBJECT) -> ExportDialog:
    dialog = ExportDialog(subject, settings)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def choose(combo: QComboBox, value: Any) -> None:
    row = combo.findData(value)
    assert row >= 0, f"{value} can't be chosen"
    combo.setCurrentIndex(row)


def test_it_proposes_a_clip_from_in_to_out_at_the_photos_size(dialog: ExportDialog, tmp_path: Path) -> None:
    assert dialog.request == ExportRequest(ExportKind.mp4, tmp_path / "ana in linen dress.mp4", first=10, last=49)
    assert dialog.export_button.isEnabled()


def test_enter_exports_and_escape_does_not(dialog: ExportDialog, qtbot: QtBot, settings: Settings) -> None:
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert dialog.result() == QDialog.DialogCode.Accepted
    other = opened(qtbot, settings)
    qtbot.keyClick(other, Qt.Key.Key_Escape)
    assert other.result() == QDialog.DialogCode.Rejected


def test_the_request_says_what_was_chosen(dialog: ExportDialog) -> None:
    choose(dialog.kind, "webm")
    choose(dialog.scale, 0.5)
    choose(dialog.fps, 12.0)
    choose(dialog.quality, 30)
    choose(dialog.background, "transparent")
    choose(dialog.range, "whole")
    assert (dialog.request.first, dialog.request.last) == (None, None)
    choose(dialog.range, "points")
    request = dialog.request
    assert (request.kind, request.scale, request.fps, request.crf) == (ExportKind.webm, 0.5, 12.0, 30)
    assert (request.background, request.first, request.last) == ("transparent", 10, 49)
    assert request.path.suffix == ".webm"


@pytest.mark.parametrize(
    ("kind", "suffix"), [("mp4", ".mp4"), ("gif", ".gif"), ("png", ""), ("masks", ""), ("sheet", ".png")]
)
def test_the_name_follows_the_kind(dialog: ExportDialog, kind: str, suffix: str) -> None:
    choose(dialog.kind, "webm")
    choose(dialog.kind, kind)
    assert dialog.request.path.name == "ana in linen dress" + suffix


def test_a_name_with_a_dot_in_it_keeps_it(dialog: ExportDialog, tmp_path: Path) -> None:
    dialog.path.setText(str(tmp_path / "look v1.2"))
    choose(dialog.kind, "gif")
    assert dialog.request.path.name == "look v1.2.gif"


def test_only_what_the_kind_knows_is_asked(dialog: ExportDialog) -> None:
    assert dialog.quality.isVisible()
    choose(dialog.kind, "gif")
    assert not dialog.quality.isVisible()
    assert dialog.fps.isVisible()
    choose(dialog.kind, "masks")
    assert not dialog.background.isVisible()
    choose(dialog.kind, "sheet")
    assert not dialog.scale.isVisible()


def test_mp4_cannot_be_transparent(dialog: ExportDialog) -> None:
    choose(dialog.kind, "webm")
    choose(dialog.background, "transparent")
    choose(dialog.kind, "mp4")
    assert dialog.request.background is None


def test_a_still_is_the_photos_pose_or_the_frame_in_the_viewer(dialog: ExportDialog) -> None:
    choose(dialog.kind, "still")
    assert dialog.request.first is None
    choose(dialog.range, "current")
    assert dialog.request.first == 34
    choose(dialog.kind, "mp4")
    assert dialog.request.first == 10


def test_without_a_clip_only_the_still_can_be_exported(qtbot: QtBot, settings: Settings) -> None:
    dialog = opened(qtbot, settings, replace(SUBJECT, frames=0, first=None, last=None))
    assert [dialog.kind.itemData(row) for row in range(dialog.kind.count())] == ["still"]
    assert dialog.request.first is None


def test_without_points_the_whole_clip_goes_out(qtbot: QtBot, settings: Settings) -> None:
    dialog = opened(qtbot, settings, replace(SUBJECT, first=None, last=None))
    assert not dialog.range.isVisible()
    assert (dialog.request.first, dialog.request.last) == (None, None)


def test_quality_in_words_and_the_factor_say_the_same(dialog: ExportDialog) -> None:
    choose(dialog.quality, 23)
    assert dialog.crf.value() == 23
    dialog.crf.setValue(20)
    assert dialog.quality.currentText() == "Own"
    assert dialog.request.crf == 20
    dialog.crf.setValue(18)
    assert dialog.quality.currentText() == "High"
    assert dialog.quality.findText("Own") < 0


@pytest.mark.parametrize("path", ["", "  ", "clip.mp4", "/no/such/folder/clip.mp4"])
def test_a_place_that_is_none_is_said_and_not_accepted(dialog: ExportDialog, path: str) -> None:
    dialog.path.setText(path)
    assert dialog.note.text() == dialog.objection() != ""
    assert not dialog.export_button.isEnabled()
    dialog.accept()
    assert dialog.isVisible()


def test_a_file_that_would_be_replaced_is_named(dialog: ExportDialog, tmp_path: Path) -> None:
    (tmp_path / "old.mp4").touch()
    dialog.path.setText(str(tmp_path / "old.mp4"))
    assert "old.mp4 will be replaced" in dialog.note.text()


def test_what_is_there_is_replaced_only_where_the_user_says_so(dialog: ExportDialog, tmp_path: Path) -> None:
    asked: list[Path] = []

    def answer(yes: bool) -> None:
        dialog.ask = lambda target: bool(asked.append(target)) or yes  # type: ignore[method-assign]

    old = tmp_path / "old.mp4"
    old.touch()
    dialog.path.setText(str(old))
    answer(False)
    dialog.accept()
    assert dialog.isVisible()
    assert not dialog.request.overwrite
    answer(True)
    dialog.accept()
    assert not dialog.isVisible()
    assert dialog.request.overwrite
    assert asked == [old, old]


def test_a_new_name_is_not_asked_about(dialog: ExportDialog) -> None:
    dialog.ask = lambda target: pytest.fail(f"{target} isn't there")  # type: ignore[method-assign]
    dialog.accept()
    assert not dialog.isVisible()
    assert not dialog.request.overwrite


def test_a_folder_of_the_users_is_refused_and_one_of_ours_is_asked_about(dialog: ExportDialog, tmp_path: Path) -> None:
    choose(dialog.kind, "png")
    (tmp_path / "holiday").mkdir()
    dialog.path.setText(str(tmp_path / "holiday"))
    assert dialog.objection() == ""
    (tmp_path / "holiday" / "0001.png").touch()
    assert "holds other files" in dialog.objection()
    with Change() as change:
        (change.folder(tmp_path / "ours") / "0000.png").touch()
    dialog.path.setText(str(tmp_path / "ours"))
    assert dialog.objection() == ""
    assert "ours will be replaced" in dialog.note.text()
    dialog.ask = lambda _: False  # type: ignore[method-assign]
    dialog.accept()
    assert dialog.isVisible()


def test_an_input_of_the_look_is_never_the_target(qtbot: QtBot, settings: Settings, tmp_path: Path) -> None:
    walk = tmp_path / "walk.mp4"
    walk.touch()
    dialog = opened(qtbot, settings, replace(SUBJECT, inputs=(walk, tmp_path / "gone.png")))
    dialog.path.setText(str(walk))
    assert "belongs to this look" in dialog.objection()
    assert not dialog.export_button.isEnabled()


def test_browsing_fills_the_place(dialog: ExportDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(tmp_path / "new.mp4"), ""))
    dialog._browse()
    assert dialog.request.path == tmp_path / "new.mp4"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: ("", ""))
    dialog._browse()
    assert dialog.request.path == tmp_path / "new.mp4"


def test_the_choices_are_there_the_next_time(qtbot: QtBot, settings: Settings, tmp_path: Path) -> None:
    first = opened(qtbot, settings)
    choose(first.kind, "webm")
    choose(first.scale, 0.5)
    choose(first.background, "white")
    first.crf.setValue(26)
    first.accept()
    again = opened(qtbot, settings).request
    assert (again.kind, again.scale, again.background, again.crf) == (ExportKind.webm, 0.5, "white", 26)


def test_remembered_nonsense_is_left_out(qtbot: QtBot, settings: Settings) -> None:
    settings.export = {"kind": "avi", "scale": "large", "crf": 99, "fps": None, "background": []}
    request = opened(qtbot, settings).request
    assert (request.kind, request.scale, request.crf) == (ExportKind.mp4, 1.0, 18)


def test_the_estimate_grows_with_size_length_and_quality() -> None:
    base = ExportRequest(ExportKind.mp4, Path("a.mp4"))
    size = estimated_bytes(base, SUBJECT)
    assert estimated_bytes(replace(base, scale=0.5), SUBJECT) == pytest.approx(size / 4, rel=0.01)
    assert estimated_bytes(replace(base, first=0, last=47), SUBJECT) == pytest.approx(size / 2, rel=0.01)
    assert estimated_bytes(replace(base, crf=24), SUBJECT) == pytest.approx(size / 2, rel=0.01)
    assert estimated_bytes(replace(base, fps=50), SUBJECT) == pytest.approx(2 * size, rel=0.01)
    assert estimated_bytes(replace(base, kind=ExportKind.still), SUBJECT) > 0


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0 B"), (999, "1 kB"), (1234, "1.2 kB"), (5_600_000, "5.6 MB"), (12_300_000_000, "12 GB")]
)
def test_sizes_in_words(size: int, words: str) -> None:
    assert size_in_words(size) == words
