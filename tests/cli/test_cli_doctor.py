"""What the doctor says of sources and clocks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from console.cli.checkup import files
from console.cli.checkup.finding import Finding
from console.config.load import load
from console.config.settings import Settings

Command = Callable[..., tuple[int, str, str]]
NOW = 1_763_888_400.0  # 2025-11-23T09:00:00Z


def metrics(count: int, first: float = NOW - 3600, step: float = 1.0) -> bytes:
    return b"".join(
        b'{"ts": %.1f, "model": "m", "name": "auc", "value": 0.9}\n' % (first + step * number)
        for number in range(count)
    )


def looked_at(folder: Path, settings: Settings | None = None) -> dict[str, Finding]:
    examined = files.examine([folder], settings or Settings())
    return {Path(found.subject).name: found for found in files.sources(examined, [folder])}


def test_each_file_is_told_with_its_format_and_rows(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(metrics(30) + b'{"ts": 17638')
    (tmp_path / "b.jsonl").write_bytes(metrics(3) + b"nonsense\n" + metrics(1))
    (tmp_path / "big.jsonl").write_bytes(metrics(20_000))
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "core.bin").write_bytes(b"\x7fELF" + bytes(range(16)) * 100)
    (tmp_path / "app.log").write_text("2025-11-23 09:00:00,000 INFO app: hello\n")
    found = looked_at(tmp_path)
    assert (found["a.jsonl"].verdict, found["b.jsonl"].verdict) == ("ok", "note")
    assert found["a.jsonl"].text.endswith(", 30 rows")
    assert ", 4 rows, 1 reject, the first at byte " in found["b.jsonl"].text
    assert ", about 20,000 rows" in found["big.jsonl"].text
    assert (found["empty.jsonl"].verdict, found["core.bin"].verdict) == ("note", "mend")
    assert "an ELF program" in found["core.bin"].text
    assert found["core.bin"].mend is not None
    assert found["app.log"].text.endswith(", of no model: name one in [[sources]]")


def test_settings_give_format_and_model(tmp_path: Path) -> None:
    (tmp_path / "x.data").write_bytes(b"no JSON at all\n" * 3)
    (tmp_path / "app.log").write_text("2025-11-23 09:00:00,000 INFO app: hello\n")
    (tmp_path / "console.toml").write_text(
        '[[sources]]\npath = "*.data"\nformat = "jsonl"\n'
        '[[sources]]\npath = "*.log"\nmodel = "fraud"\nstage = "serving"\n'
    )
    found = looked_at(tmp_path, load(tmp_path / "console.toml"))
    assert found["x.data"].verdict == "mend"
    assert "3 rejects, the first at byte 0" in found["x.data"].text
    assert found["app.log"].verdict == "ok"
    assert ", fraud / serving, " in found["app.log"].text


def test_a_format_that_there_is_not(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(metrics(3))
    (tmp_path / "console.toml").write_text('[[sources]]\npath = "*"\nformat = "jsnol"\n')
    found = looked_at(tmp_path, load(tmp_path / "console.toml"))
    assert found["a.jsonl"].verdict == "mend"
    assert "there is no format jsnol" in found["a.jsonl"].text


def test_a_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.jsonl").write_bytes(metrics(3))

    def refused(*_: object) -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files, "look", refused)
    found = looked_at(tmp_path)
    assert (found["a.jsonl"].verdict, found["a.jsonl"].text) == ("mend", "permission denied")


def test_a_folder_without_files_says_what_it_waits_for(tmp_path: Path) -> None:
    (found,) = files.sources(files.examine([tmp_path], Settings()), [tmp_path])
    assert (found.subject, found.verdict) == (str(tmp_path), "mend")


@pytest.mark.parametrize(
    ("first", "said"),
    [
        (NOW + 7200, "its newest record is 2 hours ahead of this machine's clock"),
        (NOW - 60, None),
        (0.0, "its oldest record is of 1970-01-01T00:00:00.000Z"),
    ],
)
def test_clocks_that_are_wrong(first: float, said: str | None, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(metrics(30, first, step=0.1))
    found = files.clocks(files.examine([tmp_path], Settings()), lambda: NOW)
    assert [one.text for one in found if one.verdict == "mend"] == ([said] if said else [])


def test_files_that_end_far_apart(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(metrics(30, NOW - 5 * 86400))
    (tmp_path / "b.jsonl").write_bytes(metrics(30, NOW - 100))
    (tmp_path / "events.jsonl").write_bytes(metrics(2, NOW - 9 * 86400))
    found = list(files.clocks(files.examine([tmp_path], Settings()), lambda: NOW))
    assert [one.verdict for one in found] == ["ok", "note"]
    assert found[1].subject.endswith("a.jsonl")
    assert found[1].text.startswith("ends 5 days before ")


def test_the_command(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "a.jsonl").write_bytes(metrics(30))
    code, out, err = command("doctor", folder)
    assert (code, err) == (0, "nothing to mend\n")
    assert "\nsources\n  ok    " in out
    (folder / "core.bin").write_bytes(b"\x7fELF" + bytes(range(16)) * 100)
    code, out, err = command("doctor", folder, "--format", "json")
    assert (code, err) == (1, "")
    document = json.loads(out)
    assert document["mend"] == 1
    assert {one["area"] for one in document["findings"]} >= {"settings", "sources", "store"}
