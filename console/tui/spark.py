"""Sparklines in braille: two points a cell across, four levels up; pure functions."""

from __future__ import annotations

import math
from collections.abc import Sequence

_LEFT = (0x40, 0x04, 0x02, 0x01)
_RIGHT = (0x80, 0x20, 0x10, 0x08)
_LEVELS = 4


def sparkline(values: Sequence[float | None], width: int) -> str:
    """The values in `width` braille cells, oldest left, the scale from their least to their most.

    None and what is not finite are gaps. More values than dots are taken together by their means.
    An equal or single value lies in the middle.
    """
    dots = _resampled(values, 2 * width)
    seen = [dot for dot in dots if dot is not None]
    if not seen:
        return " " * width
    low, high = min(seen), max(seen)
    levels = [None if dot is None else _level(dot, low, high) for dot in dots]
    return "".join(_cell(levels[2 * cell], levels[2 * cell + 1]) for cell in range(width))


def _cell(left: int | None, right: int | None) -> str:
    bits = (0 if left is None else _LEFT[left]) | (0 if right is None else _RIGHT[right])
    return chr(0x2800 + bits) if bits else " "


def _level(dot: float, low: float, high: float) -> int:
    if not high - low > 0:
        return 1
    share = (dot / 2 - low / 2) / (high / 2 - low / 2)
    return min(int(share * _LEVELS), _LEVELS - 1)


def _resampled(values: Sequence[float | None], dots: int) -> list[float | None]:
    """Exactly `dots` values, the newest at the right end; None where nothing is."""
    finite = [None if v is None or not math.isfinite(v) else v for v in values]
    if len(finite) <= dots:
        return [None] * (dots - len(finite)) + finite
    merged: list[float | None] = []
    for index in range(dots):
        start = index * len(finite) // dots
        part = [v for v in finite[start : (index + 1) * len(finite) // dots] if v is not None]
        merged.append(sum(v / len(part) for v in part) if part else None)
    return merged
