from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.tui.completion import candidates, completed

SHAPE = {
    "metrics": ("ts", "model", "name", "value"),
    "models": ("id",),
    "logs": ("ts", "level", "message"),
}


@pytest.mark.parametrize(
    ("typed", "grown"),
    [
        ("sel", "SELECT "),
        ("select * from lo", "select * from logs "),
        ("select * from m", "select * from m"),
        ("select * from me", "select * from metrics "),
        ("select lev", "select level "),
        ("select model, val from metrics where na", "select model, val from metrics where name "),
        ("select * from logs where level = 'ERR", "select * from logs where level = 'ERR"),
        ("select zzz", "select zzz"),
        ("", ""),
    ],
)
def test_as_much_as_is_certain(typed: str, grown: str) -> None:
    assert completed(typed, len(typed), SHAPE).text == grown


def test_choices_are_told() -> None:
    assert completed("select * from m", 15, SHAPE).choices == ("metrics", "models")
    assert candidates("select * from ", "select * from ", SHAPE) == ("logs", "metrics", "models")
    assert candidates("select le", "select le from metrics", SHAPE) == ("LEFT JOIN",)


def test_the_word_before_the_cursor_is_completed() -> None:
    found = completed("select val from metrics", 10, SHAPE)
    assert (found.text, found.cursor) == ("select value from metrics", 12)


@given(st.text(max_size=60), st.integers(0, 60))
def test_nothing_that_was_typed_is_lost(text: str, cursor: int) -> None:
    cursor = min(cursor, len(text))
    found = completed(text, cursor, SHAPE)
    assert found.text.endswith(text[cursor:])
    assert 0 <= found.cursor <= len(found.text)
    word_free = text[:cursor].rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.")
    if word_free.isascii():
        assert found.text.lower().startswith(word_free.lower()[: len(word_free)])
