from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from console.tui.clean import clean, clean_lines

NASTY = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from(
            "\x1b\x9b\x9d\x90[]0123;mHJ\x07\\\x9c\u202e\u2066\u200b\u2028\ud800\ufe0f\u0301"
        ),
    ),
    max_size=60,
)


def harmless(text: str) -> bool:
    return all(
        unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for letter in text
    )


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain ümlaut 漢字 🚀", "plain ümlaut 漢字 🚀"),
        ("\x1b[31mred\x1b[0m", "␛red␛"),
        ("\x1b]0;title\x07after", "␛after"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "␛link␛"),
        ("\x9b2Jgone", "␛gone"),
        ("\x9d0;title\x9cafter", "␛after"),
        ("\x1bPq#0\x1b\\sixel", "␛sixel"),
        ("\x1b]0;never ended", "␛0;never ended"),
        ("lone \x1b", "lone ␛"),
        ("\x00\x07\x7f", "␀␇␡"),
        ("a\tb\nc\rd", "a b␊c␍d"),
        ("\u202eevil\u2066", "�evil�"),
        ("zero\u200bwidth\ufeff", "zero�width�"),
        ("a\u2028b\u2029c", "a␤b␤c"),
        ("\ud800", "�"),
        ("e" + "\u0301" * 9, "e\u0301\u0301"),
        ("[bold]x[/]", "[bold]x[/]"),
    ],
)
def test_what_is_shown(raw: str, shown: str) -> None:
    assert clean(raw) == shown


@settings(deadline=None)
@given(NASTY)
def test_nothing_is_obeyed(text: str) -> None:
    shown = clean(text)
    assert harmless(shown)
    assert clean(shown) == shown
    shown.encode()
    assert cell_len(shown) <= 2 * len(shown)


@settings(deadline=None)
@given(NASTY)
def test_lines_are_harmless(text: str) -> None:
    assert all(harmless(line) for line in clean_lines(text))


@settings(deadline=None)
@given(st.text(alphabet=st.characters(categories=("L", "N", "P", "Zs"))))
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert (
        clean(text) == text
        or not harmless(text)
        or any(c in text for c in "\u115f\u1160\u3164\uffa0")
    )


def test_a_long_text_is_cut() -> None:
    assert len(clean("x" * 100_000)) == 20_000
    assert clean_lines("a\n" * 30_000)[-1] == "…"


def test_tracebacks_keep_their_lines() -> None:
    assert clean_lines("Traceback:\r\n\tFile\n  x") == ["Traceback:", "    File", "  x"]
