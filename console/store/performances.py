"""Questions about windows of predictions and labels: what was expected of them, what came true."""

from __future__ import annotations

ADDED_LISTS = (
    "coalesce(list_reduce(list({0}), lambda one, other: list_transform(list_zip(one, other),"
    " lambda pair: coalesce(pair[1], 0) + coalesce(pair[2], 0))), []) AS {0}"
)
"""Sums of lists, cell by cell; the shorter ones count as zeros."""
_WHOLE = {"n", "judged", "correct", "true_positive", "false_positive", "false_negative"} | {
    "measured",
    "relative_n",
    "ranked",
}
_SUMS = (
    *("n", "judged", "correct", "true_positive", "false_positive", "false_negative"),
    *("measured", "absolute_error", "squared_error", "fourth_error", "error"),
    *("relative_n", "relative_error", "relative_squares", "label_total", "label_squares"),
    *("brier", "brier_squares", "log_loss", "log_loss_squares"),
    *("ranked", "ndcg", "ndcg_squares", "reciprocal_rank", "reciprocal_rank_squares"),
    *("precision_at_k", "precision_at_k_squares"),
)
_LISTS = (
    *("positive_scores", "negative_scores", "right_confidence", "wrong_confidence"),
    "score_totals",
)
PERFORMANCE = ", ".join(
    f"w.{name}" for name in ("model", "stage", "version", "start", "predicted", *_SUMS, *_LISTS)
)
"""The columns of `window_performance w` in the order of `stats.performance.CLOSED`."""
ADDED = ", ".join(
    [
        *(f"sum({name}){'::BIGINT' if name in _WHOLE else ''} AS {name}" for name in _SUMS),
        *(ADDED_LISTS.format(name) for name in _LISTS),
    ]
)


def _realised(time: str) -> str:
    return f"""
SELECT model, stage, version, start, predicted, {ADDED}
FROM window_performance WHERE model = $1 AND {time} >= $2 AND {time} < $3
GROUP BY ALL ORDER BY start, predicted, stage, version"""  # noqa: S608 - constants


ARRIVED = _realised("start")
"""Labelled predictions whose labels arrived in a span: `stats.performance.CLOSED`."""
REALISED = _realised("predicted")
"""Labelled predictions that were made in a span: `stats.performance.CLOSED`."""
SCORES = f"""
SELECT model, stage, version, start, sum(n)::BIGINT AS n, sum(judged)::BIGINT AS judged,
  {", ".join(ADDED_LISTS.format(name) for name in ("positive", "negative", "confidence"))}
FROM window_scores WHERE model = $1 AND start >= $2 AND start < $3
GROUP BY ALL ORDER BY start, stage, version"""  # noqa: S608 - constants
"""Predictions by window: `stats.scores.CLOSED`."""
ESTIMATED = """
SELECT * FROM window_estimates WHERE model = $1 AND start >= $2 AND start < $3
ORDER BY start, stage, version"""
"""What was expected of windows: `stats.estimation.ESTIMATES`."""
CONFUSION = """
SELECT model, stage, version, start, predicted, label, prediction, sum(n)::BIGINT AS n
FROM window_confusion WHERE model = $1 AND predicted >= $2 AND predicted < $3
GROUP BY ALL ORDER BY predicted, start, stage, version, label, prediction"""
"""Labelled predictions by class: `stats.confusion.CLOSED`."""
