"""Log templates over a span: how often each came, and how often in the span before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from console.records.clock import HOUR
from console.stats.logs import changed

if TYPE_CHECKING:
    from console.store.rawrows import Span
    from console.store.reader import Reader


@dataclass(frozen=True, slots=True)
class TemplateFigure:
    """One template at one level."""

    template_id: str | None
    """None: lines that have none."""
    template: str
    stage: str | None
    level: str | None
    count: int
    before: int
    """Lines in the span of the same length before."""
    per_hour: float
    significance: float
    """How surely its rate changed, over all stages and levels; 0 where it did not."""


def template_figures(reader: Reader, model: str | None, span: Span) -> tuple[TemplateFigure, ...]:
    """The templates of a model, of all for None, the most frequent first, vanished ones last."""
    start, end = span
    now = reader.template_counts(model, None, start, end)
    before = reader.template_counts(model, None, 2 * start - end, start)
    keys = ["template_id", "stage", "level"]
    both = now.join(
        before.select(*keys, "template", pl.col("n").alias("before")),
        on=keys,
        how="full",
        nulls_equal=True,
        coalesce=True,
    ).select(
        *keys,
        pl.coalesce("template", "template_right").alias("template"),
        pl.col("n").fill_null(0),
        pl.col("before").fill_null(0),
    )
    width = end - start
    sure = changed(before, now, width, width).select("template_id", "significance")
    found = both.join(sure, on="template_id", how="left", nulls_equal=True).sort(
        "n", "before", *keys, descending=[True, True, False, False, False]
    )
    hours = max(width / HOUR, 1e-9)
    return tuple(
        TemplateFigure(
            template_id=row["template_id"],
            template=row["template"] or "(no template)",
            stage=row["stage"],
            level=row["level"],
            count=row["n"],
            before=row["before"],
            per_hour=row["n"] / hours,
            significance=row["significance"] or 0.0,
        )
        for row in found.iter_rows(named=True)
    )
