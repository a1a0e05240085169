"""Syslog as RFC 3164 and RFC 5424 have it, and as daemons write it to files."""

from __future__ import annotations

import polars as pl

from console.formats.dates import SYSLOG, parse_dates
from console.formats.line_log import COLUMNS, OWNERS, Heads, LineLog
from console.formats.objects import object_texts
from console.records.frames import TIME
from console.records.levels import ALIASES

_UPPER = "|".join(sorted((level.upper() for level in ALIASES), key=len, reverse=True))
_ISO = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\S*"
_NEW = rf"^(<[0-9]{{1,3}}>[0-9]{{1,2}}\s(?:{_ISO}|-)\s)"
_OLD = rf"^((?:<[0-9]{{1,3}}>(?:{SYSLOG}|{_ISO})|{SYSLOG})\s+[^\s:\[\]]+\s)"
_TAGGED = rf"^(?:<[0-9]{{1,3}}>|{SYSLOG}\s+[^\s:\[\]]+\s+[^\s:\[\]]+(?:\[[0-9]+\])?:\s)"
_LEVEL_AS_HOST = rf"^{SYSLOG}\s+(?:{_UPPER})\s"
_PARTS_NEW = (
    rf"^<(?P<priority>[0-9]{{1,3}})>[0-9]{{1,2}}\s(?P<time>{_ISO}|-)\s+(?P<host>\S+)\s+(?P<tag>\S+)"
    r"\s+(?P<process>\S+)\s+(?P<id>\S+)"
    r'(?:\s+(?P<data>-|(?:\[(?:[^\]"\\]|\\.|"(?:[^"\\]|\\.)*")*\])+))?(?P<message>.*)$'
)
_PARTS_OLD = (
    rf"^(?:<(?P<priority>[0-9]{{1,3}})>)?(?P<time>{SYSLOG}|{_ISO})\s+(?P<host>[^\s:\[\]]+)\s"
    r"(?:\s*(?P<tag>[^\s:\[\]]+)(?:\[(?P<process>[^\]\s]+)\])?:(?:\s|$))?(?P<message>.*)$"
)
_PARTS = ("priority", "time", "host", "tag", "process", "id", "data", "message")
_LEVELS = ("CRITICAL", "CRITICAL", "CRITICAL", "ERROR", "WARNING", "INFO", "INFO", "DEBUG")
_FACILITIES = (
    *("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron"),
    *("authpriv", "ftp", "ntp", "audit", "alert", "clock"),
    *(f"local{number}" for number in range(8)),
)
_LED_BY_LEVEL = rf"^[\[(<]?({_UPPER})\b"
_SHARE = 0.5


class Syslog(LineLog):
    """Lines of a time, a host, a program and a message, with or without a priority."""

    name = "syslog"

    def recognise(self, sample: bytes, path: str) -> str | None:  # noqa: ARG002
        """Why the sample looks like syslog: its lines have a priority, or a host and a program."""
        texts = self.sample(sample)
        if not texts:
            return None
        begun = pl.Series(texts).filter(self.begins(pl.Series(texts)).is_not_null())
        tagged = int(begun.str.contains(_TAGGED).sum())
        if tagged == 0 or tagged < _SHARE * len(texts):
            return None
        new = int(begun.str.contains(_NEW).sum())
        kind = "RFC 5424" if 2 * new > tagged else "RFC 3164"
        return f"{tagged} of its first {len(texts)} lines are syslog ({kind})"

    def begins(self, texts: pl.Series) -> pl.Series:
        """What makes each line the first of a record; null for the others."""
        line = pl.col("line")
        led = pl.coalesce(line.str.extract(_OLD), line.str.extract(_NEW))
        no_host = line.str.contains(_LEVEL_AS_HOST)
        return texts.to_frame("line").select(pl.when(~no_host).then(led)).to_series()

    def read(self, heads: Heads) -> pl.DataFrame:
        """Time, priority, program and message of the records."""
        is_new = heads.begins.str.contains(_NEW)
        frame = _parts(heads.lines, _PARTS_OLD)
        if is_new.any():
            rows = is_new.arg_true()
            new = _parts(heads.lines.gather(rows), _PARTS_NEW)
            frame = frame.select(frame[part].scatter(rows, new[part]) for part in _PARTS)
        said = frame["time"]
        times = parse_dates(said, heads)
        timed = said.is_not_null()
        priority = pl.col("priority").cast(pl.Int64)
        level = (priority % 8).replace_strict(
            dict(enumerate(_LEVELS)), default=None, return_dtype=pl.String
        )
        facility = (priority // 8).replace_strict(
            dict(enumerate(_FACILITIES)), default=None, return_dtype=pl.String
        )
        led = pl.col("message").str.extract(_LED_BY_LEVEL).str.to_lowercase()
        frame = frame.with_columns(
            times.zip_with(timed, heads.carried(times)).cast(TIME).alias("ts"),
            timed.alias("timed"),
            pl.col("message").fill_null("").str.strip_chars().alias("message"),
            pl.col("tag").alias("logger"),
            pl.coalesce(
                level, led.replace_strict(ALIASES, default=None, return_dtype=pl.String)
            ).alias("level"),
            facility.alias("facility"),
        )
        named = {"host": "host", "process": "process", "facility": "facility", "id": "message_id"}
        attributes = object_texts(frame, {**named, "data": "data"}, nulls=False)
        return frame.with_columns(
            attributes.alias("attributes"),
            *(pl.lit(None, pl.String).alias(key) for key in ("exception", *OWNERS)),
        ).select(list(COLUMNS))


def _parts(lines: pl.Series, pattern: str) -> pl.DataFrame:
    """The parts of lines that a pattern tells; null for `-`, and for those that it has not."""
    found = lines.str.extract_groups(pattern).struct.unnest()
    return found.select(
        pl.col(part).replace("-", None)
        if part in found.columns
        else pl.lit(None, pl.String).alias(part)
        for part in _PARTS
    )
