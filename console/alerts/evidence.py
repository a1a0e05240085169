"""What the past shows of an incident: its course, before and after, logs, traffic, versions.

Everything is read strictly before `now`, the event time of the tick, so that a replay gathers what
a live run gathered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

import polars as pl

from console.alerts.alert import RelatedLog
from console.alerts.carried import BY_SEGMENT, Carried, carried
from console.alerts.course import Points, course
from console.alerts.history import History
from console.alerts.incident import Incident
from console.alerts.segment import Segment, segments_of
from console.alerts.split import VersionChange, split
from console.alerts.timing import Timing, timing
from console.detectors.protocol import Deviation
from console.records.clock import DAY, HOUR, MINUTE, epoch
from console.records.levels import AT_LEAST_WARNING
from console.stats.logs import folded, lift

LEAD_LENGTHS = 6.0
LEAST_LEAD_S, MOST_LEAD_S = 2 * HOUR, 2 * DAY
"""How much of the time before the onset is shown: in lengths of the deviation, and in seconds."""
LOGS_BEFORE_S = 6 * HOUR
LOGS_DURING_S = 2 * HOUR
LOGS_SLACK_S = 5 * MINUTE
"""Log templates are compared: up to so long after the onset against so long before it; the onset
is estimated, so that the lines shortly before it count as after it."""
MOST_OTHERS = 3
"""So many findings besides the root are looked at for a segment that carries them."""
MOST_LOGS = 5
LEAST_LIFT, LEAST_LINES, LEAST_SIGNIFICANCE = 2.0, 3, 2.0
"""What is less is not related: ordinary traffic and chance."""
VERSION_S = HOUR
"""A version that first appears so near the onset is a change of version."""


@dataclass(frozen=True, slots=True)
class TellingLog:
    """A related log template, and what the cause needs to know of it besides."""

    log: RelatedLog
    stage: str | None
    grave: bool
    new: bool
    """It was not seen in the time before."""
    delay_s: float
    """How long after the onset it was first seen."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was read of the past for one incident."""

    at: float
    points: Points = ()
    before: float | None = None
    after: float | None = None
    logs: tuple[TellingLog, ...] = ()
    predictions_per_hour: float | None = None
    version: str | None = None
    version_change: VersionChange | None = None
    segments: tuple[Segment, ...] = ()
    carried: Carried | None = None
    """The segment of the predictions that carries it."""
    timing: Timing | None = None
    """What the series says of when it changed."""
    split: float = 0.0
    """Log Bayes factor of the new version differing from the old one in the same windows."""


def gather(
    incident: Incident, history: History, now: float, previous: Gathered | None = None
) -> Gathered:
    """Reads the evidence of an incident as it stood at `now`.

    What cannot change any more is taken from what was gathered before.
    """
    root = incident.lead.deviation
    model = root.series.model
    end = now if incident.ended_at is None else min(now, incident.ended_at + HOUR)
    lead = min(max(LEAD_LENGTHS * max(end - root.onset, MINUTE), LEAST_LEAD_S), MOST_LEAD_S)
    points = course(root, history, root.onset - lead, end)
    earlier = [value for ts, value in points if ts < root.onset]
    later = [value for ts, value in points if ts >= root.onset]
    change, latest = (None, None) if model is None else _versions(history, model, root.onset, end)
    if change is None:
        change = _of_metric(root, history, end)
    rate = None if previous is None else previous.predictions_per_hour
    if model is not None and rate is None:
        rate = _rate(history, model, root.onset, end)
    return Gathered(
        at=now,
        points=points,
        before=root.before if root.before is not None else _median(earlier),
        after=root.after if root.after is not None else _median(later),
        logs=_logs(incident, history, end, previous),
        predictions_per_hour=rate,
        version=root.version or latest,
        version_change=change,
        segments=segments_of(incident, history),
        carried=_carried(incident, history, end, previous),
        timing=timing(incident, points, history),
        split=0.0 if change is None else split(root, history, change, end),
    )


def _carried(
    incident: Incident, history: History, end: float, previous: Gathered | None
) -> Carried | None:
    """The segment that carries the root, or the first finding of which one does.

    What was known stays when nothing deviates any more: rows that are well again only dilute it.
    """
    if incident.quiet_since is not None and previous is not None:
        return previous.carried
    root = incident.lead.deviation
    others = [
        finding.deviation
        for finding in incident.findings
        if finding.deviation.key != root.key and finding.deviation.detector in BY_SEGMENT
    ]
    for deviation in (root, *others[:MOST_OTHERS]):
        found = carried(deviation, history, end)
        if found is not None:
            return found
    return None


