"""A steady difference between the times in a file and the clock is said, late data is not."""

from __future__ import annotations

from console.engine.clockshift import Shifts

NOW = 1_763_892_000.0


def seen(lags: list[float], every: float = 30.0) -> tuple[str, ...]:
    shifts = Shifts()
    for number, lag in enumerate(lags):
        now = NOW + every * number
        shifts.see(7, "/logs/app.log", now - lag, now)
    return shifts.notices


def test_a_zone_left_out_is_said() -> None:
    (line,) = seen([7200.0, 7201.5, 7200.2, 7203.0, 7200.0, 7200.9])
    assert line.startswith("app.log: its times are steadily 2 h behind this machine's clock")


def test_a_clock_that_goes_ahead_is_said() -> None:
    (line,) = seen([-900.0] * 6)
    assert "15 min ahead of this machine's clock" in line


def test_small_lags_late_data_and_few_reads_are_not_said() -> None:
    assert seen([20.0] * 50) == ()
    assert seen([86_400.0 - 30 * number for number in range(60)], every=90.0) == ()
    assert seen([7200.0] * 4) == ()
    assert seen([7200.0] * 50, every=1.0) == ()


def test_it_is_taken_back_once_the_times_are_right() -> None:
    assert seen([7200.0] * 6 + [1.0]) == ()
