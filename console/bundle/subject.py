"""What an alert is about, and the rows that it is made of."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import polars as pl

from console.alerts.codec import decode
from console.alerts.course import column_of
from console.alerts.incident import Incident
from console.alerts.quantity import quantity
from console.detectors.protocol import Deviation
from console.records.clock import DAY, HOUR, naive
from console.records.redaction import Redactor
from console.records.series import Series
from console.store.windowrows import Take

if TYPE_CHECKING:
    from console.alerts.alert import Alert
    from console.store.reader import Reader

Kind = Literal["metric", "lines", "column", "performance", "predictions"]
LEAST_LEAD_S = 2 * HOUR
MOST_LEAD_S = 2 * DAY
OPEN_S = 6 * HOUR
"""How far beyond its last evidence an alert that is still on is followed."""
MOST_ROWS = 500_000
MOST_LINES = 50_000
"""Rows and log lines of one side of the onset; of more those nearest to it are taken."""
_HARMLESS = r"^[+-]?(?:\d{1,12}|\d{0,12}\.\d+)(?:[eE][+-]?\d+)?$"
_SUSPECT = (
    r"[^\w-]|(?:\d-?){13}|gh[a-z]_|github_pat|glpat|xox|xapp|[a-z]k[-_]|AIza|A[A-Z]{3}[A-Z0-9]{12}"
    r"|npm_|pypi|hf_|dop_|--"
)
"""Numbers, and words of letters and digits that begin like no token, need no second look."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The deviation that an alert stands for, and the spans around its onset (epoch seconds)."""

    alert: Alert
    deviation: Deviation
    kind: Kind
    start: float
    end: float
    column: str | None = None
    """Of a column: its name."""

    @property
    def onset(self) -> float:
        """Where the spans meet."""
        return min(max(self.deviation.onset, self.start), self.end)


def subject_of(alert: Alert, reader: Reader) -> Subject | None:
    """What the alert is about; None for a report on no series. Raises StoreError."""
    state = json.loads(reader.incident_state(alert.id) or "{}")
    if "incident" in state:
        deviation = decode(Incident, state["incident"]).lead.deviation
    elif alert.series is not None:
        deviation = _reported(alert, alert.series, reader)
    else:
        return None
    points = alert.evidence.points
    first = points[0][0] if points else deviation.onset - LEAST_LEAD_S
    start = max(min(first, deviation.onset - LEAST_LEAD_S), deviation.onset - MOST_LEAD_S)
    last = max(alert.ended_at or alert.updated_at + OPEN_S, deviation.at)
    if len(points) >= 2:  # a point stands for the slice that begins with it
        last = max(last, 2 * points[-1][0] - points[-2][0])
    end = last + 1.0
    kind = _kind(deviation, reader)
    found = Subject(alert, deviation, kind, start, end)
    return replace(found, column=_column(found, reader)) if kind == "column" else found


def _reported(alert: Alert, label: str, reader: Reader) -> Deviation:
    """What a report on an event says of the series that it changed most."""
    model = alert.model or next((m.model for m in alert.members if m.series == label), None)
    listed = [Series(*row[1:]) for row in reader.series(model).iter_rows()]
    named = (one for one in listed if one.label == label and one.stage == alert.stage)
    series = next(named, Series(model, alert.stage, label))
    at, onset = alert.opened_at, alert.started_at
    return Deviation(alert.detector, "raised", series, at, onset, alert.severity, "")


def _kind(deviation: Deviation, reader: Reader) -> Kind:
    """What the series is made of: the same question as `alerts.course` answers for the chart."""
    series, details = deviation.series, deviation.details
    template, stream = details.get("template_id"), details.get("stream")
    if isinstance(template, str) or stream == "logs":
        return "lines"
    known = reader.series(series.model)
    if series.id in set(known["series_id"].to_list()):
        return "metric"
    if stream == "predictions" or quantity(deviation) == "traffic":
        return "predictions"
    return "performance" if quantity(deviation) == "performance" else "column"


def _column(subject: Subject, reader: Reader) -> str | None:
    model = subject.deviation.series.model
    if model is None:
        return None
    windows = reader.column_windows(model, subject.start, subject.end)
    return column_of(subject.deviation, windows["column"].unique().to_list())


def rows_of(subject: Subject, reader: Reader, redactor: Redactor) -> pl.DataFrame:
    """All rows of the spans, oldest first: `ts` and `value` at least; texts redacted."""
    before = _rows(subject, reader, (subject.start, subject.onset), "last")
    after = _rows(subject, reader, (subject.onset, subject.end), "first")
    return redacted(pl.concat([before, after]), redactor)


def sides(subject: Subject, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows before the onset, and those from it on."""
    onset = naive(subject.onset)
    return rows.filter(pl.col("ts") < onset), rows.filter(pl.col("ts") >= onset)


def redacted(frame: pl.DataFrame, redactor: Redactor) -> pl.DataFrame:
    """The frame with every text redacted; a text that comes often is looked at once."""
    for name, kind in frame.schema.items():
        if kind == pl.String:
            texts = frame[name].drop_nulls().unique()
            if not redactor.extra:
                texts = texts.filter(texts.str.contains(_SUSPECT) & ~texts.str.contains(_HARMLESS))
            clean = {text: redactor.text(text) for text in texts}
            changed = {text: found for text, found in clean.items() if found != text}
            if changed:
                frame = frame.with_columns(pl.col(name).replace(changed))
    return frame


def _rows(
    subject: Subject, reader: Reader, span: tuple[float, float], end: Literal["first", "last"]
) -> pl.DataFrame:
    deviation = subject.deviation
    series = deviation.series
    if subject.kind == "metric" or series.model is None:
        return reader.metric_rows(series.id, span, Take(MOST_ROWS, end))
    if subject.kind == "lines":
        template = deviation.details.get("template_id")
        ids = (template,) if isinstance(template, str) else ()
        stage = None if ids else series.stage
        lines = reader.log_rows((series.model, stage), ids, span, Take(MOST_LINES, end))
        return lines.select("ts", pl.lit(1.0).alias("value"), pl.exclude("ts"))
    name = (subject.column or series.name) if subject.kind == "column" else None
    found = reader.prediction_rows((series.model, name), span, Take(MOST_ROWS, end))
    if subject.kind == "column":
        own = {"prediction": pl.col("prediction"), "score": pl.col("score").cast(pl.String)}
        value = pl.coalesce("feature", own.get(name or "", pl.lit(None, pl.String)))
        return found.select("ts", value.alias("value"), "version", "id", "file", "offset")
    return found.select("ts", pl.col("score").alias("value"), pl.exclude("ts", "feature"))
