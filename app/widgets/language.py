"""The interface's language: which one it is, and what Qt needs to show it. The source texts are English.

``packaging/translations.py`` makes the files that are loaded here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QApplication

from fashionmirror_core.places import resources

if TYPE_CHECKING:
    from app.model.state import MotionInput

ENGLISH, TAIWAN = "en", "zh_TW"

_OURS = "interface-translator"  # how our translators are found again
# Behind the system's own font, for what it doesn't have: a Latin system would take Japanese forms of Han characters.
_FONTS = {TAIWAN: ["Microsoft JhengHei UI", "PingFang TC", "Noto Sans CJK TC", "Noto Sans TC"]}


def template_name(name: str) -> str:
    """A built-in motion as users read it."""
    return QCoreApplication.translate("Templates", name)


def motion_name(motion: MotionInput) -> str:
    """A motion as users read it: a template's name is translated, a file's stays."""
    return template_name(motion.template) if motion.template else motion.name


def chosen(setting: str, system: QLocale | None = None) -> str:
    """The language of ``Settings.language``; where that is empty, traditional Chinese on such a system, else English."""
    if setting:
        return setting
    first = QLocale((system or QLocale.system()).uiLanguages()[0])
    traditional = first.language() == QLocale.Language.Chinese and first.script() == QLocale.Script.TraditionalHanScript
    return TAIWAN if traditional else ENGLISH


def install(application: QApplication, setting: str = "") -> str:
    """Puts the language of the setting on the application -> its name. Windows that are there already keep theirs."""
    language = chosen(setting)
    for old in application.findChildren(QTranslator, _OURS):
        application.removeTranslator(old)
        old.deleteLater()
    if language != ENGLISH:
        qts_own = QLibraryInfo.path(
            QLibraryInfo.LibraryPath.TranslationsPath
        )  # its buttons, menus of text fields, keys
        for name, folder in (("qtbase", qts_own), ("studio", str(resources() / "translations"))):
            translator = QTranslator(application)
            translator.setObjectName(_OURS)
            if translator.load(f"{name}_{language}", folder):
                application.installTranslator(translator)
    QLocale.setDefault(QLocale(language))
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    font.setFamilies([*font.families(), *_FONTS.get(language, [])])
    if font != application.font():
        application.setFont(font)
    return language
