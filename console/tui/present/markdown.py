"""An alert as Markdown, to be pasted into a ticket or a chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.tui.clean import clean
from console.tui.present.words import TIMES, Calendar, value

if TYPE_CHECKING:
    from console.alerts.alert import Alert

_SPECIAL = str.maketrans({letter: f"\\{letter}" for letter in "\\`*_[]<>|#"})


def escaped(text: str) -> str:
    """Text of the data as Markdown shows it, letter by letter."""
    return clean(text).translate(_SPECIAL)


def code(text: str) -> str:
    """Text of the data between backticks that it cannot close."""
    return f"``{clean(text).replace('``', '` `')}``"


def alert_markdown(alert: Alert, calendar: Calendar) -> str:
    """The message; every field of the screen but the chart."""
    lines = [
        f"## {escaped(alert.title)}",
        "",
        f"**{alert.severity}**, {alert.state}, since {calendar.exact(alert.started_at)}",
        "",
    ]
    for label, text in (
        ("What", alert.what),
        ("Where", alert.where),
        ("When", alert.when),
        ("Cost", alert.impact),
    ):
        lines.append(f"- **{label}:** {escaped(text) or 'unknown'}")
    lines.append("- **Why:**" if alert.why else "- **Why:** unknown")
    lines += [f"  - {100 * cause.confidence:.0f} %: {escaped(cause.text)}" for cause in alert.why]
    found = alert.evidence
    if found.before is not None or found.after is not None:
        lines.append(f"- **Change:** {value(found.before)} → {value(found.after)}")
    if alert.related_logs:
        lines.append("- **Related logs:**")
        lines += [
            f"  - {min(log.lift, 9999.0):.0f}{TIMES}, {log.count} lines: {code(log.template)}"
            f" ({code(log.file)}, byte {log.offset})"
            for log in alert.related_logs
        ]
    if alert.suggestions:
        lines.append("- **Next:**")
        lines += [f"  - {escaped(suggestion)}" for suggestion in alert.suggestions]
    return "\n".join(lines) + "\n"
