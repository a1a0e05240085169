"""Changes of level in a stream, value by value: the classical tests, at the defaults of river.

Each test is a function of the values in their order that gives the place of the first alarm.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Mapping

import numpy as np

Test = Callable[[Iterable[float]], int | None]


def page_hinkley(
    values: Iterable[float],
    *,
    least: int = 30,
    delta: float = 0.005,
    limit: float = 50.0,
    fading: float = 0.9999,
    both: bool = True,
) -> int | None:
    """Page-Hinkley (Page, Biometrika 41, 1954): the faded sum of deviations from the running mean.

    Alarms when it has risen by `limit` above its least, or fallen below its greatest. Not `both`:
    as frouros has it, of a rise only, and from 0 rather than from the least.
    """
    mean = rise = fall = 0.0
    low, high = (math.inf, -1.0) if both else (0.0, math.inf)
    for place, value in enumerate(values):
        mean += (value - mean) / (place + 1)
        rise = fading * rise + value - mean - delta
        fall = fading * fall + value - mean + delta
        if both:
            low, high = min(low, rise), max(high, fall)
        above, below = rise - low, high - fall if both else 0.0
        if place + 1 >= least and (above > limit or below > limit):
            return place
    return None


def cusum(
    values: Iterable[float],
    *,
    least: int = 30,
    delta: float = 0.005,
    limit: float = 50.0,
    target: tuple[float, float] | None = None,
) -> int | None:
    """Cumulative sum: of deviations from the running mean less `delta`, never below 0.

    With a `target` (mean and standard deviation) of deviations from that, in its units, both ways.
    """
    mean = up = down = 0.0
    for place, value in enumerate(values):
        mean += (value - mean) / (place + 1)
        if target is None:
            up = max(0.0, up + value - mean - delta)
        else:
            score = (value - target[0]) / target[1]
            up, down = max(0.0, up + score - delta), max(0.0, down - score - delta)
        if place + 1 >= least and max(up, down) > limit:
            return place
    return None


def ddm(errors: Iterable[float], *, least: int = 30, limit: float = 3.0) -> int | None:
    """Drift detection method (Gama et al., 2004): the error rate against its best so far.

    Alarms when rate and standard deviation together exceed the least such sum's rate by `limit` of
    its standard deviations. `limit` 2 is its warning.
    """
    rate, best = 0.0, (math.inf, 0.0)
    for place, error in enumerate(errors):
        n = place + 1
        rate += (error - rate) / n
        spread = math.sqrt(max(rate * (1 - rate), 0.0) / n)
        if n > least:
            if rate + spread <= sum(best):
                best = (rate, spread)
            if rate + spread > best[0] + limit * best[1]:
                return place
    return None


def eddm(errors: Iterable[float], *, least: int = 30, limit: float = 0.9) -> int | None:
    """Early drift detection method (Baena-García et al., 2006): the distance between errors.

    Alarms when its mean and two standard deviations fall below `limit` of their greatest sum.
    """
    last = seen = 0
    mean = squares = 0.0
    greatest = -1.0
    for place, error in enumerate(errors):
        n = place + 1
        if error != 1:
            continue
        seen += 1
        gap, before = n - last, mean
        last = n
        mean += (gap - before) / seen
        squares += (gap - before) * (gap - mean)
        if n <= least:
            continue
        reach = mean + 2 * math.sqrt(squares / (seen - 1) if seen > 1 else 0.0)
        if reach > greatest:
            greatest = reach
        elif seen > least and reach / greatest < limit:
            return place
    return None


def hddm(errors: Iterable[float], *, confidence: float = 0.001) -> int | None:
    """Hoeffding's bound on a moving mean (HDDM-A; Frías-Blanco et al., 2015), of a rise."""

    def bound(n: int) -> float:
        return math.sqrt(math.log(1 / confidence) / (2 * n))

    mean, cut = 0.0, (0.0, 0)
    for place, value in enumerate(errors):
        n = place + 1
        mean += (value - mean) / n
        if cut[1] == 0 or cut[0] + bound(cut[1]) >= mean + bound(n):
            cut = (mean, n)
        if cut[1] != n:
            share = (n - cut[1]) / cut[1] / n
            if mean - cut[0] >= math.sqrt(share / 2 * math.log(2 / confidence)):
                return place
    return None


def kswin(
    values: Iterable[float], *, alpha: float = 0.005, window: int = 100, part: int = 30
) -> int | None:
    """Kolmogorov-Smirnov windowing (Raab et al., 2020): the newest values against a sample before.

    The sample is drawn with a fixed seed, so that equal values give equal alarms.
    """
    from scipy import stats

    draw = random.Random(42)  # noqa: S311 - reproducible on purpose
    recent: list[float] = []
    for place, value in enumerate(values):
        recent = [*recent[-(window - 1) :], value]
        if len(recent) < window:
            continue
        sample = [recent[at] for at in draw.sample(range(window - part), part)]
        found = stats.ks_2samp(sample, recent[-part:], method="exact")
        if found.pvalue <= alpha and found.statistic > 0.1:
            return place
    return None


TESTS: Mapping[str, Test] = {
    "page_hinkley": lambda values: page_hinkley(values, delta=0.25, limit=30.0, fading=1.0),
    "cusum": lambda values: cusum(values, delta=0.5, limit=12.0, target=(0.0, 1.0)),
    "ddm": ddm,
    "eddm": eddm,
    "hddm": hddm,
    "kswin": kswin,
}
"""The tests by the name that a check asks for them with; all but those of errors take values in
units of their usual spread. The first two are stricter than elsewhere: at the defaults of river and
menelaus they alarm within some hundred values that never change; so only once in 100,000."""
OF_ERRORS = ("ddm", "eddm", "hddm")


def standing_limits(values: Iterable[float], factor: float = 3.0) -> tuple[float, float]:
    """NannyML's limits of a metric: mean and `factor` deviations (ddof 0) of its chunks."""
    known = np.asarray(list(values), dtype=np.float64)
    middle, spread = float(np.nanmean(known)), float(np.nanstd(known))
    return middle - factor * spread, middle + factor * spread
