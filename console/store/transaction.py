"""One transaction: rows, offsets, windows, states and alerts of a step, all of it or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

import polars as pl

from console.store import outbox
from console.store.errors import told
from console.store.matching import Matcher, matched

if TYPE_CHECKING:
    import duckdb

    from console.records.action import Action
    from console.records.frames import Records
    from console.store.appending import Appending
    from console.store.commit import Commit, FileState, StoredIncident

_TABLES = {
    "logs": "log",
    "events": "event",
    "predictions": "prediction",
    "labels": "label",
    "rejects": "reject",
}
"""Where the frames of `Records` go, metrics apart."""
_METRIC = ("ts", "series_id", "version", "value", "attributes", "offset")
"""Columns that are stored of metrics, whose model, stage, name and tags are those of the series."""
_WINDOWS = {
    "metrics": ("series_id", "version", "start", "n", "total", "squares", "low", "high", "last",
                "last_ts", "late"),
}  # fmt: skip
"""Columns that are stored of window deltas, where not all are."""
_FILE: dict[str, pl.DataType | type[pl.DataType]] = {
    "file_id": pl.Int64,
    "path": pl.String,
    "device": pl.UInt64,
    "inode": pl.UInt64,
    "fingerprint": pl.Binary,
    "fingerprint_size": pl.Int64,
    "offset": pl.Int64,
    "guard": pl.Binary,
    "size": pl.Int64,
    "format": pl.String,
    "model": pl.String,
    "stage": pl.String,
    "newest_ts": pl.Float64,
    "rows": pl.Int64,
    "rejects": pl.Int64,
    "closed": pl.Boolean,
    "marks": pl.Binary,
}
"""Columns of the table `file`: the fields of `FileState`."""


class Transaction:
    """Everything between `begin` and the end of its `with` block; commits there.

    Leaves no trace, in the store or in memory, if the block raises. Raises StoreError when the
    store cannot take it.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        tables: Appending,
        committed: duckdb.DuckDBPyConnection,
        matcher: Matcher,
        ended: Callable[[bool], None],
    ) -> None:
        """`Store.begin` makes one.

        `committed` sees what was there before; `ended` is told whether it was committed.
        """
        self._connection = connection
        self._tables = tables
        self._committed = committed
        self._matcher = matcher
        self._keyed: list[tuple[str, pl.DataFrame]] = []
        self._ended = ended

    def insert(self, records: Records) -> None:
        """Stores decoded rows, in their order.

        They are `records.frames.placed`. Metrics have `series_id` besides, and `own_tags`: their
        tags if those are not the tags of the series. Logs may have `template_id`.
        """
        if records.metrics.height:
            tags = pl.col("own_tags").alias("tags")
            self._insert("metric", records.metrics.select(*_METRIC, tags, "file_id"))
        for kind, table in _TABLES.items():
            rows = getattr(records, kind)
            if kind in ("predictions", "labels") and rows.height:
                self._keyed.append((table, rows.select("model", "id", "ts")))
            self._insert(table, rows)

    def matched(
        self,
        labels: pl.DataFrame,
        predictions: pl.DataFrame,
        since: float,
        *,
        features: bool = False,
    ) -> pl.DataFrame:
        """Pairs of prediction and label that this transaction's rows complete.

        `labels` and `predictions` are its rows (of all its files), `records.frames.LABELS` and
        `PREDICTIONS`; whether they are already inserted makes no difference. Neither older than
        `since`. Each prediction is matched once, by its first label. Columns `matching.MATCHED`,
        and the `features` of the predictions if they are wanted.
        """
        with told("match labels to predictions"):
            return matched(
                self._committed, self._matcher, labels, predictions, since, features=features
            )

    def write(self, commit: Commit) -> None:
        """Stores everything of the commit."""
        if commit.series is not None:
            self._insert("series", commit.series)
        for kind, deltas in commit.windows.items():
            stored = _WINDOWS.get(kind)
            self._insert(f"window_{kind}", deltas.select(stored) if stored else deltas)
        if commit.files:
            self._replace("file", "file_id", _file_rows(commit.files))
        if commit.templates is not None:
            self._replace("template", "template_id", commit.templates)
        if commit.states:
            self._replace("state", "name", _state_rows(commit.states))
        if commit.incidents:
            self._replace("incident", "id", _incident_rows(commit.incidents))
        if commit.actions:
            self._insert("action", _action_rows(commit.actions))
        if commit.notices:
            self._replace("outbox", "id", outbox.rows(commit.notices))
        if commit.notices_since is not None:
            with told("write to outbox"):
                outbox.forget(self._connection, commit.notices_since)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        committed = False
        try:
            if kind is None:
                with told("commit"):
                    self._connection.execute("COMMIT").fetchall()
                committed = True
                for table, rows in self._keyed:
                    self._matcher.add(table, rows)
        finally:
            if not committed:
                self._roll_back()
            self._ended(committed)

    def _roll_back(self) -> None:
        import duckdb

        self._tables.forget()
        try:
            self._connection.execute("ROLLBACK").fetchall()
        except duckdb.Error:
            # A commit that failed has rolled back by itself, and a dead database has nothing left.
            return

    def _insert(self, table: str, rows: pl.DataFrame) -> None:
        if rows.height:
            with told(f"write to {table}"):
                self._tables.insert(table, rows)

    def _replace(self, table: str, key: str, rows: pl.DataFrame) -> None:
        with told(f"write to {table}"):
            self._tables.replace(table, key, rows.unique(key, keep="last"))


def _file_rows(files: Sequence[FileState]) -> pl.DataFrame:
    return pl.DataFrame(
        [[getattr(state, name) for name in _FILE] for state in files], schema=_FILE, orient="row"
    )


def _state_rows(states: Mapping[str, bytes]) -> pl.DataFrame:
    return pl.DataFrame(
        {"name": list(states), "data": list(states.values())},
        schema={"name": pl.String, "data": pl.Binary},
    )


def _incident_rows(incidents: Sequence[StoredIncident]) -> pl.DataFrame:
    return pl.DataFrame(
        [(i.id, i.fingerprint, i.opened_at, i.updated_at, i.closed, i.alert, i.state)
         for i in incidents],
        schema={
            "id": pl.String,
            "fingerprint": pl.String,
            "opened_at": pl.Float64,
            "updated_at": pl.Float64,
            "closed": pl.Boolean,
            "alert": pl.String,
            "state": pl.String,
        },
        orient="row",
    )  # fmt: skip


def _action_rows(actions: Sequence[Action]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            (a.id, a.ts, a.user, a.alert_id, a.verb, json.dumps(dict(a.args)), a.undo_of)
            for a in actions
        ],
        schema={
            "id": pl.String,
            "ts": pl.Float64,
            "user": pl.String,
            "alert_id": pl.String,
            "verb": pl.String,
            "args": pl.String,
            "undo_of": pl.String,
        },
        orient="row",
    )
