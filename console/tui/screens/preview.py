"""Shows what an act would be done to, before it is done to many alerts."""

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
    below = [alert.title for alert in alerts[:SHOWN]]
    if len(alerts) > SHOWN:
        below.append(f"and {len(alerts) - SHOWN} more")
    return Choose(doing.capitalize(), plural(len(alerts), "alert"), choices, below=below)
