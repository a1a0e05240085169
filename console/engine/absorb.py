"""From decoded rows into an open transaction: series, templates, matches and window deltas.

This is the one place where a row is touched: it is stored, and it is summarised.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import polars as pl

from console.engine.catalogue import Catalogue
from console.engine.codec import decode, encode
from console.engine.held import HELD, Held
from console.engine.lateness import late, window_end
from console.engine.summaries import Summaries, kept_kinds
from console.records.clock import DAY, naive
from console.records.frames import LABELS, PREDICTIONS, Schema
from console.stats import volumes
from console.stats.pinning import References, from_settings
from console.stats.segments import Segments
from console.stats.templates import Miner

if TYPE_CHECKING:
    from console.config.settings import Settings
    from console.engine.aggregates import Kind
    from console.engine.intake import Reading
    from console.store.restored import Restored
    from console.store.transaction import Transaction

REFERENCES = "references"
REFERENCES_LAYOUT = 1
SEGMENTS = "segments"
SEGMENTS_LAYOUT = 1
LABEL_HORIZON_S = 14 * DAY
"""How long after a prediction its label may come."""


@dataclass
class Absorbed:
    """What the rows of one step leave behind besides themselves."""

    windows: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    """Deltas by kind, with `late`."""
    series: list[pl.DataFrame] = field(default_factory=list)
    templates: list[pl.DataFrame] = field(default_factory=list)
    states: dict[str, bytes] = field(default_factory=dict)
    labels: list[pl.DataFrame] = field(default_factory=list)
    predictions: list[pl.DataFrame] = field(default_factory=list)


class Absorber:
    """Keeps what identifies rows: series that share windows, log templates, pinned references."""

    def __init__(self, settings: Settings, restored: Restored, kinds: Mapping[str, Kind]) -> None:
        learned = restored.states.get(REFERENCES)
        self.references = References(
            from_settings(settings),
            None if learned is None else decode(learned, REFERENCES_LAYOUT),
        )
        self._lateness_s = settings.lateness_s
        self._kinds = kinds
        self._miner = Miner(restored.templates)
        self.template_names: dict[str, str] = dict(
            restored.templates.select("template_id", "first_text").iter_rows()
        )
        """The first text of every log template: a name that never changes."""
        self._catalogue = Catalogue(restored.series, settings.series_limit)
        divided = restored.states.get(SEGMENTS)
        self._segments = Segments(
            {m.name: m.segments for m in settings.models if m.segments is not None},
            None if divided is None else decode(divided, SEGMENTS_LAYOUT),
        )
        self.held = Held(kept_kinds(settings), restored.states.get(HELD))
        """The windows that are stored once they are whole."""
        self._summaries = Summaries(settings, self.references, self._segments)

    def absorb(
        self, transaction: Transaction, readings: Sequence[Reading], watermark: float
    ) -> Absorbed:
        """Stores the rows of a step; windows up to `watermark` are closed for good."""
        absorbed = Absorbed()
        for reading in readings:
            self._take(transaction, reading, watermark, absorbed)
        if absorbed.labels or absorbed.predictions:
            self._match(transaction, readings, watermark, absorbed)
        if absorbed.predictions:
            state = encode(self.references.state(), REFERENCES_LAYOUT)
            absorbed.states[REFERENCES] = state
            absorbed.states[SEGMENTS] = encode(self._segments.state(), SEGMENTS_LAYOUT)
        if self.held.take(absorbed.windows):
            absorbed.states[HELD] = self.held.state()
        return absorbed

    def _take(
        self, transaction: Transaction, reading: Reading, watermark: float, absorbed: Absorbed
    ) -> None:
        records = reading.records
        (metrics, series), lines = self._catalogue.identify(records.metrics), records.logs
        if series.height:
            absorbed.series.append(series)
        if lines.height:
            ids, templates = self._miner.assign(lines)
            lines = lines.with_columns(ids)
            absorbed.templates.append(templates)
            self.template_names.update(templates.select("template_id", "first_text").iter_rows())
        transaction.insert(reading.state.file_id, replace(records, metrics=metrics, logs=lines))

        def marked(kind: str, rows: pl.DataFrame) -> pl.DataFrame:
            width = self._kinds[kind].width_s
            verdict = late(rows, reading.clocks, width, self._lateness_s, watermark)
            return rows.with_columns(verdict)

        if metrics.height:
            self._summarise("metrics", marked("metrics", metrics), absorbed)
        if lines.height:
            self._summarise("logs", marked("logs", lines), absorbed)
        if records.predictions.height:
            self._segments.learn(records.predictions)
            left = marked("columns", self.references.learn(records.predictions))
            self._summarise("columns", left, absorbed)
            self._summarise("segments", left, absorbed)
            every = marked("scores", records.predictions)
            for kind in ("scores", "sightings", "fields"):
                self._summarise(kind, every, absorbed)
            absorbed.predictions.append(records.predictions)
        if records.labels.height:
            absorbed.labels.append(marked("performance", records.labels))
        written = volumes.lines(records, reading.state.file_id, reading.state.offset)
        if written.height:
            self._summarise("volumes", marked("volumes", written), absorbed)

    def _match(
        self,
        transaction: Transaction,
        readings: Sequence[Reading],
        watermark: float,
        absorbed: Absorbed,
    ) -> None:
        labels = _joined(absorbed.labels, {**LABELS, "late": pl.Boolean})
        predictions = _joined(absorbed.predictions, PREDICTIONS)
        newest = max(reading.state.newest_ts or 0.0 for reading in readings)
        pairs = transaction.matched(
            labels,
            predictions,
            newest - LABEL_HORIZON_S,
            features=self._segments.of_features,
        )
        if pairs.height:
            keys = ["model", "id", "ts"]
            verdicts = labels.select(*keys, "late").unique(keys, keep="first", maintain_order=True)
            judged = pairs.join(
                verdicts, on=keys, how="left", nulls_equal=True, maintain_order="left"
            )
            # A label that was read before its prediction counts unless its window has closed.
            closed = window_end(self._kinds["performance"].width_s) <= naive(watermark)
            timely = judged.with_columns(pl.coalesce("late", closed).alias("late"))
            self._summarise("performance", timely, absorbed)
            self._summarise("segment_performance", timely, absorbed)
            self._summarise("confusion", timely, absorbed)

    def _summarise(self, kind: str, rows: pl.DataFrame, absorbed: Absorbed) -> None:
        if rows.height:
            absorbed.windows.setdefault(kind, []).append(self._summaries.deltas(kind, rows))


def _joined(frames: Sequence[pl.DataFrame], schema: Schema) -> pl.DataFrame:
    return pl.concat(frames) if frames else pl.DataFrame(schema=schema)
