"""Two tables compared: silent without a change, clear about one, and never at a loss."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.stats.compare.frames import compare
from console.stats.compare.result import Column, Comparison
from console.stats.compare.terms import newcomers_p, outermost_p, share_p
from console.stats.twosample.menu import TESTS

Generator = np.random.Generator


def mixed(generator: Generator, rows: int, shift: float = 0.0) -> pl.DataFrame:
    """Twenty columns of every kind; `shift` moves the normal ones, in standard deviations."""
    numbers = {f"normal{i}": generator.normal(shift, 1, rows) for i in range(6)}
    numbers |= {f"skewed{i}": generator.lognormal(0, 1, rows) for i in range(3)}
    numbers["spiky"] = np.where(generator.random(rows) < 0.6, 0.0, generator.exponential(size=rows))
    numbers["count"] = generator.poisson(3, rows).astype(float)
    numbers["rare"] = generator.poisson(0.05, rows).astype(float)
    numbers["heavy"] = generator.standard_t(2, rows)
    texts = {}
    for cells in (2, 3, 8, 30, 300):
        odds = 1 / np.arange(1, cells + 1)
        drawn = generator.choice(cells, rows, p=odds / odds.sum())
        texts[f"text{cells}"] = pl.Series(drawn).cast(pl.String)
    texts["open"] = pl.Series(np.minimum(generator.zipf(1.7, rows), 10**9)).cast(pl.String)
    holes = pl.Series(generator.normal(size=rows)).set(
        pl.Series(generator.random(rows) < 0.05), None
    )
    return pl.DataFrame({**numbers, **texts, "holes": holes})


def column(found: Comparison, name: str) -> Column:
    """One column of a comparison."""
    return next(entry for entry in found.columns if entry.name == name)


def said(entry: Column) -> dict[str, bool]:
    """What is found in a column, and whether it is an alert."""
    return {finding.what: finding.alert for finding in entry.findings}


@pytest.mark.parametrize(("rows", "trials"), [(100, 40), (500, 20), (5000, 6)])
def test_unchanged_data_says_nothing(rows: int, trials: int) -> None:
    generator = np.random.default_rng(rows)
    alerts = [compare(mixed(generator, rows), mixed(generator, rows)).alerts for _ in range(trials)]
    assert sum(count > 0 for count in alerts) <= 1


def test_a_fifth_of_a_deviation_is_found_at_5000_rows() -> None:
    generator = np.random.default_rng(7)
    for _ in range(5):
        found = compare(mixed(generator, 5000), mixed(generator, 5000, shift=0.2))
        assert {f"normal{i}" for i in range(6)} == set(found.drifted)
        effect = column(found, "normal0").effect
        assert effect is not None
        assert effect.low <= 0.2 <= effect.high
        assert effect.direction == "higher"


def test_every_part_of_the_answer() -> None:
    generator = np.random.default_rng(1)
    before = pl.DataFrame(
        {
            "amount": generator.lognormal(3, 1, 2000),
            "plan": generator.choice(["basic", "plus", "pro"], 2000),
            "spread": generator.normal(0, 1, 2000),
            "holes": generator.normal(0, 1, 2000),
            "fixed": generator.normal(0, 1, 2000),
            "typed": generator.normal(0, 1, 2000),
            "left": 1.0,
            "score": generator.random(2000),
        }
    )
    after = pl.DataFrame(
        {
            "amount": generator.lognormal(3, 1, 1500) * 1000,
            "plan": generator.choice(["basic", "plus", "pro", "vip"], 1500),
            "spread": generator.normal(0, 2, 1500),
            "holes": pl.Series(generator.normal(0, 1, 1500)).set(
                pl.Series(np.arange(1500) % 5 == 0), None
            ),
            "fixed": 0.5,
            "typed": pl.Series(["a"] * 1500),
            "come": 1.0,
            "score": np.append(generator.random(1499), np.inf),
        }
    )
    found = compare(before, after)
    amount = column(found, "amount")
    assert said(amount) == {"drift": True, "unit": True, "outside": True}
    assert "1,000 times" in amount.findings[1].text
    assert sum(part.part for part in amount.parts) <= 1.0 + 1e-9
    plan = column(found, "plan")
    assert said(plan) == {"unseen": True}
    assert plan.unseen is not None
    assert plan.unseen.names == ("vip",)
    assert plan.p_value is not None
    assert plan.p_value > 0.001
    spread = column(found, "spread").effect
    assert spread is not None
    assert spread.direction == "wider"
    assert said(column(found, "holes")) == {"nulls": True}
    assert said(column(found, "fixed")) == {"drift": True, "constant": True}
    assert said(column(found, "typed")) == {"type": True}
    assert said(column(found, "left")) == {"missing": True}
    assert said(column(found, "come")) == {"new": False}
    assert said(column(found, "score")) == {"infinite": True}
    assert column(found, "score").role == "score"


def test_one_new_category_in_five_thousand_rows_is_no_alert() -> None:
    generator = np.random.default_rng(2)
    before = pl.DataFrame({"c": generator.choice(["a", "b", "c"], 5000)})
    after = pl.DataFrame({"c": [*generator.choice(["a", "b", "c"], 4999), "new"]})
    found = column(compare(before, after), "c")
    assert said(found) == {"unseen": False}
    assert found.unseen is not None
    assert (found.unseen.rows, found.unseen.names) == (1, ("new",))


def test_identifiers_are_not_categories() -> None:
    before = pl.DataFrame({"mail": [f"a{i}@x" for i in range(500)], "x": range(500)})
    after = pl.DataFrame({"mail": [f"b{i}@x" for i in range(500)], "x": range(500)})
    found = column(compare(before, after), "mail")
    assert found.kind == "identifier"
    assert found.test is None


def test_few_rows_are_not_judged() -> None:
    before = pl.DataFrame({"x": np.arange(1000.0)})
    found = column(compare(before, pl.DataFrame({"x": np.arange(8.0) + 10_000})), "x")
    assert found.test is None
    assert not found.drifted


def test_a_sure_but_tiny_shift_is_a_note() -> None:
    generator = np.random.default_rng(3)
    before = pl.DataFrame({"x": generator.normal(0, 1, 200_000)})
    after = pl.DataFrame({"x": generator.normal(0.04, 1, 200_000)})
    assert said(column(compare(before, after), "x"))["drift"] is False


def test_limits_follow_the_sizes() -> None:
    generator = np.random.default_rng(4)
    limits = []
    for rows in (100, 1000, 10_000):
        draws = [pl.DataFrame({"x": generator.normal(size=rows)}) for _ in range(2)]
        limits.append(column(compare(draws[0], draws[1]), "x").threshold)
    assert all(limit is not None for limit in limits)
    assert limits == sorted(limits, key=lambda limit: -(limit or 0))


def test_a_test_that_is_asked_for_stands_beside() -> None:
    generator = np.random.default_rng(5)
    before, after = mixed(generator, 500), mixed(generator, 500)
    found = compare(before, after, test="psi", compat="evidently")
    measured = column(found, "normal0").measured
    assert measured is not None
    assert (measured.test, measured.compat) == ("psi", "evidently")
    assert measured.statistic is not None
    assert measured.statistic > 0
    assert column(found, "normal0").test == "ks"


odd = (
    st.lists(st.none() | st.floats(), max_size=40).map(lambda v: pl.Series(v, dtype=pl.Float64))
    | st.lists(st.none() | st.sampled_from(["a", "b", "1", "2.5", "True", ""]), max_size=40).map(
        lambda v: pl.Series(v, dtype=pl.String)
    )
    | st.lists(st.none() | st.booleans(), max_size=40).map(lambda v: pl.Series(v, dtype=pl.Boolean))
    | st.lists(st.none() | st.dates(), max_size=5).map(lambda v: pl.Series(v, dtype=pl.Date))
    | st.lists(st.none() | st.lists(st.integers(0, 3)), max_size=5).map(
        lambda v: pl.Series(v, dtype=pl.List(pl.Int64))
    )
    | st.integers(0, 30).map(lambda n: pl.Series([None] * n, dtype=pl.Null))
    | st.lists(st.sampled_from([0.0, 1.0, 1e308, -1e308, 1e-308]), max_size=40).map(
        lambda v: pl.Series(v, dtype=pl.Float64)
    )
)


@settings(deadline=None, max_examples=120)
@given(
    odd,
    odd,
    st.sampled_from(["x", "score", "prediction", "label"]),
    st.sampled_from(sorted(TESTS)),
)
def test_any_two_columns(reference: pl.Series, current: pl.Series, name: str, test: str) -> None:
    found = compare(pl.DataFrame({name: reference}), pl.DataFrame({name: current}), test=test)
    assert len(found.columns) == 1
    p = found.columns[0].p_value
    assert p is None or 0 <= p <= 1


@given(st.integers(0, 50), st.integers(0, 50))
def test_shares_are_compared_symmetrically(before: int, after: int) -> None:
    assert share_p(before, 50, after, 50) == pytest.approx(share_p(after, 50, before, 50))
    assert 0 <= share_p(before, 50, after, 50) <= 1


def test_surprise_of_newcomers_and_outermost_values() -> None:
    assert outermost_p(0, 100, 100) == 1.0
    assert outermost_p(2, 2, 2) == pytest.approx(1 / 6)
    assert newcomers_p(np.array([100.0, 0]), np.array([100.0, 1])) == 1.0
    assert newcomers_p(np.array([100.0, 0]), np.array([100.0, 30])) < 1e-6
    singles = np.concatenate([np.zeros(50), np.ones(50)])
    assert newcomers_p(1 - singles, singles) > 0.5
    assert newcomers_p(np.append(np.zeros(50), 50.0), np.append(np.ones(50), 50.0)) < 1e-6
