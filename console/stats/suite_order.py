"""The condition of a `[[checks]]` on the order of rows: that no column changes its level."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import polars as pl

from console.config.settings import Check
from console.stats import changes, changes_compat, tables
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
    theirs = changes_compat.ALARMS.get(check.compat, {}).get(check.change)
    test = theirs or partial(changes.every, changes.TESTS[check.change])
    if check.change in changes.OF_ERRORS:
        if not {"prediction", "label"} <= set(rows.columns):
            yield condition("change", "cannot be told: needs labels beside predictions", holds=None)
            return
        pairs = rows.select(pl.col("prediction", "label").cast(pl.String)).drop_nulls()
        wrong = (pairs["prediction"] != pairs["label"]).cast(pl.Float64).to_list()
        yield _said(check.change, "errors", test, wrong)
        return
    for name in names:
        if common_kind(rows[name], rows[name], output=name in tables.OUTPUTS) != "numeric":
            continue
        values = _finite(rows[name])
        if theirs is None:
            known = reference is not None and name in reference.columns
            usual = (
                _finite(reference[name])
                if reference is not None and known
                else values[: len(values) // _FIRST]
            )
            if len(usual) < 2 or float(usual.std()) == 0:
                continue
            values = (values - usual.mean()) / usual.std()
        yield _said(check.change, name, test, values.tolist())


def _finite(values: pl.Series) -> np.ndarray:
    numbers = values.cast(pl.Float64, strict=False).drop_nulls().to_numpy()
    return np.asarray(numbers[np.isfinite(numbers)])


def _said(
    name: str, column: str, test: changes_compat.Alarms, values: Sequence[float]
) -> Condition:
    try:
        places = test(values)
    except ValueError as error:
        said = f"cannot be told: {error}"
        return condition("change", said, holds=None, column=column)
    if not places:
        return condition("change", "keeps its level", holds=True, column=column)
    first, more = places[0] + 1, len(places) - 1
    said = f"changes by its value {first:,} ({name})"
    if more:
        said += f", and {more:,} times after" if more > 1 else ", and once after"
    return condition("change", said, holds=False, column=column, value=float(first))
