"""How long the questions of a screen take on a large store, at rest and while it is written.

    python tests/benchmarks/store_reads.py [--rows 10000000] [--store FILE]

Fills a store with log lines of 30 days, then asks each question several times: alone, and while
another thread commits 100 lines every 50 ms. Prints milliseconds: median, greatest, and what
all threads used, which alone tells something on a busy machine. The bars: a
page of 200 lines by model, level and time 50 ms, a rare substring 500 ms, both while it is written.
Then commits batches to it and to a small store, and matches 1,000 labels against stores of 10,000
to a million predictions: neither may depend on what is stored.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from console.records.clock import DAY, HOUR, naive
from console.records.frames import LABELS, LOGS, PREDICTIONS, Schema, placed, records
from console.store.database import Store
from console.store.pages import LogQuery

BEGIN = 1_767_225_600.0
SPAN = 30 * DAY
END = BEGIN + SPAN
PIECE = 500_000
TURNS = 9
LEVELS = ("DEBUG", "INFO", "INFO", "INFO", "INFO", "INFO", "INFO", "WARNING", "ERROR")


def shaped(rows: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """The rows with the columns of a schema that they lack."""
    missing = [pl.lit(None, kind).alias(name) for name, kind in schema.items() if name not in rows]
    return rows.with_columns(missing).select(list(schema))


def log_lines(first: int, count: int, step: float) -> pl.DataFrame:
    """Lines that no two are alike, of four models; one in a million says `needle`."""
    place = pl.int_range(first, first + count, eager=True)
    noise = place.hash(3)
    time = ((BEGIN + place * step) * 1e6).cast(pl.Int64)
    word = pl.when(place % 1_000_000 == 777_777).then(pl.lit(" needle")).otherwise(pl.lit(""))
    rows = pl.DataFrame({"offset": place * 120}).select(
        pl.from_epoch(time, "us").alias("ts"),
        "offset",
        ("m" + (noise % 4).cast(pl.String)).alias("model"),
        pl.lit("serving").alias("stage"),
        pl.Series(LEVELS).gather(noise % len(LEVELS)).alias("level"),
        (
            "request " + noise.cast(pl.String) + " took " + (noise % 911).cast(pl.String) + " ms"
        ).alias("message")
        + word,
    )
    return shaped(rows, LOGS)


def fill(store: Store, rows: int) -> None:
    """So many lines in order of time."""
    for first in range(0, rows, PIECE):
        lines = log_lines(first, min(PIECE, rows - first), SPAN / rows)
        with store.begin() as transaction:
            transaction.insert(placed(records(logs=lines), 1))
        store.settle(idle=True)
    store.checkpoint()


@contextmanager
def written(store: Store, rows: int) -> Iterator[None]:
    """Commits 100 lines every 50 ms for as long as the block lasts."""
    stop = threading.Event()

    def write() -> None:
        first = rows
        while not stop.wait(0.05):
            with store.begin() as transaction:
                transaction.insert(placed(records(logs=log_lines(first, 100, SPAN / rows)), 1))
            first += 100
            store.settle(idle=True)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def say(text: str) -> None:
    """A line of the report."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def measure(name: str, ask: Callable[[], object]) -> None:
    """Prints how long a question takes."""
    took, worked = [], []
    for _ in range(TURNS):
        begun, used = time.perf_counter(), time.process_time()
        ask()
        took.append(1000 * (time.perf_counter() - begun))
        worked.append(1000 * (time.process_time() - used))
    figures = statistics.median(took), max(took), statistics.median(worked)
    say(f"  {name:<44}" + "".join(f"{figure:9.1f}" for figure in figures))


def ask_all(store: Store) -> None:
    """The questions of the log view, and those of the view of costs."""
    reader = store.reader()
    middle = BEGIN + SPAN / 2
    hour = LogQuery(model="m1", least_level="ERROR", start=middle, end=middle + 6 * HOUR)
    questions: dict[str, Callable[[], object]] = {
        "200 of a model, level and time": lambda: reader.logs_newest(hour, 200),
        "the newest 200 of a model and level": lambda: reader.logs_newest(
            LogQuery(model="m1", least_level="ERROR"), 200
        ),
        "the newest 200": lambda: reader.logs_newest(LogQuery(), 200),
        "200 around a time": lambda: reader.logs_around(LogQuery(), middle, 200),
        "the next 200 after a key": lambda: reader.logs_after(LogQuery(), (middle, 1, 0), 200),
        "200 of a rare substring": lambda: reader.logs_newest(LogQuery(text="needle"), 200),
        "200 of a substring that is nowhere": lambda: reader.logs_newest(
            LogQuery(text="no such thing"), 200
        ),
        "the account of costs of a week": lambda: reader.costs(END - 7 * DAY, END),
    }
    for name, ask in questions.items():
        measure(name, ask)
    reader.close()


def commit_batches(store: Store, rows: int) -> None:
    """Batches of 5,000 lines, one commit each."""
    lines = records(logs=log_lines(rows, 5_000, SPAN / rows))

    def commit() -> None:
        with store.begin() as transaction:
            transaction.insert(placed(lines, 1))

    measure(f"5,000 lines more than {rows:,}", commit)
    store.checkpoint()


def ask_labels(count: int) -> None:
    """1,000 labels of predictions made together, among so many that are stored."""
    place = pl.int_range(count, eager=True)
    moment = END - 10 * DAY + place * 10 * DAY / count
    stamp = pl.from_epoch((moment * 1e6).cast(pl.Int64), "us")
    ids = place.hash(5).cast(pl.String)
    made = shaped(
        pl.DataFrame({"ts": stamp, "id": ids, "offset": place, "model": "m"}), PREDICTIONS
    )
    known = ids.slice(count // 2, 1000)
    labels = shaped(
        pl.DataFrame({"id": known, "model": "m", "label": "1", "ts": [naive(END)] * 1000}), LABELS
    )
    nothing = pl.DataFrame(schema=PREDICTIONS)
    with Store.open(None, time.time) as store:
        with store.begin() as transaction:
            transaction.insert(placed(records(predictions=made), 1))

        def match() -> None:
            with store.begin() as transaction:
                assert transaction.matched(labels, nothing, END - 14 * DAY).height == 1000

        measure(f"1,000 labels among {count:,} predictions", match)


def main() -> None:
    """Fills, asks and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--store", type=Path, help="a store filled before is used again")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.store or Path(folder) / "store.duckdb"
        full = path.exists()
        with Store.open(path, time.time) as store:
            if not full:
                fill(store, arguments.rows)
            size = path.stat().st_size / 1e6
            say(f"{arguments.rows:,} lines, {size:,.0f} MB; ms: median, most, processor")
            ask_all(store)
            say("while 100 lines are committed every 50 ms")
            with written(store, arguments.rows):
                ask_all(store)
            commit_batches(store, arguments.rows)
        with Store.open(Path(folder) / "small.duckdb", time.time) as store:
            fill(store, 100_000)
            commit_batches(store, 100_000)
    for count in (10_000, 100_000, 1_000_000):
        ask_labels(count)


if __name__ == "__main__":
    main()
