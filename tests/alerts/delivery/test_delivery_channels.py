"""Every channel against a server on the loopback address, and every way in which it can fail."""

from __future__ import annotations

import hmac
import shutil
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from console.alerts.delivery.alertmanager import Alertmanager, payload
from console.alerts.delivery.channel import DeliveryError, open_channel
from console.alerts.delivery.mail import Mail
from console.alerts.delivery.notice import Message
from console.alerts.delivery.pagerduty import PagerDuty, event
from console.alerts.delivery.services import Services
from console.config.delivery import Recipient, Secret

SECRET = "s3cr3t-Value"
Serve = Callable[..., Any]


def message(post: SimpleNamespace, **changes: Any) -> Message:
    """A message of one notice."""
    return Message((post.notice(**changes),), post.NOW)


def refusal(channel: Any, sent: Message) -> DeliveryError:
    """The error that sending ends with."""
    with pytest.raises(DeliveryError) as caught:
        channel.send(sent)
    assert SECRET not in f"{caught.value!r} {caught.value.__cause__!r}"
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.fixture
def password(tmp_path: Path) -> Secret:
    """A secret in a file."""
    (tmp_path / "pw").write_text(SECRET + "\n")
    return Secret(file=tmp_path / "pw")


def test_a_mail_says_what_the_alert_says(post: SimpleNamespace, mail_server: Serve) -> None:
    server = mail_server()
    Mail(post.mail(server.port)).send(message(post))
    (mail,) = server.mails
    assert mail["Subject"] == "[WARNING] latency_p95_ms up 118 ms → 402 ms · fraud"
    assert mail["Message-ID"] == "<n1@model-console.invalid>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "text/plain"
    text = mail.get_content()
    for part in ("Latency rose.", "fraud 12 · serving", "deploy v12 (86 %)", "timeout <*>", "a1"):
        assert part in text
    assert "Press l" not in text
    assert "Next  Look at memory" in text.splitlines()
    assert "Enter drills" not in text
    assert "model-console bundle a1" in text
    assert "You get this because it is new." in text
    assert server.recipients == [["oncall@example.org", "second@example.org"]]


def test_later_mails_belong_to_the_first(post: SimpleNamespace, mail_server: Serve) -> None:
    server = mail_server()
    Mail(post.mail(server.port)).send(message(post, id="n2", reason="resolved", state="resolved"))
    (mail,) = server.mails
    assert mail["Subject"].startswith("[over] ")
    assert mail["In-Reply-To"] == mail["References"] == "<n1@model-console.invalid>"


def test_a_hostile_title_stays_a_title(post: SimpleNamespace, mail_server: Serve) -> None:
    server = mail_server()
    title = "x\r\nBcc: thief@example.org\r\n\r\n\x1b]0;owned\x07 \u202e"
    Mail(post.mail(server.port)).send(message(post, title=title))
    (mail,) = server.mails
    assert mail["Bcc"] is None
    assert mail["Subject"].isprintable()
    assert "\x1b" not in mail.get_content()


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_mail_with_a_password(post: SimpleNamespace, mail_server: Serve, password: Secret) -> None:
    server = mail_server(SECRET)
    Mail(post.mail(server.port, user="u", password=password)).send(message(post))
    assert len(server.mails) == 1


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_refused_login_tells_no_password(
    post: SimpleNamespace, mail_server: Serve, password: Secret
) -> None:
    server = mail_server("another")
    error = refusal(Mail(post.mail(server.port, user="u", password=password)), message(post))
    assert str(error).endswith("refuses the login (535): mend user or password")
    assert not error.final


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 and its key, in one file."""
    if shutil.which("openssl") is None:
        pytest.skip("NO openssl ON THIS MACHINE: encrypted mail was not tested")
    path = tmp_path / "both.pem"
    asked = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test"
    names = ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        ["openssl", *asked.split(), *names, "-keyout", str(path), "-out", str(tmp_path / "c.pem")],
        check=True,
        capture_output=True,
    )
    path.write_text(path.read_text() + (tmp_path / "c.pem").read_text())
    return path


def test_mail_is_encrypted_and_its_server_known(
    post: SimpleNamespace, mail_server: Serve, password: Secret, certificate: Path
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    server = mail_server(SECRET, context)
    safe = post.mail(server.port, user="u", password=password, security="starttls")
    error = refusal(Mail(safe), message(post))
    assert "certificate is not trusted (self-signed certificate)" in str(error)
    Mail(
        post.mail(
            server.port,
            user="u",
            password=password,
            security="starttls",
            authority=certificate,
        )
    ).send(message(post))
    assert len(server.mails) == 1


def server_context(certificate: Path) -> ssl.SSLContext:
    """What a server speaks TLS with."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_mail_is_encrypted_from_the_first_byte(
    post: SimpleNamespace, mail_server: Serve, password: Secret, certificate: Path
) -> None:
    server = mail_server(SECRET, server_context(certificate), at_once=True)
    safe = {"user": "u", "password": password, "security": "tls"}
    error = refusal(Mail(post.mail(server.port, **safe)), message(post))
    assert "certificate is not trusted" in str(error)
    Mail(post.mail(server.port, authority=certificate, **safe)).send(message(post))
    assert len(server.mails) == 1


