"""Rows into a store as the engine puts them there, their metrics with their series."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from console.engine.catalogue import SERIES, Catalogue
from console.records.frames import Records, placed
from console.store.commit import Commit
from console.store.transaction import Transaction


def insert(transaction: Transaction, file_id: int, records: Records, limit: int = 500) -> None:
    """Stores rows in a store that knows no series yet."""
    metrics, series = Catalogue(pl.DataFrame(schema=SERIES), limit).identify(records.metrics)
    transaction.insert(placed(replace(records, metrics=metrics), file_id))
    transaction.write(Commit(series=series))
