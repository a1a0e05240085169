"""Ranks of surprises in a fading histogram, against ranks in the whole past."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from console.stats.rarity import Rarity


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=200))
def test_without_fading_the_rank_is_right_to_the_bin(sizes: list[float]) -> None:
    rarity = Rarity()
    for seen, size in enumerate(sizes):
        past = np.array(sizes[:seen])
        found = rarity.decades(size, 0.0)
        if seen and size > past.max():
            assert found >= math.log10(1 + seen) - 1e-9 - math.log10(
                1 + int((past >= size / 1.13).sum())
            )
        else:
            most = math.log10((1 + seen) / (1 + int((past >= size * 1.13).sum())))
            least = math.log10((1 + seen) / (1 + int((past >= size / 1.13).sum())))
            assert least - 1e-9 <= found <= most + 1e-9


def test_no_surprise_is_not_rare() -> None:
    rarity = Rarity()
    assert [rarity.decades(0.0, 0.01) for _ in range(50)] == [0.0] * 50


def test_the_further_beyond_the_past_the_rarer_up_to_a_limit() -> None:
    found = []
    for size in (2.0, 20.0, 2e3, 2e6, 1e140):
        rarity = Rarity()
        for _ in range(1000):
            rarity.decades(1.0, 0.0)
        found.append(rarity.decades(size, 0.0))
    assert found == sorted(found)
    assert found[-1] == found[-2] <= 2 * math.log10(1001)


def test_the_past_fades() -> None:
    remembering, forgetting = Rarity(), Rarity()
    for rarity, fading in ((remembering, 0.0), (forgetting, 0.01)):
        for _ in range(100):
            rarity.decades(50.0, fading)
        for _ in range(2000):
            rarity.decades(1.0, fading)
    assert remembering.decades(40.0, 0.0) < 1.4
    assert forgetting.decades(40.0, 0.01) > 1.8


def test_weights_never_overflow() -> None:
    rarity = Rarity()
    found = [rarity.decades(float(1 + row % 7), 0.5) for row in range(2000)]
    assert all(math.isfinite(decades) for decades in found)
