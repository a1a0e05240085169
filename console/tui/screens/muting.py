"""A mute rule: of what, with how many alerts it matches, and until when, which has to be said."""

from __future__ import annotations

from collections.abc import Sequence

from console.alerts.alert import Alert
from console.alerts.curation import matched, mute_of
from console.records.action import Action
from console.records.clock import DAY, HOUR
from console.tui.present.words import Calendar, plural
from console.tui.screens.choose import Choice

SCOPES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("1", "this very alert", ()),
    ("2", "this series", ("model", "series")),
    ("3", "this detector on this model", ("model", "detector")),
    ("4", "this detector", ("detector",)),
    ("5", "this model", ("model",)),
)
"""Key, words, and what has to be equal; nothing: the fingerprint."""


def scopes(alert: Alert, alerts: Sequence[Alert], user: str, now: float) -> list[Choice]:
    """What a rule could be of, each with how many of the alerts it would match."""
    found = []
    for key, text, places in SCOPES:
        values = {place: getattr(alert, place) for place in places}
        if any(value is None for value in values.values()):
            continue
        args = {f"of_{place}": str(value) for place, value in values.items()}
        rule = mute_of(Action("", now, user, alert.id, "mute", args), alert.fingerprint)
        told = f"matches {plural(matched(rule, alerts), 'alert')}"
        if places and alert.severity == "critical":
            told += ", never a critical one"
        found.append(Choice(key, text, told, args))
    return found


def ends(now: float, calendar: Calendar) -> list[Choice]:
    """Until when, at most a week."""
    spans = (("1", "1 hour", HOUR), ("4", "4 hours", 4 * HOUR), ("d", "1 day", DAY),
             ("w", "1 week", 7 * DAY))  # fmt: skip
    return [
        Choice(key, text, f"until {calendar.near(now + span, now)}", {"until": now + span})
        for key, text, span in spans
    ]
