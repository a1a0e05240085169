"""A trickle is read in rounds, everything else at once."""

from __future__ import annotations

from console.engine.pace import ATTENTIVE_S, CALM_S, FEW, Pace


def test_what_comes_after_a_silence_is_read_at_once() -> None:
    pace = Pace()
    assert pace.rest(100.0) == 0.0
    pace.stepped(100.0, 1)
    assert pace.rest(100.0 + CALM_S) == 0.0


def test_a_trickle_is_read_once_a_round() -> None:
    pace = Pace()
    pace.stepped(100.0, 1)
    assert pace.rest(100.25) == CALM_S - 0.25
    pace.stepped(100.0 + CALM_S, 3)
    assert pace.rest(100.25 + CALM_S) == CALM_S - 0.25


def test_what_comes_in_numbers_is_read_at_once_also_when_its_last_piece_is_small() -> None:
    pace = Pace()
    pace.stepped(100.0, FEW)
    pace.stepped(100.01, 1)
    assert pace.rest(100.02) == 0.0


def test_while_the_user_looks_everything_is_read_at_once() -> None:
    pace = Pace()
    pace.attend(99.0)
    pace.stepped(100.0, 1)
    assert pace.rest(100.25) == 0.0
    pace.stepped(99.0 + ATTENTIVE_S, 1)
    assert pace.rest(99.25 + ATTENTIVE_S) > 0.0
