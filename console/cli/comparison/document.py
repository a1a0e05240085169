"""A comparison as one JSON document: `{"columns": [...], "summary": {...}}`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from console.stats.compare.result import Column, Comparison


def document(found: Comparison) -> dict[str, Any]:
    """The comparison, worst column first."""
    return {
        "columns": [_column(column) for column in found.columns],
        "summary": {
            "reference_rows": found.reference_rows,
            "current_rows": found.current_rows,
            "columns": len(found.columns),
            "drifted": list(found.drifted),
            "drift_share": len(found.drifted) / max(len(found.columns), 1),
            "alerts": found.alerts,
            "ignored": list(found.ignored),
            "false_discoveries": found.false_discoveries,
            "least_effect": found.least_effect,
            "together": None if found.together is None else asdict(found.together),
        },
    }


def _column(column: Column) -> dict[str, Any]:
    said = asdict(column)
    shown = said.pop("histograms")
    return {
        **said,
        "drifted": column.drifted,
        "alerts": len(column.alerts),
        "histogram": {"reference": list(shown[0]), "current": list(shown[1])},
    }
