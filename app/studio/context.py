"""What the studio's controllers share, and the line over the picture through which they talk to the user."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.engine.engine import Engine
from app.engine.remarks import shown
from app.model.document import Document
from app.model.recent import Recent
from app.model.settings import Settings
from app.studio.background import Background
from app.widgets.errors import ErrorReporter
from app.widgets.window import StudioWindow


@dataclass(eq=False)
class Context:
    """remedy: what the button in the banner does; None without a button."""

    window: StudioWindow
    document: Document
    engine: Engine
    settings: Settings
    recent: Recent
    background: Background
    reporter: ErrorReporter
    remedy: Callable[[], None] | None = None

    lasting: bool = False

    def tell(
        self,
        text: str,
        drawing: str = "info",
        action: str = "",
        remedy: Callable[[], None] | None = None,
        lasting: bool = False,
    ) -> None:
        """Shows one line, also one of the core, over the picture; ``action`` names the button that calls ``remedy``.

        It goes with the next change of the look, whose cause is another one then; ``lasting`` lets it stay.
        """
        self.lasting = lasting
        self.window.banner.tell(shown(text), drawing, "mend" if remedy else "", action if remedy else "")
        self.remedy = remedy

    def state_changed(self) -> None:
        if not self.lasting:
            self.window.banner.hide()
