"""The prior of the rank: what every alert is worth before anybody has said anything.

Score = bias + sum of weight x feature (anchors/alerting.md §2.2), in logits of "worth acting on".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from console.records.clock import HOUR

BIAS = -3.6
WEIGHTS: dict[str, float] = {
    "severity": 1.6,
    "tier": 1.2,
    "effect_size": 1.0,
    "performance_metric": 1.4,
    "correlation": 1.2,
    "confidence": 0.6,
    "persistence": 0.7,
    "burst": 0.2,
    "novelty": 0.6,
    "explained": -1.8,
    "downstream": 0.6,
    "flap": -0.8,
}
"""Logits of the prior, for features in 0..1; an absent feature counts 0."""
AGE_WEIGHT = 0.6
AGE_FULL_S = 48 * HOUR

WORDING = {
    "severity": "severity",
    "tier": "importance of the model",
    "effect_size": "size of the effect",
    "performance_metric": "realised performance or business metric",
    "correlation": "moves with performance",
    "confidence": "confidence that it is real",
    "persistence": "still going on",
    "burst": "raised again and again",
    "novelty": "new or back again",
    "explained": "expected effect of a marked event",
    "downstream": "stages downstream affected",
    "flap": "on and off",
}
NAMES = tuple(WEIGHTS)


@dataclass(frozen=True, slots=True)
class Topic:
    """What the rank and its learning know of an alert."""

    detector: str
    model: str | None
    values: tuple[float, ...]
    """The features in the order of `NAMES`, each 0..1."""


def topic(detector: str, model: str | None, features: Mapping[str, float]) -> Topic:
    """The topic of an alert; features that are absent count 0, others are held to 0..1."""
    return Topic(
        detector, model, tuple(min(max(float(features.get(name, 0.0)), 0.0), 1.0) for name in NAMES)
    )


def prior_logit(values: tuple[float, ...]) -> float:
    """The score of features in the order of `NAMES`, without age and marks."""
    return math.fsum([BIAS, *(w * v for w, v in zip(WEIGHTS.values(), values, strict=True))])


def sigmoid(value: float) -> float:
    """1 / (1 + e^-value) without overflow."""
    if value < 0:
        grown = math.exp(value)
        return grown / (1.0 + grown)
    return 1.0 / (1.0 + math.exp(-value))
