"""Series that leave their own past: jumps, slow climbs and drops, without any limit set.

*Null*: a series goes on around its level and its time of day with the noise that it always had,
noise that wanders over hours included. *Statistics*: the median of the last three steps and the
mean of the last twelve, both from the level of the last hours, and the means of the last 12 and 48
from the level of the last days (a step is 5 minutes, or the series' cadence; see `steps` and
`baseline`). Each is compared with its own spread, known from as many independent values as its
history holds.

*Limit*: Student's t for that number, at the probability at which the four statistics together raise
one false alarm in `QUIET_WEEKS` weeks of a series (corrected for the four, and for how many
independent values of each there are in a week). A statistic must also exceed by 15 % whatever it
reached between half a day and a few weeks ago: heavy tails are taken from the series' own history.
It must do so in two steps running, with the last three steps on the same side. What it did at
the same hour a week ago is subtracted, and what is sharp in its days (`allowance`). A series that
was raised again and again is judged with more caution: 30 % more from the second time on, forgotten
within days.

*Warm-up*: nothing is said before the first day of a series has been learned (28 hours). In the
first nine days a series with a strong time of day is granted 60 % of its swing, since no weekend
and no Monday has been seen yet.

*Severity*: a warning; critical when it is three times as far as the limit and a factor of two away
for half an hour; info when the name says that it is a change for the better (`polarity`).

*Life*: while it lasts nothing is learned. It is cleared after an hour inside half the limit, and
after a day, when the new level is taken for the usual one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from console.config.settings import Settings
from console.detectors import baseline, extremes, steps
from console.detectors.allowance import allowed
from console.detectors.baseline import Reading, unscaled
from console.detectors.onset import change_point
from console.detectors.polarity import worse_direction
from console.detectors.protocol import Deviation, Phase, Severity, Span, State
from console.detectors.table import IDENTITY, Array, Table, identities
from console.detectors.words import change, duration
from console.records.clock import DAY
from console.records.series import Series
from console.stats.robust import student_limits, student_p

QUIET_WEEKS = 8.0
RECORD = 1.15
RUNNING = 2
CALM_STEPS = 12
CAUTION, CAUTION_STEPS = 1.3, 864
EXTREME = 3.0
"""So many limits away, and by a factor of two, for half an hour: critical."""
CRITICAL_STEPS = 6
QUIET, RAISED = 0, 1
INFO, WARNING, CRITICAL = 0, 1, 2
_SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")


@dataclass(frozen=True)
class _Moment:
    """One step of some series, judged; arrays with a row a series."""

    end: float
    reading: Reading
    limits: Array
    """(rows, 4): so many spreads away a statistic may be."""
    over: Array
    """(rows, 4): it is further away."""


class AnomalyDetector:
    """Every series against its own recent past."""

    name = "anomaly"
    layout = 1

    def __init__(self, settings: Settings) -> None:
        self._width = settings.window_s
        self._tick_s = steps.tick_of(settings.window_s)

    def initial(self) -> State:
        """No series yet."""
        return {
            "series": Table.empty(baseline.LAYOUT).frame(),
            "identity": pl.DataFrame(schema=IDENTITY),
            "young": pl.DataFrame(schema=steps.YOUNG),
            "pending": pl.DataFrame(schema=steps.PENDING),
        }

    def update(self, state: State, span: Span) -> tuple[list[Deviation], State]:
        """Raises, worsens and clears, in order of time."""
        ticks, pending, last = steps.to_ticks(state["pending"], span.metrics, self._width, span.end)
        identity = identities(state["identity"], span.metrics)
        known = state["series"]
        open_steps = known.height and (known["open"] >= 0).any()
        if ticks.is_empty() and not open_steps:
            return [], {**state, "identity": identity, "pending": pending}
        table = Table.read(baseline.LAYOUT, known)
        grown, young = steps.grow_up(state["young"], ticks, table.keys)
        ticks = ticks.filter(pl.Series(grown))
        young = self._include(table, ticks, young)
        found = self._walk(table, ticks, last, identity)
        return found, {
            "series": table.frame(),
            "identity": identity,
            "young": young,
            "pending": pending,
        }

    def _include(self, table: Table, ticks: pl.DataFrame, young: pl.DataFrame) -> pl.DataFrame:
        """Gives rows to series that have just grown up; the others stay young."""
        ids = ticks["series_id"].unique()
        fresh = young.filter(pl.col("series_id").is_in(ids.implode()))
        if fresh.is_empty():
            return young
        table.include(fresh["series_id"].to_numpy())
        rows = table.rows(fresh["series_id"].to_numpy())
        gaps = (fresh["last"] - fresh["first"]).to_numpy() / (steps.YOUNG_TICKS - 1)
        table["step"][rows] = steps.steps_for(gaps)
        table["width"][rows] = table["step"][rows] * self._tick_s
        return young.filter(~pl.col("series_id").is_in(ids.implode()))

    def _walk(
        self, t: Table, ticks: pl.DataFrame, last: int, identity: pl.DataFrame
    ) -> list[Deviation]:
        """Takes all series through the ticks that are over, one tick after the other."""
        rows = t.rows(ticks["series_id"].to_numpy())
        at, values = ticks["tick"].to_numpy(), ticks["value"].to_numpy()
        held = t["open"] >= 0
        ends = np.concatenate(
            [steps.judged_at(t["step"][rows], at), steps.judged_at(t["step"], t["open"])[held]]
        )
        clock = np.unique(np.concatenate([at, ends[ends <= last]]))
        begins = np.searchsorted(at, clock)
        stops = np.searchsorted(at, clock, side="right")
        found: list[Deviation] = []
        for tick, begin, stop in zip(clock.tolist(), begins, stops, strict=True):
            picked = rows[begin:stop]
            t["sum"][picked] += values[begin:stop]
            t["count"][picked] += 1
            t["open"][picked] = tick
            due = np.flatnonzero((t["count"] > 0) & ((tick + 1) % t["step"] == 0))
            if len(due):
                found += self._judge(t, due, tick, identity)
        return found

    def _judge(self, t: Table, rows: Array, tick: int, identity: pl.DataFrame) -> list[Deviation]:
        """One step of some series."""
        reading = baseline.advance(t, rows, tick)
        limits = _limits(t, reading)
        over = _exceeding(t, reading, limits)
        moment = _Moment((tick + 1) * self._tick_s, reading, limits, over)
        quiet = t["phase"][rows] == QUIET
        unusual = over.any(axis=1)
        running = np.where(unusual, t["strong"][rows] + 1, 0)
        t["strong"][rows] = np.where(quiet, running, t["strong"][rows])
        said: list[tuple[Phase, int]] = []
        for place in np.flatnonzero(quiet & (t["strong"][rows] >= RUNNING)).tolist():
            _raise(t, moment, place)
            series = _series(identity, int(t.keys[rows[place]]))
            t["severity"][rows[place]] = _severity(series.name, reading, place)
            said.append(("raised", place))
        for place in np.flatnonzero(~quiet).tolist():
            phase = _go_on(t, moment, place)
            if phase is not None:
                said.append((phase, place))
        found = [self._deviation(t, moment, place, phase, identity) for phase, place in said]
        for phase, place in said:
            if phase == "cleared":
                _end(t, moment, place)
        _remember(t, reading)
        t["raises"][rows] *= math.exp(-1 / CAUTION_STEPS)
        baseline.learn(t, reading, (t["phase"][rows] == QUIET) & ~unusual)
        return found

    def _deviation(
        self, t: Table, moment: _Moment, place: int, phase: Phase, identity: pl.DataFrame
    ) -> Deviation:
        reading, limits = moment.reading, moment.limits
        row = int(reading.rows[place])
        j = int(t["statistic"][row])
        level, profile = float(t["level"][row]), float(reading.profile[place])
        away = float(reading.distance[place, 0]) + float(t["fast"][row]) - level
        spread = float(reading.spread[place, j])
        beyond = math.copysign(float(limits[place, j]) * spread, away)
        before = unscaled(t, row, level + profile)
        after = unscaled(t, row, level + away + profile)
        size = abs(float(reading.distance[place, j])) / spread
        onset = min(float(t["onset"][row]) * float(t["width"][row]), moment.end)
        lasting = duration(moment.end - onset)
        direction = 1 if away > 0 else -1
        days = extremes.unlike(t, row, level + away + profile, direction)
        seasonal = float(t["swing"][row]) > math.sqrt(float(t["single"][row]))
        rare = extremes.in_words(days, direction, moment.end, seasonal=seasonal)
        return Deviation(
            detector=self.name,
            phase=phase,
            series=_series(identity, int(t.keys[row])),
            at=moment.end,
            onset=onset,
            severity=_SEVERITIES[int(t["severity"][row])],
            reason=f"{change(before, after)} for {lasting}{rare}"
            if phase != "cleared"
            else f"back at its usual level after {lasting}",
            confidence=_confidence(size / float(limits[place, j])),
            direction=direction,
            before=before,
            after=after,
            baseline=before,
            threshold=unscaled(t, row, level + profile + beyond),
            effect_size=abs(away) / math.sqrt(max(float(t["single"][row]), 1e-12)),
            p_value=student_p(size, float(reading.freedom[place, j])),
            details={"statistic": float(j), "score": size, "unlike_days": float(days)},
        )


def _remember(t: Table, reading: Reading) -> None:
    """Takes down the newest values, for how rare the next ones are."""
    settled = t["scale"][reading.rows] != baseline.UNDECIDED
    rows, index = reading.rows[settled], reading.index[settled]
    newest = t["ring"][rows, index % baseline.RING] + reading.profile[settled]
    extremes.remember(t, rows, (index + 0.5) * t["width"][rows], newest)


def _raise(t: Table, moment: _Moment, place: int) -> None:
    reading = moment.reading
    row, index = int(reading.rows[place]), int(reading.index[place])
    bound = moment.limits[place] * reading.spread[place]
    excess = np.where(moment.over[place], np.abs(reading.distance[place]) / bound, 0)
    j = int(excess.argmax())
    slow = bool(baseline.ON_SLOW[j])
    t["phase"][row] = RAISED
    t["level"][row] = t["slow" if slow else "fast"][row]
    t["statistic"][row] = j
    t["onset"][row] = _onset(t, row, index, slow=slow)
    t["raises"][row] += 1
    t.reset(np.array([row]), "strong", "calm", "resumed", "newest", "recent")


def _severity(name: str, reading: Reading, place: int) -> int:
    """A warning, but for changes that the series' name tells to be for the better."""
    side = np.sign(reading.distance[place, 0])
    return INFO if side == -worse_direction(name) else WARNING


