"""What scores have meant: isotonic tables, and the memory of labels."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.stats import scores
from console.stats.calibration import chances, isotonic, remembered

pairs = st.lists(
    st.tuples(st.floats(0, 1), st.floats(0.01, 100)),
    min_size=1,
    max_size=30,
)


@settings(max_examples=200, deadline=None)
@given(pairs)
def test_isotonic_values_ascend_and_are_the_nearest_by_squares(
    given_pairs: list[tuple[float, float]],
) -> None:
    from scipy.optimize import isotonic_regression

    values, weights = (np.array(part) for part in zip(*given_pairs, strict=True))
    found = isotonic(values, weights)
    assert (np.diff(found) >= 0).all()
    assert found == pytest.approx(isotonic_regression(values, weights=weights).x, abs=1e-9)


def test_the_cells_of_scores_are_half_open_and_hold_every_score() -> None:
    values = [0.0, 5e-5, 1e-4, 0.019999, 0.02, 0.29, 0.3, 0.99, 1.0, None, 1.2, -0.1, float("nan")]
    cells = (
        pl.DataFrame({"s": values}).select(scores.cell(pl.col("s")).alias("cell"))["cell"].to_list()
    )
    assert cells[:3] == [0, 0, 1]
    assert cells[3] != cells[4]
    assert cells[5] == cells[6] - 1
    assert cells[8] == scores.CELLS - 1
    assert cells[9:] == [None] * 4
    assert (np.diff(scores.EDGES) > 0).all()
    assert (scores.TENTHS[scores.EDGES.searchsorted([0.05, 0.15, 0.95])] == [0, 1, 9]).all()


def test_a_score_that_is_wrong_by_a_factor_is_read_aright() -> None:
    rng = np.random.default_rng(0)
    said = rng.uniform(0, 1, 200_000)
    true = rng.uniform(size=said.size) < said / 2
    cell = scores.EDGES.searchsorted(said, side="right")
    hits, all_of = np.bincount(cell, true, scores.CELLS), np.bincount(cell, minlength=scores.CELLS)
    chance = chances(hits, all_of - hits)
    wide = all_of > 1000
    assert chance[wide] == pytest.approx(scores.CENTRES[wide] / 2, abs=0.03)


def test_without_labels_a_score_is_what_it_says() -> None:
    nothing = np.zeros(scores.CELLS)
    assert chances(nothing, nothing) == pytest.approx(scores.CENTRES)


def test_what_is_remembered_is_bounded_and_the_newest_counts_whole() -> None:
    old, new = np.array([[60.0, 20.0], [15.0, 5.0]]), np.array([[0.0, 30.0], [0.0, 0.0]])
    assert remembered(old, new, memory=1000).tolist() == (old + new).tolist()
    kept = remembered(old, new, memory=100)
    assert kept.sum() == pytest.approx(100)
    assert (kept - new).tolist() == (old * 0.7).tolist()
