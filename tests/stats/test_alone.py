"""Segments held against themselves: who has moved alone, wherever the segments lie."""

from __future__ import annotations

import numpy as np
import pytest

from console.stats.alone import excess, moved_alone

ROWS = (800, 500, 300, 200)
EDGES = np.linspace(-5, 65, 41)
Rng = np.random.Generator


def counts(rng: Rng, shifts: list[float], apart: float) -> np.ndarray:
    """Counts of four segments that lie apart, each with a shift of its own."""
    return np.array(
        [
            np.bincount(
                np.searchsorted(EDGES, rng.normal(apart * place + shift, 1.0, rows)), minlength=42
            )
            for place, (rows, shift) in enumerate(zip(ROWS, shifts, strict=True))
        ],
        dtype=np.float64,
    )


@pytest.mark.parametrize("apart", [0.0, 20.0])
@pytest.mark.parametrize("shift", [1.8, 3.5, 7.0])
def test_who_moves_with_all_others_has_not_moved_alone(apart: float, shift: float) -> None:
    rng = np.random.default_rng(1)
    found = [
        moved_alone(
            counts(rng, [0.0] * 4, apart), counts(rng, [shift] * 4, apart), place, numeric=True
        )
        for place in (0, 3)
        for _ in range(100)
    ]
    assert sum(found) <= 2


@pytest.mark.parametrize("apart", [0.0, 20.0])
def test_who_moves_alone_is_told(apart: float) -> None:
    rng = np.random.default_rng(2)
    shifts = [0.0, 0.0, 2.0, 0.0]
    told = [
        moved_alone(counts(rng, [0.0] * 4, apart), counts(rng, shifts, apart), 2, numeric=True)
        for _ in range(100)
    ]
    assert sum(told) >= 98


def test_categories_are_held_against_themselves_too() -> None:
    rng = np.random.default_rng(3)
    usual, other = (0.5, 0.3, 0.2), (0.2, 0.3, 0.5)

    def table(*shares: tuple[float, ...]) -> np.ndarray:
        return np.array([rng.multinomial(n, p) for n, p in zip(ROWS, shares, strict=True)], float)

    before, alone = table(*[usual] * 4), table(usual, other, usual, usual)
    assert moved_alone(before, alone, 1, numeric=False)
    assert not moved_alone(before, table(*[other] * 4), 1, numeric=False)
    assert not moved_alone(before, table(*[usual] * 4), 1, numeric=False)


def test_chance_has_no_excess_and_a_new_segment_is_alone() -> None:
    rng = np.random.default_rng(4)
    same = [
        excess(counts(rng, [0.0] * 4, 5.0), counts(rng, [0.0] * 4, 5.0), numeric=True)
        for _ in range(300)
    ]
    # Cells take something off the distance, never add to it.
    assert (np.mean(same, axis=0) < 0.0005).all()
    before, after = counts(rng, [0.0] * 4, 5.0), counts(rng, [0.0] * 4, 5.0)
    before[3] = 0.0
    assert excess(before, after, numeric=True)[3] == 0.0
    assert moved_alone(before, after, 3, numeric=True)
