"""CRC-32C, as TensorFlow's record files mask it (tensorflow/core/lib/hash/crc32c.h)."""

from __future__ import annotations

_POLYNOMIAL = 0x82F63B78
_MASK_DELTA = 0xA282EAD8
_ALL = 0xFFFFFFFF


def _table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (_POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return tuple(table)


_TABLE = _table()


def masked_crc32c(data: bytes) -> int:
    """The checksum of some bytes, turned by 15 bits and moved on by a constant."""
    value, table = _ALL, _TABLE
    for byte in data:
        value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
    value ^= _ALL
    return (((value >> 15) | (value << 17)) + _MASK_DELTA) & _ALL
