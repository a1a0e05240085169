"""What the user has to be told of files: what cannot be read, and what is lost or in doubt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from console.sources.identity import Identity

GAP = "gap: "
"""What the reason of a reject begins with that stands for bytes which nobody could read."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes behind the offset of a file that are lost, or may be; to be stored as a reject."""

    identity: Identity
    reason: str


class Told:
    """Collects it until it is asked for, and says the same once."""

    def __init__(self) -> None:
        self._notices: list[str] = []
        self._gaps: list[Gap] = []
        self._refused: dict[Path, str] = {}
        self._doubted: set[tuple[Path, str]] = set()

    def notice(self, text: str) -> None:
        """Something that is to be shown."""
        self._notices.append(text)

    def refused(self, path: Path, error: OSError) -> None:
        """A file cannot be read for now."""
        reason = f"{path}: {error.strerror or error}"
        if self._refused.get(path) != reason:
            self._refused[path] = reason
            self.notice(reason)

    def refusals(self) -> dict[Path, str]:
        """The files that cannot be read for now, and why."""
        return {path: text.removeprefix(f"{path}: ") for path, text in self._refused.items()}

    def readable(self, path: Path) -> None:
        """It can be read again."""
        self._refused.pop(path, None)

    def gap(self, identity: Identity, text: str) -> None:
        """Bytes of a file are lost."""
        self.notice(text)
        self._gaps.append(Gap(identity, GAP + text))

    def doubt(self, identity: Identity, path: Path, text: str) -> None:
        """Bytes of a file may be lost, as nobody can know; said once for each path."""
        if (path, text) not in self._doubted:
            self._doubted.add((path, text))
            self.gap(identity, f"{path} {text}")

    def notices(self) -> list[str]:
        """The notices since this was last asked."""
        notices, self._notices = self._notices, []
        return notices

    def gaps(self) -> list[Gap]:
        """The gaps since this was last asked."""
        gaps, self._gaps = self._gaps, []
        return gaps
