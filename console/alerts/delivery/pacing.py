"""When what is sent: quiet hours, limits and the summary of what they kept back. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.alerts.delivery.notice import Message, Notice, Reason, digest, is_urgent
from console.config.delivery import Recipient
from console.config.quiet import quiet_until
from console.records.clock import DAY, MINUTE

SINGLES = 3
"""More messages than these are not sent one by one at once, but as a summary."""
SETTLED_S = 5.0
"""A notice that waited longer when it is sent was kept back."""
GIVE_UP_S = DAY
"""How long a message is tried."""
BACK_OFF_S = (5.0, 15.0, 45.0, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE)
"""Waits after each failure in a row, the last one from then on; each up to a fifth longer."""
_STARTS: frozenset[Reason] = frozenset({"new", "reopened"})


@dataclass(frozen=True, slots=True)
class Manner:
    """What a channel can say."""

    summarises: bool = True
    """Whether it takes several alerts in one message."""
    silent: frozenset[Reason] = frozenset({"acknowledged", "snoozed", "taken back"})
    """Reasons of which it says nothing."""
    tells_the_past: bool = True
    """Whether it is told of an alert that was over before it could be told at all."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that was sent."""

    at: float
    critical: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What comes next."""

    message: Message | None = None
    """None if nothing may be sent now."""
    covered: tuple[Notice, ...] = ()
    """Older notices of the message's alerts: settled with it, for it says more."""
    needless: tuple[Notice, ...] = ()
    """Notices that need no message at all: settled at once."""
    next_at: float | None = None
    """When to ask again, if nothing changes before."""


@dataclass(frozen=True, slots=True)
class _Word:
    """The last word on one alert, and the older notices that it makes superfluous."""

    notice: Notice
    covered: tuple[Notice, ...]

    @property
    def urgent(self) -> bool:
        return is_urgent(self.notice)


def plan(
    recipient: Recipient,
    manner: Manner,
    waiting: Sequence[Notice],
    sent: Sequence[Sent],
    now: float,
) -> Plan:
    """What of the waiting notices (oldest first) is sent now, or when to ask again."""
    words, needless = _words(waiting, manner)
    quiet = quiet_until(recipient.quiet, recipient.timezone, now)
    ready = [w for w in words if quiet is None or (w.urgent and recipient.critical_passes)]
    wakes = [] if quiet is None or len(ready) == len(words) else [quiet]
    room = {urgent: _room(recipient, sent, now, urgent=urgent) for urgent in (True, False)}
    allowed = [word for word in ready if room[word.urgent][0]]
    wakes += [room[word.urgent][1] for word in ready if not room[word.urgent][0]]
    if not allowed:
        return Plan(needless=tuple(needless), next_at=min(wakes, default=None))
    allowed.sort(key=lambda word: (not word.urgent, word.notice.at, word.notice.id))
    least = min(room[word.urgent][0] for word in allowed)
    several = manner.summarises and len(allowed) > min(SINGLES, least)
    chosen = allowed if several else allowed[:1]
    held = any(now - word.notice.at > SETTLED_S for word in chosen)
    return Plan(
        Message(tuple(word.notice for word in chosen), now, held_back=held),
        tuple(notice for word in chosen for notice in word.covered),
        tuple(needless),
        now,
    )


def _words(waiting: Sequence[Notice], manner: Manner) -> tuple[list[_Word], list[Notice]]:
    """The word that is due on each alert, and what needs none."""
    chains: dict[str, list[Notice]] = {}
    for notice in waiting:
        chains.setdefault(notice.alert_id, []).append(notice)
    words: list[_Word] = []
    needless: list[Notice] = []
    for chain in chains.values():
        spoken = [notice for notice in chain if notice.reason not in manner.silent]
        if not spoken:
            needless += chain
            continue
        unheard = spoken[0].reason in _STARTS
        if unheard and spoken[-1].over and not manner.tells_the_past:
            needless += chain
            continue
        if unheard:  # that somebody sees to it says nothing to who has not heard of it
            spoken = [notice for notice in spoken if notice.reason != "acknowledged"]
        words.append(_Word(spoken[-1], tuple(chain[: chain.index(spoken[-1])])))
    return words, needless


def _room(
    recipient: Recipient, sent: Sequence[Sent], now: float, *, urgent: bool
) -> tuple[int, float]:
    """How many messages of a kind may still be sent, and when the next one may if none."""
    recent = [s.at for s in sent if s.critical == urgent and s.at > now - recipient.per_s]
    room = recipient.most - len(recent)
    if room > 0:
        return room, now
    return 0, sorted(recent)[-recipient.most] + recipient.per_s


def pause(failures: int, key: str) -> float:
    """How long to wait after so many failures in a row; the key spreads what fails together."""
    base = BACK_OFF_S[min(failures, len(BACK_OFF_S)) - 1]
    return base * (1.0 + 0.2 * int(digest([key])[:4], 16) / 0xFFFF)
