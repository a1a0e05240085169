"""The fleet of the `demo` command: a day of history that ends now, and goes on in real time."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

from console.demo.console_toml import RULES, console_toml
from console.demo.incidents import (
    Incident,
    Plan,
    bad_deploy,
    campaign,
    client_fails,
    drift,
    leak,
    lost_column,
    new_error,
    silence,
)
from console.demo.models import card_fraud, churn, delivery_time, ticket_router
from console.demo.simulate import Simulation, Truth
from console.records.clock import DAY, HOUR, MINUTE, Clock

HISTORY_S = 24.0 * HOUR
AHEAD_S = 48.0 * HOUR
"""Incidents are planned so far ahead."""
STEP_S = 0.25
BETWEEN_S = 3.5 * MINUTE
"""Time from one new incident to the next."""
_LASTS_S = 9.0 * MINUTE

FLEET = tuple(
    model.paced(metrics_s=30.0, predict_s=12.0, log_s=9.0)
    for model in (card_fraud.MODEL, churn.MODEL, delivery_time.MODEL, ticket_router.MODEL)
)
_WINDOWS = """\
[console]
window = "30s"
prediction_window = "5m"
lateness = "5s"
"""
_HEAD = """\
A fleet of four models that writes on while you look. It is simulated: nothing here is real,
and the folder goes when the demo ends."""


def live_plan(now: float) -> Plan:
    """What happened in the last hours, what is open now, and a new incident every few minutes."""
    past = [
        campaign("live-campaign", "delivery-time", now - 9.0 * HOUR, now - 7.0 * HOUR),
        drift("live-drift", now - 8.0 * HOUR, now + AHEAD_S, 5.0 * HOUR),
        leak("live-leak", "ticket-router", now - 6.0 * HOUR, now - 4.0 * HOUR),
        client_fails("live-client", now - 2.5 * HOUR, now - 1.75 * HOUR),
        lost_column("live-column", "delivery-time", now - 50.0 * MINUTE, now + 7.0 * MINUTE, 0.3),
        bad_deploy(
            "live-deploy",
            "card-fraud",
            now - 1.5 * MINUTE,
            now + 7.0 * MINUTE,
            old="v11",
            new="v12",
        ),
    ]
    count = int(AHEAD_S / BETWEEN_S)
    coming = [_next(turn, now + MINUTE + turn * BETWEEN_S) for turn in range(count)]
    return Plan((*past, *coming))


def _next(turn: int, start: float) -> Incident:
    """The incident of one turn. No model has two at once: it comes round every fourth turn."""
    end, id_ = start + _LASTS_S, f"live-{turn + 1}"
    match turn % 8:
        case 0:
            incident = client_fails(id_, start, end)
        case 1:
            incident = new_error(id_, "churn", start, end)
        case 2:
            incident = silence(id_, "card-fraud", "features", start, end)
        case 3:
            incident = new_error(id_, "delivery-time", start, end)
        case 4:
            incident = leak(id_, "ticket-router", start, end)
        case 5:
            incident = lost_column(id_, "churn", start, end, pace=0.1)
        case 6:
            version = f"v{13 + turn // 8}"
            incident = bad_deploy(id_, "card-fraud", start, end, old="v11", new=version)
        case _:
            incident = lost_column(id_, "delivery-time", start, end, pace=0.1)
    return incident


class LiveFleet:
    """A simulated fleet that writes into a folder until it is stopped.

    `prepare` writes the history and console.toml; `start` does so too if need be, and then
    appends in a thread what falls due, whole lines only. It is always the afternoon there, so
    that there is traffic to see.
    """

    def __init__(
        self, folder: Path, clock: Clock, *, seed: int = 7, history_s: float = HISTORY_S
    ) -> None:
        """Takes a folder that is empty or does not exist yet."""
        self.folder = folder
        self.failure: OSError | None = None
        """Why the fleet had to stop by itself: a full disk, say."""
        self._clock = clock
        self._seed = seed
        self._history = history_s
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._simulation: Simulation | None = None

    def prepare(self) -> Simulation:
        """Writes the history up to now, once. Raises OSError, if the folder is not empty too."""
        if self._simulation is None:
            now = self._clock()
            self._simulation = Simulation(
                self.folder,
                seed=self._seed,
                start=now - self._history,
                fleet=FLEET,
                plan=live_plan(now),
                peak_s=(now + HOUR) % DAY,
            )
            self._simulation.step(now)
            rules = [replace(rule, hold="2m") for rule in RULES]
            settings = console_toml(FLEET, _HEAD, _WINDOWS, rules)
            (self.folder / "console.toml").write_bytes(settings.encode())
        return self._simulation

    def start(self) -> None:
        """Begins to write in real time. Raises OSError if the history cannot be written."""
        simulation = self.prepare()
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._run, args=(simulation,), name="demo-fleet", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """Ends the writing and joins the thread; the files stay as they are."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def truth(self) -> Truth:
        """What was written so far."""
        return self.prepare().truth()

    def _run(self, simulation: Simulation) -> None:
        try:
            while not self._stopped.wait(STEP_S):
                simulation.step(self._clock())
        except OSError as error:
            self.failure = error
