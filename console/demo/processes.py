"""What runs: each process writes its records in event time, whatever the steps are cut like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from console.demo.draws import Draws
from console.demo.effects import Effects, Traffic
from console.demo.fleet import Model
from console.demo.incidents import MarkedEvent
from console.demo.writers import Stamp, json_line

Emission = tuple[float, str, bytes]
"""When a record reaches which file, and its bytes."""


class Process(Protocol):
    """Something that writes."""

    def advance(self, until: float) -> list[Emission]:
        """All records of event times before `until` that were not told yet; each comes once.

        They may reach their file later than `until`, never before their event time.
        """
        ...


class Versions:
    """Which version of a model runs when."""

    __slots__ = ("_first", "_later")

    def __init__(self, model: Model, events: Sequence[MarkedEvent]) -> None:
        self._first = model.version
        self._later = [
            (event.ts, event.version)
            for event in events
            if event.model == model.name and event.version
        ]

    def __call__(self, ts: float) -> str:
        """The version at a time."""
        version = self._first
        for since, name in self._later:
            if since > ts:
                break
            version = name
        return version


@dataclass(frozen=True, slots=True)
class Around:
    """What the processes of one model share."""

    model: Model
    effects: Effects
    versions: Versions
    seed: int
    start: float
    peak_s: float
    """Seconds after 00:00 UTC at which the model is busiest."""

    def traffic(self) -> Traffic:
        """How busy the model is; every process has one of its own."""
        influence = self.effects.on(f"{self.model.name}/traffic")
        return Traffic(self.model.swing, self.peak_s, influence)


class Events:
    """The marked events of one model, or of the whole company."""

    def __init__(self, model: Model | None, events: Sequence[MarkedEvent]) -> None:
        self._model = model
        name = model.name if model else None
        self._left = [event for event in events if event.model == name][::-1]
        self._path = f"{name}/events.jsonl" if name else "events.jsonl"
        self._stamp = Stamp(model.clock if model else "iso")

    def advance(self, until: float) -> list[Emission]:
        """Every event before `until`."""
        emissions: list[Emission] = []
        while self._left and self._left[-1].ts < until:
            event = self._left.pop()
            record: dict[str, object] = {"ts": self._stamp(event.ts)}
            if self._model is None or self._model.kinds:
                record["kind"] = "event"
            optional = {"model": event.model, "stage": event.stage, "version": event.version}
            record |= {key: value for key, value in optional.items() if value}
            record |= {"type": event.type, "title": event.title, "id": event.id}
            record["planned"] = event.planned
            if event.end_ts is not None:
                record["end_ts"] = self._stamp(event.end_ts)
            emissions.append((event.ts, self._path, json_line(record)))
        return emissions


class Garbage:
    """What a full disk and a killed writer leave behind: lines that nothing can decode."""

    def __init__(self, around: Around, name: str, mean_s: float) -> None:
        model = around.model
        self._draws = Draws(around.seed, model.name, name, "garbage")
        self._path = f"{model.name}/{name}"
        self._mean = mean_s
        self._next = around.start + self._draws.wait(mean_s)
        self._cut = json_line({"ts": 0, "model": model.name, "stage": "serving", "metrics": {}})

    def advance(self, until: float) -> list[Emission]:
        """Every broken line before `until`."""
        emissions: list[Emission] = []
        while self._next < until:
            broken = self._draws.pick(
                (
                    self._cut[: self._draws.whole(12, 40)] + b"\n",
                    b'{"ts":"\xff\xfe\x00\x81","metrics":{\n',
                    b"write error: No space left on device\n",
                )
            )
            emissions.append((self._next, self._path, broken))
            self._next += self._draws.wait(self._mean)
        return emissions
