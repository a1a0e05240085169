"""Event time goes on with the slowest file that is still being read."""

from __future__ import annotations

from console.engine.watermark import FileClock, watermark


def test_nothing_read_has_no_time() -> None:
    assert watermark([], 120, 60, None) is None


def test_the_slowest_file_that_is_read_sets_the_pace() -> None:
    clocks = [FileClock(10_000, holding=False), FileClock(5_000, holding=True)]
    assert watermark(clocks, 120, 60, None) == 4_860


def test_files_at_rest_do_not_hold_time_back() -> None:
    clocks = [FileClock(10_000, holding=False), FileClock(5_000, holding=False)]
    assert watermark(clocks, 120, 60, None) == 9_840


def test_silence_of_live_files_shows_by_the_wall_clock() -> None:
    clocks = [FileClock(10_000, holding=False)]
    assert watermark(clocks, 120, 60, 20_000) == 19_860
    assert watermark([FileClock(10_000, holding=True)], 120, 60, 20_000) == 9_840
