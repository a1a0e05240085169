"""The limits that a series must not cross: those of the rules, and those that everything has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from console.config.settings import Rule
from console.records.series import Series

_WORD = re.compile(r"[a-z]+")
_FILLS = frozenset(
    {"disk", "memory", "mem", "storage", "filesystem", "fs", "inode", "inodes", "heap", "swap"}
    | {"quota", "volume", "pool", "space"}
)
_PERCENT = frozenset({"percent", "percentage", "pct"})
_SHARE = frozenset({"ratio", "share", "fraction", "usage"})
_EITHER = frozenset({"utilization", "utilisation"})
_LEFT = frozenset({"free", "available", "avail", "remaining", "left"})


@dataclass(frozen=True, slots=True)
class Limits:
    """What lies above and below a series: values in its own unit, ascending."""

    above: tuple[float, ...] = ()
    below: tuple[float, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.above or self.below)

    def ahead(self, value: float, direction: int) -> float | None:
        """The first limit that a value meets on its way up (1) or down (-1)."""
        if direction > 0:
            return next((limit for limit in self.above if limit > value), None)
        return next((limit for limit in reversed(self.below) if limit < value), None)


def limits_of(series: Series, rules: Sequence[Rule]) -> Limits:
    """The limits of a series: of every rule that is for it, else the known one of its kind."""
    own = [rule for rule in rules if concerns(rule, series)]
    above = {edge for rule in own if (edge := above_of(rule)) is not None}
    below = {edge for rule in own if (edge := below_of(rule)) is not None}
    if above or below:
        return Limits(tuple(sorted(above)), tuple(sorted(below)))
    return _known(series.name)


def concerns(rule: Rule, series: Series) -> bool:
    """Whether a rule names a series."""
    return (
        rule.series in (series.name, series.label)
        and rule.model in (None, series.model)
        and rule.stage in (None, series.stage)
    )


def above_of(rule: Rule) -> float | None:
    """The value that a series must not be above."""
    return rule.above if rule.outside is None else rule.outside[1]


def below_of(rule: Rule) -> float | None:
    """The value that a series must not be below."""
    return rule.below if rule.outside is None else rule.outside[0]


@lru_cache(maxsize=4096)
def _known(name: str) -> Limits:
    """What is full at 100 percent, or as a share at 1; and empty at 0, should it tell the rest."""
    words = set(_WORD.findall(name.lower()))
    if not words & _FILLS:
        return Limits()
    if words & _LEFT:
        return Limits(below=(0.0,)) if words & (_PERCENT | _SHARE | {"bytes"}) else Limits()
    if words & _PERCENT:
        return Limits(above=(100.0,))
    # Told as a share or in percent: once it is above 1 it is the latter.
    return Limits(above=(1.0, 100.0) if words & _EITHER else (1.0,) if words & _SHARE else ())
