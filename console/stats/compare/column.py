"""One column of two tables: everything that is computed of it, before anything is judged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np
import polars as pl

from console.stats.compare import judged, kinds, terms
from console.stats.compare.judged import Judged
from console.stats.compare.kinds import Values
from console.stats.compare.result import Column, Effect, Measured, Part, Side, Term
from console.stats.twosample import cells as binning
from console.stats.twosample import distances, menu
from console.stats.twosample.cells import Cells, Compat, Floats

Role = Literal["feature", "prediction", "score", "label"]
LEAST_ROWS = 10
"""Fewer known values on a side than this are not judged."""
CELLS = 12
"""Cells of the small histograms."""
_NAMES, _GONE, _PARTS = 20, 20, 10
_CENTRE = 0.01
_CARRIES = 0.01


@dataclass(frozen=True)
class Examined:
    """A column with its test, which is judged together with those of the other columns."""

    column: Column
    judged: Judged | None = None
    reference: Values | None = None
    current: Values | None = None


def examine(
    name: str,
    role: Role,
    reference: pl.Series,
    current: pl.Series,
    *,
    test: str | None = None,
    compat: Compat = "scipy",
) -> Examined | None:
    """Computes a column's sides, terms and test; None if the sides are of different kinds.

    `test` is computed beside the default one.
    """
    kind = kinds.common_kind(reference, current, output=role != "feature")
    if kind is None:
        return None
    before, after = (kinds.as_kind(values, kind) for values in (reference, current))
    base = Column(
        name,
        role,
        kind,
        _side(before),
        _side(after),
        nulls=_term(before.nulls, before.rows, after.nulls, after.rows),
    )
    if kind == "numeric":
        with np.errstate(over="ignore", invalid="ignore"):  # numbers may be as large as they can
            found = _numeric(base, before, after, test, compat)
    elif kind == "category":
        found = _category(base, before, after, test, compat)
    else:
        found = Examined(base)
    return replace(found, reference=before, current=after)


def _numeric(
    base: Column, before: Values, after: Values, test: str | None, compat: Compat
) -> Examined:
    r, c = before.numbers, after.numbers
    assert r is not None
    assert c is not None
    odd = _term(before.odd, before.rows, after.odd, after.rows)
    base = replace(base, unseen=odd if before.odd or after.odd else None)
    if min(len(r), len(c)) < LEAST_ROWS:
        return Examined(base)
    base = replace(
        base,
        outside=_outside(r, c),
        histograms=_histograms(r, c),
        measured=_measure(test, compat, r, c),
    )
    values = np.unique(np.concatenate([_distinct_head(r), _distinct_head(c)]))
    if len(values) <= judged.FEW:
        cells = binning.of_values(r, c)
        names = [f"{value:g}" for value in values]
        result = judged.of_cells(cells, names)
        if result is not None and len(values) > 1:
            mean = float(c.mean() - r.mean())
            way = "higher" if mean > 0 else "lower" if mean < 0 else "different"
            result = replace(result, effect=replace(result.effect, direction=way))
    else:
        cells, names = _deciles(r, c)
        result = judged.of_numbers(r, c)
    return Examined(_with(base, result, _parts(cells, names)), result)


def _category(
    base: Column, before: Values, after: Values, test: str | None, compat: Compat
) -> Examined:
    assert before.texts is not None
    assert after.texts is not None
    names, cells = binning.of_categories(before.texts, after.texts)
    rows = int(cells.reference_n), int(cells.current_n)
    fresh = cells.reference == 0
    unseen = float(cells.current[fresh].sum())
    base = replace(
        base,
        reference=replace(base.reference, distinct=int((cells.reference > 0).sum())),
        current=replace(base.current, distinct=int((cells.current > 0).sum())),
    )
    if not min(rows):
        return Examined(base)
    lost = np.flatnonzero((cells.current == 0) & (cells.reference > 0))[:_GONE]
    by_count = np.flatnonzero(fresh)[np.argsort(-cells.current[fresh], kind="stable")]
    identifier = kinds.is_identifier(len(names), sum(rows))
    base = replace(
        base,
        kind="identifier" if identifier else "category",
        unseen=Term(
            0.0,
            unseen / rows[1],
            int(unseen),
            terms.newcomers_p(cells.reference, cells.current),
            tuple(names[i] for i in by_count[:_NAMES]),
        ),
        gone=() if identifier else tuple(names[i] for i in lost),
    )
    if identifier or min(rows) < LEAST_ROWS:
        return Examined(base)
    base = replace(base, measured=_measure_cells(test, compat, cells))
    # New categories are a term of their own. Small ones stay: without them all other rare ones
    # would seem to have become rarer, since the reference's rows chose which are known.
    apart = fresh & ~judged.rare(cells)
    known = binning.of_counts(cells.reference[~apart], cells.current[~apart])
    known_names = [name for name, new in zip(names, apart, strict=True) if not new]
    result = judged.of_cells(known, known_names) if known.current_n >= LEAST_ROWS else None
    shown = slice(0, CELLS)
    shares = cells.shares
    base = replace(
        base,
        histograms=(tuple(shares[0][shown].tolist()), tuple(shares[1][shown].tolist())),
    )
    return Examined(_with(base, result, _parts(cells, names)), result)


def _with(base: Column, result: Judged | None, parts: tuple[Part, ...]) -> Column:
    if result is None:
        return replace(base, parts=parts)
    return replace(
        base,
        test=result.test,
        statistic=result.statistic,
        p_value=result.p_value,
        effect=_finite(result.effect),
        parts=parts,
    )


def _finite(effect: Effect) -> Effect:
    return replace(effect, high=effect.high if np.isfinite(effect.high) else effect.value)


def _side(values: Values) -> Side:
    numbers = values.numbers
    if numbers is None or not len(numbers):
        return Side(values.rows, values.nulls, infinite=values.infinite)
    with np.errstate(over="ignore", invalid="ignore"):
        return Side(
            values.rows,
            values.nulls,
            distinct=1 + int((numbers[1:] > numbers[:-1]).sum()),
            mean=float(numbers.mean()),
            deviation=float(numbers.std()),
            median=float(numbers[len(numbers) // 2]),
            low=float(numbers[0]),
            high=float(numbers[-1]),
            infinite=values.infinite,
        )


def _term(before: int, reference_rows: int, after: int, current_rows: int) -> Term:
    return Term(
        before / reference_rows if reference_rows else 0.0,
        after / current_rows if current_rows else 0.0,
        after,
        terms.share_p(before, reference_rows, after, current_rows),
    )


def _outside(reference: Floats, current: Floats) -> Term:
    """Values beyond the reference's extremes; the more surprising end counts, doubled."""
    below = int(np.searchsorted(current, reference[0], side="left"))
    above = len(current) - int(np.searchsorted(current, reference[-1], side="right"))
    sizes = (len(reference), len(current))
    p = min(1.0, 2 * min(terms.outermost_p(below, *sizes), terms.outermost_p(above, *sizes)))
    return Term(0.0, (below + above) / len(current), below + above, p)


