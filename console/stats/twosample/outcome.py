"""What a two-sample test says."""

from __future__ import annotations

from typing import NamedTuple


class Outcome(NamedTuple):
    """A statistic, and its p-value if the test has one."""

    statistic: float
    p_value: float | None = None
