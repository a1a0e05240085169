"""The next lines of the files that lag most in event time, decoded.

Nothing is advanced before the transaction that stores the lines has been committed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from console.engine.lateness import newest_before
from console.engine.snapshot import Progress
from console.engine.watermark import FileClock
from console.records.clock import HOUR, Clock

if TYPE_CHECKING:
    import polars as pl

    from console.config.settings import Settings
    from console.formats.protocol import Format
    from console.records.frames import Records
    from console.store.commit import FileState

READ_BYTES = 1 << 20
"""Most that is read of one file at once."""
STEP_BYTES = 4 << 20
"""Most that is read in one step: a transaction of some tens of milliseconds."""
AHEAD_S = 6 * HOUR
"""How far, in event time, a file may be read ahead of the one that lags most."""
HOLD_S = 2.0
"""How long, in wall time, a file that was appended to holds time back for its next line."""
QUIET_S = 0.15
"""How long a file must be quiet before its open last record counts as whole."""
LIVE_S = 600.0
"""Files are live if a record was at most this old when it was read."""


@dataclass(frozen=True)
class Reading:
    """What one file gave in one step."""

    file_id: int
    path: str
    format: str
    records: Records
    consumed: int
    """Bytes that the records account for."""
    clocks: pl.DataFrame
    """(offset, clock): the newest event time of the file before each record."""
    newest: float | None
    """The newest event time after all of them."""


_ = (Iterable, Sequence, Path, FileClock, Progress, newest_before, Clock)
