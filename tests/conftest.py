"""What holds for all tests."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# The machines that run the tests are shared: how long one example takes says nothing of the code.
settings.register_profile(
    "shared-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("shared-machine")
os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
