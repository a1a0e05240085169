"""Draws lines of roles as strips in the colours of the theme."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from console.tui.clean import clean
from console.tui.present.line import ROLES, Line, Role, crop

CURSOR = "row--cursor"
CURSOR_AWAY = "row--cursor-away"
PALETTE = {f"role--{role}" for role in ROLES} | {CURSOR, CURSOR_AWAY}
"""Component classes of every screen: one set for all its widgets, since Textual works each of them
out again for every widget that has them."""


class Paints(Widget):
    """A widget that draws `Line`s in the colours that its screen's `PALETTE` gives to roles."""

    def role_style(self, role: Role) -> Style:
        """What a role adds to the style of the row."""
        return self.screen.get_component_rich_style(f"role--{role}", partial=True)

    def paint(self, line: Line, width: int, base: Style | None = None) -> Strip:
        """A strip of exactly `width` cells; `base` is the row's own style.

        A reversed row (the cursor of a terminal's own colours) is left in one piece.
        """
        row = self.rich_style if base is None else base
        segments = [
            Segment(clean(part.text), row if row.reverse else row + self.role_style(part.role))
            for part in crop(line, width)
        ]
        return Strip(segments).adjust_cell_length(width, row)


class OneLine(Paints):
    """One line that is told to it."""

    DEFAULT_CSS = "OneLine { height: 1; }"

    def __init__(self, line: Line = (), *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._line = line

    @property
    def line(self) -> Line:
        """What it shows."""
        return self._line

    def show(self, line: Line) -> None:
        """Draws another line."""
        if line != self._line:
            self._line = line
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line in the width that there is."""
        return self.paint(self._line if y == 0 else (), self.size.width)
