"""Two versions, models, spans or segments side by side: differences, and how sure they are.

Figures by labels differ by their own standard errors; metrics by the spread of their windows, of
which neighbours that are alike count less; columns by the two-sample tests of the drift detector.
Benjamini and Hochberg hold the share of false differences among all rows that are marked.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl

from console.detectors.comparison import LEAST_ROWS, compare
from console.engine.views import segments
from console.engine.views.columns import FALSE_DISCOVERIES, summed
from console.engine.views.figures import PARTS
from console.engine.views.performance import ORDER, added
from console.records.clock import naive
from console.records.series import tag_text
from console.stats import drift, metrics

if TYPE_CHECKING:
    from console.stats.pinning import References
    from console.stats.reference import ModelReference
    from console.store.reader import Reader

Kind = Literal["performance", "metric", "column"]
LEAST_WINDOWS = 8


@dataclass(frozen=True, slots=True)
class Side:
    """What is compared: a model over a span, all of it, one version or one segment."""

    model: str
    start: float
    end: float
    version: str | None = None
    segment: str | None = None
    """`tag=value` of metrics and of predictions."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One row: the same number of both sides."""

    kind: Kind
    name: str
    about: str
    left: float | None
    right: float | None
    """Values; of a column its means, or None where it has no numbers."""
    difference: float | None
    """Right less left; of a column the distance in standard deviations."""
    p: float | None
    """How often chance alone gives as much; None where that is not known."""
    differs: bool
    """Whether that is little enough, over all rows together."""
    n_left: int
    n_right: int

    @property
    def key(self) -> tuple[str, str, str]:
        """Identity."""
        return self.kind, self.name, self.about


@dataclass(frozen=True, slots=True)
class CompareAnswer:
    """What the view of two sides shows."""

    left: Side
    right: Side
    rows: tuple[Difference, ...]


def compare_answer(
    reader: Reader, references: References, left: Side, right: Side
) -> CompareAnswer:
    """Puts two sides beside each other; what differs surely and most comes first of its kind."""
    found = [*_performance(reader, left, right), *_metrics(reader, left, right)]
    if left.model == right.model:
        found += _columns(reader, references, left, right)
    p = [1.0 if row.p is None else row.p for row in found]
    marked = drift.false_discovery(p, FALSE_DISCOVERIES)
    rows = [replace(row, differs=bool(m)) for row, m in zip(found, marked, strict=True)]
    kinds = ("performance", "metric", "column")
    rows.sort(
        key=lambda row: (
            kinds.index(row.kind), not row.differs, 1.0 if row.p is None else row.p,
        )
    )  # fmt: skip
    return CompareAnswer(left, right, tuple(rows))


def sides(reader: Reader, model: str, start: float, end: float) -> list[Side]:
    """What a model could be compared by: its versions, the newest first, and its segments."""
    counted = reader.version_counts(start, end, PARTS).filter(pl.col("model") == model)
    ran = counted.group_by("version").agg(pl.col("first").min()).sort("first", descending=True)
    texts = {tag_text(tags) for tags in reader.series(model)["tags"] if tags}
    parts = {part for text in texts for part in text.split(",") if "=" in part}
    parts |= segments.names(reader, model, (start, end))
    return [
        *(Side(model, start, end, version=version) for version in ran["version"]),
        *(Side(model, start, end, segment=part) for part in sorted(parts)[:40]),
    ]


def _performance(reader: Reader, left: Side, right: Side) -> list[Difference]:
    found = [metrics.of_sums(added(_labelled(reader, side).to_dicts())) for side in (left, right)]
    rows = []
    for name in ORDER:
        one, other = found[0].get(name), found[1].get(name)
        if one is None or other is None:
            continue
        spread = math.hypot(one.error, other.error)
        p = _two_sided((other.value - one.value) / spread) if spread > 0 else None
        rows.append(
            Difference(
                "performance", name, "by labels", one.value, other.value, other.value - one.value,
                p, differs=False, n_left=one.n, n_right=other.n,
            )
        )  # fmt: skip
    return rows


def _labelled(reader: Reader, side: Side) -> pl.DataFrame:
    """The labelled predictions of a side: `stats.performance.CLOSED`."""
    if side.segment is not None:
        return segments.labelled(reader, side.model, side.segment, (side.start, side.end))
    end = side.end + segments.LABELS_LATE_S
    windows = reader.performance_windows(side.model, side.start, end)
    made = (pl.col("predicted") >= naive(side.start)) & (pl.col("predicted") < naive(side.end))
    return _of_version(windows.filter(made), side)


