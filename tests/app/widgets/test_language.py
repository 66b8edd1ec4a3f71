"""The studio in Traditional Chinese: every text is translated, the translation is what is shown, and nothing is cut."""

from __future__ import annotations

import ast
import importlib.util
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QMessageBox, QPushButton, QSizePolicy
from pytestqt.qtbot import QtBot

from app.model.settings import Settings
from app.startup import make_window
from app.widgets.language import chosen, install
from app.widgets.window import StudioWindow

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "resources" / "translations"
SOURCE, COMPILED = FOLDER / "studio_zh_TW.ts", FOLDER / "studio_zh_TW.qm"
AGAIN = "run packaging/translations.py, and translate what is unfinished"
HAN = re.compile("[一-鿿]")

Texts = dict[tuple[str, str], str]


def texts(file: Path) -> Texts:
    """(context, source) -> translation; "" where it is unfinished or gone from the sources."""
    found = {}
    for context in ElementTree.parse(file).iter("context"):
        for message in context.iter("message"):
            translation = message.find("translation")
            assert translation is not None
            text = translation.findtext("numerusform") if message.get("numerus") else translation.text
            key = (context.findtext("name") or "", message.findtext("source") or "")
            found[key] = "" if translation.get("type") else text or ""
    return found


def refresher() -> ModuleType:
    spec = importlib.util.spec_from_file_location("translations", ROOT / "packaging" / "translations.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def translated() -> Texts:
    return texts(SOURCE)


# ------------------------------------------------------------------------------------------------------- the files


def test_every_text_of_the_sources_is_translated(translated: Texts, tmp_path: Path) -> None:
    copy = Path(shutil.copy(SOURCE, tmp_path))
    refresher().update(copy)
    found = texts(copy)
    assert set(found) == set(translated), AGAIN
    assert [key for key, text in translated.items() if not text] == [], AGAIN


def calls() -> Iterator[tuple[str, ast.Call, str]]:
    """(file, a call that translates, the class that it stands in) in all of the studio."""

    def within(node: ast.AST, file: str, owner: str) -> Iterator[tuple[str, ast.Call, str]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Call):
                name = child.func.attr if isinstance(child.func, ast.Attribute) else getattr(child.func, "id", "")
                if name in ("tr", "translate", "QT_TRANSLATE_NOOP"):
                    yield file, child, owner
            yield from within(child, file, child.name if isinstance(child, ast.ClassDef) else owner)

    for path in sorted((ROOT / "app").rglob("*.py")):
        yield from within(ast.parse(path.read_text(encoding="utf-8")), path.name, "")


def test_lupdate_sees_every_call(translated: Texts) -> None:
    """It misses what stands in an f-string, and knows no other names for ``tr``."""
    unseen = []
    for file, call, owner in calls():
        given = [argument.value if isinstance(argument, ast.Constant) else argument for argument in call.args]
        key = (owner, *given)[:2] if ast.unparse(call.func).endswith("tr") else tuple(given[:2])
        assert not any(isinstance(part, ast.JoinedStr) for part in key), (file, call.lineno)
        if all(isinstance(part, str) for part in key) and key not in translated:
            unseen.append((file, call.lineno, key))
    assert unseen == []


def marks(text: str) -> Counter[str]:
    """What a translation takes over as it is: places for values, line ends, mnemonics, mark-up, suffixes of files."""
    return Counter(re.findall(r"\{\w*\}|%n|&\w|\n|\.{3}|…|<[^>]+>|;;|\*(?:\.\w+)?|“|「", text.replace("“", "「")))


def test_translations_keep_what_is_filled_in(translated: Texts) -> None:
    differ = {key: text for key, text in translated.items() if not marks(key[1]) <= marks(text)}
    assert differ == {}
    extra = {key: text for key, text in translated.items() if not set(marks(text)) <= {*marks(key[1]), "「"}}
    assert extra == {}


def test_the_compiled_file_is_what_the_source_gives(translated: Texts, qapp: QApplication) -> None:
    translator = QTranslator()
    assert translator.load(str(COMPILED))
    given = {key: translator.translate(*key, None, 1 if "%n" in key[1] else -1) for key in translated}
    assert given == translated, AGAIN


# ------------------------------------------------------------------------------------------------------- the choice


@pytest.mark.parametrize(
    ("system", "language"),
    [("zh_TW", "zh_TW"), ("zh_HK", "zh_TW"), ("zh_Hant", "zh_TW"), ("zh_CN", "en"), ("ja_JP", "en"), ("C", "en")],
)
def test_without_a_setting_it_is_the_systems_where_there_is_one(system: str, language: str) -> None:
    assert chosen("", QLocale(system)) == language


def test_the_setting_wins() -> None:
    assert chosen("en", QLocale("zh_TW")) == "en"
    assert chosen("zh_TW", QLocale("de_DE")) == "zh_TW"


# ------------------------------------------------------------------------------------------------------- what is seen


@pytest.fixture
def settings(tmp_path: Path, qapp: QApplication) -> Iterator[Settings]:
    yield Settings(tmp_path / "studio.ini")
    install(qapp, "en")  # for the tests that come after


def window_in(language: str, settings: Settings, qapp: QApplication, qtbot: QtBot) -> StudioWindow:
    settings.language = language
    window = make_window(qapp, settings)
    qtbot.addWidget(window)
    return window


def test_the_window_speaks_chinese(settings: Settings, qapp: QApplication, qtbot: QtBot) -> None:
    window = window_in("zh_TW", settings, qapp, qtbot)
    assert [action.text() for action in window.menuBar().actions()] == [
        *("檔案(&F)", "編輯(&E)", "檢視(&V)", "造型(&L)", "算圖(&R)", "說明(&H)")
    ]
    assert window.render_bar.render_button.text() == "算圖"
    assert [name for name, action in window.actions_by_id.items() if not HAN.search(action.text())] == []
    # By the context of a base class, and by one of no class.
    assert "開啟…" in [action.text() for action in window.wells.motion.menu().actions()]
    assert window.wells.person.title == "人物"
    assert QLocale() == QLocale("zh_TW")


def test_qts_own_texts_are_chinese(settings: Settings, qapp: QApplication, qtbot: QtBot) -> None:
    if not Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath), "qtbase_zh_TW.qm").exists():
        pytest.skip("this Qt comes without its translations")
    install(qapp, "zh_TW")
    box = QMessageBox()
    qtbot.addWidget(box)
    box.setStandardButtons(QMessageBox.StandardButton.Save | QMessageBox.StandardButton.Cancel)
    assert {button.text() for button in box.buttons()} == {"儲存", "取消"}


