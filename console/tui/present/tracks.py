"""The long timeline: incidents and events, versions as bands, log levels as heat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rich.cells import cell_len

from console.alerts.alert import Alert
from console.tui.clean import clean
from console.tui.present.line import Line, Piece, Role, fit
from console.tui.present.timeline import Axis, Lane, joined
from console.tui.present.timeline import row as lane_row
from console.tui.present.words import version_tag

if TYPE_CHECKING:
    from console.engine.views.timeline import Band, Heat

Kind = Literal["happened", "versions", "logs"]
HEATS = "▁▂▃▄▅▆▇█"
CURSOR = "│"


@dataclass(frozen=True, slots=True)
class TrackRow:
    """One row of the long timeline."""

    kind: Kind
    lane: Lane
    bands: tuple[Band, ...] = ()
    heat: tuple[Heat | None, ...] = ()
    most: int = 1
    """Log lines of the fullest part of all models: the scale of the heat."""

    @property
    def key(self) -> tuple[str | None, Kind]:
        """Identity."""
        return self.lane.model, self.kind


def draw(row: TrackRow, at: Axis, *, now: float, cursor: float | None) -> Line:
    """The row in the cells of the axis."""
    if row.kind == "happened":
        return lane_row(row.lane, at, now=now, cursor=cursor)
    name = "  versions" if row.kind == "versions" else "  logs"
    marks = _bands(row.bands, at) if row.kind == "versions" else _heat(row, at)
    if cursor is not None and 0 <= (here := at.cell(cursor)) <= at.width:
        marks[min(here, at.width - 1)] = (CURSOR, "accent")
    return (Piece(fit(name, at.name), "dim"), *joined(marks))


def _bands(bands: Sequence[Band], at: Axis) -> list[tuple[str, Role]]:
    """A stroke as long as a version ran, its name at its beginning."""
    marks: list[tuple[str, Role]] = [(" ", "dim")] * at.width
    for place, band in enumerate(bands):
        end = bands[place + 1].first if place + 1 < len(bands) else band.last + 1
        end = min(end, at.width)
        marks[band.first : end] = [("─", "dim")] * max(end - band.first, 0)
        if band.first < at.width:
            marks[band.first] = ("├", "event" if place else "dim")
        label = f" {clean(version_tag(band.version))} "
        size = cell_len(label)
        if size == len(label) and band.first + 1 + size <= end:
            spot = slice(band.first + 1, band.first + 1 + size)
            marks[spot] = [(letter, "event" if place else "text") for letter in label]
    return marks


def _heat(row: TrackRow, at: Axis) -> list[tuple[str, Role]]:
    """How many lines as height, how bad they are as colour; errors are never lost in the many."""
    marks: list[tuple[str, Role]] = [(" ", "dim")] * at.width
    for cell, heat in enumerate(row.heat[: at.width]):
        if heat is None or not heat.lines:
            continue
        level = round((heat.lines / max(row.most, 1)) ** 0.5 * (len(HEATS) - 1))
        role: Role = "critical" if heat.errors else "warning" if heat.warnings else "dim"
        marks[cell] = (HEATS[level], role)
    return marks


def at_cell(row: TrackRow, at: Axis, cursor: float) -> str:
    """What the row holds under the time cursor, in words."""
    cell = at.cell(cursor)
    if row.kind == "versions":
        running = [band.version for band in row.bands if band.first <= cell]
        return clean(version_tag(running[-1])) if running else ""
    if row.kind == "logs" and 0 <= cell < len(row.heat):
        heat = row.heat[cell]
        if heat is None:
            return "no lines"
        return f"{heat.lines:,} lines, {heat.errors:,} errors, {heat.warnings:,} warnings"
    return ""


def incidents(alerts: Sequence[Alert], model: str | None) -> list[Alert]:
    """The alerts of a model, of all for None, by their beginning."""
    return sorted(
        (alert for alert in alerts if model is None or alert.model == model),
        key=lambda alert: (alert.started_at, alert.id),
    )
