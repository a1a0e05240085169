"""What a scored point costs, in processor time: the load of the machine does not count."""

from __future__ import annotations

import random
import time

from console.stats.points import scores

MOST_US = 20.0


def test_a_point_costs_at_most_twenty_microseconds() -> None:
    draw = random.Random(0)
    points = [(1_700_000_000.0 + 300 * row, draw.gauss(50, 5)) for row in range(10_000)]
    best = float("inf")
    for _ in range(4):
        begun = time.process_time()
        for _score in scores(points):
            pass
        best = min(best, time.process_time() - begun)
    assert 1e6 * best / len(points) <= MOST_US