def _go_on(t: Table, moment: _Moment, place: int) -> Phase | None:
    """A step of a series that deviates: what it says of the deviation."""
    reading = moment.reading
    row, index = int(reading.rows[place]), int(reading.index[place])
    if not reading.known[place, :2].all():
        return None
    drift = float(t["fast"][row]) - float(t["level"][row])
    short, long = abs(reading.distance[place, :2] + drift)
    bound = moment.limits[place] * reading.spread[place]
    calm = long < 0.5 * bound[1] and short < 0.6 * bound[0]
    t["calm"][row] = t["calm"][row] + 1 if calm else 0
    if t["calm"][row] >= CALM_STEPS or _usual_by_now(t, row, index):
        return "cleared"
    extreme = short > EXTREME * bound[1] and short > math.log(2) * _size(t, row)
    t["strong"][row] = t["strong"][row] + 1 if extreme else 0
    if t["strong"][row] >= CRITICAL_STEPS and t["severity"][row] == WARNING:
        t["severity"][row] = CRITICAL
        return "worse"
    return None


def _end(t: Table, moment: _Moment, place: int) -> None:
    row, index = int(moment.reading.rows[place]), int(moment.reading.index[place])
    if t["calm"][row] < CALM_STEPS:
        adopted = float(np.nanmedian(t["ring"][row]))
        t["fast"][row] = t["slow"][row] = adopted
    t["phase"][row] = QUIET
    t["resumed"][row] = index - CALM_STEPS + 1
    t["strong"][row] = 0


