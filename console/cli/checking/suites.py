"""The suites of `[[checks]]` over their files."""

from __future__ import annotations

import glob
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from console.config.settings import Check, Settings, SettingsError
from console.formats.times import parse_times
from console.records.clock import Clock, epoch
from console.stats import tables
from console.stats.compare import segments
from console.stats.compare.frames import FALSE_DISCOVERIES
from console.stats.condition import Condition
from console.stats.segments import MOST_VALUES
from console.stats.suite import evaluate

_SUFFIXES = (".csv", ".parquet", ".pq", ".jsonl", ".ndjson")
_NATIVE = (".jsonl", ".ndjson")
_SAMPLE, _LINES = 256 * 1024, 100


def conditions(settings: Settings, paths: Sequence[Path], clock: Clock) -> Iterator[Condition]:
    """What becomes of every condition of every check; what could not run is `broken`."""
    for number, check in enumerate(settings.checks, start=1):
        suite = check.name or check.model or f"check {number}"
        try:
            yield from _suite(check, suite, settings, paths, clock)
        except (tables.TableError, SettingsError) as error:
            yield Condition(suite, "rows", "broken", str(error))


def _suite(
    check: Check, suite: str, settings: Settings, paths: Sequence[Path], clock: Clock
) -> list[Condition]:
    model = settings.model(check.model)
    reference_path = check.reference or model.reference
    away = {entry.reference for entry in settings.models} | {check.reference}
    files = [path for path in _files(check, paths) if path.absolute() not in away]
    if not files:
        where = check.path or " ".join(str(path) for path in paths)
        raise tables.TableError(f"{where}: holds no CSV, Parquet or JSON Lines file of rows")
    rows = tables.gather(files, check.model)
    reference = None if reference_path is None else tables.read(reference_path)
    parts = _parts(check, suite, rows, reference)
    return [
        one
        for name, mine, against in parts
        for one in evaluate(
            check,
            name,
            mine,
            against,
            positive=model.positive,
            costs=model.costs,
            age_s=_age(mine, files, clock) if check.fresh_s is not None else None,
            rate=FALSE_DISCOVERIES / len(parts),
        )
    ]


def _parts(
    check: Check, suite: str, rows: pl.DataFrame, reference: pl.DataFrame | None
) -> list[tuple[str, pl.DataFrame, pl.DataFrame | None]]:
    """The rows that are judged together, each with its name and what it is held against.

    By the values of a column or tag if the check says so: the most frequent ones, each against the
    reference's rows of the same value, or against all of a reference that has none of them.
    """
    if check.by is None:
        return [(suite, rows, reference)]
    values = segments.known(rows, check.by)
    if values is None or values.null_count() == len(values):
        told = ", ".join(segments.columns_of(rows)) or "a column of few values"
        raise tables.TableError(f"by = {check.by!r}: no column and no tag: name one of {told}")
    own = None if reference is None else segments.known(reference, check.by)
    counts = values.drop_nulls().alias("value").value_counts()
    named = counts.sort(["count", "value"], descending=[True, False])["value"].head(MOST_VALUES)
    found = []
    for value in named.sort():
        against = reference
        if reference is not None and own is not None and (own == value).any():
            against = reference.filter(own == value)
        found.append((f"{suite} {check.by}={value}", rows.filter(values == value), against))
    return found


def _files(check: Check, paths: Sequence[Path]) -> list[Path]:
    """The files of a check: its own path, else those of the command; a folder's native ones."""
    if check.path is not None:
        named = [Path(name) for name in sorted(glob.glob(check.path, recursive=True))]  # noqa: PTH207
    else:
        named = [
            Path(name)
            for path in paths
            for name in ([str(path)] if path.exists() else sorted(glob.glob(str(path))))  # noqa: PTH207
        ]
    found: list[Path] = []
    for path in named:
        if path.is_dir():
            below = sorted(path.rglob("*"))
            found += [file for file in below if file.suffix.lower() in _NATIVE and _native(file)]
        elif path.suffix.lower() in _SUFFIXES:
            found.append(path)
    return list(dict.fromkeys(found))


def _native(path: Path) -> bool:
    """Whether a JSON Lines file of a folder holds predictions or labels, by its first lines."""
    with path.open("rb") as file:
        lines = file.read(_SAMPLE).splitlines()[:_LINES]
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and ({"features", "prediction", "score"} & set(row)):
            return True
        if isinstance(row, dict) and {"id", "label"} <= set(row):
            return True
    return False


def _age(rows: pl.DataFrame, files: Sequence[Path], clock: Clock) -> float | None:
    """Age of the newest row by its `ts`, else of the newest file."""
    if "ts" not in rows.columns:
        return clock() - max(path.stat().st_mtime for path in files)
    times = rows["ts"]
    if not times.dtype.is_temporal():
        times = parse_times(times.cast(pl.String))
    newest = times.cast(pl.Datetime("us"), strict=False).max()
    return None if newest is None else clock() - epoch(newest)  # type: ignore[arg-type]
