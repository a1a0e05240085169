"""What one user's acts teach the rank: a thin deviation from the prior, learned example by example.

A Bayesian logistic model around the prior of `prior.py` (online Laplace after Chapelle and Li,
NIPS 2011; diagonal precision): for an example of weight kappa with features x and outcome y,

    p = sigmoid(prior + deviation . x) after the step
    deviation_j += kappa (y - p) x_j / precision_j
    precision_j += kappa p (1 - p) x_j^2

The step is the exact maximum of prior times likelihood (p is that after the step), so that one
strong mark on a new user cannot overshoot. What is learned fades toward the prior with a half-life
of 45 days. The state is a pure fold over examples in their order: the same examples give the same
bits, and a mark that is undone is an example that never was.

Two things keep learning from doing harm. A gate compares, on the last 100 examples and before each
was learned, the loss of the learned deviation with that of the prior with nothing but its level
fitted; if the deviation does worse by more than a standard error, the prior alone is used. And when
the outcomes of one detector's alerts become surprising, its weight is freed to move again.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from console.alerts.prior import NAMES, Topic, prior_logit, sigmoid
from console.records.clock import DAY, HOUR

HALF_LIFE_S = 45 * DAY
FORGET_STEP_S = HOUR
"""Forgetting is applied in steps of at least this: finer ones change nothing but the cost."""
CLIP = 2.5
"""Most that the deviation moves a score, either way."""
LEVEL_VARIANCE, DENSE_VARIANCE, DETECTOR_VARIANCE, MODEL_VARIANCE = 1.0, 0.25, 1.0, 0.7
CROSS_VARIANCE = 0.2
CROSS_FROM = 300
"""Examples after which a detector may weigh differently from model to model."""
GATE_LAST, GATE_LEAST = 100, 20
"""Examples that the gate looks back on, and how many it needs to judge."""
SHIFT_SLACK, SHIFT_LIMIT, SHIFT_MOST = 0.5, 8.0, 3.0
"""Cumulative surprise of a detector's outcomes: slack and limit in standard deviations of the loss
that the model itself expects, and the most that one example adds."""
_LEAST_LOSS_VARIANCE = 0.05
_MOST_STEPS, _SETTLED = 40, 1e-10

Gate = Literal["open", "waiting", "closed"]
Key = tuple[str, ...]
"""Names a learned indicator: ("detector", d), ("model", m) or ("cross", d, m)."""


@dataclass(frozen=True, slots=True)
class Example:
    """One alert that the user took a look at, and what came of it."""

    ts: float
    topic: Topic
    useful: float
    """1: worth acting on, 0: not; between: opened and left."""
    weight: float
    """Kappa: how much it says."""


@dataclass(frozen=True, slots=True)
class Leaning:
    """What was learned about one detector, model, or detector of a model."""

    weight: float
    useful: int
    seen: int


@dataclass(frozen=True)
class Taste:
    """A user's deviation from the prior; all zero unless the gate is open."""

    level: float = 0.0
    """How much more than the prior says he acts at all: the same for every alert."""
    dense: tuple[float, ...] = (0.0,) * len(NAMES)
    leanings: Mapping[Key, Leaning] = field(default_factory=dict)
    examples: int = 0
    gate: Gate = "waiting"
    """`waiting`: nothing learned, or one kind of outcome only; `closed`: learning does harm."""


PLAIN = Taste()
"""The prior alone."""


def keys_of(topic: Topic) -> tuple[Key, ...]:
    """The indicators of a topic."""
    if topic.model is None:
        return (("detector", topic.detector),)
    return (
        ("detector", topic.detector),
        ("model", topic.model),
        ("cross", topic.detector, topic.model),
    )


def learn(examples: Iterable[Example], now: float | None = None) -> Taste:
    """The fold of one user's examples, oldest first; what has faded until `now` is forgotten."""
    learner = Learner()
    for example in examples:
        learner.learn(example)
    return learner.taste(now)


_VARIANCES = {"detector": DETECTOR_VARIANCE, "model": MODEL_VARIANCE, "cross": CROSS_VARIANCE}
_FIRST_KEY = 1 + len(NAMES)


