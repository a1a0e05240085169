"""Lines to read: wrapped to the width, scrolled with the keys of every list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest

from textual import events
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from console.tui.present.line import Line
from console.tui.widgets.paint import Paints

Writer = Callable[[int], Sequence[Line]]
"""The lines for a width in cells."""


class Document(Paints, ScrollView, can_focus=True):
    """Shows what a writer writes for the width that there is."""

    DEFAULT_CSS = """
    Document {
        height: 1fr; scrollbar-size-vertical: 1; scrollbar-gutter: stable;
        overflow-x: hidden; overflow-y: auto;
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._writer: Writer | None = None
        self._lines: Sequence[Line] = ()
        self._width = 0

    @property
    def lines(self) -> Sequence[Line]:
        """What is shown."""
        return self._lines

    def show(self, writer: Writer, *, from_top: bool) -> None:
        """Shows another text, from its first line or from where the reader is."""
        self._writer = writer
        self._write()
        if from_top:
            self.scroll_to(y=0, animate=False, immediate=True, force=True)

    def _write(self) -> None:
        self._width = self.scrollable_content_region.width
        if self._writer is not None and self._width > 0:
            before, self._lines = self._lines, self._writer(self._width)
            self.virtual_size = Size(0, len(self._lines))
            self._refresh_changed(before)

    def _refresh_changed(self, before: Sequence[Line]) -> None:
        """Has those lines of the screen painted that are not what they were."""
        top, height = self.scroll_offset.y, self.size.height
        was, now = before[top : top + height], self._lines[top : top + height]
        changed = [
            y for y, (one, other) in enumerate(zip_longest(was, now, fillvalue=())) if one != other
        ]
        if len(changed) > height // 2:
            self.refresh()
        else:
            for y in changed:
                self.refresh(Region(0, y, self.size.width, 1))

    def on_resize(self, event: events.Resize) -> None:  # noqa: ARG002
        """Wraps anew."""
        if self.scrollable_content_region.width != self._width:
            self._write()

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        place = self.scroll_offset.y + y
        line = self._lines[place] if place < len(self._lines) else ()
        return self.paint(line, self.scrollable_content_region.width)

    def _scroll(self, y: int) -> None:
        self.scroll_to(y=max(y, 0), animate=False, immediate=True, force=True)

    def action_down(self) -> None:
        """One line on."""
        self._scroll(self.scroll_offset.y + 1)

    def action_up(self) -> None:
        """One line back."""
        self._scroll(self.scroll_offset.y - 1)

    def action_top(self) -> None:
        """The first line."""
        self._scroll(0)

    def action_bottom(self) -> None:
        """The last line."""
        self._scroll(len(self._lines))

    def action_half(self, direction: int) -> None:
        """Half a page on or back."""
        self._scroll(self.scroll_offset.y + direction * max(self.size.height // 2, 1))
