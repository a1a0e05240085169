"""Two tables compared: every column, with one limit of surprise for all.

The p-values of all columns (of the distribution, the nulls, the new categories, the values out of
range) and of the rows as wholes are judged together by Benjamini and Hochberg at
`FALSE_DISCOVERIES`, so that on data without a change at most one comparison in three hundred says
anything, however many columns there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from console.stats import drift, tables
from console.stats.compare import kinds, segments, together
from console.stats.compare.column import Examined, Role, examine
from console.stats.compare.result import Column, Comparison, Finding, Side, Together
from console.stats.compare.together import LEAST_AUC
from console.stats.compare.verdict import LEAST_EFFECT, judge, p_values
from console.stats.twosample.cells import Compat

FALSE_DISCOVERIES = 0.003
_OUTPUTS: dict[str, Role] = {"prediction": "prediction", "score": "score", "label": "label"}
_RESIDUE = 1e-300
"""No p-value is taken to be 0: so small a one may have vanished in rounding."""


def compare(
    reference: pl.DataFrame,
    current: pl.DataFrame,
    *,
    test: str | None = None,
    compat: Compat = "scipy",
    rate: float = FALSE_DISCOVERIES,
    least_effect: float = LEAST_EFFECT,
    by: Sequence[str] = (),
) -> Comparison:
    """Compares two tables as `tables.read` gives them, worst column first.

    `test` (a name of `twosample.menu.TESTS`) is computed in `compat`'s way beside the default test,
    which judges in any case. `by` names columns or tags whose values may carry what has changed.
    """
    found: list[Examined] = []
    columns: list[Column] = []
    here, there = tables.compared(reference), tables.compared(current)
    for name in [*here, *(name for name in there if name not in here)]:
        if name not in there or name not in here:
            columns.append(_one_sided(name, reference, current))
            continue
        one = examine(name, role_of(name), reference[name], current[name], test=test, compat=compat)
        if one is None:
            columns.append(_unlike(name, reference[name], current[name]))
        else:
            found.append(one)
    whole = together.examine(
        reference, current, [one.column.name for one in found if one.column.role != "label"]
    )
    all_p = np.array(
        [p for one in found for p in p_values(one.column)] + ([whole.p_value] if whole else [])
    )
    rejected = int(drift.false_discovery(np.maximum(all_p, _RESIDUE), rate).sum())
    level = rate * max(rejected, 1) / max(len(all_p), 1)
    parts = segments.divided(reference, current, by)
    for one in found:
        column = judge(one, level, least_effect)
        if parts and column.alerts:
            sides = reference[column.name], current[column.name]
            column = replace(column, carrier=segments.carried(column, *sides, parts))
        columns.append(column)
    return Comparison(
        tuple(sorted(columns, key=_worst)),
        reference.height,
        current.height,
        tuple(name for name in tables.BESIDE if name in {*reference.columns, *current.columns}),
        rate,
        least_effect,
        whole and replace(whole, alert=_alone(whole, columns, level)),
    )


def _alone(whole: Together, columns: list[Column], level: float) -> bool:
    """Whether rows have surely changed in a way that no column shows by itself."""
    sure = whole.p_value <= level and whole.auc >= LEAST_AUC
    return sure and not any(column.alerts for column in columns)


def role_of(name: str) -> Role:
    """What a column is to the model."""
    return _OUTPUTS.get(name, "feature")


def _worst(column: Column) -> tuple[int, float, str]:
    effect = 0.0 if column.effect is None else column.effect.value
    return -len(column.alerts), -effect, column.name


def _one_sided(name: str, reference: pl.DataFrame, current: pl.DataFrame) -> Column:
    missing = name not in current.columns
    values = reference[name] if missing else current[name]
    side = Side(len(values), values.null_count())
    # Labels come later: that they are not there yet says nothing.
    finding = Finding(
        "missing" if missing else "new",
        "is missing" if missing else "is new",
        alert=missing and name != "label",
    )
    return Column(
        name,
        role_of(name),
        "other",
        side if missing else Side(0, 0),
        Side(0, 0) if missing else side,
        findings=(finding,),
    )


def _unlike(name: str, reference: pl.Series, current: pl.Series) -> Column:
    before, after = kinds.family(reference), kinds.family(current)
    return Column(
        name,
        role_of(name),
        "other",
        Side(len(reference), reference.null_count()),
        Side(len(current), current.null_count()),
        findings=(Finding("type", f"was {before}, is {after}", alert=True),),
    )
