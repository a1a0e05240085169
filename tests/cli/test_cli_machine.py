"""What the doctor says of the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.cli.checkup import machine
from console.cli.checkup.finding import Finding


def verdicts(found: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.subject, finding.verdict) for finding in found]


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.duckdb"
    found = list(machine.store(path))
    assert verdicts(found) == [(str(path), "ok"), (str(tmp_path), "ok")]
    assert not path.parent.exists()


def test_a_store_that_is_none_is_to_be_mended(tmp_path: Path) -> None:
    path = tmp_path / "b.duckdb"
    path.write_bytes(b"no store at all, but long enough to look at" * 100)
    found = list(machine.store(path))
    assert found[0].verdict == "mend"
    assert str(path) in found[0].text


def test_a_full_disk_is_to_be_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "LEAST_FREE", 1 << 62)
    assert [f.verdict for f in machine.store(tmp_path / "b.duckdb")] == ["ok", "mend"]


@pytest.mark.parametrize(
    ("environment", "colour"),
    [
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "16 million"),
        ({"TERM": "xterm", "COLORTERM": "truecolor", "NO_COLOR": "1"}, "off, NO_COLOR is set"),
    ],
)
def test_the_colours_of_a_terminal(environment: dict[str, str], colour: str) -> None:
    found = {f.subject: f for f in machine.terminal(environment, is_terminal=True)}
    assert found["colour"].text == colour


def test_a_terminal_that_is_none_or_too_small(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [f.verdict for f in machine.terminal({}, is_terminal=False)] == ["note"]
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("LINES", "20")
    found = {f.subject: f for f in machine.terminal({}, is_terminal=True)}
    assert found["TERM"].verdict == "mend"
    assert (found["size"].verdict, found["size"].text) == ("mend", "60 x 20")


def test_the_limits_of_watching(tmp_path: Path) -> None:
    assert list(machine.watching(3, tmp_path)) == []
    (tmp_path / "max_user_watches").write_text("1000\n")
    (tmp_path / "max_user_instances").write_text("128\n")
    assert [f.verdict for f in machine.watching(10, tmp_path)] == ["ok"]
    assert [f.verdict for f in machine.watching(900, tmp_path)] == ["mend"]


def test_every_library_has_a_version() -> None:
    assert {f.verdict for f in machine.versions()} == {"ok"}


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (3.2e9, "3.2 GB")]
)
def test_sizes(count: int, said: str) -> None:
    assert machine.size(count) == said
