"""What comparing two tables says, column by column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from console.stats.carriers import Carrier

Kind = Literal["numeric", "category", "identifier", "time", "other"]
What = Literal[
    "drift", "nulls", "unseen", "outside", "infinite", "type", "constant", "unit", "missing", "new"
]


@dataclass(frozen=True, slots=True)
class Side:
    """One table's part of a column; numbers only of numeric columns, of finite values."""

    rows: int
    nulls: int
    distinct: int | None = None
    mean: float | None = None
    deviation: float | None = None
    median: float | None = None
    low: float | None = None
    high: float | None = None
    infinite: int = 0


@dataclass(frozen=True, slots=True)
class Term:
    """A share of its own: nulls, unseen categories, values outside the reference's range."""

    before: float
    after: float
    rows: int
    """Of the current table."""
    p_value: float
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Effect:
    """How far the columns lie apart, in standard deviations, with a 95 % interval."""

    value: float
    low: float
    high: float
    direction: str
    """`higher`, `lower`, `wider`, `narrower`, `different`, or `more CATEGORY`."""


@dataclass(frozen=True, slots=True)
class Part:
    """A bin or category: its shares, and its part (0..1) of the Jensen-Shannon divergence."""

    name: str
    reference: float
    current: float
    part: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A test that was asked for, beside the one that judges."""

    test: str
    compat: str
    statistic: float | None
    p_value: float | None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to say of a column: an alert, or a note that is none."""

    what: What
    text: str
    alert: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One column of two tables."""

    name: str
    role: Literal["feature", "prediction", "score", "label"]
    kind: Kind
    reference: Side
    current: Side
    test: str | None = None
    """What judged; None if there was nothing to judge."""
    statistic: float | None = None
    p_value: float | None = None
    threshold: float | None = None
    """The statistic from which on this column would count, at these sizes and this many columns."""
    effect: Effect | None = None
    nulls: Term | None = None
    unseen: Term | None = None
    outside: Term | None = None
    gone: tuple[str, ...] = ()
    """Categories of the reference that the current table lacks, most frequent first."""
    parts: tuple[Part, ...] = ()
    """What carries the drift, the largest part first."""
    histograms: tuple[tuple[float, ...], tuple[float, ...]] = ((), ())
    """Shares in the same few cells, for a picture: reference, current."""
    measured: Measured | None = None
    carrier: Carrier | None = None
    """The segment that carries its drift or its nulls, of those that were asked for."""
    findings: tuple[Finding, ...] = ()

    @property
    def alerts(self) -> tuple[Finding, ...]:
        """The findings that are alerts."""
        return tuple(finding for finding in self.findings if finding.alert)

    @property
    def drifted(self) -> bool:
        """The distribution of known values has moved, surely and by enough to matter."""
        return any(finding.what == "drift" and finding.alert for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Together:
    """How well rows of two tables are told apart."""

    auc: float
    low: float
    high: float
    p_value: float
    rows: int
    """Of both tables."""
    carriers: tuple[str, ...]
    """Columns, and pairs of columns (`a with b`), that tell most, first."""
    alert: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two tables."""

    columns: tuple[Column, ...]
    """Worst first: by alerts, then by effect."""
    reference_rows: int
    current_rows: int
    ignored: tuple[str, ...]
    """Columns that say of which prediction a row is."""
    false_discoveries: float
    least_effect: float
    together: Together | None = None
    """How well whole rows are told apart; None if there are too few."""

    @property
    def drifted(self) -> tuple[str, ...]:
        """Names of the drifted columns."""
        return tuple(column.name for column in self.columns if column.drifted)

    @property
    def alerts(self) -> int:
        """Alerts of all columns, and of all together."""
        whole = self.together is not None and self.together.alert
        return sum(len(column.alerts) for column in self.columns) + int(whole)
