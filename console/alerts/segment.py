"""The part of the traffic that deviates alone: a value of a tag whose siblings do not."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from console.alerts.history import History
from console.alerts.incident import Finding, Incident
from console.alerts.severity import credible
from console.records.series import tag_text

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Segment:
    """`tag=value` of a metric that deviates while others of the tag do not."""

    stage: str | None
    name: str
    segment: str
    siblings: int
    """How many other values of the tag do not deviate."""


def segments_of(incident: Incident, history: History) -> tuple[Segment, ...]:
    """The segments that an incident is confined to, by metric; none if whole metrics deviate."""
    by_metric: dict[tuple[str | None, str | None, str], list[Finding]] = defaultdict(list)
    for finding in incident.findings:
        series = finding.deviation.series
        if series.tags and credible(finding):
            by_metric[series.model, series.stage, series.name].append(finding)
    found = []
    for (model, stage, name), findings in by_metric.items():
        known = history.series(model)
        rows = known.filter(name=name).select("stage", "tags").iter_rows()
        every = [pairs(tags) for where, tags in rows if where == stage and tags]
        here = [pairs(finding.deviation.series.tags) for finding in findings]
        for tag, value in sorted(_common(here)):
            others = {v for tags in every for t, v in tags if t == tag} - {value}
            if others:
                found.append(Segment(stage, name, f"{tag}={value}", len(others)))
    return tuple(found)


def pairs(tags: str | None) -> frozenset[Pair]:
    """The tags of a series as pairs of texts."""
    if not tags:
        return frozenset()
    return frozenset(
        (tag, tag_text(json.dumps({tag: value})).partition("=")[2])
        for tag, value in json.loads(tags).items()
    )


def _common(listed: Iterable[frozenset[Pair]]) -> frozenset[Pair]:
    """The pairs that all have."""
    return frozenset.intersection(*listed)
