"""Performance without labels: what closed windows of predictions let expect, before labels come.

Classifiers with scores: confidence-based estimation (CBPE). Each score is read as the chance that
it has meant so far (`calibration`), so that every prediction is partly right and partly wrong, and
the sums of those parts are the expected sums of `stats.performance`. Of several classes the largest
score is read as the chance of being right. Numbers, and classes without scores, are estimated from
their inputs by the reference's errors (`error_model`).

Sound as long as inputs change and what follows from them does not. Whether that holds is known when
labels come: estimates are kept as they were made, to be held against what came true.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from console.records.frames import TIME, Schema
from console.stats import scores
from console.stats.calibration import chances, remembered
from console.stats.pinning import References
from console.stats.reference import ModelReference

Floats = NDArray[np.float64]

PARTS = ("correct", "true_positive", "false_positive", "false_negative")
ERRORS = ("absolute_error", "squared_error")
HISTOGRAMS = ("positive_scores", "negative_scores")
ESTIMATES: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "version": pl.String,
    "start": TIME,
    "n": pl.Int64,
    "labelled": pl.Float64,
    "judged": pl.Float64,
    **dict.fromkeys((*PARTS, "measured", *ERRORS), pl.Float64),
    **dict.fromkeys(HISTOGRAMS, pl.List(pl.Float64)),
}
"""Estimates of windows, one row each; the expected sums add up as the realised ones do.

`n` predictions of the window; `labelled` rows of this version that the estimate is calibrated on;
the others are expectations of the columns of the same name of `performance.CLOSED`, null where they
have no meaning.
"""
HANDED_ON = 200.0
"""Rows' worth of belief that a new version's scores mean what the last one's did."""
_CALIBRATION: Schema = {
    "model": pl.String,
    "version": pl.String,
    "digest": pl.String,
    "order": pl.Int64,
    "labelled": pl.Float64,
    **dict.fromkeys(("positive", "negative", "right", "wrong"), pl.List(pl.Float64)),
}
_Key = tuple[str | None, str | None]


@dataclass
class _Calibration:
    """Labelled predictions of one version by cell of their score and what they turned out to be."""

    model: str | None
    version: str | None
    digest: str
    order: int
    labelled: float = 0.0
    positive: Floats = field(default_factory=lambda: np.zeros(scores.CELLS))
    negative: Floats = field(default_factory=lambda: np.zeros(scores.CELLS))
    right: Floats = field(default_factory=lambda: np.zeros(scores.CELLS))
    wrong: Floats = field(default_factory=lambda: np.zeros(scores.CELLS))

    def learn(self, row: Mapping[str, Any]) -> None:
        """Adds the labels of one window."""
        for first, second, names in (
            ("positive", "negative", HISTOGRAMS),
            ("right", "wrong", ("right_confidence", "wrong_confidence")),
        ):
            fresh = [row[name] or [0] * scores.CELLS for name in names]
            if np.sum(fresh):
                both = remembered([getattr(self, first), getattr(self, second)], fresh)
                setattr(self, first, both[0])
                setattr(self, second, both[1])
                self.labelled += float(np.sum(fresh))

    def heir(self, version: str | None, order: int) -> _Calibration:
        """What is believed of a version that comes after this one."""
        parts = [self.positive, self.negative, self.right, self.wrong]
        scale = min(HANDED_ON / max(float(np.sum(parts)), 1e-9), 1.0)
        return _Calibration(
            self.model, version, self.digest, order, 0.0, *(part * scale for part in parts)
        )


