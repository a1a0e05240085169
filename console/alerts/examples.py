"""What a user saw and did, read as examples to learn from (anchors/alerting.md §2.2).

One example an alert and day, from the first look or act: acts within 24 hours are its outcome.

- `ack`, `note`, `logs`, `bundle`, `resolve` (`fixed`): worth it. A `snooze` says so less loudly.
- `important` counts threefold, and so do `noise`, `mute` and `resolve` as `false_alarm`: not worth
  it; `resolve` as `expected` counts once. The last of these plain words overrules all other acts.
- The cursor rested on it for 1.5 s and nothing was done: not worth it, by half an example.
- Opened and nothing done: worth it as far as opening is unusual for this user.
- Only visible, or over before anybody looked: says nothing.
- One act on k alerts at once that were not looked at one by one counts 1 / sqrt(k) for each.

Once an alert has an outcome, looking at it again without an act says nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from console.alerts.learning import Example
from console.alerts.prior import Topic
from console.records.clock import DAY

LOOKED_MS = 1500.0
"""A cursor that rests so long has been followed by an eye."""
LOOKED_WEIGHT = 0.5
ANSWER_S = DAY
AT_ONCE_S = 1.0
"""Same acts that follow each other faster are one act on many alerts."""
SEEN_SHARE, SEEN_DECAY = 1.6, 0.8
"""Chance that place k was looked at, 1.6 k^-.8 at most 1, where no cursor was recorded."""

ACTS: dict[str, tuple[float, float]] = {
    "ack": (1.0, 1.0),
    "note": (1.0, 1.0),
    "logs": (1.0, 1.0),
    "bundle": (1.0, 1.0),
    "resolve": (1.0, 1.0),
    "snooze": (1.0, 0.3),
}
"""Outcome and weight of what people do on the way."""
WORDS: dict[str, tuple[float, float]] = {
    "important": (1.0, 3.0),
    "noise": (0.0, 3.0),
    "mute": (0.0, 3.0),
    "fixed": (1.0, 1.0),
    "expected": (0.0, 1.0),
    "false_alarm": (0.0, 3.0),
}
"""Outcome and weight of plain words: verbs, and reasons of a resolve."""


@dataclass(frozen=True, slots=True)
class Look:
    """An alert stood on the user's screen."""

    ts: float
    alert: str
    """Its id, or whatever tells it from others and from its own return."""
    topic: Topic
    position: int
    cursor_ms: float | None
    """None: not recorded."""
    opened: bool

    @property
    def attention(self) -> float:
        """How surely it was looked at, 0..1."""
        if self.opened:
            return 1.0
        if self.cursor_ms is None:
            return min(1.0, SEEN_SHARE * math.pow(max(self.position, 1), -SEEN_DECAY))
        return float(self.cursor_ms >= LOOKED_MS)


@dataclass(frozen=True, slots=True)
class Act:
    """The user did something with an alert, and has not taken it back."""

    ts: float
    alert: str
    topic: Topic
    verb: str
    reason: str | None = None


@dataclass(slots=True)
class _Episode:
    ts: float
    topic: Topic
    attention: float = 0.0
    opened: bool = False
    act: tuple[float, float] | None = None
    word: tuple[float, float] | None = None

    @property
    def outcome(self) -> tuple[float, float] | None:
        return self.word or self.act


@dataclass(slots=True)
class _Habit:
    """How often the user opens what he looks at."""

    looked: int = 0
    opened: int = 0

    @property
    def share(self) -> float:
        return (self.opened + 1.0) / (self.looked + 2.0)


def examples(log: Iterable[Look | Act]) -> tuple[Example, ...]:
    """The examples in one user's log, oldest first, in the order of their first look or act."""
    entries = sorted(log, key=lambda entry: entry.ts)
    shares = _shares(entries)
    episodes: list[_Episode] = []
    latest: dict[str, _Episode] = {}
    for number, entry in enumerate(entries):
        known = latest.get(entry.alert)
        if isinstance(entry, Look):
            if not entry.attention:
                continue
            if known is None or (entry.ts - known.ts > ANSWER_S and known.outcome is None):
                known = _begun(entry, episodes, latest)
            known.attention = max(known.attention, entry.attention)
            known.opened = known.opened or entry.opened
        elif judged := _judged(entry):
            if known is None or entry.ts - known.ts > ANSWER_S:
                known = _begun(entry, episodes, latest)
            said, plain = judged
            weighed = (said[0], said[1] * shares.get(number, 1.0))
            if plain:
                known.word = weighed
            elif known.act is None or known.act[1] < weighed[1]:
                known.act = weighed
    return _concluded(episodes)


def _begun(entry: Look | Act, episodes: list[_Episode], latest: dict[str, _Episode]) -> _Episode:
    latest[entry.alert] = episode = _Episode(entry.ts, entry.topic)
    episodes.append(episode)
    return episode


def _judged(act: Act) -> tuple[tuple[float, float], bool] | None:
    """Outcome and weight of an act, and whether it is a plain word; None: it says nothing."""
    word = act.reason if act.verb == "resolve" and act.reason in WORDS else act.verb
    if word in WORDS:
        return WORDS[word], True
    return (ACTS[word], False) if word in ACTS else None


def _shares(entries: Sequence[Look | Act]) -> dict[int, float]:
    """The share of its weight that each act keeps which was done on many alerts at once."""
    looked: dict[str, float] = {}
    runs: list[list[int]] = []
    last: Act | None = None
    for number, entry in enumerate(entries):
        if isinstance(entry, Look):
            if entry.attention == 1.0:
                looked[entry.alert] = entry.ts
            continue
        same = last is not None and (entry.verb, entry.reason) == (last.verb, last.reason)
        if not (same and last is not None and entry.ts - last.ts <= AT_ONCE_S):
            runs.append([])
        last = entry
        if entry.ts - looked.get(entry.alert, -math.inf) > ANSWER_S:
            runs[-1].append(number)
    return {
        number: 1.0 / math.sqrt(len({entries[place].alert for place in run}))
        for run in runs
        for number in run
    }


def _concluded(episodes: Iterable[_Episode]) -> tuple[Example, ...]:
    """The examples that episodes come to."""
    habit = _Habit()
    found = []
    for episode in episodes:
        useful, weight = episode.outcome or (0.0, LOOKED_WEIGHT * episode.attention)
        if episode.outcome is None and episode.opened:
            useful = 1.0 - habit.share
            weight = LOOKED_WEIGHT + (1.0 - LOOKED_WEIGHT) * useful
        if episode.attention == 1.0:
            habit.looked += 1
            habit.opened += episode.opened
        found.append(Example(episode.ts, episode.topic, useful, weight))
    return tuple(found)
