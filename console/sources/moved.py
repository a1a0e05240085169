"""Where the content of a file has gone that is not at its path any more."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Container, Iterator
from pathlib import Path

from console.sources.discover import is_followed
from console.sources.identity import Identity, holds, is_part
from console.sources.tail import Tail

_ROTATED = re.compile(r"[-._][-._:T\d]*\d[Z]?(?:\.[a-z]+\d?)?$")
"""What rotation adds to a name: a number or a date, and what it was packed with."""


def renamed(identity: Identity) -> tuple[Path, Tail] | None:
    """The file itself under another name in its folder, opened; None if it is not there.

    Where its path is a symbolic link, in the folder of the file it leads to, and in those beside.
    """
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
    One that has all that was read goes before one that was made before the last of it was written.
    """
    if identity.offset == 0:
        return None
    part: tuple[Path, Tail] | None = None
    for other, tail in _named_alike(Path(identity.path)):
        if tail.key not in followed and holds(identity, tail.descriptor):
            if part is not None:
                part[1].close()
            return other, tail
        if part is None and tail.key not in followed and is_part(identity, tail.descriptor):
            part = other, tail
        else:
            tail.close()
    return part


def rotated_since(path: Path, moment_ns: int) -> Iterator[Path]:
    """Files beside a path that were rotated away from it after a moment, oldest first.

    Their names are its own with a number or a date, and they were written to since.
    """
    found: list[tuple[int, Path]] = []
    bases = {path.name, os.path.basename(os.path.realpath(path))}  # noqa: PTH119
    for other in _siblings(path, alike=True):
        added = {other.name.removeprefix(base) for base in bases if other.name.startswith(base)}
        if not any(map(_ROTATED.match, added)) or not is_followed(other.name):
            continue
        try:
            status = other.stat()
        except OSError:
            continue
        if stat.S_ISREG(status.st_mode) and status.st_mtime_ns > moment_ns:
            found.append((status.st_mtime_ns, other))
    yield from (other for _, other in sorted(found))


def _named_alike(path: Path) -> Iterator[tuple[Path, Tail]]:
    """The files whose names begin with that of a file, opened."""
    for other in _siblings(path, alike=True):
        try:
            tail = Tail(other)
        except OSError:
            continue
        yield other, tail


def _siblings(path: Path, *, alike: bool = False) -> Iterator[Path]:
    """The other entries of a file's folder, by name; `alike`: those that begin with its name.

    Of a symbolic link those beside the file it leads to as well, and, unless `alike`, the files of
    the same name in the folders beside that.
    """
    real = Path(os.path.realpath(path))
    for place in dict.fromkeys((path, real)):
        for name in _names(place.parent):
            if name != place.name and (not alike or name.startswith(place.name)):
                yield place.parent / name
    if real != path and not alike:
        for name in _names(real.parent.parent):
            yield real.parent.parent / name / real.name


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208  # names alone
    except OSError:
        return []
