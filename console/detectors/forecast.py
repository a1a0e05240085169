"""Series that are on their way to a limit: when they will be there, while there is time to act.

*Limits*: those of the rules, and known ones, such as 100 % of a disk (`limits`). Series without a
limit have no future here.

*Null*: the series goes on as it did, climbs and falls back as it always did. *Statistic*: its
slope towards the limit (Theil and Sen's, `stats.trend`), less its time of day (`runup`), over the
last hour, two, four, eight, twelve, and over one, two, four days and a week. A slope counts as
evidence when

- it is `EVIDENCE` of its standard errors away from none (neighbouring points taken as alike);
- over the shorter looks: it is `HABIT` times steeper than whatever the series did before;
- the series is where it has never been: beyond all hours before the look, by `NEW` of its spread;
- the series is still on that line, did not fall back since, and did not come to it by a jump: a
  climb explains twice the look better (`onset`), one that began at least half of the look ago;
- the line meets the limit no later than `FURTHEST` times the length of the look from now (what was
  seen for two hours is not drawn out to a week), and within four days.

The look with the surest slope is believed. The interval holds with 80 %: the line's level and
slope, one and a quarter of their errors up and down, wider than those of a true line, since lines
bend. Nothing is raised before a series has been known for `LEARNING_S`; nor with less
than two ticks to go: then a threshold tells it. Looked at every 15 minutes.

*Life*: cleared after an hour in which no look leads to the limit within twice as long as one may to
be raised, and the limit is not crossed either.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from console.config.settings import Settings
from console.detectors import runup, season, steps
from console.detectors.limits import Limits, limits_of
from console.detectors.onset import turn
from console.detectors.protocol import Deviation, Span, State
from console.detectors.table import IDENTITY, Array, Table, identities
from console.detectors.words import duration, number
from console.records.clock import DAY, HOUR
from console.records.series import Series
from console.stats.trend import Line, robust_line

EVERY = 3
"""Ticks from one look to the next."""
EVIDENCE = 5.0
HABIT = 1.75
NEW = 2.0
FURTHEST = 2.0
DOUBT, BEND = 2.2, 0.12
"""How much wider the errors are than a true line's, and the share by which a slope may bend."""
Z_80 = 1.2816
LEARNING_S = 26 * HOUR
YOUNG_S = 8 * DAY
SWING, YOUNG_SWING = 0.25, 0.5
"""So much of the swing of its day more is not yet new; the latter while no weekend is known."""
CLIMBED = 0.5
"""The share of a look in which the series climbed: what rose just now is not yet a course."""
FILLED = 0.6
"""The share of a look that must be known."""
LEFT = 3.0
"""Spreads by which a series has left the line: it has fallen back."""
LEAST_DAYS = 3
"""Whole days that must be learned before days are looked back."""
RUNNING = 2
"""Looks in a row that must find a way to the limit."""
GOING = 0.25
"""A series still goes where it went at so much of its slope."""
CALM = 4
"""Looks without a way to the limit until it is over."""
LATEST_S = 4 * DAY
"""What is further away can wait."""
SHORTEST_S = 2 * steps.TICK_S


_LOOKS = tuple(enumerate((*runup.FINE_LOOKS, *runup.COARSE_LOOKS)))
_FINE = len(runup.FINE_LOOKS)
_GRID = np.linspace(0.0, 1.0, 241)


@dataclass(frozen=True, slots=True)
class _Past:
    """One series as it stands at a look; ticks and hours less their time of day, newest last."""

    now: float
    value: float
    """As it is, its time of day included."""
    ticks: Array
    hours: Array
    slopes: Array
    """Least squares a tick, by look."""
    climbs: Array
    falls: Array
    low: float
    high: float
    profile: Array
    days: float
    """Days of which the time of day was learned."""
    young: bool

    @property
    def latest(self) -> float:
        """The middle of the last few ticks."""
        return float(np.nanmedian(self.ticks[-6:]))


