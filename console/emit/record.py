"""What a native record is (contracts §1): told from its fields, checked, and made one line."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

KINDS = ("metric", "log", "event", "prediction", "label")
LONGEST = 1 << 20
"""Bytes of the longest line, its newline included: whoever follows the file reads it in one go."""

_DEEPEST = 20


class RecordError(ValueError):
    """A record is not one that the contract knows; says which field, and what is wanted."""


_TELLING: tuple[tuple[str, frozenset[str]], ...] = (
    ("metric", frozenset({"metrics"})),
    ("metric", frozenset({"name", "value"})),
    ("label", frozenset({"id", "label"})),
    ("prediction", frozenset({"features"})),
    ("prediction", frozenset({"prediction"})),
    ("prediction", frozenset({"score"})),
    ("prediction", frozenset({"scores"})),
    ("log", frozenset({"message"})),
    ("event", frozenset({"type"})),
    ("event", frozenset({"title"})),
)
"""Fields that tell the kind of a record which does not name it; the first that are there decide."""


def kind_of(record: Mapping[str, Any]) -> str | None:
    """The kind that a record names, or that its other fields tell; None if they tell none."""
    if record.get("kind") is not None:
        return record["kind"] if record["kind"] in KINDS else None
    return next((kind for kind, fields in _TELLING if fields <= record.keys()), None)


def check(record: Mapping[str, Any]) -> None:
    """Raises RecordError where a record does not keep to contracts §1. Unknown fields may be."""
    kind = kind_of(record)
    if kind is None:
        raise RecordError(f"kind: wanted one of {', '.join(KINDS)}, or fields that tell it")
    for field in ("ts", "end_ts"):
        if record.get(field) is not None and not _is_time(record[field]):
            raise RecordError(f"{field}: wanted ISO 8601, or seconds since 1970 as a number")
    for field in ("model", "stage", "version"):
        if not isinstance(record.get(field), str | int | float | None):
            raise RecordError(f"{field}: wanted a text")
    tags = record.get("tags")
    if tags is not None and not (
        isinstance(tags, Mapping) and all(isinstance(v, str | int | float) for v in tags.values())
    ):
        raise RecordError("tags: wanted an object of texts, numbers and booleans")
    _CHECKS[kind](record)


def plain(value: Any, depth: int = 0) -> Any:
    """What JSON can say of whatever a job holds.

    Numbers and arrays of numpy become numbers and lists, times ISO 8601, what is not finite null,
    and anything else its text. Raises RecordError for what is nested too deeply.
    """
    if depth > _DEEPEST:
        raise RecordError(f"nested deeper than {_DEEPEST} levels")
    match value:
        case None | bool() | str() | int():
            return value
        case Mapping():
            return {str(key): plain(item, depth + 1) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(item, depth + 1) for item in value]
        case datetime():
            return moment(value)
    if callable(listed := getattr(value, "tolist", None)):  # a scalar or array of numpy or its kin
        return plain(listed(), depth + 1)
    return float(value) if is_number(value) else None if is_not_finite(value) else str(value)


def line(record: Mapping[str, Any]) -> bytes:
    """A plain record as one line of JSON with its newline. Raises RecordError if it is too long."""
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    written = text.encode("utf-8", "replace") + b"\n"
    if len(written) > LONGEST:
        raise RecordError(f"the record has {len(written):,} bytes: {LONGEST:,} are the most")
    return written


def moment(value: datetime) -> str:
    """ISO 8601 in UTC of a datetime; one without a zone is in the zone of this machine."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def is_number(value: Any) -> bool:
    """Whether a value is a finite number, of Python's or of numpy's making."""
    return _finite(value) is True


def is_not_finite(value: Any) -> bool:
    """Whether a value is NaN or infinite."""
    return _finite(value) is False


def _finite(value: Any) -> bool | None:
    """Whether a number is finite; None for what is no number."""
    if isinstance(value, bool | str | bytes):
        return None
    try:
        return math.isfinite(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _is_time(value: Any) -> bool:
    if not isinstance(value, str):
        return is_number(value) or isinstance(value, datetime)
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _check_metric(record: Mapping[str, Any]) -> None:
    several = record.get("metrics")
    if several is None:
        if not isinstance(record.get("name"), str) or not record["name"]:
            raise RecordError("name: a metric needs the text that names it")
        if not is_number(record.get("value")):
            raise RecordError("value: a metric needs a finite number")
    elif not isinstance(several, Mapping) or not several:
        raise RecordError("metrics: wanted an object of names and numbers")
    else:
        for name, value in several.items():
            if not is_number(value):
                raise RecordError(f"metrics.{name}: wanted a finite number")


def _check_log(record: Mapping[str, Any]) -> None:
    if not isinstance(record.get("message"), str):
        raise RecordError("message: a log record needs a text")
    for field in ("level", "logger", "exception"):
        if not isinstance(record.get(field), str | None):
            raise RecordError(f"{field}: wanted a text")


def _check_event(record: Mapping[str, Any]) -> None:
    for field in ("type", "title"):
        if not isinstance(record.get(field), str) or not record[field]:
            raise RecordError(f"{field}: an event needs a text")
    if not isinstance(record.get("id"), str | int | None):
        raise RecordError("id: wanted a text")
    if not isinstance(record.get("planned"), bool | None):
        raise RecordError("planned: wanted true or false")


def _check_prediction(record: Mapping[str, Any]) -> None:
    features = record.get("features")
    if features is not None and not isinstance(features, Mapping):
        raise RecordError("features: wanted an object of names and values")
    if record.get("score") is not None and not is_number(record["score"]):
        raise RecordError("score: wanted a number, the probability of the positive class")
    scores = record.get("scores")
    if scores is not None and not (
        isinstance(scores, Mapping) and all(is_number(score) for score in scores.values())
    ):
        raise RecordError("scores: wanted an object of classes and probabilities")
    if all(record.get(field) is None for field in ("features", "prediction", "score", "scores")):
        raise RecordError("prediction: wanted features, a prediction, a score or scores")


def _check_label(record: Mapping[str, Any]) -> None:
    for field, meaning in (("id", "the id of its prediction"), ("label", "the class or number")):
        if not isinstance(record.get(field), str | int | float) or record[field] == "":
            raise RecordError(f"{field}: a label needs {meaning}")


_CHECKS = {
    "metric": _check_metric,
    "log": _check_log,
    "event": _check_event,
    "prediction": _check_prediction,
    "label": _check_label,
}
