"""Which segments predictions belong to: the values of their tags, a bounded number for each model.

A segment is one value of one tag (`client=acme`). Every tag divides a model's predictions anew, so
that the segments of one tag, `(others)` among them, add up to all predictions that carry it; one
that does not carry it is in none of its segments. Of a model without `segments` in its settings the
tags are found in its first predictions; settings name tags, `version`, or features instead.

Values are taken in the order in which they first come, and keep their place for good: whether a
prediction counts for a value or for the others depends on what came before it alone, however the
stream is cut into batches.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from console.records.frames import Schema
from console.stats import features

MOST_TAGS = 6
"""Tags of a model by which its predictions are divided."""
MOST_VALUES = 20
"""Values of a tag that are counted singly, the first that come; `OTHERS` counts the rest."""
FOUND_IN = 1000
"""Predictions of a model in which its tags are found."""
OTHERS = "(others)"
VERSION = "version"
_LENGTH = 80
_STATE: Schema = {
    "model": pl.String,
    "seen": pl.Int64,
    "tag": pl.String,
    "values": pl.List(pl.String),
}

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Members:
    """Rows by segment, in pairs: a row is in one segment of every tag that it carries."""

    names: tuple[tuple[str, str], ...]
    """Tag and value of every segment."""
    rows: Places
    segments: Places
    """Place in `names` of the segment that the row of the same place in `rows` is in."""


@dataclass(slots=True)
class _Known:
    """The tags of one model, each with its values in the order in which they came."""

    fixed: bool
    """The settings name the tags."""
    seen: int = 0
    tags: dict[str, list[str]] = field(default_factory=dict)


class Segments:
    """The tags and values of all models; grows as predictions are seen, within its bounds.

    `wanted` has the tags of the models whose settings name them; none for a model that is not to
    be divided. What is learned is in `state()`, to be saved with the rows it was learned from.
    """

    def __init__(
        self,
        wanted: Mapping[str, tuple[str, ...]] | None = None,
        state: Mapping[str, pl.DataFrame] | None = None,
    ) -> None:
        self._known: dict[str | None, _Known] = {}
        for model, tags in (wanted or {}).items():
            self._known[model] = _Known(fixed=True, tags={tag: [] for tag in tags[:MOST_TAGS]})
        stored = state["segments"] if state else pl.DataFrame(schema=_STATE)
        for model, seen, tag, values in stored.iter_rows():
            known = self._known.setdefault(model, _Known(fixed=False))
            known.seen = seen
            if tag is not None and (tag in known.tags or not known.fixed):
                known.tags[tag] = list(values)

    @property
    def of_features(self) -> bool:
        """Whether features divide the predictions of any model."""
        return any(known.fixed and set(known.tags) - {VERSION} for known in self._known.values())

    def state(self) -> dict[str, pl.DataFrame]:
        """The tags and values that are known."""
        none: list[tuple[str | None, list[str]]] = [(None, [])]
        rows = [
            (model, known.seen, tag, values)
            for model, known in sorted(self._known.items(), key=lambda item: item[0] or "")
            for tag, values in (list(known.tags.items()) or none)
        ]
        return {"segments": pl.DataFrame(rows, schema=_STATE, orient="row")}

    def learn(self, predictions: pl.DataFrame) -> None:
        """Takes up the tags and values of predictions, in the order of the stream."""
        for (model,), rows in predictions.group_by(["model"], maintain_order=True):
            name = model if isinstance(model, str) else None
            known = self._known.setdefault(name, _Known(fixed=False))
            if not known.fixed and known.seen < FOUND_IN:
                for tag in _tags(rows["tags"].head(FOUND_IN - known.seen)):
                    if len(known.tags) < MOST_TAGS:
                        known.tags.setdefault(tag, [])
            known.seen = min(known.seen + rows.height, FOUND_IN)
            open_tags = [tag for tag, values in known.tags.items() if len(values) < MOST_VALUES]
            for tag, found in _distinct(rows, open_tags, features_too=known.fixed).items():
                values = known.tags[tag]
                fresh = [value for value in found if value not in values]
                values += fresh[: MOST_VALUES - len(values)]

    def of(self, model: str | None, rows: pl.DataFrame) -> Members:
        """The segments of rows of one model: columns `tags`, `version`, `features` if it has it."""
        known = self._known.get(model)
        names: list[tuple[str, str]] = []
        found: list[tuple[Places, Places]] = []
        if known is not None and known.tags:
            columns = _columns(rows, list(known.tags), features_too=known.fixed)
            for tag, values in known.tags.items():
                index, distinct = columns[tag]
                codes = _codes(distinct, values)[index]
                carrying = np.flatnonzero(codes >= 0)
                found.append((carrying, codes[carrying] + len(names)))
                names += [(tag, value) for value in (*values, OTHERS)]
        nothing = np.zeros(0, dtype=np.int64)
        return Members(
            tuple(names),
            np.concatenate([rows for rows, _ in found] or [nothing]),
            np.concatenate([codes for _, codes in found] or [nothing]),
        )


def _tags(texts: pl.Series) -> list[str]:
    """The names of tags in the order in which they first come, by alphabet within a row."""
    names: dict[str, None] = {}
    for text in texts.drop_nulls().unique(maintain_order=True).to_list():
        names.update(dict.fromkeys(json.loads(text)))
    return list(names)


def _distinct(rows: pl.DataFrame, tags: list[str], *, features_too: bool) -> dict[str, list[str]]:
    """The values of tags in the order in which they first come."""
    found = {}
    for tag, (index, distinct) in _columns(rows, tags, features_too=features_too).items():
        _, first = np.unique(index, return_index=True)
        ordered = distinct.gather(index[np.sort(first)])
        found[tag] = ordered.drop_nulls().unique(maintain_order=True).to_list()
    return found


def _columns(
    rows: pl.DataFrame, tags: list[str], *, features_too: bool
) -> dict[str, tuple[Places, pl.Series]]:
    """The value of every tag as texts: few, with the place of every row's among them.

    A row without the tag may have a version or a feature of that name, where they are looked at.
    """
    if not tags:
        return {}
    texts = rows.select("tags")
    few = texts.unique(maintain_order=True)
    places = texts.join(
        few.with_row_index("_text"), on="tags", how="left", nulls_equal=True, maintain_order="left"
    )["_text"]
    index = places.to_numpy().astype(np.int64)
    found = {
        column.name: (index, column.str.head(_LENGTH))
        for column in features.decode(few["tags"], tags)
    }
    if features_too:
        every = np.arange(rows.height)
        own = (
            features.decode(rows["features"], tags)
            if "features" in rows.columns
            else pl.DataFrame(schema=dict.fromkeys(tags, pl.String))
        )
        for tag, (_, values) in found.items():
            rest = rows[VERSION] if tag == VERSION else own[tag]
            whole = values.gather(index).zip_with(~values.gather(index).is_null(), rest)
            found[tag] = every, whole.str.head(_LENGTH)
    return found


def _codes(values: pl.Series, known: list[str]) -> Places:
    """The place of every value among the known ones, behind them for others, -1 for none."""
    codes = values.replace_strict(
        pl.Series(known, dtype=pl.String),
        pl.Series(range(len(known)), dtype=pl.Int64),
        default=len(known),
        return_dtype=pl.Int64,
    ).to_numpy(writable=True)
    codes[values.is_null().to_numpy()] = -1
    return codes
