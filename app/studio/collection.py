"""The look-book and the queue in the window: a second page of it, and looks that wait for their turn.

The queue computes only while the studio doesn't; page and queue come with the first wish for one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMessageBox, QSplitter

from app.model.lookbook import JobState, LookBook, load_book, save_book
from app.studio.inputs import seen_in
from app.studio.placing import Seen
from app.widgets.drops import copied
from app.widgets.theme import GRID
from app.widgets.wells import WELLS

if TYPE_CHECKING:
    from app.engine.queue import LookQueue
    from app.model.state import LookState
    from app.studio.context import Context
    from app.studio.rendering import Rendering
    from app.widgets.lookbook import LookBookView
    from app.widgets.queue import QueuePanel

_PANEL = 34 * GRID


class Collection(QObject):
    """``shown``: the look-book is in front. ``close`` ends the queue's threads."""

    def __init__(self, context: Context, rendering: Rendering, book_file: Path | None = None) -> None:
        """book_file: where the look-book is kept between sessions; by default among the user's own files."""
        super().__init__(context.window)
        self._context, self._rendering, self._book_file = context, rendering, book_file
        self._queue: LookQueue | None = None
        self._page: QSplitter | None = None
        self._doing = ""
        self._known: dict[tuple[str, int, int], Seen] = {}  # see ``seen_in``
        self.ask: Callable[[int], bool] = self._ask
        context.engine.status.connect(self._studio_does)
        rendering.busy_changed.connect(self._yield)
        context.recent.changed.connect(self._show_recent)

    def handlers(self) -> dict[str, Callable[..., Any]]:
        return {"view.lookbook": self.show, "render.queue": self.queue_look}

    # ------------------------------------------------------------------------------------------ what there is

    @property
    def queue(self) -> LookQueue:
        if self._queue is None:
            from app.engine.queue import LookQueue

            settings = self._context.settings
            folder = Path(settings.clips_folder) if settings.clips_folder else None
            self._queue = queue = LookQueue(
                self,
                folder=folder,
                device=settings.device,
                threads=settings.threads or None,
                cluster=settings.cluster,
            )
            queue.failed.connect(self._context.reporter.report)
            queue.folder_changed.connect(lambda chosen: setattr(settings, "clips_folder", str(chosen)))
            queue.changed.connect(self._show_progress)
            queue.reordered.connect(self._show_progress)
            self._yield()
        return self._queue

    @property
    def page(self) -> QSplitter:
        """The look-book beside the queue."""
        if self._page is None:
            from app.widgets.lookbook import LookBookView
            from app.widgets.queue import QueuePanel

            self.view: LookBookView = LookBookView(self.queue)
            self.panel: QueuePanel = QueuePanel(self.queue)
            self._page = QSplitter(Qt.Orientation.Horizontal)
            self._page.setHandleWidth(5)
            for widget in (self.view, self.panel):
                self._page.addWidget(widget)
            self._page.setStretchFactor(0, 1)
            self._page.setCollapsible(0, False)
            self._page.setSizes([10 * _PANEL, _PANEL])
            self.view.look_opened.connect(self.open)
            self.view.book_changed.connect(lambda book: save_book(book, self._book_file))
            self.view.sort = self._sort
            book = load_book(self._book_file)
            if book == LookBook():
                self.view.add_look(self._context.document.state)
            else:
                self.view.book = book
            self._show_recent()
            self._context.window.add_page(self._page)
        return self._page

    @property
    def shown(self) -> bool:
        return self._page is not None and self._context.window.pages.currentWidget() is self._page

    # ------------------------------------------------------------------------------------------ what is done

    def show(self, on: bool = True) -> None:
        """The look-book in front, or the studio."""
        window = self._context.window
        window.transport.pause()
        window.show_page(self.page if on else None)
        window.actions_by_id["view.lookbook"].setChecked(on)
        if on:
            self.view.set_clip_settings(self._context.document.state.clip)
            self.view.grid.setFocus()
        else:
            window.viewer.setFocus()

    def open(self, look: LookState) -> None:
        """A look of the book in the studio; what was open there is one step of undo away."""
        self._context.document.apply(look, self.tr("Look from the Look-book"))
        self.show(False)

    def queue_look(self) -> None:
        """The look that is open, as a clip among the others."""
        state = self._context.document.state
        if not state.renderable:
            self._context.tell(self.tr("A look with a person, a garment and a motion can be queued."), "warning")
            return
        self.queue.add(state)
        text = self.tr("{0} is in the queue.").format(self.queue.jobs[-1].title)
        self._context.tell(text, "layers", self.tr("Show Queue"), self.show)

    def paste(self) -> None:
        """What was copied, into the look-book."""
        self.view.take(copied())

    def _sort(self, files: Sequence[Path], aim: str) -> None:
        """Pictures into rows and columns, by what they show."""

        def done(seen: dict[Path, Seen]) -> None:
            wells = {path: seen[path].shows or aim for path in files}
            for well in ("person", "garment"):
                self.view.add(well, [path for path in files if wells[path] == well])
            if astray := [path.name for path in files if wells[path] and wells[path] != aim]:
                text = self.tr("Put where it belongs, by what it shows: {0}")
                self.view.banner.tell(text.format(self.tr(", ").join(astray)))
            if not all(wells.values()):
                self.view.banner.tell(self.view.undecided(), "warning")

        self._context.background.run(partial(seen_in, files, self._known), done, self._context.tell)

    def may_close(self) -> bool:
        """Whether the window may close with what still waits in the queue."""
        waits = sum(not job.state.over for job in self._queue.jobs) if self._queue else 0
        return not waits or self.ask(waits)

    def close(self) -> None:
        """Ends threads; nothing is asked. May be called twice."""
        if self._page is not None:
            self.view.close_threads()
        if self._queue is not None:
            self._queue.close()

    def _ask(self, waits: int) -> bool:
        box = QMessageBox(self._context.window)
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(
            self.tr("1 clip is still in the queue.")
            if waits == 1
            else self.tr("{0} clips are still in the queue.").format(waits)
        )
        box.setInformativeText(self.tr("They aren't rendered when you close the studio."))
        leave = box.addButton(self.tr("Close Anyway"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(self.tr("Keep Rendering"), QMessageBox.ButtonRole.RejectRole))
        box.exec()
        return box.clickedButton() is leave

    # ------------------------------------------------------------------------------------------ who computes

    def _studio_does(self, doing: str) -> None:
        self._doing = doing
        self._yield()

    def _yield(self, *_: object) -> None:
        """Two that compute at once would make the window slow: the queue waits for the studio."""
        if self._queue is None:
            return
        if self._doing or self._rendering.busy:
            self._queue.hold()
        else:
            self._queue.release()

    def _show_progress(self, *_: object) -> None:
        assert self._queue is not None
        jobs = self._queue.jobs
        waits = [job for job in jobs if not job.state.over]
        text = ""
        if waits:
            done = sum(job.state is JobState.done for job in jobs)
            text = self.tr("Queue: {0} of {1} clips").format(done, done + len(waits))
        self._context.window.status.show_queue(text)

    def _show_recent(self, *_: object) -> None:
        if self._page is not None:
            self.view.set_recent({well: self._context.recent.files(well) for well in WELLS})
