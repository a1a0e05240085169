"""The one list of the console: virtualised, drawn line by line, its cursor tied to a row's key.

The cost of a frame is that of the rows on the screen that changed. Strips are kept by row, stamp,
selection and width; a change of theme drops them.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, Generic, TypeVar

from rich.style import Style
from textual import events
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from console.tui.present.line import Line
from console.tui.widgets.paint import CURSOR, CURSOR_AWAY, Paints

RowT = TypeVar("RowT")
Look = tuple[Any, ...]
"""Width, whether under the cursor, whether that has the keys; then key and stamp of the row."""
FRAME = 3


class Rows(Paints, ScrollView, Generic[RowT], can_focus=True):
    """A list of rows, one line each. Subclasses say what a row's key and picture are."""

    DEFAULT_CSS = """
    Rows {
        height: 1fr; scrollbar-size-vertical: 1; scrollbar-gutter: stable;
        overflow-x: hidden; overflow-y: auto;
    }
    """

    class Moved(Message):
        """The cursor lies on another row, by the user's hand or because the rows changed."""

        def __init__(self, rows: Rows[Any], *, by_user: bool) -> None:
            super().__init__()
            self.rows = rows
            self.by_user = by_user

        @property
        def control(self) -> Rows[Any]:
            """The list."""
            return self.rows

    class Scrolled(Message):
        """Other rows can be seen."""

        def __init__(self, rows: Rows[Any]) -> None:
            super().__init__()
            self.rows = rows

    class Chosen(Message):
        """The row under the cursor was clicked again: drill."""

        def __init__(self, rows: Rows[Any]) -> None:
            super().__init__()
            self.rows = rows

        @property
        def control(self) -> Rows[Any]:
            """The list."""
            return self.rows

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._items: Sequence[RowT] = ()
        self._keys: list[Hashable] = []
        self._index: dict[Hashable, int] = {}
        self._cursor = 0
        self._strips: LRUCache[Look, tuple[Line, Strip]] = LRUCache(2048)
        self._painted: dict[int, Look] = {}
        """What each line of the screen was last painted from."""
        self._empty: Sequence[Line] = ()

    # What a subclass says of its rows

    def key_of(self, item: RowT) -> Hashable:
        """What the row is, whatever it looks like."""
        raise NotImplementedError

    def stamp_of(self, item: RowT) -> Hashable:
        """All that its picture depends on, beside selection, width and theme."""
        raise NotImplementedError

    def draw(self, item: RowT, width: int, *, selected: bool) -> Line:
        """The row's picture."""
        raise NotImplementedError

    # Rows and cursor

    @property
    def items(self) -> Sequence[RowT]:
        """The rows, in the order of the screen."""
        return self._items

    @property
    def cursor(self) -> int:
        """Index of the row under the cursor; 0 for an empty list."""
        return self._cursor

    @property
    def selected(self) -> RowT | None:
        """The row under the cursor."""
        return self._items[self._cursor] if self._items else None

    def show(self, items: Sequence[RowT], *, empty: Sequence[Line] = ()) -> None:
        """Puts other rows in place; the cursor stays on its key, at its height on the screen.

        If the key is gone, the cursor goes to the nearest neighbour that is still there.
        """
        before_key = self._keys[self._cursor] if self._keys else None
        anchor, height = self._anchor()
        keys = [self.key_of(item) for item in items]
        index = {key: place for place, key in enumerate(keys)}
        place = self._place(index, len(keys))
        self._items, self._keys, self._index, self._empty = items, keys, index, empty
        self._cursor = place
        self.virtual_size = Size(0, len(items))
        if keys:
            self._keep_height(index.get(anchor, place), height)
        self.refresh_changed()
        if (keys[place] if keys else None) != before_key:
            self.post_message(self.Moved(self, by_user=False))

    def _anchor(self) -> tuple[Hashable, int]:
        """The row that must not move on the screen, and its height.

        The cursor's, or the topmost one when the cursor is off the screen.
        """
        top = self.scroll_offset.y
        if not self._keys:
            return None, 0
        if top <= self._cursor < top + max(self.size.height, 1):
            return self._keys[self._cursor], self._cursor - top
        return self._keys[min(top, len(self._keys) - 1)], 0

    def _place(self, index: dict[Hashable, int], length: int) -> int:
        if not self._keys or not length:
            return 0
        here = self._cursor
        for distance in range(len(self._keys)):
            for old in (here + distance, here - distance):
                if 0 <= old < len(self._keys) and self._keys[old] in index:
                    return index[self._keys[old]]
        return min(here, length - 1)

    def _keep_height(self, place: int, height: int) -> None:
        top = max(min(place - height, len(self._items) - self.size.height), 0)
        if top != self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, immediate=True, force=True)

    def move_to(self, place: int, *, by_user: bool = True) -> None:
        """Puts the cursor on a row, brought onto the screen."""
        if not self._items:
            return
        place = max(0, min(place, len(self._items) - 1))
        moved = place != self._cursor
        self._cursor = place
        self.scroll_to_cursor()
        if moved:
            self.refresh_changed()
            self.post_message(self.Moved(self, by_user=by_user))

    def place_at(self, key: Hashable, height: int) -> None:
        """Puts the cursor on the row of that key, and the row at that height of the screen."""
        if key in self._index:
            self.move_to(self._index[key], by_user=False)
            self._keep_height(self._index[key], height)

    def move_to_key(self, key: Hashable) -> bool:
        """Puts the cursor on the row of that key, if it is there."""
        if key not in self._index:
            return False
        self.move_to(self._index[key], by_user=False)
        return True

    def scroll_to_cursor(self) -> None:
        """Brings the row under the cursor onto the screen."""
        self.scroll_to_region(
            Region(0, self._cursor, 1, 1), animate=False, immediate=True, force=True
        )

    @property
    def on_screen(self) -> bool:
        """Whether the row under the cursor can be seen."""
        top = self.scroll_offset.y
        return bool(self._items) and self.display and top <= self._cursor < top + self.size.height

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Tells which rows can be seen now."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self.post_message(self.Scrolled(self))

    # Drawing

    def notify_style_update(self) -> None:
        """A theme or a focus changed: nothing drawn before holds."""
        super().notify_style_update()
        self._strips.clear()

    def refresh_changed(self) -> None:
        """Has those lines of the screen painted that look different now: mostly none, or two."""
        height = self.size.height
        changed = [y for y in range(height) if self._looks_different(y)]
        if len(changed) == height:
            self.refresh()
        else:
            for y in changed:
                self.refresh(Region(0, y, self.size.width, 1))

    def _looks_different(self, y: int) -> bool:
        before, look = self._painted.get(y), self._look(y)
        if before == look:
            return False
        known = None if before is None else self._strips.get(before)
        if before is None or known is None or before[:FRAME] != look[:FRAME]:
            return True
        if known[0] != self._drawn(y, look)[0]:
            return True
        # Another time, or other columns, and yet the same picture.
        self._painted[y], self._strips[look] = look, known
        return False

    def render_line(self, y: int) -> Strip:
        """One row of the screen."""
        look = self._painted[y] = self._look(y)
        return self._drawn(y, look)[1]

    def _look(self, y: int) -> Look:
        """All that a line of the screen depends on, beside the theme: frame, key, stamp."""
        place, width = self.scroll_offset.y + y, self.scrollable_content_region.width
        if place >= len(self._items):
            blank = self._items or place >= len(self._empty)
            return (width, False, False, None, () if blank else self._empty[place])
        selected = place == self._cursor
        focused = selected and self.has_focus
        item = self._items[place]
        return (width, selected, focused, self._keys[place], self.stamp_of(item))

    def _drawn(self, y: int, look: Look) -> tuple[Line, Strip]:
        """The line and its strip, kept for the next time."""
        known = self._strips.get(look)
        if known is not None:
            return known
        place, (width, selected, focused) = self.scroll_offset.y + y, look[:FRAME]
        if place >= len(self._items):
            line: Line = look[-1]
            drawn = (line, self.paint(line, width))
        else:
            line = self.draw(self._items[place], width, selected=selected)
            base = self._row_style(focused=focused) if selected else None
            drawn = (line, self.paint(line, width, base))
        self._strips[look] = drawn
        return drawn

    def _row_style(self, *, focused: bool) -> Style:
        return self.screen.get_component_rich_style(CURSOR if focused else CURSOR_AWAY)

    # Keys and mouse

    def action_down(self) -> None:
        """The next row."""
        self.move_to(self._cursor + 1)

    def action_up(self) -> None:
        """The row above."""
        self.move_to(self._cursor - 1)

    def action_top(self) -> None:
        """The first row."""
        self.move_to(0)

    def action_bottom(self) -> None:
        """The last row."""
        self.move_to(len(self._items) - 1)

    def action_half(self, direction: int) -> None:
        """Half a screen down or up."""
        self.move_to(self._cursor + direction * max(self.size.height // 2, 1))

    def on_click(self, event: events.Click) -> None:
        """Selects the row; the row under the cursor is drilled into."""
        place = self.scroll_offset.y + event.y
        if not 0 <= place < len(self._items):
            return
        if place == self._cursor and event.chain > 1:
            self.post_message(self.Chosen(self))
        else:
            self.move_to(place)

    def on_focus(self) -> None:
        """The cursor takes its strong colour."""
        self.refresh()

    def on_blur(self) -> None:
        """And its weak one."""
        self.refresh()
