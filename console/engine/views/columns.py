"""The columns of a model over a span against its reference: drift and quality, column by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from console.alerts.alert import Alert
from console.detectors.comparison import LEAST_ROWS, compare
from console.engine.snapshot import Health
from console.engine.views.figures import PARTS, health_of
from console.records.clock import naive
from console.stats import drift
from console.stats.reference import ColumnReference, Kind, ModelReference, Role

FALSE_DISCOVERIES = 0.01
"""Of the columns that are marked as different, about this share is so by chance."""
FLOOR = 0.1
"""Shifts up to this many standard deviations are not worth a mark."""
_ORDER: tuple[Health, ...] = ("critical", "warning", "silent", "info", "learning", "ok")


@dataclass(frozen=True, slots=True)
class ColumnFigure:
    """One feature, prediction or score."""

    name: str
    role: Role
    kind: Kind
    n: int
    shift: float | None
    """Distance from the reference in standard deviations; None of too few rows."""
    stability: float | None
    """The population stability index."""
    differs: bool
    """Whether the distance is more than chance gives, over all columns of the model."""
    nulls: float | None
    """Share of null values."""
    nulls_before: float
    unseen: float | None
    """Share of values that the reference does not know."""
    unseen_names: tuple[str, ...]
    mean: float | None
    mean_before: float | None
    course: tuple[float | None, ...] = ()
    """Mean of numbers, else distance from the reference, by part of the span."""
    health: Health = "ok"

    @property
    def key(self) -> tuple[str, str]:
        """Identity: name and role."""
        return self.name, self.role


def column_figures(
    windows: pl.DataFrame,
    reference: ModelReference,
    alerts: Sequence[Alert],
    start: float,
    end: float,
) -> list[ColumnFigure]:
    """Every pinned column, what matters most first. `windows`: `stats.columns.CLOSED`."""
    width = (end - start) / PARTS
    parted = windows.with_columns(
        ((pl.col("start") - naive(start)).dt.total_microseconds() / 1e6 / width)
        .cast(pl.Int64)
        .alias("_part")
    )
    groups = {
        (str(name), str(role)): rows
        for (name, role), rows in parted.group_by(["column", "role"], maintain_order=True)
    }
    known = list(reference.columns)
    rows = [groups.get((column.name, column.role)) for column in known]
    counts = [summed(column, found) for column, found in zip(known, rows, strict=True)]
    distances, p = _distances(known, counts)
    differs = drift.false_discovery(p, FALSE_DISCOVERIES)
    figures = [
        _figure(column, found, cells, alerts, float(distance), differs=bool(different))
        for column, found, cells, distance, different in zip(
            known, rows, counts, distances, differs, strict=True
        )
    ]
    return sorted(figures, key=_importance)


def summed(column: ColumnReference, windows: pl.DataFrame | None) -> np.ndarray:
    """The counts by cell of all windows together."""
    cells = np.zeros(column.cells)
    if windows is not None:
        for row in windows["counts"].to_list():
            if len(row) == len(cells):
                cells += row
    return cells


def _distances(
    columns: Sequence[ColumnReference], counts: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    widest = max([column.cells for column in columns], default=0)
    sides = np.zeros((2, len(columns), widest))
    for place, (column, cells) in enumerate(zip(columns, counts, strict=True)):
        sides[0, place, : column.cells] = column.counts
        sides[1, place, : column.cells] = cells
    return compare([c.kind == "numeric" for c in columns], sides[0], sides[1], FLOOR)


def _figure(
    column: ColumnReference,
    windows: pl.DataFrame | None,
    cells: np.ndarray,
    alerts: Sequence[Alert],
    distance: float,
    *,
    differs: bool,
) -> ColumnFigure:
    enough = cells.sum() >= LEAST_ROWS
    n = nulls = unseen = 0
    names: list[str] = []
    mean = None
    if windows is not None:
        n, nulls, unseen = (int(windows[name].sum()) for name in ("n", "nulls", "unseen"))
        names = sorted({name for listed in windows["unseen_names"] for name in listed})
        mean = _mean(windows)
    return ColumnFigure(
        name=column.name,
        role=column.role,
        kind=column.kind,
        n=n,
        shift=distance if enough else None,
        stability=float(drift.population_stability(column.counts, cells)) if enough else None,
        differs=differs and bool(enough),
        nulls=nulls / n if n else None,
        nulls_before=column.nulls / column.n if column.n else 0.0,
        unseen=unseen / n if n else None,
        unseen_names=tuple(names[:8]),
        mean=mean,
        mean_before=column.mean if np.isfinite(column.mean) else None,
        course=_course(column, windows),
        health=_health(alerts, column.name),
    )


def _health(alerts: Sequence[Alert], name: str) -> Health:
    """Alerts name a column bare, or inside the name of what was measured of it."""
    exact = health_of(alerts, name)
    if exact != "ok":
        return exact
    inside = [
        alert.severity for alert in alerts if f"({name})" in (alert.series or "").replace(" ", "")
    ]
    return next((state for state in _ORDER if state in inside), "ok")


def _mean(windows: pl.DataFrame) -> float | None:
    numbers = sum(sum(row) for row in windows["counts"].to_list())
    total = windows["total"].sum()
    return total / numbers if numbers and windows["total"].null_count() < windows.height else None


def _course(column: ColumnReference, windows: pl.DataFrame | None) -> tuple[float | None, ...]:
    course: list[float | None] = [None] * PARTS
    if windows is None:
        return tuple(course)
    for (part,), rows in windows.group_by(["_part"]):
        place = int(str(part))
        if not 0 <= place < PARTS:
            continue
        if column.kind == "numeric":
            course[place] = _mean(rows)
        else:
            cells = summed(column, rows)
            if cells.sum():
                course[place] = float(drift.total_variation(column.counts, cells))
    return tuple(course)


def _importance(figure: ColumnFigure) -> tuple[object, ...]:
    more_nulls = (figure.nulls or 0.0) - figure.nulls_before
    return (
        _ORDER.index(figure.health),
        not figure.differs,
        -max(figure.shift or 0.0, 4 * more_nulls, 4 * (figure.unseen or 0.0)),
        figure.name,
        figure.role,
    )
