"""What a marked event is expected to do, so that doing it raises no alarm.

The rules are one small table. A record may extend it by an attribute `expected`: a name, a list of
names, or an object `{name: {"direction": "up" | "down", "at_most": value}}`; and a title may
announce an effect in words ("recalibrated scores, a shift of the prediction mean is expected").
A performance metric is expected only if the event names it (anchors/alerting.md §3.2, rule 9), and
what is worse than the table allows stays loud (rule 8).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from console.alerts.marks import Mark
from console.alerts.quantity import Quantity, quantity, words
from console.detectors.protocol import Deviation
from console.records.clock import HOUR, MINUTE

LEAD_S, MOST_LEAD_S = 15 * MINUTE, HOUR
"""How much before its event an onset may be estimated: base windows, clocks and smoothing; a
quarter of the time that finding it took, within these bounds."""
FOLLOW_S = 2 * HOUR
"""How long after its event an expected effect may begin."""
SETTLE_S = 2 * HOUR
"""How long after the end of a lasting event its effects may still begin (the way back)."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One effect: which quantity, which way, and how much of it is plausible."""

    quantity: Quantity
    direction: int = 0
    """1 up, -1 down, 0 either. About the end of a lasting event the way back is expected too."""
    factor: float = math.inf
    """|after| may be at most this many times |before| (or that fraction of it)."""


TABLE: dict[str, tuple[Expected, ...]] = {
    "campaign": (
        Expected("traffic", 1, 10.0),
        Expected("business", 1, 10.0),
        Expected("load", 1, 1.8),
        Expected("distribution"),
        Expected("logs", 1, 10.0),
    ),
    "data_import": (Expected("traffic", 1, 10.0),),
}
"""By type of event, `data_import` only if planned. Maintenance is not among them: who knows that it
silences something says so in `expected` or in the title."""
ALIASES = {"promotion": "campaign", "sale": "campaign", "import": "data_import"}
PLANNED_ONLY = frozenset({"data_import"})

ANNOUNCES = re.compile(
    r"\b(expect\w*|recalibrat\w*|anticipat\w*|intend\w*|by design)\b", re.IGNORECASE
)
DENIES = re.compile(r"\b(no|not|without|never|unexpected\w*)\b", re.IGNORECASE)
STATED_FACTS = frozenset({"threshold", "forecast"})
"""A limit that the user set is not part of any plan, unless its quantity is and stays plausible."""

NAMED: dict[str, frozenset[Quantity]] = {
    "prediction": frozenset({"distribution"}),
    "predictions": frozenset({"distribution"}),
    "score": frozenset({"distribution"}),
    "scores": frozenset({"distribution"}),
    "recalibrated": frozenset({"distribution"}),
    "recalibration": frozenset({"distribution"}),
    "distribution": frozenset({"distribution"}),
    "latency": frozenset({"load"}),
    "slower": frozenset({"load"}),
    "memory": frozenset({"load"}),
    "load": frozenset({"load", "traffic"}),
    "traffic": frozenset({"traffic", "load"}),
    "volume": frozenset({"traffic"}),
    "rows": frozenset({"traffic"}),
    "requests": frozenset({"traffic"}),
    "nulls": frozenset({"quality"}),
    "missing": frozenset({"quality"}),
    "errors": frozenset({"errors"}),
    "downtime": frozenset({"staleness", "traffic"}),
    "outage": frozenset({"staleness", "traffic"}),
    "silence": frozenset({"staleness"}),
}
"""Which quantities a word of an announcement names, besides the series of that very name."""


def explaining(deviation: Deviation, marks: Iterable[Mark]) -> Mark | None:
    """The nearest marked event that explains a deviation as expected, None if none does."""
    fitting = [mark for mark in marks if expects(mark, deviation)]
    return min(fitting, key=lambda m: (abs(deviation.onset - m.ts), m.id), default=None)


