"""The courier: retries, gives up, keeps to its limits, and ends at once when it is told to."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from console.alerts.delivery.channel import open_channel
from console.alerts.delivery.courier import Courier, Outcome
from console.alerts.delivery.pacing import BACK_OFF_S, GIVE_UP_S, Sent
from console.config.delivery import Recipient


class Ward:
    """A courier on an injected clock, and what it reported."""

    def __init__(self, recipient: Recipient, now: float) -> None:
        self.now = now
        self.outcomes: list[Outcome] = []
        self.courier = Courier(
            recipient, open_channel(recipient), lambda: self.now, self.outcomes.append
        )

    def turn(self, after_s: float = 0.0) -> float | None:
        """One turn, some time later."""
        self.now += after_s
        return self.courier.turn(self.now)

    @property
    def problem(self) -> str | None:
        """What the user is told."""
        return self.courier.notice

    @property
    def told(self) -> list[tuple[str, list[str]]]:
        """Status and notices of what was reported."""
        return [(o.status, [notice.id for notice in o.notices]) for o in self.outcomes]


@pytest.fixture
def ward(post: SimpleNamespace, http_server: Any) -> Callable[..., Ward]:
    """Makes a courier to the server."""
    return lambda **changes: Ward(post.hook(http_server.url, **changes), post.NOW)


def test_500_and_then_200(
    post: SimpleNamespace, http_server: Any, ward: Callable[..., Ward]
) -> None:
    http_server.answers = [500, "cut", 200]
    one = ward()
    one.courier.put([post.notice()])
    again = one.turn()
    assert again == pytest.approx(one.now + BACK_OFF_S[0], rel=0.21)
    assert "r: 127.0.0.1 answers 500; 1 waiting" in (one.problem or "")
    assert one.turn(1.0) == again  # not before its time
    assert len(http_server.posts) == 1
    one.now = again or 0.0
    again = one.turn()
    assert again is not None
    assert again - one.now > BACK_OFF_S[1]
    one.now = again
    assert one.turn() == one.now
    assert one.told == [("waiting", ["n1"]), ("waiting", ["n1"]), ("sent", ["n1"])]
    assert [outcome.attempts for outcome in one.outcomes[:2]] == [1, 2]
    assert {got.headers["Idempotency-Key"] for got in http_server.posts} == {"n1"}
    assert one.problem is None
    assert one.turn() is None


def test_what_is_never_taken_is_not_tried_again(
    post: SimpleNamespace, http_server: Any, ward: Callable[..., Ward]
) -> None:
    http_server.answers = [400]
    one = ward()
    one.courier.put([post.notice()])
    one.turn()
    assert one.told == [("given up", ["n1"])]
    one.turn(3600)
    assert len(http_server.posts) == 1


def test_after_a_day_it_is_given_up(
    post: SimpleNamespace, http_server: Any, ward: Callable[..., Ward]
) -> None:
    http_server.answers = [500] * 500
    one = ward()
    one.courier.put([post.notice()])
    for _ in range(200):
        again = one.turn()
        if again is None:
            break
        one.now = max(again, one.now + 1)
    assert one.told[-1] == ("given up", ["n1"])
    assert one.now - post.NOW >= GIVE_UP_S
    assert len(http_server.posts) < 120


def test_a_server_that_asks_for_time_gets_it(
    post: SimpleNamespace, http_server: Any, ward: Callable[..., Ward]
) -> None:
    http_server.answers, http_server.headers = [429], {"Retry-After": "600"}
    one = ward()
    one.courier.put([post.notice()])
    assert one.turn() == one.now + 600


def test_what_was_sent_before_a_restart_counts(
    post: SimpleNamespace, http_server: Any, ward: Callable[..., Ward]
) -> None:
    one = ward(most=2)
    one.courier.put([post.notice()], sent=[Sent(one.now - n, critical=False) for n in (10, 20)])
    assert one.turn() == one.now - 20 + 3600
    assert http_server.posts == []


def test_a_flood_is_a_summary(
    post: SimpleNamespace, http_server: Any, ward: Callable[..., Ward]
) -> None:
    one = ward()
    one.courier.put(
        replace(post.notice(), id=f"{n:04x}", alert_id=f"a{n}", at=post.NOW - n) for n in range(50)
    )
    one.turn()
    (got,) = http_server.posts
    assert len(got.body["alerts"]) == 50
    assert [status for status, _ in one.told] == ["sent", "sent"]
    assert [outcome.counts for outcome in one.outcomes] == [True, False]
    assert one.turn() is None


def test_a_thread_sends_and_ends(
    post: SimpleNamespace, http_server: Any, ward: Callable[..., Ward]
) -> None:
    one = ward()
    one.courier.start()
    one.courier.put([post.notice()])
    _until(lambda: bool(one.outcomes))
    one.courier.put([post.notice(id="n2", alert_id="a2")])
    _until(lambda: len(one.outcomes) == 2)
    one.courier.stop()
    assert one.told == [("sent", ["n1"]), ("sent", ["n2"])]


def test_the_end_does_not_wait_for_a_server_that_hangs(
    post: SimpleNamespace, http_server: Any, ward: Callable[..., Ward]
) -> None:
    http_server.answers = ["hang"]
    one = ward(timeout_s=60.0)
    one.courier.start()
    one.courier.put([post.notice()])
    _until(lambda: bool(http_server.posts))
    began = time.monotonic()
    one.courier.stop()
    assert time.monotonic() - began < 10
    assert one.told == []  # it waits for the next start


def _until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not done():
        assert time.monotonic() < end
        time.sleep(0.005)