def _median(values: list[float]) -> float | None:
    return median(values) if values else None


def _rate(history: History, model: str, onset: float, now: float) -> float | None:
    """Predictions an hour in the day before the onset, else since."""
    for start, end in ((onset - DAY, onset), (onset, now)):
        frame = history.volumes(model, start, end, HOUR)
        if frame.height and (total := int(frame["n"].sum())):
            first = max(start, epoch(frame["start"].min()))  # type: ignore[arg-type]
            return total / max((end - first) / HOUR, 1.0 / 60.0)
    return None


def _versions(
    history: History, model: str, onset: float, now: float
) -> tuple[VersionChange | None, str | None]:
    """A change of version near the onset, and the version that served shortly after it."""
    frame = history.column_windows(model, onset - 6 * HOUR, min(now, onset + 2 * VERSION_S))
    seen = (
        frame.filter(pl.col("version").is_not_null())
        .group_by("version")
        .agg(pl.col("start").min().alias("first"), pl.col("start").max().alias("last"))
        .sort("first", "version")
        .rows()
    )
    if not seen:
        return None, None
    latest = max(seen, key=lambda row: (row[2], row[1]))[0]
    for (old, _, _), (new, first, _) in pairwise(seen):
        if abs(epoch(first) - onset) <= VERSION_S:
            return VersionChange(old, new, epoch(first)), latest
    return None, latest


def _of_metric(root: Deviation, history: History, end: float) -> VersionChange | None:
    """A change of version near the onset, as the windows of the root's own metric tell it."""
    start, last = root.onset - 6 * HOUR, min(end, root.onset + 2 * VERSION_S)
    first: dict[str, float] = {}
    for version, ts, _ in history.version_points(root.series.id, start, last).iter_rows():
        first.setdefault(version, epoch(ts))
    for (old, _), (new, at) in pairwise(first.items()):
        if abs(at - root.onset) <= VERSION_S:
            return VersionChange(old, new, at)
    return None


def _logs(
    incident: Incident, history: History, now: float, previous: Gathered | None
) -> tuple[TellingLog, ...]:
    """The templates that tell most, with an example of each since the onset."""
    onset = incident.started_at
    end = min(now, max(onset + LOGS_DURING_S, incident.opened_at + LOGS_DURING_S / 2))
    start = onset - LOGS_SLACK_S
    if end <= start:
        return ()
    found: list[TellingLog] = []
    examples = {} if previous is None else {t.log.template_id: t.log for t in previous.logs}
    for model in incident.models or (None,):
        before = history.template_counts(model, None, start - LOGS_BEFORE_S, start)
        during = history.template_counts(model, None, start, end)
        before, during = folded(before, during)
        stages = dict(during.select("template_id", "stage").iter_rows())
        first = during.group_by("template_id").agg(pl.col("first_ts").min())
        firsts = {key: epoch(ts) for key, ts in first.iter_rows()}
        told = lift(before, during, LOGS_BEFORE_S, end - start).filter(
            pl.col("lift") >= LEAST_LIFT,
            pl.col("n") >= LEAST_LINES,
            pl.col("significance") >= LEAST_SIGNIFICANCE,
        )
        for row in told.head(MOST_LOGS).iter_rows(named=True):
            key = row["template_id"]
            log = examples.get(key) or _example(history, key, model, start, end)
            if log is None:
                continue
            log = replace(
                log,
                template=row["template"] or log.example,
                level=row["level"],
                count=row["n"],
                lift=row["lift"],
            )
            grave, new = row["level"] in AT_LEAST_WARNING, row["before"] == 0
            found.append(TellingLog(log, stages[key], grave, new, firsts[key] - onset))
    return tuple(found[:MOST_LOGS])


def _example(
    history: History, template_id: str, model: str | None, start: float, end: float
) -> RelatedLog | None:
    """The first line of a template in a span, its counts not yet filled in."""
    line = history.log_example(template_id, model, start, end)
    if line is None:
        return None
    return RelatedLog("", line.level, 0, 0.0, line.message, line.file, line.offset, template_id)
