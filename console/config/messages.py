"""The words of alerts, as their readers want them: `[[messages]]` of console.toml, frozen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console.config import values

FIELD = re.compile(r"\{(\w+)\}")
FIELDS: Mapping[str, str] = {
    "model": "the model",
    "stage": "the stage",
    "series": "metric, feature or log template",
    "version": "the model's version",
    "detector": "what fired",
    "severity": "critical, warning or info",
    "owner": "who owns the model",
    "value": "since the onset, with its unit",
    "before": "before the onset, with its unit",
    "threshold": "the limit, with its unit",
    "times": "how many times as much as before",
    "since": "date and time of the onset, UTC",
    "cause": "the likeliest cause in words",
    "chance": "its probability in per cent",
    "rate": "predictions concerned an hour",
    "cost": "what those are worth an hour",
    "downstream": "models that use this one",
    "title": "the words that stand there without a template",
    "what": "the words that stand there without a template",
    "impact": "the words that stand there without a template",
}
"""What a template may name in braces, and what that is."""


@dataclass(frozen=True, slots=True)
class Words:
    """One `[[messages]]`: templates for the alerts that match all that it names."""

    model: str | None = None
    stage: str | None = None
    series: str | None = None
    detector: str | None = None
    owner: str | None = None
    """Alerts of the models of this owner."""
    recipient: str | None = None
    """Only in what this recipient is sent; None: everywhere, the screen included."""
    title: str | None = None
    what: str | None = None
    impact: str | None = None


def template(value: Any) -> str:
    """A text whose names in braces are all known. Raises UnfitError."""
    found = values.text(value)
    for name in FIELD.findall(found):
        if name not in FIELDS:
            hint = values.nearest(name, FIELDS) or f": take one of {', '.join(FIELDS)}"
            raise values.UnfitError(f"{{{name}}} is nothing that an alert has{hint}")
    return found
