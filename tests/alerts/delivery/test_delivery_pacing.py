"""Quiet hours, limits, summaries and back-off: when what is sent."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from console.alerts.delivery.notice import Message, Notice
from console.alerts.delivery.pacing import BACK_OFF_S, Manner, Sent, pause, plan
from console.alerts.delivery.pagerduty import PagerDuty
from console.alerts.delivery.text import body, subject
from console.config.delivery import Recipient
from console.config.quiet import Quiet

MAIL = Manner()
ONE = Recipient(name="r", kind="webhook", url="http://x/", most=5, per_s=3600.0)
NIGHT = replace(ONE, quiet=(Quiet(tuple(range(7)), 22 * 60, 7 * 60),))
T0 = 1_780_005_600.0  # 2026-05-28T22:00:00Z
MORNING = T0 + 9 * 3600


def several(post: SimpleNamespace, count: int, **changes: Any) -> list[Notice]:
    """Notices of different alerts, a second apart."""
    made = post.notice(**changes)
    return [
        replace(made, id=f"{number:04x}", alert_id=f"a{number}", at=T0 + number)
        for number in range(count)
    ]


def test_one_is_sent_at_once(post: SimpleNamespace) -> None:
    (one,) = several(post, 1)
    found = plan(ONE, MAIL, [one], [], T0)
    assert found.message is not None
    assert (found.message.notices, found.message.held_back) == ((one,), False)
    assert found.message.key == one.id


def test_a_few_are_sent_singly_and_many_as_a_summary(post: SimpleNamespace) -> None:
    few, many = several(post, 3), several(post, 4)
    found = plan(ONE, MAIL, few, [], T0 + 3)
    assert found.message is not None
    assert found.message.notices == (few[0],)
    found = plan(ONE, MAIL, many, [], T0 + 4)
    assert found.message is not None
    assert found.message.notices == tuple(many)
    assert subject(found.message) == "[4 alerts] none critical"
    assert body(found.message).count("latency_p95_ms up") == 4


def test_quiet_hours_keep_back_what_is_not_critical(post: SimpleNamespace) -> None:
    (one,) = several(post, 1)
    waits = plan(NIGHT, MAIL, [one], [], T0 + 60)
    assert (waits.message, waits.next_at) == (None, MORNING)
    (grave,) = several(post, 1, severity="critical")
    urgent = plan(NIGHT, MAIL, [one, replace(grave, id="g", alert_id="g")], [], T0 + 60)
    assert urgent.message is not None
    assert [notice.id for notice in urgent.message.notices] == ["g"]
    asleep = replace(NIGHT, critical_passes=False)
    assert plan(asleep, MAIL, [grave], [], T0 + 60).next_at == MORNING


def test_in_the_morning_there_is_one_summary(post: SimpleNamespace) -> None:
    notices = several(post, 8)
    over = replace(notices[0], id="over", reason="resolved", state="resolved", at=T0 + 99)
    found = plan(NIGHT, MAIL, [*notices, over], [], MORNING)
    assert found.message is not None
    assert len(found.message.notices) == 8
    assert found.message.held_back
    assert found.covered == (notices[0],)
    text = body(found.message)
    assert "held back by quiet hours" in text
    assert text.count("over ") >= 1
    assert found.message.notices[-1].id == "over"


def test_the_limit_holds_and_then_a_summary_says_what_it_kept_back(post: SimpleNamespace) -> None:
    sent = [Sent(T0 - 60 * number, critical=False) for number in range(5)]
    notices = several(post, 2)
    held = plan(ONE, MAIL, notices, sent, T0 + 2)
    assert (held.message, held.next_at) == (None, T0 - 240 + 3600)
    later = plan(ONE, MAIL, notices, sent, T0 - 240 + 3600)
    assert later.message is not None
    assert len(later.message.notices) == 2  # only one message may go
    assert later.message.held_back


def test_critical_ones_have_a_limit_of_their_own(post: SimpleNamespace) -> None:
    sent = [Sent(T0, critical=False)] * 5
    (grave,) = several(post, 1, severity="critical")
    assert plan(ONE, MAIL, [grave], sent, T0 + 1).message is not None
    assert plan(ONE, MAIL, [grave], [Sent(T0, critical=True)] * 5, T0 + 1).message is None


def test_pagerduty_gets_every_incident_singly_and_none_that_is_over(post: SimpleNamespace) -> None:
    manner = PagerDuty.manner
    notices = several(post, 6)
    found = plan(ONE, manner, notices, [], T0)
    assert found.message is not None
    assert len(found.message.notices) == 1
    over = replace(notices[0], id="over", reason="resolved", state="resolved", at=T0 + 9)
    found = plan(ONE, manner, [notices[0], over], [], T0 + 9)
    assert (found.message, found.needless) == (None, (notices[0], over))
    found = plan(ONE, manner, [over], [], T0 + 9)  # it was triggered before
    assert found.message is not None


def test_pagerduty_hears_of_an_incident_before_that_somebody_sees_to_it(
    post: SimpleNamespace,
) -> None:
    (new,) = several(post, 1)
    taken = replace(new, id="ack", reason="acknowledged", state="acknowledged", at=T0 + 9)
    found = plan(ONE, PagerDuty.manner, [new, taken], [], T0 + 9)
    assert found.message is not None
    assert (found.message.notices, found.covered) == ((new,), ())
    assert plan(ONE, MAIL, [taken], [], T0 + 9).needless == (taken,)


def test_back_off_grows_and_spreads() -> None:
    waits = [pause(failures, "key") for failures in range(1, 9)]
    for waited, base in zip(waits, [*BACK_OFF_S, BACK_OFF_S[-1], BACK_OFF_S[-1]], strict=True):
        assert base <= waited <= 1.2 * base
    assert len({pause(1, str(number)) for number in range(20)}) > 10


REASONS = st.sampled_from(["new", "worse", "changed", "resolved", "reopened", "acknowledged"])


@given(
    chain=st.lists(st.tuples(st.integers(0, 5), REASONS, st.booleans()), max_size=20),
    most=st.integers(1, 6),
    pager=st.booleans(),
)
def test_everything_is_settled_in_the_end_within_the_limit(
    post: SimpleNamespace, chain: list[tuple[int, Any, bool]], most: int, *, pager: bool
) -> None:
    one = replace(NIGHT, most=most)
    manner = PagerDuty.manner if pager else MAIL
    waiting = {
        f"{number:04x}": replace(
            post.notice(),
            id=f"{number:04x}",
            alert_id=f"a{alert}",
            reason=reason,
            state="resolved" if reason == "resolved" else "open",
            severity="critical" if grave else "warning",
            at=T0 + number,
        )
        for number, (alert, reason, grave) in enumerate(chain)
    }
    sent: list[Sent] = []
    messages: list[Message] = []
    now = T0 + 60
    for _ in range(200):
        if not waiting:
            break
        found = plan(one, manner, list(waiting.values()), sent, now)
        settled = [*found.needless, *found.covered]
        if found.message is not None:
            settled += found.message.notices
            sent.append(Sent(now, found.message.critical))
            messages.append(found.message)
        for notice in settled:
            del waiting[notice.id]  # each once
        assert settled or (found.next_at is not None and found.next_at > now)
        now = now if settled else found.next_at or now
    assert waiting == {}
    for kind in (True, False):
        times = [s.at for s in sent if s.critical is kind]
        for start in times:
            assert sum(start <= at < start + 3600 for at in times) <= most