def _usual_by_now(t: Table, row: int, index: int) -> bool:
    """Whether a deviation has lasted for so long that it is the new usual level."""
    lasted: float = index - t["onset"][row]
    return lasted >= max(DAY / float(t["width"][row]), baseline.RING)


def _limits(t: Table, reading: Reading) -> Array:
    """How many spreads each statistic may be away; (rows, 4)."""
    week = 7 * DAY / t["width"][reading.rows]
    independent = np.maximum(week[:, None] / (baseline.SPANS + 12), 1.0)
    p = 1 / (QUIET_WEEKS * len(baseline.SPANS) * independent)
    limits = student_limits(p, np.minimum(reading.freedom, 40))
    caution = CAUTION ** np.clip(t["raises"][reading.rows] - 1, 0, 5)
    cautious: Array = limits * caution[:, None]
    return cautious


def _exceeding(t: Table, reading: Reading, limits: Array) -> Array:
    """Which statistics are beyond their limits; (rows, 4)."""
    rows = reading.rows
    size = np.abs(reading.distance)
    drift = (t["fast"][rows] - t["slow"][rows])[:, None] * baseline.ON_SLOW
    latest = reading.distance[:, :1] + drift
    same_side = latest * np.sign(reading.distance) >= 0.5 * size
    same_side[:, 0] = reading.newest * np.sign(reading.distance[:, 0]) >= 0.4 * size[:, 0]
    beyond = np.maximum(limits * reading.spread, RECORD * t["record"][rows])
    beyond += allowed(t, reading)
    over: Array = reading.known & reading.known[:, :1] & (size > beyond) & same_side
    return over


