"""A small run of the evaluator: the console's order keeps its promises."""

from __future__ import annotations

import numpy as np
import pytest

from tests.benchmarks.ranking.evaluate import KINDS, evaluate, harmed, summary
from tests.benchmarks.ranking.ranking_policies import CONSOLE

PLAIN = "prior + lanes, no learning"
SEVERITY = "severity then time"


@pytest.mark.slow
def test_the_order_is_good_soon_and_better_than_what_it_is_measured_against() -> None:
    found = evaluate([SEVERITY, PLAIN, CONSOLE], users=8, days=14, seed=4)
    rows = {name: summary(results) for name, results in found.items()}
    learned, plain, severity = rows[CONSOLE], rows[PLAIN], rows[SEVERITY]
    # A little below what 60 users of a whole month give (.80, .90 and .94): eight are few.
    for column, least in (("60+", 0.77), ("200+", 0.87), ("500+", 0.91)):
        value, before, base = learned[column], plain[column], severity[column]
        assert value is not None
        assert before is not None
        assert base is not None
        assert value > least
        assert value > before > base
    assert learned["unseen"] == 0
    assert harmed(found[CONSOLE], found[PLAIN]) == 0.0


@pytest.mark.parametrize("kind", KINDS)
def test_no_true_critical_expires_unseen_whatever_the_user_teaches(kind: str) -> None:
    found = evaluate([CONSOLE], users=3, days=10, seed=5, kind=kind, criticals=0.2)
    row = summary(found[CONSOLE])
    assert row["criticals"] is not None
    assert row["criticals"] > 200
    assert row["unseen"] == 0


def test_without_lanes_a_hostile_user_loses_criticals() -> None:
    """The measure itself can fail: this is what the lanes are for."""
    found = evaluate(["learned, no lanes"], users=2, days=10, seed=5, kind="adverse")
    assert sum(result.unseen for result in found["learned, no lanes"]) > 0


def test_a_change_of_taste_is_made_up_for() -> None:
    found = evaluate([CONSOLE], users=6, days=24, seed=6, shift_on=12)
    days = np.array([result.days for result in found[CONSOLE]]).mean(axis=0).reshape(24, -1)
    before, broken, after = (
        float(days[span].mean()) for span in (slice(9, 12), slice(12, 13), slice(20, 24))
    )
    assert broken < before - 0.02
    assert after > before - 0.02
