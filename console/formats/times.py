"""Texts to times, a column at once: ISO 8601 in its many spellings, and epoch numbers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import polars as pl

from console.records.frames import TIME

ZONED = "%Y-%m-%dT%H:%M:%S%.f%#z"
LOCAL = "%Y-%m-%dT%H:%M:%S%.f"
_NUMBER = r"^[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?$"
_PREFIX = r"^([0-9]{4})[-/]([0-9]{2})[-/]([0-9]{2})[Tt _]+"
_SECONDS, _MILLISECONDS, _MICROSECONDS = 1e11, 1e14, 1e17
_FIRST, _LAST = -62_135_596_800_000_000, 253_402_300_799_999_999
_EXACT = 2**53
_MANY = 256
"""With fewer texts than this it does not pay to look for those of one second."""
_SECOND = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-5][0-9]$"
_TO_SECONDS = len("2026-01-02T03:04:05")
_MOST_DIGITS = 9
_EPOCH = re.compile(_NUMBER)
_HALF_DAY = re.compile(r"\s?([AP]M)$", re.IGNORECASE)


def parse_times(texts: pl.Series, timezone: str | None = None) -> pl.Series:
    """Naive UTC times (microseconds) of a column of texts; null where one is not a time.

    Reads ISO 8601 with `T` or a space, `.` or `,` before the fraction, `Z`, an offset or neither
    (then the time is of `timezone`, an IANA name, UTC by default), and epoch numbers in seconds,
    milliseconds, microseconds or nanoseconds, told apart by their magnitude (seconds below 1e11).
    A local time that the clocks skipped counts as the hour after, one they repeated as the first.
    """
    uniform = _by_second(texts, timezone)
    if uniform is not None:
        return uniform
    parsed = pl.Series(texts.name, [], TIME).extend_constant(None, len(texts))
    attempts = [_zoned, _local, _numbers, _irregular, _rare]
    if len(texts) and _EPOCH.match(texts[0] or ""):  # none is both, so that the order is free
        attempts.insert(0, attempts.pop(2))
    for attempt in attempts:
        missing = parsed.is_null() & texts.is_not_null()
        count = int(missing.sum())
        if count == 0:
            break
        if count == len(texts):
            parsed = attempt(texts, timezone)
        else:
            rows = missing.arg_true()
            parsed = parsed.scatter(rows, attempt(texts.gather(rows), timezone))
    moments = parsed.to_physical()
    if bool(moments.is_between(_FIRST, _LAST).all()):  # null is
        return parsed
    outside = ~moments.is_between(_FIRST, _LAST)
    return parsed.set(outside.fill_null(value=False), None)


def localise(times: pl.Series, timezone: str | None) -> pl.Series:
    """UTC times of local times of a zone."""
    if timezone is None or timezone == "UTC":
        return times
    zoned = times.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
    skipped = zoned.is_null() & times.is_not_null()
    if skipped.any():
        hour = timedelta(hours=1)
        later = (times + hour).dt.replace_time_zone(
            timezone, ambiguous="earliest", non_existent="null"
        )
        zoned = zoned.zip_with(~skipped, later)
    return zoned.dt.convert_time_zone("UTC").dt.replace_time_zone(None)


def _by_second(texts: pl.Series, timezone: str | None) -> pl.Series | None:
    """Times of one shape of which many share a second, each second parsed once; None for others.

    A quarter of the cost of parsing them all: the times of busy files are mostly like that.
    """
    shape = _shape(texts)
    if shape is None:
        return None
    digits, zulu = shape
    seconds = texts.str.head(_TO_SECONDS)
    distinct = seconds.unique()
    if len(distinct) * 4 > len(texts) or not distinct.str.contains(_SECOND).all():
        return None
    known = distinct.str.replace(" ", "T", literal=True).str.to_datetime(
        LOCAL, time_unit="us", strict=False
    )
    fractions = _fractions(texts.str.slice(_TO_SECONDS, digits + 1), digits)
    if known.has_nulls() or fractions is None:
        return None
    times = seconds.replace_strict(distinct, known) + fractions.cast(pl.Duration("us"))
    return times if zulu else localise(times, timezone)


def _shape(texts: pl.Series) -> tuple[int, bool] | None:
    """How many digits of a second many times have, and whether `Z` ends them, if all agree."""
    if len(texts) < _MANY or texts.has_nulls():
        return None
    sizes = texts.str.len_bytes()
    size = sizes[0]
    zulu = texts.str.ends_with("Z")
    if size < _TO_SECONDS or not (sizes == size).all() or zulu.all() != zulu.any():
        return None
    more = size - _TO_SECONDS - int(zulu[0])
    return (max(0, more - 1), bool(zulu[0])) if more != 1 and more <= _MOST_DIGITS + 1 else None


def _fractions(texts: pl.Series, digits: int) -> pl.Series | None:
    """Microseconds of texts like `.123`, 0 of no digits; None if one is anything else."""
    if digits == 0:
        return pl.Series([0], dtype=pl.Int64).new_from_index(0, len(texts))
    marks = texts.str.head(2).unique()
    if not marks.str.contains(r"^[.,][0-9]$").all():
        return None
    parsed = texts.str.slice(1).cast(pl.Int64, strict=False)
    if parsed.has_nulls():
        return None
    scale: int = 10 ** abs(6 - digits)
    return parsed * scale if digits <= 6 else parsed // scale


def _zoned(texts: pl.Series, timezone: str | None) -> pl.Series:  # noqa: ARG001
    if texts.str.ends_with("Z").all():
        return texts.str.head(-1).str.to_datetime(LOCAL, time_unit="us", strict=False)
    parsed = texts.str.to_datetime(ZONED, time_unit="us", time_zone="UTC", strict=False)
    return parsed.dt.replace_time_zone(None)


def _local(texts: pl.Series, timezone: str | None) -> pl.Series:
    return localise(texts.str.to_datetime(LOCAL, time_unit="us", strict=False), timezone)


def _numbers(texts: pl.Series, timezone: str | None) -> pl.Series:  # noqa: ARG001
    numeric = pl.when(pl.col("text").str.contains(_NUMBER)).then(pl.col("text"))
    whole = numeric.cast(pl.Int64, strict=False)
    real = numeric.cast(pl.Float64, strict=False)
    size = real.abs()
    exact = (
        pl.when(size < _SECONDS)
        .then(whole * 1_000_000)
        .when(size < _MILLISECONDS)
        .then(whole * 1_000)
        .when(size < _MICROSECONDS)
        .then(whole)
        .otherwise(whole // 1_000)
    )
    rounded = (
        pl.when(size < _SECONDS)
        .then(real * 1e6)
        .when(size < _MILLISECONDS)
        .then(real * 1e3)
        .when(size < _MICROSECONDS)
        .then(real)
        .otherwise(real / 1e3)
        .round()
        .cast(pl.Int64, strict=False)
    )
    frame = texts.alias("text").to_frame()
    return frame.select(pl.coalesce(exact, rounded).cast(TIME)).to_series()


def _irregular(texts: pl.Series, timezone: str | None) -> pl.Series:
    tidy = (
        texts.str.strip_chars(" \t[]()")
        .str.replace(_PREFIX, "${1}-${2}-${3}T")
        .str.replace(",", ".", literal=True)
        .str.replace(r"\s*(?:Z|z|UTC|GMT)$", "+00:00")
        .str.replace(r"\s+([+-][0-9])", "$1")
        .str.replace(r"(T[0-9]{2}:[0-9]{2})($|[+-])", "${1}:00$2")
        .str.replace(r"^([0-9]{4}-[0-9]{2}-[0-9]{2})$", "${1}T00:00:00")
    )
    zoned = _zoned(tidy, timezone)
    return zoned.zip_with(zoned.is_not_null(), _local(tidy, timezone))


def _rare(texts: pl.Series, timezone: str | None) -> pl.Series:
    distinct = texts.unique()
    moments = [_moment(text) for text in distinct]
    zoned = pl.Series([moment is not None and moment[1] for moment in moments], dtype=pl.Boolean)
    naive = pl.Series([moment[0] if moment else None for moment in moments], dtype=TIME)
    naive = naive.zip_with(zoned, localise(naive, timezone))
    table = pl.DataFrame({"text": distinct, "moment": naive})
    frame = texts.alias("text").to_frame()
    return frame.join(table, on="text", how="left", maintain_order="left").get_column("moment")


@lru_cache(maxsize=4096)
def _moment(text: str) -> tuple[datetime, bool] | None:
    """What Python makes of a text: the naive time, and whether the text gave a zone."""
    try:
        if _HALF_DAY.search(text):
            form = "%Y-%m-%dT%I:%M:%S.%f%p" if "." in text else "%Y-%m-%dT%I:%M:%S%p"
            tidy = _HALF_DAY.sub(r"\1", text.strip().upper()).replace(" ", "T").replace("/", "-")
            return datetime.strptime(tidy, form), False  # noqa: DTZ007  # localised later
        moment = datetime.fromisoformat(text.strip().replace(",", ".", 1))
        if moment.tzinfo is None:
            return moment, False
        return moment.astimezone(UTC).replace(tzinfo=None), True
    except (ValueError, OverflowError):
        return None
