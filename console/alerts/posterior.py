"""What a series itself says of when it changed, and so of which marked event changed it.

The event-hypothesis posterior of anchors/alerting.md §3.2, in closed form and for many series at
once. Of one series of equal windows:

1. what the reference shows of the hour is taken out, and AR(1) noise is whitened;
2. the Bayes factor of a step of size N(m, v), or as much down, at each window against no change
   follows from two cumulative sums, the level before it being unknown. With the whitened values e
   and the whitened step x (1, then 1 - phi, ...), both less their means and in units of sigma,

       c = x . e,  s = x . x,  w = 1 / v + s,
       log BF = log cosh(c m / v / w) + (c^2 + m^2 / v^2) / w / 2 - m^2 / v / 2 - log(s v + 1) / 2;

3. an event is given the Bayes factors of the windows after it, weighted by its delay, 2^-d; a
   change that nobody marked the mean of all windows; no change at all 1.

Series that an event cannot have touched are its controls: their mean is taken out first. Where two
versions ran side by side, the difference between them in the same windows is a further factor.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

EVENT, UNMARKED, NOTHING = 0.5, 0.25, 0.25
"""Prior of a change by any of the marked events, by something else, and of none at all."""
DELAYS = 8
"""Windows within which an event acts."""
SIZE, SIZE_SPREAD = 2.5, 1.0
"""Size of a step to reckon with, up or down, and how much it varies, in usual standard deviations:
nobody is told of less."""
MOST_PHI = 0.95
SPLIT_SPREAD = 3.0
"""Size of a difference between versions to reckon with, in standard errors."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Probabilities of the hypotheses about one series; they add up to 1."""

    events: tuple[float, ...]
    """Of each event, in the order given."""
    unmarked: float
    nothing: float

    @property
    def top(self) -> int | None:
        """The event to name: the likeliest if it is likelier than not, else None (unknown)."""
        best = max(range(len(self.events)), key=self.events.__getitem__, default=None)
        return best if best is not None and self.events[best] >= 0.5 else None


def kernel(length: int = DELAYS) -> Floats:
    """(length,) How likely an event acts so many windows later: 2^-d, adding up to 1."""
    weights = 0.5 ** np.arange(length)
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def deseasoned(values: ArrayLike, phases: ArrayLike, reference: int) -> Floats:
    """(m, n) The values less what the first `reference` windows show of each phase, say the hour.

    `phases` (n,) number the phase of each window. Medians of few windows are noise themselves, so
    that they are held back by the share of their variance that noise explains (James and Stein).
    """
    rows = np.atleast_2d(np.asarray(values, dtype=np.float64))
    phase = np.asarray(phases, dtype=np.intp)
    before, own = rows[:, :reference], phase[:reference]
    centre = np.median(before, axis=1, keepdims=True)
    profile = np.zeros((rows.shape[0], int(phase.max(initial=0)) + 1))
    counts = np.bincount(own, minlength=profile.shape[1])
    for number in np.flatnonzero(counts):
        profile[:, number] = np.median(before[:, own == number], axis=1) - centre[:, 0]
    known = counts > 0
    if known.sum() < 2:
        return np.asarray(rows - centre)
    rest = before - centre - profile[:, own]
    # The variance of a median of k normal values is about pi / 2k of theirs.
    noise = (rest.var(axis=1) * math.pi / 2)[:, None] * np.mean(1.0 / counts[known])
    spread = profile[:, known].var(axis=1)[:, None]
    kept = np.clip(1.0 - noise / np.maximum(spread, np.finfo(float).tiny), 0.0, 1.0)
    return np.asarray(rows - centre - kept * profile[:, phase])


def less_controls(values: ArrayLike, controls: ArrayLike, reference: int) -> Floats:
    """(m, n) The values less what the mean of their controls (m, n) explains of them.

    The slope is that of the reference, so that a control of another scale does no harm.
    """
    rows = np.atleast_2d(np.asarray(values, dtype=np.float64))
    others = np.atleast_2d(np.asarray(controls, dtype=np.float64))
    centred = others - others[:, :reference].mean(axis=1, keepdims=True)
    own = rows[:, :reference] - rows[:, :reference].mean(axis=1, keepdims=True)
    power = (centred[:, :reference] ** 2).sum(axis=1)
    shared = (own * centred[:, :reference]).sum(axis=1)
    slope = np.divide(shared, power, out=np.zeros_like(shared), where=power > 0)
    return np.asarray(rows - slope[:, None] * centred)


