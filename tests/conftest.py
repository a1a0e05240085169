"""What holds for all tests."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings

# The machines that run the tests are shared: how long one example takes says nothing of the code.
# CI repeats the examples of the last run, so that it fails for what was changed; others search on.
settings.register_profile(
    "shared-machine",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
)
settings.load_profile("shared-machine")
os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")

MEASURED = "measured"


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Takes a figure that a test measured; all of them stand at the end of the run."""
    return lambda text: request.node.user_properties.append((MEASURED, text))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Writes the figures."""
    figures = {
        text: None
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, text in getattr(report, "user_properties", ())
        if name == MEASURED
    }
    if figures:
        terminalreporter.section("measured")
        for text in figures:
            terminalreporter.write_line(text)
