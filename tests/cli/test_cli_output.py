"""What standard output is given."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.cli import output


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (float("nan"), None),
        (Decimal(3), 3),
        (Decimal("3.5"), 3.5),
        (Decimal("NaN"), None),
        (datetime(2026, 11, 20, 10), "2026-11-20T10:00:00Z"),
        (datetime(2026, 11, 20, 10, tzinfo=UTC), "2026-11-20T10:00:00+00:00"),
        (date(2026, 11, 20), "2026-11-20"),
        (b"a\xff", "a\\xff"),
        ({1: [True, None]}, {"1": [True, None]}),
    ],
)
def test_what_json_says_of_a_value(value: Any, said: Any) -> None:
    assert output.plain(value) == said


@given(
    st.recursive(
        st.none() | st.floats() | st.text() | st.binary() | st.decimals() | st.datetimes(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_every_value_becomes_valid_json(value: Any) -> None:
    json.dumps(output.plain(value), allow_nan=False)


def test_a_table_lines_up_and_is_never_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_table(("rank", "title"), [(1, "日本 auc"), (12, "\x1b[2Jx"), (3, None)], right=[0])
    assert capsys.readouterr().out == (
        "rank  title\n----  --------\n   1  日本 auc\n  12  \\x1b[2Jx\n   3\n"
    )


def test_csv_quotes_and_leaves_nothing_empty(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_csv(("a", "b"), [(None, 'x,"y"'), ({"k": 1}, 0.5)])
    assert capsys.readouterr().out == 'a,b\n,"x,""y"""\n"{""k"": 1}",0.5\n'


@pytest.mark.parametrize(
    ("line", "room", "shown"), [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("日本語", 5, "日本…")]
)
def test_a_line_is_cut_to_the_terminal(line: str, room: int, shown: str) -> None:
    assert output.cut(line, room) == shown
    assert output.width(shown) <= room
