"""One line at the end of a file that others may write to at the same time."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def append(path: Path, line: bytes) -> None:
    """Appends a whole line with one write. Raises OSError, also if not all of it fitted.

    `O_APPEND` and a single write keep the lines of several threads and processes whole on every
    local file system (not on NFS). Opening the file anew each time costs some microseconds and
    saves every lock: forks, threads and rotated files need no care. If the last line is torn (a
    process was killed, a disk was full), a newline goes in front, so that only that line is lost.
    """
    flags = os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY
    try:
        descriptor = os.open(path, flags | os.O_RDWR, 0o666)
    except PermissionError:  # it may be written but not read: then the last line is not looked at
        descriptor = os.open(path, flags | os.O_WRONLY, 0o666)
    try:
        if _is_torn(descriptor):
            line = b"\n" + line
        written = os.write(descriptor, line)
        if written < len(line):
            raise OSError(f"{path}: only {written} of {len(line)} bytes could be written")
    finally:
        os.close(descriptor)


def _is_torn(descriptor: int) -> bool:
    """Whether the file's last byte is something else than a newline."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or not status.st_size:
        return False
    try:
        return os.pread(descriptor, 1, status.st_size - 1) not in (b"\n", b"")
    except OSError:
        return False