def _metrics(reader: Reader, left: Side, right: Side) -> list[Difference]:
    one, other = _means(reader, left), _means(reader, right)
    rows = []
    for key in one:
        if key not in other:
            continue
        stage, name = key
        before, after = one[key], other[key]
        rows.append(
            Difference(
                "metric", name, stage, float(before.mean()), float(after.mean()),
                float(after.mean() - before.mean()), _p_of_means(before, after), differs=False,
                n_left=len(before), n_right=len(after),
            )
        )  # fmt: skip
    return rows


def _means(reader: Reader, side: Side) -> dict[tuple[str, str], np.ndarray]:
    """The means of windows, in order of time, by stage and name without the side's own tag."""
    series = reader.series(side.model)
    windows = reader.window_means(side.model, (side.start, side.end), side.version)
    values = {
        int(str(key)): rows["mean"].to_numpy() for (key,), rows in windows.group_by(["series_id"])
    }
    found: dict[tuple[str, str], np.ndarray] = {}
    for series_id, _, stage, name, tags in series.iter_rows():
        parts = tag_text(tags).split(",") if tags else []
        if side.segment is not None and side.segment not in parts:
            continue
        rest = ",".join(part for part in parts if part != side.segment)
        if series_id in values:
            found[stage or "", f"{name}{{{rest}}}" if rest else name] = values[series_id]
    return found


def _p_of_means(one: np.ndarray, other: np.ndarray) -> float | None:
    """Welch's test of window means, each side's number cut by how alike neighbours are."""
    if min(len(one), len(other)) < LEAST_WINDOWS:
        return None
    spread = sum(float(side.var(ddof=1)) / _independent(side) for side in (one, other))
    gap = float(other.mean() - one.mean())
    if spread <= 0:
        return 1.0 if gap == 0 else 0.0
    return _two_sided(gap / math.sqrt(spread))


def _independent(values: np.ndarray) -> float:
    """As many independent values as tell the mean as well: n (1 - r) / (1 + r)."""
    centred = values - values.mean()
    total = float((centred**2).sum())
    alike = float((centred[1:] * centred[:-1]).sum()) / total if total > 0 else 0.0
    alike = min(max(alike, 0.0), 0.99)
    return max(len(values) * (1 - alike) / (1 + alike), 2.0)


def _two_sided(z: float) -> float:
    return float(2 * drift.normal_sf(abs(z)))


def _columns(reader: Reader, references: References, left: Side, right: Side) -> list[Difference]:
    reference = references.get(left.model)
    if reference is None:
        return []
    one, other = (_cells(reader, reference, side) for side in (left, right))
    rows = []
    for column in reference.columns:
        known = [side.get((column.name, column.role)) for side in (one, other)]
        told = [side for side in known if side is not None and len(side[0]) == column.cells]
        if len(told) < 2 or min(cells.sum() for cells, _ in told) < LEAST_ROWS:
            continue
        counts, means = [cells for cells, _ in told], [mean for _, mean in told]
        distance, p = compare(column.kind == "numeric", counts[0], counts[1], 0.0)
        rows.append(
            Difference(
                "column", column.name, column.role, means[0], means[1], float(distance), float(p),
                differs=False, n_left=int(counts[0].sum()), n_right=int(counts[1].sum()),
            )
        )  # fmt: skip
    return rows


def _cells(
    reader: Reader, reference: ModelReference, side: Side
) -> dict[tuple[str, str], segments.Cells]:
    """Every column of a side: counts by cell, and the mean."""
    span = (side.start, side.end)
    if side.segment is not None:
        return segments.columns(reader, side.model, side.segment, span)
    windows = _of_version(reader.column_windows(side.model, *span), side)
    found: dict[tuple[str, str], segments.Cells] = {}
    for column in reference.columns:
        own = windows.filter((pl.col("column") == column.name) & (pl.col("role") == column.role))
        counts = summed(column, own)
        found[column.name, column.role] = counts, _mean(own, counts)
    return found


def _mean(windows: pl.DataFrame, cells: np.ndarray) -> float | None:
    known = windows["total"].drop_nulls()
    return float(known.sum()) / float(cells.sum()) if len(known) else None


def _of_version(windows: pl.DataFrame, side: Side) -> pl.DataFrame:
    return windows if side.version is None else windows.filter(pl.col("version") == side.version)