class Learner:
    """The fold itself, one example at a time."""

    def __init__(self) -> None:
        self._index: dict[Key, int] = {}
        self._born = [1.0 / LEVEL_VARIANCE, *([1.0 / DENSE_VARIANCE] * len(NAMES))]
        self._precision = list(self._born)
        self._weights = [0.0] * _FIRST_KEY
        self._counts: list[tuple[int, int]] = [(0, 0)] * _FIRST_KEY
        self._surprise: dict[str, float] = {}
        self._rival, self._rival_precision = 0.0, 1.0 / LEVEL_VARIANCE
        self._gains: deque[float] = deque(maxlen=GATE_LAST)
        self._useful = self._seen = 0
        self._forgot_at: float | None = None

    def learn(self, example: Example) -> None:
        """Takes in one example."""
        self._forget(example.ts)
        active = self._active(example.topic)
        offset = prior_logit(example.topic.values)
        weights, precision = self._weights, self._precision
        level = offset + weights[0]
        deviation = math.fsum([weights[j] * x for j, x in active])
        self._judge(example, offset, level + min(max(deviation, -CLIP), CLIP))
        self._watch(example, level + deviation)
        active.append((0, 1.0))
        spread = math.fsum([x * x / precision[j] for j, x in active])
        useful, kappa = example.useful, example.weight
        p = _settled(level + deviation, useful, kappa, spread)
        pull, sure = kappa * (useful - p), kappa * p * (1.0 - p)
        for j, x in active:
            weights[j] += pull * x / precision[j]
            precision[j] += sure * x * x
        hit = useful >= 0.5
        self._seen += 1
        self._useful += hit
        for j, _ in active:
            count = self._counts[j]
            self._counts[j] = (count[0] + hit, count[1] + 1)

    def taste(self, now: float | None = None) -> Taste:
        """What has been learned so far, as of a time; asking changes nothing."""
        gate = self._gate()
        if gate != "open":
            return Taste(examples=self._seen, gate=gate)
        kept = None if now is None else self._kept(now)
        weights = self._weights if kept is None else self._faded(kept)[0]
        return Taste(
            level=weights[0],
            dense=tuple(weights[1:_FIRST_KEY]),
            leanings={key: Leaning(weights[j], *self._counts[j]) for key, j in self._index.items()},
            examples=self._seen,
            gate=gate,
        )

    def _active(self, topic: Topic) -> list[tuple[int, float]]:
        """Index and value of everything that is not zero, but for the level."""
        active = [(j, x) for j, x in enumerate(topic.values, start=1) if x]
        for key in keys_of(topic):
            if key[0] == "cross" and self._seen < CROSS_FROM:
                continue
            place = self._index.get(key)
            if place is None:
                place = self._index[key] = len(self._weights)
                self._born.append(1.0 / _VARIANCES[key[0]])
                self._precision.append(self._born[-1])
                self._weights.append(0.0)
                self._counts.append((0, 0))
            active.append((place, 1.0))
        return active

    def _forget(self, ts: float) -> None:
        """Lets what was learned fade until a time."""
        if self._forgot_at is None:
            self._forgot_at = ts
        kept = self._kept(ts)
        if kept is None:
            return
        self._forgot_at = ts
        self._weights, self._precision = self._faded(kept)
        born, before = 1.0 / LEVEL_VARIANCE, self._rival_precision
        self._rival_precision = after = born + kept * (before - born)
        self._rival *= kept * before / after

    def _kept(self, ts: float) -> float | None:
        """The share of what was learned that a time leaves; None: it is too soon to say."""
        elapsed = ts - (ts if self._forgot_at is None else self._forgot_at)
        return 0.5 ** (elapsed / HALF_LIFE_S) if elapsed >= FORGET_STEP_S else None

    def _faded(self, kept: float) -> tuple[list[float], list[float]]:
        """Weights and precisions with a share of the information beyond the prior kept."""
        precision = [
            born + kept * (before - born)
            for born, before in zip(self._born, self._precision, strict=True)
        ]
        weights = [
            weight * kept * before / after
            for weight, before, after in zip(self._weights, self._precision, precision, strict=True)
        ]
        return weights, precision

    def _judge(self, example: Example, offset: float, learned: float) -> None:
        """Scores the learned deviation against the prior, then lets the prior fit its level."""
        useful, kappa = example.useful, example.weight
        plain = offset + self._rival
        self._gains.append(_loss(plain, useful) - _loss(learned, useful))
        p = _settled(plain, useful, kappa, 1.0 / self._rival_precision)
        self._rival += kappa * (useful - p) / self._rival_precision
        self._rival_precision += kappa * p * (1.0 - p)

    def _watch(self, example: Example, logit: float) -> None:
        """Frees the weight of a detector whose outcomes have become surprising."""
        p = sigmoid(logit)
        expected = p * _loss(logit, 1.0) + (1.0 - p) * _loss(logit, 0.0)
        variance = max(p * (1.0 - p) * logit * logit, _LEAST_LOSS_VARIANCE)
        surprise = (_loss(logit, example.useful) - expected) / math.sqrt(variance)
        name = example.topic.detector
        total = self._surprise.get(name, 0.0) + min(surprise, SHIFT_MOST) - SHIFT_SLACK
        self._surprise[name] = max(total, 0.0)
        if total > SHIFT_LIMIT:
            place = self._index[("detector", name)]
            self._precision[place] = self._born[place]
            self._counts[place] = (0, 0)
            self._surprise[name] = 0.0

    def _gate(self) -> Gate:
        if not 0 < self._useful < self._seen:
            return "waiting"
        count = len(self._gains)
        if count < GATE_LEAST:
            return "open"
        mean = math.fsum(self._gains) / count
        variance = math.fsum([(gain - mean) ** 2 for gain in self._gains]) / (count - 1)
        return "closed" if mean < -math.sqrt(variance / count) else "open"


def _loss(logit: float, useful: float) -> float:
    """Logarithmic loss of a score, log(1 + e^logit) - useful x logit, without overflow."""
    return max(logit, 0.0) + math.log1p(math.exp(-abs(logit))) - useful * logit


def _settled(logit: float, useful: float, kappa: float, spread: float) -> float:
    """The probability after the step: p = sigmoid(logit + spread kappa (useful - p)).

    `spread` is the variance of the logit. Newton on a function with a slope of at least 1, held
    between the two ends that the root cannot leave.
    """
    scale, p = spread * kappa, sigmoid(logit)
    low, high = sorted((0.0, scale * (useful - p)))
    step = 0.0
    for _ in range(_MOST_STEPS):
        gap = step - scale * (useful - p)
        if abs(gap) < _SETTLED:
            break
        low, high = (low, step) if gap > 0 else (step, high)
        step -= gap / (1.0 + scale * p * (1.0 - p))
        if not low <= step <= high:
            step = (low + high) / 2.0
        p = sigmoid(logit + step)
    return p
