"""An incident: the deviations that share a cause, and its life. Frozen data, stored as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b

from console.alerts.codec import decode, encode
from console.detectors.protocol import Deviation, Severity
from console.records.clock import DAY, HOUR, MINUTE

SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")
KEPT_RAISES = 32
"""How many times of raising a finding remembers."""
HOLD_S = 30 * MINUTE
"""Minimum hold: how long all must be calm before an incident is over."""
FLAPPING_HOLD_S = 3 * HOUR
REOPEN_S = 6 * HOUR
"""How long after its end the same deviation reopens an incident instead of opening another."""
FLAPPING_REOPEN_S = DAY
FLAPPING_RAISES = 3
"""Raised so often within a day, a series is said to flap."""


def at_least(severity: Severity, least: Severity) -> bool:
    """Whether a severity is as grave as another, or graver."""
    return SEVERITIES.index(severity) >= SEVERITIES.index(least)


def worst(severities: Iterable[Severity]) -> Severity:
    """The gravest of some severities; info of none."""
    return max(severities, key=SEVERITIES.index, default="info")


@dataclass(frozen=True, slots=True)
class Finding:
    """One deviation within an incident, from its first raising on."""

    deviation: Deviation
    """As last told; onset, `before` and severity are the earliest and the gravest told."""
    raises: tuple[float, ...]
    """Event times at which it was raised, oldest first; at most KEPT_RAISES."""
    cleared_at: float | None = None
    active_s: float = 0.0
    """Time spent deviating in the spells that are over."""

    @property
    def raised_at(self) -> float:
        """When it was first raised."""
        return self.raises[0]

    @property
    def active(self) -> bool:
        """Whether it still deviates."""
        return self.cleared_at is None

    def again(self, deviation: Deviation) -> Finding:
        """After being told `raised` or `worse` once more."""
        old = self.deviation
        merged = replace(
            deviation,
            onset=min(old.onset, deviation.onset),
            severity=worst((old.severity, deviation.severity)),
            confidence=max(old.confidence, deviation.confidence),
            before=deviation.before if old.before is None else old.before,
        )
        raises = self.raises
        if not self.active:
            raises = (raises[0], *raises[1:], deviation.at)
            if len(raises) > KEPT_RAISES:
                raises = (raises[0], *raises[-(KEPT_RAISES - 1) :])
        return replace(self, deviation=merged, raises=raises, cleared_at=None)

    def cleared(self, at: float) -> Finding:
        """After being told `cleared`."""
        return replace(self, cleared_at=at, active_s=self.active_s + at - self.raises[-1])

    def flaps(self, now: float) -> int:
        """How often it was raised within the last day."""
        return sum(raised > now - DAY for raised in self.raises)


@dataclass(frozen=True, slots=True)
class Incident:
    """The unit of the inbox."""

    id: str
    fingerprint: str
    model: str | None
    opened_at: float
    updated_at: float
    findings: tuple[Finding, ...]
    """In order of being raised."""
    root: tuple[str, int]
    """Key of the finding that stands for all."""
    severity: Severity = "info"
    explained_by: str | None = None
    quiet_since: float | None = None
    """When the last of the findings cleared; None while one deviates."""
    ended_at: float | None = None
    """When it was over: set once it has been quiet for its hold."""
    reopened_at: float | None = None
    """When it last came back after its end."""
    worsened_at: float | None = None
    """When its severity last rose."""
    grown_at: float | None = None
    """When its effect last grew by half."""
    size: float = 0.0
    """The effect, in usual standard deviations, that it is measured against."""
    flooded: int = 0
    """How many deviations it took in because too many incidents opened at once; 0: no flood."""
    merged_into: str | None = None
    """The incident of the whole fleet that took it over."""
    recurrence: int = 0
    """How many earlier incidents had the same fingerprint, as far as remembered."""
    changed_at: float | None = None
    """When the root's own series says that it changed; None: it says nothing beyond the onset."""
    refresh_at: float | None = None
    """When its evidence is due to be read anew."""
    known_at: float = 0.0
    """The latest that it was told at before, by another root: that is not taken back."""

    @property
    def open(self) -> bool:
        """Whether it is not over."""
        return self.ended_at is None and self.merged_into is None

    @property
    def lead(self) -> Finding:
        """The finding that stands for all."""
        return next(f for f in self.findings if f.deviation.key == self.root)

    @property
    def started_at(self) -> float:
        """Estimated onset of the root."""
        return self.lead.deviation.onset

    @property
    def told_at(self) -> float:
        """When it was first raised as what it is: at its opening, unless its root came later."""
        lead = self.lead
        told = lead.raised_at if lead.deviation.onset > self.opened_at else self.opened_at
        return max(told, self.known_at)

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models concerned, sorted."""
        return tuple(sorted({f.deviation.series.model or "" for f in self.findings} - {""}))

    def flapping(self, now: float) -> int:
        """How often its most restless finding was raised within a day, 0 if it does not flap."""
        raised = max(finding.flaps(now) for finding in self.findings)
        return raised if raised >= FLAPPING_RAISES else 0

    @property
    def hold_s(self) -> float:
        """How long it must be quiet before it is over."""
        flapping = self.quiet_since is not None and self.flapping(self.quiet_since)
        return FLAPPING_HOLD_S if flapping else HOLD_S

    @property
    def ends_at(self) -> float | None:
        """When it will be over if nothing comes back; None while a finding deviates."""
        if not self.open or self.quiet_since is None:
            return None
        return self.quiet_since + self.hold_s

    @property
    def reopens_until(self) -> float:
        """Until when a return of its deviations reopens it."""
        if self.ended_at is None:
            return float("inf")
        flapping = self.flapping(self.ended_at)
        return self.ended_at + (FLAPPING_REOPEN_S if flapping else REOPEN_S)

    def finding(self, key: tuple[str, int]) -> Finding | None:
        """Its finding of a deviation's key."""
        return next((f for f in self.findings if f.deviation.key == key), None)

    def put(self, finding: Finding) -> Incident:
        """With a finding replaced, or joined if its key is new; quiet is computed anew."""
        key = finding.deviation.key
        if self.finding(key):
            kept = tuple(finding if f.deviation.key == key else f for f in self.findings)
        else:
            kept = (*self.findings, finding)
        calm = [f.cleared_at for f in kept if f.cleared_at is not None]
        quiet = max(calm) if len(calm) == len(kept) else None
        return replace(self, findings=kept, quiet_since=quiet)


