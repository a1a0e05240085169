"""Which log templates tell of an incident: more frequent in it than before, relative to all lines.

Lift of a template = its smoothed rate during / its smoothed rate before, both taken per second.
They are ordered by log-likelihood gain, n x ln(lift), graver levels first among near equals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import polars as pl

from console.records.levels import ALIASES, AT_LEAST_WARNING

LEAST_LIFT = 2.0
LEAST_COUNT = 3
PSEUDO = 1.0
"""Lines added to the count before, so that a new template has a finite lift."""
GRAVE = 2.0
"""How much more a line of warning or worse tells than a milder one."""


@dataclass(frozen=True, slots=True)
class Telling:
    """One template with its counts before and during."""

    template_id: str
    template: str
    stage: str | None
    level: str | None
    count: int
    before: int
    lift: float

    @property
    def grave(self) -> bool:
        """Whether it is of level warning or worse."""
        return ALIASES.get((self.level or "").lower(), self.level) in AT_LEAST_WARNING

    @property
    def gain(self) -> float:
        """Count x ln(lift), twice that for a grave line."""
        return self.count * math.log(self.lift) * (GRAVE if self.grave else 1.0)


def telling(
    before: pl.DataFrame, during: pl.DataFrame, before_s: float, during_s: float, limit: int
) -> tuple[Telling, ...]:
    """The templates that became more frequent, most telling first.

    The frames have the columns template_id, template, stage, level and n; the spans are in seconds.
    """
    earlier = {
        row["template_id"]: int(row["n"])
        for row in before.group_by("template_id").agg(pl.col("n").sum()).iter_rows(named=True)
    }
    merged = during.group_by("template_id", maintain_order=True).agg(
        pl.col("template", "stage").first(),
        pl.col("level").sort_by("n", descending=True).first(),
        pl.col("n").sum(),
    )
    found = []
    for row in merged.iter_rows(named=True):
        count, known = int(row["n"]), earlier.get(row["template_id"], 0)
        usual = (known + PSEUDO) * during_s / max(before_s, 1.0)
        lift = count / max(usual, 1e-9)
        if count >= LEAST_COUNT and lift >= LEAST_LIFT:
            found.append(
                Telling(
                    row["template_id"],
                    row["template"] or row["template_id"],
                    row["stage"],
                    row["level"],
                    count,
                    known,
                    lift,
                )
            )
    found.sort(key=lambda t: (-t.gain, t.template_id))
    return tuple(found[:limit])
