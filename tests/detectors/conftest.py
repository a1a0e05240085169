"""Windows, spans and cuts for tests of detectors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import polars as pl
import pytest

from console.detectors.protocol import Detector, Deviation, Span, State
from console.records.frames import EVENTS
from console.records.series import Series
from console.stats.windows import CLOSED

START = 1_772_323_200.0
"""2026-03-01, a Sunday, 00:00 UTC."""


class Feed:
    """Feeds detectors with closed windows of one minute. Test modules cannot import a conftest."""

    start = START
    width = 60.0

    def windows(self, values: Mapping[Series, Iterable[tuple[float, float]]]) -> pl.DataFrame:
        """Windows of (seconds since `start`, mean), sorted by time."""
        parts = [pl.DataFrame(schema=CLOSED)]
        parts += [self._series(series, list(points)) for series, points in values.items()]
        return pl.concat(parts).sort("start", "series_id")

    def _series(self, series: Series, points: list[tuple[float, float]]) -> pl.DataFrame:
        size = len(points)
        means = [value for _, value in points]
        starts = [round((START + second) * 1e6) for second, _ in points]
        return pl.DataFrame(
            {
                "series_id": [series.id] * size,
                "model": [series.model] * size,
                "stage": [series.stage] * size,
                "name": [series.name] * size,
                "tags": [series.tags] * size,
                "version": [None] * size,
                "start": starts,
                "n": [1] * size,
                "total": means,
                "squares": [value * value for value in means],
                "low": means,
                "high": means,
                "last": means,
                "last_ts": starts,
            },
            schema={**CLOSED, "start": pl.Int64, "last_ts": pl.Int64},
        ).cast({"start": pl.Datetime("us"), "last_ts": pl.Datetime("us")})

    def span(
        self, metrics: pl.DataFrame, begin: float, end: float, logs: pl.DataFrame | None = None
    ) -> Span:
        """The windows that end in (begin, end], seconds since `start`."""
        ends = pl.col("start").dt.epoch("us") / 1e6 + self.width - START
        inside = (ends > begin) & (ends <= end)
        return Span(
            start=START + begin,
            end=START + end,
            metrics=metrics.filter(inside),
            logs=pl.DataFrame() if logs is None else logs.filter(inside),
            columns=pl.DataFrame(),
            performance=pl.DataFrame(),
            events=pl.DataFrame(schema=EVENTS),
        )

    def run(
        self,
        detector: Detector,
        metrics: pl.DataFrame,
        end: float,
        cuts: Sequence[float] = (),
        logs: pl.DataFrame | None = None,
    ) -> tuple[list[Deviation], State]:
        """What a detector says up to `end`, its spans cut at multiples of the width near `cuts`."""
        state = detector.initial()
        found: list[Deviation] = []
        inner = {cut // self.width * self.width for cut in cuts if cut < end}
        edges = sorted({0.0, end, *inner})
        for begin, stop in pairwise(edges):
            said, state = detector.update(state, self.span(metrics, begin, stop, logs))
            assert [deviation.at for deviation in said] == sorted(d.at for d in said)
            found += said
        return found, state


@pytest.fixture(scope="session")
def feed() -> Feed:
    """Windows, spans and runs of detectors over them."""
    return Feed()
