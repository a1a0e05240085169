"""Limits of estimated noise against scipy, and the choice of scales."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student

from console.stats.robust import offsets, student_limits, student_p


@pytest.mark.parametrize("p", [1e-2, 1e-4, 1e-6])
@pytest.mark.parametrize("freedom", [8.0, 12.0, 40.0, 500.0])
def test_limits_are_students(p: float, freedom: float) -> None:
    (limit,) = student_limits(np.array([p]), np.array([freedom]))
    assert limit == pytest.approx(student.isf(p / 2, freedom), rel=0.03)
    assert student_p(limit, freedom) == pytest.approx(p, rel=1e-6)


def test_limits_are_elementwise_over_two_dimensions() -> None:
    p = np.array([[1e-3, 1e-4], [1e-5, 1e-3]])
    freedom = np.array([[10.0, 20.0], [30.0, 10.0]])
    limits = student_limits(p, freedom)
    assert limits.shape == (2, 2)
    assert limits[0, 0] == limits[1, 1]
    assert (limits > 3).all()


def test_scales_follow_what_the_values_allow() -> None:
    rows = [
        [100.0, 101, 99, 102, 98, np.nan],  # far from zero: next to nothing is added
        [0.0, 0, 3, 1, 0, 2],  # counts that come to zero: half of their typical size
        [-1.0, 2, 3, -4, 1, 0],  # no logarithm of negative values
        [0.0, 0, 0, 0, 0, 0],  # nor of nothing
    ]
    found = offsets(np.array(rows))
    assert found[0] == pytest.approx(2.0)
    assert found[1] == pytest.approx(0.25)
    assert np.isnan(found[2:]).all()
