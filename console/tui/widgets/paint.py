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

    _own: Style | None = None
    _in_role: dict[Role, Style] | None = None

    def notify_style_update(self) -> None:
        """A theme or a focus changed: the colours are worked out again."""
        super().notify_style_update()
        self._own = self._in_role = None

    def role_style(self, role: Role) -> Style:
        """What a role adds to the style of the row."""
        return self.screen.get_component_rich_style(f"role--{role}", partial=True)

    def _coloured(self, role: Role) -> Style:
        """The widget's own style in a role; working it out walks up all that it lies in."""
        if self._own is None or self._in_role is None:
            self._own, self._in_role = self.rich_style, {}
        style = self._in_role.get(role)
        if style is None:
            style = self._in_role[role] = self._own + self.role_style(role)
        return style

    def paint(self, line: Line, width: int, base: Style | None = None) -> Strip:
        """A strip of exactly `width` cells; `base` is the row's own style.

        A reversed row (the cursor of a terminal's own colours) is left in one piece.
        """
        if base is None:
            segments = [
                Segment(clean(part.text), self._coloured(part.role)) for part in crop(line, width)
            ]
            return Strip(segments).adjust_cell_length(width, self._own or self.rich_style)
        segments = [
            Segment(clean(part.text), base if base.reverse else base + self.role_style(part.role))
            for part in crop(line, width)
        ]
        return Strip(segments).adjust_cell_length(width, base)


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
