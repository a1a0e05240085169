from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from console.tui.spark import sparkline


@settings(deadline=None)
@given(st.lists(st.none() | st.floats(), max_size=200), st.integers(0, 40))
def test_always_as_wide_as_asked(values: list[float | None], width: int) -> None:
    line = sparkline(values, width)
    assert len(line) == width
    assert all(letter == " " or 0x2800 <= ord(letter) <= 0x28FF for letter in line)


def test_rising_and_falling() -> None:
    assert sparkline([1, 2, 3, 4], 2) == "⡠⠊"
    assert sparkline([4, 3, 2, 1], 2) == "⠑⢄"


def test_gaps_and_what_is_not_finite() -> None:
    assert sparkline([None, None, 1, 4], 2) == " ⡈"
    assert sparkline([math.nan, math.inf, 1, 4], 2) == " ⡈"
    assert sparkline([None], 3) == "   "


def test_a_flat_course_lies_low_in_the_middle() -> None:
    assert sparkline([5.0] * 4, 2) == "⠤⠤"


def test_more_values_than_dots_are_taken_together() -> None:
    assert sparkline([1.0] * 50 + [9.0] * 50, 2) == "⣀⠉"
