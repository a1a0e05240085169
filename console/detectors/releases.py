"""A version that nobody announced: a model answers with a new one, and no event says why.

A version is new when its model was never seen with it. It is told, as information, half an hour
after it was first seen, unless an event of the model or of all models lies within two hours before
it and half an hour after: a deploy, a retrain, or whatever else was marked. What is seen in a
model's first hour was there before. A version is told once; it is over an hour later, since by then
it is the version.
"""

from __future__ import annotations

import polars as pl

from console.config.settings import Settings
from console.detectors.protocol import Deviation, Phase, Span, State
from console.records.clock import HOUR, MINUTE
from console.records.frames import Schema
from console.records.series import Series

LEARNING_S = HOUR
BEFORE_S = 2 * HOUR
PATIENCE_S = 30 * MINUTE
LASTS_S = HOUR

_VERSIONS: Schema = {
    "model": pl.String,
    "version": pl.String,
    "stage": pl.String,
    "first": pl.Float64,
    "due": pl.Float64,
    "told": pl.Boolean,
}
"""`due`: when it is to be told, or to be over once it is told; null: nothing is to come."""
_MARKS: Schema = {"model": pl.String, "ts": pl.Float64}


class ReleaseDetector:
    """Versions that change without an event."""

    name = "releases"
    layout = 1

    def __init__(self, settings: Settings) -> None:
        self._widths = {"metrics": settings.window_s, "columns": settings.prediction_window_s}

    def initial(self) -> State:
        """No version yet."""
        return {
            "versions": pl.DataFrame(schema=_VERSIONS),
            "marks": pl.DataFrame(schema=_MARKS),
        }

    def update(self, state: State, span: Span) -> tuple[list[Deviation], State]:
        """Tells new versions, and ends them, in order of time."""
        marks = pl.concat(
            [
                state["marks"],
                span.events.select("model", (pl.col("ts").dt.epoch("us") / 1e6).alias("ts")),
            ]
        ).unique()
        versions = _with_new(state["versions"], self._seen(span))
        found: list[Deviation] = []
        kept = []
        for row in versions.iter_rows(named=True):
            while row["due"] is not None and row["due"] <= span.end:
                if row["told"]:
                    found.append(self._deviation(row, "cleared", row["due"]))
                    row["due"] = None
                elif _marked(marks, row["model"], row["first"]):
                    row["due"] = None
                else:
                    found.append(self._deviation(row, "raised", row["due"]))
                    row |= {"told": True, "due": row["due"] + LASTS_S}
            kept.append(row)
        found.sort(key=lambda deviation: (deviation.at, deviation.series.id, deviation.phase))
        return found, {
            "versions": pl.DataFrame(kept, schema=_VERSIONS, orient="row"),
            "marks": marks.filter(pl.col("ts") > span.end - BEFORE_S - LEARNING_S).sort(
                "ts", "model"
            ),
        }

    def _seen(self, span: Span) -> pl.DataFrame:
        """When each model was first seen with each version, in this span."""
        parts = [
            frame.filter(pl.col("version").is_not_null()).select(
                "model",
                "version",
                "stage",
                (pl.col("start").dt.epoch("us") / 1e6 + self._widths[kind]).alias("first"),
            )
            for kind, frame in (("metrics", span.metrics), ("columns", span.columns))
            if frame.height
        ]
        if not parts:
            return pl.DataFrame(schema={name: _VERSIONS[name] for name in list(_VERSIONS)[:4]})
        return (
            pl.concat(parts)
            .sort("first", "stage", nulls_last=True)
            .group_by("model", "version", maintain_order=True)
            .first()
        )

    def _deviation(self, row: dict[str, object], phase: Phase, at: float) -> Deviation:
        model, stage, first = row["model"], row["stage"], row["first"]
        assert isinstance(first, float)
        return Deviation(
            detector="event",
            phase=phase,
            series=Series(_text(model), _text(stage), "version"),
            at=at,
            onset=first,
            severity="info",
            reason=f"version {row['version']} is new, and no event announced it"
            if phase == "raised"
            else f"version {row['version']} is the version by now",
            confidence=0.7,
            version=_text(row["version"]),
            details={"version": str(row["version"])},
        )


def _with_new(known: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    """The versions with those that are new; the ones of a model's first hour are not to be told."""
    fresh = seen.join(known, on=["model", "version"], how="anti", nulls_equal=True)
    if fresh.is_empty():
        return known
    begun = (
        pl.concat([known.select("model", "first"), seen.select("model", "first")])
        .group_by("model")
        .agg(pl.col("first").min().alias("begun"))
    )
    late = pl.col("first") > pl.col("begun") + LEARNING_S
    added = fresh.join(begun, on="model", how="left", nulls_equal=True).with_columns(
        pl.when(late).then(pl.col("first") + PATIENCE_S).alias("due"),
        pl.lit(value=False).alias("told"),
    )
    return pl.concat([known, added.select(list(_VERSIONS))]).sort("model", "first", "version")


def _marked(marks: pl.DataFrame, model: object, first: float) -> bool:
    """Whether an event may have announced what was first seen at a time."""
    own = pl.col("model").is_null() | pl.col("model").eq_missing(pl.lit(model, pl.String))
    near = pl.col("ts").is_between(first - BEFORE_S, first + PATIENCE_S)
    return not marks.filter(own & near).is_empty()


def _text(value: object) -> str | None:
    return None if value is None else str(value)
