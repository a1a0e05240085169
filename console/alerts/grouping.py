"""The fold of deviations and of time into incidents.

What starts together in one model is one incident; what follows downstream, what befalls the same
series, and a fall of realised performance that labels confirm later join it; anything else opens
its own (times: the constants below). The fold depends on the order of event time alone, never on
how deviations were cut into batches.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from console.alerts.expectation import explaining
from console.alerts.incident import (
    Finding,
    Incident,
    Incidents,
    at_least,
    fingerprint_of,
    flood_fingerprint,
    incident_id,
)
from console.alerts.marks import Mark
from console.alerts.quantity import DATA, outcome, quantity, stage_position
from console.alerts.severity import assess, convincing, credible, doubt_s
from console.config.settings import Settings
from console.detectors.protocol import Deviation
from console.records.clock import DAY, HOUR, MINUTE

TOGETHER_S = HOUR
"""Onsets so near each other are one start."""
MOST_APART_S = 2 * HOUR
"""What is found so soon after an incident, and began before it, belongs to it as well."""
SPREAD_S = 12 * HOUR
"""How long after the start of an open incident any deviation of its model is taken for a part."""
LABEL_DELAY_S = 12 * HOUR
"""How long after an incident's end a metric of performance that falls is taken for its effect: such
metrics stand at the time of their labels. The onsets of our own detector are those of predictions.
"""
MOST_AN_HOUR, MOST_IN_FLOOD = 30, 100
"""So many incidents of one family of detectors open in an hour; further deviations become one
incident that says so, and lists so many of them: a flood of odd lines must not bury the rest."""
GROWN = 1.5
"""An effect so many times as large as it was is worse."""
LATE_S = 12 * HOUR
"""How long after its end an incident takes late findings whose onset lies within it."""
MEMORY_S = 30 * DAY
"""How long an incident that is over is remembered."""
FLEET_ONSET_S = 10 * MINUTE
FLEET_OPENED_S = 30 * MINUTE
FLEET_LEAST = 3
FLEET_SHARE = 0.6
"""An outage of the fleet: so many models, and so large a share, with onsets so near."""


@dataclass(slots=True)
class _Walk:
    """The state of one fold while it runs."""

    state: Incidents
    marks: Sequence[Mark]
    settings: Settings
    changed: dict[str, None] = field(default_factory=dict)

    def put(self, incident: Incident) -> None:
        self.state = self.state.put(incident)
        self.changed[incident.id] = None


def fold(
    state: Incidents,
    deviations: Sequence[Deviation],
    marks: Sequence[Mark],
    now: float,
    settings: Settings,
) -> tuple[Incidents, tuple[str, ...]]:
    """The incidents after some deviations (in order of `at`) and after time has come to `now`.

    `marks` are the marked events known so far. Returns also the ids of the incidents that changed.
    """
    walk = _Walk(state, marks, settings)
    for deviation in sorted(map(_finite, deviations), key=lambda d: _order(d, settings)):
        _pass(walk, deviation.at, inclusive=False)
        if deviation.phase == "cleared":
            _clear(walk, deviation)
        else:
            _raise(walk, deviation)
    _pass(walk, now, inclusive=True)
    return walk.state, tuple(walk.changed)


def forget(state: Incidents, now: float) -> Incidents:
    """Without what has been over for longer than the memory reaches."""
    kept = {
        key: incident
        for key, incident in state.by_id.items()
        if incident.ended_at is None or incident.ended_at > now - MEMORY_S
    }
    return state if len(kept) == len(state.by_id) else Incidents(kept)


def _order(deviation: Deviation, settings: Settings) -> tuple[float, bool, float, float, str, int]:
    """By time; at one time the roots first, so that they open the incident that the rest joins."""
    series = deviation.series
    return (
        deviation.at,
        deviation.phase == "cleared",
        stage_position(settings, series.model, series.stage),
        deviation.onset,
        deviation.detector,
        series.id,
    )


def _finite(deviation: Deviation) -> Deviation:
    """Without infinities and NaN, which JSON and arithmetic cannot carry."""
    names = ("before", "after", "baseline", "threshold", "effect_size", "p_value")
    broken: dict[str, Any] = {
        name: None
        for name in names
        if (value := getattr(deviation, name)) is not None and not math.isfinite(value)
    }
    details = {
        key: value
        for key, value in deviation.details.items()
        if not isinstance(value, float) or math.isfinite(value)
    }
    if not broken and len(details) == len(deviation.details):
        return deviation
    return replace(deviation, details=details, **broken)


def _pass(walk: _Walk, until: float, *, inclusive: bool) -> None:
    """Ends the incidents whose hold is over."""
    while (due := walk.state.next_end()) and (due[0] < until or (inclusive and due[0] == until)):
        ends_at, key = due
        incident = walk.state.by_id[key]
        walk.put(replace(incident, ended_at=incident.quiet_since, updated_at=ends_at))


def _clear(walk: _Walk, deviation: Deviation) -> None:
    for incident in reversed(walk.state.of_model(deviation.series.model)):
        finding = incident.finding(deviation.key)
        if finding is not None and finding.active and incident.open:
            cleared = incident.put(finding.cleared(deviation.at))
            walk.put(replace(cleared, updated_at=deviation.at))
            return


def _raise(walk: _Walk, deviation: Deviation) -> None:
    incident = _home(walk, deviation)
    if incident is None:
        _open(walk, deviation)
        return
    known = incident.finding(deviation.key)
    finding = known.again(deviation) if known else Finding(deviation, (deviation.at,))
    joined = replace(incident.put(finding), updated_at=deviation.at)
    if incident.ended_at is not None:
        joined = replace(joined, ended_at=None, reopened_at=deviation.at)
    assessed = assess(joined, walk.marks, walk.settings, deviation.at)
    if incident.severity != assessed.severity and at_least(assessed.severity, incident.severity):
        assessed = replace(assessed, worsened_at=deviation.at)
    assessed = _grown(assessed, deviation)
    walk.put(assessed)
    if assessed.model is not None:
        _fleet(walk, assessed)


def _grown(incident: Incident, deviation: Deviation) -> Incident:
    """With the size of its effect, and the time at which that has grown by half."""
    size = abs(deviation.effect_size or 0.0)
    if size < GROWN * incident.size or not size:
        return incident
    grown = deviation.at if incident.size else incident.grown_at
    return replace(incident, size=size, grown_at=grown)


def _open(walk: _Walk, deviation: Deviation) -> None:
    if _flooded(walk, deviation):
        return
    series = deviation.series
    fingerprint = fingerprint_of(deviation, family(deviation.detector))
    earlier = [i for i in walk.state.by_id.values() if i.fingerprint == fingerprint]
    incident = Incident(
        id=incident_id(fingerprint, deviation.at),
        fingerprint=fingerprint,
        model=series.model,
        opened_at=deviation.at,
        updated_at=deviation.at,
        findings=(Finding(deviation, (deviation.at,)),),
        root=deviation.key,
        recurrence=len(earlier),
    )
    assessed = assess(incident, walk.marks, walk.settings, deviation.at)
    assessed = _grown(assessed, deviation)
    walk.put(assessed)
    if assessed.model is not None:
        _fleet(walk, assessed)


def _flooded(walk: _Walk, deviation: Deviation) -> bool:
    """Takes a deviation into the flood of its family, if too many incidents opened in an hour."""
    kind = family(deviation.detector)
    recent = [
        incident
        for incident in walk.state.by_id.values()
        if incident.opened_at > deviation.at - HOUR
        and family(incident.findings[0].deviation.detector) == kind
    ]
    if sum(not incident.flooded for incident in recent) < MOST_AN_HOUR:
        return False
    fingerprint = flood_fingerprint(kind)
    running = [
        incident
        for incident in walk.state.by_id.values()
        if incident.fingerprint == fingerprint and incident.open
    ]
    finding = Finding(deviation, (deviation.at,))
    if not running:
        flood = Incident(
            id=incident_id(fingerprint, deviation.at),
            fingerprint=fingerprint,
            model=None,
            opened_at=deviation.at,
            updated_at=deviation.at,
            findings=(finding,),
            root=deviation.key,
            flooded=1,
        )
        walk.put(assess(flood, walk.marks, walk.settings, deviation.at))
        return True
    flood = replace(running[-1], flooded=running[-1].flooded + 1, updated_at=deviation.at)
    if len(flood.findings) < MOST_IN_FLOOD:
        flood = assess(flood.put(finding), walk.marks, walk.settings, deviation.at)
    walk.put(flood)
    return True


def family(detector: str) -> str:
    """Detectors that look for the same thing in a series share a family."""
    return "unusual" if detector in {"anomaly", "changepoint", "forecast"} else detector


def _home(walk: _Walk, deviation: Deviation) -> Incident | None:
    """The incident that a deviation belongs to: its own first, then the nearest that takes it."""
    of_model = walk.state.of_model(deviation.series.model)
    own = [
        incident
        for incident in of_model
        if incident.reopens_until >= deviation.at
        and any(f.deviation.series.id == deviation.series.id for f in incident.findings)
    ]
    # That a series falls silent is another matter than whatever it told before.
    silent = quantity(deviation) == "staleness"
    for incident in reversed(own):
        if incident.finding(deviation.key) or (incident.open and not silent):
            return incident
    mark = explaining(deviation, walk.marks)
    fitting = [
        incident for incident in of_model if _takes(incident, deviation, mark, walk.settings)
    ]
    by_distance = sorted(
        fitting, key=lambda i: (not i.open, abs(i.started_at - deviation.onset), i.id)
    )
    return by_distance[0] if by_distance else None


def _takes(incident: Incident, deviation: Deviation, mark: Mark | None, settings: Settings) -> bool:
    """Whether a deviation that is new to an incident belongs to it."""
    if incident.flooded:
        return False
    if mark is not None:
        return incident.open and incident.explained_by == mark.id
    if incident.explained_by is not None:
        return False
    told = outcome(deviation) and quantity(deviation) != "staleness"
    if told and incident.severity != "info" and _tells_of(incident, deviation):
        return True
    if incident.ended_at is None:
        return _takes_while_open(incident, deviation, settings)
    return (
        incident.severity != "info"
        and deviation.at - incident.ended_at <= LATE_S
        and incident.started_at - _reach(incident, deviation)
        <= deviation.onset
        <= incident.ended_at
    )


def _takes_while_open(incident: Incident, deviation: Deviation, settings: Settings) -> bool:
    start, onset = incident.started_at, deviation.onset
    reach = _reach(incident, deviation)
    found_apart = deviation.at - incident.told_at
    if credible(incident.lead) and found_apart <= min(reach, MOST_APART_S):
        # Found at the same time, however long it took: a creeping cause, say, and its log lines.
        return True
    if onset < start - reach:
        return False
    return (
        onset <= start + reach
        or any(_same_matter(finding, deviation) for finding in incident.findings)
        or (
            incident.severity != "info"
            and onset <= _acting_until(incident, deviation.at) + TOGETHER_S
            and (onset <= start + SPREAD_S or _follows(incident, deviation, settings))
        )
    )


def _tells_of(incident: Incident, deviation: Deviation) -> bool:
    """Whether labels tell of an incident: our own detector by the predictions' time."""
    reach = _reach(incident, deviation)
    delay = reach if deviation.detector == "performance" else LABEL_DELAY_S
    last = deviation.at if incident.ended_at is None else incident.ended_at
    return incident.started_at - reach <= deviation.onset <= last + delay


