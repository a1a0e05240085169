"""A row of the inbox: rank, severity, state, model, title, age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len

from console.tui.clean import clean
from console.tui.present.health import (
    SEVERITY_MARK,
    SEVERITY_WORD,
    STATE_MARK,
    STATE_WORD,
    at_rest,
    severity_role,
)
from console.tui.present.line import Line, Piece, fit
from console.tui.present.words import DASH, age

if TYPE_CHECKING:
    from console.alerts.alert import Alert

MODEL_MOST = 14
NARROW = 60


@dataclass(frozen=True, slots=True)
class InboxLayout:
    """Widths of the columns, the same for every row."""

    rank: int
    model: int
    """0 where every title names its model in its midst."""


def layout(alerts: Sequence[Alert]) -> InboxLayout:
    """Columns as wide as what they hold."""
    models = [
        cell_len(clean(alert.model))
        for alert in alerts
        if alert.model and (_tail(alert) or alert.model.casefold() not in alert.title.casefold())
    ]
    return InboxLayout(len(str(max(len(alerts), 1))), min(max(models, default=0), MODEL_MOST))


def _tail(alert: Alert) -> str:
    """The end of a title that only names the model."""
    tail = f" · {alert.model}"
    return tail if alert.title.endswith(tail) else ""


def row(alert: Alert, of: InboxLayout, *, now: float, width: int, marked: bool = False) -> Line:
    """One alert in one row; what is at rest is dim and says in which state."""
    rest = at_rest(alert)
    role = severity_role(alert)
    mark = SEVERITY_MARK[alert.severity]
    pieces = [
        Piece("▌", "accent") if marked else Piece(" ", "dim"),
        Piece(f"{fit(str(alert.rank) if alert.rank else DASH, of.rank, right=True)} ", "dim"),
        Piece(f"{mark} ", role),
    ]
    if width >= NARROW:
        pieces.append(Piece(f"{SEVERITY_WORD[alert.severity]} ", role))
    pieces.append(Piece(STATE_MARK[alert.state] + " ", "dim" if rest else "ok"))
    if of.model:
        pieces.append(Piece(fit(alert.model or "", of.model) + " ", "dim"))
    tail = age(now - alert.started_at)
    if rest and width >= NARROW:
        tail = f"{STATE_WORD[alert.state]} {tail:>3}"
    left = width - sum(cell_len(part.text) for part in pieces) - len(tail) - 2
    told = alert.title.removesuffix(_tail(alert)) if of.model else alert.title
    title = fit(told, max(left, 0))
    pieces.append(Piece(title, "dim" if rest else "text"))
    pieces.append(Piece(f" {tail} ", "dim"))
    return tuple(pieces)


def matches(alert: Alert, text: str) -> bool:
    """Whether the filter finds its text in title, model, stage, severity, state or series."""
    wanted = text.casefold().split()
    parts = (alert.title, alert.model, alert.stage, alert.severity, alert.state, alert.series)
    inside = " ".join(part for part in parts if part).casefold()
    return all(word in inside for word in wanted)
