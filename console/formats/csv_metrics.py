"""CSV: wide and long metrics, and predictions and labels, a row at a time in event time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from console.formats.csv_cells import Cells, cell, read_cells
from console.formats.csv_layout import MISSING, Layout, layout_of, split_row
from console.formats.framing import Lines, piece, split, without_mark
from console.formats.json_body import Refused
from console.formats.objects import object_texts, tag_texts
from console.formats.protocol import Decoded
from console.formats.rows import bundle
from console.formats.times import parse_times
from console.records.frames import LABELS, METRICS, PREDICTIONS
from console.sources.chunk import Chunk
from console.sources.defaults import Defaults

_LOOKED_AT = 20
_SHOWN = 3
_NO_HEADER = "its first line is no header of columns"
_NO_TIMES = "no column holds a time"
_ROW = "row"
_OWNERS = ("model", "stage", "version")
_ABOUT = {"predictions": "predictions", "labels": "labels", "long": "metrics, one a row"}


class Csv:
    """Tables with a header and a time column: metrics, predictions or labels."""

    name = "csv"

    def recognise(self, sample: bytes, path: str) -> str | None:  # noqa: ARG002
        """Why the sample looks like CSV: a header with a time column, and rows that have times."""
        layout = layout_of(sample)
        if layout is None or not layout.times:
            return None
        column = " and ".join(f"`{layout.names[place]}`" for place in layout.times)
        about = _ABOUT.get(layout.kind) or f"metrics, {len(layout.numbers)} of them a row"
        lines, _ = split(sample, final=False)
        texts = [lines[place].strip() for place in range(min(len(lines), _LOOKED_AT + 1))]
        rows = [split_row(text, layout.separator) for text in texts if text]
        good = [row for row in rows[1:] if row is not None and len(row) == len(layout.names)]
        if len(rows) == 1:
            return f"a header with the time column {column}"
        if 2 * len(good) < len(rows) - 1 or _is_all_text(layout):
            return None
        times = [" ".join(row[place] for place in layout.times) for row in good]
        timed = int(parse_times(pl.Series(times, dtype=pl.String)).is_not_null().sum())
        if timed == 0:
            return None
        return f"a table of {about}; {column} is the time in {timed} of its first {len(good)} rows"

    def decode(self, chunk: Chunk, defaults: Defaults) -> Decoded:
        """The records of a chunk of CSV."""
        if chunk.cut:
            return Decoded(piece(chunk), len(chunk.data))
        lines, consumed = split(without_mark(chunk), final=chunk.final)
        layout = layout_of(_beginning(chunk))
        if layout is None:
            held = [place for place in range(len(lines)) if lines[place].strip(b" \t\r\x00")]
            refused = [Refused(place, _NO_HEADER) for place in held]
            return Decoded(bundle({}, refused, lines, chunk), consumed)
        cells, refused = read_cells(lines, layout)
        table, more = _timed(cells, lines, layout, chunk, defaults)
        refused += more
        if layout.kind in ("predictions", "labels"):
            frames, more = _predictions(table, layout, chunk.file_id)
        else:
            frames, more = _long(table, layout) if layout.kind == "long" else _wide(table, layout)
        return Decoded(bundle(frames, [*refused, *more], lines, chunk), consumed)


def _beginning(chunk: Chunk) -> bytes:
    """The first lines of the file, the last closed if the chunk says that it is whole."""
    ends_here = len(chunk.beginning) == chunk.offset + len(chunk.data)
    return chunk.beginning + b"\n" if chunk.final and ends_here else chunk.beginning


def _is_all_text(layout: Layout) -> bool:
    return layout.kind == "wide" and layout.texts.issuperset(layout.others)


def _timed(
    cells: Cells, lines: Lines, layout: Layout, chunk: Chunk, defaults: Defaults
) -> tuple[pl.DataFrame, list[Refused]]:
    """The rows that have a time, with their line (`row`), offset, time and owners."""
    frame = cells.frame
    refused: list[Refused] = []
    if not layout.times:
        refused = [Refused(line, _NO_TIMES) for line in cells.numbers.tolist()]
        frame, cells = frame.clear(), Cells(frame.clear(), cells.numbers[:0])
    parts = [pl.col(cell(place)) for place in layout.times] or [pl.lit(None, pl.String)]
    said = frame.with_columns(pl.concat_str(parts, separator=" ").alias("ts"))["ts"]
    times = parse_times(said, defaults.timezone)
    owners = [
        pl.coalesce(
            pl.col(cell(layout.roles[owner])) if owner in layout.roles else pl.lit(None, pl.String),
            pl.lit(getattr(defaults, owner), pl.String),
        ).alias(owner)
        for owner in _OWNERS
    ]
    frame = frame.with_columns(
        pl.Series(_ROW, cells.numbers, pl.Int64),
        pl.Series("offset", chunk.offset + lines.starts[cells.numbers], pl.Int64),
        times.alias("ts"),
        *owners,
        pl.lit(None, pl.String).alias("attributes"),
        pl.lit(None, pl.String).alias("tags"),
    )
    untimed = times.is_null()
    if not untimed.any():
        return frame, refused
    column = " and ".join(layout.names[place] for place in layout.times)
    rows = untimed.arg_true()
    refused = [
        Refused(
            int(cells.numbers[row]),
            f"no {column}" if text is None else f"{column} is not a time: {text[:80]}",
        )
        for row, text in zip(rows, said.gather(rows), strict=True)
    ]
    return frame.filter(~untimed), refused


def _numbers(texts: pl.Series, separator: str) -> pl.Series:
    """The numbers of a column of cells: null for what is missing or none, infinite ones too."""
    if separator == ";":
        texts = texts.str.replace(",", ".", literal=True)
    values = texts.cast(pl.Float64, strict=False)
    return pl.select(pl.when(values.is_finite()).then(values)).to_series()


def _is_wrong(texts: pl.Series, values: pl.Series) -> pl.Series:
    """Whether each cell holds something that is neither a number nor a sign of nothing."""
    doubtful = texts.is_not_null() & values.is_null()
    if not doubtful.any():
        return doubtful
    return doubtful & ~texts.str.to_lowercase().is_in(list(MISSING))


def _wide(table: pl.DataFrame, layout: Layout) -> tuple[dict[str, pl.DataFrame], list[Refused]]:
    """One metric for every number of a row; its texts are tags."""
    dimensions = dict.fromkeys(sorted(layout.texts))
    wrong: dict[int, list[str]] = {}
    values: dict[int, npt.NDArray[np.float64]] = {}
    open_texts: dict[int, pl.Series] = {}
    for place in layout.others:
        if place in layout.texts:
            continue
        texts = table[cell(place)]
        column = _numbers(texts, layout.separator)
        values[place] = column.fill_null(float("nan")).to_numpy()
        bad = _is_wrong(texts, column)
        if not bad.any():
            continue
        if place not in layout.numbers:
            open_texts[place] = pl.select(pl.when(bad).then(texts)).to_series()
            continue
        for row in bad.arg_true():
            wrong.setdefault(row, []).append(f"{layout.names[place]}: {texts[row][:80]}")
    asked = table.with_columns(column.alias(cell(place)) for place, column in open_texts.items())
    named = {cell(place): layout.names[place] for place in [*dimensions, *open_texts]}
    table = table.with_columns(tag_texts(asked, named).alias("tags"))
    matrix = np.stack(list(values.values()), axis=1) if values else np.empty((table.height, 0))
    held = ~np.isnan(matrix)
    rows, columns = np.nonzero(held)
    names = pl.Series([layout.names[place] for place in values], dtype=pl.String)
    metrics = table.select(name for name in METRICS if name not in ("name", "value"))[rows]
    metrics = metrics.with_columns(
        names.gather(columns).alias("name"), pl.Series("value", matrix[held], pl.Float64)
    )
    lines = table[_ROW]
    refused = [Refused(lines[row], _not_numbers(cells)) for row, cells in wrong.items()]
    empty = np.flatnonzero(~held.any(axis=1)).tolist()
    refused += [Refused(lines[row], "no column has a value") for row in empty if row not in wrong]
    return {"metrics": metrics}, refused


def _not_numbers(cells: Sequence[str]) -> str:
    more = f" and {len(cells) - _SHOWN} more" if len(cells) > _SHOWN else ""
    return f"not a number: {', '.join(cells[:_SHOWN])}{more}"


def _long(table: pl.DataFrame, layout: Layout) -> tuple[dict[str, pl.DataFrame], list[Refused]]:
    """One metric a row; the columns that have no role are tags."""
    texts = table[cell(layout.roles["value"])]
    named = {cell(place): layout.names[place] for place in layout.others}
    tags = tag_texts(table, named, cell(layout.roles["tags"]) if "tags" in layout.roles else None)
    built = table.with_columns(
        tags.alias("tags"),
        pl.col(cell(layout.roles["name"])).alias("name"),
        _numbers(texts, layout.separator).alias("value"),
    )
    good = built["name"].is_not_null() & built["value"].is_not_null()
    refused = [
        Refused(row, _why_no_metric(name, text))
        for row, name, text in built.filter(~good)
        .select(_ROW, "name", cell(layout.roles["value"]))
        .iter_rows()
    ]
    return {"metrics": built.filter(good).select(list(METRICS))}, refused


def _why_no_metric(name: str | None, text: str | None) -> str:
    if name is None:
        return "the metric has no name"
    if text is None or text.lower() in MISSING:
        return "the metric has no value"
    return f"not a number: {text[:80]}"


def _predictions(
    table: pl.DataFrame, layout: Layout, file_id: int
) -> tuple[dict[str, pl.DataFrame], list[Refused]]:
    """A prediction a row, and a label where the row has the truth as well.

    Rows without an id are given one of their place in the file, by which their truth finds them.
    """
    nothing = pl.lit(None, pl.String)
    roles = {
        role: pl.col(cell(layout.roles[role])) if role in layout.roles else nothing
        for role in ("id", "prediction", "score", "label")
    }
    named = {cell(place): layout.names[place] for place in layout.others}
    scores = table.with_columns(roles["score"].alias("score"))["score"]
    built = table.with_columns(
        pl.coalesce(roles["id"], pl.format("{}:{}", pl.lit(f"{file_id:x}"), "offset")).alias("id"),
        roles["prediction"].alias("prediction"),
        _numbers(scores, layout.separator).alias("score"),
        roles["label"].alias("label"),
        scores.alias("said"),
        object_texts(table, named).alias("others"),
    )
    has_label = pl.col("label").is_not_null()
    if layout.kind == "labels":
        known = has_label & roles["id"].is_not_null()
        labels = built.filter(known).with_columns(pl.col("others").alias("attributes"))
        bad = built.filter(~known)[_ROW]
        refused = [Refused(row, "a label needs id and label") for row in bad]
        return {"labels": labels.select(list(LABELS))}, refused
    frames = {
        "predictions": built.with_columns(
            pl.col("others").alias("features"), nothing.alias("scores")
        ).select(list(PREDICTIONS)),
        "labels": built.filter(has_label).select(list(LABELS)),
    }
    wrong = built.filter(_is_wrong(built["said"], built["score"])).select(_ROW, "said")
    return frames, [Refused(row, f"not a number: score: {said}") for row, said in wrong.iter_rows()]


def table_problem(sample: bytes) -> str | None:
    """Why a table cannot be followed, for one whose header is sound; None for anything else."""
    layout = layout_of(sample)
    if layout is None:
        return None
    if not layout.times:
        about = _ABOUT.get(layout.kind, "values") if layout.kind != "long" else "metrics"
        return (
            f"a table (CSV) of {about} without a time column: add one (ts), "
            "or name it as a model's `reference`"
        )
    return "a table (CSV) without a column of numbers"
