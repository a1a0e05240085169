"""The features that the rank is computed from, each 0..1 (contracts §4)."""

from __future__ import annotations

import math

from console.alerts.incident import Finding, Incident
from console.alerts.quantity import quantity, stage_order
from console.alerts.rank import tier_feature
from console.alerts.severity import confidence_of, credible
from console.config.settings import Settings
from console.records.clock import MINUTE

SEVERITY = {"critical": 1.0, "warning": 0.6, "info": 0.1}
EFFECT_SCALE = 3.0
"""An effect of z usual spreads becomes 1 - e^(-|z|/3)."""
SHIFT_SCALE = 0.5
"""The same for drift, whose effect is a shift of whole rows, where one spread is a landslide."""
MOST_RAISES = 20
FLAPPING = 6
"""Raised so often within a day, a series flaps fully."""


def features(incident: Incident, now: float, settings: Settings) -> dict[str, float]:
    """The features of an incident at an event time. `correlation` is unknown, hence absent."""
    able = [f for f in incident.findings if credible(f)] or list(incident.findings)
    kinds = {quantity(f.deviation) for f in able}
    raises = sum(len(f.raises) for f in incident.findings)
    order = stage_order(settings, incident.model)
    touched = {f.deviation.series.stage for f in able} - {incident.lead.deviation.series.stage}
    flaps = max(finding.flaps(now) for finding in incident.findings)
    return {
        "severity": SEVERITY[incident.severity],
        "tier": tier_feature(settings.model(incident.model).tier),
        "effect_size": max(effect(f) for f in able),
        "performance_metric": float(bool(kinds & {"performance", "business"})),
        "confidence": min(confidence_of(incident.findings), 1.0),
        "persistence": persistence(incident, now),
        "burst": min(math.log1p(raises - 1) / math.log1p(MOST_RAISES), 1.0),
        "novelty": 1.0 if not incident.recurrence else 0.5 if incident.reopened_at else 0.0,
        "explained": float(incident.explained_by is not None),
        "downstream": min(len(touched) / max(len(order) - 1, 1), 1.0),
        "flap": min(max(flaps - 1, 0) / (FLAPPING - 1), 1.0),
    }


def effect(finding: Finding) -> float:
    """The size of one finding's effect, 0..1."""
    deviation = finding.deviation
    scale = SHIFT_SCALE if deviation.detector == "drift" else EFFECT_SCALE
    return 1.0 - math.exp(-abs(deviation.effect_size or 0.0) / scale)


def persistence(incident: Incident, now: float) -> float:
    """Share of the time since its onset that the root has deviated; 0 once it is over."""
    root = incident.lead
    if not incident.open:
        return 0.0
    active = root.active_s + (now - root.raises[-1] if root.active else 0.0)
    known = max(now - root.raised_at, MINUTE)
    return min(max(active, MINUTE if root.active else 0.0) / known, 1.0)
