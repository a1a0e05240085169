"""Realised performance: sums over predictions whose labels arrived, which `metrics` reads.

A window is a pair of times: when the labels arrived (`start`) and when the predictions were made
(`predicted`). Detectors go forward by arrival, screens state a past hour anew by `predicted`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from console.records.frames import TIME, Schema
from console.stats import lists, rankings, scores

KEYS = ("model", "stage", "version", "start", "predicted")
COUNTS = ("n", "judged", "correct", "true_positive", "false_positive", "false_negative")
ERRORS = ("measured", "absolute_error", "squared_error", "fourth_error", "error")
RELATIVE = ("relative_n", "relative_error", "relative_squares", "label_total", "label_squares")
PROBABILITIES = ("brier", "brier_squares", "log_loss", "log_loss_squares")
RANKINGS = ("ranked", *(name + end for name in rankings.NAMES for end in ("", "_squares")))
SUMS = (*COUNTS, *ERRORS, *RELATIVE, *PROBABILITIES, *RANKINGS)
HISTOGRAMS = ("positive_scores", "negative_scores", "right_confidence", "wrong_confidence")
LISTS = (*HISTOGRAMS, "score_totals")
_WHOLE = (*COUNTS, "measured", "relative_n", "ranked")
CLOSED: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "version": pl.String,
    "start": TIME,
    "predicted": TIME,
    **{name: pl.Int64 if name in _WHOLE else pl.Float64 for name in SUMS},
    **dict.fromkeys(HISTOGRAMS, pl.List(pl.Int64)),
    "score_totals": pl.List(pl.Float64),
}
"""Closed windows, deltas and stored rows alike.

