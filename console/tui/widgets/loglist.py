"""The list of log lines."""

from __future__ import annotations

from collections.abc import Hashable

from textual.message import Message

from console.store.pages import LogLine
from console.tui.commands import bindings
from console.tui.present import logs
from console.tui.present.line import Line
from console.tui.widgets.rows import Rows


class LogRows(Rows[LogLine]):
    """A window of log lines."""

    pane = "logs"
    BINDINGS = bindings("logs")

    look: logs.LogLook

    class Ends(Message):
        """The first (-1) or the last (1) line of all is wanted, not of what is held."""

        def __init__(self, side: int) -> None:
            super().__init__()
            self.side = side

    def action_top(self) -> None:
        """The first line of all."""
        self.post_message(self.Ends(-1))

    def action_bottom(self) -> None:
        """The last line of all."""
        self.post_message(self.Ends(1))

    def key_of(self, item: LogLine) -> Hashable:
        """Time, file and offset."""
        return item.key

    def stamp_of(self, item: LogLine) -> Hashable:  # noqa: ARG002
        """A stored line never changes; the look does."""
        return self.look

    def draw(self, item: LogLine, width: int, *, selected: bool) -> Line:  # noqa: ARG002
        """Time, level, where, message."""
        return logs.row(item, self.look, width)
