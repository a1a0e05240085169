"""Questions to the store, each answered from a cursor of the reader's own.

Spans are half open, [start, end), in epoch seconds; of a window it is the start that counts.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from console.records.clock import naive
from console.store import (
    answers,
    costs,
    courses,
    inputwindows,
    logpages,
    metricwindows,
    outbox,
    performances,
    query,
    rawrows,
    segmentwindows,
    windowrows,
)
from console.store.arrow import fetch
from console.store.errors import StoreError, told
from console.store.logpages import Conditions, LogKey
from console.store.memory import Memory
from console.store.outbox import StoredNotice
from console.store.pages import LogLine, LogPage, LogQuery, SourceRow
from console.store.rawrows import CellQuery, RawRow, Span
from console.store.views import BEST_FIRST
from console.store.windowrows import Take

if TYPE_CHECKING:
    import duckdb
    import polars as pl

_EVENT = (
    'ts, model, stage, version, tags, attributes, "offset", end_ts, type, title, id, planned,'
    " file_id"
)
_ADDED_LISTS = (
    "coalesce(list_reduce(list({0}), lambda one, other: list_transform(list_zip(one, other),"
    " lambda pair: coalesce(pair[1], 0) + coalesce(pair[2], 0))), []) AS {0}"
)
"""Sums of lists, cell by cell; the shorter ones count as zeros."""
_COLUMNS = f"""
SELECT model, stage, version, "column", role, kind, start, sum(n)::BIGINT AS n,
  sum(nulls)::BIGINT AS nulls, sum(unseen)::BIGINT AS unseen,
  list_sort(list_distinct(flatten(list(unseen_names))))[:20] AS unseen_names,
  sum(total) AS total, sum(squares) AS squares, min(low) AS low, max(high) AS high,
  {_ADDED_LISTS.format("counts")}
