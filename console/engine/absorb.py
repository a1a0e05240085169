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
from console.engine.gathering import Gathered, gathered
from console.engine.held import HELD, Held
from console.engine.lateness import window_end
from console.engine.summaries import Summaries, kept_kinds
from console.records.clock import DAY, naive
from console.records.frames import LABELS, PREDICTIONS, Records
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
_LATE = pl.Series("late", [], pl.Boolean)


@dataclass
class Absorbed:
    """What the rows of one step leave behind, and what they were."""

    records: Records | None = None
    """The rows of all its files."""
    windows: dict[str, pl.DataFrame] = field(default_factory=dict)
    """Deltas by kind, with `late`."""
    series: pl.DataFrame | None = None
    templates: pl.DataFrame | None = None
    states: dict[str, bytes] = field(default_factory=dict)


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
        if not readings:
            return absorbed
        rows = gathered(readings, self._kinds, self._lateness_s, watermark)
        absorbed.records = rows.records
        self._take(transaction, rows, absorbed)
        if rows.records.labels.height or rows.records.predictions.height:
            self._match(transaction, rows, watermark, absorbed)
        if rows.records.predictions.height:
            state = encode(self.references.state(), REFERENCES_LAYOUT)
            absorbed.states[REFERENCES] = state
            absorbed.states[SEGMENTS] = encode(self._segments.state(), SEGMENTS_LAYOUT)
        if self.held.take(absorbed.windows):
            absorbed.states[HELD] = self.held.state()
        return absorbed

    def _take(self, transaction: Transaction, rows: Gathered, absorbed: Absorbed) -> None:
        records, late = rows.records, rows.late
        (metrics, series), lines = self._catalogue.identify(records.metrics), records.logs
        if series.height:
            absorbed.series = series
        if lines.height:
            ids, absorbed.templates = self._miner.assign(lines)
            lines = lines.with_columns(ids)
            named = absorbed.templates.select("template_id", "first_text")
            self.template_names.update(named.iter_rows())
        transaction.insert(replace(records, metrics=metrics, logs=lines))
        if metrics.height:
            self._summarise("metrics", metrics.with_columns(late["metrics"]), absorbed)
        if lines.height:
            self._summarise("logs", lines.with_columns(late["logs"]), absorbed)
        if records.predictions.height:
            made = records.predictions
            self._segments.learn(made)
            left = self.references.learn(made.with_columns(late["columns"]))
            self._summarise("columns", left, absorbed)
            self._summarise("segments", left, absorbed)
            every = made.with_columns(late["scores"])
            for kind in ("scores", "sightings", "fields"):
                self._summarise(kind, every, absorbed)
        self._summarise("volumes", rows.written, absorbed)

    def _match(
        self, transaction: Transaction, rows: Gathered, watermark: float, absorbed: Absorbed
    ) -> None:
        labels, verdicts = rows.records.labels, rows.late.get("performance")
        pairs = transaction.matched(
            labels.select(list(LABELS)),
            rows.records.predictions.select(list(PREDICTIONS)),
            rows.newest - LABEL_HORIZON_S,
            features=self._segments.of_features,
        )
        if pairs.height:
            keys = ["model", "id", "ts"]
            told = labels.select(*keys, _LATE if verdicts is None else verdicts)
            first = told.unique(keys, keep="first", maintain_order=True)
            judged = pairs.join(first, on=keys, how="left", nulls_equal=True, maintain_order="left")
            # A label that was read before its prediction counts unless its window has closed.
            closed = window_end(self._kinds["performance"].width_s) <= naive(watermark)
            timely = judged.with_columns(pl.coalesce("late", closed).alias("late"))
            self._summarise("performance", timely, absorbed)
            self._summarise("segment_performance", timely, absorbed)
            self._summarise("confusion", timely, absorbed)

    def _summarise(self, kind: str, rows: pl.DataFrame, absorbed: Absorbed) -> None:
        if rows.height:
            absorbed.windows[kind] = self._summaries.deltas(kind, rows)
