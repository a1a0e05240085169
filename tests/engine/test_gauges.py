"""Every model fills the same places, from whatever it calls its series."""

from __future__ import annotations

import pytest

from console.engine.gauges import KINDS, choose, duration, ratio, share, short

BY_LABEL = {kind.label: kind for kind in KINDS}


@pytest.mark.parametrize(
    ("label", "names", "chosen"),
    [
        ("latency", ["latency_p50_ms", "latency_p95_ms", "memory_mb"], "latency_p95_ms"),
        ("errors", ["errors", "error_rate", "requests"], "error_rate"),
        ("nulls", ["rows", "null_rate", "missing_rate"], "null_rate"),
        ("perf", ["accuracy", "val_auc"], "val_auc"),
        ("perf", ["loss", "mae"], "mae"),
        ("volume", ["rows_ingested", "requests"], "requests"),
        ("volume", ["memory_mb"], None),
    ],
)
def test_the_best_name_is_chosen(label: str, names: list[str], chosen: str | None) -> None:
    assert choose(BY_LABEL[label], names) == chosen


def test_values_are_short_and_have_units() -> None:
    assert ratio("auc", 0.9134) == ".913"
    assert share("null_rate", 0.0042) == "0.4 %"
    assert share("null_rate", 0.42) == "42 %"
    assert duration("latency_p95_ms", 118.3) == "118 ms"
    assert duration("feature_lag_s", 42.0) == "42 s"
    assert short(12_345) == "12.3k"
    assert short(1_200_000) == "1.2M"
    assert short(0.0312) == "0.0312"
    assert all(len(short(value)) <= 7 for value in (0.0, 1e-9, 999.5, 9_999, 99_999, 1e8, -1e12))
