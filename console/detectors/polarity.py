"""Which way is worse: common sense from the words of a metric's name."""

from __future__ import annotations

import re

_UP_IS_WORSE = (
    "abandoned backlog blocked crash crashes cpu delay denied deviation drift dropped duration "
    "error errors exception exceptions fail failed failure failures invalid lag latency late "
    "loss mae mape memory missing mse nulls null outlier outliers p50 p90 p95 p99 pending queue "
    "queued reject rejected rejects restarts retries retry rmse rss skipped stale staleness "
    "throttled timeout timeouts unknown unseen violations wait warnings"
)
_DOWN_IS_WORSE = (
    "accuracy approval auc availability clicks click conversion conversions coverage ctr f1 "
    "freshness hit income margin orders precision profit r2 recall retention revenue sales "
    "success uptime"
)
UP_IS_WORSE = frozenset(_UP_IS_WORSE.split())
DOWN_IS_WORSE = frozenset(_DOWN_IS_WORSE.split())
_WORD = re.compile(r"[A-Z]?[a-z]+[0-9]*|[A-Z]+[0-9]*(?![a-z])|[0-9]+")


def worse_direction(name: str) -> int:
    """1 if more of it is worse, -1 if less of it is, 0 if the name does not tell."""
    words = {word.lower() for word in _WORD.findall(name)}
    up, down = bool(words & UP_IS_WORSE), bool(words & DOWN_IS_WORSE)
    return 1 if up and not down else -1 if down and not up else 0
