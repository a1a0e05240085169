"""How loud an incident is, and which of its findings stands for it.

A fact (a limit of the user's broken, a stream silent, realised performance below its interval)
speaks for itself. What is merely unusual must be beyond doubt alone, or be corroborated by other
series; anything less is `info`: shown, never loud.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from console.alerts.expectation import explaining
from console.alerts.incident import Finding, Incident, at_least, worst
from console.alerts.marks import Mark
from console.alerts.quantity import STATISTICAL, adverse, outcome, quantity, stage_position
from console.config.settings import Settings
from console.detectors.protocol import Deviation, Severity
from console.records.clock import HOUR

SURE = 0.9
"""Confidence with which an unusual series may be loud on its own, or several together."""
LARGE = 6.0
"""Effect, in usual standard deviations, that needs no company either."""
CORROBORATING = 0.5
"""Least confidence of a finding that counts as company."""
TOGETHER_S = HOUR
"""Onsets so near each other count as one start."""
LABELS_SILENT_S = 6 * HOUR
"""Labels come when they come: their silence is loud only after so long."""
WIDE = 3
"""Stages that a warning must reach to be critical on a model of the first tier."""
UNDER_LOAD = frozenset({"load", "traffic", "business", "distribution"})
"""What more traffic moves by itself."""


def assess(incident: Incident, marks: Sequence[Mark], settings: Settings, now: float) -> Incident:
    """The incident with severity, explanation and root as its findings and the events have it."""
    unexplained: list[Finding] = []
    reasons: list[Mark] = []
    for finding in incident.findings:
        mark = explaining(_timed(finding, incident), marks)
        if mark is None:
            unexplained.append(_patient(finding, now))
        else:
            reasons.append(mark)
    severity = severity_of(unexplained, settings.model(incident.model).tier)
    explained = None
    if reasons and severity == "info":
        explained = reasons[0].id
    telling = [f.deviation.key for f in unexplained] if severity != "info" else None
    able = [f for f in incident.findings if telling is None or f.deviation.key in telling]
    root = root_of(able, settings)
    key = root.deviation.key
    return replace(
        incident,
        severity=severity,
        explained_by=explained,
        root=key,
        changed_at=incident.changed_at if key == incident.root else None,
        known_at=incident.told_at if key != incident.root else incident.known_at,
    )


def _timed(finding: Finding, incident: Incident) -> Deviation:
    """The deviation with the onset that the series itself tells, where it is the root and does."""
    deviation, changed = finding.deviation, incident.changed_at
    if changed is None or deviation.key != incident.root:
        return deviation
    return replace(deviation, onset=min(changed, deviation.at))


def _patient(finding: Finding, now: float) -> Finding:
    """As information as long as it is only labels, or what is made of them, that are silent."""
    deviation = finding.deviation
    if quantity(deviation) != "staleness" or not outcome(deviation):
        return finding
    end = now if finding.cleared_at is None else finding.cleared_at
    if end - deviation.onset >= LABELS_SILENT_S:
        return finding
    return replace(finding, deviation=replace(deviation, severity="info"))


def severity_of(findings: Sequence[Finding], tier: int) -> Severity:
    """The severity of unexplained findings taken together."""
    telling = _telling(findings)
    loud = [finding for finding in telling if convincing(finding)]
    severity = worst(finding.deviation.severity for finding in loud)
    if severity == "info" and _corroborated(telling):
        severity = "warning"
    if severity == "warning" and tier <= 1 and _wide(telling):
        severity = "critical"
    return severity


def convincing(finding: Finding) -> bool:
    """Whether a finding is loud without company."""
    deviation = finding.deviation
    if deviation.severity == "info":
        return False
    if deviation.detector not in STATISTICAL:
        return True
    return adverse(deviation) and (
        deviation.confidence >= SURE or (deviation.effect_size or 0.0) >= LARGE
    )


def credible(finding: Finding) -> bool:
    """Whether a finding may stand for its incident."""
    deviation = finding.deviation
    if deviation.severity == "info" and deviation.confidence < SURE:
        return False
    return deviation.detector not in STATISTICAL or adverse(deviation)


def confidence_of(findings: Iterable[Finding]) -> float:
    """Probability that not all of several findings are chance, one a series, taken as independent.

    A finding of severity info counts half.
    """
    best: dict[tuple[str | None, str], float] = {}
    for finding in findings:
        deviation = finding.deviation
        weight = 1.0 if deviation.severity != "info" else 0.5
        place = (deviation.series.stage, deviation.series.name)
        value = weight * min(max(deviation.confidence, 0.0), 1.0)
        best[place] = max(best.get(place, 0.0), value)
    return 1.0 - math.prod(1.0 - value for value in best.values())


def root_of(findings: Sequence[Finding], settings: Settings) -> Finding:
    """The earliest-stage, then earliest credible finding among those that started first together.

    Realised performance is the end of every chain, wherever its stage stands in the order, so it
    is the root only of an incident that has nothing else.
    """
    able = [finding for finding in findings if credible(finding)] or list(findings)
    first = min(finding.deviation.onset for finding in able)
    together = [f for f in able if f.deviation.onset <= first + max(TOGETHER_S, doubt_s(f))]

    def order(finding: Finding) -> tuple[bool, float, float, float, str, int]:
        deviation = finding.deviation
        series = deviation.series
        return (
            outcome(deviation),
            stage_position(settings, series.model, series.stage),
            deviation.onset,
            -(deviation.effect_size or 0.0),
            *deviation.key,
        )

    return min(together, key=order)


def doubt_s(finding: Finding) -> float:
    """How uncertain an onset is, at most six hours.

    Half of the time that it took to find what is merely unusual; a tenth for a fact, whose
    beginning is known, and which was only held back to be sure.
    """
    share = 0.5 if finding.deviation.detector in STATISTICAL else 0.1
    return min(share * (finding.raised_at - finding.deviation.onset), 6 * HOUR)


def _telling(findings: Sequence[Finding]) -> list[Finding]:
    """Facts, and what is unusual and can be bad, without what more traffic explains by itself."""
    busy = any(quantity(f.deviation) == "traffic" and f.deviation.direction > 0 for f in findings)
    return [
        f
        for f in findings
        if f.deviation.detector not in STATISTICAL
        or (adverse(f.deviation) and not (busy and quantity(f.deviation) in UNDER_LOAD))
    ]


def _corroborated(findings: Sequence[Finding]) -> bool:
    company = [f for f in findings if f.deviation.confidence >= CORROBORATING]
    names = {(f.deviation.series.stage, f.deviation.series.name) for f in company}
    return (
        len(names) > 1
        and any(at_least(f.deviation.severity, "warning") for f in company)
        and confidence_of(company) >= SURE
    )


def _wide(findings: Sequence[Finding]) -> bool:
    grave = [f for f in findings if at_least(f.deviation.severity, "warning")]
    stages = {f.deviation.series.stage for f in grave}
    kinds = {quantity(f.deviation) for f in grave}
    return len(stages) >= WIDE and bool(kinds & {"errors", "performance", "quality"})
