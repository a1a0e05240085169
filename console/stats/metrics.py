"""Performance metrics with their standard errors and 95 % intervals, from sums that add up."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from console.stats import scores

Z = 1.96


@dataclass(frozen=True, slots=True)
class Estimate:
    """A metric with its standard error and 95 % interval."""

    value: float
    error: float
    low: float
    high: float
    n: int


def accuracy(correct: float, n: float) -> Estimate | None:
    """Share of right predictions with Wilson's interval; None without rows."""
    return _share(correct, n)


def precision(true_positive: float, false_positive: float) -> Estimate | None:
    """Share of predicted positives that are positive; None if none was predicted."""
    return _share(true_positive, true_positive + false_positive)


def recall(true_positive: float, false_negative: float) -> Estimate | None:
    """Share of positives that were predicted; None if there are none."""
    return _share(true_positive, true_positive + false_negative)


def f1(true_positive: float, false_positive: float, false_negative: float) -> Estimate | None:
    """Harmonic mean of precision and recall, the interval by the delta method.

    F1 = 2q / (1 + q) for the share q = tp / (tp + fp + fn) of hits, so that Wilson's limits of q
    carry over.
    """
    share = _share(true_positive, true_positive + false_positive + false_negative)
    if share is None:
        return None
    bent = [2 * q / (1 + q) for q in (share.value, share.low, share.high)]
    return Estimate(bent[0], 2 * share.error / (1 + share.value) ** 2, bent[1], bent[2], share.n)


def auc(positive: ArrayLike, negative: ArrayLike) -> Estimate | None:
    """Area under the ROC curve from scores counted in the same cells by true class.

    Scores in one cell count as ties. The error is that of DeLong (1988), from the placements of
    each class among the other. None unless both classes are there.
    """
    p, q = np.asarray(positive, dtype=np.float64), np.asarray(negative, dtype=np.float64)
    m, n = p.sum(), q.sum()
    if m == 0 or n == 0:
        return None
    below = (np.cumsum(q) - q / 2) / n
    above = (m - np.cumsum(p) + p / 2) / m
    value = float((p * below).sum() / m)
    spread_p = float((p * (below - value) ** 2).sum() / max(m - 1, 1))
    spread_q = float((q * (above - value) ** 2).sum() / max(n - 1, 1))
    return _within(value, math.sqrt(spread_p / m + spread_q / n), int(m + n), 0.0, 1.0)


def average_precision(positive: ArrayLike, negative: ArrayLike) -> Estimate | None:
    """Area under the precision-recall curve, as the sum of precision times gained recall.

    Scores in one cell count as ties. The interval is logistic (Boyd, Eng and Page, 2013): normal in
    the logit, with 1 / (m AP (1 - AP)) as its variance, m the positives. None without positives.
    """
    p, q = np.asarray(positive, dtype=np.float64)[::-1], np.asarray(negative, dtype=np.float64)
    hits, all_of = np.cumsum(p), np.cumsum(p + q[::-1])
    m = p.sum()
    if m == 0:
        return None
    with np.errstate(invalid="ignore", divide="ignore"):
        value = min(float(np.nansum(p / m * hits / all_of)), 1.0)
    if not 0 < value < 1:
        return Estimate(value, 0.0, value, value, int(all_of[-1]))
    logit, spread = math.log(value / (1 - value)), 1 / math.sqrt(m * value * (1 - value))
    # The logistic function by way of tanh, which does not overflow where AP is all but 0 or 1.
    low, high = ((1 + math.tanh((logit + side * Z * spread) / 2)) / 2 for side in (-1, 1))
    return Estimate(value, value * (1 - value) * spread, low, high, int(all_of[-1]))


def calibration_error(
    positive: ArrayLike, negative: ArrayLike, totals: Sequence[float]
) -> float | None:
    """Expected calibration error over ten equal bins: |share of positives - mean score|, weighted.

    `positive` and `negative` count by the cells of `scores.EDGES`, `totals` are the sums of the
    scores in each tenth. None without rows.
    """
    p, q = (np.asarray(counts, dtype=np.float64) for counts in (positive, negative))
    if len(p) != scores.CELLS or len(totals) != 10:
        return None
    hits = np.bincount(scores.TENTHS, p, 10)
    return float(np.abs(hits - np.asarray(totals)).sum() / max((p + q).sum(), 1e-300))


