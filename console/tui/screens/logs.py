"""The log lines: around an alert's onset, of a model, or all; paged through the reader."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from textual.app import ComposeResult
from textual.worker import Worker

from console.alerts.alert import Alert
from console.store.pages import LogLine, LogPage, LogQuery
from console.tui.desk import Desk, LogKey
from console.tui.feed import Feed
from console.tui.logwindow import PAGE, LogWindow, tail_key, window
from console.tui.present.health import severity_role
from console.tui.present.line import Piece, piece
from console.tui.present.logs import RELATED, LogLook, record_text
from console.tui.present.words import plural
from console.tui.screens.logmarks import LineScreen
from console.tui.screens.record import RecordScreen
from console.tui.view import View
from console.tui.widgets.bars import FilterBar, Heading
from console.tui.widgets.lists import LogRows
from console.tui.widgets.rows import Rows

EDGE = 150
"""So many rows from an end of what is held, the next page is asked for."""
LEVELS = (None, "INFO", "WARNING", "ERROR")
OLDEST: LogKey = (0.0, -1, -1)


class LogsScreen(LineScreen):
    """A window of lines that moves over the store."""

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
        super().__init__()
        self._key = key
        self._template = template
        self._alert = alert
        self._start = alert.started_at if alert else at
        self._query = LogQuery(
            model=alert.model if alert else model, template_id=template[0] if template else None
        )
        self._held = LogWindow()
        self._placed = False
        self._cursor_seen = at
        self._follow = self._start is None
        self._needle = ""
        self._count: int | None = None
        self._seen: int | None = None
        self._trouble = ""
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
        self._feed = Feed(self, app.session.desk, self._failed)
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
        )
        self.notice.display = False
        rows.focus()
        self.apply(app.view)
        if self._start is None:
            self._newest()
        else:
            self._around(self._start)

    async def on_unmount(self) -> None:
        """Gives the reader back, without waiting in the thread of the screen."""
        await asyncio.to_thread(self._feed.close)

    @property
    def feed(self) -> Feed:
        """Where the lines come from."""
        return self._feed

    # Drawing

    def apply(self, view: View) -> None:
        """The header; and while the tail is followed, what is new."""
        self.show_header()
        cursor = view.time.cursor
        if self._alert is None and cursor != self._cursor_seen:
            self._cursor_seen = cursor
            if cursor is not None:
                self.go_to(cursor)
        revision = view.snapshot.revision if view.snapshot else None
        if revision != self._seen and not view.paused:
            self._seen = revision
            if self._follow:
                self._tail()
        if not self._placed and self._feed.idle and self._start is not None:
            self._around(self._start)
        self._feed.next()

    def _failed(self, reason: str) -> None:
        self._trouble = reason
        self._head()

    def _show(self, held: LogWindow) -> None:
        self._held, self._placed = held, True
        self._trouble = ""
        rows = self.rows
        days = {rows.look.calendar.date(line.ts) for line in (*held.lines[:1], *held.lines[-1:])}
        day = rows.look.calendar.date(held.lines[-1].ts) if len(days) > 1 else ""
        if day != rows.look.day:
            rows.look = replace(rows.look, day=day)
        rows.show(held.lines, empty=[(Piece("  no line like that", "dim"),)])
        self._head()

    def _head(self) -> None:
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

    # Pages

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """An answer of the reader."""
        self._feed.answered(event)

    def _newest(self) -> None:
        def answer(page: LogPage) -> None:
            self._show(window(page))
            self.rows.move_to(len(page.lines) - 1, by_user=False)

        query = self._query
        self._feed.ask("place", lambda reader: reader.logs_newest(query, PAGE), answer)

    def _around(self, ts: float) -> None:
        def answer(page: LogPage) -> None:
            self._place(window(page), ts, self._key)
            self._key = None

        query = self._query
        self._feed.ask("place", lambda reader: reader.logs_around(query, ts, PAGE), answer)

    def _place(self, held: LogWindow, ts: float, key: LogKey | None = None) -> None:
        self._show(held)
        first = held.first_from(ts)
        if first is not None:
            self.rows.place_at(key or first.key, max(self.rows.size.height // 3, 1))
        self._head()

    def _tail(self) -> None:
        if not self._held.lines:
            self._newest()
            return
        query, key = self._query, tail_key(self._held)

        def question(reader: Desk) -> tuple[LogPage, bool]:
            page = reader.logs_after(query, key, PAGE)
            return (reader.logs_newest(query, PAGE), True) if page.more_after else (page, False)

        def answer(found: tuple[LogPage, bool]) -> None:
            page, anew = found
            if self._follow:
                self._show(window(page) if anew else self._held.with_after(page))
                self.rows.move_to(len(self._held.lines) - 1, by_user=False)

        self._feed.ask("tail", question, answer)

    def _extend(self) -> None:
        """Asks for the next page where the screen comes near an end of what is held."""
        rows, held = self.rows, self._held
        if not held.lines:
            return
        query = self._query
        top = min(rows.scroll_offset.y, rows.cursor)
        bottom = max(rows.scroll_offset.y + rows.size.height, rows.cursor)
        if held.more_before and top < EDGE and not self._feed.waits("before"):
            first = held.lines[0].key
            self._feed.ask(
                "before",
                lambda reader: reader.logs_before(query, first, PAGE),
                lambda page: self._join(first, page, before=True),
            )
        if held.more_after and bottom > len(held.lines) - EDGE and not self._feed.waits("after"):
            last = held.lines[-1].key
            self._feed.ask(
                "after",
                lambda reader: reader.logs_after(query, last, PAGE),
                lambda page: self._join(last, page, before=False),
            )

    def _join(self, key: LogKey, page: LogPage, *, before: bool) -> None:
        """Joins a page if the window still ends where it was asked for."""
        lines = self._held.lines
        if not lines or key != (lines[0].key if before else lines[-1].key):
            return
        self._show(self._held.with_before(page) if before else self._held.with_after(page))

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """The heading tells the time of the cursor; a step back ends the following."""
        if event.by_user and self._follow and self.rows.cursor < len(self._held.lines) - 1:
            self._follow = False
        self._head()
        self._extend()

    def on_rows_scrolled(self) -> None:
        """The wheel needs lines, too."""
        self._extend()

    # Going about

    def action_follow(self) -> None:
        """To the newest line, and there it stays."""
        self._follow = True
        self._newest()

    def on_log_rows_ends(self, event: LogRows.Ends) -> None:
        """To the first or the last line of all."""
        if event.side > 0:
            self.action_follow()
        else:
            self._oldest()

    def _oldest(self) -> None:
        """To the first line of all."""
        self._follow = False
        query = self._query
        self._feed.ask(
            "place",
            lambda reader: reader.logs_after(query, OLDEST, PAGE),
            lambda page: self._place(window(page), 0.0),
        )

    def go_to(self, ts: float) -> None:
        """To a time."""
        self._follow = False
        self._around(ts)

    def go_to_line(self, line: LogLine) -> None:
        """To a line, wherever it is."""
        self._follow = False
        if not self.rows.move_to_key(line.key):
            self._key = line.key
            self._around(line.ts)
        self._head()

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
                self._head()

        self._feed.ask("seek", question, answer)

    def action_level(self, step: int) -> None:
        """Only lines of a higher least level, or of a lower one again."""
        place = LEVELS.index(self._query.least_level) + step
        self._ask_anew(least_level=LEVELS[place % len(LEVELS)])

    def _ask_anew(self, *, least_level: str | None = None, text: str | None = None) -> None:
        """Another query, at the time of the cursor."""
        line = self.rows.selected
        self._query = replace(self._query, least_level=least_level, text=text)
        self._count = None
        self._feed.forget()
        if self._follow or line is None:
            self._newest()
        else:
            self._around(line.ts)
        if text or least_level:
            query = self._query
            self._feed.ask("count", lambda reader: reader.log_count(query), self._counted)
        self._head()

    def _counted(self, count: int) -> None:
        self._count = count
        self._head()

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
        self._head()

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

    def leave(self) -> None:
        """Another view is gone to."""
        self._feed.forget()

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
