"""The digest: what happened over the span that is looked at, as a page to read."""

from __future__ import annotations

from textual.app import ComposeResult

from console.tui.present.digest import digest_lines
from console.tui.present.line import EMPTY, Line, Piece, plain
from console.tui.screens.base import ConsoleScreen
from console.tui.view import View
from console.tui.widgets.bars import Heading
from console.tui.widgets.lists import DigestDocument


class DigestScreen(ConsoleScreen):
    """Drawn from the snapshot alone; nothing is asked."""

    def __init__(self) -> None:
        super().__init__()
        self._heading = Heading("8", "Digest", id="digest-heading")
        self._document = DigestDocument(id="digest")

    def compose(self) -> ComposeResult:
        """Header, page, keys."""
        yield self.header
        yield self.notice
        yield self._heading
        yield self._document
        yield self.keys

    def on_mount(self) -> None:
        """The page has the keys."""
        self.notice.display = False
        self._heading.active = True
        self._document.focus()
        self.apply(self.console_app.view)

    def apply(self, view: View) -> None:
        """Writes the page."""
        if self.is_mounted:
            self.show_header()
            self._document.show(lambda width: self._lines(view, width), from_top=False)

    def _lines(self, view: View, width: int) -> list[Line]:
        if view.snapshot is None:
            return [EMPTY, (Piece(" opening the store …", "dim"),)]
        bounds = view.time.judged(view.now)
        return digest_lines(view.snapshot, view.alerts, bounds, width, self.console_app.calendar)

    def action_copy(self) -> None:
        """Copies the page as plain text."""
        lines = self._lines(self.console_app.view, 100)
        self.console_app.copy("\n".join(plain(line).rstrip() for line in lines) + "\n")

    def action_back(self) -> None:
        """Takes the time cursor away, then goes home."""
        app = self.console_app
        if app.view.time.cursor is not None:
            app.look(app.view.time.without_cursor())
        else:
            app.action_go("home")
