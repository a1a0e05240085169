"""An alert: the incident as the inbox, the contract's JSON and every screen show it.

Field by field contracts §4; `to_json` is that document and nothing else. Times are epoch seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from console.records.clock import iso

if TYPE_CHECKING:
    from console.detectors.protocol import Severity

AlertState = Literal["open", "acknowledged", "snoozed", "resolved", "noise"]
Trigger = Literal["unexpected", "planned_event", "interval"]
CauseKind = Literal["event", "upstream", "version", "segment", "logs", "unknown"]


@dataclass(frozen=True, slots=True)
class RankReason:
    """One term of the rank; the weights of all terms add up to the score."""

    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class Cause:
    """One candidate cause with its probability; those of an alert add up to 1."""

    text: str
    kind: CauseKind
    confidence: float
    event_id: str | None = None
    event_ts: float | None = None
    stage: str | None = None
    series: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """The numbers of the root deviation and the points of its chart."""

    before: float | None = None
    after: float | None = None
    baseline: float | None = None
    threshold: float | None = None
    effect_size: float | None = None
    p_value: float | None = None
    points: tuple[tuple[float, float], ...] = ()
    """(epoch seconds, value), oldest first."""


@dataclass(frozen=True, slots=True)
class Member:
    """A deviation folded into the incident besides its root."""

    model: str | None
    stage: str | None
    series: str | None
    detector: str
    started_at: float


@dataclass(frozen=True, slots=True)
class RelatedLog:
    """A log template that is more frequent in the incident than before it."""

    template: str
    level: str | None
    count: int
    lift: float
    example: str
    file: str
    offset: int
    template_id: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """One incident, ready to read."""

    id: str
    fingerprint: str
    severity: Severity
    state: AlertState
    trigger: Trigger
    model: str | None
    stage: str | None
    version: str | None
    series: str | None
    detector: str
    started_at: float
    opened_at: float
    updated_at: float
    ended_at: float | None
    title: str
    """At most 72 cells, readable alone in one row of the inbox. Not part of the JSON."""
    what: str
    where: str
    when: str
    impact: str
    why: tuple[Cause, ...] = ()
    explained_by: str | None = None
    evidence: Evidence = field(default_factory=Evidence)
    members: tuple[Member, ...] = ()
    related_logs: tuple[RelatedLog, ...] = ()
    suggestions: tuple[str, ...] = ()
    features: Mapping[str, float] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)
    """`rate`: predictions concerned an hour, `cost`: what they are worth. Not part of the JSON."""
    rank: int = 0
    """Place in the inbox from 1; 0 before it is ranked."""
    priority: float = 0.0
    """0..100."""
    rank_reasons: tuple[RankReason, ...] = ()

    @property
    def loud(self) -> bool:
        """Whether it asks for attention: a warning or worse that nothing explains."""
        return self.severity != "info"

    def to_json(self) -> dict[str, Any]:
        """The object of contracts §4."""
        return {
            "id": self.id,
            "fingerprint": self.fingerprint,
            "rank": self.rank,
            "priority": round(self.priority, 2),
            "rank_reasons": [{"text": r.text, "weight": r.weight} for r in self.rank_reasons],
            "severity": self.severity,
            "state": self.state,
            "trigger": self.trigger,
            "model": self.model,
            "stage": self.stage,
            "version": self.version,
            "series": self.series,
            "detector": self.detector,
            "started_at": iso(self.started_at),
            "opened_at": iso(self.opened_at),
            "updated_at": iso(self.updated_at),
            "ended_at": None if self.ended_at is None else iso(self.ended_at),
            "what": self.what,
            "where": self.where,
            "when": self.when,
            "impact": self.impact,
            "why": [
                {
                    "text": cause.text,
                    "kind": cause.kind,
                    "confidence": round(cause.confidence, 4),
                    "event_id": cause.event_id,
                    "event_ts": None if cause.event_ts is None else iso(cause.event_ts),
                    "stage": cause.stage,
                    "series": cause.series,
                }
                for cause in self.why
            ],
            "explained_by": self.explained_by,
            "evidence": {
                "before": self.evidence.before,
                "after": self.evidence.after,
                "baseline": self.evidence.baseline,
                "threshold": self.evidence.threshold,
                "effect_size": self.evidence.effect_size,
                "p_value": self.evidence.p_value,
                "points": [[iso(ts), value] for ts, value in self.evidence.points],
            },
            "members": [
                {
                    "model": member.model,
                    "stage": member.stage,
                    "series": member.series,
                    "detector": member.detector,
                    "started_at": iso(member.started_at),
                }
                for member in self.members
            ],
            "related_logs": [
                {
                    "template": log.template,
                    "level": log.level,
                    "count": log.count,
                    "lift": round(log.lift, 3),
                    "example": log.example,
                    "file": log.file,
                    "offset": log.offset,
                }
                for log in self.related_logs
            ],
            "suggestions": list(self.suggestions),
            "features": {name: round(value, 4) for name, value in self.features.items()},
        }
