"""The two-sample tests by name, and which of them suit which columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from console.stats.twosample import cells as binning
from console.stats.twosample import distances, numbers
from console.stats.twosample.cells import Cells, Compat, Floats
from console.stats.twosample.outcome import Outcome

OfNumbers = Callable[[Floats, Floats, Compat], Outcome]
OfCells = Callable[[Cells, Compat], Outcome]


@dataclass(frozen=True, slots=True)
class Test:
    """One test: what it does to numbers and to counts of categories, if anything."""

    title: str
    of_numbers: OfNumbers | None = None
    of_cells: OfCells | None = None
    most_cells: int | None = None


def _plain(test: Callable[[Floats, Floats], Outcome]) -> OfNumbers:
    return lambda reference, current, _compat: test(reference, current)


def _distance(distance: Callable[[Cells, Compat], float]) -> OfCells:
    return lambda cells, compat: Outcome(distance(cells, compat))


def _binned(test: OfCells) -> OfNumbers:
    return lambda reference, current, compat: test(
        binning.of_numbers(reference, current, compat), compat
    )


def _hellinger_of_numbers(reference: Floats, current: Floats, compat: Compat) -> Outcome:
    if compat == "evidently":
        return Outcome(distances.hellinger(binning.of_distinct_values(reference, current)))
    return Outcome(distances.hellinger(binning.of_numbers(reference, current, compat)))


def _jensen_shannon_of_numbers(reference: Floats, current: Floats, compat: Compat) -> Outcome:
    if compat == "frouros":
        return Outcome(distances.jensen_shannon_of(*binning.smoothed(reference, current)))
    cells = binning.of_numbers(reference, current, compat)
    return Outcome(distances.jensen_shannon(cells, compat))


def _kullback_leibler_of_numbers(reference: Floats, current: Floats, compat: Compat) -> Outcome:
    if compat == "frouros":  # with its sides the other way round
        r, c = binning.smoothed(reference, current)
        return Outcome(distances.relative_entropy(c, r))
    cells = binning.of_numbers(reference, current, compat)
    return Outcome(distances.kullback_leibler(cells, compat))


def _of_cells_alone(distance: Callable[[Cells], float]) -> OfCells:
    return lambda cells, _compat: Outcome(distance(cells))


_PSI = _distance(distances.population_stability)
_TV = _of_cells_alone(distances.total_variation)
_LINF = _of_cells_alone(distances.l_infinity)

TESTS: Mapping[str, Test] = {
    "ks": Test("Kolmogorov-Smirnov", _plain(numbers.kolmogorov_smirnov)),
    "wasserstein": Test("Wasserstein distance", numbers.wasserstein),
    "wasserstein_normed": Test(
        "Wasserstein distance over the reference's deviation", _plain(numbers.normed_wasserstein)
    ),
    "energy": Test("energy distance", _plain(numbers.energy)),
    "cramer_von_mises": Test("Cramér-von Mises", _plain(numbers.cramer_von_mises)),
    "anderson_darling": Test("Anderson-Darling", _plain(numbers.anderson_darling)),
    "mann_whitney": Test("Mann-Whitney", _plain(numbers.mann_whitney)),
    "psi": Test("population stability index", _binned(_PSI), _PSI),
    "jensen_shannon": Test(
        "Jensen-Shannon distance", _jensen_shannon_of_numbers, _distance(distances.jensen_shannon)
    ),
    "kullback_leibler": Test(
        "Kullback-Leibler divergence",
        _kullback_leibler_of_numbers,
        _distance(distances.kullback_leibler),
    ),
    "hellinger": Test(
        "Hellinger distance", _hellinger_of_numbers, _of_cells_alone(distances.hellinger)
    ),
    "total_variation": Test("total variation", _binned(_TV), _TV),
    "l_infinity": Test("L-infinity", _binned(_LINF), _LINF),
    "chi_square": Test("chi-square", None, distances.chi_square),
    "cramers_v": Test("Cramér's V", None, _distance(distances.cramers_v)),
    "z": Test(
        "z-test of proportions",
        None,
        lambda cells, _compat: distances.proportions(cells),
        most_cells=2,
    ),
}
"""Every test by the name it is asked for with."""


def of_numbers(
    test: str, reference: Floats, current: Floats, compat: Compat = "scipy"
) -> Outcome | None:
    """A test of finite numbers; None if it has nothing to say of numbers.

    Tests of categories take numbers with a cell for each value. Neither sample may be empty.
    Raises KeyError for a name that is not in `TESTS`.
    """
    entry = TESTS[test]
    if entry.of_numbers is not None:
        return entry.of_numbers(reference, current, compat)
    return of_cells(test, binning.of_values(reference, current), compat)


def of_cells(test: str, cells: Cells, compat: Compat = "scipy") -> Outcome | None:
    """A test of counts of categories; None if it has nothing to say of them.

    Neither sample may be empty. Raises KeyError for a name that is not in `TESTS`.
    """
    entry = TESTS[test]
    if entry.of_cells is None:
        return None
    if entry.most_cells is not None and len(cells.reference) > entry.most_cells:
        return None
    return entry.of_cells(cells, compat)
