"""JSON texts through the standard library: for the lines that the vectorised way cannot take."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from typing import Any

_encode = json.JSONEncoder(ensure_ascii=False).encode
_quote = json.encoder.encode_basestring
_SMALL_FLOAT = re.compile(r"[0-9][eE]-?[0-9]|\.0{3}")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_DIGITS = 38
_DEEPEST = 900
"""Levels of nesting that every Python and polars can read."""
_NESTING = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]')
_MISSING = frozenset({"features", "scores"})
"""Fields in which a number that is none is a missing value."""


class NotARecord(ValueError):  # noqa: N818  # it is told to the user as a reason, never raised at them
    """Says in a few words why a line is no JSON object."""


def loads(text: str) -> Any:
    """A JSON text's value, whole floats as integers: what the vectorised reader makes of them."""
    return json.loads(text, parse_float=_number)


def dumps(value: Any, source: str) -> str:
    """JSON as the vectorised reader renders it: numbers without an exponent.

    `source` is the text that the value was read from; it tells whether numbers need care.
    """
    return _positional(value) if _SMALL_FLOAT.search(source) else _encode(value)


def normalised(raw: bytes) -> bytes:
    """A line as strict JSON of one object, as it stands where it is that already.

    NaN and infinite numbers become texts, in features missing values; lone surrogates become `?`,
    integers over 127 bits texts. Raises NotARecord.
    """
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise NotARecord(f"not UTF-8 at byte {error.start} of the line") from None
    odd: list[str] = []
    try:
        if _depth(text) > _DEEPEST:
            raise NotARecord("not JSON: nested too deeply")
        value = _decoder(odd).decode(text)
        if not isinstance(value, dict):
            raise NotARecord("not a JSON object")
        if not odd and not _SURROGATE.search(text):
            return raw
        kept = {key: _finite(item, told=key not in _MISSING) for key, item in value.items()}
        return _encode(kept).encode(errors="replace")
    except json.JSONDecodeError as error:
        raise NotARecord(f"not JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise NotARecord("not JSON: nested too deeply") from None


def _depth(text: str) -> int:
    """How deep objects and lists lie in each other; 0 if there are too few of them to matter."""
    if text.count("[") + text.count("{") <= _DEEPEST:
        return 0
    depth = deepest = 0
    for match in _NESTING.finditer(text):
        if match[0] in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif match[0] in "]}":
            depth -= 1
    return deepest


def _decoder(odd: list[str]) -> json.JSONDecoder:
    """A decoder that notes the numbers that strict JSON, or 127 bits, cannot hold."""

    def real(number: str) -> float:
        if math.isinf(value := float(number)):
            odd.append(number)
        return value

    def whole(number: str) -> int | str:
        if len(number) > _DIGITS:
            odd.append(number)
            return number
        return int(number)

    def constant(name: str) -> float:
        odd.append(name)
        return float(name)

    return json.JSONDecoder(parse_float=real, parse_int=whole, parse_constant=constant)


def _number(text: str) -> float | int:
    value = float(text)
    return int(Decimal(repr(value))) if value.is_integer() else value


def _finite(value: Any, *, told: bool) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        if not told:
            return None
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: _finite(item, told=told) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item, told=told) for item in value]
    return value


def _positional(value: Any) -> str:
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quote(k)}: {_positional(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_positional(item) for item in value) + "]"
    return _encode(value)
