"""The alert's number, computed anew from the rows of its bundle.

Copied into every bundle as it is: `python reproduce.py` there, or the notebook, needs polars only.
`recipe.json` says what is computed of which rows; no text of the followed files is in this code.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

import polars as pl

Recipe = Mapping[str, Any]
TOLERANCE = 1e-6
"""Relative: the alert's number was rounded, and sums depend on their order."""


def rows_of(folder: Path) -> pl.DataFrame:
    """The rows before and after the onset, oldest first."""
    return pl.concat([pl.read_parquet(folder / f"{name}.parquet") for name in ("before", "after")])


def number(rows: pl.DataFrame, recipe: Recipe) -> float | None:
    """What the recipe says of the rows, which have columns `ts` and `value`; None for no rows.

    Of the rows with start <= ts < end; `known_by` limits predictions to those whose label had
    arrived by then.
    """
    start, end = (datetime.fromisoformat(recipe[name]) for name in ("start", "end"))
    chosen = rows.filter(pl.col("ts") >= start, pl.col("ts") < end)
    if recipe.get("known_by"):
        known_by = datetime.fromisoformat(recipe["known_by"])
        chosen = chosen.filter(pl.col("label").is_not_null(), pl.col("labelled_ts") < known_by)
    found = STATISTICS[recipe["statistic"]](chosen, recipe)
    return None if found is None else float(found)


def check(folder: Path) -> str:
    """What the rows say beside what the alert says. Raises AssertionError if they differ."""
    recipe = json.loads((folder / "recipe.json").read_text(encoding="utf-8"))
    told = recipe["number"]
    if recipe["statistic"] is None:
        return f"the alert says {told}; {recipe['why']}"
    found = number(rows_of(folder), recipe)
    assert found is not None, "there are no rows"
    allowed = recipe.get("tolerance", TOLERANCE)
    assert math.isclose(found, told, rel_tol=allowed, abs_tol=1e-9), (found, told)
    text = (
        f"reproduced: {found:.10g} ({recipe['statistic']} from {recipe['start']} to {recipe['end']}"
        f" UTC); the alert says {told:.10g}"
    )
    return f"{text}; {recipe['why']}" if "why" in recipe else text


