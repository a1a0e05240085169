"""A file that is not followed, and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One file, or what lies where one could be."""

    file: str
    why: str
    mend: str | None = None
    """What to do to have it followed."""
