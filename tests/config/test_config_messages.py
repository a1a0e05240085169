"""The `[[messages]]` of console.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.config.load import load
from console.config.messages import Words
from console.config.settings import SettingsError


def written(folder: Path, text: str) -> Path:
    file = folder / "console.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_templates_and_the_terms_of_a_model_are_read(tmp_path: Path) -> None:
    settings = load(
        written(
            tmp_path,
            """
[models.fraud]
unit = "EUR"
predictions = "payments"
downstream = ["ledger"]

[[messages]]
model = "fraud"
detector = "drift"
recipient = "boss"
title = "{model}: {cost} EUR an hour"
""",
        )
    )
    (words,) = settings.messages
    assert words == Words(
        model="fraud", detector="drift", recipient="boss", title="{model}: {cost} EUR an hour"
    )
    model = settings.model("fraud")
    assert (model.unit, model.predictions, model.downstream) == ("EUR", "payments", ("ledger",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[[messages]]\nwhat = "{valeu}"\n',
            "console.toml:2: what is '{valeu}': {valeu} is nothing that an alert has: did you mean \"value\"?",  # noqa: E501
        ),
        (
            '[[messages]]\nmodel = "fraud"\n',
            "console.toml:1: this [[messages]] says nothing: give it title, what or impact",
        ),
    ],
)
def test_a_template_that_cannot_be_filled_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(written(tmp_path, text))
    assert str(caught.value).removeprefix(f"{tmp_path}/") == said
