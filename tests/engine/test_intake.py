"""What is read ahead is read once, whatever becomes of the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from console.config.settings import Settings
from console.engine.intake import FORMATS_AT_ONCE, LISTED, Intake, Reading

T0 = 1_763_892_000.0
STEP = 64 << 10


def lines(first: int, count: int) -> bytes:
    rows = ({"ts": T0 + n, "name": "x", "value": n} for n in range(first, first + count))
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def values(readings: list[Reading]) -> list[float]:
    return [value for reading in readings for value in reading.records.metrics["value"]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(lines(0, 60_000))
    return path


def step(intake: Intake) -> list[Reading]:
    intake.look(final=True)
    readings = intake.read(final=True, most=STEP)
    intake.advance(readings)
    if readings:
        intake.read_ahead(final=True, most=STEP)
    intake.end_reading_ahead()
    return readings


def test_every_line_is_read_once_and_in_order(path: Path) -> None:
    intake = Intake([path], Settings(), (), lambda: T0)
    found: list[float] = []
    while readings := step(intake):
        found += values(readings)
    intake.close()
    assert found == list(range(60_000))


def test_a_file_that_is_overwritten_meanwhile_goes_on_with_its_new_lines(path: Path) -> None:
    intake = Intake([path], Settings(), (), lambda: T0)
    found = values(step(intake))
    path.write_bytes(lines(100_000, 5))
    while readings := step(intake):
        found += values(readings)
    intake.close()
    assert found[-5:] == [100_000.0, 100_001.0, 100_002.0, 100_003.0, 100_004.0]
    assert found[:-5] == list(range(len(found) - 5))


def test_a_file_that_was_let_go_of_is_passed_over_until_the_next_look(path: Path) -> None:
    intake = Intake([path], Settings(), (), lambda: T0)
    intake.look(final=True)
    intake.advance(intake.read(final=True, most=STEP))
    intake.look(final=True)
    path.write_bytes(lines(100_000, 5))
    assert intake.read(final=True, most=STEP) == []  # it is found to be another file now
    assert intake.read(final=True, most=STEP) == []
    found = values(step(intake))
    intake.close()
    assert found == [100_000.0, 100_001.0, 100_002.0, 100_003.0, 100_004.0]


def test_what_fails_while_reading_ahead_is_told_at_the_end_of_the_step(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake = Intake([path], Settings(), (), lambda: T0)
    intake.look(final=True)
    intake.advance(intake.read(final=True, most=STEP))

    def fail(*_: object, **__: object) -> None:
        raise OSError("gone")

    monkeypatch.setattr(intake, "_next", fail)
    intake.read_ahead(final=True, most=STEP)
    with pytest.raises(OSError, match="gone"):
        intake.end_reading_ahead()
    intake.close()


def test_files_that_are_not_followed_are_listed_as_far_as_it_helps(path: Path) -> None:
    for number in range(LISTED + 20):
        path.with_name(f"{number:03d}.png").touch()
    intake = Intake([path.parent], Settings(), (), lambda: T0)
    listed = intake.left_out()
    intake.close()
    assert len(listed) == LISTED + 1
    assert listed[-1].why == f"there are more: {LISTED} of them are listed"


def test_of_many_new_files_some_are_read_before_all_are_asked(tmp_path: Path) -> None:
    many = FORMATS_AT_ONCE + 44
    for number in range(many):
        (tmp_path / f"{number:04d}.jsonl").write_bytes(lines(many - number, 1))
    intake = Intake([tmp_path], Settings(), (), lambda: T0)
    first = step(intake)
    assert len(values(first)) == FORMATS_AT_ONCE
    assert not intake.progress().caught_up
    assert any(clock.holding for clock in intake.clocks(hold=False))  # what is older may come yet
    found = values(first)
    while readings := step(intake):
        found += values(readings)
    caught_up, held = intake.progress().caught_up, intake.clocks(hold=False)
    intake.close()
    assert sorted(found) == [float(number) for number in range(1, many + 1)]
    assert caught_up
    assert not any(clock.holding for clock in held)


def test_files_that_are_none_do_not_keep_others_from_being_asked(tmp_path: Path) -> None:
    for number in range(FORMATS_AT_ONCE + 9):
        (tmp_path / f"a{number:04d}.log").write_bytes(b"\x00\x01")
    (tmp_path / "z.jsonl").write_bytes(lines(0, 3))
    intake = Intake([tmp_path], Settings(), (), lambda: T0)
    found = values(step(intake))
    intake.close()
    assert found == [0.0, 1.0, 2.0]
