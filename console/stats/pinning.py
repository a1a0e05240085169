"""The references of all models: read from their files, or learned from the first predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
import polars as pl

from console.config.settings import Settings, SettingsError
from console.stats import error_model, features, performance
from console.stats.reference import (
    ColumnReference,
    ModelReference,
    Role,
    describe,
    from_frame,
    to_frame,
)

LEARNING_ROWS = 1000
"""Predictions of a model without a reference file that make its reference."""
NOT_FEATURES = {"ts", "kind", "id", "model", "stage", "version", "tags", "label", "scores"}
_LEARNING = {
    "model": pl.String,
    "features": pl.String,
    "prediction": pl.String,
    "score": pl.Float64,
}


class References:
    """What columns are compared with, by model; grows as models are seen.

    A model's reference never changes once it is pinned. Everything that is learned is in
    `state()`, to be saved in the transaction of the rows it was learned from.
    """

    def __init__(
        self,
        files: Mapping[str, ModelReference] | None = None,
        state: Mapping[str, pl.DataFrame] | None = None,
    ) -> None:
        stored = from_frame(state["columns"]) if state else []
        self._pinned: dict[str | None, ModelReference] = {
            entry.model: entry for entry in stored if entry.source == "learned"
        }
        self._pinned.update(files or {})
        learning = state["learning"] if state else pl.DataFrame(schema=_LEARNING)
        self._learning = learning.filter(
            ~pl.col("model").is_in([name for name in self._pinned if name is not None])
        )

    def get(self, model: str | None) -> ModelReference | None:
        """The pinned reference of a model; None while it is being learned."""
        return self._pinned.get(model)

    def learn(self, predictions: pl.DataFrame) -> pl.DataFrame:
        """Takes what is still needed for references; returns the rows that are left to count.

        `predictions` are of `records.frames.PREDICTIONS`, in the order of the stream.
        """
        if predictions.is_empty():
            return predictions
        known = [name for name in self._pinned if name is not None]
        unknown = ~pl.col("model").is_in(known)
        if None in self._pinned:
            unknown &= pl.col("model").is_not_null()
        else:
            unknown = unknown.fill_null(value=True)
        if predictions.filter(unknown).is_empty():
            return predictions
        place = pl.col("_row").rank("ordinal").over("model")
        waiting = self._learning.group_by("model").len("_waiting")
        rows = predictions.with_row_index("_row").join(
            waiting, on="model", how="left", nulls_equal=True, maintain_order="left"
        )
        wanted = rows.filter(
            unknown & (place.cast(pl.Int64) + pl.col("_waiting").fill_null(0) <= LEARNING_ROWS)
        )
        self._learning = pl.concat([self._learning, wanted.select(list(_LEARNING))])
        self._pin_complete()
        return rows.join(wanted.select("_row"), on="_row", how="anti", maintain_order="left").drop(
            "_row", "_waiting"
        )

    def state(self) -> dict[str, pl.DataFrame]:
        """What was learned: `columns` (pinned) and `learning` (rows not yet enough)."""
        learned = [entry for entry in self._pinned.values() if entry.source == "learned"]
        return {"columns": to_frame(learned), "learning": self._learning}

    def _pin_complete(self) -> None:
        sizes = self._learning.group_by("model", maintain_order=True).len()
        complete = sizes.filter(pl.col("len") >= LEARNING_ROWS)["model"].to_list()
        for model in complete:
            mine = pl.col("model").eq_missing(pl.lit(model))
            self._pinned[model] = learn(model, self._learning.filter(mine))
            self._learning = self._learning.filter(~mine)


def learn(model: str | None, predictions: pl.DataFrame) -> ModelReference:
    """The reference that these predictions make (columns features, prediction, score)."""
    columns = [
        describe(name, "feature", values)
        for name, values in features.raw(predictions["features"]).items()
    ]
    columns += [
        describe(role, role, predictions[role])
        for role in ("prediction", "score")
        if predictions[role].null_count() < predictions.height
    ]
    return ModelReference(model, "learned", tuple(columns))


def from_settings(settings: Settings) -> dict[str, ModelReference]:
    """The references of all models whose settings name a file. Raises SettingsError."""
    return {
        model.name: read(model.name, model.reference, model.positive)
        for model in settings.models
        if model.reference is not None
    }


def read(model: str | None, path: Path, positive: str | None = None) -> ModelReference:
    """The reference in a CSV, Parquet or JSON Lines file.

    Columns `prediction`, `score` and `label` are what they say, `features` an object as in native
    records, all others features. Raises SettingsError that names the file and the mend.
    """
    try:
        frame = read_frame(path)
        digest = blake2b(path.read_bytes(), digest_size=8).hexdigest()
    except (OSError, pl.exceptions.PolarsError) as error:
        line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise SettingsError(
            f"{path}: the reference of {model} cannot be read ({line}); "
            "give a CSV, Parquet or JSON Lines file of predictions"
        ) from error
    columns: list[ColumnReference] = []
    for name in frame.columns:
        if name in NOT_FEATURES:
            continue
        role: Role = "feature"
        if name == "prediction":
            role = "prediction"
        elif name == "score":
            role = "score"
        columns.append(describe(name, role, frame[name]))
    sums = performance.totals(frame, positive)
    errors = None if sums.get("positive_scores") else _errors(frame, columns)
    return ModelReference(model, "file", tuple(columns), digest, sums, errors)


def _errors(
    frame: pl.DataFrame, columns: Sequence[ColumnReference]
) -> error_model.ErrorModel | None:
    """How large the errors of a labelled frame are by its columns; None if it tells none."""
    if not {"prediction", "label"} <= set(frame.columns):
        return None
    rows = performance.judged(
        frame.select(
            pl.int_range(pl.len()).alias("_row"),
            pl.lit(None, dtype=pl.Float64).alias("score"),
            *(pl.col(name).cast(pl.String, strict=False) for name in ("prediction", "label")),
        ),
        pl.lit("1"),
    )
    by_class = rows["_judged"].sum() > rows.height / 2
    error = rows["_correct"].cast(pl.Float64) if by_class else rows["_error"]
    values = np.full(frame.height, np.nan)
    values[rows["_row"].to_numpy()] = error.to_numpy()
    targets = (
        {"wrong": 1 - values}
        if by_class
        else {"absolute_error": np.abs(values), "squared_error": values**2}
    )
    return error_model.fit(frame, columns, targets)


def read_frame(path: Path) -> pl.DataFrame:
    """A file of predictions by its suffix, `features` objects spread over columns."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if ".parquet" in suffixes:
        frame = pl.read_parquet(path)
    elif {".jsonl", ".ndjson", ".json"} & set(suffixes):
        frame = pl.read_ndjson(path, infer_schema_length=None)
    else:
        frame = pl.read_csv(
            path, infer_schema_length=None, null_values=["", "null", "NULL", "None", "NaN", "nan"]
        )
    if isinstance(frame.schema.get("features"), pl.Struct):
        frame = frame.unnest("features")
    return frame
