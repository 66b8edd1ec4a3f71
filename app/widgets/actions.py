"""Every action of the studio in one table: menus, tool bars, shortcuts, their editor and the help are made from it.

A key that a slider, a button or a text field needs belongs to the stage: the picture and the timeline. Its action is added
to those widgets with ``WidgetShortcut``, so that it works while one of them has the focus and nowhere else.
The table's texts are English; ``translate`` gives them to the user, and ``texts`` to whoever makes a translation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from PySide6.QtCore import QCoreApplication, QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from app.widgets.icons import icon

Context = Literal["window", "stage"]
MenuRole = QAction.MenuRole

MENUS = ("File", "Edit", "View", "Look", "Render", "Help")  # from left to right
CONTEXTS: dict[Context, str] = {"window": "Everywhere", "stage": "Picture and timeline"}


@dataclass(frozen=True)
class ActionSpec:
    """One action.

    shortcut: portable text, several keys apart by "; ". menu: a path, "View/Layers". context: where its keys work.
    checkable: its handler takes a bool. group: of these one is checked. separated: a line stands above it in its menu.
    """

    id: str
    text: str
    shortcut: str
    icon: str
    menu: str
    context: Context
    tip: str
    checkable: bool = False
    checked: bool = False
    group: str = ""
    separated: bool = False
    role: MenuRole = MenuRole.NoRole


CHECK: dict[str, Any] = {"checkable": True}
CHECKED: dict[str, Any] = {"checkable": True, "checked": True}
LINE: dict[str, Any] = {"separated": True}

_Row = Callable[[str, Context], ActionSpec]


def _row(name: str, text: str, shortcut: str, picture: str, tip: str, **more: Any) -> _Row:
    return lambda menu, context: ActionSpec(name, text, shortcut, picture, menu, context, tip, **more)


def _rows(menu: str, context: Context, *rows: _Row) -> tuple[ActionSpec, ...]:
    """Actions that stand together in a menu."""
    return tuple(row(menu, context) for row in rows)


ACTIONS: tuple[ActionSpec, ...] = (
    *_rows(
        "File",
        "window",
        _row("file.new", "New Look", "Ctrl+N", "plus", "Begin an empty look"),
        _row("file.open", "Open...", "Ctrl+O", "open", "Open a look, a picture or a motion"),
        _row("file.save", "Save", "Ctrl+S", "save", "Save the look", **LINE),
        _row("file.save_as", "Save As...", "Ctrl+Shift+S", "save", "Save the look in another file"),
    ),
    *_rows(
        "File/Import",
        "window",
        _row("file.import_person", "Person...", "Ctrl+Shift+P", "person", "Choose a person's photo"),
        _row("file.import_garment", "Garment...", "Ctrl+Shift+G", "garment", "Add a garment's picture"),
        _row("file.import_motion", "Motion...", "Ctrl+Shift+M", "motion", "Choose a motion or a video"),
        _row("file.samples", "Samples...", "", "search", "Choose from the built-in samples"),
    ),
    *_rows(
        "File",
        "window",
        _row("file.export", "Export...", "Ctrl+E", "export", "Write the clip, a still or the frames to a file"),
        _row("file.quit", "Quit", "Ctrl+Q", "close", "Close the studio", **LINE, role=MenuRole.QuitRole),
    ),
    *_rows(
        "Edit",
        "window",
        _row("edit.undo", "Undo", "Ctrl+Z", "undo", "Take back the last change"),
        _row("edit.redo", "Redo", "Ctrl+Shift+Z; Ctrl+Y", "redo", "Make the change again"),
        _row("edit.paste", "Paste", "Ctrl+V", "copy", "Use the picture or file that was copied", **LINE),
        _row("edit.copy_frame", "Copy Picture", "Ctrl+Shift+C", "still", "Copy the picture as shown"),
        _row("edit.shortcuts", "Keyboard Shortcuts...", "Ctrl+K", "search", "See and change every shortcut", **LINE),
        _row(
            "edit.preferences",
            "Preferences...",
            "Ctrl+,",
            "settings",
            "Theme, language and device",
            role=MenuRole.PreferencesRole,
        ),
    ),
    *_rows(
        "View",
        "stage",
        _row("view.fit", "Fit", "0", "fit", "See the whole picture"),
        _row("view.actual", "Actual Size", "1", "actual", "One pixel of the picture on one of the screen"),
        _row("view.turn_left", "Turn Left", ",", "previous", "Turn the dressed person to the left", **LINE),
        _row("view.turn_right", "Turn Right", ".", "next", "Turn the dressed person to the right"),
        _row("view.front", "Face Front", "/", "person", "Turn the dressed person back to the front"),
    ),
    *_rows(
        "View",
        "window",
        _row("view.zoom_in", "Zoom In", "Ctrl++; Ctrl+=", "plus", "See the picture larger"),
        _row("view.zoom_out", "Zoom Out", "Ctrl+-", "minus", "See the picture smaller"),
        _row("view.single", "Single", "Ctrl+1", "single", "One picture", **CHECKED, group="mode", **LINE),
        _row(
            "view.side", "Side by Side", "Ctrl+2", "side-by-side", "The photo beside the result", **CHECK, group="mode"
        ),
        _row("view.wipe", "Wipe", "Ctrl+3", "wipe", "A wipe between the photo and the result", **CHECK, group="mode"),
    ),
    *_rows(
        "View/Layers",
        "window",
        _row("layer.result", "Result", "Alt+1", "still", "Show the dressed person", **CHECKED),
        _row("layer.source", "Source", "Alt+2", "person", "Show the photo", **CHECK),
        _row("layer.removed", "Removed Mask", "Alt+3", "eraser", "Show what is taken off", **CHECK),
        _row("layer.clothing", "Clothing Mask", "Alt+4", "mask", "Show where the garment is", **CHECK),
        _row(
            "layer.attention", "Attention", "Alt+5", "attention", "Show which spot of the garment goes where", **CHECK
        ),
        _row("layer.skeleton", "Skeleton", "Alt+6", "skeleton", "Show the joints", **CHECK),
        _row("layer.flow", "Flow", "Alt+7", "flow", "Show how the garment moves", **CHECK),
    ),
    *_rows(
        "View",
        "window",
        _row(
            "view.lookbook",
            "Look-book",
            "Ctrl+L",
            "lookbook",
            "Persons by garments, a look in each cell",
            **CHECK,
            **LINE,
        ),
        _row("view.inputs", "Inputs", "F6", "panels", "Show person, garment and motion", **CHECKED, **LINE),
        _row("view.inspector", "Inspector", "F7", "settings", "Show layers and look settings", **CHECKED),
        _row("view.timeline", "Timeline", "F8", "clip", "Show the timeline", **CHECKED),
        _row("view.full_screen", "Full Screen", "F11", "fit", "Nothing but the studio", **CHECK),
    ),
    *_rows(
        "Look/Category",
        "window",
        _row("look.auto", "Automatic", "", "search", "Find out what it is", **CHECK, group="category"),
        _row("look.upper", "Top", "", "garment", "The garment is a top", **CHECK, group="category"),
        _row("look.lower", "Skirt or Trousers", "", "garment", "It is for the legs", **CHECK, group="category"),
        _row("look.dress", "Dress", "", "garment", "The garment is a dress", **CHECK, group="category"),
    ),
    *_rows(
        "Look",
        "window",
        _row("look.turn", "Turn Photo", "Ctrl+T", "turn", "Turn the photo clockwise"),
        _row("look.turn_back", "Turn Photo Back", "Ctrl+Shift+T", "turn", "Turn the photo the other way"),
        _row("look.remove_garment", "Remove Garment", "", "trash", "Take the garment out of the look"),
    ),
    *_rows(
        "Look/Mend",
        "window",
        _row(
            "paint.clothing",
            "Paint Clothing Mask",
            "Ctrl+B",
            "brush",
            "Paint where the garment is, from this frame on",
            **CHECK,
        ),
        _row("paint.removed", "Paint Removed Mask", "Ctrl+Shift+B", "mask", "Paint what is taken off", **CHECK),
        _row("paint.cutout", "Paint Cut-out", "", "garment", "Cut the garment out", **CHECK),
        _row("paint.landmarks", "Move Landmarks", "", "garment", "Show what is seen of the garment; drag it", **CHECK),
        _row("paint.joints", "Move Joints", "Ctrl+J", "skeleton", "Drag or hide joints", **CHECK),
    ),
    *_rows(
        "Look/Mend",
        "stage",
        _row("paint.swap", "Brush or Eraser", "X", "eraser", "From brush to eraser and back", **LINE),
        _row("paint.smaller", "Smaller Brush", "[", "minus", "Paint finer"),
        _row("paint.larger", "Larger Brush", "]", "plus", "Paint broader"),
        _row("paint.done", "Done", "Esc", "check", "Leave painting; nothing is lost"),
    ),
    *_rows(
        "Look/Mend",
        "window",
        _row("paint.reset_frame", "Reset This Frame", "", "undo", "Take back what was mended here", **LINE),
        _row("look.reset_edits", "Reset All Edits", "", "trash", "Take back all that was mended"),
    ),
    *_rows(
        "Render",
        "window",
        _row("render.start", "Render", "Ctrl+R; Ctrl+Return", "render", "Render the clip"),
        _row("render.cancel", "Cancel", "Ctrl+.", "cancel", "Stop; the frames that came stay"),
        _row("render.frame", "Render This Frame", "Ctrl+Shift+R", "still", "Render the frame that is shown"),
        _row(
            "render.draft",
            "Draft",
            "Ctrl+Shift+D",
            "clip",
            "Quick, to see the movement",
            **CHECK,
            group="quality",
            **LINE,
        ),
        _row("render.final", "Final", "Ctrl+Shift+F", "clip", "As good as it gets", **CHECKED, group="quality"),
        _row(
            "render.queue", "Queue Look", "Ctrl+Shift+Q", "layers", "Render this look when the others are done", **LINE
        ),
    ),
    *_rows(
        "Render/Play",
        "stage",
        _row("play.toggle", "Play or Pause", "Space", "play", "Play the clip, or stop it"),
        _row("play.backwards", "Backwards", "J", "previous", "Play backwards; again: faster"),
        _row("play.stop", "Stop", "K", "pause", "Stop at this frame"),
        _row("play.forwards", "Forwards", "L", "next", "Play forwards; again: faster"),
        _row("play.previous", "One Frame Back", "Left", "previous", "Go one frame back", **LINE),
        _row("play.next", "One Frame On", "Right", "next", "Go one frame on"),
        _row("play.back_ten", "Ten Frames Back", "Shift+Left", "first", "Go ten frames back"),
        _row("play.on_ten", "Ten Frames On", "Shift+Right", "last", "Go ten frames on"),
        _row("play.first", "First Frame", "Home", "first", "Go to the in point, or the start"),
        _row("play.last", "Last Frame", "End", "last", "Go to the out point, or the end"),
        _row("play.in", "In Point Here", "I", "in", "Play and export from this frame", **LINE),
        _row("play.out", "Out Point Here", "O", "out", "Play and export up to this frame"),
        _row("play.in_earlier", "In Point Earlier", "Alt+Left", "in", "Begin a frame earlier"),
        _row("play.in_later", "In Point Later", "Alt+Right", "in", "Begin a frame later"),
        _row("play.out_earlier", "Out Point Earlier", "Alt+Shift+Left", "out", "End a frame earlier"),
        _row("play.out_later", "Out Point Later", "Alt+Shift+Right", "out", "End a frame later"),
    ),
    *_rows(
        "Render/Play",
        "window",
        _row("play.clear_points", "Whole Clip", "", "clip", "Give up in and out points"),
        _row("play.loop", "Loop", "Ctrl+Shift+L", "loop", "Play again and again", **CHECKED, **LINE),
    ),
    *_rows(
        "Render/Play",
        "stage",
        _row("play.zoom_in", "Widen Timeline", "=", "plus", "See fewer frames, wider"),
        _row("play.zoom_out", "Narrow Timeline", "-", "minus", "See more frames"),
    ),
    *_rows(
        "Help",
        "window",
        _row("help.sheet", "Keys and Actions", "F1", "info", "Everything that can be done, by key"),
        _row("help.log", "Show Log File", "", "open", "Open the folder of the log file"),
        _row(
            "help.about",
            "About FashionMirror",
            "",
            "info",
            "Version, weights and licences",
            **LINE,
            role=MenuRole.AboutRole,
        ),
    ),
)
RECENT = "File/Open Recent"  # a menu that the window fills


def translate(text: str) -> str:
    """A text of this table in the user's language."""
    return QCoreApplication.translate("Actions", text)


