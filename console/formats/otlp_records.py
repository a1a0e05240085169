"""OpenTelemetry's resource metrics and resource logs to records, an object at a time.

After the protocol's definitions, opentelemetry-proto 1.x (metrics.proto, logs.proto, common.proto)
in their JSON encoding: integers of 64 bits are texts, enumerations numbers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from console.formats.rows import LogRow, MetricRow
from console.records.levels import ALIASES
from console.records.series import canonical_tags
from console.sources.defaults import Defaults

_LEVELS = ("TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_PER_LEVEL = 4
_KINDS = ("gauge", "sum", "histogram", "exponentialHistogram", "summary")
_LATEST = 2.5e11
_OWNERS = ("model", "stage", "version")
_PLAIN = ("stringValue", "boolValue", "bytesValue")
_DIGITS = 19
_NO_VALUE = 1
"""Flag of a data point that says that there is nothing to say."""
_STACK = "exception.stacktrace"
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


@dataclass
class Found:
    """What has been found so far; `problems` are those of the line at `offset`."""

    defaults: Defaults
    offset: int = 0
    metrics: list[MetricRow] = field(default_factory=list)
    logs: list[LogRow] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Scope:
    """Who measured: what the resource says of itself, and the library."""

    resource: Mapping[str, Any]
    name: str | None

    def owners(self, own: Mapping[str, Any], defaults: Defaults) -> dict[str, str | None]:
        """Model, stage and version: of the record, its resource, the settings, else the service."""
        said = {
            key: _text(own.get(key)) or _text(self.resource.get(key)) or getattr(defaults, key)
            for key in _OWNERS
        }
        if said["model"] is None and (service := _text(self.resource.get("service.name"))):
            said["model"] = service
            said["version"] = said["version"] or _text(self.resource.get("service.version"))
        return said


def metrics_of(value: Any, found: Found) -> None:
    """Adds the metrics of `resourceMetrics`."""
    for scope, metric in _each(value, "scopeMetrics", "metrics"):
        name = metric.get("name")
        kind = next((kind for kind in _KINDS if isinstance(metric.get(kind), dict)), None)
        if not isinstance(name, str) or not name or kind is None:
            found.problems.append("a metric without a name or data points")
            continue
        for point in _objects(metric[kind].get("dataPoints")):
            _point(name, point, scope, metric, found)


def logs_of(value: Any, found: Found) -> None:
    """Adds the log records of `resourceLogs`."""
    for scope, record in _each(value, "scopeLogs", "logRecords"):
        ts = _time(record.get("timeUnixNano")) or _time(record.get("observedTimeUnixNano"))
        if ts is None:
            found.problems.append("a log record without a time")
            continue
        own = _attributes(record.get("attributes"))
        body = _value(record.get("body"))
        exception = own.pop(_STACK, None)
        owners = scope.owners(own, found.defaults)
        extra = {
            "trace_id": record.get("traceId"),
            "span_id": record.get("spanId"),
            "event": record.get("eventName"),
        }
        kept = {**scope.resource, **own, **{key: text for key, text in extra.items() if text}}
        found.logs.append(
            LogRow(
                ts=ts,
                offset=found.offset,
                attributes=_json(_without(kept)),
                message=_text(body) or "",
                level=_level(record),
                logger=scope.name,
                exception=_text(exception),
                **owners,
            )
        )


def _point(
    name: str, point: Mapping[str, Any], scope: _Scope, metric: Mapping[str, Any], found: Found
) -> None:
    """Adds the values of one data point."""
    ts = _time(point.get("timeUnixNano"))
    if ts is None:
        found.problems.append(f"{name}: a data point without a time")
        return
    own = _attributes(point.get("attributes"))
    owners = scope.owners(own, found.defaults)
    about = {**scope.resource, "scope": scope.name, "unit": metric.get("unit")}
    buckets = {key: point.get(key) for key in ("bucketCounts", "explicitBounds", "scale")}
    attributes = {key: value for key, value in {**about, **buckets}.items() if value}
    values = _values(name, point)
    if not values and point.get("flags") != _NO_VALUE:
        found.problems.append(f"{name}: a data point without a number")
    for one, quantile, value in values:
        tags = _without(own) | ({} if quantile is None else {"quantile": quantile})
        found.metrics.append(
            MetricRow(
                ts=ts,
                offset=found.offset,
                name=one,
                value=value,
                tags=canonical_tags(tags),
                attributes=_json(_without(attributes)),
                **owners,
            )
        )


def _values(name: str, point: Mapping[str, Any]) -> list[tuple[str, str | None, float]]:
    """The numbers of a data point: the metric's name, a summary's quantile, the value."""
    plain = point.get("asDouble", point.get("asInt"))
    named = [(name, None, plain)] + [
        (f"{name}_{part}", None, point.get(part)) for part in ("count", "sum", "min", "max")
    ]
    quantiles = [
        (name, _text(entry.get("quantile", 0)), entry.get("value", 0))
        for entry in _objects(point.get("quantileValues"))
    ]
    return [
        (one, quantile, number)
        for one, quantile, value in [*named, *quantiles]
        if (number := _number(value)) is not None
    ]


def _each(value: Any, scopes: str, records: str) -> Iterator[tuple[_Scope, dict[str, Any]]]:
    """The innermost objects, each with who they are of."""
    for resource in _objects(value):
        about = resource.get("resource")
        said = _attributes(about.get("attributes")) if isinstance(about, dict) else {}
        for scoped in _objects(resource.get(scopes)):
            library = scoped.get("scope")
            name = _text(library.get("name")) if isinstance(library, dict) else None
            for record in _objects(scoped.get(records)):
                yield _Scope(said, name), record


def _objects(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _attributes(value: Any) -> dict[str, Any]:
    """A list of keys and values as an object."""
    return {
        entry["key"]: _value(entry.get("value"))
        for entry in _objects(value)
        if isinstance(entry.get("key"), str)
    }


def _value(value: Any) -> Any:
    """What an `AnyValue` holds; numbers that JSON cannot hold as texts."""
    if not isinstance(value, dict):
        return None
    if "intValue" in value:
        text = str(value["intValue"])
        return int(text) if text.lstrip("-").isdecimal() and len(text) <= _DIGITS else text
    if "doubleValue" in value:
        number = _number(value["doubleValue"])
        return str(value["doubleValue"]) if number is None else number
    if isinstance(held := value.get("arrayValue"), dict):
        return [_value(entry) for entry in _objects(held.get("values"))]
    if isinstance(held := value.get("kvlistValue"), dict):
        return _attributes(held.get("values"))
    return next((value[key] for key in _PLAIN if key in value), None)


def _without(kept: Mapping[str, Any]) -> dict[str, Any]:
    """What is neither nothing nor model, stage and version."""
    return {key: value for key, value in kept.items() if value is not None and key not in _OWNERS}


def _level(record: Mapping[str, Any]) -> str | None:
    """The level of a severity number (1..24, four a level), else that of its text."""
    number = _number(record.get("severityNumber"))
    if number is not None and 1 <= number <= _PER_LEVEL * len(_LEVELS):
        return _LEVELS[(int(number) - 1) // _PER_LEVEL]
    text = _text(record.get("severityText"))
    return ALIASES.get(text.strip().lower(), text) if text else None


def _time(value: Any) -> float | None:
    """Epoch seconds of nanoseconds; 0 is an unknown time."""
    number = _number(value)
    return number / 1e9 if number is not None and 0 < number / 1e9 < _LATEST else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _text(value: Any) -> str | None:
    """A value as text; None for nothing."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    try:
        return _encode(value)
    except ValueError:  # an infinite number
        return str(value)


def _json(kept: Mapping[str, Any]) -> str | None:
    """An object as JSON; None for an empty one."""
    if not kept:
        return None
    try:
        return _encode(kept)
    except ValueError:  # an infinite number
        return _encode({key: str(value) for key, value in kept.items()})
