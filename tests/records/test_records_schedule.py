"""When a digest is due: periods, fields of cron, and the two nights on which the clock is moved."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.records.schedule import CronError, Schedule, parse

BERLIN = ZoneInfo("Europe/Berlin")


def local(ts: float) -> str:
    return f"{datetime.fromtimestamp(ts, BERLIN):%Y-%m-%d %H:%M}"


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp()


@pytest.mark.parametrize(
    ("cron", "after", "due"),
    [
        ("0 7 * * *", "2026-03-28 08:00", "2026-03-29 07:00"),
        ("0 7 * * *", "2026-10-24 08:00", "2026-10-25 07:00"),
        ("30 2 * * *", "2026-03-28 12:00", "2026-03-29 03:30"),  # the clock skips 02:30
        ("30 2 * * *", "2026-10-24 12:00", "2026-10-25 02:30"),
        ("0 7 * * 1-5", "2026-11-20 09:00", "2026-11-23 07:00"),
        ("*/15 9,17 1 * *", "2026-11-01 09:20", "2026-11-01 09:30"),
        ("0 0 1 * 7", "2026-11-02 00:00", "2026-11-08 00:00"),
        ("5/20 0 29 2 *", "2026-11-02 00:00", "2028-02-29 00:05"),
    ],
)
def test_the_next_time_of_cron(cron: str, after: str, due: str) -> None:
    assert local(Schedule(cron=cron, zone="Europe/Berlin").after(at(after))) == due


def test_a_time_that_the_clock_repeats_comes_once() -> None:
    schedule = Schedule(cron="30 2 * * *", zone="Europe/Berlin")
    first = schedule.after(at("2026-10-25 00:00"))
    assert local(schedule.after(first)) == "2026-10-26 02:30"


@given(st.floats(0, 4e9), st.sampled_from(["0 7 * * *", "*/5 * * * *", "17 3 */2 1-6 1"]))
def test_the_next_time_is_later_and_nothing_lies_between(ts: float, cron: str) -> None:
    schedule = Schedule(cron=cron, zone="Europe/Berlin")
    due = schedule.after(ts)
    assert due > ts
    assert schedule.after((ts + due) / 2) == due


@given(st.floats(0, 4e9), st.sampled_from([3600.0, 86400.0, 7 * 86400.0]))
def test_a_period_falls_on_its_multiples(ts: float, every: float) -> None:
    due = Schedule(every_s=every).after(ts)
    assert due > ts >= due - every
    assert due % every == 0
    assert datetime.fromtimestamp(Schedule().after(ts), UTC).hour == 0


@pytest.mark.parametrize(
    "text", ["", "0 7", "60 7 * * *", "0 7 * * mon", "0 7-5 * * *", "0 */0 * * *", "0 7 ٣ * *"]
)
def test_what_is_no_cron_is_refused(text: str) -> None:
    with pytest.raises(CronError):
        parse(text)


def test_a_day_that_never_comes_is_refused() -> None:
    with pytest.raises(CronError, match="names no day"):
        Schedule(cron="0 0 30 2 *").after(0.0)