class Estimator:
    """Estimates closed windows and learns from labels, window by window."""

    def __init__(
        self, references: References, state: Mapping[str, pl.DataFrame] | None = None
    ) -> None:
        self._references = references
        self._known: dict[_Key, _Calibration] = {}
        stored = state["calibration"] if state else pl.DataFrame(schema=_CALIBRATION)
        for model, version, digest, order, labelled, *counts in stored.iter_rows():
            lists = (np.array(part, dtype=np.float64) for part in counts)
            self._known[model, version] = _Calibration(
                model, version, digest, order, labelled, *lists
            )

    def state(self) -> dict[str, pl.DataFrame]:
        """What was learned, to be given back to the next one."""
        rows = [
            (
                *(c.model, c.version, c.digest, c.order, c.labelled),
                *(part.tolist() for part in (c.positive, c.negative, c.right, c.wrong)),
            )
            for c in sorted(self._known.values(), key=lambda c: (c.model or "", c.order))
        ]
        return {"calibration": pl.DataFrame(rows, schema=_CALIBRATION, orient="row")}

    def update(
        self, performance: pl.DataFrame, predicted: pl.DataFrame, columns: pl.DataFrame
    ) -> pl.DataFrame:
        """The estimates of closed windows of predictions, columns `ESTIMATES`, oldest first.

        `performance` (`performance.CLOSED`), `predicted` (`scores.CLOSED`) and `columns`
        (`columns.CLOSED`) are the windows that closed together. Labels that arrived in a window
        are learned before the predictions of the same time are estimated.
        """
        labels = list(
            performance.sort("start", "model", "version", "stage", "predicted").iter_rows(
                named=True
            )
        )
        by_window = _by_window(columns)
        rows: list[tuple[Any, ...]] = []
        next_label = 0
        for window in predicted.sort("start", "model", "version", "stage").iter_rows(named=True):
            while next_label < len(labels) and labels[next_label]["start"] <= window["start"]:
                self._learn(labels[next_label])
                next_label += 1
            key = (window["model"], window["stage"], window["version"], window["start"])
            estimate = self._estimate(window, by_window.get(key, []))
            if estimate is not None:
                rows.append(tuple(estimate.get(name) for name in ESTIMATES))
        for row in labels[next_label:]:
            self._learn(row)
        return pl.DataFrame(rows, schema=ESTIMATES, orient="row")

    def _learn(self, row: Mapping[str, Any]) -> None:
        if row["positive_scores"] or row["right_confidence"] or row["wrong_confidence"]:
            reference = self._references.get(row["model"])
            self._calibration(row["model"], row["version"], reference).learn(row)

    def _calibration(
        self, model: str | None, version: str | None, reference: ModelReference | None
    ) -> _Calibration:
        digest = reference.digest if reference is not None else ""
        found = self._known.get((model, version))
        if found is not None and found.digest == digest:
            return found
        earlier = [c for c in self._known.values() if c.model == model and c.digest == digest]
        if earlier:
            last = max(earlier, key=lambda c: c.order)
            found = last.heir(version, last.order + 1)
        else:
            found = _Calibration(model, version, digest, 0)
            sums = reference.performance if reference is not None else {}
            empty: list[float] = []
            found.learn({name: sums.get(name, empty) for name in _LEARNED})
            # What was learned under another reference file is not of this one.
            for key in [key for key, c in self._known.items() if c.model == model]:
                del self._known[key]
        self._known[model, version] = found
        return found

    def _estimate(
        self, window: Mapping[str, Any], columns: list[dict[str, Any]]
    ) -> dict[str, Any] | None:
        reference = self._references.get(window["model"])
        said: dict[str, Any] = {name: window[name] for name in _HEAD}
        if window["positive"] or window["negative"] or window["confidence"]:
            known = self._calibration(window["model"], window["version"], reference)
            expected = _of_scores(window, known)
            return None if expected is None else {**said, **expected, "labelled": known.labelled}
        if reference is None or reference.errors is None:
            return None
        of_inputs = _of_inputs(window["n"], reference, columns)
        labelled = float(reference.errors.rows)
        return None if of_inputs is None else {**said, **of_inputs, "labelled": labelled}


_HEAD = ("model", "stage", "version", "start", "n")
_NO_SCORES: Mapping[str, list[float]] = {name: [] for name in HISTOGRAMS}
_LEARNED = (*HISTOGRAMS, "right_confidence", "wrong_confidence")


def _by_window(columns: pl.DataFrame) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in columns.iter_rows(named=True):
        key = (row["model"], row["stage"], row["version"], row["start"])
        found.setdefault(key, []).append(row)
    return found


def _of_scores(window: Mapping[str, Any], known: _Calibration) -> dict[str, Any] | None:
    """The expected sums of a window of scores; None while no label has told what they mean."""
    if window["confidence"]:
        if not (known.right + known.wrong).any():
            return None
        sure = np.asarray(window["confidence"], dtype=np.float64)
        right = float(sure @ chances(known.right, known.wrong))
        return {"judged": float(sure.sum()), "correct": right, **_NO_SCORES}
    if not (known.positive + known.negative).any():
        return None
    yes, no = (
        np.asarray(window[name] or [0] * scores.CELLS, dtype=np.float64)
        for name in ("positive", "negative")
    )
    chance = chances(known.positive, known.negative)
    both = yes + no
    expected: dict[str, Any] = {
        "positive_scores": (both * chance).tolist(),
        "negative_scores": (both * (1 - chance)).tolist(),
    }
    if window["judged"] == both.sum():
        expected |= {
            "judged": float(both.sum()),
            "correct": float(yes @ chance + no @ (1 - chance)),
            "true_positive": float(yes @ chance),
            "false_positive": float(yes @ (1 - chance)),
            "false_negative": float(no @ chance),
        }
    return expected


def _of_inputs(
    n: int, reference: ModelReference, columns: list[dict[str, Any]]
) -> dict[str, Any] | None:
    """The expected sums of a window by the cells that its inputs fall into."""
    assert reference.errors is not None
    means = {name: reference.errors.expected(name, columns) for name in (*ERRORS, "wrong")}
    if means["wrong"] is not None:
        return {**_NO_SCORES, "judged": float(n), "correct": n * (1 - min(means["wrong"], 1.0))}
    found = {name: n * value for name in ERRORS if (value := means[name]) is not None}
    return {**_NO_SCORES, "measured": float(n), **found} if len(found) == len(ERRORS) else None
