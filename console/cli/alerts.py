"""`model-console alerts`: the ranked inbox of a store."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from console.cli.arguments import Parser, add_format, add_paths
from console.cli.arguments import parser as new_parser
from console.cli.inbox import print_alerts
from console.cli.stores import OWNED, Kept, kept

if TYPE_CHECKING:
    from console.alerts.alert import Alert

_DESCRIPTION = """\
Prints the ranked inbox of a store: the one that --store names, or the one that
belongs to the PATHs or settings, as the console has left it. --format text is
for screen readers: paragraphs, one sentence a line."""


def parser() -> Parser:
    """The arguments of the command."""
    parser = new_parser("alerts", _DESCRIPTION, "  model-console alerts logs/ --format table")
    add_paths(parser, meaning=OWNED)
    add_format(parser, "table", "text", "json", "csv")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Prints the inbox."""
    with kept(arguments) as found:
        alerts = inbox_of(found)
    print_alerts(
        [alert.to_json() for alert in alerts], [alert.title for alert in alerts], arguments.format
    )
    return 0


def inbox_of(found: Kept) -> tuple[Alert, ...]:
    """The alerts of a store with what users did to them, ranked together as the console would."""
    from console.alerts.room import AlertRoom
    from console.engine.engine import STATE

    restored = found.store.restore()
    room = AlertRoom(found.settings)
    room.restore(restored.incidents, restored.actions)
    reached = json.loads(restored.states.get(STATE, b"{}")).get("watermark")
    return room.inbox(reached or 0.0)
