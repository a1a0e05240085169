"""Realised performance: sums over predictions whose labels arrived, and the metrics they give.

A window is a pair of times: when the labels arrived (`start`) and when the predictions were made
(`predicted`). Detectors go forward by arrival, screens state a past hour anew by `predicted`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from console.records.frames import TIME, Schema

KEYS = ("model", "stage", "version", "start", "predicted")
SCORE_BINS = 50
CLOSED: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "version": pl.String,
    "start": TIME,
    "predicted": TIME,
    "n": pl.Int64,
    "correct": pl.Int64,
    "true_positive": pl.Int64,
    "false_positive": pl.Int64,
    "false_negative": pl.Int64,
    "absolute_error": pl.Float64,
    "squared_error": pl.Float64,
    "brier": pl.Float64,
    "positive_scores": pl.List(pl.Int64),
    "negative_scores": pl.List(pl.Int64),
}
"""Closed windows, deltas and stored rows alike.

`n` labelled predictions with a usable value; sums that have no meaning for the rows are null:
`correct`, the counts of the positive class and `brier` where numbers are not whole (a regression),
the errors where there are classes. Counts of scores in 50 equal bins of 0..1 by true class; empty
lists without scores.
"""
SUMS = ("n", "correct", "true_positive", "false_positive", "false_negative")
ERRORS = ("absolute_error", "squared_error", "brier")
HISTOGRAMS = ("positive_scores", "negative_scores")
_MATCHED: Schema = {"prediction": pl.String, "score": pl.Float64, "label": pl.String}


def summarise(
    matched: pl.DataFrame, width_s: float, positives: Mapping[str, str] | None = None
) -> pl.DataFrame:
    """The windows of matched predictions (`Transaction.matched`). Columns `CLOSED`.

    `positives` names the positive class by model, as text (`ModelSettings.positive`); without one
    it is `1` or `true`. Rows whose prediction or label is a number that is not whole are a
    regression's; errors are summed of every row of two numbers and no score.
    """
    if matched.is_empty():
        return pl.DataFrame(schema=CLOSED)
    width = round(width_s * 1e6)
    wanted = positives or {}
    rows = judged(
        matched,
        pl.col("model").replace_strict(
            list(wanted), list(wanted.values()), default=None, return_dtype=pl.String
        )
        if wanted
        else pl.lit(None, dtype=pl.String),
    ).with_columns(
        _window("ts", width).alias("start"), _window("predicted_ts", width).alias("predicted")
    )
    return _sums(rows).select(list(CLOSED)).sort(KEYS)


def merge(deltas: pl.DataFrame) -> pl.DataFrame:
    """One row a pair of windows, in order of keys. Columns `CLOSED`."""
    if deltas.is_empty():
        return pl.DataFrame(schema=CLOSED)
    keyed = deltas.select(list(CLOSED))
    sums = keyed.group_by(KEYS).agg(
        pl.col("n").sum(),
        *[_sum_or_null(name) for name in (*SUMS[1:], *ERRORS)],
        *[_add_lists(name) for name in HISTOGRAMS],
    )
    return sums.select(list(CLOSED)).sort(KEYS)


def judged(matched: pl.DataFrame, positive: pl.Expr) -> pl.DataFrame:
    """Adds to rows with prediction, score and label what each contributes to the sums."""
    prediction, label = _plain(pl.col("prediction")), _plain(pl.col("label"))
    guess, truth = (pl.col(name).cast(pl.Float64, strict=False) for name in ("prediction", "label"))
    fractional = pl.any_horizontal(
        [
            (value.is_finite() & (value != value.round())).fill_null(value=False)
            for value in (guess, truth)
        ]
    )
    rows = matched.with_columns(
        prediction.alias("prediction"),
        label.alias("label"),
        fractional.alias("_number"),
        (guess - truth).alias("_error"),
        pl.coalesce(_plain(positive), pl.lit("1")).alias("_positive"),
    )
    known = pl.col("label").is_not_null() & (
        pl.col("prediction").is_not_null() | pl.col("score").is_not_null()
    )
    is_positive = pl.col("label") == pl.col("_positive")
    said_positive = pl.col("prediction") == pl.col("_positive")
    classified = ~pl.col("_number")
    scored = pl.when(classified & pl.col("score").is_between(0.0, 1.0)).then(pl.col("score"))
    cell = (scored * SCORE_BINS).floor().clip(0, SCORE_BINS - 1).cast(pl.Int64)
    usable = classified | pl.col("_error").is_finite()
    return (
        rows.filter(known)
        .filter(usable.fill_null(value=False))
        .with_columns(
            pl.when(classified).then(pl.col("prediction") == pl.col("label")).alias("_correct"),
            pl.when(classified).then(is_positive & said_positive).alias("_tp"),
            pl.when(classified).then(~is_positive & said_positive).alias("_fp"),
            pl.when(classified).then(is_positive & ~said_positive).alias("_fn"),
            pl.when(pl.col("score").is_null() & pl.col("_error").is_finite())
            .then(pl.col("_error"))
            .alias("_error"),
            pl.when(classified)
            .then((pl.col("score") - is_positive.cast(pl.Float64)) ** 2)
            .alias("_brier"),
            pl.when(is_positive).then(cell).alias("_positive_cell"),
            pl.when(~is_positive).then(cell).alias("_negative_cell"),
        )
    )


@dataclass(frozen=True, slots=True)
class Estimate:
    """A metric with its standard error and 95 % interval."""

    value: float
    error: float
    low: float
    high: float
    n: int


def accuracy(correct: float, n: float) -> Estimate | None:
    """Share of right predictions with Wilson's interval; None without rows."""
    return _share(correct, n)


