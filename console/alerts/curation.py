"""What users decide about which alerts belong together, and which are muted: pure functions.

- Alerts merged by hand are shown as one: the others become members of the one they went into, whose
  severity is the gravest of all. Splitting such an alert off again ends the merge.
- A member split off by hand is an alert of its own, with its own life.
- A mute rule hides open alerts that match it until it ends, at most a week later; it says who made
  it, why, and how many it matches. A critical alert is hidden only by a rule that names its very
  fingerprint.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b

from console.alerts.alert import Alert, Member
from console.alerts.incident import Finding, Incident, fingerprint_of, worst
from console.records.action import Action
from console.records.clock import DAY

LONGEST_MUTE_S = 7 * DAY
USUAL_MUTE_S = DAY
"""How long a rule lasts that says no end."""
PLACES = ("model", "stage", "series", "detector")
"""What a mute rule may be of, each as the argument `of_...`; all that are given must match."""


@dataclass(frozen=True, slots=True)
class Mute:
    """One mute rule."""

    id: str
    author: str
    at: float
    until: float
    reason: str
    fingerprint: str | None
    of: tuple[tuple[str, str], ...]
    """(place, value) of `PLACES`; empty: the fingerprint alone."""

    def hides(self, place: Mapping[str, str | None], fingerprint: str, severity: str) -> bool:
        """Whether the rule is about an alert there."""
        if not self.of:
            return fingerprint == self.fingerprint
        return severity != "critical" and all(place.get(name) == value for name, value in self.of)


@dataclass(frozen=True, slots=True)
class Part:
    """A member that was split off an alert."""

    alert_id: str
    series: str
    stage: str | None = None
    at: float = field(default=0.0, compare=False)
    """When it was split off: its evidence is read as it stood then."""


def mute_of(action: Action, fingerprint: str | None) -> Mute:
    """The rule that an act `mute` makes."""
    until = action.args.get("until")
    last = float(until) if isinstance(until, int | float) else action.ts + USUAL_MUTE_S
    return Mute(
        id=action.id,
        author=action.user,
        at=action.ts,
        until=min(last, action.ts + LONGEST_MUTE_S),
        reason=str(action.args.get("reason", "")),
        fingerprint=fingerprint,
        of=tuple(
            (name, str(action.args[f"of_{name}"])) for name in PLACES if f"of_{name}" in action.args
        ),
    )


def muted(incident: Incident, mutes: Iterable[Mute], now: float) -> Mute | None:
    """The rule that hides an incident at a time, the one that lasts longest; None: none does."""
    root = incident.lead.deviation
    place = {
        "model": incident.model,
        "stage": root.series.stage,
        "series": root.series.label,
        "detector": root.detector,
    }
    hiding = [
        mute
        for mute in mutes
        if mute.at <= now < mute.until
        and mute.hides(place, incident.fingerprint, incident.severity)
    ]
    return max(hiding, key=lambda mute: (mute.until, mute.id), default=None)


def matched(mute: Mute, alerts: Iterable[Alert]) -> int:
    """How many alerts a rule matches, whatever their state; to be shown before it is made too."""
    return sum(
        mute.hides({name: getattr(one, name) for name in PLACES}, one.fingerprint, one.severity)
        for one in alerts
    )


def target_of(alert_id: str, merges: Mapping[str, str], known: frozenset[str]) -> str | None:
    """The alert that another went into in the end; None if it stands for itself.

    A merge into an unknown alert, and one that leads back to itself, does not count.
    """
    passed, here = {alert_id}, alert_id
    while (following := merges.get(here)) is not None:
        if following in passed or following not in known:
            break
        passed.add(following)
        here = following
    if here == alert_id or _circular(alert_id, merges):
        return None
    return here


def _circular(alert_id: str, merges: Mapping[str, str]) -> bool:
    passed, here = {alert_id}, alert_id
    while (following := merges.get(here)) is not None:
        if following == alert_id:
            return True
        if following in passed:
            return False
        passed.add(following)
        here = following
    return False


def merged(alerts: Sequence[Alert], merges: Mapping[str, str]) -> list[Alert]:
    """The alerts with those merged by hand folded into the ones that they went into."""
    if not merges:
        return list(alerts)
    known = frozenset(alert.id for alert in alerts)
    into = {alert.id: target_of(alert.id, merges, known) for alert in alerts}
    found = []
    for alert in alerts:
        if into[alert.id] is not None:
            continue
        joined = [other for other in alerts if into[other.id] == alert.id]
        found.append(_with(alert, joined) if joined else alert)
    return found


def _with(alert: Alert, joined: Sequence[Alert]) -> Alert:
    members = [member for other in joined for member in (_member(other), *other.members)]
    open_now = [other for other in joined if other.ended_at is None]
    ends = [one.ended_at for one in (alert, *joined) if one.ended_at is not None]
    return replace(
        alert,
        severity=worst([alert.severity, *(other.severity for other in open_now)]),
        updated_at=max(one.updated_at for one in (alert, *joined)),
        ended_at=None if len(ends) <= len(joined) else max(ends),
        members=tuple(dict.fromkeys((*alert.members, *members))),
    )


def _member(alert: Alert) -> Member:
    return Member(alert.model, alert.stage, alert.series, alert.detector, alert.started_at)


def part_id(part: Part) -> str:
    """Hash of the alert that it came from and of its series."""
    text = f"{part.alert_id}\0{part.stage or ''}\0{part.series}"
    return blake2b(text.encode(), digest_size=6).hexdigest()


def parted(incident: Incident, parts: Iterable[Part]) -> tuple[Incident, list[Incident]]:
    """An incident without what was split off it by hand, and that as incidents of their own.

    The root stays; a series that the incident does not have is no part of it.
    """
    kept, found = incident, []
    for part in parts:
        taken = [
            finding
            for finding in kept.findings
            if finding.deviation.series.label == part.series
            and part.stage in {None, finding.deviation.series.stage}
            and finding.deviation.key != incident.root
        ]
        if part.alert_id != incident.id or not taken:
            continue
        left = tuple(finding for finding in kept.findings if finding not in taken)
        kept = replace(kept, findings=left)
        found.append(_alone(incident, part, tuple(taken)))
    return kept, found


def _alone(incident: Incident, part: Part, findings: tuple[Finding, ...]) -> Incident:
    first = findings[0].deviation
    cleared = [f.cleared_at for f in findings if f.cleared_at is not None]
    quiet = max(cleared) if len(cleared) == len(findings) else None
    return Incident(
        id=part_id(part),
        fingerprint=fingerprint_of(first, first.detector),
        model=first.series.model,
        opened_at=findings[0].raised_at,
        updated_at=max(f.deviation.at for f in findings),
        findings=findings,
        root=first.key,
        severity=worst(f.deviation.severity for f in findings),
        quiet_since=quiet,
        ended_at=quiet if quiet is not None and incident.ended_at is not None else None,
        refresh_at=part.at,
    )
