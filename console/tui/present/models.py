"""The list of models: the same gauge in the same column for every model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len

from console.tui.clean import clean
from console.tui.present.health import health_mark, health_role
from console.tui.present.line import Line, Piece, fit
from console.tui.present.words import DASH, version_tag
from console.tui.spark import sparkline

if TYPE_CHECKING:
    from console.engine.snapshot import Gauge, ModelPane

GAP = 2
NAME_MOST = 24
SPARK_LEAST, SPARK_USUAL, SPARK_MOST = 5, 10, 20
WANTED = ("perf", "drift", "errors", "latency", "nulls", "volume")
"""Which gauges stay when there is not room for all, the most wanted first."""


@dataclass(frozen=True, slots=True)
class Column:
    """One gauge's column."""

    label: str
    width: int
    """Cells of the value."""
    spark: int = 0
    """Cells of the sparkline beside it; 0 for none."""

    @property
    def cells(self) -> int:
        """All that it takes, the gap before it included."""
        return GAP + self.width + (1 + self.spark if self.spark else 0)


@dataclass(frozen=True, slots=True)
class ModelLayout:
    """Where everything of a row of the models stands."""

    name: int
    columns: tuple[Column, ...]
    alerts: int


def layout(models: Sequence[ModelPane], width: int) -> ModelLayout:
    """Columns that fit: values first, then sparklines from the first gauge on."""
    names = [cell_len(name_of(model)) for model in models]
    name = min(max(names, default=8), NAME_MOST, max(width // 3, 8))
    alerts = max([len(_alerts(model)) for model in models], default=0)
    widths: dict[str, int] = {}
    for model in models:
        for gauge in model.gauges:
            label = clean(gauge.label)
            needed = max(cell_len(_text(gauge)), cell_len(label))
            widths[label] = max(widths.get(label, 0), needed)
    left = width - 3 - name - (GAP + alerts if alerts else 0)
    order = sorted(
        widths, key=lambda label: WANTED.index(label) if label in WANTED else len(WANTED)
    )
    kept: set[str] = set()
    for label in order:
        if GAP + widths[label] <= left:
            kept.add(label)
            left -= GAP + widths[label]
    with_spark = [label for label in order if label in kept]
    with_spark = with_spark[: max(left // (1 + SPARK_USUAL), 1 if left > SPARK_LEAST else 0)]
    spark = min(left // max(len(with_spark), 1) - 1, SPARK_MOST)
    columns = {
        label: Column(label, widths[label], spark if label in with_spark else 0)
        for label in widths
        if label in kept
    }
    return ModelLayout(name, tuple(columns.values()), alerts)


def name_of(model: ModelPane) -> str:
    """`fraud v12`."""
    return clean(f"{model.name} {version_tag(model.version)}".rstrip())


def heading(of: ModelLayout) -> str:
    """The columns' labels, to stand above the rows."""
    text = " " * (3 + of.name)
    for column in of.columns:
        spark = " " * (column.spark + 1) if column.spark else ""
        text += " " * GAP + fit(column.label, column.width, right=True) + spark
    return text


def row(model: ModelPane, of: ModelLayout) -> Line:
    """One model."""
    gauges = {clean(gauge.label): gauge for gauge in model.gauges}
    pieces = [
        Piece(" "),
        health_mark(model.health),
        Piece(" "),
        Piece(fit(name_of(model), of.name), "strong" if model.tier <= 1 else "text"),
    ]
    for column in of.columns:
        gauge = gauges.get(column.label)
        pieces.append(Piece(" " * GAP))
        pieces += _gauge(gauge, column)
    alerts = _alerts(model)
    if alerts:
        pieces += [Piece(" " * GAP), Piece(alerts, health_role(model.health))]
    return tuple(pieces)


def _gauge(gauge: Gauge | None, column: Column) -> list[Piece]:
    if gauge is None:
        blank = " " * (column.spark + 1) if column.spark else ""
        return [Piece(fit(DASH, column.width, right=True) + blank, "dim")]
    role = "dim" if gauge.value is None else health_role(gauge.health)
    pieces = [Piece(fit(_text(gauge), column.width, right=True), role)]
    if column.spark:
        trend = sparkline(gauge.trend, column.spark)
        pieces += [Piece(" "), Piece(trend, role if role != "text" else "dim")]
    return pieces


def _text(gauge: Gauge) -> str:
    """The value; a mark tells what is not well without colour."""
    text = DASH if gauge.value is None else clean(gauge.text)
    mark = {"critical": "▲", "warning": "▴"}.get(gauge.health, "")
    return f"{text}{mark}" if mark else text + " "


def learning_of(model: ModelPane) -> str:
    """How much of its history is known while it is too little to tell what is unusual; "" then."""
    if model.known_h is None:
        return ""
    from console.engine.snapshot import LEARNING_H

    return f"learning: {model.known_h} of {LEARNING_H} h"


def _alerts(model: ModelPane) -> str:
    if not model.open_alerts:
        return learning_of(model)
    return f"{model.open_alerts} alert" + ("s" if model.open_alerts > 1 else "")
