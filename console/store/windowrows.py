"""All rows behind an alert in a span, as frames: what a bundle takes with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal, NamedTuple

from console.records.clock import naive
from console.store.arrow import fetch
from console.store.logpages import Conditions

if TYPE_CHECKING:
    import duckdb
    import polars as pl

Span = tuple[float, float]
"""Half open, epoch seconds."""


class Take(NamedTuple):
    """How many rows are taken, and of which end of the span where there are more."""

    limit: int
    end: Literal["first", "last"]

    @property
    def order(self) -> str:
        """As SQL says it."""
        return "ASC" if self.end == "first" else "DESC"

    def oldest_first(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Rows that were taken in that order, oldest first."""
        return frame if self.end == "first" else frame.reverse()


def metric_rows(
    cursor: duckdb.DuckDBPyConnection, series_id: int, span: Span, take: Take
) -> pl.DataFrame:
    """The values of a series, oldest first: ts, value, version, file, offset."""
    order = take.order
    found = fetch(
        cursor,
        'SELECT m.ts, m.value, m.version, f.path AS file, m."offset" FROM metric m'  # noqa: S608 - values are parameters
        " LEFT JOIN file f USING (file_id) WHERE m.series_id = $1 AND m.ts >= $2 AND m.ts < $3"
        f' ORDER BY m.ts {order}, m.file_id {order}, m."offset" {order} LIMIT $4',
        [series_id, naive(span[0]), naive(span[1]), take.limit],
    )
    return take.oldest_first(found)


def prediction_rows(
    cursor: duckdb.DuckDBPyConnection,
    what: tuple[str, str | None],
    span: Span,
    take: Take,
) -> pl.DataFrame:
    """The predictions, oldest first; `what` is a model, and a feature to give as text.

    Columns ts, version, id, prediction, score, feature, label, labelled_ts (that of the first
    label of the prediction), file, offset.
    """
    model, feature = what
    order = take.order
    path = None if feature is None else "$." + json.dumps(feature, ensure_ascii=False)
    return fetch(
        cursor,
        "WITH p AS (SELECT * FROM prediction WHERE model = $1 AND ts >= $2 AND ts < $3"  # noqa: S608 - values are parameters
        f' ORDER BY ts {order}, file_id {order}, "offset" {order} LIMIT $5),'
        " l AS (SELECT id, arg_min(label, ts) AS label, min(ts) AS ts FROM label"
        " WHERE model = $1 AND ts >= $2 GROUP BY id)"
        " SELECT p.ts, p.version, p.id, p.prediction, p.score,"
        " CASE WHEN $4 IS NULL THEN NULL ELSE p.features->>$4 END AS feature,"
        ' l.label, l.ts AS labelled_ts, f.path AS file, p."offset"'
        " FROM p LEFT JOIN l USING (id) LEFT JOIN file f USING (file_id)"
        ' ORDER BY p.ts, p.file_id, p."offset"',
        [model, naive(span[0]), naive(span[1]), path, take.limit],
    )


def log_rows(
    cursor: duckdb.DuckDBPyConnection,
    place: tuple[str | None, str | None],
    template_ids: tuple[str, ...],
    span: Span,
    take: Take,
) -> pl.DataFrame:
    """The log lines, oldest first; of any model, stage or template if none is named.

    `place` is model and stage.

    Columns ts, stage, version, level, logger, message, exception, template_id, template, file,
    offset.
    """
    model, stage = place
    order = take.order
    conditions = Conditions()
    conditions.add("l.ts >= {0} AND l.ts < {1}", naive(span[0]), naive(span[1]))
    if model is not None:
        conditions.add("l.model = {0}", model)
    if stage is not None:
        conditions.add("l.stage = {0}", stage)
    if template_ids:
        places = ", ".join(f"{{{place}}}" for place in range(len(template_ids)))
        conditions.add(f"l.template_id IN ({places})", *template_ids)
    found = fetch(
        cursor,
        "SELECT l.ts, l.stage, l.version, l.level, l.logger, l.message, l.exception,"  # noqa: S608 - values are parameters
        ' l.template_id, t.template, f.path AS file, l."offset" FROM log l'
        " LEFT JOIN file f USING (file_id)"
        " LEFT JOIN (SELECT template_id, any_value(template) AS template FROM template"
        f" GROUP BY template_id) t USING (template_id){conditions.where}"
        f' ORDER BY l.ts {order}, l.file_id {order}, l."offset" {order} LIMIT {take.limit:d}',
        conditions.values,
    )
    return take.oldest_first(found)


def incident_state(cursor: duckdb.DuckDBPyConnection, alert_id: str) -> str | None:
    """The stored state of an incident, as `alerts` wrote it; None for one that is not there."""
    found = fetch(cursor, "SELECT state FROM incident WHERE id = $1", [alert_id])
    return None if found.is_empty() else str(found["state"][0])
