"""Whatever the stream: the tests of a change alarm where those of river do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from river import drift
from river.drift import binary

from console.stats import changes

Array = np.ndarray[tuple[int], np.dtype[np.float64]]


@st.composite
def streams(draw: st.DrawFn, *, errors: bool = False) -> Array:
    """A stream whose level changes once, or never: of numbers, or of errors (0 and 1)."""
    n = draw(st.integers(1, 1200))
    at = draw(st.integers(0, n))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    if errors:
        before, after = (draw(st.floats(0.0, 1.0)) for _ in range(2))
        return (random.uniform(size=n) < np.where(np.arange(n) < at, before, after)).astype(float)
    level, spread = draw(st.floats(-5, 5)), draw(st.floats(0.01, 3))
    shift = draw(st.floats(-4, 4))
    return np.asarray(level + spread * (random.normal(size=n) + shift * (np.arange(n) >= at)))


RIVER: Any = drift
"""Some of its constructors are untyped."""
OF_ERRORS: Any = binary


def first(detector: Any, values: Iterable[float]) -> int | None:
    """The place of the first alarm."""
    for place, value in enumerate(values):
        detector.update(value)
        if detector.drift_detected:
            return place
    return None


@settings(deadline=None)
@given(streams(), st.floats(5, 60), st.floats(0.0, 0.3))
def test_page_hinkley_and_adwin(values: Array, limit: float, delta: float) -> None:
    theirs = RIVER.PageHinkley(threshold=limit, delta=delta)
    assert changes.page_hinkley(values, limit=limit, delta=delta) == first(theirs, values)
    assert changes.adwin(values) == first(RIVER.ADWIN(), values)


@settings(deadline=None)
@given(streams() | streams(errors=True), st.sampled_from([0.0001, 0.002, 0.1]), st.integers(1, 64))
def test_adwin_however_it_is_set(values: Array, delta: float, clock: int) -> None:
    theirs = RIVER.ADWIN(delta=delta, clock=clock)
    assert changes.adwin(values, delta=delta, clock=clock) == first(theirs, values)


@settings(deadline=None)
@given(streams(errors=True))
def test_tests_of_errors(errors: Array) -> None:
    bits = errors.astype(int)
    assert changes.ddm(errors) == first(OF_ERRORS.DDM(), bits)
    assert changes.ddm(errors, limit=2.0) == first(OF_ERRORS.DDM(drift_threshold=2.0), bits)
    assert changes.eddm(errors) == first(OF_ERRORS.EDDM(), bits)
    assert changes.hddm(errors) == first(OF_ERRORS.HDDMA(), bits)
    assert changes.hddm_w(errors) == first(OF_ERRORS.HDDMW(), bits)
    assert changes.fhddm(errors) == first(OF_ERRORS.FHDDM(), 1 - bits)


@settings(deadline=None, max_examples=15)
@given(streams())
def test_kswin(values: Array) -> None:
    part = values[:300]
    assert changes.kswin(part) == first(RIVER.KSWIN(seed=42), part)
