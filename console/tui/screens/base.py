"""What the screens of the console have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from textual.screen import Screen

from console.tui.commands import footer
from console.tui.memory import Memory
from console.tui.present.header import header
from console.tui.present.line import Line, Piece, Role, cells, crop, piece, spread
from console.tui.view import View
from console.tui.widgets.bars import FilterBar, Footer
from console.tui.widgets.paint import PALETTE, OneLine

if TYPE_CHECKING:
    from console.tui.app import ConsoleApp
    from console.tui.widgets.rows import Rows

MESSAGE_S = 6.0


class ConsoleScreen(Screen[None]):
    """A screen that draws from the view, with a footer that tells the keys or what was done.

    Its parts are its own from the start: a picture may arrive before they are on the screen, or
    after they were taken down, and does no harm then.
    """

    COMPONENT_CLASSES = PALETTE

    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self.header = OneLine(id="header")
        self.notice = OneLine(id="notice")
        self.filter_bar = FilterBar()
        self.keys = Footer(id="footer")
        self.told = ""
        """The notice below the header, in full."""

    @property
    def console_app(self) -> ConsoleApp:
        """The app, with its session and its view."""
        return cast("ConsoleApp", self.app)

    def apply(self, view: View) -> None:
        """Draws the view."""
        raise NotImplementedError

    def memory(self) -> dict[str, Any]:
        """What is remembered of it between two runs, as JSON has it."""
        return {}

    def recall(self, memory: Memory) -> None:
        """Takes up what was remembered, before it is first shown; what does not fit is let go."""

    def leave(self) -> None:
        """Another view is gone to: what is still being asked is of no interest."""

    def tick(self) -> None:
        """A second has passed."""
        self.show_header()

    def show_header(self) -> None:
        """The first line alone; it also moves with the clock."""
        app = self.console_app
        self.header.show(
            header(
                app.view.snapshot,
                paths=app.session.paths,
                calendar=app.calendar,
                now=app.clock(),
                width=self.app.size.width,
                paused=app.view.paused,
            )
        )

    def show_notice(
        self, text: str, mark: str = "!", role: Role = "warning", *, more: int = 0
    ) -> None:
        """A line below the header that something is not as it should be; none for no text.

        Where there are `more`, or not room for the text, it says that the help tells them.
        """
        self.told = text
        width = self.app.size.width
        line: Line = (Piece(f" {mark} ", role), piece(text, role)) if text else ()
        self.notice.display = bool(line)
        rest = f"+{more} more, ? tells" if more else "? tells" if cells(line) > width else ""
        if line and rest:
            line = spread(line, (Piece(f"{rest} ", "dim"),), width)
        self.notice.show(crop(line, width))

    @property
    def pane(self) -> str:
        """The name of the pane that has the focus."""
        return str(getattr(self.focused, "pane", ""))

    @property
    def list_in_focus(self) -> Rows[Any] | None:
        """The list that has the keys."""
        from console.tui.widgets.rows import Rows

        return self.focused if isinstance(self.focused, Rows) else None

    def say(self, line: Line) -> None:
        """Shows a line in the footer for a while."""
        self.keys.say(line, MESSAGE_S)

    def show_keys(self) -> None:
        """The keys of the pane that has the focus."""
        if self.pane:
            self.keys.keys(footer(self.pane, self.console_app.keymap))

    def on_descendant_focus(self) -> None:
        """The footer follows the focus."""
        self.show_keys()

    def on_screen_resume(self) -> None:
        """What happened while another screen lay on top."""
        self.apply(self.console_app.view)

    def action_hit(self, step: int) -> None:
        """The next or previous row, round the end."""
        rows = self.list_in_focus
        if rows is not None and rows.items:
            rows.move_to((rows.cursor + step) % len(rows.items))
