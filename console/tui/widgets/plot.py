"""A chart that fills its place, drawn in a thread."""

from __future__ import annotations

from dataclasses import replace

from textual.worker import Worker, WorkerState

from console.tui.chart import ChartSpec, chart
from console.tui.present.line import Line
from console.tui.widgets.document import Document

WIDEST = 160
GROUP = "plot"


class Plot(Document):
    """The chart of one series; the last one stays until the next is drawn."""

    can_focus = False

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._spec: ChartSpec | None = None
        self._wanted: ChartSpec | None = None
        self._drawn: tuple[Line, ...] = ()
        self._of: ChartSpec | None = None
        self._drawing = False
        self._beside: tuple[Line, ...] = ()

    def draw(self, spec: ChartSpec | None, *, beside: tuple[Line, ...] = ()) -> None:
        """Draws a series, or nothing; `beside` are lines below it."""
        self._spec, self._beside = spec, beside
        self.show(self._write_chart, from_top=True)

    def _write_chart(self, width: int) -> list[Line]:
        height = self.size.height - len(self._beside)
        if self._spec is None:
            return list(self._beside)
        spec = replace(self._spec, width=min(width - 1, WIDEST), height=height)
        if spec != self._of:
            self._wanted = spec
            self._next()
        return [*self._drawn, *self._beside]

    def _next(self) -> None:
        spec = self._wanted
        if spec is None or self._drawing:
            return
        self._wanted, self._drawing = None, True
        self.run_worker(lambda: (spec, chart(spec)), thread=True, group=GROUP, exit_on_error=False)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A chart is there, or could not be drawn; on to the next."""
        if event.worker.group != GROUP or not event.worker.is_finished:
            return
        event.stop()
        self._drawing = False
        if event.state is WorkerState.SUCCESS and event.worker.result is not None:
            self._of, self._drawn = event.worker.result
            self.show(self._write_chart, from_top=False)
        self._next()
