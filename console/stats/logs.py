"""Windows of log lines by template, and which templates an incident's lines stand out by."""

from __future__ import annotations

import numpy as np
import polars as pl

from console.records.frames import TIME, Schema
from console.records.levels import LEVELS
from console.stats.drift import normal_sf
from console.stats.templates import families

KEYS = ("model", "stage", "version", "level", "template_id", "start")
CLOSED: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "version": pl.String,
    "level": pl.String,
    "template_id": pl.String,
    "start": TIME,
    "n": pl.UInt32,
}
"""Closed windows, deltas and stored rows alike: `n` lines of a template and level."""
LIFTED: Schema = {
    "template_id": pl.String,
    "template": pl.String,
    "level": pl.String,
    "n": pl.Int64,
    "before": pl.Int64,
    "lift": pl.Float64,
    "significance": pl.Float64,
    "p_value": pl.Float64,
}
"""`n` lines during and `before`; `lift` of the rates; `significance` ranks, p under equal rates."""
_NAMED = ["template_id", "stage", "template"]
_MILDEST = ("TRACE", "DEBUG")


def summarise(logs: pl.DataFrame, width_s: float) -> pl.DataFrame:
    """The windows of these lines (`records.frames.LOGS` with a column `template_id`)."""
    width = round(width_s * 1e6)
    start = pl.from_epoch(pl.col("ts").dt.epoch("us") // width * width, time_unit="us")
    return _grouped(logs.with_columns(start.alias("start")), pl.len())


def merge(deltas: pl.DataFrame) -> pl.DataFrame:
    """One row a key and window, in order of keys. Columns `CLOSED`."""
    return _grouped(deltas, pl.col("n").sum())


def lift(
    before: pl.DataFrame, during: pl.DataFrame, before_s: float, during_s: float
) -> pl.DataFrame:
    """Templates that are more frequent during an incident than before it, most telling first.

    Both frames have columns template_id, template, level, n (more rows of one template are added
    up); the durations are in seconds. Significance is the signed root of the log-likelihood ratio
    of two Poisson rates (Dunning 1993), a z-value, weighted by level: a new error tells more than
    a flood of debug lines. Only lifts above 1 are returned. Columns `LIFTED`.
    """
    then, now = _counts(before).rename({"n": "before"}), _counts(during)
    if now.is_empty():
        return pl.DataFrame(schema=LIFTED)
    joined = now.join(
        then.select("template_id", "before"), on="template_id", how="left", nulls_equal=True
    ).with_columns(pl.col("before").fill_null(0))
    n = joined["n"].to_numpy().astype(np.float64)
    past = joined["before"].to_numpy().astype(np.float64)
    before_s, during_s = max(before_s, 1.0), max(during_s, 1.0)
    expected = (n + past) * during_s / (before_s + during_s)
    expected_past = n + past - expected
    ratio = n * np.log(n / expected)
    ratio += np.where(past > 0, past * np.log(np.maximum(past, 0.5) / expected_past), 0.0)
    z = np.sqrt(2 * np.maximum(ratio, 0.0)) * np.where(n >= expected, 1.0, -1.0)
    # Half a line on either side, so that a template without a past has a finite lift.
    rates = ((n + 0.5) / during_s) / ((past + 0.5) / before_s)
    weight = np.array([_weight(level) for level in joined["level"].to_list()])
    return (
        joined.with_columns(
            pl.Series("lift", rates),
            pl.Series("significance", z * weight),
            pl.Series("p_value", normal_sf(z)),
        )
        .filter(pl.col("lift") > 1.0)
        .sort(["significance", "n", "template_id"], descending=[True, True, False])
        .select(list(LIFTED))
        .match_to_schema(pl.Schema(LIFTED), integer_cast="upcast")
    )


def folded(before: pl.DataFrame, during: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The counts of two spans, templates that a more general one covers counted with it.

    Of a variable the first values have templates of their own (`stats.templates`); a reader wants
    them as one. A family bears the id of its member with most lines `during`, so that examples are
    found by it, and the text of its most general member. Frames as `lift` takes them, and stage.
    """
    both = pl.concat([during.select(_NAMED), before.select(_NAMED)])
    general = families(both)
    if all(known == one for known, one in general.items()):
        return before, during
    texts = dict(both.select("template_id", "template").iter_rows())
    lines: dict[str, tuple[int, str]] = {}
    for known, n in (
        during.group_by("template_id")
        .agg(pl.col("n").sum())
        .sort("n", "template_id", descending=[True, False])
        .iter_rows()
    ):
        lines.setdefault(general.get(known, known), (n, known))
    renamed = {known: lines.get(one, (0, one))[1] for known, one in general.items()}
    named = {renamed[known]: texts[one] for known, one in general.items()}

    def fold(frame: pl.DataFrame) -> pl.DataFrame:
        ids = pl.col("template_id").replace(renamed)
        return frame.with_columns(
            ids, ids.replace_strict(named, default=pl.col("template")).alias("template")
        )

    return fold(before), fold(during)


def changed(
    before: pl.DataFrame, during: pl.DataFrame, before_s: float, during_s: float
) -> pl.DataFrame:
    """The templates whose rates differ most between two spans, rarer ones too, surest first.

    As `lift`, which tells those that are more frequent only; what is rarer has a lift below 1.
    """
    more = lift(before, during, before_s, during_s)
    less = lift(during, before, during_s, before_s).select(
        "template_id",
        "template",
        "level",
        pl.col("before").alias("n"),
        pl.col("n").alias("before"),
        (1 / pl.col("lift")).alias("lift"),
        "significance",
        "p_value",
    )
    return pl.concat([more, less]).sort(
        ["significance", "n", "template_id"], descending=[True, True, False]
    )


def _grouped(rows: pl.DataFrame, count: pl.Expr) -> pl.DataFrame:
    return rows.group_by(KEYS).agg(count.cast(pl.UInt32).alias("n")).select(list(CLOSED)).sort(KEYS)


def _counts(frame: pl.DataFrame) -> pl.DataFrame:
    """One row a template, with its worst level."""
    severity = pl.col("level").replace_strict(
        list(LEVELS), list(range(len(LEVELS))), default=2, return_dtype=pl.Int64
    )
    return frame.group_by("template_id").agg(
        pl.col("template").first(),
        pl.col("level").sort_by(severity).last(),
        pl.col("n").cast(pl.Int64).sum(),
    )


def _weight(level: str | None) -> float:
    if level in _MILDEST:
        return 0.4
    if level is None or level not in LEVELS or LEVELS.index(level) <= LEVELS.index("INFO"):
        return 0.6
    return 1.0 if level == "WARNING" else 1.25
