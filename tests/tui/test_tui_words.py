from __future__ import annotations

from datetime import timedelta, timezone
from itertools import pairwise

import pytest
from tui_fakes import NOW

from console.records.clock import DAY, HOUR, from_iso
from console.tui.present import words
from console.tui.present.moment import parse_moment
from console.tui.present.ticks import round_times
from console.tui.present.words import Calendar


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"),
     (12000, "3 h 20 min"), (90000, "1 d 1 h"), (172800, "2 d"), (-5, "0 s")],
)  # fmt: skip
def test_span(seconds: float, text: str) -> None:
    assert words.span(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), [(3, "3s"), (61, "1m"), (7300, "2h"), (1e6, "11d")])
def test_age(seconds: float, text: str) -> None:
    assert words.age(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (18204, "18,204"),
        (99999, "99,999"),
        (123456, "123 k"),
        (1.2e6, "1.2 M"),
        (3e9, "3.0 G"),
    ],
)
def test_count(number: float, text: str) -> None:
    assert words.count(number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(12, "12 B"), (4300, "4.3 kB"), (120e6, "120 MB"), (1.23e9, "1.2 GB")],
)
def test_size(number: float, text: str) -> None:
    assert words.size(number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(None, words.DASH), (0.0, "0"), (0.8934, "0.8934"), (118.04, "118"), (123456.0, "123,456"),
     (1e9, "1e+09"), (3e-7, "3e-07"), (-0.5, "-0.5")],
)  # fmt: skip
def test_value(number: float | None, text: str) -> None:
    assert words.value(number) == text


def test_versions_and_plurals() -> None:
    assert words.version_tag("12") == "v12"
    assert words.version_tag("v12") == "v12"
    assert words.version_tag(None) == ""
    assert words.plural(1, "alert") == "1 alert"
    assert words.plural(2, "alert") == "2 alerts"


def test_calendar_writes_its_own_zone() -> None:
    east = Calendar(timezone(timedelta(hours=2), "EET"))
    assert Calendar().clock(NOW) == "14:03:22"
    assert east.clock(NOW) == "16:03:22"
    assert east.exact(NOW) == "2026-11-23 16:03:22.000 EET"
    assert Calendar().near(NOW - DAY, NOW) == "22 Nov 14:03"
    assert Calendar().near(NOW - HOUR, NOW) == "13:03"
    assert Calendar().fine(NOW + 0.9996) == "14:03:23.000"


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("13:20", "2026-11-23T13:20:00Z"),
        ("13:20:07", "2026-11-23T13:20:07Z"),
        ("15:00", "2026-11-22T15:00:00Z"),
        ("-2h", "2026-11-23T12:03:22Z"),
        ("-1.5 d", "2026-11-22T02:03:22Z"),
        ("2026-11-20", "2026-11-20T00:00:00Z"),
        ("2026-11-20 13:20", "2026-11-20T13:20:00Z"),
        ("2026-11-20T13:20:00+02:00", "2026-11-20T11:20:00Z"),
    ],
)
def test_moments(text: str, iso: str) -> None:
    assert parse_moment(text, NOW, Calendar()) == from_iso(iso)


def test_now_and_nonsense() -> None:
    assert parse_moment("now", NOW, Calendar()) is None
    assert parse_moment("", NOW, Calendar()) is None
    for text in ("soon", "25:00", "-2y", "\x1b[2J"):
        with pytest.raises(ValueError, match="not a time"):
            parse_moment(text, NOW, Calendar())


@pytest.mark.parametrize("width", [600, HOUR, 6 * HOUR, 5 * DAY, 80 * DAY])
def test_ticks_are_round_and_few(width: float) -> None:
    found = round_times(NOW - width, NOW, 8, Calendar())
    assert 1 <= len(found) <= 9
    steps = {round(b - a) for (a, _), (b, _) in pairwise(found)}
    assert len(steps) <= 1
    assert all(NOW - width <= ts <= NOW for ts, _ in found)


def test_midnight_is_told_by_its_day() -> None:
    labels = [label for _, label in round_times(NOW - 20 * HOUR, NOW, 8, Calendar())]
    assert "23 Nov" in labels
    assert "12:00" in labels
