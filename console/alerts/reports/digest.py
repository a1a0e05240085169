"""The digest: what is open, what was resolved, what is drifting, what was planned, what it cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from console.alerts.alert import Alert, Evidence
from console.alerts.incident import at_least
from console.alerts.marks import Mark
from console.alerts.quantity import quantity_of
from console.alerts.wording import figure, fit, length, listed, moment

MOST_NAMED = 5
TITLE_CELLS = 72
FINGERPRINT = blake2b(b"interval digest", digest_size=6).hexdigest()


@dataclass(frozen=True, slots=True)
class Entry:
    """One incident as a digest sees it."""

    alert: Alert
    """With its state as of the digest."""
    predictions: float | None
    """That it concerned since the last digest; None: unknown."""
    value: float | None
    """What those are worth, in the user's own unit."""


def digest_id(at: float) -> str:
    """Hash of the time."""
    return blake2b(f"interval digest\0{at:.3f}".encode(), digest_size=6).hexdigest()


def digest(
    entries: Sequence[Entry],
    marks: Sequence[Mark],
    reports: Sequence[Alert],
    since: float,
    at: float,
) -> Alert:
    """What there is to tell of `[since, at)`; `reports` are those on events, made in that time."""
    # A restart finds them in another order.
    entries = sorted(entries, key=lambda entry: (entry.alert.started_at, entry.alert.id))
    alerts = [entry.alert for entry in entries]
    open_now = [a for a in alerts if a.state in {"open", "acknowledged", "snoozed"}]
    loud = sorted(
        (a for a in open_now if at_least(a.severity, "warning")),
        key=lambda a: (a.severity != "critical", a.started_at, a.id),
    )
    over = [a for a in alerts if a.ended_at is not None and since < a.ended_at <= at]
    drifting = sorted({_place(a) for a in open_now if _drifts(a)})
    counted = [
        f"{len(loud)} open",
        f"{len(over)} resolved",
        f"{len(drifting)} drifting",
        f"{len(marks)} events" if len(marks) != 1 else "1 event",
    ]
    return Alert(
        id=digest_id(at),
        fingerprint=FINGERPRINT,
        severity="info",
        state="open",
        trigger="interval",
        model=None,
        stage=None,
        version=None,
        series=None,
        detector="schedule",
        started_at=since,
        opened_at=at,
        updated_at=at,
        ended_at=None,
        title=fit(f"The last {length(at - since)}: {', '.join(counted)}", TITLE_CELLS),
        what=" ".join(
            [*_state(loud, len(open_now) - len(loud), over, drifting), *_planned(marks, reports)]
        ),
        where=listed(sorted({a.model for a in alerts if a.model})) or "no model concerned",
        when=f"{moment(since)} to {moment(at)} UTC.",
        impact=_cost(entries),
        evidence=Evidence(),
        suggestions=tuple(f"Look at: {a.title}" for a in loud[:MOST_NAMED]) or ("Nothing to do",),
        features={"severity": 0.1, "novelty": 1.0},
    )


def _state(
    loud: Sequence[Alert],
    quiet: int,
    over: Sequence[Alert],
    drifting: Sequence[str],
) -> Iterable[str]:
    if loud:
        yield f"Open ({len(loud)}): {_named(a.title for a in loud)}."
    else:
        yield "Nothing is open."
    if quiet:
        yield f"Besides, {quiet} of no alarm."
    if over:
        yield f"Resolved ({len(over)}): {_named(a.title for a in over)}."
    if drifting:
        yield f"Drifting: {listed(list(drifting), MOST_NAMED)}."


def _planned(marks: Sequence[Mark], reports: Sequence[Alert]) -> Iterable[str]:
    if marks:
        kinds = sorted({mark.type for mark in marks})
        changed = sum(bool(report.members) for report in reports)
        of = f"{changed} of them" if changed else "none"
        yield f"Marked: {len(marks)} ({listed(kinds)}); {of} changed anything."


def _named(titles: Iterable[str]) -> str:
    return listed(list(titles), MOST_NAMED)


def _drifts(alert: Alert) -> bool:
    kind = quantity_of(alert.detector, alert.series or "", alert.stage)
    return kind == "distribution" and alert.explained_by is None


def _place(alert: Alert) -> str:
    return f"{alert.series} of {alert.model}" if alert.model else str(alert.series)


def _cost(entries: Sequence[Entry]) -> str:
    """What open and resolved incidents cost since the last digest, as far as it is known."""
    known = [entry.predictions for entry in entries if entry.predictions]
    if not known:
        return "No prediction is known to be concerned."
    text = f"About {figure(sum(known))} predictions were concerned"
    worth = [entry.value for entry in entries if entry.value]
    return f"{text}, worth {figure(sum(worth))}." if worth else f"{text}."
