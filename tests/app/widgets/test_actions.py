"""The table of actions, and whose a key is: the stage's, the window's, or the focused control's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit, QMainWindow, QPushButton, QSlider, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.widgets import icons
from app.widgets.actions import (
    ACTIONS,
    CONTEXTS,
    MENUS,
    RECENT,
    _with_mnemonic,
    apply_shortcuts,
    attach_stage,
    attach_window,
    build_actions,
    build_menus,
    conflicts,
    keys,
    shortcuts,
    texts,
)
from app.widgets.shortcuts import HelpSheet, ShortcutEditor

IDS = [spec.id for spec in ACTIONS]
KEYS = Qt.Key


class Studio(QMainWindow):
    """A window with a stage and one control of each kind that has keys of its own; counts what was done."""

    def __init__(self, overrides: dict[str, str] | None = None) -> None:
        super().__init__()
        self.done: list[str] = []
        self.stage = QWidget()
        self.stage.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.slider, self.field = QSlider(Qt.Orientation.Horizontal), QLineEdit()
        self.button, self.clicks = QPushButton("Bake"), 0
        self.button.clicked.connect(self._clicked)
        self.slider.setValue(50)
        middle = QWidget()
        column = QVBoxLayout(middle)
        for part in (self.stage, self.slider, self.field, self.button):
            column.addWidget(part)
        self.setCentralWidget(middle)
        self.actions_by_id = build_actions(self, {name: self._handler(name) for name in IDS}, overrides)
        self.menus = build_menus(self.menuBar(), self.actions_by_id)
        attach_window(self.actions_by_id, self)
        attach_stage(self.actions_by_id, self.stage)

    def _clicked(self) -> None:
        self.clicks += 1

    def _handler(self, name: str) -> Callable[..., None]:
        return lambda *_: self.done.append(name)


@pytest.fixture
def studio(qtbot: QtBot) -> Studio:
    window = Studio()
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    return window


def press(qtbot: QtBot, part: QWidget, key: Qt.Key, modifier: Any = Qt.KeyboardModifier.NoModifier) -> None:
    part.setFocus()
    qtbot.waitUntil(part.hasFocus, timeout=1000)
    qtbot.keyClick(part, key, modifier)


def test_no_two_actions_share_a_key() -> None:
    assert conflicts(shortcuts()) == {}


def test_a_shared_key_is_found() -> None:
    clash = conflicts(shortcuts({"play.toggle": "Ctrl+R"}))
    assert clash == {"Ctrl+R": ("render.start", "play.toggle")}


@pytest.mark.parametrize("spec", ACTIONS, ids=IDS)
def test_every_action_is_complete(spec: Any) -> None:
    assert spec.text
    assert spec.tip
    assert spec.icon in icons.names()
    assert spec.context in CONTEXTS
    assert spec.menu.split("/")[0] in MENUS
    assert len(keys(spec.shortcut)) == len([part for part in spec.shortcut.split("; ") if part])


def test_ids_are_unique_and_every_word_can_be_translated() -> None:
    assert len(set(IDS)) == len(IDS)
    words = set(texts())
    assert {"File", "Open Recent", "Everywhere"} <= words
    assert {spec.text for spec in ACTIONS} | {spec.tip for spec in ACTIONS} <= words


def test_keys_without_a_modifier_belong_to_the_stage() -> None:
    """Else a button, a slider or a text field would lose them."""
    for spec in ACTIONS:
        for key in keys(spec.shortcut):
            plain = key[0].keyboardModifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
            if plain and not KEYS.Key_F1 <= key[0].key() <= KEYS.Key_F35:
                assert spec.context == "stage", spec.id


@pytest.mark.parametrize(
    ("key", "modifier", "action"),
    [
        (KEYS.Key_Space, None, "play.toggle"),
        (KEYS.Key_J, None, "play.backwards"),
        (KEYS.Key_K, None, "play.stop"),
        (KEYS.Key_L, None, "play.forwards"),
        (KEYS.Key_Left, None, "play.previous"),
        (KEYS.Key_Right, Qt.KeyboardModifier.ShiftModifier, "play.on_ten"),
        (KEYS.Key_Home, None, "play.first"),
        (KEYS.Key_End, None, "play.last"),
        (KEYS.Key_I, None, "play.in"),
        (KEYS.Key_O, None, "play.out"),
        (KEYS.Key_BracketLeft, None, "paint.smaller"),
        (KEYS.Key_X, None, "paint.swap"),
        (KEYS.Key_Escape, None, "paint.done"),
        (KEYS.Key_0, None, "view.fit"),
        (KEYS.Key_1, None, "view.actual"),
        (KEYS.Key_Z, Qt.KeyboardModifier.ControlModifier, "edit.undo"),
    ],
)
def test_the_stage_has_its_keys(qtbot: QtBot, studio: Studio, key: Any, modifier: Any, action: str) -> None:
    press(qtbot, studio.stage, key, modifier or Qt.KeyboardModifier.NoModifier)
    assert studio.done == [action]


def test_a_focused_slider_keeps_its_arrows(qtbot: QtBot, studio: Studio) -> None:
    press(qtbot, studio.slider, KEYS.Key_Right)
    assert studio.slider.value() == 51
    press(qtbot, studio.slider, KEYS.Key_Home)
    assert studio.slider.value() == 0
    assert studio.done == []


def test_a_focused_text_field_keeps_its_letters(qtbot: QtBot, studio: Studio) -> None:
    for key in (KEYS.Key_J, KEYS.Key_Space, KEYS.Key_L, KEYS.Key_Left, KEYS.Key_I, KEYS.Key_0):
        press(qtbot, studio.field, key)
    assert studio.field.text() == "j i0l"
    press(qtbot, studio.field, KEYS.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert studio.field.text() != "j i0l", "undo is the field's, too"
    assert studio.done == []


def test_a_focused_button_keeps_its_space(qtbot: QtBot, studio: Studio) -> None:
    press(qtbot, studio.button, KEYS.Key_Space)
    assert studio.clicks == 1
    assert studio.done == []


def test_the_windows_keys_work_from_everywhere(qtbot: QtBot, studio: Studio) -> None:
    for part in (studio.stage, studio.slider, studio.button, studio.field):
        press(qtbot, part, KEYS.Key_R, Qt.KeyboardModifier.ControlModifier)
    assert studio.done == ["render.start"] * 4


def test_every_menu_opens_by_a_letter_of_its_own(studio: Studio) -> None:
    """Alt and the letter, in languages without it, too: in brackets, then."""
    titles = [studio.menus[name].title() for name in MENUS]
    letters = [title[title.index("&") + 1] for title in titles]
    assert letters == [name[0] for name in MENUS]
    assert len(set(letters)) == len(letters)
    assert _with_mnemonic("檔案", "F") == "檔案(&F)"


def test_menus_hold_every_action_once(studio: Studio) -> None:
    held = [action.objectName() for menu in studio.menus.values() for action in menu.actions() if action.objectName()]
    assert sorted(held) == sorted(IDS)
    assert [action.text() for action in studio.menuBar().actions()] == [
        f"&{name}" for name in MENUS
    ]  # Alt+F opens File
    assert studio.menus[RECENT].isEmpty()


def test_a_choice_of_the_user_is_handed_on_and_the_programs_is_not(qtbot: QtBot) -> None:
    parent, seen = QMainWindow(), []
    qtbot.addWidget(parent)
    actions = build_actions(parent, {"layer.flow": seen.append})
    actions["layer.flow"].setChecked(True)
    assert seen == []
    actions["layer.flow"].trigger()
    assert seen == [False]


def test_of_a_group_one_is_checked(studio: Studio) -> None:
    modes = [studio.actions_by_id[f"view.{name}"] for name in ("single", "side", "wipe")]
    modes[2].trigger()
    assert [mode.isChecked() for mode in modes] == [False, False, True]


def test_an_action_without_a_handler_is_disabled_and_a_wrong_handler_named(qtbot: QtBot) -> None:
    parent = QMainWindow()
    qtbot.addWidget(parent)
    assert not build_actions(parent, {})["file.open"].isEnabled()
    with pytest.raises(KeyError, match=r"file\.opne"):
        build_actions(parent, {"file.opne": print})


def test_the_user_has_the_last_word_on_keys(studio: Studio) -> None:
    action: QAction = studio.actions_by_id["render.start"]
    apply_shortcuts(studio.actions_by_id, {"render.start": "F5", "play.toggle": "", "gone.action": "F9"})
    assert [key.toString() for key in action.shortcuts()] == ["F5"]
    assert action.toolTip().endswith("(F5)")
    assert studio.actions_by_id["play.toggle"].shortcuts() == []
    apply_shortcuts(studio.actions_by_id)
    assert len(action.shortcuts()) == 2


def test_what_is_no_key_is_left_out() -> None:
    assert keys("") == []
    assert keys("Nonsense+++") == []


def test_the_editor_refuses_a_taken_key_and_says_whose_it_is(qtbot: QtBot) -> None:
    editor = ShortcutEditor({"render.start": "F5"})
    qtbot.addWidget(editor)
    assert not editor.choose("file.open", "F5")
    assert "Render" in editor.message.text()
    assert editor.choose("file.open", "F4")
    assert editor.message.text() == ""
    with qtbot.waitSignal(editor.accepted_shortcuts) as given:
        editor.accept()
    assert given.args == [{"render.start": "F5", "file.open": "F4"}]


def test_the_editor_takes_typed_keys_clears_and_resets(qtbot: QtBot) -> None:
    editor = ShortcutEditor()
    qtbot.addWidget(editor)
    editor.show()
    assert not editor.keys.isEnabled(), "nothing is chosen"
    editor.tree.select("view.full_screen")
    qtbot.keyClick(editor.keys, KEYS.Key_F12)
    editor.keys.editingFinished.emit()
    assert editor.overrides == {"view.full_screen": "F12"}
    editor.clear_button.click()
    assert editor.overrides == {"view.full_screen": ""}
    editor.reset_button.click()
    assert editor.overrides == {}
    editor.choose("view.full_screen", "F12")
    editor.reset_all_button.click()
    assert editor.overrides == {}


def test_the_help_finds_an_action_by_its_words_or_its_key(qtbot: QtBot) -> None:
    sheet = HelpSheet()
    qtbot.addWidget(sheet)
    assert sorted(sheet.tree.visible()) == sorted(IDS)
    sheet.field.setText("ten frames")
    assert sheet.tree.visible() == ["play.back_ten", "play.on_ten"]
    sheet.field.setText("F11")
    assert sheet.tree.visible() == ["view.full_screen"]
    sheet.field.setText("no such thing")
    assert sheet.tree.visible() == []
