"""Protocol buffers as their wire has them: numbered fields, without any schema.

After https://protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Wire types; what else there is (groups) is refused."""
_MOST_VARINT = 10
_FIXED = {FIXED64: 8, FIXED32: 4}

Field = tuple[int, int, int | bytes]
"""Number and wire type of a field, and its value: an integer for `VARINT`, else its bytes."""


class WireError(ValueError):
    """Bytes that are no message."""


def fields(data: bytes) -> Iterator[Field]:
    """The fields of a message in its order. Raises WireError."""
    at, end = 0, len(data)
    while at < end:
        key, at = varint(data, at)
        number, kind = key >> 3, key & 7
        if number == 0:
            raise WireError("a field without a number")
        if kind == VARINT:
            value, at = varint(data, at)
            yield number, kind, value
            continue
        if kind == BYTES:
            size, at = varint(data, at)
        elif kind in _FIXED:
            size = _FIXED[kind]
        else:
            raise WireError("a field of an unknown type")
        if at + size > end:
            raise WireError("a field that ends behind its message")
        yield number, kind, data[at : at + size]
        at += size


def varint(data: bytes, at: int) -> tuple[int, int]:
    """The integer at a place, and the place behind it. Raises WireError."""
    value = shift = 0
    for place in range(at, min(at + _MOST_VARINT, len(data))):
        byte = data[place]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place + 1
        shift += 7
    raise WireError("an integer without an end")


def signed(value: int) -> int:
    """The signed integer (64 bits) that a varint holds."""
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


def numbers(kind: int, value: int | bytes, code: str) -> list[float]:
    """The numbers of a repeated field, packed or one of them; `code` as for `struct`.

    Raises WireError.
    """
    if isinstance(value, int):
        return [signed(value)]
    if kind == BYTES and code in "iq":
        found: list[float] = []
        at = 0
        while at < len(value):
            one, at = varint(value, at)
            found.append(signed(one))
        return found
    size = struct.calcsize(f"<{code}")
    if len(value) % size:
        raise WireError("numbers that are cut short")
    return list(struct.unpack(f"<{len(value) // size}{code}", value))
