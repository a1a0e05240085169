"""The quality of what a model records, over a span: repetitions, fields, labels as they came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from console.alerts.alert import Alert
from console.detectors import label_blocks
from console.detectors.duplicates import HORIZON, KINDS, repetitions
from console.detectors.label_blocks import BLOCK, BLOCKS, Block, level
from console.engine.views.figures import PARTS, Figure, Point, health_of
from console.records.clock import DAY, HOUR, epoch, naive
from console.stats import drift, sightings

if TYPE_CHECKING:
    from console.store.rawrows import Span
    from console.store.reader import Reader

MOST_WINDOWS = 288
"""So many windows are looked at for repetitions; of a longer span evenly spread ones."""
CARRIED = 0.01
"""Share of rows from which they have a field."""
NAMES = 3
"""So many fields that have come or gone are named."""


def quality_figures(
    reader: Reader, alerts: Sequence[Alert], model: str, span: Span, width: float
) -> list[Figure]:
    """What there is to say of predictions and labels; `width` is that of their windows, seconds."""
    start, end = span
    found = [
        _duplicates(reader, model, span),
        _fields(reader, model, span),
        *_labels(reader.performance_windows(model, 2 * start - end, end), span, width),
    ]
    return [
        _with_health(figure, alerts, "schema" if figure.key == "quality:fields" else figure.name)
        for figure in found
        if figure is not None
    ]


def _with_health(figure: Figure, alerts: Sequence[Alert], series: str) -> Figure:
    return replace(figure, health=health_of(alerts, series))


def _duplicates(reader: Reader, model: str, span: Span) -> Figure | None:
    """The share of rows that came again, by id where there are ids, else by content."""
    start, end = span
    windows = sightings.merge(reader.sighting_windows(model, start - HORIZON, end))
    named = bool(windows["ids"].list.len().sum())
    column = KINDS["id" if named else "content"]
    counted = []
    for _, own in windows.group_by(["stage", "version"], maintain_order=True):
        times = [epoch(time) for time in own["start"].to_list()]
        hashes = [np.array(row, dtype=np.uint64) for row in own[column].to_list()]
        inside = [place for place, time in enumerate(times) if time >= start]
        for place in inside[:: max(len(inside) // MOST_WINDOWS, 1)]:
            earlier = [
                hashes[before] for before in range(place) if times[before] >= times[place] - HORIZON
            ]
            counted.append((times[place], *repetitions(hashes[place], earlier)))
    rows = sum(n for _, n, _ in counted)
    if not rows:
        return None
    hits = sum(n for _, _, n in counted)
    low, high = drift.wilson(hits, rows)
    parts: dict[int, list[int]] = {}
    for time, n, again in counted:
        sums = parts.setdefault(int((time - start) / (end - start) * PARTS), [0, 0])
        sums[0] += n
        sums[1] += again
    points = _points(span, {part: again / n for part, (n, again) in parts.items() if n})
    return Figure(
        key="quality:duplicates",
        name="duplicate_share",
        about="by id" if named else "by content",
        value=hits / rows,
        now=points[-1].value if points else None,
        before=None,
        low=float(low),
        high=float(high),
        n=rows,
        points=points,
    )


def _points(span: Span, values: dict[int, float]) -> tuple[Point, ...]:
    start, end = span
    width = (end - start) / PARTS
    return tuple(
        Point(start + (part + 0.5) * width, value) for part, value in sorted(values.items())
    )


def _fields(reader: Reader, model: str, span: Span) -> Figure | None:
    """How many fields the records carry, and which have come and gone since the span before."""
    start, end = span
    middle = naive(start)
    windows = reader.field_windows(model, start - min(end - start, DAY), end)
    now = _carried(windows.filter(pl.col("start") >= middle))
    before = _carried(windows.filter(pl.col("start") < middle))
    if not now:
        return None
    changed = [f"+{name}" for name in sorted(now - before)] + [
        f"-{name}" for name in sorted(before - now)
    ]
    about = " ".join(changed[:NAMES]) + (" ..." if len(changed) > NAMES else "")
    return Figure(
        key="quality:fields",
        name="fields",
        about=about if before else "",
        value=float(len(now)),
        now=None,
        before=float(len(before)) if before else None,
        n=int(windows.filter(pl.col("field").is_null() & (pl.col("start") >= middle))["n"].sum()),
    )


def _carried(windows: pl.DataFrame) -> set[str]:
    rows = int(windows.filter(pl.col("field").is_null())["n"].sum())
    fields = windows.filter(pl.col("field").is_not_null()).group_by("field").agg(pl.col("n").sum())
    return set(fields.filter(pl.col("n") >= CARRIED * rows)["field"].to_list())


def _labels(arrived: pl.DataFrame, span: Span, width: float) -> list[Figure]:
    """Base rate (or mean) and delay of the labels that arrived in the span, and before it."""
    start, end = span
    middle = naive(start)
    sides = [
        label_blocks.read(label_blocks.added(pl.DataFrame(schema=BLOCKS), rows, width))
        for rows in (
            arrived.filter(pl.col("start") >= middle),
            arrived.filter(pl.col("start") < middle),
        )
    ]
    now, before = ([_together(side)] if side else [] for side in sides)
    rate = level(now)
    if not now or rate is None:
        return []
    one, earlier = now[0], level(before)
    share = None if one.numeric else drift.wilson(rate.mean * rate.n, rate.n)
    blocks = [(block, known) for block in sides[0] if (known := level([block]))]
    inside = [(min(max(block.block + BLOCK / 2, start), end), block) for block, _ in blocks]
    return [
        Figure(
            key="quality:labels",
            name="label_mean" if one.numeric else "label_base_rate",
            about="labels",
            value=rate.mean,
            now=blocks[-1][1].mean if blocks else None,
            before=earlier.mean if earlier else None,
            low=float(share[0]) if share else None,
            high=float(share[1]) if share else None,
            n=int(rate.n),
            points=tuple(
                Point(time, known.mean)
                for (time, _), (_, known) in zip(inside, blocks, strict=True)
            ),
        ),
        Figure(
            key="quality:delay",
            name="label_delay_hours",
            about="labels",
            value=one.delay / HOUR,
            now=blocks[-1][0].delay / HOUR if blocks else None,
            before=before[0].delay / HOUR if before else None,
            n=int(one.n),
            points=tuple(Point(time, block.delay / HOUR) for time, block in inside),
        ),
    ]


def _together(blocks: Sequence[Block]) -> Block:
    """The sums of some blocks as one."""
    first = blocks[0]
    sums = {name: sum(getattr(block, name) for block in blocks) for name in label_blocks.SUMS}
    delays = np.sum([block.delays for block in blocks], axis=0).tolist()
    return Block(first.model, first.stage, first.block, **sums, delays=delays)
