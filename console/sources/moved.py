"""Where the content of a file has gone that is not at its path any more."""

from __future__ import annotations

import os
from collections.abc import Container, Iterator
from pathlib import Path

from console.sources.identity import Identity, holds
from console.sources.tail import Tail


def renamed(identity: Identity) -> tuple[Path, Tail] | None:
    """The file itself under another name in its folder, opened; None if it is not there."""
    for other in _siblings(Path(identity.path)):
        try:
            status = other.stat()
            if (status.st_dev, status.st_ino) != identity.key:
                continue
            tail = Tail(other)
        except OSError:
            continue
        if holds(identity, tail.descriptor):
            return other, tail
        tail.close()
    return None


def copy_beside(
    identity: Identity, followed: Container[tuple[int, int]]
) -> tuple[Path, Tail] | None:
    """A copy in its folder, made before the file was truncated, opened; None if there is none.

    Its name begins with that of the file; files that are `followed` already are no such copies.
    """
    if identity.offset == 0:
        return None
    path = Path(identity.path)
    for other in _siblings(path):
        if not other.name.startswith(path.name):
            continue
        try:
            tail = Tail(other)
        except OSError:
            continue
        if tail.key not in followed and holds(identity, tail.descriptor):
            return other, tail
        tail.close()
    return None


def _siblings(path: Path) -> Iterator[Path]:
    """The other entries of a file's folder, by name."""
    try:
        names = sorted(os.listdir(path.parent))  # noqa: PTH208  # names alone
    except OSError:
        return
    yield from (path.parent / name for name in names if name != path.name)