@dataclass(frozen=True, slots=True)
class _Course:
    """The way to a limit."""

    limit: float
    direction: int
    line: Line
    """Over ticks; its level is that of now."""
    onset: float
    before: float
    """Level before it began, less the time of day."""
    reached: tuple[float, float, float]
    """Seconds from now: soonest, likely, latest of the 80 % interval."""


class ForecastDetector:
    """Time until a limit is crossed."""

    name = "forecast"
    layout = 1

    def __init__(self, settings: Settings) -> None:
        self._rules = settings.rules
        self._width = settings.window_s
        self._tick_s = steps.tick_of(settings.window_s)
        self._known: dict[int, tuple[Series, Limits]] = {}
        self._able: list[int] = []

    def initial(self) -> State:
        """No series yet."""
        return {
            "series": Table.empty(runup.LAYOUT).frame(),
            "identity": pl.DataFrame(schema=IDENTITY),
            "pending": pl.DataFrame(schema=steps.PENDING),
        }

    def update(self, state: State, span: Span) -> tuple[list[Deviation], State]:
        """Raises and clears, in order of time."""
        metrics = self._limited(span.metrics)
        if metrics.is_empty() and state["pending"].is_empty():
            return [], state
        ticks, pending, _ = steps.to_ticks(state["pending"], metrics, self._width, span.end)
        identity = identities(state["identity"], metrics)
        if ticks.is_empty():
            return [], {**state, "identity": identity, "pending": pending}
        table = Table.read(runup.LAYOUT, state["series"])
        table.include(ticks["series_id"].unique().to_numpy())
        found = self._walk(table, ticks, identity)
        return found, {"series": table.frame(), "identity": identity, "pending": pending}

    def _limited(self, metrics: pl.DataFrame) -> pl.DataFrame:
        """The windows of series that have a limit."""
        seen = metrics["series_id"].unique()
        strangers = [key for key in seen.to_list() if key not in self._known]
        if strangers:
            new = metrics.select(list(IDENTITY)).filter(pl.col("series_id").is_in(strangers))
            for row in new.unique("series_id").iter_rows():
                self._know(row)
        return metrics.filter(pl.col("series_id").is_in(self._able))

    def _know(self, row: tuple[Any, ...]) -> tuple[Series, Limits]:
        """The series of a row of identities, and its limits."""
        if row[0] not in self._known:
            series = Series(*row[1:])
            self._known[row[0]] = series, limits_of(series, self._rules)
            if self._known[row[0]][1]:
                self._able.append(row[0])
        return self._known[row[0]]

    def _of(self, identity: pl.DataFrame, series_id: int) -> tuple[Series, Limits]:
        if series_id in self._known:
            return self._known[series_id]
        return self._know(identity.row(int(identity["series_id"].search_sorted(series_id))))

    def _walk(self, t: Table, ticks: pl.DataFrame, identity: pl.DataFrame) -> list[Deviation]:
        """Takes all series through the ticks that are over, one tick after the other."""
        rows = t.rows(ticks["series_id"].to_numpy())
        at, values = ticks["tick"].to_numpy(), ticks["value"].to_numpy()
        clock = np.unique(at)
        begins = np.searchsorted(at, clock)
        stops = np.searchsorted(at, clock, side="right")
        found: list[Deviation] = []
        for tick, begin, stop in zip(clock.tolist(), begins, stops, strict=True):
            picked = rows[begin:stop]
            runup.take(t, picked, tick, values[begin:stop], self._tick_s)
            due = picked[tick // EVERY > t["judged"][picked] // EVERY]
            t["judged"][due] = tick
            if len(due):
                found += self._look(t, due, tick, identity)
        return found

    def _look(self, t: Table, rows: Array, tick: int, identity: pl.DataFrame) -> list[Deviation]:
        now = (tick + 1) * self._tick_s
        ticks, hours = runup.fine(t, rows, self._tick_s), runup.coarse(t, rows)
        steep = runup.steepness(ticks, hours, self._tick_s)
        climbs, falls = runup.habits(t, rows, tick, self._tick_s, steep)
        found: list[Deviation] = []
        for place, row in enumerate(rows.tolist()):
            series, limits = self._of(identity, int(t.keys[row]))
            past = _Past(
                now=now,
                value=float(t["fine"][row, tick % runup.FINE]),
                ticks=ticks[place],
                hours=hours[place],
                slopes=steep[place],
                climbs=climbs[place],
                falls=falls[place],
                low=float(t["low"][row]),
                high=float(t["high"][row]),
                profile=t["profile"][row],
                days=float(t["days"][row]),
                young=now - float(t["begun"][row]) < YOUNG_S,
            )
            course = self._surest(past, limits)
            known = now - float(t["begun"][row]) >= LEARNING_S
            if t["raised"][row]:
                if self._over(t, row, past, course):
                    found.append(self._cleared(t, row, series, past))
                    t.reset(np.array([row]), "raised", "onset", "limit", "slope", "calm", "strong")
                continue
            t["strong"][row] = t["strong"][row] + 1 if course and known else 0
            if course and t["strong"][row] >= RUNNING and course.reached[1] >= SHORTEST_S:
                found.append(self._raised(t, row, series, past, course))
        return found

    def _surest(self, past: _Past, limits: Limits) -> _Course | None:
        """The surest way to a limit that a series is on; None: it is on none."""
        best: _Course | None = None
        for direction in (1, -1):
            limit = limits.ahead(past.value, direction)
            if limit is None:
                continue
            for place, look in _LOOKS:
                ticks = look if place < _FINE else look * HOUR / self._tick_s
                slope = float(past.slopes[place]) * direction
                if place >= _FINE and past.days < LEAST_DAYS:
                    continue
                if not slope * 2 * FURTHEST * ticks >= abs(limit - past.value):
                    continue
                course = self._course(past, limit, direction, place, ticks)
                if course and (best is None or abs(course.line.score) > abs(best.line.score)):
                    best = course
        return best

    def _course(
        self, past: _Past, limit: float, direction: int, place: int, ticks: float
    ) -> _Course | None:
        """The way to a limit that the series is on in one look; None: it is not on its way."""
        fine = place < _FINE
        each = 1.0 if fine else HOUR / self._tick_s
        values = past.ticks if fine else past.hours
        size = round(ticks / each)
        line = _climb(values[-size:], each, direction)
        earlier = past.hours[: -(math.ceil(ticks * self._tick_s / HOUR) + 1)]
        habit = (past.climbs if direction > 0 else past.falls)[place] if fine else 0.0
        if line is None or line.slope * direction < HABIT * habit:
            return None
        if not _is_new(past, line, direction, earlier):
            return None
        reached = self._reached(past, line, limit, direction, FURTHEST * ticks)
        day = earlier[-24:][~np.isnan(earlier[-24:])]
        before = float(np.median(day)) if len(day) else line.level - line.slope * ticks
        begun, climbs = turn((values[-2 * size :] - before) / max(line.spread, 1e-300))
        since = (min(2 * size, len(values)) - begun) * each * self._tick_s
        if reached is None or not climbs or since < CLIMBED * ticks * self._tick_s:
            return None
        return _Course(limit, direction, line, past.now - since, before, reached)

    def _reached(
        self, past: _Past, line: Line, limit: float, direction: int, furthest: float
    ) -> tuple[float, float, float] | None:
        """When the limit is met, in seconds from now; None if that is too far away to be told.

        `furthest` are the ticks in which the likely path must meet it; the slowest has twice that.
        """
        ahead = 2 * furthest * _GRID
        ts = past.now + ahead * self._tick_s
        season_now = season.at(np.broadcast_to(past.profile, (len(ts), season.BINS)), ts)
        met = []
        for side in (1, 0, -1):
            doubt = side * direction * Z_80
            level = line.level + doubt * DOUBT * line.level_error
            slope = line.slope + doubt * math.hypot(DOUBT * line.slope_error, BEND * line.slope)
            path = level + slope * ahead + season_now
            beyond = np.flatnonzero((path - limit) * direction >= 0)
            if not len(beyond):
                return None
            met.append(float(ahead[beyond[0]]) * self._tick_s)
        soonest, likely, latest = met
        far = likely > min(furthest * self._tick_s, LATEST_S)
        return None if far else (soonest, likely, latest)

    def _over(self, t: Table, row: int, past: _Past, course: _Course | None) -> bool:
        """Whether a series that was on its way to a limit no longer is, nor beyond it."""
        direction = int(t["raised"][row])
        crossed = (past.value - float(t["limit"][row])) * direction >= 0
        line = robust_line(np.arange(48.0), past.ticks[-48:])
        going = line is not None and line.slope * direction > GOING * abs(float(t["slope"][row]))
        on = crossed or going or (course is not None and course.direction == direction)
        t["calm"][row] = 0 if on else t["calm"][row] + 1
        return bool(t["calm"][row] >= CALM)

    def _raised(
        self, t: Table, row: int, series: Series, past: _Past, course: _Course
    ) -> Deviation:
        t["raised"][row] = course.direction
        t["limit"][row] = course.limit
        t["slope"][row] = course.line.slope
        t["onset"][row] = course.onset
        soonest, likely, latest = course.reached
        hourly = course.line.slope * HOUR / self._tick_s
        season_now = past.value - float(past.ticks[-1])
        return Deviation(
            detector=self.name,
            phase="raised",
            series=series,
            at=past.now,
            onset=course.onset,
            severity="warning",
            reason=f"reaches its limit {number(course.limit)} in about {duration(likely)} "
            f"({duration(soonest)} to {duration(latest)} with 80 %), "
            f"{'up' if course.direction > 0 else 'down'} {number(abs(hourly))} an hour",
            confidence=min(0.98, 0.9 + 0.01 * (abs(course.line.score) - EVIDENCE)),
            direction=course.direction,
            before=course.before + season_now,
            after=past.value,
            baseline=course.before + season_now,
            threshold=course.limit,
            effect_size=abs(course.line.level - course.before) / max(course.line.spread, 1e-12),
            details={
                "limit": course.limit,
                "eta_s": likely,
                "eta_soonest_s": soonest,
                "eta_latest_s": latest,
                "per_hour": hourly,
            },
        )

    def _cleared(self, t: Table, row: int, series: Series, past: _Past) -> Deviation:
        limit = float(t["limit"][row])
        return Deviation(
            detector=self.name,
            phase="cleared",
            series=series,
            at=past.now,
            onset=float(t["onset"][row]),
            severity="warning",
            reason=f"no longer on its way to its limit {number(limit)}",
            after=past.value,
            threshold=limit,
        )


def _climb(values: Array, each: float, direction: int) -> Line | None:
    """The line through a look, if enough of it is known and it surely leads in a direction."""
    known = ~np.isnan(values)
    if known.sum() < FILLED * len(values) or not known[: len(values) // 8].any():
        return None
    line = robust_line(np.arange(1 - len(values), 1) * each, values)
    return None if line is None or line.score * direction < EVIDENCE else line


def _is_new(past: _Past, line: Line, direction: int, earlier: Array) -> bool:
    """Whether the series is where it has never been, and still on its line."""
    extremes = np.append(earlier * direction, past.high if direction > 0 else -past.low)
    swing = YOUNG_SWING if past.young else SWING
    new = np.nanmax(extremes, initial=-np.inf) + swing * np.ptp(past.profile) + NEW * line.spread
    left = (line.level - past.latest) * direction > LEFT * line.spread
    return bool(line.level * direction >= new and not left)