def mean(total: float, squares: float, n: float) -> Estimate | None:
    """A mean with a normal interval from its sums of values and squares; None without rows."""
    if n <= 0:
        return None
    value = total / n
    return _within(value, math.sqrt(max(squares / n - value**2, 0.0) / n), int(n))


def mean_absolute_error(absolute: float, squared: float, n: float) -> Estimate | None:
    """MAE with a normal interval from the spread of the absolute errors; None without rows."""
    found = mean(absolute, squared, n)
    return None if found is None else _within(found.value, found.error, found.n, 0.0)


def root_mean_squared_error(squared: float, n: float, fourth: float = 0.0) -> Estimate | None:
    """RMSE, its interval by the delta method from the sum of the errors' fourth powers."""
    found = mean(squared, fourth, n)
    if found is None:
        return None
    value = math.sqrt(found.value)
    return _within(value, found.error / (2 * value) if value > 0 else 0.0, found.n, 0.0)


def determination(
    squared: float, fourth: float, label_total: float, label_squares: float, n: float
) -> Estimate | None:
    """R²: the part of the labels' variance that the predictions explain; None if there is none.

    The interval takes the labels for normal: the variance of their variance is 2 / n of its square.
    """
    found = mean(squared, fourth, n)
    if found is None:
        return None
    variance = label_squares / n - (label_total / n) ** 2
    if variance <= 1e-12 * max(label_squares / n, 1e-300):
        return None
    left = found.value / variance
    relative = math.hypot(found.error / max(found.value, 1e-300), math.sqrt(2 / n))
    return _within(1 - left, left * relative, found.n, high=1.0)


def business_value(counts: Mapping[str, float], costs: Mapping[str, float]) -> Estimate | None:
    """Mean value of a prediction by a matrix of what each outcome is worth; None without rows.

    Both are keyed by `true_positive`, `false_positive`, `false_negative`, `true_negative`; an
    outcome without a worth is worth nothing.
    """
    n = sum(counts.values())
    worth = [(count, costs.get(outcome, 0.0)) for outcome, count in counts.items()]
    return mean(sum(c * w for c, w in worth), sum(c * w * w for c, w in worth), n)


def by_class(pairs: Mapping[tuple[str, str], int]) -> dict[str, Estimate]:
    """Accuracy, and precision, recall and F1 as macro and weighted means over classes.

    `pairs` counts (label, prediction). Macro means weigh every class that was true or predicted
    alike, weighted ones by how often it was true; errors are those of the mean of independent
    shares. Empty without rows.
    """
    classes = sorted({name for pair in pairs for name in pair})
    n = sum(pairs.values())
    if not n:
        return {}
    place = {name: at for at, name in enumerate(classes)}
    table = np.zeros((len(classes), len(classes)))
    for (label, prediction), count in pairs.items():
        table[place[label], place[prediction]] += count
    hits, true, said = np.diag(table), table.sum(axis=1), table.sum(axis=0)
    found = {}
    right = accuracy(float(hits.sum()), n)
    if right is not None:
        found["accuracy"] = right
    parts = {"precision": said, "recall": true, "f1": (said + true) / 2}
    for name, whole in parts.items():
        each = np.divide(hits, whole, out=np.zeros_like(hits), where=whole > 0)
        spread = np.divide(each * (1 - each), whole, out=np.zeros_like(hits), where=whole > 0)
        for kind, weights in (("macro", np.full(len(classes), 1.0)), ("weighted", true)):
            share = weights / weights.sum()
            error = math.sqrt(float((share**2 * spread).sum()))
            found[f"{name}_{kind}"] = _within(float((share * each).sum()), error, n, 0.0, 1.0)
    return found


