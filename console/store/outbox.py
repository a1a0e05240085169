"""What recipients were told and are still to be told: the rows of the table `outbox`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

import polars as pl

from console.store.arrow import fetch

if TYPE_CHECKING:
    import duckdb

_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "id": pl.String,
    "recipient": pl.String,
    "alert_id": pl.String,
    "at": pl.Float64,
    "status": pl.String,
    "settled_at": pl.Float64,
    "attempts": pl.Int32,
    "problem": pl.String,
    "counted": pl.String,
    "body": pl.String,
}
WAITING = "waiting"
"""The status of what is still to be sent."""


@dataclass(frozen=True, slots=True)
class StoredNotice:
    """One link in the chain of what a recipient knows of an alert."""

    id: str
    recipient: str
    alert_id: str
    at: float
    status: str
    settled_at: float | None
    attempts: int
    problem: str | None
    """Why it was not sent when it was last tried."""
    counted: str | None
    """As what it counts against the limit of messages: `critical`, `other` or not at all."""
    body: str
    """JSON of the notice."""


def rows(notices: Sequence[StoredNotice]) -> pl.DataFrame:
    """The rows of some notices."""
    return pl.DataFrame([astuple(notice) for notice in notices], schema=_SCHEMA, orient="row")


def read(cursor: duckdb.DuckDBPyConnection, since: float) -> list[StoredNotice]:
    """What waits, and everything decided from `since` on; oldest first."""
    columns = ", ".join(f'"{name}"' for name in _SCHEMA)
    found = fetch(
        cursor,
        f'SELECT {columns} FROM outbox WHERE status = $1 OR "at" >= $2 ORDER BY "at", id',  # noqa: S608 - names of our own
        [WAITING, since],
    )
    return [StoredNotice(*row) for row in found.iter_rows()]


def forget(connection: duckdb.DuckDBPyConnection, before: float) -> None:
    """Deletes what was settled and had been decided earlier."""
    connection.execute(
        'DELETE FROM outbox WHERE status <> $1 AND "at" < $2', [WAITING, before]
    ).fetchall()