@dataclass(frozen=True)
class Incidents:
    """All incidents that are remembered, by id, in order of opening."""

    by_id: Mapping[str, Incident] = field(default_factory=dict)

    def put(self, incident: Incident) -> Incidents:
        """With one incident replaced or added.

        Of several that open at one time it is the id that orders them, as after a restart.
        """
        last = next(reversed([*self.by_id.values()]), incident)
        together = {**self.by_id, incident.id: incident}
        if incident.id not in self.by_id and _opening(incident) < _opening(last):
            together = {one.id: one for one in sorted(together.values(), key=_opening)}
        return Incidents(together)

    def of_model(self, model: str | None) -> tuple[Incident, ...]:
        """Those of a model and of the whole fleet, in order of opening; not the merged ones."""
        return tuple(
            incident
            for incident in self.by_id.values()
            if incident.merged_into is None
            and (incident.model == model or (incident.model is None and model in incident.models))
        )

    def next_end(self) -> tuple[float, str] | None:
        """When the next incident will be over by itself, and which."""
        due = [(i.ends_at, i.id) for i in self.by_id.values() if i.ends_at is not None]
        return min(due, default=None)


def _opening(incident: Incident) -> tuple[float, str]:
    return incident.opened_at, incident.id


def flood_fingerprint(family: str) -> str:
    """Hash of a detector family: what is one flood."""
    return _digest(["flood", family])


def fingerprint_of(deviation: Deviation, family: str) -> str:
    """Hash of model, stage, detector family and series: never of derived text."""
    series = deviation.series
    parts = [series.model, series.stage, family, series.name, series.tags]
    return _digest(parts)


def incident_id(fingerprint: str, opened_at: float) -> str:
    """Hash of the fingerprint and the time of opening."""
    return _digest([fingerprint, round(opened_at, 3)])


def _digest(parts: Sequence[object]) -> str:
    text = json.dumps(parts, ensure_ascii=False)
    return blake2b(text.encode(), digest_size=6).hexdigest()


def to_text(incident: Incident) -> str:
    """JSON of an incident."""
    return json.dumps(encode(incident), ensure_ascii=False, separators=(",", ":"))


def from_text(text: str) -> Incident:
    """The incident of a JSON text. Raises ValueError or TypeError if it is none."""
    return decode(Incident, json.loads(text))
