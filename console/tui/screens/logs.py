"""The log lines: around an alert's onset, of a model, or all; paged through the reader."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from textual.app import ComposeResult
from textual.worker import Worker

from console.alerts.alert import Alert
from console.store.pages import LogLine, LogPage, LogQuery
from console.tui.desk import Desk, LogKey
from console.tui.feed import Feed
from console.tui.logwindow import PAGE, LogWindow, window
from console.tui.memory import Memory, number, text
from console.tui.present.health import severity_role
from console.tui.present.line import Piece, piece
from console.tui.present.logs import RELATED, LogLook, record_text
from console.tui.present.words import plural
from console.tui.screens.logmarks import COLUMNS
from console.tui.screens.logpages import PagedScreen
from console.tui.screens.record import RecordScreen
from console.tui.widgets.bars import FilterBar, Heading
from console.tui.widgets.rows import Rows

LEVELS = (None, "INFO", "WARNING", "ERROR")


class LogsScreen(PagedScreen):
    """Finds, filters, and folds to templates."""

    def __init__(
        self,
        *,
        alert: Alert | None = None,
        model: str | None = None,
        at: float | None = None,
        key: LogKey | None = None,
        template: tuple[str, str] | None = None,
    ) -> None:
        """Of an alert, of a model, at a time, with the cursor on a line, of one template alone.

        `template` is its id and its text.
        """
        start = alert.started_at if alert else at
        query = LogQuery(
            model=alert.model if alert else model, template_id=template[0] if template else None
        )
        super().__init__(query, start, key, shares_cursor=alert is None)
        self._template = template
        self._alert = alert
        self._needle = ""
        self._columns = 0
        self._count: int | None = None
        self._uncounted = False
        self._counts: Feed | None = None
        self._heading = Heading("4", "Logs", id="logs-heading")

    def compose(self) -> ComposeResult:
        """Header, lines, filter, footer."""
        yield self.header
        yield self.notice
        yield self._heading
        yield self.rows
        yield self.filter_bar
        yield self.keys

    def on_mount(self) -> None:
        """Asks for the first page at once."""
        app = self.console_app
        rows = self.rows
        rows.look = LogLook(
            app.calendar,
            related=frozenset(log.template_id for log in self._alert.related_logs)
            if self._alert
            else frozenset(),
            onset=self._alert.started_at if self._alert else None,
            ended=self._alert.ended_at if self._alert else None,
            incident=severity_role(self._alert) if self._alert else "info",
            where=self._alert is None,
            marked=frozenset(app.marks),
            text=self._needle,
            columns=self._columns,
        )
        self.notice.display = False
        rows.focus()
        self.apply(app.view)
        if self._start is None:
            self._newest()
        else:
            self._around(self._start)
        self._uncounted = bool(self._query.text or self._query.least_level)

    def memory(self) -> dict[str, Any]:
        """What is searched for and filtered, the columns, and the line under the cursor."""
        line = self.rows.selected
        return {
            "needle": self._needle,
            "text": self._query.text or "",
            "level": self._query.least_level or "",
            "columns": self._columns if line is None else self.rows.look.columns,
            "follow": self._follow,
            "shared": self._cursor_seen,
            **({} if line is None else {"ts": line.ts, "line": list(line.key)}),
        }

    def recall(self, memory: Memory) -> None:
        """The same again; at its line, unless the time cursor was moved elsewhere since."""
        level = text(memory, "level")
        self._needle = text(memory, "needle")
        self._query = replace(
            self._query,
            text=text(memory, "text") or None,
            least_level=level if level in LEVELS else None,
        )
        self._columns = int(number(memory, "columns") or 0) % len(COLUMNS)
        ts, line = number(memory, "ts"), memory.get("line")
        stayed = number(memory, "shared") == self._cursor_seen
        if stayed and memory.get("follow") is False and ts is not None:
            self._start, self._follow = ts, False
            self._key = tuple(line) if isinstance(line, list) else None

    # Drawing

    def head(self) -> None:
        """Whose lines, when, and what narrows them."""
        query, alert = self._query, self._alert
        parts: list[Piece] = [piece(query.model or "all models", "dim")]
        line = self.rows.selected
        if line is not None:
            parts.append(Piece(f" · {self.rows.look.calendar.exact(line.ts)}", "strong"))
        if alert is not None:
            onset = self.rows.look.calendar.near(alert.started_at, self.console_app.view.now)
            parts += [Piece(f" · {onset} onset ", "dim"), Piece("┃", severity_role(alert))]
            if alert.related_logs:
                parts += [Piece(" · related ", "dim"), Piece(RELATED, "accent")]
        if self._template is not None:
            parts.append(piece(f" · only {self._template[1]}", "accent"))
        if query.least_level:
            parts.append(Piece(f" · {query.least_level} and worse", "accent"))
        if query.text:
            parts.append(piece(f" · only “{query.text}”, esc clears", "accent"))
        elif self._needle:
            parts.append(piece(f" · “{self._needle}” n N, esc clears", "accent"))
        if self._count is not None:
            parts.append(Piece(f" · {plural(self._count, 'line')}", "dim"))
        if self._follow:
            parts.append(Piece(" · following", "ok"))
        self._heading.show(tuple(parts))
        self.show_notice(self._trouble)

    def action_templates(self) -> None:
        """The log folded to its templates."""
        from console.tui.screens.templates import TemplatesScreen

        self.app.push_screen(TemplatesScreen(self._query.model))

    def action_error(self, step: int) -> None:
        """The next or previous line of level ERROR or worse."""
        self._seek(replace(self._query, least_level="ERROR"), step, "error")

    def action_hit(self, step: int) -> None:
        """The next or previous line that has the text last searched for."""
        if not self._needle:
            self.say((Piece("nothing searched for yet: / first", "dim"),))
            return
        self._seek(replace(self._query, text=self._needle), step, f"“{self._needle}”")

    def _seek(self, wanted: LogQuery, step: int, name: str) -> None:
        line = self.rows.selected
        if line is None:
            return
        key, query = line.key, self._query
        held = {held_line.key for held_line in self._held.lines}

        def question(reader: Desk) -> tuple[LogLine, LogPage | None] | None:
            ask = reader.logs_after if step > 0 else reader.logs_before
            found = ask(wanted, key, 1).lines
            if not found:
                return None
            inside = found[0].key in held
            return found[0], None if inside else reader.logs_around(query, found[0].ts, PAGE)

        def answer(found: tuple[LogLine, LogPage | None] | None) -> None:
            if found is None:
                where = "later" if step > 0 else "earlier"
                self.say((piece(f"no {where} {name}", "dim"),))
                return
            hit, page = found
            self._follow = False
            if page is not None:
                self._place(window(page), hit.ts, hit.key)
            else:
                self.rows.move_to_key(hit.key)
                self.head()

        self.feed.ask("seek", question, answer)

    def action_level(self, step: int) -> None:
        """Only lines of a higher least level, or of a lower one again."""
        place = LEVELS.index(self._query.least_level) + step
        self._ask_anew(least_level=LEVELS[place % len(LEVELS)], text=self._query.text)

    def _ask_anew(self, *, least_level: str | None, text: str | None) -> None:
        """Another query, at the time of the cursor."""
        line = self.rows.selected
        self._query = replace(self._query, least_level=least_level, text=text)
        self._count = None
        self.leave()
        if self._follow or line is None:
            self._newest()
        else:
            self._around(line.ts)
        self._uncounted = bool(text or least_level)
        self.head()

    # Counting goes through every line of the store: after the first page, and beside the next ones

    def _show(self, held: LogWindow) -> None:
        super()._show(held)
        if self._uncounted:
            self._uncounted = False
            query = self._query
            self.counts.ask("count", lambda reader: reader.log_count(query), self._counted)

    @property
    def counts(self) -> Feed:
        """Where the number of lines comes from: no page waits for it."""
        if self._counts is None:
            self._counts = Feed(self, self.console_app.session.desk, self._failed, group="counts")
        return self._counts

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """An answer of either."""
        self.counts.answered(event)

    async def on_unmount(self) -> None:
        """Ends the counting."""
        await asyncio.to_thread(self.counts.close)

    def leave(self) -> None:
        """Another view is gone to, or another query: neither page nor count is wanted."""
        super().leave()
        self.counts.forget()
        self._uncounted = self._count is None and bool(self._query.text or self._query.least_level)

    def _counted(self, count: int) -> None:
        self._count = count
        self.head()

    def action_search(self) -> None:
        """Asks for a text."""
        self.filter_bar.open(self._query.text or self._needle)
        self.filter_bar.note("enter shows only these lines · esc clears")

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        """What is typed is marked as it is typed."""
        self.rows.look = replace(self.rows.look, text=event.text)
        self.rows.refresh()

    def on_filter_bar_closed(self, event: FilterBar.Closed) -> None:
        """Enter narrows the lines to the text."""
        self.rows.focus()
        self._search(event.text, event.text or None)

    def _search(self, needle: str, text: str | None) -> None:
        self._needle = needle
        self.rows.look = replace(self.rows.look, text=needle)
        self.rows.refresh()
        if text != self._query.text:
            self._ask_anew(least_level=self._query.least_level, text=text)
        self.head()

    def action_back(self) -> None:
        """Clears the filter, then the search, then goes home."""
        if self._query.text:
            self._search(self._needle, None)
        elif self._needle:
            self._search("", None)
        elif self.app.is_screen_installed(self):
            self.console_app.action_go("home")
        else:
            self.dismiss()

    def action_drill(self) -> None:
        """The whole record."""
        line = self.rows.selected
        if line is not None:
            self.app.push_screen(RecordScreen(line))

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """A second click drills."""
        event.stop()
        self.action_drill()

    def action_copy(self) -> None:
        """Copies the record, through the terminal."""
        line = self.rows.selected
        if line is not None:
            self.console_app.copy(record_text(line, self.console_app.calendar))
