"""The outbox in its store: nothing is lost, nothing doubled, and no secret is anywhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from console.alerts.alert import Alert
from console.alerts.delivery.channel import Channel, DeliveryError
from console.alerts.delivery.notice import Message
from console.alerts.delivery.pacing import Manner
from console.config.delivery import Recipient
from console.config.settings import Settings
from console.engine.outbox import Outbox
from console.store.database import Store

NOW = 1_780_000_000.0
SETTINGS = Settings(recipients=(Recipient(name="r", kind="webhook", url="http://x/"),))


def alert(identity: str = "a1", **changes: object) -> Alert:
    """An alert that is open."""
    made = Alert(
        id=identity,
        fingerprint=f"f-{identity}",
        severity="warning",
        state="open",
        trigger="unexpected",
        model="fraud",
        stage="serving",
        version=None,
        series="latency",
        detector="anomaly",
        started_at=NOW - 60,
        opened_at=NOW - 30,
        updated_at=NOW,
        ended_at=None,
        title="latency up",
        what="",
        where="",
        when="",
        impact="",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


class Memory:
    """A channel that remembers, and fails or hangs as it is told."""

    manner = Manner()

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.failing = False
        self.held = threading.Event()
        self.held.set()
        self.entered = threading.Event()

    def send(self, message: Message) -> None:
        """Takes it."""
        self.entered.set()
        self.held.wait(20)
        if self.failing:
            raise DeliveryError("it does not want to")
        self.messages.append(message)

    def abort(self) -> None:
        """Lets go."""
        self.failing = True
        self.held.set()

    @property
    def reasons(self) -> list[str]:
        """What was said."""
        return [notice.reason for message in self.messages for notice in message.notices]


class House:
    """A store, and an outbox on it that can be started anew."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.channel = Memory()
        self.now = NOW
        self.store = Store.open(path, lambda: self.now)
        self.outbox = self._outbox()

    def _outbox(self) -> Outbox:
        def opened(_: Recipient) -> Channel:
            return self.channel

        return Outbox(SETTINGS, self.store, lambda: self.now, open_channel=opened)

    def look(self, *inbox: Alert, live: bool = True) -> None:
        """The engine's turn."""
        self.now += 1
        self.outbox.turn(lambda _: inbox, changed=True, live=live)

    def until(self, done: Callable[[], bool]) -> None:
        """Lets the courier go on."""
        end = time.monotonic() + 20
        while not done():
            assert time.monotonic() < end
            time.sleep(0.005)

    def settled(self) -> None:
        """Waits until nothing waits any more."""

        def done() -> bool:
            self.outbox.turn(lambda _: (), changed=False, live=False)
            rows = self.store.reader().notices(0.0)
            return all(row.status != "waiting" for row in rows)

        self.until(done)

    def restart(self, *, killed: bool = False) -> None:
        """A new process; `killed`: the old one could not write what it knew."""
        if killed:
            for courier in self.outbox._couriers.values():
                courier.stop()
        else:
            self.outbox.__exit__(None, None, None)
        self.store.close()
        self.channel.failing = False
        self.store = Store.open(self.path, lambda: self.now)
        self.outbox = self._outbox()

    def close(self) -> None:
        """The end."""
        self.outbox.__exit__(None, None, None)
        self.store.close()


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A store in a file."""
    return House(tmp_path / "s.duckdb")


def test_an_alert_is_told_once_and_so_is_its_end(house: House) -> None:
    house.look(alert())
    house.until(lambda: house.channel.reasons == ["new"])
    house.look(alert())
    house.look(alert(severity="critical"))
    house.until(lambda: house.channel.reasons == ["new", "worse"])
    house.look(alert(severity="critical", state="resolved"))
    house.until(lambda: house.channel.reasons == ["new", "worse", "resolved"])
    house.settled()
    house.restart()
    house.look(alert(severity="critical", state="resolved"))
    house.close()
    assert house.channel.reasons == ["new", "worse", "resolved"]
    assert len({message.notices[0].thread for message in house.channel.messages}) == 1


def test_nothing_is_told_of_history(house: House) -> None:
    house.look(alert(), live=False)
    house.close()
    assert house.channel.messages == []


def test_what_happened_while_nobody_was_there_is_told_afterwards(house: House) -> None:
    house.look(alert("a1"), alert("a2"))
    house.until(lambda: house.channel.reasons == ["new", "new"])
    house.restart()
    house.look(alert("a1", state="resolved"), alert("a2"), alert("a3"), alert("a4", state="noise"))
    house.until(lambda: len(house.channel.reasons) == 4)
    house.close()
    assert sorted(house.channel.reasons[2:]) == ["new", "resolved"]


def test_what_waits_survives_the_end_of_the_process(house: House) -> None:
    house.channel.failing = True
    house.look(alert())
    house.until(lambda: house.outbox.notices != ())
    assert house.outbox.notices == ("r: it does not want to; 1 waiting",)
    house.look(alert())
    (row,) = house.store.reader().notices(0.0)
    assert (row.status, row.attempts, row.problem) == ("waiting", 1, "it does not want to")
    house.restart()
    house.until(lambda: house.channel.reasons == ["new"])
    house.settled()
    house.close()


@pytest.mark.parametrize("killed", [False, True])
def test_only_a_message_on_its_way_can_come_twice_and_by_the_same_key(
    house: House, *, killed: bool
) -> None:
    house.look(alert())
    house.until(lambda: house.channel.reasons == ["new"])
    house.restart(killed=killed)
    if killed:
        house.until(lambda: house.channel.reasons == ["new", "new"])
    house.settled()
    house.look(alert())
    house.close()
    assert len(house.channel.messages) == 1 + killed
    assert len({message.key for message in house.channel.messages}) == 1


def test_killed_between_the_decision_and_its_row_it_decides_the_same(tmp_path: Path) -> None:
    keys = []
    for name in ("one", "other"):
        house = House(tmp_path / f"{name}.duckdb")
        house.now += 17 if name == "other" else 0
        house.look(alert())
        house.until(lambda house=house: house.channel.reasons == ["new"])  # type: ignore[misc]
        house.close()
        keys.append(house.channel.messages[0].key)
    assert keys[0] == keys[1]


def test_the_engine_never_waits_for_a_server(house: House) -> None:
    house.channel.held.clear()
    house.look(alert())
    assert house.channel.entered.wait(20)
    began = time.monotonic()
    for number in range(5):
        house.look(alert(), alert(f"b{number}"))
    assert time.monotonic() - began < 10
    house.channel.held.set()
    house.settled()
    house.close()


def test_a_recipient_who_is_gone_from_the_settings_is_left_alone(house: House) -> None:
    house.channel.failing = True
    house.look(alert())
    house.until(lambda: house.outbox.notices != ())
    house.outbox.__exit__(None, None, None)
    with Outbox(Settings(), house.store, lambda: house.now) as nobody:
        nobody.turn(lambda _: [alert()], changed=True, live=True)
        assert nobody.notices == ()
    house.store.close()


def test_what_is_long_over_is_forgotten_and_what_waits_is_not(house: House) -> None:
    house.look(alert("a1"))
    house.until(lambda: house.channel.reasons == ["new"])
    house.look(alert("a1", state="resolved"))
    house.until(lambda: house.channel.reasons == ["new", "resolved"])
    house.settled()
    assert len(house.store.reader().notices(0.0)) == 2
    house.now += 31 * 86400
    house.look(alert("b", opened_at=house.now))
    house.until(lambda: len(house.channel.reasons) == 3)
    house.settled()
    assert {row.alert_id for row in house.store.reader().notices(0.0)} == {"b"}
    house.close()
