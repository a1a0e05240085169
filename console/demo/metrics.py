"""The metrics of a stage, with the nuisances of real ones: late, twice or missing."""

from __future__ import annotations

import math

from console.demo.draws import Draws
from console.demo.effects import Influence
from console.demo.fleet import Metric, MetricFile
from console.demo.processes import Around, Emission
from console.demo.writers import Stamp, json_line


class _Level:
    """One metric: autocorrelated noise, traffic, effects."""

    __slots__ = ("_influence", "_metric", "_noise", "_state")

    _MEMORY = 0.3

    def __init__(self, metric: Metric, influence: Influence, draws: Draws) -> None:
        self._metric = metric
        self._influence = influence
        self._noise = metric.noise * math.sqrt(1.0 - self._MEMORY**2)
        self._state = draws.normal(0.0, metric.noise)

    def next(self, ts: float, busy: float, draws: Draws) -> float:
        metric = self._metric
        self._state = self._MEMORY * self._state + draws.normal(0.0, self._noise)
        value = metric.base * (1.0 + self._state) * (1.0 + metric.traffic * (busy - 1.0))
        value = self._influence.apply(value, ts)
        return round(min(metric.high, max(metric.low, value)), metric.digits)


class Metrics:
    """One file of metrics of one stage (and one client): now and then late, twice or missing."""

    def __init__(self, around: Around, file: MetricFile, client: str | None) -> None:
        model, effects = around.model, around.effects
        self._draws = Draws(
            around.seed, model.name, file.stage, str(file.every_s), client or "metrics"
        )
        self._file = file
        self._path = f"{model.name}/{file.stage}.metrics.jsonl"
        self._stamp = Stamp(model.clock)
        self._versions = around.versions if file.stage == "serving" else None
        self._traffic = around.traffic()
        self._silence = effects.on(f"{model.name}/{file.stage}")
        suffix = f"{{{client}}}" if client else ""
        self._levels = [
            (
                metric.name,
                _Level(
                    metric,
                    effects.on(f"{model.name}/{file.stage}/{metric.name}{suffix}"),
                    self._draws,
                ),
            )
            for metric in file.metrics
        ]
        self._common: dict[str, object] = {"kind": "metric"} if model.kinds else {}
        self._common |= {"model": model.name} if model.named else {}
        self._common["stage"] = file.stage
        if client:
            self._common["tags"] = {"client": client}
        self._first = around.start + round(self._draws.between(0.0, 0.2) * file.every_s, 3)
        self._count = 0

    def advance(self, until: float) -> list[Emission]:
        """Every record of the cadence before `until`."""
        emissions: list[Emission] = []
        while (ts := self._first + self._count * self._file.every_s) < until:
            self._count += 1
            busy = self._traffic(ts)
            values = {name: level.next(ts, busy, self._draws) for name, level in self._levels}
            arrival = ts + self._draws.between(0.05, 0.6)
            fate = self._draws.uniform()
            if self._silence.silent(ts) or fate < 0.001:
                continue
            if fate > 0.9985:
                arrival += self._draws.between(180.0, 1500.0)
            data = self._bytes(ts, values)
            emissions.append((arrival, self._path, data))
            if fate > 0.997 and fate < 0.998:
                emissions.append((arrival + self._draws.between(0.0, 5.0), self._path, data))
        return emissions

    def _bytes(self, ts: float, values: dict[str, float]) -> bytes:
        record: dict[str, object] = {"ts": self._stamp(ts), **self._common}
        if self._versions:
            record["version"] = self._versions(ts)
        if self._file.packed:
            return json_line({**record, "metrics": values})
        return b"".join(
            json_line({**record, "name": name, "value": value}) for name, value in values.items()
        )
