"""What a store has of the segments of the model `fraud`, and whether two of them agree."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest
from fleets import START

from console.store.database import Store

END = START.timestamp() + 30 * 86400


def windows_of(store: Store) -> list[pl.DataFrame]:
    """The windows by segment, and the tags and values that are known."""
    reader = store.reader()
    span = (START.timestamp(), END)
    windows = [
        reader.segment_windows("fraud", *span, late=True),
        reader.segment_performance("fraud", *span, late=True),
    ]
    return [*windows, pl.DataFrame({"state": [store.restore().states["segments"]]})]


def same(one: Sequence[pl.DataFrame], other: Sequence[pl.DataFrame]) -> None:
    """Equal but for the last digits of sums of floats, whose order differs."""
    for before, after in zip(one, other, strict=True):
        floats = [name for name, kind in before.schema.items() if "Float64" in str(kind)]
        assert before.drop(floats).equals(after.drop(floats))
        for name in floats:
            assert _flat(before[name]) == pytest.approx(_flat(after[name]), nan_ok=True)


def _flat(values: pl.Series) -> list[float]:
    flat = values.explode(empty_as_null=False) if values.dtype.is_nested() else values
    return flat.fill_null(float("nan")).to_list()