def log_factors(values: ArrayLike, reference: int, pulse: int | None = None) -> Floats:
    """(m, n) Log Bayes factor of a step at each window against no change; -inf at the first.

    `reference` is how many windows at the start tell the noise. With `pulse`, of a step that goes
    back so many windows later.
    """
    rows = np.atleast_2d(np.asarray(values, dtype=np.float64))
    count = rows.shape[1]
    phi, sigma = _noise(rows[:, :reference])
    white = rows[:, 1:] - phi[:, None] * rows[:, :-1]
    white = white - white.mean(axis=1, keepdims=True)
    keep = 1.0 - phi[:, None]
    # Sums of the whitened values from each window on; window t of `rows` is t - 1 of `white`.
    after = np.cumsum(white[:, ::-1], axis=1)[:, ::-1]
    dot = white * (1.0 - keep) + keep * after
    left = np.arange(count - 1, 0, -1)[None, :] - 1.0
    total, square = 1.0 + keep * left, 1.0 + keep**2 * left
    if pulse is not None and pulse < count - 1:
        dot[:, :-pulse] -= dot[:, pulse:]
        total = np.broadcast_to(total, dot.shape).copy()
        square = np.broadcast_to(square, dot.shape).copy()
        cross = keep + keep**2 * left[:, pulse:]
        square[:, :-pulse] += square[:, pulse:] - 2.0 * cross
        total[:, :-pulse] -= total[:, pulse:]
    square = square - total**2 / (count - 1)
    scale = sigma[:, None]
    size = 1.0 / np.sqrt(1.0 - phi[:, None] ** 2)
    factors = np.full(rows.shape, -np.inf)
    factors[:, 1:] = _of_step(dot / scale, square, SIZE * size, (SIZE_SPREAD * size) ** 2)
    return factors


def _noise(reference: Floats) -> tuple[Floats, Floats]:
    """(m,) Autocorrelation at lag 1, and standard deviation of what it leaves."""
    centred = reference - reference.mean(axis=1, keepdims=True)
    power = (centred**2).sum(axis=1)
    lagged = (centred[:, 1:] * centred[:, :-1]).sum(axis=1)
    phi = np.divide(lagged, power, out=np.zeros_like(lagged), where=power > 0)
    # The estimate falls short by (1 + 3 phi) / n (Kendall 1954).
    count = max(reference.shape[1], 1)
    phi = np.clip(phi + (1.0 + 3.0 * phi) / count, 0.0, MOST_PHI)
    rest = centred[:, 1:] - phi[:, None] * centred[:, :-1]
    sigma = np.sqrt((rest**2).mean(axis=1)) if rest.shape[1] else np.zeros(len(phi))
    floor = 1e-9 * np.maximum(np.abs(reference).max(axis=1, initial=0.0), 1e-9)
    return phi, np.maximum(sigma, floor)


def _of_step(dot: Floats, square: Floats, size: Floats, variance: Floats) -> Floats:
    """Log Bayes factor of a step of about `size`, up or down, from its two sums."""
    weight = 1.0 / variance + square
    tilt = np.abs(dot * size / variance / weight)
    # log cosh without overflow.
    either = tilt + np.log1p(np.exp(-2.0 * tilt)) - math.log(2.0)
    bent = 0.5 * (dot**2 + (size / variance) ** 2) / weight
    return np.asarray(either + bent - 0.5 * size**2 / variance - 0.5 * np.log1p(square * variance))


def verdict(
    factors: Floats,
    events: Sequence[int],
    *,
    first: int,
    extra: Sequence[float] = (),
    weights: Sequence[float] = (),
) -> Verdict:
    """The probabilities of the hypotheses about one series.

    `factors` (n,) are its log Bayes factors, `events` the first window that each event can have
    changed, `first` the first window at which a change is looked for. `extra` are log factors of
    each event from elsewhere (a split of versions), `weights` its share of the prior, equal if not
    given.
    """
    delays = kernel()
    shares = np.asarray(weights or [1.0] * len(events), dtype=np.float64)
    shares = shares / max(shares.sum(), 1e-300)
    logs = []
    for number, window in enumerate(events):
        reach = factors[window : window + DELAYS]
        if not len(reach) or shares[number] <= 0:
            logs.append(-math.inf)
            continue
        told = np.logaddexp.reduce(reach + np.log(delays[: len(reach)]))
        elsewhere = extra[number] if extra else 0.0
        logs.append(float(told) + math.log(EVENT * shares[number]) + elsewhere)
    looked = factors[first:]
    mean = float(np.logaddexp.reduce(looked)) - math.log(max(len(looked), 1))
    every = np.array([*logs, math.log(UNMARKED) + mean, math.log(NOTHING)])
    odds = np.exp(every - every.max())
    shown = (odds / odds.sum()).tolist()
    return Verdict(tuple(shown[:-2]), shown[-2], shown[-1])


def split_factor(old: ArrayLike, new: ArrayLike, spread: float) -> float:
    """Log Bayes factor of two versions differing, from their values (n,) in the same windows.

    `spread` is the standard deviation of the difference within one window. What is common to both
    cancels out; 0 if they never ran side by side.
    """
    first, second = np.asarray(old, dtype=np.float64), np.asarray(new, dtype=np.float64)
    both = np.isfinite(first) & np.isfinite(second)
    count = int(both.sum())
    if not count or not spread > 0:
        return 0.0
    z = float((second[both] - first[both]).mean()) / (spread / math.sqrt(count))
    power = SPLIT_SPREAD**2
    return 0.5 * z * z * power / (1.0 + power) - 0.5 * math.log1p(power)


def placebo(factors: Floats, event: int, quiet: Sequence[int]) -> float:
    """How often a time at which nothing was marked looks as much like a change as the event's does.

    The statistic is that of the event; (1 + as many) / (1 + all), so never 0.
    """

    def told(window: int) -> float:
        reach = factors[window : window + DELAYS]
        return float(np.logaddexp.reduce(reach + np.log(kernel()[: len(reach)])))

    own = told(event)
    return (1 + sum(told(window) >= own for window in quiet)) / (1 + len(quiet))
