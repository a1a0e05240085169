"""Which models there are, since when and in which version: from the rows as they pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from console.records.clock import epoch
from console.records.frames import Records

KINDS = ("metrics", "logs", "events", "predictions", "labels")
VERSIONED = ("metrics", "predictions", "logs")
"""Kinds of records whose version is what ran when they were written."""


@dataclass(frozen=True, slots=True)
class ModelSeen:
    """One model as its records show it."""

    first: float
    last: float
    version: str | None
    version_ts: float
    """Event time of the newest record that names a version."""


class Seen:
    """The models seen so far."""

    def __init__(self, stored: Mapping[str, Any]) -> None:
        self.models = {name: ModelSeen(*entry) for name, entry in stored.items()}

    def dump(self) -> dict[str, list[Any]]:
        """What the store keeps of it."""
        return {
            name: [model.first, model.last, model.version, model.version_ts]
            for name, model in sorted(self.models.items())
        }

    def add(self, records: Records) -> None:
        """Takes in the rows of a file."""
        for kind in KINDS:
            rows: pl.DataFrame = getattr(records, kind)
            if rows.height:
                self._add(rows, versioned=kind in VERSIONED)

    def _add(self, rows: pl.DataFrame, *, versioned: bool) -> None:
        named = rows.filter(pl.col("model").is_not_null() & pl.col("ts").is_not_null())
        with_version = pl.col("version").is_not_null()
        found = named.group_by("model").agg(
            pl.col("ts").min().alias("first"),
            pl.col("ts").max().alias("last"),
            pl.col("version")
            .filter(with_version)
            .sort_by(pl.col("ts").filter(with_version))
            .last(),
            pl.col("ts").filter(with_version).max().alias("version_ts"),
        )
        for name, first, last, version, version_ts in found.iter_rows():
            at = epoch(version_ts) if versioned and version_ts is not None else float("-inf")
            new = ModelSeen(epoch(first), epoch(last), version if versioned else None, at)
            known = self.models.get(name, new)
            newest = max(known, new, key=lambda model: model.version_ts)
            self.models[name] = ModelSeen(
                min(known.first, new.first),
                max(known.last, new.last),
                newest.version,
                newest.version_ts,
            )
