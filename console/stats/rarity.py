"""How rare a surprise is in a series' own past, in decades, from a fading histogram."""

from __future__ import annotations

import math

PER_OCTAVE = 8
BINS = 16 * PER_OCTAVE
"""The largest 16 octaves that a series has seen; what is smaller is not told apart."""
BEYOND = 2.0
"""Decades of rarity for each decade by which a surprise exceeds all that are remembered.

At most as many as its rank gives: little history is no ground for extrapolation."""
FURTHEST = 1.5
"""Decades beyond which going further adds nothing."""
_GONE = 1e-4
"""What has faded to this share of one surprise is forgotten."""
_DECADES_PER_BIN = math.log10(2) / PER_OCTAVE
_MOST_WEIGHT = 1e50


class Rarity:
    """Sizes of surprises, counted in bins of an eighth of an octave; the past fades.

    The rank of a surprise among n remembered ones gives its tail probability, (1 + larger) /
    (1 + n), and a size beyond all of them is extrapolated with a tail of index `BEYOND`. Weights
    grow instead of the past being made smaller, so a surprise costs one bin.
    """

    __slots__ = ("_counts", "_lowest", "_total", "_weight")

    def __init__(self) -> None:
        self._counts = [0.0] * BINS
        self._lowest: int | None = None
        self._total = 0.0
        self._weight = 1.0

    def decades(self, size: float, fading: float) -> float:
        """-log10 of how often a surprise of at least this size was met; remembers it.

        `size` is finite and not negative, `fading` the share of the past that is forgotten with it.
        """
        rarity = 0.0
        if size > 0.0:
            place, share = _place(size)
            if self._lowest is None:
                self._lowest = place - BINS + 1
            index = place - self._lowest
            if index >= 0:
                counts, weight = self._counts, self._weight
                beyond = 0.0
                if index < BINS:
                    larger = sum(counts[index + 1 :]) + counts[index] * (1.0 - share)
                else:
                    beyond = min(self._above_all(index) * _DECADES_PER_BIN, FURTHEST)
                    self._raise_to(place)
                    larger, index = 0.0, BINS - 1
                rarity = math.log10((self._total + weight) / (larger + weight))
                rarity += min(BEYOND * beyond, rarity)
                self._counts[index] += weight
        self._total += self._weight
        self._weight *= 1.0 + fading
        if self._weight > _MOST_WEIGHT:
            self._renew()
        return rarity

    def _above_all(self, index: int) -> int:
        """Bins between an index above the top and the highest bin that is not forgotten."""
        least = _GONE * self._weight
        top = next((i for i in range(BINS - 1, -1, -1) if self._counts[i] > least), None)
        return 0 if top is None else index - top

    def _raise_to(self, place: int) -> None:
        """Moves the bins up, so that the highest is of this place."""
        assert self._lowest is not None
        up = place - BINS + 1 - self._lowest
        kept = self._counts[up:]
        self._counts = kept + [0.0] * (BINS - len(kept))
        self._lowest += up

    def _renew(self) -> None:
        """Measures all weights by that of the next surprise, before they overflow."""
        self._counts = [count / self._weight for count in self._counts]
        self._total /= self._weight
        self._weight = 1.0


def _place(size: float) -> tuple[int, float]:
    """The bin of a size, linear within its octave, and how far up in the bin it lies."""
    mantissa, exponent = math.frexp(size)
    within = (2.0 * mantissa - 1.0) * PER_OCTAVE
    step = int(within)
    return exponent * PER_OCTAVE + step, within - step
