"""Text logs: a line that begins with a time begins a record, what follows belongs to it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from console.formats import text_layout as layout
from console.formats.framing import BOM, Lines, piece, split, without_mark
from console.formats.framing import rejects as reject_frame
from console.formats.protocol import Decoded
from console.formats.times import parse_times
from console.records.clock import naive
from console.records.frames import TIME, Records, Schema, records
from console.sources.chunk import Chunk
from console.sources.defaults import Defaults

_TRACEBACK = "Traceback (most recent call last)"
_CONTINUATION = '{"continuation": true}'
_LOOKED_AT = 200
_SHARE = 0.05
_ROW = re.compile(rf"{layout.SECONDS}(?:[.][0-9]+)?(?:,[^,\s]*)+$|[^\s,]+(?:,[^\s,]+)+$")
_OF_DEFAULTS = ("model", "stage", "version")
_COLUMNS: Schema = {
    "ts": TIME,
    "timed": pl.Boolean,
    **dict.fromkeys(("level", "logger", "message", "exception", "attributes"), pl.String),
}
_BAD_TIME = "it begins with what looks like a time, but is none"
_NO_TIME = "no time: begin the lines with one, %(asctime)s in Python's logging format"


class TextLog:
    """Logs of lines that begin with a time, as Python's logging and many others write them."""

    name = "text"

    def recognise(self, sample: bytes, path: str) -> str | None:  # noqa: ARG002
        """Why the sample looks like a log: its lines begin with times."""
        lines, _ = split(sample.removeprefix(BOM), final=b"\n" not in sample)
        texts = [text for text in _texts(lines)[:_LOOKED_AT] if text.strip()]
        if not texts or _is_table(texts):
            return None
        begun = int(_beginnings(pl.Series(texts)).is_not_null().sum())
        if begun == 0 or begun < _SHARE * len(texts):
            return None
        return f"{begun} of its first {len(texts)} lines begin a log record"

    def decode(self, chunk: Chunk, defaults: Defaults) -> Decoded:
        """The records of a chunk of a text log.

        The last record stays unconsumed unless the chunk is final: its traceback may follow.
        Lines before the first record continue one that was consumed before; they become a record
        of their own, with the attribute `continuation`.
        """
        if chunk.cut:
            return Decoded(piece(chunk), len(chunk.data))
        lines, consumed = split(without_mark(chunk), final=chunk.final)
        texts = pl.Series("line", _texts(lines), pl.String)
        begins = _beginnings(texts)
        heads = begins.is_not_null().arg_true().to_numpy().astype(np.int64)
        kept = len(lines)
        if not chunk.final:
            kept = int(heads[-1]) if len(heads) else 0
            consumed = int(lines.starts[kept]) if kept < len(lines) else consumed
        cut = _Cut(lines, texts, begins, heads, kept)
        return Decoded(_records(cut, chunk, defaults), consumed)


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


def _beginnings(texts: pl.Series) -> pl.Series:
    """What makes each line the first of a record; null for the others."""
    return (
        texts.to_frame("line")
        .select(
            pl.coalesce(
                pl.col("line").str.extract(layout.LED), pl.col("line").str.extract(layout.TIMELESS)
            )
        )
        .to_series()
    )


def _is_table(texts: list[str]) -> bool:
    """Whether the lines are rows of CSV that merely begin with a time."""
    return len(texts) > 1 and all(map(_ROW.match, texts[1:]))


def _records(cut: _Cut, chunk: Chunk, defaults: Defaults) -> Records:
    lines, texts, heads, kept = cut.lines, cut.texts, cut.heads, cut.kept
    begun = _begun(cut, chunk.newest_ts, defaults.timezone)
    first = min(int(heads[0]) if len(heads) else len(lines), kept)
    continued = _continued(texts.head(first), begun["ts"], chunk.newest_ts)
    count = int(np.searchsorted(heads, kept))
    begun = begun.with_columns(_following(cut)).head(count)
    starts = np.append(heads[:count], kept) if count else np.array([kept])
    if continued.height:
        starts = np.insert(starts, 0, 0)
    frame = pl.concat([continued, begun]).with_columns(
        pl.Series("offset", chunk.offset + lines.starts[starts[:-1]], pl.Int64),
        *(pl.lit(getattr(defaults, key), pl.String).alias(key) for key in _OF_DEFAULTS),
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
            [_NO_TIME if frame["timed"][place] is False else _BAD_TIME for place in places],
            [_raw(lines, int(starts[place]), int(starts[place + 1]), chunk) for place in places],
        ),
    )


