"""What the records of a file belong to when they do not say so themselves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Defaults:
    """What records belong to that do not say so themselves."""

    model: str | None = None
    stage: str | None = None
    version: str | None = None
    timezone: str | None = None
    """IANA name of the zone of times that name none; None is UTC."""
