"""What a restart gets back from the store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import TYPE_CHECKING

from console.records.action import Action
from console.records.clock import DAY, naive
from console.store.arrow import fetch
from console.store.commit import FileState, StoredIncident
from console.store.errors import told
from console.store.performances import PERFORMANCE

if TYPE_CHECKING:
    import duckdb
    import polars as pl

RECENT_S = 30 * DAY
"""Closed incidents are restored if they changed this long before the newest change of any."""

_FILE = ", ".join(f'"{field.name}"' for field in fields(FileState))
_METRIC_WINDOWS = """
  w.series_id, s.model, s.stage, s.name, s.tags, w.version, w.start, w.n, w.total, w.squares,
  w.low, w.high, w.last, w.last_ts, w.late"""
_WINDOWS = {
    "metrics": (_METRIC_WINDOWS, "window_metrics w LEFT JOIN series s USING (series_id)"),
    "logs": ("w.*", "window_logs w"),
    "columns": ("w.*", "window_columns w"),
    "performance": (f"{PERFORMANCE}, w.late", "window_performance w"),
    "confusion": ("w.*", "window_confusion w"),
    "scores": ("w.*", "window_scores w"),
    "volumes": ("w.*", "window_volumes w"),
    "sightings": ("w.*", "window_sightings w"),
    "fields": ("w.*", "window_fields w"),
}


@dataclass(frozen=True)
class Restored:
    """Everything that the engine and the alerts go on from."""

    files: tuple[FileState, ...]
    series: pl.DataFrame
    """series_id, model, stage, name, tags; oldest first."""
    templates: pl.DataFrame
    """`stats.templates.TEMPLATES`: template_id, model, stage, template, first_text, first_seen."""
    states: Mapping[str, bytes]
    incidents: tuple[StoredIncident, ...]
    """The open ones and the recent closed ones (`RECENT_S`), in order of opening."""
    actions: tuple[Action, ...]
    """The whole journal, in the order in which it was written."""
    _cursor: duckdb.DuckDBPyConnection

    def open_windows(self, kind: str, after: float, width_s: float) -> pl.DataFrame:
        """The deltas, not late, of windows of `width_s` seconds that end after `after`.

        `kind` is one of `metrics`, `logs`, `columns`, `performance`; the columns are those of the
        deltas that were written, `late` included, in the order in which they were written.
        """
        columns, tables = _WINDOWS[kind]
        query = (
            f"SELECT {columns} FROM {tables}"  # noqa: S608 - constants
            " WHERE NOT w.late AND w.start > $1 ORDER BY w.rowid"
        )
        with told(f"read the open windows of {kind}"):
            return fetch(self._cursor, query, [naive(after) - timedelta(seconds=width_s)])


def restore(cursor: duckdb.DuckDBPyConnection) -> Restored:
    """Reads everything but the windows."""
    with told("read the store"):
        return Restored(
            files=tuple(
                FileState(**row)
                for row in fetch(
                    cursor,
                    f"SELECT {_FILE} FROM file ORDER BY file_id",  # noqa: S608 - our own names
                ).iter_rows(named=True)
            ),
            series=fetch(
                cursor, "SELECT series_id, model, stage, name, tags FROM series ORDER BY rowid"
            ),
            templates=fetch(
                cursor,
                "SELECT template_id, model, stage, template, first_text, first_seen"
                " FROM template ORDER BY first_seen, template_id",
            ),
            states=dict(fetch(cursor, "SELECT name, data FROM state ORDER BY name").iter_rows()),
            incidents=tuple(
                StoredIncident(*row)
                for row in fetch(
                    cursor,
                    "SELECT id, fingerprint, opened_at, updated_at, closed, alert, state"
                    " FROM incident WHERE NOT closed"
                    " OR updated_at >= (SELECT max(updated_at) FROM incident) - $1"
                    " ORDER BY opened_at, id",
                    [RECENT_S],
                ).iter_rows()
            ),
            actions=tuple(
                Action(identity, ts, user, alert, verb, json.loads(args), undone)
                for identity, ts, user, alert, verb, args, undone in fetch(
                    cursor,
                    'SELECT id, ts, "user", alert_id, verb, args, undo_of FROM action'
                    " ORDER BY rowid",
                ).iter_rows()
            ),
            _cursor=cursor,
        )
