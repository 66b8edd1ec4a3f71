"""The two themes: readable, neutral around the picture, one accent; and icons that follow them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPalette
from PySide6.QtWidgets import QApplication

from app.widgets import icons
from app.widgets.theme import DARK, LIGHT, Theme, apply_theme, contrast, current, palette, resolve

AA, AA_GRAPHICS = 4.5, 3.0
both = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)


@pytest.fixture
def app(qapp: QApplication) -> Iterator[QApplication]:
    yield qapp
    apply_theme(qapp, "light")


def ink(icon: QIcon, mode: QIcon.Mode = QIcon.Mode.Normal) -> set[str]:
    """The colours that an icon is drawn in, without its soft edges."""
    picture = icon.pixmap(QSize(96, 96), 1.0, mode).toImage()
    colors = (picture.pixelColor(x, y) for x in range(picture.width()) for y in range(picture.height()))
    return {color.name() for color in colors if color.alpha() == 255}


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#777777") == pytest.approx(1)
    assert contrast("#ffffff", "#767676") == pytest.approx(4.54, abs=0.01)


@both
@pytest.mark.parametrize("role", ["text", "muted", "accent", "good", "warning", "error"])
def test_text_can_be_read_on_every_ground(theme: Theme, role: str) -> None:
    for ground in (theme.window, theme.base, theme.raised):
        assert contrast(getattr(theme, role), ground) >= AA


@both
def test_the_primary_button_can_be_read_and_seen(theme: Theme) -> None:
    assert contrast(theme.on_accent, theme.accent) >= AA
    assert contrast(theme.accent, theme.window) >= AA_GRAPHICS


@both
def test_what_surrounds_the_picture_is_neutral(theme: Theme) -> None:
    grey = {"dark": 119, "light": 200}[theme.name]
    assert QColor(theme.surround).getRgb()[:3] == (grey, grey, grey)
    for ground in (theme.window, theme.base, theme.raised, theme.line):
        assert QColor(ground).saturation() == 0


@both
def test_disabled_text_differs_in_the_palette(theme: Theme) -> None:
    role, group = QPalette.ColorRole.ButtonText, QPalette.ColorGroup
    assert palette(theme).color(group.Disabled, role) != palette(theme).color(group.Active, role)


def test_a_mode_is_shown_by_the_application(app: QApplication) -> None:
    for mode, theme in (("dark", DARK), ("light", LIGHT), ("dark", DARK)):
        assert apply_theme(app, mode) is theme is current()
        assert app.palette().color(QPalette.ColorRole.Window) == QColor(theme.window)


def test_the_system_is_followed_only_when_it_is_asked_to(app: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    apply_theme(app, "system")
    desktop = {"system": DARK, "light": LIGHT}
    monkeypatch.setattr("app.widgets.theme.resolve", desktop.__getitem__)
    app.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert current() is DARK
    apply_theme(app, "light")
    app.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert current() is LIGHT


def test_an_unknown_mode_is_refused_by_name(qapp: QApplication) -> None:
    with pytest.raises(ValueError, match="sepia"):
        resolve("sepia")  # type: ignore[arg-type]


def test_an_icon_follows_the_theme_without_being_made_again(app: QApplication) -> None:
    icon, marked = icons.icon("close"), icons.icon("close", "accent")
    for mode, theme in (("light", LIGHT), ("dark", DARK)):
        apply_theme(app, mode)
        assert ink(icon) == {theme.text}
        assert ink(marked) == {theme.accent}
        assert ink(icon, QIcon.Mode.Disabled) == {theme.disabled}


def test_an_icon_is_sharp_on_a_dense_screen(app: QApplication) -> None:
    picture = icons.icon("brush").pixmap(QSize(20, 20), 2.0)
    assert picture.size() == QSize(40, 40)
    assert picture.devicePixelRatio() == 2


@pytest.mark.parametrize("name", icons.names())
def test_every_icon_is_of_the_set(app: QApplication, name: str) -> None:
    drawing = (icons.folder() / f"{name}.svg").read_text(encoding="utf-8")
    assert 'viewBox="0 0 24 24"' in drawing
    assert 'stroke="currentColor" stroke-width="1.75"' in drawing
    assert ink(icons.icon(name)), "nothing is drawn"


def test_an_unknown_icon_is_named(app: QApplication) -> None:
    with pytest.raises(KeyError, match="unicorn"):
        icons.icon("unicorn")
