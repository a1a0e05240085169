"""Text logs whose lines begin with times of the rarer shapes.

The first line of a file that begins with a time tells the shape of all of them, so that a line of
numbers within a traceback begins no record.
"""

from __future__ import annotations

import re
from functools import lru_cache

import polars as pl

from console.formats import text_layout as layout
from console.formats.framing import BOM
from console.formats.line_log import COLUMNS, OWNERS, Heads, LineLog
from console.formats.stamps import SHAPES, read_stamps
from console.formats.text_rest import read_rest

_BEFORE = rf"(?:[\[(]?(?:{layout.UPPER})[\])]?[\s:|,-]{{1,8}})?[\[(<]?"
_USUAL = [re.compile(each) for each in (layout.LED, layout.TIMELESS, layout.LED_BY_DATE)]
_GLOG = {"D": "DEBUG", "I": "INFO", "W": "WARNING", "E": "ERROR", "F": "CRITICAL"}
_PROCESS = rf"^\s+([0-9]+)\s+((?:{layout.UPPER})\b)"
"""A number before the level, as HDFS writes its processes."""
_GLOG_REST = r"^\s+(?P<thread>[0-9]+)\s(?P<file>[^\s\]:]+)(?::(?P<line>[0-9]+))?\]\s?"

_SEPARATORS = frozenset(("", ",", ";", "\t"))
"""What follows the time in a row of a table; a whole number may look like the part of a second."""
_SHARE, _SHARE_OF_CLOCKS = 0.05, 0.3
"""Least share of lines that begin so; a time of day alone may begin a line of anything."""


@lru_cache(maxsize=16)
def _led(shape: str) -> re.Pattern[str]:
    return re.compile(f"{_BEFORE}{SHAPES[shape]}")


class StampedLog(LineLog):
    """Logs of lines that begin with times of one of the rarer shapes."""

    name = "text"

    def __init__(self, shape: str) -> None:
        self.shape = shape
        self._led = _led(shape)

    def recognised(self, texts: list[str]) -> str | None:
        """Why the first lines of a file look like such a log."""
        begun = [match for text in texts if (match := self._led.match(text))]
        tabular = sum(match.string[match.end() : match.end() + 1] in _SEPARATORS for match in begun)
        least = _SHARE_OF_CLOCKS if self.shape == "clock" else _SHARE
        if len(begun) < least * len(texts) or 2 * tabular > len(begun):
            return None
        return f"{len(begun)} of its first {len(texts)} lines begin with a time ({self.shape})"

    def begins(self, texts: pl.Series) -> pl.Series:
        """What makes each line the first of a record; null for the others."""
        found = (self._led.match(text) for text in texts)
        return pl.Series("line", [match[0] if match else None for match in found], pl.String)

    def read(self, heads: Heads) -> pl.DataFrame:
        """Time, level, logger and message of the records."""
        begins = [match for text in heads.lines if (match := self._led.match(text))]
        times = read_stamps(begins, self.shape, heads)
        frame = pl.DataFrame({"line": heads.lines, "begin": heads.begins, "ts": times})
        rest = pl.col("line").str.slice(pl.col("begin").str.len_chars()).str.strip_prefix(">")
        level = pl.col("begin").str.extract(layout.LEVEL_OF_LED)
        if self.shape == "glog":
            letter = pl.col("begin").str.extract(r"([DIWEF])[0-9]{4}\s")
            level = letter.replace_strict(_GLOG, default=None, return_dtype=pl.String)
            rest = rest.str.replace(_GLOG_REST, " [${thread}] [line ${line}] ${file}: ")
        rest = rest.str.replace(_PROCESS, " [$1] $2")
        frame = frame.select(
            "ts",
            pl.lit(value=True).alias("timed"),
            pl.concat_str(level.fill_null(""), rest).alias("rest"),
        )
        return (
            read_rest(frame)
            .with_columns(pl.lit(None, pl.String).alias(owner) for owner in OWNERS)
            .select(list(COLUMNS))
        )


def shape_of(beginning: bytes) -> str | None:
    """The shape of the times of a file that begins so; None if it is a usual one, or none."""
    at = len(BOM) if beginning.startswith(BOM) else 0
    while (end := beginning.find(b"\n", at)) >= 0:
        text = beginning[at:end].decode(errors="backslashreplace").lstrip("\x00")
        at = end + 1
        if any(usual.match(text) for usual in _USUAL):
            return None
        for shape in SHAPES:
            if _led(shape).match(text):
                return shape
    return None
