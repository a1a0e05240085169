"""The condition of a `[[checks]]` on the order of rows: that no column changes its level."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from console.config.settings import Check
from console.stats import changes, tables
from console.stats.compare.kinds import common_kind
from console.stats.condition import Condition, condition

_FIRST = 3
"""Without a reference the first third of the rows tells what is usual."""


def conditions(
    check: Check, rows: pl.DataFrame, reference: pl.DataFrame | None, names: Sequence[str]
) -> Iterator[Condition]:
    """Whether each numeric column keeps its level; of errors whether predictions keep theirs."""
    if check.change is None:
        return
    test = changes.TESTS[check.change]
    if check.change in changes.OF_ERRORS:
        if not {"prediction", "label"} <= set(rows.columns):
            yield condition("change", "cannot be told: needs labels beside predictions", holds=None)
            return
        pairs = rows.select(pl.col("prediction", "label").cast(pl.String)).drop_nulls()
        wrong = (pairs["prediction"] != pairs["label"]).cast(pl.Float64).to_list()
        yield _said(check.change, "errors", test(wrong))
        return
    for name in names:
        if common_kind(rows[name], rows[name], output=name in tables.OUTPUTS) != "numeric":
            continue
        values = _finite(rows[name])
        known = reference is not None and name in reference.columns
        usual = (
            _finite(reference[name])
            if reference is not None and known
            else values[: len(values) // _FIRST]
        )
        if len(usual) < 2 or float(usual.std()) == 0:
            continue
        scores = (values - usual.mean()) / usual.std()
        yield _said(check.change, name, test(scores.tolist()))


def _finite(values: pl.Series) -> np.ndarray:
    numbers = values.cast(pl.Float64, strict=False).drop_nulls().to_numpy()
    return np.asarray(numbers[np.isfinite(numbers)])


def _said(test: str, column: str, place: int | None) -> Condition:
    said = "keeps its level" if place is None else f"changes by its value {place + 1:,} ({test})"
    value = None if place is None else float(place + 1)
    return condition("change", said, holds=place is None, column=column, value=value)