def test_nothing_is_cut_at_the_smallest_common_size(settings: Settings, qapp: QApplication, qtbot: QtBot) -> None:
    window = window_in("zh_TW", settings, qapp, qtbot)
    window.resize(1280, 800)
    window.inspector.advanced.open(True)
    window.paint_bar.show()
    window.render_bar.show_running("算圖中 100／120，剩餘 12 分鐘", 100, 120)
    with qtbot.waitExposed(window):
        window.show()
    qapp.processEvents()
    cut = []
    for kind in (QLabel, QPushButton, QComboBox):
        for widget in window.findChildren(kind):
            free = widget.sizePolicy().horizontalPolicy() == QSizePolicy.Policy.Ignored
            if widget.isVisible() and not free and not (isinstance(widget, QLabel) and widget.wordWrap()):
                need = widget.minimumSizeHint()
                if widget.width() < need.width() or widget.height() < need.height():
                    cut.append((kind.__name__, widget.accessibleName(), widget.size(), need))
    assert cut == []


def test_english_needs_nothing(settings: Settings, qapp: QApplication, qtbot: QtBot) -> None:
    fonts = qapp.font().families()
    window_in("zh_TW", settings, qapp, qtbot)
    assert qapp.font().families() != fonts
    window = window_in("en", settings, qapp, qtbot)
    assert [action.text() for action in window.menuBar().actions()] == [
        "&File",
        "&Edit",
        "&View",
        "&Look",
        "&Render",
        "&Help",
    ]
    assert window.render_bar.render_button.text() == "Render"
    assert qapp.font().families() == fonts
    assert QLocale().language() == QLocale.Language.English
