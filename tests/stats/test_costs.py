"""What recording costs, where it could cost less, and the bytes of every line once."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.records.clock import DAY, naive
from console.records.frames import LOGS, METRICS, REJECTS, Records, records
from console.stats import costs, volumes
from console.stats.costs import only_numbers_vary

T0 = 1_700_006_400.0


def _records(places: list[tuple[int, str]]) -> Records:
    """Rows of some kinds at the given offsets; of metrics two in a line."""
    frames: dict[str, pl.DataFrame] = {}
    for kind, schema in (("metrics", METRICS), ("logs", LOGS), ("rejects", REJECTS)):
        offsets = [at for at, of in places if of == kind for _ in range(1 + (kind == "metrics"))]
        rows = [
            dict.fromkeys(schema)
            | {"offset": at}
            | ({} if kind == "rejects" else {"ts": naive(T0 + at), "model": "m", "stage": "s"})
            for at in offsets
        ]
        frames[kind] = pl.DataFrame(rows, schema=schema)
    return records(**frames)


PLACES = st.dictionaries(
    st.integers(0, 5000), st.sampled_from(["metrics", "logs", "rejects"]), max_size=30
)


@given(PLACES, st.integers(1, 200))
@settings(deadline=None)
def test_every_byte_counts_once(places: dict[int, str], last: int) -> None:
    listed = sorted(places.items())
    end = (listed[-1][0] if listed else 0) + last
    found = volumes.lines(_records(listed), 7, end)
    lost = sum(
        following - at
        for (at, kind), following in zip(listed, [*[p[0] for p in listed[1:]], end], strict=False)
        if kind == "rejects"
    )
    begin = listed[0][0] if listed else end
    assert found["bytes"].sum() == end - begin - lost
    windows = volumes.merge(volumes.summarise(found, 600))
    assert windows.schema == pl.Schema(volumes.CLOSED)
    assert windows["bytes"].sum() == found["bytes"].sum()
    assert windows["rows"].sum() == found.height


def test_the_cut_into_pieces_does_not_matter() -> None:
    places = [(100 * k, "metrics" if k % 3 else "logs") for k in range(60)]
    whole = volumes.summarise(volumes.lines(_records(places), 7, 6000), 600)
    parts = [
        volumes.summarise(volumes.lines(_records(places[a:b]), 7, 100 * b), 600)
        for a, b in ((0, 13), (13, 14), (14, 60))
    ]
    assert volumes.merge(pl.concat(parts)).equals(whole)


def _written(*rows: tuple[str, str, str, int, int, int]) -> pl.DataFrame:
    return pl.DataFrame(
        [("m", *row) for row in rows],
        schema=["model", "stage", "kind", "file", "rows", "bytes", "kept"],
        orient="row",
    )


def test_costs_are_shared_by_what_was_written() -> None:
    written = _written(
        ("serving", "logs", "/a", 1000, 90_000, 45_000),
        ("serving", "logs", "/b", 500, 30_000, 15_000),
        ("serving", "metrics", "/c", 100, 1000, 0),
    )
    stored = pl.DataFrame({"kind": ["logs", "metrics"], "bytes": [6000, 500]})
    found = costs.by_file(written, stored, 2 * DAY)
    assert found.schema == pl.Schema(costs.COSTS)
    assert found["file"].to_list() == ["/a", "/b", "/c"]
    assert found["stored"].to_list() == [4500, 1500, 0]
    assert found["rows_per_day"].to_list() == [500, 250, 50]
    assert found["written_per_day"].to_list() == [45_000, 15_000, 500]
    assert found["stored_per_day"].to_list() == [4500, 1500, 0]
    summed = costs.by_checkpoint(found)
    assert summed["kind"].to_list() == ["logs", "metrics"]
    assert summed["stored"].to_list() == [6000, 0]


@pytest.mark.parametrize(
    ("template", "examples", "expected"),
    [
        ("scored <*> rows in <*> ms", ["scored 12 rows in 3.5 ms"] * 3, True),
        ("took <*> used <*>", ["took 12ms, used 40%", "took 1s, used 3%", "took 2s used 9"], True),
        ("user <*> came", ["user 12 came", "user 13 came", "user ann came"], False),
        ("loss <*>", ["loss -1.5e-05", "loss +2", "loss (3)"], True),
        ("rows <*>", ["rows 1"] * 2, False),
        ("no hole", ["no hole"] * 3, False),
        ("a.b <*>", ["aXb 1"] * 3, False),
    ],
)
def test_a_line_of_numbers_is_known_from_its_examples(
    template: str, examples: list[str], expected: bool
) -> None:
    assert only_numbers_vary(template, examples) is expected


def _templates(*rows: tuple[str, int, list[str]]) -> pl.DataFrame:
    return pl.DataFrame(
        [("m", "serving", *row) for row in rows],
        schema={"model": pl.String, "stage": pl.String, "template": pl.String,
                "rows": pl.Int64, "examples": pl.List(pl.String)},
        orient="row",
    )  # fmt: skip


def _series(*rows: tuple[str, int, int]) -> pl.DataFrame:
    listed: list[Any] = [("m", "serving", *row) for row in rows]
    return pl.DataFrame(
        listed,
        schema={"model": pl.String, "stage": pl.String, "name": pl.String,
                "series": pl.Int64, "rows": pl.Int64},
        orient="row",
    )  # fmt: skip


def test_hints_say_what_they_would_save() -> None:
    numbers = [f"scored {k} rows in {k / 7:.1f} ms" for k in range(8)]
    templates = _templates(
        ("scored <*> rows in <*> ms", 500_000, numbers),
        ("user <*> came", 900_000, [f"user {name} came" for name in "abc"]),
        ("saved <*> rows", 100, ["saved 1 rows"] * 3),
        ("", 10**6, []),
    )
    written = _written(("serving", "logs", "/a", 1_000_000, 120_000_000, 0))
    made = costs.by_file(written, pl.DataFrame({"kind": ["logs"], "bytes": [1]}), DAY)
    series = _series(("latency_ms", 40, 40_000), ("by_user", 5000, 9000), ("busy", 900, 10**6))
    first, second = costs.hints(templates, series, made, DAY)
    assert first.subject == "scored <*> rows in <*> ms"
    assert first.saved_per_day == pytest.approx(500_000 * 120 - 1440 * 100 * 2)
    assert "500,000 lines a day say only numbers" in first.text
    assert "288 kB a day instead of 60 MB" in first.text
    assert second.subject == "by_user"
    assert "5,000 combinations of tags with 2 values a day each" in second.text
    assert costs.hints(templates.clear(), series.clear(), made, DAY) == []


def test_a_span_is_no_longer_than_what_was_written() -> None:
    times = {"first": [naive(T0)], "last": [naive(T0 + 3000)]}
    assert costs.span_of(pl.DataFrame(times), T0 - DAY, T0 + DAY) == 3600
    assert costs.span_of(pl.DataFrame(times), T0 + 600, T0 + 1200) == 600
    assert costs.span_of(pl.DataFrame(times).clear(), T0, T0 + DAY) == 0


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 bytes"), (999, "999 bytes"), (1200, "1.2 kB"), (4e10, "40 GB"),
                        (1.2e9, "1.2 GB"), (340_000, "340 kB")],
)  # fmt: skip
def test_sizes_are_for_people(count: float, text: str) -> None:
    assert costs.size(count) == text
