"""Jumps of unit and sign: told with their factor, and never seen where there is none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from console.detectors import quality_scale
from console.detectors.quality_scale import Jump, Part

Draw = Callable[[np.random.Generator, int], np.ndarray]
LIMIT = 2e-5 / 20
"""What one of 20 columns is judged by."""
SHAPES: dict[str, Draw] = {
    "normal": lambda random, n: random.normal(size=n),
    "positive": lambda random, n: random.normal(50, 10, n),
    "skewed": lambda random, n: random.lognormal(3, 1, n),
    "very skewed": lambda random, n: random.lognormal(0, 2, n),
    "heavy": lambda random, n: random.standard_t(2, n),
    "spiky": lambda random, n: np.where(random.random(n) < 0.6, 0, random.exponential(size=n)),
    "counts": lambda random, n: random.poisson(3, n).astype(float),
    "rare": lambda random, n: random.poisson(0.05, n).astype(float),
    "shares": lambda random, n: random.beta(2, 5, n),
}


def part(values: np.ndarray) -> Part:
    return Part(len(values), float(values.sum()), float((values**2).sum()))


def judged(
    shape: str, seed: int, rows: int, change: Callable[[np.ndarray], np.ndarray]
) -> Jump | None:
    """What is said of three parts of a column that has a day of buckets, with a wave, behind it."""
    random = np.random.default_rng([seed, len(shape)])
    past = [0.0] * quality_scale.WIDTH
    for place in range(72):
        wave = 1 + 0.2 * np.sin(2 * np.pi * place / 72)
        past = quality_scale.folded(past, part(wave * SHAPES[shape](random, rows)), 0.9995)
    found = quality_scale.jump(past, [part(change(SHAPES[shape](random, rows))) for _ in range(3)])
    return found if found is not None and found.p < LIMIT else None


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("rows", [8, 60])
def test_numbers_that_stay_as_they_are_are_no_news(shape: str, rows: int) -> None:
    """Nor those that fall or rise to a third or threefold: that is drift."""
    changes: list[Callable[[np.ndarray], np.ndarray]] = [
        lambda values: values,
        lambda values: values * 3,
        lambda values: values / 3,
    ]
    said = [judged(shape, seed, rows, changes[seed % 3]) for seed in range(20)]
    assert said == [None] * 20


@pytest.mark.parametrize("factor", [60.0, 1000.0, 1e6, 1 / 60, 0.001])
@pytest.mark.parametrize("shape", ["normal", "positive", "skewed", "spiky", "counts", "shares"])
def test_another_unit_is_found_with_its_factor(shape: str, factor: float) -> None:
    """19 of 20 times; of few rows of skewed values 60 and 100 are not always told apart."""
    said = [judged(shape, seed, 50, lambda values: values * factor) for seed in range(20)]
    assert sum(one is not None and 0.5 < one.factor / factor < 2 for one in said) >= 19
    many = [judged(shape, seed, 400, lambda values: values * factor) for seed in range(20)]
    assert sum(one is not None and one.factor == pytest.approx(factor) for one in many) >= 19
    shares = [one.share for one in said if one is not None]
    assert np.median(shares) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("shape", ["positive", "counts", "shares"])
def test_another_unit_of_some_rows_is_found_with_their_share(shape: str) -> None:
    def some(values: np.ndarray) -> np.ndarray:
        told = np.arange(len(values)) % 10 < 3
        return np.where(told, 1000 * values, values)

    said = [judged(shape, seed, 100, some) for seed in range(20)]
    assert sum(one is not None and one.factor == 1000 for one in said) >= 19
    assert np.median([one.share for one in said if one is not None]) == pytest.approx(0.3, abs=0.05)


@pytest.mark.parametrize("shape", ["positive", "skewed", "spiky", "counts", "shares"])
def test_another_sign_is_found(shape: str) -> None:
    said = [judged(shape, seed, 50, np.negative) for seed in range(20)]
    assert sum(one is not None and one.factor == -1 for one in said) >= 19


def test_too_few_numbers_say_nothing() -> None:
    past = [0.0] * quality_scale.WIDTH
    few = part(np.ones(7))
    for _ in range(100):
        past = quality_scale.folded(past, few, 1.0)
    assert past == [0.0] * quality_scale.WIDTH
    assert quality_scale.jump(past, [few] * 3) is None
    assert not quality_scale.calm(past, few)
    for _ in range(100):
        past = quality_scale.folded(past, part(np.arange(20.0)), 1.0)
    assert quality_scale.jump(past, [few] * 3) is None
    assert quality_scale.jump(past, [part(np.zeros(20))] * 3) is None
    assert quality_scale.calm(past, part(np.arange(18.0)))
