"""Labelled predictions of several classes, counted by what was true and what was said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from console.records.frames import TIME, Schema
from console.stats import scores
from console.stats.reference import OTHER

if TYPE_CHECKING:
    from console.stats.pinning import References

KEYS = ("model", "stage", "version", "start", "predicted", "label", "prediction")
CLOSED: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "version": pl.String,
    "start": TIME,
    "predicted": TIME,
    "label": pl.String,
    "prediction": pl.String,
    "n": pl.Int64,
}
"""Windows of labelled predictions without a score of one class; `predicted` when they were made.

Classes are those that the reference's predictions name, and whole numbers of at most two digits;
all others are `(other)`.
"""


def summarise(matched: pl.DataFrame, references: References, width_s: float) -> pl.DataFrame:
    """The windows of matched predictions (`Transaction.matched`). Columns `CLOSED`."""
    width = round(width_s * 1e6)
    parts = [pl.DataFrame(schema=CLOSED)]
    for (model,), rows in matched.filter(pl.col("score").is_null()).group_by(
        ["model"], maintain_order=True
    ):
        reference = references.get(model if isinstance(model, str) else None)
        column = None if reference is None else reference.column("prediction", "prediction")
        if column is None:
            continue
        known = [scores.plain(pl.lit(name)) for name in column.categories]
        named = pl.select(pl.concat_list(known)).item().to_list() if known else []
        said = rows.select(
            "model",
            "stage",
            "version",
            _window("ts", width).alias("start"),
            _window("predicted_ts", width).alias("predicted"),
            *(_class(name, named) for name in ("label", "prediction")),
        ).drop_nulls(["label", "prediction"])
        parts.append(said.group_by(KEYS).agg(pl.len().cast(pl.Int64).alias("n")))
    return pl.concat(parts).sort(KEYS)


def merge(deltas: pl.DataFrame) -> pl.DataFrame:
    """One row a pair of classes and of windows, in order of keys. Columns `CLOSED`."""
    return deltas.group_by(KEYS).agg(pl.col("n").sum()).select(list(CLOSED)).sort(KEYS)


def pairs(windows: pl.DataFrame) -> dict[tuple[str, str], int]:
    """(label, prediction) with their numbers, over all windows: what `metrics.by_class` takes."""
    summed = windows.group_by("label", "prediction").agg(pl.col("n").sum())
    return {(label, said): n for label, said, n in summed.iter_rows()}


def _class(name: str, known: Sequence[str]) -> pl.Expr:
    text = scores.plain(pl.col(name).cast(pl.String))
    return (
        pl.when(text.is_in(list(known)) | text.str.contains(r"^-?\d{1,2}$"))
        .then(text)
        .when(text.is_not_null())
        .then(pl.lit(OTHER))
        .alias(name)
    )


def _window(column: str, width: int) -> pl.Expr:
    return pl.from_epoch(pl.col(column).dt.epoch("us") // width * width, time_unit="us")
