"""Bringing things in: wells, gallery, drops, paste and open become changes of the document, notes become remedies.

What comes in is always an undo step of the look that is open; only a project takes its place.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QMimeData, QObject
from PySide6.QtWidgets import QApplication, QFileDialog

from app.engine.exports import restore_from
from app.engine.notes import Note
from app.engine.plan import stamp
from app.engine.views import GarmentView, LookView, MotionView, PersonView
from app.model.recent import KINDS
from app.model.state import GarmentInput, LookState, MotionInput, PersonInput
from app.studio.placing import Placement, Seen, placed, reposed, unmended
from app.widgets.drops import Kind, Offer, copied, file_filter, kinds, received, well_title
from app.widgets.wells import WELLS, Views
from fashionmirror_core.cloth.tailoring import Fit
from fashionmirror_core.errors import InputError
from fashionmirror_core.vocabulary import Category, CategoryChoice

if TYPE_CHECKING:
    from app.model.project import LoadedProject
    from app.studio.context import Context

_CLIPS = (".png", ".gif", ".mp4", ".webm")  # what may tell the look that it was made of


class Inputs(QObject):
    """``remedies``: what mends a note, by its name; ``open_project``: takes a project's path; ``tell_missing``: says which
    files of a look weren't found, or where they were.
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        self._context, self._window = context, context.window
        self._document = context.document
        self._person: tuple[PersonInput, PersonView] | None = None
        self._garments: dict[GarmentInput, GarmentView] = {}
        self._worn: LookView | None = None  # the look that was dressed last
        self._motion: tuple[MotionInput, MotionView] | None = None
        self._known: dict[tuple[str, int, int], Seen] = {}  # what pictures show, by their files' stamps
        self.remedies: dict[str, Callable[[int], None]] = {
            "turn": lambda _: self.turn_upright(),
            "again": lambda _: context.engine.reread(),
            "pick": self.pick_next,
            "looser": self.loosen,
            "cut": partial(self._ask, "cut"),
            "fabric": partial(self._ask, "fabric"),
        }
        self.open_project: Callable[[Path], None] = lambda _: None
        self.tell_missing: Callable[[list[Path], list[str]], None] = lambda missing, notes: None
        self._connect()
        for kind in KINDS:
            self._recent_changed(kind)

    def _connect(self) -> None:
        engine, wells, gallery = self._context.engine, self._window.wells, self._window.gallery
        engine.person_ready.connect(self._person_ready)
        engine.garment_ready.connect(self._garment_ready)
        engine.motion_ready.connect(self._motion_ready)
        engine.motion_progress.connect(self._motion_progress)
        engine.look_ready.connect(self._look_ready)
        engine.input_failed.connect(self._failed)
        self._document.changed.connect(lambda *_: self.show())
        wells.dropped.connect(lambda well, files, index: self.bring(files, well, index))
        wells.template_dropped.connect(self.use_template)
        wells.removed.connect(self.remove)
        wells.open_requested.connect(self.choose)
        wells.remedy_requested.connect(self._mend)
        wells.category_chosen.connect(self.set_category)
        wells.cancel_requested.connect(lambda _: engine.cancel())
        gallery.used.connect(lambda well, path: self.bring([path], well))
        gallery.template_used.connect(self.use_template)
        self._window.dropped.connect(self._dropped)
        self._window.inspector.changed.connect(self._inspected)
        self._window.inspector.back_requested.connect(self.choose_back)
        self._context.recent.changed.connect(self._recent_changed)

    def handlers(self) -> dict[str, Callable[..., Any]]:
        return {
            "file.import_person": lambda: self.choose("person", -1),
            "file.import_garment": lambda: self.choose("garment", -1),
            "file.import_motion": lambda: self.choose("motion", -1),
            "edit.paste": self.paste,
            "look.turn": self.turn,
            "look.turn_back": lambda: self.turn(-1),
            "look.remove_garment": lambda: self.remove("garment", len(self._document.state.garments) - 1),
            **{
                f"look.{kind.value}": lambda _, value=kind.value: self.set_category(0, value) for kind in CategoryChoice
            },
        }

    # ------------------------------------------------------------------------------------------ what is there

    @property
    def views(self) -> Views:
        """What the engine found of the inputs that the look has now."""
        state = self._document.state
        person = self._person[1] if self._person and self._person[0] == state.person else None
        motion = self._motion[1] if self._motion and self._motion[0] == state.motion else None
        return Views(person, tuple(map(self.garment_view, state.garments)), motion, self._doubts(state))

    def _doubts(self, state: LookState) -> tuple[tuple[Note, ...], ...]:
        """About how the garments lie, as long as the same person wears them in the same way."""
        worn = self._worn
        same = worn is not None and (worn.state.person, worn.state.garments) == (state.person, state.garments)
        if worn is None or not same:
            return ()
        return tuple(
            tuple(_possible(note, garment) for note in notes)
            for notes, garment in zip(worn.doubts, state.garments, strict=False)
        )

    def garment_view(self, garment: GarmentInput) -> GarmentView | None:
        """How it is worn doesn't change what was found of it."""
        return self._garments.get(garment.unworn)

    def show(self) -> None:
        state, views = self._document.state, self.views
        self._window.wells.show_state(state, views)
        self._window.inspector.show_state(state, views)
        if state.garments:
            self._window.actions_by_id[f"look.{state.garments[0].category.value}"].setChecked(True)
        for name in ("look.auto", "look.upper", "look.lower", "look.dress", "look.remove_garment"):
            self._window.actions_by_id[name].setEnabled(bool(state.garments))
        for name in ("look.turn", "look.turn_back"):
            self._window.actions_by_id[name].setEnabled(state.person is not None)

    def _person_ready(self, given: PersonInput, view: PersonView) -> None:
        self._person = (given, view)
        self._context.recent.add("person", given.path)
        self.show()

    def _garment_ready(self, given: GarmentInput, view: GarmentView) -> None:
        held = {garment.unworn for garment in self._document.state.garments}
        self._garments = {key: kept for key, kept in self._garments.items() if key in held}
        self._garments[given.unworn] = view
        self._context.recent.add("garment", given.path)
        self.show()

    def _motion_ready(self, given: MotionInput, view: MotionView) -> None:
        self._motion = (given, view)
        if given.path is not None:
            self._context.recent.add("motion", given.path)
        self.show()

    def _motion_progress(self, given: MotionInput, done: int, total: int) -> None:
        if given == self._document.state.motion:
            self._window.wells.set_progress("motion", done, total)

    def _look_ready(self, look: LookView) -> None:
        """Remarks on the whole look have no well; the first of them is told over the picture."""
        self._window.wells.clear_failures("person", "garment", *(["motion"] if look.poses is not None else []))
        if look.poses is None and look.notes:
            self._context.tell(look.notes[0].text, "warning")
        self._worn = look
        self.show()

    def _failed(self, kind: str, given: object, note: Note) -> None:
        state = self._document.state
        index = -1
        if kind == "garment":
            index = next((k for k, garment in enumerate(state.garments) if garment == given), -1)
        self._window.wells.show_failure(kind, note, index)

    def _recent_changed(self, kind: str) -> None:
        recent = {well: self._context.recent.files(well) for well in WELLS}
        self._window.wells.set_recent(recent)
        if kind in WELLS:
            self._window.gallery.set_recent(kind, recent[kind])

    # ------------------------------------------------------------------------------------------ changes

    def bring(self, files: Sequence[Path], aim: str = "", index: int = -1) -> None:
        """Files into the look, where what they show belongs; pictures are looked at on another thread first.

        aim: the well that the user meant, "" for none. index: the garment that the first one replaces. Said in the banner,
        with an undo, where it isn't plain to see.
        """
        pictures = [path for path in files if Kind.picture in kinds(path)]
        if not pictures:
            self._place(files, {}, aim, index)
            return
        worn = [garment.path for garment in self._document.state.garments]
        self._window.busy.tell("inputs", self.tr("Looking at {0}").format(pictures[0].name))
        self._context.background.run(
            partial(seen_in, [*pictures, *worn], self._known),
            lambda seen: self._looked(files, seen, aim, index),
            self._context.tell,
        )

    def _looked(self, files: Sequence[Path], seen: dict[Path, Seen], aim: str, index: int) -> None:
        self._window.busy.tell("inputs", "")
        self._place(files, seen, aim, index)

    def _place(self, files: Sequence[Path], seen: dict[Path, Seen], aim: str, index: int) -> None:
        before = self._document.state
        done = placed(before, files, self._by_engine(seen), aim, index)
        if "motion" in done.wells and done.state == before:
            self._context.engine.reread()
        if done.state == before:
            if done.told:
                self._context.tell(" ".join(done.told), "warning")
            return
        self._document.apply(done.state, done.title)
        if told := done.told or ([] if aim else self._arrived(files, done)):
            undo = self._document.undo_stack.undo
            self._context.tell(" ".join(told), "info", self.tr("Undo"), undo)

    def _arrived(self, files: Sequence[Path], done: Placement) -> list[str]:
        """Where something went that wasn't dropped on a well."""
        wells = self.tr(", ").join(well_title(well) for well in done.wells)
        return [self.tr("{0} went to {1}.").format(self.tr(", ").join(path.name for path in files), wells)]

    def _by_engine(self, seen: dict[Path, Seen]) -> dict[Path, Seen]:
        """With the categories that the engine found of the garments that are worn: those are what the user sees."""
        found = {garment.path: self.garment_view(garment) for garment in self._document.state.garments}
        own = {path: Seen("garment", Category(view.category)) for path, view in found.items() if view is not None}
        return {**seen, **own}

    def fill(self, well: str, path: Path, index: int = -1) -> None:
        """A file into a well, whatever it shows. index: of the garment that it replaces, -1 adds one."""
        self._place([path], {path: Seen(well)}, well, index)

    def use_template(self, name: str) -> None:
        self._apply({"motion": MotionInput(template=name)} | reposed(self._document.state), well_title("motion"))

    def remove(self, well: str, index: int) -> None:
        state = self._document.state
        if well == "garment":
            kept = tuple(garment for k, garment in enumerate(state.garments) if k != max(index, 0))
            self._apply({"garments": kept}, self.tr("Remove Garment"))
        else:
            self._apply({well: None}, self.tr("Remove {0}").format(well_title(well)))

    def turn(self, quarters: int = 1) -> None:
        """The photo by quarter turns clockwise, from how it is shown."""
        person = self._document.state.person
        if person is not None:
            turned = person.model_copy(update={"turns": (person.turns + quarters) % 4, "crop": None})
            self._apply({"person": turned} | unmended(self._document.state), self.tr("Turn Photo"))

    def turn_upright(self) -> None:
        """The photo as somebody in it stands, which is looked for on another thread; else a quarter clockwise."""
        person = self._document.state.person
        if person is None:
            return
        self._window.busy.tell("turning", self.tr("Looking which way is up"))

        def turned(quarters: int | None) -> None:
            self._window.busy.tell("turning", "")
            if self._document.state.person == person:
                self.turn(1 if quarters is None else quarters)

        self._context.background.run(partial(_upright_turns, person), turned, lambda line: turned(None))

    def turn_garment(self, index: int) -> None:
        """A garment a quarter clockwise from how it is shown."""
        garments = list(self._document.state.garments)
        if not 0 <= index < len(garments):
            return
        view = self.garment_view(garments[index])
        turns = view.turns if view is not None else garments[index].turns or 0
        garments[index] = garments[index].model_copy(update={"turns": (turns + 1) % 4})
        self._apply({"garments": tuple(garments)}, self.tr("Turn Garment"))

    def set_category(self, index: int, value: str) -> None:
        garments = list(self._document.state.garments)
        if index < len(garments):
            garments[index] = garments[index].model_copy(update=garments[index].as_category(CategoryChoice(value)))
            self._apply({"garments": tuple(garments)}, self.tr("Category"))

    def pick_next(self, index: int) -> None:
        """The next of several garments in a picture."""
        garments = list(self._document.state.garments)
        index = max(index, 0)
        view = self.garment_view(garments[index]) if index < len(garments) else None
        if view is None or view.pieces < 2:
            return
        chosen = {"pick": view.picked % view.pieces + 1, "landmarks": ()}  # they were the other garment's
        garments[index] = garments[index].model_copy(update=chosen)
        self._apply({"garments": tuple(garments)}, self.tr("Pick Garment"))

    def loosen(self, index: int) -> None:
        """The next looser fit."""
        garments, fits = list(self._document.state.garments), list(Fit)
        index = max(index, 0)
        if index < len(garments) and (place := fits.index(garments[index].fit) + 1) < len(fits):
            garments[index] = garments[index].model_copy(update={"fit": fits[place]})
            self._apply({"garments": tuple(garments)}, self.tr("Fit"))

    def _ask(self, name: str, index: int) -> None:
        """Opens a garment's choices in the Look panel."""
        self._window.show_panel("view.inspector")
        self._window.inspector.ask(max(index, 0), name)

    def _inspected(self, update: dict[str, Any], merge: str, text: str) -> None:
        self._apply(update, text, merge)

    def _apply(self, update: dict[str, Any], text: str, merge: str = "") -> None:
        self._document.apply(self._document.state.model_copy(update=update), text, merge)

    def _mend(self, kind: str, remedy: str, index: int) -> None:
        if remedy == "turn" and kind == "garment":
            self.turn_garment(index)
        elif remedy in self.remedies:
            self.remedies[remedy](index)
        else:  # only another picture helps
            self.choose(kind, index)

    # ------------------------------------------------------------------------------------------ where from

    def choose(self, well: str, index: int) -> None:
        """Asks for a file of the well's kind."""
        settings = self._context.settings
        dialog = QFileDialog(self._window, well_title(well), str(settings.last_folder(well)), file_filter(well))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(partial(self._chosen, well, index))
        dialog.open()

    def _chosen(self, well: str, index: int, file: str) -> None:
        self._context.settings.remember_folder(well, Path(file))
        self.bring([Path(file)], well, index)

    def choose_back(self, index: int) -> None:
        """Asks for a picture of a garment's back."""
        settings = self._context.settings
        folder = str(settings.last_folder("garment"))
        dialog = QFileDialog(self._window, self.tr("A picture of its back"), folder, file_filter("garment"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda file: self.use_back(index, Path(file)))
        dialog.open()

    def use_back(self, index: int, file: Path) -> None:
        self._context.settings.remember_folder("garment", file)
        garments = list(self._document.state.garments)
        if index < len(garments):
            garments[index] = garments[index].model_copy(update={"back": file})
            self._apply({"garments": tuple(garments)}, self.tr("Picture of the Back"))

    def paste(self) -> None:
        wells = self._window.wells
        focus = wells.focusWidget() if wells.isAncestorOf(QApplication.focusWidget() or self._window) else None
        aim = next((kind for kind, well in wells.wells.items() if focus and well.isAncestorOf(focus)), "")
        self._dropped(copied(), aim)

    def _dropped(self, mime: QMimeData, aim: str = "") -> None:
        """Anything, anywhere but on a well. aim: the well that has the focus."""
        offer = received(mime)
        if offer.template:
            self.use_template(offer.template)
        elif offer.empty:
            self._context.tell(offer.objection("window") or offer.refusal, "warning")
        else:
            self.open_files(offer.files, offer, aim)
            if left_out := offer.left_out("window"):
                self._context.tell(left_out, "warning")

    def open_files(self, files: Sequence[Path], offer: Offer | None = None, aim: str = "") -> None:
        """A project is opened; a file that says which look made it restores that look; others go where they fit."""
        aim = (offer.meant if offer else "") or aim
        if project := next((path for path in files if Kind.project in kinds(path)), None):
            self.open_project(project)
            files = [path for path in files if Kind.project not in kinds(path)]
        usable = [path for path in files if os.path.exists(path) and kinds(path)]
        if len(usable) == 1 and usable[0].suffix.lower() in _CLIPS and not aim:
            self._context.background.run(
                partial(_look_inside, usable[0]), partial(self._restored, usable[0]), lambda line: None
            )
        elif usable:
            self.bring(usable, aim if aim in WELLS else "")
        if useless := [path.name for path in files if path not in usable]:
            text = self.tr("{0} can't be used; drop a picture, a video or a project.")
            self._context.tell(text.format(self.tr(", ").join(useless)), "warning")

    def _restored(self, path: Path, found: LoadedProject | None) -> None:
        if found is None:
            self.bring([path])
            return
        untouched = not self._document.modified
        self._document.apply(found.state, self.tr("Restore Look"))
        if untouched:
            self._document.settle()
        text = self.tr("This is the look that {0} was made of. What was painted by hand isn't kept in a clip.")
        self._context.tell(text.format(path.name))
        self.tell_missing(found.missing, found.notes)


def _possible(note: Note, garment: GarmentInput) -> Note:
    """Where nothing is looser than the fit, the cut is asked about."""
    return replace(note, remedy="cut") if note.remedy == "looser" and garment.fit is list(Fit)[-1] else note


def _upright_turns(person: PersonInput) -> int | None:
    """Quarter turns clockwise that make the photo, as it is turned now, upright. Runs on another thread."""
    from app.engine.loading import preload_torch

    preload_torch()
    from fashionmirror_core.media.images import on_white, read_picture
    from fashionmirror_core.person.person import upright_turns

    return upright_turns(on_white(read_picture(person.path).turned(person.turns).pixels))


def _look_inside(path: Path) -> LoadedProject | None:
    """The look that an exported file was made of, with its inputs where they are now; None for any other file."""
    from app.model.project import adopt

    look = restore_from(path)
    return None if look is None else adopt(look, path)


def seen_in(paths: Sequence[Path], known: dict[tuple[str, int, int], Seen]) -> dict[Path, Seen]:
    """What pictures show. known: what was found before, by the file's stamp; gets what is new. Runs on another thread."""
    from app.engine.loading import preload_torch

    preload_torch()
    from fashionmirror_core.garment.content import Shows, content_of

    found = {}
    for path in paths:
        key = stamp(path)
        if key not in known:
            try:
                content = content_of(path)
            except InputError as error:
                known[key] = Seen(refusal=str(error))
            else:
                known[key] = Seen("" if content.shows is Shows.NEITHER else content.shows.value, content.category)
        found[path] = known[key]
    return found