def _onset(t: Table, row: int, index: int, *, slow: bool) -> int:
    """The step with which the deviation began, estimated."""
    level = float(t["level"][row])
    spread = math.sqrt(max(float(t["single"][row]), 1e-12))
    fine = np.roll(t["ring"][row], -(index + 1) % baseline.RING).astype(float)
    start = change_point((fine - level) / spread)
    onset = index - baseline.RING + 1 + start
    if slow or start <= 2:
        group = (index + 1) // 12 - 1
        coarse = np.roll(t["coarse"][row], -(group + 1) % baseline.RING).astype(float)
        begun = change_point((coarse - level) / spread)
        early = (group - baseline.RING + 1 + begun) * 12
        # What would have begun with the series itself is no change of it.
        if begun > int((~np.isnan(coarse)).argmax()) and (start <= 2 or early < onset - 12):
            onset = early
    resumed = int(t["resumed"][row])
    return max(onset, resumed) if resumed <= index else onset


def _size(t: Table, row: int) -> float:
    """What a change by a factor of e is on the scale of a series."""
    if t["scale"][row] == baseline.LOGARITHM:
        return 1.0
    return abs(float(t["level"][row]))


def _confidence(excess: float) -> float:
    return min(0.99, 1 - 0.2 * math.exp(-1.5 * max(excess - 1, 0.0)))


def _series(identity: pl.DataFrame, series_id: int) -> Series:
    row = identity.row(int(identity["series_id"].search_sorted(series_id)), named=True)
    return Series(row["model"], row["stage"], row["name"], row["tags"])
