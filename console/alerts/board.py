"""The inbox laid out in columns, so that it is put in order again in a few milliseconds.

Lanes, best first; nothing that is learned or marked crosses them, but for having been seen:

0 *pinned*: critical, not seen yet, not explained by a marked event;
1 *overdue*: a warning or worse that has waited unseen for eight hours;
2 everything else that is open;
3 *passed*: a warning or worse that ended by itself before anybody looked: read in the morning;
4 *digest*: `info` and what a marked event explains;
5 at rest: snoozed, noise, and what was resolved and has been seen.

Within a lane the score decides, then the newer alert, then its id. What was learned of a user
counts in lanes 2 and 4 only: the others hold what must not be missed, or wait for nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from console.alerts.learning import CLIP, Key, Taste, keys_of
from console.alerts.prior import AGE_FULL_S, AGE_WEIGHT, BIAS, NAMES, WEIGHTS, Topic
from console.records.clock import HOUR

OVERDUE_S = 8 * HOUR
OVERDUE_WEIGHT, OVERDUE_MOST = 1.0, 6.0
"""What each further eight hours unseen add among the overdue, and the most: whatever its features,
an alert comes to the top of them before two days are over."""
OVERDUE_LANE, PASSED_LANE, DIGEST_LANE, REST_LANE = 1, 3, 4, 5
LEARNED_LANES = (2, DIGEST_LANE)
AT_REST = ("snoozed", "resolved", "noise")
"""States that come after all others, in this order."""
IMPORTANT = 1.5
"""What the user's own mark adds: as much as severity and a little less than all the rest."""

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Subject:
    """An alert as the order sees it."""

    id: str
    topic: Topic
    severity: str
    state: str
    explained: bool
    """By a marked event, as its expected effect."""
    opened_at: float
    ended_at: float | None
    seen: bool = False
    important: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """The order of the subjects as they were given to the board."""

    places: Places
    """Index of the subject at each place, best first."""
    lanes: Places
    """Lane of each subject."""
    scores: Floats
    """Score of each subject, in logits."""


class Board:
    """Subjects in columns; what was learned of a user and the time are given to each order."""

    def __init__(self, subjects: Sequence[Subject]) -> None:
        self._presorted = np.array(
            sorted(range(len(subjects)), key=lambda i: (-subjects[i].opened_at, subjects[i].id)),
            dtype=np.intp,
        )
        values = np.array([s.topic.values for s in subjects], dtype=np.float64)
        self._values = values.reshape(-1, len(NAMES)).T.copy()
        self._prior = _weighted(BIAS, WEIGHTS.values(), self._values)
        self._prior += IMPORTANT * _flags(s.important for s in subjects)
        self._opened = np.array([s.opened_at for s in subjects], dtype=np.float64)
        self._ended = np.array(
            [np.inf if s.ended_at is None else s.ended_at for s in subjects], dtype=np.float64
        )
        self._seen = _flags(s.seen for s in subjects)
        self._critical = _flags(s.severity == "critical" for s in subjects)
        self._digest = _flags(s.severity == "info" or s.explained for s in subjects)
        self._rest = np.array(
            [1 + AT_REST.index(s.state) if s.state in AT_REST else 0 for s in subjects],
            dtype=np.intp,
        )
        self._keys, self._codes = _coded([keys_of(s.topic) for s in subjects])

    def lanes(self, now: float) -> Places:
        """The lane of each subject at a time."""
        resolved = self._rest == 1 + AT_REST.index("resolved")
        fresh = ~self._seen
        return np.select(
            [
                resolved & fresh & ~self._digest,
                self._rest > 0,
                self._digest,
                fresh & self._critical,
                fresh & (now - self._opened >= OVERDUE_S),
            ],
            [PASSED_LANE, REST_LANE, DIGEST_LANE, 0, OVERDUE_LANE],
            default=2,
        ).astype(np.intp)

    def order(self, taste: Taste, now: float) -> Order:
        """Lanes, scores and places of all subjects at a time. Always the same bits for the same."""
        lanes = self.lanes(now)
        scores = self._prior + aged(np.minimum(self._ended, now) - self._opened)
        scores += np.where(lanes == OVERDUE_LANE, neglected(now - self._opened), 0.0)
        if taste.gate == "open":
            deviation = self._deviation(taste)
            scores += np.where(np.isin(lanes, LEARNED_LANES), taste.level + deviation, 0.0)
        rest = np.where(lanes == REST_LANE, self._rest, 0)
        first = self._presorted
        places = first[np.lexsort((-scores[first], rest[first], lanes[first]))]
        return Order(places, lanes, scores)

    def _deviation(self, taste: Taste) -> Floats:
        known = [taste.leanings.get(key) for key in self._keys]
        weights = np.array([0.0, *(0.0 if one is None else one.weight for one in known)])
        deviation = _weighted(0.0, taste.dense, self._values)
        for codes in self._codes:
            deviation += weights[codes]
        return np.clip(deviation, -CLIP, CLIP)


def aged(age: Any) -> Any:
    """What waiting adds to a score: an array of ages in seconds, or one."""
    return AGE_WEIGHT * np.clip(age / AGE_FULL_S, 0.0, 1.0)


def neglected(age: Any) -> Any:
    """What waiting unseen adds among the overdue: an array of ages in seconds, or one."""
    return OVERDUE_WEIGHT * np.clip(age / OVERDUE_S - 1.0, 0.0, OVERDUE_MOST)


def _weighted(start: float, weights: Iterable[float], columns: Floats) -> Floats:
    """The weighted sum of columns, one after the other: no row depends on how many there are."""
    total = np.full(columns.shape[1], start)
    for weight, column in zip(weights, columns, strict=True):
        total += weight * column
    return total


def _flags(values: Iterable[bool]) -> NDArray[np.bool_]:
    return np.fromiter(values, dtype=np.bool_)


def _coded(keys: Sequence[Sequence[Key]]) -> tuple[list[Key], tuple[Places, ...]]:
    """All indicators, and per kind the number from 1 of each subject's; 0: it has none."""
    numbers: dict[Key, int] = {}
    codes = np.zeros((3, len(keys)), dtype=np.intp)
    for place, own in enumerate(keys):
        for kind, key in enumerate(own):
            codes[kind, place] = numbers.setdefault(key, len(numbers) + 1)
    return list(numbers), tuple(codes)
