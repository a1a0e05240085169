"""Files of lines in UTF-16: any line format, decoded, at the true bytes of the file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl

from console.formats.protocol import Decoded, Format
from console.records.frames import Records, records
from console.sources.chunk import Chunk
from console.sources.defaults import Defaults

_CODECS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_UNITS = {"utf-16-le": "<u2", "utf-16-be": ">u2"}
_WIDTH = 2
_NEWLINE = 10


def codec_of(beginning: bytes) -> str | None:
    """The codec of a file by its byte order mark; None for anything but UTF-16."""
    if beginning[_WIDTH:].startswith(bytes(2)):
        return None  # UTF-32
    return _CODECS.get(beginning[:_WIDTH])


def as_utf8(data: bytes, codec: str) -> bytes:
    """The same text in UTF-8, what is none replaced."""
    return data.decode(codec, errors="replace").encode()


class Utf16:
    """A format of lines whose files are in UTF-16."""

    def __init__(self, inner: Format, codec: str) -> None:
        self._inner = inner
        self._codec = codec

    @property
    def name(self) -> str:
        """That of the format."""
        return self._inner.name

    def recognise(self, sample: bytes, path: str) -> str | None:
        """Why the format thinks that it is one of its files."""
        return self._inner.recognise(as_utf8(sample, self._codec), path)

    def decode(self, chunk: Chunk, defaults: Defaults) -> Decoded:
        """The records of a chunk, their offsets and rejects those of the file's own bytes."""
        if chunk.cut:
            return self._inner.decode(chunk, defaults)
        head = as_utf8(chunk.head, self._codec)
        at = len(head) if len(chunk.head) == chunk.offset else max(len(head) + 1, chunk.offset)
        data = as_utf8(chunk.data, self._codec)
        inner = replace(chunk, data=data, head=head, offset=at)
        decoded = self._inner.decode(inner, defaults)
        places = _Places(chunk, data, self._codec)
        consumed = len(chunk.data)
        if decoded.consumed < len(data):
            consumed = int(places.starts(np.array([decoded.consumed]))[0])
        return Decoded(_moved(decoded.records, places, at), consumed)


class _Places:
    """Where the lines of a chunk begin, in its own bytes and in UTF-8."""

    def __init__(self, chunk: Chunk, data: bytes, codec: str) -> None:
        self.chunk = chunk
        whole = len(chunk.data) // _WIDTH * _WIDTH
        units = np.frombuffer(chunk.data[:whole], _UNITS[codec])
        self._own = np.append(0, (np.flatnonzero(units == _NEWLINE) + 1) * _WIDTH)
        self._plain = np.append(0, np.flatnonzero(np.frombuffer(data, np.uint8) == _NEWLINE) + 1)

    def starts(self, places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Of places in UTF-8 the own places of the lines that they are in."""
        return self._own[np.searchsorted(self._plain, places, side="right") - 1]

    def end(self, place: int) -> int:
        """Of a place in UTF-8 where its line ends, in own bytes, without the newline."""
        line = int(np.searchsorted(self._plain, place, side="right"))
        return int(self._own[line]) - _WIDTH if line < len(self._own) else len(self.chunk.data)


def _moved(found: Records, places: _Places, at: int) -> Records:
    offset = places.chunk.offset
    frames: dict[str, pl.DataFrame] = {}
    for name, frame in found.items():
        before = frame["offset"]
        own = pl.Series("offset", offset + places.starts(before.to_numpy() - at), pl.Int64)
        columns = [own]
        if name in ("predictions", "labels"):
            columns.append(_ids(frame["id"], places.chunk.file_id, before, own))
        elif name == "rejects":
            ends = [
                places.end(start - at + len(raw))
                for start, raw in zip(before, frame["raw"], strict=True)
            ]
            raws = [
                places.chunk.data[start - offset : end]
                for start, end in zip(own, ends, strict=True)
            ]
            columns.append(pl.Series("raw", raws, pl.Binary))
        frames[name] = frame.with_columns(columns)
    return records(**frames)


def _ids(ids: pl.Series, file_id: int, before: pl.Series, own: pl.Series) -> pl.Series:
    """The ids; those that were made of a row's place are made of its own place instead."""
    frame = pl.DataFrame({"id": ids, "before": before, "own": own})
    made = pl.format("{}:{}", pl.lit(f"{file_id:x}"), "before")
    place = pl.format("{}:{}", pl.lit(f"{file_id:x}"), "own")
    return frame.select(pl.when(pl.col("id") == made).then(place).otherwise("id").alias("id"))["id"]
