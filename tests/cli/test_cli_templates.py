"""`model-console templates`: a row for every line, whatever the lines are."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.cli.templates import templates

Command = Callable[..., tuple[int, str, str]]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_every_line_has_a_row_and_a_traceback_its_record(command: Command, tmp_path: Path) -> None:
    log, result = tmp_path / "a.log", tmp_path / "out.csv"
    log.write_text(
        "banner\n"
        "2026-03-02 10:00:00,123 - app - INFO - loaded 3 rows\r\n"
        "2026-03-02 10:00:01,123 - app - ERROR - request 7 failed\n"
        "Traceback (most recent call last):\n"
        '  File "x.py", line 3, in f\n'
        "KeyError: 'country'\n"
        "\n"
        "2026-03-02 10:00:02,123 - app - INFO - loaded 4 rows\n"
        "2026-03-02 10:00:03,123 - app - INFO - loaded 5 rows"
    )
    assert command("templates", log, "--output", result) == (0, "", "")
    found = rows(result.read_text())
    assert list(found[0]) == ["line", "template_id", "template"]
    assert [row["line"] for row in found] == [str(number) for number in range(1, 10)]
    failed = "request <*> failed [KeyError]"
    loaded = "loaded <*> rows"
    assert [row["template"] for row in found] == ["banner", loaded, *[failed] * 5, loaded, loaded]
    assert len({(row["template_id"], row["template"]) for row in found}) == 3
    assert command("templates", log) == (0, result.read_text(), "")


def test_first_values_of_a_variable_get_the_template_that_is_found_later(
    command: Command, tmp_path: Path
) -> None:
    log = tmp_path / "a.log"
    names = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta")
    log.write_text("".join(f"shard {name} is in sync\n" for name in names))
    _, out, _ = command("templates", log)
    assert {row["template"] for row in rows(out)} == {"shard <*> is in sync"}
    assert len({row["template_id"] for row in rows(out)}) == 1


def test_the_message_of_json_lines_counts(command: Command, tmp_path: Path) -> None:
    log = tmp_path / "a.log.jsonl"
    records = [
        {"ts": 1, "level": "INFO", "message": "took 3 ms", "user": "x"},
        {"ts": 2, "msg": "took 4 ms"},
        {"ts": 3, "message": "bad", "exception": "Traceback\nx.TimeoutError: slow"},
        {"ts": 4, "metrics": {"a": 1}},
        [1],
    ]
    log.write_text("".join(f"{json.dumps(record)}\n" for record in records) + '{"cut\n')
    _, out, _ = command("templates", log)
    assert [row["template"] for row in rows(out)] == [
        "took <*>",
        "took <*>",
        "bad [x.TimeoutError]",
        "",
        "[<*>]",
        '{"cut',
    ]


def test_standard_input(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbfread 3\nend \xff")))
    _, out, _ = command("templates", "-")
    assert [row["template"] for row in rows(out)] == ["read <*>", "end \\xff"]


def test_an_empty_file_has_no_rows(command: Command, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("")
    assert command("templates", tmp_path / "a.log") == (0, "line,template_id,template\n", "")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no such file: mend its name"),
        (b"\x1f\x8b\x08", "compressed: give its content as -, zcat a.log | ..."),
        (b"\x00\x01", "binary, not a log of lines"),
    ],
)
def test_what_is_no_log_is_said_in_a_line(
    command: Command, tmp_path: Path, content: bytes | None, said: str
) -> None:
    log = tmp_path / "a.log"
    if content is not None:
        log.write_bytes(content)
    assert command("templates", log) == (2, "", f"{log}: {said}\n")


def test_a_folder_and_a_place_that_cannot_be_written(command: Command, tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("x\n")
    assert command("templates", tmp_path) == (2, "", f"{tmp_path}: a folder: name one file\n")
    code, out, err = command("templates", log, "--output", tmp_path / "no" / "out.csv")
    assert (code, out) == (2, "")
    assert err.startswith(f"{tmp_path / 'no' / 'out.csv'}: ")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.text(
                st.characters(exclude_categories=["Cs"], exclude_characters="\n\r"), max_size=30
            ),
            st.sampled_from(
                ["2026-03-02 10:00:00 INFO ok 1", "2026-03-02 10:00:01 INFO ok 2", "  at x", ""]
            ),
        ),
        max_size=40,
    )
)
def test_any_lines_get_one_row_each(lines: list[str]) -> None:
    found = templates(lines)
    assert found["line"].to_list() == list(range(1, len(lines) + 1))
    assert found["template_id"].null_count() == found["template"].null_count() == 0
    assert (
        found.select("template_id", "template").unique().height == found["template_id"].n_unique()
    )
