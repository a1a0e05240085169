"""What a series measures, told from its name, its stage and the detector; and what is bad of it.

Names are the only thing that every source has, so the vocabulary below is the field's own. A name
that says nothing is `other`, for which every direction may be bad.
"""

from __future__ import annotations

import re
from typing import Literal

from console.config.settings import Settings
from console.detectors.protocol import Deviation

Quantity = Literal[
    "performance",
    "errors",
    "quality",
    "load",
    "traffic",
    "distribution",
    "business",
    "logs",
    "staleness",
    "cardinality",
    "other",
]

BY_DETECTOR: dict[str, Quantity] = {
    "performance": "performance",
    "quality": "quality",
    "logs": "logs",
    "staleness": "staleness",
    "schedule": "staleness",
    "cardinality": "cardinality",
    "volume": "traffic",
    "drift": "distribution",
}
"""What a detector says of whatever series it speaks of."""


def vocabulary(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


WORDS: tuple[tuple[Quantity, frozenset[str]], ...] = (
    (
        "performance",
        vocabulary(
            "accuracy auc auroc roc prauc f1 precision recall logloss brier rmse mae mape mse r2"
            " ndcg mrr map hit hits gini top1 top5 bleu rouge perplexity kappa mcc sensitivity"
            " specificity"
        ),
    ),
    (
        "errors",
        vocabulary(
            "error errors err fail fails failed failure failures exception exceptions timeout"
            " timeouts 5xx 4xx rejected rejects retries retry dropped crash crashes oom"
        ),
    ),
    (
        "quality",
        vocabulary(
            "null nulls missing nan nans invalid unseen schema duplicate duplicates malformed"
            " empty completeness validity"
        ),
    ),
    (
        "load",
        vocabulary(
            "latency duration p50 p90 p95 p99 memory mem rss heap cpu gpu disk queue lag backlog"
            " wait connections threads swap"
        ),
    ),
    (
        "traffic",
        vocabulary(
            "requests request rows volume throughput qps rps tps ingested messages traffic calls"
            " sessions visits hits records bytes files batch batches count"
        ),
    ),
    (
        "distribution",
        vocabulary(
            "drift psi score scores prediction predictions probability ks wasserstein mean_score"
            " calibration entropy embedding"
        ),
    ),
    (
        "business",
        vocabulary(
            "revenue conversion approval amount sales orders bookings margin cost clicks ctr"
            " basket chargeback refunds profit gmv churned approved declined"
        ),
    ),
)
"""First hit wins, so the graver reading of an ambiguous name stands first."""

UP_IS_BAD: frozenset[Quantity] = frozenset({"errors", "quality", "load", "logs", "cardinality"})
DOWN_IS_BAD: frozenset[Quantity] = frozenset({"performance", "traffic", "business"})
LESS_IS_BETTER = vocabulary("logloss brier rmse mae mape mse perplexity cost chargeback")
"""Performance and business metrics that fall when things go well."""
MORE_IS_BETTER = frozenset({"completeness", "validity"})

STATISTICAL = frozenset({"anomaly", "changepoint", "drift", "forecast", "volume", "logs"})
"""Detectors that say "unusual"; the others state a fact (a limit broken, a stream silent)."""

DATA: frozenset[Quantity] = frozenset({"quality", "distribution", "business", "performance"})
"""Quantities that a change of data moves; the others are moved by a change of operation."""


def words(text: str) -> list[str]:
    """Lower-case parts of a name, split at everything but letters and digits."""
    return re.findall(r"[a-z]+[0-9]*|[0-9]+[a-z]*", text.lower())


def quantity_of(detector: str, name: str, stage: str | None = None) -> Quantity:
    """What is measured by a series of this name that this detector speaks of."""
    if detector in BY_DETECTOR:
        return BY_DETECTOR[detector]
    found = set(words(name))
    for kind, known in WORDS:
        if found & known:
            return kind
    return "business" if stage == "business" else "other"


def quantity(deviation: Deviation) -> Quantity:
    """What the series of a deviation measures."""
    series = deviation.series
    return quantity_of(deviation.detector, series.name, series.stage)


def outcome(deviation: Deviation) -> bool:
    """Whether a series tells how good predictions were: the end of every chain, and late by labels.

    The silence of such a series, or of the labels, counts as one.
    """
    series = deviation.series
    return (
        quantity(deviation) == "performance"
        or deviation.details.get("stream") == "labels"
        or quantity_of("", series.name, series.stage) == "performance"
    )


def adverse(deviation: Deviation) -> bool:
    """Whether the direction of a deviation can be bad: less latency or more revenue is not."""
    if not deviation.direction:
        return True
    kind = quantity(deviation)
    up = deviation.direction > 0
    named = set(words(deviation.series.name))
    if named & LESS_IS_BETTER:
        return up
    if named & MORE_IS_BETTER:
        return not up
    if kind in UP_IS_BAD:
        return up
    return not (kind in DOWN_IS_BAD and up)


def stage_order(settings: Settings, model: str | None) -> tuple[str, ...]:
    """The model's stages, upstream first."""
    return settings.model(model).stages or settings.stages


def stage_position(settings: Settings, model: str | None, stage: str | None) -> float:
    """Place of a stage in the order, 0 the most upstream; an unknown stage stands in the middle."""
    order = stage_order(settings, model)
    return float(order.index(stage)) if stage in order else (len(order) - 1) / 2
