"""Asks for a time to go to."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from console.tui.present.line import Piece, piece
from console.tui.present.moment import EXAMPLES, parse_moment
from console.tui.present.words import Calendar
from console.tui.widgets.paint import PALETTE, OneLine


class GoTo(ModalScreen[tuple[float | None] | None]):
    """Gives the time, (None,) for now, or None when it was left."""

    COMPONENT_CLASSES = PALETTE

    def __init__(self, now: float, calendar: Calendar) -> None:
        super().__init__()
        self._now, self._calendar = now, calendar
        self._note = OneLine((Piece(" enter goes · esc leaves", "dim"),))

    def compose(self) -> ComposeResult:
        """A line to type in, and what can be typed."""
        with Vertical(classes="box"):
            yield OneLine((Piece(" Go to time  ", "strong"), Piece(self._calendar.name, "dim")))
            yield Input(compact=True, placeholder=EXAMPLES)
            yield self._note

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """There, or what was wrong."""
        event.stop()
        try:
            self.dismiss((parse_moment(event.value, self._now, self._calendar),))
        except ValueError as error:
            self._note.show((piece(f" {error}", "warning"),))

    def on_key(self, event: events.Key) -> None:
        """Esc leaves."""
        if event.key == "escape":
            event.stop()
            self.dismiss(None)
