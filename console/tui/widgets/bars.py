"""The bars: headings of panes, the footer of keys, the line of a filter."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.cells import cell_len
from textual import events
from textual.containers import Horizontal
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip
from textual.timer import Timer
from textual.widgets import Input, Static

from console.tui.present.line import Line, Piece, cells, crop, piece, spread
from console.tui.widgets.paint import OneLine, Paints

LABEL = re.compile(r"\S+(?: \S+)*")
ALWAYS = ("?", "q")
"""Keys that the footer never drops."""


class Heading(Paints):
    """The rule above a pane: its digit and name, a note, and what stands above its columns."""

    DEFAULT_CSS = "Heading { height: 1; }"

    active: var[bool] = var(bool)
    """Whether its pane has the focus."""

    def __init__(self, digit: str, name: str, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._digit, self._title = digit, name
        self._note: Line = ()
        self._over = ""

    def show(self, note: Line = (), *, over: str = "") -> None:
        """A note beside the name; `over` is drawn above the columns, as far as it is free."""
        if (note, over) != (self._note, self._over):
            self._note, self._over = note, over
            self.refresh()

    def watch_active(self) -> None:
        """The pane that has the focus stands out."""
        self.refresh()

    @property
    def line(self) -> Line:
        """The whole rule."""
        width = self.size.width
        name = f"{self._digit} {self._title}".strip()
        left: Line = (
            Piece("─ ", "accent" if self.active else "dim"),
            Piece(name, "accent" if self.active else "strong"),
            *((Piece(" "), *self._note) if self._note else ()),
            Piece(" "),
        )
        left = crop(left, width)
        return (*left, *_rule(self._over, cells(left), width))

    def render_line(self, y: int) -> Strip:
        """The rule in the width that there is."""
        return self.paint(self.line if y == 0 else (), self.size.width)

    def on_click(self) -> None:
        """A click gives the pane the focus."""
        self.post_message(self.Clicked(self))

    class Clicked(Message):
        """The heading was clicked."""

        def __init__(self, heading: Heading) -> None:
            super().__init__()
            self.heading = heading


def _rule(over: str, start: int, width: int) -> list[Piece]:
    """From `start` on: the words of `over` at their own cells, a rule between them."""
    pieces: list[Piece] = []
    place = start
    for found in LABEL.finditer(over):
        word, at = found[0], cell_len(over[: found.start()])
        if at > place and at + cell_len(word) < width:
            pieces += [Piece("─" * (at - place - 1) + f" {word} ", "dim")]
            place = at + cell_len(word) + 1
    pieces.append(Piece("─" * max(width - place, 0), "dim"))
    return pieces


class Footer(OneLine):
    """The keys that work now, as many as there is room for; or what was just done."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._keys: Sequence[tuple[str, str]] = ()
        self._said: Line = ()
        self._timer: Timer | None = None

    def keys(self, keys: Sequence[tuple[str, str]]) -> None:
        """Shows other keys."""
        self._keys = keys
        self._draw(self.size.width)

    def say(self, line: Line, seconds: float) -> None:
        """Shows a line in place of the keys for a while."""
        self._said = line
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(seconds, self.hush)
        self._draw(self.size.width)

    def hush(self) -> None:
        """The keys again."""
        self._said = ()
        self._draw(self.size.width)

    def on_resize(self, event: events.Resize) -> None:
        """As many as fit now."""
        self._draw(event.size.width)

    def _draw(self, width: int) -> None:
        keys = [entry for entry in self._keys if entry[0] in ALWAYS] if self._said else self._keys
        line = footer_line(keys, width)
        self.show(spread((Piece(" "), *self._said), line, width) if self._said else line)


def footer_line(keys: Sequence[tuple[str, str]], width: int) -> Line:
    """Key and word, two cells apart, the most wanted kept."""
    always = [entry for entry in keys if entry[0] in ALWAYS]
    others = [entry for entry in keys if entry[0] not in ALWAYS]
    left = width - 1 - sum(_cells(entry) for entry in always)
    shown = []
    for entry in others:
        if _cells(entry) > left:
            break
        shown.append(entry)
        left -= _cells(entry)
    pieces: list[Piece] = [Piece(" ")]
    for key, word in [*shown, *always]:
        pieces += [Piece(key, "accent"), Piece(f" {word}  ", "dim")]
    return tuple(pieces)


def _cells(entry: tuple[str, str]) -> int:
    return cell_len(entry[0]) + cell_len(entry[1]) + 3


class FilterBar(Horizontal):
    """One line to type a filter into; hidden until it is asked for."""

    DEFAULT_CSS = """
    FilterBar { height: 1; display: none; }
    FilterBar Static { width: auto; }
    FilterBar Input { border: none; height: 1; padding: 0; width: 1fr; background: transparent; }
    FilterBar Input:focus { border: none; }
    """

    class Changed(Message):
        """The text is another now."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Closed(Message):
        """Enter keeps the filter, Esc clears it."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self) -> None:
        super().__init__()
        self._box = Input(compact=True, select_on_focus=False)
        self._note = OneLine()
        self._filled = False

    def on_mount(self) -> None:
        """The first frame shows nothing of it, and does not wait for it."""
        self.call_after_refresh(self._fill)

    def _fill(self) -> None:
        """The slash, the text, the count."""
        if not self._filled:
            self._filled = True
            self.mount(Static(" / ", markup=False), self._box, self._note)

    def open(self, text: str) -> None:
        """Shows itself and takes the keys."""
        self._fill()
        self.display = True
        box = self._box
        with box.prevent(Input.Changed):
            box.value = text
        box.cursor_position = len(text)
        # Not `focus()`, which comes after the keys that are waiting: who types on types here.
        self.screen.set_focus(box)

    @property
    def is_open(self) -> bool:
        """Whether it takes the keys."""
        return bool(self.display)

    def note(self, text: str) -> None:
        """What the filter finds."""
        note = self._note
        note.styles.width = cell_len(text) + 1
        note.show((piece(text, "dim"),))

    def _close(self, text: str) -> None:
        self.display = False
        self.post_message(self.Closed(text))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Every letter counts."""
        event.stop()
        self.post_message(self.Changed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter keeps it."""
        event.stop()
        self._close(event.value)

    def on_key(self, event: events.Key) -> None:
        """Esc clears it; up and down keep it and go back to the list."""
        if event.key == "escape":
            event.stop()
            self._close("")
        elif event.key in ("up", "down", "tab"):
            event.stop()
            self._close(self._box.value)
