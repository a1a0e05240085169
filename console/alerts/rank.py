"""The order of the inbox: a prior in plain numbers, and lanes that nothing crosses.

Score = bias + sum of weight x feature + the urge of age (anchors/alerting.md §2.2); every term is
shown, and they add up to the score. Lanes, best first:

0 *pinned*: critical, not seen yet, not explained by a marked event;
1 *overdue*: a warning or worse that has waited unseen for eight hours;
2 everything else that is open;
3 *passed*: a warning or worse that ended by itself before anybody looked: read in the morning;
4 *digest*: `info` and what a marked event explains;
5 at rest: snoozed, noise, and what was resolved and has been seen.

Priority is 100 x sigmoid(score) laid into its lane's band of 0..100 (`BANDS`), so that a higher
priority always means a better place. Marks of the user never change a lane but by being seen.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

from console.alerts.alert import Alert, RankReason
from console.alerts.triage import Journal
from console.config.settings import Settings
from console.records.clock import HOUR

BIAS = -3.6
WEIGHTS: dict[str, float] = {
    "severity": 1.6,
    "tier": 1.2,
    "effect_size": 1.0,
    "performance_metric": 1.4,
    "correlation": 1.2,
    "confidence": 0.6,
    "persistence": 0.7,
    "burst": 0.2,
    "novelty": 0.6,
    "explained": -1.8,
    "downstream": 0.6,
    "flap": -0.8,
}
"""Logits of the prior, for features in 0..1; an absent feature counts 0."""
AGE_WEIGHT = 0.6
AGE_FULL_S = 48 * HOUR
IMPORTANT = 1.5
"""What the user's own mark adds: as much as severity and a little less than all the rest."""
OVERDUE_S = 8 * HOUR
BANDS = ((80.0, 100.0), (60.0, 80.0), (30.0, 60.0), (15.0, 30.0), (5.0, 15.0), (0.0, 5.0))
"""Priorities of the lanes, 0 to 5."""
REST_LANE = 5
AT_REST = ("snoozed", "resolved", "noise")
"""States that come after all others, in this order."""

WORDING = {
    "severity": "severity",
    "tier": "importance of the model",
    "effect_size": "size of the effect",
    "performance_metric": "realised performance or business metric",
    "correlation": "moves with performance",
    "confidence": "confidence that it is real",
    "persistence": "still going on",
    "burst": "raised again and again",
    "novelty": "new or back again",
    "explained": "expected effect of a marked event",
    "downstream": "stages downstream affected",
    "flap": "on and off",
}


def rank(
    alerts: Iterable[Alert], now: float, settings: Settings, journal: Journal
) -> tuple[Alert, ...]:
    """The alerts in the order of the inbox, with rank, priority and reasons filled in."""
    scored = [_scored(alert, now, settings, journal) for alert in alerts]
    scored.sort(key=lambda pair: pair[0])
    return tuple(replace(alert, rank=place) for place, (_, alert) in enumerate(scored, start=1))


def terms(
    features: Mapping[str, float], age_s: float, *, important: bool = False
) -> tuple[RankReason, ...]:
    """The terms of the score, strongest first; the bias, which is no reason, comes last."""
    weights = {
        WORDING[name]: weight * features[name]
        for name, weight in WEIGHTS.items()
        if features.get(name)
    }
    aged = AGE_WEIGHT * min(max(age_s, 0.0) / AGE_FULL_S, 1.0)
    if aged:
        weights["how long it has been waiting"] = aged
    if important:
        weights["you marked it important"] = IMPORTANT
    reasons = (RankReason(text, weight) for text, weight in weights.items())
    strongest = sorted(reasons, key=lambda reason: (-abs(reason.weight), reason.text))
    return (*strongest, RankReason("where every alert starts", BIAS))


def score(reasons: Iterable[RankReason]) -> float:
    """The sum of the terms."""
    return math.fsum(reason.weight for reason in reasons)


def lane(alert: Alert, now: float, *, seen: bool) -> int:
    """The lane of an alert; learning and marks never change it, but for its having been seen."""
    digest = alert.severity == "info" or alert.explained_by is not None
    if alert.state in AT_REST:
        return 3 if alert.state == "resolved" and not seen and not digest else REST_LANE
    if digest:
        return 4
    if not seen and alert.severity == "critical":
        return 0
    if not seen and now - alert.opened_at >= OVERDUE_S:
        return 1
    return 2


def priority(lane_number: int, value: float) -> float:
    """The place of a score within the band of its lane."""
    low, high = BANDS[lane_number]
    return low + (high - low) * sigmoid(value)


def sigmoid(value: float) -> float:
    """1 / (1 + e^-value) without overflow."""
    if value < 0:
        grown = math.exp(value)
        return grown / (1.0 + grown)
    return 1.0 / (1.0 + math.exp(-value))


def _scored(
    alert: Alert, now: float, settings: Settings, journal: Journal
) -> tuple[tuple[float | str, ...], Alert]:
    triage = journal.of(alert.id)
    ended = alert.ended_at if alert.ended_at is not None else now
    features = {"tier": tier_feature(settings.model(alert.model).tier), **alert.features}
    reasons = terms(features, ended - alert.opened_at, important=triage.important)
    value = score(reasons)
    number = lane(alert, now, seen=triage.seen)
    rest = AT_REST.index(alert.state) if number == REST_LANE else 0
    told = replace(alert, features=features, rank_reasons=reasons, priority=priority(number, value))
    return (number, rest, -value, -alert.opened_at, alert.id), told


def tier_feature(tier: int) -> float:
    """1 for the first tier, less for each further one, never below .1."""
    return max(1.0 - 0.35 * (tier - 1), 0.1) if tier >= 1 else 1.0
