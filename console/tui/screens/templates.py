"""The log folded to its templates: how often each came, and how often before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult

from console.tui.present.figures import change
from console.tui.present.line import Piece, piece
from console.tui.present.logs import LEVEL_ROLE
from console.tui.present.table import Column, Row
from console.tui.present.words import TIMES, count, plural
from console.tui.screens.asking import AskingScreen, Question
from console.tui.view import View
from console.tui.widgets.bars import FilterBar, Heading
from console.tui.widgets.rows import Rows
from console.tui.widgets.tables import TemplateTable

if TYPE_CHECKING:
    from console.engine.views.templates import TemplateFigure

COLUMNS = (
    Column("level", most=8, wanted=90),
    Column("lines", right=True, wanted=99),
    Column("an hour", right=True, wanted=95),
    Column("before", right=True, wanted=97),
    Column("change", right=True, wanted=98),
    Column("stage", most=12, wanted=80),
    Column("template", most=400, least=10, wanted=50),
)
MORE = 3.0
"""From so many times as many lines as before on a template stands out."""


class TemplatesScreen(AskingScreen):
    """The templates of a model over the span that is looked at; enter shows the lines of one."""

    def __init__(self, model: str | None) -> None:
        super().__init__()
        self._model = model
        self._filter = ""
        self._by_count = False
        self._found: tuple[TemplateFigure, ...] = ()
        self._heading = Heading("4", "Templates", id="templates-heading")
        self._titles = Heading("", "")
        self._table = TemplateTable(COLUMNS, id="templates")

    def compose(self) -> ComposeResult:
        """Header, table, filter, keys."""
        yield self.header
        yield self.notice
        yield self._heading
        yield self._titles
        yield self._table
        yield self.filter_bar
        yield self.keys

    def begin(self) -> None:
        """The table has the keys."""
        self._table.focus()
        self._table.show_rows([], empty=[(Piece(" reading …", "dim"),)])

    def question(self, view: View) -> Question | None:
        """The templates of the span, up to the time cursor."""
        if view.snapshot is None:
            return None
        model, bounds = self._model, view.time.judged(view.now)
        return Question((model, view.time), lambda desk: desk.templates(model, bounds))

    def answered(self, answer: tuple[TemplateFigure, ...]) -> None:
        """Fills the table."""
        self._found = answer
        self._fill()

    def _fill(self) -> None:
        wanted = self._filter.casefold()
        found = [f for f in self._found if wanted in f"{f.template} {f.level}".casefold()]
        if not self._by_count:
            found.sort(key=lambda figure: -figure.significance)
        self._table.show_rows(
            [template_row(figure) for figure in found],
            empty=[(Piece(" no lines in this span", "dim"),)],
        )
        self._titles.show((), over=self._table.titles)
        self.draw(self.console_app.view)

    def draw(self, view: View) -> None:
        """Whose templates, and when."""
        self._heading.active = True
        start, end = view.time.judged(view.now)
        calendar = self.console_app.calendar
        span = f"{calendar.near(start, view.now)} to {calendar.near(end, view.now)}"
        lines = sum(figure.count for figure in self._found)
        told = f" · {span} · {plural(lines, 'line')} of {plural(len(self._found), 'template')}"
        order = " · most frequent first" if self._by_count else " · what changed most first"
        note = [piece(self._model or "all models", "strong"), Piece(order + told, "dim")]
        if self._filter:
            note.append(piece(f" · “{self._filter}”, esc clears", "accent"))
        self._heading.show(tuple(note))

    def action_order(self) -> None:
        """What changed most first, or what is most frequent."""
        self._by_count = not self._by_count
        self._fill()
        self._table.move_to(0)

    def action_drill(self) -> None:
        """The lines of the template under the cursor."""
        from console.engine.views.templates import TemplateFigure

        row = self._table.selected
        figure = row.item if row else None
        if not isinstance(figure, TemplateFigure):
            return
        view = self.console_app.view
        at = view.time.judged(view.now)[0]
        self.console_app.open_logs(
            model=self._model, at=at, template=(figure.template_id or "", figure.template)
        )

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """A second click drills."""
        event.stop()
        self.action_drill()

    def action_search(self) -> None:
        """Asks for a filter."""
        self.filter_bar.open(self._filter)
        self.filter_bar.note("enter keeps · esc clears")

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        """Every letter narrows."""
        self._filter = event.text
        self._fill()

    def on_filter_bar_closed(self, event: FilterBar.Closed) -> None:
        """Back to the table."""
        self.on_filter_bar_changed(FilterBar.Changed(event.text))
        self._table.focus()

    def action_back(self) -> None:
        """Withdraws what is asked, clears the filter, else goes back."""
        if self.withdraw():
            return
        if self._filter:
            self.on_filter_bar_changed(FilterBar.Changed(""))
        else:
            self.dismiss()


def template_row(figure: TemplateFigure) -> Row:
    """One template; what is new or came far more often stands out."""
    new, gone = not figure.before, not figure.count
    more = gone or new or figure.count >= MORE * figure.before
    told = "new" if new else change(figure.before, figure.count).replace("x", TIMES)
    told = "gone" if gone else told
    role = LEVEL_ROLE.get(figure.level or "", "text")
    return Row(
        (figure.template_id, figure.stage, figure.level),
        (
            piece(figure.level or "", role),
            Piece(count(figure.count)),
            Piece(f"{figure.per_hour:.3g}", "dim"),
            Piece(count(figure.before), "dim"),
            Piece(told, "warning" if more else "dim"),
            piece(figure.stage or "", "dim"),
            piece(figure.template, role),
        ),
        figure,
    )
