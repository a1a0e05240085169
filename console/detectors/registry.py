"""The list of detectors: the built-in ones, and those that other packages offer.

A package adds its own through the entry point group `model_console.detectors`; each entry point is
a callable that takes the `Settings` and returns a `Detector` (see `protocol`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType

from console.config.settings import Settings, SettingsError
from console.detectors.anomaly import AnomalyDetector
from console.detectors.burn import BurnDetector
from console.detectors.cardinality import CardinalityDetector
from console.detectors.changepoint import ChangepointDetector
from console.detectors.drift import DriftDetector
from console.detectors.duplicates import DuplicatesDetector
from console.detectors.forecast import ForecastDetector
from console.detectors.frozen import FrozenDetector
from console.detectors.label_quality import LabelsDetector
from console.detectors.logs import LogsDetector
from console.detectors.performance import PerformanceDetector
from console.detectors.protocol import Detector
from console.detectors.quality import QualityDetector
from console.detectors.releases import ReleaseDetector
from console.detectors.schema import SchemaDetector
from console.detectors.staleness import StalenessDetector
from console.detectors.threshold import ThresholdDetector
from console.detectors.volume import VolumeDetector
from console.stats.pinning import References

GROUP = "model_console.detectors"


def builtin(
    settings: Settings,
    references: References,
    templates: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Detector, ...]:
    """The detectors of this package.

    `references` are what columns are compared with; `templates` gives the text that names a log
    template's id, and may grow while the detectors live.
    """
    return (
        ThresholdDetector(settings),
        AnomalyDetector(settings),
        BurnDetector(settings),
        ChangepointDetector(settings),
        StalenessDetector(settings),
        ReleaseDetector(settings),
        FrozenDetector(settings),
        CardinalityDetector(settings),
        ForecastDetector(settings),
        DriftDetector(settings, references),
        QualityDetector(settings, references),
        DuplicatesDetector(settings),
        SchemaDetector(settings),
        LabelsDetector(settings),
        PerformanceDetector(settings, references),
        LogsDetector(settings, templates),
        VolumeDetector(settings),
    )


def plugins(
    settings: Settings, taken: Iterable[str], points: Iterable[EntryPoint] | None = None
) -> tuple[Detector, ...]:
    """The detectors of installed plug-ins, in the order of their entry points' names.

    `taken` are names of detectors that a plug-in must not bear. Raises SettingsError, one line that
    names the package, for a plug-in that cannot be loaded.
    """
    found: list[Detector] = []
    names = set(taken)
    listed = entry_points(group=GROUP) if points is None else points
    for point in sorted(listed, key=lambda point: (point.name, point.value)):
        detector = _loaded(point, settings)
        if detector.name in names:
            raise SettingsError(f"{_source(point)}: a detector {detector.name!r} exists already")
        names.add(detector.name)
        found.append(detector)
    return tuple(found)


def _loaded(point: EntryPoint, settings: Settings) -> Detector:
    try:
        detector: Detector = point.load()(settings)
        detector.name, detector.layout, detector.initial, detector.update  # noqa: B018
    except Exception as error:
        raise SettingsError(
            f"{_source(point)} cannot be loaded: {type(error).__name__}: {error}; "
            f"update or uninstall that package"
        ) from error
    return detector


def _source(point: EntryPoint) -> str:
    package = f" of package {point.dist.name}" if point.dist else ""
    return f"detector plug-in {point.name!r} ({point.value}){package}"