def _share(hits: float, n: float) -> Estimate | None:
    if n <= 0:
        return None
    share = hits / n
    middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    spread = max(share * (1 - share) / n, 0.0)
    half = Z * math.sqrt(spread + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
    return Estimate(
        share, math.sqrt(spread), max(middle - half, 0.0), min(middle + half, 1.0), int(n)
    )


def _within(
    value: float, error: float, n: int, low: float = -math.inf, high: float = math.inf
) -> Estimate:
    return Estimate(value, error, max(value - Z * error, low), min(value + Z * error, high), n)


_HITS = ("true_positive", "false_positive", "false_negative")
Sums = Mapping[str, float | Sequence[float] | None]


def of_sums(sums: Sums, costs: Mapping[str, float] | None = None) -> dict[str, Estimate]:
    """Every metric that the sums of `stats.performance.CLOSED` have a meaning for, by name.

    A column that is null or missing is one without a meaning. Names: `accuracy`, `precision`,
    `recall`, `f1`, `auc`, `average_precision`, `log_loss`, `brier`, `calibration_error`, `mae`,
    `rmse`, `mape`, `r2`, `bias`, `ndcg`, `mrr`, `map`, and `value` where `costs` are given.
    """
    found = {**_of_classes(sums, costs or {}), **_of_scores(sums), **_of_numbers(sums)}
    for name, column in (("ndcg", "ndcg"), ("mrr", "reciprocal_rank"), ("map", "precision_at_k")):
        if sums.get("ranked"):
            squares = _total(sums, f"{column}_squares")
            found[name] = mean(_total(sums, column), squares, _total(sums, "ranked"))
    return {name: estimate for name, estimate in found.items() if estimate is not None}


_Found = dict[str, Estimate | None]


def _of_classes(sums: Sums, costs: Mapping[str, float]) -> _Found:
    found: _Found = {}
    judged = _total(sums, "judged") or _total(sums, "n")
    if sums.get("correct") is not None:
        found["accuracy"] = accuracy(_total(sums, "correct"), judged)
    if all(sums.get(name) is not None for name in _HITS):
        hit, wrong, missed = (_total(sums, name) for name in _HITS)
        found["precision"], found["recall"] = precision(hit, wrong), recall(hit, missed)
        found["f1"] = f1(hit, wrong, missed)
        if costs:
            rest = max(judged - hit - wrong - missed, 0.0)
            counts = dict(zip((*_HITS, "true_negative"), (hit, wrong, missed, rest), strict=True))
            found["value"] = business_value(counts, costs)
    return found


def _of_scores(sums: Sums) -> _Found:
    positive, negative = _list(sums, "positive_scores"), _list(sums, "negative_scores")
    if not len(positive) or not len(negative):
        return {}
    scored = float(positive.sum() + negative.sum())
    found: _Found = {
        "auc": auc(positive, negative),
        "average_precision": average_precision(positive, negative),
    }
    error = calibration_error(positive, negative, list(_list(sums, "score_totals")))
    if error is not None:
        found["calibration_error"] = Estimate(error, 0.0, error, error, int(scored))
    for name in ("log_loss", "brier"):
        if sums.get(name) is not None:
            found[name] = mean(_total(sums, name), _total(sums, f"{name}_squares"), scored)
    return found


def _of_numbers(sums: Sums) -> _Found:
    if sums.get("absolute_error") is None:
        return {}
    rows = _total(sums, "measured") or _total(sums, "n")
    squared, fourth = _total(sums, "squared_error"), _total(sums, "fourth_error")
    found: _Found = {
        "mae": mean_absolute_error(_total(sums, "absolute_error"), squared, rows),
        "rmse": root_mean_squared_error(squared, rows, fourth),
    }
    if sums.get("label_squares") is not None:
        labels = _total(sums, "label_total"), _total(sums, "label_squares")
        found["r2"] = determination(squared, fourth, *labels, rows)
    if sums.get("error") is not None:
        found["bias"] = mean(_total(sums, "error"), squared, rows)
    relative = (_total(sums, f"relative_{part}") for part in ("error", "squares", "n"))
    found["mape"] = mean(*relative)
    return found


def _total(sums: Sums, name: str) -> float:
    value = sums.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def _list(sums: Sums, name: str) -> NDArray[np.float64]:
    value = sums.get(name)
    listed = [] if value is None or isinstance(value, int | float) else value
    return np.asarray(listed, dtype=np.float64)
