"""How the studio looks: two palettes on Fusion, one accent, a grid, and the grey around the picture.

Fusion follows a QPalette everywhere, also on the offscreen platform, where ``QStyleHints.setColorScheme`` does nothing.
A widget that paints itself asks ``current()`` while it paints; a change of theme reaches it as ``PaletteChange``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

Mode = Literal["system", "light", "dark"]

GRID = 8  # pixels that every margin and gap is a multiple of
GAP = GRID // 2  # between things that belong together
RADIUS = 4
ICON = 20  # pixels of an icon in a button or menu
MOTION_MS = 120  # of every animation


@dataclass(frozen=True)
class Theme:
    """Colours as #rrggbb. Text and marks keep WCAG AA contrast to what they stand on.

    surround: the neutral grey that garment colours are judged against; nothing of the interface is drawn in it.
    """

    name: str
    window: str
    base: str
    raised: str
    line: str
    text: str
    muted: str
    disabled: str
    accent: str
    on_accent: str
    good: str
    warning: str
    error: str
    surround: str

    def color(self, role: str, alpha: float = 1.0) -> QColor:
        """The colour of a role by its name; alpha: 0 to 1."""
        color = QColor(getattr(self, role))
        color.setAlphaF(alpha)
        return color


LIGHT = Theme(
    name="light",
    window="#f0f0f0",
    base="#fafafa",
    raised="#e2e2e2",
    line="#c4c4c4",
    text="#1c1c1c",
    muted="#595959",
    disabled="#9a9a9a",
    accent="#2457c5",
    on_accent="#ffffff",
    good="#1d6b2f",
    warning="#815000",
    error="#b3261e",
    surround="#c8c8c8",
)
DARK = Theme(
    name="dark",
    window="#2a2a2a",
    base="#202020",
    raised="#3a3a3a",
    line="#4c4c4c",
    text="#e8e8e8",
    muted="#ababab",
    disabled="#757575",
    accent="#8ab4ff",
    on_accent="#10182a",
    good="#7fd18b",
    warning="#f2b84b",
    error="#ff9a90",
    surround="#777777",
)


def current() -> Theme:
    """The theme that the application shows."""
    return DARK if QGuiApplication.palette().color(QPalette.ColorRole.Window).lightness() < 128 else LIGHT


def contrast(one: QColor | str, other: QColor | str) -> float:
    """WCAG 2 contrast ratio, 1 to 21."""
    low, high = sorted((_luminance(QColor(one)), _luminance(QColor(other))))
    return (high + 0.05) / (low + 0.05)


def _luminance(color: QColor) -> float:
    """WCAG 2 relative luminance, 0 to 1."""
    channels = (color.redF(), color.greenF(), color.blueF())
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def palette(theme: Theme) -> QPalette:
    """The theme as Fusion wants it."""
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    colors = QPalette()
    for target, source in {
        role.Window: theme.window,
        role.WindowText: theme.text,
        role.Base: theme.base,
        role.AlternateBase: theme.window,
        role.Text: theme.text,
        role.PlaceholderText: theme.muted,
        role.Button: theme.raised,
        role.ButtonText: theme.text,
        role.BrightText: theme.error,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.on_accent,
        role.Accent: theme.accent,
        role.Link: theme.accent,
        role.LinkVisited: theme.accent,
        role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.text,
        role.Light: theme.raised,
        role.Midlight: theme.raised,
        role.Mid: theme.line,
        role.Dark: theme.line,
        role.Shadow: theme.line,
    }.items():
        colors.setColor(target, QColor(source))
    for target in (role.WindowText, role.Text, role.ButtonText, role.PlaceholderText, role.HighlightedText):
        colors.setColor(group.Disabled, target, QColor(theme.disabled))
    colors.setColor(group.Disabled, role.Highlight, QColor(theme.line))
    colors.setColor(group.Disabled, role.Accent, QColor(theme.line))
    return colors


def style_sheet(theme: Theme) -> str:
    """The few things that a palette can't say. ``primary`` marks the one filled button; ``muted`` secondary text."""
    return f"""
        QPushButton[primary="true"] {{
            background: {theme.accent}; color: {theme.on_accent}; font-weight: 600;
            border: 2px solid {theme.accent}; border-radius: {RADIUS}px; padding: {GAP}px {3 * GRID}px;
        }}
        QPushButton[primary="true"]:hover, QPushButton[primary="true"]:focus {{ border-color: {theme.text}; }}
        QPushButton[primary="true"]:pressed {{ background: {theme.text}; color: {theme.window}; }}
        QPushButton[primary="true"]:disabled {{
            background: {theme.raised}; color: {theme.muted}; border-color: {theme.raised};
        }}
        QLabel[muted="true"] {{ color: {theme.muted}; }}
        QToolTip {{
            background: {theme.raised}; color: {theme.text}; border: 1px solid {theme.line}; padding: {GAP}px;
        }}
    """


def resolve(mode: Mode) -> Theme:
    """The theme of a setting; ``system`` asks the desktop, and is light where that doesn't tell."""
    if mode not in get_args(Mode):
        raise ValueError(f"no theme is called {mode!r}; there are {', '.join(get_args(Mode))}")
    if mode == "system":
        return DARK if QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT
    return DARK if mode == "dark" else LIGHT


class _Follower(QObject):
    """Keeps an application in a mode; one for each application, found again by its name."""

    NAME = "theme-follower"

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self.setObjectName(self.NAME)
        self.mode: Mode = "system"
        app.styleHints().colorSchemeChanged.connect(self._system_changed)

    def show(self, mode: Mode) -> Theme:
        theme = resolve(mode)
        self.mode = mode
        QApplication.setPalette(palette(theme))
        app = self.parent()
        assert isinstance(app, QApplication)
        app.setStyleSheet(style_sheet(theme))
        return theme

    def _system_changed(self) -> None:
        if self.mode == "system":
            self.show("system")


def apply_theme(app: QApplication, mode: Mode = "system") -> Theme:
    """Fusion in the mode's colours; ``system`` goes on following the desktop. Call it again to change the mode."""
    follower = app.findChild(_Follower, _Follower.NAME)
    if follower is None:
        QApplication.setStyle("Fusion")
        follower = _Follower(app)
    return follower.show(mode)
