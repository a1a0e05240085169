"""Alerts as `alerts` and `replay` print them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from console.cli.narration import tell
from console.cli.output import print_csv, print_json, print_table
from console.cli.prose import paragraphs

HEAD = ("rank", "severity", "model", "title", "since (UTC)", "state")


def print_alerts(alerts: Sequence[Mapping[str, Any]], titles: Sequence[str], form: str) -> None:
    """Prints alerts (contracts §4, best first) as `json`, `csv`, `text` or `table`."""
    if form == "json":
        print_json({"alerts": alerts})
        return
    if form == "text" and alerts:
        for line in paragraphs(alerts, titles):
            print(line)
        return
    rows = [
        (
            alert["rank"],
            alert["severity"],
            alert["model"],
            title,
            alert["started_at"][:16].replace("T", " "),
            alert["state"],
        )
        for alert, title in zip(alerts, titles, strict=True)
    ]
    if form == "csv":
        print_csv(HEAD, rows)
    elif rows:
        print_table(HEAD, rows, right=[0])
    else:
        tell("no alerts")
