"""The emitter writes whole lines, whoever else writes, and never disturbs its job."""

from __future__ import annotations

import json
import logging
import multiprocessing
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from console.emit import Emitter, RecordError
from console.emit.handler import EmitHandler

NOW = 1_700_000_000.25


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines() if line]


def emitter(path: Path, **more: Any) -> Emitter:
    return Emitter(path, clock=lambda: NOW, **more)


def test_each_kind_is_written_as_the_contract_says(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    emit = emitter(path, model="fraud", stage="serving", version="12", tags={"client": "web"})
    emit.metric("auc", 0.9, epoch=3)
    emit.metrics({"a": 1, "b": 2}, ts="2026-11-20T10:00:00Z", version="13")
    emit.log("ERROR", "no feature", logger="app", request="r1")
    emit.event("deploy", "v12", planned=True, id="d1", end_ts=NOW + 60)
    emit.prediction("r1", features={"age": float("nan")}, prediction=1, score=0.75)
    emit.label("r1", 0)
    ts, tags = "2023-11-14T22:13:20.250000Z", {"client": "web"}
    here = {"model": "fraud", "stage": "serving", "version": "12"}
    assert lines(path) == [
        {**here, "kind": "metric", "ts": ts, "name": "auc", "value": 0.9}
        | {"tags": {"client": "web", "epoch": 3}},
        {**here, "kind": "metric", "ts": "2026-11-20T10:00:00Z", "metrics": {"a": 1, "b": 2}}
        | {"version": "13", "tags": tags},
        {**here, "kind": "log", "ts": ts, "level": "ERROR", "logger": "app"}
        | {"message": "no feature", "request": "r1", "tags": tags},
        {**here, "kind": "event", "ts": ts, "type": "deploy", "title": "v12", "id": "d1"}
        | {"planned": True, "end_ts": NOW + 60, "tags": tags},
        {**here, "kind": "prediction", "ts": ts, "id": "r1", "features": {"age": None}}
        | {"prediction": 1, "score": 0.75, "tags": tags},
        {**here, "kind": "label", "ts": ts, "id": "r1", "label": 0, "tags": tags},
    ]


def test_a_loss_gone_nan_is_said_and_not_dropped(tmp_path: Path) -> None:
    emit = emitter(tmp_path / "a.jsonl")
    emit.metrics({"loss": float("nan"), "auc": 0.5})
    assert [(line["kind"], line.get("message")) for line in lines(tmp_path / "a.jsonl")] == [
        ("log", "loss is nan"),
        ("metric", None),
    ]
    assert emit.lost == 0


def test_what_cannot_be_written_is_counted_and_told_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    emit = emitter(tmp_path / "no" / "such" / "folder")
    emit.metric("auc", 0.9)
    emit.metric("auc", "high")  # type: ignore[arg-type]
    emit.write({"message": "x", "tags": ["no", "object"]})
    assert emit.lost == 3
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "No such file or directory" in said


@pytest.mark.parametrize(
    ("write", "error"),
    [
        (lambda emit: emit.metric("auc", None), RecordError),
        (lambda emit: emit.write({"message": "x", "tags": ["no", "object"]}), RecordError),
        (lambda emit: emit.log("INFO", "x" * (1 << 20)), RecordError),
    ],
)
def test_a_strict_emitter_raises(
    tmp_path: Path, write: Callable[[Emitter], None], error: type[Exception]
) -> None:
    with pytest.raises(error):
        write(Emitter(tmp_path / "a.jsonl", strict=True))
    assert not (tmp_path / "a.jsonl").exists()


def test_a_torn_last_line_costs_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"name": "auc", "val')
    emitter(path).metric("auc", 0.9)
    first, second = path.read_bytes().splitlines()
    assert first == b'{"name": "auc", "val'
    assert json.loads(second)["value"] == 0.9


def test_a_rotated_file_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    emit = emitter(path)
    emit.metric("a", 1)
    path.rename(tmp_path / "a.jsonl.1")
    emit.metric("a", 2)
    assert [line["value"] for line in lines(path)] == [2]


def _write_many(path: Path, writer: int, count: int) -> None:
    def one(thread: int) -> None:
        emit = Emitter(path, strict=True)
        for number in range(count):
            padding = "x" * (number * 97 % 9000)
            emit.log("INFO", padding, who=f"{writer}.{thread}", number=number)

    threads = [threading.Thread(target=one, args=(thread,)) for thread in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_processes_and_threads_share_a_file_without_tearing_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_many, args=(path, number, 150)) for number in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    seen: dict[str, list[int]] = {}
    for line in lines(path):
        seen.setdefault(line["who"], []).append(line["number"])
        assert len(line["message"]) == line["number"] * 97 % 9000
    assert seen == {f"{w}.{t}": list(range(150)) for w in range(3) for t in range(2)}


@pytest.fixture
def logger() -> logging.Logger:
    return logging.Logger("app.serving")  # noqa: LOG001 - one that no other test can see


def test_the_handler_writes_log_records(tmp_path: Path, logger: logging.Logger) -> None:
    path = tmp_path / "log.jsonl"
    logger.addHandler(EmitHandler(path, model="fraud", stage="serving", level="INFO"))
    logger.debug("below the level")
    logger.info("request %s took %d ms", "r1", 12, extra={"request": "r1", "level": 3})
    try:
        int("age")
    except ValueError:
        logger.exception("no feature")
    info, error = lines(path)
    assert (info["message"], info["level"], info["logger"]) == (
        "request r1 took 12 ms",
        "INFO",
        "app.serving",
    )
    assert (info["request"], info["level_"], info["model"]) == ("r1", 3, "fraud")
    assert "exception" not in info
    assert error["level"] == "ERROR"
    assert error["exception"].startswith("Traceback (most recent call last):\n")
    assert error["exception"].endswith("ValueError: invalid literal for int() with base 10: 'age'")


def test_the_handler_leaves_its_job_alone(
    tmp_path: Path, logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    logger.addHandler(EmitHandler(tmp_path / "no" / "folder"))
    logger.warning("hello")
    assert "--- Logging error ---" in capsys.readouterr().err
