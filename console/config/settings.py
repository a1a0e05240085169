"""The settings, frozen, with their defaults. `load` reads them from console.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from console.config.delivery import Notify, Receiver, Recipient
from console.config.messages import Words
from console.records.clock import DAY
from console.records.schedule import DAILY, Schedule


class SettingsError(ValueError):
    """One clear line: the file, the line where it can be told, the key, and the mend."""


PATH_NAMES = ("model", "stage", "version")
"""What parts of a source's path can be named, in braces."""


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """One `[[sources]]`: which files, and what holds for records that do not say so."""

    path: str
    """Absolute path or glob; `{model}` and the other `PATH_NAMES` are names for parts of it."""
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
    unit: str = ""
    """Of that value: `EUR`, `missed frauds`."""
    predictions: str = "predictions"
    """What its users call them: `payments`."""
    downstream: tuple[str, ...] = ()
    """Models that use what this one says."""
    costs: Mapping[str, float] = field(default_factory=dict)
    """What each outcome is worth: `true_positive`, `false_positive`, `false_negative`,
    `true_negative`; a loss is negative, one that is not named is worth nothing."""
    baseline: str = "reference"
    """What drift is measured from: `reference`, `previous`, `hour`, `weekday`, `rolling 7d`, or
    `version NAME`."""
    runbook: str | None = None
    segments: tuple[str, ...] | None = None
    """Tags, features or `version` by whose values the predictions are divided; None: by the tags
    that are found."""


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
class Objective:
    """One `[[objectives]]`: which share of events has to be good over a period.

    Events are counted by two of `good`, `bad` and `total`, or told by one ratio.
    """

    objective: float
    good: str | None = None
    bad: str | None = None
    total: str | None = None
    good_ratio: str | None = None
    bad_ratio: str | None = None
    model: str | None = None
    stage: str | None = None
    period_s: float = 30 * 86400.0
    message: str | None = None

    @property
    def ratio(self) -> bool:
        """Whether a series tells the share, and not how many events there were."""
        return self.good_ratio is not None or self.bad_ratio is not None

    @property
    def shown(self) -> str:
        """The series that stands for it."""
        named = (self.bad_ratio, self.good_ratio, self.bad, self.good)
        return next(name for name in named if name is not None)


@dataclass(frozen=True, slots=True)
class Check:
    """One `[[checks]]`: conditions on the rows of files, for `model-console check`."""

    name: str | None = None
    model: str | None = None
    """Only rows of this model; its reference is what they are compared with."""
    path: str | None = None
    """Absolute path or glob of the rows; None: the paths of the command."""
    reference: Path | None = None
    """Instead of the model's."""
    columns: tuple[str, ...] = ()
    """Columns that are looked at; empty: all."""
    rows: int | None = None
    """Least number of rows."""
    fresh_s: float | None = None
    """Greatest age of the newest row."""
    nulls: float | None = None
    """Greatest share of nulls in a column."""
    duplicates: float | None = None
    """Greatest share of rows that are there already."""
    within: tuple[float, float] | None = None
    """`range`: least and greatest value of a number."""
    unseen: float | None = None
    """Greatest share of rows in categories that the reference lacks."""
    drift: float | Literal["significant"] | None = None
    """Greatest effect in standard deviations, or statistic of `test`; or none that is sure."""
    test: str | None = None
    """The test whose statistic `drift` limits."""
    compat: str = "scipy"
    """As which tool computes `test` or `change`."""
    metric: str | None = None
    """A performance metric; limited by `least`, `most`, `degradation` or `sigma`."""
    least: float | None = None
    most: float | None = None
    degradation: float | None = None
    """How much worse than on the reference it may be."""
    sigma: float | None = None
    """So many standard deviations, of its ten chunks, round the reference's metric are well."""
    change: str | None = None
    """A test of `stats.changes` that finds no change of level in the order of the rows."""
    suite: Literal["train_test"] | None = None
    """A set of conditions, for those that are not given: of a test set against its training set."""
    constant: float | None = None
    """Greatest share of rows with the most frequent value of a column."""
    leakage: float | None = None
    """Greatest share of rows that the reference has, too."""
    multivariate: float | None = None
    """Greatest AUC of a classifier that tells the rows from the reference's, 0.5..1."""
    by: str | None = None
    """A column or tag: the conditions are asked of the rows of each of its values."""


@dataclass(frozen=True, slots=True)
class Retention:
    """`[retention]`: how long what is stored is kept, in event time behind the newest; None: ever.

    Windows outlive the rows that they are made of, so that charts and detectors keep their past.
    """

    metrics_s: float | None = 90 * DAY
    logs_s: float | None = 30 * DAY
    predictions_s: float | None = 90 * DAY
    """Labels too."""
    rejects_s: float | None = 30 * DAY
    events_s: float | None = 400 * DAY
    windows_s: float | None = 400 * DAY
    size: int | None = 20 * 10**9
    """Bytes that the store may hold; beyond them the oldest hours go first."""
    free: int | None = None
    """Bytes of the disk that are left free; None: 256 MiB, or a twentieth of a small disk."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings."""

    file: Path | None = None
    """The console.toml that they come from."""
    sources: tuple[SourceSettings, ...] = ()
    """Empty: every file below the given paths."""
    models: tuple[ModelSettings, ...] = ()
    rules: tuple[Rule, ...] = ()
    objectives: tuple[Objective, ...] = ()
    checks: tuple[Check, ...] = ()
    messages: tuple[Words, ...] = ()
    """The words of alerts."""
    recipients: tuple[Recipient, ...] = ()
    """Who is told of alerts."""
    redact: tuple[str, ...] = ()
    """Regular expressions of what is taken out of bundles, besides what looks like a secret."""
    receiver: Receiver | None = None
    """Where events come in over HTTP."""
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
    retention: Retention = Retention()

    digest: Schedule | None = DAILY
    """When a digest is written; None: never."""
    notify: Notify = "bell"
    """How the screen calls for a new critical alert."""

    def model(self, name: str | None) -> ModelSettings:
        """The settings of a model, the defaults for one that is not configured."""
        for entry in self.models:
            if entry.name == name:
                return entry
        return ModelSettings(name or "")
