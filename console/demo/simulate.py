"""The fleet as one process: history in one go, the present step by step, the same bytes."""

from __future__ import annotations

import csv
import io
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from console.demo.draws import Draws
from console.demo.effects import Effects
from console.demo.fleet import LogFile, Model
from console.demo.incidents import Incident, Plan
from console.demo.logs import BurstLogs, Logs
from console.demo.metrics import Metrics
from console.demo.predictions import Predictions
from console.demo.processes import Around, Events, Garbage, Process, Versions
from console.demo.writers import Folder
from console.records.clock import HOUR

REFERENCE_ROWS = 1500
GARBAGE_MEAN_S = 28.0 * HOUR
"""Mean time between two broken lines of a file."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What was written, and what happened in it."""

    start: float
    end: float
    incidents: tuple[Incident, ...]
    """Those that begin before `end`, in order."""
    lines: dict[str, int]
    """Lines of every file, by its path in the folder."""
    rejects: int
    """How many of them nothing can decode."""


class Simulation:
    """A fleet that writes into a folder. Equal arguments give equal bytes.

    How the time is cut into steps makes no difference: every process draws from a stream of its
    own, and records reach a file in the order in which they are due there.
    """

    def __init__(
        self,
        out: Path,
        *,
        seed: int,
        start: float,
        fleet: Sequence[Model],
        plan: Plan,
        peak_s: float = 14.0 * HOUR,
    ) -> None:
        """Prepares a fleet that begins at `start`, with its busiest time `peak_s` after 00:00.

        Raises FileExistsError unless the folder is new or empty.
        """
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise FileExistsError(f"{out} is not empty: give a new folder")
        self._start = start
        self._until = start
        self._plan = plan
        self._folder = Folder(out)
        self._processes = list(_processes(seed, start, fleet, plan, peak_s))
        self._broken = {
            place for place, process in enumerate(self._processes) if isinstance(process, Garbage)
        }
        self._rejects = 0
        self._told = [0] * len(self._processes)
        self._pending: dict[str, list[tuple[float, int, int, bytes]]] = {}
        for model in fleet:
            if model.reference:
                self._folder.append(f"{model.name}/reference.csv", [_reference(model, seed)])

    def step(self, until: float) -> int:
        """Appends all records due before `until`, whole lines only; returns their number."""
        if until <= self._until:
            return 0
        self._until = until
        touched = set()
        for place, process in enumerate(self._processes):
            for due, name, data in process.advance(until):
                self._told[place] += 1
                entry = (due, place, self._told[place], data)
                self._pending.setdefault(name, []).append(entry)
                touched.add(name)
        written = 0
        for name, waiting in self._pending.items():
            if name in touched:
                waiting.sort()
            count = bisect_left(waiting, (until,))
            if count:
                self._folder.append(name, [entry[3] for entry in waiting[:count]])
                self._rejects += sum(entry[1] in self._broken for entry in waiting[:count])
                del waiting[:count]
                written += count
        return written

    def truth(self) -> Truth:
        """What was written so far."""
        begun = [item for item in self._plan.incidents if item.start < self._until]
        return Truth(
            self._start,
            self._until,
            tuple(sorted(begun, key=lambda item: (item.start, item.id))),
            dict(sorted(self._folder.lines.items())),
            self._rejects,
        )


def generate(
    out: Path, *, seed: int, start: float, end: float, fleet: Sequence[Model], plan: Plan
) -> Truth:
    """Writes what the fleet would write from `start` to `end` into a folder."""
    simulation = Simulation(out, seed=seed, start=start, fleet=fleet, plan=plan)
    simulation.step(end)
    return simulation.truth()


def _processes(
    seed: int, start: float, fleet: Sequence[Model], plan: Plan, peak_s: float
) -> Iterator[Process]:
    effects, marked = Effects(plan.effects()), plan.marked()
    logs: dict[tuple[str, str], tuple[Around, LogFile]] = {}
    told = [event for event in marked if event.ts >= start]
    yield Events(None, told)
    for model in fleet:
        yield Events(model, told)
        around = Around(model, effects, Versions(model, marked), seed, start, peak_s)
        for metrics in model.metrics:
            for client in metrics.clients or (None,):
                yield Metrics(around, metrics, client)
        for log in model.logs:
            logs[model.name, log.stage] = (around, log)
            yield Logs(around, log)
        yield Predictions(around)
        yield Garbage(around, "serving.metrics.jsonl", GARBAGE_MEAN_S)
    for place, burst in enumerate(plan.bursts()):
        yield BurstLogs(*logs[burst.model, burst.stage], burst, place)


def _reference(model: Model, seed: int) -> bytes:
    """CSV of features, prediction, score and label of cases like those of the quiet days."""
    world, draws = model.world(), Draws(seed, model.name, "reference")
    rows = []
    for _ in range(REFERENCE_ROWS):
        features, truth = world.draw(draws)
        answer = world.predict(features)
        rows.append({**features, **answer, "label": truth})
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    return text.getvalue().encode()


def _cell(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value
