"""Two tables as wholes: how well a classifier tells their rows apart.

A drift that no single column shows, such as columns that cease to move together, is found by a
classifier of the two tables: linear in the columns (numbers in standard deviations of the
reference, frequent categories, nulls) and in the products of pairs of them. Half of the rows teach
it, the other half are told apart, and the other way round; its AUC there is 0.5 if the tables are
alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from console.stats import drift, metrics
from console.stats.compare import kinds
from console.stats.compare.result import Together
from console.stats.reference import category_text

Floats = NDArray[np.float64]
ROWS = 2000
"""Rows of each table that are looked at, spread evenly over it."""
LEAST_ROWS = 200
PAIRED = 12
"""Parts whose products are parts, too: the most varied ones."""
PARTS = 60
CATEGORIES = 6
FAR = 4.0
"""Standard deviations that a number counts as at most."""
RIDGE = 30.0
LEAST_AUC = 0.55


def examine(
    reference: pl.DataFrame, current: pl.DataFrame, names: Sequence[str]
) -> Together | None:
    """Tells the rows of two tables apart by the columns named; None if there are too few rows.

    Columns whose values are names rather than values, or that have nothing in common, are left out.
    The p-value is one-sided, of the null that both are samples of one source.
    """
    sides = _spread(reference, names), _spread(current, names)
    if min(side.height for side in sides) < LEAST_ROWS:
        return None
    rows, labels, titles = _coded(*sides, names)
    if rows.shape[1] == 0:
        return None
    truth = np.repeat([0.0, 1.0], [side.height for side in sides])
    fold = np.concatenate([np.arange(side.height) % 2 for side in sides])
    said = np.zeros(len(rows))
    weights = np.zeros(rows.shape[1])
    for part in (0, 1):
        taught = fold != part
        weight = _discriminant(rows[taught], truth[taught])
        own = rows[~taught] @ weight
        # The two classifiers have scales of their own: only the order within a half counts.
        said[~taught] = _ranks(own)
        weights += np.abs(weight) * rows[taught].std(axis=0)
    cells = np.minimum((said * 400).astype(np.int64), 399)
    found = metrics.auc(
        np.bincount(cells[truth == 1], minlength=400), np.bincount(cells[truth == 0], minlength=400)
    )
    assert found is not None
    n, m = (side.height for side in sides)
    # What both halves have in common by chance counts in both: they tell no more than one of them.
    null = math.sqrt((n / 2 + m / 2 + 1) / (3 * n * m))
    p = float(drift.normal_sf((found.value - 0.5) / null))
    margin = metrics.Z * math.sqrt(2) * found.error
    order = np.argsort(-weights, kind="stable")
    carriers = list(dict.fromkeys(titles[labels[i]] for i in order[:6]))[:3]
    low, high = max(found.value - margin, 0.0), min(found.value + margin, 1.0)
    return Together(found.value, low, high, p, n + m, tuple(carriers))


def _ranks(values: Floats) -> Floats:
    """Ranks in 0..1, the middle one of equal values (to nine digits) for each of them."""
    scale = float(np.abs(values).max(initial=0.0)) or 1.0
    _, place, many = np.unique(np.round(values / scale, 9), return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(many) - many / 2)[place] / len(values))


def _spread(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    columns = frame.select(names)
    if columns.height <= ROWS:
        return columns
    places = np.linspace(0, columns.height - 1, ROWS).astype(np.int64)
    return columns[places]


def _coded(
    reference: pl.DataFrame, current: pl.DataFrame, names: Sequence[str]
) -> tuple[Floats, list[int], list[str]]:
    """The rows as numbers [rows, parts], and by part the place of its title among titles."""
    parts: list[tuple[str, Floats]] = []
    for name in names:
        kind = kinds.common_kind(reference[name], current[name], output=False)
        both = reference[name], current[name]
        if kind == "numeric":
            parts += [(name, part) for part in _numbers(*both)]
        elif kind == "category":
            parts += [(name, part) for part in _categories(*both)]
    parts = [(name, part) for name, part in parts if part.std() > 0]
    if not parts:
        return np.zeros((reference.height + current.height, 0)), [], []
    parts = sorted(parts, key=lambda part: -float(np.minimum(part[1].std(), 1.0)))[:PARTS]
    columns, titles = [part for _, part in parts], [name for name, _ in parts]
    for i in range(min(PAIRED, len(parts))):
        for j in range(i, min(PAIRED, len(parts))):
            product = parts[i][1] * parts[j][1]
            if product.std() > 0:
                columns.append(product)
                same = parts[i][0] == parts[j][0]
                titles.append(parts[i][0] if same else f"{parts[i][0]} with {parts[j][0]}")
    unique = list(dict.fromkeys(titles))
    rows = np.column_stack(columns)
    rows = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    return rows, [unique.index(title) for title in titles], unique


def _numbers(reference: pl.Series, current: pl.Series) -> list[Floats]:
    """A column in standard deviations of its reference, and whether it is null."""
    sides = [
        values.cast(pl.Float64, strict=False).to_numpy().astype(np.float64)
        for values in (reference, current)
    ]
    known = sides[0][np.isfinite(sides[0])]
    if not len(known):
        return []
    with np.errstate(over="ignore", invalid="ignore"):
        low, middle, high = np.quantile(known, [0.16, 0.5, 0.84])
        scale = (high - low) / 2 or float(known.std()) or 1.0
        values = (np.concatenate(sides) - middle) / scale
    absent = np.isnan(np.concatenate(sides))
    values = np.clip(np.nan_to_num(values, nan=0.0, posinf=FAR, neginf=-FAR), -FAR, FAR)
    return [values, absent.astype(np.float64)]


def _categories(reference: pl.Series, current: pl.Series) -> list[Floats]:
    """Whether a column has each of the frequent values, or none."""
    texts = pl.concat([category_text(values.cast(pl.String)) for values in (reference, current)])
    counts = texts.drop_nulls().alias("text").value_counts()
    if kinds.is_identifier(counts.height, len(texts)):
        return []
    frequent = counts.sort(["count", "text"], descending=[True, False])["text"].head(CATEGORIES)
    found = [(texts == name).fill_null(value=False) for name in frequent.to_list()[:-1] or frequent]
    return [part.to_numpy().astype(np.float64) for part in (*found, texts.is_null())]


def _discriminant(rows: Floats, truth: Floats) -> Floats:
    """The direction that tells the classes apart: least squares with a ridge."""
    gram = rows.T @ rows
    gram[np.diag_indices(len(gram))] += RIDGE
    return np.asarray(np.linalg.solve(gram, rows.T @ (truth - truth.mean())))
