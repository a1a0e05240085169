from __future__ import annotations

from pathlib import Path

import pytest

from console.tui.habits import KEYS, QUERIES, Habits


def test_what_was_chosen_and_asked_is_there_again(tmp_path: Path) -> None:
    habits = Habits(tmp_path / "new", "fleet")
    habits.choose_theme("console-light")
    for query in ("select 1", "select 2", "select 1"):
        habits.asked(query)
    habits.leave({"view": "logs"})
    again = Habits(tmp_path / "new", "fleet")
    assert again.theme == "console-light"
    assert again.queries == ("select 2", "select 1")
    assert again.session() == {"view": "logs"}
    assert Habits(tmp_path / "new", "other").session() == {}


def test_only_so_many_queries_are_kept(tmp_path: Path) -> None:
    habits = Habits(tmp_path)
    for number in range(QUERIES + 10):
        habits.asked(f"select {number}")
    assert len(Habits(tmp_path).queries) == QUERIES


@pytest.mark.parametrize("text", ["", "{torn", "[1]", '{"theme": 3, "queries": [1]}', "\xff"])
def test_what_cannot_be_read_is_taken_for_empty(tmp_path: Path, text: str) -> None:
    for name in ("screen.json", "queries.json"):
        (tmp_path / name).write_text(text, encoding="latin-1")
    habits = Habits(tmp_path)
    assert (habits.theme, habits.queries, dict(habits.session())) == (None, (), {})


def test_what_cannot_be_written_does_no_harm(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    habits = Habits(blocked)
    habits.choose_theme("x")
    habits.asked("select 1")
    habits.leave({})
    Habits(None).leave({})


def test_keys_of_the_users_own_and_what_is_wrong_with_them(tmp_path: Path) -> None:
    habits = Habits(tmp_path)
    assert habits.keys() == ({}, "")
    (tmp_path / KEYS).write_text('ack = "ctrl+a"\n', encoding="utf-8")
    assert habits.keys() == ({"ack": "ctrl+a"}, "")
    (tmp_path / KEYS).write_text("ack = 3\n", encoding="utf-8")
    assert "wanted a text" in habits.keys()[1]
    (tmp_path / KEYS).write_text("ack = \n", encoding="utf-8")
    assert str(tmp_path / KEYS) in habits.keys()[1]
