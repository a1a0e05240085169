"""What the views may ask of the collection behind the screen, and nothing more.

Answers are frozen data. The screen calls a desk from one thread at a time, never from its own;
whoever offers one (the engine's process, or later another over a socket) can be looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from console.alerts.alert import Alert
    from console.engine.snapshot import ModelPane
    from console.engine.views.column import ColumnAnswer
    from console.engine.views.compare import CompareAnswer, Side
    from console.engine.views.model import ModelAnswer
    from console.engine.views.query import QueryAnswer
    from console.engine.views.sources import SourcesAnswer
    from console.engine.views.templates import TemplateFigure
    from console.engine.views.timeline import TimelineAnswer
    from console.sources.leftout import LeftOut
    from console.store.pages import LogPage, LogQuery
    from console.store.rawrows import CellQuery, RawRow

LogKey = tuple[float, int, int]
"""`LogLine.key`: time, file, byte offset."""
Span = tuple[float, float]
"""Half open, epoch seconds."""


class Desk(Protocol):
    """Answers questions, one after the other."""

    # Log lines

    def logs_newest(self, query: LogQuery, limit: int, /) -> LogPage:
        """The last `limit` lines that match."""
        ...

    def logs_before(self, query: LogQuery, key: LogKey, limit: int, /) -> LogPage:
        """The `limit` lines next before `key`."""
        ...

    def logs_after(self, query: LogQuery, key: LogKey, limit: int, /) -> LogPage:
        """The `limit` lines next after `key`."""
        ...

    def logs_around(self, query: LogQuery, ts: float, limit: int, /) -> LogPage:
        """About `limit` lines, half of them before `ts`."""
        ...

    def log_count(self, query: LogQuery, /) -> int:
        """How many lines match."""
        ...

    def templates(self, model: str | None, span: Span, /) -> tuple[TemplateFigure, ...]:
        """How often each log template came, the most frequent first; of all models for None."""
        ...

    # Models

    def panes_at(
        self, models: Sequence[ModelPane], alerts: Sequence[Alert], at: float, /
    ) -> tuple[ModelPane, ...]:
        """The models as they stood at a time, in the order given."""
        ...

    def model(self, model: str, alerts: Sequence[Alert], span: Span, /) -> ModelAnswer:
        """One model over a span."""
        ...

    def column(self, model: str, column: tuple[str, str], span: Span, /) -> ColumnAnswer | None:
        """One column, of a name and role, over a span; None where there is no reference of it."""
        ...

    def column_rows(self, asked: CellQuery, span: Span, /) -> list[RawRow]:
        """The newest predictions whose column has such values."""
        ...

    def series_rows(self, series_id: int, span: Span, /) -> list[RawRow]:
        """The newest values of a series."""
        ...

    # Time

    def timeline(self, span: Span, parts: int, /) -> TimelineAnswer:
        """Versions, log levels and events of all models, in so many equal parts of the span."""
        ...

    # Comparing

    def sides(self, model: str, span: Span, /) -> list[Side]:
        """What a model could be compared by: its versions and segments."""
        ...

    def compare(self, left: Side, right: Side, /) -> CompareAnswer:
        """Two sides beside each other."""
        ...

    # Files

    def sources(self, span: Span, /) -> SourcesAnswer:
        """The followed files, what each costs, and what could cost less."""
        ...

    def left_out(self) -> tuple[LeftOut, ...]:
        """The files that are not followed, and why."""
        ...

    def reject_rows(self, file: str, /) -> list[RawRow]:
        """What could not be decoded of a file, the last first."""
        ...

    def raw_line(self, file: str, offset: int, /) -> str | None:
        """What the file holds at that byte now, up to the end of the line; None if it is gone."""
        ...

    # Queries

    def shape(self) -> Mapping[str, tuple[str, ...]]:
        """The views that a query may name, each with its columns."""
        ...

    def query(self, text: str, /) -> QueryAnswer:
        """The first rows of a SELECT; the store cannot be changed by it."""
        ...

    def export(self, text: str, target: str, /) -> int:
        """Writes the result of a SELECT to a new file; how many rows. Raises ValueError."""
        ...

    # Alerts

    def bundle(self, alert: Alert, target: str, /) -> str:
        """Builds the alert's bundle as a new folder, and returns it."""
        ...

    # The desk itself

    def interrupt(self) -> None:
        """Withdraws the question that another thread is waiting for; none is no matter."""
        ...

    def close(self) -> None:
        """Ends the question that is being answered and gives the desk back. Safe to repeat."""
        ...
