"""What a new window costs the whole console on a small store and on a large one. Prints a table.

    python -m tests.benchmarks.drift_stored [--rows 10000000]

Two engines follow a model of 20 mixed columns. Both have read 10,000 predictions; the store of one
then gets the same windows and rows again, further and further back, up to `--rows`. By turns each
reads 1,000 predictions of a new window and the labels of the one before: decoding, matching,
summing, committing and judging by all detectors. The first window after a start is shown apart:
with it the engine learns once when recent ids were stored.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from console.config.settings import Settings
from console.engine.engine import Engine
from console.store.database import Store
from tests.benchmarks.drift_calibration import say
from tests.benchmarks.drift_incremental import ROWS, WIDTH, predictions

BEGIN = 1_767_225_600.0
READ = 10
"""Windows that both engines have read."""
TURNS = 40
PIECE = 50
"""So many times the rows are copied at once."""


class Followed:
    """A folder, its store, and the engine between them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.store = folder, folder.with_suffix(".duckdb")
        folder.mkdir()
        self.windows = 0

    def clock(self) -> float:
        """A while after the newest row."""
        return BEGIN + self.windows * WIDTH + 5

    def append(self) -> None:
        """Writes the predictions of one more window, and the labels of the one before."""
        start = BEGIN + self.windows * WIDTH
        rows = predictions(ROWS, start, self.windows).drop("scores")
        rows = rows.with_columns(pl.col("features").str.json_decode(rows_type(rows)))
        with (self.folder / "predictions.jsonl").open("a") as out:
            out.write(rows.with_columns(pl.col("ts").dt.to_string("iso:strict")).write_ndjson())
        if self.windows:
            known = np.random.default_rng(self.windows).integers(0, 2, ROWS)
            with (self.folder / "labels.jsonl").open("a") as out:
                for place, label in enumerate(known):
                    moment = start + place * WIDTH / ROWS
                    line = {"ts": moment, "model": "m", "id": f"{self.windows - 1}-{place}"}
                    out.write(json.dumps({**line, "label": int(label)}) + "\n")
        self.windows += 1

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        """The engine, after what it has read before."""
        with (
            Store.open(self.store, self.clock) as store,
            Engine([self.folder], Settings(), store, self.clock) as engine,
        ):
            yield engine


def rows_type(rows: pl.DataFrame) -> pl.DataType:
    """The type of the features."""
    return pl.Series([json.loads(text) for text in rows["features"].to_list()]).dtype


def read(engine: Engine) -> None:
    """Reads and judges what there is."""
    while not engine.step().idle:
        pass


def lengthen(store: Path, times: int) -> None:
    """Copies what is stored `times` back, a whole stretch each, the oldest first."""
    with duckdb.connect(str(store)) as connection:
        tables = connection.sql("SELECT table_name FROM duckdb_tables()").fetchall()
        for (name,) in tables:
            if name not in ("prediction", "label") and not name.startswith("window_"):
                continue
            times_of = [c for c in _columns(connection, name) if c in ("start", "ts", "predicted")]
            shifted = ", ".join(
                f"{column} - to_seconds(k * {READ * WIDTH}) AS {column}" for column in times_of
            )
            connection.execute(f"CREATE TEMP TABLE once AS FROM {name}")
            for last in range(times, 0, -PIECE):
                connection.execute(
                    f"INSERT INTO {name} SELECT once.* REPLACE ({shifted})"
                    f" FROM range({max(last - PIECE, 0) + 1}, {last + 1}) AS r(k), once"
                )
            connection.execute("DROP TABLE once")


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    return [str(row[0]) for row in connection.sql(f"DESCRIBE {table}").fetchall()]


def main() -> None:
    """Prints what a window takes on each store, measured by turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    rows: int = parser.parse_args().rows
    say(f"Python {sys.version.split()[0]}; a window of {ROWS:,} rows by 20 columns, ms\n")
    with tempfile.TemporaryDirectory() as place:
        small, large = (Followed(Path(place) / name) for name in ("small", "large"))
        for one in (small, large):
            for _ in range(READ):
                one.append()
            with one.engine() as engine:
                read(engine)
        lengthen(large.store, rows // (READ * ROWS) - 1)
        spent: dict[str, list[tuple[float, float]]] = {"small": [], "large": []}
        with small.engine() as first, large.engine() as second:
            stored = [
                engine.reader.sql("SELECT count(*) FROM prediction", 1).item()
                for engine in (first, second)
            ]
            both = (("small", small, first), ("large", large, second))
            for turn in range(TURNS):
                for name, one, engine in both if turn % 2 else both[::-1]:
                    one.append()
                    began, used = time.perf_counter(), time.process_time()
                    read(engine)
                    costs = time.perf_counter() - began, time.process_time() - used
                    spent[name].append(costs)
        heads = ("stored", "first cpu", "median", "mean", "median cpu", "mean cpu")
        say(" ".join(f"{head:>11}" for head in heads))
        for count, (start, *costs_of) in zip(stored, spent.values(), strict=True):
            wall, cpu = ([1e3 * cost[which] for cost in costs_of] for which in (0, 1))
            figures = [f(of) for of in (wall, cpu) for f in (statistics.median, statistics.fmean)]
            shown = " ".join(f"{figure:>11.1f}" for figure in (1e3 * start[1], *figures))
            say(f"{count:>11,} {shown}")


if __name__ == "__main__":
    main()
