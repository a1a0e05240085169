"""Times that name the month, as syslog and web servers write them, some of them without a year."""

from __future__ import annotations

from calendar import isleap
from datetime import datetime, timedelta
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from console.formats.times import localise, parse_times
from console.records.clock import DAY
from console.records.frames import TIME

_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_CLOCK = r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?"
SYSLOG = (
    rf"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?\s)?{_MONTH}\s[\s0-9]?[0-9]\s{_CLOCK}"
    r"(?:\s(?:[A-Z]{3,4}\s)?[0-9]{4}\b)?"
)
WEB = rf"[0-9]{{1,2}}/{_MONTH}/[0-9]{{4}}:{_CLOCK}(?:\s[+-][0-9]{{4}})?"
EPOCH = r"1[0-9]{9}(?:[0-9]{3})?(?:\.[0-9]{1,9})?\b"
DATES = rf"(?:{SYSLOG}|{WEB}|{EPOCH})"
"""What `parse_dates` reads: month names, and epoch numbers of this century."""

_LEAP_YEAR = 2000
_NEAR_S = 90 * DAY
_SECOND = 1_000_000
_FEBRUARY_ENDS = 59 * DAY
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # naive UTC throughout


class Around(Protocol):
    """What texts without a year are dated by: the chunk that they are in."""

    @property
    def newest_ts(self) -> float | None:
        """The newest time before them."""
        ...

    @property
    def written(self) -> float | None:
        """When their file was written."""
        ...

    @property
    def timezone(self) -> str | None:
        """Of times that name none; None is UTC."""
        ...


def parse_dates(texts: pl.Series, around: Around, known: pl.Series | None = None) -> pl.Series:
    """Naive UTC times of texts; null where one is no time, or where its year is not known.

    A text without a year is of the year that brings it nearest to the newest time before it: of
    the texts before it, of `known` (times of other lines in between, null at a text) or of what
    was before the chunk. Without any it is of the last year that brings it before a day after
    the file was written.
    """
    named = texts.str.contains(_MONTH).fill_null(value=False)
    timezone = around.timezone
    if not named.any():
        return parse_times(texts, timezone)
    result = parse_times(texts.set(named, None), timezone)
    bare = (
        texts.str.replace_all(r"^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?\s", "")
        .str.replace(",", ".", literal=True)
        .str.replace(r"\s[A-Z]{3,4}(\s[0-9]{4})$", "$1")  # of a zone only the setting is known
    )
    zoned = bare.str.to_datetime(
        "%d/%b/%Y:%H:%M:%S%.f %z", time_unit="us", time_zone="UTC", strict=False
    ).dt.replace_time_zone(None)
    web = _local(bare, "%d/%b/%Y:%H:%M:%S%.f")
    dated = _local(bare, "%b %e %H:%M:%S%.f %Y")
    plain = localise(web.zip_with(web.is_not_null(), dated), timezone)
    result = result.zip_with(result.is_not_null(), zoned.zip_with(zoned.is_not_null(), plain))
    yearless = result.is_null() & named
    if not yearless.any():
        return result
    years = pl.Series([f"{_LEAP_YEAR} "], dtype=pl.String).new_from_index(0, len(bare)) + bare
    partial = _local(years.set(~yearless, None), "%Y %b %e %H:%M:%S%.f")
    others = result if known is None else result.zip_with(result.is_not_null(), known)
    settled = _settled(partial, others, around.newest_ts, around.written)
    return result.zip_with(result.is_not_null(), localise(settled, timezone))


def _local(texts: pl.Series, form: str) -> pl.Series:
    return texts.str.to_datetime(form, time_unit="us", strict=False)


def _settled(
    partial: pl.Series, known: pl.Series, newest_ts: float | None, written: float | None
) -> pl.Series:
    """The times of a year of which only month, day and clock are known, with their year."""
    moments = partial.dt.epoch("us").fill_null(-1).to_numpy() / _SECOND
    others = known.dt.epoch("us").cast(pl.Float64).fill_null(float("nan")).to_numpy() / _SECOND
    if newest_ts is not None and _usual(newest_ts):
        quick = _nearest_all(moments, newest_ts)
        ahead = float(np.fmax.reduce(others, initial=newest_ts)) - newest_ts
        if quick is not None and ahead <= _NEAR_S:
            return _series(partial.name, len(partial), quick)
    chosen: dict[int, float] = {}
    newest = newest_ts
    for row in range(len(moments)):
        found: float | None = None if np.isnan(others[row]) else float(others[row])
        if moments[row] >= 0:
            found = _with_year(moments[row], newest, written)
            if found is not None:
                chosen[row] = found
        if found is not None:
            newest = found if newest is None else max(newest, found)
    return _series(partial.name, len(partial), chosen)


def _nearest_all(moments: npt.NDArray[np.float64], newest: float) -> dict[int, float] | None:
    """All times in the year nearest to one moment; None if that is not near enough to be sure."""
    rows = np.flatnonzero(moments >= 0)
    since = moments[rows] - _start(_LEAP_YEAR)
    best = np.full(len(rows), np.nan)
    about = (_EPOCH + timedelta(seconds=newest)).year
    for year in (about - 1, about, about + 1):
        moved = since if isleap(year) else np.where(since < _FEBRUARY_ENDS, since, since - DAY)
        if not isleap(year):
            moved = np.where((since >= _FEBRUARY_ENDS) & (moved < _FEBRUARY_ENDS), np.nan, moved)
        moved = moved + _start(year)
        best = np.where(np.abs(moved - newest) <= _NEAR_S, moved, best)
    return None if np.isnan(best).any() else dict(zip(rows.tolist(), best.tolist(), strict=True))


def _usual(moment: float) -> bool:
    """Whether a moment is far enough from the first and the last year that there is."""
    return _start(1900) < moment < _start(9900)


def _start(year: int) -> float:
    return (datetime(year, 1, 1) - _EPOCH).total_seconds()  # noqa: DTZ001  # naive UTC throughout


def _with_year(moment: float, newest: float | None, written: float | None) -> float | None:
    """The moment of the year 2000 in the year that suits best."""
    anchor = newest if newest is not None else written
    if anchor is None or not _usual(anchor):
        return None
    about = (_EPOCH + timedelta(seconds=anchor)).year
    bare = _EPOCH + timedelta(seconds=moment)
    candidates: list[float] = []
    for year in range(about - 8, about + 2):
        try:
            candidates.append((bare.replace(year=year) - _EPOCH).total_seconds())
        except ValueError:  # the 29th of February
            continue
    if newest is not None:
        return min(candidates, key=lambda each: (abs(each - newest), each))
    return max((each for each in candidates if each <= anchor + DAY), default=None)


def _series(name: str, length: int, chosen: dict[int, float]) -> pl.Series:
    values: npt.NDArray[np.int64] = np.array(
        [round(value * _SECOND) for value in chosen.values()], np.int64
    )
    result = pl.Series(name, [], TIME).extend_constant(None, length)
    return result.scatter(list(chosen), pl.Series(values).cast(TIME)) if chosen else result
