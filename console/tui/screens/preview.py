"""Shows what an act would be done to, or taken back from, where that is many alerts."""

from __future__ import annotations

from collections.abc import Sequence

from console.alerts.alert import Alert
from console.tui.present.words import plural
from console.tui.screens.choose import Choice, Choose

SHOWN = 12


def preview(doing: str, alerts: Sequence[Alert]) -> Choose:
    """Asks whether to go on: with all, or with all but the critical ones where there are any."""
    every = " ".join(alert.id for alert in alerts)
    mild = [alert for alert in alerts if alert.severity != "critical"]
    choices = [Choice("y", "yes", f"{doing}: {plural(len(alerts), 'alert')}", {"ids": every})]
    if mild and len(mild) < len(alerts):
        ids = " ".join(alert.id for alert in mild)
        left = f"{len(mild)} of them, no critical one"
        choices.append(Choice("m", "the mild", left, {"ids": ids}))
    titles = [alert.title for alert in alerts]
    return Choose(doing.capitalize(), plural(len(alerts), "alert"), choices, below=_below(titles))


def undo_preview(done: str, titles: Sequence[str]) -> Choose:
    """Asks whether to take back what one key did to many alerts."""
    told = plural(len(titles), "alert")
    yes = Choice("y", "yes", f"as they were before: {told}")
    return Choose(f"Take back: {done}", told, [yes], below=_below(titles))


def _below(titles: Sequence[str]) -> list[str]:
    more = len(titles) - SHOWN
    return [*titles[:SHOWN], *([f"and {more} more"] if more > 0 else [])]
