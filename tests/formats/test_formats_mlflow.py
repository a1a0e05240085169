"""MLflow's folders of runs: a golden one, while a run goes on, and any bytes."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.config.settings import SourceSettings
from console.formats.mlflow import MlflowRuns
from console.formats.registry import detect
from console.records.frames import Records, concat
from console.sources.chunk import Chunk
from console.sources.collection import Collection
from console.sources.discover import Discovery
from console.sources.mlruns import flat_yaml, run_of

GOLDEN = Path(__file__).parent / "golden_mlruns"
RUN = GOLDEN / "mlruns" / "412" / "aa269d19"
EIGHT = datetime(2026, 11, 20, 8)


def follow(discovery: Discovery, *, final: bool = True) -> Records:
    """All records of the files that are found."""
    collection = Collection(discovery)
    parts = []
    for now in (0.0, 10.0):
        collection.poll(now)
        while pending := collection.pending(final=final):
            entry = pending[0]
            chunk = collection.read(entry.file_id, 4096, final=final)
            assert chunk is not None
            found = detect(collection.sample(entry.file_id, 4096), str(entry.path))
            assert found.format is not None, (entry.path, found.reason)
            assert found.format.name == "mlflow"
            decoded = found.format.decode(chunk, entry.source.defaults_for("mlflow"))
            parts.append(decoded.records)
            collection.advance(entry.file_id, decoded.consumed)
    collection.close()
    return concat(parts)


@pytest.mark.parametrize("root", [GOLDEN, GOLDEN / "mlruns", RUN.parent, RUN])
def test_the_golden_folder_from_wherever_it_is_looked_at(root: Path) -> None:
    files = Discovery([root]).find()
    assert [file.path for file in files] == [
        RUN / "meta.yaml",
        RUN / "metrics" / "loss",
        RUN / "metrics" / "val" / "auc",
    ]
    records = follow(Discovery([root]))
    after = timedelta
    assert records.metrics.select("ts", "name", "value", "tags", "attributes").rows() == [
        (EIGHT + after(minutes=1), "loss", 0.5, None, '{"step": 0, "run_id": "aa269d19"}'),
        (EIGHT + after(minutes=2), "loss", 0.25, None, '{"step": 1, "run_id": "aa269d19"}'),
        (
            EIGHT + after(minutes=4),
            "loss",
            0.125,
            '{"dataset":"train-set"}',
            '{"step": 3, "run_id": "aa269d19", "digest": "8f2e"}',
        ),
        (EIGHT + after(minutes=1), "val/auc", 0.8, None, '{"step": -1, "run_id": "aa269d19"}'),
        (EIGHT + after(seconds=61), "val/auc", 0.9, None, '{"step": 0, "run_id": "aa269d19"}'),
    ]
    owners = ("model", "stage", "version")
    assert set(records.metrics.select(owners).rows()) == {
        ('churn "weekly"', "training", "night's 7")
    }
    assert records.rejects["reason"].to_list() == [
        "loss has no finite value: nan",
        "not a metric of MLflow: timestamp value step",
    ]


def test_a_run_is_two_events() -> None:
    began, ended = follow(Discovery([RUN])).events.iter_rows(named=True)
    assert (began["ts"], began["end_ts"]) == (EIGHT, EIGHT + timedelta(hours=1, milliseconds=500))
    assert (began["type"], began["id"], began["title"]) == (
        "retrain",
        "aa269d19",
        "training run night's 7 began",
    )
    assert (began["model"], began["version"]) == ('churn "weekly"', "night's 7")
    assert began["tags"] == '{"dataset":"v3"}'
    assert json.loads(began["attributes"]) == {
        "status": "finished",
        "user": "ana",
        "params": {"lr": "0.01"},
    }
    assert (ended["ts"], ended["id"]) == (began["end_ts"], "aa269d19:end")
    assert ended["title"] == "training run night's 7 finished"


def test_the_settings_come_first(tmp_path: Path) -> None:
    source = SourceSettings(path=str(GOLDEN / "mlruns"), model="fraud", version="v9")
    metrics = follow(Discovery([], [source])).metrics
    assert set(metrics.select("model", "stage", "version").rows()) == {("fraud", "training", "v9")}


def test_a_run_that_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "mlruns" / "412"
    shutil.copytree(RUN.parent, folder)
    meta = folder / "aa269d19" / "meta.yaml"
    whole = meta.read_text()
    running = whole.replace("end_time: 1795165200500", "end_time: null").replace(
        "status: 3", "status: 1"
    )
    meta.write_text(running)
    collection = Collection(Discovery([tmp_path]))
    found: list[tuple[str, str | None]] = []

    def step(now: float) -> None:
        collection.poll(now)
        for entry in collection.pending():
            chunk = collection.read(entry.file_id, 4096)
            if chunk is not None and entry.path == meta:
                decoded = MlflowRuns().decode(chunk, entry.source.defaults_for("mlflow"))
                found.extend(decoded.records.events.select("title", "end_ts").rows())
                collection.advance(entry.file_id, decoded.consumed)

    step(0.0)
    assert found == []  # it may yet go on
    step(5.0)
    assert found == [("training run night's 7 began", None)]
    (tmp_path / "new").write_text(whole)
    (tmp_path / "new").rename(meta)
    step(10.0)
    step(20.0)
    collection.close()
    assert [title for title, _ in found[1:]] == [
        "training run night's 7 began",
        "training run night's 7 finished",
    ]


@pytest.mark.parametrize(
    ("path", "sample"),
    [
        ("/x/metrics/loss", b"2026-01-02 03:04:05 INFO app: hello\n"),
        ("/x/loss", b"1795161660000 0.5 0\n"),
        ("/x/meta.yaml", b"name: a\nversion: 3\n"),
    ],
)
def test_other_files_are_none_of_it(path: str, sample: bytes) -> None:
    assert MlflowRuns().recognise(sample, path) is None
    assert run_of(Path(path)) is None


def test_plain_keys_of_yaml() -> None:
    text = (
        "a: 1\nb: 'it''s'\nc: \"x\\ty\"\nd: null\ne:\n  f: 2\n- g: 3\nh: [1]\ni: {}\n"
        "http://x\n# j: 1\nk: a: b\nl: ''\n"
    )
    assert flat_yaml(text) == {"a": "1", "b": "it's", "c": "x\ty", "k": "a: b"}


@given(st.text())
def test_any_text_is_yaml_enough(text: str) -> None:
    assert all(flat_yaml(text).values())


LINES = st.one_of(
    st.sampled_from(
        [
            *(b"1795161660000 0.5 0", b"1795161660000 0.5", b"1795161660000 inf 3", b"", b"\r"),
            *(b"1795161660000 0.5 0 set d1gest", b"9999999999999999 1 0", b"1 2 3", b"\x00"),
        ]
    ),
    st.binary(max_size=20).map(lambda raw: raw.replace(b"\n", b"")),
)


@settings(max_examples=80, deadline=None)
@given(lines=st.lists(LINES, max_size=8), cuts=st.lists(st.integers(0, 50), max_size=4))
def test_any_chunks_give_the_same_rows_and_every_line_is_told(
    same: Any, in_parts: Any, decoding: Any, lines: list[bytes], cuts: list[int]
) -> None:
    whole = b"".join(line + b"\n" for line in lines)

    def decode(data: bytes, *, offset: int = 0, final: bool = True, **_: Any) -> Any:
        chunk = Chunk(7, "/mlruns/1/run/metrics/loss", offset, data, final)
        return MlflowRuns().decode(chunk, run_defaults)

    run_defaults = Discovery([]).describe(RUN / "metrics" / "loss").defaults
    decoded = decode(whole)
    assert decoded.consumed == len(whole)
    same(in_parts(decode, whole, cuts), decoded.records)
    told = {at for _, frame in decoded.records.items() for at in frame["offset"].to_list()}
    place = 0
    for line in lines:
        bare = line.removeprefix(b"\xef\xbb\xbf") if place == 0 else line
        assert place in told or not bare.strip(b" \t\r\x00")
        place += len(line) + 1


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [b"run_id: a\n", b"start_time: 1795161600000\n", b"end_time: x\n", b"\xff", b"\n"]
        )
    ).map(b"".join)
)
def test_any_meta_is_events_or_one_reject(data: bytes) -> None:
    chunk = Chunk(7, "/none/meta.yaml", 0, data, final=True)
    decoded = MlflowRuns().decode(chunk, Discovery([]).describe(Path("/none")).defaults)
    assert decoded.consumed == len(data)
    assert decoded.records.height == (1 if data.strip() else 0)
