"""What one transaction carries, and what a restart gets back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from console.records.action import Action

if TYPE_CHECKING:
    import polars as pl

    from console.store.outbox import StoredNotice


@dataclass(frozen=True, slots=True)
class FileState:
    """Where reading of one file stopped, and how to know that file again."""

    file_id: int
    path: str
    device: int
    inode: int
    fingerprint: bytes
    """Digest of the first `fingerprint_size` bytes."""
    fingerprint_size: int
    offset: int
    """The next byte to read; everything before it is stored."""
    guard: bytes
    """Digest of the up to 1 KiB before `offset`: detects truncation and regrowth."""
    size: int
    """The file's size when it was last looked at."""
    format: str | None
    model: str | None
    stage: str | None
    newest_ts: float | None
    """Newest event time read from it so far."""
    rows: int
    rejects: int
    closed: bool = False
    """It was rotated away or deleted, and has been read to its end."""
    marks: bytes = b""
    """Digests at places where reading stopped before: what a file that was cut back is known by."""

    def moved(self, **changes: object) -> FileState:
        """The same file with some fields changed."""
        return replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class StoredIncident:
    """An incident as it is stored: its queryable head, and its whole self as JSON."""

    id: str
    fingerprint: str
    opened_at: float
    updated_at: float
    closed: bool
    alert: str
    """JSON of contracts §4, what the view `alerts` shows."""
    state: str
    """JSON of the incident's own state, what `alerts` restores it from."""


@dataclass(frozen=True)
class Commit:
    """Everything that one transaction writes; all of it or nothing."""

    files: tuple[FileState, ...] = ()
    """Files whose state changed."""
    windows: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    """Deltas by kind: `metrics`, `logs`, `columns`, `performance`; inserted, merged when read."""
    series: pl.DataFrame | None = None
    """Newly seen series: series_id, model, stage, name, tags."""
    templates: pl.DataFrame | None = None
    """Newly found log templates: template_id, model, stage, template, first_seen."""
    states: Mapping[str, bytes] = field(default_factory=dict)
    """Changed states of detectors and of the engine, by name."""
    incidents: tuple[StoredIncident, ...] = ()
    actions: tuple[Action, ...] = ()
    notices: tuple[StoredNotice, ...] = ()
    """What recipients are to be told, or were told."""
    notices_since: float | None = None
    """Older ones, if they are settled, are forgotten."""
