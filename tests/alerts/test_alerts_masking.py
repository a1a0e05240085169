"""No degradation that starts inside the window of a marked event is taken for its effect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from console.alerts.grouping import fold
from console.alerts.incident import Incidents
from console.alerts.marks import Mark
from console.detectors.protocol import Deviation

MINUTE, HOUR = 60.0, 3600.0
TRIALS = 1000

EVENTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("campaign", "seasonal campaign goes live", {}),
    ("sale", "black friday", {"planned": False}),
    ("data_import", "import batch 7", {}),
    ("deploy", "recalibrated scores, a shift of the prediction mean is expected", {}),
    ("deploy", "v12, slower: latency is expected to rise", {}),
    ("retrain", "refit", {"attributes": {"expected": {"latency_p95_ms": {"at_most": 150.0}}}}),
    ("config", "weights", {"attributes": {"expected": {"f1": {"direction": "up"}}}}),
    ("maintenance", "silence of the feature store is expected", {}),
)
"""Events that move something, each in its own way."""


def degradations(world: Any, at: float, random: np.random.Generator) -> list[Deviation]:
    """One of each kind: none of it is what any of the events above is expected to do."""
    onset = at - random.uniform(0.0, 10.0) * MINUTE
    sigma = float(random.uniform(2.0, 8.0))

    def told(name: str, before: float, after: float, **changes: Any) -> Deviation:
        fields = {
            "direction": 1 if after > before else -1,
            "before": before,
            "after": after,
            "effect_size": sigma,
            "confidence": 0.95,
            **changes,
        }
        found: Deviation = world.deviation(name, at, onset, **fields)
        return found

    return [
        told("f1", 0.9, 0.9 - 0.02 * sigma, detector="performance", stage="training"),
        told("auc", 0.93, 0.9 - 0.02 * sigma, stage="business"),
        told("error_rate", 0.01, 0.01 * (1.0 + sigma)),
        told("null_rate", 0.01, 0.02 * sigma, stage="upstream"),
        told("null_rate(age)", 0.0, 0.4, stage="features", detector="quality"),
        told("latency_p95_ms", 100.0, 100.0 * random.uniform(1.9, 9.0), **_unplanned(random)),
        told("requests", 100.0, 100.0 * random.uniform(0.2, 0.7)),
        told("revenue", 100.0, 100.0 * random.uniform(0.2, 0.7), stage="business"),
        told("requests", 100.0, 100.0 * random.uniform(11.0, 50.0), detector="threshold"),
        told("brier", 0.1, 0.2, stage="business"),
    ]


def _unplanned(random: np.random.Generator) -> dict[str, Any]:
    """A rule of the user's own is not part of any plan that does not name a limit."""
    return {"detector": "threshold", "severity": "critical"}


def trial(world: Any, number: int) -> tuple[Mark, Deviation]:
    """An event, and a degradation that starts in its window."""
    random = np.random.default_rng([7, number])
    kind, title, more = EVENTS[number % len(EVENTS)]
    ts = world.T0
    lasts = random.random() < 0.5
    mark = Mark(
        id=f"e{number}",
        ts=ts,
        end_ts=ts + 8 * HOUR if lasts else None,
        model=None if random.random() < 0.2 else "fraud",
        stage=None,
        version=None,
        type=kind,
        title=title,
        planned=bool(more.get("planned", True)),
        attributes=more.get("attributes", {}),
    )
    inside = random.uniform(0.2, 7.0 if lasts else 0.9) * HOUR
    listed = degradations(world, ts + inside, random)
    return mark, listed[int(random.integers(len(listed)))]


def masked(world: Any, of: Callable[[Any, int], tuple[Mark, Deviation]]) -> list[str]:
    found = []
    for number in range(TRIALS):
        mark, deviation = of(world, number)
        state, _ = fold(Incidents(), [deviation], [mark], deviation.at, world.settings)
        (incident,) = state.by_id.values()
        if incident.explained_by is not None:
            found.append(f"{mark.type} {mark.title!r} hides {deviation.series.name}")
    return found


def test_no_degradation_inside_the_window_of_an_event_is_masked(world: Any) -> None:
    assert masked(world, trial) == []


def test_the_expected_effects_of_the_same_events_are_recognised(world: Any) -> None:
    """The measure can fail: what is expected is indeed taken for expected."""

    def benign(world: Any, number: int) -> tuple[Mark, Deviation]:
        mark, _ = trial(world, len(EVENTS) * number)
        at = mark.ts + 20 * MINUTE
        return mark, world.deviation("requests", at, mark.ts + MINUTE, before=100.0, after=180.0)

    assert len(masked(world, benign)) == TRIALS
