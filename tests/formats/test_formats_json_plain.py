"""The quick way reads what the general way reads, or leaves the lines to it."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.formats.framing import split
from console.formats.json_plain import plain_metrics
from console.formats.jsonl import JsonLines
from console.records.frames import Records
from console.sources.chunk import Chunk
from console.sources.defaults import Defaults

TIMES = ("2026-11-23T10:00:00.5Z", "2026-11-23 11:00:00+01:00", 1_763_892_000, 1.7638920005e9, "?")
TEXTS = st.sampled_from(["a", "b c", " x", 'q"', "{", "a, ", ": ", ":", "ü", "null", ": null", ""])
ODD = st.one_of(TEXTS, st.integers(-3, 3), st.booleans(), st.none(), st.floats(allow_nan=False))
TAGS = st.dictionaries(st.sampled_from(["client", "host", "z", "ä"]), TEXTS, max_size=3)


def common(**more: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    needed: dict[str, st.SearchStrategy[Any]] = {
        "ts": st.sampled_from(TIMES[:2]),
        "name": TEXTS,
        "value": st.floats(-9, 9),
    }
    optional: dict[str, st.SearchStrategy[Any]] = {
        "kind": st.just("metric"),
        "model": TEXTS,
        "stage": st.none() | TEXTS,
        "version": st.none() | TEXTS,
        "tags": TAGS | st.none(),
    }
    return st.fixed_dictionaries(
        {key: more.get(key, values) for key, values in needed.items()},
        optional={key: more.get(key, values) for key, values in (optional | more).items()
                  if key not in needed},
    )  # fmt: skip


PLAIN = common()
ANY = common(
    ts=st.sampled_from(TIMES),
    value=ODD,
    kind=st.sampled_from(["metric", "Metric", "log", 3]),
    tags=st.dictionaries(st.sampled_from(["client", "host"]), ODD | TAGS, max_size=2) | ODD,
    unknown=ODD,
    name=ODD,
)
SEPARATORS = st.sampled_from([(", ", ": "), (",", ":"), (" , ", " : ")])


def data_of(rows: list[dict[str, Any]], separators: tuple[str, str]) -> bytes:
    lines = [json.dumps(row, separators=separators, ensure_ascii=False) for row in rows]
    return "".join(f"{line}\n" for line in lines).encode()


def general(data: bytes, defaults: Defaults) -> Records:
    with patch("console.formats.jsonl.plain_metrics", return_value=None):
        return JsonLines().decode(Chunk(1, "m.jsonl", 100, data, final=True), defaults).records


def agree(rows: list[dict[str, Any]], separators: tuple[str, str]) -> bool:
    """Whether the quick way took the lines; fails if it read anything else."""
    data, defaults = data_of(rows, separators), Defaults(model="m", stage=None)
    found = plain_metrics(split(data, final=True)[0], 100, defaults)
    if found is None:
        return False
    expected = general(data, defaults)
    assert expected.rejects.height == 0
    assert found.equals(expected.metrics)
    assert found.schema == expected.metrics.schema
    return True


@given(st.lists(PLAIN, min_size=1, max_size=6), SEPARATORS)
def test_plain_metrics_are_read_as_the_general_way_reads_them(
    rows: list[dict[str, Any]], separators: tuple[str, str]
) -> None:
    agree(rows, separators)


@given(st.lists(ANY | PLAIN, min_size=1, max_size=5), SEPARATORS)
def test_nothing_out_of_the_ordinary_is_read_otherwise(
    rows: list[dict[str, Any]], separators: tuple[str, str]
) -> None:
    agree(rows, separators)


USUAL = {"kind": "metric", "ts": TIMES[0], "model": "fraud", "name": "qps", "value": 1.5}


@pytest.mark.parametrize("separators", [(", ", ": "), (",", ":")])
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"tags": {"host": "a", "client": "web"}},
        {"version": None, "tags": {"client": "web"}},
        {"ts": 1_763_892_000.25},
        {"value": 3},
    ],
)
def test_the_quick_way_is_taken(more: dict[str, Any], separators: tuple[str, str]) -> None:
    assert agree([{**USUAL, **more}] * 3, separators)


@pytest.mark.parametrize(
    "odd",
    [
        {"batch": 7},
        {"tags": {"client": 7}},
        {"tags": {"client": "web", "late": "x"}},
        {"version": 12},
        {"value": "1.5"},
        {"value": 1e999},
        {"ts": "soon"},
        {"kind": "event"},
        {"name": None},
    ],
)
def test_one_odd_line_leaves_the_chunk_to_the_general_way(odd: dict[str, Any]) -> None:
    usual = {**USUAL, "version": "1", "tags": {"client": "web"}}
    rows: list[dict[str, Any]] = [usual] * 200
    assert agree(rows, (", ", ": "))
    assert not agree([*rows, {**usual, **odd}, *rows], (", ", ": "))


def test_an_unknown_key_does_not_hide_behind_a_number_in_a_text() -> None:
    rows = [{**USUAL, "version": "1"}] * 200
    lines = data_of(rows, (", ", ": ")) + (
        b'{"kind": "metric", "ts": "2026-11-23T10:00:00Z", "model": "fraud", "name": "qps",'
        b' "value": 1.5, "version": 1, "unknown" : 2}\n'
    )
    assert plain_metrics(split(lines, final=True)[0], 0, Defaults()) is None
