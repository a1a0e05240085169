"""The presenters: alerts, inbox, models, timeline, header, log lines as text."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.binding import Binding
from tui_fakes import (
    ALERTS,
    EMPTY,
    EVENTS,
    MODELS,
    NOW,
    ONSET,
    hostile,
    hostile_text,
    log_line,
    snapshot,
)

from console.alerts.alert import Evidence
from console.engine.snapshot import EventMark, Gauge
from console.records.clock import HOUR
from console.tui.commands import ALL, COMMANDS, bindings, footer
from console.tui.present import alert as alerts
from console.tui.present import guide, header, inbox, logs, models, timeline
from console.tui.present.help import help_lines
from console.tui.present.line import Line, cells, plain
from console.tui.present.markdown import alert_markdown
from console.tui.present.words import Calendar
from console.tui.widgets.bars import footer_line

CALENDAR = Calendar()
WIDTHS = st.integers(24, 200)


def text_of(lines: list[Line]) -> str:
    return "\n".join(plain(line) for line in lines)


def message(width: int = 100, **changes: object) -> str:
    alert = replace(ALERTS[0], **changes)  # type: ignore[arg-type]  # fields of an alert
    return text_of(alerts.alert_lines(alert, width, calendar=CALENDAR, now=NOW))


def test_every_field_of_the_message() -> None:
    text = message()
    for part in (
        "● auc of fraud falling", "critical · open · since 13:20 · for 43 min · priority 88",
        "What    auc fell from .941", "Where   fraud v12", "When    since 13:20",
        " 86 %  deploy v12",
        "(13:18)", "2 %  1 other", "Cost    about 40 missed", "Change  0.941 → 0.893",
        "expected 0.938", "limit 0.92", "effect 4.1 \u03c3", "p 3e-07",
        "38\u00d7 feature <*> missing",
        "1,204 lines", "Next    → Compare",
        "With    fraud · features · null_rate(age) (quality, 13:21)",
    ):  # fmt: skip
        assert part in text, part


def test_what_is_unknown_is_said() -> None:
    text = message(what="", impact=" ", why=())
    assert text.count("unknown") == 3
    bare = message(evidence=Evidence(), related_logs=(), suggestions=(), members=())
    for label in ("Change", "Logs", "Next", "With"):
        assert label not in bare


def test_a_closed_and_explained_alert_says_so() -> None:
    text = message(ended_at=ONSET + HOUR, state="resolved", explained_by="c1", trigger="interval")
    assert "resolved · since 13:20 · lasted 1 h · regular report · expected: c1" in text


def test_long_lists_are_counted() -> None:
    text = message(members=ALERTS[0].members * 5, related_logs=ALERTS[0].related_logs * 5)
    assert text.count("and 5 more") == 2


def test_the_terms_of_the_rank() -> None:
    lines = alerts.alert_lines(ALERTS[0], 80, calendar=CALENDAR, now=NOW, reasons=True)
    text = text_of(lines)
    assert "Rank    #1, priority 88 of 100" in text
    assert "+1.60  critical severity" in text
    assert "-0.40  deploy explains it in part" in text


@settings(deadline=None)
@given(WIDTHS)
def test_no_line_of_a_message_overflows(width: int) -> None:
    for alert in (*ALERTS, hostile().inbox[0]):
        for line in alerts.alert_lines(alert, width, calendar=CALENDAR, now=NOW, reasons=True):
            assert cells(line) <= max(width, alerts.LABEL + 8)


@settings(deadline=None)
@given(WIDTHS)
def test_rows_of_the_inbox_are_exact(width: int) -> None:
    for entries in (ALERTS, hostile().inbox):
        columns = inbox.layout(entries)
        for alert in entries:
            row = inbox.row(alert, columns, now=NOW, width=width)
            assert cells(row) <= max(width, columns.model + 24)


def test_a_title_that_ends_in_its_model_gives_it_a_column() -> None:
    named = [replace(ALERTS[0], title="memory up \u00b7 fraud")]
    row = plain(inbox.row(named[0], inbox.layout(named), now=NOW, width=80))
    assert "fraud memory up  " in row


def test_a_row_of_the_inbox() -> None:
    columns = inbox.layout(ALERTS)
    assert columns.model == 0
    row = plain(inbox.row(ALERTS[0], columns, now=NOW, width=80))
    assert row.startswith(" 1 ● CRIT   auc of fraud falling since 13:20: .941 → .893")
    assert row.endswith(" 43m ")
    rest = inbox.row(ALERTS[4], columns, now=NOW, width=80)
    assert "resolved" in plain(rest)
    assert {part.role for part in rest} == {"dim"}
    nameless = [replace(ALERTS[0], title="auc falls")]
    assert "fraud auc falls" in plain(
        inbox.row(nameless[0], inbox.layout(nameless), now=NOW, width=80)
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", 5),
        ("CHURN", 1),
        ("critical", 1),
        ("fraud warning", 1),
        ("auc", 5),
        ("resolved", 1),
        ("x9", 0),
    ],
)
def test_filter(text: str, found: int) -> None:
    assert sum(inbox.matches(alert, text) for alert in ALERTS) == found


@settings(deadline=None)
@given(WIDTHS)
def test_models_fit_and_their_columns_stand_in_line(width: int) -> None:
    for panes in (MODELS, hostile().models):
        columns = models.layout(panes, width)
        for pane in panes:
            assert cells(models.row(pane, columns)) <= max(width, 14)


def test_gauges_stand_in_the_same_columns() -> None:
    columns = models.layout(MODELS, 120)
    head = models.heading(columns)
    rows = [plain(models.row(model, columns)) for model in MODELS]
    for label in ("perf", "drift", "nulls", "errors", "latency", "volume"):
        assert label in head
    end = head.index("drift") + len("drift")
    assert [row[end - 5 : end].strip() for row in rows] == [".31▴", ".04", ".09", ".02"]
    assert rows[3].rstrip().endswith("\u2013")
    assert "2 alerts" in rows[0]


def test_narrow_models_keep_what_matters_most() -> None:
    columns = models.layout(MODELS, 62)
    assert [column.label for column in columns.columns] == ["perf", "drift", "errors"]


def test_a_model_without_a_gauge_has_a_dash_in_its_place() -> None:
    less = replace(MODELS[1], gauges=MODELS[1].gauges[1:])
    columns = models.layout([MODELS[0], less], 120)
    assert models.heading(columns).index("perf") > 0
    row = plain(models.row(less, columns))
    assert row[models.heading(columns).index("perf") :].lstrip().startswith("\u2013")


def test_a_gauge_of_nothing_but_nan() -> None:
    gauge = Gauge("perf", math.nan, "nan", None, (math.nan,) * 60)
    pane = replace(MODELS[0], gauges=(gauge,))
    assert "nan" in plain(models.row(pane, models.layout([pane], 80)))


def lanes_of(width: int = 100, cursor: float | None = None) -> list[str]:
    lanes = timeline.lanes(snapshot(), ALERTS, NOW - 6 * HOUR, NOW)
    axis = timeline.axis(lanes, NOW - 6 * HOUR, NOW, width)
    return [plain(timeline.row(lane, axis, now=NOW, cursor=cursor)) for lane in lanes]


def test_lanes_show_events_and_incidents() -> None:
    rows = lanes_of()
    assert [row.split("·")[0].strip() for row in rows] == [
        "all models", "fraud", "churn", "recommendations", "eta"
    ]  # fmt: skip
    assert "▼config" in rows[0]
    assert "deploy v12▼█" in rows[1]
    assert rows[1].endswith("█")
    assert "▽" in rows[2]
    assert rows[2].endswith("▓")
    assert "campaign▽▒" in rows[3]
    assert "░" in rows[4]
    assert len({len(row) for row in rows}) == 1


def test_the_time_cursor_stands_on_every_lane() -> None:
    places = {row.index("│") for row in lanes_of(cursor=NOW - 3 * HOUR)}
    assert len(places) == 1
    assert abs(places.pop() - (17 + 41)) <= 1


def test_an_event_that_lasts() -> None:
    lane = timeline.Lane("x", (), (replace(EVENTS[2], model="x"),))
    axis = timeline.axis([lane], NOW - 6 * HOUR, NOW, 80)
    assert "▽campaign╌╌╌" in plain(timeline.row(lane, axis, now=NOW, cursor=None))


def test_a_label_gives_way_to_the_mark_of_another_event() -> None:
    close = tuple(replace(EVENTS[0], ts=NOW - 3 * HOUR + 600 * i, model="x") for i in range(3))
    lane = timeline.Lane("x", (), close)
    axis = timeline.axis([lane], NOW - 6 * HOUR, NOW, 80)
    row = plain(timeline.row(lane, axis, now=NOW, cursor=None))
    assert row.count("▼") == 3
    assert row.count("deploy") == row.count("deploy v12")


def test_what_lies_outside_the_span_is_left_out() -> None:
    lanes = timeline.lanes(snapshot(), ALERTS, NOW - 0.5 * HOUR, NOW)
    assert [lane.model for lane in lanes] == [model.name for model in MODELS]
    assert not any(lane.events for lane in lanes)


@settings(deadline=None)
@given(
    WIDTHS,
    st.lists(
        st.tuples(
            st.floats(-8 * HOUR, HOUR), st.sampled_from(["a", "deploy", "漢字", hostile_text()])
        )
    ),
)
def test_lanes_never_overflow(width: int, marks: list[tuple[float, str]]) -> None:
    events = tuple(
        EventMark(None, NOW + at, None, "m", None, "1", kind, "", False) for at, kind in marks
    )
    lane = timeline.Lane("m", ((NOW - HOUR, None, "critical", False),), events)
    axis = timeline.axis([lane], NOW - 6 * HOUR, NOW, width)
    row = timeline.row(lane, axis, now=NOW, cursor=NOW - HOUR)
    assert cells(row) == axis.name + axis.width <= width


def test_what_is_under_the_cursor() -> None:
    lanes = timeline.lanes(snapshot(), ALERTS, NOW - 6 * HOUR, NOW)
    axis = timeline.axis(lanes, NOW - 6 * HOUR, NOW, 100)
    assert timeline.at_cursor(lanes, axis, ONSET - 130) == "deploy v12 to production"
    assert timeline.at_cursor(lanes, axis, NOW - 2 * HOUR) == ""


def head(width: int = 120, **changes: object) -> str:
    shown = replace(snapshot(), **changes)  # type: ignore[arg-type]  # fields of a snapshot
    line = header.header(shown, paths="./fleet", calendar=CALENDAR, now=NOW, width=width)
    assert cells(line) == width
    return plain(line)


def test_the_header_live_loading_and_of_history() -> None:
    live = head()
    assert "4 models · 18,204 rec/s · 0.2 s behind · 3 undecoded  14:03:22 UTC" in live
    late = replace(snapshot().progress, behind_s=90.0, rejects=0)
    assert "1 min behind  14:03:22" in head(progress=late)
    loading = head(progress=snapshot(share=0.43).progress)
    assert "━━━━ 43 % of 120 MB · 774 k records · the inbox is live" in loading
    past = head(live=False)
    assert "1.8 M records" in past
    assert "history, ends 2026-11-23 14:03 UTC" in past
    assert "history 2026-11-23" in head(width=80, live=False)
    nothing = header.header(None, paths="x", calendar=CALENDAR, now=NOW, width=60)
    assert "opening the store" in plain(nothing)


@settings(deadline=None)
@given(st.integers(10, 200), st.booleans(), st.booleans())
def test_the_header_always_fits(width: int, live: bool, paused: bool) -> None:
    shown = replace(snapshot(), live=live)
    line = header.header(
        shown, paths="./a/long/path", calendar=CALENDAR, now=NOW, width=width, paused=paused
    )
    assert cells(line) == width


def test_the_guide_of_an_empty_console() -> None:
    text = text_of(guide.guide(EMPTY, "./logs ./metrics", 80))
    assert "once 28 hours of a model are known" in text
    assert "Waiting for records below ./logs ./metrics" in text
    assert "model-console emit ./logs/metrics.jsonl" in text
    assert "opening" in text_of(guide.guide(None, "x", 80))
    busy = replace(EMPTY, progress=replace(snapshot(share=0.5).progress, files=1))
    assert "reading 1 file" in text_of(guide.guide(busy, "x", 80))
    blank = replace(EMPTY, progress=replace(snapshot().progress, rows=0))
    assert "23 files found, nothing in them yet." in text_of(guide.guide(blank, "x", 80))


@settings(deadline=None)
@given(WIDTHS)
def test_rows_of_the_log_never_tear(width: int) -> None:
    look = logs.LogLook(CALENDAR, frozenset({"t1"}), ONSET, None, "critical", text="a")
    for line in (log_line(3, ONSET), log_line(7, NOW, hostile_text() + "x" * 10_000)):
        shown = plain(logs.row(line, look, width))
        assert "\x1b" not in shown
        assert "\n" not in shown


def test_days_are_told_when_there_are_several() -> None:
    look = logs.LogLook(CALENDAR, day="2026-11-23")
    assert "22 Nov 14:03" in plain(logs.row(log_line(1, NOW - 24 * HOUR), look, 80))
    assert "14:03:22    " in plain(logs.row(log_line(1, NOW), look, 80))


def test_hits_are_marked() -> None:
    pieces = logs.highlighted("a Needle and a needle", "NEEDLE", "text")
    assert [part.text for part in pieces if part.role == "match"] == ["Needle", "needle"]
    assert "".join(part.text for part in pieces) == "a Needle and a needle"


def test_a_record_in_full() -> None:
    text = text_of(logs.record_lines(log_line(7, NOW), 80, CALENDAR))
    for part in ("2026-11-23 14:03:22.000 UTC", "ERROR", "serving.api", "serving/fraud.log",
                 "700", "Traceback", "TimeoutError: 2000 ms", "request   r-7",
                 "took_ms   12"):  # fmt: skip
        assert part in text, part
    odd = replace(log_line(1, NOW), attributes="not json", model=None, level=None)
    assert "fields    not json" in text_of(logs.record_lines(odd, 80, CALENDAR))
    assert "fields    [1]" in text_of(
        logs.record_lines(replace(odd, attributes="[1]"), 80, CALENDAR)
    )


def test_markdown_cannot_be_broken_out_of() -> None:
    text = alert_markdown(ALERTS[0], CALENDAR)
    for part in ("## auc of fraud", "**critical**, open", "- **Why:**", "  - 86 %: deploy",
                 "``feature <*> missing, default used``", "byte 18234", "- **Next:**"):  # fmt: skip
        assert part in text, part
    nasty = alert_markdown(replace(hostile().inbox[0], title="`x` <b> [a](b)\n# h"), CALENDAR)
    assert "\\`x\\` \\<b\\> \\[a\\](b)␊\\# h" in nasty
    assert "\x1b" not in nasty


def test_keys_are_declared_once() -> None:
    for pane in ALL:
        keys = [binding.key for binding in bindings(pane) if isinstance(binding, Binding)]
        assert len(keys) == len(set(keys)), pane
        assert {"q", "question_mark", "colon", "escape"} <= set(keys)
        text = text_of(help_lines(pane, 80))
        assert "Keys" in text
        assert all(cells(line) <= 80 for line in help_lines(pane, 80))
        for command in COMMANDS:
            if pane in command.panes:
                assert command.help.split()[0] in text


@settings(deadline=None)
@given(st.integers(20, 200))
def test_the_footer_keeps_help_and_quit(width: int) -> None:
    line = footer_line(footer("inbox", {}), width)
    assert "? help" in plain(line)
    assert "q quit" in plain(line)
    assert cells(line) <= max(width, 20)
