"""The conditions of a `[[checks]]` on the rows of files: which hold, which fail, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import polars as pl

from console.config.settings import Check
from console.stats import metrics, performance, tables
from console.stats.compare.frames import compare
from console.stats.compare.kinds import as_kind, common_kind
from console.stats.compare.result import Column, Comparison
from console.stats.twosample.cells import Compat

Verdict = Literal["holds", "fails", "broken"]

_LESS_IS_BETTER = {"brier", "mae", "rmse"}
_COMPATS: dict[str, Compat] = {
    "scipy": "scipy",
    "evidently": "evidently",
    "nannyml": "nannyml",
    "deepchecks": "deepchecks",
    "frouros": "frouros",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition, and what became of it."""

    suite: str
    name: str
    verdict: Verdict
    said: str
    column: str | None = None
    value: float | None = None
    limit: float | None = None


def evaluate(
    check: Check,
    suite: str,
    rows: pl.DataFrame,
    reference: pl.DataFrame | None,
    *,
    positive: str | None = None,
    age_s: float | None = None,
) -> list[Condition]:
    """The conditions of a check on rows as `tables.gather` gives them, in the order of its keys.

    `reference` is what drift, unseen categories and degradation are told from; `age_s` the age of
    the newest row. What cannot be told is `broken`, with what is lacking.
    """
    told = [
        replace(condition, suite=suite)
        for found in (
            _rows(check, rows),
            _fresh(check, age_s),
            _schema(check, rows),
            _nulls(check, rows),
            _duplicates(check, rows),
            _within(check, rows),
            _against(check, rows, reference),
            _performance(check, rows, reference, positive),
        )
        for condition in found
    ]
    names = {condition.name for condition in told}
    for key, field in (("range", "within"), ("unseen", "unseen"), ("drift", "drift")):
        if getattr(check, field) is not None and key not in names:
            said = f"no column that {key} could be told of: take it out, or name other columns"
            told.append(Condition(suite, key, "broken", said))
    return told


def _condition(
    name: str,
    said: str,
    *,
    holds: bool | None,
    column: str | None = None,
    value: float | None = None,
    limit: float | None = None,
) -> Condition:
    verdict: Verdict = "broken" if holds is None else "holds" if holds else "fails"
    return Condition("", name, verdict, said, column, value, limit)


def _looked_at(check: Check, rows: pl.DataFrame) -> list[str]:
    names = tables.compared(rows)
    return [name for name in names if not check.columns or name in check.columns]


def _rows(check: Check, rows: pl.DataFrame) -> Iterator[Condition]:
    if check.rows is not None:
        said = f"{rows.height:,} rows, at least {check.rows:,} wanted"
        holds = rows.height >= check.rows
        yield _condition("rows", said, holds=holds, value=rows.height, limit=check.rows)


def _fresh(check: Check, age_s: float | None) -> Iterator[Condition]:
    if check.fresh_s is None:
        return
    if age_s is None:
        yield _condition("fresh", "no row has a time", holds=None)
        return
    said = f"the newest row is {_span(age_s)} old, at most {_span(check.fresh_s)} wanted"
    holds = age_s <= check.fresh_s
    yield _condition("fresh", said, holds=holds, value=age_s, limit=check.fresh_s)


def _schema(check: Check, rows: pl.DataFrame) -> Iterator[Condition]:
    for name in check.columns:
        if name not in rows.columns:
            yield _condition("column", "is missing", holds=False, column=name)