def exceeded(deviation: Deviation, marks: Iterable[Mark]) -> Mark | None:
    """The nearest event that was expected to move this quantity, but less or the other way."""
    kind = quantity(deviation)
    fitting = [
        mark
        for mark in marks
        if _meets(mark, deviation)
        and not expects(mark, deviation)
        and (
            _stated(mark, deviation) is False
            or any(effect.quantity == kind for effect in _effects(mark))
        )
    ]
    return min(fitting, key=lambda m: (abs(deviation.onset - m.ts), m.id), default=None)


def expects(mark: Mark, deviation: Deviation) -> bool:
    """Whether a deviation is what this event was expected to do, where and when it was."""
    if not _meets(mark, deviation):
        return False
    stated = _stated(mark, deviation)
    if stated is not None:
        return stated
    kind = quantity(deviation)
    if _announced(mark, deviation, kind):
        return kind == "performance" or deviation.detector not in STATED_FACTS
    return any(
        effect.quantity == kind and _plausible(effect, mark, deviation) for effect in _effects(mark)
    )


def _meets(mark: Mark, deviation: Deviation) -> bool:
    """Whether a deviation began in an event's scope and time."""
    latest = mark.ts + FOLLOW_S
    if mark.end_ts is not None:
        latest = max(latest, mark.end_ts + SETTLE_S)
    slow = 0.25 * (deviation.at - deviation.onset)
    earliest = mark.ts - min(max(slow, LEAD_S), MOST_LEAD_S)
    return mark.concerns(deviation.series.model) and earliest <= deviation.onset <= latest


def _effects(mark: Mark) -> tuple[Expected, ...]:
    kind = ALIASES.get(mark.type.lower(), mark.type.lower())
    if kind in PLANNED_ONLY and not mark.planned:
        return ()
    return TABLE.get(kind, ())


def _plausible(effect: Expected, mark: Mark, deviation: Deviation) -> bool:
    if deviation.severity == "critical" and deviation.detector in STATED_FACTS:
        return False
    if effect.direction * deviation.direction < 0 and not _ending(mark, deviation):
        return False
    before, after = deviation.before, deviation.after
    if before is None or after is None or math.isinf(effect.factor):
        return True
    low, high = sorted((abs(before), abs(after)))
    return high <= effect.factor * low


def _ending(mark: Mark, deviation: Deviation) -> bool:
    """Whether a deviation began about the end of an event that lasts: what rose falls again.

    Of an event whose end nobody told, any time after it may be its end.
    """
    if mark.end_ts is None:
        return deviation.onset >= mark.ts + HOUR
    return deviation.onset >= mark.end_ts - LEAD_S


def _announced(mark: Mark, deviation: Deviation, kind: Quantity) -> bool:
    text = mark.title
    if not ANNOUNCES.search(text) or DENIES.search(text):
        return False
    said = words(text)
    by_kind = kind != "performance" and any(kind in NAMED.get(word, ()) for word in said)
    return by_kind or _names(said, deviation.series.name)


def _names(said: list[str], name: str) -> bool:
    """Whether all words of a series' name are among the words said."""
    own = words(name)
    return bool(own) and set(own) <= set(said)


def _stated(mark: Mark, deviation: Deviation) -> bool | None:
    """What the record's own `expected` says of the series; None if it says nothing of it."""
    stated = mark.attributes.get("expected")
    if isinstance(stated, str):
        stated = [stated]
    if isinstance(stated, list):
        stated = {str(name): {} for name in stated}
    if not isinstance(stated, dict):
        return None
    kind = quantity(deviation)
    for name, limits in stated.items():
        said = words(str(name))
        by_name = _names(said, deviation.series.name) or str(name) == deviation.series.label
        whole = NAMED.get(said[0], frozenset()) if len(said) == 1 else frozenset()
        if by_name or (kind != "performance" and kind in whole):
            return _within(limits, deviation)
    return None


def _within(limits: object, deviation: Deviation) -> bool:
    if not isinstance(limits, dict):
        return True
    direction = {"up": 1, "down": -1}.get(str(limits.get("direction", "")), 0)
    if direction * deviation.direction < 0:
        return False
    for bound, sign in (("at_most", 1), ("at_least", -1)):
        value = limits.get(bound)
        if (
            isinstance(value, int | float)
            and deviation.after is not None
            and sign * (deviation.after - value) > 0
        ):
            return False
    return True
