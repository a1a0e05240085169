"""What is said of a column once it is known how sure one can be among all of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from console.stats.compare.column import LEAST_ROWS, Examined
from console.stats.compare.judged import of_numbers
from console.stats.compare.kinds import Values
from console.stats.compare.result import Column, Finding, Term

LEAST_EFFECT = 0.1
"""A surer but smaller shift than this many standard deviations is a note."""
LEAST_NULLS = 0.005
"""Least change of the share of nulls, of text among numbers."""
LEAST_UNSEEN = 0.001
"""Least share of rows in new categories, or out of the reference's range."""
_FACTORS = (10.0, 60.0, 100.0, 1000.0, 1024.0, 3600.0, 1e6, 1e9)
_OTHER_UNIT, _SAME_AGAIN, _NEAR = 0.5, 0.2, 0.15


def judge(examined: Examined, level: float, least_effect: float) -> Column:
    """The column with its threshold and findings; p-values up to `level` are sure."""
    column = examined.column
    result = examined.judged
    limit = None if result is None else result.limit(level)
    column = replace(column, threshold=limit if limit is None or math.isfinite(limit) else None)
    said = (*_drift(examined, level, least_effect), *_terms(column, level), *_state(column))
    return replace(column, findings=said)


def p_values(column: Column) -> list[float]:
    """The p-values of a column that are judged together with those of all others."""
    found = [] if column.p_value is None else [column.p_value]
    return found + [
        term.p_value for term in (column.nulls, column.unseen, column.outside) if term is not None
    ]


def _drift(examined: Examined, level: float, least_effect: float) -> Iterator[Finding]:
    column, effect = examined.column, examined.column.effect
    if column.p_value is None or effect is None:
        if column.kind in ("numeric", "category") and column.test is None and _few(column):
            yield Finding("drift", f"fewer than {LEAST_ROWS} values: not judged")
        return
    if column.p_value > level:
        return
    size = f"{effect.value:.2f} ({effect.low:.2f}..{effect.high:.2f}) standard deviations"
    if effect.value < least_effect:
        yield Finding("drift", f"{effect.direction}, surely but slightly: {size}")
        return
    yield Finding("drift", f"{effect.direction} by {size}{_carried(column)}", alert=True)
    factor = _unit(examined)
    if factor is not None:
        yield Finding(
            "unit", f"values are {factor} the reference's: has the unit changed?", alert=True
        )


def _few(column: Column) -> bool:
    known = min(side.rows - side.nulls for side in (column.reference, column.current))
    return 0 < known < LEAST_ROWS


def _carried(column: Column) -> str:
    if not column.parts:
        return ""
    part = column.parts[0]
    return f", most in {part.name}: {_percent(part.reference)} to {_percent(part.current)}"


def _terms(column: Column, level: float) -> Iterator[Finding]:
    if column.nulls is not None and column.nulls.p_value <= level:
        moved = abs(column.nulls.after - column.nulls.before)
        empty = column.current.nulls == column.current.rows
        text = "all values are null" if empty else f"nulls {_change(column.nulls)}"
        yield Finding("nulls", text, alert=moved >= LEAST_NULLS)
    unseen = column.unseen
    if unseen is not None and unseen.rows:
        sure = unseen.p_value <= level
        if column.kind == "numeric":
            loud = sure and abs(unseen.after - unseen.before) >= LEAST_NULLS
            yield Finding("type", f"text among numbers {_change(unseen)}", alert=loud)
        elif column.kind == "category" or sure:
            loud = sure and unseen.after >= LEAST_UNSEEN
            names = ", ".join(unseen.names[:3]) + (", ..." if len(unseen.names) > 3 else "")
            text = f"new categories in {_percent(unseen.after)} of the rows: {names}"
            yield Finding("unseen", text, alert=loud)
    outside = column.outside
    if outside is not None and outside.p_value <= level:
        text = (
            f"{_percent(outside.after)} of the values outside the reference's "
            f"{column.reference.low:.4g}..{column.reference.high:.4g}"
        )
        yield Finding("outside", text, alert=outside.after >= LEAST_UNSEEN)


def _state(column: Column) -> Iterator[Finding]:
    before, after = column.reference, column.current
    if after.infinite:
        text = f"{after.infinite:,} infinite values ({before.infinite:,} in the reference)"
        yield Finding("infinite", text, alert=not before.infinite)
    if after.distinct == 1 and after.rows - after.nulls >= LEAST_ROWS:
        varied = before.distinct is not None and before.distinct > 1
        if varied and column.p_value is not None and column.p_value < 1e-3:
            yield Finding("constant", "is constant, and was not", alert=True)
        elif not varied:
            yield Finding("constant", "is constant")


def _unit(examined: Examined) -> str | None:
    """The factor that turns the reference's values into the current ones, if it is a usual one."""
    before, after = examined.reference, examined.current
    result = examined.judged
    if result is None or result.test != "ks" or result.statistic < _OTHER_UNIT:
        return None
    middles = [_middle(values) for values in (before, after)]
    if not all(middles):
        return None
    ratio = middles[1] / middles[0]
    for factor in _FACTORS:
        for scale, text in ((factor, f"{factor:,g} times"), (1 / factor, f"1/{factor:,g} of")):
            if abs(math.log(ratio / scale)) < _NEAR and _alike(before, after, scale):
                return text
    return None


def _alike(before: Values | None, after: Values | None, scale: float) -> bool:
    """Whether the reference's values, scaled, are distributed much like the current ones."""
    if before is None or after is None or before.numbers is None or after.numbers is None:
        return False
    return of_numbers(before.numbers * scale, after.numbers).statistic < _SAME_AGAIN


def _middle(values: Values | None) -> float:
    """Median of the sizes of the values that are not 0; 0 without any."""
    if values is None or values.numbers is None:
        return 0.0
    sizes = np.abs(values.numbers[values.numbers != 0])
    return float(np.median(sizes)) if len(sizes) else 0.0


def _change(term: Term) -> str:
    return f"{_percent(term.before)} to {_percent(term.after)}"


def _percent(share: float) -> str:
    if 0 < share < 0.001:
        return f"{100 * share:.2g} %"
    return f"{100 * share:.1f} %"
