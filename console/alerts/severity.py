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
from console.detectors.protocol import Severity
from console.records.clock import HOUR

SURE = 0.9
"""Confidence with which an unusual series may be loud on its own, or several together."""
LARGE = 6.0
"""Effect, in usual standard deviations, that needs no company either."""
CORROBORATING = 0.5
"""Least confidence of a finding that counts as company."""
TOGETHER_S = HOUR
"""Onsets so near each other count as one start."""
WIDE = 3
"""Stages that a warning must reach to be critical on a model of the first tier."""
UNDER_LOAD = frozenset({"load", "traffic", "business", "distribution"})
"""What more traffic moves by itself."""


def assess(incident: Incident, marks: Sequence[Mark], settings: Settings) -> Incident:
    """The incident with severity, explanation and root as its findings and the events have it."""
    unexplained: list[Finding] = []
    reasons: list[Mark] = []
    for finding in incident.findings:
        mark = explaining(finding.deviation, marks)
        if mark is None:
            unexplained.append(finding)
        else:
            reasons.append(mark)
    severity = severity_of(unexplained, settings.model(incident.model).tier)
    explained = None
    if reasons and severity == "info":
        explained = reasons[0].id
    root = root_of(unexplained if severity != "info" else incident.findings, settings)
    return replace(incident, severity=severity, explained_by=explained, root=root.deviation.key)


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
    """How uncertain an onset is: half of the time that finding it took, at most six hours."""
    return min(0.5 * (finding.raised_at - finding.deviation.onset), 6 * HOUR)


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
