"""Marks and colours of severity, state and health; they differ without colour, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.tui.present.line import Piece, Role

if TYPE_CHECKING:
    from console.alerts.alert import Alert, AlertState
    from console.detectors.protocol import Severity
    from console.engine.snapshot import Health

SEVERITY_MARK: dict[Severity, str] = {"critical": "●", "warning": "◐", "info": "○"}
SEVERITY_WORD: dict[Severity, str] = {"critical": "CRIT", "warning": "WARN", "info": "INFO"}
SEVERITY_ORDER: tuple[Severity, ...] = ("info", "warning", "critical")
STATE_WORD: dict[AlertState, str] = {
    "open": "open",
    "acknowledged": "acked",
    "snoozed": "snoozed",
    "resolved": "resolved",
    "noise": "noise",
}
STATE_MARK: dict[AlertState, str] = {
    "open": " ",
    "acknowledged": "✓",
    "snoozed": "z",
    "resolved": "✔",
    "noise": "✕",
}
HEALTH: dict[Health, tuple[str, Role]] = {
    "ok": ("·", "ok"),
    "info": ("○", "info"),
    "warning": ("◐", "warning"),
    "critical": ("●", "critical"),
    "silent": ("✕", "warning"),
    "learning": ("…", "dim"),
}
AT_REST: frozenset[AlertState] = frozenset({"snoozed", "resolved", "noise"})


def at_rest(alert: Alert) -> bool:
    """Whether nobody need look at it now."""
    return alert.state in AT_REST


def severity_role(alert: Alert) -> Role:
    """The colour of an alert: its severity's, none when it is at rest."""
    return "dim" if at_rest(alert) else alert.severity


def health_mark(health: Health) -> Piece:
    """The dot of a model."""
    mark, role = HEALTH[health]
    return Piece(mark, role)


def health_role(health: Health) -> Role:
    """The colour of a gauge's value: none when it is well."""
    return HEALTH[health][1] if health in ("warning", "critical") else "text"
