"""The report on a marked event once it has settled: versions, what changed, and a verdict.

It is `info`, whatever it says: what is wrong is told by an incident of its own. An event that
should change nothing (an import or a backup), or a routine one, of which there were several of
the same type and scope in two weeks, is reported only if it changed something beyond doubt.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

from console.alerts.alert import Alert, Cause, Evidence, Member
from console.alerts.cause import harm
from console.alerts.expectation import expects
from console.alerts.history import History
from console.alerts.marks import Mark, marks_of
from console.alerts.quantity import adverse, quantity
from console.alerts.rank import tier_feature
from console.alerts.reports.changes import Change, Rival, compare
from console.alerts.wording import amount, fit, length, listed, moment
from console.config.settings import Settings
from console.detectors.protocol import Deviation
from console.records.clock import DAY, HOUR, MINUTE, epoch

SETTLE_S = 2 * HOUR
"""How long after its beginning an event is reported on."""
ROUTINE = 3
"""Events of the same type and scope within two weeks that make the next one routine."""
EVENTFUL = frozenset({"deploy", "retrain", "campaign", "sale", "promotion", "stage_added"})
"""Types of which it is news that they changed nothing."""
ODDS, ROUTINE_ODDS = 20.0, 200.0
"""Odds that a series changed, times the number of series, of an event and of a routine one."""
AT_EVENT, LEAST_SPREADS = 0.9, 2.0
"""How likely a change must have been at the event, and how large, in usual standard deviations."""
MOST_A_DAY = 24
"""Events of the same type and scope in a day beyond which they are no events but a stream."""
NEW_VERSION_S = 15 * MINUTE
"""A version may be seen so much before the event that announces it."""
MOST_TOLD, MOST_MEMBERS = 3, 12
MOST_MODELS = 20
TITLE_CELLS = 72

Judgement = Literal["expected", "worse", "better", "different"]


@dataclass(frozen=True, slots=True)
class Judged:
    """A change with what to think of it."""

    change: Change
    judgement: Judgement


def due_at(mark: Mark) -> float:
    """When an event has settled."""
    return mark.ts + SETTLE_S


def report_id(mark: Mark) -> str:
    """Hash of the event: its id, model and time."""
    return _digest("planned_event", mark.id, mark.model or "", f"{mark.ts:.3f}")


def worth_a_look(mark: Mark, earlier: Sequence[Mark]) -> bool:
    """Whether an event is one to report on, and no line of a stream of events."""
    return len([m for m in _kin(mark, earlier) if m.ts > mark.ts - DAY]) < MOST_A_DAY


def report(
    mark: Mark, earlier: Sequence[Mark], history: History, settings: Settings
) -> Alert | None:
    """The report on an event, as of `due_at`; None if it is routine and changed nothing.

    `earlier` are the events of the two weeks before it.
    """
    until = due_at(mark)
    models = _models(mark, history, settings)
    near = [
        other
        for other in marks_of(history.events(mark.ts - DAY, until))
        if other != mark and (mark.concerns(other.model) or other.concerns(mark.model))
    ]
    own = max(harm(mark, earlier), 1e-6)
    rivals = [Rival(other.ts, harm(other, earlier) / own) for other in near]
    looked = [change for model in models for change in compare(mark, model, history, until, rivals)]
    routine = mark.type not in EVENTFUL or len(_kin(mark, earlier)) >= ROUTINE
    least = math.log((ROUTINE_ODDS if routine else ODDS) * max(len(looked), 1))
    changes = sorted(
        (one for one in looked if _telling(one, mark, near, least)),
        key=lambda one: (-one.odds, one.series.stage or "", one.series.label),
    )
    if not changes and (routine or not looked):
        return None
    judged = tuple(Judged(change, _judgement(change, mark, until)) for change in changes)
    return _alert(mark, judged, len(looked), _versions(mark, history, until), settings)


def _telling(change: Change, mark: Mark, near: Sequence[Mark], least: float) -> bool:
    """Whether a series has changed with the event.

    Of what the event is expected to do, half the certainty is enough; what another event was
    expected to do is that one's.
    """
    deviation = _deviation(change, mark, due_at(mark))
    if expects(mark, deviation):
        return (
            change.odds >= math.log(ODDS)
            and change.at_event >= AT_EVENT / 2
            and change.spreads >= LEAST_SPREADS / 4
        )
    return (
        change.odds >= least
        and change.at_event >= AT_EVENT
        and change.spreads >= LEAST_SPREADS
        and not any(expects(other, deviation) for other in near)
    )


def _kin(mark: Mark, earlier: Sequence[Mark]) -> list[Mark]:
    return [
        other
        for other in earlier
        if (other.type, other.model) == (mark.type, mark.model) and other.ts < mark.ts
    ]


def _models(mark: Mark, history: History, settings: Settings) -> tuple[str | None, ...]:
    """Whose series are compared: the event's model, or every model for one of the whole fleet."""
    if mark.model is not None:
        return (mark.model,)
    named = set(history.series(None)["model"].drop_nulls().to_list())
    return tuple(sorted(named | {entry.name for entry in settings.models}))[:MOST_MODELS]


