"""Seeded draws: every process of the fleet has a stream of its own, named and independent."""

from __future__ import annotations

import json
import math
import random
from bisect import bisect
from collections.abc import Sequence
from hashlib import blake2b
from itertools import accumulate
from typing import Generic, TypeVar

T = TypeVar("T")


class Draws:
    """Random draws that depend on the seed and on the names of the process alone."""

    __slots__ = ("_random", "normal", "uniform")

    def __init__(self, seed: int, *names: str) -> None:
        text = json.dumps([seed, *names])
        self._random = random.Random(int.from_bytes(blake2b(text.encode(), digest_size=8).digest()))
        self.uniform = self._random.random
        """One draw from [0, 1)."""
        self.normal = self._random.gauss
        """One draw of the normal distribution with the given mean and deviation."""

    def between(self, low: float, high: float) -> float:
        """One draw from [low, high)."""
        return low + (high - low) * self.uniform()

    def whole(self, low: int, high: int) -> int:
        """One whole number from low to high, both included."""
        return low + int(self.uniform() * (high - low + 1))

    def chance(self, share: float) -> bool:
        """True in the given share of draws."""
        return self.uniform() < share

    def wait(self, mean: float) -> float:
        """One draw of the exponential distribution."""
        return -mean * math.log(1.0 - self.uniform())

    def pick(self, items: Sequence[T]) -> T:
        """One of the items, all equally likely."""
        return items[int(self.uniform() * len(items))]


class Choice(Generic[T]):
    """One of several items, by weight."""

    __slots__ = ("_items", "_limits")

    def __init__(self, weights: Sequence[tuple[T, float]]) -> None:
        self._items = [item for item, _ in weights]
        self._limits = list(accumulate(weight for _, weight in weights))

    def draw(self, draws: Draws) -> T:
        """One item."""
        place = bisect(self._limits, draws.uniform() * self._limits[-1])
        return self._items[min(place, len(self._items) - 1)]


def logistic(value: float) -> float:
    """1 / (1 + exp(-value))."""
    return 1.0 / (1.0 + math.exp(-value))
