"""Which detectors there are, and how others join them."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from console.config.settings import Settings, SettingsError
from console.detectors.registry import GROUP, builtin, plugins
from console.detectors.threshold import ThresholdDetector
from console.stats.pinning import References


class Own(ThresholdDetector):
    """A detector of somebody else's."""

    name = "own"


def broken(_: Settings) -> None:
    """A plug-in that fails."""
    raise OSError("no licence")


class NoDetector:
    """Something else altogether."""

    def __init__(self, _: Settings) -> None: ...


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, f"{__name__}:{value}", GROUP)


def test_built_in_detectors_have_names_of_their_own() -> None:
    names = [detector.name for detector in builtin(Settings(), References())]
    assert sorted(set(names)) == sorted(names)
    assert {"threshold", "anomaly", "staleness", "cardinality", "drift", "logs"} <= set(names)


def test_a_plug_in_joins_them() -> None:
    (found,) = plugins(Settings(), ["threshold"], [point("x", "Own")])
    assert found.name == "own"
    assert plugins(Settings(), ["threshold"]) == ()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("broken", "cannot be loaded: OSError: no licence"),
        ("NoDetector", "cannot be loaded: AttributeError"),
        ("missing", "cannot be loaded: AttributeError"),
        ("ThresholdDetector", "a detector 'threshold' exists already"),
    ],
)
def test_a_bad_plug_in_is_one_clear_line(value: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        plugins(Settings(), ["threshold"], [point("x", value)])
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
