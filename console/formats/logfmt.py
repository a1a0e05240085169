"""logfmt: lines of `key=value`, as many Go programs and structured loggers write them."""

from __future__ import annotations

import json

import polars as pl

from console.formats.line_log import COLUMNS, OWNERS, Heads, LineLog
from console.formats.objects import ESCAPED, exact_value, value_text
from console.formats.times import parse_times
from console.records.levels import ALIASES

_KEY = r"[A-Za-z_@][A-Za-z0-9_.@/:-]{0,100}"
_VALUE = r'(?:"(?:[^"\\]|\\.)*"|[^\s"][^\s]*|)'
_PAIR = rf"(?:^|\s){_KEY}={_VALUE}"
_BEGIN = rf"^(\s?{_KEY}={_VALUE}\s+(?:\S+\s+)??{_KEY}={_VALUE}(?:\s|$))"
_ROLES = {
    "ts": ("ts", "time", "timestamp", "@timestamp", "t", "datetime"),
    "level": ("level", "lvl", "severity", "levelname"),
    "logger": ("logger",),
    "message": ("msg", "message"),
    "exception": ("exception", "exc_info", "stacktrace", "stack"),
    **{owner: (owner,) for owner in OWNERS},
}
_ROLE_OF = {key: role for role, keys in _ROLES.items() for key in keys}
_SHARE = 0.5


class Logfmt(LineLog):
    """One record a line, its fields written `key=value` or `key="a value"`."""

    name = "logfmt"
    no_time = "no time: give every line one, ts=2026-01-02T03:04:05Z"

    def recognise(self, sample: bytes, path: str) -> str | None:  # noqa: ARG002
        """Why the sample looks like logfmt: its lines are pairs, and some of those are times."""
        texts = pl.Series(self.sample(sample), dtype=pl.String)
        begun = texts.filter(self.begins(texts).is_not_null())
        if len(begun) == 0 or len(begun) < _SHARE * len(texts):
            return None
        keys = "|".join(_ROLES["ts"])
        timed = int(begun.str.contains(rf"(?:^|\s)(?:{keys})=").sum())
        if timed == 0:
            return None
        return f"{len(begun)} of its first {len(texts)} lines are key=value, {timed} with a time"

    def begins(self, texts: pl.Series) -> pl.Series:
        """What makes each line the first of a record (two pairs or more); null for the others."""
        return texts.str.extract(_BEGIN)

    def read(self, heads: Heads) -> pl.DataFrame:
        """What the pairs of each record say; those without a part of their own are attributes."""
        lines = heads.lines.alias("line").to_frame().with_row_index("row")
        pairs = _pairs(lines)
        frame = lines
        for role in _ROLES:
            own = pairs.filter(pl.col("role") == role).select("row", pl.col("value").alias(role))
            frame = frame.join(own, on="row", how="left", maintain_order="left")
        frame = frame.join(_attributes(pairs), on="row", how="left", maintain_order="left")
        times = parse_times(frame["ts"], heads.timezone)
        timed = frame["ts"].is_not_null()
        level = pl.col("level").str.strip_chars()
        return frame.with_columns(
            times.zip_with(timed, heads.carried(times)).alias("ts"),
            timed.alias("timed"),
            level.str.to_lowercase()
            .replace_strict(ALIASES, default=level, return_dtype=pl.String)
            .alias("level"),
            _messages(lines, frame).alias("message"),
        ).select(list(COLUMNS))


def _pairs(lines: pl.DataFrame) -> pl.DataFrame:
    """The pairs of the lines in their order: row, key, value, role; one a row and key or role.

    Where a line says the same twice the first counts for a role, the last as an attribute.
    """
    found = lines.select("row", pl.col("line").str.extract_all(_PAIR).alias("pair")).explode("pair")
    split = pl.col("pair").str.strip_chars_start().str.splitn("=", 2).struct
    pairs = found.filter(pl.col("pair").is_not_null()).select(
        "row", split.field("field_0").alias("key"), split.field("field_1").alias("value")
    )
    quoted = pl.col("value").str.starts_with('"')
    bare = pl.col("value").str.slice(1, pl.col("value").str.len_chars() - 2)
    pairs = pairs.with_columns(
        pl.when(quoted).then(bare).otherwise("value").alias("value"),
        quoted.alias("quoted"),
        pl.col("key")
        .str.to_lowercase()
        .replace_strict(_ROLE_OF, default=None, return_dtype=pl.String)
        .alias("role"),
    )
    escaped = (pairs["quoted"] & pairs["value"].str.contains("\\", literal=True)).arg_true()
    if len(escaped):
        plain = [_unescaped(text) for text in pairs["value"].gather(escaped)]
        value = pairs["value"].scatter(escaped, pl.Series(plain, dtype=pl.String))
        pairs = pairs.with_columns(value)
    held = pl.col("role").is_not_null() & (pl.col("value") != "")
    first = held & pl.struct("row", "role").is_first_distinct()
    pairs = pairs.with_columns(pl.when(first).then("role").alias("role"))
    last = pl.struct("row", "key", "role").is_last_distinct()
    return pairs.filter(last)


def _unescaped(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text


def _attributes(pairs: pl.DataFrame) -> pl.DataFrame:
    """The pairs that have no role as JSON objects: row, attributes."""
    rest = pairs.filter(pl.col("role").is_null())
    key = pl.concat_str(pl.lit('"'), "key", pl.lit('": '))
    texts = pl.concat_str(pl.lit('"'), "value", pl.lit('"'))
    rest = rest.with_columns(
        pl.concat_str(
            key, pl.when("quoted").then(texts).otherwise(value_text(pl.col("value")))
        ).alias("member")
    )
    odd = rest["value"].str.contains(ESCAPED).arg_true()
    if len(odd):
        exact = [
            f'"{name}": {json.dumps(value, ensure_ascii=False) if quoted else exact_value(value)}'
            for name, value, quoted in rest[odd].select("key", "value", "quoted").iter_rows()
        ]
        rest = rest.with_columns(rest["member"].scatter(odd, pl.Series(exact, dtype=pl.String)))
    joined = rest.group_by("row").agg(pl.col("member").str.join(", "))
    return joined.select(
        "row", pl.concat_str(pl.lit("{"), "member", pl.lit("}")).alias("attributes")
    )


def _messages(lines: pl.DataFrame, frame: pl.DataFrame) -> pl.Series:
    """The messages: what `msg` says and the words outside of all pairs, else the whole line."""
    words = lines["line"].str.replace_all(_PAIR, "").str.strip_chars()
    return frame.select(
        pl.when(pl.col("message").is_null() & (words == ""))
        .then(pl.col("line").str.strip_chars())
        .when(words == "")
        .then("message")
        .otherwise(pl.concat_str("message", words, separator=" ", ignore_nulls=True))
        .alias("message")
    ).to_series()
