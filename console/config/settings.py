"""The settings, frozen, with their defaults. `load` reads them from console.toml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


class SettingsError(ValueError):
    """One clear line: the file, the line where it can be told, the key, and the mend."""


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """One `[[sources]]`: which files, and what holds for records that do not say so."""

    path: str
    """Absolute path or glob."""
    format: str | None = None
    model: str | None = None
    stage: str | None = None
    version: str | None = None
    timezone: str | None = None
    """IANA name of the zone of times that name none; None is UTC."""


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """One `[models.NAME]`."""

    name: str
    reference: Path | None = None
    """What the model was validated on: feature, prediction, score and label columns."""
    positive: str | None = None
    """The positive class, as text."""
    stages: tuple[str, ...] = ()
    """Upstream to downstream."""
    owner: str | None = None
    tier: int = 2
    """1 matters most."""
    value_per_prediction: float | None = None
    runbook: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One `[[rules]]`: a threshold of the user's own on the mean of a series' base windows."""

    series: str
    model: str | None = None
    stage: str | None = None
    above: float | None = None
    below: float | None = None
    outside: tuple[float, float] | None = None
    hold_s: float = 0.0
    """`for`: how long it must hold before it is raised."""
    severity: Literal["critical", "warning", "info"] = "warning"
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings."""

    file: Path | None = None
    """The console.toml that they come from."""
    sources: tuple[SourceSettings, ...] = ()
    """Empty: every file below the given paths."""
    models: tuple[ModelSettings, ...] = ()
    rules: tuple[Rule, ...] = ()
    stages: tuple[str, ...] = ("upstream", "features", "training", "devops", "serving", "business")
    """The default order of stages, upstream first."""
    window_s: float = 60.0
    """Width of the base windows of metrics and logs."""
    prediction_window_s: float = 600.0
    """Width of the windows of features, predictions and labels."""
    lateness_s: float = 120.0
    """How late a record may come and still count before its window closes."""
    series_limit: int = 500
    """Tag combinations of one metric that are followed singly; the rest are taken together."""

    def model(self, name: str | None) -> ModelSettings:
        """The settings of a model, the defaults for one that is not configured."""
        for entry in self.models:
            if entry.name == name:
                return entry
        return ModelSettings(name or "")
