from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from console.tui.clean import clean
from console.tui.present.line import Piece, cells, crop, fit, line, piece, plain, spread, wrap

TEXT = st.text(alphabet="ab 漢é[/]\x1b", max_size=80)


@settings(deadline=None)
@given(TEXT, st.integers(1, 40), st.booleans())
def test_fit_is_exact(text: str, width: int, right: bool) -> None:
    assert cell_len(fit(text, width, right=right)) == width


@settings(deadline=None)
@given(st.lists(TEXT, max_size=4), st.integers(0, 40))
def test_crop_never_overflows(texts: list[str], width: int) -> None:
    whole = line(*texts)
    cut = crop(whole, width)
    assert cells(cut) <= width
    if cells(whole) <= width:
        assert cut == whole


@settings(deadline=None)
@given(st.lists(TEXT, max_size=4), st.integers(2, 40))
def test_wrap_keeps_every_letter_and_never_overflows(texts: list[str], width: int) -> None:
    whole = line(*texts)
    rows = wrap(whole, width)
    assert all(cells(row) <= width for row in rows)
    kept = "".join(plain(row) for row in rows).replace(" ", "")
    assert kept == plain(whole).replace(" ", "")


def test_wrap_breaks_at_spaces_and_keeps_roles() -> None:
    rows = wrap((Piece("one two "), Piece("three", "strong")), 8)
    assert [plain(row) for row in rows] == ["one two", "three"]
    assert rows[1] == (Piece("three", "strong"),)


def test_wrap_cuts_a_word_that_is_too_long() -> None:
    assert [plain(row) for row in wrap(line("abcdefgh"), 3)] == ["abc", "def", "gh"]


@settings(deadline=None)
@given(TEXT, TEXT, st.integers(1, 60))
def test_spread_is_exact(left: str, right: str, width: int) -> None:
    whole = spread(line(left), line(right), width)
    assert cells(whole) == width


def test_a_piece_is_clean() -> None:
    assert piece("\x1b[31m[/foo]").text == clean("\x1b[31m[/foo]") == "␛[/foo]"
