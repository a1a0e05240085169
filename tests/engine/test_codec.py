"""States survive as bytes, and another layout begins anew."""

from __future__ import annotations

import polars as pl
from polars.testing import assert_frame_equal

from console.engine.codec import decode, encode

STATE = {
    "series": pl.DataFrame(
        {"series_id": [1, 2], "ring": [[1.0, 2.0], [3.0, None]]},
        schema={"series_id": pl.Int64, "ring": pl.Array(pl.Float64, 2)},
    ),
    "empty": pl.DataFrame(schema={"name": pl.String}),
}


def test_what_was_saved_comes_back() -> None:
    restored = decode(encode(STATE, 3), 3)
    assert restored is not None
    assert list(restored) == sorted(STATE)
    for name, frame in STATE.items():
        assert_frame_equal(restored[name], frame)


def test_another_layout_begins_anew() -> None:
    assert decode(encode(STATE, 3), 4) is None


def test_equal_states_are_equal_bytes() -> None:
    assert encode(STATE, 1) == encode(dict(reversed(STATE.items())), 1)
