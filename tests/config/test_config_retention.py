"""[retention]: ages and sizes, and windows that outlive their rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.config.document import parse
from console.config.load import read
from console.config.settings import Retention, SettingsError
from console.records.clock import DAY, HOUR

FILE = Path("/x/console.toml")


def _read(text: str) -> Retention:
    return read(parse(FILE, f"[retention]\n{text}\n")).retention


def test_ages_and_sizes_are_read() -> None:
    found = _read(
        'metrics = "30d"\nlogs = "12h"\npredictions = "1d12h"\nwindows = "800d"\n'
        'rejects = "forever"\nsize = "1.5GB"\nfree = "512 MiB"'
    )
    assert found == Retention(
        metrics_s=30 * DAY, logs_s=12 * HOUR, predictions_s=1.5 * DAY, windows_s=800 * DAY,
        rejects_s=None, size=1_500_000_000, free=512 << 20,
    )  # fmt: skip
    assert _read('size = "unlimited"').size is None
    assert read(parse(FILE, "")).retention == Retention()


def test_what_is_not_said_follows_what_is() -> None:
    short = _read('windows = "20d"')
    assert (short.metrics_s, short.logs_s, short.predictions_s) == (20 * DAY,) * 3
    assert _read('metrics = "forever"').windows_s is None
    assert _read('logs = "999d"').windows_s == 999 * DAY


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('log = "7d"', '2: unknown key "log" in [retention]: did you mean "logs"?'),
        ("logs = 7", '2: logs is 7: wanted from "1h" to "36500d", such as "30d", or "forever"'),
        ('logs = "5m"', "2: logs is '5m': wanted from \"1h\""),
        ('logs = "99999d"', "2: logs is '99999d': wanted from \"1h\""),
        ('size = "20"', '2: size is \'20\': wanted a size, such as "500MB" or "20GB"'),
        ('free = "unlimited"', "2: free is 'unlimited': wanted a size"),
        (
            'logs = "9d"\nwindows = "2d"',
            "3: windows (2d) would go before the logs (9d) that they are made of: keep windows",
        ),
    ],
)
def test_a_mistake_names_its_line_and_its_mend(text: str, problem: str) -> None:
    with pytest.raises(SettingsError) as raised:
        _read(text)
    assert str(raised.value).startswith(f"{FILE}:{problem}")
