"""The store's account of what was written: by file, with tags and templates beside it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import polars as pl

from console.records.clock import DAY, naive
from console.records.frames import Records, placed
from console.records.series import Series
from console.stats import costs, volumes
from console.store.commit import Commit, FileState
from console.store.database import Store

T0 = 1_700_006_400.0
LINES = 5000


def _filled(store: Store, rows: Callable[..., Records], state: Callable[..., FileState]) -> None:
    logs = [
        {"ts": T0 + k, "model": "m", "stage": "s", "message": f"scored {k} rows", "level": "INFO",
         "tags": f'{{"client":"{k % 3}"}}' if k % 2 else None, "offset": 20 * k}
        for k in range(LINES)
    ]  # fmt: skip
    written = rows(logs=logs)
    lines = volumes.lines(written, 1, 20 * LINES)
    deltas = volumes.summarise(lines, 600).with_columns(late=pl.lit(value=False))
    series = pl.DataFrame(
        [
            [Series("m", "s", "latency", tags).id, "m", "s", "latency", tags]
            for tags in ('{"host":"a","zone":"x"}', '{"host":"b","zone":"x"}', '{"_":"others"}')
        ],
        schema=["series_id", "model", "stage", "name", "tags"],
        orient="row",
    )
    templates = pl.DataFrame(
        {"template_id": ["t"], "model": ["m"], "stage": ["s"], "template": ["scored <*> rows"],
         "first_text": ["scored 0 rows"], "first_seen": [naive(T0)]}
    )  # fmt: skip
    counted = pl.DataFrame(
        {"model": ["m"], "stage": ["s"], "version": [""], "level": ["INFO"],
         "template_id": ["t"], "start": [naive(T0)], "n": [LINES], "late": [False]}
    )  # fmt: skip
    shaped = written.logs.with_columns(pl.lit("t").alias("template_id"))
    with store.begin() as transaction:
        transaction.insert(placed(rows(), 1))
        transaction._insert("log", shaped.with_columns(pl.lit(1).alias("file_id")))
        transaction.write(
            Commit(
                files=(state(1, "/logs/app.log", 20 * LINES),),
                windows={"volumes": deltas, "logs": counted},
                series=series,
                templates=templates,
            )
        )
    store.checkpoint()


def test_the_account_is_complete(
    store: Store, rows: Callable[..., Records], file_state: Callable[..., FileState]
) -> None:
    _filled(store, rows, file_state)
    account = store.reader().costs(T0 - DAY, T0 + DAY)
    (row,) = account.written.rows(named=True)
    assert (row["model"], row["stage"], row["kind"], row["file"]) == (
        "m", "s", "logs", "/logs/app.log",
    )  # fmt: skip
    assert (row["rows"], row["bytes"], row["kept"]) == (LINES, 20 * LINES, 20 * LINES)
    assert row["first"] == naive(T0)
    assert row["last"] - row["first"] == timedelta(seconds=LINES // 600 * 600)
    taken = dict(account.stored.select("kind", "bytes").iter_rows())
    assert taken["logs"] > 1000
    assert taken["metrics"] == 0
    tags = account.tags.select("kind", "name", "tag", "values", "more").rows()
    assert tags == [
        ("logs", None, "client", 3, False),
        ("metrics", "latency", "host", 2, True),
        ("metrics", "latency", "zone", 1, True),
    ]
    (template,) = account.templates.rows(named=True)
    assert (template["template"], template["rows"]) == ("scored <*> rows", LINES)
    assert len(template["examples"]) == 8
    span = costs.span_of(account.written, T0 - DAY, T0 + DAY)
    made = costs.by_file(account.written, account.stored, span)
    assert made["stored"].sum() == taken["logs"]
    (hint,) = costs.hints(account.templates, account.series, made, span)
    assert hint.subject == "scored <*> rows"


def test_an_empty_store_costs_nothing(store: Store) -> None:
    account = store.reader().costs(T0, T0 + DAY)
    assert account.written.height == account.tags.height == account.templates.height == 0
    made = costs.by_file(account.written, account.stored, 0.0)
    assert made.schema == pl.Schema(costs.COSTS)
    assert costs.hints(account.templates, account.series, made, 0.0) == []