FROM window_columns WHERE model = $1 AND start >= $2 AND start < $3
GROUP BY ALL ORDER BY start, stage, version, "column", role, kind"""  # noqa: S608 - constants


class Reader:
    """Reads what is committed. Threads may share it, one question after the other.

    Every question raises StoreError if the store cannot answer, InterruptError if it was withdrawn.
    """

    def __init__(self, cursor: duckdb.DuckDBPyConnection, memory: Memory) -> None:
        """`Store.reader` makes one."""
        self._own = cursor
        self._memory = memory
        self._lock = threading.Lock()
        self._closed = False

    def logs_newest(self, query: LogQuery, limit: int) -> LogPage:
        """The last `limit` lines that match."""
        with self._cursor("read the logs") as cursor:
            return logpages.newest(cursor, query, limit)

    def logs_before(self, query: LogQuery, key: LogKey, limit: int) -> LogPage:
        """The `limit` lines next before `key`."""
        with self._cursor("read the logs") as cursor:
            return logpages.before(cursor, query, key, limit)

    def logs_after(self, query: LogQuery, key: LogKey, limit: int) -> LogPage:
        """The `limit` lines next after `key`."""
        with self._cursor("read the logs") as cursor:
            return logpages.after(cursor, query, key, limit)

    def logs_around(self, query: LogQuery, ts: float, limit: int) -> LogPage:
        """About `limit` lines, half of them before `ts`."""
        with self._cursor("read the logs") as cursor:
            return logpages.around(cursor, query, ts, limit)

    def log_count(self, query: LogQuery) -> int:
        """How many lines match."""
        with self._cursor("count the logs") as cursor:
            return logpages.count(cursor, query)

    def log_example(
        self, template_id: str, model: str | None, start: float, end: float
    ) -> LogLine | None:
        """The first line of the template in the span; of any model if `model` is None."""
        with self._cursor("read the logs") as cursor:
            asked = LogQuery(model=model, start=start, end=end)
            return logpages.example(cursor, template_id, asked)

    def template_counts(
        self, model: str | None, stage: str | None, start: float, end: float
    ) -> pl.DataFrame:
        """Lines by template, stage and level; None means any.

        Columns template_id, template, stage, level (String), n (Int64), first_ts (TIME, the start
        of the first window), the most frequent first.
        """
        conditions = Conditions()
        conditions.add("w.start >= {0} AND w.start < {1}", naive(start), naive(end))
        if model is not None:
            conditions.add("w.model = {0}", model)
        if stage is not None:
            conditions.add("w.stage = {0}", stage)
        with self._cursor("count the templates") as cursor:
            return fetch(
                cursor,
                "SELECT c.template_id, t.template, c.stage, c.level, c.n, c.first_ts FROM"  # noqa: S608 - values are parameters
                " (SELECT w.template_id, w.stage, w.level, sum(w.n)::BIGINT AS n,"
                f" min(w.start) AS first_ts FROM window_logs w{conditions.where} GROUP BY ALL) c"
                " LEFT JOIN template t USING (template_id)"
                " ORDER BY c.n DESC, c.template_id, c.stage, c.level",
                conditions.values,
            )

    def points(
        self, series_id: int, start: float, end: float, limit: int = 240
    ) -> list[tuple[float, float]]:
        """(start, mean) of a series' windows, oldest first, merged over versions.

        If there are more than `limit`, neighbours are merged into at most `limit` of equal width.
        """
        with self._cursor("read the points of a series") as cursor:
            found = fetch(
                cursor,
                "WITH w AS (SELECT epoch_us(start) AS ts, sum(total) AS total, sum(n) AS n"
                " FROM window_metrics WHERE series_id = $1 AND start >= $2 AND start < $3"
                " GROUP BY start),"
                " span AS (SELECT min(ts) AS lo, max(ts) - min(ts) + 1 AS width, count(*) AS many"
                " FROM w)"
                " SELECT min(w.ts) / 1e6 AS ts, sum(w.total) / sum(w.n) AS mean FROM w, span"
                " GROUP BY CASE WHEN many <= $4 THEN w.ts ELSE (w.ts - lo) * $4 // width END"
                " ORDER BY 1",
                [series_id, naive(start), naive(end), limit],
            )
            return list(found.iter_rows())

    def version_points(self, series_id: int, start: float, end: float) -> pl.DataFrame:
        """A series' windows by version, oldest first: version, start (TIME), mean (Float64)."""
        with self._cursor("read the points of a series by version") as cursor:
            return fetch(
                cursor,
                "SELECT version, start, sum(total) / sum(n) AS mean FROM window_metrics"
                " WHERE series_id = $1 AND start >= $2 AND start < $3 AND version IS NOT NULL"
                " GROUP BY ALL ORDER BY start, version",
                [series_id, naive(start), naive(end)],
            )

    def events(self, start: float, end: float, model: str | None = None) -> pl.DataFrame:
        """Marked events that meet the span, in order of time; of `model` and of no model.

        Columns `records.frames.EVENTS`, and `file_id`.
        """
        conditions = Conditions()
        conditions.add("ts < {0} AND coalesce(end_ts, ts) >= {1}", naive(end), naive(start))
        if model is not None:
            conditions.add("(model = {0} OR model IS NULL)", model)
        with self._cursor("read the events") as cursor:
            return fetch(
                cursor,
                f'SELECT {_EVENT} FROM event{conditions.where} ORDER BY ts, file_id, "offset"',  # noqa: S608 - values are parameters
                conditions.values,
            )

    def series(self, model: str | None = None) -> pl.DataFrame:
        """The series of a model, of every one if None: series_id, model, stage, name, tags."""
        with self._cursor("read the series") as cursor:
            return fetch(
                cursor,
                "SELECT series_id, model, stage, name, tags FROM series"
                " WHERE $1 IS NULL OR model = $1 ORDER BY model, stage, name, tags",
                [model],
            )

    def sources(self) -> list[SourceRow]:
        """What is known of every followed file, by path."""
        with self._cursor("read the sources") as cursor:
            found = fetch(
                cursor,
                'SELECT path, format, model, stage, "offset", size, rows, rejects'
                " FROM file ORDER BY path, file_id",
            )
            return [SourceRow(*row) for row in found.iter_rows()]

    def alerts(self) -> list[dict[str, Any]]:
        """The alerts as objects of contracts §4, as they were last written; best first."""
        with self._cursor("read the alerts") as cursor:
            found = fetch(cursor, f"SELECT i.alert FROM incident i ORDER BY {BEST_FIRST}")  # noqa: S608 - constant
            documents = [json.loads(text) for text in found["alert"]]
            return [{**alert, "rank": place} for place, alert in enumerate(documents, 1)]

    def notices(self, since: float) -> list[StoredNotice]:
        """What recipients are to be told, and were told from `since` on; oldest first."""
        with self._cursor("read the outbox") as cursor:
            return outbox.read(cursor, since)

    def column_windows(self, model: str, start: float, end: float) -> pl.DataFrame:
        """Summaries of features, predictions and scores by window: `stats.columns.CLOSED`."""
        with self._cursor("read the windows of columns") as cursor:
            return fetch(cursor, _COLUMNS, [model, naive(start), naive(end)])

    def performance_windows(self, model: str, start: float, end: float) -> pl.DataFrame:
        """Sums over labelled predictions by window: `stats.performance.CLOSED`."""
        with self._cursor("read the windows of performance") as cursor:
            return fetch(cursor, performances.ARRIVED, [model, naive(start), naive(end)])

    def realised_windows(self, model: str, start: float, end: float) -> pl.DataFrame:
        """The same for predictions made in the span: `stats.performance.CLOSED`."""
        with self._cursor("read the windows of performance") as cursor:
            return fetch(cursor, performances.REALISED, [model, naive(start), naive(end)])

    def estimated_windows(self, model: str, start: float, end: float) -> pl.DataFrame:
        """What was expected of the performance of windows: `stats.estimation.ESTIMATES`."""
        with self._cursor("read the estimates of performance") as cursor:
            return fetch(cursor, performances.ESTIMATED, [model, naive(start), naive(end)])

    def score_windows(self, model: str, start: float, end: float) -> pl.DataFrame:
        """Predictions by window and score: `stats.scores.CLOSED`."""
        with self._cursor("read the windows of scores") as cursor:
            return fetch(cursor, performances.SCORES, [model, naive(start), naive(end)])

    def confusion_windows(self, model: str, start: float, end: float) -> pl.DataFrame:
        """Labelled predictions made in the span, by class: `stats.confusion.CLOSED`."""
        with self._cursor("read the windows of classes") as cursor:
            return fetch(cursor, performances.CONFUSION, [model, naive(start), naive(end)])

    def sighting_windows(self, model: str, start: float, end: float) -> pl.DataFrame:
        """Which predictions were seen by window, to be merged: `stats.sightings.CLOSED`."""
        with self._cursor("read the windows of sightings") as cursor:
            return inputwindows.sightings(cursor, model, (start, end))

    def field_windows(self, model: str, start: float, end: float) -> pl.DataFrame:
        """Which fields predictions had by window: `stats.fields.CLOSED`."""
        with self._cursor("read the windows of fields") as cursor:
            return inputwindows.fields(cursor, model, (start, end))

    def segment_windows(
        self, model: str, start: float, end: float, *, late: bool = False
    ) -> pl.DataFrame:
        """Columns by segment, see `store.segmentwindows`."""
        with self._cursor("read the windows of segments") as cursor:
            return segmentwindows.columns(cursor, model, (start, end), late=late)

    def state(self, name: str) -> bytes | None:
        """A state of the engine as it was committed last; None if there is none."""
        with self._cursor("read a state") as cursor:
            found = fetch(cursor, "SELECT data FROM state WHERE name = $1", [name])
        return found["data"][0] if found.height else None

    def segment_names(self, model: str, start: float, end: float) -> list[tuple[str, str]]:
        """Tag and value of every segment that has predictions in the span."""
        with self._cursor("list the segments") as cursor:
            return segmentwindows.names(cursor, model, (start, end))

    def segment_performance(
        self, model: str, start: float, end: float, *, late: bool = False
    ) -> pl.DataFrame:
        """Labelled predictions by segment, see `store.segmentwindows`."""
        with self._cursor("read the performance of segments") as cursor:
            return segmentwindows.performance(cursor, model, (start, end), late=late)

    def volumes(self, model: str, start: float, end: float, width_s: float) -> pl.DataFrame:
        """Predictions by window of `width_s` seconds: start (TIME), n (Int64); none for none."""
        with self._cursor("count the predictions") as cursor:
            return fetch(
                cursor,
                "SELECT make_timestamp(epoch_us(ts) // $4 * $4) AS start, count(*) AS n"
                " FROM prediction WHERE model = $1 AND ts >= $2 AND ts < $3"
                " GROUP BY ALL ORDER BY 1",
                [model, naive(start), naive(end), round(width_s * 1e6)],
            )

    def courses(self, model: str | None, start: float, end: float, parts: int) -> pl.DataFrame:
        """Every series of a model over equal parts of the span: `store.courses.courses`."""
        with self._cursor("read the series of a model") as cursor:
            return courses.courses(cursor, model, start, end, parts)

    def level_counts(self, start: float, end: float, parts: int) -> pl.DataFrame:
        """Log lines of every model by level over equal parts: `store.courses.levels`."""
        with self._cursor("count the log levels") as cursor:
            return courses.levels(cursor, start, end, parts)

    def version_counts(self, start: float, end: float, parts: int) -> pl.DataFrame:
        """Records of every model by version over equal parts: `store.courses.versions`."""
        with self._cursor("read the versions") as cursor:
            return courses.versions(cursor, start, end, parts)

    def window_means(self, model: str | None, span: Span, version: str | None) -> pl.DataFrame:
        """The mean of every window of a model's series: `store.courses.means`."""
        with self._cursor("read the windows of a model") as cursor:
            return courses.means(cursor, model, span, version)

    def reject_rows(self, file: str, limit: int) -> list[RawRow]:
        """What could not be decoded of a file, the last first."""
        with self._cursor("read what could not be decoded") as cursor:
            return answers.rejects(cursor, file, limit)

    def shape(self) -> dict[str, tuple[str, ...]]:
        """The views that a query may name, each with its columns."""
        with self._cursor("read the views") as cursor:
            return answers.shape(cursor)

    def event_files(self) -> list[str]:
        """The files that marked events were read from, most events first."""
        with self._cursor("read the files of events") as cursor:
            found = fetch(
                cursor,
                "SELECT f.path FROM event e JOIN file f USING (file_id)"
                " GROUP BY f.path ORDER BY count(*) DESC, f.path",
            )
            return [str(path) for path in found["path"]]

    def raw_predictions(self, asked: CellQuery, span: Span, limit: int) -> list[RawRow]:
        """The newest predictions whose column has such a value: `store.rawrows.predictions`."""
        with self._cursor("read the predictions") as cursor:
            return rawrows.predictions(cursor, asked, span, limit)

    def raw_metrics(self, series_id: int, span: Span, limit: int) -> list[RawRow]:
        """The newest values of a series: `store.rawrows.metrics`."""
        with self._cursor("read the values of a series") as cursor:
            return rawrows.metrics(cursor, series_id, span, limit)

    def costs(self, start: float, end: float) -> costs.Account:
        """What was written in the span and what it takes, for `stats.costs` to judge."""
        with self._cursor("add up the costs") as cursor:
            return costs.account(cursor, start, end)

    def metric_deltas(self, name: str, after: float, until: float) -> pl.DataFrame:
        """Deltas of the metrics of one name, of windows that start in (after, until], none late.

        Columns `stats.windows.CLOSED`.
        """
        with self._cursor("read the windows of a metric") as cursor:
            return metricwindows.deltas(cursor, name, after, until)

    def metric_extent(self) -> tuple[float, float] | None:
        """The starts of the first and of the last window of any metric; None if there is none."""
        with self._cursor("read the windows of metrics") as cursor:
            return metricwindows.extent(cursor)

    def metric_rows(self, series_id: int, span: Span, take: Take) -> pl.DataFrame:
        """All values of a series in a span, see `store.windowrows`."""
        with self._cursor("read the rows of a series") as cursor:
            return windowrows.metric_rows(cursor, series_id, span, take)

    def prediction_rows(self, what: tuple[str, str | None], span: Span, take: Take) -> pl.DataFrame:
        """All predictions of a model in a span with their labels, see `store.windowrows`."""
        with self._cursor("read the predictions") as cursor:
            return windowrows.prediction_rows(cursor, what, span, take)

    def log_rows(
        self,
        place: tuple[str | None, str | None],
        template_ids: tuple[str, ...],
        span: Span,
        take: Take,
    ) -> pl.DataFrame:
        """All log lines of a model and stage in a span, see `store.windowrows`."""
        with self._cursor("read the logs") as cursor:
            return windowrows.log_rows(cursor, place, template_ids, span, take)

    def incident_state(self, alert_id: str) -> str | None:
        """The stored state of an incident; None for one that is not there."""
        with self._cursor("read the alert") as cursor:
            return windowrows.incident_state(cursor, alert_id)

    def sql(self, text: str, limit: int) -> pl.DataFrame:
        """The first `limit` rows that a SELECT of the user's gives, see `store.query`."""
        with self._cursor("answer the query") as cursor:
            return query.run(cursor, text, limit, self._memory)

    @contextmanager
    def resting(self) -> Iterator[bool]:
        """Keeps questions waiting meanwhile; False if one is being answered already."""
        rests = self._lock.acquire(blocking=False)
        try:
            yield rests
        finally:
            if rests:
                self._lock.release()

    def interrupt(self) -> None:
        """Withdraws the question that another thread is waiting for; none is no matter."""
        if not self._closed:
            self._own.interrupt()

    def close(self) -> None:
        """Ends the question that is being answered and gives the cursor back. Safe to repeat."""
        self.interrupt()
        self._closed = True
        with self._lock:
            self._own.close()

    @contextmanager
    def _cursor(self, doing: str) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._lock, told(doing):
            if self._closed:
                raise StoreError(f"cannot {doing}: the store is closed")
            yield self._own
