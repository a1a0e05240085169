"""The lists of the console: what a row is and how it is drawn, each on `Rows`."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from console.tui.commands import bindings
from console.tui.present import inbox, models, timeline
from console.tui.present.line import Line
from console.tui.widgets.document import Document
from console.tui.widgets.rows import Rows

if TYPE_CHECKING:
    from console.alerts.alert import Alert
    from console.engine.snapshot import ModelPane


class ModelRows(Rows["ModelPane"]):
    """The models."""

    pane = "models"
    BINDINGS = bindings("models")

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.columns = models.ModelLayout(0, (), 0)

    def key_of(self, item: ModelPane) -> Hashable:
        """The model's name."""
        return item.name

    def stamp_of(self, item: ModelPane) -> Hashable:
        """Everything, and where it stands."""
        return item, self.columns

    def draw(self, item: ModelPane, width: int, *, selected: bool) -> Line:  # noqa: ARG002
        """Name, gauges, alerts."""
        return models.row(item, self.columns)


class LaneRows(Rows[timeline.Lane]):
    """The lanes of the timeline."""

    pane = "timeline"
    BINDINGS = bindings("timeline")

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.axis = timeline.Axis(0.0, 1.0, 1, 1)
        self.now = 0.0
        self.time_cursor: float | None = None

    def key_of(self, item: timeline.Lane) -> Hashable:
        """The model's name."""
        return item.model

    def stamp_of(self, item: timeline.Lane) -> Hashable:
        """Everything, the axis and the cursor."""
        return item, self.axis, self.now, self.time_cursor

    def draw(self, item: timeline.Lane, width: int, *, selected: bool) -> Line:  # noqa: ARG002
        """Name, spans, marks."""
        return timeline.row(item, self.axis, now=self.now, cursor=self.time_cursor)


class InboxRows(Rows["Alert"]):
    """The ranked alerts."""

    pane = "inbox"
    BINDINGS = bindings("inbox")

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.columns = inbox.InboxLayout(1, 0)
        self.now = 0.0
        self.marked: frozenset[str] = frozenset()
        """The alerts that the next act is meant for, beside the cursor's."""

    def key_of(self, item: Alert) -> Hashable:
        """The alert's id."""
        return item.id

    def stamp_of(self, item: Alert) -> Hashable:
        """What a row shows of it."""
        shown = (item.rank, item.severity, item.state, item.model, item.title, item.started_at)
        return shown, self.columns, self.now, item.id in self.marked

    def draw(self, item: Alert, width: int, *, selected: bool) -> Line:  # noqa: ARG002
        """Rank, severity, model, title, age."""
        marked = item.id in self.marked
        return inbox.row(item, self.columns, now=self.now, width=width, marked=marked)


class AlertDocument(Document):
    """The message of the alert under the cursor."""

    pane = "alert"
    BINDINGS = bindings("alert")


class GuideDocument(Document):
    """What an empty console says."""

    pane = "guide"
    BINDINGS = bindings("guide")


class DigestDocument(Document):
    """What happened lately."""

    pane = "digest"
    BINDINGS = bindings("digest")


class RecordDocument(Document):
    """One record in full."""

    pane = "record"
    BINDINGS = bindings("record")
