"""What looks like a secret goes, what helps to debug stays."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.records.redaction import Redactor

SECRET = "Zx9-hunter2_Q"


@pytest.mark.parametrize(
    "text",
    [
        "password={}",
        "password: {}",
        "password is {} now",
        'login failed {{"user": "bob", "password": "{}"}}',
        'escaped {{\\"api_key\\": \\"{}\\"}}',
        "DB_PASS={} ./run",
        "AWS_SECRET_ACCESS_KEY={}",
        "db.password = '{}'",
        "run --password {} --verbose",
        "run --api-key={}",
        "Authorization: Bearer {}",
        "authorization=Basic {}",
        "sent with bearer {}",
        "postgres://scorer:{}@db.internal:5432/x",
        "redis://:{}@cache/0",
        "GET https://api.example.com/v1?key={}&x=1",
        "https://hooks.slack.com/services/T0/B0/{}",
        "Cookie: session={}",
        "x-api-key: {}",
        "client_secret => {}",
        'token="two words {}"',
        "eyJhbGciOiJIUzI1NiJ9.{}.{}",
        "ghp_{}abcdefghijklmnop".replace("_{}", "_Zx9hunter2Q"),
        "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n{}\ncut off",
        "{}@example.com wrote",
    ],
)
def test_a_secret_goes(text: str) -> None:
    redactor = Redactor()
    found = redactor.text(text.replace("{}", SECRET).replace("{{", "{").replace("}}", "}"))
    assert "hunter2" not in found
    assert "[redacted: " in found
    assert sum(redactor.counts.values()) >= 1


@pytest.mark.parametrize(
    "secret",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "xoxb-123456789012-abcdef",
        "sk-proj-abcdefghijklmnop1234",
        "4111 1111 1111 1111",
        "10.20.30.40",
        "2001:db8:85a3:8d3:1319:8a2e:370:7348",
        "glpat-abcdefghijklmno12345",
    ],
)
def test_a_shape_is_enough(secret: str) -> None:
    assert secret not in Redactor().text(f"seen {secret} here")


@pytest.mark.parametrize(
    "text",
    [
        "feature age missing, default used",
        "2026-11-23T09:00:00.123Z ERROR serving model fraud v12.3.1",
        "latency_p95_ms=118 rows=20000 tokens 512",
        "/srv/models/fraud/serving.log:1234",
        "request 7f3a9c2e4b1d4f6a8c0e2b4d6f8a0c1e took 12 ms",
        "keyboard monkey",
        "loaded tokenizer v2",
        "null password: null",
        "https://wiki.example/runbook#restart",
        "id 1234567890123456789",
    ],
)
def test_what_helps_to_debug_stays(text: str) -> None:
    redactor = Redactor()
    assert redactor.text(text) == text
    assert not redactor.counts


def test_values_of_telling_keys_go_whatever_they_are() -> None:
    redactor = Redactor()
    value = {
        "user": "bob",
        "credentials": {"a": SECRET, "b": [1, 2]},
        "tokens": 512,
        "pin": 1234,
        "nested": [{"api_key": SECRET}, f"password={SECRET}"],
        "password": None,
    }
    found = redactor.value(value)
    assert found["tokens"] == 512
    assert found["password"] is None
    assert found["user"] == "bob"
    assert "hunter2" not in json.dumps(found)
    assert found["pin"] == "[redacted: password]"
    assert redactor.json(json.dumps(value)) == json.dumps(found, ensure_ascii=False)


def test_patterns_of_the_user_come_first() -> None:
    redactor = Redactor([r"ACME-\d+"])
    assert redactor.text("for ACME-4711") == "for [redacted: configured]"
    assert redactor.counts == {"configured": 1}


def test_some_kinds_may_stay() -> None:
    redactor = Redactor(spared={"address", "e-mail"})
    assert redactor.text("bob@example.com at 10.0.0.7, pin=1234") == (
        "bob@example.com at 10.0.0.7, pin=[redacted: password]"
    )


@given(st.text(max_size=300))
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = Redactor().text(text)
    assert Redactor().text(once) == once


@pytest.mark.parametrize(
    "piece", ["a", "password", "a.", "1 ", "ab:", "://a", "eyJ", "=", '\\"', "a@b."]
)
def test_long_texts_take_time_by_their_length(piece: str) -> None:
    def seconds(size: int) -> float:
        text = (piece * size)[:size]
        began = time.process_time()
        Redactor().text(text)
        return time.process_time() - began

    assert seconds(40_000) < 40 * max(seconds(4_000), 0.005)
