"""Ranked lists judged by what turned out to be relevant: NDCG, MRR and MAP at k.

A prediction that is a JSON list (items, best first) and a label that is a list of the relevant
items, or an object of items and gains, make a ranking.
"""

from __future__ import annotations

import json
import math
from typing import Any

import polars as pl

K = 10
"""Places that count."""
NAMES = ("ndcg", "reciprocal_rank", "precision_at_k")


def judged(prediction: pl.Series, label: pl.Series) -> pl.DataFrame:
    """What each row adds to the sums, columns `NAMES` (Float64); null for one that is no ranking.

    `precision_at_k` is the average precision at k.
    """
    ranking = (
        prediction.str.strip_chars_start().str.starts_with("[")
        & label.str.strip_chars_start().str.contains(r"^[\[{]")
    ).fill_null(value=False)
    if not ranking.any():
        return pl.DataFrame({name: [None] * len(label) for name in NAMES}, schema=_SCHEMA)
    rows = [
        _judged(items, truth) if is_one else (None, None, None)
        for items, truth, is_one in zip(prediction, label, ranking, strict=True)
    ]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


_SCHEMA = dict.fromkeys(NAMES, pl.Float64)
_Row = tuple[float | None, float | None, float | None]


def _judged(prediction: str, label: str) -> _Row:
    try:
        items, truth = json.loads(prediction), json.loads(label)
    except ValueError:
        return None, None, None
    gains = _gains(truth)
    if not gains:
        return None, None, None
    got = [gains.get(_name(item), 0.0) for item in items[:K]]
    best = sorted(gains.values(), reverse=True)[:K]
    ndcg = _discounted(got) / _discounted(best)
    hits = [place for place, gain in enumerate(got, start=1) if gain > 0]
    precisions = sum(number / place for number, place in enumerate(hits, start=1))
    return ndcg, 1 / hits[0] if hits else 0.0, precisions / min(len(gains), K)


def _gains(truth: Any) -> dict[str, float]:
    if isinstance(truth, list):
        return {_name(item): 1.0 for item in truth}
    if not isinstance(truth, dict):
        return {}
    numbers = {name: value for name, value in truth.items() if isinstance(value, int | float)}
    return {name: float(value) for name, value in numbers.items() if 0 < value < math.inf}


def _name(item: Any) -> str:
    return item if isinstance(item, str) else json.dumps(item)


def _discounted(gains: list[float]) -> float:
    return sum(gain / math.log2(place + 1) for place, gain in enumerate(gains, start=1))