`n` labelled predictions with a usable value; sums that have no meaning for the rows are null.
*Classes:* `judged` rows with a class predicted, `correct` and the counts of the positive class
among them. *Numbers:* `measured` rows with sums of the error (prediction less label), its absolute
value, square and fourth power; `relative_*` of |error / label| where the label is not 0; the
labels' sum and squares. *Probabilities:* the squared error of the score and its square, the
negative logarithm of the true class's probability (at least 1e-15) and its square; scores counted
by cell (`scores.EDGES`) and true class, and summed by tenth; of several classes the largest score
of right and of wrong predictions. *Rankings:* sums and squares of what `rankings` gives.
Lists are empty without rows.
"""
_MATCHED: Schema = {
    "prediction": pl.String,
    "score": pl.Float64,
    "scores": pl.String,
    "label": pl.String,
}
_SOURCES = {
    "judged": "_judged",
    "correct": "_correct",
    "true_positive": "_tp",
    "false_positive": "_fp",
    "false_negative": "_fn",
}


def summarise(
    matched: pl.DataFrame, width_s: float, positives: Mapping[str, str] | None = None
) -> pl.DataFrame:
    """The windows of matched predictions (`Transaction.matched`). Columns `CLOSED`.

    `positives` names the positive class by model, as text (`ModelSettings.positive`); without one
    it is `1` or `true`. Rows whose prediction or label is a number that is not whole are a
    regression's; errors are summed of every row of two numbers and no score.
    """
    return counted(judged(matched, scores.positive_of(positives)), width_s)


def counted(rows: pl.DataFrame, width_s: float) -> pl.DataFrame:
    """The windows of matched predictions that are judged already. Columns `CLOSED`."""
    return sums(windowed(rows, width_s), KEYS).cast(dict(CLOSED))  # type: ignore[arg-type]


def windowed(rows: pl.DataFrame, width_s: float) -> pl.DataFrame:
    """Adds to matched predictions the windows of their label and of themselves."""
    width = round(width_s * 1e6)
    return rows.with_columns(
        _window("ts", width).alias("start"), _window("predicted_ts", width).alias("predicted")
    )


def merge(deltas: pl.DataFrame) -> pl.DataFrame:
    """One row a pair of windows, in order of keys. Columns `CLOSED`."""
    return pl.DataFrame(schema=CLOSED) if deltas.is_empty() else added(deltas, KEYS)


def added(deltas: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """The sums of windows by some of their keys, in order: columns keys, `SUMS`, `LISTS`."""
    wanted = [*keys, *SUMS, *LISTS]
    groups, places = lists.grouped(deltas, keys)
    if groups.height == deltas.height:
        return deltas.select(wanted).sort(keys)
    found = deltas.group_by(keys).agg(_sum_or_null(name) for name in SUMS)
    return (
        groups.join(found, on=list(keys), nulls_equal=True, maintain_order="left")
        .with_columns(
            lists.added(deltas[name], places, groups.height).alias(name) for name in LISTS
        )
        .select(wanted)
    )


def judged(matched: pl.DataFrame, positive: pl.Expr) -> pl.DataFrame:
    """Adds to rows with prediction, score and label what each contributes to the sums."""
    guess, truth = (pl.col(name).cast(pl.Float64, strict=False) for name in ("prediction", "label"))
    fractional = pl.any_horizontal(
        [
            (value.is_finite() & (value != value.round())).fill_null(value=False)
            for value in (guess, truth)
        ]
    )
    rows = scores.completed(
        matched.with_columns(
            scores.plain(pl.col("prediction")).alias("prediction"),
            scores.plain(pl.col("label")).alias("label"),
            scores.plain(positive).alias("_positive"),
        )
    ).with_columns(
        (guess - truth).alias("_error"), truth.alias("_truth"), fractional.alias("_number")
    )
    rows = rows.with_columns(rankings.judged(rows["prediction"], rows["label"]))
    ranked = pl.col(rankings.NAMES[0]).is_not_null()
    known = pl.col("label").is_not_null() & (
        pl.col("prediction").is_not_null() | pl.col("score").is_not_null()
    )
    classified = ~pl.col("_number") & ~ranked
    is_positive = pl.col("label") == pl.col("_positive")
    said_positive = pl.col("prediction") == pl.col("_positive")
    right = pl.col("prediction") == pl.col("label")
    measured = pl.col("score").is_null() & pl.col("_error").is_finite() & ~ranked
    chance = pl.when(is_positive).then(pl.col("score")).otherwise(1 - pl.col("score"))
    usable = classified | ranked | pl.col("_error").is_finite()
    scored = classified & pl.col("score").is_between(0.0, 1.0)
    return (
        rows.filter(known)
        .filter(usable.fill_null(value=False))
        .with_columns(
            pl.when(classified & right.is_not_null()).then(1).alias("_judged"),
            pl.when(classified).then(right).alias("_correct"),
            pl.when(classified).then(is_positive & said_positive).alias("_tp"),
            pl.when(classified).then(~is_positive & said_positive).alias("_fp"),
            pl.when(classified).then(is_positive & ~said_positive).alias("_fn"),
            pl.when(measured).then(pl.col("_error")).alias("_error"),
            pl.when(measured).then(pl.col("_truth")).alias("_truth"),
            pl.when(scored)
            .then((pl.col("score") - is_positive.cast(pl.Float64)) ** 2)
            .alias("brier"),
            pl.when(scored).then(-chance.clip(1e-15, 1.0).log()).alias("log_loss"),
            pl.when(scored).then(scores.cell(pl.col("score"))).alias("_cell"),
            pl.when(scored)
            .then((pl.col("score") * 10).floor().clip(0, 9).cast(pl.Int64))
            .alias("_tenth"),
            pl.when(classified & right).then(scores.cell(pl.col("_confidence"))).alias("_sure"),
            pl.when(classified & ~right).then(scores.cell(pl.col("_confidence"))).alias("_rash"),
            is_positive.alias("_is_positive"),
        )
    )


def totals(frame: pl.DataFrame, positive: str | None = None) -> dict[str, float | list[int]]:
    """The sums over a frame with prediction, score and label columns; empty if it has no labels."""
    if "label" not in frame.columns or not {"prediction", "score"} & set(frame.columns):
        return {}
    rows = frame.select(
        pl.lit(None, dtype=pl.String).alias("model"),
        *[
            (
                pl.col(name).cast(kind, strict=False)
                if name in frame.columns and not frame.schema[name].is_nested()
                else pl.lit(None, kind)
            ).alias(name)
            for name, kind in _MATCHED.items()
        ],
    )
    keys = [pl.lit(None).alias(name) for name in KEYS if name != "model"]
    wanted = pl.lit(positive if positive is not None else "1", dtype=pl.String)
    found = sums(judged(rows, wanted).with_columns(keys), KEYS)
    if found.is_empty():
        return {}
    row = found.row(0, named=True)
    return {name: row[name] for name in (*SUMS, *LISTS) if row[name] is not None}


def _window(column: str, width: int) -> pl.Expr:
    return pl.from_epoch(pl.col(column).dt.epoch("us") // width * width, time_unit="us")


def sums(rows: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """The sums of judged rows by keys, in their order: columns keys, `SUMS`, lists."""
    error, relative = pl.col("_error"), (pl.col("_error") / pl.col("_truth")).abs()
    parts = rows.with_columns(
        pl.when(error.is_not_null()).then(1).alias("measured"),
        error.abs().alias("absolute_error"),
        error.pow(2).alias("squared_error"),
        error.pow(4).alias("fourth_error"),
        error.alias("error"),
        pl.when(relative.is_finite()).then(1).alias("relative_n"),
        pl.when(relative.is_finite()).then(relative).alias("relative_error"),
        pl.when(relative.is_finite()).then(relative.pow(2)).alias("relative_squares"),
        pl.col("_truth").alias("label_total"),
        pl.col("_truth").pow(2).alias("label_squares"),
        pl.when(pl.col(rankings.NAMES[0]).is_not_null()).then(1).alias("ranked"),
        *(pl.col(own).alias(name) for name, own in _SOURCES.items()),
        *(
            pl.col(name).pow(2).alias(f"{name}_squares")
            for name in (*rankings.NAMES, "brier", "log_loss")
        ),
    )
    groups, places = lists.grouped(rows, keys)
    size = groups.height
    cells, tenths = rows["_cell"], rows["_tenth"]
    positive = rows["_is_positive"].fill_null(value=False)
    # Both classes have a list where either has scores.
    scored = np.bincount(places[cells.is_not_null().to_numpy()], minlength=size) > 0
    by_cell = {
        "positive_scores": lists.counted(
            places, cells.set(~positive, None), size, scores.CELLS, scored
        ),
        "negative_scores": lists.counted(
            places, cells.set(positive, None), size, scores.CELLS, scored
        ),
        "right_confidence": lists.counted(places, rows["_sure"], size, scores.CELLS),
        "wrong_confidence": lists.counted(places, rows["_rash"], size, scores.CELLS),
        "score_totals": lists.totalled(places, tenths, rows["score"], size, 10),
    }
    found = parts.group_by(keys).agg(pl.len().alias("n"), *map(_sum_or_null, SUMS[1:]))
    return (
        groups.join(found, on=list(keys), nulls_equal=True, maintain_order="left")
        .with_columns(**by_cell)
        .select(*keys, *SUMS, *LISTS)
    )


def _sum_or_null(name: str) -> pl.Expr:
    return pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name)