def precision(true_positive: float, false_positive: float) -> Estimate | None:
    """Share of predicted positives that are positive; None if none was predicted."""
    return _share(true_positive, true_positive + false_positive)


def recall(true_positive: float, false_negative: float) -> Estimate | None:
    """Share of positives that were predicted; None if there are none."""
    return _share(true_positive, true_positive + false_negative)


def f1(true_positive: float, false_positive: float, false_negative: float) -> Estimate | None:
    """Harmonic mean of precision and recall, the interval by the delta method.

    F1 = 2q / (1 + q) for the share q = tp / (tp + fp + fn) of hits, so that Wilson's limits of q
    carry over.
    """
    share = _share(true_positive, true_positive + false_positive + false_negative)
    if share is None:
        return None
    bent = [2 * q / (1 + q) for q in (share.value, share.low, share.high)]
    return Estimate(bent[0], 2 * share.error / (1 + share.value) ** 2, bent[1], bent[2], share.n)


def mean_absolute_error(absolute: float, squared: float, n: int) -> Estimate | None:
    """MAE with a normal interval from the spread of the absolute errors; None without rows."""
    if n <= 0:
        return None
    value = absolute / n
    error = float(np.sqrt(max(squared / n - value**2, 0.0) / n))
    return Estimate(value, error, max(value - 1.96 * error, 0.0), value + 1.96 * error, n)


def root_mean_squared_error(squared: float, n: int) -> float | None:
    """RMSE; None without rows."""
    return float(np.sqrt(squared / n)) if n > 0 else None


def auc(positive: Sequence[int], negative: Sequence[int]) -> Estimate | None:
    """Area under the ROC curve from scores counted in equal bins by true class.

    Scores in one bin count as ties. The error is that of DeLong (1988), from the placements of each
    class among the other. None unless both classes are there.
    """
    p, q = np.asarray(positive, dtype=np.float64), np.asarray(negative, dtype=np.float64)
    m, n = p.sum(), q.sum()
    if m == 0 or n == 0:
        return None
    below = (np.cumsum(q) - q / 2) / n
    above = (m - np.cumsum(p) + p / 2) / m
    value = float((p * below).sum() / m)
    spread_p = float((p * (below - value) ** 2).sum() / max(m - 1, 1))
    spread_q = float((q * (above - value) ** 2).sum() / max(n - 1, 1))
    error = float(np.sqrt(spread_p / m + spread_q / n))
    return Estimate(
        value, error, max(value - 1.96 * error, 0.0), min(value + 1.96 * error, 1.0), int(m + n)
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
                if name in frame.columns
                else pl.lit(None, kind)
            ).alias(name)
            for name, kind in _MATCHED.items()
        ],
    )
    keys = [pl.lit(None).alias(name) for name in KEYS if name != "model"]
    sums = _sums(judged(rows, pl.lit(positive, dtype=pl.String)).with_columns(keys))
    if sums.is_empty():
        return {}
    row = sums.row(0, named=True)
    return {name: row[name] for name in (*SUMS, *ERRORS, *HISTOGRAMS) if row[name] is not None}


def _share(hits: float, n: float) -> Estimate | None:
    if n <= 0:
        return None
    share, z = hits / n, 1.96
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * float(np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))) / (1 + z**2 / n)
    error = float(np.sqrt(share * (1 - share) / n))
    return Estimate(share, error, max(middle - half, 0.0), min(middle + half, 1.0), int(n))


def _window(column: str, width: int) -> pl.Expr:
    return pl.from_epoch(pl.col(column).dt.epoch("us") // width * width, time_unit="us")


def _plain(text: pl.Expr) -> pl.Expr:
    """One spelling of a class: `1.0`, `true` and `True` are `1`."""
    lowered = text.str.to_lowercase()
    return (
        pl.when(lowered == "true")
        .then(pl.lit("1"))
        .when(lowered == "false")
        .then(pl.lit("0"))
        .otherwise(text.str.replace(r"^(-?\d+)\.0+$", "${1}"))
    )


def _sums(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.group_by(KEYS).agg(
        pl.len().cast(pl.Int64).alias("n"),
        *[
            _sum_or_null(source).cast(pl.Int64).alias(name)
            for name, source in zip(SUMS[1:], ("_correct", "_tp", "_fp", "_fn"), strict=True)
        ],
        pl.when(pl.col("_error").count() > 0).then(pl.col("_error").abs().sum()).alias(ERRORS[0]),
        pl.when(pl.col("_error").count() > 0).then((pl.col("_error") ** 2).sum()).alias(ERRORS[1]),
        _sum_or_null("_brier").alias(ERRORS[2]),
        _histogram("_positive_cell").alias(HISTOGRAMS[0]),
        _histogram("_negative_cell").alias(HISTOGRAMS[1]),
    )


def _sum_or_null(name: str) -> pl.Expr:
    return pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name)


def _histogram(name: str) -> pl.Expr:
    """Counts by cell; empty if neither class has a score in the group."""
    scored = (pl.col("_positive_cell").count() + pl.col("_negative_cell").count()) > 0
    cells = pl.concat_list([(pl.col(name) == cell).sum() for cell in range(SCORE_BINS)])
    empty = pl.lit([], dtype=pl.List(pl.Int64))
    return pl.when(scored).then(cells.cast(pl.List(pl.Int64))).otherwise(empty)


def _add_lists(name: str) -> pl.Expr:
    """Sums lists of 50 cell by cell; empty ones count as zeros, all empty stay empty."""
    cells = pl.concat_list(
        [pl.col(name).list.get(cell, null_on_oob=True).sum() for cell in range(SCORE_BINS)]
    )
    empty = pl.lit([], dtype=pl.List(pl.Int64))
    some = pl.col(name).list.len().max() > 0
    return pl.when(some).then(cells).otherwise(empty).alias(name)