def _deviation(change: Change, mark: Mark, until: float) -> Deviation:
    return Deviation(
        detector="event",
        phase="raised",
        series=change.series,
        at=until,
        onset=mark.ts,
        severity="info",
        reason="changed with a marked event",
        direction=change.direction,
        before=change.before,
        after=change.after,
    )


def _judgement(change: Change, mark: Mark, until: float) -> Judgement:
    deviation = _deviation(change, mark, until)
    if expects(mark, deviation):
        return "expected"
    if quantity(deviation) in {"other", "distribution"}:
        return "different"
    return "worse" if adverse(deviation) else "better"


def _versions(mark: Mark, history: History, until: float) -> tuple[str | None, str | None]:
    """The version before the event, and the one that it brought."""
    rows = history.version_counts(mark.ts - DAY, until, 1)
    own = rows.filter(model=mark.model) if mark.model is not None else rows.head(0)
    spans = sorted((epoch(last), version, epoch(first)) for version, first, last in own.select(
        "version", "first", "last"
    ).iter_rows())  # fmt: skip
    fresh = [version for _, version, first in spans if first >= mark.ts - NEW_VERSION_S]
    old = [version for _, version, first in spans if first < mark.ts - NEW_VERSION_S]
    new = mark.version or (fresh[-1] if fresh else None)
    before = [version for version in old if version != new]
    return (before[-1] if before else None), new


def _alert(
    mark: Mark,
    judged: Sequence[Judged],
    looked: int,
    versions: tuple[str | None, str | None],
    settings: Settings,
) -> Alert:
    until = due_at(mark)
    first = judged[0].change if judged else None
    counted = f"{len(judged)} of {looked} series changed" if judged else "nothing changed"
    tail = f" · {mark.model}" if mark.model else ""
    head = f"{mark.type} {mark.version or ''}".strip()
    old, new = versions
    return Alert(
        id=report_id(mark),
        fingerprint=_digest("planned_event", mark.type, mark.model or ""),
        severity="info",
        state="open",
        trigger="planned_event",
        model=mark.model,
        stage=first.series.stage if first else None,
        version=new,
        series=first.series.label if first else None,
        detector="event",
        started_at=mark.ts,
        opened_at=until,
        updated_at=until,
        ended_at=None,
        title=fit(fit(f"{head} settled: {counted}", TITLE_CELLS - len(tail)) + tail, TITLE_CELLS),
        what=_what(mark, judged, looked),
        where=" · ".join(
            part
            for part in (
                mark.model or "all models",
                f"{old} → {new}" if old and new else new or old,
                mark.stage,
            )
            if part
        ),
        when=f"At {moment(mark.ts)} UTC, compared over the {length(until - mark.ts)} since.",
        impact=_verdict(judged),
        why=(
            Cause(f"Settled: {mark.words}", "event", 0.95, mark.id, mark.ts, mark.stage),
            Cause("Unknown: something else at the same time", "unknown", 0.05),
        ),
        explained_by=mark.id,
        evidence=Evidence(
            before=first.before if first else None,
            after=first.after if first else None,
            points=first.points if first else (),
        ),
        members=tuple(
            Member(c.series.model, c.series.stage, c.series.label, "event", mark.ts)
            for c in (one.change for one in judged[:MOST_MEMBERS])
        ),
        suggestions=_suggestions(judged, versions),
        features={
            "severity": 0.1,
            "tier": tier_feature(settings.model(mark.model).tier),
            "explained": 1.0,
            "novelty": 1.0 if judged else 0.0,
        },
    )


def _what(mark: Mark, judged: Sequence[Judged], looked: int) -> str:
    if not judged:
        return f"{mark.words} has settled: none of {looked} series changed with it."
    told = [_sentence(one) for one in judged[:MOST_TOLD]]
    rest = len(judged) - len(told)
    if rest:
        told.append(f"{rest} more")
    return f"{mark.words} has settled, {len(judged)} of {looked} series changed: {listed(told)}."


def _sentence(one: Judged) -> str:
    change = one.change
    name = change.series.name
    verb = "rose" if change.direction > 0 else "fell"
    numbers = f"from {amount(change.before, name)} to {amount(change.after, name)}"
    return f"{change.series.label} {verb} {numbers} ({one.judgement})"


def _verdict(judged: Sequence[Judged]) -> str:
    if not judged:
        return "Verdict: nothing changed."
    by = {
        kind: [one.change.series.label for one in judged if one.judgement == kind]
        for kind in ("worse", "different", "better", "expected")
    }
    parts = [f"{kind}: {listed(names)}" for kind, names in by.items() if names]
    return f"Verdict: {'; '.join(parts)}."


def _suggestions(
    judged: Sequence[Judged], versions: tuple[str | None, str | None]
) -> tuple[str, ...]:
    if any(one.judgement == "worse" for one in judged):
        old, new = versions
        back = f" ({new} back to {old})" if old and new else ""
        return (f"See the alerts since then; undo the change if they are its doing{back}",)
    if any(one.judgement == "different" for one in judged):
        return ("Press Enter to compare before and after; mark what was wanted as expected",)
    return ("Nothing to do: acknowledge it (a)",)


def _digest(*parts: str) -> str:
    return blake2b("\0".join(parts).encode(), digest_size=6).hexdigest()
