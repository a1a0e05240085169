"""Carriers: the parts of a change add up, the right segment is named, and chance names none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.stats import carriers
from console.stats.carriers import Carrier, Known, Moments, Sides, carrier, terms, without
from console.stats.metrics import Estimate

SIZES = (0.4, 0.25, 0.15, 0.12, 0.08)
"""Shares of rows of five clients."""
Rng = np.random.Generator


def moments(values: np.ndarray) -> Moments:
    return Moments(len(values), float(values.sum()), float((values**2).sum()))


def drawn(
    rng: Rng, rows: tuple[int, int], shifts: list[float], sizes: tuple[float, ...] = SIZES
) -> dict[str, dict[str, Sides]]:
    """Two tags: `client` with a shift of each after the change, and `region`, which has no part."""
    client = [rng.choice(len(sizes), n, p=sizes) for n in rows]
    region = [rng.integers(0, 4, n) for n in rows]
    values = [rng.normal(size=n) for n in rows]
    values[1] = values[1] + np.array(shifts)[client[1]]
    return {
        "client": sides(client, values, len(sizes)),
        "region": sides(region, values, 4),
    }


def sides(of: list[np.ndarray], values: list[np.ndarray], count: int) -> dict[str, Sides]:
    return {
        f"{place}": Sides(*(moments(v[o == place]) for o, v in zip(of, values, strict=True)))
        for place in range(count)
    }


sums = st.tuples(st.integers(1, 500), st.floats(-5, 5), st.floats(0, 3)).map(
    lambda drawn: Moments(drawn[0], drawn[0] * drawn[1], drawn[0] * (drawn[1] ** 2 + drawn[2]))
)
parts = st.lists(st.tuples(st.one_of(st.just(Moments()), sums), sums), min_size=2, max_size=6)


@given(parts, sums)
def test_what_the_segments_carry_adds_up_to_the_whole_change(
    drawn: list[tuple[Moments, Moments]], known: Moments
) -> None:
    segments = [Sides(*pair) for pair in drawn] + [Sides(known, known)]
    before = sum((one.before for one in segments), Moments())
    after = sum((one.after for one in segments), Moments())
    whole = sum(sum(terms(before, after, one)) for one in segments)
    assert whole == pytest.approx(after.mean - before.mean, abs=1e-9)


def test_the_one_segment_that_shifts_is_named() -> None:
    """At 4,000 rows a side a shift of one standard deviation in 12 % of them: 95 % and more."""
    rng = np.random.default_rng(7)
    found = [carrier(drawn(rng, (4000, 4000), [0, 0, 0, 1.0, 0])) for _ in range(200)]
    right = [one for one in found if one is not None and one.name == "client=3"]
    assert len(right) >= 190
    assert {one.how for one in right} == {"change"}
    # By chance the others have a part of their own, above or below nothing.
    assert np.mean([one.part for one in right]) == pytest.approx(1.0, abs=0.05)
    assert not [one for one in found if one is not None and one.name != "client=3"]


@pytest.mark.parametrize("shift", [0.15, 0.5, 2.0])
def test_a_shift_that_all_share_names_no_segment(shift: float) -> None:
    rng = np.random.default_rng(8)
    found = [carrier(drawn(rng, (3000, 1500), [shift] * 5)) for _ in range(400)]
    assert sum(one is not None for one in found) <= 4


def test_no_change_names_no_segment() -> None:
    rng = np.random.default_rng(9)
    assert not any(carrier(drawn(rng, (2000, 2000), [0.0] * 5)) for _ in range(300))


def test_of_a_change_by_halves_no_segment_stands_out() -> None:
    rng = np.random.default_rng(10)
    shifts = [1.0, 0.8, 0.9, 1.2, 1.0]
    assert not any(carrier(drawn(rng, (3000, 3000), shifts)) for _ in range(100))


def test_rare_values_are_named_where_they_are() -> None:
    """Nulls: none before, half of a client's rows after; and where all have them, nobody."""
    rng = np.random.default_rng(11)
    named, wrong = 0, 0
    for _ in range(200):
        client = [rng.choice(5, n, p=SIZES) for n in (2000, 500)]
        nulls = [(rng.random(2000) < 0.005) * 1.0, (rng.random(500) < 0.005) * 1.0]
        nulls[1][client[1] == 2] = rng.random((client[1] == 2).sum()) < 0.5
        found = carrier({"client": sides(client, nulls, 5)})
        named += found is not None and found.value == "2"
        everywhere = [nulls[0], (rng.random(500) < 0.1) * 1.0]
        wrong += carrier({"client": sides(client, everywhere, 5)}) is not None
    assert named >= 198
    assert wrong <= 2


def test_a_segment_that_grows_is_named_for_its_share() -> None:
    rng = np.random.default_rng(12)
    means = np.array([0.0, 3.0, 0.2])
    client = [rng.choice(3, 3000, p=p) for p in ((0.6, 0.1, 0.3), (0.35, 0.4, 0.25))]
    values = [rng.normal(size=3000) + means[one] for one in client]
    found = carrier({"client": sides(client, values, 3)})
    assert found is not None
    assert (found.name, found.how) == ("client=1", "share")
    assert (found.share_before, found.share) == pytest.approx((0.1, 0.4), abs=0.03)


def test_a_segment_that_is_new_and_unlike_is_named() -> None:
    rng = np.random.default_rng(13)
    client = [rng.choice(2, 2000, p=(0.5, 0.5)), rng.choice(3, 2000, p=(0.4, 0.4, 0.2))]
    values = [rng.normal(size=2000), rng.normal(size=2000) + 2.0 * (client[1] == 2)]
    found = carrier({"client": sides(client, values, 3)})
    assert found is not None
    assert found.name == "client=2"
    assert (found.share_before, found.part) == pytest.approx((0.0, 1.0), abs=0.05)


def test_the_narrower_of_two_segments_is_named_if_the_change_is_there() -> None:
    """One client is a third of its region: the region deviates too, but less surely."""
    rng = np.random.default_rng(14)
    client = [rng.integers(0, 6, 4000) for _ in range(2)]
    values = [rng.normal(size=4000), rng.normal(size=4000) + 1.0 * (client[1] == 4)]
    tags = {
        "client": sides(client, values, 6),
        "region": sides([one // 3 for one in client], values, 2),
    }
    found = carrier(tags)
    assert found is not None
    assert found.name == "client=4"


def test_a_remainder_is_never_named() -> None:
    rng = np.random.default_rng(15)
    tags = drawn(rng, (4000, 4000), [0, 0, 0, 1.0, 0])
    assert carrier(tags, skip=("3",)) is None
    assert carrier({}) is None
    assert carrier({"client": {"1": tags["client"]["1"]}}) is None


def estimate(value: float, n: int) -> Estimate:
    return Estimate(value, 0.5 / np.sqrt(n), value, value, n)


def test_a_figure_that_is_no_mean_is_carried_by_whom_it_would_not_fall_without() -> None:
    whole = Known(estimate(0.9, 9000), estimate(0.84, 3000))
    own = Known(estimate(0.9, 2000), estimate(0.65, 600))
    well, half = (
        Known(estimate(0.9, 7000), estimate(0.89, 2400)),
        Known(estimate(0.9, 7000), estimate(0.85, 2400)),
    )
    found = without(("client", "acme"), whole, own, well, (0.22, 0.2))
    assert isinstance(found, Carrier)
    assert found.part == pytest.approx(5 / 6)
    assert carriers.surest([found, None], 5) == found
    assert without(("client", "acme"), whole, own, half, (0.22, 0.2)) is None
    assert carriers.surest([], 0) is None
