"""Alerts in the words of their readers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.alerts.alert import Alert
from console.alerts.room import AlertRoom
from console.alerts.templates import filled, retold
from console.alerts.wording import cells
from console.config.messages import FIELDS, Words
from console.config.settings import ModelSettings, Settings


def told(world: Any, *words: Words, recipient: str | None = None, **changes: Any) -> Alert:
    base: Settings = world.settings
    fraud = replace(
        base.model("fraud"), unit="EUR", predictions="payments", downstream=("ledger", "limits")
    )
    settings = replace(base, messages=words, models=(fraud, ModelSettings("churn")))
    room = AlertRoom(settings)
    found = world.deviation(**changes)
    room.update([found], world.events(), world.History(), found.at)
    (alert,) = room.inbox(found.at)
    return alert if recipient is None else retold(alert, settings, recipient)


def test_impact_is_told_in_the_users_own_terms(world: Any) -> None:
    alert = told(world)
    assert "About 4 of 100 payments an hour go wrong that did not before" in alert.impact
    assert "worth 2 EUR an hour" in alert.impact
    assert "Used by: ledger and limits." in alert.impact


def test_the_template_that_names_the_most_wins_and_the_rest_keeps_its_words(world: Any) -> None:
    plain = told(world)
    alert = told(
        world,
        Words(what="{series} of {model} is odd"),
        Words(model="fraud", title="{model}: {cost} EUR an hour are at risk, {rate} an hour"),
        Words(model="fraud", series="error_rate", what="Payments fail: {value}, not {before}"),
        Words(model="churn", impact="never"),
        Words(owner="risk-team", impact="{owner}: {impact}"),
    )
    assert alert.title == "fraud: 2 EUR an hour are at risk, 4 an hour"
    assert alert.what == "Payments fail: 5 %, not 1 %"
    assert alert.impact == f"risk-team: {plain.impact}"
    assert (alert.where, alert.id) == (plain.where, plain.id)


def test_a_recipient_reads_other_words_than_the_screen(world: Any) -> None:
    words = (Words(what="{series} {times}x"), Words(recipient="boss", what="Money: {cost}"))
    assert told(world, *words).what == "error_rate 5x"
    assert told(world, *words, recipient="boss").what == "Money: 2"
    assert told(world, *words, recipient="ann").what == "error_rate 5x"


def test_what_is_unknown_is_said_and_a_title_keeps_to_its_row(world: Any) -> None:
    words = Words(title="{model} {version} {cause} " * 9, impact="{threshold} {chance}")
    alert = told(world, words, model="churn")
    assert alert.impact == "unknown unknown"
    assert alert.title.startswith("churn unknown unknown")
    assert cells(alert.title) <= 72


def test_what_a_file_contains_is_put_in_as_data(world: Any) -> None:
    name = "x{cost}\n[/b]\x1b[2J{owner}"
    alert = told(world, Words(what="look at {series}!"), name=name)
    assert "{cost}" in alert.what
    assert "{owner}" in alert.what
    assert "risk-team" not in alert.what
    assert "\n" not in alert.what


@given(st.text(), st.dictionaries(st.sampled_from(sorted(FIELDS)), st.text()))
def test_every_template_can_be_filled(template: str, known: dict[str, str]) -> None:
    text = filled(template, known)
    assert "\n" not in text
    if not known:
        assert text == " ".join(template.split())


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_every_name_that_is_offered_is_filled(world: Any, name: str) -> None:
    assert "{" not in told(world, Words(what=f"<{{{name}}}>")).what
