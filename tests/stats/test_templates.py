"""Log templates: what is masked, what is one template, and that batches do not matter."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.records.frames import LOGS
from console.stats import templates
from console.stats.masking import mask
from console.stats.templates import Miner, identity

START = datetime(2026, 3, 1)


def lines(
    messages: list[str], model: str = "m", stage: str = "s", exception: str | None = None
) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "ts": START + timedelta(seconds=place),
                "model": model,
                "stage": stage,
                "level": "INFO",
                "message": message,
                "exception": exception,
                "offset": place,
            }
            for place, message in enumerate(messages)
        ],
        schema=LOGS,
    )


@pytest.mark.parametrize(
    ("message", "masked"),
    [
        ("took 12.5 ms for 3 rows", "took <*> ms for <*> rows"),
        ("heap at 93% of limit", "heap at <*>% of limit"),
        ("request 484c82f0f669 from 10.15.121.239:8080", "request <*> from <*>"),
        ("id 123e4567-e89b-12d3-a456-426614174000 gone", "id <*> gone"),
        ("loaded /var/data/a/part-00168.parquet", "loaded <*>"),
        ("GET /v1/predict 200", "GET /v1/predict <*>"),
        ("user=bob status='not ok' took=5ms", "user=<*> status=<*> took=<*>"),
        ("fetch https://example.org/a?b=c failed", "fetch <*> failed"),
        ("imputed 3 values of n_24h", "imputed <*> values of n_24h"),
        ("  two\n lines\t", "two lines"),
        ("", ""),
    ],
)
def test_what_varies_is_masked(message: str, masked: str) -> None:
    assert mask(pl.Series([message])).to_list() == [masked]


def test_null_messages_and_exceptions_are_masked_too() -> None:
    exceptions = pl.Series(["Traceback:\n  f()\nValueError: bad 7\n", None, "no class here"])
    masked = mask(pl.Series(["failed", None, "x"]), exceptions)
    assert masked.to_list() == ["failed [ValueError]", "", "x"]


def test_words_that_vary_become_wildcards_and_the_identity_stays() -> None:
    miner = Miner()
    ids, found = miner.assign(lines(["imputed 3 values of age", "imputed 4 values of region"]))
    assert ids.n_unique() == 1
    assert found["template"].to_list() == ["imputed <*> values of <*>"]
    assert found["first_text"].to_list() == ["imputed <*> values of age"]
    assert ids[0] == identity("m", "s", "imputed <*> values of age")
    assert miner.name(ids[0]) == "imputed <*> values of age"
    assert miner.name("unknown") == "unknown"


def test_errors_that_share_a_message_are_told_apart_by_their_exception() -> None:
    miner = Miner()
    first, _ = miner.assign(lines(["request 7 failed"], exception="a\nTimeoutError: slow"))
    other, _ = miner.assign(lines(["request 8 failed"], exception="a\nValueError: odd"))
    plain, _ = miner.assign(lines(["request 9 failed"]))
    assert len({first[0], other[0], plain[0]}) == 3


def test_short_messages_that_differ_are_not_thrown_together() -> None:
    ids, _ = Miner().assign(
        lines(["connection refused", "connection timeout", "job done ok", "job done badly"])
    )
    assert ids[0] != ids[1]


def test_stages_are_apart_and_too_many_templates_overflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "TEMPLATES_PER_STAGE", 3)
    miner = Miner()
    words = ["alpha beta", "gamma delta", "epsilon zeta", "eta theta", "iota kappa"]
    ids, found = miner.assign(lines(words))
    assert ids[3] == ids[4]
    assert templates.OVERFLOW in found["template"].to_list()
    apart, _ = miner.assign(lines(words[:1], stage="t"))
    assert apart[0] != ids[0]


messages = st.lists(
    st.tuples(
        st.sampled_from(["load", "save", "drop"]),
        st.sampled_from(["table", "view", "index", "key=1", "key=ab"]),
        st.sampled_from(["of", "from", "12", "for"]),
        st.sampled_from(["a", "b", "c", "99"]),
        st.sampled_from(["now", "later", "3.5 s"]),
    ).map(" ".join),
    min_size=1,
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(messages, st.lists(st.integers(0, 60), max_size=4), st.booleans())
def test_ids_do_not_depend_on_the_batches_or_a_restart(
    texts: list[str], cuts: list[int], restart: bool
) -> None:
    frame = lines(texts)
    whole = Miner()
    expected, _ = whole.assign(frame)
    bounds = sorted({0, len(texts), *(cut for cut in cuts if cut < len(texts))})
    miner, ids = Miner(), []
    for start, end in pairwise(bounds):
        part, _ = miner.assign(frame.slice(start, end - start))
        ids += part.to_list()
        if restart:
            miner = Miner(miner.state())
    assert ids == expected.to_list()
    assert miner.state().equals(whole.state())


def test_what_is_returned_as_changed_makes_up_the_state() -> None:
    miner = Miner()
    kept: dict[str, str] = {}
    for text in ("copy 1 of a to x", "copy 1 of b to x", "copy 2 of b to y", "other thing"):
        _, changed = miner.assign(lines([text]))
        kept |= {row["template_id"]: row["template"] for row in changed.iter_rows(named=True)}
    assert kept == dict(miner.state().select("template_id", "template").iter_rows())
