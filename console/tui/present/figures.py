"""Figures of a model as rows of tables: values, what was before, courses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.engine.snapshot import Health
from console.records.clock import MINUTE
from console.tui.present.health import health_mark, health_role
from console.tui.present.line import Piece, Role, piece
from console.tui.present.table import Column, Row
from console.tui.present.words import DASH, SIGMA, Calendar, count, span, value, version_tag
from console.tui.spark import sparkline

if TYPE_CHECKING:
    from console.engine.views.columns import ColumnFigure
    from console.engine.views.figures import Figure
    from console.engine.views.model import VersionFigure

SPARK = 16
FIGURES = (
    Column("", least=1, most=1, wanted=100),
    Column("", most=34, least=8, wanted=99),
    Column("now", right=True, wanted=96),
    Column("span", right=True, wanted=97),
    Column("95 %", least=10, wanted=60),
    Column("before", right=True, wanted=95),
    Column("change", right=True, wanted=90),
    Column("course", most=SPARK, least=SPARK, wanted=80),
    Column("n", right=True, wanted=50),
    Column("from", most=14, least=5, wanted=70),
)
"""The columns of performance, metrics and segments alike."""
COLUMNS = (
    Column("", least=1, most=1, wanted=100),
    Column("", most=28, least=8, wanted=99),
    Column(f"shift {SIGMA}", right=True, wanted=97),
    Column("psi", right=True, wanted=90),
    Column("nulls", right=True, wanted=96),
    Column("before", right=True, wanted=88),
    Column("unseen", right=True, wanted=95),
    Column("mean", right=True, wanted=70),
    Column("was", right=True, wanted=69),
    Column("course", most=SPARK, least=SPARK, wanted=80),
    Column("n", right=True, wanted=60),
    Column("role", wanted=50),
)
VERSIONS = (
    Column("", most=20, least=4, wanted=100),
    Column("from", right=True, wanted=90),
    Column("to", right=True, wanted=89),
    Column("ran", right=True, wanted=70),
    Column("records", right=True, wanted=80),
    Column("", wanted=85),
    Column("", right=True, wanted=86),
    Column("95 %", least=10, wanted=60),
)


def figure_rows(figures: Sequence[Figure]) -> list[Row]:
    """One row a figure."""
    return [
        Row(
            figure.key,
            (
                _mark(figure.health),
                piece(figure.name),
                Piece(value(figure.now), "text" if figure.now is not None else "dim"),
                Piece(value(figure.value), health_role(figure.health)),
                Piece(interval(figure.low, figure.high), "dim"),
                Piece(value(figure.before), "dim"),
                Piece(change(figure.before, figure.value)),
                Piece(sparkline(course(figure), SPARK), "dim"),
                Piece(count(figure.n) if figure.n else "", "dim"),
                piece(figure.about, "dim"),
            ),
            figure,
        )
        for figure in figures
    ]


def column_rows(columns: Sequence[ColumnFigure]) -> list[Row]:
    """One row a column; what differs more than chance gives is marked."""
    return [
        Row(
            column.key,
            (
                Piece("▸", "warning") if column.differs else _mark(column.health),
                piece(column.name, "strong" if column.differs else "text"),
                Piece(_short(column.shift), "warning" if column.differs else "text"),
                Piece(_short(column.stability), "dim"),
                Piece(percent(column.nulls), _more(column.nulls, column.nulls_before)),
                Piece(percent(column.nulls_before), "dim"),
                Piece(percent(column.unseen), "warning" if column.unseen else "dim"),
                Piece(value(column.mean)),
                Piece(value(column.mean_before), "dim"),
                Piece(sparkline(column.course, SPARK), "dim"),
                Piece(count(column.n), "dim"),
                Piece("" if column.role == "feature" else column.role, "dim"),
            ),
            column,
        )
        for column in columns
    ]


def version_rows(versions: Sequence[VersionFigure], calendar: Calendar, now: float) -> list[Row]:
    """One row a version, the newest first."""
    return [
        Row(
            version.version,
            (
                piece(version_tag(version.version), "text" if place else "strong"),
                Piece(calendar.near(version.first, now), "dim"),
                Piece(calendar.near(version.last, now), "dim"),
                Piece(span(version.last - version.first + MINUTE), "dim"),
                Piece(count(version.records), "dim"),
                Piece(version.merit or "", "dim"),
                Piece(value(version.value) if version.merit else ""),
                Piece(interval(version.low, version.high), "dim"),
            ),
            version,
        )
        for place, version in enumerate(versions)
    ]


Made = tuple[
    tuple[tuple[float, float], ...], float | None, tuple[tuple[float, float, float], ...], Role
]
"""Points, what was before, intervals, and the colour of a chart."""


def figure_course(figure: Figure) -> Made | None:
    """What a chart of a figure shows; None where it has no course."""
    if not figure.points:
        return None
    bounds = tuple(
        (point.ts, point.low, point.high)
        for point in figure.points
        # The least and the greatest value of a window are no interval of its mean.
        if figure.low is not None and point.low is not None and point.high is not None
    )
    points = tuple((point.ts, point.value) for point in figure.points)
    return points, figure.before, bounds, health_role(figure.health)


def column_course(column: ColumnFigure, start: float, end: float) -> Made:
    """What a chart of a column shows: its mean, or its distance from the reference."""
    width = (end - start) / max(len(column.course), 1)
    points = tuple(
        (start + (place + 0.5) * width, number)
        for place, number in enumerate(column.course)
        if number is not None
    )
    return points, column.mean_before, (), health_role(column.health)


def course(figure: Figure) -> list[float | None]:
    """The values of the figure's points."""
    return [point.value for point in figure.points]


def interval(low: float | None, high: float | None) -> str:
    """`.90-.94`."""
    if low is None or high is None:
        return ""
    return f"{value(low)}{DASH}{value(high)}"


def change(before: float | None, after: float | None) -> str:
    """`+12 %`; twice and more as a factor; nothing where there is no before."""
    if before is None or after is None or not before:
        return ""
    ratio = after / before
    if ratio >= 10:
        return f"{ratio:.0f}x"
    return f"{100 * (ratio - 1):+.0f} %" if ratio > -10 else ""


def percent(share: float | None) -> str:
    """`0.4 %`; a dash for none."""
    if share is None:
        return DASH
    return f"{100 * share:.0f} %" if share >= 0.1 or share == 0 else f"{100 * share:.2g} %"


def _short(number: float | None) -> str:
    return DASH if number is None else f"{number:.2f}"


def _more(now: float | None, before: float) -> Role:
    """Nulls that came on top stand out."""
    return "warning" if now is not None and now > max(2 * before, before + 0.005) else "dim"


def _mark(health: Health) -> Piece:
    """The dot of what an alert is open on; nothing else has one."""
    return health_mark(health) if health in ("critical", "warning", "info") else Piece("")
