from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.records.frames import Records, placed
from console.store.database import Store
from console.store.pages import LogLine, LogQuery

T0 = 1_700_000_040.0
LEVELS = (None, "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", "odd")
LINES = st.lists(
    st.fixed_dictionaries(
        {
            "ts": st.integers(0, 6).map(lambda n: T0 + n / 2),
            "model": st.sampled_from([None, "a", "b"]),
            "stage": st.sampled_from([None, "s"]),
            "level": st.sampled_from(LEVELS),
            "message": st.sampled_from(["Straße %", "other_", "300 \u212aELVIN", None]),
            "exception": st.sampled_from([None, "KeyError: STRAẞE"]),
        }
    ),
    max_size=12,
)
QUERIES = st.builds(
    LogQuery,
    model=st.sampled_from([None, None, "a"]),
    stage=st.sampled_from([None, None, "s"]),
    least_level=st.sampled_from([None, "INFO", "ERROR", "odd"]),
    text=st.sampled_from([None, None, "straße", "%", "R_", "0 kel"]),
    start=st.sampled_from([None, T0 + 1]),
    end=st.sampled_from([None, T0 + 2.5]),
)
ORDER = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def _matches(line: LogLine, query: LogQuery) -> bool:
    least = query.least_level
    levels = {None: LEVELS, "odd": ("odd",)}.get(least) or ORDER[ORDER.index(str(least)) :]
    text = f"{line.message}\n{line.exception or ''}".lower()
    return (
        query.model in (None, line.model)
        and query.stage in (None, line.stage)
        and line.level in levels
        and (query.start is None or line.ts >= query.start)
        and (query.end is None or line.ts < query.end)
        and (query.text is None or query.text.lower() in text)
    )


@pytest.fixture(scope="module")
def shared() -> Iterator[Store]:
    with Store.open(None, lambda: T0) as opened:
        yield opened


def _fill(store: Store, rows: Callable[..., Records], lines: Sequence[dict[str, Any]]) -> None:
    with store.begin() as transaction:
        transaction._connection.execute("DELETE FROM log").fetchall()
        for file_id in (2, 1):
            own = [
                {**line, "offset": 10 * n} for n, line in enumerate(lines) if n % 2 == file_id - 1
            ]
            transaction.insert(placed(rows(logs=own), file_id))


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(LINES, QUERIES, st.integers(1, 4), st.integers(-1, 8))
def test_pages_in_either_direction_give_every_line_once_in_order(
    shared: Store,
    rows: Callable[..., Records],
    lines: list[dict[str, Any]],
    query: LogQuery,
    limit: int,
    moment: int,
) -> None:
    _fill(shared, rows, lines)
    reader = shared.reader()
    everything = reader.logs_newest(LogQuery(), 100).lines
    assert [line.key for line in everything] == sorted(
        (line["ts"], 1 + n % 2, 10 * n) for n, line in enumerate(lines)
    )
    want = [line for line in everything if _matches(line, query)]
    assert reader.log_count(query) == len(want)

    page = reader.logs_newest(query, limit)
    back = list(page.lines)
    assert not page.more_after
    while page.more_before:
        page = reader.logs_before(query, back[0].key, limit)
        assert page.lines
        assert page.more_after
        back = [*page.lines, *back]
    assert back == want

    forth: list[LogLine] = []
    page = reader.logs_after(query, (0.0, 0, 0), limit)
    while page.lines:
        forth += page.lines
        assert page.more_after == (len(forth) < len(want))
        page = reader.logs_after(query, forth[-1].key, limit)
    assert forth == want

    ts = T0 + moment / 2
    page = reader.logs_around(query, ts, limit)
    assert len(page.lines) == min(limit, len(want))
    if page.lines:
        first = want.index(page.lines[0])
        assert list(page.lines) == want[first : first + len(page.lines)]
        assert page.more_before == (first > 0)
        assert page.more_after == (first + len(page.lines) < len(want))
        earlier = sum(line.ts < ts for line in want)
        if limit // 2 <= earlier <= len(want) - limit + limit // 2:
            assert sum(line.ts < ts for line in page.lines) == limit // 2


def test_lines_carry_everything(shared: Store, rows: Callable[..., Records]) -> None:
    whole: dict[str, Any] = {
        "ts": T0 + 0.000_001, "model": "m", "stage": "s", "version": "1", "level": "INFO",
        "logger": "l", "message": "x", "exception": "Traceback\n  y", "attributes": '{"k":1}',
    }  # fmt: skip
    _fill(shared, rows, [whole])
    (line,) = shared.reader().logs_newest(LogQuery(), 1).lines
    assert line == LogLine(**whole, template_id=None, file="", file_id=1, offset=0)
    assert line.key == (T0 + 0.000_001, 1, 0)