def _reach(incident: Incident, deviation: Deviation) -> float:
    """How far apart two onsets may be estimated that are one."""
    own = doubt_s(Finding(deviation, (deviation.at,)))
    return max(TOGETHER_S, doubt_s(incident.lead), own)


def _acting_until(incident: Incident, now: float) -> float:
    """Until when the incident acted: outcomes, which labels tell late, do not prolong it."""
    acting = [f for f in incident.findings if not outcome(f.deviation)]
    ends = [now if f.cleared_at is None else f.cleared_at for f in acting or incident.findings]
    return max(ends)


def _same_matter(finding: Finding, deviation: Deviation) -> bool:
    """Whether both are about one metric of one stage, whatever the tags, or both about silence."""
    own, other = finding.deviation.series, deviation.series
    silent = {quantity(one) == "staleness" for one in (finding.deviation, deviation)}
    return (own.stage, own.name) == (other.stage, other.name) and len(silent) == 1


def _follows(incident: Incident, deviation: Deviation, settings: Settings) -> bool:
    """Whether a deviation lies downstream of the root, and a change of data moves both."""
    root = incident.lead.deviation
    here = stage_position(settings, deviation.series.model, deviation.series.stage)
    there = stage_position(settings, root.series.model, root.series.stage)
    return here >= there and quantity(root) in DATA and quantity(deviation) in DATA


def _fleet(walk: _Walk, incident: Incident) -> None:
    """Merges what befell most models at once into one incident of no model."""
    near = [
        other
        for other in walk.state.by_id.values()
        if other.open
        and not other.flooded
        and other.explained_by is None
        and abs(other.started_at - incident.started_at) <= FLEET_ONSET_S
        and incident.updated_at - other.opened_at <= FLEET_OPENED_S
        and (other.model is None or convincing(other.lead) or other.severity != "info")
    ]
    models = {model for other in near for model in other.models}
    known = {entry.name for entry in walk.settings.models} | {
        model for other in walk.state.by_id.values() for model in other.models
    }
    if incident not in near or len(models) < max(FLEET_LEAST, FLEET_SHARE * len(known)):
        return
    host = next((other for other in near if other.model is None), near[0])
    merged = replace(host, model=None, updated_at=incident.updated_at)
    for other in near:
        if other.id != host.id:
            for finding in other.findings:
                merged = merged.put(finding)
            walk.put(replace(other, merged_into=host.id, ended_at=incident.updated_at))
    assessed = assess(merged, walk.marks, walk.settings, incident.updated_at)
    walk.put(replace(assessed, worsened_at=incident.updated_at))
