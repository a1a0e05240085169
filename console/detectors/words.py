"""How detectors put numbers and durations into words."""

from __future__ import annotations

import math

from console.records.clock import DAY, HOUR, MINUTE


def number(value: float) -> str:
    """At most four significant digits, no exponent for everyday sizes: `0.0123`, `12,300`."""
    if not math.isfinite(value):
        return str(value)
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        digits = 3 - math.floor(math.log10(abs(value)))
        return f"{round(value, digits):,.0f}" if abs(value) < 1e12 else f"{value:.3g}"
    return f"{value:.4g}"


def duration(seconds: float) -> str:
    """The two largest units that matter: `45 s`, `5 min`, `3 h 20 min`, `2 days`."""
    if seconds < 2 * MINUTE and seconds % MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * HOUR:
        return f"{seconds / MINUTE:.0f} min"
    if seconds < 2 * DAY:
        hours, minutes = divmod(round(seconds / MINUTE), 60)
        return f"{hours} h {minutes} min" if minutes and hours < 10 else f"{hours} h"
    return f"{seconds / DAY:.0f} days"


def change(before: float, after: float) -> str:
    """How a level changed: `3.1x its usual level`, `12 % below its usual level`."""
    if before > 0 and after > 0 and after >= 2 * before:
        return f"{after / before:.2g}x its usual level"
    if before > 0 and after > 0:
        share = 100 * (after / before - 1)
        return f"{abs(share):.2g} % {'above' if share > 0 else 'below'} its usual level"
    word = "above" if after > before else "below"
    return f"{number(after)}, {word} its usual {number(before)}"
