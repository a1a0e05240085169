"""Which series of a model fills which gauge of its pane, and how its value is written.

Every model has the same gauges in the same places, so that models can be compared at a glance. A
gauge is filled by the untagged series whose name fits best; the patterns are tried in order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GaugeKind:
    """One place in every pane: names that fit, the best first, and how a value is written."""

    label: str
    patterns: tuple[str, ...]
    write: Callable[[str, float], str]


def ratio(_name: str, value: float) -> str:
    """A figure of merit: `.913`; larger numbers (errors of a regression) in full."""
    if 0 <= value < 1:
        return f"{value:.3f}".removeprefix("0")
    return short(value)


def share(_name: str, value: float) -> str:
    """A share as per cent: `0.4 %`."""
    percent = 100 * value
    return f"{percent:.0f} %" if percent >= 10 else f"{percent:.1f} %"


def duration(name: str, value: float) -> str:
    """A duration with the unit that its name tells: `118 ms`."""
    unit = "s" if re.search(r"(_s|_sec|_seconds)$", name) else "ms"
    return f"{short(value)} {unit}"


def per_window(_name: str, value: float) -> str:
    """A volume."""
    return short(value)


def short(value: float) -> str:
    """Three figures: `1.24k`, `52`, `0.031`."""
    size = abs(value)
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if size >= limit:
            return f"{value / (limit if unit != 'k' else 1e3):.3g}{unit}"
    return f"{value:.0f}" if size >= 100 else f"{value:.3g}"


KINDS = (
    GaugeKind(
        "perf",
        (
            r"(^|_)(roc_)?auc($|_)",
            r"accuracy",
            r"(^|_)f1($|_)",
            r"(precision|recall|hit_rate|ndcg|mrr|r2)",
            r"(^|_)(mae|rmse|mape)($|_)",
        ),
        ratio,
    ),
    GaugeKind("nulls", (r"null", r"missing"), share),
    GaugeKind(
        "errors", (r"error.*(rate|share|ratio)", r"(rate|share|ratio).*error", r"error|fail"), share
    ),
    GaugeKind(
        "latency",
        (
            r"latency.*p95|p95.*latency",
            r"(latency|duration|response_time).*(ms|_s|seconds)?",
            r"_ms$",
        ),
        duration,
    ),
    GaugeKind(
        "volume",
        (r"^(requests|predictions|queries|calls)", r"requests|qps|traffic", r"rows|volume"),
        per_window,
    ),
)


def choose(kind: GaugeKind, names: Sequence[str]) -> str | None:
    """The name that fits the gauge best; the shorter, then the first by alphabet, among equals."""
    for pattern in kind.patterns:
        fitting = [name for name in names if re.search(pattern, name.lower())]
        if fitting:
            return min(fitting, key=lambda name: (len(name), name))
    return None


def is_better_high(name: str) -> bool:
    """Whether more of a figure of merit is better."""
    return not re.search(r"(^|_)(mae|rmse|mape|loss|error)", name.lower())


def last_of(values: Iterable[float | None]) -> float | None:
    """The last value that there is."""
    return next((value for value in reversed(list(values)) if value is not None), None)