def test_a_webhook_is_encrypted_and_its_server_known(
    post: SimpleNamespace, http_server: Any, certificate: Path
) -> None:
    http_server.encrypt(server_context(certificate))
    url = http_server.url.replace("http:", "https:")
    error = refusal(Alertmanager(post.hook(url)), message(post))
    assert "certificate is not trusted" in str(error)
    Alertmanager(post.hook(url, authority=certificate)).send(message(post))
    assert len(http_server.posts) == 1
    missing = certificate.with_name("none.pem")
    error = refusal(Alertmanager(post.hook(url, authority=missing)), message(post))
    assert str(error).endswith("no certificates in it: mend ca_file")


def test_a_password_that_smtp_cannot_say(
    post: SimpleNamespace, mail_server: Serve, tmp_path: Path, certificate: Path
) -> None:
    server = mail_server(SECRET, server_context(certificate))
    (tmp_path / "odd").write_text(f"{SECRET}é")
    one = post.mail(
        server.port,
        user="u",
        password=Secret(file=tmp_path / "odd"),
        security="starttls",
        authority=certificate,
    )
    assert "not ASCII" in str(refusal(Mail(one), message(post)))


def test_no_password_goes_where_nothing_is_encrypted(
    post: SimpleNamespace, mail_server: Serve, password: Secret
) -> None:
    server = mail_server()
    safe = post.mail(server.port, user="u", password=password, security="starttls")
    assert "offers no encryption" in str(refusal(Mail(safe), message(post)))
    assert server.mails == []


@pytest.mark.parametrize(
    ("answer", "final", "said"),
    [
        ("451 later", False, "refuses the mail (451)"),
        ("554 never", True, "refuses the mail (554)"),
        ("hang up", False, "hung up"),
    ],
)
def test_mail_that_is_not_taken(
    post: SimpleNamespace, mail_server: Serve, answer: str, *, final: bool, said: str
) -> None:
    server = mail_server()
    server.answers = [answer]
    error = refusal(Mail(post.mail(server.port)), message(post))
    assert (error.final, said in str(error)) == (final, True)


def test_some_addresses_are_refused(post: SimpleNamespace, mail_server: Serve) -> None:
    server = mail_server()
    server.refused = {"second@example.org"}
    error = refusal(Mail(post.mail(server.port)), message(post))
    assert error.final  # the others have it: it must not be sent again
    assert "took it but for one address" in str(error)
    server.refused.add("oncall@example.org")
    error = refusal(Mail(post.mail(server.port)), message(post))
    assert "takes no mail for 2 addresses (550)" in str(error)


