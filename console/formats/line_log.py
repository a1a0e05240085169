"""Logs whose records begin at a line that its dialect knows; what follows belongs to that line.

The dialects (text, logfmt, syslog, access logs) say which lines those are, and what they say.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from console.formats.framing import BOM, Lines, piece, split, without_mark
from console.formats.framing import rejects as reject_frame
from console.formats.protocol import Decoded
from console.records.clock import naive
from console.records.frames import TIME, Records, Schema, records
from console.sources.chunk import Chunk
from console.sources.defaults import Defaults

LOOKED_AT = 200
_CONTINUATION = '{"continuation": true}'
OWNERS = ("model", "stage", "version")
COLUMNS: Schema = {
    "ts": TIME,
    "timed": pl.Boolean,
    **dict.fromkeys(("level", "logger", "message", "exception", "attributes"), pl.String),
    **dict.fromkeys(OWNERS, pl.String),
}
"""What a dialect says of each record.

`ts` is null where it is not known, `timed` false where the line has no time at all.
"""
_BAD_TIME = "it begins with what looks like a time, but is none"
NO_TIME = "no time: begin the lines with one, %(asctime)s in Python's logging format"


@dataclass(frozen=True)
class Heads:
    """The first lines of the records of a chunk, in its order."""

    lines: pl.Series
    begins: pl.Series
    """What makes each the first of a record."""
    newest_ts: float | None
    written: float | None
    """Of the chunk: the newest time before it, and when the file was written."""
    timezone: str | None

    def carried(self, times: pl.Series) -> pl.Series:
        """For each line the newest of these times up to it, and of those before the chunk."""
        newest = pl.lit(None if self.newest_ts is None else naive(self.newest_ts), TIME)
        frame = times.alias("ts").to_frame()
        carried = pl.max_horizontal(newest, pl.col("ts").cum_max().forward_fill())
        return frame.with_columns(carried.alias("ts"))["ts"]


class LineLog(ABC):
    """A format of logs; a dialect says `begins` and `read`."""

    name: str
    no_time = NO_TIME
    """Why a record without any time is refused."""

    @abstractmethod
    def begins(self, texts: pl.Series) -> pl.Series:
        """What makes each line the first of a record; null for the others."""

    @abstractmethod
    def read(self, heads: Heads) -> pl.DataFrame:
        """What the first lines of records say: the columns of `COLUMNS`."""

    @staticmethod
    def sample(sample: bytes) -> list[str]:
        """The first lines of a file that are not blank."""
        lines, _ = split(sample.removeprefix(BOM), final=b"\n" not in sample)
        return [text for text in _texts(lines)[:LOOKED_AT] if text.strip()]

    def decode(self, chunk: Chunk, defaults: Defaults) -> Decoded:
        """The records of a chunk of a log.

        The last record stays unconsumed unless the chunk is final: its traceback may follow.
        Lines before the first record continue one that was consumed before; they become a record
        of their own, with the attribute `continuation`.
        """
        if chunk.cut:
            return Decoded(piece(chunk), len(chunk.data))
        lines, consumed = split(without_mark(chunk), final=chunk.final)
        texts = pl.Series("line", _texts(lines), pl.String)
        begins = self.begins(texts)
        heads = begins.is_not_null().arg_true().to_numpy().astype(np.int64)
        kept = len(lines)
        if not chunk.final:
            kept = int(heads[-1]) if len(heads) else 0
            consumed = int(lines.starts[kept]) if kept < len(lines) else consumed
        cut = _Cut(lines, texts, begins, heads, kept)
        begun = self.read(
            Heads(
                texts.gather(heads),
                begins.gather(heads),
                chunk.newest_ts,
                chunk.written,
                defaults.timezone,
            )
        )
        return Decoded(_records(cut, begun, chunk, defaults, self.no_time), consumed)


@dataclass(frozen=True)
class _Cut:
    """A chunk cut into records: of its first `kept` lines those at `heads` begin one each."""

    lines: Lines
    texts: pl.Series
    begins: pl.Series
    """What makes a line the first of a record; null for the others."""
    heads: npt.NDArray[np.int64]
    """Includes the first line of an open record that is not kept."""
    kept: int


def _texts(lines: Lines) -> list[str]:
    """The lines as text, other bytes than UTF-8 escaped, without what ends or pads them."""
    text = lines.data.decode(errors="backslashreplace")
    texts = text.split("\n")[: len(lines)]
    if "\r" in text or "\0" in text:
        return [line.lstrip("\0").rstrip("\r\0") for line in texts]
    return texts


def _records(
    cut: _Cut, begun: pl.DataFrame, chunk: Chunk, defaults: Defaults, no_time: str
) -> Records:
    lines, texts, heads, kept = cut.lines, cut.texts, cut.heads, cut.kept
    first = min(int(heads[0]) if len(heads) else len(lines), kept)
    continued = _continued(texts.head(first), begun["ts"], chunk.newest_ts)
    count = int(np.searchsorted(heads, kept))
    begun = begun.with_columns(_following(cut)).head(count)
    starts = np.append(heads[:count], kept) if count else np.array([kept])
    if continued.height:
        starts = np.insert(starts, 0, 0)
    frame = pl.concat([continued, begun]).with_columns(
        pl.Series("offset", chunk.offset + lines.starts[starts[:-1]], pl.Int64),
        *(pl.coalesce(key, pl.lit(getattr(defaults, key), pl.String)).alias(key) for key in OWNERS),
        pl.lit(None, pl.String).alias("tags"),
    )
    untimed = frame["ts"].is_null()
    if not untimed.any():
        return records(logs=frame)
    places = untimed.arg_true().to_list()
    return records(
        logs=frame.filter(~untimed),
        rejects=reject_frame(
            frame["offset"].gather(places).to_list(),
            [no_time if frame["timed"][place] is False else _BAD_TIME for place in places],
            [_raw(lines, int(starts[place]), int(starts[place + 1]), chunk) for place in places],
        ),
    )


def _raw(lines: Lines, start: int, end: int, chunk: Chunk) -> bytes:
    """The bytes of some lines as they stand in the file, without the last newline."""
    return chunk.data[lines.starts[start] : lines.ends[end - 1]]


def _following(cut: _Cut) -> pl.Expr:
    """The exceptions of records with the lines that follow their first ones, joined by newlines."""
    numbers = np.arange(len(cut.texts))
    record = np.searchsorted(cut.heads, numbers, side="right") - 1
    follows = (record >= 0) & (numbers < cut.kept)
    follows[cut.heads] = False
    lines = pl.DataFrame({"record": record[follows], "line": cut.texts.filter(pl.Series(follows))})
    if lines.height == 0:
        return pl.col("exception")
    joined = lines.group_by("record").agg(pl.col("line").str.join("\n").str.strip_chars_end())
    column = pl.repeat(None, len(cut.heads), dtype=pl.String, eager=True)
    column = column.scatter(joined["record"], joined["line"])
    whole = pl.concat_str(pl.col("exception"), pl.lit(column), separator="\n", ignore_nulls=True)
    return (
        pl.when(whole.str.strip_chars() != "").then(whole.str.strip_chars_end()).alias("exception")
    )


def _continued(texts: pl.Series, times: pl.Series, newest_ts: float | None) -> pl.DataFrame:
    """One record of the lines before the first that begins one; none if those are blank.

    Its time is the newest before the chunk, else that of the record after it.
    """
    text = "\n".join(texts).rstrip()
    if not text.strip():
        return pl.DataFrame(schema=COLUMNS)
    after = times[0] if len(times) else None
    ts = after if newest_ts is None else naive(newest_ts)
    row = {"ts": ts, "timed": False, "message": text, "attributes": _CONTINUATION}
    return pl.DataFrame([row], schema=COLUMNS)
