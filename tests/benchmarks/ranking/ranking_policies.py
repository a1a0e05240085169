"""Ways to order the inbox: the console's own, and the baselines it is measured against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from console.alerts.board import Board, Subject
from console.alerts.examples import Act, Look, examples
from console.alerts.learning import PLAIN, Learner, Taste
from console.alerts.prior import NAMES, sigmoid
from tests.benchmarks.ranking.ranking_world import Floats

HOUR = 3600.0


@dataclass
class Policy:
    """An order of alerts, and what it makes of a session's log."""

    scores: Callable[[Sequence[Subject], float], Floats] | None = None
    """A baseline's score; None: the console's own order."""
    lanes: bool = True
    learner: Learner | None = None
    all_visible: bool = False
    """Takes every alert on the screen that was not acted on for a no."""
    _taste: Taste = field(default=PLAIN)

    def order(self, subjects: Sequence[Subject], now: float) -> list[int]:
        """Places of the subjects, best first."""
        if not subjects:
            return []
        if self.scores is not None:
            return [int(i) for i in np.argsort(-self.scores(subjects, now), kind="stable")]
        board = Board(subjects if self.lanes else [_flat(subject) for subject in subjects])
        return [int(i) for i in board.order(self._taste, now).places]

    def chances(self, subjects: Sequence[Subject], now: float) -> list[float]:
        """Probability of being acted on, as the console says it."""
        return [sigmoid(s) for s in Board(subjects).order(self._taste, now).scores.tolist()]

    def learn(self, log: Sequence[Look | Act], now: float) -> None:
        """Takes in what the user saw and did in a session."""
        if self.learner is None:
            return
        if self.all_visible:
            log = [_stared(entry) if isinstance(entry, Look) else entry for entry in log]
        for example in examples(log):
            self.learner.learn(example)
        self._taste = self.learner.taste(now)


def _flat(subject: Subject) -> Subject:
    """The alert without what puts it in a lane of its own."""
    return Subject(
        subject.id, subject.topic, "warning", "open", False, subject.opened_at, None, True
    )


def _stared(look: Look) -> Look:
    return Look(look.ts, look.alert, look.topic, look.position, 2000.0, look.opened)


def _column(name: str) -> Callable[[Sequence[Subject], float], Floats]:
    place = NAMES.index(name)
    return lambda subjects, now: np.array([s.topic.values[place] for s in subjects])


def _recency(subjects: Sequence[Subject], now: float) -> Floats:
    return np.array([s.opened_at - now for s in subjects])


def _severity_then_time(subjects: Sequence[Subject], now: float) -> Floats:
    return 1e9 * _column("severity")(subjects, now) + _recency(subjects, now)


def _additive(subjects: Sequence[Subject], now: float) -> Floats:
    """Hand-set weights of bounded signals, after the sum that Sentry calls recommended."""
    parts = [_column(name)(subjects, now) for name in ("severity", "burst", "novelty")]
    fresh = 0.5 ** (-_recency(subjects, now) / (24 * HOUR))
    return np.asarray(0.2 * (sum(parts) + fresh))


POLICIES: dict[str, Callable[[], Policy]] = {
    "recency": lambda: Policy(_recency),
    "alert count": lambda: Policy(_column("burst")),
    "correlation with performance": lambda: Policy(_column("correlation")),
    "severity then time": lambda: Policy(_severity_then_time),
    "additive, hand-set": lambda: Policy(_additive),
    "prior + lanes, no learning": Policy,
    "learned, no lanes": lambda: Policy(learner=Learner(), lanes=False),
    "learned, all visible = negative": lambda: Policy(learner=Learner(), all_visible=True),
    "learned + lanes (the console)": lambda: Policy(learner=Learner()),
}
CONSOLE = "learned + lanes (the console)"
