"""Series with marked events, of which one, something unmarked or nothing has changed the series.

After anchors/alerting.md §3.2: 336 hourly values with an hour of the day and AR(1) noise (phi
up to .4), two to
six events in the last five days, in three series of ten two of them within three hours of each
other, the effect a step whose delay is geometric. Half of the series are changed by an event, a
quarter at a time that nobody marked, a quarter not at all. What nobody marked lies beyond the reach
of the events, unless `anywhere`: nothing in a series can tell a coincidence from an effect.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
HOURS, REFERENCE = 336, 216
MOST_DELAY = 8
TOGETHER, VERSIONS_APART = 24, 0.5
"""Hours that two versions run side by side, and how much chance sets them apart in each."""


@dataclass(frozen=True)
class Case:
    """One series and the truth about it."""

    values: Floats
    """(336,) what was measured."""
    events: tuple[int, ...]
    """Hours at which something was marked, in order."""
    cause: int | None
    """Which event it was; None: none of them."""
    change: int | None
    """The hour from which the level differs; None: it never does."""
    control: Floats
    """(336,) a series outside the scope of every event, which shares half of the noise."""
    versions: Floats
    """(events, 2, 24) the old and the new version side by side in the day after each event."""


def case(
    seed: int, number: int, size: float, *, burst: bool = False, anywhere: bool = False
) -> Case:
    """A case of a seed; `size` of the step in standard deviations of the noise.

    With `burst`, a day of unrest moves the series and its control alike.
    """
    random = np.random.default_rng([seed, number])
    phi = random.uniform(0.0, 0.4)
    shared, own = _noise(random, phi), _noise(random, phi)
    noise = (shared + own) / np.sqrt(2.0)
    season = _season(random)
    events = _events(random)
    kind = random.random()
    cause = int(random.integers(len(events))) if kind < 0.5 else None
    delay = min(int(random.geometric(0.5)) - 1, MOST_DELAY - 1)
    change: int | None = None
    if cause is not None:
        change = events[cause] + delay
    elif kind < 0.75:
        change = int(random.choice(_unmarked(events, anywhere=anywhere)))
    step = np.zeros(HOURS)
    if change is not None:
        step[change:] = size * random.choice([-1.0, 1.0])
    unrest = np.zeros(HOURS)
    if burst:
        begun = int(random.integers(REFERENCE, HOURS - 24))
        unrest[begun : begun + 24] = random.normal(0.0, 2.0)
    return Case(
        values=season + noise + step + unrest,
        events=events,
        cause=cause,
        change=change,
        control=_season(random) + (shared + _noise(random, phi)) / np.sqrt(2.0) + unrest,
        versions=_versions(random, noise + unrest, step, events, cause),
    )


def _noise(random: np.random.Generator, phi: float) -> Floats:
    """AR(1) noise of variance 1."""
    noise = random.normal(size=HOURS)
    noise[1:] *= np.sqrt(1.0 - phi**2)
    for hour in range(1, HOURS):
        noise[hour] += phi * noise[hour - 1]
    return noise


def _season(random: np.random.Generator) -> Floats:
    hours = np.arange(HOURS) % 24
    height, phase = random.uniform(0.0, 2.0), random.uniform(0.0, 24.0)
    return np.asarray(height * np.sin(2 * np.pi * (hours - phase) / 24.0))


def _events(random: np.random.Generator) -> tuple[int, ...]:
    """Two to six; in three of ten series one of them follows another within three hours."""
    count, last = int(random.integers(2, 7)), HOURS - MOST_DELAY
    found = random.choice(np.arange(REFERENCE, last - 3), count, replace=False).tolist()
    if random.random() < 0.3:
        found[-1] = found[0] + int(random.integers(1, 4))
    return tuple(sorted(found))


def _unmarked(events: tuple[int, ...], *, anywhere: bool) -> NDArray[np.int64]:
    """The hours at which something that nobody marked may happen."""
    hours = np.arange(REFERENCE, HOURS - MOST_DELAY)
    if anywhere:
        return hours
    near = [(hours >= event) & (hours < event + MOST_DELAY) for event in events]
    return np.asarray(hours[~np.any(near, axis=0)])


def _versions(
    random: np.random.Generator,
    noise: Floats,
    step: Floats,
    events: tuple[int, ...],
    cause: int | None,
) -> Floats:
    """An event that is the cause changes the new version only; anything else befalls both."""
    found = np.empty((len(events), 2, TOGETHER))
    padded, stepped = (np.pad(part, (0, TOGETHER), mode="edge") for part in (noise, step))
    for number, event in enumerate(events):
        day = slice(event, event + TOGETHER)
        common = padded[day] if number == cause else padded[day] + stepped[day]
        found[number] = common + random.normal(0.0, VERSIONS_APART, (2, TOGETHER))
        if number == cause:
            found[number, 1] += stepped[day]
    return found
