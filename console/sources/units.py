"""What a file is made of, told by its first bytes: lines nearly always, but not always of UTF-8."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum

from console.sources.checksum import masked_crc32c

LOOKED_AT = 12
"""Bytes of a file's beginning that tell its units."""
PARQUET = b"PAR1"
_LENGTH, _CHECK = 8, 4
_FOOTER = 8


@dataclass(frozen=True, slots=True)
class Newline:
    """What ends a line, in characters of as many bytes."""

    code: bytes

    def first(self, data: bytes) -> int:
        """Where the first one is in bytes that begin with a whole character; -1: nowhere."""
        width = len(self.code)
        place = data.find(self.code)
        while place > 0 and place % width:
            place = data.find(self.code, place + 1)
        return place

    def last(self, data: bytes) -> int:
        """Where the last one is; -1: nowhere."""
        width = len(self.code)
        place = data.rfind(self.code)
        while place > 0 and place % width:
            place = data.rfind(self.code, 0, place + width - 1)
        return place


class Units(Enum):
    """What a file is made of, and so what of it can be read before it is whole."""

    LINES = "lines"
    UTF16_LE = "utf-16-le"
    UTF16_BE = "utf-16-be"
    RECORDS = "records"
    """Framed records: their decoder finds where they end."""
    WHOLE = "whole"
    """A file whose end says what stands before it: nothing is read until it is there."""

    @property
    def newline(self) -> Newline | None:
        """What ends a line; None if there are none."""
        return _NEWLINES.get(self)


_NEWLINES = {
    Units.LINES: Newline(b"\n"),
    Units.UTF16_LE: Newline(b"\n\x00"),
    Units.UTF16_BE: Newline(b"\x00\n"),
}


def units_of(head: bytes) -> Units:
    """The units of a file that begins so."""
    if head.startswith(PARQUET):
        return Units.WHOLE
    if head.startswith(b"\xff\xfe") and head[2:4] != bytes(2):  # else it were UTF-32
        return Units.UTF16_LE
    if head.startswith(b"\xfe\xff"):
        return Units.UTF16_BE
    if is_record_header(head[:LOOKED_AT]):
        return Units.RECORDS
    return Units.LINES


def is_record_header(head: bytes) -> bool:
    """Whether 12 bytes begin a record of TensorFlow's: its length, and the checksum of that."""
    return (
        len(head) == _LENGTH + _CHECK
        and head[_LENGTH - 2 : _LENGTH] == bytes(2)
        and int.from_bytes(head[_LENGTH:], "little") == masked_crc32c(head[:_LENGTH])
    )


def is_whole(descriptor: int) -> bool:
    """Whether a Parquet file has its end, and so room for what that announces."""
    size = os.fstat(descriptor).st_size
    end = os.pread(descriptor, _FOOTER, max(0, size - _FOOTER))
    announced = int.from_bytes(end[:4], "little")
    return end.endswith(PARQUET) and announced + _FOOTER + len(PARQUET) <= size
