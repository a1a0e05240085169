"""Changes of level in a stream, value by value: the classical tests, at the defaults of river.

Each test is a function of the values in their order that gives the place of the first alarm.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping

import numpy as np

Test = Callable[[Iterable[float]], int | None]


def every(test: Test, values: Iterable[float]) -> list[int]:
    """The places of all alarms: after each the test begins anew with the next value."""
    rest = iter(values)
    found: list[int] = []
    while (ahead := test(rest)) is not None:
        found.append(found[-1] + 1 + ahead if found else ahead)
    return found


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


def eddm(
    errors: Iterable[float], *, least: int = 30, limit: float = 0.9, sample: bool = True
) -> int | None:
    """Early drift detection method (Baena-García et al., 2006): the distance between errors.

    Alarms when its mean and two standard deviations fall below `limit` of their greatest sum. Not
    `sample`: as frouros has it, with the deviations of all errors, and one error sooner.
    """
    last = seen = 0
    mean = squares = 0.0
    greatest = -1.0
    least -= not sample
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
        reach = mean + 2 * math.sqrt(squares / max(seen - sample, 1))
        if reach > greatest:
            greatest = reach
        elif seen > least and reach / greatest < limit:
            return place
    return None


def hddm(errors: Iterable[float], *, confidence: float = 0.001, sides: int = 2) -> int | None:
    """Hoeffding's bound on a moving mean (HDDM-A; Frías-Blanco et al., 2015), of a rise.

    The bound leaves `confidence` to as many `sides`: river has 2, frouros 1.
    """

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
            if mean - cut[0] >= math.sqrt(share / 2 * math.log(sides / confidence)):
                return place
    return None


def hddm_w(
    errors: Iterable[float], *, confidence: float = 0.001, weight: float = 0.05
) -> int | None:
    """McDiarmid's bound on a weighted mean (HDDM-W; Frías-Blanco et al., 2015), of a rise.

    The mean gives the newest value `weight`; it is that since the cut against the one before it,
    and the cut is where the mean with its bound was least.
    """

    def bound(independent: float) -> float:
        return math.sqrt(independent * math.log(1 / confidence) / 2)

    def moved(mean: float, independent: float, value: float, *, first: bool) -> tuple[float, float]:
        after = value if first else weight * value + (1 - weight) * mean
        return after, weight**2 + (1 - weight) ** 2 * independent

    whole, before, since = (0.0, 1.0), (0.0, 1.0), (0.0, 1.0)
    least, cut = math.inf, 0
    for place, value in enumerate(errors):
        whole = moved(*whole, value, first=place == 0)
        edge = whole[0] + bound(whole[1])
        if edge < least:
            least, before, since, cut = edge, whole, (0.0, 1.0), place
            continue
        since = moved(*since, value, first=place == cut + 1)
        if since[0] - before[0] > bound(before[1] + since[1]):
            return place
    return None


def fhddm(
    errors: Iterable[float], *, window: int = 100, confidence: float = 0.000001
) -> int | None:
    """Fast Hoeffding drift detection (Pesaranghader and Viktor, 2016), of a rise.

    Alarms when the errors among the newest `window` exceed their least number so far by more than
    Hoeffding's bound.
    """
    bound = math.sqrt(math.log(1 / confidence) / (2 * window))
    recent: deque[float] = deque()
    wrong = 0.0
    least = math.inf
    for place, error in enumerate(errors):
        recent.append(error)
        wrong += error
        if len(recent) < window:
            continue
        least = min(least, wrong)
        if (wrong - least) / window > bound:
            return place
        wrong -= recent.popleft()
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


def adwin(
    values: Iterable[float],
    *,
    delta: float = 0.002,
    clock: int = 32,
    most: int = 5,
    least: int = 5,
    grace: int = 10,
    wary: bool = False,
) -> int | None:
    """Adaptive windowing (ADWIN2; Bifet and Gavaldà, 2007): any older part against the rest.

    Every `clock` values all cuts between buckets of a power of two values, at most `most` of each
    size, are looked at; alarms when the means on both sides differ by more than Hoeffding's and
    Bernstein's bounds allow at `delta`. `least` values stand on each side, `grace` come before the
    first look. `wary`: as frouros has it, with wider bounds, and never between the newest bucket of
    a size and the next smaller ones.

    Raises ValueError where a `wary` one meets a total below 0, as frouros does.
    """
    sizes: list[list[tuple[float, int]]] = []
    mean = squares = 0.0
    for place, value in enumerate(values):
        n = place + 1
        before = mean
        mean += (value - mean) / n
        squares += (value - before) * (value - mean)
        if wary and mean < 0:
            raise ValueError("ADWIN of frouros takes no values whose total falls below 0")
        _bucket(sizes, value, most)
        if n % clock or n <= grace:
            continue
        surprise = math.log(2 * math.log(n) / delta)
        total, old, older = mean * n, 0.0, 0
        for size in reversed(sizes):
            for part, count in size[:-1] if wary else size:
                old, older = old + part, older + count
                newer = n - older
                kept = least + 1 if wary else least - 1
                if min(older, newer) <= kept:
                    continue
                share = 1 / (older - kept) + 1 / (newer - kept)
                bound = math.sqrt(2 * share * squares / n * surprise) + 2 / 3 * surprise * share
                if abs(old / older - (total - old) / newer) > bound:
                    return place
    return None


def _bucket(sizes: list[list[tuple[float, int]]], value: float, most: int) -> None:
    """Adds a value to the buckets (sum and number of values; oldest first, by size)."""
    carried, level = (value, 1), 0
    while True:
        if level == len(sizes):
            sizes.append([])
        sizes[level].append(carried)
        if len(sizes[level]) <= most:
            return
        (first, one), (second, two) = sizes[level][:2]
        del sizes[level][:2]
        carried, level = (first + second, one + two), level + 1


TESTS: Mapping[str, Test] = {
    "page_hinkley": lambda values: page_hinkley(values, delta=0.25, limit=30.0, fading=1.0),
    "cusum": lambda values: cusum(values, delta=0.5, limit=12.0, target=(0.0, 1.0)),
    "ddm": ddm,
    "eddm": eddm,
    "hddm": hddm,
    "hddm_w": hddm_w,
    "fhddm": fhddm,
    "kswin": kswin,
    "adwin": adwin,
}
"""The tests by the name that a check asks for them with; all but those of errors take values in
units of their usual spread. The first two are stricter than elsewhere: at the defaults of river and
menelaus they alarm within some hundred values that never change; so only once in 100,000."""
OF_ERRORS = ("ddm", "eddm", "hddm", "hddm_w", "fhddm")


def standing_limits(values: Iterable[float], factor: float = 3.0) -> tuple[float, float]:
    """NannyML's limits of a metric: mean and `factor` deviations (ddof 0) of its chunks."""
    known = np.asarray(list(values), dtype=np.float64)
    middle, spread = float(np.nanmean(known)), float(np.nanstd(known))
    return middle - factor * spread, middle + factor * spread
