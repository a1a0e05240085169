"""Whatever stands in console.toml, it is settings or one line that says what is wrong."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from console.config.document import Document, parse
from console.config.load import CHECK, CONSOLE, MODEL, RULE, SOURCE, TABLES, read
from console.config.recipients import RECEIVER, RECIPIENT
from console.config.settings import Settings, SettingsError

FILE = Path("/settings/console.toml")
KEYS = sorted({*SOURCE, *MODEL, *RULE, *CHECK, *CONSOLE, *RECIPIENT, *RECEIVER})

scalars = (
    st.none().map(lambda _: "")
    | st.text(max_size=8)
    | st.sampled_from(["5m", "1d", "critical", "Europe/Berlin", "~nobody/x", "/", "America"])
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.integers(min_value=10**400, max_value=10**401)
    | st.dates()
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
tables = st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=4), anything, max_size=4)
documents = st.fixed_dictionaries(
    {},
    optional={
        "sources": st.lists(tables, max_size=2) | anything,
        "models": st.dictionaries(st.text(max_size=3), tables, max_size=2) | anything,
        "rules": st.lists(tables, max_size=2) | anything,
        "checks": st.lists(tables, max_size=2) | anything,
        "console": tables | anything,
        "recipients": st.lists(tables, max_size=2) | anything,
        "receiver": tables | anything,
        "else": anything,
    },
)


def said(text: str) -> Settings | str:
    """The settings of a text, or the line that says why there are none."""
    try:
        return read(parse(FILE, text))
    except SettingsError as error:
        return str(error)


def read_data(data: dict[str, Any]) -> Settings | str:
    """The settings of a document, or the line that says why there are none."""
    try:
        return read(Document(FILE, "", data))
    except SettingsError as error:
        return str(error)


def check(result: Settings | str) -> None:
    """Holds for every result: a printable line, or settings that keep their promises."""
    if isinstance(result, str):
        assert result.startswith(str(FILE))
        assert result.isprintable()
        return
    for rule in result.rules:
        assert (rule.above, rule.below, rule.outside).count(None) == 2
        assert math.isfinite(rule.hold_s)


@given(documents)
@example({"models": {"m": {"positive": 10**5000}}})
@example({"rules": [{"series": "x", "above": 10**400}]})
def test_any_document(data: dict[str, Any]) -> None:
    check(read_data(data))


@given(st.text())
@example("a = [" * 3000)
@example("a = " + "9" * 5000)
@example("a = 1979-13-01")
@example("\ufeff")
def test_any_text(text: str) -> None:
    check(said(text))


@given(
    st.lists(
        st.sampled_from(
            ["", "# note", 'a = """\nx = 1\n[b]\n"""', "b.c = [1,\n\n2]", "d = {e = 1, f = [2]}"]
        ),
        unique=True,
    ),
    st.sampled_from(["tier = 0", '"tier" = 0', "tier = [\n 0,\n]"]),
)
def test_the_line_of_a_key_is_where_it_stands(before: list[str], statement: str) -> None:
    filler = "".join(f"{part}\n" for part in before)
    text = f"{filler}[[t]]\nkey = 1\n[[t]]\n{statement}\nlast = 1\n"
    document = parse(FILE, text)
    assert document.line(("t", 1, "tier")) == filler.count("\n") + 4
    assert document.line(("t", 1)) == filler.count("\n") + 3


def test_the_tables_of_the_contract_are_there() -> None:
    assert TABLES[:2] == ("sources", "models")
    assert set(TABLES) >= {"sources", "models", "rules"}
