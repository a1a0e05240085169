"""Text logs: a line that begins with a time begins a record, what follows belongs to it."""

from __future__ import annotations

import json
import re

import polars as pl

from console.formats import text_layout as layout
from console.formats.dates import DATES, parse_dates
from console.formats.line_log import COLUMNS, OWNERS, Heads, LineLog
from console.formats.times import parse_times

_TRACEBACK = "Traceback (most recent call last)"
_SHARE = 0.05
_ROW = re.compile(rf"{layout.SECONDS}(?:[.][0-9]+)?(?:,[^,\s]*)+$|[^\s,]+(?:,[^\s,]+)+$")


class TextLog(LineLog):
    """Logs of lines that begin with a time, as Python's logging and many others write them."""

    name = "text"

    def recognise(self, sample: bytes, path: str) -> str | None:  # noqa: ARG002
        """Why the sample looks like a log: its lines begin with times."""
        texts = self.sample(sample)
        if not texts or _is_table(texts):
            return None
        begun = int(self.begins(pl.Series(texts)).is_not_null().sum())
        if begun == 0 or begun < _SHARE * len(texts):
            return None
        return f"{begun} of its first {len(texts)} lines begin a log record"

    def begins(self, texts: pl.Series) -> pl.Series:
        """What makes each line the first of a record; null for the others."""
        begins = texts.str.extract(layout.LED)
        others = begins.is_null().arg_true()
        if len(others) == 0:
            return begins
        rare = texts.gather(others).to_frame("line")
        patterns = (layout.TIMELESS, layout.LED_BY_DATE)
        found = rare.select(pl.coalesce(pl.col("line").str.extract(each) for each in patterns))
        return begins.scatter(others, found.to_series())

    def read(self, heads: Heads) -> pl.DataFrame:
        """Time, level, logger and message of the records."""
        frame = pl.DataFrame({"line": heads.lines, "begin": heads.begins})
        times, timed = _times(heads)
        level = pl.col("begin").str.extract(layout.LEVEL_OF_LED)
        rest = pl.col("line").str.slice(pl.col("begin").str.len_chars())
        frame = frame.select(
            times.zip_with(timed, heads.carried(times)).alias("ts"),
            timed.alias("timed"),
            pl.when(~timed)
            .then("line")
            .when(level.is_not_null())
            .then(pl.concat_str(level, rest))
            .otherwise(rest)
            .alias("rest"),
        )
        return (
            read_rest(frame)
            .with_columns(pl.lit(None, pl.String).alias(owner) for owner in OWNERS)
            .select(list(COLUMNS))
        )


def _times(heads: Heads) -> tuple[pl.Series, pl.Series]:
    """The times that the lines begin with, and whether each begins with one at all."""
    said = heads.begins.str.extract(f"({layout.TIME})")
    times = parse_times(said, heads.timezone)
    others = said.is_null().arg_true()
    if len(others) == 0:
        return times, said.is_not_null()
    dates = heads.begins.str.extract(f"({DATES})")
    dated = dates.is_not_null() & said.is_null()
    if dated.any():
        dates = dates.set(~dated, None)
        parsed = parse_dates(dates, heads, times)
        times = times.zip_with(times.is_not_null(), parsed)
    return times, said.is_not_null() | dated


def _is_table(texts: list[str]) -> bool:
    """Whether the lines are rows of CSV that merely begin with a time."""
    return len(texts) > 1 and all(map(_ROW.match, texts[1:]))


def read_rest(frame: pl.DataFrame) -> pl.DataFrame:
    """Level, logger, message, exception and attributes from what follows the time (`rest`)."""
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
    return frame


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


def _context(head: layout.Head) -> str | None:
    """The attributes of a record whose line names a process or a thread."""
    if not head.context:
        return None
    return json.dumps({"context": list(head.context)}, ensure_ascii=False)