def texts() -> Iterator[str]:
    """Every text of the table in English, each once, for a translation's context ``Actions``."""
    seen: dict[str, None] = dict.fromkeys((*MENUS, *CONTEXTS.values()))
    for spec in ACTIONS:
        seen.update(dict.fromkeys((spec.text, spec.tip, *spec.menu.split("/"))))
    seen.update(dict.fromkeys(RECENT.split("/")))
    return iter(seen)


def keys(shortcut: str) -> list[QKeySequence]:
    """The keys of a shortcut's portable text; what is no key is left out."""
    sequences = QKeySequence.listFromString(shortcut, QKeySequence.SequenceFormat.PortableText)
    return [keys for keys in sequences if not keys.isEmpty() and keys[0].key() != Qt.Key.Key_unknown]  # type: ignore[index]


def shortcuts(overrides: Mapping[str, str] | None = None) -> dict[str, str]:
    """Action -> shortcut: the table's, or the user's. Actions that the table doesn't know are left out."""
    overrides = overrides or {}
    return {spec.id: overrides.get(spec.id, spec.shortcut) for spec in ACTIONS}


def conflicts(chosen: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Key -> the actions that share it. A key of the window would also be heard on the stage: it is one key in both."""
    owners: dict[str, list[str]] = {}
    for action, shortcut in chosen.items():
        for key in keys(shortcut):
            owners.setdefault(key.toString(QKeySequence.SequenceFormat.PortableText), []).append(action)
    return {key: tuple(actions) for key, actions in owners.items() if len(actions) > 1}


def build_actions(
    parent: QObject, handlers: Mapping[str, Callable[..., Any]], overrides: Mapping[str, str] | None = None
) -> dict[str, QAction]:
    """Every action by its id, owned by ``parent``. An action without a handler is disabled; a handler without one is a
    mistake. A checkable one's handler gets the new bool, when the user changes it (not when the program does).
    """
    if unknown := set(handlers) - {spec.id for spec in ACTIONS}:
        raise KeyError(f"no action is called {', '.join(sorted(unknown))}")
    actions: dict[str, QAction] = {}
    groups: dict[str, QActionGroup] = {}
    for spec in ACTIONS:
        action = actions[spec.id] = QAction(icon(spec.icon), translate(spec.text), parent)
        action.setObjectName(spec.id)
        action.setStatusTip(translate(spec.tip))
        action.setMenuRole(spec.role)
        action.setCheckable(spec.checkable)
        if spec.group:
            groups.setdefault(spec.group, QActionGroup(parent)).addAction(action)
        action.setChecked(spec.checked)
        if spec.context == "stage":
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        _connect(action, handlers.get(spec.id))
    apply_shortcuts(actions, overrides)
    return actions


def _connect(action: QAction, handler: Callable[..., Any] | None) -> None:
    if handler is None:
        action.setEnabled(False)
    elif action.isCheckable():
        action.triggered.connect(lambda checked: handler(checked))
    else:
        action.triggered.connect(lambda _checked=False: handler())


def apply_shortcuts(actions: Mapping[str, QAction], overrides: Mapping[str, str] | None = None) -> None:
    """Gives every action its keys, and a tip that names them."""
    tips = {spec.id: translate(spec.tip) for spec in ACTIONS}
    for name, shortcut in shortcuts(overrides).items():
        action = actions[name]
        action.setShortcuts(keys(shortcut))
        key = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{tips[name]} ({key})" if key else tips[name])


def attach_stage(actions: Mapping[str, QAction], *surfaces: QWidget) -> None:
    """Gives the stage's keys to these widgets: those that take the focus themselves, not what contains controls."""
    for spec in ACTIONS:
        if spec.context == "stage":
            for surface in surfaces:
                surface.addAction(actions[spec.id])


def reach(actions: Mapping[str, QAction], names: Iterable[str], everywhere: bool) -> None:
    """Lets the stage's keys of these actions work from wherever the focus is in the window, or on the stage alone."""
    context = Qt.ShortcutContext.WindowShortcut if everywhere else Qt.ShortcutContext.WidgetShortcut
    for name in names:
        actions[name].setShortcutContext(context)


def attach_window(actions: Mapping[str, QAction], window: QWidget) -> None:
    """Gives the other keys to the window, so that they work also where the menu bar is hidden (full screen)."""
    window.addActions([actions[spec.id] for spec in ACTIONS if spec.context == "window"])


def build_menus(menu_bar: QMenuBar, actions: Mapping[str, QAction]) -> dict[str, QMenu]:
    """Fills a menu bar from the table -> the menus by their path. ``RECENT`` is there, empty."""
    menus: dict[str, QMenu] = {name: menu_bar.addMenu(_with_mnemonic(translate(name), name[0])) for name in MENUS}
    for spec in ACTIONS:
        menu = _menu(menus, spec.menu)
        if spec.separated:
            menu.addSeparator()
        menu.addAction(actions[spec.id])
        if spec.id == "file.open":
            _menu(menus, RECENT)
    return menus


def _with_mnemonic(text: str, letter: str) -> str:
    """A menu's title with the letter that opens it with Alt: its own, or in brackets where it has no such letter."""
    return f"&{text}" if text.startswith(letter) else f"{text}(&{letter})"


def _menu(menus: dict[str, QMenu], path: str) -> QMenu:
    if path not in menus:
        above, _, name = path.rpartition("/")
        menus[path] = _menu(menus, above).addMenu(translate(name))
    return menus[path]


def by_menu(specs: Iterable[ActionSpec] = ACTIONS) -> dict[str, list[ActionSpec]]:
    """The table by the menu that it is in, as the menus stand; submenus after their own."""
    groups: dict[str, list[ActionSpec]] = {}
    for spec in specs:
        groups.setdefault(spec.menu, []).append(spec)
    return {path: groups[path] for top in MENUS for path in groups if path.split("/")[0] == top}
