"""A world of alerts, and users with a hidden taste, to measure orders of the inbox on.

After anchors/alerting.md §2.3: 12 detectors x 8 models, Poisson(8) alerts a session, 6 sessions a
day, 2 % true criticals of which 15 % carry a lower severity, a quarter of the detectors calling
wolf. A user's utility is the prior with every weight wrong by a lognormal factor shared by all
(sigma .4) and one of his own (35 %), plus N(0, 1.1^2) per detector and N(0, .9^2) per model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.alerts.board import Subject
from console.alerts.prior import BIAS, NAMES, WEIGHTS, Topic

DETECTORS, MODELS = 12, 8
HOUR, DAY = 3600.0, 86_400.0
SESSIONS_A_DAY = 6
START = 1_700_000_000.0
Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Taste:
    """The hidden utility of a user: what share of such alerts he would act on."""

    level: float
    dense: Floats
    detectors: Floats
    models: Floats
    crosses: Floats

    def utility(self, values: Floats, detectors: Places, models: Places) -> Floats:
        """Probability of acting on each alert."""
        logit = self.level + values @ self.dense + self.detectors[detectors]
        logit += self.models[models] + self.crosses[detectors, models]
        return np.asarray(1.0 / (1.0 + np.exp(-logit)))


@dataclass(frozen=True)
class Batch:
    """Alerts in columns, and as the rank sees them."""

    subjects: tuple[Subject, ...]
    values: Floats
    """(n, 12), in the order of the prior's features."""
    utility: Floats
    """(n,) probability that the user acts on it, given that he looks."""
    critical: NDArray[np.bool_]
    """Truly critical, whatever the severity says."""


@dataclass(frozen=True)
class World:
    """How alerts come about: the same for all users of a seed."""

    shared: Floats
    habits: Floats
    """(12, 12): what values a detector's features tend to."""
    tiers: Floats
    wolves: NDArray[np.bool_]

    @staticmethod
    def of(seed: int) -> World:
        """The world of a seed."""
        random = np.random.default_rng([seed, 1])
        return World(
            shared=np.array(list(WEIGHTS.values())) * random.lognormal(0.0, 0.4, len(NAMES)),
            habits=random.uniform(0.02, 0.3, (DETECTORS, len(NAMES))),
            tiers=random.choice([1.0, 0.65, 0.3], MODELS),
            wolves=np.arange(DETECTORS) % 4 == 0,
        )

    def user(self, seed: int, *, crosses: float = 0.0) -> Taste:
        """A user's taste; `crosses` is the spread of what detectors mean to him model by model."""
        random = np.random.default_rng([seed, 2])
        return Taste(
            level=BIAS,
            dense=self.shared * random.uniform(0.65, 1.35, len(NAMES)),
            detectors=random.normal(0.0, 1.1, DETECTORS),
            models=random.normal(0.0, 0.9, MODELS),
            crosses=random.normal(0.0, crosses, (DETECTORS, MODELS)),
        )

    def shifted(self, taste: Taste, seed: int, share: float = 0.4) -> Taste:
        """The taste after the user changed his mind on a share of the detectors."""
        random = np.random.default_rng([seed, 3])
        moved = random.permutation(DETECTORS) < round(share * DETECTORS)
        anew = np.where(moved, random.normal(0.0, 1.1, DETECTORS), taste.detectors)
        return Taste(taste.level, taste.dense, anew, taste.models, taste.crosses)

    def alerts(
        self,
        random: np.random.Generator,
        taste: Taste,
        count: int,
        ts: float,
        *,
        criticals: float = 0.02,
        probe: bool = False,
    ) -> Batch:
        """Alerts that open at a time; a probe has neither criticals nor `info`."""
        detectors = random.integers(0, DETECTORS, count)
        models = random.integers(0, MODELS, count)
        means = self.habits[detectors]
        values = random.beta(2.5 * means, 2.5 * (1.0 - means))
        values[:, NAMES.index("tier")] = self.tiers[models]
        for flag in ("performance_metric", "explained"):
            column = NAMES.index(flag)
            values[:, column] = random.random(count) < means[:, column] * 0.6
        critical = (random.random(count) < criticals) & (not probe)
        level = random.choice([1, 2] if probe else [0, 1, 1, 1, 1, 2, 2, 2, 2, 2], count)
        if not probe:
            level[self.wolves[detectors] & (random.random(count) < 0.08)] = 3
        level[critical] = np.where(random.random(critical.sum()) < 0.15, 2, 3)
        values[:, NAMES.index("severity")] = np.array([0.1, 0.4, 0.7, 1.0])[level]
        values[critical, NAMES.index("explained")] = 0.0
        utility = taste.utility(values, detectors, models)
        severities = np.array(["info", "warning", "warning", "critical"])[level]
        return Batch(
            subjects=tuple(
                Subject(
                    id=f"{ts:.0f}.{number}",
                    topic=Topic(f"detector{d}", f"model{m}", tuple(row)),
                    severity=str(severity),
                    state="open",
                    explained=False,
                    opened_at=ts,
                    ended_at=None,
                )
                for number, (d, m, row, severity) in enumerate(
                    zip(detectors, models, values.tolist(), severities, strict=True)
                )
            ),
            values=values,
            utility=np.where(critical, np.maximum(utility, 0.95), utility),
            critical=critical,
        )
