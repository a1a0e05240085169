"""The log lines around the onset, those first that tell most."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from console.bundle.subject import redacted
from console.records.clock import HOUR, MINUTE, epoch, iso
from console.records.levels import LEVELS
from console.records.redaction import Redactor
from console.store.windowrows import Take

if TYPE_CHECKING:
    from console.alerts.alert import Alert
    from console.store.reader import Reader

EARLIER_S, LATER_S = 10 * MINUTE, 2 * HOUR
"""How long before and after the onset lines are looked at."""
MOST_READ = 20_000
MOST_LINES = 300
MOST_OF_A_TEMPLATE = 20
_WEIGHTS: Mapping[str, float] = {name: float(place) for place, name in enumerate(LEVELS)}


def ranked(alert: Alert, reader: Reader, redactor: Redactor) -> list[dict[str, Any]]:
    """The lines of the alert's model, best first, redacted. Raises StoreError.

    A line counts for the lift of its template (log2), for its level and for how near it is.
    """
    onset = alert.started_at
    place = (alert.model, None)
    before = reader.log_rows(place, (), (onset - EARLIER_S, onset), Take(MOST_READ, "last"))
    after = reader.log_rows(place, (), (onset, onset + LATER_S), Take(MOST_READ, "first"))
    found = redacted(pl.concat([before, after]), redactor)
    lift = {log.template_id: log.lift for log in alert.related_logs}
    scored = []
    for row in found.iter_rows(named=True):
        told = math.log2(1 + max(0.0, lift.get(row["template_id"], 0.0)))
        grave = _WEIGHTS.get(row["level"] or "", 0.0) / 2
        score = told + grave - abs(epoch(row["ts"]) - onset) / HOUR
        scored.append((-score, epoch(row["ts"]), row["offset"], row))
    taken: Counter[str] = Counter()
    lines: list[dict[str, Any]] = []
    for minus, ts, _, row in sorted(scored, key=lambda one: one[:3]):
        taken[row["template_id"] or ""] += 1
        if taken[row["template_id"] or ""] > MOST_OF_A_TEMPLATE:
            continue
        kept = {name: value for name, value in row.items() if name != "ts" and value is not None}
        placed = {"rank": len(lines) + 1, "score": round(-minus, 3), "ts": iso(ts)}
        lines.append({**placed, "lift": lift.get(row["template_id"]), **kept})
        if len(lines) == MOST_LINES:
            break
    return lines
