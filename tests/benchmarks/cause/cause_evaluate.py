"""The simulation of the event-hypothesis posterior (anchors/alerting.md §3.2).

    python -m tests.benchmarks.cause.cause_evaluate --series 600

For each size of the step: the share of series whose causing event is named (top-1), of series that
no event changed but one is blamed for (false blame), both with the baselines "nearest event before
the largest change" and "t-test of a day before and after each event"; and the expected calibration
error of what the posterior says of its likeliest hypothesis.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from console.alerts.posterior import (
    deseasoned,
    less_controls,
    log_factors,
    split_factor,
    verdict,
)
from tests.benchmarks.cause.cause_world import (
    HOURS,
    REFERENCE,
    VERSIONS_APART,
    Case,
    Floats,
    case,
)

SIZES = (0.75, 1.0, 1.5, 2.0, 3.0)
PHASES = np.arange(HOURS) % 24


@dataclass(frozen=True)
class Row:
    """The figures of one method at one size."""

    method: str
    top1: float
    """Of the series that an event changed."""
    blame: float
    """Of the others."""
    ece: float | None = None


@dataclass(frozen=True)
class Answer:
    """What a method says of one series."""

    named: int | None
    """Which event; None: unknown."""
    likeliest: int | None = None
    """The likeliest hypothesis, an event or none of them, however likely."""
    chance: float | None = None
    """How likely that is said to be; None: the method does not say."""


Method = Callable[[Sequence[Case]], list[Answer]]


def posterior(cases: Sequence[Case]) -> list[Answer]:
    """The console's own answer, from the series alone."""
    return _judged(cases, np.stack([one.values for one in cases]))


def controlled(cases: Sequence[Case]) -> list[Answer]:
    """With a series outside the scope of the events as control."""
    values = deseasoned([one.values for one in cases], PHASES, REFERENCE)
    control = deseasoned([one.control for one in cases], PHASES, REFERENCE)
    return _judged(cases, less_controls(values, control, REFERENCE))


def with_versions(cases: Sequence[Case]) -> list[Answer]:
    """With the old and the new version side by side after each event."""
    spread = VERSIONS_APART * 2**0.5
    extra = [[split_factor(old, new, spread) for old, new in one.versions] for one in cases]
    return _judged(cases, np.stack([one.values for one in cases]), extra)


def _judged(
    cases: Sequence[Case], values: Floats, extra: Sequence[Sequence[float]] | None = None
) -> list[Answer]:
    factors = log_factors(deseasoned(values, PHASES, REFERENCE), REFERENCE)
    found: list[Answer] = []
    for number, one in enumerate(cases):
        told = extra[number] if extra else ()
        said = verdict(factors[number], one.events, first=REFERENCE, extra=told)
        rest = said.unmarked + said.nothing
        best = int(np.argmax(said.events))
        most = said.events[best]
        found.append(Answer(said.top, best if most > rest else None, max(most, rest)))
    return found


def nearest(cases: Sequence[Case]) -> list[Answer]:
    """The last event before the largest difference of the days before and after."""
    found: list[Answer] = []
    for one in cases:
        gaps = [
            abs(one.values[h : h + 12].mean() - one.values[h - 12 : h].mean())
            for h in range(REFERENCE, HOURS - 4)
        ]
        at = REFERENCE + int(np.argmax(gaps))
        before = [number for number, event in enumerate(one.events) if event <= at]
        found.append(Answer(before[-1] if before else None))
    return found


def t_test(cases: Sequence[Case]) -> list[Answer]:
    """The event with the greatest t of a day after against a day before, if beyond 3.5."""
    found: list[Answer] = []
    for one in cases:
        plain = deseasoned(one.values, PHASES, REFERENCE)[0]
        scores = [abs(_t(plain[e - 24 : e], plain[e : e + 24])) for e in one.events]
        best = int(np.argmax(scores))
        found.append(Answer(best if scores[best] > 3.5 else None))
    return found


def _t(before: Floats, after: Floats) -> float:
    spread = np.sqrt(before.var() / len(before) + after.var() / len(after))
    return float((after.mean() - before.mean()) / max(spread, 1e-9))


METHODS: dict[str, Method] = {
    "nearest event": nearest,
    "t-test, 24 h": t_test,
    "posterior": posterior,
    "posterior, control": controlled,
    "posterior, versions": with_versions,
}


def row(method: str, cases: Sequence[Case]) -> Row:
    """The figures of a method on some cases."""
    pairs = list(zip(cases, METHODS[method](cases), strict=True))
    right = [one.cause == said.named for one, said in pairs if one.cause is not None]
    blamed = [said.named is not None for one, said in pairs if one.cause is None]
    sure = [
        (said.chance, one.cause == said.likeliest) for one, said in pairs if said.chance is not None
    ]
    ece = calibration(sure) if sure else None
    return Row(method, float(np.mean(right)), float(np.mean(blamed)), ece)


def calibration(pairs: Sequence[tuple[float, bool]], bins: int = 10) -> float:
    """Expected calibration error over bins of equal width."""
    said, true = np.array(pairs, dtype=float).T
    places = np.minimum((said * bins).astype(int), bins - 1)
    gaps = [abs((said - true)[places == place].sum()) for place in range(bins)]
    return float(sum(gaps) / len(said))


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--series", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--anywhere", action="store_true", help="unmarked changes near events too")
    parser.add_argument("--burst", action="store_true", help="a day of unrest, shared by controls")
    arguments = parser.parse_args()
    begun = time.perf_counter()
    _say(f"{'top-1 / false blame / ECE':<22}" + "".join(f"{size:>16g}" for size in SIZES))
    every = {
        size: [
            case(arguments.seed, number, size, burst=arguments.burst, anywhere=arguments.anywhere)
            for number in range(arguments.series)
        ]
        for size in SIZES
    }
    for method in METHODS:
        rows = [row(method, every[size]) for size in SIZES]
        _say(f"{method:<22}" + "".join(f"{_cell(one):>16}" for one in rows))
    _say(f"{time.perf_counter() - begun:.0f} s")


def _cell(one: Row) -> str:
    ece = "-" if one.ece is None else f"{one.ece:.2f}"
    return f"{one.top1:.2f}/{one.blame:.2f}/{ece}"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
