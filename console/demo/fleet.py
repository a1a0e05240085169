"""What a model of the fleet is made of: its stages, metrics, logs, predictions and clocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from console.demo.draws import Draws
from console.demo.templates import Template

Value = float | int | str | bool | None
Features = dict[str, Value]
ClockStyle = Literal["iso", "offset", "plain", "millis"]
"""How JSON records tell the time: `...Z`, `...+01:00`, without a zone (UTC), epoch milliseconds."""
Layout = Literal["json", "colon", "dash"]
"""How logs are written: JSON Lines, or one of two layouts of Python logging."""


class World(Protocol):
    """What happens outside, and how the model sees it."""

    def draw(self, draws: Draws) -> tuple[Features, Value]:
        """True features of one case, and its true outcome."""
        ...

    def predict(self, features: Features) -> dict[str, object]:
        """`prediction` with `score` or `scores`, from the features as the model sees them."""
        ...


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: a level with autocorrelated noise round it."""

    name: str
    base: float
    noise: float
    """Standard deviation, relative to the base."""
    traffic: float = 0.0
    """How far it follows traffic: 1 in proportion, 0 not at all."""
    digits: int = 1
    low: float = 0.0
    high: float = float("inf")


@dataclass(frozen=True, slots=True)
class MetricFile:
    """What one stage records at one cadence."""

    stage: str
    every_s: float
    metrics: tuple[Metric, ...]
    packed: bool = True
    """Several metrics in one record, in `metrics`."""
    clients: tuple[str, ...] = ()
    """One record a client, tagged with it, instead of one for all."""


@dataclass(frozen=True, slots=True)
class LogFile:
    """What one stage logs."""

    stage: str
    layout: Layout
    every_s: float
    """Mean time between two lines at mean traffic."""
    templates: tuple[Template, ...]
    zone: str | None = None
    """IANA name of the zone of its times, for text; None is UTC."""
    zone_s: float = 0.0
    """Seconds by which that zone is ahead of UTC."""


@dataclass(frozen=True, slots=True)
class Model:
    """One model of the fleet."""

    name: str
    prefix: str
    """Of the ids of its predictions."""
    version: str
    clock: ClockStyle
    kinds: bool
    """Whether records say their `kind`."""
    named: bool
    """Whether records say their model; else the source does in console.toml."""
    stages: tuple[str, ...]
    metrics: tuple[MetricFile, ...]
    logs: tuple[LogFile, ...]
    world: Callable[[], World]
    predict_every_s: float
    label_share: float
    label_delay_h: tuple[float, float]
    owner: str
    tier: int
    swing: float
    """Of daily traffic: 0.4 for a peak of 1.5 and a night of 0.7 times the mean."""
    runbook: str
    positive: str | None = None
    reference: bool = False
    channels: tuple[str, ...] = ()
    """Values of the tag `channel` of its predictions."""

    def paced(self, metrics_s: float, predict_s: float, log_s: float) -> Model:
        """The same model at another pace: every metric at one cadence, logs and predictions too."""
        return replace(
            self,
            metrics=tuple(replace(file, every_s=metrics_s) for file in self.metrics),
            logs=tuple(replace(file, every_s=log_s, zone=None, zone_s=0.0) for file in self.logs),
            predict_every_s=predict_s,
        )
