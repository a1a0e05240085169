"""Writes TensorBoard's event files, by their definition and with nothing of the decoder's."""

from __future__ import annotations

import struct


def crc32c(data: bytes) -> int:
    """Bit by bit."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def masked(data: bytes) -> bytes:
    value = crc32c(data)
    turned = ((value >> 15) | (value << 17)) & 0xFFFFFFFF
    return struct.pack("<I", (turned + 0xA282EAD8) & 0xFFFFFFFF)


def record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + masked(length) + data + masked(data)


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def double(field: int, value: float) -> bytes:
    return varint(field << 3 | 1) + struct.pack("<d", value)


def single(field: int, value: float) -> bytes:
    return varint(field << 3 | 5) + struct.pack("<f", value)


def nested(field: int, value: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(value)) + value


def event(ts: float, step: int, *values: bytes) -> bytes:
    summary = b"".join(nested(1, value) for value in values)
    return record(double(1, ts) + number(2, step) + nested(5, summary))


def version(ts: float) -> bytes:
    return record(double(1, ts) + nested(3, b"brain.Event:2"))


def plugin(name: str) -> bytes:
    return nested(9, nested(1, nested(1, name.encode())))


def scalar(tag: str, value: float) -> bytes:
    return nested(1, tag.encode()) + single(2, value)


def tensor(tag: str, name: str, content: bytes) -> bytes:
    return nested(1, tag.encode()) + nested(8, content) + plugin(name)
