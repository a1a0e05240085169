"""A window of log lines that moves over the store: pages fetched as one comes near its ends."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from textual.worker import Worker

from console.store.pages import LogLine, LogPage, LogQuery
from console.tui.desk import Desk, LogKey
from console.tui.feed import Feed
from console.tui.logwindow import PAGE, LogWindow, tail_key, window
from console.tui.present.line import Piece
from console.tui.screens.logmarks import LineScreen
from console.tui.view import View
from console.tui.widgets.loglist import LogRows
from console.tui.widgets.rows import Rows

EDGE = 150
"""So many rows from an end of what is held, the next page is asked for."""
OLDEST: LogKey = (0.0, -1, -1)


class PagedScreen(LineScreen):
    """Shows the lines that match a query, wherever one goes among them."""

    def __init__(
        self, query: LogQuery, start: float | None, key: LogKey | None, *, shares_cursor: bool
    ) -> None:
        """`start` is where it begins, `key` the line there; None: it follows the newest line.

        `shares_cursor`: it goes where the time cursor of all views goes.
        """
        super().__init__()
        self._query = query
        self._start = start
        self._key = key
        self._shares_cursor = shares_cursor
        self._follow = start is None
        self._held = LogWindow()
        self._placed = False
        self._cursor_seen = start
        self._seen: int | None = None
        self._trouble = ""
        self._open_feed: Feed | None = None

    @property
    def feed(self) -> Feed:
        """Where the lines come from."""
        if self._open_feed is None:
            self._open_feed = Feed(self, self.console_app.session.desk, self._failed)
        return self._open_feed

    def head(self) -> None:
        """Tells what is shown."""
        raise NotImplementedError

    async def on_unmount(self) -> None:
        """Gives the reader back, without waiting in the thread of the screen."""
        await asyncio.to_thread(self.feed.close)

    def apply(self, view: View) -> None:
        """The header; and while the tail is followed, what is new."""
        self.show_header()
        cursor = view.time.cursor
        if self._shares_cursor and cursor != self._cursor_seen:
            self._cursor_seen = cursor
            if cursor is not None:
                self.go_to(cursor)
        revision = view.snapshot.revision if view.snapshot else None
        if revision != self._seen and not view.paused:
            self._seen = revision
            if self._follow:
                self._tail()
        if not self._placed and self.feed.idle and self._start is not None:
            self._around(self._start)
        self.feed.next()

    def _failed(self, reason: str) -> None:
        self._trouble = reason
        self.head()

    def _show(self, held: LogWindow) -> None:
        self._held, self._placed = held, True
        self._trouble = ""
        rows = self.rows
        days = {rows.look.calendar.date(line.ts) for line in (*held.lines[:1], *held.lines[-1:])}
        day = rows.look.calendar.date(held.lines[-1].ts) if len(days) > 1 else ""
        if day != rows.look.day:
            rows.look = replace(rows.look, day=day)
        rows.show(held.lines, empty=[(Piece("  no line like that", "dim"),)])
        self.head()

    # Pages

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """An answer of the reader."""
        self.feed.answered(event)

    def _newest(self) -> None:
        def answer(page: LogPage) -> None:
            self._show(window(page))
            self.rows.move_to(len(page.lines) - 1, by_user=False)

        query = self._query
        self.feed.ask("place", lambda reader: reader.logs_newest(query, PAGE), answer)

    def _around(self, ts: float) -> None:
        def answer(page: LogPage) -> None:
            self._place(window(page), ts, self._key)
            self._key = None

        query = self._query
        self.feed.ask("place", lambda reader: reader.logs_around(query, ts, PAGE), answer)

    def _place(self, held: LogWindow, ts: float, key: LogKey | None = None) -> None:
        self._show(held)
        first = held.first_from(ts)
        if first is not None:
            found = key is not None and any(line.key == key for line in held.lines)
            self.rows.place_at(key if found else first.key, max(self.rows.size.height // 3, 1))
        self.head()

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

        self.feed.ask("tail", question, answer)

    def _extend(self) -> None:
        """Asks for the next page where the screen comes near an end of what is held."""
        rows, held = self.rows, self._held
        if not held.lines:
            return
        query = self._query
        top = min(rows.scroll_offset.y, rows.cursor)
        bottom = max(rows.scroll_offset.y + rows.size.height, rows.cursor)
        if held.more_before and top < EDGE and not self.feed.waits("before"):
            first = held.lines[0].key
            self.feed.ask(
                "before",
                lambda reader: reader.logs_before(query, first, PAGE),
                lambda page: self._join(first, page, before=True),
            )
        if held.more_after and bottom > len(held.lines) - EDGE and not self.feed.waits("after"):
            last = held.lines[-1].key
            self.feed.ask(
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
        self.head()
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
        self.feed.ask(
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
        self.head()

    def leave(self) -> None:
        """Another view is gone to."""
        self.feed.forget()
