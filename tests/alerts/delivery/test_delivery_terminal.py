"""The terminal's bell and notifications: their bytes, and nothing of the data between them."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.alerts.delivery.terminal import call, newly_critical


@pytest.mark.parametrize(
    ("manner", "tmux", "said"),
    [
        ("off", False, b""),
        ("bell", True, b"\x07"),
        ("osc9", False, b"\x1b]9;auc fell\x1b\\"),
        ("osc777", False, b"\x1b]777;notify;model-console;auc fell\x1b\\"),
        ("osc9", True, b"\x1bPtmux;\x1b\x1b]9;auc fell\x1b\x1b\\\x1b\\"),
    ],
)
def test_the_bytes(manner: Any, said: bytes, *, tmux: bool) -> None:
    assert call("auc fell", manner, tmux=tmux) == said


@given(st.text() | st.text(alphabet="\x1b\x07\\;]\x9c\x9d\u202e a"))
def test_no_text_ends_the_sequence_or_begins_one(text: str) -> None:
    said = call(text, "osc777")
    inner = said.removeprefix(b"\x1b]777;notify;model-console;").removesuffix(b"\x1b\\").decode()
    assert inner.isprintable()
    assert ";" not in inner
    assert len(inner) <= 120


def test_only_a_new_critical_alert_calls(post: SimpleNamespace) -> None:
    calm, grave = post.ALERT, replace(post.ALERT, severity="critical")
    assert newly_critical([], [calm]) == ()
    assert newly_critical([calm], [grave]) == (grave,)
    assert newly_critical([grave], [grave]) == ()
    acked = replace(grave, state="acknowledged")
    assert newly_critical([grave], [acked]) == ()
    assert newly_critical([acked], [grave]) == (grave,)
