"""Before and after a marked event: which series of a model it changed, in one question each.

Every series is cut into equal parts of ten minutes, three days before the event and up to the end;
what the hour of the day explains is taken out, and the posterior of `alerts.posterior` weighs a
step at the event against one at another time, at another event and against none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from console.alerts.history import History
from console.alerts.marks import Mark
from console.alerts.posterior import Floats, deseasoned, log_factors, verdict
from console.records.clock import DAY, HOUR, MINUTE, naive
from console.records.series import Series

PART_S = 10 * MINUTE
LEAD_PARTS = int(3 * DAY / PART_S)
LOOK_PARTS = int(DAY / PART_S)
"""How long before the event another time of the change is thought of."""
LEAST_BEFORE, LEAST_AFTER = 24, 3
"""Parts with data that a series must have to be compared."""
SEASON_DAYS = 2
"""Days with data in most parts from which on the hour of the day is known."""
DENSE = 0.7
LEAST = 1e-12
MOST_SERIES = 400
MOST_POINTS = 96


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one series about an event."""

    series: Series
    before: float
    """What would have been usual after the event: the level before it, at the same hours."""
    after: float
    odds: float
    """Log odds of a step at any time."""
    at_event: float
    """Probability that it was at the event, if there was one."""
    spreads: float
    """Size of the change in standard deviations of the day before the event."""
    points: tuple[tuple[float, float], ...]
    """(epoch seconds, value) of the parts about the event, oldest first."""

    @property
    def direction(self) -> int:
        """1 up, -1 down."""
        return 1 if self.after > self.before else -1


@dataclass(frozen=True, slots=True)
class _Course:
    series: Series
    parts: Floats
    values: Floats


@dataclass(frozen=True, slots=True)
class Rival:
    """Another event that may have done it."""

    ts: float
    weight: float
    """How likely it does anything, in units of the event that is reported on."""


def compare(
    mark: Mark,
    model: str | None,
    history: History,
    until: float,
    rivals: Sequence[Rival] = (),
) -> list[Change]:
    """What became of the series of a model between an event and `until`.

    One entry for each series that has enough on both sides, whether it changed or not.
    """
    after = max(int((until - mark.ts) // PART_S), 1)
    start = mark.ts - LEAD_PARTS * PART_S
    courses = [*_metrics(model, history, start, after), *_columns(model, history, start, after)]
    # Series with data in the same parts are weighed together.
    alike: dict[bytes, list[_Course]] = {}
    for course in courses[:MOST_SERIES]:
        alike.setdefault(course.parts.tobytes(), []).append(course)
    # What ended meanwhile went up and down again.
    lasted = 0 if mark.end_ts is None else int((mark.end_ts - mark.ts) // PART_S)
    pulse = lasted if LEAST_AFTER <= lasted < after else None
    return [change for group in alike.values() for change in _weighed(group, start, rivals, pulse)]


def _metrics(model: str | None, history: History, start: float, after: int) -> Iterator[_Course]:
    parts = LEAD_PARTS + after
    frame = history.courses(model, start, start + parts * PART_S, parts)
    catalogue = {
        row["series_id"]: Series(row["model"], row["stage"], row["name"], row["tags"])
        for row in history.series(model).iter_rows(named=True)
    }
    finite = frame.filter(pl.col("mean").is_finite())
    for (series_id,), rows in finite.group_by("series_id", maintain_order=True):
        series = catalogue.get(series_id)
        if series is not None and series.model == model:
            yield _course(series, rows["part"], rows["mean"])


def _columns(model: str | None, history: History, start: float, after: int) -> Iterator[_Course]:
    """Means of numbers and shares of nulls of what was predicted and from what."""
    if model is None:
        return
    end = start + (LEAD_PARTS + after) * PART_S
    filled = pl.col("n").sum() - pl.col("nulls").sum()
    part = (pl.col("start") - naive(start)).dt.total_seconds() // PART_S
    frame = (
        history.column_windows(model, start, end)
        .group_by("stage", "column", part.alias("part"))
        .agg(
            pl.when(pl.col("kind").first() == "numeric")
            .then(pl.col("total").sum() / filled)
            .alias("mean"),
            (pl.col("nulls").sum() / pl.col("n").sum()).alias("nulls"),
        )
        .sort("stage", "column", "part")
    )
    for (stage, column), rows in frame.group_by("stage", "column", maintain_order=True):
        place = None if stage is None else str(stage)
        for name, value in ((str(column), "mean"), (f"null_rate({column})", "nulls")):
            told = rows.filter(pl.col(value).is_finite())
            if told.height:
                yield _course(Series(model, place, name), told["part"], told[value])


def _course(series: Series, parts: pl.Series, values: pl.Series) -> _Course:
    return _Course(
        series,
        parts.cast(pl.Float64).to_numpy(),
        values.cast(pl.Float64).to_numpy(),
    )


def _weighed(
    group: list[_Course], start: float, rivals: Sequence[Rival], pulse: int | None
) -> Iterator[Change]:
    """What each of some series with data in the same parts has come to.

    None if there is too little on either side. What never moved before and never stands there again
    has changed for certain.
    """
    parts = group[0].parts
    before = int(np.searchsorted(parts, LEAD_PARTS))
    if before < LEAST_BEFORE or len(parts) - before < LEAST_AFTER:
        return
    values = np.stack([course.values for course in group])
    plain = _plain(values, parts, before, start)
    factors = log_factors(plain, before, pulse)
    acting = slice(before, None if pulse is None else before + pulse)
    first = max(int(np.searchsorted(parts, LEAD_PARTS - LOOK_PARTS)), 1)
    others = [int(np.searchsorted(parts, (rival.ts - start) // PART_S)) for rival in rivals]
    weights = [1.0, *(rival.weight for rival in rivals)]
    recent = plain[:, max(before - LOOK_PARTS, 0) : before].mean(axis=1)
    levels = values[:, acting].mean(axis=1)
    effects = plain[:, acting].mean(axis=1) - recent
    spreads = plain[:, max(before - LOOK_PARTS, 0) : before].std(axis=1)
    shown = slice(max(before - MOST_POINTS // 2, 0), before + MOST_POINTS // 2)
    times = (start + parts[shown] * PART_S).tolist()
    for number, course in enumerate(group):
        if np.ptp(values[number, :before]) > 0:
            said = verdict(factors[number], [before, *others], first=first, weights=weights)
            changed = 1.0 - said.nothing
            odds = math.log(max(changed, LEAST)) - math.log(max(said.nothing, LEAST))
            at_event = said.events[0] / max(changed, LEAST)
        else:
            odds, at_event = 0.0, 0.0
            if (values[number, before:] != values[number, 0]).all():
                odds, at_event = -math.log(LEAST), 1.0
        points = tuple(zip(times, course.values[shown].tolist(), strict=True))
        level, effect = float(levels[number]), float(effects[number])
        size = abs(effect) / max(float(spreads[number]), LEAST)
        yield Change(course.series, level - effect, level, odds, at_event, size, points)


def _plain(values: Floats, parts: Floats, before: int, start: float) -> Floats:
    """The values without the hour of the day, where it is known."""
    days = (LEAD_PARTS - parts[0]) * PART_S / DAY
    if days < SEASON_DAYS or before < DENSE * (LEAD_PARTS - parts[0]):
        return values
    hours = ((start + parts * PART_S) % DAY // HOUR).astype(int)
    return deseasoned(values, hours, before)