def _distinct_head(ascending: Floats) -> Floats:
    """The first few distinct values of an ascending sample: enough to see whether it has more."""
    places = np.flatnonzero(ascending[1:] > ascending[:-1])[: judged.FEW] + 1
    return np.concatenate([ascending[:1], ascending[places]])


def _deciles(reference: Floats, current: Floats) -> tuple[Cells, list[str]]:
    n = len(reference)
    inner = np.unique(reference[(np.arange(1, 10) * n) // 10])
    inner = inner[inner < reference[-1]]
    bounds = [0, *(np.searchsorted(reference, inner, side="right")), n]
    ours = np.diff(np.array(bounds, dtype=np.float64))
    bounds = [0, *(np.searchsorted(current, inner, side="right")), len(current)]
    theirs = np.diff(np.array(bounds, dtype=np.float64))
    if not len(inner):
        return binning.of_counts(ours, theirs), ["any"]
    names = [
        f"<= {inner[0]:.4g}",
        *(f"{low:.4g}..{high:.4g}" for low, high in pairwise(inner)),
        f"> {inner[-1]:.4g}",
    ]
    return binning.of_counts(ours, theirs), names


def _parts(cells: Cells, names: list[str]) -> tuple[Part, ...]:
    """The cells by their terms of the Jensen-Shannon divergence, which add up to it."""
    r, c = cells.reference / cells.reference.sum(), cells.current / cells.current.sum()
    each = distances.jensen_shannon_terms(r, c)
    total = float(each.sum())
    if total <= 0:
        return ()
    order = np.argsort(-each, kind="stable")[:_PARTS]
    return tuple(
        Part(names[i], float(r[i]), float(c[i]), float(each[i] / total))
        for i in order
        if each[i] >= _CARRIES * total
    )


def _histograms(reference: Floats, current: Floats) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Shares in equal bins over the centre of both; the outer bins are open."""
    ends = [
        (v[int(_CENTRE * (len(v) - 1))], v[int((1 - _CENTRE) * (len(v) - 1))])
        for v in (reference, current)
    ]
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    inner = np.linspace(low, high, CELLS + 1)[1:-1]
    both = [
        np.diff(np.concatenate([[0], np.searchsorted(v, inner, side="right"), [len(v)]])) / len(v)
        for v in (reference, current)
    ]
    return tuple(both[0].tolist()), tuple(both[1].tolist())


def _measure(test: str | None, compat: Compat, r: Floats, c: Floats) -> Measured | None:
    if test is None:
        return None
    try:
        found = menu.of_numbers(test, r, c, compat)
    except ValueError:  # the tool's bins do not exist, for numbers that lie too far apart
        found = None
    return Measured(test, compat, *(found or (None, None)))


def _measure_cells(test: str | None, compat: Compat, cells: Cells) -> Measured | None:
    if test is None:
        return None
    found = menu.of_cells(test, cells, compat)
    return Measured(test, compat, *(found or (None, None)))
