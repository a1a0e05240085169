"""Asks for one line of text."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from console.tui.present.line import Piece, piece
from console.tui.widgets.paint import PALETTE, OneLine


class Prompt(ModalScreen["str | None"]):
    """Gives the text, or None when it was left or is empty."""

    COMPONENT_CLASSES = PALETTE

    def __init__(self, title: str, first: str = "", hint: str = "") -> None:
        super().__init__()
        self._ask = title
        self._box = Input(first, placeholder=hint, compact=True, select_on_focus=False)
        self._hint = hint

    def compose(self) -> ComposeResult:
        """What is asked, the line, how to leave."""
        with Vertical(classes="box"):
            yield OneLine((piece(f" {self._ask}  ", "strong"), piece(self._hint, "dim")))
            yield self._box
            yield OneLine((Piece(" enter", "accent"), Piece(" does it · esc leaves", "dim")))

    def on_mount(self) -> None:
        """The line has the keys."""
        self._box.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Gives it."""
        event.stop()
        self.dismiss(event.value.strip() or None)

    def on_key(self, event: events.Key) -> None:
        """Esc leaves."""
        if event.key == "escape":
            event.stop()
            self.dismiss(None)
