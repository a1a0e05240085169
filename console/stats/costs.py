"""What each checkpoint costs to record, and where it could cost less."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from console.records.clock import DAY
from console.records.frames import Schema

COSTS: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "kind": pl.String,
    "file": pl.String,
    "rows": pl.Int64,
    "written": pl.Int64,
    "stored": pl.Int64,
    "rows_per_day": pl.Float64,
    "written_per_day": pl.Float64,
    "stored_per_day": pl.Float64,
}
"""`written` are bytes of lines in the file, `stored` what their rows take in the store."""
METRIC_BYTES = 100
"""A record of a metric as a line, about."""
OFTEN = 5_000
"""Lines a day from which on a metric instead is worth a hint."""
LEAST_SAVED = 1_000_000
"""Bytes a day that a hint must save."""
MANY_SERIES = 200
FEW_ROWS = 10.0
"""A metric with so many series, and so few rows a day in each, is a log."""
WINDOW_S = 600.0
"""Width, about, of the windows that costs are known by."""
_HOLE = "<*>"
_NUMBER = re.compile(r"[-+(\[=:,]*\d[\d.,]*(?:[eE][-+]?\d+)?(?:%|[a-zA-Zµ]{1,3})?[,;.)\]]*")
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Hint:
    """One thing that could be recorded for less."""

    model: str | None
    stage: str | None
    subject: str
    """The template or the name of the metric."""
    text: str
    """What could be done and what it would save, as a sentence."""
    saved_per_day: float
    """Bytes of lines; 0 where it saves series rather than bytes."""


def span_of(written: pl.DataFrame, start: float, end: float) -> float:
    """Seconds of a span in which anything was written: a store may be younger than the question."""
    if not written.height:
        return 0.0
    first, last = (written[name].dt.epoch("us") / 1e6 for name in ("first", "last"))
    begun, ended = float(first.min()), float(last.max()) + WINDOW_S  # type: ignore[arg-type]
    return max(min(end, ended) - max(start, begun), 0.0)


def by_file(written: pl.DataFrame, stored: pl.DataFrame, span_s: float) -> pl.DataFrame:
    """What every checkpoint costs, by kind and file, the most first. Columns `COSTS`.

    `written` (model, stage, kind, file, rows, bytes, kept) is what was written in a span of
    `span_s` seconds, `stored` (kind, bytes) what the rows of a kind take in the store all together.
    What one file's rows take is not kept apart there: it is the share of the kind's bytes that it
    has of the kind's written bytes. Lines that compress better than others of their kind cost
    less than that, others more.
    """
    days = max(span_s, 1.0) / DAY
    kept = pl.col("kept").sum().over("kind")
    share = pl.when(kept > 0).then(pl.col("kept") / kept).otherwise(0.0)
    joined = written.join(
        stored.select("kind", pl.col("bytes").alias("taken")), on="kind", how="left"
    ).with_columns(
        pl.col("bytes").alias("written"),
        (share * pl.col("taken").fill_null(0)).round().cast(pl.Int64).alias("stored"),
    )
    ratio = pl.when(pl.col("kept") > 0).then(pl.col("stored") / pl.col("kept")).otherwise(0.0)
    return (
        joined.with_columns(
            (pl.col("rows") / days).alias("rows_per_day"),
            (pl.col("written") / days).alias("written_per_day"),
            (pl.col("written") * ratio / days).alias("stored_per_day"),
        )
        .select(list(COSTS))
        .sort("written", "model", "stage", "kind", "file", descending=[True, *[False] * 4])
    )


def by_checkpoint(costs: pl.DataFrame) -> pl.DataFrame:
    """Costs (`COSTS`) added up over files; without the column `file`."""
    sums = [name for name, kind in COSTS.items() if kind != pl.String]
    summed = costs.group_by("model", "stage", "kind").agg(pl.col(sums).sum())
    return summed.sort("written", "model", "stage", "kind", descending=[True, *[False] * 3])


def hints(
    templates: pl.DataFrame, series: pl.DataFrame, costs: pl.DataFrame, span_s: float
) -> list[Hint]:
    """What could be recorded for less, what saves most first.

    `templates` (model, stage, template, rows, examples) and `series` (model, stage, name, series,
    rows) are of the same span of `span_s` seconds as `costs` (`COSTS`).
    """
    days = max(span_s, 1.0) / DAY
    found = [*_numbers_in_logs(templates, costs, days), *_tags_in_metrics(series, days)]
    return sorted(found, key=lambda hint: (-hint.saved_per_day, hint.subject))


def only_numbers_vary(template: str, examples: Sequence[str]) -> bool:
    """Whether the variable parts of a template (`<*>`) are numbers in all of its examples."""
    if _HOLE not in template or len(examples) < _EXAMPLES:
        return False
    pieces = [re.escape(piece) for piece in template.split(_HOLE)]
    shape = re.compile(r"\s*" + r"(\S*)".join(pieces) + r"\s*", re.DOTALL)
    for example in examples:
        match = shape.fullmatch(" ".join(example.split()))
        if match is None or not all(_NUMBER.fullmatch(part) for part in match.groups()):
            return False
    return True


def _numbers_in_logs(templates: pl.DataFrame, costs: pl.DataFrame, days: float) -> list[Hint]:
    logs = by_checkpoint(costs).filter(pl.col("kind") == "logs", pl.col("rows") > 0)
    sizes = {
        (model, stage): written / rows
        for model, stage, written, rows in logs.select(
            "model", "stage", "written", "rows"
        ).iter_rows()
    }
    found = []
    for model, stage, template, rows, examples in templates.select(
        "model", "stage", "template", "rows", "examples"
    ).iter_rows():
        daily = rows / days
        line = sizes.get((model, stage), 0.0)
        saved = daily * line - _metric_bytes(daily, template)
        if daily < OFTEN or saved < LEAST_SAVED or not only_numbers_vary(template or "", examples):
            continue
        text = (
            f"{daily:,.0f} lines a day say only numbers: written as metrics once a minute"
            f" they would be {size(daily * line - saved)} a day instead of {size(daily * line)}"
        )
        found.append(Hint(model, stage, template, text, saved))
    return found


def _metric_bytes(daily: float, template: str | None) -> float:
    """Bytes a day of the numbers of a template, as metrics once a minute."""
    return min(daily, DAY / 60) * METRIC_BYTES * max((template or "").count(_HOLE), 1)


def _tags_in_metrics(series: pl.DataFrame, days: float) -> list[Hint]:
    found = []
    for model, stage, name, count, rows in series.select(
        "model", "stage", "name", "series", "rows"
    ).iter_rows():
        each = rows / count / days
        if count < MANY_SERIES or each >= FEW_ROWS:
            continue
        text = (
            f"{count:,} combinations of tags with {each:.1g} values a day each: that is a log,"
            " not a metric; write a line for each and a metric of their sum"
        )
        found.append(Hint(model, stage, name, text, 0.0))
    return found


def size(count: float) -> str:
    """Bytes for people: `1.2 GB`, `340 kB`."""
    for unit, step in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= step:
            value = count / step
            return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.2g} {unit}"
    return f"{count:.0f} bytes"
