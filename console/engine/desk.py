"""Answers what the screen asks, as frozen data: pages of log lines, rows, and whole views.

A desk has a cursor of its own and is used by one thread at a time. It is the one way by which the
screen reads: another process could answer the same questions over a socket.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from console.engine.views.column import ColumnAnswer, ColumnKey, column_answer
from console.engine.views.compare import CompareAnswer, Side, compare_answer, sides
from console.engine.views.model import ModelAnswer, model_answer
from console.engine.views.query import QueryAnswer, export, query_answer
from console.engine.views.sources import SourcesAnswer, sources_answer
from console.engine.views.templates import TemplateFigure, template_figures
from console.engine.views.timeline import TimelineAnswer, timeline_answer
from console.sources.rawline import raw_line
from console.store.rawrows import CellQuery, RawRow, Span

if TYPE_CHECKING:
    from console.alerts.alert import Alert
    from console.config.settings import Settings
    from console.engine.panes import Panes
    from console.engine.snapshot import ModelPane
    from console.sources.leftout import LeftOut
    from console.stats.pinning import References
    from console.store.logpages import LogKey
    from console.store.pages import LogPage, LogQuery
    from console.store.reader import Reader

ROWS = 500
"""Most rows behind one number that are shown."""


class Desk:
    """Every question raises StoreError if the store cannot answer or the question was withdrawn."""

    def __init__(
        self,
        reader: Reader,
        references: References,
        panes: Panes,
        settings: Settings,
        left_out: Callable[[], tuple[LeftOut, ...]],
    ) -> None:
        """`left_out` tells what is not followed; it may be called from any thread."""
        self._reader = reader
        self._settings = settings
        self._references = references
        self._panes = panes
        self._left_out = left_out

    # Log lines

    def logs_newest(self, query: LogQuery, limit: int) -> LogPage:
        """The last `limit` lines that match."""
        return self._reader.logs_newest(query, limit)

    def logs_before(self, query: LogQuery, key: LogKey, limit: int) -> LogPage:
        """The `limit` lines next before `key`."""
        return self._reader.logs_before(query, key, limit)

    def logs_after(self, query: LogQuery, key: LogKey, limit: int) -> LogPage:
        """The `limit` lines next after `key`."""
        return self._reader.logs_after(query, key, limit)

    def logs_around(self, query: LogQuery, ts: float, limit: int) -> LogPage:
        """About `limit` lines, half of them before `ts`."""
        return self._reader.logs_around(query, ts, limit)

    def log_count(self, query: LogQuery) -> int:
        """How many lines match."""
        return self._reader.log_count(query)

    def templates(self, model: str | None, span: Span) -> tuple[TemplateFigure, ...]:
        """How often each log template came, the most frequent first; of all models for None."""
        return template_figures(self._reader, model, span)

    # Models

    def panes_at(
        self, models: Sequence[ModelPane], alerts: Sequence[Alert], at: float
    ) -> tuple[ModelPane, ...]:
        """The models as they stood at a time, in the order given."""
        return self._panes.at(self._reader, models, alerts, at)

    def model(self, model: str, alerts: Sequence[Alert], span: Span) -> ModelAnswer:
        """One model over a span."""
        width = self._settings.prediction_window_s
        return model_answer(self._reader, self._references, alerts, model, span, window_s=width)

    def column(self, model: str, column: ColumnKey, span: Span) -> ColumnAnswer | None:
        """One column over a span; None where the model has no reference of it."""
        return column_answer(self._reader, self._references, model, column, span)

    def column_rows(self, asked: CellQuery, span: Span) -> list[RawRow]:
        """The newest predictions whose column has such values."""
        return self._reader.raw_predictions(asked, span, ROWS)

    def series_rows(self, series_id: int, span: Span) -> list[RawRow]:
        """The newest values of a series."""
        return self._reader.raw_metrics(series_id, span, ROWS)

    # Time

    def timeline(self, span: Span, parts: int) -> TimelineAnswer:
        """Versions, log levels and events of all models, in so many equal parts of the span."""
        return timeline_answer(self._reader, span, parts)

    # Comparing

    def sides(self, model: str, span: Span) -> list[Side]:
        """What a model could be compared by: its versions and segments."""
        return sides(self._reader, model, *span)

    def compare(self, left: Side, right: Side) -> CompareAnswer:
        """Two sides beside each other."""
        return compare_answer(self._reader, self._references, left, right)

    # Files

    def sources(self, span: Span) -> SourcesAnswer:
        """The followed files, what each costs, and what could cost less."""
        return sources_answer(self._reader, span)

    def left_out(self) -> tuple[LeftOut, ...]:
        """The files that are not followed, and why."""
        return self._left_out()

    def reject_rows(self, file: str) -> list[RawRow]:
        """What could not be decoded of a file, the last first."""
        return self._reader.reject_rows(file, ROWS)

    def raw_line(self, file: str, offset: int) -> str | None:
        """What the file holds at that byte now, up to the end of the line; None if it is gone."""
        return raw_line(Path(file), offset)

    # Queries

    def shape(self) -> Mapping[str, tuple[str, ...]]:
        """The views that a query may name, each with its columns."""
        return self._reader.shape()

    def query(self, text: str) -> QueryAnswer:
        """The first rows of a SELECT; the store cannot be changed by it."""
        return query_answer(self._reader, text)

    def export(self, text: str, target: str) -> int:
        """Writes the result of a SELECT to a new file; how many rows. Raises ValueError."""
        return export(self._reader, text, Path(target))

    # Alerts

    def bundle(self, alert: Alert, target: str) -> str:
        """Builds the alert's bundle as a new folder, and returns that."""
        from console.bundle.build import build

        return str(build(alert, self._reader, Path(target), self._settings))

    # The desk itself

    def interrupt(self) -> None:
        """Withdraws the question that another thread is waiting for; none is no matter."""
        self._reader.interrupt()

    def close(self) -> None:
        """Ends the question that is being answered and gives the cursor back. Safe to repeat."""
        self._reader.close()
