"""What a detector has raised of the half hours of a model, and not cleared yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

import polars as pl

from console.detectors.protocol import Severity
from console.records.frames import Schema

RAISED: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "term": pl.String,
    "raised": pl.Float64,
    "onset": pl.Float64,
    "before": pl.Float64,
    "after": pl.Float64,
    "severity": pl.String,
    "calm": pl.Int64,
}
Term = TypeVar("Term", bound=str)


@dataclass(slots=True)
class Raised(Generic[Term]):
    """One row of `RAISED`."""

    model: str | None
    stage: str | None
    term: Term
    """Which of the figures that the detector compares."""
    raised: float
    """When it was raised, epoch seconds."""
    onset: float
    before: float
    after: float
    severity: Severity
    calm: int = 0
    """So many half hours in a row were as they are usually."""


def raised_frame(rows: Iterable[Raised[Term]]) -> pl.DataFrame:
    """What is raised as it is kept, columns `RAISED`, in an order of its own."""
    ordered = sorted(rows, key=lambda row: (row.model or "", row.stage or "", row.term))
    listed = [tuple(getattr(row, name) for name in RAISED) for row in ordered]
    return pl.DataFrame(listed, schema=RAISED, orient="row")
