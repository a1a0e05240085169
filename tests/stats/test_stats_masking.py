"""Texts that differ in digits alone are masked once, and as if each were masked by itself."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from console.stats.masking import _masked, _variables

WORDS = st.one_of(
    st.from_regex(r"[a-z]{0,3}[0-9a-fx.:/_-]{1,9}[a-zA-Z]{0,3}", fullmatch=True),
    st.sampled_from(
        ["user", "=", "'a 1'", "10.0.0.7:80", "v2", "md5", "3x1f", "took 12 ms", "[", "٣"]
    ),
)
TEXTS = st.lists(WORDS, max_size=5).map(" ".join)


@given(st.lists(TEXTS, max_size=6))
def test_no_pattern_tells_one_digit_from_another(texts: list[str]) -> None:
    messages = pl.Series("message", texts, pl.String)
    expected = messages.to_frame().select(_variables()).to_series()
    assert _masked(messages).to_list() == expected.to_list()
