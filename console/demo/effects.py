"""What an incident does to one target, and when: the only way in which incidents touch data."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from console.records.clock import DAY

How = Literal["scale", "shift", "null", "silence"]


@dataclass(frozen=True, slots=True)
class Effect:
    """A change of one target: it rises linearly (to the power) from `start`, falls from `end`.

    Targets are `model/stage/metric`, `model/stage/metric{client}`, `model/features/name!` for a
    feature of the predictions, `model/stage` for all that a stage writes and `model/traffic`.
    """

    target: str
    how: How
    size: float
    """Factor of `scale`, summand of `shift`, share of nulls of `null`; `silence` has none."""
    start: float
    end: float
    rise_s: float = 0.0
    fall_s: float = 0.0
    power: float = 1.0

    def strength(self, ts: float) -> float:
        """Share of the full size at a time, 0 to 1."""
        if ts < self.start or ts >= self.end + self.fall_s:
            return 0.0
        risen = (ts - self.start) / self.rise_s if self.rise_s else 1.0
        if ts >= self.end:
            risen = min(1.0, (self.end - self.start) / self.rise_s) if self.rise_s else 1.0
            return float(risen**self.power) * (1.0 - (ts - self.end) / self.fall_s)
        return float(min(1.0, risen) ** self.power)


class Influence:
    """The effects on one target, asked for at times that never go back."""

    __slots__ = ("_effects", "_next")

    def __init__(self, effects: Iterable[Effect]) -> None:
        self._effects = sorted(effects, key=lambda effect: effect.start, reverse=True)
        self._next: list[Effect] = []

    def _active(self, ts: float) -> list[Effect]:
        while self._effects and self._effects[-1].start <= ts:
            self._next.append(self._effects.pop())
        if self._next and any(effect.end + effect.fall_s <= ts for effect in self._next):
            self._next = [effect for effect in self._next if effect.end + effect.fall_s > ts]
        return self._next

    def apply(self, value: float, ts: float) -> float:
        """The value with every factor and summand of its time."""
        for effect in self._active(ts):
            strength = effect.strength(ts)
            if effect.how == "scale":
                value *= 1.0 + (effect.size - 1.0) * strength
            elif effect.how == "shift":
                value += effect.size * strength
        return value

    def null_share(self, ts: float) -> float:
        """Share of values that are lost."""
        return max(
            (
                effect.size * effect.strength(ts)
                for effect in self._active(ts)
                if effect.how == "null"
            ),
            default=0.0,
        )

    def silent(self, ts: float) -> bool:
        """Whether nothing is written."""
        return any(effect.how == "silence" for effect in self._active(ts))


class Effects:
    """All effects of a plan, by target."""

    def __init__(self, effects: Sequence[Effect]) -> None:
        self._by_target: dict[str, list[Effect]] = {}
        for effect in effects:
            self._by_target.setdefault(effect.target, []).append(effect)

    def on(self, target: str) -> Influence:
        """A fresh influence on one target."""
        return Influence(self._by_target.get(target, ()))


class Traffic:
    """How busy a model is: a daily wave round 1, times what campaigns do to it."""

    __slots__ = ("_influence", "_peak", "_swing")

    def __init__(self, swing: float, peak_s: float, influence: Influence) -> None:
        self._swing = swing
        self._peak = peak_s
        self._influence = influence

    def __call__(self, ts: float) -> float:
        """Factor of the mean rate."""
        phase = 2.0 * math.pi * (ts - self._peak) / DAY
        wave = math.cos(phase) + 0.25 * math.cos(2.0 * phase)
        return self._influence.apply(max(0.15, 1.0 + self._swing * wave), ts)
