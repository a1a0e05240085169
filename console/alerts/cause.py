"""Candidate causes of an incident, with probabilities that add up to 1, the unknown among them.

Each hypothesis is an intensity: how many incidents an hour it would start at the time of the
change, averaged over what the series says of that time (`timing.py`, anchors/alerting.md §3.2).

* a marked event: P(such an event does harm) x density of its delay, which halves every
  `HALF_LIFE_S` after the event (k(d) = 2^-d). P(harm) is the mean of a Beta prior of its type,
  after the events of the same type and scope that passed without an incident (the placebo): a
  six-hourly import that never hurt must be very near the onset to be believed. What models outside
  its scope share speaks against it, and a split between its version and the old one in the same
  windows for it.
* upstream, segment, version, logs: the intensities below, times what speaks for them.
* unknown: the rate of incidents that nobody marked.

The probability of a hypothesis is its share of the sum.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from console.alerts.alert import Cause
from console.alerts.evidence import Gathered
from console.alerts.incident import Incident
from console.alerts.marks import Mark
from console.alerts.quantity import Quantity, outcome, quantity, stage_position
from console.alerts.severity import credible, doubt_s
from console.alerts.timing import Timing
from console.alerts.wording import ago, figure
from console.config.settings import Settings
from console.records.clock import DAY, HOUR, MINUTE

UNKNOWN = 1 / (14 * 24)
"""Incidents an hour and model that nobody marked: one in two weeks."""
UPSTREAM = 0.02
"""Times the share of findings that follow an earlier stage."""
OF_LOAD = 0.1
"""What a machine is burdened with is a link of the chain, rarely its beginning."""
SEGMENT = 0.06
"""One value of a tag deviates and its siblings do not: hardly chance."""
VERSION = 0.1
"""A version that first appears at the onset without a marked event."""
LOGS = 0.005
"""A telling template of warning or worse; lines are symptoms as often as causes."""
NEW_LOGS = 3.0
LATER_LOGS = 0.3
"""Factors of a template never seen before, and of one that first comes well after the onset."""
LATER_S = HOUR

HALF_LIFE_S = 15 * MINUTE
BEFORE_S = 10 * MINUTE
"""A window may begin so much before the event that changed it; an onset by the doubt about it."""
APPEARED = 3.0
"""How much a new version that appears at the onset speaks for the event that names it."""
HORIZON_S = DAY
HISTORY_S = 14 * DAY
"""How far back events count as placebos."""

HARM: dict[str, tuple[float, float]] = {
    "deploy": (1.0, 9.0),
    "config": (0.8, 9.2),
    "retrain": (0.6, 9.4),
    "stage_added": (1.0, 9.0),
    "incident": (5.0, 5.0),
    "data_import": (0.5, 20.0),
    "campaign": (0.6, 9.4),
    "maintenance": (0.5, 9.5),
    "restart": (0.5, 9.5),
}
"""Beta prior of P(harm) by type: (harmful, harmless) events seen before, so to speak."""
OTHER_HARM = (0.6, 9.4)
UNPLANNED = 1.5
"""How much likelier an event that nobody planned does harm."""

FITS: dict[str, frozenset[Quantity]] = {
    "data_import": frozenset(
        {"quality", "distribution", "traffic", "cardinality", "performance", "logs", "business"}
    ),
    "retrain": frozenset({"distribution", "performance", "business", "load"}),
    "campaign": frozenset({"traffic", "business", "load", "distribution", "logs"}),
    "maintenance": frozenset({"staleness", "errors", "load", "traffic", "logs", "quality"}),
    "restart": frozenset({"staleness", "errors", "load", "traffic", "logs"}),
}
"""What events of a type can do; a type that is not here can do anything."""
MISFIT = 0.15
AGAINST_THE_STREAM = 0.2
"""An event downstream of the root rarely is its cause."""
LABEL_TIME = 0.2
"""A metric made of labels stands at the time of the labels: what is near it in time says little."""
COMPANY_WIDE = 0.5
"""An event of no model in particular."""
NOTHING_CHANGED = ("not promoted", "dry run", "no-op", "cancelled", "canceled", "aborted")
UNDONE = 0.03
MOST_CAUSES = 5


def causes(
    incident: Incident, gathered: Gathered, marks: Sequence[Mark], settings: Settings
) -> tuple[Cause, ...]:
    """The likeliest causes, most likely first; the rest is added to the unknown."""
    found = [
        *_events(incident, gathered, marks, settings),
        *_upstream(incident, settings),
        *_segments(incident, gathered),
        *_version(incident, gathered, marks),
        *_logs(gathered),
    ]
    total = UNKNOWN + math.fsum(intensity for intensity, _ in found)
    found.sort(key=lambda pair: (-pair[0], pair[1].text))
    shown = [
        _with(cause, intensity / total)
        for intensity, cause in found[: MOST_CAUSES - 1]
        if intensity / total >= 0.01
    ]
    rest = 1.0 - math.fsum(cause.confidence for cause in shown)
    unknown = Cause(
        "Unknown: nothing marked or seen explains it", "unknown", min(max(rest, 0.0), 1.0)
    )
    return tuple(sorted((*shown, unknown), key=lambda cause: -cause.confidence))


def _with(cause: Cause, confidence: float) -> Cause:
    return Cause(
        text=cause.text,
        kind=cause.kind,
        confidence=confidence,
        event_id=cause.event_id,
        event_ts=cause.event_ts,
        stage=cause.stage,
        series=cause.series,
    )


Weighed = tuple[float, Cause]


def _events(
    incident: Incident, gathered: Gathered, marks: Sequence[Mark], settings: Settings
) -> list[Weighed]:
    slack = max(BEFORE_S, doubt_s(incident.lead))
    believed = gathered.timing or Timing((incident.started_at,), (1.0,))
    onset = believed.likeliest
    change = gathered.version_change
    found: list[Weighed] = []
    for mark in marks:
        delay = onset - mark.ts
        near = believed.times[0] - HORIZON_S <= mark.ts <= believed.times[-1] + slack
        if not near or not mark.concerns(incident.model):
            continue
        intensity = _density(mark, believed) * harm(mark, marks) * _fit(mark, incident, settings)
        if mark.model is not None:
            intensity *= believed.scoped
        text = f"{mark.words}, {ago(delay)}"
        if believed.placebo is not None:
            text += f" ({figure(100 * believed.placebo)} % of quiet times look as changed)"
        if mark.version and change is not None and change.new == mark.version:
            intensity *= APPEARED * math.exp(gathered.split)
            if gathered.split > 0:
                text += f"; {change.old} beside it does not deviate"
        found.append((intensity, Cause(text, "event", 0.0, mark.id, mark.ts, mark.stage, None)))
    return found


def _density(mark: Mark, believed: Timing) -> float:
    """Events' effects an hour at the time of the change: 2^-d after it, a normal tail before it."""
    delays = np.array(believed.times) - mark.ts
    after = 2.0 ** (-np.maximum(delays, 0.0) / HALF_LIFE_S)
    slack = max(BEFORE_S, believed.width)
    before = np.exp(-0.5 * (np.minimum(delays, 0.0) / slack) ** 2)
    rate = math.log(2) / (HALF_LIFE_S / HOUR)
    return rate * float((np.array(believed.weights) * after * before).sum())


