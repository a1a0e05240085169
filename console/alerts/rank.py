"""The order of the inbox, every place explained by terms that add up to the score.

Score = prior (`prior.py`) + the urge of age + the user's mark, and in the lanes where learning
counts (`board.py`) what was learned of this user (`learning.py`), held to +-2.5.

Priority is 100 x sigmoid(score) laid into its lane's band of 0..100 (`BANDS`), so that a higher
priority always means a better place.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from console.alerts.alert import Alert, RankReason
from console.alerts.board import (
    AT_REST,
    IMPORTANT,
    LEARNED_LANES,
    OVERDUE_LANE,
    REST_LANE,
    Board,
    Subject,
    aged,
    neglected,
)
from console.alerts.learning import CLIP, PLAIN, Key, Leaning, Taste, keys_of
from console.alerts.prior import BIAS, NAMES, WEIGHTS, WORDING, Topic, sigmoid, topic
from console.alerts.triage import Journal
from console.config.settings import Settings

BANDS = ((80.0, 100.0), (60.0, 80.0), (30.0, 60.0), (15.0, 30.0), (5.0, 15.0), (0.0, 5.0))
"""Priorities of the lanes, 0 to 5."""
START = "where every alert starts"
SET_ASIDE = "what you did is set aside: the plain order has served you better lately"
HELD = "what you did counts no further"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an alert stands, and why."""

    index: int
    """Which of the alerts given."""
    rank: int
    """From 1."""
    priority: float
    """0..100."""
    reasons: tuple[RankReason, ...]
    """Strongest first; their weights add up to the score."""


def rank(
    alerts: Iterable[Alert],
    now: float,
    settings: Settings,
    journal: Journal,
    taste: Taste = PLAIN,
) -> tuple[Alert, ...]:
    """The alerts in the order of the inbox, with rank, priority and reasons filled in."""
    known = [
        replace(
            alert,
            features={"tier": tier_feature(settings.model(alert.model).tier), **alert.features},
        )
        for alert in alerts
    ]
    return tuple(
        replace(
            known[place.index],
            rank=place.rank,
            priority=place.priority,
            rank_reasons=place.reasons,
        )
        for place in placed([_subject(alert, journal) for alert in known], now, taste)
    )


def placed(subjects: Sequence[Subject], now: float, taste: Taste) -> list[Place]:
    """The places of the subjects, best first."""
    order = Board(subjects).order(taste, now)
    found = []
    for number, index in enumerate(order.places.tolist(), start=1):
        subject, in_lane = subjects[index], int(order.lanes[index])
        reasons = terms(
            dict(zip(NAMES, subject.topic.values, strict=True)),
            (now if subject.ended_at is None else min(subject.ended_at, now)) - subject.opened_at,
            important=subject.important,
            further=_further(subject, in_lane, now, taste),
        )
        place = priority(in_lane, float(order.scores[index]), subject.state)
        found.append(Place(index, number, place, reasons))
    return found


def terms(
    features: Mapping[str, float],
    age_s: float,
    *,
    important: bool = False,
    further: Sequence[RankReason] = (),
) -> tuple[RankReason, ...]:
    """The terms of the score, strongest first; the start, which is no reason, comes last."""
    weights = {
        WORDING[name]: weight * features[name]
        for name, weight in WEIGHTS.items()
        if features.get(name)
    }
    if waited := float(aged(age_s)):
        weights["how long it has been waiting"] = waited
    if important:
        weights["you marked it important"] = IMPORTANT
    level = math.fsum(reason.weight for reason in further if reason.text == START)
    reasons = [
        *(RankReason(text, weight) for text, weight in weights.items()),
        *(reason for reason in further if reason.text != START),
    ]
    strongest = sorted(reasons, key=lambda reason: (-abs(reason.weight), reason.text))
    return (*strongest, RankReason(START, BIAS + level))


def learned_terms(of: Topic, taste: Taste) -> tuple[RankReason, ...]:
    """What a user's acts add to the score of an alert, term by term."""
    if taste.gate == "closed":
        return (RankReason(SET_ASIDE, 0.0),)
    if taste.gate != "open":
        return ()
    found = [
        RankReason(
            f"{WORDING[name]} matters {'more' if weight > 0 else 'less'} to you, "
            f"from {_alerts(taste.examples)}",
            weight * value,
        )
        for name, weight, value in zip(NAMES, taste.dense, of.values, strict=True)
        if weight * value
    ]
    known = [(key, taste.leanings[key]) for key in keys_of(of) if key in taste.leanings]
    found += [RankReason(_told(key, one), one.weight) for key, one in known if one.weight]
    total = math.fsum(reason.weight for reason in found)
    if abs(total) > CLIP:
        found.append(RankReason(HELD, math.copysign(CLIP, total) - total))
    return (*found, RankReason(START, taste.level))


def _further(subject: Subject, in_lane: int, now: float, taste: Taste) -> tuple[RankReason, ...]:
    """The terms that belong to a lane of their own."""
    if in_lane in LEARNED_LANES:
        return learned_terms(subject.topic, taste)
    waited = float(neglected(now - subject.opened_at)) if in_lane == OVERDUE_LANE else 0.0
    return (RankReason("nobody has looked at it for so long", waited),) if waited else ()


def score(reasons: Iterable[RankReason]) -> float:
    """The sum of the terms."""
    return math.fsum(reason.weight for reason in reasons)


def lane(alert: Alert, now: float, *, seen: bool) -> int:
    """The lane of one alert."""
    subject = replace(_subject(alert, Journal()), seen=seen)
    return int(Board((subject,)).lanes(now)[0])


def priority(lane_number: int, value: float, state: str = "open") -> float:
    """The place of a score within the band of its lane; the states at rest share theirs."""
    low, high = BANDS[lane_number]
    if lane_number == REST_LANE and state in AT_REST:
        share = (high - low) / len(AT_REST)
        high -= share * AT_REST.index(state)
        low = high - share
    return low + (high - low) * sigmoid(value)


def tier_feature(tier: int) -> float:
    """1 for the first tier, less for each further one, never below .1."""
    return max(1.0 - 0.35 * (tier - 1), 0.1) if tier >= 1 else 1.0


def _subject(alert: Alert, journal: Journal) -> Subject:
    word = journal.of(alert.id)
    return Subject(
        id=alert.id,
        topic=topic(alert.detector, alert.model, alert.features),
        severity=alert.severity,
        state=alert.state,
        explained=alert.explained_by is not None,
        opened_at=alert.opened_at,
        ended_at=alert.ended_at,
        seen=word.seen,
        important=word.important,
    )


def _told(key: Key, one: Leaning) -> str:
    """`you acted on 7 of 8 'drift' alerts`; after a change of taste there may be none yet."""
    quoted = [f"'{name}'" for name in key[1:]]
    what = {
        "detector": f"{quoted[0]} alerts",
        "model": f"alerts of {quoted[0]}",
        "cross": f"{quoted[0]} alerts of {quoted[-1]}",
    }[key[0]]
    if not one.seen:
        return f"your taste for {what} has changed"
    return f"you acted on {one.useful} of {one.seen} {what}"


def _alerts(count: int) -> str:
    return "1 alert" if count == 1 else f"{count} alerts"
