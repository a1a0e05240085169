"""When an incident's root changed, as its own series has it: a belief instead of one moment.

The detector's onset is where the belief is centred; the Bayes factors of `posterior.py` over the
stored windows sharpen it. Series of the same stage and name in other models are controls: an event
of one model cannot have touched them, so that what they share is nobody's doing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from console.alerts.history import History
from console.alerts.incident import Finding, Incident
from console.alerts.posterior import DELAYS, Floats, less_controls, log_factors, placebo
from console.alerts.severity import doubt_s
from console.detectors.protocol import Deviation
from console.records.clock import HOUR, MINUTE

Points = Sequence[tuple[float, float]]

LEAST_BEFORE, LEAST_AFTER = 24, 3
"""Windows without which a series says nothing of its own."""
LOOK_S = 2 * HOUR
"""Least time before the onset, and after the raising, that is looked at."""
MANY = 200
"""A course of so many points may have been drawn more coarsely than it is stored."""
LEAST_SCALE_S = 5 * MINUTE
"""How exactly an onset is ever known: windows and clocks."""
MOST_CONTROLS = 4
REACH = 4.0
"""Windows are weighed up to so many scales from the detector's onset."""
KEPT_WEIGHT = 1e-3
SETTLED = 0.8
"""Probability, within two windows, that settles when a series changed."""
LEAST_SUPPORT = 0.05
"""However well the controls explain it, a scoped event keeps this share."""


@dataclass(frozen=True, slots=True)
class Timing:
    """A belief about the time of a change."""

    times: tuple[float, ...]
    """Starts of windows, epoch seconds."""
    weights: tuple[float, ...]
    """Probability of each; they add up to 1."""
    width: float = 0.0
    """Of the windows, in seconds: the change lies somewhere within one."""
    placebo: float | None = None
    """Share of the windows before the onset that look as much like a change; None: unknown."""
    scoped: float = 1.0
    """How much of the evidence is left once what other models share is taken out, 0..1."""

    @property
    def likeliest(self) -> float:
        """The likeliest time; the earliest of several."""
        return self.times[self.weights.index(max(self.weights))]

    @property
    def settled(self) -> float | None:
        """The time where the series itself leaves hardly a doubt about it, else None."""
        near = [
            weight
            for ts, weight in zip(self.times, self.weights, strict=True)
            if abs(ts - self.likeliest) <= 2.0 * self.width
        ]
        return self.likeliest if self.width and math.fsum(near) >= SETTLED else None


def timing(incident: Incident, points: Points, history: History) -> Timing:
    """The belief about the onset of an incident's root; `points` are the course of its series."""
    lead = incident.lead
    scale = max(LEAST_SCALE_S, doubt_s(lead))
    onset = lead.deviation.onset
    points = _near(lead, points, scale, history)
    known = _factors(points, onset)
    if known is None:
        return _plain(onset, scale)
    times, factors = known
    prior = _prior(times, onset, lead.raised_at, scale)
    weights, evidence = _weighed(factors + prior)
    if not len(weights):
        return _plain(onset, scale)
    kept = weights >= KEPT_WEIGHT
    quiet = range(1, int((times < onset).sum()) - DELAYS)
    likely = placebo(factors, int(weights.argmax()), quiet)
    scoped = 1.0
    control = _control(lead.deviation, times, history)
    if control is not None:
        values = np.array([value for _, value in points], dtype=np.float64)
        before = int((times < onset).sum())
        alone = log_factors(less_controls(values, control, before), before)[0]
        left = _weighed(alone + prior)[1] - evidence
        scoped = min(max(math.exp(min(left, 0.0)), LEAST_SUPPORT), 1.0)
    near = weights[kept] / weights[kept].sum()
    width = float(np.median(np.diff(times)))
    return Timing(tuple(times[kept].tolist()), tuple(near.tolist()), width, likely, scoped)


def _near(lead: Finding, points: Points, scale: float, history: History) -> Points:
    """The course about the onset, as finely as it is stored, while the deviation lasted.

    Neither its end nor whatever came after it tells when it began.
    """
    onset, raised = lead.deviation.onset, lead.raised_at
    until = raised + max(LOOK_S, raised - onset)
    if lead.cleared_at is not None:
        until = min(until, max(lead.cleared_at, raised))
    if not points:
        return points
    until = min(until, points[-1][0] + 1.0)
    if len(points) >= MANY:
        start = onset - max(LOOK_S, 2.0 * REACH * scale)
        points = history.points(lead.deviation.series.id, start, until) or points
    return [point for point in points if point[0] < until]


def _plain(onset: float, scale: float) -> Timing:
    """The detector's own belief, two-sided exponential, in steps of a quarter of its scale."""
    steps = np.arange(-4 * REACH, 4 * REACH + 1) / 4.0
    weights = np.exp(-np.abs(steps))
    weights /= weights.sum()
    return Timing(tuple((onset + scale * steps).tolist()), tuple(weights.tolist()))


def _factors(points: Points, onset: float) -> tuple[Floats, Floats] | None:
    """Times and log Bayes factors of a step at each; None if there is too little to go by."""
    times = np.array([ts for ts, _ in points], dtype=np.float64)
    before = int((times < onset).sum())
    if before < LEAST_BEFORE or len(times) - before < LEAST_AFTER:
        return None
    values = np.array([value for _, value in points], dtype=np.float64)
    if not np.ptp(values[:before]) > 0:
        return None
    return times, log_factors(values, before)[0]


def _prior(times: Floats, onset: float, raised_at: float, scale: float) -> Floats:
    """Log weight of each window before its values are looked at.

    It falls off slowly from the detector's onset, and ends where the deviation was raised.
    """
    apart = np.abs(times - onset) / scale
    able = (apart <= REACH) | ((times > onset) & (times <= raised_at))
    return np.where(able, -2.0 * np.log1p(apart), -np.inf)


def _weighed(logs: Floats) -> tuple[Floats, float]:
    """Probabilities from log weights, none if all are -inf, and the log of their sum."""
    top = float(logs.max())
    if not math.isfinite(top):
        return np.array([]), -math.inf
    odds = np.exp(logs - top)
    return odds / odds.sum(), top + math.log(float(odds.sum()))


def _control(root: Deviation, times: Floats, history: History) -> Floats | None:
    """The mean of the same metric in other models at the times of the root; None without any."""
    series = root.series
    if series.model is None:
        return None
    rows = history.series(None).filter(name=series.name)
    others = [
        (series_id, model)
        for series_id, model, stage, tags in rows.select(
            "series_id", "model", "stage", "tags"
        ).iter_rows()
        if stage == series.stage and tags == series.tags and model not in {None, series.model}
    ]
    found = []
    for series_id, _ in sorted(others, key=lambda pair: (pair[1], pair[0]))[:MOST_CONTROLS]:
        points = history.points(series_id, float(times[0]), float(times[-1]) + 1.0)
        if len(points) >= LEAST_BEFORE:
            known = np.array(points, dtype=np.float64)
            spread = float(known[:, 1].std())
            if spread > 0 and np.isfinite(known).all():
                found.append(np.interp(times, known[:, 0], known[:, 1]) / spread)
    return np.mean(found, axis=0) if found else None
