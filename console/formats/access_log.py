"""Access logs of web servers, in the Common and the Combined Log Format."""

from __future__ import annotations

import polars as pl

from console.formats.dates import WEB, parse_dates
from console.formats.line_log import COLUMNS, OWNERS, Heads, LineLog
from console.formats.objects import object_texts

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_BEGIN = rf'^((?:\S+:[0-9]+ )?\S+ \S+ .{{1,80}}? \[(?:{WEB}|[0-9]{{4}}-[^\]]+)\] ")'
_PARTS = (
    r"^(?P<host>\S+:[0-9]+ )?(?P<client>\S+) (?P<ident>\S+) (?P<user>.{1,80}?) \[[^\]]+\] "
    r'"(?P<request>(?:[^"\\]|\\.)*)" (?P<status>[0-9]{3}) (?P<bytes>[0-9]+|-)'
    rf"(?: (?P<referer>{_QUOTED}) (?P<agent>{_QUOTED}))?(?P<more>.*)$"
)
_REQUEST = r"^(?P<method>[A-Z]{1,20}) (?P<path>\S+)(?: (?P<protocol>[A-Z]+/[0-9.]+))?$"
_ATTRIBUTES = (
    *("method", "path", "status", "bytes", "agent", "client", "user", "ident", "referer"),
    *("protocol", "host", "more"),
)
_SERVER_ERROR, _CLIENT_ERROR = 500, 400
_SHARE = 0.5


class AccessLog(LineLog):
    """One request a line: client, time, request, status, bytes, and perhaps referer and agent."""

    name = "access"

    def recognise(self, sample: bytes, path: str) -> str | None:  # noqa: ARG002
        """Why the sample looks like an access log: its lines have that shape."""
        texts = self.sample(sample)
        parts = pl.Series(texts, dtype=pl.String).str.extract_groups(_PARTS).struct
        begun = self.begins(pl.Series(texts, dtype=pl.String)).is_not_null()
        whole = int((parts.field("status").is_not_null() & begun).sum())
        if whole == 0 or whole < _SHARE * len(texts):
            return None
        combined = int(parts.field("agent").is_not_null().sum())
        kind = "Combined" if 2 * combined > whole else "Common"
        return f"{whole} of its first {len(texts)} lines are requests ({kind} Log Format)"

    def begins(self, texts: pl.Series) -> pl.Series:
        """What makes each line the first of a record; null for the others."""
        return texts.str.extract(_BEGIN)

    def read(self, heads: Heads) -> pl.DataFrame:
        """Time and level of the requests, and what they were as attributes.

        The level is ERROR for a status of the 500s, WARNING for the 400s, else INFO.
        """
        frame = heads.lines.str.extract_groups(_PARTS).struct.unnest()
        request = frame["request"].str.extract_groups(_REQUEST).struct.unnest()
        said = heads.begins.str.extract(r"\[([^\]]+)\] \"$")
        status = pl.col("status").cast(pl.Int64)
        frame = frame.with_columns(
            *(request[part].alias(part) for part in ("method", "path", "protocol")),
            *(
                pl.col(part)
                .str.strip_chars(" ")
                .str.replace(r'^"(.*)"$', "${1}")
                .replace(["-", ""], None)
                .alias(part)
                for part in ("host", "ident", "user", "bytes", "referer", "agent", "more")
            ),
        )
        attributes = object_texts(frame, {name: name for name in _ATTRIBUTES}, nulls=False)
        unread = heads.lines.str.slice(heads.begins.str.len_chars() - 1)
        return frame.with_columns(
            parse_dates(said, heads).alias("ts"),
            pl.lit(value=True).alias("timed"),
            pl.when(status >= _SERVER_ERROR)
            .then(pl.lit("ERROR"))
            .when(status >= _CLIENT_ERROR)
            .then(pl.lit("WARNING"))
            .when(status.is_not_null())
            .then(pl.lit("INFO"))
            .alias("level"),
            pl.when(status.is_null())
            .then(unread)
            .otherwise(pl.concat_str("request", "status", separator=" "))
            .alias("message"),
            attributes.alias("attributes"),
            *(pl.lit(None, pl.String).alias(key) for key in ("logger", "exception", *OWNERS)),
        ).select(list(COLUMNS))
