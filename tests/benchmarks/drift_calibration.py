"""How often `model-console drift` speaks: on unchanged data, and of shifts. Prints a table.

    python -m tests.benchmarks.drift_calibration --trials 1000
    python -m tests.benchmarks.drift_calibration --sizes 5000:5000 --no-power

`--sizes` are rows of the reference and of the current table, `--no-power` leaves the shifts out;
every size has a generator of its own, so that each can be run alone. A trial compares two tables
of 20 mixed columns. "any alert" is the share of comparisons with an alert in any column, of
whatever kind; "found" the share of shifted columns that are called drifted.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
import polars as pl

from console.stats.compare.frames import compare

SHIFTED = tuple(f"normal{i}" for i in range(6))
SIZES = ((100, 100), (500, 500), (5000, 5000), (5000, 500), (5000, 100))
SHIFTS = (0.1, 0.15, 0.2, 0.3)


def mixed(generator: np.random.Generator, rows: int, shift: float = 0.0) -> pl.DataFrame:
    """Numbers (normal, skewed, spiky, counts, heavy-tailed), text of 2 to thousands of values."""
    numbers = {name: generator.normal(shift, 1, rows) for name in SHIFTED}
    numbers |= {f"skewed{i}": generator.lognormal(0, 1, rows) for i in range(3)}
    numbers["spiky"] = np.where(generator.random(rows) < 0.6, 0.0, generator.exponential(size=rows))
    numbers["count"] = generator.poisson(3, rows).astype(float)
    numbers["rare"] = generator.poisson(0.05, rows).astype(float)
    numbers["heavy"] = generator.standard_t(2, rows)
    texts = {}
    for cells in (2, 3, 8, 30, 300):
        odds = 1 / np.arange(1, cells + 1)
        drawn = generator.choice(cells, rows, p=odds / odds.sum())
        texts[f"text{cells}"] = pl.Series(drawn).cast(pl.String)
    texts["open"] = pl.Series(np.minimum(generator.zipf(1.7, rows), 10**9)).cast(pl.String)
    gaps = pl.Series(generator.random(rows) < 0.05)
    holes = pl.Series(generator.normal(size=rows)).set(gaps, None)
    return pl.DataFrame({**numbers, **texts, "holes": holes})


def say(line: str) -> None:
    """One line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _sizes(text: str) -> tuple[int, int]:
    reference, current = text.split(":")
    return int(reference), int(current)


def main() -> None:
    """Runs all trials."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--sizes", type=_sizes, nargs="*", default=SIZES)
    parser.add_argument("--power", action=argparse.BooleanOptionalAction, default=True)
    arguments = parser.parse_args()
    trials = arguments.trials
    say("reference  current  trials  any alert  seconds each")
    for reference, current in arguments.sizes:
        generator = np.random.default_rng([reference, current])
        began = time.perf_counter()
        loud = sum(
            compare(mixed(generator, reference), mixed(generator, current)).alerts > 0
            for _ in range(trials)
        )
        each = (time.perf_counter() - began) / trials
        say(f"{reference:>9}  {current:>7}  {trials:>6}  {loud / trials:>9.2%}  {each:>12.3f}")
    if arguments.power:
        power(trials)


def power(trials: int) -> None:
    """A line a size and shift: the share of shifted columns that are found."""
    say("\n     rows  shift  trials  found")
    for rows in (100, 500, 5000):
        for shift in SHIFTS:
            generator = np.random.default_rng([rows, int(100 * shift)])
            some = max(trials // 10, 1)
            found = 0
            for _ in range(some):
                drifted = compare(mixed(generator, rows), mixed(generator, rows, shift)).drifted
                found += len(set(SHIFTED) & set(drifted))
            say(f"{rows:>9}  {shift:>5}  {some:>6}  {found / some / len(SHIFTED):>6.1%}")


if __name__ == "__main__":
    main()
