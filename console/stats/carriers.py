"""Which segment carries a change: the change of a mean taken apart exactly, and judged.

The mean of all rows is the sum over segments of share times own mean. From before (shares w, means
m, of all M) to after (shares v, means n) it changes by

    sum of  v (n - m)  +  (v - w) (m - M)

where the first term is what the segment itself changed, the second what it changed by becoming a
larger or smaller part of the rows. Both add up to the whole change (Oaxaca and Blinder; a segment
without rows before is taken to have been as all were). A segment's part of the change is the sum of
its terms over the whole change.

One segment is named if it carries at least `LEAST_PART` of the change and either

* it changed itself: by another amount than all others together, more surely than chance among all
  segments allows (`LEVEL`, Bonferroni), while the others changed by less than `OTHERS_PART` of it;
* or its share did: as surely, by `LEAST_SHARE`, and more of the change comes of that.

Of several the surest is named, since the rows of a wider or narrower one are mixed with others.
A change that all segments share names none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from console.stats.drift import normal_sf
from console.stats.metrics import Estimate

LEVEL = 0.001
"""Chance that any segment is named where all have changed alike."""
LEAST_PART = 0.5
OTHERS_PART = 0.5
"""Most that the others may have changed, as a part of what the segment has."""
LEAST_SHARE = 0.1
LEAST_ROWS = 20
LEAST_Z = 3.0
"""A whole change that is less sure is not taken apart."""

Name = tuple[str, str]
How = Literal["change", "share"]


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums over rows: their number, values and squares."""

    n: float = 0.0
    total: float = 0.0
    squares: float = 0.0

    def __add__(self, other: Moments) -> Moments:
        return Moments(self.n + other.n, self.total + other.total, self.squares + other.squares)

    def __sub__(self, other: Moments) -> Moments:
        return Moments(self.n - other.n, self.total - other.total, self.squares - other.squares)

    @property
    def mean(self) -> float:
        """The mean; 0 of no rows."""
        return self.total / self.n if self.n else 0.0

    @property
    def variance(self) -> float:
        """The variance of a row; 0 of no rows."""
        return max(self.squares / self.n - self.mean**2, 0.0) if self.n else 0.0


@dataclass(frozen=True, slots=True)
class Sides:
    """The rows of a segment before and after."""

    before: Moments = Moments()
    after: Moments = Moments()


@dataclass(frozen=True, slots=True)
class Known:
    """A figure of rows before and after, each with its standard error."""

    before: Estimate
    after: Estimate

    @property
    def change(self) -> float:
        """What has changed."""
        return self.after.value - self.before.value

    @property
    def variance(self) -> float:
        """Of the change."""
        return self.before.error**2 + self.after.error**2


@dataclass(frozen=True, slots=True)
class Carrier:
    """A segment that carries a change."""

    tag: str
    value: str
    part: float
    """Its part of the change; above 1 if the others changed the other way."""
    how: How
    """Whether it changed itself, or its share of the rows did."""
    rows: int
    """Its rows since the change."""
    of: int
    """All rows since then."""
    share_before: float
    share: float
    before: float
    after: float
    """Its own figure."""
    others_before: float
    others_after: float
    z: float
    """Its difference from the others, or that of its share from before, in standard errors."""

    @property
    def name(self) -> str:
        """`tag=value`."""
        return f"{self.tag}={self.value}"


def carrier(
    tags: Mapping[str, Mapping[str, Sides]],
    skip: Sequence[str] = (),
    holds: Callable[[Carrier], bool] | None = None,
) -> Carrier | None:
    """The segment that carries the change of the mean; None if none does.

    `tags` has for every tag all segments of it; those called as in `skip` (a remainder) take part
    but are never named, nor are those that changed themselves and of which `holds` is not true.
    """
    judged = [
        (tag, value)
        for tag, segments in tags.items()
        for value, own in segments.items()
        if own.after.n + own.before.n >= LEAST_ROWS and value not in skip
    ]
    found = [one for name in judged if (one := _of_mean(tags[name[0]], name)) is not None]
    kept = [one for one in found if one.how == "share" or holds is None or holds(one)]
    return surest(kept, len(judged))


def surest(found: Sequence[Carrier | None], judged: int) -> Carrier | None:
    """The surest of the segments that carry a change, of so many that were judged; None of none."""
    sure = [one for one in found if one is not None and p_value(one.z) * judged <= LEVEL]
    return min(sure, key=_order, default=None)


