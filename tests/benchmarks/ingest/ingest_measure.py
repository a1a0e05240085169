"""One measurement in a process of its own: prints a JSON object of its figures.

Times are both wall and processor seconds: on a shared machine only the second means much.
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO
from unittest.mock import patch

from console.config.settings import Settings
from console.records.clock import system_clock

Figures = dict[str, float]


def peer(path: Path) -> Figures:
    """The plain library call: INSERT ... SELECT FROM read_json of the same file by DuckDB."""
    import duckdb

    columns = ["model", "stage", "version", "name", "tags"]
    with tempfile.TemporaryDirectory() as folder:
        connection = duckdb.connect(f"{folder}/peer.duckdb", config={"threads": 2})
        connection.execute("SET enable_external_file_cache = false")
        texts = ", ".join(f"{name} VARCHAR" for name in columns)
        connection.execute(f"CREATE TABLE metric (ts TIMESTAMP, {texts}, value DOUBLE)")
        shape = {"ts": "TIMESTAMPTZ", **dict.fromkeys(columns, "VARCHAR"), "value": "DOUBLE"}
        begun = _times()
        connection.execute(
            f"INSERT INTO metric SELECT ts AT TIME ZONE 'UTC', {', '.join(columns)}, value"
            " FROM read_json($1, format = 'newline_delimited', columns = $2)",
            [str(path), shape],
        )
        connection.execute("CHECKPOINT")
        figures = _since(begun)
        rows = connection.execute("SELECT count(*) FROM metric").fetchone()
        connection.close()
    return {**figures, "rows": float(rows[0] if rows else 0)}


def console(path: Path, *, detect: bool = True) -> Figures:
    """The whole walk over a file into a store on disk; without detectors if `detect` is false."""
    from console.engine.engine import Engine
    from console.store.database import Store

    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        begun, rows = _times(), 0
        if not detect:
            stack.enter_context(patch("console.engine.engine.builtin", return_value=()))
        with (
            Store.open(Path(folder) / "s.duckdb", system_clock) as store,
            Engine([path], Settings(), store, system_clock) as engine,
        ):
            while not (step := engine.step(to_the_end=True)).idle:
                rows += step.rows
                store.settle(idle=False)
            store.checkpoint()
        figures = _since(begun)
    return {**figures, "rows": float(rows)}


def ingest(path: Path) -> Figures:
    """Files to committed rows and windows, without detectors."""
    return console(path, detect=False)


def decode(path: Path) -> Figures:
    """Bytes to frames alone."""
    from console.formats.registry import detect
    from console.sources.chunk import Chunk
    from console.sources.defaults import Defaults

    data = path.read_bytes()
    found = detect(data[: 64 << 10], str(path), None)
    assert found.format is not None
    begun, rows, offset = _times(), 0, 0
    while offset < len(data):
        piece = data[offset : offset + (8 << 20)]
        piece = piece[: piece.rfind(b"\n") + 1]
        decoded = found.format.decode(
            Chunk(1, str(path), offset, piece, final=offset + len(piece) == len(data)), Defaults()
        )
        offset += decoded.consumed
        rows += decoded.records.height
    return {**_since(begun), "rows": float(rows)}


def latency(path: Path) -> Figures:
    """Milliseconds from a write of 100 lines, every 50 ms, to their being seen by a query."""
    from console.engine.session import Session

    path.write_text("")
    with tempfile.TemporaryDirectory() as folder:
        session = Session([path], Settings(), Path(folder) / "s.duckdb", system_clock)
        session.start(lambda _: None, lambda problem: _tell(sys.stderr, problem))
        reader = None
        while reader is None:
            time.sleep(0.01)
            reader = session.reader()
        waits: list[float] = []
        due = time.perf_counter() + 0.5
        for turn in range(240):
            time.sleep(max(0.0, due - time.perf_counter()))
            due += 0.05
            at = time.time()
            lines = [
                json.dumps({"ts": at, "model": "m", "name": f"n{n % 10}", "value": n}) + "\n"
                for n in range(100)
            ]
            with path.open("a") as file:
                file.writelines(lines)
            written = time.perf_counter()
            wanted = 100 * (turn + 1)
            while reader.sql("SELECT count(*) AS n FROM metrics", 1)["n"][0] < wanted:
                time.sleep(0.001)
                if time.perf_counter() - written > 5:
                    raise TimeoutError("lines did not become visible within 5 s")
            waits.append(1e3 * (time.perf_counter() - written))
        session.stop()
    ordered = sorted(waits[40:])
    return {
        "p50_ms": statistics.median(ordered),
        "p95_ms": ordered[int(0.95 * len(ordered))],
        "p99_ms": ordered[int(0.99 * len(ordered))],
    }


def batch(path: Path) -> Figures:
    """Processor milliseconds of a step of 20,000 new records at few and at many stored rows.

    `path` holds the history; new records are appended to a file beside it.
    """
    from console.engine.engine import Engine
    from console.store.database import Store
    from tests.benchmarks.ingest.ingest_corpus import write

    more = path.with_name("more.jsonl")
    with tempfile.TemporaryDirectory() as folder:
        with (
            Store.open(Path(folder) / "s.duckdb", system_clock) as store,
            Engine([path], Settings(), store, system_clock) as engine,
        ):
            while not engine.step(to_the_end=True).idle:
                store.settle(idle=False)
            store.checkpoint()
            stored = float(store.reader().sql("SELECT count(*) AS n FROM metrics", 1)["n"][0])
        with (
            Store.open(Path(folder) / "s.duckdb", system_clock) as store,
            Engine([path, more], Settings(), store, system_clock) as engine,
        ):
            costs: list[float] = []
            for turn in range(12):
                write(more.with_suffix(".part"), "metrics", 20_000, seed=100 + turn)
                with more.open("a") as file:
                    file.write(more.with_suffix(".part").read_text())
                begun = time.process_time()
                while not engine.step(to_the_end=True).idle:
                    pass
                costs.append(1e3 * (time.process_time() - begun))
                store.checkpoint()
    more.unlink()
    return {"stored": stored, "batch_ms": statistics.median(costs[2:])}


MEASUREMENTS: dict[str, Callable[[Path], Figures]] = {
    "peer": peer,
    "console": console,
    "ingest": ingest,
    "decode": decode,
    "latency": latency,
    "batch": batch,
}


def _tell(stream: TextIO, text: str) -> None:
    stream.write(f"{text}\n")


def _times() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(begun: tuple[float, float]) -> Figures:
    return {
        "wall_s": time.perf_counter() - begun[0],
        "cpu_s": time.process_time() - begun[1],
    }


def main(arguments: list[str]) -> None:
    """`ingest_measure NAME FILE`."""
    name, file = arguments
    figures = MEASUREMENTS[name](Path(file))
    figures["rss_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    _tell(sys.stdout, json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1:])
