"""Scores counted in cells of one fixed grid, so that counts of any model, version and time add up.

The cells of 0..1 are 0.02 wide, and finer towards both ends, where the scores of rare classes lie.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from console.records.frames import TIME, Schema
from console.stats import lists

_TAIL = (1e-4, 1e-3, 5e-3, 0.01)
EDGES: NDArray[np.float64] = np.array(
    [*_TAIL, *(step / 50 for step in range(1, 50)), *(1 - edge for edge in reversed(_TAIL))]
)
"""Inner edges, ascending: cell i holds EDGES[i-1] <= score < EDGES[i]."""
CELLS = len(EDGES) + 1
CENTRES: NDArray[np.float64] = (np.append(0.0, EDGES) + np.append(EDGES, 1.0)) / 2
TENTHS: NDArray[np.int64] = np.minimum((CENTRES * 10).astype(np.int64), 9)
"""The tenth of 0..1 that each cell lies in."""
KEYS = ("model", "stage", "version", "start")
LISTS = ("positive", "negative", "confidence")
CLOSED: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "version": pl.String,
    "start": TIME,
    "n": pl.Int64,
    "judged": pl.Int64,
    "positive": pl.List(pl.Int64),
    "negative": pl.List(pl.Int64),
    "confidence": pl.List(pl.Int64),
}
"""Windows of predictions, deltas and stored rows alike.

`n` predictions; `judged` of those with a score also name a class. `positive` and `negative` count
by cell the scores of predictions that say the positive class, and of the others; `confidence` the
largest of several classes' scores where there is no score of one. Lists without a row are empty.
"""


def cell(score: pl.Expr) -> pl.Expr:
    """The cell of a score; null outside of 0..1."""
    place = pl.lit(pl.Series(EDGES)).search_sorted(score, side="right").cast(pl.Int64)
    return pl.when(score.is_between(0.0, 1.0)).then(place)


def plain(text: pl.Expr) -> pl.Expr:
    """One spelling of a class: `1.0`, `true` and `True` are `1`."""
    lowered = text.str.to_lowercase()
    return (
        pl.when(lowered == "true")
        .then(pl.lit("1"))
        .when(lowered == "false")
        .then(pl.lit("0"))
        .otherwise(text.str.replace(r"^(-?\d+)\.0+$", "${1}"))
    )


def positive_of(positives: Mapping[str, str] | None) -> pl.Expr:
    """The positive class of a row's model, `1` where the settings name none."""
    wanted = positives or {}
    if not wanted:
        return pl.lit("1")
    named = pl.col("model").replace_strict(
        list(wanted), list(wanted.values()), default=None, return_dtype=pl.String
    )
    return pl.coalesce(plain(named), pl.lit("1"))


def completed(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with `score` taken from `scores` where it is there only, and `_confidence` of several.

    `rows` have `score` (Float64), `scores` (JSON objects as text) and `_positive`. Of two classes
    the score of the positive one counts, of more the largest is the confidence.
    """
    if "scores" not in rows.columns or rows["scores"].null_count() == rows.height:
        return rows.with_columns(pl.lit(None, dtype=pl.Float64).alias("_confidence"))
    found = [
        _of_classes(text, positive) if score is None and text else (score, None)
        for score, text, positive in rows.select("score", "scores", "_positive").iter_rows()
    ]
    return rows.with_columns(
        pl.Series("score", [one for one, _ in found], dtype=pl.Float64),
        pl.Series("_confidence", [most for _, most in found], dtype=pl.Float64),
    )


def _of_classes(text: str, positive: str) -> tuple[float | None, float | None]:
    try:
        given = json.loads(text)
    except ValueError:
        return None, None
    if not isinstance(given, dict):
        return None, None
    odds = {
        name: float(value)
        for name, value in given.items()
        if isinstance(value, int | float) and 0 <= value <= 1
    }
    if len(odds) == 2 and len(given) == 2:
        spelled = {"1" if name.lower() == "true" else name: name for name in odds}
        if positive in spelled:
            return odds[spelled[positive]], None
    return None, max(odds.values(), default=None)


def summarise(
    predictions: pl.DataFrame, width_s: float, positives: Mapping[str, str] | None = None
) -> pl.DataFrame:
    """The windows of predictions (`records.frames.PREDICTIONS`). Columns `CLOSED`."""
    if predictions.is_empty():
        return pl.DataFrame(schema=CLOSED)
    width = round(width_s * 1e6)
    said = plain(pl.col("prediction")) == pl.col("_positive")
    rows = (
        completed(predictions.with_columns(positive_of(positives).alias("_positive")))
        .with_columns(
            pl.from_epoch(pl.col("ts").dt.epoch("us") // width * width, time_unit="us").alias(
                "start"
            ),
            cell(pl.col("score")).alias("_cell"),
            cell(pl.col("_confidence")).alias("_sure"),
            said.alias("_said"),
        )
        .with_columns(
            pl.when(pl.col("_said").fill_null(pl.col("score") >= 0.5)).then("_cell").alias("_yes"),
            pl.when(~pl.col("_said").fill_null(pl.col("score") >= 0.5)).then("_cell").alias("_no"),
            (pl.col("_cell").is_not_null() & pl.col("_said").is_not_null()).alias("_judged"),
        )
    )
    groups, places = lists.grouped(rows, KEYS)
    size = groups.height
    return groups.with_columns(
        pl.Series("n", np.bincount(places, minlength=size)),
        pl.Series("judged", np.bincount(places[rows["_judged"].to_numpy()], minlength=size)),
        *(
            lists.counted(places, rows[cells], size, CELLS).alias(name)
            for name, cells in zip(LISTS, ("_yes", "_no", "_sure"), strict=True)
        ),
    ).select(list(CLOSED))


def merge(deltas: pl.DataFrame) -> pl.DataFrame:
    """One row a window, in order of keys. Columns `CLOSED`."""
    if deltas.is_empty():
        return pl.DataFrame(schema=CLOSED)
    groups, places = lists.grouped(deltas, KEYS)
    sums = deltas.group_by(KEYS).agg(pl.col("n", "judged").sum())
    return (
        groups.join(sums, on=list(KEYS), nulls_equal=True, maintain_order="left")
        .with_columns(
            lists.added(deltas[name], places, groups.height).alias(name) for name in LISTS
        )
        .select(list(CLOSED))
    )
