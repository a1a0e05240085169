"""A small choice of one key: how long to snooze, why it is resolved."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen

from console.records.clock import DAY, HOUR
from console.tui.present.line import Line, Piece, fit, piece
from console.tui.present.words import Calendar
from console.tui.widgets.paint import PALETTE, OneLine
from console.tui.widgets.rows import Rows

MORNING = 9


@dataclass(frozen=True)
class Choice:
    """One row: its key, what it says, and what the act is told."""

    key: str
    text: str
    note: str = ""
    args: Mapping[str, str | float] = field(default_factory=dict)


def snoozes(now: float, calendar: Calendar, event_end: float | None = None) -> list[Choice]:
    """For how long; without an end it comes back when it gets worse.

    `event_end` is the end of an event that is still on, and concerns the alert.
    """
    today = calendar.moment(now).replace(hour=MORNING, minute=0, second=0, microsecond=0)
    morning = today.timestamp() + (DAY if today.timestamp() <= now else 0.0)
    tomorrow = morning if morning - now > 4 * HOUR else morning + DAY
    ending = []
    if event_end is not None and event_end > now:
        until = f"until {calendar.near(event_end, now)}"
        ending = [Choice("e", "event ends", until, {"until": event_end})]
    return [
        Choice("1", "1 hour", f"until {calendar.minute(now + HOUR)}", {"until": now + HOUR}),
        Choice(
            "4", "4 hours", f"until {calendar.minute(now + 4 * HOUR)}", {"until": now + 4 * HOUR}
        ),
        Choice("t", "tomorrow", f"until {calendar.near(tomorrow, now)}", {"until": tomorrow}),
        Choice("w", "until worse", "until its severity rises or it comes back"),
        *ending,
    ]


def resolutions() -> list[Choice]:
    """Why it is over; the answer teaches the rank."""
    return [
        Choice("f", "fixed", "it was real, and is mended", {"reason": "fixed"}),
        Choice("e", "expected", "it was real, and meant to be so", {"reason": "expected"}),
        Choice("a", "false alarm", "it was never real", {"reason": "false_alarm"}),
    ]


class ChoiceRows(Rows[Choice]):
    """The rows of a choice."""

    BINDINGS = [  # noqa: RUF012
        Binding("j,down", "down", show=False),
        Binding("k,up", "up", show=False),
    ]

    cells_of_text = 11
    """Cells that the words take, the same for every row."""

    def key_of(self, item: Choice) -> Hashable:
        """Its key."""
        return item.key

    def stamp_of(self, item: Choice) -> Hashable:
        """Its words."""
        return item.text, item.note

    def draw(self, item: Choice, width: int, *, selected: bool) -> Line:  # noqa: ARG002
        """Key, words, note."""
        return (
            Piece(f"  {item.key}  ", "accent"),
            piece(fit(item.text, self.cells_of_text)),
            Piece("  "),
            piece(item.note, "dim"),
        )


class Choose(ModalScreen[Choice | None]):
    """Asks; one key answers, Esc does not."""

    COMPONENT_CLASSES = PALETTE

    BINDINGS = [  # noqa: RUF012
        Binding("escape,q", "dismiss(None)", show=False),
        Binding("enter", "pick", show=False),
    ]

    def __init__(
        self, title: str, about: str, choices: Sequence[Choice], *, below: Sequence[str] = ()
    ) -> None:
        super().__init__()
        self._below = below
        self._title, self._about = title, about
        self._choices = choices
        self._rows = ChoiceRows()

    def compose(self) -> ComposeResult:
        """Title, what it is about, the choices, how to leave."""
        with Vertical(classes="box"):
            yield OneLine((Piece(f" {self._title}  ", "strong"), piece(self._about, "dim")))
            yield self._rows
            for text in self._below:
                yield OneLine((piece(f"   {text}", "dim"),))
            yield OneLine((Piece(" esc", "accent"), Piece(" leaves it as it is", "dim")))

    def on_mount(self) -> None:
        """The first choice is under the cursor."""
        rows = self._rows
        rows.styles.height = len(self._choices)
        rows.cells_of_text = max([11, *(cell_len(choice.text) for choice in self._choices)])
        rows.show(self._choices)
        rows.focus()

    def on_key(self, event: events.Key) -> None:
        """Its own letter picks a choice."""
        for choice in self._choices:
            if event.character == choice.key:
                event.stop()
                self.dismiss(choice)

    def action_pick(self) -> None:
        """The choice under the cursor."""
        self.dismiss(self._rows.selected)

    def on_rows_chosen(self) -> None:
        """A second click picks."""
        self.action_pick()
