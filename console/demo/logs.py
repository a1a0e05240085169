"""The log lines of a stage, and those that an incident adds to them."""

from __future__ import annotations

from console.demo.draws import Choice, Draws
from console.demo.fleet import LogFile, Model
from console.demo.incidents import Burst
from console.demo.processes import Around, Emission
from console.demo.templates import Template, Writer
from console.demo.writers import Stamp, json_line, text_line


class Logs:
    """One log file: the usual lines of a stage, at the pace of its traffic."""

    def __init__(self, around: Around, file: LogFile) -> None:
        model = around.model
        self._draws = Draws(around.seed, model.name, file.stage, "logs")
        self._every = file.every_s
        self._traffic = around.traffic()
        self._silence = around.effects.on(f"{model.name}/{file.stage}")
        self._choice = Choice([(Writer(item), item.weight) for item in file.templates])
        self._line = _Lines(model, file)
        self._next = around.start + self._draws.wait(file.every_s)

    def advance(self, until: float) -> list[Emission]:
        """Every line before `until`."""
        emissions: list[Emission] = []
        draws = self._draws
        while self._next < until:
            ts = round(self._next, 3)
            writer = self._choice.draw(draws)
            message, exception = writer.fill(draws)
            if not self._silence.silent(ts):
                emissions.append(self._line(ts, writer.template, message, exception, draws))
            self._next += draws.wait(self._every / self._traffic(ts))
        return emissions


class BurstLogs:
    """The lines that an incident adds to a log file."""

    def __init__(self, around: Around, file: LogFile, burst: Burst, place: int) -> None:
        model = around.model
        self._draws = Draws(around.seed, model.name, burst.stage, "burst", str(place))
        self._burst = burst
        self._choice = Choice([(Writer(item), item.weight) for item in burst.templates])
        self._line = _Lines(model, file)
        self._start = around.start
        self._next = burst.start + self._draws.wait(20.0 / burst.per_minute)

    def advance(self, until: float) -> list[Emission]:
        """Every line before `until`: fewer at first where the burst rises."""
        emissions: list[Emission] = []
        draws, burst = self._draws, self._burst
        while self._next < min(until, burst.end):
            ts = round(self._next, 3)
            writer = self._choice.draw(draws)
            message, exception = writer.fill(draws)
            risen = (ts - burst.start) / burst.rise_s if burst.rise_s else 1.0
            if draws.chance(min(1.0, risen)) and ts >= self._start:
                emissions.append(self._line(ts, writer.template, message, exception, draws))
            self._next += draws.wait(60.0 / burst.per_minute)
        return emissions


class _Lines:
    """Renders the lines of one log file."""

    __slots__ = ("_common", "_file", "_path", "_stamp")

    def __init__(self, model: Model, file: LogFile) -> None:
        self._file = file
        suffix = "log.jsonl" if file.layout == "json" else "log"
        self._path = f"{model.name}/{file.stage}.{suffix}"
        self._stamp = Stamp(model.clock)
        self._common: dict[str, object] = {"kind": "log"} if model.kinds else {}
        self._common |= {"model": model.name} if model.named else {}
        self._common["stage"] = file.stage

    def __call__(
        self, ts: float, template: Template, message: str, exception: str | None, draws: Draws
    ) -> Emission:
        if self._file.layout != "json":
            stamp = self._stamp.text(ts + self._file.zone_s, " ", ",")
            data = text_line(self._file.layout, stamp, template, message, exception)
            return ts, self._path, data
        record: dict[str, object] = {
            "ts": self._stamp(ts),
            **self._common,
            "level": template.level,
            "logger": template.logger,
            "message": message,
            "thread": f"worker-{draws.whole(1, 6)}",
            "trace_id": f"{int(draws.uniform() * 16**8):08x}",
        }
        if exception:
            record["exception"] = exception
        return ts, self._path, json_line(record)
