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
NAMES = ("depot.north", "depot.south", "depot.east", "depot.west")


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
        ("took 12.5 ms for 3 rows", "took <*> for <*> rows"),
        ("heap at 93% of limit", "heap at <*>% of limit"),
        ("request 484c82f0f669 from 10.15.121.239:8080", "request <*> from <*>"),
        ("id 123e4567-e89b-12d3-a456-426614174000 gone", "id <*> gone"),
        ("loaded /var/data/a/part-00168.parquet", "loaded <*>"),
        ("GET /v1/predict 200", "GET /v1/predict <*>"),
        ("user=bob status='not ok' took=5ms", "user=bob status=<*> took=<*>"),
        ("ready= true, owner: null, truly", "ready= <*>, owner: <*>, truly"),
        ("session for user bob by bob", "session for user <*> by bob"),
        ("to api.example.org:443 or db.local", "to <*> or <*>"),
        ("peer fe80::1 and 00:1b:44:11:3a:b7 left", "peer <*> and <*> left"),
        ("sent 812 bytes (0.8 KB), then 3.1 MB", "sent <*> bytes, then <*>"),
        ("delete blk_-123 blk_45678, blk_9", "delete <*>"),
        ("wrote [2026-03-01]-part-002.xml", "wrote [<*>]<*>"),
        ("vis=fd4c mode=x-1 of=abc", "vis=<*> mode=<*> of=abc"),
        ("took 3 s", "took <*>"),
        ("partition p00 of pg12", "partition <*> of <*>"),
        ("since Mon Mar 2 10:00:00 2026 ()", "since <*> (<*>)"),
        ("open '/dev/sda' as \"x1\" not 'on'", "open <*> as <*> not 'on'"),
        ("cost 3€ für Größe 12", "cost <*>€ für Größe <*>"),
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


def test_a_word_of_many_values_becomes_a_wildcard_and_first_templates_stay() -> None:
    miner = Miner()
    words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "alpha"]
    ids, found = miner.assign(
        lines([f"imputed {n} values of {word}" for n, word in zip(range(7), words, strict=True)])
    )
    texts = dict(found.select("template_id", "template").iter_rows())
    assert [texts[each] for each in ids] == [
        *(f"imputed <*> values of {word}" for word in words[:4]),
        *["imputed <*> values of <*>"] * 2,
        "imputed <*> values of alpha",
    ]
    assert found["first_text"].to_list() == found["template"].to_list()
    assert ids[4] == identity("m", "s", "imputed <*> values of <*>")
    assert miner.name(ids[4]) == "imputed <*> values of <*>"
    assert miner.name("unknown") == "unknown"
    assert {miner.general()[each] for each in ids} == {ids[4]}


def test_names_are_a_variable_sooner_than_plain_words() -> None:
    miner = Miner()
    _, found = miner.assign(lines([f"quota of depot {name}, is used up" for name in NAMES]))
    assert found["template"].to_list()[-1] == "quota of depot <*>, is used up"
    assert found.height == len(NAMES) == 4


@pytest.mark.parametrize(
    "messages",
    [
        ["cache shutdown succeeded", "cache startup succeeded", "cache reload succeeded"],
        [
            "connection refused",
            "connection reset",
            "connection closed",
            "connection lost",
            "connection up",
        ],
    ],
    ids=["few values", "too little in common"],
)
def test_a_choice_of_a_few_words_is_no_variable(messages: list[str]) -> None:
    miner = Miner()
    ids, _ = miner.assign(lines(messages))
    assert ids.n_unique() == len(messages)
    assert all(miner.general()[each] == each for each in ids)


def test_two_places_vary_at_once() -> None:
    miner = Miner()
    pairs = [
        (f"{a}ish", f"{b}ly") for a in ("green", "red", "blue", "gray", "pink") for b in "abcdef"
    ]
    ids, _ = miner.assign(lines([f"moved from {a} shelf to {b} shelf" for a, b in pairs]))
    general = miner.general()
    texts = dict(miner.state().select("template_id", "template").iter_rows())
    assert {texts[general[each]] for each in ids} == {"moved from <*> shelf to <*> shelf"}


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
        st.sampled_from(["table", "view", "index", "Key", "Log", "Map", "key=1", "key=ab"]),
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
