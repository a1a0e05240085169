"""When the user's rules would have fired on stored history, and what they would have been worth.

The rules run over the stored windows in event time through the very detectors that run them live,
so that a firing here is a firing there. Each is then held against the incidents that were marked
(events of the type `incident`): one that fires from `EARLY_S` before an incident's beginning to
its end has found it. How far that is better than luck tells the baseline: as many alarms at random
times would have found `1 - (1 - w / T) ** n` of an incident whose time to be found is `w` of `T`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING, Final, TypedDict

import polars as pl

from console.detectors.protocol import Deviation, Span
from console.detectors.threshold import ThresholdDetector
from console.records.clock import DAY, HOUR, epoch
from console.records.frames import EVENTS
from console.stats import columns, logs, performance, windows

if TYPE_CHECKING:
    from console.config.settings import Rule, Settings
    from console.store.reader import Reader

EARLY_S = 6 * HOUR
"""A firing so long before an incident is still about it."""
UNENDED_S = HOUR
"""How long an incident without an end may be found after its beginning."""
MONTH_S = 30 * DAY
_PIECE_S = DAY


@dataclass(frozen=True, slots=True)
class Firing:
    """One time that a rule fired on one series."""

    model: str | None
    stage: str | None
    series: str
    at: float
    """When it would have been raised, epoch seconds."""
    onset: float
    cleared: float | None
    """When it was over; None if it never was."""
    reason: str
    incident: str | None = None
    """The title or id of the marked incident that it found."""
    lead: float | None = None
    """Seconds from the firing to the beginning of that incident; negative if it came after."""


@dataclass(frozen=True, slots=True)
class Marked:
    """An incident that somebody marked."""

    title: str
    model: str | None
    start: float
    end: float

    @property
    def width(self) -> float:
        """Seconds in which a firing finds it."""
        return self.end - self.start + EARLY_S

    def found_by(self, model: str | None, at: float) -> bool:
        """Whether a firing on a series of that model at that time is about it."""
        concerned = self.model is None or model is None or self.model == model
        return concerned and self.start - EARLY_S <= at <= self.end


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What one rule would have done."""

    rule: Rule
    firings: tuple[Firing, ...]
    found: int
    """Marked incidents that it found."""
    marked: int
    """Marked incidents that it could have found: those of its model, and of no model."""
    by_chance: float
    """How many of those as many alarms at random times would have found, expected."""
    lead: float | None
    """Median seconds by which its first firing came before the incidents that it found."""
    unmarked: int
    """Firings that are about no marked incident: false, or of what nobody marked."""
    quiet_month: float | None
    """How many of those in 30 days without incidents; None if there was no quiet time."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """What all rules would have done between `start` and `end`, epoch seconds."""

    start: float
    end: float
    incidents: tuple[Marked, ...]
    missed: tuple[Marked, ...]
    """Marked incidents that no rule found."""
    rules: tuple[RuleResult, ...]


def backtest(reader: Reader, settings: Settings) -> Backtest | None:
    """Runs the rules of the settings over everything stored; None if there are no windows.

    Raises StoreError.
    """
    extent = reader.metric_extent()
    if extent is None:
        return None
    start, end = extent[0], extent[1] + settings.window_s
    incidents = tuple(_marked(reader, start, end))
    results = tuple(
        _judged(rule, tuple(_firings(reader, settings, rule, (start, end))), incidents, end - start)
        for rule in settings.rules
    )
    found = {firing.incident for result in results for firing in result.firings}
    missed = tuple(one for one in incidents if one.title not in found)
    return Backtest(start, end, incidents, missed, results)


def _marked(reader: Reader, start: float, end: float) -> Iterator[Marked]:
    events = reader.events(start, end).filter(pl.col("type") == "incident")
    for row in events.iter_rows(named=True):
        begun = epoch(row["ts"])
        over = begun + UNENDED_S if row["end_ts"] is None else epoch(row["end_ts"])
        title = row["title"] or row["id"] or f"incident of {row['model'] or 'all models'}"
        yield Marked(title, row["model"], begun, max(begun, over))


def _firings(
    reader: Reader, settings: Settings, rule: Rule, extent: tuple[float, float]
) -> Iterator[Firing]:
    """The firings of one rule, in order of time; a day of windows at a time."""
    detector = ThresholdDetector(replace(settings, rules=(rule,)))
    state = detector.initial()
    raised: dict[int, Firing] = {}
    start, end = extent
    while start < end:
        stop = min(start + _PIECE_S, end)
        # A window is in the span in which it ends.
        width = settings.window_s
        deltas = reader.metric_deltas(rule.series.split("{")[0], start - width, stop - width)
        span = Span(start=start, end=stop, metrics=windows.merge(deltas), **_NOTHING)
        found, state = detector.update(state, span)
        for deviation in found:
            yield from _folded(deviation, raised)
        start = stop
    yield from sorted(raised.values(), key=lambda firing: firing.at)


def _folded(deviation: Deviation, raised: dict[int, Firing]) -> Iterator[Firing]:
    """The firing that a deviation ends; one that begins is kept in `raised`."""
    series = deviation.series
    if deviation.phase == "raised":
        raised[series.id] = Firing(
            series.model,
            series.stage,
            series.label,
            deviation.at,
            deviation.onset,
            None,
            deviation.reason,
        )
    elif deviation.phase == "cleared" and series.id in raised:
        yield replace(raised.pop(series.id), cleared=deviation.at)


def _judged(
    rule: Rule, firings: Sequence[Firing], incidents: Sequence[Marked], total: float
) -> RuleResult:
    concerned = [one for one in incidents if rule.model is None or one.model in (None, rule.model)]
    told = tuple(
        sorted((_held(firing, concerned) for firing in firings), key=lambda firing: firing.at)
    )
    leads: dict[str, float] = {}
    for firing in told:
        if firing.incident is not None and firing.lead is not None:
            leads.setdefault(firing.incident, firing.lead)
    unmarked = sum(firing.incident is None for firing in told)
    quiet = total - _covered(concerned)
    chance = sum(1 - (1 - min(1.0, one.width / total)) ** len(told) for one in concerned)
    return RuleResult(
        rule=rule,
        firings=told,
        found=len(leads),
        marked=len(concerned),
        by_chance=chance,
        lead=median(leads.values()) if leads else None,
        unmarked=unmarked,
        quiet_month=unmarked * MONTH_S / quiet if quiet > 0 else None,
    )


def _held(firing: Firing, incidents: Sequence[Marked]) -> Firing:
    """The firing with the incident that it found: of several the one that begins nearest."""
    about = [one for one in incidents if one.found_by(firing.model, firing.at)]
    if not about:
        return firing
    nearest = min(about, key=lambda one: abs(one.start - firing.at))
    return replace(firing, incident=nearest.title, lead=nearest.start - firing.at)


def _covered(incidents: Sequence[Marked]) -> float:
    """Seconds in which a firing would find any of the incidents."""
    covered, reached = 0.0, float("-inf")
    for one in sorted(incidents, key=lambda one: one.start):
        begin = max(one.start - EARLY_S, reached)
        covered += max(0.0, one.end - begin)
        reached = max(reached, one.end)
    return covered


class _Frames(TypedDict):
    logs: pl.DataFrame
    columns: pl.DataFrame
    performance: pl.DataFrame
    events: pl.DataFrame


_NOTHING: Final[_Frames] = {
    "logs": pl.DataFrame(schema=logs.CLOSED),
    "columns": pl.DataFrame(schema=columns.CLOSED),
    "performance": pl.DataFrame(schema=performance.CLOSED),
    "events": pl.DataFrame(schema=EVENTS),
}
