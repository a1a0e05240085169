"""`[[recipients]]` and `[receiver]`: what they fill, and that no secret is ever told."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.config.delivery import Receiver, Recipient, Secret, SecretError
from console.config.document import parse
from console.config.load import read
from console.config.quiet import Quiet, quiet_until
from console.config.settings import Settings, SettingsError

FILE = Path("/settings/console.toml")
SECRET = "s3cr3t-Value"
MAIL = (
    'name = "on call"\nkind = "email"\nto = "a@b.example"\nfrom = "c@d.example"\n'
    'server = "m.example"\n'
)
HOOK = 'name = "hook"\nkind = "webhook"\nurl = "https://hooks.example/x"\n'


def settings(text: str) -> Settings:
    """The settings that a text says."""
    return read(parse(FILE, text))


def recipient(text: str) -> Recipient:
    """The only recipient of a text."""
    (found,) = settings(f"[[recipients]]\n{text}").recipients
    return found


def test_a_recipient_is_filled() -> None:
    found = recipient(
        MAIL + 'user = "u"\npassword_file = "pw"\nseverity = "critical"\nmodels = ["fraud*"]\n'
        'quiet = ["22:00-07:00", "Sat-Mon 00:00-24:00"]\ntimezone = "Europe/Berlin"\n'
        'most = 5\nper = "30m"\nupdates = false\ncritical_passes = false\ntimeout = "3s"\n'
    )
    assert found == Recipient(
        name="on call",
        kind="email",
        to=("a@b.example",),
        sender="c@d.example",
        server="m.example",
        user="u",
        password=Secret(file=Path("/settings/pw")),
        severity="critical",
        models=("fraud*",),
        quiet=(Quiet(tuple(range(7)), 1320, 420), Quiet((0, 5, 6), 0, 1440)),
        timezone="Europe/Berlin",
        critical_passes=False,
        updates=False,
        digests=False,
        most=5,
        per_s=1800.0,
        timeout_s=3.0,
    )


def test_reports_go_to_people_and_not_to_pagers() -> None:
    assert recipient(MAIL).digests
    assert not recipient(MAIL + 'severity = "critical"\n').digests
    assert not recipient(HOOK).digests
    assert recipient(HOOK + "digests = true\n").digests


def test_a_receiver_is_filled() -> None:
    found = settings('[receiver]\nlisten = "[::1]:7000"\nfile = "in/events.jsonl"\n').receiver
    assert found == Receiver(Path("/settings/in/events.jsonl"), "::1", 7000)
    assert settings('[receiver]\nfile = "e.jsonl"\n').receiver == Receiver(
        Path("/settings/e.jsonl"), "127.0.0.1", 9099
    )


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ('name = "x"\n', 1, "lacks its kind"),
        ('kind = "email"\n', 1, "lacks its name"),
        ('name = "x"\nkind = "fax"\n', 3, "wanted email, webhook, pagerduty, apprise"),
        ('name = "x"\nkind = "email"\nto = "a@b.c"\nfrom = "a@b.c"\n', 1, "lacks its server"),
        ('name = "x"\nkind = "pagerduty"\n', 1, "lacks its key_file or key_env"),
        ('name = "x"\nkind = "apprise"\n', 1, "lacks its url_file or url_env"),
        (HOOK + 'to = "a@b.c"\n', 5, "to is of no use to kind webhook"),
        (HOOK + 'url_env = "HOOK"\n', 4, "url is given twice"),
        (HOOK + 'token_env = "A"\ntoken_file = "b"\n', 5, "token is given twice"),
        (HOOK + 'quiet = "25:00-26:00"\n', 5, "wanted hours such as"),
        (HOOK + 'quiet = "07:00-07:00"\n', 5, "wanted hours such as"),
        (HOOK + 'per = "0s"\n', 5, "wanted some seconds"),
        (HOOK + f"{'[[recipients]]'}\n{HOOK}", 6, "two recipients are called 'hook'"),
        (HOOK.replace("https", "http") + 'token_env = "T"\n', 4, "use https"),
        (MAIL + 'user = "u"\n', 1, "user and password go together"),
        (MAIL + 'user = "u"\npassword_env = "P"\nsecurity = "none"\n', 9, "starttls or tls"),
        (MAIL.replace("a@b.example", "a b"), 4, "wanted an address"),
        (MAIL.replace("a@b.example", "a@b\\r\\nBcc: x@y"), 4, "wanted an address"),
        (MAIL + f'password = "{SECRET}"\n', 7, 'unknown key "password"'),
        (HOOK + f'token_env = "{SECRET}"\n', 5, "wanted the name of a variable"),
        (HOOK.replace("/x", f"/x?token={SECRET}"), 4, "name a url_file or url_env"),
        (HOOK.replace("//", f"//u:{SECRET}@"), 4, "name a url_file or url_env"),
        (HOOK.replace("https", f"{SECRET}"), 4, "wanted an address"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_without_a_secret(
    text: str, line: int, told: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        settings(f"[[recipients]]\n{text}")
    assert str(caught.value).startswith(f"{FILE}:{line}: ")
    assert told in str(caught.value)
    assert SECRET not in str(caught.value)


def test_what_is_received_is_a_source_where_there_are_others() -> None:
    received = '[receiver]\nfile = "in/e[1].jsonl"\n'
    assert settings(received).sources == ()
    own = settings(f'[[sources]]\npath = "x.log"\n{received}').sources[-1]
    assert (own.path, own.format) == ("/settings/in/e[[]1].jsonl", "jsonl")


@pytest.mark.parametrize("listen", ["0.0.0.0:9099", "10.0.0.7", "[::]:80"])
def test_a_receiver_for_others_needs_a_token(listen: str) -> None:
    text = f'[receiver]\nfile = "e.jsonl"\nlisten = "{listen}"\n'
    with pytest.raises(SettingsError, match="open to others"):
        settings(text)
    assert settings(text + 'token_env = "T"\n').receiver is not None


def test_settings_that_hold_secrets_do_not_show_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pw").write_text(SECRET + "\n")
    monkeypatch.setenv("TOKEN", SECRET)
    found = recipient(MAIL + f'user = "u"\npassword_file = "{tmp_path / "pw"}"\n')
    other = recipient(HOOK + 'token_env = "TOKEN"\nsigning_key_env = "TOKEN"\n')
    assert found.password is not None
    assert other.token is not None
    assert (found.password.read(), other.token.read()) == (SECRET, SECRET)
    assert SECRET not in repr((found, other))
    assert "hooks.example" not in repr(other)


def test_a_secret_that_cannot_be_had_is_told_by_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOKEN", raising=False)
    with pytest.raises(SecretError, match=r"^\$TOKEN is not set"):
        Secret(variable="TOKEN").read()
    monkeypatch.setenv("TOKEN", f"{SECRET}\r\nX-Injected: 1")
    with pytest.raises(SecretError, match="no single line") as told:
        Secret(variable="TOKEN").read()
    assert SECRET not in str(told.value)
    file = tmp_path / "pw"
    with pytest.raises(SecretError, match="pw: no such file"):
        Secret(file=file).read()
    for content in (b"", b"\n", b"\xff\xfe", f"{SECRET}\nmore".encode(), b"a\x00b"):
        file.write_bytes(content)
        with pytest.raises(SecretError, match="pw") as caught:
            Secret(file=file).read()
        assert SECRET not in str(caught.value)


NIGHT = (Quiet(tuple(range(7)), 22 * 60, 7 * 60),)
BERLIN = ZoneInfo("Europe/Berlin")


def at(*parts: int, zone: ZoneInfo = BERLIN, fold: int = 0) -> float:
    """Epoch seconds of a time on the wall."""
    return datetime(*parts, tzinfo=zone, fold=fold).timestamp()  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (at(2026, 3, 27, 12), None),
        (at(2026, 3, 27, 22), at(2026, 3, 28, 7)),
        (at(2026, 3, 28, 23), at(2026, 3, 29, 7)),  # an hour is left out
        (at(2026, 3, 29, 6, 59, 59), at(2026, 3, 29, 7)),
        (at(2026, 3, 29, 7), None),
        (at(2026, 10, 25, 2, 30, fold=1), at(2026, 10, 25, 7)),  # an hour comes twice
    ],
)
def test_a_night_ends_in_the_morning_whatever_the_clocks_do(
    now: float, until: float | None
) -> None:
    assert quiet_until(NIGHT, "Europe/Berlin", now) == until


def test_an_end_that_comes_twice_or_never() -> None:
    short = (Quiet(tuple(range(7)), 60, 150),)  # 01:00-02:30
    twice = quiet_until(short, "Europe/Berlin", at(2026, 10, 25, 1, 15))
    assert twice == at(2026, 10, 25, 2, 30, fold=1)
    never = quiet_until(short, "Europe/Berlin", at(2026, 3, 29, 1, 15))
    assert never == at(2026, 3, 29, 3, 30)


def test_a_weekend_is_quiet_as_a_whole() -> None:
    weekend = (*NIGHT, Quiet((5, 6), 0, 1440))
    friday, monday = at(2026, 3, 27, 23), at(2026, 3, 30, 7)
    assert quiet_until(weekend, "Europe/Berlin", friday) == monday


spans = st.builds(
    Quiet,
    st.sets(st.integers(0, 6), min_size=1, max_size=6).map(lambda days: tuple(sorted(days))),
    st.integers(0, 1439),
    st.integers(1, 1440),
).filter(lambda one: one.start != one.end)


@given(
    st.lists(spans, max_size=3).map(tuple),
    st.sampled_from(["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "UTC"]),
    st.floats(at(2026, 1, 1), at(2027, 1, 1)),
)
def test_quiet_ends_after_now_and_is_over_then(
    hours: tuple[Quiet, ...], zone: str, now: float
) -> None:
    end = quiet_until(hours, zone, now)
    if end is None:
        return
    assert now < end <= now + 8 * 86400
    if end < now + 8 * 86400:
        assert quiet_until(hours, zone, end) is None
        assert quiet_until(hours, zone, (now + end) / 2) == end


def test_hours_that_follow_each_other_for_ever_are_quiet_for_eight_days() -> None:
    always = (Quiet((0, 1, 2, 3, 4, 5, 6), 600, 660), Quiet((0, 1, 2, 3, 4, 5, 6), 660, 600))
    now = at(2026, 3, 10)
    assert quiet_until(always, "UTC", now) == now + 8 * 86400


def test_patterns_of_secrets_are_read_and_checked() -> None:
    assert settings('[bundle]\nredact = ["ACME-[0-9]+"]\n').redact == ("ACME-[0-9]+",)
    for value in ('["("]', '"x"', "[1]", '[""]'):
        with pytest.raises(SettingsError, match="wanted regular expressions"):
            settings(f"[bundle]\nredact = {value}\n")
