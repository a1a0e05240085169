"""The predictions of a model, and their labels hours later."""

from __future__ import annotations

from console.demo.draws import Draws
from console.demo.effects import Influence
from console.demo.fleet import Value
from console.demo.processes import Around, Emission
from console.demo.writers import Stamp, json_line
from console.records.clock import HOUR


class Predictions:
    """The predictions of a model as its traffic goes, and their labels hours later."""

    def __init__(self, around: Around) -> None:
        model, effects = around.model, around.effects
        self._draws = Draws(around.seed, model.name, "predictions")
        self._model = model
        self._world = model.world()
        self._traffic = around.traffic()
        self._versions = around.versions
        self._stamp = Stamp(model.clock)
        names = self._world.draw(Draws(around.seed, "names"))[0]
        self._influences = [(name, effects.on(f"{model.name}/features/{name}!")) for name in names]
        self._next = around.start + self._draws.wait(model.predict_every_s)
        self._count = 0

    def advance(self, until: float) -> list[Emission]:
        """Every prediction before `until`, with its label if it will get one."""
        emissions: list[Emission] = []
        while self._next < until:
            ts = round(self._next, 3)
            emissions += self._case(ts)
            self._next += self._draws.wait(self._model.predict_every_s / self._traffic(ts))
        return emissions

    def _case(self, ts: float) -> list[Emission]:
        model, draws = self._model, self._draws
        self._count += 1
        id_ = f"{model.prefix}-{self._count:06d}"
        features, truth = self._world.draw(draws)
        for name, influence in self._influences:
            features[name] = _seen(features[name], influence, ts, draws)
        record = self._record(ts, "prediction")
        record |= {"version": self._versions(ts), "id": id_}
        record |= {"features": features, **self._world.predict(features)}
        if model.channels:
            record["tags"] = {"channel": draws.pick(model.channels)}
        emissions = [(ts, f"{model.name}/predictions.jsonl", json_line(record))]
        known = ts + round(draws.between(*model.label_delay_h) * HOUR, 3)
        if draws.chance(model.label_share):
            label = {**self._record(known, "label"), "id": id_, "label": truth}
            emissions.append((known, f"{model.name}/labels.jsonl", json_line(label)))
        return emissions

    def _record(self, ts: float, kind: str) -> dict[str, object]:
        record: dict[str, object] = {"ts": self._stamp(ts)}
        if self._model.kinds:
            record["kind"] = kind
        if self._model.named:
            record["model"] = self._model.name
        return record


def _seen(value: Value, influence: Influence, ts: float, draws: Draws) -> Value:
    """A feature as the model gets to see it."""
    share = influence.null_share(ts)
    if share and draws.chance(share):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    changed = influence.apply(value, ts)
    if changed == value:
        return value
    if isinstance(value, int):
        return int(changed + draws.uniform())
    return round(changed, 3)
