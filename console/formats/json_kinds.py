"""What a JSON object is a record of, which of its fields say what, and which are left over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from console.formats.json_body import BACKSLASH, ROW
from console.formats.times import parse_times
from console.records.frames import TIME as TIME_TYPE
from console.records.levels import ALIASES

KIND = "\x00kind"
TIME = "\x00ts"
END = "\x00end_ts"
PLANNED = "\x00planned"
SCORE = "\x00score"
VALUE = "\x00value"
OURS = frozenset({ROW, BACKSLASH, KIND, TIME, END, PLANNED, SCORE, VALUE})

SHARED: Mapping[str, tuple[str, ...]] = {
    "ts": ("ts", "timestamp", "time", "@timestamp"),
    "model": ("model",),
    "stage": ("stage",),
    "version": ("version",),
}
"""Where each field of every record is looked for, the first that is not null counts."""

OWN: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "metric": {"name": ("name",), "value": ("value",), "metrics": ("metrics",)},
    "log": {
        "level": ("level", "severity", "levelname"),
        "logger": ("logger", "name"),
        "message": ("message", "msg", "event"),
        "exception": ("exception", "exc_info"),
    },
    "event": {key: (key,) for key in ("type", "title", "id", "planned", "end_ts")},
    "prediction": {key: (key,) for key in ("id", "features", "prediction", "score", "scores")},
    "label": {"id": ("id",), "label": ("label",)},
}
"""Where each field of one kind of record is looked for."""

_OBJECTS = ("tags", "features", "scores")
_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class Columns:
    """The columns of a table that may lack any of them."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)

    def __call__(self, name: str) -> pl.Expr:
        """A column, nulls where the table has none of that name."""
        return pl.col(name) if name in self._names else pl.lit(None, pl.String)

    def has(self, *names: str) -> pl.Expr:
        """Whether any of the columns is not null."""
        return pl.any_horizontal(self(name).is_not_null() for name in names)

    def first(self, names: tuple[str, ...]) -> pl.Expr:
        """The first of the columns that is not null, as text."""
        return pl.coalesce(self(name).cast(pl.String) for name in names)

    def __contains__(self, name: str) -> bool:
        return name in self._names


def classified(frame: pl.DataFrame, timezone: str | None) -> pl.DataFrame:
    """The table with the kind and the parsed times, scores and truths of its objects."""
    column = Columns(frame.columns)
    frame = frame.with_columns(
        _kind(column).alias(KIND),
        parse_times(frame.select(column.first(SHARED["ts"])).to_series(), timezone).alias(TIME),
        _finite(column("score")).alias(SCORE),
        _finite(column("value")).alias(VALUE),
        column("planned")
        .str.to_lowercase()
        .replace_strict(_BOOLEANS, default=None, return_dtype=pl.Boolean)
        .alias(PLANNED),
    )
    if "end_ts" not in column:
        return frame.with_columns(pl.lit(None, TIME_TYPE).alias(END))
    return frame.with_columns(parse_times(frame["end_ts"], timezone).alias(END))


def level(text: pl.Expr) -> pl.Expr:
    """The canonical level of texts; those that are none are kept as written."""
    trimmed = text.str.strip_chars()
    return trimmed.str.to_lowercase().replace_strict(
        ALIASES, default=trimmed, return_dtype=pl.String
    )


def is_object(text: pl.Expr) -> pl.Expr:
    """Whether a value's text is a JSON object."""
    return text.str.starts_with("{")


def left_over(column: Columns, kind: str, key: str) -> pl.Expr:
    """Whether an object of some kind keeps the value of a key as an attribute.

    It does if nothing of the record is taken from it: an unknown key, another spelling of a field
    that is given anyway, or a value that the field cannot hold.
    """
    present = column(key).is_not_null()
    if key == "kind":
        return present & ~_named(column).is_in(list(OWN))
    if key in _OBJECTS and (key == "tags" or key in OWN[kind]):
        return present & ~is_object(column(key))
    unheld = {"score": SCORE, "planned": PLANNED, "end_ts": END}
    if key in unheld and key in OWN[kind]:
        return present & pl.col(unheld[key]).is_null()
    for names in (*SHARED.values(), *OWN[kind].values()):
        if key in names:
            earlier = names[: names.index(key)]
            taken_before = column.has(*earlier) if earlier else pl.lit(value=False)
            if kind == "log" and key == "name":
                taken_before |= column("value").is_not_null()
            return present & taken_before
    return present


def _named(column: Columns) -> pl.Expr:
    return column("kind").str.strip_chars().str.to_lowercase()


def _kind(column: Columns) -> pl.Expr:
    """The kind that an object names, else the one that its fields tell.

    Programs log fields of any name, so an object with a message is a log record unless it has
    `features` or `metrics`.
    """
    named = _named(column)
    told = column.has("message", "msg", "exception", "exc_info")
    return (
        pl.when(named.is_in(list(OWN)))
        .then(named)
        .when(column.has("features"))
        .then(pl.lit("prediction"))
        .when(~told & column.has("prediction", "score", "scores"))
        .then(pl.lit("prediction"))
        .when(~told & column.has("label") & column.has("id"))
        .then(pl.lit("label"))
        .when(column.has("metrics") | (~told & column.has("name") & column.has("value")))
        .then(pl.lit("metric"))
        .when(column.has("type") & (column.has("title") | ~told))
        .then(pl.lit("event"))
        .when(told | column.has("level", "severity", "levelname"))
        .then(pl.lit("log"))
    )


def _finite(value: pl.Expr) -> pl.Expr:
    number = value.cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)
