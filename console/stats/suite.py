"""The conditions of a `[[checks]]` on the rows of files: which hold, which fail, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from console.config.settings import Check
from console.stats import suite_order, suite_performance, tables
from console.stats.compare.frames import FALSE_DISCOVERIES, compare
from console.stats.compare.kinds import as_kind, common_kind
from console.stats.compare.result import Column, Comparison
from console.stats.condition import Condition, condition
from console.stats.twosample.cells import Compat

_SHOWN = 40
_COMPATS: dict[str, Compat] = {
    "scipy": "scipy",
    "evidently": "evidently",
    "nannyml": "nannyml",
    "deepchecks": "deepchecks",
    "frouros": "frouros",
}
SUITES: Mapping[str, Mapping[str, Any]] = {
    "train_test": {
        "drift": "significant",
        "unseen": 0.0,
        "leakage": 0.05,
        "constant": 1.0,
        "multivariate": 0.65,
        "degradation": 0.1,
    }
}
"""What a suite asks for where the check does not say: of a test set, held against its training set,
no sure drift and no new category, few rows that were trained on, no way to tell the two apart, and
no metric that is worse by a tenth of itself."""


def evaluate(
    check: Check,
    suite: str,
    rows: pl.DataFrame,
    reference: pl.DataFrame | None,
    *,
    positive: str | None = None,
    costs: Mapping[str, float] | None = None,
    age_s: float | None = None,
    rate: float = FALSE_DISCOVERIES,
) -> list[Condition]:
    """The conditions of a check on rows as `tables.gather` gives them, in the order of its keys.

    `reference` is what drift, unseen categories and degradation are told from; `age_s` the age of
    the newest row, `rate` the share of false discoveries. What cannot be told is `broken`, with
    what is lacking.
    """
    if check.suite is not None:
        own = {
            key: value for key, value in SUITES[check.suite].items() if getattr(check, key) is None
        }
        check = replace(check, **own)
    told = [
        replace(one, suite=suite)
        for found in (
            _rows(check, rows),
            _fresh(check, age_s),
            _schema(check, rows),
            _nulls(check, rows),
            _duplicates(check, rows),
            _constant(check, rows),
            _within(check, rows),
            _leakage(check, rows, reference),
            suite_order.conditions(check, rows, reference, _looked_at(check, rows)),
            _against(check, rows, reference, rate),
            suite_performance.conditions(check, rows, reference, positive, costs),
        )
        for one in found
    ]
    names = {one.name for one in told}
    for key, field in (("range", "within"), ("unseen", "unseen"), ("drift", "drift")):
        if getattr(check, field) is not None and key not in names:
            said = f"no column that {key} could be told of: take it out, or name other columns"
            told.append(Condition(suite, key, "broken", said))
    return told


def _looked_at(check: Check, rows: pl.DataFrame) -> list[str]:
    names = tables.compared(rows)
    return [name for name in names if not check.columns or name in check.columns]


def _rows(check: Check, rows: pl.DataFrame) -> Iterator[Condition]:
    if check.rows is not None:
        said = f"{rows.height:,} rows, at least {check.rows:,} wanted"
        holds = rows.height >= check.rows
        yield condition("rows", said, holds=holds, value=rows.height, limit=check.rows)


def _fresh(check: Check, age_s: float | None) -> Iterator[Condition]:
    if check.fresh_s is None:
        return
    if age_s is None:
        yield condition("fresh", "no row has a time", holds=None)
        return
    said = f"the newest row is {_span(age_s)} old, at most {_span(check.fresh_s)} wanted"
    holds = age_s <= check.fresh_s
    yield condition("fresh", said, holds=holds, value=age_s, limit=check.fresh_s)


def _schema(check: Check, rows: pl.DataFrame) -> Iterator[Condition]:
    for name in check.columns:
        if name not in rows.columns:
            yield condition("column", "is missing", holds=False, column=name)


def _nulls(check: Check, rows: pl.DataFrame) -> Iterator[Condition]:
    if check.nulls is None:
        return
    for name in _looked_at(check, rows):
        if name == "label" and name not in check.columns:
            continue  # labels come later
        kind = common_kind(rows[name], rows[name], output=name in tables.OUTPUTS) or "other"
        share = as_kind(rows[name], kind).nulls / max(rows.height, 1)
        said = f"{_percent(share)} nulls, at most {_percent(check.nulls)} wanted"
        yield condition(
            "nulls", said, holds=share <= check.nulls, column=name, value=share, limit=check.nulls
        )


def _duplicates(check: Check, rows: pl.DataFrame) -> Iterator[Condition]:
    if check.duplicates is None:
        return
    names = _looked_at(check, rows)
    share = 1 - rows.select(names).n_unique() / rows.height if names and rows.height else 0.0
    said = f"{_percent(share)} of the rows are there already, at most "
    said += f"{_percent(check.duplicates)} wanted"
    holds = share <= check.duplicates
    yield condition("duplicates", said, holds=holds, value=share, limit=check.duplicates)


def _constant(check: Check, rows: pl.DataFrame) -> Iterator[Condition]:
    if check.constant is None:
        return
    for name in _looked_at(check, rows):
        values = rows[name].drop_nulls()
        if not len(values) or values.dtype.is_nested():
            continue
        most = values.alias("value").value_counts(sort=True).row(0)
        share = most[1] / len(values)
        holds = share < 1.0 if check.constant == 1.0 else share <= check.constant
        said = f"{_percent(share)} of the values are {str(most[0])[:_SHOWN]!r}, "
        said += (
            "more than one wanted"
            if check.constant == 1.0
            else (f"at most {_percent(check.constant)} wanted")
        )
        yield condition(
            "constant", said, holds=holds, column=name, value=share, limit=check.constant
        )


def _leakage(
    check: Check, rows: pl.DataFrame, reference: pl.DataFrame | None
) -> Iterator[Condition]:
    """Rows that the reference has, too, told by all the columns that both have."""
    if check.leakage is None:
        return
    if reference is None:
        said = "there is no reference: name one in the check, or in its [models.NAME]"
        yield condition("leakage", said, holds=None)
        return
    names = [
        name
        for name in tables.compared(rows)
        if name in reference.columns and not rows.schema[name].is_nested()
    ]
    texts = [pl.col(name).cast(pl.String) for name in names]
    known = reference.select(texts).unique()
    both = rows.select(texts).join(known, on=names, how="semi", nulls_equal=True) if names else rows
    share = both.height / rows.height if rows.height and names else 0.0
    said = f"{_percent(share)} of the rows are in the reference, at most "
    said += f"{_percent(check.leakage)} wanted"
    holds = share <= check.leakage
    yield condition("leakage", said, holds=holds, value=share, limit=check.leakage)


def _multivariate(check: Check, found: Comparison) -> Iterator[Condition]:
    limit, whole = check.multivariate, found.together
    if limit is None:
        return
    if whole is None:
        said = "cannot be told: too few rows, or no column that both have"
        yield condition("multivariate", said, holds=None if check.suite is None else True)
        return
    said = f"rows are told apart with an AUC of {whole.auc:.3f} ({whole.low:.3f}..{whole.high:.3f})"
    said += f", at most {limit:g} wanted"
    said += f": by {', '.join(whole.carriers)}" if whole.low > limit else ""
    # What chance explains does not fail.
    yield condition("multivariate", said, holds=whole.low <= limit, value=whole.auc, limit=limit)


def _within(check: Check, rows: pl.DataFrame) -> Iterator[Condition]:
    if check.within is None:
        return
    low, high = check.within
    for name in _looked_at(check, rows):
        if common_kind(rows[name], rows[name], output=name in tables.OUTPUTS) != "numeric":
            continue
        values = as_kind(rows[name], "numeric")
        numbers = values.numbers
        if numbers is None or not len(numbers) + values.infinite:
            continue
        beyond = int(((numbers < low) | (numbers > high)).sum()) + values.infinite
        said = f"{beyond:,} values outside {low:g}..{high:g}"
        yield condition("range", said, holds=not beyond, column=name, value=beyond, limit=0)


def _against(
    check: Check, rows: pl.DataFrame, reference: pl.DataFrame | None, rate: float
) -> Iterator[Condition]:
    wanted = [key for key in ("unseen", "drift", "multivariate") if getattr(check, key) is not None]
    if not wanted:
        return
    if reference is None:
        for key in wanted:
            said = "there is no reference: name one in the check, or in its [models.NAME]"
            yield condition(key, said, holds=None)
        return
    keep = [name for name in _looked_at(check, rows) if name in reference.columns]
    lost = [
        name
        for name in tables.compared(reference)
        if name not in rows.columns and name != "label" and not check.columns
    ]
    for name in lost:
        yield condition("column", "is in the reference and missing here", holds=False, column=name)
    found = compare(
        reference.select(keep),
        rows.select(keep),
        test=check.test,
        compat=_COMPATS.get(check.compat, "scipy"),
        rate=rate,
    )
    yield from _unseen(check, found)
    for column in found.columns:
        judged = None if check.drift is None else _drift(check, column)
        if judged is not None:
            yield judged
    yield from _multivariate(check, found)


def _unseen(check: Check, found: Comparison) -> Iterator[Condition]:
    for column in found.columns:
        term = column.unseen
        if check.unseen is None or term is None or column.kind == "identifier":
            continue
        names = f": {', '.join(term.names[:5])}" if term.names else ""
        said = f"{_percent(term.after)} of the rows in new categories, "
        said += f"at most {_percent(check.unseen)} wanted{names}"
        holds = term.after <= check.unseen
        yield condition(
            "unseen", said, holds=holds, column=column.name, value=term.after, limit=check.unseen
        )


def _drift(check: Check, column: Column) -> Condition | None:
    broken = [f for f in column.findings if f.what == "type" and f.alert]
    if broken:
        return condition("drift", broken[0].text, holds=False, column=column.name)
    if isinstance(check.drift, str):
        if column.effect is None:
            return None
        # New categories are drift, too, unless the check has a limit of its own for them.
        counted = ("drift", "unseen") if check.unseen is None else ("drift",)
        moved = [f.text for f in column.alerts if f.what in counted]
        said = "; ".join(moved) or "no sure drift"
        return condition(
            "drift", said, holds=not moved, column=column.name, value=column.effect.value
        )
    if check.test is not None:
        value = None if column.measured is None else column.measured.statistic
        title = check.test
    else:
        value = None if column.effect is None else column.effect.value
        title = "effect in standard deviations"
    if value is None or check.drift is None:
        return None
    said = f"{title} {value:.4g}, at most {check.drift:g} wanted"
    holds = abs(value) <= check.drift
    return condition("drift", said, holds=holds, column=column.name, value=value, limit=check.drift)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _span(seconds: float) -> str:
    for width, unit in ((86400.0, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if abs(seconds) >= 2 * width:
            return f"{seconds / width:,.1f} {unit}"
    return f"{seconds:,.0f} seconds"
