"""A small run of the simulation: the posterior names causes, and blames nobody for nothing."""

from __future__ import annotations

import pytest

from tests.benchmarks.cause.cause_evaluate import row
from tests.benchmarks.cause.cause_world import Case, case


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return [case(3, number, 2.0) for number in range(300)]


def test_two_sigma_are_enough_to_name_the_event(cases: list[Case]) -> None:
    alone, controlled = row("posterior", cases), row("posterior, control", cases)
    assert alone.top1 > 0.78  # .84 to .87 of 600 series and more
    assert controlled.top1 > 0.82
    for one in (alone, controlled):
        assert one.blame <= 0.07
        assert one.ece is not None
        assert one.ece <= 0.08


def test_the_nearest_event_is_blamed_for_what_it_did_not_do(cases: list[Case]) -> None:
    """What the posterior is measured against; the measure itself can fail."""
    assert row("nearest event", cases).blame > 0.5
    assert row("t-test, 24 h", cases).blame > row("posterior", cases).blame


def test_versions_side_by_side_settle_it(cases: list[Case]) -> None:
    assert row("posterior, versions", cases).top1 > 0.95


def test_what_other_models_share_is_no_event_of_one_model() -> None:
    unrest = [case(4, number, 2.0, burst=True) for number in range(300)]
    alone, controlled = row("posterior", unrest), row("posterior, control", unrest)
    assert controlled.top1 > alone.top1
    assert controlled.blame < alone.blame
