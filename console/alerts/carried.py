"""Which segment of the predictions carries a drift, a loss of quality or of performance.

Read from the stored windows by segment: those before the onset against those since.
`stats.carriers` says what is named, and that nothing is where all segments have changed alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from console.alerts.history import History
from console.alerts.wording import figure
from console.detectors.protocol import Deviation
from console.records.clock import DAY, naive
from console.stats import carriers, metrics, performance, segment_windows
from console.stats.alone import moved_alone
from console.stats.carriers import Carrier, Known, Moments, Sides
from console.stats.metrics import Estimate
from console.stats.segment_windows import Part
from console.stats.segments import OTHERS

BY_SEGMENT = ("drift", "quality", "performance")
"""The detectors whose findings are of predictions."""
COLUMNS_S = 2 * DAY
PERFORMANCE_S = 7 * DAY
"""How long before the onset counts as before."""
ALL = 0.95
"""From this part on a segment is said to carry all of it."""
_SUMS = {
    "accuracy": ("judged", "correct", "correct"),
    "mae": ("measured", "absolute_error", "squared_error"),
    "ndcg": ("ranked", "ndcg", "ndcg_squares"),
}
"""Rows, values and squares of what metrics are the mean of."""
_TERMS = {"nulls": "the nulls", "unseen": "the unseen values"}
_LEAST_CLASS = 10
"""Labels of each class that a segment needs to have an AUC."""
_BY_SEGMENT = ("tag", "value", "late")

Told = Literal["share", "number", "nothing"]
Floats = NDArray[np.float64]
Tags = dict[str, dict[str, Sides]]


@dataclass(frozen=True, slots=True)
class Carried:
    """The segment that carries a deviation."""

    carrier: Carrier
    subject: str
    """What it carries: `the nulls of amount`."""
    told: Told
    """What its figures are."""

    @property
    def part(self) -> str:
        """`all`, or `83 %`."""
        return "all" if self.carrier.part >= ALL else f"{100 * self.carrier.part:.0f} %"

    def sentence(self) -> str:
        """Which, how much of it, and the figures of the segment beside those of the others."""
        one = self.carrier
        rows = f"{one.rows:,} of {one.of:,} rows"
        said = f"{one.name} carries {self.part} of {self.subject}"
        if one.how == "share":
            verb = "grew" if one.share > one.share_before else "fell"
            before, after = figure(100 * one.share_before), figure(100 * one.share)
            return f"{said}: it {verb} from {before} % to {after} % of the rows."
        if self.told == "nothing":
            return f"{said} ({rows})."
        own = f"{self._figure(one.before)} to {self._figure(one.after)}"
        others = f"{self._figure(one.others_before)} to {self._figure(one.others_after)}"
        return f"{said}: {own} there ({rows}), {others} in the rest."

    def cause(self) -> str:
        """The same as a reason."""
        share = figure(100 * self.carrier.share)
        return f"{self.carrier.name} carries {self.part} of {self.subject}, with {share} % of rows"

    def _figure(self, value: float) -> str:
        return f"{figure(100 * value)} %" if self.told == "share" else figure(value)


def carried(deviation: Deviation, history: History, now: float) -> Carried | None:
    """The segment that carries a deviation, as far as is known at `now`; None if none does."""
    model = deviation.series.model
    if model is None:
        return None
    if deviation.detector == "performance":
        windows = history.segment_performance(model, deviation.onset - PERFORMANCE_S, now)
        return None if windows.is_empty() else _loss(deviation, windows)
    if deviation.detector in ("drift", "quality"):
        windows = history.segment_windows(model, deviation.onset - COLUMNS_S, now)
        return None if windows.is_empty() else _shift(deviation, windows)
    return None


# Columns


def _shift(deviation: Deviation, windows: pl.DataFrame) -> Carried | None:
    layout = windows.sort("start", "layout")["layout"][-1]
    column = _column(deviation, segment_windows.columns_of(layout))
    if column is None:
        return None
    sided = _sided(windows.filter(pl.col("layout") == layout), "start", deviation.onset)
    # What a column does by its own values tells nothing of it.
    own = sided.filter(pl.col("tag") != column.name)
    sums = segment_windows.added(own, (*_BY_SEGMENT, "layout"))
    if sums.is_empty():
        return None
    counts = np.array(sums["counts"].to_list(), dtype=np.float64)
    if deviation.detector == "drift":
        return _of_cells(column, sums, counts)
    term = str(deviation.details.get("term"))
    if term not in _TERMS:
        return None
    hits = column.nulls(counts) if term == "nulls" else column.unseen(counts)
    rows = sums["n"].to_numpy().astype(np.float64)
    found = carriers.carrier(_tags(sums, rows, hits), (OTHERS,))
    return None if found is None else Carried(found, f"{_TERMS[term]} of {column.name}", "share")


def _of_cells(column: Part, sums: pl.DataFrame, counts: Floats) -> Carried | None:
    """The segment that carries the shift of a distribution."""
    cells = column.of(counts)
    tags = _tags(sums, cells.sum(axis=1), _moved(sums, cells, column))

    def alone(one: Carrier) -> bool:
        values = list(tags[one.tag])
        before, after = (
            _matrix_of(sums, cells, one.tag, values, late=late) for late in (False, True)
        )
        return moved_alone(before, after, values.index(one.value), numeric=column.kind == "numeric")

    found = carriers.carrier(tags, (OTHERS,), alone)
    if found is None:
        return None
    subject = f"the shift of {column.name}"
    if column.kind != "numeric":
        return Carried(found, subject, "nothing")
    totals = np.array(sums["totals"].to_list(), dtype=np.float64)[:, column.place]
    means = _tags(sums, cells.sum(axis=1), totals)[found.tag]
    return Carried(_with_means(found, means), subject, "number")


def _column(deviation: Deviation, columns: tuple[Part, ...]) -> Part | None:
    """The column that a series stands for; one of the same name that is no feature comes last."""
    own = [part for part in columns if part.name == deviation.series.name]
    return min(own, key=lambda part: part.role != "feature", default=None)


def _sided(windows: pl.DataFrame, time: str, onset: float) -> pl.DataFrame:
    """The windows before the onset and, with `late`, those of which most lies after it."""
    width = pl.duration(seconds=pl.col("width"))
    after = pl.col(time) + width / 2 >= naive(onset)
    before = pl.col(time) + width <= naive(onset)
    return windows.with_columns(after.alias("late")).filter(before | after)


def _moved(sums: pl.DataFrame, cells: Floats, column: Part) -> Floats:
    """How many rows of each segment lie in the cells that have gained, or have lost.

    Of numbers those up to where the distribution functions lie farthest apart, so that the change
    of their share is the Kolmogorov-Smirnov distance; of categories those that have gained, whose
    change is the total variation.
    """
    after = sums["late"].to_numpy()
    then, now = cells[~after].sum(axis=0), cells[after].sum(axis=0)
    gain = now / max(now.sum(), 1.0) - then / max(then.sum(), 1.0)
    if column.kind == "numeric":
        edge = int(np.argmax(np.abs(np.cumsum(gain)))) + 1
        return np.asarray(cells[:, :edge].sum(axis=1))
    return np.asarray(cells[:, gain > 0].sum(axis=1))


def _matrix_of(
    sums: pl.DataFrame, cells: Floats, tag: str, values: list[str], *, late: bool
) -> Floats:
    """The counts of the segments of a tag on one side, in the order of `values`."""
    found = np.zeros((len(values), cells.shape[1]))
    for row, (own, value, side) in enumerate(sums.select("tag", "value", "late").iter_rows()):
        if own == tag and side == late:
            found[values.index(value)] += cells[row]
    return found


def _tags(sums: pl.DataFrame, rows: Floats, values: Floats) -> Tags:
    """Shares (or means) of rows by tag, segment and side."""
    found: Tags = {}
    for tag, value, late, n, total in zip(
        sums["tag"], sums["value"], sums["late"], rows.tolist(), values.tolist(), strict=True
    ):
        _put(found, (tag, value), Moments(n, total, total), late=late)
    return found


def _put(tags: Tags, name: tuple[str, str], sums: Moments, *, late: bool) -> None:
    segments = tags.setdefault(name[0], {})
    known = segments.get(name[1], Sides())
    side = {"after": known.after + sums} if late else {"before": known.before + sums}
    segments[name[1]] = replace(known, **side)


def _with_means(found: Carrier, segments: Mapping[str, Sides]) -> Carrier:
    """The same with the means of the numbers, instead of the shares that were compared."""
    own = segments[found.value]
    others = [sides for value, sides in segments.items() if value != found.value]
    before = sum((sides.before for sides in others), Moments())
    after = sum((sides.after for sides in others), Moments())
    whole = before + own.before
    return replace(
        found,
        before=own.before.mean if own.before.n else whole.mean,
        after=own.after.mean,
        others_before=before.mean,
        others_after=after.mean,
    )


# Performance


def _loss(deviation: Deviation, windows: pl.DataFrame) -> Carried | None:
    metric = deviation.series.name
    sums = performance.added(_sided(windows, "predicted", deviation.onset), _BY_SEGMENT)
    subject = f"the {'rise' if metric == 'mae' else 'loss'} of {metric}"
    if metric == "auc":
        found = _loss_of_auc(sums)
        return None if found is None else Carried(found, subject, "number")
    if metric not in _SUMS:
        return None
    tags: Tags = {}
    for row in sums.iter_rows(named=True):
        n, total, squares = (float(row[name] or 0.0) for name in _SUMS[metric])
        _put(tags, (row["tag"], row["value"]), Moments(n, total, squares), late=row["late"])
    # Twice an error ten times as large is no more than twice an error.
    found = carriers.carrier(tags, (OTHERS,), _relatively if metric == "mae" else None)
    told: Told = "share" if metric == "accuracy" else "number"
    return None if found is None else Carried(found, subject, told)


def _relatively(one: Carrier) -> bool:
    """Whether the others have grown by less than half as many times what they were."""
    if min(one.before, one.others_before) <= 0:
        return True
    own, others = one.after / one.before - 1, one.others_after / one.others_before - 1
    return others < carriers.OTHERS_PART * own


def _loss_of_auc(sums: pl.DataFrame) -> Carrier | None:
    """The segment without which most of a loss of AUC is gone: an AUC is no mean of rows."""
    found, judged = [], 0
    for (tag,), rows in sums.sort("tag").group_by(["tag"], maintain_order=True):
        lists = _Histograms(rows)
        whole = lists.known(np.ones(rows.height, dtype=bool))
        for value in rows["value"].unique().sort():
            own = (rows["value"] == value).to_numpy()
            mine, others = lists.known(own), lists.known(~own)
            if value == OTHERS or whole is None or mine is None or others is None:
                continue
            judged += 1
            shares = (mine.before.n / whole.before.n, mine.after.n / whole.after.n)
            found.append(carriers.without((str(tag), value), whole, mine, others, shares))
    return carriers.surest(found, judged)


class _Histograms:
    """Scores by cell and true class of the segments of one tag."""

    def __init__(self, rows: pl.DataFrame) -> None:
        self._late = rows["late"].to_numpy()
        self._scores = [_matrix(rows[f"{name}_scores"]) for name in ("positive", "negative")]

    def known(self, chosen: NDArray[np.bool_]) -> Known | None:
        """The AUC of some segments before and after; None if labels of a class are too few."""
        before, after = self._auc(chosen & ~self._late), self._auc(chosen & self._late)
        return None if before is None or after is None else Known(before, after)

    def _auc(self, chosen: NDArray[np.bool_]) -> Estimate | None:
        positive, negative = (scores[chosen].sum(axis=0) for scores in self._scores)
        if min(positive.sum(), negative.sum()) < _LEAST_CLASS:
            return None
        return metrics.auc(positive, negative)


def _matrix(lists: pl.Series) -> Floats:
    """Lists of equal length, or none, as rows."""
    values: list[list[Any]] = lists.to_list()
    width = max(map(len, values), default=0)
    return np.array([row or [0] * width for row in values], dtype=np.float64)
