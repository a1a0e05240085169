"""What the columns of a typed table (Parquet) are, by their names and types alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from console.formats.csv_layout import TIMES, roles_of

Kind = Literal["long", "wide", "predictions", "labels", "logs"]

_LEVELS = ("level", "severity", "levelname")
_MESSAGES = ("message", "msg")
_LOGS: Mapping[str, Sequence[str]] = {
    "level": _LEVELS,
    "logger": ("logger", "name"),
    "exception": ("exception", "exc_info"),
}
_OBJECTS = ("features", "scores")


@dataclass(frozen=True, slots=True)
class TypedLayout:
    """The columns of a table by name."""

    kind: Kind
    time: str | None
    """The time column; None if there is none."""
    roles: Mapping[str, str]
    """The columns that have a part in records of this kind, by part."""
    others: tuple[str, ...]
    """Those that have none, and hold something that can be told."""
    numbers: frozenset[str]
    """Those of the others that hold numbers."""
    told: tuple[str, ...]
    """All columns whose values can be told."""

    @property
    def problem(self) -> str | None:
        """Why no row of the table can be a record."""
        if self.time is None:
            return (
                f"it has no time column ({self.kind}): add one (ts), "
                "or name it as a model's `reference`"
            )
        if self.kind == "wide" and not self.numbers:
            return "it has no column of numbers, and none that tells of predictions or logs"
        return None


def typed_layout(schema: Mapping[str, pl.DataType]) -> TypedLayout:
    """The layout of a table of some columns."""
    schema = {name: dtype for name, dtype in schema.items() if is_told(dtype)}
    names = list(schema)
    low = [name.strip().lower() for name in names]
    kind, roles = _roles(low, [schema[name] for name in names])
    time = _time(schema, low)
    taken = {*(names[place] for place in roles.values()), time}
    others = [name for name in names if name not in taken]
    return TypedLayout(
        kind,
        time,
        {role: names[place] for role, place in roles.items()},
        tuple(others),
        frozenset(name for name in others if schema[name].is_numeric()),
        tuple(names),
    )


def is_told(dtype: object) -> bool:
    """Whether values of a type can be written as JSON."""
    if isinstance(dtype, pl.List | pl.Array):
        return is_told(dtype.inner)
    if isinstance(dtype, pl.Struct):
        return all(is_told(field.dtype) for field in dtype.fields)
    return dtype not in (pl.Binary, pl.Object)


def _roles(names: Sequence[str], dtypes: Sequence[pl.DataType]) -> tuple[Kind, dict[str, int]]:
    """As for a CSV; columns of objects and of messages besides."""
    kind, roles = roles_of(names)
    if "features" in names:
        _, more = roles_of([*names, "prediction"])
        roles = {role: place for role, place in more.items() if place < len(names)}
        chosen: Kind = "predictions"
    elif kind == "wide" and (found := _first(names, _MESSAGES)) is not None:
        chosen = "logs"
        roles["message"] = found
        for role, choices in _LOGS.items():
            if (place := _first(names, choices)) is not None:
                roles[role] = place
    else:
        chosen = kind
    if chosen == "predictions":
        for name in _OBJECTS:
            if name in names and not dtypes[names.index(name)].is_numeric():
                roles[name] = names.index(name)
    return chosen, roles


def _first(names: Sequence[str], choices: Sequence[str]) -> int | None:
    return next((names.index(name) for name in choices if name in names), None)


def _time(schema: Mapping[str, pl.DataType], low: Sequence[str]) -> str | None:
    """The time column: by name if its type can hold times, else the first of instants."""
    names = list(schema)
    usable = {
        name
        for name, dtype in schema.items()
        if dtype.is_numeric() or isinstance(dtype, pl.Datetime | pl.Date | pl.String)
    }
    for name in TIMES:
        if name in low and names[low.index(name)] in usable:
            return names[low.index(name)]
    return next((name for name, dtype in schema.items() if isinstance(dtype, pl.Datetime)), None)
