"""A file at a line, in the user's own pager or editor."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Opened:
    """A file and a line of it, from 1."""

    path: Path
    line: int


def opened(file: str, offset: int) -> Opened:
    """The number of the line that begins at a byte. Raises ValueError with one clear line."""
    path = Path(file)
    if path.suffix in (".gz", ".zst"):
        raise ValueError(f"{file} is an archive: unpack it to look into it")
    line, left = 1, offset
    try:
        with path.open("rb") as data:
            while left > 0 and (chunk := data.read(min(CHUNK, left))):
                line += chunk.count(b"\n")
                left -= len(chunk)
    except OSError as error:
        raise ValueError(f"cannot open {file}: {error.strerror or error}") from None
    if left > 0:
        raise ValueError(f"{file} is shorter than it was: the line is gone")
    return Opened(path, line)


def pager_command(
    found: Opened, *, editor: bool, environment: Mapping[str, str] = os.environ
) -> list[str]:
    """The command line: `$PAGER` (else less), or `$VISUAL`, `$EDITOR` (else vi), at the line."""
    if editor:
        named = environment.get("VISUAL") or environment.get("EDITOR") or "vi"
        return [*shlex.split(named), f"+{found.line}", str(found.path.absolute())]
    named = environment.get("PAGER") or "less"
    words = shlex.split(named)
    at = [f"+{found.line}g"] if Path(words[0]).name == "less" else []
    return [*words, *at, str(found.path.absolute())]