def _raw(lines: Lines, start: int, end: int, chunk: Chunk) -> bytes:
    """The bytes of some lines as they stand in the file, without the last newline."""
    return chunk.data[lines.starts[start] : lines.ends[end - 1]]


def _begun(cut: _Cut, newest_ts: float | None, timezone: str | None) -> pl.DataFrame:
    """Time, level, logger and message of the records, from their first lines."""
    begins = cut.begins.gather(cut.heads)
    times = parse_times(begins.str.extract(f"({layout.TIME})"), timezone)
    frame = pl.DataFrame({"line": cut.texts.gather(cut.heads), "begin": begins, "ts": times})
    frame = frame.with_columns(pl.col("begin").str.contains(layout.TIME).alias("timed"))
    level = pl.col("begin").str.extract(layout.LEVEL_OF_LED)
    rest = pl.col("line").str.slice(pl.col("begin").str.len_chars())
    newest = pl.lit(None if newest_ts is None else naive(newest_ts), TIME)
    frame = frame.select(
        pl.when("timed")
        .then("ts")
        .otherwise(pl.max_horizontal(newest, pl.col("ts").cum_max().forward_fill()))
        .alias("ts"),
        "timed",
        pl.when(~pl.col("timed"))
        .then("line")
        .when(level.is_not_null())
        .then(pl.concat_str(level, rest))
        .otherwise(rest)
        .alias("rest"),
    )
    frame = frame.with_columns(_heads(frame["rest"]).alias("head"))
    distinct = frame["head"].drop_nulls().unique()
    read = [layout.read_head(text) for text in distinct]
    table = pl.DataFrame(
        {
            "head": distinct,
            "length": pl.Series([entry.length for entry in read], dtype=pl.UInt32),
            "level": pl.Series([entry.level for entry in read], dtype=pl.String),
            "logger": pl.Series([entry.logger for entry in read], dtype=pl.String),
            "attributes": pl.Series([_context(entry) for entry in read], dtype=pl.String),
        }
    )
    bare = pl.col("rest").str.extract(layout.SEPARATORS).str.len_chars()
    message = pl.col("rest").str.slice(pl.coalesce("length", bare)).str.strip_chars_end()
    frame = frame.join(table, on="head", how="left", maintain_order="left").with_columns(
        message.alias("message"), pl.lit(None, pl.String).alias("exception")
    )
    if frame["message"].str.contains(_TRACEBACK, literal=True).any():
        parts = pl.col("message").str.splitn(_TRACEBACK, 2).struct
        frame = frame.with_columns(
            parts.field("field_0").str.strip_chars_end().alias("message"),
            pl.concat_str(pl.lit(_TRACEBACK), parts.field("field_1")).alias("exception"),
        )
    return frame.select(list(_COLUMNS))


def _heads(rests: pl.Series) -> pl.Series:
    """What stands before the message; null where there is no level."""
    heads = rests.str.extract(layout.COMMON_HEAD)
    nameless = [
        text for text in heads.drop_nulls().unique() if layout.read_head(text).logger is None
    ]
    others = (heads.is_null() | heads.is_in(nameless)).arg_true()
    if len(others) == 0:
        return heads
    return heads.scatter(others, rests.gather(others).str.extract(layout.HEAD))


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
        return pl.DataFrame(schema=_COLUMNS)
    after = times[0] if len(times) else None
    ts = after if newest_ts is None else naive(newest_ts)
    row = {"ts": ts, "timed": False, "message": text, "attributes": _CONTINUATION}
    return pl.DataFrame([row], schema=_COLUMNS)


def _context(head: layout.Head) -> str | None:
    """The attributes of a record whose line names a process or a thread."""
    if not head.context:
        return None
    return json.dumps({"context": list(head.context)}, ensure_ascii=False)
