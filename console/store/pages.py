"""Questions and answers of drill-downs, as plain data: what a screen may ask of the store."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which log lines: all conditions hold together; None means any."""

    model: str | None = None
    stage: str | None = None
    least_level: str | None = None
    text: str | None = None
    """Substring of message or exception, case-insensitive."""
    template_id: str | None = None
    start: float | None = None
    end: float | None = None
    """Half-open span in epoch seconds."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One stored log record."""

    ts: float
    model: str | None
    stage: str | None
    version: str | None
    level: str | None
    logger: str | None
    message: str
    exception: str | None
    template_id: str | None
    attributes: str | None
    file: str
    file_id: int
    offset: int

    @property
    def key(self) -> tuple[float, int, int]:
        """Order and identity: time, file, byte offset. Pages continue after it."""
        return self.ts, self.file_id, self.offset


@dataclass(frozen=True, slots=True)
class LogPage:
    """Lines in order of time, oldest first, and whether more lie on either side."""

    lines: tuple[LogLine, ...]
    more_before: bool
    more_after: bool


@dataclass(frozen=True, slots=True)
class SourceRow:
    """What the console knows of one followed file: the view `sources` of the contract."""

    file: str
    format: str | None
    model: str | None
    stage: str | None
    offset: int
    size: int
    rows: int
    rejects: int
