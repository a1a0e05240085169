"""Parquet: golden files of predictions, metrics and logs, whole, torn, damaged and in pieces."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats.parquet import Parquet
from console.formats.registry import detect
from console.records.frames import SCHEMAS, Records, concat
from console.sources.chunk import Chunk
from console.sources.collection import Collection
from console.sources.defaults import Defaults
from console.sources.discover import Discovery

GOLDEN = Path(__file__).parent / "golden_binary"
EIGHT = datetime(2026, 11, 20, 8)


def decode(path: Path, steps: list[int] | None = None, **defaults: str) -> Records:
    """All records of a file, handed over in pieces that end at the given bytes."""
    data = path.read_bytes()
    stops = [*sorted({step % len(data) for step in steps or ()} - {0}), len(data)]
    parts, at = [], 0
    with path.open("rb") as file:
        for stop in stops:
            while at < stop:
                chunk = Chunk(7, str(path), at, data[at:stop], final=True, descriptor=file.fileno())
                found = Parquet().decode(chunk, Defaults(**defaults))
                assert 0 < found.consumed <= stop - at
                at += found.consumed
                for name, frame in found.records.items():
                    assert frame.schema == pl.Schema(SCHEMAS[name]), name
                parts.append(found.records)
    return concat(parts)


def test_predictions_with_flat_features() -> None:
    records = decode(GOLDEN / "predictions.parquet", stage="serving")
    rows = records.predictions.select(
        "ts", "model", "stage", "version", "id", "features", "prediction", "score", "offset"
    ).rows()
    assert rows == [
        (EIGHT, "churn", "serving", "v3", "a", '{"age":31,"plan":"gold","new":true}', "1", 0.9, 0),
        (EIGHT, "churn", "serving", None, "b", '{"age":null,"plan":"07","new":false}', "0", 0.2, 1),
    ]
    assert records.labels.select("id", "label").rows() == [("a", "1")]
    assert records.rejects.rows() == [
        (
            2,
            "no ts",
            (
                b'{"ts":null,"model":"churn","version":"v3","id":"c","age":40,"plan":null,'
                b'"new":true,"prediction":1,"score":null,"label":null}'
            ),
        )
    ]


def test_predictions_with_nested_features() -> None:
    records = decode(GOLDEN / "nested.parquet", model="router")
    first, second = records.predictions.iter_rows(named=True)
    assert first["features"] == '{"text":{"length":3},"tags":["a","b"]}'
    assert first["scores"] == '{"bug":0.75,"question":0.25}'
    assert (first["model"], first["prediction"], first["attributes"]) == (
        "router",
        "bug",
        '{"latency_ms":12.5}',
    )
    assert (second["id"], second["features"]) == ("7:1", None)
    assert second["ts"] == EIGHT


def test_metrics_wide_and_long() -> None:
    wide = decode(GOLDEN / "wide.parquet").metrics
    assert wide.select("ts", "tags", "name", "value", "offset").rows() == [
        (EIGHT, '{"host":"h1"}', "auc", 0.9, 0),
        (EIGHT, '{"host":"h1"}', "rows", 12.0, 0),
        (EIGHT.replace(minute=1), None, "rows", 13.0, 1),
    ]
    long = decode(GOLDEN / "long.parquet")
    assert long.metrics.select("ts", "tags", "name", "value").rows() == [
        (EIGHT, '{"client":"web","code":"3"}', "requests", 12.5)
    ]
    assert long.rejects["reason"].to_list() == [
        "the metric has no finite value",
        "the metric has no name",
    ]


def test_logs() -> None:
    (record,) = decode(GOLDEN / "logs.parquet").logs.iter_rows(named=True)
    assert (record["level"], record["logger"], record["message"]) == ("WARNING", "app", "slow")
    assert (record["attributes"], record["ts"]) == ('{"took_ms":512}', EIGHT)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("predictions.parquet", "a Parquet table of predictions, 3 rows; `ts` is the time"),
        ("long.parquet", "a Parquet table of metrics, one a row, 3 rows; `timestamp` is the time"),
        ("logs.parquet", "a Parquet table of logs, 1 rows; `@timestamp` is the time"),
    ],
)
def test_it_is_told_by_its_beginning_whatever_its_name(tmp_path: Path, name: str, why: str) -> None:
    data = (GOLDEN / name).read_bytes()
    (tmp_path / "data.log").write_bytes(data)
    found = detect(data[:100], str(tmp_path / "data.log"))
    assert found.format is not None
    assert (found.format.name, found.reason) == ("parquet", why)


def test_a_table_without_times_and_a_damaged_one_are_one_reject(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame({"age": [1, 2], "prediction": [0, 1]}).write_parquet(path)
    (reason,) = decode(path, [10, 50]).rejects["reason"]
    assert reason == (
        "a Parquet file, but it has no time column (predictions): add one (ts), "
        "or name it as a model's `reference`"
    )
    data = bytearray((GOLDEN / "wide.parquet").read_bytes())
    data[-300:-200] = bytes(100)
    path.write_bytes(data)
    (reject,) = decode(path, [100]).rejects.iter_rows(named=True)
    assert reject["reason"].startswith("a damaged Parquet file: ")
    assert (reject["offset"], data[:64]) == (0, reject["raw"])


class Following:
    """One file, followed."""

    def __init__(self, path: Path) -> None:
        self.collection = Collection(Discovery([path]))
        self.records: list[Records] = []
        self.now = 0.0

    def step(self, *, final: bool = False) -> int:
        self.now += 5
        self.collection.poll(self.now)
        while pending := self.collection.pending(final=final):
            chunk = self.collection.read(pending[0].file_id, 300, final=final)
            if chunk is not None:
                found = Parquet().decode(chunk, Defaults())
                self.records.append(found.records)
                self.collection.advance(pending[0].file_id, found.consumed)
        return sum(each.height for each in self.records)


@contextmanager
def following(path: Path) -> Iterator[Following]:
    one = Following(path)
    yield one
    one.collection.close()


def test_a_file_that_is_being_written_waits_for_its_end(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    frame = pl.DataFrame({"ts": range(1_700_000_000, 1_700_000_500), "auc": [0.5] * 500})
    frame.write_parquet(buffer, row_group_size=100)
    data, path = buffer.getvalue(), tmp_path / "a.parquet"
    path.write_bytes(b"")
    with following(path) as one:
        for stop in (0, 3, 4, 100, 300, len(data) - 1):
            path.write_bytes(data[:stop])
            assert one.step() == 0
        path.write_bytes(data)
        assert one.step() == 500
        assert one.step(final=True) == 500
        metrics = concat(one.records).metrics
    assert metrics["offset"].to_list() == list(range(500))
    path.write_bytes(data[:-5])
    with following(path) as one:
        assert one.step(final=True) == 1
        (reason,) = concat(one.records).rejects["reason"]
    assert reason == "a Parquet file without its end: it was not written to the last"


def test_many_rows_in_few_bytes_are_given_in_parts(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    frame = pl.select(ts=pl.int_range(1_700_000_000, 1_700_120_000), auc=pl.lit(0.5))
    frame.with_columns(ts=pl.lit(1_700_000_000)).write_parquet(path)
    assert path.stat().st_size < 120_000
    with path.open("rb") as file:
        whole = Chunk(7, "", 0, path.read_bytes(), final=True, descriptor=file.fileno())
        assert Parquet().decode(whole, Defaults()).records.metrics.height <= 50_000
    for steps in ([], [1, 2, 3, 1000]):
        metrics = decode(path, steps).metrics
        assert metrics["offset"].to_list() == list(range(120_000))


COLUMNS: dict[str, st.SearchStrategy[Any]] = {
    "ts": st.none() | st.sampled_from(["2026-11-20T08:00:00Z", "1795161600", "never"]),
    "time": st.none() | st.integers(-(2**60), 2**60),
    "day": st.none() | st.dates(date(1900, 1, 1)),
    "at": st.none() | st.datetimes(timezones=st.just(UTC)),
    "name": st.none() | st.text(max_size=3),
    "value": st.none() | st.floats(),
    "prediction": st.none() | st.booleans(),
    "features": st.none()
    | st.fixed_dictionaries({"a": st.none() | st.floats(), "b": st.binary(max_size=2)}),
    "id": st.none() | st.integers(0, 3),
    "label": st.none() | st.floats(),
    "message": st.none() | st.text(max_size=3),
    "model": st.none() | st.binary(max_size=3),
    "raw": st.none() | st.binary(max_size=3),
    "cost": st.none() | st.decimals(-99, 99, places=2).map(Decimal),
    "tags": st.none() | st.lists(st.integers(0, 3), max_size=2),
}


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_table_is_records_or_rejects_alike_in_any_pieces(
    same: Any, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    names = data.draw(st.lists(st.sampled_from(list(COLUMNS)), unique=True, min_size=1, max_size=6))
    height = data.draw(st.integers(0, 6))
    columns = {
        name: data.draw(st.lists(COLUMNS[name], min_size=height, max_size=height)) for name in names
    }
    path = tmp_path_factory.getbasetemp() / "any.parquet"
    frame = pl.DataFrame(columns)
    frame.write_parquet(path, row_group_size=data.draw(st.integers(1, 5)))
    whole = decode(path)
    if any("a Parquet file" in reject for reject in whole.rejects["reason"]):
        assert whole.rejects["offset"].to_list() == [0]
    else:
        told = {at for _, each in whole.items() for at in each["offset"]}
        assert told == set(range(height))
    steps = data.draw(st.lists(st.integers(0, 4000), max_size=4))
    same(decode(path, steps), whole)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["predictions", "nested", "wide", "logs"]),
    st.lists(st.tuples(st.integers(4, 4000), st.integers(0, 255)), max_size=3),
    st.integers(12, 9000),
    st.lists(st.integers(0, 4000), max_size=3),
)
def test_whatever_is_done_to_a_file_nothing_is_raised(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    changes: list[tuple[int, int]],
    length: int,
    steps: list[int],
) -> None:
    damaged = bytearray((GOLDEN / f"{name}.parquet").read_bytes()[:length])
    for place, byte in changes:
        damaged[place % len(damaged)] = byte
    path = tmp_path_factory.getbasetemp() / "damaged.parquet"
    path.write_bytes(bytes(damaged))
    decode(path, steps)
    Parquet().recognise(bytes(damaged[:100]), str(path))


def write_golden() -> None:
    """How the golden files came to be."""
    GOLDEN.mkdir(exist_ok=True)
    utc = EIGHT.replace(tzinfo=UTC)
    pl.DataFrame(
        {
            "ts": [utc, utc, None],
            "model": ["churn"] * 3,
            "version": ["v3", None, "v3"],
            "id": ["a", "b", "c"],
            "age": [31, None, 40],
            "plan": ["gold", "07", None],
            "new": [True, False, True],
            "prediction": [1, 0, 1],
            "score": [0.9, 0.2, None],
            "label": [1.0, None, None],
        }
    ).write_parquet(GOLDEN / "predictions.parquet")
    pl.DataFrame(
        {
            "event_time": [1795161600, 1795161600000],
            "features": [{"text": {"length": 3}, "tags": ["a", "b"]}, None],
            "prediction": ["bug", "question"],
            "scores": [{"bug": 0.75, "question": 0.25}, None],
            "latency_ms": [12.5, None],
        }
    ).write_parquet(GOLDEN / "nested.parquet")
    pl.DataFrame(
        {
            "ts": [EIGHT, EIGHT.replace(minute=1), EIGHT],
            "auc": [0.9, float("nan"), None],
            "rows": [12, 13, None],
            "host": ["h1", None, "h1"],
        }
    ).write_parquet(GOLDEN / "wide.parquet", row_group_size=1)
    pl.DataFrame(
        {
            "timestamp": ["2026-11-20 08:00:00"] * 3,
            "metric": ["requests", "requests", None],
            "value": [Decimal("12.5"), None, Decimal(1)],
            "client": ["web", None, None],
            "code": [3, 4, 5],
        }
    ).write_parquet(GOLDEN / "long.parquet")
    pl.DataFrame(
        {
            "@timestamp": [EIGHT],
            "severity": ["warn"],
            "logger": ["app"],
            "message": ["slow"],
            "took_ms": [512],
        }
    ).write_parquet(GOLDEN / "logs.parquet")


if __name__ == "__main__":
    write_golden()
