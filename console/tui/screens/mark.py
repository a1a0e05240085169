"""Asks what happened: the type, title, scope and time of an event that is marked by hand."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from console.engine.marking import Mark
from console.tui.present.line import Piece, piece
from console.tui.present.moment import parse_moment
from console.tui.present.words import Calendar
from console.tui.widgets.paint import PALETTE, OneLine

TYPES = "deploy, retrain, data_import, campaign, config, incident, or your own"
FIELDS = (
    ("type", TYPES),
    ("title", "what happened, in a few words"),
    ("model", "empty: it concerns every model"),
    ("from", "13:20 · -2h · 2026-11-22 13:20"),
    ("to", "empty: it does not last"),
)


class MarkScreen(ModalScreen["Mark | None"]):
    """Gives the mark, or None when it was left."""

    COMPONENT_CLASSES = PALETTE

    def __init__(self, at: float, model: str | None, now: float, calendar: Calendar) -> None:
        super().__init__()
        self._now, self._calendar = now, calendar
        first = {"model": model or "", "from": calendar.exact(at)[:19]}
        self._boxes = {
            name: Input(first.get(name, ""), placeholder=hint, compact=True, id=f"mark-{name}")
            for name, hint in FIELDS
        }
        self._note = OneLine((Piece(" tab goes on · enter marks · esc leaves", "dim"),))

    def compose(self) -> ComposeResult:
        """A line for each."""
        with Vertical(classes="box"):
            yield OneLine((Piece(" Mark an event  ", "strong"), Piece(self._calendar.name, "dim")))
            for name, box in self._boxes.items():
                with Horizontal(classes="field"):
                    yield Static(f" {name:<6}", markup=False)
                    yield box
            yield self._note

    def on_mount(self) -> None:
        """The type comes first."""
        self._boxes["type"].focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Marks it, or says what is missing."""
        event.stop()
        try:
            self.dismiss(self._mark())
        except ValueError as error:
            self._note.show((piece(f" {error}", "warning"),))

    def _mark(self) -> Mark:
        texts = {name: box.value.strip() for name, box in self._boxes.items()}
        for name in ("type", "title"):
            if not texts[name]:
                self._boxes[name].focus()
                raise ValueError(f"give a {name}")
        start = parse_moment(texts["from"], self._now, self._calendar)
        end = parse_moment(texts["to"], self._now, self._calendar) if texts["to"] else None
        begun = self._now if start is None else start
        if end is not None and end < begun:
            raise ValueError("it ends before it begins")
        return Mark(texts["type"], texts["title"], begun, end, texts["model"] or None)

    def on_key(self, event: events.Key) -> None:
        """Esc leaves; up and down go from line to line."""
        if event.key == "escape":
            event.stop()
            self.dismiss(None)
        elif event.key in ("down", "up"):
            event.stop()
            (self.focus_next if event.key == "down" else self.focus_previous)()
