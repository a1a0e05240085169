"""What the screens show, as one value: the newest snapshot, and what the user did to it since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from console.tui.present.health import at_rest
from console.tui.timespan import TimeSpan

if TYPE_CHECKING:
    from console.alerts.alert import Alert, AlertState
    from console.engine.snapshot import Snapshot
    from console.records.action import Verb

STATE_AFTER: dict[Verb, AlertState] = {
    "ack": "acknowledged",
    "snooze": "snoozed",
    "resolve": "resolved",
    "noise": "noise",
}
"""What an act makes of an alert, until a snapshot says it."""
PATIENCE_S = 5.0
"""How long an act is believed that no snapshot confirms."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A state that the next snapshots should show."""

    state: AlertState
    until: float
    """Wall-clock time after which the snapshot is believed instead."""


@dataclass(frozen=True, slots=True)
class View:
    """Everything that the screens draw from."""

    snapshot: Snapshot | None = None
    failure: str | None = None
    """Why the collection ended, in one line."""
    time: TimeSpan = field(default_factory=TimeSpan)
    paused: bool = False
    expected: Mapping[str, Expected] = field(default_factory=dict)
    model: str | None = None
    """The model that the inbox is narrowed to."""
    chosen: str | None = None
    """The model that the user looked at last."""

    @property
    def now(self) -> float:
        """The snapshot's time."""
        return 0.0 if self.snapshot is None else self.snapshot.now

    @property
    def subject(self) -> str | None:
        """The model in question: the one looked at last, else the first; None of none."""
        names = [model.name for model in self.snapshot.models] if self.snapshot else []
        return self.chosen if self.chosen in names else next(iter(names), None)

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """The inbox with the acts that are on their way."""
        if self.snapshot is None:
            return ()
        return tuple(
            replace(alert, state=self.expected[alert.id].state)
            if alert.id in self.expected
            else alert
            for alert in self.snapshot.inbox
        )

    def acted(self, states: Mapping[str, AlertState], wall: float) -> View:
        """The view that shows at once what acts made of alerts."""
        until = wall + PATIENCE_S
        acted = {alert_id: Expected(state, until) for alert_id, state in states.items()}
        return replace(self, expected={**self.expected, **acted})

    def given(self, snapshot: Snapshot, wall: float) -> View:
        """The view of the next snapshot; acts that it shows, or that took too long, are let go."""
        states = {alert.id: alert.state for alert in snapshot.inbox}
        waiting = {
            alert_id: expected
            for alert_id, expected in self.expected.items()
            if alert_id in states and states[alert_id] != expected.state and wall < expected.until
        }
        return replace(self, snapshot=snapshot, expected=waiting)


@dataclass(frozen=True, slots=True)
class Arranged:
    """The inbox in the order of the screen."""

    ids: tuple[str, ...]
    above: int = 0
    """Alerts that wait for a place above the cursor."""
    below: int = 0
    """And below it."""


def arranged(
    shown: Sequence[str], alerts: Sequence[Alert], *, hold: bool, cursor: str | None
) -> Arranged:
    """The order to show: the ranked one, or while it is held the one that stands.

    Held, nothing is put between rows; what is gone goes, and what waits is counted.
    """
    ranked = [alert.id for alert in alerts]
    if not hold:
        return Arranged(tuple(ranked))
    known = set(ranked)
    kept = tuple(alert_id for alert_id in shown if alert_id in known)
    if not kept:
        return Arranged(tuple(ranked))
    new = known - set(kept)
    place = ranked.index(cursor) if cursor in known else len(ranked)
    above = sum(1 for alert_id in ranked[:place] if alert_id in new)
    return Arranged(kept, above, len(new) - above)


def cursor_after(shown: Sequence[Alert], cursor: int, now: Mapping[str, Alert]) -> str | None:
    """The id of the alert that the cursor belongs on once the order is renewed.

    Its own, or the nearest one still in work when its own has been put to rest; None for none.
    """
    if not shown:
        return None
    here = shown[min(cursor, len(shown) - 1)].id
    if here in now and not at_rest(now[here]):
        return here
    for distance in range(1, len(shown)):
        for place in (cursor + distance, cursor - distance):
            if 0 <= place < len(shown):
                near = now.get(shown[place].id)
                if near is not None and not at_rest(near):
                    return near.id
    return here if here in now else None
