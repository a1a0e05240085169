"""Compressed files as the plain bytes that they hold, so that all else need not know of it.

An archive is unpacked once, into a file without a name in the folder for temporary files. Offsets
and fingerprints are of the plain bytes: a log that is compressed after its rotation is known again.
"""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterator

MAGIC = b"\x1f\x8b\x08"
"""What a gzip archive begins with; the third byte is the only method that there is."""

_PIECE = 1 << 20
_SPARE = 256 << 20
"""Bytes that are left free on the disk that archives are unpacked to."""


def is_archive(descriptor: int) -> bool:
    """Whether an open file is one that `unpacked` reads."""
    return os.pread(descriptor, len(MAGIC), 0) == MAGIC


def unpacked(descriptor: int) -> int:
    """A descriptor of the plain bytes of an archive. Raises OSError if it is not whole."""
    with tempfile.TemporaryFile() as plain:
        free = shutil.disk_usage(tempfile.gettempdir()).free - _SPARE
        for piece in _pieces(descriptor):
            free -= len(piece)
            if free < 0:
                raise OSError(f"too large to be unpacked to {tempfile.gettempdir()}")
            plain.write(piece)
        plain.flush()
        return os.dup(plain.fileno())


def beginning(descriptor: int, size: int) -> tuple[bytes, int]:
    """The first plain bytes of an archive, and how many there are in all, as its end tells.

    Raises OSError if it is not whole so far.
    """
    data = b""
    for piece in _pieces(descriptor):
        data += piece
        if len(data) >= size:
            end = os.fstat(descriptor).st_size - 4  # of the last member, modulo 2**32
            told = int.from_bytes(os.pread(descriptor, 4, end), "little")
            return data[:size], max(told, len(data))
    return data, len(data)


def _pieces(descriptor: int) -> Iterator[bytes]:
    with os.fdopen(os.dup(descriptor), "rb") as raw, gzip.GzipFile(fileobj=raw) as archive:
        raw.seek(0)
        try:
            while piece := archive.read(_PIECE):
                yield piece
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise OSError(f"a gzip archive that is not whole ({error}): waits") from None