def p_value(z: float) -> float:
    """Of a difference of so many standard errors either way."""
    return float(2 * normal_sf(abs(z)))


def terms(before: Moments, after: Moments, own: Sides) -> tuple[float, float]:
    """What a segment itself, and its share, add to the change of the mean of all rows."""
    usual = own.before.mean if own.before.n else before.mean
    share_before, share = own.before.n / before.n, own.after.n / after.n
    itself = share * (own.after.mean - usual)
    return itself, (share - share_before) * (usual - before.mean)


def without(
    name: Name, whole: Known, own: Known, others: Known, shares: tuple[float, float]
) -> Carrier | None:
    """The segment of that name if it carries a change of a figure that does not add up.

    Its part is what of the change is gone without it. `shares` are those of the rows.
    """
    change = whole.change
    if not change or abs(change) < LEAST_Z * math.sqrt(whole.variance):
        return None
    part = (change - others.change) / change
    spread = math.sqrt(own.variance + others.variance)
    alike = others.change / own.change if own.change else 1.0
    if part < LEAST_PART or alike >= OTHERS_PART or not spread or own.change * change < 0:
        return None
    return Carrier(
        *name,
        part=part,
        how="change",
        rows=own.after.n,
        of=whole.after.n,
        share_before=shares[0],
        share=shares[1],
        before=own.before.value,
        after=own.after.value,
        others_before=others.before.value,
        others_after=others.after.value,
        z=(own.change - others.change) / spread,
    )


def _order(one: Carrier) -> tuple[float, bool, float, str, str]:
    """The surest first; of two shares that changed alike, the one that grew."""
    return -round(abs(one.z), 6), one.share < one.share_before, -one.part, one.tag, one.value


def _of_mean(segments: Mapping[str, Sides], name: Name) -> Carrier | None:
    """The segment of that name if it carries the change, however surely."""
    before = sum((own.before for own in segments.values()), Moments())
    after = sum((own.after for own in segments.values()), Moments())
    own = segments[name[1]]
    others = Sides(before - own.before, after - own.after)
    if min(before.n, after.n, others.before.n, others.after.n) < LEAST_ROWS:
        return None
    change = after.mean - before.mean
    error = math.sqrt(before.variance / before.n + after.variance / after.n)
    if not change or abs(change) < LEAST_Z * error:
        return None
    itself, by_share = terms(before, after, own)
    part = (itself + by_share) / change
    if part < LEAST_PART:
        return None
    how: How = "change" if itself / change >= by_share / change else "share"
    z = (
        _z_of_itself(before, after, own, others)
        if how == "change"
        else _z_of_share(before, after, own)
    )
    if z is None:
        return None
    return Carrier(
        *name,
        part=part,
        how=how,
        rows=round(own.after.n),
        of=round(after.n),
        share_before=own.before.n / before.n,
        share=own.after.n / after.n,
        before=own.before.mean if own.before.n else before.mean,
        after=own.after.mean,
        others_before=others.before.mean,
        others_after=others.after.mean,
        z=z,
    )


def _z_of_itself(before: Moments, after: Moments, own: Sides, others: Sides) -> float | None:
    """How surely a segment has changed by more than the others; None if it has not by enough."""
    if own.after.n < LEAST_ROWS:
        return None
    held = own.before if own.before.n else before
    shift, rest = own.after.mean - held.mean, others.after.mean - others.before.mean
    if not shift or rest / shift >= OTHERS_PART:
        return None
    # As noisy as all rows are: of few rows their own spread tells little.
    spread = after.variance * (1 / own.after.n + 1 / others.after.n)
    spread += before.variance * (1 / held.n + 1 / others.before.n)
    return (shift - rest) / math.sqrt(spread) if spread else None


def _z_of_share(before: Moments, after: Moments, own: Sides) -> float | None:
    """How surely a segment's share of the rows has changed; None if it has not by enough."""
    share_before, share = own.before.n / before.n, own.after.n / after.n
    if abs(share - share_before) < LEAST_SHARE:
        return None
    middle = (own.before.n + own.after.n) / (before.n + after.n)
    spread = middle * (1 - middle) * (1 / before.n + 1 / after.n)
    return (share - share_before) / math.sqrt(spread)
