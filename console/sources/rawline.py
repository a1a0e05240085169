"""One line of a followed file, as its bytes stand there now."""

from __future__ import annotations

import gzip
from pathlib import Path

MOST = 64 << 10
"""Bytes of a line that are read."""
MOST_ARCHIVE = 64 << 20
"""Offset in an archive up to which it is worth unpacking for one line."""


def raw_line(path: Path, offset: int) -> str | None:
    """The line that begins at the byte, without its end; None if it cannot be read any more.

    Offsets into archives are those of their plain bytes; of zstd none is read.
    """
    packed = path.suffix == ".gz"
    if path.suffix == ".zst" or (packed and offset > MOST_ARCHIVE):
        return None
    try:
        with gzip.open(path, "rb") if packed else path.open("rb") as file:
            file.seek(offset)
            found = file.readline(MOST)
    except (OSError, EOFError, ValueError):
        return None
    return found.decode("utf-8", errors="replace").rstrip("\r\n") if found else None
