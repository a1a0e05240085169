"""What a collection asks which files there are, and which it says have something to read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from console.sources.discover import SourceFile


class Finds(Protocol):
    """What a collection asks which files there are: a `Discovery`."""

    def find(self) -> list[SourceFile]:
        """The files that exist now."""
        ...

    def describe(self, path: Path) -> SourceFile:
        """What holds for a file, whether it exists or not."""
        ...


@dataclass(frozen=True, slots=True)
class Pending:
    """A file with something to read."""

    file_id: int
    path: Path
    source: SourceFile
    unread: int
    """Bytes after the offset."""
    quiet_s: float
    """How long it has not grown."""
    retired: bool
    """It was rotated away or deleted; this is the rest of it."""
