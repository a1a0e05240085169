from __future__ import annotations

import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tui_fakes import NOW, ONSET, points

from console.tui.chart import ChartSpec, _draw, chart, chart_text, finite, reduced
from console.tui.present.line import cells

SPEC = ChartSpec(
    points(NOW - 14400, NOW, 0.94, 0.89), baseline=0.94, threshold=0.92, onset=ONSET,
    events=((ONSET - 120, 0.0),), width=60, height=10,
)  # fmt: skip


def test_a_chart_has_its_parts() -> None:
    text = chart_text(SPEC)
    assert "╌" in text
    assert "┈" in text
    assert "13:00" in text
    roles = {part.role for line in chart(SPEC) for part in line}
    assert {"critical", "warning", "ok", "text"} <= roles


@pytest.mark.parametrize(("width", "height"), [(24, 5), (40, 6), (110, 14), (23, 10), (60, 4)])
def test_a_chart_keeps_its_size(width: int, height: int) -> None:
    lines = chart(replace(SPEC, width=width, height=height))
    assert len(lines) <= height
    assert all(cells(line) <= width for line in lines)
    assert bool(lines) == (width >= 24 and height >= 5)


def test_what_is_not_finite_never_reaches_plotext() -> None:
    """One NaN among the values would end the process: in one of its own."""
    code = (
        "from math import nan, inf\n"
        "from console.tui.chart import ChartSpec, chart_text\n"
        "numbers = [1.0, nan, inf, 2.0, -inf, 1e308, 3.0]\n"
        "points = tuple((float(i), number) for i, number in enumerate(numbers))\n"
        "print(chart_text(ChartSpec(points, band=(nan, inf), baseline=nan, threshold=inf,"
        " onset=3.0, cursor=nan, events=((nan, 0.0),))))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    assert "┤" in done.stdout


def test_nothing_finite_is_no_chart() -> None:
    assert chart(ChartSpec(((1.0, math.nan),))) == ()
    assert chart(ChartSpec(())) == ()


@pytest.mark.parametrize(
    "numbers", [[5.0], [5.0, 5.0], [0.0, 0.0, 0.0], [1e12, 1e12 + 1], [1e-12, 2e-12]]
)
def test_flat_and_extreme_series_draw_in_silence(
    numbers: list[float], capfd: pytest.CaptureFixture[str]
) -> None:
    spec = ChartSpec(tuple((NOW + i, number) for i, number in enumerate(numbers)))
    assert chart(spec)
    assert capfd.readouterr() == ("", "")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 2e9), st.floats()), max_size=30))
def test_any_points_can_be_drawn(raw: list[tuple[float, float]]) -> None:
    chart(ChartSpec(tuple(sorted(raw, key=lambda entry: entry[0])), width=40, height=6))


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=500), st.integers(2, 60))
def test_reduction_keeps_the_extremes(numbers: list[float], most: int) -> None:
    whole = [(float(i), number) for i, number in enumerate(numbers)]
    kept = reduced(whole, most)
    assert len(kept) <= most + most % 2
    assert max(v for _, v in kept) == max(numbers)
    assert min(v for _, v in kept) == min(numbers)
    assert kept == sorted(kept, key=lambda entry: entry[0])


def test_finite() -> None:
    assert finite([(1, 2), (math.nan, 1), (1, math.inf), (2, 1e305)]) == [(1.0, 2.0)]


def test_charts_of_several_threads_are_the_same() -> None:
    specs = [replace(SPEC, height=6 + i % 5, width=50 + i % 7) for i in range(60)]
    chart.cache_clear()
    alone = [chart(spec) for spec in specs]
    chart.cache_clear()
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(chart, specs)) == alone


def test_a_chart_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []

    def counted(*args: object) -> str:
        drawn.append(args)
        return _draw(*args)  # type: ignore[arg-type]  # the very arguments it was given

    monkeypatch.setattr("console.tui.chart._draw", counted)
    chart.cache_clear()
    assert chart(SPEC) == chart(replace(SPEC))
    assert len(drawn) == 1
