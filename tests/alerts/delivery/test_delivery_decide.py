"""What is told is what differs from what was told: each difference once, none lost."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.alerts.alert import Alert, Cause, Member
from console.alerts.delivery.decide import FRESH_S, UPDATE_S, concerns, decide
from console.alerts.delivery.notice import Notice
from console.config.delivery import Recipient
from console.config.messages import Words
from console.config.settings import ModelSettings, Settings

SETTINGS = Settings(models=(ModelSettings("fraud", owner="risk-team"),))
ONE = Recipient(name="r", kind="webhook", url="http://x/")


class Told:
    """A recipient, and what he heard."""

    def __init__(self, alert: Alert, now: float, recipient: Recipient = ONE) -> None:
        self.alert = alert
        self.now = now
        self.recipient = recipient
        self.last: dict[str, Notice] = {}

    def __call__(self, after_s: float = 60.0, **changes: Any) -> str | None:
        """The reason of the notice that a change of the alert gives."""
        self.alert = replace(self.alert, **changes)
        self.now += after_s
        found = decide(self.recipient, [self.alert], self.last, SETTINGS, self.now)
        assert len(found) <= 1
        self.last.update((notice.alert_id, notice) for notice in found)
        assert decide(self.recipient, [self.alert], self.last, SETTINGS, self.now) == []
        return found[0].reason if found else None


@pytest.fixture
def told(post: SimpleNamespace) -> Told:
    """A recipient who has heard nothing."""
    return Told(post.ALERT, post.NOW)


def test_the_life_of_an_alert(told: Told) -> None:
    assert told() == "new"
    assert told() is None
    assert told(severity="critical") == "worse"
    assert told(severity="warning") is None
    assert told(state="acknowledged") == "acknowledged"
    assert told(state="open") == "taken back"
    assert told(state="snoozed") == "snoozed"
    assert told(state="open") == "snooze ended"
    assert told(state="resolved") == "resolved"
    assert told(state="noise") is None
    assert told(state="open") == "reopened"
    assert told(state="noise") == "resolved"


def test_what_was_over_or_old_before_it_could_be_told_is_no_news(told: Told) -> None:
    assert told(state="resolved") is None
    assert told(state="acknowledged") is None
    assert told(state="open", opened_at=told.now - FRESH_S) is None


def test_more_is_known(told: Told) -> None:
    assert told() == "new"
    cause = (Cause("import", "event", 0.7, "e9", 0.0),)
    assert told(UPDATE_S / 2, why=cause) is None
    assert told(UPDATE_S) == "changed"
    assert told(UPDATE_S, why=(replace(cause[0], confidence=0.9, text="otherwise"),)) is None
    more = (*told.alert.members, Member("churn", None, "x", "anomaly", 0.0))
    assert told(UPDATE_S, members=more) == "changed"


def test_who_wants_no_updates_hears_of_the_worst_and_of_the_end(told: Told) -> None:
    told.recipient = replace(ONE, updates=False)
    assert told() == "new"
    assert told(UPDATE_S, why=()) is None
    assert told(severity="critical") == "worse"
    assert told(state="resolved") == "resolved"


def test_an_alert_that_another_took_over_is_over(told: Told) -> None:
    assert told() == "new"
    (gone,) = decide(ONE, [], told.last, SETTINGS, told.now)
    assert (gone.reason, gone.state, gone.thread) == ("resolved", "resolved", told.last["a1"].id)
    assert decide(ONE, [], {"a1": gone}, SETTINGS, told.now) == []


def test_a_report_is_told_once_whatever_its_severity(told: Told) -> None:
    assert told(trigger="interval", severity="info") == "report"
    assert told(state="resolved") is None
    assert decide(ONE, [], told.last, SETTINGS, told.now) == []


@pytest.mark.parametrize(
    ("route", "fits"),
    [
        ({}, True),
        ({"severity": "critical"}, False),
        ({"severity": "info"}, True),
        ({"models": ("fra*",)}, True),
        ({"models": ("churn",)}, False),
        ({"models": ("reco", "delivery")}, True),  # of a member
        ({"stages": ("serving",)}, True),
        ({"stages": ("upstream",)}, True),  # of a member
        ({"stages": ("training",)}, False),
        ({"owners": ("risk-team",)}, True),
        ({"owners": ("platform",)}, False),
        ({"detectors": ("thresh*",)}, True),
        ({"detectors": ("drift",)}, False),
    ],
)
def test_routes(post: SimpleNamespace, route: dict[str, Any], *, fits: bool) -> None:
    members = (Member("delivery", "upstream", "rows", "volume", 0.0),)
    alert = replace(post.ALERT, members=members)
    assert concerns(replace(ONE, **route), alert, SETTINGS) is fits


def test_no_digests_for_who_wants_none(post: SimpleNamespace) -> None:
    report = replace(post.ALERT, trigger="interval", severity="info", model=None, members=())
    assert concerns(replace(ONE, models=("churn",)), report, SETTINGS)
    assert not concerns(replace(ONE, digests=False), report, SETTINGS)


def test_an_event_that_changed_nothing_is_no_news(post: SimpleNamespace) -> None:
    report = replace(post.ALERT, trigger="planned_event", detector="event", severity="info")
    assert concerns(ONE, report, SETTINGS)
    assert not concerns(ONE, replace(report, members=()), SETTINGS)


def test_a_recipient_hears_it_in_words_of_his_own(post: SimpleNamespace) -> None:
    words = Words(recipient="r", title="{model} is slow", what="Payments wait: {what}")
    settings = replace(SETTINGS, messages=(words,))
    (notice,) = decide(ONE, [post.ALERT], {}, settings, post.NOW)
    assert (notice.title, notice.alert["what"]) == ("fraud is slow", "Payments wait: Latency rose.")
    (other,) = decide(replace(ONE, name="other"), [post.ALERT], {}, settings, post.NOW)
    assert other.title == post.ALERT.title


def test_secrets_in_an_alert_are_not_told(post: SimpleNamespace) -> None:
    log = replace(post.ALERT.related_logs[0], example="password=hunter2", template="login <*>")
    alert = replace(post.ALERT, related_logs=(log,), title="token=hunter2 up")
    (notice,) = decide(ONE, [alert], {}, SETTINGS, post.NOW)
    assert "hunter2" not in repr(notice)
    assert notice.alert["evidence"]["points"] == []


STATES = st.sampled_from(["open", "acknowledged", "snoozed", "resolved", "noise"])
STEPS = st.lists(
    st.tuples(STATES, st.sampled_from(["info", "warning", "critical"]), st.booleans()), max_size=12
)


@given(steps=STEPS, skipped=st.sets(st.integers(0, 10)))
def test_however_seldom_it_is_asked_the_last_word_is_said(
    post: SimpleNamespace, steps: list[tuple[Any, Any, bool]], skipped: set[int]
) -> None:
    """Looks that are left out cost messages in between, never the last one."""
    last: dict[str, Notice] = {}
    told: set[str] = set()
    for number, (state, severity, there) in enumerate(steps):
        if number in skipped and number + 1 < len(steps):
            continue
        inbox = [replace(post.ALERT, state=state, severity=severity)] if there else []
        found = decide(ONE, inbox, last, SETTINGS, post.NOW + number)
        again = decide(ONE, inbox, last, SETTINGS, post.NOW + number + 0.5)
        assert [notice.id for notice in again] == [notice.id for notice in found]
        assert told.isdisjoint(notice.id for notice in found)
        told.update(notice.id for notice in found)
        last.update((notice.alert_id, notice) for notice in found)
        assert decide(ONE, inbox, last, SETTINGS, post.NOW + number) == []
    if not steps or "a1" not in last:
        return
    state, severity, there = steps[-1]
    if not there or state in ("resolved", "noise"):
        assert last["a1"].over
    elif state == "open" and severity != "info":
        assert not last["a1"].over
