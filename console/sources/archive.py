"""Compressed files as the plain bytes that they hold, so that all else need not know of it.

An archive is unpacked once, into a file without a name in the folder for temporary files. Offsets
and fingerprints are of the plain bytes: a log that is compressed after its rotation is known again.
Of one that is cut short or damaged the plain bytes go as far as they can be read; behind them stand
the packed bytes at which reading ended, to be rejected.
"""

from __future__ import annotations

import bz2
import lzma
import os
import re
import shutil
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

if sys.version_info >= (3, 14):
    from compression.zstd import ZstdDecompressor, ZstdError
else:
    from backports.zstd import ZstdDecompressor, ZstdError

_PIECE = 1 << 20
_FED = 1 << 14
"""Packed bytes that are unpacked at a time: an error spoils what such a piece gives."""
_SPARE = 256 << 20
"""Bytes that are left free on the disk that archives are unpacked to."""
_SHOWN = 64
"""Packed bytes of an archive's bad place that are kept."""
_ERRORS = (zlib.error, lzma.LZMAError, ZstdError, OSError, EOFError, ValueError)
"""What the libraries raise on bytes that are no archive of theirs."""


class _Decompressor(Protocol):
    """One part of an archive (a gzip member, a zstd frame); bz2, lzma and zstd have it so."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = ...) -> bytes: ...


class _Gzip:
    """zlib's decompressor with the interface of the others."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = _PIECE) -> bytes:
        plain = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self.needs_input = len(plain) < max_length and not self._inner.unconsumed_tail
        return plain


@dataclass(frozen=True, slots=True)
class _Packing:
    name: str
    magic: re.Pattern[bytes]
    suffix: str
    new: Callable[[], _Decompressor]


_PACKINGS = (
    _Packing("gzip", re.compile(rb"\x1f\x8b\x08"), ".gz", _Gzip),
    _Packing("zstd", re.compile(rb"\x28\xb5\x2f\xfd"), ".zst", ZstdDecompressor),
    _Packing("bzip2", re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"), ".bz2", bz2.BZ2Decompressor),
    _Packing("xz", re.compile(rb"\xfd7zXZ\x00"), ".xz", lzma.LZMADecompressor),
)
_LONGEST = 10
"""Bytes of the longest of their beginnings."""
SUFFIXES = tuple(packing.suffix for packing in _PACKINGS)
"""What the names of archives that are unpacked end with."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an archive cannot be read to its end."""

    reason: str
    torn: bool
    """It only ends too early: it may still be being written."""
    rest: bytes
    """Some packed bytes of the place at which reading ended."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What an archive holds."""

    descriptor: int
    """Of a file of the plain bytes and, if there is a fault, of its `rest`."""
    length: int
    """Number of plain bytes."""
    fault: Fault | None


def is_archive(descriptor: int) -> bool:
    """Whether an open file is one that `unpacked` reads."""
    return _packing(descriptor) is not None


def unpacked(descriptor: int) -> Unpacked:
    """What an archive holds. Raises OSError if there is no room for it."""
    with tempfile.TemporaryFile() as plain:
        free = shutil.disk_usage(tempfile.gettempdir()).free - _SPARE
        reader = _Reader(descriptor)
        length = 0
        for piece in reader.pieces():
            length += len(piece)
            if length > free:
                raise OSError(f"too large to be unpacked to {tempfile.gettempdir()}")
            plain.write(piece)
        if reader.fault is not None:
            plain.write(reader.fault.rest)
        plain.flush()
        return Unpacked(os.dup(plain.fileno()), length, reader.fault)


def beginning(descriptor: int, size: int) -> tuple[bytes, int, Fault | None]:
    """The first plain bytes of an archive, how many there are in all, and what is wrong with it.

    Of an archive that holds more than `size` bytes the rest is not looked at: the number is judged
    by how far its packed bytes got.
    """
    data = b""
    reader = _Reader(descriptor)
    for piece in reader.pieces():
        data += piece
        if len(data) >= size:
            packed = os.fstat(descriptor).st_size
            return data[:size], max(len(data), len(data) * packed // max(1, reader.read)), None
    return data, len(data), reader.fault


def packed_by(head: bytes) -> str | None:
    """What a file is packed by that begins so; None if it is no such archive."""
    return next((each.name for each in _PACKINGS if each.magic.match(head)), None)


def _packing(descriptor: int) -> _Packing | None:
    head = os.pread(descriptor, _LONGEST, 0)
    return next((each for each in _PACKINGS if each.magic.match(head)), None)


class _Reader:
    """Unpacks an archive of one or several parts, as far as that goes."""

    def __init__(self, descriptor: int) -> None:
        packing = _packing(descriptor)
        assert packing is not None
        self._packing = packing
        self._descriptor = descriptor
        self.read = 0
        """Packed bytes that have been unpacked."""
        self.fault: Fault | None = None
        """Why the pieces ended early, once they have ended."""

    def pieces(self) -> Iterator[bytes]:
        """The plain bytes. After an error a second look, byte by byte, gives the last of them."""
        given = 0
        try:
            for plain in self._walk(os.fstat(self._descriptor).st_size):
                given += len(plain)
                yield plain
        except _ERRORS:
            try:
                for plain in self._walk(careful_from=self.read):
                    if len(plain) > given:
                        yield plain[given:]
                    given = max(0, given - len(plain))
            except _ERRORS as error:
                reason = f"the {self._packing.name} archive is damaged: {error}"
                rest = os.pread(self._descriptor, _SHOWN, self.read)
                self.fault = Fault(reason, torn=False, rest=rest)

    def _walk(self, careful_from: int) -> Iterator[bytes]:
        """The plain bytes from the beginning on; packed bytes from some place on are fed singly."""
        self.read = 0
        part: _Decompressor | None = None
        while True:
            size = min(_FED, careful_from - self.read) if self.read < careful_from else 1
            data = os.pread(self._descriptor, size, self.read)
            if not data:
                break
            if part is None:
                padding = len(data) - len(data.lstrip(b"\x00"))
                self.read += padding
                if padding == len(data):
                    continue
                data, part = data[padding:], self._packing.new()
            plain = part.decompress(data, _PIECE)
            while plain:
                yield plain
                plain = b"" if part.eof or part.needs_input else part.decompress(b"", _PIECE)
            self.read += len(data)
            if part.eof:
                self.read -= len(part.unused_data)
                part = None
        if part is not None:
            rest = os.pread(self._descriptor, _SHOWN, max(0, self.read - _SHOWN))
            reason = f"the {self._packing.name} archive is cut short"
            self.fault = Fault(reason, torn=True, rest=rest)
