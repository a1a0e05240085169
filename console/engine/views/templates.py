"""Log templates over a span: how often each came, and how often in the span before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.records.clock import HOUR

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


def template_figures(reader: Reader, model: str | None, span: Span) -> tuple[TemplateFigure, ...]:
    """The templates of a model, of all for None, the most frequent first."""
    start, end = span
    before: dict[tuple[str | None, ...], int] = {}
    for template_id, _, stage, level, n, _ in reader.template_counts(
        model, None, 2 * start - end, start
    ).iter_rows():
        before[template_id, stage, level] = n
    hours = max((end - start) / HOUR, 1e-9)
    return tuple(
        TemplateFigure(
            template_id=template_id,
            template=template or "(no template)",
            stage=stage,
            level=level,
            count=n,
            before=before.get((template_id, stage, level), 0),
            per_hour=n / hours,
        )
        for template_id, template, stage, level, n, _ in reader.template_counts(
            model, None, start, end
        ).iter_rows()
    )