def harm(mark: Mark, marks: Sequence[Mark]) -> float:
    """Probability that an event does anything, after those of its kind that did not."""
    harmful, harmless = HARM.get(mark.type, OTHER_HARM)
    placebos = sum(
        other.type == mark.type and other.model == mark.model and other.ts < mark.ts - HOUR
        for other in marks
    )
    probability = harmful / (harmful + harmless + placebos)
    if any(phrase in mark.title.lower() for phrase in NOTHING_CHANGED):
        probability *= UNDONE
    return probability if mark.planned else min(probability * UNPLANNED, 1.0)


def _fit(mark: Mark, incident: Incident, settings: Settings) -> float:
    root = incident.lead.deviation
    factor = 1.0
    fits = FITS.get(mark.type)
    kinds = {quantity(f.deviation) for f in incident.findings if credible(f)} or {quantity(root)}
    if fits is not None and quantity(root) not in fits:
        # Lines accompany everything, so that they speak for nothing.
        factor *= MISFIT if not (kinds - {"logs"}) & fits else math.sqrt(MISFIT)
    if outcome(root) and root.detector != "performance":
        factor *= LABEL_TIME
    if mark.model is None and incident.model is not None:
        factor *= COMPANY_WIDE
    if mark.stage is not None and root.series.stage is not None:
        there = stage_position(settings, incident.model, mark.stage)
        here = stage_position(settings, incident.model, root.series.stage)
        if there > here and mark.type not in {"deploy", "campaign"}:
            factor *= AGAINST_THE_STREAM
    return factor


