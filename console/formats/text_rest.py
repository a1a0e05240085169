"""What follows the time in a line of a text log: level, logger, message, exception."""

from __future__ import annotations

import json

import polars as pl

from console.formats import text_layout as layout

_TRACEBACK = "Traceback (most recent call last)"


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
