"""Frozen dataclasses to plain JSON values and back, by their type hints.

An incident is stored as the JSON of its own fields, so that a new field with a default is read
from old stores too.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from console.detectors.protocol import Severity

T = TypeVar("T")


def encode(value: Any) -> Any:
    """The JSON value of a dataclass, tuple, mapping or plain value."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: encode(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): encode(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list | frozenset):
        return [encode(inner) for inner in value]
    return value


def decode(kind: Callable[..., T], data: Any) -> T:
    """The dataclass whose `encode` is `data`; unknown keys are skipped, absent ones defaulted.

    Raises TypeError if a field without a default is absent.
    """
    hints = _hints(kind)
    return kind(**{name: _value(hints[name], data[name]) for name in hints if name in data})


@lru_cache(maxsize=64)
def _hints(kind: Any) -> dict[str, Any]:
    named = {f.name for f in dataclasses.fields(kind)}
    # Where a module imports it for types alone, it is not among that module's names.
    hints = get_type_hints(kind, localns={"Severity": Severity})
    return {name: hint for name, hint in hints.items() if name in named}


def _value(hint: Any, data: Any) -> Any:
    if data is None:
        return None
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        inner = [arm for arm in get_args(hint) if arm is not type(None)]
        return _value(inner[0], data) if len(inner) == 1 else data
    if origin is tuple:
        arms = get_args(hint)
        if len(arms) == 2 and arms[1] is Ellipsis:
            return tuple(_value(arms[0], item) for item in data)
        return tuple(_value(arm, item) for arm, item in zip(arms, data, strict=True))
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return decode(hint, data)
    return float(data) if hint is float else data