def _upstream(incident: Incident, settings: Settings) -> list[Weighed]:
    """Findings of an earlier stage that others followed, by their lead along the stage order."""
    able = [finding for finding in incident.findings if credible(finding)]
    found: dict[tuple[str | None, str], Weighed] = {}
    for finding in able:
        if outcome(finding.deviation) or quantity(finding.deviation) == "logs":
            continue  # lines are weighed as lines
        series = finding.deviation.series
        here = stage_position(settings, series.model, series.stage)
        after = [
            other
            for other in able
            if stage_position(settings, other.deviation.series.model, other.deviation.series.stage)
            > here
        ]
        following = [
            other
            for other in after
            if other.deviation.onset
            >= finding.deviation.onset - max(BEFORE_S, doubt_s(finding), doubt_s(other))
        ]
        if not following:
            continue
        lead = incident.lead.deviation.key == finding.deviation.key
        intensity = UPSTREAM * len(following) / len(able) * (2.0 if lead else 1.0)
        if quantity(finding.deviation) == "load":
            intensity *= OF_LOAD
        text = (
            f"{series.label} in {series.stage or 'an earlier stage'} moved first; "
            f"{len(following)} further downstream followed"
        )
        cause = Cause(text, "upstream", 0.0, None, None, series.stage, series.label)
        place = (series.stage, series.label)
        found[place] = max(found.get(place, (0.0, cause)), (intensity, cause), key=_intensity)
    return list(found.values())


def _intensity(weighed: Weighed) -> float:
    return weighed[0]


def _segments(incident: Incident, gathered: Gathered) -> list[Weighed]:
    """A value of a tag that deviates alone, or carries most of it; what a detector tells, too."""
    found: list[Weighed] = []
    one = gathered.carried
    for part in gathered.segments:
        text = f"Only {part.segment} deviates in {part.name}, {part.siblings} others do not"
        intensity = SEGMENT * part.siblings / (part.siblings + 1)
        if one is not None and one.carrier.name == part.segment:
            text, intensity = f"{text}; it carries {one.part} of {one.subject}", 2 * intensity
        cause = Cause(text, "segment", 0.0, None, None, part.stage, part.segment)
        found.append((intensity, cause))
    known = {part.segment for part in gathered.segments}
    if one is not None and one.carrier.name not in known:
        stage, share = incident.lead.deviation.series.stage, min(one.carrier.part, 1.0)
        cause = Cause(one.cause(), "segment", 0.0, None, None, stage, one.carrier.name)
        found.append((SEGMENT * share, cause))
    told = incident.lead.deviation.details.get("segment")
    if isinstance(told, str) and told not in known:
        text = f"Only {told} deviates"
        stage = incident.lead.deviation.series.stage
        found.append((SEGMENT, Cause(text, "segment", 0.0, None, None, stage, told)))
    return found


def _version(incident: Incident, gathered: Gathered, marks: Sequence[Mark]) -> list[Weighed]:
    change = gathered.version_change
    if change is None or any(
        mark.version == change.new and mark.concerns(incident.model) for mark in marks
    ):
        return []
    text = (
        f"Version {change.new} appeared {ago(incident.started_at - change.at)}, no event marks it"
    )
    if gathered.split > 0:
        text += f"; {change.old} beside it does not deviate"
    return [
        (
            VERSION * math.exp(gathered.split),
            Cause(text, "version", 0.0, None, change.at, None, None),
        )
    ]


def _logs(gathered: Gathered) -> list[Weighed]:
    """The single most telling template, if it is graver than information."""
    for told in gathered.logs:
        if told.grave and told.log.lift >= 3.0:
            intensity = LOGS * (NEW_LOGS if told.new else 1.0)
            intensity *= LATER_LOGS if told.delay_s > LATER_S else 1.0
            how = "new" if told.new else f"{figure(told.log.lift)} times as often as before"
            text = f"Log lines in {told.stage or 'the logs'} ({how}): {told.log.template}"
            cause = Cause(text, "logs", 0.0, None, None, told.stage, told.log.template)
            return [(intensity, cause)]
    return []
