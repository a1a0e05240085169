"""The models, their versions and times, as their rows tell."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from console.engine.seen import Seen
from console.records.clock import epoch
from console.records.frames import EVENTS, METRICS, Records, Schema, records


def frame(schema: Schema, *rows: dict[str, object]) -> pl.DataFrame:
    blank = dict.fromkeys(schema)
    return pl.DataFrame([{**blank, **row} for row in rows], schema=schema)


def hour(number: int) -> datetime:
    return datetime(2026, 3, 2, number)


def batch(*rows: dict[str, object]) -> Records:
    return records(metrics=frame(METRICS, *rows))


def test_the_newest_version_is_that_of_the_newest_row_that_names_one() -> None:
    seen = Seen({})
    seen.add(batch({"ts": hour(3), "model": "fraud", "version": "2"}))
    seen.add(
        batch(
            {"ts": hour(1), "model": "fraud", "version": "1"},
            {"ts": hour(5), "model": "fraud"},
            {"ts": hour(6)},
        )
    )
    model = seen.models["fraud"]
    assert list(seen.models) == ["fraud"]
    assert (model.first, model.last, model.version) == (epoch(hour(1)), epoch(hour(5)), "2")


def test_a_deploy_that_is_announced_is_not_yet_running() -> None:
    seen = Seen({})
    event = frame(EVENTS, {"ts": hour(4), "model": "fraud", "version": "3", "type": "deploy"})
    seen.add(records(events=event))
    assert seen.models["fraud"].version is None
    seen.add(batch({"ts": hour(3), "model": "fraud", "version": "2"}))
    assert seen.models["fraud"].version == "2"


def test_it_survives_a_restart() -> None:
    seen = Seen({})
    seen.add(batch({"ts": hour(3), "model": "fraud", "version": "2"}))
    assert Seen(seen.dump()).models == seen.models
