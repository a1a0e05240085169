"""What stands before the messages of logs in layouts that nobody described."""

from __future__ import annotations

import random
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.stats.heading import Heading, learn

MESSAGES = (
    *(f"cache miss for key k{number}" for number in range(5)),
    "retrying in 5 s",
    "Connection reset by peer",
    "loaded 7 rules: ok",
    "user bob - gone",
    "worker 7 is done",
    "[x] marks the spot",
)
_any = random.Random(20260302)


def _number(low: int, high: int) -> int:
    return _any.randint(low, high)


def _of(*values: str) -> str:
    return _any.choice(values)


def _clock() -> str:
    return f"{_number(0, 23):02d}:{_number(0, 59):02d}:{_number(0, 59):02d}"


LAYOUTS: dict[str, Callable[[], str]] = {
    "nothing": str,
    "ISO 8601": lambda: f"2026-03-02T{_clock()}.{_number(100, 999)}Z ",
    "Python": lambda: (
        f"2026-03-02 {_clock()},{_number(100, 999)} - app.{_of('db', 'web')} - "
        f"{_of('INFO', 'ERROR')} - "
    ),
    "Python without a time": lambda: f"{_of('INFO', 'WARNING')}:app.{_of('x', 'y')}:",
    "loguru": lambda: (
        f"2026-03-02 {_clock()}.{_number(100, 999)} | {_of('INFO    ', 'WARNING ')} | "
        f"app.main:run:{_number(1, 99)} - "
    ),
    "syslog": lambda: f"Mar {_number(1, 28):2d} {_clock()} box1 sshd[{_number(100, 9999)}]: ",
    "syslog, two hosts": lambda: (
        f"Mar  2 {_clock()} {_of('a', 'b')} {_of('cron(pam)[7]', 'kernel', 'My Word[12]')}: "
    ),
    "syslog of RFC 5424": lambda: (
        f"<{_number(10, 190)}>1 2026-03-02T{_clock()}.{_number(100, 999)}Z host{_number(1, 3)} app "
        f"{_number(1, 999)} ID{_number(1, 99)} - "
    ),
    "journal": lambda: (
        f"2026-03-02T{_clock()}+0100 {_of('hosta', 'hostb')} {_of('systemd[1]', 'kernel')}: "
    ),
    "columns of ids, epoch and level": lambda: (
        f"- 17{_number(10000000, 99999999)} 2026.03.02 N{_number(1, 9)}-U{_number(1, 9)} "
        f"2026-03-02-{_clock().replace(':', '.')}.{_number(100000, 999999)} N1 "
        f"{_of('SYS', 'NET')} {_of('KERNEL', 'APP')} {_of('INFO', 'FATAL', 'ERROR')} "
    ),
    "compact date and time": lambda: (
        f"260302 {_clock().replace(':', '')} {_number(1, 999)} {_of('INFO', 'WARN')} "
        f"net.{_of('Server', 'Server$Worker')}: "
    ),
    "logback": lambda: (
        f"{_clock()}.{_number(100, 999)} [{_of('main', 'pool-1 thread 2')}] "
        f"{_of('DEBUG', 'INFO ')} com.acme.{_of('Foo', 'Bar')} - "
    ),
    "brackets within brackets": lambda: (
        f"2026-03-02 {_clock()},{_number(100, 999)} - {_of('INFO ', 'WARN ')} "
        f"[{_of('Peer[id=1]/0:0:2181:Vote@774', 'main:Foo@12')}] - "
    ),
    "Spring": lambda: (
        f"2026-03-02T{_clock()}.{_number(100, 999)}Z  {_of('INFO', 'WARN')} {_number(1000, 9999)} "
        f"--- [{_of('main', 'exec-1')}] {_of('o.s.b.w.Tomcat', 'c.e.demo.App')}            : "
    ),
    "time, bars": lambda: (
        f"20260302-{_clock()}:{_number(0, 999)}|{_of('Step', 'Sync_Task')}|{_number(100, 999)}|"
    ),
    "no year, program, dash": lambda: (
        f"[03.{_number(10, 28)} {_clock()}] {_of('a.exe', 'b.exe *64', 'update tool')} - "
    ),
    "pid, thread, letter": lambda: (
        f"03-{_number(10, 20)} {_clock()}.{_number(100, 999)}  {_number(1000, 9999)}  "
        f"{_number(1000, 9999)} {_of('D', 'I', 'W')} {_of('Window', 'PowerService')}: "
    ),
    "padded columns": lambda: (
        f"2026-03-02 {_clock()}, {_of('Info ', 'Error')}                 {_of('CBX', 'CSX')}    "
    ),
    "letter and date in one": lambda: (
        f"{_of('I', 'W')}0302 {_clock()}.{_number(100000, 999999)}    {_number(1, 9)} "
        f"{_of('loop.go:123', 'main.go:7')}] "
    ),
    "PostgreSQL": lambda: (
        f"2026-03-02 {_clock()}.{_number(100, 999)} UTC [{_number(100, 999)}] "
        f"{_of('LOG', 'ERROR', 'STATEMENT')}:  "
    ),
    "containers": lambda: f"{_of('web-1', 'db-1')}  | 2026-03-02 {_clock()} {_of('INFO', 'WARN')} ",
    "Apache errors": lambda: (
        f"[Mon Mar {_number(10, 20)} {_clock()}.{_number(100000, 999999)} 2026] "
        f"[{_of('core', 'mpm')}:{_of('notice', 'error')}] [pid {_number(1, 999)}:tid 1] "
    ),
    "epoch": lambda: f"17{_number(10000000, 99999999)}.{_number(100, 999)} {_of('info', 'warn')}: ",
    "half days": lambda: f"3/{_number(1, 28)}/2026 {_number(1, 12)}:15:{_number(10, 59)} PM ",
    "uptime": lambda: f"[{_number(1, 99999):5d}.{_number(100000, 999999)}] ",
    "uptime, names of two words": lambda: (
        f"[{_number(1, 99999):5d}.{_number(100000, 999999)}] {_of('usb 1-1', 'eth0', 'ext4')}: "
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_the_header_is_found_and_nothing_of_the_message_is_lost(layout: Callable[[], str]) -> None:
    messages = [_of(*MESSAGES) for _ in range(400)]
    lines = [layout() + message for message in messages]
    found, begins = learn(lines).messages(pl.Series(lines))
    assert found.to_list() == messages
    assert begins.all()


def test_one_statement_by_itself_is_not_taken_for_a_header() -> None:
    lines = [f"2026-03-02 10:00:0{n} INFO request {n} - done | ok" for n in range(9)]
    found, _ = learn(lines).messages(pl.Series(lines))
    assert found.to_list() == [f"request {n} - done | ok" for n in range(9)]


def test_lines_without_a_time_continue_a_record_however_many_they_are() -> None:
    trace = ["Traceback (most recent call last):", *['  File "x.py", line 3'] * 30, "KeyError: 'x'"]
    lines = [f"2026-03-02 10:00:0{n} ERROR failed {n}" for n in range(5)]
    whole = [text for line in lines for text in (line, *trace)]
    found, begins = learn(whole).messages(pl.Series(whole))
    assert begins.sum() == 5
    assert found.filter(begins).to_list() == [f"failed {n}" for n in range(5)]
    assert found.filter(~begins).to_list() == trace * 5


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["", " "],
        ["7 rows read", "12 rows read", "nothing at 10:00:00"],
        ["job started", "job ended at 10:00:00", "at 10:00:00 it ended", "done"],
        ["10.0.0.1:80 open through proxy", "10.0.0.2:80 closed"],
    ],
)
def test_messages_by_themselves_stay_whole(lines: list[str]) -> None:
    assert learn(lines) == Heading(None)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"))))
def test_any_text_is_taken(lines: list[str]) -> None:
    found, begins = learn(lines).messages(pl.Series(lines, dtype=pl.String))
    assert len(found) == len(begins) == len(lines)
    assert all(line.endswith(rest) for line, rest in zip(lines, found, strict=True))
