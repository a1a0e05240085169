"""The rank is a sum of shown terms, and no score crosses a lane."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.alerts.alert import Alert, AlertState
from console.alerts.prior import BIAS, WEIGHTS, sigmoid
from console.alerts.rank import BANDS, lane, priority, rank, score, terms
from console.alerts.triage import Journal, Triage
from console.config.settings import ModelSettings, Settings

HOUR = 3600.0
NOW = 1_700_000_000.0
BASE = Alert(
    id="a",
    fingerprint="f",
    severity="warning",
    state="open",
    trigger="unexpected",
    model="m",
    stage="serving",
    version=None,
    series="s",
    detector="anomaly",
    started_at=NOW - 2 * HOUR,
    opened_at=NOW - HOUR,
    updated_at=NOW,
    ended_at=None,
    title="t",
    what="w",
    where="w",
    when="w",
    impact="i",
)
features = st.dictionaries(st.sampled_from(sorted(WEIGHTS)), st.floats(0, 1), max_size=len(WEIGHTS))


def test_the_weights_are_those_of_the_design() -> None:
    assert BIAS == -3.6
    expected = [1.6, 1.2, 1.0, 1.4, 1.2, 0.6, 0.7, 0.2, 0.6, -1.8, 0.6, -0.8]
    assert list(WEIGHTS.values()) == expected


@given(features=features, age=st.floats(-1e6, 1e9), important=st.booleans())
def test_the_terms_add_up_to_the_score_and_the_strongest_stand_first(
    features: dict[str, float], age: float, important: bool
) -> None:
    reasons = terms(features, age, important=important)
    direct = BIAS + sum(WEIGHTS[name] * value for name, value in features.items())
    direct += 0.6 * min(max(age, 0) / (48 * HOUR), 1) + 1.5 * important
    assert abs(score(reasons) - direct) < 1e-9
    sizes = [abs(reason.weight) for reason in reasons[:-1]]
    assert sizes == sorted(sizes, reverse=True)


@given(st.sampled_from(sorted(WEIGHTS)), features)
def test_each_feature_moves_the_score_its_own_way(name: str, others: dict[str, float]) -> None:
    low, high = ({**others, name: value} for value in (0.0, 1.0))
    gain = score(terms(high, 0)) - score(terms(low, 0))
    assert gain == pytest.approx(WEIGHTS[name])


alerts = st.lists(
    st.builds(
        lambda severity, state, age, explained, values: replace(
            BASE,
            severity=severity,
            state=state,
            opened_at=NOW - age,
            explained_by="e" if explained else None,
            features=values,
        ),
        st.sampled_from(["critical", "warning", "info"]),
        st.sampled_from(["open", "acknowledged", "snoozed", "resolved", "noise"]),
        st.floats(0, 72 * HOUR),
        st.booleans(),
        features,
    ),
    max_size=20,
)


@given(alerts, st.sets(st.integers(0, 19)))
def test_lanes_are_never_crossed(found: list[Alert], seen: set[int]) -> None:
    named = [replace(alert, id=f"a{number}") for number, alert in enumerate(found)]
    journal = Journal({f"a{number}": Triage(seen=True) for number in seen})
    ranked = rank(named, NOW, Settings(), journal)
    assert [alert.rank for alert in ranked] == list(range(1, len(named) + 1))
    lanes = [lane(alert, NOW, seen=journal.of(alert.id).seen) for alert in ranked]
    assert lanes == sorted(lanes)
    for number, alert in zip(lanes, ranked, strict=True):
        low, high = BANDS[number]
        assert low <= alert.priority <= high
        assert abs(alert.priority - priority(number, score(alert.rank_reasons), alert.state)) < 1e-9
    open_ones = [alert.priority for alert in ranked if alert.state not in {"snoozed", "noise"}]
    assert open_ones == sorted(open_ones, reverse=True)


@pytest.mark.parametrize(
    ("severity", "age", "seen", "state", "expected"),
    [
        ("critical", 0.0, False, "open", 0),
        ("critical", 0.0, True, "open", 2),
        ("warning", 9 * HOUR, False, "open", 1),
        ("warning", 9 * HOUR, True, "acknowledged", 2),
        ("warning", HOUR, False, "open", 2),
        ("critical", 0.0, False, "resolved", 3),
        ("critical", 0.0, True, "resolved", 5),
        ("info", 0.0, False, "resolved", 5),
        ("info", 9 * HOUR, False, "open", 4),
        ("critical", 0.0, False, "snoozed", 5),
    ],
)
def test_lanes(
    severity: Literal["critical", "warning", "info"],
    age: float,
    seen: bool,
    state: AlertState,
    expected: int,
) -> None:
    alert = replace(BASE, severity=severity, state=state, opened_at=NOW - age)
    assert lane(alert, NOW, seen=seen) == expected


def test_a_mark_of_the_user_raises_within_its_lane_only() -> None:
    plain, marked, pinned = (
        replace(BASE, id="plain", features={"severity": 0.6}),
        replace(BASE, id="marked", features={"severity": 0.4}),
        replace(BASE, id="pinned", severity="critical", features={}),
    )
    journal = Journal({"marked": Triage(important=True, seen=True)})
    order = [alert.id for alert in rank([plain, marked, pinned], NOW, Settings(), journal)]
    assert order == ["pinned", "marked", "plain"]


def test_a_model_of_the_first_tier_comes_before_one_of_the_third() -> None:
    settings = Settings(models=(ModelSettings("m", tier=3), ModelSettings("n", tier=1)))
    ranked = rank([BASE, replace(BASE, id="b", model="n")], NOW, settings, Journal())
    assert [alert.model for alert in ranked] == ["n", "m"]


@given(st.floats(allow_nan=False))
def test_the_sigmoid_never_overflows(value: float) -> None:
    assert 0.0 <= sigmoid(value) <= 1.0
    assert math.isclose(sigmoid(value) + sigmoid(-value), 1.0)


def test_ages_do_not_count_after_the_end(world: Any) -> None:
    ended = replace(BASE, state="resolved", ended_at=BASE.opened_at + HOUR)
    (now,) = rank([ended], NOW, world.settings, Journal())
    (later,) = rank([ended], NOW + 1e6, world.settings, Journal())
    assert now.priority == later.priority


def test_the_longer_nobody_looks_the_higher_an_overdue_alert_stands() -> None:
    strong = {"severity": 0.6, "performance_metric": 1.0, "tier": 1.0, "effect_size": 1.0}
    fresh = replace(BASE, id="fresh", opened_at=NOW - 8 * HOUR, features=strong)
    weak = replace(BASE, id="weak", opened_at=NOW - 46 * HOUR, features={"tier": 0.1})
    ranked = rank([fresh, weak], NOW, Settings(), Journal())
    assert [alert.id for alert in ranked] == ["weak", "fresh"]
    assert ranked[0].rank_reasons[0].text == "nobody has looked at it for so long"
    assert ranked[0].rank_reasons[0].weight == pytest.approx((46 - 8) / 8)
