"""The pure state of the screens: time span, order of the inbox, window of the log."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tui_fakes import ALERTS, NOW, alert, log_line, snapshot

from console.records.clock import DAY, HOUR
from console.store.pages import LogLine, LogPage
from console.tui.logwindow import MOST, LogWindow, window
from console.tui.timespan import ZOOMS, TimeSpan, opening
from console.tui.view import View, arranged, cursor_after


def test_the_span_opens_on_what_is_open() -> None:
    assert opening(snapshot()).width == 6 * HOUR
    old = replace(ALERTS[0], started_at=NOW - 2.5 * DAY)
    assert opening(snapshot(inbox=[old])).width == 4 * DAY
    done = replace(old, state="resolved")
    assert opening(snapshot(inbox=[done])).width == 6 * HOUR
    ancient = replace(ALERTS[0], started_at=NOW - 400 * DAY)
    assert opening(snapshot(inbox=[ancient])).width == 7 * DAY


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.integers(-3, 3).map(lambda n: ("zoom", n)),
                       st.integers(-500, 500).map(lambda n: ("move", n))), max_size=30)
)  # fmt: skip
def test_the_cursor_stays_in_the_span_and_in_the_past(steps: list[tuple[str, int]]) -> None:
    span = TimeSpan()
    for kind, number in steps:
        span = span.zoomed(number, NOW) if kind == "zoom" else span.moved(number, 60.0, NOW)
        start, end = span.bounds(NOW)
        assert span.width in ZOOMS
        assert end - start == pytest.approx(span.width)
        assert end <= NOW + 1
        if span.cursor is not None:
            assert start - 1 <= span.cursor <= min(end, NOW) + 1


def test_going_to_a_time_outside_centres_on_it() -> None:
    span = TimeSpan().at(NOW - 3 * DAY, NOW)
    start, end = span.bounds(NOW)
    assert start < NOW - 3 * DAY < end
    assert TimeSpan().at(NOW + DAY, NOW).cursor == NOW
    assert span.without_cursor() == TimeSpan()


def test_order_is_taken_or_held() -> None:
    new = alert(9, "new of fraud")
    ranked = [new, *ALERTS[1:]]
    shown = [entry.id for entry in ALERTS]
    free = arranged(shown, ranked, hold=False, cursor="alert-2")
    assert free.ids[0] == "alert-9"
    held = arranged(shown, ranked, hold=True, cursor="alert-2")
    assert held.ids == ("alert-2", "alert-3", "alert-4", "alert-5")
    assert (held.above, held.below) == (1, 0)
    assert arranged(shown, [new], hold=True, cursor=None).ids == ("alert-9",)


@settings(deadline=None)
@given(st.permutations(range(8)), st.sets(st.integers(0, 7)), st.integers(0, 7))
def test_held_order_never_moves_what_stays(order: list[int], gone: set[int], cursor: int) -> None:
    shown = [f"alert-{i}" for i in range(8)]
    ranked = [alert(i, "x") for i in order if i not in gone]
    held = arranged(shown, ranked, hold=True, cursor=f"alert-{cursor}")
    if held.ids and len(gone) < 8:
        assert list(held.ids) == [i for i in shown if int(i.removeprefix("alert-")) not in gone]


def test_where_the_cursor_goes() -> None:
    now = {entry.id: entry for entry in ALERTS}
    assert cursor_after(ALERTS, 1, now) == "alert-2"
    now["alert-2"] = replace(ALERTS[1], state="snoozed")
    assert cursor_after(ALERTS, 1, now) == "alert-3"
    del now["alert-3"]
    assert cursor_after(ALERTS, 2, now) == "alert-4"
    assert cursor_after((), 0, now) is None
    resting = {entry.id: replace(entry, state="resolved") for entry in ALERTS}
    assert cursor_after(ALERTS, 1, resting) == "alert-2"


def test_acts_are_believed_until_shown_or_too_old() -> None:
    view = View().given(snapshot(), 0.0).acted({"alert-1": "acknowledged"}, 0.0)
    assert view.alerts[0].state == "acknowledged"
    assert view.given(snapshot(2), 1.0).alerts[0].state == "acknowledged"
    assert view.given(snapshot(2), 6.0).alerts[0].state == "open"
    shown = snapshot(2, inbox=[replace(ALERTS[0], state="acknowledged")])
    assert not view.given(shown, 1.0).expected
    assert not view.given(snapshot(2, inbox=[]), 1.0).expected


LINES = [log_line(i, NOW + i) for i in range(10_000)]


def page(start: int, end: int) -> LogPage:
    return LogPage(tuple(LINES[start:end]), start > 0, end < len(LINES))


def test_pages_join_at_either_end() -> None:
    held = window(page(500, 600)).with_before(page(400, 500)).with_after(page(600, 700))
    assert held.lines == tuple(LINES[400:700])
    assert held.more_before
    assert held.more_after


def test_the_window_is_cut_at_the_other_end() -> None:
    held = window(page(0, MOST))
    later = held.with_after(page(MOST, MOST + 400))
    assert later.lines == tuple(LINES[400 : MOST + 400])
    assert later.more_before
    earlier = window(page(400, MOST + 400)).with_before(page(0, 400))
    assert earlier.lines == tuple(LINES[:MOST])
    assert earlier.more_after


@settings(deadline=None)
@given(st.lists(st.integers(0, 200), unique=True), st.lists(st.integers(0, 200), unique=True))
def test_overlapping_pages_give_each_line_once(first: list[int], second: list[int]) -> None:
    def some(numbers: list[int]) -> tuple[LogLine, ...]:
        return tuple(LINES[i] for i in sorted(numbers))

    joined = LogWindow(some(first)).with_after(LogPage(some(second), False, False))
    assert set(joined.lines) == {*some(first), *some(second)}
    assert list(joined.lines) == sorted(joined.lines, key=lambda line: line.key)


def test_the_first_line_from_a_time() -> None:
    held = window(page(10, 20))
    assert held.first_from(NOW + 12.5) == LINES[13]
    assert held.first_from(NOW + 99) == LINES[19]
    assert LogWindow().first_from(NOW) is None
