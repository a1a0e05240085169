"""Text logs: a line that begins with a time begins a record, what follows belongs to it."""

from __future__ import annotations

import re

import polars as pl

from console.formats import text_layout as layout
from console.formats.dates import DATES, parse_dates
from console.formats.line_log import COLUMNS, OWNERS, Heads, LineLog
from console.formats.protocol import Decoded
from console.formats.stamped_log import StampedLog, shape_of
from console.formats.text_rest import read_rest
from console.formats.times import parse_times
from console.sources.chunk import Chunk
from console.sources.defaults import Defaults

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
        shape = shape_of(sample if b"\n" in sample else sample + b"\n")
        if shape is not None:
            return StampedLog(shape).recognised(texts)
        begun = int(self.begins(pl.Series(texts)).is_not_null().sum())
        if begun == 0 or begun < _SHARE * len(texts):
            return None
        return f"{begun} of its first {len(texts)} lines begin a log record"

    def decode(self, chunk: Chunk, defaults: Defaults) -> Decoded:
        """The records of a chunk of a log, whatever the shape of its times."""
        ends_here = len(chunk.beginning) == chunk.offset + len(chunk.data)
        shape = shape_of(chunk.beginning + b"\n" if chunk.final and ends_here else chunk.beginning)
        if shape is None:
            return super().decode(chunk, defaults)
        return StampedLog(shape).decode(chunk, defaults)

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