def _windows(rows: pl.DataFrame, recipe: Recipe) -> pl.Series:
    """The means of windows of `window_s` seconds since the start, oldest first."""
    width = round(recipe["window_s"] * 1e6)
    since = pl.col("ts") - pl.lit(datetime.fromisoformat(recipe["start"]))
    value = pl.col("value").cast(pl.Float64, strict=False)
    means = (
        rows.group_by((since.dt.total_microseconds() // width).alias("window"))
        .agg(value.filter(value.is_finite()).mean())
        .sort("window")["value"]
        .drop_nulls()
    )
    if recipe.get("above") is not None:
        means = means.filter(means > recipe["above"])
    if recipe.get("below") is not None:
        means = means.filter(means < recipe["below"])
    return means


def _mean_of_windows(rows: pl.DataFrame, recipe: Recipe) -> Any:
    return _windows(rows, recipe).mean()


def _median_of_windows(rows: pl.DataFrame, recipe: Recipe) -> Any:
    return _windows(rows, recipe).median()


def _geometric_mean_of_windows(rows: pl.DataFrame, recipe: Recipe) -> Any:
    means = _windows(rows, recipe)
    mean: Any = means.filter(means > 0).log().mean()
    return None if mean is None else math.exp(mean)


def _mean(rows: pl.DataFrame, _: Recipe) -> Any:
    numbers = rows["value"].cast(pl.Float64, strict=False).drop_nulls()
    return numbers.filter(numbers.is_finite()).mean()


def _share(rows: pl.DataFrame, recipe: Recipe) -> Any:
    """The share of rows of a category; of nulls where it is null."""
    wanted = recipe["category"]
    hits = pl.col("value").is_null() if wanted is None else pl.col("value") == wanted
    return rows.select(hits.fill_null(value=False).mean()).item()


def _lines_per_hour(rows: pl.DataFrame, recipe: Recipe) -> float:
    start, end = (datetime.fromisoformat(recipe[name]) for name in ("start", "end"))
    return rows.height * 3600 / (end - start).total_seconds()


def _seen(rows: pl.DataFrame, _: Recipe) -> float:
    return float(not rows.is_empty())


def _median_of_counts(rows: pl.DataFrame, recipe: Recipe) -> float:
    """The median count of rows in equal slices; a row counts where its window begins."""
    begin = datetime.fromisoformat(recipe["start"])
    window, width = round(recipe["window_s"] * 1e6), recipe["slice_s"] * 1e6
    first = pl.lit(begin).dt.epoch("us")
    place = (pl.col("ts").dt.epoch("us") // window * window - first) / width
    places = rows.select(place.floor().cast(pl.Int64).alias("place"))["place"].to_list()
    return float(median(places.count(slice_) for slice_ in range(recipe["slices"])))


def _accuracy(rows: pl.DataFrame, _: Recipe) -> Any:
    return rows.select((pl.col("prediction") == pl.col("label")).mean()).item()


def _errors(rows: pl.DataFrame) -> pl.Series:
    said, true = (pl.col(name).cast(pl.Float64, strict=False) for name in ("prediction", "label"))
    return rows.select((said - true).alias("error"))["error"].drop_nulls()


def _mae(rows: pl.DataFrame, _: Recipe) -> Any:
    return _errors(rows).abs().mean()


def _rmse(rows: pl.DataFrame, _: Recipe) -> Any:
    squared: Any = (_errors(rows) ** 2).mean()
    return None if squared is None else math.sqrt(squared)


def _counts(rows: pl.DataFrame, recipe: Recipe) -> tuple[int, int, int]:
    """True positives, false positives and false negatives."""
    said, true = (rows[name] == recipe["positive"] for name in ("prediction", "label"))
    return int((said & true).sum()), int((said & ~true).sum()), int((~said & true).sum())


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _precision(rows: pl.DataFrame, recipe: Recipe) -> float | None:
    hit, wrong, _ = _counts(rows, recipe)
    return _ratio(hit, hit + wrong)


def _recall(rows: pl.DataFrame, recipe: Recipe) -> float | None:
    hit, _, missed = _counts(rows, recipe)
    return _ratio(hit, hit + missed)


def _f1(rows: pl.DataFrame, recipe: Recipe) -> float | None:
    hit, wrong, missed = _counts(rows, recipe)
    return _ratio(2 * hit, 2 * hit + wrong + missed)


def _brier(rows: pl.DataFrame, recipe: Recipe) -> Any:
    true = (rows["label"] == recipe["positive"]).cast(pl.Float64)
    return ((rows["score"] - true) ** 2).mean()


def _auc(rows: pl.DataFrame, recipe: Recipe) -> float | None:
    """The probability that a positive scores higher than a negative, ties counting half."""
    scored = rows.drop_nulls("score")
    ranks, true = scored["score"].rank(), scored["label"] == recipe["positive"]
    n = int(true.sum())
    return _ratio(float(ranks.filter(true).sum()) - n * (n + 1) / 2, n * (scored.height - n))


STATISTICS: dict[str, Callable[[pl.DataFrame, Recipe], Any]] = {
    "accuracy": _accuracy,
    "auc": _auc,
    "brier": _brier,
    "f1": _f1,
    "geometric mean of windows": _geometric_mean_of_windows,
    "lines per hour": _lines_per_hour,
    "mae": _mae,
    "mean": _mean,
    "mean of windows": _mean_of_windows,
    "median of counts": _median_of_counts,
    "median of windows": _median_of_windows,
    "precision": _precision,
    "recall": _recall,
    "rmse": _rmse,
    "seen": _seen,
    "share": _share,
}
"""What a recipe may ask for, by name."""

if __name__ == "__main__":
    print(check(Path(__file__).parent))  # noqa: T201 - a script in the bundle
