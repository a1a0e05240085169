"""Runs the detectors over a span, and keeps the states that the next span continues from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from console.detectors.protocol import Detector, Deviation, Span, State
from console.engine.codec import decode, encode

PREFIX = "detector/"


class Detection:
    """The detectors with their states."""

    def __init__(self, detectors: Sequence[Detector], stored: Mapping[str, bytes]) -> None:
        self._detectors = tuple(detectors)
        self._states: dict[str, State] = {
            detector.name: self._restored(detector, stored) for detector in self._detectors
        }
        self._dumped: dict[str, State] = {}

    @staticmethod
    def _restored(detector: Detector, stored: Mapping[str, bytes]) -> State:
        data = stored.get(PREFIX + detector.name)
        state = decode(data, detector.layout) if data is not None else None
        return detector.initial() if state is None else state

    def update(self, span: Span) -> list[Deviation]:
        """What all detectors say of a span, in order of time."""
        found: list[Deviation] = []
        for detector in self._detectors:
            deviations, state = detector.update(self._states[detector.name], span)
            self._states[detector.name] = state
            found += deviations
        return sorted(found, key=lambda deviation: (deviation.at, deviation.onset, deviation.key))

    def dump(self) -> dict[str, bytes]:
        """The states that have changed since the last dump, as the store keeps them.

        A detector returns a frame that it did not touch as the same object: that costs nothing.
        """
        changed: dict[str, bytes] = {}
        for detector in self._detectors:
            state, before = self._states[detector.name], self._dumped.get(detector.name, {})
            same = state.keys() == before.keys()
            if same and all(frame is before[name] for name, frame in state.items()):
                continue
            changed[PREFIX + detector.name] = encode(state, detector.layout)
            self._dumped[detector.name] = dict(state)
        return changed