def _nulls(check: Check, rows: pl.DataFrame) -> Iterator[Condition]:
    if check.nulls is None:
        return
    for name in _looked_at(check, rows):
        if name == "label" and name not in check.columns:
            continue  # labels come later
        kind = common_kind(rows[name], rows[name], output=name in tables.OUTPUTS) or "other"
        share = as_kind(rows[name], kind).nulls / max(rows.height, 1)
        said = f"{_percent(share)} nulls, at most {_percent(check.nulls)} wanted"
        yield _condition(
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
    yield _condition("duplicates", said, holds=holds, value=share, limit=check.duplicates)


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
        yield _condition("range", said, holds=not beyond, column=name, value=beyond, limit=0)


def _against(
    check: Check, rows: pl.DataFrame, reference: pl.DataFrame | None
) -> Iterator[Condition]:
    wanted = [key for key in ("unseen", "drift") if getattr(check, key) is not None]
    if not wanted:
        return
    if reference is None:
        for key in wanted:
            said = "there is no reference: name one in the check, or in its [models.NAME]"
            yield _condition(key, said, holds=None)
        return
    keep = [name for name in _looked_at(check, rows) if name in reference.columns]
    lost = [
        name
        for name in tables.compared(reference)
        if name not in rows.columns and name != "label" and not check.columns
    ]
    for name in lost:
        yield _condition("column", "is in the reference and missing here", holds=False, column=name)
    found = compare(
        reference.select(keep), rows.select(keep), test=check.test, compat=_COMPATS[check.compat]
    )
    yield from _unseen(check, found)
    for column in found.columns:
        condition = None if check.drift is None else _drift(check, column)
        if condition is not None:
            yield condition


def _unseen(check: Check, found: Comparison) -> Iterator[Condition]:
    for column in found.columns:
        term = column.unseen
        if check.unseen is None or term is None or column.kind == "identifier":
            continue
        names = f": {', '.join(term.names[:5])}" if term.names else ""
        said = f"{_percent(term.after)} of the rows in new categories, "
        said += f"at most {_percent(check.unseen)} wanted{names}"
        holds = term.after <= check.unseen
        yield _condition(
            "unseen", said, holds=holds, column=column.name, value=term.after, limit=check.unseen
        )


def _drift(check: Check, column: Column) -> Condition | None:
    broken = [f for f in column.findings if f.what == "type" and f.alert]
    if broken:
        return _condition("drift", broken[0].text, holds=False, column=column.name)
    if isinstance(check.drift, str):
        if column.effect is None:
            return None
        # New categories are drift, too, unless the check has a limit of its own for them.
        counted = ("drift", "unseen") if check.unseen is None else ("drift",)
        moved = [f.text for f in column.alerts if f.what in counted]
        said = "; ".join(moved) or "no sure drift"
        return _condition(
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
    return _condition(
        "drift", said, holds=holds, column=column.name, value=value, limit=check.drift
    )


def _performance(
    check: Check, rows: pl.DataFrame, reference: pl.DataFrame | None, positive: str | None
) -> Iterator[Condition]:
    if check.metric is None:
        return
    name = check.metric
    value = metric(name, performance.totals(rows, positive))
    if value is None:
        yield _condition(name, "cannot be told: needs labels beside predictions", holds=None)
        return
    if check.least is not None:
        said = f"{value:.4g}, at least {check.least:g} wanted"
        yield _condition(name, said, holds=value >= check.least, value=value, limit=check.least)
    if check.most is not None:
        said = f"{value:.4g}, at most {check.most:g} wanted"
        yield _condition(name, said, holds=value <= check.most, value=value, limit=check.most)
    if check.degradation is not None:
        before = None
        if reference is not None:
            before = metric(name, performance.totals(reference, positive))
        if before is None:
            said = "cannot be told: the reference has no labels"
            yield _condition(f"{name} degradation", said, holds=None)
            return
        worse = (value - before) if name in _LESS_IS_BETTER else (before - value)
        said = f"{before:.4g} to {value:.4g}, at most {check.degradation:g} worse wanted"
        holds = worse <= check.degradation
        yield _condition(
            f"{name} degradation", said, holds=holds, value=worse, limit=check.degradation
        )


def metric(name: str, sums: dict[str, Any]) -> float | None:
    """A performance metric from the sums of `performance.totals`; None if they lack it."""
    found = metrics.of_sums(sums).get(name)
    return None if found is None else found.value


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _span(seconds: float) -> str:
    for width, unit in ((86400.0, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if abs(seconds) >= 2 * width:
            return f"{seconds / width:,.1f} {unit}"
    return f"{seconds:,.0f} seconds"