@pytest.mark.parametrize("kind", ["email", "webhook"])
def test_nobody_listens(post: SimpleNamespace, kind: str) -> None:
    port = post.free_port()
    one = post.mail(port) if kind == "email" else post.hook(f"http://127.0.0.1:{port}/")
    assert str(refusal(open_channel(one), message(post))).endswith("connection refused")


def test_a_server_of_mail_that_says_nothing(post: SimpleNamespace, silent: int) -> None:
    error = refusal(Mail(post.mail(silent)), message(post))
    assert "no answer in time" in str(error)


@pytest.fixture
def silent() -> Any:
    """The port of a server that takes connections and says nothing."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_message_on_its_way_can_be_broken_off(post: SimpleNamespace, silent: int) -> None:
    for one in (
        post.mail(silent, timeout_s=30.0),
        post.hook(f"http://127.0.0.1:{silent}/", timeout_s=30.0),
    ):
        channel = open_channel(one)
        timer = threading.Timer(0.2, channel.abort)
        timer.start()
        began = time.monotonic()
        with pytest.raises(DeliveryError):
            channel.send(message(post))
        assert time.monotonic() - began < 10
        timer.join()


def test_a_webhook_gets_alertmanagers_document(
    post: SimpleNamespace, http_server: Any, password: Secret
) -> None:
    Alertmanager(post.hook(http_server.url, token=password)).send(message(post))
    (got,) = http_server.posts
    assert got.path == "/hook"
    assert got.headers["Authorization"] == f"Bearer {SECRET}"
    assert got.headers["Idempotency-Key"] == "n1"
    body = got.body
    assert (body["version"], body["status"], body["receiver"]) == ("4", "firing", "r")
    (alert,) = body["alerts"]
    assert alert["labels"] == {
        "alertname": "threshold",
        "alert_id": "a1",
        "severity": "warning",
        "model": "fraud",
        "stage": "serving",
        "series": "latency_p95_ms",
    }
    assert body["commonLabels"] == alert["labels"]
    assert alert["annotations"]["description"] == "Latency rose."
    assert alert["endsAt"] == "0001-01-01T00:00:00Z"
    assert alert["fingerprint"] == "f1"
    wanted = {"groupKey", "truncatedAlerts", "groupLabels", "commonAnnotations", "externalURL"}
    assert wanted <= body.keys()


def test_a_webhook_can_be_signed(post: SimpleNamespace, http_server: Any, password: Secret) -> None:
    Alertmanager(post.hook(http_server.url, signing=password)).send(message(post))
    (got,) = http_server.posts
    stamp = got.headers["X-Model-Console-Timestamp"]
    assert stamp == str(int(post.NOW))
    mac = hmac.new(SECRET.encode(), stamp.encode() + b"." + got.content, "sha256").hexdigest()
    assert got.headers["X-Model-Console-Signature"] == f"sha256={mac}"


def test_a_summary_is_one_document_of_several_alerts(post: SimpleNamespace) -> None:
    first = post.notice()
    second = post.notice(id="n2", alert_id="a2", state="resolved", reason="resolved")
    body = payload(Message((first, second), post.NOW))
    assert body["status"] == "firing"
    assert [one["status"] for one in body["alerts"]] == ["firing", "resolved"]
    assert "alert_id" not in body["commonLabels"]
    assert body["commonLabels"]["model"] == "fraud"


@pytest.mark.parametrize(
    ("answer", "final", "said"),
    [
        (500, False, "answers 500"),
        (503, False, "answers 503"),
        (429, False, "answers 429"),
        (400, True, "answers 400"),
        (401, False, "refuses it (401)"),
        (302, False, "redirect"),
        ("cut", False, "gave no answer of HTTP"),
        ("half", False, "gave no answer of HTTP"),
        ("hang", False, "no answer in time"),
    ],
)
def test_a_webhook_that_fails_tells_no_secret(
    post: SimpleNamespace,
    http_server: Any,
    tmp_path: Path,
    answer: int | str,
    *,
    final: bool,
    said: str,
) -> None:
    http_server.answers = [answer]
    http_server.headers = {"Retry-After": "7", "Location": f"http://127.0.0.1:1/{SECRET}"}
    (tmp_path / "url").write_text(f"{http_server.url}/{SECRET}?token={SECRET}")
    error = refusal(Alertmanager(post.hook(Secret(file=tmp_path / "url"))), message(post))
    assert (error.final, said in str(error)) == (final, True)
    assert len(http_server.posts) == 1
    assert http_server.posts[0].path.endswith(f"{SECRET}?token={SECRET}")
    assert error.after_s == (7.0 if answer in (429, 500, 503) else 0.0) or final


@pytest.mark.parametrize(
    "text", [f"ftp://{SECRET}", f"http://{SECRET}:0/", f"http://[{SECRET}", SECRET]
)
def test_an_address_that_is_none_is_not_told(
    post: SimpleNamespace, tmp_path: Path, text: str
) -> None:
    (tmp_path / "url").write_text(text)
    error = refusal(Alertmanager(post.hook(Secret(file=tmp_path / "url"))), message(post))
    assert str(error).endswith("url holds no address of http or https")


def test_a_user_in_the_address_logs_in(
    post: SimpleNamespace, http_server: Any, tmp_path: Path
) -> None:
    (tmp_path / "url").write_text(f"http://bob:p%40ss@127.0.0.1:{http_server.port}/x")
    Alertmanager(post.hook(Secret(file=tmp_path / "url"))).send(message(post))
    assert http_server.posts[0].headers["Authorization"] == "Basic Ym9iOnBAc3M="


def test_pagerduty_is_told_of_one_incident_by_one_key(
    post: SimpleNamespace, http_server: Any, password: Secret
) -> None:
    one = Recipient(name="r", kind="pagerduty", url=http_server.url, token=password, timeout_s=0.5)
    channel = PagerDuty(one)
    channel.send(message(post))
    channel.send(message(post, reason="worse", severity="critical"))
    channel.send(message(post, reason="acknowledged", state="acknowledged"))
    channel.send(message(post, reason="resolved", state="resolved"))
    bodies = [got.body for got in http_server.posts]
    assert [body["event_action"] for body in bodies] == [
        "trigger",
        "trigger",
        "acknowledge",
        "resolve",
    ]
    assert {body["dedup_key"] for body in bodies} == {"a1"}
    assert {body["routing_key"] for body in bodies} == {SECRET}
    told = bodies[0]["payload"]
    assert (told["summary"], told["source"]) == (post.ALERT.title, "fraud")
    assert told["severity"] in {"critical", "error", "warning", "info"}
    assert told["custom_details"]["why"][0]["text"] == "deploy v12"


def test_a_summary_of_pagerduty_is_short(post: SimpleNamespace) -> None:
    assert len(event(post.notice(title="x" * 5000), "k")["payload"]["summary"]) == 1024


@pytest.mark.slow  # Apprise takes seconds to import
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_apprise_sends_to_its_services(
    post: SimpleNamespace, http_server: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "url").write_text(f"json://127.0.0.1:{http_server.port}/{SECRET}")
    one = Recipient(name="r", kind="apprise", url=Secret(file=tmp_path / "url"))
    Services(one).send(message(post))
    assert http_server.posts[0].body["title"].startswith("[WARNING] latency")
    http_server.answers = [500]
    assert "did not take it" in str(refusal(Services(one), message(post)))
    (tmp_path / "url").write_text(f"nonsense://{SECRET}")
    assert "no address that Apprise knows" in str(refusal(Services(one), message(post)))
    assert SECRET not in "".join(capfd.readouterr())


def test_without_apprise_there_is_one_clear_line(
    post: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    one = Recipient(name="r", kind="apprise", url=Secret(variable="NOT_SET"))
    error = refusal(Services(one), message(post))
    assert str(error) == "Apprise is not installed: pip install 'model-console[apprise]'"
