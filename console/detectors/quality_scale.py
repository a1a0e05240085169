"""Columns of numbers that are suddenly a thousand times what they were: another unit, or sign.

Null: the logarithm of a bucket's root mean square keeps the mean and the spread that the column's
own past buckets had (a day's wave is part of that spread). The statistic is Student's t of the
least deviating one of three parts running, as of one more bucket; the sign is judged likewise by
the mean in units of the root mean square. It is another unit if the factor lies within `NEAR` of
one of `FACTORS` or their inverses. Of values that have a mean, a change of some rows only is told
by the two moments: a share s of the rows at k times their value has 1 + s (k - 1) times the mean
and 1 + s (k² - 1) times the mean square; of smaller values only a change of all rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from console.detectors.buckets import steady
from console.stats.robust import student_p

FACTORS = (60.0, 100.0, 1000.0, 3600.0, 86_400.0, 1e6, 1e9)
"""Minutes, percent, thousandths, hours, days, millionths, thousand millionths."""
NEAR = math.log(1.5)
FAR = math.log(20.0)
"""So far, as a logarithm, all parts must be from the past."""
CALM = math.log(5.0)
ALL = 0.25
"""So near to one another are the logarithms of the growth of mean and scale if all rows grew."""
PARTS = 3
LEAST_NUMBERS = 8
"""Numbers of a part."""
LEAST_PAST = 30.0
"""Past buckets by which the spread is known."""
LEAST_SPREAD = 0.05
SIGNED = 0.3
"""A mean of so many root mean squares has a sign, and tells a factor."""
LEAST_SHARE = 0.02
WIDTH = 8


@dataclass(frozen=True, slots=True)
class Part:
    """Numbers of a column in one stretch of time."""

    numbers: float
    total: float
    squares: float

    @property
    def scale(self) -> float:
        """Logarithm of the root mean square."""
        return steady(0.5 * math.log(max(self.squares / self.numbers, 1e-300)))

    @property
    def lean(self) -> float:
        """The mean in units of the root mean square, -1..1."""
        return steady(self.total / self.numbers / max(math.exp(self.scale), 1e-150))


@dataclass(frozen=True, slots=True)
class Jump:
    """A change of unit or sign."""

    factor: float
    """What values are multiplied with; -1: only their sign has changed."""
    share: float
    """Of the rows."""
    p: float
    before: float
    after: float
    """Means."""


@dataclass(frozen=True, slots=True)
class _Past:
    count: float
    scale: float
    spread: float
    lean: float
    lean_spread: float
    mean: float
    square: float


def folded(past: Sequence[float], part: Part | None, fade: float) -> list[float]:
    """The past with one more bucket: sums over buckets of 1, scale, lean and their squares.

    Followed by the sums of the buckets themselves. None: a bucket that does not count.
    """
    aged = [value * fade for value in past]
    if part is None or part.numbers < LEAST_NUMBERS or part.squares <= 0:
        return aged
    own = (1.0, part.scale, part.scale**2, part.lean, part.lean**2)
    sums = (part.numbers, steady(part.total), steady(part.squares))
    return [old + new for old, new in zip(aged, (*own, *sums), strict=True)]


def jump(sums: Sequence[float], parts: Sequence[Part]) -> Jump | None:
    """The change of unit between the past (`folded`) and `PARTS` parts; None if there is none."""
    past = _past(sums)
    if past is None or len(parts) != PARTS:
        return None
    if any(part.numbers < LEAST_NUMBERS or part.squares <= 0 for part in parts):
        return None
    shifts = [part.scale - past.scale for part in parts]
    if max(map(abs, shifts)) <= CALM:
        return _turned(past, parts)
    if min(map(abs, shifts)) < FAR or min(shifts) * max(shifts) < 0:
        return None
    mean, square = _means(parts)
    factor = _factor(past, math.fsum(shifts) / PARTS, mean, square)
    nearest = min(
        (known**sign for known in FACTORS for sign in (1, -1)),
        key=lambda one: abs(math.log(one) - math.log(max(factor, 1e-300))),
    )
    share = 1.0
    if nearest > 1 and abs(past.lean) >= SIGNED:
        share = min((mean / past.mean - 1) / (nearest - 1), 1.0)
    if factor <= 0 or abs(math.log(factor / nearest)) > NEAR or share < LEAST_SHARE:
        return None
    p = _p(min(map(abs, shifts)) / past.spread, past)
    return Jump(nearest, steady(share), p, past.mean, steady(mean))


def _turned(past: _Past, parts: Sequence[Part]) -> Jump | None:
    opposite = all(part.lean * past.lean <= -0.5 * past.lean**2 for part in parts)
    if abs(past.lean) < SIGNED or not opposite:
        return None
    least = min(abs(past.lean - part.lean) for part in parts)
    mean, _ = _means(parts)
    return Jump(-1.0, 1.0, _p(least / past.lean_spread, past), past.mean, steady(mean))


def _means(parts: Sequence[Part]) -> tuple[float, float]:
    """Mean and mean square of all parts together."""
    numbers = math.fsum(part.numbers for part in parts)
    total, squares = (
        math.fsum(getattr(part, name) for part in parts) for name in ("total", "squares")
    )
    return total / numbers, squares / numbers


def _p(deviations: float, past: _Past) -> float:
    """Probability that one more bucket deviates by so many of the past's standard deviations."""
    return student_p(deviations / math.sqrt(1 + 1 / past.count), past.count - 1)


def calm(sums: Sequence[float], part: Part) -> bool:
    """Whether a part is of the past's scale and sign again."""
    past = _past(sums)
    if past is None or part.numbers <= 0 or part.squares <= 0:
        return False
    turned = abs(past.lean) >= SIGNED and part.lean * past.lean <= -0.5 * past.lean**2
    return abs(part.scale - past.scale) < CALM and not turned


def _past(sums: Sequence[float]) -> _Past | None:
    count, scale, scales, lean, leans, numbers, total, squares = sums
    if count < LEAST_PAST or squares <= 0:
        return None

    def spread(one: float, two: float) -> float:
        variance = max(two / count - (one / count) ** 2, 0.0) * count / (count - 1)
        return max(math.sqrt(variance), LEAST_SPREAD)

    return _Past(
        count,
        scale / count,
        spread(scale, scales),
        lean / count,
        spread(lean, leans),
        steady(total / numbers),
        squares / numbers,
    )


def _factor(past: _Past, shift: float, mean: float, square: float) -> float:
    """The factor of the rows that it befell; 0 if the moments contradict one another."""
    whole = math.exp(shift)
    if abs(past.lean) < SIGNED:
        return whole
    of_mean, of_square = mean / past.mean, square / past.square
    if of_mean <= 0:
        return 0.0
    apart = abs(math.log(of_mean) - shift)
    if shift < 0:
        return whole if apart <= 2 * NEAR else 0.0
    # The mean of logarithms is the steadier estimate, but of all rows only.
    if apart <= ALL:
        return whole
    return (of_square - 1) / (of_mean - 1) - 1 if of_mean > 1 else 0.0
